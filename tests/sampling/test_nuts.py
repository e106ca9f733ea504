"""NUTS draws from a Gaussian whose moments are known."""

import numpy as np
import pytest

from dlcourse.from_scratch import chain_diagnostics
from dlcourse.sampling import nuts


def test_draws_have_the_targets_moments():
    import tensorflow as tf

    covariance = np.array([[2.0, 0.8], [0.8, 0.5]])
    precision = np.linalg.inv(covariance)
    found = nuts.sample(
        lambda x: -0.5 * tf.reduce_sum((x @ precision) * x, axis=-1),
        np.zeros((4, 2)),
        draws=500,
        warmup=150,
        seed=1,
    )
    assert found.draws.shape == (500, 4, 2) and found.leapfrogs.shape == (500, 4)
    size = chain_diagnostics.effective_sample_size(found.draws)
    assert (np.abs(found.draws.mean(axis=(0, 1))) < 4.5 * np.sqrt(np.diag(covariance) / size)).all()
    assert np.cov(found.draws.reshape(-1, 2).T) == pytest.approx(covariance, rel=0.25)
    assert found.step > 0.05 and found.diverged < 0.01 and chain_diagnostics.r_hat(found.draws).max() < 1.05


def test_each_group_finds_its_own_step():
    """A target a hundred times wider wants a step a hundred times larger, and has the same share of gradients."""
    import tensorflow as tf

    width = np.array([1.0, 100.0])[:, None, None]
    found = nuts.sample(
        lambda x: -0.5 * tf.reduce_sum((x / width) ** 2, axis=-1),
        width * np.random.default_rng(0).normal(size=(2, 4, 3)),
        draws=200,
        warmup=200,
        seed=1,
    )
    assert found.draws.shape == (200, 2, 4, 3) and found.leapfrogs.shape == (200, 2, 4)
    assert found.step.shape == (2,) and found.step[1] / found.step[0] == pytest.approx(100, rel=0.5)
    assert found.draws.std(axis=(0, 2, 3)) / width.ravel() == pytest.approx(1, abs=0.15)
    gradients = found.leapfrogs.mean(axis=(0, 2))
    assert gradients[1] / gradients[0] == pytest.approx(1, rel=0.4)


@pytest.mark.parametrize(
    "change, says",
    [
        ({"draws": 0}, "draws"),
        ({"warmup": 1}, "warmup"),
        ({"acceptance": 2}, "acceptance"),
        ({"start": np.zeros(3)}, r"shape \(3,\); expected \(chains, dimensions\)"),
    ],
)
def test_settings_that_are_none_are_refused(change, says):
    with pytest.raises(ValueError, match=says):
        nuts.sample(None, **({"start": np.zeros((1, 1)), "draws": 1, "warmup": 2, "seed": 0} | change))
