"""Chapter 08d: examples per second of the IWAE paper's network, training.fit and PyTorch in turn, five rounds.

    python benchmarks/run.py ch08d_speed

About ten minutes on 2 cores; let nothing else run. PyTorch comes by pip install -r benchmarks/requirements.txt.
"""

import importlib.util
import pathlib
import statistics

from dlcourse.recording import Recording, in_its_own_process

NAME, ROUNDS = "ch08d_speed", 5
CASES = {"k = 1": {"draws": 1, "examples": 20_000}, "k = 50": {"draws": 50, "examples": 2_000}}
WAYS = {
    "dlcourse": {"way": "dlcourse"},
    "PyTorch": {"way": "pytorch"},
    "PyTorch, compiled": {"way": "pytorch", "compiled": True},
}
CONTENDERS = pathlib.Path(__file__).resolve().parents[1] / "vae_contenders.py"


def measure(**settings):
    """One contender's result, a dict; raises where its process fails."""
    return in_its_own_process(CONTENDERS, settings)


def main():
    record = Recording(
        NAME, "Training speed of a VAE in examples per second, one value per round, by draws and way"
    )
    if importlib.util.find_spec("torch") is None:
        raise SystemExit("PyTorch is not installed: pip install -r benchmarks/requirements.txt")
    for case, settings in CASES.items():
        if record.done(case):
            continue
        rates = {way: [] for way in WAYS}
        for _ in range(ROUNDS):
            for way, options in WAYS.items():
                rates[way].append(measure(**options, **settings)["examples_per_second"])
        record.add(case, rates)
        medians = ", ".join(f"{way} {statistics.median(values):,.0f}" for way, values in rates.items())
        print(f"{case}: {medians} examples/s", flush=True)


if __name__ == "__main__":
    main()
