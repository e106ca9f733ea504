"""Planning against linear programming, brute force and calculations by hand; environments that don't fit."""

import itertools

import gymnasium
import numpy as np
import pytest
from gymnasium import spaces as gym_spaces
from gymnasium.vector import AutoresetMode, SyncVectorEnv
from scipy.optimize import linprog

from dlcourse.rl import planning, validation
from dlcourse.rl.environments import TableVectorEnv

GRIDS = ["FrozenLake-v1", "FrozenLake8x8-v1", "CliffWalking-v1", "CliffWalkingSlippery-v1"]


def random_model(states, actions, seed, outcomes=3):
    """A process whose every outcome may end it, as Gymnasium's kind of table and as a Model."""
    rng = np.random.default_rng(seed)
    table = [
        [
            [
                (p, int(rng.integers(states)), float(rng.normal()), bool(rng.random() < 0.2))
                for p in rng.dirichlet(np.ones(outcomes))
            ]
            for _ in range(actions)
        ]
        for _ in range(states)
    ]
    return table, planning.from_transitions(table, rng.dirichlet(np.ones(states)))


def looked_ahead(table, values, discount):
    """Action values by three loops, taking nothing from the package."""
    return np.array(
        [
            [
                sum(p * (r + discount * (0 if end else values[after])) for p, after, r, end in outcomes)
                for outcomes in row
            ]
            for row in table
        ]
    )


@pytest.mark.parametrize("shape", [(1, 1), (2, 3), (6, 2), (11, 4)])
def test_backup_equals_three_loops(shape):
    table, model = random_model(*shape, seed=sum(shape))
    values = np.random.default_rng(0).normal(size=shape[0])
    assert planning.backup(model, values, 0.9) == pytest.approx(looked_ahead(table, values, 0.9))


@pytest.mark.parametrize("name", ["FrozenLake-v1", "CliffWalking-v1", "CliffWalkingSlippery-v1"])
@pytest.mark.parametrize("discount", [0.5, 0.95])
def test_best_values_solve_the_linear_program(name, discount):
    table = gymnasium.make(name).unwrapped.P
    states, actions = len(table), len(table[0])
    rows, bounds = [], []
    for s, a in itertools.product(range(states), range(actions)):  # v(s) >= q(s, a), as small as possible
        row, gain = np.zeros(states), 0.0
        row[s] -= 1
        for p, after, reward, end in table[s][a]:
            gain += p * reward
            row[after] += 0 if end else discount * p
        rows.append(row)
        bounds.append(-gain)
    found = linprog(np.ones(states), rows, bounds, bounds=(None, None), method="highs")
    plan = planning.value_iteration(planning.from_environment(gymnasium.make(name)), discount)
    assert plan.values == pytest.approx(found.x, abs=1e-6)


@pytest.mark.parametrize("seed", range(3))
def test_no_policy_is_better_than_the_planned_one(seed):
    table, model = random_model(4, 2, seed)
    plan = planning.value_iteration(model, 0.8)
    for policy in itertools.product(range(2), repeat=4):
        values = np.zeros(4)
        for _ in range(200):
            values = looked_ahead(table, values, 0.8)[range(4), policy]
        assert planning.evaluate(model, np.array(policy), 0.8) == pytest.approx(values, abs=1e-9)
        assert (values <= plan.values + 1e-9).all()


@pytest.mark.parametrize("name", [*GRIDS, "Taxi-v4"])
def test_policy_iteration_ends_at_the_same_values(name):
    model = planning.from_environment(gymnasium.make(name))
    rounds, sweeps = planning.policy_iteration(model, 0.95), planning.value_iteration(model, 0.95)
    assert rounds.values == pytest.approx(sweeps.values, abs=1e-8)
    assert rounds.sweeps < 25
    assert (np.diff(rounds.history, axis=0) >= -1e-8).all()  # each round is at least as good in every state


@pytest.mark.parametrize("discount", [0.3, 0.9])
def test_an_iteration_shrinks_any_error_by_the_discount(discount):
    model = random_model(8, 3, seed=5)[1]
    rng = np.random.default_rng(1)
    for _ in range(20):
        one, other = rng.normal(size=(2, 8)) * 10
        after = [planning.backup(model, values, discount).max(axis=1) for values in (one, other)]
        assert np.abs(after[0] - after[1]).max() <= discount * np.abs(one - other).max() + 1e-12


