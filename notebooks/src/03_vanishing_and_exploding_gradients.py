# %% [markdown] slideshow={"slide_type": "slide"}
# # Chapter 03 · Vanishing and exploding gradients · 梯度消失与梯度爆炸
#
# Why a network of thirty layers may not learn at all, how to predict it with one integral, and which cures work.

# %% [markdown] slideshow={"slide_type": "subslide"}
# **After this chapter you can**
# - build deep networks in Keras, with normalisation, dropout and residual links, and watch their gradients by a callback;
# - predict from activation and initialisation whether gradients will vanish or explode, and how fast;
# - read a phase diagram, and explain both fates by one product of matrices;
# - choose between initialisation, activation, normalisation, residual links and clipping, and say why dropout and L2
#   are not on that list.

# %% [markdown] slideshow={"slide_type": "notes"}
# **You need** [chapter 02](02_backpropagation.ipynb) (backpropagation), matrices and singular values, variances of sums.
#
# **Time** about a minute to run on two cores; about three and a half hours to read and try, with the exercises.
#
# **摘要**
#
# 深层网络的梯度是许多雅可比矩阵的乘积，逐层相乘，因此可能指数级地消失或爆炸；平均场理论用一个积分就能算出每层的增长率 χ。
#
# 我们先用 Keras 搭建 20 层的网络，用自定义回调记录每层的梯度，再在真实的手写数字上比较各种办法：初始化、ReLU、批归一化、层归一化、残差连接、梯度裁剪，以及丢弃法与 L2 正则化；每种办法都用各自最好的学习率。
#
# 结论由测量给出：在这些网络上，丢弃法与 L2 治不了梯度消失；批归一化在初始化时反而使 ReLU 网络的梯度爆炸，但换一个学习率仍能学好；残差连接还能减轻“梯度破碎”。

# %% slideshow={"slide_type": "skip"} tags=["hide-input"]
import functools

import keras
import numpy as np
import tensorflow as tf

from dlcourse import (
    checks,
    datasets,
    exercises,
    models,
    recording,
    reproducibility,
    show,
    training,
    widgets,
)
from dlcourse.analysis import gradients, mean_field, signal_propagation
from dlcourse.claims import Claims
from dlcourse.experiments import deep_network_cures
from dlcourse.figures import charts
from dlcourse.figures import gradients as gradient_figures
from dlcourse.measured import Measured, as_people_write, mask
from dlcourse.training import optimizers

reproducibility.start(seed=0, threads=1)  # small networks gain nothing by a second
claims = Claims("03")

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Does a network of twenty layers learn? · 二十层的网络学得会吗？
#
# Depth lets a network build on what its layers before have built. So why not take twenty layers? Here is such a network,
# of sigmoid layers of 32 units, as one writes it in Keras.
#
# **Predict before you run.** Five epochs over 1,078 handwritten digits, with Adam at its usual rate. What share of the
# validation digits will it read: about 95 %, about 60 %, or about 10 %?

# %% slideshow={"slide_type": "subslide"}
def plain_network(depth=20, units=32):
    """8x8 digits -> depth sigmoid layers -> 10 logits."""
    draw = keras.initializers.GlorotUniform
    model = keras.Sequential(
        [keras.Input((8, 8, 1)), keras.layers.Flatten()])
    for seed in range(depth):
        model.add(keras.layers.Dense(
            units, activation="sigmoid",
            kernel_initializer=draw(seed)))
    model.add(keras.layers.Dense(10, kernel_initializer=draw(99)))
    return model


digits = datasets.load("digits")
some = digits.train.take(1_078)
data = tf.data.Dataset.from_tensor_slices((some.x, some.y))
batches = data.batch(49)
validation = (digits.validation.x, digits.validation.y)

# %% [markdown] slideshow={"slide_type": "notes"}
# Accuracy alone would not say what is wrong. So `fit` gets an observer. A *callback* is an object whose methods Keras calls
# at the beginning and end of epochs and batches. Ours records the norm (the length) of the loss's gradient for each kernel.

# %% slideshow={"slide_type": "subslide"}
class GradientNorms(keras.callbacks.Callback):
    """log10 of the gradient's norm by kernel, at epochs 1, 3, 5 ..."""

    def __init__(self, x, y):
        super().__init__()
        self.x, self.y, self.norms = x, y, []

    def on_epoch_end(self, epoch, logs=None):
        if epoch % 2:                    # counted from 0
            return
        model = self.model
        kernels = [weight for weight in model.trainable_variables
                   if weight.name == "kernel"]
        with tf.GradientTape() as tape:
            logits = model(self.x, training=False)
            loss = model.compute_loss(self.x, self.y, logits)
        found = tape.gradient(loss, kernels)
        self.norms.append([np.log10(tf.norm(one)) for one in found])

# %% slideshow={"slide_type": "skip"}
batch = digits.train.take(100)
sample = (batch.x, batch.y)
loss_of_logits = keras.losses.SparseCategoricalCrossentropy(
    from_logits=True)


def fitted(model, rate, epochs=5):
    """Fit by Keras; validation accuracy and the norms recorded."""
    watch = GradientNorms(*sample)
    model.compile(optimizer=keras.optimizers.Adam(rate),
                  loss=loss_of_logits)
    model.fit(batches, epochs=epochs, shuffle=False, verbose=0,
              callbacks=[watch])
    x, y = validation
    accuracy = np.mean(np.argmax(model(x), axis=1) == y)
    return accuracy, np.array(watch.norms)


plain_accuracy, plain_norms = fitted(plain_network(), rate=0.001)

# %% slideshow={"slide_type": "subslide"} tags=["hide-input"]
show.markdown(f"Validation accuracy, one run: {Measured(plain_accuracy):.0%}.")

# %% tags=["hide-input"]
gradient_figures.by_layer(
    {f"after epoch {2 * k + 1}": norms for k, norms in enumerate(plain_norms)},
    title="20 sigmoid layers: the callback's record",
    ylabel="log10 of the kernel gradient's norm",
    caption="The axis counts powers of ten. The last layers get a gradient; the first "
    "ones get next to none, and five epochs don't change it.",
)

# %% [markdown] slideshow={"slide_type": "subslide"}
# <details><summary>Your prediction</summary>
#
# About 10 %, which is guessing. "Nearly all, since more layers can express more" is a common guess: what a network *could* express
# says nothing about what it will learn. The record shows one reason. It is the first layer that sees the picture, and
# next to nothing reaches it that says how to change.
#
# </details>

# %% [markdown] slideshow={"slide_type": "slide"}
# ## How much of the gradient arrives at the first of 32 layers? · 第一层能收到多少梯度？
#
# Take a classifier of 32 sigmoid layers with 64 units each, as Keras starts it, before any training. The loss is known at
# the output; the gradient travels back from there.
#
# **Predict before you run.** Compare the first kernel's gradient with that of the last hidden layer. Is it smaller by
# a factor of about 32, of about $10^{8}$, or of about $10^{19}$?

# %% [markdown] slideshow={"slide_type": "subslide"}
# By hand: if each layer lets a quarter of the gradient through, then after two layers a sixteenth is left, after ten
# layers a millionth.
#
# With $h_l = x_{l-1} W_l + b_l$ and $x_l = \varphi(h_l)$ (rows are examples: $h_l$ has shape (batch,
# $n_l$), $W_l$ has shape ($n_{l-1}$, $n_l$)), the chain rule carries $\delta_l = \partial L/\partial h_l$, of the
# shape of $h_l$, down one layer by
#
# $$\delta_l = (\delta_{l+1} W_{l+1}^\top) \odot \varphi'(h_l), \qquad \frac{\partial L}{\partial W_l} = x_{l-1}^\top \delta_l .$$
#
# $h_l$ are a layer's *pre-activations*, $\varphi$ its activation. Each layer multiplies by a matrix and by the slopes of
# its units. From the last of 32 layers to the first there are 31 such steps.

# %% slideshow={"slide_type": "subslide"} tags=["hide-input"]
gradient_figures.jacobian_chain(
    0.25, title="The gradient comes back through every layer",
    caption="Solid: signals. Dashed: the gradient, multiplied once per layer. $J_l$ is "
    "the layer's Jacobian, its kernel times its slopes.",
)

# %% slideshow={"slide_type": "skip"}
def kernel_gradients(kernels, x, labels):
    """Gradients of the mean cross-entropy for a sigmoid network's
    kernels, first kernel first."""
    inputs = [x]
    for kernel in kernels[:-1]:
        inputs.append(1 / (1 + np.exp(-inputs[-1] @ kernel)))
    logits = inputs[-1] @ kernels[-1]
    softmax = np.exp(logits)
    softmax /= softmax.sum(axis=1, keepdims=True)
    delta = (softmax - np.eye(10)[labels]) / len(x)
    found = [inputs[-1].T @ delta]
    for l in range(len(kernels) - 1, 0, -1):
        slope = inputs[l] * (1 - inputs[l])
        delta = delta @ kernels[l].T * slope
        found.append(inputs[l - 1].T @ delta)
    return found[::-1]

# %% [markdown] slideshow={"slide_type": "skip"}
# The tape must give the same. This model is built in float64, for a reason that comes below; `models.mlp` is the stack of
# Dense layers that you have seen, and `gradients.by_layer` is what the callback does.

# %% slideshow={"slide_type": "skip"}
def sigmoid_network(depth, units, seed, dtype="float64"):
    """A Keras classifier of 8x8 digits: sigmoid layers, started as Keras does."""
    keras.config.set_dtype_policy(dtype)
    model = models.mlp(
        (8, 8, 1), 10, hidden=[units] * depth, activation="sigmoid", seed=seed
    )
    keras.config.set_dtype_policy("float32")
    return model


objective = training.objectives.classification()
deep = sigmoid_network(32, 64, seed=0)
by_keras = gradients.by_layer(deep, objective, sample)

# %% slideshow={"slide_type": "notes"} tags=["hide-input"]
kernels = [layer.kernel.numpy() for layer in deep.layers if hasattr(layer, "kernel")]
flat = batch.x.reshape(100, 64).astype("float64")
by_hand = [np.linalg.norm(g) for g in kernel_gradients(kernels, flat, batch.y)]
checks.equal(
    "33 kernel gradients, by hand and by GradientTape", by_hand, 10**by_keras
)

# %% [markdown] slideshow={"slide_type": "skip"}
# By hand and by Keras agree. Now look at the norms, with five seeds, for networks of 2, 8 and 32 layers.

# %% slideshow={"slide_type": "skip"}
def norms_by_layer(depth, units, objective, batch, seeds=range(5)):
    """log10 norms of the kernels' gradients, (layers, seeds)."""
    networks = [sigmoid_network(depth, units, seed) for seed in seeds]
    return np.transpose([gradients.by_layer(one, objective, batch) for one in networks])


