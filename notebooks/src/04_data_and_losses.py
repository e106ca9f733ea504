# %% [markdown] slideshow={"slide_type": "slide"}
# # Chapter 04 · Data and losses · 数据与损失函数
#
# What a loss says about your data, what a score on data is worth, and how to find out why a network won't
# train.

# %% [markdown] slideshow={"slide_type": "subslide"}
# **After this chapter you can**
#
# - feed a Keras model through a `tf.data` pipeline, and score it with `evaluate` and `predict`;
# - choose a loss by the noise in your data;
# - split data so that a score means something, cross-validate, and put a number on a leak;
# - read ROC and precision-recall curves, handle rare classes, wrong labels and overconfidence;
# - notice when the data in use are no longer those of the training;
# - search for a fault in a training project step by step.

# %% [markdown] slideshow={"slide_type": "notes"}
# **You need** chapters 01 and 02; means, variances and logarithms.
#
# **Time** about a minute to run on two cores; about four hours to read and try, with the exercises. Most sections
# can be read by themselves.
#
# **摘要**
#
# 损失函数是负对数似然：选哪种损失，就是假设数据服从哪种噪声；交叉熵等于熵加 KL 散度，分类时它对“自信的错误”给出的梯度远大于平方误差。
#
# 训练误差不能说明模型对新数据的好坏，要靠没有参与训练和选择的数据；本章做交叉验证，并用数字衡量各种数据泄漏与训练和使用之间的数据偏移。
#
# 之后讨论类别不平衡与 ROC 曲线、标签噪声、概率校准、`tf.data` 数据管道，最后一步步查出一个网络训练不起来的原因。

# %% slideshow={"slide_type": "skip"} tags=["hide-input"]
import functools
import math
import pathlib
import tempfile
import time

import keras
import numpy as np
import tensorflow as tf
from keras import layers
from sklearn import metrics as sklearn_metrics

from dlcourse import checks, datasets, exercises, reproducibility, show, training
from dlcourse.claims import Claims
from dlcourse.datasets import records, splitting
from dlcourse.experiments import memory_limit
from dlcourse.figures import charts, classification, image_grid
from dlcourse.figures import data as drawings
from dlcourse.from_scratch import losses, penalized_regression
from dlcourse.measured import Measured, mask
from dlcourse.metrics import calibration
from dlcourse.metrics import classification as classification_metrics
from dlcourse.models.stacked import feed_forward
from dlcourse.training import repeats

reproducibility.start(seed=4)
claims = Claims("04")

# %% [markdown] slideshow={"slide_type": "slide"}
# ## From a table to a score: does the order of the steps matter? · 从表格到分数：步骤的先后顺序重要吗？
#
# Data reach a network in steps: read, shuffle, divide into batches, transform, hand over. `tf.data` writes each step as
# a method of a dataset.
#
# **Predict before you run.** The numbers 0 to 9 in batches of two, `shuffle(10).batch(2)` or `batch(2).shuffle(10)`.
# Which of the two can put 3 and 7 into one batch?

# %% slideshow={"slide_type": "subslide"}
numbers = tf.data.Dataset.range(10)
shuffled_first = numbers.shuffle(10, seed=1).batch(2)
batched_first = numbers.batch(2).shuffle(10, seed=1)
for data in (shuffled_first, batched_first):
    print([batch.tolist() for batch in data.as_numpy_iterator()])

# %% [markdown]
# <details><summary>Your prediction</summary>
#
# Only the first. In the second whole batches change places, and 0 stays with 1 in every epoch. "Both" is a common
# guess, since both results look mixed.
#
# </details>

# %% [markdown] slideshow={"slide_type": "subslide"}
# | step | what it does | where it belongs |
# | --- | --- | --- |
# | `shuffle(n)` | gives out one of the next `n` examples | before `batch` |
# | `batch(n)` | stacks `n` examples: (30,) becomes (n, 30) | before a `map` that can take whole batches |
# | `map(f)` | applies a function of TensorFlow operations | after `batch`: one call for each batch |
# | `prefetch(n)` | prepares the next `n` batches during a step | last |
#
# The table here has 30 measurements of the cell nuclei of a breast tumour per row. Which tumours are malignant (label 0 of this
# table)?

# %% slideshow={"slide_type": "skip"}
table = datasets.load("breast_cancer")            # .train.x: (rows, 30)


def prepared(x, y):
    """Logarithms of the columns (batch, 30); 1 for malignant (batch, 1)."""
    return tf.math.log1p(x), tf.cast(y[:, None] == 0, tf.float32)


def pipeline(split, batch_size=32, shuffle=False):
    """A dataset of batches; shuffled anew in each epoch, or in order."""
    data = tf.data.Dataset.from_tensor_slices((split.x, split.y))
    if shuffle:
        data = data.shuffle(len(split), seed=4)
    return data.batch(batch_size).map(prepared).prefetch(1)

# %% slideshow={"slide_type": "subslide"} tags=["hide-input"]
drawings.pipeline(
    [("rows of\nthe table", "(30,)", "data"), ("shuffle", "(30,)", "plain"),
     ("batch", "(32, 30)", "plain"), ("map:\nlogarithm", "(32, 30)", "plain"),
     ("prefetch", "(32, 30)", "plain"), ("Normali-\nzation", "(32, 30)", "weights"),
     ("Dense 16\nReLU", "(32, 16)", "weights"), ("Dense 1", "(32, 1)", "weights")],
    "From the table to the logit",
    caption="The pipeline (white) and the model (grey). Shapes of what is handed on "
    "stand beside the arrows; Normalization has learnt its numbers from training rows.")

# %% [markdown] slideshow={"slide_type": "notes"}
# `Normalization` is a layer: `adapt` goes through data once and keeps each column's mean and variance, so that scaling
# travels with the model. A column of 10, 12 and 14 has mean 12 and deviation $1.633$, and 14 becomes
# $(14 - 12)/1.633 = 1.22$. It is given *training* rows.

# %% [markdown] slideshow={"slide_type": "notes"}
# One output unit gives a **logit**, the logarithm of the odds: $z = \log \frac{p}{1 - p}$, so that
# $p = \sigma(z) = 1/(1 + e^{-z})$. A logit of 0 means one half, 2 means $0.88$, −4 means $0.018$. Keras' loss is told that it gets
# logits.

# %% slideshow={"slide_type": "skip"}
scaling = layers.Normalization()
scaling.adapt(pipeline(table.train).map(lambda x, y: x))


def classifier(scaling, seed=1):
    """A network from 30 columns to the logit of "malignant"."""
    start = [keras.initializers.GlorotUniform(seed) for _ in range(2)]
    return keras.Sequential([
        keras.Input((30,)),
        scaling,
        layers.Dense(16, "relu", kernel_initializer=start[0]),
        layers.Dense(1, kernel_initializer=start[1]),
    ])

# %% slideshow={"slide_type": "subslide"}
network = classifier(scaling)
network.compile(
    keras.optimizers.Adam(1e-2),
    keras.losses.BinaryCrossentropy(from_logits=True),
    metrics=[keras.metrics.BinaryAccuracy("accuracy", threshold=0),
             keras.metrics.AUC(from_logits=True, name="auc")])
new_rows = pipeline(table.validation)
network.fit(pipeline(table.train, shuffle=True), epochs=20,
            shuffle=False,              # the pipeline does it already
            validation_data=new_rows, verbose=0)
scores = network.evaluate(new_rows, return_dict=True, verbose=0)
found = network.predict(new_rows, verbose=0)        # logits (rows, 1)

# %% tags=["hide-input"]
checks.equal("accuracy by evaluate, and by predict", scores["accuracy"],
             np.mean((found[:, 0] > 0) == (table.validation.y == 0)))
show.markdown(f"On {len(table.validation)} validation rows, one training: loss "
              f"{Measured(scores['loss']):.3f} nats, accuracy "
              f"{Measured(scores['accuracy']):.1%}, AUC {Measured(scores['auc']):.3f}. "
              "(What AUC is, a later section says.)")

# %% [markdown] slideshow={"slide_type": "skip"}
# What did `fit` do? The loop, written out:

# %% slideshow={"slide_type": "skip"}
def loop(model, data, epochs, optimizer):
    loss = keras.losses.BinaryCrossentropy(from_logits=True)
    for _ in range(epochs):
        for x, y in data:                                    # a batch
            with tf.GradientTape() as tape:
                value = loss(y, model(x, training=True))
            gradients = tape.gradient(value, model.trainable_variables)
            optimizer.apply(gradients, model.trainable_variables)

# %% [markdown] slideshow={"slide_type": "skip"}
# `training.fit` runs the same loop compiled, takes arrays or a `tf.data.Dataset`, and asks for an *objective*: a function
# of model and batch that gives the loss, and a dictionary of metrics. On the same batches in the same order, from the same
# start, all three end in the same weights:

# %% slideshow={"slide_type": "skip"}
def yes_or_no(model, batch, training):
    x, y = batch
    loss = keras.losses.BinaryCrossentropy(from_logits=True)
    return loss(y, model(x, training=training)), {}


by_keras, by_loop, by_course = (classifier(scaling) for _ in range(3))
by_keras.compile(keras.optimizers.SGD(0.1),
                 keras.losses.BinaryCrossentropy(from_logits=True))
by_keras.fit(pipeline(table.train), epochs=3, shuffle=False, verbose=0)
loop(by_loop, pipeline(table.train), 3, keras.optimizers.SGD(0.1))
training.fit(by_course, yes_or_no, pipeline(table.train), epochs=3,
             optimizer=keras.optimizers.SGD(0.1))

# %% slideshow={"slide_type": "skip"} tags=["hide-input"]
def flat(model):
    return np.concatenate([np.ravel(weight) for weight in model.trainable_weights])


checks.equal("weights by fit, and by the loop", flat(by_keras), flat(by_loop),
             rtol=1e-4, atol=1e-5)
checks.equal("weights by fit, and by training.fit", flat(by_keras), flat(by_course),
             rtol=1e-4, atol=1e-5)

# %% [markdown] slideshow={"slide_type": "skip"}
# | Keras says | `training.fit` says | the loop does |
# | --- | --- | --- |
# | `compile(optimizer, loss, metrics)` | `optimizer=`, an objective that returns loss and metrics | `loss(y, model(x))`, `optimizer.apply` |
# | `fit(data, epochs)` | `training.fit(model, objective, data, epochs=)` | two `for` loops and a tape |
# | `validation_data` | `validation=` | the loss on other data after each epoch |
# | `evaluate`, `predict` | `training.evaluate`, `training.predict` | `model(x, training=False)`, batch by batch |

# %% [markdown] slideshow={"slide_type": "slide"}
# ## What does a loss believe about your data? · 损失函数对数据作了什么假设？
#
# A loss measures the gap between prediction and truth. There are many ways to measure a gap. Where do the usual
# ones come from?
#
# **Predict before you run.** Five people wait for a bus, for 1, 2, 3, 5 and 20 minutes. You may report one number $c$.
# Which $c$ makes the mean *squared* error smallest, and which the mean *absolute* error? The last one's watch was
# broken: it was 2,000 minutes. How far do your two numbers move?

# %% [markdown] slideshow={"slide_type": "subslide"}
# You say that rain has probability 0.8, and it rains: the *likelihood* of what happened is 0.8. Two such days have
# $0.8 \cdot 0.8 = 0.64$, and minus the logarithm turns the product into a sum, $0.22 + 0.22$. In general: suppose that the model's output $\hat y$ fixes a distribution $p(y \mid \hat y)$ of what may be observed.
# The likelihood of $n$ independent observations is a product, so its negative logarithm is a sum. That sum is
# the loss:
#
# $$-\log \prod_{i=1}^{n} p(y_i \mid \hat y_i) = \sum_{i=1}^{n} \underbrace{-\log p(y_i \mid \hat y_i)}_{\text{loss of one example}}$$
#
# Write down a density, drop what doesn't depend on $\hat y$, and a familiar loss is left.

# %% [markdown] slideshow={"slide_type": "notes"}
# | distribution of $y$ | $-\log p(y \mid \hat y)$, up to a factor and a constant | loss |
# | --- | --- | --- |
# | Gaussian | $(y - \hat y)^2$ | squared error |
# | Laplace | $\lvert y - \hat y \rvert$ | absolute error |
# | Gaussian, with Laplace's tails beyond $\delta$ | $\frac12 (y - \hat y)^2$ inside, $\delta \lvert y - \hat y \rvert - \frac12 \delta^2$ outside | Huber |
# | yes or no, with probability $\hat y$ of yes | $-y \log \hat y - (1 - y) \log(1 - \hat y)$ | cross-entropy |
# | counts with mean $\hat y$ | $\hat y - y \log \hat y$ | Poisson |
#
# Choosing a loss is stating what the noise looks like.

# %% [markdown] slideshow={"slide_type": "skip"}
# By hand, each loss is one value and one slope, for example Huber's:

# %% slideshow={"slide_type": "skip"} tags=["hide-input"]
show.source(losses.huber)

# %% [markdown] slideshow={"slide_type": "skip"}
# Keras has the same five. Given the same predictions and targets, ours and Keras' agree to rounding:

# %% slideshow={"slide_type": "skip"}
random = np.random.default_rng(0)
rates, counts = random.uniform(0.1, 5, 1000), random.poisson(2.0, 1000) * 1.0
shares, yes = random.uniform(0.01, 0.99, 1000), random.integers(0, 2, 1000) * 1.0
pairs = [(losses.squared_error, "mean_squared_error", rates, counts),
         (losses.absolute_error, "mean_absolute_error", rates, counts),
         (losses.huber(1.0), "huber", rates, counts),
         (losses.cross_entropy, "binary_crossentropy", shares, yes),
         (losses.poisson, "poisson", rates, counts)]
for loss, name, prediction, target in pairs:
    keras_loss = getattr(keras.losses, name)
    checks.equal(f"{loss.name}, and keras.losses.{name}",
                 keras_loss(target[:, None], prediction[:, None]).numpy(),
                 loss(prediction, target), rtol=1e-5, atol=1e-5)

# %% [markdown] slideshow={"slide_type": "skip"}
# Now the buses. With one parameter $c$ for all examples a loss is a curve, and we can look at its lowest point. For
# cross-entropy the data are answers instead, three yes and two no, and $c$ is the probability of yes.

# %% slideshow={"slide_type": "skip"}
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

# %% slideshow={"slide_type": "subslide"} tags=["hide-input"]
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
               for setting in settings], figsize=(7.4, 5.2), columns=3,
             caption="Mean loss against one parameter (the data are the small ticks). "
             "Five losses, and on the same waiting times three different "
             f"answers: {', '.join(answers)}.",
             alt=f"Five curves of a mean loss against a constant c, each with its "
             f"minimum marked: {', '.join(answers)}.")

# %% [markdown] slideshow={"slide_type": "notes"}
# Setting the slope to zero says why. For the squared error $\sum_i 2(c - y_i) = 0$ gives the **mean**, $6.2$.
# For the absolute error each point pulls with the same force, $\sum_i \operatorname{sign}(c - y_i) = 0$,
# which gives the **median**, $3$. Huber's loss lies between; with $\delta = 2$ the balance is at $10/3$.
# Cross-entropy gives the **share** of yes, and Poisson's loss the **mean**. On the grid above, to its spacing
# of $0.001$:

# %% slideshow={"slide_type": "notes"}
statistics = [waits.mean(), np.median(waits), 10 / 3,
              yes_no.mean(), waits.mean()]
checks.equal("where each loss is smallest, and its statistic",
             [best for best, _ in lowest], statistics, atol=1e-3)

# %% [markdown] slideshow={"slide_type": "subslide"}
# <details><summary>Your prediction</summary>
#
# Mean and median. If you thought that the broken watch would move both a little: that takes a loss for a
# ruler on which all errors count alike. The pull of one example on the squared error grows with its distance,
# without limit. The median stays where it is as long as the last wait is the longest.
#
# </details>

