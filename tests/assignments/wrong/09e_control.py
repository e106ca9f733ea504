# %% exercise="pay" says="any number of turns"
def pay(angle, speed, torque):
    """One turn taken off, and not more."""
    angle = np.where(np.asarray(angle) > np.pi, np.asarray(angle) - 2 * np.pi, angle)
    return -(angle**2 + 0.1 * np.asarray(speed) ** 2 + 0.001 * np.asarray(torque) ** 2)


# %% exercise="pay" says="bring the angle into"
def pay(angle, speed, torque):
    """The angle as it is."""
    return -(np.asarray(angle) ** 2 + 0.1 * np.asarray(speed) ** 2 + 0.001 * np.asarray(torque) ** 2)


# %% exercise="pay" says="by their squares"
def pay(angle, speed, torque):
    """Sizes instead of squares."""
    angle = (np.asarray(angle) + np.pi) % (2 * np.pi) - np.pi
    return -(angle**2 + 0.1 * np.abs(speed) + 0.001 * np.abs(torque))


# %% exercise="target" says="smaller counts"
def target(reward, terminated, value_1, value_2, log_probability, alpha, gamma):
    """The larger value."""
    following = np.maximum(value_1, value_2) - alpha * log_probability
    return reward + gamma * np.where(terminated, 0.0, following)


# %% exercise="target" says="the target is the reward"
def target(reward, terminated, value_1, value_2, log_probability, alpha, gamma):
    """The mean of both, and nothing for entropy, and a reward counted twice."""
    return 2 * reward + gamma * np.where(terminated, 0.0, (value_1 + value_2) / 2)


# %% exercise="target" says="the world has ended"
def target(reward, terminated, value_1, value_2, log_probability, alpha, gamma):
    """Goes on where the world ended."""
    return reward + gamma * (np.minimum(value_1, value_2) - alpha * log_probability)


# %% exercise="target" says="is worth less, not more"
def target(reward, terminated, value_1, value_2, log_probability, alpha, gamma):
    """The sign of the entropy."""
    following = np.minimum(value_1, value_2) + alpha * log_probability
    return reward + gamma * np.where(terminated, 0.0, following)


# %% exercise="density" says="where does σ enter"
def log_density(mean, log_scale, noise):
    """Without the Gaussian's own σ."""
    before = mean + np.exp(log_scale) * noise
    return -0.5 * noise**2 - 0.5 * np.log(2 * np.pi) - np.log(1 - np.tanh(before) ** 2)


# %% exercise="density" says="adds up to 1"
def log_density(mean, log_scale, noise):
    """The Jacobian the wrong way round."""
    before = mean + np.exp(log_scale) * noise
    return -0.5 * noise**2 - log_scale - 0.5 * np.log(2 * np.pi) + np.log(1 - np.tanh(before) ** 2)


# %% exercise="landing" says="stays in its column for a step"
def landing(row, column, side, last_row, width):
    """Mirrors at the wall's cell."""
    while row < last_row:
        if not 0 <= column + side < width:
            side = -side
        column += side
        row += 1
    return column


# %% exercise="landing" says="8"
def landing(row, column, side, last_row, width):
    """Without walls."""
    return column + side * (last_row - row)
