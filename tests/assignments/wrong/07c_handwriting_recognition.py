# %% exercise="resample" says="equal times"
def resample(points, count):
    """Even in the list, not along the way."""
    places = np.linspace(0, len(points) - 1, count)
    return np.stack([np.interp(places, range(len(points)), points[:, axis]) for axis in range(2)], axis=1)

# %% exercise="resample" says="not along one axis"
def resample(points, count):
    """Even from left to right."""
    right = np.linspace(points[0, 0], points[-1, 0], count)
    order = np.argsort(points[:, 0], kind="stable")
    return np.stack([right, np.interp(right, points[order, 0], points[order, 1])], axis=1)

# %% exercise="resample"
def resample(points, count):
    """Straight from the first to the last."""
    return np.linspace(points[0], points[-1], count)

# %% exercise="density" says="softmax"
def log_density(point, logits, means, spreads):
    """Weights that don't sum to one."""
    squared = np.sum((point - means) ** 2, axis=1)
    parts = logits - np.log(2 * np.pi) - 2 * np.log(spreads) - squared / (2 * spreads**2)
    return float(parts.max() + np.log(np.exp(parts - parts.max()).sum()))

# %% exercise="density" says="mean of the logarithms"
def log_density(point, logits, means, spreads):
    """Logarithms averaged."""
    squared = np.sum((point - means) ** 2, axis=1)
    weights = np.exp(logits - logits.max())
    parts = -np.log(2 * np.pi) - 2 * np.log(spreads) - squared / (2 * spreads**2)
    return float(weights @ parts / weights.sum())

# %% exercise="density" says="largest taken out first"
def log_density(point, logits, means, spreads):
    """Densities, then their logarithm."""
    squared = np.sum((point - means) ** 2, axis=1)
    weights = np.exp(logits - logits.max())
    each = np.exp(-squared / (2 * spreads**2)) / (2 * np.pi * spreads**2)
    with np.errstate(divide="ignore"):
        return float(np.log(weights @ each / weights.sum()))

# %% exercise="density"
def log_density(point, logits, means, spreads):
    """Divided by the standard deviation."""
    squared = np.sum((point - means) ** 2, axis=1)
    weights = np.exp(logits - logits.max())
    parts = np.log(weights / weights.sum()) - np.log(2 * np.pi) - np.log(spreads) - squared / (2 * spreads**2)
    return float(parts.max() + np.log(np.exp(parts - parts.max()).sum()))

# %% exercise="density" says="Clipping changes it"
def log_density(point, logits, means, spreads):
    """Logits clipped, so that exp doesn't overflow."""
    squared = np.sum((point - means) ** 2, axis=1)
    weights = np.exp(np.clip(logits, -700, 700))
    parts = np.log(weights / weights.sum()) - np.log(2 * np.pi) - 2 * np.log(spreads) - squared / (2 * spreads**2)
    return float(parts.max() + np.log(np.exp(parts - parts.max()).sum()))

# %% exercise="draw" says="don't take their mean"
def draw(number, logits, means, spreads, random):
    """The mean of all Gaussians."""
    weights = np.exp(logits - logits.max())
    weights = weights / weights.sum()
    return weights @ means + (3 * weights @ spreads) * random.normal(size=(number, 2))

# %% exercise="draw" says="equally often"
def draw(number, logits, means, spreads, random):
    """All equally often."""
    chosen = random.integers(len(logits), size=number)
    return means[chosen] + spreads[chosen, None] * random.normal(size=(number, 2))

# %% exercise="draw"
def draw(number, logits, means, spreads, random):
    """Right and up from one number."""
    weights = np.exp(logits - logits.max())
    chosen = random.choice(len(weights), size=number, p=weights / weights.sum())
    return means[chosen] + spreads[chosen, None] * random.normal(size=(number, 1))

# %% exercise="draw" says="the same seed gives the same points"
def draw(number, logits, means, spreads, random):
    """By a generator of its own."""
    random = np.random.default_rng()
    weights = np.exp(logits - logits.max())
    chosen = random.choice(len(weights), size=number, p=weights / weights.sum())
    return means[chosen] + spreads[chosen, None] * random.normal(size=(number, 2))

# %% exercise="both" says="reads from the left alone"
def line_reader(symbols):
    layers = keras.layers
    return keras.Sequential([
        keras.Input((16, None, 1)),
        layers.Conv2D(8, 3, padding="same", activation="relu"),
        layers.MaxPooling2D((4, 2)),
        layers.Permute((2, 1, 3)),
        layers.Reshape((-1, 4 * 8)),
        layers.GRU(16, return_sequences=True),
        layers.Dense(symbols),
    ])

# %% exercise="both" says="what carries it there"
def line_reader(symbols):
    layers = keras.layers
    return keras.Sequential([
        keras.Input((16, None, 1)),
        layers.Conv2D(8, 3, padding="same", activation="relu"),
        layers.MaxPooling2D((4, 2)),
        layers.Permute((2, 1, 3)),
        layers.Reshape((-1, 4 * 8)),
        layers.Dense(32, activation="relu"),
        layers.Dense(symbols),
    ])
