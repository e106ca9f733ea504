"""Drivers of the small motorway, trained by deep Q-learning; shipped."""

import dataclasses

import numpy as np

from dlcourse.experiments import shipped_weights
from dlcourse.models.stacked import feed_forward
from dlcourse.rl import dqn, motorway, networks

SETTINGS = dqn.Settings(
    discount=0.95,
    hidden=(64, 64),
    learning_rate=1e-3,
    final_share=0.1,
    batch_size=64,
    train_every=16,
    updates=8,
    explore=(1.0, 0.02, 0.4),
    target_every=200,
    double=True,
)
STEPS, ROADS = 40_000, 4
"""Decisions of an agent, and on how many motorways it makes them."""

LONGER, TRIED = (
    100_000,
    {
        "as they are": {},
        "learning rate 3e-4": {"learning_rate": 3e-4},
        "three steps": {"n": 3},
    },
)
"""Decisions of a tuned agent, and changes to ``SETTINGS`` among which the best is taken for it."""

GAPS, PER_SPEED, ROOMS = (5, 7, 10, 15, 20, 25, 30), (1, 2, 3, 4, 6, 8, 12), (3, 5, 8)
"""Among which the numbers of the rules are chosen: metres."""


class Priced(motorway.VectorMotorway):
    """The motorway with another price of a crash."""

    def __init__(self, num_envs, price):
        super().__init__(num_envs)
        self.price = price

    def step(self, actions):
        seen, reward, crashed, cut, info = super().step(actions)
        return seen, np.where(crashed, -self.price, reward), crashed, cut, info


def train(agents, seed, steps=STEPS, settings=SETTINGS, worlds=None):
    """Agents trained by DQN in the usual traffic: (dqn.Trained, dict from agent to a plain Q-network).

    Args:
        agents: how many.
        seed: of all of them.
        steps: decisions of each.
        settings: dqn.Settings.
        worlds: a vector environment of ``ROADS`` motorways for each agent; None makes them.
    """
    worlds = worlds or motorway.VectorMotorway(agents * ROADS)
    run = dqn.train(worlds, settings, steps=steps, agents=agents, network=stacked(agents, seed), seed=seed)
    return run, {agent: feed_forward.alone(run.network, agent) for agent in range(agents)}


def stacked(agents, seed):
    """Untrained Q-networks side by side: (agents, batch, 17) to (agents, batch, 5)."""
    shape, actions = (motorway.NUMBERS,), len(motorway.ACTIONS)
    seeds = [1_000 * seed + agent for agent in range(agents)]
    return feed_forward.mlp(seeds, shape, actions, hidden=SETTINGS.hidden, shared=False)


def network(seed=0):
    """One Q-network as a plain Keras model, untrained."""
    return feed_forward.alone(stacked(1, seed), 0)


def greedy(network):
    """The actions with the largest values of one Q-network: a function from (n, 17) to int64 (n,)."""
    outputs = networks.perceptron(network.get_weights())
    return lambda observation: outputs(observation).argmax(axis=1)


def best_numbers(rule, grid, traffic, seed=900, roads=100):
    """The numbers of a rule with the largest mean reward on so many drives that nothing is judged on.

    Args:
        rule: ``motorway.careful`` or ``motorway.overtaking``.
        grid: list of tuples of its numbers.
        traffic: as for ``motorway.VectorMotorway``.
        seed, roads: of the drives.
    """
    found = {}
    for numbers in grid:
        worlds = motorway.VectorMotorway(roads, traffic)
        drives = motorway.drive(worlds, lambda x, how=numbers: rule(x, *how), seed)
        found[numbers] = drives["reward"].mean()
    return max(found, key=found.get)


def best_change(seed=100, roads=100):
    """The change in ``TRIED`` whose agent earns most, and all mean rewards: one agent each, on other drives.

    Args:
        seed: of the agents; none that is reported.
        roads: drives of each, those on which ``best_numbers`` chooses.
    """
    found = {}
    for name, change in TRIED.items():
        _, networks = train(1, seed, LONGER, dataclasses.replace(SETTINGS, **change))
        drives = motorway.drive(motorway.VectorMotorway(roads), greedy(networks[0]), 900)
        found[name] = float(drives["reward"].mean())
    return max(found, key=found.get), found


def ship(kind, networks):
    """Write Q-networks to results/ch09e_motorway_KIND.npz; returns the file's SHA-256."""
    return shipped_weights.save_kind("ch09e_motorway", kind, networks)


def shipped(kind):
    """The trained Q-networks of a kind, by seed: a dict from agent to ``shipped_weights.Function``.

    Args:
        kind: ``"usual"``: as they are; ``"short"``: with a discount of 0; ``"tuned"``: see ``best_change``.

    Raises:
        ValueError: where the kind is another, or the file isn't the one whose hash is recorded.
    """
    return shipped_weights.functions_of_kind("ch09e_motorway", kind, network)
