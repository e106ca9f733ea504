"""Public functions on odd input: what comes out is an answer or one of the package's own, documented errors.

Hypothesis mixes what people should give with what they do give: other dtypes, shapes, sizes, names and files. An error
from inside NumPy, TensorFlow, Keras or json is a finding. In ``make test`` each function gets few examples, always the
same; for longer: ``DLCOURSE_FUZZ=2000 pytest tests/fuzz``, which draws new ones.
"""

import os
import pathlib
import re
import shutil
import tempfile
import traceback
import warnings

import gymnasium
import keras
import numpy as np
import pytest
import tensorflow as tf
from hypothesis import HealthCheck, given, note, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays_of

import dlcourse
from dlcourse import checks, claims, datasets, exercises, models, show, training
from dlcourse.datasets import (
    BoxedSplit,
    catalogue,
    characters,
    instruments,
    lines,
    melodies,
    moving_digits,
    passages,
    records,
    sequence_tasks,
    speech,
    splitting,
    strokes,
    transforms,
    windows,
)
from dlcourse.from_scratch import (
    additive,
    byte_pairs,
    cepstra,
    ctc,
    feature_field,
    frame_forecast,
    hidden_markov,
    ngrams,
    random_field,
    short_time,
    time_warping,
)
from dlcourse.from_scratch.kneser_ney import KneserNey
from dlcourse.metrics import audio, calibration, classification, detection, forecasting, language, video
from dlcourse.metrics import speech as speech_metrics
from dlcourse.models import boxes as of_boxes
from dlcourse.models import decoding
from dlcourse.publishing import chapters, sides
from dlcourse.rl import (
    advantages,
    dqn,
    evaluation,
    networks,
    planning,
    policies,
    policy_gradient,
    ppo,
    tabular,
    validation,
)
from dlcourse.rl.environments import TableVectorEnv
from dlcourse.rules import ClaimError
from dlcourse.training import checkpoint, objectives, repeats, search

EXAMPLES = int(os.environ.get("DLCOURSE_FUZZ", 6))
PACKAGE = str(pathlib.Path(dlcourse.__file__).parent)
DOCUMENTED = (
    ValueError,
    FileNotFoundError,
    KeyError,
    checks.CheckError,
    ClaimError,
    catalogue.DataError,
    training.NonFiniteLossError,
    checkpoint.CheckpointError,
)

# What people give

NUMBERS = st.sampled_from(
    [
        0,
        1,
        2,
        3,
        5,
        -1,
        True,
        None,
        2.0,
        0.5,
        -0.25,
        float("nan"),
        float("inf"),
        "3",
        "",
        [2],
        (1, 2),
        np.int64(2),
        np.float32(0.5),
        np.uint8(3),
        np.array(2),
        10**12,
        ...,
        1j,
    ]
)
SIZES = st.sampled_from(
    [0, 1, 2, 3, 4, -1, True, None, 2.0, 2.5, "3", np.int64(2), np.uint8(3), [2], float("nan")]
)
TEXTS = st.one_of(
    st.sampled_from(["", "a", "数据", "../x", "a\0b", "NaN", "lstm", "adam", "val_loss"]), st.text(max_size=5)
)
LETTERS = st.characters(exclude_characters="\0")  # NumPy drops those at a text's end
DTYPES = st.sampled_from(
    [
        "float32",
        "float64",
        "float16",
        "int8",
        "int32",
        "int64",
        "uint8",
        "uint64",
        "bool",
        "complex64",
        "U3",
        "S3",
        "object",
        "datetime64[s]",
    ]
)


@st.composite
def odd_arrays(draw, shape=None):
    """An array of any kind; its shape is drawn where none is given."""
    shape = (
        draw(arrays_of.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=5))
        if shape is None
        else shape
    )
    dtype = np.dtype(draw(DTYPES))
    if dtype.hasobject:
        values = draw(st.lists(NUMBERS, min_size=int(np.prod(shape)), max_size=int(np.prod(shape))))
        array = np.empty(shape, object)
        array.ravel()[:] = values if all(np.ndim(value) == 0 for value in values) else 0
        return array
    elements = (
        st.text(LETTERS, max_size=2)
        if dtype.kind == "U"
        else st.sampled_from([b"", b"a", b"\xff1"])
        if dtype.kind == "S"
        else None
    )
    return draw(arrays_of.arrays(dtype, shape, elements=elements))


def mostly(good, odd):
    """Usually what is right, so that one odd argument gets past the checks of the others."""
    return st.one_of(good, good, good, odd)


def floats(*shape):
    return arrays_of.arrays("float32", shape, elements=st.floats(-4, 4, width=32))


def whole(most, *shape):
    return arrays_of.arrays("int32", shape, elements=st.integers(0, most))


def only_documented(function, *arguments, **options):
    """Call; an error must be a documented one, and raised by the package itself."""
    note(f"called with {arguments} {options}")
    try:
        with (
            warnings.catch_warnings()
        ):  # NumPy's: a division by 0, a complex number's imaginary part that is dropped
            warnings.filterwarnings("error", category=RuntimeWarning)
            warnings.filterwarnings("error", category=np.exceptions.ComplexWarning)
            return function(*arguments, **options)
    except DOCUMENTED as error:
        frames = traceback.extract_tb(error.__traceback__)
        assert frames[-1].filename.startswith(PACKAGE), (
            f"{type(error).__name__} from {frames[-1].filename}:{frames[-1].lineno}: {str(error)[:300]}"
        )
        own = frames[-1].line.startswith("raise") or isinstance(error, FileNotFoundError)
        assert own, f"Python's own error, not one that is raised: {error!r}"
        assert len(str(error)) > 15, f"an error that says nothing: {error!r}"


