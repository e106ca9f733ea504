# %% [markdown] slideshow={"slide_type": "slide"}
# # Chapter 02 · Backpropagation · 反向传播
#
# How a network finds out what each of its weights did to the error, and what it then does about it.

# %% [markdown] slideshow={"slide_type": "subslide"}
# **After this chapter you can**
# - write the forward and the backward pass of a network in NumPy;
# - check a gradient so that a mistake can't hide;
# - build a small automatic differentiation engine, and say why reverse mode made deep learning affordable;
# - train a Keras model three ways, by `fit`, by a written loop, and by a `train_step` of your own;
# - say how noisy a minibatch's gradient is, and what momentum, Nesterov's step, RMSProp and Adam do with it;
# - say what goes wrong if weights are updated while the gradient is still on its way.

# %% [markdown] slideshow={"slide_type": "notes"}
# **You need** [chapter 01](01_perceptrons_and_networks.ipynb), the chain rule, and matrix products.
#
# **Time** about a minute to run on two cores; about four hours to read and try, with the exercises.
#
# **摘要**
#
# 反向传播用链式法则，由输出层向输入层逐层求出损失对每个参数的梯度；本章先手算一个神经元，再用 NumPy 写出整个网络，并用有限差分、tf.GradientTape 和自己搭建的自动微分引擎相互核对。
#
# 同一个网络再用 Keras 训练三遍：compile 与 fit、手写的 GradientTape 循环、改写的 train_step；前两种得到同样的权重。小批量梯度的噪声有多大，也用数据回答。
#
# 先求完全部梯度再更新权重，才是梯度下降；边传播边更新，在本章的网络上，学习率大时训练会失败。最后比较梯度下降、动量法、Nesterov、RMSProp 与 Adam，各取其最好的学习率。

# %% slideshow={"slide_type": "skip"} tags=["hide-input"]
import itertools
import time

import keras
import matplotlib.pyplot as plt
import numpy as np
import tensorflow as tf

from dlcourse import checks, datasets, exercises, reproducibility, show, training
from dlcourse.claims import Claims
from dlcourse.figures import backpropagation, charts, image_grid
from dlcourse.from_scratch import difference_quotients, operation_count
from dlcourse.measured import Measured

reproducibility.start(seed=2)
claims = Claims("02")

# %% [markdown] slideshow={"slide_type": "slide"}
# ## What does one neuron learn from one mistake? · 一个神经元从一次错误中学到什么？
#
# A network gives a wrong output. Which of its weights should change, in which direction, and by how much? That takes four
# steps: compute **forward**; compute the **loss** $E$, a number that says how wrong the output is; find by the **chain
# rule** how $E$ changes with each weight; and **update** the weights against it.

# %% [markdown] slideshow={"slide_type": "subslide"}
# One sigmoid neuron, and numbers with which all four steps can be done by hand: inputs $x = (1, 2)$, weights
# $w = (0.5, -0.25)$, bias $b = 0$, target $t = 1$. Its input signal is $z = 0.5 \cdot 1 - 0.25 \cdot 2 + 0 = 0$, its output
# $y = 1 / (1 + e^0) = 0.5$, and the loss $E = \tfrac12 (0.5 - 1)^2 = 0.125$. In general
#
# $$z = w_1 x_1 + w_2 x_2 + b, \qquad y = \sigma(z) = \frac{1}{1 + e^{-z}}, \qquad E = \tfrac12 (y - t)^2$$
#
# **Predict before you run.** After one update, which of the two weights has moved further, and by what factor?

# %% [markdown] slideshow={"slide_type": "subslide"}
# The chain rule, one link at a time. By hand: $dE/dy = 0.5 - 1 = -0.5$ and $dy/dz = 0.5 \cdot (1 - 0.5) = 0.25$, so
# $dE/dz = -0.5 \cdot 0.25 = -0.125$. In general each factor is a derivative of one line of the computation alone:
#
# $$\frac{dE}{dz} = \frac{dE}{dy} \cdot \frac{dy}{dz} = (y - t) \cdot y (1 - y), \qquad
# \frac{dE}{dw_i} = \frac{dE}{dz} \cdot x_i, \qquad \frac{dE}{db} = \frac{dE}{dz}$$
#
# The sigmoid's derivative needs nothing new: $\sigma'(z) = \sigma(z)(1 - \sigma(z))$, and $y = \sigma(z)$ is known
# from the forward pass.

# %% slideshow={"slide_type": "subslide"}
x, w, b = np.array([1.0, 2.0]), np.array([0.5, -0.25]), 0.0
target, learning_rate = 1.0, 1.0

z = w @ x + b  # step 1: forward
y = 1 / (1 + np.exp(-z))
loss = 0.5 * (y - target) ** 2  # step 2: the loss
dE_dy = y - target  # step 3: the chain rule
dE_dz = dE_dy * y * (1 - y)
dE_dw, dE_db = dE_dz * x, dE_dz
w_new = w - learning_rate * dE_dw  # step 4: the update
b_new = b - learning_rate * dE_db

# %% slideshow={"slide_type": "notes"} tags=["hide-input"]
def in_text(numbers):
    """Exact numbers as a text, with true minus signs."""
    return ", ".join(f"{number:g}" for number in np.ravel(numbers)).replace("-", "−")


show.table([["y", in_text(y)], ["dE/dz", in_text(dE_dz)], ["dE/dw", in_text(dE_dw)],
            ["new w", in_text(w_new)], ["new b", in_text(b_new)]], ["exact", "value"],
           "The four steps in numbers")

# %% slideshow={"slide_type": "subslide"} tags=["hide-input"]
backpropagation.chain(
    [("neuron\n$w_1 x_1 + w_2 x_2 + b$", "z", z, dE_dz, ""),
     ("sigmoid\n$\\sigma(z)$", "y", y, dE_dy,
      f"dy/dz = y (1 − y) = {in_text(y * (1 - y))}"),
     ("squared error\n½ (y − t)²", "E", loss, 1.0,
      f"dE/dy = y − t = {in_text(dE_dy)}")],
    title="One neuron: values forward, derivatives backward",
    caption="Solid arrows: the forward pass. Dashed arrows: the backward pass; the "
    "sigmoid and the squared error each multiply what arrives by their own local "
    "derivative, which stands below.",
)

# %% [markdown] slideshow={"slide_type": "subslide"}
# <details><summary>Your prediction</summary>
#
# The second weight moves twice as far. A common guess is the first, because 0.5 is larger than 0.25. But the size of
# a weight doesn't appear in $dE/dw_i = dE/dz \cdot x_i$. **A weight moves in proportion to its input**, and $x_2$ is
# twice $x_1$. (It also follows that a weight whose input is 0 learns nothing from this example.)
#
# </details>

# %% [markdown] slideshow={"slide_type": "notes"}
# What does the gradient promise? Here its squared length is $0.125^2 + 0.25^2 + 0.125^2 = 0.094$, so a step with the rate
# $0.1$ promises to lower the loss by $0.0094$. In general the loss starts to fall along the step $w - \eta\, g$ at the rate
# $\|g\|^2$: that is what a derivative means. The promise is a straight line. The loss is not.

# %% slideshow={"slide_type": "skip"}
def neuron_loss(w, b, x, target):
    return 0.5 * (1 / (1 + np.exp(-(w @ x + b))) - target) ** 2


def loss_after(step):
    """The neuron's loss after a step of that learning rate along its gradient."""
    return neuron_loss(w - step * dE_dw, b - step * dE_db, x, target)


squared_norm = dE_dw @ dE_dw + dE_db**2
steps = np.linspace(0, 4, 41)

# %% slideshow={"slide_type": "notes"} tags=["hide-input"]
charts.curves(
    steps,
    {"loss after the step": [loss_after(step) for step in steps]},
    theory={"promise of the gradient": loss - steps * squared_norm},
    xlabel="learning rate", ylabel="loss", title="One step of one neuron",
    caption="The tangent is right for small steps only. At $\\eta = 4/3$ it promises a "
    "loss of zero, and beyond that a negative one, which a squared error can't have.",
    alt="The loss after one step falls ever more slowly towards zero as the learning "
    "rate grows; the straight line that the gradient promises leaves it and goes "
    "below zero.",
)

# %% slideshow={"slide_type": "notes"} tags=["hide-input"]
tiny = 1e-6
checks.equal("the loss won by a tiny step, and what the gradient promises",
             loss - loss_after(tiny), tiny * squared_norm, rtol=1e-5)
kept = (loss - loss_after(learning_rate)) / (learning_rate * squared_norm)
show.markdown(f"With the learning rate 1, {Measured(kept):.0%} of the promise is kept.")

# %% [markdown] slideshow={"slide_type": "notes"}
# Leave out $\sigma'(z) = 1/4$, and a small step still goes downhill, but promises four times what it delivers. What
# follows: a gradient can be checked without knowing how it was computed, by taking a small step and looking. The third
# section builds on this.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## What shape does a layer's gradient have? · 一层的梯度是什么形状？
#
# By hand: one unit, $W = (0.5, -0.25)^\top$, $b = 0.1$, and two examples, $(1, 2)$ and $(0, 1)$, the rows of $A$. Then
# $Z = A W + b = (0.1, -0.15)^\top$, one number for each example.

# %% [markdown] slideshow={"slide_type": "subslide"}
# In general a network of $L$ layers handles $n$ examples at once. Layer $l$ has a weight matrix $W_l$ of shape
# $(d_{l-1}, d_l)$ and a bias $b_l$ of shape $(d_l)$. With $A_0 = X$ of shape $(n, d_0)$, the forward pass is
#
# $$Z_l = A_{l-1} W_l + b_l, \qquad A_l = f(Z_l), \qquad Z_l, A_l: (n, d_l)$$
#
# where $f$ is the activation, such as tanh, applied entry by entry. The last layer has none.

# %% [markdown] slideshow={"slide_type": "fragment"}
# **Predict before you run.** A batch of 32 digits (64 pixels) goes through 16 hidden units into 10 classes.
# What is the shape of $dE/dW_1$? And for a *single* digit: if you draw the 64 numbers of $dE/dW_1$ that belong to one
# hidden unit as an 8×8 picture, what will it show?

# %% [markdown] slideshow={"slide_type": "skip"}
# The last layer's $Z_L$ are *logits*, one score per class, any real numbers. The *softmax* makes probabilities of them:
# exponentials, divided by their sum. By hand: the logits $(2, 1, 0)$ have the exponentials $(7.39, 2.72, 1)$, whose sum is
# $11.11$, so $p = (0.665, 0.245, 0.090)$. If the first class is right, the loss is the *cross-entropy* $-\ln 0.665 = 0.408$.
# With natural logarithms its unit is the *nat*. And its derivative by the logits is simply $p$ minus the label's one-hot
# vector $(1, 0, 0)$: here $(-0.335, 0.245, 0.090)$. The right class is pushed up, the others down.

# %% slideshow={"slide_type": "skip"}
def initial(widths, seed, dtype="float64"):
    """Layers (W, b): W (fan_in, fan_out) Glorot-uniform, b (fan_out,) zero."""
    random = np.random.default_rng(seed)
    layers = []
    for fan_in, fan_out in itertools.pairwise(widths):
        limit = np.sqrt(6 / (fan_in + fan_out))
        weights = random.uniform(-limit, limit, (fan_in, fan_out))
        layers.append((weights.astype(dtype), np.zeros(fan_out, dtype)))
    return layers

# %% slideshow={"slide_type": "skip"}
def forward(layers, x, f):
    """Step 1. Lists of signals z and outputs a, (n, d) per layer.

    The first output is the input, the last one the logits.
    """
    signals, outputs = [], [x]
    for number, (weights, bias) in enumerate(layers, 1):
        z = outputs[-1] @ weights + bias  # (n, d_in) @ (d_in, d_out)
        signals.append(z)
        outputs.append(z if number == len(layers) else f(z))
    return signals, outputs

# %% slideshow={"slide_type": "skip"}
def cross_entropy(logits, labels):
    """Step 2. The mean of -log p(label), in nats; logits (n, classes), labels (n,)."""
    shifted = logits - logits.max(axis=1, keepdims=True)  # exp(1000) would overflow
    log_sum = np.log(np.exp(shifted).sum(axis=1))
    return np.mean(log_sum - shifted[np.arange(len(labels)), labels])


def output_delta(logits, labels):
    """dE/dZ of the last layer, (n, classes): (probabilities - one-hot labels) / n."""
    exponentials = np.exp(logits - logits.max(axis=1, keepdims=True))
    delta = exponentials / exponentials.sum(axis=1, keepdims=True)
    delta[np.arange(len(labels)), labels] -= 1
    return delta / len(labels)  # a mean: easy to forget

# %% [markdown] slideshow={"slide_type": "subslide"}
# Backward, by hand: say that $\delta = dE/dZ = (0.4, -0.2)^\top$ arrives at the unit above. Then
# $dE/dW = A^\top \delta = (0.4, 0.6)^\top$, $dE/db = 0.2$, and each example hands on its $\delta$ times the weights:
# $0.4 \cdot (0.5, -0.25)$ and $-0.2 \cdot (0.5, -0.25)$. In general, write $\delta_l$ for $dE/dZ_l$, of shape $(n, d_l)$, $P$ for
# the softmax of the logits, and $Y$ for the one-hot labels; $\odot$ multiplies entry by entry:
#
# $$\delta_L = \frac{P - Y}{n}, \qquad \frac{dE}{dW_l} = A_{l-1}^{\top} \delta_l, \qquad
# \frac{dE}{db_l} = \sum_{\text{examples}} \delta_l$$
#
# $$\delta_{l-1} = \left(\delta_l W_l^{\top}\right) \odot f'(Z_{l-1})$$
#
# If you forget a transpose, the shapes remind you, but for square layers ($W_l$) or $n = d_{l-1}$ ($A_{l-1}$).

# %% slideshow={"slide_type": "subslide"} tags=["hide-input"]
backpropagation.two_layers(
    (32, 64, 16, 10), title="Two layers, 32 digits: δ flows back",
    caption="Solid: values. Dashed: derivatives of the loss. Each layer's $\\delta$ "
    "does two things: with the layer's input it makes the gradient of the weights "
    "(grey), and through the weights it becomes the $\\delta$ of the layer before.",
)

