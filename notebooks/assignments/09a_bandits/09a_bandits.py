# %% [markdown]
# # Assignment 09a · Bandits · 赌博机
#
# **You need** chapter 09a. **Time** about two hours; the whole notebook runs in half a minute.
# **Points** 20, of which 6 are given by hand.
#
# **题目** 先算遗憾，再写 UCB1 和汤普森采样，找出离策略估计中的错误，最后自己设计一个实验。
#
# Write your answers in place of the two lines `# YOUR CODE HERE` and `raise NotImplementedError(...)`. The cell below each
# answer checks it: no output means that nothing was found. These checks see the obvious; more tests run when your work is
# graded, where a cell may take five minutes.
# Before you hand it in: *Kernel → Restart Kernel and Run All Cells*. Don't rename the notebook, don't delete cells.
#

# %%
import numpy as np

# %% [markdown]
# ## 1 · What did it cost? (recall, 3 points)
#
# Write the regret after each step: how far the best arm's mean would have been ahead of the chosen arms' means, summed up so
# far. Rewards aren't needed.
#

# %% nbgrader={"grade": false, "grade_id": "regret", "locked": false, "schema_version": 3, "solution": true, "task": false}
def regret(means, chosen):
    """Means of the arms (arms,), arms chosen (steps,); the regret so far after each step, (steps,)."""
    ### BEGIN SOLUTION
    means = np.asarray(means, "float64")
    return np.cumsum(means.max() - means[np.asarray(chosen)])
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "regret_check", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
import numpy as np

found = np.asarray(regret([0.5, 0.2], [1, 0, 1]))
assert found.shape == (3,), f"Three choices give three numbers; the answer has the shape {found.shape}."
assert found[0] > 0, "The first choice was the worse arm: that cost something."
assert found[1] == found[0], "The second choice was the best arm: it costs nothing, and what was lost stays lost."

# %% nbgrader={"grade": true, "grade_id": "regret_test", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
# More tests run here when your work is graded.
### BEGIN HIDDEN TESTS
import numpy as np

means, chosen = np.array([0.1, 0.7, 0.4]), [0, 2, 1, 0]
right = np.array([0.6, 0.9, 0.9, 1.5])
found = np.asarray(regret(means, chosen))
assert not np.allclose(found, [0.6, 0.3, 0.0, 0.6]), "These are the losses of single steps: sum them up."
assert not np.allclose(found, right / np.arange(1, 5)), "This is the mean loss so far: regret is a sum."
assert np.allclose(found, right), f"For the means 0.1, 0.7, 0.4 and the choices 0, 2, 1, 0 it should be {right}."
assert np.allclose(regret([0.3, 0.3], [0, 1, 1]), 0), "Where both arms are best, nothing can be lost."
### END HIDDEN TESTS

# %% [markdown]
# ## 2 · Optimism (4 points)
#
# Write UCB1's choice: an arm that was never tried comes first (the one with the smallest number); else the arm with the largest
# $\bar r_a + \sqrt{2 \ln t / n_a}$, where $t$ is the number of all tries so far.
#

# %% nbgrader={"grade": false, "grade_id": "optimism", "locked": false, "schema_version": 3, "solution": true, "task": false}
def ucb1(counts, averages):
    """The number of the arm to choose; tries of each arm (arms,), its mean reward so far (arms,)."""
    ### BEGIN SOLUTION
    counts, averages = np.asarray(counts, "float64"), np.asarray(averages, "float64")
    if (counts == 0).any():
        return int(np.flatnonzero(counts == 0)[0])
    return int(np.argmax(averages + np.sqrt(2 * np.log(counts.sum()) / counts)))
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "optimism_check", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
import numpy as np

assert ucb1([3, 0, 2], [0.9, 0.0, 0.5]) == 1, "Arm 1 was never tried: it comes first."
assert ucb1([10, 10], [0.2, 0.6]) == 1, "Where both were tried equally often, the better mean decides."

# %% nbgrader={"grade": true, "grade_id": "optimism_test", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
# More tests run here when your work is graded.
### BEGIN HIDDEN TESTS
import numpy as np

assert ucb1([100, 2], [0.6, 0.3]) == 1, "An arm tried twice of 102 times could still be the best: how wide is its doubt?"
assert ucb1([0, 0, 1], [0.0, 0.0, 1.0]) == 0, "Of the arms never tried, the one with the smallest number comes first."
rng = np.random.default_rng(3)
for _ in range(200):
    counts, averages = rng.integers(1, 60, size=5), rng.random(5)
    scores = [averages[a] + (2 * np.log(counts.sum()) / counts[a]) ** 0.5 for a in range(5)]
    found = ucb1(counts, averages)
    plain = [averages[a] + (np.log(counts.sum()) / counts[a]) ** 0.5 for a in range(5)]
    assert found == np.argmax(scores) or found != np.argmax(plain), "There is a factor of 2 under the root."
    assert found == np.argmax(scores), (
        f"Tries {counts}, means {averages.round(2)}: it should choose {np.argmax(scores)}, not {found}. The logarithm is of all tries."
    )
