# %% [markdown]
# # Assignment 09d · Policy gradients · 策略梯度
#
# **You need** chapter 09d. **Time** about two hours; the whole notebook runs in half a minute.
# **Points** 21, of which 6 are given by hand.
#
# **题目** 先为每条轨迹算出不含自身回报的基线，再用 NumPy 写出 softmax 策略的 REINFORCE 梯度并训练一个多臂老虎机策略，写出能区分终止与超时的广义优势估计，在 Keras 中找出并改正 PPO 截断目标的错误，最后自己设计一个实验。
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

keras.utils.set_random_seed(0)

# %% [markdown]
# ## 1 · A baseline from the others (recall, 3 points)
#
# A batch holds the rewards of some episodes, which may differ in length. Write a function for the advantage of each: its discounted return
# from its first step on, $G = R_1 + \gamma R_2 + \gamma^2 R_3 + \dots$, less the mean return of the **other** episodes.
#

# %% nbgrader={"grade": false, "grade_id": "baseline", "locked": false, "schema_version": 3, "solution": true, "task": false}
def advantages_of(episodes, discount):
    """episodes: list of two or more lists of rewards; returns one advantage per episode, float (episodes,)."""
    ### BEGIN SOLUTION
    returns = np.array([np.sum(discount ** np.arange(len(rewards)) * np.asarray(rewards)) for rewards in episodes])
    others = (returns.sum() - returns) / (len(returns) - 1)
    return returns - others
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "baseline_check", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
import numpy as np

found = np.asarray(advantages_of([[1.0, 1.0], [2.0], [0.0, 0.0, 2.0]], 1.0))
assert found.shape == (3,), f"Three episodes have three advantages; the answer has the shape {found.shape}."
assert np.allclose(found, 0), "Without a discount these three episodes are worth the same: none is better than the others."
assert np.diff(advantages_of([[3.0], [1.0]], 1.0))[0] < 0, "The better episode must have the larger advantage."

# %% nbgrader={"grade": true, "grade_id": "baseline_test", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
# More tests run here when your work is graded.
### BEGIN HIDDEN TESTS
import numpy as np

episodes = [[4.0, 2.0], [0.0, 0.0, 8.0], [1.0], [0.0, 4.0]]
returns = np.array([5.0, 2.0, 1.0, 2.0])  # with a discount of one half
right = np.array([returns[k] - np.delete(returns, k).mean() for k in range(4)])
found = np.asarray(advantages_of(episodes, 0.5))
plain = np.array([6.0, 8.0, 1.0, 4.0])
assert not np.allclose(found, returns - returns.mean()), (
    "The mean contains the episode's own return: that makes each advantage too small, here by a fourth. Leave it out."
)
assert not np.allclose(found, -right), "The sign is wrong: an episode better than the others has a positive advantage."
assert not np.allclose(found, plain - (plain.sum() - plain) / 3), "Rewards are added up as they are; later ones are discounted."
assert not np.allclose(found, right / 2), "The first reward is discounted, too: its factor is 1."
assert np.allclose(found, right), f"With returns 5, 2, 1, 2 the advantages should be {np.round(right, 3)}, not {np.round(found, 3)}."
assert np.allclose(advantages_of([[1.0], [4.0]], 0.9), [-3, 3]), "Of two episodes each is the other's baseline: 1 and 4 give -3 and 3."
### END HIDDEN TESTS

# %% [markdown]
# ## 2 · The gradient of REINFORCE (5 points)
#
# A policy is a table of numbers θ of shape (states, actions); the softmax of a state's row gives its actions' probabilities. Write, in NumPy
# and without difference quotients, the gradient with respect to θ of
#
# $$\frac1n \sum_{t=1}^{n} w_t \log \pi_\theta(a_t \mid s_t).$$
#
# A state may occur many times.
#

# %% nbgrader={"grade": false, "grade_id": "gradient", "locked": false, "schema_version": 3, "solution": true, "task": false}
def policy_gradient(theta, states, actions, weights):
    """theta (states, actions); states, actions int (n,); weights float (n,); returns an array like theta."""
    ### BEGIN SOLUTION
    rows = theta[states]
    rows = np.exp(rows - rows.max(axis=1, keepdims=True))
    probabilities = rows / rows.sum(axis=1, keepdims=True)
    scores = np.eye(theta.shape[1])[actions] - probabilities
    found = np.zeros(theta.shape)
    np.add.at(found, states, weights[:, np.newaxis] * scores / len(states))
    return found
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "gradient_check", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
import numpy as np

