# %% [markdown]
# # Assignment 01 · Perceptrons and networks · 感知器与神经网络
#
# **You need** chapter 01. **Time** about two hours; the whole notebook runs in half a minute.
# **Points** 21, of which 6 are given by hand.
#
# **题目** 先数一个全连接网络有多少参数，再写出感知器的学习规则，找出一个网络学不会异或的原因并亲手设定权重，然后在 Keras 中搭建、训练并评估一个识别数字的网络，最后自己设计一个实验。
#
# Write your answers in place of the two lines `# YOUR CODE HERE` and `raise NotImplementedError(...)`. The cell below each
# answer checks it: no output means that nothing was found. These checks see the obvious; more tests run when your work is
# graded, where a cell may take five minutes.
# Before you hand it in: *Kernel → Restart Kernel and Run All Cells*. Don't rename the notebook, don't delete cells.
#

# %%
import keras
import numpy as np
from sklearn.datasets import load_digits

keras.utils.set_random_seed(0)

# %% [markdown]
# The data: handwritten digits of 64 pixels between 0 and 1, in a random order.
#

# %%
x, y = load_digits(return_X_y=True)
order = np.random.default_rng(0).permutation(len(x))
x, y = (x[order] / 16).astype("float32"), y[order]
x_train, y_train, x_test, y_test = x[:1200], y[:1200], x[1200:], y[1200:]
x_train.shape, x_test.shape

# %% [markdown]
# ## 1 · How many numbers does it learn? (recall, 3 points)
#
# A fully connected network is described by its widths: `[64, 32, 10]` has 64 inputs, one hidden layer of 32 units and 10 outputs.
# Every unit has a bias. How many parameters does it learn? No Keras here: arithmetic.
#

# %% nbgrader={"grade": false, "grade_id": "count", "locked": false, "schema_version": 3, "solution": true, "task": false}
def parameters(widths):
    """How many weights and biases a fully connected network has; an int."""
    ### BEGIN SOLUTION
    return sum((before + 1) * after for before, after in zip(widths[:-1], widths[1:]))
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "count_check", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
assert parameters([1, 1]) == 2, "One input and one output: a weight and a bias."
assert parameters([5, 7, 3]) > parameters([5, 7]), "Another layer adds parameters."

# %% nbgrader={"grade": true, "grade_id": "count_test", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
# More tests run here when your work is graded.
### BEGIN HIDDEN TESTS
import keras

widths = [6, 9, 4, 3]
layers = [keras.Input((6,))] + [keras.layers.Dense(width) for width in widths[1:]]
right, found = keras.Sequential(layers).count_params(), parameters(widths)
assert found != 6 * 9 + 9 * 4 + 4 * 3, "Each unit has a bias, too."
assert found != right + 6, "Inputs aren't units: they have no bias."
assert found == right, f"A network of the widths 6, 9, 4, 3 has {right} parameters, not {found}."
assert parameters([784, 10]) == 7850, "784 inputs and 10 outputs, nothing between: 7,850."
### END HIDDEN TESTS

# %% [markdown]
# ## 2 · The perceptron's rule (5 points)
#
# Labels are -1 and +1. Go through the examples in the order in which they are given. Where $y\,(w \cdot x + b) \le 0$ (a score of
# exactly 0 is a mistake, too), add $y\,x$ to the weights and $y$ to the bias. Begin with zeros; stop after a pass without a mistake,
# or after `passes` passes.
#

# %% nbgrader={"grade": false, "grade_id": "perceptron", "locked": false, "schema_version": 3, "solution": true, "task": false}
def perceptron(x, y, passes=100):
    """x (n, inputs), y -1 or +1 (n,); returns (weights (inputs,), bias, mistakes of each pass: a list of ints)."""
    ### BEGIN SOLUTION
    weights, bias, mistakes = np.zeros(x.shape[1]), 0.0, []
    for _ in range(passes):
        mistakes.append(0)
        for example, label in zip(x, y):
            if label * (example @ weights + bias) <= 0:
                weights, bias = weights + label * example, bias + label
                mistakes[-1] += 1
        if mistakes[-1] == 0:
            break
    return weights, bias, mistakes
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "perceptron_check", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
import numpy as np

