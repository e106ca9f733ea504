# %% exercise="regret" says="it costs nothing, and what was lost stays lost"
def regret(means, chosen):
    """Losses of single steps."""
    means = np.asarray(means)
    return means.max() - means[np.asarray(chosen)]

# %% exercise="regret" says="costs nothing"
def regret(means, chosen):
    """A mean, not a sum."""
    means = np.asarray(means)
    return np.cumsum(means.max() - means[np.asarray(chosen)]) / np.arange(1, len(chosen) + 1)

# %% exercise="regret" says="that cost something"
def regret(means, chosen):
    """Compared with the best arm that was chosen so far."""
    earned = np.asarray(means)[np.asarray(chosen)]
    return np.cumsum(np.maximum.accumulate(earned) - earned)

# %% exercise="optimism" says="factor of 2"
def ucb1(counts, averages):
    """Without the factor."""
    counts, averages = np.asarray(counts, "float64"), np.asarray(averages, "float64")
    if (counts == 0).any():
        return int(np.flatnonzero(counts == 0)[0])
    return int(np.argmax(averages + np.sqrt(np.log(counts.sum()) / counts)))

# %% exercise="optimism" says="how wide is its doubt"
def ucb1(counts, averages):
    """Greedy."""
    counts = np.asarray(counts)
    if (counts == 0).any():
        return int(np.flatnonzero(counts == 0)[0])
    return int(np.argmax(averages))

# %% exercise="optimism" says="it comes first"
def ucb1(counts, averages):
    """An arm never tried gets no width."""
    counts = np.maximum(np.asarray(counts, "float64"), 1)
    return int(np.argmax(np.asarray(averages) + 0.1 * np.sqrt(2 * np.log(counts.sum()) / counts)))

# %% exercise="estimate" says="upside down"
def estimate(rewards, logging, new):
    """One mistake left."""
    return float(np.mean(logging / new * rewards))

# %% exercise="estimate" says="the log's mean reward"
def estimate(rewards, logging, new):
    """The other one left."""
    return float((new / logging * rewards).sum() / (rewards > 0).sum())

# %% exercise="estimate" says="self-normalised"
def estimate(rewards, logging, new):
    """Divided by the weights' sum."""
    return float((new / logging * rewards).sum() / (new / logging).sum())

# %% exercise="beliefs" says="first number of Beta"
def thompson(pull, arms, steps, seed):
    """Failures and rewards the wrong way round."""
    rng, beliefs, chosen = np.random.default_rng(seed), np.ones((arms, 2)), []
    for _ in range(steps):
        arm = int(np.argmax(rng.beta(beliefs[:, 0], beliefs[:, 1])))
        reward = pull(arm)
        beliefs[arm] += (1 - reward, reward)
        chosen.append(arm)
    return np.array(chosen), beliefs

# %% exercise="beliefs" says="do draws decide, or chance"
def thompson(pull, arms, steps, seed):
    """Chooses at random."""
    rng, beliefs, chosen = np.random.default_rng(seed), np.ones((arms, 2)), []
    for _ in range(steps):
        arm = int(rng.integers(arms))
        reward = pull(arm)
        beliefs[arm] += (reward, 1 - reward)
        chosen.append(arm)
    return np.array(chosen), beliefs
