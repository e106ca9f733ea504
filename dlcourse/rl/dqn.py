"""Deep Q-networks: DQN, and what was added to it: double, duelling, n-step, prioritised replay.

One run trains several agents at once, which exchange nothing: agent i has its own weights, memory and
environments, and may have its own settings. So a run holds seeds and variants side by side, in one compiled update.
Their networks are one Keras model, see ``networks``.
"""

import dataclasses
import functools
import itertools
from dataclasses import dataclass
from typing import NamedTuple

import keras
import numpy as np
import tensorflow as tf

from dlcourse import checks, progress
from dlcourse.models.stacked import feed_forward
from dlcourse.rl import evaluation, networks, replay, validation
from dlcourse.training import optimizers


@dataclass(frozen=True)
class Settings:
    """Hyperparameters of a run. Entries marked * may be arrays (agents,), so that agents differ.

    Attributes:
        discount*: γ.
        hidden: units of the hidden layers of the network that ``train`` builds.
        learning_rate: of Adam at the start; it falls linearly to ``final_share`` of it.
        batch_size: transitions of an update.
        train_every: environment steps of an agent between two calls of the update.
        updates: gradient steps of a call.
        learning_starts: environment steps of an agent before the first.
        explore: (first, last, share): ε falls linearly from the first to the last within this share of the run.
        capacity*: transitions that are kept.
        target_every*: gradient steps after which the target network becomes equal to the network.
        double*: whether the network names the best next action, and the target network only values it.
        duelling*: whether action values are a state's value plus advantages, in the network that ``train`` builds.
        n*: steps of a transition.
        priority*: α of prioritised replay; 0 draws uniformly.
        correction: β of prioritised replay at the start; it grows linearly to 1.
        through_truncation*: whether the target of a truncated episode's last step bootstraps. False is the mistake.
        huber_delta*: δ of Huber's loss: from this size of an error on it grows linearly, not with its square.
        max_grad_norm: largest gradient norm of an agent; longer gradients are scaled down to it.
    """

    discount: object = 0.99
    hidden: tuple = (64, 64)
    learning_rate: float = 1e-3
    final_share: float = 0.0
    batch_size: int = 64
    train_every: int = 64
    updates: int = 32
    learning_starts: int = 1_000
    explore: tuple = (1.0, 0.04, 0.2)
    capacity: object = 50_000
    target_every: object = 100
    double: object = False
    duelling: object = False
    n: object = 1
    priority: object = 0.0
    correction: float = 0.4
    through_truncation: object = True
    huber_delta: object = 1_000.0
    max_grad_norm: float = 1_000.0

    def __post_init__(self):
        for name in ("batch_size", "train_every", "updates"):
            checks.whole_number(f"Settings({name})", getattr(self, name))
        checks.whole_number("Settings(learning_starts)", self.learning_starts, least=0)
        checks.widths("Settings(hidden)", self.hidden, least=1)
        checks.positive("Settings(learning_rate)", self.learning_rate)
        for name in ("discount", "priority"):
            checks.between(f"Settings({name})", getattr(self, name), 0, 1)
        for name in ("capacity", "target_every", "n"):
            whole = checks.between(f"Settings({name})", getattr(self, name), 1, np.inf)
            if not (whole == np.floor(whole)).all() or not np.isfinite(whole).all():
                raise ValueError(
                    f"Settings({name}={getattr(self, name)!r}): expected whole numbers of 1 or more."
                )
        for name in ("final_share", "correction"):
            checks.fraction(f"Settings({name})", getattr(self, name))
        checks.between("Settings(huber_delta)", self.huber_delta, np.finfo("float32").tiny, np.inf)
        checks.positive("Settings(max_grad_norm)", self.max_grad_norm)
        if checks.between("Settings(explore)", self.explore, 0, 1).shape != (3,) or not self.explore[2]:
            raise ValueError(
                f"Settings(explore={self.explore!r}): expected (first ε, last ε, share of the run), the share above 0."
            )


CART_POLE = Settings(batch_size=32, duelling=True, n=8, priority=0.4, target_every=10, max_grad_norm=10.0)
"""Settings for CartPole-v1, found by some sixty trials on seeds 0 to 4, which chapter 09c doesn't report."""

