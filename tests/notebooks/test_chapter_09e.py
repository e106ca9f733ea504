"""What chapter 09e defines, and its exercises' judges."""

import itertools

import chapter_code
import numpy as np
import pytest

from dlcourse import exercises
from dlcourse.rl import environments, motorway, sac


@pytest.fixture(scope="module")
def chapter():
    return chapter_code.definitions("09e")


def test_networks_in_view_have_the_sizes_that_the_text_names(chapter):
    actor = chapter.perceptron(3, 2)
    assert actor.output_shape == (None, 2)
    assert actor.count_params() == 3 * 64 + 64 + 64 * 64 + 64 + 64 * 2 + 2
    assert chapter.player(3).output_shape == (None, 3)


def test_hanging_still_costs_what_the_text_says():
    world = environments.VectorPendulum(1)
    world.reset(seed=0)
    world._angle[:], world._speed[:] = np.pi, 0.0
    assert world.step(np.zeros((1, 1)))[1][0] == pytest.approx(-9.87, abs=0.005)
    assert 200 * np.pi**2 == pytest.approx(1974, abs=0.5)


def test_the_target_by_hand_is_that_of_the_text():
    assert -1 + 0.99 * (min(-100, -104) + 0.2 * 1.5) == pytest.approx(-103.66, abs=0.005)


def test_the_density_of_exercise_2_is_the_samplers():
    u = np.arctanh(0.5)
    _, log_density = sac.sample(np.zeros((1, 2), "float32"), np.full((1, 1), u, "float32"))
    assert exercises.find("09e.2").expected == pytest.approx(np.exp(log_density)[0], rel=1e-4)


def test_a_film_ends_with_the_drive(chapter):
    class Faster:
        def get_weights(self):
            values = np.arange(len(motorway.ACTIONS)) == motorway.FASTER
            return [np.zeros((motorway.NUMBERS, len(values))), values]

    chapter.ROADS, chapter.TRAFFIC = 3, 1
    seconds = chapter.film(Faster(), 1.3, 0)
    assert 1 <= len(seconds) < motorway.TIME_LIMIT
    assert "faster" in seconds[0][0] and seconds[0][1][0][2] is True


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (lambda phi, gamma: phi[-1] - phi[0], "without a discount"),
        (lambda phi, gamma: gamma ** len(phi) * phi[-1] - phi[0], "three steps"),
        (
            lambda phi, gamma: sum(gamma * b - a for a, b in itertools.pairwise(phi)),
            "by γ to the t",
        ),
        (lambda phi, gamma: 0.0, "it should be"),
        (3, "Give a function"),
    ],
)
def test_the_judge_of_exercise_4_sees_what_is_wrong(answer, says):
    assert says in exercises.find("09e.4").judge(answer)


def test_the_judge_of_exercise_4_takes_what_is_right():
    right = exercises.find("09e.4").judge
    assert right(lambda phi, gamma: gamma ** (len(phi) - 1) * phi[-1] - phi[0]) is None
