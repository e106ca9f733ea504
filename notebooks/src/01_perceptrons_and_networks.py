# %% [markdown] slideshow={"slide_type": "slide"}
# # Chapter 01 · Perceptrons and networks · 感知器与神经网络
#
# From one unit that learns by counting its mistakes to a network that reads handwritten digits, and what becomes of
# the article's first claims on the way.

# %% [markdown] slideshow={"slide_type": "subslide"}
# **After this chapter you can**
# - train a perceptron by hand, and say beforehand how many mistakes it can make at most;
# - say what one unit can't learn, and why units with a hard threshold can't be trained by gradient;
# - write a network out in NumPy, and count its parameters and multiply-adds on paper;
# - choose widths, activation and input encoding from measurements instead of rules of thumb;
# - look into a trained network layer by layer, and say when its features are worth reusing.

# %% [markdown] slideshow={"slide_type": "notes"}
# **You need** [chapter 00](00_start_here.ipynb): tensors, shapes, a Keras layer, a first training run.
#
# **Time** under a minute to run on two cores; three or four evenings to work through.
#
# **摘要**
#
# 本章从单个感知器出发：手算它的学习过程，数它犯了多少次错，并与诺维科夫（Novikoff）上界比较；再看它为什么学不会异或，以及为什么硬阈值单元没有可用的梯度。
# 然后把感知器排成层：用 NumPy 逐行写出网络，比较各种激活函数和输入编码，用公式数参数和乘加次数，并检验“每层单元数是上一层的两倍”这一说法。
# 最后用多层感知器识别全部 MNIST 数字，用线性探测看每一层学到了什么，再看这些特征能否用于没见过的类别。

# %% slideshow={"slide_type": "skip"}
import functools
import itertools

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
from dlcourse.figures import charts, classification, decision_map, networks, pictures
from dlcourse.from_scratch import perceptron, two_layer_network
from dlcourse.measured import Measured, mask
from dlcourse.training import repeats

reproducibility.start(seed=0)
claims = Claims("01")
classify = training.objectives.classification()

# %% [markdown] slideshow={"slide_type": "slide"}
# ## How many mistakes does it take to learn?
#
# In 1958 Frank Rosenblatt let a machine learn from its mistakes. His *perceptron* is one unit. It weighs its inputs,
# adds them up, and answers yes or no:
#
# $$\hat y = \begin{cases} +1 & \text{if } w \cdot x + b > 0 \\ -1 & \text{if } w \cdot x + b < 0 \end{cases}$$
#
# Here $x$ is one example (shape `(features,)`), $w$ are the weights (same shape) and $b$ is the bias, one number. At
# exactly 0 the unit gives no answer.

# %% [markdown] slideshow={"slide_type": "subslide"}
# Both start at 0. The learning rule moves them only after a mistake on an example with label $y = \pm 1$. No answer
# counts as a mistake as well, so a mistake means $y\,(w \cdot x + b) \le 0$:
#
# $$w \leftarrow w + y\,x \qquad b \leftarrow b + y$$
#
# Our first data: the petals of irises, two species, measured in centimetres in the 1930s.
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

# %% slideshow={"slide_type": "subslide"}
def learn(x, y):
    """Rosenblatt's rule until no mistake is left, and each update."""
    weights, bias, rows, wrong = np.zeros(x.shape[1]), 0.0, [], True
    while wrong:
        wrong = False
        for example, label in zip(x, y, strict=True):
            if label * (weights @ example + bias) <= 0:
                weights, bias = weights + label * example, bias + label
                wrong = True
                rows.append([len(rows) + 1, example, f"{label:+d}",
                             weights.round(1), f"{bias:+.0f}"])
    return weights, bias, rows

# %% slideshow={"slide_type": "subslide"} tags=["hide-input"]
weights, bias, updates = learn(petals, species)
show.table(updates,
           ["mistake", "petal (length, width)", "label", "weights after it",
            "bias after it"])

# %% [markdown] slideshow={"slide_type": "notes"}
# Follow the first two rows with a pencil. The first flower is a mistake since the score is still 0. A flower is added
# to the weights if its label is $+1$, and subtracted if it is $-1$. Nothing else ever happens.

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

# %% slideshow={"slide_type": "subslide"} tags=["hide-input"]
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

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### Is there a limit to the mistakes?
#
# Write the bias as the weight of a feature that is always 1, so that $x$ and $w$ are one longer and the line passes
# through the origin. Let $R$ be the length of the longest of these examples, and $\gamma$ the *margin*: the distance
# of the closest example from the best such line, where the bias counts as a weight like the others. Novikoff proved in
# 1962 that the perceptron makes at most
#
# $$k \le \left(\frac{R}{\gamma}\right)^2$$
#
# mistakes, in whatever order the examples come, however many there are.

# %% [markdown] slideshow={"slide_type": "notes"}
# The proof takes two lines. Let $u$ be the unit vector of the best line and $w_k$ the weights after $k$ mistakes.
#
# - Each mistake brings $w$ further along $u$ by at least $\gamma$, since $u \cdot (y x) \ge \gamma$. So $w_k \cdot
#   u \ge k\gamma$.
# - Each mistake makes $w$ longer, but not by much: $|w + y x|^2 = |w|^2 + 2y\,w\cdot x + |x|^2 \le |w|^2 + R^2$,
#   since $y\,w \cdot x \le 0$ is what made it a mistake. So $|w_k|^2 \le k R^2$.
#
# No vector's part along $u$ is longer than the vector: $k\gamma \le w_k \cdot u \le |w_k| \le \sqrt{k}\,R$. Divide by
# $\sqrt{k}\,\gamma$ and square.

# %% [markdown] slideshow={"slide_type": "subslide"}
# **Predict before you run.** There are 45 pairs of digits in scikit-learn's `digits`, 64 pixels each. In how many
# will the perceptron come near its bound, within half of it: none, some, or most?

# %% slideshow={"slide_type": "skip"}
digits = datasets.load("digits")
pixels = digits.train.x.reshape(-1, 64).astype("float64")

# %% slideshow={"slide_type": "skip"}
def count_mistakes(x, y, orders, passes=1_000):
    """Mistakes of a perceptron in all, for each of several random orders."""
    shuffles = [np.random.RandomState(seed).permutation(len(x))
                for seed in range(orders)]
    units = [perceptron.Perceptron(x.shape[1]).fit(x[order], y[order], passes=passes)
             for order in shuffles]
    return [sum(unit.mistakes) for unit in units]


mistakes, bounds = [], []
for pair in itertools.combinations(range(10), 2):
    of_pair = np.isin(digits.train.y, pair)
    x, y = pixels[of_pair], np.where(digits.train.y[of_pair] == pair[0], 1, -1)
    mistakes.append(count_mistakes(x, y, orders=10))
    bounds.append(perceptron.novikoff_bound(x, y))
# (45, 10): mistakes of each pair in each order, over the pair's bound
nearness = np.array(mistakes) / np.array(bounds)[:, None]

# %% slideshow={"slide_type": "subslide"} tags=["hide-input"]
networks.mistakes_and_bound(
    mistakes, bounds,
    caption="45 pairs of digits, each learnt in 10 orders. No point lies in the grey. "
    "Pairs with a small margin (to the right) tend to cost more mistakes, but all of "
    "them far fewer than they might.",
)

# %% slideshow={"slide_type": "subslide"} tags=["hide-input"]
checks.equal("pairs that stay within their bound, and 45",
             int(np.sum(nearness.max(axis=1) <= 1)), 45)
show.markdown(f"""
Pairs that come within half of their bound: {np.sum(nearness.max(axis=1) > 0.5)} of
{len(nearness)}. The worst comes to {mask(f"{nearness.max():.0%}")} of it, the typical
pair to {mask(f"{np.median(nearness.max(axis=1)):.0%}")}.
""")

# %% slideshow={"slide_type": "notes"} tags=["hide-input"]
# 64 examples that have one bright pixel each, no two the same
apart, halves = 100 * np.eye(64), np.repeat([1, -1], 32)
hardest = np.array([count_mistakes(apart, halves, orders=10)])      # (1, 10)
hardest = hardest / perceptron.novikoff_bound(apart, halves)
claims.measure(
    "C01.1", "a perceptron makes far fewer mistakes on digits than its bound allows: "
    "mistakes over the bound, the most of 45 pairs, by order; control: examples that "
    "have no pixel in common",
    lambda ratios, order: ratios[:, order].max(),
    of=[(nearness, order) for order in range(10)],
    control=[(hardest, order) for order in range(10)], below=0.5,
)

