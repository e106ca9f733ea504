"""Proximal policy optimisation (Schulman et al. 2017), readable from top to bottom."""

from dataclasses import dataclass

import numpy as np
import tensorflow as tf

from dlcourse import checks, progress
from dlcourse.rl import advantages, evaluation, networks, policies, rollout
from dlcourse.training import optimizers


@dataclass(frozen=True)
class Settings:
    """Hyperparameters. All but the first four may be arrays (agents,): an agent is a seed or a setting.

    Attributes:
        length: steps of every environment between two updates.
        epochs: how often the update goes through them.
        minibatch: steps in a minibatch of each agent, at most: what was experienced is cut into as few equal parts.
        hidden: units of the hidden layers of networks that ``train`` builds.
        discount: γ.
        gae_lambda: λ of generalised advantage estimation.
        reward_scale: what rewards are multiplied with before they are learnt from (not in ``episodes``).
        learning_rate: Adam's.
        anneal: steps in which it falls in a straight line to the share ``final_share`` of it, where it stays;
            infinite: it doesn't fall.
        clip: by what share the ratio of probabilities may leave 1 before the incentive ends; infinite: never.
        clip_value: the same for how far the critic may move, in units of the return; infinite: never.
        normalise: whether each minibatch's advantages are brought to mean 0 and standard deviation 1.
        value_weight, entropy_weight: of the critic's loss, and of the entropy bonus.
        max_grad_norm: largest gradient norm; longer gradients are scaled down to it.
        orthogonal: kernels at the start of networks that ``train`` builds; else Glorot's.
        bootstrap: whether a truncated episode's last value stands for the rest; else truncation counts as termination.
        mask_resets: whether steps that only reset are left out; else they are learnt from.
    """

    length: int = 32
    epochs: int = 10
    minibatch: int = 256
    hidden: tuple = (64, 64)
    discount: float = 0.98
    gae_lambda: float = 0.9
    reward_scale: float = 1.0
    learning_rate: float = 1e-3
    anneal: float = np.inf
    final_share: float = 0.1
    clip: float = 0.2
    clip_value: float = np.inf
    normalise: bool = True
    value_weight: float = 0.5
    entropy_weight: float = 0.0
    max_grad_norm: float = 0.5
    orthogonal: bool = True
    bootstrap: bool = True
    mask_resets: bool = True

    def __post_init__(self):
        for name in ("length", "epochs", "minibatch"):
            checks.whole_number(f"Settings({name})", getattr(self, name))
        checks.widths("Settings(hidden)", self.hidden, least=1)
        for name in ("discount", "gae_lambda", "final_share"):
            checks.between(f"Settings({name})", getattr(self, name), 0, 1)
        numbers = (
            "learning_rate",
            "value_weight",
            "entropy_weight",
            "clip",
            "clip_value",
            "anneal",
            "max_grad_norm",
        )
        for name in numbers:
            checks.between(f"Settings({name})", getattr(self, name), 0, np.inf)


CART_POLE = Settings(epochs=20, learning_rate=2e-3, anneal=60_000)
"""For CartPole-v1 with 8 environments; tuned on seeds 0 to 9 and 100 to 121; `ch09d_ppo` reports others."""

PENDULUM = Settings(
    length=64, discount=0.9, gae_lambda=0.95, reward_scale=0.1, learning_rate=2e-3, anneal=50_000
)
"""For Pendulum-v1 with 16 environments."""

