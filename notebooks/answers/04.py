"""Answers of chapter 04's exercises."""

import numpy as np

from dlcourse import datasets
from dlcourse.exercises import Exercise


def exercise_1():
    prices = np.array([1.0, 2.0, 2.0, 3.0, 12.0])
    return Exercise(
        expected=[np.median(prices), prices.mean()],
        wrong=[
            ([prices.mean(), np.median(prices)], "Both statistics are there; which loss belongs to which?"),
            ([np.median(prices), np.median(prices)], "One of the two losses lets the expensive house pull."),
        ],
        hints=[
            "Each loss has one statistic of the data as its best constant; the buses of the chapter had theirs.",
            "Set the slope to zero: each house pulls with the sign of its distance, or with the distance itself.",
        ],
        solution=[
            "For the absolute error at most half of the prices lie above the best constant, and at most half below: "
            "the middle one of the five, 2. For the squared error the distances sum to zero: the mean, $20/5 = 4$.",
            """
            The one expensive house pulls the mean above four of the five prices.

            ```python
            prices = np.array([1.0, 2.0, 2.0, 3.0, 12.0])
            answer = [np.median(prices), prices.mean()]
            ```
            """,
        ],
    )


def exercise_2():
    truth, forecast = np.array([0.25, 0.75]), np.array([0.5, 0.5])
    entropy, cross = -(truth * np.log2(truth)).sum(), -(truth * np.log2(forecast)).sum()
    return Exercise(
        expected=cross - entropy,
        tolerance=1e-3,
        wrong=[
            (
                cross,
                "That is what a day costs in all. How much of it would be paid with the right forecast, too?",
            ),
            (entropy, "So much is paid even with the right forecast."),
            ((cross - entropy) * np.log(2), "Look at the unit: which base does the logarithm have?"),
            (
                -(forecast * np.log2(truth / forecast)).sum(),
                "The average is over what happens, not over what is forecast.",
            ),
        ],
        hints=[
            "Two averages of $-\\log_2$: with the forecast's probabilities, and with the true ones.",
            "The cross-entropy is $-0.25 \\log_2 0.5 - 0.75 \\log_2 0.5$. Subtract the entropy.",
        ],
        solution=[
            "Cross-entropy: both outcomes were given one half, so that a day costs $-\\log_2 0.5 = 1$ bit.",
            "Entropy: $-0.25 \\log_2 0.25 - 0.75 \\log_2 0.75 = 0.811$ bits.",
            """
            The difference is the KL divergence, 0.189 bits a day.

            ```python
            truth, forecast = np.array([0.25, 0.75]), np.array([0.5, 0.5])
            answer = (truth * np.log2(truth / forecast)).sum()
            ```
            """,
        ],
    )


def exercise_3():
    def judge(model):
        import keras

        if not isinstance(model, keras.Model):
            return f"A Keras model is asked for; this is a {type(model).__name__}."
        if model.input_shape != (None, 30):
            return f"A row of the table has 30 columns; your model takes {model.input_shape[1:]}."
        if model.output_shape != (None, 1):
            return f"One number per patient is enough for two classes; yours gives {model.output_shape[1:]}."
        scaling = [layer for layer in model.layers if isinstance(layer, keras.layers.Normalization)]
        if not scaling:
            return "The columns differ in size by a factor of thousands, and no layer of yours scales them."
        x = datasets.load("breast_cancer").train.x
        scaled = keras.ops.convert_to_numpy(scaling[0](x))
        if np.abs(scaled.mean(axis=0)).max() > 1e-2 or np.abs(scaled.std(axis=0) - 1).max() > 1e-2:
            return "The scaling layer has not learnt the means and deviations of the training rows: who tells it?"
        if getattr(model, "loss", None) is None:
            return "It has no loss yet."
        outputs = keras.ops.convert_to_numpy(model(100 * x))
        bounded = outputs.min() >= 0 and outputs.max() <= 1
        loss = keras.losses.get(model.loss)
        if "binary_crossentropy" not in loss.name:
            return "The loss is another one than the negative log-likelihood of a yes or a no."
        if bounded == bool(getattr(loss, "from_logits", False)):
            return "Output and loss disagree about whether the output is a probability or a logit."
        return None

    return Exercise(
        judge=judge,
        hints=[
            "Three layers at most: an input, a scaling layer, and one dense unit.",
            "`keras.layers.Normalization()` learns means and variances when its `adapt` is given the training rows.",
            "A unit without activation gives a logit: say `from_logits=True` to the loss.",
        ],
        solution=[
            """
            The scaling is a layer, so that it is saved with the model, and new patients need no preparation:

            ```python
            table = datasets.load("breast_cancer")
            scaling = keras.layers.Normalization()
            scaling.adapt(table.train.x)              # the training rows, not all rows
            ```
            """,
            """
            One unit gives the logit of label 1, benign, and the loss is told so:

            ```python
            answer = keras.Sequential([keras.Input((30,)), scaling, keras.layers.Dense(1)])
            answer.compile("adam", keras.losses.BinaryCrossentropy(from_logits=True))
            ```
            """,
            """
            Does it learn?

            ```python
            answer.fit(table.train.x, table.train.y, epochs=40, verbose=0)
            logits = answer.predict(table.validation.x, verbose=0)[:, 0]
            print("right:", np.mean((logits > 0) == (table.validation.y == 1)))
            ```
            """,
        ],
    )


