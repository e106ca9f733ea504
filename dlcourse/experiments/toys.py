"""A toy that stands up, the pendulum: pays that mean well or not, a rule of an engineer, and trained toys shipped."""

import gymnasium
import numpy as np

from dlcourse.experiments import shipped_weights
from dlcourse.models.stacked import feed_forward
from dlcourse.rl import environments, networks, sac, validation

SETTINGS = sac.Settings()
STEPS = 10_000
ZONE = 0.5
"""Radians from the top within which the toy counts as up."""

PAYS = ("coming up", "being up")


class PaidPendulum(environments.VectorPendulum):
    """The pendulum with another pay, in 1 a step at most.

    Args:
        num_envs: how many environments.
        pay: ``"coming up"``: 1 for each step that brings the rod into the zone of ``ZONE`` radians about the top from
            outside; ``"being up"``: 1 for each step that ends in it.

    Raises:
        ValueError: where ``pay`` is another.
    """

    def __init__(self, num_envs, pay):
        if pay not in PAYS:
            raise ValueError(f"PaidPendulum(pay={pay!r}): expected one of {PAYS}.")
        super().__init__(num_envs)
        self.pay = pay

    def step(self, actions):
        before, fresh = is_up(self._observation()), self._ended
        observation, _, terminated, truncated, info = super().step(actions)
        up = is_up(observation)
        paid = up & ~before if self.pay == "coming up" else up
        return observation, (paid & ~fresh).astype("float64"), terminated, truncated, info


def is_up(observation):
    """Whether the rod is within ``ZONE`` radians of the top: bool (n,), of observations (n, 3)."""
    return np.asarray(observation)[:, 0] > np.cos(ZONE)


def engineer(observation, gain=1.0, switch=0.9):
    """A rule of classical control, torques (n, 1): pump energy until it is right, then hold (Åström & Furuta 2000).

    With θ from the top, θ'' = 15 sin θ + 3 u, so that the energy ω²/2 + 15 cos θ grows by 3 u ω; upright and at rest it
    is 15. Near the top, where cos θ is above ``switch``, the torque is -10 θ - 2.5 ω.

    Args:
        observation: (n, 3): cos θ, sin θ, ω.
        gain: of the pumping.
        switch: where holding begins.
    """
    cosine, sine, speed = np.asarray(observation, "float64").T
    angle = np.arctan2(sine, cosine)
    missing = 15 - (speed**2 / 2 + 15 * cosine)
    pumping = gain * missing * np.where(speed >= 0, 1.0, -1.0)
    holding = -10 * angle - 2.5 * speed
    torque = np.where(cosine > switch, holding, pumping)
    return np.clip(torque, -2, 2)[:, None]


class Gymnasiums:
    """So many of Gymnasium's own Pendulum-v1, with another mass or length if wanted, of 200 steps each.

    Its ``step`` is arithmetic that takes arrays as well as numbers, so that one call of it moves all rods. They start
    where so many environments would, seeded one after the other.

    Args:
        number: how many.
        mass, length: of the rods.
    """

    def __init__(self, number, mass=1.0, length=1.0):
        self.num_envs, self.pendulum = number, gymnasium.make("Pendulum-v1").unwrapped
        self.pendulum.m, self.pendulum.l = mass, length

    def reset(self, *, seed):
        """Observations (n, 3), and nothing else to say."""
        starts = []
        for number in range(self.num_envs):
            self.pendulum.reset(seed=seed + number)
            starts.append(self.pendulum.state)
        self.pendulum.state = np.stack(starts, axis=1)
        return self.pendulum._get_obs().T, {}

    def step(self, torques):
        """As of a vector environment: torques (n, 1)."""
        observation, reward, *rest = self.pendulum.step(torques.T)
        return observation.T, reward, *rest


def play(worlds, choose, seed):
    """One episode of 200 steps in each environment.

    Args:
        worlds: vector environment of pendulums, or ``Gymnasiums``.
        choose: from observations (n, 3) to torques (n, 1).
        seed: of the starts.

    Returns:
        (returns, up): float64 (n,) and bool (200, n), whether the rod was up after each step.
    """
    observation, _ = worlds.reset(seed=seed)
    returns, up = np.zeros(worlds.num_envs), []
    for step in range(environments.TIME_LIMIT):
        observation, reward, *_ = worlds.step(choose(observation))
        returns += validation.finite(reward, step)
        up.append(is_up(observation))
    return returns, np.array(up)


def film(choose, seed, steps=160):
    """What one rod goes through: observations (steps + 1, 3), the first after its reset with this seed."""
    world = environments.VectorPendulum(1)
    seen = [world.reset(seed=seed)[0]]
    for _ in range(steps):
        seen.append(world.step(choose(seen[-1]))[0])
    return np.concatenate(seen)


def entries(up):
    """How often the rod came into the zone from outside, on average over episodes: of ``up`` bool (steps, n)."""
    return float((up[1:] & ~up[:-1]).sum(axis=0).mean())


def chooser(actor):
    """A function from observations (n, 3) to torques (n, 1) without noise, for a plain actor.

    Args:
        actor: keras.Model or ``shipped_weights.Function``, (batch, 3) to (batch, 2): mean and logarithm of the standard
            deviation, before tanh.
    """
    outputs = networks.perceptron(actor.get_weights())
    return lambda observation: 2 * np.tanh(outputs(observation)[:, :1])


def network(seed=0):
    """The actor as one plain Keras model, untrained: two layers of 64 units with ReLU, two outputs."""
    actor, _ = sac.perceptrons((3,), 1, hidden=SETTINGS.hidden, seed=seed)
    return feed_forward.alone(actor, 0)


def train(worlds, agents, seed, steps=STEPS, settings=SETTINGS):
    """Stacked agents trained by SAC in a pendulum; returns (sac.Trained, dict from agent to a plain actor)."""
    run = sac.train(worlds, settings, steps=steps, agents=agents, seed=seed)
    return run, {agent: feed_forward.alone(run.actor, agent) for agent in range(agents)}


def ship(kind, actors):
    """Write actors to results/ch09e_toys_KIND.npz; returns the file's SHA-256."""
    return shipped_weights.save_kind("ch09e_toys", kind, actors)


def shipped(kind):
    """The trained actors of a kind, by seed: a dict from agent to ``shipped_weights.Function``.

    Args:
        kind: ``"sac"``, ``"eighth"``, ``"coming_up"`` or ``"being_up"``.

    Raises:
        ValueError: where the kind is another, or the file isn't the one whose hash is recorded.
    """
    return shipped_weights.functions_of_kind("ch09e_toys", kind, network)