def test_a_table_that_never_ends_shrinks_a_constant_error_by_exactly_the_discount():
    model = planning.from_transitions([[[(1.0, 1, 1.0, False)]], [[(1.0, 0, 0.0, False)]]], 0)
    best = planning.value_iteration(model, 0.9).values
    assert best == pytest.approx([1 / (1 - 0.81), 0.9 / (1 - 0.81)])
    values = best + 3
    for sweep in range(1, 50):
        values = planning.backup(model, values, 0.9).max(axis=1)
        assert values - best == pytest.approx(np.full(2, 3 * 0.9**sweep))


def test_termination_belongs_to_the_transition():
    """CliffWalking's table gives its goal a way out; nobody ever takes it."""
    environment = gymnasium.make("CliffWalking-v1")
    assert environment.unwrapped.P[47][0][0][3] == False  # noqa: E712
    model = planning.from_environment(environment)
    assert not model.reachable[47] and model.reachable.sum() == 37
    plan = planning.value_iteration(model, 1.0)
    assert planning.from_start(model, plan.values) == pytest.approx(-13)
    assert plan.values[35] == pytest.approx(-1)  # above the goal: one step, and nothing after it


def test_discount_one_with_an_endless_policy_is_refused():
    model = planning.from_environment(gymnasium.make("CliffWalking-v1"))
    with pytest.raises(ValueError, match="never ends the episode"):
        planning.evaluate(model, np.zeros(48, int), 1.0)
    assert planning.evaluate(model, np.zeros(48, int), 0.9)[36] == pytest.approx(-10)
    with pytest.raises(ValueError, match="still change"):
        loop = planning.from_transitions([[[(1.0, 0, 1.0, False)]]], 0)
        planning.value_iteration(loop, 1.0, max_sweeps=50)


def test_over_steps_counts_every_path():
    table, model = random_model(3, 2, seed=2)
    policy = np.random.default_rng(3).dirichlet([1, 1], size=3)

    def expected(state, steps):
        if steps == 0:
            return 0.0
        return sum(
            policy[state, a] * p * (r + (0 if end else expected(after, steps - 1)))
            for a in range(2)
            for p, after, r, end in table[state][a]
        )

    found = planning.over_steps(model, policy, 4)
    assert found == pytest.approx([expected(state, 4) for state in range(3)])


def test_softened_process_is_epsilon_greedy_behaviour():
    model = random_model(5, 3, seed=4)[1]
    q = np.random.default_rng(5).normal(size=(5, 3))
    one = planning.evaluate(planning.softened(model, 0.2), planning.greedy(q), 0.9)
    assert one == pytest.approx(planning.evaluate(model, planning.epsilon_greedy(q, 0.2), 0.9))


def test_greedy_takes_the_first_of_equals():
    assert planning.greedy(np.array([[0.0, 1.0, 1.0 + 1e-13], [-5.0, -5.0, -7.0]])).tolist() == [1, 0]


# Environments made of a table


@pytest.mark.parametrize("name", GRIDS)
def test_a_table_walks_as_its_environment(name):
    """How often each state is visited, over a thousand steps of a random walk in 30 environments."""
    model = planning.from_environment(gymnasium.make(name))
    both = [
        SyncVectorEnv([lambda: gymnasium.make(name, max_episode_steps=50)] * 30),
        TableVectorEnv(model, 30, time_limit=50),
    ]
    shares, ends = [], []
    for environments in both:
        rng, counts, ended = np.random.default_rng(0), np.zeros(model.states), np.zeros(2)
        state, _ = environments.reset(seed=0)
        for _ in range(1_000):
            state, _, terminated, truncated, _ = environments.step(rng.integers(4, size=30))
            np.add.at(counts, state, 1)
            ended += terminated.sum(), truncated.sum()
        shares.append(counts / counts.sum())
        ends.append(ended)
    assert np.abs(shares[0] - shares[1]).sum() < 0.12
    assert np.abs(ends[0] - ends[1]).max() <= 5 * np.sqrt(ends[0].max())


def test_dry_tables_step_as_gymnasium_does_bit_by_bit():
    """Where nothing is random, every observation, reward and flag must agree, also around the resets."""
    model = planning.from_environment(gymnasium.make("CliffWalking-v1"))
    one = SyncVectorEnv([lambda: gymnasium.make("CliffWalking-v1", max_episode_steps=40)] * 8)
    other = TableVectorEnv(model, 8, time_limit=40)
    rng = np.random.default_rng(0)
    assert (one.reset(seed=0)[0] == other.reset(seed=0)[0]).all()
    for _ in range(500):
        actions = rng.choice(4, p=[0.2, 0.5, 0.2, 0.1], size=8)
        for found, expected in zip(other.step(actions)[:4], one.step(actions)[:4], strict=True):
            assert (found == expected).all()