### END HIDDEN TESTS

# %% [markdown]
# ## 3 · Find the fault (3 points)
#
# A student estimates from logs what a new policy would earn. On average over many logs the estimate should be right; it isn't.
#

# %%
def faulty_estimate(rewards, logging, new):
    """Rewards (rows,), probabilities of the logged actions under the logging policy and under the new one (rows,)."""
    weights = logging / new
    return (weights * rewards).sum() / (rewards > 0).sum()

# %% [markdown]
# There are two mistakes. Write the inverse propensity estimate right.
#

# %% nbgrader={"grade": false, "grade_id": "estimate", "locked": false, "schema_version": 3, "solution": true, "task": false}
def estimate(rewards, logging, new):
    """The inverse propensity estimate, a number; arguments (rows,) each."""
    ### BEGIN SOLUTION
    return float(np.mean(np.asarray(new) / np.asarray(logging) * np.asarray(rewards)))
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "estimate_check", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
import numpy as np

same = np.array([0.5, 0.25])
assert estimate(np.array([1.0, 0.0]), same, same) == 0.5, "Judged by its own log, a policy earns the log's mean reward: 0.5."

# %% nbgrader={"grade": true, "grade_id": "estimate_test", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
# More tests run here when your work is graded.
### BEGIN HIDDEN TESTS
import numpy as np

rewards, logging, new = np.array([1.0, 1.0, 0.0, 0.0]), np.array([0.5, 0.1, 0.5, 0.4]), np.array([0.1, 0.4, 0.8, 0.4])
found, right = estimate(rewards, logging, new), (0.2 + 4.0) / 4
assert abs(found - (5 + 0.25) / 4) > 1e-9, "The weight is upside down: what the new policy does more often counts more."
assert abs(found - (0.2 + 4.0) / 2) > 1e-9, "Rows without a reward add nothing to the sum, but they are rows of the log."
assert abs(found - 4.2 / (0.2 + 4.0 + 1.6 + 1.0)) > 1e-9, "That is the self-normalised estimate: divide by the number of rows."
assert abs(found - right) < 1e-9, f"For these four rows it should be {right}, not {found:.3g}."
### END HIDDEN TESTS

# %% [markdown]
# ## 4 · Beliefs (4 points)
#
# Write Thompson sampling for rewards 0 and 1: start from Beta(1, 1) for each arm; at each step draw a number from each arm's belief, choose the
# arm with the largest, and update its belief with the reward. `pull(arm)` gives the reward.
#

# %% nbgrader={"grade": false, "grade_id": "beliefs", "locked": false, "schema_version": 3, "solution": true, "task": false}
def thompson(pull, arms, steps, seed):
    """Arms chosen (steps,), and the beliefs at the end: (arms, 2), the two numbers of each Beta distribution."""
    ### BEGIN SOLUTION
    rng, beliefs, chosen = np.random.default_rng(seed), np.ones((arms, 2)), []
    for _ in range(steps):
        arm = int(np.argmax(rng.beta(beliefs[:, 0], beliefs[:, 1])))
        reward = pull(arm)
        beliefs[arm] += (reward, 1 - reward)
        chosen.append(arm)
    return np.array(chosen), beliefs
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "beliefs_check", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
import numpy as np

chosen, beliefs = thompson(lambda arm: 1, 3, 20, 0)
assert np.shape(chosen) == (20,) and np.shape(beliefs) == (3, 2), "20 choices, and two numbers for each of 3 arms."
assert np.sum(beliefs) == 3 * 2 + 20, "Each step adds 1 to one number of one arm's belief."

# %% nbgrader={"grade": true, "grade_id": "beliefs_test", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
# More tests run here when your work is graded.
### BEGIN HIDDEN TESTS
import numpy as np

chosen, beliefs = thompson(lambda arm: int(arm == 1), 2, 60, 1)
tries = np.bincount(chosen, minlength=2)
assert np.array_equal(np.asarray(beliefs).sum(axis=1) - 2, tries), "Each arm's belief counts its own tries: was another arm's updated?"
assert beliefs[1][0] - 1 == tries[1] and beliefs[0][1] - 1 == tries[0], (
    "Rewards go to the first number of Beta, failures to the second."
)
again = thompson(lambda arm: int(arm == 1), 2, 60, 1)[0]
assert np.array_equal(chosen, again), "The same seed should give the same choices: take all chance from one generator with this seed."


