"""The listener: its table by hand, Gymnasium's checker, and that all three forms are one world."""

import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env

from dlcourse.rl import planning, recommender


def test_gymnasiums_checker_has_nothing_to_say(recwarn):
    check_env(recommender.Listener(0.5), skip_render_check=True)
    assert not [str(w.message) for w in recwarn if "obs" in str(w.message).lower()]


def test_the_first_step_by_hand():
    model = recommender.listener(0.4)
    start = int(model.start.argmax())
    assert recommender.liking(start).tolist() == [1.0, 0.0]
    assert model.expected_reward[start] == pytest.approx([0.9, 0.1, 0.5])
    after = model.continuing[start, recommender.HIT]
    goes_on = 0.9 * 0.98 + 0.1 * 0.90
    assert after[start] == pytest.approx(goes_on * 0.6)  # taste as it was: the hit didn't wear out
    assert after[start - recommender.LEVELS] == pytest.approx(goes_on * 0.4)
    grows = model.continuing[start, recommender.ACQUIRED]
    assert grows[start + 1] == pytest.approx((0.1 * 0.98 + 0.9 * 0.90) * 0.4)


def test_without_drift_a_visit_is_a_geometric_series():
    model = recommender.listener(0.0)
    goes_on = 0.9 * 0.98 + 0.1 * 0.90
    values = planning.evaluate(model, recommender.myopic(model), 1.0)
    assert planning.from_start(model, values) == pytest.approx(0.9 / (1 - goes_on))


def test_looking_ahead_pays_more_the_more_tastes_move():
    def gain(drift):
        model = recommender.listener(drift)
        values = [
            planning.evaluate(model, policy, 1.0)
            for policy in (planning.value_iteration(model, 1.0).policy, recommender.myopic(model))
        ]
        return planning.from_start(model, values[0]) - planning.from_start(model, values[1])

    gains = [gain(drift) for drift in (0.0, 0.05, 0.2, 0.7)]
    assert gains[0] == pytest.approx(0) and gains == sorted(gains) and gains[-1] > 5


def test_one_listener_and_many_live_in_the_same_world():
    model = recommender.listener(0.7)
    exact = planning.from_start(model, planning.evaluate(model, recommender.myopic(model), 1.0))
    many = recommender.listeners(model, 500, time_limit=10_000)
    seen, _ = many.reset(seed=0)
    totals, going = np.zeros(500), np.ones(500, bool)
    myopic = recommender.myopic(model)
    for _ in range(300):
        states = (seen * 4).round().astype(int) @ [recommender.LEVELS, 1]
        seen, reward, terminated, _, _ = many.step(myopic[states])
        totals += reward * going
        going &= ~terminated
    assert not going.any()
    assert totals.mean() == pytest.approx(exact, abs=4 * totals.std() / np.sqrt(500))

    alone, visits = recommender.Listener(0.7), []
    for seed in range(300):
        seen, _ = alone.reset(seed=seed)
        total, ended = 0.0, False
        while not ended:
            state = int((seen * 4).round() @ [recommender.LEVELS, 1])
            seen, reward, ended, _, _ = alone.step(myopic[state])
            total += reward
        visits.append(total)
    assert np.mean(visits) == pytest.approx(exact, abs=4 * np.std(visits) / np.sqrt(300))


@pytest.mark.parametrize("change", [{"drift": 1.5}, {"drift": 0.5, "stay": -0.1}, {"drift": "much"}])
def test_probabilities_are_checked(change):
    with pytest.raises(ValueError, match="listener"):
        recommender.listener(**change)


def test_listeners_who_never_leave_have_no_mean_number_of_plays():
    model = recommender.listener(0.5, stay=1.0, stay_bored=1.0)
    with pytest.raises(ValueError, match="never ends"):
        planning.evaluate(model, recommender.myopic(model), 1.0)


def test_a_visit_begins_with_reset_and_ends_with_its_end():
    alone = recommender.Listener(0.5)
    with pytest.raises(RuntimeError, match="reset"):
        alone.step(0)
    alone.reset(seed=0)
    with pytest.raises(ValueError, match="0 to 2"):
        alone.step(3)
    ended = False
    while not ended:
        *_, ended, _, _ = alone.step(2)
    with pytest.raises(RuntimeError, match="reset"):
        alone.step(0)
