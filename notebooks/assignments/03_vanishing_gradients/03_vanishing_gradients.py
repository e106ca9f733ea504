# %% [markdown]
# # Assignment 03 · Vanishing gradients · 梯度消失
#
# **You need** chapter 03. **Time** about two hours; the whole notebook runs in about a minute.
# **Points** 20, of which 6 are given by hand.
#
# **题目** 先算梯度的放大倍数，再用 Keras 测量每层的梯度，找出一个网络学不会的原因并修好它，搭建并训练残差网络，最后自己设计一个实验。
#
# Write your answers in place of the two lines `# YOUR CODE HERE` and `raise NotImplementedError(...)`. The cell below each
# answer checks it: no output means that nothing was found. These checks see the obvious; more tests run when your work is
# graded, where a cell may take five minutes.
# Before you hand it in: *Kernel → Restart Kernel and Run All Cells*. Don't rename the notebook, don't delete cells.

# %%
import keras
import numpy as np
import tensorflow as tf
from sklearn.datasets import load_digits

keras.utils.set_random_seed(0)

# %% [markdown]
# The data: handwritten digits of 8x8 pixels between 0 and 1, in a random order.

# %%
x, y = load_digits(return_X_y=True)
order = np.random.default_rng(0).permutation(len(x))
x = (x[order] / 16).reshape(-1, 8, 8, 1).astype("float32")
y = y[order]
x_train, y_train = x[:1000], y[:1000]
x_validation, y_validation = x[1000:1400], y[1000:1400]
x_train.shape, x_validation.shape

# %% [markdown]
# ## 1 · How much arrives? (recall, 3 points)
#
# On its way back, from one layer to the one below, a gradient's *squared* norm is multiplied by χ. Write a function for
# the factor by which its *norm* changes from the last of `layers` layers to the first.

# %% nbgrader={"grade": false, "grade_id": "factor", "locked": false, "schema_version": 3, "solution": true, "task": false}
def gradient_factor(chi, layers):
    """The gradient's norm at the first of `layers` layers, over that at the last."""
    ### BEGIN SOLUTION
    return chi ** ((layers - 1) / 2)
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "factor_check", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
assert gradient_factor(1.0, 30) == 1, "Where χ is 1 nothing changes, at any depth."
assert gradient_factor(0.3, 1) == 1, "With one layer, the first is the last: there is no step between them."
assert gradient_factor(0.3, 20) < gradient_factor(0.3, 10) < 1, "Where χ is below 1, more layers leave less."

# %% nbgrader={"grade": true, "grade_id": "factor_test", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
# More tests run here when your work is graded.
### BEGIN HIDDEN TESTS
found, right = gradient_factor(1.21, 50), 1.1**49
assert abs(found / 1.21**49 - 1) > 1e-6, "χ is the factor of the squared norm, not of the norm."
assert abs(found / 1.1**50 - 1) > 1e-6, "There is one step less than there are layers."
assert found > 10, "The factors of the steps multiply; they don't add up."
assert abs(found / right - 1) < 1e-6, f"For χ = 1.21 and 50 layers it should be about {right:.0f}, not {found:.6g}."
assert abs(gradient_factor(0.25, 3) - 0.25) < 1e-9, "For χ = 0.25 and 3 layers it should be 0.25."
### END HIDDEN TESTS

# %% [markdown]
# ## 2 · Measure it (4 points)
#
# Write a function that gives the norm of the loss's gradient for each *kernel* of a Keras model, the first kernel first, as a
# NumPy array. The loss is the mean cross-entropy of the examples; the model's outputs are logits. A kernel is the matrix of a
# Dense layer; biases are none.

