# %% exercise="bounce" says="doesn't stop at the wall"
def bounce(start, velocity, frames, room):
    """Turns one frame late: stays at the wall first."""
    places, place = [], start
    for _ in range(frames):
        places.append(place)
        place += velocity
        if place >= room or place <= 0:
            place, velocity = min(max(place, 0), room), -velocity
    return np.array(places)

# %% exercise="bounce" says="wall at 0, too"
def bounce(start, velocity, frames, room):
    """Turns at the right wall alone."""
    straight = start + velocity * np.arange(frames)
    return np.where(straight <= room, straight, 2 * room - straight)

# %% exercise="bounce"
def bounce(start, velocity, frames, room):
    """Comes in again on the other side."""
    return np.mod(start + velocity * np.arange(frames), room)

# %% exercise="nats" says="summed, not averaged"
def nats_per_frame(frames, predicted):
    p = np.clip(predicted, 1e-6, 1 - 1e-6)
    return -(frames * np.log(p) + (1 - frames) * np.log(1 - p)).mean(axis=(0, 2, 3))

# %% exercise="nats" says="infinitely many"
def nats_per_frame(frames, predicted):
    with np.errstate(divide="ignore", invalid="ignore"):
        cost = -(frames * np.log(predicted) + (1 - frames) * np.log(1 - predicted))
    return cost.sum(axis=(2, 3)).mean(axis=0)

# %% exercise="nats" says="away from 1 as from 0"
def nats_per_frame(frames, predicted):
    """Cut off on one side."""
    p = np.maximum(predicted, 1e-6)
    with np.errstate(divide="ignore", invalid="ignore"):
        cost = -(frames * np.log(p) + (1 - frames) * np.log(1 - p))
    return cost.sum(axis=(2, 3)).mean(axis=0)

# %% exercise="nats"
def nats_per_frame(frames, predicted):
    """White pixels alone."""
    return -(frames * np.log(np.clip(predicted, 1e-6, 1))).sum(axis=(2, 3)).mean(axis=0)

# %% exercise="copy" says="the plain copy"
def calibrated_copy(past, future, last):
    return np.repeat(last[None], future.shape[1], axis=0)

# %% exercise="copy" says="a share for each horizon"
def calibrated_copy(past, future, last):
    before = np.repeat(past[:, -1:] == 1, future.shape[1], axis=1)
    one = np.where(last == 1, future[before].mean(), future[~before].mean())
    return np.repeat(one[None], future.shape[1], axis=0)

# %% exercise="copy" says="not the first"
def calibrated_copy(past, future, last):
    before = past[:, 0] == 1
    return np.array([
        np.where(last == 1, future[:, a][before].mean(), future[:, a][~before].mean())
        for a in range(future.shape[1])
    ])

# %% exercise="step" says="order of the gates"
def conv_lstm_step(x, h, c, kernel, recurrent, bias):
    def sigmoid(z):
        return 1 / (1 + np.exp(-z))

    i, f, o, g = np.split(convolve(x, kernel) + convolve(h, recurrent) + bias, 4, axis=-1)
    c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
    return sigmoid(o) * np.tanh(c), c

# %% exercise="step" says="the old state go through"
def conv_lstm_step(x, h, c, kernel, recurrent, bias):
    def sigmoid(z):
        return 1 / (1 + np.exp(-z))

    i, f, g, o = np.split(convolve(x, kernel) + bias, 4, axis=-1)
    c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
    return sigmoid(o) * np.tanh(c), c

# %% exercise="clips" says="order of the frames is lost"
def clip_network(classes):
    layers = keras.layers
    return keras.Sequential([
        keras.Input((None, 16, 16, 1)),
        layers.Conv3D(16, (1, 3, 3), (1, 2, 2), padding="same", activation="relu"),
        layers.GlobalAveragePooling3D(),
        layers.Dense(classes),
    ])

# %% exercise="clips" says="frame 2 of 6"
def clip_network(classes):
    """Sees the first frame alone."""
    layers = keras.layers
    clip = keras.Input((None, 16, 16, 1))
    return keras.Model(clip, layers.Dense(classes)(layers.Flatten()(clip[:, 0])))

# %% exercise="clips" says="frame 2 of 6"
def clip_network(classes):
    """Sees the first frame and the last."""
    layers = keras.layers
    clip = keras.Input((None, 16, 16, 1))
    ends = layers.Concatenate()([layers.Flatten()(clip[:, 0]), layers.Flatten()(clip[:, -1])])
    return keras.Model(clip, layers.Dense(classes)(ends))

# %% exercise="clips" says="inner frames exchanged"
def clip_network(classes):
    """Sees all frames, but the order of the ends alone."""
    layers = keras.layers
    clip = keras.Input((None, 16, 16, 1))
    maps = layers.Conv3D(8, (1, 3, 3), (1, 2, 2), padding="same", activation="relu")(clip)
    means = layers.GlobalAveragePooling3D()(maps)
    ends = layers.Concatenate()([layers.Flatten()(clip[:, 0]), layers.Flatten()(clip[:, -1])])
    return keras.Model(clip, layers.Dense(classes)(layers.Concatenate()([means, ends])))

# %% exercise="clips" says="probabilities already"
def clip_network(classes):
    layers = keras.layers
    return keras.Sequential([
        keras.Input((None, 16, 16, 1)),
        layers.ConvLSTM2D(8, 3, padding="same"),
        layers.GlobalAveragePooling2D(),
        layers.Dense(classes, activation="softmax"),
    ])
