# %% [markdown]
# # Assignment 05 · Hyperparameters and regularization · 超参数与正则化
#
# **You need** chapter 05. **Time** about two hours; the whole notebook runs in half a minute.
# **Points** 20, of which 6 are given by hand.
#
# **题目** 先按对数均匀分布抽取学习率，再亲手写出早停，找出并改正一段丢弃法代码中的错误，然后在 Keras 中搭建带丢弃法和 L2 正则化的网络并算出完整的训练损失，最后自己设计一个实验。
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
from sklearn.datasets import load_digits

keras.utils.set_random_seed(0)

# %% [markdown]
# The data: handwritten digits of 64 pixels between 0 and 1, in a random order. Few are there to learn from.
#

# %%
x, y = load_digits(return_X_y=True)
order = np.random.default_rng(0).permutation(len(x))
x, y = (x[order] / 16).astype("float32"), y[order]
x_train, y_train = x[:300], y[:300]
x_validation, y_validation = x[300:800], y[300:800]
x_test, y_test = x[800:], y[800:]
x_train.shape, x_validation.shape, x_test.shape

# %% [markdown]
# ## 1 · Draw a learning rate (recall, 3 points)
#
# A search over learning rates draws them so that every factor of 10 is equally likely: as many between 0.001 and 0.01 as between 0.1 and 1.
# Write a function that draws `n` numbers like that, each by itself.
#

# %% nbgrader={"grade": false, "grade_id": "draw", "locked": false, "schema_version": 3, "solution": true, "task": false}
def log_uniform(low, high, n, rng):
    """n random numbers between low and high, an array (n,); rng is np.random.default_rng(...)."""
    ### BEGIN SOLUTION
    return np.exp(rng.uniform(np.log(low), np.log(high), size=n))
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "draw_check", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
import numpy as np

found = np.asarray(log_uniform(0.001, 10, 200, np.random.default_rng(0)))
assert found.shape == (200,), f"200 numbers were asked for; the answer has the shape {found.shape}."
assert (found >= 0.001).all() and (found <= 10).all(), (
    f"The numbers should lie between 0.001 and 10; they lie between {found.min():.3g} and {found.max():.3g}."
)
assert len(np.unique(found)) > 190, "Many numbers are equal: each should be drawn by itself."

# %% nbgrader={"grade": true, "grade_id": "draw_test", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
# More tests run here when your work is graded.
### BEGIN HIDDEN TESTS
import numpy as np

found = np.asarray(log_uniform(1e-4, 1.0, 8000, np.random.default_rng(1)))
again, other = (np.asarray(log_uniform(1e-4, 1.0, 8000, np.random.default_rng(seed))) for seed in (1, 2))
assert not np.allclose(np.sort(found), np.sort(other)), "Two generators give the same numbers: this is a grid, not a draw."
assert np.allclose(found, again), "The same generator should give the same numbers: draw from rng, not from np.random."
assert np.mean(found < 0.01) > 0.1, (
    "Nearly all numbers are above 0.01: they are uniform themselves. Their logarithms should be uniform."
)
shares = np.histogram(np.log10(found), bins=[-4, -3, -2, -1, 0])[0] / 8000
assert np.abs(shares - 0.25).max() < 0.05, f"Each factor of 10 should get a quarter of the numbers; their shares are {np.round(shares, 2)}."
### END HIDDEN TESTS

# %% [markdown]
# ## 2 · Early stopping, written out (4 points)
#
# Write the loop of early stopping. An epoch is a call of `train_epoch()`; after it, `validation_loss()` gives a number. Training stops once
# `patience` epochs in a row have brought no loss below the smallest so far, at the latest after `max_epochs` epochs. In the end
# the model must have the weights of the best epoch: `model.get_weights()` copies them, `model.set_weights(weights)` puts them back.
#

# %% nbgrader={"grade": false, "grade_id": "stopping", "locked": false, "schema_version": 3, "solution": true, "task": false}
def early_stopping(model, train_epoch, validation_loss, patience, max_epochs):
    """Train, and leave the best epoch's weights in the model; returns the validation losses, one per epoch run (list)."""
    ### BEGIN SOLUTION
    losses, best, best_weights, waited = [], np.inf, model.get_weights(), 0
    while len(losses) < max_epochs and waited < patience:
        train_epoch()
        losses.append(validation_loss())
        if losses[-1] < best:
            best, best_weights, waited = losses[-1], model.get_weights(), 0
        else:
            waited += 1
    model.set_weights(best_weights)
    return losses
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "stopping_check", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
class Scripted:
    """A stand-in for a model: its one weight counts the epochs, its losses are a list."""

    def __init__(self, losses):
        self.losses, self.weight = losses, 0

    def train_epoch(self):
        self.weight += 1

    def validation_loss(self):
        return self.losses[self.weight - 1]

    def get_weights(self):
        return [self.weight]

    def set_weights(self, weights):
        self.weight = weights[0]