theta = np.zeros((3, 2))
found = np.asarray(policy_gradient(theta, np.array([1]), np.array([0]), np.array([2.0])))
assert found.shape == (3, 2), f"It should have theta's shape (3, 2), not {found.shape}."
assert (found[[0, 2]] == 0).all(), "States that weren't visited say nothing about their rows."
assert found[1, 0] > 0 > found[1, 1], "What went well (weight 2) should become more probable, and the other action less."
assert (theta == 0).all(), "The table that was given should stay as it is."

# %% nbgrader={"grade": true, "grade_id": "gradient_test", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
# More tests run here when your work is graded.
### BEGIN HIDDEN TESTS
import numpy as np

rng = np.random.default_rng(2)
theta = rng.normal(size=(4, 3))
states, actions, weights = np.array([0, 2, 2, 0, 1, 2]), np.array([1, 0, 2, 1, 2, 0]), rng.normal(size=6)


def objective(theta):
    log_pi = theta - np.log(np.exp(theta).sum(axis=1, keepdims=True))
    return np.mean(weights * log_pi[states, actions])


right = np.zeros_like(theta)
for place in np.ndindex(theta.shape):
    step = np.zeros_like(theta)
    step[place] = 1e-5
    right[place] = (objective(theta + step) - objective(theta - step)) / 2e-5
found = np.asarray(policy_gradient(theta, states, actions, weights))
assert not np.allclose(found, 6 * right, atol=1e-6), "This is the gradient of the sum over the steps; the mean was asked for."
assert not np.allclose(found, -right, atol=1e-6), "The sign is wrong: this descends, and the weighted log probability should rise."
assert np.allclose(found[[1, 3]], right[[1, 3]], atol=1e-6), (
    "A state that occurs once differs from difference quotients. The score of a softmax is one-hot(a) less the probabilities."
)
assert np.allclose(found, right, atol=1e-6), (
    "Right for a state that occurs once, wrong for one that occurs more often: `g[states] += ...` adds only the last of equal "
    "indices. See np.add.at."
)
with np.errstate(all="ignore"):
    far = np.asarray(policy_gradient(np.array([[1000.0, 0.0]]), np.array([0]), np.array([1]), np.array([1.0])))
assert np.isfinite(far).all(), "A θ of 1000 gives infinity: take a row's largest entry away before the exponential."
### END HIDDEN TESTS

# %% [markdown]
# Now let it learn. The smallest world of all is a bandit: one state, some actions, a reward at once. Write a function that trains a softmax policy
# (all θ are 0 at first) by `batches` steps of gradient ascent, and returns its probabilities. Each step draws `size` actions from the
# present policy. Rewards may all be near 100, or near −100: your first function helps.
#

# %% nbgrader={"grade": false, "grade_id": "bandit", "locked": false, "schema_version": 3, "solution": true, "task": false}
def trained_bandit(pull, actions, batches, size, learning_rate, rng):
    """The probabilities, (actions,), after training; pull(a) gives a reward for each of the drawn actions a, int (size,)."""
    ### BEGIN SOLUTION
    theta, states = np.zeros((1, actions)), np.zeros(size, int)
    for _ in range(batches):
        probabilities = np.exp(theta[0] - theta[0].max())
        drawn = rng.choice(actions, size=size, p=probabilities / probabilities.sum())
        weights = advantages_of([[reward] for reward in pull(drawn)], 1.0)
        theta = theta + learning_rate * policy_gradient(theta, states, drawn, weights)
    probabilities = np.exp(theta[0] - theta[0].max())
    return probabilities / probabilities.sum()
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "bandit_check", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
import numpy as np

asked = []


def pull(drawn):
    asked.append(len(drawn))
    return 1.0 * (np.asarray(drawn) == 2)


