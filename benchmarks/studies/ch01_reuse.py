"""Features of digits 0-4 reused on digits 5-9, dense and convolutional, by number of examples: 10 seeds.

    make bench STUDY=ch01_reuse

About five minutes on 2 cores. Interrupted, it goes on where it was. Chapter 01 shows the result.
"""

from dlcourse import datasets, models, recording, reproducibility
from dlcourse.experiments import transfer

COUNTS = [1, 2, 5, 10, 20, 50, 200]
SEEDS = range(10)
SHAPE = (28, 28, 1)
NETWORKS = {
    "dense": (lambda seed: models.mlp(SHAPE, 5, hidden=[128, 128], seed=seed), 600, True),
    "convolutional": (
        lambda seed: models.convnet(SHAPE, 5, filters=(16, 32), hidden=64, seed=seed),
        400,
        False,
    ),
}
"""Name: how it is built, steps of pretraining, whether XLA compiles it (it slows convolutions on a CPU)."""


def split_digits(dataset):
    """Training data of 0-4, of 5-9 (relabelled from 0), and validation data of 5-9 (relabelled)."""
    train, validation = dataset.train, dataset.validation
    low, high, scored = train.y < 5, train.y >= 5, validation.y >= 5
    return (
        datasets.Split(train.x[low], train.y[low]),
        datasets.Split(train.x[high], train.y[high] - 5),
        datasets.Split(validation.x[scored], validation.y[scored] - 5),
    )


def main():
    reproducibility.start(0)
    record = recording.Recording(
        "ch01_reuse", "Accuracy on held-out digits 5-9, by network, seed, contender and examples a class."
    )
    known, new, score = split_digits(datasets.load("mnist"))
    record.add("counts", COUNTS)
    for name, (build, pretraining, jit_compile) in NETWORKS.items():
        for seed in SEEDS:
            key = f"{name}, seed {seed}"
            if record.done(key):
                continue
            found = transfer.reuse(
                build,
                known,
                new,
                score,
                counts=COUNTS,
                seeds=[seed],
                pretraining=pretraining,
                steps=100,
                jit_compile=jit_compile,
            )
            record.add(key, {contender: values[0].tolist() for contender, values in found.items()})
            print(key, record.content["values"][key], flush=True)


if __name__ == "__main__":
    main()
