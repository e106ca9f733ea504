# %% [markdown] slideshow={"slide_type": "slide"}
# # Chapter 07b · Language models · 语言模型
#
# What comes next? Counting, a recurrent network and a transformer guess the next character of real books, and pay in
# bits for what they don't know; then the first two write, and we look at what is theirs and what is copied.

# %% [markdown] slideshow={"slide_type": "subslide"}
# **After this chapter you can**
# - turn guesses into bits per character and perplexity, and compare models that cut a text into different pieces;
# - smooth counts after Kneser and Ney, and merge byte pairs by hand;
# - build, compile, fit and evaluate a recurrent language model in Keras, and write its loop with truncated backpropagation;
# - write attention, mask and positions, and check by perturbation that nothing looks ahead;
# - say on held-out text who wins, by how much, and how much text it takes;
# - generate by temperature, top k, nucleus and beam, and measure repetition and copying.

# %% [markdown] slideshow={"slide_type": "notes"}
# **You need** chapters 02 and 07a (backpropagation, recurrent cells), logarithms, and probabilities by counting.
#
# **Time** about three hours with the exercises; less than a minute to run.
#
# **摘要**
#
# 语言模型预测下一个字符，并以 −log₂ p（比特）为代价：先用手算的例子说明熵、每字符比特数和困惑度，再用 Kneser–Ney 平滑的 n 元语法、字节对编码和 xz 压缩作为对手。
#
# 然后用 Keras 搭建 GRU 语言模型（教师强制、截断的随时间反向传播、权重绑定）和小型因果 Transformer（注意力、掩码、位置），并用扰动检查它是否看到未来；在意大利文和中文的保留段落上逐段比较，网络在哪里领先、在哪里落后都如实给出。
#
# 最后生成文本：温度、top-k、核采样与束搜索；测量重复，并把最长的抄录片段与“碰巧相同”的长度相比。

# %% slideshow={"slide_type": "skip"} tags=["hide-input"]
import functools
import lzma

import keras
import numpy as np
import tensorflow as tf
from keras import layers
from scipy import special

# %% slideshow={"slide_type": "skip"} tags=["hide-input"]
from dlcourse import (
    checks,
    exercises,
    recording,
    reproducibility,
    show,
    training,
)
from dlcourse.claims import Claims
from dlcourse.experiments import language_models
from dlcourse.figures import charts, diagrams
from dlcourse.figures import language as language_figures
from dlcourse.figures import recurrent as recurrent_figures

# %% slideshow={"slide_type": "skip"} tags=["hide-input"]
from dlcourse.from_scratch import byte_pairs
from dlcourse.from_scratch.kneser_ney import KneserNey
from dlcourse.measured import Measured, mask
from dlcourse.metrics import language
from dlcourse.models import decoding
from dlcourse.training.objectives import sequences

# %% slideshow={"slide_type": "skip"}
reproducibility.start(seed=0, threads=1)  # matrices too small to share among threads
claims = Claims("07b")

# %% [markdown] slideshow={"slide_type": "slide"}
# ## What is a guess worth? · 一次预测值多少？
#
# A **language model** gives a probability to each character that may come next, and pays $-\log_2 p$ *bits* for the one that
# comes: 1 bit if it gave it $1/2$, 3 bits for $1/8$. Bits add up where probabilities multiply, so that the bits of a text are
# also the length of the file into which the model can compress it.
#
# **Predict before you run.** A book has 80 different characters. A model that knows nothing pays the same for each of them. How
# many bits per character? And one that knows how frequent each is, but not what came before: half of that, two thirds,
# nearly all?

# %% [markdown] slideshow={"slide_type": "subslide"}
# **By hand first.** Of four symbols one has probability $1/2$, one $1/4$, two $1/8$. On average the cost is
# $\frac12 \cdot 1 + \frac14 \cdot 2 + \frac18 \cdot 3 + \frac18 \cdot 3 = 1.75$ bits, the **entropy**
#
# $$H = -\sum_k p_k \log_2 p_k .$$
#
# Nobody who knows only these probabilities can pay less on average, and whoever assumes other probabilities pays more (chapter 04).
# $2^{1.75} \approx 3.36$ is the **perplexity**: as unsure as with $3.36$ equally likely symbols.

# %% slideshow={"slide_type": "skip"}
p = np.array([1/2, 1/4, 1/8, 1/8])
entropy = -np.sum(p * np.log2(p))
print(f"{entropy} bits, perplexity {2**entropy:.2f}")

# %% [markdown] slideshow={"slide_type": "notes"}
# The books: Dante's *Commedia* in Italian, and a Ming collection of tales in Chinese. Each is cut into passages of
# 1,000 characters. A tenth of the passages is held out for choices (validation), another tenth for the test, drawn from
# all over the book. Models that are compared read the same training text; of each held-out passage they read 100
# characters free, and pay for the other 900; the file compressor xz, a rival below, pays for whole passages, and where models
# do, it is said. Most of a
# passage's neighbours are in the training text, as for anybody who has read other parts of the book.

# %% slideshow={"slide_type": "skip"}
book = language_models.book("italian")
symbols = len(book.alphabet)
test = book.test[::2]                                  # every second one, to save time
print(f"{len(book.training):,} characters for training, {symbols} different ones,"
      f" {len(test)} passages for the test")
print(book.text(test[0][:105]))

# %% slideshow={"slide_type": "skip"}
frequency = np.bincount(book.training, minlength=symbols) / len(book.training)
charged = test[:, 100:]                                # (27, 900)
one_by_one = -np.log2(np.maximum(frequency[charged], 1 / len(book.training)))
show.markdown(f"""
All equally likely: {np.log2(symbols):.2f} bits. By how frequent each is:
{Measured(one_by_one.mean(axis=1)):.2f}, by test passage.
""")

# %% [markdown] slideshow={"slide_type": "subslide"}
# <details><summary>Your prediction</summary>
#
# $\log_2 80 \approx 6.32$ bits, and about two thirds of it by frequency. A common guess is "nearly all, since there is no context"; but blanks
# and vowels alone are half of an Italian text, and seven in ten symbols come less than once in a hundred.
#
# </details>

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Whom must a network beat? · 网络要胜过谁？
#
# A strong rival is old: counting what followed the last few characters. Long contexts say most and were seen least.
# **Kneser & Ney** (1995) take a *discount* $D$ off each count and give what is taken to the next shorter context:
#
# $$p(x \mid h) = \frac{\max(c(hx) - D,\, 0)}{c(h)} + \frac{\text{all discounts}}{c(h)} \; p(x \mid h') ,$$
#
# with $h'$ the context without its first symbol. Say after "qua" came *n* three times and *l* once, and $D = 0.75$: *n* gets
# $2.25 / 4$, *l* $0.25 / 4$, and $1.5 / 4$ is shared out by what follows "ua". The code
# estimates three $D$, for counts of 1, of 2 and of more (Chen & Goodman 1999).

# %% [markdown] slideshow={"slide_type": "subslide"}
# The second idea: in the shorter contexts don't count how *often* $x$ came, but after how many *different* symbols. In this book
# *h* is frequent, but nine in ten come after *c*. After a letter that it never followed, its frequency is no reason to expect it.
#
# **Predict before you run.** The book has 426,000 characters for training. At which number of characters counted together does the n-gram pay
# least on held-out text: 3, 6 or 8? What happens beyond?

# %% slideshow={"slide_type": "skip"}
ORDERS = range(1, 9)
grams = KneserNey.of_orders(ORDERS, book.training, symbols)
on_validation = {
    order: np.mean([gram.bits(row, start=100) for row in book.validation])
    for order, gram in grams.items()}
best = min(on_validation, key=on_validation.get)
level = type(grams[1].levels[0])
show.source(KneserNey._counted, level.mixed, KneserNey.probability)

# %% slideshow={"slide_type": "skip"}
h, c = book.encode("hc")
follows = book.training[:-1][book.training[1:] == h] == c
print(f"an h comes after c in {follows.mean():.0%} of {len(follows):,} cases")

# %% slideshow={"slide_type": "skip"}
@functools.cache
def compressed(text):
    """Bytes of a text compressed by xz at preset 9."""
    return len(lzma.compress(text.encode(), preset=9))


def squeezed(book, rows):
    """Bits per character that xz needs for passages after a book's training text."""
    known, new = book.text(book.training), "".join(map(book.text, rows))
    return 8 * (compressed(known + new) - compressed(known)) / len(new)


known = book.text(book.training)
by_xz = squeezed(book, book.validation)

# %% slideshow={"slide_type": "subslide"} tags=["hide-input"]
charts.curves(
    ORDERS, {"Kneser-Ney n-gram": list(on_validation.values())},
    "characters counted together", "bits per character, validation",
    "What a longer context saves", xticks=ORDERS,
    levels={"xz, after the training text": by_xz},
    caption="From four characters on counting beats a good compressor. Beyond the best "
    "order hardly anything changes.",
)