# %% slideshow={"slide_type": "subslide"}
def backward(layers, signals, outputs, labels, df):
    """Step 3. The gradients (dE/dW, dE/db), shaped like the layers."""
    gradients = [None] * len(layers)
    delta = output_delta(outputs[-1], labels)  # (n, classes)
    for l in reversed(range(len(layers))):
        dW = outputs[l].T @ delta  # (d_in, n) @ (n, d_out)
        gradients[l] = dW, delta.sum(axis=0)
        if l > 0:
            weights, _ = layers[l]
            delta = (delta @ weights.T) * df(signals[l - 1])
    return gradients


def update(layers, gradients, learning_rate):
    """Step 4, for all layers, once all gradients are there."""
    pairs = zip(layers, gradients, strict=True)
    return [(W - learning_rate * dW, b - learning_rate * db)
            for (W, b), (dW, db) in pairs]

# %% slideshow={"slide_type": "skip"}
def d_tanh(z):
    return 1 - np.tanh(z) ** 2


digits = datasets.load("digits")
pixels, labels = digits.train.x.reshape(-1, 64).astype("float64"), digits.train.y
layers = initial([64, 16, 10], seed=0)
signals, outputs = forward(layers, pixels[:32], np.tanh)
gradients = backward(layers, signals, outputs, labels[:32], d_tanh)

# %% slideshow={"slide_type": "notes"} tags=["hide-input"]
names = ["A in", "W", "b", "Z", "dE/dW", "dE/db"]
arrays = [(outputs[l], *layers[l], signals[l], *gradients[l]) for l in range(2)]
show.table([[name, arrays[0][row].shape, arrays[1][row].shape]
            for row, name in enumerate(names)], ["array", "layer 1", "layer 2"])

# %% slideshow={"slide_type": "skip"}
single = forward(layers, pixels[:1], np.tanh)
of_one = backward(layers, *single, labels[:1], d_tanh)[0][0]  # (64, 16)
units = np.argsort(-np.abs(of_one).max(axis=0))[:6]
scaled = (of_one / np.abs(of_one).max()).T.reshape(16, 8, 8)

# %% slideshow={"slide_type": "subslide"} tags=["hide-input"]
image_grid(
    [pixels[0].reshape(8, 8), *scaled[units]],
    ["the digit", *[f"unit {number}" for number in range(1, 7)]],
    columns=7, limits=(-1, 1), cmap="PuOr", figsize=(8, 2.4),
    title="One digit, and its gradient at the six units where it is largest",
    caption="Each unit's gradient is the digit itself, times one number: its "
    "$\\delta$. Violet is positive, orange negative, white zero.",
)

# %% [markdown]
# <details><summary>Your prediction</summary>
#
# $(64, 16)$: a gradient has the shape of what it belongs to. $(32, 64, 16)$, one gradient per example, is the common
# wrong guess: $A^\top\delta$ sums over the examples without storing the single gradients. And the picture shows *the
# digit*. A tempting guess is the feature that the unit detects; but an untrained unit has learnt none yet.
#
# </details>

# %% slideshow={"slide_type": "notes"} tags=["hide-input"]
hidden_delta = backward(layers, *single, labels[:1], d_tanh)[0][1]  # (16,)
checks.equal("one digit's gradient, and the outer product of its pixels and δ",
             of_one, np.outer(pixels[0], hidden_delta), atol=1e-15)

# %% [markdown] slideshow={"slide_type": "notes"}
# What one example teaches a layer is the outer product $x^\top\delta$, a matrix of rank one. What follows: what a step of
# gradient descent takes off a unit's weights is $\eta$ times a *sum* of the layer's inputs, each times its $\delta$.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Would you notice a wrong gradient? · 梯度算错了，你会发现吗？
#
# The first independent check needs only the loss. Move one weight a little, and see what the loss does:
#
# $$\frac{dE}{dw} \approx \frac{E(w + h) - E(w - h)}{2h}$$
#
# By hand: $E = w^3$ at $w = 1$ with $h = 0.1$ gives $(1.331 - 0.729) / 0.2 = 3.01$; the derivative is 3. This *central
# difference quotient* costs two forward passes for every single weight, so it is a check and not a way to train.

# %% [markdown] slideshow={"slide_type": "subslide"}
# **Predict before you run.** Six mistakes that people make in a backward pass are listed below. A network of three
# hidden layers of 64 is trained with each of them. How many of the six end near chance (10 %), so that the accuracy
# gives them away?
#
# $f'$ left out · $f'$ of the output $a$ instead of $z$ · $W$ not transposed · biases forgotten · only the last layer
# trained · the wrong sign

# %% slideshow={"slide_type": "skip"}
show.source(difference_quotients.gradient, difference_quotients.relative_error)

# %% slideshow={"slide_type": "skip"}
def flat(layers):
    """All parameters, or all gradients, as one vector (P,)."""
    return np.concatenate([array.ravel() for pair in layers for array in pair])


def shaped(vector, layers):
    """A vector (P,) in the shapes of the layers."""
    ends = np.cumsum([array.size for pair in layers for array in pair])
    pieces = iter(np.split(vector, ends[:-1]))
    return [tuple(next(pieces).reshape(array.shape) for array in pair)
            for pair in layers]


def loss_of(layers, x, y, f):
    return cross_entropy(forward(layers, x, f)[1][-1], y)


def gradient_of(layers, x, y, f, df):
    """The gradient (P,) by backpropagation."""
    return flat(backward(layers, *forward(layers, x, f), y, df))

# %% slideshow={"slide_type": "skip"}
def angle(a, b):
    """The angle between two vectors, in degrees."""
    cosine = a @ b / np.linalg.norm(a) / np.linalg.norm(b)
    return np.degrees(np.arccos(np.clip(cosine, -1, 1)))


def square_ones_turned(layers):
    return [(W.T if W.shape[0] == W.shape[1] else W, b) for W, b in layers]


def last_alone(gradients):
    return [(0 * dW, 0 * db) for dW, db in gradients[:-1]] + gradients[-1:]

# %% slideshow={"slide_type": "skip"}
mistakes = {  # each takes what backward takes
    "f' left out": lambda L, z, a, y, df: backward(L, z, a, y, np.ones_like),
    "f' of the output a": lambda L, z, a, y, df: backward(L, a[1:], a, y, df),
    "W not transposed": lambda L, *rest: backward(square_ones_turned(L), *rest),
    "biases forgotten": lambda *given: [(dW, 0 * db) for dW, db in backward(*given)],
    "only the last layer": lambda *given: last_alone(backward(*given)),
    "wrong sign": lambda *given: [(-dW, -db) for dW, db in backward(*given)],
}

# %% [markdown] slideshow={"slide_type": "skip"}
# The four steps in a loop over shuffled batches. It yields the layers after every epoch, so that whoever calls it
# can measure what they like. What one step does is an argument, since two sections below change it.

# %% slideshow={"slide_type": "skip"}
def gradient_step(layers, signals, outputs, y, df, learning_rate):
    return update(layers, backward(layers, signals, outputs, y, df), learning_rate)