weights, bias, mistakes = perceptron(np.array([[1.0, 0.0], [-1.0, 0.0]]), np.array([1, -1]))
assert np.shape(weights) == (2,), f"Two inputs have two weights; the answer has the shape {np.shape(weights)}."
assert mistakes[-1] == 0, "These two points can be told apart: the last pass should be without a mistake."
assert mistakes[0] > 0, "With weights of 0 the first score is 0, which is a mistake: the first pass can't be without one."

# %% nbgrader={"grade": true, "grade_id": "perceptron_test", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
# More tests run here when your work is graded.
### BEGIN HIDDEN TESTS
import numpy as np

rng = np.random.default_rng(1)
points = rng.normal(size=(200, 3))
truth = np.array([1.0, -2.0, 0.5])
points = points[np.abs(points @ truth + 2.0) > 0.4]
labels = np.where(points @ truth + 2.0 > 0, 1, -1)
weights, bias, mistakes = perceptron(points, labels, passes=500)
assert np.all(np.sign(points @ weights + bias) == labels), (
    "These points can be told apart by a line with a bias; after training some are still on the wrong side."
)
assert mistakes[-1] == 0 and 0 not in mistakes[:-1], "Stop after the first pass without a mistake, and keep its 0 in the list."
unit = np.append(truth, 2.0) / np.linalg.norm(np.append(truth, 2.0))
extended = np.c_[points, np.ones(len(points))]
most = (np.linalg.norm(extended, axis=1).max() / np.min(labels * (extended @ unit))) ** 2
assert sum(mistakes) <= most, f"Novikoff's bound allows {most:.0f} mistakes here; {sum(mistakes)} were counted."
xor = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]]), np.array([-1, 1, 1, -1])
assert len(perceptron(*xor, passes=30)[2]) == 30, "XOR never comes to a pass without a mistake: all 30 passes should be in the list."
once = perceptron(np.array([[2.0, 1.0], [-1.0, -1.0]]), np.array([1, -1]), passes=1)
assert np.allclose(once[0], [2, 1]) and once[1] == 1 and once[2] == [1], (
    "Change the weights at once, at each mistake, not at the end of the pass. (2, 1) is +1 and (-1, -1) is -1: after the first "
    f"example's change the second is right already, so that one pass has 1 mistake; found {once}."
)
### END HIDDEN TESTS

# %% [markdown]
# ## 3 · Find the fault: why does it not learn XOR? (3 points)
#
# This network was trained on XOR for a long time, with several learning rates, and always ends at probabilities of one half.
#

# %%
def faulty():
    return keras.Sequential([
        keras.Input((2,)), keras.layers.Dense(16), keras.layers.Dense(16), keras.layers.Dense(1, activation="sigmoid"),
    ])

# %% [markdown]
# Find out why, and show that two hidden units are enough: return a Keras model with one hidden layer of **two** units whose weights you set
# by hand (`set_weights`). Its single output is a logit: above 0 where exactly one input is 1, below 0 where none or both are.
#

# %% nbgrader={"grade": false, "grade_id": "xor", "locked": false, "schema_version": 3, "solution": true, "task": false}
def xor_network():
    """Keras model: (n, 2) -> logits (n, 1), one hidden layer of two units, with weights that you have chosen."""
    ### BEGIN SOLUTION
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(2, activation="relu"), keras.layers.Dense(1)])
    hidden = [np.ones((2, 2)), np.array([0.0, -1.0])]  # how many are 1; whether both are
    output = [np.array([[1.0], [-2.0]]), np.array([-0.5])]
    model.set_weights(hidden + output)
    return model
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "xor_check", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
import keras
import numpy as np