found = np.asarray(trained_bandit(pull, 4, 50, 8, 1.0, np.random.default_rng(0)))
assert asked == 50 * [8], f"pull should be called 50 times with 8 actions; it was called {len(asked)} times."
assert found.shape == (4,) and abs(found.sum() - 1) < 1e-6, f"Probabilities of 4 actions should be returned, not {found}."

# %% nbgrader={"grade": true, "grade_id": "bandit_test", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# More tests run here when your work is graded.
### BEGIN HIDDEN TESTS
import numpy as np

for shift in (0.0, 100.0, -100.0):
    good = []
    for seed in range(6):
        world = np.random.default_rng(100 + seed)
        drawn_of = []

        def pull(drawn, world=world, drawn_of=drawn_of, shift=shift):
            drawn_of.append(np.array(drawn))
            return shift + np.array([0.0, 0.2, 1.0])[drawn] + 0.3 * world.normal(size=len(drawn))

        found = np.asarray(trained_bandit(pull, 3, 150, 16, 0.5, np.random.default_rng(seed)))
        good.append(found[2])
        first, last = np.concatenate(drawn_of[:20]), np.concatenate(drawn_of[-20:])
        if shift == 0:
            assert len(set(first)) > 1, "In its first batches the policy takes one action only: draw from its probabilities."
            assert np.mean(last == 2) > np.mean(first == 2), (
                "At the end the best action isn't drawn more often than at first: draw from the present policy, and climb."
            )
            assert found.max() < 0.9999, "A softmax policy is never quite sure after 150 steps: return its own probabilities."
    assert np.sum(np.array(good) > 0.8) >= 5, (
        f"With rewards near {shift:.0f} the best of three actions should get most of the probability; over six seeds it got "
        f"{np.round(good, 2)}. What does a baseline take away?"
    )
### END HIDDEN TESTS

# %% [markdown]
# ## 3 · Generalised advantage estimation (4 points)
#
# One environment has run for T steps without pause: when an episode ends, the next begins. With critic values $v_t$ of the state before step
# t and $v'_t$ of the state that step t led to (before any reset), write
#
# $$\delta_t = r_t + \gamma v'_t - v_t, \qquad \hat A_t = \delta_t + \gamma \lambda \hat A_{t+1}.$$
#
# Two things end an episode. Where it is *terminated*, there is no state after it, and $v'_t$ (any number) counts for nothing. Where it is
# *truncated*, the time was up: the world would have gone on. In both, the next step belongs to another episode.
#

# %% nbgrader={"grade": false, "grade_id": "gae", "locked": false, "schema_version": 3, "solution": true, "task": false}
def estimated_advantages(rewards, values, next_values, terminated, truncated, discount, lam):
    """All arrays (T,), terminated and truncated bool (may both be True: then it is terminated); returns float (T,)."""
    ### BEGIN SOLUTION
    errors = rewards + discount * np.where(terminated, 0.0, next_values) - values
    found, after = np.zeros(len(rewards)), 0.0
    for step in reversed(range(len(rewards))):
        if terminated[step] or truncated[step]:
            after = 0.0
        after = errors[step] + discount * lam * after
        found[step] = after
    return found
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "gae_check", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
import numpy as np

no = np.zeros(3, bool)
found = np.asarray(estimated_advantages(np.array([1.0, 1.0, 1.0]), np.zeros(3), np.zeros(3), no, no, 1.0, 0.0))
assert found.shape == (3,), f"Three steps have three advantages; the answer has the shape {found.shape}."
assert np.allclose(found, 1), "With λ = 0 each advantage is its own step's error."
found = estimated_advantages(np.array([0.0, 0.0, 8.0]), np.zeros(3), np.zeros(3), no, no, 1.0, 0.5)
assert found[0] < found[1] < found[2], "A reward at the end should reach the steps before it, less the farther they are."

# %% nbgrader={"grade": true, "grade_id": "gae_test", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
# More tests run here when your work is graded.
### BEGIN HIDDEN TESTS
import numpy as np

rng = np.random.default_rng(3)
rewards, values, after = rng.normal(size=8), rng.normal(size=8), rng.normal(size=8)
terminated, truncated = np.arange(8) == 2, np.arange(8) == 5
gamma, lam = 0.9, 0.7


