"""Chapter 07b: the same small GRU, its gradient cut off after 2, 10 or 50 characters; shipped.

    python benchmarks/run.py ch07b_truncation

Five seeds of each, every one on a fifth of the Italian book of its own. A network reads its text from end to end, its
state carried on, and changes its weights after every piece of 2, 10 or 50 characters in each of 400, 80 or 16 places:
so each update is made from 800 characters, and all have as many updates. Nothing was tuned; the learning rate is that
of the larger GRU. Recorded: bits per character on the validation passages ("2, validation"), and the SHA-256 of the
weights in results/ch07b_truncation_2.npz, ..._10.npz and ..._50.npz.
"""

import keras
import numpy as np

from dlcourse import recording, reproducibility
from dlcourse.experiments import language_models, shipped_weights

CHARACTERS, READINGS, SEEDS = 800, 8, range(5)


def trained(piece, seed):
    """(model, bits per character on the validation passages) of one training."""
    book = language_models.book("italian")
    text = np.array_split(book.training, len(SEEDS))[seed]
    keras.utils.set_random_seed(seed)
    model = language_models.small_network(len(book.alphabet), fused=True)
    seconds = language_models.read_on(
        model, text, readings=READINGS, seed=seed, piece=piece, rows=CHARACTERS // piece
    )
    paid = float(language_models.bits(model, book.validation).mean())
    print(f"pieces of {piece}, seed {seed}: {paid:.3f} bits per character, {seconds:.0f} s", flush=True)
    return model, paid


def main():
    reproducibility.start(0)
    record = recording.Recording(
        "ch07b_truncation",
        "Bits per character on validation passages by how far back the gradient goes, and hashes of the shipped "
        "weights",
    )
    for piece in language_models.TRUNCATIONS:
        if not record.done(f"{piece}, sha256"):
            networks = {seed: trained(piece, seed) for seed in SEEDS}
            record.add(f"{piece}, validation", [paid for _, paid in networks.values()])
            models = {seed: model for seed, (model, _) in networks.items()}
            record.add(f"{piece}, sha256", shipped_weights.save_kind("ch07b_truncation", str(piece), models))


if __name__ == "__main__":
    main()