def test_start_states_are_drawn_as_told():
    model = random_model(6, 2, seed=1)[1]
    state, _ = TableVectorEnv(model, 20_000).reset(seed=0)
    assert np.bincount(state, minlength=6) / 20_000 == pytest.approx(model.start, abs=0.012)


# What doesn't fit


@pytest.mark.parametrize(
    "outcomes, message",
    [
        ([(0.5, 0, 0.0, False)], "add up to 1"),
        ([(1.0, 3, 0.0, False)], "there are states 0 to 0"),
        ([(1.0, 0, float("nan"), False)], "finite"),
        ([(1.5, 0, 0.0, False), (-0.5, 0, 0.0, False)], "at least 0"),
    ],
)
def test_a_wrong_table_is_named(outcomes, message):
    with pytest.raises(ValueError, match=message):
        planning.from_transitions([[outcomes]], 0)


def test_environments_without_a_table_or_with_other_spaces_are_refused():
    with pytest.raises(ValueError, match=r"CartPole-v1: its observation space is Box.*needs Discrete"):
        planning.from_environment(gymnasium.make("CartPole-v1"))
    without_table = gymnasium.make("FrozenLake-v1")
    del without_table.unwrapped.P
    with pytest.raises(ValueError, match="no transition table"):
        planning.from_environment(without_table)


def test_spaces_of_another_kind_are_refused():
    pendulum = gymnasium.make("Pendulum-v1")
    box, actions = validation.require(pendulum, observation=gym_spaces.Box, action=gym_spaces.Box)
    assert box.shape == (3,) and actions.shape == (1,)
    with pytest.raises(ValueError, match=r"action space is Box.*needs Discrete"):
        validation.require(pendulum, observation=gym_spaces.Box, action=gym_spaces.Discrete)
    pendulum.action_space = gym_spaces.Box(-np.inf, np.inf, (1,))
    with pytest.raises(ValueError, match="no finite bounds"):
        validation.require(pendulum, observation=gym_spaces.Box, action=gym_spaces.Box)
    blackjack = gymnasium.make("Blackjack-v1")
    with pytest.raises(ValueError, match="observation space is Tuple"):
        validation.require(blackjack, observation=gym_spaces.Discrete, action=gym_spaces.Discrete)
    shifted = gymnasium.make("FrozenLake-v1")
    shifted.action_space = gym_spaces.Discrete(4, start=1)
    with pytest.raises(ValueError, match="starts at 1"):
        validation.require(shifted, observation=gym_spaces.Discrete, action=gym_spaces.Discrete)


def test_other_ways_of_resetting_are_refused():
    lake = [lambda: gymnasium.make("FrozenLake-v1")]
    assert validation.tabular(SyncVectorEnv(lake)) == (16, 4)
    for mode in (AutoresetMode.SAME_STEP, AutoresetMode.DISABLED):
        with pytest.raises(ValueError, match="NEXT_STEP"):
            validation.tabular(SyncVectorEnv(lake, autoreset_mode=mode))
    with pytest.raises(ValueError, match="single environment"):
        validation.tabular(gymnasium.make("FrozenLake-v1"))


@pytest.mark.parametrize(
    "policy, message",
    [
        (np.zeros(3, int), r"shape \(3,\)"),
        (np.array([0, 9]), "takes action 9 in state 1"),
        (np.array([[0.5, 0.4], [0.5, 0.5]]), "add up to 1"),
        (np.array([[0.5, np.nan], [0.5, 0.5]]), "add up to 1"),
        (np.zeros(2), "array of float64"),
    ],
)
def test_a_wrong_policy_is_named(policy, message):
    with pytest.raises(ValueError, match=message):
        validation.probabilities(policy, 2, 2)


@pytest.mark.parametrize("discount", [-0.1, 1.1, float("nan")])
def test_a_wrong_discount_is_named(discount):
    with pytest.raises(ValueError, match="discount="):
        planning.value_iteration(random_model(2, 2, seed=0)[1], discount)


def test_a_state_without_the_others_actions_is_named():
    with pytest.raises(ValueError, match="State 1 has 0 actions, and state 0 has 1"):
        planning.from_transitions([[[(1.0, 0, 0.0, False)]], []], 0)