def by_sums(factors, ends):
    """Sums of errors, each weighed by its distance, up to the next end."""
    errors = rewards + gamma * factors * after - values
    found = []
    for start in range(8):
        stop = next((step for step in range(start, 8) if ends[step]), 7)
        found.append(sum((gamma * lam) ** (step - start) * errors[step] for step in range(start, stop + 1)))
    return np.array(found)


never, both = np.zeros(8, bool), terminated | truncated
right = by_sums(~terminated, both)
found = np.asarray(estimated_advantages(rewards, values, after, terminated, truncated, gamma, lam))
assert not np.allclose(found, by_sums(~both, both)), (
    "A time-out is taken for an end: its state had a value still, which the critic can say."
)
assert not np.allclose(found, by_sums(~never, both)), "After termination nothing follows: the value of the next state must not count there."
assert not np.allclose(found, by_sums(~terminated, terminated)), "At a time-out the sum runs on into the next episode, which is another one."
assert not np.allclose(found, by_sums(~terminated, never)), "The sum runs on into the next episode, which has nothing to do with this one."
assert np.allclose(found[6:], right[6:]), (
    "Even after the last end the advantages differ from sums of errors, weighed by (γλ)^distance. The last step has its value v', too."
)
assert np.allclose(found, right), f"With one end and one time-out they should be {np.round(right, 2)}, not {np.round(found, 2)}."
found = estimated_advantages(rewards, values, after, terminated, terminated | truncated, gamma, lam)
assert np.allclose(found, right), "Where both are True, the episode is terminated: the next value counts for nothing."
### END HIDDEN TESTS

# %% [markdown]
# ## 4 · Find the fault: PPO's objective (3 points)
#
# This loss was found in a student's notebook. Its first step learnt something; from the second on it got worse. Two things are wrong.
# `new` and `old` are the **log** probabilities of the actions that were taken, by the present policy and by the one that acted.
#

# %%
def faulty_loss(new, old, advantages, epsilon):
    """PPO's loss, a scalar tensor; new, old, advantages: float tensors (n,)."""
    ratio = new / old
    clipped = keras.ops.clip(ratio, 1 - epsilon, 1 + epsilon)
    return -keras.ops.mean(keras.ops.maximum(ratio * advantages, clipped * advantages))

# %% [markdown]
# Write it right, in `keras.ops`. As a loss it is made *smaller*; the objective is to grow.
#

# %% nbgrader={"grade": false, "grade_id": "ppo", "locked": false, "schema_version": 3, "solution": true, "task": false}
def ppo_loss(new, old, advantages, epsilon):
    """PPO's loss, a scalar tensor that a tape can follow; new, old, advantages: float tensors (n,)."""
    ### BEGIN SOLUTION
    ratio = keras.ops.exp(new - old)
    clipped = keras.ops.clip(ratio, 1 - epsilon, 1 + epsilon)
    return -keras.ops.mean(keras.ops.minimum(ratio * advantages, clipped * advantages))
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "ppo_check", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
import numpy as np
import tensorflow as tf

old = tf.constant(np.log([0.2, 0.5]), "float32")
new = tf.Variable(old)
with tf.GradientTape() as tape:
    loss = ppo_loss(new, old, tf.constant([1.0, -2.0]), 0.2)
assert loss.shape == (), f"The loss should be one number; it has the shape {loss.shape}."
gradient = np.asarray(tape.gradient(loss, new))
assert gradient[0] < 0 < gradient[1], "To lower the loss, the good action's probability must rise and the bad one's fall."
far = ppo_loss(tf.constant(np.log([0.4, 0.5]), "float32"), old, tf.constant([1.0, 0.0]), 0.2)
farther = ppo_loss(tf.constant(np.log([0.8, 0.5]), "float32"), old, tf.constant([1.0, 0.0]), 0.2)
assert abs(float(far - farther)) < 1e-6, "A good action whose probability has doubled has nothing more to gain from being taken still oftener."

# %% nbgrader={"grade": true, "grade_id": "ppo_test", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
# More tests run here when your work is graded.
### BEGIN HIDDEN TESTS
import numpy as np
import tensorflow as tf


