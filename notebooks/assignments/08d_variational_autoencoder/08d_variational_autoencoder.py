# %% [markdown]
# # Assignment 08d · Variational autoencoder · 变分自编码器
#
# **You need** chapter 08d. **Time** about two and a half hours; the whole notebook runs in half a minute.
# **Points** 22, of which 6 are given by hand.
#
# **题目** 先写出对角高斯分布相对标准正态分布的 KL 散度，再找出重参数化中的两处错误，写出一批图像的证据下界（ELBO），用 Keras 搭建并训练一个小型变分自编码器，最后自己设计一个实验。
#
# Write your answers in place of the two lines `# YOUR CODE HERE` and `raise NotImplementedError(...)`. The cell below each
# answer checks it: no output means that nothing was found. These checks see the obvious; more tests run when your work is
# graded, where a cell may take five minutes.
# Before you hand it in: *Kernel → Restart Kernel and Run All Cells*. Don't rename the notebook, don't delete cells.
#

# %%
import keras
import numpy as np
import tensorflow as tf
from keras import ops
from sklearn.datasets import load_digits

keras.utils.set_random_seed(0)

# %% [markdown]
# The data: handwritten digits of 8x8 pixels, in a random order. A pixel is 1 (ink) where it was darker than half, otherwise 0.
#

# %%
images = load_digits().images
images = images[np.random.default_rng(0).permutation(len(images))]
x = (images > 8).astype("float32")[..., np.newaxis]
x_train, x_validation = x[:1200], x[1200:]
x_train.shape, x_validation.shape

# %% [markdown]
# In this assignment the encoder says for each latent its mean $m$ and its **log-variance** $v = \ln s^2$, any number; $s$ is the standard
# deviation. All costs are in nats.
#
# ## 1 · The rate of a code (recall, 3 points)
#
# Write the KL divergence of the encoder's Gaussian, with independent latents, from the standard Gaussian $\mathcal N(0, I)$: one number per
# image. Use `keras.ops`, so that it can be part of a model.
#

# %% nbgrader={"grade": false, "grade_id": "kl", "locked": false, "schema_version": 3, "solution": true, "task": false}
def gaussian_kl(mean, log_variance):
    """KL from N(0, I) in nats: mean and log_variance (n, latents) -> a tensor (n,)."""
    ### BEGIN SOLUTION
    return ops.sum(mean**2 + ops.exp(log_variance) - 1 - log_variance, axis=-1) / 2
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "kl_check", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
import numpy as np
import tensorflow as tf

zeros, ones = tf.zeros((4, 3)), tf.ones((4, 3))
with tf.GradientTape() as tape:
    tape.watch(ones)
    found = gaussian_kl(ones, zeros)
slope = tape.gradient(found, ones)
assert tuple(found.shape) == (4,), f"Four images should give four numbers; the shape is {tuple(found.shape)}."
assert np.allclose(gaussian_kl(zeros, zeros), 0, atol=1e-6), "From itself a distribution has no divergence: here it should be 0."
assert (np.array(found) > 0).all(), "No KL divergence is below 0, and here the means differ."
assert slope is not None, "No gradient arrives at the mean: use keras.ops, not NumPy."

# %% nbgrader={"grade": true, "grade_id": "kl_test", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
# More tests run here when your work is graded.
### BEGIN HIDDEN TESTS
import numpy as np

means = np.array([[1.0, -0.5], [0.0, 2.0], [0.3, 0.0]], "float32")
logs = np.array([[0.7, -1.5], [-3.0, 0.4], [1.2, 0.6]], "float32")


def integral(m, v, turned=False):
    """KL by numerical integration, of N(m, exp(v)) from N(0, 1), or the other way round."""
    z = np.linspace(-40, 40, 200_001)
    log_q, log_p = -((z - m) ** 2) / np.exp(v) / 2 - v / 2, -(z**2) / 2
    first, second = (log_p, log_q) if turned else (log_q, log_p)
    return np.sum(np.exp(first) * (first - second)) * (z[1] - z[0]) / np.sqrt(2 * np.pi)


def all_of(turned=False):
    return np.array([[integral(m, v, turned) for m, v in zip(*rows, strict=True)] for rows in zip(means, logs, strict=True)])


found, right = np.array(gaussian_kl(means, logs), "float64"), all_of().sum(axis=1)


def same(values):
    return found.shape == values.shape and np.allclose(found, values, rtol=1e-3, atol=1e-4)


