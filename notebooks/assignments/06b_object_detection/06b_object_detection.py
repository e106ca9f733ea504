# %% [markdown]
# # Assignment 06b · Object detection · 目标检测
#
# **You need** chapter 06b. **Time** about two hours; the whole notebook runs in half a minute.
# **Points** 21, of which 6 are given by hand.
#
# **题目** 用 NumPy 写出交并比、非极大值抑制和平均精度，把一个窗口分类器改写成全卷积网络，最后自己设计一个检测实验。
#
# Write where it says `YOUR CODE HERE`, and take the line `raise NotImplementedError()` away. The cell below each answer
# checks it: no output means that nothing was found. These checks see the obvious; more tests run when your work is graded.
# Before you hand it in: *Kernel → Restart Kernel and Run All Cells*. Don't rename the notebook, don't delete cells.
#

# %%
import keras
import numpy as np
from sklearn.datasets import load_digits

keras.utils.set_random_seed(0)

# %% [markdown]
# A box is `(left, top, right, bottom)` in pixels, the image's upper left corner being (0, 0). The data: handwritten digits of 8x8
# pixels between 0 and 1, and scenes of 32x32 pixels in which `scene` puts three of them, apart from each other, on grey noise.
#

# %%
x, y = load_digits(return_X_y=True)
order = np.random.default_rng(0).permutation(len(x))
x, y = (x[order] / 16).reshape(-1, 8, 8).astype("float32"), y[order]
x_train, y_train, x_validation, y_validation = x[:1200], y[:1200], x[1200:1600], y[1200:1600]


def scene(digits, labels, seed, objects=3):
    """(image (32, 32, 1), boxes (objects, 4), labels (objects,)) of digits that are drawn by a seed."""
    random = np.random.default_rng(seed)
    image, places, chosen = 0.3 * random.random((32, 32)).astype("float32"), [], []
    while len(places) < objects:
        left, top = random.integers(0, 25, 2)
        if all(max(abs(left - a), abs(top - b)) >= 8 for a, b in places):
            which = random.integers(len(digits))
            places.append((left, top))
            chosen.append(labels[which])
            part = image[top : top + 8, left : left + 8]
            image[top : top + 8, left : left + 8] = np.maximum(part, digits[which])
    boxes = np.array([(a, b, a + 8, b + 8) for a, b in places])
    return image[..., None], boxes, np.array(chosen)


scene(x_train, y_train, seed=0)[1]

# %% [markdown]
# ## 1 · Intersection over union (recall, 3 points)
#
# The area that two boxes share, over the area that either covers.
#

# %% nbgrader={"grade": false, "grade_id": "overlap", "locked": false, "schema_version": 3, "solution": true, "task": false}
def iou(one, other):
    """Intersection over union of two boxes (left, top, right, bottom), a number from 0 to 1."""
    ### BEGIN SOLUTION
    wide = min(one[2], other[2]) - max(one[0], other[0])
    tall = min(one[3], other[3]) - max(one[1], other[1])
    shared = max(0, wide) * max(0, tall)
    areas = [(box[2] - box[0]) * (box[3] - box[1]) for box in (one, other)]
    return shared / (sum(areas) - shared)
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "overlap_check", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
assert iou((3, 4, 10, 9), (3, 4, 10, 9)) == 1, "A box and itself share all that they cover: 1."
assert iou((0, 0, 2, 2), (2, 0, 4, 2)) == 0, "Boxes that only touch share no area."
assert abs(iou((0, 0, 4, 2), (0, 0, 2, 2)) - 0.5) < 1e-9, "One half of a box lies in the other, and all of the other in it: 0.5."

# %% nbgrader={"grade": true, "grade_id": "overlap_test", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
# More tests run here when your work is graded.
### BEGIN HIDDEN TESTS
apart = float(iou((0, 0, 2, 2), (5, 6, 9, 9)))
assert abs(apart) < 1e-9, (
    f"Boxes that are apart along both axes share nothing; found {apart:.3f}. Two negative sides have a positive product."
)
diagonal = float(iou((0, 0, 2, 2), (1, 5, 3, 7)))
assert abs(diagonal) < 1e-9, f"Apart along one axis is enough to share nothing; found {diagonal:.3f}."
found = float(iou((0, 0, 6, 5), (2, 1, 8, 6)))
assert abs(found - 16 / 60) > 1e-6, "What both cover together counts shared area once, not twice."
assert abs(found - 16 / 30) > 1e-6, "That is the share of one box; what sticks out of the other counts as well."
assert abs(found - 16 / 44) < 1e-6, f"16 of 44 squares are shared, 0.364; found {found:.3f}."
### END HIDDEN TESTS

