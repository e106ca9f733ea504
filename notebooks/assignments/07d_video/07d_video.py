# %% [markdown]
# # Assignment 07d · Video · 视频分析
#
# **You need** chapter 07d. **Time** about two hours; the whole notebook runs in half a minute.
# **Points** 22, of which 6 are given by hand.
#
# **题目** 先写出会反弹的运动，再写出"复制最后一帧"的校准与交叉熵，然后用 NumPy 写出卷积 LSTM 的一步，用 Keras 搭建一个能读任意帧数的网络，最后自己设计一个实验：帧序到底有多重要。
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
# ## 1 · Bouncing (3 points)
#
# A point starts at `start`, between 0 and `room`, and moves by `velocity` per frame. At the walls, 0 and `room`, it turns round without losing speed; in
# one frame it may reach a wall and come back, even several times.
#

# %% nbgrader={"grade": false, "grade_id": "bounce", "locked": false, "schema_version": 3, "solution": true, "task": false}
def bounce(start, velocity, frames, room):
    """Places in each frame, the first at start: float array (frames,)."""
    ### BEGIN SOLUTION
    straight = start + velocity * np.arange(frames)
    turned = np.mod(straight, 2 * room)
    return np.where(turned <= room, turned, 2 * room - turned)
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "bounce_check", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
import numpy as np

assert np.allclose(bounce(2, 1, 4, 10), [2, 3, 4, 5]), "Far from the walls it moves on evenly, the first place being the start."
assert np.allclose(bounce(8, 1, 5, 10), [8, 9, 10, 9, 8]), "At the wall it turns round."

# %% nbgrader={"grade": true, "grade_id": "bounce_test", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
# More tests run here when your work is graded.
### BEGIN HIDDEN TESTS
import numpy as np

found = np.asarray(bounce(8, 3, 3, 10))
assert not np.isclose(found[1], 10), "It doesn't stop at the wall: from 8 by 3 it goes 2 to the wall and 1 back, to 9."
assert not np.isclose(found[1], 11), "It must not leave the room: from 8 by 3 it goes 2 to the wall and 1 back, to 9."
assert np.allclose(found, [8, 9, 6]), f"From 8 by 3 in a room of 10: 8, 9, 6, not {found}."
found = np.asarray(bounce(1, -2, 4, 10))
assert (found >= 0).all(), "There is a wall at 0, too."
assert np.allclose(found, [1, 1, 3, 5]), f"From 1 by -2: 1, 1, 3, 5, not {found}."
found = np.asarray(bounce(1, 25, 2, 10))
assert np.allclose(found, [1, 6]), f"From 1 by 25 in a room of 10 it turns twice, and is at 6 then, not at {found[-1]}."
assert len(bounce(0, 1, 50, 3)) == 50, "One place for each frame."
### END HIDDEN TESTS

# %% [markdown]
# ## 2 · What a copy is worth (6 points)
#
# First the measure. A frame of grey values $x$, each from 0 to 1, is predicted as $p$; it costs
# $-\sum x \ln p + (1 - x) \ln (1 - p)$, summed over its pixels. Keep $p$ at least $10^{-6}$ away from 0 and 1.
#

# %% nbgrader={"grade": false, "grade_id": "nats", "locked": false, "schema_version": 3, "solution": true, "task": false}
def nats_per_frame(frames, predicted):
    """Mean cost over clips, by frame: float array (frames,). Both are arrays (clips, frames, height, width)."""
    ### BEGIN SOLUTION
    p = np.clip(predicted, 1e-6, 1 - 1e-6)
    cost = -(frames * np.log(p) + (1 - frames) * np.log(1 - p))
    return cost.sum(axis=(2, 3)).mean(axis=0)
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "nats_check", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
import numpy as np

coins = np.ones((3, 2, 4, 5))
assert np.allclose(nats_per_frame(coins, np.full(coins.shape, 0.5)), 20 * np.log(2)), "Twenty pixels predicted as 0.5 cost 20 ln 2."

