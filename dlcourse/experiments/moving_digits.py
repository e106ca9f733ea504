"""Chapter 07d's networks: seven that tell motions apart, at equal parameters, and two that predict frames.

Trained by benchmarks/studies/ch07d_motion.py and ch07d_frames.py; five seeds of each are shipped. Training
clips are made from MNIST's training digits, test clips from its test digits.
"""

import dataclasses
import functools

import keras
import numpy as np
import tensorflow as tf
from keras import layers
from scipy import special

from dlcourse import checks, datasets, recording, training
from dlcourse.datasets import moving_digits
from dlcourse.experiments import shipped_weights
from dlcourse.models.initializers import seeded_initializer
from dlcourse.training import schedules
from dlcourse.training.evaluation import in_batches

FRAMES, SIZE, PAST, FUTURE = 8, 32, 10, 10
DARK = keras.initializers.Constant(-2.5)
"""A pixel's first logit: most are black, and half of the first steps would go into finding that out."""
DRIFT = {"frames": FRAMES, "size": SIZE, "distractors": 1, "noise": 0.1}
"""How hard the clips of motion are."""


@functools.cache
def digits(part):
    """MNIST's digits of a part, "train", "validation" or "test", as float32 (n, 14, 14)."""
    return moving_digits.shrunk(getattr(_mnist(), part).x)


@functools.cache
def _mnist():
    return datasets.load("mnist")


def motion_clips(part, number, seed, **changed):
    """Clips of one drifting digit of 8 motions, with a distractor and noise; ``changed`` overrides ``DRIFT``."""
    return moving_digits.drifting(digits(part), number, seed=seed, **{**DRIFT, **changed})


def bouncing_clips(part, number, seed, **changed):
    """Clips of two bouncing digits, 20 frames."""
    return moving_digits.bouncing(
        digits(part), number, seed=seed, **{"frames": PAST + FUTURE, "size": SIZE, **changed}
    )


def shuffled(clips, seed):
    """Clips whose frames stand in another order, drawn for each clip by itself; what was last may not stay last."""
    random = np.random.default_rng(seed)
    order = random.permuted(np.tile(np.arange(clips.x.shape[1]), (len(clips), 1)), axis=1)
    rows = np.arange(len(clips))[:, None]
    return dataclasses.replace(clips, x=clips.x[rows, order], places=clips.places[rows, order])


def probabilities(model, past, batch_size=100):
    """The frames that a network of ``frame_network`` predicts: each pixel's mean, float32, 0 to 1.

    model: a Keras model, or one of ``functions``.
    """
    logits = in_batches(lambda batch: model(batch, training=False), past, batch_size=batch_size)
    return special.expit(logits)


def straight_on(clips):
    """What would come if there were no walls, drawn from the true digits, places and velocities: a rival that knows all
    but the walls. float32 (clips, 10, 32, 32, 1).

    Raises:
        ValueError: where clips have another number of frames than 20.
    """
    _of_twenty("straight_on", clips)
    last, before = clips.places[:, PAST - 1 : PAST], clips.places[:, PAST - 2 : PAST - 1]
    ahead = last + (last - before) * np.arange(1, FUTURE + 1)[:, None, None]
    return moving_digits.drawn(clips.glyphs, ahead, SIZE)


def halves(clips):
    """(x, y) for training: the first 10 frames and the others, float32 (clips, 10, 32, 32, 1) each.

    Raises:
        ValueError: where clips have another number of frames than 20.
    """
    _of_twenty("halves", clips)
    return clips.x[:, :PAST], clips.x[:, PAST:]


def _of_twenty(name, clips):
    if clips.x.shape[1] != PAST + FUTURE:
        raise ValueError(
            f"{name}(clips): clips of {clips.x.shape[1]} frames; expected {PAST + FUTURE}, such as bouncing_clips("
            "part, number, seed) makes."
        )


def stopped(past):
    """The last of the given frames, as often as there are frames: what shows no motion; the shape of ``past``."""
    return np.repeat(past[:, -1:], past.shape[1], axis=1)


def motion_network(kind, seed=None):
    """A network of 8 classes of motion, some 21,000 weights: float32 (batch, 8, 32, 32, 1) to logits (batch, 8).

    Args:
        kind: "single", which sees the last frame alone; "differences", each frame less the one before, "doubled", each
            difference twice, as two channels, and "pairs", each frame beside the one before, as two channels: these
            three take the mean of seven answers; "lstm", a
            convolutional network on each frame and an LSTM over them; "volume", convolutions over space and time;
            "convlstm", a convolutional LSTM.
        seed: of the initial weights; None draws from Keras' global generator.

    Raises:
        ValueError: where the kind is unknown.
    """
    if not checks.is_one_of(kind, MOTION):
        raise ValueError(f"motion_network({kind!r}): expected one of {', '.join(MOTION)}.")
    inputs = keras.Input((FRAMES, SIZE, SIZE, 1))
    numbers = iter(range(20))

    def start(name):
        return seeded_initializer(name, seed, next(numbers))

    def convolution(x, filters, kernel, strides=(1, 2, 2)):
        layer = layers.Conv3D(
            filters, kernel, strides, padding="same", activation="relu", kernel_initializer=start("he_normal")
        )
        return layer(x)

    x = MOTION[kind](inputs, convolution, start)
    return keras.Model(inputs, layers.Dense(8, kernel_initializer=start("glorot_uniform"))(x))


