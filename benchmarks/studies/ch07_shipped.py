"""Chapter 07a: networks that add and recall, five of each; shipped.

    python benchmarks/run.py ch07_shipped

Each is trained at the learning rate that was best in study ch07_rates, on other seeds and sequences. Recorded: scores
on 500 other sequences by seed; the weights go to results/ch07_shipped.npz as float16, and the SHA-256 of that file
into the record.
"""

from dlcourse import recording, reproducibility
from dlcourse.experiments import recurrent_memory

CONTENDER = {
    "adding": ("adding", 20, "gru"),
    "adding, simple cell": ("adding", 20, "wide"),
    "recall": ("recall", 2, "gru"),
    "recall of four pairs": ("recall", 2, "gru"),
}
"""Whose learning rate in study ch07_rates each takes: task, lag and contender."""


def main():
    reproducibility.start(seed=0, threads=1)
    record = recording.Recording(
        "ch07_shipped", "Share of variance explained or of values right by seed, and the hash of the weights"
    )
    if record.done("sha256"):
        return
    rates, networks = recording.load("ch07_rates"), {}
    for name, settings in recurrent_memory.SHIPPED.items():
        rate = recurrent_memory.best_rate(rates, *CONTENDER[name])
        networks[name] = recurrent_memory.train(**settings, learning_rate=rate)
        task, lag = settings["task"], settings["lag"]
        x, y = recurrent_memory.TASKS[task].draw(500, lag, seed=2)
        record.add(name, recurrent_memory.evaluate(networks[name], task, x, y).tolist())
    record.add("sha256", recurrent_memory.ship(networks))


if __name__ == "__main__":
    main()
