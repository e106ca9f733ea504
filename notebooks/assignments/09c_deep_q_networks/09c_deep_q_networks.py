# %% [markdown]
# # Assignment 09c · Deep Q-networks · 深度 Q 网络
#
# **You need** chapter 09c. **Time** about two and a half hours; the whole notebook runs in half a minute.
# **Points** 24, of which 6 are given by hand.
#
# **题目** 先写出深度 Q 学习的目标（区分终止与超时）和双 DQN 的目标，再写经验回放池，找出更新中的两处错误，用 Keras 训练一个 Q 网络，最后自己设计一个实验。
#
# Write your answers in place of the two lines `# YOUR CODE HERE` and `raise NotImplementedError(...)`. The cell below each
# answer checks it: no output means that nothing was found. These checks see the obvious; more tests run when your work is
# graded, where a cell may take five minutes.
# Before you hand it in: *Kernel → Restart Kernel and Run All Cells*. Don't rename the notebook, don't delete cells.
#

# %%
import gymnasium
import keras
import numpy as np
import tensorflow as tf

keras.utils.set_random_seed(0)

# %% [markdown]
# The task: a corridor, small enough to know every value. The agent starts in any cell but the last, goes left (0) or right (1), and
# is paid 1 when it reaches the last cell, which ends the episode. After `limit` steps it is out of time.
#

# %%
class Corridor(gymnasium.Env):
    """Cells in a row; an observation is a one-hot vector (cells,)."""

    action_space = gymnasium.spaces.Discrete(2)

    def __init__(self, cells=6, limit=30):
        self.cells, self.limit = cells, limit
        self.observation_space = gymnasium.spaces.Box(0, 1, (cells,), "float32")

    def observation(self):
        return np.eye(self.cells, dtype="float32")[self.place]

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self.place, self.time = int(self.np_random.integers(self.cells - 1)), 0
        return self.observation(), {}

    def step(self, action):
        self.place, self.time = max(0, self.place + (1 if action == 1 else -1)), self.time + 1
        terminated = self.place == self.cells - 1
        return self.observation(), float(terminated), terminated, self.time >= self.limit, {}

# %% [markdown]
# ## 1 · What an action should be worth (recall, 5 points)
#
# Write the targets of deep Q-learning for a batch of n transitions. `next_values` are the target network's values of the next states.
# An episode may end in two ways, and Gymnasium tells both.
#

# %% nbgrader={"grade": false, "grade_id": "targets", "locked": false, "schema_version": 3, "solution": true, "task": false}
def dqn_targets(rewards, next_values, terminated, truncated, discount):
    """rewards, terminated, truncated: (n,); next_values: (n, actions). Returns a NumPy array (n,)."""
    ### BEGIN SOLUTION
    return rewards + discount * (1 - np.asarray(terminated, float)) * next_values.max(axis=1)
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "targets_check", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
import numpy as np

found = dqn_targets(np.array([1.0, 2.0]), np.array([[3.0, 5.0], [0.0, 0.0]]), np.zeros(2), np.zeros(2), 0.9)
assert np.shape(found) == (2,), f"Two transitions have two targets; the shape is {np.shape(found)}."
assert abs(found[1] - 2) < 1e-9, "Where nothing is worth anything afterwards, the target is the reward."
assert found[0] > 1, "What follows counts: the first target should be above its reward of 1."

# %% nbgrader={"grade": true, "grade_id": "targets_test", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
# More tests run here when your work is graded.
### BEGIN HIDDEN TESTS
import numpy as np

