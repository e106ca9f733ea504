"""Chapter 07b: the same GRUs on less text.

    python benchmarks/run.py ch07b_sizes

The Italian book's network (``ch07b_books``) on the five fifths of its training text, shipped; the Chinese one's
(``ch07b_chinese``) on fifths and halves. Of those, which aren't shipped, bits per character on test passages are
recorded as well, once each, beside those of the n-gram, counted on the same text, whose order is the best on validation
passages. An interrupted study goes on with the next network.
"""

from dlcourse import recording, reproducibility
from dlcourse.experiments import language_models

ORDERS = {"italian": range(3, 8), "chinese": range(2, 5)}
NETWORKS = {"chinese_fifth": range(5), "chinese_half": range(2)}
"""What isn't shipped, and its seeds."""


def main():
    reproducibility.start(0, threads=1)
    record = recording.Recording(
        "ch07b_sizes", "Bits per character of a GRU and of the best n-gram, by how much text they read"
    )
    for seed in range(5):
        language_models.record(record, "italian_fifth", seed, orders=ORDERS["italian"])
    for kind, seeds in NETWORKS.items():
        for seed in seeds:
            if not record.done(f"{kind}, seed {seed}"):
                orders = ORDERS[language_models.SETTINGS[kind].book]
                _, values = language_models.measured(kind, seed, ("validation", "test"), orders)
                record.add(f"{kind}, seed {seed}", values)


if __name__ == "__main__":
    main()
