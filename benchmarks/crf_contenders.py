"""One contender that fits a random field on hand-made features, in a process of its own: prints its optimum and
seconds.

    python benchmarks/crf_contenders.py '{"way": "CRFsuite", "seed": 0, "lines": 200}'

Both take the same lines of seed's split, the letter and two on either side as features, all weights penalised alike,
and go on until they don't improve. Ways: ``ours``, from_scratch.feature_field; ``CRFsuite``, python-crfsuite's
L-BFGS, in C. Seconds are the processor's, of fitting alone.
"""

import json
import sys
import tempfile
import time

NEAR, C2 = (-2, -1, 0, 1, 2), 0.3


def main(way, seed, lines):
    from dlcourse.experiments import word_boundaries as study

    data = study.parts("english", seed, lines)
    objective, seconds = WAYS[way](*data["train"], len(data["symbols"]) + 2)
    print(json.dumps({"objective": objective, "seconds": seconds}))


def ours(x, y, symbols):
    """(penalised log-likelihood, seconds) of our fit."""
    from dlcourse.from_scratch import feature_field

    began = time.process_time()
    field = feature_field.fit(x, y, labels=4, symbols=symbols, offsets=NEAR, c2=C2)
    return field.objective, time.process_time() - began


def crfsuite(x, y, symbols, c2=C2):
    """(penalised log-likelihood, seconds) of python-crfsuite's fit."""
    import pycrfsuite

    from dlcourse.from_scratch import feature_field

    trainer = pycrfsuite.Trainer(algorithm="lbfgs", verbose=False)
    trainer.set_params(
        {"c1": 0.0, "c2": c2, "feature.possible_states": True, "feature.possible_transitions": True,
         "max_iterations": 1_000, "epsilon": 1e-6, "delta": 1e-9}
    )  # fmt: skip
    for row, labels in zip(feature_field.around(x, NEAR), y, strict=True):
        letters = int((labels >= 0).sum())
        features = [[f"{number}:{symbol}" for number, symbol in enumerate(place)] for place in row[:letters]]
        trainer.append(features, [str(label) for label in labels[:letters]])
    with tempfile.TemporaryDirectory() as folder:
        began = time.process_time()
        trainer.train(f"{folder}/model")
        seconds = time.process_time() - began
    return -trainer.logparser.last_iteration["loss"], seconds


WAYS = {"ours": ours, "CRFsuite": crfsuite}

if __name__ == "__main__":
    main(**json.loads(sys.argv[1]))
