"""Chapter 05: random search, TPE and Hyperband at the same budget of epochs, ten seeds each.

    python benchmarks/run.py ch05_search

Recorded by "way, seed": the smallest validation error by epochs spent, the best setting, its error on validation data
(with the search's seed) and the importances of the four hyperparameters, twice over from two random forests ("again");
of random searches also the complete trials, each hyperparameter and the error as a list.
"""

from dlcourse import datasets, recording, reproducibility
from dlcourse.datasets import transforms
from dlcourse.experiments import hyperparameter_search
from dlcourse.training import hyperparameters, search

WAYS = {
    "random": {"sampler": "random"},
    "TPE": {"sampler": "tpe"},
    "random, Hyperband": {"sampler": "random", "pruning": True},
    "TPE, Hyperband": {"sampler": "tpe", "pruning": True},
}
EPOCHS, BUDGET, SEEDS = 9, 360, 10


def complete(trials):
    """{hyperparameter: [its values], "error": [the last epoch's]} of the trials that ran to their end."""
    ended = [trial for trial in trials if trial.complete]
    values = {name: [trial.setting[name] for trial in ended] for name in hyperparameter_search.SPACE}
    return {**values, "error": [trial.error for trial in ended]}


def main():
    reproducibility.start(0)
    mnist = datasets.load("mnist")
    network = hyperparameters.Tunable(transforms.pooled(mnist.train.take(500, 0)), 10)
    validation = transforms.pooled(mnist.validation.take(2000, 0))
    record = recording.Recording(
        "ch05_search", "Validation error (share) of the best setting by epochs spent on the search"
    )
    for seed in range(SEEDS):
        for name, options in WAYS.items():
            key = f"{name}, {seed}"
            if record.done(key):
                continue
            found = search.run(
                hyperparameter_search.objective(network, validation, seed),
                hyperparameter_search.SPACE,
                budget=BUDGET,
                epochs=EPOCHS,
                seed=seed,
                **options,
            )
            spent, best = found.progress()
            values = {
                "spent": spent.tolist(),
                "best": best.tolist(),
                "trials": len(found.trials),
                "setting": found.best.setting,
                "error": found.best.error,
                "importances": found.importances(),
            }
            if name == "random":
                values["again"] = found.importances(seed=1)
                values["complete"] = complete(found.trials)
            record.add(key, values)


if __name__ == "__main__":
    main()
