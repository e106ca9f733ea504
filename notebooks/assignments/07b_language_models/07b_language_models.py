# %% [markdown]
# # Assignment 07b · Language models · 语言模型
#
# **You need** chapter 07b. **Time** about two hours; the whole notebook runs in half a minute.
# **Points** 22, of which 6 are given by hand.
#
# **题目** 先计算困惑度，再手写字节对合并与带折扣的 Kneser–Ney 二元语法，用 NumPy 写出带因果掩码的注意力，最后自己设计一个实验：在什么样的文本上，网络胜过计数。
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
# ## 1 · Perplexity (recall, 3 points)
#
# Write a function for the perplexity of a model on a text, from the probabilities that it gave to the symbols that came.
#

# %% nbgrader={"grade": false, "grade_id": "perplexity", "locked": false, "schema_version": 3, "solution": true, "task": false}
def perplexity(probabilities):
    """A float; probabilities is an array (symbols,), all above 0."""
    ### BEGIN SOLUTION
    return float(2 ** np.mean(-np.log2(probabilities)))
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "perplexity_check", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
import numpy as np

assert abs(perplexity(np.array([0.25, 0.25, 0.25])) - 4) < 1e-9, "Always as unsure as among four equal symbols."

# %% nbgrader={"grade": true, "grade_id": "perplexity_test", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
# More tests run here when your work is graded.
### BEGIN HIDDEN TESTS
import numpy as np

p = np.array([0.5, 0.125])
found = perplexity(p)
assert abs(found - 1 / p.mean()) > 1e-9, "The mean is taken over the bits, not over the probabilities."
assert abs(found - np.mean(1 / p)) > 1e-9, "The mean is taken over the bits, not over the numbers of symbols."
assert abs(found - np.exp(2)) > 1e-6, "Bits go with 2: two bits on average make a perplexity of 2 to the power of 2."
assert abs(found - 4) < 1e-9, f"1 bit and 3 bits, 2 on average: perplexity 4, not {found}."
assert abs(perplexity(np.ones(5)) - 1) < 1e-9, "Who was always sure and right has perplexity 1."
assert np.isfinite(perplexity(np.full(5_000, 0.01))), "The product of many probabilities is 0 in floating point: add up logarithms."
### END HIDDEN TESTS

# %% [markdown]
# ## 2 · Byte pairs (5 points)
#
# First the pair to merge: of all pairs of neighbours, the one that occurs most often. Count a pair at every place where it stands, overlapping or not.
#

# %% nbgrader={"grade": false, "grade_id": "pair", "locked": false, "schema_version": 3, "solution": true, "task": false}
def most_frequent_pair(pieces):
    """A tuple of two texts; pieces is a list of texts, two or more. Of equally frequent pairs, the one that stands first."""
    ### BEGIN SOLUTION
    counts = {}
    for pair in zip(pieces[:-1], pieces[1:]):
        counts[pair] = counts.get(pair, 0) + 1
    return max(counts, key=counts.get)
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "pair_check", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
assert most_frequent_pair(list("abcab")) == ("a", "b"), "ab occurs twice in abcab, every other pair once."

# %% nbgrader={"grade": true, "grade_id": "pair_test", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# More tests run here when your work is graded.
### BEGIN HIDDEN TESTS
found = most_frequent_pair(list("xyaxyaxzaaa"))
assert found == ("x", "y"), "ax occurs twice, xy and ya too, and xy stands first."
assert most_frequent_pair(list("aaabcbc")) == ("a", "a"), "aa stands at two places of aaa, as often as bc, and first."
assert most_frequent_pair(list("aabaabzzzz")) == ("z", "z"), "In zzzz the pair zz stands at three places."
assert most_frequent_pair(["th", "e", "t", "he", "th", "e"]) == ("th", "e"), "Pairs are of pieces: th followed by e is another pair than t followed by he."
### END HIDDEN TESTS

# %% [markdown]
# Then the merge: every such pair becomes one piece, from left to right; a piece goes into one merge only.
#