# %% tags=["hide-input"]
broken = np.array([1.0, 2.0, 3.0, 5.0, 2000.0])
show.table([["mean: squared error", f"{waits.mean():.1f}", f"{broken.mean():.1f}"],
            ["median: absolute error", f"{np.median(waits):.1f}",
             f"{np.median(broken):.1f}"]],
           ["best c (minutes)", "last wait 20", "last wait 2,000"])

# %% [markdown]
# *The loss decides which question about the data the network answers*: trained with squared error it
# estimates the mean of what may happen, trained with absolute error the median.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Squared error or cross-entropy: which one for classes? · 分类该用平方误差还是交叉熵？
#
# Both are smallest at the right probability. So does it matter which of them a classifier is trained with?
#
# **Predict before you run.** A picture shows an eight, and the network gives the eight a probability of 0.018. Which loss
# pulls harder at that mistake, and by what factor? And trained on 1,000 digits, each loss at its best learning rate: how
# many points of accuracy lie between the two?

# %% [markdown] slideshow={"slide_type": "subslide"}
# With $z = -4$ and the answer yes, $p = \sigma(-4) = 0.018$:
#
# | loss | its value | its slope $d/dz$ |
# | --- | --- | --- |
# | cross-entropy, $-\log p$ | $4.02$ | $p - 1 = -0.98$ |
# | squared error, $(1 - p)^2$ | $0.96$ | $-2 (1-p)\, p (1-p) = -0.035$ |
#
# The slope of $\sigma$ is $p(1-p)$. Cross-entropy divides it out, since $d(-\log p)/dp = -1/p$; the squared error keeps
# it, and is nearly flat where the network is *sure and wrong*.

# %% slideshow={"slide_type": "skip"}
z = tf.Variable(-4.0)
with tf.GradientTape(persistent=True) as tape:
    p = tf.sigmoid(z)
    values = {"cross-entropy": -tf.math.log(p), "squared error": (1 - p) ** 2}
slopes = {name: tape.gradient(value, z) for name, value in values.items()}
checks.equal("slopes by the formulas, and by the tape",
             [float(slope) for slope in slopes.values()],
             [float(p) - 1, -2 * (1 - float(p)) ** 2 * float(p)], rtol=1e-5)

# %% slideshow={"slide_type": "notes"} tags=["hide-input"]
line = np.linspace(-8, 8, 161)
chance = 1 / (1 + np.exp(-line))
charts.row(
    lambda ax: charts.curves(line, {"cross-entropy": -np.log(chance),
                                    "squared error": (1 - chance) ** 2},
                             "logit of the right class", "loss", "Loss", ax=ax),
    lambda ax: charts.curves(line, {"cross-entropy": 1 - chance,
                                    "squared error": 2 * (1 - chance) ** 2 * chance},
                             "logit of the right class", "size of the slope",
                             "Pull on the logit", ax=ax),
    caption="Left the two losses, right how hard they pull. The squared error lets go "
    "of what is far on the wrong side (left end).",
    alt="Left: cross-entropy grows in a straight line for negative logits, squared "
    "error levels off at 1. Right: the slope of cross-entropy stays near 1 for "
    "negative logits, that of the squared error goes to 0 on both sides.")

# %% [markdown] slideshow={"slide_type": "skip"}
# In Keras the loss is one argument of `compile`. The squared error compares probabilities, so that the model gets a sigmoid at its end:

# %% slideshow={"slide_type": "skip"}
squared = keras.Sequential([classifier(scaling), layers.Activation("sigmoid")])
squared.compile(keras.optimizers.Adam(1e-2), keras.losses.MeanSquaredError(),
                metrics=[keras.metrics.BinaryAccuracy("accuracy"),
                         keras.metrics.AUC(name="auc")])
squared.fit(pipeline(table.train, shuffle=True), epochs=20, shuffle=False, verbose=0)
by_squares = squared.evaluate(new_rows, return_dict=True, verbose=0)

# %% slideshow={"slide_type": "skip"} tags=["hide-input"]
both = {"cross-entropy": scores, "squared error": by_squares}
show.table([[name, f"{Measured(one['accuracy']):.1%}", f"{Measured(one['auc']):.3f}"]
            for name, one in both.items()],
           ["tumours, one training each", "accuracy", "AUC"])

# %% [markdown] slideshow={"slide_type": "skip"}
# One training of each says little. So ten classes of digits: ten logits $z_k$, of which *softmax* makes probabilities,
# $p_k = e^{z_k} / \sum_j e^{z_j}$ (logits 2, 0, 0 give $0.79, 0.11, 0.11$). And networks side by side, one for each loss, learning rate and seed; a network's loss times its rate, under a step
# size of 1, is gradient descent at that rate. In the second experiment each network starts *sure and wrong*: the bias of
# class 0 begins at 12, so that every picture is called a zero with nearly all its probability.

# %% slideshow={"slide_type": "skip"}
class two_losses:
    """Each network's loss times its rate: squared error of the probabilities where
    ``squared``, else cross-entropy; both sums over classes, means over examples."""

    def __init__(self, squared, rates):
        self.squared, self.rates = tf.constant(squared), tf.constant(rates, tf.float32)

    def __call__(self, model, batch, training):
        x, y = batch
        logits = model(x[None], training=training)           # (networks, batch, 10)
        target = tf.one_hot(y, 10)
        nats = -tf.reduce_sum(target * tf.nn.log_softmax(logits), axis=-1)
        squares = tf.reduce_sum((tf.nn.softmax(logits) - target) ** 2, axis=-1)
        loss = tf.where(self.squared[:, None], squares, nats)
        return tf.reduce_sum(self.rates * tf.reduce_mean(loss, axis=1)), {}

# %% slideshow={"slide_type": "skip"}
def small(images):
    """Images float32 (n, 28, 28, 1) as rows of 14 by 14 pixel means, (n, 196)."""
    return images.reshape(-1, 14, 2, 14, 2).mean(axis=(2, 4)).reshape(-1, 196)


mnist = datasets.load("mnist")
thousand = mnist.train.take(1000, seed=1)
step_sizes = 2.0 ** np.arange(-6, 2)
# where class 0's bias starts
biases = {"usual start": 0.0, "sure and wrong at the start": 12.0}
trials = [(bias, squared, rate, seed) for bias in biases.values()
          for squared in (False, True) for rate in step_sizes for seed in range(5)]

# %% slideshow={"slide_type": "skip"}
def by_loss(trials, epochs=10):
    """Accuracy on validation digits, (trials,), of networks side by side."""
    bias, squared, rates, seeds = zip(*trials, strict=True)
    model = feed_forward.mlp(seeds, (196,), 10, hidden=[32])
    last = model.get_layer("logits").bias                    # (networks, 1, 10)
    last.assign(np.where(np.arange(10) == 0, np.reshape(bias, (-1, 1, 1)), 0.0))
    training.fit(model, two_losses(squared, rates), (small(thousand.x), thousand.y),
                 epochs=epochs, batch_size=50,
                 optimizer=keras.optimizers.SGD(1.0, momentum=0.9))
    logits = training.predict(model, small(mnist.validation.x))
    return feed_forward.accuracies(logits, mnist.validation.y)


# by start: (losses, rates, seeds)
starts = dict(zip(biases, by_loss(trials).reshape(2, 2, -1, 5), strict=True))

# %% slideshow={"slide_type": "notes"} tags=["hide-input"]
charts.row(
    *[lambda ax, name=name: charts.curves(
        step_sizes, {"cross-entropy": 100 * starts[name][0],
                     "squared error": 100 * starts[name][1]},
        "learning rate", "accuracy (%)", name.capitalize(), xscale="log", ylim=(0, 100),
        ax=ax) for name in starts],
    caption="Accuracy on validation digits after 10 passes over 1,000 digits, 5 "
    "seeds. The squared error wants a larger rate; what it does at none of these rates "
    "is leave a wrong certainty behind.",
    alt="Two panels of accuracy against learning rate for both losses, from the usual "
    "start and from a start that is sure and wrong.")

# %% slideshow={"slide_type": "skip"}
def best_rates(found):
    """Per loss, the rate that is best on seeds 0 to 4."""
    return step_sizes[found.mean(axis=2).argmax(axis=1)]                   # (2,)


finals = [(bias, squared, rate, seed) for name, bias in biases.items()
          for squared, rate in zip((False, True), best_rates(starts[name]), strict=True)
          for seed in range(5, 10)]
# by start: (losses, seeds 5 to 9)
best_at = dict(zip(biases, by_loss(finals).reshape(2, 2, 5), strict=True))

# %% slideshow={"slide_type": "subslide"} tags=["hide-input"]
show.table([[name, *[f"{Measured(row):.1%}" for row in at],
             f"{Measured(100 * (at[0] - at[1])):.1f} points"]
            for name, at in best_at.items()],
           ["start", "cross-entropy", "squared error", "difference"],
           "Accuracy, each at its best rate (chosen on 5 seeds, judged on 5 others)")

# %% [markdown] slideshow={"slide_type": "fragment"}
# <details><summary>Your prediction</summary>
#
# A factor of 28, and from the usual start no difference in accuracy that five seeds can show. The common guess for the second is "several
# points". A fresh network is unsure of everything, where both losses pull, and a larger rate makes up for the weaker
# pull. What no rate tried here mends is a wrong certainty.
#
# </details>

# %% slideshow={"slide_type": "notes"} tags=["hide-input"]
claims.measure("C04.1", "a start that is sure and wrong: accuracy by cross-entropy "
               "minus by squared error, each at its best rate (control: usual start)",
               lambda start, place: best_at[start][0, place]
                                    - best_at[start][1, place],
               of=[("sure and wrong at the start", place) for place in range(5)],
               control=[("usual start", place) for place in range(5)], above=0.2)

# %% [markdown] slideshow={"slide_type": "notes"}
# What follows: for classes take cross-entropy, and look at mistakes made with certainty, which a squared error leaves where they are. As a *score* of
# probabilities the squared error is fine: it is known as Brier's score.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## What does a wrong belief cost, in bits? · 错误的信念要付出多少比特？
#
# On new data cross-entropy hardly ever reaches zero. What is the part that no network can take away, and what the rest?
#
# **Predict before you run.** Each day is sunny, cloudy, rainy or snowy, with probabilities 1/2, 1/4, 1/8, 1/8. You telegraph the
# weather in zeros and ones. How few per day can it be on average? And how many more if you believe that all four are
# equally likely?

# %% [markdown] slideshow={"slide_type": "subslide"}
# Write sunny as 0, cloudy 10, rainy 110, snowy 111: as many signs as $-\log_2 p$, which are 1, 2, 3, 3. The mean is
# $\frac12 \cdot 1 + \frac14 \cdot 2 + \frac18 \cdot 3 + \frac18 \cdot 3 = 1.75$ **bits**. Believing in four equal
# chances, you give each 2 signs: $0.25$ bits wasted per day.
#
# $$\underbrace{-\sum_k p_k \log q_k}_{\text{cross-entropy } H(p, q)} = \underbrace{-\sum_k p_k \log p_k}_{\text{entropy } H(p)} + \underbrace{\sum_k p_k \log \frac{p_k}{q_k}}_{\text{KL divergence}}$$
#
# $p$ is how things are, $q$ what is believed. With $\log_2$ the unit is the bit, with the natural logarithm the **nat**: 1 bit is $\log 2 = 0.693$
# nats. Keras counts in nats.

# %% slideshow={"slide_type": "skip"}
weather = np.array([1/2, 1/4, 1/8, 1/8])
beliefs = {"the truth": weather, "all four alike": np.full(4, 1/4),
           "the truth, reversed": weather[::-1]}


def bits(p, q):
    """(entropy of p, KL divergence of q from p), in bits."""
    return -(p * np.log2(p)).sum(), (p * np.log2(p / q)).sum()


costs = {name: bits(weather, q) for name, q in beliefs.items()}
keras_nats = [float(keras.losses.CategoricalCrossentropy()(weather[None], q[None]))
              for q in beliefs.values()]
checks.equal("Keras' cross-entropy, and entropy + KL in nats", keras_nats,
             [sum(pair) * math.log(2) for pair in costs.values()], rtol=1e-5)

# %% slideshow={"slide_type": "subslide"} tags=["hide-input"]
drawings.code_lengths(
    costs, "A day's weather by telegraph",
    caption="Bits per day: what the weather itself needs (grey), and what a wrong "
    "belief adds (hatched). The KL divergence is never below zero, and zero for the "
    "truth alone.")

# %% [markdown]
# <details><summary>Your prediction</summary>
#
# $1.75$, and $0.25$ more. "2 signs, since there are four kinds of weather" is the common guess for the first: it is right only
# if all are equally likely.
#
# </details>

# %% [markdown] slideshow={"slide_type": "notes"}
# For a network, $p$ is the true share of the classes among all pictures that look like this one. Training can make the KL part
# small. The entropy is in the labels: where labellers disagree, it stays. If 20 % of labels are random among 10, a loss of 0 on new
# data is impossible, whatever the network. Order matters: $\text{KL}(p \| q)$ is an average over what *happens*, and infinite where
# $q$ says "impossible" to something that does.

# %% [markdown] slideshow={"slide_type": "skip"}
# ## Does the wrong loss cost much? · 选错损失函数，代价大吗？
#
# Each loss fits one kind of noise. If you choose another, does that spoil the result, or hardly matter?
#
# **Predict before you run.** A curve is fitted to 80 noisy points, many times over. Under Gaussian noise, how
# much larger is the error of the fit if you use the absolute error in place of the squared? And if a tenth of the points
# have ten times the noise, how much larger with the squared error than with Huber's?

# %% [markdown] slideshow={"slide_type": "skip"}
# The model is $\hat y(x) = \exp(w_0 + w_1 P_1(x) + w_2 P_2(x) + w_3 P_3(x))$, with Legendre polynomials $P_k$. Gradients by hand:
# $\partial \hat y / \partial w_k = \hat y\, P_k(x)$, times the slope of the loss. All data sets are fitted at once:
# `y` has shape (sets, examples), the weights (sets, 4).

# %% slideshow={"slide_type": "skip"}
def fit_curves(loss, x, y, steps=400, learning_rate=0.1):
    """Weights (sets, 4) fitted to y (sets, examples) by Adam; learning rate to 0."""
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
        weights -= learning_rate * (1 - step / steps) ** 2 * mean_slope / deviation
    return weights

# %% slideshow={"slide_type": "skip"}
def scatter(noise, truth, sets, random):
    """Data sets (sets, examples) scattered about a true curve (examples,)."""
    shape = (sets, len(truth))
    if noise == "Laplace":
        # standard deviation 0.5, as the Gaussian's
        return truth + random.laplace(0, 0.5 / math.sqrt(2), shape)
    if noise == "outliers":
        return truth + random.normal(0, np.where(random.random(shape) < 0.1, 5.0, 0.5))
    return truth + random.normal(0, 0.5, shape)


def distance_from_truth(noise, loss, x, truth, seeds=range(10), sets=20):
    """Mean squared distance of the fits from the true curve, one value per seed (of
    ``sets`` data sets)."""
    y = np.concatenate([scatter(noise, truth, sets, np.random.default_rng(seed))
                        for seed in seeds])
    fits = np.exp(fit_curves(loss, x, y) @ np.polynomial.legendre.legvander(x, 3).T)
    squares = ((fits - truth) ** 2).mean(axis=1)                   # (seeds * sets,)
    return Measured(squares.reshape(len(seeds), sets).mean(axis=1))

# %% slideshow={"slide_type": "skip"}
points = np.linspace(-1, 1, 80)
true_curve = np.exp(0.7 + 1.4 * points - 0.3 * points**2)
candidates = {"squared": losses.squared_error, "absolute": losses.absolute_error,
              "Huber": losses.huber(0.5)}           # δ: the Gaussian's deviation
noises = ["Gaussian", "Laplace", "outliers"]
distances = {(noise, name): distance_from_truth(noise, loss, points, true_curve)
             for noise in noises for name, loss in candidates.items()}

