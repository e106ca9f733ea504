"""The course's data sets, against what the literature and scikit-learn say of them."""

import hashlib
import random
import subprocess
import sys
import types
import unicodedata

import numpy as np
import pytest

from dlcourse import datasets
from dlcourse.datasets import splitting, transforms

SHIPPED = ["mnist", "digits", "mnist1d", "pen_digits", "iris", "breast_cancer", "diabetes"]


@pytest.fixture(scope="module")
def mnist():
    return datasets.load("mnist")


def keys(x, seed=0):
    """One number an example, equal for equal examples: a hash by random weights."""
    flat = np.round(x.reshape(len(x), -1) * 255).astype(np.int64)
    return flat @ np.random.default_rng(seed).integers(0, 2**40, flat.shape[1])


def test_pen_digits_are_the_points_of_10_992_digits():
    pen = datasets.load("pen_digits")
    x, y = (
        np.concatenate([getattr(split, name) for split in (pen.train, pen.validation, pen.test)])
        for name in "xy"
    )
    assert x.shape == (10_992, 8, 2) and x.dtype == np.float32 and x.min() == 0 and x.max() == 1
    # How many of each digit UCI's description counts in its two files together.
    assert np.bincount(y).tolist() == [1143, 1143, 1144, 1055, 1144, 1055, 1056, 1142, 1055, 1055]
    # Each digit fills its box in one direction at least, as UCI's authors normalised them.
    assert np.all(np.maximum(np.ptp(x[..., 0], axis=1), np.ptp(x[..., 1], axis=1)) == 1)


@pytest.mark.parametrize("stranger", [None, "anna"])
def test_groups_of_several_kinds_are_refused(stranger):
    with pytest.raises(ValueError, match=r"groups of several kinds, .*int.*name every group by a text"):
        splitting.split(4, 0.5, 0, groups=np.array([1, 2, 3, stranger], dtype=object))


def test_strokes_are_drawn_where_the_pen_passed():
    corner_to_corner = np.array([[[0.0, 0.0], [0.5, 0.5], [1.0, 1.0]]])  # up and to the right
    (picture,) = datasets.strokes.pictures(corner_to_corner, side=28, inside=20, width=2.0)[..., 0]
    lit = np.argwhere(picture > 0.5)
    assert np.all(np.abs(lit.sum(axis=1) - 27) <= 1)  # on the rising diagonal: row + column = 27
    assert lit.min() == 3 and lit.max() == 24  # a round end of one pixel beyond the square of 20
    assert picture[4, 23] == 1 and picture[23, 4] == 1 and picture[4, 4] == 0
    dot = datasets.strokes.pictures(np.full((1, 2, 2), 0.5), width=4.0)[0, ..., 0]
    assert dot.sum() == pytest.approx(np.pi * 2**2, rel=0.05)  # a disc's area
    np.testing.assert_allclose(dot, dot[::-1, ::-1], atol=1e-6)


@pytest.mark.parametrize(
    ("points", "message"),
    [
        (np.zeros((8, 2)), r"got shape \(8, 2\); expected \(examples, points, 2\)"),
        (np.zeros((3, 1, 2)), "at least 2 points"),
        (np.full((1, 8, 2), 47.0), "values from 47 to 47; expected 0 to 1"),
        (np.full((1, 8, 2), np.nan), "expected 0 to 1"),
    ],
)
def test_strokes_that_can_not_be_drawn_are_an_error(points, message):
    with pytest.raises(ValueError, match=message):
        datasets.strokes.pictures(points)