rewards, values = np.array([1.0, -1.0, 0.5, 2.0]), np.array([[4.0, 1.0, 2.0], [-3.0, -1.0, -2.0], [6.0, 8.0, 7.0], [5.0, 3.0, 4.0]])
terminated, truncated = np.array([False, False, True, False]), np.array([False, False, False, True])
found = np.asarray(dqn_targets(rewards, values, terminated, truncated, 0.5))
assert abs(found[0] - 1 - 0.5 * values[0].mean()) > 1e-6, "This is the mean of the next values: the target takes the best action's."
assert abs(found[0] - 5) > 1e-6, "The discount is missing."
assert abs(found[0] - 3) < 1e-6, f"A reward of 1 and next values of 4, 1, 2 at a discount of 0.5 make 3, not {found[0]:.4g}."
assert abs(found[1] + 1.5) < 1e-6, "Where all next values are negative, the best is negative, too."
assert abs(found[2] - 0.5) < 1e-6, "After a termination nothing follows: the target is the reward alone."
assert abs(found[3] - 2) > 1e-6, "A time-out is no end of the task: the state has a future, though the episode doesn't show it."
assert abs(found[3] - 4.5) < 1e-6, "A time-out should have the same target as any other step."
### END HIDDEN TESTS

# %% [markdown]
# The largest of several noisy guesses is too large. **Double** DQN lets one network choose and the other value. Write its targets.
#

# %% nbgrader={"grade": false, "grade_id": "double", "locked": false, "schema_version": 3, "solution": true, "task": false}
def double_targets(rewards, next_values, next_target_values, terminated, discount):
    """As above; next_values (n, actions) are the network's, next_target_values (n, actions) the target network's."""
    ### BEGIN SOLUTION
    chosen = next_values.argmax(axis=1)
    worth = next_target_values[np.arange(len(chosen)), chosen]
    return rewards + discount * (1 - np.asarray(terminated, float)) * worth
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "double_check", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
import numpy as np

same = np.array([[3.0, 5.0], [2.0, 1.0], [0.0, 4.0]])
found = double_targets(np.zeros(3), same, same, np.array([0, 0, 1]), 1.0)
assert np.shape(found) == (3,), f"Three transitions have three targets; the shape is {np.shape(found)}."
assert np.allclose(found[:2], [5, 2]), "Where both networks agree, double DQN's targets are DQN's."
assert found[2] == 0, "After a termination nothing follows."

# %% nbgrader={"grade": true, "grade_id": "double_test", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# More tests run here when your work is graded.
### BEGIN HIDDEN TESTS
import numpy as np

own, held = np.array([[1.0, 2.0, 0.0], [9.0, 3.0, 1.0]]), np.array([[7.0, 5.0, 6.0], [2.0, 4.0, 8.0]])
found = np.asarray(double_targets(np.array([1.0, 0.0]), own, held, np.zeros(2), 0.5))
assert not np.allclose(found, [4.5, 4.0]), "This is DQN's target: the target network both chooses and values."
assert not np.allclose(found, [2.0, 4.5]), "The network both chooses and values: let the target network value."
assert not np.allclose(found, [1.5, 0.5]), "The roles are swapped: the network chooses, the target network values."
assert np.allclose(found, [3.5, 1.0]), f"Here the targets should be 3.5 and 1, not {found}."
### END HIDDEN TESTS

# %% [markdown]
# ## 2 · A replay memory (4 points)
#
# Write a memory of the latest `capacity` transitions, in NumPy arrays: a ring, in which the newest overwrites the oldest. A transition
# is (observation, action, reward, next observation, terminated).
#

# %% nbgrader={"grade": false, "grade_id": "memory", "locked": false, "schema_version": 3, "solution": true, "task": false}
class Memory:
    """The latest transitions."""

    def __init__(self, capacity, observation_shape):
        ### BEGIN SOLUTION
        self.capacity, self.added = capacity, 0
        self.x = np.zeros((capacity, *observation_shape), "float32")
        self.following = np.zeros((capacity, *observation_shape), "float32")
        self.action = np.zeros(capacity, "int32")
        self.reward, self.terminated = np.zeros((2, capacity), "float32")
        ### END SOLUTION

    def add(self, x, action, reward, following, terminated):
        """Remember one transition."""
        ### BEGIN SOLUTION
        place = self.added % self.capacity
        self.x[place], self.action[place], self.reward[place] = x, action, reward
        self.following[place], self.terminated[place] = following, terminated
        self.added += 1
        ### END SOLUTION

    def __len__(self):
        """How many transitions it holds."""
        ### BEGIN SOLUTION
        return min(self.added, self.capacity)
        ### END SOLUTION

    def draw(self, batch, rng):
        """batch transitions at random, with replacement; rng is a NumPy generator.

        Returns five arrays: float32 (batch, *observation_shape), int32 (batch,), float32 (batch,),
        float32 (batch, *observation_shape), float32 (batch,).
        """
        ### BEGIN SOLUTION
        places = rng.integers(len(self), size=batch)
        columns = self.x, self.action, self.reward, self.following, self.terminated
        return tuple(column[places] for column in columns)
        ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "memory_check", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