# %% [markdown]
# ## 2 · Non-maximum suppression (4 points)
#
# Go through the boxes from the highest score down. Keep a box unless its IoU with one that was kept is **above** the threshold.
# Write it with your `iou`, or as you like.
#

# %% nbgrader={"grade": false, "grade_id": "suppression", "locked": false, "schema_version": 3, "solution": true, "task": false}
def nms(boxes, scores, threshold):
    """Indices of the boxes that are kept, a list, highest score first; boxes (n, 4), scores (n,)."""
    ### BEGIN SOLUTION
    def overlap(one, other):
        wide = min(one[2], other[2]) - max(one[0], other[0])
        tall = min(one[3], other[3]) - max(one[1], other[1])
        shared = max(0, wide) * max(0, tall)
        areas = [(box[2] - box[0]) * (box[3] - box[1]) for box in (one, other)]
        return shared / (sum(areas) - shared)

    kept = []
    for index in np.argsort(-np.asarray(scores)).tolist():
        if all(overlap(boxes[index], boxes[other]) <= threshold for other in kept):
            kept.append(index)
    return kept
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "suppression_check", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
import numpy as np

kept = list(nms(np.array([[0, 0, 10, 10], [30, 30, 40, 40]]), np.array([0.2, 0.7]), 0.5))
assert sorted(kept) == [0, 1], "Two boxes far apart are both kept."
assert kept == [1, 0], "The indices come in the order of the scores, the highest first."
assert list(nms(np.array([[0, 0, 9, 9], [0, 0, 9, 9]]), np.array([0.5, 0.6]), 0.5)) == [1], "Of two equal boxes one is kept, the better."

# %% nbgrader={"grade": true, "grade_id": "suppression_test", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
# More tests run here when your work is graded.
### BEGIN HIDDEN TESTS
import numpy as np

chain = np.array([[0, 0, 10, 10], [4, 0, 14, 10], [8, 0, 18, 10]])
kept = [int(index) for index in nms(chain, np.array([0.9, 0.8, 0.7]), 0.3)]
assert kept != [0], "A box that was dropped drops no others: only boxes that are kept count."
assert kept == [0, 2], f"The second overlaps the first by 0.43, the third the first by 0.11: kept are 0 and 2, not {kept}."
half = np.array([[0, 0, 10, 10], [0, 0, 10, 5]])
kept = [int(index) for index in nms(half, np.array([0.9, 0.8]), 0.5)]
assert kept == [0, 1], "An IoU of just the threshold is not above it: both boxes are kept."
random = np.random.default_rng(3)
for threshold in (0.2, 0.6):
    corners = random.integers(0, 20, (25, 2))
    boxes, scores = np.concatenate([corners, corners + random.integers(5, 20, (25, 2))], axis=1), random.random(25)
    masks = np.zeros((25, 40, 40), bool)
    for mask, (a, b, c, d) in zip(masks, boxes):
        mask[b:d, a:c] = True
    expected = []
    for index in np.argsort(-scores):
        shares = [(masks[index] & masks[other]).sum() / (masks[index] | masks[other]).sum() for other in expected]
        if not shares or max(shares) <= threshold:
            expected.append(int(index))
    kept = [int(index) for index in nms(boxes, scores, threshold)]
    assert kept == expected, f"25 boxes, threshold {threshold}: expected {expected}, found {kept}."
### END HIDDEN TESTS

# %% [markdown]
# ## 3 · Average precision (4 points)
#
# The detections of one class, each with its score and whether it is right; and how many objects there are. Sort by score; raise
# each precision to the best at its recall or more; read it at the recalls 0, 0.01, ..., 1 (0 where a recall is never reached);
# take the mean.
#

