"""Answers of chapter 05's exercises."""

import numpy as np

from dlcourse.exercises import Exercise


def exercise_1():
    rate, strength, value = 0.1, 2.0, -0.5
    threshold = rate * strength
    return Exercise(
        expected=np.sign(value) * max(abs(value) - threshold, 0.0),
        wrong=[
            (0.0, "Compare the threshold, rate times strength, with the size of $v$."),
            (value - threshold, "A penalty moves weights towards 0, not away from it."),
            (abs(value) - threshold, "Which sign had the weight before?"),
            (value * (1 - threshold), "That is how L2 shrinks: by a factor. L1 shrinks by a fixed amount."),
        ],
        hints=[
            "The threshold is $t = \\eta\\lambda$.",
            "$S_t(v)$ takes $t$ off the size and keeps the sign.",
        ],
        solution=[
            "The threshold is $t = \\eta\\lambda = 0.1 \\cdot 2 = 0.2$.",
            """
            $S_{0.2}(-0.5) = -\\max(0.5 - 0.2,\\, 0) = -0.3$. A weight of $-0.15$ would have become 0 exactly.

            ```python
            answer = np.sign(-0.5) * max(abs(-0.5) - 0.1 * 2, 0)
            ```
            """,
        ],
    )


def exercise_2():
    epochs, settings, spent, reached = 1, 27, 0, 0
    while settings:
        spent += settings * (epochs - reached)
        epochs, settings, reached = 3 * epochs, settings // 3, epochs
    return Exercise(
        expected=spent,
        wrong=[
            (
                27 + 9 * 3 + 3 * 9 + 27,
                "Trainings are resumed: what does a setting pay that has had its first epochs?",
            ),
            (27 * 27, "Most settings never get that far."),
            (27, "That is one complete training, or the first round alone."),
        ],
        hints=[
            "Four rounds: 27 settings up to epoch 1, 9 up to epoch 3, 3 up to epoch 9, 1 up to epoch 27.",
            "In the second round each of the nine goes on from epoch 1 to 3, which are two more epochs.",
        ],
        solution=[
            "$27 \\cdot 1 + 9 \\cdot 2 + 3 \\cdot 6 + 1 \\cdot 18 = 27 + 18 + 18 + 18 = 81$ epochs: the price of three "
            "complete trainings, for 27 settings looked at. So `answer = 81`.",
            "The other brackets begin with fewer settings and more epochs for each, 12 with 3, 6 with 9 and 4 with 27, "
            "in case the first epochs mislead: $78$, $90$ and $108$ epochs. All four together take 357.",
        ],
    )


def exercise_3():
    def judge(model):
        import keras

        if not isinstance(model, keras.Model):
            return f"A Keras model is asked for; this is a {type(model).__name__}."
        if model.input_shape != (None, 7, 7, 1) or model.output_shape != (None, 10):
            return (
                f"Shapes: pictures of 7 × 7 go in, 10 logits come out; yours maps {model.input_shape[1:]} to "
                + str(model.output_shape[1:])
            )
        dense = [layer for layer in model.layers if isinstance(layer, keras.layers.Dense)]
        if len(dense) != 2 or dense[0].units != 64:
            return "Two dense layers are needed, the first of 64 units."
        places = [
            index for index, layer in enumerate(model.layers) if isinstance(layer, keras.layers.Dropout)
        ]
        if len(places) != 1 or abs(model.layers[places[0]].rate - 0.3) > 1e-9:
            return "One layer should drop three of ten units in training."
        if not model.layers.index(dense[0]) < places[0] < model.layers.index(dense[1]):
            return "What is dropped now are pixels or logits, not hidden units: where does the layer belong?"
        before = [keras.ops.convert_to_numpy(layer.kernel) for layer in dense]
        found = float(sum(model.losses)) if model.losses else 0.0
        expected = 1e-3 * sum(float(np.square(kernel).sum()) for kernel in before)
        if found == 0:
            return "No penalty is added to the loss: `model.losses` is empty."
        if abs(found - expected) > 1e-3 * expected:
            return "`model.losses` has another sum than the penalty asked for: look at strength, kind and kernels."
        return None

    return Exercise(
        judge=judge,
        hints=[
            "The chapter's first network is nearly this one; a rate and a strength differ.",
            "Dropout is a layer of its own, after the activations that it drops.",
            "Each kernel that is penalised needs its own `kernel_regularizer`; `model.losses` shows what is added.",
        ],
        solution=[
            """
            Flatten, hidden units, dropout on what they give, logits:

            ```python
            l2 = keras.regularizers.L2(1e-3)
            answer = keras.Sequential([
                keras.Input((7, 7, 1)),
                layers.Flatten(),
                layers.Dense(64, "relu", kernel_regularizer=l2),
                layers.Dropout(0.3, seed=0),
                layers.Dense(10, kernel_regularizer=l2),
            ])
            ```
            """,
            """
            Trained, it forgets dropout by itself when it predicts:

            ```python
            answer.compile("adam", keras.losses.SparseCategoricalCrossentropy(from_logits=True),
                           metrics=["accuracy"])
            answer.fit(train.x, train.y, epochs=40, verbose=0)
            print(answer.evaluate(validation.x, validation.y, verbose=0))
            ```
            """,
        ],
    )


