# %% [markdown] slideshow={"slide_type": "slide"}
# # Chapter 05 · Hyperparameters and regularization · 超参数与正则化
#
# Which numbers you must choose before training, how much they matter, how to search for them, and what penalties on the
# weights can and can't do.
#
# **After this chapter you can** say which hyperparameters matter in your problem and show it, search over several at once within a
# budget, share a search between processes, choose and schedule a learning rate, select features with L1 and know when not to
# trust it, use L2, and tell what regularisation is worth on your data.
#
# **You need** chapters 01, 02 and 04; least squares and matrices.
#
# **Time** under a minute to run on two cores, three hours to read and try.
#
# **摘要**
#
# 学习率、隐藏单元数、批量大小和正则化系数不是学出来的，而要事先设定；本章逐一测量它们的影响，并用随机搜索、TPE 和 Hyperband 在相同预算下同时搜索。
#
# L1 正则化使许多权重恰好为零，因而能选择特征，但特征彼此高度相关时所选未必可靠；L2 正则化使权重变小、拟合曲线变平滑。
#
# 丢弃法、早停、数据增强、标签平滑的效果取决于数据：标签有错时作用显著，标签干净时可能毫无帮助。最后考察偏差与方差、双下降现象。

# %% slideshow={"slide_type": "skip"}
import functools
import pathlib
import subprocess
import sys
import tempfile

import keras
import numpy as np
from sklearn import linear_model

from dlcourse import datasets, exercises, models, recording, reproducibility, show, training, widgets
from dlcourse.claims import Claims
from dlcourse.datasets import transforms
from dlcourse.experiments import hyperparameter_search
from dlcourse.figures import charts
from dlcourse.figures import regularization as pictures
from dlcourse.from_scratch import penalized_regression
from dlcourse.measured import Measured, mask
from dlcourse.training import hyperparameters, search

reproducibility.start(seed=5)
claims = Claims("05")

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Which of the four numbers must be right?
#
# The article, section 2.5: 「如何设置这些超参数可以极大地影响模型的性能」: how hyperparameters are set can change a model's performance a great deal.
# It names four: learning rate, number of hidden units, batch size, strength of the regularisation.
#
# **Predict before you run.** From a setting that works well, each of the four is moved by itself, a hundredfold up or down. Which of them
# ruins the network, and in which direction? And which would you hardly notice if it were off by a factor of 3?
#
# **The rule for the verdict**, fixed here: the sentence *holds* if, for each of the four, worst and best value of its sweep differ
# by more than 5 percentage points of error; it *holds when* only some of the four do; else it does not hold.

# %% [markdown] slideshow={"slide_type": "subslide"}
# The task is MNIST made small: every 4 × 4 pixels averaged, so that an image is 7 × 7, and only 500 examples to learn from. That is quick, leaves
# errors to be made, and 5,000 validation images are left to measure them on. The network has one hidden layer,
#
# $$\text{logits} = W_2\, \max(0,\, W_1 x + b_1) + b_2, \qquad W_1 \in \mathbb{R}^{h \times 49},\quad W_2 \in \mathbb{R}^{10 \times h},$$
#
# trained by stochastic gradient descent with momentum 0.9 on cross-entropy plus $\lambda (\lVert W_1 \rVert^2 + \lVert W_2 \rVert^2)$. Learning rate $\eta$,
# hidden units $h$, batch size $B$ and $\lambda$ are the four hyperparameters: gradients don't choose them.

# %% slideshow={"slide_type": "fragment"}
mnist = datasets.load("mnist")
examples = mnist.train.take(500, seed=0)
train, validation = transforms.pooled(examples), transforms.pooled(
    mnist.validation.take(4000, seed=0)
)
print("training", train.x.shape, " validation", validation.x.shape)

# %% [markdown]
# With Keras one training reads like this, and takes a few lines:

# %% slideshow={"slide_type": "fragment"}
network = models.mlp(
    (7, 7, 1),
    10,
    hidden=[32],
    initializer="he_normal",
    regularizer=keras.regularizers.L2(1e-4),
    seed=0,
)
run = training.fit(
    network,
    training.objectives.classification(),
    train,
    epochs=20,
    batch_size=32,
    validation=validation,
    optimizer=keras.optimizers.SGD(0.05, momentum=0.9),
)
show.markdown(
    "Validation error after 20 epochs:"
    f" {Measured(1 - run.history['val_accuracy'][-1]):.1%}"
)

# %% [markdown] slideshow={"slide_type": "subslide"}
# A study needs hundreds of trainings. Compiling takes longer than training such a network, so `dlcourse.training.hyperparameters` compiles *once*: learning
# rate and penalty are inputs of the graph, one number a network, and the weights of many networks are stacked, $W_1$ of shape (networks, 49, h). A test
# holds one of its networks against Keras, step by step.

# %% slideshow={"slide_type": "fragment"}
GOOD = {"learning_rate": 0.05, "hidden": 32, "batch_size": 32, "l2": 1e-4}
SWEEPS = {
    "learning_rate": [5e-4, 1.5e-3, 5e-3, 0.015, 0.05, 0.15, 0.5, 1.5, 5.0],
    "hidden": [1, 2, 4, 8, 16, 32, 64, 96, 128],
    "batch_size": [8, 16, 32, 64, 96, 128, 256, 500],
    "l2": [1e-6, 1e-5, 1e-4, 3e-4, 1e-3, 3e-3, 1e-2, 0.1, 1.0],
}


def sweep(network, name, values, good, measure, seeds=range(5), epochs=20):
    """Final errors (values, seeds) with one hyperparameter moved and the others as they
    are."""
    settings = [hyperparameters.Setting(**{**good, name: value}) for value in values]
    return network.train(settings, seeds, epochs, measure)[:, :, -1]


small = hyperparameters.Tunable(train, classes=10, shifted=transforms.shifted(examples))
errors = {
    name: sweep(small, name, values, GOOD, lambda members: members.errors(validation))
    for name, values in SWEEPS.items()
}


# %% slideshow={"slide_type": "fragment"}
def draw_sweep(name, values, error, good, ax):
    label = {
        "hidden": "hidden units",
        "l2": "strength of L2",
        "batch_size": "batch size (examples)",
    }.get(name, "learning rate")
    charts.curves(
        values,
        {"error": 100 * error},
        label,
        "validation error (%)",
        label.capitalize(),
        xscale="log",
        ax=ax,
    )
    ax.axvline(good, color="black", linestyle=":", linewidth=1)
    ax.set_ylim(0, 100)


charts.row(
    *[
        lambda ax, name=name: draw_sweep(
            name, SWEEPS[name], errors[name], GOOD[name], ax
        )
        for name in SWEEPS
    ],
    figsize=(13, 3.2),
    caption=(
        "One hyperparameter moved, the others at the dotted good setting; mean of 5"
        " seeds with its 95 % interval. The learning rate has a cliff on the right"
        " and a slope on the left; more hidden units don't hurt; each has a flat"
        " valley."
    ),
    alt=(
        "Four panels of validation error against learning rate, hidden units, batch"
        " size and L2 strength. Learning rate: a valley with a cliff on the right."
        " Hidden units: falling. Batch size: rising for large batches. L2: a cliff on"
        " the right."
    ),
)


# %% slideshow={"slide_type": "fragment"}
def spread(error, values, centre, factor):
    """Worst minus best mean error among the values within a factor of the centre, seed
    by seed."""
    near = [
        index
        for index, value in enumerate(values)
        if 1 / factor <= value / centre * 1.0001 and value / centre <= factor * 1.0001
    ]
    by_value = error[near].mean(axis=1)
    return Measured(error[near][by_value.argmax()] - error[near][by_value.argmin()])


wide = {name: spread(errors[name], SWEEPS[name], GOOD[name], 1e6) for name in SWEEPS}
close = {name: spread(errors[name], SWEEPS[name], GOOD[name], 3.1) for name in SWEEPS}
show.table(
    [
        [
            name.replace("_", " "),
            f"{SWEEPS[name][0]:g} to {SWEEPS[name][-1]:g}",
            f"{wide[name]:.1%}",
            f"{close[name]:.1%}",
        ]
        for name in SWEEPS
    ],
    ["hyperparameter", "sweep", "worst − best, whole sweep", "within a factor of 3"],
    "Differences in validation error, in percentage points",
)

# %% slideshow={"slide_type": "fragment"}
at_good = errors["learning_rate"][SWEEPS["learning_rate"].index(0.05)]
luck = Measured(np.abs(at_good - np.roll(at_good, 1)))  # same setting, next seed
one_sided = {
    name: Measured(error[[0, -1]].min(axis=0) - error[error.mean(axis=1).argmin()])
    for name, error in errors.items()
}
claims.measure(
    "C05.0",
    "learning rate: the better end of the sweep minus its best value",
    one_sided["learning_rate"],
    above=0.2,
    control=one_sided["hidden"],
)
effects = [
    claims.measure(
        "A2.5.1",
        f"{name.replace('_', ' ')}: worst minus best of its sweep, share of errors",
        wide[name],
        above=0.05,
        control=luck,
    )
    for name in SWEEPS
]

