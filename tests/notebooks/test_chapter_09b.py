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


def test_rewards_at_random_come_as_often_as_asked_and_tell_nothing(chapter):
    """Two actions, of which one is rewarded: through the wrapper both are, as often, and the states are the same."""
    model = planning.from_transitions([[[(1.0, 0, 1.0, False)], [(1.0, 0, 0.0, False)]]], 0)
    plain = environments.TableVectorEnv(model, 500, time_limit=50)
    wrapped = chapter.RewardsAtRandom(environments.TableVectorEnv(model, 500, time_limit=50), share=0.3)
    actions, given = np.arange(500) % 2, []
    plain.reset(seed=0)
    wrapped.reset(seed=0)
    for _ in range(20):
        state, _, *flags = plain.step(actions)
        same, reward, *others = wrapped.step(actions)
        given.append(reward)
        assert (state == same).all()
        assert all((one == other).all() for one, other in zip(flags[:2], others[:2], strict=True))
    by_action = [np.mean(np.array(given)[:, actions == action]) for action in (0, 1)]
    assert by_action == pytest.approx([0.3, 0.3], abs=0.03)
    assert set(np.unique(given)) == {0.0, 1.0}
