# %% [markdown]
# # Assignment 04 · Data and losses · 数据与损失函数
#
# **You need** chapter 04. **Time** about two hours; the whole notebook runs in half a minute.
# **Points** 21, of which 6 are given by hand.
#
# **题目** 先写出数值稳定的交叉熵，再找出一处数据泄漏，用排序求 ROC 曲线下面积，在 Keras 中写一个分位数损失并看它学到什么，最后自己设计一个实验。
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
from sklearn.datasets import load_breast_cancer

keras.utils.set_random_seed(0)

# %% [markdown]
# The data: 30 measurements of 569 tumours, and whether each was benign (1) or malignant (0).
#

# %%
x, y = load_breast_cancer(return_X_y=True)
order = np.random.default_rng(0).permutation(len(x))
x, y = x[order].astype("float32"), y[order]
x_train, y_train, x_test, y_test = x[:400], y[:400], x[400:], y[400:]
x_train.shape, y_train.mean()

# %% [markdown]
# ## 1 · Cross-entropy from logits (recall, 3 points)
#
# A network with one output gives a logit z for each example: the probability of class 1 is $\sigma(z) = 1 / (1 + e^{-z})$. Write the **mean**
# cross-entropy in nats, as a function of logits and labels. It must be right for large logits, too.
#

# %% nbgrader={"grade": false, "grade_id": "entropy", "locked": false, "schema_version": 3, "solution": true, "task": false}
def cross_entropy(logits, labels):
    """The mean of -log p(label): logits float (n,), labels 0 or 1 (n,); returns a number."""
    ### BEGIN SOLUTION
    logits, labels = np.asarray(logits, "float64"), np.asarray(labels)
    return np.mean(np.logaddexp(0, logits) - labels * logits)
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "entropy_check", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
import numpy as np

assert abs(cross_entropy(np.zeros(4), np.array([0, 1, 1, 0])) - np.log(2)) < 1e-9, (
    "Who says one half to everything loses log 2 nats per example."
)
assert cross_entropy(np.array([3.0]), np.array([1])) < cross_entropy(np.array([3.0]), np.array([0])), (
    "A logit of 3 speaks for class 1: class 0 must cost more."
)

# %% nbgrader={"grade": true, "grade_id": "entropy_test", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
# More tests run here when your work is graded.
### BEGIN HIDDEN TESTS
import numpy as np

logits, labels = np.array([0.5, -2.0, 1.5]), np.array([1, 1, 0])
p = 1 / (1 + np.exp(-logits))
right = -np.mean(np.log(np.where(labels == 1, p, 1 - p)))
with np.errstate(all="ignore"):
    found, large = float(cross_entropy(logits, labels)), float(cross_entropy(np.array([800.0, -800.0]), np.array([0, 0])))
assert abs(found - 3 * right) > 1e-6, "This is the sum over the examples; the mean was asked for."
assert abs(found - right / np.log(2)) > 1e-6, "This is in bits; nats were asked for: the natural logarithm."
assert abs(found - right) < 1e-6, f"For the logits 0.5, -2, 1.5 and the labels 1, 1, 0 it should be {right:.4f}, not {found:.4f}."
assert np.isfinite(large), "A logit of 800 gives infinity or nothing: log(1 + e^z) is about z there. See np.logaddexp."
assert abs(large - 400) < 1e-6, f"The logits 800 and -800 of two examples of class 0 cost 800 and 0 nats; found a mean of {large:.4g}."
### END HIDDEN TESTS

# %% [markdown]
# ## 2 · Find the fault: a leak (3 points)
#
# This preparation was found in a student's notebook. It gives every column the mean 0 and the standard deviation 1.
#

# %%
def leaky(train, test):
    """Standardised training and test data."""
    both = np.concatenate([train, test])
    standard = (both - both.mean(axis=0)) / both.std(axis=0)
    return standard[: len(train)], standard[len(train) :]

# %% [markdown]
# Which data do its numbers come from, and which may they come from? Write it right. A column that is constant in the training data
# becomes 0 there, and is otherwise left at the scale that it has.
#

# %% nbgrader={"grade": false, "grade_id": "leak", "locked": false, "schema_version": 3, "solution": true, "task": false}
def standardised(train, test):
    """(train, test), both float (n, columns), as new arrays."""
    ### BEGIN SOLUTION
    mean, spread = train.mean(axis=0), train.std(axis=0)
    spread = np.where(spread > 0, spread, 1.0)
    return (train - mean) / spread, (test - mean) / spread
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "leak_check", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
import numpy as np

