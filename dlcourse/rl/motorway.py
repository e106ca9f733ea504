"""A motorway of three lanes in NumPy: one car to be driven, twelve others that brake for whoever is ahead of them.

One decision a second: change the lane, keep on, go 5 m/s faster or slower (between 15 and 30 m/s). After the task
``highway-v0`` of highway-env (Leurent 2018), with traffic of its own: the others keep their lanes and follow the
intelligent driver model (Treiber et al. 2000). A second pays 0.8 · share of the speed range + 0.2 on the right lane; a
crash ends the drive and pays -4. After ``TIME_LIMIT`` seconds the drive is cut off.
"""

from typing import ClassVar

import gymnasium
import numpy as np
from gymnasium import spaces
from gymnasium.vector import AutoresetMode, VectorEnv
from gymnasium.vector.utils import batch_space

from dlcourse import checks
from dlcourse.rl import validation

ACTIONS = ("left", "keep on", "right", "faster", "slower")
LEFT, KEEP, RIGHT, FASTER, SLOWER = range(5)
LANES, OTHERS, TIME_LIMIT, PARTS = 3, 12, 40, 5
LENGTH, SLOWEST, FASTEST = 5.0, 15.0, 30.0
AHEAD, BEHIND, FAR = 150.0, -50.0, 100.0
"""Metres: where other cars are kept, and how far one sees."""
NUMBERS = LANES * 4 + 5


