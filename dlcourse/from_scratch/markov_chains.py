"""Markov chains on a few states: Metropolis' transition matrix, and the distribution that a chain keeps."""

import numpy as np

from dlcourse import checks


def metropolis_matrix(probabilities, proposal):
    """Transition matrix of Metropolis' rule: row = from, column = to, (states, states).

    A move from i to j is proposed with probability ``proposal[i, j]`` and accepted with min(1, p_j / p_i); what is
    rejected stays. With a symmetric proposal the result keeps detailed balance, p_i T_ij = p_j T_ji.

    Args:
        probabilities: p of each state, (states,), above 0; they needn't add up to 1, since only ratios count.
        proposal: (states, states), symmetric, rows adding up to 1.

    Raises:
        ValueError: where the proposal is no symmetric transition matrix.
    """
    p = checks.numeric("metropolis_matrix(probabilities)", probabilities, 1)
    proposal = checks.numeric("metropolis_matrix(proposal)", proposal, 2)
    if not (p > 0).all():
        raise ValueError(f"metropolis_matrix(): probabilities {p}; expected numbers above 0.")
    good = proposal.shape == (len(p), len(p)) and (proposal >= 0).all()
    if not good or not np.allclose(proposal, proposal.T) or not np.allclose(proposal.sum(axis=1), 1):
        raise ValueError(
            f"metropolis_matrix(): proposal of shape {proposal.shape}; expected a symmetric matrix, "
            f"({len(p)}, {len(p)}), of numbers from 0 whose rows add up to 1."
        )
    moves = proposal * np.minimum(1, p[None, :] / p[:, None])
    np.fill_diagonal(moves, 0)
    return moves + np.diag(1 - moves.sum(axis=1))


def stationary(transition):
    """The distribution that the chain keeps, p T = p, (states,): the eigenvector of eigenvalue 1.

    It is unique where there is one closed group of states: states that reach each other and that nothing leaves.

    Args:
        transition: (states, states), row = from, column = to, rows adding up to 1.

    Raises:
        ValueError: where it is no such matrix, or the chain keeps more than one distribution.
    """
    transition = checks.numeric("stationary(transition)", transition, 2)
    square = transition.shape == (len(transition),) * 2 and len(transition)
    if not square or (transition < 0).any() or not np.allclose(transition.sum(axis=1), 1):
        raise ValueError(
            f"stationary(): transition of shape {transition.shape}; expected a square matrix of numbers from 0 whose "
            "rows add up to 1."
        )
    values, vectors = np.linalg.eig(transition.T)
    ones = np.flatnonzero(np.abs(values - 1) < 1e-9)
    if len(ones) != 1:
        raise ValueError(
            f"stationary(): {len(ones)} eigenvalues are 1; expected one. Connect the states, so that there is one "
            "closed group of states, not several that a chain never leaves."
        )
    p = np.real(vectors[:, ones[0]])
    return p / p.sum()
