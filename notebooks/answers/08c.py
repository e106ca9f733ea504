"""Chapter 08c's exercises: what is expected, hints by wrong answer, worked solutions."""

import numpy as np

from dlcourse.exercises import Exercise


def exercise_1():
    return Exercise(
        expected=13 / 7,
        tolerance=1e-3,
        wrong=[
            (
                21 / 8,
                "That is with all three places. The masked one has no weight, also not in the sum below.",
            ),
            (13 / 8, "The weights of what is left must sum to 1 again: the softmax comes after the mask."),
            (2.5, "That is the plain mean of the two: where is the softmax?"),
            (1.0, "That is the value with the largest score. A softmax takes a mean, not one value."),
        ],
        hints=["The masked score is minus infinity, and e to it is 0.", "2 and 5 are left: 2/7 and 5/7."],
        solution=[
            "Weights $0,\\ 2/7,\\ 5/7$: $\\tfrac27 \\cdot 4 + \\tfrac57 \\cdot 1 = 13/7$.",
            "```python\nanswer = (2 * 4 + 5 * 1) / (2 + 5)\n```",
        ],
    )


def exercise_2():
    return Exercise(
        expected=504,
        wrong=[
            (126, "That is one head's. Each head has its own softmax."),
            (
                504 * 12,
                "The weights are numbers per head and pair of places; the width of a head doesn't count.",
            ),
            (4 * 14 * 14, "That is attention within the target. Across, a sign looks at words."),
            (4 * (14 + 9), "Each sign looks at each word: that is a product."),
        ],
        hints=["For each head, each sign of the target has a weight for each word."],
        solution=["$4 \\cdot 14 \\cdot 9 = 504$.", "```python\nanswer = 4 * 14 * 9\n```"],
    )


def exercise_3():
    return Exercise(
        judge=_judge_bag,
        hints=[
            "An embedding of each word and nothing else is an encoder already: a bag of words.",
            "`layers.Attention()([y, states], mask=[None, there])` sees no padding; the decoder may be a GRU.",
        ],
        solution=[
            "```python\nsource, target = (keras.Input((None,), dtype='int32') for _ in range(2))\n"
            "there = keras.ops.not_equal(source, 0)\n"
            "states = layers.Embedding(34, 32)(source)\n"
            "y = layers.GRU(32, return_sequences=True)(layers.Embedding(17, 32)(target))\n"
            "found = layers.Attention()([y, states], mask=[None, there])\n"
            "answer = keras.Model([source, target], layers.Dense(17)(layers.Concatenate()([y, found])))\n```",
            "Such a network can't tell 二百零三 from 三百零二: *two hundred three* and *three hundred two* are the "
            "same bag of words.",
        ],
    )


def _judge_bag(model):
    """None where a model is the one that exercise 3 asks for, else what to think about."""
    import keras

    if not isinstance(model, keras.Model):
        return "The answer is a Keras model of two inputs, `keras.Model([source, target], logits)`."
    if len(model.inputs) != 2:
        return f"It has {len(model.inputs)} inputs; a translator takes the source and the target so far."
    random = np.random.default_rng(0)
    x = random.integers(1, 34, (1, 7)).astype("int32")
    y = random.integers(1, 17, (1, 5)).astype("int32")

    def logits(source, target):
        return np.asarray(model([source, target], training=False))

    try:
        found = logits(x, y)
    except Exception as error:
        return (
            f"With a source of 7 words and a target of 5 signs it stops with {type(error).__name__}: {error}."
        )
    if found.shape != (1, 5, 17):
        return (
            f"7 words and 5 signs give an output of shape {found.shape}; 17 logits per sign are (1, 5, 17)."
        )
    if np.allclose(found.sum(axis=-1), 1, atol=1e-4) and (found >= 0).all():
        return "These are probabilities already; logits are asked for."
    other = x.copy()
    other[0, 0] = other[0, 0] % 33 + 1
    if np.allclose(logits(other, y), found, rtol=0, atol=1e-9):
        return "Another first word changes nothing: the source isn't read."
    if not np.allclose(logits(np.pad(x, ((0, 0), (0, 3))), y), found, atol=1e-4):
        return "Three places of padding change the logits: mask them."
    later = y.copy()
    later[0, 4] = later[0, 4] % 16 + 1
    if not np.allclose(logits(x, later)[:, :4], found[:, :4], atol=1e-4):
        return "The last target sign changes earlier logits: the decoder looks ahead."
    earlier = y.copy()
    earlier[0, 0] = earlier[0, 0] % 16 + 1
    if np.allclose(logits(x, earlier), found, rtol=0, atol=1e-9):
        return "Another first target sign changes nothing: the decoder doesn't read what was written."
    for order in (np.arange(7)[::-1], np.array([3, 0, 6, 1, 5, 2, 4])):
        if not np.allclose(logits(x[:, order], y), found, atol=1e-4):
            return "With the source's words in another order the logits change: something in the encoder knows it."
    return None


