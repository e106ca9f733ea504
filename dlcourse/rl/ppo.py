"""Proximal policy optimisation (Schulman et al. 2017), readable from top to bottom."""

from dataclasses import dataclass

import numpy as np
import tensorflow as tf

from dlcourse import checks, progress
from dlcourse.rl import advantages, evaluation, policies, rollout
from dlcourse.training import optimizers


@dataclass(frozen=True)
class Settings:
    """Hyperparameters. All but the first three may be arrays (agents,): an agent is a seed or a setting.

    Attributes:
        length: steps of every environment between two updates.
        epochs: how often the update goes through them.
        minibatch: steps in a minibatch, of each agent.
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
        orthogonal: kernels at the start; else Glorot's.
        bootstrap: whether a truncated episode's last value stands for the rest; else truncation counts as termination.
        mask_resets: whether steps that only reset are left out; else they are learnt from.
    """

    length: int = 32
    epochs: int = 10
    minibatch: int = 256
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


def make_update(policy, settings, agents, jit_compile=True):
    """The whole update as one compiled function: all epochs, all minibatches.

    Returns:
        ``update(state, x, action, advantage, target, value, learning, orders, learning_rate)`` to (state, report).
        ``x`` (agents, b, size) and so on are the rollout's b steps of each agent; ``orders`` int32 (minibatches of all
        epochs, agents, minibatch) says which of them make which minibatch; ``learning_rate`` (agents, 1).
    """

    def column(number):
        return tf.constant(np.broadcast_to(np.asarray(number, "float32"), agents)[:, None])

    clip, clip_value = column(settings.clip), column(settings.clip_value)
    normalise, max_grad_norm = column(settings.normalise), column(settings.max_grad_norm)
    value_weight, entropy_weight = column(settings.value_weight), column(settings.entropy_weight)

    def average(number, weight):
        return tf.reduce_sum(number * weight, axis=1, keepdims=True) / tf.reduce_sum(
            weight, axis=1, keepdims=True
        )

    def loss(theta, x, action, advantage, target, value, old, weight):
        layers = policy.layers(theta)
        mean = average(advantage, weight)
        spread = tf.sqrt(average((advantage - mean) ** 2, weight)) + 1e-8
        advantage = tf.where(normalise > 0, (advantage - mean) / spread, advantage)

        log_probability, entropy = policy.log_probability(layers, x, action)
        ratio = tf.exp(log_probability - old)
        clipped = tf.clip_by_value(ratio, 1 - clip, 1 + clip)
        gain = tf.minimum(ratio * advantage, clipped * advantage)

        guess = policy.value_in_graph(layers, x)
        near = value + tf.clip_by_value(guess - value, -clip_value, clip_value)
        error = tf.maximum((guess - target) ** 2, (near - target) ** 2)

        whole = average(-gain + value_weight * error - entropy_weight * entropy, weight)
        outside = average(tf.cast(tf.abs(ratio - 1) > clip, tf.float32), weight)
        distance = average(ratio - 1 - (log_probability - old), weight)  # an estimate of the KL divergence
        return tf.reduce_sum(whole), tf.concat([outside, distance, average(entropy, weight)], axis=1)

    @tf.function(jit_compile=jit_compile)
    def update(state, x, action, advantage, target, value, learning, orders, learning_rate):
        old, _ = policy.log_probability(policy.layers(state[0]), x, action)
        everything = (x, action, advantage, target, value, old, learning)
        report = tf.zeros((agents, 3))
        for order in orders:
            minibatch = [tf.gather(item, order, axis=1, batch_dims=1) for item in everything]
            with tf.GradientTape() as tape:
                tape.watch(state[0])
                whole, report = loss(state[0], *minibatch)
            state = optimizers.step(state, tape.gradient(whole, state[0]), learning_rate, max_grad_norm)
        return state, report

    return update


