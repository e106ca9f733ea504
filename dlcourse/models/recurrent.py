"""Recurrent networks: stacked simple (Elman), LSTM or GRU layers, and a linear layer on top."""

import keras
from keras import layers

from dlcourse import checks
from dlcourse.models.initializers import seeded_initializer

CELLS = {"simple": layers.SimpleRNN, "lstm": layers.LSTM, "gru": layers.GRU}


def recurrent(
    input_shape,
    outputs,
    *,
    cell="gru",
    units=(128,),
    tokens=None,
    return_sequences=False,
    masking=False,
    stateful=False,
    batch_size=None,
    seed=None,
):
    """A recurrent network (Elman 1990; Hochreiter & Schmidhuber 1997; Cho et al. 2014), read from left to right.

    Maps float32 (batch, steps, features), or int32 (batch, steps) where ``tokens`` is given, to the outputs after the
    last step, (batch, outputs); with ``return_sequences`` to those after each step, (batch, steps, outputs). For
    classes the outputs are logits. Keras' GRU is the variant whose reset gate comes after the matrix product
    (``reset_after=True``), which has two biases and is PyTorch's GRU too.

    Args:
        input_shape: (steps, features), or (steps,) where ``tokens`` is given; steps may be None: any number.
        outputs: number of outputs per step.
        cell: "simple", "lstm" or "gru".
        units: list of widths, one per recurrent layer.
        tokens: the inputs are whole numbers below this one, each looked up as a vector of units[0] numbers.
        return_sequences: whether there is an output after every step.
        masking: whether steps of padding are passed over: those whose features are all 0, or whose token is 0.
        stateful: whether a batch starts from the states in which the previous batch ended; ``reset_states(model)``
            sets them to 0. Needs ``batch_size``.
        batch_size: of every batch, where ``stateful``.
        seed: of the initial weights; None draws from Keras' global generator.

    Raises:
        ValueError: where a shape, a width or a name makes no sense, or ``stateful`` comes without ``batch_size``.
    """
    tokens = None if tokens is None else checks.whole_number("recurrent(tokens)", tokens)
    batch_size = None if batch_size is None else checks.whole_number("recurrent(batch_size)", batch_size)
    given = checks.is_list(input_shape)
    known = [1 if side is None else side for side in input_shape] if given else input_shape
    checks.shape("recurrent(input_shape)", known, axes=1 if tokens else 2)
    shape = tuple(input_shape)
    outputs = checks.whole_number("recurrent(outputs)", outputs)
    units, seed = checks.widths("recurrent(units)", units, least=1), checks.seed("recurrent(seed)", seed)
    if not checks.is_one_of(cell, CELLS):
        raise ValueError(f"recurrent(cell={cell!r}): expected one of {', '.join(map(repr, CELLS))}.")
    if stateful and batch_size is None:
        raise ValueError(
            "recurrent(stateful=True) keeps a state for each sequence of a batch: give batch_size, such as 1."
        )
    inputs = keras.Input(shape, batch_size=batch_size, dtype="int32" if tokens else None)
    x = inputs
    if tokens:
        x = layers.Embedding(
            tokens,
            units[0],
            mask_zero=masking,
            embeddings_initializer=seeded_initializer("uniform", seed, 2 * len(units) + 1),
            name="embedding",
        )(x)
    elif masking:
        x = layers.Masking(0.0)(x)
    for index, width in enumerate(units):
        x = CELLS[cell](
            width,
            return_sequences=return_sequences or index < len(units) - 1,
            stateful=stateful,
            kernel_initializer=seeded_initializer("glorot_uniform", seed, 2 * index),
            recurrent_initializer=seeded_initializer("orthogonal", seed, 2 * index + 1),
            name=f"{cell}_{index + 1}",
        )(x)
    x = layers.Dense(
        outputs, kernel_initializer=seeded_initializer("glorot_uniform", seed, 2 * len(units)), name="outputs"
    )(x)
    return keras.Model(inputs, x, name="recurrent")


def reset_states(model):
    """Set the states of all recurrent layers of a stateful model to 0."""
    for layer in model.layers:
        if isinstance(layer, tuple(CELLS.values())):
            layer.reset_state()