# %% slideshow={"slide_type": "skip"}
class PlainCounts(KneserNey):
    """The same discounts, but shorter contexts count how often a symbol came."""

    def _counted(self, tokens, length):
        return np.unique(self._keys(tokens, length), return_counts=True)


fifths = np.array_split(book.training, 5)              # five independent texts


def cost_of_length(kind, number):
    """Bits per character that order 8 pays more than order 5, from a fifth."""
    pair = kind.of_orders((5, 8), fifths[number], symbols)
    return np.mean([pair[8].bits(row, start=100) - pair[5].bits(row, start=100)
                    for row in test])

# %% slideshow={"slide_type": "notes"} tags=["hide-input"]
claims.measure(
    "C07b.predecessors",
    "counting different predecessors makes long contexts harmless: bits per character"
    " that order 8 pays more than order 5, by fifth of the text; control: the same"
    " discounts, where shorter contexts count how often a character came",
    cost_of_length,
    of=[(KneserNey, number) for number in range(5)],
    control=[(PlainCounts, number) for number in range(5)],
    below=0.03,
)

# %% [markdown] slideshow={"slide_type": "-"}
# <details><summary>Your prediction</summary>
#
# About 6, and then nearly level. A common guess is that long contexts do harm, since most of them were never seen. With
# plain counts in the shorter contexts they do; with Kneser and Ney's second idea, and discounts estimated by the same
# rule, they don't.
#
# </details>

# %% slideshow={"slide_type": "skip"} tags=["hide-input"]
show.markdown(f"""
Best on the validation passages: {mask(best)} characters counted together. It is the
n-gram to beat from here on.
""")

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Characters, words, or something between? · 按字符、按词，还是按片段？
#
# Words seem natural. But a list of words never ends: what does a model do with one that it never saw?

# %% slideshow={"slide_type": "skip"}
seen = set(known.split())
new_words = [np.mean([word not in seen for word in book.text(row).split()[1:-1]])
             for row in test]
show.markdown(f"""
Of the words in a test passage (marks included) {Measured(new_words):.0%} stand nowhere
in the training text, though it has {len(seen):,} different ones.
""")

# %% [markdown] slideshow={"slide_type": "subslide"}
# **Byte-pair encoding** (Sennrich et al. 2016) grows pieces from below: take the most frequent pair of neighbours, make it a symbol
# (a *merge*), repeat. In `abababc` the pair `ab` occurs three times: `A A A c`. Then `AA`, which starts at two places: `B A c`. No pair
# occurs twice any more.

# %% slideshow={"slide_type": "-"}
toy = [0, 1, 0, 1, 0, 1, 2]
toy_pairs = byte_pairs.learn(toy, symbols=3, merges=9)
print(byte_pairs.spelled("abc", toy_pairs),
      byte_pairs.apply(toy, 3, toy_pairs))

# %% [markdown] slideshow={"slide_type": "subslide"}
# A model over pieces pays per piece; divided by the *characters* of the passage it can be compared with all others. (A text can be cut
# in several ways, and we charge for one of them: a little too much.)
# Here whole passages are charged, from their first character on, whatever they are cut into.
#
# **Predict before you run.** With 200 merges a text is half as many pieces. What becomes of the bits *per character*: of a model that
# knows only how frequent each piece is? And of the best n-gram over pieces?

# %% slideshow={"slide_type": "skip"}
pairs = byte_pairs.learn(book.training[:50_000], symbols, 200)
pieces = byte_pairs.spelled(book.alphabet, pairs)[symbols:]
print("first:", pieces[:8], "last:", pieces[-6:])
text = byte_pairs.apply(book.training, symbols, pairs)
LENGTHS = (1, 2, 3, 4, 5, 6)
over = {"characters": {n: grams[n] for n in LENGTHS},
        "pieces": KneserNey.of_orders(LENGTHS, text, symbols + len(pairs))}


def cut_rows(rows, merges):
    """Passages, each cut into pieces by some merges."""
    return [byte_pairs.apply(row, symbols, merges) for row in rows]


def per_character(gram, rows):
    """Bits per character of cut passages of 1,000 characters."""
    return np.mean([gram.bits(row).sum() for row in rows]) / test.shape[1]


by_cut = {}
for cut, merges in (("characters", []), ("pieces", pairs)):
    rows = cut_rows(book.validation, merges)
    by_cut[cut] = {n: per_character(gram, rows) for n, gram in over[cut].items()}

# %% slideshow={"slide_type": "subslide"} tags=["hide-input"]
charts.curves(
    LENGTHS, {f"over {cut}": list(by_cut[cut].values())
              for cut in by_cut},
    "symbols counted together", "bits per character, validation",
    "N-grams over characters and over pieces", xticks=LENGTHS,
    caption="With few symbols counted together pieces pay less: each is longer. The "
    "best n-gram over characters pays less than the best over pieces.",
)

# %% slideshow={"slide_type": "skip"}
@functools.cache
def on_fifth(number, cut):
    """A fifth of the text, how many symbols it has, passages: all cut in one way."""
    first = fifths[number][:50_000]
    merges = byte_pairs.learn(first, symbols, 200) if cut == "pieces" else []
    return (byte_pairs.apply(fifths[number], symbols, merges), symbols + len(merges),
            cut_rows(book.validation[::5], merges), cut_rows(test, merges))


def paid_on_fifth(number, cut, order, part="test"):
    """Bits per character of an n-gram over characters or pieces, from a fifth."""
    text, kinds, validation, test = on_fifth(number, cut)
    gram = KneserNey(order, text, kinds)
    return per_character(gram, test if part == "test" else validation)


best_of = {cut: min((3, 4, 5, 6), key=lambda order, cut=cut: np.mean(
    [paid_on_fifth(number, cut, order, "validation") for number in (0, 1)]))
    for cut in over}


def saved_by_merges(number, orders):
    """Bits per character that merges save n-grams of two orders, all from a fifth."""
    return (paid_on_fifth(number, "characters", orders["characters"])
            - paid_on_fifth(number, "pieces", orders["pieces"]))

# %% slideshow={"slide_type": "notes"} tags=["hide-input"]
UNIGRAMS = {"characters": 1, "pieces": 1}
claims.measure(
    "C07b.merges",
    "byte-pair merges help a model that has no other context: bits per character that"
    " 200 save a unigram, by fifth of the text; control: what they save n-grams of the"
    " best order on validation passages, over characters and over pieces",
    saved_by_merges,
    of=[(number, UNIGRAMS) for number in range(5)],
    control=[(number, best_of) for number in range(5)],
    above=0.5,
)

# %% [markdown] slideshow={"slide_type": "subslide"}
# <details><summary>Your prediction</summary>
#
# The unigram gains most of a bit per character, the best n-gram loses a little. The usual guess is that pieces help everybody, since they
# mean more. Why they don't help here wasn't measured. What they do for large networks is another matter: fewer steps for the same text.
#
# </details>

# %% [markdown] slideshow={"slide_type": "slide"}
# ## How does a network learn to continue? · 网络怎样学会接着写？
#
# A recurrent network reads a character, updates its state, and gives logits for the next one. In training the *book's* character goes in
# next, whatever the network expected: **teacher forcing**. So all places of an excerpt are trained at once, on right beginnings only. When it
# writes, its own characters come back to it.

# %% slideshow={"slide_type": "subslide"} tags=["hide-input"]
language_figures.teacher_forcing(
    caption="Boxes below are inputs, boxes above are probabilities for the next "
    "character. On the right a mistake becomes part of what is read.",
)

# %% [markdown] slideshow={"slide_type": "subslide"}
# **Tied weights** (Press & Wolf 2017): the embedding has a vector for each character. To give logits, compare the output with the same
# vectors, $z_k = e_k \cdot o$: one matrix of $80 \times 64$ in place of two. With $e_a = (1, 0)$, $e_b = (0, 2)$ and $o = (3, 1)$ the logits are $3$
# and $2$.

# %% slideshow={"slide_type": "-"}
def gated_network(symbols, units=352, dropout=(0.1, 0.3)):
    """int (batch, steps) to logits (batch, steps, symbols)."""
    embedding = layers.ReversibleEmbedding(
        symbols, 64, embeddings_initializer=(
            keras.initializers.RandomNormal(stddev=0.1)))
    tokens = keras.Input((None,), dtype="int32")
    x = layers.Dropout(dropout[0])(embedding(tokens))
    x, _ = layers.GRU(units, return_sequences=True,
                      return_state=True)(x)
    x = layers.Dense(64)(layers.Dropout(dropout[1])(x))
    return keras.Model(tokens, embedding(x, reverse=True))

