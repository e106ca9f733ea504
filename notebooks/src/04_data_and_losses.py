# %% [markdown] slideshow={"slide_type": "slide"}
# # Chapter 04 · Data and losses · 数据与损失函数
#
# What a loss says about your data, what a score on data is worth, and how to find out why a network won't train.
#
# **After this chapter you can** choose a loss by the noise in your data, split data so that a score means something,
# put a number on a leak, handle rare classes and wrong labels, make a network's probabilities honest, feed it more data
# than memory holds, and search for a fault in a pipeline step by step.
#
# **You need** chapters 01 and 02; means, variances and logarithms.
#
# **Time** under a minute to run on two cores, three hours to read and try.
#
# **摘要**
#
# 损失函数是负对数似然：选哪种损失，就是假设数据服从哪种噪声；概率密度可以大于 1，所以负对数密度可以为负。
#
# 训练误差不能说明模型对新数据的好坏，要靠没有参与训练和选择的数据；本章用数字衡量各种数据泄漏与反复使用测试集的代价。
#
# 之后讨论类别不平衡、标签噪声、概率校准与数据管道，最后像侦探一样，一步步查出一个网络训练不起来的原因。

# %% slideshow={"slide_type": "skip"}
import math
import pathlib
import tempfile
import time

import keras
import numpy as np
import tensorflow as tf

from dlcourse import datasets, exercises, models, reproducibility, show, training
from dlcourse.claims import Claims
from dlcourse.datasets import records, splitting
from dlcourse.experiments import memory_limit
from dlcourse.figures import charts, classification, image_grid
from dlcourse.from_scratch import losses, penalized_regression
from dlcourse.measured import Measured, mask
from dlcourse.metrics import calibration
from dlcourse.metrics import classification as classification_metrics
from dlcourse.models.stacked import feed_forward

reproducibility.start(seed=4)
claims = Claims("04")

# %% [markdown] slideshow={"slide_type": "slide"}
# ## What does a loss believe about your data?
#
# The article names two losses, mean squared error and cross-entropy, and says that a loss measures the gap between
# prediction and truth. There are many ways to measure a gap. Where do these come from?
#
# **Predict before you run.** Five people wait for a bus, for 1, 2, 3, 5 and 20 minutes. You may report one number $c$.
# Which $c$ makes the mean *squared* error smallest, and which the mean *absolute* error? The last one's watch was
# broken: it was 2,000 minutes. How far do your two numbers move?

# %% [markdown] slideshow={"slide_type": "subslide"}
# Suppose that the model's output $\hat y$ fixes a distribution $p(y \mid \hat y)$ of what may be observed. The likelihood of
# $n$ independent observations is a product, so its negative logarithm is a sum, and that sum is the loss:
#
# $$-\log \prod_{i=1}^{n} p(y_i \mid \hat y_i) = \sum_{i=1}^{n} \underbrace{-\log p(y_i \mid \hat y_i)}_{\text{loss of one example}}$$
#
# Write down a density, drop what doesn't depend on $\hat y$, and a familiar loss is left:
#
# | scatter | $-\log p(y \mid \hat y)$, up to a factor and a constant | loss |
# | --- | --- | --- |
# | Gaussian | $(y - \hat y)^2$ | squared error |
# | Laplace | $\lvert y - \hat y \rvert$ | absolute error |
# | Gaussian, with Laplace's tails beyond $\delta$ | $\frac12 (y - \hat y)^2$ inside, $\delta \lvert y - \hat y \rvert - \frac12 \delta^2$ outside | Huber |
# | yes or no, with probability $\hat y$ of yes | $-y \log \hat y - (1 - y) \log(1 - \hat y)$ | cross-entropy |
# | counts with mean $\hat y$ | $\hat y - y \log \hat y$ | Poisson |
#
# Choosing a loss is stating what the noise looks like. First by hand, one value and one slope for each:

# %% slideshow={"slide_type": "fragment"}
show.source(losses.huber)

# %% [markdown]
# Keras has the same five. Given the same predictions and targets, ours and Keras' agree to float32 rounding (relative):

# %% slideshow={"slide_type": "fragment"}
def largest_difference(ours, keras_loss, prediction, target):
    """Largest |ours - Keras'| over examples, relative to the largest loss."""
    theirs = keras_loss(target[:, None], prediction[:, None]).numpy()
    return np.abs(ours(prediction, target) - theirs).max() / np.abs(theirs).max()


random = np.random.default_rng(0)
rates, counts = random.uniform(0.1, 5, 1000), random.poisson(2.0, 1000) * 1.0
shares, yes = random.uniform(0.01, 0.99, 1000), random.integers(0, 2, 1000) * 1.0
pairs = [(losses.squared_error, "mean_squared_error", rates, counts),
         (losses.absolute_error, "mean_absolute_error", rates, counts),
         (losses.huber(1.0), "huber", rates, counts),
         (losses.cross_entropy, "binary_crossentropy", shares, yes),
         (losses.poisson, "poisson", rates, counts)]
show.table([[loss.name, loss.noise, f"`keras.losses.{name}`",
             mask(f"{largest_difference(loss, getattr(keras.losses, name), a, b):.0e}")]
            for loss, name, a, b in pairs],
           ["loss", "scatter", "in Keras", "largest difference"])

# %% [markdown] slideshow={"slide_type": "subslide"}
# Now the buses. With one parameter $c$ for all examples a loss is a curve, and we can look at its lowest point. For
# cross-entropy the data are answers instead, three yes and two no, and $c$ is the probability of yes.

# %% slideshow={"slide_type": "fragment"}
def minimiser(loss, data, grid):
    """The point of the grid where the mean loss over the data is smallest, and the
    whole curve."""
    curve = loss(grid[:, None], data[None, :]).mean(axis=1)
    return grid[curve.argmin()], curve


waits = np.array([1.0, 2.0, 3.0, 5.0, 20.0])
yes_no = np.array([1.0, 1.0, 1.0, 0.0, 0.0])
minutes, chances = np.linspace(0.5, 25, 24_501), np.linspace(0.001, 0.999, 999)
settings = [(losses.squared_error, waits, minutes),
            (losses.absolute_error, waits, minutes),
            (losses.huber(2.0), waits, minutes),
            (losses.cross_entropy, yes_no, chances),
            (losses.poisson, waits, minutes)]
lowest = [minimiser(*setting) for setting in settings]

# %% slideshow={"slide_type": "fragment"}
def draw_minimum(loss, data, grid, ax):
    best, curve = minimiser(loss, data, grid)
    ax.plot(grid, curve)
    ax.plot(best, curve.min(), "o", color="#D55E00")
    ax.plot(data, np.full(len(data), curve.min() - 0.06 * np.ptp(curve)), "|",
            color="0.3", markersize=9)
    ax.set(title=f"{loss.name}\nlowest at {best:.2f}", ylabel="mean loss",
           xlabel="c (probability)" if grid.max() < 1 else "c (minutes)")


answers = [f"{loss.name} {best:.2f}"
           for (loss, *_), (best, _) in zip(settings, lowest, strict=True)]
charts.row(*[lambda ax, setting=setting: draw_minimum(*setting, ax)
               for setting in settings], figsize=(13, 3.0),
             caption="Mean loss against one parameter (the data are the small ticks). "
             "Five losses, and on the same waiting times three different "
             f"answers: {', '.join(answers)}.",
             alt=f"Five curves of a mean loss against a constant c, each with its "
             f"minimum marked: {', '.join(answers)}.")

# %% [markdown] slideshow={"slide_type": "subslide"}
# Setting the slope to zero says why. For the squared error $\sum_i 2(c - y_i) = 0$ gives the **mean**, $6.2$. For the absolute
# error each point pulls with the same force, $\sum_i \operatorname{sign}(c - y_i) = 0$, which is the **median**, $3$. Huber's loss lies
# between; with $\delta = 2$ the balance is at $10/3$. Cross-entropy gives the **share** of yes, Poisson the **mean**.
#
# Did you think that the broken watch would move both numbers a little? That takes a loss for a ruler that sees all errors
# alike. The pull of one example on the squared error grows with its distance, and has no limit:

# %% slideshow={"slide_type": "fragment"}
broken = np.array([1.0, 2.0, 3.0, 5.0, 2000.0])
show.table([["mean: squared error", f"{waits.mean():.1f}", f"{broken.mean():.1f}"],
            ["median: absolute error", f"{np.median(waits):.1f}",
             f"{np.median(broken):.1f}"]],
           ["best c (minutes)", "last wait 20", "last wait 2,000"])

# %% slideshow={"slide_type": "fragment"}
statistics = [waits.mean(), np.median(waits), 10 / 3, yes_no.mean(), waits.mean()]
claims.measure("C04.1", "each loss is smallest at its own statistic (mean, median, "
               "between, share, mean): largest distance on the grid",
               max(abs(best - known)
                   for (best, _), known in zip(lowest, statistics, strict=True)),
               below=0.002,
               control=abs(lowest[1][0] - waits.mean()))

# %% [markdown]
# The claim would have failed if one curve had its minimum elsewhere; the control asks the absolute error for the mean, and
# misses by minutes. What follows: *the loss decides which question about the data the network answers*. Trained with squared
# error it gives the mean of what may happen, trained with absolute error the median.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Does the wrong loss cost much?
#
# So each loss fits one kind of noise. If you choose another, does that spoil the result, or hardly matter?
#
# **Predict before you run.** A curve is fitted to 80 noisy points, many times over. Under Gaussian noise, how much larger is
# the error of the fit if you use the absolute error in place of the squared? And under Laplace noise, the other way round? Write
# down two factors (for the mean squared distance from the true curve).

# %% [markdown] slideshow={"slide_type": "subslide"}
# The model: $\hat y(x) = \exp(w_0 + w_1 P_1(x) + w_2 P_2(x) + w_3 P_3(x))$, with Legendre polynomials $P_k$, positive so that it can be the mean of
# counts. Gradients by hand: $\partial \hat y / \partial w_k = \hat y\, P_k(x)$, times the slope of the loss. All data sets are fitted at once:
# `y` has shape (sets, examples), the weights (sets, 4).

# %% slideshow={"slide_type": "fragment"}
def fit_curves(loss, x, y, steps=600, rate=0.1):
    """Weights (sets, 4) fitted to y (sets, examples) by Adam, its rate falling to 0."""
    basis = np.polynomial.legendre.legvander(x, 3)                 # (examples, 4)
    weights = np.zeros((len(y), 4))
    weights[:, 0] = np.log(np.maximum(np.median(y, axis=1), 0.5))
    momentum, squares = np.zeros_like(weights), np.zeros_like(weights)
    for step in range(steps):
        prediction = np.exp(weights @ basis.T)                     # (sets, examples)
        gradient = (loss.slope(prediction, y) * prediction) @ basis / len(x)
        momentum = 0.9 * momentum + 0.1 * gradient
        squares = 0.99 * squares + 0.01 * gradient**2
        mean_slope = momentum / (1 - 0.9 ** (step + 1))
        deviation = np.sqrt(squares / (1 - 0.99 ** (step + 1))) + 1e-8
        weights -= rate * (1 - step / steps) ** 2 * mean_slope / deviation
    return weights

# %% slideshow={"slide_type": "fragment"}
def scatter(noise, truth, sets, random):
    """Data sets (sets, examples) scattered about a true curve (examples,)."""
    shape = (sets, len(truth))
    if noise == "counts":
        return random.poisson(truth, shape).astype(float)
    if noise == "Laplace":
        # standard deviation 0.5, as the Gaussian's
        return truth + random.laplace(0, 0.5 / math.sqrt(2), shape)
    if noise == "outliers":
        return truth + random.normal(0, np.where(random.random(shape) < 0.1, 5.0, 0.5))
    return truth + random.normal(0, {"Gaussian": 0.5, "narrow Gaussian": 0.1}[noise],
                                 shape)