def exercise_4():
    return Exercise(
        hints=[
            "Give `final_errors` one batch size at a time, with its own number of epochs.",
            "500 examples are 15 whole batches of 32, or one of 320, which needs 15 times the epochs for as many "
            "steps.",
        ],
        solution=[
            """
            As many steps for every size:

            ```python
            for size in [8, 32, 100, 320]:
                epochs = round(20 * (500 // 32) / (500 // size))
                found = final_errors(small, [{**GOOD, "batch_size": size}], range(5), epochs, validation)
                print(size, epochs, Measured(found[0]))
            ```
            """,
            """
            And 20 epochs for every size, the rate in proportion to it
            ([Goyal et al. 2017](https://arxiv.org/abs/1706.02677)):

            ```python
            for size in [8, 32, 100, 320]:
                setting = {**GOOD, "batch_size": size, "learning_rate": 0.05 * size / 32}
                print(size, Measured(final_errors(small, [setting], range(5), 20, validation)[0]))
            ```
            """,
            "Compare both with the sweep of the chapter: how much of the large batches' disadvantage was a matter of "
            "too few steps? The scaled rate makes up for them until it reaches its cliff.",
        ],
    )


def exercise_5():
    return Exercise(
        hints=[
            "Three splits: what trains, what the search looks at, and what is looked at once, at the end.",
            "One search is an anecdote: repeat it with other seeds, and compare winner and middle, paired by seed.",
        ],
        solution=[
            """
            For example the digits of 8 × 8 pixels; with your own, begin with `datasets.from_csv` instead:

            ```python
            data = datasets.load("digits")
            own = hyperparameters.Tunable(data.train.take(300, seed=0), classes=10)

            def searched(seed):
                return search.run(
                    hyperparameter_search.objective(own, data.validation, seed=seed),
                    hyperparameter_search.SPACE, budget=135, epochs=9, sampler="tpe", seed=seed)

            found = [searched(seed) for seed in range(5)]
            ```
            """,
            """
            The winner and the middle one of each search, on test data, once:

            ```python
            def tested(run, rank):
                order = sorted(run.trials, key=lambda trial: trial.error)
                return final_errors(own, [order[rank].setting], [100], 9, data.test)[0, 0]

            winners = Measured([tested(run, 0) for run in found])
            middles = Measured([tested(run, len(run.trials) // 2) for run in found])
            print("winners", winners, "middles", middles, "difference", winners - middles)
            print([{name: float(f"{value:.2g}") for name, value in run.best.setting.items()} for run in found])
            ```
            """,
            "A good answer has differences paired by seed, with intervals; the winners' settings side by side, which "
            "shows which hyperparameters the searches agree about; and the ranges searched beside any statement of "
            "importance.",
        ],
    )
