"""A learner's own data: arrays, CSV files, folders of pictures, one drawn digit."""

import re

import numpy as np
import pytest
from PIL import Image, ImageDraw

from dlcourse import datasets


def table(n, classes=3, seed=0):
    rng = np.random.default_rng(seed)
    return rng.normal(size=(n, 4)), np.arange(n) % classes


# from_arrays


@pytest.mark.parametrize("n", [30, 100, 1_001])
@pytest.mark.parametrize(("validation", "test"), [(0.2, 0.2), (0.1, 0.3), (0, 0.25), (0.2, 0), (0, 0)])
def test_arrays_are_divided_exactly_and_completely(n, validation, test):
    x, y = table(n)
    x[:, 0] = np.arange(n)
    data = datasets.from_arrays(x, y, validation=validation, test=test, seed=5)
    splits = (data.train, data.validation, data.test)
    sizes = [n - round(n * validation) - round(n * test), round(n * validation), round(n * test)]
    assert [len(split) for split in splits] == sizes
    everything = np.concatenate([split.x for split in splits])
    np.testing.assert_array_equal(np.sort(everything[:, 0]), np.arange(n))  # each example in one split
    labels = np.concatenate([split.y for split in splits])
    np.testing.assert_array_equal(labels, everything[:, 0] % 3)  # with its own label
    for split in splits:
        assert split.x.dtype == np.float32 and split.y.dtype == np.int32 and split.x.shape[1:] == (4,)
        assert np.ptp(np.bincount(split.y, minlength=3)) <= 2
    assert data.classes == ("0", "1", "2")


def test_the_seed_decides_the_division():
    x, y = table(60)
    first, again, other = (datasets.from_arrays(x, y, seed=seed).test.x for seed in (0, 0, 1))
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other)


def test_labels_of_every_kind_become_0_1_2():
    x, _ = table(30, 3)
    names = np.array(["cat", "ant", "bee"] * 10)
    for y, classes in [
        (names, ("ant", "bee", "cat")), (names.tolist(), ("ant", "bee", "cat")),
        (names.astype(object), ("ant", "bee", "cat")),
        (names.astype("S"), ("ant", "bee", "cat")), (np.array([7, 3, 5] * 10, np.uint8), ("3", "5", "7")),
        (np.array([True, False] * 15), ("False", "True")),
    ]:  # fmt: skip
        data = datasets.from_arrays(x, y)
        assert data.classes == classes and data.train.y.dtype == np.int32
        assert sorted(np.unique(data.train.y)) == list(range(len(classes)))
    data = datasets.from_arrays(x, names, classes=["cat", "bee", "ant"])
    assert data.classes == ("cat", "bee", "ant")
    np.testing.assert_array_equal(np.bincount(data.train.y), [6, 6, 6])
    order = np.column_stack([x.astype(np.float32), [["cat", "bee", "ant"].index(name) for name in names]])
    ours = np.column_stack([data.test.x, data.test.y])
    assert all((order == row).all(1).any() for row in ours)


def test_floats_are_quantities():
    x, _ = table(50)
    data = datasets.from_arrays(x, x[:, 0] * 2)
    assert data.classes is None and data.train.y.dtype == np.float32
    np.testing.assert_allclose(data.test.y, data.test.x[:, 0] * 2, rtol=1e-6)