DETAILS = [
    ("the ratio of probabilities is clipped, and the smaller gain counts", "Schulman et al. 2017, eq. 7"),
    ("several epochs of shuffled minibatches over the same steps", "Schulman et al. 2017, algorithm 1"),
    ("many environments at once, a fixed number of steps of each", "Huang et al. 2022, detail 1"),
    ("generalised advantage estimation", "Schulman et al. 2016, eq. 16"),
    ("the critic's target is advantage + value", "Huang et al. 2022, detail 5"),
    ("advantages normalised minibatch by minibatch", "Huang et al. 2022, detail 7"),
    ("orthogonal kernels, 0.01 for the actor's last", "Huang et al. 2022, detail 2"),
    ("rewards scaled to about 1 (here by a fixed number)", "Huang et al. 2022, continuous detail 8"),
    ("Adam's ε is 1e-5", "Huang et al. 2022, detail 3"),
    ("the learning rate falls in a straight line, here to a tenth", "Huang et al. 2022, detail 4"),
    ("gradients scaled down to the norm 0.5", "Huang et al. 2022, detail 11"),
    ("actor and critic share no layer", "Andrychowicz et al. 2021, section 3.2"),
    ("a truncated episode's last value stands for the rest", "Pardo et al. 2018"),
    ("the step that only resets is left out", "Gymnasium 1.x, AutoresetMode.NEXT_STEP"),
]
"""What this implementation does, and where each comes from."""


def make_update(policy, settings, agents, jit_compile=False):
    """The whole update as one compiled function: all epochs, all minibatches.

    Returns:
        ``update(state, x, action, advantage, target, value, learning, orders, learning_rate)`` to (state, report).
        ``state`` is optimizers.Adam of ``policy.weights``; ``x`` (agents, b, *observation) and so on are the rollout's
        b steps of each agent; ``orders`` int32 (minibatches of all epochs, agents, minibatch) says which of them make
        which minibatch; ``learning_rate`` (agents,).
    """

    def column(number):
        return tf.constant(np.broadcast_to(np.asarray(number, "float32"), agents)[:, None])

    clip, clip_value, normalise = (
        column(settings.clip),
        column(settings.clip_value),
        column(settings.normalise),
    )
    value_weight, entropy_weight = column(settings.value_weight), column(settings.entropy_weight)
    max_grad_norm = column(settings.max_grad_norm)[:, 0]

    def average(number, weight):  # a minibatch of steps that only reset teaches nothing: 0, not 0/0
        return tf.math.divide_no_nan(
            tf.reduce_sum(number * weight, axis=1, keepdims=True),
            tf.reduce_sum(weight, axis=1, keepdims=True),
        )

    def loss(weights, x, action, advantage, target, value, old, weight):
        mean = average(advantage, weight)
        spread = tf.sqrt(average((advantage - mean) ** 2, weight)) + 1e-8
        advantage = tf.where(normalise > 0, (advantage - mean) / spread, advantage)

        log_probability, entropy = policy.log_probability(weights, x, action)
        ratio = tf.exp(log_probability - old)
        clipped = tf.clip_by_value(ratio, 1 - clip, 1 + clip)
        gain = tf.minimum(ratio * advantage, clipped * advantage)

        guess = policy.values_in_graph(weights, x)
        near = value + tf.clip_by_value(guess - value, -clip_value, clip_value)
        error = tf.maximum((guess - target) ** 2, (near - target) ** 2)

        whole = average(-gain + value_weight * error - entropy_weight * entropy, weight)
        outside = average(tf.cast(tf.abs(ratio - 1) > clip, tf.float32), weight)
        distance = average(ratio - 1 - (log_probability - old), weight)  # an estimate of the KL divergence
        return tf.reduce_sum(whole), tf.concat([outside, distance, average(entropy, weight)], axis=1)

    @tf.function(jit_compile=jit_compile or None)
    def update(state, x, action, advantage, target, value, learning, orders, learning_rate):
        old, _ = policy.log_probability(state.weights, x, action)
        everything = (x, action, advantage, target, value, old, learning)
        report = tf.zeros((agents, 3))
        for order in orders:
            minibatch = [tf.gather(item, order, axis=1, batch_dims=1) for item in everything]
            with tf.GradientTape() as tape:
                tape.watch(state.weights)
                whole, report = loss(state.weights, *minibatch)
            gradients = tape.gradient(whole, state.weights)
            state = optimizers.policy_step(state, gradients, learning_rate, max_grad_norm)
        return state, report

    return update


