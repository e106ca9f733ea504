"""Random networks in NumPy against finite differences, plain SVD and exact laws of Gaussian matrices."""

import math

import numpy as np
import pytest
from scipy import special

from dlcourse.analysis import mean_field, signal_propagation


def forward(x, first, kernels, biases, phi, scale):
    """The network written out once more, without cases: pre-activations of all layers."""
    h = [scale * x @ first + biases[0]]
    for kernel, bias in zip(kernels, biases[1:], strict=True):
        h.append(scale * phi(h[-1]) @ kernel + bias)
    return h


@pytest.mark.parametrize(
    ("activation", "depth", "width"), [("tanh", 2, 3), ("sigmoid", 5, 4), ("selu", 4, 7)]
)
def test_gradients_equal_finite_differences(activation, depth, width):
    phi, _ = mean_field.activation(activation)
    rng = np.random.default_rng(1)
    x, weight_variances, bias_variance = rng.standard_normal((2, 5)), [0.5, 3.0], 0.3
    signals = signal_propagation.random_signals(
        x,
        depth=depth,
        width=width,
        activation=activation,
        weight_variances=weight_variances,
        bias_variance=bias_variance,
        seed=7,
    )
    assert signals.variance.shape == signals.gradient.shape == (2, depth, 2)
    # the same draws, in the documented order
    draws = np.random.default_rng(7)
    first = draws.standard_normal((5, width)) / math.sqrt(5)
    kernels = draws.standard_normal((depth - 1, width, width)) / math.sqrt(width)
    biases = draws.standard_normal((depth, width)) * math.sqrt(bias_variance)
    arriving = draws.standard_normal((2, width)) / math.sqrt(width)
    for case, variance in enumerate(weight_variances):
        h = forward(x, first, kernels, biases, phi, math.sqrt(variance))
        assert signals.variance[case] == pytest.approx(np.array([np.mean(values**2, axis=1) for values in h]))
        for layer in range(depth):

            def loss(values, layer=layer, variance=variance):
                for kernel, bias in zip(kernels[layer:], biases[layer + 1 :], strict=True):
                    values = math.sqrt(variance) * phi(values) @ kernel + bias
                return np.sum(arriving * phi(values), axis=1)

            numeric = np.stack(
                [(loss(h[layer] + step) - loss(h[layer] - step)) / 2e-6 for step in 1e-6 * np.eye(width)]
            )
            assert signals.gradient[case, layer] == pytest.approx(np.linalg.norm(numeric, axis=0), rel=1e-5)


def test_log_rate_and_ratio_of_known_gradients():
    gradient = (
        3.0 * 0.5 ** np.arange(9, -1, -1.0)[None, :, None] * np.ones((2, 1, 4))
    )  # halves at each step down
    signals = signal_propagation.Signals(variance=np.ones_like(gradient), gradient=gradient)
    assert signals.log_rate(2, 9) == pytest.approx([-math.log(2)] * 2)
    assert signals.log10_ratio() == pytest.approx([-9 * math.log10(2)] * 2)
    with pytest.raises(ValueError, match="log_rate"):
        signals.log_rate(3, 11)


@pytest.mark.parametrize(("activation", "weight_variance"), [("relu", 1.0), ("sigmoid", 1.0), ("tanh", 4.0)])
def test_wide_networks_follow_mean_field_theory(activation, weight_variance):
    x = np.random.default_rng(0).standard_normal((8, 30))
    runs = [
        signal_propagation.random_signals(
            x, depth=20, width=300, activation=activation, weight_variances=[weight_variance], seed=seed
        )
        for seed in range(4)
    ]
    expected = (
        np.log(
            mean_field.chi(mean_field.fixed_point(activation, weight_variance), activation, weight_variance)
        )
        / 2
    )
    assert np.mean([run.log_rate(8, 18) for run in runs]) == pytest.approx(expected, abs=0.03)


@pytest.mark.parametrize("orthogonal", [False, True])
def test_jacobians_are_the_derivative_of_the_network(orthogonal):
    x = np.random.default_rng(3).standard_normal(6)
    options = {
        "depth": 4,
        "width": 5,
        "activation": "tanh",
        "weight_variance": 1.7,
        "orthogonal": orthogonal,
        "seed": 2,
    }
    jacobians = signal_propagation.random_jacobians(x, **options)
    assert jacobians.layers.shape == (3, 5, 5) and jacobians.slopes.shape == (3, 5)
    # ∂h_4/∂x = J_3 J_2 J_1 W_1; the last pre-activations aren't returned, so compare kernels found from each layer
    kernels = jacobians.layers / jacobians.slopes[:, None, :]
    assert np.linalg.norm(kernels, 2, axis=(1, 2)).max() > 1
    if orthogonal:
        assert kernels @ kernels.transpose(0, 2, 1) == pytest.approx(
            np.broadcast_to(1.7 * np.eye(5), (3, 5, 5))
        )
    # slopes of the next layer follow from the kernels: φ'(h) with h = W tanh(h below)
    h = np.arctanh(np.sqrt(1 - jacobians.slopes))  # |h|; only its size is known
    signs = np.array(np.meshgrid(*[[-1, 1]] * 5)).reshape(5, -1)
    for layer in range(2):
        candidates = np.abs(kernels[layer] @ (np.tanh(h[layer])[:, None] * signs))
        assert np.min(np.abs(candidates - h[layer + 1][:, None]).max(axis=0)) < 1e-6