rng = np.random.default_rng(1)
train, test = rng.normal(5, 2, size=(50, 3)), rng.normal(5, 2, size=(20, 3))
kept = train.copy()
a, b = standardised(train, test)
assert a.shape == (50, 3) and b.shape == (20, 3), f"The shapes should stay (50, 3) and (20, 3), not {a.shape} and {b.shape}."
assert np.abs(a.mean(axis=0)).max() < 1e-6, "Each column of the training data should have the mean 0."
assert (train == kept).all(), "The arrays that were given are to stay as they are."

# %% nbgrader={"grade": true, "grade_id": "leak_test", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
# More tests run here when your work is graded.
### BEGIN HIDDEN TESTS
import numpy as np

rng = np.random.default_rng(2)
train, test = rng.normal(3, 2, size=(60, 4)), rng.normal(3, 2, size=(30, 4))
a, b = standardised(train, test)
far, one = standardised(train, test + 100)
assert np.allclose(a, far), "The training data change when the test data do: their mean or deviation leaks."
assert not np.allclose(b.mean(axis=0), 0, atol=1e-9), (
    "The test data were given a mean of their own: new data are moved by the training data's mean, even a single example."
)
assert np.allclose(b, (test - train.mean(axis=0)) / train.std(axis=0)), "The test data should be moved and scaled by the training data's numbers."
train[:, 1] = 7.0
with np.errstate(all="ignore"):
    a, b = standardised(train, test)
assert np.isfinite(a).all() and np.isfinite(b).all(), "A constant column divides by 0."
assert np.allclose(a[:, 1], 0) and np.allclose(b[:, 1], test[:, 1] - 7), "A constant column should become 0 in training, and keep its scale."
### END HIDDEN TESTS

# %% [markdown]
# ## 3 · The area under the ROC curve (4 points)
#
# It is the probability that a random example of class 1 has a higher score than a random one of class 0; a tie counts half. Write it
# from this sentence, without scikit-learn.
#

# %% nbgrader={"grade": false, "grade_id": "area", "locked": false, "schema_version": 3, "solution": true, "task": false}
def roc_auc(scores, labels):
    """scores float (n,), labels 0 or 1 (n,); returns a number from 0 to 1."""
    ### BEGIN SOLUTION
    scores, labels = np.asarray(scores), np.asarray(labels)
    difference = scores[labels == 1][:, np.newaxis] - scores[labels == 0]
    return np.mean((difference > 0) + 0.5 * (difference == 0))
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "area_check", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
import numpy as np

assert roc_auc(np.array([0.1, 0.2, 0.8, 0.9]), np.array([0, 0, 1, 1])) == 1, "Every 1 is above every 0: the area is 1."
assert roc_auc(np.array([0.1, 0.2, 0.8, 0.9]), np.array([1, 1, 0, 0])) == 0, "Every 1 is below every 0: the area is 0."

# %% nbgrader={"grade": true, "grade_id": "area_test", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
# More tests run here when your work is graded.
### BEGIN HIDDEN TESTS
import numpy as np
from sklearn.metrics import roc_auc_score

assert abs(roc_auc(np.full(6, 0.3), np.array([0, 1, 0, 1, 1, 0])) - 0.5) < 1e-9, "Where all scores are equal, the area is one half: a tie counts half."
rng = np.random.default_rng(3)
labels = rng.integers(2, size=300)
labels[:200] = 0  # classes of unequal size
scores = rng.normal(size=300) + labels
found, right = float(roc_auc(scores, labels)), roc_auc_score(labels, scores)
assert abs(found - np.mean((scores > 0.5) == labels)) > 1e-3, "This is an accuracy at one threshold; the area looks at pairs."
assert abs(found - right) < 1e-6, f"On 300 scores it should be {right:.4f}, not {found:.4f}."
assert abs(roc_auc(np.exp(5 * scores), labels) - right) < 1e-6, "Only the order of scores counts: another scale changes nothing."
rounded = np.round(scores)
assert abs(roc_auc(rounded, labels) - roc_auc_score(labels, rounded)) < 1e-6, "Rounded scores have many ties: each counts half."
### END HIDDEN TESTS

# %% [markdown]
# ## 4 · A loss decides what is learnt (5 points)
#
# Squared error learns the mean, absolute error the median. The **pinball loss** learns any quantile q: an error $u = y - \hat y$ costs $q\,u$
# where it is positive, and $(q - 1)\,u$ where it is negative. Write a function that makes this loss, for `compile`.
#