model = Scripted([3.0, 2.0, 2.5, 2.6, 2.7, 2.8, 2.9, 3.0])
found = early_stopping(model, model.train_epoch, model.validation_loss, 2, 8)
assert len(found) < 8, "The loss has grown since the second epoch, and training never stopped."
assert found == [3.0, 2.0, 2.5, 2.6, 2.7, 2.8, 2.9, 3.0][: len(found)], f"It should return the losses, in order; found {found}."

# %% nbgrader={"grade": true, "grade_id": "stopping_test", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
# More tests run here when your work is graded.
### BEGIN HIDDEN TESTS
class Scripted:
    def __init__(self, losses):
        self.losses, self.weight = losses, 0

    def train_epoch(self):
        self.weight += 1

    def validation_loss(self):
        return self.losses[self.weight - 1]

    def get_weights(self):
        return [self.weight]

    def set_weights(self, weights):
        self.weight = weights[0]


def tried(losses, patience, max_epochs):
    model = Scripted(losses)
    found = early_stopping(model, model.train_epoch, model.validation_loss, patience, max_epochs)
    return len(found), model.weight


epochs, weight = tried([5, 4, 3, 3.5, 2.5, 2.7, 2.6, 2.55, 9, 9, 9, 9, 9, 9, 9, 9], 3, 16)
assert epochs != 7, "Epochs without progress are counted altogether: a new best loss should set the count to 0."
assert epochs != 11, "Each loss is compared with the one before it; compare it with the smallest so far."
assert epochs != 9, "It stops an epoch too late: with a patience of 3, after the third epoch in a row without a new best loss."
assert epochs == 8, f"With the best loss in epoch 5 and a patience of 3 it should run 8 epochs, not {epochs}."
assert weight != 8, "The model has the weights of the last epoch; those of the best were asked for."
assert weight == 5, f"The model should have the weights of epoch 5, the best; it has those after {weight} epochs."
epochs, weight = tried([9, 8, 7, 6, 5, 4, 3, 2, 1], 3, 4)
assert epochs == 4, f"At the latest it stops after max_epochs, here 4; it ran {epochs}."
epochs, weight = tried([3, 2, 4, 4, 4], 10, 4)
assert weight == 2, "Where the limit of epochs ends training, the best weights should be put back, too."
epochs, weight = tried([3, 2, 2, 2, 2, 2, 2], 2, 7)
assert (epochs, weight) == (4, 2), "An equal loss isn't a smaller one: it counts as an epoch without progress."
epochs, weight = tried([3, 2, float("nan"), 4, 4, 4, 4], 2, 7)
assert weight == 2, "A loss of NaN was taken for the best: every comparison with NaN is False. Ask whether a loss is smaller."
### END HIDDEN TESTS

# %% [markdown]
# A real network, on labels of which 30 % are drawn at random. How far is the best loss from the last one?
#

# %%
noisy = y_train.copy()
noisy[:90] = np.random.default_rng(1).integers(10, size=90)
network = keras.Sequential([keras.Input((64,)), keras.layers.Dense(128, activation="relu"), keras.layers.Dense(10)])
network.compile(keras.optimizers.Adam(0.003), keras.losses.SparseCategoricalCrossentropy(from_logits=True))
losses = early_stopping(
    network,
    lambda: network.fit(x_train, noisy, batch_size=50, verbose=0),
    lambda: network.evaluate(x_validation, y_validation, batch_size=500, verbose=0),
    patience=4,
    max_epochs=30,
)
np.round(losses, 3)

# %% [markdown]
# ## 3 · Find the fault: dropout (3 points)
#
# This dropout was found in a student's notebook. With a rate of 0.5 the network learnt, if not well. Three things are wrong.
#

# %%
def faulty_dropout(x, rate, rng, training):
    """x, float (batch, units): in training a share `rate` of the entries is set to 0."""
    if not training:
        return x * (1 - rate)
    kept = rng.random(x.shape[1]) >= rate
    return x * kept / rate

# %% [markdown]
# Write it right: *inverted* dropout, as Keras has it. Every entry of the batch is dropped by itself, the entry's mean stays what it
# was, and at inference there is nothing left to do. Rates are from 0 to below 1.
#

