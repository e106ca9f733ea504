"""Policy gradients: REINFORCE, with and without a baseline, and the actor-critic, readable from top to bottom."""

from dataclasses import dataclass

import numpy as np
import tensorflow as tf

from dlcourse import checks, progress
from dlcourse.rl import advantages, policies, rollout
from dlcourse.training import optimizers

BASELINES = ("none", "to go", "mean", "value")
"""What REINFORCE weights log π(a|s) with: all of an episode's rewards; those from this step on; those less their mean
over the environments at the same step; those less what the critic expects."""


@dataclass(frozen=True)
class Settings:
    """Hyperparameters; all but ``length`` may be arrays (agents,).

    Attributes:
        length: steps of every environment between two updates (the actor-critic's; REINFORCE waits for the episodes).
        discount: γ.
        gae_lambda: λ of generalised advantage estimation (the actor-critic's).
        learning_rate: Adam's.
        value_weight, entropy_weight: of the critic's loss, and of the entropy bonus.
        max_grad_norm: largest gradient norm; longer gradients are scaled down to it.
    """

    length: int = 16
    discount: float = 0.99
    gae_lambda: float = 0.95
    learning_rate: float = 3e-3
    value_weight: float = 0.5
    entropy_weight: float = 0.0
    max_grad_norm: float = 0.5

    def __post_init__(self):
        checks.whole_number("Settings(length)", self.length)
        for name in ("discount", "gae_lambda"):
            checks.between(f"Settings({name})", getattr(self, name), 0, 1)
        for name in ("learning_rate", "value_weight", "entropy_weight", "max_grad_norm"):
            checks.between(f"Settings({name})", getattr(self, name), 0, np.inf)


ROUND_TO = 100

ACTOR_CRITIC = Settings(length=32, discount=0.98, gae_lambda=0.9, learning_rate=4e-3)
"""For CartPole-v1 with 8 environments."""

REINFORCE_DETAILS = [
    ("the gradient of log π(a|s), weighted with the return", "Williams 1992"),
    ("only rewards after an action count for it", "Sutton & Barto 2018, section 13.3"),
    ("a baseline that doesn't depend on the action", "Williams 1992; Sutton & Barto 2018, section 13.4"),
    ("weights are divided by their root mean square over the batch", "so that one learning rate serves all"),
    ("an episode of every environment for one step of the optimiser", "Williams 1992, batched"),
    ("no γᵗ before the gradient's terms", "Thomas 2014: what everyone does, and what it leaves out"),
]
ACTOR_CRITIC_DETAILS = [
    ("the critic's guess stands for the rewards beyond the rollout", "Sutton & Barto 2018, section 13.5"),
    ("many environments, a few steps of each", "Mnih et al. 2016 (there asynchronous)"),
    ("generalised advantage estimation", "Schulman et al. 2016, eq. 16"),
    ("actor and critic share no layer, orthogonal kernels", "Andrychowicz et al. 2021; Huang et al. 2022"),
    ("every step is used once", "an actor-critic is PPO with one epoch of one minibatch: Huang et al. 2022b"),
]
"""What these implementations do, and where each comes from."""


def make_update(policy, settings, agents, jit_compile=False):
    """One gradient step as one compiled function.

    The policy climbs Σ advantage · log π(a|s); the critic descends (v(s) - target)². Returns ``update(state, x, action,
    advantage, target, learning)`` to the state after it; arguments as in ``ppo.make_update``.
    """

    def column(number):
        return tf.constant(np.broadcast_to(np.asarray(number, "float32"), agents)[:, None])

    value_weight, entropy_weight = column(settings.value_weight), column(settings.entropy_weight)
    learning_rate, max_grad_norm = column(settings.learning_rate)[:, 0], column(settings.max_grad_norm)[:, 0]

    @tf.function(jit_compile=jit_compile or None)
    def update(state, x, action, advantage, target, learning):
        with tf.GradientTape() as tape:
            tape.watch(state.weights)
            log_probability, entropy = policy.log_probability(state.weights, x, action)
            error = (policy.values_in_graph(state.weights, x) - target) ** 2
            each = -advantage * log_probability + value_weight * error - entropy_weight * entropy
            counts = tf.reduce_sum(learning, axis=1)
            whole = tf.reduce_sum(tf.reduce_sum(each * learning, axis=1) / counts)
        gradients = tape.gradient(whole, state.weights)
        return optimizers.policy_step(state, gradients, learning_rate, max_grad_norm)

    return update


def weights(experience, first, discount, baseline, values):
    """What REINFORCE multiplies log π(a|s) with.

    Args:
        experience: rollout.Rollout that holds the first episode of every environment.
        first: which steps belong to it, bool (T, C, n).
        baseline: one of BASELINES, or one for each agent.
        values: the critic's, (T, C, n).

    Returns:
        (float32 weights, divided by their root mean square; returns to go), (T, C, n) each.

    Raises:
        ValueError: where a baseline is unknown.
    """
    kinds = np.broadcast_to(np.asarray(baseline), experience.rewards.shape[1])
    _check_baseline(baseline)
    rewards = experience.rewards * first
    to_go = advantages.returns_to_go(rewards, experience.ended, discount)
    mean = (to_go * first).sum(axis=2, keepdims=True) / np.maximum(first.sum(axis=2, keepdims=True), 1)
    choices = {"none": np.broadcast_to(to_go[:1], to_go.shape), "to go": to_go}
    choices |= {"mean": to_go - mean, "value": to_go - values}
    found = np.stack([choices[kind][:, agent] for agent, kind in enumerate(kinds)], axis=1)
    counted = np.where(first, found, np.nan)
    scale = np.sqrt(np.nanmean(counted**2, axis=(0, 2), keepdims=True)) + 1e-8
    return (found / scale).astype("float32"), to_go


