"""highway-env's worlds with straight lanes, in less time: the same numbers to the last bit, by shorter ways.

``install()`` puts shorter ways in the place of some of highway-env 1.12.1's functions; ``equal()`` drives with and
without them and compares. A lane along the x axis has local coordinates that are differences, so that no product of
vectors is needed; who is ahead and behind is looked for among plain numbers; and numbers are clipped as numbers.
Lanes that aren't so, and roads with obstacles, go the package's own way.
"""

import contextlib
import types

import numpy as np

PACKAGE = "1.12.1"


def straight(lane):
    """Whether a lane runs exactly along the x axis: (x, y) of its start, else None."""
    found = lane.__dict__.get("_along_x", False)
    if found is False:
        plain = type(lane).__name__ == "StraightLane"
        along = plain and lane.direction.tolist() == [1.0, 0.0]
        found = lane._along_x = tuple(map(float, lane.start)) if along else None
    return found


def clip(value, low, high):
    """As NumPy's, of single numbers."""
    if isinstance(value, np.ndarray):
        return np.clip(value, low, high)
    return low if value < low else high if value > high else value


def ways():
    """Shorter ways: list of (object, name of its attribute, what takes its place)."""
    from highway_env.envs.common import observation as observations
    from highway_env.road import lane as lanes
    from highway_env.road import road as roads
    from highway_env.vehicle import behavior, controller

    local, closest = lanes.StraightLane.local_coordinates, roads.RoadNetwork.get_closest_lane_index
    neighbours, seen = roads.Road.neighbour_vehicles, observations.KinematicObservation.observe

    def local_coordinates(self, position):
        start = straight(self)
        if start is None:
            return local(self, position)
        x, y = position.tolist()
        return x - start[0], y - start[1]

    def neighbour_vehicles(self, vehicle, lane_index=None):
        lane_index = lane_index or vehicle.lane_index
        lane = self.network.get_lane(lane_index) if lane_index else None
        start = straight(lane) if lane else None
        if start is None or self.objects or self.neighbour_vehicles_connected_lanes:
            return neighbours(self, vehicle, lane_index)
        own = vehicle.position.tolist()[0] - start[0]
        ahead = behind = front = rear = None
        half, first, last = lane.width / 2 + 1, -lane.VEHICLE_LENGTH, lane.length + lane.VEHICLE_LENGTH
        for other in self.vehicles:
            if other is vehicle:
                continue
            x, y = other.position.tolist()
            x -= start[0]
            if not (abs(y - start[1]) <= half and first <= x < last):
                continue
            if own <= x and (ahead is None or x <= ahead):
                ahead, front = x, other
            if x < own and (behind is None or x > behind):
                behind, rear = x, other
        return front, rear

    def get_closest_lane_index(self, position, heading=None):
        ((begin, to_dict), *more) = self.graph.items()
        ((end, found), *others) = to_dict.items()
        starts = [straight(lane) for lane in found]
        if more or others or None in starts or heading is None:
            return closest(self, position, heading)
        angle = abs(found[0].local_angle(heading, 0.0))
        x, y = position.tolist()
        apart = [
            abs(y - start[1]) + max(x - start[0] - lane.length, 0) + max(start[0] - x, 0) + angle
            for start, lane in zip(starts, found, strict=True)
        ]
        return begin, end, apart.index(min(apart))

    def observe(self):
        usual = (
            self.order == "sorted",
            self.normalize,
            self.clip,
            not self.absolute,
            not self.env.road.objects,
        )
        if self.features != ["presence", "x", "y", "vx", "vy"] or not self.features_range or not all(usual):
            return seen(self)
        own, count = self.observer_vehicle, self.vehicles_count
        far = self.env.PERCEPTION_DISTANCE
        near = self.env.road.close_objects_to(own, far, count - 1, self.see_behind, vehicles_only=True)
        rows = np.zeros((count, 5))
        for row, car in zip(rows, (own, *near), strict=False):
            row[:] = 1, *car.position, *car.velocity
        rows[1 : 1 + len(near), 1:] -= rows[0, 1:]
        for column, name in enumerate(self.features):
            if name in self.features_range:
                low, high = self.features_range[name]
                part = rows[: 1 + len(near), column]
                part[:] = np.clip(-1 + (part - low) * 2 / (high - low), -1, 1)
        return rows.astype(self.space().dtype)

    numbers = types.ModuleType("numpy")
    numbers.__dict__.update(np.__dict__)
    numbers.clip = clip
    return [
        (lanes.StraightLane, "local_coordinates", local_coordinates),
        (roads.Road, "neighbour_vehicles", neighbour_vehicles),
        (roads.RoadNetwork, "get_closest_lane_index", get_closest_lane_index),
        (observations.KinematicObservation, "observe", observe),
        (behavior, "np", numbers),
        (controller, "np", numbers),
    ]


@contextlib.contextmanager
def installed():
    """Within it the shorter ways are taken."""
    found = ways()
    old = [getattr(place, name) for place, name, _ in found]
    for place, name, new in found:
        setattr(place, name, new)
    try:
        yield
    finally:
        for (place, name, _), before in zip(found, old, strict=True):
            setattr(place, name, before)


def trace(env, seed, steps):
    """Observations and rewards of so many steps of a driver who mostly keeps on."""
    rng, seen = np.random.default_rng(seed), []
    observation, _ = env.reset(seed=seed)
    for _ in range(steps):
        action = int(rng.choice(5, p=(0.1, 0.4, 0.1, 0.1, 0.3)))
        observation, reward, terminated, truncated, _ = env.step(action)
        seen.append(np.append(observation.ravel(), reward))
        if terminated or truncated:
            observation, _ = env.reset()
    return np.array(seen)


def equal(make, seed=0, steps=100):
    """Whether observations and rewards are the same, bit for bit, with the shorter ways and without."""
    plain = trace(make(), seed, steps)
    with installed():
        quick = trace(make(), seed, steps)
    return bool(np.array_equal(plain, quick))
