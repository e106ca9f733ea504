"""The best learning rate of each network that chapter 01 compares, on seeds that the chapter doesn't report.

    make bench STUDY=ch01_rates

A few minutes on 2 cores. Interrupted, it goes on where it was. Each sweep goes in factors of 2 until its best rate lies
inside, and then in factors of the square root of 2 on both sides of it. Scores are accuracies on validation data; for
the pixels' scales on the first half of it, since the chapter scores on the second.
"""

import keras
import numpy as np
import tensorflow as tf
from keras import layers

from dlcourse import datasets, models, recording, reproducibility
from dlcourse.analysis import probing
from dlcourse.datasets import language_snippets
from dlcourse.experiments import transfer
from dlcourse.training import objectives, repeats

SEEDS = range(100, 103)
CLASSIFY = objectives.classification()
ACTIVATIONS = ("linear", "sigmoid", "tanh", "relu", "gelu")
SHAPES = {"doubling": [80, 160, 320], "constant": [176] * 3, "halving": [304, 152, 76]}
"""Hidden widths with nearly equal numbers of parameters, as the chapter's ``complexity.widths_for`` finds them."""


def threshold(z):
    """1 above 0, 0 below, 1/2 at 0; its derivative is 0."""
    return (tf.sign(z) + 1) / 2


def threshold_lent_a_slope(z):
    """The threshold's value, the sigmoid's derivative (Bengio, Léonard & Courville 2013, straight-through)."""
    smooth = tf.sigmoid(z)
    return smooth + tf.stop_gradient(threshold(z) - smooth)


def sweep(score, start):
    """Scores (seeds,) by learning rate, a dict with the best rate inside it.

    Args:
        score: callable ``rate -> list of float``, one per seed.
        start: a rate to begin at.
    """
    found = {}

    def best():
        return max(found, key=lambda place: np.mean(found[place]))

    def measure(place):  # in powers of 2
        if place not in found:
            found[place] = score(start * 2.0**place)

    for place in (-1.0, 0.0, 1.0):
        measure(place)
    while best() in (min(found), max(found)):
        measure(best() - 1 if best() == min(found) else best() + 1)
    centre = best()
    for place in (centre - 0.5, centre + 0.5):
        measure(place)
    return {f"{start * 2.0**place:.4g}": found[place] for place in sorted(found)}


def trained(
    build, train, held_out, *, start, steps, optimizer=None, objective=CLASSIFY, score=None, jit=True
):
    """A sweep of one network: ``build`` maps a seed to a Keras model, ``score`` a model to a number."""
    optimizer = keras.optimizers.Adam(start) if optimizer is None else optimizer
    study = repeats.Repeats(
        build(0), objective, steps=steps, batch_size=64, optimizer=optimizer, jit_compile=jit
    )
    score = score or (lambda model: repeats.accuracy(model, held_out))

    def scores(rate):
        values = []
        for seed in SEEDS:
            study.train(build(seed), train.x, train.y, seed=seed, learning_rate=rate)
            values.append(score(study.model))
        return values

    return sweep(scores, start)


def curves():
    """MNIST-1D: by activation at two widths, and by the shape of three layers."""
    mnist1d = datasets.load("mnist1d")
    data = mnist1d.train, mnist1d.validation

    def mlp(hidden, activation="relu"):
        return lambda seed: models.mlp((40, 1), 10, hidden=hidden, activation=activation, seed=seed)

    for name in ACTIVATIONS:
        yield f"activation: {name}", mlp([100, 100], name), *data, 4e-3, 500
    for name in ("tanh", "relu"):
        yield f"narrow: {name}", mlp([10, 10], name), *data, 1.6e-2, 500
    yield "activation: none", mlp([]), *data, 1.6e-2, 500
    for name, hidden in SHAPES.items():
        yield f"shape: {name}", mlp(hidden), *data, 2e-3, 400


def languages():
    """Snippets of four languages, in three encodings."""
    data, _ = language_snippets.languages(["english", "french", "german", "italian"], length=20)
    codes = np.arange(46)

    def of(encode):
        return [datasets.Split(encode(split.x), split.y) for split in (data.train, data.validation)]

    def embedded(seed):
        inputs = keras.Input((20,), dtype="int32")
        normal = keras.initializers.RandomNormal(stddev=1.0, seed=seed)
        vectors = layers.Embedding(46, 8, embeddings_initializer=normal)(inputs)
        return keras.Model(inputs, models.mlp((20, 8), 4, hidden=[128], seed=seed)(vectors))

    encodings = {
        "codes": (
            lambda x: ((codes[x] - codes.mean()) / codes.std()).astype("float32"),
            lambda seed: models.mlp((20,), 4, hidden=[134, 134], seed=seed),
        ),
        "one-hot": (
            lambda x: np.eye(46, dtype="float32")[x],
            lambda seed: models.mlp((20, 46), 4, hidden=[23], seed=seed),
        ),
        "embedded": (lambda x: x, embedded),
    }
    for name, (encode, build) in encodings.items():
        yield f"text: {name}", build, *of(encode), 4e-3, 400


