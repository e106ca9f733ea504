# %% [markdown]
# # Assignment 08c · Attention and translation · 注意力与翻译
#
# **You need** chapter 08c. **Time** about two hours; the whole notebook runs in half a minute.
# **Points** 20, of which 6 are given by hand.
#
# **题目** 手写带掩码的注意力和多头注意力，写束搜索，找出解码器输入中的错误，最后自己设计一个实验。
#
# Write your answers in place of the two lines `# YOUR CODE HERE` and `raise NotImplementedError(...)`. The cell below each
# answer checks it: no output means that nothing was found. These checks see the obvious; more tests run when your work is
# graded, where a cell may take five minutes.
# Before you hand it in: *Kernel → Restart Kernel and Run All Cells*. Don't rename the notebook, don't delete cells.
#

# %%
import keras
import numpy as np

# %% [markdown]
# ## 1 · A weighted mean (recall, 3 points)
#
# Dot-product attention of `m` queries over `n` places, some of which only fill up and must get no weight.
#

# %% nbgrader={"grade": false, "grade_id": "mean", "locked": false, "schema_version": 3, "solution": true, "task": false}
def attention(queries, keys, values, there):
    """float (m, d), float (n, d), float (n, e), bool (n,), True where a place counts; float (m, e). Scores aren't scaled."""
    ### BEGIN SOLUTION
    scores = np.where(there, queries @ keys.T, -np.inf)
    weights = np.exp(scores - scores.max(axis=1, keepdims=True))
    return weights / weights.sum(axis=1, keepdims=True) @ values
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "mean_check", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
import numpy as np

found = np.asarray(attention(np.zeros((2, 3)), np.zeros((4, 3)), np.arange(8.0).reshape(4, 2), np.ones(4, bool)))
assert found.shape == (2, 2), f"Two queries and values of two numbers give (2, 2), not {found.shape}."
assert np.allclose(found, found[0]), "Queries that are equal should get the same."

# %% nbgrader={"grade": true, "grade_id": "mean_test", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
# More tests run here when your work is graded.
### BEGIN HIDDEN TESTS
import numpy as np

rng = np.random.default_rng(3)
q, k, v = rng.normal(size=(3, 4)), rng.normal(size=(6, 4)), rng.normal(size=(6, 2))
there = np.array([True, True, False, True, True, False])
found, right = np.asarray(attention(q, k, v, there)), np.zeros((3, 2))
without = np.zeros((3, 2))
for row in range(3):
    each = [np.exp(q[row] @ k[place]) for place in range(6)]
    kept = [place for place in range(6) if there[place]]
    right[row] = sum(each[place] * v[place] for place in kept) / sum(each[place] for place in kept)
    without[row] = sum(each[place] * v[place] for place in kept) / sum(each)
assert not np.allclose(found, without), "The weights of the places that count should sum to 1: mask before the softmax."
other = np.where(there[:, None], v, 100.0)
assert np.allclose(found, attention(q, k, other, there)), "Places that only fill up still have weight."
assert np.allclose(found, right), "For small normal numbers it isn't the weighted mean: compare one row by hand."
big = np.asarray(attention(1e3 * q, k, v, there))
assert np.isfinite(big).all(), "Large scores overflow: subtract the largest score of each row before you take e to it."
### END HIDDEN TESTS

# %% [markdown]
# ## 2 · Several heads (4 points)
#
# `MultiHeadAttention` in NumPy, with Keras' weights in Keras' order and shapes, without biases and without a mask.
#

# %% nbgrader={"grade": false, "grade_id": "heads", "locked": false, "schema_version": 3, "solution": true, "task": false}
def several_heads(x, source, w_q, w_k, w_v, w_o):
    """float (m, width), float (n, width), three times (width, heads, d), (heads, d, width); float (m, width)."""
    ### BEGIN SOLUTION
    total = 0
    for head in range(w_q.shape[1]):
        q, k, v = x @ w_q[:, head], source @ w_k[:, head], source @ w_v[:, head]
        scores = q @ k.T / np.sqrt(q.shape[1])
        weights = np.exp(scores - scores.max(axis=1, keepdims=True))
        total = total + weights / weights.sum(axis=1, keepdims=True) @ v @ w_o[head]
    return total
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "heads_check", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
import numpy as np

rng = np.random.default_rng(0)
sides = [rng.normal(size=shape) for shape in ((3, 6), (5, 6), (6, 2, 3), (6, 2, 3), (6, 2, 3), (2, 3, 6))]
assert np.shape(several_heads(*sides)) == (3, 6), "Three steps of width 6 stay three steps of width 6."
sides[4] = np.zeros((6, 2, 3))
assert np.allclose(several_heads(*sides), 0), "Where all values are 0, nothing is found: weights are for values."

