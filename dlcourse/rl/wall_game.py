"""A small game in 10 x 10 pixels: a ball, a paddle, a wall; hundreds of copies are played at once in NumPy.

After the game Breakout and its small version MinAtar (Young & Tian 2019), with rules of its own. The pixels have four
channels of 0 and 1: the paddle, the ball, where the ball was a step before, the wall.

The ball moves one cell down or up and one to the side at each step, the paddle one cell to the side or not. A brick
that the ball runs into is gone, brings 1, and turns the ball round. The paddle is two cells wide: its left cell sends
the ball to the left, its right one to the right. A ball that passes it ends the game; after ``TIME_LIMIT`` steps it is
cut off. When the last brick is gone and the ball is below, the wall stands again. With a probability of ``STICKY`` the
paddle does what it did in the step before instead.
"""

from typing import ClassVar

import gymnasium
import numpy as np
from gymnasium import spaces
from gymnasium.vector import AutoresetMode, VectorEnv
from gymnasium.vector.utils import batch_space

from dlcourse import checks
from dlcourse.rl import validation

SIZE, ROWS, TIME_LIMIT, STICKY = 10, (1, 2, 3), 300, 0.1
CHANNELS = ("paddle", "ball", "where the ball was", "wall")
ACTIONS = ("stay", "left", "right")
ID = "dlcourse/WallGame-v0"

_SPACE = spaces.Box(0, 1, (SIZE, SIZE, len(CHANNELS)), np.uint8)


class VectorWallGame(VectorEnv):
    """Many games stepped at once. A game that has ended begins anew on the next step (AutoresetMode.NEXT_STEP).

    Observations are uint8 (num_envs, 10, 10, 4); actions 0, 1, 2: stay, left, right.

    Args:
        num_envs: how many.
    """

    metadata: ClassVar = {"render_modes": [], "autoreset_mode": AutoresetMode.NEXT_STEP}

    def __init__(self, num_envs=1):
        self.num_envs = checks.whole_number("VectorWallGame(num_envs)", num_envs)
        self.single_observation_space = spaces.Box(0, 1, _SPACE.shape, np.uint8)
        self.single_action_space = spaces.Discrete(len(ACTIONS))
        self.observation_space = batch_space(self.single_observation_space, num_envs)
        self.action_space = batch_space(self.single_action_space, num_envs)

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        games = self.num_envs
        self._every = np.arange(games)
        self._row, self._column, self._down, self._side, self._paddle, self._last, self._elapsed = np.zeros(
            (7, games), "int64"
        )
        self._before = np.zeros((2, games), "int64")
        self._wall = np.zeros((games, SIZE, SIZE), bool)
        self._ended = np.zeros(games, bool)
        self._begin(self._every)
        return self._observation(), {}

    def _begin(self, games):
        number = len(games)
        self._row[games], self._down[games] = ROWS[-1] + 1, 1
        self._column[games] = self.np_random.integers(SIZE, size=number)
        self._side[games] = 2 * self.np_random.integers(2, size=number) - 1
        self._paddle[games] = np.minimum(self._column[games], SIZE - 2)
        self._before[:, games] = self._row[games], self._column[games]
        self._last[games] = self._elapsed[games] = 0
        self._wall[games] = False
        self._wall[games, ROWS[0] : ROWS[-1] + 1] = True

    def step(self, actions):
        actions = validation.chosen(actions, self.num_envs, len(ACTIONS), "VectorWallGame")
        fresh = np.flatnonzero(self._ended)
        held = self.np_random.random(self.num_envs) < STICKY
        action = np.where(held, self._last, actions)
        self._last = action
        moved = np.where(action == 1, -1, np.where(action == 2, 1, 0))
        self._paddle = np.clip(self._paddle + moved, 0, SIZE - 2)

        self._before = np.stack([self._row, self._column])
        row, column, self._down, self._side, brick = fly(
            self._row, self._column, self._down, self._side, self._wall
        )

        low = row == SIZE - 1
        on_left, on_right = column == self._paddle, column == self._paddle + 1
        returned = low & (on_left | on_right)
        self._down = np.where(returned, -1, self._down)
        self._side = np.where(returned, np.where(on_left, -1, 1), self._side)
        self._row, self._column = np.where(returned, SIZE - 2, row), column

        cleared = ~self._wall.any(axis=(1, 2)) & (self._row > ROWS[-1])
        self._wall[cleared, ROWS[0] : ROWS[-1] + 1] = True
        self._elapsed += 1
        terminated = low & ~returned
        truncated = (self._elapsed >= TIME_LIMIT) & ~terminated
        reward = brick.astype("float64")
        if fresh.size:
            self._begin(fresh)
            reward[fresh], terminated[fresh], truncated[fresh] = 0.0, False, False
        self._ended = terminated | truncated
        return self._observation(), reward, terminated, truncated, {}

    def _observation(self):
        seen = np.zeros((self.num_envs, SIZE, SIZE, len(CHANNELS)), "uint8")
        every = self._every
        seen[every, SIZE - 1, self._paddle, 0] = seen[every, SIZE - 1, self._paddle + 1, 0] = 1
        seen[every, self._row, self._column, 1] = 1
        seen[every, self._before[0], self._before[1], 2] = 1
        seen[..., 3] = self._wall
        return seen


