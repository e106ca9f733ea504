"""Transformers: one that looks back only, and one that reads a text and writes another (Vaswani et al. 2017)."""

import keras
from keras import layers, ops

from dlcourse import checks


@keras.saving.register_keras_serializable("dlcourse")
class Positions(layers.Layer):
    """Adds a learnt vector for each place: float32 (batch, steps, width), steps at most ``longest``."""

    def __init__(self, longest, **options):
        super().__init__(**options)
        self.longest = checks.whole_number("Positions(longest)", longest)

    def build(self, shape):
        self.vectors = self.add_weight((self.longest, shape[-1]), "random_normal", name="vectors")

    def call(self, x):
        return x + self.vectors[: ops.shape(x)[1]]

    def get_config(self):
        return {**super().get_config(), "longest": self.longest}


def causal_transformer(symbols, *, longest=128, width=96, heads=4, blocks=3, dropout=0.1):
    """A language model: int32 (batch, steps) to logits for the symbol after each step, (batch, steps, symbols).

    Attention looks back only (Radford et al. 2018). Normalised before each part (Xiong et al. 2020), positions learnt,
    the output's matrix tied to the embedding (Press & Wolf 2017). Initial weights are drawn from Keras' global
    generator.

    Args:
        symbols: how many different ones there are.
        longest: steps that it can read at once.
        width: numbers by which a symbol is represented; a multiple of ``heads``.
        heads: of each attention.
        blocks: attention and two dense layers, each.
        dropout: share that is dropped behind each part, in training.

    Raises:
        ValueError: where a number makes no sense.
    """
    symbols = checks.whole_number("causal_transformer(symbols)", symbols)
    blocks = _checked("causal_transformer", width, heads, blocks)
    embedding = layers.ReversibleEmbedding(symbols, width, embeddings_initializer="random_normal")
    tokens = keras.Input((None,), dtype="int32")
    x = Positions(longest)(embedding(tokens))
    for _ in range(blocks):
        x = _attended(x, None, heads, dropout, use_causal_mask=True)
        x = _thought_over(x, dropout)
    return keras.Model(tokens, embedding(layers.LayerNormalization()(x), reverse=True), name="transformer")


def translating_transformer(
    source_symbols, target_symbols, *, longest=32, width=64, heads=4, blocks=2, dropout=0.1, positions=True
):
    """An encoder and a decoder: [source int32 (batch, n), target int32 (batch, m)] to logits (batch, m, symbols).

    Logits at a step are for the symbol after it. The encoder's steps attend to all of the source but its padding, 0;
    the decoder's to earlier ones of the target, then to the source. Normalised before each part (Xiong et al. 2020);
    positions learnt; the output's matrix is the target's embedding. Initial weights are drawn from Keras' global
    generator.

    Args:
        source_symbols, target_symbols: how many different ones there are, 0, which fills up, included.
        longest: steps of the longer of the two.
        width, heads, dropout: as for ``causal_transformer``.
        blocks: of the encoder, and of the decoder.
        positions: whether the encoder knows where a symbol stands.

    Raises:
        ValueError: where a number makes no sense.
    """
    source_symbols = checks.whole_number("translating_transformer(source_symbols)", source_symbols)
    target_symbols = checks.whole_number("translating_transformer(target_symbols)", target_symbols)
    blocks = _checked("translating_transformer", width, heads, blocks)
    source, target = keras.Input((None,), dtype="int32"), keras.Input((None,), dtype="int32")
    there = ops.expand_dims(ops.not_equal(source, 0), 1)
    x = layers.Embedding(source_symbols, width, embeddings_initializer="random_normal")(source)
    x = Positions(longest)(x) if positions else x
    for _ in range(blocks):
        x = _attended(x, None, heads, dropout, attention_mask=there)
        x = _thought_over(x, dropout)
    x = layers.LayerNormalization(name="source")(x)
    embedding = layers.ReversibleEmbedding(target_symbols, width, embeddings_initializer="random_normal")
    y = Positions(longest)(embedding(target))
    for _ in range(blocks):
        y = _attended(y, None, heads, dropout, use_causal_mask=True)
        y = _attended(y, x, heads, dropout, attention_mask=there)
        y = _thought_over(y, dropout)
    logits = embedding(layers.LayerNormalization()(y), reverse=True)
    return keras.Model([source, target], logits, name="translator")


def _checked(function, width, heads, blocks):
    """The number of blocks; raise ValueError where a number makes no sense."""
    width = checks.whole_number(f"{function}(width)", width)
    heads = checks.whole_number(f"{function}(heads)", heads)
    if width % heads:
        raise ValueError(
            f"{function}(width={width}, heads={heads}): each head takes an equal part of the width; "
            "expected a multiple of the heads."
        )
    return checks.whole_number(f"{function}(blocks)", blocks)


def _attended(x, source, heads, dropout, **masks):
    """x and what its steps find in the source, or, where that is None, in x itself; (batch, steps, width)."""
    width = x.shape[-1]
    y = layers.LayerNormalization()(x)
    y = layers.MultiHeadAttention(heads, width // heads)(y, y if source is None else source, **masks)
    return x + layers.Dropout(dropout)(y)


def _thought_over(x, dropout):
    """x and what two dense layers make of each step by itself; (batch, steps, width)."""
    width = x.shape[-1]
    y = layers.LayerNormalization()(x)
    y = layers.Dense(4 * width, activation="gelu")(y)
    return x + layers.Dropout(dropout)(layers.Dense(width)(y))