# %% nbgrader={"grade": false, "grade_id": "dropout", "locked": false, "schema_version": 3, "solution": true, "task": false}
def dropout(x, rate, rng, training):
    """x, float (batch, units), as a new array: in training a share `rate` of the entries is 0."""
    ### BEGIN SOLUTION
    if not training:
        return x.copy()
    kept = rng.random(x.shape) >= rate
    return x * kept / (1 - rate)
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "dropout_check", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
import numpy as np

ones = np.ones((500, 8))
rng = np.random.default_rng(0)
found, inference = dropout(ones, 0.5, rng, True), dropout(ones, 0.5, rng, False)
assert found.shape == (500, 8), f"The shape should stay (500, 8), not {found.shape}."
assert (found == 0).any(), "In training, nothing was dropped."
assert abs(found.mean() - inference.mean()) < 0.2, "On average, training and inference should give the next layer the same."

# %% nbgrader={"grade": true, "grade_id": "dropout_test", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
# More tests run here when your work is graded.
### BEGIN HIDDEN TESTS
import numpy as np

inputs = np.random.default_rng(1).uniform(1, 2, size=(4000, 6))
kept = inputs.copy()
found = np.asarray(dropout(inputs, 0.2, np.random.default_rng(2), True))
inference = np.asarray(dropout(inputs, 0.2, np.random.default_rng(2), False))
assert (inputs == kept).all(), "The array that was given should stay as it is."
assert not (inference == 0).any(), "At inference nothing should be dropped."
assert np.allclose(inference, inputs), "At inference nothing should be scaled: inverted dropout does that in training."
zero = found == 0
assert not (zero == zero[0]).all(), "All examples lose the same units: draw one number per entry, not one per unit."
assert abs(zero.mean() - 0.8) > 0.1, "With a rate of 0.2 four fifths are dropped: the rate is the share that goes, not the one that stays."
assert abs(zero.mean() - 0.2) < 0.03, f"With a rate of 0.2 a fifth should be dropped; found {zero.mean():.2f}."
scale = (found / inputs)[~zero]
assert not np.allclose(scale, 5), "What stays is divided by the rate. Only at 0.5 that is the same as what keeps the mean."
assert not np.allclose(scale, 1), "What stays isn't scaled: with a rate of 0.2 the next layer gets a fifth less than at inference."
assert np.allclose(scale, 1.25), "With a rate of 0.2, what stays should be divided by 0.8, so that the mean is kept."
assert np.allclose(dropout(inputs, 0.0, np.random.default_rng(3), True), inputs), "With a rate of 0 nothing should change."
### END HIDDEN TESTS

# %% [markdown]
# ## 4 · Penalties in Keras (4 points)
#
# Build a network for the digits, 64 pixels → 32 ReLU units → dropout of their outputs → 10 logits, with an L2 penalty: the training loss
# grows by `l2` times the sum of all squared entries of both kernels. Biases aren't penalised.
#

# %% nbgrader={"grade": false, "grade_id": "network", "locked": false, "schema_version": 3, "solution": true, "task": false}
def regularised_network(l2, rate):
    """64 pixels -> 32 ReLU units -> dropout -> 10 logits, a Keras model with penalties."""
    ### BEGIN SOLUTION
    penalty = keras.regularizers.L2(l2)
    return keras.Sequential([
        keras.Input((64,)),
        keras.layers.Dense(32, activation="relu", kernel_regularizer=penalty),
        keras.layers.Dropout(rate),
        keras.layers.Dense(10, kernel_regularizer=penalty),
    ])
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "network_check", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
import keras
import numpy as np

model = regularised_network(0.01, 0.3)
shape = tuple(model(np.zeros((5, 64))).shape)
assert shape == (5, 10), f"Five digits should give 5 x 10 logits, not {shape}."
assert len(model.losses) > 0, "The model has no penalty: model.losses is empty."
dropouts = [layer for layer in model.layers if isinstance(layer, keras.layers.Dropout)]
assert len(dropouts) == 1, f"It should have one Dropout layer; {len(dropouts)} were found."

# %% nbgrader={"grade": true, "grade_id": "network_test", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# More tests run here when your work is graded.
### BEGIN HIDDEN TESTS
import keras
import numpy as np

