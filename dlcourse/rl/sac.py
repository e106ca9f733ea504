"""Soft actor-critic (Haarnoja et al. 2018), readable from top to bottom: continuous actions, learnt off policy.

One run trains several agents at once, which exchange nothing, as in ``dqn``: their networks are stacked Keras models.
"""

import functools
import itertools
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import tensorflow as tf
from gymnasium import spaces

from dlcourse import checks, progress
from dlcourse.models.stacked import feed_forward
from dlcourse.rl import networks, policies, replay, validation
from dlcourse.training import optimizers

LOG_SCALES = (-5.0, 2.0)
"""Logarithms of standard deviations are cut to these."""


@dataclass(frozen=True)
class Settings:
    """Hyperparameters of a run.

    Attributes:
        hidden: units of the hidden layers of networks that ``train`` builds.
        discount: γ.
        learning_rate: Adam's, for actor, critics and temperature.
        batch_size: transitions of an update.
        train_every: environment steps of an agent between two calls of the update.
        updates: gradient steps of a call.
        learning_starts: environment steps of an agent, with actions drawn evenly, before the first.
        capacity: transitions that are kept.
        averaging: share τ of the critics that enters their slow copies at each gradient step.
        twins: whether the smaller of two critics counts; else there is one.
        temperature: α, fixed; None: it is learnt, so that the policy's entropy comes to minus the number of an
            action's numbers.
    """

    hidden: tuple = (64, 64)
    discount: float = 0.99
    learning_rate: float = 1e-3
    batch_size: int = 128
    train_every: int = 8
    updates: int = 8
    learning_starts: int = 500
    capacity: int = 50_000
    averaging: float = 0.01
    twins: bool = True
    temperature: float | None = None

    def __post_init__(self):
        for name in ("batch_size", "train_every", "updates", "capacity"):
            checks.whole_number(f"Settings({name})", getattr(self, name))
        checks.whole_number("Settings(learning_starts)", self.learning_starts, least=0)
        checks.widths("Settings(hidden)", self.hidden, least=1)
        checks.positive("Settings(learning_rate)", self.learning_rate)
        for name in ("discount", "averaging"):
            checks.between(f"Settings({name})", getattr(self, name), 0, 1)
        if self.temperature is not None:
            checks.between("Settings(temperature)", self.temperature, 0, np.inf)


class Learner(NamedTuple):
    """State of the optimisation: Adam of the actor, the critics and log α, and the critics' slow copies.

    ``critics`` and ``slow`` hold the weights of all critics, one after the other.
    """

    actor: optimizers.Adam
    critics: optimizers.Adam
    log_alpha: optimizers.Adam
    slow: list


def sample(outputs, noise):
    """Actions in (-1, 1) by the actor's outputs and standard normal noise, and the logarithm of their density.

    With u = μ + σ ε and a = tanh u, log π(a) = Σ log N(u; μ, σ) - log(1 - tanh² u), where the last is computed as
    2 (log 2 - u - softplus(-2 u)), which doesn't overflow (Haarnoja et al. 2018, appendix C).

    Args:
        outputs: float32 (..., 2 · numbers), means and logarithms of standard deviations.
        noise: float32 (..., numbers).

    Returns:
        (actions (..., numbers), log densities (...)), tensors.
    """
    mean, log_scale = tf.split(outputs, 2, axis=-1)
    log_scale = tf.clip_by_value(log_scale, *LOG_SCALES)
    before = mean + tf.exp(log_scale) * noise
    gaussian = -0.5 * noise**2 - log_scale - 0.5 * np.log(2 * np.pi)
    stretch = 2 * (np.log(2) - before - tf.math.softplus(-2 * before))
    return tf.tanh(before), tf.reduce_sum(gaussian - stretch, axis=-1)


