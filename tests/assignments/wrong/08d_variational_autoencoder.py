# %% exercise="kl" says="logarithm of the standard deviation"
def gaussian_kl(mean, log_variance):
    return ops.sum(mean**2 + ops.exp(2 * log_variance) - 1 - 2 * log_variance, axis=-1) / 2

# %% exercise="kl" says="mean over the latents"
def gaussian_kl(mean, log_variance):
    return ops.mean(mean**2 + ops.exp(log_variance) - 1 - log_variance, axis=-1) / 2

# %% exercise="kl" says="wrong way round"
def gaussian_kl(mean, log_variance):
    return ops.sum((mean**2 + 1) / ops.exp(log_variance) - 1 + log_variance, axis=-1) / 2

# %% exercise="kl" says="no divergence"
def gaussian_kl(mean, log_variance):
    """Takes the log-variance for the variance."""
    return ops.sum(mean**2 + log_variance - 1 - ops.log(log_variance + 1e-8), axis=-1) / 2

# %% exercise="kl" says="Four images should give four numbers"
def gaussian_kl(mean, log_variance):
    return ops.sum(mean**2 + ops.exp(log_variance) - 1 - log_variance) / 2

# %% exercise="draw" says="No gradient reaches the mean"
def draw_codes(mean, log_variance, seed):
    return faulty_draw(mean, log_variance, seed)

# %% exercise="draw" says="variance is taken for the standard deviation"
def draw_codes(mean, log_variance, seed):
    return mean + ops.exp(log_variance) * keras.random.normal(ops.shape(mean), seed=seed)

# %% exercise="draw" says="log-variance itself"
def draw_codes(mean, log_variance, seed):
    return mean + log_variance * keras.random.normal(ops.shape(mean), seed=seed)

# %% exercise="draw" says="same codes"
def draw_codes(mean, log_variance, seed):
    return mean + ops.exp(log_variance / 2) * keras.random.normal(ops.shape(mean), seed=0)

# %% exercise="draw" says="All images get the same noise"
def draw_codes(mean, log_variance, seed):
    return mean + ops.exp(log_variance / 2) * keras.random.normal((1, mean.shape[1]), seed=seed)

# %% exercise="draw" says="reaches the log-variance"
def draw_codes(mean, log_variance, seed):
    scale = ops.stop_gradient(ops.exp(log_variance / 2))
    return mean + scale * keras.random.normal(ops.shape(mean), seed=seed)

# %% exercise="elbo" says="costs are averaged"
def elbo(x, logits, kl):
    return -keras.losses.BinaryCrossentropy(from_logits=True)(x, logits) - ops.mean(kl)

# %% exercise="elbo" says="Work with logits"
def elbo(x, logits, kl):
    p = ops.sigmoid(logits)
    return ops.mean(ops.sum(x * ops.log(p + 1e-7) + (1 - x) * ops.log(1 - p + 1e-7), axis=(1, 2, 3)) - kl)

# %% exercise="elbo" says="so is the bound"
def elbo(x, logits, kl):
    """The loss, not the bound."""
    return ops.mean(ops.sum(ops.softplus(logits) - x * logits, axis=(1, 2, 3)) + kl)

# %% exercise="elbo" says="rate is added"
def elbo(x, logits, kl):
    return ops.mean(kl - ops.sum(ops.softplus(logits) - x * logits, axis=(1, 2, 3)))

# %% exercise="elbo" says="sum over the images"
def elbo(x, logits, kl):
    return ops.sum(x * logits - ops.softplus(logits)) - ops.sum(kl)

# %% exercise="networks" says="no activation at the end"
def networks(latents):
    """Probabilities instead of logits."""
    layers = keras.layers
    encoder = keras.Sequential([
        keras.Input((8, 8, 1)), layers.Flatten(), layers.Dense(64, activation="relu"), layers.Dense(2 * latents),
    ])
    decoder = keras.Sequential([
        keras.Input((latents,)), layers.Dense(64, activation="relu"),
        layers.Dense(64, activation="sigmoid"), layers.Reshape((8, 8, 1)),
    ])
    return encoder, decoder

# %% exercise="networks" says="linear"
def networks(latents):
    layers = keras.layers
    encoder = keras.Sequential([
        keras.Input((8, 8, 1)), layers.Flatten(), layers.Dense(64), layers.Dense(2 * latents),
    ])
    decoder = keras.Sequential([
        keras.Input((latents,)), layers.Dense(64), layers.Dense(64), layers.Reshape((8, 8, 1)),
    ])
    return encoder, decoder

# %% exercise="networks" says="3 log-variances"
def networks(latents):
    layers = keras.layers
    encoder = keras.Sequential([
        keras.Input((8, 8, 1)), layers.Flatten(), layers.Dense(64, activation="relu"), layers.Dense(latents),
    ])
    decoder = keras.Sequential([
        keras.Input((latents,)), layers.Dense(64, activation="relu"), layers.Dense(64), layers.Reshape((8, 8, 1)),
    ])
    return encoder, decoder