def exercise_4():
    return Exercise(
        hints=[
            "Take the section's networks and train them one pass at a time, in a loop.",
            "Make wrong labels for the validation digits by `with_wrong_labels`, with another seed.",
        ],
        solution=[
            """
            Train on labels of which 40 % are wrong, one pass at a time, and look at clean and at wrong held-out labels
            after each:

            ```python
            noisy = np.stack([with_wrong_labels(some.y, 0.4, "any", seed)
                              for seed in range(5)], axis=1)
            held = with_wrong_labels(mnist.validation.y, 0.4, "any", seed=99)
            model = feed_forward.mlp(range(5), (196,), 10, hidden=[64])
            optimizer = keras.optimizers.Adam(2e-3)
            for epoch in range(12):
                training.fit(model, feed_forward.classification(), (small(some.x), noisy),
                             epochs=1, batch_size=50, optimizer=optimizer, seed=epoch)
                logits = training.predict(model, small(mnist.validation.x))
                print(epoch + 1, feed_forward.accuracies(logits, mnist.validation.y).mean(),
                      feed_forward.accuracies(logits, held).mean())
            ```
            """,
            "The accuracy on wrong held-out labels is much lower: a right answer counts as an error in 40 % of the "
            "cases. But mistakes that don't depend on the picture lower it for all networks alike. For a clean "
            "accuracy $a$ it is about $0.6\\,a + 0.4\\,(1 - a)/9$, which rises with $a$. So both columns are highest "
            "at the same pass, up to chance, and early stopping needs no clean labels.",
        ],
    )


def exercise_5():
    return Exercise(
        hints=[
            "A random walk will do: `np.cumsum` of Gaussian steps.",
            "Predict each value from its two neighbours in time by least squares, `np.linalg.lstsq`.",
        ],
        solution=[
            """
            Neighbours on both sides, split at random; then only the two values before, split by time:

            ```python
            random = np.random.default_rng(0)
            series = np.cumsum(random.normal(size=2000))

            def error(x, y, train, test):
                weights = np.linalg.lstsq(x[train], y[train], rcond=None)[0]
                return np.mean((x[test] @ weights - y[test]) ** 2)

            order = random.permutation(1998)
            both_sides = np.c_[series[:-2], series[2:]]
            print("at random:", error(both_sides, series[1:-1], order[:1500], order[1500:]))
            before = np.c_[series[:-2], series[1:-1]]
            print("by time:", error(before, series[2:], np.arange(1500), np.arange(1500, 1998)))
            ```
            """,
            "Between two neighbours the variance of a step is halved; a forecast has the whole of it, 1, and nothing "
            "makes it smaller. Only the second asks the question that a forecaster has to answer: in use there is no "
            "right-hand neighbour. The leak is that of the copies: neighbours in time are near-copies of one another.",
        ],
    )
