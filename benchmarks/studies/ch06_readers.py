"""Chapter 06a: residual networks, perceptrons of equally many parameters, small convolutional ones, five each; shipped.

    python benchmarks/run.py ch06_readers

Each is trained for two epochs on the 55,000 training digits, ``small_0_to_4`` on 0 to 4 among them. The
perceptron's peak learning rate is the best of a grid on the validation digits, seeds 100 and 101. Recorded: that grid
("perceptron, rate 0.004": validation accuracies); by kind the accuracies of the trained networks on the validation
digits ("residual, accuracy"). The weights go to results/ch06_readers_KIND.npz as float16, and the SHA-256 of that file
into the record. No test digit is used.
"""

import numpy as np

from dlcourse import datasets, recording, reproducibility, training
from dlcourse.experiments import digit_readers, transfer

SEEDS, TUNING = range(1, 6), (100, 101)
PEAKS = [0.001, 0.002, 0.004, 0.008, 0.016, 0.032]
RESIDUAL = {"peak": 0.01, "weight_decay": 0.5}
SMALL = {"peak": 0.005}


def trained(kind, seed, settings):
    """(model, accuracy on the validation digits) of one training; those of ``small_0_to_4`` see 0 to 4 only."""
    mnist = datasets.load("mnist")
    train, validation = mnist.train, mnist.validation
    if kind == "small_0_to_4":
        train, validation = (transfer.of_classes(split, range(5)) for split in (train, validation))
    model = digit_readers.BUILD[kind](seed)
    digit_readers.train(model, train, seed=seed, **settings)
    objective = training.objectives.classification()
    return model, float(training.evaluate(model, objective, validation)["accuracy"])


def main():
    reproducibility.start(0)
    record = recording.Recording(
        "ch06_readers", "Accuracy (share) on 5,000 validation digits, and the hashes of the shipped weights"
    )
    for peak in PEAKS:
        if not record.done(f"perceptron, rate {peak}"):
            record.add(
                f"perceptron, rate {peak}", [trained("perceptron", s, {"peak": peak})[1] for s in TUNING]
            )
    best = max(PEAKS, key=lambda peak: np.mean(record.content["values"][f"perceptron, rate {peak}"]))
    chosen = {"perceptron": {"peak": best}, "residual": RESIDUAL, "small": SMALL, "small_0_to_4": SMALL}
    for kind, settings in chosen.items():
        if not record.done(f"{kind}, sha256"):
            networks = {seed: trained(kind, seed, settings) for seed in SEEDS}
            record.add(f"{kind}, accuracy", [accuracy for _, accuracy in networks.values()])
            models = {seed: model for seed, (model, _) in networks.items()}
            record.add(f"{kind}, sha256", digit_readers.ship(kind, models))


if __name__ == "__main__":
    main()