PLAIN = {"n": 1, "priority": 0.0, "duelling": False, "target_every": 100}
"""Changes to ``CART_POLE`` that leave DQN as it was at first (Mnih et al. 2015): without what came later."""


def side_by_side(settings, changes, seeds):
    """Settings of several variants with several seeds each, for one run of ``len(changes) * seeds`` agents.

    Args:
        settings: Settings that the variants start from.
        changes: dict from a variant's name to what is changed in it: a dict of entries marked * in Settings.
        seeds: agents of each variant.

    Returns:
        Settings, its changed entries arrays (agents,): the first ``seeds`` agents are the first variant's.

    Raises:
        ValueError: where a change is of an entry that all agents of a run share.
    """
    names = {name for change in changes.values() for name in change}
    own = {*AgentSettings._fields, "duelling", "capacity", "n", "priority"}
    if names - own:
        raise ValueError(
            f"{sorted(names - own)} can't differ between agents of one run; these can: {sorted(own)}. Train twice."
        )
    rows = {
        name: [change.get(name, getattr(settings, name)) for change in changes.values()] for name in names
    }
    return dataclasses.replace(settings, **{name: np.repeat(row, seeds) for name, row in rows.items()})


def by_variant(values, changes):
    """Cut an array (agents, ...) of such a run into the variants': a dict from name to (seeds, ...)."""
    return dict(zip(changes, np.split(np.asarray(values), len(changes)), strict=True))


def q_network(observation_shape, actions, *, hidden=(64, 64), duelling=False, agents=1, seed=0):
    """The stacked Keras model that ``train`` builds: perceptrons, with Glorot's uniform kernels and biases of 0.

    Maps observations (agents, batch, *observation) to action values (agents, batch, actions).

    Args:
        observation_shape: of one observation.
        actions: how many.
        hidden: units of the hidden layers.
        duelling: whether action values are a state's value plus advantages (Wang et al. 2016); the two streams part
            at the last layer. A bool, or one per agent.
        agents: how many.
        seed: of the weights.
    """
    rng, kernels = np.random.default_rng([seed, 1]), []
    for inputs, outputs in itertools.pairwise((int(np.prod(observation_shape)), *hidden, 1 + actions)):
        limit = np.sqrt(6 / (inputs + outputs))
        kernels.append(rng.uniform(-limit, limit, (agents, inputs, outputs)).astype("float32"))
    streams = feed_forward.from_kernels(kernels, observation_shape)
    values = networks.Duelling(_each(duelling, agents).tolist())(streams.output)
    return keras.Model(streams.input, values, name="q_network")


class Learner(NamedTuple):
    """State of the optimisation: Adam, and the target network's weights, a list of (agents, ...)."""

    adam: optimizers.Adam
    target: list


def learner(weights):
    """The Learner that begins with these weights, its target network equal."""
    adam = optimizers.begin(weights)
    return Learner(adam, adam.weights)


class AgentSettings(NamedTuple):
    """Settings in which agents may differ, inside the update: float32 (agents, 1) each, or None: no agent's."""

    double: object
    through_truncation: object
    target_every: object
    huber_delta: object
    discount: object


def targets(network, weights, target, batch, own):
    """What the values of a batch should be.

    y = R + γ^m (1 - terminated) Q_target(s', argmax_a Q(s', a)), where Q is the target
    network's own (Mnih et al. 2015) or, doubled, the network's (van Hasselt et al.
    2016).

    Returns:
        (agents, batch).
    """
    after = network(target, batch.following)
    naming = after
    if own.double is not None:
        naming = tf.where(own.double[..., None] > 0, network(weights, batch.following), after)
    best = tf.one_hot(tf.argmax(naming, axis=-1), after.shape[-1])
    cut = tf.cast(batch.truncated, "float32") * (1 - own.through_truncation)
    goes_on = (1 - tf.cast(batch.terminated, "float32")) * (1 - cut)
    worth = tf.reduce_sum(after * best, axis=-1)
    discount = own.discount ** tf.cast(batch.steps, "float32")
    return batch.reward + discount * goes_on * worth


