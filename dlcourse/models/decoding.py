"""Text drawn from a model letter by letter."""

import numpy as np
import tensorflow as tf
from scipy import special


def sample(model, start, letters, *, temperature, seed=0):
    """Draw letters one after another from a stateful model: one text for each row of its batch.

    Args:
        model: ``models.recurrent(..., tokens=..., return_sequences=True, stateful=True, batch_size=...)``; its states
            go on from where they are.
        start: int (n,), n >= 1: what all rows read first.
        letters: how many to draw.
        temperature: logits are divided by it; near 0 the likeliest letter is always drawn.
        seed: of the draws.

    Returns:
        int32 (batch_size, letters).

    Raises:
        ValueError: where the temperature isn't above 0, or nothing is to be read first.
    """
    if not temperature > 0 or not len(start):
        raise ValueError(
            f"sample(temperature={temperature!r}) with {len(start)} letters to start from: the temperature is above 0, "
            "and one letter at least is read first."
        )
    random, rows, drawn = np.random.default_rng(seed), model.input_shape[0], []
    step = tf.function(lambda letter: model(letter, training=False)[:, -1])
    for letter in start:
        logits = step(tf.fill([rows, 1], int(letter)))
    for _ in range(letters):
        scaled = logits.numpy().astype("float64") / temperature
        reached = np.cumsum(special.softmax(scaled, axis=1), axis=1)
        chance = random.random((rows, 1)) * reached[:, -1:]
        drawn.append((reached <= chance).sum(axis=1).astype("int32"))
        logits = step(tf.constant(drawn[-1][:, None]))
    return np.stack(drawn, axis=1)
