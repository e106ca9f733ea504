"""Chapter 08c's networks: number words to Chinese numerals, and strings of spoken digits to Chinese numerals.

Trained by benchmarks/studies/ch08c_text.py, ch08c_speech.py and ch08c_front_ends.py. Text: about 2,900 numbers of up to
7 English words are drawn for training by each seed (4,000 are asked for; there are not enough short ones), others for
choices and for the test. Speech: recordings are split by seed as in chapter 06c, so that its networks, which read
digits, may be compared.
"""

import functools

import keras
import numpy as np
import tensorflow as tf
from keras import layers
from scipy import special

from dlcourse import checks, models, recording, training
from dlcourse.datasets import numerals
from dlcourse.experiments import shipped_weights, spoken_digits
from dlcourse.models import decoding, translators
from dlcourse.training import schedules

SOURCE, TARGET = len(numerals.ENGLISH), len(numerals.CHINESE)
LONGEST = 8
"""Symbols of a Chinese numeral of 3 or 4 digits, ``END`` included."""


def text_pairs(part, seed, *, words=(1, 7), count=4_000):
    """Numbers of one part and their numerals, drawn by a seed: numerals.Pairs."""
    return numerals.pairs(part, count, words=words, seed=seed)


def text_translator(seed=None, attention="dot", width=64):
    """A recurrent translator of number words."""
    keras.utils.set_random_seed(0 if seed is None else seed)
    return models.recurrent_translator(SOURCE, TARGET, width=width, attention=attention)


def text_transformer(seed=None):
    """A transformer for number words: one block on either side, width 48."""
    keras.utils.set_random_seed(0 if seed is None else seed)
    return models.translating_transformer(SOURCE, TARGET, width=48, blocks=1)


def tests(seed):
    """Test numbers of 2 to 9 English words, about equally many of each length that has so many: numerals.Pairs."""
    pairs = numerals.pairs("test", 400, words=(2, 9), seed=5_000 + seed)
    return numerals.Pairs(pairs.numbers, pairs.x, numerals.filled(pairs.y.tolist(), 16))


def by_words(model, pairs, **options):
    """Share of numbers that are translated whole, by number of English words, 2 to 9: list of float."""
    right = translators.matches(translators.answers(model, pairs.x, pairs.y.shape[1], **options), pairs.y)
    return [float(right[pairs.words() == words].mean()) for words in range(2, 10)]


def begun_anywhere(x, most, seed):
    """Sources int32 (n, steps) moved to the right by 0 to ``most`` places, ``PAD`` before: int32 (n, steps + most)."""
    result = np.full((len(x), x.shape[1] + most), numerals.PAD, "int32")
    for row, symbols, at in zip(
        result, x, np.random.default_rng(seed).integers(0, most + 1, len(x)), strict=True
    ):
        row[at : at + len(symbols)] = symbols
    return result


