"""Chapter 08c: networks that hear strings of digits and write Chinese numerals; their weights are shipped.

    python benchmarks/run.py ch08c_speech

Recordings are split by seed as in chapter 06c. Each of five networks, ``speech``, is trained on 1,200 batches of new
strings of 3 or 4 training recordings, some of them stretched. Sizes, batches and learning rate were chosen on
validation strings of seeds 100 and 101, and of seeds 0 and 1. Recorded: the share of 400 strings of validation
recordings whose numeral is right from the first sign to the last. The weights go to results/ch08c_speech.npz as
float16.
"""

from dlcourse import recording, reproducibility
from dlcourse.experiments import spoken_digits, translation
from dlcourse.models import translators

SEEDS, BATCHES = range(5), 1_200
KINDS = ("speech",)


def trained(kind, seed):
    """(model, share of validation strings that are right) of one training."""
    train, validation, _ = spoken_digits.parts(seed)
    model = translation.BUILD[kind](seed)
    items, digits = spoken_digits.training_words(train, seed)
    run = translation.train_speech(model, items, digits, batches=BATCHES, seed=seed, peak=0.005)
    x, y, _ = translation.spoken_numbers(
        spoken_digits.strings_of(validation, 400, seed + 1_000, words=(3, 4))
    )
    share = translators.exact(model, x, y)
    print(f"{kind}, seed {seed}: {share:.2%} after {run.seconds:.0f} s", flush=True)
    return model, share


def main():
    reproducibility.start(0, threads=1)
    record = recording.Recording(
        "ch08c_speech",
        "Share of strings of 3 or 4 digits translated whole, and hashes of the shipped weights",
    )
    for kind in KINDS:
        if not record.done(f"{kind}, sha256"):
            networks = {seed: trained(kind, seed) for seed in SEEDS}
            record.add(f"{kind}, validation", [share for _, share in networks.values()])
            models = {seed: model for seed, (model, _) in networks.items()}
            record.add(f"{kind}, sha256", translation.ship(kind, models))


if __name__ == "__main__":
    main()
