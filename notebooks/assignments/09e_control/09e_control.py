# %% [markdown]
# # Assignment 09e · Toys, games, driving · 玩具、游戏、驾驶
#
# **You need** chapter 09e. **Time** about two hours; the whole notebook runs in half a minute.
# **Points** 20, of which 6 are given by hand.
#
# **题目** 先算奖励和软演员–评论家的目标值，再找出密度公式中的错误，预测球的落点，最后自己设计一个关于奖励的实验。
#
# Write your answers in place of the two lines `# YOUR CODE HERE` and `raise NotImplementedError(...)`. The cell below each
# answer checks it: no output means that nothing was found. These checks see the obvious; more tests run when your work is
# graded, where a cell may take five minutes.
# Before you hand it in: *Kernel → Restart Kernel and Run All Cells*. Don't rename the notebook, don't delete cells.
#

# %%
import numpy as np

# %% [markdown]
# ## 1 · What does a step cost? (recall, 3 points)
#
# The pendulum pays $-(\theta^2 + 0.1\,\dot\theta^2 + 0.001\,u^2)$, with θ from the top, brought into $[-\pi, \pi)$ first: after a whole turn the rod is
# where it was.
#

# %% nbgrader={"grade": false, "grade_id": "pay", "locked": false, "schema_version": 3, "solution": true, "task": false}
def pay(angle, speed, torque):
    """Rewards, of arrays of equal shape; the angle from the top in radians, any number of turns."""
    ### BEGIN SOLUTION
    angle = (np.asarray(angle) + np.pi) % (2 * np.pi) - np.pi
    return -(angle**2 + 0.1 * np.asarray(speed) ** 2 + 0.001 * np.asarray(torque) ** 2)
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "pay_check", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
import numpy as np

found = np.asarray(pay(np.array([0.0, 1.0]), np.zeros(2), np.zeros(2)))
assert found.shape == (2,), f"Two states give two rewards; the answer has the shape {found.shape}."
assert found[0] == 0, "Upright, at rest and without torque nothing is lost."
assert found[1] < 0, "Away from the top something is lost: a reward below 0."

# %% nbgrader={"grade": true, "grade_id": "pay_test", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
# More tests run here when your work is graded.
### BEGIN HIDDEN TESTS
import numpy as np

turned = float(np.ravel(pay(np.array([2 * np.pi + 0.5]), np.zeros(1), np.zeros(1)))[0])
assert abs(turned + (2 * np.pi + 0.5) ** 2) > 1e-6, "A turn and half a radian is half a radian: bring the angle into [-π, π) first."
assert abs(turned + 0.25) < 1e-9, f"A turn and half a radian should pay -0.25, not {turned:.4g}."
other = float(np.ravel(pay(np.array([-1.0]), np.array([3.0]), np.array([2.0])))[0])
assert abs(other + (1 + 0.1 * 3 + 0.001 * 2)) > 1e-9, "Speed and torque count by their squares."
assert abs(other + 1.904) < 1e-9, f"Angle -1, speed 3, torque 2 should pay -1.904, not {other:.4g}."
assert abs(float(np.ravel(pay(np.array([6.0]), np.zeros(1), np.zeros(1)))[0]) + (2 * np.pi - 6) ** 2) < 1e-9, (
    "6 radians are nearer to the top than they look: 2π - 6."
)
many = np.ravel(pay(np.array([-4 * np.pi - 0.5, 6 * np.pi + 1.0]), np.zeros(2), np.zeros(2)))
assert np.allclose(many, [-0.25, -1.0], atol=1e-9), (
    f"Two turns back and three turns forth, and a bit, should pay -0.25 and -1, not {many}: any number of turns."
)
### END HIDDEN TESTS

# %% [markdown]
# ## 2 · What should the critics say? (4 points)
#
# Write soft actor-critic's target for a batch: the reward and, discounted, the smaller of the two critics' values of the next state and action, less
# $\alpha \log \pi$. Where the world has ended, nothing follows.
#

# %% nbgrader={"grade": false, "grade_id": "target", "locked": false, "schema_version": 3, "solution": true, "task": false}
def target(reward, terminated, value_1, value_2, log_probability, alpha, gamma):
    """Targets (batch,); arrays (batch,), terminated bool, the values and log π of the next state and action."""
    ### BEGIN SOLUTION
    following = np.minimum(value_1, value_2) - alpha * log_probability
    return reward + gamma * np.where(terminated, 0.0, following)
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "target_check", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
import numpy as np

found = target(np.array([1.0, 1.0]), np.array([True, False]), *np.zeros((3, 2)), 0.2, 0.9)
assert np.allclose(found, 1.0), "Where nothing follows, or what follows is worth nothing, the target is the reward."

# %% nbgrader={"grade": true, "grade_id": "target_test", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
# More tests run here when your work is graded.
### BEGIN HIDDEN TESTS
import numpy as np

