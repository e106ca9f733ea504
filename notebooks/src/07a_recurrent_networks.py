# %% [markdown] slideshow={"slide_type": "slide"}
# # Chapter 07a · Recurrent networks · 循环神经网络
#
# Networks that read one thing after another and carry a state along: what they keep, how far back they learn, and where a weighted sum isn't beaten.

# %% [markdown] slideshow={"slide_type": "subslide"}
# **After this chapter you can**
# - turn text into numbers, and build, compile, train and evaluate a recurrent network in Keras;
# - write a simple cell, an LSTM and a GRU by hand;
# - follow a gradient back through time, and say at which rate it fades;
# - measure a memory, and tell whether order matters;
# - forecast without looking ahead, against baselines that are hard to beat;
# - say what a language model pays for a letter, and draw text from it.

# %% [markdown] slideshow={"slide_type": "notes"}
# **You need** chapters 02 and 03 (backpropagation, products of Jacobians), matrices and eigenvalues.
# Ten questions in `self_tests.ipynb` say whether you have it.
#
# **Time** about three hours with the exercises; about a minute to run.
#
# **摘要**
#
# 循环神经网络逐步读入序列，并把状态传给下一步。本章用 Keras 把文本变成数字，搭建、训练并评估一个判断语种的网络；并手写简单循环单元、LSTM 与 GRU，结果与 Keras 一致。
#
# 随时间反向传播（BPTT）时，梯度随滞后衰减或增长，我们测量其速率；记忆能保持多久，由“复制”“加法”“联想回忆”三个任务测出；打乱顺序之后，模型只剩下一袋字母。
#
# 在真实数据上（西雅图气温、英文小说），先立基线再谈网络：线性自回归与 n 元语法并不容易战胜，凡是网络没有胜出的地方，本章都如实写明。

# %% slideshow={"slide_type": "skip"} tags=["hide-input"]
import collections

import keras
import numpy as np
import tensorflow as tf

# %% slideshow={"slide_type": "skip"} tags=["hide-input"]
from dlcourse import (
    checks,
    datasets,
    exercises,
    models,
    recording,
    reproducibility,
    show,
    training,
)
from dlcourse.analysis import gradients as gradients_analysis
from dlcourse.claims import Claims
from dlcourse.datasets import characters, sequence_tasks
from dlcourse.datasets import windows as windows_datasets
from dlcourse.experiments import forecasting as forecasting_experiments
from dlcourse.experiments import recurrent_memory
from dlcourse.figures import charts, diagrams
from dlcourse.figures import recurrent as recurrent_figures
from dlcourse.from_scratch import linear_forecast, ngrams

# %% slideshow={"slide_type": "skip"} tags=["hide-input"]
from dlcourse.measured import Measured, mask
from dlcourse.metrics import forecasting, language
from dlcourse.models import decoding
from dlcourse.models.stacked import feed_forward
from dlcourse.models.stacked import recurrent as recurrent_stacked
from dlcourse.training import objectives, optimizers, repeats
from dlcourse.training.objectives import sequences

# %% slideshow={"slide_type": "skip"}
reproducibility.start(seed=0, threads=1)  # matrices too small to share among threads
claims = Claims("07a")

# %% [markdown] slideshow={"slide_type": "slide"}
# ## How does a text become numbers? · 文本如何变成数字？
#
# A network computes with numbers, so a text is cut into pieces (*tokens*: words or letters), and each piece gets a
# number. Keras' layer for that is `TextVectorization`. Its method `adapt` reads texts and makes the vocabulary.
#
# **Predict before you run.** The layer has read one sentence, *My dear brother, my DEAR sister.* What does it make of
# *My dear cousin!*, when five numbers are asked for? Think of the capitals, the mark at the end, the word that it never
# saw, and the two places that are left.

# %% slideshow={"slide_type": "subslide"}
words = keras.layers.TextVectorization(output_sequence_length=5)
words.adapt(["My dear brother, my DEAR sister."])
print([str(word) for word in words.get_vocabulary()])
print(words(["My dear cousin!"]).numpy())

# %% [markdown] slideshow={"slide_type": "fragment"}
# <details><summary>Your prediction</summary>
#
# Three tokens, then two zeros. Capitals and marks go before the text is cut, so *My* is *my*. Number 1 stands for every word
# that isn't in the vocabulary, number 0 for *padding*, places with nothing in them. A common guess is that an unknown word
# gets a new number; but the network behind it is built for a vocabulary of fixed size.
#
# </details>

# %% [markdown] slideshow={"slide_type": "notes"}
# Three steps, and each can be chosen:
#
# - `standardize`: what is made equal. `"lower_and_strip_punctuation"` unless you say otherwise; `"lower"`, `None`, or a function.
# - `split`: where it is cut. `"whitespace"` unless you say otherwise, or `"character"`.
# - then the table from token to number, the most frequent first.
#
# What is right depends on the question. Accents and marks help to tell languages apart, so they had better stay; capitals may
# matter less. Try it.

# %% slideshow={"slide_type": "skip"}
SENTENCE = ["Eh bien, OUI!"]
CHOICES = {
    "as it comes": {},
    "nothing made equal": {"standardize": None},
    "letters": {"standardize": "lower", "split": "character"},
}


def tokens(texts, **options):
    """The tokens that TextVectorization makes of texts, a list of words or letters."""
    layer = keras.layers.TextVectorization(**options)
    layer.adapt(texts)
    vocabulary = layer.get_vocabulary()
    return [str(vocabulary[number]) for number in layer(texts).numpy()[0]]

# %% slideshow={"slide_type": "skip"} tags=["hide-input"]
show.table(
    [[name, tokens(SENTENCE, **options)] for name, options in CHOICES.items()],
    ["choice", "tokens of 'Eh bien, OUI!'"],
)

# %% [markdown] slideshow={"slide_type": "slide"}
# ## What does a cell compute in one step? · 循环单元的一步算什么？
#
# A recurrent network applies the *same* small network, its *cell*, at every step: it takes the new input $x_t$ and its own
# *state* from the step before, $h_{t-1}$, a vector of so many *units*, and computes the next state. Three cells are common.
#
# **Predict before you run.** An LSTM has four blocks of weights, a GRU three, a simple cell one. With 28 inputs and
# 128 units, does Keras' GRU have exactly three quarters of the LSTM's parameters?

# %% slideshow={"slide_type": "subslide"} tags=["hide-input"]
recurrent_figures.unrolled(
    caption="Rolled up (left) and unrolled over four steps (right). Grey boxes have "
    "weights; on the right it is four times the same ones.",
)

# %% [markdown] slideshow={"slide_type": "subslide"}
# With one unit and one input it fits on a line. Let $W = 0.5$, $U = 0.8$, $b = 0$, and the inputs 1, 0, 0. The state starts
# at 0:

# %%
h = 0.0
for x in (1.0, 0.0, 0.0):
    h = np.tanh(0.5 * x + 0.8 * h)
    print(f"x = {x:.0f}: h = {h:.3f}")

# %% [markdown] slideshow={"slide_type": "fragment"}
# The 1 is long gone from the inputs, and the state still has a trace of it. That is all that "memory" means here.

# %% [markdown] slideshow={"slide_type": "subslide"}
# In general, for the simple cell (Elman 1990), with $x_t$ of shape (features,), $h_t$ of shape (units,):
#
# $$h_t = \tanh(x_t W + h_{t-1} U + b) .$$
#
# The LSTM (Hochreiter & Schmidhuber 1997; Gers et al. 2000) keeps a second state $c_t$, which is *added* to. *Gates* between
# 0 and 1 decide what is written, kept and shown: where $c$ is $0.5$, $0.9$ of it is kept and $0.2$ of a new 1 is written, it
# becomes $0.9 \cdot 0.5 + 0.2 \cdot 1 = 0.65$. With the sigmoid $\sigma$:
#
# $$c_t = f_t \odot c_{t-1} + i_t \odot g_t, \qquad h_t = o_t \odot \tanh c_t, \qquad
# (i_t, f_t, o_t) = \sigma(\cdot), \quad g_t = \tanh(\cdot).$$
#
# Each dot in brackets stands for $x_t W + h_{t-1} U + b$ with a block of weights of its own; $\odot$ multiplies place by
# place.

# %% slideshow={"slide_type": "subslide"} tags=["hide-input"]
recurrent_figures.lstm_gates(
    caption="The LSTM. The upper line is $c_t$: one multiplication and one addition "
    "per step, and no matrix.",
)

# %% [markdown] slideshow={"slide_type": "notes"}
# The GRU (Cho et al. 2014) mixes the old state with a candidate: nine tenths of an old $0.5$ and one tenth of a candidate
# $-1$ make $0.9 \cdot 0.5 + 0.1 \cdot (-1) = 0.35$.
#
# $$h_t = z_t \odot h_{t-1} + (1 - z_t) \odot g_t, \qquad g_t = \tanh\bigl(x_t W_g + b_g + r_t \odot (h_{t-1} U_g + b'_g)\bigr).$$
#
# The update gate $z_t$ and the reset gate $r_t$ are sigmoids, as in the LSTM. The reset gate comes *after* the product
# with $U_g$: that is Keras' `reset_after=True`, and PyTorch's GRU. It has a second bias $b'$ inside the bracket.


# %% slideshow={"slide_type": "subslide"} tags=["hide-input"]
recurrent_figures.gru_gates(
    caption="The GRU. One gate, z, says how much of the old state stays; what it lets "
    "go the candidate fills.",
)

# %% slideshow={"slide_type": "subslide"}
def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def simple_step(x, state, kernel, recurrent, bias):
    (h,) = state
    return (np.tanh(x @ kernel + h @ recurrent + bias),)


def lstm_step(x, state, kernel, recurrent, bias):
    h, c = state
    gates = x @ kernel + h @ recurrent + bias
    i, f, g, o = np.split(gates, 4, axis=-1)
    c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
    return sigmoid(o) * np.tanh(c), c