# %% [markdown]
# Did you fear for all four alike? "A great deal" depends on how far one moves. The wrong guess is to take the best value for a needle: each
# hyperparameter has a *valley*, several-fold wide, and cliffs beyond it. Only the learning rate has one on either side: too small, and 20 epochs don't
# suffice; too large, and it diverges. Batch size acts through the number of steps: with 500 examples a step, 20 epochs are 20 steps.
#
# The control is luck: what changes when only the seed does. Had the sweeps spread no more than that, the sentence would be wrong.
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
    setting = hyperparameters.Setting(**{**good, "learning_rate": learning_rate, "l2": l2})
    measure = functools.partial(errors_and_size, parts=parts.values())
    [found] = network.train([setting], range(3), 20, measure)  # (seeds, epochs, 3)
    epochs, title = np.arange(1, 21), f"rate {learning_rate:g}, L2 {l2:g}"
    wrong = {name: found[:, :, place].T for place, name in enumerate(parts)}
    charts.curves(epochs, wrong, "epoch", "error (%)", title, ax=axes[0])
    size, name = {"W1": found[:, :, -1].T}, "root mean square of W1"
    charts.curves(epochs, size, "epoch", name, title, yscale="log", ax=axes[1])
    axes[0].set_ylim(0, 100)
    axes[1].set_ylim(1e-4, 1e3)


# %% slideshow={"slide_type": "skip"}
widgets.explore(
    functools.partial(
        draw_training,
        network=small,
        parts={"training": train, "validation": validation},
        good=GOOD,
    ),
    panels=2,
    figsize=(10, 3.8),
    learning_rate=widgets.Knob(SWEEPS["learning_rate"], start=0.05),
    l2=widgets.Knob([0.0, *SWEEPS["l2"]], start=1e-4),
    caption=(
        "Left the errors by epoch, right how large a weight of the first layer is;"
        " mean of 3 seeds with its 95 % interval. At the good setting the training"
        " error goes on falling where the validation error has come to rest."
    ),
    alt=(
        "Left, two falling curves over 20 epochs, the training error ending far below"
        " the validation error. Right, the size of a weight, nearly level."
    ),
)

# %% [markdown] slideshow={"slide_type": "skip"}
# Too small a rate gives curves that still fall at the end; too large a rate gives curves that jump or rise, and weights
# that grow from the first epoch on. A penalty strong enough to lift the training error closes the gap between the two curves, but
# from below: the validation error doesn't fall with it, and the gap is no goal in itself. At a rate of 1.5 a penalty keeps the weights
# small, and the network guesses all the same: the steps were too long, and shorter weights don't shorten them. Besides, the penalty
# is descended with the same rate. Its curvature is $2\lambda$, and with momentum 0.9 a step overshoots for good where $2\eta\lambda$ exceeds
# $2(1 + 0.9) = 3.8$: at a rate of 5 and an L2 of 1 the penalty itself drives the weights apart.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Can you find a learning rate without training once to the end?
#
# Nine learning rates with five seeds were 45 trainings. Is there a cheaper way, one that takes six epochs instead of 900?
#
# **Predict before you run.** During one short training the rate rises from 0.0001 to 10 by equal factors. What does the loss do meanwhile, and
# which point of its curve would you choose: where the loss is smallest, or an earlier one?


# %% slideshow={"slide_type": "subslide"} tags=["lecture:range_test"]
def range_test(network, good, low=1e-4, high=10.0, epochs=6, seeds=range(5)):
    """Rates (steps,) that rise by equal factors, and the loss at each (steps, seeds),
    in nats."""
    members = network.start(
        [hyperparameters.Setting(**{**good, "learning_rate": low})], seeds
    )
    losses = []
    for _ in range(epochs):
        members.epoch(epochs, schedule=lambda share: (high / low) ** share)
        losses.append(members.losses)
    losses = np.concatenate(losses)
    return low * (high / low) ** (np.arange(len(losses)) / len(losses)), losses


def suggested(rates, losses, factor=3.0):
    """A third of the rate at which the smoothed loss is smallest, for each seed."""
    smooth = np.apply_along_axis(
        lambda column: np.convolve(column, np.ones(5) / 5, "same"),
        0,
        np.nan_to_num(losses, nan=1e9),
    )[2:-2]
    return rates[2:-2][smooth.argmin(axis=0)] / factor


rates, losses = range_test(small, GOOD)
found = suggested(rates, losses)

# %% slideshow={"slide_type": "fragment"}
charts.curves(
    rates,
    {"loss of the step's batch": np.clip(np.nan_to_num(losses, nan=10), 0, 10)},
    "learning rate",
    "loss (nats)",
    "Learning-rate range test",
    xscale="log",
    levels={"guessing, log 10": np.log(10)},
    caption=(
        "One short training with a rising rate, mean of 5 seeds. Nothing happens,"
        " then the loss falls, then it explodes. The useful rate lies left of the"
        " smallest loss."
    ),
)
at_found = np.array(
    [
        sweep(
            small,
            "learning_rate",
            [float(rate)],
            GOOD,
            lambda members: members.errors(validation),
            seeds=[seed],
        )[0, 0]
        for seed, rate in enumerate(found)
    ]
)
best_rate = errors["learning_rate"][errors["learning_rate"].mean(axis=1).argmin()]
show.markdown(
    f"Suggested rate: {Measured(found):.2g}; validation error with it"
    f" {Measured(at_found):.1%}, with the best of the sweep"
    f" {Measured(best_rate):.1%}."
)

# %% slideshow={"slide_type": "fragment"}
claims.measure(
    "C05.1",
    "the range test's rate against the best of nine trained to the end: difference in"
    " error",
    at_found - best_rate,
    below=0.05,
    control=errors["learning_rate"][0] - best_rate,
)

# %% [markdown]
# Did you choose the lowest point? That is the common guess, and it is the edge of the cliff: there the loss has stopped falling *because* the rate is
# becoming too large. A third of it is a safe choice; [Smith 2017](https://arxiv.org/abs/1506.01186) proposed the test. It would have been refuted by a suggested rate
# on either slope of the sweep. The control is the smallest rate of the sweep. What follows: run it first, at the price of 6 epochs.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Should the learning rate stay as it is?
#
# A large rate gets far quickly, a small one settles. Then why not begin with one and end with the other?
#
# **Predict before you run.** Four schedules: constant; *step*, a tenth after half of the training and a hundredth after three quarters; *cosine*, falling
# smoothly to 0; *warm-up*, rising for a tenth of the training and then cosine. At a small peak rate (0.02), a good one (0.1) and a large one (0.3): where
# does the schedule matter most?


# %% slideshow={"slide_type": "subslide"} tags=["lecture:warm_up"]
def step(share):
    return np.where(share < 0.5, 1.0, np.where(share < 0.75, 0.1, 0.01))


def cosine(share):
    return (1 + np.cos(np.pi * share)) / 2


def warm_up(share, length=0.1):
    return np.where(
        share < length, share / length, cosine((share - length) / (1 - length))
    )


schedules = {
    "constant": np.ones_like,
    "step": step,
    "cosine": cosine,
    "warm-up": warm_up,
}
peaks = [0.02, 0.1, 0.3]
settings = [hyperparameters.Setting(**{**GOOD, "learning_rate": peak}) for peak in peaks]
scheduled = {
    name: small.train(
        settings, range(8), 20, lambda members: members.errors(validation), factor
    )[:, :, -1]
    for name, factor in schedules.items()
}

# %% slideshow={"slide_type": "fragment"}
shares = np.linspace(0, 1, 201)[:-1]
charts.row(
    lambda ax: charts.curves(
        shares,
        {name: factor(shares) for name, factor in schedules.items()},
        "share of the training done",
        "factor of the peak rate",
        "Schedules",
        ax=ax,
    ),
    lambda ax: charts.bars(
        {
            f"peak {peak}": {
                name: Measured(100 * scheduled[name][index]) for name in schedules
            }
            for index, peak in enumerate(peaks)
        },
        "After 20 epochs",
        "validation error (%)",
        ax=ax,
    ),
    figsize=(11, 3.6),
    caption=(
        "Left the factor by which the rate is multiplied. Right the error reached, 8"
        " seeds: schedules matter where the peak is high."
    ),
    alt=(
        "Left: four curves of a learning-rate factor over training. Right: bars of"
        " validation error for three peak rates and four schedules."
    ),
)

# %% slideshow={"slide_type": "fragment"}
claims.measure(
    "C05.2",
    "peak 0.3: error with the cosine schedule minus error at constant rate",
    scheduled["cosine"][2] - scheduled["constant"][2],
    below=-0.01,
    control=scheduled["cosine"][0] - scheduled["constant"][0],
)
show.table(
    [
        [
            name,
            *[
                f"{Measured(scheduled[name][index] - scheduled['constant'][index]):.1%}"
                for index in range(3)
            ],
        ]
        for name in schedules
    ],
    ["schedule", *[f"peak {peak}" for peak in peaks]],
    "Error minus that of the constant rate, percentage points, paired over 8 seeds",
)

# %% [markdown]
# Did you think that a schedule always helps? At the small peak it can't: the rate is too small already, and falling makes it worse or
# changes nothing. Its use is to make a *high* rate harmless at the end: a schedule widens the valley of the first section. Had the difference at 0.3 been inside
# the noise, schedules would be a habit. In Keras: `keras.optimizers.schedules.CosineDecay(0.1, steps, warmup_target=...)` in place of the number.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Luck or method?
#
# Four hyperparameters with nine values each are 6,561 combinations. *Random search* draws each setting by itself. *TPE* (tree-structured Parzen
# estimator) models where the good settings so far lie and tries more there. *Hyperband* stops trials early that are behind others at the same epoch,
# and tries more settings instead.
#
# **Predict before you run.** Each may spend 216 epochs, a complete training taking 9. By how much does the best method beat random search:
# by half of the error, by a tenth, or not measurably?

# %% slideshow={"slide_type": "subslide"}
show.source(hyperparameter_search.objective)
hyperparameter_search.SPACE

