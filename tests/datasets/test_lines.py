"""Lines composed of single digits, and the photographed line that takes their place."""

import numpy as np
import pytest
from PIL import Image
from scipy import ndimage

from dlcourse import datasets
from dlcourse.datasets import lines


def bars(number=10):
    """Ten made-up digits (n, 28, 28): a bar of another brightness and width for each."""
    images = np.zeros((number, 28, 28), "float32")
    for digit in range(number):
        images[digit, 4:24, 10 : 12 + digit] = 0.3 + 0.07 * digit
    return images, np.arange(number)


def test_what_is_written_stands_where_the_spans_say():
    images, digits = bars()
    composed = lines.compose(images, digits, 30, gap=(2, 9), slant=0, noise=0, seed=3)
    assert composed.x.shape[1] == 32 and composed.x.shape[3] == 1 and len(composed) == 30
    for picture, said, spans in zip(composed.x[..., 0], composed.digits(), composed.spans, strict=True):
        assert 3 <= len(said) <= 8
        ink = picture.copy()
        for digit, (first, end) in zip(said, spans, strict=False):
            piece = picture[:, first:end]
            assert end - first == 2 + digit
            assert np.count_nonzero(piece) == 20 * (2 + digit)
            np.testing.assert_allclose(piece[piece > 0], 0.3 + 0.07 * digit, atol=1e-6)
            ink[:, first:end] = 0
        assert not ink.any()  # nothing anywhere else


def test_a_seed_draws_the_same_lines_and_each_length_comes_about_equally_often():
    images, digits = bars()
    one, same, other = (lines.compose(images, digits, 600, width=200, seed=seed) for seed in (1, 1, 2))
    np.testing.assert_array_equal(one.x, same.x)
    assert one.x.shape == (600, 32, 200, 1) and not np.array_equal(one.y, other.y)
    counts = np.bincount([len(said) for said in one.digits()], minlength=9)[3:]
    assert counts.sum() == 600 and counts.min() > 60  # 100 each by chance, 9 the standard deviation
    assert one.x.min() >= 0 and one.x.max() <= 1


@pytest.mark.parametrize("slant", [-0.4, 0.0, 0.25, 0.5])
def test_slanting_moves_each_row_and_keeps_its_ink(slant):
    images, _ = bars()
    leaning = lines.slanted(images, slant)
    np.testing.assert_allclose(leaning.sum(axis=2), images.sum(axis=2), rtol=1e-5)
    columns = np.arange(leaning.shape[2])
    for before, after in zip(images, leaning, strict=True):
        rows = np.flatnonzero(before.sum(axis=1))
        was, now = (
            (image[rows] * columns[: image.shape[1]]).sum(axis=1) / image[rows].sum(axis=1)
            for image in (before, after)
        )
        np.testing.assert_allclose(now - was, 16 + slant * (13.5 - rows), atol=1e-3)


def test_overlapping_digits_keep_the_brighter_pixel_and_their_order():
    images = np.full((1, 28, 28), 0.0, "float32")
    images[0, 5:20, 8:20] = 0.8
    line = lines.compose(images, [4], 5, length=(2, 2), gap=(-6, -6), slant=0, noise=0)
    for spans in line.spans:
        assert spans[1, 0] == spans[0, 1] - 6
    assert line.x.max() == np.float32(0.8)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"images": np.zeros((3, 20, 20))}, r"expected \(n, 28, 28\)"),
        ({"images": np.full((10, 28, 28), 300.0)}, "from 0 to 1"),
        ({"images": np.zeros((10, 28, 28))}, "image 0 is empty"),
        ({"digits": [1, 2]}, "one digit from 0 to 9"),
        ({"digits": np.arange(10) + 5}, "one digit from 0 to 9"),
        ({"length": (5, 3)}, "the smaller first"),
        ({"length": 4}, "two whole numbers"),
        ({"gap": (-20, 3)}, "whole number"),
        ({"slant": 2}, "from 0 to 1"),
        ({"length": (9, 9), "width": 40}, "hardly ever fit"),
        ({"number": 0}, "whole number"),
    ],
)
def test_what_makes_no_line_is_said(change, said):
    images, digits = bars()
    arguments = {"images": images, "digits": digits, "number": 4, **change}
    with pytest.raises(ValueError, match=said):
        lines.compose(**arguments)