def distance_from_truth(noise, loss, x, truth, seeds=range(10), sets=20):
    """Mean squared distance of the fits from the true curve, one value a seed (each of
    ``sets`` data sets)."""
    y = np.concatenate([scatter(noise, truth, sets, np.random.default_rng(seed))
                        for seed in seeds])
    fits = np.exp(fit_curves(loss, x, y) @ np.polynomial.legendre.legvander(x, 3).T)
    squares = ((fits - truth) ** 2).mean(axis=1)                   # (seeds * sets,)
    return Measured(squares.reshape(len(seeds), sets).mean(axis=1))

# %% slideshow={"slide_type": "fragment"}
points = np.linspace(-1, 1, 80)
true_curve = np.exp(0.7 + 1.4 * points - 0.3 * points**2)
candidates = {"squared": losses.squared_error, "absolute": losses.absolute_error,
              "Huber": losses.huber(0.5), "Poisson": losses.poisson}
noises = ["Gaussian", "Laplace", "outliers", "counts"]
distances = {(noise, name): distance_from_truth(noise, loss, points, true_curve)
             for noise in noises for name, loss in candidates.items()
             if name != "Poisson" or noise == "counts"}
show.table([[noise, *[str(distances.get((noise, name), "not defined"))
                      for name in candidates]] for noise in noises],
           ["noise", *[f"{name} loss" for name in candidates]],
           "Mean squared distance from the true curve, 10 seeds of 20 data sets. "
           "Poisson's loss is defined for counts.")

# %% slideshow={"slide_type": "fragment"}
def draw_fits(noise, x, truth, candidates, ax):
    y = scatter(noise, truth, 1, np.random.default_rng(3))
    ax.plot(x, y[0], ".", color="0.5", markersize=4)
    ax.plot(x, truth, "--", color="black", linewidth=1, label="truth")
    for name, loss in candidates.items():
        weights = fit_curves(loss, x, y)[0]
        ax.plot(x, np.exp(np.polynomial.legendre.legval(x, weights)),
                label=f"{name} loss")
    ax.set(xlabel="x", ylabel="y", title=noise, ylim=(-3, 12))
    ax.legend(fontsize=8, loc="upper left")


three = {name: candidates[name] for name in ["squared", "absolute", "Huber"]}
charts.row(lambda ax: draw_fits("Gaussian", points, true_curve, three, ax),
             lambda ax: draw_fits("outliers", points, true_curve, three, ax),
             caption="The same curve under Gaussian noise, and with a tenth of the "
             "points ten times as far off (some lie outside the "
             "picture). Left the losses agree. Right the squared error follows the "
             "outliers.",
             alt="Two scatter plots with three fitted curves each. Under Gaussian "
             "noise all lie near the true curve; with outliers "
             "the curve of the squared error departs from it.")

# %% [markdown] slideshow={"slide_type": "subslide"}
# Theory knows two of the factors, for many data: fitting by absolute error has $1 / (4 f(0)^2)$ where squared error has $\sigma^2$, $f$ being the
# density of the noise ([Koenker & Bassett 1978](https://doi.org/10.2307/1913643)). For a Gaussian that is $\pi / 2 \approx 1.57$, for Laplace $1/2$. Ratios
# of the mean squared distances, paired by seed; each control is the same ratio under noise that the loss was *not* made for:

# %% slideshow={"slide_type": "fragment"}
def ratio(distances, noise, loss, other):
    """Squared distance from the truth under one loss over another's, paired."""
    return distances[noise, loss] / distances[noise, other]


narrow = {name: distance_from_truth("narrow Gaussian", candidates[name], points,
                                    true_curve) for name in ["squared", "Poisson"]}
claims.measure("C04.2", "Gaussian noise: absolute over squared loss, squared distance "
               "from the truth (theory π/2)",
               ratio(distances, "Gaussian", "absolute", "squared"), between=(1.2, 2.0),
               control=ratio(distances, "Laplace", "absolute", "squared"))
claims.measure("C04.2", "Laplace noise: the same ratio (theory 1/2)",
               ratio(distances, "Laplace", "absolute", "squared"), between=(0.4, 0.8),
               control=ratio(distances, "Gaussian", "absolute", "squared"))
claims.measure("C04.2", "a tenth of outliers: Huber over squared loss",
               ratio(distances, "outliers", "Huber", "squared"), below=0.5,
               control=ratio(distances, "Gaussian", "Huber", "squared"))
claims.measure("C04.2", "counts: Poisson over squared loss",
               ratio(distances, "counts", "Poisson", "squared"), below=1,
               control=narrow["Poisson"] / narrow["squared"])

# %% [markdown]
# Did you expect the outliers to be the only case that matters, or a wrong loss to ruin everything? Between the well-behaved noises a
# wrong loss costs what losing a third or half of the data costs: not nothing, and no ruin. Outliers are another matter.
# Had the ratios been 1, the likelihood view would be decoration. What follows: with measuring errors that are sometimes wild, take Huber's
# loss, which costs little where they are not; with counts, the Poisson loss; and never the absolute error for small counts, since it
# gives their median, which is not their mean.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Can a loss be below zero?
#
# The article, section 2.4: 「损失函数通常是一个非负数，当模型输出与真实值越接近时，损失值越小，反之亦然」: a loss is usually a non-negative number; the closer
# output and truth, the smaller it is, and the reverse.
#
# **Predict before you run.** A network learns the mean *and* the spread of a length in metres, by negative log-likelihood, and its loss on
# new data comes out as −1.5. Has it a bug? Somebody changes the unit to millimetres and the same predictions have a loss of +5.4. Which of the two
# is the better model?
#
# **The rule for the verdict**, fixed here: the sentence *holds* if no loss goes below zero and each falls with every step towards the
# truth; it *holds when* the loss is a distance or minus the logarithm of a probability, of fixed scale, if those keep to it and a trained log-density does
# not; else it does not hold.

# %% [markdown] slideshow={"slide_type": "subslide"}
# A probability is at most 1, so minus its logarithm is at least 0. A *density* is probability per unit, and has no such limit. The Gaussian's is
#
# $$p(y \mid \mu, \sigma) = \frac{1}{\sigma \sqrt{2\pi}}\, e^{-(y - \mu)^2 / 2\sigma^2}, \qquad -\log p = \frac{(y-\mu)^2}{2\sigma^2} + \log \sigma + \tfrac12 \log 2\pi,$$
#
# above 1 at its peak as soon as $\sigma < 1/\sqrt{2\pi} \approx 0.4$. A network with two outputs, $\mu$ and $\log \sigma$, trained by it; five of them side by side, each with
# its own data: `x` (batch, members, 1), outputs (batch, members, 2). The scatter grows from 2 cm on the left to 10 cm on the right.

# %% slideshow={"slide_type": "fragment"} tags=["lecture:gaussian_likelihood"]
def gaussian_likelihood(model, batch, training):
    """Minus the log-density of y (batch, members), nats; summed over members so that
    each trains alone."""
    x, y = batch
    mean, log_sigma = tf.unstack(model(x, training=training), axis=-1)
    squares = tf.square((y - mean) / tf.exp(log_sigma))
    nats = 0.5 * squares + log_sigma + 0.5 * math.log(2 * math.pi)
    return tf.reduce_sum(tf.reduce_mean(nats, axis=0)), {}


def lengths(seed, examples):
    """x float32 (examples, 1), y float32 (examples,) in metres."""
    random = np.random.default_rng(seed)
    x = random.uniform(-1, 1, examples)
    y = 0.3 * np.sin(3 * x) + random.normal(0, 0.06 + 0.04 * x)
    return x[:, None].astype("float32"), y.astype("float32")


def side_by_side(parts):
    """Stack what each member sees: a list of (x, y) to x (examples, members, ...), y
    (examples, members)."""
    return tuple(np.stack(arrays, axis=1) for arrays in zip(*parts, strict=True))

# %% slideshow={"slide_type": "fragment"}
members = range(5)
two_outputs = feed_forward.mlp(members, (1,), 2, hidden=[32], activation="tanh",
                             shared=False)
training.fit(two_outputs, gaussian_likelihood,
             side_by_side([lengths(seed, 400) for seed in members]),
             epochs=150, batch_size=50, optimizer=keras.optimizers.Adam(0.01))
new_x, new_y = side_by_side([lengths(1000 + seed, 1000) for seed in members])
outputs = training.predict(two_outputs, new_x).astype("float64")
mean, log_sigma = outputs[..., 0], outputs[..., 1]                 # (examples, members)
metres = losses.gaussian(mean, new_y, np.exp(log_sigma))
millimetres = losses.gaussian(1000 * mean, 1000.0 * new_y, 1000 * np.exp(log_sigma))

# %% slideshow={"slide_type": "fragment"}
charts.band(new_x[:300, 0, 0], new_y[:300, 0], mean[:300, 0],
              np.exp(log_sigma[:300, 0]), "A network that predicts its own error",
              "x", "length (m)", truth=0.3 * np.sin(3 * new_x[:300, 0, 0]),
              caption="New data and what one of the networks says about them. It has "
              "learnt where the scatter is wide and where it is narrow.")
show.markdown(f"""
Loss on new data: {Measured(metres.mean(axis=0), "nats")} with lengths in metres,
{Measured(millimetres.mean(axis=0), "nats")} with the same lengths
and the same predictions in millimetres. The difference,
{mask(f"{(millimetres - metres).mean():.4f}")} for every example, is what the
change of unit says: log 1000 = {math.log(1000):.4f}.
""")

# %% [markdown]
# Did you guess a bug, or that the smaller loss is the better model? It is one model. A density has a unit (here 1/m and 1/mm), so its
# logarithm has no natural zero. Compare losses of this kind only with one another, in one unit.
#
# And the second half of the sentence: does the loss fall with every step towards the truth? And of two examples, has the one predicted more closely
# always the smaller loss?

# %% slideshow={"slide_type": "fragment"}
def steps_that_help(loss, far, goal, truth, steps=200):
    """The share of steps from ``far`` towards ``goal`` after which the loss against
    ``truth`` is smaller."""
    path = far + (goal - far) * np.linspace(0, 1, steps + 1)[:-1]
    return float(np.mean(np.diff(loss(path, truth)) < 0))


def contradictions(distance, loss):
    """The share of pairs (neighbouring rows) in which the nearer prediction has the
    larger loss, one value a member."""
    nearer = distance[0::2] < distance[1::2]
    return np.mean(nearer != (loss[0::2] < loss[1::2]), axis=0)


ways = [(losses.squared_error, 9.0, 3.0), (losses.absolute_error, -9.0, 3.0),
        (losses.huber(1.0), 9.0, 3.0),
        (losses.cross_entropy, 0.01, 1.0), (losses.cross_entropy, 0.99, 0.0),
        (losses.poisson, 9.0, 3.0), (losses.poisson, 0.1, 3.0)]
distance = np.abs(mean - new_y)

# %% slideshow={"slide_type": "fragment"}
grid, rate_grid = np.linspace(-5, 5, 1001), np.linspace(0.01, 20, 1000)
smallest = min(losses.squared_error(grid, 0).min(),
               losses.absolute_error(grid, 0).min(), losses.huber(1.0)(grid, 0).min(),
               losses.cross_entropy(np.linspace(0.001, 0.999, 999), 1).min(),
               losses.counts(rate_grid[:, None], np.arange(10.0)[None, :]).min())
never_below = claims.measure(
    "A2.4.2", "distances and -log probabilities: smallest value on a grid", smallest,
    above=-1e-12, control=losses.gaussian(grid, 0, sigma=0.1).min())
falls = claims.measure(
    "A2.4.2", "their share of steps towards the truth that lower the loss",
    min(steps_that_help(loss, far, truth, truth) for loss, far, truth in ways),
    above=0.999,                                              # control: past the truth
    control=steps_that_help(losses.squared_error, 9.0, 3.0, truth=6.0))
