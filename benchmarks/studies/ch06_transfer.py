"""Chapter 06a: networks that read MNIST learn 5 to 9 of other digits from few labels: frozen, fine-tuned, afresh.

    python benchmarks/run.py ch06_transfer

The other digits are those of 8 by 8 dots, and pen strokes drawn as pictures. Two kinds of networks, which know MNIST's
digits 0 to 9, or 0 to 4 only. Recorded by "start, labels, rate 0.002", where start is such as "frozen, 0 to 9" or "from
scratch", for the pen strokes by "pen strokes, start, labels, rate 0.002": accuracies on their validation digits after
150 steps from so many labels per class, by seed, with networks of the seeds 6 to 8, trained here as those that are
shipped: the grid from which the chapter takes learning rates.

Recorded by "start, labels", or "pen strokes, start, labels": accuracies on the test digits, each at its best rate of
that grid, with the networks that ch06_readers ships (seeds 1 to 5).
"""

from dlcourse import datasets, recording, reproducibility
from dlcourse.experiments import digit_readers, sample_efficiency, transfer

RATES = [0.00025 * 2**power for power in range(13)]
COUNTS, TUNING = [1, 2, 5, 10, 20, 50], range(6, 9)
KNOWN = {"0 to 9": "small", "0 to 4": "small_0_to_4"}
SOURCES = {"digits": "", "pen_digits": "pen strokes, "}
STARTS = [f"{start}, {known}" for start in ("frozen", "fine-tuned") for known in KNOWN] + ["from scratch"]


def kind_of(start):
    """(contender of ``transfer.few_labels``, kind of trained network) of a start such as "frozen, 0 to 9"."""
    contender, _, known = start.partition(", ")
    return contender, KNOWN[known or "0 to 9"]


def rates_tried(start):
    """Those of the grid that a contender is tried at: a last layer by itself takes larger ones."""
    return RATES[3:] if start.startswith("frozen") else RATES[:8]


def new_digits(split):
    """Of the 8 by 8 digits or the pen strokes, 5 to 9, as MNIST has its own."""
    drawn = transfer.drawn if split.x.shape[1:] == (8, 2) else transfer.like_mnist
    return drawn(transfer.of_classes(split, range(5, 10)))


def accuracies(readers, start, rates, score, new=None):
    """Accuracies on a Split of other digits, float (networks, counts).

    Args:
        rates: dict from labels per class to learning rate.
        new: Split to draw the labels from; those of the 8 by 8 digits without it.
    """
    new, contender = new or datasets.load("digits").train, kind_of(start)[0]
    return transfer.few_labels(
        readers, digit_readers.small_0_to_4, new_digits(new), new_digits(score),
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
        "Accuracy (share) on 5 to 9 of other digits after learning from few labels, by network",
    )
    tuned_on = {}
    for name, prefix in SOURCES.items():
        digits = datasets.load(name)
        for start in STARTS:
            kind = kind_of(start)[1]
            for rate in rates_tried(start):
                if record.done(f"{prefix}{start}, {COUNTS[-1]}, rate {rate}"):
                    continue
                if kind not in tuned_on:
                    tuned_on[kind] = others(kind)
                rates = dict.fromkeys(COUNTS, rate)
                found = accuracies(tuned_on[kind], start, rates, digits.validation, digits.train)
                for count, values in zip(COUNTS, found.T, strict=True):
                    record.add(f"{prefix}{start}, {count}, rate {rate}", values.tolist())
            if not record.done(f"{prefix}{start}, {COUNTS[-1]}"):
                rates = best_rates(record.content["values"], f"{prefix}{start}")
                found = accuracies(digit_readers.shipped(kind), start, rates, digits.test, digits.train)
                for count, values in zip(COUNTS, found.T, strict=True):
                    record.add(f"{prefix}{start}, {count}", values.tolist())


if __name__ == "__main__":
    main()