norms = {
    f"{depth} sigmoid layers": norms_by_layer(depth, 64, objective, sample)
    for depth in (2, 8, 32)
}

# %% slideshow={"slide_type": "subslide"} tags=["hide-input"]
gradient_figures.by_layer(
    norms,
    ylabel="log10 of the kernel gradient's norm",
    caption="Gradient norms of networks as Keras starts them; the axis counts powers "
    "of ten. Every layer gets about a quarter of the gradient of the one above it, to "
    "its right.",
)

# %% slideshow={"slide_type": "fragment"} tags=["hide-input"]
ratios = {label: Measured(values[0] - values[-2]) for label, values in norms.items()}
show.markdown(f"""
The first of 32 layers gets $10^{{x}}$ of the last one's gradient, x =
{ratios["32 sigmoid layers"]:.1f}; the first of 8 layers, x =
{ratios["8 sigmoid layers"]:.1f}. In a step of plain gradient descent it moves by
that many powers of ten less.
""")

# %% [markdown] slideshow={"slide_type": "subslide"}
# <details><summary>Your prediction</summary>
#
# A factor of 32 would be right if layers took away a share each. But what layers take away *multiplies*: a factor $r$
# per layer becomes $r^{31}$, not $31\,r$. If you found $10^{19}$ from $0.25^{31}$, because a sigmoid's slope is at
# most ¼: that is nearly right here, but only because these units' slopes lie near ¼, and these weights stretch a vector by a factor near 1. The next
# sections change the weights.
#
# </details>

# %% [markdown] slideshow={"slide_type": "notes"}
# One trap, and the reason for float64. float32 ends near $10^{-38}$ (denormal numbers near $10^{-45}$). What does a
# computer see at depth 64?

# %% slideshow={"slide_type": "skip"}
in_float32 = gradients.by_layer(
    sigmoid_network(64, 64, 0, "float32"), objective, sample
)

# %% slideshow={"slide_type": "notes"} tags=["hide-input"]
show.markdown(f"""
In one network of 64 layers, in float32, {mask(np.isinf(in_float32).sum())} of the 65
kernels have a gradient of exactly 0.
""")

# %% [markdown] slideshow={"slide_type": "fragment"}
# At 64 such layers float32 is not enough: the gradient of the lowest layers isn't small, it *is* zero, and no optimiser
# that rescales can bring it back. What follows: look at gradients on a log scale, in float64, before you blame the
# learning rate.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Which start keeps the gradient alive? · 怎样初始化才能保住梯度？
#
# Two choices are varied here: the activation, and how large the random weights are. By hand: a unit adds up $n$ inputs
# of size 1, each times a weight of variance $v$. Variances of independent terms add, so its sum has variance $n v$:
# with $n = 100$ it is 1 where $v = 1/100$. The usual recipes are variances for a kernel from $n_\text{in}$ to
# $n_\text{out}$ units. We write $\operatorname{Var} W = \sigma_w^2 / n_\text{in}$, so that recipes at different widths
# compare.

# %% slideshow={"slide_type": "fragment"} tags=["hide-input"]
recipes = {
    "LeCun 1998": lambda i, o: 1 / i,
    "Glorot & Bengio 2010": lambda i, o: 2 / (i + o),
    "He et al. 2015": lambda i, o: 2 / i,
}
shapes = [(256, 256), (64, 256), (256, 64)]
show.table(
    [
        [name, *(f"{i * variance(i, o):.2f}" for i, o in shapes)]
        for name, variance in recipes.items()
    ],
    ["recipe", r"$\sigma_w^2$, 256 → 256", "64 → 256", "256 → 64"],
    "What the recipes are in units of 1 / fan_in",
)

# %% [markdown] slideshow={"slide_type": "subslide"}
# Between layers of equal width Glorot and LeCun are the same. So we try four starts: too small ($\sigma_w^2 =
# \tfrac14$), Glorot = LeCun (1), He (2) and too large (4).
#
# **Predict before you run.** ReLU's slope is 1 wherever it passes anything on, so it can't shrink a gradient like a
# sigmoid's ¼. With Glorot's initialisation and 64 layers, will a ReLU network's gradient (a) vanish, (b) stay, (c)
# explode? And which of the four starts rescues the sigmoid?

# %% slideshow={"slide_type": "skip"}
STARTS = {"too small": 0.25, "Glorot = LeCun": 1.0, "He": 2.0, "too large": 4.0}
VARIANCES = list(STARTS.values())
ACTIVATIONS, DEPTHS = ["sigmoid", "tanh", "relu", "selu"], [4, 16, 64]


def random_networks(
    x, activation, depth, weight_variances, bias_variance=0.0, seeds=range(8)
):
    """Send examples through random networks 256 units wide, and a random gradient
    back: one ``Signals`` per seed."""
    options = {"depth": depth, "width": 256, "activation": activation}
    options |= {"weight_variances": weight_variances, "bias_variance": bias_variance}
    return [
        signal_propagation.random_signals(x, seed=seed, **options) for seed in seeds
    ]

# %% [markdown] slideshow={"slide_type": "skip"}
# Eight real digits go through each network, in float64. It is the recursion above, with the norm of $\delta_l$
# measured instead of the kernels' gradients. The same random numbers serve all starts, scaled.

# %% slideshow={"slide_type": "skip"}
images = digits.train.take(8).x.reshape(8, 64) - 0.5
# mean square 1, so that layer 1 has variance σ_w²
images /= np.sqrt(np.mean(images**2, axis=1, keepdims=True))
signals = {(a, d): [] for a in ACTIVATIONS for d in DEPTHS}
for seed in range(8):
    for d in DEPTHS:
        for a in ACTIVATIONS:       # the innermost: the same random numbers, kept
            signals[a, d] += random_networks(images, a, d, VARIANCES, seeds=[seed])
# by activation, (depths, seeds, starts)
measured = {
    a: np.array([[run.log10_ratio() for run in signals[a, d]] for d in DEPTHS])
    for a in ACTIVATIONS
}

# %% slideshow={"slide_type": "skip"}
def predicted_ratios(activation, depths, variances):
    """What the theory of the next section predicts, (depths, variances)."""
    rates = np.array([
        [mean_field.log_rates(v, d, activation, v).sum() for v in variances]
        for d in depths
    ])
    return rates / np.log(10)

# %% slideshow={"slide_type": "subslide"} tags=["hide-input"]
gradient_figures.by_depth(
    measured,
    {a: predicted_ratios(a, DEPTHS, VARIANCES) for a in ACTIVATIONS},
    DEPTHS,
    list(STARTS),
    caption="Each point: mean of 8 random networks with its 95 % interval; powers of "
    "ten. A straight line through 0 is the same factor in every layer. Dashed: the "
    "theory of the next section. The four panels have different scales.",
)

# %% slideshow={"slide_type": "subslide"} tags=["hide-input"]
at_64 = {
    (a, s): Measured(measured[a][-1, :, case])
    for a in ACTIVATIONS
    for case, s in enumerate(STARTS)
}
show.table(
    [[a, *(f"{at_64[a, s]:.1f}" for s in STARTS)] for a in ACTIVATIONS],
    ["64 layers", *STARTS],
    "log10 of the first layer's gradient over the last's",
)

# %% [markdown] slideshow={"slide_type": "fragment"}
# <details><summary>Your prediction</summary>
#
# (b) is a common guess: a slope of 1 takes nothing away. But half of the units are off and pass nothing: the squared
# norm halves in every layer, unless the weights' variance is doubled. That is He's 2. And none of these starts rescues
# the sigmoid. Would still larger weights? The next section computes it.
#
# </details>

# %% [markdown] slideshow={"slide_type": "notes"}
# What follows: "ReLU cures vanishing gradients" is half a sentence. In these networks, as they start, ReLU *with the
# variance that belongs to it* does.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Can one integral predict all of it? · 一个积分能预测这一切吗？
#
# **Predict before you run.** A theory that takes all pre-activations for independent Gaussians, and the weights of
# the way back for fresh ones, is wrong about both in a network of finite width. It predicts by which factor a gradient changes
# per layer. At 256 units, in the worst of sixteen starts, by how much will this factor be wrong: by half, by a tenth,
# or by less than a twentieth?

# %% [markdown] slideshow={"slide_type": "fragment"}
# By hand for ReLU, whose slope is 1 for positive $z$ and 0 for negative: half of the units pass the gradient on, so its
# squared norm is halved, and multiplied by the weights' $\sigma_w^2$. Level at $\sigma_w^2 = 2$, He's.

# %% [markdown] slideshow={"slide_type": "subslide"}
# In general, a pre-activation $h = \sum_j W_j\,\varphi(h'_j) + b$ is a sum of many independent terms, so nearly Gaussian. Its
# variance $q$ follows from the layer below (Poole et al. 2016), with $z$ standard normal:
#
# $$q_{l+1} = \sigma_w^2\, \mathbb{E}\,\varphi(\sqrt{q_l}\,z)^2 + \sigma_b^2 .$$
#
# A squared gradient norm is multiplied, from one layer to the one below, by (Schoenholz et al. 2017)
#
# $$\chi(q) = \sigma_w^2\, \mathbb{E}\,\varphi'(\sqrt{q}\,z)^2 , \qquad \text{so its log norm grows by } \tfrac12 \ln \chi \text{ per layer}.$$

# %% [markdown] slideshow={"slide_type": "fragment"}
# For ReLU that is $\chi = \sigma_w^2/2$ whatever $q$ is. For the others a computer integrates. We call the line
# $\chi = 1$ *critical*.

# %% slideshow={"slide_type": "skip"}
show.source(mean_field.gaussian_mean, mean_field.next_variance, mean_field.chi)

# %% slideshow={"slide_type": "skip"}
def log_chi(activation, q, weight_variance):
    """½ ln χ: growth of the gradient's log norm per layer."""
    _, slope = mean_field.activation(activation)
    mean = mean_field.gaussian_mean(lambda h: slope(h) ** 2, q)
    return np.log(weight_variance * mean) / 2

# %% [markdown] slideshow={"slide_type": "skip"}
# We compare the rates over layers 24 to 60 of 64, where the predicted factor per layer has nearly settled. (The variance need
# not: ReLU's halves in every layer at $\sigma_w^2 = 1$, and doubles at 4.) `theory` follows the
# variance map layer by layer. Its rival, `no_map`, keeps the variance of the first layer: it has the same integral, but
# not the map.

# %% slideshow={"slide_type": "skip"}
FIRST, LAST = 24, 60
cases = [(a, s) for a in ACTIVATIONS for s in STARTS]


def layers_rate(activation, variance, first, last):
    """Mean of ½ ln χ over a window of layers, the variance map followed."""
    rates = mean_field.log_rates(variance, 64, activation, variance)
    return rates[first - 1 : last - 1].mean()


