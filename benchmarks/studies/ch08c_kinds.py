"""Chapter 08c: attention in a model that writes from nothing and in one that only sorts; their weights are shipped.

    python benchmarks/run.py ch08c_kinds

``kinds_writer``, a causal transformer, and ``kinds_recurrent_writer``, a GRU, write Chinese numerals from nothing: both
learn from 10,000 numbers drawn from 1 to 99,999, twice over. ``kinds_classifier``, whose steps are mixed by attention,
and ``kinds_dense_classifier``, with two dense layers in its place and half as many weights again, say which digit was
spoken (2,100 recordings of chapter 06c's split, eight epochs). Five seeds of each. Settings are a first guess; nothing
was tuned. Recorded: of 300 numerals that a writer draws the share that are numerals of 1 to 99,999, and of 300
validation recordings the share that are classified right. The weights go to results/ch08c_KIND.npz as float16.
"""

import numpy as np

from dlcourse import recording, reproducibility, training
from dlcourse.datasets import numerals
from dlcourse.experiments import spoken_digits, translation

SEEDS = range(5)
KINDS = ("kinds_writer", "kinds_recurrent_writer", "kinds_classifier", "kinds_dense_classifier")


def trained(kind, seed):
    """(model, share right) of one training."""
    model = translation.BUILD[kind](seed)
    if kind.endswith("writer"):
        run = translation.train_writer(model, translation.uniform_numbers(10_000, seed)[0], seed=seed)
        drawn = translation.written(model, 300, seed + 1_000)
        share = float(np.mean([numerals.value(text) in range(1, 100_000) for text in drawn]))
    else:
        train, validation, _ = spoken_digits.parts(seed)
        run = spoken_digits.train_words(model, spoken_digits.arrays(train), epochs=8, seed=seed)
        x, digits = spoken_digits.arrays(validation)
        share = float(np.mean(training.predict(model, x).argmax(axis=1) == digits))
    print(f"{kind}, seed {seed}: {share:.2%} after {run.seconds:.0f} s", flush=True)
    return model, share


def main():
    reproducibility.start(0, threads=1)
    record = recording.Recording(
        "ch08c_kinds",
        "Share of numerals that are valid or of digits that are right, hashes of shipped weights",
    )
    for kind in KINDS:
        if not record.done(f"{kind}, sha256"):
            networks = {seed: trained(kind, seed) for seed in SEEDS}
            record.add(f"{kind}, validation", [share for _, share in networks.values()])
            models = {seed: model for seed, (model, _) in networks.items()}
            record.add(f"{kind}, sha256", translation.ship(kind, models))


if __name__ == "__main__":
    main()
