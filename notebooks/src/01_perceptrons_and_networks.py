# %% [markdown] slideshow={"slide_type": "slide"}
# # Chapter 01 · Perceptrons and networks · 感知器与神经网络
#
# From one unit that learns by counting its mistakes to a network that reads handwritten digits.

# %% [markdown] slideshow={"slide_type": "subslide"}
# **After this chapter you can**
# - train a perceptron by hand, and say what one unit can't learn;
# - write a network out in NumPy, and compute a softmax and a cross-entropy on paper;
# - build a network with Keras' functional API, normalise its inputs, train it by `fit`, and write the same loop out;
# - say why weights start at random, and what a hidden layer can draw;
# - choose activation, widths and input encoding from measurements instead of rules of thumb;
# - look into a trained network, and say when its features are worth reusing.

# %% [markdown] slideshow={"slide_type": "notes"}
# **You need** [chapter 00](00_start_here.ipynb): tensors, shapes, a Keras layer, a first training run, and its table of
# what Keras and `training.fit` call one thing.
# Ten questions in `self_tests.ipynb` say whether you have it.
#
# **Time** about a minute to run on two cores; about three hours to read and try, five with the exercises.
#
# **摘要**
#
# 本章从单个感知器（感知机）出发：手算它的学习过程，看它为什么学不会异或，再把感知器排成层，用 NumPy 逐行写出网络，并手算 softmax 和交叉熵。
# 然后用 Keras 函数式 API 搭建带归一化层的网络，用 `fit` 训练，再写出同样的循环；接着看权重为什么要随机初始化、一个隐藏层能画出什么，比较激活函数、输入编码和各层宽度。
# 最后用多层感知器识别全部 MNIST 数字，用线性探测看每一层学到了什么，再看这些特征能否用于没见过的类别。

# %% slideshow={"slide_type": "skip"} tags=["hide-input"]
import functools

import keras
import numpy as np
import tensorflow as tf
from keras import layers
from scipy import stats
from sklearn import svm

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
from dlcourse.analysis import complexity, linear_regions, probing
from dlcourse.claims import Claims
from dlcourse.datasets import language_snippets
from dlcourse.experiments import transfer
from dlcourse.figures import (
    charts,
    classification,
    decision_map,
    networks,
    pictures,
    primer,
)
from dlcourse.from_scratch import perceptron, two_layer_network
from dlcourse.measured import Measured, mask
from dlcourse.models.stacked import feed_forward
from dlcourse.training import optimizers, repeats

reproducibility.start(seed=0, threads=1)  # small networks gain nothing by a second
claims = Claims("01")

# %% [markdown] slideshow={"slide_type": "slide"}
# ## How many mistakes does it take to learn? · 学会之前要犯多少次错？
#
# In 1958 Frank Rosenblatt [described](https://doi.org/10.1037/h0042519) a machine that learns from examples, the *perceptron*.
# In the form that textbooks teach it is one unit. It weighs its inputs, adds them up together with a number of its own, the
# *bias*, and answers yes or no by the sign of the sum.

# %% tags=["hide-input"]
networks.unit(
    ["petal length\n4.5 cm", "petal width\n1.5 cm"], [-1.2, -0.4], 4,
    "z > 0: +1\nz < 0: −1", "−1",
    caption="A unit with numbers. The function at its end is called its activation.",
)

# %% [markdown] slideshow={"slide_type": "subslide"}
# Here $-1.2 \cdot 4.5 - 0.4 \cdot 1.5 + 4 = -2$, so the answer is $-1$. In general
#
# $$\hat y = \begin{cases} +1 & \text{if } w \cdot x + b > 0 \\ -1 & \text{if } w \cdot x + b < 0 \end{cases}$$
#
# where $x$ is one example (shape `(features,)`), $w$ are the weights (same shape) and $b$ is the bias, one number. At
# exactly 0 the unit gives no answer. Weights and bias start at 0, and move only after a mistake on an example with label
# $y = \pm 1$. No answer counts as a mistake as well, so a mistake means $y\,(w \cdot x + b) \le 0$:
#
# $$w \leftarrow w + y\,x \qquad b \leftarrow b + y$$

# %% [markdown] slideshow={"slide_type": "subslide"}
# Our first data: the petals of irises, two species, measured in centimetres [in the
# 1930s](https://doi.org/10.1111/j.1469-1809.1936.tb02137.x).
#
# **Predict before you run.** There are 60 flowers. We go through them in order, again and again, until a whole pass
# has no mistake. How many mistakes will that take: about 10, about 50, or about 500?

# %% slideshow={"slide_type": "skip"}
iris = datasets.load("iris")
# setosa and versicolor
chosen = iris.train.y < 2
# (examples, 2): length, width in cm
petals = iris.train.x[chosen][:, 2:].astype("float64").round(1)
# (examples,): +1 is setosa
species = np.where(iris.train.y[chosen] == 0, 1, -1)

# %% slideshow={"slide_type": "skip"}
def learn(x, y):
    """Rosenblatt's rule until no mistake is left, and each update."""
    weights, bias, rows, wrong = np.zeros(x.shape[1]), 0.0, [], True
    while wrong:
        wrong = False
        for example, label in zip(x, y, strict=True):
            if label * (weights @ example + bias) <= 0:
                weights, bias = weights + label * example, bias + label
                wrong = True
                rows.append([len(rows) + 1, example, label, weights, bias])
    return weights, bias, rows

# %% slideshow={"slide_type": "subslide"} tags=["hide-input"]
def in_text(numbers, form):
    """Numbers as a text, with true minus signs."""
    return ", ".join(format(number, form) for number in np.ravel(numbers)).replace(
        "-", "−")


weights, bias, updates = learn(petals, species)
show.table([[number, in_text(example, ".1f"), in_text(label, "+d"), in_text(now, ".1f"),
             in_text(bias_now, "+.0f")]
            for number, example, label, now, bias_now in updates],
           ["mistake", "petal (length, width)", "label", "weights after it",
            "bias after it"], caption="Every mistake on the irises, and its update")

# %% [markdown] slideshow={"slide_type": "notes"}
# Follow the first two rows with a pencil. The first flower is a mistake since the score is still 0. A flower is added
# to the weights if its label is $+1$, and subtracted if it is $-1$; the bias goes along by one. Nothing else happens.

# %% [markdown] slideshow={"slide_type": "subslide"}
# <details><summary>Your prediction</summary>
#
# Eleven. Whoever guessed 50 or 500 probably counted on one correction for each flower, or on many small steps towards
# a goal. But a perceptron that is right doesn't learn, and two species as different as these need few corrections.
#
# </details>

# %% slideshow={"slide_type": "skip"}
def distance(line, x, y):
    """From the line (weights, bias) to the closest of the points."""
    return np.min(y * (x @ line[0] + line[1])) / np.linalg.norm(line[0])


machine = svm.SVC(kernel="linear", C=1e6).fit(petals, species)
widest = (machine.coef_[0], machine.intercept_[0])
lines = {"perceptron": (weights, bias), "largest margin": widest}
nearest = {name: distance(line, petals, species) for name, line in lines.items()}

# %% slideshow={"slide_type": "notes"} tags=["hide-input"]
networks.separating_lines(
    petals, species, lines, names={1: "setosa", -1: "versicolor"},
    axes=("petal length (cm)", "petal width (cm)"),
    title="Two irises, separated twice",
    caption="The perceptron stops at the first line without a mistake. The line with "
    "the largest margin (solid) keeps as far as it can from the closest flowers; the "
    "perceptron's (dashed) passes nearer to some of them.",
)
show.markdown(f"""
The closest flower is {nearest["perceptron"]:.2f} cm from the perceptron's line, and
{nearest["largest margin"]:.2f} cm from the line with the largest margin (found by a
support vector machine, another method).
""")

# %% [markdown] slideshow={"slide_type": "notes"}
# ### Is there a limit to the mistakes?
#
# Write the bias as the weight of a feature that is always 1, so that $x$ and $w$ are one longer and the line passes
# through the origin. Let $R$ be the length of the longest of these examples, and $\gamma$ the *margin*: the distance
# of the closest example from the best such line without a mistake, if there is one. Novikoff proved in 1962 that the
# perceptron then makes at most
#
# $$k \le \left(\frac{R}{\gamma}\right)^2$$
#
# mistakes, in whatever order the examples come, however many there are.

# %% slideshow={"slide_type": "notes"} tags=["hide-input"]
bound = perceptron.novikoff_bound(petals, species)
checks.equal("mistakes on the irises no more than Novikoff's bound",
             len(updates) <= bound, True)
show.markdown(f"Mistakes: {len(updates)}. Novikoff's bound: {int(bound)}.")

# %% [markdown] slideshow={"slide_type": "notes"}
# The proof takes two lines. Let $u$ be the unit vector of the best line and $w_k$ the weights after $k$ mistakes.
#
# - Each mistake brings $w$ further along $u$ by at least $\gamma$, since $u \cdot (y x) \ge \gamma$. So $w_k \cdot
#   u \ge k\gamma$.
# - Each mistake makes $w$ longer, but not by much: $|w + y x|^2 = |w|^2 + 2y\,w\cdot x + |x|^2 \le |w|^2 + R^2$,
#   since $y\,w \cdot x \le 0$ is what made it a mistake. So $|w_k|^2 \le k R^2$.
#
# No vector's part along $u$ is longer than the vector: $k\gamma \le w_k \cdot u \le |w_k| \le \sqrt{k}\,R$. Divide by
# $\sqrt{k}\,\gamma$ and square. A bound is a promise about the worst data with this margin, no estimate. Neither the
# number of examples nor that of features stands in it: margin and length say how hard the classes can be.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## What can one unit never learn? · 单个单元永远学不会什么？
#
# *Exclusive or*, XOR, is true if one of two inputs is on, but not both. Suppose that a unit could learn it. Then $b <
# 0$, $w_1 + b > 0$, $w_2 + b > 0$ and $w_1 + w_2 + b < 0$. Add the two in the middle: $w_1 + w_2 + 2b > 0$.
# Add the outer two: $w_1 + w_2 + 2b < 0$. Both can't be.
#
# **Predict before you run.** The perceptron doesn't know that, and tries. Will its weights (a) grow and grow, (b)
# wander without ever coming back, or (c) come back to exactly where they were?

# %% slideshow={"slide_type": "skip"}
inputs = np.array([[0, 0], [0, 1], [1, 0], [1, 1]])
xor = np.array([-1, 1, 1, -1])

weights, bias, rows = np.zeros(2), 0.0, []
for example, label in zip(np.tile(inputs, (2, 1)), np.tile(xor, 2), strict=True):
    if label * (weights @ example + bias) <= 0:
        weights, bias = weights + label * example, bias + label
        rows.append([example, label, weights, bias])

# %% slideshow={"slide_type": "subslide"} tags=["hide-input"]
show.table([[in_text(example, "d"), in_text(label, "+d"), in_text(now, ".0f"),
             in_text(bias_now, "+.0f")] for example, label, now, bias_now in rows],
           ["example", "label", "weights after it", "bias after it"],
           caption="Two passes over XOR")

# %% [markdown]
# <details><summary>Your prediction</summary>
#
# After four mistakes the weights are back at zero, and the second pass repeats the first. (a) is the common guess:
# each mistake adds something, which should pile up. But what the two positive examples add, the two negative ones
# take away.
#
# </details>

# %% [markdown] slideshow={"slide_type": "notes"}
# No patience helps a unit whose family of functions lacks the right one. That the weights come back is no accident of
# this order: on any finite data they stay bounded, by the perceptron cycling theorem ([Block and Levin
# 1970](https://doi.org/10.1090/S0002-9939-1970-0268040-1)); whole numbers that stay bounded, passed in the same order again and
# again, must come back sooner or later.

# %% [markdown] slideshow={"slide_type": "subslide"}
# Two more units do help. Let one say "at least one is on", another "both are on", and a third "the first, but not the
# second":

# %%
# (4, 2): at least one; both
hidden = (inputs @ [[1, 1], [1, 1]] + [-0.5, -1.5] > 0).astype(int)
# (4,): one, but not both
output = np.where(hidden @ [1, -2] - 0.5 > 0, 1, -1)

# %% tags=["hide-input"]
show.table([[in_text(number, "d") for number in row]
            for row in np.column_stack([inputs, hidden, output, xor])],
           ["x₁", "x₂", "at least one", "both", "output", "XOR"],
           caption="Three units that compute XOR")

# %% [markdown] slideshow={"slide_type": "notes"}
# A *layer* of perceptrons in between, and the problem is solved. But we set these weights by hand. Who sets them if
# there are thousands?

# %% [markdown] slideshow={"slide_type": "slide"}
# ## What does a layer do? · 一层做了什么？
#
# Units side by side, on the same inputs, are a *layer*; layers one after the other, each fed by earlier ones only, are
# a *feed-forward network*, here each by the one just before. In a *dense* layer every unit has a weight for every unit
# before.

# %% slideshow={"slide_type": "subslide"} tags=["hide-input"]
networks.dense_network(
    [4, 5, 5, 3], ["inputs", "hidden layer 1", "hidden layer 2", "outputs"],
    title="A dense feed-forward network",
    caption="Each column is a layer, each line a weight. Below: the shapes of the "
    "layers' tables of weights. Nothing joins units of one layer, or skips one.",
)

