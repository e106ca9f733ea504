"""What chapter 09b defines, against calculations by hand; and that it needs no TensorFlow."""

import subprocess
import sys

import chapter_code
import gymnasium
import numpy as np
import pytest

from dlcourse.rl import environments, planning, tabular


@pytest.fixture(scope="module")
def chapter():
    return chapter_code.definitions("09b")


def test_the_chapter_starts_without_tensorflow():
    cells = chapter_code.source("09b").read_text(encoding="utf-8").split("# %%")
    lines = next(cell for cell in cells if "\nimport gymnasium" in cell).partition("\n")[2]
    code = f"{lines}\nimport sys\nassert 'tensorflow' not in sys.modules and 'keras' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True, timeout=120)


@pytest.mark.parametrize("discount", [0.5, 1.0])
def test_a_sweep_by_hand(chapter, discount):
    """Two states: from 0 on to 1 for a reward of 2, or to an end; 1 ends with 4 by a coin, else stays."""
    table = {
        0: {0: [(1.0, 1, 2.0, False)], 1: [(1.0, 1, 3.0, True)]},
        1: {0: [(0.5, 0, 4.0, True), (0.5, 1, 0.0, False)], 1: [(1.0, 0, -1.0, False)]},
    }
    found = chapter.sweep(table, [10.0, 20.0], discount)
    assert found == pytest.approx([2 + discount * 20, max(2 + discount * 10, -1 + discount * 10)])
    careless = chapter.sweep(table, [10.0, 20.0], discount, heed_ends=False)
    assert careless[0] == pytest.approx(max(2, 3) + discount * 20)


@pytest.mark.parametrize("reward, near, far", [(10.0, 2, 12), (3.0, 1, 5), (7.0, 4, 6)])
def test_the_corridors_turning_point(chapter, reward, near, far):
    model = chapter.corridor(reward, near, far)
    assert model.states == near + far - 1
    for policy, steps, gain in [(0, near, 1.0), (1, far, reward)]:
        values = planning.evaluate(model, np.full(model.states, policy), 0.9)
        assert planning.from_start(model, values) == pytest.approx(gain * 0.9 ** (steps - 1))
    expected = (1 / reward) ** (1 / (far - near))
    assert chapter.turning_point(model) == pytest.approx(expected, abs=1e-4)


@pytest.mark.parametrize("places", [3, 5, 19])
def test_the_random_walks_values_lie_on_a_line(chapter, places):
    model = chapter.random_walk(places)
    exact = planning.evaluate(model, planning.uniform(model), 1.0)
    assert exact == pytest.approx(np.linspace(-1, 1, places + 2)[1:-1])


@pytest.mark.parametrize("right", [0.6, 0.7])
def test_a_walk_by_another_coin_is_the_gamblers_ruin(chapter, right):
    """From place i of n the right end is met first with probability (1 - r^i) / (1 - r^(n + 1)), r = (1 - p) / p."""
    model, odds = chapter.random_walk(19, right), (1 - right) / right
    arrives = (1 - odds ** np.arange(1, 20)) / (1 - odds**20)
    assert planning.evaluate(model, planning.uniform(model), 1.0) == pytest.approx(2 * arrives - 1)


def test_ratios_and_the_long_run(chapter):
    assert chapter.ratios(np.array([8.0, 4.0, 1.0, 0.0])) == pytest.approx([0.5, 0.25, 0.0])
    stay = planning.from_transitions([[[(0.7, 0, 1.0, False), (0.3, 0, 0.0, True)]]], 0)
    plan = planning.value_iteration(stay, 0.9)
    assert chapter.slowest(0.9, plan, stay) == pytest.approx(0.63)
    assert chapter.ratios(chapter.errors(stay, 0.9)) == pytest.approx(0.63, rel=1e-3)


def test_prediction_errors_are_paired_and_averaged(chapter):
    model = chapter.random_walk(3)
    episodes = tabular.record(environments.TableVectorEnv(model, 4), planning.uniform(model), 2, seed=0)
    exact, rates = np.array([-0.5, 0.0, 0.5]), np.array([0.0, 0.5])
    found = chapter.prediction_errors(tabular.td, episodes, rates, exact)
    assert found.shape == (2, 4)
    assert found[0] == pytest.approx(np.sqrt(np.mean(exact**2)))  # nothing learnt
    values, total = np.zeros((4, 3)), 0.0
    for episode in episodes:
        tabular.td(values, episode, step_size=0.5)
        total = total + np.sqrt(np.mean((values - exact) ** 2, axis=1)) / 2
    assert found[1] == pytest.approx(total)


def test_entering_counts_ties(chapter):
    values = np.zeros((1, 3, 2, 4))
    values[0, 1, 0, 1], values[0, 2, 0, 2] = 1.0, 1.0
    assert chapter.entering(values, 0.1)[0] == pytest.approx([0.5, 0.95, 0.05])