def test_mnist_is_mnist(mnist):
    assert [len(split) for split in (mnist.train, mnist.validation, mnist.test)] == [55_000, 5_000, 10_000]
    for split in (mnist.train, mnist.validation, mnist.test):
        assert split.x.dtype == np.float32 and split.x.shape == (len(split), 28, 28, 1)
        assert split.y.dtype == np.int32 and split.y.shape == (len(split),)
        assert split.x.min() == 0 and split.x.max() == 1
    # Of 255: mean 33.318 and standard deviation 78.567 in training images, 33.791 and 79.172 in test images.
    pixels = np.concatenate([mnist.train.x, mnist.validation.x]).astype(np.float64) * 255
    assert round(pixels.mean(), 3) == 33.318 and round(pixels.std(), 3) == 78.567
    pixels = mnist.test.x.astype(np.float64) * 255
    assert round(pixels.mean(), 3) == 33.791 and round(pixels.std(), 3) == 79.172
    # Images of each digit, as in every description of the data base.
    official = [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949]
    assert (np.bincount(mnist.train.y) + np.bincount(mnist.validation.y)).tolist() == official
    assert np.bincount(mnist.test.y).tolist() == [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]
    assert mnist.test.y[:10].tolist() == [7, 2, 1, 0, 4, 1, 4, 9, 5, 9]  # in the official order
    assert mnist.classes == tuple("0123456789") and mnist.input_shape == (28, 28, 1) and len(mnist) == 70_000
    assert "CC BY-SA" in mnist.licence and "LeCun" in mnist.citation and mnist.source


def test_mnists_splits_are_disjoint_and_complete(mnist):
    from dlcourse.datasets import catalogue

    arrays = catalogue.arrays(catalogue.entry("mnist")["files"][0])
    official = keys(arrays["x_train"] / 255)
    assert len(np.unique(official)) == 60_000  # no image occurs twice, so that sets can be compared
    train, validation, test = (keys(split.x) for split in (mnist.train, mnist.validation, mnist.test))
    np.testing.assert_array_equal(np.sort(np.concatenate([train, validation])), np.sort(official))
    assert not np.isin(test, official).any()
    # Labels went with their images.
    label = dict(zip(official.tolist(), arrays["y_train"].tolist(), strict=True))
    assert all(
        label[key] == y for key, y in zip(validation.tolist(), mnist.validation.y.tolist(), strict=True)
    )


def test_the_validation_examples_are_the_same_for_ever(mnist):
    """What was measured on them before must be comparable, whatever the release of NumPy."""
    digest = hashlib.sha256(np.round(mnist.validation.x * 255).astype(np.uint8).tobytes()).hexdigest()
    assert digest == "ed8f4a974588573ade84f3b1bda0cdebf310875607a3f6bbd112d446fe2f3e72"
    assert hashlib.sha256(datasets.load("iris").test.x.tobytes()).hexdigest() == (
        "7b8e024845a604d0a7c5eb677ce786642aa853f6afc52fb6485a3429f10c6e0f"
    )


@pytest.mark.parametrize("name", ["digits", "iris", "breast_cancer", "diabetes"])
def test_tables_hold_scikit_learns_numbers(name):
    from sklearn import datasets as sklearn_datasets

    options = {"scaled": False} if name == "diabetes" else {}
    expected = getattr(sklearn_datasets, f"load_{name}")(**options)
    data = datasets.load(name)
    x = np.concatenate(
        [split.x.reshape(len(split), -1) for split in (data.train, data.validation, data.test)]
    )
    y = np.concatenate([split.y for split in (data.train, data.validation, data.test)])
    scale = 16 if name == "digits" else 1
    ours = np.column_stack([x * scale, y])
    theirs = np.column_stack([expected.data, expected.target]).astype(np.float32)
    order = lambda table: table[np.lexsort(table.T)]  # noqa: E731
    np.testing.assert_array_equal(order(ours), order(theirs))
    if name == "diabetes":
        assert data.classes is None and data.train.y.dtype == np.float32 and len(data.features) == 10
    else:
        assert data.classes == tuple(str(name) for name in expected.target_names)
        assert data.train.y.dtype == np.int32
    if name in ("iris", "breast_cancer"):
        assert data.features == tuple(str(name) for name in expected.feature_names)


def test_mnist1d_is_standardised_as_its_package_does_it():
    data = datasets.load("mnist1d")
    everything = np.concatenate([split.x for split in (data.train, data.validation, data.test)])
    assert abs(everything.mean()) < 1e-6 and abs(everything.std() - 1) < 1e-6


