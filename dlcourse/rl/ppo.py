"""Proximal policy optimisation (Schulman et al. 2017), readable from top to bottom."""

from dataclasses import dataclass

import numpy as np
import tensorflow as tf

from dlcourse import progress
from dlcourse.rl import advantages, evaluation, policies, rollout
from dlcourse.training import optimizers


@dataclass(frozen=True)
class Settings:
    """What can be chosen. All but the first three may be arrays (copies,): a copy is a seed or a setting.

    Attributes:
        length: steps of every environment between two updates.
        epochs: how often the update goes through them.
        minibatch: steps in a minibatch, of each copy.
        discount: γ. decay: λ of generalised advantage estimation.
        reward_scale: what rewards are multiplied with before they are learnt from (not in ``episodes``).
        rate: Adam's learning rate. anneal: steps in which it falls in a straight line to the share
            ``final`` of it, where it stays; infinite: it doesn't fall.
        clip: by what share the ratio of probabilities may leave 1 before the incentive ends; infinite: never.
        clip_value: the same for how far the critic may move, in units of the return; infinite: never.
        normalise: whether each minibatch's advantages are brought to mean 0 and standard deviation 1.
        value_weight, entropy_weight: of the critic's loss, and of the entropy bonus.
        limit: the longest gradient.
        orthogonal: kernels at the start; else Glorot's.
        bootstrap: whether a truncated episode's last value stands for the rest; else truncation counts as termination.
        mask_resets: whether steps that only reset are left out; else they are learnt from.
    """

    length: int = 32
    epochs: int = 10
    minibatch: int = 256
    discount: float = 0.98
    decay: float = 0.9
    reward_scale: float = 1.0
    rate: float = 1e-3
    anneal: float = np.inf
    final: float = 0.1
    clip: float = 0.2
    clip_value: float = np.inf
    normalise: bool = True
    value_weight: float = 0.5
    entropy_weight: float = 0.0
    limit: float = 0.5
    orthogonal: bool = True
    bootstrap: bool = True
    mask_resets: bool = True


CART_POLE = Settings(epochs=20, rate=2e-3, anneal=60_000)
"""For CartPole-v1 with 8 environments; tuned on seeds 0 to 9 and 100 to 121, none of which is reported."""

PENDULUM = Settings(length=64, discount=0.9, decay=0.95, reward_scale=0.1, rate=2e-3, anneal=50_000)
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
    ("gradients shortened to the norm 0.5", "Huang et al. 2022, detail 11"),
    ("actor and critic share no layer", "Andrychowicz et al. 2021, section 3.2"),
    ("a truncated episode's last value stands for the rest", "Pardo et al. 2018"),
    ("the step that only resets is left out", "Gymnasium 1.x, AutoresetMode.NEXT_STEP"),
]
"""What this implementation does, and where each comes from."""


def make_update(policy, settings, copies, jit_compile=True):
    """The whole update as one compiled function: all epochs, all minibatches.

    Returns:
        ``update(state, x, action, advantage, target, value, learning, orders, rate)`` to (state, report). ``x``
        (copies, b, size) and so on are the rollout's b steps of each copy; ``orders`` int32 (minibatches of all
        epochs, copies, minibatch) says which of them make which minibatch; ``rate`` (copies, 1).
    """

    def column(number):
        return tf.constant(np.broadcast_to(np.asarray(number, "float32"), copies)[:, None])

    clip, clip_value = column(settings.clip), column(settings.clip_value)
    normalise, limit = column(settings.normalise), column(settings.limit)
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
    def update(state, x, action, advantage, target, value, learning, orders, rate):
        old, _ = policy.log_probability(policy.layers(state[0]), x, action)
        everything = (x, action, advantage, target, value, old, learning)
        report = tf.zeros((copies, 3))
        for order in orders:
            minibatch = [tf.gather(item, order, axis=1, batch_dims=1) for item in everything]
            with tf.GradientTape() as tape:
                tape.watch(state[0])
                whole, report = loss(state[0], *minibatch)
            state = optimizers.step(state, tape.gradient(whole, state[0]), rate, limit)
        return state, report

    return update