# %% nbgrader={"grade": true, "grade_id": "nats_test", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
# More tests run here when your work is graded.
### BEGIN HIDDEN TESTS
import numpy as np

random = np.random.default_rng(1)
x, p = random.random((4, 3, 2, 2)), random.uniform(0.1, 0.9, (4, 3, 2, 2))
by_hand = np.zeros(3)
for clip in range(4):
    for frame in range(3):
        for row in range(2):
            for column in range(2):
                a, b = x[clip, frame, row, column], p[clip, frame, row, column]
                by_hand[frame] -= (a * np.log(b) + (1 - a) * np.log(1 - b)) / 4
found = np.asarray(nats_per_frame(x, p))
assert found.shape == (3,), f"One number for each of 3 frames is asked for, shape (3,); not {found.shape}."
assert not np.allclose(found, by_hand / 4), "Pixels are summed, not averaged: nats per frame."
assert not np.allclose(found, by_hand * 4), "Clips are averaged, not summed."
assert not np.allclose(found, by_hand / np.log(2)), "Nats are asked for, the natural logarithm; that is bits."
assert np.allclose(found, by_hand), f"Random frames: {by_hand}, not {found}."
sure = np.asarray(nats_per_frame(np.ones((1, 1, 1, 1)), np.zeros((1, 1, 1, 1))))
assert np.isfinite(sure).all() and abs(sure[0] - 13.8155) < 1e-3, "A certain mistake costs -ln 0.000001 = 13.8 nats, not infinitely many."
sure = np.asarray(nats_per_frame(np.zeros((1, 1, 1, 1)), np.ones((1, 1, 1, 1))))
assert np.isfinite(sure).all() and abs(sure[0] - 13.8155) < 1e-3, "Black predicted as certainly white costs 13.8 nats, too: keep p away from 1 as from 0."
### END HIDDEN TESTS

# %% [markdown]
# Now the copy. In training clips of black and white pixels, count for each horizon how often a pixel is white where the *last given frame* is white, and where it
# is black. That share is the prediction.
#

# %% nbgrader={"grade": false, "grade_id": "copy", "locked": false, "schema_version": 3, "solution": true, "task": false}
def calibrated_copy(past, future, last):
    """Predictions for a new clip, float (horizon, height, width).

    past (clips, frames, height, width) and future (clips, horizon, height, width) are training clips of 0 and 1; last
    (height, width) is the last given frame of the new clip, of 0 and 1 too.
    """
    ### BEGIN SOLUTION
    before = past[:, -1] == 1
    predicted = []
    for ahead in range(future.shape[1]):
        white, black = future[:, ahead][before].mean(), future[:, ahead][~before].mean()
        predicted.append(np.where(last == 1, white, black))
    return np.array(predicted)
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "copy_check", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
import numpy as np

still = np.zeros((2, 3, 2, 2))
still[:, :, 0] = 1
assert np.allclose(calibrated_copy(still, still, still[0, 0]), still[0]), "Where nothing ever moves, the copy is certain."

# %% nbgrader={"grade": true, "grade_id": "copy_test", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
# More tests run here when your work is graded.
### BEGIN HIDDEN TESTS
import numpy as np