def _single(x, convolution, start):
    x = convolution(x[:, -1:], 16, (1, 5, 5))
    x = convolution(x, 16, (1, 3, 3))
    x = convolution(x, 16, (1, 3, 3))
    x = layers.Reshape((256,))(x)
    return layers.Dense(56, activation="relu", kernel_initializer=start("he_normal"))(x)


def _pooled(x, convolution, start):
    """Convolutions on each frame of x by itself, and the mean over all places and frames."""
    x = convolution(x, 16, (1, 5, 5))
    x = convolution(x, 32, (1, 3, 3))
    return layers.GlobalAveragePooling3D()(convolution(x, 48, (1, 3, 3), (1, 1, 1)))


def _differences(x, convolution, start):
    return _pooled(x[:, 1:] - x[:, :-1], convolution, start)


def _doubled(x, convolution, start):
    change = x[:, 1:] - x[:, :-1]
    return _pooled(layers.Concatenate()([change, change]), convolution, start)


def _pairs(x, convolution, start):
    return _pooled(layers.Concatenate()([x[:, :-1], x[:, 1:]]), convolution, start)


def _lstm(x, convolution, start):
    x = convolution(x, 16, (1, 5, 5))
    x = convolution(x, 16, (1, 3, 3))
    x = convolution(x, 16, (1, 3, 3))
    x = layers.Reshape((FRAMES, 256))(x)
    return layers.LSTM(
        16, kernel_initializer=start("glorot_uniform"), recurrent_initializer=start("orthogonal")
    )(x)


def _volume(x, convolution, start):
    x = convolution(x, 16, (3, 5, 5))
    x = convolution(x, 16, (3, 3, 3))
    x = convolution(x, 32, (3, 3, 3), (1, 1, 1))
    return layers.GlobalAveragePooling3D()(x)


def _convlstm(x, convolution, start):
    x = convolution(x, 16, (1, 5, 5))
    x = convolution(x, 16, (1, 3, 3))
    x = layers.ConvLSTM2D(
        16,
        3,
        padding="same",
        kernel_initializer=start("glorot_uniform"),
        recurrent_initializer=start("orthogonal"),
    )(x)
    return layers.GlobalAveragePooling2D()(x)


MOTION = {
    "single": _single,
    "differences": _differences,
    "doubled": _doubled,
    "pairs": _pairs,
    "lstm": _lstm,
    "volume": _volume,
    "convlstm": _convlstm,
}


def frame_network(kind, seed=None, filters=32):
    """A network that predicts 10 frames from 10: float32 (batch, 10, 32, 32, 1) to logits of the same shape.

    Frames are cut into 8 × 8 patches of 4 × 4 pixels, which become 16 channels (Shi et al. 2015).

    Args:
        kind: "convlstm", one convolutional LSTM that reads and one that writes, from the state in which the first
            ended; "channels", plain convolutions with the frames side by side as channels.
        seed: of the initial weights; None draws from Keras' global generator.
        filters: of each layer.

    Raises:
        ValueError: where the kind is unknown.
    """
    if not checks.is_one_of(kind, FRAME):
        raise ValueError(f"frame_network({kind!r}): expected one of {', '.join(FRAME)}.")
    filters = checks.whole_number("frame_network(filters)", filters)
    inputs = keras.Input((PAST, SIZE, SIZE, 1))
    numbers = iter(range(20))

    def start(name):
        return seeded_initializer(name, seed, next(numbers))

    patches = layers.Reshape((PAST, 8, 4, 8, 4))(inputs)
    patches = layers.Permute((1, 2, 4, 3, 5))(patches)
    patches = layers.Reshape((PAST, 8, 8, 16))(patches)
    x = FRAME[kind](patches, filters, start)
    x = layers.Reshape((FUTURE, 8, 8, 4, 4))(x)
    x = layers.Permute((1, 2, 4, 3, 5))(x)
    return keras.Model(inputs, layers.Reshape((FUTURE, SIZE, SIZE, 1))(x))


def _recurrent_frames(patches, filters, start):
    def cell(**options):
        return layers.ConvLSTM2D(
            filters,
            3,
            padding="same",
            kernel_initializer=start("glorot_uniform"),
            recurrent_initializer=start("orthogonal"),
            **options,
        )

    _, h, c = cell(return_state=True)(patches)
    nothing = keras.ops.zeros_like(patches[..., :1])
    x = cell(return_sequences=True)(nothing, initial_state=[h, c])
    return layers.Dense(16, bias_initializer=DARK, kernel_initializer=start("glorot_uniform"))(x)