def gradient_step(network, now, batch, weight, learning_rate, own, max_grad_norm):
    """One gradient step of every agent: (Learner, TD errors (agents, batch))."""
    weights = now.adam.weights
    wanted = targets(network, weights, now.target, batch, own)  # outside the tape
    with tf.GradientTape() as tape:
        tape.watch(weights)
        values = network(weights, batch.observation)
        taken = tf.one_hot(batch.action, values.shape[-1])
        errors = wanted - tf.reduce_sum(values * taken, axis=-1)
        size, delta = tf.abs(errors), own.huber_delta
        huber = tf.where(size < delta, 0.5 * size**2, delta * (size - 0.5 * delta))
        by_agent = tf.reduce_mean(weight * huber, axis=1)
        loss = tf.reduce_sum(by_agent)  # agents' gradients don't mix
    gradients = tape.gradient(loss, weights)
    adam = optimizers.step(now.adam, gradients, learning_rate, max_grad_norm=max_grad_norm)
    renew = tf.math.floormod(adam.count, own.target_every[:, 0]) == 0
    pairs = zip(now.target, adam.weights, strict=True)
    target = [tf.where(optimizers.each(renew, new), new, old) for old, new in pairs]
    return Learner(adam, target), errors


def make_update(network, max_grad_norm, jit_compile):
    """The update: several gradient steps of all agents in one call of one compiled function."""

    @tf.function(jit_compile=jit_compile or None)
    def update(now, transitions, weight, learning_rate, own):
        draws = weight.shape[0]

        def body(i, now, errors):
            batch = replay.Transitions(*(field[i] for field in transitions))
            now, found = gradient_step(network, now, batch, weight[i], learning_rate, own, max_grad_norm)
            return i + 1, now, errors.write(i, found)

        start = (0, now, tf.TensorArray("float32", draws, element_shape=weight.shape[1:]))
        _, now, errors = tf.while_loop(lambda i, *_: i < draws, body, start)
        return now, errors.stack()

    return update


@dataclass(eq=False)
class Trained:
    """Result of ``train``. ``run.chooser()`` plays greedily, as that of ``ppo.train`` does.

    Attributes:
        network: keras.Model, trained: the one that was given or built. ``network.save("q.keras")`` writes it,
            ``keras.models.load_model`` reads it (a built one where ``dlcourse.rl`` is imported).
        agents: how many.
        returns: undiscounted returns of each agent's training episodes, in order: list of float64 (episodes,).
        ends: environment steps of the agent when they ended, list of int64 (episodes,).
        errors: mean |TD error| of each call of the update, float32 (calls, agents).
        steps: environment steps of each agent.
        values: function from observations (agents, batch, *observation) to action values (agents, batch, actions), both
            NumPy. One agent has the first axis too: ``run.values(observations[None])[0]``.
        alone: function from an agent to the function from its observations (n, *observation) to its action values
            (n, actions).
    """

    network: object
    agents: int
    returns: list
    ends: list
    errors: np.ndarray
    steps: int
    values: object
    alone: object = None

    def learning_curves(self, edges):
        """``evaluation.learning_curve`` of each agent, (agents, edges - 1)."""
        pairs = zip(self.returns, self.ends, strict=True)
        return np.array([evaluation.learning_curve(returns, ends, edges) for returns, ends in pairs])

    def chooser(self, agent=0):
        """A function from observations (n, *observation) to an agent's greedy actions, int64 (n,).

        Args:
            agent: which.
        """

        values = self.alone(agent)
        return lambda x: values(x).argmax(axis=-1)


