"""Chapter 07c: mixture-density networks that write digits point by point; shipped.

    python benchmarks/run.py ch07c_writing

Pen digits split by writer. Kinds, five seeds of each: ``writing``, an LSTM with ten Gaussians for each point;
``writing_markov``, a perceptron of as many weights that knows the last point, its number and the digit;
``writing_second``, one that knows the last two; ``writing_single``, the LSTM with one Gaussian. Trained on 12 copies of
the training strokes, each spread anew within the tablet's steps. Settings are a first guess: nothing was tuned.
Recorded: nats per digit on the validation strokes ("writing, nats"). The weights go to results/ch07c_KIND.npz as
float16. No network saw a test stroke.
"""

from dlcourse import recording, reproducibility
from dlcourse.datasets import strokes
from dlcourse.experiments import handwriting

SEEDS, COPIES = range(5), 12
KINDS = ("writing", "writing_markov", "writing_second", "writing_single")


def trained(kind, seed):
    """(model, nats per digit on validation strokes) of one training."""
    digits = strokes.by_writers()
    points, labels = handwriting.copies(digits.train, COPIES, seed, handwriting.spread)
    model = handwriting.BUILD[kind](seed)
    handwriting.train_writing(model, points, labels, seed=seed)
    nats = float(handwriting.nats(model, digits.validation).mean())
    print(f"{kind}, seed {seed}: {nats:.2f} nats", flush=True)
    return model, nats


def main():
    reproducibility.start(0)
    record = recording.Recording(
        "ch07c_writing", "Nats per digit on validation strokes, and hashes of the shipped weights"
    )
    for kind in KINDS:
        if not record.done(f"{kind}, sha256"):
            networks = {seed: trained(kind, seed) for seed in SEEDS}
            record.add(f"{kind}, nats", [nats for _, nats in networks.values()])
            models = {seed: model for seed, (model, _) in networks.items()}
            record.add(f"{kind}, sha256", handwriting.ship(kind, models))


if __name__ == "__main__":
    main()