model = regularised_network(0.02, 0.3)
first, second = (layer for layer in model.layers if isinstance(layer, keras.layers.Dense))
first.set_weights([np.full((64, 32), 0.1), np.full(32, 3.0)])
second.set_weights([np.full((32, 10), 0.2), np.full(10, 4.0)])
one, two = 0.02 * 64 * 32 * 0.1**2, 0.02 * 32 * 10 * 0.2**2
found, right = sum(float(loss) for loss in model.losses), one + two
assert not np.isclose(found, one) and not np.isclose(found, two), "Only one kernel has a penalty; both were asked for."
assert found < right + 1, "Biases are penalised, too: give the penalty to the kernels only."
assert not np.isclose(found, right / 2, rtol=1e-3), "The penalty is half of what was asked for: l2 times the sum of squares, without ½."
assert np.isclose(found, right, rtol=1e-3), f"With l2 = 0.02 these weights should cost {right:.4f}; they cost {found:.4f}."
images = np.random.default_rng(4).uniform(size=(200, 64)).astype("float32")
logits = np.array(model(images, training=True))
assert not (logits == 0).any(), "Logits are dropped: dropout belongs to the outputs of the hidden layer."
dropped = next(layer for layer in model.layers if isinstance(layer, keras.layers.Dropout)).rate
assert np.isclose(dropped, 0.3), f"The rate should be 0.3, the share of units that is dropped; it is {dropped:.2g}."
first.set_weights([np.zeros((64, 32)), np.ones(32)])  # constant units: only dropout behind them makes logits differ
assert np.array(model(images, training=True)).std() > 0.01, "Dropout stands before the hidden layer; its outputs should be dropped."
assert first.activation is keras.activations.relu and second.activation is keras.activations.linear, (
    "The hidden units should be ReLUs, and the logits have no activation."
)
### END HIDDEN TESTS

# %% [markdown]
# `fit` adds the penalties by itself; a loop of your own must do it. Write the loss that one step of training makes smaller: the mean
# cross-entropy of logits, with dropout at work, plus all penalties of the model. It will be called under a `tf.GradientTape`.
#

# %% nbgrader={"grade": false, "grade_id": "loss", "locked": false, "schema_version": 3, "solution": true, "task": false}
def training_loss(model, x, y):
    """The whole loss of one training step, a scalar tensor; the model's outputs are logits."""
    ### BEGIN SOLUTION
    loss_of = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    loss = loss_of(y, model(x, training=True))
    return loss + sum(model.losses)
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "loss_check", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
import keras
import numpy as np
import tensorflow as tf

model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3)])
with tf.GradientTape() as tape:
    found = training_loss(model, np.ones((6, 4), "float32"), np.arange(6) % 3)
assert tf.is_tensor(found) and found.shape == (), "The loss should be a tensor without axes: a number that a tape can follow."
assert tape.gradient(found, model.trainable_variables)[0] is not None, "The tape finds no way from this loss to the weights."

# %% nbgrader={"grade": true, "grade_id": "loss_test", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# More tests run here when your work is graded.
### BEGIN HIDDEN TESTS
import keras
import numpy as np

inputs, labels = np.random.default_rng(5).normal(size=(8, 4)).astype("float32"), np.arange(8) % 3
layer = keras.layers.Dense(3, kernel_regularizer=keras.regularizers.L2(0.1), bias_regularizer=keras.regularizers.L1(0.5))
model = keras.Sequential([keras.Input((4,)), layer])
layer.set_weights([np.random.default_rng(6).normal(size=(4, 3)), np.array([1.0, -2.0, 0.5])])
kernel, bias = layer.get_weights()
logits = inputs @ kernel + bias
entropy = np.mean(np.log(np.exp(logits).sum(axis=1)) - logits[np.arange(8), labels])
penalties = 0.1 * np.sum(kernel**2) + 0.5 * np.sum(np.abs(bias))
found = float(training_loss(model, inputs, labels))
assert not np.isclose(found, entropy, rtol=1e-3), "The penalties are missing: model.losses holds them."
assert not np.isclose(found, 8 * entropy + penalties, rtol=1e-3), "The cross-entropy is a sum over the examples; the mean was asked for."
assert np.isclose(found, entropy + penalties, rtol=1e-3), (
    f"Cross-entropy {entropy:.3f} and penalties {penalties:.3f} should make {entropy + penalties:.3f}, not {found:.3f}. Are the outputs "
    "taken for logits, and are all of model.losses added, once?"
)
wide = keras.Sequential([keras.Input((4,)), keras.layers.Dense(200), keras.layers.Dropout(0.5), keras.layers.Dense(3)])
several = [float(training_loss(wide, inputs, labels)) for _ in range(4)]
assert np.ptp(several) > 1e-5, "Four calls give the same loss: nothing is dropped. Dropout works with training=True only."
### END HIDDEN TESTS

