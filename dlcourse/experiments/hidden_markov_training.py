"""A hidden Markov model whose own numbers are trained on by gradient: for p(x, y), or for p(y | x).

Its probabilities stay probabilities (logits go through a softmax), so that it has a p(x) at every step; what that is
worth is measured in bits per letter. Several splits are trained side by side, each with its own model.
"""

import keras
import numpy as np
import tensorflow as tf

from dlcourse.from_scratch import hidden_markov
from dlcourse.models import crf


def trained_on(splits, *, steps, given_letters, labels, symbols, every=25, rate=0.02, smoothing=0.3):
    """Count a model for each split, go on by gradient, and look at held-out lines on the way.

    Args:
        splits: list of ((x, y), (x, y)), lines to learn from and held out, equally many in all splits.
        steps: of Adam, on all lines at once; a multiple of ``every``.
        given_letters: whether to raise p(y | x), as a random field does; else p(x, y).
        labels, symbols: how many there are.
        every: steps between two looks.
        rate: Adam's.
        smoothing: of the counts.

    Returns:
        dict of ``steps`` (looks,), and of held-out lines, float (looks, splits): ``bits``, -log2 p(x) per letter, and
        ``nats``, -ln p(y | x) per letter.

    Raises:
        ValueError: where splits differ in size, or ``steps`` isn't a multiple of ``every``.
    """
    sizes = [tuple(len(part[0]) for part in split) for split in splits]
    if len(set(sizes)) != 1 or steps % every:
        raise ValueError(
            f"trained_on(): splits of (learnt, held out) lines {sizes}, {steps} steps and a look every {every}; "
            "expected splits of equal size, one or more, and steps that are a multiple of every."
        )
    counted = [
        hidden_markov.count(*train, labels=labels, symbols=symbols, smoothing=smoothing)
        for train, _ in splits
    ]
    parts = [np.stack(column) for column in ([m.start for m in counted], [m.transitions for m in counted])]
    parts.append(np.stack([model.emissions[0].T for model in counted]))  # (splits, labels, symbols)
    logits = [tf.Variable(part, dtype=tf.float32) for part in parts]
    optimizer = keras.optimizers.Adam(rate)
    optimizer.build(logits)
    data = [
        [tf.concat([split[part][which] for split in splits], axis=0) for which in (0, 1)] for part in (0, 1)
    ]

    def looked_at(x, y):
        """ln p(x, y) and ln p(x) of all lines, and how many letters each split has."""
        start, moves, emits = (tf.nn.log_softmax(part, axis=-1) for part in logits)
        present, count = y >= 0, len(splits)
        own = tf.reshape(tf.repeat(tf.range(count), tf.shape(x)[0] // count), (-1, 1))
        scores = tf.gather_nd(
            tf.transpose(emits, (0, 2, 1)), tf.stack([tf.broadcast_to(own, tf.shape(x)), x], axis=-1)
        )
        first = tf.one_hot(0, tf.shape(x)[1])[None, :, None]
        scores += first * tf.gather(start, own)
        by_split = [tf.split(part, count) for part in (scores, present, y)]
        joint = [crf.path_score(s, moves[i], p, t) for i, (s, p, t) in enumerate(zip(*by_split, strict=True))]
        total = crf.log_partition(scores, tf.gather(moves, own[:, 0]), present)  # ln p(x): all is normalised
        letters = tf.reduce_sum(tf.cast(tf.reshape(present, (count, -1)), tf.float32), axis=1)
        return tf.reshape(tf.concat(joint, axis=0), (count, -1)), tf.reshape(total, (count, -1)), letters

    @tf.function
    def improve(x, y, number):
        for _ in tf.range(number):
            with tf.GradientTape() as tape:
                joint, total, letters = looked_at(x, y)
                right = joint - total if given_letters else joint
                loss = -tf.reduce_sum(tf.reduce_sum(right, axis=1) / letters)
            optimizer.apply_gradients(zip(tape.gradient(loss, logits), logits, strict=True))

    @tf.function
    def held_out(x, y):
        joint, total, letters = looked_at(x, y)
        nats = tf.reduce_sum(total - joint, axis=1) / letters
        return nats, -tf.reduce_sum(total, axis=1) / letters / np.log(2.0)

    looks = range(0, steps + 1, every)
    found = {"steps": np.array(looks), "bits": [], "nats": []}
    for look in looks:
        if look:
            improve(*data[0], tf.constant(every))
        nats, bits = held_out(*data[1])
        found["nats"].append(nats.numpy())
        found["bits"].append(bits.numpy())
    return found | {"bits": np.array(found["bits"]), "nats": np.array(found["nats"])}
