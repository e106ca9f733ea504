# %% [markdown]
# # Assignment 08b · Random fields · 条件随机场
#
# **You need** chapter 08b. **Time** about two hours; the whole notebook runs in a few seconds.
# **Points** 20, of which 6 are given by hand.
#
# **题目** 先算一条路径的分数，再求第二好的路径和转移的期望次数，找出一个填充造成的错误，最后自己设计一个实验。
#
# Write your answers in place of the two lines `# YOUR CODE HERE` and `raise NotImplementedError(...)`. The cell below each
# answer checks it: no output means that nothing was found. These checks see the obvious; more tests run when your work is
# graded, where a cell may take five minutes.
# Before you hand it in: *Kernel → Restart Kernel and Run All Cells*. Don't rename the notebook, don't delete cells.
#

# %%
import numpy as np

# %% [markdown]
# ## 1 · One path (recall, 3 points)
#
# Scores (places, labels), transitions (labels, labels), from row to column, and a path (places,) of whole numbers. Write the path's score.
#

# %% nbgrader={"grade": false, "grade_id": "path", "locked": false, "schema_version": 3, "solution": true, "task": false}
def path_score(scores, transitions, path):
    """Scores (places, labels), transitions (labels, labels), labels of the path (places,); its score, a number."""
    ### BEGIN SOLUTION
    total = sum(scores[place, label] for place, label in enumerate(path))
    return total + sum(transitions[before, after] for before, after in zip(path[:-1], path[1:]))
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "path_check", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
import numpy as np

assert np.ndim(path_score(np.ones((3, 2)), np.zeros((2, 2)), [0, 1, 0])) == 0, "A path has one score, a number."
assert path_score(np.ones((3, 2)), np.zeros((2, 2)), [0, 1, 0]) == 3, "Without transitions each place adds its score."

# %% nbgrader={"grade": true, "grade_id": "path_test", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
# More tests run here when your work is graded.
### BEGIN HIDDEN TESTS
import numpy as np

moves = np.array([[1.0, 10.0], [100.0, 1000.0]])
found = path_score(np.zeros((3, 2)), moves, np.array([0, 1, 1]))
assert abs(found - 1100.0) > 1e-9, "From row to column: the first step goes from label 0 to label 1."
assert abs(found - 10.0) > 1e-9 and abs(found - 1000.0) > 1e-9, "Every pair of neighbours counts."
assert abs(found - 1010.0) < 1e-9, f"Steps 0 to 1 and 1 to 1 add 10 and 1000; it gives {found:.6g}."
assert abs(path_score(np.array([[2.0, 5.0]]), moves, np.array([1])) - 5.0) < 1e-9, "A path of one place has no transition."
### END HIDDEN TESTS

# %% [markdown]
# ## 2 · The second-best path (4 points)
#
# A decoder that also knows the runner-up can say how sure it is. Viterbi's algorithm is given. Write a function that gives the path of the second highest score; it differs from the best
# one at one place at least. Hidden tests have 40 places: there are too many paths to list.
#

# %%
def best_path(scores, transitions):
    """Scores (places, labels), transitions (labels, labels); the labels of the best path (places,)."""
    best, came_from = scores[0], []
    for now in scores[1:]:
        ways = best[:, None] + transitions
        came_from.append(ways.argmax(axis=0))
        best = now + ways.max(axis=0)
    path = [int(best.argmax())]
    for origin in came_from[::-1]:
        path.append(int(origin[path[-1]]))
    return np.array(path[::-1])

# %% nbgrader={"grade": false, "grade_id": "second", "locked": false, "schema_version": 3, "solution": true, "task": false}
def second_best(scores, transitions):
    """Scores (places, labels), transitions (labels, labels), two labels or more; the labels of the second-best path (places,)."""
    ### BEGIN SOLUTION
    first, rivals = best_path(scores, transitions), []
    for place in range(len(scores)):
        without = np.array(scores, float)
        without[place, first[place]] = -np.inf
        rivals.append(best_path(without, transitions))

    def total(path):
        return scores[np.arange(len(path)), path].sum() + transitions[path[:-1], path[1:]].sum()

    return max(rivals, key=total)
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "second_check", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
import numpy as np