def played(seed, means=(0.3, 0.5)):
    coin = np.random.default_rng([seed, 99])
    return thompson(lambda arm: int(coin.random() < means[arm]), 2, 400, seed)[0]


runs = np.array([played(seed) for seed in range(40)])
late = (runs[:, -100:] == 1).mean()
assert late > 0.75, f"After 300 steps the better arm should be chosen in most steps, not in {late:.0%} of them: do draws decide, or chance?"
early = (runs[:, :10] == 0).mean()
assert early > 0.25, "At first both arms are tried: beliefs are wide. Are draws taken from them, or their means?"
### END HIDDEN TESTS

# %% [markdown] nbgrader={"grade": false, "grade_id": "open", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": true}
# ## 5 · Your own experiment (open, 6 points)
#
# *"Thompson sampling must begin with Beta(1, 1): with another first belief it fails."* Design an experiment that could refute this sentence. In the
# next cell, and in as many cells of your own as you need after it:
#
# - say before you run what you expect, and what outcome would refute the sentence, with a number or an order (1 point);
# - three or more first beliefs besides Beta(1, 1), among them a confident wrong one (1 point);
# - five or more bandits, each played often enough, regret with its spread (1 point);
# - two numbers of steps, a short and a long one: does the first belief still matter later? (1 point)
#
# Then conclude, in three to six sentences in the last cell: what was shown, what wasn't, what you would measure next (2 points).
#
# ### BEGIN MARK SCHEME
# **How to mark.** The first four points are given here, the last two at the report.
#
# | points | given for | not for |
# | --- | --- | --- |
# | 1 | a prediction and a refuting outcome, with a number or an order, before the measurement | "the prior matters" |
# | 1 | three other first beliefs or more, one of them confident and wrong | one other belief |
# | 1 | five bandits or more with means of their own, several runs of each, the spread shown | one run |
# | 1 | a short and a long horizon compared | one horizon |
# | 1 | a conclusion that the numbers carry, whichever it is | a conclusion known before |
# | 1 | what wasn't shown (bandits of one kind, rewards 0 and 1), and a next measurement | a list of phrases |
#
# What is usually found: beliefs that fit how the bandits are drawn are slightly better; Beta(10, 10) costs about a third more. The confident
# Beta(1, 100) makes the first arm that pays a favourite for good: several times the loss after 2,000 steps, and its regret still grows
# in proportion to the steps. That *any* other belief fails is refuted; that *some* fail isn't.
# ### END MARK SCHEME
#

# %% nbgrader={"grade": false, "grade_id": "open_experiment", "locked": false, "schema_version": 3, "solution": true, "task": false}
### BEGIN SOLUTION
def regret_from(first, means, steps, seed):
    """Regret at two times of Thompson sampling that begins with Beta(*first)."""
    rng, beliefs, chosen = np.random.default_rng(seed), np.tile(np.array(first, "float64"), (len(means), 1)), []
    for _ in range(steps):
        arm = int(np.argmax(rng.beta(beliefs[:, 0], beliefs[:, 1])))
        reward = rng.random() < means[arm]
        beliefs[arm] += (reward, 1 - reward)
        chosen.append(arm)
    return regret(means, chosen)[[steps // 10 - 1, steps - 1]]


# Expected: Beta(2, 4), which the bandits are drawn from, is best; the others lose less than twice as much after 2,000 steps.
# Refuted: if any other belief than Beta(1, 1) loses less than 1.5 times what Beta(1, 1) loses.
some = [np.random.default_rng(seed).beta(2, 4, size=5) for seed in range(6)]
for first in [(1, 1), (2, 4), (10, 10), (1, 100), (0.1, 0.1)]:
    found = np.array([[regret_from(first, means, 2_000, seed) for seed in range(3)] for means in some]).mean(axis=1)
    print(first, "after 200 and 2,000 steps:", found.mean(axis=0).round(1), "sd over bandits", found.std(axis=0).round(1))
### END SOLUTION

# %% [markdown] nbgrader={"grade": true, "grade_id": "open_report", "locked": false, "points": 2, "schema_version": 3, "solution": true, "task": false}
# ### BEGIN SOLUTION
# As a sentence about every other belief it is refuted: Beta(2, 4) and Beta(0.1, 0.1) lose no more within the spread. My own prediction failed:
# Beta(1, 100) loses several times as much, and after 2,000 steps ten times as much as after 200, since the other arms, believed bad, are
# hardly ever tried. Not shown: bandits with many arms or tiny means, as in clicks. Next I would measure from which confidence on a
# wrong belief no longer recovers.
# ### END SOLUTION
#
