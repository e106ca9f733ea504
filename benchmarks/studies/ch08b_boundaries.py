"""Chapter 08b: networks that say where words end, with a random field and without, by how many letters they see;
shipped.

    python benchmarks/run.py ch08b_boundaries

Five seeds of each kind; a seed decides the split of the lines and the initial weights. 1,863 training lines, all that
the English book has; as many of the Chinese one. The weights go to results/ch08b_KIND.npz as float16. Recorded: F1 of
words on the validation lines, decoded under the rules, and the hashes; and F1 on the test lines of the English
networks without a field, transitions fitted on top, whose penalty and number of lines weren't tuned.

Epochs were chosen for each kind on the validation lines of seed 101, from those in CANDIDATES; ``choose`` measures
them. Nearly all lie at an edge of what was tried. With three letters seen, 120 epochs were better still for both:
0.672 and 0.761, against 0.656 and 0.736.
"""

import sys

from dlcourse import recording, reproducibility
from dlcourse.experiments import word_boundaries as study

EPOCHS = {
    ("english", 3, False): 60,
    ("english", 3, True): 60,
    ("english", 15, False): 60,
    ("english", 15, True): 60,
    ("chinese", 3, False): 10,
    ("chinese", 3, True): 20,
    ("chinese", 15, False): 5,
    ("chinese", 15, True): 5,
    ("english", 7, False): 60,
    ("english", 7, True): 60,
    ("english", 1, False): 30,
    ("english", 1, True): 30,
}
CANDIDATES = {
    ("english", 1): (15, 30),
    ("english", 3): (30, 60),
    ("english", 7): (30, 60),
    ("english", 15): (30, 60),
    ("chinese", 3): (10, 20),
    ("chinese", 15): (5, 10, 20),
}


def trained(language, window, field, seed, epochs):
    """(model, F1 on the validation lines) of one training."""
    data = study.parts(language, seed)
    model = study.network(len(data["symbols"]) + 2, window, field=field, seed=seed)
    study.train(model, *data["train"], seed=seed, epochs=epochs)
    return model, study.word_f1(model, *data["validation"])


def choose():
    """F1 on validation lines of seed 101, by kind and epochs."""
    for (language, window), candidates in CANDIDATES.items():
        for field in (False, True):
            found = {epochs: trained(language, window, field, 101, epochs)[1] for epochs in candidates}
            print(
                study.kind_of(language, window, field),
                {e: round(f1, 3) for e, f1 in found.items()},
                flush=True,
            )


def fitted_transitions(window, seed):
    """F1 on test lines of a shipped independent network, 21 numbers fitted to 300 training lines on top."""
    data, model = study.parts("english", seed), study.shipped("english", window, False)[seed]
    known = [part[:300] for part in data["train"]]
    return study.word_f1_with_fitted_transitions(model, *data["test"], known)


def main():
    reproducibility.start(0, threads=1)
    if sys.argv[1:] == ["choose"]:
        return choose()
    record = recording.Recording(
        "ch08b_boundaries", "F1 of words on validation lines, and the hashes of the shipped weights"
    )
    for (language, window, field), epochs in EPOCHS.items():
        kind = study.kind_of(language, window, field)
        if record.done(f"{kind}, sha256"):
            continue
        found = {seed: trained(language, window, field, seed, epochs) for seed in study.SEEDS}
        record.add(f"{kind}, F1", [f1 for _, f1 in found.values()])
        print(kind, [f"{f1:.3f}" for _, f1 in found.values()], flush=True)
        networks = {seed: model for seed, (model, _) in found.items()}
        record.add(f"{kind}, sha256", study.ship(language, window, field, networks))
    for window in study.WINDOWS:
        key = f"{study.kind_of('english', window, False)}, transitions fitted, F1 on test lines"
        if not record.done(key):
            record.add(key, [fitted_transitions(window, seed) for seed in study.SEEDS])


if __name__ == "__main__":
    main()
