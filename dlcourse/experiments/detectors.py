"""Chapter 06b's detectors of digits in scenes: how they are trained, stored and read.

Trained by benchmarks/studies/ch06b_detectors.py; five seeds of ``"detector"`` are shipped, and one of ``"shuffled"``, a
control that learnt each scene with the boxes of another.
"""

import itertools
import math

import keras
import tensorflow as tf

from dlcourse import checks, datasets, models, recording, training
from dlcourse.datasets import scenes
from dlcourse.experiments import shipped_weights
from dlcourse.models import boxes as of_boxes

SHAPE, CLASSES, STUDY = (scenes.SIDE, scenes.SIDE, 3), 10, "ch06b_detectors"
BATCH, PEAK, DECAY, WARMUP, CROWDED = 16, 4e-3, 1e-2, 0.1, 0.85
SMALLEST = 16
"""Muon changes matrices with so many rows and columns or more."""

KINDS = {"detector": range(5), "shuffled": range(1)}
"""What is shipped, and the seeds of each."""


def network(seed, shape=SHAPE):
    """The detector of chapter 06b, with untrained weights: 96×96×3 to 24×24×(10 + 4)."""
    return models.detector(shape, CLASSES, seed=seed)


def stream(digits, batches, *, seed, batch_size=BATCH, crowded=0, shuffled=False):
    """Scenes that nobody has seen before, in every epoch: a ``tf.data.Dataset`` of (x, (boxes, labels)).

    Args:
        digits: Split of MNIST.
        batches: of an epoch.
        seed: of the scenes.
        batch_size: scenes per batch.
        crowded: so many epochs of scenes with six digits come before those with one to six: more to learn from in
            each.
        shuffled: whether each scene gets the boxes and labels of the one after it in its batch, the last those of the
            first: a control.
    """
    epochs = itertools.count()

    def make():
        epoch = next(epochs)
        least = scenes.MOST if epoch < crowded else 1
        for batch in range(epoch * batches, (epoch + 1) * batches):
            made = scenes.compose(digits, batch_size, seed=seed, first=batch * batch_size, least=least)
            yield made.x, moved(made).y if shuffled else made.y

    signature = (
        tf.TensorSpec((batch_size, *SHAPE), "float32"),
        (
            tf.TensorSpec((batch_size, scenes.MOST, 4), "float32"),
            tf.TensorSpec((batch_size, scenes.MOST), "int32"),
        ),
    )
    return tf.data.Dataset.from_generator(make, output_signature=signature).prefetch(4)


def moved(split):
    """The same images, each with the boxes and labels of the one after it, the last with those of the first."""
    rows = [*range(1, len(split)), 0]
    return datasets.BoxedSplit(split.x, split.boxes[rows], split.labels[rows])


def learning_rate(steps, peak=PEAK):
    """A schedule that rises to its peak in a tenth of the steps, then falls by a cosine to 0."""
    warmup = int(WARMUP * steps)
    return keras.optimizers.schedules.CosineDecay(
        peak / 20, steps - warmup, warmup_target=peak, warmup_steps=warmup
    )


class Muon(keras.optimizers.Muon):
    """Muon (Jordan et al. 2024), which Keras has for matrices, for the kernels of convolutions as well.

    A kernel (rows, columns, channels, filters) is taken as a matrix with a column for each filter. Vectors and
    the outputs' kernels, which are small, are changed as by AdamW.
    """

    def _should_use_adamw(self, variable):
        *inputs, filters = variable.shape
        return not inputs or min(math.prod(inputs), filters) < SMALLEST

    def _muon_update_step(self, gradient, variable, lr, m):
        self.assign(m, self.momentum * m + gradient)
        direction = keras.ops.reshape(gradient + self.momentum * m, (-1, variable.shape[-1]))
        update = self.zeropower_via_newtonschulz5(direction, self.ns_steps)
        self.assign_sub(variable, keras.ops.reshape(self.lr_adjust(lr * update), variable.shape))


def optimizer(steps):
    """Muon by ``learning_rate``."""
    return Muon(learning_rate(steps), weight_decay=DECAY, adam_weight_decay=DECAY, ns_steps=4)


def train(seed, *, epochs, batches, shuffled=False):
    """Train one detector on fresh scenes of MNIST's training digits.

    Args:
        seed: of the initial weights and the scenes.
        epochs, batches: how long; no scene comes twice.
        shuffled: as for ``stream``.

    Returns:
        (keras.Model, training.Run).
    """
    digits = datasets.load("mnist").train
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(
        "mixed_bfloat16"
    )  # weights in float32, products in half the bits: a third faster
    try:
        learner = network(seed)
    finally:
        keras.config.set_dtype_policy(before)
    crowded = round(CROWDED * epochs)
    made = stream(digits, batches, seed=1_000 + seed, crowded=crowded, shuffled=shuffled)
    run = training.fit(
        learner,
        training.objectives.detection(),
        made,
        epochs=epochs,
        optimizer=optimizer(epochs * batches),
        seed=seed,
        jit_compile=False,
    )
    model = network(seed)
    model.set_weights(learner.get_weights())
    return model, run


def found_in(model, x, *, least=0.02, threshold=0.5):
    """What a detector finds in images, as ``models.boxes.detections``: a list of Found."""
    return of_boxes.detections(training.predict(model, x, batch_size=50), least=least, threshold=threshold)


def shipped(kind, shape=SHAPE):
    """The trained networks of a kind, a dict from seed to Keras model.

    Args:
        kind: ``"detector"`` or ``"shuffled"``.
        shape: of the images they will be given.

    Raises:
        ValueError: where the kind is unknown, or a file isn't the one whose hash is recorded.
    """
    networks = {}
    for seed, of_seed in weights(kind).items():
        networks[seed] = network(seed, shape)
        networks[seed].set_weights(of_seed)
    return networks


def weights(kind):
    """The weights of the trained networks of a kind, a dict from seed to what ``network(seed).set_weights`` takes.

    One network that takes them in turn is compiled only once.

    Raises:
        ValueError: as for ``shipped``.
    """
    if not checks.is_one_of(kind, KINDS):
        raise ValueError(f"No networks of kind {kind!r} are shipped: expected one of {', '.join(KINDS)}.")
    recorded = recording.load(STUDY)
    return {
        seed: shipped_weights.read(file(kind, seed), recorded[f"{kind}, seed {seed}"]["sha256"], STUDY)[seed]
        for seed in KINDS[kind]
    }


def ship(kind, seed, model):
    """Write a model's weights as float16; returns the file's SHA-256."""
    return shipped_weights.save(file(kind, seed), {seed: model})


def file(kind, seed):
    return recording.RESULTS / f"ch06b_{kind}_{seed}.npz"