theory = np.array([layers_rate(a, STARTS[s], FIRST, LAST) for a, s in cases])
no_map = np.array([log_chi(a, STARTS[s], STARTS[s]) for a, s in cases])
# (activations, seeds, starts) -> (seeds, cases)
rates = np.array(
    [[run.log_rate(FIRST, LAST) for run in signals[a, 64]] for a in ACTIVATIONS]
).transpose(1, 0, 2).reshape(8, len(cases))

# %% slideshow={"slide_type": "subslide"} tags=["hide-input"]
gradient_figures.predicted_rates(
    {a: theory.reshape(4, 4)[row] for row, a in enumerate(ACTIVATIONS)},
    {a: rates.reshape(8, 4, 4)[:, row].T for row, a in enumerate(ACTIVATIONS)},
    caption="Sixteen starts: growth of the gradient's log norm per layer, measured in "
    "random networks against the theory, which has no parameter to adjust. On the line "
    "the two are equal.",
)

# %% slideshow={"slide_type": "notes"} tags=["hide-input"]
def in_short(q):
    if np.isinf(q):
        return "∞"
    return "0" if q < 1e-3 else f"{q:.1g}" if q < 1 else f"{q:.1f}"


settled = {(a, s): mean_field.fixed_point(a, STARTS[s]) for a, s in cases}
show.table(
    [
        [a, s, in_short(q), as_people_write(f"{theory[case]:.3f}"),
         f"{Measured(rates[:, case]):.3f}"]
        for case, ((a, s), q) in enumerate(settled.items())
    ],
    ["activation", "start", "variance settles at", "½ ln χ, theory", "measured"],
    "Growth of the gradient's log norm per layer (natural log)",
)

# %% [markdown] slideshow={"slide_type": "notes"}
# A variance that settles at 0 dies out, one at ∞ grows without end; then the theory's mean over the layers of the
# window counts.

# %% slideshow={"slide_type": "notes"} tags=["hide-input"]
def largest_error(prediction):
    """Of the sixteen predicted factors per layer, for each of the eight seeds."""
    return Measured(np.abs(np.exp(rates - prediction) - 1).max(axis=1))


show.markdown(f"""
The largest error of the sixteen predicted factors, eight networks each:
{largest_error(theory):.1%}. Without the variance map it would be
{largest_error(no_map):.1%}.
""")

# %% [markdown] slideshow={"slide_type": "subslide"}
# <details><summary>Your prediction</summary>
#
# Less than a twentieth; nearer to a hundredth. A doubt whether independence may be assumed is right about the weights: those of the way back *are* those of the way forward. But already at 256 units the errors are about as small as
# the intervals of eight networks.
#
# </details>

# %% [markdown] slideshow={"slide_type": "notes"}
# Where a rate is near 0, a small error of the factor is a large part of the rate. Two such cases were measured with
# more: 1,024 units, 80 initialisations, 16 images (recorded, `make bench STUDY=ch03_rates`).

# %% slideshow={"slide_type": "notes"} tags=["hide-input"]
wide = recording.load("ch03_rates")
show.table(
    [
        [f"tanh, $\\sigma_w^2$ = {variance:g}",
         f"{mean_field.log_rate('tanh', variance):.4f}",
         f"{Measured(wide[f'tanh {variance:g}, width 1024']):.4f}"]
        for variance in (2.0, 4.0)
    ],
    ["start", "½ ln χ, theory", "measured (recorded)"],
    "Growth of the gradient's log norm per layer, 1,024 units",
)

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### Where does χ cross 1?
#
# If the theory is right, then each of our activations has a weight variance at which a gradient neither vanishes nor
# explodes, and both happen away from it. We compute that variance by a root finder, and then take new random networks of 64
# layers: on the line, with a quarter, and with four times the variance.

# %% slideshow={"slide_type": "skip"}
critical = {a: mean_field.critical_weight_variance(a) for a in ACTIVATIONS}


def line_ratios(x, critical, seeds):
    """log10 of first over last gradient at ¼, 1 and 4 times the critical variance:
    (seeds, activations, 3)."""
    return np.array([
        [random_networks(x, a, 64, [v / 4, v, 4 * v], seeds=[seed])[0].log10_ratio()
         for a, v in critical.items()]
        for seed in seeds
    ])


ratio = line_ratios(images, critical, seeds=range(100, 105))

# %% slideshow={"slide_type": "fragment"} tags=["hide-input"]
ratios_by_start = {
    a: [f"{Measured(column):.1f}" for column in ratio[:, row].T]
    for row, a in enumerate(critical)
}
show.table(
    [[a, f"{critical[a]:.2g}" if critical[a] < 10 else f"{critical[a]:.0f}", *found]
     for a, found in ratios_by_start.items()],
    ["activation", r"$\sigma_w^2$ at χ = 1", "a quarter of it", "on the line",
     "four times"],
    "64 layers: log10 of the first layer's gradient over the last's",
)

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### Does it happen to deep networks at large?
#
# The article says of deep networks (section 2.3): 「导致梯度消失或爆炸现象的发生」, "this makes gradients vanish or explode".
# Our starts were chosen by us. So now chance draws them: for each of the four activations four weight variances, between
# $\tfrac14$ and 4, uniformly on a log scale.

# %% [markdown] slideshow={"slide_type": "notes"}
# *The rule for the verdict on A2.3.1, before we measure.* A gradient is *level* if from the last layer to the first it
# changes by less than a factor of 100. Quantity: the share of the sixteen starts, at 64 layers, whose gradient is not
# level; eight draws of sixteen, each in networks of its own. (With too few layers for gradients to change that much the
# share is low: the table below has it at 4 layers as well.)

# %% slideshow={"slide_type": "notes"} tags=["hide-input"]
claims.rule(
    "A2.3.1",
    {
        "holds": lambda not_level: not_level.low > 0.9,
        "holds for most starts, not for all": lambda not_level: (
            not_level.low > 0.5 and not_level.high < 0.9
        ),
        "does not hold": lambda not_level: not_level.high < 0.5,
        "not settled": True,
    },
    made_up={
        "holds": {"not_level": [1, 1, 15 / 16, 1, 1, 1]},
        "holds for most starts, not for all": {"not_level": [0.75, 0.6875, 0.6875]},
        "does not hold": {"not_level": [0.125, 0.25, 0.1875, 0.125]},
        "not settled": {"not_level": [0.25, 0.75, 0.5]},
    },
)

# %% slideshow={"slide_type": "skip"}
def drawn_starts(seed, count=4):
    """Weight variances from 1/4 to 4 by activation, (count,) each."""
    random = np.random.default_rng(seed)
    return {a: 4.0 ** random.uniform(-1, 1, count) for a in ACTIVATIONS}


def drawn_ratios(x, depth, seed):
    """log10 of first over last gradient, by activation, (starts,) each."""
    options = {"depth": depth, "width": 128, "seed": seed}
    return {
        a: signal_propagation.random_signals(
            x, activation=a, weight_variances=variances, **options
        ).log10_ratio()
        for a, variances in drawn_starts(seed).items()
    }


drawn = {
    depth: [drawn_ratios(images, depth, seed) for seed in range(200, 208)]
    for depth in (4, 64)
}

# %% slideshow={"slide_type": "fragment"} tags=["hide-input"]
def not_level(found):
    """Share of the starts whose gradient changes by a factor of 100 or more."""
    return np.mean(np.abs(found) >= 2)


show.table(
    [
        [f"{depth} layers", *(
            f"{Measured([not_level(one[a]) for one in found]):.0%}" for a in ACTIVATIONS
        )]
        for depth, found in drawn.items()
    ],
    ["not level, of the starts drawn", *ACTIVATIONS],
)
claims.verdict(
    "A2.3.1", not_level=[not_level([*one.values()]) for one in drawn[64]]
)

# %% [markdown] slideshow={"slide_type": "notes"}
# What follows: nobody needs to train a network to know that its gradient won't arrive. Which starts are level the theory
# says beforehand: those near the line. On it a gradient is level,
# not constant: tanh and SELU still lose a factor that grows with the depth, but slowly, since there the variance itself
# dies out slowly.

# %% [markdown] slideshow={"slide_type": "skip"}
# ### Move it: which start reaches the bottom?
#
# One random network, 256 units wide, for the start that you choose: eight digits go up through it, a random gradient
# comes down, and theory is drawn beside it. (Knobs need a running kernel; a page shows the figure at their start.)
#
# **Predict before you move.** Set the depth to 100. For each activation find the $\sigma_w^2$ at which the line stays level,
# before you look at theory: is it the same for all? For tanh, go beyond it: does the line turn up at once, or slowly?
# And is there any value at which the sigmoid's line is level?

# %% slideshow={"slide_type": "skip"}
def draw_start(ax, activation, depth, weight_variance, *, x):
    options = {"depth": depth, "width": 256, "activation": activation}
    run = signal_propagation.random_signals(
        x, weight_variances=[weight_variance], **options
    )
    # (depth,)
    norms = np.log10(run.gradient[0]).mean(axis=-1)
    growth = mean_field.log_rates(weight_variance, depth, activation, weight_variance)
    above = np.append(growth[::-1].cumsum()[::-1], 0) / np.log(10)
    lines = {"measured": norms, "theory": norms[-1] + above}
    title = f"{activation}, $\\sigma_w^2$ = {weight_variance:g}"
    ylabel = "log10 of the norm of ∂L/∂h"
    gradient_figures.by_layer(lines, title=title, ylabel=ylabel, ax=ax)
    ax.set(ylim=(-21, 6), xlim=(0, 101))

# %% slideshow={"slide_type": "skip"} tags=["hide-input"]
widgets.explore(
    functools.partial(draw_start, x=images),
    activation=widgets.Knob(ACTIVATIONS, start="tanh"),
    depth=widgets.Knob([2, 4, 8, 16, 32, 64, 100], start=64),
    weight_variance=widgets.Knob(
        [0.25, 0.5, 0.8, 1, 1.2, 1.5, 2, 3, 4, 8, 16, 64, 100, 128], start=0.8
    ),
    caption="One random network against theory. The gradient enters at the right and "
    "travels left; a level line loses nothing. Weights a little too small cost a "
    "little in every layer.",
    alt="Two lines that nearly coincide, measured and theory, rising slowly from the "
    "first layer to the last of 64.",
)

# %% [markdown] slideshow={"slide_type": "skip"}
# Level is near 1 for tanh, 2 for ReLU and 100 for the sigmoid: the value belongs to the function. Beyond 1, tanh turns
# up slowly, for larger pre-activations lie where its slope is small, which takes back a part of what the weights add.
# And a depth of 2 hides all of this: a start tried on a shallow network says little about a deep one.