@pytest.mark.parametrize(
    ("x", "y", "options", "message"),
    [
        (
            np.zeros(5),
            np.zeros(5, int),
            {},
            r"x has shape \(5,\): expected \(examples, \.\.\.\), such as x.reshape",
        ),
        (
            np.zeros((5, 2)),
            np.zeros((5, 1), int),
            {},
            r"y has shape \(5, 1\): expected one target per example",
        ),
        (np.zeros((5, 2)), np.zeros(4, int), {}, "x has 5 examples and y has 4"),
        (np.zeros((0, 2)), np.zeros(0, int), {}, "are empty"),
        (np.array([["a", "b"]] * 5), np.zeros(5, int), {}, "x is <U1: expected numbers"),
        (np.zeros((5, 2), complex), np.zeros(5, int), {}, "x is complex128: expected numbers"),
        (
            np.full((20, 2), [0, np.nan]),
            np.arange(20) % 2,
            {},
            r"20 entries that are no finite.*\(0, 1\): nan",
        ),
        (np.full((20, 2), 1e300), np.arange(20) % 2, {}, r"index \(0, 0\): 1e\+300, too large for float32"),
        (np.zeros((5, 2)), np.array([1, 2, np.inf, 4, 5]), {}, "y holds 1 entries.*index 2: inf"),
        (np.zeros((5, 2)), np.array([None, "a", "b", "a", "b"]), {}, "y holds None: expected strings only"),
        (np.zeros((5, 2)), np.zeros(5, "datetime64[s]"), {}, r"y is datetime64\[s\]: expected class labels"),
        (
            np.zeros((20, 2)),
            np.arange(20) % 3,
            {"classes": ["a", "b"]},
            "label 2, outside the 2 classes: expected 0 to 1",
        ),
        (
            np.zeros((20, 2)),
            np.array(["a", "c"] * 10),
            {"classes": ["a", "b"]},
            "label 'c', outside.*expected a, b",
        ),
        (np.zeros((20, 2)), np.zeros(20), {"classes": ["a"]}, "float64, a quantity, but classes are given"),
        (np.zeros((20, 2)), np.arange(20) % 2, {"classes": "abc"}, r"none of the classes 'c' \(0\)"),
        (
            np.zeros((20, 2)),
            np.array([0] * 18 + [1] * 2),
            {},
            r"too few examples: .* none of the classes '1' \(2\)",
        ),
        (np.zeros((20, 2)), np.arange(20), {}, r"and \d+ others; .*give it as floats"),
        (np.zeros((20, 2)), np.arange(20) % 2, {"validation": 1.0}, "validation is 1.0: expected a fraction"),
        (np.zeros((20, 2)), np.arange(20) % 2, {"test": -0.1}, "test is -0.1: expected a fraction"),
        (np.zeros((20, 2)), np.arange(20) % 2, {"test": "0.2"}, "test is '0.2': expected a fraction"),
        (
            np.zeros((20, 2)),
            np.arange(20) % 2,
            {"test": 0.5, "validation": 0.5},
            "leave none of 20 examples to train",
        ),
        (np.zeros((20, 2)), np.arange(20) % 2, {"seed": -1}, "seed=-1"),
    ],
)
def test_arrays_that_cannot_be_used(x, y, options, message):
    with pytest.raises(ValueError, match=message):
        datasets.from_arrays(x, y, **options)


# from_csv

FLOWERS = "length,width,kind\n" + "".join(f"{i}.5,{i * i},{'rose' if i % 2 else 'lily'}\n" for i in range(20))


@pytest.fixture
def write(tmp_path):
    def write(text, name="表 1.csv", encoding="utf-8"):
        path = tmp_path / name
        path.write_bytes(text.encode(encoding))
        return path

    return write


def test_csv(write):
    data = datasets.from_csv(write(FLOWERS), "kind")
    assert data.classes == ("lily", "rose") and data.features == ("length", "width") and data.name == "表 1"
    everything = np.concatenate([split.x for split in (data.train, data.validation, data.test)])
    expected = [[i + 0.5, i * i] for i in range(20)]
    np.testing.assert_array_equal(everything[np.argsort(everything[:, 0])], expected)
    for split in (data.train, data.validation, data.test):
        np.testing.assert_array_equal(split.y, split.x[:, 0].astype(int) % 2)


def test_csv_from_spreadsheets(write):
    windows = write(FLOWERS.replace(",", ";").replace("\n", "\r\n") + "\r\n", encoding="utf-8-sig")
    assert datasets.from_csv(windows, "kind", delimiter=";").features == ("length", "width")
    assert datasets.from_csv(windows, "kind", delimiter=";", columns=["width"]).input_shape == (1,)


def test_csv_targets(write):
    path = write("a,n,q\n" + "".join(f"{i},{i % 2},{i}.25\n" for i in range(20)))
    assert datasets.from_csv(path, "n", columns=["a"]).classes == ("0", "1")
    assert datasets.from_csv(path, "n", columns=["a"], quantity=True).classes is None
    assert datasets.from_csv(path, "q", columns=["a"]).train.y.dtype == np.float32


