"""How fast do real networks' gradient rates come to mean-field theory's as the width grows, near the critical line?

Rates near 0 need more units and more networks than chapter 03 has time for. Widths 256 to 1,024, 80 initialisations.
Run: python benchmarks/studies/ch03_rates.py (about 2 minutes of CPU; goes on where it was).
"""

import numpy as np

from dlcourse import datasets, recording, reproducibility
from dlcourse.analysis import mean_field, signal_propagation

CASES = {"tanh 2": ("tanh", 2.0), "tanh 4": ("tanh", 4.0), "selu 1": ("selu", 1.0)}
WIDTHS = (256, 512, 1024)
SEEDS = range(80)
EXAMPLES, DEPTH, FIRST = 16, 26, 10


def main():
    reproducibility.start(seed=0)
    record = recording.Recording(
        "ch03_rates",
        "Log growth of the gradient norm per layer towards the input in random networks, one value per seed.",
    )
    for case, (activation, weight_variance) in CASES.items():
        q = mean_field.fixed_point(activation, weight_variance)
        images = datasets.load("digits").train.take(EXAMPLES).x.reshape(EXAMPLES, 64) - 0.5
        images *= np.sqrt(
            q / weight_variance / np.mean(images**2, axis=1, keepdims=True)
        )  # start at the fixed point
        for width in WIDTHS:
            key = f"{case}, width {width}"
            if record.done(key):
                continue
            runs = [
                signal_propagation.random_signals(
                    images,
                    depth=DEPTH,
                    width=width,
                    activation=activation,
                    weight_variances=[weight_variance],
                    seed=s,
                )
                for s in SEEDS
            ]
            record.add(key, [float(run.log_rate(FIRST, DEPTH)[0]) for run in runs])


if __name__ == "__main__":
    main()
