"""Chapter 07c: networks that read lines of handwritten digits by CTC; shipped.

    python benchmarks/run.py ch07c_lines

Five seeds, each trained twice over 16,000 lines of 3 to 8 of MNIST's 55,000 training digits, 192 pixels wide. Settings
were chosen on validation lines of seed 100 (digits that overlap by up to three columns, 8,000 lines three times: 2.9 %
errors; so more lines, and an easier task: no overlap). Recorded: the character error rates on 400 lines of validation
digits ("lines, error rate"). The weights go to results/ch07c_lines.npz and ch07c_lines_more.npz as float16, no file
above a megabyte, and the SHA-256 of each into the record. No test digit is used.
"""

from dlcourse import recording, reproducibility, training
from dlcourse.experiments import handwriting
from dlcourse.metrics import speech
from dlcourse.models import decoding

LINES, EPOCHS = 16_000, 2
KINDS = {"lines": range(3), "lines_more": range(3, 5)}


def trained(kind, seed):
    """(model, character error rate on lines of validation digits) of one training."""
    part = handwriting.lines_of("train", LINES, seed, width=handwriting.WIDTH)
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
