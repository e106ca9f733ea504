"""Chapter 08e: VAEs of spectral frames of recorded instruments; shipped.

    python benchmarks/run.py ch08e_frames

Five seeds of ``experiments.audio.frame_network``, each on its own split by notes, the training notes also played
higher and lower; the same without hidden layers (``frames_linear``), and on the notes as recorded alone
(``frames_unshifted``). Recorded: log-spectral distance in dB on the validation notes of seed 900 by setting
(``tuning``: beta and widths), by which the settings were chosen; and on the validation notes of each seed. The weights
go to results/ch08e_KIND.npz as float16, and each file's SHA-256 into the record.
"""

from dlcourse import recording, reproducibility
from dlcourse.experiments import audio

SEEDS, TUNED = range(5), 900
SETTINGS = [((128,), 1.0), ((128,), 0.3), ((128,), 0.1), ((64,), 0.3)]


KINDS = {
    "frames": {},
    "frames_linear": {"hidden": ()},
    "frames_unshifted": {"shifts": (0.0,), "epochs": 150},
}
"""The last has as many steps on a fifth of the frames."""


def trained(seed, hidden=audio.HIDDEN, beta=0.3, shifts=audio.SHIFTS, epochs=30):
    """A VAE trained on a seed's frames, and its distance on the seed's validation notes."""
    parts = audio.frame_parts(seed, shifts)
    model = audio.frame_network(seed, parts["train"].mean(axis=0), hidden)
    audio.train_frames(model, parts["train"], seed=seed, beta=beta, epochs=epochs)
    return model, audio.distance(parts["validation"], model.reconstruct(parts["validation"]))


def main():
    reproducibility.start(0, threads=1)
    record = recording.Recording(
        "ch08e_frames", "Log-spectral distance in dB on validation notes; hash of the shipped weights"
    )
    if not record.done("tuning"):
        found = {}
        for hidden, beta in SETTINGS:
            _, found[f"hidden {'-'.join(map(str, hidden))}, beta {beta:g}"] = trained(TUNED, hidden, beta)
            print(found, flush=True)
        record.add("tuning", found)
    for kind, settings in KINDS.items():
        if not record.done(f"{kind}, sha256"):
            models, distances = {}, []
            for seed in SEEDS:
                models[seed], found = trained(seed, **settings)
                distances.append(found)
                print(kind, seed, found, flush=True)
            record.add(f"{kind}, distance", distances)
            record.add(f"{kind}, sha256", audio.ship(kind, models))


if __name__ == "__main__":
    main()
