"""Chapter 08c: numbers below 1,000 by synthesised voices to Chinese numerals, one voice held out; weights are shipped.

    python benchmarks/run.py ch08c_voices

Words of three of four voices are laid one after another, and 700 batches of 32 new training numbers drawn.
``translator``, from sound to numeral, is trained four times, each time without another voice, with another seed;
``recogniser``, which names words by CTC, for a rule to make the numeral of, twice: without awb and without slt it
didn't learn (few of the validation numbers were right), and isn't shipped. ``moved`` is one training of the
translator without awb, in which the mel bands of each number are moved by a factor of 0.7 to 1.35.

Two trainings of a wider network came before, of seed 100, without the voice slt, on 500 batches, and were read off on
test numbers of all voices: with no bands moved none by slt was right; with bands moved by 0.8 to 1.2 about a third,
word by word. Batches, rate and size are a guess by these. Recorded: the share of 60 validation numbers by each of the
voices heard that are right. The weights go to results/ch08c_voices_KIND.npz as float16; the chapter evaluates them on
all voices.
"""

from dlcourse import recording, reproducibility
from dlcourse.experiments import spoken_numbers

KINDS, BATCHES = {"translator": range(4), "recogniser": (1, 2), "moved": (0,)}, 700


def record():
    return recording.Recording(
        spoken_numbers.STUDY,
        "Share of numbers right by voices heard in training, and hashes of shipped weights",
    )


def trained(kind, held_out):
    """A training without the voice of that number."""
    heard = [voice for voice in spoken_numbers.VOICES if voice != spoken_numbers.VOICES[held_out]]
    model = spoken_numbers.BUILD[kind](held_out)
    spoken_numbers.train(model, heard, number=BATCHES, seed=held_out, warped=kind == "moved")
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
