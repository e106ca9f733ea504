"""The motorway: its rules, its other drivers, Gymnasium's checker."""

import gymnasium
import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env

from dlcourse.rl import blind, motorway


@pytest.mark.filterwarnings("ignore")
def test_gymnasiums_checker_passes():
    check_env(gymnasium.make("dlcourse/Motorway-v0").unwrapped)


def empty(number=1):
    """A motorway whose other cars are far away."""
    world = motorway.VectorMotorway(number)
    world.reset(seed=0)
    world.lane[:] = 1
    world.place[:] = 140.0 + np.arange(motorway.OTHERS)
    return world


def test_actions_change_lane_and_speed_within_their_bounds():
    world = empty()
    assert world.step([motorway.LEFT]) and world.lane[0] == 0
    assert world.step([motorway.LEFT]) and world.lane[0] == 0
    for _ in range(3):
        world.step([motorway.SLOWER])
    assert world.speed[0] == pytest.approx(motorway.SLOWEST)
    world.step([motorway.FASTER])
    assert world.speed[0] == pytest.approx(motorway.SLOWEST + 5)


def test_the_pay_is_by_speed_and_lane():
    world = empty()
    world.speed[:] = world.wanted[:] = 30.0
    assert world.step([motorway.KEEP])[1][0] == pytest.approx(0.8)
    assert world.step([motorway.RIGHT])[1][0] == pytest.approx(1.0)


def test_who_runs_into_a_car_crashes_and_begins_anew():
    world = empty(2)
    world.place[0, 0], world.lanes[0, 0], world.others[0, 0] = 12.0, 1, 10.0
    _, reward, terminated, _, _ = world.step([motorway.FASTER, motorway.FASTER])
    assert terminated.tolist() == [True, False] and reward[0] == -4
    _, reward, terminated, _, _ = world.step([motorway.KEEP, motorway.KEEP])
    assert reward[0] == 0 and not terminated[0] and world.metres[0] == 0


def test_others_do_not_hit_whoever_is_slow_ahead():
    drives = motorway.drive(motorway.VectorMotorway(50), blind.always(motorway.SLOWER), 1)
    assert not drives["crashed"].any()
    assert drives["seconds"].tolist() == [motorway.TIME_LIMIT] * 50
    assert drives["metres"].mean() == pytest.approx(motorway.SLOWEST * motorway.TIME_LIMIT, rel=0.03)


def test_gaps_are_what_is_seen():
    world = empty()
    world.place[0, :3], world.lanes[0, :3], world.others[0, :3] = [30.0, -20.0, 50.0], [1, 1, 0], [20, 27, 25]
    world.speed[:] = 25.0
    seen = world._observation()[0]
    assert seen[4:8] == pytest.approx([0.3, -0.5, 0.2, 0.2], abs=1e-6)
    assert seen[0] == pytest.approx(0.5) and seen[1] == pytest.approx(0.0)
    world.lane[:] = 0
    assert world._observation()[0][[0, 2]].tolist() == [0.0, 0.0]  # there is no lane to the left


def test_rules_brake_and_change_lanes_where_they_should():
    seen = np.zeros((4, motorway.NUMBERS))
    seen[:, [0, 2, 4, 6, 8, 10]] = 1.0
    seen[[1, 2], 4] = 0.1  # a car near ahead
    seen[2, 0] = seen[2, 8] = 0.02  # and beside
    seen[3, 8] = 0.1  # nobody ahead, but one on the right
    right = [motorway.FASTER, motorway.SLOWER, motorway.SLOWER, motorway.FASTER]
    assert motorway.careful(seen).tolist() == right
    found = motorway.overtaking(seen)
    assert found[0] == motorway.RIGHT and found[1] in (motorway.LEFT, motorway.RIGHT)
    assert found[2] == motorway.SLOWER and found[3] == motorway.FASTER


def test_denser_traffic_has_more_crashes_for_the_careless():
    kept = [
        motorway.drive(motorway.VectorMotorway(100, traffic), blind.always(motorway.FASTER), 1)
        for traffic in (0.6, 1.3)
    ]
    assert motorway.crashes_per_km(kept[0]) < motorway.crashes_per_km(kept[1])
    with pytest.raises(ValueError, match="traffic"):
        motorway.VectorMotorway(1, 5.0)


def test_the_same_seed_is_the_same_drive():
    def rewards():
        anything = blind.at_random(len(motorway.ACTIONS))
        return motorway.drive(motorway.VectorMotorway(5), anything, 2)["reward"]

    first, second = rewards(), rewards()
    assert first.tolist() == second.tolist()


@pytest.mark.parametrize("actions", [[0, 5], [0, -1], [0], [0.0, 1.0], 1, "up", [None, 0]])
def test_actions_that_are_none_are_refused(actions):
    worlds = motorway.VectorMotorway(2)
    worlds.reset(seed=0)
    with pytest.raises(ValueError, match="expected 2 whole numbers from 0 to 4"):
        worlds.step(actions)


def test_no_worlds_are_refused():
    with pytest.raises(ValueError, match="num_envs"):
        motorway.VectorMotorway(0)
