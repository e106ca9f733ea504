"""Chapter 08a: effective draws per second by sampler, and NUTS beside NumPyro's and BlackJAX's, on one posterior.

    python benchmarks/run.py ch08a_nuts

"TFP, 10" and so on: one sampler on the split of patients 10, a posterior of 11 weights, in a process of its own; rounds
are splits, and in each all take turns. Recorded: the bulk effective size by ArviZ of the weight that has the smallest,
the largest R-hat, the gradients of all chains with their warm-up, and processor seconds of the first call, compiling
with it, and of the second. The contenders and what they have in common stand in nuts_contenders.py. "HMC, settings" and
"Metropolis, settings": step and glides of one, jump of the other, by effective draws per gradient or per step on the
splits 100 and 101. NumPyro, BlackJAX and ArviZ come by pip install -r benchmarks/requirements.txt.
"""

import importlib.metadata
import importlib.util
import itertools
import pathlib
import statistics
import sys
import tempfile

import numpy as np

from dlcourse import recording, reproducibility
from dlcourse.from_scratch import chain_diagnostics

NAME, ROUNDS, TUNING = "ch08a_nuts", range(10, 13), (100, 101)
CONTENDERS = pathlib.Path(__file__).resolve().parents[1] / "nuts_contenders.py"
PEERS = ("numpyro", "blackjax", "jax", "arviz")
WAYS = ("TFP", "TFP, XLA", "NumPyro", "BlackJAX", "HMC", "Metropolis", "NumPyro, no mass matrix")
GLIDING = [
    {"step": step, "leapfrogs": glides}
    for step, glides in itertools.product((0.2, 0.25, 0.3, 0.35, 0.4, 0.5), (3, 4, 5, 6, 7, 8, 10, 12))
]
JUMPING = [{"step": step, "draws": 30_000} for step in (0.1, 0.2, 0.3, 0.4, 0.6, 0.8)]


def tuned(way, choices, contenders):
    """The choice that gives most effective draws of the worst weight for its work, on splits that aren't reported."""

    def worth(settings):
        work = settings.get("leapfrogs", 1) * settings.get("draws", contenders.DRAWS)
        found = []
        for split in TUNING:
            run = contenders.WAYS[way](*contenders.data(split), **settings)
            draws, _ = run(contenders.starts(split), split)
            found.append(chain_diagnostics.effective_sample_size(draws).min() / work)
        return np.mean(found)

    return max(choices, key=worth)


def measure(way, split, settings):
    """One contender's result, a dict; raises where its process fails."""
    import arviz

    with tempfile.TemporaryDirectory() as folder:
        out = str(pathlib.Path(folder, "draws.npy"))
        said = recording.in_its_own_process(
            CONTENDERS, {"way": way, "split": split, "seed": split, "out": out, **settings}
        )
        draws = arviz.convert_to_dataset(np.load(out).swapaxes(0, 1))  # (chains, draws, weights)
    size, r_hat = arviz.ess(draws, method="bulk"), arviz.rhat(draws)
    return {**said, "effective size": float(size.x.min()), "R-hat": float(r_hat.x.max())}


def main():
    reproducibility.start(0, threads=1)
    if any(importlib.util.find_spec(name) is None for name in PEERS):
        raise SystemExit(
            "NumPyro, BlackJAX or ArviZ is not installed: pip install -r benchmarks/requirements.txt"
        )
    sys.path.insert(0, str(CONTENDERS.parent))
    import nuts_contenders

    record = recording.Recording(
        NAME,
        "Effective size of the worst of 11 weights, processor seconds and gradients, by sampler and split",
    )
    values = record.content["values"]
    record.add("versions", {name: importlib.metadata.version(name) for name in PEERS})
    for way, choices in (("HMC", GLIDING), ("Metropolis", JUMPING)):
        if not record.done(f"{way}, settings"):
            record.add(f"{way}, settings", tuned(way, choices, nuts_contenders))
            print(way, values[f"{way}, settings"], flush=True)
    for split in ROUNDS:
        for way in WAYS:
            if not record.done(f"{way}, {split}"):
                result = measure(way, split, values.get(f"{way}, settings", {}))
                record.add(f"{way}, {split}", result)
                print(way, split, result, flush=True)
    for way in WAYS:
        rounds = [values[f"{way}, {split}"] for split in ROUNDS]
        rates = [each["effective size"] / each["second call"] for each in rounds]
        print(f"{way}: median {statistics.median(rates):,.0f} effective draws per processor second")


if __name__ == "__main__":
    main()
