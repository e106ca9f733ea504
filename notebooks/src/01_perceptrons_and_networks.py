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
# 最后用多层感知器识别全部 MNIST 数字（测试准确率不低于 98 %），用线性探测看每一层学到了什么，再看这些特征能否用于没见过的类别。

# %% slideshow={"slide_type": "skip"}
import functools
import itertools

import keras
import numpy as np
import tensorflow as tf
from keras import layers
from scipy import stats

from dlcourse import datasets, exercises, figures, models, recording, reproducibility, show, training, widgets
from dlcourse.analysis import complexity, linear_regions, probing
from dlcourse.claims import Claims
from dlcourse.datasets import language_snippets
from dlcourse.experiments import transfer
from dlcourse.figures import charts, classification, decision_map, networks
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
# $$\hat y = \begin{cases} +1 & \text{if } w \cdot x + b > 0 \\ -1 & \text{otherwise} \end{cases}$$
#
# Here $x$ is one example (shape `(features,)`), $w$ are the weights (same shape) and $b$ is the bias, one number.

# %% [markdown] slideshow={"slide_type": "subslide"}
# Both start at 0. The learning rule moves them only after a mistake on an example with label $y = \pm 1$:
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
# Follow the first two rows with a pencil: the flower is added to the weights if its label is $+1$, subtracted if it
# is $-1$. Nothing else ever happens.

# %% [markdown] slideshow={"slide_type": "subslide"}
# <details><summary>Your prediction</summary>
#
# Eleven. Whoever guessed 50 or 500 probably counted on one correction for each flower, or on many small steps towards
# a goal. But a perceptron that is right doesn't learn, and two species as different as these need few corrections.
#
# </details>

# %% slideshow={"slide_type": "subslide"} tags=["hide-input"]
margin, best_weights, best_bias = perceptron.largest_margin(petals, species)
networks.separating_lines(
    petals, species,
    {"perceptron": (weights, bias), "largest margin": (best_weights, best_bias)},
    names={1: "setosa", -1: "versicolor"},
    axes=("petal length (cm)", "petal width (cm)"),
    title="Two irises, separated twice",
    caption="The perceptron stops at the first line without a mistake. The line with "
    "the largest margin (solid) keeps as far as it can from the closest flowers; the "
    "perceptron's (dashed) passes nearer to some of them.",
)

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### Is there a limit to the mistakes?
#
# Write the bias as the weight of a feature that is always 1, so that $x$ and $w$ are one longer and the line passes
# through the origin. Let $R$ be the length of the longest example, and $\gamma$ the *margin*: the distance of the
# closest example from the best separating line. Novikoff proved in 1962 that the perceptron makes at most
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

# %% slideshow={"slide_type": "subslide"} tags=["hide-input"]
networks.mistakes_and_bound(
    mistakes, bounds,
    caption="45 pairs of digits, each learnt in 10 orders. No point lies in the grey. "
    "Pairs with a small margin (to the right) cost more mistakes, but all of them far "
    "fewer than they might.",
)

# %% slideshow={"slide_type": "subslide"} tags=["hide-input"]
# (45,): the worst of ten orders over the bound
nearness = np.max(mistakes, axis=1) / np.array(bounds)
shuffled = np.random.RandomState(0).permutation(y)
claims.measure(
    "C01.1", "mistakes of a perceptron over Novikoff's bound, the most of 45 pairs of "
    "digits in 10 orders",
    values=float(nearness.max()), below=1.0,
    control=count_mistakes(x, shuffled, orders=1, passes=200)[0] / bounds[-1],
)
show.markdown(f"""
Pairs that come within half of their bound: {np.sum(nearness > 0.5)} of {len(nearness)}.
The worst comes to {Measured(nearness.max()):.0%} of it, the typical pair to
{Measured(np.median(nearness)):.0%}.
""")

# %% [markdown]
# <details><summary>Your prediction</summary>
#
# None comes within half of its bound. "Most" would be the guess of someone who takes a bound for an estimate. It is a
# promise about the worst data with this margin; real digits are kinder.
#
# </details>

# %% [markdown] slideshow={"slide_type": "notes"}
# *What would have refuted it:* one point in the grey. The control shows that this could happen: with its labels
# shuffled, the last pair is no longer separable, the proof's $\gamma$ doesn't exist, and the mistakes don't end. The
# margin comes from an independent method (least-distance programming), not from the perceptron.
#
# *What follows:* neither the number of examples nor the number of features stands in the bound, only the margin. How
# far apart the classes lie decides how hard they are.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## What can one unit never learn?
#
# *Exclusive or*, XOR, is true if one of two inputs is on, but not both. Suppose that a unit could learn it. Then $b
# \le 0$, $w_1 + b > 0$, $w_2 + b > 0$ and $w_1 + w_2 + b \le 0$. Add the two in the middle: $w_1 + w_2 + 2b > 0$.
# Add the outer two: $w_1 + w_2 + 2b \le 0$. Both can't be.
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


def last_mistakes(x, y, orders, passes=1_000):
    """Mistakes in the last of the passes, for each order."""
    return [perceptron.Perceptron(2).fit(x[order], y[order], passes=passes).mistakes[-1]
            for order in orders]


claims.measure(
    "C01.2",
    "mistakes of a perceptron in the 1,000th pass over XOR, the fewest of 24 orders",
    values=float(min(last_mistakes(inputs, xor, orders))), above=0.5,
    control=float(max(last_mistakes(inputs, conjunction, orders))),
)

