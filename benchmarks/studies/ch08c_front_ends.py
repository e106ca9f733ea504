"""Chapter 08c: does a VAE that learnt from recordings without labels help a translator with few labelled ones?

    python benchmarks/run.py ch08c_front_ends

Of chapter 06c's 2,100 training recordings, 5 or 20 of each digit have labels. Strings of 3 or 4 are made of these, and
of stretched copies, in 400 batches of 32. The translator reads windows of 8 frames, one every 4, as they are
("frames"), or as 16 numbers: their first principal components ("pca", with 5 labels only), or the means of a VAE's
posteriors ("vae"), both learnt from all 2,100 recordings without their labels. Five seeds of each. The same translator
follows in each case. Batches and learning rate are a first guess by windows as they are, on validation strings of seed
100, with a larger translator; the VAE's size is a first guess too. Recorded: the share of 300 strings of test
recordings that are translated whole. Those with 5 of each digit are shipped, with the five VAEs
(results/ch08c_front_*.npz, float16).
"""

from dlcourse import recording, reproducibility
from dlcourse.experiments import spoken_digits, translation
from dlcourse.models import translators

SEEDS, BATCHES, EACH = range(5), 400, (5, 20)
KINDS = ("frames", "vae", "pca")


def main():
    reproducibility.start(0, threads=1)
    record = recording.Recording(
        "ch08c_front_ends",
        "Share of strings translated whole, by front end and by labelled recordings of each digit",
    )
    if not record.done("front_vae, sha256"):
        vaes = {seed: translation.trained_vae(spoken_digits.parts(seed)[0].items, seed) for seed in SEEDS}
        record.add("front_vae, sha256", translation.ship("front_vae", vaes))
    vaes = translation.shipped("front_vae")
    for each in EACH:
        for kind in KINDS if each == min(EACH) else KINDS[:2]:
            name = f"front_end_{kind}"
            if record.done(f"{kind}, {each}"):
                continue
            networks, shares = {}, []
            for seed in SEEDS:
                networks[seed], share = trained(kind, each, seed, vaes[seed])
                shares.append(share)
            if each == min(EACH):
                record.add(f"{name}, sha256", translation.ship(name, networks))
            record.add(f"{kind}, {each}", shares)


def trained(kind, each, seed, vae):
    """(model, share of test strings that are right) of one training."""
    train, _, test = spoken_digits.parts(seed)
    change = translation.front_end(kind, train.items, vae)
    few = translation.labelled(train, each, seed)
    items, digits = spoken_digits.training_words(few, seed)
    model = translation.BUILD[f"front_end_{kind}"](seed)
    run = translation.train_speech(
        model, items, digits, batches=BATCHES, seed=seed, peak=0.006, change=change
    )
    x, y, _ = translation.spoken_numbers(spoken_digits.strings_of(test, 300, seed + 4_000, words=(3, 4)))
    share = translators.exact(model, change(x), y)
    print(f"{kind}, {each} of each digit, seed {seed}: {share:.2%} after {run.seconds:.0f} s", flush=True)
    return model, share


if __name__ == "__main__":
    main()