@pytest.mark.parametrize(
    ("text", "options", "message"),
    [
        (FLOWERS.replace("7.5,", "7;5,"), {}, "line 9, column 'length': '7;5' is no number. Fill it in"),
        (FLOWERS.replace("7.5,", ","), {}, "line 9, column 'length': '' is no number"),
        (FLOWERS.replace("7.5,", "nan,"), {}, "line 9, column 'length': 'nan' is no number"),
        (FLOWERS.replace("7.5,", "7.5,1,"), {}, "line 9: 4 cells, but 3 column names"),
        (FLOWERS.replace("\n3.5,9,rose", "\n3.5,9,"), {}, "line 5: the target 'kind' is empty"),
        (
            FLOWERS,
            {"target": "knid"},
            r"no column 'knid'. Did you mean 'kind'\? There are: length, width, kind",
        ),
        (FLOWERS, {"columns": ["height"]}, "no column 'height'"),
        (FLOWERS, {"columns": ["length", "kind"]}, "not the target 'kind' among them"),
        (FLOWERS, {"columns": []}, "expected at least one"),
        (FLOWERS, {"quantity": True}, "line 2, column 'kind': 'lily' is no number"),
        (FLOWERS.replace("width", "length"), {}, "two columns named 'length'"),
        (FLOWERS.replace("\n", "\n\n").replace("7.5,", "x,"), {}, "line 17, column 'length': 'x'"),
        ("length,kind\n", {}, "has 1 lines: expected a line of column names"),
        ("", {}, "has 0 lines"),
        (FLOWERS, {"delimiter": ";"}, "no column 'kind'. .*There are: length,width,kind"),
    ],
)
def test_csv_that_cannot_be_used(write, text, options, message):
    with pytest.raises(ValueError, match=message):
        datasets.from_csv(write(text), **{"target": "kind", **options})


def test_codes_with_leading_zeros_are_text(write):
    path = write("a,code\n" + "".join(f"{i},{['01234', '1234'][i % 2]}\n" for i in range(20)))
    assert datasets.from_csv(path, "code").classes == ("01234", "1234")


@pytest.mark.parametrize("missing", ["NA", "n/a", "NaN", "null", "?"])
def test_a_target_that_stands_for_a_missing_value_is_no_class(write, missing):
    with pytest.raises(
        ValueError, match=r"line 4: the target 'kind' is '.*', which stands for a missing value"
    ):
        datasets.from_csv(write(FLOWERS.replace("\n2.5,4,lily", f"\n2.5,4,{missing}")), "kind")


@pytest.mark.parametrize("other", [";", "\t", "|"])
def test_another_delimiter_is_named(write, other):
    with pytest.raises(
        ValueError, match=rf"The first line is divided by {re.escape(repr(other))}: give delimiter="
    ):
        datasets.from_csv(write(FLOWERS.replace(",", other)), "kind")


def test_masked_values_are_refused():
    x, y = np.ma.masked_equal(np.array([[1.0], [-999.0]] * 10), -999.0), np.arange(20.0)
    with pytest.raises(ValueError, match=r"x has 10 masked values: fill them in, x.filled\(0\)"):
        datasets.from_arrays(x, y)
    assert len(datasets.from_arrays(x.filled(0), y)) == 20


def test_csv_files_that_are_none(write, tmp_path):
    with pytest.raises(ValueError, match="is not CSV in UTF-8"):
        datasets.from_csv(write(FLOWERS.replace("rose", "rosé"), encoding="latin-1"), "kind")
    with pytest.raises(FileNotFoundError, match=r"no CSV file .*absent.csv \(looked in"):
        datasets.from_csv(tmp_path / "absent.csv", "kind")


# from_images