# %% [markdown] slideshow={"slide_type": "skip"}
# ## Where does the line run between shrinking and growing? · 消失与爆炸的界线在哪里？
#
# Biases may be random too, with variance $\sigma_b^2$. No gradient is multiplied by them.
#
# **Predict before you run.** A tanh network sits exactly at the border, χ = 1. Now draw its biases at random. Will
# its gradients shrink, grow, or not care?

# %% [markdown] slideshow={"slide_type": "skip"}
# Each point of the plane $(\sigma_w^2, \sigma_b^2)$ has its $q^*$, hence its χ. The border $\chi = 1$ needs no
# search: to each $q$ belongs one weight variance that makes χ equal 1, $\sigma_w^2 = 1 / \mathbb{E}\varphi'^2$, and one
# bias variance that makes $q$ the fixed point, $\sigma_b^2 = q - \sigma_w^2\,\mathbb{E}\varphi^2$. Over the map we put
# measured rates, the means of five random networks for each disc.

# %% slideshow={"slide_type": "skip"}
WEIGHTS = [0.75, 1.0, 1.25, 1.75, 2.25, 2.75, 3.25, 3.75]
BIASES = [0.0, 0.05, 0.15, 0.3, 0.5]


def plane_of_rates(x, weights, biases, seeds=range(5)):
    """Measured rates of tanh networks, (seeds, biases, weights)."""
    return np.array([
        [random_networks(x, "tanh", 40, weights, b, [seed])[0].log_rate(12, 38)
         for b in biases]
        for seed in seeds
    ])


plane = plane_of_rates(images, WEIGHTS, BIASES)

# %% slideshow={"slide_type": "skip"}
weight_axis, bias_axis = np.linspace(0.5, 4.0, 24), 0.6 * np.linspace(0, 1, 16) ** 2
rate_map = np.array(
    [[mean_field.log_rate("tanh", w, b) for w in weight_axis] for b in bias_axis]
)


def border_point(q):
    """(weight variance, bias variance) of tanh at which χ = 1 and q stays."""
    weight_variance = 1 / mean_field.chi(q, "tanh", 1.0)
    return weight_variance, q - mean_field.next_variance(q, "tanh", weight_variance)


border = np.transpose([border_point(q) for q in np.linspace(0, 4, 120)])
border = border[:, border[1] <= bias_axis[-1]]
discs = [
    (w, b, rate)
    for b, row in zip(BIASES, plane.mean(axis=0), strict=True)
    for w, rate in zip(WEIGHTS, row, strict=True)
]

# %% slideshow={"slide_type": "skip"} tags=["hide-input"]
gradient_figures.phase_diagram(
    weight_axis, bias_axis, rate_map, border, discs,
    caption="Shade: theory; discs: measured in random networks, in the same shades. "
    "Left of the line gradients shrink (the ordered phase), right of it they grow "
    "(chaos).",
)

# %% slideshow={"slide_type": "skip"} tags=["hide-input"]
moved = [mean_field.critical_weight_variance("tanh", b) for b in (0.0, 0.5)]
show.markdown(
    f"By theory the border lies at $\\sigma_w^2 = {moved[0]:.2f}$ without biases, at"
    f" ${moved[1]:.2f}$ with $\\sigma_b^2 = 0.5$."
)

# %% slideshow={"slide_type": "skip"} tags=["hide-input"]
claims.measure(
    "C03.4",
    "tanh networks at χ = 1 that get random biases (variance 0.3): growth of the"
    " gradient's log norm per layer; control: without biases",
    lambda rates, bias: rates[BIASES.index(bias), WEIGHTS.index(1.0)],
    of=[(rates, 0.3) for rates in plane],
    control=[(rates, 0.0) for rates in plane],
    below=-0.1,
)

# %% [markdown] slideshow={"slide_type": "skip"}
# <details><summary>Your prediction</summary>
#
# "Not care" is a common guess, since no gradient is multiplied by a bias. But a bias adds to the variance of the
# pre-activations, pushes tanh to where it is flat, and so lowers $\mathbb{E}\varphi'^2$: random biases at the border
# make gradients *shrink*, and larger weights are needed to make up for it.
#
# </details>
#
# What follows: with tanh, start near the line. The depth that a gradient survives, $\xi = 2/|\ln\chi|$ layers until
# its norm has changed by a factor e, diverges there.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Can a derivative that only shrinks explode? · 只会变小的导数能爆炸吗？
#
# A gradient's way back is a product of two things per layer, weights and slopes. Which of the two decides?
#
# **Predict before you run.** Two tanh networks: A with $\sigma_w^2 = \tfrac14$, whose gradients vanish, and B with
# $\sigma_w^2 = 4$, whose gradients explode. In which of them are the derivatives $\varphi'(h)$ of the units larger, on
# average?

# %% [markdown] slideshow={"slide_type": "subslide"}
# By hand: three layers that each double one direction and halve the other leave them times 8 and times $1/8$. One product,
# both fates. In general, from one layer's pre-activations to the next one's the derivative is a matrix, the layer's Jacobian, of shape ($n$,
# $n$) (here $h$ is a column):
#
# $$J_l = W_{l+1}\,\operatorname{diag}\varphi'(h_l), \qquad \frac{\partial h_L}{\partial h_1} = J_{L-1} \cdots J_2\, J_1 .$$
#
# Its singular values say by how much it stretches or shrinks each of its main directions. A product can't stretch more than its
# factors together: $s_\text{max}(J_{L-1} \cdots J_1) \le \prod_l s_\text{max}(J_l)$. So if no layer stretches, the
# product doesn't.

# %% [markdown] slideshow={"slide_type": "skip"}
# The product's smallest singular values lie many powers of ten below its largest, and float64 holds sixteen digits. So
# `log10_singular_values` never multiplies out; it splits a triangle off each factor, and works on those:

# %% slideshow={"slide_type": "skip"}
show.source(signal_propagation.log10_singular_values)

# %% slideshow={"slide_type": "skip"}
NETWORKS = {
    "A: tanh, $\\sigma_w^2 = 1/4$": {"activation": "tanh", "weight_variance": 0.25},
    "B: tanh, $\\sigma_w^2 = 4$": {"activation": "tanh", "weight_variance": 4.0},
    "C: tanh, $\\sigma_w^2 = 1$": {"activation": "tanh", "weight_variance": 1.0},
    "D: as C, orthogonal": {
        "activation": "tanh", "weight_variance": 1.0, "orthogonal": True
    },
    "E: sigmoid, $\\sigma_w^2 = 1$": {"activation": "sigmoid", "weight_variance": 1.0},
}
A, B, C, D, E = NETWORKS

# %% slideshow={"slide_type": "skip"}
def five_networks(x, options):
    """Jacobians of five random networks of 49 layers and 64 units, at one input."""
    options = {"depth": 49, "width": 64, **options}
    return [
        signal_propagation.random_jacobians(x, seed=seed, **options)
        for seed in range(5)
    ]


jacobians = {
    label: five_networks(images[0], options) for label, options in NETWORKS.items()
}

# %% slideshow={"slide_type": "skip"}
COUNTS = [1, 12, 24, 36, 48]
singular_values = signal_propagation.log10_singular_values
spectra = {
    label: np.array(
        [[singular_values(run.layers[:count]) for run in jacobians[label]]
         for count in COUNTS]
    )
    for label in (A, B, C, D)
}

# %% slideshow={"slide_type": "notes"} tags=["hide-input"]
gradient_figures.singular_values(
    spectra, COUNTS,
    caption="Powers of ten by which a product of Jacobians stretches its directions "
    "(mean of 5 networks). In A all shrink. In B some grow while most vanish: one "
    "product, both fates. In C, at χ = 1, the largest stay and most vanish. D's "
    "kernels are orthogonal (all singular values 1): its directions stay together.",
)

# %% slideshow={"slide_type": "subslide"} tags=["hide-input"]
def stretch(run):
    return np.linalg.norm(run.layers, 2, axis=(1, 2)).max()


show.table(
    [
        [
            label,
            f"{Measured([run.slopes.mean() for run in runs]):.2f}",
            f"{Measured(map(stretch, runs)):.1f}",
        ]
        for label, runs in jacobians.items()
    ],
    ["network", "mean φ'", "most that one of its layers stretches"],
)

# %% [markdown] slideshow={"slide_type": "fragment"}
# <details><summary>Your prediction</summary>
#
# "B" is a common guess. But of these two networks the one that explodes has the *smaller* unit derivatives: large weights push tanh to its
# flat ends. What stretches is the matrix in between.
#
# </details>

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### What if no derivative shrank?
#
# The article names one cause for both fates (section 2.3): 「那么它的导数就会迅速减小或者接近于0，导致梯度消失或爆炸现象的发生」,
# "then its derivative will quickly shrink or approach 0, which makes gradients vanish or explode". So we take that cause
# away. A gradient travels back through a network's layers twice: as it is, and with every $\varphi'$ replaced by 1.

# %% [markdown] slideshow={"slide_type": "notes"}
# *The rule for the verdict on A2.3.3, before we measure.* Starts are drawn as for A2.3.1, eight for each activation, one
# network of 49 layers each. Some of their gradients vanish (by a factor of 100 or more), some explode. Quantities: by how
# many powers of ten the derivatives change the gradient, which is log10 of its norm as it is minus the same with
# derivatives of 1; mean over the networks that vanish, and over those that explode, for each of eight draws. If the
# derivatives were the cause, they would shorten what vanishes and lengthen what explodes. (SELU's derivative goes up to
# $1.76$: they can lengthen.)

# %% slideshow={"slide_type": "notes"} tags=["hide-input"]
claims.rule(
    "A2.3.3",
    {
        "holds": lambda in_vanishing, in_exploding: (
            in_vanishing.high < -1 and in_exploding.low > 1
        ),
        "does not hold for explosion": lambda in_vanishing, in_exploding: (
            in_vanishing.high < -1 and in_exploding.high < 1
        ),
        "does not hold": lambda in_vanishing, in_exploding: (
            in_vanishing.low > -1 and in_exploding.high < 1
        ),
        "not settled": True,
    },
    made_up={
        "holds": {"in_vanishing": [-9, -12, -10], "in_exploding": [4, 3, 5]},
        "does not hold for explosion": {
            "in_vanishing": [-9, -12, -10], "in_exploding": [-4, -3, -5]},
        "does not hold": {"in_vanishing": [0.2, 1, 0.5], "in_exploding": [-4, -3, -5]},
        "not settled": {"in_vanishing": [-9, 3, -1], "in_exploding": [-4, 3, 2]},
    },
)

