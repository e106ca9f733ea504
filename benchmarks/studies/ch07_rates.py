"""Which learning rate does each cell need for copying, adding and recall?

Chapter 07a trains each cell at the rate that was best here, on other seeds and other sequences than these. "gaussian"
is the simple cell whose recurrent kernel starts with Gaussian entries and spectral radius 1 instead of orthogonal;
"wide" is the simple cell with about as many parameters as the GRU of 32 units; "open lstm" starts with forget gates
whose bias is 5 instead of 1. Rates lie a factor of 2 apart. Run:
python benchmarks/studies/ch07_rates.py (about 3 minutes of CPU; goes on where it was).
"""

from dlcourse import recording, reproducibility
from dlcourse.analysis import gradients
from dlcourse.experiments import recurrent_memory

SEEDS = range(100, 105)
SIMPLE, GRU = (7.5e-4, 1.5e-3, 3e-3, 6e-3, 1.2e-2), (5e-3, 1e-2, 2e-2, 4e-2)
LSTM = (2.5e-3, *GRU)
POINTS = {
    ("copying", 20, 300): {
        "simple": SIMPLE,
        "gaussian": SIMPLE,
        "gru": GRU,
        "lstm": LSTM,
        "open lstm": (*LSTM, 8e-2),
    },
    ("copying", 40, 300): {"simple": SIMPLE, "gaussian": SIMPLE},
    ("adding", 20, 300): {"simple": SIMPLE, "wide": SIMPLE, "gru": GRU, "lstm": LSTM},
    ("recall", 2, 800): {"gru": (1e-2, 2e-2)},
}
"""By task, lag and steps: the contenders, and the learning rates at which each is trained."""


def settings(cell):
    """What ``recurrent_memory.train`` takes for a contender of this name."""
    if cell == "gaussian":
        return {"cell": "simple", "kernels": gradients.random_kernels(32, 1.0, SEEDS)}
    if cell == "open lstm":
        return {"cell": "lstm", "forget_bias": 5.0}
    return {"cell": "simple", "units": 57} if cell == "wide" else {"cell": cell}


def scores(task, lag, steps, contender, rate):
    """Scores by seed."""
    return recurrent_memory.scores(
        task,
        lag=lag,
        steps=steps,
        learning_rate=rate,
        seeds=SEEDS,
        sequences=11,
        test_sequences=12,
        **settings(contender),
    )


def main():
    reproducibility.start(seed=0, threads=1)
    record = recording.Recording(
        "ch07_rates",
        "Share of symbols right (copying, recall) or of variance explained (adding), one value per seed.",
    )
    for (task, lag, steps), contenders in POINTS.items():
        for contender, rates in contenders.items():
            for rate in rates:
                key = f"{task} {lag}, {contender}, {rate:g}"
                if not record.done(key):
                    record.add(key, scores(task, lag, steps, contender, rate).tolist())


if __name__ == "__main__":
    main()
