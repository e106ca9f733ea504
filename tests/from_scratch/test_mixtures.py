"""Mixtures against scikit-learn, against one Gaussian's closed form, and against their own draws."""

import warnings

import numpy as np
import pytest
from scipy import stats
from sklearn.mixture import GaussianMixture

from dlcourse.from_scratch import mixtures


def a_mixture(components=3, dimensions=2, seed=0):
    rng = np.random.default_rng(seed)
    roots = rng.normal(size=(components, dimensions, dimensions))
    covariances = roots @ roots.transpose(0, 2, 1) + 0.3 * np.eye(dimensions)
    return mixtures.Mixture(
        rng.dirichlet(np.ones(components)), 3 * rng.normal(size=(components, dimensions)), covariances
    )


@pytest.mark.parametrize("components, dimensions", [(1, 1), (3, 2), (4, 5)])
def test_the_density_is_scipys(components, dimensions):
    mixture = a_mixture(components, dimensions)
    x = np.random.default_rng(1).normal(size=(6, 4, dimensions))
    expected = sum(
        w * stats.multivariate_normal(m, c).pdf(x)
        for w, m, c in zip(mixture.weights, mixture.means, mixture.covariances, strict=True)
    )
    assert np.exp(mixture.log_density(x)) == pytest.approx(expected)
    assert mixture.responsibilities(x).sum(axis=-1) == pytest.approx(1)


def test_draws_have_the_mixtures_moments():
    mixture = a_mixture()
    x, component = mixture.draw(200_000, seed=0)
    mean = mixture.weights @ mixture.means
    assert x.mean(axis=0) == pytest.approx(mean, abs=0.05)
    assert np.bincount(component) / len(x) == pytest.approx(mixture.weights, abs=0.01)
    assert np.cov(x[component == 1].T) == pytest.approx(mixture.covariances[1], rel=0.05, abs=0.05)


@pytest.mark.parametrize("components, dimensions", [(2, 1), (3, 2), (4, 3)])
def test_expectation_maximisation_is_scikit_learns(components, dimensions):
    x, _ = a_mixture(components, dimensions).draw(400, seed=2)
    shares = np.random.default_rng(3).dirichlet(np.ones(components), len(x))
    first = mixtures.maximization(x, shares)
    theirs = GaussianMixture(
        components,
        tol=0,
        max_iter=15,
        weights_init=first.weights,
        means_init=first.means,
        precisions_init=np.linalg.inv(first.covariances),
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs.fit(x)
    ours, likelihoods = mixtures.fit(x, shares, steps=16)
    assert ours.means == pytest.approx(theirs.means_, rel=1e-5, abs=1e-6)
    assert ours.covariances == pytest.approx(theirs.covariances_, rel=1e-4, abs=1e-6)
    assert ours.weights == pytest.approx(theirs.weights_, rel=1e-5)
    assert likelihoods[-1] == pytest.approx(theirs.score(x), abs=1e-6)


def test_no_step_lowers_the_likelihood():
    x, _ = a_mixture().draw(300, seed=4)
    shares = np.random.default_rng(5).dirichlet(np.ones(4), len(x))
    _, likelihoods = mixtures.fit(x, shares, steps=80, ridge=0.0)
    assert (np.diff(likelihoods) > -1e-10).all()


def test_one_component_is_the_sample_mean_and_covariance():
    x, _ = a_mixture().draw(300, seed=4)
    single, _ = mixtures.fit(x, np.ones((300, 1)), steps=1, ridge=0.0)
    assert single.means[0] == pytest.approx(x.mean(axis=0))
    assert single.covariances[0] == pytest.approx(np.cov(x.T, bias=True))


@pytest.mark.parametrize(
    "x, shares, says",
    [
        (np.zeros((3, 2)), np.ones((4, 1)), "3 points, but 4 rows"),
        (np.zeros((3, 2)), np.full((3, 2), 0.4), "divide each row by its sum"),
        (np.zeros((3, 2)), np.tile([1.0, 0.0], (3, 1)), "some for each component"),
        (np.zeros(3), np.ones((3, 1)), "2 axes"),
    ],
)
def test_shares_that_are_none_are_refused(x, shares, says):
    with pytest.raises(ValueError, match=says):
        mixtures.fit(x, shares)


def test_a_component_without_a_share_is_refused():
    with pytest.raises(ValueError, match="more than 0 for each"):
        mixtures.maximization(np.zeros((3, 2)), np.array([[1.0, 0.0]] * 3))
