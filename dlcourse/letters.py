"""Letters as numbers, what a language model pays for each, and text drawn from it."""

import numpy as np
import tensorflow as tf


def encode(text, alphabet):
    """The number of each letter in ``alphabet``, int32 (letters,). Raises ValueError for a letter that isn't in it."""
    number = {letter: index for index, letter in enumerate(alphabet)}
    strange = sorted(set(text) - set(number))
    if strange:
        raise ValueError(f"encode() found letters that are not in the alphabet: {strange}.")
    return np.array([number[letter] for letter in text], "int32")


def excerpts(tokens, steps):
    """A text cut into excerpts, and for each of their letters the one that follows.

    Args:
        tokens: int (letters,).
        steps: letters an excerpt; what is left over at the end is dropped.

    Returns:
        x, y: int32 (excerpts, steps); y is x moved on by one letter.

    Raises:
        ValueError: where the text is shorter than an excerpt and one letter.
    """
    number = (len(tokens) - 1) // steps
    if number < 1:
        raise ValueError(f"excerpts(steps={steps}) needs {steps + 1} letters at least; got {len(tokens)}.")
    x, y = tokens[: number * steps], tokens[1 : number * steps + 1]
    return x.reshape(number, steps), y.reshape(number, steps)


def bits(logits, tokens):
    """What each letter costs under logits (..., letters): -log2 of its probability, float64 (...)."""
    logits = np.asarray(logits, "float64")
    highest = logits.max(axis=-1, keepdims=True)
    normalised = logits - highest - np.log(np.exp(logits - highest).sum(axis=-1, keepdims=True))
    return -np.take_along_axis(normalised, np.asarray(tokens)[..., None], axis=-1)[..., 0] / np.log(2)


def sample(model, start, letters, *, temperature, seed=0):
    """Draw letters one after another from a stateful model, which keeps what it has read: a text for each of its rows.

    Args:
        model: ``models.recurrent(..., tokens=..., return_sequences=True, stateful=True, batch_size=...)``; its states
            go on from where they are.
        start: int (n,), n >= 1: what all rows read first.
        letters: how many to draw.
        temperature: logits are divided by it; towards 0 the likeliest letter always wins.
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
        reached = np.cumsum(np.exp(scaled - scaled.max(axis=1, keepdims=True)), axis=1)
        chance = random.random((rows, 1)) * reached[:, -1:]
        drawn.append((reached <= chance).sum(axis=1).astype("int32"))
        logits = step(tf.constant(drawn[-1][:, None]))
    return np.stack(drawn, axis=1)
