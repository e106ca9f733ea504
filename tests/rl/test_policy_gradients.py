"""Rollouts, policies, advantages, the judge, REINFORCE and the actor-critic, against computations of their own."""

import dataclasses

import gymnasium
import numpy as np
import pytest
from gymnasium import spaces
from gymnasium.utils.env_checker import check_env
from gymnasium.vector import AutoresetMode, VectorEnv
from gymnasium.vector.utils import batch_space
from scipy import stats

from dlcourse.rl import advantages, environments, evaluation, planning, policies, policy_gradient, rollout
from dlcourse.rl.environments import VectorPendulum


class Counter(VectorEnv):
    """Counts its steps and shows the count; even environments terminate, odd ones are truncated, after ``length``
    steps.

    Every reward is 1 and, to catch who learns from it, 100 on the step that only resets.
    """

    def __init__(self, num_envs=4, length=3, reward=1.0):
        self.num_envs, self.length, self.reward = num_envs, length, reward
        self.metadata = {"autoreset_mode": AutoresetMode.NEXT_STEP}
        self.single_observation_space = spaces.Box(-1e3, 1e3, (2,), np.float32)
        self.single_action_space = spaces.Discrete(2)
        self.observation_space = batch_space(self.single_observation_space, num_envs)
        self.action_space = batch_space(self.single_action_space, num_envs)

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self.count, self.ended = np.zeros(self.num_envs), np.zeros(self.num_envs, bool)
        return self._seen(), {}

    def _seen(self):
        return np.stack([self.count, np.arange(self.num_envs)], axis=1).astype("float32")

    def step(self, actions):
        fresh = self.ended
        self.count = np.where(fresh, 0, self.count + 1)
        over, even = self.count >= self.length, np.arange(self.num_envs) % 2 == 0
        self.ended = over
        return self._seen(), np.where(fresh, 100.0, self.reward), over & even, over & ~even, {}


def collected(steps=9, agents=2, **options):
    collector = rollout.Collector(Counter(**options), agents)
    return collector, collector.collect(lambda x: np.zeros(x.shape[:2], np.int64), steps)


# Rollouts


def test_a_rollout_keeps_termination_truncation_and_reset_apart():
    collector, found = collected()
    assert found.observations.shape == (10, 2, 2, 2)
    np.testing.assert_array_equal(found.observations[:, 0, 0, 0], [0, 1, 2, 3, 0, 1, 2, 3, 0, 1])
    ends, resets = [2, 6], [3, 7]
    for environment in range(4):
        copy, place = divmod(environment, 2)
        kind = found.terminated if environment % 2 == 0 else found.truncated
        other = found.truncated if environment % 2 == 0 else found.terminated
        assert np.flatnonzero(kind[:, copy, place]).tolist() == ends
        assert not other[:, copy, place].any()
        assert np.flatnonzero(~found.learning[:, copy, place]).tolist() == resets
    assert [(e.total, e.length, e.step) for e in collector.episodes[0]] == [
        (3, 3, 6),
        (3, 3, 6),
        (3, 3, 12),
        (3, 3, 12),
    ]
    assert collector.steps.tolist() == [14, 14]  # 2 environments, 9 steps, of which 2 reset


def test_episodes_go_on_over_rollouts():
    collector = rollout.Collector(Counter(), 2)
    for _ in range(9):
        collector.collect(lambda x: np.zeros(x.shape[:2], np.int64), 1)
    whole, _ = collected()
    assert [e.total for e in collector.episodes[1]] == [e.total for e in whole.episodes[1]]
    assert [e.step for e in collector.episodes[1]] == [e.step for e in whole.episodes[1]]


def test_bad_environments_are_refused():
    with pytest.raises(ValueError, match="can't be shared out evenly"):
        rollout.Collector(Counter(num_envs=4), 3)
    with pytest.raises(ValueError, match="single environment"):
        rollout.Collector(gymnasium.make("CartPole-v1"))
    other = Counter()
    other.metadata = {"autoreset_mode": AutoresetMode.SAME_STEP}
    with pytest.raises(ValueError, match="NEXT_STEP"):
        rollout.Collector(other)
    with pytest.raises(ValueError, match="reward nan in environment 0 at step 0"):
        collected(reward=np.nan)
    collector = rollout.Collector(Counter(), 2)
    with pytest.raises(ValueError, match="gave actions of shape"):
        collector.collect(lambda x: np.zeros(3, np.int64), 2)