# %% nbgrader={"grade": false, "grade_id": "precision", "locked": false, "schema_version": 3, "solution": true, "task": false}
def average_precision(scores, right, objects):
    """AP of one class: scores (n,), right (n,) of True and False, objects a whole number of 1 or more."""
    ### BEGIN SOLUTION
    right = np.asarray(right, float)[np.argsort(-np.asarray(scores), kind="stable")]
    precision = right.cumsum() / np.arange(1, len(right) + 1)
    recall = right.cumsum() / objects
    best = np.maximum.accumulate(precision[::-1])[::-1]
    places = np.searchsorted(recall, np.linspace(0, 1, 101), side="left")
    return float(np.append(best, 0.0)[places].mean())
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "precision_check", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
assert average_precision([0.9, 0.8], [True, True], 2) == 1, "All found, nothing wrong: 1."
assert average_precision([0.9, 0.8], [False, False], 2) == 0, "Nothing right: 0."
assert abs(average_precision([0.3, 0.9], [False, True], 1) - 1) < 1e-9, "A wrong detection below the only right one costs nothing."

# %% nbgrader={"grade": true, "grade_id": "precision_test", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
# More tests run here when your work is graded.
### BEGIN HIDDEN TESTS
import numpy as np

half = average_precision([0.9], [True], 2)
assert abs(half - 1) > 1e-9, "Objects that no detection finds count: with one of two found, recalls above 0.5 are never reached."
assert abs(half - 51 / 101) < 1e-6, f"One of two objects found: 51 of 101 recalls are reached, 0.505; found {half:.3f}."
unsorted = average_precision([0.2, 0.9, 0.5], [True, True, False], 2)
assert abs(unsorted - (51 + 50) / 101) > 1e-6, "The detections don't come in the order of their scores: sort them."
raised = average_precision([0.9, 0.8, 0.7, 0.6], [True, False, True, True], 3)
plain = (34 * 1 + 33 * 2 / 3 + 34 * 3 / 4) / 101
assert abs(raised - plain) > 1e-6, "Each precision is raised to the best at this recall or more: 2/3 becomes 3/4."
recalls = np.linspace(0, 1, 101)
expected = np.where(recalls <= 1 / 3, 1, 3 / 4).mean()
assert abs(raised - expected) < 1e-6, f"Right, wrong, right, right of 3 objects: {expected:.4f}, not {raised:.4f}."
### END HIDDEN TESTS

# %% [markdown]
# ## 4 · One pass over a whole image (4 points)
#
# `window_classifier` takes windows of 8x8 pixels. Build a Keras model with **the same weights** that takes images of any size, and gives the
# classifier's logits for every window in it: (images, height, width, 1) to (images, height - 7, width - 7, 11).
#

# %%
def window_classifier(seed):
    """Windows (8, 8, 1) to logits of ten digits and "nothing" (11,); no padding."""
    keras.utils.set_random_seed(seed)
    return keras.Sequential([
        keras.Input((8, 8, 1)),
        keras.layers.Conv2D(16, 3, activation="relu"),
        keras.layers.Conv2D(16, 3, activation="relu"),
        keras.layers.Flatten(),
        keras.layers.Dense(32, activation="relu"),
        keras.layers.Dense(11),
    ])

# %% nbgrader={"grade": false, "grade_id": "whole", "locked": false, "schema_version": 3, "solution": true, "task": false}
def over_whole_images(classifier):
    """A Keras model, (images, height, width, 1) to (images, height - 7, width - 7, 11), of the classifier's weights."""
    ### BEGIN SOLUTION
    first, second, _, hidden, logits = classifier.layers
    model = keras.Sequential([
        keras.Input((None, None, 1)),
        keras.layers.Conv2D(16, 3, activation="relu"),
        keras.layers.Conv2D(16, 3, activation="relu"),
        keras.layers.Conv2D(32, 4, activation="relu"),
        keras.layers.Conv2D(11, 1),
    ])
    dense, end = hidden.get_weights(), logits.get_weights()
    model.set_weights([
        *first.get_weights(), *second.get_weights(),
        dense[0].reshape(4, 4, 16, 32), dense[1], end[0].reshape(1, 1, 32, 11), end[1],
    ])
    return model
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "whole_check", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
import keras
import numpy as np

small = keras.Sequential([
    keras.Input((8, 8, 1)),
    keras.layers.Conv2D(16, 3, activation="relu"),
    keras.layers.Conv2D(16, 3, activation="relu"),
    keras.layers.Flatten(),
    keras.layers.Dense(32, activation="relu"),
    keras.layers.Dense(11),
])
whole = over_whole_images(small)
assert tuple(whole(np.zeros((2, 12, 20, 1))).shape) == (2, 5, 13, 11), "12x20 pixels have 5x13 windows of 8x8, each with 11 logits."
assert whole.count_params() == small.count_params(), "The new model has another number of weights than the classifier."