# %% slideshow={"slide_type": "skip"}
def travelled(run, slopes=True, seed=0):
    """log10 of a gradient's norm at the first layer over that at the
    last; with slopes=False every unit's derivative counts as 1."""
    gradient = np.random.default_rng(seed).standard_normal(64)
    start = np.linalg.norm(gradient)
    for kernel, slope in zip(
        run.kernels[::-1], run.slopes[::-1], strict=True
    ):
        gradient = kernel.T @ gradient
        if slopes:
            gradient = gradient * slope
    return np.log10(np.linalg.norm(gradient) / start)

# %% slideshow={"slide_type": "skip"}
def derivatives_part(x, seed):
    """Powers of ten by which the derivatives change a gradient: means over the
    vanishing and over the exploding networks of one draw."""
    options = {"depth": 49, "width": 64}
    as_is, part = [], []
    for a, variances in drawn_starts(seed, count=8).items():
        for number, variance in enumerate(variances):
            run = signal_propagation.random_jacobians(
                x, activation=a, weight_variance=variance,
                seed=100 * seed + number, **options
            )
            as_is.append(travelled(run))
            part.append(as_is[-1] - travelled(run, slopes=False))
    as_is, part = np.array(as_is), np.array(part)
    return part[as_is <= -2].mean(), part[as_is >= 2].mean()


parts = np.array([derivatives_part(images[seed % 8], seed) for seed in range(300, 308)])

# %% slideshow={"slide_type": "subslide"} tags=["hide-input"]
def in_five(runs, slopes):
    return f"{Measured([travelled(run, slopes) for run in runs]):.1f}"


show.table(
    [
        [label, in_five(runs, True), in_five(runs, False)]
        for label, runs in jacobians.items()
    ],
    ["network, 49 layers", "as it is", "with every φ' = 1"],
    "log10 of the gradient's norm at the first layer over that at the last",
)
claims.verdict("A2.3.3", in_vanishing=parts[:, 0], in_exploding=parts[:, 1])

# %% [markdown] slideshow={"slide_type": "fragment"}
# E vanishes because of the sigmoid's small derivative. B's derivatives hold back a far larger explosion, as they do on
# average in the exploding networks that chance drew. And A vanishes with derivatives near 1: its weights shrink the gradient.

# %% [markdown] slideshow={"slide_type": "notes"}
# What follows: to judge a network look at its Jacobians, weights and slopes together, never at the activation alone.
#
# Even at χ = 1 it is the *mean* square that nearly stays (C): a few directions are kept and most die, because Gaussian
# matrices stretch directions differently. Orthogonal ones don't (D).

# %% [markdown] slideshow={"slide_type": "slide"}
# ## What does batch normalisation do to a gradient? · 批归一化对梯度做了什么？
#
# *Normalising* numbers means subtracting their mean and dividing by their standard deviation (sd). Batch normalisation does it
# for each unit over the examples of a batch; layer normalisation for each example over the units of a layer. Either keeps
# the forward signal from dying or blowing up at any scale of the weights, until the numbers are so much alike that the small
# `epsilon` under the root counts.
#
# **Predict before you run.** So with batch normalisation in every layer, does a plain network of ReLU layers have
# gradients that, towards the input, (a) stay, (b) vanish, (c) explode?

# %% slideshow={"slide_type": "subslide"} tags=["hide-input"]
gradient_figures.normalised_axes(
    [[1, 4, 0, 3], [2, 4, 1, 1], [6, 1, 2, 3]], unit=0, example=1,
    title="Which numbers share a mean?",
    caption="Shaded: what is averaged together. Batch normalisation makes $1, 2, 6$ to "
    "$-0.93, -0.46, 1.39$; layer normalisation $2, 4, 1, 1$ to "
    "$0, 1.63, -0.82, -0.82$.",
)

# %% [markdown] slideshow={"slide_type": "subslide"}
# By hand: a ReLU unit gives $0, 1, 2$ on three digits. Their variance is $2/3$, their mean square $5/3$. Who divides by the
# root of the former divides by less.
#
# Mean-field theory again, at large batches. The forward variance is 1 by force. Backwards a squared norm is
# multiplied by $\sigma_w^2\,\mathbb{E}\varphi'^2$ as before, and divided by the variance that was normalised away.
# For batch normalisation that is the variance over *examples*, $\sigma_w^2 \operatorname{Var}\varphi$; for layer
# normalisation the mean square over *units*, $\sigma_w^2\,\mathbb{E}\varphi^2$:
#
# $$\chi_\text{batch} = \frac{\mathbb{E}\,\varphi'(z)^2}{\operatorname{Var}\varphi(z)}, \qquad \chi_\text{layer} = \frac{\mathbb{E}\,\varphi'(z)^2}{\mathbb{E}\,\varphi(z)^2}.$$
#
# The weights' variance has cancelled: no choice of it can change these.

# %% [markdown] slideshow={"slide_type": "notes"}
# For Gaussian $z$, Poincaré's inequality says $\operatorname{Var}\varphi(z) \le \mathbb{E}\varphi'(z)^2$, with equality
# for straight lines alone. So $\chi_\text{batch} \ge 1$ for *every* activation. For ReLU, $\tfrac12 / (\tfrac12 -
# \tfrac1{2\pi}) = \pi/(\pi - 1)$, as Yang et al. (2019) found.

# %% slideshow={"slide_type": "skip"}
KINDS = [
    (name, kind) for kind in ("batch", "layer") for name in ("relu", "sigmoid", "tanh")
]


def rates_at_start(activation, normalisation, split, seeds=range(5)):
    """Growth of the kernels' gradients per layer, natural log, of networks of 24
    layers and 128 units as they start: (seeds,)."""
    networks = models.DeepNetworks(
        (8, 8, 1), 10, depth=24, width=128, activation=activation,
        normalisation=normalisation, seeds=seeds, dtype="float64",
    )
    norms = gradients.by_layer(networks, networks.objective, (split.x - 0.5, split.y))
    return gradients.rates_per_layer(norms, skip=8)


normalised = {kind: rates_at_start(*kind, digits.train.take(250)) for kind in KINDS}
chis = {kind: np.log(mean_field.normalised_chi(*kind)) / 2 for kind in KINDS}

# %% slideshow={"slide_type": "subslide"} tags=["hide-input"]
show.table(
    [
        [*kind, as_people_write(f"{chis[kind]:+.3f}"),
         f"{Measured(normalised[kind]):.3f}"]
        for kind in KINDS
    ],
    ["activation", "normalisation", "½ ln χ, theory", "measured, batch of 250"],
    "Growth of the gradient's log norm per layer, towards the input (natural log)",
)

# %% slideshow={"slide_type": "notes"} tags=["hide-input"]
claims.measure(
    "C03.7",
    "plain ReLU network with batch normalisation, as it starts: growth of the"
    " gradient's log norm per layer; control: layer normalisation",
    lambda kind, seed: normalised["relu", kind][seed],
    of=[("batch", seed) for seed in range(5)],
    control=[("layer", seed) for seed in range(5)],
    above=0.1,
)

# %% [markdown] slideshow={"slide_type": "fragment"}
# <details><summary>Your prediction</summary>
#
# (a) is a common guess, since variances stay. But forward and backward are two things. Batch normalisation divides by
# what *differs between examples*. ReLU outputs share a large common mean; once it is subtracted, less is left, and
# dividing by less means multiplying the gradient.
#
# </details>

# %% [markdown] slideshow={"slide_type": "notes"}
# Layer normalisation doesn't subtract what all examples share, so it doesn't blow ReLU's gradients up. But for sigmoid
# layers it does little: sigmoid outputs lie around ½, that ½ fills the norm, and the differences between examples
# drown. And a sigmoid is nearly a straight line over the range that batch normalisation leaves it, so there Poincaré's
# inequality is nearly an equality. Write down, before the next section, which of the two normalisations will make a
# deep sigmoid network learn.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Which cure makes a deep network learn? · 哪种办法能让深层网络学会？
#
# One network that doesn't train: 20 sigmoid layers of 32 units, Glorot's initialisation, real digits, Adam, 15 passes
# over 1,078 images. Then the same with one or two things changed.
#
# **Predict before you run.** Rank them by the accuracy you expect, each at its best learning rate: dropout, L2, weights
# at $\sigma_w^2 = 103$ (where the sigmoid's χ is 1), ReLU with Glorot's and with He's start, batch normalisation, layer
# normalisation, residual links. And will batch normalisation help or spoil He's ReLU network, whose gradient it makes
# explode?

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### The cures in Keras
#
# A *residual link* lets a layer add to what came in, instead of replacing it: $h_l = h_{l-1} + W \varphi(h_{l-1}) + b$. By
# hand: if the new part multiplies a gradient by $0.1$, the sum multiplies it by $1.1$, and without the link by $0.1$.
# `Sequential` has no place for a link; the *functional* form, in which layers are called on tensors, has.

# %% slideshow={"slide_type": "subslide"} tags=["hide-input"]
gradient_figures.residual_block(
    title="A residual block",
    caption="What is inside the block is added to what came in. With normalisation, "
    "activation and kernel in this order the link is never interrupted.",
)

# %% slideshow={"slide_type": "subslide"}
def deep_network(norm=None, residual=False, dropout=0.0,
                 start="glorot_normal", depth=20, units=32):
    """8x8 digits -> sigmoid layers, cured or not -> 10 logits."""
    keras.utils.set_random_seed(0)
    inputs = keras.Input((8, 8, 1))
    h = keras.layers.Dense(units)(keras.layers.Flatten()(inputs))
    for _ in range(depth - 1):
        step = norm()(h) if norm else h
        step = keras.layers.Activation("sigmoid")(step)
        if dropout:
            step = keras.layers.Dropout(dropout)(step)
        step = keras.layers.Dense(
            units, kernel_initializer=start)(step)
        h = keras.layers.add([h, step]) if residual else step
    h = keras.layers.Activation("sigmoid")(norm()(h) if norm else h)
    return keras.Model(inputs, keras.layers.Dense(10)(h))

# %% [markdown] slideshow={"slide_type": "skip"}
# Two cures at once, as in the drawing, with the norms recorded by the same callback. (`deep_network(dropout=0.2)` and
# `deep_network(norm=keras.layers.LayerNormalization)` wait for you to try them.) One trap: outside training, batch
# normalisation uses *moving averages* of mean and variance. Keras keeps `momentum=0.99` of the old average at every step;
# after 110 steps a third of it is still the start. Hence another momentum here.

# %% slideshow={"slide_type": "skip"}
batch_norm = functools.partial(
    keras.layers.BatchNormalization, momentum=0.9)
cured = deep_network(norm=batch_norm, residual=True)
cured_accuracy, cured_norms = fitted(cured, rate=0.01, epochs=5)