# %% nbgrader={"grade": true, "grade_id": "heads_test", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
# More tests run here when your work is graded.
### BEGIN HIDDEN TESTS
import keras
import numpy as np

keras.utils.set_random_seed(5)
layer = keras.layers.MultiHeadAttention(3, 4, use_bias=False)
rng = np.random.default_rng(5)
x, source = (2 * rng.normal(size=(1, steps, 12)).astype("float32") for steps in (4, 7))
right = np.asarray(layer(x, source))[0]
weights = layer.get_weights()
found = np.asarray(several_heads(x[0], source[0], *weights))
unscaled = np.asarray(several_heads(x[0], source[0], weights[0] / 2, *weights[1:]))
assert not np.allclose(unscaled, right, atol=1e-4), "The scores aren't divided by the root of a head's width."
too_small = np.asarray(several_heads(x[0], source[0], weights[0] * np.sqrt(3), *weights[1:]))
assert not np.allclose(too_small, right, atol=1e-4), "Divide by the root of a head's width, not of the whole width."
assert np.allclose(found, right, atol=1e-4), "With Keras' own weights it should give what Keras' layer gives."
### END HIDDEN TESTS

# %% [markdown]
# ## 3 · Keep the best beginnings (4 points)
#
# Beam search for one text. `log_probabilities(text)` gives the log-probability of each next symbol after a tuple of symbols, float
# (symbols,). A text is finished when it ends with `end`; it then stays as it is and competes on. Search until all that are kept are
# finished, at most `longest` symbols. Give the best text found, a tuple without what it began with, and its log-probability.
#

# %% nbgrader={"grade": false, "grade_id": "beam", "locked": false, "schema_version": 3, "solution": true, "task": false}
def beam_search(log_probabilities, end, width, longest):
    """A function of tuples, the last symbol, how many texts are kept, symbols at most; (tuple, float)."""
    ### BEGIN SOLUTION
    kept = [((), 0.0)]
    for _ in range(longest):
        longer = []
        for text, score in kept:
            if text and text[-1] == end:
                longer.append((text, score))
                continue
            for symbol, each in enumerate(log_probabilities(text)):
                longer.append(((*text, symbol), score + float(each)))
        kept = sorted(longer, key=lambda item: -item[1])[:width]
        if all(text[-1] == end for text, _ in kept):
            break
    return kept[0]
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "beam_check", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
import numpy as np

text, score = beam_search(lambda text: np.log([0.1, 0.9]), end=1, width=2, longest=5)
assert tuple(text) == (1,), "Where the end is by far the likeliest at once, the best text is the end alone."
assert score <= 0, "A log-probability is never above 0."

# %% nbgrader={"grade": true, "grade_id": "beam_test", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
# More tests run here when your work is graded.
### BEGIN HIDDEN TESTS
import itertools

import numpy as np

fork = {(): [0.6, 0.4, 0.0], (0,): [0.25, 0.25, 0.5], (1,): [0.05, 0.05, 0.9]}
def by_fork(text):
    return np.log(np.maximum(fork.get(tuple(text), [0.0, 0.0, 1.0]), 1e-30))

text, score = beam_search(by_fork, end=2, width=1, longest=4)
assert tuple(text) == (0, 2), "A beam of width 1 takes the likeliest symbol at each step."
text, score = beam_search(by_fork, end=2, width=2, longest=4)
assert tuple(text) != (0, 2), "With two beginnings kept, the one that begins less well and ends better should be found."
assert tuple(text) == (1, 2) and abs(score - np.log(0.36)) < 1e-9, f"It should be (1, 2) with ln 0.36, not {text} with {score:.4g}."

early = {(): [0.7, 0.0, 0.3], (0,): [0.05, 0.05, 0.9]}
text, score = beam_search(lambda text: np.log(np.maximum(early.get(tuple(text), [0, 0, 1]), 1e-30)), end=2, width=2, longest=4)
assert tuple(text) == (0, 2), "The first text that is finished isn't the best yet: finished ones compete on with the others."

crowded = {(): [0.6, 0.4, 0.0], (0,): [0.55, 0.45, 0.0], (1,): [0.6, 0.4, 0.0], (0, 0): [0.25, 0.25, 0.5],
           (0, 1): [0.25, 0.25, 0.5], (1, 0): [0.0, 0.0, 1.0]}
def by_crowded(text):
    return np.log(np.maximum(crowded.get(tuple(text), [0.0, 0.0, 1.0]), 1e-30))

