"""Chapter 05: how strong each regulariser should be, on small sets of digits with and without wrong labels.

    python benchmarks/run.py ch05_regularizers

Recorded by "noise, regulariser, strength": held-out error (share) after 40 epochs, one value per draw of 500 digits.
The chapter takes the strengths of the smallest mean error and measures them on other draws and other held-out digits.
"""

import numpy as np

from dlcourse import datasets, recording, reproducibility
from dlcourse.datasets import Split, transforms
from dlcourse.training import hyperparameters

GRIDS = {
    "l2": [1e-4 * 2**k for k in range(9)],
    "weight_decay": [2e-3 * 2**k for k in range(9)],
    "dropout": [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7],
    "label_smoothing": [0.0125, 0.025, 0.05, 0.1, 0.2, 0.3, 0.4, 0.6, 0.8, 0.9, 0.95],
    "shifts": [0.1, 0.2, 0.4, 0.6, 0.8, 1.0],
}
EXAMPLES, EPOCHS, DRAWS = 500, 40, range(100, 106)


def digits(mnist, draw, noise):
    """A Tunable with 500 digits of this draw; a share ``noise`` of their labels is replaced by random ones."""
    examples = mnist.train.take(EXAMPLES, draw)
    random = np.random.default_rng(draw)
    wrong = random.random(EXAMPLES) < noise
    labels = np.where(wrong, random.integers(0, 10, EXAMPLES), examples.y).astype("int32")
    train = Split(transforms.pooled(examples).x, labels)
    return hyperparameters.Tunable(train, 10, transforms.shifted(examples))


def errors(noise, grids, draws=DRAWS):
    """{"regulariser, strength": [error shares, one per draw]} of the networks with one regulariser each."""
    mnist = datasets.load("mnist")
    held_out = transforms.pooled(mnist.validation.take(4000, 0))
    select = Split(held_out.x[::2], held_out.y[::2])
    chosen = [("nothing", 0.0), *((name, value) for name, values in grids.items() for value in values)]
    settings = [
        hyperparameters.Setting(learning_rate=0.05, hidden=64, **({} if name == "nothing" else {name: value}))
        for name, value in chosen
    ]
    found = []
    for draw in draws:
        members = digits(mnist, draw, noise).start(settings, [draw])
        members.epoch(EPOCHS, passes=EPOCHS)
        found.append(members.errors(select).tolist())
    return {
        f"{name}, {value:g}": [float(one) for one in column]
        for (name, value), column in zip(chosen, np.transpose(found), strict=True)
    }


def main():
    reproducibility.start(0)
    record = recording.Recording(
        "ch05_regularizers", "Held-out error (share) of 500 digits' networks by regulariser and strength"
    )
    for noise in (0.0, 0.3):
        if not record.done(f"noise {noise}"):
            record.add(f"noise {noise}", errors(noise, GRIDS))


if __name__ == "__main__":
    main()
