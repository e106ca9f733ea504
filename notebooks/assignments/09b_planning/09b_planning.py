# %% [markdown]
# # Assignment 09b · Planning and Q-learning · 规划与 Q 学习
#
# **You need** chapter 09b. **Time** about two hours; the whole notebook runs in half a minute.
# **Points** 21, of which 6 are given by hand.
#
# **题目** 先算折扣回报，再写价值迭代，弄清“超时”与“终止”在更新目标中的区别，然后写出 Q 学习并在 Gymnasium 环境中训练，最后自己设计一个实验。
#
# Write your answers in place of the two lines `# YOUR CODE HERE` and `raise NotImplementedError(...)`. The cell below each
# answer checks it: no output means that nothing was found. These checks see the obvious; more tests run when your work is
# graded, where a cell may take five minutes.
# Before you hand it in: *Kernel → Restart Kernel and Run All Cells*. Don't rename the notebook, don't delete cells.
#

# %%
import gymnasium as gym
import numpy as np

# %% [markdown]
# ## 1 · What is an episode worth? (recall, 3 points)
#
# Write a function for the discounted return of **every** step of an episode: $G_t = R_{t+1} + \gamma R_{t+2} + \gamma^2 R_{t+3} + \dots$
# The first reward of the list is the one that follows the first step.
#

# %% nbgrader={"grade": false, "grade_id": "returns", "locked": false, "schema_version": 3, "solution": true, "task": false}
def discounted_returns(rewards, discount):
    """Returns of the steps 0, 1, ..., as a NumPy array as long as rewards."""
    ### BEGIN SOLUTION
    found, after = np.zeros(len(rewards)), 0.0
    for step in reversed(range(len(rewards))):
        after = rewards[step] + discount * after
        found[step] = after
    return found
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "returns_check", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
import numpy as np

found = np.asarray(discounted_returns([0, 0, 1], 0.5))
assert found.shape == (3,), f"Three rewards give three returns; the answer has the shape {found.shape}."
assert found[2] == 1, "Nothing follows the last reward: the last step is worth just that."
assert found[0] < found[1] < found[2], "A reward that is further away is worth less."

# %% nbgrader={"grade": true, "grade_id": "returns_test", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
# More tests run here when your work is graded.
### BEGIN HIDDEN TESTS
import numpy as np

rewards = np.array([3.0, -1.0, 2.0, 4.0])
right = [sum(0.9**k * rewards[t + k] for k in range(4 - t)) for t in range(4)]
found = np.asarray(discounted_returns(list(rewards), 0.9))
assert not np.allclose(found, 0.9 * np.array(right)), "The first reward isn't discounted: it follows at once."
assert not np.allclose(found, 0.9 ** np.arange(4) * right), (
    "These are discounted to the beginning of the episode. A step's return is counted from that step on."
)
assert not np.allclose(found, right[::-1]), "The returns are in the wrong order: the first step's comes first."
assert np.allclose(found, right), f"For the rewards 3, -1, 2, 4 and γ = 0.9 they should be {np.round(right, 3)}."
assert np.allclose(discounted_returns([1.0] * 2000, 0.99)[0], 100, atol=1e-3), "2,000 rewards of 1 at γ = 0.99 are worth 100."
### END HIDDEN TESTS

# %% [markdown]
# ## 2 · Plan with a known model (4 points)
#
# A model is given by two arrays: `P[s, a, s2]`, the probability to come from state s by action a to s2, and `R[s, a]`, the mean
# reward. Write value iteration: from zeros, until no value changes by more than `tolerance`. A terminal state is one that leads
# to itself with reward 0: it needs no special case.
#

# %% nbgrader={"grade": false, "grade_id": "planning", "locked": false, "schema_version": 3, "solution": true, "task": false}
def value_iteration(P, R, discount, tolerance=1e-10):
    """Returns (values (states,), best action of each state (states,))."""
    ### BEGIN SOLUTION
    values = np.zeros(len(P))
    while True:
        action_values = R + discount * P @ values
        following = action_values.max(axis=1)
        if np.abs(following - values).max() <= tolerance:
            return following, action_values.argmax(axis=1)
        values = following
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "planning_check", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
import numpy as np

