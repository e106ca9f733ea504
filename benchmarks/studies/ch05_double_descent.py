"""Chapter 05: a network's error against its width, on few examples with wrong labels among them, trained for long.

    python benchmarks/run.py ch05_double_descent

Recorded by "width": training and held-out error (shares), one value per seed, after 4,000 steps of Adam; with a fifth
of the labels replaced by random ones, and, as control, with all labels right.
"""

import numpy as np

from dlcourse import datasets, recording, reproducibility
from dlcourse.datasets import Split, transforms
from dlcourse.training import hyperparameters

WIDTHS = [1, 2, 3, 4, 5, 6, 8, 10, 12, 16, 24, 32, 64, 128, 256]
EXAMPLES, STEPS, SEEDS = 200, 4000, range(5)


def errors(width, noise, steps=STEPS, seeds=SEEDS):
    """{"training": [...], "held out": [...]}: the networks' error shares, one per seed."""
    mnist = datasets.load("mnist")
    train, held_out = transforms.pooled(mnist.train.take(EXAMPLES, 1)), transforms.pooled(mnist.validation)
    random = np.random.default_rng(0)
    wrong = random.random(EXAMPLES) < noise
    train = Split(train.x, np.where(wrong, random.integers(0, 10, EXAMPLES), train.y).astype("int32"))
    network = hyperparameters.Tunable(train, 10)
    setting = hyperparameters.Setting(learning_rate=0.005, hidden=width, batch_size=50, optimizer="adam")
    members = network.start([setting], seeds)
    epochs = steps * setting.batch_size // EXAMPLES
    for _ in range(10):
        members.epoch(epochs, schedule=lambda share: 1 - share, passes=epochs // 10)
    return {"training": members.errors(train).tolist(), "held out": members.errors(held_out).tolist()}


def main():
    reproducibility.start(0)
    record = recording.Recording(
        "ch05_double_descent", "Error (share) of networks by width, with and without wrong labels"
    )
    for noise in (0.2, 0.0):
        for width in WIDTHS:
            key = f"noise {noise}, width {width}"
            if not record.done(key):
                record.add(key, errors(width, noise))


if __name__ == "__main__":
    main()