# %% slideshow={"slide_type": "skip"}
def gru_step(x, state, kernel, recurrent, biases):
    (h,) = state
    x_z, x_r, x_g = np.split(x @ kernel + biases[0], 3, axis=-1)
    h_z, h_r, h_g = np.split(h @ recurrent + biases[1], 3, axis=-1)
    z, r = sigmoid(x_z + h_z), sigmoid(x_r + h_r)
    return (z * h + (1 - z) * np.tanh(x_g + r * h_g),)


# %% slideshow={"slide_type": "skip"}
def run(step, x, weights, states=1):
    """Outputs at every step, (batch, steps, units), of x (batch, steps, features)."""
    state = (np.zeros((len(x), weights[1].shape[0])),) * states
    outputs = []
    for t in range(x.shape[1]):
        state = step(x[:, t], state, *weights)
        outputs.append(state[0])
    return np.stack(outputs, axis=1)


# %% [markdown] slideshow={"slide_type": "notes"}
# Keras gets the same weights. They are random, biases too: with the zeros that most biases start at in Keras, a
# forgotten bias could go unnoticed.


# %% slideshow={"slide_type": "skip"}
def with_random_weights(layer, features, seed=0):
    """Build a recurrent layer and fill all its weights, biases too, at random."""
    layer.build((None, None, features))
    random = np.random.default_rng(seed)
    shapes = [weight.shape for weight in layer.get_weights()]
    layer.set_weights([0.4 * random.standard_normal(shape) for shape in shapes])
    return layer


sequence = np.random.default_rng(1).standard_normal((3, 12, 5)).astype("float32")
KINDS = {
    "simple": (keras.layers.SimpleRNN, simple_step, 1),
    "lstm": (keras.layers.LSTM, lstm_step, 2),
    "gru": (keras.layers.GRU, gru_step, 1),
}
SPOKEN = {"simple": "simple", "lstm": "LSTM", "gru": "GRU"}

# %% slideshow={"slide_type": "subslide"}
for name, (layer, step, states) in KINDS.items():
    in_keras = with_random_weights(layer(7, return_sequences=True), 5)
    by_hand = run(step, sequence, in_keras.get_weights(), states)
    checks.equal(f"12 steps, {SPOKEN[name]}, by hand and in Keras",
                 by_hand, in_keras(sequence), atol=1e-5)

# %% tags=["hide-input"]
parameters = {
    name: with_random_weights(layer(128), 28).count_params()
    for name, (layer, _, _) in KINDS.items()
}
show.table(
    [
        [SPOKEN[name], f"{count:,}", f"{count / parameters['lstm']:.4f}"]
        for name, count in parameters.items()
    ],
    ["cell", "parameters, 28 inputs, 128 units", "share of the LSTM's"],
)

# %% [markdown] slideshow={"slide_type": "fragment"}
# <details><summary>Your prediction</summary>
#
# Not exactly. Three quarters, a common guess, counts the kernels, which are in that ratio. But the GRU has two biases per block: $3u(n +
# u + 2)$ parameters against $4u(n + u + 1)$, with $u$ units and $n$ inputs.
#
# </details>

# %% [markdown] slideshow={"slide_type": "notes"}
# A GRU of the other kind (`reset_after=False`, as in Cho's paper) is another function: its weights can't be copied into
# this one.
#
# *What follows:* nothing in a recurrent layer is hidden, and below we may use Keras' layers or our own.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Which language is this? · 这是哪种语言？
#
# A phone guesses the language that you type from a few letters. Here are six books in six languages; snippets of 10 to 30
# letters are drawn from the first four fifths of each for training, from the rest for the test.
#
# **Predict before you run.** Of 100 new snippets, how many will a small GRU get right after reading the 12,000 training
# snippets twice: about 50, 75 or 95? And one that only knows how often each letter occurs?

# %% slideshow={"slide_type": "skip"}
LANGUAGES = ("dutch", "english", "french", "german", "italian", "latin")


def snippets(part, each, seed, longest=30):
    """Pieces of 10 to ``longest`` letters of six books, and their languages."""
    random, texts, numbers = np.random.default_rng(seed), [], []
    for number, name in enumerate(LANGUAGES):
        book = " ".join(datasets.texts.read(name).split())
        cut = int(0.8 * len(book))
        book = book[:cut] if part == "train" else book[cut:]
        for start in random.integers(0, len(book) - longest, each):
            texts.append(book[start : start + random.integers(10, longest + 1)])
            numbers.append(number)
    order = random.permutation(len(texts))
    return np.array(texts)[order], np.array(numbers)[order]

# %% slideshow={"slide_type": "skip"}
texts, languages = snippets("train", 2_000, seed=0)
new_texts, new_languages = snippets("test", 300, seed=1)
letters = keras.layers.TextVectorization(
    standardize="lower", split="character", output_sequence_length=30
)
letters.adapt(texts)
x, new_x = (letters(t).numpy().astype("int32") for t in (texts, new_texts))
print(texts[0], x[0], LANGUAGES[languages[0]], sep="\n")

# %% [markdown] slideshow={"slide_type": "subslide"}
# A letter's number is only a name: 7 is not more than 3. An **embedding** is a table with a row of weights per symbol, learnt
# like all weights. The GRU reads these rows; its last state goes through a `Dense` layer to six **logits**, one per language. *Softmax* makes probabilities of them:
# logits $2, 1, 0$ become $0.67, 0.24, 0.09$, since $p_k = e^{z_k} / \sum_j e^{z_j}$.

# %% slideshow={"slide_type": "fragment"} tags=["hide-input"]
steps_of_reader = [
    ("TextVectorization", "30", "plain"),
    ("Embedding", "30 × 32", "weights"),
    ("GRU", "32", "weights"),
    ("Dense", "6", "weights"),
]


def draw_reader(ax):
    diagrams.layers(ax, steps_of_reader, "From a text to six logits", across=True)


charts.row(
    draw_reader,
    figsize=(9.0, 1.9),
    caption="How many numbers each layer hands on for one text; grey boxes learn.",
    alt="Four boxes in a row, TextVectorization, Embedding, GRU, Dense, joined by "
    "arrows with the shapes 30, 30 x 32, 32 and 6.",
)

# %% slideshow={"slide_type": "subslide"}
def language_reader(symbols, classes, units=32):
    """int (batch, letters) to logits (batch, classes)."""
    keras.utils.set_random_seed(0)
    return keras.Sequential([
        keras.Input((None,), dtype="int32"),
        keras.layers.Embedding(symbols, units, mask_zero=True),
        keras.layers.GRU(units),
        keras.layers.Dense(classes),
    ])

# %% slideshow={"slide_type": "fragment"}
reader = language_reader(letters.vocabulary_size(), len(LANGUAGES))
reader.compile(
    optimizer=keras.optimizers.Adam(0.01),
    loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
    metrics=["accuracy"],
)
history = reader.fit(x, languages, batch_size=128, epochs=2, verbose=0)
loss, accuracy = reader.evaluate(new_x, new_languages, verbose=0)

# %% [markdown] slideshow={"slide_type": "notes"}
# The rival knows the letters and not their order. `output_mode="count"` makes `TextVectorization` count each symbol: a *bag*
# of letters, read twice as often as the GRU read them, in about as many updates.

# %% slideshow={"slide_type": "skip"}
counting = keras.layers.TextVectorization(
    standardize="lower", split="character", output_mode="count"
)
counting.adapt(texts)
bag = keras.Sequential([
    keras.Input((counting.vocabulary_size(),)),
    keras.layers.Dense(32, activation="relu"),
    keras.layers.Dense(len(LANGUAGES)),
])
bag.compile(keras.optimizers.Adam(0.01), reader.loss, metrics=["accuracy"])
bag.fit(counting(texts), languages, batch_size=256, epochs=4, verbose=0)
_, by_counts = bag.evaluate(counting(new_texts), new_languages, verbose=0)

# %% slideshow={"slide_type": "subslide"} tags=["hide-input"]
show.table(
    [
        ["GRU, training snippets, by epoch",
         mask(", ".join(f"{share:.0%}" for share in history.history["accuracy"]))],
        ["GRU, new snippets", mask(f"{accuracy:.0%}")],
        ["bag of letters, new snippets", mask(f"{by_counts:.0%}")],
    ],
    ["one run of each", "right"],
)

# %% [markdown] slideshow={"slide_type": "fragment"}
# <details><summary>Your prediction</summary>
#
# About 75. A common guess is 95, since people who know these languages tell them at a glance. But this reader knows nothing
# except six books' worth of snippets, and a snippet may be ten letters long. The bag of letters is not far behind, in one run
# of each: which letters occur says much already. What order is worth is measured in a section below.
#
# </details>

# %% slideshow={"slide_type": "skip"}
asked = ["where is the railway station", "ou est la gare", "wo ist der bahnhof"]
logits = reader.predict(letters(asked), verbose=0)
probabilities = keras.ops.softmax(logits).numpy()
show.table(
    [
        [text, mask(LANGUAGES[row.argmax()]), mask(f"{row.max():.0%}")]
        for text, row in zip(asked, probabilities, strict=True)
    ],
    ["text", "predicted", "with probability"],
)

# %% [markdown] slideshow={"slide_type": "notes"}
# `predict` gives logits; softmax makes probabilities of them. They are what the network believes: look for a wrong answer
# with a high probability.

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### What does `fit` do?
#
# It repeats four lines: forward, loss, gradient, update (chapter 02). Here they are, on two batches of 64.

# %%
first = x[:128], languages[:128]
batches = tf.data.Dataset.from_tensor_slices(first).batch(64)


