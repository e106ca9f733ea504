# %% [markdown] slideshow={"slide_type": "slide"}
# # Chapter 05 · Hyperparameters and regularization · 超参数与正则化
#
# Which numbers you must choose before training, how much they matter, how to search for them, and what penalties on the
# weights can and can't do.

# %% [markdown] slideshow={"slide_type": "subslide"}
# **After this chapter you can**
# - train in Keras with dropout, penalties, early stopping, checkpoints and learning-rate schedules;
# - say which hyperparameters matter in your problem, show it, and search over them within a budget;
# - share a search between workers;
# - select features with L1, and know when not to trust it; use L2;
# - measure what a regulariser, or an ensemble, is worth on your data.

# %% [markdown] slideshow={"slide_type": "notes"}
# **You need** chapters 01, 02 and 04; least squares and matrices.
#
# **Time** about a minute to run on two cores; about three and a half hours to read and try, with the exercises.
#
# **摘要**
#
# 学习率、隐藏单元数、批量大小和正则化系数不是学出来的，而要事先设定；本章逐一测量它们的影响，并用随机搜索、TPE 和 Hyperband 在相同预算下同时搜索。
#
# L1 正则化使许多权重恰好为零，因而能选择特征，但样本太少或特征彼此高度相关时，所选未必可靠；L2 正则化使权重变小、拟合曲线变平滑。
#
# 丢弃法、早停、数据增强、标签平滑的效果取决于数据：标签有错时作用显著，标签干净时几乎没有收益；若待识别的图像会平移，数据增强收益很大。集成也能降低误差，但要与同样大小的单个网络比较。

# %% slideshow={"slide_type": "skip"} tags=["hide-input"]
import functools
import pathlib
import tempfile
from concurrent import futures

import keras
import numpy as np
import tensorflow as tf
from keras import layers
from sklearn import linear_model

from dlcourse import (
    checks,
    datasets,
    exercises,
    recording,
    reproducibility,
    show,
    training,
    widgets,
)
from dlcourse.claims import Claims
from dlcourse.datasets import transforms
from dlcourse.experiments import hyperparameter_search
from dlcourse.figures import charts, regularization
from dlcourse.from_scratch import penalized_regression
from dlcourse.measured import Measured, mask
from dlcourse.metrics import calibration
from dlcourse.models.stacked import feed_forward
from dlcourse.training import hyperparameters, search

reproducibility.start(seed=5)
claims = Claims("05")

# %% [markdown] slideshow={"slide_type": "slide"}
# ## When should training stop? · 训练该在何时停下？
#
# The task of this chapter is MNIST made small: every 4 × 4 pixels averaged, so that an image is 7 × 7, and only 500 examples
# to learn from. That is quick, and leaves errors to be made. Here 30 % of the labels are drawn at random, besides.
#
# **Predict before you run.** 64 hidden units, no brakes, up to 60 epochs. Where is the loss on clean held-out digits smallest:
# in the first ten epochs, about the 30th, or the last? And where is the training loss smallest?

# %% slideshow={"slide_type": "skip"}
def some_wrong(y, share, seed):
    """Labels of which a share is drawn at random."""
    random = np.random.default_rng(seed)
    drawn = random.random(len(y)) < share
    return np.where(drawn, random.integers(0, 10, len(y)), y).astype("int32")


mnist = datasets.load("mnist")
examples = mnist.train.take(500, seed=0)
train = transforms.pooled(examples)
noisy = datasets.Split(train.x, some_wrong(train.y, 0.3, seed=0))
validation = transforms.pooled(mnist.validation.take(4000, seed=0))
print("training", train.x.shape, " validation", validation.x.shape)

# %% slideshow={"slide_type": "subslide"}
def network(hidden=64, l2=0.0, dropout=0.0, seed=0):
    """Pictures (batch, 7, 7, 1) to logits (batch, 10)."""
    penalty = keras.regularizers.L2(l2)
    he = keras.initializers.HeNormal
    return keras.Sequential([
        keras.Input((7, 7, 1)),
        layers.Flatten(),
        layers.Dense(hidden, "relu", kernel_regularizer=penalty,
                     kernel_initializer=he(seed)),
        layers.Dropout(dropout, seed=seed),
        layers.Dense(10, kernel_regularizer=penalty,
                     kernel_initializer=he(seed + 1)),
    ])

# %% [markdown] slideshow={"slide_type": "notes"}
# Two brakes are built in, and not yet pulled. `kernel_regularizer=L2(l2)` adds `l2` times the sum of the squared weights to the
# loss: weights 3 and −1 with `l2=0.01` cost $0.01 \cdot (9 + 1) = 0.1$. `Dropout(rate)` sets a share of the units to 0 in each training
# step. Both are measured later in this chapter. The ten outputs are **logits**, unnormalised scores $z_k$; *softmax*,
# $p_k = e^{z_k} / \sum_j e^{z_j}$, makes probabilities of them (scores 2, 0, 0 give $0.79, 0.11, 0.11$), and the loss does that itself.

# %% slideshow={"slide_type": "subslide"}
def compiled(model, learning_rate=0.05):
    model.compile(
        keras.optimizers.SGD(learning_rate, momentum=0.9),
        keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=["accuracy"])
    return model


model = compiled(network())
folder = tempfile.TemporaryDirectory()
file = pathlib.Path(folder.name) / "best.keras"
stop = keras.callbacks.EarlyStopping("val_loss", patience=8,
                                     restore_best_weights=True)
keep = keras.callbacks.ModelCheckpoint(file, "val_loss",
                                       save_best_only=True)
history = model.fit(noisy.x, noisy.y, batch_size=32, epochs=60,
                    validation_data=(validation.x, validation.y),
                    validation_batch_size=1000,
                    callbacks=[stop, keep], verbose=0).history

# %% slideshow={"slide_type": "subslide"} tags=["hide-input"]
best_epoch = 1 + int(np.argmin(history["val_loss"]))
regularization.early_stopping(
    {"training (30 % of labels random)": history["loss"],
     "held out (labels clean)": history["val_loss"]}, best_epoch, "Early stopping",
    caption="One training. The loss on held-out digits turns up while the training "
    "loss goes on falling: the network begins to learn single labels by heart. Keras "
    "waits 8 epochs (grey), and takes back the weights of the best one (dashed).",
    alt="Two curves over epochs: training loss falls throughout, held-out loss falls, "
    "turns, and rises; a dashed line marks its minimum.")

# %% [markdown] slideshow={"slide_type": "fragment"}
# <details><summary>Your prediction</summary>
#
# In the first ten; and the training loss goes on falling to the end. "The last epoch is best" is what the training loss alone
# suggests.
#
# </details>

# %% [markdown] slideshow={"slide_type": "skip"}
# `ModelCheckpoint` has written the model to disk whenever the held-out loss was smaller than ever before: architecture, weights, and the
# optimizer's state, in one `.keras` file. Another program, or tomorrow's you, loads it without the code above.

# %% slideshow={"slide_type": "skip"}
loaded = keras.models.load_model(file)
checks.equal("logits of the loaded model, and of the one in memory",
             loaded.predict(validation.x, batch_size=1000, verbose=0),
             model.predict(validation.x, batch_size=1000, verbose=0))
loss, accuracy = loaded.evaluate(validation.x, validation.y, batch_size=1000,
                                 verbose=0)

# %% slideshow={"slide_type": "skip"} tags=["hide-input"]
show.markdown(f"Held-out error of the loaded model: {Measured(1 - accuracy):.1%}.")

# %% [markdown] slideshow={"slide_type": "skip"}
# The loop behind `fit`. Two things are easily forgotten: `training=True`, without which nothing is dropped, and `model.losses`, which
# holds the penalties.

# %% slideshow={"slide_type": "skip"}
def loop(model, data, epochs, optimizer):
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    for _ in range(epochs):
        for x, y in data:
            with tf.GradientTape() as tape:
                value = loss(y, model(x, training=True)) + sum(model.losses)
            gradients = tape.gradient(value, model.trainable_variables)
            optimizer.apply(gradients, model.trainable_variables)

# %% [markdown] slideshow={"slide_type": "skip"}
# With an L2 penalty, the same start and the same batches, Keras' `fit`, the loop and `training.fit` end in the same
# weights. (Dropout is off here, so that the check doesn't hang on which units are drawn.)

# %% slideshow={"slide_type": "skip"}
batches = tf.data.Dataset.from_tensor_slices((noisy.x, noisy.y)).batch(32)
by_keras, by_loop, by_course = (network(l2=1e-3) for _ in range(3))
compiled(by_keras).fit(batches, epochs=1, shuffle=False, verbose=0)
loop(by_loop, batches, 1, keras.optimizers.SGD(0.05, momentum=0.9))
_ = training.fit(by_course, training.objectives.classification(), batches, epochs=1,
                 optimizer=keras.optimizers.SGD(0.05, momentum=0.9))

# %% slideshow={"slide_type": "skip"} tags=["hide-input"]
def flat(model):
    return np.concatenate([np.ravel(weight) for weight in model.trainable_weights])


checks.equal("weights by fit, and by the loop", flat(by_keras), flat(by_loop),
             rtol=1e-4, atol=1e-5)
checks.equal("weights by fit, and by training.fit", flat(by_keras), flat(by_course),
             rtol=1e-4, atol=1e-5)

# %% [markdown] slideshow={"slide_type": "skip"}
# | Keras | `training.fit` |
# | --- | --- |
# | `callbacks=[EarlyStopping("val_loss", patience=8, restore_best_weights=True)]` | `early_stopping=training.EarlyStopping("val_loss", patience=8)` |
# | `ModelCheckpoint(file)`, and `load_model(file)` | `checkpoint=folder`: saves, and resumes an interrupted training |
# | `optimizer=SGD(schedule)` | the same |
# | `model.save("mine.keras")` | the same: it is a Keras model |

# %% slideshow={"slide_type": "skip"}
stopped = network(l2=1e-3, dropout=0.2)
run = training.fit(stopped, training.objectives.classification(), noisy, epochs=60,
                   batch_size=32, optimizer=keras.optimizers.SGD(0.05, momentum=0.9),
                   validation=validation,
                   early_stopping=training.EarlyStopping("val_loss", patience=8))
answers = training.predict(stopped, validation.x).argmax(axis=1)

# %% slideshow={"slide_type": "skip"} tags=["hide-input"]
show.markdown(f"With both brakes: stopped after {mask(run.epochs)} epochs, kept epoch "
              f"{mask(run.best_epoch)}; held-out error "
              f"{Measured(np.mean(answers != validation.y)):.1%}, without them "
              f"{Measured(1 - accuracy):.1%} (one training each).")

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Which of the four numbers must be right? · 四个数中，哪一个必须选对？
#
# **Hyperparameters** are set before training; gradients don't choose them. Four of them: the learning rate, the number of
# hidden units, the batch size, and the strength of the L2 penalty.
#
# **Predict before you run.** From a setting that works well, each of the four is moved by itself, far up and far
# down. Which of them ruins the network, and in which direction? And which would you hardly notice if it were off by a
# factor of 3?

# %% [markdown] slideshow={"slide_type": "notes"}
# The article, section 2.5: 「如何设置这些超参数可以极大地影响模型的性能」: how hyperparameters are set can change a model's
# performance a great deal.
#
# **The rule for the verdict.** "A great deal" shall mean that the error at least doubles between the best value of a
# range and the worst. The answer depends on the range. We don't choose it ourselves, but take the one that
# [Bergstra & Bengio 2012](https://jmlr.org/papers/v13/bergstra12a.html) searched for networks with one hidden layer:
# learning rates from 0.001 to 10, 18 to 1,024 hidden units, batches of 20 or 100, L2 from 3.1e-7 to 3.1e-5. Such a
# range says how unsure its authors were before they searched. (Our network has momentum of 0.9, which makes steps in a
# steady direction about ten times as long, so that equal rates needn't do equal things.)

# %% slideshow={"slide_type": "notes"} tags=["hide-input"]
IF_HYPERPARAMETERS = {        # a made-up outcome for each verdict
    text: {"learning_rate": rate, "hidden": hidden, "batch_size": batch, "l2": l2}
    for text, rate, hidden, batch, l2 in [
        ("holds", [6, 5.8, 6.1], [2.5, 2.6, 2.7], [3, 3.1, 3], [2.4, 2.5, 2.5]),
        ("holds when it is the learning rate",
         [6, 5.8, 6.1], [1.4, 1.5, 1.5], [1.1, 1, 1], [1, 1.1, 1]),
        ("does not hold",
         [1.5, 1.6, 1.5], [1.4, 1.5, 1.5], [1.1, 1, 1], [1, 1.1, 1]),
        ("not settled", [6, 5.8, 6.1], [1.5, 3, 2], [1.1, 1, 1], [1, 1.1, 1])]
}

# %% slideshow={"slide_type": "notes"} tags=["hide-input"]
claims.rule(
    "A2.5.1",
    {
        "holds": lambda learning_rate, hidden, batch_size, l2: min(
            one.low for one in (learning_rate, hidden, batch_size, l2)) > 2,
        "holds when it is the learning rate":
            lambda learning_rate, hidden, batch_size, l2: learning_rate.low > 2 > max(
                one.high for one in (hidden, batch_size, l2)),
        "does not hold": lambda learning_rate, hidden, batch_size, l2: max(
            one.high for one in (learning_rate, hidden, batch_size, l2)) < 2,
        "not settled": True,
    },
    made_up=IF_HYPERPARAMETERS,
)

