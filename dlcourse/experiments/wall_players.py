"""Players of the small wall game: networks that see its pixels, trained by PPO and by DQN; shipped."""

import keras
import numpy as np
from keras import layers

from dlcourse.experiments import shipped_weights
from dlcourse.models.convnet import Seeds
from dlcourse.models.stacked import feed_forward
from dlcourse.rl import dqn, networks, ppo, wall_game

SETTINGS = ppo.Settings(
    length=64,
    epochs=4,
    minibatch=256,
    discount=0.98,
    gae_lambda=0.95,
    learning_rate=3e-3,
    anneal=600_000,
    entropy_weight=0.01,
)
GAMES, STEPS = 64, 600_000
SHAPE = (wall_game.SIZE, wall_game.SIZE, len(wall_game.CHANNELS))
HIDDEN = {"no_convolution": (40,), "no_trail": (40,), "linear": ()}
"""Hidden layers of the players without filters; the first has about as many weights as the one with filters."""
KINDS = ("pixels", *HIDDEN)
"""Trained by PPO for ``STEPS`` steps each, with the same settings, so that they can be compared."""

DQN = dqn.Settings(
    discount=0.98,
    learning_rate=1e-3,
    final_share=0.1,
    batch_size=32,
    train_every=64,
    updates=8,
    explore=(1.0, 0.02, 0.3),
    capacity=50_000,
    target_every=250,
    double=True,
)
"""Of the players of kind ``"dqn"``: networks as of ``"pixels"``; not tuned."""

DQN_STEPS, DQN_GAMES = 200_000, 16


class WithoutTrail(wall_game.VectorWallGame):
    """The game, but nobody sees where the ball was a step before."""

    def _observation(self):
        return hide_trail(super()._observation())


def hide_trail(observation):
    """Observations (n, 10, 10, 4) with the third channel empty."""
    return observation * np.array([1, 1, 0, 1], observation.dtype)


def network(kind, outputs, seed=0):
    """From pixels (batch, 10, 10, 4) to outputs (batch, outputs).

    Args:
        kind: ``"pixels"``: eight 3 x 3 filters and 32 units; else a perceptron, see ``HIDDEN``.
        outputs: how many numbers.
        seed: of the weights.

    Raises:
        ValueError: where the kind is another.
    """
    if kind not in KINDS:
        raise ValueError(f"network(kind={kind!r}): expected one of {KINDS}.")
    if kind in HIDDEN:
        return feed_forward.alone(stacked(kind, outputs, [seed]), 0)
    seeds = Seeds(seed)
    inputs = keras.Input(SHAPE)
    x = layers.Conv2D(8, 3, activation="relu", kernel_initializer=seeds.initializer("he_normal"))(inputs)
    x = layers.Flatten()(x)
    x = layers.Dense(32, activation="relu", kernel_initializer=seeds.initializer("he_normal"))(x)
    x = layers.Dense(outputs, kernel_initializer=seeds.initializer("glorot_uniform"))(x)
    return keras.Model(inputs, x, name=kind)


def stacked(kind, outputs, seeds):
    """Perceptrons of a kind of ``HIDDEN`` side by side, one for each seed."""
    if HIDDEN[kind]:
        return feed_forward.mlp(seeds, SHAPE, outputs, hidden=HIDDEN[kind], shared=False)
    size = int(np.prod(SHAPE))
    kernels = [np.random.default_rng(seed).normal(0, 0.01, (size, outputs)) for seed in seeds]
    return feed_forward.from_kernels([np.stack(kernels).astype("float32")], SHAPE)


def train(kind, seeds, steps=STEPS, settings=SETTINGS):
    """Players trained by PPO.

    Args:
        kind: one of ``KINDS``.
        seeds: one for a player with filters; several others learn side by side.
        steps: of each.
        settings: ppo.Settings.

    Returns:
        (rollout.Trained, dict from seed to the actor, a plain Keras model).

    Raises:
        ValueError: where a player with filters is given more seeds than one.
    """
    if kind not in HIDDEN and len(seeds) != 1:
        raise ValueError(f"train({kind!r}, seeds={list(seeds)}): a player with filters takes one seed.")
    games = (WithoutTrail if kind == "no_trail" else wall_game.VectorWallGame)(GAMES * len(seeds))
    actions, first = len(wall_game.ACTIONS), [2 * seed for seed in seeds]
    second = [2 * seed + 1 for seed in seeds]
    if kind in HIDDEN:
        actor, critic = stacked(kind, actions, first), stacked(kind, 1, second)
    else:
        (seed,) = seeds
        actor, critic = network(kind, actions, 2 * seed), network(kind, 1, 2 * seed + 1)
    run = ppo.train(
        games, settings, steps=steps, agents=len(seeds), actor=actor, critic=critic, seed=seeds[0]
    )
    if kind not in HIDDEN:
        return run, {seeds[0]: run.actor}
    return run, {seed: feed_forward.alone(run.actor, place) for place, seed in enumerate(seeds)}


def train_dqn(seed, steps=DQN_STEPS, settings=DQN):
    """A player with filters, trained by DQN: (dqn.Trained, the Q-network)."""
    games, actions = wall_game.VectorWallGame(DQN_GAMES), len(wall_game.ACTIONS)
    run = dqn.train(games, settings, steps=steps, network=network("pixels", actions, 2 * seed), seed=seed)
    return run, run.network


def scores(choose, games=200, seed=70_001):
    """Bricks of each of so many games, float64 (games,); ``choose`` gives actions (n,) for observations."""
    world = wall_game.VectorWallGame(games)
    observation, _ = world.reset(seed=seed)
    bricks, playing = np.zeros(games), np.ones(games, bool)
    while playing.any():
        observation, reward, terminated, truncated, _ = world.step(choose(observation))
        bricks += reward * playing
        playing &= ~(terminated | truncated)
    return bricks


def greedy(actor, kind="pixels"):
    """The likeliest actions of a network that gives logits: a function from observations to int64 (n,).

    Args:
        actor: keras.Model or ``shipped_weights.Function``, (n, 10, 10, 4) to (n, 3); of a Q-network, whose values are
            largest.
        kind: ``"no_trail"`` hides the trail from it.
    """
    see = hide_trail if kind == "no_trail" else np.asarray
    dense = len(actor.get_weights()[0].shape) == 2
    outputs = networks.perceptron(actor.get_weights()) if dense else actor
    return lambda observation: np.asarray(outputs(see(observation).astype("float32"))).argmax(axis=-1)


def ship(kind, actors):
    """Write actors to results/ch09e_wall_KIND.npz; returns the file's SHA-256."""
    return shipped_weights.save_kind("ch09e_wall", kind, actors)


def shipped(kind):
    """The trained actors of a kind, by seed: a dict from seed to ``shipped_weights.Function``.

    Raises:
        ValueError: where the kind is another, or the file isn't the one whose hash is recorded.
    """
    shape = "pixels" if kind == "dqn" else kind
    build = lambda seed: network(shape, len(wall_game.ACTIONS), 2 * seed)  # noqa: E731
    return shipped_weights.functions_of_kind("ch09e_wall", kind, build)