below_zero = claims.measure(
    "A2.4.2", "a trained network's -log density of lengths in metres, nats",
    metres.mean(axis=0), below=0, control=millimetres.mean(axis=0))
nearer_worse = claims.measure(
    "A2.4.2", "pairs in which the nearer prediction has the larger loss, the spread "
    "being learnt", contradictions(distance, metres), above=0.02,
    control=contradictions(distance, losses.gaussian(mean, new_y, 0.06)))
claims.verdict("A2.4.2", {
    "holds": never_below.ok and falls.ok and below_zero.mean >= 0,
    "holds when the loss is a distance, or minus the logarithm of a probability, of "
    "fixed scale": never_below.ok and falls.ok and below_zero.ok,
    "does not hold": True})

# %% [markdown]
# The article's "usually" is well placed. It would have been refuted outright by a distance that grows on the way to the truth, and confirmed
# without condition if the log-density had stayed above zero. What follows: a loss below zero is no alarm when the model predicts a density (chapter 08b
# will meet more of them); a loss below zero from cross-entropy is.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## What does the training error tell?
#
# Section 2.4 again: 「训练数据集主要用于计算模型的输出值，并据此确定误差值。不同的误差值反映了模型预测值与真实值之间的偏差程度」: the training data serve to compute the model's outputs
# and so the error; and errors reflect how far predictions are from the truth.
#
# **Predict before you run.** We fit polynomials of degree 0 to 15 to 20 points. As the degree grows, what happens to the error on these 20 points, and
# what to the error on new points from the same source? Draw both curves.
#
# **The rule for the verdict**: the sentence *holds* if the training error is within 0.02 of the error on new data; it *holds when held-out data is used* if the
# training error is not, but the error on data that were held out is; else it does not hold.

# %% slideshow={"slide_type": "subslide"}
def points_about_a_sine(seed, examples):
    """x, y float64 (examples,): y = sin 3x and Gaussian noise of 0.3."""
    random = np.random.default_rng(seed)
    x = random.uniform(-1, 1, examples)
    return x, np.sin(3 * x) + random.normal(0, 0.3, examples)


def polynomial(degree, x, y):
    """The least-squares polynomial, as a function."""
    return np.polynomial.Legendre.fit(x, y, degree, domain=[-1, 1])


def polynomial_errors(seed, degrees):
    """Mean squared errors (degrees, 4) on 20 training, 20 validation, 1,000 test and
    20 other new points."""
    parts = [points_about_a_sine(4 * seed + part, examples)
             for part, examples in enumerate([20, 20, 1000, 20])]
    fits = [polynomial(degree, *parts[0]) for degree in degrees]
    return np.array([[np.mean((fit(x) - y) ** 2) for x, y in parts] for fit in fits])

# %% slideshow={"slide_type": "fragment"}
degrees = list(range(16))
# (seeds, degrees, 4)
errors = np.stack([polynomial_errors(seed, degrees) for seed in range(300)])


def draw_polynomials(data, degrees, ax):
    line = np.linspace(-1, 1, 400)
    ax.plot(*data, ".", color="0.3")
    ax.plot(line, np.sin(3 * line), "--", color="black", linewidth=1, label="truth")
    for degree in degrees:
        ax.plot(line, polynomial(degree, *data)(line), label=f"degree {degree}")
    ax.set(xlabel="x", ylabel="y", title="Three fits to 20 points", ylim=(-2.2, 2.2))
    ax.legend(fontsize=8)


named = {name: np.log10(errors[..., part]).T
         for part, name in enumerate(["training", "validation", "test"])}
charts.row(lambda ax: draw_polynomials(points_about_a_sine(0, 20), [1, 4, 15], ax),
             lambda ax: charts.curves(degrees, named, "degree",
                                        "log10 of the mean squared error",
                                        "Errors as the model grows", ax=ax),
             caption="Left: too stiff, about right, too flexible. Right, over 300 "
             "draws: the error on the training points only falls; the error on "
             "points that "
             "were not used falls, then climbs by powers of ten.",
             alt="Left, polynomials of degree 1, 4 and 15 through 20 points. Right, "
             "training error falling with the degree, "
             "validation and test error falling to about degree 3 to 6 and then "
             "rising steeply.")

# %% [markdown] slideshow={"slide_type": "subslide"}
# A falling training error cannot say where to stop: a larger family of functions contains the smaller one, so the best fit in it is never worse *on
# the points it was fitted to*. Hence three sets of data:
#
# | data | what it decides | how often it may be looked at |
# | --- | --- | --- |
# | training | the weights | always |
# | validation | everything else: size, learning rate, when to stop | often, but each look costs a little |
# | test | nothing; it reports | once |
#
# Here the validation points choose the degree, and the test points say what the choice is worth. Since the chosen degree is the one that looked best on the
# validation points, its validation error flatters it:

# %% slideshow={"slide_type": "fragment"}
chosen = errors[:, :, 1].argmin(axis=1)               # by validation, one degree a seed
at_choice = errors[np.arange(len(errors)), chosen]                          # (seeds, 4)
show.markdown(f"""
The chosen polynomial, over 300 draws: mean squared error
{Measured(at_choice[:, 0]):.3f} on training data,
{Measured(at_choice[:, 1]):.3f} on validation data,
{Measured(at_choice[:, 2]):.3f} on test data. The noise alone is $0.3^2 = 0.09$; nothing
can do better than that on new data.
""")
claims.measure("C04.13", "degree chosen by 20 validation points: log10 of its error on "
               "20 new points over that on these",
               np.log10(at_choice[:, 3] / at_choice[:, 1]),
               # degree 3, chosen before any data were seen
               above=0.02, control=np.log10(errors[:, 3, 3] / errors[:, 3, 1]))

# %% [markdown] slideshow={"slide_type": "subslide"}
# Networks can go further. The following ones see 300 digits (14 by 14 pixels); thirteen of each width are trained side by side, eight on the true labels and five on
# labels that were *shuffled*, so that there is nothing to learn.
#
# **Predict before you run.** Which training error will a network of 128 hidden units reach on shuffled labels: about 90 % (guessing), 50 %, or 0 %?

# %% slideshow={"slide_type": "fragment"}
def small(images):
    """Images float32 (n, 28, 28, 1) as rows of 14 by 14 pixel means, (n, 196)."""
    return images.reshape(-1, 14, 2, 14, 2).mean(axis=(2, 4)).reshape(-1, 196)


def classifiers(parts, seeds, hidden, classes=10, rate=2e-3, **settings):
    """Classifiers trained side by side, each on its own (x, y[, weights]) of parts;
    then ready for shared inputs."""
    data = side_by_side(parts)
    apart = feed_forward.mlp(seeds, (data[0].shape[-1],), classes, hidden=hidden,
                           shared=False)
    training.fit(apart, feed_forward.classification(), data,
                 optimizer=keras.optimizers.Adam(rate), **settings)
    together = feed_forward.mlp(seeds, (data[0].shape[-1],), classes, hidden=hidden)
    together.set_weights(apart.get_weights())
    return together

# %% slideshow={"slide_type": "fragment"}
mnist = datasets.load("mnist")
# for this section: 300 to train on, 5,000 and 5,000 held out
pool = mnist.train.take(10_300, seed=0)
held = datasets.Split(small(pool.x[300:]), pool.y[300:])
x300, y300 = small(pool.x[:300]), pool.y[:300]
shuffled = [np.random.default_rng(seed).permutation(y300) for seed in range(5)]
widths, errors_by_width = [2, 8, 32, 128], []
for width in widths:
    model = classifiers([(x300, y300)] * 8 + [(x300, y) for y in shuffled],
                        [*range(8), *range(5)], [width], rate=0.01, epochs=80,
                        batch_size=50)
    on_training = feed_forward.accuracies(model(x300).numpy(),
                                        np.stack([y300] * 8 + shuffled, axis=1))
    on_held = training.predict(model, held.x)
    halves = [feed_forward.accuracies(on_held[rows], held.y[rows])
              for rows in (slice(0, 5000), slice(5000, None))]
    errors_by_width.append(1 - np.stack([on_training, *halves]))
errors_by_width = np.stack(errors_by_width)    # (widths, 3, 13 networks)

# %% slideshow={"slide_type": "fragment"}
parts = ["training", "validation", "test"]
true_labels = {name: errors_by_width[:, part, :8] for part, name in enumerate(parts)}
wrong_labels = {name: errors_by_width[:, part, 8:] for part, name in enumerate(parts)}
places = [str(width) for width in widths]
charts.row(lambda ax: charts.curves(places, true_labels, "hidden units",
                                        "share of errors", "True labels", ax=ax),
             lambda ax: charts.curves(places, wrong_labels, "hidden units",
                                        "share of errors", "Shuffled labels", ax=ax),
             caption="Errors of networks trained on 300 digits. On shuffled labels a "
             "wide network makes no error on the data it has seen, and "
             "guesses on all others.",
             alt="Two line charts of error against hidden units for training, "
             "validation and test data. With true labels training error falls to zero "
             "and the held-out errors lie well above; with shuffled labels training "
             "error also falls to near zero while the held-out errors stay at chance.")

# %% [markdown]
# Did you say 90 %? A network with more weights than examples can store them like a list
# ([Zhang et al. 2017](https://arxiv.org/abs/1611.03530)). **A training error of zero is what you see when all was learnt, and what you see when nothing was.** And look at the left
# panel: from 8 units on the training error is zero, and can't tell that the wider networks are better.

# %% slideshow={"slide_type": "fragment"}
train_error, validation_error, test_error = (Measured(errors_by_width[-1, part, :8])
                                             for part in range(3))
blind = claims.measure("A2.4.1",
                       "128 units: error on new data minus error on training data",
                       test_error - train_error, above=0.05,
                       control=test_error - validation_error)
honest = claims.measure("A2.4.1",
                        "the same minus the error on held-out validation data",
                        test_error - validation_error, between=(-0.02, 0.02),
                        control=test_error - train_error)
claims.measure("A2.4.1", "128 units, shuffled labels: training error",
               errors_by_width[-1, 0, 8:], below=0.05,
               control=errors_by_width[-1, 2, 8:])
claims.measure("A2.4.1", "true labels: how much better 128 units are than 8 "
               "on new data", errors_by_width[1, 2, :8] - errors_by_width[-1, 2, :8],
               above=0.005,
               control=errors_by_width[1, 0, :8] - errors_by_width[-1, 0, :8])
claims.verdict("A2.4.1", {
    "holds": abs((test_error - train_error).mean) <= 0.02,
    "holds when held-out data is used": blind.ok and honest.ok,
    "does not hold": True})

# %% [markdown]
# The sentence is right about the training error's part in the work: gradients come from it. As a measure of the distance from the truth it fails, and held-out data
# measures that distance to within a percent or two. It would have been refuted if validation and test error had disagreed as well.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Which leaks sink the ship?
#
# Data that should be unknown can get into training by many ways. Textbooks forbid them all. But do they all matter?
#
# **Predict before you run.** Put these five in order, from the one that flatters the score most to the one that flatters it least:
#
# 1. *Selection*: out of 2,000 features of pure noise, keep the 20 that correlate best with the label; then split.
# 2. *Standardising*: subtract mean and divide by deviation of *all* data; then split.
# 3. *Principal components* of all data; then split.
# 4. *Copies*: five slightly different copies of each image; then split.
# 5. *A feature from the future*: a column that was filled in when the answer was known.

# %% [markdown] slideshow={"slide_type": "subslide"}
# Each leak is measured against the same work done properly, on the same draw: *inflation* = score with the leak − score without it. A linear classifier by
# least squares, on labels ±1, has no settings to tune:

# %% slideshow={"slide_type": "fragment"}
show.source(penalized_regression.linear_classifier, classification_metrics.most_correlated)