# Two states: in 0 one may stay (action 0, reward 1) or leave for 1 (action 1, reward 2), where all ends.
P = np.array([[[1.0, 0.0], [0.0, 1.0]], [[0.0, 1.0], [0.0, 1.0]]])
R = np.array([[1.0, 2.0], [0.0, 0.0]])
values, actions = value_iteration(P, R, 0.9)
assert np.shape(values) == (2,) and np.shape(actions) == (2,), "One value and one action for each of the two states."
assert abs(values[1]) < 1e-6, "In the end state nothing more is earned."
assert actions[0] == 0, "At γ = 0.9 staying for ever is worth more than the reward for leaving."

# %% nbgrader={"grade": true, "grade_id": "planning_test", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
# More tests run here when your work is graded.
### BEGIN HIDDEN TESTS
import itertools

import numpy as np

rng = np.random.default_rng(1)
P, R = rng.dirichlet(np.full(4, 0.3), size=(4, 3)), rng.normal(size=(4, 3))
policies = [np.array(one) for one in itertools.product(range(3), repeat=4)]


def worth(policy, discount):
    return np.linalg.solve(np.eye(4) - discount * P[np.arange(4), policy], R[np.arange(4), policy])


for discount in (0.5, 0.95):
    right = np.max([worth(policy, discount) for policy in policies], axis=0)  # the best of all 81 policies, exactly
    values, actions = value_iteration(P, R, discount)
    average = np.linalg.solve(np.eye(4) - discount * P.mean(axis=1), R.mean(axis=1))
    assert not np.allclose(values, average, atol=1e-4), "These are values of acting at random: take the largest over actions."
    assert not np.allclose(values, R.max(axis=1), atol=1e-4), "These are rewards only: what follows counts, discounted."
    assert np.allclose(values, right, atol=1e-6), (
        f"With γ = {discount} a state's value is off by {np.abs(values - right).max():.2g}. Stop when *no* value changes any more."
    )
    assert np.allclose(worth(np.asarray(actions), discount), right, atol=1e-6), "The actions that are named don't earn these values."
values, _ = value_iteration(P, R - 10, 0.9)
assert values.max() < 0, "Where all rewards are negative, so are all values: don't start the maximum at 0."
### END HIDDEN TESTS

# %% [markdown]
# ## 3 · Find the fault: is a time-out an end? (3 points)
#
# This target for Q-learning was found in a student's notebook. On an environment whose episodes are cut after 200 steps, its values come
# out too small.
#

# %%
def faulty_target(reward, next_values, terminated, truncated, discount):
    """What Q(s, a) should be; next_values (actions,) of the following state."""
    done = terminated or truncated
    return reward + discount * next_values.max() * (1 - done)

# %% [markdown]
# Write it right.
#

# %% nbgrader={"grade": false, "grade_id": "target", "locked": false, "schema_version": 3, "solution": true, "task": false}
def q_target(reward, next_values, terminated, truncated, discount):
    """What Q(s, a) should be, a number; next_values (actions,) of the following state."""
    ### BEGIN SOLUTION
    return reward if terminated else reward + discount * np.max(next_values)
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "target_check", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
import numpy as np

going_on = q_target(1.0, np.array([2.0, 4.0]), False, False, 0.5)
assert going_on == 3.0, "Reward 1, and half of the best next value, 4: that is 3."

# %% nbgrader={"grade": true, "grade_id": "target_test", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
# More tests run here when your work is graded.
### BEGIN HIDDEN TESTS
import numpy as np

following = np.array([5.0, 10.0, -3.0])
assert q_target(-1.0, following, True, False, 0.9) == -1.0, "After a terminal state nothing is earned, whatever the table says of it."
assert abs(q_target(-1.0, following, False, True, 0.9) - 8.0) < 1e-9, (
    "A time-out is no end of the world: the state that was reached still has its value; only the recording stops."
)
assert q_target(-1.0, following, True, True, 0.9) == -1.0, "An episode that ends in its last permitted step has ended."
assert abs(q_target(0.0, -following, False, False, 0.9) - 2.7) < 1e-9, "The best next value is the largest, also below zero."
### END HIDDEN TESTS

# %% [markdown]
# ## 4 · Learn without a model (5 points)
#
# Write Q-learning on any Gymnasium environment whose observations and actions are whole numbers. A table of zeros; actions by ε-greedy
# (with probability `exploration` any action, else a best one, ties broken at random); after each step
# $Q(s, a) \leftarrow Q(s, a) + \alpha\,(\text{target} - Q(s, a))$ with the target of exercise 3. Episodes end by termination or time-out.
#

