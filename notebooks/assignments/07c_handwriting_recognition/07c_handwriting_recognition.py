# %% [markdown]
# # Assignment 07c · Handwriting recognition · 手写识别
#
# **You need** chapter 07c. **Time** about two hours; the whole notebook runs in half a minute.
# **Points** 21, of which 6 are given by hand.
#
# **题目** 先把笔迹重新采样成等距离的点，再用 NumPy 写出混合高斯的对数密度并从中抽样，用 Keras 搭建一个双向读取整行的网络，最后自己设计一个实验：数据增强能否帮助识别新书写者。
#
# Write where it says `YOUR CODE HERE`, and take the line `raise NotImplementedError()` away. The cell below each answer
# checks it: no output means that nothing was found. These checks see the obvious; more tests run when your work is graded.
# Before you hand it in: *Kernel → Restart Kernel and Run All Cells*. Don't rename the notebook, don't delete cells.
#

# %%
import keras
import numpy as np

keras.utils.set_random_seed(0)

# %% [markdown]
# ## 1 · Points at equal distances (recall, 4 points)
#
# A tablet looks at the pen at equal times, so that its points are dense where the pen was slow. Write a function that walks along
# the pen's way (straight from each point to the next) and gives `count` points at equal distances *along the way*, the first and the
# last point among them.
#

# %% nbgrader={"grade": false, "grade_id": "resample", "locked": false, "schema_version": 3, "solution": true, "task": false}
def resample(points, count):
    """Float (count, 2); points is an array (n, 2) of a pen that moved, count is 2 or more."""
    ### BEGIN SOLUTION
    steps = np.hypot(*np.diff(points, axis=0).T)
    along = np.concatenate([[0], np.cumsum(steps)])
    kept = np.concatenate([[True], steps > 0])
    places = np.linspace(0, along[-1], count)
    return np.stack([np.interp(places, along[kept], points[kept, axis]) for axis in range(2)], axis=1)
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "resample_check", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
import numpy as np

found = np.asarray(resample(np.array([[0.0, 0.0], [1.0, 0.0]]), 3))
assert found.shape == (3, 2), f"Three points in the plane have the shape (3, 2), not {found.shape}."
assert np.allclose(found[[0, 2]], [[0, 0], [1, 0]]), "The first and the last point stay where they are."

# %% nbgrader={"grade": true, "grade_id": "resample_test", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
# More tests run here when your work is graded.
### BEGIN HIDDEN TESTS
import numpy as np

slow = np.array([[0.0, 0.0], [0.01, 0.0], [0.02, 0.0], [1.0, 0.0]])
found = np.asarray(resample(slow, 3))
assert not np.allclose(found[1], [0.015, 0.0]), "That is the middle of the list of points: equal times, not equal distances."
assert np.allclose(found[1], [0.5, 0.0]), f"Half of the way along a straight line is its middle, (0.5, 0), not {found[1]}."
corner = np.array([[0.0, 0.0], [3.0, 0.0], [3.0, 1.0]])
found = np.asarray(resample(corner, 5))
assert not np.allclose(found[:, 0], np.linspace(0, 3, 5)), "Distances are measured along the way, not along one axis."
assert np.allclose(found, [[0, 0], [1, 0], [2, 0], [3, 0], [3, 1]]), f"A way of 3 + 1 in four parts of 1, not {found.tolist()}."
back = np.array([[0.0, 0.0], [2.0, 0.0], [0.0, 0.0]])
assert np.allclose(resample(back, 3), [[0, 0], [2, 0], [0, 0]]), "A pen that comes back: half of the way is the turning point."
rest = np.array([[0.0, 0.0], [1.0, 1.0], [1.0, 1.0], [2.0, 2.0]])
assert np.allclose(resample(rest, 5), np.linspace([0, 0], [2, 2], 5)), "A pen that rests gives the same point twice, and the way doesn't grow."
### END HIDDEN TESTS

# %% [markdown]
# ## 2 · A mixture's density, and draws from it (7 points)
#
# Write the logarithm of a mixture of Gaussians in the plane that have the same spread along both axes:
# $\ln \sum_k \pi_k\, \mathcal N(z;\, \mu_k,\, s_k^2 I)$, with $\pi$ the softmax of the logits. It must be right far away from all of them too,
# where each density by itself is smaller than any float.
#

