"""Chapter 06a: MNIST-1D, the authors' MLP, CNN and GRU, and an MLP as small as the CNN, in order and shuffled.

    python benchmarks/run.py ch06_mnist1d

Recorded by "network, seed": [accuracy in order, shuffled], shares of the 1,000 test curves, after 6,000 steps of Adam
at 1e-2 with batches of 100, on the authors' 4,000 training curves; shuffled by their generator.

Recorded by "network, rate 0.01": accuracies in order on the 500 validation curves after 300 steps on the 3,500 training
curves, as in the chapter, from the seeds 10 to 12: the grid from which the chapter takes each network's learning rate.
"""

import numpy as np

from dlcourse import datasets, recording, reproducibility
from dlcourse.datasets import Split
from dlcourse.experiments import shuffled_mnist1d

SEEDS, STEPS = range(5), 6_000
RATES, TUNING = [0.0025, 0.005, 0.01, 0.02, 0.04], range(10, 13)


def accuracies(network, seeds, steps=STEPS):
    """Test accuracies in order and shuffled, float (2, seeds)."""
    data = datasets.load("mnist1d")
    train = Split(
        np.concatenate([data.train.x, data.validation.x]), np.concatenate([data.train.y, data.validation.y])
    )
    build = shuffled_mnist1d.NETWORKS[network]
    return shuffled_mnist1d.accuracies(
        build,
        train,
        data.test,
        seeds=seeds,
        steps=steps,
        order=shuffled_mnist1d.authors_order(),
        jit_compile=network != "CNN",
    )


def tuning(network, rate, seeds=TUNING):
    """Validation accuracies in order of the chapter's live trainings at a learning rate, float (seeds,)."""
    data = datasets.load("mnist1d")
    return shuffled_mnist1d.accuracies(
        shuffled_mnist1d.NETWORKS[network],
        data.train,
        data.validation,
        seeds=seeds,
        steps=300,
        learning_rate=rate,
        jit_compile=network != "CNN",
    )[0]


def main():
    reproducibility.start(0)
    record = recording.Recording(
        "ch06_mnist1d", "Test accuracy (share) on MNIST-1D, in order and shuffled, by network and seed"
    )
    for network in ("CNN", "MLP, equal parameters"):
        for rate in RATES:
            if not record.done(f"{network}, rate {rate}"):
                record.add(f"{network}, rate {rate}", tuning(network, rate).tolist())
    for network in shuffled_mnist1d.NETWORKS:
        for seed in SEEDS:
            if not record.done(f"{network}, seed {seed}"):
                record.add(f"{network}, seed {seed}", accuracies(network, [seed])[:, 0].tolist())


if __name__ == "__main__":
    main()