import numpy as np

memory = Memory(10, (3,))
for step in range(4):
    memory.add(np.full(3, step), step % 2, float(step), np.full(3, step + 1), step == 3)
assert len(memory) == 4, f"After four transitions it should hold four, not {len(memory)}."
drawn = memory.draw(5, np.random.default_rng(0))
shapes = [np.shape(part) for part in drawn]
assert shapes == [(5, 3), (5,), (5,), (5, 3), (5,)], f"A draw of five should have the shapes (5, 3), (5,), (5,), (5, 3), (5,), not {shapes}."
kinds = [str(part.dtype) for part in drawn]
assert kinds == ["float32", "int32", "float32", "float32", "float32"], f"The types are {kinds}."

# %% nbgrader={"grade": true, "grade_id": "memory_test", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# More tests run here when your work is graded.
### BEGIN HIDDEN TESTS
import numpy as np

memory, rng = Memory(50, (2,)), np.random.default_rng(1)
observation = np.zeros(2)
for step in range(1, 31):
    observation[:] = step  # an environment may use the same array again and again
    memory.add(observation, step % 3, 10.0 * step, observation + 1, step % 5 == 0)
x, action, reward, following, terminated = memory.draw(3000, rng)
assert (reward > 0).all(), "A draw contains places that were never filled: draw among what was added."
assert len(np.unique(x)) > 1, "All observations drawn are the latest: copy what you are given, its array is used again."
assert np.array_equal(10 * x[:, 0], reward) and np.array_equal(action, x[:, 0] % 3), "Parts of different transitions are mixed up: draw one set of places for all."
assert np.array_equal(following, x + 1) and np.array_equal(terminated, x[:, 0] % 5 == 0), "Next observations or terminations are not those of the transition."
counts = np.unique(reward, return_counts=True)[1]
assert len(counts) == 30, f"Of 30 transitions only {len(counts)} are ever drawn: each may be, the first and the latest too."
assert counts.max() < 180, "Not all are equally likely: of 3000 draws each of 30 transitions should have about 100."
assert not np.array_equal(memory.draw(20, rng)[2], memory.draw(20, rng)[2]), "Two draws are the same: take places from the generator that is given."
### END HIDDEN TESTS

# %% nbgrader={"grade": true, "grade_id": "memory_ring_test", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
# More tests run here when your work is graded.
### BEGIN HIDDEN TESTS
import numpy as np

memory = Memory(20, (2,))
for step in range(1, 48):
    memory.add(np.full(2, step), 0, float(step), np.full(2, step), False)
assert len(memory) == 20, f"A memory of 20 holds 20 of 47 transitions, not {len(memory)}."
held = set(memory.draw(2000, np.random.default_rng(2))[2].tolist())
assert held != set(map(float, range(1, 21))), "A full memory keeps its oldest transitions: the newest should overwrite them."
assert held == set(map(float, range(28, 48))), f"After 47 steps it should hold the steps 28 to 47; it holds {sorted(held)}."
### END HIDDEN TESTS

# %% [markdown]
# ## 3 · Find the faults (4 points)
#
# This update was found in a student's notebook. It runs, and the loss falls. The values grow beyond all bounds on one task, and settle at wrong
# ones on another.
#

# %%
def faulty_update(network, target, optimizer, batch, discount):
    """One step of deep Q-learning; returns the loss."""
    x, _, reward, following, terminated = batch
    with tf.GradientTape() as tape:
        best = tf.reduce_max(network(following), axis=1)
        wanted = reward + discount * (1 - terminated) * best
        taken = tf.reduce_max(network(x), axis=1)
        loss = tf.reduce_mean((wanted - taken) ** 2) / 2
    gradients = tape.gradient(loss, network.trainable_variables)
    optimizer.apply(gradients, network.trainable_variables)
    return loss

