"""Cars of highway-env (Leurent 2018), driven by networks and by rules.

The package ``highway-env`` isn't part of the course's environment: only ``benchmarks/`` needs it. Chapters read what
was recorded.
"""

import functools

import numpy as np

from dlcourse.rl import blind

ACTIONS = ("left", "keep on", "right", "faster", "slower")


def highway(traffic=1.0, time_limit=30):
    """``highway-fast-v0``: three lanes, twenty other cars, one decision a second.

    Args:
        traffic: how dense, as a factor of highway-env's usual traffic.
        time_limit: seconds.

    Returns:
        gymnasium.Env.
    """
    return _made("highway-fast-v0", {"vehicles_density": traffic, "duration": time_limit})


def merging():
    """``merge-v0``: four other cars, one of which comes from a lane that joins and ends; observations and actions as on
    ``highway()``, but for the unit of y, which is smaller, since there are fewer lanes.

    Returns:
        gymnasium.Env.
    """
    return _made("merge-v0", {})


def _made(name, config):
    import gymnasium
    import highway_env  # noqa: F401, registers its environments

    return gymnasium.make(name, config=config)


def highways(number, traffic=1.0):
    """So many of them as a Gymnasium vector environment."""
    from gymnasium.vector import SyncVectorEnv

    return SyncVectorEnv([functools.partial(highway, traffic)] * number)


def careful(observation, gap=0.15):
    """A rule of two lines: brake where a car is near ahead in the same lane, else go faster. Actions int64 (n,).

    Args:
        observation: highway-env's (n, 5, 5): own car first, then four others relative to it: present, x, y, and
            speeds, in units of 200 m, 12 m and 80 m/s.
        gap: how near is near, in units of 200 m.
    """
    others = np.asarray(observation)[:, 1:]
    beside, apart = np.abs(others[..., 2]), others[..., 1]
    ahead = (others[..., 0] > 0) & (beside < 0.1) & (apart > 0) & (apart < gap)
    return np.where(ahead.any(axis=1), ACTIONS.index("slower"), ACTIONS.index("faster"))


def with_built_in_driver(env):
    """Let highway-env's own model of a driver (IDM and MOBIL) steer the car; actions are ignored from then on.

    Called after ``reset``. It wants to go as fast as the reward pays for, 30 m/s.
    """
    from highway_env.vehicle.behavior import IDMVehicle

    world = env.unwrapped
    old = world.vehicle
    new = IDMVehicle.create_from(old)
    new.target_speed, new.check_collisions = 30.0, True
    world.road.vehicles[world.road.vehicles.index(old)] = new
    world.controlled_vehicles = [new]
    world.action_type.controlled_vehicle = world.observation_type.observer_vehicle = new


def drive(env, driver, seed):
    """One drive.

    Args:
        env: ``highway()``.
        driver: from observations (1, 5, 5) to actions (1,); None for highway-env's own model of a driver.
        seed: of the traffic.

    Returns:
        dict: ``reward`` (sum), ``seconds``, ``metres``, ``crashed``.
    """
    observation, _ = env.reset(seed=seed)
    if driver is None:
        with_built_in_driver(env)
        driver = blind.always(ACTIONS.index("keep on"))
    world = env.unwrapped
    start, reward, seconds, ended = world.vehicle.position[0], 0.0, 0, False
    while not ended:
        observation, gained, terminated, truncated, _ = env.step(int(driver(observation[None])[0]))
        reward, seconds, ended = reward + float(gained), seconds + 1, terminated or truncated
    return {
        "reward": round(reward, 3),
        "seconds": seconds,
        "metres": round(float(world.vehicle.position[0] - start), 1),
        "crashed": bool(world.vehicle.crashed),
    }


def together(drives):
    """A list of drives as one dict of arrays (drives,), which ``rl.motorway``'s measures take."""
    return {name: np.array([one[name] for one in drives]) for name in drives[0]}


DRIVES, FIRST = 30, 50_000
"""How often each driver is tried in each world, and the seed of the first drive; training begins from seed 0."""

WORLDS = {"traffic 1.0": highway, "traffic 1.5": functools.partial(highway, 1.5), "merging": merging}


def drives(driver, env, number=DRIVES, first=FIRST):
    """So many drives, a list of what ``drive`` gives."""
    return [drive(env, driver, first + place) for place in range(number)]


def judged(driver):
    """Drives in each of ``WORLDS``, a dict from the world's name to a list."""
    return {world: drives(driver, make()) for world, make in WORLDS.items()}