def fuzz(**strategies):
    """A test by Hypothesis: few examples that are always the same, or many new ones."""

    def decorate(test):
        many = "DLCOURSE_FUZZ" in os.environ
        return settings(
            max_examples=EXAMPLES,
            deadline=None,
            derandomize=not many,
            database=None,
            suppress_health_check=list(HealthCheck),
        )(given(**strategies)(test))

    return decorate


# Data


@fuzz(
    x=mostly(floats(20, 3), odd_arrays()),
    y=mostly(whole(1, 20), odd_arrays()),
    fraction=mostly(st.sampled_from([0.2, 0.0]), NUMBERS),
    seed=mostly(st.just(0), NUMBERS),
    classes=mostly(st.none(), st.lists(TEXTS, max_size=3)),
)
def test_from_arrays(x, y, fraction, seed, classes):
    only_documented(datasets.from_arrays, x, y, validation=fraction, test=0.2, seed=seed, classes=classes)


CELLS = st.one_of(
    st.sampled_from(["1", "2.5", "", "NA", "0012", "a,b", '"', '"a"', ";", "1e400", "ä"]), TEXTS
)


@fuzz(
    rows=st.lists(st.lists(CELLS, min_size=2, max_size=3), max_size=12),
    target=mostly(st.just("kind"), TEXTS),
    delimiter=mostly(st.just(","), st.one_of(TEXTS, NUMBERS)),
    encoding=st.sampled_from(["utf-8", "utf-16", "latin-1"]),
    quantity=st.booleans(),
)
def test_from_csv(rows, target, delimiter, encoding, quantity):
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "table.csv"
        lines = ["a,kind", *(",".join(row) for row in rows)]
        path.write_bytes("\n".join(lines).encode(encoding, "replace"))
        only_documented(
            datasets.from_csv, path, target, delimiter=delimiter, quantity=quantity, validation=0, test=0
        )


@fuzz(
    content=st.one_of(st.binary(max_size=40), st.just(b"\x89PNG\r\n\x1a\n"), st.none()),
    size=mostly(st.just((4, 4)), st.one_of(NUMBERS, st.tuples(SIZES, SIZES))),
    channels=mostly(st.just(1), NUMBERS),
    name=st.sampled_from(["a.png", "b.jpg", "c", ".d", "notes.txt"]),
)
def test_from_images(content, size, channels, name):
    from PIL import Image

    with tempfile.TemporaryDirectory() as folder:
        for of_class in ["x", "y"]:
            (pathlib.Path(folder) / of_class).mkdir()
            for number in range(2):
                Image.new("L", (5, 6), 100).save(pathlib.Path(folder) / of_class / f"{number}.png")
        if content is not None:
            (pathlib.Path(folder) / "x" / name).write_bytes(content)
        only_documented(datasets.from_images, folder, size=size, channels=channels, validation=0, test=0)


@fuzz(
    picture=mostly(floats(9, 9), st.one_of(odd_arrays(), TEXTS, NUMBERS)),
    invert=mostly(st.just("auto"), NUMBERS),
)
def test_own_digit(picture, invert):
    only_documented(datasets.own_digit, picture, invert)
    only_documented(datasets.own_line, picture, invert)


@fuzz(
    images=mostly(st.just(np.eye(28)[np.newaxis]), odd_arrays()),
    digits=mostly(st.just([3]), st.one_of(NUMBERS, odd_arrays((1,)))),
    number=mostly(st.just(2), SIZES),
    length=mostly(st.just((1, 2)), st.one_of(NUMBERS, st.lists(SIZES, max_size=3))),
    width=mostly(st.none(), SIZES),
    slant=mostly(st.just(0.1), NUMBERS),
)
def test_lines(images, digits, number, length, width, slant):
    only_documented(
        lines.compose, images, digits, number, length=length, width=width, slant=slant, gap=(1, 2)
    )


@fuzz(
    points=mostly(st.just(np.linspace(0, 1, 32).reshape(2, 8, 2)), odd_arrays()),
    turn=mostly(st.just(0.1), NUMBERS),
    seed=mostly(st.just(1), SIZES),
    validation=mostly(st.just(100), SIZES),
)
def test_strokes(points, turn, seed, validation):
    only_documented(strokes.bent, points, turn=turn, seed=seed)
    only_documented(strokes.scaled, points)
    only_documented(strokes.by_writers, validation)


@fuzz(
    windows=mostly(st.just(np.arange(32).reshape(2, 16)), odd_arrays()),
    by=mostly(st.just(1), NUMBERS),
    seed=mostly(st.just(1), SIZES),
)
def test_melodies(windows, by, seed):
    only_documented(melodies.transposed, windows, by)
    only_documented(melodies.room, windows)
    only_documented(melodies.in_every_key, windows)
    only_documented(melodies.split, seed)
    only_documented(instruments.hertz, by)


@fuzz(
    wave=mostly(st.just(np.linspace(-1, 1, 60)), odd_arrays()),
    length=mostly(st.just(16), SIZES),
    hop=mostly(st.just(4), SIZES),
    hertz=mostly(st.just(300.0), NUMBERS),
)
def test_sounds(wave, length, hop, hertz):
    only_documented(short_time.transform, wave, length, hop)
    only_documented(short_time.inverse, wave, length, hop)
    only_documented(short_time.griffin_lim, wave, length, hop, steps=2)
    only_documented(additive.tone, hertz, wave, 8_000, length)
    only_documented(additive.read_off, wave, hertz, 3, 8_000, frames=3, length=length)
    only_documented(audio.level, wave)
    only_documented(audio.clipped, wave)
    only_documented(audio.log_spectral_distance, wave, wave)
    only_documented(show.sound, wave, hop, "a sound")


@fuzz(
    name=mostly(st.sampled_from(["iris", "digits"]), st.one_of(TEXTS, NUMBERS)),
    examples=mostly(st.just(30), SIZES),
    seed=mostly(st.just(0), NUMBERS),
)
def test_load(name, examples, seed):
    only_documented(datasets.load, name, examples, seed)