def gradient_step(actor, critics, now, batch, noise, settings):
    """One gradient step of every agent's critics, actor and temperature.

    Args:
        actor: networks.Network.
        critics: list of networks.Network, one or two.
        now: Learner.
        batch: replay.Transitions, (agents, batch, ...); actions in (-1, 1).
        noise: float32 (2, agents, batch, numbers).
        settings: Settings.

    Returns:
        Learner.
    """
    numbers, size = noise.shape[-1], len(critics[0].weights)

    def judged(weights, observation, action):
        both = tf.concat([observation, action], axis=-1)
        parts = [weights[place * size : (place + 1) * size] for place in range(len(critics))]
        return [critic(part, both)[..., 0] for critic, part in zip(critics, parts, strict=True)]

    alpha = tf.exp(now.log_alpha.weights[0]) if settings.temperature is None else settings.temperature

    # Critics: Q(s, a) should be r + γ (min Q_slow(s', a') - α log π(a' | s')), with a' drawn anew
    following, density = sample(actor(now.actor.weights, batch.following), noise[0])
    smaller = functools.reduce(tf.minimum, judged(now.slow, batch.following, following))
    goes_on = 1 - tf.cast(batch.terminated, tf.float32)
    wanted = batch.reward + settings.discount * goes_on * (smaller - alpha * density)
    with tf.GradientTape() as tape:
        tape.watch(now.critics.weights)
        values = judged(now.critics.weights, batch.observation, batch.action)
        loss = tf.add_n([tf.reduce_sum(tf.reduce_mean((v - wanted) ** 2, axis=1)) for v in values])
    rate = settings.learning_rate
    critic_adam = optimizers.step(now.critics, tape.gradient(loss, now.critics.weights), rate)

    # Actor: actions that the critics find good, spread as widely as α pays for
    with tf.GradientTape() as tape:
        tape.watch(now.actor.weights)
        action, density = sample(actor(now.actor.weights, batch.observation), noise[1])
        value = functools.reduce(tf.minimum, judged(critic_adam.weights, batch.observation, action))
        loss = tf.reduce_sum(tf.reduce_mean(alpha * density - value, axis=1))
    actor_adam = optimizers.step(now.actor, tape.gradient(loss, now.actor.weights), rate)

    # Temperature: up where the entropy, -log π on average, is below its target
    log_alpha = now.log_alpha
    if settings.temperature is None:
        short = -(tf.reduce_mean(density, axis=1, keepdims=True) - numbers)
        log_alpha = optimizers.step(log_alpha, [short], rate)

    share = settings.averaging
    pairs = zip(now.slow, critic_adam.weights, strict=True)
    slow = [(1 - share) * old + share * new for old, new in pairs]
    return Learner(actor_adam, critic_adam, log_alpha, slow)


def make_update(actor, critics, settings, jit_compile):
    """The update: several gradient steps of all agents in one call of one compiled function."""

    @tf.function(jit_compile=jit_compile or None)
    def update(now, transitions, noise):
        draws = noise.shape[0]

        def body(i, now):
            batch = replay.Transitions(*(field[i] for field in transitions))
            return i + 1, gradient_step(actor, critics, now, batch, noise[i], settings)

        return tf.while_loop(lambda i, _: i < draws, body, (0, now))[1]

    return update


@dataclass(eq=False)
class Trained:
    """Result of ``train``. ``run.chooser()`` acts without noise, as that of ``ppo.train`` does.

    Attributes:
        actor: keras.Model, trained: that which was given or built.
        weights: the actor's, list of float32 (agents, ...).
        returns, ends: undiscounted returns of each agent's training episodes, and its steps when they ended: lists of
            arrays (episodes,).
        temperatures: α after each call of the update, float32 (calls, agents).
        steps: environment steps of each agent.
        alone: function from an agent to the function from its observations (n, *observation) to its actor's outputs.
        actions: policies.TanhGaussian.
    """

    actor: object
    weights: list
    returns: list
    ends: list
    temperatures: np.ndarray
    steps: int
    alone: object
    actions: policies.TanhGaussian

    def chooser(self, agent=0):
        """A function from observations (n, *observation) to an agent's actions without noise, as they are wanted."""
        outputs = self.alone(agent)
        return lambda x: self.actions.in_environment(self.actions.greedy(outputs(x)))