random = np.random.default_rng(2)
past = (random.random((300, 3, 4, 4)) < 0.4).astype(float)
flips = random.random((300, 2, 4, 4)) < np.array([0.1, 0.3])[:, None, None]
future = np.abs(past[:, -1:] - flips)
last = (random.random((4, 4)) < 0.5).astype(float)
found = np.asarray(calibrated_copy(past, future, last))
assert found.shape == (2, 4, 4), f"Two horizons of 4 x 4 pixels: (2, 4, 4), not {found.shape}."
share = {(ahead, value): future[:, ahead][past[:, -1] == value].mean() for ahead in (0, 1) for value in (0, 1)}
right = np.array([np.where(last == 1, share[ahead, 1], share[ahead, 0]) for ahead in (0, 1)])
first = np.array([np.where(last == 1, future[:, a][past[:, 0] == 1].mean(), future[:, a][past[:, 0] == 0].mean()) for a in (0, 1)])
assert not np.allclose(found, first), "The last given frame counts, past[:, -1], not the first."
assert not np.allclose(found, np.broadcast_to(last, found.shape)), "That is the plain copy: it must say how sure it is."
assert not np.allclose(found[0], found[1]), "Further ahead a copy is worth less: a share for each horizon."
assert np.allclose(found, right), "The share of white pixels, where the last frame is white and where it is black, by horizon."
### END HIDDEN TESTS

# %% [markdown]
# ## 3 · A convolutional LSTM's step (4 points)
#
# Given is a convolution of a map with kernels, zeros beyond the edges. Write one step of a convolutional LSTM in NumPy. The gates stand in the
# order $i, f, g, o$ along the last axis.
#

# %%
def convolve(maps, kernel):
    """maps (height, width, channels), kernel (3, 3, channels, filters) to (height, width, filters), zeros outside."""
    height, width, _ = maps.shape
    padded = np.pad(maps, [(1, 1), (1, 1), (0, 0)])
    return sum(padded[a:a + height, b:b + width] @ kernel[a, b] for a in range(3) for b in range(3))


# %% nbgrader={"grade": false, "grade_id": "step", "locked": false, "schema_version": 3, "solution": true, "task": false}
def conv_lstm_step(x, h, c, kernel, recurrent, bias):
    """The new (h, c), arrays (height, width, filters) each.

    x (height, width, channels); h, c (height, width, filters); kernel (3, 3, channels, 4 filters), recurrent (3, 3,
    filters, 4 filters), bias (4 filters,).
    """
    ### BEGIN SOLUTION
    def sigmoid(z):
        return 1 / (1 + np.exp(-z))

    i, f, g, o = np.split(convolve(x, kernel) + convolve(h, recurrent) + bias, 4, axis=-1)
    c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
    return sigmoid(o) * np.tanh(c), c
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "step_check", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
import numpy as np

nothing = conv_lstm_step(np.zeros((3, 4, 2)), np.zeros((3, 4, 5)), np.ones((3, 4, 5)), np.zeros((3, 3, 2, 20)), np.zeros((3, 3, 5, 20)), np.zeros(20))
assert [part.shape for part in nothing] == [(3, 4, 5)] * 2, "State and memory are maps of (height, width, filters)."
assert np.allclose(nothing[1], 0.5), "With weights of zero all gates stand at a half, and half of the memory stays."

# %% nbgrader={"grade": true, "grade_id": "step_test", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
# More tests run here when your work is graded.
### BEGIN HIDDEN TESTS
import keras
import numpy as np

random = np.random.default_rng(3)
layer = keras.layers.ConvLSTM2D(4, 3, padding="same")
layer.build((1, None, 5, 6, 2))
kernel, recurrent, bias = (random.normal(size=weight.shape).astype("float32") for weight in layer.weights)
layer.set_weights([kernel, recurrent, bias])
clip = random.normal(size=(3, 5, 6, 2)).astype("float32")
h = c = np.zeros((5, 6, 4))
for number, x in enumerate(clip):
    h, c = conv_lstm_step(x, h, c, kernel, recurrent, bias)
    expected = np.asarray(layer(clip[None, :number + 1]))[0]
    if number == 0:
        assert not np.allclose(c, expected, atol=1e-3), "The state comes first, then the memory: return h, c."
        assert np.allclose(h, expected, atol=1e-4), "The first step, from an empty state, differs from Keras' layer: look at the order of the gates, and at sigmoid and tanh."
    else:
        assert np.allclose(h, expected, atol=1e-4), "The first step is right and later ones aren't: does the old state go through its own convolution, and is the old memory kept by f?"