def train(
    environments,
    settings,
    *,
    steps,
    agents=1,
    seed=0,
    hidden=(64, 64),
    threshold=evaluation.THRESHOLD,
    stop=True,
    jit_compile=True,
    keep=None,
    resume=None,
):
    """Train agents by PPO.

    Args:
        environments: Gymnasium vector environment of agents × n environments.
        settings: Settings.
        steps: of each agent, at most.
        agents: how many, which know nothing of each other.
        seed: of everything. The agents share the environments' random numbers, so an agent's curve belongs to this
            seed and this number of agents.
        hidden: units of the hidden layers, of both networks.
        threshold: what the mean of the last 100 training episodes must reach; None where nothing counts as solved.
        stop: whether to stop once all agents are solved.
        keep: function of (steps, theta, episodes), called after each update; if it returns True, the parameters are
            saved in ``Trained.kept``.
        resume: ``Trained.state`` and the steps that led to it, to go on with: in new episodes, since the environments'
            state isn't kept.

    Returns:
        rollout.Trained.

    Raises:
        ValueError: where spaces don't fit, environments can't be shared out, or a rollout isn't a multiple of the
            minibatch.
        FloatingPointError: where parameters are no longer finite.
    """
    policy = policies.fitting(environments, hidden)
    seed = checks.whole_number("train(seed)", seed, least=0)
    steps = checks.whole_number("train(steps)", steps)
    collector, rng = rollout.Collector(environments, agents, seed), np.random.default_rng([seed, 9])
    state = optimizers.begin(policy.initial(rng, agents, settings.orthogonal))
    if resume is not None:
        state, collector.steps[:] = resume
        policy.layers(state[0])
    update = make_update(policy, settings, agents, jit_compile)
    solved, theta_solved, reports, kept = [None] * agents, state[0].copy(), [], []
    size = settings.length * collector.each
    if size % settings.minibatch:
        raise ValueError(
            f"A rollout has {size} steps per agent, not a multiple of minibatch={settings.minibatch}."
        )

    for _ in progress.until(steps, lambda: collector.steps.min(), "experience"):
        layers = policy.layers(state[0])
        experience = collector.collect(
            lambda x, now=layers: policy.act(now, x, rng), settings.length, policy.in_environment
        )
        batch = prepare(policy, layers, experience, settings)
        orders = shuffled(rng, settings.epochs, agents, size, settings.minibatch)
        learning_rate = np.broadcast_to(annealed(settings, collector.steps), agents).astype("float32")[
            :, None
        ]
        state, report = update(state, *batch, orders, learning_rate)
        state = (state[0].numpy(), *state[1:])
        if not np.isfinite(state[0]).all():
            raise FloatingPointError(
                f"Parameters are no longer finite numbers after {collector.steps.min()} steps of each agent: take a "
                "smaller learning rate, or look for huge rewards and observations."
            )
        reports.append(report.numpy())

        for agent in range(agents):
            if solved[agent] is None:
                theta_solved[agent] = state[0][agent]
                if threshold is not None:
                    solved[agent] = evaluation.solved_at(collector.episodes[agent], threshold)
        if keep is not None and keep(int(collector.steps.min()), state[0], collector.episodes):
            kept.append((int(collector.steps.min()), state[0].copy()))
        if stop and threshold is not None and all(episode is not None for episode in solved):
            break
    return rollout.Trained(
        policy,
        state[0],
        collector.episodes,
        collector.steps,
        solved,
        theta_solved,
        np.array(reports),
        kept,
        tuple(np.asarray(part) for part in state),
    )


def annealed(settings, steps):
    """The learning rate after so many steps: down a straight line to its final share, where it stays."""
    fallen = (1 - np.asarray(settings.final_share)) * steps / settings.anneal
    return settings.learning_rate * np.maximum(1 - fallen, settings.final_share)


def prepare(policy, layers, experience, settings):
    """The arrays of an update, each agent's steps in one row: observations, actions, advantages, targets, ..."""
    agents = experience.rewards.shape[1]

    def by_agent(number):
        return np.broadcast_to(np.asarray(number), agents)[:, None]

    bootstrap, masked = by_agent(settings.bootstrap), by_agent(settings.mask_resets)
    values = np.stack([policy.value(layers, x) for x in experience.observations])
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