given = [np.array([1.0, -1.0, 0.5]), np.array([False, False, True]), np.array([4.0, 2.0, 3.0]), np.array([3.0, 6.0, 9.0])]
log_probability = np.array([-1.0, 0.5, 2.0])
found = np.asarray(target(*given, log_probability, 0.5, 0.9))
right = np.array([1 + 0.9 * 3.5, -1 + 0.9 * 1.75, 0.5])
larger = np.array([1 + 0.9 * 4.5, -1 + 0.9 * 5.75, 0.5])
assert found[2] == 0.5, "In the third row the world has ended: neither values nor entropy follow."
assert not np.allclose(found, larger), "Of the two values the smaller counts, not the larger."
assert not np.allclose(found[:2], [1 + 0.9 * 2.5, -1 + 0.9 * 2.25]), "Less α log π: a likely action is worth less, not more."
assert not np.allclose(found[:2], [1 + 0.9 * 3.0 + 0.5, -1 + 0.9 * 2.0 - 0.25]), "The entropy of the next action is discounted too."
assert np.allclose(found, right), f"These three rows should have the targets {right}, not {found}."
### END HIDDEN TESTS

# %% [markdown]
# ## 3 · Find the fault (3 points)
#
# A student computes the log density of $a = \tanh u$, where $u = \mu + \sigma\varepsilon$ and ε is a standard normal number. There are two mistakes.
#

# %%
def faulty_log_density(mean, log_scale, noise):
    """Log density of tanh(mean + exp(log_scale) * noise), for one number."""
    before = mean + np.exp(log_scale) * noise
    gaussian = -0.5 * noise**2 - 0.5 * np.log(2 * np.pi)
    return gaussian + np.log(1 - np.tanh(before) ** 2)

# %% [markdown]
# Write it right.
#

# %% nbgrader={"grade": false, "grade_id": "density", "locked": false, "schema_version": 3, "solution": true, "task": false}
def log_density(mean, log_scale, noise):
    """Log density of tanh(mean + exp(log_scale) * noise); arrays of one shape."""
    ### BEGIN SOLUTION
    before = mean + np.exp(log_scale) * noise
    gaussian = -0.5 * noise**2 - log_scale - 0.5 * np.log(2 * np.pi)
    return gaussian - np.log(1 - np.tanh(before) ** 2)
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "density_check", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
import numpy as np

narrow, wide = (log_density(np.zeros(1), np.full(1, scale), np.zeros(1))[0] for scale in (-2.0, 0.0))
assert narrow > wide, "At its middle a narrow density is higher than a wide one: where does σ enter?"

# %% nbgrader={"grade": true, "grade_id": "density_test", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
# More tests run here when your work is graded.
### BEGIN HIDDEN TESTS
import numpy as np

for mean, log_scale in [(0.0, 0.0), (0.7, -1.0), (-0.4, -0.3)]:
    noise = np.linspace(-6, 6, 6001)
    actions = np.tanh(mean + np.exp(log_scale) * noise)
    density = np.exp(log_density(np.full(6001, mean), np.full(6001, log_scale), noise))
    total = np.trapezoid(density, actions)
    missing = log_scale != 0 and abs(total - np.exp(log_scale)) < 1e-2
    assert not missing, "The Gaussian's density has a factor of 1 over σ."
    assert abs(total - 1) < 1e-2, (
        f"A density adds up to 1 over all actions; with μ = {mean} and log σ = {log_scale} this one adds up to {total:.3g}. "
        "Where the axis is pressed together, the density rises."
    )
### END HIDDEN TESTS

# %% [markdown]
# ## 4 · Where does it come down? (4 points)
#
# A ball moves one row down and one column to the side at each step. Columns are 0 to `width` − 1. Where the next column would lie outside, it stays in its
# column for that step, and from then on moves to the other side. In which column does it reach `last_row`?
#

# %% nbgrader={"grade": false, "grade_id": "landing", "locked": false, "schema_version": 3, "solution": true, "task": false}
def landing(row, column, side, last_row, width):
    """The column, a whole number; ``side`` is -1 (left) or 1."""
    ### BEGIN SOLUTION
    while row < last_row:
        if 0 <= column + side < width:
            column += side
        else:
            side = -side
        row += 1
    return column
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "landing_check", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
import numpy as np

assert landing(0, 2, 1, 3, 10) == 5, "Three steps to the right, far from any wall: column 5."
assert landing(6, 4, -1, 6, 10) == 4, "A ball that is there already stays in its column."

# %% nbgrader={"grade": true, "grade_id": "landing_test", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
# More tests run here when your work is graded.
### BEGIN HIDDEN TESTS
import numpy as np

