"""How long do a simple cell, an LSTM and a GRU remember? Copying, adding and associative recall by lag.

Chapter 07a trains a few points of this map. Here: all of them, at two learning rates, five seeds each; what a network
can do counts at its better rate. Run: python benchmarks/studies/ch07_memory.py (about 15 minutes of CPU; goes on where
it was).
"""

from dlcourse import recording, reproducibility
from dlcourse.experiments import recurrent_memory

LAGS = {"copying": (3, 10, 20, 40), "adding": (10, 20, 40), "recall": (1, 2, 3)}
STEPS = {"copying": 1_000, "adding": 1_000, "recall": 2_000}
RATES = (3e-3, 1e-2)
CELLS = ("simple", "gru", "lstm")


def main():
    reproducibility.start(seed=0, threads=1)
    record = recording.Recording(
        "ch07_memory",
        "Share of symbols right (copying, recall) or of variance explained (adding), one value per seed.",
    )
    points = [
        (task, lag, rate, cell) for task in LAGS for lag in LAGS[task] for rate in RATES for cell in CELLS
    ]
    for task, lag, rate, cell in sorted(points, key=lambda point: (point[1], point[0])):
        key = f"{task} {lag}, {cell}, {rate:g}"
        if not record.done(key):
            record.add(
                key, recurrent_memory.scores(task, cell, lag, steps=STEPS[task], learning_rate=rate).tolist()
            )


if __name__ == "__main__":
    main()
