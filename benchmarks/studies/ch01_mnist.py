"""Test digits of MNIST that two dense layers get wrong, and that the same training without them gets wrong: 5 seeds.

    make bench STUDY=ch01_mnist

Two minutes on 2 cores. Chapter 01 shows the result beside one run of its own.
"""

import keras
import numpy as np

from dlcourse import datasets, models, recording, reproducibility, training

SEEDS = range(1, 6)
EPOCHS, BATCH_SIZE = 7, 128


def mistakes(mnist, seed, hidden, dropout):
    """The number of test digits that the network gets wrong after training."""
    steps = EPOCHS * -(-len(mnist.train) // BATCH_SIZE)
    schedule = keras.optimizers.schedules.CosineDecay(3e-3, steps)
    reader = models.mlp(mnist.input_shape, classes=10, hidden=hidden, dropout=dropout, seed=seed)
    training.fit(
        reader,
        training.objectives.classification(),
        mnist.train,
        epochs=EPOCHS,
        batch_size=BATCH_SIZE,
        optimizer=keras.optimizers.Adam(schedule),
        seed=seed,
    )
    return int(np.sum(training.predict(reader, mnist.test.x).argmax(axis=1) != mnist.test.y))


def main():
    reproducibility.start(0)
    record = recording.Recording(
        "ch01_mnist", "Test digits of 10,000 read wrongly, one number per seed (1 to 5)."
    )
    mnist = datasets.load("mnist")
    for name, hidden, dropout in (("hidden layers", [256, 256], 0.2), ("none", [], 0.0)):
        while len(found := record.content["values"].get(name, [])) < len(SEEDS):
            record.add(name, [*found, mistakes(mnist, SEEDS[len(found)], hidden, dropout)])
            print(name, record.content["values"][name], flush=True)


if __name__ == "__main__":
    main()
