"""Chapter 07a's exercises: what is expected, hints by wrong answer, worked solutions."""

import numpy as np

from dlcourse.exercises import Exercise


def exercise_1():
    inputs, units = 10, 20
    return Exercise(
        expected=4 * units * (inputs + units + 1),
        wrong=[
            (4 * units * (inputs + units), "Each block adds something that no input multiplies."),
            (4 * units * (inputs + units + 2), "That is PyTorch's count, with two biases per block."),
            (units * (inputs + units + 1), "That is one block: a simple cell."),
            (3 * units * (inputs + units + 2), "That is a GRU in Keras."),
        ],
        hints=[
            "Count one block first: what multiplies $x_t$, what multiplies $h_{t-1}$, and what is only added?",
            "How many blocks does the drawing of the LSTM have: three gates, and what else?",
        ],
        solution=[
            "A block has $10 \\times 20$ weights for the input, $20 \\times 20$ for the state, and 20 biases: "
            "$20 \\cdot (10 + 20 + 1) = 620$.",
            "Three gates and the candidate make four blocks:\n\n"
            "```python\nanswer = 4 * 20 * (10 + 20 + 1)\n"
            "layer = keras.layers.LSTM(20)\nlayer.build((None, None, 10))\n"
            "print(answer, layer.count_params())\n```",
        ],
    )


def exercise_2():
    gate = 0.5 ** (1 / 100)
    return Exercise(
        expected=np.log(gate / (1 - gate)),
        tolerance=1e-3,
        wrong=[
            (gate, "That is the gate. Which bias does the sigmoid take to it?"),
            (1.0, "Keras starts there, and forgets far sooner."),
            (0.0, "A bias of 0 halves $c$ at every single step."),
            (-np.log(gate / (1 - gate)), "With this one almost nothing is kept: look at the sign."),
        ],
        hints=[
            "With zero inputs and zero recurrent weights the gate is the same at each step, $\\sigma(b_f)$. What has "
            "happened to $c$ after 100 multiplications?",
            "First find the gate $s$ with $s^{100} = \\frac12$; then solve $\\sigma(b) = s$ for $b$.",
        ],
        solution=[
            "$\\sigma(b_f)^{100} = \\tfrac12$, so the gate is $s = 2^{-1/100}$.",
            "The sigmoid's inverse is $\\ln\\frac{s}{1-s}$:\n\n"
            "```python\ngate = 0.5 ** (1 / 100)\nanswer = np.log(gate / (1 - gate))\n"
            "print(answer, sigmoid(answer) ** 100)\n```",
        ],
    )


def exercise_3():
    return Exercise(
        judge=_judge_tagger,
        hints=[
            'Four layers, each of them in this chapter. `keras.Input((None,), dtype="int32")` takes any length.',
            "One output per step, so the GRU has to give back all its states, not the last one alone.",
            "`mask_zero=True` belongs to the layer that first sees the zeros.",
        ],
        solution=[
            "The order is: numbers in, a vector for each, a state for each, logits for each.",
            "```python\nanswer = keras.Sequential([\n"
            '    keras.Input((None,), dtype="int32"),\n'
            "    keras.layers.Embedding(30, 16, mask_zero=True),\n"
            "    keras.layers.GRU(32, return_sequences=True),\n"
            "    keras.layers.Dense(5),\n])\nanswer.summary()\n```",
            "Trained with `SparseCategoricalCrossentropy(from_logits=True)` it says for each letter one of five "
            "things, "
            "such as: vowel, consonant, digit, space, other. The loss leaves masked steps out by itself.",
        ],
    )


