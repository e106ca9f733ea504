"""Tabular agents against exact values, loops written by hand, and the mistakes that they must not make."""

import inspect

import gymnasium
import numpy as np
import pytest
from gymnasium.vector import SyncVectorEnv

from dlcourse.rl import planning, tabular
from dlcourse.rl.environments import TableVectorEnv

AGENTS = [tabular.q_learning, tabular.sarsa, tabular.double_q_learning]


def walk(states, lose=-1.0):
    """A random walk that ends beyond either end: lose on the left, 1 on the right."""
    table = [
        [
            [
                (0.5, max(s - 1, 0), lose if s == 0 else 0.0, s == 0),
                (0.5, min(s + 1, states - 1), 1.0 if s == states - 1 else 0.0, s == states - 1),
            ]
        ]
        for s in range(states)
    ]
    return planning.from_transitions(table, states // 2)


def spoilt(function, right, wrong):
    """The same function with one place of its source changed: a mistake, for tests that must notice it."""
    source = inspect.getsource(function)
    assert source.count(right) >= 1, f"{right!r} no longer stands in {function.__name__}"
    names = dict(vars(tabular))
    exec(source.replace(right, wrong), names)
    return names[function.__name__]


# Prediction


@pytest.fixture(scope="module")
def episodes():
    model = walk(7)
    environments = TableVectorEnv(model, 5, time_limit=12)
    return tabular.record(environments, planning.uniform(model), 6, seed=1)


def by_hand(episodes, copy, n, step_size, discount, states):
    """n-step TD of one copy as in the book, step by step, in plain Python."""
    values = [0.0] * states
    for episode in episodes:
        length, ended = int(episode.length[copy]), bool(episode.terminated[copy])
        s, r = episode.states[copy], episode.rewards[copy]
        for t in range(length):
            last = min(t + n, length)
            target = sum(discount ** (i - t) * r[i] for i in range(t, last))
            if not (ended and last == length):
                target += discount ** (last - t) * values[s[last]]
            values[s[t]] += step_size * (target - values[s[t]])
    return values


@pytest.mark.parametrize("n", [1, 2, 3, 50])
@pytest.mark.parametrize("discount", [1.0, 0.8, 0.0])
def test_n_step_td_equals_the_books_loop(episodes, n, discount):
    assert {bool(end) for episode in episodes for end in episode.terminated} == {True, False}
    rates = np.array([0.1, 0.5, 1.0, 0.3, 0.2])
    values = np.zeros((5, 7))
    for episode in episodes:
        tabular.n_step_td(values, episode, n=n, step_size=rates, discount=discount)
    for copy, rate in enumerate(rates):
        assert values[copy] == pytest.approx(by_hand(episodes, copy, n, rate, discount, 7))


def test_one_step_and_no_trace_are_td_zero(episodes):
    one, other, third = (np.zeros((5, 7)) for _ in range(3))
    for episode in episodes:
        tabular.td(one, episode, step_size=0.3, discount=0.9)
        tabular.n_step_td(other, episode, n=1, step_size=0.3, discount=0.9)
        tabular.td_lambda(third, episode, trace_decay=0.0, step_size=0.3, discount=0.9)
    assert one == pytest.approx(other) and one == pytest.approx(third)


def test_monte_carlo_is_the_longest_n_step_where_episodes_end_and_nothing_where_not(episodes):
    one, other = np.zeros((5, 7)), np.zeros((5, 7))
    for episode in episodes:
        before = one.copy()
        tabular.monte_carlo(one, episode, step_size=0.2, discount=0.9)
        assert (one[~episode.terminated] == before[~episode.terminated]).all()
        kept = np.where(episode.terminated[:, None], other, 0)
        tabular.n_step_td(kept, episode, n=99, step_size=0.2, discount=0.9)
        other = np.where(episode.terminated[:, None], kept, other)
    assert one == pytest.approx(other)


@pytest.mark.parametrize("decay", [0.0, 0.4, 0.9, 1.0])
def test_traces_are_the_lambda_return(episodes, decay):
    """To first order in the step size: the backward view equals the forward view, with a guess where truncated."""
    rate, discount, start = 1e-6, 0.9, np.linspace(-1, 1, 7)
    for episode in episodes:
        values = np.tile(start, (5, 1))
        tabular.td_lambda(values, episode, trace_decay=decay, step_size=rate, discount=discount)
        for copy in range(5):
            length, s, r = int(episode.length[copy]), episode.states[copy], episode.rewards[copy]
            moved, goal = np.zeros(7), 0.0 if episode.terminated[copy] else start[s[length]]
            for t in reversed(range(length)):
                last = t + 1 == length
                here = (0.0 if episode.terminated[copy] else start[s[length]]) if last else start[s[t + 1]]
                goal = r[t] + discount * ((1 - decay) * here + decay * (here if last else goal))
                moved[s[t]] += goal - start[s[t]]
            assert (values[copy] - start) / rate == pytest.approx(moved, abs=1e-3)


def test_replacing_traces_add_nothing_for_a_second_visit():
    loop = tabular.Episode(
        np.array([[0, 0, 0, 0]]), np.array([[0.0, 0.0, 1.0]]), np.array([3]), np.array([True])
    )
    found = []
    for replace in (False, True):
        values = np.zeros((1, 1))
        tabular.td_lambda(values, loop, trace_decay=1.0, step_size=0.1, replace=replace)
        found.append(values[0, 0])
    assert found == pytest.approx([0.3, 0.1])


@pytest.mark.parametrize(
    "learn, options",
    [
        (tabular.td, {}),
        (tabular.n_step_td, {"n": 4}),
        (tabular.td_lambda, {"trace_decay": 0.8}),
        (tabular.monte_carlo, {}),
    ],
)
def test_predictions_come_to_the_exact_values(learn, options):
    model = walk(5)
    exact = planning.evaluate(model, planning.uniform(model), 1.0)
    assert exact == pytest.approx(np.linspace(-2 / 3, 2 / 3, 5))
    values = np.zeros((40, 5))
    for number, episode in enumerate(
        tabular.record(TableVectorEnv(model, 40), planning.uniform(model), 300, seed=0)
    ):
        learn(values, episode, step_size=4 / (10 + number), **options)
    assert values.mean(axis=0) == pytest.approx(exact, abs=0.03)


@pytest.mark.parametrize(
    "learn, options",
    [(tabular.td, {}), (tabular.n_step_td, {"n": 4}), (tabular.td_lambda, {"trace_decay": 0.8})],
)
def test_prediction_bootstraps_where_an_episode_was_cut_off(learn, options):
    """An endless reward of 1, cut off after 5 steps, is worth 1 / (1 - γ); a time-out is no end."""
    model = planning.from_transitions([[[(1.0, 0, 1.0, False)]]], 0)
    recorded = tabular.record(TableVectorEnv(model, 2, time_limit=5), np.zeros(1, int), 400, seed=0)
    assert not recorded[0].terminated.any() and (recorded[0].length == 5).all()
    values, mistaken = np.zeros((2, 1)), np.zeros((2, 1))
    for episode in recorded:
        learn(values, episode, step_size=0.05, discount=0.9, **options)
        wrong = tabular.Episode(episode.states, episode.rewards, episode.length, np.ones(2, bool))
        learn(mistaken, wrong, step_size=0.05, discount=0.9, **options)
    assert values == pytest.approx(np.full((2, 1), 10.0), rel=0.02)
    assert (mistaken < 5).all()


def test_what_is_recorded_is_what_gymnasium_did():
    """Dry cliff: every recorded step stands in the table, and no reset is taken for a step."""
    table = gymnasium.make("CliffWalking-v1").unwrapped.P
    environments = SyncVectorEnv([lambda: gymnasium.make("CliffWalking-v1", max_episode_steps=30)] * 3)
    policy = np.full((48, 4), [0.3, 0.4, 0.2, 0.1])
    for episode in tabular.record(environments, policy, 5, seed=0):
        for copy in range(3):
            assert episode.states[copy, 0] == 36
            for t in range(episode.length[copy]):
                outcomes = {(int(o[0][1]), float(o[0][2])) for o in table[episode.states[copy, t]].values()}
                assert (episode.states[copy, t + 1], episode.rewards[copy, t]) in outcomes


# Control


def crossroads():
    """Two states, noisy rewards, and an end: small enough that every agent comes to its values."""
    return planning.from_transitions(
        [
            [[(0.5, 1, 0.0, False), (0.5, 0, 0.2, False)], [(1.0, 0, 0.3, True)]],
            [[(0.5, 1, 2.0, True), (0.5, 0, 0.0, False)], [(1.0, 1, 0.5, True)]],
        ],
        0,
    )


@pytest.mark.parametrize("agent", [tabular.q_learning, tabular.double_q_learning])
def test_off_policy_agents_come_to_the_best_values(agent):
    model = crossroads()
    exact = planning.value_iteration(model, 0.9).action_values
    found = agent(
        TableVectorEnv(model, 20),
        steps=8_000,
        step_size=lambda k: 1 / k**0.7,
        epsilon=0.5,
        discount=0.9,
    )
    assert found.table.mean(axis=0) == pytest.approx(exact, abs=0.03)


def test_sarsa_comes_to_the_values_of_the_policy_it_follows():
    model = crossroads()
    exact = planning.value_iteration(planning.softened(model, 0.5), 0.9).values
    found = tabular.sarsa(
        TableVectorEnv(model, 20),
        steps=8_000,
        step_size=lambda k: 1 / k**0.7,
        epsilon=0.5,
        discount=0.9,
    )
    followed = 0.5 * found.table.max(axis=2) + 0.5 * found.table.mean(axis=2)
    assert followed.mean(axis=0) == pytest.approx(exact, abs=0.03)
    assert planning.value_iteration(model, 0.9).values[0] > exact[0] + 0.1  # so the test can tell them apart


@pytest.mark.parametrize("agent", AGENTS)
def test_a_time_out_is_no_end(agent):
    """An endless reward of 1, cut off every 5 steps: 1 / (1 - γ) = 10. Taken for an end, it is far less."""
    model = planning.from_transitions([[[(1.0, 0, 1.0, False)]]], 0)
    options = {"steps": 3_000, "step_size": 0.1, "epsilon": 0.1, "discount": 0.9}
    found = agent(TableVectorEnv(model, 2, time_limit=5), **options)
    assert found.table == pytest.approx(np.full((2, 1, 1), 10.0), rel=0.01)
    mistaken = spoilt(agent, "np.where(terminated, 0.0", "np.where(terminated | truncated, 0.0")
    assert (mistaken(TableVectorEnv(model, 2, time_limit=5), **options).table < 6).all()


@pytest.mark.parametrize("agent", AGENTS)
def test_an_end_is_no_time_out(agent):
    """A single rewarded step that ends: nothing follows, whatever the table says of the state after it."""
    model = planning.from_transitions([[[(1.0, 1, 1.0, True)]], [[(1.0, 1, 5.0, False)]]], 0)
    options = {"steps": 500, "step_size": 0.2, "epsilon": 0.1, "discount": 0.9, "initial": 3.0}
    assert agent(TableVectorEnv(model, 2), **options).table[:, 0] == pytest.approx(1.0, abs=1e-3)
    mistaken = spoilt(agent, "np.where(terminated, 0.0, ", "np.where(False, 0.0, ")
    assert (mistaken(TableVectorEnv(model, 2), **options).table[:, 0] > 3).all()


class Corridor(gymnasium.Env):
    """Three rooms in a row, one action; a reward of 1 in the last, and the time is up after three steps."""

    observation_space, action_space = gymnasium.spaces.Discrete(3), gymnasium.spaces.Discrete(1)

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self.steps = 0
        return 0, {}

    def step(self, action):
        self.steps += 1
        return min(self.steps, 2), float(self.steps == 3), False, self.steps == 3, {}


@pytest.mark.parametrize("agent", AGENTS)
@pytest.mark.parametrize("vector", ["table", "gymnasium"])
def test_the_step_that_resets_teaches_nothing(agent, vector):
    """A corridor of three rooms, cut off in the last: its reset step must not look like a way back to the first."""
    model = planning.from_transitions(
        [[[(1.0, 1, 0.0, False)]], [[(1.0, 2, 0.0, False)]], [[(1.0, 2, 1.0, False)]]], 0
    )
    environments = {
        "table": lambda: TableVectorEnv(model, 2, time_limit=3),
        "gymnasium": lambda: SyncVectorEnv([Corridor] * 2),
    }[vector]
    options = {"steps": 6_000, "step_size": 0.1, "epsilon": 0.0, "discount": 0.9}
    found = agent(environments(), **options)
    assert found.table[:, :, 0] == pytest.approx(np.tile([8.1, 9.0, 10.0], (2, 1)), rel=0.01)
    assert found.visits[0].sum() == 4_500  # of 6,000 steps every fourth only resets
    assert found.first_returns() == pytest.approx(1.0)
    mistaken = spoilt(agent, "learning = ~resetting", "learning = np.ones_like(resetting)")
    assert (mistaken(environments(), **options).table[:, 2, 0] < 9).all()


def test_q_learning_equals_the_books_loop_on_gymnasium():
    """One copy against a plain loop on a plain environment, which resets by itself, with the same random numbers."""
    steps, environment = 2_000, gymnasium.make("CliffWalking-v1", max_episode_steps=60)
    rng = np.random.default_rng([7, 2])
    table, sums, returns = np.zeros((48, 4)), 0.0, []
    state, _ = environment.reset(seed=7)
    resetting = False
    for _ in range(steps):
        action = int(tabular.explore(table[state][None], 0.1, rng)[0])
        if resetting:
            (state, _), resetting = environment.reset(), False
            continue
        after, reward, terminated, truncated, _ = environment.step(action)
        best = 0.0 if terminated else table[after].max()
        table[state, action] += 0.5 * (reward + best - table[state, action])
        sums, state, resetting = sums + reward, after, terminated or truncated
        if resetting:
            returns.append(sums)
            sums = 0.0
    vector = SyncVectorEnv([lambda: gymnasium.make("CliffWalking-v1", max_episode_steps=60)])
    found = tabular.q_learning(vector, steps=steps, step_size=0.5, epsilon=0.1, discount=1.0, seed=7)
    assert found.table[0] == pytest.approx(table)
    assert found.returns[0] == pytest.approx(returns) and len(returns) > 10


@pytest.mark.parametrize("agent", AGENTS)
def test_same_seed_same_curve_and_in_gymnasium_as_in_the_table(agent):
    model = planning.from_environment(gymnasium.make("CliffWalking-v1"))
    options = {"steps": 800, "step_size": 0.5, "epsilon": 0.1, "discount": 1.0, "snapshot_steps": [100, 800]}
    vector = SyncVectorEnv([lambda: gymnasium.make("CliffWalking-v1", max_episode_steps=100)] * 3)
    runs = [agent(TableVectorEnv(model, 3, 100), seed=seed, **options) for seed in (4, 4, 5)]
    runs.append(agent(vector, seed=4, **options))
    assert (runs[0].table == runs[1].table).all() and (runs[0].table == runs[3].table).all()
    assert (runs[0].table != runs[2].table).any()
    assert runs[0].returns == runs[1].returns and runs[0].snapshots.shape == (2, 3, 48, 4)
    assert (runs[0].snapshots[-1] == runs[0].table).all()


def test_agents_with_settings_of_their_own():
    model = crossroads()
    both = tabular.q_learning(
        TableVectorEnv(model, 2), steps=50, step_size=np.array([0.0, 0.5]), epsilon=1.0, discount=0.9
    )
    assert (both.table[0] == 0).all() and (both.table[1] != 0).any()


def test_exploring_draws_evenly_among_equals():
    rng = np.random.default_rng(0)
    counts = np.bincount(tabular.explore(np.tile([1.0, 0.0, 1.0], (30_000, 1)), 0.3, rng), minlength=3)
    assert counts / 30_000 == pytest.approx([0.45, 0.1, 0.45], abs=0.01)


def test_evaluation_takes_as_many_episodes_of_each_environment():
    model = planning.from_environment(gymnasium.make("FrozenLake-v1"))
    policy = planning.value_iteration(model, 0.99).policy
    exact = planning.from_start(model, planning.over_steps(model, policy, 100))
    for environments in (
        TableVectorEnv(model, 50, time_limit=100),
        gymnasium.make_vec("FrozenLake-v1", num_envs=50, vectorization_mode="sync"),
    ):
        returns = tabular.evaluate(environments, policy, 20, seed=3)
        assert returns.shape == (50, 20)
        assert returns.mean() == pytest.approx(exact, abs=0.05)  # standard error 0.014
    each = tabular.evaluate(TableVectorEnv(model, 2), np.stack([policy, policy]), 3, seed=0)
    assert each.shape == (2, 3)


# What doesn't fit


class Broken(TableVectorEnv):
    """Gives one reward that is no number."""

    def step(self, actions):
        state, reward, *rest = super().step(actions)
        self.count = getattr(self, "count", 0) + 1
        if self.count == 10:
            reward = np.array([0.0, float("nan")])
        return state, reward, *rest


@pytest.mark.parametrize("agent", AGENTS)
def test_a_reward_that_is_no_number_stops_the_agent(agent):
    with pytest.raises(ValueError, match="reward nan in environment 1 at step 9"):
        agent(Broken(crossroads(), 2), steps=50, step_size=0.1, epsilon=0.1, discount=0.9)
    with pytest.raises(ValueError, match="reward nan in environment 1 at step 9"):
        tabular.evaluate(Broken(crossroads(), 2), np.zeros(2, int), 50, seed=0)
    with pytest.raises(ValueError, match="reward nan in environment 1 at step 9"):
        tabular.record(Broken(crossroads(), 2), np.zeros(2, int), 50, seed=0)


@pytest.mark.parametrize("agent", AGENTS)
def test_environments_that_do_not_fit_are_refused(agent):
    options = {"steps": 5, "step_size": 0.1, "epsilon": 0.1, "discount": 0.9}
    with pytest.raises(ValueError, match="needs Discrete"):
        agent(gymnasium.make_vec("CartPole-v1", num_envs=2, vectorization_mode="sync"), **options)
    with pytest.raises(ValueError, match="single environment"):
        agent(gymnasium.make("FrozenLake-v1"), **options)
    with pytest.raises(ValueError, match="discount="):
        agent(TableVectorEnv(crossroads(), 2), **(options | {"discount": 1.5}))


@pytest.mark.parametrize("policy", [np.zeros(3, int), np.array([0, 7]), np.full((2, 2), 0.4)])
def test_a_policy_of_the_wrong_shape_is_named(policy):
    with pytest.raises(ValueError, match="policy"):
        tabular.evaluate(TableVectorEnv(crossroads(), 4), policy, 1, seed=0)


def test_double_q_learning_values_by_the_other_table():
    """Ten ways to end, each paying +1 or -1.2: worth -0.1. The largest of ten noisy values is too large; valued by a
    table that did not name it, it is not."""
    lottery = [(0.5, 1, 1.0, True), (0.5, 1, -1.2, True)]
    model = planning.from_transitions([[[(1.0, 1, 0.0, False)]] * 10, [lottery] * 10], 0)
    found = {
        train: train(TableVectorEnv(model, 200), steps=600, step_size=0.1, epsilon=0.5, discount=1.0, seed=3)
        .table[:, 0]
        .max(axis=1)
        .mean()
        for train in (tabular.q_learning, tabular.double_q_learning)
    }
    assert found[tabular.q_learning] > 0.1
    assert found[tabular.double_q_learning] < 0.05
    same = spoilt(tabular.double_q_learning, "tables[1 - learner, agents, following, named]",
                  "tables[learner, agents, following, named]")  # fmt: skip
    wrong = same(TableVectorEnv(model, 200), steps=600, step_size=0.1, epsilon=0.5, discount=1.0, seed=3)
    assert wrong.table[:, 0].max(axis=1).mean() > found[tabular.double_q_learning] + 0.1