def exercise_4():
    return Exercise(
        hints=[
            "`numerals.encoded` makes both sides from numbers; only x changes: "
            "`numerals.ENGLISH.index(numerals.ONES[d])` "
            "for each digit d, then `numerals.filled`.",
            "Leave out numbers of more than six digits, train by "
            "`translation.train_text(model, x, y, epochs=16, seed=0)`, and compare "
            "`translators.answers` with what is right by `translators.matches`, for each number of digits.",
        ],
        solution=[
            "```python\ndef digit_by_digit(pairs):\n"
            "    return numerals.filled([[numerals.ENGLISH.index(numerals.ONES[int(digit)]) for digit in str(number)]\n"
            "                            for number in pairs.numbers])\n\n"
            "def up_to_six(pairs):\n    return pairs.take(np.flatnonzero(pairs.numbers < 10**6))\n\n"
            "known = up_to_six(translation.text_pairs('train', 0))\n"
            "held = up_to_six(translation.text_pairs('validation', 0, count=1_000))\n"
            "lengths = np.array([len(str(number)) for number in held.numbers])\n"
            "for attention in ('dot', None):\n"
            "    model = translation.text_translator(0, attention)\n"
            "    translation.train_text(model, digit_by_digit(known), known.y, epochs=16, seed=0)\n"
            "    found = translators.answers(model, digit_by_digit(held), held.y.shape[1])\n"
            "    right = translators.matches(found, held.y)\n"
            "    print(attention, *(f'{length}: {right[lengths == length].mean():.2f}'\n"
            "                       for length in np.unique(lengths)))\n```",
            "Tried once: with attention nine in ten numbers of two digits are right, of which training has few, and "
            "all longer ones; with one vector of 64 the share falls from four digits on, to about five in six of six "
            "digits. Place values now come from counting how many digits follow, which the encoder's GRU that reads "
            "from the right can do. One training of each doesn't say how much they vary.",
        ],
    )


def exercise_5():
    return Exercise(
        hints=[
            "Compare signs, not strings: digits alone (leave out 十百千), and place values alone.",
            "`translation.train_speech` makes its batches by `translation.speech_batches`; write your own generator "
            "with `words=(2, 4)`, and train by `training.fit`. Five digits: `translation.targets` refuses numerals of "
            "more than 8 symbols; pad `numerals.encoded(numbers).y` to a width of your own.",
        ],
        solution=[
            "```python\nlistener = translation.shipped('speech')[0]\n"
            "x, y, numbers = translation.spoken_numbers(shorter[0])\n"
            "found = numerals.read(translators.answers(listener, x, translation.LONGEST))\n"
            "for number, text in list(zip(numbers, found))[:10]:\n    print(number, numerals.chinese(number), text)\n\n"
            "def only(signs, text):\n    return [sign for sign in text if sign in signs]\n\n"
            "for signs in (numerals.DIGITS, '十百千'):\n"
            "    print(signs, np.mean([only(signs, text) == only(signs, numerals.chinese(number))\n"
            "                          for number, text in zip(numbers, found)]))\n```",
            "Both shares are nearly 0: it writes numerals of *three* digits, as in training, often the right two with "
            "one of them said twice, 四百四十九 for 49. So both go wrong together; the digits that are right in part "
            "suggest that it hears them, and fails at how many there are.",
        ],
    )
