"""A causal transformer: attention that looks back only (Vaswani et al. 2017; Radford et al. 2018)."""

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

    Normalised before each part (Xiong et al. 2020), positions learnt, the output's matrix tied to the embedding
    (Press & Wolf 2017). Initial weights are drawn from Keras' global generator.

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
    width = checks.whole_number("causal_transformer(width)", width)
    heads = checks.whole_number("causal_transformer(heads)", heads)
    blocks = checks.whole_number("causal_transformer(blocks)", blocks)
    if width % heads:
        raise ValueError(
            f"causal_transformer(width={width}, heads={heads}): each head takes an equal part of the width; "
            "expected a multiple of the heads."
        )
    embedding = layers.ReversibleEmbedding(symbols, width, embeddings_initializer="random_normal")
    tokens = keras.Input((None,), dtype="int32")
    x = Positions(longest)(embedding(tokens))
    for _ in range(blocks):
        y = layers.LayerNormalization()(x)
        y = layers.MultiHeadAttention(heads, width // heads)(y, y, use_causal_mask=True)
        x = x + layers.Dropout(dropout)(y)
        y = layers.LayerNormalization()(x)
        y = layers.Dense(4 * width, activation="gelu")(y)
        x = x + layers.Dropout(dropout)(layers.Dense(width)(y))
    return keras.Model(tokens, embedding(layers.LayerNormalization()(x), reverse=True), name="transformer")