assert not same(right / 2), "It is half of what integration gives: is it a mean over the latents, or one factor of 1/2 too many? Independent latents add up."
assert not same(2 * right), "It is twice what integration gives: where is the factor of 1/2?"
assert not same(np.sum(means**2 + np.exp(2 * logs) - 1 - 2 * logs, axis=1) / 2), (
    "The log-variance is taken for the logarithm of the standard deviation."
)
assert not same(all_of(turned=True).sum(axis=1)), "This is the divergence of N(0, I) from the encoder's Gaussian: the wrong way round."
assert same(right), f"Numerical integration gives {right.round(3)} nats for three codes; the function gives {found.round(3)}."
### END HIDDEN TESTS

# %% [markdown]
# ## 2 · Find the faults in a draw (4 points)
#
# With this function in it a VAE ran without any error, and its encoder learnt nothing from the reconstruction. Its codes were also spread
# wrongly.
#

# %%
def faulty_draw(mean, log_variance, seed):
    """Codes drawn from the encoder's Gaussian, (n, latents)."""
    noise_free = np.array(mean)
    rng = np.random.default_rng(np.array(seed.next()))
    z = rng.normal(loc=noise_free, scale=np.exp(np.array(log_variance)))
    return ops.convert_to_tensor(z, "float32")

# %% [markdown]
# Find both faults: draw many codes where you know the standard deviation, and ask a `tf.GradientTape` for the slope of a code with
# respect to its mean. Then write it right. `seed` is a `keras.random.SeedGenerator`, for `keras.random.normal(..., seed=seed)`.
#

# %% nbgrader={"grade": false, "grade_id": "draw", "locked": false, "schema_version": 3, "solution": true, "task": false}
def draw_codes(mean, log_variance, seed):
    """Codes drawn from N(mean, exp(log_variance)), with a gradient: (n, latents) -> a tensor (n, latents)."""
    ### BEGIN SOLUTION
    noise = keras.random.normal(ops.shape(mean), seed=seed)
    return mean + ops.exp(log_variance / 2) * noise
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "draw_check", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
import keras
import numpy as np
import tensorflow as tf

seed = keras.random.SeedGenerator(0)
first, second = (draw_codes(tf.zeros((5, 3)), tf.ones((5, 3)), seed) for _ in range(2))
assert tuple(first.shape) == (5, 3), f"Codes should have the shape of their means, (5, 3), not {tuple(first.shape)}."
assert not np.allclose(first, second), "Two calls gave the same codes: hand the generator on, it moves with every draw."

# %% nbgrader={"grade": true, "grade_id": "draw_test", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# More tests run here when your work is graded.
### BEGIN HIDDEN TESTS
import keras
import numpy as np
import tensorflow as tf

m = np.tile(np.array([[1.0, -2.0]], "float32"), (5000, 1))
z = np.array(draw_codes(tf.constant(m), tf.constant(np.full_like(m, np.log(9.0))), keras.random.SeedGenerator(1)))
spread = (z - m).std(axis=0)
assert spread.min() > 0.1, "All images get the same noise: draw for each image and each latent."
assert abs(np.corrcoef((z - m).T)[0, 1]) < 0.2, "Both latents of an image get the same noise: draw for each latent."
assert not np.allclose(spread, 9, rtol=0.05), "The variance is taken for the standard deviation: at a variance of 9 codes spread by 9."
assert not np.allclose(spread, np.log(9), rtol=0.05), "The log-variance itself is taken for the standard deviation; it may even be negative."
assert np.allclose(spread, 3, rtol=0.05), f"At a variance of 9 the codes' standard deviation should be 3, not {spread.mean():.2f}."
assert np.allclose(z.mean(axis=0), m[0], atol=0.3), "The codes don't lie around their means."
### END HIDDEN TESTS

# %% nbgrader={"grade": true, "grade_id": "draw_slope_test", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
# More tests run here when your work is graded.
### BEGIN HIDDEN TESTS
import keras
import numpy as np
import tensorflow as tf

m, v = tf.Variable([[1.0, -2.0], [0.5, 0.0]]), tf.Variable([[0.4, -1.0], [1.5, 0.3]])
with tf.GradientTape() as tape:
    z = draw_codes(m, v, keras.random.SeedGenerator(2))
    total = tf.reduce_sum(z)