# %% slideshow={"slide_type": "skip"} tags=["hide-input"]
def draw_network(ax):
    diagrams.layers(
        ax,
        [("characters", "25", "data"), ("embedding", "25 × 64", "weights"),
         ("GRU", "25 × 352", "weights"), ("dropout,\nDense", "25 × 64", "weights"),
         ("embedding,\ntransposed", "25 × 80", "weights")],
        "From characters to logits", width=4.2, height=2.0, across=True,
    )


charts.row(
    draw_network, figsize=(10.4, 2.2),
    caption="What each layer hands on for an excerpt of 25 characters; grey boxes "
    "learn, and embedding and output share their weights.",
    alt="Five boxes joined by arrows: characters 25, embedding 25 x 64, GRU 25 x 352, "
    "dropout and Dense 25 x 64, embedding transposed 25 x 80.",
)

# %% [markdown] slideshow={"slide_type": "subslide"}
# **Predict before you run.** Before any training, how many bits per character does it pay? And after it has read a quarter of the book
# once? (Whole passages are charged, from their second character on.)

# %% slideshow={"slide_type": "-"}
x, y = language_models.cut(book.training[:100_000], 25, shifts=1)
model = gated_network(symbols, units=128, dropout=(0.0, 0.0))
loss_of = keras.losses.SparseCategoricalCrossentropy(
    from_logits=True)
model.compile(keras.optimizers.Adam(0.006), loss_of)
model.optimizer.build(model.trainable_variables)
start = model.get_state_tree("numpy_array")  # Adam's, too
new_x, new_y = book.validation[:10, :-1], book.validation[:10, 1:]
before = model.evaluate(new_x, new_y, verbose=0) / np.log(2)
model.fit(x, y, batch_size=64, epochs=1, verbose=0)
after = model.evaluate(new_x, new_y, verbose=0) / np.log(2)

# %% slideshow={"slide_type": "-"} tags=["hide-input"]
show.markdown(f"""
Before: {Measured(before):.2f} bits per character (perplexity
{Measured(2**before):.0f}), after one reading of {x.size:,} characters:
{Measured(after):.2f} (perplexity {Measured(2**after):.1f}). One run, on validation
passages.
""")

# %% [markdown] slideshow={"slide_type": "subslide"}
# <details><summary>Your prediction</summary>
#
# Close to $\log_2 80 = 6.32$ bits at first: small weights give nearly equal logits. Whoever guesses more thinks of a network that is sure and
# wrong; it must learn that first. After one reading it is past the pairs of characters, and far from the best n-gram.
#
# </details>

# %% [markdown] slideshow={"slide_type": "skip"}
# What `fit` does, written out: forward, loss, gradient, step. For this the network goes back to where it began; then it
# gets what it has learnt back.

# %% slideshow={"slide_type": "skip"}
@tf.function
def step(model, optimizer, loss_of, x, y):
    """One step of gradient descent on a batch of excerpts; returns its loss."""
    with tf.GradientTape() as tape:
        loss = loss_of(y, model(x, training=True))
    gradients = tape.gradient(loss, model.trainable_variables)
    optimizer.apply(gradients, model.trainable_variables)
    return loss

# %% slideshow={"slide_type": "skip"}
few_x, few_y = x[:192], y[:192]
order = training.loop.epoch_order(192, seed=0, epoch=0).numpy()
learnt = model.get_weights()
model.set_state_tree(start)
first_weights = model.get_weights()
adam = keras.optimizers.Adam(0.006)
adam.build(model.trainable_variables)
for first in range(0, 192, 64):
    rows = order[first:first + 64]
    step(model, adam, loss_of, few_x[rows], few_y[rows])
by_loop = np.concatenate([weight.ravel() for weight in model.get_weights()])

# %% slideshow={"slide_type": "skip"}
model.set_state_tree(start)
model.fit(few_x[order], few_y[order], batch_size=64, shuffle=False, verbose=0)
by_fit = np.concatenate([weight.ravel() for weight in model.get_weights()])
model.set_weights(first_weights)
training.fit(model, sequences.sequence_classification(), (few_x, few_y), epochs=1,
             batch_size=64, optimizer=keras.optimizers.Adam(0.006), seed=0)
by_ours = np.concatenate([weight.ravel() for weight in model.get_weights()])
model.set_weights(learnt)
checks.equal("weights after Keras' fit and after the loop", by_fit, by_loop, atol=2e-4)
checks.equal("weights after training.fit and after the loop", by_ours, by_loop,
             atol=2e-4)

# %% [markdown] slideshow={"slide_type": "slide"}
# ## What does truncation change? · 截断改变了什么？
#
# A book is one long sequence. **Truncated** backpropagation through time reads it piece by piece: the *state* goes on from the end of one
# piece to the beginning of the next, the *gradient* stops in between.

# %% slideshow={"slide_type": "-"} tags=["hide-input"]
recurrent_figures.through_time(
    caption="The state comes from far back, but what it should have kept from there "
    "no gradient tells it.",
)

# %% slideshow={"slide_type": "skip"}
def truncated_step(stream, optimizer, text, state):
    """A step on text (rows, steps + 1); the state goes on."""
    with tf.GradientTape() as tape:      # no gradient into state
        logits, ended = stream([text[:, :-1], state])
        loss = tf.reduce_mean(
            tf.nn.sparse_softmax_cross_entropy_with_logits(
                text[:, 1:], logits))
    found = tape.gradient(loss, stream.trainable_variables)
    optimizer.apply(found, stream.trainable_variables)
    return ended, loss

# %% [markdown] slideshow={"slide_type": "skip"}
# **Predict before you run.** A network reads 40 characters as two pieces of 20, with the state carried on. Which is then equal to reading
# all 40 at once: what it gives out, its gradient, or both?