def perceptrons(observation_shape, numbers, *, hidden=(64, 64), agents=1, seed=0):
    """The stacked Keras models that ``train`` builds: an actor, and two critics of observation and action.

    Perceptrons with Glorot's uniform kernels, biases of 0 and ReLU. The actor maps (agents, batch, *observation) to
    (agents, batch, 2 · numbers); a critic (agents, batch, observation + action) to (agents, batch, 1).

    Args:
        observation_shape: of one observation.
        numbers: of one action.
        hidden: units of the hidden layers.
        agents: how many.
        seed: of the weights.

    Returns:
        (actor, [critic, critic]).
    """
    rng, size = np.random.default_rng([seed, 3]), int(np.prod(observation_shape))

    def network(shape, inputs, outputs):
        kernels = []
        for rows, columns in itertools.pairwise((inputs, *hidden, outputs)):
            limit = np.sqrt(6 / (rows + columns))
            kernels.append(rng.uniform(-limit, limit, (agents, rows, columns)).astype("float32"))
        return feed_forward.from_kernels(kernels, shape)

    actor = network(observation_shape, size, 2 * numbers)
    return actor, [network((size + numbers,), size + numbers, 1) for _ in range(2)]


def train(environments, settings, *, steps, agents=1, actor=None, critics=None, seed=0):
    """Train agents by soft actor-critic.

    >>> def network(inputs, outputs):
    ...     return keras.Sequential([
    ...         keras.Input((inputs,)), layers.Dense(64, activation="relu"),
    ...         layers.Dense(64, activation="relu"), layers.Dense(outputs)])
    >>> worlds = environments.VectorPendulum(1)
    >>> run = sac.train(worlds, sac.Settings(), steps=8_000, actor=network(3, 2),
    ...                 critics=[network(4, 1), network(4, 1)])
    >>> choose = run.chooser()  # acts without noise
    >>> choose(observations)  # (n, 3): n actions, (n, 1)

    Details, and where they come from:
    - Actions drawn from a Gaussian through tanh; twin critics, of which the smaller counts; a temperature, learnt
      so that the entropy comes to minus the number of an action's numbers (Haarnoja et al. 2018b).
    - Slow copies of the critics, moved by a share τ at each gradient step.
    - Several environment steps, then as many gradient steps as belong to them, in one compiled call, as in ``dqn``.
    - After a termination the target is the reward alone; a truncation goes on (Pardo et al. 2018). The step that only
      resets is not learnt from.

    Args:
        environments: Gymnasium vector environment, Box observations, a bounded Box of actions; shared out evenly.
        settings: Settings.
        steps: environment steps of each agent, all its environments together, resets included.
        agents: how many, which know nothing of each other.
        actor: keras.Model from observations to the means of an action's numbers and after them the logarithms of their
            standard deviations; for one agent a plain one, for several stacked, see ``networks``. None:
            ``perceptrons``.
        critics: two keras.Models from an observation, flat, and after it the action's numbers in (-1, 1), to one
            number. None: ``perceptrons``.
        seed: of everything but the weights of models that are given.

    Returns:
        Trained.

    Raises:
        ValueError: where spaces or models don't fit, environments can't be shared out, a reward or an observation is
            not finite.
        FloatingPointError: where weights are no longer finite.
    """
    checks.settings("train(settings)", settings, Settings)
    seed, steps = (
        checks.whole_number("train(seed)", seed, least=0),
        checks.whole_number("train(steps)", steps),
    )
    validation.vectorised(environments)
    space, bounds = validation.require(environments, observation=spaces.Box, action=spaces.Box)
    each = validation.environments_per_agent(environments, agents)
    if len(space.shape) != 1 or len(bounds.shape) != 1:
        raise ValueError(
            f"sac.train: observations of shape {space.shape} and actions of shape {bounds.shape}; its critics join the "
            "two, so both must be vectors. Flatten them, such as by gymnasium.wrappers.FlattenObservation."
        )
    actions, numbers = policies.TanhGaussian(bounds.low, bounds.high), bounds.shape[0]
    built = perceptrons(space.shape, numbers, hidden=settings.hidden, agents=agents, seed=seed)
    actor = networks.Network(
        built[0] if actor is None else actor, agents, space.shape, 2 * numbers, "train(actor)"
    )
    critics = list(built[1] if critics is None else critics)
    if len(critics) != 2 or critics[0] is critics[1]:
        raise ValueError(
            f"train(critics=...): expected two models apart from each other; got {len(critics)}."
        )
    both = (space.shape[0] + numbers,)
    critics = [networks.Network(critic, agents, both, 1, "train(critics)") for critic in critics]
    critics = critics if settings.twins else critics[:1]

    judges = [weight for critic in critics for weight in critic.weights]
    now = Learner(
        optimizers.begin(actor.weights),
        optimizers.begin(judges),
        optimizers.begin([np.zeros((agents, 1), "float32")]),
        [tf.convert_to_tensor(weight) for weight in judges],
    )
    compiled = networks.xla_pays([actor, *critics], steps // settings.train_every * settings.updates)
    update, rng = make_update(actor, critics, settings, compiled), np.random.default_rng([seed, 4])
    memory = replay.Replay(agents, settings.capacity, space.shape, action_shape=(numbers,))
    owner, shape = np.repeat(np.arange(agents), each), (agents, each)
    outputs = actor.acting(actor.weights)
    returns, ends, temperatures = [[] for _ in range(agents)], [[] for _ in range(agents)], []

    observation, _ = environments.reset(seed=seed)
    observation = observation.astype("float32")
    resetting, gained = np.zeros(len(owner), bool), np.zeros(len(owner))
    for step in progress.strides(steps, each, "experience"):
        noise = rng.standard_normal((*shape, numbers), np.float32)
        if step <= settings.learning_starts:
            action = rng.uniform(-1, 1, noise.shape).astype("float32")
        else:
            mean, log_scale = np.split(outputs(observation.reshape(*shape, -1)), 2, axis=-1)
            action = np.tanh(mean + np.exp(np.clip(log_scale, *LOG_SCALES)) * noise)
        action = action.reshape(len(owner), numbers)
        wanted = actions.low + (action + 1) * (actions.high - actions.low) / 2
        following, reward, terminated, truncated, _ = environments.step(wanted)
        reward, following = validation.finite(reward, step), following.astype("float32")
        validation.finite(following, step, "observation")

        kept = ~resetting
        one = np.ones(len(owner), "int32")
        fields = (observation, action, reward.astype("float32"), following, terminated, truncated, one)
        memory.add(owner[kept], replay.Transitions(*(field[kept] for field in fields)))
        gained = np.where(resetting, 0.0, gained + reward)
        resetting = terminated | truncated
        for who in np.flatnonzero(resetting):
            ends[owner[who]].append(step)
            returns[owner[who]].append(gained[who])
        observation = following

        if step >= settings.learning_starts and step % settings.train_every < each:
            drawn = memory.draw(settings.updates, settings.batch_size, rng)
            size = (settings.updates, 2, agents, settings.batch_size, numbers)
            now = update(now, drawn.transitions, rng.standard_normal(size, np.float32))
            found = [weight.numpy() for weight in now.actor.weights]
            if not all(np.isfinite(weight).all() for weight in found):
                raise FloatingPointError(
                    f"Weights are no longer finite numbers after {step} steps of each agent: take a smaller learning "
                    "rate, or look for huge rewards and observations."
                )
            outputs = actor.acting(found)
            temperatures.append(np.exp(now.log_alpha.weights[0].numpy()[:, 0]))
    actor.assign(now.actor.weights)
    for place, critic in enumerate(critics):
        size = len(critic.weights)
        critic.assign(now.critics.weights[place * size : (place + 1) * size])
    weights = [weight.numpy() for weight in now.actor.weights]
    alone = functools.partial(actor.acting_alone, weights)
    returns, ends = [np.array(mine) for mine in returns], [np.array(mine, "int64") for mine in ends]
    return Trained(actor.model, weights, returns, ends, np.array(temperatures), step, alone, actions)