# %% nbgrader={"grade": false, "grade_id": "norms", "locked": false, "schema_version": 3, "solution": true, "task": false}
def gradient_norms(model, x, y):
    """Norms of the loss's gradient, one per kernel, the first kernel first."""
    ### BEGIN SOLUTION
    kernels = [weight for weight in model.trainable_variables if weight.name == "kernel"]
    loss_of = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    with tf.GradientTape() as tape:
        loss = loss_of(y, model(x, training=False))
    return np.array([float(tf.norm(gradient)) for gradient in tape.gradient(loss, kernels)])
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "norms_check", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
import keras
import numpy as np

three_kernels = keras.Sequential([
    keras.Input((8, 8, 1)), keras.layers.Flatten(),
    keras.layers.Dense(16, activation="tanh"), keras.layers.Dense(16, activation="tanh"), keras.layers.Dense(10),
])
found = gradient_norms(three_kernels, np.random.default_rng(0).uniform(size=(50, 8, 8, 1)), np.arange(50) % 10)
assert isinstance(found, np.ndarray), f"The answer should be a NumPy array; it is a {type(found).__name__}."
assert found.shape == (3,), f"This model has 3 kernels; the answer has the shape {found.shape}."
assert (found > 0).all(), "A norm is a length: above 0 here."

# %% nbgrader={"grade": true, "grade_id": "norms_test", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
# More tests run here when your work is graded.
### BEGIN HIDDEN TESTS
import keras
import numpy as np

examples, labels = np.random.default_rng(1).normal(size=(40, 6)).astype("float32"), np.arange(40) % 10
hidden, outer = keras.layers.Dense(5, activation="tanh"), keras.layers.Dense(10)
small = keras.Sequential([keras.Input((6,)), hidden, outer])
units = np.tanh(examples @ hidden.kernel.numpy())
softmax = np.exp(units @ outer.kernel.numpy())
softmax /= softmax.sum(axis=1, keepdims=True)
error = (softmax - np.eye(10)[labels]) / 40
by_hand = [examples.T @ (error @ outer.kernel.numpy().T * (1 - units**2)), units.T @ error]
right = np.array([np.linalg.norm(gradient) for gradient in by_hand])
found = np.asarray(gradient_norms(small, examples, labels))


def same(values):
    return found.shape == values.shape and np.allclose(found, values, rtol=1e-3)


assert not same(right[::-1]), "The last kernel comes first. The first one was asked for first."
assert not same(right**2), "These are squared norms."
assert not same(40 * right), "This is the gradient of the sum over the examples; the loss is their mean."
assert same(right), (
    "For a small model the norms differ from those computed by hand. Are the outputs taken for logits, and is it the "
    "gradient of the loss?"
)
### END HIDDEN TESTS

# %% [markdown]
# ## 3 · Find the fault (3 points)
#
# This network was meant to learn, and doesn't. Look at the gradients of all its kernels, and find out why. They are nearly
# level over the layers: is that good? (`kernel_initializer="random_normal"` would do the same.)

# %%
def faulty_network(seed=0):
    """8x8 digits -> 30 tanh layers of 64 units -> 10 logits."""
    model = keras.Sequential([keras.Input((8, 8, 1)), keras.layers.Flatten()])
    for layer in range(30):
        draw = keras.initializers.RandomNormal(stddev=0.05, seed=100 * seed + layer)
        model.add(keras.layers.Dense(64, activation="tanh", kernel_initializer=draw))
    model.add(keras.layers.Dense(10, kernel_initializer=keras.initializers.GlorotNormal(seed)))
    return model

# %% [markdown]
# Repair it: write the same network (30 Dense layers of 64 tanh units in a row, without links or normalisation) with another
# start. For every seed, on a hundred digits, the gradient of each hidden kernel should have a norm between 0.01 and 100.

