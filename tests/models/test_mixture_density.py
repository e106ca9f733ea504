"""A mixture of Gaussians as a network's outputs, and the objective that fits it."""

import keras
import numpy as np
import pytest
from scipy import special, stats

from dlcourse import training
from dlcourse.models import mixture_density
from dlcourse.training import objectives


def by_scipy(outputs, points):
    """Log-density of each point, read off the outputs one by one."""
    found = []
    components = len(outputs[0]) // 6
    for row, point in zip(outputs, points, strict=True):
        logits, means, scales = np.split(row, [components, 3 * components])
        parts = []
        for mean, (first, below, second) in zip(means.reshape(-1, 2), scales.reshape(-1, 3), strict=True):
            lower = np.array([[np.exp(first) + 2e-3, 0], [below, np.exp(second) + 2e-3]])
            parts.append(stats.multivariate_normal(mean, lower @ lower.T).logpdf(point))
        found.append(special.logsumexp(special.log_softmax(logits) + parts))
    return np.array(found)


@pytest.mark.parametrize("components", [1, 2, 7])
def test_the_density_is_scipys(components):
    random = np.random.default_rng(components)
    outputs, points = random.normal(size=(20, 6 * components)), random.normal(size=(20, 2))
    expected = by_scipy(outputs, points)
    np.testing.assert_allclose(mixture_density.log_density(outputs, points), expected, rtol=1e-7)
    found = mixture_density.distribution(outputs).log_prob(points)
    np.testing.assert_allclose(found, expected, rtol=1e-7)


def test_one_mixture_is_asked_about_many_points():
    random = np.random.default_rng(3)
    outputs, points = random.normal(size=12).astype("float32"), random.normal(size=(5, 7, 2))
    found = mixture_density.log_density(outputs, points)
    expected = by_scipy(np.tile(outputs.astype("float64"), (35, 1)), points.reshape(-1, 2))
    np.testing.assert_allclose(found, expected.reshape(5, 7), rtol=1e-4)


def test_samples_have_the_mixtures_mean_and_covariance_and_come_back_by_seed():
    random = np.random.default_rng(4)
    outputs = random.normal(size=18)
    many = np.broadcast_to(outputs, (40_000, 18))
    drawn, again = (mixture_density.sample(many, seed) for seed in (5, 5))
    np.testing.assert_array_equal(drawn, again)
    theirs = mixture_density.distribution(outputs)
    np.testing.assert_allclose(drawn.mean(axis=0), theirs.mean(), atol=0.05)
    parts, means = theirs.components_distribution.covariance().numpy(), outputs[3:9].reshape(3, 2)
    weights = special.softmax(outputs[:3])
    around = means - weights @ means
    whole = np.einsum("k,kij->ij", weights, parts + around[:, :, None] * around[:, None])
    np.testing.assert_allclose(np.cov(drawn.T), whole, rtol=0.05, atol=0.05)


def test_components_are_drawn_as_often_as_they_weigh():
    """Two narrow Gaussians far apart, one of which weighs 0.8."""
    outputs = np.concatenate([[np.log(4), 0], [0, 0, 9, 9], [-5, 0, -5], [-5, 0, -5]])
    drawn = mixture_density.sample(np.tile(outputs, (10_000, 1)), 0)
    assert np.mean(drawn[:, 0] < 4) == pytest.approx(0.8, abs=0.015)


def test_the_density_integrates_to_one():
    outputs = np.random.default_rng(1).normal(size=18)
    axis = np.linspace(-25, 25, 1_001)
    grid = np.stack(np.meshgrid(axis, axis), axis=-1).reshape(-1, 2)
    density = np.exp(mixture_density.log_density(outputs, grid))
    assert density.sum() * (axis[1] - axis[0]) ** 2 == pytest.approx(1, abs=2e-3)


def test_one_gaussian_learns_mean_and_covariance_of_its_points():
    random = np.random.default_rng(2)
    lower = np.array([[0.5, 0.0], [0.4, 0.3]])
    y = (random.normal(size=(400, 5, 2)) @ lower.T + [0.2, -0.6]).astype("float32")
    x = np.ones((400, 5, 1), "float32")
    model = keras.Sequential([keras.Input((5, 1)), keras.layers.Dense(6, use_bias=False)])
    training.fit(model, objectives.mixture_density(), (x, y), epochs=40, batch_size=100,
                 optimizer=keras.optimizers.Adam(0.05), seed=0)  # fmt: skip
    found = mixture_density.distribution(model.get_weights()[0][0])
    mean = found.components_distribution.mean().numpy()[0]
    covariance = found.components_distribution.covariance().numpy()[0]
    np.testing.assert_allclose(mean, y.reshape(-1, 2).mean(axis=0), atol=0.03)
    np.testing.assert_allclose(covariance, np.cov(y.reshape(-1, 2).T), atol=0.03)
    entropy = 0.5 * np.linalg.slogdet(2 * np.pi * np.e * np.cov(y.reshape(-1, 2).T))[1]
    loss = training.evaluate(model, objectives.mixture_density(), (x, y))["loss"]
    assert loss == pytest.approx(5 * entropy, abs=0.1)


def test_what_does_not_fit_is_said():
    with pytest.raises(ValueError, match="6 for each"):
        mixture_density.distribution(np.zeros((3, 10)))
    model = keras.Sequential([keras.Input((4, 2)), keras.layers.Dense(6)])
    objective, x = objectives.mixture_density(), np.zeros((5, 4, 2), "float32")
    with pytest.raises(ValueError, match=r"float \(examples, steps, 2\)"):
        objective.check(model, x, np.zeros((5, 4), "float32"))
    with pytest.raises(ValueError, match="one row for each point"):
        objective.check(model, x, np.zeros((5, 3, 2), "float32"))
    with pytest.raises(ValueError, match="one row for each point"):
        odd = keras.Sequential([keras.Input((4, 2)), keras.layers.Dense(7)])
        objective.check(odd, x, np.zeros((5, 4, 2), "float32"))
