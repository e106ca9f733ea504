"""What chapter 02 defines, against scikit-learn, SciPy, Keras, complex steps and calculations by hand."""

import ast
import itertools

import chapter_code
import numpy as np
import pytest
from scipy import differentiate
from sklearn import linear_model, metrics, neural_network

from dlcourse import datasets, exercises, training
from dlcourse.figures import backpropagation, charts
from dlcourse.from_scratch import operation_count


@pytest.fixture(scope="module")
def chapter():
    def operator(statement):  # of the engine, given to Node after its class
        assigned = isinstance(statement, ast.Assign) and isinstance(statement.targets[0], ast.Attribute)
        return assigned and ast.unparse(statement.targets[0].value) == "Node"

    return chapter_code.definitions("02", also=operator)


def problem(seed, widths, examples):
    random = np.random.default_rng(seed)
    layers = [
        (random.normal(size=(a, b)) / np.sqrt(a), random.normal(size=b) / 3)
        for a, b in itertools.pairwise(widths)
    ]
    labels = random.integers(widths[-1], size=examples)
    return layers, random.normal(size=(examples, widths[0])), labels


def relu(z):
    return np.maximum(z, 0)


def d_relu(z):
    return (z > 0) * 1.0


SIZES = [([3, 4], 5), ([4, 3, 3], 1), ([5, 7, 7, 4], 20), ([6, 8, 5, 9, 8, 10], 33)]


# The network


@pytest.mark.parametrize(("widths", "examples"), [size for size in SIZES if size[0][-1] > 2])
@pytest.mark.parametrize("activation", ["tanh", "relu"])
def test_gradients_are_scikit_learns(chapter, widths, examples, activation):
    layers, x, _ = problem(1, widths, examples)
    labels = np.arange(examples) % widths[-1]
    network = neural_network.MLPClassifier(
        widths[1:-1],
        activation=activation,
        solver="sgd",
        alpha=0,
        learning_rate_init=0.5,
        momentum=0,
        nesterovs_momentum=False,
        batch_size=examples,
        shuffle=False,
    )
    network.partial_fit(x, labels, classes=np.arange(widths[-1]))
    network.coefs_ = [weights.copy() for weights, _ in layers]
    network.intercepts_ = [bias.copy() for _, bias in layers]
    network.partial_fit(x, labels)  # one step: the old weights less 0.5 times the gradient
    f, df = {"tanh": (np.tanh, chapter.d_tanh), "relu": (relu, d_relu)}[activation]
    gradients = chapter.backward(layers, *chapter.forward(layers, x, f), labels, df)
    for (dW, db), (W, b), new_W, new_b in zip(
        gradients, layers, network.coefs_, network.intercepts_, strict=True
    ):
        assert dW == pytest.approx((W - new_W) / 0.5, abs=1e-13)
        assert db == pytest.approx((b - new_b) / 0.5, abs=1e-13)


@pytest.mark.parametrize(("widths", "examples"), SIZES)
def test_gradients_are_the_complex_steps(chapter, widths, examples):
    layers, x, labels = problem(2, widths, examples)
    gradients = chapter.backward(layers, *chapter.forward(layers, x, np.tanh), labels, chapter.d_tanh)

    def loss(parameters):  # written out anew, analytic in every parameter
        a = x
        for number, (weights, bias) in enumerate(parameters):
            z = a @ weights + bias
            a = np.tanh(z) if number < len(parameters) - 1 else z
        return np.mean(np.log(np.exp(a).sum(axis=1)) - a[np.arange(len(labels)), labels])

    for layer in range(len(layers)):
        for part in (0, 1):
            for index in np.ndindex(layers[layer][part].shape):
                moved = [[array.astype(complex) for array in pair] for pair in layers]
                moved[layer][part][index] += 1e-30j
                assert gradients[layer][part][index] == pytest.approx(
                    loss(moved).imag / 1e-30, rel=1e-10, abs=1e-14
                )


