"""Chapter 08d: what its exercises expect, and the help that they offer."""

import numpy as np

from dlcourse.exercises import Exercise


def exercise_1():
    """The rate of N(1, 1) against a standard normal prior, in nats."""
    m, s = 1.0, 1.0
    rate = 0.5 * (m**2 + s**2 - 1) - np.log(s)
    return Exercise(
        expected=rate,
        wrong=[
            (0.5 * (m**2 + 0.5**2 - 1) - np.log(0.5), "That is the chapter's example, whose width is ½."),
            (m**2, "The squared mean enters with a factor in front of it."),
            (0.0, "Equal widths alone don't make two Gaussians equal: where are their middles?"),
            (rate / np.log(2), "That is in bits. Nats come from natural logarithms."),
        ],
        hints=[
            "The rate is the KL divergence from the posterior to the prior.",
            "Put $m = 1$ and $s = 1$ into the formula of the section on the bound; one of its terms vanishes.",
        ],
        solution=[
            r"For one latent, $\mathrm{KL} = \tfrac12 (m^2 + s^2 - 1) - \ln s$.",
            r"With $m = s = 1$: $\tfrac12 (1 + 1 - 1) - \ln 1 = \tfrac12$. So `answer = 0.5`.",
        ],
    )


def exercise_2():
    """How far the logarithm of a mean of weights is above the mean of their logarithms."""
    weights = np.array([1.0, 1.0, 4.0])
    tighter, elbo = np.log(weights.mean()), np.log(weights).mean()
    return Exercise(
        expected=tighter - elbo,
        tolerance=1e-3,
        wrong=[
            (elbo, "This is one of the two bounds. The question asks for their difference."),
            (tighter, "This is one of the two bounds, the tighter. How far is it above the other?"),
            (elbo - tighter, "Mind the order: how far is the tighter bound *above* the other?"),
            ((tighter - elbo) / np.log(2), "Right in bits; the question asks for nats."),
        ],
        hints=[
            "Compute two numbers: `np.log(np.mean(weights))` and `np.mean(np.log(weights))`.",
            r"The importance-weighted bound $\mathcal L_3$ takes the mean first, the ELBO the logarithm first.",
        ],
        solution=[
            r"The mean of the weights is 2, so these draws' estimate of $\mathcal L_3$ is $\ln 2$.",
            r"The mean of the logarithms is $\tfrac13 \ln 4 = \tfrac23 \ln 2$, the ELBO's.",
            r"The difference is $\tfrac13 \ln 2$, about a quarter of a nat: `answer = np.log(2) / 3`.",
        ],
    )


def _encoder_and_decoder(answer):
    """None where the answer is a pair (encoder, decoder) as asked for, else a sentence that helps."""
    import keras

    if not isinstance(answer, tuple | list) or len(answer) != 2:
        return "Give two models as a pair: `answer = encoder, decoder`."
    if not all(isinstance(part, keras.Model) for part in answer):
        return "Both parts must be Keras models: `keras.Sequential([...])` or `keras.Model(inputs, outputs)`."
    encoder, decoder = answer
    random = np.random.default_rng(0)
    images = (random.random((4, 28, 28, 1)) < 0.2).astype("float32")
    try:
        codes = np.asarray(encoder(images))
    except Exception:
        return "The encoder does not take a batch of images of shape (batch, 28, 28, 1). What is its `keras.Input`?"
    if codes.shape != (4, 6):
        return (
            f"The encoder turns 4 images into an array of shape {codes.shape}. What does the posterior of three "
            "latents need for each image?"
        )
    try:
        pixels = np.asarray(decoder(random.normal(size=(4, 3)).astype("float32")))
    except Exception:
        return "The decoder does not take a batch of codes of shape (batch, 3)."
    if pixels.shape != (4, 28, 28, 1):
        return f"The decoder turns 4 codes into an array of shape {pixels.shape}. Which shape do images have?"
    wide = np.asarray(decoder(100 * random.normal(size=(500, 3)).astype("float32")))
    if wide.min() >= 0 or wide.max() <= 1:
        return "The decoder's outputs stay within bounds, however far out the code. Logits don't: see its last layer."
    if np.asarray(encoder(200 * random.normal(size=(500, 28, 28, 1)).astype("float32"))).min() >= 0:
        return (
            "The encoder's outputs are never negative, but a posterior's mean may be: look at the last layer."
        )
    if not any("relu" in str(getattr(layer, "activation", "")) for part in answer for layer in part.layers):
        return "Neither has a ReLU. What stands after the hidden layers?"
    return None


def exercise_3():
    """An encoder and a decoder from Keras layers, for three latents."""
    return Exercise(
        judge=_encoder_and_decoder,
        hints=[
            "The section that builds the chapter's own two networks has both; only the numbers of units differ.",
            "A Gaussian posterior with independent latents takes two numbers for each. An image is flattened "
            "first, and its logits are brought back into its shape at the end by `layers.Reshape`.",
            "The last layers have no activation: means and logits may be any numbers.",
        ],
        solution=[
            "The encoder gives a mean and a raw scale for each of three latents, six numbers:\n\n"
            "```python\n"
            "encoder = keras.Sequential([\n"
            "    keras.Input((28, 28, 1)),\n"
            "    keras.layers.Flatten(),\n"
            '    keras.layers.Dense(64, activation="relu"),\n'
            "    keras.layers.Dense(6),\n"
            "])\n"
            "```",
            "The decoder goes back, from three numbers to the logits of 784 pixels:\n\n"
            "```python\n"
            "decoder = keras.Sequential([\n"
            "    keras.Input((3,)),\n"
            '    keras.layers.Dense(64, activation="relu"),\n'
            "    keras.layers.Dense(784),\n"
            "    keras.layers.Reshape((28, 28, 1)),\n"
            "])\n"
            "answer = encoder, decoder\n"
            "```",
        ],
    )