text, score = beam_search(by_crowded, end=2, width=2, longest=3)
assert tuple(text) == (0, 0, 2) and abs(score - np.log(0.165)) < 1e-9, (
    "At every step the best `width` texts in all are kept, not so many sequels of each text.")
text, score = beam_search(by_crowded, end=2, width=4, longest=3)
assert tuple(text) == (1, 0, 2) and abs(score - np.log(0.24)) < 1e-9, "A wider beam should keep (1, 0) and find (1, 0, 2)."

rng = np.random.default_rng(66)
table = rng.dirichlet(np.ones(3), size=40)
def by_table(text):
    return np.log(table[(7 * len(text) + sum((place + 1) * symbol for place, symbol in enumerate(text))) % 40])

def probability(text):
    return sum(by_table(text[:place])[text[place]] for place in range(len(text)))

finished = [text for length in range(1, 5) for text in itertools.product(range(3), repeat=length)
            if text[-1] == 2 and 2 not in text[:-1]]
cut = [text for text in itertools.product(range(2), repeat=4)]
best = max(finished + cut, key=probability)
text, score = beam_search(by_table, end=2, width=200, longest=4)
assert abs(score - probability(tuple(text))) < 1e-9, "The score should be the sum of the log-probabilities of all its symbols."
assert tuple(text).count(2) <= 1, "A finished text isn't continued."
assert tuple(text) == best, "So wide a beam keeps everything, and should find the likeliest text of all: do finished ones compete on?"
### END HIDDEN TESTS

# %% [markdown]
# ## 4 · Find the fault (3 points)
#
# A student trains a translator on targets `y`, int (batch, m), each row ending with 2 and filled up with 0. The loss falls to nearly 0
# within seconds; what the network writes is nonsense. The decoder is given this:
#

# %%
def faulty(y):
    """What the decoder reads, int (batch, m)."""
    return y

# %% [markdown]
# Write what it should read, with 1 as the sign to begin.
#

# %% nbgrader={"grade": false, "grade_id": "shift", "locked": false, "schema_version": 3, "solution": true, "task": false}
def decoder_input(y):
    """Targets, int (batch, m); what the decoder reads before each step, int (batch, m)."""
    ### BEGIN SOLUTION
    return np.concatenate([np.ones_like(y[:, :1]), y[:, :-1]], axis=1)
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "shift_check", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
import numpy as np

y = np.array([[5, 6, 2, 0]])
found = np.asarray(decoder_input(y))
assert found.shape == y.shape, f"As many steps go in as come out; the answer has the shape {found.shape}."
assert found[0, 0] == 1, "At the first step nothing is known yet but the sign to begin."

# %% nbgrader={"grade": true, "grade_id": "shift_test", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
# More tests run here when your work is graded.
### BEGIN HIDDEN TESTS
import numpy as np

y = np.array([[5, 6, 7, 2], [8, 2, 0, 0]])
kept, found = y.copy(), np.asarray(decoder_input(y))
assert not np.array_equal(found[:, 1:], y[:, 1:]), "At each step it still reads the sign that it should write."
assert not np.array_equal(found[:, :-1], y[:, 1:]), "It is moved the wrong way: the step before, not the one after, has been written."
assert np.array_equal(found, [[1, 5, 6, 7], [1, 8, 2, 0]]), f"For 5 6 7 2 it should be 1 5 6 7, not {found[0].tolist()}."
assert np.array_equal(y, kept), "The targets were changed: make a new array."
### END HIDDEN TESTS

# %% [markdown] nbgrader={"grade": false, "grade_id": "open", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": true}
# ## 5 · Does it count or does it copy? (open, 6 points)
#
# A translator with attention learns to write its source backwards. Train one on sources of up to 6 symbols, and find out what it does
# with longer ones, and why: where does its attention look? Hand in the code (below), and a report of about 150 words.
#
# You get points for: a question that a measurement can answer, and a prediction (1); lengths that were not trained, measured apart from
# those that were, on new sources (1); two trainings or more (1); where attention looks on a short and a long source, as numbers or a
# picture (1). The report, 2 points: it says what was measured, and no more.
#
# ### BEGIN MARK SCHEME
# **How to mark.** The first four points are given here, the last two at the report.
#
# | points | given for | not for |
# | --- | --- | --- |
# | 1 | a question and a prediction that stand before the results | "I want to see what happens" |
# | 1 | accuracy on whole sequences by length, trained and longer ones apart, on sources that weren't trained on | one accuracy over all lengths; accuracy per symbol alone without saying so |
# | 1 | two or more trainings, their spread is named | one training repeated on other test data |
# | 1 | attention weights on both a trained and a longer length | the loss as an explanation |
# | 2 (report) | what was measured, by how much, and what it doesn't show | "attention understands order" |
#
# Usually found: nearly all of the trained lengths are right, few or none two symbols longer; there the weights spread over several
# places or jump. A likely cause, not shown here: the states, the encoder's or the decoder's, say where a symbol stands only as
# far as was trained.
#
# ### END MARK SCHEME

