"""Chapter 08c: numbers below 1,000 by synthesised voices to Chinese numerals, one voice held out; weights are shipped.

    python benchmarks/run.py ch08c_voices

Words of three of four voices are laid one after another, and batches of 32 new training numbers drawn, 700 of them.
``translator``, from sound to numeral, is trained four times, each time without another voice, with another seed;
``recogniser``, which names words by CTC, for a rule to make the numeral of, four times as well, with a lower rate,
1,400 batches and other seeds: by the translator's seeds, two of the four hardly learnt, at either rate (few validation
numbers by the voices that they heard were right), also with 1,400 batches. ``moved`` is one training of the translator
without awb, in which the mel bands of each number are moved by a factor of 0.7 to 1.35.

Two trainings of a wider network came before, of seed 100, without the voice slt, on 500 batches, and were read off on
test numbers of all voices: with no bands moved none by slt was right; with bands moved by 0.8 to 1.2 about a third,
word by word. Batches, rate and size are a guess by these. Recorded: the share of 60 validation numbers by each of the
voices heard that are right. The weights go to results/ch08c_voices_KIND.npz as float16; the chapter evaluates them on
all voices.
"""

from dlcourse import recording, reproducibility
from dlcourse.experiments import spoken_numbers

KINDS = {"translator": range(4), "recogniser": range(4), "moved": (0,)}
BATCHES = {"translator": 700, "recogniser": 1_400, "moved": 700}
PEAKS = {"translator": 0.005, "recogniser": 0.003, "moved": 0.005}
FIRST = {"translator": 0, "recogniser": 10, "moved": 0}
"""The seed of the training without the first voice; the next voice has the next seed."""


def record():
    return recording.Recording(
        spoken_numbers.STUDY,
        "Share of numbers right by voices heard in training, and hashes of shipped weights",
    )


def trained(kind, held_out):
    """A training without the voice of that number."""
    heard = [voice for voice in spoken_numbers.VOICES if voice != spoken_numbers.VOICES[held_out]]
    seed = FIRST[kind] + held_out
    model = spoken_numbers.BUILD[kind](seed)
    spoken_numbers.train(
        model, heard, number=BATCHES[kind], seed=seed, warped=kind == "moved", peak=PEAKS[kind]
    )
    return model


def validated(model, held_out):
    """The share of validation numbers, laid together of words, that are right by the voices heard."""
    held = spoken_numbers.tests(60, held_out, "validation")
    rows = ~held.whole & (held.voices != spoken_numbers.VOICES[held_out])
    return float(spoken_numbers.right(model, held.x[rows], held.numbers[rows]).mean())


def main(trained=trained):
    reproducibility.start(0, threads=1)
    for kind, numbers in KINDS.items():
        if not record().done(f"{kind}, sha256"):
            networks = {number: trained(kind, number) for number in numbers}
            shares = [validated(model, number) for number, model in networks.items()]
            record().add(f"{kind}, validation", shares)
            record().add(f"{kind}, sha256", spoken_numbers.ship(kind, networks))


if __name__ == "__main__":
    main()