@fuzz(y=mostly(whole(2, 12), odd_arrays()), n=mostly(st.just(4), SIZES), seed=mostly(st.just(0), NUMBERS))
def test_choose(y, n, seed):
    only_documented(splitting.choose, y, n, seed)


@fuzz(
    features=mostly(floats(30, 2), odd_arrays()),
    target=mostly(floats(30), odd_arrays()),
    window=mostly(st.just(3), SIZES),
    horizons=mostly(st.just(2), SIZES),
    first=mostly(st.just(0), SIZES),
    end=mostly(st.just(30), SIZES),
)
def test_windows(features, target, window, horizons, first, end):
    only_documented(windows.windows, features, target, window=window, horizons=horizons, first=first, end=end)


@fuzz(
    task=st.sampled_from([sequence_tasks.copying, sequence_tasks.adding, sequence_tasks.recall]),
    examples=mostly(st.just(3), SIZES),
    lag=mostly(st.just(4), SIZES),
    seed=mostly(st.just(0), NUMBERS),
)
def test_sequence_tasks(task, examples, lag, seed):
    only_documented(task, examples, lag, seed=seed)


@fuzz(
    text=mostly(st.just("abab"), st.one_of(TEXTS, NUMBERS)),
    alphabet=mostly(st.just("ab"), st.one_of(TEXTS, NUMBERS)),
    steps=mostly(st.just(2), SIZES),
)
def test_characters(text, alphabet, steps):
    tokens = only_documented(characters.encode, text, alphabet)
    if tokens is not None:
        only_documented(characters.excerpts, tokens, steps)


@fuzz(
    target=mostly(floats(12), odd_arrays()),
    split=mostly(st.just(np.zeros((2, 8, 8, 1), "float32")), odd_arrays()),
    pixels=mostly(st.just(2), SIZES),
    name=mostly(st.sampled_from(["co2", "seattle_weather"]), st.one_of(TEXTS, NUMBERS)),
)
def test_series_and_transforms(target, split, pixels, name):
    only_documented(windows.fill_forward, target)
    only_documented(transforms.pooled, datasets.Split(split, np.zeros(2, "int32")))
    only_documented(transforms.shifted, datasets.Split(split, np.zeros(2, "int32")), pixels)
    only_documented(datasets.series.read, name)


@fuzz(
    images=mostly(st.just(np.ones((2, 4, 4))), st.one_of(NUMBERS, odd_arrays())),
    places=mostly(st.just(np.zeros((2, 3, 1, 2))), st.one_of(NUMBERS, odd_arrays())),
    number=mostly(st.just(2), SIZES),
    frames=mostly(st.just(3), SIZES),
    size=mostly(st.just(8), SIZES),
    step=mostly(st.just(1.5), NUMBERS),
)
def test_moving_digits(images, places, number, frames, size, step):
    only_documented(moving_digits.shrunk, images)
    only_documented(moving_digits.bouncing, images, number, frames=frames, size=size, digits=1, step=step)
    only_documented(moving_digits.drifting, images, number, frames=frames, size=size, noise=step, seed=number)
    only_documented(moving_digits.bounced, places, step)
    only_documented(moving_digits.drawn, np.ones((2, 1, 3, 3)), places, size, wrap=True)
    only_documented(moving_digits.drawn, images, places, size)
    only_documented(moving_digits.backwards, places)


@fuzz(
    frames=mostly(
        st.just(np.full((2, 3, 8, 8, 1), 0.5)), st.one_of(NUMBERS, odd_arrays(), odd_arrays((1, 2, 3, 3, 1)))
    ),
    others=mostly(st.just(np.full((2, 3, 8, 8, 1), 0.25)), st.one_of(NUMBERS, odd_arrays())),
    number=mostly(st.just(2), SIZES),
)
def test_predicted_frames(frames, others, number):
    only_documented(video.cross_entropy, frames, others)
    only_documented(video.structural_similarity, frames, others)
    only_documented(frame_forecast.copied, frames, number)
    only_documented(frame_forecast.extrapolated, frames, number)
    calibrated = only_documented(frame_forecast.Calibrated, frames, others, number)
    if calibrated is not None:
        only_documented(calibrated, others)


@fuzz(
    items=mostly(st.just([np.zeros((3, 2)), np.ones((5, 2))]), st.one_of(NUMBERS, odd_arrays())),
    digits=mostly(st.just([1, 2]), st.one_of(NUMBERS, odd_arrays((2,)))),
    number=mostly(st.just(3), SIZES),
    words=mostly(st.just((1, 2)), st.one_of(NUMBERS, st.lists(SIZES, max_size=3))),
    frames=mostly(st.none(), SIZES),
    decibels=mostly(st.just(-3.0), NUMBERS),
)
def test_speech(items, digits, number, words, frames, decibels):
    only_documented(speech.strings, items, digits, number, words=words, frames=frames)
    only_documented(speech.padded, items, number)
    only_documented(speech.statistics, items)
    only_documented(speech.quiet_frames, items, decibels)
    only_documented(speech.mixed, items, items, decibels)
    only_documented(speech.stretched, items, decibels)
    only_documented(speech.noisy, items, items, decibels)
    only_documented(speech.to_bytes, items)
    only_documented(speech.read, number)
    only_documented(time_warping.distances, items, items)
    only_documented(time_warping.nearest, items, items, digits)


@fuzz(
    samples=mostly(floats(40), odd_arrays()),
    length=mostly(st.just(8), SIZES),
    hop=mostly(st.just(4), SIZES),
    rate=mostly(st.just(8_000), NUMBERS),
)
def test_cepstra(samples, length, hop, rate):
    only_documented(cepstra.mfcc, samples, rate, length=length, hop=hop, bands=5, coefficients=3)
    only_documented(cepstra.decibels, samples)
    only_documented(cepstra.to_hertz, samples)