# %% nbgrader={"grade": false, "grade_id": "open_experiment", "locked": false, "schema_version": 3, "solution": true, "task": false}
### BEGIN SOLUTION
def backwards(number, lengths, seed):
    """Sources int (number, longest) filled up with 0, and targets: backwards, then 2."""
    rng = np.random.default_rng(seed)
    longest = max(lengths)
    x, y = np.zeros((number, longest), int), np.zeros((number, longest + 1), int)
    for row, length in enumerate(rng.choice(lengths, number)):
        x[row, :length] = rng.integers(3, 11, length)
        y[row, : length + 1] = [*x[row, :length][::-1], 2]
    return x, y


def reverser():
    """GRUs with attention, [source, target] to logits (batch, m, 11)."""
    source, target = (keras.Input((None,), dtype="int32") for _ in range(2))
    there = keras.ops.not_equal(source, 0)
    states, *last = keras.layers.Bidirectional(
        keras.layers.GRU(24, return_sequences=True, return_state=True)
    )(keras.layers.Embedding(11, 16)(source), mask=there)
    y = keras.layers.GRU(48, return_sequences=True)(
        keras.layers.Embedding(11, 16)(target), initial_state=keras.layers.Concatenate()(last)
    )
    found = keras.layers.Attention()([y, states], mask=[None, there])
    return keras.Model([source, target], keras.layers.Dense(11)(keras.layers.Concatenate()([y, found])))


def right(model, x, y):
    """Share of sources that are written backwards without an error."""
    written = np.zeros((len(x), y.shape[1] + 1), int)
    written[:, 0] = 1
    for step in range(y.shape[1]):
        logits = model([x, written[:, :-1]], training=False)
        written[:, step + 1] = np.argmax(logits[:, step], axis=-1)
    return np.mean([np.array_equal(row[: (y_row > 0).sum()], y_row[y_row > 0]) for row, y_row in zip(written[:, 1:], y)])


def mirrored(model, x, y):
    """Share of signs written with most weight on the place that mirrors them, the right ones being read before."""
    layer = next(layer for layer in model.layers if isinstance(layer, keras.layers.Attention))
    query, states = keras.Model(model.inputs, layer.input[:2])([x, decoder_input(y)])
    scores = np.where((x > 0)[:, None], query.numpy() @ states.numpy().swapaxes(1, 2), -np.inf)
    length = x.shape[1]
    return np.mean(scores[:, :length].argmax(axis=2) == np.arange(length)[::-1])


# Expected: whole sequences of 7 and 8 fail, and there the weights no longer stand on the mirrored place.
for seed in range(2):
    keras.utils.set_random_seed(seed)
    x, y = backwards(3_000, [2, 3, 4, 5, 6], seed)
    model = reverser()
    model.compile(
        keras.optimizers.Adam(0.01), keras.losses.SparseCategoricalCrossentropy(from_logits=True, ignore_class=0)
    )
    model.fit([x, decoder_input(y)], y, batch_size=64, epochs=3, verbose=0)
    shares = {length: right(model, *backwards(200, [length], 100 + seed)) for length in (4, 6, 7, 8)}
    looks = {length: mirrored(model, *backwards(200, [length], 200 + seed)) for length in (4, 6, 8)}
    print(seed, *({length: round(float(share), 2) for length, share in each.items()} for each in (shares, looks)))
### END SOLUTION

# %% [markdown] nbgrader={"grade": true, "grade_id": "open_report", "locked": false, "points": 2, "schema_version": 3, "solution": true, "task": false}
# ### BEGIN SOLUTION
# Question: does it write longer sources than it was trained on? My prediction: fewer of them. Two trainings on sources
# of two to six symbols. On newly drawn sources (of length four about one in eight was in the training) nearly all of
# length four and six are written backwards without an error, of seven and eight none, in both trainings: my prediction,
# but sharper. Why: on lengths four and six the largest weight is on the mirrored place at every step; on length eight,
# with the right symbols read before, at about a third of the steps or fewer. So on longer ones it doesn't look "one to
# the left of the last"; that it has learnt places, for the lengths that it saw, is a guess. Not shown: that the weights
# *cause* the errors, since I didn't move them by hand, and whether other sizes, or more lengths in training, would
# carry over. Next I would train on all lengths up to twelve but eight, and test eight.
# ### END SOLUTION
