"""Answers of chapter 02's exercises."""

import itertools

import numpy as np

from dlcourse.exercises import Exercise


def exercise_1():
    x, w, target = np.array([3.0, 1.0]), np.array([0.5, -1.5]), 0.0
    y = 1 / (1 + np.exp(-w @ x))
    dE_dz = (y - target) * y * (1 - y)
    return Exercise(
        expected=dE_dz * x[0],
        wrong=[
            (-dE_dz * x[0], "Look at the sign: is the output above or below its target?"),
            ((y - target) * x[0], "One factor of the chain is missing: what does the sigmoid do to a change of z?"),
            (dE_dz, "That is the derivative by z. There is one more link, from z to the weight."),
        ],
        hints=[
            "Begin with z. What is the sigmoid of it? No table is needed.",
            "Three factors: from E to y, from y to z, from z to the weight.",
        ],
        solution=[
            "Forward: $z = 0.5 \\cdot 3 - 1.5 \\cdot 1 = 0$, so $y = \\sigma(0) = 0.5$.",
            "Backward: $dE/dy = y - t = 0.5$, and $dE/dz = 0.5 \\cdot 0.5 \\cdot (1 - 0.5) = 0.125$.",
            "Last link: $dE/dw_1 = dE/dz \\cdot x_1 = 0.125 \\cdot 3 = 0.375$, so `answer = 0.375`.",
        ],
    )  # fmt: skip


def exercise_2():
    batch, widths = 64, [784, 128, 10]
    products = [batch * fan_in * fan_out for fan_in, fan_out in itertools.pairwise(widths)]
    forward = sum(products)
    return Exercise(
        expected=3 * forward - products[0],
        wrong=[
            (forward, "That is the forward pass alone."),
            (2 * forward, "Each layer has one product forward. How many has it backward?"),
            (3 * forward, "One product too many: which gradient does nobody need?"),
            ((3 * forward - products[0]) / batch, "That is for one example."),
        ],
        hints=[
            "A product of shapes $(n, a)$ and $(a, b)$ takes $n a b$ multiplications.",
            "Backward a layer has two products: $A^\\top \\delta$ for its weights, and $\\delta W^\\top$ for the layer "
            "before. The first layer has no layer before.",
        ],
        solution=[
            "Forward: $F = 64 \\cdot (784 \\cdot 128 + 128 \\cdot 10)$.",
            "Backward: $A^\\top \\delta$ in both layers, $F$ again; $\\delta W^\\top$ in the second alone, "
            "$64 \\cdot 128 \\cdot 10$.",
            """
            ```python
            forward = 64 * (784 * 128 + 128 * 10)
            answer = 2 * forward + 64 * 128 * 10
            ```

            It is about twice the forward pass, and not three times, since the large first layer hands nothing on.
            """,
        ],
    )  # fmt: skip


def exercise_3():
    def judge(divide):
        if not callable(divide):
            return "The answer is a function: `answer = divide`, without parentheses."
        for a, b in [(1.2, -0.4), (-3.0, 2.0), (0.0, 5.0)]:
            node = divide(a, b)
            if not hasattr(node, "parents") or not np.isclose(node.value, a / b):
                return f"divide({a}, {b}) should give a Node whose value is the quotient."
            if len(node.parents) != 2:
                return "The Node should have two parents, numerator and denominator, as in multiply()."
            for (_, pullback), (shift_a, shift_b), which in zip(
                node.parents, [(1e-6, 0), (0, 1e-6)], ["numerator", "denominator"], strict=True
            ):
                slope = ((a + shift_a) / (b + shift_b) - (a - shift_a) / (b - shift_b)) / 2e-6
                if not np.isclose(pullback(1.0), slope, atol=1e-8):
                    return (
                        f"At a = {a}, b = {b} the {which}'s pullback is not what a difference quotient gives."
                    )
                if not np.isclose(pullback(-2.0), -2 * slope, atol=1e-8):
                    return f"The {which}'s pullback should multiply what arrives, g, by its derivative."
        return None

    return Exercise(
        judge=judge,
        hints=[
            "Take `multiply` as a pattern: values first, then a pair (parent, pullback) for each parent.",
            "By $a$ the derivative is $1/b$. By $b$ it is not: write $a/b$ as $a \\cdot b^{-1}$.",
        ],
        solution=[
            """
            ```python
            def divide(a, b):
                a, b = node(a), node(b)
                back = [(a, lambda g: g / b.value), (b, lambda g: -g * a.value / b.value**2)]
                return Node(a.value / b.value, "÷", back)

            answer = divide
            ```
            """,
            """
            The softmax of two nodes is then built without deriving anything, and is a sigmoid of their difference:

            ```python
            p, q = Node(1.2, "p"), Node(-0.4, "q")
            exp_p, exp_q = [elementwise(one, np.exp, np.exp, "exp") for one in (p, q)]
            backpropagate(divide(exp_p, exp_p + exp_q))
            print(p.gradient, d_sigmoid(1.2 + 0.4))
            ```

            `exp_p` is used twice, so an engine that overwrites gets it wrong.
            """,
        ],
    )


