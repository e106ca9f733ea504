"""Chapter 07d: networks that tell apart how a digit moves, at equal parameters; shipped.

    python benchmarks/run.py ch07d_motion

Kinds of ``experiments.moving_digits.motion_network`` (``doubled`` is the control of pairs), five seeds each, and
``motion_shuffled``: kernels over time on clips whose frames stand in an order drawn for each clip. Each network is
trained on clips of its own seed. First each kind chooses its learning rate on seed 900, by clips of validation digits
(``rates``): the best of ``PEAKS``, and of their halves or doubles where an edge is best by a point or more. The
convolutional LSTM, whose trainings differ widely, chooses on seeds 900 and 901. A single frame and shuffled frames
keep to ``PEAKS``.

Recorded: accuracy on 500 clips of validation digits, and each training's seconds. The weights go to
results/ch07d_motion_KIND.npz as float16, and the SHA-256 of that file into the record. No test digit is used.
"""

import numpy as np

from dlcourse import recording, reproducibility, training
from dlcourse.experiments import moving_digits

SEEDS, CLIPS, EPOCHS = range(5), 5_000, 4
KINDS = ("single", "differences", "doubled", "pairs", "lstm", "volume", "convlstm", "shuffled")
PEAKS = (0.003, 0.006, 0.012)
TUNING = {"all": (900,), "convlstm": (900, 901)}


def trained(kind, seed, peak):
    """(model, accuracy on clips of validation digits, seconds) of one training."""
    train = moving_digits.motion_clips("train", CLIPS, seed)
    held = moving_digits.motion_clips("validation", 500, seed + 1_000)
    if kind == "shuffled":
        train, held = (moving_digits.shuffled(clips, seed) for clips in (train, held))
    model = moving_digits.BUILD[f"motion_{kind}"](seed)
    run = moving_digits.train_motion(model, train, epochs=EPOCHS, seed=seed, peak=peak)
    found = training.predict(model, held.x, batch_size=200).argmax(axis=1)
    accuracy = float(np.mean(found == held.y))
    print(f"\n{kind}, seed {seed}, rate {peak}: {accuracy:.1%}, {run.seconds:.0f} s", flush=True)
    return model, accuracy, run.seconds


def tuned(record, kind):
    """The best learning rate on other seeds; the grid goes on by factors of two while an edge is best by a point."""
    of_rate = dict(record.content["values"].get(f"motion_{kind}, rates", {}))
    seeds = TUNING.get(kind, TUNING["all"])
    wanted = set(PEAKS)
    while True:
        for peak in sorted(wanted):
            known = of_rate.setdefault(str(peak), [])
            for seed in seeds[len(known) :]:
                known.append(trained(kind, seed, peak)[1])
                record.add(f"motion_{kind}, rates", of_rate)
        best = max(sorted(wanted), key=lambda peak: np.mean(of_rate[str(peak)]))
        rivals = sorted(np.mean(of_rate[str(peak)]) for peak in wanted)
        if {best / 2, best * 2} <= wanted or rivals[-1] - rivals[-2] < 0.01 or kind in ("single", "shuffled"):
            return best
        wanted |= {best / 2, best * 2}


def main():
    reproducibility.start(0)
    record = recording.Recording(
        "ch07d_motion", "Accuracy (share) on 500 clips of validation digits; hashes of the shipped weights"
    )
    for kind in KINDS:
        name = f"motion_{kind}"
        peak = tuned(record, kind)
        if not record.done(f"{name}, sha256") or record.content["values"][f"{name}, rate"] != peak:
            networks = {seed: trained(kind, seed, peak) for seed in SEEDS}
            record.add(f"{name}, rate", peak)
            record.add(f"{name}, accuracy", [accuracy for _, accuracy, _ in networks.values()])
            record.add(f"{name}, seconds", [seconds for *_, seconds in networks.values()])
            models = {seed: model for seed, (model, *_) in networks.items()}
            record.add(f"{name}, sha256", moving_digits.ship(name, models))


if __name__ == "__main__":
    main()