def train(
    environments,
    settings,
    *,
    steps,
    copies=1,
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
        environments: Gymnasium vector environment of copies × n environments.
        settings: Settings.
        steps: of each copy, at most.
        copies: agents that know nothing of each other.
        seed: of everything. The copies share the environments' random numbers, so a copy's curve belongs to this seed
            and this number of copies.
        threshold: what the mean of the last 100 training episodes must reach; None where nothing counts as solved.
        stop: whether to stop once all copies are solved.
        keep: function of (steps, theta, episodes) called after each update, whose true answer keeps the parameters.
        resume: ``Trained.state`` and the steps that led to it, to go on with: in new episodes, since the environments'
            state isn't kept.

    Returns:
        rollout.Trained.
    """
    policy = policies.fitting(environments, hidden)
    collector, rng = rollout.Collector(environments, copies, seed), np.random.default_rng([seed, 9])
    state = optimizers.begin(policy.initial(rng, copies, settings.orthogonal))
    if resume is not None:
        state, collector.steps[:] = resume
        policy.layers(state[0])
    update = make_update(policy, settings, copies, jit_compile)
    solved, theta_solved, reports, kept = [None] * copies, state[0].copy(), [], []
    size = settings.length * collector.each
    if size % settings.minibatch:
        raise ValueError(
            f"A rollout has {size} steps a copy, not a multiple of minibatch={settings.minibatch}."
        )

    for _ in progress.until(steps, lambda: collector.steps.min(), "experience"):
        layers = policy.layers(state[0])
        experience = collector.collect(
            lambda x, now=layers: policy.act(now, x, rng), settings.length, policy.in_environment
        )
        batch = prepare(policy, layers, experience, settings)
        orders = shuffled(rng, settings.epochs, copies, size, settings.minibatch)
        fallen = (1 - np.asarray(settings.final)) * collector.steps / settings.anneal
        rate = settings.rate * np.maximum(1 - fallen, settings.final)
        rate = np.broadcast_to(rate, copies).astype("float32")[:, None]
        state, report = update(state, *batch, orders, rate)
        state = (state[0].numpy(), *state[1:])
        if not np.isfinite(state[0]).all():
            raise FloatingPointError(
                f"Parameters are no longer finite numbers after {collector.steps.min()} steps of each copy: take a "
                "smaller learning rate, or look for huge rewards and observations."
            )
        reports.append(report.numpy())

        for copy in range(copies):
            if solved[copy] is None:
                theta_solved[copy] = state[0][copy]
                if threshold is not None:
                    solved[copy] = evaluation.solved_at(collector.episodes[copy], threshold)
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


def prepare(policy, layers, experience, settings):
    """The arrays of an update, each copy's steps in one row: observations, actions, advantages, targets, ..."""
    copies = experience.rewards.shape[1]

    def by_copy(number):
        return np.broadcast_to(np.asarray(number), copies)[:, None]

    bootstrap, masked = by_copy(settings.bootstrap), by_copy(settings.mask_resets)
    values = np.stack([policy.value(layers, x) for x in experience.observations])
    terminated = np.where(bootstrap, experience.terminated, experience.ended)
    learning = experience.learning | ~masked
    discount, decay = by_copy(settings.discount), by_copy(settings.decay)
    rewards = experience.rewards * by_copy(settings.reward_scale)
    estimate = advantages.gae(
        rewards, values, terminated, experience.truncated, discount=discount, decay=decay
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


def shuffled(rng, epochs, copies, size, minibatch):
    """For every epoch and copy, all steps in another order, cut into minibatches: int32 (minibatches, copies, b)."""
    order = np.tile(np.arange(size, dtype="int32"), (epochs, copies, 1))
    order = rng.permuted(order, axis=2).reshape(epochs, copies, size // minibatch, minibatch)
    return np.ascontiguousarray(np.swapaxes(order, 1, 2)).reshape(-1, copies, minibatch)


def curves(episodes, steps, width):
    """Mean return of the training episodes that ended in each stretch of ``width`` steps, (copies, steps // width).

    A stretch in which no episode ended has what the one before had; NaN before the first.
    """
    found = np.full((len(episodes), steps // width), np.nan)
    for copy, of_copy in enumerate(episodes):
        totals = np.array([episode.total for episode in of_copy])
        place = np.array([episode.step for episode in of_copy]) // width
        for stretch in range(found.shape[1]):
            here = totals[place == stretch]
            before = found[copy, stretch - 1] if stretch else np.nan
            found[copy, stretch] = here.mean() if len(here) else before
    return found
