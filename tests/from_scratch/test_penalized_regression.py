"""Penalised least squares against scikit-learn, SciPy, and conditions that every solution must meet."""

import numpy as np
import pytest
from scipy import optimize
from sklearn import linear_model

from dlcourse.from_scratch import penalized_regression

SIZES = [(30, 5), (20, 40), (100, 10), (1, 1)]


def problem(examples, features, seed=0):
    random = np.random.default_rng(seed)
    x = random.standard_normal((examples, features)) * random.uniform(0.5, 2, features)
    return x, x[:, 0] * 2 + random.standard_normal(examples)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("share", [0.9, 0.3, 0.05])
def test_lasso_equals_scikit_learns(size, share):
    x, y = problem(*size)
    strength = share * penalized_regression.largest_strength(x, y)
    theirs = (
        linear_model.Lasso(alpha=strength, tol=1e-10, max_iter=1_000_000, fit_intercept=False).fit(x, y).coef_
    )
    ours = penalized_regression.lasso(x, y, strength)
    assert np.abs(ours - theirs).max() < 1e-6
    slopes = x.T @ (y - x @ ours) / len(y)
    assert np.allclose(slopes[ours != 0], strength * np.sign(ours[ours != 0]), atol=1e-6)
    assert (np.abs(slopes) <= strength * (1 + 1e-6)).all()
    assert 0 <= penalized_regression.duality_gap(x, y, ours, strength) + 1e-12 < 1e-9 * (y @ y)


@pytest.mark.parametrize("accelerated", [False, True])
def test_proximal_steps_reach_the_same_weights_with_the_same_zeros(accelerated):
    x, y = problem(60, 8)
    strength = 0.2 * penalized_regression.largest_strength(x, y)
    solution = penalized_regression.lasso(x, y, strength)
    history = penalized_regression.proximal_gradient(x, y, strength, 1000, accelerated=accelerated)
    assert history.shape == (1000, 8) and np.allclose(history[-1], solution, atol=1e-7)
    assert ((history[-1] == 0) == (solution == 0)).all() and (solution == 0).any()
    plain = penalized_regression.subgradient(x, y, strength, 1000)
    assert not (plain[-1] == 0).any() and np.allclose(plain[-1], solution, atol=0.1)


@pytest.mark.parametrize("size", [(60, 8), (20, 40)])
def test_accelerated_steps_are_beck_and_teboulles(size):
    """Their equations 4.1 to 4.3 in loops, and their theorem 4.4: F(x_k) - F* <= 2 L |x_0 - x*|² / (k + 1)²."""
    x, y = problem(*size)
    n, features = x.shape
    strength = 0.05 * penalized_regression.largest_strength(x, y)
    largest = np.linalg.eigvalsh(x.T @ x).max() / n
    history = penalized_regression.proximal_gradient(x, y, strength, 60, accelerated=True)
    before, ahead, t = [0.0] * features, [0.0] * features, 1.0
    for step in range(60):
        errors = [sum(x[i][j] * ahead[j] for j in range(features)) - y[i] for i in range(n)]
        moved = [
            ahead[j] - sum(x[i][j] * errors[i] for i in range(n)) / (n * largest) for j in range(features)
        ]
        new = [np.sign(w) * max(abs(w) - strength / largest, 0.0) for w in moved]
        following = (1 + (1 + 4 * t * t) ** 0.5) / 2
        ahead = [new[j] + (t - 1) / following * (new[j] - before[j]) for j in range(features)]
        before, t = new, following
        assert np.allclose(history[step], new, atol=1e-8)
    solution = penalized_regression.lasso(x, y, strength)
    best = penalized_regression.lasso_objective(x, y, solution, strength)
    for k, weights in enumerate(history, 1):
        distance = penalized_regression.lasso_objective(x, y, weights, strength) - best
        assert distance <= 2 * largest * (solution @ solution) / (k + 1) ** 2 + 1e-9


def test_the_proximal_step_minimises_what_it_should():
    for value in (-2.0, -0.3, 0.0, 0.2, 1.5):
        best = optimize.minimize_scalar(
            lambda w, v=value: 0.5 * (w - v) ** 2 + 0.5 * abs(w),
            bounds=(-3, 3),
            method="bounded",
            options={"xatol": 1e-9},
        ).x
        assert penalized_regression.soft_threshold(np.array(value), 0.5) == pytest.approx(best, abs=1e-6)


