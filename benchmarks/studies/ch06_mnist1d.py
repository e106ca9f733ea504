"""Chapter 06a: MNIST-1D, the authors' MLP, CNN and GRU, curves in order and with their positions shuffled.

    python benchmarks/run.py ch06_mnist1d

Recorded by "network, seed": [accuracy in order, shuffled], shares of the 1,000 test curves, after 6,000 steps of Adam
at 1e-2 with batches of 100, on the authors' 4,000 training curves; shuffled by their generator.
"""

import numpy as np

from dlcourse import datasets, recording, reproducibility
from dlcourse.datasets import Split
from dlcourse.experiments import shuffled_mnist1d

SEEDS, STEPS = range(5), 6_000


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


def main():
    reproducibility.start(0)
    record = recording.Recording(
        "ch06_mnist1d", "Test accuracy (share) on MNIST-1D, in order and shuffled, by network and seed"
    )
    for network in shuffled_mnist1d.NETWORKS:
        for seed in SEEDS:
            if not record.done(f"{network}, seed {seed}"):
                record.add(f"{network}, seed {seed}", accuracies(network, [seed])[:, 0].tolist())


if __name__ == "__main__":
    main()