# %% [markdown]
# It has more than one fault: which network makes `wanted`, what moves when the loss's slope is followed, and whose value is compared with
# it? Write it right, with the loss as it is: half of the mean square.
#

# %% nbgrader={"grade": false, "grade_id": "update", "locked": false, "schema_version": 3, "solution": true, "task": false}
def q_update(network, target, optimizer, batch, discount):
    """One step of deep Q-learning on a batch as Memory.draw returns it; returns the loss."""
    ### BEGIN SOLUTION
    x, action, reward, following, terminated = batch
    best = tf.reduce_max(target(following), axis=1)
    wanted = reward + discount * (1 - terminated) * best
    with tf.GradientTape() as tape:
        taken = tf.gather(network(x), action, axis=1, batch_dims=1)
        loss = tf.reduce_mean((wanted - taken) ** 2) / 2
    gradients = tape.gradient(loss, network.trainable_variables)
    optimizer.apply(gradients, network.trainable_variables)
    return loss
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "update_check", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
import keras
import numpy as np

network, target = (keras.Sequential([keras.Input((4,)), keras.layers.Dense(3)]) for _ in range(2))
kept = target.get_weights()
rng = np.random.default_rng(3)
batch = (
    rng.normal(size=(8, 4)).astype("float32"), rng.integers(3, size=8).astype("int32"), np.ones(8, "float32"),
    rng.normal(size=(8, 4)).astype("float32"), np.zeros(8, "float32"),
)
before, loss = network.get_weights(), q_update(network, target, keras.optimizers.SGD(0.1), batch, 0.9)
assert float(loss) > 0, "The loss is a mean of squares: above 0."
assert not np.allclose(before[0], network.get_weights()[0]), "The update left the network's weights as they were."
assert all(np.array_equal(a, b) for a, b in zip(kept, target.get_weights(), strict=True)), "The update should leave the target network alone."

# %% nbgrader={"grade": true, "grade_id": "update_test", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
# More tests run here when your work is graded.
### BEGIN HIDDEN TESTS
import keras
import numpy as np

rng, n = np.random.default_rng(4), 12
W, held = rng.normal(size=(2, 5, 3))
x, following = rng.normal(size=(2, n, 5))
action, reward, terminated = rng.integers(3, size=n), rng.normal(size=n), np.arange(n) % 4 == 0
onehot, discount = np.eye(3)[action], 0.8


def gradient(next_weights, through=False, largest=False):
    """Of half the mean square, with respect to W, by hand; values are x W."""
    best = (following @ next_weights).argmax(axis=1)
    alive = discount * (1 - terminated)
    wanted = reward + alive * (following @ next_weights).max(axis=1)
    own = np.eye(3)[(x @ W).argmax(axis=1)] if largest else onehot
    error = (wanted - (x @ W * own).sum(axis=1)) / n
    slope = -x.T @ (error[:, None] * own)
    return slope + through * following.T @ ((error * alive)[:, None] * np.eye(3)[best]), (error**2).sum() * n / 2


def small(weights):
    model = keras.Sequential([keras.Input((5,)), keras.layers.Dense(3, use_bias=False)])
    model.set_weights([weights])
    return model


network, target = small(W), small(held)
batch = (
    x.astype("float32"), action.astype("int32"), reward.astype("float32"), following.astype("float32"),
    terminated.astype("float32"),
)
loss = float(q_update(network, target, keras.optimizers.SGD(1.0), batch, discount))
found, (right, right_loss) = W - network.get_weights()[0], gradient(held)


def close(values):
    return np.allclose(found, values, atol=1e-3)


