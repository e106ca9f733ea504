"""One sequence's random field: sums done by hand, and bad input."""

import numpy as np
import pytest

from dlcourse.from_scratch import random_field

TWO, CHANGE = np.log([[2.0, 1.0], [1.0, 3.0]]), np.log([[1.0, 2.0], [2.0, 1.0]])
"""As factors: labels (2, 1), then (1, 3); to stay 1, to change 2. Paths: aa 2, ab 12, ba 2, bb 3; together 19."""


def test_two_places_by_hand():
    paths, totals = random_field.every_path(TWO, CHANGE)
    assert paths.tolist() == [[0, 0], [0, 1], [1, 0], [1, 1]]
    np.testing.assert_allclose(np.exp(totals), [2, 12, 2, 3])
    np.testing.assert_allclose(np.exp(random_field.forward(TWO, CHANGE)), [[2, 1], [4, 15]])
    np.testing.assert_allclose(np.exp(random_field.backward(TWO, CHANGE)), [[7, 5], [1, 1]])
    assert np.exp(random_field.log_partition(TWO, CHANGE)) == pytest.approx(19)
    np.testing.assert_allclose(random_field.marginals(TWO, CHANGE), [[14 / 19, 5 / 19], [4 / 19, 15 / 19]])
    assert random_field.best_path(TWO, CHANGE).tolist() == [0, 1]


@pytest.mark.parametrize("places, labels", [(1, 1), (1, 4), (6, 3), (9, 2)])
def test_all_agree_with_every_path(places, labels):
    rng = np.random.default_rng(places)
    scores, transitions = rng.normal(size=(places, labels)), rng.normal(size=(labels, labels))
    paths, totals = random_field.every_path(scores, transitions)
    assert len(paths) == labels**places
    shares = np.exp(totals) / np.exp(totals).sum()
    assert random_field.log_partition(scores, transitions) == pytest.approx(np.log(np.exp(totals).sum()))
    for place, label in np.ndindex(places, labels):
        expected = shares[paths[:, place] == label].sum()
        assert random_field.marginals(scores, transitions)[place, label] == pytest.approx(expected)
    assert random_field.best_path(scores, transitions).tolist() == paths[totals.argmax()].tolist()


def test_long_sequences_and_large_scores_stay_numbers():
    assert random_field.log_partition(np.full((3_000, 2), 500.0), np.zeros((2, 2))) == pytest.approx(
        3_000 * (500 + np.log(2))
    )


@pytest.mark.parametrize(
    "scores, transitions", [(np.zeros((3, 2)), np.zeros((3, 3))), (np.zeros((0, 2)), np.zeros((2, 2)))]
)
def test_shapes_that_do_not_fit_are_refused(scores, transitions):
    with pytest.raises(ValueError, match=r"expected \(places, labels\)"):
        random_field.forward(scores, transitions)


def test_too_many_paths_are_refused():
    with pytest.raises(ValueError, match="make 1,099,511,627,776 paths"):
        random_field.every_path(np.zeros((40, 2)), np.zeros((2, 2)))