# %% [markdown]
# <details><summary>Your prediction</summary>
#
# None comes within half of its bound. "Most" would be the guess of someone who takes a bound for an estimate. It is a
# promise about the worst data with this margin; these digits are kinder.
#
# </details>

# %% [markdown] slideshow={"slide_type": "notes"}
# That no point lies in the grey is a theorem, and is checked, not claimed. The margin comes from an independent method
# (least-distance programming), not from the perceptron. The control makes as good as all
# the mistakes that it may. Its examples have no pixel in common, so that what is learnt from one tells nothing about
# another, and each must be a mistake once.
#
# *What follows:* neither the number of examples nor the number of features stands in the bound, only the margin and
# the examples' length. They limit how hard the classes can be.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## What can one unit never learn?
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
        rows.append([example, f"{label:+d}", weights, f"{bias:+.0f}"])

# %% slideshow={"slide_type": "subslide"} tags=["hide-input"]
show.table(rows, ["example", "label", "weights after it", "bias after it"],
           caption="Two passes over XOR")

# %% [markdown] slideshow={"slide_type": "subslide"}
# <details><summary>Your prediction</summary>
#
# After four mistakes the weights are back at zero, and the second pass repeats the first. (a) is the common guess:
# each mistake adds something, so something should pile up. But what the two positive examples add, the two negative
# ones take away again.
#
# </details>

# %% [markdown] slideshow={"slide_type": "notes"}
# Is that an accident of this order? There are 24 orders.

# %% slideshow={"slide_type": "skip"}
def cycle(x, y):
    """Passes before the perceptron's weights begin to repeat, and in each cycle."""
    unit, seen = perceptron.Perceptron(features=x.shape[1]), {}
    while (state := (*unit.weights, unit.bias)) not in seen:
        seen[state] = len(seen)
        unit.fit(x, y, passes=1)
    return seen[state], len(seen) - seen[state]

# %% slideshow={"slide_type": "notes"} tags=["hide-input"]
orders = [list(order) for order in itertools.permutations(range(4))]
cycles = [cycle(inputs[order], xor[order]) for order in orders]
show.table(
    [[length, before, cycles.count((before, length))]
     for before, length in sorted(set(cycles))],
    ["passes in the cycle", "passes before it", "orders"],
    caption="XOR in all 24 orders: each ends in a cycle",
)

# %% slideshow={"slide_type": "notes"} tags=["hide-input"]
# AND: true if both are on
conjunction = np.array([-1, -1, -1, 1])


def last_mistakes(y):
    """Mistakes in the last of at most 1,000 passes, for each order."""
    units = [perceptron.Perceptron(2).fit(inputs[order], y[order], passes=1_000)
             for order in orders]
    return [unit.mistakes[-1] for unit in units]


checks.equal("mistakes on XOR in the 1,000th pass, in each of 24 orders, and 4",
             last_mistakes(xor), 4)
checks.equal("mistakes on AND in the last pass, in each of 24 orders, and none",
             last_mistakes(conjunction), 0)

# %% [markdown] slideshow={"slide_type": "notes"}
# For AND, which one unit can learn, the mistakes end in every order. *What follows:* no patience helps a unit whose
# family of functions lacks the right one. That weights stay bounded on any finite data, as here, is the perceptron
# cycling theorem ([Block and Levin 1970](https://doi.org/10.1090/S0002-9939-1970-0268040-1)).

# %% [markdown] slideshow={"slide_type": "subslide"}
# Two more units do help. Let one say "at least one is on", another "both are on", and a third "the first, but not the
# second":

# %%
# (4, 2): at least one; both
hidden = (inputs @ [[1, 1], [1, 1]] + [-0.5, -1.5] > 0).astype(int)
# (4,): one, but not both
output = np.where(hidden @ [1, -2] - 0.5 > 0, 1, -1)
show.table(np.column_stack([inputs, hidden, output, xor]).tolist(),
           ["x₁", "x₂", "at least one", "both", "output", "XOR"])

# %% [markdown] slideshow={"slide_type": "notes"}
# A *layer* of perceptrons in between, and the problem is solved. But we set these weights by hand. Who sets them if
# there are thousands?

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Can perceptrons in layers learn by gradient?
#
# The article says in section $2.1$: *a neural network is a multi-layer network made of perceptrons*, and is
# *feed-forward*. Networks learn by gradient: each weight is moved a little in the direction in which the loss falls.
# Perceptron means threshold: $g(z) = 1$ if $z > 0$, else $0$.

# %% [markdown] slideshow={"slide_type": "fragment"}
# **Predict before you run.** Take a network of 64-64-64-10 units with thresholds, and the same one with smooth units,
# $g(z) = \sigma(z) = 1 / (1 + e^{-z})$. Train both by gradient on `digits`. How far does the first one get: to the
# accuracy of the second, to about half of it, or nowhere?

# %% [markdown] slideshow={"slide_type": "notes"}
# Trained in full, thresholds can't learn: a step's slope is 0, and that is arithmetic. The open question is how much of
# a network must be smooth. So for the verdict only the *hidden* units have thresholds, and the output layer, which has
# smooth logits, learns on top of them. Below is what would have to be measured. The smoothed network is the rival.

# %% slideshow={"slide_type": "notes"} tags=["hide-input"]
claims.rule(
    "A2.1.0",       # "a neural network is a multi-layer network made of perceptrons"
    {
        "holds": lambda perceptrons, smoothed: perceptrons.low > 0.8
            and (perceptrons - smoothed).low > -0.05,
        "holds when the units' thresholds are smoothed":
            lambda perceptrons, smoothed: (perceptrons - smoothed).high < -0.05
            and smoothed.low > 0.8,
        "does not hold": lambda perceptrons, smoothed:
            max(perceptrons.high, smoothed.high) < 0.8,
        "not settled": True,
    },
    made_up={
        "holds": {"perceptrons": [0.96, 0.95, 0.97], "smoothed": [0.88, 0.87, 0.88]},
        "holds when the units' thresholds are smoothed":
            {"perceptrons": [0.5, 0.55, 0.52], "smoothed": [0.95, 0.97, 0.96]},
        "does not hold": {"perceptrons": 3 * [0.1], "smoothed": 3 * [0.3]},
        "not settled": {"perceptrons": [0.95, 0.8, 0.9], "smoothed": 3 * [0.95]},
    },
    compares=("perceptrons", "smoothed"),
)

# %% slideshow={"slide_type": "skip"}
def smooth(z, steepness):
    return tf.sigmoid(steepness * z)


def threshold(z):
    return (tf.sign(z) + 1) / 2


def squared_error(model, batch, training):
    """Mean squared distance between the outputs and the one-hot label."""
    x, y = batch
    difference = tf.one_hot(y, 10) - model(x, training=training)
    return tf.reduce_mean(tf.square(difference)), {}


def units(activation, seed):
    """64 pixels, two layers of 64 units and 10 output units, all of one kind."""
    network = models.mlp((8, 8, 1), classes=10, hidden=[64, 64], activation=activation,
                         seed=seed)
    return keras.Model(network.input, layers.Activation(activation)(network.output))

# %% [markdown] slideshow={"slide_type": "skip"}
# One more tool. A study trains the same network from several seeds. `repeats.Repeats` compiles a training of a
# given number of steps once, and its `train` runs it from given initial weights. The step inside is that of
# `training.fit` in chapter 00.

# %% slideshow={"slide_type": "skip"}
seeds, many = range(5), range(10)


def train_units(study, build, data, seeds, learning_rate=0.01):
    """Accuracy on validation data, (seeds,), and the largest change of a weight in
    each layer, (seeds, layers)."""
    accuracy, change = [], []
    for seed in seeds:
        start = build(seed).get_weights()
        study.train(start, data.train.x, data.train.y, seed=seed,
                    learning_rate=learning_rate)
        accuracy.append(repeats.accuracy(study.model, data.validation))
        kernels = zip(start[::2], study.model.get_weights()[::2], strict=True)
        change.append([np.abs(after - before).max() for before, after in kernels])
    return np.array(accuracy), np.array(change)