# Advantages


def by_definition(rewards, values, terminated, truncated, discount, decay):
    """GAE as the sum of its definition, term by term."""
    found = np.zeros(len(rewards))
    for start in range(len(rewards)):
        for step in range(start, len(rewards)):
            following = 0.0 if terminated[step] else values[step + 1]
            error = rewards[step] + discount * following - values[step]
            found[start] += (discount * decay) ** (step - start) * error
            if terminated[step] or truncated[step]:
                break
    return found


@pytest.mark.parametrize("steps", [1, 2, 17, 60])
@pytest.mark.parametrize("decay", [0.0, 0.7, 1.0])
def test_gae_is_its_definition(steps, decay):
    rng = np.random.default_rng(steps)
    rewards, values = rng.normal(size=(steps, 3)), rng.normal(size=(steps + 1, 3))
    kind = rng.choice(3, p=[0.7, 0.15, 0.15], size=(steps, 3))
    found = advantages.gae(rewards, values, kind == 1, kind == 2, discount=0.9, gae_lambda=decay)
    for column in range(3):
        ends = (kind == 1)[:, column], (kind == 2)[:, column]
        expected = by_definition(rewards[:, column], values[:, column], *ends, 0.9, decay)
        np.testing.assert_allclose(found[:, column], expected, atol=1e-12)


def test_a_truncated_episode_bootstraps_and_a_terminated_one_does_not():
    _, found = collected()
    values = np.full((10, 2, 2), 5.0)
    estimate = advantages.gae(
        found.rewards, values, found.terminated, found.truncated, discount=0.5, gae_lambda=1.0
    )
    assert estimate[2, 0, 0] == 1 - 5  # terminated: the reward alone, less the value
    assert estimate[2, 0, 1] == 1 + 0.5 * 5 - 5  # truncated
    np.testing.assert_allclose(estimate[1], [[1 + 0.5 * 1 - 5, 1 + 0.5 * (1 + 2.5) - 5]] * 2)


def test_what_a_reset_step_brings_reaches_no_other_step():
    _, found = collected()
    values = np.random.default_rng(0).normal(size=(10, 2, 2))
    estimate, changed = (
        advantages.gae(rewards, values, found.terminated, found.truncated, discount=0.9, gae_lambda=0.9)
        for rewards in (found.rewards, np.where(found.learning, found.rewards, -1e6))
    )
    np.testing.assert_array_equal(estimate[found.learning], changed[found.learning])


def test_returns_to_go_by_hand():
    rewards, ended = np.array([1.0, 2, 4, 8]), np.array([False, True, False, False])
    np.testing.assert_allclose(advantages.returns_to_go(rewards, ended, 0.5), [2, 2, 8, 8])


def test_gae_with_one_is_the_return_less_the_value():
    rng = np.random.default_rng(1)
    rewards, values, ended = rng.normal(size=9), rng.normal(size=10), rng.random(9) < 0.3
    bootstrapped = rewards.copy()
    bootstrapped[-1] += 0.8 * values[-1] * ~ended[-1]
    to_go = advantages.returns_to_go(bootstrapped, ended, 0.8)
    found = advantages.gae(rewards, values, ended, ended, discount=0.8, gae_lambda=1.0)
    np.testing.assert_allclose(found, to_go - values[:-1], atol=1e-12)


def test_exact_advantages_come_out_where_values_are_exact():
    rows = [[[(1.0, 1, 1.0, False)], [(1.0, 0, 0.0, False)]], [[(1.0, 0, 2.0, True)], [(1.0, 1, 0.5, False)]]]
    model = planning.from_transitions(rows, 0)
    policy = np.array([0, 0])
    exact = planning.evaluate(model, policy, 0.9)
    rewards, values = np.array([1.0, 2.0]), np.array([exact[0], exact[1], exact[0]])
    found = advantages.gae(
        rewards, values, np.array([False, True]), np.array([False, False]), discount=0.9, gae_lambda=0.3
    )
    np.testing.assert_allclose(found, 0, atol=1e-12)


def test_wrong_shapes_are_refused():
    with pytest.raises(ValueError, match="one row more"):
        advantages.gae(
            np.zeros(3), np.zeros(3), np.zeros(3, bool), np.zeros(3, bool), discount=1, gae_lambda=1
        )