# %% slideshow={"slide_type": "skip"} tags=["hide-input"]
show.table([[noise, *[str(distances[noise, name]) for name in candidates]]
            for noise in noises], ["noise", *[f"{name} loss" for name in candidates]],
           "Mean squared distance from the true curve, 10 seeds of 20 data sets")

# %% slideshow={"slide_type": "skip"} tags=["hide-input"]
def draw_fits(noise, x, truth, candidates, ax):
    y = scatter(noise, truth, 1, np.random.default_rng(3))
    ax.plot(x, y[0], ".", color="0.5", markersize=4)
    ax.plot(x, truth, "--", color="black", linewidth=1, label="truth")
    for name, loss in candidates.items():
        weights = fit_curves(loss, x, y)[0]
        ax.plot(x, np.exp(np.polynomial.legendre.legval(x, weights)),
                label=f"{name} loss")
    ax.set(xlabel="x", ylabel="y", title=noise, ylim=(-3, 12))
    ax.legend(loc="upper left")

# %% slideshow={"slide_type": "skip"} tags=["hide-input"]
charts.row(lambda ax: draw_fits("Gaussian", points, true_curve, candidates, ax),
             lambda ax: draw_fits("outliers", points, true_curve, candidates, ax),
             caption="The same curve under Gaussian noise, and with a tenth of the "
             "points ten times as far off (some lie outside the "
             "picture). Left the three fits are close. Right the squared error follows "
             "the outliers.",
             alt="Two scatter plots with three fitted curves each. Under Gaussian "
             "noise all lie near the true curve; with outliers "
             "the curve of the squared error departs from it.")

# %% slideshow={"slide_type": "skip"} tags=["hide-input"]
claims.measure("C04.2", "a tenth of outliers: squared distance from the truth by "
               "Huber's over that by squared loss (control: Gaussian noise)",
               lambda noise, seed: distances[noise, "Huber"].values[seed]
                                   / distances[noise, "squared"].values[seed],
               of=[("outliers", seed) for seed in range(10)],
               control=[("Gaussian", seed) for seed in range(10)], below=0.5)

# %% [markdown] slideshow={"slide_type": "skip"}
# <details><summary>Your prediction</summary>
#
# A common guess is that a wrong loss ruins everything, or that it doesn't matter unless there are outliers. For Gaussian noise
# and many points theory gives the absolute error a factor of $\pi / 2 \approx 1.57$ ([Koenker & Bassett
# 1978](https://doi.org/10.2307/1913643)). With outliers the squared error is several times worse than Huber's.
#
# </details>

# %% [markdown] slideshow={"slide_type": "skip"}
# What follows: with measuring errors that are sometimes wild, take Huber's loss, which costs little where the noise is Gaussian. And not the
# absolute error for small counts, since it estimates their median, which needn't be their mean.

# %% [markdown] slideshow={"slide_type": "skip"}
# ## Can a loss be below zero? · 损失可以小于零吗？
#
# The article, section 2.4: 「损失函数通常是一个非负数，当模型输出与真实值越接近时，损失值越小，反之亦然」: a loss is usually a non-negative number;
# the closer output and truth, the smaller it is, and the reverse.
#
# **Predict before you run.** A network learns the mean *and* the spread of a length in metres, by negative
# log-likelihood, and its loss on new data comes out as −1.5. Is that a bug? Somebody changes the unit to
# millimetres, and the same predictions have a loss of +5.4. Which of the two is the better model?

# %% [markdown] slideshow={"slide_type": "skip"}
# The article names two losses, squared error and cross-entropy. For these the sentence holds by definition: both are
# functions of the distance from the truth that are 0 at 0 and grow. So predictions come in the same order by distance
# and by loss:

# %% slideshow={"slide_type": "skip"} tags=["hide-input"]
guesses = np.random.default_rng(0).uniform(0.01, 0.99, 2000)
for loss in (losses.squared_error, losses.cross_entropy):
    checks.equal(f"order of 2,000 predictions of a yes, by distance and by {loss.name}",
                 np.argsort(loss(guesses, np.ones(2000))), np.argsort(1 - guesses))

# %% [markdown] slideshow={"slide_type": "skip"}
# **The rule for the verdict** asks about a loss of which this isn't known beforehand: a density whose spread the
# network learns. Lengths are standardised (mean 0, deviation 1 on the training data), as one would for training.
# Quantities, on new lengths: the share of losses that are not negative, and the share of pairs of predictions in
# which the one nearer to its truth has the smaller loss. "Usually" is taken as *more than half* for the first; the
# second part of the sentence has no such word, and nine pairs in ten are asked for.

# %% slideshow={"slide_type": "skip"} tags=["hide-input"]
claims.rule("A2.4.2", {
    "holds": lambda not_negative, in_order:
        not_negative.low > 0.5 and in_order.low > 0.9,
    "does not hold for a learned spread": lambda not_negative, in_order:
        not_negative.high < 0.5 or in_order.high < 0.9,
    "not settled": True,
}, made_up={
    "holds": {"not_negative": [0.7, 0.72, 0.69], "in_order": [0.95, 0.96, 0.95]},
    "does not hold for a learned spread":
        {"not_negative": [0.7, 0.72, 0.69], "in_order": [0.7, 0.72, 0.69]},
    "not settled": {"not_negative": [0.4, 0.6, 0.5], "in_order": [0.95, 0.96, 0.95]},
})

# %% [markdown] slideshow={"slide_type": "skip"}
# A probability is at most 1, so minus its logarithm is at least 0. A *density* is probability per unit, and
# has no such limit: lengths that scatter by $\sigma = 0.1$ m have a density of $3.99$ per metre at their mean, and
# $-\log 3.99 = -1.38$. The Gaussian's is
#
# $$p(y \mid \mu, \sigma) = \frac{1}{\sigma \sqrt{2\pi}}\, e^{-(y - \mu)^2 / 2\sigma^2}, \qquad -\log p = \frac{(y-\mu)^2}{2\sigma^2} + \log \sigma + \tfrac12 \log 2\pi,$$
#
# above 1 at its peak as soon as $\sigma < 1/\sqrt{2\pi} \approx 0.4$. A network with two outputs, $\mu$ and
# $\log \sigma$, is trained by it. The scatter of its lengths grows from 2 cm on the left to 10 cm on the
# right.

# %% [markdown] slideshow={"slide_type": "skip"}
# Five networks side by side, each with its own data: `x` (examples, networks, 1). The networks' axis is the first inside the
# model: outputs (networks, batch, 2).

# %% slideshow={"slide_type": "skip"}
def gaussian_likelihood(model, batch, training):
    """Minus the log-density of y (batch, networks), nats; summed over networks so
    that each trains alone."""
    x, y = (keras.ops.swapaxes(part, 0, 1) for part in batch)  # (networks, batch, ...)
    mean, log_sigma = tf.unstack(model(x, training=training), axis=-1)
    squares = tf.square((y - mean) / tf.exp(log_sigma))
    nats = 0.5 * squares + log_sigma + 0.5 * math.log(2 * math.pi)
    return tf.reduce_sum(tf.reduce_mean(nats, axis=1)), {}


def side_by_side(parts):
    """Stack what each network sees: a list of (x, y) to x (examples, networks, ...), y
    (examples, networks)."""
    return tuple(np.stack(arrays, axis=1) for arrays in zip(*parts, strict=True))

# %% slideshow={"slide_type": "skip"}
def lengths(seed, examples):
    """x float32 (examples, 1), y float32 (examples,) in metres."""
    random = np.random.default_rng(seed)
    x = random.uniform(-1, 1, examples)
    y = 0.3 * np.sin(3 * x) + random.normal(0, 0.06 + 0.04 * x)
    return x[:, None].astype("float32"), y.astype("float32")

# %% slideshow={"slide_type": "skip"}
two_outputs = feed_forward.mlp(range(5), (1,), 2, hidden=[32], activation="tanh",
                             shared=False)
training.fit(two_outputs, gaussian_likelihood,
             side_by_side([lengths(seed, 400) for seed in range(5)]),
             epochs=150, batch_size=50, optimizer=keras.optimizers.Adam(0.01))
new_x, new_y = side_by_side([lengths(1000 + seed, 1000) for seed in range(5)])
outputs = training.predict(two_outputs, new_x).astype("float64")
mean, log_sigma = outputs[..., 0], outputs[..., 1]           # (examples, networks)
metres = losses.gaussian(mean, new_y, np.exp(log_sigma))
millimetres = losses.gaussian(1000 * mean, 1000.0 * new_y, 1000 * np.exp(log_sigma))

# %% slideshow={"slide_type": "skip"} tags=["hide-input"]
charts.band(new_x[:300, 0, 0], new_y[:300, 0], mean[:300, 0],
              np.exp(log_sigma[:300, 0]), "A network that predicts its own error",
              "x", "length (m)", truth=0.3 * np.sin(3 * new_x[:300, 0, 0]),
              caption="New data and what one of the networks says about them. It has "
              "learnt where the scatter is wide and where it is narrow.")

# %% slideshow={"slide_type": "skip"} tags=["hide-input"]
show.markdown(f"""
Loss on new data: {Measured(metres.mean(axis=0), "nats")} with lengths in metres,
{Measured(millimetres.mean(axis=0), "nats")} with the same lengths
and the same predictions in millimetres. For every example the
change of unit adds log 1000 = {math.log(1000):.4f}.
""")

# %% slideshow={"slide_type": "skip"} tags=["hide-input"]
checks.equal("loss in millimetres, and in metres plus log 1000",
             millimetres, metres + math.log(1000), rtol=1e-6, atol=1e-6)

# %% [markdown] slideshow={"slide_type": "skip"}
# <details><summary>Your prediction</summary>
#
# No bug, and neither is better: it is one model. A density has a unit (here 1/m and 1/mm), so its logarithm
# has no natural zero. The common guess, that the smaller loss belongs to the better model, is right only
# within one unit.
#
# </details>

# %% slideshow={"slide_type": "skip"}
def in_order(distance, loss):
    """The share of pairs (neighbouring rows) in which the nearer prediction has the
    smaller loss, one value per network."""
    nearer = distance[0::2] < distance[1::2]
    return np.mean(nearer == (loss[0::2] < loss[1::2]), axis=0)


deviations = np.array([lengths(seed, 400)[1].std() for seed in range(5)])
# a deviation of the lengths as the unit
standardised = losses.gaussian(mean / deviations, new_y / deviations,
                               np.exp(log_sigma) / deviations)

# %% slideshow={"slide_type": "skip"} tags=["hide-input"]
claims.verdict("A2.4.2", not_negative=(standardised >= 0).mean(axis=0),
               in_order=in_order(np.abs(mean - new_y), standardised))

# %% [markdown] slideshow={"slide_type": "skip"}
# Where the network has learnt a wide spread, it forgives more: a large distance there can cost less than a small one
# where it promised to be exact.
#
# What about the losses that Keras has? We draw 2,000 targets with two predictions each and ask 18 of them, each on
# data that it is made for; *nearer* is measured by the sum of absolute differences. No experiment, only arithmetic:

# %% slideshow={"slide_type": "skip"}
def triples(kind, random, n=2000):
    """Targets and two predictions for each, float (3, n, 1), or (3, n, 5)."""
    if kind == "vectors":
        return random.normal(size=(3, n, 5))
    if kind == "classes":
        return np.stack([np.eye(5)[random.integers(0, 5, n)],
                         *random.dirichlet(np.ones(5), (2, n))])
    low, high = {"signs": (-2, 2), "yes or no": (0.01, 0.99)}.get(kind, (0.1, 5))
    truth = {"numbers": random.uniform(0.1, 5, n), "counts": random.poisson(2.0, n),
             "signs": random.choice([-1, 1], n), "yes or no": random.integers(0, 2, n)}
    return np.stack([truth[kind], *random.uniform(low, high, (2, n))])[..., None]

# %% slideshow={"slide_type": "skip"}
keras_losses = {
    "numbers": ["MeanSquaredError", "MeanAbsoluteError", "MeanAbsolutePercentageError",
                "MeanSquaredLogarithmicError", "Huber", "LogCosh"],
    "vectors": ["CosineSimilarity"], "counts": ["Poisson"],
    "signs": ["Hinge", "SquaredHinge"],
    "yes or no": ["BinaryCrossentropy", "BinaryFocalCrossentropy"],
    "classes": ["CategoricalCrossentropy", "CategoricalFocalCrossentropy",
                "KLDivergence", "CategoricalHinge", "Dice", "Tversky"]}

# %% slideshow={"slide_type": "skip"}
def keras_loss(name, truth, prediction):
    """One loss per row, float64 (n,)."""
    options = {"axis": -1} if name in ("Dice", "Tversky") else {}
    loss = getattr(keras.losses, name)(reduction="none", **options)
    return loss(truth.astype("float32"), prediction.astype("float32")).numpy() * 1.0

def census(name, kind, seed):
    """(smallest loss, share of pairs in which the nearer has the larger loss)."""
    truth, *predictions = triples(kind, np.random.default_rng(seed))
    values = [keras_loss(name, truth, prediction) for prediction in predictions]
    far = [np.abs(prediction - truth).sum(axis=-1) for prediction in predictions]
    nearer_first = far[0] < far[1]
    excess = np.where(nearer_first, values[0] - values[1], values[1] - values[0])
    return min(map(np.min, values)), np.mean(excess > 1e-6)

# %% slideshow={"slide_type": "skip"} tags=["hide-input"]
found = {name: census(name, kind, 0)
         for kind, names in keras_losses.items() for name in names}
exceptions = {name: values for name, values in found.items()
              if values[0] < -1e-6 or values[1] >= 0.01}
show.table([[name, mask(f"{smallest:.2f}"), mask(f"{share:.0%}")]
            for name, (smallest, share) in exceptions.items()],
           ["loss", "smallest value", "pairs out of order"],
           f"{len(exceptions)} of {len(found)} losses break a half of the sentence. "
           "Out of order: the nearer prediction has the larger loss")

# %% [markdown] slideshow={"slide_type": "skip"}
# Poisson's loss leaves out a constant, so that at a perfect prediction of 3 it is $3 - 3 \log 3 \approx -0.30$, and it
# forgives predictions above the truth more than those below; the hinge stops counting once the sign is safe; cosine
# similarity has a minus in front and looks at directions alone.

# %% [markdown] slideshow={"slide_type": "skip"}
# So a negative loss is no alarm where the model predicts a density, where Keras leaves a constant out, or where the loss
# is a similarity with a minus. A negative cross-entropy is one.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## What does the training error tell? · 训练误差说明了什么？
#
# The gradient comes from the training error. Does the same number say how good the model is?
#
# **Predict before you run.** We fit polynomials of degree 0 to 15 to 20 points. As the degree grows, what
# happens to the error on these 20 points, and what to the error on new points from the same source? Draw both
# curves.

# %% [markdown] slideshow={"slide_type": "notes"}
# The article, section 2.4: 「训练数据集主要用于计算模型的输出值，并据此确定误差值。不同的误差值反映了模型预测值与真实值之间的偏差程度」: the training data serve to
# compute the model's outputs and so the error; errors reflect how far predictions are from the truth.
#
# **The rule for the verdict** is applied to networks that are chosen as one chooses them: each is trained on 300 digits of
# its own with 2, 8, 32 and 128 hidden units, and the width with the fewest errors on 2,000 held-out digits of its own is
# taken. New digits come from other writers: 1,250 of MNIST's test digits for each
# ([LeCun et al. 1998](https://doi.org/10.1109/5.726791) kept the writers of training and test data apart). How much larger
# is the share of errors on new digits than on the training digits (*above training*), and than on the held-out digits
# (*above held out*)? The sentence *holds* if the first is within three points; it *holds when held-out data is used* if
# the first is larger, and the second is within three points; it *does not hold* if both are larger, as they would be
# if other people's handwriting were much harder to read.

