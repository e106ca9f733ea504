"""Metropolis' sampler with Gaussian jumps (Metropolis et al. 1953), for many chains side by side."""

import numpy as np

from dlcourse import checks
from dlcourse.from_scratch import chain_starts


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
    place, here = chain_starts.checked("metropolis", log_density, start)
    step = checks.numeric("metropolis(step)", step)
    if not (step > 0).all() or step.shape not in ((), (1, 1), (len(place), 1)):
        raise ValueError(
            f"metropolis(step): {step.tolist()}; expected a number above 0, or one per chain, ({len(place)}, 1)."
        )
    rng = np.random.default_rng(checks.seed("metropolis(seed)", seed))
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
