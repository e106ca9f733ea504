# %% [markdown] slideshow={"slide_type": "slide"}
# # Chapter 00 · Start here · 从这里开始
#
# From a first table of numbers to a network that reads a digit in your own handwriting, and how to work with this
# course on the way.

# %% [markdown] slideshow={"slide_type": "subslide"}
# **After this chapter you can**
# - predict the shape of a tensor, and read the message when two shapes don't fit;
# - compute a layer's output and a derivative by hand, and have Keras and TensorFlow confirm them;
# - build a network from Keras layers, `compile`, `fit`, `evaluate`, `predict`, `save`, and write its training loop out;
# - ask where it is wrong, and show it a picture of your own;
# - tell a claim that could have failed from one that could not;
# - find your way out when something fails.

# %% [markdown] slideshow={"slide_type": "notes"}
# **You need** some Python (lists, functions, loops) and school mathematics (functions, derivatives, averages). No
# machine learning.
# Ten questions in `self_tests.ipynb` say whether you have it.
#
# **Time** under a minute to run on two cores; about two and a half hours to read and try, four with the exercises.
#
# **摘要**
#
# 本章介绍怎样学习这门课程：先预测，再运行，最后核对；书中的每个结论都有测量值、事先定好的界限和对照实验。
# 接着从张量、形状和广播讲到网络层、自动微分和第一次训练：先用 Keras 的 `compile`、`fit` 训练，再亲手写出训练循环。
# 最后保存并载入模型，让它识别你亲手写的数字，并说明程序出错时该怎么办。

# %% [markdown] slideshow={"slide_type": "skip"}
# ## Is this computer ready? · 电脑准备好了吗？
#
# A notebook is a page of text and of code. Code stands in *cells*. Click into the one below and press
# **Shift + Enter**: the cell runs, its output appears underneath, and the next cell is selected. In this way you go
# down the page. While a cell is at work, `[*]` stands beside it; then a number, which counts the cells that have run.
#
# This first cell compares the computer with what the course needs. It may take some seconds.

# %% slideshow={"slide_type": "skip"}
from dlcourse import reproducibility

problems = reproducibility.check()
print("\n\n".join(problems) or "Everything fits. Go on.")

# %% [markdown] slideshow={"slide_type": "skip"}
# If it prints something else, it says what doesn't fit and what to do. If it ends in
# `ModuleNotFoundError: No module named 'dlcourse'`, the notebook runs in some other Python than the course's: close it,
# type `make lab` in the course's folder, and open the chapter from there. (On Windows, without make:
# `py -3.12 bootstrap.py lab`.)
#
# Every chapter then begins with a cell like the next one: it imports what the chapter uses, and sets the *seed*, the
# number from which everything random is drawn. With the same seed, a second run on the same computer gives the same
# numbers, but for times.

# %% slideshow={"slide_type": "skip"} tags=["hide-input"]
import functools
import tempfile
import textwrap
import time
import zipfile
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf
from PIL import Image, ImageDraw, ImageFilter
from sklearn import neighbors

from dlcourse import checks, datasets, exercises, figures, models, show, training
from dlcourse.claims import ClaimError, Claims
from dlcourse.figures import charts, classification, primer
from dlcourse.measured import Measured
from dlcourse.training import repeats

reproducibility.start(seed=0)
claims = Claims("00")

# %% [markdown] slideshow={"slide_type": "slide"}
# ## How do you work with a chapter? · 怎样学习一章？
#
# In three steps, again and again.
#
# 1. **Predict.** Where a paragraph begins with *Predict before you run*, stop, and write your guess down: on paper, or
#    in a cell of your own (press `Esc`, then `b`). Only a guess to which you have committed yourself can turn out wrong.
# 2. **Run** the cells that follow.
# 3. **Check.** A later cell gives the answer. It also names a common wrong guess, and says why it is wrong. If it was
#    yours: good, that is what it is there for.

# %% [markdown] slideshow={"slide_type": "skip"}
# **This copy is yours.** `make lab` copied the chapters into the folder `work/` when you first called it, and it never
# overwrites them. Change a number, break a cell, write between the lines. For a fresh copy of a chapter, rename your
# own in `work/` and type `make lab` again.

# %% [markdown] slideshow={"slide_type": "notes"}
# **What do ⟨ and ⟩ mean?** That the number between them was measured. On your computer it may be different;
# everything outside the brackets is meant to come out the same everywhere. Below, one calculation is timed five times.


# %% slideshow={"slide_type": "notes"}
def milliseconds(task):
    """How long a task takes, in milliseconds."""
    begun = time.perf_counter()
    task()
    return 1000 * (time.perf_counter() - begun)


table = np.random.default_rng(0).normal(size=(400, 400))
milliseconds(lambda: table @ table)  # the first one is slower
times = [milliseconds(lambda: table @ table) for _ in range(5)]
show.markdown(f"A product of two tables of 400 × 400 numbers: "
              f"{Measured(times, unit='ms'):.2f}.")

# %% [markdown] slideshow={"slide_type": "notes"}
# Read ⟨*a* ± *b*⟩ like this: *a* is the average of the measurements, and *b* says how sure we are of it. If the five
# timings scatter, *b* is large. The range from *a* − *b* to *a* + *b* is called the $95\,\%$ *interval*: it is made so
# that it misses the true average about once in twenty times, if each measurement is made independently of the others.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## How far does pure memory get you? · 只靠记忆能走多远？
#
# A first real question, on real data. MNIST is a collection of 70,000 digits, [written by American census workers and
# high-school students](https://doi.org/10.1109/5.726791), each a grey picture of 28 × 28 pixels. Beside each stands the
# right answer, its *label*.

# %%
mnist = datasets.load("mnist")
mnist

# %% [markdown] slideshow={"slide_type": "notes"}
# The examples come in three parts, and the course never mixes them. From *training* data a program may learn.
# *Validation* data it has not learnt from; we look at them while we still make choices. *Test* data are touched once,
# when every choice has been made.

# %% [markdown] slideshow={"slide_type": "subslide"}
# *Similar* needs a definition. A picture is a list of 784 brightnesses. For two pictures $a$ and $b$ we take the
# distance that you know from geometry, only with 784 coordinates in place of two:
#
# $$d(a, b) = \sqrt{(a_1 - b_1)^2 + (a_2 - b_2)^2 + \dots + (a_{784} - b_{784})^2}.$$
#
# **Predict before you run.** A program remembers 1,000 labelled digits and does nothing else. Shown a new one, it looks
# for the most similar picture in its memory and repeats that picture's label. Of 100 new digits, how many does it get
# right: about 10, about 50, or about 90?


# %% slideshow={"slide_type": "subslide"}
def share_right(memory, new):
    """Share of new digits whose nearest in memory has their label."""
    nearest = neighbors.KNeighborsClassifier(n_neighbors=1)
    nearest.fit(memory.x.reshape(len(memory), 784), memory.y)
    return nearest.score(new.x.reshape(-1, 784), new.y)


new = mnist.validation.take(1_000)
memories = [mnist.train.take(1_000, seed) for seed in range(5)]
right = Measured([share_right(memory, new) for memory in memories])
show.markdown(f"Right: {right:.1%} of the new digits.")

# %% [markdown] slideshow={"slide_type": "fragment"}
# <details><summary>Your prediction</summary>
#
# Nearer 90. A common guess is 50: a program that knows nothing of strokes and loops can't do well. But two digits of a
# kind have their ink in much the same places, and 1,000 of them cover a good part of how people write.
#
# </details>


# %% slideshow={"slide_type": "skip"}
def most_similar(memory, new):
    """Index in memory of the picture nearest to each new one, int (len(new),)."""
    nearest = neighbors.NearestNeighbors(n_neighbors=1)
    nearest.fit(memory.x.reshape(-1, 784))
    return nearest.kneighbors(new.x.reshape(-1, 784), return_distance=False)[:, 0]


memory = memories[0]
found = most_similar(memory, new)
wrong = np.flatnonzero(memory.y[found] != new.y)
right_too = np.flatnonzero(memory.y[found] == new.y)
shown = np.concatenate([right_too[:5], wrong[:5]])

# %% slideshow={"slide_type": "notes"} tags=["hide-input"]
above = [f"new: {label}" for label in new.y[shown]]
below = [f"found: {label}" for label in memory.y[found[shown]]]
figures.image_grid(
    np.concatenate([new.x[shown], memory.x[found[shown]]]),
    titles=above + below,
    title="New digits, and what the memory finds most similar",
    caption="Upper row: new digits. Lower row: the most similar of the 1,000 "
    "remembered ones. The five on the right are mistakes: strokes in the same "
    "places, another meaning.",
    alt="Ten pairs of digits, a new one above the one found for it. Five found at "
    "the left, five mistaken at the right.",
)

# %% [markdown] slideshow={"slide_type": "slide"}
# ### What makes this a claim?
#
# "Memory does well" is an opinion. A *claim*, in this course, has
#
# - a **statement**, and one **quantity** that measures it;
# - a **bound**, written down before measuring. Ours: above 85 %;
# - what is measured, **of**: one item for each independent repetition. Here chance chooses which 1,000 digits are
#   remembered, so we take five memories. The whole $95\,\%$ interval must lie within the bound;
# - a **control**: the same quantity with the supposed cause taken away, and all else left. Our cause is that *single*
#   digits are remembered. A doubter says: "ten average pictures would do". So in the control each memory is boiled
#   down to its ten averages. Its whole interval must lie *outside*.