by_mean, by_log = tape.gradient(total, [m, v])
assert by_mean is not None, "No gradient reaches the mean: draw the noise first, then compute the code from mean and noise by keras.ops."
assert by_log is not None, "No gradient reaches the log-variance: it would never be learnt."
assert np.allclose(by_mean, 1), "A code should move as its mean does: a slope of 1."
assert np.allclose(by_log, (z - m) / 2, atol=1e-4), "The slope with respect to the log-variance should be half the step from the mean: z = m + exp(v/2) ε."
### END HIDDEN TESTS

# %% [markdown]
# ## 3 · The bound of a batch (3 points)
#
# Write the evidence lower bound, in nats per image: the **mean over images** of $\ln p(x \mid z) - \mathrm{KL}$. The decoder gives one
# logit per pixel: ink has the probability $1 / (1 + e^{-l})$, and the pixels are independent. It must be right for large logits, too.
#

# %% nbgrader={"grade": false, "grade_id": "elbo", "locked": false, "schema_version": 3, "solution": true, "task": false}
def elbo(x, logits, kl):
    """x, zeros and ones, and logits: (n, 8, 8, 1); kl: (n,). Returns a scalar tensor."""
    ### BEGIN SOLUTION
    log_likelihood = ops.sum(x * logits - ops.softplus(logits), axis=(1, 2, 3))
    return ops.mean(log_likelihood - kl)
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "elbo_check", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
import numpy as np

x_one, nothing = np.ones((2, 8, 8, 1), "float32"), np.zeros((2, 8, 8, 1), "float32")
found = elbo(x_one, nothing, np.zeros(2, "float32"))
assert tuple(np.shape(found)) == (), f"A single number was asked for; the shape is {tuple(np.shape(found))}."
assert float(found) < 0, "A probability of an image is below 1: its logarithm is below 0, and so is the bound."
assert float(elbo(x_one, nothing + 3, np.zeros(2, "float32"))) > float(found), "Logits of 3 speak for ink: images of ink become more likely."

# %% nbgrader={"grade": true, "grade_id": "elbo_test", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
# More tests run here when your work is graded.
### BEGIN HIDDEN TESTS
import numpy as np

rng = np.random.default_rng(3)
ink = rng.integers(2, size=(5, 8, 8, 1)).astype("float32")
logits = rng.normal(size=(5, 8, 8, 1)).astype("float32")
kl = rng.uniform(1, 3, size=5).astype("float32")
p = 1 / (1 + np.exp(-logits.astype("float64")))
by_image = np.log(np.where(ink == 1, p, 1 - p)).sum(axis=(1, 2, 3))
found, right = float(elbo(ink, logits, kl)), np.mean(by_image - kl)


def near(value):
    return abs(found - value) < 1e-3 * abs(value)


assert not near(np.mean(by_image / 64 - kl)), (
    "The pixels' costs are averaged: the logarithm of a product is a sum. Averaged, the rate weighs 64 times too much."
)
assert not near(5 * right), "This is the sum over the images; their mean was asked for."
assert not near(np.mean(by_image + kl)), "The rate is added: it costs, too."
assert not near(np.mean(by_image)), "The rate is missing."
assert near(right), f"For five images it should be {right:.2f} nats, not {found:.2f}."
large = float(elbo(0 * ink, 0 * logits + 200, 0 * kl))
assert abs(large + 64 * 200) < 10, (
    f"Where there is no ink a logit of 200 costs 200 nats, 64 pixels {64 * 200}; found {-large:.6g}. Work with logits, not with "
    "probabilities: log(1 + e^l) is ops.softplus(l)."
)
### END HIDDEN TESTS

# %% [markdown]
# ## 4 · Build and train it (6 points)
#
# First the networks, as Keras models: the encoder maps images (n, 8, 8, 1) to (n, 2 · latents) numbers, all means first and then all
# log-variances; the decoder maps codes (n, latents) to logits (n, 8, 8, 1). Each has one hidden layer or more.
#

# %% nbgrader={"grade": false, "grade_id": "networks", "locked": false, "schema_version": 3, "solution": true, "task": false}
def networks(latents):
    """An encoder and a decoder, two Keras models."""
    ### BEGIN SOLUTION
    encoder = keras.Sequential([
        keras.Input((8, 8, 1)), keras.layers.Flatten(),
        keras.layers.Dense(64, activation="relu"), keras.layers.Dense(2 * latents),
    ])
    decoder = keras.Sequential([
        keras.Input((latents,)), keras.layers.Dense(64, activation="relu"),
        keras.layers.Dense(64), keras.layers.Reshape((8, 8, 1)),
    ])
    return encoder, decoder
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "networks_check", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
import numpy as np