# %% nbgrader={"grade": false, "grade_id": "density", "locked": false, "schema_version": 3, "solution": true, "task": false}
def log_density(point, logits, means, spreads):
    """A float; point (2,), logits (K,), means (K, 2), spreads (K,), standard deviations above 0."""
    ### BEGIN SOLUTION
    squared = np.sum((point - means) ** 2, axis=1)
    weights = logits - logits.max()
    weights = weights - np.log(np.exp(weights).sum())
    parts = weights - np.log(2 * np.pi) - 2 * np.log(spreads) - squared / (2 * spreads**2)
    return float(parts.max() + np.log(np.exp(parts - parts.max()).sum()))
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "density_check", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
import numpy as np

found = log_density(np.zeros(2), np.zeros(1), np.zeros((1, 2)), np.ones(1))
assert abs(np.exp(found) - 0.159155) < 1e-5, f"A standard Gaussian in the plane has the density 0.159 at its middle, not {np.exp(found):.3f}."

# %% nbgrader={"grade": true, "grade_id": "density_test", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
# More tests run here when your work is graded.
### BEGIN HIDDEN TESTS
import numpy as np
from scipy import stats

random = np.random.default_rng(1)
logits, means, spreads = random.normal(size=4), random.normal(size=(4, 2)), random.uniform(0.2, 2, 4)
point = np.array([0.3, -0.4])
each = np.array([stats.multivariate_normal(mean, s**2 * np.eye(2)).pdf(point) for mean, s in zip(means, spreads)])
pi = np.exp(logits) / np.exp(logits).sum()
found = log_density(point, logits, means, spreads)
assert abs(found - np.log(each @ np.exp(logits))) > 1e-6, "The weights must sum to one: take the softmax of the logits."
assert abs(found - pi @ np.log(each)) > 1e-6, "That is the mean of the logarithms; the logarithm of the mean is asked for."
along_one = np.array([np.prod(stats.norm(mean, s).pdf(point)) * s for mean, s in zip(means, spreads)])
assert abs(found - np.log(pi @ along_one)) > 1e-6, "In the plane a Gaussian is divided by its variance, not by its standard deviation."
assert abs(found - np.log(pi @ each)) < 1e-9, f"{np.log(pi @ each):.6f} is right, not {found:.6f}."
far = log_density(np.array([1e3, 0.0]), np.zeros(2), np.zeros((2, 2)), np.ones(2))
assert np.isfinite(far), "A thousand spreads away each density is 0 as a float: add up logarithms, with the largest taken out first."
assert abs(far - (-5e5 - np.log(2 * np.pi))) < 1e-3, f"Two equal Gaussians are one: -500,001.84, not {far:.2f}."
large = log_density(point, np.array([1000.0, 1000.0]), means[:2], spreads[:2])
assert np.isfinite(large), "Logits of 1,000 overflow in exp: take the largest away first."
shifted = np.array([1000.0, 999.0]), np.array([1.0, 0.0])
large, small = (log_density(point, of, means[:2], spreads[:2]) for of in shifted)
assert abs(large - small) < 1e-9, f"All logits moved by 999, and the mixture is the same: {small:.6f}, not {large:.6f}. Clipping changes it."
### END HIDDEN TESTS

# %% [markdown]
# Now draw points from it: choose a Gaussian by its weight, then a point of that one.
#

# %% nbgrader={"grade": false, "grade_id": "draw", "locked": false, "schema_version": 3, "solution": true, "task": false}
def draw(number, logits, means, spreads, random):
    """Float (number, 2); random is a numpy.random.Generator, the rest as above."""
    ### BEGIN SOLUTION
    weights = np.exp(logits - logits.max())
    chosen = random.choice(len(weights), size=number, p=weights / weights.sum())
    return means[chosen] + spreads[chosen, None] * random.normal(size=(number, 2))
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "draw_check", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
import numpy as np

found = np.asarray(draw(50, np.zeros(3), np.eye(3)[:, :2], np.ones(3), np.random.default_rng(0)))
assert found.shape == (50, 2), f"Fifty points have the shape (50, 2), not {found.shape}."

# %% nbgrader={"grade": true, "grade_id": "draw_test", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
# More tests run here when your work is graded.
### BEGIN HIDDEN TESTS
import numpy as np