assert np.allclose(held, target.get_weights()[0]), "The update changed the target network."
for largest in (True, False):
    whose = "The largest value is compared with the target, not the value of the action that was taken. " if largest else ""
    assert not close(gradient(W, True, largest)[0]), (
        whose + "The network makes its own targets, and the gradient goes through them: the step moves the target towards the value."
    )
    assert not close(gradient(W, False, largest)[0]), whose + "The network makes its own targets: the target network should."
    if largest:
        assert not close(gradient(held, False, largest)[0]), whose
assert not close(2 * right), "The step is twice as long as it should be: half of the mean square was asked for."
assert not close(n * right), "This is the sum over the batch: the mean was asked for."
assert not close(-right), "The step goes up the loss."
assert close(right), "The step differs from the gradient computed by hand. Does a termination cut the target, and is the discount in it?"
assert abs(loss - right_loss) < 1e-3, f"The loss before the step is {right_loss:.4f}; the function returned {loss:.4f}."
### END HIDDEN TESTS

# %% [markdown]
# ## 4 · Let it learn (5 points)
#
# Write the whole loop. After each step of the environment: remember it, and once the memory holds 32 transitions make one update with a batch of 32, Adam at a
# learning rate of 0.01; every `target_every` steps the target network gets the network's weights. An action is ε-greedy, ε = `epsilon(step)` for step 0, 1, ... .
# An episode ends by termination or by time-out. (A copy of a Keras model: `keras.models.clone_model` and `set_weights`. To be fast, wrap the update
# in a `tf.function`.)
#

# %% nbgrader={"grade": false, "grade_id": "learn", "locked": false, "schema_version": 3, "solution": true, "task": false}
def learn(environment, network, steps, epsilon, discount, seed=0, target_every=20):
    """Trains network on environment; returns the rewards' sum of each finished episode, a list of floats.

    environment: a Gymnasium environment, observations float32 (k,); network: a Keras model (n, k) -> (n, actions).
    """
    ### BEGIN SOLUTION
    rng, optimizer = np.random.default_rng(seed), keras.optimizers.Adam(0.01)
    optimizer.build(network.trainable_variables)
    target = keras.models.clone_model(network)
    target.set_weights(network.get_weights())

    @tf.function(autograph=False)
    def update(*batch):
        return q_update(network, target, optimizer, batch, discount)

    memory, returns = Memory(steps, environment.observation_space.shape), []
    x, _ = environment.reset(seed=seed)
    gained = 0.0
    for step in range(steps):
        if rng.random() < epsilon(step):
            action = int(rng.integers(environment.action_space.n))
        else:
            action = int(np.argmax(network(x[np.newaxis])[0]))
        following, reward, terminated, truncated, _ = environment.step(action)
        memory.add(x, action, reward, following, terminated)
        x, gained = following, gained + float(reward)
        if terminated or truncated:
            returns.append(gained)
            (x, _), gained = environment.reset(), 0.0
        if len(memory) >= 32:
            update(*memory.draw(32, rng))
        if (step + 1) % target_every == 0:
            target.set_weights(network.get_weights())
    return returns
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "learn_check", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
import gymnasium
import keras
import numpy as np


class Watched(gymnasium.Env):
    """One place, one reward of 1 per step; ends after three steps."""

    action_space, observation_space = gymnasium.spaces.Discrete(2), gymnasium.spaces.Box(0, 1, (1,), "float32")
    time = 3

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self.time = 0
        return np.ones(1, "float32"), {}

    def step(self, action):
        assert self.time < 3, "The environment was stepped after the end of its episode, or before any: reset it."
        assert action in (0, 1), f"Actions are 0 and 1, not {action}."
        self.time += 1
        return np.ones(1, "float32"), 1.0, self.time == 3, False, {}


network = keras.Sequential([keras.Input((1,)), keras.layers.Dense(2)])
before = network.get_weights()[0]
found = learn(Watched(), network, 40, lambda step: 1.0, 0.9)
assert found == [3.0] * 13, f"In 40 steps 13 episodes end, each with a sum of 3; the function returned {found}."
assert not np.allclose(before, network.get_weights()[0]), "The network's weights are as they were."

# %% nbgrader={"grade": true, "grade_id": "learn_value_test", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
# More tests run here when your work is graded.
### BEGIN HIDDEN TESTS
import gymnasium
import keras
import numpy as np


