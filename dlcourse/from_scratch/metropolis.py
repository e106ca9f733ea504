"""Metropolis' sampler with Gaussian jumps (Metropolis et al. 1953), for many chains side by side."""

import numpy as np

from dlcourse import checks


def metropolis(log_density, start, *, step, draws, seed):
    """Random walks that accept or stay.

    Args:
        log_density: maps points (chains, dimensions) to log densities (chains,), up to a constant.
        start: (chains, dimensions).
        step: standard deviation of a jump in each dimension: a number, or one per chain, (chains, 1).
        draws: how many steps; each one's place is kept, also where the chain stayed.
        seed: of jumps and of acceptance.

    Returns:
        draws (draws, chains, dimensions), and which jumps were accepted, (draws, chains).

    Raises:
        ValueError: where the density is zero at the start, or an argument is of another form.
    """
    place = checks.numeric("metropolis(start)", start, 2)
    rng = np.random.default_rng(checks.seed("metropolis(seed)", seed))
    here = np.asarray(log_density(place), "float64")
    if here.shape != place.shape[:1] or not np.isfinite(here).all():
        raise ValueError(
            f"metropolis(): log densities {here.shape} at the start, for {len(place)} chains; expected one finite "
            "number per chain. Start where the density isn't zero."
        )
    kept = np.empty((checks.whole_number("metropolis(draws)", draws), *place.shape))
    accepted = np.empty(kept.shape[:2], bool)
    for draw in range(len(kept)):
        proposal = place + step * rng.normal(size=place.shape)
        there = log_density(proposal)
        accept = np.log(rng.random(len(place))) < there - here  # with probability min(1, ratio)
        place = np.where(accept[:, None], proposal, place)
        here = np.where(accept, there, here)
        kept[draw], accepted[draw] = place, accept
    return kept, accepted
