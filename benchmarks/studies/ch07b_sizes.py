"""Chapter 07b: the same GRU on less text, and on Chinese.

    python benchmarks/run.py ch07b_sizes

The network of ch07b_books on each fifth of the Italian training text (five independent texts; their weights are
shipped), on two fifths of it (two texts), and on the Chinese book (one seed). Recorded: bits per character on the
book's validation passages, those of the best n-gram counted on the same text, seconds. No test passage is used.
"""

from dlcourse import recording, reproducibility
from dlcourse.experiments import language_models

TRAININGS = [
    *[("italian_fifth", seed) for seed in range(5)],
    *[("italian_two_fifths", seed) for seed in range(2)],
    ("chinese_gated", 0),
]


def main():
    reproducibility.start(0, threads=1)
    record = recording.Recording(
        "ch07b_sizes", "Bits per character of a GRU and of the best n-gram, by how much text they read"
    )
    for kind, seed in TRAININGS:
        language_models.record(record, kind, seed, keep=kind == "italian_fifth", orders=range(3, 8))


if __name__ == "__main__":
    main()