def train_by_loop(model, loss_of, optimizer, batches):
    for some_letters, answers in batches:
        with tf.GradientTape() as tape:
            loss = loss_of(answers, model(some_letters, training=True))
        gradients = tape.gradient(loss, model.trainable_variables)
        optimizer.apply(gradients, model.trainable_variables)

# %% [markdown] slideshow={"slide_type": "notes"}
# From here on the chapter uses `training.fit` and `models.recurrent`, which hold the same loop and the same layers. All three
# begin with the same weights and see the same batches in the same order, and their logits must agree in the end.

# %% slideshow={"slide_type": "subslide"}
size = letters.vocabulary_size(), len(LANGUAGES)
by_keras, by_loop = language_reader(*size), language_reader(*size)
by_keras.compile(keras.optimizers.Adam(0.01), reader.loss)
by_keras.fit(batches, shuffle=False, verbose=0)
train_by_loop(
    by_loop, reader.loss, keras.optimizers.Adam(0.01), batches
)

by_course = models.recurrent(
    (None,), size[1], cell="gru", units=(32,),
    tokens=size[0], masking=True,
)
by_course.set_weights(language_reader(*size).get_weights())
fitted = training.fit(
    by_course, objectives.classification(), batches, epochs=1,
    optimizer=keras.optimizers.Adam(0.01),
)

# %% tags=["hide-input"]
for name, other in [("the loop", by_loop), ("training.fit", by_course)]:
    checks.equal(f"logits, Keras' fit and {name}, two batches",
                 other(new_x[:64]), by_keras(new_x[:64]), atol=1e-3)

# %% [markdown] slideshow={"slide_type": "notes"}
# *What follows:* `GRU` can be `SimpleRNN` or `LSTM` in the same place, and nothing else changes. Which of them to choose is what
# the next sections measure.

# %% [markdown] slideshow={"slide_type": "skip"}
# ## What happens to padding? · 填充位置会怎样？
#
# Sequences in a batch have different lengths; the short ones are filled up at the end. `mask_zero=True` made the GRU above
# pass over those places. Without it a recurrent network goes on computing over them.
#
# **Predict before you run.** Zeros add nothing to a sum. Does an output after ten steps of zero padding differ from that
# at the end of the real sequence?

# %% slideshow={"slide_type": "skip"}
random = np.random.default_rng(0)
real = [random.standard_normal((length, 3)).astype("float32") for length in (4, 7, 12)]
padded = np.zeros((3, 22, 3), "float32")
for row, unpadded in zip(padded, real, strict=True):
    row[: len(unpadded)] = unpadded


def padded_and_alone(cell, masking):
    """Outputs (3, 2) for the padded batch, and for each sequence by itself."""
    network = models.recurrent(
        (None, 3), 2, cell=cell, units=(8, 8), masking=masking, seed=1
    )
    alone = np.concatenate([network(one[None]).numpy() for one in real])
    return network(padded).numpy(), alone


# %% slideshow={"slide_type": "skip"} tags=["hide-input"]
for cell in KINDS:
    checks.equal(f"{SPOKEN[cell]}: a padded sequence, masked, and the sequence alone",
                 *padded_and_alone(cell, masking=True), atol=1e-5)
off = {
    cell: np.abs(np.subtract(*padded_and_alone(cell, masking=False))).max()
    for cell in KINDS
}
show.table(
    [[SPOKEN[cell], mask(f"{difference:.2f}")] for cell, difference in off.items()],
    ["cell", "without the mask: largest difference of an output"],
)

# %% [markdown] slideshow={"slide_type": "skip"}
# <details><summary>Your prediction</summary>
#
# It differs. A common guess is that zeros do no harm, since they add nothing to a sum. They add nothing to $x_t W$;
# but $h_{t-1} U + b$ remains, and the state goes on moving.
#
# </details>
#
# With the mask, Keras copies the state over padded steps, in every layer. *What follows:* mask, and let the loss ignore
# padded steps as well (`objectives.sequence_classification` counts a label of -1 as none).

# %% [markdown] slideshow={"slide_type": "slide"}
# ## How far back does a gradient reach? · 梯度能传回多远？
#
# Unrolled over its steps, a recurrent network is a deep network whose layers share their weights. Chapter 03's product
# of Jacobians comes back, with one difference: the *same* matrix $U$ is in each factor.
#
# **Predict before you run.** A simple cell's recurrent matrix $U$ has 64 × 64 random Gaussian entries, scaled so that
# its largest eigenvalue has the size 0.8; its largest singular value is then near 1.5. Small inputs keep tanh in its
# linear part. Does a gradient, travelling back 40 steps, grow or shrink, and by which factor per step?

# %% slideshow={"slide_type": "subslide"} tags=["hide-input"]
recurrent_figures.through_time(
    caption="The states are computed over all steps; the gradient (dashed) goes back "
    "from the loss. Truncated, it never learns what $h_3$ could have done.",
)

# %% [markdown] slideshow={"slide_type": "subslide"}
# One unit again, $U = 0.8$, a state so small that tanh is a straight line. By how much does a small change of $h_0$
# move $h_3$? By $0.8 \cdot 0.8 \cdot 0.8 = 0.512$ of that change: one factor per step.
#
# **Backpropagation through time** (Werbos 1990) is that for many units. With $a_t = x_t W + h_{t-1} U + b$ and $\delta_t =
# \partial L/\partial h_t$, both of shape (units,), and a loss that reads the last state only:
#
# $$\delta_{t-1} = \bigl(\delta_t \odot (1 - h_t^2)\bigr) U^\top, \qquad
# \frac{\partial L}{\partial U} = \sum_t h_{t-1}^\top \bigl(\delta_t \odot (1 - h_t^2)\bigr).$$
#
# The sum is over time, since one $U$ served all steps. *Truncated*, as long texts are trained, it stops after some steps.

# %% slideshow={"slide_type": "skip"}
def through_time_by_hand(x, weights, direction, steps):
    """Gradient of h_T · direction for the recurrent kernel.

    Only the last ``steps`` steps are added up."""
    kernel, recurrent, bias = weights
    states = [np.zeros(len(recurrent))]
    for now in x:
        a = now @ kernel + states[-1] @ recurrent + bias
        states.append(np.tanh(a))
    delta, total = direction, np.zeros_like(recurrent)
    for t in range(len(x), len(x) - steps, -1):
        before_tanh = delta * (1 - states[t] ** 2)
        total += np.outer(states[t - 1], before_tanh)
        delta = before_tanh @ recurrent.T
    return total


# %% slideshow={"slide_type": "skip"}
layer = with_random_weights(keras.layers.SimpleRNN(6, dtype="float64"), 5)
x, v = sequence[:1].astype("float64"), np.arange(6.0)
with tf.GradientTape() as tape:
    loss = tf.tensordot(layer(x)[0], v, 1)
by_tape = tape.gradient(loss, layer.cell.recurrent_kernel).numpy()
checks.equal(
    "∂L/∂U over 12 steps, by hand and by GradientTape",
    through_time_by_hand(x[0], layer.get_weights(), v, steps=12),
    by_tape,
    atol=1e-10,
)

# %% [markdown] slideshow={"slide_type": "notes"}
# Now the norm of $\delta_{T-k}$ by lag $k$: for simple cells at four sizes of the largest eigenvalue (the *spectral
# radius* ρ), and for an LSTM and a GRU as Keras starts them. Five seeds each, 64 units, small random inputs.


# %% slideshow={"slide_type": "skip"}
GATE = {"lstm": slice(64, 128), "gru": slice(0, 64)}  # forget gate, update gate


def gradient_by_lag(cell, kernels=None, gate_bias=None, scale=0.01, steps=60):
    """Gradient norm by lag, (steps, seeds), of five untrained networks of 64 units."""
    networks = models.RecurrentPopulation(range(5), 8, 1, cell=cell, units=64)
    if kernels is not None:
        networks.recurrent.assign(kernels)
    if gate_bias is not None:
        bias = networks.bias.numpy()
        bias[..., GATE[cell]] = gate_bias
        networks.bias.assign(bias)
    inputs = scale * np.random.default_rng(0).standard_normal((4, steps, 8))
    return gradients_analysis.gradient_norms(networks, inputs.astype("float32"))


# %% slideshow={"slide_type": "skip"}
RADII = (0.8, 0.95, 1.1, 1.5)
kernels = {
    radius: gradients_analysis.random_kernels(64, radius, range(5)) for radius in RADII
}
by_radius = {
    f"simple, ρ = {radius:g}": gradient_by_lag("simple", kernels[radius])
    for radius in RADII
}

# %% slideshow={"slide_type": "subslide"} tags=["hide-input"]
recurrent_figures.by_lag(
    by_radius,
    lines=dict(zip(by_radius, RADII, strict=True)),
    title="Simple cells: gradient norm by lag and spectral radius",
    caption="Solid: measured, with the range over 5 seeds. Dashed: ρ to the power of "
    "the lag. Below 1 the eigenvalue predicts the rate; above 1 the states grow until "
    "tanh flattens, and the gradient stays far under the line.",
)

# %% [markdown] slideshow={"slide_type": "notes"}
# Is it the eigenvalue? The control keeps the largest *singular* value of each matrix and gives it other eigenvalues: a
# symmetric matrix, whose largest eigenvalue and singular value are equal in size.


# %% slideshow={"slide_type": "skip"}
def symmetric_kernels(like):
    """Random symmetric matrices with the largest singular values of these."""
    random = np.random.default_rng(1).standard_normal(like.shape)
    symmetric = random + random.transpose(0, 2, 1)
    sizes, wanted = (np.linalg.norm(k, 2, axis=(1, 2)) for k in (symmetric, like))
    return symmetric * (wanted / sizes)[:, None, None]


def factor_per_step(norms):
    """Factor per step of one network's gradient norm (lags,), from lag 20 to lag 50."""
    return gradients_analysis.rates_per_step(norms[:, None], 20, 50)[0]