# %% [markdown] slideshow={"slide_type": "subslide"}
# With weights $W^{(l)}$ of shape `(units before, units)`, biases $b^{(l)}$ of shape `(units,)`, an activation $g$, and
# $a^{(0)} = x$ for the input, layer $l$ computes (the last one here without $g$)
#
# $$a^{(l)} = g\left(a^{(l-1)} W^{(l)} + b^{(l)}\right)$$
#
# Column $j$ of $W$ holds the weights of unit $j$. Unit $i$ reaches unit $j$ through the entry $W_{ij}$.

# %% slideshow={"slide_type": "skip"}
digits = datasets.load("digits")
pixels = digits.train.x.reshape(-1, 64).astype("float64")

network = keras.Sequential([
    keras.Input((8, 8, 1)), layers.Flatten(),
    layers.Dense(12, activation="tanh"), layers.Dense(16, activation="tanh"),
    layers.Dense(10)])

# %% [markdown] slideshow={"slide_type": "skip"}
# **Predict before you run.** In a network 64-12-16-10 we push one unit of the first hidden layer by 0.1. Which units move,
# in its own layer, in the next, and at the output? And in the next layer, if that is a convolution?

# %% slideshow={"slide_type": "subslide"}
def forward(weights, x, push=0.0, unit=0):
    """Activations of each layer; one unit of the first is pushed."""
    activations = [x]
    pairs = list(zip(weights[::2], weights[1::2], strict=True))
    for layer, (kernel, bias) in enumerate(pairs):
        z = activations[-1] @ kernel + bias
        activations.append(np.tanh(z) if layer < len(pairs) - 1 else z)
        if layer == 0:
            activations[-1][:, unit] += push
    return activations

# %% slideshow={"slide_type": "notes"} tags=["hide-input"]
weights = [weight.astype("float64") for weight in network.get_weights()]
by_hand = forward(weights, pixels)
written_out = checks.equal(
    "the equation in NumPy and Keras' outputs",
    network(digits.train.x).numpy(), by_hand[-1], atol=1e-4)

# %% slideshow={"slide_type": "skip"}
pushed = forward(weights, pixels, push=0.1, unit=3)
moved = [(after - before)[0]
         for before, after in zip(by_hand[1:], pushed[1:], strict=True)]

# %% slideshow={"slide_type": "skip"} tags=["hide-input"]
networks.what_moves(
    moved, ["first hidden (12)", "second hidden (16)", "output (10)"],
    title="One unit is pushed: what moves?",
    caption="The pushed unit moves alone in its own layer, for units of one layer "
    "aren't connected. All units of the next layer move (pale squares move little), "
    "and through them all outputs.",
)

# %% slideshow={"slide_type": "notes"} tags=["hide-input"]
local = layers.Conv2D(1, 3, padding="same",
                      kernel_initializer=keras.initializers.GlorotUniform(seed=0))
image = np.zeros((2, 8, 8, 1), "float32")
image[1, 3, 4, 0] = 0.1                         # the second image has one pixel more
touched = np.abs(np.diff(local(image), axis=0)) > 0                 # (1, 8, 8, 1)
reached = np.array([np.abs(forward(weights, pixels[:50], 0.1, unit)[2]
                           - by_hand[2][:50]).max(axis=0) > 1e-9
                    for unit in range(12)])                         # (12, 16)
checks.equal("units of the next dense layer that one unit moves, and all 16",
             reached.sum(axis=1), 16)
checks.equal("units of a 3 × 3 convolution that one pixel moves, and 9",
             int(touched.sum()), 9)

# %% [markdown] slideshow={"slide_type": "skip"}
# <details><summary>Your prediction</summary>
#
# In its own layer, itself alone; in the next, all; and through them all outputs. A convolution passes it on to its
# neighbourhood only, 9 units for a kernel of 3 × 3. The common wrong guess is that units of the same layer move as
# well. They share their inputs, not a connection.
#
# </details>

# %% [markdown] slideshow={"slide_type": "notes"}
# The article from which this course is built (a short introduction to
# deep learning in Chinese, whose sentences are tested one by one), section $2.1$, says of a perceptron:
# 「这个输出会影响下一层中的所有感知器」, *this output influences all perceptrons of the next layer*, and so on 「直到最后一层的输出被认为是整个网络的输出」,
# *until the last layer's output is taken as the whole network's*. That is what *dense* means, so it needs no
# experiment, only the check that Keras' layer is our equation. Its "all" describes dense layers: a convolution of 3 × 3
# passes a pixel on to 9 of 64 units only. With ReLU units there is a second exception, at the unit's output: one that
# is off, and stays off, hides what arrived.

# %% slideshow={"slide_type": "notes"} tags=["hide-input"]
claims.by_definition(
    "A2.1.1", "every unit of a dense layer has a weight for every unit of the layer "
    "before, and the last layer's output is the network's", written_out)

# %% [markdown] slideshow={"slide_type": "slide"}
# ## How sure is an answer, and how wrong? · 答案有多确定，错得有多远？
#
# With more than two classes a network gives one score for each, its *logits*. [Chapter 00](00_start_here.ipynb) made a
# loss of them in two steps: *softmax* makes probabilities, and the *cross-entropy* is minus the logarithm of the right
# one. Two classes, logits 1 and $-1$: $e^1 = 2.72$ and $e^{-1} = 0.37$ add up to $3.09$, so the probabilities are $0.88$
# and $0.12$. If the first class is right, the loss is $-\ln 0.88 = 0.13$ nats; if the second is, $-\ln 0.12 = 2.13$.
#
# $$p_k = \frac{e^{z_k}}{\sum_j e^{z_j}} \qquad L = -\ln p_y = \ln \sum_j e^{z_j} - z_y$$

# %% [markdown] slideshow={"slide_type": "subslide"}
# **Predict before you run.** Start from the logits 1 and $-1$, and let the second class be right. What becomes of the loss
# if we (a) add 100 to both logits, (b) multiply both by 10, (c) give both the value 0?

# %%
def cross_entropy(logits, label):
    """Minus the logarithm of the label's probability, in nats."""
    shifted = logits - logits.max()
    return np.log(np.exp(shifted).sum()) - shifted[label]


cases = {"1 and −1": [1.0, -1.0], "(a) 101 and 99": [101.0, 99.0],
         "(b) 10 and −10": [10.0, -10.0], "(c) 0 and 0": [0.0, 0.0]}
from_logits = keras.losses.SparseCategoricalCrossentropy(
    from_logits=True)
from_shares = keras.losses.SparseCategoricalCrossentropy()

# %% slideshow={"slide_type": "subslide"} tags=["hide-input"]
rows, label = [], np.array([1])
for name, given in cases.items():
    z = np.array([given], "float32")
    rows.append([name, f"{cross_entropy(z[0], 1):.2f}",
                 f"{float(from_logits(label, z)):.2f}",
                 f"{float(from_shares(label, tf.nn.softmax(z))):.2f}"])
show.table(rows, ["logits", "by the formula", "Keras, `from_logits=True`",
                  "Keras, from probabilities"],
           caption="Cross-entropy in nats, the second class being right")

# %% [markdown]
# <details><summary>Your prediction</summary>
#
# (a) Nothing: $e^{100}$ cancels, and only differences of logits count. (b) From about 2 to 20 nats: larger logits are a
# surer network, and surer and wrong costs more. It is a common guess that only *which* logit is larger matters; that is
# so for the answer, not for the loss. (c) $\ln 2$: two equal chances.
#
# </details>

# %% [markdown] slideshow={"slide_type": "notes"}
# The last column is why the course's networks end in logits. `float32` has no number between $0$ and about $10^{-45}$, so
# a very small probability becomes 0, and Keras clips probabilities at $10^{-7}$ before it takes the logarithm (unless it
# can find the logits that they came from): from there on the loss no longer says how wrong the network is, and its
# gradient is 0. From logits, nothing is lost.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## How is a network built in Keras? · 怎样用 Keras 搭建网络？
#
# The data: a doctor has drawn some fluid from a lump in a breast, a microscope shows the cells' nuclei, and a program
# measures them. 30 numbers each: radius, area, smoothness, ..., as mean, error and worst value. The question: is the lump
# *malignant* (0) or *benign* (1)?

# %%
nuclei = datasets.load("breast_cancer")
nuclei

# %% slideshow={"slide_type": "subslide"} tags=["hide-input"]
show.table(
    [[nuclei.features[index], *(f"{value:,.{digits}f}" for value in (
        nuclei.train.x[:, index].min(), nuclei.train.x[:, index].mean(),
        nuclei.train.x[:, index].std(), nuclei.train.x[:, index].max()))]
     for index, digits in ((0, 1), (3, 0), (4, 3), (19, 4))],
    ["measurement", "least", "mean $m$", "standard deviation $s$", "largest"],
    caption="Four of the thirty, in the training data",
)

# %% [markdown] slideshow={"slide_type": "subslide"}
# An area counts in hundreds and a fractal dimension's error in thousandths. A unit that adds them up with weights of like size
# hears mostly the area. So each measurement is *standardised*, $(x - m) / s$, with mean and standard deviation of the
# training data: a value of $m + s$ becomes 1, of $m - 2s$ becomes $-2$. In Keras this is a layer, `Normalization`. It
# learns $m$ and $s$ not by gradient but from the data, once, by `adapt`. Each place on the *last* axis has its own: 30
# measurements, 30 means. Images (28, 28, 1) have one mean and one deviation for all pixels. Don't flatten them before:
# a pixel that is always blank has $s = 0$.

# %% slideshow={"slide_type": "subslide"}
def nuclei_network(normalization):
    """30 measurements to two logits; two hidden layers of 16 units."""
    inputs = keras.Input((30,))
    x = normalization(inputs)
    x = layers.Dense(16, activation="relu")(x)
    x = layers.Dense(16, activation="relu")(x)
    logits = layers.Dense(2)(x)
    return keras.Model(inputs, logits)


normalization = layers.Normalization()
normalization.adapt(nuclei.train.x)  # the training data, no other
network = nuclei_network(normalization)

# %% slideshow={"slide_type": "subslide"} tags=["hide-input"]
primer.network_layers(
    [("measurements", "(30,)", "data"), ("Normalization", "(30,)", "plain"),
     ("Dense 16\nrelu", "(16,)", "weights"), ("Dense 16\nrelu", "(16,)", "weights"),
     ("Dense 2", "(2,)", "weights"), ("logits", "", "data")],
    "A network for tables of measurements",
    caption="The network layer by layer, with the shape of one example between them. "
    "Grey boxes are trained; Normalization has been adapted before.",
)

# %% [markdown] slideshow={"slide_type": "notes"}
# This is Keras' *functional* way: a layer is called on a tensor and gives the next one, and `keras.Model` is told where
# it begins and where it ends. `Sequential` (chapter 00) is enough for layers in a row; the functional way can also
# branch and join, as networks of later chapters do. Further down the package builds such networks for us, with a seed for
# their first weights: `models.mlp((30,), 2, hidden=[16, 16], seed=0)` has these three dense layers.

# %% [markdown] slideshow={"slide_type": "subslide"}
# **Predict before you run.** A second network is the same but for a layer that does nothing in place of `Normalization`.
# Both train for 10 epochs. How many of the lumps held out will either judge rightly? (The dashed line of the figure that
# follows always says *benign*.)

# %%
def compiled(network):
    """The network, told by what to learn."""
    network.compile(
        optimizer=keras.optimizers.Adam(0.003),
        loss=keras.losses.SparseCategoricalCrossentropy(
            from_logits=True),
        metrics=["accuracy"])
    return network


# %% slideshow={"slide_type": "subslide"}
as_measured = compiled(nuclei_network(layers.Identity()))
start = network.get_weights()  # the adapted means are among them
held_out = nuclei.validation.x, nuclei.validation.y
histories = {
    name: model.fit(nuclei.train.x, nuclei.train.y, epochs=10,
                    batch_size=32, validation_data=held_out, verbose=0)
    for name, model in (("normalised", compiled(network)),
                        ("as measured", as_measured))}

# %% slideshow={"slide_type": "subslide"} tags=["hide-input"]
charts.curves(
    np.arange(1, 11), {name: history.history["val_accuracy"]
                       for name, history in histories.items()},
    levels={"always benign": np.mean(nuclei.validation.y == 1)},
    xlabel="epoch", ylabel="accuracy on validation data", ylim=(0.3, 1.02),
    title="The same network, with and without Normalization",
    caption="Validation accuracy by epoch, one run each; dashed: always the same "
    "answer.",
)

# %% slideshow={"slide_type": "skip"}
found = network.evaluate(*held_out, verbose=0, return_dict=True)
logits = network.predict(held_out[0][:3], verbose=0)
shares = tf.nn.softmax(logits)
for name in ("accuracy", "loss"):
    print(f"{name}:", mask(f"{found[name]:.3f}"))
malignant = [f"{share:.3f}" for share in shares[:, 0].numpy()]
print("p(malignant) of three:", mask(", ".join(malignant)))

# %% [markdown] slideshow={"slide_type": "subslide"}
# <details><summary>Your prediction</summary>
#
# A common guess is that the weights will make up for the units, since they may be small where numbers are large. In the
# end they may; but gradient descent starts where all weights are of like size, and then the sums belong to the few large
# measurements. With the normalisation this network is right on more than nine of ten lumps after a few epochs.
#
# </details>

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### The loop, written out
#
# What `fit` did, without `fit`: in each epoch a new order, and batch after batch a step of gradient descent. The dashed
# arrows of chapter 00's drawing are its last two lines.