def compiled(network, objective):
    return repeats.Repeats(network, objective, steps=400, batch_size=64,
                           optimizer=keras.optimizers.Adam(0.01), jit_compile=False)

# %% slideshow={"slide_type": "skip"}
slopes, steepness = [0.5, 1, 4, 32], tf.Variable(1.0)
linear_units = functools.partial(units, "linear")   # the same start for all
smooth_units = compiled(units(functools.partial(smooth, steepness=steepness), 0),
                        squared_error)
smooth_accuracy = []                                                # (slopes, seeds)
for slope in slopes:
    steepness.assign(slope)
    smooth_accuracy.append(train_units(smooth_units, linear_units, digits, seeds)[0])
threshold_accuracy, threshold_change = train_units(
    compiled(units(threshold, 0), squared_error), linear_units, digits, seeds)

# %% slideshow={"slide_type": "subslide"} tags=["hide-input"]
charts.curves(
    [f"{slope:g}" for slope in slopes], {"smooth units": smooth_accuracy},
    levels={"threshold units (mean)": threshold_accuracy.mean()},
    xlabel="steepness k of the unit σ(kz)", ylabel="accuracy on validation data",
    title="Accuracy by steepness of the units",
    caption="Accuracy of the same network after 400 steps of Adam at 0.01, mean and "
    "95 % interval over 5 seeds. From k = 1 on, the steeper the sigmoid, the more of a "
    "threshold it is, and the less it learns at this rate.",
)

# %% slideshow={"slide_type": "notes"} tags=["hide-input"]
checks.equal("weights of the threshold units before and after training",
             threshold_change, 0)

# %% [markdown] slideshow={"slide_type": "subslide"}
# <details><summary>Your prediction</summary>
#
# *Nowhere*: it guesses, and not a single weight has moved. The common guess is that a step, being so clear-cut,
# should learn at least as well as a soft slope. But gradient descent asks: if I change this weight a little, what
# happens to the loss? A step answers: nothing, unless the change happens to cross the threshold. The derivative of a
# step is zero wherever it exists, and a product with zero, which the chain rule makes, is zero.
#
# </details>

# %% [markdown] slideshow={"slide_type": "notes"}
# One could object that only the outputs are to blame. So keep the thresholds in the hidden layers, and give the output
# layer logits and cross-entropy. Both networks train at their best learning rate, chosen on other seeds (recorded,
# `make bench STUDY=ch01_rates`).

# %% slideshow={"slide_type": "skip"}
recorded_rates = recording.load("ch01_rates")

# %% slideshow={"slide_type": "skip"}
def best_rate(name, recorded):
    """The learning rate with the highest recorded mean accuracy."""
    found = recorded[name]
    return float(max(found, key=lambda rate: np.mean(found[rate])))


def hidden_units(activation, seed):
    return models.mlp((8, 8, 1), 10, hidden=[64, 64], activation=activation, seed=seed)


halfway = {}
hidden_kinds = {"threshold": threshold, "sigmoid": tf.sigmoid,
                "sigmoid, half as steep": functools.partial(smooth, steepness=0.5)}
for name, activation in hidden_kinds.items():
    halfway[name] = train_units(
        compiled(hidden_units(activation, 0), classify),
        functools.partial(hidden_units, activation), digits, seeds,
        best_rate(f"hidden units: {name.split(',')[0]}", recorded_rates))

# %% slideshow={"slide_type": "notes"} tags=["hide-input"]
checks.equal("hidden weights below thresholds before and after training",
             halfway["threshold"][1][:, :2], 0)
show.markdown(f"""
With hidden thresholds the network reaches {Measured(halfway["threshold"][0]):.0%}, with
sigmoids {Measured(halfway["sigmoid"][0]):.0%}. Behind thresholds only the last layer
learnt, on top of random features.
""")
claims.measure(
    "C01.2", "hidden thresholds cost accuracy though the output layer learns: accuracy "
    "with hidden sigmoids minus thresholds, by seed; control: minus half as steep ones",
    lambda smoothed, other, seed: smoothed[seed] - other[seed], above=0.1,
    of=[(halfway["sigmoid"][0], halfway["threshold"][0], seed) for seed in seeds],
    control=[(halfway["sigmoid"][0], halfway["sigmoid, half as steep"][0], seed)
             for seed in seeds],
)

# %% tags=["hide-input"]
claims.verdict("A2.1.0", perceptrons=halfway["threshold"][0],
               smoothed=halfway["sigmoid"][0])

# %% [markdown] slideshow={"slide_type": "notes"}
# *What follows:* the units of today's networks are not perceptrons in Rosenblatt's sense. "Multilayer perceptron" is a
# name that stuck. There are ways to train thresholds (a made-up slope in place of 0, or no gradient at all), which this
# section didn't try. And not every network is feed-forward: those of chapter 07a feed their output back.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## What does a layer do?
#
# The article, section $2.1$: *each perceptron receives input and produces output, and this output influences all
# perceptrons of the next layer*, *until the output of the last layer is taken as the output of the whole network*. In
# an equation, for layer $l$ with activations $a$ of shape `(units,)`:
#
# $$a^{(l)} = g\left(a^{(l-1)} W^{(l)} + b^{(l)}\right)$$

# %% [markdown] slideshow={"slide_type": "notes"}
# $W^{(l)}$ has the shape `(units before, units)`: column $j$ holds the weights of unit $j$. Unit $i$ reaches unit $j$
# through the entry $W_{ij}$.
#
# That every unit feeds every unit of the next layer is what *dense* means, so the sentence needs no experiment, only a
# check that Keras' layer is this equation.

# %% [markdown] slideshow={"slide_type": "fragment"}
# **Predict before you run.** We push one unit of the first hidden layer by 0.1, in a dense network and in one whose
# second layer is a convolution. Which units move, in its own layer, in the next, and at the output?

# %% slideshow={"slide_type": "subslide"}
network = models.mlp((8, 8, 1), classes=10, hidden=[12, 16],
                     activation="tanh", seed=1)


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

# %% tags=["hide-input"]
weights = [weight.astype("float64") for weight in network.get_weights()]
by_hand = forward(weights, pixels)
written_out = checks.equal(
    "the equation in NumPy and Keras' outputs",
    network(digits.train.x).numpy(), by_hand[-1], atol=1e-4)

# %% slideshow={"slide_type": "skip"}
pushed = forward(weights, pixels, push=0.1, unit=3)
moved = [(after - before)[0]
         for before, after in zip(by_hand[1:], pushed[1:], strict=True)]

# %% slideshow={"slide_type": "subslide"} tags=["hide-input"]
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

# %% [markdown] slideshow={"slide_type": "subslide"}
# <details><summary>Your prediction</summary>
#
# In its own layer, itself alone; in the next, all; and through them all outputs. The common wrong guess is that units
# of the same layer move as well. They share their inputs, not a connection.
#
# </details>

# %% [markdown] slideshow={"slide_type": "notes"}
# The article's "all" describes *dense* layers. A convolution of 3 × 3 passes a pixel on to 9 of 64 units only, and the
# article's own section 2.6 says of convolutions that they see "only neighbouring input, not everything". With ReLU
# units there is a second exception, at the unit's output: one that is off, and stays off, hides what arrived.

# %% tags=["hide-input"]
claims.by_definition(
    "A2.1.1", "every unit of a dense layer has a weight for every unit of the layer "
    "before, and the last layer's output is the network's", written_out)

# %% [markdown] slideshow={"slide_type": "slide"}
# ## What can a ReLU layer draw?
#
# The unit of today is the ReLU, $g(z) = \max(0, z)$. Where it is off it gives 0, where it is on it gives $z$. A unit
# of two inputs switches along a line; several units cut the plane into pieces, and within each piece the whole
# network is *linear*, plus a constant. The most pieces that $n$ lines can make, and do make in general position, are
#
# $$1 + n + \binom{n}{2}$$
#
# ([Zaslavsky 1975](https://doi.org/10.1090/memo/0154)): the first line makes one piece into two, and every
# further line adds one piece, and one more for each line that it crosses.

