"""At which learning rate does each cure of chapter 03 work best, and do dropout and L2 work at any?

Twenty layers of 32 units on real digits; dropout and L2 on five layers, too. Learning rates a factor of 2 apart, and
around the best a factor of the square root of 2; seeds 5 to 9 and the validation digits. Chapter 03 takes each cure's
best rate and judges it on seeds 0 to 4 and the test digits. Run: python benchmarks/studies/ch03_cures.py (about 10
minutes of CPU; goes on where it was).
"""

import numpy as np

from dlcourse import datasets, recording, reproducibility
from dlcourse.analysis import mean_field
from dlcourse.experiments import deep_network_cures

CURES = {
    "start at χ = 1": {"weight_variance": mean_field.critical_weight_variance("sigmoid")},
    "ReLU, Glorot": {"activation": "relu"},
    "ReLU, He": {"activation": "relu", "weight_variance": 2.0},
    "batch norm": {"normalisation": "batch"},
    "batch norm, ReLU": {"normalisation": "batch", "activation": "relu", "weight_variance": 2.0},
    "layer norm": {"normalisation": "layer"},
    "residual": {"residual": True},
}
REGULARISED = {
    "nothing": {},
    **{f"dropout {rate:g}": {"dropout": rate} for rate in (0.05, 0.2, 0.5)},
    **{f"L2 {penalty:.0e}": {"l2": penalty} for penalty in (1e-5, 1e-4, 1e-3, 1e-2)},
}
EXPLODING = {"activation": "relu", "weight_variance": 2.0, "residual": True}
ADAM = tuple(2.0**power for power in range(-13, -3))
SGD = tuple(2.0**power for power in range(-10, 2))
MOMENTUM = {"optimizer": "SGD", "momentum": 0.9}
PLAIN = tuple(2.0**power for power in range(-24, -1))
CLIPPED = {"optimizer": "clipped SGD", "max_grad_norm": 1.0}
LONG = {"epochs": 60}
SHALLOWER = 5
"""Layers of a network that learns something without a cure."""
AT_FIVE = {**REGULARISED, "start at χ = 1": CURES["start at χ = 1"]}
STUDIES = {
    **{f"{name}, Adam": (options, ADAM, {}) for name, options in {**CURES, **REGULARISED}.items()},
    "exploding, plain SGD": (EXPLODING, PLAIN, {"optimizer": "SGD"}),
    "exploding, clipped SGD": (EXPLODING, SGD, CLIPPED),
    "nothing, clipped SGD": ({}, SGD, CLIPPED),
    "batch norm, clipped SGD": (CURES["batch norm"], SGD, CLIPPED),
    **{f"{name}, Adam, 60 epochs": (CURES[name], ADAM, LONG) for name in ("ReLU, He", "batch norm, ReLU")},
    **{f"{name}, SGD": (options, SGD, MOMENTUM) for name, options in REGULARISED.items()},
    **{
        f"{name}, {SHALLOWER} layers, Adam": ({**options, "depth": SHALLOWER}, ADAM, {})
        for name, options in AT_FIVE.items()
    },
}
LEARNT = 0.3
"""Accuracy above which the rates around the best are tried as well."""
SEEDS = range(5, 10)


def record_rates(record, study, rates, data):
    """Train at those of the rates that are not recorded yet, one key per rate."""
    options, _, settings = STUDIES[study]
    missing = [rate for rate in rates if not record.done(key(study, rate))]
    if missing:
        found = deep_network_cures.accuracy_by_rate(
            options, missing, SEEDS, data.train, data.validation, **settings
        )
        for rate, values in zip(missing, found.tolist(), strict=True):
            record.add(key(study, rate), values)


def key(study, rate):
    return f"{study}, {rate:.3g}"


def main():
    reproducibility.start(seed=0)
    record = recording.Recording(
        "ch03_cures",
        "Validation accuracy on digits, 20 or 5 layers of 32 units, by cure and rate; one value per seed (5 to 9).",
    )
    digits = datasets.load("digits")
    for study, (_, rates, _) in STUDIES.items():
        record_rates(record, study, rates, digits)
        accuracy = {rate: np.mean(record.content["values"][key(study, rate)]) for rate in rates}
        best = max(accuracy, key=accuracy.get)
        if accuracy[best] > LEARNT:
            record_rates(record, study, [best / 2**0.5, best * 2**0.5], digits)


if __name__ == "__main__":
    main()