same_stretch = gradient_by_lag("simple", symmetric_kernels(kernels[0.8]))
no_inputs = gradient_by_lag("simple", kernels[1.5], scale=0.0)

# %% slideshow={"slide_type": "notes"} tags=["hide-input"]
claims.measure(
    "C07a.1",
    "simple cell, ρ = 0.8: factor per step of the gradient norm; control: symmetric "
    "matrices with the same largest singular values",
    factor_per_step,
    of=list(by_radius["simple, ρ = 0.8"].T),
    control=list(same_stretch.T),
    between=(0.9 * 0.8, 1.1 * 0.8),
)
factors = {
    name: Measured([factor_per_step(by_lag) for by_lag in norms.T])
    for name, norms in {
        "with": by_radius["simple, ρ = 1.5"], "without": no_inputs
    }.items()
}
show.markdown(f"""
From ρ = 1.5 the factor per step is {factors["with"]:.2f}; without inputs, where the
states stay at 0 and tanh is a straight line, {factors["without"]:.2f}.
""")

# %% [markdown] slideshow={"slide_type": "subslide"}
# <details><summary>Your prediction</summary>
#
# It shrinks, by a factor of about ρ per step. A common guess is that it grows by 1.5, the largest singular value. That says
# how far a matrix can stretch *one* direction, once. The next step meets the same matrix, but its vector mostly points elsewhere;
# over many steps the eigenvalues decide (Gelfand: $\lVert U^k \rVert^{1/k} \to \rho$).
#
# </details>
#
# In chapter 03 each layer had a matrix of its own, and there singular values were the right thing to look at. And the
# cells with gates?

# %% slideshow={"slide_type": "skip"}
by_cell = {
    "simple, orthogonal (Keras)": gradient_by_lag("simple"),
    "LSTM (Keras)": gradient_by_lag("lstm"),
    "LSTM, forget bias 5": gradient_by_lag("lstm", gate_bias=5.0),
    "GRU (Keras)": gradient_by_lag("gru"),
    "GRU, update bias 5": gradient_by_lag("gru", gate_bias=5.0),
}

# %% slideshow={"slide_type": "subslide"} tags=["hide-input"]
recurrent_figures.by_lag(
    by_cell,
    title="Untrained cells: gradient norm by lag",
    caption="As Keras starts them, the LSTM and the GRU lose the gradient within a few "
    "dozen steps; the simple cell, whose matrix starts orthogonal, keeps it. A bias of "
    "5 opens their gates.",
)

# %% slideshow={"slide_type": "notes"} tags=["hide-input"]
claims.measure(
    "C07a.2",
    "LSTM as Keras starts it: factor per step of the gradient norm; control: LSTM with "
    "a forget bias of 5",
    factor_per_step,
    of=list(by_cell["LSTM (Keras)"].T),
    control=list(by_cell["LSTM, forget bias 5"].T),
    below=0.93,
)
found = {label: Measured([factor_per_step(n) for n in norms.T])
         for label, norms in by_cell.items()}
show.table(
    [[label, f"{factor:.2f}"] for label, factor in found.items()],
    ["cell", "factor per step, lags 20 to 50"],
)

# %% [markdown] slideshow={"slide_type": "notes"}
# A surprise, if you had heard that LSTMs don't lose gradients. What is carried on is multiplied by the forget gate, and
# Keras starts it at $\sigma(1) = 0.73$ (a little more comes back through $h$). The LSTM's advantage is not that its gates
# *are* open; it is that they can be opened, by a weight that learns.
#
# *What follows:* when the lag is known to be long, a high forget bias at the start lets the gradient through. With a bias
# of 5 the LSTM's gradient even grows. Whether the LSTM then learns to keep something is measured below, at copying.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## What does clipping rescue? · 梯度裁剪能挽救什么？
#
# Where ρ is well above 1, gradients can explode, on some inputs far more than on others. One step along a gradient of size 1,000
# can throw away what many steps have learnt. *Clipping* scales a gradient down to a largest norm, here 1.
#
# **Predict before you run.** A simple cell of 16 units starts with ρ = 2.5. It reads 15 random numbers, and has to say by
# how much the last differs from the one before: a memory of one step. After 400 steps of gradient descent, does clipping
# give a lower error at every learning rate, at large ones only, or even where plain descent has its best rate?


# %% slideshow={"slide_type": "skip"}
def last_change(examples, steps=15, seed=0):
    """Random numbers (examples, steps, 1), and the last one less the one before."""
    x = np.random.default_rng(seed).standard_normal((examples, steps, 1))
    return x.astype("float32"), (x[:, -1] - x[:, -2]).astype("float32")


# %% slideshow={"slide_type": "skip"}
def error_by_rate(rates, optimizer, seeds, radius=2.5, steps=400, batch_size=32):
    """By learning rate, log10 of the squared error of each seed's network.

    One above 2, the error of always answering 0, counts as 2."""
    networks = models.RecurrentPopulation(seeds, 1, 1, cell="simple", units=16)
    networks.recurrent.assign(gradients_analysis.random_kernels(16, radius, seeds))
    study = repeats.Repeats(
        networks, recurrent_stacked.regression(), optimizer=optimizer,
        steps=steps, batch_size=batch_size, jit_compile=False,
    )
    start, train = networks.get_weights(), last_change(steps * batch_size)
    (x, y), found = last_change(2_000, seed=1), {}
    for rate in rates:
        study.train(start, *train, seed=0, learning_rate=rate)
        errors = np.square(networks(x[None]).numpy()[:, :, -1] - y).mean(axis=(1, 2))
        found[rate] = np.log10(np.minimum(np.nan_to_num(errors, nan=2.0), 2.0))
    return found


# %% slideshow={"slide_type": "skip"}
GRIDS = {
    "plain": (0.0125, 0.025, 0.05, 0.1, 0.2),
    "clipped": (0.025, 0.05, 0.1, 0.2, 0.4),
}
descents = {
    "plain": keras.optimizers.SGD(0.1),
    "clipped": optimizers.ClippedSGD(0.1, max_grad_norm=1.0),
}
tuning, best_rate, error = {}, {}, {}
for name, optimizer in descents.items():
    found = error_by_rate(GRIDS[name], optimizer, seeds=range(24))
    tuning[name] = {rate: errors[:12] for rate, errors in found.items()}
    error[name] = {rate: errors[12:] for rate, errors in found.items()}
    best_rate[name] = min(GRIDS[name], key=lambda rate: tuning[name][rate].mean())

# %% slideshow={"slide_type": "subslide"} tags=["hide-input"]
charts.curves(
    GRIDS,
    {name: list(of_rate.values()) for name, of_rate in tuning.items()},
    "learning rate",
    "log10 of the squared error",
    "Error after 400 steps of gradient descent, from ρ = 2.5",
    levels={"always answering 0": np.log10(2)},
    xscale="log",
    xticks=sorted({rate for grid in GRIDS.values() for rate in grid}),
    caption="Mean and 95 % interval of 12 networks. Plain descent fails at large "
    "rates, where clipped descent still learns.",
)

# %% slideshow={"slide_type": "notes"} tags=["hide-input"]
claims.measure(
    "C07a.3",
    "ρ = 2.5, learning rate 0.2: log10 of the error without clipping over that with "
    "clipping, same seed; control: each at its own best rate, chosen on twelve other "
    "seeds",
    lambda seed, plain, clipped: (
        error["plain"][plain][seed] - error["clipped"][clipped][seed]
    ),
    of=[(seed, 0.2, 0.2) for seed in range(12)],
    control=[(seed, best_rate["plain"], best_rate["clipped"]) for seed in range(12)],
    above=np.log10(4),
)

# %% [markdown] slideshow={"slide_type": "subslide"}
# <details><summary>Your prediction</summary>
#
# At large learning rates only. A common guess is "even at its best", and a comparison at one large rate seems to confirm it:
# there clipping divides the error by more than four, on average over networks. But a smaller learning rate prevents the same damage: with each
# descent at its own best rate the gain is gone on twelve other networks.
#
# </details>
#
# *What follows:* clipping forgives a rate that is too large:
# `keras.optimizers.Adam(1e-3, global_clipnorm=1.0)`. A smaller rate does without it here, but one has to know which.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## How long does it remember? · 它能记住多久？
#
# Three classic tasks ask for memory, recall and association:
#
# - **copying**: three symbols are shown, then blanks, then they are to be given back in order (memory);
# - **adding**: of many numbers two are marked; what is their sum? (memory with a choice);
# - **recall**: pairs of keys and values are shown, then one key: which value came with it? (association).
#
# Every example is drawn anew, so that nothing can be learnt by heart.
#
# **Predict before you run.** Which cells copy three symbols over 20 blanks after 300 steps of training: the LSTM, built
# to remember, the GRU, the simple cell?

# %% slideshow={"slide_type": "subslide"} tags=["hide-input"]
shown, wanted = sequence_tasks.copying(2, lag=4)
numbers, total = sequence_tasks.adding(1, lag=6)
asked, value = sequence_tasks.recall(1, pairs=2)
shown, wanted = (" ".join(map(str, one[0])) for one in (shown, wanted))
numbers = " ".join(f"{n:.2f}{'*' if marked else ''}" for n, marked in numbers[0])
*pairs, question = asked[0]
pairs = ", ".join(f"{k} → {v}" for k, v in zip(pairs[::2], pairs[1::2], strict=True))
show.table(
    [
        ["copying, 4 blanks", shown, wanted],
        ["adding, 6 numbers (* marked)", numbers, f"{total[0, 0]:.2f}"],
        ["recall, 2 pairs", f"{pairs}; {question - 12} → ?", value[0, 0] + 8],
    ],
    ["task", "one sequence", "right answer"],
    "Copying: symbols 0 to 3, blank 4, 'now' 5. Recall: keys 0 to 7, values 8 to 11",
)