# %% nbgrader={"grade": true, "grade_id": "whole_test", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
# More tests run here when your work is graded.
### BEGIN HIDDEN TESTS
import keras
import numpy as np

keras.utils.set_random_seed(5)
given = keras.Sequential([
    keras.Input((8, 8, 1)),
    keras.layers.Conv2D(16, 3, activation="relu"),
    keras.layers.Conv2D(16, 3, activation="relu"),
    keras.layers.Flatten(),
    keras.layers.Dense(32, activation="relu"),
    keras.layers.Dense(11),
])
given.set_weights([np.random.default_rng(1).normal(size=w.shape) / 4 for w in given.get_weights()])
before = [w.copy() for w in given.get_weights()]
image = np.random.default_rng(2).random((1, 11, 10, 1)).astype("float32")
found = np.asarray(over_whole_images(given)(image))
assert all(np.array_equal(a, b) for a, b in zip(before, given.get_weights())), "The classifier's own weights have changed."
expected = np.stack([
    np.concatenate([np.asarray(given(image[:, i : i + 8, j : j + 8])) for j in range(3)]) for i in range(4)
])[None]
assert found.shape == (1, 4, 3, 11), f"11x10 pixels have 4x3 windows; the outputs have shape {found.shape}."
first = np.abs(found[0, 0, 0] - expected[0, 0, 0]).max()
assert first < 1e-3, (
    f"The first window's logits differ by {first:.3f}. Flatten writes rows, then columns, then channels: which reshape of the dense "
    "weights belongs to that, and has every layer its activation and its weights?"
)
assert np.abs(found - expected).max() < 1e-3, "The first window is right, others aren't: is there any padding or stride?"
### END HIDDEN TESTS

# %% [markdown] nbgrader={"grade": false, "grade_id": "open", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": true}
# ## 5 · Your own experiment (open, 6 points)
#
# *"What a window classifier lacks for detection is an example of nothing."* Train window classifiers with your `over_whole_images`, and design
# an experiment that could refute this sentence, or a part of it that you choose and write down: which windows without a digit in
# their middle must it have seen? In the next cell, and in as many cells of your own as you need after it:
#
# - say before you run what you expect, and what outcome would refute the sentence (1 point);
# - compare classifiers that differ in the windows called "nothing" only: none, empty ones, windows that cut a digit (1 point);
# - a measure of detection, such as average precision over the digits of new scenes with NMS, and the classifier's accuracy on
#   windows beside it (1 point);
# - three seeds or more (1 point).
#
# Then conclude, in three to six sentences in the last cell: what was shown, what wasn't, what you would measure next (2 points).
#
# ### BEGIN MARK SCHEME
# **How to mark.** The first four points are given here, the last two at the report.
#
# | points | given for | not for |
# | --- | --- | --- |
# | 1 | a prediction and a refuting outcome, with a number, before the measurement | "more data is better" |
# | 1 | classifiers alike but for the windows of "nothing" | another size, rate or number of steps as well |
# | 1 | detection measured on new scenes, and accuracy on windows | accuracy on windows alone |
# | 1 | three seeds or more with their spread | one run |
# | 1 | a conclusion that the numbers carry, whichever it is | a conclusion known before |
# | 1 | what wasn't shown (one size of digits, small scenes, no clutter), and a next measurement | a list of phrases |
#
# What is usually found: without examples of nothing AP is about 0.55; empty windows help (0.67); windows that cut a digit help most
# (0.85), since scenes are full of them. Accuracy on digits in the middle is 0.96 in all cases, so it doesn't say who detects well.
# ### END MARK SCHEME
#

# %% nbgrader={"grade": false, "grade_id": "open_experiment", "locked": false, "schema_version": 3, "solution": true, "task": false}
### BEGIN SOLUTION
def nothing(kind, count, random):
    """Windows without a digit in their middle: grey noise, or a place of a scene that cuts a digit."""
    windows = np.zeros((count, 8, 8, 1), "float32")
    for row in range(count):
        if kind == "empty":
            windows[row] = 0.3 * random.random((8, 8, 1))
            continue
        image, boxes, _ = scene(x_train, y_train, seed=1_000 + row)
        left, top = boxes[0][:2] + random.integers(-5, 6, 2)
        left, top = np.clip([left, top], 0, 24)
        while (np.abs(boxes[:, :2] - (left, top)).max(axis=1) < 3).any():  # too well in the middle
            left, top = random.integers(0, 25, 2)
        windows[row] = image[top : top + 8, left : left + 8]
    return windows


