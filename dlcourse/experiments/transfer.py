"""Features reused: a network trained on some classes, or on other pictures, learns new ones from few examples."""

import keras
import numpy as np

from dlcourse import progress
from dlcourse.datasets import Split, strokes
from dlcourse.training import objectives, repeats
from dlcourse.training.evaluation import in_batches

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


STARTS = ("frozen", "fine-tuned", "from scratch")
"""How ``few_labels`` learns: a new last layer on trained features; all layers, from trained weights; all layers, from
random weights."""


def like_mnist(split):
    """Digits of 8 by 8 as MNIST has its own: stretched to 20 by 20 pixels in the middle of 28 by 28; a Split."""
    large = keras.ops.image.resize(split.x, (20, 20), interpolation="bilinear")
    return Split(np.pad(np.asarray(large), [(0, 0), (4, 4), (4, 4), (0, 0)]), split.y)


def drawn(split):
    """Pen strokes drawn as MNIST has its digits, 20 by 20 pixels in the middle of 28 by 28; a Split."""
    return Split(strokes.pictures(split.x), split.y)


def of_classes(split, chosen):
    """The examples of some classes, relabelled from 0 in the order of ``chosen``, sorted labels; a Split."""
    kept = np.isin(split.y, chosen)
    return Split(split.x[kept], np.searchsorted(chosen, split.y[kept]).astype("int32"))


def few_labels(readers, build, new, score, *, counts, rates, contenders=STARTS, steps=150, batch_size=32):
    """Learn other classes of other pictures from few labels: with trained features, and without.

    Each seed has its own trained network, its own initial weights, and its own draw of labelled examples; within a
    seed all contenders get the same examples in the same order, the same new output layer, and as many steps of Adam.

    Args:
        readers: dict from seed to a trained keras.Model whose last layer gives the logits.
        build: callable ``seed -> keras.Model`` of the same layers, untrained, with logits of the new classes.
        new, score: Splits to draw the labels from and to be scored on.
        counts: examples per class, a list.
        rates: Adam's learning rate, dict from (contender, count) to number.
        contenders: some of ``STARTS``.
        steps, batch_size: of each training.

    Returns:
        dict from contender to accuracies on ``score``, float array (seeds, counts).
    """
    options = {"steps": steps, "batch_size": batch_size}
    whole = repeats.classifier(build, **options) if set(contenders) - {"frozen"} else None
    last = build(0).layers[-1]
    head = repeats.classifier(lambda seed: _alone(last), **options) if "frozen" in contenders else None
    result = {name: np.zeros((len(readers), len(counts))) for name in contenders}
    for row, (seed, reader) in enumerate(readers.items()):
        trained, fresh = reader.get_weights(), build(seed + 1_000).get_weights()
        starts = {"fine-tuned": trained[:-2] + fresh[-2:], "from scratch": fresh}
        drawn = draw_by_class(new.y, max(counts), seed)
        labelled = Split(new.x[drawn.ravel()], new.y[drawn.ravel()])
        if "frozen" in contenders:
            learnt, scored = (Split(features(reader, split.x), split.y) for split in (labelled, score))
        rows = np.arange(drawn.size).reshape(drawn.shape)
        for column, count in enumerate(counts):
            for name in contenders:
                study, start, data, judged = (
                    (head, fresh[-2:], learnt, scored)
                    if name == "frozen"
                    else (whole, starts[name], labelled, score)
                )
                study.train(
                    start,
                    data.x,
                    data.y,
                    seed=seed,
                    rows=rows[:, :count].ravel(),
                    learning_rate=rates[name, count],
                )
                result[name][row, column] = repeats.accuracy(study.model, judged)
    return result


def features(reader, x):
    """What a network's last layer is given for images x, float32 (images, features)."""
    below = keras.Model(reader.inputs[0], reader.layers[-1].input)
    return in_batches(lambda batch: below(batch, training=False), x)


def _alone(layer):
    """A network of one dense layer of the same size."""
    inputs = keras.Input(layer.input.shape[1:])
    return keras.Model(inputs, keras.layers.Dense(layer.units)(inputs))
