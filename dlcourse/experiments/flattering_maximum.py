"""Chapter 09c's pair: DQN and double DQN on CartPoles that list each action several times, so that maxima flatter.

Trained by benchmarks/studies/ch09c_buttons.py; eight seeds of each are shipped.
"""

import gymnasium
import numpy as np
from gymnasium.wrappers.vector import TransformAction

from dlcourse import recording
from dlcourse.experiments import shipped_weights
from dlcourse.rl import dqn, environments, evaluation, networks

STEPS, SEEDS, EPISODES = 15_000, 8, 30
"""Environment steps of an agent; agents of each kind; greedy episodes that judge an agent."""
PAIR = {
    "single": dqn.PLAIN | {"target_every": 50},
    "double": dqn.PLAIN | {"target_every": 50, "double": True},
}
AGENTS = len(PAIR) * SEEDS


def many_buttons(copies, times):
    """So many CartPoles whose two actions are listed ``times`` times each: the same world, more guesses of a value."""
    return TransformAction(
        environments.cart_poles(copies),
        lambda action: action % 2,
        single_action_space=gymnasium.spaces.Discrete(2 * times),
        action_space=gymnasium.spaces.MultiDiscrete([2 * times] * copies),
    )


def train(times, *, seed, steps=STEPS):
    """Both kinds on CartPoles with each action listed so often: the stacked Keras model of all agents."""
    return dqn.train(
        many_buttons(8 * AGENTS, times),
        dqn.side_by_side(dqn.CART_POLE, PAIR, SEEDS),
        agents=AGENTS,
        steps=steps,
        seed=seed,
    ).network


def believed_and_got(network, times):
    """What each agent believes of a start, and what it then gets, means over 30 greedy episodes.

    Args:
        network: of ``train`` or ``shipped``.
        times: as often as each action is listed.

    Returns:
        two dicts from "single" and "double" to float64 (8,): discounted values.
    """
    stacked = networks.Network(network, AGENTS, (4,), 2 * times, "believed_and_got(network)")
    agents = dqn.Trained(network, AGENTS, [], [], np.zeros(0), STEPS, stacked.acting(stacked.weights))
    games = dqn.greedy_episodes(
        many_buttons(EPISODES * AGENTS, times), agents, EPISODES, evaluation.CONFIRMATION_SEED
    )
    return [dqn.by_variant(values.mean(axis=1), PAIR) for values in (games.believed, games.got)]


def shipped():
    """The trained agents: a dict from how often each action is listed, 1 or 8, to their stacked Keras model.

    Raises:
        ValueError: where the file isn't the one whose hash is recorded.
    """
    expected = recording.load("ch09c_buttons")["sha256"]
    return shipped_weights.load(file(), _untrained, expected, "ch09c_buttons")


def ship(trained):
    """Write the weights of such a dict as float16; returns the file's SHA-256."""
    return shipped_weights.save(file(), trained)


def file():
    return recording.RESULTS / "ch09c_buttons.npz"


def _untrained(times):
    return dqn.q_network((4,), 2 * times, agents=AGENTS)