logits, means, spreads = np.log([0.8, 0.2]), np.array([[0.0, 0.0], [10.0, 4.0]]), np.array([0.5, 1.5])
found = np.asarray(draw(20_000, logits, means, spreads, np.random.default_rng(2)))
near = found[:, 0] < 5
between = np.mean((found[:, 0] > 3) & (found[:, 0] < 5))
assert between < 0.05, "Many points lie between the two Gaussians, where hardly any should: choose one, don't take their mean."
assert abs(near.mean() - 0.5) > 0.1, "Both Gaussians are drawn equally often; their weights are 0.8 and 0.2."
assert abs(near.mean() - 0.8) < 0.02, f"Eight of ten points belong to the first Gaussian, not {near.mean():.2f}."
apart = found[near].std(axis=0), found[~near].std(axis=0)
assert np.allclose(apart[0], 0.5, atol=0.03), f"The first has a standard deviation of 0.5, not {apart[0].round(2)}."
assert np.allclose(apart[1], 1.5, atol=0.1), f"The second has a standard deviation of 1.5, not {apart[1].round(2)}."
assert abs(np.corrcoef(found[~near].T)[0, 1]) < 0.08, "Right and up must be drawn independently of each other."
one, again, other = (np.asarray(draw(5, logits, means, spreads, np.random.default_rng(seed))) for seed in (3, 3, 4))
assert not np.allclose(one, other), "Take the numbers from the generator that is given: another seed gives other points."
assert np.array_equal(one, again), "Take all numbers from the generator that is given: the same seed gives the same points."
### END HIDDEN TESTS

# %% [markdown]
# ## 3 · A line read both ways (4 points)
#
# Build in Keras a network for pictures of lines: float32 (batch, 16, width, 1), any even width, to logits (batch, width / 2, symbols). Each
# output must depend on the whole picture: on its first columns and on its last.
#

# %% nbgrader={"grade": false, "grade_id": "both", "locked": false, "schema_version": 3, "solution": true, "task": false}
def line_reader(symbols):
    """A Keras model, not trained."""
    ### BEGIN SOLUTION
    layers = keras.layers
    return keras.Sequential([
        keras.Input((16, None, 1)),
        layers.Conv2D(8, 3, padding="same", activation="relu"),
        layers.MaxPooling2D((4, 2)),
        layers.Permute((2, 1, 3)),
        layers.Reshape((-1, 4 * 8)),
        layers.Bidirectional(layers.GRU(16, return_sequences=True)),
        layers.Dense(symbols),
    ])
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "both_check", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
import numpy as np

