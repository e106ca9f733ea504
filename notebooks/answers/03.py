"""Answers of chapter 03's exercises."""

import numpy as np

from dlcourse.exercises import Exercise


def exercise_1():
    chi, steps = 1.21, 50 - 1
    return Exercise(
        expected=np.sqrt(chi) ** steps,
        tolerance=1e-3,
        wrong=[
            (chi**steps, "χ is the factor of the squared norm."),
            (np.sqrt(chi) ** (steps + 1), "Count the steps between the first layer and the last."),
            (chi ** (steps + 1), "χ is the factor of the squared norm; and count the steps between the layers."),
            (1 + (np.sqrt(chi) - 1) * steps, "Layers don't add up. What do they do?"),
        ],
        hints=[
            "What is the derivative of a linear unit? Put it into χ.",
            "χ belongs to the squared norm. How many layers does the gradient pass from the last to the first?",
        ],
        solution=[
            "A linear unit has $\\varphi' = 1$, so $\\chi = \\sigma_w^2$, and the norm grows by $\\sqrt{1.21} = 1.1$ "
            "per step.",
            "From the last of 50 layers to the first there are 49 steps: `answer = 1.1**49`, about 107.",
        ],
    )  # fmt: skip


def exercise_2():
    slope = 0.2
    return Exercise(
        expected=2 / (1 + slope**2),
        tolerance=1e-3,
        wrong=[
            (2.0, "That is ReLU's. Here the negative half passes something on."),
            (2 / (1 + slope), "In χ slopes don't enter as they are."),
            (1 / (1 + slope**2), "Half of the units are above zero, half below."),
            ((1 + slope**2) / 2, "That is the mean squared slope. By what must it be multiplied to give 1?"),
        ],
        hints=[
            "Half of all pre-activations are positive, whatever their variance.",
            "Write down $\\mathbb{E}\\,\\varphi'^2$ as the mean of two numbers.",
        ],
        solution=[
            "$\\mathbb{E}\\,\\varphi'^2 = \\tfrac12 \\cdot 1^2 + \\tfrac12 a^2 = \\tfrac12 (1 + a^2)$, at any "
            "variance.",
            "$\\chi = \\sigma_w^2 \\cdot \\tfrac12 (1 + a^2) = 1$ gives $\\sigma_w^2 = 2 / (1 + a^2)$: "
            "`answer = 2 / (1 + 0.2**2)`. He et al. 2015 have it for their PReLU.",
        ],
    )  # fmt: skip


def exercise_3():
    return Exercise(
        judge=_judge_deep_sigmoids,
        hints=[
            "Count first: how many Dense layers have a sigmoid? A plain stack of them has the loss of this chapter's "
            "first section.",
            "Three ways of this chapter keep a sigmoid network's gradient alive: a start, a normalisation, and a link.",
            "In the functional API a link is `h = keras.layers.add([h, step])`; both must have the same shape.",
        ],
        solution=[
            """
            With residual links, the sigmoid before each kernel:

            ```python
            inputs = keras.Input((8, 8, 1))
            h = keras.layers.Dense(64)(keras.layers.Flatten()(inputs))
            for _ in range(30):
                step = keras.layers.Dense(64, activation="sigmoid")(h)
                h = keras.layers.add([h, step])
            answer = keras.Model(inputs, keras.layers.Dense(10)(h))
            ```
            """,
            """
            With batch normalisation instead, each layer is

            ```python
            h = keras.layers.Dense(64)(h)
            h = keras.layers.BatchNormalization()(h)
            h = keras.layers.Activation("sigmoid")(h)
            ```

            And with a start alone, `kernel_initializer=keras.initializers.RandomNormal(stddev=(103 / 64) ** 0.5)`: its
            gradient arrives as well. Train all three before you choose: an arriving gradient isn't enough.
            """,
        ],
    )


