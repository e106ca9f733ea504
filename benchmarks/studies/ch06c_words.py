"""Chapter 06c: networks that recognise single spoken digits, and their rivals by number of examples; some are shipped.

    python benchmarks/run.py ch06c_words

Shipped, five seeds of each: ``words``, trained on 2,100 recordings; ``words_shuffled``, on the same recordings with
their frames in another order; ``words_flat``, without the mean over time. Of synthesised words, one for each voice or
take left out: ``words_new_voice``, trained on three voices, ``words_new_take``, on all four voices without one of their
five takes, and ``words_noisy``, on the same words with noise added, for as many steps. The weights go to
results/ch06c_KIND.npz as float16. Settings were tried on seeds 100 and up.

Recorded besides: test accuracy by number of recordings per digit ("network, 5": five seeds), of the network, of the
nearest neighbour by dynamic time warping, and of logistic regression on each recording's mean and standard deviation by
coefficient; on the first 200 test recordings of each seed.
"""

import numpy as np
from sklearn.linear_model import LogisticRegression

from dlcourse import recording, reproducibility, training
from dlcourse.experiments import spoken_digits
from dlcourse.from_scratch import time_warping

SEEDS, EPOCHS, JUDGED = range(5), 15, 200
EXAMPLES = (5, 15, 20, 50)
STEPS = 300
"""Of the network's training where there are few examples: as many as some 7 epochs of all."""


def trained(kind, seed):
    """(model, accuracy on the validation recordings) of one training on the real recordings."""
    train, validation, _ = spoken_digits.parts(seed)
    if kind == "words_shuffled":
        train, validation = (spoken_digits.shuffled(part, seed) for part in (train, validation))
    model = spoken_digits.BUILD[kind](seed)
    spoken_digits.train_words(model, spoken_digits.arrays(train), epochs=EPOCHS, seed=seed)
    return model, accuracy(model, validation)


def held_out(kind, number):
    """A network trained without the synthesised voice, or the take, of that number; and its accuracy on that."""
    words = spoken_digits.synthesised()
    out = spoken_digits.left_out(words, "voice" if kind == "words_new_voice" else "take", number)
    train, test = spoken_digits.apart(words, out)
    epochs = 100
    if kind == "words_noisy":  # five times as many words, and as many steps
        train, epochs = spoken_digits.under_noise(number), 20
    model = spoken_digits.word_network(number)
    spoken_digits.train_words(model, spoken_digits.arrays(train), epochs=epochs, seed=number)
    return model, accuracy(model, test)


def accuracy(model, part):
    """Share of recordings that are recognised."""
    return training.evaluate(model, training.objectives.classification(), spoken_digits.arrays(part))[
        "accuracy"
    ]


def few(train, number, seed):
    """So many recordings of each digit, as many as there are at most."""
    random = np.random.default_rng(seed)
    rows = [random.permutation(np.flatnonzero(train.digits == digit))[:number] for digit in range(10)]
    return train.take(np.concatenate(rows))


def accuracies(number, seed):
    """Test accuracy of the three recognisers trained on so many recordings per digit."""
    train, _, test = spoken_digits.parts(seed)
    train, test = few(train, number, seed), test.take(range(JUDGED))
    model = spoken_digits.word_network(seed)
    epochs = -(-STEPS * 50 // max(len(train), 50))
    spoken_digits.train_words(model, spoken_digits.arrays(train), epochs=epochs, seed=seed)
    by_network = training.predict(model, spoken_digits.arrays(test)[0]).argmax(axis=1)
    by_warping = time_warping.nearest(test.items, train.items, train.digits)
    linear = LogisticRegression(max_iter=5_000).fit(spoken_digits.summaries(train), train.digits)
    return {
        "network": float(np.mean(by_network == test.digits)),
        "warping": float(np.mean(by_warping == test.digits)),
        "linear": float(np.mean(linear.predict(spoken_digits.summaries(test)) == test.digits)),
    }


def main():
    reproducibility.start(0)
    record = recording.Recording(
        "ch06c_words", "Accuracy (share) on single spoken digits, and the hashes of the shipped weights"
    )
    for kind, train, seeds in [
        ("words", trained, SEEDS),
        ("words_shuffled", trained, SEEDS),
        ("words_flat", trained, SEEDS),
        ("words_new_voice", held_out, range(4)),
        ("words_new_take", held_out, range(5)),
        ("words_noisy", held_out, range(5)),
    ]:
        if not record.done(f"{kind}, sha256"):
            networks = {seed: train(kind, seed) for seed in seeds}
            record.add(f"{kind}, accuracy", [float(accuracy) for _, accuracy in networks.values()])
            print(kind, [f"{accuracy:.1%}" for _, accuracy in networks.values()], flush=True)
            models = {seed: model for seed, (model, _) in networks.items()}
            record.add(f"{kind}, sha256", spoken_digits.ship(kind, models))
    for number in EXAMPLES:
        if not record.done(f"network, {number}"):
            found = [accuracies(number, seed) for seed in SEEDS]
            for name in found[0]:
                record.add(f"{name}, {number}", [by_seed[name] for by_seed in found])


if __name__ == "__main__":
    main()