# Policies


@pytest.mark.parametrize("actions", [2, 4])
def test_categorical_is_the_softmax_by_hand(actions):
    policy, rng = policies.Categorical(actions), np.random.default_rng(0)
    logits = rng.normal(size=(2, 6, actions)).astype("float32")
    action = rng.integers(actions, size=(2, 6))
    logs, entropy = policy.log_probability(logits, action)
    share = np.exp(logits) / np.exp(logits).sum(axis=-1, keepdims=True)
    taken = np.take_along_axis(share, action[..., None], axis=-1)[..., 0]
    np.testing.assert_allclose(logs, np.log(taken), rtol=1e-4)
    np.testing.assert_allclose(entropy, stats.entropy(share, axis=-1), rtol=1e-4)
    np.testing.assert_array_equal(policy.greedy(logits), share.argmax(axis=-1))


@pytest.mark.parametrize("actions", [2, 3])
def test_actions_are_drawn_with_their_probabilities(actions):
    policy, rng = policies.Categorical(actions), np.random.default_rng(3)
    logits = rng.normal(size=(1, 1, actions)).astype("float32")
    drawn = policy.draw(np.repeat(logits, 20_000, axis=1), rng)[0]
    share = np.exp(logits[0, 0].astype("float64"))
    expected = share / share.sum() * len(drawn)
    assert stats.chisquare(np.bincount(drawn, minlength=actions), expected).pvalue > 1e-3


def test_tanh_gaussian_has_the_density_of_what_it_draws():
    policy, mean, spread = policies.TanhGaussian([-2.0], [4.0]), 0.3, 0.7
    outputs = np.tile(np.array([mean, np.log(spread)], "float32"), (1, 5_000, 1))
    before = np.linspace(-3, 3, 13, dtype="float32").reshape(1, 13, 1)
    logs, entropy = policy.log_probability(outputs[:, :13], before)
    plain = before.ravel().astype("float64")
    expected = stats.norm.logpdf(plain, mean, spread) - np.log(1 - np.tanh(plain) ** 2)
    np.testing.assert_allclose(logs[0], expected, rtol=1e-3, atol=1e-4)
    np.testing.assert_allclose(entropy, stats.norm.entropy(mean, spread), rtol=1e-5)
    drawn = policy.draw(outputs, np.random.default_rng(0)).ravel()
    assert stats.kstest(drawn, "norm", (mean, spread)).pvalue > 1e-3
    np.testing.assert_allclose(policy.greedy(outputs)[0, 0], [mean], rtol=1e-6)
    outer = policy.in_environment(np.array([-50.0, 0.0, 50.0]))
    np.testing.assert_allclose(outer, [-2, 1, 4])


def test_kernels_start_orthogonal():
    policy = policies.actor_critic(
        cart_poles(2), 2, np.random.default_rng(0), hidden=(8, 8), orthogonal=[True, False]
    )
    first, _, second, _, last, _ = policy.actor.weights
    for number, kernel in enumerate([first[0], second[0]]):
        np.testing.assert_allclose(kernel @ kernel.T if number == 0 else kernel.T @ kernel,
                                   2 * np.eye(min(kernel.shape)), atol=1e-5)  # fmt: skip
    assert np.abs(last[0]).max() < 0.011 < np.abs(last[1]).max()


def test_environments_that_do_not_fit_are_refused():
    rng = np.random.default_rng(0)
    with pytest.raises(ValueError, match="expected 1 or more widths"):
        policies.actor_critic(Counter(), 1, rng, hidden=())
    model = planning.from_transitions([[[(1.0, 0, 0.0, True)]]], 0)
    with pytest.raises(ValueError, match="FlattenObservation"):
        policies.actions_of(environments.TableVectorEnv(model, 2))
    unbounded = Counter()
    unbounded.single_action_space = spaces.Box(-np.inf, np.inf, (1,), np.float32)
    with pytest.raises(ValueError, match="no finite bounds"):
        policies.actions_of(unbounded)


# The judge


def test_solved_at_the_first_episode_where_the_mean_reaches_it():
    totals = [0.0] * 50 + [500.0] * 120
    place = evaluation.first_solved(totals)
    means = [np.mean(totals[max(0, i - 99) : i + 1]) if i >= 99 else 0 for i in range(len(totals))]
    assert place == next(i for i, mean in enumerate(means) if mean >= 475)
    assert evaluation.first_solved([500.0] * 99) is None
    assert evaluation.first_solved([474.9] * 300) is None
    assert evaluation.first_solved([500.0] * 100) == 99


