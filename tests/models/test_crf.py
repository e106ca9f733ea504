"""A random field in the graph against every path, and what it learns."""

import itertools

import keras
import numpy as np
import pytest
import tensorflow as tf
from scipy import special

from dlcourse.models import crf


def sizes():
    """Scores, transitions, present and labels at several sizes and lengths."""
    rng = np.random.default_rng(0)
    for places, labels, lengths in [(1, 3, [1, 1]), (5, 2, [5, 1, 3]), (4, 4, [2, 4])]:
        scores = rng.normal(size=(len(lengths), places, labels)).astype("float32")
        transitions = rng.normal(size=(labels, labels)).astype("float32")
        present = np.arange(places) < np.array(lengths)[:, None]
        yield scores, transitions, present, rng.integers(0, labels, present.shape)


def by_listing(scores, transitions):
    """Paths and their scores, of one sequence."""
    paths = list(itertools.product(range(scores.shape[1]), repeat=len(scores)))
    totals = [
        sum(scores[t, k] for t, k in enumerate(path))
        + sum(transitions[a, b] for a, b in itertools.pairwise(path))
        for path in paths
    ]
    return np.array(paths), np.array(totals)


@pytest.mark.parametrize("scores, transitions, present, labels", list(sizes()))
def test_sums_marginals_and_paths_are_those_of_all_paths(scores, transitions, present, labels):
    totals = crf.log_partition(scores, transitions, present).numpy()
    shares = crf.marginals(scores, transitions, present).numpy()
    best = crf.best_path(scores, transitions, present).numpy()
    given = crf.log_likelihood(scores, transitions, present, labels).numpy()
    for row, length in enumerate(present.sum(axis=1)):
        paths, each = by_listing(scores[row, :length], transitions)
        assert totals[row] == pytest.approx(special.logsumexp(each), rel=1e-5)
        weights = special.softmax(each)
        for place, label in np.ndindex(length, scores.shape[2]):
            expected = weights[paths[:, place] == label].sum()
            assert shares[row, place, label] == pytest.approx(expected, abs=1e-5)
        assert (
            best[row, :length].tolist() == paths[each.argmax()].tolist() and (best[row, length:] == -1).all()
        )
        asked = (paths == labels[row, :length]).all(axis=1)
        assert given[row] == pytest.approx(np.log(weights[asked].item()), abs=1e-4)
        assert (shares[row, length:] == 0).all()


@pytest.mark.parametrize("scores, transitions, present, labels", list(sizes()))
def test_the_gradient_of_the_log_partition_is_the_marginals(scores, transitions, present, labels):
    scores = tf.Variable(scores)
    with tf.GradientTape() as tape:
        total = crf.log_partition(scores, transitions, present)
    np.testing.assert_allclose(
        tape.gradient(total, scores), crf.marginals(scores, transitions, present), atol=1e-5
    )


def test_what_stands_after_the_end_changes_nothing():
    scores, transitions, present, labels = list(sizes())[1]
    other = np.where(present[..., None], scores, 7.0).astype("float32")
    for function in (crf.log_partition, crf.best_path, crf.marginals):
        np.testing.assert_allclose(
            function(scores, transitions, present), function(other, transitions, present), atol=1e-6
        )
    changed = np.where(present, labels, -1)
    np.testing.assert_allclose(
        crf.path_score(scores, transitions, present, labels),
        crf.path_score(other, transitions, present, changed),
        atol=1e-5,
    )


def test_no_best_path_is_forbidden_and_it_is_the_best_of_those_allowed():
    scores, transitions, present, _ = list(sizes())[2]
    allowed = np.array([[1, 0, 1, 1], [1, 1, 0, 1], [0, 1, 1, 0], [1, 1, 0, 1]], bool)
    rules = np.where(allowed, transitions, crf.FORBIDDEN).astype("float32")
    best = crf.best_path(scores, rules, present).numpy()
    for row, length in enumerate(present.sum(axis=1)):
        paths, totals = by_listing(scores[row, :length], transitions)
        fine = np.array([all(allowed[a, b] for a, b in itertools.pairwise(path)) for path in paths])
        assert best[row, :length].tolist() == paths[fine][totals[fine].argmax()].tolist()


def test_ends_are_added_at_the_first_and_the_last_place():
    scores, present = np.zeros((2, 3, 2), "float32"), np.array([[1, 1, 0], [1, 0, 0]], bool)
    found = crf.with_ends(scores, present, np.array([1.0, 2.0], "float32"), np.array([10.0, 20.0], "float32"))
    assert found.numpy().tolist() == [[[1, 2], [10, 20], [0, 0]], [[11, 22], [0, 0], [0, 0]]]


def test_without_weights_it_is_the_cross_entropy_of_independent_labels():
    rng = np.random.default_rng(1)
    scores, y = rng.normal(size=(3, 4, 5)).astype("float32"), rng.integers(0, 5, (3, 4))
    y[1, 2:] = -1
    layer = crf.LinearChainCRF(5, trainable=False)
    layer(scores, y >= 0)
    theirs = keras.losses.SparseCategoricalCrossentropy(from_logits=True, ignore_class=-1)(y, scores)
    assert float(layer.loss(y, scores)) == pytest.approx(float(theirs), rel=1e-5)


def test_a_field_learns_an_order_that_no_letter_tells_and_is_saved_with_it(tmp_path):
    """Labels go round, 0 1 2 0 1 2; what is seen is the first alone."""
    y = (np.arange(9) + np.arange(60)[:, None]) % 3
    x = np.where(np.arange(9) == 0, y + 1, 4).astype("int32")
    letters = keras.Input((9,), dtype="int32")
    scores = keras.layers.Embedding(5, 3, embeddings_initializer=keras.initializers.RandomUniform(seed=0))(
        letters
    )
    model = keras.Model(letters, crf.LinearChainCRF(3)(scores, letters != 0))
    model.compile(keras.optimizers.Adam(0.1), model.layers[-1].loss)
    model.fit(x, y, epochs=15, batch_size=20, verbose=0)
    assert (model.layers[-1].best_path(model(x), x != 0).numpy() == y).all()
    model.save(tmp_path / "field.keras")
    again = keras.saving.load_model(tmp_path / "field.keras", compile=False)
    np.testing.assert_array_equal(again.layers[-1].transitions, model.layers[-1].transitions)
    np.testing.assert_allclose(again(x), model(x))


def test_scores_of_other_labels_are_refused():
    with pytest.raises(ValueError, match=r"LinearChainCRF\(4\).*as many"):
        crf.LinearChainCRF(4)(np.zeros((2, 5, 3), "float32"), np.ones((2, 5), bool))
    with pytest.raises(ValueError, match=r"LinearChainCRF\(labels\)=0"):
        crf.LinearChainCRF(0)