class Meter(gymnasium.Env):
    """One place, a reward of 1 per step; every other step an episode ends, in the way that is given."""

    action_space, observation_space = gymnasium.spaces.Discrete(2), gymnasium.spaces.Box(0, 1, (1,), "float32")

    def __init__(self, out_of_time):
        self.out_of_time = out_of_time

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self.time = 0
        return np.ones(1, "float32"), {}

    def step(self, action):
        self.time += 1
        ends = self.time == 2
        return np.ones(1, "float32"), 1.0, ends and not self.out_of_time, ends and self.out_of_time, {}


def learnt(out_of_time):
    network = keras.Sequential([keras.Input((1,)), keras.layers.Dense(2, kernel_initializer="zeros")])
    learn(Meter(out_of_time), network, 280, lambda step: 1.0, 0.5, seed=1)
    return float(np.mean(network(np.ones((1, 1)))))


endless = learnt(True)
assert abs(endless - 1) > 0.1, "The target network is never renewed: values are one reward and a discounted first guess."
assert abs(endless - 4 / 3) > 0.1, "A time-out is remembered as a termination: it should cut no target."
assert abs(endless - 2) < 0.2, f"An endless reward of 1 at a discount of 0.5 is worth 1 + 0.5 + 0.25 + ... = 2; learnt was {endless:.2f}."
ended = learnt(False)
assert abs(ended - 2) > 0.2, "A termination isn't remembered: after it nothing follows."
assert abs(ended - 4 / 3) < 0.25, f"Where every other step is the last, a step is worth 4/3 on average; learnt was {ended:.2f}."
### END HIDDEN TESTS

# %% nbgrader={"grade": true, "grade_id": "learn_test", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
# More tests run here when your work is graded.
### BEGIN HIDDEN TESTS
import gymnasium
import keras
import numpy as np


class Way(gymnasium.Env):
    """Five cells; action 0 leads to the last one, which pays 1 and ends the episode."""

    action_space, observation_space = gymnasium.spaces.Discrete(2), gymnasium.spaces.Box(0, 1, (5,), "float32")

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self.place, self.time = int(self.np_random.integers(4)), 0
        return np.eye(5, dtype="float32")[self.place], {}

    def step(self, action):
        actions.append(int(action))
        self.place, self.time = max(0, self.place + (1 if action == 0 else -1)), self.time + 1
        over = self.place == 4
        return np.eye(5, dtype="float32")[self.place], float(over), over, self.time >= 20, {}


actions = []
keras.utils.set_random_seed(2)
network = keras.Sequential([keras.Input((5,)), keras.layers.Dense(24, activation="relu"), keras.layers.Dense(2)])
returns = learn(Way(), network, 550, lambda step: 1.0 if step < 400 else 0.0, 0.8, seed=2)
explored = np.mean(actions[:400])
assert 0.35 < explored < 0.65, f"With ε = 1 both actions should be taken equally often; action 1 was taken in {explored:.0%} of the steps."
greedy = np.mean(actions[-100:])
assert greedy < 0.5, "With ε = 0 the agent should take the action that is worth most; it goes the wrong way after 450 steps."
values = np.array(network(np.eye(5)[:4]))
right = 0.8 ** np.arange(3, -1, -1)
assert (values.argmax(axis=1) == 0).all(), f"After 550 steps action 0 should be worth more in every cell; the values are {values.round(2).tolist()}."
assert np.abs(values[:, 0] - right).max() < 0.25, (
    f"The way to the end is worth {right.round(2)}, cell by cell, at a discount of 0.8; learnt was {values[:, 0].round(2)}."
)
### END HIDDEN TESTS