encoder, decoder = networks(3)
shapes = tuple(encoder(np.zeros((5, 8, 8, 1))).shape), tuple(decoder(np.zeros((5, 3))).shape)
assert shapes[0] == (5, 6), f"Three latents have 3 means and 3 log-variances: (5, 6) for five images, not {shapes[0]}."
assert shapes[1] == (5, 8, 8, 1), f"Five codes give logits (5, 8, 8, 1), not {shapes[1]}."

# %% nbgrader={"grade": true, "grade_id": "networks_test", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# More tests run here when your work is graded.
### BEGIN HIDDEN TESTS
import numpy as np

encoder, decoder = networks(7)
assert tuple(encoder(np.zeros((2, 8, 8, 1))).shape) == (2, 14), "The number of latents should be the one that is given."
rng = np.random.default_rng(4)
for name, model, shape in (("encoder", encoder, (200, 8, 8, 1)), ("decoder", decoder, (200, 7))):
    a, b = rng.normal(size=(2, *shape))
    outputs = np.array(model(10 * a))
    assert outputs.std(axis=0).max() > 1e-3, f"The {name}'s outputs don't depend on its inputs."
    assert outputs.min() < 0 and outputs.max() > 0, (
        f"The {name}'s outputs all lie on one side of 0. Means, log-variances and logits may be any number: no activation at the end."
    )
    assert np.abs(outputs).max() > 1.001, f"The {name}'s outputs stay within 1: no activation at the end."
    bent = np.array(model(a + b)) - np.array(model(a)) - np.array(model(b)) + np.array(model(0 * a))
    assert np.abs(bent).max() > 1e-3, f"The {name} is linear: give it a hidden layer with an activation."
### END HIDDEN TESTS

# %% [markdown]
# Now the model. `cost` gives rate and distortion of a batch, both as means over images, with one code drawn per image; `train_step` takes one step
# down the gradient of rate · β + distortion, by the model's optimizer, for encoder **and** decoder. With it, `compile` and `fit` work as
# always. (What you wrote above may be used.)
#

# %% nbgrader={"grade": false, "grade_id": "vae", "locked": false, "schema_version": 3, "solution": true, "task": false}
class VAE(keras.Model):
    """A variational autoencoder of two Keras models."""

    def __init__(self, encoder, decoder, beta=1.0, seed=0):
        super().__init__()
        self.encoder, self.decoder, self.beta = encoder, decoder, beta
        self.noise = keras.random.SeedGenerator(seed)

    def cost(self, x):
        """(rate, distortion): two scalar tensors, nats per image."""
        ### BEGIN SOLUTION
        mean, log_variance = ops.split(self.encoder(x), 2, axis=-1)
        logits = self.decoder(draw_codes(mean, log_variance, self.noise))
        kl = gaussian_kl(mean, log_variance)
        return ops.mean(kl), -elbo(x, logits, 0 * kl)
        ### END SOLUTION

    def train_step(self, x):
        """One step; returns {"loss": ..., "rate": ..., "distortion": ...} of this batch."""
        ### BEGIN SOLUTION
        with tf.GradientTape() as tape:
            rate, distortion = self.cost(x)
            loss = self.beta * rate + distortion
        gradients = tape.gradient(loss, self.trainable_variables)
        self.optimizer.apply(gradients, self.trainable_variables)
        return {"loss": loss, "rate": rate, "distortion": distortion}
        ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "vae_check", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
import keras
import numpy as np

dense = keras.layers.Dense
model = VAE(
    keras.Sequential([keras.Input((8, 8, 1)), keras.layers.Flatten(), dense(4)]),
    keras.Sequential([keras.Input((2,)), dense(64), keras.layers.Reshape((8, 8, 1))]),
)
ink = np.random.default_rng(5).integers(2, size=(20, 8, 8, 1)).astype("float32")
rate, distortion = model.cost(ink)
assert np.shape(rate) == np.shape(distortion) == (), "Rate and distortion should be one number each: means over the images."
assert float(rate) > 0 and float(distortion) > 0, "Both are costs: above 0."
model.compile(keras.optimizers.Adam(0.01))
history = model.fit(ink, batch_size=10, epochs=2, verbose=0).history
assert {"loss", "rate", "distortion"} <= set(history), f"fit should report loss, rate and distortion; it reports {sorted(history)}."

