"""Chapter 06b: detectors of digits in scenes, one for each seed; their weights are shipped.

    python benchmarks/run.py ch06b_detectors

Each is trained on one thread, on scenes that never come twice, composed of MNIST's training digits. Recorded by seed:
how long (processor seconds, scenes), the losses by epoch, and AP on 500 scenes of validation digits. No test digit is
used. The weights go to data/, kernels as float16; the SHA-256 that is printed belongs into data/datasets.toml.
"""

import time

from dlcourse import datasets, recording, reproducibility
from dlcourse.datasets import scenes
from dlcourse.experiments import detectors
from dlcourse.metrics import detection

SEEDS, EPOCHS, BATCHES = range(5), 20, 100


def judged(model, validation):
    """AP and AP50 of a detector on scenes."""
    measured = detection.precision(detectors.found_in(model, validation.x), validation)
    return {"AP": measured.ap, "AP50": measured.at(0.5)}


def main():
    reproducibility.start(0, threads=1)
    about = (
        "AP on 500 scenes of validation digits, losses and seconds, of detectors whose weights are shipped"
    )
    record = recording.Recording("ch06b_detectors", about)
    validation = scenes.compose(datasets.load("mnist").validation, 500, seed=500)
    for seed in SEEDS:
        if record.done(f"seed {seed}"):
            continue
        began = time.process_time()
        model, run = detectors.train(seed, epochs=EPOCHS, batches=BATCHES)
        seconds = time.process_time() - began
        digest = detectors.save(model, detectors.DATA / f"{detectors.NAME}_{seed}.npz")
        values = {
            **judged(model, validation),
            "processor seconds": seconds,
            "scenes": detectors.BATCH * EPOCHS * BATCHES,
            "history": run.history,
            "sha256": digest,
        }
        record.add(f"seed {seed}", values)
        print(f"seed {seed}: AP {values['AP']:.3f}, {seconds:.0f} s, SHA-256 {digest}", flush=True)


if __name__ == "__main__":
    main()
