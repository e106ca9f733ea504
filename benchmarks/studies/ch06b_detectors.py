"""Chapter 06b: detectors of digits in scenes, five seeds, and a control; shipped.

    python benchmarks/run.py ch06b_detectors

Each is trained on one thread, on scenes that never come twice, composed of MNIST's training digits: first with six
digits each, which teach more, then with one to six, as they are met with later. ``shuffled`` is a control: the same
network, trained the same way on fewer scenes, each with the boxes and labels of another. Shorter trainings, with fewer
batches in every epoch, show what the length is worth; they aren't shipped. Settings were tried on seed 100. Recorded by
seed: processor seconds, scenes, losses by epoch, and AP on 500 scenes of validation digits; no test digit is used. The
weights go to results/ch06b_KIND_SEED.npz as float16, and the SHA-256 of that file into the record.
"""

import time

import tensorflow as tf

from dlcourse import datasets, recording, reproducibility
from dlcourse.datasets import scenes
from dlcourse.experiments import detectors
from dlcourse.metrics import detection

EPOCHS, BATCHES, SHORTER = 20, {"detector": 640, "shuffled": 256}, (64, 256)
"""Epochs, and batches of each: of what is shipped, and of those detectors that show what the length is worth."""


def judged(model, validation):
    """AP and AP50 of a detector on scenes."""
    measured = detection.precision(detectors.found_in(model, validation.x), validation)
    return {"AP": measured.ap, "AP50": measured.at(0.5)}


def scenes_of(batches):
    """How many scenes a training sees."""
    return detectors.BATCH * EPOCHS * batches


def trained(seed, batches, validation, **how):
    """One training: (the model, what is recorded of it)."""
    began = time.process_time()
    model, run = detectors.train(seed, epochs=EPOCHS, batches=batches, **how)
    seconds = time.process_time() - began
    return model, {
        **judged(model, validation),
        "processor seconds": seconds,
        "scenes": scenes_of(batches),
        "history": run.history,
    }


def main():
    reproducibility.start(0, threads=1)
    tf.config.threading.set_inter_op_parallelism_threads(2)  # one to compute, one that waits for scenes
    record = recording.Recording(
        "ch06b_detectors",
        "AP on 500 scenes of validation digits, losses and seconds, of detectors whose weights are shipped",
    )
    validation = scenes.compose(datasets.load("mnist").validation, 500, seed=500)
    for batches in SHORTER:
        for seed in detectors.KINDS["detector"]:
            key = f"seed {seed}, {scenes_of(batches):,} scenes"
            if not record.done(key):
                record.add(key, trained(seed, batches, validation)[1])
    for kind, seeds in detectors.KINDS.items():
        for seed in seeds:
            key = f"{kind}, seed {seed}"
            if not record.done(key):
                model, values = trained(seed, BATCHES[kind], validation, shuffled=kind == "shuffled")
                record.add(key, {**values, "sha256": detectors.ship(kind, seed, model)})
                print(f"{key}: AP {values['AP']:.3f}, AP50 {values['AP50']:.3f}", flush=True)


if __name__ == "__main__":
    main()