### END HIDDEN TESTS

# %% [markdown]
# ## 4 · Clips of any length (3 points)
#
# Build a classifier of clips in Keras: float32 (batch, frames, 16, 16, 1), any number of frames, to logits (batch, classes). Its answer must depend on the order of the
# frames.
#

# %% nbgrader={"grade": false, "grade_id": "clips", "locked": false, "schema_version": 3, "solution": true, "task": false}
def clip_network(classes):
    """A Keras model, not trained."""
    ### BEGIN SOLUTION
    layers = keras.layers
    return keras.Sequential([
        keras.Input((None, 16, 16, 1)),
        layers.Conv3D(16, (1, 3, 3), (1, 2, 2), padding="same", activation="relu"),
        layers.ConvLSTM2D(16, 3, padding="same"),
        layers.GlobalAveragePooling2D(),
        layers.Dense(classes),
    ])
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "clips_check", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
import numpy as np

model = clip_network(4)
for frames in (4, 7):
    found = np.asarray(model(np.zeros((2, frames, 16, 16, 1), "float32"))).shape
    assert found == (2, 4), f"{frames} frames and 4 classes: (2, 4), not {found}."

# %% nbgrader={"grade": true, "grade_id": "clips_test", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
# More tests run here when your work is graded.
### BEGIN HIDDEN TESTS
import keras
import numpy as np

keras.utils.set_random_seed(4)
random = np.random.default_rng(4)
model = clip_network(3)
x = random.random((2, 6, 16, 16, 1)).astype("float32")
before = np.asarray(model(x, training=False))
assert before.shape == (2, 3), f"3 classes: (2, 3), not {before.shape}."
assert not (np.allclose(before.sum(axis=1), 1, atol=1e-4) and (before >= 0).all()), "Logits are asked for: these are probabilities already."
for frame in range(6):
    other = x.copy()
    other[:, frame] = random.random((2, 16, 16, 1))
    assert not np.allclose(np.asarray(model(other, training=False)), before, rtol=0, atol=1e-7), f"The answer doesn't depend on frame {frame + 1} of 6."
exchanged = x.copy()
exchanged[:, [1, 4]] = x[:, [4, 1]]
assert not np.allclose(np.asarray(model(exchanged, training=False)), before, rtol=0, atol=1e-6), "Two inner frames exchanged give the same answer: the order of the frames is lost somewhere."
assert not np.allclose(np.asarray(model(x[:, ::-1], training=False)), before, rtol=0, atol=1e-6), "Played backwards, a clip gets the same answer: the order of the frames is lost somewhere."
### END HIDDEN TESTS

# %% [markdown]
# Given for the last exercise: clips of a bright square that drifts in one of four directions and comes in again on the other side, with noise.
#

# %%
def clips(number, frames=6, noise=0.3, seed=0):
    """Clips float32 (number, frames, 16, 16, 1) and classes (number,): 0 right, 1 left, 2 down, 3 up."""
    random = np.random.default_rng(seed)
    y = random.integers(0, 4, number)
    step = np.array([(0, 1), (0, -1), (1, 0), (-1, 0)])[y]
    start = random.integers(0, 16, (number, 2))
    x = noise * random.normal(size=(number, frames, 16, 16, 1))
    for frame in range(frames):
        place = start + frame * step
        for down in range(4):
            for right in range(4):
                x[np.arange(number), frame, (place[:, 0] + down) % 16, (place[:, 1] + right) % 16, 0] += 1
    return x.astype("float32"), y