# %% slideshow={"slide_type": "skip"}
def by_piece(stream, text, pieces):
    """Logits of a text (rows, steps + 1), and its loss's gradient, by pieces."""
    rows, length = text.shape
    state = tf.zeros((rows, stream.inputs[1].shape[-1]))
    each, gradient = [], 0.0
    for first in range(0, length - 1, (length - 1) // pieces):
        piece = text[:, first:first + (length - 1) // pieces + 1]
        with tf.GradientTape() as tape:
            logits, state = stream([piece[:, :-1], state])
            loss = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(
                piece[:, 1:], logits)) / pieces
        found = tape.gradient(loss, stream.trainable_variables)
        each.append(logits)
        gradient += np.concatenate([tf.convert_to_tensor(g).numpy().ravel()
                                    for g in found])
    return np.concatenate(each, axis=1), gradient


stream = language_models.streaming(model)
adam = keras.optimizers.Adam(0.006)
adam.build(stream.trainable_variables)
columns = tf.constant(book.training[np.arange(8)[:, None] * 1_000 + np.arange(41)])
(whole, g_whole), (halves, g_halves) = (by_piece(stream, columns, n) for n in (1, 2))
checks.equal("logits of 40 characters at once and in two pieces", halves, whole,
             atol=1e-4)
state = tf.zeros((8, 128))
for first in (0, 20):                                  # two steps of training
    state, _ = truncated_step(stream, adam, columns[:, first:first + 21], state)
model.set_weights(learnt)

# %% slideshow={"slide_type": "skip"} tags=["hide-input"]
apart = np.linalg.norm(g_halves - g_whole) / np.linalg.norm(g_whole)
show.markdown(f"""
The gradients differ by {Measured(apart):.1%} of the whole one's length.
""")

# %% [markdown] slideshow={"slide_type": "skip"}
# <details><summary>Your prediction</summary>
#
# What it gives out is equal, the gradient isn't. A common guess is both, since the state passes everything on. Forward it does. Backward, the second piece can't
# tell the first what it should have kept; so what lies farther back than a piece is used only as far as it happens to be in the state.
#
# </details>

# %% [markdown] slideshow={"slide_type": "subslide"}
# **How far back must a gradient go?** Small GRUs of 128 units were trained with gradients that end after 2, 10 or 50
# characters, from 400, 80 or 16 places of the text at once: each update is made from 800 characters, and all have as many
# updates (`make bench STUDY=ch07b_truncation`; five of each, each on a fifth of the book of its own, read eight times).
#
# **Predict before you run.** On the test passages: who pays least? And how much more does a network pay whose gradient
# went back 2 characters only?

# %% slideshow={"slide_type": "skip"}
def paid_by(network, read=None):
    """Bits per character, test; of passages read so far, or of so many characters."""
    if read is None:
        logits = np.asarray(network(test[:, :-1]))[:, 99:]
        return language.bits(logits, test[:, 100:]).mean()
    places = np.arange(120, 1_000, 20)
    pieces = test[:, places[:, None] - np.arange(read, 0, -1)].reshape(-1, read)
    logits = np.asarray(network(pieces))[:, -1]
    return language.bits(logits, test[:, places].ravel()).mean()


truncated = {reach: language_models.truncated(reach)
             for reach in language_models.TRUNCATIONS}
by_reach = {reach: [paid_by(network) for network in networks.values()]
            for reach, networks in truncated.items()}
of_two = {reach: [paid_by(network, 2) for network in networks.values()]
          for reach, networks in truncated.items()}

# %% slideshow={"slide_type": "subslide"} tags=["hide-input"]
show.table(
    [[f"{reach} characters", f"{Measured(by_reach[reach]):.2f}",
      f"{Measured(of_two[reach]):.2f}"] for reach in by_reach],
    ["gradient ended after", "bits per character, test",
     "with the state emptied before the last 2"],
)

# %% slideshow={"slide_type": "notes"} tags=["hide-input"]
claims.measure(
    "C07b.truncation",
    "a gradient that ends after 2 characters costs more than one that ends after 10:"
    " bits per character, test, that such a network pays more than one with 50, by"
    " training; control: one with 10, against 50",
    lambda short, long, seed: by_reach[short][seed] - by_reach[long][seed],
    of=[(2, 50, seed) for seed in range(5)],
    control=[(10, 50, seed) for seed in range(5)],
    above=0.07,
    source="evaluated",
)

# %% [markdown] slideshow={"slide_type": "fragment"}
# <details><summary>Your prediction</summary>
#
# The one whose gradient went back 50 characters, then 10, then 2, which pays about a tenth of a bit more. A common guess
# is that after 2 nothing from before can be used. But the state carries it along all the same. The farther a gradient
# went, the more its network loses when the state is emptied: it was taught *what to keep*.
#
# </details>

# %% [markdown] slideshow={"slide_type": "notes"}
# One thing more differs: from how many places an update is made. And in training the state was hardly ever empty.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Could it look at all characters at once? · 能不能一次看全？
#
# A recurrent state must keep what may matter later. **Attention** keeps all of its window (here 128 characters) and
# looks back when it needs to. Each place $i$ asks by a *query* $q_i$; each place $j$ offers a *key* $k_j$ and a *value*
# $v_j$, all linear in the place's vector:
#
# $$y_i = \sum_{j \le i} a_{ij} v_j, \qquad a_{i\cdot} = \operatorname{softmax}_{j \le i}\left( q_i \cdot k_j / \sqrt d \right) .$$
#
# With two places, scores $0$ and $\ln 3$, the weights are $1/4$ and $3/4$; values $8$ and $4$ give $\frac14 \cdot 8 + \frac34 \cdot 4 = 5$. The
# *mask* is the condition $j \le i$: later places get $-\infty$ before the softmax.

# %% slideshow={"slide_type": "skip"}
def attention(q, k, v, mask):
    """One head: (steps, d) each, mask (steps, steps), to (y, a)."""
    scores = q @ k.T / np.sqrt(q.shape[1])
    scores = np.where(mask, scores, -np.inf)
    weights = special.softmax(scores, axis=1)
    return weights @ v, weights


steps, width = 6, 8
z = np.random.default_rng(0).normal(size=(steps, width)).astype("float32")
head = layers.MultiHeadAttention(1, width)
found, by_keras = head(
    z[None], z[None], use_causal_mask=True,
    return_attention_scores=True)

# %% slideshow={"slide_type": "skip"}
w_q, b_q, w_k, b_k, w_v, b_v, w_o, b_o = (
    w.reshape(-1, w.shape[-1]) if w.ndim > 2 else w
    for w in (weight.numpy().squeeze() for weight in head.weights))
looks_back = np.tril(np.ones((steps, steps), bool))
by_hand, weights = attention(
    z @ w_q + b_q, z @ w_k + b_k, z @ w_v + b_v, looks_back)
checks.equal("a head of attention by hand and in Keras",
             by_hand @ w_o + b_o, found[0], atol=1e-5)
checks.equal("its weights", weights, by_keras[0, 0], atol=1e-5)

# %% [markdown] slideshow={"slide_type": "subslide"}
# One layer of attention alone doesn't know *where* a character stands: permute the earlier ones, and $y_i$ stays. So
# each place adds a vector of its own, learnt like an embedding. A **block** is attention, then two dense layers at each
# place, each added to what came in (chapter 03).

# %% slideshow={"slide_type": "-"} tags=["hide-input"]
language_figures.transformer_block(
    caption="Two detours around a straight line: what a part doesn't change goes on as "
    "it came.",
)

# %% slideshow={"slide_type": "skip"}
class Positions(layers.Layer):
    """Adds a vector for each place: (batch, steps, width)."""

    def build(self, shape):
        self.vectors = self.add_weight(
            (128, shape[-1]), "random_normal")

    def call(self, x):
        return x + self.vectors[:keras.ops.shape(x)[1]]


def block(x, heads, width, dropout, causal=True):
    y = layers.LayerNormalization()(x)
    y = layers.MultiHeadAttention(heads, width // heads)(
        y, y, use_causal_mask=causal)
    x = x + layers.Dropout(dropout)(y)
    y = layers.LayerNormalization()(x)
    y = layers.Dense(4 * width, activation="gelu")(y)
    return x + layers.Dropout(dropout)(layers.Dense(width)(y))

# %% slideshow={"slide_type": "subslide"}
def transformer(symbols, width=80, heads=4, blocks=4,
                dropout=0.05, causal=True):
    """int (batch, up to 128) to logits (.., symbols)."""
    embedding = layers.ReversibleEmbedding(
        symbols, width, embeddings_initializer="random_normal")
    tokens = keras.Input((None,), dtype="int32")
    x = Positions()(embedding(tokens))
    for _ in range(blocks):
        x = block(x, heads, width, dropout, causal)
    x = layers.LayerNormalization()(x)
    return keras.Model(tokens, embedding(x, reverse=True))

# %% [markdown] slideshow={"slide_type": "subslide"}
# **Causality by perturbation.** Change the character at place 60. If any output before it moves, the network looks ahead, whatever its
# drawing says.
#
# **Predict before you run.** Without the mask, and after as little training: does it pay more bits than with it, as many, or fewer?

# %% slideshow={"slide_type": "skip"}
excerpts = test[:1, :100]
changed = excerpts.copy()
changed[0, 60] = (changed[0, 60] + 1) % symbols
for causal in (True, False):
    one = transformer(symbols, causal=causal)
    moved = np.abs(one(excerpts) - one(changed))[0].max(axis=1) > 1e-6
    print(f"mask: {causal}; outputs that move: {np.flatnonzero(moved)[0]} to"
          f" {np.flatnonzero(moved)[-1]}")

# %% slideshow={"slide_type": "skip"}
sees_all = {}
short_x, short_y = language_models.cut(book.training[:20_000], 16, shifts=1)
for causal in (True, False):
    keras.utils.set_random_seed(0)
    small = transformer(symbols, width=32, blocks=1, dropout=0.0, causal=causal)
    adam = keras.optimizers.Adam(0.006)
    adam.build(small.trainable_variables)
    for first in range(0, 1_248, 8):                   # whole batches only
        rows = slice(first, first + 8)
        step(small, adam, loss_of, short_x[rows], short_y[rows])
    logits = small(book.validation[:, :16])
    sees_all[causal] = language.bits(logits, book.validation[:, 1:17]).mean()

# %% slideshow={"slide_type": "-"} tags=["hide-input"]
show.table(
    [["with the mask", mask(f"{sees_all[True]:.2f}")],
     ["without it", mask(f"{sees_all[False]:.2f}")]],
    ["one run of each, excerpts of 16 characters", "bits per character"],
)

# %% slideshow={"slide_type": "notes"} tags=["hide-input"]
claims.measure(
    "C07b.leak",
    "what looks ahead pays far less than a text allows: bits per character of a small"
    " transformer without the mask (one run; nothing is ahead of its last place);"
    " control: with it, trained alike",
    lambda causal: sees_all[causal],
    of=[(False,)], control=[(True,)],
    below=1.0,
)

# %% [markdown] slideshow={"slide_type": "subslide"}
# <details><summary>Your prediction</summary>
#
# Far fewer: the answer stands one place further, and attention soon finds it. A common guess is "a little fewer, since it knows
# more". Such a network has learnt to read ahead and can't write, since there is nothing ahead. A result that is too good is the first sign of a leak.
#
# </details>

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Who wins? · 谁更省比特？
#
# Counting needs no training. The networks get two budgets: one reading of a quarter of the text here, and a recorded run (`make bench
# STUDY=ch07b_books`), five trainings of each, whose weights are shipped: ten readings of all of it by each GRU, its state carried
# on, and twenty by each transformer of four blocks, in excerpts. Settings of both were chosen on the validation passages, with other seeds.
#
# **Predict before you run.** On held-out passages of Dante: who pays least, the n-gram, the GRU, or the transformer? And an equal
# mixture of GRU and n-gram: between the two, or less than both?

# %% [markdown] slideshow={"slide_type": "notes"}
# The article lists text generation and language models among the uses of recurrent networks. The rule for its verdict stands before the recorded
# networks are judged: what the GRU pays against a unigram and against the best n-gram, and how many of the words that it writes the book has, by
# training. For the writing no rival is in the rule; what an n-gram writes is measured beside it.

# %% slideshow={"slide_type": "notes"} tags=["hide-input"]
claims.rule(
    "A2.7.3a",
    {
        "holds": lambda below_unigram, below_ngram, real_words: below_unigram.low > 1
        and below_ngram.low > 0 and real_words.low > 0.5,
        "holds, where counting would do better": lambda below_unigram,
        below_ngram, real_words: below_unigram.low > 1 and real_words.low > 0.5
        and below_ngram.high < 0,
        "does not hold": lambda below_unigram, below_ngram, real_words:
        below_unigram.high < 1 or real_words.high < 0.5,
        "not settled": True,
    },
    made_up={
        "holds": {"below_unigram": [2.2, 2.4, 2.3], "below_ngram": [0.1, 0.12, 0.08],
                  "real_words": [0.8, 0.85, 0.9]},
        "holds, where counting would do better": {
            "below_unigram": [2.2, 2.4, 2.3], "below_ngram": [-0.1, -0.12, -0.08],
            "real_words": [0.8, 0.85, 0.9]},
        "does not hold": {"below_unigram": [0.2, 0.4, 0.3],
                          "below_ngram": [-1.9, -2.0, -1.8],
                          "real_words": [0.2, 0.1, 0.15]},
        "not settled": {"below_unigram": [2.2, 2.4, 2.3],
                        "below_ngram": [-0.1, 0.12, 0.0],
                        "real_words": [0.8, 0.85, 0.9]},
    },
)

# %% slideshow={"slide_type": "skip"}
few = KneserNey(best, book.training[:100_000], symbols)
brief = {"n-gram": np.mean([few.bits(row, start=100) for row in book.validation]),
         "GRU of 128 units": language_models.bits(model, book.validation).mean()}

# %% slideshow={"slide_type": "skip"} tags=["hide-input"]
show.table(
    [[name, mask(f"{paid:.2f}")] for name, paid in brief.items()],
    ["one reading of 100,000 characters", "bits per character, validation"],
)

# %% slideshow={"slide_type": "skip"} tags=["hide-input"]
runs = recording.load("ch07b_books")
KINDS_OF_RUN = {"italian_gated": "GRU", "italian_gated_longer": "GRU, read on as long",
                "italian_transformer": "transformer"}


def recorded_runs(kind):
    """What was recorded of each training of a kind."""
    return [value for key, value in runs.items() if key.startswith(f"{kind}, seed ")]


show.table(
    [[name, language_models.SETTINGS[kind].readings, len(recorded_runs(kind)),
      f"{min(one['seconds'] for one in recorded_runs(kind)):.0f}",
      f"{Measured([one['validation'] for one in recorded_runs(kind)]):.3f}"]
     for kind, name in KINDS_OF_RUN.items()],
    ["network", "readings", "trainings", "seconds of one core, quickest",
     "bits per character, validation"],
    "Recorded",
)

# %% slideshow={"slide_type": "skip"}
gated = language_models.shipped("italian_gated", "ch07b_books")
counted = np.stack([grams[best].bits(row, start=100) for row in test])
unigram = np.stack([grams[1].bits(row, start=100) for row in test])
by_gru = language_models.in_turn(
    gated, lambda network: language_models.bits(network, test))
on_all = runs["test"]                                  # recorded, by training


def mixed(one, other):
    """Bits of an equal mixture of two models, from the bits of each."""
    return -np.log2((2.0**-one + 2.0**-other) / 2)

# %% slideshow={"slide_type": "skip"}
contenders = {
    "unigram": [unigram.mean()],
    f"n-gram of order {best}": [counted.mean()],
    "GRU": [paid.mean() for paid in by_gru.values()],
    "GRU and n-gram, mixed": [mixed(paid, counted).mean() for paid in by_gru.values()],
    "recorded, all passages: GRU": on_all["italian_gated"],
    "recorded, all passages: transformer": on_all["italian_transformer"],
}
transformer_ahead = Measured(on_all["italian_gated"]) - Measured(
    on_all["italian_transformer"])

# %% slideshow={"slide_type": "subslide"} tags=["hide-input"]
show.table(
    [["unigram" if name == "unigram" else mask(name), f"{Measured(values):.3f}",
      f"{Measured([2**value for value in values]):.2f}"]
     for name, values in contenders.items()],
    ["model (networks: mean over trainings)", "bits per character, test", "perplexity"],
)

# %% slideshow={"slide_type": "skip"}
shorter = np.stack([grams[best - 1].bits(row, start=100) for row in test])


def saved_by_mixing(one, two):
    """Bits per character that an equal mixture pays less than the better one alone."""
    return min(one.mean(), two.mean()) - mixed(one, two).mean()


pairs_of = [(by_gru[one], by_gru[two]) for one, two in ((0, 1), (2, 3))]
mixtures = {
    "GRU and n-gram": [saved_by_mixing(paid, counted) for paid in by_gru.values()],
    "GRU and another training of it": [saved_by_mixing(*pair) for pair in pairs_of],
    f"n-grams of order {best} and {best - 1}": [saved_by_mixing(counted, shorter)],
}

# %% slideshow={"slide_type": "notes"} tags=["hide-input"]
by_passage = np.mean([counted - paid for paid in by_gru.values()], axis=(0, 2))
show.markdown(f"""
By test passage, as a mean over trainings, the GRU pays {Measured(by_passage):.3f} bits
per character less than the best n-gram. Recorded on all of them: the
transformer pays {transformer_ahead:.3f} less than the GRU.
""")
show.table(
    [[mask(name), mask(f"{np.mean(saved):.3f}"),
      mask(f"{min(saved):.3f} to {max(saved):.3f}")]
     for name, saved in mixtures.items()],
    ["equal mixture of", "saves against the better one, mean", "from, to"],
)

# %% slideshow={"slide_type": "notes"} tags=["hide-input"]
claims.measure(
    "C07b.mixture",
    "a GRU gains more from counting than from another training of itself: bits per"
    " character that an equal mixture of GRU and n-gram pays less than the better one,"
    " by training; control: a mixture of two GRUs",
    lambda kind, index: mixtures[kind][index],
    of=[("GRU and n-gram", index) for index in range(len(by_gru))],
    control=[("GRU and another training of it", index) for index in (0, 1)],
    above=0.047,
    source="evaluated",
)

# %% [markdown] slideshow={"slide_type": "notes"}
# The bound lies halfway between the two kinds of mixtures on the validation passages. Each GRU is in one pair at most.

# %% [markdown] slideshow={"slide_type": "subslide"}
# <details><summary>Your prediction</summary>
#
# The transformer, a little ahead of the GRU, then the n-gram; a smaller GRU, after one reading of a quarter of the training text,
# was behind it. A common guess is that one of the two networks must be far ahead. The transformer took longer to learn, and a GRU that
# read on as long came nearly as far, on validation passages. The mixture pays less than GRU and n-gram: where one
# is wrong, the other may be right, and half of a good guess costs one bit more at most, at any character. Two trainings of
# the GRU, mixed, save something as well.
#
# </details>

# %% slideshow={"slide_type": "skip"}
def looked_at(network, text):
    """Attention weights of a transformer's first block, (heads, letters, letters)."""
    look, norm = (next(layer for layer in network.layers if isinstance(layer, kind))
                  for kind in (layers.MultiHeadAttention, layers.LayerNormalization))
    z = keras.Model(network.input, norm.output)(text[None])
    return look(z, z, use_causal_mask=True, return_attention_scores=True)[1][0].numpy()


line = book.encode("mi ritrovai per una selva")
shown = language_models.shipped("italian_transformer", "ch07b_books", seeds=[0])[0]
heads = looked_at(shown, line)

# %% slideshow={"slide_type": "skip"} tags=["hide-input"]
language_figures.attention(
    heads.max(axis=0), book.text(line), "Largest weight of four heads, first block",
    caption="Each row is a character that looks back; nothing lies above the diagonal.",
)

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### What does it gain from far back?
#
# The GRU's state is emptied, it reads so many characters of the passage, and guesses the next. An n-gram of order $k$ reads $k - 1$ characters.
# (In training the state was hardly ever empty: a network trained on short texts might do better with them.)
#
# **Predict before you run.** With 5 characters, who is ahead? And at which characters does the network save most: inside words, at their
# beginnings, or somewhere else?

# %% slideshow={"slide_type": "skip"}
PLACES = np.arange(120, 1_000, 40)                     # 22 in each passage


def short_sighted(network, own):
    """Bits per character after so many characters, the state empty before them."""
    pieces = test[:, PLACES[:, None] - np.arange(own, 0, -1)].reshape(-1, own)
    logits = language_models.logits(network, pieces)[:, -1]
    return language.bits(logits, test[:, PLACES].ravel()).mean()


CONTEXTS = (1, 2, 3, 5, 10, 20, 50)
by_context = [short_sighted(gated[0], own) for own in CONTEXTS]
by_order = {n - 1: np.mean([grams[n].bits(row)[PLACES].mean() for row in test])
            for n in ORDERS[1:]}
whole_passage = by_gru[0][:, PLACES - 100].mean()

# %% slideshow={"slide_type": "subslide"} tags=["hide-input"]
charts.curves(
    {"GRU (one training)": CONTEXTS, "n-gram": list(by_order)},
    {"GRU (one training)": by_context, "n-gram": list(by_order.values())},
    "characters of context", "bits per character, test",
    "What more context saves", xscale="log", xticks=[1, 2, 5, 10, 20, 50],
    levels={"GRU, the passage so far": whole_passage},
    caption="With a short context counting is better; the network goes on gaining up "
    "to 50 characters. The n-grams count up to 7 before. Places: 22 in each passage.",
)

# %% slideshow={"slide_type": "skip"}
previous = test[:, 99:-1]
new_lines = charged == book.alphabet.index("\n")
after_line = previous == book.alphabet.index("\n")
blanks = charged == book.alphabet.index(" ")
first_letters = np.isin(previous, book.encode(" \n")) & ~new_lines & ~blanks
KINDS = {"verse ends": new_lines & ~after_line,
         "empty lines between tercets": new_lines & after_line,
         "blanks between words": blanks, "first letters of words": first_letters,
         "all others": ~new_lines & ~blanks & ~first_letters}


def saved_at(kind, seed):
    """Bits per character that the GRU pays less than the n-gram at such characters."""
    return (counted - by_gru[seed])[KINDS[kind]].mean()


show.table(
    [[kind, f"{Measured([saved_at(kind, seed) for seed in gated]):.2f}",
      mask(f"{counted[places].mean():.2f}"),
      mask(f"{np.mean([saved_at(kind, seed) for seed in gated]) * places.mean():.3f}")]
     for kind, places in KINDS.items()],
    ["characters", "bits that the GRU saves on each, by training",
     "bits that the n-gram pays", "saves, per character of the text"],
)

# %% slideshow={"slide_type": "notes"} tags=["hide-input"]
claims.measure(
    "C07b.lines",
    "at the ends of verses the GRU gains more on the n-gram than at the ends of words:"
    " bits saved per verse end, by training; control: per blank",
    saved_at,
    of=[("verse ends", seed) for seed in gated],
    control=[("blanks between words", seed) for seed in gated],
    above=0.5,
    source="evaluated",
)

# %% [markdown] slideshow={"slide_type": "subslide"}
# <details><summary>Your prediction</summary>
#
# The n-gram, by far; with 20 characters the network is still behind, with 50 (in one training) about level with the
# longest n-gram, and the rest of the passage adds nothing that shows. On a character it saves most where a verse ends; in sum most at blanks, which are
# many more; inside words next to nothing. A verse has eleven syllables, and whoever has read the whole line can know how
# long it is by now; whether that is the cause wasn't measured. (Charged are places where a verse did end, not those
# where that was expected in vain.)
#
# </details>

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### How much text does it take?
#
# The same network on a fifth of the training text (`make bench STUDY=ch07b_sizes`): other fifths, other trainings, and n-grams counted on the
# same fifth. Where less is read, it is read more often: fifteen times in place of ten.
#
# **Predict before you run.** With 85,000 characters, who is ahead, and by how much?

# %% [markdown] slideshow={"slide_type": "notes"}
# The GRU's other settings were chosen for the whole book; the n-gram's order is chosen for each fifth, on validation passages.

# %% slideshow={"slide_type": "skip"}
def best_count(text):
    """Bits per character, test, of the n-gram that is best on validation passages."""
    def paid(gram, rows):
        return np.mean([gram.bits(row, start=100) for row in rows])

    rivals = KneserNey.of_orders((4, 5, 6), text, symbols)
    rival = min(rivals.values(), key=lambda gram: paid(gram, book.validation[::4]))
    return paid(rival, test)


on_fifths = language_models.in_turn(
    language_models.shipped("italian_fifth", "ch07b_sizes"),
    lambda network: language_models.bits(network, test).mean(), place=gated[0])
ahead = {
    "a fifth": {seed: best_count(language_models.text_of("italian_fifth", seed)) - paid
                for seed, paid in on_fifths.items()},
    "the whole book": {seed: counted.mean() - paid.mean()
                       for seed, paid in by_gru.items()},
}

# %% slideshow={"slide_type": "-"} tags=["hide-input"]
recurrent_figures.by_seed(
    {size: list(values.values()) for size, values in ahead.items()},
    "GRU ahead of the best n-gram, by how much both read",
    "bits per character, test", line=("as good as counting", 0.0),
    caption="Dots: trainings, each beside n-grams on its own text; below the line "
    "counting is ahead.",
)

# %% slideshow={"slide_type": "notes"} tags=["hide-input"]
claims.measure(
    "C07b.bits",
    "with a whole book to read a GRU is ahead of counting: bits per character that it"
    " pays less than the best n-gram on the same text, by training; control: the same"
    " GRU and n-grams on a fifth of the book",
    lambda size, seed: ahead[size][seed],
    of=[("the whole book", seed) for seed in by_gru],
    control=[("a fifth", seed) for seed in on_fifths],
    above=0.05,
    source="evaluated",
)

# %% [markdown] slideshow={"slide_type": "subslide"}
# <details><summary>Your prediction</summary>
#
# Counting, by a few hundredths of a bit; on the whole book it is the network. The lines cross somewhere between a fifth and
# the whole. A common guess is that networks need millions of characters to win, or
# that they win always.
#
# </details>

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### And where there are thousands of characters? · 汉字有几千个，又如何？
#
# The Chinese tales have 3,915 different characters, and 148,000 to learn them from: one in five of those that occur does so once. A GRU,
# narrower than the Italian one, reads them fifteen times (`make bench STUDY=ch07b_chinese`, five trainings, shipped); others read only a half or a
# fifth, a little more often.
#
# **Predict before you run.** A Chinese character says more than a letter: how many bits does the best n-gram pay for one? And is
# the network ahead here, with a third of the text and fifty times the symbols?

# %% slideshow={"slide_type": "skip"}
tales = language_models.book("chinese")
order_of_tales = language_models.best_order("chinese", range(3, 6))
counted_tales = language_models.counted("chinese", order_of_tales)   # (18, 900)
by_tales = language_models.in_turn(
    language_models.shipped("chinese_gated", "ch07b_chinese"),
    lambda network: language_models.bits(network, tales.test))
recorded = recording.load("ch07b_sizes")


def recorded_lead(kind):
    """Bits per character, test, that recorded GRUs pay less than the best n-gram."""
    return {key: one["n-gram, test"] - one["test"] for key, one in recorded.items()
            if key.startswith(kind)}


ahead_in_tales = {
    "a fifth": recorded_lead("chinese_fifth"),
    "a half": recorded_lead("chinese_half"),
    "all tales": {seed: counted_tales.mean() - paid.mean()
                  for seed, paid in by_tales.items()},
}

# %% slideshow={"slide_type": "subslide"} tags=["hide-input"]
recurrent_figures.by_seed(
    {size: list(values.values()) for size, values in ahead_in_tales.items()},
    "Chinese: GRU ahead of the best n-gram",
    "bits per character, test", line=("as good as counting", 0.0),
    caption="Dots: trainings. Those on parts of the text are recorded; those on all "
    "tales are evaluated here.",
)

# %% [markdown] slideshow={"slide_type": "-"}
# <details><summary>Your prediction</summary>
#
# Between 7 and 8 bits; whoever says $\log_2 3915 \approx 12$ forgets that few characters are frequent. The network is ahead on all tales, behind on both
# halves (one training each), and by far on fifths: the lines cross between a half and the whole. A common guess is that rare symbols leave so
# small a network no chance.
#
# </details>

# %% slideshow={"slide_type": "notes"} tags=["hide-input"]
by_tale = np.mean([counted_tales - paid for paid in by_tales.values()], axis=(0, 2))
show.markdown(f"""
By test passage, as a mean over trainings, the GRU pays {Measured(by_tale):.2f} bits
per character less than the best n-gram.
""")

# %% slideshow={"slide_type": "notes"} tags=["hide-input"]
claims.measure(
    "C07b.tales",
    "a GRU is ahead of counting in Chinese as well: bits per character that it pays"
    " less than the best n-gram, by training; control: the same on a fifth of the text"
    " (recorded)",
    lambda size, which: ahead_in_tales[size][which],
    of=[("all tales", seed) for seed in by_tales],
    control=[("a fifth", key) for key in ahead_in_tales["a fifth"]],
    above=0.05,
    source="evaluated",
)

# %% slideshow={"slide_type": "skip"}
letters = language_models.book("english")
order_of_letters = language_models.best_order("english", range(4, 8))
counted_letters = language_models.counted("english", order_of_letters).mean(axis=1)
books = {"italian": (book, test, best, counted.mean(axis=1)),
         "english": (letters, letters.test, order_of_letters, counted_letters),
         "chinese": (tales, tales.test, order_of_tales, counted_tales.mean(axis=1))}

# %% slideshow={"slide_type": "skip"} tags=["hide-input"]
show.table(
    [[name, len(one.alphabet), mask(order), f"{Measured(paid):.2f}",
      mask(f"{squeezed(one, rows):.2f}")]
     for name, (one, rows, order, paid) in books.items()],
    ["book", "different characters", "best order", "n-gram, by test passage", "xz"],
)

# %% [markdown] slideshow={"slide_type": "skip"}
# *What follows:* compare models by bits per character on the same text only. *Lady Susan*, by Jane Austen, is four times shorter than the
# *Commedia*: here counting alone reads it.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## How does a model write? · 模型如何写作？
#
# It draws a character from its probabilities, reads it, and draws the next. Four ways to be more careful:
#
# - **temperature** $\tau$: logits are divided by it; below 1, likely characters become likelier;
# - **top k**: only the $k$ likeliest are drawn from;
# - **nucleus**: only the fewest that have, say, 0.9 of the probability together;
# - **beam search**: nothing is drawn; of the best $w$ beginnings, the best $w$ continuations are kept.
#
# Of $0.5, 0.3, 0.15, 0.05$, top 2 draws from $0.625, 0.375$, and so does a nucleus of $0.8$.

# %% slideshow={"slide_type": "skip"}
def draw(network, start, letters, choose, rows, seed=0):
    """Texts (rows, letters) that go on from a start.

    choose: probabilities (rows, symbols) to those to draw from. seed: or a generator.
    """
    step, units = language_models.stepper(network)
    random, state = np.random.default_rng(seed), tf.zeros((rows, units))
    for letter in start:
        logits, state = step(tf.fill([rows], letter), state)
    drawn = []
    for _ in range(letters):
        last = logits.numpy().astype("float64")
        p = choose(special.softmax(last, axis=1))
        drawn.append(decoding.picked(p, random))
        logits, state = step(drawn[-1], state)
    return np.stack(drawn, axis=1)

# %% [markdown] slideshow={"slide_type": "subslide"}
# **Predict before you run.** In search of the likeliest text: what will beam search write, Dante's best line, or
# something else? And which way of drawing is closest to the book in how often it repeats itself?

# %% slideshow={"slide_type": "skip"}
def sharpened(p, temperature):
    """Probabilities at a temperature: powers, and the sum 1 again."""
    powers = p ** (1 / temperature)
    return powers / powers.sum(axis=1, keepdims=True)


WAYS = {
    "as they are": lambda p: p,
    "temperature 0.5": functools.partial(sharpened, temperature=0.5),
    "top 5": functools.partial(decoding.top_k, k=5),
    "nucleus 0.9": functools.partial(decoding.nucleus, share=0.9),
}
EACH, LETTERS = 3, 200


def all_ways(p):
    """Each way for rows of its own."""
    parts = np.split(p, len(WAYS))
    return np.concatenate([way(part) for way, part in zip(WAYS.values(), parts,
                                                          strict=True)])

# %% slideshow={"slide_type": "skip"}
opening = book.encode("Nel mezzo del cammin ")
random = np.random.default_rng(0)                      # of all texts, one after another


def write_all_ways(network):
    """A dict from way to texts that a network draws."""
    drawn = draw(network, opening, LETTERS, all_ways, EACH * len(WAYS), random)
    return {way: [book.text(row) for row in part]
            for way, part in zip(WAYS, np.split(drawn, len(WAYS)), strict=True)}


drawn = language_models.in_turn(gated, write_all_ways)
written = {(way, seed): texts for seed, ways in drawn.items()
           for way, texts in ways.items()}

# %% slideshow={"slide_type": "skip"}
def by_beam(network, letters, width=4):
    """What beam search makes of the opening."""
    step, units = language_models.stepper(network)
    logits, state, states = None, tf.zeros((1, units)), {}

    def following(texts):
        nonlocal logits, state
        if states:                                     # of the beginnings that are kept
            state = np.stack([states[text[:-1].tobytes()] for text in texts])
            logits, state = step(texts[:, -1], state)
        states.clear()
        keys = [text.tobytes() for text in texts]
        states.update(zip(keys, state.numpy(), strict=True))
        return tf.nn.log_softmax(logits)

    for letter in opening:
        logits, state = step(letter[None], state)
    return book.text(decoding.beam(following, opening, letters, width)[0])


for seed, text in language_models.in_turn(
        gated, functools.partial(by_beam, letters=LETTERS)).items():
    written["beam of 4", seed] = [text]

# %% slideshow={"slide_type": "skip"}
def write_by_counting(gram, letters):
    """A text drawn from an n-gram, after the opening."""
    text = list(opening)
    for _ in range(letters):
        p = gram.distribution(np.array(text[-gram.order:]))
        text.append(int(random.choice(symbols, p=p / p.sum())))
    return book.text(text[len(opening):])


COUNTED = "the best n-gram, as it is"
for number in gated:                                   # as many texts as trainings
    written[COUNTED, number] = [write_by_counting(grams[best], LETTERS)
                                for _ in range(EACH)]

# %% slideshow={"slide_type": "subslide"} tags=["hide-input"]
show.table(
    [[way, mask(written[way, 0][0][:80].replace("\n", " / "))]
     for way in (*WAYS, "beam of 4")],
    ["way (one network)", "Nel mezzo del cammin ..."],
)

# %% slideshow={"slide_type": "skip"}
def repeated(way, seed):
    """Share of stretches of 8 characters that stood before in the same text."""
    return np.mean([language.repetition(text, 8) for text in written[way, seed]])


def surprise(way, seed):
    """Bits per character that the n-gram pays for what was written."""
    return np.mean([grams[best].bits(book.encode(text), start=20).mean()
                    for text in written[way, seed]])


words_of_book = set("".join(map(book.text, (book.training, *book.validation))).split())


def real_words(way, seed):
    """Share of whole words that the book has, outside of the test passages."""
    words = [word for text in written[way, seed] for word in text.split()[:-1]]
    return np.mean([word in words_of_book for word in words])


texts_of_test = [book.text(row) for row in test]
of_book = {
    "repeated": np.mean([language.repetition(text[:LETTERS], 8)
                         for text in texts_of_test]),
    "surprise": counted.mean(),
    "words": np.mean([word in words_of_book
                      for text in texts_of_test for word in text.split()[1:-1]]),
}

# %% slideshow={"slide_type": "subslide"} tags=["hide-input"]
rows = [[way, *(f"{Measured([quantity(way, seed) for seed in gated]):{form}}"
                for quantity, form in ((repeated, ".0%"), (surprise, ".2f"),
                                       (real_words, ".0%")))]
        for way in (*WAYS, "beam of 4", COUNTED)]
show.table(
    [*rows, ["the book, test passages", mask(f"{of_book['repeated']:.0%}"),
             mask(f"{of_book['surprise']:.2f}"), mask(f"{of_book['words']:.0%}")]],
    ["text", "repeats itself", "bits for the n-gram", "words of the book"],
)

# %% slideshow={"slide_type": "notes"} tags=["hide-input"]
claims.measure(
    "C07b.temperature",
    "at temperature 0.5 texts are more predictable than the book: what the n-gram pays"
    " for them, over what it pays for the test, by training; control: temperature 1",
    lambda way, seed: surprise(way, seed) / of_book["surprise"],
    of=[("temperature 0.5", seed) for seed in gated],
    control=[("as they are", seed) for seed in gated],
    below=1.0,
    source="evaluated",
)

# %% slideshow={"slide_type": "notes"} tags=["hide-input"]
claims.measure(
    "C07b.words",
    "drawn with its own probabilities the GRU makes more words that the book hasn't"
    " than Dante does elsewhere: share of such words over his, by training; control: at"
    " temperature 0.5",
    lambda way, seed: (1 - real_words(way, seed)) / (1 - of_book["words"]),
    of=[("as they are", seed) for seed in gated],
    control=[("temperature 0.5", seed) for seed in gated],
    above=1.0,
    source="evaluated",
)

# %% [markdown] slideshow={"slide_type": "subslide"}
# <details><summary>Your prediction</summary>
#
# What a beam of 4 finds comes back to what it said before and goes round, in some trainings sooner and in others later. The usual guess is that the most
# probable must be the best. But people don't write the most probable (Holtzman et al. 2020): each character of the book costs two bits on average. What
# is drawn hardly repeats itself, in any of the four ways; nor does the book.
#
# </details>

# %% [markdown] slideshow={"slide_type": "skip"}
# ### How it learns to write
#
# The same opening, after so much training (three networks, the second smaller; drawn with the probabilities as they are).

# %% slideshow={"slide_type": "skip"}
stages = {"none": gated_network(symbols), "100,000 characters": model,
          "the recorded run": gated[0]}
by_stage = {name: book.text(draw(one, opening, 60, WAYS["as they are"], 1, seed=1)[0])
            for name, one in stages.items()}

# %% slideshow={"slide_type": "skip"} tags=["hide-input"]
show.table([[name, mask(text.replace("\n", " / "))] for name, text in by_stage.items()],
           ["training", "what it writes"])

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Is it written, or copied? · 是写的，还是抄的？
#
# A model could know its training text by heart. The longest stretch of a text that stands in the training text, character by character, shows it,
# but only against *chance*: also a new passage by Dante shares phrases with the rest of the book.
#
# **Predict before you run.** In 200 characters of the GRU, how long is the longest copied stretch: 5, 15 or 50? In 200 new characters by Dante? And in
# those of an n-gram that counts 8 characters together?

# %% slideshow={"slide_type": "skip"}
def copied(texts):
    """Length of the longest stretch in common with the training text, on average."""
    return np.mean([len(language.longest_copy(text, known)) for text in texts])


LONG = 8
counted_texts = {seed: [write_by_counting(grams[LONG], LETTERS)] for seed in gated}

# %% slideshow={"slide_type": "skip"}
writers = {
    "GRU": {seed: copied(written["as they are", seed]) for seed in gated},
    "GRU, τ = 0.5": {seed: copied(written["temperature 0.5", seed])
                     for seed in gated},
    f"{LONG}-gram": {seed: copied(texts) for seed, texts in counted_texts.items()},
    "Dante, new": {number: copied([text[100:100 + LETTERS]])
                   for number, text in enumerate(texts_of_test[:16])},
}

# %% slideshow={"slide_type": "subslide"} tags=["hide-input"]
recurrent_figures.by_seed(
    {name: list(lengths.values()) for name, lengths in writers.items()},
    "Longest stretch copied from the training text", "characters (of 200)",
    caption="Dots: trainings, texts of an n-gram, or new passages by the author; mean "
    "and 95 % interval.",
)

# %% [markdown] slideshow={"slide_type": "subslide"}
# <details><summary>Your prediction</summary>
#
# Nearest to 15; it isn't shown to be longer than the stretches that new text by Dante shares with the rest of his book, and even the
# n-gram stays about there. The usual guess is far more, since networks are said to know their texts by heart. At temperature $0.5$ they are a little longer.
#
# </details>
#
# *What follows:* "it only copies" and "it doesn't copy" are both measurable. This network has about as many weights as its text has
# characters, and read it ten times; larger ones, and texts that stand in the training many times, are another matter.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## What the article says, and what was measured · 文章怎么说，测得如何
#
# Section 2.7: 「RNN的应用领域包括文字生成、语言模型、手写识别、视频分析等。」 (RNNs are used in text generation, language models, handwriting
# recognition, video analysis, and so on.)

# %% slideshow={"slide_type": "fragment"} tags=["hide-input"]
claims.verdict(
    "A2.7.3a",
    below_unigram=[unigram.mean() - paid.mean() for paid in by_gru.values()],
    below_ngram=[counted.mean() - paid.mean() for paid in by_gru.values()],
    real_words=[real_words("as they are", seed) for seed in gated],
    source=dict.fromkeys(("below_unigram", "below_ngram", "real_words"), "evaluated"),
)

# %% slideshow={"slide_type": "notes"} tags=["hide-input"]
claims.report()

# %% [markdown] slideshow={"slide_type": "-"}
# For the first two of these uses one GRU passed the rule, on one book. What the sentence doesn't say is next to whom. A
# counted model needs no training: with a fifth of this book it is ahead of the network. With the whole book the network
# leads in bits, but, as far as a few texts tell, not in the share of real words. And a transformer, without recurrence, is a little
# ahead; nearly all large language models today have one inside.

# %% [markdown] slideshow={"slide_type": "skip"}
# ## Exercises · 练习
#
# **1. Recall.** A model of an alphabet of four characters gives the four that come the probabilities $1/2$, $1/4$, $1/8$ and $1/8$. What is its perplexity on them?

# %% slideshow={"slide_type": "skip"}
answer = ...
exercises.check("07b.1", answer)

# %% slideshow={"slide_type": "skip"} tags=["hide-input"]
exercises.hint("07b.1")
exercises.solution("07b.1")

# %% [markdown] slideshow={"slide_type": "skip"}
# **2. Compute.** A model over pieces pays 6 bits per piece, and a piece has $2.5$ characters on average. Another, over characters, has perplexity 5. How many bits
# *per character* does the first pay more than the second (less: negative)?

# %% slideshow={"slide_type": "skip"}
answer = ...
exercises.check("07b.2", answer)

# %% slideshow={"slide_type": "skip"} tags=["hide-input"]
exercises.hint("07b.2")
exercises.solution("07b.2")

# %% [markdown] slideshow={"slide_type": "skip"}
# **3. Build it in Keras.** A causal language model without recurrence and without attention: whole numbers below 30 go in, texts of any length; logits for the next
# one come out at each step. Each output must depend on its own symbol and on the 15 before it, on no later one. `answer` is the model.

# %% slideshow={"slide_type": "skip"}
answer = ...
exercises.check("07b.3", answer)

# %% slideshow={"slide_type": "skip"} tags=["hide-input"]
exercises.hint("07b.3")
exercises.solution("07b.3")

# %% [markdown] slideshow={"slide_type": "skip"}
# **4. Change one thing.** Mix GRU and n-gram in other shares than half and half. Choose the share on validation passages, judge it on the test. Predict first: is the best
# share of the GRU below or above a half?

# %% slideshow={"slide_type": "skip"} tags=["hide-input"]
exercises.hint("07b.4")
exercises.solution("07b.4")

# %% [markdown] slideshow={"slide_type": "skip"}
# **5. Open-ended.** Take a text of your own (`language_models` shows how a book is cut), of 200,000 characters or more. Who wins on it? Before you train, write down what
# you expect, and which difference you would call a win.

# %% slideshow={"slide_type": "skip"} tags=["hide-input"]
exercises.hint("07b.5")
exercises.solution("07b.5")

# %% [markdown] slideshow={"slide_type": "skip"}
# ## Terms · 术语
#
# | English | 中文 | in one line |
# | --- | --- | --- |
# | language model | 语言模型 | gives each next symbol a probability |
# | entropy | 熵 | the least that a guess costs on average |
# | bits per character | 每字符比特数 | what a language model pays for a letter |
# | perplexity | 困惑度 | of a model on a text: two to the power of the bits, so many equally likely symbols |
# | n-gram | n 元语法 | counts what followed the last n − 1 symbols |
# | smoothing | 平滑 | gives what was never seen a probability |
# | discount | 折扣 | what smoothing takes off a count |
# | byte-pair encoding | 字节对编码 | frequent neighbours become one symbol, again and again |
# | order | 阶 | symbols that an n-gram counts together, n |
# | unigram | 一元语法 | the n-gram of order 1: frequencies alone |
# | teacher forcing | 教师强制 | in training the true symbol is read next |
# | truncated backpropagation | 截断的反向传播 | the state goes on, the gradient stops |
# | tied weights | 权重绑定 | embedding and output share a matrix |
# | attention | 注意力 | a weighted mean of values, weights by query and key |
# | causal mask | 因果掩码 | hides what comes later |
# | position embedding | 位置嵌入 | a vector for each place |
# | temperature | 温度 | divides the logits before drawing |
# | top-k sampling | top-k 采样 | draws from the k likeliest |
# | nucleus sampling | 核采样 | draws from the fewest that have a given share |
# | beam search | 束搜索 | keeps the most probable beginnings |
# | memorisation | 记忆（抄录） | training text that comes out again |
#
# ## Further reading · 延伸阅读
#
# - [Shannon 1951](https://doi.org/10.1002/j.1538-7305.1951.tb01366.x): people guess letters; look how he gets bits from their guesses.
# - [Kneser & Ney 1995](https://doi.org/10.1109/ICASSP.1995.479394): why the shorter context counts differently.
# - [Chen & Goodman 1999](https://doi.org/10.1006/csla.1999.0128): all smoothings compared, and three discounts.
# - [Sennrich, Haddow & Birch 2016](https://arxiv.org/abs/1508.07909): byte-pair merges for rare words.
# - [Press & Wolf 2017](https://arxiv.org/abs/1608.05859): tied matrices.
# - [Vaswani et al. 2017](https://arxiv.org/abs/1706.03762): attention is all it takes; see the mask and the positions.
# - [Merity, Keskar & Socher 2018](https://arxiv.org/abs/1708.02182): recurrent language models, carefully regularised.
# - [Holtzman et al. 2020](https://arxiv.org/abs/1904.09751): why the likeliest text is dull.
# - [Carlini et al. 2021](https://arxiv.org/abs/2012.07805): training text drawn out of a large model.
