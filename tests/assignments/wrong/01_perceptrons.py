# %% exercise="count" says="a weight and a bias"
def parameters(widths):
    """Forgets the biases."""
    return sum(before * after for before, after in zip(widths[:-1], widths[1:]))

# %% exercise="count" says="a weight and a bias"
def parameters(widths):
    """Gives the inputs biases, too."""
    return sum(before * after for before, after in zip(widths[:-1], widths[1:])) + sum(widths)

# %% exercise="count" says="has 118 parameters"
def parameters(widths):
    """One bias per layer."""
    return sum(before * after + 1 for before, after in zip(widths[:-1], widths[1:]))

# %% exercise="perceptron" says="which is a mistake"
def perceptron(x, y, passes=100):
    """A score of 0 is no mistake: nothing is ever learnt."""
    weights, bias, mistakes = np.zeros(x.shape[1]), 0.0, []
    for _ in range(passes):
        mistakes.append(0)
        for example, label in zip(x, y):
            if label * (example @ weights + bias) < 0:
                weights, bias = weights + label * example, bias + label
                mistakes[-1] += 1
        if mistakes[-1] == 0:
            break
    return weights, bias, mistakes

# %% exercise="perceptron" says="a line with a bias"
def perceptron(x, y, passes=100):
    """The bias stays 0."""
    weights, mistakes = np.zeros(x.shape[1]), []
    for _ in range(passes):
        mistakes.append(0)
        for example, label in zip(x, y):
            if label * (example @ weights) <= 0:
                weights = weights + label * example
                mistakes[-1] += 1
        if mistakes[-1] == 0:
            break
    return weights, 0.0, mistakes

# %% exercise="perceptron" says="Stop after the first pass"
def perceptron(x, y, passes=100):
    """Doesn't stop."""
    weights, bias, mistakes = np.zeros(x.shape[1]), 0.0, []
    for _ in range(passes):
        mistakes.append(0)
        for example, label in zip(x, y):
            if label * (example @ weights + bias) <= 0:
                weights, bias = weights + label * example, bias + label
                mistakes[-1] += 1
    return weights, bias, mistakes

# %% exercise="perceptron" says="at each mistake"
def perceptron(x, y, passes=100):
    """All mistakes of a pass at once."""
    weights, bias, mistakes = np.zeros(x.shape[1]), 0.0, []
    for _ in range(passes):
        wrong = y * (x @ weights + bias) <= 0
        mistakes.append(int(wrong.sum()))
        if not wrong.any():
            break
        weights, bias = weights + y[wrong] @ x[wrong], bias + y[wrong].sum()
    return weights, bias, mistakes

# %% exercise="xor" says="one linear map"
def xor_network():
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(2), keras.layers.Dense(1)])
    model.set_weights([np.ones((2, 2)), np.array([0.0, -1.0]), np.array([[1.0], [-2.0]]), np.array([-0.5])])
    return model

# %% exercise="xor" says="For (0, 0) and (1, 1)"
def xor_network():
    """OR."""
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(2, activation="relu"), keras.layers.Dense(1)])
    model.set_weights([np.ones((2, 2)), np.zeros(2), np.array([[1.0], [0.0]]), np.array([-0.5])])
    return model

# %% exercise="xor" says="Two hidden units"
def xor_network():
    """More units, untrained."""
    return keras.Sequential([keras.Input((2,)), keras.layers.Dense(16, activation="relu"), keras.layers.Dense(1)])

# %% exercise="reader" says="take the outputs for logits"
def trained_reader(x, y):
    """Keras takes logits for probabilities, and rounds: this hardly learns."""
    model = keras.Sequential([keras.Input((64,)), keras.layers.Dense(64, activation="relu"), keras.layers.Dense(10)])
    model.compile("adam", "sparse_categorical_crossentropy")
    model.fit(x, y, batch_size=32, epochs=10, verbose=0)
    return model

# %% exercise="reader" says="These are probabilities"
def trained_reader(x, y):
    model = keras.Sequential([
        keras.Input((64,)), keras.layers.Dense(64, activation="relu"), keras.layers.Dense(10, activation="softmax"),
    ])
    model.compile("adam", "sparse_categorical_crossentropy")
    model.fit(x, y, batch_size=32, epochs=5, verbose=0)
    return model

# %% exercise="reader" says="should be ReLUs"
def trained_reader(x, y):
    """No activation."""
    model = keras.Sequential([keras.Input((64,)), keras.layers.Dense(64), keras.layers.Dense(10)])
    model.compile("adam", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    model.fit(x, y, batch_size=32, epochs=2, verbose=0)
    return model