def test_loss_is_scikit_learns_also_for_huge_logits(chapter):
    logits = np.random.default_rng(0).normal(size=(30, 5)) * 3
    labels = np.arange(30) % 5
    probabilities = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    assert chapter.cross_entropy(logits, labels) == pytest.approx(metrics.log_loss(labels, probabilities))
    assert chapter.cross_entropy(logits + 1e4, labels) == pytest.approx(chapter.cross_entropy(logits, labels))
    assert np.isfinite(chapter.output_delta(logits * 1e4, labels)).all()
    assert chapter.output_delta(logits, labels).sum(axis=1) == pytest.approx(0)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_initial_weights(chapter, dtype):
    layers = chapter.initial([200, 100, 10], seed=3, dtype=dtype)
    assert [(W.shape, b.shape, W.dtype, b.dtype) for W, b in layers] == [
        ((200, 100), (100,), dtype, dtype),
        ((100, 10), (10,), dtype, dtype),
    ]
    assert layers[0][0].var() == pytest.approx(2 / 300, rel=0.03)  # Glorot & Bengio 2010
    assert np.abs(layers[0][0]).max() <= np.sqrt(6 / 300) and not layers[0][1].any()


@pytest.mark.parametrize(("widths", "examples"), SIZES)
def test_flat_and_shaped_are_inverse(chapter, widths, examples):
    layers, _, _ = problem(0, widths, examples)
    vector = np.arange(len(chapter.flat(layers)), dtype="float64")
    again = chapter.shaped(vector, layers)
    assert (chapter.flat(again) == vector).all()
    assert [a.shape for pair in again for a in pair] == [a.shape for pair in layers for a in pair]


def test_difference_quotients_are_the_gradient(chapter):
    layers, x, labels = problem(4, [3, 4, 3], 6)
    found = chapter.numeric_gradient(layers, x, labels, np.tanh)
    assert found == pytest.approx(chapter.gradient_of(layers, x, labels, np.tanh, chapter.d_tanh), abs=1e-9)


def test_training_repeats_and_yields_every_epoch(chapter):
    layers, x, labels = problem(5, [3, 8, 2], 40)
    runs = [
        list(
            chapter.train(
                layers, x, labels, np.tanh, chapter.d_tanh, learning_rate=0.5, epochs=30, seed=1, batch_size=8
            )
        )
        for _ in range(2)
    ]
    assert len(runs[0]) == 30
    assert (chapter.flat(runs[0][-1]) == chapter.flat(runs[1][-1])).all()
    losses = [chapter.loss_of(epoch, x, labels, np.tanh) for epoch in runs[0]]
    assert losses[-1] < losses[0]


# The automatic differentiation engine


BROADCASTS = [
    ((), ()),
    ((3,), (3,)),
    ((4, 3), (3,)),
    ((4, 3), ()),
    ((4, 1), (1, 3)),
    ((3,), (4, 3)),
    ((2, 4, 3), (4, 1)),
]


@pytest.mark.parametrize(("a_shape", "b_shape"), BROADCASTS)
def test_engine_broadcasts(chapter, a_shape, b_shape):
    random = np.random.default_rng(0)
    a, b = random.normal(size=a_shape), random.normal(size=b_shape)

    def value(a, b):
        return (a * b + a - b * b).sum()

    node_a, node_b = chapter.Node(a), chapter.Node(b)
    chapter.backpropagate(chapter.total(node_a * node_b + node_a - node_b * node_b))
    for node, place in [(node_a, 0), (node_b, 1)]:
        assert node.gradient.shape == node.value.shape
        for index in np.ndindex(node.value.shape):
            moved = [a.astype(complex), b.astype(complex)]
            moved[place][index] += 1e-30j
            assert node.gradient[index] == pytest.approx(value(*moved).imag / 1e-30)


@pytest.mark.parametrize(("n", "k", "m"), [(1, 1, 1), (2, 3, 4), (7, 5, 1)])
def test_engine_matrix_product(chapter, n, k, m):
    random = np.random.default_rng(1)
    a, b = chapter.Node(random.normal(size=(n, k))), chapter.Node(random.normal(size=(k, m)))
    weights = random.normal(size=(n, m))
    chapter.backpropagate(chapter.total(a @ b * weights))
    assert a.gradient == pytest.approx(np.einsum("nm,km->nk", weights, b.value))
    assert b.gradient == pytest.approx(np.einsum("nm,nk->km", weights, a.value))