# %% nbgrader={"grade": true, "grade_id": "vae_test", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
# More tests run here when your work is graded.
### BEGIN HIDDEN TESTS
import keras
import numpy as np

rng = np.random.default_rng(6)
ink, beta = rng.integers(2, size=(30, 8, 8, 1)).astype("float32"), 3.0
to_code, to_logits = keras.layers.Dense(4), keras.layers.Dense(64)
model = VAE(
    keras.Sequential([keras.Input((8, 8, 1)), keras.layers.Flatten(), to_code]),
    keras.Sequential([keras.Input((2,)), to_logits, keras.layers.Reshape((8, 8, 1))]),
    beta=beta,
)
# An encoder that says the same of every image, nearly without spread: all is computed by hand.
kernel, m, v = rng.normal(size=(2, 64)), np.array([0.5, -1.0]), -18.0
to_code.set_weights([np.zeros((64, 4)), np.array([*m, v, v])])
to_logits.set_weights([kernel, np.zeros(64)])
flat, logits = ink.reshape(30, 64), m @ kernel
rate, distortion = (float(part) for part in model.cost(ink))
right_rate = np.sum(m**2 + np.exp(v) - 1 - v) / 2
right_distortion = np.mean(np.sum(np.logaddexp(0, logits) - flat * logits, axis=1))
assert abs(rate / right_rate - beta) > 1e-3, "The rate that cost gives contains β: β weighs it in the loss only."
assert abs(rate - right_rate) < 0.01, f"The rate should be {right_rate:.2f} nats here, not {rate:.2f}. Are the means the first half of the encoder's outputs?"
assert abs(distortion * 64 / right_distortion - 1) > 1e-2, "The distortion is averaged over the pixels; it is their sum."
assert abs(distortion / right_distortion - 1) < 1e-2, f"The distortion should be {right_distortion:.2f} nats here, not {distortion:.2f}."

model.compile(keras.optimizers.SGD(0.01))
model.fit(ink, batch_size=30, epochs=1, verbose=0)
error = (1 / (1 + np.exp(-logits)) - flat).mean(axis=0)
of_decoder = -to_logits.bias.numpy() / 0.01
of_encoder = (np.array([*m, v, v]) - to_code.bias.numpy()) / 0.01
assert np.abs(of_decoder).max() > 1e-6, "One step of training left the decoder as it was."
assert np.abs(of_encoder).max() > 1e-6, "One step of training left the encoder as it was."
assert not np.allclose(of_decoder, -error, atol=0.02), "The step goes up the loss, not down: minimise rate and distortion."
assert np.allclose(of_decoder, error, atol=0.02), "The decoder's step is not the gradient of the mean distortion."
assert not np.allclose(of_encoder[:2], beta * m, atol=0.02), "The distortion's gradient doesn't reach the encoder."
assert not np.allclose(of_encoder[:2], error @ kernel.T, atol=0.02), "The rate isn't in the loss."
assert not np.allclose(of_encoder[:2], error @ kernel.T + m, atol=0.02), "β isn't in the loss."
assert np.allclose(of_encoder[:2], error @ kernel.T + beta * m, atol=0.05), "The encoder's step is not the gradient of rate · β + distortion."
### END HIDDEN TESTS

# %% nbgrader={"grade": true, "grade_id": "vae_training_test", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# More tests run here when your work is graded.
### BEGIN HIDDEN TESTS
import keras
import numpy as np
from sklearn.datasets import load_digits

pictures = (load_digits().images > 8).astype("float32")[..., np.newaxis]
pictures = pictures[np.random.default_rng(7).permutation(len(pictures))]
fitted, held = pictures[:1000], pictures[1000:]
keras.utils.set_random_seed(1)
dense = keras.layers.Dense
model = VAE(
    keras.Sequential([keras.Input((8, 8, 1)), keras.layers.Flatten(), dense(64, activation="relu"), dense(8)]),
    keras.Sequential([keras.Input((4,)), dense(64, activation="relu"), dense(64), keras.layers.Reshape((8, 8, 1))]),
)
model.compile(keras.optimizers.Adam(0.01))
model.fit(fitted, batch_size=50, epochs=7, verbose=0)
coins = np.clip(fitted.mean(axis=0), 1e-3, 1 - 1e-3)
by_coins = -np.mean(np.sum(np.log(np.where(held == 1, coins, 1 - coins)), axis=(1, 2, 3)))
rate, distortion = (float(part) for part in model.cost(held))
assert rate > 0.5, f"After training the code carries {rate:.2f} nats: nothing passes from the encoder to the decoder."
assert rate + distortion < by_coins - 1, (
    f"After seven epochs an image that was held out costs {rate + distortion:.1f} nats; pixels without any code cost {by_coins:.1f}."
)
### END HIDDEN TESTS

