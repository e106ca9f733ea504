"""What chapter 00's exercises expect, and the help they offer."""

import numpy as np

from dlcourse.exercises import Exercise


def exercise_1():
    return Exercise(
        expected=np.broadcast_shapes((64, 1, 10), (5, 10)),
        wrong=[
            ((64, 10), "The second table has an axis of length 5, which must go somewhere."),
            ((5, 10), "An axis of length 1 is stretched, but the 64 is not dropped."),
            ((64, 1, 10), "Which length of the other table stands below the 1?"),
        ],
        hints=[
            "Write the two shapes below each other, aligned on the right.",
            "Fill the shorter one up with 1 on the left, then go through the axes one by one.",
        ],
        solution=[
            "Aligned on the right, `(64, 1, 10)` stands above `(1, 5, 10)`.",
            "Axis by axis the larger length wins: 64, 5, 10. So `answer = (64, 5, 10)`.",
        ],
    )


def exercise_2():
    w, rate = 1, 0.1
    inner = 3 * w - 6
    slope = 2 * inner * 3
    return Exercise(
        expected=w - rate * slope,
        wrong=[
            (w + rate * slope, "This step goes uphill: mind the sign."),
            (w - rate * 2 * inner, "A factor is missing: the inner derivative, that of 3w − 6."),
            (slope, "That is the slope. Where does a step against it lead?"),
            (w - slope, "That step has the learning rate 1."),
        ],
        hints=[
            "The chain rule: outer derivative times inner derivative, both at the w that is given.",
            "A step of gradient descent: the old w, minus the learning rate times the slope.",
        ],
        solution=[
            "$L'(w) = 2\\,(3w - 6) \\cdot 3$, so $L'(1) = -18$.",
            "$w = 1 + 0.1 \\cdot 18 = 2.8$: `answer = 2.8`. The best $w$ is 2: the step has jumped across it, but ends "
            "lower than it began, at $L = 5.76$ instead of 9.",
            """
            A tape says the same:

            ```python
            w = tf.Variable(1.0)
            with tf.GradientTape() as tape:
                loss = (3 * w - 6) ** 2
            print((w - 0.1 * tape.gradient(loss, w)).numpy())
            ```
            """,
        ],
    )


def exercise_3():
    return Exercise(
        judge=judge_network,
        hints=[
            "Start from the cell of this chapter that builds a network, and change as little as you can.",
            "The order is: `keras.Input`, `Flatten`, a `Dense` for each hidden layer, a `Dense` for the ten scores.",
            "The last layer has no activation: it gives logits.",
        ],
        solution=[
            """
            ```python
            answer = keras.Sequential([
                keras.Input((28, 28, 1)),
                keras.layers.Flatten(),
                keras.layers.Dense(64, activation="relu"),
                keras.layers.Dense(32, activation="relu"),
                keras.layers.Dense(10),
            ])
            ```
            """,
            """
            It holds $(784 \\cdot 64 + 64) + (64 \\cdot 32 + 32) + (32 \\cdot 10 + 10) = 52{,}650$ numbers;
            `answer.count_params()` says the same. To train it:

            ```python
            answer.compile(
                optimizer="adam",
                loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
                metrics=["accuracy"],
            )
            answer.fit(mnist.train.x, mnist.train.y, epochs=2, batch_size=256, verbose=0)
            print(answer.evaluate(mnist.validation.x, mnist.validation.y, verbose=0))
            ```
            """,
        ],
    )


def judge_network(model):
    """None where it is the network that exercise 3 asks for, else what to think about."""
    import keras

    if not isinstance(model, keras.Model):
        return f"A Keras model is asked for; this is a {type(model).__name__}."
    if not model.built:
        return "The network doesn't know its input's shape yet: begin with keras.Input."
    if model.input_shape != (None, 28, 28, 1):
        return f"Its input has shape {model.input_shape}; pictures have 28 rows, 28 columns and a channel."
    if len(model.output_shape) != 2:
        return (
            f"Its output has shape {model.output_shape}: the picture has to become one list of numbers first."
        )
    dense = [layer for layer in model.layers if isinstance(layer, keras.layers.Dense)]
    if [layer.units for layer in dense] != [64, 32, 10]:
        return f"Its dense layers have {[layer.units for layer in dense]} outputs. Compare with the question."
    if any(layer.activation is not keras.activations.relu for layer in dense[:-1]):
        return "Between two dense layers stands a bend. Which layer of yours has none?"
    if dense[-1].activation is not keras.activations.linear:
        return "Its last layer should give scores of any size. What does yours do to them?"
    return None


def exercise_4():
    return Exercise(
        hints=[
            "One item for each network: `of` is a list of five pairs (photographs, network).",
            "`share_right` of a network: `training.predict`, the largest logit's place, the mean of what is equal.",
        ],
        solution=[
            """
            ```python
            def share_of_all(x, network):
                return (training.predict(network, x).argmax(axis=-1) == hundred.y).mean()

            sides = {
                "of": [(prepared_ones, network) for network in networks],
                "control": [(reversed_ones, network) for network in networks],
            }
            Claims("00").measure("C00.10", "share right of the same hundred photographs",
                                 share_of_all, **sides, above=0.7)
            ```

            Expect the interval to be narrower: networks trained on the same digits mostly agree about the same
            pictures. It no longer tells how lucky we were with these hundred. An interval speaks of the chance that
            was repeated, and of no other.
            """,
            """
            A cheap bound, which the control passes as well:

            ```python
            attempt("cheap", share_of_all, **sides, above=0.01)
            ```
            """,
        ],
    )


def exercise_5():
    return Exercise(
        hints=[
            "Write a function that trains a network on a split and returns its share right, beside `share_right`.",
            "With the same seed for both, subtract: the five differences are `Measured`, too.",
        ],
        solution=[
            """
            ```python
            def network_right(train, new, seed):
                network = models.mlp(mnist.input_shape, classes=10, hidden=[128], seed=seed)
                training.fit(network, reading, train, epochs=30, batch_size=min(64, len(train)), seed=seed)
                return (training.predict(network, new.x).argmax(axis=-1) == new.y).mean()

            for n in (100, 300, 1_000, 3_000):
                splits = [mnist.train.take(n, seed) for seed in range(5)]
                memory = Measured([share_right(split, new) for split in splits])
                network = Measured([network_right(split, new, seed) for seed, split in enumerate(splits)])
                show.markdown(f"{n} examples: memory {memory:.1%}, network {network:.1%}, "
                              f"difference {network - memory:.1%}")
            ```
            """,
            "Decide by the interval of the paired differences: where it contains 0, it isn't settled who wins.",
            """
            The cost: a memory of $n$ digits multiplies $784\\,n$ times for one new digit, the network
            $784 \\cdot 128 + 128 \\cdot 10 = 101{,}632$ times, however many it has learnt from. The two are equal at
            $n \\approx 130$.
            """,
        ],
    )
