"""Chapter 07b: networks that predict the next character of an Italian book; shipped.

    python benchmarks/run.py ch07b_books

Seeds of a GRU and of a transformer, each on nine tenths of Dante's Commedia, less the passages held out
for the test. The settings were not searched. Recorded for each: bits per character on the validation
passages, seconds, and the SHA-256 of results/ch07b_KIND_SEED.npz, the weights as float16; and what n-grams of each
order pay on the same passages. No test passage is used. An interrupted study goes on with the next seed; for a
longer run raise ``epochs`` in ``language_models.SETTINGS`` and take away this study's results.
"""

from dlcourse import recording, reproducibility
from dlcourse.experiments import language_models

TRAININGS = [
    *[(kind, seed) for seed in range(3) for kind in ("italian_gated", "italian_transformer")],
    *[("italian_gated", seed) for seed in (3, 4)],
]


def record_one(record, kind, seed):
    """Train, ship and record a network, if it isn't recorded yet."""
    setting = language_models.SETTINGS[kind]
    book, key = language_models.book(setting.book), f"{kind}, seed {seed}"
    if not record.done(key):
        model, seconds = language_models.trained(kind, seed)
        paid = language_models.bits(model, book.validation, setting.window).mean()
        sha256 = language_models.ship(kind, seed, model)
        print(f"{key}: {paid:.3f} bits per character after {seconds:.0f} s", flush=True)
        record.add(key, {"validation": float(paid), "seconds": seconds, "sha256": sha256})


def main():
    reproducibility.start(0, threads=1)
    record = recording.Recording(
        "ch07b_books",
        "Bits per character on validation passages of an Italian book, by network and by order of n-gram",
    )
    if not record.done("n-grams"):
        orders = {n: language_models.counted("italian", n, "validation").mean() for n in range(1, 10)}
        record.add("n-grams", {str(order): float(paid) for order, paid in orders.items()})
    for kind, seed in TRAININGS:
        record_one(record, kind, seed)


if __name__ == "__main__":
    main()
