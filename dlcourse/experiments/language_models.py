"""Chapter 07b's networks: gated recurrent networks and a transformer that predict the next character of a book.

Trained by benchmarks/studies/ch07b_books.py; several seeds of each are shipped. A book is cut into passages of 1,000
characters; a tenth of them is held out for choices, another tenth for the test. Of a held-out passage the first 100
characters are read and not charged.
"""

import dataclasses
import functools
import time

import keras
import numpy as np
import tensorflow as tf
from keras import layers

from dlcourse import checks, models, recording, training
from dlcourse.datasets import characters, passages, texts
from dlcourse.experiments import shipped_weights
from dlcourse.from_scratch.kneser_ney import KneserNey
from dlcourse.training.objectives import sequences

PASSAGE, FREE, WINDOW = 1_000, 100, 128
"""Characters in a passage; how many of them aren't charged; how many a transformer reads at once."""

READINGS, PIECE = 10, 25
"""How often a GRU reads its text, and how many characters lie between two of its updates."""


@dataclasses.dataclass(frozen=True, eq=False)
class Book:
    """A text in three parts. ``training`` int32 (n,), ``validation`` and ``test`` int32 (passages, 1000)."""

    alphabet: str
    training: np.ndarray
    validation: np.ndarray
    test: np.ndarray

    def encode(self, text):
        return characters.encode(text, self.alphabet)

    def text(self, tokens):
        return "".join(self.alphabet[token] for token in tokens)


@functools.cache
def book(name):
    """The English, Italian or Chinese book as a Book; of the Chinese one without blanks and line ends."""
    text = texts.read(name)
    text = "".join(text.split()) if name == "chinese" else passages.tidy(text)
    alphabet = "".join(sorted(set(text)))
    parts = passages.three_ways(text, PASSAGE)
    rows = [np.stack([characters.encode(one, alphabet) for one in part]) for part in parts[1:]]
    return Book(alphabet, characters.encode(parts[0], alphabet), *rows)


def gated_network(symbols, *, width=64, units=352, dropout=(0.1, 0.3), fused=False):
    """int32 (batch, steps) to logits (batch, steps, symbols): an embedding, a GRU, the embedding transposed.

    ``dropout``: of what goes into the GRU, and of what comes out. ``fused``: ``models.FusedGRU``, which trains faster,
    in place of Keras' GRU; the weights are the same.
    """
    embedding = layers.ReversibleEmbedding(
        symbols, width, embeddings_initializer=keras.initializers.RandomNormal(stddev=0.1)
    )
    gru = models.FusedGRU(units, return_state=True) if fused else (
        layers.GRU(units, return_sequences=True, return_state=True)
    )  # fmt: skip
    tokens = keras.Input((None,), dtype="int32")
    x, _ = gru(layers.Dropout(dropout[0])(embedding(tokens)))
    x = layers.Dense(width)(layers.Dropout(dropout[1])(x))
    return keras.Model(tokens, embedding(x, reverse=True))


def network_of_many_symbols(symbols, *, fused=False):
    """A ``gated_network`` for thousands of symbols: narrower, and more of it dropped."""
    return gated_network(symbols, width=48, units=256, dropout=(0.3, 0.5), fused=fused)


TRUNCATIONS = (2, 10, 50)
"""After how many characters the gradients of ``small_network``'s trainings end."""


def small_network(symbols, *, fused=False):
    """A ``gated_network`` of 128 units, without dropout before the GRU."""
    return gated_network(symbols, units=128, dropout=(0.0, 0.2), fused=fused)


def truncated(piece):
    """The small networks whose gradients ended after so many characters: functions, a dict from seed.

    See ``shipped_weights.functions_of_kind``.

    Raises:
        ValueError: where no network was trained so, or a file isn't the one whose hash is recorded.
    """
    return shipped_weights.functions_of_kind("ch07b_truncation", str(piece), _small_italian)


def _small_italian(_):
    return small_network(len(book("italian").alphabet))