# %%
def fit_by_hand(network, optimizer, loss_of, data, orders, size):
    """A step for each batch of that size of each epoch's order."""
    for order in orders:
        for first in range(0, len(order), size):
            rows = order[first : first + size]
            with tf.GradientTape() as tape:
                logits = network(data.x[rows], training=True)
                loss = loss_of(data.y[rows], logits)
            weights = network.trainable_variables
            gradients = tape.gradient(loss, weights)
            optimizer.apply(gradients, weights)

# %% [markdown] slideshow={"slide_type": "notes"}
# The same start for three: Keras' `fit`, our loop, and `training.fit`, whose order of the examples follows from its
# seed. Keras' own order is drawn from TensorFlow's global generator, so we give it one epoch at a time, already in
# order.

# %% slideshow={"slide_type": "skip"}
by_keras, by_hand, by_course = (nuclei_network(normalization)
                                for _ in range(3))
for each in (by_keras, by_hand, by_course):
    each.set_weights(start)
classify = training.objectives.classification()
orders = [training.loop.epoch_order(len(nuclei.train), 0, epoch).numpy()
          for epoch in range(2)]

compiled(by_keras)
for order in orders:
    by_keras.fit(nuclei.train.x[order], nuclei.train.y[order],
                 batch_size=32, shuffle=False, verbose=0)
fit_by_hand(by_hand, keras.optimizers.Adam(0.003), from_logits, nuclei.train,
            orders, size=32)
run = training.fit(by_course, classify, nuclei.train, epochs=2, batch_size=32,
                   optimizer=keras.optimizers.Adam(0.003), seed=0)

# %% slideshow={"slide_type": "notes"} tags=["hide-input"]
def all_weights(network):
    return np.concatenate([weight.numpy().ravel()
                           for weight in network.trainable_variables])


checks.equal("weights after two epochs by our loop and by Keras' fit",
             all_weights(by_hand), all_weights(by_keras), atol=1e-3)
checks.equal("weights after two epochs by training.fit and by Keras' fit",
             all_weights(by_course), all_weights(by_keras), atol=1e-3)

# %% [markdown] slideshow={"slide_type": "notes"}
# So a chapter may use whichever is shortest. [The table in chapter 00](00_start_here.ipynb) says what each calls it.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Must the weights start at random? · 权重必须随机初始化吗？
#
# Keras draws the first weights at random. Why not start all of them at one value? Think of two hidden units whose
# weights are all 0.05. Both compute the same output. Their weights to the next layer are equal, too, so the loss has the
# same derivative with respect to both. They take the same step, and are equal again.

# %% [markdown] slideshow={"slide_type": "fragment"}
# **Predict before you run.** One hidden layer of 32 ReLUs, trained on 8 × 8 digits by 300 steps of Adam from three starts:
# all weights 0; all weights 0.05; all weights 0.05, each up or down by up to a tenth of that. How many different hidden
# units will each have in the end, and who learns to read?

# %% slideshow={"slide_type": "skip"}
seeds = range(5)

# %% slideshow={"slide_type": "skip"}
def all_at(value, spread, network, seed):
    """Every weight at a value, up or down by a random share of it; biases 0."""
    random = np.random.default_rng(seed)
    shapes = [weight.shape for weight in network.weights]
    return [value * (1 + random.uniform(-spread, spread, shape))
            if len(shape) == 2 else np.zeros(shape) for shape in shapes]


def different_units(kernel):
    """How many of a layer's units differ by more than rounding."""
    return len(np.unique(kernel.round(4), axis=1).T)

# %% [markdown] slideshow={"slide_type": "skip"}
# One more tool. A study trains the same network from several seeds. `repeats.Repeats` compiles a training of a
# given number of steps once, and its `train` runs it from given initial weights. The step inside is that of
# `training.fit`.

# %% slideshow={"slide_type": "skip"}
reader = keras.Sequential([
    keras.Input((8, 8, 1)), layers.Flatten(),
    layers.Dense(32, activation="relu"), layers.Dense(10)])
study = repeats.Repeats(reader, classify, steps=300, batch_size=64,
                        optimizer=keras.optimizers.Adam(0.01), jit_compile=False)


def from_start(value, spread, seed):
    """Validation accuracy, and how many hidden units differ, after training."""
    study.train(all_at(value, spread, reader, seed), digits.train.x, digits.train.y,
                seed=seed)
    return (repeats.accuracy(reader, digits.validation),
            different_units(reader.get_weights()[0]))  # the hidden layer's kernel


starts = {"all 0": (0.0, 0.0), "all 0.05": (0.05, 0.0),
          "0.05, up to a tenth up or down": (0.05, 0.1)}
by_start = {name: np.array([from_start(*start, seed) for seed in seeds])
            for name, start in starts.items()}

# %% slideshow={"slide_type": "subslide"} tags=["hide-input"]
show.table([[name, mask(f"{found[:, 1].max():.0f}"), f"{Measured(found[:, 0]):.0%}"]
            for name, found in by_start.items()],
           ["start", "different hidden units, of 32", "accuracy on validation data"],
           caption="After 300 steps of Adam, from 5 orders of the examples")

# %% slideshow={"slide_type": "notes"} tags=["hide-input"]
checks.equal("different hidden units after training from equal ones, and 1",
             [by_start[name][:, 1] for name in ("all 0", "all 0.05")], 1)

# %% [markdown]
# <details><summary>Your prediction</summary>
#
# One, one, and 32. A common guess is that data break the tie, since the pixels differ. They do, but all hidden units see
# the same pixels: 32 equal units are one unit, and one number between pixels and answer is too little. From all 0 it is
# worse: relu gives 0 everywhere, no gradient passes, and only the last biases move.
#
# </details>

# %% [markdown] slideshow={"slide_type": "notes"}
# How large the random weights should be is another question, and in deep networks a hard one
# ([chapter 03](03_vanishing_and_exploding_gradients.ipynb)).


# %% [markdown] slideshow={"slide_type": "slide"}
# ## Can one hidden layer draw any curve? · 一个隐藏层能画出任意曲线吗？
#
# A steep sigmoid $\sigma(k(x - a))$ is nearly a step: 0 before $a$, 1 after it. One step up at $a$ minus another at $b$
# is a *bump*, 1 between $a$ and $b$ and 0 elsewhere. Bumps of the right heights, side by side, make a staircase along
# any curve: two hidden units for each stair.

# %% slideshow={"slide_type": "skip"}
def curve(x):
    """What is to be drawn, on [0, 1]."""
    return np.sin(2 * np.pi * x) + np.sin(5 * np.pi * x) / 2


def sigmoid(z):
    return (1 + np.tanh(z / 2)) / 2


def bumps(function, stairs):
    """Weights of a hidden layer of 2 · stairs sigmoids, and of a linear output."""
    edges = np.linspace(0, 1, stairs + 1)
    left, right, steepness = edges[:-1], edges[1:], 40 * stairs
    heights = function((left + right) / 2)
    kernel = np.full((1, 2 * stairs), steepness)
    bias = -steepness * np.concatenate([left, right])
    return kernel, bias, np.concatenate([heights, -heights])[:, None], np.zeros(1)

# %% slideshow={"slide_type": "skip"}
def one_hidden_layer(units, activation):
    return keras.Sequential([keras.Input((1,)),
                             layers.Dense(units, activation=activation),
                             layers.Dense(1)])


x_axis = np.linspace(0, 1, 1_001)[:, None]
staircase = one_hidden_layer(2 * 12, "sigmoid")
staircase.set_weights(bumps(curve, 12))

# %% slideshow={"slide_type": "subslide"} tags=["hide-input"]
charts.row(
    lambda ax: charts.curves(
        x_axis[:, 0], {"one minus the other": sigmoid(200 * (x_axis[:, 0] - 0.3))
                       - sigmoid(200 * (x_axis[:, 0] - 0.5))},
        theory={"up at 0.3": sigmoid(200 * (x_axis[:, 0] - 0.3)),
                "up at 0.5": sigmoid(200 * (x_axis[:, 0] - 0.5))},
        ax=ax, xlabel="x", ylabel="output", title="A bump from two sigmoids"),
    lambda ax: charts.curves(
        x_axis[:, 0], {"curve": curve(x_axis[:, 0]),
                       "24 units": staircase(x_axis).numpy()[:, 0]},
        ax=ax, xlabel="x", ylabel="y", title="A curve from twelve bumps"),
    figsize=(10.0, 3.8), caption="Left: two steps and their difference. Right: a Keras "
    "network of 24 hidden sigmoids whose weights were set by hand, not learnt.",
    alt="Left, two steps at 0.3 and 0.5 and the bump between them; right, a wavy curve "
    "and a staircase of twelve steps along it.",
)

# %% [markdown] slideshow={"slide_type": "subslide"}
# This is, in one dimension, the *universal approximation theorem*
# ([Cybenko 1989](https://doi.org/10.1007/BF02551274)): with enough sigmoids one hidden layer comes as close to any
# continuous function on a closed interval as you like. It says that such weights exist, not that training finds them.
#
# **Predict before you run.** (1) By hand: with twice as many stairs, does the error fall to a half, to a quarter, or
# less regularly? (2) A hidden layer of as many ReLUs is *trained* on 1,024 points of the curve, by 2,000 steps of Adam. Is
# its error with 128 units smaller than that of the staircase, about equal, or larger?

# %% slideshow={"slide_type": "skip"}
@functools.cache
def relu_start(units, seed):
    """Random first weights; each ReLU bends somewhere on [0, 1]."""
    kernel, _, *output = models.mlp((1,), 1, hidden=[units],
                                    seed=seed).get_weights()
    bends = np.random.default_rng(seed).uniform(0, 1, units)
    return [kernel, -kernel[0] * bends, *output]  # w x + b = w (x - bend)


def squared_error(networks, batch, training):
    """Mean squared difference between outputs and values, added up over networks."""
    x, y = (tf.transpose(part, [1, 0, 2]) for part in batch)  # (networks, batch, 1)
    difference = networks(x, training=training) - y
    return tf.reduce_sum(tf.reduce_mean(tf.square(difference), axis=(1, 2))), {}


def root_mean_square(difference):
    return float(np.sqrt(np.mean(np.square(difference))))

# %% [markdown] slideshow={"slide_type": "skip"}
# One run says little, and a single small network leaves a computer idle. So from here on networks of one shape train
# *side by side*: their weights have one axis more in front, `(networks, inputs, units)`. Each reads the examples in an
# order of its own, and the loss is the sum of theirs. No network's weights occur in another's loss, so each learns as it
# would alone; and each may have a learning rate of its own.

# %% slideshow={"slide_type": "skip"}
def side_by_side(networks, objective, data, steps, runs):
    """Train networks by so many steps of Adam, each by its own (seed, rate)."""
    seeds, rates = zip(*runs, strict=True)
    adam = optimizers.by_network(keras.optimizers.Adam)
    study = repeats.Repeats(networks, objective, steps=steps, batch_size=64,
                            optimizer=adam(rates), jit_compile=False)
    study.train(networks, *data, seed=seeds)


def trained_errors(units, runs, data, on):
    """Errors of ReLU networks trained from these (seed, learning rate), (runs,)."""
    seeds = [seed for seed, _ in runs]
    networks = feed_forward.mlp(seeds, (1,), 1, hidden=[units], shared=False)
    starts = zip(*[relu_start(units, seed) for seed in seeds], strict=True)
    networks.set_weights([np.stack(each).reshape(weight.shape) for each, weight
                          in zip(starts, networks.weights, strict=True)])
    side_by_side(networks, squared_error, data, 2_000, runs)
    drawn = training.predict(networks, on[0])                # (points, networks, 1)
    return np.array([root_mean_square(one - on[1]) for one in np.swapaxes(drawn, 0, 1)])

# %% slideshow={"slide_type": "skip"}
def solved_error(units, seed, data, on):
    """The same first hidden layer; its output weights by least squares."""
    kernel, bias, *_ = relu_start(units, seed)
    hidden, hidden_on = (np.maximum(x @ kernel + bias, 0) for x in (data[0], on[0]))
    output = np.linalg.lstsq(hidden, data[1], rcond=1e-6)[0]
    return root_mean_square(hidden_on @ output - on[1])

# %% slideshow={"slide_type": "skip"}
sizes, on = [16, 32, 64, 128], (x_axis, curve(x_axis))
samples = np.random.default_rng(0).uniform(0, 1, (1_024, 1)).astype("float32")
data = samples, curve(samples)

rates = [0.01, 0.02, 0.04, 0.08]  # the best one, with another seed
tried = trained_errors(128, [(5, rate) for rate in rates], data, on)
rate = rates[tried.argmin()]
trained = trained_errors(128, [(seed, rate) for seed in seeds], data, on)
solved = np.array([[solved_error(units, seed, data, on) for seed in seeds]
                   for units in sizes])                             # (sizes, seeds)