def test_a_table_is_judged_by_its_greedy_policy(chapter):
    model = chapter.corridor(10.0, 1, 2)
    run = tabular.Learnt(None, None, snapshots=np.array([[[[1.0, 0], [0, 1]], [[0, 1.0], [0, 1]]]]))
    assert chapter.greedy_return(run, model, 5) == pytest.approx(np.array([[1.0, 10.0]]))
    exact = np.array([1.0, 3.0])
    assert chapter.value_error(run, exact, np.array([True, False])) == pytest.approx(np.zeros((1, 2)))
    assert chapter.value_error(run, exact, np.array([True, True])) == pytest.approx(np.sqrt([[2.0, 2.0]]))


def test_the_taxis_places(chapter):
    """The passenger waits at the lower left corner: there, the best action is to pick up."""
    model = planning.from_environment(gymnasium.make("Taxi-v4"))
    view = chapter.taxi_view(planning.value_iteration(model, 0.99), passenger=2, destination=1)
    assert view["policy"].shape == (25,) and view["policy"][20] == 4
    assert view["values"].argmax() == 20


def test_the_lie_changes_flags_alone(chapter):
    model = planning.from_transitions([[[(1.0, 0, 1.0, False)]]], 0)
    plain, lying = (environments.TableVectorEnv(model, 2, time_limit=2) for _ in range(2))
    lying = chapter.TimeOutsAsEnds(lying)
    plain.reset(seed=0)
    lying.reset(seed=0)
    for _ in range(6):
        state, reward, terminated, truncated, _ = plain.step(np.zeros(2, int))
        other, gain, ended, cut, _ = lying.step(np.zeros(2, int))
        assert (state == other).all() and (reward == gain).all() and not cut.any()
        assert (ended == (terminated | truncated)).all()


def test_any_end_pays_as_often_as_asked_and_nothing_else_does(chapter):
    """Two actions end the episode, of which one is rewarded, and a third goes on: through the wrapper both ends pay,
    each copy's at its own share, and the states are the same."""
    rows = [[[(1.0, 0, 1.0, True)], [(1.0, 0, 0.0, True)], [(1.0, 0, 1.0, False)]]]
    model = planning.from_transitions(rows, 0)
    plain = environments.TableVectorEnv(model, 600)
    share = np.repeat([0.2, 0.7], 300)
    wrapped = chapter.AnyEndPays(environments.TableVectorEnv(model, 600), share)
    actions, given, ends = np.arange(600) % 3, np.zeros(600), np.zeros(600)
    plain.reset(seed=0)
    wrapped.reset(seed=0)
    for _ in range(40):
        state, _, *flags = plain.step(actions)
        same, reward, *others = wrapped.step(actions)
        assert (state == same).all()
        assert all((one == other).all() for one, other in zip(flags[:2], others[:2], strict=True))
        assert not reward[~flags[0]].any()
        given, ends = given + reward, ends + flags[0]
    for action in (0, 1):
        for copies, expected in [(slice(0, 300), 0.2), (slice(300, 600), 0.7)]:
            mine = actions[copies] == action
            found = given[copies][mine].sum() / ends[copies][mine].sum()
            assert found == pytest.approx(expected, abs=0.05)


def test_drawn_lakes_side_by_side_are_the_lakes_alone(chapter):
    models, table, first = chapter.drawn_lakes([3, 4], size=4)
    assert first.tolist() == [0, 16] and table.states == 32
    for model, start in zip(models, first, strict=True):
        own = slice(start, start + 16)
        assert table.continuing[own, :, own] == pytest.approx(model.continuing)
        assert table.expected_reward[own] == pytest.approx(model.expected_reward)
    skated = chapter.OneLakeEach(table, np.array([0, 16, 16]), time_limit=7)
    state, _ = skated.reset(seed=0)
    fresh, rng = np.zeros(3, bool), np.random.default_rng(0)
    assert state.tolist() == [0, 16, 16]
    for _ in range(200):
        state, _, terminated, truncated, _ = skated.step(rng.integers(4, size=3))
        assert (state[fresh] == np.array([0, 16, 16])[fresh]).all()
        assert (state // 16 == [0, 1, 1]).all()
        fresh = terminated | truncated


def test_the_share_of_the_best_within_a_time(chapter):
    """A row of three: right, right arrives. Two steps are enough, one isn't."""
    rows = [[[(1.0, max(s - 1, 0), 0.0, False)], [(1.0, s + 1, float(s == 1), s == 1)]] for s in range(2)] + [
        [[(1.0, 2, 0.0, True)], [(1.0, 2, 0.0, True)]]
    ]
    model = planning.from_transitions(rows, 0)
    assert [chapter.best_within(model, steps) for steps in (1, 2, 5)] == [0.0, 1.0, 1.0]
    right, left = [[0.0, 1.0]] * 3, [[1.0, 0.0]] * 3
    run = tabular.Learnt(np.array([right, left]), None)
    assert chapter.share_of_best(run, [model, model], [0, 0], steps=5).tolist() == [1.0, 0.0]


def test_a_maps_numbers_have_minus_signs():
    from matplotlib import pyplot as plt

    from dlcourse.figures import reinforcement

    _, ax = plt.subplots()
    reinforcement.draw_map(ax, ["SFG"], np.array([-1.0, 2.0, 0.0]), np.array([0, 1, 0]), "←→", digits=0)
    said = [text.get_text() for text in ax.texts]
    assert said == ["S", "←", "\N{MINUS SIGN}1", "→", "2", "G"]
    plt.close("all")