# %% [markdown] slideshow={"slide_type": "subslide"}
# **Predict before you run.** A Keras layer starts with random weights, and with biases of 0. Into how many pieces
# does an untrained layer of 8 ReLUs cut the plane: 16, 37, or $2^8 = 256$?

# %% slideshow={"slide_type": "skip"}
some = np.isin(digits.train.y, (1, 4, 7))
centred = pixels[some] - pixels[some].mean(axis=0)
# (2, 64): two principal components
directions = np.linalg.svd(centred, full_matrices=False)[2][:2]
# (examples, 2)
flat = (centred @ directions.T / (centred @ directions.T).std()).astype("float32")
flat_labels = np.searchsorted((1, 4, 7), digits.train.y[some]).astype("int32")

# %% slideshow={"slide_type": "skip"}
def train_flat(hidden, x, y, seeds):
    """ReLU networks of two inputs and three classes, before and after training."""
    def build(seed):
        return models.mlp((2,), 3, hidden=hidden, seed=seed)

    study = repeats.Repeats(build(0), training.objectives.classification(), steps=600,
                            batch_size=64, optimizer=keras.optimizers.Adam(0.01),
                            jit_compile=False)
    pairs = [(build(seed), build(seed)) for seed in seeds]
    for seed, (before, after) in zip(seeds, pairs, strict=True):
        study.train(before, x, y, seed=seed)
        after.set_weights(study.model.get_weights())
    return pairs


flat_networks = {name: train_flat(hidden, flat, flat_labels, seeds)
                 for name, hidden in {"8": [8], "16": [16], "8 + 8": [8, 8]}.items()}
(before, wide), (_, deep) = flat_networks["8"][0], flat_networks["8 + 8"][0]

# %% slideshow={"slide_type": "subslide"} tags=["hide-input"]
window = ((-3.0, 3.0), (-3.0, 3.0))
networks.region_maps(
    {"8 units, untrained": before, "8 units, trained": wide,
     "8 + 8 units, trained": deep}, window, flat, flat_labels,
    names=("1", "4", "7"),
    axes=("first principal component", "second principal component"),
    caption="Linear regions, each in its own tint; black: where the network's answer "
    "changes. Without biases all lines pass through one point. In the deeper network, "
    "lines bend where they meet those of the first layer.",
    alt="Three maps of the plane in tinted pieces: a star of eight lines; eight lines "
    "in general position; many more pieces with bent lines.",
)

# %% slideshow={"slide_type": "notes"} tags=["hide-input"]
bound = linear_regions.most_regions(8)
whole = [linear_regions.regions_of_layer(*model.get_weights()[:2])
         for model in (before, wide)]
checks.equal("pieces of the untrained layer, whose lines meet in a point, and 16",
             whole[0], 16)
checks.equal("pieces of the trained layer no more than Zaslavsky's bound of 37",
             whole[1] <= bound == 37, True)

# %% [markdown] slideshow={"slide_type": "notes"}
# The map of 8 + 8 units has more pieces than that of 8. Is that due to its depth, or to its 8 further units? Give these
# to the first layer, and count again, in the window of the maps.

# %% slideshow={"slide_type": "notes"} tags=["hide-input"]
grid = linear_regions.grid(window)
pieces = {name: np.array([len(linear_regions.patterns(after, grid)[0])
                          for _, after in pairs])
          for name, pairs in {**flat_networks, "8, from other seeds":
                              train_flat([8], flat, flat_labels, range(5, 10))}.items()}
show.table([[name, f"{Measured(found):.0f}"] for name, found in pieces.items()],
           ["units", "linear regions in the window, 5 seeds"])
claims.measure(
    "C01.3", "most of the pieces that 8 units add come without depth: of those that a "
    "second layer of 8 adds to one of 8, the share that a first layer of 16 adds too; "
    "control: 8 other units instead of 8 more",
    lambda fewer, more, deeper, seed: (more[seed] - fewer[seed])
    / (deeper[seed] - fewer[seed]), above=0.5,
    of=[(pieces["8"], pieces["16"], pieces["8 + 8"], seed) for seed in seeds],
    control=[(pieces["8"], pieces["8, from other seeds"], pieces["8 + 8"], seed)
             for seed in seeds],
)

# %% [markdown] slideshow={"slide_type": "subslide"}
# <details><summary>Your prediction</summary>
#
# 16: lines through one point cut the plane like a cake, two pieces per line. Those who said 37 trusted the formula
# without its condition, *general position*; those who said 256 counted all combinations of on and off, and most of
# these exist nowhere in the plane. Training moves the biases, and so the lines apart.
#
# </details>

# %% [markdown] slideshow={"slide_type": "notes"}
# *What would have refuted the claim:* 16 units in one layer that cut little more than 8. *What follows:* a ReLU network
# is a patchwork of linear classifiers. The second layer's lines bend where they cross the first layer's, so they can
# cut several pieces more than once; but here the same units in one layer make about as many pieces. The most pieces that
# a network can make grow fast with its depth ([Montúfar and others 2014](https://arxiv.org/abs/1402.1869)); how many a
# trained one makes is another question.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Does it matter which function a unit computes?
#
# Common activation functions, and what gradient descent sees of them: their derivatives.

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

# %% tags=["hide-input"]
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
# STUDY=ch01_rates`). One rate for all would compare the rate with the function: the sigmoid wants a higher one.

# %% slideshow={"slide_type": "skip"}
curves = datasets.load("mnist1d")


def of_widths(hidden, activation="relu"):
    return lambda seed: models.mlp((40, 1), 10, hidden=hidden, activation=activation,
                                   seed=seed)


def two_layers(activation):
    return of_widths([100, 100], activation)

# %% slideshow={"slide_type": "skip"}
def at_best_rate(name, build, data, seeds, steps):
    """Validation accuracy (seeds,) of Adam at the rate that the study chose."""
    return repeats.accuracies(build, data.train, data.validation, seeds=seeds,
                              steps=steps,
                              learning_rate=best_rate(name, recorded_rates))


by_activation = {name: at_best_rate(f"activation: {name}", two_layers(name), curves,
                                    seeds, steps=500) for name in functions}
no_layer = at_best_rate("activation: none", of_widths([]), curves, seeds, steps=500)

# %% slideshow={"slide_type": "subslide"} tags=["hide-input"]
charts.bars(
    {name: {"accuracy": Measured(values)} for name, values in by_activation.items()},
    title="MNIST-1D, by activation function", xlabel="accuracy on validation data",
    levels={"no hidden layer": no_layer.mean()},
    caption="Accuracy after 500 steps, each at its best learning rate, mean and 95 % "
    "interval over 5 seeds; dashed: no hidden layer at all.",
)
ranked = sorted(by_activation, key=lambda name: by_activation[name].mean())
show.markdown(f"From worst to best: {mask(', '.join(ranked))}.")

# %% slideshow={"slide_type": "notes"} tags=["hide-input"]
def gain(one, other, seed):
    """Accuracy of one minus that of the other, from the same seed."""
    return one[seed] - other[seed]


linear, relu = by_activation["linear"], by_activation["relu"]
claims.measure(
    "C01.4", "depth pays only with a bend: accuracy of two hidden ReLU layers minus "
    "two linear ones, by seed; control: two linear ones minus none",
    gain, above=0.1, of=[(relu, linear, seed) for seed in seeds],
    control=[(linear, no_layer, seed) for seed in seeds],
)
claims.measure(
    "C01.5", "in 500 steps a sigmoid falls far behind: accuracy of ReLU minus sigmoid, "
    "by seed; control: ReLU minus tanh, a sigmoid centred and stretched",
    gain, above=0.1, of=[(relu, by_activation["sigmoid"], seed) for seed in seeds],
    control=[(relu, by_activation["tanh"], seed) for seed in seeds],
)

# %% [markdown] slideshow={"slide_type": "subslide"}
# <details><summary>Your prediction</summary>
#
# The linear network does no better than the classifier without a hidden layer, for a product of matrices is a matrix:
# three linear layers can do no more than one. Whoever put the sigmoid in front because it looks most like a neuron:
# its slope is at most 1/4, so each sigmoid layer passes on at most a quarter of the gradient (times the weights), and
# learning begins slowly. What becomes of it with more steps is exercise 4; [chapter
# 03](03_vanishing_and_exploding_gradients.ipynb) counts what depth does to this.
#
# </details>