# %% nbgrader={"grade": false, "grade_id": "repair", "locked": false, "schema_version": 3, "solution": true, "task": false}
def repaired_network(seed=0):
    """8x8 digits -> 30 tanh layers of 64 units -> 10 logits, with gradients that arrive."""
    ### BEGIN SOLUTION
    model = keras.Sequential([keras.Input((8, 8, 1)), keras.layers.Flatten()])
    for layer in range(30):
        draw = keras.initializers.GlorotNormal(seed=100 * seed + layer)
        model.add(keras.layers.Dense(64, activation="tanh", kernel_initializer=draw))
    model.add(keras.layers.Dense(10, kernel_initializer=keras.initializers.GlorotNormal(seed)))
    return model
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "repair_check", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
import keras
import numpy as np

model = repaired_network(0)
assert isinstance(model, keras.Model), "The function should return a Keras model."
shape = tuple(model(np.zeros((5, 8, 8, 1))).shape)
assert shape == (5, 10), f"Five digits should give 5 x 10 logits, not {shape}."
tanh_layers = [layer for layer in model.layers if getattr(layer, "activation", None) is keras.activations.tanh]
assert len(tanh_layers) == 30, f"It should have 30 layers of tanh units; {len(tanh_layers)} were found."

# %% nbgrader={"grade": true, "grade_id": "repair_test", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
# More tests run here when your work is graded.
### BEGIN HIDDEN TESTS
import keras
import numpy as np
import tensorflow as tf

images, labels = np.random.default_rng(2).uniform(size=(100, 8, 8, 1)).astype("float32"), np.arange(100) % 10
for seed in (0, 1, 2):
    model = repaired_network(seed)
    kernels = [weight for weight in model.trainable_variables if weight.name == "kernel"]
    shapes = [tuple(kernel.shape) for kernel in kernels]
    assert shapes == 30 * [(64, 64)] + [(64, 10)], "The network should have 31 kernels: 30 of 64 units, one of 10."
    assert not np.allclose(kernels[1], kernels[2]), "All layers start with the same weights: give each its own seed."
    with tf.GradientTape() as tape:
        loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)(labels, model(images))
    norms = [float(tf.norm(gradient)) for gradient in tape.gradient(loss, kernels)]
    smallest, largest = min(norms[:-1]), max(norms[:-1])
    assert largest < 100, (
        f"With seed {seed} gradients now explode: the largest norm of a hidden kernel is {largest:.0e}. The weights have "
        "become too large."
    )
    assert smallest > 0.01, (
        f"With seed {seed} gradients still vanish: the smallest norm of a hidden kernel is {smallest:.0e}. What must the "
        "variance of 64 weights be, so that their sum keeps the variance of its inputs?"
    )
### END HIDDEN TESTS

# %% [markdown]
# ## 4 · Residual links (4 points)
#
# Build a network of `depth` sigmoid layers (`keras.layers.Dense`) of 32 units, each with a link around it, so that a layer *adds*
# to what it was given. It maps 8x8 digits to ten logits. Before the first link stands a Dense layer without activation, from 64
# pixels to 32 units.

# %% nbgrader={"grade": false, "grade_id": "residual", "locked": false, "schema_version": 3, "solution": true, "task": false}
def residual_network(depth):
    """8x8 digits -> depth sigmoid layers of 32 units, with links -> 10 logits."""
    ### BEGIN SOLUTION
    inputs = keras.Input((8, 8, 1))
    h = keras.layers.Dense(32)(keras.layers.Flatten()(inputs))
    for _ in range(depth):
        step = keras.layers.Dense(32, activation="sigmoid")(h)
        h = keras.layers.add([h, step])
    return keras.Model(inputs, keras.layers.Dense(10)(h))
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "residual_check", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
import keras
import numpy as np

model = residual_network(12)
shape = tuple(model(np.zeros((5, 8, 8, 1))).shape)
assert shape == (5, 10), f"Five digits should give 5 x 10 logits, not {shape}."
sigmoids = [layer for layer in model.layers if getattr(layer, "activation", None) is keras.activations.sigmoid]
assert len(sigmoids) == 12, f"It should have 12 layers of sigmoid units; {len(sigmoids)} were found."

