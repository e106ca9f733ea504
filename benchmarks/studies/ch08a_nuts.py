"""Chapter 08a: effective draws per second of NUTS by TensorFlow Probability, NumPyro and BlackJAX, on one posterior.

    python benchmarks/run.py ch08a_nuts

Five rounds, taking turns, each run in a process of its own; the contenders and what they have in common stand in
nuts_contenders.py. NumPyro and BlackJAX come by pip install -r benchmarks/requirements.txt; where they live in an
environment of their own, DLCOURSE_JAX_PYTHON names its Python.
"""

import json
import os
import pathlib
import statistics
import subprocess
import sys

from dlcourse.recording import Recording, in_its_own_process

NAME, ROUNDS = "ch08a_nuts", 5
WAYS = ["TFP", "TFP, XLA", "NumPyro", "BlackJAX", "the course's HMC"]
CONTENDERS = pathlib.Path(__file__).resolve().parents[1] / "nuts_contenders.py"
JAX_PYTHON = os.environ.get("DLCOURSE_JAX_PYTHON", sys.executable)
VERSIONS = "import json, numpyro, blackjax, jax; print(json.dumps([m.__version__ for m in (numpyro, blackjax, jax)]))"


def measure(way, seed):
    """One contender's result, a dict; raises where its process fails."""
    python = JAX_PYTHON if way in ("NumPyro", "BlackJAX") else sys.executable
    return in_its_own_process(CONTENDERS, {"way": way, "seed": seed}, python)


def main():
    record = Recording(
        NAME,
        "Smallest effective size of 31 weights, processor seconds and gradients per draw, by contender and round",
    )
    found = subprocess.run([JAX_PYTHON, "-c", VERSIONS], capture_output=True, text=True, check=False)
    if found.returncode:
        raise SystemExit("NumPyro and BlackJAX are not installed: pip install -r benchmarks/requirements.txt")
    versions = dict(zip(("numpyro", "blackjax", "jax"), json.loads(found.stdout), strict=True))
    record.add("versions", versions)
    for seed in range(ROUNDS):
        for way in WAYS:
            if not record.done(f"{way}, {seed}"):
                result = measure(way, seed)
                record.add(f"{way}, {seed}", result)
                rate = result["smallest effective size"] / result["second call"]
                print(f"{way}, {seed}: {rate:,.0f} effective draws per second", flush=True)
    for way in WAYS:
        rounds = [record.content["values"][f"{way}, {seed}"] for seed in range(ROUNDS)]
        rates = [each["smallest effective size"] / each["second call"] for each in rounds]
        print(f"{way}: median {statistics.median(rates):,.0f} effective draws per processor second")


if __name__ == "__main__":
    main()