# %% [markdown] slideshow={"slide_type": "notes"}
# ### What the article says of it
#
# 「它可以模拟人类语言的记忆、回忆、关联等机制」: it can simulate mechanisms of human language such as memory, recall and
# association. (A2.7.1) We take the GRU and the three tasks. The rule stands before the experiment: each quantity has one value per
# network, the share of symbols that it gets right, or the share of variance that it explains; above 0.9 counts as solved.
# *Twice as much* is the share that a GRU gets right of twice as many pairs, four instead of two, after as many steps of training.

# %% slideshow={"slide_type": "notes"} tags=["hide-input"]
SOLVED = {"copying": [1, 0.99], "adding": [0.97, 0.98], "recall": [0.99, 1]}
FORGOTTEN = {"twice_as_much": [0.5, 0.51]}
SUITS = "holds when what is to be kept suits the cell and its training"
claims.rule(
    "A2.7.1",
    {
        "holds": lambda copying, adding, recall, twice_as_much: (
            min(copying.low, adding.low, recall.low, twice_as_much.low) > 0.9),
        SUITS: lambda copying, adding, recall, twice_as_much: (
            min(copying.low, adding.low, recall.low) > 0.9 > twice_as_much.high),
        "does not hold": lambda copying, adding, recall, twice_as_much: (
            min(copying.high, adding.high, recall.high) < 0.9),
        "not settled": True,
    },
    made_up={
        "holds": SOLVED | {"twice_as_much": [0.95, 0.955]},
        SUITS: SOLVED | FORGOTTEN,
        "does not hold": SOLVED | FORGOTTEN | {"recall": [0.6, 0.61]},
        "not settled": SOLVED | FORGOTTEN | {"adding": [0.97, 0.5]},
    },
)

# %% [markdown] slideshow={"slide_type": "notes"}
# Five networks of 32 units for each task and cell, all in one graph (`models.RecurrentPopulation`), trained by Adam. The
# learning rates are those that did best in a recorded study (`make bench STUDY=ch07_rates`), on other seeds and other
# sequences than the ones here; rates lay a factor of 2 apart, four to six of them for copying and adding, two for recall; some of the best lie at an end. The simple cell's copying is taken from that
# study; adding and recall are learnt by the GRU alone. Copying is trained here; the networks that add and recall were trained by
# the same function beforehand, and are loaded (`make bench STUDY=ch07_shipped`, half a minute).

# %% slideshow={"slide_type": "skip"}
show.source(recurrent_memory.train)


# %% slideshow={"slide_type": "skip"}
rates = recording.load("ch07_rates")
POINTS = {"copying": (20, 300), "adding": (20, 300), "recall": (2, 800)}
CELLS = ("simple", "gru", "lstm")
test = {
    task: recurrent_memory.TASKS[task].draw(500, lag, seed=2)
    for task, (lag, _) in POINTS.items()
}


# %% slideshow={"slide_type": "skip"}
shipped = recurrent_memory.shipped()
trained = {(task, "gru"): shipped[task] for task in ("adding", "recall")}
for cell in ("gru", "lstm"):
    trained["copying", cell] = recurrent_memory.train(
        "copying", cell, 20, steps=300,
        learning_rate=recurrent_memory.best_rate(rates, "copying", 20, cell),
    )
scores = {
    (task, cell): recurrent_memory.evaluate(networks, task, *test[task])
    for (task, cell), networks in trained.items()
}


# %% slideshow={"slide_type": "subslide"} tags=["hide-input"]
def shown_score(task, cell):
    if (task, cell) == ("copying", "simple"):
        recorded = rates[f"copying 20, simple, {simple_rate:g}"]
        return f"{Measured(recorded):.3f} (recorded)"
    found = scores.get((task, cell))
    return "–" if found is None else f"{Measured(found):.3f}"


simple_rate = recurrent_memory.best_rate(rates, "copying", 20, "simple")

show.table(
    [
        [f"{task}, {lag}", *(shown_score(task, cell) for cell in CELLS)]
        for task, (lag, _) in POINTS.items()
    ],
    ["task, lag", *(SPOKEN[cell] for cell in CELLS)],
    "Share of symbols right (copying, recall), share of variance explained (adding)",
)

# %% [markdown]
# <details><summary>Your prediction</summary>
#
# The GRU and the simple cell do; the LSTM doesn't in so few steps. A common guess is the LSTM, since it was built for long
# lags. What a cell can keep once it is trained, and how soon it learns to, are two things. Nor does the gradient figure alone
# say which: the simple cell's gradient is carried from the start, but the GRU's fades fastest of all, and it copies.
#
# </details>

# %% [markdown] slideshow={"slide_type": "skip"}
# ### What does each success rest on?
#
# - Copying: on the state. We take the trained networks, and set the state to 0 after the symbols.
# - Recall: on the key. We ask the trained networks for either of the two keys, at random, and still expect the value of
#   the key that was to be asked. A network that kept the values without their keys would be right about as often.
# - Adding: do gates, which can shut out the unmarked numbers, make it quicker to learn? The rival has none: a simple cell with about as many
#   parameters as the GRU, at its best learning rate, and trained for as few steps.
#
# And does the LSTM's failure rest on forget gates that start a quarter shut? The same LSTM, whose forget gates start with a bias of
# 5, copies too, at its own best rate.

# %% slideshow={"slide_type": "skip"}
def share_right(task, x):
    """Scores of the GRUs, when they read x instead of the test sequences."""
    return recurrent_memory.evaluate(trained[task, "gru"], task, x, test[task][1])


either = test["recall"][0].copy()
random = np.random.default_rng(0)
keys = either[np.arange(500), 2 * random.integers(0, 2, 500)]
either[:, -1] = 12 + keys  # a question is 12 + its key

# %% slideshow={"slide_type": "notes"} tags=["hide-input"]
def at_its_best(start):
    rate = recurrent_memory.best_rate(rates, "copying", 20, start)
    return Measured(rates[f"copying 20, {start}, {rate:g}"])


orthogonal, gaussian = at_its_best("simple"), at_its_best("gaussian")
show.markdown(f"""
Is it the orthogonal start? Recorded on the seeds that chose the rates: the simple cell
copies {orthogonal:.2f} of the symbols over 20 blanks from it, and {gaussian:.2f} from a
Gaussian start with ρ = 1, each at its best rate. So the start helps some seeds, and is
not all that counts.
""")

# %% slideshow={"slide_type": "skip"}
wide = recurrent_memory.evaluate(
    shipped["adding, simple cell"], "adding", *test["adding"]
)
opened = recurrent_memory.scores(
    "copying", "lstm", 20, steps=300, forget_bias=5.0,
    learning_rate=recurrent_memory.best_rate(rates, "copying", 20, "open lstm"),
)

# %% slideshow={"slide_type": "notes"} tags=["hide-input"]
claims.measure(
    "C07a.4",
    "GRU, copying over 20 blanks after 300 steps: share of symbols right; control: "
    "LSTM, each at its best learning rate",
    lambda seed, cell: scores["copying", cell][seed],
    of=[(seed, "gru") for seed in range(5)],
    control=[(seed, "lstm") for seed in range(5)],
    above=0.95,
)

# %% slideshow={"slide_type": "notes"} tags=["hide-input"]
claims.measure(
    "C07a.5",
    "GRU, adding two of 20 numbers after 300 steps: share of variance explained; "
    "control: a simple cell with about as many parameters, at its best learning rate",
    lambda seed, explained: explained[seed],
    of=[(seed, scores["adding", "gru"]) for seed in range(5)],
    control=[(seed, wide) for seed in range(5)],
    above=0.9,
)
claims.measure(
    "C07a.8",
    "LSTM whose forget gates start open (bias 5), copying over 20 blanks after 300 "
    "steps: share of symbols right; control: as Keras starts it, each at its best "
    "learning rate",
    lambda seed, right: right[seed],
    of=[(seed, opened) for seed in range(5)],
    control=[(seed, scores["copying", "lstm"]) for seed in range(5)],
    above=0.8,
)

# %% slideshow={"slide_type": "skip"} tags=["hide-input"]
def by_reader(task, x):
    return f"{Measured(share_right(task, x)):.2f}"


show.table(
    [
        ["copying over 20 blanks", by_reader("copying", test["copying"][0]),
         "state set to 0", by_reader("copying", test["copying"][0][:, 3:])],
        ["recall of two pairs", by_reader("recall", test["recall"][0]),
         "either key asked", by_reader("recall", either)],
        ["adding two of 20", f"{Measured(scores['adding', 'gru']):.2f}",
         "simple cell, 57 units", f"{Measured(wide):.2f}"],
        ["copying over 20 blanks, LSTM", f"{Measured(scores['copying', 'lstm']):.2f}",
         "forget bias 5 at the start", f"{Measured(opened):.2f}"],
    ],
    ["task (GRU, if not said)", "score", "what was changed", "score then"],
)

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### Twice as much
#
# The same cell, learning rate and number of steps, with four pairs to hold at once instead of two.

# %% slideshow={"slide_type": "skip"}
four_pairs = recurrent_memory.TASKS["recall"].draw(500, 4, seed=2)
twice_as_much = recurrent_memory.evaluate(
    shipped["recall of four pairs"], "recall", *four_pairs
)

# %% tags=["hide-input"]
commonest = np.mean([np.bincount(four, minlength=4).max() / 4
                     for four in np.ndindex(4, 4, 4, 4)])   # of four values drawn
at_base = {task: scores[task, "gru"] for task in POINTS}
show.table(
    [
        ["two pairs", f"{Measured(at_base['recall']):.2f}"],
        ["four pairs", f"{Measured(twice_as_much):.2f}"],
        ["saying the commonest value, whatever the key", f"{commonest:.2f}"],
    ],
    ["recall by the GRU", "share of values right"],
)
claims.verdict("A2.7.1", **at_base, twice_as_much=twice_as_much)