# %% nbgrader={"grade": false, "grade_id": "pinball", "locked": false, "schema_version": 3, "solution": true, "task": false}
def pinball(q):
    """A loss for Keras: a function (y_true, y_pred) -> the mean cost, a scalar tensor."""
    ### BEGIN SOLUTION
    def loss(y_true, y_pred):
        error = keras.ops.cast(y_true, y_pred.dtype) - y_pred
        return keras.ops.mean(keras.ops.maximum(q * error, (q - 1) * error))

    return loss
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "pinball_check", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
import numpy as np
import tensorflow as tf

cost = float(pinball(0.9)(tf.constant([[2.0]]), tf.constant([[1.0]])))
assert abs(cost - 0.9) < 1e-6, f"At q = 0.9, to predict 1 where 2 is right costs 0.9 times 1; found {cost:.3g}."
assert float(pinball(0.9)(tf.constant([[1.0]]), tf.constant([[1.0]]))) == 0, "A right prediction costs nothing."

# %% nbgrader={"grade": true, "grade_id": "pinball_test", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
# More tests run here when your work is graded.
### BEGIN HIDDEN TESTS
import numpy as np
import tensorflow as tf

cost = float(pinball(0.9)(tf.constant([[-1.0]]), tf.constant([[3.0]])))
assert cost >= 0, "A loss below 0 was found. For a negative error the factor q - 1 is negative, too: their product isn't."
assert abs(cost - 3.6) > 1e-6, "Both sides cost the same: to predict 4 too much should cost 1 - q = 0.1 times 4."
assert abs(cost - 0.4) < 1e-6, f"At q = 0.9, to predict 4 too much costs 0.4; found {cost:.3g}."
two = float(pinball(0.5)(tf.constant([[0.0], [0.0]]), tf.constant([[1.0], [3.0]])))
assert abs(two - 2.0) > 1e-6, "This is a sum over the examples: return their mean, so that the batch's size doesn't matter."
assert abs(two - 1.0) < 1e-6, f"At q = 0.5 errors of -1 and -3 cost 0.5 and 1.5: a mean of 1, not {two:.3g}."
### END HIDDEN TESTS

# %% [markdown]
# Now let it learn. Write a function that trains the smallest model of all, one number for everybody (a `Dense(1)` on an input that is always
# 0), with a given loss, and returns that number. Use `compile` and `fit`.
#

# %% nbgrader={"grade": false, "grade_id": "constant", "locked": false, "schema_version": 3, "solution": true, "task": false}
def learnt_constant(targets, loss):
    """The one prediction (float) that a model of a single bias has learnt for targets, float (n,)."""
    ### BEGIN SOLUTION
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
    rate = keras.optimizers.schedules.CosineDecay(0.1 * float(np.std(targets)), 150)
    model.compile(keras.optimizers.Adam(rate), loss)
    targets = np.asarray(targets, "float32").reshape(-1, 1)
    model.layers[-1].set_weights([np.zeros((1, 1)), targets.mean(axis=0)])
    model.fit(np.zeros_like(targets), targets, batch_size=len(targets), epochs=150, verbose=0)
    return float(model.layers[-1].bias[0])
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "constant_check", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
import numpy as np

found = learnt_constant(np.array([1.0, 2.0, 6.0] * 20), "mean_squared_error")
assert isinstance(found, float), f"A float was asked for; this is a {type(found).__name__}."
assert abs(found - 3.0) < 0.1, f"Squared error should learn the mean of 1, 2 and 6, which is 3; it has learnt {found:.2f}."

# %% nbgrader={"grade": true, "grade_id": "constant_test", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# More tests run here when your work is graded.
### BEGIN HIDDEN TESTS
import keras
import numpy as np

skewed = np.random.default_rng(4).exponential(size=400)
median = learnt_constant(skewed, "mean_absolute_error")
assert abs(median - np.median(skewed)) < 0.05, (
    f"Absolute error should learn the median, {np.median(skewed):.2f}; it has learnt {median:.2f}. Is it trained until it stands "
    "still, and by the loss that was given?"
)


def tilted(y_true, y_pred):
    error = keras.ops.cast(y_true, y_pred.dtype) - y_pred
    return keras.ops.mean(keras.ops.maximum(0.8 * error, -0.2 * error))


found, right = learnt_constant(skewed, tilted), np.quantile(skewed, 0.8)
assert abs(found - right) < 0.1, f"The pinball loss of 0.8 should learn the 80 % quantile, {right:.2f}; it has learnt {found:.2f}."
### END HIDDEN TESTS

