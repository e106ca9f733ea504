"""Chapter 06b's detectors of digits in scenes: how they are trained, stored and read."""

import hashlib
import itertools
import pathlib

import keras
import numpy as np
import tensorflow as tf

from dlcourse import datasets, files, models, training
from dlcourse.datasets import catalogue, scenes
from dlcourse.models import boxes as of_boxes

DATA = pathlib.Path(__file__).resolve().parents[2] / "data"
SHAPE, CLASSES, NAME = (scenes.SIDE, scenes.SIDE, 3), 10, "scenes_detector"
BATCH, PEAK, DECAY, WARMUP = 16, 4e-3, 1e-2, 0.1


def network(seed, shape=SHAPE):
    """The detector of chapter 06b, with untrained weights: 96×96×3 to 24×24×(10 + 4)."""
    return models.detector(shape, CLASSES, seed=seed)


def stream(digits, batches, *, seed, batch_size=BATCH):
    """Scenes that nobody has seen before, in every epoch: a ``tf.data.Dataset`` of (x, (boxes, labels)).

    Args:
        digits: Split of MNIST.
        batches: of an epoch.
        seed: of the scenes.
        batch_size: scenes per batch.
    """
    epochs = itertools.count()

    def make():
        first = next(epochs) * batches
        for batch in range(first, first + batches):
            made = scenes.compose(digits, batch_size, seed=seed, first=batch * batch_size)
            yield made.x, made.y

    signature = (
        tf.TensorSpec((batch_size, *SHAPE), "float32"),
        (
            tf.TensorSpec((batch_size, scenes.MOST, 4), "float32"),
            tf.TensorSpec((batch_size, scenes.MOST), "int32"),
        ),
    )
    return tf.data.Dataset.from_generator(make, output_signature=signature).prefetch(4)


def learning_rate(steps, peak=PEAK):
    """A schedule that rises to its peak in a tenth of the steps, then falls by a cosine to 0."""
    warmup = int(WARMUP * steps)
    return keras.optimizers.schedules.CosineDecay(
        peak / 20, steps - warmup, warmup_target=peak, warmup_steps=warmup
    )


def optimizer(steps, peak=PEAK, decay=DECAY):
    """AdamW by ``learning_rate``; gradients of a norm above 10 are shortened to it."""
    return keras.optimizers.AdamW(learning_rate(steps, peak), weight_decay=decay, global_clipnorm=10.0)


def train(seed, *, epochs, batches):
    """Train one detector on fresh scenes of MNIST's training digits.

    Args:
        seed: of the initial weights and the scenes.
        epochs, batches: how long; no scene comes twice.

    Returns:
        (keras.Model, training.Run).
    """
    digits = datasets.load("mnist").train
    model = network(seed)
    made = stream(digits, batches, seed=1_000 + seed)
    run = training.fit(
        model,
        training.objectives.detection(),
        made,
        epochs=epochs,
        optimizer=optimizer(epochs * batches),
        seed=seed,
        jit_compile=False,
    )
    return model, run


def found_in(model, x, *, least=0.02, threshold=0.5):
    """What a detector finds in images, as ``models.boxes.detections``: a list of Found."""
    return of_boxes.detections(training.predict(model, x, batch_size=50), least=least, threshold=threshold)


def save(model, path):
    """Write a model's weights to a plain .npz: kernels as float16, vectors as float32; gives its SHA-256."""
    arrays = {
        f"weight_{index:03}": weight.astype("float16" if weight.ndim > 1 else "float32")
        for index, weight in enumerate(model.get_weights())
    }
    with files.whole(path) as unfinished:
        np.savez_compressed(unfinished, **arrays)
    return hashlib.sha256(path.read_bytes()).hexdigest()


def seeds(name):
    """The seeds whose networks are shipped under a name of the catalogue, such as ``"scenes_detector"``: a list."""
    return sorted(file["seed"] for file in catalogue.entry(name)["files"])


def load(name, seed, shape=SHAPE):
    """The shipped network of one seed, its file verified by the SHA-256 in data/datasets.toml.

    Args:
        name: ``"scenes_detector"``.
        seed: of ``seeds(name)``.
        shape: of the images it will be given.

    Raises:
        ValueError: where no such network is shipped.
        datasets.DataError: where its file is missing or another one.
    """
    if name != NAME:
        raise ValueError(f"load({name!r}): expected {NAME!r}.")
    shipped = {file["seed"]: file for file in catalogue.entry(name)["files"]}
    if isinstance(seed, bool) or seed not in shipped:
        raise ValueError(f"load({name!r}, seed={seed!r}): expected one of {sorted(shipped)}.")
    arrays = catalogue.arrays(shipped[seed])
    model = network(seed, shape)
    model.set_weights([arrays[key].astype("float32") for key in sorted(arrays)])
    return model