def fly(row, column, down, side, wall):
    """One step of balls: row, column and directions (n,) each, and ``wall`` bool (n, 10, 10), out of which bricks go.

    Returns:
        (row, column, down, side, brick): the same after the step, and whether a brick was hit.
    """
    sideways = column + side
    outside = (sideways < 0) | (sideways >= SIZE)
    side, column = np.where(outside, -side, side), np.where(outside, column, sideways)
    onward = row + down
    down, onward = np.where(onward < 0, 1, down), np.clip(onward, 0, SIZE - 1)
    every = np.arange(len(row))
    brick = wall[every, onward, column]
    wall[every[brick], onward[brick], column[brick]] = False
    return np.where(brick, row, onward), column, np.where(brick, -down, down), side, brick


class WallGame(gymnasium.Env):
    """One game, as ``gymnasium.make("dlcourse/WallGame-v0")`` gives it where this module is imported.

    Args:
        render_mode: None, or ``"rgb_array"``: ``render`` gives uint8 (200, 200, 3).
    """

    metadata: ClassVar = {"render_modes": ["rgb_array"], "render_fps": 10}

    def __init__(self, render_mode=None):
        if render_mode not in (None, *self.metadata["render_modes"]):
            raise ValueError(f"WallGame(render_mode={render_mode!r}): expected None or 'rgb_array'.")
        self.render_mode = render_mode
        self.observation_space = spaces.Box(0, 1, _SPACE.shape, np.uint8)
        self.action_space = spaces.Discrete(len(ACTIONS))
        self._games = VectorWallGame(1)

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        observation, _ = self._games.reset(seed=int(self.np_random.integers(2**31)))
        self._seen = observation[0]
        return self._seen, {}

    def step(self, action):
        observation, reward, terminated, truncated, _ = self._games.step([action])
        self._seen = observation[0]
        return self._seen, float(reward[0]), bool(terminated[0]), bool(truncated[0]), {}

    def render(self):
        return picture(self._seen) if self.render_mode == "rgb_array" else None


COLOURS = np.array([[0, 114, 178], [213, 94, 0], [240, 190, 150], [120, 120, 120]], "uint8")


def picture(observation, scale=20):
    """An observation (10, 10, 4) as colours, uint8 (10 · scale, 10 · scale, 3)."""
    seen = np.full((SIZE, SIZE, 3), 255, "uint8")
    for channel in (3, 2, 0, 1):
        seen[np.asarray(observation)[..., channel] > 0] = COLOURS[channel]
    return seen.repeat(scale, axis=0).repeat(scale, axis=1)


def follower(observation):
    """A rule: keep the paddle under the ball. Actions int64 (n,) of observations (n, 10, 10, 4)."""
    paddle, _, column, _, _ = motion(observation)
    return _towards(paddle, column)


def one_step_on(observation):
    """A rule that is three sums over pixels: keep the paddle under where the ball is one step on, walls left out.

    Twice the ball's column less the one before is its next, t; with p, the paddle's left cell, the actions stay, left,
    right weigh 1/2, p - t and t - p - 1, and the heaviest is taken.

    Args:
        observation: (n, 10, 10, 4).

    Returns:
        int64 (n,).
    """
    columns = np.arange(SIZE) @ np.asarray(observation, "int64").sum(axis=1)
    paddle, there = columns[:, 0] / 2 - 0.5, 2 * columns[:, 1] - columns[:, 2]
    return np.stack([np.full(len(there), 0.5), paddle - there, there - paddle - 1], axis=1).argmax(axis=1)


def foresight(observation):
    """A rule that reckons: let the ball fly on in the mind, bricks and all; go where it comes down, and wait there.

    Args:
        observation: (n, 10, 10, 4).

    Returns:
        int64 (n,).
    """
    paddle, row, column, down, side = motion(observation)
    wall = np.asarray(observation)[..., 3].astype(bool)
    for _ in range(3 * SIZE):
        flying = row < SIZE - 1
        if not flying.any():
            break
        there = fly(row, column, down, side, wall)
        row, column, down, side = (
            np.where(flying, new, old) for new, old in zip(there[:4], (row, column, down, side), strict=True)
        )
    return _towards(paddle, column)


def motion(observation):
    """What can be read off pixels (n, 10, 10, 4): paddle's left cell, ball's row and column, its directions.

    Returns:
        (paddle, row, column, down, side), int64 (n,) each; down and side are -1 or 1.
    """
    seen = np.asarray(observation)
    paddle = seen[:, SIZE - 1, :, 0].argmax(axis=1)
    (row, column), (row_before, column_before) = (
        (seen[..., k].any(axis=2).argmax(axis=1), seen[..., k].any(axis=1).argmax(axis=1)) for k in (1, 2)
    )
    returned = (row == row_before) & (row == SIZE - 2)
    down = np.where((row < row_before) | returned, -1, 1)
    side = np.where(column == column_before, np.where(column == 0, 1, -1), column - column_before)
    return paddle, row, column, down, np.where(returned, np.where(column == paddle, -1, 1), side)


def _towards(paddle, column):
    return np.where(column < paddle, 1, np.where(column > paddle + 1, 2, 0))


gymnasium.register(
    ID,
    entry_point="dlcourse.rl.wall_game:WallGame",
    vector_entry_point="dlcourse.rl.wall_game:VectorWallGame",
)
