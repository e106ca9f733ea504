"""Chapter 06a: three networks on 100 to 60,000 digits: dense, convolutional, and local without shared weights.

    python benchmarks/run.py ch06_examples

Recorded by "network, examples": test accuracies (shares of 10,000), one per seed, after 200 to 3,000 steps of Adam with
batches of 50, more for more examples. Networks as in dlcourse/experiments/sample_efficiency.py; ``dense`` and
``convolutional`` have equally many parameters, ``local`` has more.

Recorded by "network, rate 0.002": accuracies on 1,000 validation digits of 14 x 14 pixels after learning from 100 in 80
steps, as the chapter does, from the seeds 100 to 102: the grid from which the chapter takes each network's learning
rate.
"""

import functools

import numpy as np

from dlcourse import datasets, recording, reproducibility
from dlcourse.datasets import Split
from dlcourse.experiments import sample_efficiency

SEEDS = range(5)
STEPS = {100: 200, 1_000: 500, 10_000: 1_500, 60_000: 3_000}
RATES, TUNING = [0.001, 0.002, 0.004, 0.008, 0.016, 0.032, 0.064], range(100, 103)
NETWORKS = {
    "convolutional": sample_efficiency.convolutional,
    "dense": sample_efficiency.dense,
    "local": sample_efficiency.local,
}


def accuracies(network, size, seeds=SEEDS):
    """Test accuracies, float (seeds,)."""
    mnist = datasets.load("mnist")
    pool = Split(
        np.concatenate([mnist.train.x, mnist.validation.x]),
        np.concatenate([mnist.train.y, mnist.validation.y]),
    )
    return sample_efficiency.accuracies(
        NETWORKS[network], pool, mnist.test, sizes=[size], seeds=seeds, steps=STEPS[size], batch_size=50
    )[0]


def tuning(network, rate, seeds=TUNING):
    """Validation accuracies of the chapter's live trainings at a learning rate, float (seeds,)."""
    mnist = datasets.load("mnist")
    pool, score = mnist.train.take(5_000), mnist.validation.take(1_000, seed=5)
    return sample_efficiency.accuracies(
        functools.partial(NETWORKS[network], input_shape=(14, 14, 1)),
        sample_efficiency.halved(pool),
        sample_efficiency.halved(score),
        sizes=[100],
        seeds=seeds,
        steps=80,
        learning_rate=rate,
    )[0]


def main():
    reproducibility.start(0)
    record = recording.Recording(
        "ch06_examples", "Accuracy (share) on MNIST by network and number of examples, one value per seed"
    )
    for network in NETWORKS:
        for rate in RATES:
            if not record.done(f"{network}, rate {rate}"):
                record.add(f"{network}, rate {rate}", tuning(network, rate).tolist())
    for size in STEPS:
        for network in NETWORKS:
            if not record.done(f"{network}, {size}"):
                record.add(f"{network}, {size}", accuracies(network, size).tolist())


if __name__ == "__main__":
    main()