def train(environments, settings, *, steps, agents=1, network=None, seed=0, stop=None):
    """Train agents by deep Q-learning.

    >>> network = keras.Sequential([  # of pixels; without padding, a stride may never see the last rows
    ...     keras.Input((8, 8, 1)), layers.Rescaling(1 / 255),
    ...     layers.Conv2D(16, 3, padding="same", activation="relu"),
    ...     layers.Flatten(), layers.Dense(64, activation="relu"), layers.Dense(3)])
    >>> gymnasium.register("My-v0", MyEnv)
    >>> worlds = gymnasium.make_vec("My-v0", num_envs=8, vectorization_mode="sync")
    >>> run = dqn.train(worlds, dqn.Settings(), steps=20_000, network=network)
    >>> run.returns[0]  # of each training episode
    >>> choose = run.chooser()  # plays greedily
    >>> choose(observations)  # of shape (n, 8, 8, 1): n actions
    >>> run.network.save("q.keras")
    >>> loaded = keras.models.load_model("q.keras")
    >>> loaded(observations).numpy().argmax(axis=-1)  # the same actions

    Details, and where they come from:
    - Replay, a target network, ε falling linearly, errors beyond 1 clipped (Huber's loss): Mnih et al. 2015.
    - Adam (Kingma & Ba 2015) instead of RMSProp, its rate falling to 0; gradients clipped by norm (Wang et al. 2016).
    - Several environment steps, then as many gradient steps as belong to them, in one compiled call. Mnih et al. take
      one gradient step every 4 actions. The grouping makes the behaviour a little older.
    - Several environments for each agent. Their transitions enter its memory side by side: still one
      memory, one network, and each environment step counts.
    - double: van Hasselt et al. 2016. duelling: Wang et al. 2016, equation 9; the two streams part only at the last
      layer, and gradients aren't rescaled there. n: Sutton 1988, Hessel et al. 2018. priority: Schaul et al. 2016;
      priorities are renewed after each call.
    - After a termination the target is the reward alone; after a truncation it bootstraps from the last observation
      (Pardo et al. 2018). The step after an episode's end, which only resets, is not learnt from.
    - Acting runs in NumPy on weights copied out: for small networks a call of TensorFlow costs more than the product.

    Args:
        environments: Gymnasium vector environment, Box observations, Discrete actions; they are shared out evenly, the
            first num_envs / agents of them to agent 0.
        settings: Settings; ``Settings()`` serves a small problem.
        steps: environment steps of each agent, all its environments together, resets included.
        agents: how many, which know nothing of each other.
        network: keras.Model from observations to action values, any numbers, so without a last activation. For one
            agent a plain model, from (batch, *observation) to (batch, actions); for several a stacked one, from
            (agents, batch, *observation), see ``models.stacked``. It is changed in place. None builds ``q_network``.
            What acts in training only (dropout, a trainable batch normalisation) is refused, see ``networks``.
        seed: of everything but the weights of a network that is given.
        stop: function of the agents' returns so far (a list of lists), called after each update; if it returns True,
            training ends.

    Returns:
        Trained; ``.returns[i]`` are agent i's.

    Raises:
        ValueError: where spaces or the network don't fit, environments can't be shared out, a reward, an observation or
            a TD error is not finite.
    """
    checks.settings("train(settings)", settings, Settings)
    space, actions = _spaces(environments)
    seed = checks.whole_number("train(seed)", seed, least=0)
    steps = checks.whole_number("train(steps)", steps)
    per_agent = validation.environments_per_agent(environments, agents)
    if steps < per_agent:
        raise ValueError(
            f"train(steps={steps}): each agent has {per_agent} environments, which all take a step; give {per_agent} "
            "steps or more."
        )
    checks.per_agent(settings, agents, shared=("hidden", "explore"))
    s, rng = settings, np.random.default_rng([seed, 0])
    if network is None:
        network = q_network(
            space.shape, actions, hidden=s.hidden, duelling=s.duelling, agents=agents, seed=seed
        )
    elif np.any(s.duelling):
        raise ValueError(
            "train(network=...) with Settings(duelling=True): whether a network is a duelling one is said by its own "
            "last layers; give settings with duelling=False."
        )
    network = networks.Network(network, agents, space.shape, actions, "train(network)")
    owner, dtype = np.repeat(np.arange(agents), per_agent), validation.stored(space)
    memory = replay.Replay(agents, s.capacity, space.shape, s.priority, dtype)
    cutter = replay.NSteps(
        _each(s.n, agents)[owner], len(owner), _each(s.discount, agents)[owner], space.shape, dtype
    )
    named = (getattr(s, name) for name in AgentSettings._fields)
    own = AgentSettings(*(_each(entry, agents).astype("float32")[:, None] for entry in named))
    if not own.double.any():  # spares a product of matrices in five
        own = own._replace(double=None)
    compiled = networks.xla_pays([network], steps // s.train_every * s.updates)
    now, update = learner(network.weights), make_update(network, float(s.max_grad_norm), compiled)
    values = network.acting(network.weights)
    returns, ends, errors = [[] for _ in range(agents)], [[] for _ in range(agents)], []

    observation, _ = environments.reset(seed=seed)
    resetting, gained = np.zeros(len(owner), bool), np.zeros(len(owner))
    for step in progress.strides(steps, per_agent, "experience"):
        epsilon, correction, learning_rate = schedules(s, step / steps)
        action = values(observation.reshape(agents, per_agent, *space.shape)).argmax(axis=-1).ravel()
        at_random = rng.random(len(owner)) < epsilon
        action = np.where(at_random, rng.integers(actions, size=len(owner)), action)
        following, reward, terminated, truncated, _ = environments.step(action)
        reward = validation.finite(reward, step)
        validation.finite(following, step, "observation")

        which, complete = cutter.add(observation, action, reward, following, terminated, truncated, resetting)
        memory.add(owner[which], complete)
        gained = np.where(resetting, 0.0, gained + reward)
        resetting = terminated | truncated
        for who in np.flatnonzero(resetting):
            ends[owner[who]].append(step)
            returns[owner[who]].append(gained[who])
        observation = following

        if step >= s.learning_starts and step % s.train_every < per_agent:
            drawn = memory.draw(s.updates, s.batch_size, rng, correction)
            now, found = update(now, drawn.transitions, drawn.weight, np.float32(learning_rate), own)
            found = found.numpy()
            memory.rank(drawn, found)
            errors.append(_finite(np.abs(found).mean(axis=(0, 2)), step))
            values = network.acting(now.adam.weights)
            if stop is not None and stop(returns):
                break
    network.assign(now.adam.weights)
    returns, ends = [np.array(mine) for mine in returns], [np.array(mine, "int64") for mine in ends]
    alone = functools.partial(network.acting_alone, now.adam.weights)
    return Trained(network.model, agents, returns, ends, np.array(errors), step, values, alone)


def schedules(settings, done):
    """What changes during a run: (ε, β of prioritised replay, learning rate), each along a straight line.

    Args:
        settings: Settings.
        done: share of the run's steps, from 0 to 1.
    """
    first, last, share = settings.explore
    epsilon = float(np.interp(done, (0, share), (first, last)))
    correction = settings.correction + (1 - settings.correction) * done
    return epsilon, correction, settings.learning_rate * (1 - (1 - settings.final_share) * done)


def _each(entry, agents):
    return np.broadcast_to(np.asarray(entry), agents)


def _spaces(environments):
    validation.vectorised(environments)
    seen, done = validation.require(
        environments, observation=validation.spaces.Box, action=validation.spaces.Discrete
    )
    return seen, int(done.n)


def _finite(errors, step):
    if not np.isfinite(errors).all():
        who = int(np.flatnonzero(~np.isfinite(errors))[0])
        raise ValueError(
            f"Agent {who}'s values are no longer finite after {step} steps: learning diverged. Take a smaller "
            "learning rate, or copy the target network less often."
        )
    return errors


# Evaluation


@dataclass(frozen=True, eq=False)
class Played:
    """Greedy episodes of each agent.

    Attributes:
        returns: undiscounted, float64 (agents, episodes).
        believed: largest action value of each episode's first observation, float64 (agents, episodes).
        got: discounted return actually got from there, float64 (agents, episodes).
    """

    returns: np.ndarray
    believed: np.ndarray
    got: np.ndarray


def greedy_episodes(environments, trained, episodes, seed, discount=0.99):
    """Let agents act greedily for so many episodes each: always as many, however long they take.

    Args:
        environments: vector environment of ``agents * episodes``: each plays its first episode only.
        seed: one that nothing was trained with.
        discount: γ of ``got``.

    Returns:
        Played.
    """
    agents, number = trained.agents, environments.num_envs
    if number != agents * episodes:
        raise ValueError(
            f"{agents} agents with {episodes} episodes each need {agents * episodes} environments; these are {number}."
        )
    observation, _ = environments.reset(seed=seed)
    shape = (agents, episodes, *observation.shape[1:])
    values = trained.values(observation.reshape(shape))
    believed = values.max(axis=-1)
    returns, got, playing, step = np.zeros(number), np.zeros(number), np.ones(number, bool), 0
    while playing.any():
        observation, reward, terminated, truncated, _ = environments.step(values.argmax(axis=-1).ravel())
        reward = np.where(playing, validation.finite(reward, step), 0.0)
        returns, got, step = returns + reward, got + discount**step * reward, step + 1
        playing &= ~(terminated | truncated)
        values = trained.values(observation.reshape(shape))
    by_agent = (agents, episodes)
    return Played(returns.reshape(by_agent), believed.astype("float64"), got.reshape(by_agent))