@fuzz(
    log_probabilities=mostly(floats(4, 3), odd_arrays()),
    logits=mostly(floats(2, 4, 3), odd_arrays()),
    labels=mostly(st.just([1, 2]), st.one_of(NUMBERS, odd_arrays((2,)))),
    frames=mostly(st.just(3), SIZES),
)
def test_ctc(log_probabilities, logits, labels, frames):
    for function in (ctc.log_probability, ctc.occupancies, ctc.alignment):
        only_documented(function, log_probabilities, labels)
    only_documented(decoding.ctc_greedy, logits)
    only_documented(decoding.ctc_beam, logits, frames)
    only_documented(speech_metrics.edits, labels, frames)
    only_documented(speech_metrics.word_error_rate, [[1], [2, 3]], labels)


@fuzz(
    scores=mostly(floats(4, 3), odd_arrays()),
    transitions=mostly(floats(3, 3), odd_arrays()),
    x=mostly(st.just(np.array([[1, 2, 0], [2, 2, 1]])), odd_arrays()),
    y=mostly(st.just(np.array([[0, 1, -1], [1, 1, 0]])), odd_arrays()),
    number=mostly(st.just(3), SIZES),
)
def test_random_fields(scores, transitions, x, y, number):
    for function in (random_field.every_path, random_field.marginals, random_field.best_path):
        only_documented(function, scores, transitions)
    for function in (hidden_markov.count, feature_field.fit):
        only_documented(function, x, y, labels=2, symbols=number)


@fuzz(
    examples=mostly(st.just(9), SIZES),
    test=mostly(st.just(0.3), NUMBERS),
    seed=mostly(st.just(0), NUMBERS),
    groups=mostly(st.none(), st.one_of(NUMBERS, odd_arrays((9,)))),
)
def test_split(examples, test, seed, groups):
    only_documented(splitting.split, examples, test, seed, groups)


@fuzz(
    x=mostly(st.just(np.full((3, 2, 2), 0.5, "float32")), odd_arrays()),
    y=mostly(whole(2, 3), odd_arrays()),
    copies=mostly(st.just(1), SIZES),
    shape=mostly(st.just((2, 2)), st.one_of(NUMBERS, st.lists(SIZES, max_size=3))),
)
def test_records(x, y, copies, shape):
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "records"
        only_documented(records.write, path, x, y, copies)
        only_documented(records.load, path, shape)
        only_documented(records.batches, path, shape, 2)


# Models


@fuzz(
    shape=mostly(st.just((4,)), st.one_of(NUMBERS, st.lists(SIZES, max_size=3))),
    classes=mostly(st.just(2), SIZES),
    hidden=mostly(st.just([3]), st.one_of(SIZES, st.lists(SIZES, max_size=2))),
    dropout=mostly(st.just(0.0), NUMBERS),
    seed=mostly(st.just(0), NUMBERS),
)
def test_mlp(shape, classes, hidden, dropout, seed):
    only_documented(models.mlp, shape, classes, hidden=hidden, dropout=dropout, seed=seed)


@fuzz(
    shape=mostly(st.just((8, 8, 1)), st.lists(SIZES, max_size=4)),
    classes=mostly(st.just(2), SIZES),
    filters=mostly(st.just([2]), st.one_of(SIZES, st.lists(SIZES, max_size=2))),
    hidden=mostly(st.just(3), SIZES),
)
def test_convnet(shape, classes, filters, hidden):
    only_documented(models.convnet, shape, classes, filters=filters, hidden=hidden)


@fuzz(
    shape=mostly(st.just((5, 2)), st.lists(SIZES, max_size=3)),
    outputs=mostly(st.just(2), SIZES),
    cell=mostly(st.sampled_from(["gru", "lstm", "simple"]), st.one_of(TEXTS, NUMBERS)),
    units=mostly(st.just([3]), st.one_of(SIZES, st.lists(SIZES, max_size=2))),
    tokens=mostly(st.none(), SIZES),
    batch=mostly(st.none(), SIZES),
    stateful=st.booleans(),
)
def test_recurrent(shape, outputs, cell, units, tokens, batch, stateful):
    only_documented(
        models.recurrent,
        shape,
        outputs,
        cell=cell,
        units=units,
        tokens=tokens,
        batch_size=batch,
        stateful=stateful,
    )


@fuzz(
    shape=mostly(st.just((4, 4, 1)), st.lists(SIZES, max_size=3)),
    latents=mostly(st.just(2), SIZES),
    hidden=mostly(st.just([3]), st.one_of(SIZES, st.lists(SIZES, max_size=2))),
    prior=mostly(st.sampled_from(["normal", "mixture", "vamp"]), st.one_of(TEXTS, NUMBERS)),
    likelihood=mostly(st.sampled_from(["bernoulli", "gaussian"]), TEXTS),
    noise=mostly(st.none(), NUMBERS),
    classes=mostly(st.none(), SIZES),
)
def test_vae(shape, latents, hidden, prior, likelihood, noise, classes):
    only_documented(
        models.vae,
        shape,
        latents,
        hidden=hidden,
        prior=prior,
        likelihood=likelihood,
        noise=noise,
        classes=classes,
    )


VAE = models.vae((2, 2, 1), 2, hidden=[3], classes=3, seed=0)


@fuzz(
    call=st.sampled_from(["encode", "reconstruct", "elbo"]),
    x=mostly(st.just(np.zeros((3, 2, 2, 1), "float32")), odd_arrays()),
    y=mostly(st.just(np.array([0, 1, 2])), st.one_of(odd_arrays(), NUMBERS)),
)
def test_a_vaes_methods(call, x, y):
    only_documented(getattr(VAE, call), x, y)