@pytest.fixture
def pictures(tmp_path):
    """Two classes of ten pictures: dark and light, in several formats, shapes and modes."""
    folder = tmp_path / "动物"
    for name, tone in [("dark", 51), ("light", 204)]:
        (folder / name).mkdir(parents=True)
        for number in range(10):
            size = (40 + number, 30)
            mode, colour, suffix = [("L", tone, "png"), ("RGB", (tone,) * 3, "jpg"),
                                    ("RGBA", (tone, tone, tone, 255), "png"),
                                    ("P", None, "png"), ("I;16", tone * 257, "png")][number % 5]  # fmt: skip
            if mode == "P":
                picture = Image.new("RGB", size, (tone,) * 3).quantize(4)
            elif mode == "I;16":
                picture = Image.fromarray(np.full(size[::-1], colour, np.uint16))
            else:
                picture = Image.new(mode, size, colour)
            picture.save(folder / name / f"{number}.{suffix}")
        (folder / name / ".DS_Store").write_bytes(b"\0")
        (folder / name / "Thumbs.db").write_bytes(b"\0")
    return folder


@pytest.mark.parametrize(("size", "channels"), [((28, 28), 1), ((16, 24), 3)])
def test_folders_of_pictures(pictures, size, channels):
    data = datasets.from_images(pictures, size=size, channels=channels)
    assert data.classes == ("dark", "light") and data.name == "动物" and len(data) == 20
    assert data.input_shape == (*size, channels) and data.train.x.dtype == np.float32
    for split in (data.train, data.validation, data.test):
        np.testing.assert_allclose(split.x.mean((1, 2, 3)), np.where(split.y, 0.8, 0.2), atol=0.01)


def test_pictures_keep_their_orientation_and_proportions(tmp_path):
    """A sideways photograph is turned upright; the middle is kept, nothing is squeezed."""
    upright = Image.new("L", (20, 60), 128)
    upright.paste(255, (0, 20, 20, 30))  # of the middle square the upper half is white,
    upright.paste(0, (0, 30, 10, 40))  # and the lower left quarter black
    expected = np.full((20, 20, 1), 128 / 255, "float32")
    expected[:10], expected[10:, :10] = 1, 0
    exif = Image.Exif()
    exif[0x0112] = 6  # "rotate by 90 degrees to the right to show"
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        for number in range(5):
            upright.rotate(90, expand=True).save(tmp_path / name / f"{number}.png", exif=exif)
    data = datasets.from_images(tmp_path, size=(20, 20))
    np.testing.assert_allclose(data.train.x, np.broadcast_to(expected, data.train.x.shape), atol=0.01)


def folder_of(tmp_path, pixels, suffix="tiff"):
    """Two classes of five files with these pixels."""
    for name in ("a", "b"):
        (tmp_path / name).mkdir(parents=True)
        for number in range(5):
            Image.fromarray(pixels).save(tmp_path / name / f"{number}.{suffix}")
    return tmp_path


RAMP = np.tile(np.linspace(0, 1, 28), (28, 1))


@pytest.mark.parametrize(
    ("pixels", "suffix"),
    [
        (RAMP.astype("float32"), "tiff"),
        ((RAMP * 255).round().astype("uint8"), "png"),
        ((RAMP * 65_535).round().astype("uint16"), "png"),
        ((RAMP * 65_535).round().astype("uint16"), "tiff"),
    ],
)
def test_white_is_what_the_files_format_says(tmp_path, pixels, suffix):
    data = datasets.from_images(folder_of(tmp_path, pixels, suffix))
    np.testing.assert_allclose(data.train.x[0, :, :, 0], RAMP, atol=0.004)


@pytest.mark.parametrize(
    "pixels",
    [
        (RAMP * 2_000 - 1_000).astype("float32"),  # Hounsfield units of computed tomography
        (RAMP * 255).astype("float32"),
        (RAMP * 1e6).astype("int32"),
        (RAMP * 2_000 - 1_000).astype("int32"),
        (RAMP * 200).astype("int32"),
    ],
)
def test_pixels_of_which_nothing_says_what_is_white_are_refused(tmp_path, pixels):
    with pytest.raises(ValueError, match=r"nothing says which is black.*datasets.from_arrays"):
        datasets.from_images(folder_of(tmp_path, pixels))