def main():
    reproducibility.start(0)
    record = recording.Recording(
        "ch01_rates", "Accuracy on held-out data by network, learning rate and seed (100 to 102)."
    )

    def add(key, measure):
        if not record.done(key):
            record.add(key, measure())
            print(
                key,
                {rate: round(float(np.mean(v)), 4) for rate, v in record.content["values"][key].items()},
                flush=True,
            )

    for source in (curves, languages):
        for key, build, train, held_out, start, steps in source():
            add(key, lambda: trained(build, train, held_out, start=start, steps=steps))  # noqa: B023

    mnist = datasets.load("mnist")
    few = mnist.train.take(5_000, seed=0)
    half = len(mnist.validation) // 2
    mean, deviation = few.x.mean(), few.x.std()
    scales = {
        "raw": (lambda x: 255 * x, 3e-4, 2.5e-4),
        "scaled": (lambda x: x, 1e-1, 4e-3),
        "standardised": (lambda x: (x - mean) / deviation, 5e-2, 4e-3),
    }
    for name, (scale, sgd, adam) in scales.items():
        train = datasets.Split(scale(few.x), few.y)
        held_out = datasets.Split(scale(mnist.validation.x[:half]), mnist.validation.y[:half])
        for rule, rate in {"SGD": sgd, "Adam": adam}.items():
            add(
                f"pixels, {rule}: {name}",
                lambda: trained(
                    lambda seed: models.mlp((28, 28, 1), 10, hidden=[64, 64], seed=seed),
                    train,  # noqa: B023
                    held_out,  # noqa: B023
                    start=rate,  # noqa: B023
                    steps=200,
                    optimizer=getattr(keras.optimizers, rule)(rate),  # noqa: B023
                ),
            )

    digits = datasets.load("digits")
    hidden = {
        "threshold": threshold,
        "threshold, lent a slope": threshold_lent_a_slope,
        "sigmoid": tf.sigmoid,
    }
    for name, activation in hidden.items():
        add(
            f"hidden units: {name}",
            lambda: trained(
                lambda seed: models.mlp((8, 8, 1), 10, hidden=[64, 64], activation=activation, seed=seed),  # noqa: B023
                digits.train,
                digits.validation,
                start=1e-2,
                steps=400,
            ),
        )

    some = mnist.train.take(15_000, seed=1)
    learnt, for_probes = (
        datasets.Split(some.x[rows], some.y[rows]) for rows in (slice(10_000), slice(10_000, None))
    )
    for name, widths in {"deep": [128] * 4, "shallow": [190]}.items():
        add(
            f"probe: {name}",
            lambda: trained(
                lambda seed: models.mlp((28, 28, 1), 10, hidden=widths, seed=seed),  # noqa: B023
                learnt,
                None,
                start=2e-3,
                steps=500,
                score=lambda model: probing.probe_layers(model, for_probes, mnist.validation)[-1],
            ),
        )

    known, new = (
        datasets.Split(mnist.train.x[rows], mnist.train.y[rows] - label)
        for rows, label in ((mnist.train.y < 5, 0), (mnist.train.y >= 5, 5))
    )
    high = mnist.validation.y >= 5
    scored = datasets.Split(mnist.validation.x[high], mnist.validation.y[high] - 5)
    for contender in ("reused", "from nothing"):
        add(
            f"new digits: {contender}",
            lambda: sweep(
                lambda rate: (
                    transfer.reuse(
                        lambda seed: models.mlp((28, 28, 1), 5, hidden=[128, 128], seed=seed),
                        known,
                        new,
                        scored,
                        counts=[5, 20, 100],
                        seeds=list(SEEDS),
                        pretraining=300,
                        steps=100,
                        jit_compile=False,
                        contenders=(contender,),  # noqa: B023
                        learning_rates=rate,
                    )[contender]  # noqa: B023
                    .mean(axis=1)
                    .tolist()
                ),
                2e-3,
            ),
        )


if __name__ == "__main__":
    main()