@fuzz(n=mostly(st.just(2), SIZES), y=mostly(st.just(1), st.one_of(odd_arrays(), NUMBERS)))
def test_a_vaes_samples(n, y):
    only_documented(VAE.sample, n, y)


@fuzz(
    shape=mostly(st.sampled_from([(8, 8, 1), (9, 2)]), st.lists(SIZES, max_size=4)),
    classes=mostly(st.just(2), SIZES),
    filters=mostly(st.sampled_from([[2], [2, 3]]), st.one_of(SIZES, st.lists(SIZES, max_size=2))),
    blocks=mostly(st.just(1), st.one_of(SIZES, st.lists(SIZES, max_size=2))),
    stem=mostly(st.just(1), SIZES),
    dropout=mostly(st.just(0.0), NUMBERS),
    seed=mostly(st.just(0), NUMBERS),
)
def test_resnet(shape, classes, filters, blocks, stem, dropout, seed):
    options = {"filters": filters, "blocks": blocks, "stem_kernel": stem, "stem_stride": stem}
    only_documented(models.resnet, shape, classes, **options, dropout=dropout, seed=seed)


@fuzz(
    layer=st.sampled_from(
        [
            lambda one, two: models.LocalConvolution2D(one, two),
            lambda one, two: models.LocalConvolution2D(2, one, two),
            lambda one, two: models.RandomAffine(one, two),
            lambda one, two: models.RandomAffine(10.0, 0.1, one, two),
        ]
    ),
    one=mostly(st.just(2), NUMBERS),
    two=mostly(st.just(0.5), NUMBERS),
)
def test_layers(layer, one, two):
    only_documented(layer, one, two)


WRITER = models.recurrent((None,), 3, units=[2], tokens=3, return_sequences=True, stateful=True, batch_size=2)


@fuzz(
    start=mostly(st.just([0]), st.one_of(NUMBERS, odd_arrays(), st.lists(SIZES, max_size=3))),
    letters=mostly(st.just(2), SIZES),
    temperature=mostly(st.just(1.0), NUMBERS),
    seed=mostly(st.just(0), NUMBERS),
)
def test_written_text(start, letters, temperature, seed):
    only_documented(decoding.sample, WRITER, start, letters, temperature=temperature, seed=seed)


# Training


NET = models.mlp((3,), 2, hidden=[], seed=0)
X = mostly(floats(6, 3), st.one_of(odd_arrays(), odd_arrays((6, 3)), NUMBERS, TEXTS))
Y = mostly(whole(1, 6), st.one_of(odd_arrays(), odd_arrays((6,)), NUMBERS))


@fuzz(
    x=X,
    y=Y,
    epochs=mostly(st.just(1), SIZES),
    batch_size=mostly(st.just(3), SIZES),
    seed=mostly(st.just(0), NUMBERS),
)
def test_fit(x, y, epochs, batch_size, seed):
    only_documented(
        training.fit,
        NET,
        objectives.classification(),
        (x, y),
        epochs=epochs,
        batch_size=batch_size,
        seed=seed,
        optimizer="sgd",
    )


@fuzz(
    data=st.one_of(
        st.tuples(X, Y),
        st.tuples(X),
        st.tuples(X, Y, Y),
        X,
        st.lists(X, max_size=3),
        st.dictionaries(TEXTS, X),
    ),
    objective=mostly(
        st.sampled_from([objectives.classification(), objectives.regression()]),
        st.sampled_from(
            [
                objectives.classification,
                None,
                "mse",
                objectives.negative_elbo(),
                objectives.sequence_classification(),
            ]
        ),
    ),
    batch_size=mostly(st.just(3), SIZES),
)
def test_evaluate(data, objective, batch_size):
    only_documented(training.evaluate, NET, objective, data, batch_size)


@fuzz(x=X, batch_size=mostly(st.just(3), SIZES))
def test_predict(x, batch_size):
    only_documented(training.predict, NET, x, batch_size)


@fuzz(
    x=X,
    y=Y,
    objective=st.sampled_from([objectives.classification(), objectives.regression()]),
    size=st.integers(1, 7),
    epochs=mostly(st.just(1), SIZES),
)
def test_fit_on_a_stream(x, y, objective, size, epochs):
    try:
        stream = tf.data.Dataset.from_tensor_slices((x, y)).batch(size)
    except Exception:
        return  # tf.data's own refusal
    only_documented(training.fit, NET, objective, stream, epochs=epochs, optimizer="sgd")


@fuzz(
    optimizer=mostly(st.sampled_from(["sgd", "adam"]), st.one_of(TEXTS, NUMBERS)),
    validation=mostly(st.none(), st.tuples(X, Y)),
    stopping=mostly(st.none(), st.one_of(NUMBERS, st.builds(training.EarlyStopping, TEXTS))),
    checkpoint=mostly(st.none(), TEXTS),
    jit_compile=st.sampled_from([None, False, 1, "yes"]),
)
def test_fits_options(optimizer, validation, stopping, checkpoint, jit_compile):
    with tempfile.TemporaryDirectory() as folder:
        only_documented(
            training.fit,
            NET,
            objectives.classification(),
            (np.zeros((6, 3), "float32"), np.zeros(6, "int32")),
            epochs=1,
            batch_size=3,
            optimizer=optimizer,
            validation=validation,
            early_stopping=stopping,
            checkpoint=checkpoint and pathlib.Path(folder) / checkpoint,
            jit_compile=jit_compile,
        )


REPEATS = repeats.Repeats(NET, objectives.classification(), steps=2, batch_size=3, jit_compile=False)


@fuzz(
    x=mostly(floats(6, 3), st.one_of(odd_arrays(), NUMBERS)),
    y=mostly(whole(1, 6), st.one_of(odd_arrays(), NUMBERS)),
    weights=mostly(st.just(NET), st.one_of(NUMBERS, st.lists(odd_arrays(), max_size=2))),
    seed=mostly(st.just(0), NUMBERS),
    rows=mostly(st.none(), st.one_of(NUMBERS, odd_arrays())),
    rate=mostly(st.none(), NUMBERS),
)
def test_repeats(x, y, weights, seed, rows, rate):
    only_documented(REPEATS.train, weights, x, y, seed=seed, rows=rows, learning_rate=rate)


