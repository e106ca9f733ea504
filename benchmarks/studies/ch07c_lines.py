"""Chapter 07c: networks that read lines of handwritten digits by CTC; shipped.

    python benchmarks/run.py ch07c_lines

Five seeds, each trained twice over 24,000 lines of 3 to 8 of MNIST's 55,000 training digits, 192 pixels wide. Recorded:
the character error rates on 400 lines of validation digits ("lines, error rate"). Their rival has convolutions in the
LSTMs' place ("lines_convolution"), as many weights, and the same lines in the same order. The weights go to
results/ch07c_KIND.npz as float16, those of seeds 3 and 4 to ch07c_KIND_more.npz, no file above a megabyte, and the
SHA-256 of each into the record. No test digit is used.

Settings were chosen on validation lines of seed 100. Where digits overlap by up to three columns, 8,000 lines three
times left 2.9 % errors; so there are more lines, and no overlap. The learning rate's peak, with 8,000 lines once: 4.7 %
errors with LSTMs at 0.004, 4.1 % at 0.008, 4.3 % at 0.012; with convolutions in their place 6.0 % at 0.002, 4.3 % at
0.004, 3.4 % at 0.008, 3.6 % at 0.012. So 0.008 for both.
"""

import functools

from dlcourse import recording, reproducibility, training
from dlcourse.experiments import handwriting
from dlcourse.metrics import speech
from dlcourse.models import decoding

LINES, EPOCHS = 24_000, 2
KINDS = {
    "lines": range(3),
    "lines_more": range(3, 5),
    "lines_convolution": range(3),
    "lines_convolution_more": range(3, 5),
}


@functools.cache
def lines(seed):
    """The training lines of a seed, the same for both kinds."""
    return handwriting.lines_of("train", LINES, seed, width=handwriting.WIDTH)


def trained(kind, seed):
    """(model, character error rate on lines of validation digits) of one training."""
    part = lines(seed)
    model = handwriting.BUILD[kind](seed)
    handwriting.train_lines(model, part, epochs=EPOCHS, seed=seed)
    held = handwriting.lines_of("validation", 400, seed + 1_000)
    found = decoding.ctc_greedy(training.predict(model, held.x))
    rate = speech.word_error_rate(held.digits(), [[label - 1 for label in row] for row in found])
    print(f"{kind}, seed {seed}: character error rate {rate:.2%}", flush=True)
    return model, rate


def main():
    reproducibility.start(0)
    record = recording.Recording(
        "ch07c_lines",
        "Character error rate on 400 lines of validation digits, and hashes of the shipped weights",
    )
    for kind, seeds in KINDS.items():
        if not record.done(f"{kind}, sha256"):
            networks = {seed: trained(kind, seed) for seed in seeds}
            record.add(f"{kind}, error rate", [rate for _, rate in networks.values()])
            models = {seed: model for seed, (model, _) in networks.items()}
            record.add(f"{kind}, sha256", handwriting.ship(kind, models))


if __name__ == "__main__":
    main()