found = np.asarray(second_best(np.array([[3.0, 0.0], [0.0, 2.0], [4.0, 0.0]]), np.zeros((2, 2))))
assert found.shape == (3,), f"A label for each place; the answer has the shape {found.shape}."
assert found.tolist() != [0, 1, 0], "That is the best path. What comes second?"
assert found.tolist() == [0, 0, 0], "Where transitions are 0, the second best gives way where that costs least."

# %% nbgrader={"grade": true, "grade_id": "second_test", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
# More tests run here when your work is graded.
### BEGIN HIDDEN TESTS
import itertools
import numpy as np

for seed in range(20):
    rng = np.random.default_rng(seed)
    places, labels = (1, 3) if seed == 0 else (2 + seed % 5, 2 + seed % 3)
    scores, moves = 2 * rng.normal(size=(places, labels)), 2 * rng.normal(size=(labels, labels))
    paths = list(itertools.product(range(labels), repeat=places))
    totals = np.array([sum(scores[t, k] for t, k in enumerate(p)) + sum(moves[a, b] for a, b in itertools.pairwise(p)) for p in paths])
    first, right = (list(paths[row]) for row in np.argsort(-totals)[:2])
    found = np.asarray(second_best(scores.copy(), moves.copy())).tolist()
    assert found != first, "That is the best path itself."
    gives_way = []
    for t in range(places):
        for k in range(labels):
            if k != first[t]:
                changed = [*first[:t], k, *first[t + 1 :]]
                gives_way.append((totals[paths.index(tuple(changed))], changed))
    assert found == right or found != max(gives_way)[1], "One label of the best path changed: its neighbours may have to change with it."
    assert found == right, f"{found} isn't second best, {right} is: forbid one label of the best path at a time, and decode again."
rng = np.random.default_rng(20)
scores, moves = rng.normal(size=(40, 3)), rng.normal(size=(3, 3))
found = np.asarray(second_best(scores.copy(), moves.copy()))


def score(path):
    return scores[np.arange(40), path].sum() + moves[path[:-1], path[1:]].sum()


# Sums of the two highest scores up to each place, by label: the second at the end is what the second-best path has.
two = [[value] for value in scores[0]]
for now in scores[1:]:
    two = [sorted((value + moves[a, b] + now[b] for a in range(3) for value in two[a]), reverse=True)[:2] for b in range(3)]
right = sorted(itertools.chain(*two), reverse=True)[1]
assert abs(score(found) - right) < 1e-9, f"With 40 places its score should be {right:.4f}, not {score(found):.4f}."
### END HIDDEN TESTS

# %% [markdown]
# ## 3 · How often is a pair expected? (4 points)
#
# The gradient by a transition is how often the pair was observed, less how often it is expected in a path drawn from the field. Write the second: entry (a, b) is the expected number of
# times that b follows a. Hidden tests have 60 places: there are too many paths to list.
#

# %% nbgrader={"grade": false, "grade_id": "pairs", "locked": false, "schema_version": 3, "solution": true, "task": false}
def expected_pairs(scores, transitions):
    """Scores (places, labels), transitions (labels, labels); expected number of each pair in a path, (labels, labels)."""
    ### BEGIN SOLUTION
    forward, backward = [scores[0]], [np.zeros(scores.shape[1])]
    for now in scores[1:]:
        forward.append(now + np.logaddexp.reduce(forward[-1][:, None] + transitions, axis=0))
    for after in scores[:0:-1]:
        backward.append(np.logaddexp.reduce(transitions + after + backward[-1], axis=1))
    backward, total = backward[::-1], np.logaddexp.reduce(forward[-1])
    found = np.zeros(transitions.shape)
    for place in range(1, len(scores)):
        found += np.exp(forward[place - 1][:, None] + transitions + scores[place] + backward[place] - total)
    return found
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "pairs_check", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
import numpy as np

found = np.asarray(expected_pairs(np.zeros((5, 3)), np.zeros((3, 3))))
assert found.shape == (3, 3), f"An entry for each pair of labels; the answer has the shape {found.shape}."
assert np.allclose(found, found[0, 0]), "Where all scores are 0, every pair is as likely as any other."
assert abs(found.sum() - 4) < 1e-6, "A path of 5 places has 4 pairs, whichever they are."

# %% nbgrader={"grade": true, "grade_id": "pairs_test", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
# More tests run here when your work is graded.
### BEGIN HIDDEN TESTS
import itertools
import numpy as np