def train(
    environments,
    settings,
    *,
    steps,
    agents=1,
    actor=None,
    critic=None,
    seed=0,
    threshold=None,
    stop=None,
    keep=(),
    resume=None,
):
    """Train agents by PPO.

    >>> def network(outputs):  # of pixels; without padding, a stride may never see the last rows
    ...     return keras.Sequential([
    ...         keras.Input((8, 8, 1)), layers.Rescaling(1 / 255),
    ...         layers.Conv2D(16, 3, padding="same", activation="relu"),
    ...         layers.Flatten(), layers.Dense(64, activation="relu"), layers.Dense(outputs)])
    >>> gymnasium.register("My-v0", MyEnv)
    >>> worlds = gymnasium.make_vec("My-v0", num_envs=8, vectorization_mode="sync")
    >>> settings = ppo.Settings(minibatch=64, entropy_weight=0.01)
    >>> run = ppo.train(worlds, settings, steps=20_000, actor=network(3), critic=network(1))
    >>> run.returns[0]  # of each training episode
    >>> choose = run.chooser()  # plays greedily
    >>> choose(observations)  # of shape (n, 8, 8, 1): n actions
    >>> run.actor.save("actor.keras")
    >>> loaded = keras.models.load_model("actor.keras")
    >>> loaded(observations).numpy().argmax(axis=-1)  # the same actions, from logits

    Where the return stalls, look at the policy's entropy, ``run.reports[:, 0, 2]``: near 0 it no longer tries anything.
    Smaller minibatches, ``entropy_weight=0.01`` or a smaller learning rate keep it up.

    Args:
        environments: Gymnasium vector environment of agents × n environments, Box observations, Discrete actions or
            a bounded Box of them, (numbers,).
        settings: Settings; ``Settings()`` serves a small problem with the perceptrons that are built here.
        steps: of each agent, rounded up to whole updates.
        agents: how many, which know nothing of each other.
        actor: keras.Model from observations to logits, one for each action, without a softmax; or, of a Box, to the
            means of its numbers and after them the logarithms of their standard deviations. For one agent a plain
            model, from (batch, *observation); for several a stacked one, from (agents, batch, *observation), see
            ``models.stacked``. It is changed in place. None builds a perceptron on the numbers as they are; pixels want
            a model of your own. What acts in training only (dropout, a trainable batch normalisation) is refused, see
            ``networks``.
        critic: keras.Model from observations to one output, the value; likewise.
        seed: of everything but the weights of models that are given. The agents share the environments' random numbers,
            so an agent's curve belongs to this seed and this number of agents.
        threshold: what the mean of an agent's last 100 training episodes must reach for it to be solved; training ends
            when all are. None: it takes all steps.
        stop: function of the agents' returns so far (a list of lists), called after each update; if it returns True,
            training ends.
        keep: steps of each agent after which to keep the weights, in ``Trained.kept``.
        resume: ``Trained.state`` and the steps that led to it, to go on with: in new episodes, since the environments'
            state isn't kept.

    Returns:
        rollout.Trained; ``.returns[i]`` are agent i's.

    Raises:
        ValueError: where spaces or models don't fit, environments can't be shared out, or a reward or an observation is
            not finite.
        FloatingPointError: where weights are no longer finite.
    """
    checks.settings("train(settings)", settings, Settings)
    seed = checks.whole_number("train(seed)", seed, least=0)
    steps = checks.whole_number("train(steps)", steps)
    collector, rng = rollout.Collector(environments, agents, seed), np.random.default_rng([seed, 9])
    policy = policies.actor_critic(
        environments,
        agents,
        rng,
        actor=actor,
        critic=critic,
        hidden=settings.hidden,
        orthogonal=settings.orthogonal,
    )
    state = optimizers.begin(policy.weights)
    if resume is not None:
        state, done = resume
        given, wanted = ([tuple(w.shape) for w in weights] for weights in (state.weights, policy.weights))
        if given != wanted:
            raise ValueError(
                f"train(resume=...): its weights have the shapes {given}, those of these networks are {wanted}. Give "
                "the networks, settings and agents with which it was trained."
            )
        collector.steps[:] = done
    size = settings.length * collector.each
    minibatch = largest_part(size, settings.minibatch)
    if minibatch == 1 and np.any(settings.normalise):
        raise ValueError(
            f"Settings(minibatch={settings.minibatch}, normalise={settings.normalise}): an agent's {size} steps come "
            f"in minibatches of 1, whose advantage, brought to mean 0, is 0. Take a divisor of {size} from 2 on, or "
            "normalise=False."
        )
    updates = -(-steps // size) * settings.epochs * (size // minibatch)
    compiled = networks.xla_pays([policy.actor, policy.critic], updates)
    update = make_update(policy, settings, agents, compiled)
    solved, weights, reports, kept = [None] * agents, [w.copy() for w in policy.weights], [], {}

    for _ in progress.until(steps, lambda: collector.steps.min(), "experience"):
        experience = collector.collect(
            policy.acting(state.weights, rng), settings.length, policy.actions.in_environment
        )
        batch = prepare(policy, state.weights, experience, settings)
        orders = shuffled(rng, settings.epochs, agents, size, minibatch)
        learning_rate = np.broadcast_to(annealed(settings, collector.steps), agents).astype("float32")
        state, report = update(state, *batch, orders, learning_rate)
        reports.append(report.numpy())
        now = [_finite(weight.numpy(), collector.steps.min()) for weight in state.weights]
        kept |= {mark: now for mark in keep if mark not in kept and collector.steps.min() >= mark}
        if threshold is None:
            weights = now
        else:
            for agent in [who for who in range(agents) if solved[who] is None]:
                for own, weight in zip(weights, now, strict=True):
                    own[agent] = weight[agent]
                solved[agent] = evaluation.solved_at(collector.episodes[agent], threshold)
            if all(solved):
                break
        if stop is not None and stop([[e.total for e in mine] for mine in collector.episodes]):
            break
    return rollout.Trained(
        policy, weights, collector.episodes, collector.steps, solved, np.array(reports), state, kept
    )


def largest_part(size, most):
    """The largest divisor of ``size`` that is at most ``most``: the steps of a minibatch."""
    return next(part for part in range(min(size, most), 0, -1) if size % part == 0)


def _finite(weights, steps):
    if not np.isfinite(weights).all():
        raise FloatingPointError(
            f"Weights are no longer finite numbers after {steps} steps of each agent: take a smaller learning rate, or "
            "look for huge rewards and observations."
        )
    return weights


def annealed(settings, steps):
    """The learning rate after so many steps: down a straight line to its final share, where it stays."""
    fallen = (1 - np.asarray(settings.final_share)) * steps / settings.anneal
    return settings.learning_rate * np.maximum(1 - fallen, settings.final_share)


def prepare(policy, weights, experience, settings):
    """The arrays of an update, each agent's steps in one row: observations, actions, advantages, targets, ..."""
    agents = experience.rewards.shape[1]

    def by_agent(number):
        return np.broadcast_to(np.asarray(number), agents)[:, None]

    bootstrap, masked = by_agent(settings.bootstrap), by_agent(settings.mask_resets)
    values = policy.values(weights, experience.observations)
    terminated = np.where(bootstrap, experience.terminated, experience.ended)
    learning = experience.learning | ~masked
    discount, gae_lambda = by_agent(settings.discount), by_agent(settings.gae_lambda)
    rewards = experience.rewards * by_agent(settings.reward_scale)
    estimate = advantages.gae(
        rewards, values, terminated, experience.truncated, discount=discount, gae_lambda=gae_lambda
    )
    fields = (
        experience.observations[:-1],
        experience.actions,
        estimate,
        estimate + values[:-1],
        values[:-1],
        learning,
    )

    return [rollout.rows(item) for item in fields]


def shuffled(rng, epochs, agents, size, minibatch):
    """For every epoch and agent, all steps in another order, cut into minibatches: int32 (minibatches, agents, b)."""
    order = np.tile(np.arange(size, dtype="int32"), (epochs, agents, 1))
    order = rng.permuted(order, axis=2).reshape(epochs, agents, size // minibatch, minibatch)
    return np.ascontiguousarray(np.swapaxes(order, 1, 2)).reshape(-1, agents, minibatch)
