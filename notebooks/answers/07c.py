"""Chapter 07c's exercises: what is expected, hints by wrong answer, worked solutions."""

import numpy as np

from dlcourse.exercises import Exercise


def exercise_1():
    """A logit, a mean in the plane and a triangular scale for each Gaussian."""
    return Exercise(
        expected=20 * (1 + 2 + 3),
        wrong=[
            (60, "That is for the ten Gaussians of the chapter."),
            (100, "A covariance in the plane has two variances; is there anything between them?"),
            (
                140,
                "A triangular factor has three numbers: its fourth is 0. So has a symmetric matrix.",
            ),
            (119, "Weights sum to one, that is true; but logits may all be moved by the same amount."),
        ],
        hints=[
            "Of a single Gaussian in the plane: how many numbers for the mean, how many for a triangular 2 × 2 matrix?",
            "And one more for how much it weighs.",
        ],
        solution=[
            "A logit, two coordinates of the mean, three entries of the triangular scale: $1 + 2 + 3 = 6$ for each of "
            "20 Gaussians.",
            "```python\nanswer = 20 * mixture_density.NUMBERS\n```",
        ],
    )


def exercise_2():
    """Twelve points on a grid of 256 by 256."""
    return Exercise(
        expected=12 * 2 * 8,
        wrong=[
            (96, "Each point has two coordinates."),
            (np.log(256) * 24, "That is in nats. A bit is the logarithm to the base 2."),
            (8, "That is one coordinate of one point."),
            (16, "That is one point."),
            (12 * 2 * np.log2(255), "From 0 to 255 there are 256 whole numbers."),
        ],
        hints=[
            "How many values has a coordinate, and how many bits tell one of so many, all equally likely?",
            "Log-probabilities of independent numbers are added up.",
        ],
        solution=[
            "$\\log_2 256 = 8$ bits for a coordinate, 24 coordinates: 192 bits.",
            "```python\nanswer = 12 * 2 * np.log2(256)\n```",
        ],
    )


def exercise_3():
    return Exercise(
        judge=_judge_lines,
        hints=[
            "`keras.Input((32, None, 1))` is for any width. Pool columns by 2 in all, rows by as much as you like.",
            "`layers.Permute((2, 1, 3))` puts the columns first, `layers.Reshape((-1, n))` makes a step of each; "
            "n must be rows × channels as they are then.",
            "What reads from the left can't know what stands at the right: `layers.Bidirectional`.",
        ],
        solution=[
            "One pooling of columns and rows, one of rows only; then an LSTM both ways:",
            "```python\nanswer = keras.Sequential([\n    keras.Input((32, None, 1)),\n"
            '    layers.Conv2D(16, 3, padding="same", activation="relu"),\n    layers.MaxPooling2D((2, 2)),\n'
            '    layers.Conv2D(32, 3, padding="same", activation="relu"),\n    layers.MaxPooling2D((4, 1)),\n'
            "    layers.Permute((2, 1, 3)),\n    layers.Reshape((-1, 4 * 32)),\n"
            "    layers.Bidirectional(layers.LSTM(32, return_sequences=True)),\n    layers.Dense(27),\n])\n"
            "answer.summary()\n```",
        ],
    )


def _judge_lines(model):
    """None where a model is the one that exercise 3 asks for, else what to think about."""
    import keras

    if not isinstance(model, keras.Model):
        return "The answer is a Keras model, such as `keras.Sequential([...])`."
    if tuple(model.input_shape) != (None, 32, None, 1):
        return f"It takes {model.input_shape}; pictures of any width are (None, 32, None, 1)."
    random = np.random.default_rng(0)
    x = random.random((1, 32, 60, 1)).astype("float32")
    found = np.asarray(model(x, training=False))
    if found.shape != (1, 30, 27):
        return f"60 columns give an output of shape {found.shape}; 27 numbers for every two columns are (1, 30, 27)."
    if np.allclose(found.sum(axis=-1), 1, atol=1e-4) and (found >= 0).all():
        return "These are probabilities already; logits are asked for."
    for columns, place, side in [(slice(0, 8), 29, "first"), (slice(52, 60), 0, "last")]:
        other = x.copy()
        other[:, :, columns] = 4 * random.random((1, 32, 8, 1))
        if np.allclose(
            found[:, place], np.asarray(model(other, training=False))[:, place], rtol=0, atol=1e-9
        ):
            return f"The output at the other end doesn't change with the {side} columns: what carries it all the way?"
    return None


def exercise_4():
    return Exercise(
        hints=[
            "The slant is drawn from -0.7 to 0.7, so half the lines lean no more than in training. Divide the lines by "
            "how much they lean: `lines.slanted` can make lines that all lean alike, from digits without it.",
            "Which digits are taken for others, and would you have read them?",
        ],
        solution=[
            "```python\nfor seed, network in readers.items():\n"
            "    leaning = handwriting.lines_of('test', 100, seed + 3_000, slant=0.7)\n"
            "    print(seed, errors(network, leaning))\n```",
            "Half of these lines lean no more than in training, so the rate rises less than one might fear. For one "
            "side alone, lean the digits first:",
            "```python\nfrom dlcourse.datasets import lines\n\ntest = datasets.load('mnist').test\n"
            "for lean in (-0.6, 0, 0.6):\n"
            "    wide = lines.slanted(test.x[..., 0], lean)          # 16 columns more on either side\n"
            "    inside = wide[:, :, 16:44]\n"
            "    whole = np.isclose(wide.sum(axis=(1, 2)), inside.sum(axis=(1, 2)))  # no ink is cut off\n"
            "    part = lines.compose(inside[whole], test.y[whole], 100, slant=0, seed=1)\n"
            "    print(lean, [errors(network, part) for network in readers.values()])\n```",
            "Lines that all lean by 0.6 have two to four times as many errors as upright ones, to either side. Whether "
            "a lean to the left does more harm, 100 lines don't settle. Digits that a lean would push out of their "
            "28 columns, the wide ones, are left out: one of ten to the left, two of ten to the right.",
        ],
    )


def exercise_5():
    return Exercise(
        hints=[
            "Look at `datasets.own_line(photo)` beside `tests[0].x`: thickness of the pen, size, gaps, digits that "
            "touch, a line that rises.",
            "Change one property at a time: thicker by `scipy.ndimage.grey_dilation` (on lines composed with `noise=0` "
            "and wide gaps: it thickens noise and closes gaps, too), gaps by `gap=`, slant by `slant=`.",
        ],
        solution=[
            "Say first what would count: ten lines of six digits have 60 characters, and 3 wrong ones are 5 % with an "
            "interval from 1 to 14 %.",
            "```python\nfrom dlcourse.datasets import speech\n\n"
            "part = handwriting.lines_of('test', 100, 0, noise=0, gap=(4, 8))\nfor size in (1, 2, 3):\n"
            "    thicker = ndimage.grey_dilation(part.x, (1, size, size, 1))\n"
            "    changed = speech.Strings(thicker, part.y, part.spans)\n"
            "    print(size, [errors(network, changed) for network in readers.values()])\n```",
            "What makes your lines hard should make composed ones hard too. If it doesn't, look for another cause.",
        ],
    )