rng = np.random.default_rng(3)
scores, moves = rng.normal(size=(5, 3)), rng.normal(size=(3, 3))
right, shares = np.zeros((3, 3)), []
paths = list(itertools.product(range(3), repeat=5))
for p in paths:
    shares.append(np.exp(sum(scores[t, k] for t, k in enumerate(p)) + sum(moves[a, b] for a, b in itertools.pairwise(p))))
shares = np.array(shares) / np.sum(shares)
each = np.array([[(np.array(p)[:, None] == np.arange(3)).astype(float)] for p in paths])[:, 0]  # (paths, places, labels)
for share, p in zip(shares, paths):
    for a, b in itertools.pairwise(p):
        right[a, b] += share
single = np.einsum("p,ptk->tk", shares, each)
found = np.asarray(expected_pairs(scores.copy(), moves.copy()))
assert not np.allclose(found, single[:-1].T @ single[1:]), "Neighbours aren't independent: a product of two marginals isn't the pair's probability."
assert not np.allclose(found, right.T), "From row to column: entry (a, b) counts b after a."
assert np.allclose(found, right), "For 5 places and 3 labels it isn't what listing all paths gives: does each pair's place count the scores of both places once?"
long = np.asarray(expected_pairs(rng.normal(size=(60, 4)) * 20, rng.normal(size=(4, 4))))
assert np.all(np.isfinite(long)) and abs(long.sum() - 59) < 1e-6, "With 60 places and large scores the sums must stay in logarithms."
### END HIDDEN TESTS

# %% [markdown]
# ## 4 · Find the fault (3 points)
#
# Shorter lines are filled up with zeros. A student's forward algorithm takes the padded scores, zeros after the line's end, and runs to the last place. With transitions that are all 0 its answer is too large, by the logarithm of the number of labels for each place filled up.
#

# %%
def faulty(scores, transitions, length):
    """Logarithm of Z of the first `length` places."""
    table = scores[0]
    for now in scores[1:]:
        table = now + np.logaddexp.reduce(table[:, None] + transitions, axis=0)
    return np.logaddexp.reduce(table)

# %% [markdown]
# Write it right.
#

# %% nbgrader={"grade": false, "grade_id": "padded", "locked": false, "schema_version": 3, "solution": true, "task": false}
def log_partition(scores, transitions, length):
    """Scores (places, labels) of which the first `length` are real, transitions (labels, labels); ln Z, a number."""
    ### BEGIN SOLUTION
    table = scores[0]
    for now in scores[1:length]:
        table = now + np.logaddexp.reduce(table[:, None] + transitions, axis=0)
    return np.logaddexp.reduce(table)
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "padded_check", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
import numpy as np

assert abs(log_partition(np.zeros((6, 2)), np.zeros((2, 2)), 6) - 6 * np.log(2)) < 1e-9, "Six real places, two labels, all scores 0: 64 paths."
assert abs(log_partition(np.zeros((6, 2)), np.zeros((2, 2)), 2) - log_partition(np.zeros((3, 2)), np.zeros((2, 2)), 2)) < 1e-9, (
    "Two real places are two real places, however much is filled up after them."
)

# %% nbgrader={"grade": true, "grade_id": "padded_test", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
# More tests run here when your work is graded.
### BEGIN HIDDEN TESTS
import itertools
import numpy as np

for places, length in [(4, 1), (5, 3), (6, 6)]:
    rng = np.random.default_rng(places)
    scores, moves = rng.normal(size=(places, 3)), rng.normal(size=(3, 3))
    scores[length:] = 0.0

    def listed(places, scores=scores, moves=moves):
        paths = itertools.product(range(3), repeat=places)
        return np.logaddexp.reduce([sum(scores[t, k] for t, k in enumerate(p)) + sum(moves[a, b] for a, b in itertools.pairwise(p)) for p in paths])

    found = log_partition(scores.copy(), moves.copy(), length)
    assert length == places or abs(found - listed(places)) > 1e-6, "What was filled up still counts: each place after the end multiplies the paths."
    assert length == 1 or abs(found - listed(length - 1)) > 1e-6, "The last real place is missing: it stands at length - 1."
    assert length == places or abs(found - listed(length + 1)) > 1e-6, "One place too many: the last real one stands at length - 1."
    assert length == 1 or abs(found - np.logaddexp.reduce(scores[:length], axis=1).sum()) > 1e-6, "The transitions don't count."
    assert abs(found - listed(length)) < 1e-6, f"For {length} real places of {places} it should be {listed(length):.4f}, not {found:.4f}."
