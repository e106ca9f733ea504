"""Chapter 06a's readers of digits: residual networks, perceptrons of equally many parameters, small convolutional ones.

The small ones learn other digits in the chapter; some of them (``small_0_to_4``) know 0 to 4 only. Five of each are
shipped (``benchmarks/studies/ch06_readers.py`` trains them), so that what one network does can be told from what such
networks do.
"""

import keras

from dlcourse import checks, models, recording, training
from dlcourse.analysis import complexity
from dlcourse.experiments import sample_efficiency, shipped_weights
from dlcourse.training import schedules

EPOCHS, BATCH = 2, 200
KINDS = ("residual", "perceptron", "small", "small_0_to_4")


def residual(seed):
    """A residual network of 57,466 parameters, stem of 7x7 filters; images (28, 28, 1) to logits (10,)."""
    options = {"filters": (16, 32, 48), "stem_kernel": 7, "stem_stride": 2}
    return models.resnet((28, 28, 1), 10, **options, seed=seed)


def perceptron(seed):
    """One hidden layer, with as many parameters as ``residual``, to 1 %."""
    widths = complexity.widths_for(57_466, 28 * 28, 10, (1,))
    return models.mlp((28, 28, 1), 10, hidden=widths, seed=seed)


def small(seed, classes=10):
    """Two convolutions of 8 and 16 filters, each pooled, and a hidden layer of 64: images to logits (classes,)."""
    return sample_efficiency.convolutional(seed, classes=classes)


def small_0_to_4(seed):
    """The same with logits of five classes (5,)."""
    return small(seed, classes=5)


def train(model, digits, *, peak, weight_decay=0.0, epochs=EPOCHS, seed=0):
    """Train by AdamW on a Split of digits, at a learning rate that rises to ``peak`` and falls; returns the Run."""
    steps = epochs * -(-len(digits) // BATCH)
    return training.fit(
        model,
        training.objectives.classification(),
        digits,
        epochs=epochs,
        batch_size=BATCH,
        optimizer=keras.optimizers.AdamW(schedules.rise_and_fall(peak, steps, 5), weight_decay=weight_decay),
        seed=seed,
    )


def shipped(kind):
    """The trained networks of a kind, a dict from seed to Keras model.

    Raises:
        ValueError: where the kind is unknown, or the file isn't the one whose hash is recorded.
    """
    if not checks.is_one_of(kind, KINDS):
        raise ValueError(f"shipped({kind!r}): expected one of {KINDS}.")
    expected = recording.load("ch06_readers")[f"{kind}, sha256"]
    return shipped_weights.load(file(kind), BUILD[kind], expected, "ch06_readers")


def ship(kind, networks):
    """Write the weights of a dict from seed to model as float16; returns the file's SHA-256."""
    return shipped_weights.save(file(kind), networks)


BUILD = {"residual": residual, "perceptron": perceptron, "small": small, "small_0_to_4": small_0_to_4}


def file(kind):
    return recording.RESULTS / f"ch06_readers_{kind}.npz"