def _judge_deep_sigmoids(model):
    """None where a Keras model has 30 sigmoids of 64 units in a row and its first one's gradient is alive."""
    import keras
    import tensorflow as tf

    if not isinstance(model, keras.Model):
        return "The answer is a keras.Model: `answer = model`."
    if model.input_shape[1:] != (8, 8, 1) or model.output_shape[1:] != (10,):
        return (
            f"It should map (8, 8, 1) to (10,), and maps {model.input_shape[1:]} to {model.output_shape[1:]}."
        )
    deep = [layer for layer in model.layers if _is_sigmoid(layer) and layer.output.shape[1:] == (64,)]
    if len(deep) < 30:
        return f"It has {len(deep)} sigmoid layers of 64 units; 30 are asked for."
    with_kernel = [layer for layer in model.layers if hasattr(layer, "kernel")]
    if len(with_kernel) < 31:
        return (
            f"It has {len(with_kernel)} layers with a kernel: one for each sigmoid, and one for the logits."
        )
    random = np.random.default_rng(0)
    x, y = random.uniform(size=(64, 8, 8, 1)).astype("float32"), np.arange(64) % 10
    with tf.GradientTape() as tape:
        loss = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(y, model(x, training=True)))
    kernels = [layer.kernel for layer in with_kernel]
    found = tape.gradient(loss, kernels)
    if any(gradient is None for gradient in found):
        return "Some kernel has no part in the output."
    norms = [float(tf.norm(gradient)) for gradient in found]
    if norms[0] < 0.01 * norms[-2]:
        return "The first kernel's gradient still arrives as less than a hundredth of the last hidden one's."
    if norms[0] > 100 * norms[-2]:
        return (
            "Now the first kernel's gradient is more than a hundred times the last hidden one's: it explodes."
        )
    return None


def _is_sigmoid(layer):
    activation = getattr(layer, "activation", None)
    return getattr(activation, "__name__", "") == "sigmoid"


def exercise_4():
    return Exercise(
        hints=[
            "Multiply one kernel by $c > 0$. What happens to the output of a ReLU network without biases?",
            "The loss as a function of that $c$ is the same function, whichever layer was scaled. Differentiate it at "
            "$c = 1$.",
        ],
        solution=[
            "Since $\\operatorname{ReLU}(c h) = c \\operatorname{ReLU}(h)$ for $c > 0$, scaling $W_l$ by $c$ scales "
            "the logits by $c$, whichever layer it is.",
            "So the loss as a function of $c$ is the same function $g(c)$ for all $l$. Its derivative at $c = 1$ is "
            "$\\langle W_l, \\partial L / \\partial W_l \\rangle$, by the chain rule: the same number for all $l$.",
            """
            With kernels of equal norm the gradients of all layers have equal components along their own kernels: none
            need be smaller because its signal died. The biases of these networks start at 0, where they change nothing.

            ```python
            import tensorflow as tf
            networks = models.DeepNetworks((8, 8, 1), 10, depth=20, width=32, seeds=range(5),
                                           activation="relu", dtype="float64")
            with tf.GradientTape() as tape:
                loss, _ = networks.objective(networks, sample, training=True)
            gradient = tape.gradient(loss, networks.hidden.value)
            inner = tf.reduce_sum(networks.hidden * gradient, axis=(2, 3))
            print(inner.numpy())   # (layers, networks): equal down each column
            ```
            """,
        ],
    )


def exercise_5():
    return Exercise(
        hints=[
            "Residual links make each layer add to what is there: its kernels may be small, such that all layers "
            "together add as much as one.",
            "`deep_network_cures.accuracy_by_rate` trains several learning rates at once: "
            '`{"depth": 100, "residual": True, "activation": "tanh", "weight_variance": 0.01}`.',
        ],
        solution=[
            "Prediction: with $h \\to h + W \\tanh(h)$ each layer multiplies a squared gradient norm by at "
            "most about $1 + \\sigma_w^2$. With $\\sigma_w^2 = 1/L$ that is $(1 + 1/L)^L < e$ at any depth $L$: size "
            "alone sets no limit.",
            """
            Choose the rate on the validation digits, and judge once on the test digits:

            ```python
            options = {"depth": 100, "residual": True, "activation": "tanh", "weight_variance": 0.01}
            rates = [2.0**-11, 2.0**-10, 2.0**-9, 2.0**-8, 2.0**-7]
            tried = deep_network_cures.accuracy_by_rate(
                options, rates, range(5, 7), digits.train, digits.validation
            )
            best = rates[tried.mean(axis=1).argmax()]
            [reached] = deep_network_cures.accuracy_by_rate(
                options, [best], range(3), digits.train, digits.test
            )
            print(tried.mean(axis=1), best, reached)
            ```
            """,
            "A hundred layers read about nine digits in ten, after a minute or two. What stops one then is time. With "
            "$\\sigma_w^2 = 1/L$ most layers hardly differ from the identity, so that a layer more may buy little. "
            "This chapter has no measure of what a layer contributes: leave single layers out of the trained network, "
            "and see what it loses.",
        ],
    )