# %% exercise="vae" says="β isn't in the loss"
class VAE(keras.Model):
    def __init__(self, encoder, decoder, beta=1.0, seed=0):
        super().__init__()
        self.encoder, self.decoder, self.beta = encoder, decoder, beta
        self.noise = keras.random.SeedGenerator(seed)

    def cost(self, x):
        mean, log_variance = ops.split(self.encoder(x), 2, axis=-1)
        logits = self.decoder(draw_codes(mean, log_variance, self.noise))
        kl = gaussian_kl(mean, log_variance)
        return ops.mean(kl), -elbo(x, logits, 0 * kl)

    def train_step(self, x):
        with tf.GradientTape() as tape:
            rate, distortion = self.cost(x)
            loss = rate + distortion
        gradients = tape.gradient(loss, self.trainable_variables)
        self.optimizer.apply(gradients, self.trainable_variables)
        return {"loss": loss, "rate": rate, "distortion": distortion}

# %% exercise="vae" says="left the encoder as it was"
class VAE(keras.Model):
    """Trains the decoder only."""

    def __init__(self, encoder, decoder, beta=1.0, seed=0):
        super().__init__()
        self.encoder, self.decoder, self.beta = encoder, decoder, beta
        self.noise = keras.random.SeedGenerator(seed)

    def cost(self, x):
        mean, log_variance = ops.split(self.encoder(x), 2, axis=-1)
        logits = self.decoder(draw_codes(mean, log_variance, self.noise))
        kl = gaussian_kl(mean, log_variance)
        return ops.mean(kl), -elbo(x, logits, 0 * kl)

    def train_step(self, x):
        with tf.GradientTape() as tape:
            rate, distortion = self.cost(x)
            loss = self.beta * rate + distortion
        weights = self.decoder.trainable_variables
        self.optimizer.apply(tape.gradient(loss, weights), weights)
        return {"loss": loss, "rate": rate, "distortion": distortion}

# %% exercise="vae" says="up the loss"
class VAE(keras.Model):
    """Minimises the bound."""

    def __init__(self, encoder, decoder, beta=1.0, seed=0):
        super().__init__()
        self.encoder, self.decoder, self.beta = encoder, decoder, beta
        self.noise = keras.random.SeedGenerator(seed)

    def cost(self, x):
        mean, log_variance = ops.split(self.encoder(x), 2, axis=-1)
        logits = self.decoder(draw_codes(mean, log_variance, self.noise))
        kl = gaussian_kl(mean, log_variance)
        return ops.mean(kl), -elbo(x, logits, 0 * kl)

    def train_step(self, x):
        with tf.GradientTape() as tape:
            rate, distortion = self.cost(x)
            loss = -self.beta * rate - distortion
        gradients = tape.gradient(loss, self.trainable_variables)
        self.optimizer.apply(gradients, self.trainable_variables)
        return {"loss": loss, "rate": rate, "distortion": distortion}

# %% exercise="vae" says="averaged over the pixels"
class VAE(keras.Model):
    def __init__(self, encoder, decoder, beta=1.0, seed=0):
        super().__init__()
        self.encoder, self.decoder, self.beta = encoder, decoder, beta
        self.noise = keras.random.SeedGenerator(seed)

    def cost(self, x):
        mean, log_variance = ops.split(self.encoder(x), 2, axis=-1)
        logits = self.decoder(draw_codes(mean, log_variance, self.noise))
        crossentropy = keras.losses.BinaryCrossentropy(from_logits=True)
        return ops.mean(gaussian_kl(mean, log_variance)), crossentropy(x, logits)

    def train_step(self, x):
        with tf.GradientTape() as tape:
            rate, distortion = self.cost(x)
            loss = self.beta * rate + distortion
        gradients = tape.gradient(loss, self.trainable_variables)
        self.optimizer.apply(gradients, self.trainable_variables)
        return {"loss": loss, "rate": rate, "distortion": distortion}

# %% exercise="vae" says="first half"
class VAE(keras.Model):
    """Log-variances first."""

    def __init__(self, encoder, decoder, beta=1.0, seed=0):
        super().__init__()
        self.encoder, self.decoder, self.beta = encoder, decoder, beta
        self.noise = keras.random.SeedGenerator(seed)

    def cost(self, x):
        log_variance, mean = ops.split(self.encoder(x), 2, axis=-1)
        logits = self.decoder(draw_codes(mean, log_variance, self.noise))
        kl = gaussian_kl(mean, log_variance)
        return ops.mean(kl), -elbo(x, logits, 0 * kl)

    def train_step(self, x):
        with tf.GradientTape() as tape:
            rate, distortion = self.cost(x)
            loss = self.beta * rate + distortion
        gradients = tape.gradient(loss, self.trainable_variables)
        self.optimizer.apply(gradients, self.trainable_variables)
        return {"loss": loss, "rate": rate, "distortion": distortion}
