"""The posterior of logistic regression against scikit-learn, difference quotients and plain sums."""

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from dlcourse.sampling.logistic_posterior import LogisticPosterior, sigmoid


def some_data(sets=3, n=30, features=4, seed=0):
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(sets, n, features))
    return x, (rng.random((sets, n)) < sigmoid(x[..., 0] - x[..., 1])).astype(int)


def test_the_density_is_prior_times_likelihood_of_each_chains_own_data():
    x, y = some_data()
    posterior = LogisticPosterior(x, y, 2.0)
    w = np.random.default_rng(1).normal(size=(6, 4))
    for chain in range(6):
        p = 1 / (1 + np.exp(-x[chain // 2] @ w[chain]))
        own = y[chain // 2]
        expected = np.log(np.where(own == 1, p, 1 - p)).sum() - (w[chain] ** 2).sum() / 8
        assert posterior.log_density(w)[chain] == pytest.approx(expected)


def test_the_gradient_is_the_densitys():
    x, y = some_data()
    posterior = LogisticPosterior(x, y, 0.7)
    w = np.random.default_rng(1).normal(size=(3, 4))
    for i in range(4):
        h = 1e-6 * np.eye(4)[i]
        quotient = (posterior.log_density(w + h) - posterior.log_density(w - h)) / 2e-6
        assert posterior.gradient(w)[:, i] == pytest.approx(quotient, rel=1e-5, abs=1e-6)


@pytest.mark.parametrize("prior", [0.3, 1.0, 10.0])
def test_the_peak_is_scikit_learns(prior):
    x, y = some_data(n=40)
    peak, _ = LogisticPosterior(x, y, prior).peak()
    for found, x_, y_ in zip(peak, x, y, strict=True):
        theirs = LogisticRegression(C=prior**2, fit_intercept=False, tol=1e-10, max_iter=10_000).fit(x_, y_)
        assert found == pytest.approx(theirs.coef_[0], rel=1e-3, abs=1e-4)


def test_sigmoids_of_large_numbers_don_t_overflow():
    with np.errstate(all="raise"):
        assert sigmoid(np.array([-800.0, 0.0, 800.0])).tolist() == [0.0, 0.5, 1.0]


@pytest.mark.parametrize(
    "change, says",
    [
        ({"y": np.zeros((3, 29))}, "expected"),
        ({"y": np.full((3, 30), 2)}, "labels 0 and 1"),
        ({"prior": 0.0}, "prior"),
        ({"x": np.zeros((30, 4))}, "3 axes"),
    ],
)
def test_data_that_don_t_belong_together_are_refused(change, says):
    x, y = some_data()
    with pytest.raises(ValueError, match=says):
        LogisticPosterior(**({"x": x, "y": y, "prior": 1.0} | change))