# %% slideshow={"slide_type": "notes"} tags=["hide-input"]
claims.rule("A2.4.1", {
    "holds": lambda above_training, above_held_out:
        above_training.low > -0.03 and above_training.high < 0.03,
    "holds when held-out data is used": lambda above_training, above_held_out:
        above_training.low > 0.03
        and above_held_out.low > -0.03 and above_held_out.high < 0.03,
    "does not hold": lambda above_training, above_held_out:
        min(above_training.low, above_held_out.low) > 0.03,
    "not settled": True,
}, made_up={
    "holds": {"above_training": [0.0, 0.005, 0.0], "above_held_out": [0.0, 0.01, 0.0]},
    "holds when held-out data is used":
        {"above_training": [0.2, 0.21, 0.19], "above_held_out": [0.0, 0.01, 0.0]},
    "does not hold":
        {"above_training": [0.2, 0.21, 0.19], "above_held_out": [0.1, 0.11, 0.1]},
    "not settled":
        {"above_training": [0.0, 0.1, 0.02], "above_held_out": [0.0, 0.01, 0.0]},
})

# %% slideshow={"slide_type": "skip"}
def points_about_a_sine(seed, examples):
    """x, y float64 (examples,): y = sin 3x and Gaussian noise of 0.3."""
    random = np.random.default_rng(seed)
    x = random.uniform(-1, 1, examples)
    return x, np.sin(3 * x) + random.normal(0, 0.3, examples)


def polynomial(degree, x, y):
    """The least-squares polynomial, as a function."""
    return np.polynomial.Legendre.fit(x, y, degree, domain=[-1, 1])

# %% slideshow={"slide_type": "skip"}
def polynomial_errors(seed, degrees):
    """Mean squared errors (degrees, 3) on 20 training, 20 validation and 1,000 test
    points."""
    parts = [points_about_a_sine(4 * seed + part, examples)
             for part, examples in enumerate([20, 20, 1000])]
    parts = [(np.polynomial.legendre.legvander(x, max(degrees)), y) for x, y in parts]
    basis, y = parts[0]
    fits = [np.linalg.lstsq(basis[:, : degree + 1], y, rcond=None)[0]
            for degree in degrees]
    return np.array([[np.mean((basis[:, : len(fit)] @ fit - y) ** 2)
                      for basis, y in parts] for fit in fits])

# %% slideshow={"slide_type": "skip"}
degrees = list(range(16))
# (seeds, degrees, 3)
errors = np.stack([polynomial_errors(seed, degrees) for seed in range(300)])

# %% slideshow={"slide_type": "skip"}
def draw_polynomials(data, degrees, ax):
    line = np.linspace(-1, 1, 400)
    ax.plot(*data, ".", color="0.3")
    ax.plot(line, np.sin(3 * line), "--", color="black", linewidth=1, label="truth")
    for degree in degrees:
        ax.plot(line, polynomial(degree, *data)(line), label=f"degree {degree}")
    ax.set(xlabel="x", ylabel="y", title="Three fits to 20 points", ylim=(-2.2, 2.2))
    ax.legend()

# %% slideshow={"slide_type": "subslide"} tags=["hide-input"]
named = {name: np.log10(errors[..., part]).T
         for part, name in enumerate(["training", "validation", "test"])}
charts.row(lambda ax: draw_polynomials(points_about_a_sine(0, 20), [1, 4, 15], ax),
             lambda ax: charts.curves(degrees, named, "degree",
                                        "log10 of the mean squared error",
                                        "Errors as the model grows", ax=ax),
             caption="Left: too stiff, about right, too flexible. Right, over 300 "
             "draws: the error on the training points only falls; the error on "
             "points that were not used is smallest at degree 3, then climbs by "
             "powers of ten.",
             alt="Left, polynomials of degree 1, 4 and 15 through 20 points. Right, "
             "training error falling with the degree, "
             "validation and test error falling to degree 3 and then "
             "rising steeply.")

# %% [markdown] slideshow={"slide_type": "subslide"}
# <details><summary>Your prediction</summary>
#
# The error on the 20 points only falls: a larger family of functions contains the smaller one, so its best
# fit is never worse *on the points it was fitted to*. The error on new points is smallest at a degree in between, and
# then grows. A common guess is that it levels off.
#
# </details>

# %% [markdown]
# So a falling training error can't say where to stop. Hence three sets of data:
#
# | data | what it decides | how often it may be looked at |
# | --- | --- | --- |
# | training | the weights | always |
# | validation | everything else: size, learning rate, when to stop | often, but each look costs a little |
# | test | nothing; it reports | once |

# %% [markdown] slideshow={"slide_type": "notes"}
# Here the validation points choose the degree, and the test points say what the choice is worth. The chosen
# degree is the one that looked best on the validation points, so its validation error flatters it:

# %% slideshow={"slide_type": "skip"}
chosen = errors[:, :, 1].argmin(axis=1)           # by validation, one degree per seed
at_choice = errors[np.arange(len(errors)), chosen]                          # (seeds, 3)

# %% slideshow={"slide_type": "notes"} tags=["hide-input"]
show.markdown(f"""
The chosen polynomial, over 300 draws: mean squared error
{Measured(at_choice[:, 0]):.3f} on training data,
{Measured(at_choice[:, 1]):.3f} on validation data,
{Measured(at_choice[:, 2]):.3f} on test data. The noise alone is $0.3^2 = 0.09$; on
average no polynomial has less on new data.
""")

# %% [markdown] slideshow={"slide_type": "skip"}
# ## Can a network learn labels that mean nothing? · 网络能学会毫无意义的标签吗？
#
# Thirteen networks of each width, side by side: eight on 300 digits each (14 by 14 pixels), no digit in two
# networks' data; and five on the digits of the first five, their labels *shuffled*, so that there is nothing
# to learn.
#
# **Predict before you run.** Which training error will a network of 128 hidden units reach on shuffled
# labels: about 90 % (guessing), 50 %, or 0 %?

# %% slideshow={"slide_type": "skip"}
def classifiers(parts, seeds, hidden, classes=10, learning_rate=2e-3, **settings):
    """Classifiers trained side by side, each on its own (x, y[, weights]) of parts;
    then ready for shared inputs."""
    data = side_by_side(parts)
    apart = feed_forward.mlp(seeds, (data[0].shape[-1],), classes, hidden=hidden,
                             shared=False)
    training.fit(apart, feed_forward.classification(), data,
                 optimizer=keras.optimizers.Adam(learning_rate), **settings)
    together = feed_forward.mlp(seeds, (data[0].shape[-1],), classes, hidden=hidden)
    together.set_weights(apart.get_weights())
    return together

# %% slideshow={"slide_type": "skip"}
train_rows = np.random.default_rng(0).permutation(len(mnist.train.x))
test_rows = np.random.default_rng(0).permutation(len(mnist.test.x))


def own_digits(number):
    """300 training digits, 2,000 held-out digits, and 1,250 new ones by other writers;
    none in another number's."""
    first, last = train_rows[2300 * number :], test_rows[1250 * number :]
    chosen = [(mnist.train, first[:300]), (mnist.train, first[300:2300]),
              (mnist.test, last[:1250])]
    return [(small(split.x[rows]), split.y[rows]) for split, rows in chosen]


def error_rates(width, own, labels):
    """Share of errors on training, held-out and new digits, float (3, networks)."""
    data = side_by_side([(parts[0][0], y)
                         for parts, y in zip(own, labels, strict=True)])
    model = feed_forward.mlp(range(len(own)), (196,), 10, hidden=[width], shared=False)
    training.fit(model, feed_forward.classification(), data, epochs=40, batch_size=50,
                 optimizer=keras.optimizers.Adam(0.01))
    others = [side_by_side([parts[k] for parts in own]) for k in (1, 2)]
    return 1 - np.stack([feed_forward.accuracies(training.predict(model, x), y)
                         for x, y in [data, *others]])

# %% slideshow={"slide_type": "skip"}
own = [own_digits(number) for number in [*range(8), *range(5)]]
true = [parts[0][1] for parts in own[:8]]
shuffled = [np.random.default_rng(seed).permutation(true[seed]) for seed in range(5)]
widths = [2, 8, 32, 128]
errors_by_width = np.stack([error_rates(width, own, true + shuffled)
                            for width in widths])         # (widths, 3, 13 networks)

# %% slideshow={"slide_type": "skip"} tags=["hide-input"]
parts = ["training", "held out", "new"]
true_labels = {name: errors_by_width[:, part, :8] for part, name in enumerate(parts)}
wrong_labels = {name: errors_by_width[:, part, 8:] for part, name in enumerate(parts)}
places = [str(width) for width in widths]
charts.row(lambda ax: charts.curves(places, true_labels, "hidden units",
                                        "share of errors", "True labels", ax=ax),
             lambda ax: charts.curves(places, wrong_labels, "hidden units",
                                        "share of errors", "Shuffled labels", ax=ax),
             caption="Errors of networks trained on 300 digits each. On shuffled "
             "labels a wide network makes no error on the data it has seen, and "
             "guesses on new ones.",
             alt="Two line charts of error against hidden units for training, "
             "held-out and new data. With true labels training error falls to zero "
             "and the held-out errors lie well above; with shuffled labels training "
             "error also falls to near zero while the held-out errors stay at chance.")

# %% [markdown] slideshow={"slide_type": "skip"}
# <details><summary>Your prediction</summary>
#
# 0 %. If you said 90 %: a network with many more weights than examples can store them like a list ([Zhang et al.
# 2017](https://arxiv.org/abs/1611.03530)). **A training error of zero is what you see when all was learnt,
# and what you see when nothing was.**
#
# </details>

# %% slideshow={"slide_type": "skip"} tags=["hide-input"]
rows = [[f"{width} units", *[f"{Measured(errors_by_width[k, part, :8]):.1%}"
                             for part in range(3)]] for k, width in enumerate(widths)]
show.table(rows, ["true labels", "training", "held out", "new writers"],
           "Share of errors, eight networks, each with its own digits")

# %% slideshow={"slide_type": "skip"} tags=["hide-input"]
best_width = errors_by_width[:, 1, :8].argmin(axis=0)        # by held-out digits
at_best = errors_by_width[best_width, :, np.arange(8)]                   # (8, 3)
claims.verdict("A2.4.1", above_training=at_best[:, 2] - at_best[:, 0],
               above_held_out=at_best[:, 2] - at_best[:, 1])

# %% [markdown] slideshow={"slide_type": "skip"}
# The sentence is right about the training error's part in the work: gradients come from it. For networks that
# can store their data it doesn't say how far new predictions are from the truth, nor which width is better. Held-out
# data say both here, within three points, also for other people's handwriting.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## 60 patients: how much is one score worth? · 只有 60 个病人：一次评分可信吗？
#
# With few examples a held-out fifth is a dozen. The score then depends on which dozen it is.
#
# **Predict before you run.** 60 rows of the tumour table. One split, 48 to train and 12 to score: how far is that score from the
# truth, on average? And the mean of five scores, each on another fifth (*five-fold cross-validation*): as far, half as far, or a
# fifth?

# %% [markdown] slideshow={"slide_type": "subslide"}
# **$k$-fold cross-validation**: divide the rows into $k$ parts. Train $k$ times, each time without one part, and score on
# that part. Every row is held out exactly once; the estimate is the mean of the $k$ scores. Scores of 12/12, 11/12, 12/12, 10/12
# and 11/12 give $56/60 = 0.933$.
#
# In the experiment the truth is known well enough: 395 other rows are left (the test rows stay untouched), and a classifier that learnt from all 60
# is scored on them.

# %% slideshow={"slide_type": "skip"}
columns = np.log1p(np.concatenate([table.train.x, table.validation.x]))
signs = np.where(np.concatenate([table.train.y, table.validation.y]) == 1, 1.0, -1.0)


def held_out_score(x, y, train, test):
    """Accuracy of a linear classifier; scaled by its own training rows."""
    mean, deviation = x[train].mean(axis=0), x[train].std(axis=0)
    weights = penalized_regression.linear_classifier((x[train] - mean) / deviation,
                                                     y[train])
    return classification_metrics.linear_accuracy(weights, (x[test] - mean) / deviation,
                                                  y[test])

# %% slideshow={"slide_type": "skip"}
def folds(rows, k):
    """k pairs (training rows, held-out rows); each row is held out once."""
    parts = np.array_split(rows, k)
    return [(np.setdiff1d(rows, part), part) for part in parts]


def estimates(x, y, seed, examples=60, k=5):
    """Distance from the truth of one split's score, of the mean over k
    folds, and of the mean over k splits drawn anew."""
    random = np.random.default_rng(seed)
    rows = random.permutation(len(x))
    mine, rest = rows[:examples], rows[examples:]
    truth = held_out_score(x, y, mine, rest)
    by_fold = [held_out_score(x, y, *pair) for pair in folds(mine, k)]
    drawn = [folds(random.permutation(mine), k)[0] for _ in range(k)]
    by_draw = [held_out_score(x, y, *pair) for pair in drawn]
    found = np.array([by_fold[0], np.mean(by_fold), np.mean(by_draw)])
    return np.abs(found - truth)

# %% slideshow={"slide_type": "skip"}
estimated = np.array([estimates(columns, signs, seed) for seed in range(500)])

# %% slideshow={"slide_type": "subslide"} tags=["hide-input"]
drawings.folds(5, "Five-fold cross-validation of 60 rows",
               scores=["12/12", "11/12", "12/12", "10/12", "11/12"],
               caption="Five trainings, five parts held out in turn; the scores are "
               "those of the example, 56 of 60.")

# %% slideshow={"slide_type": "subslide"} tags=["hide-input"]
names = ["one split", "five folds", "five splits drawn anew"]
show.table([[name, f"{Measured(100 * estimated[:, place]):.1f}"]
            for place, name in enumerate(names)],
           ["estimate", "distance from the truth, points of accuracy"],
           "500 draws of 60 rows, linear classifiers")

# %% [markdown]
# <details><summary>Your prediction</summary>
#
# About half as far. "A fifth" would need errors that cancel one another more than by chance. Scores of five
# independent parts scatter $1/\sqrt 5 = 0.45$ times as much as one.
#
# </details>

# %% slideshow={"slide_type": "notes"} tags=["hide-input"]
claims.measure("C04.11", "60 rows: how much farther from the truth than five folds an "
               "estimate is: one split (control: the mean of five splits drawn anew)",
               lambda way, seed: estimated[seed, way] - estimated[seed, 1],
               of=[(0, seed) for seed in range(500)],
               control=[(2, seed) for seed in range(500)], above=0.02)

# %% [markdown] slideshow={"slide_type": "notes"}
# Most of the gain comes from averaging five scores; that every row is held out exactly once gives the rest. Two warnings. The five classifiers share most of their training rows, so an interval computed from five scores as if they
# were independent tends to be too narrow ([Bengio & Grandvalet 2004](https://www.jmlr.org/papers/v5/grandvalet04a.html)). And whatever is *fitted*, scaling and choice of features too, is fitted anew within each fold.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Which leaks into training matter? · 哪些数据泄漏真的要紧？
#
# Data that should be unknown can get into training in many ways. Textbooks forbid them all. But do they all matter?
#
# **Predict before you run.** Put these five in order, from the one that flatters the score most to the one that flatters it least:
#
# 1. *Selection*: out of 2,000 features of pure noise, keep the 20 that correlate best with the label; then split.
# 2. *Standardising*: subtract mean and divide by deviation of *all* data; then split.
# 3. *Filling gaps*: each missing value becomes the mean of *all* rows of the column; then split.
# 4. *Copies*: five slightly different copies of each image; then split.
# 5. *A feature from the future*: a column that was filled in when the answer was known.

# %% [markdown] slideshow={"slide_type": "skip"}
# Each leak is measured against the same work done properly, on the same draw: *inflation* = score with the leak − score without it. The
# linear classifier is least squares on labels ±1, with a small penalty that is the same everywhere:

