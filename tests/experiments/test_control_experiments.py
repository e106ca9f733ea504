"""Toys, players and drivers: pays, rules and what is measured of them."""

import gymnasium
import numpy as np
import pytest
from gymnasium.vector import SyncVectorEnv

from dlcourse.experiments import driving, motorway_drivers, toys, wall_players
from dlcourse.rl import blind, environments, motorway, wall_game


def test_coming_up_is_paid_once_and_being_up_all_the_time():
    came, stays = (toys.PaidPendulum(1, pay) for pay in toys.PAYS)
    paid = {}
    for world in (came, stays):
        world.reset(seed=0)
        world._angle[:], world._speed[:] = -0.52, 1.5  # just outside the zone, moving in
        paid[world.pay] = [float(world.step(np.zeros((1, 1)))[1][0]) for _ in range(4)]
    assert paid["coming up"] == [1, 0, 0, 0]
    assert paid["being up"] == [1, 1, 1, 1]
    with pytest.raises(ValueError, match="leaving"):
        toys.PaidPendulum(1, "leaving")


def test_entries_are_counted_from_outside():
    up = np.array([[0, 1], [1, 1], [0, 1], [1, 1]], bool)
    assert toys.entries(up) == 1.0  # two in the first episode, none in the second


def test_a_film_follows_one_rod_from_its_start():
    seen = toys.film(lambda x: np.zeros((1, 1)), seed=3, steps=5)
    world = environments.VectorPendulum(1)
    first = world.reset(seed=3)[0]
    assert seen.shape == (6, 3)
    assert (seen[0] == first[0]).all() and (seen[1] == world.step(np.zeros((1, 1)))[0][0]).all()


def test_the_engineers_rule_stands_up_from_hanging():
    world = environments.VectorPendulum(20)
    returns, up = toys.play(world, toys.engineer, seed=1)
    assert up[-50:].mean() > 0.95
    assert returns.mean() > -400


def test_gymnasiums_pendulums_take_another_mass():
    speeds = []
    for mass in (1.0, 2.0):
        world = toys.Gymnasiums(1, mass)
        world.reset(seed=0)
        world.pendulum.state = np.array([[np.pi], [0.0]])  # hanging
        speeds.append(world.step(np.array([[2.0]], "float32"))[0][0, 2])
    assert speeds[0] == pytest.approx(2 * speeds[1], rel=1e-3)


def test_all_rods_at_once_go_as_gymnasiums_one_by_one():
    together = toys.Gymnasiums(3)
    one_by_one = SyncVectorEnv([lambda: gymnasium.make("Pendulum-v1")] * 3)
    first, _ = together.reset(seed=5)
    np.testing.assert_array_equal(first, one_by_one.reset(seed=5)[0])
    for torques in np.random.default_rng(0).uniform(-3, 3, (50, 3, 1)).astype("float32"):
        ours, theirs = together.step(torques), one_by_one.step(torques)
        np.testing.assert_allclose(ours[0], theirs[0], atol=1e-5)
        np.testing.assert_allclose(ours[1], theirs[1], atol=1e-5)


def test_a_plain_actor_acts_as_keras_computes():
    actor = toys.network(3)
    x = np.random.default_rng(0).normal(size=(5, 3)).astype("float32")
    expected = 2 * np.tanh(actor(x).numpy()[:, :1])
    assert toys.chooser(actor)(x) == pytest.approx(expected, abs=1e-5)


@pytest.mark.parametrize("kind", wall_players.KINDS)
def test_players_take_pixels(kind):
    network = wall_players.network(kind, 3, seed=1)
    seen, _ = wall_game.VectorWallGame(4).reset(seed=0)
    assert network(seen.astype("float32")).shape == (4, 3)
    with pytest.raises(ValueError, match="sound"):
        wall_players.network("sound", 3)


def test_a_hidden_trail_is_not_seen_and_the_rest_is():
    seen, _ = wall_game.VectorWallGame(1).reset(seed=0)
    hidden, _ = wall_players.WithoutTrail(1).reset(seed=0)
    assert hidden[..., 2].sum() == 0 and seen[..., 2].sum() == 1
    assert (hidden[..., [0, 1, 3]] == seen[..., [0, 1, 3]]).all()
    assert (wall_players.hide_trail(seen) == hidden).all() and hidden.dtype == seen.dtype


def test_perceptrons_side_by_side_are_those_alone():
    seen, _ = wall_game.VectorWallGame(2).reset(seed=0)
    x = seen.astype("float32")
    for kind in wall_players.HIDDEN:
        both = wall_players.stacked(kind, 3, [4, 5])(np.stack([x, x]))
        alone = wall_players.network(kind, 3, 5)(x)
        assert np.asarray(both[1]) == pytest.approx(np.asarray(alone), abs=1e-5)


def test_scores_are_bricks_of_first_games():
    assert wall_players.scores(wall_game.foresight, 20).mean() > 10
    assert wall_players.scores(blind.at_random(len(wall_game.ACTIONS)), 20).mean() < 2


def test_drivers_are_perceptrons_of_what_is_seen():
    network = motorway_drivers.network(1)
    assert network.output_shape == (None, len(motorway.ACTIONS))
    actions = motorway_drivers.greedy(network)(np.zeros((3, motorway.NUMBERS), "float32"))
    assert actions.shape == (3,)


def test_players_and_drivers_in_numpy_are_the_networks():
    seen, _ = wall_game.VectorWallGame(20).reset(seed=0)
    for kind in wall_players.KINDS:
        actor = wall_players.network(kind, 3, seed=2)
        outputs = np.asarray(actor(seen.astype("float32")))
        assert (wall_players.greedy(actor)(seen) == outputs.argmax(axis=1)).all()
    driver, felt = motorway_drivers.network(1), motorway.VectorMotorway(20).reset(seed=0)[0]
    assert (motorway_drivers.greedy(driver)(felt) == np.asarray(driver(felt)).argmax(axis=1)).all()


def test_drives_are_counted_by_kilometre_and_second():
    drives = [
        {"crashed": True, "metres": 500.0, "seconds": 20},
        {"crashed": False, "metres": 1500.0, "seconds": 60},
    ]
    together = driving.together(drives)
    assert motorway.crashes_per_km(together) == 0.5
    assert motorway.speed(together) == 25.0


def test_the_careful_rule_of_the_other_motorway_brakes_for_a_car_ahead():
    seen = np.zeros((2, 5, 5))
    seen[:, 1] = [1, 0.1, 0.0, 0, 0]
    seen[1, 1, 2] = 0.33  # on the next lane
    assert [driving.ACTIONS[action] for action in driving.careful(seen)] == ["slower", "faster"]


def test_players_with_filters_learn_one_by_one():
    with pytest.raises(ValueError, match="takes one seed"):
        wall_players.train("pixels", [1, 2], steps=64)


@pytest.mark.parametrize(
    ("module", "kinds"), [(toys, "sac, eighth"), (wall_players, "pixels"), (motorway_drivers, "usual")]
)
def test_a_kind_that_is_not_shipped_is_refused(module, kinds):
    with pytest.raises(ValueError, match=f"ships no networks of kind 'one_critic'; it has .*{kinds}"):
        module.shipped("one_critic")