# %% slideshow={"slide_type": "fragment"}
ways = {
    "random": {"sampler": "random"},
    "TPE": {"sampler": "tpe"},
    "TPE, Hyperband": {"sampler": "tpe", "pruning": True},
}
judge = transforms.pooled(mnist.validation.take(2000, seed=0))
searches = {
    name: search.run(
        hyperparameter_search.objective(small, judge, seed=0),
        hyperparameter_search.SPACE,
        budget=216,
        epochs=9,
        seed=0,
        **options,
    )
    for name, options in ways.items()
}
show.table(
    [
        [
            name,
            found.epochs,
            mask(len(found.trials)),
            f"{Measured(found.best.error):.1%}",
        ]
        for name, found in searches.items()
    ],
    ["search", "epochs spent", "settings tried", "best validation error"],
    "One search of each kind, live",
)

# %% [markdown]
# One search is an anecdote. Ten of each, over 360 epochs, are recorded by `benchmarks/studies/ch05_search.py`:

# %% slideshow={"slide_type": "fragment"}
recorded = recording.load("ch05_search")
names = ["random", "TPE", "random, Hyperband", "TPE, Hyperband"]
runs = {name: [recorded[f"{name}, {seed}"] for seed in range(10)] for name in names}
pictures.progress(
    {
        name: [(np.array(run["spent"]), np.array(run["best"])) for run in found]
        for name, found in runs.items()
    },
    "Ten searches of each kind (recorded)",
    caption=(
        "Recorded. The smallest validation error found so far against epochs spent,"
        " mean and 95 % interval of 10 searches."
    ),
)
final = {
    name: Measured([run["error"] for run in found]) for name, found in runs.items()
}
show.table(
    [
        [name, f"{final[name]:.2%}", f"{final[name] - final['random']:.2%}"]
        for name in names
    ],
    ["search", "best validation error", "minus random search"],
    "After 360 epochs, 10 seeds (recorded), paired by seed",
)

# %% slideshow={"slide_type": "fragment"}
first = Measured([run["best"][0] for run in runs["random"]])
claims.measure(
    "C05.3",
    "random search, 40 settings: error of the best found (recorded), share",
    final["random"],
    below=0.25,
    control=first,
    source="recorded",
)


def best_after(run, epochs):
    return run["best"][np.searchsorted(run["spent"], epochs, side="right") - 1]


claims.measure(
    "C05.3",
    "TPE minus random search after 360 epochs: best validation error (recorded)",
    final["TPE"] - final["random"],
    below=-0.005,
    control=Measured(
        [
            best_after(a, 90) - best_after(b, 90)
            for a, b in zip(runs["TPE"], runs["random"], strict=True)
        ]
    ),
    source="recorded",
)
claims.measure(
    "C05.3",
    "random search, 24 settings: smallest error of a complete trial, share",
    searches["random"].best.error,
    below=0.25,
    control=float(np.median([trial.error for trial in searches["random"].trials])),
)

# %% [markdown]
# Two wrong guesses are common: that a clever search halves the error, and that it doesn't matter. Here TPE gains some percentage points over random search at the same price, since its later settings are near the good ones. Its first ten settings are
# random themselves, so that after ten trials it has no lead yet: the control. Random search in turn beats a *grid*: if only one or two hyperparameters matter, 81 points on a grid of 9 × 9
# are 9 values of each, 81 random draws are 81 ([Bergstra & Bengio 2012](https://jmlr.org/papers/v13/bergstra12a.html)). What follows: for more than a few dozen trainings take TPE; if trainings are long, look at what Hyperband adds in the table.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Which of the four mattered in the search?
#
# All four change at once in a search. Can one still say what each contributes?
#
# **Predict before you run.** Order the four by importance, and give each a share of the variance of the error.

# %% [markdown] slideshow={"slide_type": "subslide"}
# Functional ANOVA splits the variance of the error over the search space: $\operatorname{Var}[f] = \sum_i V_i + \sum_{i<j} V_{ij} + \dots$, with
# $V_i = \operatorname{Var}_{x_i}\left[\mathbb{E}[f \mid x_i]\right]$, how much the average error moves when hyperparameter $i$ does. A random forest, fitted to the trials, stands in for $f$.

# %% slideshow={"slide_type": "fragment"}
live_importance = searches["random"].importances()
many = [run["importances"] for run in runs["random"]]
pictures.importances(
    many,
    "Importance in ten random searches (recorded)",
    caption=(
        "Recorded: each dot is one random search of 40 settings, bars are their"
        " means."
    ),
)
importance = {name: Measured([one[name] for one in many]) for name in hyperparameter_search.SPACE}
show.table(
    [
        [
            name.replace("_", " "),
            f"{importance[name]:.2f}",
            f"{Measured(live_importance[name]):.2f}",
        ]
        for name in hyperparameter_search.SPACE
    ],
    ["hyperparameter", "importance, 10 searches (recorded)", "the live search's"],
)


# %% slideshow={"slide_type": "fragment"}
def disagreement(one, other):
    """Half the sum of absolute differences between two sets of shares: 0 the same, 1
    nothing in common."""
    return 0.5 * sum(abs(one[name] - other[name]) for name in one)


def one_cause(setting):
    yield np.log10(
        setting["learning_rate"]
    )  # an "error" that depends on one of the four alone


simple = [
    search.run(
        one_cause, hyperparameter_search.SPACE, budget=24, epochs=1, sampler="random", seed=seed
    ).importances()
    for seed in range(4)
]
agreeing = Measured([disagreement(simple[0], other) for other in simple[1:]])
claims.measure(
    "C05.4",
    "random searches of 40 settings: disagreement about the importances, each with"
    " the next (recorded)",
    [disagreement(a, b) for a, b in zip(many, many[1:] + many[:1], strict=True)],
    above=0.15,
    control=agreeing,
    source="recorded",
)
claims.measure(
    "C05.4",
    "the live search: disagreement about the importances with each of the ten",
    [disagreement(live_importance, other) for other in many],
    above=0.15,
    control=agreeing,
)

# %% [markdown]
# Did you expect one order? The usual wrong guess is to read the bars as a law of networks. The dots scatter widely: a few dozen settings are little to split a variance by, and two searches that differ in luck alone disagree about much of it. Where one
# hyperparameter is the only cause, as few settings do agree: the control. Agreement here would have refuted the claim. And importance is a property *of the range searched*: narrow the penalty's range to its valley, and its
# bar vanishes. What follows: repeat a search before you read its importances, and write the ranges beside the bars.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## What is the winner worth?
#
# The best of 24 was chosen by its validation error, so that error flatters it (chapter 04). The test data have not been touched so far. Now, once:
#
# **Predict before you run.** The winner's test error: below, at or above its validation error? And how far from the middle setting of the search?