def test_at_the_largest_strength_all_weights_are_zero_and_just_below_not():
    x, y = problem(50, 6)
    largest = penalized_regression.largest_strength(x, y)
    assert not penalized_regression.lasso(x, y, largest).any()
    assert penalized_regression.lasso(x, y, 0.999 * largest).any()
    path = penalized_regression.lasso_path(x, y, largest * np.array([0.1, 1.0, 0.5]))
    assert path[0] == pytest.approx(penalized_regression.lasso(x, y, 0.1 * largest), abs=1e-3)
    assert not path[1].any()


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("strength", [1e-3, 1.0, 1e3])
def test_ridge_equals_scikit_learns(size, strength):
    x, y = problem(*size)
    theirs = linear_model.Ridge(alpha=strength, fit_intercept=False, solver="svd").fit(x, y).coef_
    assert np.abs(penalized_regression.ridge(x, y, strength) - theirs).max() < 1e-8
    assert np.abs(penalized_regression.ridge_path(x, y, [7.0, strength])[1] - theirs).max() < 1e-8


def test_the_minimum_norm_solution_is_ridges_limit():
    x, y = problem(20, 40)
    assert np.allclose(penalized_regression.ridge(x, y, 1e-9), np.linalg.pinv(x) @ y, atol=1e-6)


def test_lasso_without_a_penalty_is_least_squares():
    x, y = problem(30, 5)
    assert np.allclose(penalized_regression.lasso(x, y, 0.0), np.linalg.lstsq(x, y, rcond=None)[0], atol=1e-8)


def test_random_features_nest_and_have_the_right_size():
    x = problem(500, 30)[0]
    many = penalized_regression.relu_features(x, 200, seed=1)
    assert np.array_equal(many[:, :50], penalized_regression.relu_features(x, 50, seed=1))
    assert (many**2).mean() == pytest.approx((x**2).sum(axis=1).mean() / 30 / 2, rel=0.1)


@pytest.mark.parametrize("shape", [(2, 3), (50, 7)])
def test_bias_and_variance_add_up(shape):
    random = np.random.default_rng(0)
    predictions, truth = random.standard_normal(shape), random.standard_normal(shape[1])
    bias, variance = penalized_regression.bias_and_variance(predictions, truth)
    assert bias + variance == pytest.approx(((predictions - truth) ** 2).mean(), rel=1e-12)
    assert penalized_regression.bias_and_variance(np.stack([truth, truth]), truth) == (0, 0)


def test_centred():
    x, y = penalized_regression.centred(np.array([[1.0, 5], [3, 5], [5, 5]]), np.array([1, 2, 6]))
    assert np.allclose(x.mean(axis=0), 0) and np.allclose(x.std(axis=0), [1, 0]) and y.mean() == 0


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda x, y: penalized_regression.lasso(x, y[:-1], 1.0), "x \\(examples, features\\)"),
        (lambda x, y: penalized_regression.lasso(x, y, -1.0), "strength"),
        (lambda x, y: penalized_regression.lasso(x, y * np.nan, 1.0), "not finite"),
        (lambda x, y: penalized_regression.ridge(x, y, 0), "minimum norm"),
        (lambda x, y: penalized_regression.ridge(x[0], y, 1.0), "x \\(examples, features\\)"),
        (lambda x, y: penalized_regression.bias_and_variance(x[:1], x[0]), "two draws"),
    ],
)
def test_bad_input_is_named(call, message):
    with pytest.raises(ValueError, match=message):
        call(*problem(10, 3))


def test_too_few_passes_are_an_error():
    x = np.array([[1.0, 1.0], [-1.0, -1.0], [0.0, 0.3], [0.0, -0.3]])  # the first pass takes the wrong column
    with pytest.raises(RuntimeError, match="has not converged"):
        penalized_regression.lasso(x, x[:, 1], 1e-3, steps=1)
    assert penalized_regression.lasso(x, x[:, 1], 1e-3)[0] == 0