def test_the_generator_of_mnist1d_leaves_the_global_seeds_alone():
    random.seed(1)
    np.random.seed(1)
    states = random.getstate(), np.random.get_state()[1].tolist()
    small = datasets.mnist1d.generate(num_samples=100, seed=3, final_seq_length=20)
    assert (random.getstate(), np.random.get_state()[1].tolist()) == states
    assert small["x_train"].shape == (80, 20) and small["x_train"].dtype == np.float32
    assert not np.array_equal(small["x_test"], datasets.mnist1d.generate(num_samples=100, seed=4)["x_test"])
    with pytest.raises(ValueError, match=r"no setting 'sed': there are .*num_samples.*seed"):
        datasets.mnist1d.generate(sed=1)


@pytest.mark.parametrize("name", SHIPPED)
def test_every_data_set_has_the_shapes_of_the_catalogue(name):
    entry = datasets.catalogue.entry(name)
    data = datasets.load(name)
    splits = (data.train, data.validation, data.test)
    assert [len(split) for split in splits] == entry["examples"]
    for split in splits:
        assert list(split.x.shape[1:]) == entry["shape"] and split.x.dtype == np.float32
        assert np.isfinite(split.x).all() and np.isfinite(split.y).all()
    if data.classes:
        whole = np.bincount(np.concatenate([split.y for split in splits]))
        assert len(whole) == len(data.classes)
        validation_share = len(data.validation) / len(data)
        if name != "mnist1d" and name != "mnist":
            for (
                split
            ) in splits:  # each class within two examples of its share (test, then validation, are rounded)
                share = whole * len(split) / len(data)
                assert np.abs(np.bincount(split.y) - share).max() <= 2, validation_share


@pytest.mark.parametrize("examples", [1, 7, 10, 100, 999, 1_000, 12_345, 54_999, 55_000])
def test_a_subset_is_stratified_exactly(mnist, examples):
    taken = mnist.train.take(examples, seed=3)
    counts = np.bincount(taken.y, minlength=10)
    assert len(taken) == len(taken.x) == examples == counts.sum()
    quotas = np.bincount(mnist.train.y) * examples / 55_000
    assert (np.abs(counts - quotas) < 1).all()  # largest remainder never leaves a quota
    remainders = quotas - np.floor(quotas)
    up = counts > quotas  # and rounds up the largest remainders
    if up.any() and not up.all():
        assert remainders[up].min() >= remainders[~up & (remainders > 0)].max(initial=0)
    assert taken.x.dtype == np.float32 and taken.y.dtype == np.int32


def test_subsets_depend_on_the_seed_alone_and_grow_from_each_other(mnist):
    small, again, other = (mnist.train.take(500, seed=seed) for seed in (0, 0, 1))
    np.testing.assert_array_equal(small.x, again.x)
    assert not np.array_equal(small.y, other.y)
    large = mnist.train.take(5_000, seed=0)
    assert np.isin(keys(small.x), keys(large.x)).all()
    assert (np.diff(small.y) < 0).any()  # shuffled, not class after class
    assert len(np.unique(keys(large.x))) == 5_000


def test_load_with_examples_takes_a_subset_of_the_training_data_only(mnist):
    data = datasets.load("mnist", examples=5_000)
    expected = mnist.train.take(5_000, seed=0)
    np.testing.assert_array_equal(data.train.x, expected.x)
    np.testing.assert_array_equal(data.train.y, expected.y)
    np.testing.assert_array_equal(data.validation.y, mnist.validation.y)
    np.testing.assert_array_equal(data.test.x, mnist.test.x)
    assert not np.array_equal(
        datasets.load("digits", 100, seed=1).train.y, datasets.load("digits", 100).train.y
    )


def test_equal_remainders_are_not_always_the_first_classes():
    drawn = {tuple(splitting.shares([100] * 10, 3, np.random.RandomState(seed))) for seed in range(50)}
    assert len(drawn) > 20 and all(sum(shares) == 3 for shares in drawn)


def test_quantities_are_drawn_without_classes():
    data = datasets.load("diabetes")
    taken = data.train.take(50)
    assert len(np.unique(taken.x, axis=0)) == len(taken) == 50