# %% [markdown] slideshow={"slide_type": "subslide"}
# The labels are right from here on, where nothing else is said. The network has one hidden layer of $h$ units,
#
# $$\text{logits} = W_2\, \max(0,\, W_1 x + b_1) + b_2, \qquad W_1 \in \mathbb{R}^{h \times 49},\quad W_2 \in \mathbb{R}^{10 \times h},$$
#
# and learns by stochastic gradient descent with momentum 0.9 on cross-entropy plus
# $\lambda (\lVert W_1 \rVert^2 + \lVert W_2 \rVert^2)$. Learning rate $\eta$, hidden units $h$, batch size $B$ and
# $\lambda$ are the four.

# %% [markdown] slideshow={"slide_type": "notes"}
# A study needs hundreds of trainings. Compiling takes longer than training such a network, so
# `dlcourse.training.hyperparameters` compiles *once* for many settings: learning rate and penalty are inputs of the
# graph, one number per network, and the weights of many networks are stacked, $W_1$ of shape (networks, 49, h). A test
# holds one of its networks against Keras, step by step.

# %% slideshow={"slide_type": "skip"}
GOOD = {"learning_rate": 0.05, "hidden": 32, "batch_size": 32, "l2": 1e-4}
PUBLISHED = {"learning_rate": (0.001, 10), "hidden": (18, 1024),
             "batch_size": (20, 100), "l2": (3.1e-7, 3.1e-5)}
SWEEPS = {
    "learning_rate": np.geomspace(0.001, 10, 13),
    "hidden": np.array([1, 2, 4, 9, 18, 36, 72, 200, 1024]),
    "batch_size": np.array([12, 20, 32, 50, 100, 200, 350, 500]),
    "l2": 3.1e-7 * 10 ** (np.arange(20) / 3),
}

# %% slideshow={"slide_type": "skip"}
def final_errors(network, settings, seeds, epochs, split, schedule=None):
    """Errors (settings, seeds) after the last epoch, as shares."""
    settings = [hyperparameters.Setting(**setting) for setting in settings]
    return network.train(
        settings, seeds, epochs, lambda members: members.errors(split), schedule,
        passes=epochs)[:, :, 0]


small = hyperparameters.Tunable(train, classes=10, shifted=transforms.shifted(examples))
errors = {
    name: final_errors(small, [{**GOOD, name: value} for value in values],
                       range(8), 20, validation)
    for name, values in SWEEPS.items()
}

# %% slideshow={"slide_type": "skip"}
def draw_sweep(name, values, error, good, published, ax):
    label = {"hidden": "hidden units", "l2": "strength of L2",
             "batch_size": "batch size (examples)"}.get(name, "learning rate")
    charts.curves(values, {"error": 100 * error}, label, "validation error (%)",
                  "", xscale="log", ax=ax)
    ax.axvline(good, color="black", linestyle=":", linewidth=1)
    ax.axvspan(*published, color="0.9", zorder=0)
    ax.set_ylim(0, 100)

# %% slideshow={"slide_type": "subslide"} tags=["hide-input"]
charts.row(
    *[functools.partial(draw_sweep, name, SWEEPS[name], errors[name], GOOD[name],
                        PUBLISHED[name]) for name in SWEEPS],
    columns=2, figsize=(7.2, 5.6), title="Error as one hyperparameter moves",
    caption="One hyperparameter moved, the others at the dotted good setting; mean of "
    "8 seeds with its 95 % interval; grey: the published range. The learning rate "
    "has a slope on the left and a cliff on the right; around the good setting each "
    "curve is nearly flat.",
    alt="Four panels of validation error against learning rate, hidden units, batch "
    "size and L2 strength. Learning rate: a valley with a cliff on the right. Hidden "
    "units: falling. Batch size: rising for large batches. L2: flat, then a cliff.",
)

# %% slideshow={"slide_type": "skip"}
def worst_over_best(error, values, low, high):
    """Error at the worst value of a range over error at the best, seed by seed.

    Seeds 0 to 3 say which values these are, the others judge.
    """
    within = error[(values > 0.999 * low) & (values < 1.001 * high)]
    by_value = within[:, :4].mean(axis=1)
    return within[by_value.argmax(), 4:] / within[by_value.argmin(), 4:]

# %% slideshow={"slide_type": "skip"}
published = {name: worst_over_best(errors[name], SWEEPS[name], *PUBLISHED[name])
             for name in SWEEPS}
whole = {name: worst_over_best(errors[name], SWEEPS[name], 0, np.inf)
         for name in SWEEPS}


def moved(factor, errors, sweeps, good):
    """Worst over best (hyperparameters, seeds) within a factor of the good setting."""
    return np.array([
        worst_over_best(errors[name], sweeps[name], centre / factor, centre * factor)
        for name, centre in good.items()])

# %% slideshow={"slide_type": "subslide"} tags=["hide-input"]
near = dict(zip(GOOD, moved(3, errors, SWEEPS, GOOD), strict=True))
show.table(
    [[name.replace("_", " ").replace("l2", "L2"), f"{Measured(whole[name]):.1f}",
      f"{Measured(published[name]):.2f}", f"{Measured(near[name]):.2f}"]
     for name in SWEEPS],
    ["hyperparameter", "whole sweep", "published range", "within a factor of 3"],
    "Error at the worst value over error at the best (4 seeds that chose neither)",
)

# %% slideshow={"slide_type": "fragment"} tags=["hide-input"]
claims.verdict("A2.5.1", **published)

# %% [markdown] slideshow={"slide_type": "subslide"}
# <details><summary>Your prediction</summary>
#
# The usual wrong guess is to fear for all four alike, as if the best value were a needle. Around the good setting each
# curve is nearly flat, for a factor of 3 to either side (the table's last column). Only the learning rate has a steep side
# on either hand: too small, and 20 epochs don't suffice; too large, and training diverges. Too few units, too large a
# batch, too strong a penalty do much harm as well, but outside the published range. A larger batch also means fewer
# steps: with 500 examples per step, 20 epochs are 20 steps. What remains at equal steps, exercise 4 asks.
#
# </details>
#
# What follows: search in factors (1, 3, 10, 30), not in differences, and the learning rate first.

# %% [markdown] slideshow={"slide_type": "skip"}
# ### Move it: too small, too large, too strong
#
# The same network is trained anew at every move, from three seeds, for 20 epochs. (Knobs need a running kernel; a page
# shows the figure at their start.)
#
# **Predict before you move.** How do the curves of a rate that is too small differ from those of one that is too large?
# At the good rate, which strength of L2 first lifts the *training* error by much, and does the validation error fall when
# it does? And with a rate of 1.5, from which the weights run away: does a strong penalty rescue the training?

# %% slideshow={"slide_type": "skip"}
def errors_and_size(members, parts):
    """Errors (%) on the parts, and a weight's size, (members, parts + 1)."""
    weights = np.nan_to_num(members.weights[0].numpy().astype("float64"), nan=1e3)
    size = np.sqrt(np.square(weights).mean(axis=(1, 2))).clip(1e-4, 1e3)
    return np.stack([*(100 * members.errors(part) for part in parts), size], axis=-1)


def draw_training(axes, learning_rate, l2, *, network, parts, good):
    values = {**good, "learning_rate": learning_rate, "l2": l2}
    setting = hyperparameters.Setting(**values)
    measure = functools.partial(errors_and_size, parts=parts.values())
    [found] = network.train([setting], range(3), 20, measure)  # (seeds, epochs, 3)
    epochs, title = np.arange(1, 21), f"rate {learning_rate:g}, L2 {l2:g}"
    wrong = {name: found[:, :, place].T for place, name in enumerate(parts)}
    charts.curves(epochs, wrong, "epoch", "error (%)", title, ax=axes[0])
    size, name = {"W1": found[:, :, -1].T}, "root mean square of W1"
    charts.curves(epochs, size, "epoch", name, title, yscale="log", ax=axes[1])
    axes[0].set_ylim(0, 100)
    axes[1].set_ylim(1e-4, 1e3)

# %% slideshow={"slide_type": "skip"} tags=["hide-input"]
widgets.explore(
    functools.partial(draw_training, network=small,
                      parts={"training": train, "validation": validation}, good=GOOD),
    panels=2,
    figsize=(10, 3.8),
    learning_rate=widgets.Knob([5e-4, 1.5e-3, 5e-3, 0.015, 0.05, 0.15, 0.5, 1.5, 5.0],
                               start=0.05),
    l2=widgets.Knob([0.0, 1e-6, 1e-5, 1e-4, 3e-4, 1e-3, 3e-3, 1e-2, 0.1, 1.0],
                    start=1e-4),
    caption="Left the errors by epoch, right how large a weight of the first layer "
    "is; mean of 3 seeds with its 95 % interval. At the good setting the training "
    "error goes on falling where the validation error has come to rest.",
    alt="Left, two falling curves over 20 epochs, the training error ending far below "
    "the validation error. Right, the size of a weight, nearly level.",
)

# %% [markdown] slideshow={"slide_type": "skip"}
# Too small a rate gives curves that still fall at the end; too large a rate gives curves that jump or rise, and weights
# that grow from the first epoch on. A penalty strong enough to lift the training error closes the gap between the two
# curves, but from below: the validation error doesn't fall with it, and the gap is no goal in itself. At a rate of 1.5
# a penalty of 0.01 has made the weights small by the end, and the network guesses all the same: the steps were too
# long, and shorter weights don't shorten them. One of 0.1 drives them apart, since the penalty is descended with the
# same rate. Its curvature is $2\lambda$, and with momentum 0.9 a step on the penalty alone overshoots for good where
# $2\eta\lambda$ exceeds $2(1 + 0.9) = 3.8$, as at a rate of 5 and an L2 of 1; together with the loss it happens
# earlier.

# %% [markdown] slideshow={"slide_type": "skip"}
# ## Can you find a learning rate without training once to the end? · 不完整训练一次，能找到学习率吗？
#
# The sweep of 13 learning rates took 13 trainings of 20 epochs for each seed, 260 epochs. Is there a cheaper way, one
# that takes six?
#
# **Predict before you run.** During one short training the rate rises from 0.0001 to 10 by equal factors. What does the
# loss do meanwhile, and which point of its curve would you choose: where the loss is smallest, or an earlier one?

# %% slideshow={"slide_type": "skip"}
def range_test(network, good, seeds, low=1e-4, high=10.0, epochs=6):
    """Rates (steps,) that rise by equal factors; the loss at each,
    (steps, seeds)."""
    setting = hyperparameters.Setting(**{**good, "learning_rate": low})
    members, losses = network.start([setting], seeds), []
    for _ in range(epochs):
        members.epoch(epochs, lambda share: (high / low) ** share)
        losses.append(members.losses)
    losses = np.nan_to_num(np.concatenate(losses), nan=1e9)
    shares = np.arange(len(losses)) / len(losses)
    return low * (high / low) ** shares, losses


rates, losses = range_test(small, GOOD, seeds=range(10, 16))

# %% slideshow={"slide_type": "skip"} tags=["hide-input"]
charts.curves(
    rates, {"loss of the step's batch": losses.clip(0, 10)}, "learning rate",
    "loss (nats)", "Learning-rate range test", xscale="log",
    levels={"guessing, log 10": np.log(10)},
    caption="One short training with a rising rate, mean of 6 seeds. Nothing "
    "happens, then the loss falls, then it explodes.",
)

# %% slideshow={"slide_type": "skip"}
def lowest_point(rates, losses):
    """The rate at which the loss, averaged over five steps, is smallest: (seeds,)."""
    smooth = np.lib.stride_tricks.sliding_window_view(losses, 5, axis=0).mean(axis=-1)
    return rates[2:-2][smooth.argmin(axis=0)]


lowest = lowest_point(rates, losses)
swept = SWEEPS["learning_rate"][errors["learning_rate"].mean(axis=1).argmin()]
tried = final_errors(
    small,
    [{**GOOD, "learning_rate": float(rate)} for rate in [*lowest, *lowest / 3, swept]],
    range(10, 16), 20, validation)  # (6 lowest, 6 thirds and 1, seeds)
at_point = {"the lowest point": np.diagonal(tried[:6]),
            "a third of it": np.diagonal(tried[6:12])}

# %% slideshow={"slide_type": "skip"} tags=["hide-input"]
excess = {point: Measured(values) - Measured(tried[-1])
          for point, values in at_point.items()}
show.markdown(f"""
Lowest point of the loss: at a rate of {Measured(lowest):.2g}. Trained for 20 epochs,
error above that of the sweep's best rate: {excess["the lowest point"]:.1%} at the
lowest point, {excess["a third of it"]:.1%} at a third of it (6 seeds, on which the
sweep's best rate was not chosen).
""")