# %% slideshow={"slide_type": "subslide"} tags=["hide-input"]
gradient_figures.by_layer(
    {"plain": plain_norms[-1], "normalised, with links": cured_norms[-1]},
    title="The callback's record after 5 epochs, one run each",
    ylabel="log10 of the kernel gradient's norm",
    caption="With batch normalisation and residual links the first layers get no less "
    "gradient than the last.",
)

# %% slideshow={"slide_type": "fragment"} tags=["hide-input"]
show.markdown(
    f"Validation accuracy after 5 epochs, one run: {Measured(cured_accuracy):.0%}."
)

# %% [markdown] slideshow={"slide_type": "skip"}
# One epoch of three layers with links, by Keras' `fit`, by a loop written out (chapter 02 has the reasons), and by the
# course's own `fit`:

# %% slideshow={"slide_type": "skip"}
def by_loop(model, rate, epochs):
    """Adam on the batches, step by step."""
    optimizer = keras.optimizers.Adam(rate)
    weights = model.trainable_variables
    for _ in range(epochs):
        for x, y in batches:
            with tf.GradientTape() as tape:
                loss = loss_of_logits(y, model(x, training=True))
            optimizer.apply(tape.gradient(loss, weights), weights)
    return model


shallower = functools.partial(deep_network, residual=True, depth=3)
by_fit, by_course = shallower(), shallower()
fitted(by_fit, rate=0.01, epochs=1)
training.fit(by_course, objective, batches, epochs=1,
             optimizer=keras.optimizers.Adam(0.01))
written = by_loop(shallower(), rate=0.01, epochs=1)

# %% slideshow={"slide_type": "notes"} tags=["hide-input"]
def weights_of(model):
    return np.concatenate([array.ravel() for array in model.get_weights()])


for name, model in [("the written loop", written), ("training.fit", by_course)]:
    checks.equal(f"the residual network's weights by Keras' fit and by {name}",
                 weights_of(model), weights_of(by_fit), atol=1e-3)

# %% [markdown] slideshow={"slide_type": "skip"}
# One run with two cures at one rate doesn't say which of them did it. Next, each cure is trained with five seeds, at
# its own best rate.
# `models.DeepNetworks` holds networks of different seeds side by side, as one array more; a test holds it equal to Keras'
# layers with the same weights. Its forward pass is the formula and nothing else:

# %% slideshow={"slide_type": "skip"}
networks = models.DeepNetworks
show.source(networks.call, networks._units, networks._normalised)

# %% [markdown] slideshow={"slide_type": "notes"}
# Two of the cures are regularisers: *dropout* sets random units to 0 during training; *L2* adds the squared weights,
# times a strength, to the loss.
#
# A cure judged at one learning rate may be judged at the wrong one. So each had ten rates, a factor of 2 apart, and where
# anything was learnt two more, a factor of √2 around the best (recorded, `make bench STUDY=ch03_cures`: seeds 5 to 9,
# *validation* digits). Below we train seeds 0 to 4 anew at the best rate, and score them on the *test* digits, which
# nothing was chosen on.

# %% slideshow={"slide_type": "skip"}
CURES = {
    "nothing": {},
    "start at χ = 1": {"weight_variance": critical["sigmoid"]},
    "ReLU, Glorot": {"activation": "relu"},
    "ReLU, He": {"activation": "relu", "weight_variance": 2.0},
    "batch norm": {"normalisation": "batch"},
    "batch norm, ReLU": {
        "normalisation": "batch", "activation": "relu", "weight_variance": 2.0
    },
    "layer norm": {"normalisation": "layer"},
    "residual": {"residual": True},
}
REGULARISED = {f"dropout {rate:g}": {"dropout": rate} for rate in (0.2, 0.05, 0.5)}
REGULARISED |= {
    f"L2 {penalty:.0e}": {"l2": penalty} for penalty in (1e-4, 1e-5, 1e-3, 1e-2)
}
CURES |= REGULARISED

# %% slideshow={"slide_type": "skip"}
def accuracy_at(recorded, study):
    """Recorded mean accuracy by learning rate, rates in order."""
    split = [(key.rpartition(", "), np.mean(value)) for key, value in recorded.items()]
    found = {float(rate): mean for (name, _, rate), mean in split if name == study}
    return dict(sorted(found.items()))


def best_rate(recorded, study):
    by_rate = accuracy_at(recorded, study)
    return max(by_rate, key=by_rate.get)


recorded = recording.load("ch03_cures")
best_rates = {cure: best_rate(recorded, f"{cure}, Adam") for cure in CURES}

# %% slideshow={"slide_type": "subslide"} tags=["hide-input"]
rates_tried = [float(f"{2.0**power:.3g}") for power in range(-13, -3)]
curves = {
    cure: [accuracy_at(recorded, f"{cure}, Adam")[rate] for rate in rates_tried]
    for cure in ("ReLU, He", "batch norm", "batch norm, ReLU", "residual",
                 "dropout 0.2")
}
charts.curves(
    rates_tried, curves, xscale="log", xlabel="learning rate of Adam",
    legend={"loc": "center left", "bbox_to_anchor": (1.0, 0.5)}, figsize=(8.4, 4.2),
    ylabel="validation accuracy (recorded)",
    title="20 layers, 15 epochs, by learning rate",
    caption="The best rate differs between cures. At 0.001, Adam's usual one, batch "
    "normalisation seems to spoil ReLU; at about ten times that it doesn't. Dropout "
    "(sigmoid layers) stays at 10 % at each of these rates.",
)

# %% slideshow={"slide_type": "skip"}
def best_accuracy(recorded, study):
    return max(accuracy_at(recorded, study).values())


def side_by_side(names):
    """Options of several cures, one value per cure, for one training of all."""
    plain = {"weight_variance": 1.0, "residual": False, "dropout": 0.0, "l2": 0.0}
    settings = [plain | CURES[name] for name in names]
    return {key: [one[key] for one in settings] for key in plain}


def judged(options, rates, split, seeds=range(5), **settings):
    """Test accuracy at each rate, (rates, seeds)."""
    return deep_network_cures.accuracy_by_rate(
        options, rates, seeds, split.train, split.test, **settings
    )

# %% slideshow={"slide_type": "skip"}
# starts and links differ in numbers alone: all are trained at once
AT_ONCE = ["nothing", "start at χ = 1", "residual"]
at_their_best = judged(
    side_by_side(AT_ONCE), [best_rates[cure] for cure in AT_ONCE], digits
)
accuracy = dict(zip(AT_ONCE, at_their_best, strict=True))

# %% slideshow={"slide_type": "skip"}
def sigmoid_and_relu(h, sigmoids):
    """Sigmoids for the first so many networks, ReLUs for the others."""
    return tf.concat([tf.sigmoid(h[:sigmoids]), tf.nn.relu(h[sigmoids:])], axis=0)


USUAL = 0.001                           # Adam's, if one says nothing
by_rate = {}
accuracy["batch norm"], by_rate["best"], by_rate["usual"] = judged(
    {"normalisation": "batch", "weight_variance": [1.0, 2.0, 2.0],
     "activation": functools.partial(sigmoid_and_relu, sigmoids=5)},
    [best_rates["batch norm"], best_rates["batch norm, ReLU"], USUAL], digits,
)
accuracy["batch norm, ReLU"] = by_rate["best"]
[accuracy["layer norm"]] = judged(
    CURES["layer norm"], [best_rates["layer norm"]], digits
)

# %% slideshow={"slide_type": "skip"}
def gradients_at_start(options, batch):
    """log10 norms of the kernels' gradients of five networks, (layers, seeds)."""
    options = {**deep_network_cures.SHAPE, "dtype": "float64", **options}
    networks = models.DeepNetworks((8, 8, 1), 10, seeds=range(5), **options)
    return gradients.by_layer(networks, networks.objective, batch)


shown = ["nothing", "dropout 0.2", "L2 1e-04", "ReLU, Glorot", "ReLU, He"]
shown += list(accuracy)[1:]
at_start = {cure: gradients_at_start(CURES[cure], sample) for cure in shown}

# %% slideshow={"slide_type": "subslide"} tags=["hide-input"]
def reached(cure):
    """Accuracy: on test digits if trained here, else recorded, on validation digits."""
    if cure in accuracy:
        return cure, Measured(accuracy[cure])
    values = recorded[f"{cure}, Adam, {best_rates[cure]:.3g}"]
    return f"{cure} (recorded)", Measured(values)


drawn_cures = [*shown[:3], "layer norm", "batch norm", "residual"]
labelled = {cure: reached(cure) for cure in drawn_cures}
gradient_figures.cures(
    {label: at_start[cure] for cure, (label, _) in labelled.items()},
    dict(labelled.values()), chance=0.1,
    caption="20 sigmoid layers. Left: gradients at the start, mean of 5 seeds. Right: "
    "accuracy on test digits (recorded: on validation digits) after 15 epochs at each "
    "cure's best rate, with 95 % intervals. The gradients of 'nothing' and L2 lie on "
    "each other.",
)

# %% slideshow={"slide_type": "subslide"} tags=["hide-input"]
show.table(
    [
        [
            cure,
            f"{Measured(at_start[cure][1] - at_start[cure][-2]):.1f}",
            f"{best_rates[cure]:.1g}",
            f"{Measured(best_accuracy(recorded, f'{cure}, Adam')):.0%}",
            f"{Measured(accuracy[cure]):.0%}" if cure in accuracy else "–",
        ]
        for cure in shown
    ],
    ["20 layers, and …", "gradient, log10", "best rate", "validation (recorded)",
     "test, trained here"],
    "Gradient: second kernel's over the last hidden one's, at the start",
)

# %% slideshow={"slide_type": "notes"} tags=["hide-input"]
claims.measure(
    "C03.10",
    "20 sigmoid layers with residual links, each at its best rate: test accuracy;"
    " control: the start at χ = 1, where gradients arrive too",
    lambda cure, seed: accuracy[cure][seed],
    of=[("residual", seed) for seed in range(5)],
    control=[("start at χ = 1", seed) for seed in range(5)],
    above=0.8,
)
claims.measure(
    "C03.14",
    "20 sigmoid layers learn with batch normalisation, and not because each layer's"
    " variance is kept: test accuracy at its best rate; control: layer normalisation,"
    " which keeps it too, at its best rate",
    lambda cure, seed: accuracy[cure][seed],
    of=[("batch norm", seed) for seed in range(5)],
    control=[("layer norm", seed) for seed in range(5)],
    above=0.8,
)
claims.measure(
    "C03.8",
    "20 ReLU layers (He) with batch normalisation, at the best of its rates: test"
    " accuracy; control: at Adam's usual rate",
    lambda rate, seed: by_rate[rate][seed],
    of=[("best", seed) for seed in range(5)],
    control=[("usual", seed) for seed in range(5)],
    above=0.7,
)

