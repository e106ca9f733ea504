"""Factorisation against least squares solved at once, and against ratings whose factors are known."""

import numpy as np
import pytest

from dlcourse.from_scratch import matrix_factorization


def some_ratings(seed=0, users=40, items=25, share=0.5, noise=0.0):
    rng = np.random.default_rng(seed)
    p, q = rng.normal(size=(users, 2)), rng.normal(size=(items, 2))
    who, what = np.nonzero(rng.random((users, items)) < share)
    return who, what, (p @ q.T)[who, what] + noise * rng.normal(size=len(who)), p @ q.T


def test_factors_of_exact_ratings_are_found():
    who, what, given, full = some_ratings()
    p, q, _ = matrix_factorization.factorize(who, what, given, full.shape, factors=2, penalty=1e-3, rounds=60)
    assert np.abs(p @ q.T - full).mean() < 0.05


def test_the_objective_never_rises_and_is_what_it_says():
    who, what, given, full = some_ratings(noise=0.3)
    p, q, objective = matrix_factorization.factorize(who, what, given, full.shape, factors=3, penalty=0.5)
    assert (np.diff(objective) <= 1e-9).all()
    errors = given - (p[who] * q[what]).sum(axis=1)
    assert objective[-1] == pytest.approx((errors**2).sum() + 0.5 * ((p**2).sum() + (q**2).sum()))


def test_a_half_step_is_a_ridge_regression_per_user():
    """At the end, q is the best answer to p: each item's row solves its own least squares."""
    who, what, given, full = some_ratings(noise=0.3)
    p, q, _ = matrix_factorization.factorize(who, what, given, full.shape, factors=2, penalty=0.5)
    for item in range(3):
        own = p[who[what == item]]
        stacked = np.vstack([own, np.sqrt(0.5) * np.eye(2)])
        target = np.concatenate([given[what == item], np.zeros(2)])
        assert q[item] == pytest.approx(np.linalg.lstsq(stacked, target, rcond=None)[0])


def test_offsets_solve_one_least_squares_problem():
    who, what, given, full = some_ratings(noise=0.3)
    mean, of_user, of_item = matrix_factorization.offsets(who, what, given, full.shape, penalty=1.0)
    columns = np.hstack([np.eye(full.shape[0])[who], np.eye(full.shape[1])[what]])
    stacked = np.vstack([columns, np.eye(sum(full.shape))])
    target = np.concatenate([given - given.mean(), np.zeros(sum(full.shape))])
    exact = np.linalg.lstsq(stacked, target, rcond=None)[0]
    assert mean == pytest.approx(given.mean())
    assert np.concatenate([of_user, of_item]) == pytest.approx(exact, abs=1e-3)


def test_someone_without_ratings_gets_zeros():
    p, _, _ = matrix_factorization.factorize([0, 1], [0, 1], [1.0, 2.0], (3, 2), factors=2, penalty=1.0)
    assert p.shape == (3, 2) and not p[2].any()


@pytest.mark.parametrize(
    "change, says",
    [
        ({"users": [0, 5]}, "users: numbers from 0 to 5"),
        ({"items": [0.0, 1.0]}, "items"),
        ({"ratings": [1.0]}, "users"),
        ({"ratings": [1.0, float("nan")]}, "ratings"),
        ({"ratings": [], "users": [], "items": []}, "ratings"),
        ({"users": [0.0, 1.0]}, "whole numbers"),
        ({"penalty": 0}, "penalty"),
        ({"factors": 0}, "factors"),
    ],
)
def test_bad_input_is_named(change, says):
    given = {"users": [0, 1], "items": [0, 1], "ratings": [1.0, 2.0], "factors": 2, "penalty": 1.0} | change
    with pytest.raises(ValueError, match=says):
        matrix_factorization.factorize(
            given["users"],
            given["items"],
            given["ratings"],
            (3, 2),
            factors=given["factors"],
            penalty=given["penalty"],
        )
