"""Diagnostics against closed forms, and against ArviZ 0.23.4's numbers."""

import numpy as np
import pytest

from dlcourse.from_scratch import chain_diagnostics


def autoregression(draws, chains, rho, seed, apart=0.0):
    """Chains with autocorrelation ρ^t (draws, chains), each shifted by its number · apart."""
    noise = np.random.default_rng(seed).normal(size=(draws, chains))
    x = np.empty_like(noise)
    x[0] = noise[0]
    for t in range(1, draws):
        x[t] = rho * x[t - 1] + noise[t]
    return x + apart * np.arange(chains)


ARVIZ = [
    # draws, chains, ρ, apart, then az.ess(x.T, method="mean") and az.rhat(x.T, method="split") of ArviZ 0.23.4
    (100, 4, 0.5, 0.0, 57.274949808661404, 1.057971980724051),
    (101, 3, 0.9, 0.3, 4.819606608780513, 1.8354068479768237),
    (1_000, 4, -0.4, 0.0, 9474.832175125233, 0.9992300376136577),
    (60, 2, 0.95, 2.0, 3.474399525159048, 1.7477136822211576),
    (200, 4, 0.0, 0.0, 807.2928586750495, 1.0013829769644187),
]


@pytest.mark.parametrize("draws, chains, rho, apart, size, r_hat", ARVIZ)
def test_both_are_arvizs(draws, chains, rho, apart, size, r_hat):
    x = autoregression(draws, chains, rho, seed=draws, apart=apart)
    assert chain_diagnostics.effective_sample_size(x) == pytest.approx(size, rel=1e-9)
    assert chain_diagnostics.r_hat(x) == pytest.approx(r_hat, rel=1e-12)


@pytest.mark.parametrize("rho", [0.0, 0.5, 0.9])
def test_an_autoregressions_size_is_its_closed_form(rho):
    x = autoregression(20_000, 4, rho, seed=1)
    assert chain_diagnostics.effective_sample_size(x) == pytest.approx(
        80_000 * (1 - rho) / (1 + rho), rel=0.1
    )


@pytest.mark.parametrize("n", [2, 7, 64])
def test_autocovariance_is_the_sum_that_defines_it(n):
    x = np.random.default_rng(n).normal(size=(n, 3))
    away = x - x.mean(axis=0)
    expected = [(away[: n - t] * away[t:]).sum(axis=0) / n for t in range(n)]
    assert chain_diagnostics.autocovariance(x) == pytest.approx(np.array(expected))


def test_quantities_are_judged_one_by_one():
    x = np.stack([autoregression(300, 4, rho, seed=2) for rho in (0.1, 0.8)], axis=-1)
    for find in (chain_diagnostics.effective_sample_size, chain_diagnostics.r_hat):
        assert find(x) == pytest.approx([find(x[..., 0]), find(x[..., 1])])


def test_a_trend_within_chains_is_seen_since_they_are_split():
    x = autoregression(400, 4, 0.0, seed=3) + np.linspace(-3, 3, 400)[:, None]
    assert chain_diagnostics.r_hat(x) > 1.5


def test_chains_that_never_moved_say_nothing():
    still = np.ones((100, 4))
    assert np.isnan(chain_diagnostics.effective_sample_size(still))
    assert np.isnan(chain_diagnostics.r_hat(still))


def test_chains_that_stand_at_different_places_don_t_agree():
    apart = np.ones((100, 4)) * [0.1, 0.2, 0.3, 0.7]
    assert np.isinf(chain_diagnostics.r_hat(apart))
    assert np.isnan(chain_diagnostics.effective_sample_size(apart))


@pytest.mark.parametrize("bad", [np.zeros(100), np.zeros((7, 2)), np.zeros((20, 0))])
def test_too_little_is_refused(bad):
    with pytest.raises(ValueError, match="8 draws or more"):
        chain_diagnostics.r_hat(bad)
    with pytest.raises(ValueError, match="two draws"):
        chain_diagnostics.autocovariance(np.zeros(1))