# %% slideshow={"slide_type": "fragment"}
def score(x, y, train, test):
    return classification_metrics.linear_accuracy(penalized_regression.linear_classifier(x[train], y[train]),
                                x[test], y[test])


def selection(seed, examples=100, features=2000, keep=20):
    """(with the leak, without): features of noise chosen by all rows, or by the
    training rows alone."""
    random = np.random.default_rng(seed)
    x = random.normal(size=(examples, features))
    y = random.choice([-1.0, 1.0], examples)
    train, test = splitting.split(examples, 0.5, seed)
    columns = [classification_metrics.most_correlated(x[rows], y[rows], keep)
               for rows in (np.arange(examples), train)]
    return [score(x[:, kept], y, train, test) for kept in columns]


def standardising(seed, x, y, examples=120):
    """Mean and deviation of all rows, or of the training rows alone."""
    rows = np.random.default_rng(seed).choice(len(x), examples, replace=False)
    train, test = splitting.split(examples, 0.5, seed)
    x, y = x[rows], y[rows]
    return [score((x - x[of].mean(axis=0)) / x[of].std(axis=0), y, train, test)
            for of in (np.arange(examples), train)]

# %% slideshow={"slide_type": "fragment"}
def components(seed, x, y, examples=120, keep=10):
    """The first principal components of all rows, or of the training rows alone."""
    rows = np.random.default_rng(seed).choice(len(x), examples, replace=False)
    train, test = splitting.split(examples, 0.5, seed)
    x, y = (x[rows] - x[rows[train]].mean(axis=0)) / x[rows[train]].std(axis=0), y[rows]
    axes = [np.linalg.svd(x[of] - x[of].mean(axis=0), full_matrices=False)[2][:keep].T
            for of in (np.arange(examples), train)]
    return [score(x @ axis, y, train, test) for axis in axes]


def future(seed, x, y, agreement=0.9):
    """With a column that agrees with the label in 90 % of the rows; and the same model
    where the column isn't filled in yet."""
    random = np.random.default_rng(seed)
    train, test = splitting.split(len(x), 0.5, seed)
    column = y * np.where(random.random(len(y)) < agreement, 1, -1)
    wide = np.c_[(x - x[train].mean(axis=0)) / x[train].std(axis=0), column]
    weights = penalized_regression.linear_classifier(wide[train], y[train])
    unknown = wide[test] * np.r_[np.ones(x.shape[1]), 0]
    return [classification_metrics.linear_accuracy(weights, wide[test], y[test]),
            classification_metrics.linear_accuracy(weights, unknown, y[test])]

# %% [markdown] slideshow={"slide_type": "subslide"}
# The copies are for networks: 100 digits, five copies of each with a little noise, as augmentation makes them. `groups` says which digit a copy comes from.
# With it, all copies of one digit land on the same side; without it, a test image has its twins among the training data.

# %% slideshow={"slide_type": "fragment"}
def with_copies(seed, x, y, originals=100, copies=5):
    """Copies x (originals * copies, features), y, and the digit each comes from."""
    random = np.random.default_rng(seed)
    rows = random.choice(len(x), originals, replace=False).repeat(copies)
    noisy = x[rows] + random.normal(0, 0.1, (len(rows), x.shape[1]))
    return noisy.astype("float32"), y[rows], rows


def copies(seeds, x, y):
    """(with the leak, without) for each seed: split image by image, or digit by digit;
    all networks side by side."""
    parts, tests = [], []
    for seed in seeds:
        images, labels, origin = with_copies(seed, x, y)
        for groups in (None, origin):
            train, test = splitting.split(len(images), 0.2, seed, groups=groups)
            parts.append((images[train], labels[train]))
            tests.append((images[test], labels[test]))
    apart = feed_forward.mlp([seed for seed in seeds for _ in range(2)], (x.shape[1],),
                           10, hidden=[64], shared=False)
    training.fit(apart, feed_forward.classification(), side_by_side(parts), epochs=40,
                 batch_size=50, optimizer=keras.optimizers.Adam(3e-3))
    x_test, y_test = side_by_side(tests)
    return feed_forward.accuracies(training.predict(apart, x_test), y_test).reshape(-1, 2)

# %% slideshow={"slide_type": "fragment"}
tumours, patients, digits = (datasets.load(name).train
                             for name in ["breast_cancer", "diabetes", "digits"])
cells = (tumours.x.astype(float), np.where(tumours.y == 1, 1.0, -1.0))
worse = np.where(patients.y > np.median(patients.y), 1.0, -1.0)
people = (patients.x.astype(float), worse)
draws = range(20)
scores = {"selection": np.array([selection(seed) for seed in draws]),
          "standardising": np.array([standardising(seed, *cells) for seed in draws]),
          "principal components":
              np.array([components(seed, *cells) for seed in draws]),
          "copies": copies(range(10), digits.x.reshape(-1, 64), digits.y),
          "a feature from the future":
              np.array([future(seed, *people) for seed in draws])}
inflation = {name: Measured(values[:, 0] - values[:, 1])
             for name, values in scores.items()}
show.table([[name, f"{Measured(values[:, 0]):.1%}", f"{Measured(values[:, 1]):.1%}",
             f"{inflation[name]:.1%}"] for name, values in scores.items()],
           ["leak", "score with it", "score without it", "inflation"],
           "Accuracy on held-out data, with 95 % intervals over seeds.")

# %% slideshow={"slide_type": "fragment"}
charts.bars({name: {"with the leak": Measured(values[:, 0]),
                      "without it": Measured(values[:, 1])}
               for name, values in scores.items()},
              "What five leaks do to a score", "accuracy on held-out data",
              figsize=(9, 3.8),
              caption="Two of the five leaks hardly move the score; the other three "
              "raise it by far. Selection on noise has nothing to find: its honest "
              "score is a coin's.")

# %% [markdown]
# Did you place standardising near the top? It is the first example in many a warning. But two numbers per feature, averaged over all rows, say next to nothing about the label of
# any one row. **A leak matters by how much it tells about the test *labels*.** Selection looks at the labels outright; copies carry them over; the future column *is* the
# label. Do it properly all the same, since a pipeline that fits everything on training data can't go wrong by accident, but look for the other three first.

# %% slideshow={"slide_type": "fragment"}
for name in ["selection", "copies", "a feature from the future"]:
    claims.measure("C04.3", f"inflation of the score by {name}", inflation[name],
                   above=0.05, control=inflation["standardising"])
for name in ["standardising", "principal components"]:
    claims.measure("C04.3", f"inflation of the score by {name} of all rows",
                   inflation[name], between=(-0.02, 0.02),
                   control=inflation["selection"])
claims.measure("C04.3", "selection by training rows alone: score on noise",
               scores["selection"][:, 1], between=(0.45, 0.55),
               control=scores["selection"][:, 0])

# %% [markdown]
# Any of these intervals on the other side of its bound would have refuted the order. With very few rows each of them weighs more in the means and the axes, and the
# harmless leaks grow; the question to ask, *what does this tell about the test labels?*, stays.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## What does another look at the test data cost?
#
# "Touch the test data once", says the table above. And if you try 1,000 models and report the best one's test score?
#
# **Predict before you run.** 1,000 "models" toss a coin for each of 200 test examples. What will the best one's accuracy be? And if we let those that got more than half right
# *vote*?

# %% [markdown] slideshow={"slide_type": "subslide"}
# The number right of one guesser is binomial, with distribution function $F$. The best of $k$ is at most $j$ when all are, so
#
# $$\mathbb E\Big[\max_{1..k} \text{right}\Big] = \sum_{j=0}^{n-1} \big(1 - F(j)^k\big) \;\approx\; n \Big(\tfrac12 + \sqrt{\tfrac{\log k}{2n}}\Big).$$

# %% slideshow={"slide_type": "fragment"} tags=["lecture:best_by_chance"]
show.source(classification_metrics.best_by_chance)

# %% slideshow={"slide_type": "fragment"}
def choose_by_test(candidates, seed, examples=200):
    """Accuracy (reported, fresh) of the best guesser, then of a vote of those above one
    half, on labels that are coins."""
    random = np.random.default_rng(seed)
    labels, fresh = random.integers(0, 2, (2, examples))
    guesses, fresh_guesses = random.integers(0, 2, (2, candidates, examples))
    right = (guesses == labels).mean(axis=1)
    best, good = right.argmax(), right > 0.5
    vote, fresh_vote = (np.mean(answers[good] if good.any() else answers, axis=0) > 0.5
                        for answers in (guesses, fresh_guesses))
    return (right[best], (fresh_guesses[best] == fresh).mean(),
            (vote == labels).mean(), (fresh_vote == fresh).mean())


looks = [1, 3, 10, 30, 100, 300, 1000]                  # coins: (looks, seeds, 4)
coins = np.array([[choose_by_test(k, seed) for seed in range(100)] for k in looks])
exact = [classification_metrics.best_by_chance(k, 200) for k in looks]

# %% slideshow={"slide_type": "fragment"}
charts.curves(looks, {"best, as reported": coins[..., 0],
                        "best, expected by the formula": exact,
                        "vote of the better half, as reported": coins[..., 2],
                        "vote, on fresh data": coins[..., 3]},
                "models tried on the same 200 test examples", "accuracy",
                "Choosing by test data, on pure noise", xscale="log",
                caption="All labels are coin tosses. The best of many guessers looks "
                "good, as the formula says; a vote of the better half looks excellent. "
                "On fresh data "
                "both are worth one half.")

# %% [markdown]
# Did you expect about 52 %, or that a vote of guessers stays a guess? Each guesser above one half has, by luck, a little of these 200 labels in it, and the vote adds that up. That is how a public
# leaderboard can be climbed without learning anything ([Blum & Hardt 2015](https://arxiv.org/abs/1502.04585)).

# %% slideshow={"slide_type": "fragment"}
claims.measure("C04.4", "best of 1,000 guessers on 200 coins: reported accuracy minus "
               "the formula's", coins[-1, :, 0] - exact[-1], between=(-0.01, 0.01),
               control=coins[0, :, 0] - exact[-1])
claims.measure("C04.4", "the vote's reported accuracy", coins[-1, :, 2], above=0.8,
               control=coins[-1, :, 3])
claims.measure("C04.4", "the winner's accuracy on fresh data", coins[-1, :, 1],
               between=(0.48, 0.52), control=coins[-1, :, 0])

# %% [markdown]
# The cost grows slowly, with the square root of $\log k$, and shrinks with the square root of $n$. By the formula, for models that are all equally good, in points of accuracy:

# %% slideshow={"slide_type": "fragment"}
show.table([[f"{k:,}", *[f"{100 * (classification_metrics.best_by_chance(k, n, p) - p):.2f}"
                         for n, p in [(200, 0.5), (10_000, 0.5), (10_000, 0.97)]]]
            for k in (10, 100, 1000)],
           ["models tried", "200 examples, accuracy 50 %", "10,000 examples, 50 %",
            "10,000 examples, 97 %"], "What the best one's score overstates, in points")

# %% [markdown]
# Choosing by *validation* data has the same cost, as the polynomials showed, which is why there is a third set. (Real models resemble each other, so that trying $k$ of them costs less than $k$ independent looks.)

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Is 99 % good?
#
# **Predict before you run.** One picture in a hundred is an eight; a network is to find the eights. It reaches an accuracy of 99.3 %. What share of the eights has it found?

# %% [markdown] slideshow={"slide_type": "subslide"}
# Saying "no" always is right in 99 % of the cases. So look at both classes apart: the share of eights that are found (*recall*), the share of others that are left alone
# (*specificity*), and their mean, the *balanced accuracy*, which is one half for any constant answer.
#
# Two remedies. **Class weights**: multiply each example's loss by $1 / (2\pi_c)$, where $\pi_c$ is its class's share, so that both classes weigh the same. **Threshold**: train as
# before and change the decision. The network's logit estimates $\log \frac{p(\text{eight} \mid x)}{p(\text{other} \mid x)}$, with the shares of the training data in it; to decide as if both classes were equally common,
# say "eight" when the logit is above $\log \frac{\pi}{1 - \pi} = \log \frac{1}{99}$ instead of 0.

