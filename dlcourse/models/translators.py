"""Recurrent translators with and without attention, and how any translator's answers are read off."""

import keras
import numpy as np
import tensorflow as tf
from keras import layers, ops

from dlcourse import checks
from dlcourse.datasets.numerals import BEGIN, END, PAD

ATTENTION = ("dot", "additive", None)


def recurrent_translator(source_symbols, target_symbols, *, width=64, attention="dot", reader=None):
    """GRUs that read a source and write a target, [source, target int32 (batch, m)] to logits (batch, m, symbols).

    The writer begins with the reader's last state, or, with a reader of your own, with a dense tanh layer of its
    states' mean. At each step it gets, beside its own state, a vector from the reader: the one that attention puts
    together (Luong et al. 2015; Bahdanau et al. 2015), or, without, what it began with (Cho et al. 2014). Initial
    weights are drawn from Keras' global generator.

    Args:
        source_symbols: how many there are in the source, 0, which fills up, included; not used with a reader.
        target_symbols: the same of the target.
        width: of both GRUs' states, an even number.
        attention: "dot", "additive", or None.
        reader: a Keras model (batch, ...) to (batch, n, width) of your own; every step of it counts. None: embedding
            and GRU both ways of a source int32 (batch, n), filled up with 0.

    Raises:
        ValueError: where a number makes no sense, attention is unknown, or the reader's output has another width.
    """
    target_symbols = checks.whole_number("recurrent_translator(target_symbols)", target_symbols)
    width = checks.whole_number("recurrent_translator(width)", width, least=2)
    if attention is not None and not checks.is_one_of(attention, ATTENTION[:2]):
        raise ValueError(f"recurrent_translator(attention={attention!r}): expected one of {ATTENTION}.")
    if reader is None:
        symbols = checks.whole_number("recurrent_translator(source_symbols)", source_symbols)
        source = keras.Input((None,), dtype="int32")
        there = ops.not_equal(source, PAD)
        embedded = layers.Embedding(symbols, width // 2)(source)
        states, *last = layers.Bidirectional(
            layers.GRU(width // 2, return_sequences=True, return_state=True), name="reader"
        )(embedded, mask=there)
        last = layers.Concatenate()(last)
    else:
        source, states, there = reader.inputs[0], reader.outputs[0], None
        last = layers.Dense(width, activation="tanh")(layers.GlobalAveragePooling1D()(states))
    if states.shape[-1] != width:
        raise ValueError(
            f"recurrent_translator(width={width}): the reader gives {states.shape[-1]} numbers per step; "
            "expected as many as the width, an even number."
        )
    target = keras.Input((None,), dtype="int32")
    y = layers.Embedding(target_symbols, width // 2)(target)
    y = layers.GRU(width, return_sequences=True, name="writer")(y, initial_state=last)
    if attention is None:
        found = ops.zeros_like(y) + ops.expand_dims(last, 1)
    else:
        kind = layers.Attention if attention == "dot" else layers.AdditiveAttention
        masks = None if there is None else [None, there]
        found = kind(name="found")([y, states], mask=masks)
    y = layers.Dense(width, activation="tanh")(layers.Concatenate()([y, found]))
    return keras.Model([source, target], layers.Dense(target_symbols)(y), name="translator")


def shifted(target):
    """What a decoder reads before each step: the sign to begin, then all but the last; int32 tensor (batch, steps)."""
    return tf.pad(target[:, :-1], [[0, 0], [1, 0]], constant_values=BEGIN)


def answers(model, source, longest, width=1):
    """What a translator writes, symbol by symbol: int32 (batch, longest), ``PAD`` after ``END``.

    A search over ``width`` beginnings for each source, as ``decoding.beam`` does it for one.

    Args:
        model: maps [source, target int32 (batch, m)] to logits (batch, m, symbols).
        source: array (batch, ...).
        longest: symbols at most, ``END`` included.
        width: beginnings that are kept at every step; 1 takes the most probable symbol.
    """
    longest = checks.whole_number("answers(longest)", longest)
    width = checks.whole_number("answers(width)", width)
    count, source = len(source), np.asarray(source)
    texts = np.full((count, width, longest + 1), PAD, "int32")
    texts[..., 0] = BEGIN
    scores = np.full((count, width), -np.inf)
    scores[:, 0] = 0.0
    step = _next_sign(model)
    for at in range(longest):
        ended = (texts[..., at] == END) | (texts[..., at] == PAD)
        going = np.flatnonzero(~ended.all(axis=1))  # sources of which some text isn't ended
        if not len(going):
            break
        read = texts[going, :, : at + 1].reshape(-1, at + 1)
        following = step(tf.constant(np.repeat(source[going], width, axis=0)), tf.constant(read))
        following = following.numpy().astype("float64").reshape(len(going), width, -1)
        following[ended[going]] = np.where(np.arange(following.shape[-1]) == PAD, 0.0, -np.inf)
        reached = (scores[going, :, None] + following).reshape(len(going), -1)
        best = np.argsort(-reached, axis=1, kind="stable")[:, :width]
        scores[going] = np.take_along_axis(reached, best, axis=1)
        row, symbol = np.divmod(best, following.shape[-1])
        texts[going] = np.take_along_axis(texts[going], row[..., None], axis=1)
        texts[going, :, at + 1] = symbol
    return texts[:, 0, 1:]


def _next_sign(model):
    """(source, what is read) to the log-probability of each sign that comes then; compiled once for each model."""
    return _compiled(model, "next_sign", lambda likely: likely[:, -1])


def log_probability(model, source, target):
    """ln p(target | source) of each row in nats, ``PAD`` left out: float64 (batch,)."""
    target = np.asarray(target, "int32")
    step = _compiled(model, "each_sign", lambda likely: likely)
    found = step(tf.convert_to_tensor(source), shifted(tf.constant(target)))
    each = tf.gather(found, tf.constant(target), batch_dims=2).numpy().astype("float64")
    return (each * (target != PAD)).sum(axis=1)


def _compiled(model, name, pick):
    """A function (source, what is read) of the log-probabilities, kept with the model: traced once, for any lengths."""
    if not hasattr(model, name):
        inputs = getattr(model, "inputs", None)  # a function has none
        signature = inputs and [tf.TensorSpec(part.shape, part.dtype) for part in inputs]
        call = tf.function(
            lambda source, read: pick(tf.nn.log_softmax(model([source, read], training=False))),
            input_signature=signature,
            reduce_retracing=not inputs,
        )
        setattr(model, name, call)
    return getattr(model, name)


def attended(model, source, target):
    """How much a ``recurrent_translator`` with attention looks where: float32 (batch, m, n).

    Row t are the weights with which it writes symbol t of the target; each row sums to 1.

    Raises:
        ValueError: where the translator has no attention of that kind.
    """
    found = next((layer for layer in model.layers if layer.name == "found"), None)
    if found is None:
        raise ValueError(
            'attended got a model without attention; expected recurrent_translator(attention="dot").'
        )
    query, states = found.input[:2]
    parts = keras.Model(model.inputs, [query, states])
    source = tf.convert_to_tensor(source)
    query, states = parts([source, shifted(tf.convert_to_tensor(target))], training=False)
    there = source != PAD if len(source.shape) == 2 else None  # symbols, of which 0 fills up
    masks = None if there is None else [None, there]
    return found([query, states], mask=masks, return_attention_scores=True)[1].numpy()


def exact(model, source, target):
    """Share of sources that a translator answers with the whole target, and nothing after it; float."""
    return float(np.mean(matches(answers(model, source, target.shape[1]), target)))


def matches(written, target):
    """Which rows are the same symbol by symbol, bool (n,)."""
    return np.all(np.asarray(written) == np.asarray(target), axis=1)