def test_folders_as_archives_and_data_sets_leave_them(tmp_path):
    folder = folder_of(tmp_path / "digits", (RAMP * 255).astype("uint8"), "png")
    (folder / "__MACOSX").mkdir()
    assert datasets.from_images(folder).classes == ("a", "b")
    with pytest.raises(ValueError, match="holds 1 folders"):
        datasets.from_images(tmp_path)
    (tmp_path / "more").mkdir()
    (tmp_path / "more" / "7").mkdir()
    with pytest.raises(
        ValueError, match=r"digits holds the folder 'a': expected pictures. Give from_images the folder"
    ):
        datasets.from_images(tmp_path)
    for part in ["train", "test"]:
        (tmp_path / "parts" / part).mkdir(parents=True)
    with pytest.raises(ValueError, match="test, train, which look like parts of a data set"):
        datasets.from_images(tmp_path / "parts")


def test_unreadable_pictures_are_named(pictures):
    (pictures / "dark" / "notes.txt").write_text("no picture")
    (pictures / "light" / "half.png").write_bytes((pictures / "light" / "0.png").read_bytes()[:60])
    with pytest.raises(
        ValueError, match=r"(?s)can't be read as pictures.*notes.txt can't be read.*half.png can't be"
    ):
        datasets.from_images(pictures)


def test_folders_that_cannot_be_used(pictures, tmp_path):
    with pytest.raises(FileNotFoundError, match="no folder"):
        datasets.from_images(tmp_path / "absent")
    with pytest.raises(ValueError, match=r"holds 0 folders .*expected one for each class"):
        datasets.from_images(pictures / "dark")
    with pytest.raises(ValueError, match="channels is 2: expected 1"):
        datasets.from_images(pictures, channels=2)
    with pytest.raises(ValueError, match=r"size is 28: expected \(height, width\)"):
        datasets.from_images(pictures, size=28)
    with pytest.raises(ValueError, match=r"from_images\(size\)=0"):
        datasets.from_images(pictures, size=(0, 28))
    (pictures / "empty").mkdir()
    with pytest.raises(ValueError, match="empty is empty: expected pictures of the class 'empty'"):
        datasets.from_images(pictures)


# own_digit


@pytest.fixture(scope="module")
def judge():
    """Test digits of MNIST, and three nearest neighbours by pixels, which knows only MNIST's own pictures."""
    from sklearn.neighbors import KNeighborsClassifier

    mnist = datasets.load("mnist", examples=10_000)
    model = KNeighborsClassifier(3).fit(mnist.train.x.reshape(-1, 784), mnist.train.y)
    return mnist.test.take(40), lambda x: model.predict(x.reshape(-1, 784))


def photograph(
    digit, rng, *, size=(400, 300), scale=9, ink=0.8, paper=0.9, shadow=0.0, vignette=0.0, grain=0.0
):
    """A digit (28, 28) enlarged, put somewhere on a sheet, badly lit: tones (height, width), 0 to 1."""
    large = np.asarray(Image.fromarray(digit).resize((28 * scale,) * 2, Image.Resampling.BICUBIC)).clip(0, 1)
    sheet = np.zeros(size)
    top, left = (rng.integers(0, side - 28 * scale + 1) for side in size)
    sheet[top : top + 28 * scale, left : left + 28 * scale] = large
    down, across = np.mgrid[-1 : 1 : size[0] * 1j, -1 : 1 : size[1] * 1j]
    light = (1 - shadow * (down + 1) / 2) * (1 - vignette * (down**2 + across**2) / 2)
    tones = paper * (1 - ink * sheet) * light + grain * rng.standard_normal(size)
    return tones.clip(0, 1).astype(np.float32)


@pytest.mark.parametrize(
    "conditions",
    [
        {},
        {"shadow": 0.7, "grain": 0.02},
        {"vignette": 0.5, "grain": 0.03},
        {"ink": 0.4, "paper": 0.6, "grain": 0.02},
        {"size": (60, 60), "scale": 2},
        {"size": (800, 600), "scale": 15, "shadow": 0.4, "grain": 0.05},
    ],
    ids=str,
)
def test_a_photographed_digit_is_read_as_mnists(judge, conditions):
    test, predict = judge
    rng = np.random.default_rng(0)
    photographs = [photograph(digit[..., 0], rng, **conditions) for digit in test.x]
    for invert, tones in [("auto", photographs), (False, [1 - tones for tones in photographs])]:
        own = np.concatenate([datasets.own_digit(picture, invert=invert) for picture in tones])
        assert own.shape == (40, 28, 28, 1) and own.dtype == np.float32
        assert own.min() == 0 and own.max() == 1
        assert (predict(own) == predict(test.x)).mean() >= 0.9
        likeness = [np.corrcoef(a.ravel(), b.ravel())[0, 1] for a, b in zip(own, test.x, strict=True)]
        assert np.median(likeness) > 0.85