# %% slideshow={"slide_type": "fragment"}
def rare_eights(split, seed, examples=4000, eights=40):
    """x (examples, 196) and y, 1 for an eight, with that many eights."""
    random = np.random.default_rng(seed)
    rows = np.r_[random.choice(np.flatnonzero(split.y == 8), eights, replace=False),
                 random.choice(np.flatnonzero(split.y != 8), examples - eights,
                               replace=False)]
    rows = random.permutation(rows)
    return small(split.x[rows]), (split.y[rows] == 8).astype("int32")


def weighted(x, y, balance):
    """The same with a weight an example: 1, or so that both classes weigh the same."""
    share = np.where(y == 1, y.mean(), 1 - y.mean())
    return x, y, (0.5 / share if balance else np.ones(len(y))).astype("float32")


rare = [rare_eights(mnist.train, seed) for seed in range(5)]
finders = classifiers([weighted(*data, balance) for balance in (False, True)
                       for data in rare], [*range(5)] * 2, [32], classes=2,
                      epochs=20, batch_size=50)
outputs = training.predict(finders, small(mnist.validation.x))
logits = outputs[..., 1] - outputs[..., 0]                      # (examples, networks)
eight = mnist.validation.y == 8

# %% slideshow={"slide_type": "fragment"}
def detection(logits, eight, threshold, share=0.01):
    """Recall, specificity, balanced accuracy, and accuracy where ``share`` of all are
    eights; each (networks,)."""
    both = np.array([classification_metrics.recall_and_specificity(column > threshold, eight) for column in logits.T])
    recall, specificity = both.T
    accuracy = share * recall + (1 - share) * specificity
    return recall, specificity, both.mean(axis=1), accuracy


results = {"always no": detection(np.full((5000, 5), -1.0), eight, 0.0),
           "plain": detection(logits[:, :5], eight, 0.0),
           "class weights": detection(logits[:, 5:], eight, 0.0),
           "plain, threshold moved": detection(logits[:, :5], eight, math.log(1 / 99))}
show.table([[name, *[f"{Measured(values):.1%}" for values in found]]
            for name, found in results.items()],
           ["decision", "recall", "specificity", "balanced accuracy",
            "accuracy at 1 % eights"])

# %% slideshow={"slide_type": "fragment"}
thresholds = np.linspace(-12, 6, 60)
sweep = np.array([[detection(part, eight, threshold)[2:]
                   for part in (logits[:, :5], logits[:, 5:])]
                  for threshold in thresholds])
sides = [{"plain": sweep[:, 0, k], "class weights": sweep[:, 1, k]} for k in range(2)]
charts.row(lambda ax: charts.curves(thresholds, sides[0], "threshold on the logit",
                                        "balanced accuracy", "What we want", ax=ax),
             lambda ax: charts.curves(thresholds, sides[1], "threshold on the logit",
                                        "accuracy at 1 % eights", "What accuracy shows",
                                        ax=ax),
             caption="The same networks at every threshold. Accuracy grows towards the "
             "right, where hardly an eight is found any more; balanced "
             "accuracy has its "
             "best point further left, and further for the plain network than for the "
             "weighted one.",
             alt="Two line charts against the decision threshold. Balanced accuracy "
             "rises to a maximum and falls to one half; accuracy at 1 % "
             "eights rises and stays high.")

# %% [markdown]
# Did you say 99 %, or 90? That is to read accuracy as if it were about the eights, of which it says next to nothing. And the threshold alone, without training again, does as well as the class weights or better: the plain network
# knew more about the eights than its decisions showed.

# %% slideshow={"slide_type": "fragment"}
recall, specificity, balanced, accuracy = ({name: Measured(found[k])
                                            for name, found in results.items()}
                                           for k in range(4))
claims.measure("C04.5", "accuracy of the plain network minus that of always saying no",
               accuracy["plain"] - 0.99, between=(-0.01, 0.01),
               control=accuracy["plain, threshold moved"] - 0.99)
claims.measure("C04.5", "gain in balanced accuracy by class weights",
               balanced["class weights"] - balanced["plain"], above=0.05,
               control=balanced["always no"] - balanced["plain"])
claims.measure("C04.5", "gain in balanced accuracy by moving the threshold",
               balanced["plain, threshold moved"] - balanced["plain"], above=0.05,
               control=Measured(detection(logits[:, :5], eight, -math.log(1 / 99))[2])
               - balanced["plain"])
claims.measure("C04.5", "balanced accuracy by threshold minus that by class weights",
               balanced["plain, threshold moved"] - balanced["class weights"],
               above=-0.03,
               control=balanced["plain"] - balanced["class weights"])

# %% [markdown]
# If weights had gained nothing over the plain decision, the advice to use them would be refuted. What follows: report recall and specificity, or a curve over thresholds, never accuracy alone; and choose the threshold by what
# a miss and a false alarm cost. For $\text{cost of a miss} / \text{cost of an alarm} = r$ it is $-\log r$ on a calibrated logit.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## How many wrong labels can a network stand?
#
# **Predict before you run.** In 2,000 digits, 40 % of the labels are replaced by *another digit at random*. A network is trained on them as they are. What accuracy will it have on clean digits: about 60 %,
# less, or more? And if each of the wrong labels is *the next digit* (a 3 called 4, a 9 called 0)?

# %% slideshow={"slide_type": "subslide"}
def with_wrong_labels(y, share, kind, seed, classes=10):
    """Labels of which a share is wrong: "any": each other class is equally likely;
    "next": the following class."""
    random = np.random.default_rng(seed)
    wrong = random.random(len(y)) < share
    step = random.integers(1, classes if kind == "any" else 2, len(y))
    return np.where(wrong, (y + step) % classes, y).astype("int32")


some = mnist.train.take(2000, seed=1)
wrong_shares, kinds = [0.0, 0.2, 0.4, 0.5, 0.6, 0.8], ["any", "next"]
plans = [(kind, share, seed) for kind in kinds for share in wrong_shares
         for seed in range(5)]
labels = np.stack([with_wrong_labels(some.y, share, kind, seed)
                   for kind, share, seed in plans], axis=1)        # (2000, 60)
crowd = feed_forward.mlp([seed for *_, seed in plans], (196,), 10, hidden=[64])
training.fit(crowd, feed_forward.classification(), (small(some.x), labels), epochs=6,
             batch_size=50, optimizer=keras.optimizers.Adam(2e-3))
by_share = feed_forward.accuracies(training.predict(crowd, small(mnist.validation.x)),
                                 mnist.validation.y).reshape(2, 6, 5)

# %% slideshow={"slide_type": "fragment"}
charts.curves(wrong_shares,
                {"any other digit": by_share[0], "the next digit": by_share[1],
                 "share of right labels": 1 - np.array(wrong_shares)},
                "share of wrong labels", "accuracy on clean digits",
                "Sixty networks on wrong labels",
                caption="Random mistakes cancel one another: from 40 % on the accuracy "
                "is far above the share of right labels. Mistakes that agree with "
                "each other "
                "don't cancel: past one half they are the majority.")

# %% [markdown] slideshow={"slide_type": "subslide"}
# Did you say 60 %? That would be a network that copies its teachers' answers. It learns what the labels say *on average* at each kind of picture. With a share $s$ of random mistakes among 10 classes the
# true class keeps the share $1 - s$, and each other one gets $s/9$: the truth stays the most frequent answer until $s = 0.9$. With the next digit as the mistake it is outvoted at $s = 0.5$.
# What is lost before that is lost to chance: the vote is over fewer and noisier examples.

# %% slideshow={"slide_type": "fragment"}
claims.measure("C04.6", "40 % wrong at random: accuracy minus the share of "
               "right labels", by_share[0, 2] - 0.6, above=0.1,
               control=by_share[1, 4] - 0.4)
claims.measure("C04.6", "60 % wrong: accuracy under random minus under "
               "agreeing mistakes", by_share[0, 4] - by_share[1, 4], above=0.3,
               control=by_share[0, 0] - by_share[1, 0])

# %% [markdown]
# A curve along the share of right labels would have refuted the averaging. But these networks trained for 6 passes only, and you have seen what wide networks do with labels that make no sense, if one lets them: they learn them by heart. So train
# ten of them for 30 passes, five on clean labels and five with 40 % wrong:

# %% slideshow={"slide_type": "fragment"}
# shares 0 and 0.4, kind "any"
clean_and_wrong = np.concatenate([labels[:, :5], labels[:, 10:15]], axis=1)
long = feed_forward.mlp([*range(5)] * 2, (196,), 10, hidden=[64])
training.fit(long, feed_forward.classification(), (small(some.x), clean_and_wrong),
             epochs=30, batch_size=50, optimizer=keras.optimizers.Adam(2e-3))
after_30 = feed_forward.accuracies(training.predict(long, small(mnist.validation.x)),
                                 mnist.validation.y).reshape(2, 5)
show.table([[name, f"{Measured(by_share[0, column]):.1%}", f"{Measured(values):.1%}"]
            for name, column, values in zip(["clean", "40 % wrong"], [0, 2], after_30,
                                            strict=True)],
           ["labels", "after 6 passes", "after 30 passes"], "Accuracy on clean digits")
claims.measure("C04.6", "40 % wrong at random: accuracy after 30 passes minus after 6",
               after_30[1] - by_share[0, 2], below=0,
               control=after_30[0] - by_share[0, 0])

# %% [markdown]
# With clean labels, longer training helps; with wrong ones it undoes part of the averaging. What follows: many cheap labels with *independent* mistakes are worth having, if the network is stopped (or kept too small) before it learns
# the exceptions; and one labeller's systematic confusion is not averaged away by more data.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## When it says 90 %, is it right nine times in ten?
#
# **Predict before you run.** Networks are trained on 1,000 digits until the training loss is almost zero. On new digits, is the mean probability that they give to their answer larger than, smaller than or equal to the share of right answers?

# %% [markdown] slideshow={"slide_type": "subslide"}
# Sort the predictions into $B$ bins by confidence (the probability of the predicted class), and compare confidence with accuracy bin by bin. The *expected calibration error* is the mean gap over the predictions:
#
# $$\text{ECE} = \sum_{b=1}^{B} \frac{n_b}{n} \,\big| \text{accuracy}_b - \text{confidence}_b \big|.$$
#
# *Temperature scaling* divides all logits by one number $T$, chosen on validation data by likelihood ([Guo et al. 2017](https://arxiv.org/abs/1706.04599)). It changes no decision: the largest logit stays the largest.

# %% slideshow={"slide_type": "fragment"}
show.source(calibration.fit_temperature)

# %% slideshow={"slide_type": "fragment"}
samples = [mnist.train.take(1000, seed) for seed in range(8)]
sure = classifiers([(small(sample.x), sample.y) for sample in samples], range(8),
                   [128], epochs=40, batch_size=50)
# (networks, examples, classes)
on_validation = np.moveaxis(training.predict(sure, small(mnist.validation.x)), 1, 0)
temperatures = [calibration.fit_temperature(logits, mnist.validation.y)
                for logits in on_validation]
# the test data, once
on_test = np.moveaxis(training.predict(sure, small(mnist.test.x)), 1, 0)

# %% slideshow={"slide_type": "fragment"}
def calibration_of(logits, labels, temperature, seed):
    """ECE, confidence minus accuracy, mean loss in nats; then the first two for labels
    drawn from the predictions."""
    probabilities = calibration.softmax(logits, temperature)
    sureness = probabilities.max(axis=1).mean()
    found = calibration.reliability(probabilities, labels)
    draws = np.random.default_rng(seed).random((len(logits), 1))
    as_predicted = np.minimum((probabilities.cumsum(axis=1) < draws).sum(axis=1),
                              probabilities.shape[1] - 1)
    excess = sureness - np.mean(logits.argmax(axis=1) == labels)
    loss = losses.categorical(logits / temperature, labels).mean()
    floor = calibration.expected_calibration_error(probabilities, as_predicted)
    ideal = sureness - np.mean(logits.argmax(axis=1) == as_predicted)
    return found.error, excess, loss, floor, ideal