class VectorMotorway(VectorEnv):
    """Many motorways stepped at once. One that has ended begins anew on the next step (AutoresetMode.NEXT_STEP).

    Observations are float32 (num_envs, 17): for the lane to the left, the own and the one to the right the gap ahead,
    how much faster that car is, the gap behind, how much faster that one is (gaps are distances from centre to centre,
    as shares of 100 m, speeds of 10 m/s; a lane that isn't there has gaps of 0); then the own speed and wanted speed as
    shares of their range, and for each lane whether the car is on it. Actions are 0 to 4, see ``ACTIONS``.

    Args:
        num_envs: how many.
        traffic: how densely the others stand, 1 for the usual: on a motorway of 1 / traffic of the length.

    Raises:
        ValueError: where traffic isn't between 0.5 and 2.
    """

    metadata: ClassVar = {"render_modes": [], "autoreset_mode": AutoresetMode.NEXT_STEP}

    def __init__(self, num_envs=1, traffic=1.0):
        if not 0.5 <= traffic <= 2:
            raise ValueError(f"VectorMotorway(traffic={traffic!r}): expected a number from 0.5 to 2.")
        self.num_envs, self.traffic = checks.whole_number("VectorMotorway(num_envs)", num_envs), traffic
        self.ahead, self.behind = AHEAD / traffic, BEHIND / traffic
        self.single_observation_space = spaces.Box(-4.0, 4.0, (NUMBERS,), np.float32)
        self.single_action_space = spaces.Discrete(len(ACTIONS))
        self.observation_space = batch_space(self.single_observation_space, num_envs)
        self.action_space = batch_space(self.single_action_space, num_envs)

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        number = self.num_envs
        self.lane, self.speed, self.wanted, self.metres = (np.zeros(number) for _ in range(4))
        self.lane, self._elapsed = self.lane.astype("int64"), np.zeros(number, "int64")
        self.place, self.others, self.likes = (np.zeros((number, OTHERS)) for _ in range(3))
        self.lanes = np.tile(np.arange(OTHERS) % LANES, (number, 1))
        self._ended = np.zeros(number, bool)
        self._begin(np.arange(number))
        return self._observation(), {}

    def _begin(self, which):
        number, each = len(which), OTHERS // LANES
        self.lane[which] = self.np_random.integers(LANES, size=number)
        self.speed[which] = self.wanted[which] = 25.0
        self.metres[which], self._elapsed[which] = 0.0, 0
        room = (self.ahead - self.behind) / each
        slots = self.behind + room * (
            np.arange(each)[:, None] + self.np_random.uniform(0.1, 0.7, (number, each, LANES))
        )
        places = slots.reshape(number, OTHERS)
        own = self.lanes[which] == self.lane[which, None]
        near = own & (np.abs(places) < 20)  # nobody begins in the middle of another
        self.place[which] = np.where(near, places + np.where(places < 0, -20.0, 20.0), places)
        self.likes[which] = self.np_random.uniform(19, 25, (number, OTHERS))
        self.others[which] = self.likes[which]

    def step(self, actions):
        actions = validation.chosen(actions, self.num_envs, len(ACTIONS), "VectorMotorway")
        fresh = np.flatnonzero(self._ended)
        self.lane = np.clip(self.lane + (actions == RIGHT) - (actions == LEFT), 0, LANES - 1)
        change = 5.0 * ((actions == FASTER).astype(float) - (actions == SLOWER))
        self.wanted = np.clip(self.wanted + change, SLOWEST, FASTEST)
        crashed = np.zeros(self.num_envs, bool)
        own = self.lanes == self.lane[:, None]
        lanes = np.column_stack([self.lanes, self.lane])
        alike = lanes[:, None, :] == self.lanes[:, :, None]
        for _ in range(PARTS):
            self._move(1 / PARTS, alike)
            crashed |= (own & (np.abs(self.place) < LENGTH)).any(axis=1)
        self._renew()
        self._elapsed += 1
        terminated = crashed
        truncated = (self._elapsed >= TIME_LIMIT) & ~terminated
        share = (self.speed - SLOWEST) / (FASTEST - SLOWEST)
        reward = np.where(crashed, -4.0, 0.8 * share + 0.2 * (self.lane == LANES - 1))
        if fresh.size:
            self._begin(fresh)
            reward[fresh], terminated[fresh], truncated[fresh] = 0.0, False, False
        self._ended = terminated | truncated
        return self._observation(), reward, terminated, truncated, {}

    def _move(self, seconds, alike):
        """All cars for a part of a second: the own one towards its wanted speed, the others by their model."""
        gap, faster = self._leaders(alike)
        wanted_gap = 6 + np.maximum(0, self.others * 1.2 - self.others * faster / (2 * np.sqrt(3.0 * 4.0)))
        push = 3.0 * (1 - (self.others / self.likes) ** 4 - (wanted_gap / np.maximum(gap, 1.0)) ** 2)
        self.others = np.maximum(0, self.others + np.clip(push, -7, 3) * seconds)
        self.speed = self.speed + np.clip(self.wanted - self.speed, -5 * seconds, 5 * seconds)
        self.place = self.place + (self.others - self.speed[:, None]) * seconds
        self.metres = self.metres + self.speed * seconds

    def _leaders(self, alike):
        """Gap to whoever is ahead in the lane, and how much faster that is, (num_envs, OTHERS) each.

        alike: bool (num_envs, OTHERS, OTHERS + 1), whether one of the others is in the lane of another or the own car.
        """
        places = np.column_stack([self.place, np.zeros(self.num_envs)])
        speeds = np.column_stack([self.others, self.speed])
        apart = places[:, None, :] - self.place[:, :, None]
        apart = np.where(alike & (apart > 0), apart, np.inf)
        leader = apart.argmin(axis=2)
        gap = np.take_along_axis(apart, leader[..., None], 2)[..., 0] - LENGTH
        faster = np.take_along_axis(speeds, leader, 1) - self.others
        return gap, np.where(np.isfinite(gap), faster, 0.0)

    def _renew(self):
        """Cars that fell far behind come anew far ahead, or the other way round, where there is room."""
        all_behind, all_ahead = self.place < self.behind, self.place > self.ahead + 50
        for car in np.flatnonzero((all_behind | all_ahead).any(axis=0)):
            place, behind, ahead = self.place[:, car], all_behind[:, car], all_ahead[:, car]
            leaves = behind | ahead
            same = self.lanes == self.lanes[:, car, None]
            first = np.where(same, self.place, -np.inf).max(axis=1)
            last = np.where(same, self.place, np.inf).min(axis=1)
            forth = np.maximum(self.ahead, first + 25) + self.np_random.uniform(0, 20, self.num_envs)
            back = np.minimum(self.behind, last - 25)
            self.place[:, car] = np.where(behind, forth, np.where(ahead, back, place))
            likes = np.where(leaves, self.np_random.uniform(19, 25, self.num_envs), self.likes[:, car])
            self.likes[:, car] = likes
            self.others[:, car] = np.where(leaves, likes, self.others[:, car])

    def _observation(self):
        seen = np.zeros((self.num_envs, NUMBERS))
        for column, offset in enumerate((-1, 0, 1)):
            lane = self.lane + offset
            there = (lane >= 0) & (lane < LANES)
            same = self.lanes == lane[:, None]
            for ahead in (True, False):
                side = same & ((self.place >= 0) if ahead else (self.place < 0))
                apart = np.where(side, np.abs(self.place), np.inf)
                nearest = apart.argmin(axis=1)[:, None]
                gap = np.take_along_axis(apart, nearest, 1)[:, 0]
                faster = np.take_along_axis(self.others, nearest, 1)[:, 0] - self.speed
                known = there & np.isfinite(gap)
                first = 4 * column + 2 * (not ahead)
                seen[:, first] = np.where(there, np.minimum(gap, FAR) / FAR, 0.0)
                seen[:, first + 1] = np.where(known & (gap < FAR), faster / 10, 0.0)
        seen[:, 12] = (self.speed - SLOWEST) / (FASTEST - SLOWEST)
        seen[:, 13] = (self.wanted - SLOWEST) / (FASTEST - SLOWEST)
        seen[np.arange(self.num_envs), 14 + self.lane] = 1
        return np.clip(seen, -4, 4).astype("float32")