# %% [markdown] slideshow={"slide_type": "skip"}
# ### Longer training
#
# Recorded, not run here: more lags, 1,000 steps of training (2,000 for recall; `make bench STUDY=ch07_memory`). Of two
# learning rates, each network is judged at the one that was better for the four others. Solved means here: 95 % of the
# symbols right, or 90 % of the variance explained.

# %% slideshow={"slide_type": "skip"}
recorded = recording.load("ch07_memory")


def judged_by_the_others(recorded, task, lag, cell, rates=("0.003", "0.01")):
    """Scores by seed, each at the learning rate that is better for the other seeds."""
    tried = np.array([recorded[f"{task} {lag}, {cell}, {rate}"] for rate in rates])
    others = tried.sum(axis=1, keepdims=True) - tried
    return tried[others.argmax(axis=0), np.arange(tried.shape[1])]


def solved_map(recorded, task, lags, cells=("simple", "gru", "lstm")):
    """By cell, for each lag, which seeds solved the task."""
    enough = recurrent_memory.TASKS[task].solved
    return {
        cell: [
            list(judged_by_the_others(recorded, task, lag, cell) >= enough)
            for lag in lags
        ]
        for cell in cells
    }


# %% slideshow={"slide_type": "skip"}
LAGS = {"copying": (3, 10, 20, 40), "adding": (10, 20, 40), "recall": (2, 3)}
solved = {
    task: {SPOKEN[cell]: by_lag
           for cell, by_lag in solved_map(recorded, task, lags).items()}
    for task, lags in LAGS.items()
}

# %% slideshow={"slide_type": "skip"} tags=["hide-input"]
recurrent_figures.memory_maps(
    solved,
    lags={
        task: (recurrent_memory.TASKS[task].axis, lags) for task, lags in LAGS.items()
    },
    title="How many of five networks solve the task (recorded)",
    caption="Rows: cells; columns: how much, or how long, is to be kept. No cell is "
    "the best at all three tasks.",
)

# %% [markdown] slideshow={"slide_type": "skip"}
# "Memory" isn't one thing. With two learning rates a factor of three apart the map shows what was reached, not what a cell could reach.
#
# *What follows:* choose the cell by what is to be kept, and try it at the lag that you need: the GRU copies over 20 blanks
# in this map, and not over 40.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Does order matter? · 顺序重要吗？
#
# Here are eight letters of a novel; which comes next? Five networks see them in order, five see the same letters
# shuffled, each example in another way. Five more see only the six *earlier* letters shuffled: the last two stay. And a
# *bag* counts how often each letter occurs among the eight.
#
# **Predict before you run.** In bits per letter (chapter 04's cross-entropy, base 2), what does order save: a tenth of a
# bit, a third of one, or about one? And how much of it is left if the last two letters stay in place?

# %% [markdown] slideshow={"slide_type": "notes"}
# 「并擅长处理序列性数据。RNN可以同时处理时间序列的顺序信息」: and it is good at sequential data; it processes the order of a
# time series as well. (A2.7.2) Is it good at sequences because it keeps their order?
#
# A doubter would say: shuffled letters are harder to learn from, whatever order is worth. Networks whose six earlier letters
# are shuffled have that trouble too.

# %% [markdown] slideshow={"slide_type": "notes"}
# The rule: *in order* is what a network pays for the next letter, in bits, when it sees the letters in order, and
# *without order* what the better of two models pays that don't know the order: a network that sees them shuffled, and the bag.
# Half a bit counts as a cost, a tenth as none.

# %% slideshow={"slide_type": "notes"} tags=["hide-input"]
claims.rule(
    "A2.7.2",
    {
        "holds": lambda in_order, without_order: (
            without_order.low - in_order.high > 0.5),
        "does not hold": lambda in_order, without_order: (
            without_order.high - in_order.low < 0.1),
        "not settled": True,
    },
    made_up={
        "holds": {"in_order": [3.2, 3.21, 3.2], "without_order": [4.1, 4.11, 4.1]},
        "does not hold": {"in_order": [4.1, 4.11, 4.1],
                          "without_order": [4.1, 4.11, 4.1]},
        "not settled": {"in_order": [3.8, 3.81, 3.8],
                        "without_order": [4.1, 4.11, 4.1]},
    },
    compares=("without_order", "in_order"),
)

# %% slideshow={"slide_type": "skip"}
novel = datasets.texts.read("english")
small = novel.lower()
alphabet = sorted(set(small))
codes = characters.encode(small, alphabet)
cut = int(0.8 * len(codes))


def draw(codes, examples, seed, length=8, stay=2):
    """Letters (examples, length) in three orders, and the next letter (examples,)."""
    random = np.random.default_rng(seed)
    starts = random.integers(0, len(codes) - length, examples)
    windows = codes[starts[:, None] + np.arange(length + 1)]
    x = windows[:, :-1]
    earlier = random.permuted(x[:, :-stay], axis=1)
    orders = {
        "in order": x,
        "last two stay": np.concatenate([earlier, x[:, -stay:]], axis=1),
        "shuffled": random.permuted(x, axis=1),
    }
    return orders, windows[:, -1]


# %% [markdown] slideshow={"slide_type": "notes"}
# Fifteen networks in one graph: three orders × five seeds. Each has its own inputs, (examples, networks, steps).


# %% slideshow={"slide_type": "skip"}
def by_network(orders, seeds=5):
    """Inputs (examples, networks, steps): each order for so many networks."""
    return np.stack([x for x in orders.values() for _ in range(seeds)], axis=1)


train_letters, test_letters = codes[:cut], codes[cut:]
steps, batch_size = 300, 64
readers = models.RecurrentPopulation(
    list(range(5)) * 3, len(alphabet), len(alphabet), cell="gru", units=48, tokens=True
)
study = repeats.Repeats(
    readers, recurrent_stacked.classification(), steps=steps, batch_size=batch_size,
    optimizer=keras.optimizers.Adam(5e-3), jit_compile=False,
)

# %% slideshow={"slide_type": "skip"}
orders, following = draw(train_letters, steps * batch_size, seed=0)
study.train(readers.get_weights(), by_network(orders), following[:, None], seed=0)
held_out, comes = draw(test_letters, 4_000, seed=1)
logits = training.predict(readers, by_network(held_out))[:, :, 0]
cost = language.bits(logits, np.stack([comes] * 15, axis=1)).mean(axis=0)
by_condition = dict(zip(held_out, cost.reshape(3, 5), strict=True))

# %% [markdown] slideshow={"slide_type": "notes"}
# The bag: counts of the letters, (examples, letters of the alphabet), through a hidden layer.

# %% slideshow={"slide_type": "skip"}
counts, counts_held_out = (
    np.stack([np.bincount(row, minlength=len(alphabet)) for row in x]).astype("float32")
    for x in (orders["in order"], held_out["in order"])
)
bags = feed_forward.mlp(range(5), (len(alphabet),), len(alphabet), hidden=[64])
bag_study = repeats.Repeats(
    bags, feed_forward.classification(), steps=steps, batch_size=batch_size,
    optimizer=keras.optimizers.Adam(5e-3), jit_compile=False,
)
bag_study.train(bags.get_weights(), counts, following, seed=0)
logits = training.predict(bags, counts_held_out)
by_condition["bag"] = language.bits(logits, np.stack([comes] * 5, axis=1)).mean(axis=0)

# %% slideshow={"slide_type": "subslide"} tags=["hide-input"]
recurrent_figures.by_seed(
    by_condition,
    title="The next letter, from the eight before it",
    ylabel="bits per letter",
    caption="One point per network. Shuffled, it is no better than one that counts "
    "letters; with the last two letters in place most of the loss is gone.",
)

# %% slideshow={"slide_type": "notes"} tags=["hide-input"]
after = {
    pair: collections.Counter(
        third for first, second, third in zip(small, small[1:], small[2:], strict=False)
        if first + second == pair
    ).most_common(1)[0][0]
    for pair in ("th", "ht")
}
print(f"most often after 'th': {after['th']!r}, after 'ht': {after['ht']!r}")

# %% slideshow={"slide_type": "notes"} tags=["hide-input"]
claims.measure(
    "C07a.6",
    "next letter: bits that shuffling all eight letters costs a network; control: "
    "shuffling the six earlier ones, so that the last two stay",
    lambda seed, order: by_condition[order][seed] - by_condition["in order"][seed],
    of=[(seed, "shuffled") for seed in range(5)],
    control=[(seed, "last two stay") for seed in range(5)],
    above=0.5,
)
claims.measure(
    "C07a.7",
    "next letter: bits by which a bag of letters is behind a network that reads the "
    "letters shuffled; control: behind one for which the last two stay",
    lambda seed, order: by_condition["bag"][seed] - by_condition[order][seed],
    of=[(seed, "shuffled") for seed in range(5)],
    control=[(seed, "last two stay") for seed in range(5)],
    between=(-0.2, 0.2),
)

# %% slideshow={"slide_type": "notes"} tags=["hide-input"]
bits = {label: Measured(values) for label, values in by_condition.items()}
without_order = np.minimum(by_condition["shuffled"], by_condition["bag"])
show.markdown(f"""
In order {bits["in order"]:.2f} bits per letter, with the last two in place
{bits["last two stay"]:.2f}, shuffled {bits["shuffled"]:.2f}, as a bag
{bits["bag"]:.2f}.
""")

# %% [markdown]
# <details><summary>Your prediction</summary>
#
# Nearer to one bit than to a third, and most of it by the order of the last two letters. A common guess is a tenth. But
# the same letters predict differently in another order: in this text *th* is most often followed by *e*, and *ht* by a
# blank.
#
# </details>

