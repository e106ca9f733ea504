"""Chapter 07b: networks that predict the next character of an Italian book; shipped.

    python benchmarks/run.py ch07b_books

Five seeds of a GRU and five of a transformer, each on the training text of Dante's Commedia. Recorded for each: bits
per character on the validation passages, seconds, and the SHA-256 of results/ch07b_KIND_SEED.npz, the weights as
float16; what n-grams of each order pay on the same passages; a GRU that read the text twice as often, which isn't
shipped; and, once at the end, what the shipped networks pay on all test passages. Settings were chosen by validation
passages, on a seed that isn't among these: the transformer's by eight trainings (blocks, dropout, optimiser, its peak,
readings). An interrupted study goes on with the next seed.
"""

from dlcourse import recording, reproducibility
from dlcourse.experiments import language_models

KINDS, SEEDS = ("italian_gated", "italian_transformer"), range(5)
LONGER = "italian_gated_longer, seed 0"


def main():
    reproducibility.start(0, threads=1)
    record = recording.Recording(
        "ch07b_books",
        "Bits per character on validation passages of an Italian book, by network and by order of n-gram",
    )
    if not record.done("n-grams"):
        orders = {n: language_models.counted("italian", n, "validation").mean() for n in range(1, 10)}
        record.add("n-grams", {str(order): float(paid) for order, paid in orders.items()})
    for kind in KINDS:
        for seed in SEEDS:
            language_models.record(record, kind, seed)
    if not record.done(LONGER):
        record.add(LONGER, language_models.measured("italian_gated_longer", 0)[1])
    if not record.done("test"):
        record.add("test", {kind: paid_on_test(kind) for kind in KINDS})


def paid_on_test(kind):
    """Bits per character of the shipped networks of a kind on all test passages, by seed."""
    networks, setting = language_models.shipped(kind, "ch07b_books"), language_models.SETTINGS[kind]
    rows = language_models.book(setting.book).test
    paid = language_models.in_turn(
        networks, lambda network: language_models.bits(network, rows, setting.window)
    )
    return [float(of_seed.mean()) for of_seed in paid.values()]


if __name__ == "__main__":
    main()