def test_engine_adds_over_paths(chapter):
    x = chapter.Node(3.0)
    chapter.backpropagate(x * x + x)
    assert x.gradient == 7
    y = chapter.Node(2.0)
    chapter.backpropagate(y * y * y * y)
    assert y.gradient == 32
    chapter.backpropagate(y + y)  # starts afresh
    assert y.gradient == 2


def test_engine_follows_a_long_chain(chapter):
    x = chapter.Node(1.0)
    value = x
    for _ in range(5000):  # longer than Python's stack
        value = value + x
    chapter.backpropagate(value)
    assert x.gradient == 5001


@pytest.mark.parametrize("at", [-1.3, 0.2, 2.0])
def test_engine_chain_of_functions(chapter, at):
    def whole(x):
        return np.tanh(np.exp(0.3 * x)) * x

    x = chapter.Node(at)
    inner = chapter.elementwise(0.3 * x, np.exp, np.exp, "exp")
    chapter.backpropagate(chapter.elementwise(inner, np.tanh, chapter.d_tanh, "tanh") * x)
    assert x.gradient == pytest.approx(differentiate.derivative(whole, at).df, rel=1e-8)


@pytest.mark.parametrize(("widths", "examples"), SIZES)
def test_engine_gives_the_networks_gradients(chapter, widths, examples):
    layers, x, labels = problem(3, widths, examples)
    engine = chapter.engine_gradients(layers, x, labels, np.tanh, chapter.d_tanh)
    formulas = chapter.backward(layers, *chapter.forward(layers, x, np.tanh), labels, chapter.d_tanh)
    assert chapter.worst(engine, formulas) < 1e-12


def test_engine_names_what_is_wrong(chapter):
    with pytest.raises(ValueError, match=r"starts at one number.*\(2,\)"):
        chapter.backpropagate(chapter.Node([1.0, 2.0]))
    with pytest.raises(ValueError, match="expected a number or an array"):
        chapter.Node("three")
    with pytest.raises(ValueError, match="expected a number or an array"):
        chapter.Node([[1, 2], [3]])
    with pytest.raises(ValueError, match="not finite"), np.errstate(all="ignore"):
        chapter.elementwise(chapter.Node(1e4), np.exp, np.exp, "exp")
    for a, b in [((2, 3), (2, 3)), ((3,), (3, 2)), ((2, 3), (3,))]:
        with pytest.raises(ValueError, match="takes"):
            chapter.Node(np.ones(a)) @ chapter.Node(np.ones(b))
    with pytest.raises(ValueError, match="broadcast"):
        chapter.Node(np.ones(3)) + chapter.Node(np.ones(4))


# Forward mode, and what it costs


@pytest.mark.parametrize(("widths", "examples"), SIZES)
def test_forward_mode(chapter, widths, examples):
    layers, x, labels = problem(6, widths, examples)
    direction, _, _ = problem(7, widths, examples)
    moved = [(W + 1e-30j * dW, b + 1e-30j * db) for (W, b), (dW, db) in zip(layers, direction, strict=True)]
    slope = chapter.loss_of(moved, x, labels, np.tanh).imag / 1e-30
    found = chapter.directional_derivative(layers, direction, x, labels, np.tanh, chapter.d_tanh)
    assert found == pytest.approx(slope, rel=1e-11)
    assert chapter.tape_forward(layers, direction, x, labels) == pytest.approx(slope, rel=1e-11)


@pytest.mark.parametrize(("widths", "examples"), SIZES)
def test_multiplications_of_a_backward_pass(chapter, widths, examples):
    layers, x, labels = problem(8, widths, examples)
    products = [examples * a * b for a, b in itertools.pairwise(widths)]
    expected = 3 * sum(products) - products[0]
    assert chapter.multiplications(chapter.whole_gradient_reverse, layers, x, labels) == expected
    parameters = sum(array.size for pair in layers for array in pair)
    assert chapter.multiplications(chapter.whole_gradient_forward, layers, x, labels) == expected * parameters