# %% [markdown] slideshow={"slide_type": "skip"}
# <details><summary>Your prediction</summary>
#
# The lowest point is the common guess, and it is the edge of the cliff: beyond it the loss rises, *because* the rate is too
# large. A third of it is as good here as the best rate of the whole sweep. [Smith 2017](https://arxiv.org/abs/1506.01186)
# proposed the test.
#
# </details>
#
# What follows: begin with this test, at the price of 6 epochs.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Should the learning rate stay as it is? · 学习率该一直不变吗？
#
# A large rate gets far quickly, a small one settles. Then why not begin with one and end with the other?
#
# **Predict before you run.** Four schedules: constant; *step*, a tenth after half of the training and a hundredth after
# three quarters; *cosine*, falling smoothly to 0; *warm-up*, rising for a tenth of the training and then cosine. Does the
# best schedule, at its best peak rate, beat the best constant rate by much? And what does a schedule do where the peak is
# four times too large?

# %% slideshow={"slide_type": "skip"}
def step(share):
    later = np.where(share < 0.75, 0.1, 0.01)
    return np.where(share < 0.5, 1.0, later)


def cosine(share):
    return (1 + np.cos(np.pi * share)) / 2


def warm_up(share, length=0.1):
    falling = cosine((share - length) / (1 - length))
    return np.where(share < length, share / length, falling)


schedules = {"constant": np.ones_like, "step": step,
             "cosine": cosine, "warm-up": warm_up}
peaks = [0.0125, 0.025, 0.05, 0.1, 0.2, 0.4, 0.8]

# %% slideshow={"slide_type": "skip"}
scheduled = {
    name: final_errors(small, [{**GOOD, "learning_rate": peak} for peak in peaks],
                       range(8), 20, validation, factor)
    for name, factor in schedules.items()
}

# %% slideshow={"slide_type": "subslide"} tags=["hide-input"]
shares = np.linspace(0, 1, 201)[:-1]
charts.row(
    lambda ax: charts.curves(
        shares, {name: factor(shares) for name, factor in schedules.items()},
        "share of the training done", "factor of the peak rate", "Schedules", ax=ax),
    lambda ax: charts.curves(
        [f"{peak:g}" for peak in peaks],
        {name: 100 * values for name, values in scheduled.items()},
        "peak rate", "validation error (%)", "After 20 epochs", ax=ax),
    figsize=(11, 3.6),
    caption="Left the factor by which the rate is multiplied. Right the error "
    "reached, mean and 95 % interval of 8 seeds: the valleys are equally deep, "
    "nearly, and not equally wide.",
    alt="Left: four curves of a learning-rate factor over training. Right: validation "
    "error against peak rate for four schedules, close together up to 0.1 and apart "
    "beyond.",
)

# %% slideshow={"slide_type": "subslide"} tags=["hide-input"]
best_peak = {name: values[:, :4].mean(axis=1).argmin()
             for name, values in scheduled.items()}
at_best = {name: Measured(scheduled[name][best_peak[name], 4:]) for name in schedules}
show.table(
    [[name, mask(peaks[best_peak[name]]), f"{at_best[name]:.1%}",
      f"{at_best[name] - at_best['constant']:.1%}"] for name in schedules],
    ["schedule", "its best peak", "error there", "minus the best constant rate's"],
    "Each at its best: chosen on 4 seeds, judged on 4 others",
)

# %% slideshow={"slide_type": "notes"} tags=["hide-input"]
claims.measure(
    "C05.4", "a peak of 0.4: error with the cosine schedule minus error at constant "
    "rate, share (control: a peak of 0.1)",
    lambda peak, seed: (scheduled["cosine"][peaks.index(peak), seed]
                        - scheduled["constant"][peaks.index(peak), seed]),
    of=[(0.4, seed) for seed in range(8)],
    control=[(0.1, seed) for seed in range(8)],
    below=-0.05,
)

# %% [markdown] slideshow={"slide_type": "subslide"}
# <details><summary>Your prediction</summary>
#
# A schedule is often expected to gain much. At its best peak it gains less than two points over the best constant rate,
# with intervals as wide as the gain or wider, and at a small peak it loses, since the rate is too small already. Its
# use here is to make a *high* rate less harmful at the end: it widens the valley of the sweep, so that a rate that is
# twice or four times too large costs less.
#
# </details>

# %% [markdown] slideshow={"slide_type": "notes"}
# In Keras a schedule takes the place of the number. For warm-up, `CosineDecay` has to be told where the rate starts, its
# peak (`warmup_target`), and how long it rises (without `warmup_steps` there is no warm-up, whatever the target).

# %% slideshow={"slide_type": "skip"}
def right_after(rate, epochs=10):
    """Accuracy of the first section's network, after training on right labels."""
    model = compiled(network(hidden=32), rate)
    model.fit(train.x, train.y, batch_size=32, epochs=epochs, verbose=0)
    return model.evaluate(validation.x, validation.y, batch_size=1000, verbose=0)[1]


