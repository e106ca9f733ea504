"""Samplers against distributions that are known, and against TFP at the same momenta."""

import numpy as np
import pytest
from scipy import stats

from dlcourse.from_scratch import chain_starts, gibbs, hamiltonian, markov_chains
from dlcourse.from_scratch.metropolis import metropolis


def gaussian(covariance):
    precision = np.linalg.inv(covariance)
    return lambda x: -0.5 * ((x @ precision) * x).sum(axis=-1), lambda x: -x @ precision


def flat(x):
    return np.zeros(len(x))


def flat_slope(x):
    return np.zeros_like(x)


def test_a_start_comes_with_its_log_densities():
    place, here = chain_starts.checked("walk", lambda x: -x[:, 0], [[1, 2], [3, 4]])
    assert place.tolist() == [[1.0, 2.0], [3.0, 4.0]] and here.tolist() == [-1.0, -3.0]
    with pytest.raises(ValueError, match=r"walk\(\).* at the start, for 1 chains"):
        chain_starts.checked("walk", lambda x: np.full(len(x), -np.inf), [[1, 2]])


def test_states_that_are_left_for_good_have_no_share():
    assert markov_chains.stationary([[0.5, 0.5], [0.0, 1.0]]) == pytest.approx([0.0, 1.0])


@pytest.mark.parametrize("states", [2, 3, 7])
def test_metropolis_matrix_keeps_detailed_balance_and_settles_at_the_probabilities(states):
    rng = np.random.default_rng(states)
    p = rng.random(states) + 0.1
    steps = rng.random((states, states))
    proposal = steps + steps.T
    proposal /= proposal.sum(axis=1).max()
    proposal += np.diag(1 - proposal.sum(axis=1))
    moves = markov_chains.metropolis_matrix(p, proposal)
    assert moves.sum(axis=1) == pytest.approx(1)
    flow = p[:, None] * moves
    assert flow == pytest.approx(flow.T)
    assert markov_chains.stationary(moves) == pytest.approx(p / p.sum())
    assert np.linalg.matrix_power(moves, 2_000)[0] == pytest.approx(p / p.sum())


@pytest.mark.parametrize(
    "call, says",
    [
        (lambda: markov_chains.metropolis_matrix([1.0, 0.0], np.full((2, 2), 0.5)), "above 0"),
        (lambda: markov_chains.metropolis_matrix([1.0, 1.0], [[0.5, 0.5], [0.2, 0.8]]), "symmetric"),
        (lambda: markov_chains.stationary(np.eye(2)), "closed group of states"),
        (lambda: markov_chains.stationary(np.ones((2, 3)) / 3), "square"),
        (lambda: markov_chains.stationary(2 * np.eye(2)), "add up to 1"),
        (lambda: metropolis(lambda x: -x[:, 0], [[1.0], [2.0]], step=0, draws=5, seed=0), "above 0"),
        (lambda: metropolis(lambda x: -x[:, 0], [[1.0], [2.0]], step=[1, 1], draws=5, seed=0), r"\(2, 1\)"),
        (
            lambda: hamiltonian.hmc(
                lambda x: np.log(x[:, 0]), sum, [[-1.0]], step=1, leapfrogs=1, draws=1, seed=0
            ),
            "finite",
        ),
        (lambda: metropolis(lambda x: np.log(x[:, 0]), [[-1.0]], step=1, draws=5, seed=0), "finite"),
        (lambda: metropolis(lambda x: 0.0, [[1.0], [2.0]], step=1, draws=5, seed=0), "one finite"),
        (
            lambda: gibbs.gaussian([[1.0, 2.0], [2.0, 1.0]], [[0.0, 0.0]], draws=5, seed=0),
            "positive definite",
        ),
        (lambda: gibbs.gaussian(np.eye(3), [[0.0, 0.0]], draws=5, seed=0), "shape"),
        (lambda: hamiltonian.hmc(flat, sum, [[0.0]], step=-1, leapfrogs=1, draws=1, seed=0), "step"),
        (
            lambda: hamiltonian.hmc(flat, flat_slope, [[0.0]], step=1, leapfrogs=0, draws=1, seed=0),
            "leapfrogs",
        ),
    ],
)
@pytest.mark.filterwarnings("ignore:invalid value")
def test_bad_inputs_are_told_what_to_do(call, says):
    with pytest.raises(ValueError, match=says):
        call()


COVARIANCE = np.array([[2.0, 0.8], [0.8, 0.5]])


def last_draws(kind):
    """Independent chains' last draws (2000, 2), from a start at one point."""
    log_density, gradient = gaussian(COVARIANCE)
    start = np.zeros((2_000, 2))
    if kind == "metropolis":
        return metropolis(log_density, start, step=1.0, draws=200, seed=0)[0][-1]
    if kind == "gibbs":
        return gibbs.gaussian(COVARIANCE, start, draws=100, seed=0)[-1]
    return hamiltonian.hmc(log_density, gradient, start, step=0.3, leapfrogs=7, draws=60, seed=0, jitter=0.3)[
        0
    ][-1]