# %% [markdown] slideshow={"slide_type": "notes"}
# *What would have refuted it:* one order in which the mistakes end, as they do for AND, the control. *What follows:*
# no patience helps a unit whose family of functions lacks the right one. That weights stay bounded on any finite
# data, as here, is the perceptron cycling theorem ([Block and Levin
# 1970](https://doi.org/10.1090/S0002-9939-1970-0268040-1)).

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
# *The rule for the verdict, before we measure:* the claim **holds** if threshold units learn by gradient (accuracy of
# 25 % or more, where guessing gives 10 %). It **holds when the units' thresholds are smoothed** if those don't, and
# the smooth ones come above 80 %. Otherwise it does not hold.

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
seeds = range(5)


def largest_change(before, after):
    """By how much that weight moved which moved most."""
    return max(float(np.abs(new - old).max())
               for old, new in zip(before, after, strict=True))


def compiled(activation):
    return repeats.Repeats(units(activation, 0), squared_error, steps=400,
                           batch_size=64, optimizer=keras.optimizers.Adam(0.01),
                           jit_compile=False)


def train_units(study, data, seeds):
    """Accuracy on validation data, and largest change of a weight, by seed."""
    accuracy, change = [], []
    for seed in seeds:
        start = units("linear", seed).get_weights()     # the same for every activation
        study.train(start, data.train.x, data.train.y, seed=seed)
        accuracy.append(repeats.accuracy(study.model, data.validation))
        change.append(largest_change(start, study.model.get_weights()))
    return accuracy, change

# %% slideshow={"slide_type": "skip"}
slopes, smooth_runs, steepness = [0.5, 1, 4, 32], [], tf.Variable(1.0)
smooth_units = compiled(functools.partial(smooth, steepness=steepness))
for slope in slopes:
    steepness.assign(slope)
    smooth_runs.append(train_units(smooth_units, digits, seeds))
smooth_accuracy = [accuracy for accuracy, _ in smooth_runs]         # (slopes, seeds)
threshold_accuracy, threshold_change = train_units(compiled(threshold), digits, seeds)

# %% slideshow={"slide_type": "subslide"} tags=["hide-input"]
charts.curves(
    [f"{slope:g}" for slope in slopes], {"smooth units": smooth_accuracy},
    levels={"threshold units (mean)": np.mean(threshold_accuracy)},
    xlabel="steepness k of the unit σ(kz)", ylabel="accuracy on validation data",
    title="Accuracy by steepness of the units",
    caption="Accuracy of the same network after 400 steps, mean and 95 % interval over "
    "5 seeds. From k = 1 on, the steeper the sigmoid, the more of a threshold it is, "
    "and the less it learns.",
)

# %% slideshow={"slide_type": "notes"} tags=["hide-input"]
gradual, gradual_change = smooth_runs[slopes.index(1)]
stuck = claims.measure(
    "A2.1.0", "accuracy of a network of threshold units trained by gradient on digits; "
    "control: smooth units",
    values=threshold_accuracy, below=0.25, control=gradual,
)
frozen = claims.measure(
    "A2.1.0", "largest change of any weight in training the threshold units; control: "
    "smooth units",
    values=max(threshold_change), below=1e-9, control=min(gradual_change),
)
steep = claims.measure(
    "A2.1.0",
    "accuracy lost from steepness 1 to 32, paired by seed; control: from 0.5 to 1",
    values=np.subtract(gradual, smooth_accuracy[-1]), above=0.3,
    control=np.subtract(smooth_accuracy[0], gradual),
)

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
# *What would have refuted it:* a threshold network above 25 %. One could object that only the outputs are to blame.
# So keep the thresholds in the hidden layers, and give the output layer smooth logits:

# %% slideshow={"slide_type": "skip"}
def half_threshold(seed):
    return models.mlp((8, 8, 1), 10, hidden=[64, 64], activation=threshold, seed=seed)


study = repeats.Repeats(half_threshold(0), classify, steps=400, batch_size=64,
                        optimizer=keras.optimizers.Adam(0.01), jit_compile=False)
half_accuracy, hidden_change = [], []
for seed in seeds:
    start = half_threshold(seed).get_weights()
    study.train(start, digits.train.x, digits.train.y, seed=seed)
    half_accuracy.append(repeats.accuracy(study.model, digits.validation))
    hidden_change.append(largest_change(start[:4], study.model.get_weights()[:4]))
show.markdown(f"""
Now it reaches {Measured(half_accuracy):.0%}, against {Measured(gradual):.0%} with
smooth units. But the largest change of a hidden weight is {max(hidden_change):.0f}:
only the last layer learnt, on top of random features.
""")

# %% tags=["hide-input"]
verdict = claims.verdict("A2.1.0", {
    "holds": not stuck.ok,
    "holds when the units' thresholds are smoothed": stuck.ok and frozen.ok
    and Measured(gradual).low > 0.8,
    "does not hold": True,
})

# %% [markdown] slideshow={"slide_type": "notes"}
# *What follows:* what we call neurons today are not perceptrons in Rosenblatt's sense. "Multilayer perceptron" is a
# name that stuck. And not every network is feed-forward: those of chapter 07 feed their output back.

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
# *The rule for the verdict:* the claim **holds** if one unit reaches all of the next layer, whatever the layer's
# kind. It **holds when layers are fully connected** if it does so in a dense layer, and not in a convolution.

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
difference = float(np.abs(by_hand[-1] - network(digits.train.x)).max())
show.markdown(f"Largest difference between NumPy and Keras over {len(pixels):,} "
              f"digits: {Measured(difference):.1e}.")

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
shares = []
for unit in range(12):
    shift = forward(weights, pixels[:50], 0.1, unit)[2] - by_hand[2][:50]
    shares.append(np.mean(np.abs(shift).max(axis=0) > 1e-9))