before = np.array([calibration_of(logits, mnist.test.y, 1.0, seed)
                   for seed, logits in enumerate(on_test)])
after = np.array([calibration_of(logits, mnist.test.y, T, seed)
                  for seed, (logits, T) in enumerate(zip(on_test, temperatures,
                          strict=True))])
rows = ["expected calibration error", "confidence − accuracy", "loss (nats)",
        "ECE of labels drawn from the predictions"]
show.table([[name, f"{Measured(before[:, k]):.3f}", f"{Measured(after[:, k]):.3f}"]
            for k, name in enumerate(rows)],
           ["on 10,000 test digits, 8 networks", "as trained", "with temperature"])

# %% slideshow={"slide_type": "fragment"}
found = {title: calibration.reliability(calibration.softmax(on_test[0], T),
                                        mnist.test.y)
         for title, T in [("As trained", 1.0), ("With temperature", temperatures[0])]}
plain, softer = found
charts.row(lambda ax: classification.reliability_diagram(found[plain], title=plain, ax=ax),
             lambda ax: classification.reliability_diagram(
                 found[softer], title=softer, ax=ax),
             figsize=(9, 4.2),
             caption="Reliability of one network on test digits. As trained the dots "
             "lie below the diagonal: it is surer than it is right. One number, fitted "
             "on other data, brings them up to it.",
             alt="Two reliability diagrams. As trained, accuracy lies below confidence "
             "in most bins; after temperature scaling it follows the diagonal.")

# %% [markdown]
# Did you say "equal", because cross-entropy rewards honest probabilities? It does, *on the data it is computed on*. On its training data the network is always right and learns to be sure. The same sureness on new data is too much.
#
# The last row of the table is a warning about the measure itself. Labels drawn from the predicted probabilities make the predictions perfectly calibrated by construction, and still the ECE is not zero: bins of finite size scatter. Compare with that floor, not with zero.

# %% slideshow={"slide_type": "fragment"}
unmoved = [np.array_equal(logits.argmax(1), calibration.softmax(logits, T).argmax(1))
           for logits, T in zip(on_test, temperatures, strict=True)]
show.markdown(f"""
Temperatures {Measured(temperatures):.2f}, fitted on the 5,000 validation digits.
Networks whose answers on the test digits are the same before and after: {sum(unmoved)}
of 8.
""")
claims.measure("C04.7", "confidence minus accuracy on test data, as trained",
               before[:, 1], above=0.01,
               control=before[:, 4])          # with labels drawn from the predictions
claims.measure("C04.7", "expected calibration error with temperature over "
               "that without", Measured(after[:, 0]) / Measured(before[:, 0]),
               below=0.6,
               control=[calibration_of(logits, mnist.test.y, 1 / T, 0)[0] / first
                        for logits, T, first in zip(on_test, temperatures,
                                                    before[:, 0], strict=True)])
claims.measure("C04.7", "change of the test loss by temperature, nats",
               after[:, 2] - before[:, 2], below=0,
               control=[calibration_of(logits, mnist.test.y, 1 / T, 0)[2] - loss
                        for logits, T, loss in zip(on_test, temperatures, before[:, 2],
                                                   strict=True)])

# %% [markdown]
# An interval of confidence − accuracy around zero would have refuted overconfidence; the last two controls sharpen by $1/T$ instead of softening, and make both measures worse. What follows: before a probability is used (for a threshold, a cost, a doctor), draw this picture, on data that trained nothing.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Do batches from a pipeline train another network than arrays?
#
# Arrays in memory are simple. `tf.data` reads, shuffles, batches and prepares while the network trains, and takes data of any size.
#
# **Predict before you run.** The same 3,000 digits, the same initial weights, the same order: once as arrays, once through a `tf.data.Dataset`. Are the final weights the same, nearly the same, or different networks of about the same accuracy?

# %% slideshow={"slide_type": "fragment"}
def batches_in_order(x, y, order, batch_size=50):
    """A dataset of batches: slices of the arrays, in the given order."""
    return tf.data.Dataset.from_tensor_slices((x[order], y[order])).batch(batch_size)


def trained(data, **settings):
    """One pass of Adam, always from the same weights; returns the final weights, flat,
    and the rate (examples/s)."""
    model = models.mlp((196,), 10, hidden=[32], seed=1)
    run = training.fit(model, training.objectives.classification(), data, epochs=1,
                       seed=7, **settings)
    return np.concatenate([weight.numpy().ravel()
                           for weight in model.weights]), run.examples_per_second


digits3000 = mnist.train.take(3000, seed=2)
x3000, y3000 = small(digits3000.x), digits3000.y
order, other_order = (training.loop.epoch_order(3000, seed, 0).numpy()
                      for seed in (7, 8))
from_arrays, array_rate = trained((x3000, y3000), batch_size=50)
from_stream, stream_rate = trained(batches_in_order(x3000, y3000, order))
from_other, _ = trained(batches_in_order(x3000, y3000, other_order))

# %% slideshow={"slide_type": "fragment"}
show.table([["arrays against tf.data, same order",
             mask(f"{np.abs(from_arrays - from_stream).max():.1e}")],
            ["two orders", mask(f"{np.abs(from_stream - from_other).max():.1e}")]],
           ["largest difference of a weight", "value"])
show.markdown(f"Speed here: {Measured(array_rate):.0f} examples a second from arrays, "
              f"{Measured(stream_rate):.0f} through `tf.data`.")
claims.measure("C04.8", "arrays against tf.data in the same order: largest difference "
               "of a weight", np.abs(from_arrays - from_stream).max(), below=1e-4,
               control=np.abs(from_arrays - from_other).max())

# %% [markdown]
# Did you expect different networks? Many do, since a pipeline *usually* shuffles in another way. The pipeline itself adds nothing: the batches are what counts, and their order. What follows: debug on arrays, then move to a pipeline, and check one pass against the other.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## How much shuffling is enough?
#
# `Dataset.shuffle(b)` can't shuffle a stream it has not seen. It keeps a buffer of $b$ examples, gives out a random one of them, and fills the place with the next from the source. Files are often sorted: all zeros first, then all ones.
#
# **Predict before you run.** 5,000 digits sorted by label, one pass, batches of 50. Which accuracy do you expect with a buffer of 1, 50, 500, 2,000 and 5,000? Is 500, ten batches, enough?

# %% slideshow={"slide_type": "fragment"} tags=["lecture:shuffled_order"]
def shuffled_order(rows, buffer, seed):
    """The order in which tf.data gives out ``rows`` through a shuffle buffer, int
    (examples,)."""
    stream = tf.data.Dataset.from_tensor_slices(rows).shuffle(buffer, seed=seed)
    return np.concatenate(list(stream.batch(1000).as_numpy_iterator()))


digits5000 = mnist.train.take(5000, seed=3)
x5000, y5000 = tf.constant(small(digits5000.x)), tf.constant(digits5000.y)
by_label = np.argsort(digits5000.y, kind="stable")
buffers = [1, 50, 500, 2000, 5000]
orders = np.stack([shuffled_order(by_label, buffer, seed) for buffer in buffers
                   for seed in range(5)], axis=1)                   # (5000, 25)

# %% slideshow={"slide_type": "fragment"}
seeds25 = [seed for _ in buffers for seed in range(5)]
apart = feed_forward.mlp(seeds25, (196,), 10, hidden=[64], shared=False)
batches = tf.data.Dataset.from_tensor_slices(orders).batch(50)
batches = batches.map(lambda rows: (tf.gather(x5000, rows), tf.gather(y5000, rows)))
training.fit(apart, feed_forward.classification(), batches, epochs=1,
             optimizer=keras.optimizers.Adam(2e-3))
together = feed_forward.mlp(seeds25, (196,), 10, hidden=[64])
together.set_weights(apart.get_weights())
by_buffer = feed_forward.accuracies(training.predict(together,
                                                   small(mnist.validation.x)),
                                  mnist.validation.y).reshape(5, 5)

# %% slideshow={"slide_type": "fragment"}
def draw_orders(orders, labels, buffers, ax):
    for index, buffer in enumerate(buffers):
        ax.plot(labels[orders[:, index * 5]][::10] + 10.5 * index, ".", markersize=1.5,
                label=f"buffer {buffer:,}")
    ax.set(title="Labels as they come",
           xlabel="place in the stream (tens of examples)",
           ylabel="label, one strip a buffer", yticks=[])
    ax.legend(fontsize=7, loc="upper left", bbox_to_anchor=(1.0, 1.0), markerscale=5,
              reverse=True)


charts.row(lambda ax: draw_orders(orders, digits5000.y, buffers, ax),
             lambda ax: charts.curves([f"{buffer:,}" for buffer in buffers],
                                        {"accuracy": by_buffer},
                                        "shuffle buffer (examples)",
                                        "accuracy after one pass",
                                        "Sorted digits, one pass", ax=ax),
             figsize=(10, 3.8),
             caption="Left: in which order the labels reach the network. A small "
             "buffer blurs the steps of the staircase; only one of the data's size "
             "removes them. Right: what that does to learning.",
             alt="Left, labels against place in the stream for five buffer sizes: "
             "staircases for small buffers, an even cloud for the largest. "
             "Right, accuracy against buffer size: low for small buffers, and highest "
             "for the largest.")

# %% [markdown]
# Did you think ten batches are plenty? A buffer must be compared with the *runs* in the data (here 500 of each digit), not with the batch. With 500 the network still sees a few of the ten digits at a time, and unlearns the others: what it saw last is what it says.

# %% slideshow={"slide_type": "fragment"}
claims.measure("C04.9", "accuracy with the whole data in the buffer minus with 500",
               by_buffer[4] - by_buffer[2], above=0.3,
               control=by_buffer[4] - by_buffer[3])
claims.measure("C04.9", "accuracy after one pass with a buffer of 50", by_buffer[1],
               below=0.4, control=by_buffer[4])

# %% [markdown]
# Equal accuracies would have refuted that order matters. What follows: shuffle once on disk before training (or shuffle the *names of files* and then examples), and look at the labels of the first few batches before believing a pipeline.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Does it pay to fetch ahead?
#
# While the network computes, the disk could read. `prefetch(1)` prepares the next batch during the present step.
#
# **Predict before you run.** Reading a batch takes 10 ms, a training step takes 10 ms, there are 12 batches. How long does it take one after the other, and how long with prefetching? And with prefetching, but from a *Python generator*, under the deterministic operations that this course uses?

# %% [markdown] slideshow={"slide_type": "subslide"}
# One after the other: $12 \times (10 + 10) = 240$ ms. Overlapped: $10 + 12 \times 10 = 130$ ms at best. Sleeping stands for reading and training here, and instead of trusting a clock on a busy machine alone, we count the reads that *began before the last step ended*.

# %% slideshow={"slide_type": "fragment"}
def overlap(prefetch, stateful, batches=12, seconds=0.01):
    """(reads that began before the step ahead of them had ended, seconds in all,
    [(kind, start, end), ...])."""
    events = []

    def read(index):
        start = time.perf_counter()
        time.sleep(seconds)
        events.append(("read", start, time.perf_counter()))
        return index

    data = tf.data.Dataset.range(batches).map(
        lambda index: tf.numpy_function(read, [index], tf.int64, stateful=stateful))
    options = tf.data.Options()
    # or TensorFlow prefetches by itself
    options.experimental_optimization.apply_default_optimizations = False
    options.experimental_optimization.inject_prefetch = options.autotune.enabled = False
    data = (data.prefetch(1) if prefetch else data).with_options(options)
    began = time.perf_counter()
    for _ in data:
        start = time.perf_counter()
        time.sleep(seconds)
        events.append(("train", start, time.perf_counter()))
    reads, steps = ([event[1:] for event in events if event[0] == kind]
                    for kind in ("read", "train"))
    early = sum(read[0] < step[1] - seconds / 4
                for read, step in zip(reads[1:], steps[:-1], strict=True))
    seconds = time.perf_counter() - began
    return early, seconds, [(kind, start - began, end - began)
                            for kind, start, end in events]

