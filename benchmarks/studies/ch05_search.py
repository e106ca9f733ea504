"""Chapter 05: random search, TPE and Hyperband at the same budget of epochs, ten seeds each.

    python benchmarks/run.py ch05_search

Recorded by "way, seed": the smallest validation error by epochs spent, the best setting, its error on validation data
(with the search's seed) and the importances of the four hyperparameters.
"""

from dlcourse import datasets, recording, reproducibility, search, tunable

SPACE = {
    "learning_rate": search.Range(1e-3, 3.0, log=True),
    "hidden": search.Range(2, 128, log=True, whole=True),
    "batch_size": search.Range(8, 256, log=True, whole=True),
    "l2": search.Range(1e-6, 1.0, log=True),
}
WAYS = {
    "random": {"sampler": "random"},
    "TPE": {"sampler": "tpe"},
    "random, Hyperband": {"sampler": "random", "pruning": True},
    "TPE, Hyperband": {"sampler": "tpe", "pruning": True},
}
EPOCHS, BUDGET, SEEDS = 9, 360, 10


def objective(network, validation, seed):
    """A function of a setting that trains it with one seed, and gives the validation error after every epoch."""

    def errors(setting):
        members = network.start([tunable.Setting(**setting)], [seed])
        while True:
            members.epoch()
            yield float(members.errors(validation)[0])

    return errors


def main():
    reproducibility.start(0)
    mnist = datasets.load("mnist")
    network = tunable.Tunable(tunable.pooled(mnist.train.take(500, 0)), 10)
    validation = tunable.pooled(mnist.validation.take(2000, 0))
    record = recording.Recording(
        "ch05_search", "Validation error (share) of the best setting by epochs spent on the search"
    )
    for seed in range(SEEDS):
        for name, options in WAYS.items():
            key = f"{name}, {seed}"
            if record.done(key):
                continue
            found = search.run(
                objective(network, validation, seed),
                SPACE,
                budget=BUDGET,
                epochs=EPOCHS,
                seed=seed,
                **options,
            )
            spent, best = found.progress()
            record.add(
                key,
                {
                    "spent": spent.tolist(),
                    "best": best.tolist(),
                    "trials": len(found.trials),
                    "setting": found.best.setting,
                    "error": found.best.error,
                    "importances": found.importances(),
                },
            )


if __name__ == "__main__":
    main()