# %% [markdown] slideshow={"slide_type": "subslide"}
# <details><summary>Your prediction</summary>
#
# A tempting guess ranks dropout and L2 among the cures. They act on something else. Dropout multiplies units by 0 or
# $1/(1-p)$, whose mean is 1 and whose mean square is $1/(1-p)$, at the rate $p$: the product of Jacobians grows a little
# per layer, and stays far too small. L2 pulls weights towards 0, and
# smaller weights make χ smaller: the wrong direction.
#
# "It spoils ReLU, for it makes the gradient explode" is what one rate shows: at Adam's 0.001. At its own best rate it
# does about as well as without. Don't judge a cure at one learning rate.
#
# </details>

# %% slideshow={"slide_type": "notes"} tags=["hide-input"]
long = {
    cure: best_accuracy(recorded, f"{cure}, Adam, 60 epochs")
    for cure in ("ReLU, He", "batch norm, ReLU")
}
show.markdown(f"""
Recorded: after 60 epochs instead of 15, at their best rates, the ReLU network reaches
{Measured(long["ReLU, He"]):.1%} of the validation digits, with batch normalisation
{Measured(long["batch norm, ReLU"]):.1%}.
""")

# %% [markdown] slideshow={"slide_type": "notes"}
# With layer normalisation the forward signal keeps its size as well, and the network learns nothing at any rate: its gradient
# dies, as the formula for $\chi_\text{layer}$ says.
#
# Two surprises. The start at χ = 1 has gradients that arrive, and learns far less than residual links: with weights
# that large the sigmoid is nearly a step, and most of its units sit on a flat end. A gradient that arrives
# isn't enough. And in the table ReLU's gradients are nearly level with Glorot's start too, though its signals die, and it learns
# less than with He's: there, $\delta_l$
# shrinks towards the input just as much as $x_{l-1}$ grows, and the kernel's gradient is their product. What vanishes
# vanishes in all kernels alike. (Exercise 4 shows why.)

# %% [markdown] slideshow={"slide_type": "notes"}
# ### Was it the strength, or the optimiser?
#
# Three strengths of dropout and four of L2 were tried at every rate: with Adam, and by gradient descent with momentum
# 0.9, each over its own range of rates, a factor of 2 apart (recorded).

# %% slideshow={"slide_type": "notes"} tags=["hide-input"]
def best_of_all(recorded, kind, optimizer):
    names = [cure for cure in CURES if cure.startswith(kind)]
    best = max(best_accuracy(recorded, f"{name}, {optimizer}") for name in names)
    return f"{Measured(best):.0%}"


show.table(
    [
        [kind, *(best_of_all(recorded, kind, by) for by in ("Adam", "SGD"))]
        for kind in ("nothing", "dropout", "L2")
    ],
    ["20 sigmoid layers, and …", "best of all settings with Adam", "with momentum"],
    "Validation accuracy, mean of five seeds (recorded)",
)

# %% [markdown] slideshow={"slide_type": "notes"}
# A learning rate doesn't change the product of Jacobians at the start. Dropout makes it a little larger, by about
# $1/\sqrt{1-\text{rate}}$ per layer in the norm, a factor of $1.4$ at a rate of one half, where a sigmoid
# layer takes away a factor of about $4$: far too little. A learning rate multiplies all layers alike. Adam
# rescales each weight's gradient by itself; here that isn't enough either.

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### Do dropout and L2 help where something can be learnt?
#
# The article says (section 2.3): 「为了解决这种问题，目前深度学习界提出了许多正则化的方法，包括丢弃法、L2正则化等」, "to solve
# this problem, the field has proposed many methods of regularisation, dropout and L2 regularisation among them". Our
# twenty layers learn nothing that a regulariser could improve. So now five layers.

# %% [markdown] slideshow={"slide_type": "notes"}
# By the rule of a quarter per layer, the first of five layers gets $1/256$ of the gradient: little, but enough to learn
# something.
#
# *The rule for the verdict on A2.3.2, before we measure.* Quantities, by seed: how many points of test accuracy are gained
# by dropout, by L2, and by a cure, the start at χ = 1, over the five sigmoid layers alone. Each is taken at the rate, dropout
# and L2 also at the strength, that were best on other seeds and the validation digits (recorded). The cure must gain more
# than three points; a regulariser passes with more than half of what the cure gains.

# %% slideshow={"slide_type": "notes"} tags=["hide-input"]
def passes(gain, cure):
    return cure.low > 3 and gain.low > cure.high / 2


def fails(gain, cure):
    return cure.low > 3 and gain.high < cure.low / 2


claims.rule(
    "A2.3.2",
    {
        "holds": lambda dropout, l2, cure: passes(dropout, cure) and passes(l2, cure),
        "holds for one of the two": lambda dropout, l2, cure: (
            (passes(dropout, cure) and fails(l2, cure))
            or (passes(l2, cure) and fails(dropout, cure))
        ),
        "does not hold for dropout and L2": lambda dropout, l2, cure: (
            fails(dropout, cure) and fails(l2, cure)
        ),
        "not settled": True,
    },
    made_up={
        "holds": {"dropout": [21, 24, 23], "l2": [20, 21, 22], "cure": [30, 28, 31]},
        "holds for one of the two": {"dropout": [21, 24, 23], "l2": [2, 1, -1],
                                     "cure": [30, 28, 31]},
        "does not hold for dropout and L2": {"dropout": [-3, 1, 2], "l2": [2, 1, -1],
                                             "cure": [30, 28, 31]},
        "not settled": {"dropout": [-3, 30, 12], "l2": [2, 1, -1],
                        "cure": [30, 28, 31]},
    },
)

# %% slideshow={"slide_type": "skip"}
SHALLOWER = 5


def recorded_best(recorded, names, depth):
    """Of several cures the one that is best at this depth, and its rate."""
    studies = {name: f"{name}, {depth} layers, Adam" for name in names}
    best = max(names, key=lambda name: best_accuracy(recorded, studies[name]))
    return best, best_rate(recorded, studies[best])


kinds = {kind: [cure for cure in REGULARISED if cure.startswith(kind)]
         for kind in ("dropout", "L2")}
candidates = [["nothing"], *kinds.values(), ["start at χ = 1"]]
chosen, rates_there = zip(
    *[recorded_best(recorded, names, SHALLOWER) for names in candidates], strict=True
)
shallower_accuracy = judged(
    {"depth": SHALLOWER, **side_by_side(chosen)}, rates_there, digits,
    seeds=[*range(5), *range(10, 15)],           # 5 to 9 chose the rates
)

# %% slideshow={"slide_type": "fragment"} tags=["hide-input"]
show.table(
    [[cure, f"{rate:.1g}", f"{Measured(row):.0%}"]
     for cure, rate, row in zip(chosen, rates_there, shallower_accuracy, strict=True)],
    [f"{SHALLOWER} sigmoid layers, and …", "rate", "test accuracy"],
)
alone, *regularised = shallower_accuracy
gains = [Measured(100 * (row - alone), "points") for row in regularised]
claims.verdict("A2.3.2", **dict(zip(("dropout", "l2", "cure"), gains, strict=True)))

# %% slideshow={"slide_type": "notes"} tags=["hide-input"]
claims.measure(
    "C03.15",
    "five sigmoid layers that start at χ = 1: test accuracy at their best rate;"
    " control: as Keras starts them (Glorot), at theirs",
    lambda by_seed, place: by_seed[place],
    of=[(shallower_accuracy[-1], place) for place in range(10)],
    control=[(shallower_accuracy[0], place) for place in range(10)],
    above=0.9,
)

# %% [markdown] slideshow={"slide_type": "notes"}
# This is settled for these networks and for vanishing; whether L2 helps where gradients explode wasn't tried. What
# follows: first look whether the gradient arrives, then choose start, activation, normalisation and links; regularise
# what already learns.

# %% [markdown] slideshow={"slide_type": "skip"}
# ## And clipping? · 梯度裁剪呢？
#
# Clipping shortens a gradient that is too long: $(3, 4)$ has the norm 5, and becomes $(0.6, 0.8)$ if 1 is allowed. In
# general (Pascanu et al. 2013) $g \leftarrow g \cdot \min(1, c/\lVert g \rVert)$.
# Two networks get it, with $c = 1$ and plain gradient descent: our 20 sigmoid layers, and one that explodes, ReLU with
# residual links and He's variance, whose signal doubles its variance at each layer.
#
# **Predict before you run.** Which of the two will it make learn: the vanishing one, the exploding one, both? And could
# a smaller learning rate do the same?

# %% slideshow={"slide_type": "skip"}
show.source(optimizers.ClippedSGD.apply)

# %% [markdown] slideshow={"slide_type": "skip"}
# Unclipped, too large a step throws the weights so far that the outputs are no longer numbers (counted as guessing). A
# small step is the rival to be beaten: so unclipped descent had 23 rates, from $2^{-24}$ to $1/4$, clipped descent
# twelve, all a factor of 2 apart, chosen as before (recorded).

# %% slideshow={"slide_type": "skip"}
EXPLODING = {"activation": "relu", "weight_variance": 2.0, "residual": True}
# by study, the largest norm that is allowed
DESCENTS = {"exploding, plain SGD": np.inf, "exploding, clipped SGD": 1.0}
found = judged(
    EXPLODING, [best_rate(recorded, study) for study in DESCENTS], digits,
    optimizer="clipped SGD", max_grad_norm=[*DESCENTS.values()],
)
descent = dict(zip(DESCENTS, found, strict=True))

# %% slideshow={"slide_type": "skip"} tags=["hide-input"]
labels = {"exploding, plain SGD": "exploding, plain descent",
          "exploding, clipped SGD": "exploding, clipped to norm 1",
          "nothing, clipped SGD": "20 sigmoid layers, clipped"}
show.table(
    [
        [label, f"{best_rate(recorded, study):.1g}",
         f"{Measured(best_accuracy(recorded, study)):.0%}",
         f"{Measured(descent[study]):.0%}" if study in descent else "–"]
        for study, label in labels.items()
    ],
    ["network", "best rate", "validation accuracy at it (recorded)",
     "test accuracy, trained here"],
)

# %% slideshow={"slide_type": "skip"} tags=["hide-input"]
claims.measure(
    "C03.11",
    "the exploding network with its gradient clipped, at its best rate: test accuracy;"
    " control: not clipped, at its best rate",
    lambda study, seed: descent[study][seed],
    of=[("exploding, clipped SGD", seed) for seed in range(5)],
    control=[("exploding, plain SGD", seed) for seed in range(5)],
    above=0.7,
)

# %% slideshow={"slide_type": "skip"} tags=["hide-input"]
squares = 10 ** (2 * gradients_at_start(EXPLODING, sample))
show.markdown(f"""
The exploding network's gradient, all kernels together, has the norm $10^{{x}}$, x =
{Measured(np.log10(squares.sum(axis=0)) / 2):.1f}, at the start.
""")