# %% slideshow={"slide_type": "fragment"}
ranked = sorted(searches["random"].trials, key=lambda trial: trial.error)
chosen = {"best": ranked[0], "middle": ranked[len(ranked) // 2]}
test = transforms.pooled(mnist.test)  # used in this cell, and nowhere else
tested = {
    name: small.train(
        [hyperparameters.Setting(**trial.setting)],
        range(5),
        9,
        lambda members: members.errors(test),
    )[0, :, -1]
    for name, trial in chosen.items()
}
show.table(
    [
        [name, f"{Measured(trial.error):.1%}", f"{Measured(tested[name]):.1%}"]
        for name, trial in chosen.items()
    ],
    ["setting", "validation error in the search", "test error, 5 new trainings"],
)

# %% slideshow={"slide_type": "fragment"}
decisive = claims.measure(
    "A2.5.1",
    "test error of the search's middle setting minus that of its best",
    tested["middle"] - tested["best"],
    above=0.05,
    control=Measured(tested["best"] - np.roll(tested["best"], 1)),
)
claims.verdict(
    "A2.5.1",
    {
        "holds": all(effect.ok for effect in effects) and decisive.ok,
        "holds when the range is wide enough": any(effect.ok for effect in effects),
        "does not hold": True,
    },
)

# %% [markdown]
# If you guessed "at": that is what validation data not used for the choice would give. The best of many is a little lucky, and here the validation set is large, so little.
# The middle setting is what a careless choice gets. A difference within the seeds' scatter would have refuted the article's sentence.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Can two processes work on one search?
#
# Trials don't depend on each other, so several processes, or machines that share a disk, can divide them. They only must not try the same one twice.
#
# **Predict before you run.** Two workers, 24 trials. Will each do 12? Will the outcome depend on who was faster?

# %% slideshow={"slide_type": "subslide"}
WORKER = """
import sys
import numpy as np
from dlcourse.from_scratch import penalized_regression
from dlcourse.training import search

folder, file = sys.argv[1:]
data = np.load(f"{folder}/data.npz")

def error(setting):                     # ridge regression on random features
    units = setting["features"]
    features = [penalized_regression.relu_features(data[name], units, seed=0)
                for name in ("x", "held_x")]
    weights = penalized_regression.ridge(features[0], data["y"], setting["l2"])
    return np.mean((features[1] @ weights - data["held_y"]) ** 2)

space = {"features": search.Range(5, 300, log=True, whole=True),
         "l2": search.Range(1e-3, 1e3, log=True)}
print(search.work(error, space, f"{folder}/{file}", trials=24, seed=5))
"""


# %% slideshow={"slide_type": "fragment"}
def start_worker(folder, file):
    return subprocess.Popen(
        [sys.executable, "-c", WORKER, str(folder), file],
        stdout=subprocess.PIPE,
        text=True,
    )


diabetes = datasets.load("diabetes")
inputs, targets = penalized_regression.centred(diabetes.train.x, diabetes.train.y)
with tempfile.TemporaryDirectory() as folder:
    np.savez(
        pathlib.Path(folder) / "data.npz",
        x=inputs[:180],
        y=targets[:180],
        held_x=inputs[180:],
        held_y=targets[180:],
    )
    workers = [start_worker(folder, "together") for _ in range(2)] + [
        start_worker(folder, "alone")
    ]
    done = [int(worker.communicate()[0]) for worker in workers]
    together, alone = (
        search.read(pathlib.Path(folder) / file) for file in ("together", "alone")
    )
show.markdown(f"""
Two workers did {mask(done[0])} and {mask(done[1])} trials, {sum(done[:2])} together; a
third process, on a file of its own, did {done[2]}. Best of both files: trial
{mask(together.best.number)} and trial {mask(alone.best.number)}.
""")


# %% slideshow={"slide_type": "fragment"}
def largest_change(ours, theirs):
    """Largest relative difference of errors, trial by trial."""
    return max(
        abs(a.error / b.error - 1)
        for a, b in zip(ours.trials, theirs.trials, strict=True)
    )


claims.measure(
    "C05.5",
    "two workers against one: largest relative difference of any of 24 trials'"
    " errors",
    largest_change(together, alone),
    below=1e-9,
    control=max(
        abs(a.error / b.error - 1)
        for a, b in zip(together.trials[1:], alone.trials, strict=False)
    ),
)

# %% [markdown]
# The study lives in a journal file: each process appends what it does under a lock, and reads what others did. Did you think that the outcome must depend on the race? For TPE it does, since each new setting
# depends on which trials have *ended*. Here the n-th setting is drawn from the seed and n alone, so that only the division of labour is left to chance. Had one trial
# differed, or been done twice, the claim would have failed; its control compares each trial with its neighbour.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Where do exact zeros come from?
#
# The article: 「L1正则化（Lasso Regularization）可以使参数稀疏化，从而起到特征选择的作用」: L1 makes parameters sparse, and so selects features. L2 shrinks, too. Why does one give zeros, and not the other?
#
# **Predict before you run.** You train by gradient descent and add $\lambda \sum_j \lvert w_j \rvert$ to the loss, as `regularizer="l1"` does. After 500 steps, how many of
# 20 weights are exactly 0.0?
#
# **The rule for the verdict** on A2.5.2, fixed here: it *holds* if L1 gives exact zeros where L2 gives none, and the first features to enter are the relevant ones, also where
# others resemble them; it *holds when features don't resemble each other* if the last part alone fails; else it does not hold.

# %% [markdown] slideshow={"slide_type": "subslide"}
# Least squares with L1, in scikit-learn's scaling, for $X$ of shape (n, features):
#
# $$\min_w\; \frac{1}{2n} \lVert y - Xw \rVert^2 + \lambda \lVert w \rVert_1$$
#
# Near $w_j = 0$ the penalty's slope is $\pm\lambda$ on either side: a kink. Unless the data pull harder than $\lambda$, the minimum is *in* the kink. The slope of $w_j^2$ is 0 there, so any pull moves the weight.
# A gradient step jumps across the kink. A **proximal** step treats the penalty exactly: take the step on the squares, then
#
# $$S_t(v) = \operatorname{sign}(v)\, \max(\lvert v \rvert - t,\, 0), \qquad t = \eta \lambda,$$
#
# which sets all of $[-t, t]$ to zero. This is ISTA; with momentum, FISTA:

# %% slideshow={"slide_type": "fragment"} tags=["lecture:proximal_gradient"]
show.source(penalized_regression.soft_threshold, penalized_regression.proximal_gradient)


# %% slideshow={"slide_type": "fragment"}
def with_permuted(x, y, seed, examples=None):
    """Rows drawn by seed; each column of x once more with its rows permuted: as
    distributed, and irrelevant. Centred."""
    random = np.random.default_rng(seed)
    rows = random.permutation(len(x))[:examples]
    return penalized_regression.centred(
        np.c_[x[rows], random.permuted(x[rows], axis=0)], y[rows]
    )


x, y = with_permuted(diabetes.train.x, diabetes.train.y, seed=0)
strength = 0.1 * penalized_regression.largest_strength(x, y)
solution = penalized_regression.lasso(x, y, strength)
steps = {
    "subgradient": penalized_regression.subgradient(x, y, strength, 500),
    "ISTA": penalized_regression.proximal_gradient(x, y, strength, 500),
    "FISTA": penalized_regression.proximal_gradient(x, y, strength, 500, accelerated=True),
}

# %% slideshow={"slide_type": "fragment"}
lowest = penalized_regression.lasso_objective(x, y, solution, strength)
gaps = {
    name: [
        max(penalized_regression.lasso_objective(x, y, weights, strength) - lowest, 1e-10)
        for weights in path
    ]
    for name, path in steps.items()
}
zeros = {name: (path == 0).sum(axis=1) for name, path in steps.items()}
charts.row(
    lambda ax: charts.curves(
        np.arange(1, 501), zeros, "step", "weights exactly 0.0", "Zeros", ax=ax
    ),
    lambda ax: charts.curves(
        np.arange(1, 501),
        gaps,
        "step",
        "objective above its minimum",
        "Distance from the minimum",
        xscale="log",
        yscale="log",
        ax=ax,
    ),
    caption=(
        "Diabetes: ten real features and a permuted copy of each. Proximal steps"
        " (ISTA, FISTA) have the solution's zeros after a few steps; subgradient"
        " steps never have one."
    ),
    alt=(
        "Left: number of exact zeros by step; ISTA and FISTA rise to the solution's"
        " number, the subgradient stays at 0. Right: distance of the objective from"
        " its minimum by step, falling for ISTA and FISTA, slowly for the"
        " subgradient."
    ),
)
print(
    "exact zeros after 500 steps:",
    {name: int(count[-1]) for name, count in zeros.items()},
    " of the solution:",
    int((solution == 0).sum()),
)

# %% slideshow={"slide_type": "fragment"}
claims.measure(
    "C05.6",
    "share of the Lasso's zeros that are exactly 0.0 after 500 proximal steps",
    float(np.mean(steps["ISTA"][-1][solution == 0] == 0)),
    above=0.99,
    control=float(np.mean(steps["subgradient"][-1][solution == 0] == 0)),
)
draws = [with_permuted(diabetes.train.x, diabetes.train.y, seed) for seed in range(8)]
tenth = [0.1 * penalized_regression.largest_strength(*draw) for draw in draws]
sparse = claims.measure(
    "A2.5.2",
    "L1 at a tenth of its largest strength: share of 20 weights that are exactly 0",
    [
        np.mean(penalized_regression.lasso(*draw, strength) == 0)
        for draw, strength in zip(draws, tenth, strict=True)
    ],
    above=0.25,
    control=[
        np.mean(penalized_regression.ridge(*draw, len(draw[1]) * strength) == 0)
        for draw, strength in zip(draws, tenth, strict=True)
    ],
)

# %% [markdown]
# If you guessed "about half": the sum's *solution* has such zeros, and gradient descent on it never gets there, since a weight near 0 is kicked by $\pm\eta\lambda$ from side to side. Weights that "should" be zero in Keras
# under `l1` are tiny instead; threshold them, or take proximal steps.
#
# Are these weights right? scikit-learn's `Lasso`, an implementation that shares no line with ours, at four strengths:

# %% slideshow={"slide_type": "fragment"}
strengths = penalized_regression.largest_strength(x, y) * np.array([0.5, 0.1, 0.02, 0.004])
theirs = [
    linear_model.Lasso(alpha=value, tol=1e-10, max_iter=100_000, fit_intercept=False)
    .fit(x, y)
    .coef_
    for value in strengths
]
ours = [penalized_regression.lasso(x, y, value) for value in strengths]
claims.measure(
    "C05.7",
    "Lasso, ours against scikit-learn's: largest difference of a weight",
    max(np.abs(a - b).max() for a, b in zip(ours, theirs, strict=True)),
    below=1e-6,
    control=np.abs(
        ours[1]
        - linear_model.Lasso(alpha=2 * strengths[1], tol=1e-10, fit_intercept=False)
        .fit(x, y)
        .coef_
    ).max(),
)
claims.measure(
    "C05.7",
    "ridge, ours against scikit-learn's: largest difference of a weight",
    max(
        np.abs(
            penalized_regression.ridge(x, y, value)
            - linear_model.Ridge(alpha=value, fit_intercept=False).fit(x, y).coef_
        ).max()
        for value in (0.1, 10.0, 1000.0)
    ),
    below=1e-8,
    control=np.abs(
        penalized_regression.ridge(x, y, 10.0)
        - linear_model.Ridge(alpha=20.0, fit_intercept=False).fit(x, y).coef_
    ).max(),
)

# %% [markdown]
# The controls leave out a factor of 2, the usual mistake between the two scalings $\frac{1}{2n}\lVert\cdot\rVert^2$ and $\frac1n\lVert\cdot\rVert^2$.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Does it select the right features?
#
# Zeros are not yet a selection. We plant features that we know to be irrelevant, and see which enter as the penalty weakens.
#
# **Predict before you run.** 100 examples, 40 features, of which 5 make $y$ (with noise). Are the first five to enter the right ones? And at the strength that *predicts*
# best, how many of the 35 irrelevant ones are in?


# %% slideshow={"slide_type": "subslide"}
def planted(seed, examples=100, features=40, resemblance=0.0):
    """x (examples, features), y, and 1,000 held-out examples.

    The first five features make y. The next five are correlated with them by
    ``resemblance``, and irrelevant.
    """
    random = np.random.default_rng(seed)
    x = random.standard_normal((examples + 1000, features))
    x[:, 5:10] = resemblance * x[:, :5] + np.sqrt(1 - resemblance**2) * x[:, 5:10]
    y = x[:, :5] @ np.array([1.0, -1.0, 1.0, -1.0, 1.0]) + random.standard_normal(
        len(x)
    )
    return (
        *penalized_regression.centred(x[:examples], y[:examples], scale=False),
        x[examples:],
        y[examples:],
    )


def order_of_entry(strengths, path):
    """Features in the order in which their weights leave 0, from strong to weak
    penalty."""
    entered = [
        strengths[np.flatnonzero(column)].max(initial=0.0) for column in path.T
    ]
    return np.argsort(-np.array(entered), kind="stable")


relative = np.logspace(0, -1.7, 35)
sets = {
    "independent": [planted(seed) for seed in range(10)],
    "resembling": [planted(seed, resemblance=0.95) for seed in range(10)],
}
paths = {
    name: [
        penalized_regression.lasso_path(
            x, y, penalized_regression.largest_strength(x, y) * relative
        )
        for x, y, *_ in many
    ]
    for name, many in sets.items()
}

# %% slideshow={"slide_type": "fragment"}
relevant = np.arange(40) < 5
charts.row(
    lambda ax: pictures.path(
        relative, paths["independent"][0], "Independent features", relevant, ax=ax
    ),
    lambda ax: pictures.path(
        relative,
        paths["resembling"][0],
        "Five resemble the relevant ones",
        relevant,
        ax=ax,
    ),
    figsize=(11, 3.8),
    caption=(
        "Weights along the Lasso's path; strengths in units of the largest that"
        " matters. Left the five relevant features (blue) enter first. Right,"
        " irrelevant features that resemble them take part of their place."
    ),
    alt=(
        "Two panels of Lasso paths. Left: five blue lines of relevant features leave"
        " zero first, grey ones later. Right: grey lines of resembling irrelevant"
        " features leave zero together with the blue ones."
    ),
)


# %% slideshow={"slide_type": "fragment"}
def first_right(relative, paths, relevant):
    """The share of the first features to enter that are relevant, path by path."""
    count = int(relevant.sum())
    return Measured(
        [relevant[order_of_entry(relative, path)[:count]].mean() for path in paths]
    )


def false_at_best(sets, paths, relevant):
    """How many irrelevant features have a weight at the strength of the smallest held-
    out error."""
    found = []
    for (_, _, held_x, held_y), path in zip(sets, paths, strict=True):
        best = ((held_y[:, None] - held_x @ path.T) ** 2).mean(axis=0).argmin()
        found.append(np.count_nonzero(path[best][~relevant]))
    return Measured(found)


shuffled = []
for seed, (x, y, *_) in enumerate(sets["independent"]):
    mixed = np.random.default_rng(seed).permutation(y)
    shuffled.append(
        penalized_regression.lasso_path(
            x, mixed, penalized_regression.largest_strength(x, mixed) * relative
        )
    )
recovered = {name: first_right(relative, paths[name], relevant) for name in paths}
by_chance = first_right(relative, shuffled, relevant)
show.table(
    [
        [
            name,
            f"{recovered[name]:.0%}",
            f"{false_at_best(sets[name], paths[name], relevant):.1f}",
        ]
        for name in paths
    ],
    [
        "features",
        "relevant among the first five",
        "irrelevant with a weight at the best strength for prediction (of 35)",
    ],
    "10 draws",
)

# %% slideshow={"slide_type": "fragment"}
selects = claims.measure(
    "A2.5.2",
    "independent features: relevant ones among the first five to enter, share",
    recovered["independent"],
    above=0.8,
    control=by_chance,
)
excess = claims.measure(
    "C05.8",
    "irrelevant features that have a weight at the best strength for prediction",
    false_at_best(sets["independent"], paths["independent"], relevant),
    above=3,
    control=5 * (1 - recovered["independent"].mean),
)

# %% [markdown]
# Did you expect the best predictor to use the right features alone? It is the common wrong guess. A penalty strong enough to keep all irrelevant features out shrinks the relevant ones as well, so for prediction a weaker one is better, which
# lets some of the noise in. *Order of entry* selects; the best strength for prediction selects too much.
#
# The same with real data, where nobody knows the truth, but a permuted copy is surely irrelevant: of the first four features of `diabetes` to enter (10 real, 10 permuted), how many are real?

# %% slideshow={"slide_type": "fragment"}
real = np.arange(20) < 10


def first_four(draws, real, relative):
    entries = [
        order_of_entry(
            relative,
            penalized_regression.lasso_path(
                x, y, penalized_regression.largest_strength(x, y) * relative
            ),
        )
        for x, y in draws
    ]
    return Measured([real[order[:4]].mean() for order in entries])


mixed = [
    (x, np.random.default_rng(seed).permutation(y))
    for seed, (x, y) in enumerate(draws)
]
claims.measure(
    "A2.5.2",
    "diabetes: real ones among the first four features to enter, share",
    first_four(draws, real, relative[:24]),
    above=0.8,
    control=first_four(mixed, real, relative[:24]),
)

# %% [markdown] slideshow={"slide_type": "slide"}
# ## And where features resemble each other?
#
# In real tables, features come in families: length, width and area. What does the Lasso do with two features that say nearly the same?
#
# **Predict before you run.** Feature B is a noisy copy of A, correlated 0.95 with it, and only A makes $y$. Does the Lasso take A, both, or either? Would the same be chosen on a new sample?


# %% slideshow={"slide_type": "fragment"}
def usurped(relative, paths):
    """The share of the five relevant features whose irrelevant neighbour enters before
    them, path by path."""
    ranks = [np.argsort(order_of_entry(relative, path)) for path in paths]
    return Measured([np.mean(rank[5:10] < rank[:5]) for rank in ranks])


strangers = {
    name: Measured([np.count_nonzero(path[17][5:10]) for path in paths[name]])
    for name in paths
}
show.table(
    [
        [
            name,
            f"{recovered[name]:.0%}",
            f"{strangers[name]:.1f}",
            f"{usurped(relative, paths[name]):.0%}",
        ]
        for name in sets
    ],
    [
        "features",
        "relevant among the first five",
        "of the five neighbours, selected",
        "neighbour enters before the relevant one",
    ],
    f"Ten draws; neighbours selected at {relative[17]:.2f} of the largest strength",
)
confused = claims.measure(
    "A2.5.2",
    "resembling features (0.95): how many of the five irrelevant neighbours are"
    " selected",
    strangers["resembling"],
    above=1.0,
    control=strangers["independent"],
)
claims.verdict(
    "A2.5.2",
    {
        "holds": sparse.ok and selects.ok and not confused.ok,
        "holds when features don't resemble each other": sparse.ok and selects.ok,
        "does not hold": True,
    },
)

# %% [markdown]
# Did you guess "A, since only A is right"? The penalty cannot see which is the cause: sharing the weight between A and B costs the same sum of absolute values as giving it to A alone. The data of one sample, noise and all, decide between them, and the table's last column says how often for the wrong one. So zeros mean "not needed beside the others", not "irrelevant". If the neighbours had stayed out as they do where they don't resemble, the sentence would hold without a condition.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## What does L2 make small, and what smooth?
#
# The article: 「L2正则化……可以使参数权重平滑，从而起到抑制模型过分灵活性的作用」: L2 smooths the weights and so curbs a model's excessive flexibility.
#
# **Predict before you run.** A polynomial of degree 12 is fitted to 15 noisy points. As the L2 penalty grows, will weights become zero one by one? And what becomes smooth, the weights or the curve?
#
# **The rule for the verdict** on A2.5.3: it *holds* if weights and the curve's roughness fall, and held-out error on few examples does too, on made-up and on real data; it *holds when examples are few* if with many examples held-out error gains nothing; else it does not hold.

# %% [markdown] slideshow={"slide_type": "subslide"}
# $$\min_w \lVert y - Xw \rVert^2 + \lambda \lVert w \rVert^2, \qquad w = (X^\top X + \lambda I)^{-1} X^\top y = \sum_i \frac{s_i}{s_i^2 + \lambda}\, v_i\, (u_i^\top y)$$
#
# with the singular value decomposition $X = \sum_i s_i u_i v_i^\top$. Directions in which the data vary little ($s_i^2 \ll \lambda$) are shrunk most: those that least squares knows least about.

# %% slideshow={"slide_type": "fragment"}
show.source(penalized_regression.ridge, penalized_regression.ridge_path)

# %% slideshow={"slide_type": "fragment"}
GRID, STRENGTHS = np.linspace(-1, 1, 401), np.logspace(3, -9, 49)


def polynomial(points, degree=12):
    """Legendre polynomials 1 to degree: (points, degree)."""
    return np.polynomial.legendre.legvander(points, degree)[:, 1:]


def noisy_sine(seed, examples=15):
    random = np.random.default_rng(seed)
    points = random.uniform(-1, 1, examples)
    return points, np.sin(3 * points) + 0.3 * random.standard_normal(examples)


def ridge_curves(points, values, strengths, grid):
    """Weights (strengths, 12) and fitted curves (strengths, grid); the mean is fitted
    beside."""
    features = polynomial(points)
    weights = penalized_regression.ridge_path(
        features - features.mean(axis=0), values - values.mean(), strengths
    )
    return (
        weights,
        values.mean() + weights @ (polynomial(grid) - features.mean(axis=0)).T,
    )


points, values = noisy_sine(0)
weights, curves = ridge_curves(points, values, STRENGTHS, GRID)

# %% slideshow={"slide_type": "fragment"}
picks = {f"λ = {STRENGTHS[place]:.0e}": curves[place] for place in (48, 16, 0)}
charts.row(
    lambda ax: pictures.path(
        STRENGTHS, weights, "Weights along the path", floor=1e-5, ax=ax
    ),
    lambda ax: pictures.fits(
        GRID,
        picks,
        "Fitted curves",
        data=(points, values),
        truth=np.sin(3 * GRID),
        limits=(-2.5, 2.5),
        ax=ax,
    ),
    figsize=(11, 3.8),
    caption=(
        "Ridge on 15 points. Left, on logarithmic axes: the weights shrink (a dip is"
        " a change of sign), and none stays at zero. Right: hardly any penalty"
        " wiggles, the middle one follows the truth, the strongest is flat."
    ),
    alt=(
        "Left: twelve weights growing as the L2 penalty weakens, none exactly zero."
        " Right: three fitted curves through 15 points: wild, close to the true sine,"
        " and flat."
    ),
)


# %% slideshow={"slide_type": "fragment"}
def ridge_effects(seeds, examples, strengths, grid, truth):
    """For each seed, log10 of what a penalty chosen on the truth changes against nearly
    none: (norm, roughness, error)."""
    found = []
    for seed in seeds:
        weights, curves = ridge_curves(*noisy_sine(seed, examples), strengths, grid)
        errors = ((curves - truth) ** 2).mean(axis=1)
        rough = np.square(np.diff(curves, 2, axis=1)).sum(axis=1)
        best = errors.argmin()
        found.append(
            np.log10(
                [
                    np.linalg.norm(weights[best]) / np.linalg.norm(weights[-1]),
                    rough[best] / rough[-1],
                    errors[best] / errors[-1],
                ]
            )
        )
    return np.array(found).T


few, plenty = (
    ridge_effects(range(10), count, STRENGTHS, GRID, np.sin(3 * GRID))
    for count in (15, 1000)
)
shrinks = [
    claims.measure(
        "A2.5.3",
        f"15 examples, best L2 over hardly any: log10 of the {name}",
        few[place],
        below=bound,
        control=plenty[place],
    )
    for place, (name, bound) in enumerate(
        [
            ("weights' norm", -0.3),
            ("curve's roughness", -0.6),
            ("squared distance from the truth", -0.3),
        ]
    )
]

# %% [markdown]
# And real data: diabetes with all products of two features (65 columns), learnt from 70 examples. Half of the remaining examples choose the strength, the other half measure:


# %% slideshow={"slide_type": "fragment"}
def products(x):
    rows, columns = np.triu_indices(x.shape[1])
    return np.c_[x, x[:, rows] * x[:, columns]]


def held_out_gain(x, y, seed, examples, strengths):
    """log10 of held-out squared error with a chosen penalty over that with hardly
    any."""
    order = np.random.default_rng(seed).permutation(len(x))
    fit, rest = order[:examples], order[examples:]
    choose, measure = rest[: len(rest) // 2], rest[len(rest) // 2 :]
    weights = penalized_regression.ridge_path(
        x[fit] - x[fit].mean(axis=0), y[fit] - y[fit].mean(), strengths
    )
    errors = [
        (
            (
                y[part, None]
                - y[fit].mean()
                - (x[part] - x[fit].mean(axis=0)) @ weights.T
            )
            ** 2
        ).mean(axis=0)
        for part in (choose, measure)
    ]
    return np.log10(errors[1][errors[0].argmin()] / errors[1][-1])


table, target = penalized_regression.centred(
    np.r_[diabetes.train.x, diabetes.validation.x],
    np.r_[diabetes.train.y, diabetes.validation.y],
)
wide_table = penalized_regression.centred(products(table), target)[0]
scales = np.logspace(5, -3, 33)
with_few = claims.measure(
    "A2.5.3",
    "diabetes with products, 70 examples: log10 of held-out error, chosen L2 over"
    " hardly any",
    [held_out_gain(wide_table, target, seed, 70, scales) for seed in range(10)],
    below=-0.1,
    control=[held_out_gain(table, target, seed, 250, scales) for seed in range(10)],
)
claims.verdict(
    "A2.5.3",
    {
        "holds": (
            all(one.ok for one in shrinks)
            and with_few.ok
            and np.mean(plenty[2]) < -0.3
        ),
        "holds when examples are few for the model": (
            all(one.ok for one in shrinks) and with_few.ok
        ),
        "does not hold": True,
    },
)

# %% [markdown]
# Zeros one by one would be L1's path. And "smooth weights" is a common slip: the weights become *small*; it is the curve, the function of the input, that becomes smooth, and only because in this basis rough curves need large weights.
# The controls have plenty of examples: there the data hold the curve themselves, and the penalty has nothing to do. Equal effects there would have refuted "few examples" as the reason.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## What is a wrong curve made of?
#
# Repeat the experiment with new noise: each sample gives another curve. They miss the truth in two ways: together (bias), and each by itself (variance).
#
# $$\mathbb{E}\left[(\hat f(x) - f(x))^2\right] = \left(\mathbb{E}[\hat f(x)] - f(x)\right)^2 + \operatorname{Var}[\hat f(x)]$$
#
# **Predict before you run.** As the L2 penalty grows, what does each part do, and where is their sum smallest: where one of them vanishes, where they are equal, or elsewhere?


# %% slideshow={"slide_type": "subslide"}
def decompose(examples, strengths, grid, seeds):
    """(squared bias, variance, error), each (strengths,), over draws of the data."""
    curves = np.array(
        [
            ridge_curves(*noisy_sine(seed, examples), strengths, grid)[1]
            for seed in seeds
        ]
    )  # (draws, strengths, grid)
    truth = np.sin(3 * grid)
    parts = np.array(
        [
            penalized_regression.bias_and_variance(curves[:, place], truth)
            for place in range(len(strengths))
        ]
    )
    return (*parts.T, ((curves - truth) ** 2).mean(axis=(0, 2)))


bias, variance, error = decompose(30, STRENGTHS, GRID, range(200))
charts.curves(
    STRENGTHS,
    {"squared bias": bias, "variance": variance, "their sum": bias + variance},
    "strength of the L2 penalty",
    "squared distance from the truth",
    "Bias and variance",
    xscale="log",
    yscale="log",
    caption=(
        "200 samples of 30 points. To the right the penalty grows: bias rises,"
        " variance falls, and the sum has its minimum between."
    ),
)

# %% slideshow={"slide_type": "fragment"}
best = error.argmin()
claims.measure(
    "C05.9",
    "bias² + variance against the mean squared error, largest relative difference",
    float(np.abs((bias + variance) / error - 1).max()),
    below=1e-9,
    control=float(np.abs(variance / error - 1).max()),
)
many_points = decompose(1000, STRENGTHS, GRID, range(20))[2]
claims.measure(
    "C05.9",
    "error at hardly any penalty over the error at the best",
    error[-1] / error[best],
    above=2,
    control=many_points[-1] / many_points.min(),
)
claims.measure(
    "C05.9",
    "error at the strongest penalty over the error at the best",
    error[0] / error[best],
    above=2,
    control=variance[0] / variance[best],
)
show.markdown(
    f"At the best strength, {Measured(STRENGTHS[best]):.1g}, squared bias is"
    f" {Measured(bias[best]):.1g} and variance {Measured(variance[best]):.1g}."
)

# %% [markdown]
# The minimum is where the two *slopes* cancel, not where the curves cross: the guess "where they are equal" is common, and wrong in general. The sum is an identity of averages, which the control breaks by leaving the bias out.
# Regularisation is a trade: it buys less variance for more bias. With 1,000 points there is little variance to buy off (the second control).

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Does a larger model always overfit more?
#
# By the last section, more parameters mean more variance. Networks have more parameters than examples, and generalise. Something is missing.
#
# **Predict before you run.** 100 examples, $p$ random features $\max(0, w_k^\top x)$, least squares on them. Sketch held-out error for $p$ from 10 to 2,000. At $p = 100$ the
# fit is exact for the first time; beyond, there are many exact fits, and we take the shortest. Where is the error largest?


# %% slideshow={"slide_type": "subslide"}
def feature_errors(train, held_out, counts, seeds, examples, strength=0.0):
    """Held-out mean squared error of one-hot targets (counts, seeds), from minimum-norm
    or ridge fits."""
    errors = np.zeros((len(counts), len(seeds)))
    flat, held = train.x.reshape(len(train.x), -1), held_out.x.reshape(
        len(held_out.x), -1
    )
    target = np.eye(10)[held_out.y] - 0.1
    for column, seed in enumerate(seeds):
        rows = np.random.default_rng(seed).permutation(len(flat))[:examples]
        for place, count in enumerate(counts):
            features = penalized_regression.relu_features(
                np.r_[flat[rows], held], count, seed
            )
            seen, new = features[:examples], features[examples:]
            wanted = np.eye(10)[train.y[rows]] - 0.1
            if strength:
                weights = seen.T @ np.linalg.solve(
                    seen @ seen.T + strength * np.eye(examples), wanted
                )
            else:
                weights = np.linalg.lstsq(seen, wanted, rcond=None)[0]
            errors[place, column] = ((new @ weights - target) ** 2).sum(axis=1).mean()
    return errors


counts = [10, 20, 40, 60, 80, 90, 100, 110, 125, 150, 200, 400, 800, 1500]
held_out = transforms.pooled(mnist.validation.take(500, seed=1))
plain = feature_errors(train, held_out, counts, range(8), 100)
penalised = feature_errors(train, held_out, counts[:-1], range(8), 100, strength=10.0)


# %% slideshow={"slide_type": "fragment"}
def draw_descent(counts, plain, penalised, ax):
    charts.curves(
        counts,
        {"shortest exact fit": plain},
        "random features p",
        "held-out squared error",
        "100 examples: random features (live)",
        xscale="log",
        yscale="log",
        ax=ax,
    )
    charts.curves(
        counts[:-1],
        {"shortest exact fit": plain[:-1], "with L2": penalised},
        "random features p",
        "held-out squared error",
        "100 examples: random features (live)",
        xscale="log",
        yscale="log",
        ax=ax,
    )
    ax.axvline(100, color="black", linestyle=":", linewidth=1)
    ax.legend(*[part[1:] for part in ax.get_legend_handles_labels()], fontsize=9)


descent = recording.load("ch05_double_descent")
widths = [int(key.split()[-1]) for key in descent if key.startswith("noise 0.2")]
by_width = {
    f"{label}, {part}": [
        100 * np.array(descent[f"noise {noise}, width {width}"][part])
        for width in widths
    ]
    for noise, label in ((0.2, "a fifth of labels wrong"), (0.0, "labels right"))
    for part in ("held out", "training")
}
charts.row(
    lambda ax: draw_descent(counts, plain, penalised, ax),
    lambda ax: charts.curves(
        widths,
        by_width,
        "hidden units",
        "error (%)",
        "200 examples: a network (recorded)",
        xscale="log",
        ax=ax,
    ),
    figsize=(12, 4.2),
    caption=(
        "Left, live: the error peaks where the number of features equals the number"
        " of examples (dotted), and falls again beyond; with L2 there's no peak."
        " Right, recorded: networks of growing width after 4,000 steps of Adam."
    ),
    alt=(
        "Left: held-out error against the number of random features, with a sharp"
        " peak at 100 features for the shortest exact fit and a smooth fall with L2."
        " Right: a network's training and held-out error against its width, with"
        " wrong and right labels."
    ),
)

# %% slideshow={"slide_type": "fragment"}
at, half, beyond = counts.index(100), counts.index(40), counts.index(800)
claims.measure(
    "C05.10",
    "squared error at p = n over that at p = 8 n, log10",
    np.log10(plain[at] / plain[beyond]),
    above=0.5,
    control=np.log10(penalised[at] / penalised[beyond]),
)
claims.measure(
    "C05.10",
    "squared error at p = n over that at p = 0.4 n, log10",
    np.log10(plain[at] / plain[half]),
    above=0.5,
    control=np.log10(penalised[at] / penalised[half]),
)
claims.measure(
    "C05.10",
    "share of draws whose error is largest at p = n",
    float(np.mean(plain.argmax(axis=0) == at)),
    above=0.7,
    control=float(np.mean(penalised.argmax(axis=0) == at)),
)

# %% [markdown]
# Did your sketch fall and then rise for good? That is the picture of most textbooks up to 2019. At $p = n$ there is exactly one exact fit, and it must bend to every error in the data, whatever weights that takes. Beyond, there are many, and
# the *shortest* is chosen, which is a regulariser that nobody wrote down ([Belkin et al. 2019](https://arxiv.org/abs/1812.11118); in networks, [Nakkiran et al. 2019](https://arxiv.org/abs/1912.02292)). The control is the written one: with L2 the peak is gone.
# No peak at $p = n$ would refute it; a peak elsewhere would refute the explanation.

# %% slideshow={"slide_type": "fragment"}
noisy = {
    width: {
        part: np.array(values)
        for part, values in descent[f"noise 0.2, width {width}"].items()
    }
    for width in widths
}
threshold = min(
    width for width in widths if noisy[width]["training"].mean() < 0.01
)  # fits its training data, wrong labels and all
narrower = min(
    (width for width in widths if width < threshold),
    key=lambda width: noisy[width]["held out"].mean(),
)
lowest_before = min(range(at), key=lambda place: plain[place].mean())
show.markdown(f"""
The network (recorded, 5 seeds, a fifth of the labels wrong) fits its training data from
width {mask(threshold)} on. Held-out error: {Measured(noisy[narrower]["held out"]):.1%}
at width {mask(narrower)}, {Measured(noisy[threshold]["held out"]):.1%} at width
{mask(threshold)}, {Measured(noisy[widths[-1]]["held out"]):.1%} at width {widths[-1]}.
""")
claims.measure(
    "C05.10",
    "a network: error at the width that just fits, minus the smallest at a lesser"
    " width, log10 (recorded)",
    np.log10(noisy[threshold]["held out"] / noisy[narrower]["held out"]),
    below=0.05,
    control=np.log10(plain[at] / plain[lowest_before]),
    source="recorded",
)

# %% [markdown]
# So the least-squares peak is exact theory, and this small network, stopped after 4,000 steps, doesn't show it: its error falls with width, past the point where it fits all wrong labels (the control is the same quantity for the random features). Papers that show the peak in
# networks use larger data and more wrong labels. What both share is the other half of the story: the widest model is the best, or near it, though it fits everything by heart.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## What do dropout, early stopping, shifts and smoothed labels bring?
#
# Regularisers need not be penalties. **Dropout** removes units at random during training. **Early stopping** takes the epoch that is best on validation data. **Augmentation** adds changed copies of the examples, here moved by 2 of 28 pixels. **Label smoothing** asks
# for less than certainty.
#
# **Predict before you run.** 500 digits, 64 hidden units, 40 epochs: which lowers held-out error most? And if 30 % of the labels had been drawn at random?


# %% slideshow={"slide_type": "subslide"}
def compare(train, copies, choices, select, report, moved, seeds=range(6), epochs=40):
    """Errors (choices, seeds, epochs, 3): on data to select by, data to report on, and
    the latter moved."""
    network = hyperparameters.Tunable(train, 10, copies)
    settings = [
        hyperparameters.Setting(learning_rate=0.05, hidden=64, **options)
        for options in choices.values()
    ]
    return network.train(
        settings,
        seeds,
        epochs,
        lambda members: np.stack(
            [members.errors(part) for part in (select, report, moved)], axis=-1
        ),
    )


def some_wrong(y, share, seed=0):
    random = np.random.default_rng(seed)
    return np.where(
        random.random(len(y)) < share, random.integers(0, 10, len(y)), y
    ).astype("int32")


choices = {
    "nothing": {},
    "L2 0.01": {"l2": 0.01},
    "weight decay 0.02": {"weight_decay": 0.02},
    "dropout 0.5": {"dropout": 0.5},
    "label smoothing 0.2": {"label_smoothing": 0.2},
    "shifts": {"shifts": 0.8},
}
raw = mnist.validation.take(4000, seed=0)  # as `validation`, before pooling
select, report = (
    datasets.Split(validation.x[part::2], validation.y[part::2]) for part in (0, 1)
)
moved = datasets.Split(transforms.shifted(raw)[1, 1::2], report.y)
outcome = {
    name: compare(
        (train.x, some_wrong(train.y, share)),
        transforms.shifted(examples),
        choices,
        select,
        report,
        moved,
    )
    for name, share in {"all labels right": 0.0, "30 % drawn at random": 0.3}.items()
}


# %% slideshow={"slide_type": "fragment"}
def final_errors(errors, choices):
    """Errors (seeds, 2) on data to report on and the same moved: of the last epoch, and
    of the epoch that early stopping takes."""
    found = {name: errors[place, :, -1, 1:] for place, name in enumerate(choices)}
    best = errors[0, :, :, 0].argmin(axis=1)
    return {**found, "early stopping": errors[0, np.arange(len(best)), best, 1:]}


def against_nothing(reached, name):
    """What a regulariser changes; without any, the error itself."""
    return reached[name] - (reached["nothing"] if name != "nothing" else 0)


reached = {name: final_errors(errors, choices) for name, errors in outcome.items()}
columns = {
    ("all labels right", 0): "labels right",
    ("30 % drawn at random", 0): "30 % of labels drawn at random",
    ("all labels right", 1): "labels right, test digits moved",
}
show.table(
    [
        [
            name,
            *[
                f"{Measured(against_nothing(reached[data], name)[:, part]):.1%}"
                for data, part in columns
            ],
        ]
        for name in reached["all labels right"]
    ],
    ["regulariser", *columns.values()],
    "First row: held-out error. Others: what changes, percentage points, paired over"
    " 6 seeds (negative is better)",
)

# %% slideshow={"slide_type": "fragment"}
charts.row(
    *[
        lambda ax, data=data: charts.curves(
            np.arange(1, 41),
            {
                name: 100 * outcome[data][place, :, :, 1].T
                for place, name in enumerate(choices)
                if name != "weight decay 0.02"
            },
            "epoch",
            "held-out error (%)",
            data,
            ax=ax,
        )
        for data in outcome
    ],
    figsize=(11, 3.8),
    caption=(
        "Held-out error by epoch, mean and 95 % interval of 6 seeds. Left, with right"
        " labels, hardly anything beats doing nothing. Right, with wrong labels among"
        " them, doing nothing learns them by heart: its error rises after a few"
        " epochs."
    ),
    alt=(
        "Two panels of held-out error by epoch for five regularisers. With right"
        " labels all fall together. With wrong labels the curve without regulariser"
        " turns up after about eight epochs, the others less or not at all."
    ),
)

# %% slideshow={"slide_type": "fragment"}
wrong_labels, right_labels = (
    reached["30 % drawn at random"],
    reached["all labels right"],
)
for name in ("L2 0.01", "dropout 0.5", "label smoothing 0.2", "early stopping"):
    claims.measure(
        "C05.11",
        f"{name}, 30 % of labels drawn at random: change of held-out error",
        Measured(wrong_labels[name][:, 0] - wrong_labels["nothing"][:, 0]),
        below=-0.01,
        control=Measured(right_labels[name][:, 0] - right_labels["nothing"][:, 0]),
    )
kept = ["weight decay 0.02", "dropout 0.5", "label smoothing 0.2", "early stopping"]
claims.measure(
    "C05.11",
    "all labels right: change of held-out error by whichever of decay, dropout,"
    " smoothing and stopping gains most",
    min(
        (
            Measured(right_labels[name][:, 0] - right_labels["nothing"][:, 0])
            for name in kept
        ),
        key=lambda gain: gain.mean,
    ),
    above=-0.015,
    control=min(
        (
            Measured(wrong_labels[name][:, 0] - wrong_labels["nothing"][:, 0])
            for name in kept
        ),
        key=lambda gain: gain.mean,
    ),
)
claims.measure(
    "C05.12",
    "shifts: change of the error on moved digits",
    Measured(right_labels["shifts"][:, 1] - right_labels["nothing"][:, 1]),
    below=-0.05,
    control=Measured(right_labels["shifts"][:, 0] - right_labels["nothing"][:, 0]),
)

# %% [markdown]
# If you expected each to help on clean data, so do most lists of advice. The controls of the first claim are the same regularisers with right labels: there none gains more than 1.5 percentage points (the claim after), and L2 of this strength loses. A regulariser is a remedy against variance and
# against fitting noise; where there's little of either, it costs. Augmentation teaches *one* thing: here that a moved digit is the same digit. MNIST's digits are centred, so on those it is no help; on moved ones it makes the
# difference. What follows: measure a regulariser on your data, paired by seed, before you keep it.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Is weight decay the same as L2?
#
# Many libraries use the words as synonyms. L2 adds $\lambda \lVert w \rVert^2$ to the loss, so $2 \lambda w$ to the gradient. Weight decay multiplies $w$ by $1 - \eta d$ each step. With plain gradient descent and
# $d = 2\lambda$ the two are one and the same line.
#
# **Predict before you run.** And with Adam, which divides each weight's gradient by its usual size? Four groups of weights start at 1; their gradients are pure noise with mean 0, of size 0.01, 0.1, 1 and 10. Which group will L2 shrink most?


# %% slideshow={"slide_type": "subslide"}
def shrunk(optimizer, penalty, scales, seeds=5, copies=400, steps=300):
    """Mean weight left, float64 (seeds, scales), after steps of noise gradients of the
    given sizes and an L2 penalty."""
    weights = keras.Variable(np.ones((seeds, len(scales), copies), "float32"))
    optimizer.build([weights])
    random = np.random.default_rng(0)
    for _ in range(steps):
        noise = (
            random.standard_normal(weights.shape).astype("float32")
            * np.array(scales, "float32")[:, None]
        )
        optimizer.apply([noise + 2 * penalty * weights], [weights])
    return weights.numpy().astype("float64").mean(axis=2)


scales = [0.01, 0.1, 1.0, 10.0]
left = {
    "Adam with L2": shrunk(keras.optimizers.Adam(0.01), 0.05, scales),
    "AdamW (weight decay)": shrunk(
        keras.optimizers.AdamW(0.01, weight_decay=0.1), 0.0, scales
    ),
}

# %% slideshow={"slide_type": "fragment"}
charts.curves(
    scales,
    {name: values.T for name, values in left.items()},
    "size of a weight's gradients",
    "mean weight left (from 1)",
    "The same penalty, 300 steps",
    xscale="log",
    levels={"(1 - 0.01 · 0.1)^300 = 0.741": 0.999**300},
    caption=(
        "Weight decay shrinks all weights alike, as the formula says (dashed). L2"
        " under Adam shrinks those with small gradients to nothing, and leaves those"
        " with large gradients."
    ),
)
claims.measure(
    "C05.13",
    "weight left where gradients are large, minus where they are small: Adam with L2",
    Measured(left["Adam with L2"][:, 3] - left["Adam with L2"][:, 0]),
    above=0.3,
    control=Measured(
        left["AdamW (weight decay)"][:, 3] - left["AdamW (weight decay)"][:, 0]
    ),
)

# %% [markdown]
# Did you guess "all alike"? Adam divides the *whole* gradient, penalty included, so a weight with large gradients has its penalty divided as well. [Loshchilov & Hutter 2019](https://arxiv.org/abs/1711.05101) took the decay out of the gradient: AdamW. Equal lines
# would have refuted them. What follows: with Adam, say `keras.optimizers.AdamW(weight_decay=...)`, and don't carry a penalty's strength from one optimizer to another.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## What the article says, and what was measured

# %% slideshow={"slide_type": "fragment"}
claims.report()

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Exercises
#
# **1. Recall.** A weight has $v = -0.3$ after the gradient step, the rate is 0.1 and the L1 strength 2. What is it after the proximal step?

# %%
answer = ...
exercises.check(
    answer,
    -0.1,
    hints={
        0.0: "The threshold is rate times strength, 0.2, which is less than 0.3.",
        -0.5: "A penalty moves weights towards 0, not away.",
        0.1: "The sign stays.",
    },
)

# %% [markdown]
# <details><summary>Solution</summary>
#
# The threshold is $t = \eta\lambda = 0.2$; $S_{0.2}(-0.3) = -\max(0.3 - 0.2, 0) = -0.1$. Had the weight been $-0.15$, it would be 0 exactly.
#
# </details>
#
# **2. Count.** Hyperband begins with 27 settings, gives each 1 epoch, keeps the best third, gives those 3 epochs in all, and so on up to 27 epochs for one. Trainings are resumed, not restarted. How many epochs does it spend?

# %%
answer = ...
exercises.check(
    answer,
    81,
    hints={
        108: (
            "Resumed trainings pay for the new epochs only: 9 settings go from 1 to 3"
            " epochs at 2 each."
        ),
        729: "Only one setting gets all 27 epochs.",
    },
)

# %% [markdown]
# <details><summary>Solution</summary>
#
# $27 \cdot 1 + 9 \cdot 2 + 3 \cdot 6 + 1 \cdot 18 = 81$ epochs: the price of three complete trainings, for 27 settings looked at.
#
# </details>
#
# **3. Derive.** $X$ has orthonormal columns, $X^\top X = I$. Show that ridge divides each least-squares weight by $1 + \lambda$, and that the Lasso, in the scaling of this chapter, applies $S_{n\lambda}$ to each. Which of the two can give a zero?
#
# <details><summary>Solution</summary>
#
# Let $b = X^\top y$. Ridge: $(I + \lambda I)^{-1} b = b / (1 + \lambda)$, zero only where $b_j$ is. Lasso: the objective is, up to a constant, $\frac{1}{2n} \sum_j (w_j - b_j)^2 + \lambda \sum_j \lvert w_j \rvert$, one problem for each weight,
# with the solution $S_{n\lambda}(b_j)$: zero for all $\lvert b_j \rvert \le n\lambda$.
#
# </details>
#
# **4. Change one thing.** Repeat the first section's sweep of batch sizes with 20 epochs' worth of *steps* for each (more epochs for larger batches) instead of 20 epochs. What remains of the effect? Then scale the rate with the batch size.
#
# <details><summary>Solution</summary>
#
# Give `small.train` one batch size at a time with `epochs = round(20 * size / 32)`. Most of the large batches' disadvantage goes away: it was a matter of too few steps. With a rate proportional to the batch size ([Goyal et al. 2017](https://arxiv.org/abs/1706.02677)) part of it goes
# at the same number of epochs, until the rate reaches its cliff.
#
# </details>
#
# **5. Open.** Take data of your own (`datasets.from_csv`), search over the four hyperparameters with `search.run`, and answer with numbers: is the winner better than the middle setting on test data? Would another seed of the search have chosen a similar setting? Does any regulariser earn its place?
#
# <details><summary>What a good answer has</summary>
#
# Three splits, the test data used once; at least five seeds of the search; differences paired by seed, with intervals; the space's ranges stated beside the importances.
#
# </details>

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Terms
#
# | English | 中文 | in one line |
# | --- | --- | --- |
# | hyperparameter | 超参数 | set before training, not learnt by gradient |
# | learning rate, schedule | 学习率、学习率调度 | size of a step, and how it changes during training |
# | warm-up | 预热 | a rate that rises at the beginning |
# | batch size | 批量大小 | examples a step |
# | random search | 随机搜索 | each setting drawn by itself |
# | pruning, early stopping | 剪枝、早停 | ending a training that won't win; taking the best epoch |
# | regularisation | 正则化 | whatever limits a model beyond fitting its training data |
# | L1, Lasso | L1 正则化、套索回归 | penalty on absolute weights; exact zeros |
# | L2, ridge | L2 正则化、岭回归 | penalty on squared weights; all shrink |
# | proximal gradient | 近端梯度法 | gradient step, then the penalty treated exactly |
# | sparsity | 稀疏性 | most weights are 0 |
# | weight decay | 权重衰减 | weights multiplied by a little less than 1 each step |
# | dropout | 丢弃法 | units removed at random while training |
# | data augmentation | 数据增强 | changed copies of examples that keep their label |
# | label smoothing | 标签平滑 | targets a little short of certainty |
# | bias, variance | 偏差、方差 | error shared by all samples' fits; their scatter |
# | double descent | 双下降 | error falls, peaks where the fit becomes exact, and falls again |
#
# ## Further reading
#
# - [Bergstra & Bengio 2012](https://jmlr.org/papers/v13/bergstra12a.html), *Random search for hyper-parameter optimization*: figure 1, grid against random where one hyperparameter matters.
# - [Li et al. 2018](https://arxiv.org/abs/1603.06560), *Hyperband*: table 1, what each bracket spends.
# - [Tibshirani 1996](https://doi.org/10.1111/j.2517-6161.1996.tb02080.x), *Regression shrinkage and selection via the lasso*: figure 2, why the corner of the diamond is hit.
# - [Beck & Teboulle 2009](https://doi.org/10.1137/080716542), *A fast iterative shrinkage-thresholding algorithm*: ISTA's and FISTA's rates.
# - [Srivastava et al. 2014](https://jmlr.org/papers/v15/srivastava14a.html), *Dropout*: where it helps, by size of the data.
# - [Loshchilov & Hutter 2019](https://arxiv.org/abs/1711.05101), *Decoupled weight decay regularization*: figure 1, rate and decay no longer entangled.
# - [Belkin et al. 2019](https://arxiv.org/abs/1812.11118), *Reconciling modern machine-learning practice and the bias-variance trade-off*: the peak at p = n.