# %% nbgrader={"grade": true, "grade_id": "residual_test", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# More tests run here when your work is graded.
### BEGIN HIDDEN TESTS
import keras
import numpy as np

for depth in (3, 20):
    model = residual_network(depth)
    assert model.layers[-1].activation is keras.activations.linear, "Logits were asked for: no activation at the end."
    for layer in model.layers:  # with every sigmoid switched off, only the links carry the picture to the logits
        if getattr(layer, "activation", None) is keras.activations.sigmoid:
            layer.set_weights([0 * layer.get_weights()[0], 0 * layer.get_weights()[1] - 100])
    logits = np.array(model(np.random.default_rng(3).uniform(size=(50, 8, 8, 1))))
    assert logits.std(axis=0).max() > 1e-3, (
        f"With depth {depth} the links don't reach from the first layer to the logits: each layer should add to its input."
    )
    kernels = [tuple(weight.shape) for weight in model.trainable_variables if weight.name == "kernel"]
    assert kernels == [(64, 32)] + depth * [(32, 32)] + [(32, 10)], (
        f"With depth {depth} there should be {depth + 2} kernels: 64 to 32, {depth} times 32 to 32, 32 to 10; "
        f"there are {kernels}."
    )
### END HIDDEN TESTS

# %% [markdown]
# Now train: compile a model with Adam (learning rate 0.003), fit it to the training digits for 10 epochs with batches of 50, and
# return its accuracy on the validation digits, a number from 0 to 1.

# %% nbgrader={"grade": false, "grade_id": "training", "locked": false, "schema_version": 3, "solution": true, "task": false}
def trained_accuracy(model):
    """Train on the training digits; return the accuracy on the validation digits."""
    ### BEGIN SOLUTION
    model.compile(
        optimizer=keras.optimizers.Adam(0.003),
        loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=["accuracy"],
    )
    model.fit(x_train, y_train, epochs=10, batch_size=50, verbose=0)
    _, accuracy = model.evaluate(x_validation, y_validation, verbose=0)
    return accuracy
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "training_check", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
import keras

model = keras.Sequential([keras.Input((8, 8, 1)), keras.layers.Flatten(), keras.layers.Dense(10)])
accuracy = trained_accuracy(model)
assert 0 <= accuracy <= 1, f"An accuracy is a number from 0 to 1; this is {accuracy}."

# %% nbgrader={"grade": true, "grade_id": "training_test", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# More tests run here when your work is graded.
### BEGIN HIDDEN TESTS
import keras
import numpy as np
from sklearn.datasets import load_digits

pixels, digits = load_digits(return_X_y=True)
order = np.random.default_rng(0).permutation(len(pixels))
pixels, digits = (pixels[order] / 16).reshape(-1, 8, 8, 1).astype("float32"), digits[order]

keras.utils.set_random_seed(1)
model = keras.Sequential([keras.Input((8, 8, 1)), keras.layers.Flatten(), keras.layers.Dense(10)])
said = float(trained_accuracy(model))
right = np.argmax(np.array(model(pixels)), axis=1) == digits
assert abs(said - right[1000:1400].mean()) < 0.003, (
    f"The accuracy on the validation digits is {right[1000:1400].mean():.3f}; the function returned {said:.3f}."
)
loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)(digits[:1000], model(pixels[:1000]))
assert float(loss) < 1.2, (
    f"After training, a model without hidden layers should have a training loss below 1.2; it is {float(loss):.2f}. Does the "
    "loss that you compile with take the outputs for logits, and are rate and epochs those of the question?"
)
### END HIDDEN TESTS

# %%
trained_accuracy(residual_network(12))