def train(layers, x, y, f, df, *, learning_rate, epochs, seed, batch_size=32,
          step=gradient_step, to_zero=False):
    """Stochastic gradient descent; yields the layers after each epoch.

    With to_zero the learning rate falls linearly to 0.
    """
    random = np.random.default_rng(seed)
    for epoch in range(epochs):
        now = learning_rate * (1 - epoch / epochs) if to_zero else learning_rate
        for rows in np.array_split(random.permutation(len(x)), len(x) // batch_size):
            signals, outputs = forward(layers, x[rows], f)
            layers = step(layers, signals, outputs, y[rows], df, now)
        yield layers

# %% slideshow={"slide_type": "skip"}
def accuracy(layers, x, y, f):
    return np.mean(forward(layers, x, f)[1][-1].argmax(axis=1) == y)

# %% slideshow={"slide_type": "skip"}
def with_gradients(gradients_of):
    """A step that uses another backward pass."""

    def step(layers, signals, outputs, y, df, learning_rate):
        gradients = gradients_of(layers, signals, outputs, y, df)
        return update(layers, gradients, learning_rate)

    return step


def trained_accuracy(widths, step, learning_rate, seed, examples, held_out):
    """Accuracy on (x, y) held out, after 10 epochs of a tanh network on examples."""
    with np.errstate(all="ignore"):  # some runs diverge, and count as what they reach
        *_, final = train(initial(widths, seed), *examples, np.tanh, d_tanh, epochs=10,
                          learning_rate=learning_rate, seed=seed, step=step)
        return accuracy(final, *held_out, np.tanh)

# %% [markdown] slideshow={"slide_type": "skip"}
# For comparison a step with no information in it: as long as the gradient, in a random direction.

# %% slideshow={"slide_type": "skip"}
def random_directions(seed):
    """In place of backward: vectors as long as the gradient, at random."""
    random = np.random.default_rng(seed)

    def gradients_of(layers, *rest):
        true = flat(backward(layers, *rest))
        drawn = random.normal(size=len(true))
        drawn *= np.linalg.norm(true) / np.linalg.norm(drawn)
        return shaped(drawn, layers)

    return gradients_of


held_out = digits.validation.x.reshape(-1, 64).astype("float64"), digits.validation.y
ways = {"none": backward, **mistakes, "random direction": random_directions(0)}
trained = {
    name: [trained_accuracy([64, 64, 64, 64, 10], with_gradients(gradients_of), 0.1,
                            seed, (pixels, labels), held_out) for seed in range(5)]
    for name, gradients_of in ways.items()
}

# %% slideshow={"slide_type": "skip"}
def numeric_gradient(layers, x, y, f):
    """The gradient (P,) by central differences: 2 P forward passes."""
    return difference_quotients.gradient(
        lambda vector: loss_of(shaped(vector, layers), x, y, f), flat(layers))


errors, angles = {name: [] for name in ways}, {name: [] for name in ways}
some = pixels[:32, 20:32], labels[:32]
for seed in range(5):
    checked = initial([12, 6, 6, 10], seed)
    passed = forward(checked, some[0], np.tanh)
    numeric = numeric_gradient(checked, *some, np.tanh)
    for name, gradients_of in ways.items():
        found = flat(gradients_of(checked, *passed, some[1], d_tanh))
        errors[name].append(difference_quotients.relative_error(found, numeric))
        angles[name].append(angle(found, numeric))

# %% slideshow={"slide_type": "subslide"} tags=["hide-input"]
show.table(
    [[name, f"{Measured(errors[name]):.1g}", f"{Measured(angles[name], '°'):.0f}",
      f"{Measured(trained[name]):.0%}"] for name in ways],
    ["mistake", "relative error", "angle to the gradient", "accuracy after 10 epochs"],
    "Each way on 5 small networks, against difference quotients; and validation "
    "accuracy of 5 networks trained with it, learning rate 0.1")

# %% [markdown] slideshow={"slide_type": "subslide"}
# <details><summary>Your prediction</summary>
#
# One. A common guess is four or more. Only the gradient with the wrong sign, which points uphill, ends near chance. The
# other five still point somewhat downhill, and train, four of them to within a few points of the right gradient. Of
# those four, an accuracy alone wouldn't tell you that anything is wrong.
#
# </details>
#
# **That the loss goes down doesn't show that the gradient is right.**

# %% [markdown] slideshow={"slide_type": "notes"}
# A doubter says: "the last layer's weights get their right gradient in all of these; the hidden layers needn't learn". So the
# control of the claim trains the last layer only. In each of the four mistakes at least two of the three hidden layers get a wrong
# gradient, if only for their biases.

# %% slideshow={"slide_type": "notes"} tags=["hide-input"]
checks.equal("backpropagation and difference quotients, 5 networks",
             1 + np.array(errors["none"]), 1, rtol=1e-7)
in_hidden = [name for name in mistakes
             if name not in ("wrong sign", "only the last layer")]
claims.measure(
    "C02.1", "wrong gradients train nearly as well as the right one: validation "
    "accuracy lost, mean over four mistakes; control: only the last layer learns",
    lambda names, seed: trained["none"][seed]
    - np.mean([trained[name][seed] for name in names]),
    of=[(in_hidden, seed) for seed in range(5)],
    control=[(["only the last layer"], seed) for seed in range(5)],
    below=0.05,
)

# %% [markdown] slideshow={"slide_type": "notes"}
# *What would have refuted it:* mistakes that cost 5 points of accuracy on average, or a last layer that does as well alone.
# *What follows:* check a backward pass by numbers once, at several sizes, before trusting any curve. The table's second
# column finds all six mistakes.

# %% [markdown] slideshow={"slide_type": "skip"}
# Where to look if your own check fails:
#
# - everything is off by the factor $n$: a sum where the loss takes a mean;
# - only weights *before* an activation are wrong: $f'$ is missing, or taken at the wrong place;
# - it passes at one batch size only: something was read from outside the function;
# - it fails in float32 and passes in float64: your gradient is probably right. See the next section.

# %% [markdown] slideshow={"slide_type": "skip"}
# ## How small should the step of a difference quotient be? · 差商的步长该取多小？
#
# A derivative is a limit for $h \to 0$. So the smaller $h$, the better?
#
# **Predict before you run.** Central differences of a network's loss along one direction, in float64 (16 digits).
# Which $h$ gives the smallest error: $10^{-16}$, $10^{-10}$, or about $10^{-4}$? And would float32 do as well?

# %% [markdown] slideshow={"slide_type": "skip"}
# Two errors add up. The *truncation* error is what Taylor's series leaves out: $\tfrac{h^2}{6} E'''$, which falls with
# $h$. The *rounding* error comes from subtracting two nearly equal losses, each right to a relative $\varepsilon$
# ($1.1 \cdot 10^{-16}$ in float64, $6 \cdot 10^{-8}$ in float32): $\varepsilon E / h$, which grows as $h$ falls. By hand, for
# $E = w^3$ at $1$, where $E''' = 6$: truncation leaves $0.01$ at $h = 0.1$, as above, and $0.0001$ at $h = 0.01$; rounding in
# float64 leaves about $10^{-14}$ there, and $10^{-4}$ at $h = 10^{-12}$.

# %% slideshow={"slide_type": "skip"}
def along(layers, direction, h, x, y):
    """The loss after a step h along a direction (P,), in the arrays' precision."""
    moved = flat(layers) + direction.dtype.type(h) * direction
    return float(loss_of(shaped(moved, layers), x, y, np.tanh))

# %% slideshow={"slide_type": "skip"}
def quotient_errors(steps, x, y, dtype, seed, directions=4):
    """Relative error of central difference quotients, (steps,), over directions."""
    exact, layers = [initial([64, 16, 10], seed, kind) for kind in ("float64", dtype)]
    gradient = gradient_of(exact, x, y, np.tanh, d_tanh)
    off = []
    for drawn in np.random.default_rng(seed).normal(size=(directions, len(gradient))):
        direction = drawn / np.linalg.norm(drawn)
        losses = [along(layers, direction.astype(dtype), h, x.astype(dtype), y)
                  for h in [*steps, *-steps]]
        up, down = np.split(np.array(losses), 2)
        off.append((up - down) / (2 * steps) / (direction @ gradient) - 1)
    return np.sqrt(np.mean(np.square(off), axis=0))

# %% slideshow={"slide_type": "skip"}
step_sizes = np.logspace(-12, 0, 49)
quotients = {dtype: np.array([quotient_errors(step_sizes, pixels[:32], labels[:32],
                                              dtype, seed) for seed in range(5)])
             for dtype in ("float64", "float32")}

# %% slideshow={"slide_type": "skip"} tags=["hide-input"]
charts.curves(
    step_sizes, {dtype: found.T for dtype, found in quotients.items()},
    xlabel="step $h$", ylabel="relative error of the slope", xscale="log", yscale="log",
    title="Central difference quotients", band="range",
    caption="Left of each valley rounding, right of it truncation. float64 has a deep "
    "valley, float32 a shallow one. Lines: median of 5 networks, bands: all of them.",
    alt="Two V-shaped curves on logarithmic axes: the error of float64 reaches far "
    "below that of float32, at a smaller step.",
)

# %% [markdown] slideshow={"slide_type": "skip"}
# <details><summary>Your prediction</summary>
#
# About $10^{-4}$. The common wrong guess is $10^{-16}$, the smallest step that float64 seems to allow: there the two
# losses agree in nearly all digits that they have, and the quotient is noise. And float32 won't do: its rounding unit is
# hundreds of millions of times larger.
#
# </details>
#
# What follows: check in float64, with central differences and steps near $10^{-5}$, and call two gradients equal at
# $10^{-7}$, not at $10^{-15}$.

# %% slideshow={"slide_type": "skip"} tags=["hide-input"]
claims.measure(
    "C02.3", "float32 is not enough for a check to five digits: correct digits of "
    "central differences at the best step; control: float64",
    lambda dtype, seed: -np.log10(quotients[dtype][seed].min()),
    of=[("float32", seed) for seed in range(5)],
    control=[("float64", seed) for seed in range(5)], below=5)

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Could the machine apply the chain rule for us? · 能让机器替我们用链式法则吗？
#
# By hand we derived one formula for one kind of network. But a network's computation is built of a few operations, each
# with a known derivative. If values remember how they were made, the chain rule can be run backwards through a whole
# program. That is *reverse-mode automatic differentiation*. TensorFlow's is `tf.GradientTape`; ours follows.
#
# **Predict before you run.** In $E = x \cdot x + x$ at $x = 3$, the node $x$ is used three times, and a gradient
# arrives at it along each use. What must the engine do with the three? Which number results, and which would if the
# last one to arrive overwrote the others?

# %% slideshow={"slide_type": "skip"}
class Node:
    """A value in a computation that remembers how it was made.

    parents: a list of (parent, pullback). The pullback takes dE/d(this value) and
    returns what this use of the parent adds to dE/d(parent).
    """

    numbers = itertools.count()

    def __init__(self, value, name="", parents=()):
        try:
            self.value = np.asarray(value, "float64")
        except (TypeError, ValueError):
            raise ValueError(f"Node({value!r}): expected a number or an array of "
                             "numbers.") from None
        if not np.isfinite(self.value).all():
            raise ValueError(f"Node {name!r} is not finite: {self.value}. Look at what "
                             "it is made from.")
        self.name, self.parents, self.gradient = name, list(parents), None
        self.number = next(Node.numbers)  # larger than its parents' numbers

# %% [markdown] slideshow={"slide_type": "subslide"}
# A node remembers its value and its parents. Each operation computes its value, and says for each parent how a
# gradient passes back to it. By hand: $c = 2 \cdot 5$, and $\frac{dE}{dc} = 3$ arrives. Then $2$ gets $3 \cdot 5 = 15$, and $5$
# gets $3 \cdot 2 = 6$. In general, for $c = a \cdot b$, $\frac{dE}{da} = \frac{dE}{dc} \cdot b$. For $C = A B$ it is
# $\frac{dE}{dA} = \frac{dE}{dC} B^\top$ and $\frac{dE}{dB} = A^\top \frac{dE}{dC}$.

# %%
def multiply(a, b):
    a, b = node(a), node(b)
    back = [(a, lambda g: g * b.value), (b, lambda g: g * a.value)]
    return Node(a.value * b.value, "×", back)

# %% slideshow={"slide_type": "skip"}
def node(value):
    return value if isinstance(value, Node) else Node(value, "constant")


def add(a, b):
    a, b = node(a), node(b)
    return Node(a.value + b.value, "+", [(a, lambda g: g), (b, lambda g: g)])


def subtract(a, b):
    a, b = node(a), node(b)
    return Node(a.value - b.value, "−", [(a, lambda g: g), (b, lambda g: -g)])

# %% slideshow={"slide_type": "skip"}
def matmul(a, b):
    a, b = node(a), node(b)
    if a.value.ndim != 2 or b.value.ndim != 2 or a.value.shape[1] != b.value.shape[0]:
        raise ValueError(f"matmul() takes (n, k) and (k, m); got {a.value.shape} and "
                         f"{b.value.shape}.")
    back = [(a, lambda g: g @ b.value.T), (b, lambda g: a.value.T @ g)]
    return Node(a.value @ b.value, "@", back)

# %% slideshow={"slide_type": "skip"}
def elementwise(a, f, df, name):
    return Node(f(a.value), name, [(a, lambda g: g * df(a.value))])


def total(a):
    return Node(a.value.sum(), "Σ", [(a, lambda g: g * np.ones_like(a.value))])


def log_sum_exp(a):
    """The logarithm of the sum of exponentials: (n, classes) -> (n, 1)."""
    top = a.value.max(axis=-1, keepdims=True)
    value = top + np.log(np.exp(a.value - top).sum(axis=-1, keepdims=True))
    return Node(value, "log Σ exp", [(a, lambda g: g * np.exp(a.value - value))])


Node.__add__ = Node.__radd__ = add
Node.__mul__ = Node.__rmul__ = multiply
Node.__matmul__ = matmul
Node.__sub__ = subtract

# %% slideshow={"slide_type": "skip"}
def ancestors(output):
    """The output and all that it was made from, each node before its own parents."""
    found, waiting = {output}, [output]
    while waiting:
        for parent, _ in waiting.pop().parents:
            if parent not in found:
                found.add(parent)
                waiting.append(parent)
    return sorted(found, key=lambda item: item.number, reverse=True)


def like(gradient, shape):
    """Undo broadcasting: an entry used several times gets the sum of its gradients."""
    gradient = np.sum(gradient, axis=tuple(range(np.ndim(gradient) - len(shape))))
    stretched = [axis for axis, size in enumerate(shape) if size == 1]
    return np.sum(gradient, axis=tuple(stretched), keepdims=True)

# %% slideshow={"slide_type": "subslide"}
def backpropagate(output, combine=np.add):
    """Set .gradient = dE/d(node) on all nodes that E was made from."""
    if output.value.ndim:
        raise ValueError("backpropagate() starts at one number, the "
                         f"loss; got shape {output.value.shape}.")
    nodes = ancestors(output)
    for item in nodes:
        item.gradient = np.zeros_like(item.value)
    output.gradient = np.ones(())
    for item in nodes:  # complete when its turn comes
        for parent, pullback in item.parents:
            share = pullback(item.gradient)
            share = like(share, parent.value.shape)
            parent.gradient = combine(parent.gradient, share)

# %% slideshow={"slide_type": "subslide"}
three = Node(3.0, "x")
result = three * three + three
backpropagate(result)
summed = float(three.gradient)
backpropagate(result, combine=lambda before, share: share)
print(f"shares added: {summed:g}; only the last: {three.gradient:g}")

# %% [markdown]
# <details><summary>Your prediction</summary>
#
# By hand $2x + 1 = 7$. The shares 3, 3 and 1 must be **added**: the chain rule sums over all paths from $x$ to $E$. A
# common mistake is an engine (or a `grad = ...` where `grad += ...` belongs) that keeps one path. It goes unnoticed
# as long as nothing is used twice.
#
# </details>

# %% slideshow={"slide_type": "skip"}
def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def d_sigmoid(z):
    return sigmoid(z) * (1 - sigmoid(z))


x1, x2 = Node(1.0, "$x_1$"), Node(2.0, "$x_2$")
w1, w2 = Node(0.5, "$w_1$"), Node(-0.25, "$w_2$")
bias, t = Node(0.0, "$b$"), Node(1.0, "$t$")
signal = w1 * x1 + w2 * x2 + bias
output = elementwise(signal, sigmoid, d_sigmoid, "σ")
gap = output - t
squared = Node(0.5, "½") * (gap * gap)
squared.name = "$E$"
backpropagate(squared)

# %% slideshow={"slide_type": "subslide"} tags=["hide-input"]
backpropagation.computation_graph(
    squared, title="One neuron: values forward, gradients backward",
    caption="In each box: the operation, its value, and below it the gradient of E "
    "(after ∂). The forward pass fills in values from left to right, the backward pass "
    "gradients from right to left. They are those found by hand.",
)

# %% slideshow={"slide_type": "skip"}
checks.equal("the neuron's gradients by hand, and the engine's",
             [dE_dw[0], dE_dw[1], dE_db, dE_dz, dE_dy],
             [item.gradient for item in (w1, w2, bias, signal, output)])

# %% [markdown] slideshow={"slide_type": "skip"}
# And a whole network, built of the same few operations. Nothing was derived for it:

# %% slideshow={"slide_type": "skip"}
def engine_gradients(layers, x, labels, f, df, combine=np.add):
    """The gradients of the network by the engine, in the shapes of the layers."""
    nodes = [(Node(W, "W"), Node(b, "b")) for W, b in layers]
    a = Node(x, "x")
    for number, (W, b) in enumerate(nodes, 1):
        a = a @ W + b
        if number < len(nodes):
            a = elementwise(a, f, df, "f")
    one_hot = np.eye(a.value.shape[1])[labels]
    loss = (1 / len(labels)) * (total(log_sum_exp(a)) - total(a * one_hot))
    backpropagate(loss, combine)
    return [(W.gradient, b.gradient) for W, b in nodes]


layers, batch = initial([64, 32, 32, 10], seed=1), (pixels[:32], labels[:32])
by_engine = flat(engine_gradients(layers, *batch, np.tanh, d_tanh))
forgetful = flat(engine_gradients(layers, *batch, np.tanh, d_tanh,
                                  lambda before, share: share))
by_formulas = gradient_of(layers, *batch, np.tanh, d_tanh)

# %% slideshow={"slide_type": "notes"} tags=["hide-input"]
checks.equal("a network's gradient by the engine and by the formulas",
             by_engine, by_formulas, rtol=0, atol=1e-14)
wrong = difference_quotients.relative_error(forgetful, by_formulas)
show.markdown(f"Relative error of an engine that overwrites: {Measured(wrong):.2f}.")

# %% [markdown] slideshow={"slide_type": "notes"}
# The logits are used twice in the loss, so an engine that overwrites goes wrong at once. What follows: gradients need
# not be derived. Write the forward pass, and a few dozen lines do the rest for what is built of the operations they know.

# %% [markdown] slideshow={"slide_type": "skip"}
# ## Do all three agree, whatever the size? · 三种方法在各种规模下都一致吗？
#
# A check at one size proves little: a backward pass that reads a variable from outside may be right at the size of that
# variable, and wrong at others. So: several depths, widths, batch sizes, numbers of outputs and activations, against
# `tf.GradientTape`, in float64.
#
# **Predict before you run.** Rounding makes each operation wrong by up to about $10^{-16}$, relatively. The gradient of
# 16 examples through eight layers of 128 units takes over a million products. Will its relative error be nearer
# $10^{-15}$ or $10^{-10}$?

# %% slideshow={"slide_type": "skip"}
def tape_gradients(layers, x, labels, activation):
    """The gradients by TensorFlow, which shares no line with ours."""
    variables = [(tf.Variable(W), tf.Variable(b)) for W, b in layers]
    with tf.GradientTape() as tape:
        a = tf.constant(x)
        for number, (W, b) in enumerate(variables, 1):
            a = tf.linalg.matmul(a, W) + b
            a = activation(a) if number < len(variables) else a
        loss = tf.nn.sparse_softmax_cross_entropy_with_logits(labels, a)
        loss = tf.reduce_mean(loss)
    found = tape.gradient(loss, variables)
    return [tuple(gradient.numpy() for gradient in pair) for pair in found]


def relu(z):
    return np.maximum(z, 0)


def d_relu(z):
    return (z > 0).astype(z.dtype)

# %% slideshow={"slide_type": "skip"}
activations = {  # f, f', TensorFlow's f
    "tanh": (np.tanh, d_tanh, tf.tanh),
    "sigmoid": (sigmoid, d_sigmoid, tf.sigmoid),
    "ReLU": (relu, d_relu, tf.nn.relu),
}


def worst(found, true):
    """The largest relative error of an array among those of all layers."""
    pairs = zip(itertools.chain(*found), itertools.chain(*true), strict=True)
    return max(difference_quotients.relative_error(*pair) for pair in pairs)

# %% slideshow={"slide_type": "skip"}
def three_ways(seed, depth, width, batch, classes, f, df, tf_f):
    """Largest relative errors of the formulas, the engine, and with f' left out."""
    random = np.random.default_rng(seed)
    layers = initial([20] + [width] * depth + [classes], seed)
    x, y = random.normal(size=(batch, 20)), random.integers(classes, size=batch)
    tape, passed = tape_gradients(layers, x, y, tf_f), forward(layers, x, f)
    return {
        "formulas": worst(backward(layers, *passed, y, df), tape),
        "engine": worst(engine_gradients(layers, x, y, f, df), tape),
        "f' left out": worst(backward(layers, *passed, y, np.ones_like), tape),
    }

# %% slideshow={"slide_type": "skip"}
settings = {"hidden layers": [1, 2, 4, 8], "width": [3, 32, 128],
            "batch": [1, 16, 100], "outputs": [2, 10, 50]}
table = []
for number, sizes in enumerate(itertools.product(*settings.values())):
    name = list(activations)[number % 3]
    described = dict(zip(settings, sizes, strict=True), activation=name)
    table.append(described | three_ways(number, *sizes, *activations[name]))

# %% slideshow={"slide_type": "skip"} tags=["hide-input"]
by_depth = {way: np.array([[np.clip(row[way], 1e-17, 100) for row in table
                            if row["hidden layers"] == depth]
                           for depth in settings["hidden layers"]])
            for way in ["formulas", "engine", "f' left out"]}
charts.curves(
    list(map(str, settings["hidden layers"])), by_depth, yscale="log", band="range",
    theory={"float64's rounding unit": [np.finfo("float64").eps / 2] * 4},
    xlabel="hidden layers", ylabel="relative error of the worst array",
    title="Three ways to one gradient",
    caption="Both of ours stay within a few dozen rounding units of the tape at every "
    "depth; with the derivative left out, the error is a fifth of the gradient's size "
    "or more. Lines: medians, bands: all networks of that depth, cut at 1e-17 and 100.",
    alt="Relative error on a logarithmic axis against the number of hidden layers: "
    "formulas and engine lie near rounding at all depths, the network without the "
    "derivative near 1 and above.",
)

# %% slideshow={"slide_type": "skip"} tags=["hide-input"]
rows, left_out = [], "f' left out"
for setting, values in {**settings, "activation": list(activations)}.items():
    for value in values:
        chosen = [row for row in table if row[setting] == value]
        rows.append([f"{setting}: {value}", len(chosen),
                     f"{Measured(max(row['formulas'] for row in chosen)):.0e}",
                     f"{Measured(max(row['engine'] for row in chosen)):.0e}",
                     f"{Measured(min(row[left_out] for row in chosen)):.1g}"])
show.table(rows, ["setting", "networks", "formulas: worst", "engine: worst",
                  "f' left out: smallest"],
           "Relative error against tf.GradientTape, of the array where it is largest")

# %% slideshow={"slide_type": "skip"} tags=["hide-input"]
for way in ("formulas", "engine"):
    checks.equal(f"{way} and tf.GradientTape, every array of {len(table)} networks",
                 [1 + row[way] for row in table], 1, rtol=1e-12)

# %% [markdown] slideshow={"slide_type": "skip"}
# <details><summary>Your prediction</summary>
#
# Nearer $10^{-15}$. Who guessed $10^{-10}$ added up the errors as if all had one sign. They have both signs and mostly
# cancel, and an error that is relative to a large sum stays small.
#
# </details>
#
# What follows: the formulas, the engine and TensorFlow compute *the same thing*, and at work the tape does it for us.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## What happens in one step of Keras' `fit`? · Keras 的 fit 每一步做什么？
#
# At work one names the layers, and Keras does the four steps. Here is the network of this chapter, 64 pixels, 32 tanh
# units, 10 logits, built, compiled, fitted and evaluated by Keras alone.

# %% slideshow={"slide_type": "subslide"}
def digit_reader(model_class=keras.Model):
    """64 pixels -> 32 tanh units -> 10 logits; the same
    initial weights at every call."""
    inputs = keras.Input((64,))
    draw = keras.initializers.GlorotUniform
    hidden = keras.layers.Dense(
        32, activation="tanh", kernel_initializer=draw(1))(inputs)
    logits = keras.layers.Dense(
        10, kernel_initializer=draw(2))(hidden)
    return model_class(inputs, logits)


loss_of_logits = keras.losses.SparseCategoricalCrossentropy(
    from_logits=True)
images = pixels.astype("float32")
data = tf.data.Dataset.from_tensor_slices((images, labels))
batches = data.batch(32)

# %% slideshow={"slide_type": "subslide"}
by_fit = digit_reader()
by_fit.compile(optimizer=keras.optimizers.SGD(0.25),
               loss=loss_of_logits, metrics=["accuracy"])
by_fit.fit(batches, epochs=5, shuffle=False, verbose=0)
held_out_pixels = held_out[0].astype("float32")
loss, accuracy_by_fit = by_fit.evaluate(
    held_out_pixels, held_out[1], verbose=0)

# %% slideshow={"slide_type": "fragment"} tags=["hide-input"]
guesses = by_fit.predict(held_out_pixels, verbose=0).argmax(axis=1)
checks.equal("accuracy by evaluate, and from predict's logits",
             accuracy_by_fit, np.mean(guesses == held_out[1]), atol=1e-6)
show.markdown(f"Validation accuracy after 5 epochs: {Measured(accuracy_by_fit):.1%}.")

# %% [markdown] slideshow={"slide_type": "subslide"}
# What is inside `fit`? For each batch a *step*: the tape records the forward pass, gives the gradient of the loss by every
# weight, and the optimizer updates them. Written out, with plain gradient descent:

# %%
by_loop = digit_reader()
for _ in range(5):  # epochs
    for x_batch, y_batch in batches:
        with tf.GradientTape() as tape:
            logits = by_loop(x_batch, training=True)
            loss = loss_of_logits(y_batch, logits)
        weights = by_loop.trainable_variables
        gradients = tape.gradient(loss, weights)
        for weight, gradient in zip(weights, gradients, strict=True):
            weight.assign_sub(0.25 * gradient)

# %% [markdown] slideshow={"slide_type": "skip"}
# The course's `training.fit` runs the same step, compiled together with its loop; where Keras' `compile` takes a loss, it
# takes an *objective*, which may be any function of model and batch.

# %% slideshow={"slide_type": "skip"}
by_course = digit_reader()
run = training.fit(by_course, training.objectives.classification(), batches,
                   epochs=5, optimizer=keras.optimizers.SGD(0.25))

# %% slideshow={"slide_type": "notes"} tags=["hide-input"]
for name, model in [("the written loop", by_loop), ("training.fit", by_course)]:
    checks.equal(f"weights after 5 epochs by Keras' fit and by {name}",
                 np.concatenate([w.ravel() for w in model.get_weights()]),
                 np.concatenate([w.ravel() for w in by_fit.get_weights()]), atol=1e-4)

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### Can Keras' own step be changed?
#
# Yes: `fit` runs the model's `train_step` on every batch. A subclass may override it, and keeps all the rest: epochs,
# callbacks, progress, `evaluate`. We use it to look at something that `fit` doesn't show: the norm (the length, all weights
# together) of each batch's gradient.
#
# **Predict before you run.** In 20 epochs the loss falls to less than a tenth. The mean norm of the batches'
# gradients: does it fall to a tenth as well, to about a third, or does it stay?

# %% slideshow={"slide_type": "subslide"}
class Monitored(keras.Model):
    """A model whose fit also reports the batches' gradient norms."""

    def __init__(self, *args, **options):
        super().__init__(*args, **options)
        self.mean_loss = keras.metrics.Mean()
        self.mean_norm = keras.metrics.Mean()

    def train_step(self, data):
        x, y = data
        with tf.GradientTape() as tape:
            loss = self.compute_loss(x, y, self(x, training=True))
        weights = self.trainable_variables
        gradients = tape.gradient(loss, weights)
        self.optimizer.apply(gradients, weights)
        self.mean_loss.update_state(loss)
        self.mean_norm.update_state(tf.linalg.global_norm(gradients))
        return {"loss": self.mean_loss.result(),
                "gradient norm": self.mean_norm.result()}

# %% slideshow={"slide_type": "skip"}
monitored = digit_reader(Monitored)
monitored.compile(optimizer=keras.optimizers.SGD(0.25), loss=loss_of_logits)
log = monitored.fit(batches, epochs=20, shuffle=False, verbose=0)
history = log.history

# %% slideshow={"slide_type": "subslide"} tags=["hide-input"]
charts.curves(
    np.arange(1, 21),
    {name: np.divide(history[name], history[name][0]) for name in history},
    xlabel="epoch", ylabel="share of the first epoch's mean", yscale="log",
    title="Loss and gradient norm of the batches, one run",
    caption="Both are means over the 45 batches of an epoch. The loss falls much "
    "further than the gradients of the batches do.",
    alt="On a logarithmic axis the loss falls steeply over 20 epochs; the norm of the "
    "batches' gradients falls, too, and stays well above it.",
)

# %% [markdown] slideshow={"slide_type": "subslide"}
# <details><summary>Your prediction</summary>
#
# To about a third, in this run. "To a tenth" is a common guess: at the bottom of a valley the ground is flat. But each batch
# has a bottom of its own, elsewhere, and so a gradient here. How much of a batch's gradient is such noise, the next section
# measures.
#
# </details>
#
# The next step in practice is one line more in the same place: `tf.clip_by_global_norm(gradients, 1.0)` before `apply`
# shortens gradients that are too long, which chapter 03 needs.

# %% [markdown] slideshow={"slide_type": "skip"}
# ## How noisy is the gradient of a small batch? · 小批量的梯度有多少噪声？
#
# A batch of $B$ examples gives the mean of $B$ gradients instead of that of all $n$. It is right on average, and off by
# something random, the *noise*. Big batches cost more and are less noisy.
#
# **Predict before you run.** At the start of training, about how many digits must a batch hold so that the noise is no
# longer than the gradient itself: 2, 40 or 1,000? And does that number fall or rise as training goes on?

# %% [markdown] slideshow={"slide_type": "skip"}
# By hand: if the gradients of three examples are $1$, $2$ and $6$, the whole gradient is $3$, and their mean squared
# distance from it is $(4 + 1 + 9)/3 = 14/3$. A mean of $B$ draws has a mean squared distance of $14/(3B)$: four times the
# batch, half the noise. In general, with $g_i$ the gradient of example $i$ and $g$ their mean,
#
# $$\mathbb{E}\,\|g_B - g\|^2 = \frac{\sigma^2}{B}, \qquad \sigma^2 = \frac1n \sum_i \|g_i - g\|^2$$
#
# Noise and signal are equally long at $B^* = \sigma^2 / \|g\|^2$, the *noise scale* (McCandlish et al. 2018).

# %% slideshow={"slide_type": "skip"}
def each_gradient(layers, x, y):
    """The gradient of every example alone, (n, P)."""
    return np.array([
        gradient_of(layers, x[i : i + 1], y[i : i + 1], np.tanh, d_tanh)
        for i in range(len(x))])


def noise_scale(of_examples):
    """The batch at which noise and gradient are equally long."""
    mean = of_examples.mean(axis=0)
    spread = np.mean(np.sum((of_examples - mean) ** 2, axis=1))
    return spread / (mean @ mean)


def relative_noise(of_examples, size, random, draws=200):
    """Noise over gradient, by drawing batches."""
    mean = of_examples.mean(axis=0)
    rows = random.integers(len(of_examples), size=(draws, size))
    off = [of_examples[batch].mean(axis=0) - mean for batch in rows]
    return np.sqrt(np.mean(np.sum(np.square(off), axis=1)) / (mean @ mean))

# %% slideshow={"slide_type": "skip"}
sizes, stages = [1, 4, 16, 64, 256], {"at the start": 0, "after 5 epochs": 5}
scales = {stage: [] for stage in stages}
measured_noise = {stage: [] for stage in stages}
for seed in range(5):
    start = initial([64, 32, 10], seed)
    *_, end = train(start, pixels, labels, np.tanh, d_tanh, learning_rate=0.1,
                    epochs=5, seed=seed)
    for stage, layers in zip(stages, (start, end), strict=True):
        gradients = each_gradient(layers, pixels, labels)
        scales[stage].append(noise_scale(gradients))
        random = np.random.default_rng(seed)
        measured_noise[stage].append(
            [relative_noise(gradients, size, random) for size in sizes])

# %% slideshow={"slide_type": "skip"} tags=["hide-input"]
charts.curves(
    sizes, {stage: np.transpose(found) for stage, found in measured_noise.items()},
    theory={f"$\\sqrt{{B^*/B}}$, {stage}":
            np.sqrt(np.mean(scales[stage]) / np.array(sizes)) for stage in stages},
    levels={"as long as the gradient": 1.0}, xscale="log", yscale="log",
    xlabel="batch size", ylabel="noise, relative to the gradient",
    title="Noise of a batch's gradient",
    caption="Four times the batch halves the noise. After five epochs a batch must be "
    "several times as large for a gradient as clear as at the start. 5 networks, 95 % "
    "intervals.",
    alt="Two parallel falling lines on logarithmic axes, measured noise against batch "
    "size; the line after five epochs lies above the line at the start.",
)

# %% slideshow={"slide_type": "skip"} tags=["hide-input"]
claims.measure(
    "C02.4", "once a network has learnt a little, a batch of 100 digits is mostly "
    "noise: the noise scale after 5 epochs; control: the same networks at the start",
    lambda stage, seed: scales[stage][seed],
    of=[("after 5 epochs", seed) for seed in range(5)],
    control=[("at the start", seed) for seed in range(5)], above=100)

# %% [markdown] slideshow={"slide_type": "skip"}
# <details><summary>Your prediction</summary>
#
# About 40, and it rises. "It falls, since the network knows better what to do" is a tempting guess. But as the common part
# of the gradient is used up, what is left are the wishes of single digits, which contradict each other. So small batches
# are a bargain at the start, and less of one later; a falling learning rate or a growing batch answers to that.
#
# </details>

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Why backwards? · 为什么要反向？
#
# The chain rule can be multiplied out from either end. By hand: $z = 3w$ and $E = z^2$, at $w = 2$. If $w$ moves at the
# speed $1$, then $z = 6$ moves at the speed $3$, and $E = 36$ at the speed $2 \cdot 6 \cdot 3 = 36$.

# %% [markdown] slideshow={"slide_type": "subslide"}
# In general *forward mode* carries along, with every value, its derivative in one direction of parameter space,
#
# $$\dot Z_l = \dot A_{l-1} W_l + A_{l-1} \dot W_l + \dot b_l$$
#
# (in code `z_dot`, `a_dot` and so on), and arrives at the loss with one number: the slope in that direction. *Reverse
# mode* starts at the loss.
#
# **Predict before you run.** A network has a million parameters. How many forward-mode passes does its whole gradient
# take, and how many reverse-mode passes?

# %% slideshow={"slide_type": "skip"}
def directional_derivative(layers, direction, x, labels, f, df):
    """One forward-mode pass: the loss's slope along a direction, as layers (dW, db)."""
    a, a_dot = x, None
    pairs = zip(layers, direction, strict=True)
    for number, ((W, b), (W_dot, b_dot)) in enumerate(pairs, 1):
        z = a @ W + b
        z_dot = a @ W_dot + b_dot
        if a_dot is not None:  # the input itself doesn't move
            z_dot = a_dot @ W + z_dot
        last = number == len(layers)
        a, a_dot = (z, z_dot) if last else (f(z), df(z) * z_dot)
    return np.sum(output_delta(a, labels) * a_dot)

# %% slideshow={"slide_type": "skip"}
def tape_forward(layers, direction, x, labels):
    """The same by TensorFlow's own forward mode."""
    variables = [tf.Variable(array) for pair in layers for array in pair]
    tangents = [tf.constant(array) for pair in direction for array in pair]
    with tf.autodiff.ForwardAccumulator(variables, tangents) as accumulator:
        a = tf.constant(x)
        for W, b in zip(variables[::2], variables[1::2], strict=True):
            a = tf.linalg.matmul(a, W) + b
            a = a if W is variables[-2] else tf.tanh(a)
        loss = tf.nn.sparse_softmax_cross_entropy_with_logits(labels, a)
        loss = tf.reduce_mean(loss)
    return accumulator.jvp(loss).numpy()


layers, direction = [initial([64, 32, 10], seed) for seed in (0, 1)]
by_reverse = gradient_of(layers, *batch, np.tanh, d_tanh) @ flat(direction)
checks.equal("a slope by forward mode, by TensorFlow's, and by the gradient",
             [directional_derivative(layers, direction, *batch, np.tanh, d_tanh),
              tape_forward(layers, direction, *batch)], by_reverse, rtol=1e-11)

# %% [markdown] slideshow={"slide_type": "subslide"}
# Now count multiplications of matrix products. A network 8-4-4 on 16 examples takes $F = 16\,(8 \cdot 4 + 4 \cdot 4) = 768$
# forward, and $3 \cdot 768 - 16 \cdot 8 \cdot 4 = 1{,}792$ in one pass of either mode. In general, with $F = n \sum_l d_{l-1} d_l$:
#
# $$\text{one forward-mode pass: } \underbrace{F}_{A W} + \underbrace{F}_{A \dot W}
# + \underbrace{F - n d_0 d_1}_{\dot A W}$$
#
# $$\text{one reverse-mode pass: } \underbrace{F}_{A W} + \underbrace{F}_{A^\top \delta}
# + \underbrace{F - n d_0 d_1}_{\delta W^\top}$$
#
# They take the same number. One gives one slope, the other the whole gradient.

# %% slideshow={"slide_type": "skip"}
def one_slope(layers, x, labels, f, df):
    """One forward-mode pass, along the first parameter."""
    direction = shaped(np.eye(1, len(flat(layers)))[0], layers)
    return directional_derivative(layers, direction, x, labels, f, df)


def whole_gradient_forward(layers, x, labels, f, df):
    """The gradient (P,) by forward mode: one pass per parameter."""
    return np.array([
        directional_derivative(layers, shaped(direction, layers), x, labels, f, df)
        for direction in np.eye(len(flat(layers)))])


def whole_gradient_reverse(layers, x, labels, f, df):
    """The gradient (P,) by reverse mode: one pass."""
    return gradient_of(layers, x, labels, f, df)

# %% slideshow={"slide_type": "skip"}
def multiplications(gradient, layers, x, labels):
    count = operation_count.Tally()
    counted = [(count.array(W), b) for W, b in layers]
    gradient(counted, count.array(x), labels, np.tanh, d_tanh)
    return count.multiplications


def seconds(gradient, layers, x, labels, repeats):
    """Processor time of the fastest of some repeats."""
    times = []
    for _ in range(repeats):
        began = time.process_time()
        gradient(layers, x, labels, np.tanh, d_tanh)
        times.append(time.process_time() - began)
    return min(times)

# %% slideshow={"slide_type": "skip"}
ways = {"forward mode": (whole_gradient_forward, 1), "one slope": (one_slope, 30),
        "reverse mode": (whole_gradient_reverse, 30)}
x_small, y_small = pixels[:16, 24:32], labels[:16] % 4
networks = [initial([8, width, 4], seed=0) for width in (4, 16, 64, 192)]
parameters = [len(flat(layers)) for layers in networks]
counts = {way: [multiplications(gradient, layers, x_small, y_small)
                for layers in networks] for way, (gradient, _) in ways.items()}
times = {way: np.array([[seconds(gradient, layers, x_small, y_small, repeats)
                         for layers in networks] for _ in range(3)])
         for way, (gradient, repeats) in ways.items()}  # (rounds, networks)

# %% slideshow={"slide_type": "skip"} tags=["hide-input"]
show.table(
    [[P, *[f"{counts[way][i]:,}" for way in ways]] for i, P in enumerate(parameters)],
    ["parameters", "whole gradient, forward mode", "one slope, forward mode",
     "whole gradient, reverse mode"], "Multiplications in matrix products, counted")
checks.equal("multiplications of forward mode, and reverse mode's times the parameters",
             counts["forward mode"],
             np.multiply(counts["reverse mode"], parameters), rtol=0)

# %% slideshow={"slide_type": "subslide"} tags=["hide-input"]
charts.curves(
    parameters, {way: 1e3 * times[way].T for way in ways},
    xscale="log", yscale="log", band="range",
    xlabel="parameters", ylabel="processor time (ms)",
    title="Whole gradients, and one slope",
    caption="In this run a whole gradient by reverse mode takes no longer than a "
    "single slope by forward mode. By forward mode a whole gradient takes one pass per "
    "parameter. Lines: median of 3 rounds, bands: all of them.",
    alt="Log-log chart of processor time against the number of parameters: forward "
    "mode rises about one power more steeply than reverse mode and than one slope.",
)

# %% [markdown] slideshow={"slide_type": "subslide"}
# <details><summary>Your prediction</summary>
#
# A million passes against one. Who guessed one for both thought of the chain rule's factors, which are the same, and
# not of the order in which they are multiplied. From the loss, which is *one* number, every intermediate result is a
# vector. From the parameters it is a matrix with one column per parameter.
#
# </details>
#
# One backward pass takes at most twice the forward pass's multiplications, **however many parameters there are**: that
# is one reason why networks could grow.

# %% [markdown] slideshow={"slide_type": "notes"}
# *Two prices remain.* Plain reverse mode keeps every $Z_l$ and $A_l$ until the gradient has come back: memory grows with depth
# times batch. And where one input drives many outputs, the ends are swapped, and forward mode is the cheap one.

# %% [markdown] slideshow={"slide_type": "skip"}
# ## May a layer be updated while the gradient is still passing? · 梯度还在传播时，可以先更新这一层吗？
#
# It would save memory: the last layer is updated as soon as its gradient is known, the gradient passes through the *new*
# weights to the layer before, and no layer's gradient need be kept. The article seems to describe it so (section 2.2):
# 「通过反向传播，沿着网络从输出层到输入层，依次更新各个节点的权值w」, "by backpropagation, along the network from the output
# layer to the input layer, update the weights w of each node in turn".
#
# **Predict before you run.** Is that still gradient descent? If not: what decides how far the step is off, and would you
# notice it in training?

# %% [markdown] slideshow={"slide_type": "skip"}
# By hand: one weight $W = 1$ with the input $A = 1$ and $\delta = 0.4$, at the rate $\eta = 0.5$. Its gradient is $0.4$,
# so it becomes $0.8$, and hands on $0.4 \cdot 0.8 = 0.32$ instead of $0.4$. In general the $W_l$ in
# $\delta_{l-1} = (\delta_l W_l^\top) \odot f'(Z_{l-1})$ is the one that the forward pass used; updated in passing,
#
# $$\delta_l \left(W_l - \eta A_{l-1}^\top \delta_l\right)^\top
# = \delta_l W_l^\top - \eta\, \delta_l \delta_l^\top A_{l-1}$$
#
# so the error is proportional to the learning rate $\eta$, and a new one is added at every layer that is passed.

# %% slideshow={"slide_type": "skip"}
def step_in_passing(layers, signals, outputs, y, df,
                    learning_rate):
    """Each layer is updated before the gradient passes through it."""
    changed, delta = list(layers), output_delta(outputs[-1], y)
    for l in reversed(range(len(layers))):
        weights, bias = layers[l]
        dW, db = outputs[l].T @ delta, delta.sum(axis=0)
        changed[l] = (weights - learning_rate * dW,
                      bias - learning_rate * db)
        if l > 0:
            weights, _ = changed[l]  # backward() takes layers[l] here
            delta = (delta @ weights.T) * df(signals[l - 1])
    return changed

# %% [markdown] slideshow={"slide_type": "skip"}
# *The rule for the verdict on A2.2.2, before we measure.* Taken at its word, the sentence says that updating in turn
# trains a network. We train both ways and look at the validation accuracy that
# updating in passing loses: once with the best learning rate for each way, and once with the largest at which gradient
# descent still works. All three rates are chosen on seeds that the verdict doesn't see.

# %% slideshow={"slide_type": "skip"} tags=["hide-input"]
claims.rule(
    "A2.2.2",
    {
        "holds": lambda at_best, at_high: max(at_best.high, at_high.high) < 0.05,
        "holds when the learning rate is small enough":
            lambda at_best, at_high: at_best.high < 0.05 < at_high.low,
        "does not hold": lambda at_best, at_high: at_best.low > 0.05,
        "not settled": True,
    },
    made_up={
        "holds": {"at_best": [0.01, 0.0, 0.02], "at_high": [0.01, 0.02, 0.02]},
        "holds when the learning rate is small enough":
            {"at_best": [0.01, 0.0, 0.02], "at_high": [0.5, 0.6, 0.4]},
        "does not hold": {"at_best": [0.2, 0.25, 0.22], "at_high": [0.6, 0.5, 0.7]},
        "not settled": {"at_best": [0.0, 0.2, 0.1], "at_high": [0.5, 0.6, 0.4]},
    },
)

# %% slideshow={"slide_type": "skip"}
def step_in_turn(layers, signals, outputs, y, df, learning_rate):
    """All gradients first; then updates in turn, from the output to the input."""
    gradients, changed = backward(layers, signals, outputs, y, df), list(layers)
    for l in reversed(range(len(layers))):
        (W, b), (dW, db) = layers[l], gradients[l]
        changed[l] = W - learning_rate * dW, b - learning_rate * db
    return changed


def step_angle(hidden, learning_rate, seed, x, y):
    """The angle in degrees between a step in passing and the gradient."""
    layers = initial([64, *hidden, 10], seed)
    passed = forward(layers, x, np.tanh)
    stepped = step_in_passing(layers, *passed, y, d_tanh, learning_rate)
    true = gradient_of(layers, x, y, np.tanh, d_tanh)
    return angle(flat(layers) - flat(stepped), true)

# %% slideshow={"slide_type": "skip"}
batch = pixels[:64], labels[:64]
depths, rates = [1, 2, 4, 8], np.array([0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0])
angles = {depth: np.array([[step_angle([32] * depth, rate, seed, *batch)
                            for rate in rates] for seed in range(5)])
          for depth in depths}
layers = initial([64, 32, 32, 32, 10], seed=0)
passed = forward(layers, batch[0], np.tanh)
checks.equal("a step in turn, after all gradients are known, and gradient descent's",
             flat(step_in_turn(layers, *passed, batch[1], d_tanh, 1.0)),
             flat(gradient_step(layers, *passed, batch[1], d_tanh, 1.0)), rtol=1e-15)

# %% slideshow={"slide_type": "skip"} tags=["hide-input"]
charts.curves(
    rates,
    {f"{depth} hidden layer{'s' * (depth > 1)}": angles[depth].T for depth in depths},
    xscale="log", yscale="log", band="range",
    xlabel="learning rate", ylabel="angle to the true gradient (degrees)",
    title="The first step, updated while the gradient passes",
    caption="Hidden layers of 32. The angle is proportional to the learning rate and "
    "grows with depth. Lines: median of 5 networks, bands: all of them.",
    alt="Four parallel rising lines on logarithmic axes: the angle grows in proportion "
    "to the learning rate, and is larger for deeper networks.",
)

# %% slideshow={"slide_type": "skip"} tags=["hide-input"]
claims.measure(
    "C02.6", "layers, not units, add up the error: angle of a step in passing at the "
    "rate 0.1 (degrees), 8 hidden layers of 32; control: 1 of 256",
    lambda hidden, seed: step_angle(hidden, 0.1, seed, *batch),
    of=[([32] * 8, seed) for seed in range(5)],
    control=[([256], seed) for seed in range(5)], above=2,
)

# %% [markdown] slideshow={"slide_type": "skip"}
# How large is that? For comparison, the angle between the gradients of two batches of 64:

# %% slideshow={"slide_type": "skip"} tags=["hide-input"]
def batch_angle(seed):
    """Between the gradients of two batches of 64 digits (degrees)."""
    layers = initial([64, 32, 32, 32, 32, 10], seed)
    return angle(*[gradient_of(layers, pixels[rows], labels[rows], np.tanh, d_tanh)
                   for rows in (slice(64), slice(64, 128))])


between = Measured([batch_angle(seed) for seed in range(5)], "°")
show.markdown(f"""
With four hidden layers the step is off by {Measured(angles[4][:, 4], "°"):.1f} at the
rate 0.1, and by {Measured(angles[4][:, -1], "°"):.0f} at the rate 1. The gradients of
two batches stand at {between:.0f} to each other.
""")

# %% [markdown] slideshow={"slide_type": "skip"}
# A surprise worth a look: next to the noise of small batches the mistake looks harmless. But noise has another
# direction in every batch, and averages out over many. What does the mistake do to training?

# %% slideshow={"slide_type": "skip"}
ways = {"all gradients first": gradient_step, "updated in passing": step_in_passing}
training_rates = np.array([0.1, 0.2, 0.4, 0.6, 0.8, 1.0, 1.2, 2.0])


def reached(way, rate, seed):
    """Validation accuracy of a network with two hidden layers of 32."""
    return trained_accuracy([64, 32, 32, 10], ways[way], rate, seed, (pixels, labels),
                            held_out)


tried = {way: np.array([[reached(way, rate, seed) for rate in training_rates]
                        for seed in range(100, 103)]) for way in ways}

# %% slideshow={"slide_type": "skip"} tags=["hide-input"]
charts.curves(
    training_rates, {way: accuracies.T for way, accuracies in tried.items()},
    xlabel="learning rate", ylabel="validation accuracy", xscale="log", band="range",
    title="Trained for 10 epochs, two hidden layers",
    caption="Hardly any difference at small rates. Updating in passing fails at rates "
    "at which gradient descent still trains well. Lines: median of 3 seeds, bands: all "
    "of them.",
    alt="Validation accuracy against the learning rate: both agree at small rates; "
    "updating in passing falls to chance at a smaller rate than gradient descent does.",
)

# %% slideshow={"slide_type": "skip"}
best = {way: training_rates[tried[way].mean(axis=0).argmax()] for way in ways}
works = tried["all gradients first"].min(axis=0) > 0.9
high = {way: training_rates[works].max() for way in ways}


def lost(rates, seed):
    """Validation accuracy lost by updating in passing, with a learning rate per way."""
    first, passing = [reached(way, rates[way], seed) for way in ways]
    return first - passing


lost_at_best, lost_at_high = [[lost(rates, seed) for seed in range(8)]
                              for rates in (best, high)]

# %% slideshow={"slide_type": "skip"} tags=["hide-input"]
claims.verdict("A2.2.2", at_best=lost_at_best, at_high=lost_at_high)
first, passing = [Measured(best[way]) for way in ways]
show.markdown(f"""
Best learning rates: {first} with all gradients first, {passing} updated in passing.
Largest at which gradient descent works: {Measured(high["updated in passing"])}.
""")

# %% [markdown] slideshow={"slide_type": "skip"}
# <details><summary>Your prediction</summary>
#
# "Gradient descent is gradient descent, in whatever order" is the common guess. It is right for the *updates*: their
# order is free once all gradients are known. It is wrong for the *gradients*: each is a derivative at the weights of
# the forward pass, and after a change there is no such point any more. The step is the further off, the larger the
# learning rate and the deeper the network. At small rates one would hardly notice; at large ones training failed here.
#
# </details>
#
# **First all gradients, then all updates**, as the training steps above do it. Read the article's "in turn" as the direction
# in which the gradient travels.

# %% [markdown] slideshow={"slide_type": "skip"}
# *What would have refuted it:* equal accuracies at the largest rate at which gradient descent works; the verdict would have
# been *holds*.

# %% [markdown] slideshow={"slide_type": "skip"}
# ## How long is "until it converges"? · “直至收敛”要多久？
#
# One repeats the four steps until the loss no longer falls. Does training always converge, if one is patient? Our
# network with one hidden layer of 32, for 20 epochs, at six learning rates.
#
# **Predict before you run.** Large steps get further. Will the loss after training fall and fall with the learning
# rate, level off, or turn?

# %% [markdown] slideshow={"slide_type": "skip"}
# What the article says (section 2.2): 「按照正向计算，得到输出结果y；然后计算损失函数J(w) …… 根据链式法则，求出各个节点的梯度dE/dz ……
# 更新各个节点的权值w，直至收敛」, "compute forward and get the output y; then compute the loss J(w) … by the chain rule,
# find the gradient dE/dz of every node … update each node's weights w, until it converges".
#
# *The rule for the verdict on A2.2.1, before we measure.* Steps 1 to 3 hold by definition: the checks above say that
# formulas, engine and tape agree. What may come out otherwise is the end of step 4. We take the share of the training
# loss that is left after 20 epochs (1 where it hasn't fallen), at the rate 0.125 and at the rate 2, twelve networks each, and
# call it converged where less than a tenth is left.

# %% slideshow={"slide_type": "skip"} tags=["hide-input"]
claims.rule(
    "A2.2.1",
    {
        "holds": lambda small_rate, large_rate:
            max(small_rate.high, large_rate.high) < 0.1,
        "holds when the learning rate is small enough": lambda small_rate, large_rate:
            small_rate.high < 0.1 < large_rate.low,
        "does not hold": lambda small_rate, large_rate: small_rate.low > 0.1,
        "not settled": True,
    },
    made_up={
        "holds": {"small_rate": [0.05, 0.06, 0.04], "large_rate": [0.01, 0.03, 0.02]},
        "holds when the learning rate is small enough":
            {"small_rate": [0.05, 0.06, 0.04], "large_rate": [0.5, 0.9, 0.7]},
        "does not hold":
            {"small_rate": [0.14, 0.15, 0.13], "large_rate": [0.2, 0.9, 0.1]},
        "not settled":
            {"small_rate": [0.05, 0.06, 0.04], "large_rate": [0.02, 0.9, 0.1]},
    },
)

# %% slideshow={"slide_type": "skip"}
def loss_left(learning_rate, seed):
    """The share of the training loss that 20 epochs leave, 1 where it hasn't fallen."""
    start = initial([64, 32, 10], seed)
    with np.errstate(all="ignore"):
        *_, end = train(start, pixels, labels, np.tanh, d_tanh, epochs=20, seed=seed,
                        learning_rate=learning_rate)
        before, after = [loss_of(layers, pixels, labels, np.tanh)
                         for layers in (start, end)]
    return min(after / before, 1.0) if np.isfinite(after) else 1.0


network_rates = [0.125, 0.25, 0.5, 1.0, 2.0, 4.0]
left = np.array([[loss_left(rate, seed) for rate in network_rates]
                 for seed in range(10, 13)])
at_two_rates = {rate: [loss_left(rate, seed) for seed in range(20, 32)]
                for rate in (0.125, 2.0)}  # for the verdict: other networks

# %% slideshow={"slide_type": "skip"} tags=["hide-input"]
charts.curves(
    list(map(str, network_rates)), {"one hidden layer of 32": left.T},
    xlabel="learning rate", ylabel="share of the loss left", yscale="log", band="range",
    title="The training loss after 20 epochs",
    caption="Up to a point, a larger learning rate gets further. Beyond it, networks "
    "differ widely, and at last none learns. Line: median of 3 seeds, band: all of "
    "them.",
    alt="On a logarithmic axis the loss left falls with the learning rate, turns, and "
    "is as large as before training at the largest rate.",
)

# %% slideshow={"slide_type": "skip"} tags=["hide-input"]
claims.verdict("A2.2.1", small_rate=at_two_rates[0.125],
               large_rate=at_two_rates[2.0])

# %% [markdown] slideshow={"slide_type": "skip"}
# <details><summary>Your prediction</summary>
#
# It turns. "It levels off" is a common guess, with a ball in mind that rolls into a bowl. But a step is a jump: too
# long a jump lands higher on the other side than it started from.
#
# </details>

# %% [markdown] slideshow={"slide_type": "skip"}
# ### Where is the limit, and how long does it take?
#
# On a network no formula tells beforehand. On a bowl one does. In one dimension, $E = \tfrac12 \lambda w^2$, a step makes
# $w - \eta \lambda w = (1 - \eta \lambda)\, w$. With $\lambda = 1$: $\eta = 0.5$ halves the distance, $\eta = 1.5$ halves it on the
# other side, $\eta = 2.5$ makes it grow. In more dimensions take least squares with a penalty on the squared weights, *ridge
# regression*, here of $n$ diabetes patients with 10 features, standardised:
#
# $$E(w) = \frac{1}{2n} \|X w - y\|^2 + \frac{\lambda}{2} \|w\|^2, \qquad
# H = \frac{X^\top X}{n} + \lambda I, \qquad w^* = H^{-1} \frac{X^\top y}{n}$$
#
# Along an eigenvector of $H$, a direction that $H$ only stretches, by its eigenvalue $\lambda_i$, each step multiplies the
# distance to $w^*$ by $1 - \eta \lambda_i$. With the eigenvalues $2$ and $0.2$ and $\eta = 0.5$: the steep direction arrives at once,
# $1 - 1 = 0$, and the flat one keeps $1 - 0.1 = 0.9$ of its distance. In general, let $L$ be the largest eigenvalue and $\mu$ the
# smallest. Above $\eta = 2/L$ the steepest direction grows. At $\eta = 1/L$ the flattest keeps $1 - 1/\kappa$ per step,
# where $\kappa = L / \mu$ is the *condition number*.

# %% [markdown] slideshow={"slide_type": "skip"}
# **Predict before you run.** For $\kappa = 500$, how many steps win one more correct digit: about 3, about 100, or about
# 1,000? And once the loss no longer changes in its first four digits, is $w$ known to four digits?

# %% slideshow={"slide_type": "skip"}
def ridge(x, y, penalty):
    """Hessian (d, d) and right-hand side (d,) of ridge regression, features scaled."""
    x, y = (x - x.mean(axis=0)) / x.std(axis=0), y - y.mean()
    return x.T @ x / len(x) + penalty * np.eye(x.shape[1]), x.T @ y / len(x)


def descend(hessian, right_side, learning_rate, steps):
    """Gradient descent from 0: every w visited, (steps + 1, d)."""
    path = [np.zeros(len(right_side))]
    for _ in range(steps):
        path.append(path[-1] - learning_rate * (hessian @ path[-1] - right_side))
    return np.array(path)


def relative_distances(path, optimum):
    return np.linalg.norm(path - optimum, axis=1) / np.linalg.norm(optimum)

# %% slideshow={"slide_type": "skip"}
patients = datasets.load("diabetes").train
x_patients, y_patients = patients.x.astype("float64"), patients.y.astype("float64")
problems = {penalty: ridge(x_patients, y_patients, penalty)
            for penalty in (0.0, 0.03, 0.3)}
conditions, distances = {}, {}
for penalty, (hessian, right_side) in problems.items():
    spectrum = np.linalg.eigvalsh(hessian)
    conditions[penalty] = spectrum[-1] / spectrum[0]
    path = descend(hessian, right_side, 1 / spectrum[-1], steps=12_000)
    distances[penalty] = relative_distances(path, np.linalg.solve(hessian, right_side))

# %% slideshow={"slide_type": "skip"} tags=["hide-input"]
def steps_for_a_digit(distances):
    """Steps from a relative distance of 1e-6 to one of 1e-7."""
    return int(np.argmax(distances < 1e-7) - np.argmax(distances < 1e-6))


show.table(
    [[penalty, *(f"{Measured(value):.0f}" for value in (
        condition, condition * np.log(10), steps_for_a_digit(distances[penalty])))]
     for penalty, condition in conditions.items()],
    ["ridge penalty", "κ", "κ ln 10", "steps from the distance 1e-6 to 1e-7"],
    "Steps for one more digit")
hessian, right_side = problems[0.0]
values, vectors = np.linalg.eigh(hessian)
path = descend(hessian, right_side, 1 / values[-1], steps=2_000)
flattest = (path - np.linalg.solve(hessian, right_side)) @ vectors[:, 0]
checks.equal("the distance along the flattest direction, and theory's",
             flattest / flattest[0], (1 - values[0] / values[-1]) ** np.arange(2_001))

# %% slideshow={"slide_type": "skip"}
def stopped(path, hessian, right_side, y, tolerance):
    """The first step that changes the loss by less than a share; the distance then."""
    centred = path - np.linalg.solve(hessian, right_side)
    lowest = -0.5 * right_side @ np.linalg.solve(hessian, right_side)
    spread = 0.5 * np.mean((y - y.mean()) ** 2)  # the loss at w = 0
    loss = spread + lowest + 0.5 * np.einsum("ti,ij,tj->t", centred, hessian, centred)
    step = np.argmax(-np.diff(loss) < tolerance * loss[1:])
    return step, np.linalg.norm(centred[step]) / np.linalg.norm(centred[0])


def way_to_go(rows, penalty):
    """Share of the way still to go when a step changes the loss by less than 1e-4."""
    hessian, right_side = ridge(x_patients[rows], y_patients[rows], penalty)
    largest = np.linalg.eigvalsh(hessian)[-1]
    path = descend(hessian, right_side, 1 / largest, steps=1_000)
    return stopped(path, hessian, right_side, y_patients[rows], tolerance=1e-4)[1]


order = np.random.default_rng(0).permutation(len(x_patients))
fifths = [order[i::5] for i in range(5)]  # disjoint groups of patients

# %% slideshow={"slide_type": "skip"} tags=["hide-input"]
claims.measure(
    "C02.7", "a flat loss doesn't say that the weights have arrived: share of the way "
    "still to go, 5 groups of patients, least squares; control: ridge penalty 0.3",
    way_to_go, of=[(rows, 0.0) for rows in fifths],
    control=[(rows, 0.3) for rows in fifths], above=0.1,
)

# %% [markdown] slideshow={"slide_type": "skip"}
# <details><summary>Your prediction</summary>
#
# About a thousand steps for a digit: $\kappa \ln 10$. "About 3" has a method in mind that uses the curvature, as Newton's
# does, which the condition number doesn't slow down. And no: **a loss that has gone flat doesn't say that the weights have
# arrived.** In the flat direction there is far to go and little loss to win.
#
# </details>

# %% slideshow={"slide_type": "skip"} tags=["hide-input"]
to_go = Measured([way_to_go(rows, 0.0) for rows in fifths])
show.markdown(f"""
Stopped when a step changes the loss by less than a ten-thousandth, least squares have
{to_go:.0%} of the way still to go (5 groups of patients).
""")

# %% [markdown] slideshow={"slide_type": "skip"}
# *What follows:* "until it converges" needs a learning rate below the limit, patience in proportion to $\kappa$, and a
# criterion. On a network, whose $L$ changes under way and whose optimum is unknown, one stops by validation instead
# ([chapter 05](05_hyperparameters_and_regularization.ipynb)).

# %% [markdown] slideshow={"slide_type": "slide"}
# ## What do momentum and Adam add? · 动量法与 Adam 带来什么？
#
# A long valley: steep across, $L = 1$; flat along, $\mu = 0.001$. Gradient descent must keep its rate below $2/L$ for
# the walls' sake, and so crawls along the floor.
#
# **Predict before you run.** With the best learning rate for each, which is first at the bottom: gradient descent,
# momentum ($\beta = 0.9$), or Adam? And if the same valley is *turned* by 45°, which of the three notices?

# %% [markdown] slideshow={"slide_type": "subslide"}
# **Momentum** (Polyak 1964) lets the step gather speed: $v \leftarrow \beta v - \eta g$, $w \leftarrow w + v$. By hand, $E = \tfrac12 w^2$,
# $\eta = \beta = \tfrac12$, from $w = 1$ at rest: $v = -\tfrac12$, $w = \tfrac12$; then $v = -\tfrac14 - \tfrac14$, $w = 0$; then $v = -\tfrac14$: it
# rolls past the lowest point.

# %% [markdown] slideshow={"slide_type": "subslide"}
# Along an eigenvector, $g = \lambda w$, and with momentum's velocity put in, $w_{t+1} = (1 + \beta - \eta\lambda) w_t - \beta w_{t-1}$. With
# $\beta = \eta\lambda = 0.64$ the solutions go like $r^t$ where $r^2 - r + 0.64 = 0$: $r = 0.5 \pm 0.62\,i$, of modulus
# $\sqrt{0.25 + 0.39} = 0.8 = \sqrt\beta$. In general,
#
# $$r^2 - (1 + \beta - \eta \lambda)\, r + \beta = 0$$
#
# The product of the two roots is $\beta$. If they are complex, both have the modulus $\sqrt\beta$, *whatever
# $\lambda$ is*: steep and flat directions converge at the same rate. That is so while
# $(1 - \sqrt\beta)^2 < \eta\lambda < (1 + \sqrt\beta)^2$.

# %% [markdown] slideshow={"slide_type": "subslide"}
# **Adam** (Kingma & Ba 2015) divides each coordinate's step by the root of its mean squared gradient. By hand, the first
# step: gradients of $100$ and of $0.01$ are divided by $\sqrt{100^2}$ and $\sqrt{0.01^2}$, so both coordinates move by $\eta$.
#
# $$m \leftarrow \beta_1 m + (1 - \beta_1) g, \quad s \leftarrow \beta_2 s + (1 - \beta_2) g^2$$
#
# $$w \leftarrow w - \eta\, \frac{\sqrt{1 - \beta_2^t}}{1 - \beta_1^t} \cdot \frac{m}{\sqrt{s} + \epsilon}$$
#
# $m$ and $s$ start at 0, so after $t$ steps they hold only a share $1 - \beta^t$ of a mean: hence the fraction.

# %% slideshow={"slide_type": "skip"}
def momentum(w, g, state, t, learning_rate, beta=0.9):
    velocity = beta * state.get("v", 0.0) - learning_rate * g
    return w + velocity, {"v": velocity}


def gradient_descent(w, g, state, t, learning_rate):
    return momentum(w, g, state, t, learning_rate, beta=0.0)


def adam(w, g, state, t, learning_rate, beta_1=0.9, beta_2=0.999,
         epsilon=1e-7, amsgrad=False):
    m = beta_1 * state.get("m", 0.0) + (1 - beta_1) * g
    s = beta_2 * state.get("s", 0.0) + (1 - beta_2) * g**2
    largest = np.maximum(state.get("largest", 0.0), s)
    step = learning_rate * np.sqrt(1 - beta_2**t) / (1 - beta_1**t) * m
    w = w - step / (np.sqrt(largest if amsgrad else s) + epsilon)
    return w, {"m": m, "s": s, "largest": largest}

# %% slideshow={"slide_type": "skip"}
def walk(rule, hessian, start, learning_rate, steps, **options):
    """Minimise w·H·w / 2: every w visited, (steps + 1, ..., d).

    start: (..., d), several at once; learning_rate: a number, or shaped to fit.
    """
    path, state = [np.asarray(start, "float64")], {}
    for t in range(1, steps + 1):
        gradient = path[-1] @ hessian
        w, state = rule(path[-1], gradient, state, t, learning_rate, **options)
        path.append(w)
    return np.array(path)

# %% slideshow={"slide_type": "skip"}
def valley(degrees, floor=0.001):
    """The Hessian of a valley, turned from the first axis; and the rotation."""
    sine, cosine = np.sin(np.radians(degrees)), np.cos(np.radians(degrees))
    rotation = np.array([[cosine, -sine], [sine, cosine]])
    return rotation @ np.diag([floor, 1.0]) @ rotation.T, rotation


def losses(path, hessian):
    return 0.5 * np.einsum("...i,ij,...j->...", path, hessian, path)

# %% [markdown] slideshow={"slide_type": "skip"}
# First, momentum's two roots: at $\eta = 3$ the moduli for all curvatures from $\mu$ to $L$ should be $\sqrt\beta$. And
# are these the optimisers that Keras has? Its own, on the same valley, from the same start, in float64. One trap:
# Keras passes learning rate and β through float32 even then, and 0.9 isn't the same number there. So all of them
# are sums of powers of two here: $\beta = \beta_1 = 7/8$ and $\beta_2 = 1 - 2^{-10}$.

# %% slideshow={"slide_type": "skip"}
def keras_walk(optimizer, hessian, start, steps):
    w = keras.Variable(start, dtype="float64")
    path = [w.numpy()]
    for _ in range(steps):
        optimizer.apply([tf.linalg.matvec(hessian, w.value)], [w])
        path.append(w.numpy())
    return np.array(path)


hessian, start = valley(20)[0], [8.0, 3.0]
betas = {"beta_1": 0.875, "beta_2": 1 - 2**-10}
pairs = {
    "gradient descent": (gradient_descent, keras.optimizers.SGD(0.25), {}),
    "momentum": (momentum, keras.optimizers.SGD(0.25, momentum=0.875), {"beta": 0.875}),
    "Adam": (adam, keras.optimizers.Adam(0.25, **betas), betas),
    "AMSGrad": (adam, keras.optimizers.Adam(0.25, amsgrad=True, **betas),
                {"amsgrad": True, **betas}),
}

# %% slideshow={"slide_type": "skip"} tags=["hide-input"]
roots = [np.roots([1, -(1.9 - 3 * curvature), 0.9])
         for curvature in np.linspace(0.001, 1, 50)]
checks.equal("the moduli of momentum's roots, and the root of β",
             np.abs(roots), np.sqrt(0.9))
for name, (rule, optimizer, options) in pairs.items():
    checks.equal(f"60 steps of {name}, and Keras' own",
                 walk(rule, hessian, start, 0.25, 60, **options),
                 keras_walk(optimizer, hessian, start, 60), atol=1e-12)

# %% [markdown] slideshow={"slide_type": "skip"}
# Adam as printed in the paper's Algorithm 1 adds $\epsilon$ after $s$ has been corrected. Papers, libraries and textbooks
# differ in such details.
#
# Now the race. The learning rates are chosen on eight starts and judged on eight others; near gradient descent's limit 2
# and momentum's $2\,(1 + \beta) = 3.8$ the grid is finer. A start has arrived when its loss is below $10^{-6}$ and
# stays there for 200 steps.

# %% slideshow={"slide_type": "skip"}
rules = {"gradient descent": gradient_descent, "momentum": momentum, "Adam": adam}
rates = np.sort([*2.0 ** (np.arange(-16, 25) / 4), 1.9, 1.95, 1.98, 1.99, 1.995,
                 3.5, 3.65, 3.75])
turns = np.random.default_rng(0).uniform(0.2, 1.3, 16)
starts = 10 * np.stack([np.cos(turns), np.sin(turns)], axis=1)
choosing, judging = slice(0, 8), slice(8, 16)


def steps_needed(rule, hessian, starts, rates, limit=4_000, calm=200):
    """Steps until the loss stays below 1e-6 for a while; (starts, rates)."""
    grid = np.repeat(starts[:, None], len(rates), axis=1)
    with np.errstate(all="ignore"):  # large rates diverge
        path = walk(rule, hessian, grid, np.reshape(rates, (-1, 1)), limit)
        low = losses(path, hessian) < 1e-6
    time = np.arange(limit + 1)[:, None, None]
    last = np.maximum.accumulate(np.where(low, -1, time))  # last time above
    arrived = time - last >= calm
    first = np.take_along_axis(last, arrived.argmax(axis=0)[None], axis=0)[0] + 1
    return np.where(arrived.any(axis=0), first, limit)

# %% slideshow={"slide_type": "skip"}
def sweep(name, degrees, floor=0.001):
    """Steps needed, (starts, rates); the starts are turned with the valley."""
    hessian, rotation = valley(degrees, floor)
    return steps_needed(rules[name], hessian, starts @ rotation.T, rates)


needed = {(name, degrees): sweep(name, degrees)
          for name in rules for degrees in (0, 45)}
mild = {name: sweep(name, 0, floor=0.1) for name in ("gradient descent", "momentum")}


def at_best(steps):
    """Steps of the starts that judge, at the rate that the others choose."""
    return steps[judging, steps[choosing].mean(axis=0).argmin()]


def best_rate(steps):
    return rates[steps[choosing].mean(axis=0).argmin()]

# %% slideshow={"slide_type": "subslide"} tags=["hide-input"]
fig, axes = plt.subplots(1, 2, figsize=(10, 4.2), sharey=True)
for axis, degrees in zip(axes, (0, 45), strict=True):
    charts.curves(
        rates, {name: needed[name, degrees][choosing].T for name in rules}, ax=axis,
        xlabel="learning rate", ylabel="steps to a loss of 1e-6", xscale="log",
        yscale="log", band="range",
        title="Valley turned by 45°" if degrees else "Valley along an axis")
show.figure(
    fig,
    caption="Fewer is better; 4,000 means not within 4,000 steps. Gradient descent and "
    "momentum need the same number of steps however the valley lies. Adam gets along "
    "with a wide range of rates while the valley follows an axis, and needs more steps "
    "when it doesn't.",
    alt="Two charts of the steps needed against the learning rate. Gradient descent "
    "needs thousands of steps and works below a rate of two only; momentum needs few "
    "steps just below its limit; Adam needs few at nearly all rates when the valley "
    "follows an axis, and several times as many when it is turned by 45 degrees.",
)

# %% slideshow={"slide_type": "subslide"} tags=["hide-input"]
show.table(
    [[name, *[cell for degrees in (0, 45)
              for cell in (f"{Measured(best_rate(needed[name, degrees])):.3g}",
                           f"{Measured(at_best(needed[name, degrees])):.0f}")]]
     for name in rules],
    ["rule", "best rate, 0°", "steps, 0°", "best rate, 45°", "steps, 45°"],
    "Each at its best learning rate, 8 starts")

# %% slideshow={"slide_type": "skip"} tags=["hide-input"]
hessian, rotation = valley(45, floor=0.01)
backpropagation.trajectories(
    {name: walk(rule, hessian, rotation @ np.array([9.0, 3.0]), rate, 60)
     for (name, rule), rate in zip(rules.items(), [1.75, 0.25, 1.0], strict=True)},
    hessian, title="60 steps in a turned valley, ten times less narrow",
    caption="Gradient descent jumps from wall to wall and then creeps; momentum swings "
    "out and rolls on; Adam sets off along the diagonal of its coordinates.",
    alt="Contours of a narrow diagonal valley with three paths from the upper right: "
    "gradient descent zigzags between the walls and then creeps; momentum and Adam "
    "swing across the floor in growing and shrinking loops.",
)

# %% [markdown] slideshow={"slide_type": "subslide"}
# <details><summary>Your prediction</summary>
#
# "Adam, since everyone uses it" is a common guess. Along an axis, Adam and momentum arrive about level, both far ahead
# of gradient descent. Adam's strength is that it forgives a wide range of learning rates, *where steep and flat
# directions follow the coordinates*. Turned by 45°, each coordinate sees both; dividing by it helps less, and only Adam notices.
#
# </details>
#
# With these $\beta$ none of the three is best in both valleys, and how the parameters are laid out matters to Adam,
# not to momentum.

# %% slideshow={"slide_type": "notes"} tags=["hide-input"]
def octaves(name, start):
    """Factors of two between the rates that need at most 1.5 times the fewest steps."""
    steps = needed[name, 0][start]
    good = rates[steps <= 1.5 * steps.min()]
    return np.log2(good.max() / good.min())


claims.measure(
    "C02.8", "in a narrow valley momentum pays: gradient descent's steps over "
    "momentum's, each at its best rate, condition number 1,000; control: 10",
    lambda descent, momentum: descent / momentum,
    of=list(zip(at_best(needed["gradient descent", 0]),
                at_best(needed["momentum", 0]), strict=True)),
    control=list(zip(at_best(mild["gradient descent"]), at_best(mild["momentum"]),
                     strict=True)), above=5)

# %% slideshow={"slide_type": "notes"} tags=["hide-input"]
claims.measure(
    "C02.9", "turned by 45°, Adam falls behind: its steps over momentum's, each at "
    "its best rate; control: the same valley along an axis",
    lambda degrees, i: at_best(needed["Adam", degrees])[i]
    / at_best(needed["momentum", degrees])[i],
    of=[(45, i) for i in range(8)], control=[(0, i) for i in range(8)], above=1.5)
claims.measure(
    "C02.10", "along an axis Adam forgives the learning rate: factors of two between "
    "the rates with at most 1.5 times the fewest steps; control: momentum", octaves,
    of=[("Adam", start) for start in range(8, 16)],
    control=[("momentum", start) for start in range(8, 16)], above=4)

# %% [markdown] slideshow={"slide_type": "notes"}
# *What would have refuted it:* equal step counts for Adam in both valleys, or a momentum as forgiving as
# Adam. Momentum's β is the usual 0.9 throughout and wasn't tuned: in the mild valley
# of C02.8's control, gradient descent wins, since $\sqrt\beta$ per step is slower than what the valley allows.

# %% [markdown] slideshow={"slide_type": "skip"}
# ### Does Adam stay where it has arrived?
#
# **Predict before you run.** In the straight valley Adam has arrived after fewer than 200 steps. Let it go on, with the
# same learning rate, for 12,000. Does it (a) stay, (b) get ever closer, or (c) come out again?

# %% slideshow={"slide_type": "skip"}
straight, _ = valley(0)
long_runs = {
    "Adam": losses(walk(adam, straight, starts[judging], 0.5, 12_000), straight),
    "AMSGrad": losses(walk(adam, straight, starts[judging], 0.5, 12_000, amsgrad=True),
                      straight),
}  # (steps + 1, starts)

# %% slideshow={"slide_type": "skip"} tags=["hide-input"]
shown = np.arange(0, 12_001, 20)
charts.curves(
    shown, {name: np.maximum(run[shown], 1e-40) for name, run in long_runs.items()},
    xlabel="step", ylabel="loss", yscale="log", band="range",
    title="Adam at the rate 0.5, and with a memory for the largest gradients",
    caption="Adam gets ever closer, and then comes out again. AMSGrad, which divides "
    "by the largest s so far, stays. Lines: median of 8 starts, bands: all of them, "
    "cut at 1e-40.",
    alt="The loss on a logarithmic axis against 12,000 steps: both fall below 1e-40; "
    "Adam's returns to large values several times, AMSGrad's stays.",
)

# %% [markdown] slideshow={"slide_type": "skip"}
# <details><summary>Your prediction</summary>
#
# First (b), then (c). The gradients become tiny, so $s$, their mean square, fades as well, and what is divided by
# $\sqrt s$ becomes a step too long for the walls. The loss grows, $s$ is large again, and all begins anew. An $s$ that
# doesn't forget (AMSGrad, Reddi et al. 2018) prevents it here. A rate that falls is the usual remedy.
#
# </details>

# %% slideshow={"slide_type": "skip"} tags=["hide-input"]
again = {name: run[2_000:].max(axis=0) for name, run in long_runs.items()}
show.markdown(f"""
Largest loss after step 2,000, from eight starts: Adam
{Measured(again["Adam"].min()):.2f} to {Measured(again["Adam"].max()):.2f}, AMSGrad
{Measured(again["AMSGrad"].max()):.0e} at most.
""")

# %% [markdown] slideshow={"slide_type": "notes"}
# [Chapter 05](05_hyperparameters_and_regularization.ipynb) tunes optimisers on networks, whose gradients are noisy and
# don't fade like this.

# %% [markdown] slideshow={"slide_type": "skip"}
# ## Where do Nesterov and RMSProp stand? · Nesterov 与 RMSProp 处在什么位置？
#
# Two more that Keras offers. **Nesterov's momentum** (1983) looks where the velocity leads *before* it asks for the
# gradient. **RMSProp** (Tieleman & Hinton 2012) is Adam without momentum, without the correction at the start, and with
# a shorter memory.
#
# By hand, $E = \tfrac12 w^2$, so $g = w$; $w = 1$, $v = -0.5$, $\eta = 0.1$, $\beta = 0.9$. Momentum: $v = -0.45 - 0.1 = -0.55$. Nesterov
# asks at $w + \beta v = 0.55$: $v = -0.45 - 0.055 = -0.505$. It brakes earlier. In general,
#
# $$v \leftarrow \beta v - \eta\, g(w + \beta v), \qquad w \leftarrow w + v$$

# %% [markdown] slideshow={"slide_type": "skip"}
# RMSProp: $s \leftarrow \rho s + (1 - \rho) g^2$, $w \leftarrow w - \eta\, g / \sqrt{s + \epsilon}$. By hand, $\rho = 0.9$: the first
# gradient, of any size, makes $\sqrt s = \sqrt{0.1}\,|g|$, and so a step of $3.2\, \eta$.
#
# **Predict before you run.** A digit network has five epochs. Of gradient descent, momentum, Nesterov, RMSProp and Adam,
# each at its own best learning rate, which ends with the lowest training loss? Does RMSProp beat plain momentum?

# %% slideshow={"slide_type": "skip"}
def nesterov(w, g, state, t, learning_rate, beta=0.9):
    """As Keras does it: w is the point that was looked ahead to."""
    velocity = beta * state.get("v", 0.0) - learning_rate * g
    return w + beta * velocity - learning_rate * g, {"v": velocity}


def rmsprop(w, g, state, t, learning_rate, rho=0.9, momentum=0.0,
            epsilon=1e-7):
    s = rho * state.get("s", 0.0) + (1 - rho) * g**2
    scaled = learning_rate * g / np.sqrt(s + epsilon)
    step = momentum * state.get("step", 0.0) + scaled
    return w - step, {"s": s, "step": step}


def rmsprop_momentum(w, g, state, t, learning_rate):
    return rmsprop(w, g, state, t, learning_rate, momentum=0.9)

# %% slideshow={"slide_type": "skip"}
def descent(rule, rate, seed, x, y, epochs=5):
    """Training loss of a network [64, 32, 10] after some epochs."""
    layers = initial([64, 32, 10], seed)
    w, state, random = flat(layers), {}, np.random.default_rng(seed)
    steps = len(x) // 32
    with np.errstate(all="ignore"):  # large rates diverge
        for t in range(epochs * steps):
            if t % steps == 0:
                batches = np.array_split(random.permutation(len(x)), steps)
            rows = batches[t % steps]
            g = gradient_of(shaped(w, layers), x[rows], y[rows], np.tanh, d_tanh)
            w, state = rule(w, g, state, t + 1, rate)
        loss = loss_of(shaped(w, layers), x, y, np.tanh)
    return min(loss, 10.0) if np.isfinite(loss) else 10.0

# %% slideshow={"slide_type": "skip"}
contenders = {  # and the learning rates tried, a factor of 2 apart
    "gradient descent": (gradient_descent, 2.0 ** np.arange(-4, 3)),
    "momentum": (momentum, 2.0 ** np.arange(-7, 1)),
    "Nesterov": (nesterov, 2.0 ** np.arange(-7, 1)),
    "RMSProp": (rmsprop, 2.0 ** np.arange(-10, -3)),
    "RMSProp + momentum": (rmsprop_momentum, 2.0 ** np.arange(-13, -5)),
    "Adam": (adam, 2.0 ** np.arange(-9, -2)),
}
tuned, ended = {}, {}
for name, (rule, tries) in contenders.items():
    found = [[descent(rule, rate, seed, pixels, labels) for rate in tries]
             for seed in range(100, 103)]
    tuned[name] = tries[np.mean(found, axis=0).argmin()]
    ended[name] = [descent(rule, tuned[name], seed, pixels, labels)
                   for seed in range(10)]

# %% slideshow={"slide_type": "skip"} tags=["hide-input"]
hessian, start = valley(20)[0], [8.0, 3.0]
for name, rule, optimizer, options in [
    ("Nesterov", nesterov, keras.optimizers.SGD(0.25, momentum=0.875, nesterov=True),
     {"beta": 0.875}),
    ("RMSProp", rmsprop, keras.optimizers.RMSprop(0.25, rho=0.875), {"rho": 0.875}),
]:
    checks.equal(f"60 steps of {name}, and Keras' own",
                 walk(rule, hessian, start, 0.25, 60, **options),
                 keras_walk(optimizer, hessian, start, 60), atol=1e-6)

# %% slideshow={"slide_type": "skip"} tags=["hide-input"]
show.table(
    [[name, f"{Measured(tuned[name]):.3g}", f"{Measured(ended[name]):.3f}"]
     for name in contenders],
    ["rule", "best learning rate", "training loss (nats)"],
    "Digits, five epochs in batches of 32, each rule at its best rate; 10 networks")

# %% [markdown] slideshow={"slide_type": "skip"}
# <details><summary>Your prediction</summary>
#
# Nesterov's momentum has the lowest mean, and no. "RMSProp and Adam, since they adapt to each weight" is a common guess. But
# here RMSProp's mean is behind plain momentum's, and Adam is about level with that. So is RMSProp if it is given a momentum of
# 0.9 (`keras.optimizers.RMSprop(momentum=0.9)`). This is one small network and five epochs, and the best four intervals
# overlap; on another problem the order may be another.
#
# </details>

# %% [markdown] slideshow={"slide_type": "skip"}
# Two warnings. In the noiseless valley of the section before, the order is another: there Nesterov must keep its rate below
# $2 (1 + \beta) / (1 + 2 \beta) \approx 1.36$, where momentum may take $3.8$. And RMSProp doesn't settle there at a constant rate:
# near the lowest point $g / \sqrt s$ stays about 1 however small $g$ is, so that its steps don't shrink. Lower the rate towards
# the end ([chapter 05](05_hyperparameters_and_regularization.ipynb)).

# %% [markdown] slideshow={"slide_type": "skip"}
# ## What the article says, and what was measured · 文章怎么说，测得如何
#
# A2.2.1: the four steps, until it converges. A2.2.2: updating in turn, from the output layer to the input layer. C02: the
# course's own sentences in this chapter.

# %% slideshow={"slide_type": "skip"} tags=["hide-input"]
claims.report()

# %% [markdown] slideshow={"slide_type": "skip"}
# ## Exercises · 练习
#
# **1. Recall.** The neuron of the first section, with $x = (3, 1)$, $w = (0.5, -1.5)$, $b = 0$, $t = 0$. What is
# $dE/dw_1$? Do it on paper.

# %% slideshow={"slide_type": "skip"}
answer = ...
exercises.check("02.1", answer)

# %% slideshow={"slide_type": "skip"} tags=["hide-input"]
exercises.hint("02.1")
exercises.solution("02.1")

# %% [markdown] slideshow={"slide_type": "skip"}
# **2. Apply.** A network 784-128-10 works on a batch of 64. How many multiplications do the matrix products of its
# forward *and* backward pass take together? (The input needs no gradient.)

# %% slideshow={"slide_type": "skip"}
answer = ...
exercises.check("02.2", answer)

# %% slideshow={"slide_type": "skip"} tags=["hide-input"]
exercises.hint("02.2")
exercises.solution("02.2")

# %% [markdown] slideshow={"slide_type": "skip"}
# **3. Build.** Give the engine division: a function `divide(a, b)` that gives a `Node`, as `multiply` does. Its value
# must be right, and so must the two pullbacks. (Then build the softmax of two nodes out of `divide`, `+` and an
# elementwise exponential.)

# %% slideshow={"slide_type": "skip"}
answer = ...
exercises.check("02.3", answer)

# %% slideshow={"slide_type": "skip"} tags=["hide-input"]
exercises.hint("02.3")
exercises.solution("02.3")

# %% [markdown] slideshow={"slide_type": "skip"}
# **4. Build, Keras.** Write a class `SignDescent`, a `keras.Model` with a `train_step` of its own: each weight moves by
# the learning rate, against the *sign* of its gradient, whatever the gradient's size. Compiled with
# `keras.optimizers.SGD` it must be ready for `fit`. The answer is the class.

# %% slideshow={"slide_type": "skip"}
answer = ...
exercises.check("02.4", answer)

# %% slideshow={"slide_type": "skip"} tags=["hide-input"]
exercises.hint("02.4")
exercises.solution("02.4")

# %% [markdown] slideshow={"slide_type": "skip"}
# **5. Explore.** Call the loss with a *complex* weight, $w + i h$, and divide the imaginary part by $h$. Try
# $h = 10^{-2}$, $10^{-5}$, $10^{-10}$, $10^{-100}$. Why does its error have no left branch, as that of a difference
# quotient has?

# %% slideshow={"slide_type": "skip"} tags=["hide-input"]
exercises.hint("02.5")
exercises.solution("02.5")

# %% [markdown] slideshow={"slide_type": "skip"}
# ## Terms · 术语
#
# | English | 中文 | in one line |
# | --- | --- | --- |
# | backpropagation | 反向传播 | the chain rule, applied from the loss back to every parameter |
# | chain rule | 链式法则 | the derivative of a composition is the product of its links' derivatives, summed over paths |
# | gradient | 梯度 | all partial derivatives of the loss, shaped like the parameters |
# | forward pass, backward pass | 前向传播、反向传播过程 | computing values; computing gradients |
# | finite differences, difference quotient | 有限差分、差商 | a derivative estimated from two losses |
# | truncation error, rounding error | 截断误差、舍入误差 | what Taylor's series leaves out; what finitely many digits leave out |
# | automatic differentiation | 自动微分 | exact derivatives of a program, operation by operation |
# | forward mode, reverse mode | 前向模式、反向模式 | one input's derivatives of everything; one output's derivatives by everything |
# | computation graph | 计算图 | which value was made from which |
# | learning rate | 学习率 | the factor between gradient and step |
# | convergence | 收敛 | the distance to the optimum goes to zero |
# | condition number | 条件数 | largest over smallest curvature |
# | momentum | 动量 | a step that remembers the steps before |
# | Nesterov's momentum | Nesterov 动量 | momentum that asks for the gradient where its velocity leads |
# | RMSProp | RMSProp（均方根传播） | each coordinate divided by its root mean squared gradient |
# | minibatch, noise scale | 小批量、噪声尺度 | the examples of one step; the batch whose noise equals the gradient |
# | logits, softmax | 未归一化得分（logits）、softmax | one score per class; what makes probabilities of them |
# | cross-entropy, nat | 交叉熵、奈特 | minus the logarithm of the right class's probability; its unit |
# | Adam | Adam（自适应矩估计） | momentum, each coordinate divided by its root mean squared gradient |
#
# ## Further reading · 延伸阅读
#
# - Rumelhart, Hinton & Williams (1986), [Learning representations by back-propagating errors](https://doi.org/10.1038/323533a0):
#   four pages; look for the four steps, and for momentum, which is in it already.
# - Baydin, Pearlmutter, Radul & Siskind (2018), [Automatic differentiation in machine learning: a survey](https://arxiv.org/abs/1502.05767):
#   forward and reverse mode, and what each costs (section 3).
# - Griewank & Walther (2008), [Evaluating Derivatives](https://doi.org/10.1137/1.9780898717761): the theory; look for the
#   bound on reverse mode's cost.
# - Squire & Trapp (1998), [Using complex variables to estimate derivatives of real functions](https://doi.org/10.1137/S003614459631241X):
#   exercise 5, in three pages.
# - Goh (2017), [Why momentum really works](https://distill.pub/2017/momentum/): the roots of the quadratic above, to play with.
# - Kingma & Ba (2015), [Adam](https://arxiv.org/abs/1412.6980): Algorithm 1, and the remark with $\hat{\varepsilon}$ before section 2.1.
# - McCandlish, Kaplan, Amodei et al. (2018), [An empirical model of large-batch training](https://arxiv.org/abs/1812.06162): the noise
#   scale, measured from digits to Dota.
# - Sutskever, Martens, Dahl & Hinton (2013), [On the importance of initialization and momentum](https://proceedings.mlr.press/v28/sutskever13.html):
#   Nesterov's momentum in the form used here.
# - Reddi, Kale & Kumar (2018), [On the convergence of Adam and beyond](https://arxiv.org/abs/1904.09237): AMSGrad.