def seven(path, ink="black", paper="white", size=(500, 700), mode="RGB"):
    picture = Image.new(mode, size, paper)
    ImageDraw.Draw(picture).line([(150, 200), (350, 200), (220, 600)], fill=ink, width=24, joint="curve")
    picture.save(path)
    return path


def test_a_drawn_digit_is_boxed_and_centred_as_mnist_was(judge, tmp_path):
    own = datasets.own_digit(seven(tmp_path / "seven.png"))
    assert judge[1](own).tolist() == [7]
    image = own[0, ..., 0]
    rows, columns = np.flatnonzero(image.any(1)), np.flatnonzero(image.any(0))
    assert max(np.ptp(rows), np.ptp(columns)) + 1 == 20
    mass = image.astype(float) / image.sum()
    centre = mass.sum(1) @ np.arange(28), mass.sum(0) @ np.arange(28)
    # Centres of mass of MNIST's own pictures: 14.0 with a deviation of 0.3.
    assert np.abs(np.array(centre) - 14).max() <= 0.51


def test_colours_transparency_and_formats_make_no_difference(tmp_path):
    expected = datasets.own_digit(seven(tmp_path / "plain.png"))
    for path in [
        seven(tmp_path / "clear.png", paper=(0, 0, 0, 0), mode="RGBA", ink=(0, 0, 0, 255)),
        seven(tmp_path / "board.png", ink="white", paper="black"),
        seven(tmp_path / "pen.jpg", ink="darkblue", paper="ivory"),
        seven(tmp_path / "grey.bmp", ink=0, paper=255, mode="L"),
    ]:
        own = datasets.own_digit(path)
        assert np.corrcoef(own.ravel(), expected.ravel())[0, 1] > 0.98, path.name
    array = np.asarray(Image.open(tmp_path / "grey.bmp"))
    assert array.dtype == np.uint8
    np.testing.assert_allclose(
        datasets.own_digit(array), datasets.own_digit(tmp_path / "grey.bmp"), atol=1e-6
    )


def test_specks_are_left_out(tmp_path):
    path = seven(tmp_path / "seven.png")
    picture = Image.open(path)
    ImageDraw.Draw(picture).ellipse([20, 20, 32, 32], fill="black")
    picture.save(tmp_path / "speck.png")
    np.testing.assert_allclose(
        datasets.own_digit(tmp_path / "speck.png"), datasets.own_digit(path), atol=0.05
    )


def test_pictures_without_a_digit(tmp_path):
    rng = np.random.default_rng(0)
    for tones in [np.ones((50, 50)), np.zeros((50, 50)), 0.5 + 0.02 * rng.standard_normal((200, 200))]:
        with pytest.raises(ValueError, match=r"the picture holds no digit.*thick dark pen"):
            datasets.own_digit(tones.clip(0, 1))
    Image.new("L", (30, 30), 200).save(tmp_path / "blank.png")
    with pytest.raises(ValueError, match=r"blank.png holds no digit"):
        datasets.own_digit(tmp_path / "blank.png")
    (tmp_path / "digit.txt").write_text("7")
    with pytest.raises(ValueError, match=r"digit.txt can't be read as a picture .*save it as PNG or JPEG"):
        datasets.own_digit(tmp_path / "digit.txt")
    with pytest.raises(FileNotFoundError, match=r"no picture .*absent.png \(looked in"):
        datasets.own_digit(tmp_path / "absent.png")
    with pytest.raises(ValueError, match="invert is 'yes': expected \"auto\""):
        datasets.own_digit(tmp_path / "blank.png", invert="yes")
    with pytest.raises(ValueError, match=r"shape \(3, 3, 3\): expected numbers, \(height, width\)"):
        datasets.own_digit(np.zeros((3, 3, 3)))
    with pytest.raises(ValueError, match=r"tones lie between 0.0 and 9.0: expected 0 to 1"):
        datasets.own_digit(np.eye(10) * 9)
