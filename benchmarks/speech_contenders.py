"""One contender on single spoken digits, in a process of its own: learns, recognises, prints accuracy and seconds.

    python benchmarks/speech_contenders.py '{"way": "network", "seed": 0, "known": 2100, "new": 200}'

All take the same recordings as the same 13 standardised coefficients per frame, on one thread. Ways: ``network``, the
chapter's convolutions, 15 times through the recordings; ``warping``, the chapter's nearest neighbour by dynamic time
warping; ``sequentia DTW``, that package's nearest neighbour, in C; ``sequentia HMM``, its hidden Markov models, one per
digit, from left to right. Seconds are the processor's, of learning and of recognising; importing and reading don't
count.
"""

import json
import sys
import time

import numpy as np


def main(way, seed, known, new, part="test", **settings):
    from dlcourse import reproducibility

    reproducibility.start(seed, threads=1)
    from dlcourse.experiments import spoken_digits

    train, validation, test = spoken_digits.parts(seed)
    train = train.take(range(known))
    judged = (test if part == "test" else validation).take(range(new))
    learn = WAYS[way]()
    began = time.process_time()
    recognise = learn(train, seed, **settings)
    learnt = time.process_time()
    found = recognise(judged)
    ended = time.process_time()
    print(
        json.dumps(
            {
                "accuracy": float(np.mean(np.asarray(found) == judged.digits)),
                "seconds to learn": learnt - began,
                "seconds to recognise": ended - learnt,
            }
        )
    )


def network():
    from dlcourse import training
    from dlcourse.experiments import spoken_digits

    def learn(train, seed):
        model = spoken_digits.word_network(seed)
        spoken_digits.train_words(model, spoken_digits.arrays(train), epochs=15, seed=seed)
        return lambda part: training.predict(model, spoken_digits.arrays(part)[0]).argmax(axis=1)

    return learn


def warping():
    from dlcourse.from_scratch import time_warping

    def learn(train, seed):
        return lambda part: time_warping.nearest(part.items, train.items, train.digits)

    return learn


def in_a_row(part):
    """Recordings as sequentia takes them: (frames of all, 13) and the frames of each."""
    return np.concatenate(part.items).astype("float64"), np.array([len(item) for item in part.items])


def sequentia_dtw():
    from sequentia.models import KNNClassifier

    def learn(train, seed):
        x, lengths = in_a_row(train)
        model = KNNClassifier(k=1, use_c=True, random_state=seed).fit(x, train.digits, lengths=lengths)
        return lambda part: model.predict(in_a_row(part)[0], lengths=in_a_row(part)[1])

    return learn


def sequentia_hmm():
    from sequentia.models import GaussianMixtureHMM, HMMClassifier

    def learn(train, seed, states=5, components=3):
        x, lengths = in_a_row(train)
        kwargs = {"n_states": states, "n_components": components, "covariance": "diag", "random_state": seed}
        model = HMMClassifier(variant=GaussianMixtureHMM, model_kwargs=kwargs | {"topology": "left-right"})
        model.fit(x, train.digits, lengths=lengths)
        return lambda part: model.predict(in_a_row(part)[0], lengths=in_a_row(part)[1])

    return learn


WAYS = {
    "network": network,
    "warping": warping,
    "sequentia DTW": sequentia_dtw,
    "sequentia HMM": sequentia_hmm,
}

if __name__ == "__main__":
    main(**json.loads(sys.argv[1]))