# %% nbgrader={"grade": false, "grade_id": "learning", "locked": false, "schema_version": 3, "solution": true, "task": false}
def q_learning(environment, episodes, learning_rate, discount, exploration, seed):
    """The table Q (states, actions) after so many episodes; the same seed gives the same table."""
    ### BEGIN SOLUTION
    rng = np.random.default_rng(seed)
    table = np.zeros((environment.observation_space.n, environment.action_space.n))
    for episode in range(episodes):
        state, _ = environment.reset(seed=seed if episode == 0 else None)
        over = False
        while not over:
            if rng.random() < exploration:
                action = rng.integers(table.shape[1])
            else:
                action = rng.choice(np.flatnonzero(table[state] == table[state].max()))
            following, reward, terminated, truncated, _ = environment.step(int(action))
            target = q_target(reward, table[following], terminated, truncated, discount)
            table[state, action] += learning_rate * (target - table[state, action])
            state, over = following, terminated or truncated
    return table
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "learning_check", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
import gymnasium as gym
import numpy as np

lake = gym.make("FrozenLake-v1", is_slippery=False)
table = q_learning(lake, 500, 0.5, 0.9, 1.0, 0)
assert table.shape == (16, 4), f"The lake has 16 fields and 4 actions; the table has the shape {table.shape}."
assert (table[15] == 0).all(), "Nothing is earned after the goal: its row stays at 0."
again = q_learning(gym.make("FrozenLake-v1", is_slippery=False), 500, 0.5, 0.9, 1.0, 0)
assert (table == again).all(), "The same seed should give the same table: take all chance from one generator with this seed."

# %% nbgrader={"grade": true, "grade_id": "learning_test", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
# More tests run here when your work is graded.
### BEGIN HIDDEN TESTS
import gymnasium as gym
import numpy as np


class Corridor(gym.Env):
    """Fields 0 to 4: action 1 goes right, 0 left. Reaching 4 ends with reward 1; each step costs `price`."""

    observation_space, action_space = gym.spaces.Discrete(5), gym.spaces.Discrete(2)

    def __init__(self, price=0.0, ends=True):
        self.price, self.ends = price, ends

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self.field, self.steps = int(self.np_random.integers(4)), 0
        return self.field, {}

    def step(self, action):
        self.field, self.steps = min(4, max(0, self.field + (1 if action == 1 else -1))), self.steps + 1
        there = self.field == 4
        return self.field, float(there) - self.price, there and self.ends, self.steps >= 20, {}


def exact(price, ends, discount):
    values = np.zeros((5, 2))
    for _ in range(3000):
        best = values.max(axis=1)
        for field in range(5):
            for action in (0, 1):
                to = min(4, max(0, field + (1 if action else -1)))
                goes_on = 0 if to == 4 and ends else best[to]
                values[field, action] = float(to == 4) - price + discount * goes_on
    return values


found = q_learning(Corridor(), 400, 0.5, 0.9, 0.5, 1)
right = exact(0.0, True, 0.9)
assert found[:4].max() > 0.5, "Along a corridor of five fields nothing was learnt: is the best next value in the target?"
assert np.allclose(found[:4], right[:4], atol=0.02), (
    f"After 400 episodes the values should be those of the best way; the largest error is {np.abs(found - right)[:4].max():.2f}. Which "
    "value does the target take of the next field: the best one's, or that of the action that is taken?"
)
found, right = q_learning(Corridor(ends=False), 1500, 0.5, 0.8, 0.5, 2), exact(0.0, False, 0.8)
assert np.allclose(found, right, atol=0.1), (
    "Where episodes never terminate and are cut after 20 steps, values come out wrong: what is a time-out for the target?"
)
greedy = q_learning(Corridor(price=0.1), 300, 0.5, 0.9, 0.0, 3)
assert (greedy[:4].argmax(axis=1) == 1).all(), (
    "With ε = 0 and a price for each step all fields are still tried, since untried actions look best; ties are to be broken at random."
)
### END HIDDEN TESTS

# %%
lake = gym.make("FrozenLake-v1", is_slippery=True)
table = q_learning(lake, 3000, 0.1, 0.99, 0.2, 0)
wins = []
for episode in range(300):
    state, _ = lake.reset(seed=10_000 + episode)
    over = False
    while not over:
        state, reward, terminated, truncated, _ = lake.step(int(table[state].argmax()))
        over = terminated or truncated
    wins.append(reward)