# %% [markdown] slideshow={"slide_type": "skip"}
# <details><summary>Your prediction</summary>
#
# "Both" has in mind a clipping that sets the gradient's norm to 1. It multiplies by the smaller of 1 and
# $c/\lVert g \rVert$: it shortens, and never lengthens. And lengthening would not help: what vanished is a matter of
# *layers*, and one factor for all layers leaves their ratio as it is. And a small rate is no substitute: at
# the best of its rates the network that isn't clipped stays far behind here.
#
# </details>

# %% [markdown] slideshow={"slide_type": "skip"}
# ## Do neighbouring inputs ask for the same change? · 相邻的输入要求同样的改变吗？
#
# Gradients of the right size can still be useless. Take He's ReLU network, whose gradients keep their norm through
# 64 layers, and move the input a little.
#
# **Predict before you run.** Turn an image by 10 degrees in the space of images. After 50 such layers, what is the
# cosine between the two input gradients: about 0.95, 0.5, or below 0.3?

# %% [markdown] slideshow={"slide_type": "skip"}
# By hand: at 10 degrees a layer's gradients share $1 - 10/180 = 17/18$ of their units, after five layers $(17/18)^5 \approx 0.75$,
# if the angle stayed. In general, of the units of a layer that are active for one of two inputs at angle $\theta$, a fraction $1 - \theta/\pi$ is active for
# the other as well. Only those carry both gradients, so the cosine between the gradients is multiplied by it. The next
# layer sees a smaller angle (Cho & Saul 2009):
#
# $$\cos\theta_{l+1} = \frac{\sin\theta_l + (\pi - \theta_l)\cos\theta_l}{\pi}, \qquad \text{cosine} = \prod_{l=1}^{L} \left(1 - \frac{\theta_l}{\pi}\right).$$
#
# A residual layer $h \to h + W\varphi(h)$, with $\operatorname{Var} W = 2s/n$, averages each of the two with what it was
# before.

# %% [markdown] slideshow={"slide_type": "skip"}
# We walk once around the circle through two real digits, 72 steps of 5 degrees.

# %% slideshow={"slide_type": "skip"}
DEEP = {
    "plain, 1 layer": (1, None),
    "plain, 50 layers": (50, None),
    "residual, 50 layers, s = 1": (50, 1.0),
    "residual, 50 layers, s = 0.1": (50, 0.1),
}


def similarities(x, depth, residual, seeds=range(8)):
    """Cosine between input gradients by distance along a closed curve,
    (seeds, points // 2 + 1)."""
    options = {"depth": depth, "width": 256, "residual": residual}
    return np.array([
        signal_propagation.similarity_by_distance(
            signal_propagation.input_gradients(x, seed=seed, **options)
        )
        for seed in seeds
    ])

# %% slideshow={"slide_type": "skip"}
circle = signal_propagation.circle_through(images[0], images[1], points=72)
degrees = np.arange(0, 181, 5)
cosines = {label: similarities(circle, *kind) for label, kind in DEEP.items()}
theory_cosines = {
    label: mean_field.gradient_similarity(np.radians(degrees), *kind)
    for label, kind in DEEP.items()
}

# %% slideshow={"slide_type": "skip"} tags=["hide-input"]
gradient_figures.similarity(
    degrees, cosines, theory_cosines,
    caption="Mean of 8 random networks, 95 % intervals, dashed: theory. A deep plain "
    "network's gradients at inputs 30 degrees apart have little to do with each other; "
    "residual links with s = 0.1 keep some resemblance.",
)

# %% slideshow={"slide_type": "skip"} tags=["hide-input"]
show.table(
    [
        [label, f"{Measured(found[:, 2]):.2f}", f"{theory_cosines[label][2]:.2f}"]
        for label, found in cosines.items()
    ],
    ["network", "cosine at 10 degrees", "theory"],
)

# %% slideshow={"slide_type": "skip"} tags=["hide-input"]
claims.measure(
    "C03.13",
    "50 residual ReLU layers, inputs 10 degrees apart: cosine between input gradients"
    " with small steps (s = 0.1); control: links too, and s = 1",
    lambda by_distance: by_distance[2],
    of=list(cosines["residual, 50 layers, s = 0.1"]),
    control=list(cosines["residual, 50 layers, s = 1"]),
    above=0.5,
)

# %% [markdown] slideshow={"slide_type": "skip"}
# <details><summary>Your prediction</summary>
#
# $0.95$ is a common guess, because the network is continuous and χ = 1. Its *output* changes little; its gradient is a
# sum over paths of active units, and each layer switches a few of them. A factor near 1, fifty times over, is small.
# The gradient looks like noise: Balduzzi et al. (2017) call it shattered.
#
# </details>

# %% [markdown] slideshow={"slide_type": "skip"}
# Their calculation assumes that two inputs share a quarter of all units in every layer and gets $2^{-L}$; with the
# angle followed layer by layer, as here, the cosine falls more slowly, and the formula fits the points. What follows:
# residual links can help twice, with the size of gradients and with their agreement; with the second the more, the less
# each layer adds.

# %% [markdown] slideshow={"slide_type": "skip"}
# ## What the article says, and what was measured · 文章怎么说，测得如何
#
# The article names a real problem, which most of the deep networks that chance drew have, and not all (A2.3.1); a cause of
# vanishing that is none of explosion (A2.3.3); and cures that were none in our networks (A2.3.2).
# Regularisation answers another question, which [chapter 05](05_hyperparameters_and_regularization.ipynb) asks.

# %% slideshow={"slide_type": "skip"} tags=["hide-input"]
claims.report()

# %% [markdown] slideshow={"slide_type": "skip"}
# ## Exercises · 练习
#
# **1. Recall.** A network has 50 linear layers, widths equal, weights of variance $\sigma_w^2 / n$ with
# $\sigma_w^2 = 1.21$, no biases. By which factor does a gradient's norm grow, in the mean-field limit, from the last layer
# to the first?

# %% slideshow={"slide_type": "skip"}
answer = ...
exercises.check("03.1", answer)

# %% slideshow={"slide_type": "skip"} tags=["hide-input"]
exercises.hint("03.1")
exercises.solution("03.1")

# %% [markdown] slideshow={"slide_type": "skip"}
# **2. Apply.** LeakyReLU has slope 1 above zero and $a$ below. Which $\sigma_w^2$ makes $\chi = 1$ for $a = 0.2$?

# %% slideshow={"slide_type": "skip"}
answer = ...
exercises.check("03.2", answer)

# %% slideshow={"slide_type": "skip"} tags=["hide-input"]
exercises.hint("03.2")
exercises.solution("03.2")

# %% [markdown] slideshow={"slide_type": "skip"}
# **3. Build, Keras.** Build a Keras model that maps $(8, 8, 1)$ to ten logits through 30 layers of 64 *sigmoid* units, such
# that at the start the first kernel's gradient is between a hundredth and a hundred times that of the last hidden kernel.
# The answer is the model.

# %% slideshow={"slide_type": "skip"}
answer = ...
exercises.check("03.3", answer)

# %% slideshow={"slide_type": "skip"} tags=["hide-input"]
exercises.hint("03.3")
exercises.solution("03.3")

# %% [markdown] slideshow={"slide_type": "skip"}
# **4. Prove, then check.** In a ReLU network without biases, show that $\langle W_l, \partial L / \partial W_l \rangle$
# (the sum of products, entry by entry) is the same number for every layer. Why does it follow that kernels' gradients can
# be flat over the layers although the signal dies?

# %% slideshow={"slide_type": "skip"} tags=["hide-input"]
exercises.hint("03.4")
exercises.solution("03.4")

# %% [markdown] slideshow={"slide_type": "skip"}
# **5. Open.** Build the deepest network of 32 units that you can which reads nine test digits in ten after 15 epochs, with
# anything from this chapter. Predict from theory how deep it may be; then say what stopped you: size of gradients, their
# agreement, or something that this chapter doesn't have.

# %% slideshow={"slide_type": "skip"} tags=["hide-input"]
exercises.hint("03.5")
exercises.solution("03.5")

# %% [markdown] slideshow={"slide_type": "skip"}
# ## Terms · 术语
#
# | English | 中文 | in one line |
# | --- | --- | --- |
# | vanishing gradient | 梯度消失 | the gradient shrinks by a factor in every layer on its way back |
# | exploding gradient | 梯度爆炸 | it grows by a factor in every layer |
# | initialisation | 初始化 | the random weights that training starts from |
# | mean-field theory | 平均场理论 | what holds of a random network as its width grows |
# | fixed point | 不动点 | the variance that maps to itself |
# | phase diagram, edge of chaos | 相图，混沌边缘 | where gradients shrink, where they grow, and the line between |
# | Jacobian | 雅可比矩阵 | all derivatives of a layer's outputs by its inputs |
# | singular value | 奇异值 | the factor by which a matrix stretches a direction |
# | callback | 回调函数 | an object whose methods Keras calls during `fit` |
# | pre-activation | 激活前的值 | a layer's sum, before its activation |
# | batch normalisation | 批归一化 | each unit to mean 0, variance 1 over the batch |
# | layer normalisation | 层归一化 | each example to mean 0, variance 1 over a layer's units |
# | residual connection | 残差连接 | a layer adds to what it was given |
# | gradient clipping | 梯度裁剪 | shorten a gradient that is too long |
# | shattered gradients | 梯度破碎 | gradients at neighbouring inputs that don't resemble each other |
#
# ## Further reading · 延伸阅读
#
# - Hochreiter 1991 and [Bengio, Simard & Frasconi 1994](https://doi.org/10.1109/72.279181): the problem found; look for the product of Jacobians.
# - [Glorot & Bengio 2010](https://proceedings.mlr.press/v9/glorot10a.html), [He et al. 2015](https://arxiv.org/abs/1502.01852): the recipes; how each counts fan-in and fan-out.
# - [Poole et al. 2016](https://arxiv.org/abs/1606.05340), [Schoenholz et al. 2017](https://arxiv.org/abs/1611.01232): variance map and depth scales; compare their figures with the phase diagram here.
# - [Pennington, Schoenholz & Ganguli 2017](https://arxiv.org/abs/1711.04735): whole spectra of singular values, and why orthogonal starts help.
# - [Yang et al. 2019](https://arxiv.org/abs/1902.08129): batch normalisation's explosion, with the π/(π − 1) of this chapter.
# - [Balduzzi et al. 2017](https://arxiv.org/abs/1702.08591): shattered gradients; look for the autocorrelation figures.
# - [Pascanu, Mikolov & Bengio 2013](https://arxiv.org/abs/1211.5063): clipping, and the recurrent case that chapter 07a takes up.
