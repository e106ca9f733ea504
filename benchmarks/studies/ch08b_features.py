"""Chapter 08b: counted and fitted models on the same hand-made features, by number of labelled lines; and CRFsuite's
optimum.

    python benchmarks/run.py ch08b_features

"counted, 2, 150": F1 of words of ten splits, of the model counted on 150 lines, its features the letter and two on
either side; "fitted" is the random field. What is added to the counts (0.3) and the penalty (0.3) were chosen from
five values each, on the validation lines of seeds 100 and 101; what the others gave isn't recorded. "ours, 200" and
"CRFsuite, 200": penalised log-likelihood at the optimum and seconds of fitting, five splits, each in a process of its
own, each by its own stopping rule; CRFsuite's without reading the lines. The test of ``from_scratch.feature_field``
fits the same lines anew and compares with the recorded optimum. python-crfsuite comes by pip install -r
benchmarks/requirements.txt.
"""

import importlib.metadata
import importlib.util
import pathlib

from dlcourse import recording, reproducibility
from dlcourse.experiments import word_boundaries as study

NUMBERS, REACHES, SPLITS = (5, 15, 50, 150, 500, 1_800), (0, 2), range(10)
CONTENDERS = pathlib.Path(__file__).resolve().parents[1] / "crf_contenders.py"


def main():
    reproducibility.start(0, threads=1)
    record = recording.Recording(
        "ch08b_features", "F1 of words by number of labelled lines; penalised log-likelihoods and seconds"
    )
    for number in NUMBERS:
        for reach in REACHES:
            for way in (study.counted, study.fitted):
                key = f"{way.__name__}, {reach}, {number}"
                if not record.done(key):
                    offsets = tuple(range(-reach, reach + 1))
                    found = [way("english", number, seed, offsets=offsets) for seed in SPLITS]
                    record.add(key, found)
                    print(key, [f"{f1:.3f}" for f1 in found], flush=True)
    if importlib.util.find_spec("pycrfsuite") is None:
        raise SystemExit("python-crfsuite is not installed: pip install -r benchmarks/requirements.txt")
    record.add("versions", {"python-crfsuite": importlib.metadata.version("python-crfsuite")})
    for lines in (200, 1_800):
        for way in ("ours", "CRFsuite"):
            if not record.done(f"{way}, {lines}"):
                found = [
                    recording.in_its_own_process(CONTENDERS, {"way": way, "seed": seed, "lines": lines})
                    for seed in range(5)
                ]
                record.add(f"{way}, {lines}", {name: [one[name] for one in found] for name in found[0]})
                print(way, lines, record.content["values"][f"{way}, {lines}"], flush=True)


if __name__ == "__main__":
    main()
