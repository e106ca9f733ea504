"""Chapter 07b's exercises: what is expected, hints by wrong answer, worked solutions."""

import numpy as np

from dlcourse.exercises import Exercise


def exercise_1():
    """Perplexity of four probabilities."""
    probabilities = np.array([1 / 2, 1 / 4, 1 / 8, 1 / 8])
    bits = float(np.mean(-np.log2(probabilities)))
    return Exercise(
        expected=2**bits,
        tolerance=0.005,
        wrong=[
            (bits, "That is the bits per character; perplexity is two to the power of it."),
            (
                2**1.75,
                "That weighs each character's bits by its probability. Here each of the four came once: a plain mean.",
            ),
            (np.exp(bits), "Bits go with two, nats with e."),
            (4.0, "All four equally likely would give that. Is the model right about each of them?"),
        ],
        hints=[
            "How many bits does each of the four cost? They came once each, so the mean is a plain one.",
            "The bits are 1, 2, 3 and 3. Perplexity is two to the power of their mean.",
        ],
        solution=[
            "Bits 1, 2, 3, 3: 2.25 on average, so the perplexity is $2^{2.25} \\approx 4.76$: worse than guessing, "
            "since the model believed in other frequencies than those that came.",
            "```python\np = np.array([1/2, 1/4, 1/8, 1/8])\nanswer = 2 ** np.mean(-np.log2(p))\n```",
        ],
    )


def exercise_2():
    """Bits per piece against perplexity per character."""
    expected = 6 / 2.5 - float(np.log2(5))
    return Exercise(
        expected=expected,
        tolerance=0.005,
        wrong=[
            (6 - float(np.log2(5)), "The first pays per piece. How many pieces has a character?"),
            (-expected, "The size is right: is it more or less than the second?"),
            (6 / 2.5 - 5, "5 is a perplexity, not bits."),
            (6 / 2.5 - float(np.log(5)), "That mixes bits and nats."),
            (6 * 2.5 - float(np.log2(5)), "A piece has several characters: its bits are shared among them."),
        ],
        hints=[
            "Bring both to bits per character: one by division, the other by a logarithm.",
            "6 bits over 2.5 characters; $\\log_2$ of the perplexity.",
        ],
        solution=[
            "$6 / 2.5 = 2.4$ bits per character against $\\log_2 5 \\approx 2.32$: the first pays about 0.08 more.",
            "```python\nanswer = 6 / 2.5 - np.log2(5)\n```",
        ],
    )


def exercise_3():
    return Exercise(
        judge=_judge_causal,
        hints=[
            "`keras.Input((None,), dtype='int32')`, then an embedding: (batch, steps, features).",
            '`keras.layers.Conv1D(..., padding="causal")` looks back only. A kernel of $k$ with dilation $d$ reaches '
            "$d (k - 1)$ steps back; what several layers reach is added up.",
        ],
        solution=[
            "Kernels of 2 with dilations 1, 2, 4 and 8 reach $1 + 2 + 4 + 8 = 15$ steps back (the form of WaveNet).",
            "```python\nanswer = keras.Sequential([\n"
            '    keras.Input((None,), dtype="int32"),\n    layers.Embedding(30, 16),\n'
            '    *[layers.Conv1D(32, 2, dilation_rate=d, padding="causal", activation="relu")\n'
            "      for d in (1, 2, 4, 8)],\n    layers.Dense(30),\n])\n```",
        ],
    )