def detected(network, image, least=0.5):
    """Boxes, classes and scores that the network finds in a scene, after suppression by class."""
    logits = np.asarray(network(image[None]))[0]
    scores = np.exp(logits - logits.max(axis=-1, keepdims=True))
    scores = (scores / scores.sum(axis=-1, keepdims=True))[..., :10]
    rows, columns, labels = np.nonzero(scores > least)
    boxes, found = np.stack([columns, rows, columns + 8, rows + 8], axis=1), scores[rows, columns, labels]
    result = []
    for label in set(labels.tolist()):
        of_label = np.flatnonzero(labels == label)
        result += [(boxes[of_label][i], label, found[of_label][i]) for i in nms(boxes[of_label], found[of_label], 0.3)]
    return result


def mean_ap(network, scenes):
    """Mean over the ten digits of the average precision at IoU 0.5."""
    scores, right, objects = {d: [] for d in range(10)}, {d: [] for d in range(10)}, np.zeros(10, int)
    for image, boxes, labels in scenes:
        np.add.at(objects, labels, 1)
        taken = set()
        for box, label, score in sorted(detected(network, image), key=lambda one: -one[2]):
            hits = [k for k in range(len(boxes)) if k not in taken and labels[k] == label and iou(box, boxes[k]) >= 0.5]
            taken |= set(hits[:1])
            scores[label].append(score)
            right[label].append(bool(hits))
    return np.mean([average_precision(scores[d], right[d], objects[d]) if scores[d] else 0.0 for d in range(10)])


new_scenes = [scene(x_validation, y_validation, seed=number) for number in range(40)]
for kind in ["none", "empty", "cut"]:
    rows = []
    for seed in range(3):
        random = np.random.default_rng(seed)
        extra = nothing(kind, 600, random) if kind != "none" else np.zeros((0, 8, 8, 1), "float32")
        windows = np.concatenate([np.maximum(x_train[..., None], 0.3 * random.random((1200, 8, 8, 1))), extra]).astype("float32")
        labels = np.concatenate([y_train, np.full(len(extra), 10)])
        model = window_classifier(seed)
        model.compile(keras.optimizers.Adam(0.003), keras.losses.SparseCategoricalCrossentropy(from_logits=True))
        model.fit(windows, labels, batch_size=50, epochs=round(8 * 1200 / len(windows)), verbose=0)
        held = np.maximum(x_validation[..., None], 0.3 * random.random((400, 8, 8, 1)))
        accuracy = np.mean(np.argmax(np.asarray(model(held))[:, :10], axis=1) == y_validation)
        rows.append([accuracy, mean_ap(over_whole_images(model), new_scenes)])
    print(kind, "mean", np.round(np.mean(rows, axis=0), 2), "by seed", np.round(rows, 2).tolist())
### END SOLUTION

# %% [markdown] nbgrader={"grade": true, "grade_id": "open_report", "locked": false, "points": 2, "schema_version": 3, "solution": true, "task": false}
# ### BEGIN SOLUTION
# **Expected** before the run: without windows of "nothing" average precision is below 0.3; with 600 empty windows above 0.7; with 600
# windows that cut digits not more than 0.1 better than with empty ones. Refuted, if windows of "nothing" gain less than 0.1 in two of
# three seeds.
#
# **Found.** Means of three seeds, AP over ten digits on 40 new scenes: none 0.55, empty windows 0.67, windows that cut digits 0.85; by seed
# 0.52 to 0.60, 0.62 to 0.72, 0.83 to 0.86. Accuracy on digits in the middle is 0.96 in all three cases. So the sentence isn't refuted, but
# I was wrong about what matters: the gain by empty windows is smaller than I thought, and that by cut ones larger. Without any, a score
# above 0.5 and suppression already leave out much. What the classifier lacks are examples of the nothing that scenes are full of. The accuracy
# says none of this. Only digits of one size, without overlap, were tried, and each training had about as many steps, so that digits were
# seen less often where there were other windows. Next: windows that the classifier itself got wrong on training scenes.
# ### END SOLUTION