# %% [markdown] nbgrader={"grade": false, "grade_id": "open", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": true}
# ## 5 · Your own experiment (open, 6 points)
#
# *"Deep Q-learning needs a target network: without it, it doesn't learn."* Design an experiment that could refute this sentence on the corridor, with your `learn`
# (with `target_every=1` the copy is renewed at every step). (Rather replay? *"Without a memory it doesn't learn"* is as good a sentence.) In the next cell, and
# in as many cells of your own as you need after it:
#
# - say before you run what you expect, what *learns* is measured by, and what outcome would refute the sentence, with a
#   number (1 point);
# - the return or the policy, **and** the values, which are known here: the way from a cell k steps before the end is worth
#   $\gamma^{k-1}$ (1 point);
# - three values of `target_every` or more, among them 1 and a large one, all else equal (1 point);
# - five seeds or more, each shown or with their spread, failed ones too (1 point).
#
# Then conclude, in three to six sentences in the last cell: what was shown, what wasn't, what you would measure next (2 points).
#
# ### BEGIN MARK SCHEME
# **How to mark.** The first four points are given here, the last two at the report.
#
# | points | given for | not for |
# | --- | --- | --- |
# | 1 | a prediction, a measure and a refuting outcome, with a number, before the measurement | "it will be unstable" |
# | 1 | policy or greedy return, and the error of the values against the true ones | the training loss: its targets move |
# | 1 | three values of `target_every` or more, among them 1 and a large one, all else equal | another number of steps for one of them |
# | 1 | five independent trainings or more per value, each shown or with their spread; failed ones are reported | the best run of each |
# | 1 | a conclusion that the numbers carry, whichever it is | a conclusion known before |
# | 1 | what wasn't shown (one easy task, one-hot observations, one budget), and a next measurement | a list of phrases |
#
# What is usually found: on the corridor the network learns without a target network, too, in nearly all cells, with values a little less accurate; with a copy
# that is renewed too rarely it hasn't learnt yet, since news of the end travel back one cell with each renewal. Values that chase themselves upwards, as
# chapter 09c shows for CartPole, need a harder task: longer episodes, a discount near 1, observations that share their weights.
# ### END MARK SCHEME
#

# %% nbgrader={"grade": false, "grade_id": "open_experiment", "locked": false, "schema_version": 3, "solution": true, "task": false}
### BEGIN SOLUTION
right = 0.9 ** np.arange(4, -1, -1)
for target_every in (1, 20, 200):
    shares, errors = [], []
    for seed in range(5):
        keras.utils.set_random_seed(seed)
        network = keras.Sequential([
            keras.Input((6,)), keras.layers.Dense(24, activation="relu"), keras.layers.Dense(2),
        ])
        learn(Corridor(), network, 400, lambda step: max(0.1, 1 - step / 300), 0.9, seed, target_every)
        values = np.array(network(np.eye(6)[:5]))
        shares.append(np.mean(values.argmax(axis=1) == 1))
        errors.append(np.abs(values[:, 1] - right).mean())
    print(f"renewed every {target_every} steps: right action in {np.round(shares, 1)} of the cells, value error {np.round(errors, 3)}, "
          f"means {np.mean(shares):.2f} and {np.mean(errors):.3f}")
### END SOLUTION

# %% [markdown] nbgrader={"grade": true, "grade_id": "open_report", "locked": false, "points": 2, "schema_version": 3, "solution": true, "task": false}
# ### BEGIN SOLUTION
# **Expected** before the run: without a target network (renewed at every step) the greedy policy goes right in fewer cells, and the values are
# farther from the true ones, than with a copy renewed every 20 steps. It *learns* if it goes right in four of five cells or more; if that is so in
# four of five seeds, the sentence is refuted.
#
# **Found.** Without a target network it learnt in all five seeds: right in every cell in four of them, and in 80 % of the cells in the fifth. So the
# sentence is refuted, on this task. The copy has a use all the same: renewed every 20 steps, all cells are right in all seeds, and
# the values' mean error is 0.009 instead of 0.026; but the errors of single seeds overlap, from 0.001 to 0.032 and from 0.005 to 0.070, so five don't settle it.
# Renewed every 200 steps it hasn't learnt yet after 400: right in 60 % of the cells, error 0.325. What wasn't shown: five cells, one-hot, short episodes; on CartPole it may
# be otherwise. Next: a place given as a single number, and a discount of 0.99.
# ### END SOLUTION
