"""A linear-chain conditional random field (Lafferty, McCallum & Pereira 2001) on any encoder.

An encoder gives each place of a sequence one score per label; a matrix of transitions gives each pair of neighbouring
labels one more. The score of a path is the sum of all, and its probability given the input is
exp(score) / Z, Z being the sum of exp(score) over all paths. All is batched, in log space and in the graph.

Shapes: scores float (batch, places, labels); transitions float (labels, labels), from row to column; present bool
(batch, places), True where there is something: places without stand at the end of a row, and at least one is present.
"""

import keras
import tensorflow as tf

from dlcourse import checks

FORBIDDEN = -1e4
"""A score that no path survives; finite, so that gradients stay numbers."""


def path_score(scores, transitions, present, labels):
    """Sum of the scores along given paths, float (batch,).

    Args:
        labels: int (batch, places); what stands where nothing is present doesn't count.
    """
    labels = tf.where(present, tf.cast(labels, tf.int32), 0)
    unary = tf.gather(scores, labels, batch_dims=2)
    pairs = tf.gather_nd(transitions, tf.stack([labels[:, :-1], labels[:, 1:]], axis=-1))
    kind = scores.dtype
    return tf.reduce_sum(unary * tf.cast(present, kind), axis=1) + tf.reduce_sum(
        pairs * tf.cast(present[:, 1:], kind), axis=1
    )


def log_partition(scores, transitions, present):
    """Logarithm of the sum of exp(score) over all paths, float (batch,), by the forward algorithm."""
    return tf.reduce_logsumexp(_forward(scores, transitions, present)[-1], axis=-1)


def log_likelihood(scores, transitions, present, labels):
    """Log-probability of given paths, in nats, float (batch,)."""
    return path_score(scores, transitions, present, labels) - log_partition(scores, transitions, present)


def marginals(scores, transitions, present):
    """Probability of each label at each place, over all paths: (batch, places, labels), by forward and backward sums.

    Where nothing is present, 0.
    """
    forward = _forward(scores, transitions, present)
    steps, here = _by_place(scores, present)

    def step(after, now):
        """Log-sum over what comes after a place, by its label."""
        scores_after, present_after = now
        together = tf.reduce_logsumexp(transitions + (after + scores_after)[:, None, :], axis=-1)
        return tf.where(present_after[:, None], together, after)

    last = tf.zeros_like(forward[:1])
    backward = tf.scan(step, (steps[1:], here[1:]), last[0], reverse=True)
    total = forward + tf.concat([backward, last], axis=0)
    total = tf.transpose(total, (1, 0, 2))
    found = tf.exp(total - log_partition(scores, transitions, present)[:, None, None])
    return tf.where(present[..., None], found, tf.zeros_like(found))


def best_path(scores, transitions, present):
    """The path of the highest score, int32 (batch, places), by Viterbi's algorithm; -1 where nothing is present."""
    steps, here = _by_place(scores, present)
    labels = tf.shape(scores)[-1]
    stay = tf.tile(tf.range(labels)[None], (tf.shape(scores)[0], 1))

    def step(before, now):
        """Best score up to a place, by its label, and from which label one comes there."""
        scores_now, present_now = now
        ways = before[0][:, :, None] + transitions
        best = tf.reduce_max(ways, axis=1) + scores_now
        origin = tf.argmax(ways, axis=1, output_type=tf.int32)
        keep = present_now[:, None]
        return tf.where(keep, best, before[0]), tf.where(keep, origin, stay)

    best, origin = tf.scan(step, (steps[1:], here[1:]), (steps[0], stay))
    best = tf.concat([steps[:1], best], axis=0)
    last = tf.argmax(best[-1], axis=-1, output_type=tf.int32)
    before = tf.scan(lambda label, from_: tf.gather(from_, label, batch_dims=1), origin, last, reverse=True)
    path = tf.transpose(tf.concat([before, last[None]], axis=0))
    return tf.where(present, path, -1)


def with_ends(scores, present, start, end):
    """Scores to which are added those of beginning and of ending with each label.

    Args:
        start, end: float (labels,).

    Returns:
        float (batch, places, labels).
    """
    lengths = tf.reduce_sum(tf.cast(present, tf.int32), axis=1)
    places = tf.range(tf.shape(scores)[1])[None]
    first = tf.cast(places == 0, scores.dtype)[..., None]
    last = tf.cast(places == lengths[:, None] - 1, scores.dtype)[..., None]
    return scores + first * start + last * end


@keras.saving.register_keras_serializable(package="dlcourse")
class LinearChainCRF(keras.layers.Layer):
    """What makes an encoder's scores a random field: transitions between labels, and scores of the first and the
    last.

    Called with scores and present, it gives the scores with those of the ends; the transitions are its weight. With
    all weights 0 (``trainable=False``) labels are independent given the input, and the loss is the cross-entropy.

    Args:
        labels: how many there are.

    Raises:
        ValueError: where there are no labels, or the scores are of another number of labels.
    """

    def __init__(self, labels, **kwargs):
        super().__init__(**kwargs)
        self.labels = checks.whole_number("LinearChainCRF(labels)", labels)

    def build(self, scores_shape, present_shape=None):
        if scores_shape[-1] != self.labels:
            raise ValueError(
                f"LinearChainCRF({self.labels}): scores {tuple(scores_shape)}; expected (batch, places, "
                f"{self.labels}), as many as there are labels. Give the Dense layer before it so many units."
            )
        for name, shape in [
            ("transitions", (self.labels,) * 2),
            ("start", (self.labels,)),
            ("end", (self.labels,)),
        ]:
            setattr(self, name, self.add_weight(shape=shape, initializer="zeros", name=name))

    def call(self, scores, present):
        return with_ends(scores, present, self.start, self.end)

    def compute_output_shape(self, scores_shape, present_shape):
        return scores_shape

    def loss(self, y, scores):
        """Nats per labelled place, a scalar. y: (batch, places), -1 where nothing is present."""
        y = tf.cast(y, tf.int32)
        present = y >= 0
        nats = -log_likelihood(scores, tf.convert_to_tensor(self.transitions), present, y)
        return tf.reduce_sum(nats) / tf.reduce_sum(tf.cast(present, nats.dtype))

    def best_path(self, scores, present):
        """int32 (batch, places), -1 where nothing is present."""
        return best_path(scores, tf.convert_to_tensor(self.transitions), present)

    def get_config(self):
        return super().get_config() | {"labels": self.labels}


def _forward(scores, transitions, present):
    """Log-sum over all that comes before a place, itself included, by its label: (places, batch, labels)."""
    steps, here = _by_place(scores, present)

    def step(before, now):
        scores_now, present_now = now
        together = tf.reduce_logsumexp(before[:, :, None] + transitions, axis=1) + scores_now
        return tf.where(present_now[:, None], together, before)

    return tf.concat([steps[:1], tf.scan(step, (steps[1:], here[1:]), steps[0])], axis=0)


def _by_place(scores, present):
    """Both with the axis of places in front."""
    return tf.transpose(scores, (1, 0, 2)), tf.transpose(present)