# %% [markdown] nbgrader={"grade": false, "grade_id": "open", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": true}
# ## 5 · Your own experiment (open, 6 points)
#
# *"With one class rare, a network should be trained with class weights."* Make benign tumours rare (keep one in ten of them in the training
# data) and design an experiment that could refute this sentence. Use Keras (`class_weight`, or another remedy as a rival). In the next
# cell, and in as many cells of your own as you need after it:
#
# - say before you run what you expect, and what outcome would refute the sentence, with a number (1 point);
# - a measure that fits the question, and why not accuracy alone (1 point);
# - a rival remedy: the same network without weights, its threshold chosen on validation data (1 point);
# - five draws or seeds or more, each shown or with their spread; test data touched once (1 point).
#
# Then conclude, in three to six sentences in the last cell: what was shown, what wasn't, what you would measure next (2 points).
#
# ### BEGIN MARK SCHEME
# **How to mark.** The first four points are given here, the last two at the report.
#
# | points | given for | not for |
# | --- | --- | --- |
# | 1 | a prediction and a refuting outcome, with a number, before the measurement | "class weights help" |
# | 1 | area under the ROC curve, or recall of both classes, or the mean of these; with a reason | accuracy alone |
# | 1 | the same network without weights and with another threshold, chosen on data that isn't reported | a weaker network |
# | 1 | five independent draws or seeds, each shown or with their spread; thresholds not chosen on test data | one run each |
# | 1 | a conclusion that the numbers carry, whichever it is | a conclusion known before |
# | 1 | what wasn't shown (one data set, one rarity), and a next measurement | a list of phrases |
#
# What is usually found: at the threshold of one half class weights raise the recall of the rare class. So does another threshold,
# without any weights, and the areas under the curves differ by less than the seeds do: weights mostly move the threshold.
# ### END MARK SCHEME
#

# %% nbgrader={"grade": false, "grade_id": "open_experiment", "locked": false, "schema_version": 3, "solution": true, "task": false}
### BEGIN SOLUTION
def balanced(scores, labels, threshold):
    """Mean of both classes' recalls."""
    said = scores > threshold
    return (np.mean(said[labels == 1]) + np.mean(~said[labels == 0])) / 2


results = {"plain": [], "weights": [], "threshold": [], "area, plain": [], "area, weights": []}
for seed in range(5):
    rng = np.random.default_rng(seed)
    rows = rng.permutation(len(x))
    test, rest = rows[:150], rows[150:]
    kept = rest[(y[rest] == 0) | (rng.random(len(rest)) < 0.1)]
    train, validation = kept[: len(kept) * 2 // 3], kept[len(kept) * 2 // 3 :]
    a, b = standardised(x[train], x[np.concatenate([validation, test])])
    for weights in (None, {0: 0.5 / np.mean(y[train] == 0), 1: 0.5 / np.mean(y[train] == 1)}):
        keras.utils.set_random_seed(seed)
        model = keras.Sequential([keras.Input((30,)), keras.layers.Dense(16, activation="relu"), keras.layers.Dense(1)])
        model.compile(keras.optimizers.Adam(0.01), keras.losses.BinaryCrossentropy(from_logits=True))
        model.fit(a, y[train], batch_size=16, epochs=20, class_weight=weights, verbose=0)
        scores = model.predict(b, verbose=0)[:, 0]
        of_validation, of_test = scores[: len(validation)], scores[len(validation) :]
        results["weights" if weights else "plain"].append(balanced(of_test, y[test], 0))
        results["area, weights" if weights else "area, plain"].append(roc_auc(of_test, y[test]))
        if not weights:
            tried = np.sort(of_validation)
            best = max(tried, key=lambda threshold: balanced(of_validation, y[validation], threshold))
            results["threshold"].append(balanced(of_test, y[test], best))
for name, values in results.items():
    print(f"{name}: {np.round(values, 3)}, mean {np.mean(values):.3f}")
### END SOLUTION

# %% [markdown] nbgrader={"grade": true, "grade_id": "open_report", "locked": false, "points": 2, "schema_version": 3, "solution": true, "task": false}
# ### BEGIN SOLUTION
# **Expected** before the run: with class weights the mean of both recalls is higher than without, and higher than with a threshold chosen on
# validation data. The second would refute that weights *should* be used, if the threshold does as well in three of five seeds.
#
# **Found.** Weights raise the mean recall in all five draws, from 0.893 to 0.914 on average. A threshold chosen on validation data, without
# weights, reaches 0.919, and is ahead of them in three of five. So weights help, but needn't be used: the sentence is refuted as it stands.
# The areas under the curves, 0.971 and 0.975, differ by less than the draws: both remedies mostly move the threshold. It was one data
# set of tumours and one rarity, with some ten rare examples to validate on. Next: twenty draws, and a rarity of one in a hundred.
# ### END SOLUTION