reached = claims.measure(
    "A2.1.1", "share of the next layer's units that move with one unit, the least of "
    "12; control: a convolution",
    values=float(min(shares)), above=0.95, control=float(touched.mean()),
)
written_out = claims.measure(
    "A2.1.1", "largest difference between the last layer written out and Keras' "
    "output; control: one unit pushed",
    values=difference, below=1e-4,
    control=float(np.abs(pushed[-1] - by_hand[-1]).max()),
)

# %% [markdown] slideshow={"slide_type": "subslide"}
# <details><summary>Your prediction</summary>
#
# In its own layer, itself alone; in the next, all; and through them all outputs. The common wrong guess is that units
# of the same layer move as well. They share their inputs, not a connection.
#
# </details>

# %% [markdown] slideshow={"slide_type": "notes"}
# *What would have refuted it:* a unit of the next layer that stays where it is. The control is one: a convolution of
# 3 × 3 passes a pixel on to 9 of 64 units only. So the article's "all" describes *dense* layers; its own section 2.6
# says of convolutions that they see "only neighbouring input, not everything". With ReLU units there is a second
# exception, at the unit's output: one that is off, and stays off, hides what arrived.

# %% tags=["hide-input"]
verdict = claims.verdict("A2.1.1", {
    "holds": reached.ok and written_out.ok and touched.mean() == 1,
    "holds when layers are fully connected": reached.ok and written_out.ok,
    "does not hold": True,
})

# %% [markdown] slideshow={"slide_type": "slide"}
# ## What can a ReLU layer draw?
#
# The unit of today is the ReLU, $g(z) = \max(0, z)$. Where it is off it gives 0, where it is on it gives $z$. A unit
# of two inputs switches along a line; several units cut the plane into pieces, and within each piece the whole
# network is *linear*. Lines in general position make at most
#
# $$1 + n + \binom{n}{2}$$
#
# pieces ([Zaslavsky 1975](https://doi.org/10.1090/memo/0154)): the first line makes one piece into two, and every
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


def train_flat(hidden, x, y, seed=0):
    """A ReLU network of two inputs and three classes, before and after training."""
    before, after = (models.mlp((2,), 3, hidden=hidden, seed=seed) for _ in range(2))
    study = repeats.Repeats(after, training.objectives.classification(), steps=600,
                            batch_size=64,
                            optimizer=keras.optimizers.Adam(0.01), jit_compile=False)
    study.train(before, x, y, seed=seed)
    return before, after


before, wide = train_flat([8], flat, flat_labels)
_, deep = train_flat([8, 8], flat, flat_labels)

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
whole = [linear_regions.regions_of_layer(*model.get_weights()[:2]) for model in (before, wide)]
one, two = (len(linear_regions.patterns(model, linear_regions.grid(window))[0])
            for model in (wide, deep))
show.table(
    [["8 units, untrained: whole plane", whole[0], bound],
     ["8 units, trained: whole plane", whole[1], bound],
     ["8 units, trained: in the picture", Measured(one), bound],
     ["8 + 8 units, trained: in the picture", Measured(two), "–"]],
    ["network", "linear regions", "Zaslavsky's bound for 8 lines"],
)
claims.measure(
    "C01.3", "linear regions of one layer of 8 ReLUs over Zaslavsky's bound; control: "
    "two layers",
    values=one / bound, between=(0.4, 1.0), control=two / bound,
)

# %% [markdown] slideshow={"slide_type": "subslide"}
# <details><summary>Your prediction</summary>
#
# 16: lines through one point cut the plane like a cake, two pieces a line. Those who said 37 trusted the formula
# without its condition, *general position*; those who said 256 counted all combinations of on and off, and most of
# these exist nowhere in the plane. Training moves the biases, and so the lines apart.
#
# </details>

# %% [markdown] slideshow={"slide_type": "notes"}
# *What would have refuted it:* more than 37 pieces from one layer. The control, two layers, has them: its second
# layer folds along the first layer's pieces. *What follows:* a ReLU network is a patchwork of linear classifiers, and
# depth buys patches.

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
# accuracy that a network of two layers of 100 units reaches in 500 steps. Where does *linear* come, a network with
# three layers, but without a bend?

# %% slideshow={"slide_type": "skip"}
curves = datasets.load("mnist1d")


def two_layers(activation):
    return lambda seed: models.mlp((40, 1), 10, hidden=[100, 100],
                                   activation=activation, seed=seed)


by_activation = {
    name: repeats.accuracies(two_layers(name), curves.train, curves.validation,
                             seeds=seeds, steps=500)
    for name in functions
}
no_layer = repeats.accuracies(
    lambda seed: models.mlp((40, 1), 10, hidden=[], seed=seed), curves.train,
    curves.validation, seeds=seeds, steps=500, learning_rate=1e-2)

# %% slideshow={"slide_type": "subslide"} tags=["hide-input"]
charts.bars(
    {name: {"accuracy": Measured(values)} for name, values in by_activation.items()},
    title="MNIST-1D, by activation function", xlabel="accuracy on validation data",
    levels={"no hidden layer": no_layer.mean()},
    caption="Accuracy after 500 steps, mean and 95 % interval over 5 seeds; dashed: no "
    "hidden layer at all.",
)
ranked = sorted(by_activation, key=lambda name: by_activation[name].mean())
show.markdown(f"From worst to best: {mask(', '.join(ranked))}.")

