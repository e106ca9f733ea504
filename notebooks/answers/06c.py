"""Chapter 06c's exercises: what is expected, hints by wrong answer, worked solutions."""

import itertools

import numpy as np

from dlcourse.exercises import Exercise


def exercise_1():
    """Paths of four frames that stand for 1 1, every one tried."""

    def labels(path):
        return [symbol for symbol, _ in itertools.groupby(path) if symbol]

    expected = sum(labels(path) == [1, 1] for path in itertools.product(range(3), repeat=4))
    return Exercise(
        expected=expected,
        wrong=[
            (1, "That is for three frames. The fourth may make any of five stretches longer: which?"),
            (3, "Blanks may also stand before and after the labels, not only between them."),
            (
                4,
                "Is there a blank before the first label in one of your paths, and one after the second in another?",
            ),
            (6, "One of yours has no blank between the two labels, and they merge."),
        ],
        hints=[
            "Between two equal labels there must be a blank. So three frames have one path: 1 – 1.",
            "Write the stretches that a path can have: blanks, ones, blanks, ones, blanks. Which of them must not be "
            "empty, and which may be one frame longer?",
        ],
        solution=[
            "The stretches are: blanks (perhaps none), ones, blanks, ones, blanks (perhaps none). The three in the "
            "middle take one frame each; the fourth frame makes one of the five longer. Five paths.",
            "```python\nprint(ctc.paths([1, 1], frames=4, symbols=3))\n"
            "answer = len(ctc.paths([1, 1], frames=4, symbols=3))\n```",
        ],
    )


def exercise_2():
    """A tone above the sampling rate."""
    return Exercise(
        expected=abs(45_000 - 44_100),
        wrong=[
            (45_000, "Above half the rate no sampled tone can be: 22,050 Hz is the highest."),
            (22_050, "It isn't cut off at half the rate, it comes back as another tone."),
            (
                22_950,
                "Adding a whole rate to a frequency, or taking it away, doesn't change the samples. Try that.",
            ),
            (-900, "The size is right; a cosine of −f is that of f."),
        ],
        hints=[
            "The samples of $\\cos(2\\pi f n / r)$ don't change where $f$ grows or falls by $r$: why?",
            "Take whole rates away from 45,000 until what is left lies within half a rate of 0.",
        ],
        solution=[
            "$\\cos(2\\pi (f - r) n / r) = \\cos(2\\pi f n / r - 2\\pi n)$: whole turns add 0. So $f$ and $f - r$ "
            "have the same samples.",
            "```python\nanswer = abs(45_000 - 44_100)\nn = np.arange(200)\n"
            'checks.equal("samples of the bat and of the low tone",\n'
            "             np.cos(2 * np.pi * 45_000 * n / 44_100),\n"
            "             np.cos(2 * np.pi * answer * n / 44_100), atol=1e-9)\n```",
        ],
    )


def exercise_3():
    return Exercise(
        judge=_judge_stream,
        hints=[
            '`keras.layers.Conv1D(..., padding="causal")` pads on the left only. `keras.Input((None, 13))` is '
            "for any length.",
            "A kernel of 5 with dilation $d$ reaches $4 d$ frames back; what several layers reach is added up.",
            "No pooling: there is to be an output for each frame.",
        ],
        solution=[
            "Reaches add up: kernels of 5 with dilations 1, 2 and 4 reach $4 + 8 + 16 = 28$ frames back.",
            "```python\nanswer = keras.Sequential([\n    keras.Input((None, 13)),\n"
            '    layers.Conv1D(32, 5, padding="causal", activation="relu"),\n'
            '    layers.Conv1D(32, 5, dilation_rate=2, padding="causal", activation="relu"),\n'
            '    layers.Conv1D(32, 5, dilation_rate=4, padding="causal", activation="relu"),\n'
            "    layers.Dense(11),\n])\nanswer.summary()\n```",
            "A recurrent layer (chapter 07a) would do too: its state reaches back as far as there are frames.",
        ],
    )


def _judge_stream(model):
    """None where a model is the one that exercise 3 asks for, else what to think about."""
    import keras

    if not isinstance(model, keras.Model):
        return "The answer is a Keras model, such as `keras.Sequential([...])`."
    if tuple(model.input_shape) != (None, None, 13):
        return f"It takes {model.input_shape}; batches of any number of frames of 13 numbers are (None, None, 13)."
    random = np.random.default_rng(0)
    x = random.normal(size=(1, 60, 13)).astype("float32")
    found = np.asarray(model(x, training=False))
    if found.shape != (1, 60, 11):
        return f"60 frames give an output of shape {found.shape}; 11 numbers for each frame are asked for."
    if np.allclose(found.sum(axis=-1), 1, atol=1e-4) and (found >= 0).all():
        return "These are probabilities already; logits are asked for."
    later = x.copy()
    later[:, 31:] += random.normal(size=(1, 29, 13))
    if not np.allclose(found[:, :31], np.asarray(model(later, training=False))[:, :31], atol=1e-5):
        return "An output changes with a later frame: somewhere the network looks ahead."
    earlier = x.copy()
    earlier[:, 10] += 3 * random.normal(size=13)
    if np.allclose(found[:, 30], np.asarray(model(earlier, training=False))[:, 30], atol=1e-7):
        return "The output at frame 30 doesn't change with frame 10: it doesn't look back far enough."
    return None


def exercise_4():
    return Exercise(
        hints=[
            "Every second frame left out: `fast = speech.Strings(some.x[:, ::2], some.y, some.spans // 2)`. How many "
            "outputs does a short digit have then?",
            "A digit of 8 frames has four outputs at the usual speed. Which lengths did the network see in training?",
        ],
        solution=[
            "```python\nfor seed in range(5):\n    some = strings[seed]\n"
            "    fast = speech.Strings(some.x[:, ::2], some.y, some.spans // 2)\n"
            "    print(seed, errors(string_networks['strings'][seed], fast))\n```",
            "The error rate is many times higher: the network has learnt how fast these six people speak. It helps "
            "to hear other speeds in training: leave out or repeat frames at random, differently in each epoch, and "
            "measure both speeds afterwards.",
        ],
    )


def exercise_5():
    return Exercise(
        hints=[
            "`speech.mixed` takes coefficients that aren't standardised: undo it by `spoken_digits.scaling(seed)`, as "
            "in `over`.",
            "Who hears babble in every training string may forget how to read clean ones: mix both.",
        ],
        solution=[
            "Write down first what counts, such as: half the errors at 10 dB, and not a third more without babble.",
            "Training strings with another string, 5 to 30 dB softer, one level for each; for a third of "
            "them 300, as good as clean:\n\n"
            "```python\nseed = 0\nmean, deviation = spoken_digits.scaling(seed)\n"
            "one, two = (spoken_digits.strings_of(train, 2_000, s, frames=160) for s in (0, 1))\n"
            "softer = np.random.default_rng(2).uniform(5, 30, (2_000, 1, 1))\n"
            "softer[::3] = 300\n"
            "both = speech.mixed(one.x * deviation + mean, two.x * deviation + mean, -softer)\n"
            "stands = string_network()\n"
            "training.fit(stands, objectives.ctc(), ((both - mean) / deviation, one.y),\n"
            "             epochs=12, batch_size=32, seed=0,\n"
            "             optimizer=keras.optimizers.Adam(0.002))\n```",
            "It takes some minutes. Then compare `stands` with `string_networks['strings'][0]` on the same test "
            "strings, once, with and without babble. Choose settings on strings of `validation`, not of `tests[0]`.",
        ],
    )