# %% [markdown] nbgrader={"grade": false, "grade_id": "open", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": true}
# ## 5 · Your own experiment (open, 6 points)
#
# *"A VAE that rebuilds images better is the better model: weigh the rate less, β = 0.25."* Design an experiment that could refute this sentence, with
# your `VAE` on these digits. (Rather the number of latents? *"More latents make a better model"* is as good a sentence.) In the next cell, and in as many
# cells of your own as you need after it:
#
# - say before you run what you expect, what *better model* is measured by, and what outcome would refute the sentence (1
#   point);
# - three values of β or more, on both sides of 1, all else equal: networks, epochs, optimizer, starts (1 point);
# - rate and distortion apart, on images that weren't trained on, and their sum at the same weight for every model (1 point);
# - three seeds or more, each shown or with their spread (1 point).
#
# Then conclude, in three to six sentences in the last cell: what was shown, what wasn't, what you would measure next (2 points).
#
# ### BEGIN MARK SCHEME
# **How to mark.** The first four points are given here, the last two at the report.
#
# | points | given for | not for |
# | --- | --- | --- |
# | 1 | a prediction, a measure of the model (the bound, or samples judged by a classifier) and a refuting outcome, before the measurement | "small β is bad" |
# | 1 | three values or more, on both sides of 1 or of the claimed one, all else equal | another number of epochs for one of them |
# | 1 | held-out rate and distortion apart, and the bound with β = 1 for all | comparing each model's own loss: β is in it |
# | 1 | three independent trainings or more per value, each shown or with their spread | one run each |
# | 1 | a conclusion that the numbers carry, whichever it is | a conclusion known before |
# | 1 | what wasn't shown (one data set, one bound that is below the truth, one budget), and a next measurement | a list of phrases |
#
# What is usually found: with β = 0.25 the distortion falls and the rate rises by more, so that the bound is worse than with β = 1; with β = 4
# latents collapse, and the bound is worse, too. So the sentence is refuted as far as the bound measures a model. With more latents the
# bound first gains and then stays: latents that aren't needed have a rate near 0.
# ### END MARK SCHEME
#

# %% nbgrader={"grade": false, "grade_id": "open_experiment", "locked": false, "schema_version": 3, "solution": true, "task": false}
### BEGIN SOLUTION
for beta in (0.25, 1.0, 4.0):
    found = []
    for seed in range(3):
        keras.utils.set_random_seed(seed)
        model = VAE(*networks(6), beta=beta, seed=seed)
        model.compile(keras.optimizers.Adam(0.007))
        model.fit(x_train, batch_size=100, epochs=20, verbose=0)
        parts = np.mean([[float(part) for part in model.cost(x_validation)] for _ in range(5)], axis=0)
        found.append([*parts, parts.sum()])
    for name, values in zip(("rate", "distortion", "their sum"), np.transpose(found), strict=True):
        print(f"β = {beta}: {name} {np.round(values, 1)}, mean {np.mean(values):.1f}")
### END SOLUTION

# %% [markdown] nbgrader={"grade": true, "grade_id": "open_report", "locked": false, "points": 2, "schema_version": 3, "solution": true, "task": false}
# ### BEGIN SOLUTION
# **Expected** before the run: β = 0.25 lowers the distortion and raises the rate, on validation images; a better model has the lower sum of both, which
# bounds what an image costs. If the sum with β = 0.25 isn't lower than with β = 1 in two of three seeds, the sentence is refuted.
#
# **Found.** With β = 0.25 the distortion is lower, 12.3 nats instead of 15.3, and the rate higher, 9.5 instead of 4.3. So it rebuilds better, and its sum
# is worse, 21.8 instead of 19.6, in all three seeds; the seeds differ by 0.3 at most. The sentence is refuted, as far as this bound measures a
# model. β = 4 is worse still, 24.5: its rate is 0.0, so no code says anything about its image. What wasn't shown: the bound may lie further below the truth for one β
# than for another, and samples weren't looked at; it was one data set and 20 epochs. Next: an importance-weighted bound for all
# three, and a classifier's judgement of samples.
# ### END SOLUTION