def loss_and_slope(before, now, advantage):
    """The loss of one action and its derivative by log(now)."""
    new = tf.Variable([np.log(now)], dtype="float32")
    with tf.GradientTape() as tape:
        loss = ppo_loss(new, tf.constant([np.log(before)], "float32"), tf.constant([advantage], "float32"), 0.2)
    slope = tape.gradient(loss, new)
    return float(loss), 0.0 if slope is None else float(slope[0])


loss, slope = loss_and_slope(0.4, 0.44, 1.0)
assert abs(loss - np.log(0.44) / np.log(0.4) * -1) > 1e-3, "The ratio of probabilities isn't the ratio of their logarithms."
assert loss < 0, "The sign is wrong: the objective of a good action is positive, and the loss is what is made smaller."
assert abs(loss + 1.1) < 1e-4, f"From 0.4 to 0.44 the ratio is 1.1: with an advantage of 1 the loss is -1.1, not {loss:.3f}."
loss, slope = loss_and_slope(0.4, 0.6, -1.0)
assert abs(slope) > 1e-3, (
    "A bad action that has become likelier by half can't be taken back: its gradient is 0. The objective is the *smaller* of both."
)
assert abs(loss - 1.5) < 1e-4, f"From 0.4 to 0.6 with an advantage of -1 the gain is min(-1.5, -1.2); the loss 1.5, not {loss:.3f}."
loss, slope = loss_and_slope(0.4, 0.6, 1.0)
assert abs(slope) < 1e-6, "A good action that has become likelier by half still pulls: beyond 1 + ε its gradient should be 0."
assert abs(loss + 1.2) < 1e-4, f"From 0.4 to 0.6 with an advantage of 1 the loss is -1.2, not {loss:.3f}."
loss, slope = loss_and_slope(0.5, 0.25, 1.0)
assert slope < -1e-3, "A good action that has become rarer must be allowed to come back: below 1 - ε it still has a gradient."
loss, slope = loss_and_slope(0.5, 0.25, -1.0)
assert abs(slope) < 1e-6 and abs(loss - 0.8) < 1e-4, "A bad action at half of its probability costs 0.8, and has no gradient any more."
two = ppo_loss(tf.constant([-1.0, -1.0]), tf.constant([-1.0, -1.0]), tf.constant([1.0, 2.0]), 0.2)
assert abs(float(two) + 1.5) < 1e-4, "The loss is a mean over the actions, so that it doesn't grow with the batch."
### END HIDDEN TESTS

# %% [markdown]
# A small world for your experiment, and a policy of the kind of exercise 2 that acts in it.
#

# %%
def batch_of_episodes(theta, rng, bonus, episodes=8, limit=30):
    """Seven states in a row, start in the middle; the step out at the right pays 1, each other step -0.02; a fifth of moves slip.

    bonus is added to the last reward of every episode. Returns states, actions, rewards and which steps took place, (steps, episodes).
    """
    state, alive = np.full(episodes, 3), np.ones(episodes, bool)
    record = []
    for step in range(limit):
        rows = np.exp(theta[state] - theta[state].max(axis=1, keepdims=True))
        action = (rng.random(episodes) < rows[:, 1] / rows.sum(axis=1)).astype(int)
        right = np.where(rng.random(episodes) < 0.2, 1 - action, action)
        out = (state == 6) & (right == 1)
        reward = np.where(out, 1.0, -0.02) + bonus * (out | (step == limit - 1))
        record.append((state.copy(), action, reward * alive, alive.copy()))
        state, alive = np.clip(state + 2 * right - 1, 0, 6), alive & ~out
        if not alive.any():
            break
    return [np.array(one) for one in zip(*record, strict=True)]