set_by_hand = []
for units in sizes:
    stairs = one_hidden_layer(units, "sigmoid")
    stairs.set_weights(bumps(curve, units // 2))
    set_by_hand.append(root_mean_square(stairs(x_axis).numpy() - curve(x_axis)))

# %% slideshow={"slide_type": "subslide"} tags=["hide-input"]
charts.curves(
    [f"{units}" for units in sizes],
    {"staircase, by hand": set_by_hand, "ReLUs, solved": solved},
    levels={"128 ReLUs, trained by Adam": np.mean(trained)},
    xlabel="hidden units", ylabel="root mean squared error", yscale="log",
    title="Weights that exist, and weights that are found",
    caption="Error on the curve by width, mean and 95 % interval over 5 seeds. By "
    "hand, twice the units leave half of the error. Dashed: Adam, 128 ReLUs. Solved: "
    "the same random first layer, its output weights by least squares.",
)

# %% slideshow={"slide_type": "notes"} tags=["hide-input"]
claims.measure(
    "C01.3", "that weights exist doesn't mean that training finds them: error of 128 "
    "ReLUs after 2,000 steps of Adam over that of 128 units set by hand, by seed; "
    "control: the same first layer, its output weights solved by least squares",
    lambda errors, seed: errors[seed] / set_by_hand[-1], above=1,
    of=[(trained, seed) for seed in seeds],
    control=[(solved[-1], seed) for seed in seeds],
)

# %% [markdown] slideshow={"slide_type": "subslide"}
# <details><summary>Your prediction</summary>
#
# (1) To a half: stairs half as wide are half as far from the curve. (2) Larger. "Smaller" is the common guess, for
# training chooses the weights, and our hand was clumsy. But training gropes its way down from a random start, and these
# 2,000 steps don't take it to the bottom. That better weights were there all the time, even behind the same first
# layer, the line of the solved ones shows: with 128 units least squares leaves hardly any error.
#
# </details>

# %% [markdown] slideshow={"slide_type": "notes"}
# *What would have refuted it:* trained networks that come below the staircase. *How far it carries:* this curve, Adam
# at one of four rates, this number of steps. And the construction is no recipe for more inputs: ten stairs along each
# of 784 pixels make $10^{784}$ bumps.

# %% [markdown] slideshow={"slide_type": "skip"}
# ## Can perceptrons in layers learn by gradient? · 成层的感知器能用梯度学习吗？
#
# Networks learn by gradient: each weight is moved a little in the direction in which the loss falls. A perceptron has a
# *threshold*: $g(z) = 1$ if $z > 0$, else $0$. A sigmoid, $\sigma(z) = 1 / (1 + e^{-z})$, is its smooth relative.

# %% [markdown] slideshow={"slide_type": "skip"}
# **Predict before you run.** Take a network 64-64-64-10 whose hidden units have thresholds, and the same one with
# sigmoids; both end in logits. Train both on `digits`. How far does the first one get: to the accuracy of the second, to
# about two thirds of it, or nowhere?

# %% [markdown] slideshow={"slide_type": "skip"}
# The threshold's derivative is 0 on both sides of the step. At $z = 0.3$ it gives 1, and at $z = 0.31$ as well: the loss doesn't
# notice. A third network is *lent* a slope: it computes with thresholds, forward, and where the backward pass
# asks for their derivative, it gets the sigmoid's (a *straight-through* estimate, [Bengio and others
# 2013](https://arxiv.org/abs/1308.3432)). Its units still answer 0 or 1 and nothing between.

# %% [markdown] slideshow={"slide_type": "skip"}
# The article's introduction to networks says: 「神经网络是由感知器组成的多层网络」, *a neural network is a multi-layer
# network made of perceptrons*. Can a network of perceptrons be trained to what its smooth relative reaches? For the verdict
# the perceptrons are lent a slope in training, and the smoothed network is the rival. To fall behind by 5 points counts.
# Learning rates are the best ones on other seeds (for thresholds and sigmoids recorded, `make bench STUDY=ch01_rates`).

# %% slideshow={"slide_type": "skip"} tags=["hide-input"]
claims.rule(
    "A2.1.0",       # "a neural network is a multi-layer network made of perceptrons"
    {
        "does not hold for networks trained by gradient":
            lambda perceptrons, smoothed: (perceptrons - smoothed).high < -0.05,
        "holds when the training is lent a slope":
            lambda perceptrons, smoothed: (perceptrons - smoothed).low > -0.05,
        "not settled": True,
    },
    made_up={
        "does not hold for networks trained by gradient":
            {"perceptrons": [0.8, 0.85, 0.82], "smoothed": [0.95, 0.97, 0.96]},
        "holds when the training is lent a slope":
            {"perceptrons": [0.95, 0.94, 0.96], "smoothed": [0.96, 0.95, 0.97]},
        "not settled":
            {"perceptrons": [0.95, 0.85, 0.9], "smoothed": [0.96, 0.95, 0.95]},
    },
    compares=("perceptrons", "smoothed"),
)

# %% slideshow={"slide_type": "skip"}
recorded_rates = recording.load("ch01_rates")


def best_rate(name, recorded):
    """The learning rate with the highest recorded mean accuracy."""
    found = recorded[name]
    return float(max(found, key=lambda rate: np.mean(found[rate])))


def threshold(z):
    return (tf.sign(z) + 1) / 2


def threshold_lent_a_slope(z):
    """The threshold's value, the sigmoid's derivative."""
    smooth = tf.sigmoid(z)
    return smooth + tf.stop_gradient(threshold(z) - smooth)


def accuracies(networks, train, score, steps, runs):
    """Accuracy (networks,) on ``score`` of classifiers trained side by side."""
    side_by_side(networks, feed_forward.classification(), (train.x, train.y), steps,
                 runs)
    return feed_forward.accuracies(training.predict(networks, score.x), score.y)

# %% slideshow={"slide_type": "skip"}
def train_units(activation, data, runs):
    """Accuracy on validation data of each run (seed, learning rate), and the largest
    change of a weight in each layer, (runs, layers)."""
    networks = feed_forward.mlp([seed for seed, _ in runs], (8, 8, 1), 10,
                                hidden=[64, 64], activation=activation, shared=False)
    before = networks.get_weights()[::2]                     # kernels
    found = accuracies(networks, data.train, data.validation, 400, runs)
    change = [np.abs(after - start).max(axis=(1, 2)) for after, start
              in zip(networks.get_weights()[::2], before, strict=True)]
    return found, np.transpose(change)

# %% slideshow={"slide_type": "skip"}
hidden_kinds = {
    "threshold": (threshold, best_rate("hidden units: threshold", recorded_rates)),
    "threshold, lent a slope": (threshold_lent_a_slope, best_rate(
        "hidden units: threshold, lent a slope", recorded_rates)),
    "sigmoid": (tf.sigmoid, best_rate("hidden units: sigmoid", recorded_rates)),
}
halfway = {name: train_units(activation, digits, [(seed, rate) for seed in seeds])
           for name, (activation, rate) in hidden_kinds.items()}

# %% slideshow={"slide_type": "skip"} tags=["hide-input"]
charts.bars(
    {name: {"accuracy": Measured(found[0])} for name, found in halfway.items()},
    title="Hidden units with and without a slope", xlabel="accuracy on validation data",
    caption="Accuracy after 400 steps of Adam, each at its best learning rate, mean "
    "and 95 % interval over 5 seeds.",
)

# %% slideshow={"slide_type": "skip"} tags=["hide-input"]
checks.equal("hidden weights below thresholds before and after training",
             halfway["threshold"][1][:, :2], 0)
claims.measure(
    "C01.2", "what hidden thresholds lack is a slope, not shades between 0 and 1: "
    "accuracy lost against sigmoids, by seed; control: thresholds lent a slope",
    lambda name, seed: halfway["sigmoid"][0][seed] - halfway[name][0][seed],
    of=[("threshold", seed) for seed in seeds],
    control=[("threshold, lent a slope", seed) for seed in seeds], above=0.1,
)

# %% [markdown] slideshow={"slide_type": "skip"}
# <details><summary>Your prediction</summary>
#
# About two thirds: no weight below a threshold has moved, and the last layer learnt on top of random features. A
# common guess is that a step, being so clear-cut, should learn at least as well as a soft slope. But gradient descent asks:
# if I change this weight a little, what happens to the loss? A step answers: nothing, unless the change happens to
# cross the threshold. Its derivative is zero wherever it exists, and a product with zero, which the chain rule makes, is
# zero.
#
# </details>

# %% slideshow={"slide_type": "skip"} tags=["hide-input"]
claims.verdict("A2.1.0", perceptrons=halfway["threshold, lent a slope"][0],
               smoothed=halfway["sigmoid"][0])

# %% [markdown] slideshow={"slide_type": "skip"}
# *What follows:* thresholds can compute what it takes to read these digits nearly as well; what they don't give is the
# derivative by which a network is trained. The units of today's networks mostly have one of their own, and so aren't
# perceptrons in the strict sense. "Multilayer perceptron" is a name that stuck. And not every network is feed-forward:
# those of chapter 07a feed a layer's output back.

# %% [markdown] slideshow={"slide_type": "skip"}
# ## What can a ReLU layer draw? · ReLU 层能画出什么？
#
# A common unit today is the ReLU, $g(z) = \max(0, z)$. Where it is off it gives 0, where it is on it gives $z$. A unit
# of two inputs switches along a line; several units cut the plane into pieces, and within each piece the whole
# network is *linear*, plus a constant. Three lines make at most $1 + 3 + 3 = 7$ pieces. In general, the most pieces that $n$ lines
# can make, and do make in general position, are
#
# $$1 + n + \binom{n}{2}$$
#
# ([Zaslavsky 1975](https://doi.org/10.1090/memo/0154)): the first line makes one piece into two, and every
# further line adds one piece, and one more for each point at which it crosses others.

# %% [markdown] slideshow={"slide_type": "skip"}
# **Predict before you run.** A Keras layer starts with random weights, and with biases of 0. Into how many pieces
# does an untrained layer of 8 ReLUs cut the plane: 16, 37, or $2^8 = 256$?

# %% slideshow={"slide_type": "skip"}
def with_biases(hidden, seed):
    """An untrained ReLU network of two inputs, its biases random instead of 0."""
    network = models.mlp((2,), 3, hidden=hidden, seed=seed)
    random = np.random.default_rng(seed)
    network.set_weights([weight if weight.ndim == 2
                         else random.uniform(-1, 1, weight.shape)
                         for weight in network.get_weights()])
    return network


as_keras_starts = models.mlp((2,), 3, hidden=[8], seed=0)
wide, deep = with_biases([8], seed=0), with_biases([8, 8], seed=0)

# %% slideshow={"slide_type": "skip"} tags=["hide-input"]
networks.region_maps(
    {"8 units, biases 0": as_keras_starts, "8 units with biases": wide,
     "8 + 8 units with biases": deep}, ((-3.0, 3.0), (-3.0, 3.0)),
    caption="Linear regions, each in its own tint; black: where the network's answer "
    "changes. Without biases all lines pass through one point. In the deeper network, "
    "lines bend where they meet those of the first layer.",
    alt="Three maps of the plane in tinted pieces: a star of eight lines; eight lines "
    "in general position; many more pieces with bent lines.",
)

# %% slideshow={"slide_type": "skip"} tags=["hide-input"]
bound = linear_regions.most_regions(8)
whole = [linear_regions.regions_of_layer(*model.get_weights()[:2])
         for model in (as_keras_starts, wide)]
checks.equal("pieces of the layer whose lines meet in a point, and 16", whole[0], 16)
checks.equal("pieces of the layer with biases, and Zaslavsky's 37", whole[1], bound)

# %% [markdown] slideshow={"slide_type": "skip"}
# <details><summary>Your prediction</summary>
#
# 16: lines through one point cut the plane like a cake, two pieces per line. Those who said 37 trusted the formula
# without its condition, *general position*; those who said 256 counted all combinations of on and off, and most of
# these exist nowhere in the plane. Biases, which training gives the layer, move the lines apart.
#
# </details>

# %% [markdown] slideshow={"slide_type": "skip"}
# A ReLU network is a patchwork of linear classifiers. The second layer's lines bend where they cross the first layer's,
# so two of them can cross more than once. The most pieces that a network can make grow fast with its depth ([Montúfar
# and others 2014](https://arxiv.org/abs/1402.1869)); how many a trained one makes is another question
# (`linear_regions.patterns` counts them).

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Does it matter which function a unit computes? · 激活函数的选择重要吗？
#
# Common activation functions, and what gradient descent sees of them: their derivatives. For $z = 2$ the sigmoid gives
# $0.88$ with a slope of $0.10$, ReLU gives 2 with a slope of 1.

# %% slideshow={"slide_type": "skip"}
def sigma(z):
    return 1 / (1 + np.exp(-z))


functions = {
    "linear": (lambda z: z, np.ones_like),
    "sigmoid": (sigma, lambda z: sigma(z) * (1 - sigma(z))),
    "tanh": (np.tanh, lambda z: 1 - np.tanh(z) ** 2),
    "relu": (lambda z: np.maximum(0, z), lambda z: (z > 0).astype(float)),
    "gelu": (lambda z: z * stats.norm.cdf(z),
             lambda z: stats.norm.cdf(z) + z * stats.norm.pdf(z)),
}

# %% slideshow={"slide_type": "subslide"} tags=["hide-input"]
networks.activation_functions(
    functions, caption="Five activation functions and their slopes. The sigmoid's "
    "slope is nowhere above 1/4.",
    alt="Left, the graphs of linear, sigmoid, tanh, ReLU and GELU from -4 to 4; right, "
    "their derivatives.",
)

# %% [markdown] slideshow={"slide_type": "subslide"}
# **Predict before you run.** MNIST-1D holds curves of 40 values that stand for the ten digits; logistic regression
# gets [32 %](https://github.com/greydanus/mnist1d) of them right, its authors report. Order these five by the
# accuracy that a network with two hidden layers of 100 units reaches in 500 steps, each at the learning rate that suits
# it best. Where does *linear* come, a network with three layers of weights, but without a bend?

# %% [markdown] slideshow={"slide_type": "notes"}
# The rates were chosen on other seeds, in factors of 2 and, around the best, of its square root (recorded, `make bench
# STUDY=ch01_rates`). One rate for all would compare the rate with the function.

# %% slideshow={"slide_type": "skip"}
curves = datasets.load("mnist1d")


def of_widths(hidden, activation="relu"):
    return lambda seed: models.mlp((40, 1), 10, hidden=hidden, activation=activation,
                                   seed=seed)


def two_layers(activation):
    return of_widths([100, 100], activation)

# %% slideshow={"slide_type": "skip"}
def at_best_rate(name, hidden, activation, data, seeds):
    """Validation accuracy (seeds,) after 500 steps at the rate that the study chose."""
    networks = feed_forward.mlp(seeds, (40, 1), 10, hidden=hidden,
                                activation=activation, shared=False)
    runs = [(seed, best_rate(name, recorded_rates)) for seed in seeds]
    return accuracies(networks, data.train, data.validation, 500, runs)


by_activation = {
    name: at_best_rate(f"activation: {name}", [100, 100], name, curves,
                       range(10) if name in ("relu", "tanh") else seeds)
    for name in functions}  # ten seeds of those two, for a later section

# %% slideshow={"slide_type": "subslide"} tags=["hide-input"]
charts.bars(
    {name: {"accuracy": Measured(values)} for name, values in by_activation.items()},
    title="MNIST-1D, by activation function", xlabel="accuracy on validation data",
    levels={"logistic regression (the authors)": 0.32},
    caption="Accuracy after 500 steps, each at its best learning rate, mean and 95 % "
    "interval over 5 seeds (tanh and ReLU: 10); dashed: no hidden layer at all.",
)
ranked = sorted(by_activation, key=lambda name: by_activation[name].mean())
show.markdown(f"From worst to best: {mask(', '.join(ranked))}.")

# %% slideshow={"slide_type": "skip"} tags=["hide-input"]
def gain(one, other, seed):
    """Accuracy of one minus that of the other, from the same seed."""
    return one[seed] - other[seed]

# %% slideshow={"slide_type": "notes"} tags=["hide-input"]
straight = two_layers("linear")(0)
one, first_bias, two, second_bias, three, last_bias = straight.get_weights()
x = curves.validation.x[:100].reshape(100, 40)
checks.equal("logits of three linear layers, and of the product of their weights",
             straight(curves.validation.x[:100]).numpy(),
             x @ (one @ two @ three)
             + (first_bias @ two + second_bias) @ three + last_bias, atol=1e-4)
claims.measure(
    "C01.5", "in 500 steps a sigmoid falls far behind ReLU: accuracy lost, by seed; "
    "control: tanh, a sigmoid centred and stretched",
    lambda name, seed: by_activation["relu"][seed] - by_activation[name][seed],
    of=[("sigmoid", seed) for seed in seeds],
    control=[("tanh", seed) for seed in seeds], above=0.1,
)

# %% [markdown] slideshow={"slide_type": "subslide"}
# <details><summary>Your prediction</summary>
#
# The linear network does no better than logistic regression, which has no hidden layer, for a product of matrices is a
# matrix: three linear layers can do no more than one. Whoever put the sigmoid in front because it looks most like a neuron:
# its slope is at most 1/4, so each sigmoid layer passes on at most a quarter of the gradient (times the weights), and
# its outputs are all positive. Either may slow it down; tanh differs in both, so this comparison doesn't say which. [Chapter 03](03_vanishing_and_exploding_gradients.ipynb) counts what depth does to this.
#
# </details>

# %% [markdown] slideshow={"slide_type": "notes"}
# *What would have refuted it:* a sigmoid within 10 points of ReLU, or a tanh that falls behind as far.

# %% [markdown] slideshow={"slide_type": "skip"}
# ### Move it: where does the boundary bend?
#
# 200 points lie around the four corners of XOR. A network with one hidden layer is trained on them, by 300 steps of
# Adam in NumPy, whenever you move a knob. (Knobs need a running kernel; a page shows the figure at their start.) *Random
# start* is the seed of its first weights.
#
# **Predict before you move.** Which activation will never part the corners, however many units it gets? How many units
# does tanh need? Can any function do it with *one*? And thresholds, whose hidden layer gets no gradient, with 32 units?

# %% slideshow={"slide_type": "skip"}
scatter = 0.3 * np.random.RandomState(0).standard_normal((200, 2))
around = np.repeat(2 * inputs - 1, 50, axis=0) + scatter                # (200, 2)
on_or_off = np.repeat(xor > 0, 50).astype(int)                              # (200,)
bends = {"threshold": (lambda z: (z > 0).astype(float), np.zeros_like), **functions}


def draw_boundary(ax, activation, units, random_start, *, x, y, bends):
    function, slope = bends[activation]
    found = two_layer_network.fit(x, y, units, function, slope, seed=random_start)
    title = f"{activation}, units: {units}, right: {found.accuracy(x, y):.0%}"
    decision_map.decision_map(found, x, y, (-2.2, 2.2), title, ax=ax)

# %% slideshow={"slide_type": "skip"} tags=["hide-input"]
widgets.explore(
    functools.partial(draw_boundary, x=around, y=on_or_off, bends=bends),
    activation=widgets.Knob(bends, start="tanh"),
    units=widgets.Knob([1, 2, 3, 4, 8, 16, 32], start=2),
    random_start=widgets.Knob(range(6), start=0), figsize=(5.4, 5.0),
    caption="Shade: the probability of class 1; black: where the answer changes. Two "
    "tanh units can make a band, which holds two corners and leaves out the other two.",
    alt="Four clouds of points at the corners of a square, opposite ones of one class; "
    "two nearly parallel boundary lines with a band of one class between them.",
)

# %% [markdown] slideshow={"slide_type": "skip"}
# *Linear* never does: its boundary is one straight line at any width. One unit of a function that only rises, or only
# stays, gives one straight line at most, wherever its bend lies; two of them can make a band. *GELU* may do with one,
# since it falls before it rises. And thresholds learn after all with many units: the hidden lines stay where chance put
# them, and the last layer chooses among them. Move the random start at 2 and at 32 to see how much is luck.

# %% [markdown] slideshow={"slide_type": "skip"}
# ## Do numbers have to be transformed before they go in? · 数字输入前需要变换吗？
#
# Pixels are numbers already, whole ones from 0 to 255. Three ways to feed them to the same network:
#
# - **raw**: 0 to 255, as floats;
# - **scaled**: $x / 255$, from 0 to 1;
# - **standardised**: $(x - m) / s$, with mean $m$ and standard deviation $s$ of the training pixels.

# %% [markdown] slideshow={"slide_type": "skip"}
# The first layer could undo all three by its weights and biases. And a fair comparison gives each its own learning
# rate, chosen on other seeds and on one half of the validation data, and scored on the other half.
#
# **Predict before you run.** At its own best learning rate of gradient descent, what does raw lose against
# standardised: nothing, about 2 points of accuracy, or more than 10? And what with Adam?

# %% [markdown] slideshow={"slide_type": "skip"}
# The article, section $2.1$: 「输入层需要进行一些变换」「如将图像像素值转换为浮点数值，或者将文本数据转换为向量形式」, *the
# input layer needs some transformation, such as turning pixel values into floating-point numbers, or text into vectors*.
# The verdict joins this section and the next, on text. It is given on what is lost without the transformation:
# accuracy of standardised minus raw pixels, by gradient descent and by Adam, and of one-hot vectors minus codes. All
# are at their best learning rates. A loss of more than 5 points says that the transformation is needed.

# %% slideshow={"slide_type": "skip"} tags=["hide-input"]
either = "holds when the input is text, or pixels meet plain gradient descent"
claims.rule(
    "A2.1.3",       # "turning pixel values into floating-point numbers, or text ..."
    {
        "holds": lambda pixels, pixels_with_adam, text:
            min(pixels.low, pixels_with_adam.low, text.low) > 0.05,
        either: lambda pixels, pixels_with_adam, text:
            min(pixels.low, text.low) > 0.05 and pixels_with_adam.high < 0.05,
        "holds when the input is text": lambda pixels, pixels_with_adam, text:
            text.low > 0.05 and max(pixels.high, pixels_with_adam.high) < 0.05,
        "does not hold": lambda pixels, pixels_with_adam, text:
            max(pixels.high, pixels_with_adam.high, text.high) < 0.05,
        "not settled": True,
    },
    made_up={
        "holds": dict(pixels=3 * [0.3], pixels_with_adam=3 * [0.1], text=3 * [0.4]),
        either: dict(pixels=3 * [0.3], pixels_with_adam=3 * [0.02], text=3 * [0.4]),
        "holds when the input is text":
            dict(pixels=3 * [0.01], pixels_with_adam=3 * [0.0], text=3 * [0.4]),
        "does not hold":
            dict(pixels=3 * [-0.1], pixels_with_adam=3 * [0.0], text=3 * [-0.4]),
        "not settled":
            dict(pixels=[0.3, 0.0, 0.3], pixels_with_adam=3 * [0.0], text=3 * [0.4]),
    },
)

# %% slideshow={"slide_type": "skip"}
mnist = datasets.load("mnist")
few = mnist.train.take(5_000, seed=0)
mean, deviation = few.x.mean(), few.x.std()
prepare = {"raw": lambda x: 255 * x, "scaled": lambda x: x,
           "standardised": lambda x: (x - mean) / deviation}
second_half = datasets.Split(*(np.split(whole, 2)[1] for whole in
                               (mnist.validation.x, mnist.validation.y)))

# %% slideshow={"slide_type": "skip"}
def draw_rates(ax, recorded, kind, names, title):
    """Recorded mean accuracy by learning rate, for several networks of one kind."""
    for name, line in zip(names, ("o-", "s--", "^:"), strict=True):
        found = recorded[f"{kind}: {name}"]
        ax.plot([float(rate) for rate in found],
                [np.mean(accuracy) for accuracy in found.values()], line, label=name)
    ax.set(xscale="log", xlabel="learning rate", title=title,
           ylabel="accuracy on validation data")
    low, high = ax.get_xlim()
    powers = [10.0**power for power in range(-4, 1)]
    ticks = powers if high / low > 100 else [0.001, 0.002, 0.004, 0.008]
    ax.set_xticks([tick for tick in ticks if low < tick < high], minor=False)
    ax.set_xticks([], minor=True)
    ax.xaxis.set_major_formatter("{x:g}")
    ax.legend()

# %% slideshow={"slide_type": "skip"}
networks = feed_forward.mlp(seeds, (28, 28, 1), 10, hidden=[64, 64], shared=False)
start, scales = networks.get_weights(), {}
for rule in ("SGD", "Adam"):
    study = repeats.Repeats(networks, feed_forward.classification(), steps=200,
                            batch_size=64, jit_compile=False,
                            optimizer=getattr(keras.optimizers, rule)(0.1))
    scales[rule] = {}
    for name, transform in prepare.items():
        study.train(start, transform(few.x), few.y, seed=seeds,
                    learning_rate=best_rate(f"pixels, {rule}: {name}", recorded_rates))
        logits = training.predict(networks, transform(second_half.x))
        scales[rule][name] = feed_forward.accuracies(logits, second_half.y)


# %% slideshow={"slide_type": "skip"} tags=["hide-input"]
names = {"SGD": "gradient descent", "Adam": "Adam"}
charts.bars(
    {name: {names[rule]: Measured(scales[rule][name]) for rule in names}
     for name in prepare},
    title="The same network, the same digits, three scales",
    xlabel="accuracy on validation data",
    caption="Accuracy after 200 steps on 5,000 digits, each at its best learning rate, "
    "mean and 95 % interval over 5 seeds.",
)

# %% slideshow={"slide_type": "skip"} tags=["hide-input"]
charts.row(
    *[functools.partial(draw_rates, recorded=recorded_rates, kind=f"pixels, {rule}",
                        names=list(prepare), title=f"{name} (recorded)")
      for rule, name in names.items()], figsize=(10.0, 3.8),
    caption="The recorded study behind the bars: mean accuracy of three other seeds at "
    "each learning rate. Each scale has its own best rate, and it lies inside.",
    alt="Two panels, gradient descent and Adam, of accuracy by learning rate, three "
    "curves each with a maximum inside.",
)

# %% slideshow={"slide_type": "skip"} tags=["hide-input"]
plain, adam = scales["SGD"], scales["Adam"]
lost = {name: Measured(np.subtract(scale["standardised"], scale["raw"]))
        for name, scale in (("gradient descent", plain), ("Adam", adam))}
show.markdown(f"""
Standardised minus raw pixels: {lost["gradient descent"]:.1%} by gradient descent,
{lost["Adam"]:.1%} by Adam.
""")
claims.measure(
    "C01.6", "even at their best learning rate raw pixels cost gradient descent dear: "
    "accuracy lost against standardised ones, by seed; control: scaled ones",
    lambda name, seed: plain["standardised"][seed] - plain[name][seed],
    of=[("raw", seed) for seed in seeds],
    control=[("scaled", seed) for seed in seeds], above=0.1,
)

# %% [markdown] slideshow={"slide_type": "skip"}
# <details><summary>Your prediction</summary>
#
# More than 10 points is right for gradient descent. "Nothing" is a tempting answer, since the first layer's weights can
# absorb any scale. They can, but they don't start there: with inputs of up to 255 the units' first outputs are huge,
# and so are the gradients of the first layer's weights, in which the inputs are a factor. One learning rate has to
# serve these and the other layers' as well. Adam sizes the steps of each weight on its own, and loses less, but not
# nothing (exercise 4).
#
# </details>

# %% [markdown] slideshow={"slide_type": "skip"}
# Turning integers into floats, which the article names, is the least of it: raw pixels are floats here as well. *What
# would have refuted the claim:* a learning rate at which raw pixels come within 10 points. The control, scaled against
# standardised, shows that here, once the numbers are near 1, the exact recipe matters less.

# %% [markdown] slideshow={"slide_type": "skip"}
# ## How does text become numbers? · 文字怎样变成数字？
#
# Which language is *che la diritta via e*? 20 characters, four languages (English, French, German, Italian), from one
# old book each. Letters are no numbers. Three encodings:
#
# - **codes**: each character's place in the alphabet, shape `(20,)`, standardised;
# - **one-hot**: a vector of 46 entries per character, 1 at its place and 0 elsewhere, shape `(20, 46)`;
# - **embedded**: a vector of 8 learnt numbers per character, shape `(20, 8)`, which the network looks up and trains.

# %% [markdown] slideshow={"slide_type": "skip"}
# The widths are chosen so that all three networks have the same number of parameters within 2 %.
#
# **Predict before you run.** Guessing gives 25 %. All the information is in the codes, too. What will each reach?

# %% slideshow={"slide_type": "skip"}
language, alphabet = language_snippets.languages(
    ["english", "french", "german", "italian"], length=20)
samples = [language.train.x[language.train.y == label][100] for label in range(4)]

# %% slideshow={"slide_type": "skip"} tags=["hide-input"]
show.table([[name, f"`{''.join(alphabet[code] for code in sample)}`"]
            for name, sample in zip(language.classes, samples, strict=True)],
            ["language", "a snippet"])

# %% slideshow={"slide_type": "skip"}
def embedded_network(seed, letters=46, size=8):
    codes = keras.Input((20,), dtype="int32")
    normal = keras.initializers.RandomNormal(stddev=1.0, seed=seed)
    vectors = layers.Embedding(letters, size, embeddings_initializer=normal)(codes)
    return keras.Model(codes, models.mlp((20, size), 4, hidden=[128],
                                         seed=seed)(vectors))


def standard_codes(x, order):
    """Places in an alphabet of that order, with mean 0 and standard deviation 1."""
    return ((order[x] - order.mean()) / order.std()).astype("float32")

# %% slideshow={"slide_type": "skip"}
alphabetical, another = np.arange(46), np.random.RandomState(0).permutation(46)
encodings = {
    "codes": (lambda x: standard_codes(x, alphabetical), (20,), [134, 134]),
    "codes, other order": (lambda x: standard_codes(x, another), (20,), [134, 134]),
    "one-hot": (lambda x: np.eye(46, dtype="float32")[x], (20, 46), [23]),
}
by_encoding = {}
for name, (encode, shape, hidden) in encodings.items():
    train, score = (datasets.Split(encode(split.x), split.y)
                    for split in (language.train, language.validation))
    rate = best_rate(f"text: {name.split(',')[0]}", recorded_rates)
    by_encoding[name] = accuracies(
        feed_forward.mlp(seeds[:4], shape, 4, hidden=hidden, shared=False),
        train, score, 400, [(seed, rate) for seed in seeds[:4]])
by_encoding["embedded"] = repeats.accuracies(
    embedded_network, language.train, language.validation, seeds=seeds[:4], steps=400,
    learning_rate=best_rate("text: embedded", recorded_rates))

# %% slideshow={"slide_type": "skip"} tags=["hide-input"]
built = {name: models.mlp(shape, 4, hidden=hidden)
         for name, (_, shape, hidden) in encodings.items()}
built["embedded"] = embedded_network(0)
show.table([[name, f"{complexity.parameters(network):,}",
             f"{Measured(by_encoding[name]):.1%}"] for name, network in built.items()],
            ["encoding", "parameters", "accuracy on validation data"])

# %% slideshow={"slide_type": "skip"} tags=["hide-input"]
codes = by_encoding["codes"]
claims.measure(
    "C01.7", "letters as numbers cost a lot, whatever their order: accuracy of text as "
    "one-hot vectors minus text as codes, by seed; control: codes in another order",
    gain, above=0.2, of=[(by_encoding["one-hot"], codes, seed) for seed in seeds[:4]],
    control=[(by_encoding["codes, other order"], codes, seed) for seed in seeds[:4]],
)

# %% slideshow={"slide_type": "skip"} tags=["hide-input"]
claims.verdict(
    "A2.1.3", pixels=lost["gradient descent"], pixels_with_adam=lost["Adam"],
    text=by_encoding["one-hot"] - codes,
)

# %% [markdown] slideshow={"slide_type": "skip"}
# <details><summary>Your prediction</summary>
#
# The common guess is that the network will sort the codes out by itself, since no information is lost. But a code
# says that *b* lies between *a* and *c*, and that *é* lies far from *e*. To a network that adds up weighted inputs,
# that is what the number means, and only bends can undo it. One-hot vectors say nothing of the kind: each letter has
# its own weights.
#
# </details>

# %% [markdown] slideshow={"slide_type": "skip"}
# *What would have refuted it:* codes within 20 points of one-hot vectors after these 400 steps. The control writes the
# codes in a random order of the alphabet, which is no better. *What follows:* encode what is a name as a name. How far
# the result carries is another question: with one book per language, a network may as well know the book. Training and
# validation snippets never share a block of 1,000 characters, but they share an author.

# %% [markdown] slideshow={"slide_type": "skip"}
# ## What does a network cost? · 网络的代价是多少？
#
# Two numbers, both counted on paper: its parameters, and its *multiply-adds* for one example. A layer from 3 to 2 units
# has $3 \cdot 2$ weights and 2 biases, and multiplies and adds $3 \cdot 2$ times. In general a dense layer
# from $n$ to $m$ units has a weight for every pair and a bias for every output. A *convolution* (chapter 06a) slides small
# kernels of $k \times k$ weights over an image; from $c$ to $m$ channels it has one kernel for every pair of channels, and
# applies it at each of $P$ positions:
#
# $$\text{dense: } \; nm + m \;\text{ parameters}, \; nm \;\text{ multiply-adds} \qquad \text{convolution: } \; k^2 c\,m + m, \;\; k^2 c\,m\,P$$

# %% [markdown] slideshow={"slide_type": "skip"}
# The article, section $2.1$: 「还需要考虑参数数量以及计算量的限制，因此也需要根据实际情况选用合适的激活函数、损失函数等方法」, *the
# limits on parameters and computation have to be considered, and so suitable activation and loss functions chosen*. The
# counts are arithmetic. What can be tested is the "so": does the budget bear on the choice of the activation? We take the two old
# rivals, ReLU and tanh, in a small network (two layers of 10 units) and in a large one (two of 100), and measure ReLU's lead, its
# accuracy minus that of tanh, ten seeds each. The sentence holds if the lead depends on the size, and does not if it is the same
# in both within 5 points.

# %% slideshow={"slide_type": "skip"} tags=["hide-input"]
claims.rule(
    "A2.1.4",       # "... are limits, so activation ... have to be chosen to suit"
    {
        "holds": lambda lead_in_small, lead_in_large:
            (lead_in_small - lead_in_large).low > 0
            or (lead_in_small - lead_in_large).high < 0,
        "does not hold": lambda lead_in_small, lead_in_large:
            (lead_in_small - lead_in_large).low > -0.05
            and (lead_in_small - lead_in_large).high < 0.05,
        "not settled": True,
    },
    made_up={
        "holds": {"lead_in_small": [0.06, 0.08, 0.07],
                  "lead_in_large": [0.01, 0.02, 0.01]},
        "does not hold": {"lead_in_small": [0.02, 0.0, 0.01],
                          "lead_in_large": [0.0, 0.01, 0.02]},
        "not settled": {"lead_in_small": [0.1, -0.05, 0.08],
                        "lead_in_large": [0.01, 0.02, 0.0]},
    },
)

# %% [markdown] slideshow={"slide_type": "skip"}
# **Predict before you run.** Which takes longer for an image of 28 × 28: a dense network with 5.8 million parameters
# (784-2048-2048-10), or three convolutions of 32 channels with 19 thousand?

# %% slideshow={"slide_type": "skip"}
def convolutions(filters, count):
    convolve = [layers.Conv2D(filters, 3, padding="same", activation="relu")
                for _ in range(count)]
    ending = [layers.GlobalAveragePooling2D(), layers.Dense(10)]
    return keras.Sequential([keras.Input((28, 28, 1)), *convolve, *ending])


contenders = {
    "dense 16": models.mlp((28, 28, 1), 10, hidden=[16]),
    "dense 512, 512": models.mlp((28, 28, 1), 10, hidden=[512, 512]),
    "dense 2048, 2048": models.mlp((28, 28, 1), 10, hidden=[2048, 2048]),
    "convolutions 8, 8, 8": convolutions(8, 3),
    "convolutions 32, 32, 32": convolutions(32, 3),
}

# %% slideshow={"slide_type": "skip"} tags=["hide-input"]
seconds = complexity.forward_seconds(contenders, batch_size=64)
show.table(
    [[name, f"{complexity.parameters(model):,}", f"{model.count_params():,}",
      f"{complexity.multiply_adds(model):,}",
      f"{Measured(1e3 * seconds[name], 'ms'):.2f}"]
      for name, model in contenders.items()],
    ["network", "parameters", "by Keras", "multiply-adds", "time for 64 images"],
)

# %% slideshow={"slide_type": "skip"} tags=["hide-input"]
checks.equal("parameters by formula and by Keras, five networks",
             [complexity.parameters(model) for model in contenders.values()],
             [model.count_params() for model in contenders.values()])

# %% [markdown] slideshow={"slide_type": "skip"}
# <details><summary>Your prediction</summary>
#
# The convolutions take longer in the table, with a three-hundredth of the parameters. Who judged by parameters took
# memory for work: a convolution uses each of its few weights at 784 positions. Parameters say what a network weighs,
# multiply-adds what it does. The time here follows the work, but not in proportion: a small network's time is mostly
# the overhead of calling it.
#
# </details>

# %% [markdown] slideshow={"slide_type": "skip"}
# *And the article's "so"?* Networks of one size have the same parameters and the same multiply-adds, whichever of our
# five activations they use. Both sizes now, each at its best learning rate:

# %% slideshow={"slide_type": "skip"} tags=["hide-input"]
counts = [[complexity.parameters(of_widths(hidden, name)(0)) for name in functions]
          for hidden in ([10, 10], [100, 100])]
checks.equal("parameters of the small networks, whatever the activation", counts[0],
             counts[0][0])
checks.equal("parameters of the large networks, whatever the activation", counts[1],
             counts[1][0])

# %% slideshow={"slide_type": "skip"}
narrow = {name: at_best_rate(f"narrow: {name}", [10, 10], name, curves, range(10))
          for name in ("relu", "tanh")}

# %% slideshow={"slide_type": "skip"} tags=["hide-input"]
claims.verdict("A2.1.4", lead_in_small=narrow["relu"] - narrow["tanh"],
               lead_in_large=by_activation["relu"] - by_activation["tanh"])

# %% [markdown] slideshow={"slide_type": "skip"}
# Neither activation has a price in parameters or multiply-adds; so the limits forbid neither of the two. What the size
# can change is how much one gains by the choice, and that is what the verdict is about: for these two activations, on
# these data.

# %% [markdown] slideshow={"slide_type": "skip"}
# ## Should each layer be twice as wide as the one before? · 每层都该是上一层的两倍宽吗？
#
# How wide should the layers be? One rule that can be read: each twice as wide as the one before. From 40 inputs, doubling
# gives layers of 80, 160 and 320 units. Against it: three layers of equal width, and three that halve, all with the
# same number of parameters within 1 %, each at the learning rate that suits it best.

# %% [markdown] slideshow={"slide_type": "skip"}
# **Predict before you run.** Which comes first on MNIST-1D, and by how much?

# %% [markdown] slideshow={"slide_type": "skip"}
# The rule is the article's, section $2.1$:
# 「一般来说，每一层的感知器个数都是上一层的个数的二倍，这使得网络的深度随着宽度的增加而逐渐增加」, *generally, each layer has twice as many perceptrons as the one
# before, which makes the network's depth grow with its width*. The second half mixes two things: depth is the number of
# layers, and doubling them doesn't add any. The first half can be tested. To hold here, doubling must come out ahead of
# both. It fails if it is ahead of neither by as much as half a point. One data set can cast doubt on "generally"; to
# confirm it, it would take many.

# %% slideshow={"slide_type": "skip"} tags=["hide-input"]
claims.rule(
    "A2.1.2",       # "generally, each layer has twice as many perceptrons as the ..."
    {
        "holds for MNIST-1D at this size": lambda doubling, constant, halving:
            min((doubling - constant).low, (doubling - halving).low) > 0,
        "holds when compared with halving widths": lambda doubling, constant, halving:
            (doubling - halving).low > 0 and (doubling - constant).high < 0.005,
        "holds when compared with constant widths": lambda doubling, constant, halving:
            (doubling - constant).low > 0 and (doubling - halving).high < 0.005,
        "does not hold": lambda doubling, constant, halving:
            max((doubling - constant).high, (doubling - halving).high) < 0.005,
        "not settled": True,
    },
    made_up={
        "holds for MNIST-1D at this size":
            dict(doubling=3 * [0.6], constant=3 * [0.55], halving=3 * [0.5]),
        "holds when compared with halving widths":
            dict(doubling=3 * [0.6], constant=3 * [0.61], halving=3 * [0.5]),
        "holds when compared with constant widths":
            dict(doubling=3 * [0.6], constant=3 * [0.5], halving=3 * [0.61]),
        "does not hold":
            dict(doubling=3 * [0.5], constant=3 * [0.6], halving=3 * [0.61]),
        "not settled":
            dict(doubling=[0.5, 0.6, 0.5], constant=[0.6, 0.5, 0.6], halving=3 * [0.5]),
    },
    compares=("doubling", "constant"),
)

# %% slideshow={"slide_type": "skip"}
doubling = [80, 160, 320]
target = complexity.mlp_parameters(40, 10, doubling)
shapes = {
    "doubling": doubling,
    "constant": complexity.widths_for(target, inputs=40, classes=10, shape=(1, 1, 1)),
    "halving": complexity.widths_for(target, inputs=40, classes=10, shape=(4, 2, 1)),
}


# the test data of MNIST-1D, touched once
by_shape = {
    name: accuracies(
        feed_forward.mlp(range(4), (40, 1), 10, hidden=hidden, shared=False),
        curves.train, curves.test, 400,
        [(seed, best_rate(f"shape: {name}", recorded_rates)) for seed in range(4)])
    for name, hidden in shapes.items()
}

# %% slideshow={"slide_type": "skip"} tags=["hide-input"]
show.table([[name, hidden, f"{complexity.mlp_parameters(40, 10, hidden):,}",
             f"{Measured(by_shape[name]):.1%}"]
            for name, hidden in shapes.items()],
            ["widths", "hidden units", "parameters", "test accuracy"])

# %% slideshow={"slide_type": "skip"} tags=["hide-input"]
claims.verdict("A2.1.2", **by_shape)

# %% slideshow={"slide_type": "skip"} tags=["hide-input"]
charts.row(
    functools.partial(draw_rates, recorded=recorded_rates, kind="shape",
                      names=list(shapes), title="Three shapes (recorded)"),
    figsize=(6.4, 4.0),
    caption="Mean validation accuracy of three other seeds at each learning rate. At "
    "Keras' default rate, on the left, doubling is last; at its own best it isn't.",
    alt="Three curves of accuracy by learning rate that cross: doubling begins lowest "
    "and ends highest.",
)

# %% [markdown] slideshow={"slide_type": "skip"}
# <details><summary>Your prediction</summary>
#
# A common guess is that a rule called general must at least do no harm, or that it must do harm, since the article
# gives no reason for it. Neither can be seen here: the three shapes are so close that their order is not settled.
#
# </details>

# %% [markdown] slideshow={"slide_type": "skip"}
# The three curves cross. Compared at Keras' default rate alone, doubling would be last, and an explanation would soon be
# found. *How far it carries:* one data set, one size, one budget of steps.
#
# Where may the sentence come from? Convolutional networks often double their *channels* where they halve the image's
# sides ([VGG](https://arxiv.org/abs/1409.1556): 64, 128, 256, 512), which keeps the work of most layers about equal.
# For dense layers the classics do other things: [LeNet-300-100](http://yann.lecun.com/exdb/publis/pdf/lecun-98.pdf)
# narrows, and a [Transformer](https://arxiv.org/abs/1706.03762) widens fourfold, 512 to 2048, and narrows again.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## How far does a plain network get on real digits? · 普通网络识字能到什么程度？
#
# Now all of MNIST (its pixels are already between 0 and 1, so no `Normalization`): 55,000 digits to learn from, two
# layers of 128 ReLUs, Adam, a learning rate that falls to 0 along half a cosine, and *dropout*: in each step and for
# each example, about a fifth of the hidden units is silenced at random, lest units rely on each other (chapter 05). The
# test digits stay untouched until the end.

# %% [markdown] slideshow={"slide_type": "fragment"}
# **Predict before you run.** In 1998 a linear classifier got 12 % of the test digits wrong, 1,200 of 10,000 ([LeCun
# and others](http://yann.lecun.com/exdb/publis/pdf/lecun-98.pdf), figure 9). How many does this network get wrong:
# about 900, about 600, or about 300?

# %% slideshow={"slide_type": "subslide"}
reader = keras.Sequential([
    keras.Input((28, 28, 1)), layers.Flatten(),
    layers.Dense(128, activation="relu"), layers.Dropout(0.2, seed=0),
    layers.Dense(128, activation="relu"), layers.Dropout(0.2, seed=1),
    layers.Dense(10)])
epochs, batch_size = 3, 256
steps = epochs * -(-len(mnist.train) // batch_size)  # rounded up
schedule = keras.optimizers.schedules.CosineDecay(3e-3, steps)
run = training.fit(reader, classify, mnist.train, epochs=epochs,
                   batch_size=batch_size, seed=0,
                   optimizer=keras.optimizers.Adam(schedule),
                   validation=mnist.validation)

# %% slideshow={"slide_type": "notes"} tags=["hide-input"]
charts.learning_curves(
    run, caption="Loss by epoch. Dropout handicaps the network in training and not in "
    "validation, so the two lines can't be compared in height; what to look for is "
    "that the dashed one doesn't turn upwards.",
)

# %% tags=["hide-input"]
# MNIST's test data, touched once
logits = training.predict(reader, mnist.test.x)
answers = logits.argmax(axis=1)
show.markdown(f"""
Wrong: {Measured(int(np.sum(answers != mnist.test.y))):.0f} of 10,000 test digits.
Training took {Measured(run.seconds, "s"):.0f}, at
{Measured(run.examples_per_second):,.0f} examples per second.
""")

# %% [markdown] slideshow={"slide_type": "notes"}
# That is one run from one seed, so it is shown without an interval and without a claim.

# %% slideshow={"slide_type": "notes"} tags=["hide-input"]
probabilities = tf.nn.softmax(logits).numpy()
wrong = np.flatnonzero(answers != mnist.test.y)
surest = wrong[np.argsort(-probabilities[wrong, answers[wrong]])][:20]
pictures.image_grid(
    mnist.test.x[surest],
    [f"{mnist.test.y[index]}, not {answers[index]}" for index in surest],
    figsize=(9.0, 2.6),
    title="Wrong, and sure of it",
    caption="The 20 test digits on which the network is wrong with the highest "
    "probability. Above each: what it is, and what the network says.",
)

# %% slideshow={"slide_type": "notes"} tags=["hide-input"]
confusions = np.zeros((10, 10), int)
np.add.at(confusions, (mnist.test.y, answers), 1)
classification.confusion(
    confusions, mnist.classes, caption="What is taken for what: mistakes are spread "
    "unevenly over the pairs of digits.",
)
off_diagonal = np.where(np.eye(10, dtype=bool), 0, confusions)
often = [divmod(int(place), 10) for place in np.argsort(-off_diagonal, axis=None)[:4]]
pairs = ", ".join(f"a {true} for a {said} ({confusions[true, said]} times)"
                  for true, said in often)
show.markdown(f"Most often it takes {mask(pairs)}.")

# %% [markdown] slideshow={"slide_type": "subslide"}
# <details><summary>Your prediction</summary>
#
# Of the three, 300 is nearest. Who guessed more probably thought of images as something that needs convolutions; for digits that all
# stand in the middle, dense layers go far. Of the digits that it gets wrong some are hard to read, others look plain to us. A
# dense network isn't told that a digit moved by three pixels is the same digit (chapter 06a).
#
# </details>

# %% [markdown] slideshow={"slide_type": "skip"}
# ## What has each layer learnt? · 每一层学到了什么？
#
# How would one see it? By asking each layer how easy it makes the task. A *linear probe* ([Alain and Bengio
# 2016](https://arxiv.org/abs/1610.01644)) is a linear classifier fitted to the activations of one layer. Ours fits the
# labels, written as 1 for the right class and 0 for the others, by least squares with a small penalty $\lambda$ on the
# squares of the weights (*ridge regression*), which has a solution in one line:
#
# $$W = \left(A^\top A + \lambda n I\right)^{-1} A^\top Y$$

# %% [markdown] slideshow={"slide_type": "skip"}
# where $n$ is the number of examples, $I$ the unit matrix, $A$,
# `(examples, units)`, holds centred activations, and $Y$, `(examples, classes)`, the labels. The network is trained on
# 10,000 digits; the probes are fitted to 5,000 others and scored on the validation digits.
#
# **Predict before you run.** Four layers of 128 units. Draw two curves: the probe's accuracy from the pixels to the
# fourth layer, for the trained network, and for its twin with the initial weights.

# %% [markdown] slideshow={"slide_type": "skip"}
# The article, section 1: deep learning 「涉及到对数据进行多层次抽象，并提取出复杂的、非线性、非凸函数的特征表示」, *abstracts data
# on several levels and extracts features that are complex, non-linear, non-convex functions of it*.
# "Several levels" has a rival: one level with as many parameters. So for the verdict there is also a network with a
# single hidden layer, and the probe of the deep network's last layer must beat the probe of that one by more than a
# point.

# %% slideshow={"slide_type": "skip"} tags=["hide-input"]
one_level = "holds when one level is enough"  # pixels: one number, without chance
claims.rule(
    "A1",       # "abstracts data on several levels, and extracts ... functions of it"
    {
        "holds": lambda last, first, shallow, pixels: (last - pixels).low > 0.03
        and min((last - first).low, (last - shallow).low) > 0.01,
        one_level: lambda last, first, shallow, pixels: (last - pixels).low > 0.03
        and (last - shallow).high < 0.01,
        "does not hold": lambda last, first, shallow, pixels:
            (last - pixels).high < 0.03,
        "not settled": True,
    },
    made_up={
        "holds": dict(last=[0.96, 0.97, 0.96], first=[0.9, 0.91, 0.9],
                      shallow=[0.93, 0.94, 0.93], pixels=[0.84]),
        one_level: dict(last=[0.96, 0.97, 0.96], first=[0.9, 0.91, 0.9],
                        shallow=[0.96, 0.97, 0.96], pixels=[0.84]),
        "does not hold": dict(last=[0.84, 0.85, 0.83], first=[0.85, 0.85, 0.86],
                              shallow=[0.85, 0.86, 0.86], pixels=[0.84]),
        "not settled": dict(last=[0.97, 0.93, 0.97], first=[0.9, 0.91, 0.9],
                            shallow=[0.93, 0.94, 0.93], pixels=[0.84]),
    },
    compares=("last", "shallow"),
)

# %% slideshow={"slide_type": "skip"}
to_learn = mnist.train.take(15_000, seed=1)
learnt = datasets.Split(to_learn.x[:10_000], to_learn.y[:10_000])
for_probes = datasets.Split(to_learn.x[10_000:], to_learn.y[10_000:])


def four_layers(seed):
    return models.mlp((28, 28, 1), 10, hidden=[128] * 4, seed=seed)

# %% slideshow={"slide_type": "skip"}
def probes(hidden, name, learnt, fit, score, seeds):
    """Probe accuracy of each layer after 500 steps, (layers, seeds)."""
    networks = feed_forward.mlp(seeds, (28, 28, 1), 10, hidden=hidden, shared=False)
    runs = [(seed, best_rate(f"probe: {name}", recorded_rates)) for seed in seeds]
    side_by_side(networks, feed_forward.classification(), (learnt.x, learnt.y), 500,
                 runs)
    return np.transpose([
        probing.probe_layers(feed_forward.alone(networks, place), fit, score)
        for place in range(len(seeds))])

# %% slideshow={"slide_type": "skip"}
split = (learnt, for_probes, mnist.validation)
deep = probes([128] * 4, "deep", *split, range(5))
shallow = probes([190], "shallow", *split, range(5))
twin = np.transpose([probing.probe_layers(four_layers(seed), *split[1:])
                     for seed in range(5)])
pixels_alone = probing.probe(for_probes.x, for_probes.y, mnist.validation.x,
                             mnist.validation.y)
# (pixels and four layers, seeds)
trained, untrained = (np.vstack([np.full(layers_of.shape[1], pixels_alone), layers_of])
                      for layers_of in (deep, twin))

# %% slideshow={"slide_type": "skip"} tags=["hide-input"]
charts.curves(
    ["pixels", "layer 1", "layer 2", "layer 3", "layer 4"],
    {"trained": trained, "untrained twin": untrained},
    levels={"one trained layer of 190 units": shallow.mean()},
    xlabel="where the probe listens", ylabel="accuracy of a linear probe",
    title="What a linear classifier reads off each layer",
    caption="Accuracy of linear probes on held-out digits, mean and 95 % interval over "
    "5 networks; dashed: a network with one hidden layer. What training made easier to "
    "read than pixels, random layers from the second on make harder.",
)
first = Measured((trained[1] - trained[0]) / (trained[4] - trained[0]))
last = Measured(trained[4] - trained[3])
show.markdown(f"Of the whole gain, layer 1 brings {first:.0%}. Layer 4 adds {last:.1%} "
              f"to what layer 3 offers.")

# %% slideshow={"slide_type": "skip"} tags=["hide-input"]
claims.measure(
    "C01.9", "training makes digits easier to read off than from pixels: accuracy of a "
    "linear probe, last hidden layer minus pixels, by network; control: untrained",
    gain, above=0.03, of=[(trained[4], trained[0], seed) for seed in range(5)],
    control=[(untrained[4], untrained[0], seed) for seed in range(5)],
)
claims.measure(
    "C01.10", "and the later layers add to the first: accuracy of a linear probe, last "
    "hidden layer minus first, by network; control: untrained",
    gain, above=0, of=[(trained[4], trained[1], seed) for seed in range(5)],
    control=[(untrained[4], untrained[1], seed) for seed in range(5)],
)
claims.measure(
    "C01.11", "what the first layer adds is learnt, not only a matter of 128 bends: "
    "accuracy of a linear probe, first hidden layer minus pixels, by network; control: "
    "untrained", gain, above=0.03,
    of=[(trained[1], trained[0], seed) for seed in range(5)],
    control=[(untrained[1], untrained[0], seed) for seed in range(5)],
)

# %% slideshow={"slide_type": "skip"} tags=["hide-input"]
claims.verdict("A1", last=trained[4], first=trained[1], shallow=shallow[-1],
               pixels=pixels_alone)

# %% [markdown] slideshow={"slide_type": "skip"}
# <details><summary>Your prediction</summary>
#
# A common guess is a flat curve for the twin: random weights should neither help nor harm. (Or one that rises at first, since
# a linear reader gets 128 bent functions of the pixels there.) But each random layer of 128 units mixes and clips: the first
# brings a linear reader nothing here, and out of later ones it gets clearly less than out of the pixels. So
# what the trained layers add here isn't due to non-linearity as such, but to learning. How unevenly the layers share
# the gain stands below the figure. And a network with one trained layer of as many parameters comes so close that a
# point of difference is not settled: these digits hardly need four levels.
#
# </details>

# %% [markdown] slideshow={"slide_type": "skip"}
# *What would have refuted the claims:* a flat or falling curve for the trained network. *What it doesn't show:* that a
# layer holds more information than the one before. It can't; it holds the same or less, arranged so that lines separate
# it better. And a probe with another loss gives other numbers: only differences between layers under the same probe
# mean anything.

# %% [markdown] slideshow={"slide_type": "skip"}
# ## Do the features serve for classes that the network has never seen? · 特征能用于没见过的类别吗？
#
# A test: train on the digits 0 to 4. Then learn 5 to 9 from a few examples per class, starting from those weights (with a new output layer), or from
# nothing. Layers, examples, their order and the number of steps are the same. The start differs, and each start has the
# learning rate that suits it best.

# %% [markdown] slideshow={"slide_type": "skip"}
# **Predict before you run.** With 5 examples per class, how many points of accuracy does the head start gain: 0, 5, or
# 20? And with 100?

# %% [markdown] slideshow={"slide_type": "skip"}
# The article, section 1, promises 「一个机器可以学习、泛化并且快速适应新的数据的能力」, *a machine's ability to learn, to generalise
# and to adapt quickly to new data*. For the verdict a seed's gain is the mean over 5 and 100 examples per class, and it counts from 1 point on. It is
# given on dense networks, which are trained here.

# %% slideshow={"slide_type": "skip"} tags=["hide-input"]
claims.rule(
    "A1.2",             # "learn, generalise and quickly adapt to new data"
    {
        "holds": lambda reused, fresh: (reused - fresh).low > 0.01,
        "does not hold for dense networks": lambda reused, fresh:
            (reused - fresh).high < 0.01,
        "not settled": True,
    },
    made_up={
        "holds": {"reused": [0.85, 0.86, 0.85], "fresh": [0.8, 0.8, 0.81]},
        "does not hold for dense networks":
            {"reused": [0.8, 0.8, 0.81], "fresh": [0.8, 0.8, 0.81]},
        "not settled": {"reused": [0.85, 0.8, 0.78], "fresh": [0.8, 0.8, 0.81]},
    },
    compares=("reused", "fresh"),
)

# %% slideshow={"slide_type": "skip"}
def of_classes(split, chosen):
    """The examples of some classes, relabelled from 0."""
    kept = np.isin(split.y, chosen)
    return datasets.Split(split.x[kept],
                          np.searchsorted(chosen, split.y[kept]).astype("int32"))


def dense_network(seed):
    return models.mlp((28, 28, 1), 5, hidden=[128, 128], seed=seed)

# %% slideshow={"slide_type": "skip"}
few_examples = [5, 100]
# Accuracies of each contender, (seeds, counts):
live = transfer.reuse(
    dense_network, known=of_classes(mnist.train, range(5)),
    new=of_classes(mnist.train.take(5_000, seed=0), range(5, 10)),
    counts=few_examples, seeds=range(4),
    score=of_classes(mnist.validation, range(5, 10)),
    pretraining=300, steps=100, jit_compile=False,
    contenders=("reused", "from nothing"),
    learning_rates={name: best_rate(f"new digits: {name}", recorded_rates)
                    for name in ("reused", "from nothing")},
)

# %% [markdown] slideshow={"slide_type": "skip"}
# A recorded study does nearly the same with a convolutional network, whose training takes too long for a chapter (`make
# bench STUDY=ch01_reuse`): ten seeds, more numbers of examples, and Keras' default learning rate for both starts.

# %% slideshow={"slide_type": "skip"}
recorded = recording.load("ch01_reuse")
recorded_counts = recorded["counts"]
rows = [row for key, row in recorded.items() if key.startswith("convolutional")]
convolutional_gain = np.array([np.subtract(row["reused"], row["from nothing"])
                               for row in rows])                    # (seeds, counts)
live_gain = live["reused"] - live["from nothing"]
accuracy = {"reused": live["reused"].T, "from nothing": live["from nothing"].T}

# %% slideshow={"slide_type": "skip"} tags=["hide-input"]
charts.row(
    lambda ax: charts.curves(list(map(str, few_examples)), accuracy, ax=ax,
                            xlabel="examples per class",
                            ylabel="accuracy on digits 5-9",
                            title="Dense network (live)"),
    lambda ax: charts.curves(list(map(str, recorded_counts)),
                            {"reused minus from nothing": convolutional_gain.T}, ax=ax,
                            xlabel="examples per class", levels={"no gain": 0.0},
                            ylabel="gain in accuracy",
                            title="Convolutional network (recorded)"),
    figsize=(10.0, 3.8), caption="Left: accuracy on classes not seen in pretraining, "
    "each start at its best learning rate. Right: what the head start gains a "
    "convolutional network at one rate for both. 4 and 10 seeds; bands: 95 % "
    "intervals of the mean.",
    alt="Left, two rising curves close to each other; right, the gain by examples per "
    "class.",
)

# %% slideshow={"slide_type": "skip"} tags=["hide-input"]
show.markdown(f"""
Gain of the dense network by seed, mean over the numbers of examples:
{Measured(live_gain.mean(axis=1)):.1%}. With 5 examples per class:
{Measured(live_gain[:, 0]):.1%}; the convolutional one, recorded:
{Measured(convolutional_gain[:, recorded_counts.index(5)]):.1%}.
""")
claims.verdict("A1.2", reused=live["reused"].mean(axis=1),
               fresh=live["from nothing"].mean(axis=1))

# %% [markdown] slideshow={"slide_type": "skip"}
# <details><summary>Your prediction</summary>
#
# A common guess is 20 points, at least with few examples. Nothing of that size is seen here: the two lines lie close together,
# with 5 examples and with 100. The features of the dense network answer the question "which of 0 to 4?", and training from nothing
# finds about as good ones for 5 to 9 within the same hundred steps.
#
# </details>

# %% [markdown] slideshow={"slide_type": "skip"}
# *What follows:* whether there is a head start has to be measured, against training from nothing with everything else
# equal, but each start at the learning rate that suits it. About the convolutional network the recording says less:
# both starts had one learning rate, which may suit one of them better.

# %% [markdown] slideshow={"slide_type": "skip"}
# ## What the article says, and what was measured · 文章怎么说，测得如何
#
# The article is an introduction to deep learning in Chinese, signed 禅与计算机程序设计艺术. Its sentences about networks,
# each quoted where it is judged:

# %% slideshow={"slide_type": "skip"} tags=["hide-input"]
claims.report()

# %% [markdown] slideshow={"slide_type": "skip"}
# ## Exercises · 练习
#
# **1. On paper.** LeNet-300-100 is a dense network 784-300-100-10. How many parameters has it?

# %% slideshow={"slide_type": "skip"}
answer = ...
exercises.check("01.1", answer)

# %% slideshow={"slide_type": "skip"} tags=["hide-input"]
exercises.hint("01.1")
exercises.solution("01.1")

# %% [markdown] slideshow={"slide_type": "skip"}
# **2. On paper.** All features of a separable problem, the constant one included, are multiplied by 10. By which
# factor does Novikoff's bound change?

# %% slideshow={"slide_type": "skip"}
answer = ...
exercises.check("01.2", answer)

# %% slideshow={"slide_type": "skip"} tags=["hide-input"]
exercises.hint("01.2")
exercises.solution("01.2")

# %% [markdown] slideshow={"slide_type": "skip"}
# **3. In Keras.** Build a network for all three species of irises: four measurements in, normalised by the training
# flowers, two hidden layers of 16 ReLUs, three logits. Train it until it reads nine of ten training flowers, and see
# what it makes of the validation flowers. The answer is the trained model.

# %% slideshow={"slide_type": "skip"}
answer = ...
exercises.check("01.3", answer)

# %% slideshow={"slide_type": "skip"} tags=["hide-input"]
exercises.hint("01.3")
exercises.solution("01.3")

# %% [markdown] slideshow={"slide_type": "skip"}
# **4. Change one thing.** Feed raw pixels, 0 to 255, and divide the initial kernel of the first layer by 255 instead:
# the network's first outputs are those on scaled pixels. Does it now train as on scaled pixels, at the same learning
# rate? Answer on paper first, for gradient descent and for Adam; then run it.

# %% slideshow={"slide_type": "skip"} tags=["hide-input"]
exercises.hint("01.4")
exercises.solution("01.4")

# %% [markdown] slideshow={"slide_type": "skip"}
# **5. Open.** Of the three shapes of networks, is one better? How many seeds would settle a difference of one point? And
# would more steps, or less data, make a difference that is larger?

# %% slideshow={"slide_type": "skip"} tags=["hide-input"]
exercises.hint("01.5")
exercises.solution("01.5")

# %% [markdown] slideshow={"slide_type": "skip"}
# ## Terms · 术语
#
# | English | 中文 | in one line |
# | --- | --- | --- |
# | perceptron | 感知器（感知机） | a unit with a hard threshold, trained by correcting its mistakes |
# | threshold unit | 阈值单元 | gives 1 above a threshold, else 0 |
# | margin | 间隔 | distance of the closest example from the separating line |
# | linearly separable | 线性可分 | a line (plane, hyperplane) parts the classes without a mistake |
# | feed-forward network | 前馈神经网络 | outputs go to later layers only |
# | dense (fully connected) layer | 全连接层 | every unit feeds every unit of the next layer |
# | activation function | 激活函数 | the bend that a unit applies to its weighted sum |
# | logits, softmax | 未归一化得分（logits）、softmax 函数 | one score per class; the probabilities made of them |
# | cross-entropy | 交叉熵 | minus the logarithm of the right class's probability |
# | functional API | 函数式 API | building a Keras model by calling layers on tensors |
# | symmetry breaking | 打破对称性 | random first weights, so that units become different |
# | universal approximation | 万能近似 | with enough units, say sigmoids, one hidden layer comes close to any continuous function on a bounded region |
# | linear region | 线性区域 | a piece of input space on which a ReLU network is linear |
# | standardise, normalise | 标准化、归一化 | subtract the mean, divide by the standard deviation |
# | one-hot vector | 独热向量 | 1 at one place, 0 at all others |
# | embedding | 嵌入 | a learnt vector for each symbol |
# | multiply-add | 乘加运算 | one product added to a sum, the unit of a network's work |
# | width, depth | 宽度、深度 | units of a layer; number of layers |
# | linear probe | 线性探测 | a linear classifier on a layer's activations, to see what can be read off it |
# | transfer, reuse of features | 迁移、特征复用 | weights learnt on one task as the start of another |
#
# ## Further reading · 延伸阅读
#
# - F. Rosenblatt, [The perceptron](https://doi.org/10.1037/h0042519) (1958): the paper that made it known, and offers
#   the perceptron as a model of the brain.
# - A. Novikoff, *On convergence proofs for perceptrons* (1962): the proof above, in its first form.
# - M. Minsky and S. Papert, *Perceptrons* (1969): what one layer can't compute, and why XOR is only the smallest
#   case.
# - G. Cybenko, [Approximation by superpositions of a sigmoidal
#   function](https://doi.org/10.1007/BF02551274) (1989): what is proved, and what isn't: no number of units, no training.
# - G. Montúfar and others, [On the number of linear regions of deep neural
#   networks](https://arxiv.org/abs/1402.1869) (2014): how fast pieces multiply with depth; compare with our picture
#   of two layers.
# - G. Alain and Y. Bengio, [Understanding intermediate layers using linear classifier
#   probes](https://arxiv.org/abs/1610.01644) (2016): probes on deeper networks, and on ones that fail to train.
# - J. Yosinski and others, [How transferable are features in deep neural
#   networks?](https://arxiv.org/abs/1411.1792) (2014): from which layer on features become specific; look for the
#   effect of the distance between tasks.