# %% [markdown] nbgrader={"grade": false, "grade_id": "open", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": true}
# ## 5 · Your own experiment (open, 6 points)
#
# *"Dropout helps where labels are wrong, and doesn't where they are right."* Design an experiment that could refute this sentence, with
# dropout or with another regulariser that you put in its place (L2, early stopping, label smoothing). Train on the 300 digits, with
# their labels as they are, and with 30 % of them drawn at random. In the next cell, and in as many cells of your own as you need after it:
#
# - say before you run what you expect, and what outcome would refute the sentence, with a number (1 point);
# - a control that differs in the regulariser alone, for both kinds of labels (1 point);
# - the regulariser's strength chosen on validation data, among three at least, the same way for both kinds of labels (1
#   point);
# - five seeds or more, the differences seed by seed; test digits touched once, with right labels (1 point).
#
# Then conclude, in three to six sentences in the last cell: what was shown, what wasn't, what you would measure next (2 points).
#
# ### BEGIN MARK SCHEME
# **How to mark.** The first four points are given here, the last two at the report.
#
# | points | given for | not for |
# | --- | --- | --- |
# | 1 | a prediction and a refuting outcome, with a number, before the measurement | "dropout prevents overfitting" |
# | 1 | the same network, starts, epochs and labels without the regulariser, with wrong and with right labels | another number of epochs or units |
# | 1 | three strengths or more, chosen on the validation digits | the strength with the best test accuracy |
# | 1 | five seeds (starts and wrong labels), the differences seed by seed, test digits used for the reported numbers only | one run each |
# | 1 | a conclusion that the numbers carry, whichever it is | a conclusion known before |
# | 1 | what wasn't shown (one network, one share of wrong labels, one data set), and a next measurement | a list of phrases |
#
# What is usually found: with 30 % of the labels drawn at random and many epochs, dropout gains about ten points, more than the seeds differ;
# with right labels it gains or loses a point or less. So five seeds don't refute the sentence, and don't prove its second half.
# ### END MARK SCHEME
#

# %% nbgrader={"grade": false, "grade_id": "open_experiment", "locked": false, "schema_version": 3, "solution": true, "task": false}
### BEGIN SOLUTION
def trained(rate, labels, seed):
    """256 ReLU units with dropout, 40 times over the digits, as one long epoch (which is quicker)."""
    keras.utils.set_random_seed(seed)
    model = keras.Sequential([
        keras.Input((64,)), keras.layers.Dense(256, activation="relu"), keras.layers.Dropout(rate), keras.layers.Dense(10),
    ])
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.Adam(0.005), loss, steps_per_execution=60)
    model.fit(np.tile(x_train, (40, 1)), np.tile(labels, 40), batch_size=50, verbose=0)
    return model


def accuracy(model, x, y):
    return float(np.mean(np.argmax(np.array(model(x)), axis=1) == y))


def labels_of(kind, seed):
    labels, rng = y_train.copy(), np.random.default_rng(seed)
    if kind == "wrong":
        drawn = rng.permutation(300)[:90]
        labels[drawn] = rng.integers(10, size=90)
    return labels


for kind in ("right", "wrong"):
    tried = {rate: accuracy(trained(rate, labels_of(kind, 100), 100), x_validation, y_validation) for rate in (0.25, 0.5, 0.75)}
    best = max(tried, key=tried.get)
    pairs = [
        [accuracy(trained(rate, labels_of(kind, seed), seed), x_test, y_test) for rate in (0, best)] for seed in range(5)
    ]
    without, dropped = np.transpose(pairs)
    print(f"{kind} labels: {tried}, rate {best}")
    print(f"  without {np.round(without, 3)}, with {np.round(dropped, 3)}, gains {np.round(100 * (dropped - without), 1)} points")
### END SOLUTION

# %% [markdown] nbgrader={"grade": true, "grade_id": "open_report", "locked": false, "points": 2, "schema_version": 3, "solution": true, "task": false}
# ### BEGIN SOLUTION
# **Expected** before the run: with wrong labels dropout gains 3 points or more on average, with right labels less than 1. Refuted if
# either fails, or if with right labels all five seeds gain.
#
# **Found.** With wrong labels the rate 0.75 was chosen, and in every seed it gains on the test digits, by 8 to 13 points: from 78 %
# to 89 % on average. With right labels the rate 0.5 was chosen; by seed it gains -0.5, -0.2, 0.4, 1.1 and 0.9 points, 0.3 on average, which
# five seeds can't tell from nothing. The sentence isn't refuted. That dropout does *nothing* with right labels wasn't shown: half a
# point may be there. With wrong labels the best rate was the largest tried, so the gain may be larger still; and it was one network, one
# length of training, one share of wrong labels. Next: twenty seeds, rates up to 0.9, and early stopping as a rival.
# ### END SOLUTION