# %% nbgrader={"grade": false, "grade_id": "merge", "locked": false, "schema_version": 3, "solution": true, "task": false}
def merged(pieces, pair):
    """A new list of texts; pieces is not changed."""
    ### BEGIN SOLUTION
    result, place = [], 0
    while place < len(pieces):
        if tuple(pieces[place : place + 2]) == tuple(pair):
            result.append(pair[0] + pair[1])
            place += 2
        else:
            result.append(pieces[place])
            place += 1
    return result
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "merge_check", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
assert merged(list("abcab"), ("a", "b")) == ["ab", "c", "ab"], "Both pairs ab become one piece each."

# %% nbgrader={"grade": true, "grade_id": "merge_test", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
# More tests run here when your work is graded.
### BEGIN HIDDEN TESTS
given = list("aaaaa")
found = merged(given, ("a", "a"))
assert given == list("aaaaa"), "The list that was given must not be changed."
assert "".join(found) == "aaaaa", f"No letter may be lost or doubled: aaaaa became {''.join(found)}."
assert found == ["aa", "aa", "a"], f"From left to right, each piece once: aa aa a, not {found}."
found = merged(["ab", "a", "b", "ab"], ("a", "b"))
assert found == ["ab", "ab", "ab"], f"Pieces ab, a, b, ab become ab, ab, ab, not {found}."
assert merged(list("xyz"), ("y", "x")) == list("xyz"), "y before x doesn't occur here: order matters."
### END HIDDEN TESTS

# %% [markdown]
# ## 3 · Kneser and Ney, pairs only (4 points)
#
# Write the probability of a letter after another, from a text in which pairs were counted. With the discount $D = 0.75$ for every pair that occurred, $c(hx)$ how often
# $x$ followed $h$, $c(h)$ the sum over $x$, and $t(h)$ how many different letters followed $h$:
#
# $$p(x \mid h) = \frac{\max(c(hx) - D, 0)}{c(h)} + \frac{D\, t(h)}{c(h)} \cdot \frac{\text{number of different letters before } x}{\text{number of different pairs}} .$$
#

# %% nbgrader={"grade": false, "grade_id": "kneser", "locked": false, "schema_version": 3, "solution": true, "task": false}
def probability(letter, before, text, discount=0.75):
    """A float; `before` is a letter that is followed by another somewhere in `text`."""
    ### BEGIN SOLUTION
    counts = {}
    for pair in zip(text[:-1], text[1:]):
        counts[pair] = counts.get(pair, 0) + 1
    after = {x: count for (h, x), count in counts.items() if h == before}
    total = sum(after.values())
    shorter = sum(x == letter for _, x in counts) / len(counts)
    return (max(after.get(letter, 0) - discount, 0) + discount * len(after) * shorter) / total
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "kneser_check", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
text = "banana bandana"
for before in "abnd ":
    total = sum(probability(letter, before, text) for letter in set(text))
    assert abs(total - 1) < 1e-9, f"After {before!r} the probabilities of all letters add up to {total}, not 1."

# %% nbgrader={"grade": true, "grade_id": "kneser_test", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
# More tests run here when your work is graded.
### BEGIN HIDDEN TESTS
text = "ququququ" + "abcabdacb"
pairs = [text[i : i + 2] for i in range(len(text) - 1)]
different = set(pairs)


def shorter(x):
    return sum(pair[1] == x for pair in different) / len(different)


def by_count(x):
    return sum(pair[1] == x for pair in pairs) / len(pairs)


def right(x, h, base):
    total = sum(pair[0] == h for pair in pairs)
    kinds = sum(pair[0] == h for pair in different)
    return (max(pairs.count(h + x) - 0.75, 0) + 0.75 * kinds * base(x)) / total


found = probability("u", "a", text)
assert abs(found - right("u", "a", by_count)) > 1e-9, "The shorter context counts different letters before x, not how often x came: u is frequent, but only after q."
assert found > 0, "Also a pair that was never seen has a probability."
assert abs(found - right("u", "a", shorter)) < 1e-9, f"u after a: {right('u', 'a', shorter):.4f}, not {found:.4f}."
found = probability("u", "q", text)
assert abs(found - 1) > 1e-9, "The discount is taken off pairs that were seen, too."
assert abs(found - right("u", "q", shorter)) < 1e-9, f"u after q: {right('u', 'q', shorter):.4f}, not {found:.4f}."
for h in "abcq":
    for x in "abcdqu":
        assert abs(probability(x, h, text) - right(x, h, shorter)) < 1e-9, f"{x} after {h}: {right(x, h, shorter):.4f} expected."
