"""What chapter 09d's exercises expect, and the help they offer."""

import numpy as np

from dlcourse.exercises import Exercise


def exercise_1():
    ratio, advantage, clip = 0.65 / 0.5, 2.0, 0.2
    return Exercise(
        expected=min(ratio * advantage, np.clip(ratio, 1 - clip, 1 + clip) * advantage),
        tolerance=1e-3,
        wrong=[
            (ratio * advantage, "So much it would be without the clip."),
            (1 + clip, "That is the clipped ratio; the gain is in units of the advantage."),
            (ratio, "That is the ratio. Is it within the clip's range?"),
            (
                (1 - clip) * advantage,
                "The probability has grown, so the ratio leaves the range at its upper end.",
            ),
        ],
        hints=[
            "First the ratio of the new probability to the old one, then the range from 1 − ε to 1 + ε.",
            "Two products with the advantage, and the smaller one counts.",
        ],
        solution=[
            "The ratio is $0.65 / 0.5 = 1.3$; clipped it is $1.2$.",
            "$\\min(1.3 \\cdot 2,\\; 1.2 \\cdot 2) = 2.4$: `answer = 2.4`. Its derivative by the probability is 0: "
            "this step has nothing more to gain here.",
        ],
    )


def exercise_2():
    from dlcourse.rl import advantages

    ends = np.array([False, False, True])
    none = np.zeros(3, bool)
    critic = np.array([2.0, 1.0, 0.5, 3.0])
    both = [
        advantages.gae(np.ones(3), critic, *flags, discount=1.0, gae_lambda=0.5)[0]
        for flags in [(none, ends), (ends, none)]
    ]
    return Exercise(
        expected=both[0],
        wrong=[
            (both[1], "That treats the clock as an end: what does the critic say of the last observation?"),
            (0.0, "That is the first step's own δ; the later ones count as well, fading."),
            (4.0, "That is the sum of all δ, λ = 1. Here each later δ counts half of the one before."),
        ],
        hints=[
            "Write down the three errors δ = reward + next value − value.",
            "After a truncation the critic's last guess stands for what would have followed.",
            "Weight them with 1, ½, ¼ and add up.",
        ],
        solution=[
            "$\\delta = 1 + 1 - 2 = 0$, then $1 + 0.5 - 1 = 0.5$, then $1 + 3 - 0.5 = 3.5$.",
            "$0 + \\frac12 \\cdot 0.5 + \\frac14 \\cdot 3.5 = 1.125$: `answer = 1.125`.",
        ],
    )


def exercise_3():
    returns, sizes = np.array([4.0, 8.0]), np.array([1.0, 3.0])
    return Exercise(
        expected=(returns * sizes).sum() / sizes.sum(),
        wrong=[
            (6.0, "That is the mean return, v. Do both outcomes count alike in the variance?"),
            (
                (returns * sizes**2).sum() / (sizes**2).sum(),
                "The squared norm is given: don't square it again.",
            ),
            (0.0, "No baseline at all. Write the variance as a function of b."),
        ],
        hints=[
            "The mean of (G − b) ∇ log π doesn't depend on b, so only the mean of its square does.",
            "Minimise $\\frac12 \\left(1 \\cdot (4 - b)^2 + 3 \\cdot (8 - b)^2\\right)$ by b.",
        ],
        solution=[
            "With $w = \\lVert \\nabla \\log \\pi \\rVert^2$ the variance is $\\mathbb{E}\\,(G-b)^2 w$ less a "
            "constant. Its derivative by b vanishes at $b = \\mathbb{E}[G w] / \\mathbb{E}[w]$: a mean of "
            "returns, each weighted with how much its action says.",
            "Here $(4 \\cdot 1 + 8 \\cdot 3) / (1 + 3) = 7$: `answer = 7`. It would be $v = 6$ only if w and G were "
            "uncorrelated. In practice v is used, since a critic learns it anyway.",
        ],
    )


def exercise_4():
    return Exercise(
        judge=judge_shared,
        hints=[
            "Two outputs need the functional form: `keras.Model(inputs, [one, another])`.",
            "Both heads are `Dense` layers without an activation, called on the same hidden layer.",
        ],
        solution=[
            """
            ```python
            import keras

            x = keras.Input((8,))
            hidden = keras.layers.Dense(64, activation="tanh")(x)
            hidden = keras.layers.Dense(64, activation="tanh")(hidden)
            logits = keras.layers.Dense(4)(hidden)
            value = keras.layers.Dense(1)(hidden)
            answer = keras.Model(x, [logits, value])
            ```
            """,
            "It has 5,061 weights; two separate networks have 9,797. The price: the critic's loss now pulls at the "
            "layers that the actor reads, so that the weight of its loss, 0.5 in this chapter, begins to matter.",
        ],
    )


def judge_shared(model):
    """None where a model is exercise 4's actor and critic with common layers, else what to look at."""
    import keras

    if not isinstance(model, keras.Model):
        return f"This is of type {type(model).__name__}; the answer is a Keras model."
    if model.input_shape != (None, 8):
        return f"Its input has the shape {model.input_shape}; an observation has eight numbers."
    if not isinstance(model.output_shape, (list, tuple)) or len(model.outputs) != 2:
        return "It should have two outputs, the logits and the value, in this order."
    shapes = [tuple(output.shape) for output in model.outputs]
    if shapes != [(None, 4), (None, 1)]:
        return f"Its outputs have the shapes {shapes}; four logits come first, then one value."
    dense = [layer for layer in model.layers if isinstance(layer, keras.layers.Dense)]
    if any(layer.units in (1, 4) and layer.activation is not keras.activations.linear for layer in dense):
        return "An output is squashed: logits and value come without an activation."
    hidden = [layer for layer in dense if layer.units == 64]
    if len(hidden) != 2:
        return f"It has {len(hidden)} hidden layers of 64 units; the two heads share two of them."
    if any(layer.activation is not keras.activations.tanh for layer in hidden):
        return "The hidden layers' activation is tanh."
    return None


def exercise_5():
    return Exercise(
        hints=[
            "`gymnasium.make_vec` hands further arguments on: `enable_wind=True, wind_power=10.0`.",
            "The policy, `pilot`, stays as it is; only the fields change.",
        ],
        solution=[
            """
            ```python
            for power in [0.0, 5.0, 10.0, 15.0, 20.0]:
                windy = gymnasium.make_vec(
                    "LunarLander-v3", num_envs=100, vectorization_mode="sync",
                    enable_wind=True, wind_power=power,
                )
                blown = evaluation.confirm(
                    windy, lambda x: pilot.predict_on_batch(x).argmax(axis=1)
                )
                print(power, blown.mean().round(), (blown < 200).sum(), blown.min().round())
            ```
            """,
            "Look at more than the mean: the number below 200 and the worst landing tell earlier that the policy "
            "meets what it wasn't trained on. Gymnasium recommends powers up to 20. At power 0 it isn't calm yet: "
            "`enable_wind` brings turbulence, too.",
            "To train a lander that stands wind, give `ppo.train` fields with wind, and judge it on strengths it "
            "hasn't seen. To make it save fuel, subtract more per burst by a wrapper; report what it pays for it.",
        ],
    )
