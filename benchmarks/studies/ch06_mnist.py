"""Chapter 06a: all of MNIST read by a residual network, with turned, scaled, sheared and shifted copies to learn from.

    python benchmarks/run.py ch06_mnist

Recorded by seed, after 8 epochs over all 60,000 training examples: test accuracy (share of 10,000), and the share of
the first filters' squares that Gabor functions explain, trained and untrained. Nothing was chosen by the test data, and
each network meets them once. Resumes within an epoch.
"""

import pathlib
import shutil
import tempfile

import keras
import numpy as np

from dlcourse import datasets, models, recording, reproducibility, training
from dlcourse.analysis import gabor
from dlcourse.datasets import Split

SEEDS, EPOCHS, BATCH = range(5), 8, 100


def filters_explained(model):
    """Mean share of the first filters' squares that the best Gabor functions explain."""
    kernels = model.get_layer("stem_convolution").kernel.numpy()[:, :, 0]
    return float(np.mean(gabor.fit(np.moveaxis(kernels, -1, 0))[0]))


def measured(seed, epochs=EPOCHS, examples=None, folder=None):
    """{"accuracy", "Gabor", "Gabor, untrained"} of one network; with ``examples``, of one that learnt from fewer."""
    mnist = datasets.load("mnist")
    train = Split(
        np.concatenate([mnist.train.x, mnist.validation.x]),
        np.concatenate([mnist.train.y, mnist.validation.y]),
    )
    if examples is not None:
        train = train.take(examples, seed)
    model = models.resnet(
        mnist.input_shape,
        10,
        filters=(24, 48, 96),
        stem_kernel=7,
        stem_stride=2,
        augmentation=models.RandomAffine(rotation=10, scale=0.1, shear=0.1, shift=1.5),
        seed=seed,
    )
    untrained = filters_explained(model)
    steps = epochs * -(-len(train) // BATCH)
    schedule = keras.optimizers.schedules.CosineDecay(
        2e-4, steps - steps // 10, warmup_target=3e-3, warmup_steps=steps // 10
    )
    objective = training.objectives.classification(label_smoothing=0.05)
    optimizer = keras.optimizers.AdamW(schedule, weight_decay=0.01)
    training.fit(
        model,
        objective,
        train,
        epochs=epochs,
        batch_size=BATCH,
        optimizer=optimizer,
        seed=seed,
        checkpoint=folder,
    )
    return {
        "accuracy": training.evaluate(model, objective, mnist.test)["accuracy"],
        "Gabor": filters_explained(model),
        "Gabor, untrained": untrained,
    }


def main():
    reproducibility.start(0)
    record = recording.Recording(
        "ch06_mnist", "Test accuracy on MNIST with augmentation, and Gabor fits of filters, by seed"
    )
    for seed in SEEDS:
        if not record.done(f"seed {seed}"):
            folder = pathlib.Path(tempfile.gettempdir()) / f"ch06_mnist_{seed}"
            record.add(f"seed {seed}", measured(seed, folder=folder))
            shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