assert abs(probability("b", "a", text, discount=0.5) - probability("b", "a", text)) > 1e-6, "The discount that is given must be used."
### END HIDDEN TESTS

# %% [markdown]
# ## 4 · Attention that looks back only (4 points)
#
# Write causal attention of one head in NumPy: scores are products of queries and keys over the root of their length, softmax over the places up to one's own.
#

# %% nbgrader={"grade": false, "grade_id": "attention", "locked": false, "schema_version": 3, "solution": true, "task": false}
def causal_attention(q, k, v):
    """float (steps, features of v); q and k are (steps, d), v is (steps, features)."""
    ### BEGIN SOLUTION
    scores = q @ k.T / np.sqrt(q.shape[1])
    scores = np.where(np.tril(np.ones(scores.shape, bool)), scores, -np.inf)
    weights = np.exp(scores - scores.max(axis=1, keepdims=True))
    return weights / weights.sum(axis=1, keepdims=True) @ v
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "attention_check", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
import numpy as np

zeros, values = np.zeros((3, 2)), np.array([[1.0], [3.0], [8.0]])
found = np.asarray(causal_attention(zeros, zeros, values))
assert found.shape == (3, 1), f"Three places, values of one number: (3, 1), not {found.shape}."
assert abs(found[0, 0] - 1) < 1e-9, "The first place sees itself only."

# %% nbgrader={"grade": true, "grade_id": "attention_test", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
# More tests run here when your work is graded.
### BEGIN HIDDEN TESTS
import numpy as np

random = np.random.default_rng(4)
q, k, v = random.normal(size=(6, 4)), random.normal(size=(6, 4)), random.normal(size=(6, 3))


def by_sums(scale, last):
    rows = []
    for i in range(6):
        places = range(last(i))
        weights = [np.exp(float(q[i] @ k[j]) / scale) for j in places]
        rows.append(sum(w * v[j] for w, j in zip(weights, places)) / sum(weights))
    return np.array(rows)


found = np.asarray(causal_attention(q, k, v))
assert found.shape == (6, 3), f"Six places, values of three numbers: (6, 3), not {found.shape}."
assert not np.allclose(found, by_sums(2.0, lambda i: 6)), "Every place sees all places: the mask is missing."
assert not np.allclose(found, by_sums(1.0, lambda i: i + 1)), "Scores are divided by the root of d, here 2."
assert not np.allclose(found, by_sums(4.0, lambda i: i + 1)), "Scores are divided by the root of d, not by d."
later = v.copy()
later[4] += 1
assert np.allclose(np.asarray(causal_attention(q, k, later))[:4], found[:4]), "A later value changes an earlier place: masked places must get no weight at all."
assert np.allclose(found, by_sums(2.0, lambda i: i + 1)), "Weights are a softmax over the places up to one's own: they add up to 1 there."
assert np.isfinite(np.asarray(causal_attention(300 * q, 300 * k, v))).all(), "Large scores overflow: take each row's largest off before the exponential."
### END HIDDEN TESTS

# %% [markdown]
# Given for the last exercise: made-up texts. A text is made of sentences; in each, a letter at the beginning is repeated at the end, with `gap` letters between,
# which follow each other by a table.
#

# %%
def sentences(letters, gap, seed=0, kinds=8):
    """A text as int32 (letters,) of symbols from 0 to kinds; kinds is the full stop."""
    random = np.random.default_rng(seed)
    table = np.random.default_rng(99).dirichlet(np.full(kinds, 0.3), kinds)
    text = []
    while len(text) < letters:
        first = random.integers(kinds)
        text.append(first)
        now = random.integers(kinds)
        for _ in range(gap):
            text.append(now)
            now = random.choice(kinds, p=table[now])
        text += [first, kinds]
    return np.array(text[:letters], "int32")


