"""Chapter 07d's exercises: what is expected, hints by wrong answer, worked solutions."""

import numpy as np

from dlcourse.exercises import Exercise


def exercise_1():
    """Parameters of a convolutional LSTM."""
    channels, filters, side = 16, 32, 3
    expected = 4 * filters * (side**2 * (channels + filters) + 1)
    return Exercise(
        expected=expected,
        wrong=[
            (expected // 4, "That is for one gate. How many convolutions of this kind does a step have?"),
            (
                4 * filters * (side**2 * channels + 1),
                "That counts what comes from the frame. Which other map goes through a convolution?",
            ),
            (4 * filters * side**2 * (channels + filters), "Are there biases?"),
            (
                4 * filters * (channels + filters + 1),
                "A dense layer's weights: each of them is a kernel of 3 × 3 here.",
            ),
        ],
        hints=[
            "Each of the four gates has a kernel on the frame, one on the state, and one bias per filter.",
            "For one gate: $32 \\cdot (3 \\cdot 3 \\cdot 16 + 3 \\cdot 3 \\cdot 32 + 1)$.",
        ],
        solution=[
            "Four gates, each with 32 filters that see $3 \\cdot 3$ places of $16 + 32$ channels and have a bias.",
            "```python\nanswer = 4 * 32 * (3 * 3 * (16 + 32) + 1)\nlayer = layers.ConvLSTM2D(32, 3)\n"
            "layer.build((None, 10, 8, 8, 16))\nprint(answer, layer.count_params())\n```",
        ],
    )


def exercise_2():
    """Where a bouncing digit is."""
    room = 32 - 14
    place = (10 + 3 * 10) % (2 * room)
    expected = place if place <= room else 2 * room - place
    return Exercise(
        expected=expected,
        wrong=[
            (40, "There is a wall at 18: the digit's left edge can't go further."),
            (18, "It doesn't stop at the wall, it turns round."),
            (22, "It turned at the right wall, and would be at −4 by now: there is a left wall too."),
            (-4, "It turned at the right wall. There is a left wall too, at 0."),
            (
                24,
                "The wall that counts is where the digit's left edge is when its right edge touches: 32 − 14.",
            ),
        ],
        hints=[
            "The left edge runs from 0 to 32 − 14 = 18. How far is it to the right wall, and how far "
            "is left to go then?",
            "30 pixels: 8 to the right wall, 18 back to the left one, and some more.",
        ],
        solution=[
            "8 pixels to the right wall, 18 back to the left one, 4 to the right again: it is at 4.",
            "```python\nanswer = moving_digits.bounced(np.array([10 + 3 * 10]), 18)[0]\n```",
        ],
    )


def exercise_3():
    return Exercise(
        judge=_judge_any_length,
        hints=[
            "`keras.Input((None, 32, 32, 1))` is for any number of frames.",
            "`Reshape` has to know its sizes. Which layers make maps into numbers without it? "
            "`GlobalAveragePooling3D`, or `ConvLSTM2D`, whose last state has no time axis.",
        ],
        solution=[
            "A convolutional LSTM's last state has no time axis, however many frames there were.",
            "```python\nanswer = keras.Sequential([\n    keras.Input((None, 32, 32, 1)),\n"
            '    layers.Conv3D(16, (1, 5, 5), (1, 4, 4), padding="same", activation="relu"),\n'
            '    layers.ConvLSTM2D(16, 3, padding="same"),\n'
            "    layers.GlobalAveragePooling2D(),\n    layers.Dense(8),\n])\nanswer.summary()\n```",
            "Kernels over time, an activation and a global mean do too; without the activation all inner frames count "
            "alike. A mean over answers by frame doesn't: it gives the same logits for a clip and for the same clip "
            "backwards.",
        ],
    )


def _judge_any_length(model):
    """None where a model is the one that exercise 3 asks for, else what to think about."""
    import keras

    if not isinstance(model, keras.Model):
        return "The answer is a Keras model, such as `keras.Sequential([...])`."
    if tuple(model.input_shape) != (None, None, 32, 32, 1):
        return (
            f"It takes {model.input_shape}; batches of any number of frames of 32 × 32 × 1 pixels are "
            "(None, None, 32, 32, 1)."
        )
    random = np.random.default_rng(0)
    for frames in (6, 9):
        x = random.random((2, frames, 32, 32, 1)).astype("float32")
        found = np.asarray(model(x, training=False))
        if found.shape != (2, 8):
            return f"Two clips of {frames} frames give an output of shape {found.shape}; (2, 8) is asked for."
    if np.allclose(found.sum(axis=-1), 1, atol=1e-4) and (found >= 0).all():
        return "These are probabilities already; logits are asked for."
    for frame in range(frames):
        other = x.copy()
        other[:, frame] = random.random((2, 32, 32, 1))
        if np.allclose(found, np.asarray(model(other, training=False)), rtol=0, atol=1e-7):
            return f"Its logits don't change with frame {frame + 1} of {frames}."
    if np.allclose(found, np.asarray(model(x[:, ::-1], training=False)), rtol=0, atol=1e-6):
        return "Played backwards, a clip gets the same logits: this network can't tell right from left."
    exchanged = x.copy()
    exchanged[:, [2, 5]] = x[:, [5, 2]]
    if np.allclose(found, np.asarray(model(exchanged, training=False)), rtol=0, atol=1e-6):
        return "Its logits stay when two inner frames change places: their order is lost somewhere."
    return None


def exercise_4():
    return Exercise(
        hints=[
            "`study.bouncing_clips('test', 100, 0, digits=3)` makes clips of three digits, `step=3.6` fast ones.",
            "Compare with a copy and a mean picture that come from the *same kind* of clips, or the difference says "
            "little. The better of the two is the rival.",
        ],
        solution=[
            "```python\nfor changed in ({}, {'digits': 1}, {'digits': 3}, {'step': 3.6}):\n"
            "    clips = study.bouncing_clips('test', 100, 0, **changed)\n"
            "    past, future = study.halves(clips)\n"
            "    own = study.halves(study.bouncing_clips('train', 200, 1, **changed))\n"
            "    copy = frame_forecast.Calibrated(frame_forecast.copied(own[0], 10), own[1])\n"
            "    cost = video.cross_entropy(future, copy(frame_forecast.copied(past, 10))).mean()\n"
            "    ours = [video.cross_entropy(future, study.probabilities(model, past)).mean()\n"
            "            for model in frame_networks.values()]\n"
            "    grey = np.broadcast_to(own[1].mean(axis=(0, 1)), future.shape)\n"
            "    grey = video.cross_entropy(future, grey).mean()\n"
            "    print(changed, Measured(ours), mask(f'{min(cost, grey):.0f}'))\n```",
            "One digit is easier and three are harder, for network and rivals alike, and the network stays ahead. The "
            "better rival is the mean picture each time. At twice the speed the network loses to it: what it has "
            "learnt about motion holds for the speed that it has seen.",
        ],
    )


def exercise_5():
    return Exercise(
        hints=[
            "`study.train_frames(model, clips, seed=...)` trains on so many fresh clips, and its Run has `.seconds`.",
            "Equal seconds or equal clips? These are two questions. Say which one you ask, and give both networks the "
            "same learning rates to choose from.",
        ],
        solution=[
            "Write down first what you expect, such as: at equal seconds plain convolutions are ahead by 5 nats "
            "per frame or more.",
            "```python\nheld, to_come = study.halves(study.bouncing_clips('validation', 100, 7_000))\n"
            "clips = {'channels': 640, 'convlstm': 640}\n"
            "for kind, number in clips.items():\n    for peak in (0.002, 0.004, 0.008):\n"
            "        model = study.frame_network(kind, 900)\n"
            "        run = study.train_frames(model, number, seed=900, peak=peak)\n"
            "        cost = video.cross_entropy(to_come, study.probabilities(model, held)).mean()\n"
            "        print(kind, peak, mask(f'{run.seconds:.0f} s, {cost:.0f} nats'))\n```",
            "Now fit the numbers of clips, multiples of 16, until both take as long, and look for the best peak again. "
            "Then train three seeds or more of each at its own best peak, and judge them on `past` and `future`, which "
            "chose nothing. Look at both curves of the loss, too: where one is still falling, a short training says "
            "little about a long one.",
        ],
    )