@fuzz(
    kind=st.sampled_from(
        [
            objectives.classification,
            objectives.negative_elbo,
            objectives.importance_weighted,
            lambda value: training.EarlyStopping(patience=value),
            training.EarlyStopping,
        ]
    ),
    value=NUMBERS,
)
def test_objectives_and_early_stopping(kind, value):
    only_documented(kind, value)


@fuzz(low=NUMBERS, high=NUMBERS, log=st.booleans(), whole=st.booleans())
def test_ranges(low, high, log, whole):
    only_documented(search.Range, low, high, log=log, whole=whole)


@fuzz(
    values=st.lists(NUMBERS, max_size=4),
    budget=mostly(st.just(4), SIZES),
    epochs=mostly(st.just(2), SIZES),
    sampler=mostly(st.just("random"), TEXTS),
    seed=mostly(st.just(0), NUMBERS),
)
def test_search(values, budget, epochs, sampler, seed):
    space = {"rate": search.Range(0.1, 1.0)}
    only_documented(
        search.run, lambda setting: values, space, budget=budget, epochs=epochs, sampler=sampler, seed=seed
    )


@fuzz(
    value=st.one_of(NUMBERS, st.just(0.5)),
    trials=mostly(st.just(2), SIZES),
    seed=mostly(st.just(0), NUMBERS),
    space=mostly(
        st.just({"rate": search.Range(0.1, 1.0)}), st.one_of(NUMBERS, st.dictionaries(TEXTS, NUMBERS))
    ),
    content=mostly(st.none(), st.binary(max_size=20)),
)
def test_a_shared_search(value, trials, seed, space, content):
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "study.log"
        if content is not None:
            path.write_bytes(content)
        only_documented(search.work, lambda setting: value, space, path, trials=trials, seed=seed)
        only_documented(search.read, path)


# Metrics


@fuzz(
    outputs=mostly(floats(6, 3), odd_arrays()),
    labels=mostly(whole(2, 6), odd_arrays()),
    bins=mostly(st.just(3), SIZES),
)
def test_calibration(outputs, labels, bins):
    only_documented(calibration.fit_temperature, outputs, labels)
    only_documented(calibration.reliability, outputs, labels, bins)


@fuzz(one=mostly(floats(6), odd_arrays()), two=mostly(floats(6), odd_arrays()))
def test_classification_metrics(one, two):
    only_documented(classification.auroc, one, two)
    only_documented(classification.recall_and_specificity, one, two)


@fuzz(
    x=mostly(floats(6, 3), odd_arrays()),
    y=mostly(st.just(np.array([1.0, -1, 1, -1, 1, 1])), odd_arrays()),
    weights=mostly(floats(4), odd_arrays()),
    keep=mostly(st.just(2), SIZES),
    p=mostly(st.just(0.5), NUMBERS),
)
def test_what_a_score_is_worth(x, y, weights, keep, p):
    only_documented(classification.linear_accuracy, weights, x, y)
    only_documented(classification.most_correlated, x, y, keep)
    only_documented(classification.nearest_neighbour_accuracy, x, y)
    only_documented(classification.best_by_chance, keep, 3, p)
    only_documented(calibration.softmax, x, p)


@fuzz(
    boxes=mostly(st.just(np.array([[0, 0, 4, 4], [1, 1, 5, 6.0]])), mostly(floats(2, 4), odd_arrays())),
    scores=mostly(st.just(np.array([0.5, 0.4])), odd_arrays()),
    threshold=mostly(st.just(0.5), NUMBERS),
    outputs=mostly(floats(2, 3, 3, 6), odd_arrays()),
)
def test_boxes(boxes, scores, threshold, outputs):
    only_documented(of_boxes.iou, boxes, boxes)
    only_documented(of_boxes.nms, boxes, scores, threshold)
    only_documented(of_boxes.detections, outputs, least=0.5)
    split = BoxedSplit(np.zeros((1, 8, 8, 3)), np.zeros((1, 1, 4)), np.zeros((1, 1), int))
    only_documented(detection.precision, [], split, thresholds=threshold)


@fuzz(
    errors=mostly(floats(8, 2), odd_arrays()),
    baseline=mostly(floats(8, 2), odd_arrays()),
    block=mostly(st.just(2), SIZES),
)
def test_skill(errors, baseline, block):
    only_documented(forecasting.skill_interval, errors, baseline, block=block)


@fuzz(
    text=mostly(st.just("abracadabra"), st.one_of(TEXTS, NUMBERS, odd_arrays())),
    order=mostly(st.just(2), SIZES),
    alphabet=mostly(st.sampled_from([None, "abcdr"]), st.one_of(TEXTS, NUMBERS)),
    read=mostly(st.just("bra"), st.one_of(TEXTS, NUMBERS)),
)
def test_n_grams(text, order, alphabet, read):
    model = only_documented(ngrams.NGram, order, text, alphabet)
    if model is not None:
        only_documented(model.bits, read, "a")


@fuzz(
    tokens=mostly(st.just([0, 1, 2, 0, 1, 0]), st.one_of(NUMBERS, odd_arrays(), st.lists(SIZES, max_size=6))),
    order=mostly(st.just(2), SIZES),
    symbols=mostly(st.just(3), SIZES),
    start=mostly(st.just(0), SIZES),
)
def test_smoothed_counts_and_merges(tokens, order, symbols, start):
    model = only_documented(KneserNey, order, tokens, symbols)
    if model is not None:
        only_documented(model.bits, tokens, start)
        only_documented(model.distribution, tokens)
    pairs = only_documented(byte_pairs.learn, tokens, symbols, order)
    if pairs is not None:
        only_documented(byte_pairs.apply, tokens, symbols, pairs)


