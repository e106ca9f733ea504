"""The wall game: its rules, Gymnasium's checkers, its speed."""

import time

import gymnasium
import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env

from dlcourse.rl import wall_game


@pytest.mark.filterwarnings("ignore")
def test_gymnasiums_checker_passes_and_its_maker_makes_many():
    check_env(gymnasium.make(wall_game.ID, render_mode="rgb_array").unwrapped)
    many = gymnasium.make_vec(wall_game.ID, num_envs=3, vectorization_mode="vector_entry_point")
    assert many.reset(seed=0)[0].shape == (3, 10, 10, 4)
    assert many.single_observation_space.contains(many.reset(seed=0)[0][0])


def test_the_ball_is_mirrored_at_the_sides_and_turned_by_bricks():
    wall = np.zeros((3, 10, 10), bool)
    wall[2, 3, 5] = True
    row, column, down, side, brick = wall_game.fly(
        np.array([5, 5, 4]), np.array([9, 0, 4]), np.array([1, 1, -1]), np.array([1, -1, 1]), wall
    )
    assert column.tolist() == [9, 0, 5] and side.tolist() == [-1, 1, 1]
    assert row.tolist() == [6, 6, 4] and down.tolist() == [1, 1, 1]
    assert brick.tolist() == [False, False, True] and not wall.any()


def play(rule, games=100, seed=3):
    world = wall_game.VectorWallGame(games)
    seen, _ = world.reset(seed=seed)
    bricks, playing, cut = np.zeros(games), np.ones(games, bool), np.zeros(games, bool)
    while playing.any():
        before = seen[..., 3].sum(axis=(1, 2), dtype=int)
        seen, reward, terminated, truncated, _ = world.step(rule(seen))
        gone = before - seen[..., 3].sum(axis=(1, 2), dtype=int)
        assert (gone[playing & (gone >= 0)] == reward[playing & (gone >= 0)]).all()
        bricks += reward * playing
        cut |= playing & truncated
        playing &= ~(terminated | truncated)
    return bricks, cut


def test_without_slips_the_rule_that_reckons_seldom_misses(monkeypatch):
    monkeypatch.setattr(wall_game, "STICKY", 0.0)
    bricks, cut = play(wall_game.foresight)
    assert cut.mean() > 0.8
    assert bricks[cut].min() > 15


def test_the_rule_that_follows_is_beaten_by_the_one_that_reckons():
    assert play(wall_game.follower)[0].mean() < 2 < 15 < play(wall_game.foresight)[0].mean()


def test_one_step_on_goes_where_the_ball_is_next():
    seen = np.zeros((3, 10, 10, 4), "uint8")
    seen[:, 9, 4:6, 0] = 1
    seen[:, 5, 4, 1] = 1
    for game, before in enumerate((3, 4, 5)):  # next in columns 5, 4, 3: on the paddle twice, left of it once
        seen[game, 4, before, 2] = 1
    assert wall_game.one_step_on(seen).tolist() == [0, 0, 1]
    follower, next_, reckons = (
        play(rule)[0].mean() for rule in (wall_game.follower, wall_game.one_step_on, wall_game.foresight)
    )
    assert follower < next_ < reckons


def test_one_game_is_the_many():
    one = gymnasium.make(wall_game.ID).unwrapped
    seen, _ = one.reset(seed=5)
    many = wall_game.VectorWallGame(1)
    begun, _ = many.reset(seed=int(np.random.default_rng(5).integers(2**31)))
    assert (seen == begun[0]).all()
    for action in (1, 2, 0, 2, 1, 1):
        after = many.step([action])
        seen, reward, *_ = one.step(action)
        assert (seen == after[0][0]).all() and reward == after[1][0]


def test_motion_is_read_off_the_pixels():
    world = wall_game.VectorWallGame(200)
    seen, _ = world.reset(seed=0)
    rng = np.random.default_rng(0)
    right = total = 0
    for _ in range(40):
        seen, _, terminated, truncated, _ = world.step(rng.integers(3, size=200))
        _, row, column, down, side = wall_game.motion(seen)
        flying = ~(terminated | truncated) & (world._elapsed > 0)
        assert (row == world._row)[flying].all() and (column == world._column)[flying].all()
        right += ((down == world._down) & (side == world._side))[flying].sum()
        total += flying.sum()
    assert right / total > 0.97


def test_it_makes_two_hundred_thousand_steps_a_second():
    world, actions = wall_game.VectorWallGame(512), np.random.default_rng(0).integers(3, size=(60, 512))
    world.reset(seed=0)
    rates = []
    for _ in range(3):
        began = time.process_time()
        for action in actions:
            world.step(action)
        rates.append(actions.size / (time.process_time() - began))
    assert max(rates) > 200_000


def test_pictures_have_colours_and_other_modes_are_refused():
    world = gymnasium.make(wall_game.ID, render_mode="rgb_array").unwrapped
    world.reset(seed=0)
    assert world.render().shape == (200, 200, 3)
    assert (
        len(np.unique(world.render().reshape(-1, 3), axis=0)) == 4
    )  # wall, ball over its trail, paddle, nothing
    with pytest.raises(ValueError, match="human"):
        wall_game.WallGame(render_mode="human")


@pytest.mark.parametrize("actions", [[0, 3], [0, -1], [0], [0.0, 1.0], 1, "up", [None, 0]])
def test_actions_that_are_none_are_refused(actions):
    worlds = wall_game.VectorWallGame(2)
    worlds.reset(seed=0)
    with pytest.raises(ValueError, match="expected 2 whole numbers from 0 to 2"):
        worlds.step(actions)


def test_no_worlds_are_refused():
    with pytest.raises(ValueError, match="num_envs"):
        wall_game.VectorWallGame(0)