def _check_baseline(baseline, agents=None):
    wrong = [
        kind
        for kind in np.ravel(np.asarray(baseline, object)).tolist()
        if not checks.is_one_of(kind, BASELINES)
    ]
    if wrong:
        raise ValueError(f"baseline {wrong[0]!r} is unknown; there are {', '.join(BASELINES)}.")
    if agents is not None and np.shape(baseline) not in ((), (agents,)):
        raise ValueError(f"baseline={baseline!r}: expected one, or one for each of {agents} agents.")


def reinforce(
    make_environments,
    settings,
    baseline,
    *,
    updates,
    agents=1,
    seed=0,
    hidden=(32,),
    longest=500,
):
    """REINFORCE (Williams 1992): whole episodes, then one step along their mean gradient.

    Args:
        make_environments: function without arguments to a fresh vector environment of agents × n environments.
        baseline: one of BASELINES, or one for each agent.
        updates: how many steps of the optimiser.
        agents, seed: as for ``ppo.train``.
        hidden: units of the hidden layers of both networks.
        longest: steps after which an episode is cut off for sure.

    Returns:
        rollout.Trained.
    """
    checks.settings("reinforce(settings)", settings, Settings)
    updates = checks.whole_number("reinforce(updates)", updates, least=0)
    longest = checks.whole_number("reinforce(longest)", longest)
    _check_baseline(baseline, agents)
    environments = make_environments()
    rng = np.random.default_rng([seed, 8])
    checks.per_agent(settings, agents)
    policy = policies.actor_critic(environments, agents, rng, hidden=hidden)
    state = optimizers.begin(policy.weights)
    update = make_update(policy, settings, agents)
    discount = np.broadcast_to(settings.discount, agents)[:, None]
    episodes, steps = [[] for _ in range(agents)], np.zeros(agents, "int64")
    for number in progress.bar(range(updates), "updates"):
        act = policy.acting(state.weights, rng)
        experience, first = whole_episodes(environments, policy.actions, act, agents, [seed, number], longest)
        values = policy.values(state.weights, experience.observations[:-1])
        weight, to_go = weights(experience, first, discount, baseline, values)
        fields = (experience.observations[:-1], experience.actions, weight, to_go, first)
        state = update(state, *(rollout.rows(item) for item in fields))
        totals, lengths = (experience.rewards * first).sum(axis=0), first.sum(axis=0)
        steps += lengths.sum(axis=1)
        for agent in range(agents):
            episodes[agent] += [
                rollout.Episode(float(total), int(length), int(steps[agent]), 0.0)
                for total, length in zip(totals[agent], lengths[agent], strict=True)
            ]
    final = [weight.numpy() for weight in state.weights]
    return rollout.Trained(policy, final, episodes, steps, [None] * agents, np.zeros((0, agents, 3)))


def whole_episodes(environments, actions, act, agents, seed, longest):
    """The first episode of every environment, from a reset: (Rollout, which steps belong to it).

    It is padded to a multiple of ``ROUND_TO`` steps, so that few shapes are compiled.
    """
    number = int(np.random.SeedSequence(seed).generate_state(1)[0])
    collector = rollout.Collector(environments, agents, number)
    parts, running = [], np.ones((agents, collector.each), bool)
    first = []
    while running.any() and sum(len(part.rewards) for part in parts) < longest:
        part = collector.collect(act, min(ROUND_TO, longest), actions.in_environment)
        alive = np.concatenate([running[None], running & ~np.logical_or.accumulate(part.ended, axis=0)])
        first.append(alive[:-1])
        running = alive[-1]
        parts.append(part)
    joined = {
        name: np.concatenate([getattr(part, name) for part in parts])
        for name in ("actions", "rewards", "terminated", "truncated", "learning")
    }
    observations = np.concatenate([part.observations[:-1] for part in parts] + [parts[-1].observations[-1:]])
    return rollout.Rollout(observations, **joined), np.concatenate(first)


def actor_critic(environments, settings, *, steps, agents=1, seed=0, hidden=(64, 64)):
    """The actor-critic: a few steps of every environment, then one gradient step with the critic's help.

    Args:
        environments: Gymnasium vector environment of agents × n environments.
        settings: Settings.
        steps: of each agent, at least.
        agents, seed: as for ``ppo.train``.
        hidden: units of the hidden layers of both networks.

    Returns:
        rollout.Trained.
    """
    checks.settings("actor_critic(settings)", settings, Settings)
    collector, rng = rollout.Collector(environments, agents, seed), np.random.default_rng([seed, 7])
    checks.per_agent(settings, agents)
    policy = policies.actor_critic(environments, agents, rng, hidden=hidden)
    state = optimizers.begin(policy.weights)
    update = make_update(policy, settings, agents, jit_compile=True)
    discount, gae_lambda = (
        np.broadcast_to(x, agents)[:, None] for x in (settings.discount, settings.gae_lambda)
    )
    while collector.steps.min() < steps:
        act = policy.acting(state.weights, rng)
        experience = collector.collect(act, settings.length, policy.actions.in_environment)
        values = policy.values(state.weights, experience.observations)
        advantage = advantages.gae(
            experience.rewards, values, experience.terminated, experience.truncated, discount=discount,
            gae_lambda=gae_lambda,
        )  # fmt: skip
        target = advantage + values[:-1]
        fields = (experience.observations[:-1], experience.actions, advantage, target, experience.learning)
        state = update(state, *(rollout.rows(item) for item in fields))
    weights = [weight.numpy() for weight in state.weights]
    return rollout.Trained(
        policy, weights, collector.episodes, collector.steps, [None] * agents, np.zeros((0, agents, 3))
    )
