"""Features reused: a network trained on some classes learns others from few examples."""

import keras
import numpy as np

from dlcourse import progress
from dlcourse.training import objectives, repeats

CONTENDERS = ("reused", "from nothing", "another start")
"""What ``reuse`` starts from: weights trained on other classes; random ones; other random ones."""


def reuse(
    build,
    known,
    new,
    score,
    *,
    counts,
    seeds,
    pretraining,
    steps,
    jit_compile=True,
    contenders=CONTENDERS,
    learning_rates=1e-3,
):
    """Learn new classes from few examples: from a network trained on other classes, and from nothing.

    All have the same layers, the same new output layer, the same examples, in the same order, and the same number of
    steps of Adam. The weights that they start from differ, and their learning rates where these are given by contender.

    Args:
        build: callable ``seed -> keras.Model`` with logits.
        known: Split to pretrain on.
        new: Split with the new classes, labelled from 0, to draw the few examples from.
        score: Split with the new classes to be scored on.
        counts: examples per class, a list.
        seeds: list of seeds: of weights, order, and which examples are drawn.
        pretraining: steps of pretraining, of 64 examples each.
        steps: steps on the new classes, of 32 examples each.
        jit_compile: whether XLA compiles the training.
        contenders: which of those below to train.
        learning_rates: Adam's on the new classes; one number, or a dict from contender to number.

    Returns:
        dict from contender to accuracies, float array (seeds, counts): ``"reused"``; ``"from nothing"``; ``"another
        start"``, from nothing as well but from other initial weights, which shows what chance does.
    """
    if not isinstance(learning_rates, dict):
        learning_rates = dict.fromkeys(contenders, learning_rates)
    objective, adam = objectives.classification(), keras.optimizers.Adam
    pretrain = repeats.Repeats(
        build(0), objective, steps=pretraining, batch_size=64, optimizer=adam(1e-3), jit_compile=jit_compile
    )
    adapt = repeats.Repeats(
        build(0), objective, steps=steps, batch_size=32, optimizer=adam(1e-3), jit_compile=jit_compile
    )
    result = {name: np.zeros((len(seeds), len(counts))) for name in contenders}
    for row, seed in enumerate(progress.bar(seeds, "seeds")):
        pretrain.train(build(seed), known.x, known.y, seed=seed)
        fresh, other = build(seed + 1_000).get_weights(), build(seed + 2_000).get_weights()
        reused = pretrain.model.get_weights()[:-2] + fresh[-2:]
        starts = {"reused": reused, "from nothing": fresh, "another start": other}
        drawn = draw_by_class(new.y, max(counts), seed)
        for column, count in enumerate(counts):
            for name in contenders:
                adapt.train(
                    starts[name],
                    new.x,
                    new.y,
                    seed=seed,
                    rows=drawn[:, :count].ravel(),
                    learning_rate=learning_rates[name],
                )
                result[name][row, column] = repeats.accuracy(adapt.model, score)
    return result


def draw_by_class(y, count, seed):
    """Indices of ``count`` examples of each class, int (classes, count); the first few are the same for any count."""
    random = np.random.RandomState(seed)
    drawn = [random.permutation(np.flatnonzero(y == label)) for label in np.unique(y)]
    smallest = min(map(len, drawn))
    if count > smallest:
        raise ValueError(f"draw_by_class(count={count}): the smallest class has only {smallest} examples.")
    return np.stack([of_class[:count] for of_class in drawn])