def test_unknown_names_are_met_with_the_names_there_are():
    with pytest.raises(
        ValueError, match=r"no data set 'mnsit'. Did you mean 'mnist'\? There are: mnist, digits"
    ):
        datasets.load("mnsit")
    with pytest.raises(ValueError, match=r"no data set 'MNIST'. Did you mean 'mnist'\?"):
        datasets.load("MNIST")
    with pytest.raises(ValueError, match=r"no data set 3\. There are"):
        datasets.load(3)
    with pytest.raises(ValueError, match=r"is text, not arrays: use datasets.texts.read.*english"):
        datasets.load("texts")
    assert set(SHIPPED) < set(datasets.names()) and "texts" not in datasets.names()


@pytest.mark.parametrize("examples", [0, -1, 1_080, 2.5, "all", True, np.nan])
def test_impossible_numbers_of_examples(examples):
    with pytest.raises(ValueError, match=r"load\(examples\)=.*: expected a whole number, from 1 to 1,079"):
        datasets.load("digits", examples=examples)
    with pytest.raises(ValueError, match=r"take\(n\)=.*: expected a whole number, from 1 to 90"):
        datasets.load("iris").train.take(examples)


def test_numpy_integers_are_whole_numbers_and_seeds_have_a_range():
    assert len(datasets.load("digits", examples=np.int64(20)).train) == 20
    for seed in (-1, 2**32, 1.5):
        with pytest.raises(ValueError, match=r"seed=.*: expected a whole number, from 0 to 4,294,967,295"):
            datasets.load("digits", examples=20, seed=seed)


def test_representations_are_short():
    data = datasets.load("digits")
    assert repr(data.train) == "Split(x: float32 (1079, 8, 8, 1), y: int32 (1079,))"
    assert repr(data).startswith(
        "Dataset('digits', 1,079 + 359 + 359 examples, x: float32 (8, 8, 1), y: 10 classes"
    )
    assert "| test | float32 (359, 8, 8, 1) | int32 (359,) |" in data._repr_markdown_()
    assert "y: a quantity" in repr(datasets.load("diabetes"))
    with pytest.raises(AttributeError):
        data.train.x = None


def test_texts_are_the_books_they_are_said_to_be():
    famous = {
        "chinese": "國色天香", "dutch": "RIBBIUS", "english": "LADY SUSAN VERNON TO MR. VERNON",
        "french": "mais il faut cultiver notre\njardin", "german": "Habe nun, ach!  Philosophie",
        "italian": "Nel mezzo del cammin di nostra vita", "latin": "HYMNI ECCLESIAE",
    }  # fmt: skip
    assert datasets.texts.languages() == tuple(famous)
    for language, phrase in famous.items():
        text = datasets.texts.read(language)
        assert phrase in text
        assert len(text) > 90_000 and text.endswith("\n") and not text[0].isspace()
        assert "\r" not in text and "\ufeff" not in text and "\ufffd" not in text
        assert "gutenberg" not in text.lower()
        assert unicodedata.is_normalized("NFC", text)
    assert datasets.texts.read("English") == datasets.texts.read("english")
    with pytest.raises(
        ValueError, match=r"no text in 'englisch'. Did you mean 'english'\? There are: chinese"
    ):
        datasets.texts.read("englisch")
    with pytest.raises(ValueError, match="no text in None"):
        datasets.texts.read(None)


def fake_keras(monkeypatch, load_data):
    """`import keras` gives this instead: no TensorFlow, no network."""
    keras = types.SimpleNamespace(datasets=types.SimpleNamespace(
        fashion_mnist=types.SimpleNamespace(load_data=load_data)))  # fmt: skip
    monkeypatch.setitem(sys.modules, "keras", keras)


def clothes(n, of_each):
    y = np.tile(np.arange(10, dtype=np.uint8), of_each)
    return np.broadcast_to(y[:, None, None] * 28, (n, 28, 28)).astype(np.uint8), y


