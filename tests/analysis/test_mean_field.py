"""Mean-field quantities against closed forms, SciPy's quadrature and published values."""

import itertools
import math

import numpy as np
import pytest
from scipy import integrate, stats

from dlcourse.analysis import mean_field

VARIANCES = [0.01, 0.5, 1.0, 3.0, 40.0]


def by_scipy(function, variance):
    """E f(h), h normal, by adaptive quadrature on either side of the kink."""
    density = stats.norm(scale=math.sqrt(variance)).pdf
    reach = 12 * math.sqrt(variance)
    sides = [
        integrate.quad(lambda h: float(function(h)) * density(h), *side, epsabs=1e-13, limit=400)[0]
        for side in [(-reach, 0), (0, reach)]
    ]
    return sum(sides)


@pytest.mark.parametrize("variance", VARIANCES)
@pytest.mark.parametrize("name", ["sigmoid", "tanh", "selu", "relu"])
def test_gaussian_means_equal_adaptive_quadrature(name, variance):
    phi, slope = mean_field.activation(name)
    for function in (lambda h: phi(np.asarray(h)) ** 2, lambda h: slope(np.asarray(h)) ** 2):
        assert mean_field.gaussian_mean(function, variance) == pytest.approx(
            by_scipy(function, variance), rel=1e-7
        )


@pytest.mark.parametrize("name", sorted(mean_field.ACTIVATIONS))
def test_slopes_are_the_derivatives(name):
    phi, slope = mean_field.activation(name)
    h = np.array([-3.0, -0.7, -0.01, 0.02, 0.9, 4.0])
    step = 1e-6
    assert slope(h) == pytest.approx((phi(h + step) - phi(h - step)) / (2 * step), abs=1e-7)


@pytest.mark.parametrize("variance", VARIANCES)
def test_relu_and_linear_have_closed_forms(variance):
    assert mean_field.chi(variance, "relu", 2.0) == pytest.approx(1.0)
    assert mean_field.next_variance(variance, "relu", 2.0) == pytest.approx(variance)
    assert mean_field.next_variance(variance, "linear", 0.7, 0.1) == pytest.approx(0.7 * variance + 0.1)


def test_selu_fixed_point_is_one_with_lecuns_weights():
    # Klambauer et al. 2017 chose its constants so; its χ there in closed form by completing the square.
    assert mean_field.fixed_point("selu", 1.0, start=0.6) == pytest.approx(1.0, abs=1e-6)
    expected = mean_field.SELU_SCALE**2 * (0.5 + mean_field.SELU_ALPHA**2 * math.exp(2) * stats.norm.cdf(-2))
    assert mean_field.chi(1.0, "selu", 1.0) == pytest.approx(expected)


def test_fixed_points_at_their_ends():
    assert mean_field.fixed_point("tanh", 0.5) == 0.0
    assert mean_field.fixed_point("relu", 4.0) == math.inf
    assert mean_field.fixed_point("relu", 2.0, start=3.0) == pytest.approx(3.0)
    q = mean_field.fixed_point("tanh", 3.0, 0.2)
    assert mean_field.next_variance(q, "tanh", 3.0, 0.2) == pytest.approx(q)


def test_the_border_of_tanh():
    assert mean_field.critical_weight_variance("tanh") == pytest.approx(1.0, abs=0.02)
    # Schoenholz et al. 2017 use (σ_w², σ_b²) = (1.76, 0.05) as a point of the border.
    assert mean_field.critical_weight_variance("tanh", 0.05) == pytest.approx(1.76, abs=0.02)
    assert mean_field.critical_weight_variance("relu") == pytest.approx(2.0, abs=0.01)
    # SELU's signal dies out there, so its mean squared slope is that at 0: half of each side's
    selu = 2 / (1.0507009873554805**2 * (1 + 1.6732632423543772**2))
    assert mean_field.critical_weight_variance("selu") == pytest.approx(selu, rel=0.01)


def test_variances_follow_the_map():
    values = mean_field.variances(0.3, 5, "tanh", 1.5, 0.1)
    assert len(values) == 5 and values[0] == 0.3
    for below, above in itertools.pairwise(values):
        assert above == pytest.approx(1.5 * by_scipy(lambda h: math.tanh(h) ** 2, below) + 0.1)


def test_chi_of_a_signal_that_died_out_is_the_limit():
    assert mean_field.chi(0.0, "relu", 1.0) == pytest.approx(0.5)
    assert mean_field.chi(0.0, "tanh", 0.3) == pytest.approx(0.3)
    assert mean_field.log_rate("relu", 4.0) == pytest.approx(
        math.log(2) / 2
    )  # and of one that grows for ever


def test_log_rates_of_relu_and_at_a_fixed_point():
    assert mean_field.log_rates(0.3, 9, "relu", 1.0) == pytest.approx([math.log(0.5) / 2] * 8)
    q = mean_field.fixed_point("tanh", 3.0, 0.2)
    assert mean_field.log_rates(q, 4, "tanh", 3.0, 0.2) == pytest.approx(
        [mean_field.log_rate("tanh", 3.0, 0.2)] * 3
    )


def test_batch_normalisation_explodes_unless_linear():
    assert mean_field.normalised_chi("relu", "batch") == pytest.approx(math.pi / (math.pi - 1))
    assert mean_field.normalised_chi("linear", "batch") == pytest.approx(1.0)
    assert mean_field.normalised_chi("relu", "layer") == pytest.approx(1.0)
    for name in ("sigmoid", "tanh", "selu", "relu"):  # Poincaré's inequality
        assert mean_field.normalised_chi(name, "batch") > 1


@pytest.mark.parametrize("depth", [1, 3])
def test_gradient_similarity_against_sampled_gaussians(depth):
    # one layer at a time: sample pairs of Gaussians of the layer's correlation, count shared units
    rng = np.random.default_rng(0)
    angle, expected = math.radians(40), 1.0
    for _ in range(depth):
        u, v = rng.standard_normal((2, 2_000_000))
        first, second = u, math.cos(angle) * u + math.sin(angle) * v
        expected *= 2 * np.mean((first > 0) & (second > 0))
        angle = math.acos(2 * np.mean(np.maximum(first, 0) * np.maximum(second, 0)))
    assert mean_field.gradient_similarity(math.radians(40), depth) == pytest.approx(expected, abs=0.005)


def test_gradient_similarity_at_its_ends():
    angles = np.radians([0, 30, 180])
    assert mean_field.gradient_similarity(angles, 1) == pytest.approx([1, 1 - 30 / 180, 0])
    assert mean_field.gradient_similarity(0.0, 50, residual=1.0) == pytest.approx(1.0)
    # a residual branch that outweighs its input by far is a plain layer
    assert mean_field.gradient_similarity(angles, 7, residual=1e9) == pytest.approx(
        mean_field.gradient_similarity(angles, 7), abs=1e-8
    )


def test_bad_input_is_named():
    with pytest.raises(ValueError, match="No activation"):
        mean_field.activation("swish")
    with pytest.raises(ValueError, match="variance"):
        mean_field.gaussian_mean(np.tanh, -1.0)
    with pytest.raises(ValueError, match="normalised_chi"):
        mean_field.normalised_chi("relu", "weight")
    with pytest.raises(ValueError, match="cross 1"):
        mean_field.critical_weight_variance("tanh", between=(3.0, 4.0))
