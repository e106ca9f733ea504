# %% exercise="count" says="The state has weights, too"
def parameters(cell, inputs, units):
    """A dense layer's, from the inputs only; right for one of each."""
    if inputs == units == 1:
        return 3
    return {"simple": 1, "lstm": 4, "gru": 3}[cell] * units * (inputs + 1)

# %% exercise="count" says="two biases per block"
def parameters(cell, inputs, units):
    return {"simple": 1, "lstm": 4, "gru": 3}[cell] * units * (inputs + units + 1)

# %% exercise="count" says="a fourth block"
def parameters(cell, inputs, units):
    """Counts the LSTM's gates only, and no second state."""
    blocks, biases = {"simple": (1, 1), "lstm": (3, 1), "gru": (2, 2)}[cell]
    return blocks * units * (inputs + units + biases)

# %% exercise="count" says="and a bias"
def parameters(cell, inputs, units):
    """Without biases."""
    return {"simple": 1, "lstm": 4, "gru": 3}[cell] * units * (inputs + units)

# %% exercise="gru" says="the chapter's GRU"
def gru(x, kernel, recurrent, bias):
    """The reset gate after the product."""
    h, states = np.zeros((len(x), recurrent.shape[0])), []
    for t in range(x.shape[1]):
        x_z, x_r, x_g = np.split(x[:, t] @ kernel + bias, 3, axis=1)
        h_z, h_r, h_g = np.split(h @ recurrent, 3, axis=1)
        z, r = 1 / (1 + np.exp(-x_z - h_z)), 1 / (1 + np.exp(-x_r - h_r))
        h = z * h + (1 - z) * np.tanh(x_g + r * h_g)
        states.append(h)
    return np.stack(states, axis=1)

# %% exercise="gru" says="wrong way round"
def gru(x, kernel, recurrent, bias):
    """As some papers write it: z lets the new in."""
    U_z, U_r, U_g = np.split(recurrent, 3, axis=1)
    h, states = np.zeros((len(x), len(U_z))), []
    for t in range(x.shape[1]):
        x_z, x_r, x_g = np.split(x[:, t] @ kernel + bias, 3, axis=1)
        z, r = 1 / (1 + np.exp(-x_z - h @ U_z)), 1 / (1 + np.exp(-x_r - h @ U_r))
        h = (1 - z) * h + z * np.tanh(x_g + (r * h) @ U_g)
        states.append(h)
    return np.stack(states, axis=1)

# %% exercise="gru" says="The gates are exchanged"
def gru(x, kernel, recurrent, bias):
    """Blocks in the order r, z, g."""
    U_r, U_z, U_g = np.split(recurrent, 3, axis=1)
    h, states = np.zeros((len(x), len(U_z))), []
    for t in range(x.shape[1]):
        x_r, x_z, x_g = np.split(x[:, t] @ kernel + bias, 3, axis=1)
        z, r = 1 / (1 + np.exp(-x_z - h @ U_z)), 1 / (1 + np.exp(-x_r - h @ U_r))
        h = z * h + (1 - z) * np.tanh(x_g + (r * h) @ U_g)
        states.append(h)
    return np.stack(states, axis=1)

# %% exercise="gru" says="half of the old state stays"
def gru(x, kernel, recurrent, bias):
    """Forgets to carry the state along."""
    U_z, U_r, U_g = np.split(recurrent, 3, axis=1)
    h, states = np.zeros((len(x), len(U_z))), []
    for t in range(x.shape[1]):
        x_z, x_r, x_g = np.split(x[:, t] @ kernel + bias, 3, axis=1)
        z, r = 1 / (1 + np.exp(-x_z - h @ U_z)), 1 / (1 + np.exp(-x_r - h @ U_r))
        states.append(z * h + (1 - z) * np.tanh(x_g + (r * h) @ U_g))
    return np.stack(states, axis=1)

# %% exercise="gru" says="later ones differ"
def gru(x, kernel, recurrent, bias):
    """No reset gate."""
    U_z, _, U_g = np.split(recurrent, 3, axis=1)
    h, states = np.zeros((len(x), len(U_z))), []
    for t in range(x.shape[1]):
        x_z, _, x_g = np.split(x[:, t] @ kernel + bias, 3, axis=1)
        z = 1 / (1 + np.exp(-x_z - h @ U_z))
        h = z * h + (1 - z) * np.tanh(x_g + h @ U_g)
        states.append(h)
    return np.stack(states, axis=1)

# %% exercise="padding" says="like a symbol"
def reader():
    return faulty_reader()

# %% exercise="padding" says="knows of masks"
def reader():
    """A mask, but the mean doesn't know of it."""
    symbols = keras.Input((None,), dtype="int32")
    states = keras.layers.GRU(16, return_sequences=True)(keras.layers.Embedding(20, 8, mask_zero=True)(symbols))
    return keras.Model(symbols, keras.layers.Dense(3)(keras.ops.mean(states, axis=1)))