def exercise_4():
    return Exercise(
        judge=_judge_sign_descent,
        hints=[
            "Only what `apply` gets has to change in the `train_step` of the chapter's class.",
            "`tf.sign` of each gradient, before the optimizer gets it. `self.optimizer.apply(gradients, variables)` "
            "then moves each weight by the learning rate.",
        ],
        solution=[
            """
            ```python
            class SignDescent(keras.Model):
                def train_step(self, data):
                    x, y = data
                    with tf.GradientTape() as tape:
                        loss = self.compute_loss(x, y, self(x, training=True))
                    gradients = tape.gradient(loss, self.trainable_variables)
                    signs = [tf.sign(gradient) for gradient in gradients]
                    self.optimizer.apply(signs, self.trainable_variables)
                    return {"loss": loss}

            answer = SignDescent
            ```
            """,
            """
            Adam with $\\beta_1 = \\beta_2 = 0$ does the same, up to $\\epsilon$: $g / \\sqrt{g^2}$ is the sign. So a
            step of Adam says more about how *consistent* a gradient is than about how large it is.

            ```python
            optimizer = keras.optimizers.Adam(0.01, beta_1=0.0, beta_2=0.0)
            ```
            """,
        ],
    )


def _judge_sign_descent(model_class):
    """None where the class is a keras.Model whose steps move each weight by the learning rate, against its gradient."""
    import keras
    import tensorflow as tf

    if not (isinstance(model_class, type) and issubclass(model_class, keras.Model)):
        return "The answer is a class that inherits from keras.Model: `answer = SignDescent`."
    random = np.random.default_rng(0)
    x, y = random.normal(size=(8, 3)).astype("float32"), np.arange(8) % 2
    inputs = keras.Input((3,))
    draw = keras.initializers.GlorotUniform
    hidden = keras.layers.Dense(4, activation="tanh", kernel_initializer=draw(1))(inputs)
    outputs = keras.layers.Dense(2, kernel_initializer=draw(2))(hidden)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model = model_class(inputs, outputs)
    model.compile(optimizer=keras.optimizers.SGD(0.25), loss=loss)
    with tf.GradientTape() as tape:
        value = loss(y, model(x))
    gradients = tape.gradient(value, model.trainable_variables)
    before = [variable.numpy() for variable in model.trainable_variables]
    model.fit(x, y, batch_size=8, epochs=1, shuffle=False, verbose=0)
    moves = [variable.numpy() - old for variable, old in zip(model.trainable_variables, before, strict=True)]
    if not any(move.any() for move in moves):
        return "After one step no weight has moved. Does train_step call the optimizer?"
    if all(
        np.allclose(move, -0.25 * gradient, atol=1e-6)
        for move, gradient in zip(moves, gradients, strict=True)
    ):
        return "That is gradient descent still: the steps are as long as the gradients."
    if all(
        np.allclose(move, 0.25 * np.sign(gradient), atol=1e-6)
        for move, gradient in zip(moves, gradients, strict=True)
    ):
        return "The steps have the right length, and go uphill."
    if not all(
        np.allclose(move, -0.25 * np.sign(gradient), atol=1e-6)
        for move, gradient in zip(moves, gradients, strict=True)
    ):
        return "Some weight moves by something else than the learning rate, against the sign of its gradient."
    return None


def exercise_5():
    return Exercise(
        hints=[
            "Write $E(w + ih)$ as a Taylor series, and look at its imaginary part alone.",
            "The rounding error of a difference quotient comes from subtracting two nearly equal numbers. Where is the "
            "subtraction here?",
        ],
        solution=[
            "$E(w + ih) = E(w) + i h E'(w) - \\frac{h^2}{2} E''(w) - \\dots$, so "
            "$\\operatorname{Im} E(w + ih) / h = E'(w) + O(h^2)$: truncation as for central differences. But nothing "
            "is subtracted: the imaginary part has digits of its own. So there is no left branch.",
            """
            `forward` and `cross_entropy` run on complex arrays, but `max` compares complex numbers by their real
            parts first, which is what is wanted here. tanh is analytic; ReLU isn't.

            ```python
            layers = initial([64, 16, 10], seed=0)
            direction = np.random.default_rng(0).normal(size=len(flat(layers)))
            true = direction @ gradient_of(layers, *batch, np.tanh, d_tanh)
            for h in (1e-2, 1e-5, 1e-10, 1e-100):
                moved = shaped(flat(layers) + 1j * h * direction, layers)
                slope = loss_of(moved, *batch, np.tanh).imag / h
                print(h, abs(slope / true - 1))
            ```

            At $h = 10^{-100}$ the slope is right to rounding.
            """,
            "Its price is that every operation has to know complex numbers, and be analytic where it is used: no "
            "absolute value, no library that casts to real numbers. It costs a pass for each direction, as forward "
            "mode does, and *is* forward mode, with $i h$ in the role of the direction.",
        ],
    )