@pytest.mark.parametrize("kind", ["metropolis", "gibbs", "hmc"])
def test_chains_forget_their_start_and_end_in_the_target(kind):
    """By Kolmogorov and Smirnov's test, along both coordinates and a mixture of them."""
    drawn = last_draws(kind)
    for direction in ([1.0, 0.0], [0.0, 1.0], [1.0, -1.0]):
        scale = np.sqrt(direction @ COVARIANCE @ direction)
        assert stats.kstest(drawn @ direction, "norm", (0, scale)).pvalue > 1e-3


def test_a_gibbs_sweep_has_the_lag_one_correlation_that_theory_gives():
    r = 0.8
    drawn = gibbs.gaussian(np.array([[1, r], [r, 1]]), np.zeros((50, 2)), draws=4_000, seed=1)
    found = np.corrcoef(drawn[100:-1, :, 0].ravel(), drawn[101:, :, 0].ravel())[0, 1]
    assert found == pytest.approx(r**2, abs=0.01)


def test_a_rejected_jump_is_written_down_again():
    drawn, accepted = metropolis(lambda x: -0.5 * x[:, 0] ** 2, np.zeros((4, 1)), step=3.0, draws=200, seed=0)
    moved = np.diff(drawn[..., 0], axis=0) != 0
    assert (moved == accepted[1:]).all() and 0.2 < accepted.mean() < 0.7


def test_the_leapfrog_can_be_walked_back_and_keeps_volume():
    _, gradient = gaussian(COVARIANCE)
    rng = np.random.default_rng(0)
    x, v = rng.normal(size=(5, 2)), rng.normal(size=(5, 2))
    places, momenta = hamiltonian.leapfrog(gradient, x, v, step=0.2, leapfrogs=9)
    back, turned = hamiltonian.leapfrog(gradient, places[-1], -momenta[-1], step=0.2, leapfrogs=9)
    assert back[-1] == pytest.approx(x) and turned[-1] == pytest.approx(-v)
    units = np.eye(4)
    ends = hamiltonian.leapfrog(gradient, units[:, :2], units[:, 2:], step=0.2, leapfrogs=9)
    jacobian = np.hstack([ends[0][-1], ends[1][-1]])  # linear, so rows are columns of its matrix
    assert np.linalg.det(jacobian) == pytest.approx(1)


def test_the_energy_error_falls_with_the_square_of_the_step():
    log_density, gradient = gaussian(COVARIANCE)
    rng = np.random.default_rng(0)
    x, v = rng.normal(size=(500, 2)), rng.normal(size=(500, 2))
    errors = [
        np.sqrt((hamiltonian.propose(log_density, gradient, x, v, step=1.2 / n, leapfrogs=n)[1] ** 2).mean())
        for n in (20, 40, 80)
    ]
    assert errors[0] / errors[1] == pytest.approx(4, rel=0.1)
    assert errors[1] / errors[2] == pytest.approx(4, rel=0.05)


@pytest.mark.parametrize("step, leapfrogs, dimensions", [(0.1, 3, 2), (0.4, 1, 5), (0.25, 12, 1)])
def test_a_proposal_is_tfps_at_the_same_momenta(step, leapfrogs, dimensions):
    import tensorflow as tf
    import tensorflow_probability as tfp

    def log_density(x):
        return -0.25 * (x**4).sum(axis=1)

    kernel = tfp.mcmc.HamiltonianMonteCarlo(
        lambda x: -0.25 * tf.reduce_sum(x**4, axis=-1),
        step_size=np.float64(step),
        num_leapfrog_steps=leapfrogs,
    )
    here = tf.constant(np.random.default_rng(0).normal(size=(4, dimensions)))
    results = kernel.bootstrap_results(here)
    for turn in range(5):
        there, results = kernel.one_step(here, results, seed=tf.constant([0, turn]))
        momenta = results.proposed_results.initial_momentum[0].numpy()
        place, change = hamiltonian.propose(
            log_density, lambda x: -(x**3), here.numpy(), momenta, step=step, leapfrogs=leapfrogs
        )
        assert place == pytest.approx(results.proposed_state.numpy())
        assert change == pytest.approx(results.log_accept_ratio.numpy(), abs=1e-9)
        here = there


def test_without_a_step_size_that_is_too_large_everything_is_accepted():
    log_density, gradient = gaussian(np.eye(3))
    _, changes = hamiltonian.hmc(
        log_density, gradient, np.zeros((5, 3)), step=0.01, leapfrogs=5, draws=20, seed=0
    )
    assert np.abs(changes).max() < 1e-3


def test_a_trajectory_that_is_lost_is_refused_in_silence():
    """On -x^4 a step of 3 leaves at once, to where the energy overflows: every proposal is refused, none is NaN."""
    start = np.array([[3.0], [-4.0]])
    drawn, changes = hamiltonian.hmc(
        lambda x: -(x[:, 0] ** 4), lambda x: -4 * x**3, start, step=3.0, leapfrogs=9, draws=5, seed=0
    )
    assert (drawn == start).all() and not (changes > -np.inf).any()