# %% [markdown] nbgrader={"grade": false, "grade_id": "open", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": true}
# ## 5 · Your own experiment (open, 6 points)
#
# *"With a baseline, REINFORCE needs fewer episodes."* Design an experiment that could refute this sentence, on the corridor above or
# another small world. Choose baselines: none, the mean of the other episodes, a learnt value per state, a constant. In the next cell,
# and in as many cells of your own as you need after it:
#
# - say before you run what you expect, and what outcome would refute the sentence, with a number (1 point);
# - give each its own learning rate, on a grid by factors of 2 or finer, the best one inside it, chosen on other seeds than
#   those reported (1 point);
# - ten seeds or more, each shown or with their spread, the same number of episodes, and what a learning curve's *area* or
#   *end* says, fixed before (1 point);
# - one change to the world that should decide whether a baseline matters, such as a constant added to all rewards (1 point).
#
# Then conclude, in three to six sentences in the last cell: what was shown, what wasn't, what you would measure next (2 points).
#
# ### BEGIN MARK SCHEME
# **How to mark.** The first four points are given here, the last two at the report.
#
# | points | given for | not for |
# | --- | --- | --- |
# | 1 | a prediction and a refuting outcome, with a number, before the measurement | "less variance is better" |
# | 1 | rates of each by factors of 2 or finer, the best inside the grid, chosen on other seeds | one rate for all |
# | 1 | ten seeds or more, each shown or with their spread, equal episodes, one measure fixed before | the best curve of each |
# | 1 | a change of the world that could turn the result over, such as rewards moved by a constant | another seed |
# | 1 | a conclusion that the numbers carry, whichever it is | a conclusion known before |
# | 1 | what wasn't shown (one world, one batch size), and a next measurement | a list of phrases |
#
# What is usually found: where returns lie around 0 by themselves, as on the corridor (from -0.6 to 0.9), a baseline gains nothing
# that ten seeds can tell, once each has its own rate. With 5 added to the last reward of each episode, REINFORCE without one gets
# less than half of the return, and a baseline takes all of the harm away. So the sentence depends on where returns lie, not on the world.
# ### END MARK SCHEME
#

# %% nbgrader={"grade": false, "grade_id": "open_experiment", "locked": false, "schema_version": 3, "solution": true, "task": false}
### BEGIN SOLUTION
def mean_return(learning_rate, baseline, bonus, seed, batches=30):
    """The area under the learning curve: the mean return, without the bonus, of all episodes of a training."""
    rng, theta, curve = np.random.default_rng(seed), np.zeros((7, 2)), []
    for _ in range(batches):
        states, actions, rewards, lived = batch_of_episodes(theta, rng, bonus)
        returns = rewards.sum(axis=0)
        weights = advantages_of(rewards.T.tolist(), 1.0) if baseline else returns
        weights = np.broadcast_to(weights, lived.shape)[lived]
        theta = theta + learning_rate * policy_gradient(theta, states[lived], actions[lived], weights)
        curve.append(returns.mean() - bonus)
    return np.mean(curve)


rates = [2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0]
for bonus in (0.0, 5.0):
    for baseline in (False, True):
        tried = [np.mean([mean_return(rate, baseline, bonus, 1000 + seed) for seed in range(5)]) for rate in rates]
        best = rates[int(np.argmax(tried))]
        reported = [mean_return(best, baseline, bonus, seed) for seed in range(10)]
        print(f"bonus {bonus:.0f}, baseline {baseline}: by rate {np.round(tried, 2)}, best {best}; {np.round(reported, 2)}, "
              f"mean {np.mean(reported):.3f}, standard deviation {np.std(reported, ddof=1):.3f}")
### END SOLUTION

# %% [markdown] nbgrader={"grade": true, "grade_id": "open_report", "locked": false, "points": 2, "schema_version": 3, "solution": true, "task": false}
# ### BEGIN SOLUTION
# **Expected** before the run: with the mean of the other episodes as a baseline, the mean return over 30 batches is higher than without, by
# 0.05 or more on average over ten seeds. Refuted if it isn't, with or without a bonus of 5 on the last reward.
#
# **Found.** Without the bonus both have their best rate at 32, inside the grid, chosen on other seeds, and reach 0.74 (standard deviation
# over seeds 0.07 and 0.08): the baseline gains nothing, so the sentence is refuted as it stands. With the bonus, REINFORCE without a
# baseline reaches 0.29 (0.23) at its best rate, 8; with one, it reaches the same as before in every seed, since the bonus cancels. So
# a baseline is worth what the returns' distance from 0 costs, in this world and with batches of 8. Not shown: a value per state,
# which could do more, and longer trainings. Next: bonuses of -1, 1 and 2, to see where the harm begins.
# ### END SOLUTION