@pytest.mark.parametrize(("n", "k", "m"), [(1, 1, 1), (2, 3, 5), (10, 1, 4)])
def test_tally_counts_products_alone_and_changes_nothing(n, k, m):
    a, b = np.arange(n * k, dtype="float64").reshape(n, k), np.ones((k, m))
    count = operation_count.Tally()
    product = np.tanh(count.array(a)) @ b
    product += 1.0
    assert count.multiplications == n * k * m
    assert (np.asarray(product) == np.tanh(a) @ b + 1).all()
    assert ((count.array(a) > 1).sum(), count.multiplications) == ((a > 1).sum(), n * k * m)
    product.T @ product
    assert count.multiplications == n * k * m + m * n * m
    assert operation_count.Tally().multiplications == 0


def test_tally_takes_numbers_only():
    with pytest.raises(TypeError, match="numbers"):
        operation_count.Tally().array(["a", "b"])


# Updating in passing


def test_update_in_passing_by_hand(chapter):
    (first, second), x, labels = problem(9, [4, 3, 2], 5)
    passed, rate = chapter.forward([first, second], x, np.tanh), 0.7
    delta = chapter.output_delta(passed[1][-1], labels)
    changed = second[0] - rate * np.tanh(x @ first[0] + first[1]).T @ delta
    hidden = delta @ changed.T * (1 - np.tanh(x @ first[0] + first[1]) ** 2)
    found = chapter.step_in_passing([first, second], *passed, labels, chapter.d_tanh, rate)
    assert found[1][0] == pytest.approx(changed)
    assert found[0][0] == pytest.approx(first[0] - rate * x.T @ hidden)
    assert found[0][1] == pytest.approx(first[1] - rate * hidden.sum(axis=0))


@pytest.mark.parametrize(("widths", "examples"), SIZES)
def test_update_in_turn_is_gradient_descent(chapter, widths, examples):
    layers, x, labels = problem(10, widths, examples)
    passed = chapter.forward(layers, x, np.tanh)
    in_turn = chapter.step_in_turn(layers, *passed, labels, chapter.d_tanh, 0.3)
    plain = chapter.gradient_step(layers, *passed, labels, chapter.d_tanh, 0.3)
    assert (chapter.flat(in_turn) == chapter.flat(plain)).all()


def test_angle(chapter):
    assert chapter.angle(np.array([1.0, 0]), np.array([1.0, 1])) == pytest.approx(45)
    assert chapter.angle(np.array([2.0, 0]), np.array([-1.0, 0])) == pytest.approx(180)


# Convergence and optimisers


def test_ridge_has_scikit_learns_optimum(chapter):
    random = np.random.default_rng(0)
    x, y = random.normal(size=(60, 4)) * [1, 5, 0.1, 2] + 3, random.normal(size=60)
    hessian, right_side = chapter.ridge(x, y, 0.2)
    scaled = (x - x.mean(axis=0)) / x.std(axis=0)
    expected = linear_model.Ridge(alpha=0.2 * 60, solver="cholesky").fit(scaled, y).coef_
    assert np.linalg.solve(hessian, right_side) == pytest.approx(expected, rel=1e-10)


@pytest.mark.parametrize("dimensions", [1, 3, 10])
def test_descent_has_its_closed_form(chapter, dimensions):
    random = np.random.default_rng(dimensions)
    root = random.normal(size=(dimensions, dimensions))
    hessian, right_side = root @ root.T + np.eye(dimensions), random.normal(size=dimensions)
    rate = 1 / np.linalg.eigvalsh(hessian)[-1]
    optimum = np.linalg.solve(hessian, right_side)
    path = chapter.descend(hessian, right_side, rate, steps=20)
    expected = optimum - np.linalg.matrix_power(np.eye(dimensions) - rate * hessian, 20) @ optimum
    assert path.shape == (21, dimensions)
    assert path[-1] == pytest.approx(expected, rel=1e-10)