def test_confirmation_counts_each_first_episode_once(monkeypatch):
    totals = evaluation.confirm(Counter(num_envs=5), lambda x: np.zeros(len(x), int), episodes=4)
    assert totals.tolist() == [3.0] * 4  # and neither the reset's 100 nor a second episode
    with pytest.raises(ValueError, match="as many environments"):
        evaluation.confirm(Counter(num_envs=5), lambda x: x, episodes=6)
    monkeypatch.setattr(evaluation, "MOST_STEPS", 9)
    with pytest.raises(ValueError, match="set a time limit"):
        evaluation.confirm(Counter(num_envs=5, length=50), lambda x: np.zeros(len(x), int), episodes=4)


# REINFORCE, actor-critic, the pendulum


def test_reinforce_weights_by_hand():
    collector = rollout.Collector(Counter(num_envs=8), 4)
    found = collector.collect(lambda x: np.zeros(x.shape[:2], np.int64), 5)
    first = np.zeros((5, 4, 2), bool)
    first[:3] = True
    first[2, :, 1] = False  # a shorter episode
    kinds = ["none", "to go", "mean", "value"]
    weight, to_go = policy_gradient.weights(found, first, 1.0, kinds, np.full((5, 4, 2), 1.5))
    np.testing.assert_allclose(to_go[:3, 0], [[3, 2], [2, 1], [1, 0]])
    raw = [[3, 2, 3, 2, 3], [3, 2, 2, 1, 1], [0.5, -0.5, 0.5, -0.5, 0], [1.5, 0.5, 0.5, -0.5, -0.5]]
    for agent, expected in enumerate(np.array(raw)):
        got = weight[:3, agent].ravel()[:5]
        np.testing.assert_allclose(got, expected / np.sqrt(np.mean(expected**2)), rtol=1e-5)
    with pytest.raises(ValueError, match="unknown"):
        policy_gradient.weights(found, first, 1.0, "best", np.zeros((5, 4, 2)))


def cart_poles(number):
    return gymnasium.make_vec("CartPole-v1", num_envs=number, vectorization_mode="vector_entry_point")


def equal(run, other, agent=slice(None), other_agent=None):
    """Whether two runs ended with the same weights, of one agent each."""
    other_agent = agent if other_agent is None else other_agent
    pairs = zip(run.weights, other.weights, strict=True)
    return all(np.array_equal(a[agent], b[other_agent]) for a, b in pairs)


def test_reinforce_and_actor_critic_repeat_and_learn():
    options = {"updates": 12, "agents": 2, "seed": 1}
    runs = [
        policy_gradient.reinforce(
            lambda: cart_poles(32), policy_gradient.Settings(learning_rate=2e-2), "mean", **options
        )
        for _ in range(2)
    ]
    assert equal(*runs)
    for episodes in runs[0].episodes:
        assert np.mean([e.total for e in episodes[-32:]]) > 1.5 * np.mean([e.total for e in episodes[:32]])
    critic = [
        policy_gradient.actor_critic(
            cart_poles(32), policy_gradient.Settings(), steps=12_000, agents=2, seed=1
        )
        for _ in range(2)
    ]
    assert equal(*critic)
    for episodes in critic[0].episodes:
        assert np.mean([e.total for e in episodes[-30:]]) > 1.5 * np.mean([e.total for e in episodes[:30]])


def test_a_large_entropy_bonus_keeps_a_policy_even():
    """Even actions balance a pole for about 22 steps, one and the same action for about 9."""
    settings = policy_gradient.Settings(entropy_weight=10.0, learning_rate=1e-2)
    trained = policy_gradient.actor_critic(cart_poles(32), settings, steps=6_000, agents=2, seed=1)
    for episodes in trained.episodes:
        assert 17 < np.mean([episode.total for episode in episodes[-150:]]) < 28