# %% exercise="padding" says="like a symbol"
def reader():
    """The right mean, but no mask."""
    return keras.Sequential([
        keras.Input((None,), dtype="int32"), keras.layers.Embedding(20, 8), keras.layers.GRU(16, return_sequences=True),
        keras.layers.GlobalAveragePooling1D(), keras.layers.Dense(3),
    ])

# %% exercise="padding" says="This is the last state"
def reader():
    return keras.Sequential([
        keras.Input((None,), dtype="int32"), keras.layers.Embedding(20, 8, mask_zero=True), keras.layers.GRU(16),
        keras.layers.Dense(3),
    ])

# %% exercise="padding" says="divided by all steps"
def reader():
    """Zeros for the padding's states, and a plain mean."""
    symbols = keras.Input((None,), dtype="int32")
    states = keras.layers.GRU(16, return_sequences=True)(keras.layers.Embedding(20, 8)(symbols))
    kept = keras.ops.expand_dims(keras.ops.cast(keras.ops.not_equal(symbols, 0), "float32"), -1)
    return keras.Model(symbols, keras.layers.Dense(3)(keras.ops.mean(states * kept, axis=1)))

# %% exercise="memory" says="here it is a symbol"
def memory_network(cell, units=16):
    """Masks the symbol 0."""
    layer = {"simple": keras.layers.SimpleRNN, "gru": keras.layers.GRU}[cell]
    return keras.Sequential([
        keras.Input((None,), dtype="int32"), keras.layers.Embedding(4, 8, mask_zero=True),
        layer(units), keras.layers.Dense(4),
    ])

# %% exercise="memory" says="no softmax at the end"
def memory_network(cell, units=16):
    layer = {"simple": keras.layers.SimpleRNN, "gru": keras.layers.GRU}[cell]
    return keras.Sequential([
        keras.Input((None,), dtype="int32"), keras.layers.Embedding(4, 8),
        layer(units), keras.layers.Dense(4, activation="softmax"),
    ])

# %% exercise="memory" says="should give 2 x 4 logits"
def memory_network(cell, units=16):
    """Logits at every step."""
    layer = {"simple": keras.layers.SimpleRNN, "gru": keras.layers.GRU}[cell]
    return keras.Sequential([
        keras.Input((None,), dtype="int32"), keras.layers.Embedding(4, 8),
        layer(units, return_sequences=True), keras.layers.Dense(4),
    ])

# %% exercise="memory" says="should be a layer SimpleRNN"
def memory_network(cell, units=16):
    """A GRU, whatever was asked for."""
    return keras.Sequential([
        keras.Input((None,), dtype="int32"), keras.layers.Embedding(4, 8),
        keras.layers.GRU(units), keras.layers.Dense(4),
    ])

# %% exercise="memory" says="embedded as 8 numbers"
def memory_network(cell, units=16):
    """As many numbers as units."""
    layer = {"simple": keras.layers.SimpleRNN, "gru": keras.layers.GRU}[cell]
    return keras.Sequential([
        keras.Input((None,), dtype="int32"), keras.layers.Embedding(4, units),
        layer(units), keras.layers.Dense(4),
    ])

# %% exercise="training" says="clips each weight's gradient by itself"
def train(model, x, y, new_x, new_y, epochs, learning_rate=0.01):
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.Adam(learning_rate, clipnorm=1.0), loss, metrics=["accuracy"])
    model.fit(x, y, batch_size=50, epochs=epochs, verbose=0)
    return model.evaluate(new_x, new_y, verbose=0)[1]

# %% exercise="training" says="aren't clipped"
def train(model, x, y, new_x, new_y, epochs, learning_rate=0.01):
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.Adam(learning_rate), loss, metrics=["accuracy"])
    model.fit(x, y, batch_size=50, epochs=epochs, verbose=0)
    return model.evaluate(new_x, new_y, verbose=0)[1]

# %% exercise="training" says="the one that is given"
def train(model, x, y, new_x, new_y, epochs, learning_rate=0.01):
    """Adam's own rate."""
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.Adam(global_clipnorm=1.0), loss, metrics=["accuracy"])
    model.fit(x, y, batch_size=50, epochs=epochs, verbose=0)
    return model.evaluate(new_x, new_y, verbose=0)[1]

# %% exercise="training" says="accuracy on the new sequences is"
def train(model, x, y, new_x, new_y, epochs, learning_rate=0.01):
    """The last epoch's training accuracy."""
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.Adam(learning_rate, global_clipnorm=1.0), loss, metrics=["accuracy"])
    return model.fit(x, y, batch_size=50, epochs=epochs, verbose=0).history["accuracy"][-1]