@pytest.mark.parametrize("dimensions", [1, 2, 7])
def test_optimisers_are_keras(chapter, dimensions):
    import keras

    random = np.random.default_rng(dimensions)
    hessian, start = np.diag(random.uniform(0.1, 1, dimensions)), random.normal(size=dimensions)
    for rule, optimizer, options in [
        (chapter.gradient_descent, keras.optimizers.SGD(0.25), {}),
        (chapter.momentum, keras.optimizers.SGD(0.25, momentum=0.75), {"beta": 0.75}),
        (
            chapter.adam,
            keras.optimizers.Adam(0.125, beta_1=0.75, beta_2=0.9375),
            {"beta_1": 0.75, "beta_2": 0.9375},
        ),
        (
            chapter.adam,
            keras.optimizers.Adam(0.125, beta_1=0.75, beta_2=0.9375, amsgrad=True),
            {"beta_1": 0.75, "beta_2": 0.9375, "amsgrad": True},
        ),
        (chapter.nesterov, keras.optimizers.SGD(0.25, momentum=0.75, nesterov=True), {"beta": 0.75}),
        (
            chapter.rmsprop,
            keras.optimizers.RMSprop(0.125, rho=0.75, epsilon=2**-20),
            {"rho": 0.75, "epsilon": 2**-20},
        ),
        (
            chapter.rmsprop,
            keras.optimizers.RMSprop(0.125, rho=0.75, momentum=0.5, epsilon=2**-20),
            {"rho": 0.75, "momentum": 0.5, "epsilon": 2**-20},
        ),
    ]:
        own = chapter.walk(rule, hessian, start, float(optimizer.learning_rate), 40, **options)
        theirs = chapter.keras_walk(optimizer, hessian, start, 40)
        assert own == pytest.approx(theirs, rel=1e-12, abs=1e-12)


@pytest.mark.parametrize("rate", [0.3, 1.2, 1.7])
def test_steps_needed_of_gradient_descent_are_its_closed_form(chapter, rate):
    # both directions alike: the loss is (1 - rate)^(2 t) times that of the start
    start, factor = np.array([[3.0, 4.0], [0.3, 0.4]]), abs(1 - rate)
    expected = [
        next(t for t in itertools.count() if 0.5 * norm**2 * factor ** (2 * t) < 1e-6) for norm in (5, 0.5)
    ]
    found = chapter.steps_needed(chapter.gradient_descent, np.eye(2), start, [rate, 2.5], limit=400)
    assert found[:, 0].tolist() == expected and found[:, 1].tolist() == [400, 400]


def test_steps_needed_asks_for_calm(chapter):
    def rule(w, g, state, t, learning_rate):  # low at once, high again at step 50, then low
        return np.full_like(w, 1.0 if t == 50 else 0.0), state

    found = [chapter.steps_needed(rule, np.eye(2), np.ones((1, 2)), [1.0], 400, calm) for calm in (20, 200)]
    assert [int(steps[0, 0]) for steps in found] == [1, 51]


def test_several_walks_at_once_are_the_single_ones(chapter):
    hessian, starts = chapter.valley(30)[0], np.random.default_rng(0).normal(size=(3, 2))
    for rule in (chapter.momentum, chapter.adam):
        together = chapter.walk(rule, hessian, starts, 0.3, 25)
        alone = [chapter.walk(rule, hessian, start, 0.3, 25) for start in starts]
        assert together == pytest.approx(np.stack(alone, axis=1), rel=1e-12)


def test_adams_first_step_has_the_rates_length(chapter):
    step, _ = chapter.adam(np.zeros(3), np.array([1e-3, -5.0, 200.0]), {}, 1, 0.1)
    assert step == pytest.approx([-0.1, 0.1, -0.1], rel=1e-2)


