"""Chapter 06c: networks that read strings of spoken digits by CTC; shipped.

    python benchmarks/run.py ch06c_strings

Each is trained on 8,000 strings of 1 to 6 training recordings. Kinds: ``strings``, five seeds, whose kernels look 30
frames ahead together; three seeds each of ``strings_causal``, which look none ahead, and of ``strings_permuted``, a
control whose labels were put into another order within each string. Settings were chosen on validation strings, first
of seed 0 (4,000 strings seen eight times: 1.2 % errors, with and without noise), then of seed 100 (8,000 strings seen
three times, a little noise and dropout: 0.3 %). Recorded: for each kind the word error rates on 300 strings of
validation recordings ("strings, error rate"). The weights go to results/ch06c_KIND.npz as float16, and the SHA-256 of
that file into the record. No test recording is used.
"""

from dlcourse import recording, reproducibility, training
from dlcourse.experiments import spoken_digits
from dlcourse.metrics import speech
from dlcourse.models import decoding

SEEDS, CONTROLS, STRINGS, EPOCHS = range(5), range(3), 8_000, 3
KINDS = {"strings": SEEDS, "strings_permuted": CONTROLS, "strings_causal": CONTROLS}


def trained(kind, seed):
    """(model, word error rate on strings of validation recordings) of one training."""
    train, validation, _ = spoken_digits.parts(seed)
    strings = spoken_digits.strings_of(train, STRINGS, seed, frames=spoken_digits.STRING_FRAMES)
    y = spoken_digits.permuted(strings.y, seed) if kind == "strings_permuted" else strings.y
    model = spoken_digits.BUILD[kind](seed)
    spoken_digits.train_strings(model, strings.x, y, epochs=EPOCHS, seed=seed)
    held = spoken_digits.strings_of(validation, 300, seed + 1_000)
    found = decoding.ctc_greedy(training.predict(model, held.x))
    rate = speech.word_error_rate(held.digits(), [[label - 1 for label in row] for row in found])
    print(f"{kind}, seed {seed}: word error rate {rate:.2%}", flush=True)
    return model, rate


def main():
    reproducibility.start(0)
    record = recording.Recording(
        "ch06c_strings",
        "Word error rate on 300 strings of validation recordings, and hashes of the shipped weights",
    )
    for kind, seeds in KINDS.items():
        if not record.done(f"{kind}, sha256"):
            networks = {seed: trained(kind, seed) for seed in seeds}
            record.add(f"{kind}, error rate", [rate for _, rate in networks.values()])
            models = {seed: model for seed, (model, _) in networks.items()}
            record.add(f"{kind}, sha256", spoken_digits.ship(kind, models))


if __name__ == "__main__":
    main()