@fuzz(
    text=mostly(st.just("abracadabra " * 3), st.one_of(TEXTS, NUMBERS)),
    length=mostly(st.just(4), SIZES),
    held_out=mostly(st.just(0.2), NUMBERS),
    seed=mostly(st.just(0), NUMBERS),
)
def test_passages_repetition_and_copies(text, length, held_out, seed):
    only_documented(passages.three_ways, text, length, held_out=held_out, seed=seed)
    only_documented(language.repetition, text, length)
    only_documented(language.longest_copy, text, "abrupt")


@fuzz(
    probabilities=mostly(st.just([[0.5, 0.25, 0.25]]), st.one_of(NUMBERS, odd_arrays(), floats(2, 3))),
    k=mostly(st.just(2), SIZES),
    share=mostly(st.just(0.7), NUMBERS),
    start=mostly(st.just([0]), st.one_of(NUMBERS, odd_arrays(), st.lists(SIZES, max_size=3))),
)
def test_careful_drawing(probabilities, k, share, start):
    only_documented(decoding.top_k, probabilities, k)
    only_documented(decoding.nucleus, probabilities, share)
    only_documented(decoding.beam, lambda texts: np.zeros((len(texts), 3)), start, 2, k)


# Agents


TABLE = planning.from_transitions(
    [[[(1.0, 1, 0.0, False)]] * 2, [[(0.5, 1, 1.0, True), (0.5, 0, 0.0, False)]] * 2], 0
)


@fuzz(
    agent=st.sampled_from([tabular.q_learning, tabular.sarsa, tabular.double_q_learning]),
    steps=mostly(st.just(9), SIZES),
    step_size=mostly(st.just(0.1), NUMBERS),
    epsilon=mostly(st.just(0.1), NUMBERS),
    discount=mostly(st.just(0.9), NUMBERS),
    seed=mostly(st.just(0), NUMBERS),
)
def test_tabular_agents(agent, steps, step_size, epsilon, discount, seed):
    environments = TableVectorEnv(TABLE, 2, time_limit=5)
    only_documented(
        agent, environments, steps=steps, step_size=step_size, epsilon=epsilon, discount=discount, seed=seed
    )


OUTCOME = st.one_of(
    st.tuples(NUMBERS, NUMBERS, NUMBERS, st.booleans()), st.just((1.0, 0, 0.0, True)), NUMBERS
)


@fuzz(
    table=st.one_of(st.lists(st.lists(st.lists(OUTCOME, max_size=2), max_size=2), max_size=2), NUMBERS),
    start=mostly(st.just(0), st.one_of(NUMBERS, odd_arrays())),
)
def test_transition_tables(table, start):
    only_documented(planning.from_transitions, table, start)


@fuzz(
    policy=st.one_of(odd_arrays(), odd_arrays((2,)), odd_arrays((2, 2)), NUMBERS),
    discount=mostly(st.just(0.9), NUMBERS),
)
def test_planning(policy, discount):
    only_documented(planning.evaluate, TABLE, policy, discount)
    only_documented(planning.value_iteration, TABLE, discount)
    only_documented(validation.probabilities, policy, 2, 2)


FLAGS = st.one_of(st.just(np.zeros((4, 2), bool)), odd_arrays())


@fuzz(
    rewards=mostly(floats(4, 2), odd_arrays()),
    values=mostly(floats(5, 2), odd_arrays()),
    terminated=FLAGS,
    discount=mostly(st.just(0.9), NUMBERS),
    share=mostly(st.just(0.9), NUMBERS),
)
def test_advantages(rewards, values, terminated, discount, share):
    none = np.zeros((4, 2), bool)
    only_documented(advantages.gae, rewards, values, terminated, none, discount=discount, gae_lambda=share)
    only_documented(advantages.returns_to_go, rewards, terminated, discount)


SETTINGS = {
    "learning_rate": NUMBERS,
    "discount": NUMBERS,
    "batch_size": SIZES,
    "train_every": SIZES,
    "updates": SIZES,
    "learning_starts": SIZES,
    "hidden": st.one_of(SIZES, st.lists(SIZES, max_size=2)),
    "capacity": SIZES,
    "n": SIZES,
    "explore": NUMBERS,
    "priority": NUMBERS,
    "max_grad_norm": NUMBERS,
}


PPO_SETTINGS = {"learning_rate": NUMBERS, "discount": NUMBERS, "gae_lambda": NUMBERS, "clip": NUMBERS}
PPO_SETTINGS |= {"length": SIZES, "epochs": SIZES, "minibatch": SIZES}


def cart_poles(number=2):
    return gymnasium.make_vec("CartPole-v1", num_envs=number, vectorization_mode="vector_entry_point")


@fuzz(
    odd=st.sampled_from(sorted(SETTINGS)).flatmap(lambda name: st.tuples(st.just(name), SETTINGS[name])),
    agents=mostly(st.just(1), SIZES),
    steps=mostly(st.just(20), SIZES),
    seed=mostly(st.just(0), NUMBERS),
)
def test_deep_q_learning(odd, agents, steps, seed):
    small = {
        "hidden": (4,),
        "batch_size": 4,
        "train_every": 8,
        "updates": 1,
        "learning_starts": 8,
        "capacity": 100,
    }

    def train():
        return dqn.train(
            cart_poles(), dqn.Settings(**small | dict([odd])), agents=agents, steps=steps, seed=seed
        )

    only_documented(train)