def test_momentum_and_gradient_descent_turn_with_the_landscape(chapter):
    straight, turned = chapter.valley(0)[0], chapter.valley(33)
    assert np.linalg.eigvalsh(turned[0]) == pytest.approx([0.001, 1])
    for rule in (chapter.momentum, chapter.gradient_descent):
        path = chapter.walk(rule, straight, [3.0, -2.0], 0.4, 50)
        other = chapter.walk(rule, turned[0], turned[1] @ np.array([3.0, -2.0]), 0.4, 50)
        assert other @ turned[1] == pytest.approx(path, abs=1e-12)


# Keras' step, and ours


@pytest.fixture
def reader(chapter):
    """The chapter's Keras network, with the loss and the data that its cells use."""
    import keras

    chapter.loss_of_logits = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    return chapter.digit_reader


def few_digits(examples, batch_size):
    import tensorflow as tf

    digits = datasets.load("digits").train
    x, y = digits.x[:examples].reshape(-1, 64), digits.y[:examples]
    return tf.data.Dataset.from_tensor_slices((x, y)).batch(batch_size)


def weights_of(model):
    return np.concatenate([array.ravel() for array in model.get_weights()])


@pytest.mark.parametrize(("examples", "batch_size", "rate"), [(96, 32, 0.25), (70, 16, 0.5)])
def test_keras_fit_the_written_loop_training_fit_and_train_step_agree(
    chapter, reader, examples, batch_size, rate
):
    import keras
    import tensorflow as tf

    batches, epochs = few_digits(examples, batch_size), 3
    by_fit, by_loop, by_course, monitored = reader(), reader(), reader(), reader(chapter.Monitored)
    start = weights_of(by_fit)
    assert all((weights_of(model) == start).all() for model in (by_loop, by_course, monitored))
    for model in (by_fit, monitored):
        model.compile(optimizer=keras.optimizers.SGD(rate), loss=chapter.loss_of_logits)
        history = model.fit(batches, epochs=epochs, shuffle=False, verbose=0).history
    norms = []
    for epoch in range(epochs):
        for x, y in batches:
            with tf.GradientTape() as tape:
                loss = chapter.loss_of_logits(y, by_loop(x, training=True))
            gradients = tape.gradient(loss, by_loop.trainable_variables)
            norms.append((epoch, np.sqrt(sum(np.sum(np.square(g)) for g in gradients))))
            for weight, gradient in zip(by_loop.trainable_variables, gradients, strict=True):
                weight.assign_sub(rate * gradient)
    training.fit(
        by_course,
        training.objectives.classification(),
        batches,
        epochs=epochs,
        optimizer=keras.optimizers.SGD(rate),
    )
    assert np.abs(weights_of(by_loop) - start).max() > 0.01
    for model in (by_fit, by_course, monitored):
        assert weights_of(model) == pytest.approx(weights_of(by_loop), abs=1e-5)
    for epoch in range(epochs):
        mean = np.mean([norm for of, norm in norms if of == epoch])
        assert history["gradient norm"][epoch] == pytest.approx(mean, rel=1e-4)


# The noise of a batch


@pytest.mark.parametrize(("widths", "examples"), SIZES[1:])
def test_the_gradient_is_the_mean_of_the_examples(chapter, widths, examples):
    layers, x, labels = problem(11, widths, examples)
    each = chapter.each_gradient(layers, x, labels)
    assert each.shape == (examples, len(chapter.flat(layers)))
    assert each.mean(axis=0) == pytest.approx(chapter.gradient_of(layers, x, labels, np.tanh, chapter.d_tanh))


def test_noise_scale_by_hand(chapter):
    numbers = np.array([[1.0], [2.0], [6.0]])
    assert chapter.noise_scale(numbers) == pytest.approx((14 / 3) / 9)
    random = np.random.default_rng(0)
    found = [chapter.relative_noise(numbers, size, random, draws=20_000) for size in (1, 4)]
    assert found == pytest.approx([np.sqrt(14 / 27), np.sqrt(14 / 27) / 2], rel=0.02)


# The exercises


