# %% exercise="factor" says="squared norm"
def gradient_factor(chi, layers):
    return chi ** (layers - 1)

# %% exercise="factor" says="no step between them"
def gradient_factor(chi, layers):
    return chi ** (layers / 2)

# %% exercise="factor" says="they don't add up"
def gradient_factor(chi, layers):
    return max(0, 1 + (chi**0.5 - 1) * (layers - 1))

# %% exercise="norms" says="has 3 kernels"
def gradient_norms(model, x, y):
    """Counts the biases as well."""
    loss_of = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    with tf.GradientTape() as tape:
        loss = loss_of(y, model(x))
    return np.array([float(tf.norm(one)) for one in tape.gradient(loss, model.trainable_variables)])

# %% exercise="norms" says="taken for logits"
def gradient_norms(model, x, y):
    """Takes logits for probabilities."""
    kernels = [weight for weight in model.trainable_variables if weight.name == "kernel"]
    loss_of = keras.losses.SparseCategoricalCrossentropy()
    with tf.GradientTape() as tape:
        loss = loss_of(y, model(x))
    return np.array([float(tf.norm(one)) for one in tape.gradient(loss, kernels)])

# %% exercise="norms" says="sum over the examples"
def gradient_norms(model, x, y):
    """Adds the examples' losses up."""
    kernels = [weight for weight in model.trainable_variables if weight.name == "kernel"]
    with tf.GradientTape() as tape:
        loss = keras.losses.sparse_categorical_crossentropy(y, model(x), from_logits=True)
    return np.array([float(tf.norm(one)) for one in tape.gradient(loss, kernels)])

# %% exercise="norms" says="squared norms"
def gradient_norms(model, x, y):
    kernels = [weight for weight in model.trainable_variables if weight.name == "kernel"]
    loss_of = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    with tf.GradientTape() as tape:
        loss = loss_of(y, model(x))
    return np.array([float(tf.reduce_sum(one**2)) for one in tape.gradient(loss, kernels)])

# %% exercise="repair" says="still vanish"
def repaired_network(seed=0):
    """Only the last layer is started anew."""
    model = faulty_network(seed)
    model.layers[-1].set_weights([5 * model.layers[-1].get_weights()[0], np.ones(10)])
    return model

# %% exercise="repair" says="explode"
def repaired_network(seed=0):
    """Too large."""
    model = keras.Sequential([keras.Input((8, 8, 1)), keras.layers.Flatten()])
    for layer in range(30):
        draw = keras.initializers.RandomNormal(stddev=0.5, seed=100 * seed + layer)
        model.add(keras.layers.Dense(64, activation="tanh", kernel_initializer=draw))
    model.add(keras.layers.Dense(10))
    return model

# %% exercise="repair" says="tanh units"
def repaired_network(seed=0):
    """Another activation instead of another start."""
    model = keras.Sequential([keras.Input((8, 8, 1)), keras.layers.Flatten()])
    for layer in range(30):
        model.add(keras.layers.Dense(64, activation="relu", kernel_initializer=keras.initializers.HeNormal(layer)))
    model.add(keras.layers.Dense(10))
    return model

# %% exercise="repair" says="its own seed"
def repaired_network(seed=0):
    model = keras.Sequential([keras.Input((8, 8, 1)), keras.layers.Flatten()])
    for _ in range(30):
        draw = keras.initializers.GlorotNormal(seed)
        model.add(keras.layers.Dense(64, activation="tanh", kernel_initializer=draw))
    model.add(keras.layers.Dense(10))
    return model

# %% exercise="residual" says="don't reach"
def residual_network(depth):
    """A plain stack."""
    model = keras.Sequential([keras.Input((8, 8, 1)), keras.layers.Flatten(), keras.layers.Dense(32)])
    for _ in range(depth):
        model.add(keras.layers.Dense(32, activation="sigmoid"))
    model.add(keras.layers.Dense(10))
    return model

# %% exercise="residual" says="no activation at the end"
def residual_network(depth):
    """Probabilities."""
    inputs = keras.Input((8, 8, 1))
    h = keras.layers.Dense(32)(keras.layers.Flatten()(inputs))
    for _ in range(depth):
        h = keras.layers.add([h, keras.layers.Dense(32, activation="sigmoid")(h)])
    return keras.Model(inputs, keras.layers.Dense(10, activation="softmax")(h))

# %% exercise="residual" says="12 layers of sigmoid"
def residual_network(depth):
    """One layer, applied again and again."""
    inputs = keras.Input((8, 8, 1))
    h = keras.layers.Dense(32)(keras.layers.Flatten()(inputs))
    layer = keras.layers.Dense(32, activation="sigmoid")
    for _ in range(depth):
        h = keras.layers.add([h, layer(h)])
    return keras.Model(inputs, keras.layers.Dense(10)(h))

# %% exercise="training" says="from 0 to 1"
def trained_accuracy(model):
    """In per cent."""
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(optimizer=keras.optimizers.Adam(0.003), loss=loss, metrics=["accuracy"])
    model.fit(x_train, y_train, epochs=10, batch_size=50, verbose=0)
    return 100 * model.evaluate(x_validation, y_validation, verbose=0)[1]

# %% exercise="training" says="on the validation digits is"
def trained_accuracy(model):
    """Of the training digits."""
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(optimizer=keras.optimizers.Adam(0.003), loss=loss, metrics=["accuracy"])
    history = model.fit(x_train, y_train, epochs=10, batch_size=50, verbose=0)
    return history.history["accuracy"][-1]

# %% exercise="training" says="take the outputs for logits"
def trained_accuracy(model):
    """Takes logits for probabilities."""
    model.compile(optimizer=keras.optimizers.Adam(0.003), loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    model.fit(x_train, y_train, epochs=10, batch_size=50, verbose=0)
    return model.evaluate(x_validation, y_validation, verbose=0)[1]
