"""Initialisers whose seed follows from a model's seed."""

import keras


def seeded_initializer(initializer, seed, layer):
    """A Keras initialiser whose seed follows from the model's seed and the layer's number.

    Args:
        initializer: a Keras initialiser or its name.
        seed: the model's seed; None leaves the initialiser to Keras' global generator.
        layer: the layer's number, so that equal shapes don't get equal weights.
    """
    initializer = keras.initializers.get(initializer)
    config = initializer.get_config()
    if seed is None or "seed" not in config:
        return initializer.__class__.from_config(config)
    return initializer.__class__.from_config({**config, "seed": seed * 10_007 + layer})
