"""Chapter 06b: detectors of digits in scenes, five seeds, and a control; shipped.

    python benchmarks/run.py ch06b_detectors

Each is trained on one thread, on scenes that never come twice, composed of MNIST's training digits: first with six
digits each, which teach more, then with one to six, as they are met with later. ``shuffled`` is a control: the same
network, trained the same way, each scene with the boxes and labels of another. ``other length`` are trainings like the
first with another number of batches in every epoch; they aren't shipped. Settings were tried on seed 100. Recorded by
seed: processor seconds, scenes, losses by epoch, and AP on 500 scenes of validation digits; no test digit is used. The
weights go to results/ch06b_KIND_SEED.npz as float16, and the SHA-256 of that file into the record.
"""

import time

import tensorflow as tf

from dlcourse import datasets, recording, reproducibility
from dlcourse.datasets import scenes
from dlcourse.experiments import detectors
from dlcourse.metrics import detection

EPOCHS, BATCHES = 20, 256
OTHER, OTHER_BATCHES = range(5), 64
"""Seeds and batches of the trainings of another length."""


def judged(model, validation):
    """AP and AP50 of a detector on scenes."""
    measured = detection.precision(detectors.found_in(model, validation.x), validation)
    return {"AP": measured.ap, "AP50": measured.at(0.5)}


def trained(kind, seed, validation):
    """One training: what is recorded of it; the weights are written where they are shipped."""
    batches = OTHER_BATCHES if kind == "other length" else BATCHES
    began = time.process_time()
    model, run = detectors.train(seed, epochs=EPOCHS, batches=batches, shuffled=kind == "shuffled")
    seconds = time.process_time() - began
    found = {
        **judged(model, validation),
        "processor seconds": seconds,
        "scenes": detectors.BATCH * EPOCHS * batches,
        "history": run.history,
    }
    return {**found, "sha256": detectors.ship(kind, seed, model)} if kind in detectors.KINDS else found


def main():
    reproducibility.start(0, threads=1)
    tf.config.threading.set_inter_op_parallelism_threads(2)  # one to compute, one that waits for scenes
    record = recording.Recording(
        "ch06b_detectors",
        "AP on 500 scenes of validation digits, losses and seconds, of detectors whose weights are shipped",
    )
    validation = scenes.compose(datasets.load("mnist").validation, 500, seed=500)
    for kind, seeds in {**detectors.KINDS, "other length": OTHER}.items():
        for seed in seeds:
            if not record.done(f"{kind}, seed {seed}"):
                values = trained(kind, seed, validation)
                record.add(f"{kind}, seed {seed}", values)
                print(f"{kind}, seed {seed}: AP {values['AP']:.3f}, AP50 {values['AP50']:.3f}", flush=True)


if __name__ == "__main__":
    main()