def test_divide_is_judged(chapter, capsys):
    node, Node = chapter.node, chapter.Node

    def divide(a, b, wrong=1.0):
        a, b = node(a), node(b)
        back = [(a, lambda g: g / b.value), (b, lambda g: -wrong * g * a.value / b.value**2)]
        return Node(a.value / b.value, "÷", back)

    judge = exercises.find("02.3").judge
    assert judge(divide) is None
    assert "denominator" in judge(lambda a, b: divide(a, b, wrong=-1.0))
    assert "quotient" in judge(lambda a, b: divide(b, a + 1))
    assert "function" in judge(3)


def test_sign_descent_is_judged():
    import keras
    import tensorflow as tf

    def stepping(change):
        class Model(keras.Model):
            def train_step(self, data):
                x, y = data
                with tf.GradientTape() as tape:
                    loss = self.compute_loss(x, y, self(x, training=True))
                gradients = tape.gradient(loss, self.trainable_variables)
                self.optimizer.apply([change(gradient) for gradient in gradients], self.trainable_variables)
                return {"loss": loss}

        return Model

    judge = exercises.find("02.4").judge
    assert judge(stepping(tf.sign)) is None
    assert "gradient descent still" in judge(stepping(tf.identity))
    assert "uphill" in judge(stepping(lambda gradient: -tf.sign(gradient)))
    assert "no weight has moved" in judge(stepping(tf.zeros_like))
    assert "something else" in judge(stepping(lambda gradient: 2 * tf.sign(gradient)))
    assert "class" in judge(keras.Sequential())


def test_complex_steps_of_the_last_exercise(chapter):
    layers, x, labels = problem(12, [5, 7, 4], 9)
    direction = np.random.default_rng(0).normal(size=len(chapter.flat(layers)))
    moved = chapter.shaped(chapter.flat(layers) + 1e-100j * direction, layers)
    slope = chapter.loss_of(moved, x, labels, np.tanh).imag / 1e-100
    true = direction @ chapter.gradient_of(layers, x, labels, np.tanh, chapter.d_tanh)
    assert slope == pytest.approx(true, rel=1e-12)


# Smaller parts


def test_drawings():
    from matplotlib import pyplot as plt

    figure, axes = plt.subplots(2)
    steps = [("times 3", "u", -6.0, -12.0, ""), ("square", "E", 36.0, 1.0, "dE/du = 2 u = −12")]
    backpropagation.chain(steps, ax=axes[0])
    backpropagation.two_layers((8, 5, 4, 3), ax=axes[1])
    texts = [[text.get_text() for text in ax.texts] for ax in axes]
    assert {"u = −6", "dE/du = −12", "E = 36", "dE/dE = 1"} <= set(texts[0])
    assert {"$X$\n(8,5)", "$Z_2$\n(8,3)", "$dE/dW_1 = X^\\top \\delta_1$\n(5,4)"} <= set(texts[1])
    plt.close(figure)


def test_figures(chapter):
    from matplotlib import pyplot as plt

    figure, axes = plt.subplots(1, 3)
    x = chapter.Node(2.0, "x")
    loss = x * x + 3.0 * x
    chapter.backpropagate(loss)
    backpropagation.computation_graph(loss, ax=axes[0])
    texts = [text.get_text() for text in axes[0].texts if text.get_text()]
    assert len(texts) == 5 and any("x\n2\n" in text and text.endswith(": 7") for text in texts)
    words = {"xlabel": "x", "ylabel": "y", "title": "t"}
    charts.curves([1, 2], {"a": [[1, 3], [2, 4]]}, theory={"t": [1, 1]}, band="range", ax=axes[1], **words)
    assert [list(line.get_ydata()) for line in axes[1].lines] == [[2, 3], [1, 1]]
    with pytest.raises(ValueError, match="3 points"):
        charts.curves([1, 2], {"a": [1, 2, 3]}, ax=axes[1], **words)
    backpropagation.trajectories({"p": [[1, 2], [0, 1]]}, np.eye(2), ax=axes[2])
    with pytest.raises(ValueError, match=r"\(3,\)"):
        backpropagation.trajectories({"p": [1, 2, 3]}, np.eye(2), ax=axes[2])
    plt.close(figure)