# %% [markdown] slideshow={"slide_type": "notes"}
# *What would have refuted it:* a linear network clearly above the classifier without hidden layers, or a sigmoid within
# 10 points of ReLU.

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
    "tanh units make a band, which holds two corners and leaves out the other two.",
    alt="Four clouds of points at the corners of a square, opposite ones of one class; "
    "two nearly parallel boundary lines with a band of one class between them.",
)

# %% [markdown] slideshow={"slide_type": "skip"}
# *Linear* never does: its boundary is one straight line at any width. One unit of a function that only rises, or only
# stays, gives one straight line as well, wherever its bend lies; two of them make a band. *GELU* may do with one, since
# it falls before it rises. And thresholds learn after all with many units: the hidden lines stay where chance put them,
# and the last layer chooses among them. Move the random start at 2 and at 32 to see how much is luck.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Do numbers have to be transformed before they go in?
#
# The article, section $2.1$: *the input needs some transformation, such as turning pixel values into floating-point
# numbers, or text into vectors*. Pixels are numbers already, whole ones from 0 to 255. Three ways to feed them to the
# same network:
#
# - **raw**: 0 to 255, as floats;
# - **scaled**: $x / 255$, from 0 to 1;
# - **standardised**: $(x - m) / s$, with mean $m$ and standard deviation $s$ of the training pixels.

# %% [markdown] slideshow={"slide_type": "subslide"}
# The first layer could undo all three by its weights. And a fair comparison gives each its own learning rate, chosen on
# other seeds and on one half of the validation data, and scored on the other half.
#
# **Predict before you run.** At its own best learning rate of gradient descent, what does raw lose against
# standardised: nothing, about 2 points of accuracy, or more than 10? And what with Adam?

# %% [markdown] slideshow={"slide_type": "notes"}
# The verdict joins this section and the next, on text. It is given on what is lost without the transformation:
# accuracy of standardised minus raw pixels, by gradient descent and by Adam, and of one-hot vectors minus codes. All
# are at their best learning rates. A loss of more than 5 points says that the transformation is needed.