# %% slideshow={"slide_type": "fragment"}
pipelines = {"one after the other": overlap(False, False),
             "prefetch": overlap(True, False),
             "prefetch, Python generator": overlap(True, True)}
show.table([[name, mask(f"{early} of 11"), mask(f"{1000 * seconds:.0f} ms")]
            for name, (early, seconds, _) in pipelines.items()],
           ["pipeline", "reads that began during a step", "time"])

# %% slideshow={"slide_type": "fragment"}
def draw_timeline(pipelines, ax):
    for row, (_, _, events) in enumerate(pipelines.values()):
        for kind, start, end in events:
            ax.barh(row + (0.2 if kind == "train" else -0.2), 1000 * (end - start),
                    left=1000 * start, height=0.36,
                    color="#0072B2" if kind == "read" else "#E69F00",
                    edgecolor="white", label=kind)
    ax.set_yticks(range(len(pipelines)), list(pipelines))
    ax.invert_yaxis()
    handles, names = ax.get_legend_handles_labels()
    ax.legend(dict(zip(names, handles, strict=True)).values(),
              dict(zip(names, handles, strict=True)))
    ax.set(xlabel="time (ms)", title="Who works when", xlim=(0, None))


charts.row(lambda ax: draw_timeline(pipelines, ax), figsize=(9, 3.2),
             caption="Reading (blue) and training (orange) of 12 batches. With "
             "prefetching both work at once; from a Python generator they take "
             "turns again.",
             alt="Three timelines of reading and training. One after the other they "
             "alternate; with prefetch they overlap; with a Python generator they "
             "alternate again.")

# %% [markdown]
# Did you expect the generator to gain as well? Python functions that may keep state (a generator does) must run in a fixed order for the same bits every time, so under deterministic operations TensorFlow doesn't let them run ahead. Read with TensorFlow's own operations, or declare the function stateless if it is.

# %% slideshow={"slide_type": "fragment"}
claims.measure("C04.10", "prefetch: share of reads that begin during a step",
               pipelines["prefetch"][0] / 11, above=0.5,
               control=pipelines["one after the other"][0] / 11)
claims.measure("C04.10", "prefetch from a stateful Python function, deterministic: the "
               "same share", pipelines["prefetch, Python generator"][0] / 11, below=0.3,
               control=pipelines["prefetch"][0] / 11)

# %% [markdown]
# Reads that never start early would have refuted prefetching, as they do for the generator. What follows: if training waits for data, first look *which* of the two is slow. Overlap saves at most the smaller of the two times; a step of 1 ms behind a read of 50 ms stays slow.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Decode first, or batch first?
#
# A pipeline makes batches and it decodes bytes into numbers. Both orders give the same batches.
#
# **Predict before you run.** 5,000 digits as bytes, batches of 500. Is it faster to decode each picture and then batch them, to batch and then decode, or the same, since the same numbers are divided by 255?

# %% slideshow={"slide_type": "fragment"}
def decode(pixels):
    """uint8 (..., 784) to float32 in [0, 1] of the same shape."""
    return tf.cast(pixels, tf.float32) / 255


def seconds_of(data):
    """How long one pass over a dataset takes."""
    start = time.perf_counter()
    for _ in data:
        pass
    return time.perf_counter() - start


pixels = np.rint(255 * digits5000.x).astype("uint8").reshape(5000, 784)
as_bytes = tf.data.Dataset.from_tensor_slices(pixels)
decoded_first = as_bytes.map(decode).batch(500)
batched_first = as_bytes.batch(500).map(decode)
same = all(np.array_equal(a, b)
           for a, b in zip(decoded_first, batched_first, strict=True))
passes = np.array([[seconds_of(data)
                    for data in (decoded_first, batched_first, as_bytes.batch(500))]
                   for _ in range(7)])
quickest = passes.min(axis=0)  # what else the computer does can only add
show.table([[name, mask(f"{quickest[k] * 200:.1f}")]
            for k, name in enumerate(["decode, then batch", "batch, then decode",
                                      "batch alone"])],
           ["pipeline", "microseconds an example (quickest of 7 passes)"],
           f"The batches are the same: {same}")

# %% [markdown]
# Did you say "the same"? The divisions are. What differs is how often TensorFlow has to *call* something: 5,000 times with 784 numbers, or 10 times with 392,000. Each call has its fixed cost, and small pictures don't earn it back. It is why networks train on batches at all.

# %% slideshow={"slide_type": "fragment"}
claims.measure("C04.14", "time of decoding first over batching first, quickest "
               "of 7 passes", quickest[0] / quickest[1],
               above=1.5, control=quickest[2] / quickest[1])

# %% [markdown]
# A ratio of one would have refuted that the calls matter; batching without decoding bounds what can be won further. What follows: batch early, and let what comes after work on whole batches. It isn't always possible: augmentation that draws a new number for each picture must then draw a batch of them.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Can a network learn from more data than fit into memory?
#
# **Predict before you run.** A file holds 165,000 digits in 130 MB; as float32 arrays they would take 520 MB. The training process may take 100 MB more than it has when it starts. How much will it need if it reads batch by batch?

# %% [markdown] slideshow={"slide_type": "subslide"}
# Each record of the file is 784 bytes of pixels and one of label. `tf.data` reads some records, decodes a whole batch at once, and forgets it after the step:

# %% slideshow={"slide_type": "fragment"}
show.source(records.batches, records.load)

# %% [markdown]
# The limit is a real one: a process of its own asks the operating system not to give it more (`RLIMIT_AS`). It trains a linear classifier for one pass.

# %% slideshow={"slide_type": "fragment"}
with tempfile.TemporaryDirectory() as folder:
    file = pathlib.Path(folder) / "digits.records"
    size = records.write(file, mnist.train.x, mnist.train.y, copies=3)
    ways = {way: memory_limit.in_little_memory(way, file, side=28, allowance=100)
            for way in ["load", "stream"]}
show.markdown(f"The file holds {size:,} bytes.")
show.table([[way, f"{found['examples']:,}", mask(f"{found['needed']:.0f} MB"),
             mask(f"{found['accuracy']:.3f}")] for way, found in ways.items()],
           ["way", "examples trained on", "memory needed beyond the start",
            "accuracy on the examples as they came"])

# %% [markdown]
# Did you guess something near the file's size? What stays in memory is what one batch needs, a few times over: one in use, one in preparation, and a read buffer. `load` asked for the whole at once, and was refused before it had any of it.

# %% slideshow={"slide_type": "fragment"}
claims.measure("C04.11", "memory needed to train on 130 MB of records by "
               "streaming, MB", ways["stream"]["needed"], below=80,
               control=size * 4 / 1e6)
claims.measure("C04.11", "examples trained on within 100 MB",
               ways["stream"]["examples"], above=150_000,
               control=ways["load"]["examples"])

# %% [markdown]
# More memory with more data would have refuted it. What follows: the size of a data set is limited by your disk and patience. Keep records that can be read in order, shuffled on disk beforehand, since a shuffle buffer holds examples in memory again.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Why won't it train?
#
# A colleague's project on your desk: 2,000 digits, a network, no error message. It has been training all morning.

# %% slideshow={"slide_type": "fragment"}
def prepare(split, faults, validation=False):
    """Pixels (n, 196) and labels of a split, as the project prepares them."""
    x, y = split.x, split.y
    if "swapped axes" in faults and validation:
        x = x.transpose(0, 2, 1, 3)
    x = small(x)
    if "raw pixels" in faults:
        x = 255 * x
    if "mixed labels" in faults and not validation:
        y = np.random.default_rng(0).permutation(y)
    return x, y


def build(faults, seeds=range(5)):
    """Five networks, from images to logits."""
    model = feed_forward.mlp(seeds, (196,), 10, hidden=[32])
    if "two softmaxes" in faults:
        model = keras.Model(model.input, keras.layers.Softmax()(model.output))
    return model


def project(faults, split, validation, rate=2e-3):
    """Trains the project's networks; their training and validation accuracies, each
    (5,)."""
    x, y = prepare(split, faults)
    x_new, y_new = prepare(validation, faults, validation=True)
    model = build(faults)
    training.fit(model, feed_forward.classification(), (x, y), epochs=6, batch_size=50,
                 optimizer=keras.optimizers.Adam(rate))
    return [feed_forward.accuracies(model(inputs).numpy(), labels)
            for inputs, labels in [(x, y), (x_new, y_new)]]


work, new_work = mnist.train.take(2000, seed=4), mnist.validation.take(1000, seed=0)
faults = ["raw pixels", "two softmaxes", "mixed labels", "swapped axes"]
history = {"as found": project(faults, work, new_work)}
show.markdown(f"Accuracy of the project as found: "
              f"{Measured(history['as found'][0]):.1%} on training data, "
              f"{Measured(history['as found'][1]):.1%} on validation data.")

# %% [markdown] slideshow={"slide_type": "subslide"}
# A coin with ten sides would do as well. Four faults are planted (you have read their names in the code; pretend you hadn't). A learning curve doesn't say what is wrong. Four checks do, each cheap, each with a number that is *known beforehand*:
#
# | check | what a sound project shows | because |
# | --- | --- | --- |
# | loss at the start | close to $\log 10 \approx 2.303$ | an untrained network should spread its belief over 10 classes |
# | overfit one batch of 32 | loss close to 0 | 32 examples can be stored by any network that can learn |
# | do neighbours agree? | most examples have their label in common with the nearest other | pictures that look alike mean the same |
# | are the inputs alike? | pixel means of training and validation data agree | both come from one source |
#
# **Predict before you run.** Which check will speak first? Which fault would you have found by lowering the learning rate?

# %% slideshow={"slide_type": "fragment"}
def loss_at_start(faults, split):
    """Mean cross-entropy of the untrained networks, nats (5,)."""
    x, y = prepare(split, faults)
    return np.array([losses.categorical(column, y).mean()
                     for column in np.moveaxis(build(faults)(x).numpy(), 1, 0)])


def loss_after_one_batch(faults, split, steps=100):
    """Cross-entropy on 32 examples after training on them alone, nats (5,)."""
    x, y = (part[:32] for part in prepare(split, faults))
    model = build(faults)
    training.fit(model, feed_forward.classification(), (x, y), epochs=steps,
                 batch_size=32, optimizer=keras.optimizers.Adam(5e-3))
    return np.array([losses.categorical(column, y).mean()
                     for column in np.moveaxis(model(x).numpy(), 1, 0)])


def inputs_differ(faults, split, validation):
    """Mean distance of the pixel means of training and validation data, over the mean
    deviation of a pixel."""
    x, _ = prepare(split, faults)
    x_new, _ = prepare(validation, faults, validation=True)
    shift = np.abs(x.mean(axis=0) - x_new.mean(axis=0))
    return float(shift.mean() / x.std(axis=0).mean())


def examine(faults, split, validation):
    """The four checks: the measured value, and whether it raises suspicion."""
    start, batch = loss_at_start(faults, split), loss_after_one_batch(faults, split)
    neighbours = classification_metrics.nearest_neighbour_accuracy(*prepare(split, faults))
    shift = inputs_differ(faults, split, validation)
    return {"loss at the start": (start.mean(), abs(start.mean() - math.log(10)) > 1),
            "overfit one batch": (batch.mean(), batch.mean() > 0.1),
            "neighbours agree": (neighbours, neighbours < 0.5),
            "inputs alike": (shift, shift > 0.1)}