# %% [markdown] nbgrader={"grade": false, "grade_id": "open", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": true}
# ## 5 · Your own experiment (open, 6 points)
#
# Residual links make 12 sigmoid layers learn. *Is it because the gradient arrives at the first layers?* Design an experiment
# that could refute this. Choose a rival: the start at χ = 1 (standard deviation √(103/n) for n inputs), batch
# normalisation, layer normalisation, or another network whose gradients arrive. In the next cell, and in as many cells of your
# own as you need after it:
#
# - say before you run what you expect, and what outcome would refute the sentence, with a number or an order (1 point);
# - measure both networks' gradients at the start, layer by layer or the first against the last, and accuracies after
#   training, with three seeds at least, each shown or with their spread (2 points);
# - have a control, which differs in one thing (1 point).
#
# Then conclude, in three to six sentences in the last cell: what was shown, what wasn't, what you would measure next (2 points).
#
# ### BEGIN MARK SCHEME
# **How to mark.** The first four points are given here, the last two at the report.
#
# | points | given for | not for |
# | --- | --- | --- |
# | 1 | a prediction before the measurement, with a number or an order, and an outcome that would refute | "it will get better" |
# | 1 | gradients of at least two networks at the start, by layer or the first against the last, over seeds | one norm of all weights together |
# | 1 | accuracies over three or more seeds, each shown or with their spread, the same seeds for both | one run each |
# | 1 | a control that differs in one thing: same depth, width, data, epochs | another depth as well |
# | 1 | a conclusion that the numbers carry, whichever it is | a conclusion that was known before |
# | 1 | what wasn't shown (one rate, one depth, one data set), and a next measurement | a list of phrases |
#
# What is usually found: with the start at χ = 1 gradients arrive, within a factor of ten over 12 layers, and the network still
# reads far fewer digits than the residual one after 10 epochs. So an arriving gradient isn't enough, and the sentence
# as it stands is refuted; that it is *needed* is not. With batch normalisation both arrive and learn, which refutes nothing.
# ### END MARK SCHEME

# %% nbgrader={"grade": false, "grade_id": "open_experiment", "locked": false, "schema_version": 3, "solution": true, "task": false}
### BEGIN SOLUTION
def started_at_one(depth, seed):
    """Sigmoid layers of 32 units whose gradients arrive by their start alone."""
    model = keras.Sequential([keras.Input((8, 8, 1)), keras.layers.Flatten()])
    for layer in range(depth):
        draw = keras.initializers.RandomNormal(stddev=(103 / (64 if layer == 0 else 32)) ** 0.5, seed=100 * seed + layer)
        model.add(keras.layers.Dense(32, activation="sigmoid", kernel_initializer=draw))
    model.add(keras.layers.Dense(10))
    return model


for name, build in {"links": lambda seed: residual_network(12), "start": lambda seed: started_at_one(12, seed)}.items():
    for seed in range(3):
        keras.utils.set_random_seed(seed)
        model = build(seed)
        norms = gradient_norms(model, x_train[:100], y_train[:100])
        level = np.log10(norms[1] / norms[-2])
        print(f"{name}, seed {seed}: log10 of the gradients' ratio {level:+.1f}, accuracy {trained_accuracy(model):.2f}")
### END SOLUTION

# %% [markdown] nbgrader={"grade": true, "grade_id": "open_report", "locked": false, "points": 2, "schema_version": 3, "solution": true, "task": false}
# ### BEGIN SOLUTION
# **Expected** before the run: if an arriving gradient were all that is needed, both networks would read about as many digits. It
# would be refuted by a network whose gradients arrive, within a factor of 100, and which stays 20 percentage points or more
# behind the other in each of three seeds.
#
# **Found.** Both networks' gradients arrive at the start. The one with links reads most digits after ten epochs, in all
# three seeds; the one started at χ = 1 reads far fewer. Depth, width, data, rate and epochs are the same. So an arriving
# gradient isn't enough. It may still be needed: that would take a network whose gradient does not arrive and which learns. Only
# one learning rate and one depth were tried; next I would give each network its own best rate, chosen on other seeds.
# ### END SOLUTION
