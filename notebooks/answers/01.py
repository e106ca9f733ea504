"""What chapter 01's exercises expect, and the help they offer."""

import itertools

from dlcourse.exercises import Exercise


def exercise_1():
    widths = [784, 300, 100, 10]
    weights = sum(before * after for before, after in itertools.pairwise(widths))
    biases = sum(widths[1:])
    return Exercise(
        expected=weights + biases,
        wrong=[
            (weights, "These are the weights. Each unit has a bias, too."),
            (784 * 300 + 300, "That is the first layer alone."),
            (weights + sum(widths), "The inputs are no units: they have no biases."),
            (784 * 300 * 100 * 10, "Layers follow each other: their numbers add up."),
        ],
        hints=[
            "A dense layer from $n$ to $m$ units has one weight for each pair and one bias for each of its units.",
            "There are three layers of weights. Count each, then add.",
        ],
        solution=[
            "The three layers hold $784 \\cdot 300 + 300 = 235{,}500$, $300 \\cdot 100 + 100 = 30{,}100$ and "
            "$100 \\cdot 10 + 10 = 1{,}010$ numbers.",
            """
            Together `answer = 266_610`. Keras counts the same:

            ```python
            print(models.mlp((784,), 10, hidden=[300, 100]).count_params())
            ```
            """,
        ],
    )


def exercise_2():
    return Exercise(
        expected=1,
        wrong=[
            (100, "R² grows a hundredfold. What does γ do?"),
            (10, "R grows tenfold. What does γ do?"),
            (0.01, "γ grows. What does R do?"),
            (0.1, "γ grows. What does R do?"),
        ],
        hints=[
            "Two lengths stand in the bound. What happens to either when every feature is multiplied by 10?"
        ],
        solution=[
            "Lengths and distances are both multiplied by 10, and their ratio stays: `answer = 1`.",
            """
            If the constant feature stays 1 while the others grow, the bound does change, since the bias then has to be
            found in small steps. In millimetres the bound of the irises is another one than in centimetres:

            ```python
            print(perceptron.novikoff_bound(petals, species),
                  perceptron.novikoff_bound(10 * petals, species))
            ```
            """,
        ],
    )


def exercise_3():
    return Exercise(
        judge=judge_iris_reader,
        hints=[
            "Begin with `inputs = keras.Input((4,))`, and apply one layer after the other: `x = layer(x)`.",
            "The `Normalization` layer must have seen the training flowers, and only those, before you train: `adapt`.",
            "`keras.Model(inputs, logits)`, then `compile` with a cross-entropy that knows it gets logits, then `fit`.",
        ],
        solution=[
            """
            ```python
            irises = datasets.load("iris")
            inputs = keras.Input((4,))
            normalization = layers.Normalization()
            normalization.adapt(irises.train.x)
            x = normalization(inputs)
            x = layers.Dense(16, activation="relu")(x)
            x = layers.Dense(16, activation="relu")(x)
            answer = keras.Model(inputs, layers.Dense(3)(x))
            ```
            """,
            """
            ```python
            answer.compile(
                optimizer=keras.optimizers.Adam(0.01),
                loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
                metrics=["accuracy"],
            )
            answer.fit(irises.train.x, irises.train.y, epochs=50, batch_size=16, verbose=0)
            print(answer.evaluate(irises.validation.x, irises.validation.y, verbose=0))
            ```
            """,
        ],
    )