@pytest.mark.parametrize(("count", "width"), [(1, 4), (3, 6), (6, 20)])
def test_singular_values_equal_numpys_where_numpy_can(count, width):
    factors = np.random.default_rng(count).standard_normal((count, width, width))
    product = np.linalg.multi_dot([*factors[::-1], np.eye(width)]) if count > 1 else factors[0]
    expected = np.log10(np.linalg.svd(product, compute_uv=False))
    found = signal_propagation.log10_singular_values(factors, sweeps=200)
    assert found == pytest.approx(expected, abs=1e-5)
    assert found.sum() == pytest.approx(np.log10(np.abs(np.linalg.det(factors))).sum())


def test_singular_values_far_below_float64s_reach():
    rotations = [np.linalg.qr(np.random.default_rng(seed).standard_normal((3, 3)))[0] for seed in range(41)]
    scales = np.diag([10.0, 1e-3, 1e-9])
    # Q_{i+1} D Q_i^T, chained, so that the product is Q_40 D^40 Q_0^T
    factors = [rotations[i + 1] @ scales @ rotations[i].T for i in range(40)]
    assert signal_propagation.log10_singular_values(factors) == pytest.approx([40, -120, -360], abs=1e-6)


def test_gaussian_products_grow_at_newmans_exponents():
    # Newman 1986: products of n×n matrices of N(0, 1) entries have exponents (ln 2 + ψ((n - k + 1) / 2)) / 2.
    width, count = 5, 4_000
    factors = np.random.default_rng(0).standard_normal((count, width, width))
    expected = (math.log(2) + special.digamma((width - np.arange(width)) / 2)) / 2 / math.log(10)
    found = signal_propagation.log10_singular_values(factors, sweeps=1) / count
    assert found == pytest.approx(expected, abs=0.02)


@pytest.mark.parametrize("residual", [None, 0.5])
@pytest.mark.parametrize("depth", [1, 4])
def test_input_gradients_equal_finite_differences(depth, residual):
    x = np.random.default_rng(5).standard_normal((3, 4))
    found = signal_propagation.input_gradients(x, depth=depth, width=6, residual=residual, seed=9)
    draws = np.random.default_rng(9)
    first = draws.standard_normal((4, 6)) / 2
    scale = math.sqrt(2 * (residual or 1) / 6)
    kernels = [scale * draws.standard_normal((6, 6)) for _ in range(depth)]
    readout = draws.standard_normal(6) / math.sqrt(6)

    def output(point):
        h = point @ first
        for kernel in kernels:
            branch = np.maximum(h, 0) @ kernel
            h = branch if residual is None else h + branch
        return h @ readout

    numeric = np.stack([(output(x + step) - output(x - step)) / 2e-6 for step in 1e-6 * np.eye(4)], axis=1)
    assert found == pytest.approx(numeric, rel=1e-4, abs=1e-7)


def test_similarity_by_distance_of_a_turning_vector():
    angles = np.radians(np.arange(0, 360, 10))
    gradients = np.stack([np.cos(angles), np.sin(angles)], axis=1) * np.linspace(1, 5, 36)[:, None]
    assert signal_propagation.similarity_by_distance(gradients) == pytest.approx(np.cos(angles[:19]))


def test_the_circle_goes_through_both_directions():
    a, b = np.array([3.0, 0, 0, 0]), np.array([1.0, 1.0, 0, 0])
    circle = signal_propagation.circle_through(a, b, points=8)
    assert np.mean(circle**2, axis=1) == pytest.approx(np.ones(8))
    assert circle[0] == pytest.approx([2, 0, 0, 0]) and circle[1] == pytest.approx(
        [math.sqrt(2), math.sqrt(2), 0, 0]
    )


def test_bad_input_is_named():
    with pytest.raises(ValueError, match="examples, features"):
        signal_propagation.random_signals(
            np.ones(4), depth=2, width=3, activation="tanh", weight_variances=[1.0]
        )
    with pytest.raises(ValueError, match="square factors"):
        signal_propagation.log10_singular_values(np.ones((2, 3, 4)))
    with pytest.raises(ValueError, match="same direction"):
        signal_propagation.circle_through([1.0, 2.0], [2.0, 4.0], points=8)
    with pytest.raises(ValueError, match="No activation"):
        signal_propagation.random_jacobians(
            np.ones(3), depth=3, width=3, activation="gelu", weight_variance=1.0
        )