def photographed(composed, *, scale=6, paper=0.9, ink=0.8, shadow=0.0, grain=0.0, around=60):
    """A composed line enlarged on a sheet, badly lit: tones (height, width)."""
    large = np.asarray(
        Image.fromarray(composed).resize((composed.shape[1] * scale, 32 * scale), Image.Resampling.BICUBIC)
    )
    sheet = np.pad(large.clip(0, 1), around)
    light = 1 - shadow * np.linspace(0, 1, sheet.shape[1])
    tones = paper * (1 - ink * sheet) * light + grain * np.random.default_rng(0).standard_normal(sheet.shape)
    return tones.clip(0, 1).astype("float32")


@pytest.fixture(scope="module")
def written():
    """Four lines of MNIST's test digits, upright, without noise."""
    test = datasets.load("mnist", examples=10).test
    return lines.compose(test.x[:500], test.y[:500], 4, gap=(3, 6), slant=0, noise=0, seed=5)


@pytest.mark.parametrize(
    "conditions",
    [{}, {"shadow": 0.6, "grain": 0.03}, {"ink": 0.4, "paper": 0.6, "grain": 0.02}, {"scale": 3}],
    ids=str,
)
def test_a_photographed_line_comes_out_as_it_was_composed(written, conditions):
    for picture, said in zip(written.x[..., 0], written.digits(), strict=True):
        tones = photographed(picture, **conditions)
        for given, invert in [(tones, "auto"), (1 - tones, False)]:
            own = datasets.own_line(given, invert=invert)
            assert own.shape[0] == 1 and own.shape[1] == 32 and own.shape[3] == 1
            assert own.dtype == np.float32 and own.min() == 0 and own.max() == 1
            columns = np.flatnonzero(picture.max(axis=0) > 0.3)
            rows = np.flatnonzero(picture.max(axis=1) > 0.3)
            piece = picture[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
            found = own[0, :, :, 0]
            at_rows, at_columns = (np.flatnonzero(found.max(axis=axis) > 0.3) for axis in (1, 0))
            cut = found[at_rows[0] : at_rows[-1] + 1, at_columns[0] : at_columns[-1] + 1]
            again = np.asarray(Image.fromarray(cut).resize(piece.shape[::-1], Image.Resampling.BILINEAR))
            assert np.corrcoef(again.ravel(), piece.ravel())[0, 1] > 0.8
            assert 14 * len(said) / 2 < own.shape[2] < 32 * len(said)


def test_digits_of_a_line_come_out_twenty_pixels_high(written):
    own = datasets.own_line(photographed(written.x[0, ..., 0]))
    parts, _ = ndimage.label(own[0, ..., 0] > 0.4, structure=np.ones((3, 3)))
    heights = [part[0].stop - part[0].start for part in ndimage.find_objects(parts)]
    assert 16 <= np.median([height for height in heights if height > 8]) <= 23


def test_what_is_no_line_is_said(tmp_path):
    for blank in (np.ones((40, 300)), np.zeros((40, 300))):
        with pytest.raises(ValueError, match="holds no digit"):
            datasets.own_line(blank)
    ruled = np.ones((60, 900))
    ruled[30:32] = 0
    with pytest.raises(ValueError, match="a rule below it"):
        datasets.own_line(ruled)
    with pytest.raises(ValueError, match='expected "auto"'):
        datasets.own_line(np.ones((40, 300)), invert="yes")
    with pytest.raises(FileNotFoundError, match="there is no picture"):
        datasets.own_line(tmp_path / "absent.png")