assert landing(0, 8, 1, 3, 10) != 7, "At the wall it stays in its column for a step: 9, 9, 8."
assert landing(0, 8, 1, 3, 10) == 8, "From column 8 to the right, three steps: 9, 9, 8."
assert landing(0, 1, -1, 2, 10) == 0, "From column 1 to the left, two steps: 0, 0."
rng = np.random.default_rng(1)
for _ in range(200):
    width = int(rng.integers(3, 12))
    column, side, steps = int(rng.integers(width)), int(rng.choice([-1, 1])), int(rng.integers(0, 60))
    unfolded = (column + side * steps) % (2 * width)
    right = unfolded if unfolded < width else 2 * width - 1 - unfolded
    found = landing(5, column, side, 5 + steps, width)
    assert found == right, f"Width {width}, column {column}, side {side}, {steps} steps: it should be {right}, not {found}."
### END HIDDEN TESTS

# %% [markdown] nbgrader={"grade": false, "grade_id": "open", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": true}
# ## 5 · Your own experiment (open, 6 points)
#
# *"A pay for arriving can't be hacked in a world where staying is allowed."* Take a corridor of seven cells; an agent goes left, right or stays; the last cell is
# the goal; an episode has 30 steps. Design an experiment with tabular Q-learning that could refute this sentence. In the next cell, and in
# as many cells of your own as you need after it:
#
# - say before you run what you expect, and what outcome would refute the sentence, with a number (1 point);
# - two pays or more: for arriving from outside, and for being there; the same learner and steps (1 point);
# - how often it arrives, and how long it is there, over five or more seeds, with their spread (1 point);
# - a third pay, or a cost of moving, that mends what you found, or shows that nothing had to be mended (1 point).
#
# Then conclude, in three to six sentences in the last cell: what was shown, what wasn't, what you would measure next (2 points).
#
# ### BEGIN MARK SCHEME
# **How to mark.** The first four points are given here, the last two at the report.
#
# | points | given for | not for |
# | --- | --- | --- |
# | 1 | a prediction and a refuting outcome, with a number, before the measurement | "it may be hacked" |
# | 1 | both pays with the same learner, steps and exploration | another learner for each pay |
# | 1 | arrivals and time at the goal, five seeds or more, the spread shown | the sum of the pay alone |
# | 1 | a third pay or a cost, with the same two measures | an idea that isn't run |
# | 1 | a conclusion that the numbers carry, whichever it is | a conclusion known before |
# | 1 | what wasn't shown (one world, one learner), and a next measurement | a list of phrases |
#
# What is usually found: paid for arriving, the agent steps out and in again, every second step, thirteen times an episode; paid for being there, it
# arrives once and stays. A small cost of moving changes nothing. From about 0.4 on (discount 0.95) the way there, six moves, no longer pays, and the agent
# stays at home; that is before a round, two moves, stops paying. No cost makes it arrive once and stay. Other discounts have other limits.
# ### END MARK SCHEME
#

# %% nbgrader={"grade": false, "grade_id": "open_experiment", "locked": false, "schema_version": 3, "solution": true, "task": false}
### BEGIN SOLUTION
def measured(kind, cost, seed, episodes=1_500, cells=7, steps=30):
    """Arrivals and steps at the goal of a greedy episode after Q-learning."""
    rng, table = np.random.default_rng(seed), np.zeros((cells, 3))
    for episode in range(episodes + 1):
        last, place, arrivals, there = episode == episodes, 0, 0, 0
        for _ in range(steps):
            explores = rng.random() < 0.2 and not last
            best = np.flatnonzero(table[place] == table[place].max())
            action = int(rng.integers(3)) if explores else int(rng.choice(best))
            after = int(np.clip(place + action - 1, 0, cells - 1))
            arrived, at_goal = after == cells - 1 != place, after == cells - 1
            reward = (arrived if kind == "arriving" else at_goal) - cost * (action != 1)
            table[place, action] += 0.2 * (reward + 0.95 * table[after].max() - table[place, action])
            place, arrivals, there = after, arrivals + arrived, there + at_goal
    return arrivals, there


# Expected: paid for arriving, it arrives more than five times in an episode. Refuted: if it does so in every seed.
for kind, cost in [("arriving", 0.0), ("being there", 0.0), ("arriving", 0.1), ("arriving", 0.6)]:
    found = np.array([measured(kind, cost, seed) for seed in range(5)])
    print(kind, "cost", cost, "arrivals", found[:, 0], "steps at the goal", found[:, 1])
### END SOLUTION

# %% [markdown] nbgrader={"grade": true, "grade_id": "open_report", "locked": false, "points": 2, "schema_version": 3, "solution": true, "task": false}
# ### BEGIN SOLUTION
# Refuted: paid for arriving, all five agents step out and in again, thirteen times an episode, though they might stay. Paid for being there, they
# arrive once and stay. A cost of 0.1 a move changes nothing, since a round of two moves costs 0.2 and pays 1; with 0.6 it no longer pays, and then they
# don't go to the goal at all, since the way there costs six moves. What mends it is the other pay. Not shown: other worlds, other learners, or that any pay for a difference is safe.
# Next I would measure a pay for the change of a number of the state.
# ### END SOLUTION
#