print(f"the goal is reached in {np.mean(wins):.0%} of 300 walks")

# %% [markdown] nbgrader={"grade": false, "grade_id": "open", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": true}
# ## 5 · Your own experiment (open, 6 points)
#
# *"The more an agent explores, the better it has learnt in the end."* Design an experiment on FrozenLake (slippery) that could refute this
# sentence. In the next cell, and in as many cells of your own as you need after it:
#
# - say before you run what you expect, and what outcome would refute the sentence, with a number or an order (1 point);
# - four or more values of ε, from 0 to 1 (1 point);
# - five seeds or more of the whole learning, each shown or with their spread, and walks with seeds of their own to judge the
#   greedy policy by (1 point);
# - the number of steps in which was learnt, beside the number of episodes: is it the same for all ε? (1 point)
#
# Then conclude, in three to six sentences in the last cell: what was shown, what wasn't, what you would measure next (2 points).
#
# ### BEGIN MARK SCHEME
# **How to mark.** The first four points are given here, the last two at the report.
#
# | points | given for | not for |
# | --- | --- | --- |
# | 1 | a prediction and a refuting outcome, with a number or an order, before the measurement | "exploration is important" |
# | 1 | four values of ε or more, 0 and 1 among them or near them | two values |
# | 1 | five independent learnings each, judged without exploration on other walks, each shown or with their spread | the reward while learning |
# | 1 | steps counted: agents that explore fall into holes sooner and learn from fewer steps an episode | episodes only |
# | 1 | a conclusion that the numbers carry, whichever it is | a conclusion known before |
# | 1 | what wasn't shown (one lake, one learning rate, one budget), and a next measurement | a list of phrases |
#
# What is usually found, with 2,000 episodes and a learning rate of 0.1: ε = 0.1 wins some 70 % of the walks, ε = 0.5 somewhat less, ε = 1
# under 60 %, ε = 0 hardly any. Agents that explore much fall into holes early, so that the same number of episodes gives them a third
# of the steps, and a noisier table. Q-learning is off-policy: with as many steps as the others, and a learning rate that falls, ε = 1
# comes nearer. Judged by the reward while learning, large ε looks worse still, and that is another question.
# ### END MARK SCHEME
#

# %% nbgrader={"grade": false, "grade_id": "open_experiment", "locked": false, "schema_version": 3, "solution": true, "task": false}
### BEGIN SOLUTION
class Counted(gym.Wrapper):
    """Counts the steps."""

    steps = 0

    def step(self, action):
        self.steps += 1
        return self.env.step(action)


def share_of_wins(table, seed, walks=200):
    environment, wins = gym.make("FrozenLake-v1", is_slippery=True), 0
    for walk in range(walks):
        state, _ = environment.reset(seed=1_000_000 + walks * seed + walk)
        over = False
        while not over:
            state, reward, terminated, truncated, _ = environment.step(int(table[state].argmax()))
            over = terminated or truncated
        wins += reward
    return wins / walks


for exploration in (0.0, 0.1, 0.5, 1.0):
    shares, steps = [], []
    for seed in range(5):
        environment = Counted(gym.make("FrozenLake-v1", is_slippery=True))
        shares.append(share_of_wins(q_learning(environment, 2000, 0.1, 0.99, exploration, seed), seed))
        steps.append(environment.steps)
    print(f"ε {exploration}: wins {np.round(shares, 2)}, steps {min(steps):,} to {max(steps):,}")
### END SOLUTION

# %% [markdown] nbgrader={"grade": true, "grade_id": "open_report", "locked": false, "points": 2, "schema_version": 3, "solution": true, "task": false}
# ### BEGIN SOLUTION
# **Expected** before the run: the share of won walks grows from ε to ε. Refuted if ε = 1 wins less often than a smaller ε, in all five seeds.
#
# **Found.** The largest share comes with ε = 0.1: 0.70 to 0.76 in five seeds. ε = 0.5 wins 0.55 to 0.74, ε = 1 only 0.30 to 0.58, below
# each of ε = 0.1's: the sentence is refuted for this lake, this learning rate and 2,000 episodes. Without exploring, 0.04 to 0.24 are
# won: a little is needed. But the comparison isn't even: with ε = 1 an agent takes 15,000 steps, with ε = 0.1 some 42,000, since walks
# end sooner. So exploring much may have lost by having seen less. Next: the same number of steps for all, and a learning rate that falls.
# ### END SOLUTION
