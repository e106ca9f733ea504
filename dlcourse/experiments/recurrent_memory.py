"""What recurrent networks keep in mind: the tasks of ``sequence_tasks``, learnt by several networks at a time.

Some are shipped, trained by benchmarks/studies/ch07_shipped.py.
"""

import dataclasses
from collections.abc import Callable

import keras
import numpy as np
import tensorflow as tf

from dlcourse import recording
from dlcourse.datasets import sequence_tasks
from dlcourse.experiments import shipped_weights
from dlcourse.models.stacked import recurrent
from dlcourse.training import repeats


@dataclasses.dataclass(frozen=True)
class Task:
    """A task, what a network for it looks like, and when it counts as solved.

    draw(examples, lag, seed=...) gives (x, y). ``score`` makes of predictions and y one number per network; higher is
    better, ``solved`` is enough, and ``guessing`` is what an answer that ignores the input gets.
    """

    draw: Callable
    features: int
    outputs: int
    last: int
    tokens: bool
    objective: Callable
    score: Callable
    solved: float
    guessing: float
    axis: str


def accuracy(predicted, y):
    """Share of right symbols by network: logits (networks, examples, last, symbols), y (examples, last)."""
    return (predicted.argmax(axis=-1) == y).mean(axis=(1, 2))


def explained(predicted, y):
    """Share of the targets' variance that is explained, by network: (networks, examples, 1, 1), y (examples, 1)."""
    errors = np.square(predicted[:, :, -1] - y).mean(axis=(1, 2))
    return 1 - errors / (1 / 6)  # the variance of a sum of two numbers even in [0, 1)


BATCH_SIZE = 64
classification, regression = recurrent.classification, recurrent.regression
TASKS = {
    "copying": Task(
        sequence_tasks.copying, 6, 4, 3, True, classification, accuracy, 0.95, 0.25, "blanks between"
    ),
    "adding": Task(
        sequence_tasks.adding, 2, 1, 1, False, regression, explained, 0.9, 0.0, "length of the sequence"
    ),
    "recall": Task(
        sequence_tasks.recall, 20, 4, 1, True, classification, accuracy, 0.95, 0.25, "pairs to hold at once"
    ),
}
"""Symbols are counted as in the functions' defaults: 4 and two signs; 8 keys, 4 values and 8 questions."""


def train(
    task, cell, lag, *, steps, learning_rate, seeds=range(5), units=32, kernels=None, forget_bias=None, sequences=1
):  # fmt: skip
    """Train one network per seed on fresh examples, with Adam on batches of 64.

    Args:
        task: of ``TASKS``.
        cell: "simple", "lstm" or "gru".
        lag: what ``draw`` takes second.
        steps: of Adam.
        learning_rate: Adam's.
        seeds: of the initial weights; all see the same examples.
        units: of the state.
        kernels: recurrent kernels to start from, float (seeds, units, columns); None: orthogonal, as Keras starts them.
        forget_bias: what the biases of an LSTM's forget gates start at; None: 1, as Keras starts them.
        sequences: seed of the training sequences.

    Returns:
        RecurrentPopulation.

    Raises:
        ValueError: where a forget bias is given and the cell has no forget gate.
    """
    if forget_bias is not None and cell != "lstm":
        raise ValueError(
            f"train(cell={cell!r}, forget_bias={forget_bias}): only the cell 'lstm' has forget gates."
        )
    model, task = untrained(task, cell, seeds, units), TASKS[task]
    if kernels is not None:
        model.recurrent.assign(kernels)
    if forget_bias is not None:
        model.bias[..., units : 2 * units].assign(tf.fill((len(seeds), 1, units), forget_bias))
    study = repeats.Repeats(
        model,
        task.objective(),
        steps=steps,
        batch_size=BATCH_SIZE,
        optimizer=keras.optimizers.Adam(learning_rate),
        jit_compile=False,  # a graph of all steps takes XLA long to compile
    )
    x, y = task.draw(steps * BATCH_SIZE, lag, seed=sequences)
    study.train(model.get_weights(), x, y, seed=0)
    return model


def untrained(task, cell, seeds=range(5), units=32):
    """The networks that ``train`` starts from, a RecurrentPopulation, with Keras' starts."""
    task = TASKS[task]
    return recurrent.RecurrentPopulation(
        seeds,
        task.features,
        task.outputs,
        cell=cell,
        units=units,
        last=task.last,
        tokens=task.tokens,
    )


def evaluate(model, task, x, y):
    """Score of each network on sequences x with answers y, float64 (networks,)."""
    return np.asarray(TASKS[task].score(model(x[None]).numpy(), y), "float64")


def scores(task, cell, lag, *, test_sequences=2, **settings):
    """Train one network per seed, and score each on 500 other sequences.

    Args:
        task, cell, lag: as for ``train``.
        test_sequences: seed of those 500.
        settings: of ``train``.

    Returns:
        float64 (seeds,).
    """
    model = train(task, cell, lag, **settings)
    return evaluate(model, task, *TASKS[task].draw(500, lag, seed=test_sequences))


def best_rate(recorded, task, lag, contender):
    """The learning rate with the highest mean score over seeds in study ch07_rates, a dict from key to scores."""
    start = f"{task} {lag}, {contender}, "
    means = {key: np.mean(by_seed) for key, by_seed in recorded.items() if key.startswith(start)}
    return float(max(means, key=means.get).removeprefix(start))


SHIPPED = {
    "adding": {"task": "adding", "cell": "gru", "lag": 20, "steps": 300},
    "adding, simple cell": {"task": "adding", "cell": "simple", "lag": 20, "steps": 300, "units": 57},
    "recall": {"task": "recall", "cell": "gru", "lag": 2, "steps": 800},
    "recall of four pairs": {"task": "recall", "cell": "gru", "lag": 4, "steps": 800},
}
"""What ``train`` took for the networks that are shipped, but for the learning rate: the best of study ch07_rates."""


def shipped():
    """The trained networks of ``SHIPPED``: a dict from name to RecurrentPopulation, seeds 0 to 4.

    Raises:
        ValueError: where the file isn't the one whose hash is recorded.
    """
    expected = recording.load("ch07_shipped")["sha256"]
    found = shipped_weights.load(file(), _untrained, expected, "ch07_shipped")
    return dict(zip(SHIPPED, found.values(), strict=True))


def ship(networks):
    """Write the weights of such a dict as float16; returns the file's SHA-256."""
    return shipped_weights.save(file(), dict(enumerate(networks.values())))


def file():
    return recording.RESULTS / "ch07_shipped.npz"


def _untrained(index):
    settings = list(SHIPPED.values())[index]
    return untrained(settings["task"], settings["cell"], units=settings.get("units", 32))
