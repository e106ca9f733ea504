"""Chapter 07c: recurrent networks that read pen strokes, and their rivals by nearest neighbour; shipped.

    python benchmarks/run.py ch07c_pen

Pen digits split by writer, as UCI does: 6,494 digits for training, 1,000 by the same writers for choices, 3,498 by 14
others for the test. Kinds: ``pen``, five seeds, trained on 20 copies of the training strokes, each turned, sheared
and moved a little; three seeds each of ``pen_plain``, 20 times the strokes as they are, and of ``pen_shuffled``,
whose points stand in an order of each stroke's own. Settings were chosen on validation strokes of seed 100. Recorded:
accuracy on the validation strokes after the last point ("pen, validation"); of the nearest neighbour by dynamic time
warping on all test strokes its answers ("warping, answers", as one text of digits) and their accuracy. The weights go
to results/ch07c_KIND.npz as float16. No network saw a test stroke.
"""

import numpy as np

from dlcourse import recording, reproducibility, training
from dlcourse.datasets import strokes
from dlcourse.experiments import handwriting
from dlcourse.from_scratch import time_warping

SEEDS, CONTROLS, COPIES = range(5), range(3), 20
KINDS = {"pen": SEEDS, "pen_plain": CONTROLS, "pen_shuffled": CONTROLS}


def trained(kind, seed):
    """(model, accuracy on validation strokes) of one training."""
    digits = strokes.by_writers()
    change = handwriting.untouched if kind == "pen_plain" else strokes.bent
    points, labels = handwriting.copies(digits.train, COPIES, seed, change)
    held = digits.validation.x
    if kind == "pen_shuffled":
        points, held = handwriting.shuffled(points, seed), handwriting.shuffled(held, seed)
    model = handwriting.BUILD[kind](seed)
    handwriting.train_pen(model, points, labels, seed=seed)
    found = training.predict(model, handwriting.pen_features(held))[:, -1].argmax(axis=1)
    accuracy = float(np.mean(found == digits.validation.y))
    print(f"{kind}, seed {seed}: {accuracy:.2%}", flush=True)
    return model, accuracy


def main():
    reproducibility.start(0)
    record = recording.Recording(
        "ch07c_pen", "Accuracy (share) on pen strokes, and hashes of the shipped weights"
    )
    for kind, seeds in KINDS.items():
        if not record.done(f"{kind}, sha256"):
            networks = {seed: trained(kind, seed) for seed in seeds}
            record.add(f"{kind}, validation", [accuracy for _, accuracy in networks.values()])
            models = {seed: model for seed, (model, _) in networks.items()}
            record.add(f"{kind}, sha256", handwriting.ship(kind, models))
    if not record.done("warping, answers"):
        digits = strokes.by_writers()
        known = np.concatenate([digits.train.x, digits.validation.x])
        labels = np.concatenate([digits.train.y, digits.validation.y])
        found = time_warping.nearest(list(digits.test.x), list(known), labels)
        record.add("warping, accuracy", float(np.mean(found == digits.test.y)))
        record.add("warping, answers", "".join(map(str, found)))


if __name__ == "__main__":
    main()
