"""Hamiltonian Monte Carlo (Duane et al. 1987; Neal 2011): a point gets a push, glides, and is accepted or not."""

import numpy as np

from dlcourse import checks
from dlcourse.from_scratch import chain_starts


def leapfrog(gradient, place, momentum, *, step, leapfrogs):
    """Follow the motion of a point of mass 1 on the hill -log p: half a push, a glide, ..., half a push.

    Exact reversal: with the momentum turned round it comes back to where it began.

    Args:
        gradient: maps points (chains, dimensions) to gradients of the log density, of the same shape.
        place, momentum: (chains, dimensions).
        step: size of a glide: a number, or one per chain, (chains, 1).
        leapfrogs: how many glides.

    Returns:
        Places and momenta, (leapfrogs + 1, chains, dimensions) each, the start first.
    """
    places, momenta = [place], [momentum]
    slope = gradient(place)
    for _ in range(checks.whole_number("leapfrog(leapfrogs)", leapfrogs)):
        half = momenta[-1] + 0.5 * step * slope
        places.append(places[-1] + step * half)
        slope = gradient(places[-1])
        momenta.append(half + 0.5 * step * slope)
    return np.array(places), np.array(momenta)


def propose(log_density, gradient, place, momentum, *, step, leapfrogs):
    """Where a trajectory ends, and by how much log p - |momentum|²/2 has changed: minus the energy error.

    Returns:
        places (chains, dimensions) and changes (chains,); a proposal is accepted with probability min(1, exp(change)).
    """
    places, momenta = leapfrog(gradient, place, momentum, step=step, leapfrogs=leapfrogs)
    before = log_density(place) - 0.5 * (momentum**2).sum(axis=1)
    after = log_density(places[-1]) - 0.5 * (momenta[-1] ** 2).sum(axis=1)
    return places[-1], after - before


def hmc(log_density, gradient, start, *, step, leapfrogs, draws, seed, jitter=0.0):
    """Chains whose proposals are ends of trajectories.

    Args:
        log_density: maps points (chains, dimensions) to log densities (chains,), up to a constant.
        gradient: its gradient, (chains, dimensions).
        start: (chains, dimensions).
        step: size of a glide, a number.
        leapfrogs: glides per trajectory.
        draws: how many trajectories.
        seed: of momenta, acceptance and jitter.
        jitter: each trajectory's step is drawn from step · (1 ± jitter), one for all chains, so that no trajectory
            keeps time with the target's own period.

    Returns:
        draws (draws, chains, dimensions), and each proposal's change of log p - |momentum|²/2, (draws, chains).

    Raises:
        ValueError: where the density is zero at the start, or an argument is of another form.
    """
    place, _ = chain_starts.checked("hmc", log_density, start)
    step, jitter = checks.positive("hmc(step)", step), checks.rate("hmc(jitter)", jitter)
    rng = np.random.default_rng(checks.seed("hmc(seed)", seed))
    kept = np.empty((checks.whole_number("hmc(draws)", draws), *place.shape))
    changes = np.empty(kept.shape[:2])
    for draw in range(len(kept)):
        size = step * (1 + jitter * rng.uniform(-1, 1))
        momentum = rng.normal(size=place.shape)
        with np.errstate(
            over="ignore", invalid="ignore"
        ):  # a trajectory lost changes by -infinity or NaN: refused
            proposal, change = propose(log_density, gradient, place, momentum, step=size, leapfrogs=leapfrogs)
        accept = np.log(rng.random(len(place))) < change
        place = np.where(accept[:, None], proposal, place)
        kept[draw], changes[draw] = place, change
    return kept, changes