# %% slideshow={"slide_type": "fragment"}
def report(found):
    show.table([[name, mask(f"{value:.3f}"),
                 "**look here**" if suspicious else "passes"]
                for name, (value, suspicious) in found.items()],
               ["check", "value", "verdict"])


round_1 = examine(faults, work, new_work)
report(round_1)

# %% [markdown]
# Two things are suspicious at once, and the first check *passes*. Take the earliest that failed: a network that can't store 32 examples can't learn, whatever the data. The labels don't matter for that, nor do the
# inputs of the validation data. So look at the model: its last layer is a softmax, and the loss applies another. With all belief on one class, probabilities are 0 or 1, and the second softmax turns them into $e / (e + 9)$ at best. The loss
# can't fall below $\log(1 + 9/e)$:

# %% slideshow={"slide_type": "fragment"}
floor = math.log(1 + 9 / math.e)
round_2 = examine(faults[:1] + faults[2:], work, new_work)
show.markdown(f"The floor under two softmaxes: {floor:.4f} nats. One softmax removed, "
              f"all checks again, from the first:")
report(round_2)

# %% [markdown] slideshow={"slide_type": "subslide"}
# Now the *first* check speaks, with a number far from 2.303. The second softmax had hidden it: it squeezes any logits, however huge, into 0 to 1, so that its loss at the start is near $\log 10$ whatever goes in. One fault covered another, which is why one starts over after each repair.
# A loss at the start that is fifty times too large says that the inputs are: pixels from 0 to 255.

# %% slideshow={"slide_type": "fragment"}
round_3 = examine(["mixed labels", "swapped axes"], work, new_work)
report(round_3)

# %% [markdown]
# Start and batch are fine. It stores 32 examples; but there is nothing to learn from them: neighbours' labels agree no more often than chance. Look at the pictures with their labels, always:

# %% slideshow={"slide_type": "fragment"}
images, labels_as_found = work.x[:10], prepare(work, ["mixed labels"])[1][:10]
image_grid(images, titles=[str(label) for label in labels_as_found],
           title="Training pictures with their labels",
           caption="Ten training pictures with the labels that came with them. "
           "Somebody shuffled the labels and forgot the pictures.")
round_4 = examine(["swapped axes"], work, new_work)
report(round_4)

# %% [markdown] slideshow={"slide_type": "subslide"}
# With pictures and labels together again one check is left. Training and validation data come from one source, and their mean pictures differ: the validation pictures lie on their side.

# %% slideshow={"slide_type": "fragment"}
means = np.stack([prepare(part, ["swapped axes"],
                          validation=side)[0].mean(axis=0).reshape(14, 14)
                  for part, side in [(work, False), (new_work, True)]])
image_grid(means, titles=["training", "validation"], columns=2, limits=None,
           title="Mean pictures", figsize=(4.5, 2.8),
           caption="The mean of all training and of all validation pictures. One of "
           "them has height and width swapped.")
round_5 = examine([], work, new_work)
report(round_5)

# %% slideshow={"slide_type": "fragment"}
history |= {"one softmax": project(faults[:1] + faults[2:], work, new_work),
            "scaled": project(faults[2:], work, new_work),
            "labels matched": project(faults[3:], work, new_work),
            "axes right": project([], work, new_work)}
charts.bars({name: {"training": Measured(pair[0]), "validation": Measured(pair[1])}
               for name, pair in history.items()},
              "After each repair", "accuracy", levels={"chance": 0.1}, figsize=(8, 3.6),
              caption="Accuracy after each repair, five networks. Hardly anything is "
              "to be seen on validation data until the last fault is gone.")

# %% [markdown]
# Would you have lowered the learning rate? Or watched the validation accuracy and kept what helps? The first three repairs together raise it by a few points; only the last one shows. And a learning rate ten times lower or higher:

# %% slideshow={"slide_type": "fragment"}
tuned = {rate: project(faults, work, new_work, rate)[1] for rate in (2e-4, 2e-2)}
show.markdown(f"Validation accuracy of the project as found, with learning rate "
              f"0.0002: {Measured(tuned[2e-4]):.1%}; with 0.02: "
              f"{Measured(tuned[2e-2]):.1%}.")
for rate, accuracies in tuned.items():
    claims.measure("C04.12",
                   f"all faults in, learning rate {rate:g}: validation accuracy minus "
                   f"that at 0.002", accuracies - history["as found"][1],
                   between=(-0.1, 0.1),
                   control=history["axes right"][1] - history["as found"][1])

# %% [markdown]
# Tuning a broken project finds nothing.
#
# Does each check find its own fault, and only that? One fault at a time:

# %% slideshow={"slide_type": "fragment"}
owner = {"raw pixels": "loss at the start", "two softmaxes": "overfit one batch",
         "mixed labels": "neighbours agree", "swapped axes": "inputs alike"}
alone = {fault: examine([fault], work, new_work)
         for fault in faults[:3]} | {"swapped axes": round_4, "none": round_5}
show.table([[fault, *["**found**" if suspicious else "passes"
                      for _, suspicious in found.values()]]
            for fault, found in alone.items()],
           ["fault planted", *round_5], "Each fault by itself, under each check")

# %% slideshow={"slide_type": "fragment"}
found_by_owner = sum(alone[fault][check][1] for fault, check in owner.items())
false_alarms = sum(suspicious for fault, found in alone.items()
                   for check, (_, suspicious) in found.items()
                   if owner.get(fault) != check)
claims.measure("C04.12", "faults found by their own check, of 4", found_by_owner,
               above=3.5, control=sum(suspicious for _, suspicious in round_5.values()))
claims.measure("C04.12", "alarms by the other checks, of 16", false_alarms, below=0.5,
               control=sum(suspicious for _, suspicious in round_1.values()))
claims.measure("C04.12", "loss of one batch under two softmaxes minus its floor log(1 "
               "+ 9/e), nats", alone["two softmaxes"]["overfit one batch"][0] - floor,
               between=(-1e-4, 0.2), control=round_5["overfit one batch"][0] - floor)
claims.measure("C04.12", "validation accuracy, all repaired minus all but one",
               history["axes right"][1] - history["labels matched"][1], above=0.3,
               control=history["labels matched"][1] - history["as found"][1])

# %% [markdown]
# A check that stays silent at its own fault, or cries at another's, would have refuted the table. What follows is an order of work, before any tuning: look at pictures with labels; the loss at the start; one batch; neighbours; the two sources of input. Only then the learning rate.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## What the article says, and what was measured

# %% slideshow={"slide_type": "fragment"}
claims.report()

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Exercises
#
# **1. Recall.** Five house prices are 1, 2, 2, 3 and 12 (in 100,000 €). Which constant does the absolute error choose, and which the squared error? Give the pair as a list.

# %%
answer_1 = ...
exercises.check(answer_1, [2, 4],
                hints={(4, 2): "That is mean first, median second: the absolute error "
                       "chooses the median."})

# %% [markdown]
# <details><summary>Solution</summary>
#
# The median, 2, and the mean, $20/5 = 4$: `[2, 4]`. The one expensive house pulls the mean above four of the five prices.
#
# </details>
#
# **2. Calculate.** A classifier of 1,000 classes starts with a loss of $6.9$. Which loss did you expect (two decimals)? Is this one suspicious?

# %%
answer_2 = ...
exercises.check(answer_2, math.log(1000), tolerance=1e-3,
                hints={3.0: "That is the logarithm to base 10; losses are in nats.",
                       2.303: "That is for 10 classes."})

# %% [markdown]
# <details><summary>Solution</summary>
#
# $\log 1000 = 6.91$ nats: just as it should be.
#
# </details>
#
# **3. Experiment.** With 40 % of the labels wrong at random, which number of passes is best, and can you find it *without* clean labels, from held-out examples whose labels are wrong just as often?
#
# <details><summary>Solution</summary>
#
# Fit five networks with `labels[:, 10:15]` for one pass at a time, and after each predict the clean validation digits, and the same digits with `with_wrong_labels(..., 0.4, "any", seed)`. The accuracy on wrong held-out labels is lower (a right answer counts as an error in 40 % of the cases), but
# independent mistakes lower it for all networks alike: it is about $0.6a + 0.4(1-a)/9$ for a clean accuracy $a$, which rises with $a$. So its highest point is at the same pass, up to chance, and early stopping needs no clean labels.
#
# </details>
#
# **4. Explain.** Your colleague standardises with the mean and deviation of all data and defends it with this chapter. She also fills in missing values with the mean *of the same class*. Which of the two do you object to?
#
# <details><summary>Solution</summary>
#
# The second. The mean of all rows tells next to nothing about any one label; the mean of the class *is* the label, written into the features, for every row that had a missing value, test rows among them. In use the class is not known, so the value can't be filled in that way at all.
#
# </details>
#
# **5. Open.** Take a series in time (chapter 07 has some; a random walk will do), predict each value from its two neighbours in time, and split once at random and once by time. Which of the two scores would you show to someone who has to forecast?
#
# <details><summary>Solution</summary>
#
# Split at random, the test value lies between two training values, and interpolating it is easy. Split by time, there is no right-hand neighbour. Only the second asks the question that a forecast has to answer. The leak has the same root as the copies: neighbours in time are near-copies of one another.
#
# </details>

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Terms
#
# | English | 中文 | in one line |
# | --- | --- | --- |
# | loss function | 损失函数 | what training makes small; usually a negative log-likelihood |
# | likelihood | 似然 | the probability (density) of the data, as a function of the model |
# | squared error, absolute error | 平方误差、绝对误差 | losses of Gaussian and of Laplace noise |
# | cross-entropy | 交叉熵 | minus the logarithm of the probability of what happened |
# | training, validation, test data | 训练集、验证集、测试集 | for weights; for choices; for the report |
# | overfitting | 过拟合 | small error on training data, large on others |
# | data leakage | 数据泄漏 | training or choosing has seen what should be unknown |
# | class imbalance | 类别不平衡 | one class is much rarer than another |
# | recall, balanced accuracy | 召回率、平衡准确率 | the share of positives found; the mean of the classes' shares |
# | label noise | 标签噪声 | some of the labels are wrong |
# | calibration | 校准 | being right as often as one is sure |
# | temperature scaling | 温度缩放 | dividing the logits by one fitted number |
# | shuffle buffer | 乱序缓冲区 | the part of a stream among which the next example is drawn |
# | prefetching | 预取 | preparing the next batch during the present step |
#
# ## Further reading
#
# - C. Bishop, *Pattern Recognition and Machine Learning*, 2006, chapters 1.2.5 and 3.1: losses from likelihoods, with all steps.
# - P. Huber, [Robust estimation of a location parameter](https://doi.org/10.1214/aoms/1177703732), 1964: why squared in the middle and straight outside is the best compromise.
# - C. Zhang et al., [Understanding deep learning requires rethinking generalization](https://arxiv.org/abs/1611.03530), 2017: networks that learn random labels.
# - S. Kapoor & A. Narayanan, [Leakage and the reproducibility crisis in machine-learning-based science](https://doi.org/10.1016/j.patter.2023.100804), 2023: leaks found in published work, by kind.
# - A. Blum & M. Hardt, [The ladder](https://arxiv.org/abs/1502.04585), 2015: how a leaderboard is climbed by luck, and how to build one that can't be.
# - A. Menon et al., [Long-tail learning via logit adjustment](https://arxiv.org/abs/2007.07314), 2021: thresholds for rare classes, with theory.
# - C. Guo et al., [On calibration of modern neural networks](https://arxiv.org/abs/1706.04599), 2017: reliability diagrams and temperature; look at its figure 4.
# - A. Karpathy, [A recipe for training neural networks](https://karpathy.github.io/2019/04/25/recipe/), 2019: the search for faults, at length.