model = xor_network()
assert isinstance(model, keras.Model), "The function should return a Keras model."
shape = tuple(model(np.zeros((3, 2))).shape)
assert shape == (3, 1), f"Three examples should give 3 x 1 logits, not {shape}."
dense = [layer for layer in model.layers if isinstance(layer, keras.layers.Dense)]
assert [layer.units for layer in dense] == [2, 1], f"Two hidden units and one output were asked for, not {[layer.units for layer in dense]}."

# %% nbgrader={"grade": true, "grade_id": "xor_test", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
# More tests run here when your work is graded.
### BEGIN HIDDEN TESTS
import keras
import numpy as np

model = xor_network()
hidden, output = (layer for layer in model.layers if isinstance(layer, keras.layers.Dense))
assert hidden.activation is not keras.activations.linear, (
    "Without an activation two layers are one linear map, and no line parts the points of XOR: that was the fault."
)
assert output.activation is keras.activations.linear, "Logits were asked for: no activation at the end."
logits = np.array(model(np.array([[0.0, 0.0], [1.0, 1.0], [0.0, 1.0], [1.0, 0.0]])))[:, 0]
assert (logits[2:] > 0).all(), "Where exactly one input is 1 the logit should be above 0."
assert (logits[:2] < 0).all(), f"For (0, 0) and (1, 1) logits should be below 0; they are {np.round(logits[:2], 2)}."
### END HIDDEN TESTS

# %% [markdown]
# ## 4 · A reader of digits (4 points)
#
# Build and train a network for the digits: 64 pixels, one hidden layer of 64 ReLU units, ten logits. `compile` it with Adam and the
# cross-entropy of logits, `fit` it to the examples that are given, and return the model. The training is yours: epochs, batch size,
# learning rate. On new digits it should read nine of ten.
#

# %% nbgrader={"grade": false, "grade_id": "reader", "locked": false, "schema_version": 3, "solution": true, "task": false}
def trained_reader(x, y):
    """A trained Keras model: (n, 64) -> logits (n, 10)."""
    ### BEGIN SOLUTION
    model = keras.Sequential([keras.Input((64,)), keras.layers.Dense(64, activation="relu"), keras.layers.Dense(10)])
    model.compile(
        optimizer=keras.optimizers.Adam(0.003),
        loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=["accuracy"],
    )
    model.fit(x, y, batch_size=32, epochs=15, verbose=0)
    return model
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "reader_check", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
import numpy as np

model = trained_reader(np.random.default_rng(2).uniform(size=(60, 64)).astype("float32"), np.arange(60) % 10)
shape = tuple(model(np.zeros((3, 64))).shape)
assert shape == (3, 10), f"Three digits should give 3 x 10 logits, not {shape}."
assert model.count_params() == 64 * 64 + 64 + 64 * 10 + 10, f"One hidden layer of 64 units was asked for; this has {model.count_params()} parameters."

# %% nbgrader={"grade": true, "grade_id": "reader_test", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
# More tests run here when your work is graded.
### BEGIN HIDDEN TESTS
import keras
import numpy as np
from sklearn.datasets import load_digits

pixels, digits = load_digits(return_X_y=True)
rows = np.random.default_rng(5).permutation(len(pixels))
pixels, digits = (pixels[rows] / 16).astype("float32"), digits[rows]
model = trained_reader(pixels[:1200], digits[:1200])
dense = [layer for layer in model.layers if isinstance(layer, keras.layers.Dense)]
assert dense[0].activation is keras.activations.relu, "The hidden units should be ReLUs."
logits = np.array(model(pixels[1200:]))
assert not np.allclose(logits.sum(axis=1), 1, atol=1e-4), "These are probabilities: logits were asked for, softmax belongs into the loss."
accuracy = np.mean(logits.argmax(axis=1) == digits[1200:])
assert accuracy > 0.9, (
    f"It reads {accuracy:.1%} of new digits. Has it been trained long enough, and does the loss that you compile with take the outputs "
    "for logits?"
)
### END HIDDEN TESTS

# %%
reader = trained_reader(x_train, y_train)
_, accuracy = reader.evaluate(x_test, y_test, verbose=0)
print(f"{accuracy:.1%} of {len(y_test)} new digits")

