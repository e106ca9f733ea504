"""Chapter 06c: networks that read strings of spoken digits by CTC; most are shipped.

    python benchmarks/run.py ch06c_strings

Each is trained on 1,000 batches of 32 new strings of 1 to 6 training recordings, some of them stretched, five seeds of
each kind: ``strings``, whose kernels look 30 frames ahead together; ``strings_causal``, which look none ahead; and
``strings_permuted``, a control whose labels were put into another order within each string. Their weights go to
results/ch06c_KIND.npz as float16, and the SHA-256 of that file into the record. Settings were chosen on validation
strings of seeds 100 and 101. Recorded: word error rates on 600 strings of validation recordings ("strings, error
rate").

By look-ahead ("ahead 10"), five seeds: the word error rate on 400 strings of test recordings, and how many frames after
a digit's end it is known, the look-ahead included. Networks that look 5, 10 and 20 frames ahead are trained for this
and not kept.
"""

import numpy as np

from dlcourse import recording, reproducibility
from dlcourse.experiments import spoken_digits
from dlcourse.metrics import speech

SEEDS, BATCHES = range(5), 1_000
KINDS = ("strings", "strings_causal", "strings_permuted")
AHEAD = (0, 5, 10, 20, 30)
KEPT = {0: "strings_causal", 30: "strings"}


def trained(model, seed, shuffle_labels=False):
    """(model, word error rate on strings of validation recordings) of one training."""
    train, validation, _ = spoken_digits.parts(seed)
    run = spoken_digits.train_strings(model, train, batches=BATCHES, seed=seed, shuffle_labels=shuffle_labels)
    rate = error_rate(model, spoken_digits.strings_of(validation, 600, seed + 1_000))
    print(f"seed {seed}: word error rate {rate:.2%} after {run.seconds:.0f} s", flush=True)
    return model, rate


def error_rate(model, strings):
    """Word error rate of what a network writes down."""
    return speech.word_error_rate(strings.digits(), spoken_digits.read(model, strings.x))


def known_after(model, strings, ahead):
    """Frames from a digit's end until it is said and the frames that this took are heard, on average."""
    said, _, end = spoken_digits.moments(model, strings).T
    return float(np.mean(said + ahead - end))


def by_look_ahead(ahead):
    """Word error rates on strings of test recordings, and when digits are known, for five networks."""
    networks = spoken_digits.shipped(KEPT[ahead]) if ahead in KEPT else None
    found = {"error rate": [], "known after": []}
    for seed in SEEDS:
        model = networks[seed] if networks else trained(spoken_digits.string_network(seed, ahead), seed)[0]
        strings = spoken_digits.strings_of(spoken_digits.parts(seed)[2], 400, seed + 2_000)
        found["error rate"].append(error_rate(model, strings))
        found["known after"].append(known_after(model, strings, ahead))
    return found


def main():
    reproducibility.start(0)
    record = recording.Recording(
        "ch06c_strings",
        "Word error rate on strings of spoken digits, frames until digits are known, hashes of the shipped weights",
    )
    for kind in KINDS:
        if not record.done(f"{kind}, sha256"):
            print(kind, flush=True)
            networks = {
                seed: trained(spoken_digits.BUILD[kind](seed), seed, kind == "strings_permuted")
                for seed in SEEDS
            }
            record.add(f"{kind}, error rate", [rate for _, rate in networks.values()])
            models = {seed: model for seed, (model, _) in networks.items()}
            record.add(f"{kind}, sha256", spoken_digits.ship(kind, models))
    for ahead in AHEAD:
        if not record.done(f"ahead {ahead}"):
            print(f"ahead {ahead}", flush=True)
            record.add(f"ahead {ahead}", by_look_ahead(ahead))


if __name__ == "__main__":
    main()