model = line_reader(11)
for width in (20, 34):
    found = np.asarray(model(np.zeros((2, 16, width, 1), "float32"))).shape
    assert found == (2, width // 2, 11), f"{width} columns and 11 symbols: (2, {width // 2}, 11), not {found}."

# %% nbgrader={"grade": true, "grade_id": "both_test", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
# More tests run here when your work is graded.
### BEGIN HIDDEN TESTS
import keras
import numpy as np

keras.utils.set_random_seed(5)
random = np.random.default_rng(5)
model = line_reader(7)
x = random.random((1, 16, 60, 1)).astype("float32")
before = np.asarray(model(x, training=False))
assert before.shape == (1, 30, 7), f"7 symbols: (1, 30, 7), not {before.shape}."


def moved(picture):
    """How much the logits of each output move."""
    return np.abs(np.asarray(model(picture, training=False)) - before)[0].max(axis=1)


first, last, rows = x.copy(), x.copy(), x[:, ::-1].copy()
first[:, :, :8] = 5 * random.random((1, 16, 8, 1))
last[:, :, -8:] = 5 * random.random((1, 16, 8, 1))
assert moved(first)[-1] > 1e-9, "The last output doesn't depend on the first columns: what carries it there?"
assert moved(last)[0] > 1e-9, "The first output doesn't depend on the last columns: a layer that reads from the left alone can't know them."
assert moved(rows).max() > 1e-6, "A picture upside down gives the same: the rows must not be averaged away."
assert not np.allclose(before[0, 3], before[0, 20], atol=1e-6), "All outputs are equal: each step needs an output of its own."
### END HIDDEN TESTS

# %% [markdown]
# Given for the last exercise: made-up hands. Each of 6 signs is a curve of 10 points. Each *writer* turns, leans and stretches all of them in
# a way of the writer's own, and each take has noise.
#

# %%
def written(writers, takes, seed=0, hand=0.6):
    """Strokes float32 (n, 10, 2), signs (n,) from 0 to 5, and writers (n,), by whom each was written."""
    random = np.random.default_rng(seed)
    time = np.linspace(0, 2 * np.pi, 10)
    curves = [np.stack([np.sin(time * random.uniform(0.3, 1.2) + random.uniform(0, 6)) for _ in range(2)], axis=1)
              for _ in range(6)]
    x, signs, hands = [], [], []
    for writer in range(writers):
        own = np.eye(2) + hand * random.normal(size=(2, 2))
        for sign, curve in enumerate(curves):
            for _ in range(takes):
                x.append(curve @ own + 0.25 * random.normal(size=(10, 2)))
                signs.append(sign)
                hands.append(writer)
    return np.array(x, "float32"), np.array(signs), np.array(hands)


# %% [markdown] nbgrader={"grade": false, "grade_id": "open", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": true}
# ## 4 · Does bending help? (open, 6 points)
#
# *"Bending the strokes of the training makes up for writers that weren't there."* Design an experiment on these data that could refute this
# sentence, or a part of it that you choose and write down. In the next cell, and in as many cells of your own as you need after it:
#
# - say before you run what you expect, with a number, and what outcome would refute the sentence (1 point);
# - train with and without bending, with all else alike, the number of steps too (1 point);
# - three repetitions or more, with their spread, on writers who aren't in the training (1 point);
# - one more thing changed: how much is bent, or how many writers there are to learn from (1 point).
#
# Then conclude, in three to six sentences in the last cell: what was shown, what wasn't, what you would measure next (2 points).
#
# ### BEGIN MARK SCHEME
# **How to mark.** The first four points are given here, the last two at the report.
#
# | points | given for | not for |
# | --- | --- | --- |
# | 1 | a prediction and a refuting outcome, with a number, before the measurement | "it will be better" |
# | 1 | the same number of steps on both sides | more copies and more steps at once |
# | 1 | three repetitions or more, with their spread; no writer on both sides | a random split of strokes |
# | 1 | bending or writers varied, all else alike | several things changed at once |
# | 1 | a conclusion that the numbers carry, whichever it is | a conclusion known before |
# | 1 | what wasn't shown (made-up hands, one network), and a next measurement | a list of phrases |
#
# What is usually found: bending helps, with two writers and with eight; how much, three repetitions hardly tell. Two writers bent by 0.35 stayed
# below eight without bending in all three pairs; bent by 0.9 they were about level. Bending as far as hands differ, 0.6, or farther, 0.9, did no
# harm that three repetitions show (two writers: 0.82 at 0.35, then 0.88 and 0.88; eight: 0.95, 0.97 and 0.96; one run).
# ### END MARK SCHEME
#

# %% nbgrader={"grade": false, "grade_id": "open_experiment", "locked": false, "schema_version": 3, "solution": true, "task": false}
### BEGIN SOLUTION
def bent(x, size, random):
    """Each stroke by a hand of its own."""
    hands = np.eye(2) + size * random.normal(size=(len(x), 2, 2))
    return np.einsum("npi,nij->npj", x, hands).astype("float32")


def accuracy(x, signs, test, size, seed, copies=4):
    """Accuracy on the strokes in `test` (bool) of a small network trained on bent copies of the others."""
    keras.utils.set_random_seed(seed)
    random = np.random.default_rng(seed)
    many = np.concatenate([bent(x[~test], size, random) for _ in range(copies)])
    model = keras.Sequential([
        keras.Input((10, 2)),
        keras.layers.Flatten(),
        keras.layers.Dense(48, activation="relu"),
        keras.layers.Dense(6),
    ])
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.Adam(0.01), loss, metrics=["accuracy"])
    model.fit(many, np.tile(signs[~test], copies), batch_size=64, epochs=6, verbose=0)
    return model.evaluate(x[test], signs[test], verbose=0)[1]


for known in (2, 8):
    for size in (0.0, 0.35):
        found = []
        for seed in range(3):
            x, signs, hands = written(known + 6, 48 // known, seed)
            found.append(accuracy(x, signs, hands >= known, size, seed))
        print(known, "writers, bent by", size, np.round(found, 2))
### END SOLUTION

# %% [markdown] nbgrader={"grade": true, "grade_id": "open_report", "locked": false, "points": 2, "schema_version": 3, "solution": true, "task": false}
# ### BEGIN SOLUTION
# **Expected** before the run: with two writers to learn from, bending by 0.35 adds 0.05 or more to the accuracy on six new writers, with eight
# writers less. If it adds nothing with two, the sentence is refuted.
#
# **Found.** Two writers: 0.72 without bending, 0.82 with it. Eight writers: 0.90 and 0.95. In each of the six pairs, with the same strokes and
# as many steps, bending was better, by 0.02 to 0.16. How much better, three repetitions hardly tell: with two writers the 95 % interval of the
# mean gain is −0.03 to 0.23. "Makes up for" says more than that: two writers with bending against eight without, in all three pairs they
# stayed below; three don't settle by how much, nor whether. What wasn't shown: these hands are made up, by the same kind of change as the bending, so that it had to suit them. Next I would repeat it ten times, and
# bend by another kind of change than the one that the hands are made of.
# ### END SOLUTION