@fuzz(
    odd=st.sampled_from(sorted(PPO_SETTINGS)).flatmap(
        lambda name: st.tuples(st.just(name), PPO_SETTINGS[name])
    ),
    steps=mostly(st.just(40), SIZES),
    agents=mostly(st.just(1), SIZES),
)
def test_ppo(odd, steps, agents):
    small = {"length": 8, "epochs": 1, "minibatch": 8, "hidden": (4,)}

    def train():
        return ppo.train(cart_poles(), ppo.Settings(**small | dict([odd])), steps=steps, agents=agents)

    only_documented(train)


@fuzz(
    baseline=mostly(st.sampled_from(policy_gradient.BASELINES), st.one_of(TEXTS, NUMBERS)),
    updates=mostly(st.just(1), SIZES),
    longest=mostly(st.just(20), SIZES),
)
def test_reinforce(baseline, updates, longest):
    only_documented(
        policy_gradient.reinforce,
        cart_poles,
        policy_gradient.Settings(),
        baseline,
        updates=updates,
        hidden=(4,),
        longest=longest,
    )


@fuzz(actions=mostly(st.just(2), st.one_of(SIZES, NUMBERS)))
def test_policies(actions):
    only_documented(policies.Categorical, actions)


@fuzz(
    sides=mostly(st.just((None, 4)), st.lists(st.one_of(st.none(), st.integers(1, 5)), max_size=4)),
    outputs=mostly(st.just(2), st.integers(1, 4)),
    agents=st.integers(1, 3),
)
def test_learners_own_networks(sides, outputs, agents):
    def network():
        x = keras.Input(batch_shape=tuple(sides) or (None,))
        return keras.Model(x, keras.layers.Dense(outputs)(x))

    try:
        model = network()
    except ValueError:  # Keras itself refuses the shape
        return
    only_documented(networks.Network, model, agents, (4,), 2, "train(network)")


@fuzz(totals=st.one_of(st.lists(NUMBERS, max_size=5), odd_arrays()))
def test_solved(totals):
    only_documented(evaluation.first_solved, totals)


# The hall


@fuzz(
    id=mostly(st.just("C01.1"), TEXTS),
    statement=mostly(st.just("a claim"), st.one_of(TEXTS, NUMBERS)),
    of=st.lists(NUMBERS, max_size=4),
    control=st.lists(NUMBERS, max_size=4),
    bound=NUMBERS,
)
def test_claims(id, statement, of, control, bound):
    only_documented(
        lambda: claims.Claims("01").measure(
            id, statement, lambda *value: value[0], of=of, control=control, above=bound
        )
    )


@fuzz(
    id=mostly(st.just("A2.1.1"), TEXTS),
    values=st.lists(NUMBERS, max_size=3),
    other=st.lists(NUMBERS, max_size=3),
)
def test_rules(id, values, other):
    def state():
        own = claims.Claims("01")
        own.rule(
            id,
            {"holds": lambda a: a.low > 1, "does not hold": lambda a: a.high < 1, "not settled": True},
            made_up={
                "holds": {"a": [2, 2, 2]},
                "does not hold": {"a": [0, 0, 0]},
                "not settled": {"a": values},
            },
        )
        own.verdict(id, a=other)

    only_documented(state)


EXERCISES = [
    f"{file.stem}.{number}"
    for file in sorted(exercises.ANSWERS.glob("[0-9]*.py"))
    for number in re.findall(r"^def exercise_(\d+)\(", file.read_text("utf-8"), re.MULTILINE)
]
LEARNERS = [
    [[1], [1, 2]],
    lambda x: x,
    lambda *given: None,
    keras.Sequential,
    keras.Sequential([keras.layers.Dense(3)]),
    NET,
    (NET, NET),
]


@fuzz(
    name=mostly(st.sampled_from(EXERCISES), st.one_of(TEXTS, NUMBERS)),
    answer=st.one_of(NUMBERS, TEXTS, odd_arrays(), st.lists(NUMBERS, max_size=3), st.sampled_from(LEARNERS)),
)
def test_exercises(name, answer):
    only_documented(exercises.check, name, answer)


@fuzz(
    rows=st.one_of(st.lists(st.lists(NUMBERS, max_size=3), max_size=3), NUMBERS),
    columns=st.lists(TEXTS, max_size=3),
)
def test_tables(rows, columns):
    only_documented(show.table, rows, columns)


@fuzz(
    actual=st.one_of(odd_arrays(), NUMBERS),
    expected=st.one_of(odd_arrays(), NUMBERS),
    rtol=mostly(st.just(1e-6), NUMBERS),
)
def test_equal(actual, expected, rtol):
    only_documented(checks.equal, "two", actual, expected, rtol=rtol)


JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.text(max_size=4)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=2),
        st.dictionaries(
            st.one_of(
                st.sampled_from(["cells", "nbformat", "nbformat_minor", "metadata", "cell_type", "source"]),
                TEXTS,
            ),
            inner,
            max_size=4,
        ),
    ),
    max_leaves=8,
)


@fuzz(
    content=st.one_of(JSON, st.binary(max_size=30)),
    source=st.one_of(TEXTS, st.just("# %%\n1"), st.binary(max_size=20)),
)
def test_spoilt_notebooks(content, source):
    import json

    with tempfile.TemporaryDirectory() as folder:
        root = pathlib.Path(folder)
        (root / "notebooks" / "src").mkdir(parents=True)
        shutil.copy(pathlib.Path(PACKAGE).parent / "pyproject.toml", root)
        chapter = chapters.Chapter(root, "01_x")
        chapter.notebook.write_bytes(content if isinstance(content, bytes) else json.dumps(content).encode())
        chapter.source.write_bytes(source if isinstance(source, bytes) else source.encode())
        only_documented(sides.read_notebook, chapter.notebook)
        only_documented(sides.read_source, chapter)


@pytest.fixture(autouse=True)
def nothing_shown(monkeypatch):
    """What is displayed goes nowhere."""
    monkeypatch.setattr("IPython.display.display", lambda *given, **options: None)