def _judge_causal(model):
    """None where a model is the one that exercise 3 asks for, else what to think about."""
    import keras

    if not isinstance(model, keras.Model):
        return "The answer is a Keras model, such as `keras.Sequential([...])`."
    if tuple(model.input_shape) != (None, None):
        return f"It takes {model.input_shape}; batches of texts of any length are (None, None)."
    kinds = keras.layers
    forbidden = (
        kinds.RNN,
        kinds.MultiHeadAttention,
        kinds.Attention,
        kinds.GroupQueryAttention,
    )  # and their heirs
    if any(isinstance(layer, forbidden) for layer in model._flatten_layers(include_self=False)):
        return "Without recurrence and without attention: what else slides along a text?"
    random = np.random.default_rng(0)
    x = random.integers(1, 30, (1, 40)).astype("int32")

    def outputs(tokens):
        return np.asarray(model(tokens, training=False))

    found = outputs(x)
    if found.shape != (1, 40, 30):
        return f"40 symbols give an output of shape {found.shape}; 30 logits for each step are asked for."
    if np.allclose(found.sum(axis=-1), 1, atol=1e-4) and (found >= 0).all():
        return "These are probabilities already; logits are asked for."

    def moved(place):
        """How far each output moves, at most, when one symbol changes (several changes are tried)."""
        most = np.zeros(40)
        for add in (1, 7, 13):
            other = x.copy()
            other[0, place] = (other[0, place] + add) % 30
            most = np.maximum(most, np.abs(outputs(other) - found)[0].max(axis=1))
        return most

    if (moved(20)[:20] > 1e-5).any():
        return "An output changes with a later symbol: somewhere the model looks ahead."
    if moved(20)[20] <= 1e-7:
        return "An output doesn't depend on its own symbol, the last that was read."
    if moved(20)[35] <= 1e-7:
        return "The output 15 steps later doesn't change: it doesn't look back far enough."
    if (moved(20)[20:36] <= 1e-7).any():
        return "Of the 16 outputs that a symbol should reach, its own and 15 later ones, some don't change: a gap."
    return None


def exercise_4():
    return Exercise(
        hints=[
            "`-np.log2(share * 2.0**-one + (1 - share) * 2.0**-other)` are a mixture's bits. On validation "
            "passages: `language_models.bits(gated[0], book.validation)`, and `grams[best].bits(row, start=100)` "
            "for each row.",
            "The better one of the two should have more weight. Is that more than half, for the GRU?",
        ],
        solution=[
            "```python\none = language_models.bits(gated[0], book.validation)\n"
            "other = np.stack([grams[best].bits(row, start=100) for row in book.validation])\n\n\n"
            "def shared(share, one, other):\n"
            "    return -np.log2(share * 2.0**-one + (1 - share) * 2.0**-other)\n\n\n"
            "shares = np.linspace(0, 1, 21)\n"
            "chosen = min(shares, key=lambda share: shared(share, one, other).mean())\n"
            "print(chosen, shared(chosen, by_gru[0], counted).mean())\n```",
            "The validation passages choose 0.65 for the GRU of seed 0, above a half, and on the test that saves less "
            "than 0.01 bits against half and half: the optimum is flat. A share that depends on how sure "
            "each of the two is would be the next step.",
        ],
    )


def exercise_5():
    return Exercise(
        hints=[
            "`passages.three_ways` holds passages out; `KneserNey` takes whole numbers, from `characters.encode`.",
            "Choose order and training on the validation passages; read the test once.",
        ],
        solution=[
            "```python\nfrom pathlib import Path\n\nfrom dlcourse.datasets import characters, passages\n\n"
            'text = passages.tidy(Path("my_text.txt").read_text("utf-8"))\n'
            'alphabet = "".join(sorted(set(text)))\n'
            "train, validation, test = passages.three_ways(text, 1_000)\n"
            "tokens = characters.encode(train, alphabet)\n"
            "rows = np.stack([characters.encode(one, alphabet) for one in validation])\n"
            "own = language_models.gated_network(len(alphabet), fused=True)  # trains faster\n"
            "language_models.read_on(own, tokens, readings=10, seed=0, piece=25)\n"
            "print(language_models.bits(own, rows).mean())\n"
            "for n in range(3, 9):\n    if len(alphabet)**n >= 2**63:  # too many for a number\n        break\n"
            "    gram = KneserNey(n, tokens, len(alphabet))\n"
            "    print(n, np.mean([gram.bits(row, start=100) for row in rows]))\n```",
            "It takes a few minutes. A difference counts where its interval over test passages keeps away from zero, "
            "and over several trainings, too.",
        ],
    )