def train_text(model, x, y, *, epochs, seed, batch_size=64, peak=0.005):
    """Train a translator of number words; returns the Run."""
    steps = epochs * -(-len(y) // batch_size)
    return training.fit(
        model,
        training.objectives.translation(),
        (x, y),
        epochs=epochs,
        batch_size=batch_size,
        optimizer=keras.optimizers.Adam(schedules.rise_and_fall(peak, steps), global_clipnorm=1.0),
        seed=seed,
    )


def reader(seed=None):
    """Three convolutions and pooling, then a GRU both ways: float32 (batch, frames, 13) to (batch, frames // 8, 72)."""
    source = keras.Input((None, 13))
    x = layers.GaussianNoise(0.2, seed=seed)(source)
    for filters, width in [(48, 5), (64, 5), (72, 3)]:
        x = layers.Conv1D(filters, width, padding="same", kernel_initializer="he_normal")(x)
        x = layers.BatchNormalization(momentum=0.9)(x)
        x = layers.ReLU()(x)
        x = layers.SpatialDropout1D(0.1, seed=seed)(x)
        x = layers.MaxPooling1D(2)(x)
    return keras.Model(source, layers.Bidirectional(layers.GRU(36, return_sequences=True))(x))


def speech_translator(seed=None):
    """From frames to a Chinese numeral: [float32 (batch, frames, features), int32 (batch, m)] to logits."""
    keras.utils.set_random_seed(0 if seed is None else seed)
    return models.recurrent_translator(None, TARGET, width=72, reader=reader(seed))


def spoken_numbers(strings):
    """Of strings of digits those whose first isn't 0, as (frames, numerals with ``END``, numbers).

    Args:
        strings: speech.Strings of 3 or 4 digits.
    """
    said = np.array([int("".join(map(str, digits))) for digits in strings.digits()])
    rows = np.flatnonzero(strings.y[:, 0] > 1)
    return strings.x[rows], targets(said[rows]), said[rows]


def targets(numbers):
    """Chinese numerals of up to 4 digits, int32 (n, LONGEST).

    Raises:
        ValueError: where a numeral is longer than that.
    """
    y = numerals.encoded(numbers).y
    if y.shape[1] > LONGEST:
        raise ValueError(
            f"targets got a numeral of {y.shape[1]} symbols, the end included; expected at most {LONGEST}, numbers of "
            "up to 4 digits. Use numerals.encoded and pad longer ones yourself."
        )
    return np.pad(y, ((0, 0), (0, LONGEST - y.shape[1])))


def speech_batches(items, digits, batches, seed):
    """Batches of new strings of 3 or 4 digits with their numerals; see ``spoken_digits.string_batches``."""
    for x, y in spoken_digits.string_batches(items, digits, batches, seed, words=(3, 4)):
        rows = np.flatnonzero(y[:, 0] > 1)
        said = [int("".join(str(label - 1) for label in row if label)) for row in y[rows]]
        yield x[rows], targets(np.array(said))


def train_speech(model, items, digits, *, batches, seed, peak=0.004, change=None):
    """Train a speech translator on strings that are drawn anew for each batch; returns the Run.

    Args:
        items, digits: recordings, (own frames, 13), and what they say.
        change: what the frames become before the model reads them, a function, or None.
    """
    change = change or (lambda x: x)

    def draws():
        for x, y in speech_batches(items, digits, batches, seed):
            yield change(x), y

    features = model.input_shape[0][-1]
    kinds = tf.TensorSpec((None, None, features), tf.float32), tf.TensorSpec((None, LONGEST), tf.int32)
    return training.fit(
        model,
        training.objectives.translation(),
        tf.data.Dataset.from_generator(draws, output_signature=kinds).prefetch(4),
        epochs=1,
        optimizer=keras.optimizers.Adam(schedules.rise_and_fall(peak, batches), global_clipnorm=1.0),
        seed=seed,
    )


WINDOW, STRIDE = 8, 4
"""Frames that a front end sees at once, and frames from one window to the next."""
LATENTS = 16


def windows(x, stride=STRIDE):
    """Frames by eights: float (batch, frames, 13) to (batch, windows, 104), the last ones filled up with the last."""
    x = np.asarray(x, "float32")
    x = np.pad(x, ((0, 0), (0, WINDOW - stride + -x.shape[1] % stride), (0, 0)), mode="edge")
    view = np.lib.stride_tricks.sliding_window_view(x, WINDOW, axis=1)[:, ::stride]
    return np.ascontiguousarray(view.swapaxes(2, 3)).reshape(len(x), view.shape[1], -1)


def vae(seed=None):
    """A VAE of windows: 104 numbers, 128 tanh units, ``LATENTS`` latents, and back; Gaussian likelihood."""
    return models.vae((WINDOW * 13,), LATENTS, hidden=(128,), likelihood="gaussian", seed=seed)


def trained_vae(items, seed, *, epochs=3, batch_size=256):
    """A VAE trained on all windows of recordings, without their labels."""
    seen, model = _all_windows(items), vae(seed)
    training.fit(
        model,
        training.objectives.negative_elbo(),
        (seen,),
        epochs=epochs,
        batch_size=batch_size,
        optimizer=keras.optimizers.Adam(schedules.rise_and_fall(0.003, epochs * -(-len(seen) // batch_size))),
        seed=seed,
    )
    return model


def _all_windows(items):
    """``windows(item, 1)`` of all recordings, one below another: float32 (frames of all, 104)."""
    frames, lengths = np.concatenate(items).astype("float32"), [len(item) for item in items]
    last = np.repeat(np.cumsum(lengths), lengths) - 1
    at = np.minimum(np.arange(len(frames))[:, None] + np.arange(WINDOW), last[:, None])
    return frames[at].reshape(len(frames), -1)


def front_end(kind, items, model=None):
    """What frames become before a translator reads them, learnt from recordings without their labels.

    Args:
        kind: "frames", windows as they are; "pca", their ``LATENTS`` first principal components; "vae", the means of a
            VAE's posteriors. The last two are scaled to standard deviation 1 over the recordings, but latents that
            vary less than a twentieth of the largest stay smaller.
        items: recordings, (own frames, 13).
        model: the trained VAE, for "vae".

    Returns:
        Function of frames (batch, frames, 13) to float32 (batch, windows, features).

    Raises:
        ValueError: where the kind is unknown, or "vae" comes without a model.
    """
    if not checks.is_one_of(kind, ("frames", "pca", "vae")):
        raise ValueError(f"front_end({kind!r}): expected one of frames, pca, vae.")
    if kind == "vae" and model is None:
        raise ValueError(
            "front_end('vae') needs the trained VAE; give it as model, such as trained_vae(items, seed)."
        )
    if kind == "frames":
        return windows
    seen = _all_windows(items)
    if kind == "pca":
        middle = seen.mean(axis=0)
        axes = np.linalg.eigh(np.cov((seen - middle).T))[1][:, ::-1][:, :LATENTS].astype("float32")
        axes *= np.sign(axes[np.abs(axes).argmax(axis=0), range(LATENTS)])  # else the sign is the solver's

    def code(x):
        return (x - middle) @ axes if kind == "pca" else model.posterior_parameters(x)[0].numpy()

    scale = code(seen[::10]).std(axis=0)
    scale = np.maximum(scale, 0.05 * scale.max())  # a latent that isn't used stays small

    def change(x):
        x = windows(x)
        return (code(x.reshape(-1, x.shape[-1])) / scale).reshape(*x.shape[:2], -1).astype("float32")

    return change


def few_label_translator(seed=None, features=LATENTS):
    """A translator that reads windows by a convolution, pooled by 2, and a GRU both ways; then the same writer."""
    keras.utils.set_random_seed(0 if seed is None else seed)
    source = keras.Input((None, features))
    x = layers.GaussianNoise(0.2, seed=seed)(source)
    x = layers.Conv1D(64, 3, padding="same", kernel_initializer="he_normal")(x)
    x = layers.BatchNormalization(momentum=0.9)(x)
    x = layers.ReLU()(x)
    x = layers.SpatialDropout1D(0.1, seed=seed)(x)
    x = layers.MaxPooling1D(2)(x)
    x = layers.Bidirectional(layers.GRU(24, return_sequences=True))(x)
    return models.recurrent_translator(None, TARGET, width=48, reader=keras.Model(source, x))


def labelled(part, each, seed):
    """So many recordings of each digit, drawn from a part: speech.Recordings."""
    random = np.random.default_rng(seed)
    rows = [random.permutation(np.flatnonzero(part.digits == digit))[:each] for digit in range(10)]
    return part.take(np.concatenate(rows))


UNIFORM = 99_999
"""Numerals that networks write without a source are those of 1 to this, each equally likely."""


def numeral_writer(seed=None, attention=True):
    """A network that writes numerals from nothing: int32 (batch, steps) to logits for the next symbol.

    Args:
        seed: of the initial weights.
        attention: whether steps look back by attention, a causal transformer, or by a GRU's state.
    """
    keras.utils.set_random_seed(0 if seed is None else seed)
    if attention:
        return models.causal_transformer(TARGET, longest=16, width=32, heads=2, blocks=1, dropout=0.0)
    return keras.Sequential(
        [
            keras.Input((None,), dtype="int32"),
            layers.Embedding(TARGET, 32),
            layers.GRU(48, return_sequences=True),
            layers.Dense(TARGET),
        ]
    )


def uniform_numbers(count, seed):
    """Different numbers from 1 to 99,999, those for training and as many others: two int64 (count,)."""
    drawn = 1 + np.random.default_rng(seed).permutation(UNIFORM)[: 2 * count]
    return drawn[:count], drawn[count:]


def writing_steps(numbers):
    """What a writer reads at each step and what comes then, -1 where nothing does: two int32 (n, steps)."""
    y = numerals.encoded(numbers).y
    return translators.shifted(y).numpy(), np.where(y == numerals.PAD, -1, y)


def train_writer(model, numbers, *, seed, epochs=2, batch_size=64, peak=0.006):
    """Train a network that writes numerals from nothing; returns the Run."""
    steps = epochs * -(-len(numbers) // batch_size)
    return training.fit(
        model,
        training.objectives.sequence_classification(),
        writing_steps(numbers),
        epochs=epochs,
        batch_size=batch_size,
        optimizer=keras.optimizers.Adam(schedules.rise_and_fall(peak, steps), global_clipnorm=1.0),
        seed=seed,
    )


def written(model, count, seed, longest=16):
    """Numerals that a writer draws symbol by symbol, list of str."""
    random, rows = np.random.default_rng(seed), np.full((count, 1), numerals.BEGIN, "int32")
    if not hasattr(model, "next_logits"):  # compiled once for all lengths, and kept with the model
        model.next_logits = tf.function(
            lambda rows: model(rows, training=False)[:, -1],
            input_signature=[tf.TensorSpec((None, None), tf.int32)],
        )
    for _ in range(longest - 1):
        logits = model.next_logits(tf.constant(rows, tf.int32)).numpy()
        likely = special.softmax(logits.astype("float64"), axis=1)
        drawn = decoding.picked(likely, random)
        rows = np.column_stack([rows, drawn])
    return numerals.read(rows[:, 1:])


def nats_above(model, numbers):
    """Mean of -ln p(numeral) in nats, less ln 99,999, what the source itself costs; 0 for one who knows it all."""
    x, y = writing_steps(numbers)
    logits = model(x, training=False)
    each = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=np.maximum(y, 0), logits=logits).numpy()
    return float((each * (y >= 0)).sum(axis=1).mean() - np.log(UNIFORM))


def attending_classifier(seed=None, attention=True):
    """Which digit was said: float32 (batch, 48, 13) to logits (batch, 10), steps mixed by attention, or by none."""
    keras.utils.set_random_seed(0 if seed is None else seed)
    x = source = keras.Input((spoken_digits.FRAMES, 13))
    for filters in (32, 48):
        x = layers.Conv1D(filters, 5, padding="same", kernel_initializer="he_normal")(x)
        x = layers.BatchNormalization(momentum=0.9)(x)
        x = layers.ReLU()(x)
        x = layers.MaxPooling1D(2)(x)
    if attention:
        x = x + layers.MultiHeadAttention(4, 12)(x, x)
    else:
        x = x + layers.Dense(48)(layers.Dense(144, activation="relu")(x))  # half as many weights again
    return keras.Model(source, layers.Dense(10)(layers.GlobalAveragePooling1D()(x)))


BUILD = {
    "text": text_translator,
    "text_fixed": functools.partial(text_translator, attention=None),
    "text_transformer": text_transformer,
    "text_anywhere": text_transformer,
    "speech": speech_translator,
    "front_vae": vae,
    "front_end_frames": functools.partial(few_label_translator, features=WINDOW * 13),
    "front_end_pca": few_label_translator,
    "front_end_vae": few_label_translator,
    "kinds_writer": numeral_writer,
    "kinds_recurrent_writer": functools.partial(numeral_writer, attention=False),
    "kinds_classifier": attending_classifier,
    "kinds_dense_classifier": functools.partial(attending_classifier, attention=False),
}


def shipped(kind):
    """The trained networks of a kind, a dict from seed to Keras model.

    Raises:
        ValueError: where the kind is unknown, or a file isn't the one whose hash is recorded.
    """
    return shipped_weights.load(*_where(kind))


def in_turn(kind, measure):
    """``measure(network, seed)`` of the trained networks of a kind, one after another: list in the order of seeds.

    One network takes each one's weights in turn; what is measured shouldn't hold on to it.

    Raises:
        ValueError: as ``shipped``.
    """
    path, build, expected, study = _where(kind)
    network = shipped_weights.built_once(build)
    return list(shipped_weights.load_in_turn(path, lambda seed: network, expected, study, measure).values())


def _where(kind):
    """File, function that builds, hash and study of a kind."""
    if not checks.is_one_of(kind, BUILD):
        raise ValueError(f"shipped({kind!r}): expected one of {', '.join(BUILD)}.")
    study = "ch08c_front_ends" if kind.startswith("front") else f"ch08c_{kind.split('_')[0]}"
    return file(kind), BUILD[kind], recording.load(study)[f"{kind}, sha256"], study


def ship(kind, networks):
    """Write the weights of a dict from seed to model as float16; returns the file's SHA-256."""
    return shipped_weights.save(file(kind), networks)


def file(kind):
    return recording.RESULTS / f"ch08c_{kind}.npz"
