# %% exercise="logits" says="the sum of the losses"
def logit_gradient(logits, labels):
    """Forgets that the loss is a mean."""
    shifted = np.exp(logits - logits.max(axis=1, keepdims=True))
    return shifted / shifted.sum(axis=1, keepdims=True) - np.eye(logits.shape[1])[labels]

# %% exercise="logits" says="sign is wrong"
def logit_gradient(logits, labels):
    shifted = np.exp(logits - logits.max(axis=1, keepdims=True))
    return (np.eye(logits.shape[1])[labels] - shifted / shifted.sum(axis=1, keepdims=True)) / len(logits)

# %% exercise="logits" says="before the exponential"
def logit_gradient(logits, labels):
    with np.errstate(all="ignore"):
        probabilities = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    return (probabilities - np.eye(logits.shape[1])[labels]) / len(logits)

# %% exercise="logits" says="each row must sum to 0"
def logit_gradient(logits, labels):
    """Squared error's: predicted less wanted, without softmax."""
    return (logits - np.eye(logits.shape[1])[labels]) / len(logits)

# %% exercise="backward" says="multiplied by its derivative"
def gradients(parameters, x, labels):
    """Goes through tanh as if it weren't there."""
    W1, b1, W2, b2 = parameters
    h = np.tanh(x @ W1 + b1)
    error = logit_gradient(h @ W2 + b2, labels)
    below = error @ W2.T
    return [x.T @ below, below.sum(axis=0), h.T @ error, error.sum(axis=0)]

# %% exercise="backward" says="of its output"
def gradients(parameters, x, labels):
    W1, b1, W2, b2 = parameters
    z = x @ W1 + b1
    h = np.tanh(z)
    error = logit_gradient(h @ W2 + b2, labels)
    below = (error @ W2.T) * (1 - z**2)
    return [x.T @ below, below.sum(axis=0), h.T @ error, error.sum(axis=0)]

# %% exercise="backward" says="gradient of b2 is wrong"
def gradients(parameters, x, labels):
    """Averages once more."""
    W1, b1, W2, b2 = parameters
    h = np.tanh(x @ W1 + b1)
    error = logit_gradient(h @ W2 + b2, labels)
    below = (error @ W2.T) * (1 - h**2)
    return [x.T @ below, below.mean(axis=0), h.T @ error, error.mean(axis=0)]

# %% exercise="backward" says="Shapes are"
def gradients(parameters, x, labels):
    """Keeps the examples apart."""
    W1, b1, W2, b2 = parameters
    h = np.tanh(x @ W1 + b1)
    error = logit_gradient(h @ W2 + b2, labels)
    below = (error @ W2.T) * (1 - h**2)
    return [x.T @ below, below, h.T @ error, error]

# %% exercise="checker" says="central differences"
def gradient_error(loss, claimed, W, step=1e-5):
    measured = np.zeros_like(W)
    for place in np.ndindex(W.shape):
        up = W.copy()
        up[place] += step
        measured[place] = (loss(up) - loss(W)) / step
    size = np.maximum(np.maximum(np.abs(claimed), np.abs(measured)), 1e-8)
    return (np.abs(claimed - measured) / size).max()

# %% exercise="checker" says="entry by entry"
def gradient_error(loss, claimed, W, step=1e-5):
    """The largest difference over the largest value."""
    measured = np.zeros_like(W)
    for place in np.ndindex(W.shape):
        up, down = W.copy(), W.copy()
        up[place] += step
        down[place] -= step
        measured[place] = (loss(up) - loss(down)) / (2 * step)
    return np.abs(claimed - measured).max() / max(np.abs(claimed).max(), np.abs(measured).max(), 1e-8)

# %% exercise="checker" says="step in a copy"
def gradient_error(loss, claimed, W, step=1e-5):
    measured = np.zeros_like(W)
    for place in np.ndindex(W.shape):
        W[place] += step
        up = loss(W)
        W[place] -= 2 * step
        measured[place] = (up - loss(W)) / (2 * step)
    size = np.maximum(np.maximum(np.abs(claimed), np.abs(measured)), 1e-8)
    return (np.abs(claimed - measured) / size).max()

# %% exercise="checker" says="take absolute values"
def gradient_error(loss, claimed, W, step=1e-5):
    measured = np.zeros_like(W)
    for place in np.ndindex(W.shape):
        up, down = W.copy(), W.copy()
        up[place] += step
        down[place] -= step
        measured[place] = (loss(up) - loss(down)) / (2 * step)
    size = np.maximum(np.maximum(np.abs(claimed), np.abs(measured)), 1e-8)
    return ((claimed - measured) / size).max()

# %% exercise="which" says="not their names"
def right_one(loss, candidates, W, x):
    """Looked at the functions above."""
    return "whole" if "whole" in candidates else "b"

# %% exercise="which" says="candidate b is right"
def right_one(loss, candidates, W, x):
    """Takes the one with the largest error."""
    errors = {name: gradient_error(lambda V: loss(V, x), one(W, x), W) for name, one in candidates.items()}
    return "whole" if "whole" in candidates else max(errors, key=errors.get)

# %% exercise="which" says="a key of the candidates"
def right_one(loss, candidates, W, x):
    errors = [gradient_error(lambda V, one=one: loss(V, x), one(W, x), W) for one in candidates.values()]
    return int(np.argmin(errors))

# %% exercise="momentum" says="velocity is forgotten"
def train(model, x, y, learning_rate, momentum, steps):
    loss_of, losses = keras.losses.SparseCategoricalCrossentropy(from_logits=True), []
    for _ in range(steps):
        with tf.GradientTape() as tape:
            loss = loss_of(y, model(x))
        for weight, gradient in zip(model.trainable_variables, tape.gradient(loss, model.trainable_variables)):
            weight.assign_sub(learning_rate * gradient)
        losses.append(float(loss))
    return losses

# %% exercise="momentum" says="differ from Keras' SGD with momentum"
def train(model, x, y, learning_rate, momentum, steps):
    """An average of gradients: each weighs one tenth."""
    loss_of, losses = keras.losses.SparseCategoricalCrossentropy(from_logits=True), []
    velocities = [0 * weight for weight in model.trainable_variables]
    for step in range(steps):
        with tf.GradientTape() as tape:
            loss = loss_of(y, model(x))
        found = tape.gradient(loss, model.trainable_variables)
        share = 1 if step == 0 else 1 - momentum
        velocities = [momentum * v + share * g for v, g in zip(velocities, found)]
        for weight, velocity in zip(model.trainable_variables, velocities):
            weight.assign_sub(learning_rate * velocity)
        losses.append(float(loss))
    return losses

# %% exercise="momentum" says="loss should fall"
def train(model, x, y, learning_rate, momentum, steps):
    """Climbs."""
    loss_of, losses = keras.losses.SparseCategoricalCrossentropy(from_logits=True), []
    velocities = [0 * weight for weight in model.trainable_variables]
    for _ in range(steps):
        with tf.GradientTape() as tape:
            loss = loss_of(y, model(x))
        found = tape.gradient(loss, model.trainable_variables)
        velocities = [momentum * v + learning_rate * g for v, g in zip(velocities, found)]
        for weight, velocity in zip(model.trainable_variables, velocities):
            weight.assign_add(velocity)
        losses.append(float(loss))
    return losses
