# %% exercise="shape" says="14 is half of 28"
def conv_shape(n, channels, filters, kernel, stride, padding):
    """A stride divides, whatever the padding."""
    outputs = -(-n // stride) if stride > 1 or padding == "same" else n - kernel + 1
    return outputs, (kernel * kernel * channels + 1) * filters

# %% exercise="shape" says="rounded up"
def conv_shape(n, channels, filters, kernel, stride, padding):
    outputs = (n - kernel) // stride + 1 if padding == "valid" else n // stride
    return outputs, (kernel * kernel * channels + 1) * filters

# %% exercise="shape" says="slice for every channel"
def conv_shape(n, channels, filters, kernel, stride, padding):
    """Forgets the channels."""
    outputs = (n - kernel) // stride + 1 if padding == "valid" else -(-n // stride)
    return outputs, (kernel * kernel + 1) * filters

# %% exercise="shape" says="not one per channel"
def conv_shape(n, channels, filters, kernel, stride, padding):
    """A bias per slice."""
    outputs = (n - kernel) // stride + 1 if padding == "valid" else -(-n // stride)
    return outputs, (kernel * kernel + 1) * channels * filters

# %% exercise="convolution" says="turned by 180°"
def convolution(x, kernel, bias, stride=1):
    """A mathematician's."""
    kernel = kernel[::-1, ::-1]
    a, b = kernel.shape[:2]
    rows, columns = (x.shape[1] - a) // stride + 1, (x.shape[2] - b) // stride + 1
    maps = np.zeros((len(x), rows, columns, kernel.shape[-1]))
    for i in range(rows):
        for j in range(columns):
            patch = x[:, i * stride : i * stride + a, j * stride : j * stride + b]
            maps[:, i, j] = np.tensordot(patch, kernel, axes=3) + bias
    return maps

# %% exercise="convolution" says="biases are missing"
def convolution(x, kernel, bias, stride=1):
    a, b = kernel.shape[:2]
    rows, columns = (x.shape[1] - a) // stride + 1, (x.shape[2] - b) // stride + 1
    maps = np.zeros((len(x), rows, columns, kernel.shape[-1]))
    for i in range(rows):
        for j in range(columns):
            patch = x[:, i * stride : i * stride + a, j * stride : j * stride + b]
            maps[:, i, j] = np.tensordot(patch, kernel, axes=3)
    return maps

# %% exercise="convolution" says="begins at the pixel (2i, 2j)"
def convolution(x, kernel, bias, stride=1):
    """As many places as with the stride, but side by side."""
    a, b = kernel.shape[:2]
    rows, columns = (x.shape[1] - a) // stride + 1, (x.shape[2] - b) // stride + 1
    maps = np.zeros((len(x), rows, columns, kernel.shape[-1]))
    for i in range(rows):
        for j in range(columns):
            maps[:, i, j] = np.tensordot(x[:, i : i + a, j : j + b], kernel, axes=3) + bias
    return maps

# %% exercise="convolution" says="gives a map of 3x4"
def convolution(x, kernel, bias, stride=1):
    """With the padding "same"."""
    return np.asarray(keras.ops.conv(x, kernel, strides=stride, padding="same")) + bias

# %% exercise="place" says="weights of its own for each place"
def place_free_network(size=12):
    return faulty_network(size)

# %% exercise="place" says="weights of its own for each place"
def place_free_network(size=12):
    """The strides are gone, Flatten isn't."""
    return keras.Sequential([
        keras.Input((size, size, 1)),
        keras.layers.Conv2D(16, 3, padding="same", activation="relu"),
        keras.layers.Conv2D(32, 3, padding="same", activation="relu"),
        keras.layers.Flatten(),
        keras.layers.Dense(10),
    ])

# %% exercise="place" says="every fourth place only"
def place_free_network(size=12):
    """Flatten is gone, the strides aren't."""
    return keras.Sequential([
        keras.Input((size, size, 1)),
        keras.layers.Conv2D(16, 3, strides=2, padding="same", activation="relu"),
        keras.layers.Conv2D(32, 3, strides=2, padding="same", activation="relu"),
        keras.layers.GlobalAveragePooling2D(),
        keras.layers.Dense(10),
    ])

# %% exercise="place" says="drops every second place"
def place_free_network(size=12):
    """A pooling of 2x2 between the convolutions."""
    return keras.Sequential([
        keras.Input((size, size, 1)),
        keras.layers.Conv2D(16, 3, padding="same", activation="relu"),
        keras.layers.MaxPooling2D(2),
        keras.layers.Conv2D(32, 3, padding="same", activation="relu"),
        keras.layers.GlobalMaxPooling2D(),
        keras.layers.Dense(10),
    ])

# %% exercise="place" says="what a digit is like must still count"
def place_free_network(size=12):
    """Looks at the image's mean brightness only."""
    return keras.Sequential([
        keras.Input((size, size, 1)),
        keras.layers.GlobalAveragePooling2D(keepdims=True),
        keras.layers.Conv2D(16, 3, padding="same", activation="relu"),
        keras.layers.Conv2D(32, 3, padding="same", activation="relu"),
        keras.layers.Flatten(),
        keras.layers.Dense(10),
    ])

# %% exercise="reader" says="Which layer has most of them"
def digit_reader():
    """Flattens too early."""
    return keras.Sequential([
        keras.Input((12, 12, 1)),
        keras.layers.Conv2D(16, 3, padding="same", activation="relu"),
        keras.layers.Conv2D(16, 3, padding="same", activation="relu"),
        keras.layers.Flatten(),
        keras.layers.Dense(10),
    ])

# %% exercise="reader" says="no softmax at the end"
def digit_reader():
    return keras.Sequential([
        keras.Input((12, 12, 1)),
        keras.layers.Conv2D(16, 3, activation="relu"),
        keras.layers.MaxPooling2D(2),
        keras.layers.Conv2D(16, 3, activation="relu"),
        keras.layers.GlobalAveragePooling2D(),
        keras.layers.Dense(10, activation="softmax"),
    ])

# %% exercise="reader" says="are a single one"
def digit_reader():
    """Linear all the way."""
    return keras.Sequential([
        keras.Input((12, 12, 1)),
        keras.layers.Conv2D(16, 3),
        keras.layers.AveragePooling2D(2),
        keras.layers.Conv2D(16, 3),
        keras.layers.Flatten(),
        keras.layers.Dense(10),
    ])

# %% exercise="training" says="weights haven't changed"
def train(model, images, labels, new_images, new_labels, epochs):
    """Only evaluates."""
    model.compile("adam", keras.losses.SparseCategoricalCrossentropy(from_logits=True), metrics=["accuracy"])
    return model.evaluate(new_images, new_labels, verbose=0)[1]

# %% exercise="training" says="a number from 0 to 1"
def train(model, images, labels, new_images, new_labels, epochs):
    """Returns the loss."""
    model.compile(keras.optimizers.Adam(0.003), keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    model.fit(images, labels, batch_size=50, epochs=epochs, verbose=0)
    return model.evaluate(new_images, new_labels, verbose=0)

# %% exercise="training" says="are 96 steps"
def train(model, images, labels, new_images, new_labels, epochs):
    """Keras' batches of 32."""
    model.compile(
        keras.optimizers.Adam(0.003), keras.losses.SparseCategoricalCrossentropy(from_logits=True), metrics=["accuracy"]
    )
    model.fit(images, labels, epochs=epochs, verbose=0)
    return model.evaluate(new_images, new_labels, verbose=0)[1]

# %% exercise="training" says="accuracy on the new images is"
def train(model, images, labels, new_images, new_labels, epochs):
    """The accuracy on what it was trained on."""
    model.compile(
        keras.optimizers.Adam(0.003), keras.losses.SparseCategoricalCrossentropy(from_logits=True), metrics=["accuracy"]
    )
    model.fit(images, labels, batch_size=50, epochs=epochs, verbose=0)
    return model.evaluate(images, labels, verbose=0)[1]

# %% exercise="training" says="take the outputs for logits"
def train(model, images, labels, new_images, new_labels, epochs):
    """Takes logits for probabilities."""
    model.compile(keras.optimizers.Adam(0.003), "sparse_categorical_crossentropy", metrics=["accuracy"])
    model.fit(images, labels, batch_size=50, epochs=epochs, verbose=0)
    return model.evaluate(new_images, new_labels, verbose=0)[1]