# %% slideshow={"slide_type": "skip"} tags=["hide-input"]
show.source(penalized_regression.linear_classifier,
            classification_metrics.most_correlated)

# %% slideshow={"slide_type": "skip"}
def score(x, y, train, test):
    weights = penalized_regression.linear_classifier(x[train], y[train])
    return classification_metrics.linear_accuracy(weights, x[test], y[test])


def selection(seed, examples=100, features=2000, keep=20, hide=False):
    """(with the leak, without): features of noise chosen by all rows, or by the
    training rows alone; ``hide`` shuffles the test labels before they are looked at."""
    random = np.random.default_rng(seed)
    x = random.normal(size=(examples, features))
    y = random.choice([-1.0, 1.0], examples)
    train, test = splitting.split(examples, 0.5, seed)
    seen = y.copy()
    if hide:
        seen[test] = random.permutation(seen[test])
    columns = [classification_metrics.most_correlated(x[rows], seen[rows], keep)
               for rows in (np.arange(examples), train)]
    return [score(x[:, kept], y, train, test) for kept in columns]

# %% slideshow={"slide_type": "skip"}
def standardising(seed, x, y, examples=120):
    """Mean and deviation of all rows, or of the training rows alone."""
    rows = np.random.default_rng(seed).choice(len(x), examples, replace=False)
    train, test = splitting.split(examples, 0.5, seed)
    x, y = x[rows], y[rows]
    return [score((x - x[of].mean(axis=0)) / x[of].std(axis=0), y, train, test)
            for of in (np.arange(examples), train)]

# %% slideshow={"slide_type": "skip"}
def filling(seed, x, y, examples=120, missing=0.3, own_class=False):
    """Gaps filled with the mean of all rows (or of all rows of the same class), or of
    the training rows alone."""
    random = np.random.default_rng(seed)
    rows = random.choice(len(x), examples, replace=False)
    train, test = splitting.split(examples, 0.5, seed)
    gaps = random.random((examples, x.shape[1])) < missing
    x, y = np.where(gaps, np.nan, x[rows]), y[rows]
    honest = np.nanmean(x[train], axis=0)
    leaking = np.nanmean(x, axis=0)[None].repeat(examples, axis=0)
    if own_class:
        leaking = np.where(y[:, None] > 0, np.nanmean(x[y > 0], axis=0),
                           np.nanmean(x[y < 0], axis=0))
    filled = [np.where(np.isnan(x), by, x) for by in (leaking, honest)]
    return [score((one - one[train].mean(axis=0)) / one[train].std(axis=0),
                  y, train, test) for one in filled]

# %% slideshow={"slide_type": "skip"}
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

# %% [markdown] slideshow={"slide_type": "skip"}
# The copies are for networks: 100 digits, five copies of each with a little noise, as augmentation makes them. `groups` says which digit a copy comes from.
# With it, all copies of one digit land on the same side; without it, a test image has its twins among the training data.
# A split by image has another advantage besides the twins: copies of nearly all 100 digits are in its training part, a
# split by digit has those of 80. So a third way divides four copies of 125 digits by digit: 100 digits to learn from.

# %% slideshow={"slide_type": "skip"}
def with_copies(seed, x, y, originals=100, copies=5):
    """Copies x (originals * copies, features), y, and the digit each comes from."""
    random = np.random.default_rng(seed)
    rows = random.choice(len(x), originals, replace=False).repeat(copies)
    noisy = x[rows] + random.normal(0, 0.1, (len(rows), x.shape[1]))
    return noisy.astype("float32"), y[rows], rows

# %% slideshow={"slide_type": "skip"}
WAYS = [(100, 5, False), (100, 5, True), (125, 4, True)]  # digits, copies, by digit?


def copies(seeds, x, y, ways=WAYS):
    """Accuracies (seeds, ways) of networks on 400 training images, all side by side:
    split image by image, digit by digit, and digit by digit with 100 to learn from."""
    parts, tests = [], []
    for seed in seeds:
        for originals, number, by_digit in ways:
            images, labels, origin = with_copies(seed, x, y, originals, number)
            train, test = splitting.split(len(images), 0.2, seed,
                                          groups=origin if by_digit else None)
            parts.append((images[train], labels[train]))
            tests.append((images[test], labels[test]))
    apart = feed_forward.mlp(np.repeat(seeds, len(ways)).tolist(), (x.shape[1],), 10,
                             hidden=[64], shared=False)
    training.fit(apart, feed_forward.classification(), side_by_side(parts), epochs=40,
                 batch_size=50, optimizer=keras.optimizers.Adam(3e-3))
    x_test, y_test = side_by_side(tests)
    found = feed_forward.accuracies(training.predict(apart, x_test), y_test)
    return found.reshape(-1, len(ways))

# %% slideshow={"slide_type": "skip"}
tumours, patients, digits = (datasets.load(name).train
                             for name in ["breast_cancer", "diabetes", "digits"])
cells = (tumours.x.astype(float), np.where(tumours.y == 1, 1.0, -1.0))
worse = np.where(patients.y > np.median(patients.y), 1.0, -1.0)
people = (patients.x.astype(float), worse)
draws = range(20)
scores = {"selection": np.array([selection(seed) for seed in draws]),
          "standardising": np.array([standardising(seed, *cells) for seed in draws]),
          "filling gaps": np.array([filling(seed, *cells) for seed in draws]),
          "copies": copies(draws, digits.x.reshape(-1, 64), digits.y),
          "a feature from the future":
              np.array([future(seed, *people) for seed in draws])}

# %% slideshow={"slide_type": "skip"} tags=["hide-input"]
inflation = {name: Measured(values[:, 0] - values[:, 1])
             for name, values in scores.items()}
show.table([[name, f"{Measured(values[:, 0]):.1%}", f"{Measured(values[:, 1]):.1%}",
             f"{inflation[name]:.1%}"] for name, values in scores.items()],
           ["leak", "score with it", "score without it", "inflation"],
           "Accuracy on held-out data, with 95 % intervals over seeds.")

# %% slideshow={"slide_type": "subslide"} tags=["hide-input"]
charts.bars({name: {"with the leak": Measured(values[:, 0]),
                      "without it": Measured(values[:, 1])}
               for name, values in scores.items()},
              "What five leaks do to a score", "accuracy on held-out data",
              figsize=(9, 3.8),
              caption="Two of the five leaks hardly move the score; the other three "
              "raise it by far. Selection on noise has nothing to find: its honest "
              "score is a coin's.")

# %% [markdown] slideshow={"slide_type": "subslide"}
# <details><summary>Your prediction</summary>
#
# Selection, then copies and the future column about equal, then the other two, which hardly move the score.
# Standardising is the usual guess for the top: it is the first example in many a warning. But two numbers per
# feature, averaged over all rows, say next to nothing about the label of any one row. (A gap filled with the mean of the row's
# *own class* is another matter: then the label is written into the features.)
#
# </details>

# %% [markdown] slideshow={"slide_type": "notes"}
# **In these five a leak matters by how much it tells about the test *labels*.** Selection looks at the labels outright,
# copies carry them over, and the future column *is* the label in nine rows of ten. Fit means,
# deviations and fillings on training data all the same, since that costs nothing. But look for these three first.

# %% [markdown] slideshow={"slide_type": "notes"}
# Each control changes one thing. Selection: the test labels are shuffled before the features are chosen. Copies: no twins,
# and as many digits to learn from as the leaking split has, which is the other reason that its score could be higher.
# Filling gaps, which says next to nothing about the labels: the same, but with the mean of the
# row's own class.

# %% slideshow={"slide_type": "notes"} tags=["hide-input"]
def inflated_by(scores, row):
    return scores[row][0] - scores[row][1]


blind = [selection(seed, hide=True) for seed in draws]
no_twins = scores["copies"][:, [2, 1]]
own_class = [filling(seed, *cells, own_class=True) for seed in draws]
for name, control, bound in [("selection", blind, {"above": 0.08}),
                             ("copies", no_twins, {"above": 0.08}),
                             ("filling gaps", own_class, {"between": (-0.02, 0.02)})]:
    claims.measure("C04.3", f"inflation of the score by {name}", inflated_by,
                   of=[(scores[name], row) for row in range(len(scores[name]))],
                   control=[(control, row) for row in range(len(control))], **bound)

# %% [markdown] slideshow={"slide_type": "skip"}
# ## Is 99 % good? · 99% 的准确率算好吗？
#
# **Predict before you run.** One picture in a hundred is an eight; a network is to find the eights. It reaches an accuracy of 99.3 %. What share of the eights has it found?

# %% [markdown] slideshow={"slide_type": "skip"}
# Among 1,000 pictures are 10 eights; 6 are found, with 3 false alarms: $993/1000$ right, $6/10$ found. Saying "no"
# always is right in 99 % of the cases. So look at both classes apart: the share of eights that
# are found (*recall*), the share of others that are left alone (*specificity*), and their mean, the *balanced
# accuracy*, which is one half for any constant answer. Two remedies:
#
# - **Class weights**: multiply each example's loss by $1 / (2\pi_c)$, where $\pi_c$ is its class's share.
# - **Threshold**: train as before and change the decision. The network's logit estimates
#   $\log \frac{p(\text{eight} \mid x)}{p(\text{other} \mid x)}$ with the shares of the training data in it. To decide as if both
#   classes were equally common, say "eight" above $\log \frac{\pi}{1 - \pi} = \log \frac{1}{99}$ instead of 0.

# %% slideshow={"slide_type": "skip"}
def rare_eights(split, seed, examples=4000, eights=40):
    """x (examples, 196) and y, 1 for an eight, with that many eights."""
    random = np.random.default_rng(seed)
    rows = np.r_[random.choice(np.flatnonzero(split.y == 8), eights, replace=False),
                 random.choice(np.flatnonzero(split.y != 8), examples - eights,
                               replace=False)]
    rows = random.permutation(rows)
    return small(split.x[rows]), (split.y[rows] == 8).astype("int32")


def weighted(x, y, balance):
    """The same with a weight per example: 1, or so that both classes weigh the same."""
    share = np.where(y == 1, y.mean(), 1 - y.mean())
    return x, y, (0.5 / share if balance else np.ones(len(y))).astype("float32")

# %% slideshow={"slide_type": "skip"}
rare = [rare_eights(mnist.train, seed) for seed in range(5)]


def eight_finders(passes):
    """Logits on validation digits, float (examples, 10 networks): five plain, then
    five with class weights."""
    model = classifiers([weighted(*data, balance) for balance in (False, True)
                         for data in rare], [*range(5)] * 2, [32], classes=2,
                        epochs=passes, batch_size=50)
    outputs = training.predict(model, small(mnist.validation.x))
    return outputs[..., 1] - outputs[..., 0]


logits, early_logits = eight_finders(20), eight_finders(5)
eight = mnist.validation.y == 8

# %% slideshow={"slide_type": "skip"}
def detection(logits, eight, threshold, share=0.01):
    """Recall, specificity, balanced accuracy, and accuracy where ``share`` of all are
    eights; each (networks,)."""
    both = np.array([classification_metrics.recall_and_specificity(column > threshold,
                                                                   eight)
                     for column in logits.T])
    recall, specificity = both.T
    accuracy = share * recall + (1 - share) * specificity
    return recall, specificity, both.mean(axis=1), accuracy

# %% slideshow={"slide_type": "skip"}
def balanced(logits, side):
    """Balanced accuracy, (5,): of plain networks, their threshold moved (side 0), or of
    those with class weights (side 1)."""
    return detection(logits[:, 5 * side : 5 * side + 5], eight,
                     0.0 if side else math.log(1 / 99))[2]


results = {"always no": detection(np.full((5000, 5), -1.0), eight, 0.0),
           "plain": detection(logits[:, :5], eight, 0.0),
           "class weights": detection(logits[:, 5:], eight, 0.0),
           "plain, threshold moved": detection(logits[:, :5], eight, math.log(1 / 99))}

# %% slideshow={"slide_type": "skip"} tags=["hide-input"]
show.table([[name, *[f"{Measured(values):.1%}" for values in found]]
            for name, found in results.items()],
           ["decision", "recall", "specificity", "balanced accuracy",
            "accuracy at 1 % eights"])

# %% [markdown] slideshow={"slide_type": "skip"}
# <details><summary>Your prediction</summary>
#
# Less than one half of them, on average over five networks. The usual guess, 90 % or more, reads accuracy as if it were about the eights, of
# which it says next to nothing.
#
# </details>

# %% slideshow={"slide_type": "skip"} tags=["hide-input"]
thresholds, ticks = np.linspace(-12, 6, 60), [-12, -9, -6, -3, 0, 3, 6]
sweep = np.array([[detection(part, eight, threshold)[2:]
                   for part in (logits[:, :5], logits[:, 5:])]
                  for threshold in thresholds])
sides = [{"plain": sweep[:, 0, k], "class weights": sweep[:, 1, k]} for k in range(2)]
charts.row(lambda ax: charts.curves(thresholds, sides[0], "threshold on the logit",
                                        "balanced accuracy", "What we want",
                                        xticks=ticks, ax=ax),
             lambda ax: charts.curves(thresholds, sides[1], "threshold on the logit",
                                        "accuracy at 1 % eights", "What accuracy shows",
                                        xticks=ticks, ax=ax),
             caption="The same networks at every threshold. Accuracy grows towards the "
             "right, where hardly an eight is found any more; balanced "
             "accuracy has its "
             "best point further left, and further for the plain network than for the "
             "weighted one.",
             alt="Two line charts against the decision threshold. Balanced accuracy "
             "rises to a maximum and falls again, for the plain network to one half; "
             "accuracy at 1 % eights rises and stays high.")

# %% slideshow={"slide_type": "skip"} tags=["hide-input"]
def weights_ahead(logits, seed):
    return balanced(logits, 1)[seed] - balanced(logits, 0)[seed]


claims.measure("C04.5", "balanced accuracy by class weights minus that by the moved "
               "threshold, after 5 passes", weights_ahead,
               of=[(early_logits, seed) for seed in range(5)],
               control=[(logits, seed) for seed in range(5)],           # after 20
               above=0.02)

# %% [markdown] slideshow={"slide_type": "skip"}
# The threshold alone, without training again, finds most of the eights: the plain network knew more about
# them than its decisions showed. Which remedy is better depends on the training:

# %% slideshow={"slide_type": "skip"} tags=["hide-input"]
show.table([[name, *[f"{Measured(balanced(values, side)):.1%}" for side in (0, 1)]]
            for name, values in [("5", early_logits), ("20", logits)]],
           ["passes", "plain, threshold moved", "class weights"], "Balanced accuracy")

# %% [markdown] slideshow={"slide_type": "skip"}
# Here class weights are ahead early in training, and the threshold later. Report recall and
# specificity, never accuracy alone. Choose the threshold by what a miss and a false alarm cost: for $\text{cost of a miss} / \text{cost
# of an alarm} = r$ it is $-\log r$ on a calibrated logit.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## What does a detector do at every threshold? · 一个检测器在所有阈值下表现如何？
#
# A network gives each picture a score for being an eight; a threshold turns scores into decisions. Two curves show all
# thresholds at once.
#
# **Predict before you run.** The eights become ten times rarer in use, and the network stays as it is. Which of these changes:
# recall, the share of false alarms among non-eights, precision?

# %% [markdown] slideshow={"slide_type": "subslide"}
# - **Recall**: the share of the eights that are found. **Precision**: the share of the alarms that are eights.
# - **ROC curve**: recall against the share of non-eights that raise an alarm, as the threshold falls.
# - **AUC**, the area below it: the probability that a random eight scores higher than a random non-eight.
#
# Scores 0.9 (eight), 0.8 (no), 0.7 (eight), 0.3 (no), 0.1 (no) make $2 \cdot 3 = 6$ pairs, and in 5 of them the eight is ahead:
# AUC $= 5/6$. At a threshold of 0.6 there are three alarms, two of them right: recall $2/2$, precision $2/3$.

