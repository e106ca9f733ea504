"""Chapter 07c: recurrent networks that read pen strokes, and their rivals by nearest neighbour; shipped.

    python benchmarks/run.py ch07c_pen

Pen digits split by writer, as UCI does: 6,494 digits for training, 1,000 by the same writers, 3,498 by 14 others
for the test. Kinds, five seeds of each: ``pen``, trained on 12 copies of the training strokes, each turned, sheared
and moved a little; ``pen_straight``, on 12 copies that are left as they are; ``pen_dense``, a perceptron on the same
bent copies, with as many weights, that has all points at once; ``pen_shuffled``, whose points stand in an order of each
stroke's own. Settings are a first guess: nothing was tuned. Recorded: accuracy on the 1,000 after the last point ("pen,
validation"); of the nearest neighbour by dynamic time warping its answers on every fourth test stroke ("warping,
answers", as one text of digits) and their accuracy; of the nearest neighbour point by point, among the strokes and 12
bent copies, its accuracy on all test strokes by seed of the bending ("bent, accuracy"). The weights go to
results/ch07c_KIND.npz as float16. No network saw a test stroke.
"""

import numpy as np

from dlcourse import recording, reproducibility, training
from dlcourse.datasets import strokes
from dlcourse.experiments import handwriting
from dlcourse.from_scratch import time_warping

SEEDS, COPIES, EVERY = range(5), 12, 4
KINDS = ("pen", "pen_straight", "pen_dense", "pen_shuffled")


def unchanged(points, seed):
    """Strokes as they are."""
    return points


def trained(kind, seed):
    """(model, accuracy on validation strokes) of one training."""
    digits = strokes.by_writers()
    change = unchanged if kind == "pen_straight" else strokes.bent
    points, labels = handwriting.copies(digits.train, COPIES, seed, change)
    held = digits.validation.x
    if kind == "pen_shuffled":
        points, held = handwriting.shuffled(points, seed), handwriting.shuffled(held, seed)
    model = handwriting.BUILD[kind](seed)
    handwriting.train_pen(model, points, labels, seed=seed)
    logits = training.predict(model, handwriting.pen_features(held))
    found = (logits[:, -1] if logits.ndim == 3 else logits).argmax(axis=1)
    accuracy = float(np.mean(found == digits.validation.y))
    print(f"{kind}, seed {seed}: {accuracy:.2%}", flush=True)
    return model, accuracy


def among_bent(digits, known, labels, seed):
    """Accuracy on the test strokes of the nearest neighbour, point by point, among strokes and their bent copies."""
    bent, their_labels = handwriting.copies(digits.train, COPIES, seed)
    known = np.concatenate([known, bent]).reshape(-1, 16)
    labels, half = np.concatenate([labels, their_labels]), (known**2).sum(axis=1) / 2
    parts = np.array_split(digits.test.x.reshape(-1, 16), 8)
    found = labels[np.concatenate([(half - part @ known.T).argmin(axis=1) for part in parts])]
    return float(np.mean(found == digits.test.y))


def main():
    reproducibility.start(0)
    record = recording.Recording(
        "ch07c_pen", "Accuracy (share) on pen strokes, and hashes of the shipped weights"
    )
    for kind in KINDS:
        if not record.done(f"{kind}, sha256"):
            networks = {seed: trained(kind, seed) for seed in SEEDS}
            record.add(f"{kind}, validation", [accuracy for _, accuracy in networks.values()])
            models = {seed: model for seed, (model, _) in networks.items()}
            record.add(f"{kind}, sha256", handwriting.ship(kind, models))
    digits = strokes.by_writers()
    known = np.concatenate([digits.train.x, digits.validation.x])
    labels = np.concatenate([digits.train.y, digits.validation.y])
    if not record.done("bent, accuracy"):
        record.add("bent, accuracy", [among_bent(digits, known, labels, seed) for seed in SEEDS])
    if not record.done("warping, answers"):
        judged = digits.test.x[::EVERY], digits.test.y[::EVERY]
        found = time_warping.nearest(list(judged[0]), list(known), labels)
        record.add("warping, accuracy", float(np.mean(found == judged[1])))
        record.add("warping, answers", "".join(map(str, found)))


if __name__ == "__main__":
    main()