def judge_iris_reader(model):
    """None where it is a trained network as exercise 3 asks for, else what to think about."""
    import keras
    import numpy as np

    from dlcourse import datasets

    if not isinstance(model, keras.Model):
        return f"A Keras model is asked for; this is a {type(model).__name__}."
    if model.input_shape != (None, 4) or model.output_shape != (None, 3):
        return (
            f"It takes {model.input_shape} and gives {model.output_shape}. How many measurements has a flower, and how "
            "many species are there?"
        )
    kinds = {kind: [layer for layer in model.layers if isinstance(layer, kind)]
             for kind in (keras.layers.Normalization, keras.layers.Dense)}  # fmt: skip
    normalization, dense = kinds.values()
    if len(normalization) != 1:
        return "A layer is missing that brings the four measurements to one scale."
    irises = datasets.load("iris")
    if not np.allclose(np.ravel(normalization[0].mean), irises.train.x.mean(axis=0), atol=1e-3):
        return "Its Normalization doesn't hold the training flowers' means. When did you call adapt, and on what?"
    if len(dense) != 3 or any(layer.activation is keras.activations.linear for layer in dense[:-1]):
        return "Two hidden layers with a bend are asked for, and one layer of scores."
    if dense[-1].activation is not keras.activations.linear:
        return "Logits may have any size. What does your last layer do to them?"
    right = np.mean(model.predict(irises.train.x, verbose=0).argmax(axis=1) == irises.train.y)
    if right < 0.9:
        return f"The network is built as asked, and reads {right:.0%} of the training flowers. Has it been trained?"
    return None


def exercise_4():
    return Exercise(
        hints=[
            "Write $W' = W / 255$. What is $\\partial L / \\partial W'$ by the chain rule, and how far does a step of "
            "$W'$ move $W$?",
            "Two factors of 255 meet under gradient descent. Which of them does Adam divide out?",
        ],
        solution=[
            "No. The outputs agree at the start, and so does the loss; but the gradient with respect to $W'$ is 255 "
            "times that with respect to $W$, and a change of $W'$ counts 255 times in $W$.",
            "So under gradient descent the first layer's weights learn as if at $255^2 = 65{,}025$ times the rate. "
            "Adam divides by the size of recent gradients, so one factor goes: their rate is in effect 255 times as "
            "large.",
            """
            To run it, at Keras' usual rate of Adam:

            ```python
            def two_small_layers(seed):
                return models.mlp((28, 28, 1), 10, hidden=[64, 64], seed=seed)


            def shrunk(network):
                first, *others = network.get_weights()
                network.set_weights([first / 255, *others])
                return network


            for name, scale, build in (("scaled", 1, two_small_layers),
                                       ("raw, kernel / 255", 255, lambda seed: shrunk(two_small_layers(seed)))):
                network = build(0)
                training.fit(network, classify, (scale * few.x, few.y), epochs=2, batch_size=64,
                             optimizer=keras.optimizers.Adam(1e-3))
                found = training.evaluate(network, classify, (scale * mnist.validation.x, mnist.validation.y))
                show.markdown(f"{name}: {Measured(found['accuracy']):.1%}")
            ```

            Where the numbers stand has a say in how fast each layer learns, one reason why inputs are scaled.
            """,
        ],
    )


def exercise_5():
    return Exercise(
        hints=[
            "The three shapes saw the same seeds, so their differences are paired: look at those, not at the means.",
            "A 95 % interval's half-width is $t\\,s/\\sqrt{n}$, with the standard deviation $s$ of the differences.",
        ],
        solution=[
            """
            From the paired differences, with $t \\approx 2$ for many seeds:

            ```python
            differences = by_shape["doubling"] - by_shape["constant"]
            deviation = differences.std(ddof=1)
            print(show.mask(int(np.ceil((2 * deviation / 0.01) ** 2))), "seeds for an interval of ± 1 point")
            ```
            """,
            """
            For steps and data, choose each shape's learning rate anew at every setting, on seeds that you don't report
            (`sweep` in `benchmarks/studies/ch01_rates.py` does it), and use validation data: the test data has been
            spent. One such setting, a quarter of the examples, at the rates that were found for all of them:

            ```python
            quarter = curves.train.take(len(curves.train) // 4, seed=0)
            for name, hidden in shapes.items():
                found = repeats.accuracies(of_widths(hidden), quarter, curves.validation, seeds=range(5), steps=400,
                                           learning_rate=best_rate(f"shape: {name}", recorded_rates))
                show.markdown(f"{name}: {Measured(found):.1%}")
            ```

            Decide before you run what would count as a difference.
            """,
        ],
    )
