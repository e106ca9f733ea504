# %% exercise="draw" says="uniform themselves"
def log_uniform(low, high, n, rng):
    return rng.uniform(low, high, size=n)

# %% exercise="draw" says="should lie between"
def log_uniform(low, high, n, rng):
    """Takes the limits for exponents."""
    return 10 ** rng.uniform(low, high, size=n)

# %% exercise="draw" says="a grid, not a draw"
def log_uniform(low, high, n, rng):
    return np.geomspace(low, high * 0.999999, n)

# %% exercise="draw" says="draw from rng"
def log_uniform(low, high, n, rng):
    return np.exp(np.random.uniform(np.log(low), np.log(high), size=n))

# %% exercise="stopping" says="weights of the last epoch"
def early_stopping(model, train_epoch, validation_loss, patience, max_epochs):
    losses = []
    while len(losses) < max_epochs and (not losses or len(losses) - 1 - np.argmin(losses) < patience):
        train_epoch()
        losses.append(validation_loss())
    return losses

# %% exercise="stopping" says="counted altogether"
def early_stopping(model, train_epoch, validation_loss, patience, max_epochs):
    losses, best, weights, waited = [], np.inf, None, 0
    for _ in range(max_epochs):
        train_epoch()
        losses.append(validation_loss())
        if losses[-1] < best:
            best, weights = losses[-1], model.get_weights()
        else:
            waited += 1
        if waited == patience:
            break
    model.set_weights(weights)
    return losses

# %% exercise="stopping" says="the one before it"
def early_stopping(model, train_epoch, validation_loss, patience, max_epochs):
    losses, weights, waited = [], None, 0
    for _ in range(max_epochs):
        train_epoch()
        losses.append(validation_loss())
        if len(losses) < 2 or losses[-1] < losses[-2]:
            weights, waited = model.get_weights(), 0
        else:
            waited += 1
        if waited == patience:
            break
    model.set_weights(weights)
    return losses

# %% exercise="stopping" says="an epoch too late"
def early_stopping(model, train_epoch, validation_loss, patience, max_epochs):
    losses, best, weights, waited = [], np.inf, None, 0
    for _ in range(max_epochs):
        train_epoch()
        losses.append(validation_loss())
        waited += 1
        if losses[-1] < best:
            best, weights, waited = losses[-1], model.get_weights(), 0
        if waited > patience:
            break
    model.set_weights(weights)
    return losses

# %% exercise="stopping" says="NaN was taken for the best"
def early_stopping(model, train_epoch, validation_loss, patience, max_epochs):
    losses, best, weights, waited = [], np.inf, None, 0
    for _ in range(max_epochs):
        train_epoch()
        losses.append(validation_loss())
        waited += 1
        if not losses[-1] >= best:
            best, weights, waited = losses[-1], model.get_weights(), 0
        if waited == patience:
            break
    model.set_weights(weights)
    return losses

# %% exercise="stopping" says="limit of epochs ends training"
def early_stopping(model, train_epoch, validation_loss, patience, max_epochs):
    """Puts the best weights back only where patience has run out."""
    losses, best, weights, waited = [], np.inf, None, 0
    for _ in range(max_epochs):
        train_epoch()
        losses.append(validation_loss())
        waited += 1
        if losses[-1] < best:
            best, weights, waited = losses[-1], model.get_weights(), 0
        if waited == patience:
            model.set_weights(weights)
            break
    return losses

# %% exercise="dropout" says="should give the next layer the same"
def dropout(x, rate, rng, training):
    return faulty_dropout(x, rate, rng, training)

# %% exercise="dropout" says="divided by the rate"
def dropout(x, rate, rng, training):
    """One fault of three is left."""
    return x * (rng.random(x.shape) >= rate) / rate if training else x

# %% exercise="dropout" says="lose the same units"
def dropout(x, rate, rng, training):
    return x * (rng.random(x.shape[1]) >= rate) / (1 - rate) if training else x

# %% exercise="dropout" says="nothing should be scaled"
def dropout(x, rate, rng, training):
    """Dropout as it was first published: scaled at inference."""
    return x * (rng.random(x.shape) >= rate) / (1 - rate) if training else x * (1 - rate)

# %% exercise="dropout" says="the share that goes"
def dropout(x, rate, rng, training):
    return x * (rng.random(x.shape) < rate) / rate if training else x

# %% exercise="network" says="Only one kernel"
def regularised_network(l2, rate):
    return keras.Sequential([
        keras.Input((64,)),
        keras.layers.Dense(32, activation="relu", kernel_regularizer=keras.regularizers.L2(l2)),
        keras.layers.Dropout(rate), keras.layers.Dense(10),
    ])

# %% exercise="network" says="Biases are penalised"
def regularised_network(l2, rate):
    both = {"kernel_regularizer": keras.regularizers.L2(l2), "bias_regularizer": keras.regularizers.L2(l2)}
    return keras.Sequential([
        keras.Input((64,)), keras.layers.Dense(32, activation="relu", **both),
        keras.layers.Dropout(rate), keras.layers.Dense(10, **both),
    ])

# %% exercise="network" says="Logits are dropped"
def regularised_network(l2, rate):
    penalty = keras.regularizers.L2(l2)
    return keras.Sequential([
        keras.Input((64,)), keras.layers.Dense(32, activation="relu", kernel_regularizer=penalty),
        keras.layers.Dense(10, kernel_regularizer=penalty), keras.layers.Dropout(rate),
    ])

# %% exercise="network" says="stands before the hidden layer"
def regularised_network(l2, rate):
    penalty = keras.regularizers.L2(l2)
    return keras.Sequential([
        keras.Input((64,)), keras.layers.Dropout(rate),
        keras.layers.Dense(32, activation="relu", kernel_regularizer=penalty),
        keras.layers.Dense(10, kernel_regularizer=penalty),
    ])

# %% exercise="network" says="share of units that is dropped"
def regularised_network(l2, rate):
    penalty = keras.regularizers.L2(l2)
    return keras.Sequential([
        keras.Input((64,)), keras.layers.Dense(32, activation="relu", kernel_regularizer=penalty),
        keras.layers.Dropout(1 - rate), keras.layers.Dense(10, kernel_regularizer=penalty),
    ])

# %% exercise="loss" says="penalties are missing"
def training_loss(model, x, y):
    return keras.losses.SparseCategoricalCrossentropy(from_logits=True)(y, model(x, training=True))

# %% exercise="loss" says="nothing is dropped"
def training_loss(model, x, y):
    loss_of = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    return loss_of(y, model(x)) + sum(model.losses)

# %% exercise="loss" says="taken for logits"
def training_loss(model, x, y):
    return keras.losses.SparseCategoricalCrossentropy()(y, model(x, training=True)) + sum(model.losses)

# %% exercise="loss" says="a tensor without axes"
def training_loss(model, x, y):
    """Returns a number, which no tape can follow."""
    loss_of = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    return float(loss_of(y, model(x, training=True)) + sum(model.losses))
