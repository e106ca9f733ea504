"""Do dropout and L2 make a deep sigmoid network learn at any strength, learning rate or optimiser?

Chapter 03 tries one strength of each with Adam. Here: three strengths of each, two optimisers, three learning rates,
five seeds, against batch normalisation and residual links. Accuracy on the digits' validation data, since settings are
compared with each other. Run: python benchmarks/studies/ch03_cures.py (about 2 minutes of CPU; goes on where it was).
"""

import keras

from dlcourse import datasets, models, recording, reproducibility, training

TREATMENTS = {
    "nothing": {},
    "dropout 0.05": {"dropout": 0.05},
    "dropout 0.2": {"dropout": 0.2},
    "dropout 0.5": {"dropout": 0.5},
    "L2 1e-5": {"l2": 1e-5},
    "L2 1e-3": {"l2": 1e-3},
    "L2 1e-2": {"l2": 1e-2},
    "batch norm": {"normalisation": "batch"},
    "residual": {"residual": True},
}
OPTIMIZERS = {
    "Adam": (keras.optimizers.Adam, (1e-4, 1e-3, 1e-2)),
    "SGD": (lambda rate: keras.optimizers.SGD(rate, momentum=0.9), (1e-3, 1e-2, 1e-1)),
}
EPOCHS = 15
BATCH = 49  # 22 batches of it are 1,078 examples; a rest of one example would spoil batch normalisation
SEEDS = range(5)


def accuracies(options, optimizer, data):
    """Validation accuracy of each of five trained networks; that of guessing where the loss was not finite."""
    networks = models.DeepNetworks((8, 8, 1), 10, depth=20, width=32, seeds=SEEDS, **options)
    try:
        training.fit(
            networks,
            networks.objective,
            data.train.take(22 * BATCH),
            epochs=EPOCHS,
            batch_size=BATCH,
            optimizer=optimizer,
        )
    except training.NonFiniteLossError:
        return [0.1] * len(SEEDS)
    scores = training.evaluate(networks, networks.objective, data.validation)
    return [scores[f"accuracy {index}"] for index in range(len(SEEDS))]


def main():
    reproducibility.start(seed=0)
    record = recording.Recording(
        "ch03_cures",
        "Validation accuracy on digits of 20 layers of 32 sigmoid units after 15 epochs, one value per seed.",
    )
    digits = datasets.load("digits")
    for name, options in TREATMENTS.items():
        for optimizer, (make, rates) in OPTIMIZERS.items():
            for rate in rates:
                key = f"{name}, {optimizer} {rate:g}"
                if not record.done(key):
                    record.add(key, accuracies(options, make(rate), digits))


if __name__ == "__main__":
    main()