# Drivers by rule: from observations (n, 17) to actions (n,)


def careful(observation, gap=20.0, per_speed=2.0):
    """Stay on the lane; brake where the car ahead is nearer than is needed, else go faster.

    Args:
        observation: (n, 17).
        gap: metres needed at equal speed, from centre to centre.
        per_speed: metres more for each m/s by which the car ahead is slower.
    """
    return np.where(_near(observation, 1, gap, per_speed), SLOWER, FASTER)


def overtaking(observation, gap=20.0, per_speed=2.0, room=5.0):
    """As ``careful``, but it changes lanes where there is room.

    Where it would brake, it goes to the lane with more room ahead; else to the right, if nobody is near ahead there,
    since that is paid for.

    Args:
        observation, gap, per_speed: as for ``careful``.
        room: metres that must be free on both sides on the other lane; behind, ``per_speed`` more for each m/s by which
            the car behind is faster.
    """
    action, options, free = careful(observation, gap, per_speed), [], []
    for column in (0, 2):
        ahead, behind = observation[:, 4 * column], observation[:, 4 * column + 2]
        coming = np.maximum(0, 10 * observation[:, 4 * column + 3])
        free.append((100 * behind > room + per_speed * coming) & (100 * ahead > room))
        options.append(np.where(free[-1], ahead, -1.0))
    left, right = options
    better = np.maximum(left, right) > observation[:, 4] + 0.1
    around = np.where(left > right, LEFT, RIGHT)
    action = np.where((action == SLOWER) & better, around, action)
    keeps_right = (action == FASTER) & free[1] & ~_near(observation, 2, gap, per_speed)
    return np.where(keeps_right, RIGHT, action)


def _near(observation, column, gap, per_speed):
    """Whether the car ahead on the lane to the left, the own or to the right (0, 1, 2) is nearer than is needed."""
    slower = np.maximum(0, -10 * observation[:, 4 * column + 1])
    return 100 * observation[:, 4 * column] < gap + per_speed * slower


def drive(worlds, choose, seed):
    """One drive on each motorway.

    Args:
        worlds: VectorMotorway.
        choose: from observations (n, 17) to actions (n,).
        seed: of the traffic.

    Returns:
        dict of arrays (n,): ``reward`` (sum), ``seconds``, ``metres``, ``crashed``.
    """
    observation, _ = worlds.reset(seed=seed)
    number = worlds.num_envs
    reward, seconds, metres = np.zeros(number), np.zeros(number), np.zeros(number)
    crashed, driving = np.zeros(number, bool), np.ones(number, bool)
    while driving.any():
        observation, gained, terminated, truncated, _ = worlds.step(choose(observation))
        reward, seconds = reward + driving * gained, seconds + driving
        metres = np.where(driving, worlds.metres, metres)
        crashed |= driving & terminated
        driving &= ~(terminated | truncated)
    return {"reward": reward, "seconds": seconds, "metres": metres, "crashed": crashed}


def crashes_per_km(drives):
    """Crashes over kilometres of what ``drive`` gives."""
    return float(drives["crashed"].sum() / (drives["metres"].sum() / 1_000))


def speed(drives):
    """Metres per second of what ``drive`` gives, over all drives."""
    return float(drives["metres"].sum() / drives["seconds"].sum())


class Motorway(gymnasium.Env):
    """One motorway, as ``gymnasium.make("dlcourse/Motorway-v0")`` gives it where this module is imported."""

    metadata: ClassVar = {"render_modes": []}

    def __init__(self, traffic=1.0):
        self._roads = VectorMotorway(1, traffic)
        self.observation_space = self._roads.single_observation_space
        self.action_space = self._roads.single_action_space

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        observation, _ = self._roads.reset(seed=int(self.np_random.integers(2**31)))
        return observation[0], {}

    def step(self, action):
        observation, reward, terminated, truncated, _ = self._roads.step([action])
        return observation[0], float(reward[0]), bool(terminated[0]), bool(truncated[0]), {}


gymnasium.register(
    "dlcourse/Motorway-v0",
    entry_point="dlcourse.rl.motorway:Motorway",
    vector_entry_point="dlcourse.rl.motorway:VectorMotorway",
)
