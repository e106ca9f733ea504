"""Chapter 06b: our detector beside YOLO11n, Ultralytics' smallest YOLO11, on the same scenes for the same time.

    python benchmarks/run.py ch06b_peer

The peer is trained from untrained weights for as many processor seconds of one thread as our detector of seed 0 took
(``ch06b_detectors``), on the same scenes in the same order. Its learning rate is the better of two on scenes of
validation digits, each tried for a sixth of the time, with seed 100: the one that Ultralytics chooses for ten classes,
and one three times as high. Both are judged on the chapter's 1,000 test scenes. Recorded: AP, AP50, scenes seen,
weights, and the processor seconds of one thread from image to boxes, per image, in batches of 50. The peer comes by
pip install -r benchmarks/requirements.txt. What is recorded was measured beside a detector of 81,920 scenes, fewer than
the shipped ones have seen since.
"""

import importlib.util
import pathlib
import tempfile
import time

import numpy as np

from dlcourse import datasets, recording, reproducibility
from dlcourse.datasets import scenes
from dlcourse.experiments import detectors
from dlcourse.metrics import detection
from dlcourse.models.boxes import Found

SCENES, RATES, SHORT = 1_000, (0.0007, 0.002), 6
CONTENDERS = pathlib.Path(__file__).resolve().parents[1] / "detection_contenders.py"


def judged(found, truth):
    """AP and AP50 of a list of Found."""
    measured = detection.precision(found, truth)
    return {"AP": measured.ap, "AP50": measured.at(0.5)}


def peer(truth, **settings):
    """One training of the peer: what its process says, and AP on the scenes it was judged on."""
    with tempfile.TemporaryDirectory() as folder:
        out = str(pathlib.Path(folder, "found.npz"))
        said = recording.in_its_own_process(CONTENDERS, {**settings, "scenes": len(truth), "out": out})
        with np.load(out) as stored:
            parts = np.split(stored["rows"], np.cumsum(stored["counts"])[:-1])
    found = [Found(rows[:, :4], rows[:, 5].astype(int), rows[:, 4]) for rows in parts]
    return {**said, **judged(found, truth)}


def ours(truth):
    """The shipped network of seed 0 on the same scenes."""
    model = detectors.shipped("detector")[0]
    detectors.found_in(model, truth.x[:100])  # compiled before the clock runs
    began = time.process_time()
    found = detectors.found_in(model, truth.x)
    each = (time.process_time() - began) / len(truth)
    return {"parameters": model.count_params(), "seconds per image": each, **judged(found, truth)}


def main():
    reproducibility.start(0, threads=1)
    if importlib.util.find_spec("ultralytics") is None:
        raise SystemExit("Ultralytics is not installed: pip install -r benchmarks/requirements.txt")
    record = recording.Recording(
        "ch06b_peer", "AP on 1,000 test scenes and processor seconds per image, our detector and YOLO11n"
    )
    digits = datasets.load("mnist")
    own = recording.load(detectors.STUDY)["detector, seed 0"]
    seconds = own["processor seconds"]
    validation = scenes.compose(digits.validation, 300, seed=500)
    for rate in RATES:
        if not record.done(f"YOLO11n, learning rate {rate}, validation"):
            tried = peer(validation, seconds=seconds / SHORT, peak=rate, seed=100, split="validation")
            record.add(f"YOLO11n, learning rate {rate}, validation", tried)
            print(rate, tried, flush=True)
    values = recording.load("ch06b_peer")
    best = max(RATES, key=lambda rate: values[f"YOLO11n, learning rate {rate}, validation"]["AP"])
    test = scenes.compose(digits.test, SCENES, seed=0)
    if not record.done("ours"):
        record.add("ours", {**ours(test), "seconds": seconds, "scenes": own["scenes"]})
    if not record.done("YOLO11n"):
        found = peer(test, seconds=seconds, peak=best, seed=0)
        record.add("YOLO11n", {**found, "learning rate": best, "seconds": seconds})
        print(found, flush=True)


if __name__ == "__main__":
    main()
