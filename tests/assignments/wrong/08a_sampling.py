# %% exercise="worth" says="Each lag counts twice"
def effective_size(draws, rho):
    """Lags counted once."""
    return draws / (1 + np.sum(rho))

# %% exercise="worth" says="not the first alone"
def effective_size(draws, rho):
    """The first lag alone."""
    return draws / (1 + 2 * rho[0])

# %% exercise="worth" says="worth their number"
def effective_size(draws, rho):
    """The one at lag 0 counted twice too."""
    return draws / (2 + 2 * np.sum(rho))

# %% exercise="stay" says="written down once more"
def metropolis(log_density, start, step, draws, seed):
    """Only accepted places are written down."""
    rng, place, kept = np.random.default_rng(seed), float(start), []
    while len(kept) < draws:
        proposal = place + step * rng.normal()
        if np.log(rng.random()) < log_density(proposal) - log_density(place):
            place = proposal
            kept.append(place)
    return np.array(kept)

# %% exercise="stay" says="right probability"
def metropolis(log_density, start, step, draws, seed):
    """Uphill only."""
    rng, place, kept = np.random.default_rng(seed), float(start), []
    for _ in range(draws):
        proposal = place + step * rng.normal()
        if log_density(proposal) > log_density(place):
            place = proposal
        kept.append(place)
    return np.array(kept)

# %% exercise="stay" says="shouldn't be mixed"
def metropolis(log_density, start, step, draws, seed):
    """Twice the difference: a target that is too narrow."""
    rng, place, kept = np.random.default_rng(seed), float(start), []
    for _ in range(draws):
        proposal = place + step * rng.normal()
        if np.log(rng.random()) < 2 * (log_density(proposal) - log_density(place)):
            place = proposal
        kept.append(place)
    return np.array(kept)

# %% exercise="leapfrog" says="half before, half after"
def leapfrog(gradient, x, v, step, leapfrogs):
    """Whole pushes before the glide."""
    for _ in range(leapfrogs):
        v = v + step * gradient(x)
        x = x + step * v
    return x, v

# %% exercise="leapfrog" says="not by the one before"
def leapfrog(gradient, x, v, step, leapfrogs):
    """Euler's method."""
    for _ in range(leapfrogs):
        x, v = x + step * v, v + step * gradient(x)
    return x, v

# %% exercise="leapfrog" says="at the new place"
def leapfrog(gradient, x, v, step, leapfrogs):
    """Both half pushes by the old slope."""
    for _ in range(leapfrogs):
        slope = gradient(x)
        v = v + step / 2 * slope
        x = x + step * v
        v = v + step / 2 * slope
    return x, v

# %% exercise="change" says="near 3"
def log_density_of_logit(log_density):
    """The fault is left."""
    return lambda theta: log_density(1 / (1 + np.exp(-theta)))

# %% exercise="change" says="near 3"
def log_density_of_logit(log_density):
    """Divided by the factor."""

    def changed(theta):
        p = 1 / (1 + np.exp(-theta))
        return log_density(p) - np.log(p) - np.log(1 - p)

    return changed

# %% exercise="change" says="its logarithm"
def log_density_of_logit(log_density):
    """The factor is added to the logarithm."""

    def changed(theta):
        p = 1 / (1 + np.exp(-theta))
        return log_density(p) + p * (1 - p)

    return changed
