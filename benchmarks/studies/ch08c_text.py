"""Chapter 08c: networks that translate English number words to Chinese numerals; most are shipped.

    python benchmarks/run.py ch08c_text

About 2,900 numbers of 1 to 7 English words for training, drawn by seed, read 16 times; five seeds of each kind:
``text``, GRUs with dot-product attention; ``text_fixed``, without, of which the writer gets the reader's last state at
each step; ``text_transformer``; and ``text_anywhere``, the same transformer on the same numbers, whose first word
stands at any of six places (the padding before is masked), four draws of the places, four epochs. Settings were chosen
on validation numbers of seed 100. Recorded: the share of validation numbers of 1 to 7 words whose numeral is right from
the first sign to the last; and of one network like ``text_fixed`` whose states are half as wide again (more than twice
the weights), after 32 readings, the shares of test numbers of seed 0, by number of words ("wide, test"). The weights go
to results/ch08c_KIND.npz as float16.
"""

import numpy as np

from dlcourse import recording, reproducibility
from dlcourse.experiments import translation
from dlcourse.models import translators

SEEDS, EPOCHS = range(5), 16
KINDS = ("text", "text_fixed", "text_transformer", "text_anywhere")
PLACES, DRAWS = 5, 4


def trained(kind, seed):
    """(model, share of validation numbers that are right) of one training."""
    pairs = translation.text_pairs("train", seed)
    x, y, epochs = pairs.x, pairs.y, EPOCHS
    if kind == "text_anywhere":
        x = np.concatenate(
            [translation.begun_anywhere(x, PLACES, seed * DRAWS + draw) for draw in range(DRAWS)]
        )
        y, epochs = np.tile(y, (DRAWS, 1)), EPOCHS // DRAWS
    model = translation.BUILD[kind](seed)
    run = translation.train_text(model, x, y, epochs=epochs, seed=seed)
    held = translation.text_pairs("validation", seed, count=500)
    share = translators.exact(model, held.x, held.y)
    print(f"{kind}, seed {seed}: {share:.2%} after {run.seconds:.0f} s", flush=True)
    return model, share


def main():
    reproducibility.start(0, threads=1)
    record = recording.Recording(
        "ch08c_text", "Share of numbers translated whole, and hashes of the shipped weights"
    )
    for kind in KINDS:
        if not record.done(f"{kind}, sha256"):
            networks = {seed: trained(kind, seed) for seed in SEEDS}
            record.add(f"{kind}, validation", [share for _, share in networks.values()])
            models = {seed: model for seed, (model, _) in networks.items()}
            record.add(f"{kind}, sha256", translation.ship(kind, models))
    if not record.done("wide, test"):
        pairs, model = translation.text_pairs("train", 0), translation.text_translator(0, None, 96)
        translation.train_text(model, pairs.x, pairs.y, epochs=2 * EPOCHS, seed=0)
        record.add("wide, test", translation.by_words(model, translation.tests(0)))


if __name__ == "__main__":
    main()