# %% [markdown] slideshow={"slide_type": "notes"}
# So it isn't the shuffling that hurts: where six of eight letters are shuffled and the last two stay, most of the loss is gone.
# These networks are good at the task since they keep the order that it depends on. Nor is order a privilege of recurrence:
# chapter 06a's convolutions keep it too.
#
# *What follows:* before you choose a sequence model, shuffle. What a model loses is what order was worth to it.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Can it forecast the weather? · 它能预报天气吗？
#
# The daily maximum temperature in Seattle, 2012-2015: from three weeks of weather, the next two weeks are to be forecast.
#
# **Predict before you run.** Three baselines: the last value, the same day a year ago, and a *linear autoregression*, a
# weighted sum of the last three weeks. Then five GRUs, which aren't bound to a sum. Do they beat the best baseline?

# %% slideshow={"slide_type": "skip"}
seattle = datasets.series.read("seattle_weather")
warmth = seattle["temp_max"]
show.source(windows_datasets.windows)

# %% [markdown] slideshow={"slide_type": "notes"}
# Where leaks come in, and what is done against each:
#
# - *Windows over a border.* A training window whose targets reach into the test year has seen it. No target leaves its
#   split; only inputs may look back, over the border, into the year before.
# - *Scaling.* Means and deviations come from training windows alone.
# - *Choosing.* The best baseline is chosen on the validation year. The networks' steps and learning rate are typed below,
#   not the best of a grid, so the result is about networks trained in this way. The test year is for reporting.

# %% slideshow={"slide_type": "skip"}
def year_angle(dates):
    """The season as an angle, 0 on 1 January, 2π a year later."""
    day = (dates - dates.astype("datetime64[Y]")).astype(int)
    return 2 * np.pi * day / 365.25


season, rain = year_angle(seattle.dates), np.log1p(seattle["precipitation"])
days = [warmth, warmth, seattle["temp_min"], rain, seattle["wind"]]
days += [np.sin(season), np.cos(season)]

# %% slideshow={"slide_type": "skip"}
def splits(series, inputs, target, window, horizons, *ends):
    """Training, validation and test windows, by the years that end the first two."""
    first, second = (
        int(np.searchsorted(series.dates, np.datetime64(end))) for end in ends
    )
    borders = [(0, first), (first - window, second), (second - window, len(target))]
    options = {"window": window, "horizons": horizons, "relative": (0,)}
    return [
        windows_datasets.windows(inputs, target, first=start, end=end, **options)
        for start, end in borders
    ]

# %% slideshow={"slide_type": "skip"}
parts = splits(seattle, np.stack(days, axis=1), warmth, 21, 14, "2014", "2015")
train, validation, test_windows = parts
show.table(
    [[*map(len, parts), str(train.x.shape[1:])]],
    ["training windows", "validation", "test", "window (days, inputs)"],
)

# %% [markdown] slideshow={"slide_type": "notes"}
# Baselines first. The linear autoregression and the networks get the same windows.


# %% slideshow={"slide_type": "skip"}
def baselines(train, windows, target, period):
    """Squared errors of the three baselines, each (origins, horizons)."""
    linear = linear_forecast.LinearAutoregression(train, penalty=0.01)
    forecasts = {
        "last value": linear_forecast.last_value(windows),
        "a year ago": linear_forecast.same_time_last_year(target, windows, period),
        "linear autoregression": linear(windows),
    }
    return {
        name: forecasting.squared_errors(forecast, windows)
        for name, forecast in forecasts.items()
    }


# %% slideshow={"slide_type": "skip"}
on_validation = baselines(train, validation, warmth, period=365)
best = min(on_validation, key=lambda label: np.nanmean(on_validation[label]))
errors = baselines(train, test_windows, warmth, period=365)
show.table([[mask(best)]], ["best baseline on the validation year"])

# %% slideshow={"slide_type": "skip"}
forecast = forecasting_experiments.train(train, steps=200, learning_rate=3e-3)
networks = np.stack([
    forecasting.squared_errors(by_seed, test_windows)  # (origins, horizons)
    for by_seed in np.moveaxis(forecast(test_windows), -1, 0)
])

# %% slideshow={"slide_type": "skip"} tags=["hide-input"]
lines = {label: forecasting.root_mean_square(e) for label, e in errors.items()}
lines["GRU (5 seeds)"] = np.sqrt(np.nanmean(networks, axis=1)).T
recurrent_figures.errors_by_horizon(
    {"": ("horizon (days)", "root mean squared error (°C)", lines)},
    title="Seattle: errors on the test year",
    caption="The last value is good for the next day and poor later. A year ago errs "
    "about equally at all horizons. The GRU's band is its range over seeds.",
)

# %% [markdown] slideshow={"slide_type": "notes"}
# One number for all horizons: the *skill* $1 - \mathrm{MSE}/\mathrm{MSE}_\text{baseline}$; a forecast with half the
# baseline's squared error has the skill 0.5, and 0 is no better than the baseline.
#
# Its interval: neighbouring days resemble each other, so that 352 windows are not 352 independent ones. The *block
# bootstrap* draws whole blocks of neighbours, a month of days, and measures how the skill varies.

# %% slideshow={"slide_type": "skip"}
rows = {}
average = networks.mean(axis=0)  # the five networks' mean squared error
for against in ("last value", best):
    rows[f"GRU against {against}"] = (
        forecasting.skill(average, errors[against]),
        *forecasting.skill_interval(average, errors[against], block=30),
    )

# %% slideshow={"slide_type": "subslide"} tags=["hide-input"]
recurrent_figures.skills(
    rows,
    title="Skill on the test year, with 95 % intervals",
    caption="Against the last value the networks look good. Against the best "
    "baseline they don't.",
)

# %% slideshow={"slide_type": "notes"} tags=["hide-input"]
def outcome(low, high):
    """In words, whether an interval of skills lies above 0, below, or on both sides."""
    if low > 0:
        return "the network wins"
    return "the network loses" if high < 0 else "undecided"


show.table(
    [
        [
            label,
            mask(f"{skill:.2f} ({low:.2f} to {high:.2f})"),
            mask(outcome(low, high)),
        ]
        for label, (skill, low, high) in rows.items()
    ],
    ["comparison", "skill (interval)", "so"],
)

# %% [markdown] slideshow={"slide_type": "subslide"}
# <details><summary>Your prediction</summary>
#
# They don't beat it: the interval of their skill against the autoregression does not lie above 0. A common guess is that they
# do, since a network can come close to any sum, and to more. To be able to is not to have found it. Whether longer
# series, other settings or an average of networks would help is not settled here.
#
# </details>
#
# Against the last value alone, the same networks look like a success. One test year is one sample of weather, so this is no claim.
#
# *What follows:* compare with the strongest baseline, and do it first. Exercise 5 lets you try to beat it.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## What does a network pay for a letter? · 一个字符要花多少比特？
#
# A **language model** gives each next letter a probability, and pays $-\log_2 p$ bits for the letter that comes. If it gave
# the two letters that came 1/8 and 1/2, it pays 3 bits and 1 bit: 2 *bits per letter*. (Keras' cross-entropy is the same with
# the natural logarithm, in *nats*; a bit is $0.693$ nats.) The text is Jane Austen's *Lady Susan*; eight tenths of its letters
# are read for training, a tenth is for choices, the last tenth is the test.
#
# **Predict before you run.** An *n-gram* model counts: how often did each letter follow the few before it? Against it, a
# GRU of 64 units that reads the training text twice: which of the two pays less?

# %% slideshow={"slide_type": "skip"}
symbols = sorted(set(novel))
text = characters.encode(novel, symbols)
train_end, test_start = int(0.8 * len(text)), int(0.9 * len(text))
print(f"{len(text):,} characters, {len(symbols)} different ones")
show.source(ngrams.NGram.probability)

# %% slideshow={"slide_type": "skip"}
validation_text = novel[train_end:test_start]
by_counting = {
    order: ngrams.NGram(order, novel[:train_end], symbols) for order in range(1, 7)
}
on_validation = {
    order: np.mean(model.bits(validation_text)) for order, model in by_counting.items()
}
best_order = min(on_validation, key=on_validation.get)

# %% slideshow={"slide_type": "skip"} tags=["hide-input"]
show.table(
    [[order, mask(f"{paid:.3f}")] for order, paid in on_validation.items()],
    ["letters counted together", "bits per letter, validation"],
)

# %% [markdown] slideshow={"slide_type": "notes"}
# The network reads excerpts of 50 letters and is asked after every letter for the next (`return_sequences=True`).