def test_fashion_mnist_comes_by_keras_loader(monkeypatch):
    fake_keras(monkeypatch, lambda: (clothes(60_000, 6_000), clothes(10_000, 1_000)))
    data = datasets.load("fashion_mnist", examples=1_000)
    assert [len(split) for split in (data.train, data.validation, data.test)] == [1_000, 5_000, 10_000]
    assert data.classes[9] == "ankle boot" and data.input_shape == (28, 28, 1)
    assert np.bincount(data.train.y).tolist() == [100] * 10
    np.testing.assert_allclose(data.test.x[:, 0, 0, 0] * 255, data.test.y * 28, atol=1e-4)


def test_fashion_mnist_without_a_network_says_so(monkeypatch):
    def fails():
        raise Exception(
            "URL fetch failure on somewhere: None -- [Errno -3] Temporary failure in name resolution"
        )

    fake_keras(monkeypatch, fails)
    with pytest.raises(
        datasets.DataError, match=r"not shipped.*30 MB.*\.keras.*URL fetch failure.*\n.*Connect to a net"
    ):
        datasets.load("fashion_mnist")


def test_fashion_mnist_is_checked(monkeypatch):
    fake_keras(monkeypatch, lambda: (clothes(60_000, 6_000), clothes(500, 50)))
    with pytest.raises(
        datasets.DataError, match=r"not Fashion-MNIST: shapes .*\(500, 28, 28\).*Delete Keras' cache"
    ):
        datasets.load("fashion_mnist")


def test_no_network_and_no_heavy_import():
    code = f"""
import socket, sys
def forbidden(*arguments, **options): raise AssertionError("a socket was opened")
socket.socket = socket.create_connection = forbidden
from dlcourse import datasets
for name in {SHIPPED!r}: datasets.load(name)
datasets.texts.read("english"), datasets.catalogue.describe(), datasets.catalogue.verify()
heavy = {{"tensorflow", "keras", "matplotlib", "sklearn", "music21", "scipy", "PIL", "mnist1d"}}
heavy &= set(sys.modules)
assert not heavy, heavy
"""
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.parametrize("shape", [(1, 8, 8, 1), (3, 4, 12, 2)])
def test_pooled_pixels_are_the_means_of_squares(shape):
    examples, height, width, channels = shape
    x = np.random.default_rng(0).random(shape).astype("float32")
    small = transforms.pooled(datasets.Split(x, np.zeros(examples)))
    assert small.x.shape == (examples, height // 4, width // 4, channels) and small.x.dtype == np.float32
    for place in np.ndindex(small.x.shape):
        image, row, column, channel = place
        square = x[image, 4 * row : 4 * row + 4, 4 * column : 4 * column + 4, channel]
        assert small.x[place] * 0.25 + 0.13 == pytest.approx(square.mean(), abs=1e-5)
    with pytest.raises(ValueError, match=rf"got images of {height - 1} × {width}.*multiples of 4"):
        transforms.pooled(datasets.Split(x[:, 1:], np.zeros(examples)))


def test_what_are_no_images_cannot_be_pooled():
    for x in [np.zeros((4, 4)), np.zeros((1, 4, 4, 1), "U1"), 3]:
        with pytest.raises(
            ValueError, match=r"take images, numbers .examples, height, width, channels.; got"
        ):
            transforms.pooled(datasets.Split(x, np.zeros(1)))
    with pytest.raises(ValueError, match=r"shifted\(pixels\)=0.5: expected a whole number"):
        transforms.shifted(datasets.Split(np.zeros((1, 4, 4, 1)), np.zeros(1)), 0.5)


def test_shifted_copies_are_moved_in_eight_directions():
    x = np.zeros((1, 8, 8, 1), "float32")
    x[0, 0, 0] = 16  # in the upper left square
    copies = transforms.shifted(datasets.Split(x, np.zeros(1)), pixels=4)
    assert copies.shape == (8, 1, 2, 2, 1)
    squares = copies.reshape(8, 4) * 0.25 + 0.13
    np.testing.assert_allclose(squares.max(axis=1) > 0.5, squares.sum(axis=1) > 0.5)
    assert sorted(squares.argmax(axis=1)[squares.max(axis=1) > 0.5]) == [
        1,
        2,
        3,
    ]  # right, down, both; else lost
