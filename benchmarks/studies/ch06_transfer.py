"""Chapter 06a: networks that read MNIST's 0 to 4 learn 5 to 9 of the 8 by 8 digits: frozen, fine-tuned, from scratch.

    python benchmarks/run.py ch06_transfer

Recorded by "start, labels, rate 0.002": accuracies on the validation digits of the 8 by 8 ones after 150 steps from so
many labels per class, by seed, with networks of the seeds 6 to 8, trained here as those that are shipped: the grid
from which the chapter takes learning rates.

Recorded by "start, labels": accuracies on the test digits, each at its best rate of that grid, with the five
networks of ch06_readers (seeds 1 to 5). A grid for each start and number of labels.
"""

from dlcourse import datasets, recording, reproducibility
from dlcourse.experiments import digit_readers, sample_efficiency, transfer

RATES = [0.0005, 0.001, 0.002, 0.004, 0.008, 0.016, 0.032, 0.064, 0.128]
COUNTS, TUNING = [1, 2, 5, 10, 20, 50], range(6, 9)


def rates_tried(start):
    """Those of the grid that a contender is tried at: a last layer by itself takes larger ones."""
    return RATES[2:] if start == "frozen" else RATES[:6]


def new_digits(split):
    """Of the 8 by 8 digits, 5 to 9, as MNIST has its own."""
    return transfer.like_mnist(transfer.of_classes(split, range(5, 10)))


def tuning(readers, start, rate):
    """Validation accuracies, float (networks, counts)."""
    digits = datasets.load("digits")
    return transfer.few_labels(
        readers, digit_readers.convolutional, new_digits(digits.train), new_digits(digits.validation),
        counts=COUNTS, contenders=[start], rates={(start, count): rate for count in COUNTS},
    )[start]  # fmt: skip


def accuracies(record, start, counts=COUNTS):
    """Test accuracies at the best rates of the grid, float (networks, counts)."""
    digits = datasets.load("digits")
    rates = {(start, count): sample_efficiency.best_rate(record, f"{start}, {count}") for count in counts}
    return transfer.few_labels(
        digit_readers.shipped("convolutional"), digit_readers.convolutional,
        new_digits(digits.train), new_digits(digits.test),
        counts=counts, contenders=[start], rates=rates,
    )[start]  # fmt: skip


def others():
    """Networks to tune on, trained as the shipped ones: dict from seed to model."""
    mnist, readers = datasets.load("mnist"), {}
    for seed in TUNING:
        readers[seed] = digit_readers.convolutional(seed)
        known = transfer.of_classes(mnist.train, range(5))
        digit_readers.train(readers[seed], known, peak=0.005, seed=seed)
    return readers


def main():
    reproducibility.start(0)
    record = recording.Recording(
        "ch06_transfer",
        "Accuracy (share) on 5 to 9 of 8 by 8 dots after learning from few labels, one value per network",
    )
    tried = [(start, rate) for start in transfer.STARTS for rate in rates_tried(start)]
    missing = [
        (start, rate) for start, rate in tried if not record.done(f"{start}, {COUNTS[-1]}, rate {rate}")
    ]
    readers = others() if missing else {}
    for start, rate in missing:
        for count, values in zip(COUNTS, tuning(readers, start, rate).T, strict=True):
            record.add(f"{start}, {count}, rate {rate}", values.tolist())
    for start in transfer.STARTS:
        if not record.done(f"{start}, {COUNTS[-1]}"):
            for count, values in zip(COUNTS, accuracies(record.content["values"], start).T, strict=True):
                record.add(f"{start}, {count}", values.tolist())


if __name__ == "__main__":
    main()