def _judge_tagger(model):
    """None where a model is the tagger that exercise 3 asks for, else what to think about."""
    import keras

    if not isinstance(model, keras.Model):
        return "The answer is a Keras model, such as `keras.Sequential([...])`."
    if tuple(model.input_shape) != (None, None):
        return f"It takes {model.input_shape}; batches of whole numbers, of any length, are (None, None)."
    if len(model.output_shape) != 3:
        return f"Its output has the shape {model.output_shape}: there is to be one for every step."
    if model.output_shape[-1] != 5:
        return f"It gives {model.output_shape[-1]} numbers per step; how many classes are there?"
    kinds = [type(layer) for layer in model.layers]
    if keras.layers.Embedding not in kinds or keras.layers.GRU not in kinds:
        return "Among its layers there is no Embedding, or no GRU that reads from left to right."
    embedding = next(layer for layer in model.layers if isinstance(layer, keras.layers.Embedding))
    gru = next(layer for layer in model.layers if isinstance(layer, keras.layers.GRU))
    if (embedding.input_dim, embedding.output_dim, gru.units) != (30, 16, 32):
        return (
            f"Sizes: {embedding.input_dim} symbols as vectors of {embedding.output_dim}, {gru.units} units of state. "
            "Compare with the question."
        )
    random = np.random.default_rng(0)
    x = random.integers(1, 30, (4, 9)).astype("int32")
    logits = np.asarray(model(x))
    if np.allclose(logits.sum(axis=-1), 1, atol=1e-4) and (logits >= 0).all():
        return "These are probabilities already; logits are asked for."
    changed = x.copy()
    changed[:, -1] = changed[:, -1] % 29 + 1
    if not np.allclose(logits[:, :-1], np.asarray(model(changed))[:, :-1], atol=1e-5):
        return "An early output changes with a later letter; nothing may look ahead."
    if not embedding.mask_zero:
        return "The states go on moving over padding (symbol 0)."
    return None


def exercise_4():
    return Exercise(
        hints=[
            "The forget gate's biases are the second block of `networks.bias`: for 32 units, columns 32 to 63.",
            "A learning rate that suits one start need not suit the other: give each its own, on other seeds.",
        ],
        solution=[
            "Train LSTMs from both starts, over several learning rates:\n\n"
            "```python\ndef copying_lstm(forget_bias, rate, seeds):\n"
            "    networks = models.RecurrentPopulation(\n"
            '        seeds, 6, 4, cell="lstm", units=32, last=3, tokens=True)\n'
            "    bias = networks.bias.numpy()\n"
            "    bias[..., 32:64] = forget_bias\n"
            "    networks.bias.assign(bias)\n"
            "    study = repeats.Repeats(\n"
            "        networks, recurrent_stacked.classification(), steps=300, batch_size=64,\n"
            "        optimizer=keras.optimizers.Adam(rate), jit_compile=False)\n"
            "    x, y = sequence_tasks.copying(300 * 64, 20, seed=1)\n"
            "    study.train(networks.get_weights(), x, y, seed=0)\n"
            '    return recurrent_memory.evaluate(networks, "copying", *test["copying"])\n```',
            "Choose each start's rate on seeds 100 to 102, and look at seeds 0 to 4 once:\n\n"
            "```python\nfor forget_bias in (1.0, 2.0, 5.0):\n"
            "    tried = {rate: copying_lstm(forget_bias, rate, range(100, 103)).mean()\n"
            "             for rate in (0.003, 0.006, 0.012, 0.024)}\n"
            "    rate = max(tried, key=tried.get)\n"
            "    print(forget_bias, rate, copying_lstm(forget_bias, rate, range(5)).round(2))\n```",
            "The gradient figure says that the open gate lets a gradient through from the start. That alone need not "
            "be enough: what is kept must also be told apart. Compare with the table in *How long does it "
            "remember?*, and say what you "
            "see, also if it is not what you predicted.",
        ],
    )


def exercise_5():
    return Exercise(
        hints=[
            "The mean of five forecasts that err in different ways errs less than they do on average: take it first.",
            "Where windows are drawn at random, nearly each test window has a training window one day off. How "
            "much does "
            "that flatter the skill? Try it before you trust any skill.",
        ],
        solution=[
            "Write down first what counts as success, such as: the whole interval of the skill above 0.",
            "An average of networks, chosen on the validation year, judged once on the test year:\n\n"
            "```python\ntrain, validation, test_windows = parts\n"
            "def mean_of_five(windows, steps, rate):\n"
            "    made = forecasting_experiments.train(train, steps=steps, learning_rate=rate)(windows)\n"
            "    return forecasting.squared_errors(made.mean(axis=-1), windows)\n\n"
            "tried = {(steps, rate): np.nanmean(mean_of_five(validation, steps, rate))\n"
            "         for steps in (50, 100, 200) for rate in (0.0015, 0.003)}\n"
            "chosen = min(tried, key=tried.get)\n"
            "average = mean_of_five(test_windows, *chosen)\n"
            "base = errors[best]\n"
            "print(chosen, forecasting.skill(average, base),\n"
            "      forecasting.skill_interval(average, base, block=30))\n```",
            "If the interval contains 0 the honest sentence is: not settled by one year of weather. An answer "
            "that reports "
            "the best of many tries on the test year has measured its own patience.",
        ],
    )