# %% slideshow={"slide_type": "notes"} tags=["hide-input"]
either = "holds when the input is text, or pixels meet plain gradient descent"
claims.rule(
    "A2.1.3",       # "turning pixel values into floating-point numbers, or text ..."
    {
        "holds": lambda pixels, pixels_adam, text:
            min(pixels.low, pixels_adam.low, text.low) > 0.05,
        either: lambda pixels, pixels_adam, text:
            min(pixels.low, text.low) > 0.05 and pixels_adam.high < 0.05,
        "holds when the input is text": lambda pixels, pixels_adam, text:
            text.low > 0.05 and max(pixels.high, pixels_adam.high) < 0.05,
        "does not hold": lambda pixels, pixels_adam, text:
            max(pixels.high, pixels_adam.high, text.high) < 0.05,
        "not settled": True,
    },
    made_up={
        "holds": dict(pixels=3 * [0.3], pixels_adam=3 * [0.1], text=3 * [0.4]),
        either: dict(pixels=3 * [0.3], pixels_adam=3 * [0.02], text=3 * [0.4]),
        "holds when the input is text":
            dict(pixels=3 * [0.01], pixels_adam=3 * [0.0], text=3 * [0.4]),
        "does not hold":
            dict(pixels=3 * [-0.1], pixels_adam=3 * [0.0], text=3 * [-0.4]),
        "not settled":
            dict(pixels=[0.3, 0.0, 0.3], pixels_adam=3 * [0.0], text=3 * [0.4]),
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
def two_small_layers(seed):
    return models.mlp((28, 28, 1), 10, hidden=[64, 64], seed=seed)


def draw_rates(ax, recorded, kind, names, title):
    """Recorded mean accuracy by learning rate, for several networks of one kind."""
    for name, line in zip(names, ("o-", "s--", "^:"), strict=True):
        found = recorded[f"{kind}: {name}"]
        ax.plot([float(rate) for rate in found],
                [np.mean(accuracy) for accuracy in found.values()], line, label=name)
    ax.set(xscale="log", xlabel="learning rate", title=title,
           ylabel="accuracy on validation data")
    ax.legend()

# %% slideshow={"slide_type": "skip"}
def by_scale(study, rule, train, score, prepare, seeds):
    """Accuracy (seeds,) of each scale, at the rate that the recorded study chose."""
    found = {}
    for name, transform in prepare.items():
        x, held_out = transform(train.x), datasets.Split(transform(score.x), score.y)
        rate, found[name] = best_rate(f"pixels, {rule}: {name}", recorded_rates), []
        for seed in seeds:
            study.train(two_small_layers(seed), x, train.y, seed=seed,
                        learning_rate=rate)
            found[name].append(repeats.accuracy(study.model, held_out))
    return found

# %% slideshow={"slide_type": "skip"}
scales = {}
for rule in ("SGD", "Adam"):
    study = repeats.Repeats(two_small_layers(0), classify, steps=200, batch_size=64,
                            optimizer=getattr(keras.optimizers, rule)(0.1))
    scales[rule] = by_scale(study, rule, few, second_half, prepare, many)

# %% slideshow={"slide_type": "subslide"} tags=["hide-input"]
names = {"SGD": "gradient descent", "Adam": "Adam"}
charts.bars(
    {name: {names[rule]: Measured(scales[rule][name]) for rule in names}
     for name in prepare},
    title="The same network, the same digits, three scales",
    xlabel="accuracy on validation data",
    caption="Accuracy after 200 steps on 5,000 digits, each at its best learning rate, "
    "mean and 95 % interval over 10 seeds.",
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

# %% slideshow={"slide_type": "notes"} tags=["hide-input"]
plain, adam = scales["SGD"], scales["Adam"]
lost = {name: Measured(np.subtract(scale["standardised"], scale["raw"]))
        for name, scale in (("gradient descent", plain), ("Adam", adam))}
show.markdown(f"""
Standardised minus raw pixels: {lost["gradient descent"]:.1%} by gradient descent,
{lost["Adam"]:.1%} by Adam.
""")
claims.measure(
    "C01.6", "no one learning rate suits raw pixels: accuracy of standardised minus "
    "raw ones by gradient descent, by seed; control: standardised minus scaled ones",
    gain, above=0.1, of=[(plain["standardised"], plain["raw"], seed) for seed in many],
    control=[(plain["standardised"], plain["scaled"], seed) for seed in many],
)

# %% [markdown] slideshow={"slide_type": "subslide"}
# <details><summary>Your prediction</summary>
#
# More than 10 points is right for gradient descent. "Nothing" is a tempting answer, since the first layer's weights can
# absorb any scale. They can, but they don't start there: with inputs of up to 255 the units' first outputs are huge,
# and so are the gradients of the first layer's weights, in which the inputs are a factor. One learning rate can't suit
# these and the other layers' as well. Adam sizes the steps of each weight on its own, and loses less, but not nothing
# (exercise 3).
#
# </details>

# %% [markdown] slideshow={"slide_type": "notes"}
# Turning integers into floats, which the article names, is the least of it; the scale is what matters. *What would have
# refuted the claim:* a learning rate at which raw pixels come within 10 points. The control, scaled against
# standardised, shows that once the numbers are near 1, the exact recipe matters less.

# %% [markdown] slideshow={"slide_type": "skip"}
# ## How does text become numbers?
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
def codes_network(seed):
    return models.mlp((20,), 4, hidden=[134, 134], seed=seed)


def one_hot_network(seed, letters=46):
    return models.mlp((20, letters), 4, hidden=[23], seed=seed)


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
    "codes": (lambda x: standard_codes(x, alphabetical), codes_network),
    "codes, other order": (lambda x: standard_codes(x, another), codes_network),
    "one-hot": (lambda x: np.eye(46, dtype="float32")[x], one_hot_network),
    "embedded": (lambda x: x, embedded_network),
}
by_encoding = {}
for name, (encode, build) in encodings.items():
    train, score = (datasets.Split(encode(split.x), split.y)
                    for split in (language.train, language.validation))
    rate = best_rate(f"text: {name.split(',')[0]}", recorded_rates)
    by_encoding[name] = repeats.accuracies(build, train, score, seeds=seeds, steps=400,
                                           learning_rate=rate)

# %% slideshow={"slide_type": "skip"} tags=["hide-input"]
show.table([[name, f"{complexity.parameters(build(0)):,}",
             f"{Measured(by_encoding[name]):.1%}"]
            for name, (_, build) in encodings.items()],
            ["encoding", "parameters", "accuracy on validation data"])

# %% slideshow={"slide_type": "skip"} tags=["hide-input"]
codes = by_encoding["codes"]
claims.measure(
    "C01.7", "letters as numbers cost a lot, whatever their order: accuracy of text as "
    "one-hot vectors minus text as codes, by seed; control: codes in another order",
    gain, above=0.2, of=[(by_encoding["one-hot"], codes, seed) for seed in seeds],
    control=[(by_encoding["codes, other order"], codes, seed) for seed in seeds],
)

# %% slideshow={"slide_type": "skip"} tags=["hide-input"]
claims.verdict(
    "A2.1.3", pixels=lost["gradient descent"], pixels_adam=lost["Adam"],
    text=by_encoding["one-hot"] - codes,
)

# %% [markdown] slideshow={"slide_type": "skip"}
# <details><summary>Your prediction</summary>
#
# The common guess is that the network will sort the codes out by itself, since no information is lost. But a code
# says that *b* lies between *a* and *c*, and that *é* lies far from *e*. To a network that adds up weighted inputs,
# that is what the number means, and only bends can undo it. One-hot vectors claim nothing: each letter has
# its own weight.
#
# </details>

# %% [markdown] slideshow={"slide_type": "skip"}
# *What would have refuted it:* codes within 20 points of one-hot vectors after these 400 steps. The control writes the
# codes in a random order of the alphabet, which is no better. *What follows:* encode what is a name as a name. How far
# the result carries is another question: with one book per language, a network may as well know the book. Training and
# validation snippets never share a block of 1,000 characters, but they share an author.

# %% [markdown] slideshow={"slide_type": "skip"}
# ## What does a network cost?
#
# The article, section $2.1$: *when designing a network, the number of parameters and the amount of computation are
# limits, so activation and loss functions have to be chosen to suit*. Both can be counted on paper. A dense layer
# from $n$ to $m$ units has a weight for every pair and a bias for every output; a convolution with kernels of $k
# \times k$ pixels, from $c$ to $m$ channels, has one small kernel for every pair of channels, and applies it at each
# of $P$ positions:
#
# $$\text{dense: } \; nm + m \;\text{ parameters}, \; nm \;\text{ multiply-adds} \qquad \text{convolution: } \; k^2 c\,m + m, \;\; k^2 c\,m\,P$$

# %% [markdown] slideshow={"slide_type": "skip"}
# The counts are arithmetic. What can be tested is the article's "so": does the budget say which activation to choose? We
# take the two old rivals, ReLU and tanh, in a small network (two layers of 10 units) and in a large one (two of 100),
# and measure the accuracy of ReLU minus that of tanh in each. A difference of 3 points counts.

# %% slideshow={"slide_type": "skip"} tags=["hide-input"]
apart = "holds when limits and activation are taken as two separate demands"
claims.rule(
    "A2.1.4",       # "... are limits, so activation ... have to be chosen to suit"
    {
        "holds": lambda small, large: (small.low > 0.03 and large.high < -0.03)
        or (small.high < -0.03 and large.low > 0.03),
        apart: lambda small, large:
            (max(small.low, large.low) > 0.03 and min(small.low, large.low) > -0.03)
            or (min(small.high, large.high) < -0.03
                and max(small.high, large.high) < 0.03),
        "does not hold": lambda small, large:
            min(small.low, large.low) > -0.03 and max(small.high, large.high) < 0.03,
        "not settled": True,
    },
    made_up={
        "holds": {"small": [0.06, 0.07, 0.06], "large": [-0.05, -0.05, -0.04]},
        apart: {"small": [0.06, 0.07, 0.06], "large": [0.04, 0.05, 0.04]},
        "does not hold": {"small": [0.01, 0.0, 0.01], "large": [-0.01, 0.01, 0.0]},
        "not settled": {"small": [0.1, -0.08, 0.02], "large": [0.01, 0.0, 0.01]},
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
# multiply-adds what it does. The time follows the work, but not in proportion: a small network's time is mostly the
# overhead of calling it, and convolutions make less use of the machine than large matrix products.
#
# </details>

# %% [markdown] slideshow={"slide_type": "skip"}
# *And the article's "so"?* The networks with different activations, further up, have the same parameters and the same
# multiply-adds. Both sizes now, each at its best learning rate:

# %% slideshow={"slide_type": "skip"} tags=["hide-input"]
counts = [[complexity.parameters(of_widths(hidden, name)(0)) for name in functions]
          for hidden in ([10, 10], [100, 100])]
checks.equal("parameters of the small networks, whatever the activation", counts[0],
             counts[0][0])
checks.equal("parameters of the large networks, whatever the activation", counts[1],
             counts[1][0])

# %% slideshow={"slide_type": "skip"}
def relu_minus_tanh(kind, hidden, seeds):
    """Difference in accuracy (seeds,), each at its best learning rate."""
    relu, tanh = (at_best_rate(f"{kind}: {name}", of_widths(hidden, name), curves,
                               seeds, steps=500) for name in ("relu", "tanh"))
    return relu - tanh


small = relu_minus_tanh("narrow", [10, 10], range(20))
large = relu_minus_tanh("activation", [100, 100], many)

# %% slideshow={"slide_type": "skip"} tags=["hide-input"]
claims.verdict("A2.1.4", small=small, large=large)

# %% [markdown] slideshow={"slide_type": "skip"}
# The activation has no price in parameters or multiply-adds, and ReLU is ahead at both sizes. It is ahead by more in the
# small network: of these two, the budget decides how much the choice matters, but not which to choose.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Should each layer be twice as wide as the one before?
#
# The article, section $2.1$: *generally, each layer has twice as many perceptrons as the one before, and so the depth
# of the network gradually grows with its width*. The second half mixes two things: depth is the number of layers, and
# doubling them doesn't add any. The first half can be tested. From 40 inputs, doubling gives layers of 80, 160 and
# 320 units. Against it: three layers of equal width, and three that halve, all with the same number of parameters
# within 1 %, each at the learning rate that suits it best.

# %% [markdown] slideshow={"slide_type": "fragment"}
# **Predict before you run.** Which comes first on MNIST-1D, and by how much?

# %% [markdown] slideshow={"slide_type": "notes"}
# To hold here, doubling must come out ahead of both. It fails if it is ahead of neither by as much as half a point. One
# data set can refute "generally"; to confirm it, it would take many.

# %% slideshow={"slide_type": "notes"} tags=["hide-input"]
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
    name: repeats.accuracies(of_widths(hidden), curves.train, curves.test,
                             seeds=many, steps=400,
                             learning_rate=best_rate(f"shape: {name}", recorded_rates))
    for name, hidden in shapes.items()
}

# %% slideshow={"slide_type": "subslide"} tags=["hide-input"]
show.table([[name, hidden, f"{complexity.mlp_parameters(40, 10, hidden):,}",
             f"{Measured(by_shape[name]):.1%}"]
            for name, hidden in shapes.items()],
            ["widths", "hidden units", "parameters", "test accuracy"])

# %% tags=["hide-input"]
claims.verdict("A2.1.2", **by_shape)

# %% slideshow={"slide_type": "subslide"} tags=["hide-input"]
charts.row(
    functools.partial(draw_rates, recorded=recorded_rates, kind="shape",
                      names=list(shapes), title="Three shapes (recorded)"),
    figsize=(6.4, 4.0),
    caption="Mean validation accuracy of three other seeds at each learning rate. At "
    "Keras' default rate, on the left, doubling is last; at its own best it isn't.",
    alt="Three curves of accuracy by learning rate that cross: doubling begins lowest "
    "and ends highest.",
)

# %% [markdown] slideshow={"slide_type": "fragment"}
# <details><summary>Your prediction</summary>
#
# The usual guess is that a rule called general must at least do no harm, or that it must do harm, since the article
# gives no reason for it. Neither can be seen here: the three shapes are so close that their order is not settled.
#
# </details>

# %% [markdown] slideshow={"slide_type": "notes"}
# The three curves cross. Compared at Keras' default rate alone, doubling would be last, and an explanation would soon be
# found. *How far it carries:* one data set, one size, one budget of steps.
#
# Where may the sentence come from? Convolutional networks often double their *channels* where they halve the image's
# sides ([VGG](https://arxiv.org/abs/1409.1556): 64, 128, 256, 512), which keeps the work of each layer about equal.
# For dense layers the classics do other things: [LeNet-300-100](http://yann.lecun.com/exdb/publis/pdf/lecun-98.pdf)
# narrows, and a [Transformer](https://arxiv.org/abs/1706.03762) widens fourfold, 512 to 2048, and narrows again.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## How far does a plain network get on real digits?
#
# All that we have, on all of MNIST: 55,000 digits to learn from, two layers of 256 ReLUs, Adam, a learning rate that
# falls to 0 along half a cosine, and *dropout*: in each step, a fifth of the hidden units is silenced at random, so
# that no unit relies on another (chapter 05). The test digits stay untouched until the end.

# %% [markdown] slideshow={"slide_type": "fragment"}
# **Predict before you run.** In 1998 a linear classifier got 12 % of the test digits wrong, 1,200 of 10,000 ([LeCun
# and others](http://yann.lecun.com/exdb/publis/pdf/lecun-98.pdf), figure 9). How many does this network get wrong:
# about 600, about 300, or fewer than 200?

# %% slideshow={"slide_type": "subslide"}
epochs, batch_size = 7, 128
steps = epochs * -(-len(mnist.train) // batch_size)  # rounded up
schedule = keras.optimizers.schedules.CosineDecay(3e-3, steps)
reader = models.mlp(mnist.input_shape, classes=10, hidden=[256, 256],
                    dropout=0.2, seed=0)
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

# %% slideshow={"slide_type": "subslide"} tags=["hide-input"]
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
# Fewer than 200. Who guessed more probably thought of images as something that needs convolutions; for digits that all
# stand in the middle, dense layers go far. Look at the mistakes: some digits are hard to read, others are plain, and the
# network is sure and wrong. It has only seen each stroke at its usual place: a dense network doesn't know that a digit
# moved by three pixels is the same digit (chapter 06a).
#
# </details>

# %% [markdown] slideshow={"slide_type": "skip"}
# ## What has each layer learnt?
#
# The article (1) says that deep learning *abstracts data on several levels, and extracts features that are complex,
# non-linear functions of it*. How would one see that? By asking each layer how easy it makes the task. A *linear
# probe* ([Alain and Bengio 2016](https://arxiv.org/abs/1610.01644)) is a linear classifier fitted to the activations
# of one layer. Ours is ridge regression onto the one-hot labels, in closed form:
#
# $$W = \left(A^\top A + \lambda n I\right)^{-1} A^\top Y$$

# %% [markdown] slideshow={"slide_type": "skip"}
# where $A$, `(examples, units)`, holds centred activations, and $Y$, `(examples, classes)`, the labels. The network
# is trained on 10,000 digits; the probes are fitted to 5,000 others and scored on the validation digits.
#
# **Predict before you run.** Four layers of 128 units. Draw two curves: the probe's accuracy from the pixels to the
# fourth layer, for the trained network, and for its twin with the initial weights.

# %% [markdown] slideshow={"slide_type": "skip"}
# "Several levels" has a rival: one level with as many parameters. So for the verdict there is also a network with a
# single hidden layer, and the probe of the deep network's last layer must beat the probe of that one by more than a
# point.

# %% slideshow={"slide_type": "skip"} tags=["hide-input"]
one_level = "holds when one level is enough"
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
        "holds": dict(last=3 * [0.96], first=3 * [0.9], shallow=3 * [0.93],
                      pixels=3 * [0.84]),
        one_level: dict(last=3 * [0.96], first=3 * [0.9], shallow=3 * [0.96],
                        pixels=3 * [0.84]),
        "does not hold": dict(last=3 * [0.84], first=3 * [0.85], shallow=3 * [0.85],
                              pixels=3 * [0.84]),
        "not settled": dict(last=[0.97, 0.93, 0.97], first=3 * [0.9],
                            shallow=[0.93, 0.94, 0.93], pixels=3 * [0.84]),
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
def one_layer(seed):
    return models.mlp((28, 28, 1), 10, hidden=[190], seed=seed)


def probes(build, name, learnt, fit, score, seeds):
    """Probe accuracy of each layer, trained and at the start, (layers, seeds) each."""
    study = repeats.Repeats(build(0), classify, steps=500, batch_size=64)
    rate, trained, untrained = best_rate(f"probe: {name}", recorded_rates), [], []
    for seed in seeds:
        start = build(seed)
        study.train(start, learnt.x, learnt.y, seed=seed, learning_rate=rate)
        trained.append(probing.probe_layers(study.model, fit, score))
        untrained.append(probing.probe_layers(start, fit, score))
    return np.transpose(trained), np.transpose(untrained)

# %% slideshow={"slide_type": "skip"}
split = (learnt, for_probes, mnist.validation)
deep, twin = probes(four_layers, "deep", *split, seeds)
shallow, _ = probes(one_layer, "shallow", *split, seeds)
pixels_alone = probing.probe(for_probes.x, for_probes.y, mnist.validation.x,
                             mnist.validation.y)
# (pixels and four layers, seeds)
trained, untrained = (np.vstack([np.full(len(seeds), pixels_alone), layers_of])
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
    "read than pixels, random layers make harder.",
)
first = Measured((trained[1] - trained[0]) / (trained[4] - trained[0]))
last = Measured(trained[4] - trained[3])
show.markdown(f"Of the whole gain, layer 1 brings {first:.0%}. Layer 4 adds {last:.1%} "
              f"to what layer 3 offers.")

# %% slideshow={"slide_type": "skip"} tags=["hide-input"]
claims.measure(
    "C01.9", "training makes digits easier to read off than from pixels: accuracy of a "
    "linear probe, last hidden layer minus pixels, by network; control: untrained",
    gain, above=0.03, of=[(trained[4], trained[0], seed) for seed in seeds],
    control=[(untrained[4], untrained[0], seed) for seed in seeds],
)
claims.measure(
    "C01.10", "and the later layers add to the first: accuracy of a linear probe, last "
    "hidden layer minus first, by network; control: untrained",
    gain, above=0, of=[(trained[4], trained[1], seed) for seed in seeds],
    control=[(untrained[4], untrained[1], seed) for seed in seeds],
)

# %% slideshow={"slide_type": "skip"} tags=["hide-input"]
claims.verdict("A1", last=trained[4], first=trained[1], shallow=shallow[-1],
               pixels=trained[0])

# %% [markdown] slideshow={"slide_type": "skip"}
# <details><summary>Your prediction</summary>
#
# Many draw the twin's curve flat: random weights should neither help nor harm. But each random layer of 128 units
# mixes and clips, and a linear reader gets less out of it than out of the pixels. So what the trained layers add
# isn't due to non-linearity as such, but to learning. How unevenly the layers share the gain stands below the figure.
# And a network with one trained layer of as many parameters comes within a point: these digits don't need four levels.
#
# </details>

# %% [markdown] slideshow={"slide_type": "skip"}
# *What would have refuted the claims:* a flat or falling curve for the trained network. *What it doesn't show:* that a
# layer holds more information than the one before. It can't; it holds the same or less, arranged so that a line can
# separate it. And a probe with another loss gives other numbers: only differences between layers under the same probe
# mean anything.

# %% [markdown] slideshow={"slide_type": "skip"}
# ## Do the features serve for classes that the network has never seen?
#
# The article (1): such a network can *learn, generalise and quickly adapt to new data*. A test: train on the digits 0
# to 4. Then learn 5 to 9 from a few examples per class, starting from those weights (with a new output layer), or from
# nothing. Layers, examples, their order and the number of steps are the same. The start differs, and each start has the
# learning rate that suits it best.

# %% [markdown] slideshow={"slide_type": "skip"}
# **Predict before you run.** With 5 examples per class, how many points of accuracy does the head start gain: 0, 5, or
# 20? And with 100?

# %% [markdown] slideshow={"slide_type": "skip"}
# For the verdict a seed's gain is the mean over 5, 20 and 100 examples per class, and it counts from 1 point on. It is
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
few_examples = [5, 20, 100]
# Accuracies of each contender, (seeds, counts):
live = transfer.reuse(
    dense_network, known=of_classes(mnist.train, range(5)),
    new=of_classes(mnist.train, range(5, 10)),
    score=of_classes(mnist.validation, range(5, 10)), counts=few_examples, seeds=many,
    pretraining=300, steps=100, contenders=("reused", "from nothing"),
    learning_rates={name: best_rate(f"new digits: {name}", recorded_rates)
                    for name in ("reused", "from nothing")},
)

# %% [markdown] slideshow={"slide_type": "skip"}
# A recorded study does nearly the same with a convolutional network, whose training takes too long for a chapter (`make
# bench STUDY=ch01_reuse`): ten seeds, other numbers of examples, and Keras' default learning rate for both starts.

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
    "convolutional network at one rate for both. 10 seeds each; bands: 95 % intervals "
    "of the mean.",
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
# Most people expect 20 points, at least with few examples. The dense network gains a point or two on average, if
# anything at all: its features answer the question "which of 0 to 4?", and training from nothing finds nearly as good
# ones for 5 to 9 within the same hundred steps.
#
# </details>

# %% [markdown] slideshow={"slide_type": "skip"}
# *What follows:* whether there is a head start has to be measured, against training from nothing with everything else equal, its
# learning rate included. About the convolutional network the recording says less: both starts had one learning rate, which
# may suit one of them better.

# %% [markdown] slideshow={"slide_type": "skip"}
# ## What the article says, and what was measured

# %% slideshow={"slide_type": "skip"} tags=["hide-input"]
claims.report()

# %% [markdown] slideshow={"slide_type": "skip"}
# ## Exercises
#
# **1. On paper.** LeNet-300-100 is a dense network 784-300-100-10. How many parameters has it?

# %% slideshow={"slide_type": "skip"}
answer = ...
weights_alone = 784 * 300 + 300 * 100 + 100 * 10
exercises.check(answer, complexity.mlp_parameters(784, 10, [300, 100]),
                hints={weights_alone: "These are the weights. Each unit has a bias, "
                       "too."})

# %% [markdown] slideshow={"slide_type": "skip"}
# <details><summary>Solution</summary>
#
# $(784 \cdot 300 + 300) + (300 \cdot 100 + 100) + (100 \cdot 10 + 10) = 235{,}500 + 30{,}100 + 1{,}010 =
# 266{,}610$.
#
# </details>
#
# **2. On paper.** All features of a separable problem, the constant one included, are multiplied by 10. By which
# factor does Novikoff's bound change?

# %% slideshow={"slide_type": "skip"}
answer = ...
exercises.check(answer, 1,
                hints={100: "R² grows by 100. What does γ do?",
                       10: "R grows by 10. What does γ do?",
                                  0.01: "γ grows. What does R do?"})

# %% [markdown] slideshow={"slide_type": "skip"}
# <details><summary>Solution</summary>
#
# By 1: lengths and distances are both multiplied by 10, and their ratio stays. If the constant feature stays 1
# while the others grow, the bound does change, since the bias then has to be found in small steps: the bound of the
# irises in millimetres is larger than in centimetres. Try `perceptron.novikoff_bound(10 * petals, species)`.
#
# </details>
#
# **3. Change one thing.** Feed raw pixels, 0 to 255, and divide the initial kernel of the first layer by 255 instead:
# the network's first outputs are those on scaled pixels. Does it now train as on scaled pixels, at the same learning
# rate? Answer on paper first, for gradient descent and for Adam; then run it.
#
# <details><summary>Solution</summary>
#
# No. Write $W' = W / 255$. The outputs agree, and so does the loss; but by the chain rule the gradient with respect to
# $W'$ is 255 times that with respect to $W$, and a change of $W'$ counts 255 times in $W$. So under gradient descent
# the first layer learns as if its rate were $255^2 = 65{,}025$ times as large. Adam divides by the size of recent
# gradients, so one factor goes: its rate is in effect 255 times as large. To run it, change the weights in
# `two_small_layers`: `network.set_weights([first / 255, *others])`. Where the numbers stand decides how fast each layer
# learns, and that is why inputs are scaled.
#
# </details>
#
# **4. Change one thing.** In 500 steps on MNIST-1D the sigmoid network stayed far behind. Give it ten times as
# many, and draw its accuracy against the steps, with tanh beside it.
#
# <details><summary>Solution</summary>
#
# Call `at_best_rate("activation: sigmoid", two_layers("sigmoid"), curves, seeds, steps=5_000)`, and the same with 1,000
# and 2,000 steps and with tanh, and give the results to `charts.curves`. Look whether the sigmoid network catches up.
# It could: $\sigma(z) = (1 + \tanh(z/2))/2$, so both can represent the same functions. What differs is the slope at
# the start, 1/4 against 1 for each layer, and outputs that are centred at 1/2 instead of 0.
#
# </details>
#
# **5. Open.** The order of the three shapes was not settled. How many seeds would settle a difference of one point? And
# would more steps, or less data, make a difference that is larger?
#
# <details><summary>Solution</summary>
#
# Take the paired differences `by_shape["doubling"] - by_shape["constant"]`. Their 95 % interval has the half-width
# $t\,s/\sqrt{n}$ with the standard deviation $s$ of the differences, and $t \approx 2$ for many seeds; for a half-width
# of 0.01 solve for $n$. For steps and data, choose each shape's learning rate anew at every setting, on seeds that you
# don't report, by the function `sweep` in `benchmarks/studies/ch01_rates.py`. Decide before you run what would count as
# a difference, and use validation data: the test data has been spent on the question above.
#
# </details>

# %% [markdown] slideshow={"slide_type": "skip"}
# ## Terms
#
# | English | 中文 | in one line |
# | --- | --- | --- |
# | perceptron | 感知器 | a unit with a hard threshold, trained by correcting its mistakes |
# | threshold unit | 阈值单元 | gives 1 above a threshold, else 0 |
# | margin | 间隔 | distance of the closest example from the separating line |
# | linearly separable | 线性可分 | a line (plane, hyperplane) parts the classes without a mistake |
# | feed-forward network | 前馈神经网络 | outputs go to later layers only |
# | dense (fully connected) layer | 全连接层 | every unit feeds every unit of the next layer |
# | activation function | 激活函数 | the bend that a unit applies to its weighted sum |
# | linear region | 线性区域 | a piece of input space on which a ReLU network is linear |
# | standardise | 标准化 | subtract the mean, divide by the standard deviation |
# | one-hot vector | 独热向量 | 1 at one place, 0 at all others |
# | embedding | 嵌入 | a learnt vector for each symbol |
# | multiply-add | 乘加运算 | one product added to a sum, the unit of a network's work |
# | width, depth | 宽度、深度 | units of a layer; number of layers |
# | linear probe | 线性探测 | a linear classifier on a layer's activations, to see what can be read off it |
# | transfer, reuse of features | 迁移、特征复用 | weights learnt on one task as the start of another |
#
# ## Further reading
#
# - F. Rosenblatt, [The perceptron](https://doi.org/10.1037/h0042519) (1958): how much the first paper promises, and
#   which parts were built.
# - A. Novikoff, *On convergence proofs for perceptrons* (1962): the proof above, in its first form.
# - M. Minsky and S. Papert, *Perceptrons* (1969): what one layer can't compute, and why XOR is only the smallest
#   case.
# - G. Montúfar and others, [On the number of linear regions of deep neural
#   networks](https://arxiv.org/abs/1402.1869) (2014): how fast pieces multiply with depth; compare with our picture
#   of two layers.
# - G. Alain and Y. Bengio, [Understanding intermediate layers using linear classifier
#   probes](https://arxiv.org/abs/1610.01644) (2016): probes on deeper networks, and on ones that fail to train.
# - J. Yosinski and others, [How transferable are features in deep neural
#   networks?](https://arxiv.org/abs/1411.1792) (2014): from which layer on features become specific; look for the
#   effect of the distance between tasks.
