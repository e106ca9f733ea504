"""Chapter 07b: a GRU against the best n-gram, by how much text there is.

    python benchmarks/run.py ch07b_sizes

The Italian book, of which 50,000 or 150,000 characters are read, in pieces from all over it; two seeds. The
order of the n-gram is chosen on the validation passages at each size.
Recorded: bits per character on the test passages, for the n-gram and by seed.
"""

from dlcourse import recording, reproducibility
from dlcourse.experiments import language_models

EPOCHS = {50_000: 16, 150_000: 9}
"""Readings of the text: the less there is, the more of them."""


def main():
    reproducibility.start(0, threads=1)
    record = recording.Recording(
        "ch07b_sizes", "Bits per character on test passages, by characters of training text; networks by seed"
    )
    book = language_models.book("italian")
    for characters, epochs in EPOCHS.items():
        tokens = language_models.spread(book.training, characters)
        if not record.done(f"n-gram, {characters}"):
            order = language_models.best_order("italian", tokens=tokens)
            paid = language_models.counted("italian", order, tokens=tokens).mean()
            record.add(f"n-gram, {characters}", {"order": int(order), "test": float(paid)})
        if not record.done(f"network, {characters}"):
            paid = []
            for seed in range(2):
                model, _ = language_models.trained("italian_gated", seed, tokens, epochs)
                paid.append(float(language_models.bits(model, book.test).mean()))
                print(f"{characters}, seed {seed}: {paid[-1]:.3f}", flush=True)
            record.add(f"network, {characters}", paid)


if __name__ == "__main__":
    main()