# %% [markdown] nbgrader={"grade": false, "grade_id": "open", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": true}
# ## 5 · When does a network beat counting? (open, 6 points)
#
# *"Neural language models are better than n-grams."* Design an experiment on these texts that could refute this sentence, or a part of it that you choose and write down. In
# the next cell, and in as many cells of your own as you need after it:
#
# - say before you run what you expect, and what outcome would refute the sentence (1 point);
# - a network and a counted model on the same training text, both in bits per letter on a text that neither has read (1 point);
# - three repetitions or more of each, with other texts or other starts (1 point);
# - one more thing changed: the gap, or the amount of text (1 point).
#
# Then conclude, in three to six sentences in the last cell: what was shown, what wasn't, what you would measure next (2 points).
#
# ### BEGIN MARK SCHEME
# **How to mark.** The first four points are given here, the last two at the report.
#
# | points | given for | not for |
# | --- | --- | --- |
# | 1 | a prediction and a refuting outcome, with a number, before the measurement | "the network will be better" |
# | 1 | the same text for both, held-out text for both, smoothed counts | training loss against held-out bits |
# | 1 | three repetitions or more, with their spread | one run each |
# | 1 | gap or amount of text varied, all else alike | several things changed at once |
# | 1 | a conclusion that the numbers carry, whichever it is | a conclusion known before |
# | 1 | what wasn't shown (made-up texts, one size of network), and a next measurement | a list of phrases |
#
# What is usually found: with little text counting is as good or better; with more the network is ahead, where the repeated letter lies farther back than the n-gram reads.
# ### END MARK SCHEME
#

# %% nbgrader={"grade": false, "grade_id": "open_experiment", "locked": false, "schema_version": 3, "solution": true, "task": false}
### BEGIN SOLUTION
def counted_bits(train, test, order=3, symbols=9):
    """Bits per letter of counts, smoothed by adding the shorter context's guess five times."""
    guess = np.full((len(test), symbols), 1 / symbols)
    for length in range(order):
        counts = {}
        for end in range(length, len(train)):
            counts.setdefault(tuple(train[end - length : end]), np.zeros(symbols))[train[end]] += 1
        for end in range(length, len(test)):
            seen = counts.get(tuple(test[end - length : end]), np.zeros(symbols))
            guess[end] = (seen + 5 * guess[end]) / (seen.sum() + 5)
    return float(-np.log2(guess[np.arange(len(test)), test]).mean())


def network_bits(train, test, seed, steps=40):
    """Bits per letter of a small GRU, trained for 300 steps."""
    keras.utils.set_random_seed(seed)
    model = keras.Sequential([
        keras.Input((None,), dtype="int32"),
        keras.layers.Embedding(9, 16),
        keras.layers.GRU(32, return_sequences=True),
        keras.layers.Dense(9),
    ])
    model.compile(keras.optimizers.Adam(0.01), keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    starts = np.random.default_rng(seed).integers(0, len(train) - steps - 1, 300 * 16)
    rows = train[starts[:, None] + np.arange(steps + 1)]
    model.fit(rows[:, :-1], rows[:, 1:], batch_size=16, epochs=1, verbose=0)
    return model.evaluate(test[None, :-1], test[None, 1:], verbose=0) / np.log(2)


for letters in (1_000, 8_000):
    counts, networks = [], []
    for seed in range(3):
        train, test = sentences(letters, 4, seed), sentences(1_000, 4, 100 + seed)
        counts.append(counted_bits(train, test))
        networks.append(network_bits(train, test, seed))
    print(letters, "letters: counted", np.round(counts, 2), "network", np.round(networks, 2))
### END SOLUTION

# %% [markdown] nbgrader={"grade": true, "grade_id": "open_report", "locked": false, "points": 2, "schema_version": 3, "solution": true, "task": false}
# ### BEGIN SOLUTION
# **Expected** before the run: the network pays at least 0.2 bits per letter less than counts of three letters, with little text and with much. Refuted for an amount of
# text, if counting pays as little or less in two repetitions of three.
#
# **Found.** With 8,000 letters the network pays 1.72 to 1.82 bits, counting 2.66 to 2.68: the letter that comes back after four others is out of reach of three letters, and so is how far the sentence has come. With
# 1,000 letters it is the other way round, 3.23 to 3.35 against 2.84 to 2.86: the network takes the few sentences for rules, and the sentence is refuted there. Real texts, other
# networks, and one that stops in time aren't covered; nor are counts of six letters, which see the repetition. Next: the amount of text from 500 to 16,000 at several gaps, and
# a network that is stopped on held-out text.
# ### END SOLUTION
