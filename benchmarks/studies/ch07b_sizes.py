"""Chapter 07b: the same GRU on less text.

    python benchmarks/run.py ch07b_sizes

The network of ch07b_books on three of five fifths of the Italian training text, a seed for each; their weights are
shipped. Recorded: bits per character on the book's validation passages, those of the best n-gram counted on the same
text, seconds. No test passage is used. An interrupted study goes on with the next fifth.
"""

from dlcourse import recording, reproducibility
from dlcourse.experiments import language_models


def main():
    reproducibility.start(0, threads=1)
    record = recording.Recording(
        "ch07b_sizes", "Bits per character of a GRU and of the best n-gram, by how much text they read"
    )
    for seed in range(3):
        language_models.record(record, "italian_fifth", seed, orders=range(3, 8))


if __name__ == "__main__":
    main()