# %% slideshow={"slide_type": "skip"}
options = {
    "cell": "gru",
    "units": (64,),
    "tokens": len(symbols),
    "return_sequences": True,
}
reader = models.recurrent((50,), len(symbols), seed=0, **options)
x, y = characters.excerpts(text[:train_end], 50)
epochs = 2
decay = keras.optimizers.schedules.PolynomialDecay(
    8e-3, epochs * (len(x) // 32 + 1), 1e-3
)
learnt = training.fit(
    reader,
    sequences.sequence_classification(),
    (x, y),
    epochs=epochs,
    batch_size=32,
    optimizer=keras.optimizers.Adam(decay),
)

# %% slideshow={"slide_type": "skip"}
whole = models.recurrent((None,), len(symbols), seed=0, **options)
whole.set_weights(reader.get_weights())
test_text, following = text[None, test_start:-1], text[test_start + 1 :]
paid = {"GRU": language.bits(training.predict(whole, test_text)[0], following).mean()}
counted = {"pairs counted": 2, "n-gram of the best order": best_order}
for label, order in counted.items():
    paid[label] = np.mean(by_counting[order].bits(novel[test_start:])[1:])

# %% slideshow={"slide_type": "subslide"} tags=["hide-input"]
winner = min(paid, key=paid.get)
show.table(
    [[name, mask(f"{bits:.2f}")] for name, bits in paid.items()],
    ["one run of each", "bits per letter, test"],
)
show.markdown(f"""
The best order on validation text is {mask(best_order)}. After this short training the
fewest bits are paid by: {mask(winner)}.
""")

# %% [markdown]
# <details><summary>Your prediction</summary>
#
# Counting pays less, on this text and after this much training. A common guess is the network, with large models and long texts
# in mind. Both are short here; whether more training turns it round is a question for your own run.
#
# </details>

# %% [markdown] slideshow={"slide_type": "notes"}
# It is one network from one seed, so this is a single run and no claim. That the network pays less than the counted pairs
# shows that its state carries more than the last letter.
#
# *What follows:* publish a language model's bits beside the n-gram's on the same text, or nobody can tell what they are
# worth.

# %% [markdown] slideshow={"slide_type": "skip"}
# ### Drawing text, one letter at a time
#
# A *stateful* network keeps its state between calls, so that text can be drawn letter by letter without reading the
# beginning again. Probabilities are $\operatorname{softmax}(\text{logits} / \tau)$ with temperature τ.
#
# **Predict before you run.** Is the text most like the novel at τ = 0.3, where the likeliest letters win?

# %% slideshow={"slide_type": "skip"}
speaker = models.recurrent(
    (None,), len(symbols), stateful=True, batch_size=5, **options
)
speaker.set_weights(reader.get_weights())
opening = characters.encode("My dear ", symbols)
TEMPERATURES = (0.3, 0.7, 1.2)
spoken = {}
for temperature in TEMPERATURES:
    models.reset_states(speaker)
    letters = decoding.sample(speaker, opening, 130, temperature=temperature)
    spoken[temperature] = ["".join(symbols[n] for n in row) for row in letters]


# %% slideshow={"slide_type": "skip"}
def share_known(texts, vocabulary):
    """Share of the texts' whole words that are in the vocabulary."""
    words = [word for text in texts for word in text.split()[:-1]]
    return np.mean([word in vocabulary for word in words])


def share_different(texts):
    """Share of the texts' whole words that are left when repetitions are left out."""
    words = [word for text in texts for word in text.split()[:-1]]
    return len(set(words)) / len(words)


# %% slideshow={"slide_type": "skip"} tags=["hide-input"]
vocabulary = set(novel.split())
show.table(
    [
        [
            t,
            mask("My dear " + spoken[t][0].replace("\n", " ")),
            mask(f"{share_known(spoken[t], vocabulary):.0%}"),
            mask(f"{share_different(spoken[t]):.0%}"),
        ]
        for t in TEMPERATURES
    ],
    ["τ", "what the network goes on with (the first of five)", "words of the novel",
     "different words"],
)

# %% [markdown] slideshow={"slide_type": "skip"}
# <details><summary>Your prediction</summary>
#
# By its words it is: most of them are the novel's. But the same few come again and again. At 1.2 many words are invented.
# Neither is the model's own distribution, which is τ = 1.
#
# </details>

# %% slideshow={"slide_type": "skip"}
starts = test_start + 1_000 * np.arange(5)
stretches = text[starts[:, None] + np.arange(40)]  # (5, 40)
pieces = np.split(stretches, 4, axis=1)
models.reset_states(speaker)
kept = np.concatenate([speaker(piece).numpy() for piece in pieces], axis=1)
checks.equal("40 letters at once, and in four calls with the state kept",
             kept, whole(stretches), atol=1e-4)
forgotten = np.concatenate([whole(piece).numpy() for piece in pieces], axis=1)
furthest = np.abs(forgotten - whole(stretches).numpy()).max()
show.markdown(f"""
With the state forgotten between calls, logits differ by up to
{mask(f"{furthest:.1f}")}.
""")

# %% [markdown] slideshow={"slide_type": "skip"}
# The state makes four short calls equal to one long one; streaming (speech, typing) rests on this.
#
# *What follows:* reset the states between two texts, or the second begins with the state that the first left.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## What the article says, and what was measured · 文章怎么说，测得如何
#
# Section 2.7: 「它可以模拟人类语言的记忆、回忆、关联等机制，并擅长处理序列性数据。RNN可以同时处理时间序列的顺序信息，因此也被称作序列神经网络（Sequence Neural Networks）。」
# (It can simulate mechanisms of human language such as memory, recall and association, and is good at processing sequential
# data. It can process the order of a time series at the same time, and is therefore also called a sequence neural network.)

# %% slideshow={"slide_type": "fragment"} tags=["hide-input"]
claims.verdict(
    "A2.7.2",
    in_order=by_condition["in order"], without_order=without_order,
)

# %% slideshow={"slide_type": "notes"} tags=["hide-input"]
claims.report()

# %% [markdown]
# The article is right that recurrent networks keep order and can learn to remember. "Memory, recall and association" is
# what the GRUs here *were trained to do*, where as much was to be kept as suits the cell and its training, not a faculty that they come with. Whether
# people remember in this way is not for this chapter to say.

# %% [markdown] slideshow={"slide_type": "skip"}
# ## Exercises · 练习
#
# **1. Recall.** How many parameters does `keras.layers.LSTM(20)` have, with 10 inputs?

# %% slideshow={"slide_type": "skip"}
answer = ...
exercises.check("07a.1", answer)

# %% slideshow={"slide_type": "skip"} tags=["hide-input"]
exercises.hint("07a.1")
exercises.solution("07a.1")

# %% [markdown] slideshow={"slide_type": "skip"}
# **2. Compute.** Inputs are zero, recurrent weights and all other biases too, so that only the forget gate acts on an
# LSTM's $c_t$. Which forget bias $b_f$ keeps half of $c$ after 100 steps?

# %% slideshow={"slide_type": "skip"}
answer = ...
exercises.check("07a.2", answer)

# %% slideshow={"slide_type": "skip"} tags=["hide-input"]
exercises.hint("07a.2")
exercises.solution("07a.2")

# %% [markdown] slideshow={"slide_type": "skip"}
# **3. Build it in Keras.** A tagger: it reads batches of whole numbers below 30, texts of any length padded with 0, and says
# for every letter which of 5 classes it belongs to, as logits, from what it has read so far. Embed each letter as 16 numbers,
# read with a GRU of 32 units, and pass over the padding. `answer` is the model.

# %% slideshow={"slide_type": "skip"}
answer = ...
exercises.check("07a.3", answer)

# %% slideshow={"slide_type": "skip"} tags=["hide-input"]
exercises.hint("07a.3")
exercises.solution("07a.3")

# %% [markdown] slideshow={"slide_type": "skip"}
# **4. Change one thing.** C07a.8 opens the LSTM's forget gates at the start, with a bias of 5. Is 2 enough to copy over 20 blanks after 300 steps? Predict it from the
# gradient figure, then measure it, each start at a learning rate of its own.

# %% slideshow={"slide_type": "skip"} tags=["hide-input"]
exercises.hint("07a.4")
exercises.solution("07a.4")

# %% [markdown] slideshow={"slide_type": "skip"}
# **5. Open-ended.** Make networks beat the linear autoregression on Seattle's temperature. You may change inputs and size,
# average several networks, or stop early on the validation year. Look at the test year once, at the end; before that, write down
# which skill you would call a success.

# %% slideshow={"slide_type": "skip"} tags=["hide-input"]
exercises.hint("07a.5")
exercises.solution("07a.5")

# %% [markdown] slideshow={"slide_type": "skip"}
# ## Terms · 术语
#
# | English | 中文 | in one line |
# | --- | --- | --- |
# | recurrent network | 循环神经网络 | the same cell at every step, with a state carried along |
# | hidden state | 隐状态 | what a cell hands to its next step |
# | long short-term memory (LSTM) | 长短期记忆网络 | a cell with a second state, which is added to |
# | gated recurrent unit (GRU) | 门控循环单元 | a cell that mixes its old state with a candidate |
# | gate | 门 | a number between 0 and 1 that multiplies what may pass |
# | backpropagation through time | 随时间反向传播 | the chain rule over the unrolled steps |
# | spectral radius | 谱半径 | the size of the largest eigenvalue |
# | gradient clipping | 梯度裁剪 | scaling a gradient down to a largest norm |
# | associative recall | 联想回忆 | giving the value that came with a key |
# | autoregression | 自回归 | a forecast from the series' own past |
# | leakage | 数据泄漏 | a forecast uses what nobody knew when it was made |
# | skill | 技巧评分 | 1 − error over the baseline's error |
# | block bootstrap | 分块自助法 | resampling whole stretches, since neighbours resemble each other |
# | bits per character | 每字符比特数 | what a language model pays for a letter |
# | token, vocabulary | 词元，词表 | a piece of text that gets a number; all of them |
# | embedding | 嵌入 | a table with a row of weights per symbol |
# | logits | 未归一化得分（logits） | numbers that softmax makes probabilities of |
# | temperature | 温度 | divides the logits before drawing |
# | masking | 掩码 | skipping padded steps |
#
# ## Further reading · 延伸阅读
#
# - [Hochreiter & Schmidhuber 1997](https://doi.org/10.1162/neco.1997.9.8.1735): the LSTM; look for the adding problem.
# - [Pascanu, Mikolov & Bengio 2013](https://arxiv.org/abs/1211.5063): spectral radius, explosion and clipping.
# - [Cho et al. 2014](https://arxiv.org/abs/1406.1078): the GRU; note where its reset gate stands.
# - [Jozefowicz, Zaremba & Sutskever 2015](https://proceedings.mlr.press/v37/jozefowicz15.html): what a forget bias of 1 does.
# - [Le, Jaitly & Hinton 2015](https://arxiv.org/abs/1504.00941): simple cells that start as the identity.
# - [Arjovsky, Shah & Bengio 2016](https://arxiv.org/abs/1511.06464): orthogonal and unitary recurrent matrices; the copying task.
# - [Makridakis, Spiliotis & Assimakopoulos 2018](https://doi.org/10.1371/journal.pone.0194889): simple methods against networks on 1,045 real series.
