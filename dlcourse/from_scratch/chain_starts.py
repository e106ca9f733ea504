"""Where chains may start: at places whose density is finite and above zero."""

import numpy as np

from dlcourse import checks


def checked(name, log_density, start):
    """The start (chains, dimensions) and its log densities (chains,), both float64.

    Args:
        name: of the sampler, for the message.
        log_density: maps points (chains, dimensions) to log densities (chains,).
        start: (chains, dimensions).

    Raises:
        ValueError: where the start has other axes, or a log density there isn't one finite number per chain.
    """
    place = checks.numeric(f"{name}(start)", start, 2)
    here = np.asarray(log_density(place), "float64")
    if here.shape != place.shape[:1] or not np.isfinite(here).all():
        raise ValueError(
            f"{name}(): log densities {here.shape} at the start, for {len(place)} chains; expected one finite "
            "number per chain. Start where the density isn't zero."
        )
    return place, here