steps_in_all = 10 * -(-len(train) // 32)              # 16 steps in each epoch
falling = keras.optimizers.schedules.CosineDecay(0.4, steps_in_all)
constant_rate, cosine_rate = right_after(0.4), right_after(falling)

# %% slideshow={"slide_type": "skip"} tags=["hide-input"]
show.markdown(f"Keras, one training each, peak 0.4: accuracy "
              f"{Measured(constant_rate):.1%} at constant rate, "
              f"{Measured(cosine_rate):.1%} with the cosine.")

# %% slideshow={"slide_type": "skip"}
keras_warm_up = keras.optimizers.schedules.CosineDecay(
    0.0, decay_steps=270, warmup_target=0.1, warmup_steps=30)
steps = np.arange(0, 300, 10)
checks.equal("warm_up and Keras' CosineDecay",
             [float(keras_warm_up(step)) for step in steps], 0.1 * warm_up(steps / 300),
             rtol=1e-4, atol=1e-7)

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Luck or method? · 靠运气，还是靠方法？
#
# Four hyperparameters with nine values each are 6,561 combinations. *Random search* draws each setting by itself. *TPE*
# (tree-structured Parzen estimator) models where the good settings so far lie, and tries more there. *Hyperband* stops
# trials early that are behind others at the same epoch, and tries more settings instead.
#
# **Predict before you run.** Each may spend 360 epochs; a complete training takes 9. By how much does the best method
# beat random search: by half of the error, by a tenth, or not measurably?

# %% slideshow={"slide_type": "skip"}
show.source(hyperparameter_search.objective)
show.table([[name.replace("_", " "), f"{span.low:g}", f"{span.high:g}",
             "whole numbers" if span.whole else "real numbers"]
            for name, span in hyperparameter_search.SPACE.items()],
           ["hyperparameter", "from", "to", "values, uniform in their logarithm"])

# %% slideshow={"slide_type": "skip"}
judge = transforms.pooled(mnist.validation.take(2000, seed=0))
found = search.run(
    hyperparameter_search.objective(small, judge, seed=0),
    hyperparameter_search.SPACE,
    budget=90, epochs=9, sampler="tpe", pruning=True, seed=0)

# %% slideshow={"slide_type": "skip"} tags=["hide-input"]
best = ", ".join(f"{name.replace('_', ' ')} {mask(f'{value:.2g}')}"
                 for name, value in found.best.setting.items())
show.markdown(f"{mask(len(found.trials))} settings tried in {found.epochs} epochs; the "
              f"best: {best}; validation error {Measured(found.best.error):.1%}.")

# %% [markdown] slideshow={"slide_type": "notes"}
# One search is an anecdote. Ten of each kind, over 360 epochs, are recorded by `benchmarks/studies/ch05_search.py`:

# %% slideshow={"slide_type": "skip"}
recorded = recording.load("ch05_search")
names = ["random", "TPE", "random, Hyperband", "TPE, Hyperband"]
runs = {name: [recorded[f"{name}, {seed}"] for seed in range(10)] for name in names}

# %% slideshow={"slide_type": "subslide"} tags=["hide-input"]
regularization.progress(
    {name: [(np.array(run["spent"]), np.array(run["best"])) for run in ten]
     for name, ten in runs.items()},
    "Ten searches of each kind (recorded)",
    caption="Recorded. The smallest validation error found so far against epochs "
    "spent, mean and 95 % interval of 10 searches.",
)

# %% slideshow={"slide_type": "subslide"} tags=["hide-input"]
final = {name: Measured([run["error"] for run in ten]) for name, ten in runs.items()}
show.table(
    [[name, f"{final[name]:.1%}", f"{final[name] - final['random']:.1%}",
      mask(f"{np.mean([run['trials'] for run in runs[name]]):.0f}")] for name in names],
    ["search", "best validation error", "minus random search", "settings tried"],
    "After 360 epochs, 10 searches (recorded), differences paired by seed",
)
gain = Measured([1 - tpe["error"] / random["error"]
                 for tpe, random in zip(runs["TPE"], runs["random"], strict=True)])
show.markdown(f"TPE's gain is {gain:.0%} of random search's error (recorded).")

# %% [markdown] slideshow={"slide_type": "fragment"}
# <details><summary>Your prediction</summary>
#
# Two wrong guesses are common: that a clever search halves the error, and that it doesn't matter. TPE's gain lies between,
# since its later settings are near the good ones. Its first ten settings are random themselves, so a lead can begin only
# after ten trials, 90 epochs. What Hyperband adds to TPE is small here.
#
# </details>

# %% [markdown] slideshow={"slide_type": "notes"}
# Random search has its own strength. If only one of two hyperparameters matters, 81 points on a grid of 9 × 9 are 9
# values of each, and 81 random draws are 81 values of each
# ([Bergstra & Bengio 2012](https://jmlr.org/papers/v13/bergstra12a.html)).

# %% [markdown] slideshow={"slide_type": "skip"}
# ## What is the winner worth? · 胜出的设置值多少？
#
# The best of 40 settings was chosen by its validation error, so that error flatters it (chapter 04). The test data have
# not been touched so far. Now, once:
#
# **Predict before you run.** The winner's test error: below, at or above its validation error? How far from it is the
# middle one of the 40 settings? And does the winner beat the good setting of the sweeps, which nobody searched for?

# %% slideshow={"slide_type": "skip"}
def ranked(run, rank):
    """The setting of a recorded search that is ``rank`` places behind its best."""
    complete = run["complete"]
    place = np.argsort(complete["error"], kind="stable")[rank]
    return {name: complete[name][place] for name in GOOD}


compared = {
    "random search's winner": [ranked(run, 0) for run in runs["random"]],
    "random search's middle": [ranked(run, 20) for run in runs["random"]],
    "TPE's winner": [run["setting"] for run in runs["TPE"]],
}
test = transforms.pooled(mnist.test)  # used in this cell, and nowhere else
tested = {"the good setting": final_errors(small, [GOOD], range(100, 110), 9, test)[0]}
tested |= {
    name: [final_errors(small, [setting], [100 + place], 9, test)[0, 0]
           for place, setting in enumerate(settings)]
    for name, settings in compared.items()
}

# %% slideshow={"slide_type": "skip"} tags=["hide-input"]
optimism = Measured(tested["random search's winner"]) - final["random"]
show.table(
    [[name, f"{Measured(values):.1%}",
      f"{Measured(values) - Measured(tested['the good setting']):.1%}"]
     for name, values in tested.items()],
    ["setting", "test error", "minus the good setting's"],
    "Settings of ten recorded searches each, trained live for 9 epochs with new seeds",
)
show.markdown("Test error of random search's winners minus the validation error that "
              f"they won with: {optimism:.1%}.")

# %% [markdown] slideshow={"slide_type": "skip"}
# <details><summary>Your prediction</summary>
#
# "Far above" is the guess of whoever has been warned of chosen minima. The best of many is a little lucky, but with 2,000
# validation images that luck is too small to be seen here, beside the differences between settings. The middle setting is
# what a careless choice in these ranges gets. And a winner need not be good: no gain over the good setting is measured for
# random search's winners, and one of about two points for TPE's.
#
# </details>

# %% [markdown] slideshow={"slide_type": "skip"}
# ## Which of the four mattered in the search? · 搜索中哪个超参数更重要？
#
# All four change at once in a search. Can one still say what each contributes?
#
# **Predict before you run.** Order the four by importance, and give each a share of the variance of the error. Would
# two searches of 40 settings agree about them?

# %% [markdown] slideshow={"slide_type": "skip"}
# Functional ANOVA splits the variance of the error over the search space:
# $\operatorname{Var}[f] = \sum_i V_i + \sum_{i<j} V_{ij} + \dots$, with
# $V_i = \operatorname{Var}_{x_i}\left[\mathbb{E}[f \mid x_i]\right]$, how much the average error moves when
# hyperparameter $i$ does. A random forest, fitted to the trials, stands in for $f$.

# %% slideshow={"slide_type": "skip"} tags=["hide-input"]
importances = [run["importances"] for run in runs["random"]]
regularization.importances(
    importances, "Importance in ten random searches (recorded)",
    caption="Recorded: each dot is one random search of 40 settings, bars are means.",
)

# %% slideshow={"slide_type": "skip"}
def disagreement(one, other):
    """Half the sum of absolute differences between two sets of shares: 0 the same, 1
    nothing in common."""
    return 0.5 * sum(abs(one[name] - other[name]) for name in one)

# %% slideshow={"slide_type": "skip"} tags=["hide-input"]
claims.measure(
    "C05.6", "two random searches of 40 settings: disagreement about the importances "
    "(control: one search, evaluated by two forests)",
    disagreement,
    of=list(zip(importances[::2], importances[1::2], strict=True)),
    control=[(run["importances"], run["again"]) for run in runs["random"]],
    above=0.15,
    source="recorded",
)

# %% [markdown] slideshow={"slide_type": "skip"}
# <details><summary>Your prediction</summary>
#
# The usual wrong guess is to read the bars as a law of networks. The dots scatter: a few dozen settings are little to split
# a variance by, and two searches that differ in luck alone disagree by more than the estimate itself does when it is
# repeated on the same trials. And importance is a property *of the range searched*: narrow the penalty's range to where the
# error doesn't depend on it, and there is no variance left for its bar.
#
# </details>
#
# What follows: repeat a search before you read its importances, and write the ranges beside the bars.

# %% [markdown] slideshow={"slide_type": "skip"}
# ## Can two workers share one search? · 两个进程能分担一次搜索吗？
#
# The trials of a random search don't depend on each other, so several threads, processes, or machines that share a
# disk, can divide them. They only must not try the same one twice.
#
# **Predict before you run.** Two workers, 24 trials. Will each do 12? Will the outcome depend on who was faster?

# %% slideshow={"slide_type": "skip"}
def ridge_error(setting, data):
    """Squared error of ridge regression on random features of the diabetes data."""
    x, y, held_x, held_y = data
    seen, new = (penalized_regression.relu_features(part, setting["features"], seed=0)
                 for part in (x, held_x))
    weights = penalized_regression.ridge(seen, y, setting["l2"])
    return np.mean((new @ weights - held_y) ** 2)


diabetes = datasets.load("diabetes")
inputs, targets = penalized_regression.centred(diabetes.train.x, diabetes.train.y)
error = functools.partial(
    ridge_error, data=(inputs[:180], targets[:180], inputs[180:], targets[180:]))
space = {"features": search.Range(5, 300, log=True, whole=True),
         "l2": search.Range(1e-3, 1e3, log=True)}

# %% slideshow={"slide_type": "skip"}
with tempfile.TemporaryDirectory() as folder, futures.ThreadPoolExecutor(2) as pool:
    work = functools.partial(search.work, error, space, trials=24, seed=5)
    both, one = pathlib.Path(folder) / "both", pathlib.Path(folder) / "one"
    done = list(pool.map(work, [both, both]))
    work(one)
    together, alone = search.read(both), search.read(one)
show.markdown(f"Two workers did {mask(done[0])} and {mask(done[1])} trials, "
              f"{sum(done)} together.")
checks.equal("errors of 24 trials by two workers and by one",
             [trial.error for trial in together.trials],
             [trial.error for trial in alone.trials], rtol=1e-9)

# %% [markdown] slideshow={"slide_type": "skip"}
# <details><summary>Your prediction</summary>
#
# It is natural to think that the outcome must depend on the race. For TPE it does, since each new setting depends on which
# trials have *ended*. Here the n-th setting is drawn from the seed and n alone, so that only the division of labour is
# left to chance.
#
# </details>
#
# The study lives in a journal file: each worker appends what it does under a lock, and reads what others did. Our two
# workers are threads; processes, and machines that share a disk, call `search.work` with the same file.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Where do exact zeros come from? · 恰好为零的权重从何而来？
#
# L1 adds the sum of the absolute weights to the loss, L2 that of their squares. Both shrink weights. Why does one give zeros,
# and not the other?
#
# **Predict before you run.** You train by gradient descent and add $\lambda \sum_j \lvert w_j \rvert$ to the loss, as
# `kernel_regularizer="l1"` does. After 500 steps, how many of 20 weights are exactly 0.0?

# %% [markdown] slideshow={"slide_type": "notes"}
# The article, section 2.5: 「L1正则化（Lasso Regularization）可以使参数稀疏化，从而起到特征选择的作用」: L1 makes parameters
# sparse, and so selects features.
#
# **The rule for the verdict.** Features are selected if nine of ten that L1 takes first are relevant ones. That is asked on
# a real table, where permuted copies of the columns are surely irrelevant, and on made-up data like it: the relevant
# features explain half of $y$'s variance, as the table's columns do. There are as many examples as features (`few`), or five
# for each (`many`); or five for each, but each relevant feature has a neighbour that is nearly a copy, a correlation of 0.95
# (`resembling`). Sparse means that a quarter of the weights are exactly 0 at the strength that predicts best. The table is
# one table, so that its number has no interval.

# %% slideshow={"slide_type": "notes"} tags=["hide-input"]
WITH_EXAMPLES = "holds when examples are many and features don't resemble each other"
IF_L1 = {        # a made-up outcome for each verdict
    text: {"zeros": [0.6, 0.5, 0.7], "few": few, "many": many,
           "resembling": resembling, "table": table}
    for text, few, many, resembling, table in [
        ("holds", [0.95, 0.96, 0.95], [1, 1, 0.96], [0.95, 0.96, 0.95], 0.98),
        ("holds when features don't resemble each other",
         [0.95, 0.96, 0.95], [1, 1, 0.96], [0.6, 0.7, 0.65], 0.98),
        (WITH_EXAMPLES, [0.7, 0.6, 0.65], [1, 1, 0.96], [0.6, 0.7, 0.65], 0.98),
        ("does not hold", [0.5, 0.6, 0.55], [0.7, 0.8, 0.75], [0.6, 0.7, 0.65], 0.75),
        ("not settled", [0.7, 0.6, 0.65], [1, 1, 0.96], [1, 0.6, 0.8], 0.98)]
}

# %% slideshow={"slide_type": "notes"} tags=["hide-input"]
claims.rule(
    "A2.5.2",
    {
        "holds": lambda zeros, few, many, resembling, table: (
            zeros.low > 0.25
            and min(few.low, many.low, resembling.low, table.low) > 0.9),
        "holds when features don't resemble each other":
            lambda zeros, few, many, resembling, table: (
                zeros.low > 0.25
                and min(few.low, many.low, table.low) > 0.9 > resembling.high),
        WITH_EXAMPLES: lambda zeros, few, many, resembling, table: (
            zeros.low > 0.25
            and min(many.low, table.low) > 0.9 > max(few.high, resembling.high)),
        "does not hold": lambda zeros, few, many, resembling, table: (
            zeros.high < 0.25 or min(many.high, table.high) < 0.9),
        "not settled": True,
    },
    made_up=IF_L1,
)

# %% [markdown] slideshow={"slide_type": "subslide"}
# Least squares with L1, in scikit-learn's scaling, for $X$ of shape (n, features):
#
# $$\min_w\; \frac{1}{2n} \lVert y - Xw \rVert^2 + \lambda \lVert w \rVert_1$$
#
# Near $w_j = 0$ the penalty's slope is $\pm\lambda$ on either side: a kink. Unless the data pull harder than $\lambda$,
# the minimum is *in* the kink. The slope of $w_j^2$ is 0 there, so any pull moves the weight.

# %% [markdown] slideshow={"slide_type": "subslide"}
# A gradient step jumps across the kink. A **proximal** step treats the penalty exactly: take the step on the squares,
# giving $v$, then move every weight towards 0 by $t = \eta\lambda$, and stop there:
#
# $$S_t(v) = \operatorname{sign}(v)\, \max(\lvert v \rvert - t,\, 0)$$
#
# With $t = 0.2$: $S_t(0.7) = 0.5$, $S_t(-0.3) = -0.1$, and $S_t(0.15) = 0$. All of $[-t, t]$ becomes zero. This is ISTA;
# with momentum, FISTA.

# %% slideshow={"slide_type": "skip"}
show.source(penalized_regression.soft_threshold, penalized_regression.proximal_gradient)

# %% slideshow={"slide_type": "skip"}
def with_permuted(x, y, seed):
    """Each column of x once more with its rows permuted by seed: as distributed, and
    irrelevant. Centred."""
    fake = np.random.default_rng(seed).permuted(x, axis=0)
    return penalized_regression.centred(np.c_[x, fake], y)


patients = (np.r_[diabetes.train.x, diabetes.validation.x],
            np.r_[diabetes.train.y, diabetes.validation.y])        # 354 of them
x, y = with_permuted(*patients, seed=0)
strength = 0.1 * penalized_regression.largest_strength(x, y)
solution = penalized_regression.lasso(x, y, strength)

# %% slideshow={"slide_type": "skip"}
ways = {
    "subgradient": penalized_regression.subgradient,
    "ISTA": penalized_regression.proximal_gradient,
    "FISTA": functools.partial(penalized_regression.proximal_gradient,
                               accelerated=True),
}
# each (500, features)
steps = {name: way(x, y, strength, 500) for name, way in ways.items()}
zeros = {name: (path == 0).sum(axis=1) for name, path in steps.items()}


def above_minimum(path, x, y, solution, strength):
    """The objective minus its minimum after each step, at least 1e-10."""
    objective = functools.partial(penalized_regression.lasso_objective, x, y)
    lowest = objective(solution, strength)
    return [max(objective(weights, strength) - lowest, 1e-10) for weights in path]

# %% slideshow={"slide_type": "subslide"} tags=["hide-input"]
gaps = {name: above_minimum(path, x, y, solution, strength)
        for name, path in steps.items()}
charts.row(
    lambda ax: charts.curves(np.arange(1, 501), zeros, "step", "weights exactly 0.0",
                             "Zeros", ax=ax),
    lambda ax: charts.curves(np.arange(1, 501), gaps, "step",
                             "objective above its minimum", "Distance from the minimum",
                             xscale="log", yscale="log", ax=ax),
    caption="Diabetes: ten real features and a permuted copy of each. Proximal steps "
    "(ISTA, FISTA) have the solution's zeros after a few steps; subgradient steps "
    "never have one.",
    alt="Left: number of exact zeros by step; ISTA and FISTA rise to the solution's "
    "number, the subgradient stays at 0. Right: distance of the objective from its "
    "minimum by step, falling for ISTA and FISTA, slowly for the subgradient.",
)

# %% slideshow={"slide_type": "notes"} tags=["hide-input"]
counted = ", ".join(f"{name} {count[-1]}" for name, count in zeros.items())
show.markdown(f"Exact zeros after 500 steps, of 20 weights: {counted}; in the solution "
              f"{(solution == 0).sum()}.")

# %% [markdown] slideshow={"slide_type": "subslide"}
# <details><summary>Your prediction</summary>
#
# None, although many are zero in the *solution*. A weight near 0 is kicked by $\pm\eta\lambda$ from side to side.
# Weights that "should" be zero in Keras under `l1` are tiny instead; threshold them, or take proximal steps.
#
# </details>

# %% [markdown] slideshow={"slide_type": "skip"}
# Are these weights right? scikit-learn's `Lasso` and `Ridge` share no line with ours:

# %% slideshow={"slide_type": "skip"}
some = penalized_regression.largest_strength(x, y) * np.array([0.5, 0.1, 0.02, 0.004])
options = {"tol": 1e-10, "max_iter": 100_000, "fit_intercept": False}
theirs = [linear_model.Lasso(alpha=one, **options).fit(x, y).coef_ for one in some]
checks.equal("the Lasso's weights, ours and scikit-learn's",
             [penalized_regression.lasso(x, y, one) for one in some], theirs, atol=1e-5)
theirs = [linear_model.Ridge(alpha=one, fit_intercept=False).fit(x, y).coef_
          for one in (0.1, 10, 1000)]
checks.equal("ridge weights, ours and scikit-learn's",
             [penalized_regression.ridge(x, y, one) for one in (0.1, 10, 1000)], theirs,
             atol=1e-8)

# %% [markdown] slideshow={"slide_type": "skip"}
# ## Does it select the right features? · 它选对特征了吗？
#
# Zeros are not yet a selection. We plant features that we know to be irrelevant, and see which enter as the penalty
# weakens.
#
# **Predict before you run.** 40 features, of which 5 make $y$, with noise of the same variance as what they make. Of 40
# examples, or of 200: are the first five to enter the right ones? And at the strength that *predicts* best, how many of the
# 35 irrelevant ones are in? Then each relevant feature A gets a neighbour B, a noisy copy correlated 0.95 with it. Does the
# Lasso take A, both, or either?

# %% slideshow={"slide_type": "skip"}
def planted(seed, examples=200, features=40, resemblance=0.0):
    """x (examples, features), y, and 1,000 held-out examples.

    The first five features make y. The next five are correlated with them by
    ``resemblance``, and irrelevant.
    """
    random = np.random.default_rng(seed)
    x = random.standard_normal((examples + 1000, features))
    x[:, 5:10] = resemblance * x[:, :5] + np.sqrt(1 - resemblance**2) * x[:, 5:10]
    truth = x[:, :5] @ np.array([1.0, -1.0, 1.0, -1.0, 1.0])        # variance 5
    y = truth + np.sqrt(5) * random.standard_normal(len(x))
    fit = penalized_regression.centred(x[:examples], y[:examples], scale=False)
    return *fit, x[examples:], y[examples:]


# in units of the strength that makes all weights 0
relative = np.geomspace(1, 0.03, 30)
sets = {"few": [planted(seed, examples=40) for seed in range(10)],
        "many": [planted(seed) for seed in range(20)],
        "resembling": [planted(seed, resemblance=0.95) for seed in range(12)]}

# %% slideshow={"slide_type": "skip"}
def lasso_path(x, y, relative):
    """Weights (strengths, features)."""
    largest = penalized_regression.largest_strength(x, y)
    return penalized_regression.lasso_path(x, y, largest * relative)


paths = {name: [lasso_path(x, y, relative) for x, y, *_ in many]
         for name, many in sets.items()}

# %% slideshow={"slide_type": "skip"} tags=["hide-input"]
relevant = np.arange(40) < 5
charts.row(
    lambda ax: regularization.path(relative, paths["many"][0],
                                   "Independent features", relevant, ax=ax),
    lambda ax: regularization.path(relative, paths["resembling"][0],
                                   "Five resemble the relevant ones", relevant, ax=ax),
    figsize=(11, 3.8),
    caption="Weights along the Lasso's path, one draw of 200 examples each; strengths "
    "in units of the largest that matters. The five relevant features are blue. To the "
    "right, where the penalty is weak, many irrelevant ones have a weight as well.",
    alt="Two panels of Lasso paths. Blue lines of relevant features grow large, on the "
    "right all but one; grey ones of irrelevant features leave zero later, most of "
    "them, and stay smaller.",
)

# %% slideshow={"slide_type": "skip"}
def first(path, count):
    """The features whose weights leave 0 first, from strong to weak penalty."""
    entered = np.where((path != 0).any(axis=0), (path != 0).argmax(axis=0), len(path))
    there = np.minimum(entered, len(path) - 1), np.arange(path.shape[1])
    return np.lexsort((-np.abs(path[there]), entered))[:count]  # ties: larger first


def best_strength(path, held_x, held_y):
    """Where along a path held-out error is smallest."""
    return ((held_y[:, None] - held_x @ path.T) ** 2).mean(axis=0).argmin()


def chosen_five(way, kind, draw):
    """Five features of a draw: by correlation with y, entry, or size of weight."""
    (x, y, *held), path = sets[kind][draw], paths[kind][draw]
    if way == "order of entry (L1)":
        return first(path, 5)
    if way == "largest weights (L2)":
        path = penalized_regression.ridge_path(x, y, np.logspace(-2, 4, 25))
    weights = x.T @ y if way == "correlation" else path[best_strength(path, *held)]
    return np.argsort(-np.abs(weights))[:5]

# %% slideshow={"slide_type": "skip"} tags=["hide-input"]
selections = ["order of entry (L1)", "largest weights (L1)", "largest weights (L2)",
              "correlation"]
right = {(way, kind): [relevant[chosen_five(way, kind, draw)].mean()
                       for draw in range(len(sets[kind]))]
         for way in selections for kind in sets}
show.table([[way, *[f"{Measured(right[way, kind]):.0%}" for kind in sets]]
            for way in selections],
           ["five features chosen by", "40 examples", "200 examples",
            "200, each with a neighbour (0.95)"],
           "Relevant among the five chosen; 10, 20 and 12 draws (weights at the best "
           "prediction)")

# %% [markdown] slideshow={"slide_type": "skip"}
# Why does the best predictor let irrelevant features in? One suspicion: a penalty strong enough to keep them out shrinks the
# relevant ones too, and that costs more. It can be tested. The *relaxed* Lasso takes the same features as the Lasso at each
# strength, and fits their weights once more without a penalty. Nothing is shrunk then. How many irrelevant features does
# *its* best predictor have?

# %% slideshow={"slide_type": "skip"}
def refitted(x, y, path):
    """The path's features at each strength, their weights by plain least squares."""
    weights = np.zeros_like(path)
    for row, kept in zip(weights, path != 0, strict=True):
        if kept.any():
            row[kept] = np.linalg.lstsq(x[:, kept], y, rcond=None)[0]
    return weights


def irrelevant_in(way, draw):
    """Irrelevant features that have a weight at the strength that predicts best."""
    (x, y, *held), path = sets["many"][draw], paths["many"][draw]
    path = refitted(x, y, path) if way == "relaxed" else path
    return np.count_nonzero(path[best_strength(path, *held)][~relevant])

# %% slideshow={"slide_type": "skip"} tags=["hide-input"]
claims.measure(
    "C05.8", "200 examples: irrelevant features that have a weight at the Lasso's "
    "strength that predicts best (control: its features refitted without a penalty)",
    irrelevant_in,
    of=[("Lasso", draw) for draw in range(20)],
    control=[("relaxed", draw) for draw in range(20)],
    above=5,
)

# %% [markdown] slideshow={"slide_type": "skip"}
# <details><summary>Your prediction</summary>
#
# With 200 examples of independent features the first five to enter are right, in all 20 draws; with 40 they are right
# more often than not. But the best predictor lets many irrelevant ones in, and shrinkage is why: without it they stay
# out. "A, since only A is right" is the wrong guess for neighbours: sharing a weight between A and B costs the same sum
# of absolute values as giving it to A alone, and the fit hardly tells them apart, so the noise of one sample often
# decides. A zero means "not needed beside the others", not "irrelevant".
#
# </details>

# %% [markdown] slideshow={"slide_type": "skip"}
# The table has two rivals. To look at each feature alone is worst: where features resemble each other, a neighbour
# correlates with y nearly as much as the relevant one. The largest weights of an L2 penalty, which has no zeros at all, find the
# relevant features nearly as well as L1 does. So a good part of the selecting is done by fitting all features together, and
# not by the zeros.
#
# Real data, where nobody knows the truth, but a permuted copy is surely irrelevant: of the first five features of
# `diabetes` to enter (10 real, 10 permuted), how many are real? The mean over 20 permutations, for the 354 patients
# that aren't test data.

# %% slideshow={"slide_type": "skip"}
real = np.arange(20) < 10
entered = np.mean([
    real[first(lasso_path(*with_permuted(*patients, seed), relative), 5)].mean()
    for seed in range(20)])
zeros_at_best = [np.mean(path[best_strength(path, *held)] == 0) for path, (_, _, *held)
                 in zip(paths["many"], sets["many"], strict=True)]

# %% slideshow={"slide_type": "skip"} tags=["hide-input"]
claims.verdict(
    "A2.5.2",
    zeros=zeros_at_best,
    few=right["order of entry (L1)", "few"],
    many=right["order of entry (L1)", "many"],
    resembling=right["order of entry (L1)", "resembling"],
    table=entered,
)

# %% [markdown] slideshow={"slide_type": "slide"}
# ## In a network: which weights does L1 remove? · 在网络里，L1 会去掉哪些权重？
#
# Above, the model was linear, and zeros chose features. A network has thousands of weights. Can most of them go?
#
# **Predict before you run.** 14 × 14 pixels, 32 hidden units, 1,000 digits. After training, only the largest twentieth of the first
# layer's weights is kept, the others are set to 0. Trained without a penalty, with L2, with L1, each at its best strength: which
# loses least accuracy? And which pixels lose their weights in training?

# %% slideshow={"slide_type": "skip"}
def sized(images):
    """Images float32 (n, 28, 28, 1) as rows of 14 by 14 pixel means, (n, 196)."""
    return images.reshape(-1, 14, 2, 14, 2).mean(axis=(2, 4)).reshape(-1, 196)


class penalised:
    """Cross-entropy of each network, plus l1 times the sum of the first kernel's
    absolute weights, plus l2 times that of their squares; (networks,) each."""

    def __init__(self, l1, l2):
        self.l1, self.l2 = tf.constant(l1, tf.float32), tf.constant(l2, tf.float32)
        self.classification = feed_forward.classification()

    def __call__(self, model, batch, training):
        nats, metrics = self.classification(model, batch, training)
        kernel = model.get_layer("hidden_1").kernel      # (networks, 196, 32)
        l1 = self.l1 * tf.reduce_sum(tf.abs(kernel), axis=[1, 2])
        l2 = self.l2 * tf.reduce_sum(kernel**2, axis=[1, 2])
        return nats + tf.reduce_sum(l1 + l2), metrics

# %% slideshow={"slide_type": "skip"}
grid = 2.0 ** np.arange(-12, -4)
plans = [("nothing", 0.0), *[(kind, one) for kind in ("L1", "L2") for one in grid]]
trainings = [(kind, one, seed) for kind, one in plans for seed in range(10)]
thousand = mnist.train.take(1000, seed=1)
many = feed_forward.mlp([seed for *_, seed in trainings], (196,), 10, hidden=[32])
strengths_of = {kind: [one * (kind == name) for name, one, _ in trainings]
                for kind in ("L1", "L2")}
_ = training.fit(many, penalised(strengths_of["L1"], strengths_of["L2"]),
                 (sized(thousand.x), thousand.y), epochs=20, batch_size=50,
                 optimizer=keras.optimizers.Adam(3e-3))

# %% slideshow={"slide_type": "skip"}
def after_pruning(model, keep, split):
    """Accuracy (networks,) with the largest share ``keep`` of the first kernel's
    weights; the model is left as it was."""
    first, *rest = weights = model.get_weights()
    size = np.abs(first)
    least = np.quantile(size.reshape(len(size), -1), 1 - keep, axis=1)[:, None, None]
    model.set_weights([np.where(size >= least, first, 0), *rest])
    logits = training.predict(model, sized(split.x))
    model.set_weights(weights)
    return feed_forward.accuracies(logits, split.y)


kernels = many.get_weights()[0]                       # (networks, 196, 32)
shares = [1.0, 0.3, 0.1, 0.05, 0.02]
pruned = np.array([after_pruning(many, keep, mnist.validation) for keep in shares])
pruned = pruned.reshape(len(shares), len(plans), 10)  # (shares, plans, seeds)

# %% slideshow={"slide_type": "skip"}
def best_plan(kind, place):
    """The plan of a kind that is best at a share kept, on seeds 0 to 2."""
    numbers = [number for number, (one, _) in enumerate(plans) if one == kind]
    return max(numbers, key=lambda number: pruned[place, number, :3].mean())


KINDS = ["nothing", "L2", "L1"]
judged = {kind: np.array([pruned[place, best_plan(kind, place), 3:]
                          for place in range(len(shares))]) for kind in KINDS}

# %% slideshow={"slide_type": "subslide"} tags=["hide-input"]
charts.curves(
    [f"{100 * keep:.0f} %" for keep in shares],
    {f"trained with {kind}": 100 * values for kind, values in judged.items()},
    "share of the first layer's weights kept (the largest)", "accuracy (%)",
    "What is left after pruning",
    caption="Mean and 95 % interval of 7 networks; for each share kept, the strength "
    "that is best on 3 others. Networks trained with L1 lose least.")

# %% slideshow={"slide_type": "subslide"} tags=["hide-input"]
place = shares.index(0.05)
def draw_weights(weights, title, ax):
    ax.imshow(weights, cmap="gray", vmin=0)
    ax.set(title=title, xticks=[], yticks=[])


charts.row(
    *[functools.partial(
        draw_weights, np.abs(kernels[10 * best_plan(kind, place)]).sum(axis=1)
        .reshape(14, 14), f"trained with {kind}") for kind in KINDS],
    title="Absolute weights that leave each pixel", figsize=(9.6, 3.8),
    caption="Sum of the absolute weights of each pixel, one network of each kind; "
    "white is much, black none. Border pixels, dark in nearly every digit, lose their "
    "weights to a penalty; without one they keep about what they started with.",
    alt="Three squares of 14 by 14 grey pixels. Without a penalty all are grey alike; "
    "with L2 the border is black; with L1 all but a spot in the middle.")

# %% [markdown] slideshow={"slide_type": "subslide"}
# <details><summary>Your prediction</summary>
#
# Of the three, L1 loses by far the least. "L2 as well, since it shrinks" is the common guess: it shrinks large weights more than small ones, and spreads
# the work over many. (Hardly a weight here is *exactly* 0: Keras' optimizers step across the kink, as subgradients do.)
#
# </details>

# %% slideshow={"slide_type": "notes"} tags=["hide-input"]
claims.measure(
    "C05.16", "what it costs in accuracy to keep a twentieth of the first layer's "
    "weights, after training with L1 (control: with L2; each at its best strength)",
    lambda kind, seed: (pruned[0, best_plan(kind, place), seed]
                        - pruned[place, best_plan(kind, place), seed]),
    of=[("L1", seed) for seed in range(3, 10)],
    control=[("L2", seed) for seed in range(3, 10)],
    below=0.05,
)

# %% [markdown] slideshow={"slide_type": "skip"}
# Exact zeros in Keras: take a proximal step after each update, for example. A *constraint* is applied there:

# %% slideshow={"slide_type": "skip"}
class SoftThreshold(keras.constraints.Constraint):
    """Moves each weight towards 0 by ``threshold``, and stops there: the proximal step
    of L1, with threshold = learning rate · strength (with momentum 0.9 a tenth of that
    strength counts)."""

    def __init__(self, threshold):
        self.threshold = threshold

    def __call__(self, w):
        return keras.ops.sign(w) * keras.ops.relu(keras.ops.abs(w) - self.threshold)


sparse = keras.Sequential([
    keras.Input((196,)),
    layers.Dense(32, "relu", kernel_constraint=SoftThreshold(0.05 * 1e-2),
                 kernel_initializer=keras.initializers.GlorotUniform(0)),
    layers.Dense(10, kernel_initializer=keras.initializers.GlorotUniform(1))])
compiled(sparse).fit(sized(thousand.x), thousand.y, batch_size=50, epochs=20, verbose=0)
_, accuracy = sparse.evaluate(sized(mnist.validation.x), mnist.validation.y,
                              batch_size=1000, verbose=0)

# %% slideshow={"slide_type": "skip"} tags=["hide-input"]
zero = np.mean(sparse.layers[0].get_weights()[0] == 0)
by_adam = np.mean(kernels[10 * best_plan("L1", place)] == 0)
show.markdown(f"Exactly zero: {Measured(zero):.0%} of the first layer's weights, and "
              f"{Measured(by_adam):.0%} of those that L1 and Adam have left above; "
              f"accuracy {Measured(accuracy):.1%} (one training).")

# %% [markdown] slideshow={"slide_type": "slide"}
# ## What does L2 make small, and what smooth? · L2 让什么变小，让什么变平滑？
#
# Two points of a curve far apart in height, close in $x$: a polynomial needs large weights for that. What happens if large weights
# are penalised?
#
# **Predict before you run.** A polynomial of degree 12 is fitted to 15 noisy points. As the L2 penalty grows, will weights
# become zero one by one? And what becomes smooth, the weights or the curve? Then the network of this chapter: by how much
# does its error fall with the best L2, on right labels, and where 30 % of the labels are drawn at random?

# %% [markdown] slideshow={"slide_type": "notes"}
# The article, section 2.5: 「L2正则化……可以使参数权重平滑，从而起到抑制模型过分灵活性的作用」: L2 smooths the weights and so
# curbs a model's excessive flexibility.
#
# **The rule for the verdict.** That the weights shrink is a theorem (the minimum's norm can only fall as the penalty grows).
# What may fail is the rest. The curve must become smooth: its roughness must halve (−0.3 in log10). Flexibility is curbed
# where the held-out error falls by a tenth: for a curve, for a real table, and for a network, on right labels and on wrong
# ones. Curve and table have three examples for each weight, so that least squares without a penalty isn't hopeless to
# begin with. Every strength is chosen on other data than it is judged on.

# %% slideshow={"slide_type": "notes"} tags=["hide-input"]
TENTH, HALF = np.log10(0.9), np.log10(0.5)


def noisy_gains(roughness, curve, table, wrong_labels, right_labels):
    """Smoother by half, and better by a tenth on all noisy targets."""
    return roughness.high < HALF and max(
        one.high for one in (curve, table, wrong_labels)) < TENTH

# %% slideshow={"slide_type": "notes"} tags=["hide-input"]
IF_L2 = {        # a made-up outcome for each verdict
    text: {"roughness": [-0.8, -0.9, -0.7], "curve": [-0.4, -0.5, -0.4], "table": table,
           "wrong_labels": [-0.2, -0.21, -0.2], "right_labels": right}
    for text, table, right in [
        ("holds", [-0.2, -0.21, -0.2], [-0.1, -0.11, -0.1]),
        ("holds when the targets are noisy", [-0.2, -0.21, -0.2], [-0.01, 0, 0]),
        ("does not hold", [-0.02, 0.01, 0], [-0.01, 0, 0]),
        ("not settled", [-0.2, 0.1, -0.1], [-0.01, 0, 0])]
}

# %% slideshow={"slide_type": "notes"} tags=["hide-input"]
claims.rule(
    "A2.5.3",
    {
        "holds": lambda roughness, curve, table, wrong_labels, right_labels: (
            noisy_gains(roughness, curve, table, wrong_labels, right_labels)
            and right_labels.high < TENTH),
        "holds when the targets are noisy":
            lambda roughness, curve, table, wrong_labels, right_labels: (
                noisy_gains(roughness, curve, table, wrong_labels, right_labels)
                and right_labels.low > TENTH),
        "does not hold":
            lambda roughness, curve, table, wrong_labels, right_labels: (
                roughness.low > HALF
                or max(curve.low, table.low, wrong_labels.low) > TENTH),
        "not settled": True,
    },
    made_up=IF_L2,
)

# %% [markdown] slideshow={"slide_type": "notes"}
# Ridge regression has a closed form, from the singular value decomposition $X = \sum_i s_i u_i v_i^\top$:
#
# $$\min_w \lVert y - Xw \rVert^2 + \lambda \lVert w \rVert^2, \qquad w = (X^\top X + \lambda I)^{-1} X^\top y = \sum_i \frac{s_i}{s_i^2 + \lambda}\, v_i\, (u_i^\top y)$$
#
# Directions in which the data vary little ($s_i^2 \ll \lambda$) are shrunk most: those that least squares knows least
# about.

# %% slideshow={"slide_type": "skip"}
show.source(penalized_regression.ridge, penalized_regression.ridge_path)

# %% slideshow={"slide_type": "skip"}
GRID, STRENGTHS = np.linspace(-1, 1, 401), np.logspace(3, -9, 49)


def polynomial(points, degree=12):
    """Legendre polynomials 1 to degree: (points, degree)."""
    return np.polynomial.legendre.legvander(points, degree)[:, 1:]


def noisy_sine(seed, examples=15):
    random = np.random.default_rng(seed)
    points = random.uniform(-1, 1, examples)
    return points, np.sin(3 * points) + 0.3 * random.standard_normal(examples)

# %% slideshow={"slide_type": "skip"}
def ridge_curves(points, values, strengths, *grids):
    """Weights (strengths, 12) and, for each grid of inputs, fitted curves (strengths,
    grid). The mean is fitted beside."""
    features = polynomial(points)
    centre, level = features.mean(axis=0), values.mean()
    weights = penalized_regression.ridge_path(
        features - centre, values - level, strengths)
    return weights, *[level + weights @ (polynomial(grid) - centre).T for grid in grids]


points, values = noisy_sine(0)
weights, curves = ridge_curves(points, values, STRENGTHS, GRID)

# %% slideshow={"slide_type": "subslide"} tags=["hide-input"]
picks = {f"λ = $10^{{{np.log10(STRENGTHS[place]):.0f}}}$": curves[place]
         for place in (48, 16, 0)}
charts.row(
    lambda ax: regularization.path(STRENGTHS, weights, "Weights along the path",
                                   floor=1e-5, ax=ax),
    lambda ax: regularization.fits(GRID, picks, "Fitted curves", data=(points, values),
                                   truth=np.sin(3 * GRID), limits=(-2.5, 2.5), ax=ax),
    figsize=(11, 3.8),
    caption="Ridge on 15 points. Left, on logarithmic axes: the weights shrink (a dip "
    "is a change of sign), and none stays at zero. Right: hardly any penalty wiggles, "
    "the middle one follows the truth, the strongest is flat.",
    alt="Left: twelve weights growing as the L2 penalty weakens, none exactly zero. "
    "Right: three fitted curves through 15 points: wild, close to the true sine, and "
    "flat.",
)

# %% slideshow={"slide_type": "skip"}
def ridge_effect(seed, examples, strengths, grid):
    """log10 of what L2 changes, against hardly any: weights' norm, curve's roughness,
    squared distance from the truth. As many other points choose its strength."""
    other, heard = noisy_sine(1000 + seed, examples)
    weights, curves, at_other = ridge_curves(
        *noisy_sine(seed, examples), strengths, grid, other)
    best = ((at_other - heard) ** 2).mean(axis=1).argmin()
    norm = np.linalg.norm(weights, axis=1)
    rough = np.square(np.diff(curves, 2, axis=1)).sum(axis=1)
    error = ((curves - np.sin(3 * grid)) ** 2).mean(axis=1)
    return [np.log10(one[best] / one[-1]) for one in (norm, rough, error)]


norm, roughness, curve = zip(
    *[ridge_effect(seed, 36, STRENGTHS, GRID) for seed in range(20)], strict=True)

# %% [markdown] slideshow={"slide_type": "notes"}
# The curve: polynomials of degree 12 again, now from 36 points. The real table: diabetes with all products of two features
# (65 columns), learnt from 195 patients. Half of the remaining ones choose the strength, the other half measure.

# %% slideshow={"slide_type": "skip"}
def products(x):
    rows, columns = np.triu_indices(x.shape[1])
    return np.c_[x, x[:, rows] * x[:, columns]]


def held_out_gain(x, y, seed, examples, strengths):
    """log10 of held-out squared error with a chosen penalty over hardly any."""
    order = np.random.default_rng(seed).permutation(len(x))
    fit, rest = order[:examples], order[examples:]
    centre, level = x[fit].mean(axis=0), y[fit].mean()
    weights = penalized_regression.ridge_path(
        x[fit] - centre, y[fit] - level, strengths)
    residuals = y[rest, None] - level - (x[rest] - centre) @ weights.T
    choose, measure = [(residuals[part::2] ** 2).mean(axis=0) for part in (0, 1)]
    return np.log10(measure[choose.argmin()] / measure[-1])

# %% slideshow={"slide_type": "skip"}
table, target = penalized_regression.centred(*patients)
wide_table, target = penalized_regression.centred(products(table), target)
gains = [held_out_gain(wide_table, target, seed, 195, np.logspace(5, -3, 33))
         for seed in range(10)]

# %% [markdown] slideshow={"slide_type": "notes"}
# And the network of this chapter, on digits with right labels and with 30 % of them drawn at random. How strong each
# regulariser should be is recorded by `benchmarks/studies/ch05_regularizers.py`: grids, by factors of 2 for L2 and
# weight decay, six draws of 500 digits. The trainings here take other draws, and are judged on other held-out digits.
# (The other regularisers follow in the section on dropout.)

# %% slideshow={"slide_type": "skip"}
study = recording.load("ch05_regularizers")
NOISE = {"right labels": 0.0, "30 % of labels drawn at random": 0.3}


def best_strengths(study, noise):
    """{regulariser: the strength of the smallest mean error on the study's digits}."""
    mean = {}
    for key, values in study[f"noise {noise}"].items():
        name, strength = key.split(", ")
        mean.setdefault(name, {})[float(strength)] = np.mean(values)
    return {name: min(grid, key=grid.get) for name, grid in mean.items()}


strengths = {data: best_strengths(study, noise) for data, noise in NOISE.items()}

# %% slideshow={"slide_type": "skip"}
def regularized(mnist, draws, noise, strengths, parts, epochs=40):
    """Errors (draws, regularisers, epochs / 4, parts) of networks that learn from draws
    of 500 digits each, the first of a draw without any regulariser."""
    drawn = {draw: mnist.train.take(500, draw) for draw in draws}
    learnt = [(transforms.pooled(one).x, some_wrong(one.y, noise, draw))
              for draw, one in drawn.items()]
    shifted = [transforms.shifted(one) for one in drawn.values()]
    network = hyperparameters.Tunable(learnt, 10, shifted)
    options = [{} if name == "nothing" else {name: value}
               for name, value in strengths.items()]
    settings = [hyperparameters.Setting(learning_rate=0.05, hidden=64, **one)
                for one in options]

    def measure(members):
        return np.stack([members.errors(part) for part in parts], axis=-1)

    found = network.train(settings, draws, epochs, measure, passes=4)
    return np.swapaxes(found, 0, 1)

# %% slideshow={"slide_type": "skip"}
raw = mnist.validation.take(4000, seed=0)  # as `validation`, before pooling
select, report = [datasets.Split(validation.x[part::2], validation.y[part::2])
                  for part in (0, 1)]
parts = [select, report, datasets.Split(transforms.shifted(raw)[1, 1::2], report.y)]
outcome = {
    data: regularized(mnist, range(5), noise, strengths[data], parts)
    for data, noise in NOISE.items()
}  # (draws, regularisers, every fourth epoch, parts)

# %% slideshow={"slide_type": "skip"}
def reached(outcome, strengths, name, part=1):
    """Errors (draws,) on a part: of the last epoch, or of the epoch that is best on the
    part to select by."""
    if name == "early stopping":
        best = outcome[:, 0, :, 0].argmin(axis=1)
        return outcome[np.arange(len(best)), 0, best, part]
    return outcome[:, list(strengths).index(name), -1, part]


def l2_gain(data):
    """log10 of the held-out error with L2 over that without (draws,)."""
    with_l2, without = [reached(outcome[data], strengths[data], name)
                        for name in ("l2", "nothing")]
    return np.log10(with_l2 / without)

# %% slideshow={"slide_type": "subslide"} tags=["hide-input"]
changes = {
    "36 points, polynomial of degree 12": curve,
    "195 patients, 65 columns": gains,
    "500 digits, 30 % of labels random": l2_gain("30 % of labels drawn at random"),
    "500 digits, right labels": l2_gain("right labels"),
}
show.table([[name, f"{Measured(change):.2f}", mask(f"{10 ** np.mean(change):.2g}")]
            for name, change in changes.items()],
           ["learnt from", "log10 of the ratio", "ratio"],
           "Held-out error with the chosen L2 against hardly any or none")
show.markdown(f"log10 of the polynomial's roughness: {Measured(roughness):.1f}; of its "
              f"weights' norm: {Measured(norm):.1f}.")
claims.verdict("A2.5.3", roughness=roughness, curve=curve, table=gains,
               wrong_labels=l2_gain("30 % of labels drawn at random"),
               right_labels=l2_gain("right labels"))

# %% [markdown] slideshow={"slide_type": "subslide"}
# <details><summary>Your prediction</summary>
#
# Zeros one by one would be L1's path. And "smooth weights" is a common slip: the weights become *small*; it is the curve,
# the function of the input, that becomes smooth, and only because in this basis rough curves need large weights. For the
# network on right labels the L2 that a grid found best changes nothing that can be measured. The penalty is a remedy against
# fitting noise, and right labels hold little of it.
#
# </details>

# %% [markdown] slideshow={"slide_type": "skip"}
# ## What is a wrong curve made of? · 拟合误差由什么组成？
#
# Three samples give $1$, $1.2$ and $1.4$ at a place where the truth is 1: their mean misses by $0.2$ (squared: $0.04$), and they
# scatter by $(0.2^2 + 0 + 0.2^2)/3 = 0.027$ about it. Repeat the experiment with new noise: each sample gives another curve. They miss the truth in two ways: together (bias),
# and each by itself (variance).
#
# $$\mathbb{E}\left[(\hat f(x) - f(x))^2\right] = \left(\mathbb{E}[\hat f(x)] - f(x)\right)^2 + \operatorname{Var}[\hat f(x)]$$
#
# **Predict before you run.** As the L2 penalty grows, what does each part do, and where is their sum smallest: where one
# of them vanishes, where they are equal, or elsewhere?

# %% slideshow={"slide_type": "skip"}
def decompose(examples, strengths, grid, seeds):
    """(squared bias, variance, error), each (strengths,), over draws of the data."""
    curves = np.array([ridge_curves(*noisy_sine(seed, examples), strengths, grid)[1]
                       for seed in seeds])  # (draws, strengths, grid)
    truth = np.sin(3 * grid)
    parts = np.array([penalized_regression.bias_and_variance(curves[:, place], truth)
                      for place in range(len(strengths))])
    return (*parts.T, ((curves - truth) ** 2).mean(axis=(0, 2)))


bias, variance, error = decompose(30, STRENGTHS, GRID, range(100))
checks.equal("squared bias + variance and mean squared error", bias + variance, error)

# %% slideshow={"slide_type": "skip"} tags=["hide-input"]
best = error.argmin()
charts.curves(
    STRENGTHS,
    {"squared bias": bias, "variance": variance, "their sum": bias + variance},
    "strength of the L2 penalty", "squared distance from the truth",
    "Bias and variance", xscale="log", yscale="log",
    caption="100 samples of 30 points. To the right the penalty grows: variance falls, "
    "in the end bias rises, and the sum has its minimum between. (Where the curves are "
    "wild, at the left, a mean of 100 is off by a hundredth of their variance, which "
    "counts as bias.)",
)
at_best = [mask(f"{values[best]:.1g}") for values in (STRENGTHS, bias, variance)]
show.markdown(f"At the best strength, {at_best[0]}, squared bias is {at_best[1]} and "
              f"variance {at_best[2]}.")

# %% [markdown] slideshow={"slide_type": "skip"}
# <details><summary>Your prediction</summary>
#
# The minimum is where the two *slopes* cancel, not where the curves cross: the guess "where they are equal" is common, and
# wrong in general. Regularisation is a trade: it buys less variance for more bias.
#
# </details>

# %% [markdown] slideshow={"slide_type": "skip"}
# ## Does a larger model always overfit more? · 模型越大就越容易过拟合吗？
#
# More parameters mean more variance, one would think. Networks often have more parameters than examples, and
# generalise. Something is missing.
#
# **Predict before you run.** 100 examples, $p$ random features $\max(0, w_k^\top x)$, least squares on them. Sketch
# held-out error for $p$ from 10 to 800. From about $p = 100$ on the fit is exact; with more there are many exact fits, and
# we take the shortest. Where is the error largest?

# %% slideshow={"slide_type": "skip"}
def fitted(features, wanted, strength):
    """Weights (features, 10) of the shortest least-squares fit, or of ridge."""
    if not strength:
        return np.linalg.lstsq(features, wanted, rcond=None)[0]
    square = features @ features.T + strength * np.eye(len(features))
    return features.T @ np.linalg.solve(square, wanted)


def one_hot(labels):
    return np.eye(10)[labels] - 0.1

# %% slideshow={"slide_type": "skip"}
def feature_errors(train, held_out, counts, seeds, examples, strengths):
    """Held-out squared error (strengths, counts, seeds) of one-hot targets."""
    errors = np.zeros((len(strengths), len(counts), len(seeds)))
    flat, held = [part.x.reshape(len(part.x), -1) for part in (train, held_out)]
    for column, seed in enumerate(seeds):
        rows = np.random.default_rng(seed).permutation(len(flat))[:examples]
        for place, count in enumerate(counts):
            seen, new = [penalized_regression.relu_features(part, count, seed)
                         for part in (flat[rows], held)]
            for way, strength in enumerate(strengths):
                weights = fitted(seen, one_hot(train.y[rows]), strength)
                squares = (new @ weights - one_hot(held_out.y)) ** 2
                errors[way, place, column] = squares.sum(axis=1).mean()
    return errors

# %% slideshow={"slide_type": "skip"}
counts = np.array([10, 30, 60, 80, 90, 100, 110, 125, 160, 300, 800])
held_out = transforms.pooled(mnist.validation.take(500, seed=1))
shortest, with_l2 = feature_errors(train, held_out, counts, range(6), 100, [0.0, 10.0])
descent = {"shortest fit": shortest, "with L2": with_l2}

# %% slideshow={"slide_type": "skip"}
network_errors = recording.load("ch05_double_descent")
widths = [int(key.split()[-1]) for key in network_errors if key.startswith("noise 0.2")]
by_width = {
    f"{label}, {part}": [
        100 * np.array(network_errors[f"noise {noise}, width {width}"][part])
        for width in widths]
    for noise, label in ((0.2, "a fifth of labels wrong"), (0.0, "labels right"))
    for part in ("held out", "training")
}


def draw_descent(counts, descent, ax):
    charts.curves(counts, descent, "random features p", "held-out squared error",
                  "100 examples: random features (live)", xscale="log", yscale="log",
                  ax=ax)
    ax.axvline(100, color="black", linestyle=":", linewidth=1)

# %% slideshow={"slide_type": "skip"} tags=["hide-input"]
charts.row(
    lambda ax: draw_descent(counts, descent, ax),
    lambda ax: charts.curves(widths, by_width, "hidden units", "error (%)",
                             "200 examples: a network (recorded)", xscale="log", ax=ax),
    figsize=(12, 4.2),
    caption="Left, live, mean of 6 draws: the error peaks where the number of features "
    "equals that of examples (dotted), and falls again; with L2 there is no peak. "
    "Right, recorded: networks of growing width after 4,000 steps of Adam.",
    alt="Left: held-out error against the number of random features, with a sharp "
    "peak at 100 features for the shortest exact fit and a smooth fall with L2. "
    "Right: a network's training and held-out error against its width, with wrong and "
    "right labels.",
)

# %% slideshow={"slide_type": "skip"} tags=["hide-input"]
at, beyond = [list(counts).index(count) for count in (100, 800)]
claims.measure(
    "C05.11", "100 examples: log10 of squared error at 100 features over that at 800 "
    "(control: with L2)",
    lambda way, seed: np.log10(descent[way][at, seed] / descent[way][beyond, seed]),
    of=[("shortest fit", seed) for seed in range(6)],
    control=[("with L2", seed) for seed in range(6)],
    above=0.5,
)

# %% [markdown] slideshow={"slide_type": "skip"}
# <details><summary>Your prediction</summary>
#
# A sketch that falls and then rises for good is what bias and variance suggest. At $p = n$ there is exactly one
# exact fit, and it must bend to every error in the data, whatever weights that takes. Beyond, there are many, and the
# *shortest* is chosen, which is a regulariser that nobody wrote down
# ([Belkin et al. 2019](https://arxiv.org/abs/1812.11118); in networks,
# [Nakkiran et al. 2019](https://arxiv.org/abs/1912.02292)). With L2, the written one, the peak is gone.
#
# </details>

# %% slideshow={"slide_type": "skip"} tags=["hide-input"]
def of_width(part):
    return {width: Measured(network_errors[f"noise 0.2, width {width}"][part])
            for width in widths}


learnt, held = of_width("training"), of_width("held out")
threshold = min(width for width in widths if learnt[width].mean < 0.01)
narrower = min((width for width in widths if width < threshold),
               key=lambda width: held[width].mean)
show.markdown(f"""
The network (recorded, 5 seeds, a fifth of the labels wrong) fits its training data,
wrong labels and all, from width {mask(threshold)} on. Held-out error:
{held[narrower]:.1%} at width {mask(narrower)}, {held[threshold]:.1%} at width
{mask(threshold)}, {held[widths[-1]]:.1%} at width {widths[-1]}.
""")

# %% [markdown] slideshow={"slide_type": "skip"}
# So the peak of least squares is sharp, and this small network, stopped after 4,000 steps, shows none that stands out
# where it begins to fit its data. The papers cited above, which show the peak in networks, use more data and larger
# networks.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## What do dropout, early stopping, shifts and smoothed labels bring? · 各种正则化方法有多大作用？
#
# Regularisers need not be penalties. **Dropout** removes units at random during training. **Early stopping** takes the
# epoch that is best on validation data. **Augmentation** adds changed copies of the examples, here moved by 2 of 28 pixels.
# **Label smoothing** asks for less than certainty. **Weight decay** multiplies the weights by a little less than 1 in each
# step.
#
# **Predict before you run.** 500 digits, 64 hidden units, 40 epochs, each regulariser at its best strength: which lowers
# held-out error most, and by how many points? And if 30 % of the labels had been drawn at random?

# %% [markdown] slideshow={"slide_type": "subslide"}
# **Dropout** at a rate of 0.4 sets each hidden unit to 0 with a chance of 40 %, in each step anew, and divides the
# others by 0.6, so that the sum that the next layer gets is the same on average: units of 1 and 3 become, say, $1.67$
# and 0, or 0 and 5. In use nothing is dropped.

# %% slideshow={"slide_type": "subslide"} tags=["hide-input"]
masks = {"one training step": [1, 0, 1, 1, 0], "the next": [0, 1, 1, 0, 1],
         "in use": [1, 1, 1, 1, 1]}
charts.row(*[lambda ax, title=title: regularization.dropout(masks[title], title, ax=ax)
             for title in masks], figsize=(10, 3.6),
           caption="Dropout: in each step another, smaller network is trained, all "
           "with the same weights. No unit can rely on another one being there.",
           alt="Three drawings of a network: 3 inputs, 5 hidden units, 2 outputs. In "
           "two of them two hidden units are crossed out, others each time; in the "
           "third all are there.")

# %% slideshow={"slide_type": "skip"}
seen = tf.constant([[1.0, 3.0, 2.0, 4.0, 5.0]])
layer = layers.Dropout(0.4, seed=3)
print("training", layer(seen, training=True).numpy().round(2))
print("in use  ", layer(seen, training=False).numpy())

# %% slideshow={"slide_type": "subslide"} tags=["hide-input"]
NAMES = {"nothing": "nothing", "l2": "L2", "weight_decay": "weight decay",
         "dropout": "dropout", "label_smoothing": "label smoothing", "shifts": "shifts",
         "early stopping": "early stopping"}


def change(data, name, part=1):
    """What a regulariser changes (draws,); without any, the error itself."""
    at = functools.partial(reached, outcome[data], strengths[data], part=part)
    return Measured(at(name) - (at("nothing") if name != "nothing" else 0))

# %% tags=["hide-input"]
columns = [("right labels", 1), ("30 % of labels drawn at random", 1),
           ("right labels", 2)]
show.table(
    [[NAMES[name], *[f"{strengths[data].get(name, 0):g}" for data in NOISE],
      *[f"{change(data, name, part):.1%}" for data, part in columns]]
     for name in NAMES],
    ["regulariser", "strength, right labels", "strength, 30 % random", "right labels",
     "30 % random", "right labels, moved held-out digits"],
    "First row: held-out error. Others: what changes, percentage points, paired over "
    "5 draws of digits (negative is better)",
)

# %% slideshow={"slide_type": "skip"} tags=["hide-input"]
charts.row(
    *[lambda ax, data=data: charts.curves(
        np.arange(4, 41, 4),
        {NAMES[name]: 100 * outcome[data][:, place, :, 1].T
         for place, name in enumerate(strengths[data]) if name != "weight_decay"},
        "epoch", "held-out error (%)", data, ax=ax) for data in NOISE],
    figsize=(11, 3.8),
    caption="Held-out error by epoch, mean and 95 % interval of 5 draws. Left, with "
    "right labels, all end close together, shifts lowest. Right, with wrong labels "
    "among them, doing nothing learns them by heart: its error rises after a few "
    "epochs.",
    alt="Two panels of held-out error by epoch for five networks. With right labels "
    "all fall together, shifts lowest. With wrong labels the curve without "
    "regulariser turns up after a few epochs, the others less or not at all.",
)

# %% slideshow={"slide_type": "notes"} tags=["hide-input"]
for name in ("dropout", "early stopping"):
    claims.measure(
        "C05.13",
        f"{name}, 30 % of labels drawn at random: change of held-out error, share "
        "(control: right labels)",
        lambda data, draw, name=name: change(data, name).values[draw],
        of=[("30 % of labels drawn at random", draw) for draw in range(5)],
        control=[("right labels", draw) for draw in range(5)],
        below=-0.03,
    )

# %% slideshow={"slide_type": "notes"} tags=["hide-input"]
claims.measure(
    "C05.14", "right labels, held-out digits moved: change of the error by shifts, "
    "share (control: by the best of the other regularisers)",
    lambda names, draw: min((change("right labels", name, part=2) for name in names),
                            key=lambda one: one.mean).values[draw],
    of=[(["shifts"], draw) for draw in range(5)],
    control=[([name for name in NAMES if name not in ("nothing", "shifts")], draw)
             for draw in range(5)],
    below=-0.1,
)

# %% [markdown] slideshow={"slide_type": "subslide"}
# <details><summary>Your prediction</summary>
#
# To expect each to help on clean data is common. With right labels, penalties, dropout, smoothing and stopping change
# little, even at the strength that a grid found best; shifts perhaps gain a point. With wrong labels every one of them gains
# much: a regulariser is a remedy against variance and against fitting noise. Augmentation teaches *one* thing, here that a
# moved digit is the same digit, and pays most where the digits to come are moved.
#
# </details>
#
# What follows: measure a regulariser on your data, paired, before you keep it.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Eight networks, or one eight times as wide? · 八个网络，还是一个八倍宽的网络？
#
# An **ensemble** averages the probabilities of several networks that were trained apart. Networks that err in different places correct
# each other: probabilities of $0.9$, $0.4$ and $0.6$ for the right class average to $0.63$.
#
# **Predict before you run.** 500 digits with right labels. By how many points is the mean of 8 networks of 32 units better than one of them? And
# than *one* network of 256 units, which has about as many weights?

# %% slideshow={"slide_type": "subslide"}
def last_chances(mnist, draws, hidden, count, rates, x, epochs=30):
    """Probabilities (draws, 8, rates, count, examples, 10) after each
    of the last 8 epochs, by networks that learn from 500 digits."""
    settings = [
        hyperparameters.Setting(learning_rate=rate, hidden=hidden)
        for rate in rates]
    learnt = [transforms.pooled(mnist.train.take(500, draw))
              for draw in draws for _ in range(count)]
    seeds = np.add.outer(100 * np.array(draws), range(count)).ravel()
    members = hyperparameters.Tunable(learnt, 10).start(
        settings, seeds.tolist())
    members.epoch(epochs, passes=epochs - 8)
    found = []
    for _ in range(8):
        members.epoch(epochs)
        found.append(calibration.softmax(members.logits(x)))
    shape = 8, len(rates), len(draws), count, len(x), 10
    return np.moveaxis(np.reshape(found, shape), 2, 0)

# %% slideshow={"slide_type": "skip"}
def ensemble_errors(chances, labels):
    """Errors (3, rates): of single networks (their mean), of the mean of all networks,
    and of the means of single networks' last 8 epochs."""
    def wrong(chances):
        return (chances.argmax(axis=-1) != labels).mean(axis=-1)

    return np.array([wrong(chances[-1]).mean(axis=1),
                     wrong(chances[-1].mean(axis=1)),
                     wrong(chances.mean(axis=0)).mean(axis=1)])


sizes = {"8 of 32 units": (32, 8, [0.1]), "one of 256 units": (256, 1, [0.1, 0.2])}
errors_of = {name: np.array([ensemble_errors(chances, report.y) for chances in
    last_chances(mnist, range(6), hidden, count, rates, report.x)])
    for name, (hidden, count, rates) in sizes.items()}

# %% slideshow={"slide_type": "skip"}
few, wide = errors_of.values()                                     # (draws, 3, rates)
trained = {"one of 32 units": few[:, 0, 0], "mean of 8": few[:, 1, 0],
           "mean of one's last 8 epochs": few[:, 2, 0],
           "one of 256 units": wide[:, 0, 0],
           "one of 256 units, rate 0.2": wide[:, 0, 1]}

# %% slideshow={"slide_type": "subslide"} tags=["hide-input"]
show.table(
    [[way, f"{Measured(values):.1%}",
      *[f"{Measured(100 * (values - trained[rival])):.1f}"
        for rival in ("one of 32 units", "one of 256 units")]]
     for way, values in trained.items()],
    ["way", "held-out error", "minus one of 32 units (points)",
     "minus one of 256 units (points)"],
    "6 draws of 500 digits; a rate of 0.1, where none is said")

# %% [markdown] slideshow={"slide_type": "fragment"}
# <details><summary>Your prediction</summary>
#
# The mean gains over one network, and a wide network has a good part of that gain, too. A common guess is that an ensemble is
# worth eight trainings. Compare it with what the same number of weights does in one.
#
# </details>

# %% slideshow={"slide_type": "notes"} tags=["hide-input"]
claims.measure(
    "C05.17", "error of the mean of 8 networks minus that of one of them, share "
    "(control: the mean of one network's last 8 epochs)",
    lambda way, draw: trained[way][draw] - trained["one of 32 units"][draw],
    of=[("mean of 8", draw) for draw in range(6)],
    control=[("mean of one's last 8 epochs", draw) for draw in range(6)],
    below=-0.01,          # a whole point
)

# %% [markdown] slideshow={"slide_type": "notes"}
# So it isn't averaging alone that gains: the networks must differ. They began elsewhere, and saw the digits in another order;
# eight states of *one* training err alike. What follows: average networks if you have them from a search anyway, and compare with one larger network before you train eight.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Is weight decay the same as L2? · 权重衰减就是 L2 吗？
#
# Many libraries use the words as synonyms. L2 adds $\lambda \lVert w \rVert^2$ to the loss, so $2 \lambda w$ to the
# gradient. Weight decay multiplies $w$ by $1 - \eta d$ in each step. With plain gradient descent and $d = 2\lambda$ the two
# are one and the same line.
#
# **Predict before you run.** And with Adam, which divides each weight's gradient by its usual size? Four groups of weights
# start at 1; their gradients are pure noise with mean 0, of size 0.01, 0.1, 1 and 10. Which group will L2 shrink most?

# %% slideshow={"slide_type": "skip"}
def shrunk(optimizer, penalty, scales, pairs=200, steps=300):
    """Mean weight left (scales,) after steps of noise gradients and L2. Each noise has
    its mirror image beside it, so that it cancels in the mean of weights."""
    weights = keras.Variable(np.ones((len(scales), 2 * pairs), "float32"))
    optimizer.build([weights])

    @tf.function
    def step(noise):
        optimizer.apply([noise + 2 * penalty * weights], [weights])

    random, scales = np.random.default_rng(0), np.array(scales, "float32")[:, None]
    for _ in range(steps):
        noise = random.standard_normal((len(scales), pairs)).astype("float32") * scales
        step(tf.constant(np.concatenate([noise, -noise], axis=1)))
    return weights.numpy().astype("float64").mean(axis=1)


scales = [0.01, 0.1, 1.0, 10.0]
left = {
    "Adam with L2": shrunk(keras.optimizers.Adam(0.01), 0.05, scales),
    "AdamW (weight decay)": shrunk(
        keras.optimizers.AdamW(0.01, weight_decay=0.1), 0.0, scales),
}
checks.equal("weights left by AdamW, and by the formula",
             left["AdamW (weight decay)"], (1 - 0.01 * 0.1) ** 300, rtol=1e-4)

# %% slideshow={"slide_type": "subslide"} tags=["hide-input"]
charts.curves(
    scales, left, "size of a weight's gradients", "mean weight left (from 1)",
    "The same penalty, 300 steps", xscale="log",
    levels={"(1 − 0.01 · 0.1)³⁰⁰ = 0.741": 0.999**300},
    caption="Weight decay shrinks all weights alike, as the formula says (dashed). L2 "
    "under Adam shrinks those with small gradients to nothing, and leaves those with "
    "large gradients.",
)

# %% [markdown] slideshow={"slide_type": "subslide"}
# <details><summary>Your prediction</summary>
#
# "All alike" is the usual guess. But Adam divides the *whole* gradient, penalty included, so a weight with large gradients
# has its penalty divided as well. [Loshchilov & Hutter 2019](https://arxiv.org/abs/1711.05101) took the decay out of the
# gradient: AdamW.
#
# </details>
#
# What follows: with Adam, say `keras.optimizers.AdamW(weight_decay=...)`, and don't carry a penalty's strength from one
# optimizer to another.

# %% [markdown] slideshow={"slide_type": "skip"}
# ## What the article says, and what was measured · 文章怎么说，测得如何

# %% slideshow={"slide_type": "skip"} tags=["hide-input"]
claims.report()

# %% [markdown] slideshow={"slide_type": "skip"}
# ## Exercises · 练习
#
# **1. Recall.** A weight has $v = -0.5$ after the gradient step, the rate is 0.1 and the L1 strength 2. What is it after
# the proximal step?

# %% slideshow={"slide_type": "skip"}
answer = ...
exercises.check("05.1", answer)

# %% slideshow={"slide_type": "skip"} tags=["hide-input"]
exercises.hint("05.1")
exercises.solution("05.1")

# %% [markdown] slideshow={"slide_type": "skip"}
# **2. Count.** Hyperband consists of brackets. Its first one begins with 27 settings, gives each 1 epoch, keeps the best
# third, gives those 3 epochs in all, and so on up to 27 epochs for one. Trainings are resumed, not restarted. How many
# epochs does this bracket spend?

# %% slideshow={"slide_type": "skip"}
answer = ...
exercises.check("05.2", answer)

# %% slideshow={"slide_type": "skip"} tags=["hide-input"]
exercises.hint("05.2")
exercises.solution("05.2")

# %% [markdown] slideshow={"slide_type": "skip"}
# **3. Build.** A Keras model from pictures of 7 × 7 to ten logits: 64 hidden units of which three in ten are dropped in training, and an L2
# penalty of 0.001 on both kernels, not on the biases. The answer is the model.

# %% slideshow={"slide_type": "skip"}
answer = ...
exercises.check("05.3", answer)

# %% slideshow={"slide_type": "skip"} tags=["hide-input"]
exercises.hint("05.3")
exercises.solution("05.3")

# %% [markdown] slideshow={"slide_type": "skip"}
# **4. Change one thing.** Repeat the sweep of batch sizes with 20 epochs' worth of *steps* for each (more epochs for larger batches)
# instead of 20 epochs. What remains of the effect? Then scale the rate with the batch size.

# %% slideshow={"slide_type": "skip"} tags=["hide-input"]
exercises.hint("05.4")
exercises.solution("05.4")

# %% [markdown] slideshow={"slide_type": "skip"}
# **5. Open.** Take data of your own (`datasets.from_csv`), search over the four hyperparameters with `search.run`, and
# answer with numbers: is the winner better than the middle setting on test data? Would another seed of the search have
# chosen a similar setting? Does any regulariser earn its place?

# %% slideshow={"slide_type": "skip"} tags=["hide-input"]
exercises.hint("05.5")
exercises.solution("05.5")

# %% [markdown] slideshow={"slide_type": "skip"}
# ## Terms · 术语
#
# | English | 中文 | in one line |
# | --- | --- | --- |
# | hyperparameter | 超参数 | set before training, not learnt by gradient |
# | learning rate, schedule | 学习率、学习率调度 | size of a step, and how it changes during training |
# | warm-up | 预热 | a rate that rises at the beginning |
# | batch size | 批量大小 | examples per step |
# | random search | 随机搜索 | each setting drawn by itself |
# | pruning, early stopping | 剪枝、早停 | ending a training that won't win; taking the best epoch |
# | regularisation | 正则化 | whatever limits a model beyond fitting its training data |
# | L1, Lasso | L1 正则化、套索回归 | penalty on absolute weights; exact zeros |
# | L2, ridge | L2 正则化、岭回归 | penalty on squared weights; shrinks them, without exact zeros |
# | proximal gradient | 近端梯度法 | gradient step, then the penalty treated exactly |
# | sparsity | 稀疏性 | many weights are 0 |
# | weight decay | 权重衰减 | weights multiplied by a little less than 1 each step |
# | checkpoint | 检查点 | a model saved during training |
# | pruning of weights | 权重剪枝 | setting small weights to 0 after training |
# | ensemble | 集成 | the mean of several networks' probabilities |
# | dropout | 丢弃法 | units removed at random while training |
# | data augmentation | 数据增强 | changed copies of examples that keep their label |
# | label smoothing | 标签平滑 | targets a little short of certainty |
# | bias, variance | 偏差、方差 | error shared by all samples' fits; their scatter |
# | double descent | 双下降 | error falls, peaks where the fit becomes exact, and falls again |
#
# ## Further reading · 延伸阅读
#
# - [Bergstra & Bengio 2012](https://jmlr.org/papers/v13/bergstra12a.html), *Random search for hyper-parameter optimization*: figure 1, grid against random where one hyperparameter matters.
# - [Li et al. 2018](https://arxiv.org/abs/1603.06560), *Hyperband*: table 1, what each bracket spends.
# - [Tibshirani 1996](https://doi.org/10.1111/j.2517-6161.1996.tb02080.x), *Regression shrinkage and selection via the lasso*: figure 2, why the corner of the diamond is hit.
# - [Beck & Teboulle 2009](https://doi.org/10.1137/080716542), *A fast iterative shrinkage-thresholding algorithm*: ISTA's and FISTA's rates.
# - [Srivastava et al. 2014](https://jmlr.org/papers/v15/srivastava14a.html), *Dropout*: where it helps, by size of the data.
# - [Loshchilov & Hutter 2019](https://arxiv.org/abs/1711.05101), *Decoupled weight decay regularization*: figure 1, rate and decay no longer entangled.
# - [Belkin et al. 2019](https://arxiv.org/abs/1812.11118), *Reconciling modern machine-learning practice and the bias-variance trade-off*: the peak at p = n.
