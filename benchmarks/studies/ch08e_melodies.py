"""Chapter 08e: VAEs of two-bar chorale melodies, and a network of the same kind without a code; shipped.

    python benchmarks/run.py ch08e_melodies

Five seeds of each kind of ``experiments.audio.MELODY``, each on its own split by tunes. Recorded: bits per note on the
validation windows and seconds, by seed; the n-grams' order and places in the bar, tuned on the validation windows of
seed 900. The weights go to results/ch08e_melodies_KIND.npz as float16, and the SHA-256 of each file into the record.
The networks' two epochs and their learning rate weren't tuned; a few trials on seed 900 led to them.
"""

import time

from dlcourse import recording, reproducibility
from dlcourse.experiments import audio

SEEDS, TUNED = range(5), 900


def count(record):
    """The n-grams by order and number of places in the bar."""
    if not record.done("n-grams"):
        train, validation, _ = audio.melody_parts(TUNED)
        found = {
            f"order {order}, {beats} places": audio.NoteCounts(order, train, beats).bits_per_note(validation)
            for beats in (1, 2, 8)
            for order in (1, 2, 3, 4, 5, 6, 7)
        }
        record.add("n-grams", found)
        best = min(found, key=found.get)
        record.add("best n-gram", [int(word) for word in best.replace(",", "").split() if word.isdigit()])
        print(found, flush=True)


def main():
    reproducibility.start(0, threads=1)
    record = recording.Recording(
        "ch08e_melodies", "Bits per note of held-out two-bar melodies; hashes of the shipped weights"
    )
    count(record)
    for kind, settings in audio.TRAINED.items():
        if not record.done(f"melodies_{kind}, sha256"):
            models, bits, seconds = {}, [], []
            for seed in SEEDS:
                train, validation, _ = audio.melody_parts(seed)
                models[seed] = audio.melody_network(kind, seed)
                start = time.process_time()
                audio.train_melodies(models[seed], train, seed=seed, **settings)
                seconds.append(time.process_time() - start)
                bits.append(audio.bits_per_note(models[seed], validation, draws=50))
                print(kind, seed, f"{bits[-1]:.3f} bits per note, {seconds[-1]:.0f} s", flush=True)
            record.add(f"melodies_{kind}, bits", bits)
            record.add(f"melodies_{kind}, processor seconds", seconds)
            record.add(f"melodies_{kind}, sha256", audio.ship(f"melodies_{kind}", models))


if __name__ == "__main__":
    main()
