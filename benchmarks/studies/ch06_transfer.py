"""Chapter 06a: networks that read MNIST learn 5 to 9 of the 8 by 8 digits from few labels: frozen, fine-tuned, afresh.

    python benchmarks/run.py ch06_transfer

Two kinds of networks, which know MNIST's digits 0 to 9, or 0 to 4 only. Recorded by "start, labels, rate 0.002", where
start is such as "frozen, 0 to 9" or "from scratch": accuracies on the validation digits of the 8 by 8 ones after 150
steps from so many labels per class, by seed, with networks of the seeds 6 to 8, trained here as those that are shipped:
the grid from which the chapter takes learning rates.

Recorded by "start, labels": accuracies on the test digits, each at its best rate of that grid, with the networks that
ch06_readers ships (seeds 1 to 5).
"""

from dlcourse import datasets, recording, reproducibility
from dlcourse.experiments import digit_readers, sample_efficiency, transfer

RATES = [0.00025 * 2**power for power in range(12)]
COUNTS, TUNING = [1, 2, 5, 10, 20, 50], range(6, 9)
KNOWN = {"0 to 9": "small", "0 to 4": "small_0_to_4"}
STARTS = [f"{start}, {known}" for start in ("frozen", "fine-tuned") for known in KNOWN] + ["from scratch"]


def kind_of(start):
    """(contender of ``transfer.few_labels``, kind of trained network) of a start such as "frozen, 0 to 9"."""
    contender, _, known = start.partition(", ")
    return contender, KNOWN[known or "0 to 9"]


def rates_tried(start):
    """Those of the grid that a contender is tried at: a last layer by itself takes larger ones."""
    return RATES[3:] if start.startswith("frozen") else RATES[:8]


def new_digits(split):
    """Of the 8 by 8 digits, 5 to 9, as MNIST has its own."""
    return transfer.like_mnist(transfer.of_classes(split, range(5, 10)))


def accuracies(readers, start, rates, score):
    """Accuracies on a Split of the 8 by 8 digits, float (networks, counts).

    Args:
        rates: dict from labels per class to learning rate.
    """
    digits, contender = datasets.load("digits"), kind_of(start)[0]
    return transfer.few_labels(
        readers, digit_readers.small_0_to_4, new_digits(digits.train), new_digits(score),
        counts=list(rates), contenders=[contender],
        rates={(contender, count): rate for count, rate in rates.items()},
    )[contender]  # fmt: skip


def best_rates(values, start, counts=COUNTS):
    """The best learning rates of the grid, dict by labels per class."""
    return {count: sample_efficiency.best_rate(values, f"{start}, {count}") for count in counts}


def others(kind):
    """Networks to tune on, trained as the shipped ones: dict from seed to model."""
    mnist, readers = datasets.load("mnist"), {}
    known = mnist.train if kind == "small" else transfer.of_classes(mnist.train, range(5))
    for seed in TUNING:
        readers[seed] = digit_readers.BUILD[kind](seed)
        digit_readers.train(readers[seed], known, peak=0.005, seed=seed)
    return readers


def main():
    reproducibility.start(0)
    record = recording.Recording(
        "ch06_transfer",
        "Accuracy (share) on 5 to 9 of 8 by 8 dots after learning from few labels, by network",
    )
    digits, tuned_on = datasets.load("digits"), {}
    for start in STARTS:
        kind = kind_of(start)[1]
        for rate in rates_tried(start):
            if record.done(f"{start}, {COUNTS[-1]}, rate {rate}"):
                continue
            if kind not in tuned_on:
                tuned_on[kind] = others(kind)
            found = accuracies(tuned_on[kind], start, dict.fromkeys(COUNTS, rate), digits.validation)
            for count, values in zip(COUNTS, found.T, strict=True):
                record.add(f"{start}, {count}, rate {rate}", values.tolist())
        if not record.done(f"{start}, {COUNTS[-1]}"):
            rates = best_rates(record.content["values"], start)
            found = accuracies(digit_readers.shipped(kind), start, rates, digits.test)
            for count, values in zip(COUNTS, found.T, strict=True):
                record.add(f"{start}, {count}", values.tolist())


if __name__ == "__main__":
    main()