# %% [markdown] nbgrader={"grade": false, "grade_id": "open", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": true}
# ## 5 · What does order add? (open, 6 points)
#
# *"A network that sees all frames of a clip sees its motion."* Design an experiment on these data that could refute this sentence, or a part of it that you choose and write
# down. In the next cell, and in as many cells of your own as you need after it:
#
# - say before you run what you expect, and what outcome would refute the sentence (1 point);
# - a network that sees all frames without their order, beside one that sees them in order, of about equal size (1 point);
# - three repetitions or more of each, with other seeds and other clips (1 point);
# - one more thing changed: the noise, the number of frames, or how the order is taken away (1 point).
#
# Then conclude, in three to six sentences in the last cell: what was shown, what wasn't, what you would measure next (2 points).
#
# ### BEGIN MARK SCHEME
# **How to mark.** The first four points are given here, the last two at the report.
#
# | points | given for | not for |
# | --- | --- | --- |
# | 1 | a prediction and a refuting outcome, with a number, before the measurement | "it will be worse" |
# | 1 | the same frames on both sides, nothing but the order taken away; sizes compared | fewer frames on one side |
# | 1 | three repetitions or more, with their spread | one run each |
# | 1 | one thing varied, all else alike | several things changed at once |
# | 1 | a conclusion that the numbers carry, whichever it is | a conclusion known before |
# | 1 | what wasn't shown (made-up clips, one network), and a next measurement | a list of phrases |
#
# What is usually found: in order nearly all are right; shuffled, a half or somewhat less, since the axis shows in a set of frames and the sign doesn't.
# ### END MARK SCHEME
#

# %% nbgrader={"grade": false, "grade_id": "open_experiment", "locked": false, "schema_version": 3, "solution": true, "task": false}
### BEGIN SOLUTION
# Expected: shuffled, a half of the clips or less are told, since only the axis shows; in order, 0.9 or more. The
# sentence is refuted if every shuffled network stays below 0.6 and every one in order is above 0.8.
def shuffled(x, seed):
    """Each clip's frames in an order of its own."""
    random = np.random.default_rng(seed)
    order = random.permuted(np.tile(np.arange(x.shape[1]), (len(x), 1)), axis=1)
    return x[np.arange(len(x))[:, None], order]


def accuracy(x, y, new_x, new_y, seed):
    """Accuracy on new clips of a small network with kernels over time."""
    keras.utils.set_random_seed(seed)
    layers = keras.layers
    model = keras.Sequential([
        keras.Input(x.shape[1:]),
        layers.Conv3D(16, 3, (1, 2, 2), padding="same", activation="relu"),
        layers.Conv3D(16, 3, (1, 2, 2), padding="same", activation="relu"),
        layers.GlobalAveragePooling3D(),
        layers.Dense(4),
    ])
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.Adam(0.005), loss, metrics=["accuracy"])
    model.fit(x, y, batch_size=32, epochs=4, verbose=0)
    return model.evaluate(new_x, new_y, verbose=0)[1]


for noise in (0.1, 0.3):
    ordered, mixed = [], []
    for seed in range(3):
        (x, y), (new_x, new_y) = clips(800, noise=noise, seed=seed), clips(300, noise=noise, seed=seed + 100)
        ordered.append(accuracy(x, y, new_x, new_y, seed))
        mixed.append(accuracy(shuffled(x, seed), y, shuffled(new_x, seed + 50), new_y, seed))
    print("noise", noise, "in order", np.round(ordered, 2), "shuffled", np.round(mixed, 2))
### END SOLUTION

# %% [markdown] nbgrader={"grade": true, "grade_id": "open_report", "locked": false, "points": 2, "schema_version": 3, "solution": true, "task": false}
# ### BEGIN SOLUTION
# The sentence is refuted for a network that sees all frames without their order. In order, each of three networks told
# nine in ten new clips or more, at both levels of noise. With the same frames shuffled, in training and in the test,
# they told about a half at noise 0.1 and about 0.4 at noise 0.3, so the outcome that I had named came out each time.
# A half is all that can be had: a set of frames tells the axis, and is as likely under a motion as under its opposite.
# It isn't shown that every network uses the order that it is given, nor anything about real videos, in which single
# frames tell a lot. Next I would train in order, test on clips played backwards, and count the opposite answers.
# ### END SOLUTION
