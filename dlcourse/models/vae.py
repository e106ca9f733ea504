"""The variational autoencoder; TensorFlow Probability is imported when one is built, not before."""

from dlcourse import checks

LIKELIHOODS = ("bernoulli", "gaussian")


def vae(
    input_shape,
    latents,
    *,
    hidden=(200, 200),
    activation="tanh",
    likelihood="bernoulli",
    noise=None,
    prior="normal",
    components=100,
    classes=None,
    means=None,
    networks=None,
    dtype="float32",
    seed=None,
):
    """A variational autoencoder (Kingma & Welling 2014; Rezende, Mohamed & Wierstra 2014).

    Encoder: images (batch, *input_shape) to a posterior q(z | x), a Gaussian with independent latents (batch, latents).
    Decoder: latents (..., latents) to a likelihood p(x | z) of images (..., *input_shape). Both are multilayer
    perceptrons; the decoder has the encoder's widths in reverse.

    Args:
        input_shape: of one example, such as (28, 28, 1).
        latents: number of latent variables.
        hidden: widths of the encoder's hidden layers; an empty list gives a linear VAE.
        activation: a Keras activation or its name, or "gated": h · sigmoid(g), both linear (Dauphin et al. 2017).
        likelihood: "bernoulli", for images of zeros and ones, or "gaussian".
        noise: the Gaussian's standard deviation; None learns one for all pixels.
        prior: "normal"; "mixture" of Gaussians, learnt; "vamp", a mixture of the posteriors of learnt pseudo-inputs
            (Tomczak & Welling 2018); or a TensorFlow Probability distribution over vectors of ``latents``.
        components: of the mixture or VampPrior.
        classes: number of classes whose label is an input of encoder and decoder (a conditional VAE); None: no labels.
        means: array of input_shape, the pixels' means in the training data: the encoder subtracts them, and the decoder
            starts from them.
        networks: (encoder, decoder), two Keras models of your own in place of the perceptrons, such as convolutional
            ones; ``hidden``, ``activation`` and ``seed`` don't touch them, and ``classes`` and ``means`` don't go with
            them. Encoder: images (batch, *input_shape) to (batch, 2 · latents), the means beside the raw standard
            deviations, which become positive by a softplus. Decoder: latents (batch, latents) to logits, or a
            Gaussian's means, of images (batch, *input_shape). None: perceptrons.
        dtype: "float32" or "float64".
        seed: of the initial weights and of all draws; None takes Keras' global generator.

    Returns:
        variational.VAE, a keras.Model.

    Raises:
        ValueError: where a shape, number or name makes no sense, or a prior doesn't match the latents.
    """
    shape = checks.shape("vae(input_shape)", input_shape)
    latents, seed = checks.whole_number("vae(latents)", latents), checks.seed("vae(seed)", seed)
    checks.whole_number("vae(components)", components)
    hidden = checks.widths("vae(hidden)", hidden)
    if classes is not None:
        checks.whole_number("vae(classes)", classes)
    if not checks.is_one_of(likelihood, LIKELIHOODS):
        raise ValueError(f"vae(likelihood={likelihood!r}): expected one of {', '.join(LIKELIHOODS)}.")
    if noise is not None and likelihood == "gaussian":
        noise = checks.positive("vae(noise)", noise)
    elif noise is not None:
        raise ValueError(
            f"vae(noise={noise!r}, likelihood={likelihood!r}): noise is a standard deviation above 0, of the Gaussian "
            "likelihood alone. Leave it out, or give likelihood='gaussian'."
        )
    if networks is not None:
        _check_networks(networks, shape, latents, classes, means)
    from dlcourse.models import variational

    return variational.VAE(
        shape,
        latents,
        hidden=list(hidden),
        activation=activation,
        likelihood=likelihood,
        noise=noise,
        prior=prior,
        components=components,
        classes=classes,
        means=means,
        networks=networks,
        dtype=dtype,
        seed=seed,
    )


def _check_networks(networks, shape, latents, classes, means):
    """Raise ValueError where a learner's own encoder and decoder don't fit together."""
    if classes is not None or means is not None:
        raise ValueError(
            "vae(networks=...) takes neither classes nor means: let your own networks have them as inputs and layers."
        )
    import keras

    if len(networks) != 2 or not all(isinstance(network, keras.Model) for network in networks):
        raise ValueError(
            f"vae(networks=...): expected a pair of Keras models (encoder, decoder); got {networks!r}."
        )
    expected = {"encoder": (shape, (2 * latents,)), "decoder": ((latents,), shape)}
    for network, (name, (taken, given)) in zip(networks, expected.items(), strict=True):
        found = tuple(network.input_shape[1:]), tuple(network.output_shape[1:])
        if found != (taken, given):
            raise ValueError(
                f"vae(networks=...): the {name} maps {found[0]} to {found[1]}; expected {taken} to {given} for each "
                f"example, with {latents} latents."
            )


def load_vae(path):
    """A VAE that ``model.save(path)`` wrote, with the same outputs; nothing in the file is unpickled.

    Raises:
        FileNotFoundError: where there is no such file.
    """
    import keras

    from dlcourse.models import variational

    return keras.saving.load_model(path, custom_objects={"VAE": variational.VAE}, safe_mode=True)