def _channel_frames(patches, filters, start):
    x = layers.Permute((2, 3, 1, 4))(patches)
    x = layers.Reshape((8, 8, PAST * 16))(x)
    x = layers.Conv2D(filters, 3, padding="same", activation="relu", kernel_initializer=start("he_normal"))(x)
    for _ in range(4):
        more = layers.Conv2D(
            filters, 3, padding="same", activation="relu", kernel_initializer=start("he_normal")
        )(x)
        x = layers.Add()([x, more])
    x = layers.Conv2D(FUTURE * 16, 1, bias_initializer=DARK, kernel_initializer=start("glorot_uniform"))(x)
    x = layers.Reshape((8, 8, FUTURE, 16))(x)
    return layers.Permute((3, 1, 2, 4))(x)


FRAME = {"convlstm": _recurrent_frames, "channels": _channel_frames}


def train_motion(model, clips, *, epochs, seed, batch_size=32, peak=0.003):
    """Train a network of ``motion_network`` on Clips; returns the Run."""
    steps = epochs * -(-len(clips) // batch_size)
    return training.fit(
        model,
        training.objectives.classification(),
        (clips.x, clips.y),
        epochs=epochs,
        batch_size=batch_size,
        optimizer=keras.optimizers.Adam(schedules.rise_and_fall(peak, steps)),
        seed=seed,
    )


def train_frames(model, number, *, seed, batch_size=16, peak=0.004, given=None):
    """Train a network of ``frame_network`` on so many clips, each seen once; returns the Run.

    Args:
        model: of ``frame_network``.
        number: of clips, a multiple of the batch size: each step takes a whole batch.
        seed: of the clips and of the training.
        batch_size: clips for each step.
        peak: the highest learning rate.
        given: what changes the frames that the network is given, such as ``stopped``, or None.

    Raises:
        ValueError: where the number of clips isn't a multiple of the batch size.
    """
    batch_size = checks.whole_number("train_frames(batch_size)", batch_size)
    number = checks.whole_number("train_frames(number)", number, least=batch_size)
    if number % batch_size:
        raise ValueError(
            f"train_frames(number={number}): expected a multiple of the batch size, {batch_size}; give for example "
            f"{number - number % batch_size}."
        )
    steps = number // batch_size

    def batches():
        chunk = 16
        for first in range(0, steps, chunk):
            clips = bouncing_clips("train", chunk * batch_size, seed * 100_003 + first)
            x, y = halves(clips)
            x = x if given is None else given(x)
            for at in range(min(chunk, steps - first)):
                rows = slice(at * batch_size, (at + 1) * batch_size)
                yield x[rows], y[rows]

    spec = tf.TensorSpec((batch_size, PAST, SIZE, SIZE, 1), tf.float32)
    return training.fit(
        model,
        training.objectives.frames(),
        tf.data.Dataset.from_generator(batches, output_signature=(spec, spec)),
        epochs=1,
        optimizer=keras.optimizers.Adam(schedules.rise_and_fall(peak, steps), global_clipnorm=100.0),
        seed=seed,
    )


BUILD = {
    **{f"motion_{kind}": functools.partial(motion_network, kind) for kind in MOTION},
    "motion_shuffled": functools.partial(motion_network, "volume"),
    "frames_channels": functools.partial(frame_network, "channels"),
    "frames_stopped": functools.partial(frame_network, "channels"),
}


def shipped(kind):
    """The trained networks of a kind, a dict from seed to Keras model.

    Raises:
        ValueError: where the kind is unknown, or a file isn't the one whose hash is recorded.
    """
    expected, study = _recorded(kind)
    return shipped_weights.load(file(kind), BUILD[kind], expected, study)


def functions(kind):
    """The trained networks of a kind as functions that share one compiled graph, a dict from seed; ValueError as above.

    See ``shipped_weights.functions``.
    """
    expected, study = _recorded(kind)
    return shipped_weights.functions({file(kind): expected}, BUILD[kind], study)


def _recorded(kind):
    """The hash of a kind's weights, and the study that recorded it."""
    if not checks.is_one_of(kind, BUILD):
        raise ValueError(f"shipped({kind!r}): expected one of {', '.join(BUILD)}.")
    study = f"ch07d_{kind.split('_')[0]}"
    return recording.load(study)[f"{kind}, sha256"], study


def ship(kind, networks):
    """Write the weights of a dict from seed to model as float16; returns the file's SHA-256."""
    return shipped_weights.save(file(kind), networks)


def file(kind):
    return recording.RESULTS / f"ch07d_{kind}.npz"
