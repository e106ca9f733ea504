"""Chapter 07b's networks: a gated recurrent network and a transformer that predict the next character of a book.

Trained by benchmarks/studies/ch07b_books.py; several seeds of each are shipped. A book is
cut into passages of 1,000 characters; a tenth of them is held out for choices, another tenth for the test. Of a
held-out passage the first 100 characters are read and not charged.
"""

import dataclasses
import functools

import keras
import numpy as np
from keras import layers

from dlcourse import checks, models, recording, training
from dlcourse.datasets import characters, passages, texts
from dlcourse.experiments import shipped_weights
from dlcourse.from_scratch.kneser_ney import KneserNey
from dlcourse.metrics import language
from dlcourse.training.objectives import sequences

PASSAGE, FREE, WINDOW = 1_000, 100, 128
"""Characters in a passage; how many of them aren't charged; how many a transformer reads at once."""


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


def gated_network(symbols, *, width=64, units=256, dropout=0.3, tied=True):
    """int32 (batch, steps) to logits (batch, steps, symbols): an embedding, a GRU, the embedding transposed."""
    embedding = layers.ReversibleEmbedding(
        symbols, width, tie_weights=tied, embeddings_initializer=keras.initializers.RandomNormal(stddev=0.1)
    )
    tokens = keras.Input((None,), dtype="int32")
    x, _ = layers.GRU(units, return_sequences=True, return_state=True)(embedding(tokens))
    x = layers.Dense(width)(layers.Dropout(dropout)(x))
    return keras.Model(tokens, embedding(x, reverse=True))


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


def train(model, tokens, *, steps, epochs, seed, batch_size=32, peak=0.004, validation=None, shifts=4):
    """Train a network on excerpts of so many characters; returns the Run. ``epochs`` counts readings of the text."""
    x, y = cut(tokens, steps, shifts)
    passes = max(1, round(epochs / shifts))  # each reads the text as often as there are shifts
    total = passes * -(-len(x) // batch_size)
    return training.fit(
        model,
        sequences.sequence_classification(),
        (x, y),
        epochs=passes,
        batch_size=batch_size,
        optimizer=keras.optimizers.Adam(schedule(peak, total), global_clipnorm=1.0),
        seed=seed,
        validation=validation,
    )


def windows(rows, window):
    """Places (windows of each row) at which a network that reads ``window`` characters at once starts."""
    return np.arange(0, max(1, rows.shape[1] - 1 - window // 2), window // 2)


def bits(model, rows, window=None, free=FREE):
    """What a network pays for each character of passages, all but the first ``free``: float64 (passages, characters).

    Args:
        model: int32 (batch, steps) to logits (batch, steps, symbols).
        rows: int (passages, characters).
        window: how many characters it can read at once; each is then predicted from window / 2 or more before it (or
            all there are). None: a passage is read in one go.
        free: how many characters are read first and not charged.
    """
    if window is None:
        logits = training.predict(model, rows[:, :-1])
        return language.bits(logits[:, free - 1 :], rows[:, free:])
    half, count = window // 2, rows.shape[1]
    starts = windows(rows, window)
    filled = np.zeros((len(rows), starts[-1] + window), "int32")
    filled[:, : count - 1] = rows[:, :-1]
    pieces = filled[:, starts[:, None] + np.arange(window)].reshape(-1, window)
    logits = training.predict(model, pieces).reshape(len(rows), len(starts), window, -1)
    later = logits[:, :, half:].reshape(len(rows), len(starts) * half, -1)
    whole = np.concatenate([logits[:, 0, :half], later], axis=1)[:, : count - 1]
    return language.bits(whole[:, free - 1 :], rows[:, free:])


def counted(name, order, part="test"):
    """What a Kneser-Ney n-gram pays for each charged character, float64 (passages, 900)."""
    one = book(name)
    model = KneserNey(order, one.training, len(one.alphabet))
    return np.stack([model.bits(row, FREE) for row in getattr(one, part)])


def best_order(name, orders=range(2, 10)):
    """The order that pays least on the validation passages."""
    possible = [order for order in orders if len(book(name).alphabet) ** order < 2**63]
    paid = {order: counted(name, order, "validation").mean() for order in possible}
    return min(paid, key=paid.get)


def transformer(symbols):
    """The transformer of the study: two blocks, 80 numbers for each character."""
    return models.causal_transformer(symbols, longest=WINDOW, width=80, heads=4, blocks=2, dropout=0.1)


@dataclasses.dataclass(frozen=True)
class Setting:
    """A book, a network and how it is trained: ``epochs`` readings of excerpts of ``steps`` characters."""

    book: str
    network: object
    epochs: int
    shifts: int = 2
    steps: int = 50
    batch_size: int = 32
    peak: float = 0.006
    window: int | None = None


GATED = functools.partial(gated_network, units=160, dropout=0.2)
SETTINGS = {
    "italian_gated": Setting("italian", GATED, 8),
    "italian_transformer": Setting(
        "italian", transformer, 3, shifts=3, steps=WINDOW, batch_size=12, peak=0.003, window=WINDOW
    ),
}
"""Settled before anything was trained, and not searched."""


def trained(kind, seed):
    """A network of a kind, trained from a seed: (model, seconds)."""
    setting = SETTINGS[kind]
    one = book(setting.book)
    keras.utils.set_random_seed(seed)
    model = setting.network(len(one.alphabet))
    run = train(
        model,
        one.training,
        steps=setting.steps,
        epochs=setting.epochs,
        seed=seed,
        batch_size=setting.batch_size,
        peak=setting.peak,
        shifts=setting.shifts,
    )
    return model, run.seconds


def streaming(model):
    """A ``gated_network`` that takes and gives its state: tokens and state (batch, units) to logits and state."""
    embedding, gru, dropout, dense = model.layers[1:5]
    tokens, state = keras.Input((None,), dtype="int32"), keras.Input((gru.units,))
    x, ended = gru(embedding(tokens), initial_state=state)
    return keras.Model([tokens, state], [embedding(dense(dropout(x)), reverse=True), ended])


def file(kind, seed):
    return recording.RESULTS / f"ch07b_{kind}_{seed}.npz"


def ship(kind, seed, model):
    """Write a network's weights as float16; returns the file's SHA-256."""
    return shipped_weights.save(file(kind, seed), {seed: model})


def shipped(kind, study):
    """The trained networks of a kind, a dict from seed to Keras model.

    Args:
        kind: a key of ``SETTINGS``.
        study: that recorded them, such as "ch07b_books".

    Raises:
        ValueError: where the kind is unknown, or a file isn't the one whose hash is recorded.
    """
    if not checks.is_one_of(kind, SETTINGS):
        raise ValueError(f"shipped({kind!r}): expected one of {', '.join(SETTINGS)}.")
    setting, recorded, networks = SETTINGS[kind], recording.load(study), {}
    for key, values in recorded.items():
        if key.startswith(f"{kind}, seed "):
            seed = int(key.rsplit(" ", 1)[1])

            def build(_):
                return setting.network(len(book(setting.book).alphabet))

            networks |= shipped_weights.load(file(kind, seed), build, values["sha256"], study)
    return networks