# %% slideshow={"slide_type": "notes"} tags=["hide-input"]
claims.measure(
    "C01.4", "accuracy gained by a bend: ReLU minus linear activation, paired; "
    "control: linear minus no hidden layer",
    values=by_activation["relu"] - by_activation["linear"], above=0.1,
    control=by_activation["linear"] - no_layer,
)
bend = claims.measure(
    "A2.1.4", "accuracy at equal parameters and multiply-adds: ReLU minus sigmoid, "
    "paired; control: ReLU minus GELU",
    values=by_activation["relu"] - by_activation["sigmoid"], above=0.05,
    control=by_activation["relu"] - by_activation["gelu"],
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
# *What would have refuted it:* a linear network clearly above the classifier without hidden layers, or a sigmoid as
# quick as ReLU.

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
# The first layer could undo all three by its weights. And a fair comparison gives each its own learning rate, chosen
# on one half of the validation data and scored on the other.
#
# **Predict before you run.** At its own best learning rate, what does raw lose against standardised: nothing, about 2
# points of accuracy, or more than 10?

# %% [markdown] slideshow={"slide_type": "notes"}
# *The rule for the verdict:* the claim **holds** if both transformations of this section and the next matter at the
# best learning rate of each: raw pixels lose more than 10 points against standardised ones, and text as codes more
# than 20 against text as one-hot vectors. It **holds when the input is text** if only the latter is so.

# %% slideshow={"slide_type": "skip"}
mnist = datasets.load("mnist")
few = mnist.train.take(5_000, seed=0)
mean, deviation = few.x.mean(), few.x.std()
prepare = {"raw": lambda x: 255 * x, "scaled": lambda x: x,
           "standardised": lambda x: (x - mean) / deviation}
rates = [1e-4, 1e-3, 1e-2, 1e-1]
first_half, second_half = [datasets.Split(*half) for half in zip(
    np.split(mnist.validation.x, 2), np.split(mnist.validation.y, 2), strict=True)]


def two_small_layers(seed):
    return models.mlp((28, 28, 1), 10, hidden=[64, 64], seed=seed)


def by_rate(transform, train, scores, rates, seeds, descent):
    """Accuracy (scores, rates, seeds) of gradient descent at each learning rate."""
    found = np.zeros((len(scores), len(rates), len(seeds)))
    x, halves = transform(train.x), [(transform(half.x), half.y) for half in scores]
    starts = [two_small_layers(seed).get_weights() for seed in seeds]
    for (row, rate), seed in itertools.product(enumerate(rates), seeds):
        descent.train(starts[seed], x, train.y, seed=seed, learning_rate=rate)
        found[:, row, seed] = [repeats.accuracy(descent.model, datasets.Split(*half))
                               for half in halves]
    return found

# %% slideshow={"slide_type": "skip"}
descent = repeats.Repeats(two_small_layers(0), classify, steps=200, batch_size=64,
                          optimizer=keras.optimizers.SGD(0.1))
halves = [first_half, second_half]              # for choosing the rate, for scoring
scales = {name: by_rate(transform, few, halves, rates, seeds, descent)
          for name, transform in prepare.items()}

# %% slideshow={"slide_type": "subslide"} tags=["hide-input"]
charts.curves(
    [f"{rate:g}" for rate in rates],
    {name: chosen for name, (chosen, _) in scales.items()},
    xlabel="learning rate of gradient descent",
    ylabel="accuracy on validation data",
    title="The same network, the same digits, three scales",
    caption="Accuracy after 200 steps on 5,000 digits, mean and 95 % interval over 5 "
    "seeds. Each scale has its own best learning rate; raw pixels at theirs "
    "stay below the others at theirs.",
)

# %% slideshow={"slide_type": "notes"} tags=["hide-input"]
# (seeds,)
best = {name: scored[chosen.mean(axis=1).argmax()]
        for name, (chosen, scored) in scales.items()}
scale_matters = claims.measure(
    "A2.1.3", "accuracy of standardised minus raw pixels, each at its best learning "
    "rate; control: minus scaled ones",
    values=best["standardised"] - best["raw"], above=0.1,
    control=best["standardised"] - best["scaled"],
)

# %% [markdown] slideshow={"slide_type": "subslide"}
# <details><summary>Your prediction</summary>
#
# More than 10 points is right. "Nothing" is a tempting answer, since the first layer's weights can absorb any scale.
# They can, but they don't start there: with inputs of up to 255 the units' first outputs are huge, and so are the
# gradients of the first layer's weights, in which the inputs are a factor. One learning rate can't suit these and the
# other layers' as well. (Adam, which sizes the steps of each weight on its own, softens this: exercise 3.) Turning
# integers into floats, which the article names, is the least of it; the scale is what matters.
#
# </details>

# %% [markdown] slideshow={"slide_type": "notes"}
# *What would have refuted it:* a learning rate at which raw pixels keep up. We tried four, over a range of 1 to
# 1,000. The control, scaled against standardised, shows that once the numbers are near 1, the exact recipe matters
# little.

# %% [markdown] slideshow={"slide_type": "skip"}
# ## How does text become numbers?
#
# Which language is *che la diritta via e*? 20 characters, four languages (English, French, German, Italian), from one
# old book each. Letters are no numbers. Three encodings:
#
# - **codes**: each character's place in the alphabet, shape `(20,)`, standardised;
# - **one-hot**: a vector of 46 entries a character, 1 at its place and 0 elsewhere, shape `(20, 46)`;
# - **embedded**: a vector of 8 learnt numbers a character, shape `(20, 8)`, which the network looks up and trains.

# %% [markdown] slideshow={"slide_type": "skip"}
# The widths are chosen so that all three networks have the same number of parameters within 2 %.
#
# **Predict before you run.** Guessing gives 25 %. All the information is in the codes, too. What will each reach?

# %% slideshow={"slide_type": "skip"}
language, alphabet = language_snippets.languages(["english", "french", "german", "italian"],
                                        length=20)
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
    by_encoding[name] = repeats.accuracies(build, train, score, seeds=seeds, steps=400,
                                           learning_rate=2e-3)

# %% slideshow={"slide_type": "skip"} tags=["hide-input"]
show.table([[name, f"{complexity.parameters(build(0)):,}",
             f"{Measured(by_encoding[name]):.1%}"]
            for name, (_, build) in encodings.items()],
            ["encoding", "parameters", "accuracy on validation data"])

# %% slideshow={"slide_type": "skip"} tags=["hide-input"]
code_matters = claims.measure(
    "A2.1.3", "accuracy of text as one-hot vectors minus text as codes; control: codes "
    "in another order minus codes",
    values=by_encoding["one-hot"] - by_encoding["codes"], above=0.2,
    control=by_encoding["codes, other order"] - by_encoding["codes"],
)

# %% slideshow={"slide_type": "skip"} tags=["hide-input"]
verdict = claims.verdict("A2.1.3", {
    "holds": scale_matters.ok and code_matters.ok,
    "holds when the input is text": code_matters.ok,
    "does not hold": True,
})

# %% [markdown] slideshow={"slide_type": "skip"}
# <details><summary>Your prediction</summary>
#
# The common guess is that the network will sort the codes out by itself, since no information is lost. But a code
# says that *b* lies between *a* and *c*, and that *é* is about twice *o*. To a network that adds up weighted inputs,
# that is what the number means, and it has to be unlearnt with bends. One-hot vectors claim nothing: each letter has
# its own weight.
#
# </details>

# %% [markdown] slideshow={"slide_type": "skip"}
# *What would have refuted it:* codes within 20 points of one-hot vectors. The control writes the codes in a random
# order of the alphabet: no less information, another accuracy. What codes tell a network hangs on an order that has
# nothing to do with the question. *What follows:* encode what is a name as a name. How far the result carries is
# another matter: with one book a language, a network may as well know the book. Training and validation snippets
# never share a block of 1,000 characters, but they share an author.

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
# *The rule for the verdict:* the claim **holds** as written if time follows the counts, accuracy follows the
# activation, and counts depend on the activation too. It **holds when limits and activation are taken as two separate
# demands** if the first two are so, and the third is not.

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
work = [complexity.multiply_adds(model) for model in contenders.values()]
size = [complexity.parameters(model) for model in contenders.values()]
by_keras = [model.count_params() for model in contenders.values()]
kernels = [sum(int(np.prod(weight.shape)) for weight in model.weights
               if len(weight.shape) > 1)
           for model in contenders.values()]
counted = claims.measure(
    "A2.1.4", "parameters by formula minus Keras' count, the most of five networks; "
    "control: biases forgotten",
    values=float(np.abs(np.subtract(size, by_keras)).max()), below=0.5,
    control=float(np.abs(np.subtract(kernels, by_keras)).max()),
)
times = list(seconds.values())
follows = claims.measure(
    "A2.1.4",
    "rank correlation of measured time with multiply-adds; control: with parameters",
    values=float(stats.spearmanr(work, times).statistic), above=0.75,
    control=float(stats.spearmanr(size, times).statistic),
)

# %% [markdown] slideshow={"slide_type": "skip"}
# <details><summary>Your prediction</summary>
#
# The convolutions take longer, with a three-hundredth of the parameters. Who judged by parameters took memory for
# work: a convolution uses each of its few weights at 784 positions. Parameters say what a network weighs,
# multiply-adds what it does. The time follows the work, but not in proportion: a small network's time is mostly the
# overhead of calling it, and convolutions make less use of the machine than large matrix products.
#
# </details>

# %% [markdown] slideshow={"slide_type": "skip"}
# *What would have refuted it:* an order of times that isn't the order of multiply-adds. *And the article's "so"?* The
# networks with different activations, further up, have the same parameters and the same multiply-adds, and reach
# different accuracies. The budget caps the size; it doesn't choose the activation.

# %% slideshow={"slide_type": "skip"} tags=["hide-input"]
by_name = [two_layers(name)(0) for name in functions]
counts = {(complexity.parameters(model), complexity.multiply_adds(model))
          for model in by_name}
verdict = claims.verdict("A2.1.4", {
    "holds": counted.ok and follows.ok and bend.ok and len(counts) > 1,
    "holds when limits and activation are taken as two separate demands": counted.ok
    and follows.ok and bend.ok,
    "does not hold": True,
})

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Should each layer be twice as wide as the one before?
#
# The article, section $2.1$: *generally, each layer has twice as many perceptrons as the one before, and so the depth
# of the network gradually grows with its width*. The second half mixes two things: depth is the number of layers, and
# doubling them doesn't add any. The first half can be tested. From 40 inputs, doubling gives layers of 80, 160 and
# 320 units. Against it: three layers of equal width, and three that halve, all with the same number of parameters
# within 1 %.

# %% [markdown] slideshow={"slide_type": "fragment"}
# **Predict before you run.** Which comes first on MNIST-1D, and by how much?

# %% [markdown] slideshow={"slide_type": "notes"}
# *The rule for the verdict:* the claim **holds** if doubling is better than both others, each interval of the paired
# difference above 0. It **holds when compared with** one of them if only that is so. Else it **does not hold** as a
# rule.

# %% slideshow={"slide_type": "skip"}
doubling = [80, 160, 320]
target = complexity.mlp_parameters(40, 10, doubling)
shapes = {
    "doubling": doubling,
    "constant": complexity.widths_for(target, inputs=40, classes=10, shape=(1, 1, 1)),
    "halving": complexity.widths_for(target, inputs=40, classes=10, shape=(4, 2, 1)),
    "none": [],
}


def of_widths(hidden):
    return lambda seed: models.mlp((40, 1), 10, hidden=hidden, seed=seed)


# the test data of MNIST-1D, touched once
by_shape = {
    name: repeats.accuracies(of_widths(hidden), curves.train, curves.test,
                             seeds=range(8), steps=400)
    for name, hidden in shapes.items()
}

# %% slideshow={"slide_type": "subslide"} tags=["hide-input"]
show.table([[name, hidden, f"{complexity.mlp_parameters(40, 10, hidden):,}",
             f"{Measured(by_shape[name]):.1%}"]
            for name, hidden in shapes.items()],
            ["widths", "hidden units", "parameters", "test accuracy"])

# %% slideshow={"slide_type": "notes"} tags=["hide-input"]
over_constant = Measured(by_shape["doubling"] - by_shape["constant"])
over_halving = Measured(by_shape["doubling"] - by_shape["halving"])
for other, difference in {"constant": over_constant, "halving": over_halving}.items():
    claims.measure(
        "A2.1.2", f"test accuracy, doubling minus {other} widths at equal parameters, "
        f"paired; control: minus no layers",
        values=difference, below=0.01, control=by_shape["doubling"] - by_shape["none"],
    )
ranked = sorted(["doubling", "constant", "halving"],
                key=lambda name: -by_shape[name].mean())
show.markdown(f"From best to worst: {mask(', '.join(ranked))}.")

# %% tags=["hide-input"]
verdict = claims.verdict("A2.1.2", {
    "holds": over_constant.low > 0 and over_halving.low > 0,
    "holds when compared with halving widths": over_halving.low > 0,
    "holds when compared with constant widths": over_constant.low > 0,
    "does not hold": True,
})

# %% [markdown] slideshow={"slide_type": "fragment"}
# <details><summary>Your prediction</summary>
#
# The usual guess is that a rule called general must at least do no harm. Here doubling isn't ahead of either of the
# others. Why not? Its first layer is the narrowest, and whatever that drops is lost to all that follow; most of its
# weights sit between the last two layers. That is an explanation, not a measurement: exercise 5 tests it.
#
# </details>

# %% [markdown] slideshow={"slide_type": "notes"}
# *What would have refuted this:* doubling ahead of the others by a point or more, as it is ahead of a network without
# hidden layers, the control. *How far it carries:* one data set, one size, one budget of steps. It is enough to
# refute "generally", not to make "halve" a rule.
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
figures.learning_curves(
    run, caption="Loss by epoch. Dropout handicaps the network in training and not in "
    "validation, so the two lines can't be compared in height; what to look for is "
    "that the dashed one doesn't turn upwards.",
)

# %% tags=["hide-input"]
# MNIST's test data, touched once
logits = training.predict(reader, mnist.test.x)
answers = logits.argmax(axis=1)
claims.measure(
    "C01.5", "accuracy of a dense network on all of MNIST's test digits; control: a "
    "linear classifier, validation",
    values=float(np.mean(answers == mnist.test.y)), above=0.98,
    control=probing.probe(few.x, few.y, mnist.validation.x, mnist.validation.y),
)
show.markdown(f"""
Wrong: {Measured(int(np.sum(answers != mnist.test.y))):.0f} of 10,000 test digits.
Training took {Measured(run.seconds, "s"):.0f}, at
{Measured(run.examples_per_second):,.0f} examples a second.
""")

# %% slideshow={"slide_type": "subslide"} tags=["hide-input"]
probabilities = tf.nn.softmax(logits).numpy()
wrong = np.flatnonzero(answers != mnist.test.y)
surest = wrong[np.argsort(-probabilities[wrong, answers[wrong]])][:20]
figures.image_grid(
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
# Fewer than 200, which the claim's bound of 98 % says in other words. Who guessed more probably thought of images as
# something that needs convolutions; for digits that all stand in the middle, dense layers go far. Some of the
# mistakes no person would read better; others are plain, and the network is sure and wrong. It has only seen each
# stroke at its usual place: a dense network doesn't know that a digit moved by three pixels is the same digit
# (chapter 06a).
#
# </details>

# %% [markdown] slideshow={"slide_type": "notes"}
# *What would have refuted the claim:* an accuracy below 98 %.

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
# *The rule for the verdict:* the claim **holds** if in the trained network the probe rises from the pixels to the
# last layer (by more than 3 points) and also from the first layer to the last (by more than 1 point), and the
# untrained twin's does neither. It **holds when one level is enough** if only the first is so.

# %% slideshow={"slide_type": "skip"}
to_learn = mnist.train.take(15_000, seed=1)
learnt = datasets.Split(to_learn.x[:10_000], to_learn.y[:10_000])
for_probes = datasets.Split(to_learn.x[10_000:], to_learn.y[10_000:])


def four_layers(seed):
    return models.mlp((28, 28, 1), 10, hidden=[128] * 4, seed=seed)


study = repeats.Repeats(four_layers(0), classify, steps=500, batch_size=64)
from_pixels = probing.probe(for_probes.x, for_probes.y, mnist.validation.x,
                            mnist.validation.y)
trained, untrained = [], []
for seed in seeds:
    start = four_layers(seed)
    study.train(start, learnt.x, learnt.y, seed=seed)
    trained.append([from_pixels,
                    *probing.probe_layers(study.model, for_probes, mnist.validation)])
    untrained.append([from_pixels,
                      *probing.probe_layers(start, for_probes, mnist.validation)])
# (pixels and four layers, seeds)
trained, untrained = np.transpose(trained), np.transpose(untrained)

# %% slideshow={"slide_type": "skip"} tags=["hide-input"]
charts.curves(
    ["pixels", "layer 1", "layer 2", "layer 3", "layer 4"],
    {"trained": trained, "untrained twin": untrained},
    xlabel="where the probe listens", ylabel="accuracy of a linear probe",
    title="What a linear classifier reads off each layer",
    caption="Accuracy of linear probes on held-out digits, mean and 95 % interval over "
    "5 networks. What training made easier to read than pixels, random layers make "
    "harder.",
)
first = Measured((trained[1] - trained[0]) / (trained[4] - trained[0]))
last = Measured(trained[4] - trained[3])
show.markdown(f"Of the whole gain, layer 1 brings {first:.0%}. Layer 4 adds {last:.1%} "
              f"to what layer 3 offers.")

# %% slideshow={"slide_type": "skip"} tags=["hide-input"]
above_pixels = claims.measure(
    "A1", "accuracy of a linear probe, last hidden layer minus pixels; control: "
    "untrained twin",
    values=trained[4] - trained[0], above=0.03, control=untrained[4] - untrained[0],
)
above_first = claims.measure(
    "A1", "accuracy of a linear probe, last hidden layer minus first; control: "
    "untrained twin",
    values=trained[4] - trained[1], above=0.01, control=untrained[4] - untrained[1],
)

# %% slideshow={"slide_type": "skip"} tags=["hide-input"]
verdict = claims.verdict("A1", {
    "holds": above_pixels.ok and above_first.ok,
    "holds when one level is enough": above_pixels.ok,
    "does not hold": True,
})

# %% [markdown] slideshow={"slide_type": "skip"}
# <details><summary>Your prediction</summary>
#
# Many draw the twin's curve flat: random weights should neither help nor harm. But each random layer of 128 units
# mixes and clips, and a linear reader gets less out of it than out of the pixels. So what the trained layers add
# isn't due to non-linearity as such, but to learning. How unevenly the layers share the gain stands below the figure:
# these digits don't need four levels.
#
# </details>

# %% [markdown] slideshow={"slide_type": "skip"}
# *What would have refuted it:* a flat or falling curve for the trained network. *What it doesn't show:* that a layer
# holds more information than the one before. It can't; it holds the same or less, arranged so that a line can
# separate it. And a probe with another loss gives other numbers: only differences between layers under the same probe
# mean anything.

# %% [markdown] slideshow={"slide_type": "skip"}
# ## Do the features serve for classes that the network has never seen?
#
# The article (1): such a network can *learn, generalise and quickly adapt to new data*. A test: train on the digits 0
# to 4. Then learn 5 to 9 from a few examples a class, starting from those weights (with a new output layer), or from
# nothing. Layers, examples, their order and the number of steps are the same; only the start differs.

# %% [markdown] slideshow={"slide_type": "skip"}
# **Predict before you run.** With 5 examples a class, how many points of accuracy does the head start gain: 0, 5, or
# 20? And with 100?

# %% [markdown] slideshow={"slide_type": "skip"}
# *The rule for the verdict:* a gain counts if its 95 % interval at 5 examples a class lies above 1 point. The claim
# **holds** if the dense network's does. It **holds when the network is convolutional** if only the convolutional
# one's does, in the recorded study.

# %% slideshow={"slide_type": "skip"}
def of_classes(split, chosen):
    """The examples of some classes, relabelled from 0."""
    kept = np.isin(split.y, chosen)
    return datasets.Split(split.x[kept],
                          np.searchsorted(chosen, split.y[kept]).astype("int32"))


def dense_network(seed):
    return models.mlp((28, 28, 1), 5, hidden=[128, 128], seed=seed)


few_examples = [5, 20, 100]
# Accuracies of each contender, (seeds, counts):
live = transfer.reuse(
    dense_network, known=of_classes(mnist.train, range(5)),
    new=of_classes(mnist.train, range(5, 10)),
    score=of_classes(mnist.validation, range(5, 10)), counts=few_examples, seeds=seeds,
    pretraining=300, steps=100,
    contenders=("reused", "from nothing"),
)

# %% [markdown] slideshow={"slide_type": "skip"}
# The recorded study does the same with ten seeds and with a convolutional network, whose training takes too long
# for a chapter (`make bench STUDY=ch01_reuse`).

# %% slideshow={"slide_type": "skip"}
recorded = recording.load("ch01_reuse")
counts = recorded.pop("counts")


def gain(values, network, contender):
    """Recorded accuracy of a contender minus that from nothing, (counts, seeds)."""
    rows = [row for key, row in values.items() if key.startswith(network)]
    return np.array([np.subtract(row[contender], row["from nothing"])
                     for row in rows]).T


gains = {network: gain(recorded, network, "reused")
         for network in ("dense", "convolutional")}
accuracy = {"reused": live["reused"].T, "from nothing": live["from nothing"].T}

# %% slideshow={"slide_type": "skip"} tags=["hide-input"]
charts.row(
    lambda ax: charts.curves(list(map(str, few_examples)), accuracy, ax=ax,
                            xlabel="examples a class",
                            ylabel="accuracy on digits 5-9",
                            title="Dense network (live)"),
    lambda ax: charts.curves(list(map(str, counts)), gains, ax=ax,
                            xlabel="examples a class", levels={"no gain": 0.0},
                            ylabel="gain in accuracy",
                            title="Reused minus from nothing (recorded)"),
    figsize=(10.0, 3.8), caption="Left: accuracy on classes not seen in pretraining, 5 "
    "seeds. Right: what the head start gains, 10 seeds, paired. Bands: 95 % intervals "
    "of the mean.",
    alt="Left, two rising curves that nearly coincide; right, the gain by examples a "
    "class, for two networks.",
)

# %% slideshow={"slide_type": "skip"} tags=["hide-input"]
at_five = few_examples.index(5)
live_gain = live["reused"] - live["from nothing"]                   # (seeds, counts)
small = claims.measure(
    "A1.2", "accuracy gained by a head start, dense, mean of 5, 20, 100 examples; "
    "control: by 20 examples for 5",
    values=live_gain[:, at_five:].mean(axis=1), below=0.03,
    control=live["from nothing"][:, at_five + 1] - live["from nothing"][:, at_five],
)
convolutional = claims.measure(
    "A1.2", "accuracy gained by a head start, convolutional, 5 examples a class; "
    "control: by another random start",
    values=gains["convolutional"][counts.index(5)], above=0.01, source="recorded",
    control=gain(recorded, "convolutional", "another start")[counts.index(5)],
)

# %% slideshow={"slide_type": "skip"} tags=["hide-input"]
verdict = claims.verdict("A1.2", {
    "holds": Measured(live_gain[:, at_five]).low > 0.01,
    "holds when the network is convolutional": small.ok and convolutional.ok,
    "does not hold": True,
})

# %% [markdown] slideshow={"slide_type": "skip"}
# <details><summary>Your prediction</summary>
#
# Most people expect 20 points, at least with few examples. The dense network gains less than 3 on average, if
# anything: its features answer the question "which of 0 to 4?", and training from nothing finds as good ones for 5 to
# 9 within the same hundred steps. The convolutional network does gain, if only a few points: its kernels find
# strokes, and all digits are made of strokes.
#
# </details>

# %% [markdown] slideshow={"slide_type": "skip"}
# *What would have refuted it:* a dense network with a clear head start. *What follows:* reuse is no property of
# networks as such. It pays where the features are ones that the new task needs: large and varied pretraining data,
# layers that share their weights over the image. And "quickly" is always to be held against training from nothing,
# with everything else equal.

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
# **3. Change one thing.** Feed raw pixels to the network of "Do numbers have to be transformed", but train with
# `keras.optimizers.Adam` at rates from 0.0001 to 0.01. How much of the loss against standardised pixels does Adam
# win back, and why not all of it?
#
# <details><summary>Solution</summary>
#
# Replace `keras.optimizers.SGD(0.1)` by `keras.optimizers.Adam(0.001)` and the rates by `[1e-4, 1e-3, 1e-2]`. Adam
# divides each weight's step by the size of its recent gradients, so the first layer's larger gradients no longer
# force a small rate on all. What it can't mend is the start: with inputs of up to 255 the initial outputs, and so
# the initial loss, are far too large, and many of the 200 steps go into undoing that. Smaller initial weights in
# the first layer (divided by 255) are the same as scaled pixels, but for the step size.
#
# </details>
#
# **4. Change one thing.** In 500 steps on MNIST-1D the sigmoid network stayed far behind. Give it ten times as
# many, and draw its accuracy against the steps, with tanh beside it.
#
# <details><summary>Solution</summary>
#
# Call `repeats.accuracies(two_layers("sigmoid"), curves.train, curves.validation, seeds=seeds, steps=5_000)`, and
# the same with 1,000 and 2,000 steps and with tanh, and give the results to `charts.curves`. The sigmoid network
# first stays on a plateau at the accuracy of a linear classifier, and then improves as tanh did earlier. $\sigma(z)
# = (1 + \tanh(z/2))/2$: both can represent the same functions. What differs is the slope at the start, 1/4 against
# 1 for each layer, and outputs that are centred at 1/2 instead of 0.
#
# </details>
#
# **5. Open.** We guessed why doubling widths lost: the first layer is the narrowest. Test the guess. Which
# experiment would refute it?
#
# <details><summary>Solution</summary>
#
# One way: hold the first layer at 80 units in all three shapes, at equal parameters (such as 80-160-320 against
# 80-214-214 and 80-320-147). If the difference goes away, the guess has survived; if doubling still loses, it is
# refuted. Another: `probing.probe_layers` on the three trained networks; a bottleneck should show as a lower first
# value. Decide before you run, with at least 5 seeds, paired, and use validation data: the test data has been spent
# on the question above.
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