def exercise_4():
    """The variance of the score-function gradient of E z for the mean, q = N(3, 2²)."""
    m, s = 3.0, 2.0
    variance = (m / s) ** 2 + 2
    return Exercise(
        expected=variance,
        tolerance=0.01,  # a simulation of a million draws will do
        wrong=[
            (0.0, "That is the reparameterised gradient's, whose slope is 1 in every draw."),
            (
                (m / s) ** 2 + 3,
                "That is the mean of the square. The square of the mean is still to be taken off.",
            ),
            (1.0, "That is the gradient's mean, as it must be. How far do single draws lie from it?"),
            ((m / s) ** 2, "A baseline would remove this term. What is left of it?"),
        ],
        hints=[
            r"Write $z = m + s\varepsilon$; then the gradient of one draw is $(m + s\varepsilon)\,\varepsilon / s$.",
            r"You need $\mathbb E\,\varepsilon^2 = 1$, $\mathbb E\,\varepsilon^3 = 0$, $\mathbb E\,\varepsilon^4 = 3$.",
            "Check yourself by a simulation: "
            "`noise = np.random.default_rng(0).normal(size=10**6); np.var((3 + 2 * noise) * noise / 2)`.",
        ],
        solution=[
            r"One draw's gradient is $g = z (z - m)/s^2 = \tfrac{m}{s}\varepsilon + \varepsilon^2$, with mean 1: "
            "unbiased.",
            r"$\mathbb E g^2 = \tfrac{m^2}{s^2} + 2\tfrac{m}{s}\,\mathbb E\varepsilon^3 + \mathbb E\varepsilon^4 = "
            r"\tfrac{m^2}{s^2} + 3$, so the variance is $\tfrac{m^2}{s^2} + 2$: `answer = (3 / 2) ** 2 + 2`.",
            r"The reparameterised gradient is 1 in every draw: variance 0. The score function's is always larger, and, "
            r"unless $m = 0$, grows without bound as $q$ narrows. A baseline of $m$ removes the first term alone.",
        ],
    )


def exercise_5():
    """A VAE that is told the label."""
    return Exercise(
        hints=[
            "The label becomes ten more inputs of both networks, one of which is 1: `keras.ops.one_hot(y, 10)`.",
            "`models.vae` has an argument for it; so has its `sample`. To build it yourself, make `encoder` and "
            "`decoder` functional models with two inputs, joined by `keras.layers.Concatenate`.",
            "Compare the rates of both models on the same images. How much can knowing one of ten classes save?",
        ],
        solution=[
            "With the package, three passes over the chapter's training images:\n\n"
            "```python\n"
            'told = models.vae(SHAPE, 10, hidden=[100], activation="relu", means=means,\n'
            "                  classes=10, seed=0)\n"
            "training.fit(told, objectives.negative_elbo(), (train.x, train.y), epochs=3,\n"
            "             batch_size=50, optimizer=keras.optimizers.Adam(2e-3))\n"
            "ordered = told.sample(100, np.tile(np.arange(10), 10), seed=4)\n"
            'image_grid(ordered, columns=10, title="One column per chosen digit",\n'
            '           caption="The column says which digit was ordered.")\n'
            "```",
            "Its rate, beside that of a model that isn't told (a smaller one, trained for longer: compare roughly):\n\n"
            "```python\n"
            "print(latent_space.parts(told, held_x, held.y).rate.mean())\n"
            "print(latent_space.parts(tens[1.0, 0], held_x).rate.mean())\n"
            "```",
            r"The class is one of ten, so at most $\ln 10 \approx 2.3$ nats of an image; how it is written is the "
            "larger part, and most of the rate stays. From one training each, take differences of up to about a "
            "nat for chance.",
            "In Keras by hand, both networks get a second input:\n\n"
            "```python\n"
            "image, label = keras.Input((28, 28, 1)), keras.Input((10,))\n"
            "hidden = keras.layers.Concatenate()([keras.layers.Flatten()(image), label])\n"
            'hidden = keras.layers.Dense(100, activation="relu")(hidden)\n'
            "encoder = keras.Model([image, label], keras.layers.Dense(20)(hidden))\n"
            "\n"
            "code = keras.Input((10,))\n"
            "hidden = keras.layers.Concatenate()([code, label])\n"
            'hidden = keras.layers.Dense(100, activation="relu")(hidden)\n'
            "pixels = keras.layers.Reshape((28, 28, 1))(keras.layers.Dense(784)(hidden))\n"
            "decoder = keras.Model([code, label], pixels)\n"
            "```\n\n"
            "`train_step(self, data)` then unpacks `x, y = data`, and hands `keras.ops.one_hot(y, 10)` to both.",
        ],
    )
