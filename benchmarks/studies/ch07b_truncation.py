"""Chapter 07b: how far back gradients must go, in a GRU that reads a book as one stream.

    python benchmarks/run.py ch07b_truncation

Gradients are cut after 5, 20 or 80 characters, with the state carried on; and after 20 with the state set to zeros.
Three seeds each, the same number of steps and of characters per step. Recorded: bits per character on the
validation passages, each read in one go.
"""

from dlcourse import recording, reproducibility
from dlcourse.experiments import language_models


def main():
    reproducibility.start(0, threads=1)
    record = recording.Recording(
        "ch07b_truncation",
        "Bits per character on validation passages, three seeds, by where gradients are cut",
    )
    rows = language_models.book("italian").validation
    for name, (back, carry) in language_models.TRUNCATED.items():
        if not record.done(name):
            paid = []
            for seed in range(3):
                model = language_models.carried(seed, back, carry=carry)
                paid.append(float(language_models.bits(model, rows).mean()))
                print(f"{name}, seed {seed}: {paid[-1]:.3f}", flush=True)
            record.add(name, paid)


if __name__ == "__main__":
    main()