# %% slideshow={"slide_type": "notes"}
def averaged(memory):
    """A memory's ten average pictures, one for each label."""
    pictures = [memory.x[memory.y == label].mean(axis=0)
                for label in range(10)]
    return datasets.Split(np.stack(pictures), np.arange(10))


averages_alone = [averaged(memory) for memory in memories]

# %% slideshow={"slide_type": "notes"} tags=["hide-input"]
claims.measure(
    "C00.1", "a memory of 1,000 single digits reads new ones: share right; control: "
    "the memory's ten averages",
    share_right,
    of=[(memory, new) for memory in memories],
    control=[(memory, new) for memory in averages_alone],
    above=0.85,
)

# %% [markdown] slideshow={"slide_type": "notes"}
# If a claim fails, the cell stops with an error, and so do the chapter's tests. What would have refuted this one? An
# interval that reaches below the bound, or ten averages that do as well.

# %% [markdown] slideshow={"slide_type": "skip"}
# ### What happens to a claim that fails?
#
# **Predict before you run.** Two more claims about the same measurement. The proud one: more than 99 % right. The cheap
# one: more than 50 % right. Which of them fails?


# %% slideshow={"slide_type": "skip"} tags=["hide-input"]
def attempt(statement, quantity, of, control, above):
    """Measure a claim; where it fails, print the error instead of stopping."""
    try:
        Claims("00").measure("C00.0", statement, quantity, of=of, control=control,
                             above=above)
    except ClaimError as error:
        for number, line in enumerate(str(error).splitlines()):
            for part in line.strip().split("; "):
                print(show.mask(part) if number == 1 else part)  # line 1: measured


both = {"of": [(memory, new) for memory in memories],
        "control": [(memory, new) for memory in averages_alone]}

# %% slideshow={"slide_type": "skip"} tags=["hide-input"]
attempt("memory is always right", share_right, **both, above=0.99)
print()
attempt("memory is mostly right", share_right, **both, above=0.5)

# %% [markdown] slideshow={"slide_type": "skip"}
# <details><summary>Your prediction</summary>
#
# Both fail. The proud one does since its interval lies outside its bound. The cheap one is *true*, and that is the
# common trap: ten averages pass its bound as well, so it doesn't show that single digits must be remembered.
#
# </details>
#
# A claim that also holds without its cause says nothing about the cause.

# %% [markdown] slideshow={"slide_type": "skip"}
# How to read such an error: begin at its last lines. Here they say what was measured, and what to do.

# %% [markdown] slideshow={"slide_type": "skip"}
# ### Do ten times the examples leave a tenth of the mistakes?
#
# **Predict before you run.** Let the memory grow from 500 to 5,000 digits. Do mistakes fall to a tenth, to about a half,
# or hardly at all?

# %% [markdown] slideshow={"slide_type": "skip"}
# "Ten times the examples leave a tenth of the mistakes" is a sentence on which we want a **verdict**, whichever it is.
# Its rule stands before the measurement. The ratio is that of the mistakes with 5,000 to the mistakes with 500, for five
# memories. With made-up values the rule shows at once that it can reach each verdict.

# %% slideshow={"slide_type": "skip"} tags=["hide-input"]
claims.rule(
    "C00.3",
    {
        "holds": lambda ratio: ratio.high < 0.2,
        "does not hold": lambda ratio: ratio.low > 0.2,
        "not settled": True,
    },
    made_up={
        "holds": {"ratio": [0.1, 0.12, 0.11]},
        "does not hold": {"ratio": [0.5, 0.55, 0.6]},
        "not settled": {"ratio": [0.1, 0.3, 0.2]},
    },
)


# %% slideshow={"slide_type": "skip"}
def mistakes_left(before, after):
    """Mistakes of the second memory over those of the first."""
    first, second = share_right(before, new), share_right(after, new)
    return (1 - second) / (1 - first)


small = [mnist.train.take(500, seed) for seed in range(5)]
large = [mnist.train.take(5_000, seed) for seed in range(5, 10)]
left = [mistakes_left(*pair) for pair in zip(small, large, strict=True)]

# %% slideshow={"slide_type": "skip"} tags=["hide-input"]
claims.verdict("C00.3", ratio=left)

# %% [markdown] slideshow={"slide_type": "skip"}
# A doubter says: "whatever one remembers, more examples help". So we boil these memories down to ten averages as well,
# and ask again how many mistakes are left. Our bound: seven tenths.

# %% slideshow={"slide_type": "skip"} tags=["hide-input"]
boiled = [(averaged(before), averaged(after))
          for before, after in zip(small, large, strict=True)]
claims.measure(
    "C00.10", "with ten times the examples a memory of single digits makes fewer "
    "mistakes: share left; control: the memories' ten averages",
    mistakes_left,
    of=list(zip(small, large, strict=True)), control=boiled, below=0.7,
)

# %% [markdown] slideshow={"slide_type": "skip"}
# <details><summary>Your prediction</summary>
#
# To about a half. "A tenth" takes it that mistakes fall in proportion to the examples. But the more is known already,
# the more often a new digit resembles something known: the later examples teach less.
#
# </details>
#
# Nobody typed that verdict: the rule was there first, and the values chose. Can a program make more of its examples than
# to store them? Networks try to, and the rest of this chapter builds one.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## What is a tensor? · 什么是张量？
#
# A table of numbers, of any number of dimensions, called *axes*. Its **shape** lists the length of each axis. A
# single number has shape `()`, a list of three `(3,)`, a table of 2 rows and 3 columns `(2, 3)`. Many error messages
# about networks are about shapes, so it pays to be quick at them.

# %% slideshow={"slide_type": "skip"} tags=["hide-input"]
digit = datasets.load("digits").train.x[0]
primer.numbers(
    16 * digit[:, :, 0],
    title="A picture is a table of numbers",
    caption="A digit from a smaller collection, 8 by 8 pixels in 17 shades of grey. "
    "What you see as a stroke is, to the program, a region of large numbers.",
)

# %% [markdown] slideshow={"slide_type": "fragment"}
# **Predict before you run.** `batch` holds 32 pictures of 28 × 28 pixels with one grey channel, shape
# `(32, 28, 28, 1)`. Write down the shapes of: `batch[0]`, `batch[:, 10]`, `batch[:, ::2, ::2]`,
# `batch.reshape(32, -1)`, `batch.mean(axis=0)`, and `batch.mean()`.

# %% slideshow={"slide_type": "subslide"} tags=["hide-input"]
batch = mnist.train.x[:32]
results = {
    "batch": batch,
    "batch[0]": batch[0],
    "batch[:, 10]": batch[:, 10],
    "batch[:, ::2, ::2]": batch[:, ::2, ::2],
    "batch.reshape(32, -1)": batch.reshape(32, -1),
    "batch.mean(axis=0)": batch.mean(axis=0),
    "batch.mean()": batch.mean(),
}
show.table(
    [[f"`{code}`", np.shape(t), f"{np.size(t):,}"] for code, t in results.items()],
    ["expression", "shape", "numbers in it"],
)

# %% [markdown] slideshow={"slide_type": "subslide"}
# <details><summary>Your prediction</summary>
#
# An index takes its axis away; a slice (`::2`: every second) keeps it. `reshape` keeps the numbers and their order, and
# `-1` asks it to work out that length itself: $28 \cdot 28 \cdot 1 = 784$. The common wrong guess is `(32,)` for
# `batch.mean(axis=0)`: it reads `axis=0` as "one mean for each entry of axis 0". It is the other way round: **the axis
# that you name is the one that disappears**. One averages over the 32 pictures, and an average picture remains.
#
# </details>

# %% slideshow={"slide_type": "skip"}
x, y = mnist.train.x, mnist.train.y
averages = np.stack([x[y == digit].mean(axis=0)
                     for digit in range(10)])
print(averages.shape)

# %% slideshow={"slide_type": "skip"} tags=["hide-input"]
figures.image_grid(
    averages,
    titles=range(10),
    title="The mean over axis 0 of all pictures of a digit",
    caption="Average digits of the training data. Sharp where people agree (the 1's "
    "middle), blurred where each writes in an own way (its ends).",
    alt="The ten average digits from 0 to 9, bright on black, with soft edges.",
)

# %% [markdown] slideshow={"slide_type": "skip"}
# Two more properties. The **dtype** says what kind of number is stored: here `float32`, about seven decimal digits,
# four bytes each. And there are two kinds of table: NumPy's *arrays*, which much of Python shares, and TensorFlow's
# *tensors*, which can be differentiated and can live on a graphics card. Either turns into the other.

