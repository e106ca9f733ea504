"""Players of the small wall game: networks that see its pixels, trained by PPO; shipped."""

import keras
import numpy as np
from keras import layers

from dlcourse import recording
from dlcourse.experiments import shipped_weights
from dlcourse.models.convnet import Seeds
from dlcourse.rl import ppo, wall_game

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
KINDS = ("pixels", "no_trail", "no_convolution", "linear")


def network(kind, outputs, seed=0):
    """From pixels (batch, 10, 10, 4) to outputs (batch, outputs).

    Args:
        kind: ``"pixels"``: eight 3 x 3 filters and 32 units; ``"no_trail"``: the same, but it doesn't see where the
            ball was; ``"no_convolution"``: 40 units instead of filters, about as many weights; ``"linear"``: no
            hidden layer.
        outputs: how many numbers.
        seed: of the weights.

    Raises:
        ValueError: where the kind is another.
    """
    if kind not in KINDS:
        raise ValueError(f"network(kind={kind!r}): expected one of {KINDS}.")
    seeds = Seeds(seed)

    def kernel(name="glorot_uniform"):
        return seeds.initializer(name)

    inputs = x = keras.Input(wall_game.VectorWallGame().single_observation_space.shape)
    if kind == "no_trail":
        x = layers.Rescaling(np.array([1.0, 1.0, 0.0, 1.0]).tolist())(x)
    if kind in ("pixels", "no_trail"):
        x = layers.Conv2D(8, 3, activation="relu", kernel_initializer=kernel("he_normal"))(x)
    x = layers.Flatten()(x)
    if kind != "linear":
        units = 40 if kind == "no_convolution" else 32
        x = layers.Dense(units, activation="relu", kernel_initializer=kernel("he_normal"))(x)
    return keras.Model(inputs, layers.Dense(outputs, kernel_initializer=kernel())(x), name=kind)


def train(kind, seed, steps=STEPS, settings=SETTINGS):
    """One player trained by PPO: rollout.Trained."""
    return ppo.train(
        wall_game.VectorWallGame(GAMES),
        settings,
        steps=steps,
        actor=network(kind, len(wall_game.ACTIONS), 2 * seed),
        critic=network(kind, 1, 2 * seed + 1),
        seed=seed,
    )


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


def greedy(actor):
    """The likeliest actions of a Keras model that gives logits: a function from observations to int64 (n,)."""
    return lambda observation: np.asarray(actor(observation.astype("float32"))).argmax(axis=-1)


def at_random(seed=0):
    """Actions drawn evenly."""
    rng = np.random.default_rng(seed)
    return lambda observation: rng.integers(len(wall_game.ACTIONS), size=len(observation))


def _path(kind):
    return recording.RESULTS / f"ch09e_wall_{kind}.npz"


def ship(kind, actors):
    """Write actors to results/ch09e_wall_KIND.npz; returns the file's SHA-256."""
    return shipped_weights.save(_path(kind), actors)


def shipped(kind):
    """The trained actors of a kind, by seed: a dict from seed to Keras model.

    Raises:
        ValueError: where the file isn't the one whose hash is recorded.
    """
    expected = recording.load("ch09e_wall")[f"{kind}, sha256"]
    build = lambda seed: network(kind, len(wall_game.ACTIONS), 2 * seed)  # noqa: E731
    return shipped_weights.load(_path(kind), build, expected, "ch09e_wall")
