"""Chapter 08c: numbers below 1,000 by synthesised voices to Chinese numerals, one voice held out; weights are shipped.

    python benchmarks/run.py ch08c_voices

Words of three of four voices are laid one after another, and 700 batches of 32 new training numbers drawn. Each kind is
trained four times, each time without another voice, with another seed: ``translator``, from sound to numeral, whose
training moves the mel bands at random; ``plain``, the same without that; ``recogniser``, which names words by CTC, with
moved bands, for a rule to make the numeral of. Two trainings of seed 100, of a wider network without the voice slt,
came before, one with bands moved less (by factors of 0.8 to 1.2) and one with none moved, and were read off on test
numbers of all voices; the wider moves, the narrower network and the 700 batches were a guess then. Recorded: the share
of 60 validation numbers by each of the voices heard that are right. The weights go to results/ch08c_voices_KIND.npz as
float16; the chapter evaluates them on the voice held out.
"""

from dlcourse import recording, reproducibility
from dlcourse.experiments import spoken_numbers

KINDS, BATCHES = ("translator", "plain", "recogniser"), 700


def record():
    return recording.Recording(
        spoken_numbers.STUDY,
        "Share of numbers right by voices heard in training, and hashes of shipped weights",
    )


def trained(kind, held_out):
    """(model, share of validation numbers right) of one training without the voice of that number."""
    heard = [voice for voice in spoken_numbers.VOICES if voice != spoken_numbers.VOICES[held_out]]
    model = spoken_numbers.BUILD[kind](held_out)
    run = spoken_numbers.train(model, heard, number=BATCHES, seed=held_out, warped=kind != "plain")
    held = spoken_numbers.tests(60, held_out, "validation")
    rows = ~held.whole & (held.voices != spoken_numbers.VOICES[held_out])
    share = float(spoken_numbers.right(model, held.x[rows], held.numbers[rows]).mean())
    print(
        f"{kind} without {spoken_numbers.VOICES[held_out]}: {share:.2%} after {run.seconds:.0f} s", flush=True
    )
    return model, share


def one_kind(kind):
    found = {number: trained(kind, number) for number in range(len(spoken_numbers.VOICES))}
    networks = {number: model for number, (model, _) in found.items()}
    record().add(f"{kind}, validation", [share for _, share in found.values()])
    record().add(f"{kind}, sha256", spoken_numbers.ship(kind, networks))


def main():
    reproducibility.start(0, threads=1)
    for kind in KINDS:
        if not record().done(f"{kind}, sha256"):
            one_kind(kind)


if __name__ == "__main__":
    main()