def schedule(peak, steps):
    """A learning rate that rises to its peak in a twentieth of the steps, then falls by a cosine to 1 %."""
    warmup = max(1, steps // 20)
    return keras.optimizers.schedules.CosineDecay(
        peak / 20, max(1, steps - warmup), alpha=0.01, warmup_target=peak, warmup_steps=warmup
    )


def cut(tokens, steps, shifts=4):
    """Excerpts of a text that begin at several places, so that not always the same characters stand first.

    Returns x and y, int32 (excerpts, steps); y is x shifted by one character.
    """
    parts = [characters.excerpts(tokens[shift * steps // shifts :], steps) for shift in range(shifts)]
    return tuple(np.concatenate(side) for side in zip(*parts, strict=True))


def train(model, tokens, *, readings, seed, batch_size=12):
    """Train a transformer on excerpts of ``WINDOW`` characters, by Muon (Jordan et al. 2024); returns the Run.

    ``readings`` of the text, a multiple of four: in each epoch, from four places at which excerpts begin.
    """
    x, y = cut(tokens, WINDOW)
    epochs = readings // 4
    rate = schedule(0.004, epochs * -(-len(x) // batch_size))
    return training.fit(
        model,
        sequences.sequence_classification(),
        (x, y),
        epochs=epochs,
        batch_size=batch_size,
        optimizer=keras.optimizers.Muon(rate, weight_decay=0.01, adam_weight_decay=0.01, ns_steps=4),
        seed=seed,
    )


def windows(rows, window):
    """Places (windows of each row) at which a network that reads ``window`` characters at once starts."""
    return np.arange(0, max(1, rows.shape[1] - 1 - window // 2), window // 2)


TEXTS = tf.TensorSpec((None, None), tf.int32)
AT_ONCE = 256


@functools.lru_cache(maxsize=4)
def _compiled(model):
    """A model as one compiled function of texts of any length."""
    return tf.function(lambda tokens: model(tokens, training=False), input_signature=[TEXTS])


@functools.lru_cache(maxsize=4)
def _compiled_cost(model):
    """What a model pays for what follows, nats: a compiled function of texts and the same, one character further."""

    def cost(tokens, following):
        return tf.nn.sparse_softmax_cross_entropy_with_logits(following, model(tokens, training=False))

    return tf.function(cost, input_signature=[TEXTS, TEXTS])


def _paid(model, rows):
    """Bits that a model pays for each character of int32 (rows, n) but the first: float64 (rows, n - 1)."""
    parts, cost = np.split(rows, range(AT_ONCE, len(rows), AT_ONCE)), _compiled_cost(model)
    return np.concatenate([cost(part[:, :-1], part[:, 1:]) for part in parts]).astype("float64") / np.log(2)


def logits(model, tokens):
    """A model's outputs for int (rows, steps), compiled once: float32 (rows, steps, symbols)."""
    tokens, function = np.asarray(tokens, "int32"), _compiled(model)
    return np.concatenate([function(part) for part in np.split(tokens, range(AT_ONCE, len(tokens), AT_ONCE))])


def in_turn(networks, measure, place=None):
    """``measure(network)`` of several networks of one architecture: a dict from seed, as ``networks`` is one.

    Each one's weights take their turn in one network, ``place``, so that TensorFlow compiles it only once; it then gets
    its own back. By default it is the first.
    """
    place = place or next(iter(networks.values()))
    weights = {seed: network.get_weights() for seed, network in networks.items()}
    own, found = place.get_weights(), {}
    for seed in networks:
        place.set_weights(weights[seed])
        found[seed] = measure(place)
    place.set_weights(own)
    return found


def bits(model, rows, window=None, free=FREE):
    """What a network pays for each character of passages, all but the first ``free``: float64 (passages, characters).

    Args:
        model: int32 (batch, steps) to logits (batch, steps, symbols).
        rows: int (passages, characters).
        window: how many characters it can read at once; each is then predicted from window / 2 or more before it (or
            all there are). None: a passage is read in one go.
        free: how many characters are read first and not charged.
    """
    rows = np.asarray(rows, "int32")
    if window is None:
        return _paid(model, rows)[:, free - 1 :]
    half, (texts, count), starts = window // 2, rows.shape, windows(rows, window)
    filled = np.zeros((texts, starts[-1] + window + 1), "int32")
    filled[:, :count] = rows
    pieces = filled[:, starts[:, None] + np.arange(window + 1)].reshape(-1, window + 1)
    found = _paid(model, pieces).reshape(texts, len(starts), window)
    whole = np.concatenate([found[:, 0, :half], found[:, :, half:].reshape(texts, -1)], axis=1)
    return whole[:, free - 1 : count - 1]


def counted(name, order, part="test"):
    """What a Kneser-Ney n-gram pays for each charged character, float64 (passages, 900)."""
    one = book(name)
    model = KneserNey(order, one.training, len(one.alphabet))
    return np.stack([model.bits(row, FREE) for row in getattr(one, part)])


def best_order(name, orders=range(2, 10)):
    """The order that pays least on the validation passages."""
    one = book(name)
    possible = [order for order in orders if len(one.alphabet) ** order < 2**63]
    models = KneserNey.of_orders(possible, one.training, len(one.alphabet))
    paid = {
        order: np.mean([model.bits(row, FREE).mean() for row in one.validation])
        for order, model in models.items()
    }
    return min(paid, key=paid.get)


def transformer(symbols):
    """The transformer of the study: four blocks, 80 numbers for each character."""
    return models.causal_transformer(symbols, longest=WINDOW, width=80, heads=4, blocks=4, dropout=0.05)


@dataclasses.dataclass(frozen=True)
class Setting:
    """A book, a network, and how often it reads the text.

    ``parts``: the training text is cut into so many parts, of which a network reads one: that of its seed's number,
    counted round.
    ``window``: how many characters it can read at once; None is any number.
    """

    book: str
    network: object
    readings: int
    parts: int = 1
    window: int | None = None


SETTINGS = {
    "italian_gated": Setting("italian", gated_network, READINGS),
    "italian_gated_longer": Setting("italian", gated_network, 2 * READINGS),
    "italian_fifth": Setting("italian", gated_network, 15, parts=5),
    "italian_transformer": Setting("italian", transformer, 20, window=WINDOW),
    "chinese_gated": Setting("chinese", network_of_many_symbols, 15),
    "chinese_half": Setting("chinese", network_of_many_symbols, 18, parts=2),
    "chinese_fifth": Setting("chinese", network_of_many_symbols, 22, parts=5),
}


def text_of(kind, seed):
    """The training text of a network, int32 (n,): the book's, or a part of it."""
    setting = SETTINGS[kind]
    text = book(setting.book).training
    part, number = len(text) // setting.parts, seed % setting.parts
    return text[number * part : (number + 1) * part]


def trained(kind, seed):
    """A network of a kind, trained from a seed: (model, seconds)."""
    setting, text = SETTINGS[kind], text_of(kind, seed)
    symbols = len(book(setting.book).alphabet)
    keras.utils.set_random_seed(seed)
    if setting.window is None:
        model = setting.network(symbols, fused=True)
        return model, read_on(model, text, readings=setting.readings, seed=seed, piece=PIECE)
    model = setting.network(symbols)
    return model, train(model, text, readings=setting.readings, seed=seed).seconds


def read_on(model, tokens, *, readings, seed, piece, rows=32, peak=0.004, after_each=None):
    """Train a ``gated_network`` on a text that it reads from end to end, its state carried on; returns seconds.

    It reads ``rows`` places of the text at once, and changes its weights after every ``piece`` characters of them,
    through which the gradient goes back. Each reading of the text begins elsewhere, drawn from the seed.
    ``after_each(reading)`` is called after each.

    Raises:
        ValueError: where the text is too short for one update in each of the ``rows`` places.
    """
    reach = len(tokens) // rows
    if reach <= piece:
        raise ValueError(
            f"read_on got {len(tokens):,} characters: {rows} places of {piece} + 1 need {rows * (piece + 1):,} or "
            "more; give a longer text, fewer rows or a smaller piece."
        )
    stream, random = streaming(model), np.random.default_rng(seed)
    updates = (reach - 1) // piece
    optimizer = keras.optimizers.Adam(schedule(peak, readings * updates), global_clipnorm=1.0)
    optimizer.build(stream.trainable_variables)

    @tf.function
    def step(text, state):
        with tf.GradientTape() as tape:
            logits, state = stream([text[:, :-1], state], training=True)
            loss = tf.reduce_mean(
                tf.nn.sparse_softmax_cross_entropy_with_logits(labels=text[:, 1:], logits=logits)
            )
        optimizer.apply(tape.gradient(loss, stream.trainable_variables), stream.trainable_variables)
        return state

    began = time.perf_counter()
    for reading in range(readings):
        text = np.roll(tokens, -random.integers(len(tokens)))[: rows * reach].reshape(rows, reach)
        state = tf.zeros((rows, stream.inputs[1].shape[-1]))
        for number in range(updates):
            state = step(tf.constant(text[:, number * piece : (number + 1) * piece + 1]), state)
        if after_each is not None:
            after_each(reading)
    return time.perf_counter() - began


def streaming(model):
    """A ``gated_network`` that takes and gives its state: tokens and state (batch, units) to logits and state."""
    embedding, dropped, gru, dropout, dense = model.layers[1:6]
    tokens, state = keras.Input((None,), dtype="int32"), keras.Input((gru.units,))
    x, ended = gru(dropped(embedding(tokens)), initial_state=state)
    return keras.Model([tokens, state], [embedding(dense(dropout(x)), reverse=True), ended])


@functools.lru_cache(maxsize=4)
def stepper(model):
    """A ``gated_network`` as one compiled function of a character, and its units.

    The function takes int32 (rows,) and a state (rows, units), and gives logits (rows, symbols) and the state.
    """
    embedding, _, gru, _, dense = model.layers[1:6]

    def step(characters, state):
        state, _ = gru.cell(embedding(characters), [state])
        return embedding(dense(state), reverse=True), state

    signature = [tf.TensorSpec((None,), tf.int32), tf.TensorSpec((None, gru.units), tf.float32)]
    return tf.function(step, input_signature=signature), gru.units


def file(kind, seed):
    return recording.RESULTS / f"ch07b_{kind}_{seed}.npz"


def ship(kind, seed, model):
    """Write a network's weights as float16; returns the file's SHA-256."""
    return shipped_weights.save(file(kind, seed), {seed: model})


def measured(kind, seed, parts=("validation",), orders=()):
    """Train a network: (model, a dict of its seconds, how many characters it read, and bits per character of parts).

    ``orders``: of n-grams, counted on the same text; what the best of them on validation passages pays is measured too.
    """
    setting = SETTINGS[kind]
    one, text = book(setting.book), text_of(kind, seed)
    model, seconds = trained(kind, seed)
    values = {"seconds": seconds, "characters": len(text)}
    values |= {part: float(bits(model, getattr(one, part), setting.window).mean()) for part in parts}
    if orders:
        grams = KneserNey.of_orders(orders, text, len(one.alphabet)).values()
        rival = min(grams, key=lambda gram: paid_by(gram, one.validation))
        values |= {f"n-gram, {part}": paid_by(rival, getattr(one, part)) for part in parts}
    print(f"{kind}, seed {seed}: {values}", flush=True)
    return model, values


def paid_by(gram, rows):
    """What an n-gram pays on passages, bits per charged character."""
    return float(np.mean([gram.bits(row, FREE) for row in rows]))


def record(record, kind, seed, orders=()):
    """Train a network, ship it, and record what it pays on the validation passages, if it isn't recorded yet."""
    key = f"{kind}, seed {seed}"
    if not record.done(key):
        model, values = measured(kind, seed, orders=orders)
        record.add(key, {**values, "sha256": ship(kind, seed, model)})


def shipped(kind, study, seeds=None):
    """The trained networks of a kind, a dict from seed to Keras model.

    Args:
        kind: a key of ``SETTINGS``.
        study: that recorded them, such as "ch07b_books".
        seeds: which; None: all.

    Raises:
        ValueError: where the kind is unknown, or a file isn't the one whose hash is recorded.
    """
    if not checks.is_one_of(kind, SETTINGS):
        raise ValueError(f"shipped({kind!r}): expected one of {', '.join(SETTINGS)}.")
    setting, recorded, networks = SETTINGS[kind], recording.load(study), {}
    known = [int(key.rsplit(" ", 1)[1]) for key in recorded if key.startswith(f"{kind}, seed ")]

    def build(_):
        return setting.network(len(book(setting.book).alphabet))

    for seed in known if seeds is None else seeds:
        expected = recorded[f"{kind}, seed {seed}"]["sha256"]
        networks |= shipped_weights.load(file(kind, seed), build, expected, study)
    return networks