def test_the_vector_pendulum_is_gymnasiums():
    many, one = VectorPendulum(3), gymnasium.make("Pendulum-v1").unwrapped
    many.reset(seed=0)
    one.reset(seed=0)
    rng = np.random.default_rng(0)
    for step in range(200):
        one.state = np.array([many._angle[1], many._speed[1]])
        torque = rng.uniform(-3, 3, (3, 1)).astype("float32")
        observation, reward, terminated, truncated, _ = many.step(torque)
        expected, cost, *_ = one.step(torque[1])
        np.testing.assert_allclose(observation[1], expected, atol=1e-5)
        np.testing.assert_allclose(reward[1], cost, atol=1e-5)
        assert not terminated.any() and truncated.all() == (step == 199)
    observation, reward, _, truncated, _ = many.step(torque)
    assert reward.tolist() == [0, 0, 0] and not truncated.any()
    assert many.observation_space.contains(observation)


class OnePendulum(gymnasium.Env):
    """A single copy of the vector environment, so that Gymnasium's own checker can look at it."""

    def __init__(self, render_mode=None):
        self.many, self.render_mode = VectorPendulum(1), render_mode
        self.metadata = {"render_modes": []}
        self.observation_space = self.many.single_observation_space
        self.action_space = self.many.single_action_space

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        observation, info = self.many.reset(seed=int(self.np_random.integers(2**31)))
        return observation[0], info

    def step(self, action):
        observation, reward, terminated, truncated, info = self.many.step(np.asarray(action)[None])
        return observation[0], float(reward[0]), bool(terminated[0]), bool(truncated[0]), info


def test_gymnasiums_checker_passes_the_pendulum():
    check_env(OnePendulum(), skip_render_check=True)


class LastRewardOnly(Counter):
    """Pays 1 on the step that ends an episode, and nothing before."""

    def step(self, actions):
        seen, _reward, terminated, truncated, info = super().step(actions)
        return seen, np.where(terminated | truncated, 1.0, 0.0), terminated, truncated, info


def test_reinforce_counts_an_episodes_last_reward():
    settings = policy_gradient.Settings(discount=1.0, learning_rate=0.0)
    trained = policy_gradient.reinforce(lambda: LastRewardOnly(4), settings, "to go", updates=1, agents=2)
    assert [episode.total for agent in trained.episodes for episode in agent] == [1.0] * 4
    found, first = policy_gradient.whole_episodes(
        LastRewardOnly(4), policies.Categorical(2), lambda x: np.zeros(x.shape[:2], np.int64), 2, [0, 0], 50
    )
    _, to_go = policy_gradient.weights(found, first, 1.0, "to go", np.zeros_like(found.rewards))
    assert first.sum(axis=0).tolist() == [[3, 3], [3, 3]]
    np.testing.assert_array_equal(
        to_go[:3], np.ones((3, 2, 2))
    )  # each action is followed by the reward at the end


@pytest.mark.parametrize("baseline", policy_gradient.BASELINES)
def test_an_agents_weights_know_nothing_of_its_neighbours(baseline):
    """Baseline, advantage and scale of agent 0 stay, whatever agent 1 is paid, sees or expects."""
    random = np.random.default_rng(0)
    found = rollout.Collector(Counter(num_envs=4), 2).collect(lambda x: np.zeros(x.shape[:2], np.int64), 3)
    first, values = np.ones((3, 2, 2), bool), random.normal(size=(3, 2, 2))

    def of_agent_0(factor):
        rewards, others = random.normal(size=(3, 2, 2)) * 0 + 1.0, values.copy()
        rewards[:, 1] *= factor
        others[:, 1] *= factor
        changed = dataclasses.replace(found, rewards=rewards)
        return policy_gradient.weights(changed, first, 0.9, baseline, others)[0][:, 0]

    np.testing.assert_array_equal(of_agent_0(1.0), of_agent_0(-50.0))


@pytest.mark.parametrize(
    "train",
    [
        lambda rates: policy_gradient.reinforce(
            lambda: cart_poles(4), policy_gradient.Settings(learning_rate=rates), "mean", updates=2, agents=2
        ),
        lambda rates: policy_gradient.actor_critic(
            cart_poles(4), policy_gradient.Settings(learning_rate=rates), steps=200, agents=2
        ),
    ],
    ids=["reinforce", "actor_critic"],
)
def test_another_agents_learning_rate_changes_nothing(train):
    """Agent 1 leaps; agent 0 learns what it learns beside a calm neighbour, as long as both draw the same numbers."""
    calm, wild = train(np.array([1e-3, 0.0])), train(np.array([1e-3, 0.0 + 1e-30]))
    assert equal(calm, wild, 0) and not equal(calm, calm, 0, 1)
