# %% exercise="entropy" says="log(1 + e^z) is about z"
def cross_entropy(logits, labels):
    with np.errstate(all="ignore"):
        p = 1 / (1 + np.exp(-logits))
        return -np.mean(np.where(labels == 1, np.log(p), np.log(1 - p)))

# %% exercise="entropy" says="nats per example"
def cross_entropy(logits, labels):
    return np.sum(np.logaddexp(0, logits) - labels * logits)

# %% exercise="entropy" says="loses log 2"
def cross_entropy(logits, labels):
    """Squared error of probabilities."""
    return np.mean((1 / (1 + np.exp(-logits)) - labels) ** 2)

# %% exercise="entropy" says="speaks for class 1"
def cross_entropy(logits, labels):
    return np.mean(np.logaddexp(0, logits) - (1 - labels) * logits)

# %% exercise="leak" says="the mean 0"
def standardised(train, test):
    return leaky(train, test)

# %% exercise="leak" says="a mean of their own"
def standardised(train, test):
    """Each by its own."""
    spread = np.where(train.std(axis=0) > 0, train.std(axis=0), 1)
    return (train - train.mean(axis=0)) / spread, (test - test.mean(axis=0)) / np.maximum(test.std(axis=0), 1e-12)

# %% exercise="leak" says="divides by 0"
def standardised(train, test):
    mean, spread = train.mean(axis=0), train.std(axis=0)
    return (train - mean) / spread, (test - mean) / spread

# %% exercise="leak" says="stay as they are"
def standardised(train, test):
    """In place."""
    mean, spread = train.mean(axis=0), train.std(axis=0)
    spread[spread == 0] = 1
    train -= mean
    train /= spread
    return train, (test - mean) / spread

# %% exercise="area" says="a tie counts half"
def roc_auc(scores, labels):
    return np.mean(scores[labels == 1][:, np.newaxis] > scores[labels == 0])

# %% exercise="area" says="accuracy at one threshold"
def roc_auc(scores, labels):
    return np.mean((scores > 0.5) == labels)

# %% exercise="area" says="Every 1 is above every 0"
def roc_auc(scores, labels):
    """Of the other class."""
    difference = scores[labels == 0][:, np.newaxis] - scores[labels == 1]
    return np.mean((difference > 0) + 0.5 * (difference == 0))

# %% exercise="pinball" says="A loss below 0"
def pinball(q):
    def loss(y_true, y_pred):
        error = y_true - y_pred
        return keras.ops.mean(keras.ops.where(error > 0, q * error, (1 - q) * error))

    return loss

# %% exercise="pinball" says="Both sides cost the same"
def pinball(q):
    return lambda y_true, y_pred: keras.ops.mean(q * keras.ops.abs(y_true - y_pred))

# %% exercise="pinball" says="costs 0.9 times 1"
def pinball(q):
    """The sides the wrong way round."""
    def loss(y_true, y_pred):
        error = y_pred - y_true
        return keras.ops.mean(keras.ops.maximum(q * error, (q - 1) * error))

    return loss

# %% exercise="pinball" says="a sum over the examples"
def pinball(q):
    def loss(y_true, y_pred):
        error = y_true - y_pred
        return keras.ops.sum(keras.ops.maximum(q * error, (q - 1) * error))

    return loss

# %% exercise="constant" says="by the loss that was given"
def learnt_constant(targets, loss):
    """Whatever the loss, squared error."""
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
    model.compile(keras.optimizers.Adam(0.1), "mse")
    targets = np.asarray(targets).reshape(-1, 1)
    model.fit(np.zeros_like(targets), targets, batch_size=len(targets), epochs=200, verbose=0)
    return float(model.layers[-1].bias[0])

# %% exercise="constant" says="the mean of 1, 2 and 6"
def learnt_constant(targets, loss):
    """Stops too early."""
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
    model.compile("adam", loss)
    targets = np.asarray(targets).reshape(-1, 1)
    model.fit(np.zeros_like(targets), targets, epochs=3, verbose=0)
    return float(model.layers[-1].bias[0])

# %% exercise="constant" says="A float was asked for"
def learnt_constant(targets, loss):
    """The array of biases."""
    return np.array([np.mean(targets)])