# %% slideshow={"slide_type": "skip"}
def at_every_threshold(scores, positive):
    """Recall, share of false alarms and precision, (examples,) each: the
    k-th is for a threshold that lets the k highest scores through."""
    order = np.argsort(-scores, kind="stable")
    hits = np.cumsum(positive[order])
    alarms = np.arange(1, len(scores) + 1)
    false = (alarms - hits) / (~positive).sum()
    return hits / positive.sum(), false, hits / alarms

# %% slideshow={"slide_type": "skip"}
eights, others = np.flatnonzero(eight), np.flatnonzero(~eight)
rarer = np.r_[np.random.default_rng(0).choice(eights, len(eights) // 10, replace=False),
              others]
groups = {"one in ten": np.arange(len(eight)), "one in a hundred": rarer}
curves = {name: at_every_threshold(logits[rows, 0], eight[rows])
          for name, rows in groups.items()}

# %% slideshow={"slide_type": "skip"} tags=["hide-input"]
for name, rows in groups.items():
    recall, false, precision = curves[name]
    area = np.trapezoid(np.r_[0, recall], np.r_[0, false])
    checks.equal(f"AUC by area, by pairs, by scikit-learn, eights {name}",
                 [area, classification_metrics.auroc(logits[rows, 0][eight[rows]],
                                                     logits[rows, 0][~eight[rows]])],
                 sklearn_metrics.roc_auc_score(eight[rows], logits[rows, 0]), rtol=1e-6)
    average = np.sum(np.diff(np.r_[0, recall]) * precision)
    checks.equal(f"area below precision and recall, and scikit-learn's, eights {name}",
                 average, sklearn_metrics.average_precision_score(
                     eight[rows], logits[rows, 0]), rtol=1e-6)

# %% slideshow={"slide_type": "subslide"} tags=["hide-input"]
charts.row(
    lambda ax: charts.curves({name: found[1] for name, found in curves.items()},
                             {name: found[0] for name, found in curves.items()},
                             "share of false alarms", "recall", "ROC", ax=ax),
    lambda ax: charts.curves({name: found[0] for name, found in curves.items()},
                             {name: found[2] for name, found in curves.items()},
                             "recall", "precision", "Precision and recall", ax=ax),
    caption="One network, eights one in ten and one in a hundred. The ROC curve "
    "doesn't know how rare they are; precision does.",
    alt="Left: two ROC curves nearly on top of each other, near the upper left corner. "
    "Right: precision against recall, high for one in ten, far lower for one in a "
    "hundred.")

# %% [markdown]
# <details><summary>Your prediction</summary>
#
# Precision alone. Recall and false alarms are shares *within* a class, which don't depend on how common it is. "All three" is a
# common guess; the small difference between the ROC curves is the luck of the eights drawn.
#
# </details>

# %% [markdown] slideshow={"slide_type": "notes"}
# So report the curve that has the question in it: precision, where somebody has to look at every alarm. Keras' `AUC` metric
# approximates the area by 200 thresholds; scikit-learn's takes every score.

# %% [markdown] slideshow={"slide_type": "skip"}
# ## How many wrong labels can a network stand? · 网络能容忍多少错误标签？
#
# **Predict before you run.** In 2,000 digits, 40 % of the labels are replaced by *another digit at random*,
# and a network is trained on them as they are. What accuracy will it have on clean digits: about 60 %, less,
# or more? And if 60 % are wrong, and each wrong label is *the next digit* (a 3 called 4, a 9 called 0)?

# %% slideshow={"slide_type": "skip"}
def with_wrong_labels(y, share, kind, seed, classes=10):
    """Labels of which a share is wrong: "any": each other class is equally likely;
    "next": the following class."""
    random = np.random.default_rng(seed)
    wrong = random.random(len(y)) < share
    step = random.integers(1, classes if kind == "any" else 2, len(y))
    return np.where(wrong, (y + step) % classes, y).astype("int32")

# %% slideshow={"slide_type": "skip"}
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

# %% slideshow={"slide_type": "skip"} tags=["hide-input"]
charts.curves(wrong_shares,
                {"any other digit": by_share[0], "the next digit": by_share[1],
                 "share of right labels": 1 - np.array(wrong_shares)},
                "share of wrong labels", "accuracy on clean digits",
                "Sixty networks on wrong labels",
                caption="Random mistakes cancel one another: at 40 % and more the "
                "accuracy is far above the share of right labels. Mistakes that "
                "agree with each other "
                "don't cancel: past one half they are the majority.")

# %% [markdown] slideshow={"slide_type": "skip"}
# <details><summary>Your prediction</summary>
#
# More than 60 %, and less than 40 %. A network that copied its teachers' answers would have 60 %. Ours learns
# what the labels say *on average* at each kind of picture. With a share $s$ of random mistakes among 10
# classes the true class keeps the share $1 - s$, and each other one gets $s/9$: the truth stays the most
# frequent answer until $s = 0.9$. With the next digit as the mistake it is outvoted at $s = 0.5$.
#
# </details>

# %% slideshow={"slide_type": "skip"} tags=["hide-input"]
def above_right_labels(kind, share, seed):
    accuracy = by_share[kinds.index(kind), wrong_shares.index(share), seed]
    return accuracy - (1 - share)


claims.measure("C04.6", "60 % of the labels wrong at random: accuracy minus the share "
               "of right labels", above_right_labels,
               of=[("any", 0.6, seed) for seed in range(5)],
               control=[("next", 0.6, seed) for seed in range(5)], above=0.1)

# %% [markdown] slideshow={"slide_type": "skip"}
# These networks trained for 6 passes only, and you have seen what wide networks do with labels that make no
# sense, if one lets them: they learn them by heart. So train ten of them for 30 passes, five on clean labels
# and five with 40 % wrong:

# %% slideshow={"slide_type": "skip"}
# shares 0 and 0.4, kind "any"
clean_and_wrong = np.concatenate([labels[:, :5], labels[:, 10:15]], axis=1)
long = feed_forward.mlp([*range(5)] * 2, (196,), 10, hidden=[64])
training.fit(long, feed_forward.classification(), (small(some.x), clean_and_wrong),
             epochs=30, batch_size=50, optimizer=keras.optimizers.Adam(2e-3))
after_30 = feed_forward.accuracies(training.predict(long, small(mnist.validation.x)),
                                 mnist.validation.y).reshape(2, 5)

# %% slideshow={"slide_type": "skip"} tags=["hide-input"]
show.table([[name, f"{Measured(by_share[0, column]):.1%}", f"{Measured(values):.1%}"]
            for name, column, values in zip(["clean", "40 % wrong"], [0, 2], after_30,
                                            strict=True)],
           ["labels", "after 6 passes", "after 30 passes"], "Accuracy on clean digits")

# %% [markdown] slideshow={"slide_type": "skip"}
# With clean labels, longer training helps; with wrong ones it undoes part of the averaging. A network
# trained on many labels with *independent* mistakes can be right more often than its labels, more so if it is stopped
# before it learns the exceptions. One
# labeller's systematic confusion is not averaged away by more data.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## When it says 90 %, is it right nine times in ten? · 它说有 90% 的把握，就真有九成正确吗？
#
# **Predict before you run.** Networks are trained on 1,000 digits until the training loss is almost zero. On new digits, is the mean probability that they give to their answer larger than, smaller than or equal to the share of right answers?

# %% [markdown] slideshow={"slide_type": "subslide"}
# Of ten predictions made with a confidence of 0.9, nine should be right; if six are, the gap is 0.3. Sort the predictions into $B$ bins by confidence (the probability of the predicted class), and compare confidence with accuracy bin by bin. The *expected calibration error* is the mean gap over the predictions:
#
# $$\text{ECE} = \sum_{b=1}^{B} \frac{n_b}{n} \,\big| \text{accuracy}_b - \text{confidence}_b \big|.$$
#
# *Temperature scaling* divides all logits by one number $T$, chosen on validation data by likelihood ([Guo et al. 2017](https://arxiv.org/abs/1706.04599)). It changes no decision: the largest logit stays the largest.

# %% slideshow={"slide_type": "skip"} tags=["hide-input"]
show.source(calibration.fit_temperature)

# %% slideshow={"slide_type": "skip"}
samples = [mnist.train.take(1000, seed) for seed in range(8)]
sure = classifiers([(small(sample.x), sample.y) for sample in samples], range(8),
                   [128], epochs=40, batch_size=50)
# (networks, examples, classes)
on_validation = np.moveaxis(training.predict(sure, small(mnist.validation.x)), 1, 0)
temperatures = [calibration.fit_temperature(logits, mnist.validation.y)
                for logits in on_validation]
# and, for comparison, on the same digits 3 pixels further right
on_moved = training.predict(sure, small(np.roll(mnist.validation.x, 3, axis=2)))
by_moved = [calibration.fit_temperature(logits, mnist.validation.y)
            for logits in np.moveaxis(on_moved, 1, 0)]
# test digits: nothing is chosen on them
on_test = np.moveaxis(training.predict(sure, small(mnist.test.x)), 1, 0)

# %% slideshow={"slide_type": "skip"}
def ece(logits, labels, temperature):
    probabilities = calibration.softmax(logits, temperature)
    return calibration.expected_calibration_error(probabilities, labels)


def overconfidence(logits, labels, temperature=1.0):
    """Mean probability of the predicted class, minus accuracy."""
    confidence = calibration.softmax(logits, temperature).max(axis=1).mean()
    return confidence - np.mean(logits.argmax(axis=1) == labels)


def drawn_labels(logits, seed, temperature=1.0):
    """Labels drawn from the predicted probabilities, int (examples,)."""
    probabilities = calibration.softmax(logits, temperature)
    draws = np.random.default_rng(seed).random((len(logits), 1))
    below = (probabilities.cumsum(axis=1) < draws).sum(axis=1)
    return np.minimum(below, probabilities.shape[1] - 1)

# %% slideshow={"slide_type": "skip"}
def calibration_of(logits, temperature, seed):
    drawn = drawn_labels(logits, seed, temperature)
    return (ece(logits, mnist.test.y, temperature),
            overconfidence(logits, mnist.test.y, temperature),
            losses.categorical(logits / temperature, mnist.test.y).mean(),
            ece(logits, drawn, temperature))


before = np.array([calibration_of(logits, 1.0, seed)
                   for seed, logits in enumerate(on_test)])
after = np.array([calibration_of(logits, temperatures[seed], seed)
                  for seed, logits in enumerate(on_test)])

# %% slideshow={"slide_type": "subslide"} tags=["hide-input"]
found = {title: calibration.reliability(calibration.softmax(on_test[0], T),
                                        mnist.test.y)
         for title, T in [("As trained", 1.0), ("With temperature", temperatures[0])]}
plain, softer = found
charts.row(lambda ax: classification.reliability_diagram(
                 found[plain], title=plain, ax=ax),
             lambda ax: classification.reliability_diagram(
                 found[softer], title=softer, ax=ax),
             figsize=(9, 4.2),
             caption="Reliability of one network on test digits. As trained the dots "
             "lie below the diagonal: it is surer than it is right. One number, fitted "
             "on other data, brings them up to it.",
             alt="Two reliability diagrams. As trained, accuracy lies below confidence "
             "in most bins; after temperature scaling it follows the diagonal.")

# %% slideshow={"slide_type": "notes"} tags=["hide-input"]
rows = ["expected calibration error", "confidence − accuracy", "loss (nats)",
        "ECE of labels drawn from the predictions"]
show.table([[name, f"{Measured(before[:, k]):.3f}", f"{Measured(after[:, k]):.3f}"]
            for k, name in enumerate(rows)],
           ["on 10,000 test digits, 8 networks", "as trained", "with temperature"],
           f"Temperatures {Measured(temperatures):.2f}, fitted on validation digits")

# %% [markdown]
# <details><summary>Your prediction</summary>
#
# Larger. "Equal" is the usual guess, because cross-entropy rewards honest probabilities. It does, *on the data it is computed
# on*. There this network is right nearly always, and learns to be sure.
#
# </details>

# %% [markdown] slideshow={"slide_type": "notes"}
# The last row warns about the measure itself. For labels drawn from the predicted probabilities the
# predictions are perfectly calibrated, and still the ECE is not zero: bins of finite size scatter. Compare
# with that floor, not with zero.

# %% slideshow={"slide_type": "notes"} tags=["hide-input"]
checks.equal("answers with temperature, and without",
             [calibration.softmax(logits, T).argmax(axis=1)
              for logits, T in zip(on_test, temperatures, strict=True)],
             on_test.argmax(axis=2))

# %% slideshow={"slide_type": "notes"} tags=["hide-input"]
claims.measure("C04.7", "expected calibration error with a temperature fitted on "
               "validation digits, over that without (control: on moved digits)",
               lambda logits, temperature: ece(logits, mnist.test.y, temperature)
                                           / ece(logits, mnist.test.y, 1.0),
               of=list(zip(on_test, temperatures, strict=True)),
               control=list(zip(on_test, by_moved, strict=True)), below=0.6)

# %% [markdown] slideshow={"slide_type": "notes"}
# Any softening won't do: the temperature must be fitted on data like those in use. Where a network has every training
# digit right, training data would only say "be surer still", and `fit_temperature` refuses them. Before a probability is
# used, for a threshold, a cost or a doctor, draw this picture, on data that trained nothing.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Does a network notice that its data have changed? · 数据变了，网络会察觉吗？
#
# Validation data come from where the training data come from. Data in use need not.
#
# **Predict before you run.** The networks of the last section, calibrated by their temperature, get digits that lie 3 of 28
# pixels further right. What happens to their accuracy, and does their confidence fall by as much?

# %% [markdown] slideshow={"slide_type": "subslide"}
# | shift | what changes | example | what helps |
# | --- | --- | --- | --- |
# | covariate shift | the inputs | another camera, moved digits | such data in training; weights |
# | label shift | how common the classes are | fewer eights | another threshold, as for rare eights |
# | concept drift | what an input means | a price after ten years | new labels |
#
# The first can be noticed *without labels*: train a classifier to tell old inputs from new ones. If it does clearly
# better than one half on held-out inputs, they differ.

# %% slideshow={"slide_type": "skip"}
def moved(images, pixels):
    """Images (n, 28, 28, 1) moved to the right."""
    return np.roll(images, pixels, axis=2)


def old_or_new(old, new, seed):
    """Held-out accuracy of a linear classifier that tells two sets of
    inputs (n, features) apart."""
    x = np.concatenate([old, new])
    y = np.repeat([-1.0, 1.0], [len(old), len(new)])
    train, test = splitting.split(len(x), 0.5, seed)
    weights = penalized_regression.linear_classifier(x[train], y[train], 10.0)
    return classification_metrics.linear_accuracy(weights, x[test], y[test])

# %% slideshow={"slide_type": "skip"}
distances, used = [0, 1, 2, 3, 4], mnist.test.take(3000, seed=0)


def in_use(networks, temperatures, images, labels):
    """Accuracy and confidence (2, networks), with each network's temperature."""
    logits = np.moveaxis(training.predict(networks, small(images)), 1, 0)
    sureness = [calibration.softmax(one, T).max(axis=1).mean()
                for one, T in zip(logits, temperatures, strict=True)]
    return [(logits.argmax(axis=2) == labels).mean(axis=1), np.array(sureness)]


shifted = np.array([in_use(sure, temperatures, moved(used.x, pixels), used.y)
                    for pixels in distances])
told_apart = np.array([[old_or_new(
    small(mnist.validation.take(1500, seed).x),
    small(moved(mnist.test.take(1500, seed).x, pixels)), seed)
    for seed in range(3)] for pixels in distances])

# %% slideshow={"slide_type": "subslide"} tags=["hide-input"]
charts.curves(distances, {"accuracy": shifted[:, 0], "confidence": shifted[:, 1],
                          "old or new? (held-out accuracy)": told_apart},
              "digits moved to the right by (pixels of 28)", "share",
              "Moved digits in use", levels={"guessing old or new": 0.5},
              caption="Eight networks on test digits. Accuracy falls faster than "
              "confidence. A classifier without any labels sees the change.")

# %% [markdown]
# <details><summary>Your prediction</summary>
#
# It loses confidence, but not by as much as it loses accuracy. "A calibrated network knows" is the common guess. The temperature was fitted
# to validation data, and holds for data like them.
#
# </details>

# %% [markdown] slideshow={"slide_type": "notes"}
# Is it the move itself that fools a network, or that it never saw one? Five more networks learn the same digits, each moved
# by up to 4 pixels to the left or right, and get their temperature from validation digits moved at random as well.

# %% slideshow={"slide_type": "skip"}
def moved_at_random(images, seed, most=4):
    """Each of the images (n, 28, 28, 1) moved by up to ``most`` pixels."""
    steps = np.random.default_rng(seed).integers(-most, most + 1, len(images))
    return np.stack([np.roll(image, step, axis=1)
                     for image, step in zip(images, steps, strict=True)])


warned = classifiers([(small(moved_at_random(sample.x, number)), sample.y)
                      for number, sample in enumerate(samples[:5])], range(5),
                     [128], epochs=40, batch_size=50)
at_random = training.predict(warned, small(moved_at_random(mnist.validation.x, 99)))
warned_temperatures = [calibration.fit_temperature(logits, mnist.validation.y)
                       for logits in np.moveaxis(at_random, 1, 0)]
warned_by_3 = in_use(warned, warned_temperatures, moved(used.x, 3), used.y)

# %% slideshow={"slide_type": "notes"} tags=["hide-input"]
claims.measure("C04.8", "digits moved by 3 pixels: confidence minus accuracy "
               "(control: networks that learnt from moved digits)",
               lambda found, network: found[1][network] - found[0][network],
               of=[(shifted[3], network) for network in range(8)],
               control=[(warned_by_3, network) for network in range(5)], above=0.05)

# %% [markdown] slideshow={"slide_type": "notes"}
# What follows: keep a sample of the training inputs, and compare what comes in with it every week. Labels often come late or never;
# inputs are there at once.

# %% [markdown] slideshow={"slide_type": "skip"}
# ## How much shuffling is enough? · 打乱多少才够？
#
# `Dataset.shuffle(b)` can't shuffle a stream it has not seen. It keeps a buffer of $b$ examples, gives out a
# random one of them, and fills the place with the next from the source. Files are often sorted: all zeros
# first, then all ones.
#
# **Predict before you run.** 5,000 digits sorted by label, one pass, batches of 50. Which accuracy do you
# expect with a buffer of 1, 50, 500, 2,000 and 5,000? Is 500, ten batches, enough?

# %% slideshow={"slide_type": "skip"}
def shuffled_order(rows, buffer, seed):
    """The order in which tf.data gives out ``rows`` through a shuffle buffer, int
    (examples,)."""
    stream = tf.data.Dataset.from_tensor_slices(rows).shuffle(buffer, seed=seed)
    return np.concatenate(list(stream.batch(1000).as_numpy_iterator()))


digits5000 = mnist.train.take(5000, seed=3)
x5000, y5000 = tf.constant(small(digits5000.x)), tf.constant(digits5000.y)
by_label = np.argsort(digits5000.y, kind="stable")
buffers = [1, 50, 500, 2000, 5000]
orders = [shuffled_order(by_label, buffer, seed) for buffer in buffers
          for seed in range(5)]
# and, for comparison, a buffer of 500 behind a file that was shuffled on disk
orders += [shuffled_order(np.random.default_rng(seed).permutation(5000), 500, seed)
           for seed in range(5)]
orders = np.stack(orders, axis=1)                                   # (5000, 30)

# %% slideshow={"slide_type": "skip"}
seeds30 = [*range(5)] * 6
apart = feed_forward.mlp(seeds30, (196,), 10, hidden=[64], shared=False)
batches = tf.data.Dataset.from_tensor_slices(orders).batch(50)
batches = batches.map(lambda rows: (tf.gather(x5000, rows), tf.gather(y5000, rows)))
training.fit(apart, feed_forward.classification(), batches, epochs=1,
             optimizer=keras.optimizers.Adam(2e-3))
together = feed_forward.mlp(seeds30, (196,), 10, hidden=[64])
together.set_weights(apart.get_weights())
by_buffer = feed_forward.accuracies(training.predict(together,
                                                     small(mnist.validation.x)),
                                    mnist.validation.y).reshape(6, 5)

# %% slideshow={"slide_type": "skip"}
def draw_orders(orders, labels, buffers, ax):
    for index, buffer in enumerate(buffers):
        ax.plot(labels[orders[:, index * 5]][::10] + 10.5 * index, ".", markersize=1.5,
                label=f"buffer {buffer:,}")
    ax.set(title="Labels as they come",
           xlabel="place in the stream (tens of examples)",
           ylabel="label, one strip per buffer", yticks=[])
    ax.legend(loc="upper left", bbox_to_anchor=(1.0, 1.0), markerscale=5,
              reverse=True)

# %% slideshow={"slide_type": "skip"} tags=["hide-input"]
charts.row(lambda ax: draw_orders(orders, digits5000.y, buffers, ax),
             lambda ax: charts.curves([f"{buffer:,}" for buffer in buffers],
                                        {"accuracy": by_buffer[:5]},
                                        "shuffle buffer (examples)",
                                        "accuracy after one pass",
                                        "Sorted digits, one pass", ax=ax),
             figsize=(10.6, 3.8),
             caption="Left: in which order the labels reach the network. A small "
             "buffer blurs the steps of the staircase; one of the data's size "
             "removes them. Right: what that does to learning.",
             alt="Left, labels against place in the stream for five buffer sizes: "
             "staircases for small buffers, an even cloud for the largest. "
             "Right, accuracy against buffer size: low for small buffers, and highest "
             "for the largest.")

# %% [markdown] slideshow={"slide_type": "skip"}
# <details><summary>Your prediction</summary>
#
# No. Ten batches sound like plenty. But a buffer must be compared with the *runs* in the data (here about 500
# of each digit), not with the batch. With 500 the network still sees few of the ten digits at a time, and
# unlearns the others.
#
# </details>

# %% slideshow={"slide_type": "skip"} tags=["hide-input"]
show.table([["sorted, buffer of 500", f"{Measured(by_buffer[2]):.1%}"],
            ["sorted, buffer of 5,000", f"{Measured(by_buffer[4]):.1%}"],
            ["shuffled on disk, buffer of 500", f"{Measured(by_buffer[5]):.1%}"]],
           ["file", "accuracy after one pass"])

# %% slideshow={"slide_type": "skip"} tags=["hide-input"]
claims.measure("C04.9", "what a buffer of 500 costs in accuracy after one pass over "
               "sorted digits, against a buffer of all",
               lambda row, seed: by_buffer[4, seed] - by_buffer[row, seed],
               of=[(2, seed) for seed in range(5)],
               control=[(5, seed) for seed in range(5)],  # the file shuffled beforehand
               above=0.3)

# %% [markdown] slideshow={"slide_type": "skip"}
# What follows: shuffle once on disk before training (or shuffle the *names of files* and then examples), and
# look at the labels of the first few batches before you believe a pipeline.

# %% [markdown] slideshow={"slide_type": "skip"}
# ## Does it pay to fetch ahead? · 预取划算吗？
#
# While the network computes, the disk could read. `prefetch(1)` prepares the next batch during the present step.
#
# **Predict before you run.** Reading a batch takes 10 ms, a training step takes 10 ms, there are 12 batches. How long does it take one after the other, and how long with prefetching? And with prefetching, but from a *Python generator*, under the deterministic operations that this course uses?

# %% [markdown] slideshow={"slide_type": "skip"}
# One after the other: $12 \times (10 + 10) = 240$ ms. Overlapped: $10 + 12 \times 10 = 130$ ms at best.
# Sleeping stands for reading and training here. A clock on a busy machine is not enough, so we also count the
# reads that *began before the last step ended*.

# %% slideshow={"slide_type": "skip"}
def slow_source(read, batches, stateful):
    """A dataset of ``batches`` numbers, each read by a slow Python function."""
    data = tf.data.Dataset.range(batches).map(
        lambda index: tf.numpy_function(read, [index], tf.int64, stateful=stateful))
    options = tf.data.Options()
    # or TensorFlow prefetches by itself
    options.experimental_optimization.apply_default_optimizations = False
    options.experimental_optimization.inject_prefetch = options.autotune.enabled = False
    return data, options

# %% slideshow={"slide_type": "skip"}
def overlap(prefetch, stateful, batches=12, seconds=0.01):
    """(reads begun before the step ahead ended, seconds, [(kind, start, end), ...])."""
    events, began = [], time.perf_counter()

    def work(kind, index=0):
        start = time.perf_counter()
        time.sleep(seconds)
        events.append((kind, start, time.perf_counter()))
        return index

    data, options = slow_source(lambda index: work("read", index), batches, stateful)
    data = (data.prefetch(1) if prefetch else data).with_options(options)
    for _ in data:
        work("train")
    total = time.perf_counter() - began
    reads, steps = ([event[1:] for event in events if event[0] == kind]
                    for kind in ("read", "train"))
    early = sum(read[0] < step[1] - seconds / 4
                for read, step in zip(reads[1:], steps[:-1], strict=True))
    return early, total, [(kind, a - began, b - began) for kind, a, b in events]

# %% slideshow={"slide_type": "skip"}
ways = {"one after the other": (False, False), "prefetch": (True, False),
        "prefetch, Python generator": (True, True)}
timed = {name: [overlap(*way) for _ in range(3)] for name, way in ways.items()}
pipelines = {name: runs[0] for name, runs in timed.items()}

# %% slideshow={"slide_type": "skip"} tags=["hide-input"]
show.table([[name, f"{Measured([early for early, *_ in runs]):.1f}",
             f"{Measured([1000 * total for _, total, _ in runs]):.0f} ms"]
            for name, runs in timed.items()],
           ["pipeline, 3 runs of 12 batches", "reads that began during a step, of 11",
            "time"])

# %% slideshow={"slide_type": "skip"} tags=["hide-input"]
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

# %% slideshow={"slide_type": "skip"} tags=["hide-input"]
charts.row(lambda ax: draw_timeline(pipelines, ax), figsize=(9, 3.2),
             caption="Reading (blue) and training (orange) of 12 batches. With "
             "prefetching both work at once; from a Python generator they take "
             "turns again.",
             alt="Three timelines of reading and training. One after the other they "
             "alternate; with prefetch they overlap; with a Python generator they "
             "alternate again.")

# %% [markdown] slideshow={"slide_type": "skip"}
# <details><summary>Your prediction</summary>
#
# At least $240$ ms, and at least $130$ ms; overhead is added to both. The generator gains nothing: Python functions
# that may keep state (a generator does) must run in a fixed order for the same bits every time, so under deterministic
# operations TensorFlow doesn't let them run ahead. Read with TensorFlow's own operations, or declare the function
# stateless if it is.
#
# </details>

# %% [markdown] slideshow={"slide_type": "skip"}
# What follows: if training waits for data, first look *which* of the two is slow. Overlap saves at most the
# smaller of the two times; a step of 1 ms behind a read of 50 ms stays slow.

# %% [markdown] slideshow={"slide_type": "skip"}
# ## Decode first, or batch first? · 先解码，还是先分批？
#
# A pipeline makes batches and it decodes bytes into numbers. Both orders give the same batches.
#
# **Predict before you run.** 5,000 digits as bytes, batches of 500. Is it faster to decode each picture and then batch them, to batch and then decode, or the same, since the same numbers are divided by 255?

# %% slideshow={"slide_type": "skip"}
def decode(pixels):
    """uint8 (..., 784) to float32 in [0, 1] of the same shape."""
    return tf.cast(pixels, tf.float32) / 255


def seconds_of(data):
    """How long one pass over a dataset takes."""
    start = time.perf_counter()
    for _ in data:
        pass
    return time.perf_counter() - start

# %% slideshow={"slide_type": "skip"}
pixels = np.rint(255 * digits5000.x).astype("uint8").reshape(5000, 784)
as_bytes = tf.data.Dataset.from_tensor_slices(pixels)
decoded_first = as_bytes.map(decode).batch(500)
batched_first = as_bytes.batch(500).map(decode)
checks.equal("batches decoded one by one, and decoded whole",
             np.concatenate([*decoded_first.as_numpy_iterator()]),
             np.concatenate([*batched_first.as_numpy_iterator()]))
passes = np.array([[seconds_of(data)
                    for data in (decoded_first, batched_first, as_bytes.batch(500))]
                   for _ in range(4)])

# %% slideshow={"slide_type": "skip"} tags=["hide-input"]
quickest = passes.min(axis=0)  # what else the computer does can only add
show.table([[name, mask(f"{quickest[k] * 200:.1f}")]
            for k, name in enumerate(["decode, then batch", "batch, then decode",
                                      "batch alone"])],
           ["pipeline", "microseconds per example (quickest of 4 passes)"])

# %% [markdown] slideshow={"slide_type": "skip"}
# <details><summary>Your prediction</summary>
#
# Batch first. "The same" is right about the divisions. What differs is how often TensorFlow has to *call*
# something: 5,000 times with 784 numbers, or 10 times with 392,000. Each call has its fixed cost, and small
# pictures don't earn it back. The same fixed cost is one of the reasons for training on batches.
#
# </details>

# %% [markdown] slideshow={"slide_type": "skip"}
# What follows: batch early, and let what comes after work on whole batches. It isn't always possible: pictures of different sizes must first be brought to one. And augmentation
# must then draw a number for each picture of the batch.

# %% [markdown] slideshow={"slide_type": "skip"}
# ## Can a network learn from more data than fit into memory? · 数据超出内存还能学吗？
#
# **Predict before you run.** A file holds 110,000 digits in 86 MB; as float32 arrays they would take 345 MB. The training process may take 80 MB more than it has when it starts. How much will it need if it reads batch by batch?

# %% [markdown] slideshow={"slide_type": "skip"}
# Each record of the file is 784 bytes of pixels and one of label. `tf.data` reads some records, decodes a whole batch at once, and forgets it after the step:

# %% slideshow={"slide_type": "skip"} tags=["hide-input"]
show.source(records.batches, records.load)

# %% [markdown] slideshow={"slide_type": "skip"}
# The limit is a real one: a process of its own asks the operating system not to give it more (`RLIMIT_AS`). It trains a linear classifier for one pass.

# %% slideshow={"slide_type": "skip"}
with tempfile.TemporaryDirectory() as folder:
    file = pathlib.Path(folder) / "digits.records"
    size = records.write(file, mnist.train.x, mnist.train.y, copies=2)
    ways = {way: memory_limit.in_little_memory(way, file, side=28, allowance=80)
            for way in ["load", "stream"]}

# %% slideshow={"slide_type": "skip"} tags=["hide-input"]
show.markdown(f"The file holds {size:,} bytes.")
show.table([[way, f"{found['examples']:,}", mask(f"{found['needed']:.0f} MB"),
             mask(f"{found['accuracy']:.3f}")] for way, found in ways.items()],
           ["way", "examples trained on", "memory needed beyond the start",
            "accuracy on the examples as they came"])

# %% [markdown] slideshow={"slide_type": "skip"}
# This is one run of each, shown without an interval; tests of the course repeat it on another file.

# %% [markdown] slideshow={"slide_type": "skip"}
# <details><summary>Your prediction</summary>
#
# Far less than the file's size, the usual guess. What stays in memory is what one batch needs, a few
# times over: one in use, one in preparation, and a read buffer. `load` asked for the whole at once, and was
# refused before it had any of it.
#
# </details>

# %% [markdown] slideshow={"slide_type": "skip"}
# What follows: the size of a data set is limited by your disk and patience. Keep records that can be read in
# order, shuffled on disk beforehand, since a shuffle buffer holds examples in memory again.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Why won't it train? · 为什么训练不起来？
#
# A colleague's project on your desk: 2,000 digits, a network, no error message. It has been training all morning.

# %% slideshow={"slide_type": "skip"}
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

# %% slideshow={"slide_type": "skip"}
def build(faults, seeds=range(5)):
    """Five networks, from images to logits."""
    model = feed_forward.mlp(seeds, (196,), 10, hidden=[32])
    if "two softmaxes" in faults:
        model = keras.Model(model.input, keras.layers.Softmax()(model.output))
    return model


@functools.cache
def compiled(two_softmaxes, steps, batch_size):
    """A training of the project, compiled once for all repairs, and its start."""
    model = build(["two softmaxes"] if two_softmaxes else [])
    study = repeats.Repeats(model, feed_forward.classification(), steps=steps,
                            batch_size=batch_size, jit_compile=False)
    return study, model.get_weights()

# %% slideshow={"slide_type": "skip"}
def project(faults, split, validation, learning_rate=2e-3):
    """Trains the project's networks, 6 passes over 2,000 digits; their training and
    validation accuracies, each (5,)."""
    x, y = prepare(split, faults)
    x_new, y_new = prepare(validation, faults, validation=True)
    study, start = compiled("two softmaxes" in faults, steps=240, batch_size=50)
    study.train(start, x, y, seed=0, learning_rate=learning_rate)
    return [feed_forward.accuracies(training.predict(study.model, inputs), labels)
            for inputs, labels in [(x, y), (x_new, y_new)]]

# %% slideshow={"slide_type": "fragment"} tags=["hide-input"]
work, new_work = mnist.train.take(2000, seed=4), mnist.validation.take(1000, seed=0)
faults = ["raw pixels", "two softmaxes", "mixed labels", "swapped axes"]
history = {"as found": project(faults, work, new_work)}
show.markdown(f"Accuracy of the project as found: "
              f"{Measured(history['as found'][0]):.1%} on training data, "
              f"{Measured(history['as found'][1]):.1%} on validation data.")

# %% [markdown] slideshow={"slide_type": "subslide"}
# Guessing would do as well. Four faults are planted, and a learning curve doesn't say which. Four checks do,
# each with a number that is *known beforehand*:
#
# | check | what a sound project shows | because |
# | --- | --- | --- |
# | loss at the start | close to $\log 10 \approx 2.303$ | 10 classes, no belief yet |
# | overfit one batch of 32 | loss close to 0 | 32 examples can be stored |
# | do neighbours agree? | most share their label | pictures that look alike mean the same |
# | are the inputs alike? | the same pixel means | both splits come from one source |
#
# **Predict before you run.** Which check will be the first to report a fault? Would another learning rate
# have helped?

# %% slideshow={"slide_type": "skip"}
def loss_at_start(faults, split):
    """Mean cross-entropy of the untrained networks, nats (5,)."""
    x, y = prepare(split, faults)
    return np.array([losses.categorical(column, y).mean()
                     for column in build(faults)(x[None]).numpy()])


def loss_after_one_batch(faults, split):
    """Cross-entropy on 32 examples after training on them alone, nats (5,)."""
    x, y = (part[:32] for part in prepare(split, faults))
    study, start = compiled("two softmaxes" in faults, steps=100, batch_size=32)
    study.train(start, x, y, seed=0, learning_rate=5e-3)
    return np.array([losses.categorical(column, y).mean()
                     for column in study.model(x[None]).numpy()])

# %% slideshow={"slide_type": "skip"}
def inputs_differ(faults, split, validation):
    """Mean distance of the pixel means of training and validation data, over the mean
    deviation of a pixel."""
    x, _ = prepare(split, faults)
    x_new, _ = prepare(validation, faults, validation=True)
    shift = np.abs(x.mean(axis=0) - x_new.mean(axis=0))
    return float(shift.mean() / x.std(axis=0).mean())


def examine(faults, split, validation):
    """The four checks: the measured value, and whether it is suspicious."""
    start, batch = loss_at_start(faults, split), loss_after_one_batch(faults, split)
    neighbours = classification_metrics.nearest_neighbour_accuracy(
        *(part[:1000] for part in prepare(split, faults)))
    shift = inputs_differ(faults, split, validation)
    return {"loss at the start": (start.mean(), abs(start.mean() - math.log(10)) > 1),
            "overfit one batch": (batch.mean(), batch.mean() > 0.1),
            "neighbours agree": (neighbours, neighbours < 0.5),
            "inputs alike": (shift, shift > 0.1)}

# %% slideshow={"slide_type": "skip"}
def report(found):
    show.table([[name, mask(f"{value:.3f}"),
                 "**look here**" if suspicious else "passes"]
                for name, (value, suspicious) in found.items()],
               ["check", "value", "verdict"])

# %% slideshow={"slide_type": "subslide"} tags=["hide-input"]
round_1 = examine(faults, work, new_work)
report(round_1)

# %% [markdown]
# <details><summary>Your prediction</summary>
#
# The *second*: the first passes, and three report a fault at once. Take the earliest. A network of this
# size should store 32 examples, whatever their labels. Another learning rate wouldn't have helped: at the end of this
# section we try one ten times lower and one ten times higher.
#
# </details>

# %% [markdown] slideshow={"slide_type": "notes"}
# Labels and validation data don't matter for one batch. So look at the model: its last layer is a softmax,
# and the loss applies another. With all belief on one class, the second softmax gives $e / (e + 9)$ at best,
# so that the loss can't fall below $\log(1 + 9/e)$.

# %% [markdown] slideshow={"slide_type": "notes"}
# One softmax removed, all checks again, from the first:

# %% slideshow={"slide_type": "notes"} tags=["hide-input"]
floor = math.log(1 + 9 / math.e)
round_2 = examine(faults[:1] + faults[2:], work, new_work)
report(round_2)
show.markdown(f"(The floor under two softmaxes was {floor:.4f} nats.)")

# %% [markdown] slideshow={"slide_type": "notes"}
# Now the *first* check reports: fifty times $\log 10$ says that the logits are too large: the pixels run from 0 to 255.
# The second softmax had hidden it: it squeezes any logits into 0 to 1, so that its loss at the start is near
# $\log 10$ whatever goes in. One fault covered another, which is why one starts over after each repair.

# %% [markdown] slideshow={"slide_type": "notes"}
# Pixels divided by 255, all checks again:

# %% slideshow={"slide_type": "notes"} tags=["hide-input"]
round_3 = examine(["mixed labels", "swapped axes"], work, new_work)
report(round_3)

# %% [markdown] slideshow={"slide_type": "notes"}
# Start and batch are fine. It stores 32 examples; but there is nothing to learn from them: neighbours' labels
# agree about as often as by chance. Look at the pictures with their labels, always.

# %% slideshow={"slide_type": "notes"} tags=["hide-input"]
images, labels_as_found = work.x[:10], prepare(work, ["mixed labels"])[1][:10]
image_grid(images, titles=[str(label) for label in labels_as_found],
           title="Training pictures with their labels",
           caption="Ten training pictures with the labels that came with them. "
           "Somebody shuffled the labels and forgot the pictures.")

# %% slideshow={"slide_type": "skip"} tags=["hide-input"]
round_4 = examine(["swapped axes"], work, new_work)
report(round_4)

# %% [markdown] slideshow={"slide_type": "notes"}
# With pictures and labels together again one check is left. Training and validation data come from one
# source, and their mean pictures differ: the validation pictures lie on their side.

# %% slideshow={"slide_type": "notes"} tags=["hide-input"]
means = np.stack([prepare(part, ["swapped axes"],
                          validation=side)[0].mean(axis=0).reshape(14, 14)
                  for part, side in [(work, False), (new_work, True)]])
image_grid(means, titles=["training", "validation"], columns=2, limits=None,
           title="Mean pictures", figsize=(4.5, 2.8),
           caption="The mean of all training and of all validation pictures. One of "
           "them has height and width swapped.")

# %% slideshow={"slide_type": "skip"} tags=["hide-input"]
round_5 = examine([], work, new_work)
report(round_5)

# %% slideshow={"slide_type": "skip"}
history |= {"one softmax": project(faults[:1] + faults[2:], work, new_work),
            "scaled": project(faults[2:], work, new_work),
            "labels matched": project(faults[3:], work, new_work),
            "axes right": project([], work, new_work)}

# %% slideshow={"slide_type": "subslide"} tags=["hide-input"]
charts.bars({name: {"training": Measured(pair[0]), "validation": Measured(pair[1])}
               for name, pair in history.items()},
              "After each repair", "accuracy", levels={"chance": 0.1}, figsize=(8, 3.6),
              caption="Accuracy after each repair, five networks. Most of "
              "the gain on validation data comes with the last repair.")

# %% slideshow={"slide_type": "skip"}
learning_rates = [2e-4, 2e-3, 2e-2]
broken, sound = ([project(planted, work, new_work, rate)[1] for rate in (2e-4, 2e-2)]
                 for planted in (faults, []))
# 2e-3 was the project's own
broken = np.stack([broken[0], history["as found"][1], broken[1]])  # (rates, networks)
sound = np.stack([sound[0], history["axes right"][1], sound[1]])

# %% slideshow={"slide_type": "notes"} tags=["hide-input"]
show.table([[name, *[f"{Measured(row):.1%}" for row in values]]
            for name, values in [("as found", broken), ("all repaired", sound)]],
           ["validation accuracy at a learning rate of", *map(str, learning_rates)])

# %% slideshow={"slide_type": "notes"} tags=["hide-input"]
claims.measure("C04.12", "four faults, best of three learning rates: accuracy on "
               "validation digits",
               lambda project, network: project[:, network].max(),
               of=[(broken, network) for network in range(5)],
               control=[(sound, network) for network in range(5)], below=0.3)

# %% [markdown] slideshow={"slide_type": "notes"}
# A learning rate ten times lower or higher found nothing in this project. Nor would it have been repaired by
# whoever keeps only what helps on validation data: the first repair alone gains nothing there, and the last gains
# far more there than the first three together.

# %% [markdown] slideshow={"slide_type": "notes"}
# What follows is an order of work, before any tuning: look at pictures with labels; the
# loss at the start; one batch; neighbours; the two sources of input. Only then the learning rate.

# %% [markdown] slideshow={"slide_type": "skip"}
# ## What the article says, and what was measured · 文章怎么说，测得如何

# %% slideshow={"slide_type": "skip"} tags=["hide-input"]
claims.report()

# %% [markdown] slideshow={"slide_type": "skip"}
# ## Exercises · 练习
#
# **1. Recall.** Five house prices are 1, 2, 2, 3 and 12 (in 100,000 €). Which constant does the absolute error choose, and which the squared error? Give the pair as a list.

# %% slideshow={"slide_type": "skip"}
answer = ...
exercises.check("04.1", answer)

# %% slideshow={"slide_type": "skip"} tags=["hide-input"]
exercises.hint("04.1")
exercises.solution("04.1")

# %% [markdown] slideshow={"slide_type": "skip"}
# **2. Calculate.** It rains on a quarter of all days. A forecaster says "one half" every day. How many bits per day does the wrong forecast cost, beyond what the right one would (three decimals)?

# %% slideshow={"slide_type": "skip"}
answer = ...
exercises.check("04.2", answer)

# %% slideshow={"slide_type": "skip"} tags=["hide-input"]
exercises.hint("04.2")
exercises.solution("04.2")

# %% [markdown] slideshow={"slide_type": "skip"}
# **3. Build.** A Keras model for the tumour table: it takes *raw* rows of 30 columns, scales them itself by what the training rows say, has one output, and is compiled with a loss that suits a yes or a no. The answer is the model.

# %% slideshow={"slide_type": "skip"}
answer = ...
exercises.check("04.3", answer)

# %% slideshow={"slide_type": "skip"} tags=["hide-input"]
exercises.hint("04.3")
exercises.solution("04.3")

# %% [markdown] slideshow={"slide_type": "skip"}
# **4. Experiment.** With 40 % of the labels wrong at random, which number of passes is best, and can you find it *without* clean labels, from held-out examples whose labels are wrong just as often?

# %% slideshow={"slide_type": "skip"} tags=["hide-input"]
exercises.hint("04.4")
exercises.solution("04.4")

# %% [markdown] slideshow={"slide_type": "skip"}
# **5. Open.** Take a series in time (a random walk will do), predict each value from its two neighbours in time with a split at random, and from the two values before it with a split by time. Which of the two scores would you show to someone who has to forecast?

# %% slideshow={"slide_type": "skip"} tags=["hide-input"]
exercises.hint("04.5")
exercises.solution("04.5")

# %% [markdown] slideshow={"slide_type": "skip"}
# ## Terms · 术语
#
# | English | 中文 | in one line |
# | --- | --- | --- |
# | loss function | 损失函数 | what training makes small; usually a negative log-likelihood |
# | likelihood | 似然 | the probability (density) of the data, as a function of the model |
# | squared error, absolute error | 平方误差、绝对误差 | losses of Gaussian and of Laplace noise |
# | cross-entropy | 交叉熵 | minus the logarithm of the probability of what happened; entropy plus KL divergence |
# | logit | 未归一化得分（logits） | the logarithm of the odds; unnormalised score |
# | entropy, KL divergence | 熵、KL 散度 | what the truth itself costs; what a wrong belief adds |
# | bit, nat | 比特、奈特 | units of information: logarithm to base 2, or e |
# | training, validation, test data | 训练集、验证集、测试集 | for weights; for choices; for the report |
# | overfitting | 过拟合 | small error on training data, large on others |
# | data leakage | 数据泄漏 | training or choosing has seen what should be unknown |
# | class imbalance | 类别不平衡 | one class is much rarer than another |
# | recall, balanced accuracy | 召回率、平衡准确率 | the share of positives found; the mean of the classes' shares |
# | precision | 精确率 | the share of alarms that are right |
# | ROC curve, AUC | ROC 曲线、曲线下面积 | recall against false alarms at all thresholds; the area below it |
# | cross-validation | 交叉验证 | each part of the data is held out once |
# | covariate shift, label shift | 协变量偏移、标签偏移 | in use the inputs, or the classes' shares, are others |
# | label noise | 标签噪声 | some of the labels are wrong |
# | calibration | 校准 | being right as often as one is sure |
# | temperature scaling | 温度缩放 | dividing the logits by one fitted number |
# | shuffle buffer | 乱序缓冲区 | the part of a stream among which the next example is drawn |
# | data pipeline | 数据管道 | steps from file to batch: shuffle, batch, map, prefetch |
# | prefetching | 预取 | preparing the next batch during the present step |
#
# ## Further reading · 延伸阅读
#
# - C. Bishop, *Pattern Recognition and Machine Learning*, 2006, chapters 1.2.5 and 3.1: losses from likelihoods, with all steps.
# - P. Huber, [Robust estimation of a location parameter](https://doi.org/10.1214/aoms/1177703732), 1964: why squared in the middle and straight outside is the best compromise.
# - C. Zhang et al., [Understanding deep learning requires rethinking generalization](https://arxiv.org/abs/1611.03530), 2017: networks that learn random labels.
# - S. Kapoor & A. Narayanan, [Leakage and the reproducibility crisis in machine-learning-based science](https://doi.org/10.1016/j.patter.2023.100804), 2023: leaks found in published work, by kind.
# - A. Blum & M. Hardt, [The ladder](https://arxiv.org/abs/1502.04585), 2015: how a leaderboard is climbed by luck, and
#   how to build one where luck helps little.
# - A. Menon et al., [Long-tail learning via logit adjustment](https://arxiv.org/abs/2007.07314), 2021: thresholds for rare classes, with theory.
# - C. Guo et al., [On calibration of modern neural networks](https://arxiv.org/abs/1706.04599), 2017: reliability diagrams and temperature; look at its figure 4.
# - A. Karpathy, [A recipe for training neural networks](https://karpathy.github.io/2019/04/25/recipe/), 2019: the search for faults, at length.