# %% slideshow={"slide_type": "skip"}
tensor = tf.constant([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
print(tensor)
print("back to an array:", tensor.numpy().tolist())

# %% [markdown] slideshow={"slide_type": "slide"}
# ## When do two shapes fit together? · 两个形状何时相容？
#
# `+`, `−`, `×` and the like work entry by entry. If the shapes differ, one table or both are stretched, by a rule
# called **broadcasting**:
#
# 1. write the two shapes below each other, aligned on the *right*, and fill up with 1 on the left;
# 2. on each axis the two lengths must be equal, or one of them 1;
# 3. the result has the larger length on each axis; a length of 1 is stretched by repeating its entries.

# %% slideshow={"slide_type": "subslide"} tags=["hide-input"]
primer.broadcasting(
    [10, 20, 30],
    [1, 2, 3, 4],
    caption="A column of shape (3, 1) plus a row of shape (1, 4). The dark entries "
    "exist; the pale ones are repetitions, which broadcasting never stores.",
)

# %% [markdown] slideshow={"slide_type": "skip"}
# **Predict before you run.** Which of these pairs fit, and what shape comes out?
# (a) `(2, 3)` and `(3,)`; (b) `(2, 3)` and `(2,)`; (c) `(32, 28, 28, 1)` and `(28, 1)`; (d) `(5,)` and `(5, 1)`;
# (e) `(32, 10)` and `()`.


# %% slideshow={"slide_type": "skip"}
def broadcast_shape(one, other):
    """The shape of one + other, or None where they don't fit."""
    axes = max(len(one), len(other))
    one = (1,) * (axes - len(one)) + one
    other = (1,) * (axes - len(other)) + other
    pairs = list(zip(one, other, strict=True))
    if any(a != b and 1 not in (a, b) for a, b in pairs):
        return None
    return tuple(b if a == 1 else a for a, b in pairs)


# %% slideshow={"slide_type": "skip"}
def shape_in_tensorflow(one, other):
    """What TensorFlow makes of it."""
    try:
        return tuple((tf.zeros(one) + tf.zeros(other)).shape)
    except tf.errors.InvalidArgumentError:
        return None


# %% slideshow={"slide_type": "skip"} tags=["hide-input"]
pairs = [((2, 3), (3,)), ((2, 3), (2,)), ((32, 28, 28, 1), (28, 1))]
pairs += [((5,), (5, 1)), ((32, 10), ())]
rows = []
for one, other in pairs:
    ours, theirs = broadcast_shape(one, other), shape_in_tensorflow(one, other)
    rows.append([one, other, ours or "they don't fit", theirs or "they don't fit"])
show.table(rows, ["one", "other", "by our rule", "in TensorFlow"])

# %% [markdown] slideshow={"slide_type": "skip"}
# <details><summary>Your prediction</summary>
#
# The common wrong guess is that (b) fits, since both begin with 2. But shapes are aligned on the right, so 3 meets
# 2. Look at TensorFlow's message once without hurry; you will meet it again.
#
# </details>

# %% slideshow={"slide_type": "skip"}
table, per_row = tf.ones((2, 3)), tf.constant([10.0, 20.0])
try:
    table + per_row
except tf.errors.InvalidArgumentError as error:
    message = f"{type(error).__name__}: {error}"
    print(*textwrap.wrap(message, 68), sep="\n")

# %% [markdown] slideshow={"slide_type": "notes"}
# Three things are worth reading in it: *Incompatible shapes*, the kind of problem; `[2,3] vs. [2]`, the two shapes that
# met; and `Op:AddV2`, the operation, here the `+`. The rest is TensorFlow's bookkeeping. The cure follows from the
# shapes: one number for each *row* must be a column, of shape `(2, 1)`. Indexing with `None` adds an axis of length 1.

# %% slideshow={"slide_type": "skip"}
print((table + per_row[:, None]).numpy())

# %% [markdown] slideshow={"slide_type": "slide"}
# ### What if a wrong shape gives no error?
#
# That is worse.
#
# **Predict before you run.** Five predictions, every one exactly right. Their mean squared error is 0, of
# course, or is it?

# %% slideshow={"slide_type": "subslide"}
truth = np.array([1.0, 2.0, 3.0, 4.0, 5.0])  # shape (5,)
prediction = truth.reshape(5, 1)  # as networks give it
difference = prediction - truth
print("mean squared error:", np.mean(difference**2))
print("shape of the difference:", difference.shape)

# %% [markdown]
# <details><summary>Your prediction</summary>
#
# The guess of 0 looks at the numbers and forgets the shapes. But `(5, 1)` and `(5,)` fit, and give `(5, 5)`:
# every prediction minus *every* truth. Nothing fails, and somebody loses a week. When a result is strange, print the
# shapes first. (The course's own `training.fit` compares them for you.)
#
# </details>

# %% [markdown] slideshow={"slide_type": "slide"}
# ## What does a layer hold? · 一层里有什么？
#
# One of the commonest layers of networks, called *dense*, turns each example, a list of numbers, into another list.
# Each of its outputs weighs all inputs, adds them up, adds a number of its own, its *bias*, and bends the result by an
# *activation*: often $\mathrm{relu}(z) = \max(z, 0)$, which cuts off what is negative.
#
# By hand, with whole numbers:

# %% tags=["hide-input"]
x = np.array([[1.0, 2.0, 3.0]])
W = np.array([[1.0, 0.0], [0.0, -1.0], [2.0, -1.0]])
b = np.array([0.5, 1.0])
primer.dense_layer(
    x[0], W, b,
    caption="A dense layer of two units. Each line carries one weight.",
)

# %% slideshow={"slide_type": "notes"}
x = np.array([[1.0, 2.0, 3.0]])
W = np.array([[1.0, 0.0], [0.0, -1.0], [2.0, -1.0]])
b = np.array([0.5, 1.0])
z = x @ W + b  # 1·1 + 2·0 + 3·2 + 0.5 and 1·0 − 2·1 − 3·1 + 1
print("before the activation:", z, "  after:", np.maximum(z, 0))

# %% [markdown] slideshow={"slide_type": "subslide"}
# In general, for $m$ inputs and $n$ outputs, the layer holds a table of weights $W$ of shape `(m, n)` and a list of
# biases $b$ of shape `(n,)`, and computes
#
# $$y = \varphi(x W + b), \qquad
# y_j = \varphi\Big(\sum_{i=1}^{m} x_i W_{ij} + b_j\Big),$$
#
# with $\varphi$ for the activation. A batch of $B$ examples has shape `(B, m)`, and so $xW$ has shape `(B, n)`; $b$ is
# broadcast over the batch. The same layer in Keras, given our weights:

# %%
layer = keras.layers.Dense(2, activation="relu", name="ours")
layer.build((None, 3))  # None: any number of examples
layer.set_weights([W, b])
print("Keras:", layer(x).numpy())

# %% [markdown] slideshow={"slide_type": "skip"}
# **Predict before you run.** A dense layer takes 784 pixels to 32 outputs. How many numbers does it hold?

# %% slideshow={"slide_type": "skip"}
biases = keras.initializers.RandomNormal(seed=1)  # not Keras' zeros
wide = keras.layers.Dense(32, activation="relu",
                          bias_initializer=biases)
wide.build((None, 784))
print(f"{wide.count_params():,} = 784 · 32 + 32 = {784 * 32 + 32:,}")

# %% [markdown] slideshow={"slide_type": "skip"}
# <details><summary>Your prediction</summary>
#
# $784 \cdot 32 = 25{,}088$ is the common wrong answer: it forgets the 32 biases.
#
# </details>

# %% [markdown] slideshow={"slide_type": "skip"}
# That the layer computes our formula is no claim: it can't be otherwise. Such sentences are checked in one line, on real
# digits. Why only *to rounding*? `float32` keeps about seven digits, and 784 products added up in another order round
# differently.

# %% slideshow={"slide_type": "skip"}
pixels = mnist.validation.x[:500].reshape(500, 784)
kernel, bias = wide.get_weights()
checks.equal("Keras' dense layer, and relu(xW + b)", wide(pixels).numpy(),
             np.maximum(pixels @ kernel + bias, 0), atol=1e-5)

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Which way is downhill? · 哪边是下坡？
#
# Learning means changing $W$ and $b$ so that mistakes become fewer. Which way to change them, the derivative tells.
# TensorFlow computes it: a `GradientTape` records what is computed from variables under it, and then goes through it
# backwards by the chain rule.
#
# **Predict before you run.** $f(x) = (x^2 + 1)^3$. What is $f'(1)$? Use the chain rule from school.

# %% slideshow={"slide_type": "notes"}
points = tf.Variable([-1.0, 0.0, 0.5, 1.0, 2.0], dtype="float64")
with tf.GradientTape() as tape:
    f = (points**2 + 1) ** 3
slopes = tape.gradient(f, points).numpy()

t = points.numpy()
by_school = 3 * (t**2 + 1) ** 2 * (2 * t)  # outer times inner

# %% slideshow={"slide_type": "notes"} tags=["hide-input"]
rows = zip(t, by_school, slopes, strict=True)
show.table(
    [[f"{number:g}" for number in row] for row in rows],
    ["$x$", "$f'(x)$ by the chain rule", "by the tape"],
)

# %% slideshow={"slide_type": "skip"} tags=["hide-input"]
checks.equal("the tape's derivative, and the chain rule's", slopes, by_school)

# %% [markdown] slideshow={"slide_type": "subslide"}
# <details><summary>Your prediction</summary>
#
# $f'(1) = 24$. The common wrong answer is 12: the outer derivative $3(x^2+1)^2$ alone, the inner $2x$ forgotten.
#
# </details>

# %% [markdown]
# ### And the derivative of a mistake?
#
# Four points, and a line $wx + b$ that should go through them. The **loss** is one number that says how wrong it is; here
# the mean squared error
#
# $$L(w, b) = \frac{1}{4}\sum_{i=1}^{4} (w x_i + b - y_i)^2.$$

# %% [markdown] slideshow={"slide_type": "subslide"}
# Its derivatives, by the chain rule and term by term:
#
# $$\frac{\partial L}{\partial w} = \frac{1}{4}\sum_{i=1}^{4} 2\,(w x_i + b - y_i)\,x_i,
# \qquad \frac{\partial L}{\partial b} = \frac{1}{4}\sum_{i=1}^{4} 2\,(w x_i + b - y_i).$$
#
# The pair of these derivatives is the **gradient**. It points uphill; so a step of *gradient descent* goes the other
# way, by a small factor $\eta$, the **learning rate**:
#
# $$w \leftarrow w - \eta\,\frac{\partial L}{\partial w}, \qquad b \leftarrow b - \eta\,\frac{\partial L}{\partial b}.$$

# %% slideshow={"slide_type": "skip"}
x_line = np.array([-1.0, 0.0, 1.0, 2.0])
y_line = np.array([-1.0, 1.0, 3.0, 5.0])  # they lie on y = 2x + 1


def line_loss(w, b):
    """Mean squared error of the line wx + b on the four points."""
    return tf.reduce_mean((w * x_line + b - y_line) ** 2)


w, b = tf.Variable(0.0, dtype="float64"), tf.Variable(0.0, dtype="float64")
with tf.GradientTape() as tape:
    loss = line_loss(w, b)
gradient = tape.gradient(loss, [w, b])
print("by the tape:", [g.numpy().item() for g in gradient])

# %% slideshow={"slide_type": "skip"}
wrong_by = 0 * x_line + 0 - y_line  # w = b = 0
by_hand = [np.mean(2 * wrong_by * x_line).item(), np.mean(2 * wrong_by).item()]
print("by hand:    ", by_hand)

# %% [markdown] slideshow={"slide_type": "subslide"}
# **Predict before you run.** With $\eta = 0.1$ we need some dozens of steps to the best line. What does $\eta = 0.6$ do:
# arrive in a sixth of the steps, arrive after some zigzag, or never arrive?


# %%
def descend(loss, start, learning_rate, steps):
    """Gradient descent on a loss of two numbers: (steps + 1, 2)."""
    w, b = (tf.Variable(value, dtype="float64") for value in start)
    path = [(w.numpy(), b.numpy())]
    for _ in range(steps):
        with tf.GradientTape() as tape:
            value = loss(w, b)
        slopes = tape.gradient(value, [w, b])
        for variable, slope in zip((w, b), slopes, strict=True):
            variable.assign_sub(learning_rate * slope)
        path.append((w.numpy(), b.numpy()))
    return np.array(path)


# %% slideshow={"slide_type": "skip"}
paths = {
    f"learning rate {learning_rate}": descend(line_loss, (-1.0, 3.0), learning_rate, 40)
    for learning_rate in (0.1, 0.6)
}

# %% slideshow={"slide_type": "skip"} tags=["hide-input"]
steps = (0, 10, 20, 40)
rows = []
for label, path in paths.items():
    distances = np.hypot(*(path[list(steps)] - [2, 1]).T)  # to w = 2, b = 1
    rows.append([label, *(f"{distance:.2f}" for distance in distances)])
show.table(rows, ["distance to go", *(f"after {n} steps" for n in steps)])

# %% slideshow={"slide_type": "subslide"} tags=["hide-input"]
primer.descent(
    lambda w, b: ((w[..., None] * x_line + b[..., None] - y_line) ** 2).mean(axis=-1),
    {label: path[:9] for label, path in paths.items()},
    limits=((-2.0, 6.0), (-2.0, 4.5)),
    caption="The first eight steps of each, on the loss's contours; each contour "
    "joins places of equal loss. Small steps turn into the valley and follow it. "
    "Large ones jump across it, and soon land higher than they began.",
)

# %% [markdown] slideshow={"slide_type": "subslide"}
# <details><summary>Your prediction</summary>
#
# It never arrives. "Six times the rate, a sixth of the steps" is the common wrong guess: it takes the slope at the
# start for the slope all along the step. But the slope changes on the way, and beyond a certain rate the steps soon end
# higher than they began, and the next is longer still. For a loss of squares like this the limit is two divided by its
# largest second derivative in any direction, here $2 / \frac{5 + \sqrt{5}}{2} \approx 0.55$.
#
# </details>
#
# A loss that grows, or turns into `nan` (*not a number*), often means: lower the learning rate.

# %% [markdown] slideshow={"slide_type": "skip"}
# Back to the wrong shape that gave no error. What does a line learn from a loss whose difference has shape
# `(20, 20)` in place of `(20,)`? We fit lines to 20 points near $y = 2x + 1$, for five sets of points.


# %% slideshow={"slide_type": "skip"}
def learnt_slope(shape, seed):
    """The slope of a fitted line; its loss takes predictions of that shape."""
    random = np.random.default_rng(seed)
    x = random.uniform(-1, 1, size=20)
    y = 2 * x + 1 + random.normal(scale=0.1, size=20)

    def loss(w, b):
        return tf.reduce_mean((tf.reshape(w * x + b, shape) - y) ** 2)

    return descend(loss, (1.0, 0.0), learning_rate=0.3, steps=60)[-1, 0]


# %% slideshow={"slide_type": "skip"} tags=["hide-input"]
wrong_shape, right_shape = ([learnt_slope(shape, seed) for seed in range(5)]
                            for shape in ((20, 1), (20,)))
checks.equal("slopes learnt with predictions of shape (20, 1), and 0", wrong_shape, 0,
             atol=0.05)
show.markdown("With predictions of shape (20,) the slope is "
              f"{Measured(right_shape):.2f}.")

# %% [markdown] slideshow={"slide_type": "skip"}
# With the wrong shape the line learns to give the mean of the truths, whatever the input: the mean of
# $(w x_i + b - y_j)^2$ over all *pairs* is least at $w = 0$. No message, no `nan`, and a loss that falls.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Can a network learn to read? · 网络能学会识字吗？
#
# Now all of it together, on real digits. The network has two dense layers: 784 pixels to 128 numbers with relu, and
# those to 10 scores, one per digit. The highest score is its answer.

# %% tags=["hide-input"]
primer.network_layers(
    [("picture", "(28, 28, 1)", "data"), ("Flatten", "(784,)", "plain"),
     ("Dense 128\nrelu", "(128,)", "weights"), ("Dense 10", "(10,)", "weights"),
     ("logits", "", "data")],
    "A reader of digits",
    caption="The network, with the shape of one example between its layers. Grey "
    "boxes hold weights, which it learns.",
)

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### How wrong is a list of scores?
#
# The scores, of any size and sign, are called *logits*. Say there are three classes, the logits are 2, 1 and 0, and the
# second class is the right one. Two steps make a loss of that:
#
# 1. *Softmax* turns logits into probabilities: raise $e$ to each, and divide by the sum. $e^2 = 7.39$, $e^1 = 2.72$ and
#    $e^0 = 1$ add up to $11.11$; the probabilities are $0.665$, $0.245$ and $0.090$.
# 2. *Cross-entropy* is the surprise at what is right, minus the logarithm of its probability: $-\ln 0.245 = 1.41$. With
#    probability 1 there would be none: $-\ln 1 = 0$. Its unit, with the natural logarithm, is the *nat*.

# %% slideshow={"slide_type": "subslide"}
scores = np.array([2.0, 1.0, 0.0])
shares = np.exp(scores) / np.exp(scores).sum()
print("probabilities:", shares.round(3))
print("surprise:", -np.log(shares[1]).round(3))

cross_entropy = keras.losses.SparseCategoricalCrossentropy(
    from_logits=True)
loss = cross_entropy(np.array([1]), scores[None])
print("Keras:", round(float(loss), 3))

# %% [markdown]
# In general, for logits $z$ and the right label $y$, on average over the examples:
#
# $$p_k = \frac{e^{z_k}}{\sum_{j} e^{z_j}}, \qquad L = -\ln p_y .$$

# %% [markdown] slideshow={"slide_type": "notes"}
# *Sparse*, in Keras' name for it, means that a label is one whole number; `from_logits`, that it does the softmax itself.

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### Built, compiled, fitted
#
# Keras builds a network from its layers in order, `compile` says by what it learns, and `fit` trains it. Each step looks
# at a *batch* of examples, here 256; an *epoch* is one pass over all training data. `"adam"` is a kind of gradient
# descent that adapts the learning rate of each weight ([chapter 02](02_backpropagation.ipynb) takes it apart).

# %%
network = keras.Sequential([
    keras.Input((28, 28, 1)),
    keras.layers.Flatten(),  # 28 · 28 · 1 = 784 numbers
    keras.layers.Dense(128, activation="relu"),
    keras.layers.Dense(10),  # logits: no activation
])
network.compile(optimizer="adam", loss=cross_entropy,
                metrics=["accuracy"])
start = network.get_weights()  # kept for later

# %% slideshow={"slide_type": "skip"} tags=["hide-input"]
show.table(
    [[part.name, part.output.shape, f"{part.count_params():,}"]
     for part in network.layers],
    ["layer", "shape of its output", "numbers it holds"],
)

# %% [markdown] slideshow={"slide_type": "subslide"}
# **Predict before you run.** (1) How many digits does the network read correctly before it has learnt anything? (2) What is
# its loss then, roughly? Think of ten equally likely answers. (3) And how many does it read after four epochs: 70 %,
# 85 %, 95 %?

# %%
held_out = mnist.validation.x, mnist.validation.y
untrained = network.evaluate(*held_out, verbose=0, return_dict=True)

history = network.fit(mnist.train.x, mnist.train.y,
                      epochs=4, batch_size=256,
                      validation_data=held_out, verbose=0)
trained = network.evaluate(*held_out, verbose=0, return_dict=True)

# %% slideshow={"slide_type": "subslide"} tags=["hide-input"]
show.table(
    [[name, f"{Measured(values['accuracy']):.1%}",
      f"{Measured(values['loss']):.2f} nats"]
     for name, values in {"before": untrained, "after four epochs": trained}.items()],
    ["`evaluate`", "accuracy on validation data", "loss"],
)
show.markdown(f"Ten equally likely answers: $\\ln 10 = {np.log(10):.2f}$ nats.")

# %% [markdown]
# <details><summary>Your prediction</summary>
#
# (1) "None" is the common wrong guess. A network that knows nothing doesn't avoid the right answer; it hits it in about
# one of ten cases. (2) If all ten digits seem equally likely, $p_y = 1/10$ and $L = \ln 10$. (3) Whoever chose the middle
# had the memory above in mind. It had 1,000 digits, the network has 55,000. *Exercise 5* compares them with equal numbers.
#
# </details>

# %% [markdown] slideshow={"slide_type": "subslide"}
# And its answer to one picture? `predict` takes a batch and gives the logits:

# %%
five = network.predict(mnist.validation.x[:5], verbose=0)
print("shape:", five.shape)
print("answers:", show.mask(five.argmax(axis=1)),
      "labels:", mnist.validation.y[:5])

# %% slideshow={"slide_type": "notes"} tags=["hide-input"]
charts.curves(
    ["1", "2", "3", "4"], {"training": history.history["accuracy"],
                           "validation": history.history["val_accuracy"]},
    xlabel="epoch", ylabel="accuracy", title="What fit gives back: its history",
    caption="One run. Training accuracy is measured *while* the network learns, over "
    "the epoch that ends there; validation accuracy after it, on digits that it never "
    "learns from. That is why validation can be the better of the two at first.",
)

# %% [markdown] slideshow={"slide_type": "slide"}
# ## What does fit do? · fit 做了什么？
#
# The same thing again and again: a step of gradient descent, as you did it above on a line.

# %% tags=["hide-input"]
primer.training_step(
    caption="Solid arrows: what is computed from the batch. Dashed arrows: what comes "
    "back, and changes the weights. Then the next batch comes.",
)

# %% slideshow={"slide_type": "subslide"}
def one_step(network, optimizer, loss_of, x, y):
    """Forward, loss, gradient, update; returns the loss."""
    with tf.GradientTape() as tape:
        logits = network(x, training=True)
        loss = loss_of(y, logits)
    gradients = tape.gradient(loss, network.trainable_variables)
    optimizer.apply(gradients, network.trainable_variables)
    return loss


def fit_by_hand(network, optimizer, loss_of, batches, epochs):
    """The loop: a step for each batch of each epoch."""
    for _ in range(epochs):
        for x, y in batches:
            one_step(network, optimizer, loss_of, x, y)

# %% [markdown] slideshow={"slide_type": "subslide"}
# The course trains by a third way, `training.fit`: the same loop, compiled into one piece, with a seed for the order of
# the examples, checks of shapes and numbers, and checkpoints. What `compile` is told, it takes as an *objective*.
#
# **Predict before you run.** Three copies of the network start from the same weights, and learn from the same twenty
# batches in the same order: by `fit`, by our loop, by `training.fit`. Do their weights end up equal to the last bit, equal to
# rounding, or merely alike?

# %% slideshow={"slide_type": "subslide"}
reading = training.objectives.classification()
batches = tf.data.Dataset.from_tensor_slices(
    (mnist.train.x, mnist.train.y)).batch(256).take(20)

by_keras, by_hand, by_course = (
    keras.models.clone_model(network) for _ in range(3))
for copy in (by_keras, by_hand, by_course):
    copy.set_weights(start)

by_keras.compile(optimizer="adam", loss=cross_entropy)
by_keras.fit(batches, epochs=1, shuffle=False, verbose=0)
fit_by_hand(by_hand, keras.optimizers.Adam(), cross_entropy,
            batches, epochs=1)
run = training.fit(by_course, reading, batches, epochs=1)

# %% slideshow={"slide_type": "subslide"} tags=["hide-input"]
moved = max(np.abs(after - before).max()
            for after, before in zip(by_keras.get_weights(), start, strict=True))
checks.equal("weights, by our loop and by Keras' fit",
             np.concatenate([w.ravel() for w in by_hand.get_weights()]),
             np.concatenate([w.ravel() for w in by_keras.get_weights()]), atol=1e-4)
checks.equal("weights, by training.fit and by Keras' fit",
             np.concatenate([w.ravel() for w in by_course.get_weights()]),
             np.concatenate([w.ravel() for w in by_keras.get_weights()]), atol=1e-4)
show.markdown(f"The steps moved some weights by up to {Measured(float(moved)):.3f}.")

# %% [markdown]
# <details><summary>Your prediction</summary>
#
# To rounding. *Merely alike* would mean that one of them does something else than the others, and none does. *To the
# last bit* is too much to ask: each may add its numbers up in an order of its own, and `float32` rounds every sum.
#
# </details>

# %% [markdown] slideshow={"slide_type": "skip"}
# ### One thing, three names
#
# | Keras | `training.fit` | what the loop does |
# | --- | --- | --- |
# | `keras.Sequential`, `keras.Model` | the same: it takes any Keras model | `model(x, training=True)` |
# | `compile(loss=...)` | an objective, such as `training.objectives.classification()` | computes one number under the tape |
# | `compile(metrics=["accuracy"])` | the objective gives them beside the loss | counts, without a gradient |
# | `compile(optimizer="adam")` | `optimizer="adam"` | `optimizer.apply(gradients, variables)` |
# | `fit(x, y, epochs=4, batch_size=256)` | `training.fit(model, objective, (x, y), epochs=4, batch_size=256)` | two loops, one in the other |
# | `fit(shuffle=True)` | `seed=0`: the order follows from seed and epoch | a new permutation in each epoch |
# | `fit(dataset)` | `training.fit(model, objective, dataset, epochs=4)` | takes the batches as they come |
# | `fit(validation_data=(x, y))` | `validation=(x, y)` | after each epoch: loss, no tape, `training=False` |
# | `History.history["val_accuracy"]` | `Run.history["val_accuracy"]` | appends to a list |
# | callback `EarlyStopping` | `early_stopping=training.EarlyStopping(...)` | stops when the best weights grow old, and restores them (Keras: if asked to) |
# | callbacks `ModelCheckpoint`, `BackupAndRestore` | `checkpoint="folder"` | saves weights, optimizer and place; goes on from there |
# | a `train_step` of your own | an objective of your own | another loss under the same tape |
# | `evaluate(x, y)` | `training.evaluate(model, objective, (x, y))` | averages over batches |
# | `predict(x)` | `training.predict(model, x)` | `model(x, training=False)`, batch after batch |
# | `model.save("x.keras")`, `load_model` | the same | |
#
# Where a chapter says `training.fit`, you may use Keras' `fit` in its place, with what this table says. This is the
# step that `training.fit` runs, out of the package itself; of two lines that ours lacks, one adds the penalties of
# layers that have some (chapter 05), and the other matters for `float16` only:

# %% slideshow={"slide_type": "skip"}
show.source(training.train_step)

# %% [markdown] slideshow={"slide_type": "skip"}
# ### Was that luck?
#
# One network is one run. For the next claims we train five, from five seeds. `models.mlp` stacks the same layers, and
# takes the seed of the initial weights:

# %% slideshow={"slide_type": "skip"}
def reader(seed):
    """From pictures of 28 × 28 to ten digits, one hidden layer."""
    return models.mlp((28, 28, 1), classes=10, hidden=[128], seed=seed)


beginners = [reader(seed) for seed in range(5)]
networks, runs = [reader(seed) for seed in range(5)], []
for seed, each in enumerate(networks):
    runs.append(training.fit(each, reading, mnist.train, epochs=4,
                             batch_size=256, seed=seed,
                             validation=mnist.validation))

# %% slideshow={"slide_type": "skip"} tags=["hide-input"]
after = Measured([run.history["val_accuracy"][-1] for run in runs])
first, too_bright = (
    Measured([training.evaluate(beginner, reading, (
        brightest * mnist.validation.x, mnist.validation.y))["loss"]
        for beginner in beginners], "nats") for brightest in (1, 255))
show.markdown(f"""
Validation accuracy of five networks after four epochs: {after:.1%}. Their loss before
training: {first:.2f}; and {too_bright:.0f} where the pixels go from 0 to 255.
""")

# %% [markdown] slideshow={"slide_type": "skip"}
# The five also say why validation accuracy was above training accuracy at first. Because validation digits are easier?
# Then it would be so to the end. Because training accuracy is measured while the network learns, and the first epoch
# begins with guesses? Then the lead is gone in the last epoch, in which little changes.

# %% slideshow={"slide_type": "skip"} tags=["hide-input"]
def lead(run, epoch):
    """Validation accuracy less training accuracy, as fit reports them."""
    return run.history["val_accuracy"][epoch] - run.history["accuracy"][epoch]


claims.measure(
    "C00.12", "validation accuracy leads in the first epoch: less training accuracy; "
    "control: in the last",
    lead,
    of=[(run, 0) for run in runs], control=[(run, -1) for run in runs], above=0.02,
)

# %% [markdown] slideshow={"slide_type": "skip"}
# Keep this one: when a classifier's first loss is far from the logarithm of the number of classes, look for a mistake
# before you train. Pixels that nobody has divided by 255 are such a mistake.
#
# Does the hidden layer do anything, or would the ten scores straight from the pixels do? For the claim the rival is the same
# network without its hidden layer, trained with the same optimizer and for as long. Our bound: more than nineteen of twenty.
# All choices are made, so we may touch the test data: once. What follows comes from this one pass.

# %% slideshow={"slide_type": "skip"}
def logits_of(networks):
    """Logits on the test digits, float32 (networks, 10_000, 10)."""
    return np.stack([training.predict(network, mnist.test.x) for network in networks])


def scores_alone(seed):
    """Ten scores straight from the pixels."""
    return models.mlp((28, 28, 1), classes=10, hidden=[], seed=seed)


study = repeats.classifier(scores_alone, steps=4 * 215, batch_size=256)  # 4 epochs
answers_without = []
for seed in range(5):
    study.train(scores_alone(seed), mnist.train.x, mnist.train.y, seed=seed)
    answers_without.append(logits_of([study.model])[0].argmax(axis=-1))

logits = logits_of(networks)
answers = logits.argmax(axis=-1)  # (5, 10_000)

# %% slideshow={"slide_type": "notes"} tags=["hide-input"]
claims.measure(
    "C00.6", "a network with a hidden layer learns to read in four epochs: test "
    "accuracy; control: without the hidden layer",
    lambda answers: (answers == mnist.test.y).mean(),
    of=list(answers), control=answers_without, above=0.95,
)

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Where is it wrong? · 它错在哪里？
#
# One number hides a great deal.
#
# **Predict before you run.** Which two digits does the network mix up most? And do its
# mistakes come with high or with low confidence? (Its confidence is the largest of the ten probabilities.)

# %% slideshow={"slide_type": "skip"}
counts = np.zeros((10, 10), int)
np.add.at(counts, (mnist.test.y, answers[0]), 1)
pairs = counts + counts.T - 2 * np.diag(np.diag(counts))
one, other = np.unravel_index(pairs.argmax(), pairs.shape)

# %% slideshow={"slide_type": "subslide"} tags=["hide-input"]
classification.confusion(
    counts,
    mnist.classes,
    caption="The first network on the test digits. Each row is a true digit, each "
    "column an answer; the darker, the more mistakes of that kind. On the diagonal "
    "stand the right answers.",
)
show.markdown(
    f"Mixed up most often: {show.mask(one)} and {show.mask(other)}, "
    f"{show.mask(pairs.max())} times of "
    f"{show.mask(np.sum(answers[0] != mnist.test.y))} mistakes."
)

# %% slideshow={"slide_type": "skip"}
probabilities = tf.nn.softmax(logits).numpy()
confidence = probabilities.max(axis=-1)  # (5, 10_000)
mistakes = np.flatnonzero(answers[0] != mnist.test.y)
surest = mistakes[np.argsort(-confidence[0, mistakes], kind="stable")][:10]

# %% slideshow={"slide_type": "notes"} tags=["hide-input"]
figures.image_grid(
    mnist.test.x[surest],
    titles=[f"{answers[0, i]} (is {mnist.test.y[i]})" for i in surest],
    title="The ten mistakes of which it was surest",
    alt="Ten test digits taken for another, each with the answer and the label.",
    caption="Above each picture: the network's answer, and the label. Would you "
    "have known? Some are badly written; of some others you may doubt the label.",
)

# %% [markdown] slideshow={"slide_type": "notes"}
# If confidence told nothing about mistakes, the least confident tenth of the digits would hold about a tenth of the mistakes.
# Our bound is a half. A doubter says: "mistakes are simply made on odd-looking digits, which a memory would find as well". So
# in the control the tenth is that of the digits least like any of 1,000 remembered ones.


# %% slideshow={"slide_type": "skip"}
def in_lowest_tenth(score, wrong):
    """Share of all mistakes that lie in the tenth of the examples of lowest score."""
    least = np.argsort(score, kind="stable")[: len(score) // 10]
    return wrong[least].sum() / wrong.sum()


def likeness(memory, new):
    """Minus the distance to the most similar remembered picture, (len(new),)."""
    nearest = neighbors.NearestNeighbors(n_neighbors=1)
    nearest.fit(memory.x.reshape(-1, 784))
    return -nearest.kneighbors(new.x.reshape(-1, 784))[0][:, 0]


wrong = answers != mnist.test.y
alike = [likeness(memory, mnist.test) for memory in memories]  # five memories

# %% slideshow={"slide_type": "subslide"} tags=["hide-input"]
claims.measure(
    "C00.7", "a network is unsure where it errs: share of its mistakes in the tenth "
    "that it is least sure of; control: in the tenth least like anything remembered",
    in_lowest_tenth,
    of=list(zip(confidence, wrong, strict=True)),
    control=list(zip(alike, wrong, strict=True)), above=0.5,
)

# %% [markdown] slideshow={"slide_type": "notes"}
# And the mistakes of which it is surest: are they its own bad luck, or the picture's doing? Ask the next of the five
# networks, which learnt from another start (after the last comes the first). Our bound: of the thirty surest mistakes
# it makes nine of ten too. In the control they are the thirty of which the first is least sure; they are mistakes as
# well.

# %% slideshow={"slide_type": "notes"} tags=["hide-input"]
def misread_as_well(sureness, wrong, wrong_there, many=30):
    """Share of the mistakes of largest sureness that another network makes too."""
    mistakes = np.flatnonzero(wrong)
    surest = mistakes[np.argsort(-sureness[mistakes], kind="stable")][:many]
    return wrong_there[surest].mean()


by_next = np.roll(wrong, -1, axis=0)  # the next network's mistakes
claims.measure(
    "C00.13", "of the thirty mistakes of which a network is surest, share that the "
    "next network makes too; control: of the thirty of which it is least sure",
    misread_as_well,
    of=list(zip(confidence, wrong, by_next, strict=True)),
    control=list(zip(-confidence, wrong, by_next, strict=True)), above=0.9,
)

# %% [markdown]
# <details><summary>Your prediction</summary>
#
# A common guess is that a network is wrong in the same tone in which it is right. It is not: most of its mistakes lie in
# the tenth that it is least sure of. A post office could let it sort what it is sure of, and show a person the rest. But
# there are exceptions, such as the ten mistakes of which it was surest, and those are the costly ones. Most of
# those another network makes too.
#
# </details>

# %% [markdown] slideshow={"slide_type": "skip"}
# ## Does a saved network give the same answers? · 存盘再载入，答案还一样吗？
#
# `save` writes a single file that ends in `.keras`. We put it into a temporary folder, which Python removes at the end.
#
# **Predict before you run.** The network holds 101,770 numbers of four bytes each. How large is the file, and what else
# has to be in it, so that somebody who doesn't have this notebook can use the network?

# %% slideshow={"slide_type": "skip"}
folder = tempfile.TemporaryDirectory()
path = Path(folder.name) / "reader.keras"
networks[0].save(path)
with zipfile.ZipFile(path) as archive:
    files = [(file.filename, f"{file.file_size:,}") for file in archive.infolist()]
show.table([[name, show.mask(size)] for name, size in files], ["in the file", "bytes"])

# %% [markdown] slideshow={"slide_type": "skip"}
# <details><summary>Your prediction</summary>
#
# The weights, $4 \cdot 101{,}770 = 407{,}080$ bytes and some bookkeeping, and the layers as readable text in `config.json`: a
# model is *what is connected how*, and *with which numbers*. The common wrong guess leaves the first out.
#
# </details>
#
# The file is a zip archive without a *pickle* in it, Python's own format, which can run any program while it is being
# loaded. Still, load models only from people you trust.

# %% slideshow={"slide_type": "skip"}
loaded = keras.models.load_model(path)
checks.equal("a saved network's logits, and those before it was saved",
             training.predict(loaded, new.x), training.predict(networks[0], new.x))

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Can it read your handwriting? · 它认得你写的字吗？
#
# **Predict before you run.** The network takes pictures of 28 × 28. Is it enough to shrink a photograph of your digit to
# that size?

# %% [markdown] slideshow={"slide_type": "notes"}
# Write a digit on white paper with a thick pen, take a photograph that shows this one digit, and copy the file into the folder
# of this notebook. Then put its name in place of `None` below, such as `"my_digit.jpg"`, and run this section again.
#
# As long as you have not, a drawing stands in: strokes on paper, darker on the side that the lamp doesn't reach, with a
# little grain. (The uneven light is broadcasting: a table of shape `(320, 320)` times a row of shape `(320,)`.)

# %% slideshow={"slide_type": "skip"}
my_picture = None  # <- the name of your own picture


def draw_photograph(path, points, size=320, seed=0):
    """Save a line through points (x, y) as if photographed on paper."""
    paper = Image.new("L", (size, size), 225)
    ImageDraw.Draw(paper).line(points, fill=60, width=24, joint="curve")
    light = np.linspace(1.0, 0.5, size)
    grain = np.random.default_rng(seed).normal(scale=3.0, size=(size, size))
    tones = np.asarray(paper.filter(ImageFilter.GaussianBlur(2))) * light + grain
    Image.fromarray(np.clip(tones, 0, 255).astype("uint8")).save(path)
    return path


# %% slideshow={"slide_type": "skip"}
across = [100, 112, 138, 168, 192, 198, 186, 158, 126, 98, 152, 214]
down = [112, 84, 68, 68, 86, 114, 146, 184, 220, 250, 246, 248]
stand_in = Path(folder.name) / "stand_in.png"
picture = my_picture or draw_photograph(stand_in, list(zip(across, down, strict=True)))


# %% slideshow={"slide_type": "skip"}
def shrunk(picture):
    """A picture made grey and shrunk: float32 (1, 28, 28, 1) in [0, 1]."""
    small = Image.open(picture).convert("L").resize((28, 28), Image.Resampling.BOX)
    return np.asarray(small, "float32").reshape(1, 28, 28, 1) / 255


only_shrunk, prepared = shrunk(picture), datasets.own_digit(picture)
both_ways = np.concatenate([only_shrunk, prepared])
says = tf.nn.softmax(training.predict(networks[0], both_ways)).numpy()  # (2, 10)

# %% slideshow={"slide_type": "subslide"} tags=["hide-input"]
primer.reading(
    {
        "the photograph": np.asarray(Image.open(picture).convert("L")) / 255,
        "only shrunk": only_shrunk[0, :, :, 0],
        "prepared": prepared[0, :, :, 0],
    },
    says[1],
    caption="From the photograph to the answer. The bars are the network's "
    "probabilities for the prepared picture.",
    alt="A digit on unevenly lit paper; the same shrunk, grey on grey; the same as "
    "a bright digit, centred on black; and a bar chart of the network's ten "
    "probabilities.",
)
answer, sure = says.argmax(axis=1), [Measured(value) for value in says.max(axis=1)]
show.markdown(
    f"Prepared, the network reads {show.mask(answer[1])}, with probability "
    f"{sure[1]:.0%}. Only shrunk, it reads {show.mask(answer[0])}, with probability "
    f"{sure[0]:.0%}."
)

# %% [markdown] slideshow={"slide_type": "subslide"}
# <details><summary>Your prediction</summary>
#
# Shrinking is the common wrong guess. To us both pictures show the same digit. But the network has only seen bright
# ink on black, centred, of one size; dark ink on grey paper lies far from all that it has learnt from. It answers all the
# same, and with confidence: *it was never taught to say that it doesn't know*. `datasets.own_digit` prepares the picture much
# as MNIST's makers did: ink bright on black, scaled to fit 20 × 20 and centred by its mass; before that it evens out the light.
#
# </details>
#
# **What a network has learnt serves data like its training data.** New data must be prepared in the same way.

# %% [markdown] slideshow={"slide_type": "skip"}
# One picture is no measurement. So we take a hundred digits that the network has not learnt from, turn each into such a
# photograph, and read them. Five networks read twenty each, so that chance in the digits and chance in the
# training both show in the interval. Our bound: seven of ten, less than we asked of the memory, since a photograph loses some of
# the digit. The control, a doubter's: "it is enough to turn dark into bright". So there the photographs are shrunk and reversed,
# $1 - x$, and not evened out, scaled or centred.


# %% slideshow={"slide_type": "skip"}
def photographed(digit, seed, size=84):
    """A digit of MNIST as ink on unevenly lit paper: float32 (112, 112) in [0, 1]."""
    grey = Image.fromarray(digit[:, :, 0])
    ink = np.asarray(grey.resize((size, size), Image.Resampling.BILINEAR))
    paper = 0.9 - 0.7 * np.pad(ink, 14)
    light = np.linspace(1.0, 0.5, size + 28)
    grain = np.random.default_rng(seed).normal(scale=0.01, size=paper.shape)
    return np.clip(paper * light + grain, 0, 1).astype("float32")


hundred = mnist.validation.take(100, seed=1)
photographs = np.stack([photographed(digit, i) for i, digit in enumerate(hundred.x)])
prepared_ones = np.concatenate([datasets.own_digit(picture) for picture in photographs])
shrunk_ones = photographs.reshape(100, 28, 4, 28, 4).mean(axis=(2, 4))[..., None]
reversed_ones = 1 - shrunk_ones  # dark becomes bright


# %% slideshow={"slide_type": "skip"}
def own_twenty(x, number):
    """The twenty of a hundred that the network of that number reads."""
    return x[20 * number : 20 * (number + 1)]


def own_share_right(x, number):
    answers = training.predict(networks[number], own_twenty(x, number)).argmax(axis=-1)
    return (answers == own_twenty(hundred.y, number)).mean()

# %% slideshow={"slide_type": "skip"} tags=["hide-input"]
claims.measure(
    "C00.8", "prepared like the training data, photographed digits are read: share "
    "right; control: only made bright on dark, and shrunk",
    own_share_right,
    of=[(prepared_ones, number) for number in range(5)],
    control=[(reversed_ones, number) for number in range(5)], above=0.7,
)

# %% [markdown] slideshow={"slide_type": "skip"}
# Another doubter: "bright on black and of the right size is enough; who needs it in the middle to the pixel?" The same
# prepared pictures, moved by two pixels, down and to the right:

# %% slideshow={"slide_type": "skip"} tags=["hide-input"]
moved_ones = np.roll(prepared_ones, (2, 2), axis=(1, 2))
claims.measure(
    "C00.11", "prepared like the training data, photographed digits are read: share "
    "right; control: prepared, and then moved by two pixels each way",
    own_share_right,
    of=[(prepared_ones, number) for number in range(5)],
    control=[(moved_ones, number) for number in range(5)], above=0.7,
)


# %% slideshow={"slide_type": "skip"} tags=["hide-input"]
def mean_confidence(x, number):
    """The mean of the largest probability on the twenty of one network."""
    logits = training.predict(networks[number], own_twenty(x, number))
    return tf.nn.softmax(logits).numpy().max(axis=-1).mean()


sure = Measured([mean_confidence(shrunk_ones, number) for number in range(5)])
read = Measured([own_share_right(shrunk_ones, number) for number in range(5)])
show.markdown(f"""
Only shrunk, dark on bright, {read:.0%} are read rightly, at a mean confidence of
{sure:.0%}.
""")

# %% [markdown] slideshow={"slide_type": "skip"}
# Take this along into later chapters: when a network's answers on new data look wrong, look at its input before you
# blame its training.

# %% [markdown] slideshow={"slide_type": "skip"}
# ## What do you do when something fails? · 出错了怎么办？
#
# It will, often, and to everybody. In this order:
#
# 1. **Read the last line first.** It says what went wrong; the lines above it say where, your own line among them.
# 2. **Restart and run all** (menu *Kernel*). A notebook remembers variables of cells that you have since changed or
#    deleted. What works after a restart works; what only worked before it, didn't.
# 3. **Print shapes and dtypes** of what goes into the line that failed.
# 4. **Make it small**: one example, one layer, one step. Something that small can be computed by hand.
#
# Let us break a few things on purpose. Before each message: what will the computer complain about?


# %% slideshow={"slide_type": "skip"}
def message_of(action):
    """Run something that fails; return the error's name and first line."""
    try:
        action()
    except Exception as error:
        return f"{type(error).__name__}: {str(error).splitlines()[0]}"
    return "no error"


def fit_briefly(network, objective, x, y):
    """One epoch of training."""
    training.fit(network, objective, (x, y), epochs=1, batch_size=50)


x, y = mnist.train.x[:1_000], mnist.train.y[:1_000]
spoilt = x.copy()
spoilt[700, 14, 14, 0] = np.nan

# %% slideshow={"slide_type": "skip"}
attempt_fit = functools.partial(fit_briefly, reader(seed=99), reading)
mishaps = {
    "a flat picture": lambda: networks[0](x[:1].reshape(1, 784)),
    "flat training data": lambda: attempt_fit(x.reshape(1_000, 784), y),
    "one pixel is not a number": lambda: attempt_fit(spoilt, y),
    "labels from 1 to 10": lambda: attempt_fit(x, y + 1),
    "fewer labels than pictures": lambda: attempt_fit(x, y[:999]),
    "a name that no cell has defined": lambda: undefined_name,  # noqa: F821
}
for title, action in mishaps.items():
    print(f"{title}\n{textwrap.indent(textwrap.fill(message_of(action), 80), '  ')}\n")

# %% [markdown] slideshow={"slide_type": "skip"}
# Most of these say what was given and what was expected: compare the two. (One exception to reading the last line: give
# a Keras model a single picture, without the axis of the batch, and it may print the whole picture after its
# complaint. Then look for the line that begins with *Input 0*.)
#
# Two failures are harder, since no message points at their cause.
#
# **Predict before you run.** (1) Two slips at once: the pixels come as in the file, from 0 to 255, and the learning rate
# is 10 in place of 0.1. Will training be slower, stand still, or break? (2) A tape is asked for the derivative of
# $x^2$ at 3, where $x$ is a `tf.constant`. What does it answer?

# %% slideshow={"slide_type": "skip"}
rash = keras.optimizers.SGD(learning_rate=10.0)
deep = models.mlp(mnist.input_shape, classes=10, hidden=[128, 128, 128], seed=0)
try:
    training.fit(deep, reading, (255 * x, y), epochs=3, batch_size=50, optimizer=rash)
except training.NonFiniteLossError as error:
    print("NonFiniteLossError:", show.mask(str(error).split(". ")[0]))

constant = tf.constant(3.0)
with tf.GradientTape() as tape:
    square = constant**2
print("the derivative by a constant:", tape.gradient(square, constant))

# %% [markdown] slideshow={"slide_type": "skip"}
# <details><summary>Your prediction</summary>
#
# (1) "Slower" is the common guess: a step in the wrong direction, one thinks, can be made good by the next. But the
# steps land higher and higher, as on the contours above, and here after a handful of them the numbers are larger than
# `float32` can hold. What then comes out is `nan`, and `nan` plus anything is `nan`. Keras' `fit`, unless a callback
# stops it, goes on with a loss of `nan` to the end; the course's `fit` stops and names the step.
#
# (2) `None`, not 6. A tape watches variables, and it can't follow what was computed outside it, or in NumPy. `None`
# in place of a gradient means: the path from here to there is cut somewhere. Here `tf.Variable` or `tape.watch(...)`
# mends it.
#
# </details>
#
# | what you see | what it mostly means | what to do |
# | --- | --- | --- |
# | `NameError`, or results nobody can explain | cells ran in another order, or are gone | restart and run all |
# | `Incompatible shapes`, `is incompatible with the layer` | an axis too few, too many, or swapped | print the shapes; align them on the right |
# | a loss that is `nan` or grows | learning rate too high; `nan` in the data | lower the rate; `np.isfinite(x).all()` |
# | a gradient that is `None` | the tape could not follow | variables, and TensorFlow's operations, inside the tape |
# | a loss that stays near $\ln(\text{classes})$ | labels don't belong to the inputs; rate too low | look at ten examples with their labels |
# | good in training, bad on new data | memorised, or new data prepared otherwise | validation data; look at the input |
# | `DataError` | a file in `data/` is missing or damaged | the message names it; `dlcourse data verify` |
# | the kernel has died | memory is full | fewer examples at a time; close other notebooks |
#
# **Where to ask.** In the issues of the repository that you have the course from: say what you did, what you expected and
# what came, with the whole message and the table that the next cell prints. For Keras itself there are
# [its guides](https://keras.io/guides/), for TensorFlow [its own](https://www.tensorflow.org/guide). A small question
# that is asked completely is welcome.

# %% slideshow={"slide_type": "skip"}
show.table(
    [[name, show.mask(value)] for name, value in reproducibility.report().items()],
    ["what", "here"],
)
folder.cleanup()

# %% [markdown] slideshow={"slide_type": "skip"}
# ## What the article says, and what was measured · 文章怎么说，测得如何
#
# This course follows an introduction to deep learning in Chinese, signed 禅与计算机程序设计艺术, and puts its sentences to
# the test, from chapter 01 on. Here stand this chapter's own claims. Each chapter has such a table near its end.

# %% slideshow={"slide_type": "skip"} tags=["hide-input"]
claims.report()

# %% [markdown] slideshow={"slide_type": "skip"}
# ## Exercises · 练习
#
# Put your answer in place of the dots and run the cell. Hints and solutions open when you click on them, step by step.
#
# **1. Recall.** Which shape has the sum of tables of shape `(64, 1, 10)` and `(5, 10)`? Answer as a tuple.

# %% slideshow={"slide_type": "skip"}
answer = ...
exercises.check("00.1", answer)

# %% slideshow={"slide_type": "skip"} tags=["hide-input"]
exercises.hint("00.1")
exercises.solution("00.1")

# %% [markdown] slideshow={"slide_type": "skip"}
# **2. A step by hand.** $L(w) = (3w - 6)^2$, and $w = 1$. Where is $w$ after one step of gradient descent with learning rate
# $0.1$?

# %% slideshow={"slide_type": "skip"}
answer = ...
exercises.check("00.2", answer)

# %% slideshow={"slide_type": "skip"} tags=["hide-input"]
exercises.hint("00.2")
exercises.solution("00.2")

# %% [markdown] slideshow={"slide_type": "skip"}
# **3. In Keras.** Build a network for the same pictures with *two* hidden layers, of 64 and of 32 numbers with relu, and
# ten logits. On paper first: how many numbers does it hold? Then train it as above.

# %% slideshow={"slide_type": "skip"}
answer = ...
exercises.check("00.3", answer)

# %% slideshow={"slide_type": "skip"} tags=["hide-input"]
exercises.hint("00.3")
exercises.solution("00.3")

# %% [markdown] slideshow={"slide_type": "skip"}
# **4. A claim of your own.** Let all five networks read the *same* hundred photographs, one value for each network, and
# measure the claim of C00.8 again. Predict first: will the interval be wider or narrower? What does it no longer
# tell? Then find a bound so cheap that the control passes it too, and read the message.

# %% slideshow={"slide_type": "skip"} tags=["hide-input"]
exercises.hint("00.4")
exercises.solution("00.4")

# %% [markdown] slideshow={"slide_type": "skip"}
# **5. Open.** Memory or network? Compare the share that each gets right on the same 1,000 new digits, with 100, 300, 1,000
# and 3,000 training digits, five seeds each, paired by seed. For how many examples does each win? And what does either
# cost, in multiplications, to read *one* digit?

# %% slideshow={"slide_type": "skip"} tags=["hide-input"]
exercises.hint("00.5")
exercises.solution("00.5")

# %% [markdown] slideshow={"slide_type": "skip"}
# ## Terms · 术语
#
# | English | 中文 | in one line |
# | --- | --- | --- |
# | tensor | 张量 | a table of numbers with any number of axes |
# | shape, axis | 形状、轴 | the length of each axis; one direction of the table |
# | batch | 批、批次 | examples that are processed together |
# | broadcasting | 广播 | stretching axes of length 1 so that two shapes fit |
# | label, class | 标签、类别 | the right answer of an example; one of the possible answers |
# | training, validation, test data | 训练集、验证集、测试集 | to learn from; to choose by; to judge by, once |
# | nearest neighbour | 最近邻 | answer with the label of the most similar known example |
# | dense layer | 全连接层 | $y = \varphi(xW + b)$ |
# | weights, biases | 权重、偏置 | the numbers that a layer learns |
# | activation | 激活函数 | the function applied to each number after $xW + b$ |
# | loss | 损失函数 | one number that says how wrong the network is |
# | gradient | 梯度 | all partial derivatives of the loss; points uphill |
# | gradient descent, learning rate | 梯度下降、学习率 | stepping against the gradient; how far |
# | automatic differentiation | 自动微分 | derivatives by the chain rule, done by the program |
# | logits, softmax | 未归一化得分（logits）、softmax 函数 | scores; their probabilities |
# | cross-entropy | 交叉熵 | mean of $-\ln$ of the right label's probability |
# | nat | 奈特（nat） | unit of a surprise $-\ln p$ |
# | optimizer | 优化器 | what turns a gradient into a step of the weights |
# | callback | 回调函数 | what Keras' `fit` calls at fixed points, such as the end of an epoch |
# | epoch | 轮次 | one pass over all training data |
# | accuracy | 准确率 | share of right answers |
# | confusion matrix | 混淆矩阵 | counts of true class by answered class |
# | seed | 随机种子 | the number from which randomness is drawn |
# | claim, bound, control, verdict | 论断、界限、对照、结论 | what is stated; what it must satisfy; the same without the cause; what follows |
# | confidence interval | 置信区间 | where the true mean lies, but for bad luck |
#
# ## Further reading · 延伸阅读
#
# - [NumPy: Broadcasting](https://numpy.org/doc/stable/user/basics.broadcasting.html). The rule once more; look for the
#   example of vector quantisation, which is our memory of digits written without a loop.
# - [TensorFlow: Introduction to gradients and automatic differentiation](https://www.tensorflow.org/guide/autodiff). Look for
#   the section on getting a gradient of `None`: four ways to lose one.
# - [Keras: Save, serialize, and export models](https://keras.io/guides/serialization_and_saving/). What the file holds,
#   and what to do with layers of your own.
# - LeCun, Bottou, Bengio, Haffner (1998), [Gradient-based learning applied to document
#   recognition](https://doi.org/10.1109/5.726791). Section III: how MNIST was made, and what memory-based methods reach.
# - Baydin, Pearlmutter, Radul, Siskind (2018), [Automatic differentiation in machine learning: a
#   survey](https://jmlr.org/papers/v18/17-468.html). What the tape does, and what it is not: neither symbols nor finite
#   differences.
#
# **Next:** [chapter 01](01_perceptrons_and_networks.ipynb), from one artificial neuron to a network.