# %% [markdown] nbgrader={"grade": false, "grade_id": "open", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": true}
# ## 5 · Your own experiment (open, 6 points)
#
# *"Two hidden layers are better than one."* Design an experiment on the digits that could refute this sentence. In the next cell, and
# in as many cells of your own as you need after it:
#
# - say before you run what you expect, and what outcome would refute the sentence, with a number (1 point);
# - compare networks of nearly equal numbers of parameters: count them (1 point);
# - five seeds or more each, the same for both, each shown or with their spread (1 point);
# - each at a learning rate or number of epochs that suits it, chosen on other data than you report (1 point).
#
# Then conclude, in three to six sentences in the last cell: what was shown, what wasn't, what you would measure next (2 points).
#
# ### BEGIN MARK SCHEME
# **How to mark.** The first four points are given here, the last two at the report.
#
# | points | given for | not for |
# | --- | --- | --- |
# | 1 | a prediction and a refuting outcome, with a number, before the measurement | "deep is better" |
# | 1 | numbers of parameters equal to some per cent, shown | the same width in each layer, and so more parameters |
# | 1 | five independent trainings each, each shown or with their spread, or paired differences | one run each |
# | 1 | rate or epochs chosen for each, on validation data | one setting that suits one of them |
# | 1 | a conclusion that the numbers carry, whichever it is | a conclusion known before |
# | 1 | what wasn't shown (one small data set, one size), and a next measurement | a list of phrases |
#
# What is usually found: on these digits one and two hidden layers of equal size differ by less than seeds do, so that the sentence is
# refuted in its general form; nothing follows for larger data.
# ### END MARK SCHEME
#

# %% nbgrader={"grade": false, "grade_id": "open_experiment", "locked": false, "schema_version": 3, "solution": true, "task": false}
### BEGIN SOLUTION
def network(hidden, seed, rate):
    """A trained network with these hidden widths, on the first 900 digits."""
    keras.utils.set_random_seed(seed)
    model = keras.Sequential([keras.Input((64,)), *(keras.layers.Dense(n, activation="relu") for n in hidden), keras.layers.Dense(10)])
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.Adam(rate), loss, metrics=["accuracy"])
    model.fit(x_train[:900], y_train[:900], batch_size=128, epochs=12, verbose=0)
    return model


shapes = {"one layer": [40], "two layers": [32, 21]}
print({name: parameters([64, *hidden, 10]) for name, hidden in shapes.items()})
for name, hidden in shapes.items():
    tried = {}
    for rate in (0.003, 0.006, 0.012, 0.024, 0.048):
        models = [network(hidden, seed, rate) for seed in (100, 101, 102)]
        tried[rate] = float(np.mean([model.evaluate(x_train[900:], y_train[900:], verbose=0)[1] for model in models]))
    best = max(tried, key=tried.get)
    found = [network(hidden, seed, best).evaluate(x_test, y_test, verbose=0)[1] for seed in range(5)]
    print(name, {rate: round(share, 3) for rate, share in tried.items()}, best, np.round(found, 3), round(np.mean(found), 3))
### END SOLUTION

# %% [markdown] nbgrader={"grade": true, "grade_id": "open_report", "locked": false, "points": 2, "schema_version": 3, "solution": true, "task": false}
# ### BEGIN SOLUTION
# **Expected** before the run: with equal numbers of parameters two layers read as many digits as one, within one point in a hundred. The
# sentence is refuted if one layer reads as many or more on average, each at its own rate.
#
# **Found.** 3,010 parameters in one hidden layer, 2,993 in two. On validation digits both do best at a rate of 0.024, inside the grid,
# with 96.9 %. On the test digits one layer reads 96.3 % (95.6 to 97.0), two layers 95.7 % (93.8 to 96.6), five seeds each: one layer
# reads as many, and the sentence is refuted for these digits and this size. That one layer is *better* isn't shown: the seeds overlap.
# Nothing follows for larger data or more parameters. Next: twenty seeds, and two more sizes.
# ### END SOLUTION