### END HIDDEN TESTS

# %% [markdown] nbgrader={"grade": false, "grade_id": "open", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": true}
# ## 5 · Your own experiment (open, 6 points)
#
# *"The less a single reading says, the more its neighbours help."* Design an experiment that could refute this sentence: labels that stay a while and then
# change, a noisy reading of each, and two ways to find the labels, each reading by itself or the best path. In the next cell, and in as many cells of your own as you need after it:
#
# - say before you run what you expect, and what outcome would refute the sentence, with a number (1 point);
# - noise in steps no larger than a factor of 2, from hardly any to far too much (1 point);
# - the *gain* in labels right, over five seeds or more, with its spread (1 point);
# - both ways know the same about single readings: the only difference is the neighbours (1 point).
#
# Then conclude, in three to six sentences in the last cell: what was shown, what wasn't, what you would measure next (2 points).
#
# ### BEGIN MARK SCHEME
# **How to mark.** The first four points are given here, the last two at the report.
#
# | points | given for | not for |
# | --- | --- | --- |
# | 1 | a prediction and a refuting outcome, with a number, before the measurement | "neighbours help" |
# | 1 | noise from where single readings are nearly always right to where they are nearly guesses, in steps of 2 or finer | two levels |
# | 1 | the difference of the two shares, five seeds or more, spread shown | one run; the two shares alone |
# | 1 | the same model of a reading on both sides, with the labels' frequencies | a rival that doesn't know the noise |
# | 1 | a conclusion that the numbers carry, whichever it is | a conclusion known before |
# | 1 | what wasn't shown (other chains, learnt numbers), and a next measurement | a list of phrases |
#
# What is usually found: with little noise there is nothing to gain, with more the gain rises (most where the noise is
# about as large as the labels' distance), and far out it falls again to about nothing or below (with few places and
# seeds, partly by chance): where readings say nothing, neighbours have nothing to pass on, and the best path is not the
# labels that are most often right. Who takes the labels of the highest marginals in place of the best path gets the
# point too. So the sentence is right up to a point.
# ### END MARK SCHEME
#

# %% nbgrader={"grade": false, "grade_id": "open_experiment", "locked": false, "schema_version": 3, "solution": true, "task": false}
### BEGIN SOLUTION
def gain(noise, seed, places=2_000, stay=0.9):
    """Labels right by the best path less labels right one by one, and the latter."""
    rng = np.random.default_rng(seed)
    labels = np.cumsum(rng.random(places) > stay) % 2
    readings = labels + noise * rng.normal(size=places)
    scores = -0.5 * ((readings[:, None] - np.arange(2)) / noise) ** 2
    transitions = np.log(np.array([[stay, 1 - stay], [1 - stay, stay]]))
    alone = (scores.argmax(axis=1) == labels).mean()
    together = (best_path(scores, transitions) == labels).mean()
    return together - alone, alone


# Expected: the gain rises with the noise all the way. Refuted if it is smaller at the largest noise than at its best by 0.05 or more.
for noise in 0.125 * 2.0 ** np.arange(8):
    found = np.array([gain(noise, seed) for seed in range(5)])
    print(f"noise {noise:6.3f}: alone {found[:, 1].mean():.3f}, gain {found[:, 0].mean():+.3f} ± {found[:, 0].std():.3f}")
### END SOLUTION

# %% [markdown] nbgrader={"grade": true, "grade_id": "open_report", "locked": false, "points": 2, "schema_version": 3, "solution": true, "task": false}
# ### BEGIN SOLUTION
# I expected a gain that rises all the way. It rises at first, from nothing where single readings are always right, and
# falls again by far more than 0.05 where they are nearly guesses. So the sentence is refuted as it stands; it holds up
# to a middle noise. Not shown: what happens when the noise and the chain must be learnt, or when labels stay for other
# times. Next I would vary how long labels stay: the longer, the larger the noise at which the gain should be largest.
# ### END SOLUTION
#
