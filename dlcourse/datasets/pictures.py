"""Pictures from files: resized to a common shape, or made to look like MNIST."""

import os
import pathlib

import numpy as np

SIDE, BOX = 28, 20  # MNIST: digits scaled into 20x20 pixels, then centred in 28x28
WORKING_SIDE = 280  # photographs are first reduced to this many pixels along their longer side
LINE_SIDE = 1_120  # a line of digits keeps more of them, since each digit is a part of it
LINE_HEIGHT, LINE_MARGIN, WIDEST = 32, 6, 1_000  # of the result of own_line, in pixels
SMOOTHING = 1.5  # standard deviation, in pixels of that reduced picture, of the blur against grain
DARKEST = 1 / 255  # the paper's tone is no darker
FAINTEST = 0.1  # ink that takes away less than this share of the light is no ink
SPECK = 0.05  # parts with less than this share of the largest part's pixels are specks


def resized(path, height, width, channels):
    """The picture in a file as float32 (height, width, channels) in [0, 1]: 1 channel is grey, 3 are RGB.

    It is cropped about the middle to the wanted shape, then resized. Raises ValueError, naming the file,
    where it is no picture.
    """
    from PIL import Image, ImageOps

    picture = _open(path).convert("L" if channels == 1 else "RGB")
    fitted = ImageOps.fit(picture, (width, height), method=Image.Resampling.LANCZOS)
    return np.asarray(fitted, np.float32).reshape(height, width, channels) / 255


def own_digit(picture, invert="auto"):
    """A digit that you drew or photographed, as MNIST has them: float32 (1, 28, 28, 1) in [0, 1], ink bright.

    picture: an image file, or grey tones (height, width) as an array of 0..1 or of integers 0..255. One
    digit, on a background lighter or darker than it. invert: True for dark ink on light paper, False for
    light on dark, "auto" goes by the border. Slanting light is taken out (a smooth surface through the
    paper's tones), specks and the camera's grain left out (Otsu's threshold). The digit is then scaled to
    fit a box of 20x20 pixels with its proportions kept, and centred in 28x28 by its centre of mass, as
    MNIST was made (LeCun, Bottou, Bengio & Haffner 1998, section III.A).

    Raises ValueError where the file is no picture or holds no ink, or `invert` is something else;
    FileNotFoundError where there is no file.
    """
    from PIL import Image

    ink = _ink_of(picture, invert, WORKING_SIDE, max)
    rows, columns = np.flatnonzero(ink.any(1)), np.flatnonzero(ink.any(0))
    digit = ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    scale = BOX / max(digit.shape)
    height, width = (max(1, round(n * scale)) for n in digit.shape)
    small = np.asarray(Image.fromarray(digit).resize((width, height), Image.Resampling.BOX), np.float32)
    small = np.clip(small / small.max(), 0, 1)

    mass = small / small.sum()
    row, column = mass.sum(1) @ np.arange(height), mass.sum(0) @ np.arange(width)
    # Pixel centres are 0..27, so the middle of the picture is 13.5; MNIST's own centres of mass lie at 14.
    top, left = (
        int(np.clip(round(SIDE / 2 - at), 0, SIDE - n)) for at, n in [(row, height), (column, width)]
    )
    result = np.zeros((1, SIDE, SIDE, 1), np.float32)
    result[0, top : top + height, left : left + width, 0] = small
    return result


def own_line(picture, invert="auto"):
    """A line of digits that you wrote or photographed, as ``lines.compose`` has them: float32 (1, 32, width, 1).

    Values are from 0 to 1, ink bright.

    picture: an image file, or grey tones (height, width) as an array of 0..1 or of integers 0..255. One line of digits,
    written level, on a background lighter or darker than it, none so close to the edge that it is cut. Light and grain
    are taken out as ``own_digit`` does. The line is then scaled so that its digits are 20 pixels high (the median of
    the parts that are at least half as high as the highest), or so that the whole fits into 32 rows, and stands in
    their middle.

    invert: as for ``own_digit``.

    Raises ValueError where the file is no picture or holds no ink, ``invert`` is something else, or the line comes out
    wider than 1,000 pixels; FileNotFoundError where there is no file.
    """
    from PIL import Image
    from scipy import ndimage

    ink = _ink_of(picture, invert, LINE_SIDE, min)
    rows, columns = np.flatnonzero(ink.any(1)), np.flatnonzero(ink.any(0))
    line = ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    parts, _ = ndimage.label(line > 0.5 * line.max(), structure=np.ones((3, 3)))
    heights = np.array([part[0].stop - part[0].start for part in ndimage.find_objects(parts)])
    scale = min(BOX / np.median(heights[heights >= heights.max() / 2]), LINE_HEIGHT / line.shape[0])
    height, width = (max(1, round(n * scale)) for n in line.shape)
    if width > WIDEST:
        raise ValueError(
            f"the line comes out {width:,} pixels wide at digits of {BOX}: expected at most {WIDEST:,}. Is it one line "
            "of digits, without a frame or a rule below it?"
        )
    small = np.asarray(Image.fromarray(line).resize((width, height), Image.Resampling.BOX), np.float32)
    result = np.zeros((1, LINE_HEIGHT, width + 2 * LINE_MARGIN, 1), np.float32)
    top = (LINE_HEIGHT - height) // 2
    result[0, top : top + height, LINE_MARGIN : LINE_MARGIN + width, 0] = np.clip(small / small.max(), 0, 1)
    return result


def _ink_of(picture, invert, longest, size):
    """The ink of a file or array, float32 in [0, 1], at most ``longest`` pixels on a side; size: max or min of both."""
    if invert not in ("auto", True, False):
        raise ValueError(f'invert is {invert!r}: expected "auto", True (dark ink on light paper) or False')
    tones = _grey(picture, longest)
    if invert == "auto":
        border = np.concatenate([tones[0], tones[-1], tones[:, 0], tones[:, -1]])
        invert = bool(np.median(border) > (tones.min() + tones.max()) / 2)
    shown = size(tones.shape)
    ink = _ink(tones if invert else 1 - tones, shown) if np.ptp(tones) >= FAINTEST else None
    if ink is None:
        raise ValueError(
            f"{'the picture' if isinstance(picture, np.ndarray) else picture} holds no digit: nothing in "
            f"it is darker or lighter than what surrounds it by {FAINTEST:.0%}. Draw with a thick dark "
            "pen on light paper"
        )
    return ink


def _ink(paper, size):
    """How much of the light is taken away by ink, dark on lighter paper: float32 in [0, 1], 0 on the paper.

    size: the picture's, in pixels: grain and edges are taken to be in proportion to it.

    Returns None where there is no ink.
    """
    from scipy import ndimage
    from skimage import filters

    smooth = ndimage.gaussian_filter(paper, SMOOTHING * size / WORKING_SIDE)
    light = _light(smooth)
    ink = np.clip(1 - smooth / np.maximum(light, DARKEST), 0, 1)
    if np.quantile(ink, 0.999) < FAINTEST:
        return None
    threshold = filters.threshold_otsu(ink)
    parts, _ = ndimage.label(ink > threshold, structure=np.ones((3, 3)))
    sizes = np.bincount(parts.ravel())
    sizes[0] = 0
    strokes = np.isin(parts, np.flatnonzero(sizes >= SPECK * sizes.max()))
    full = np.quantile(ink[strokes], 0.75)
    # An edge fades over the pixels beside it, so the ink a pixel or two around the strokes is kept as well.
    near = ndimage.binary_dilation(strokes, np.ones((3, 3)), iterations=max(1, size // 140))
    return np.where(near & (ink > threshold / 2), np.clip(ink / full, 0, 1), 0).astype(np.float32)


def _light(tones):
    """The paper's tone at each point, as if there were no ink: exp of a quadratic surface, (height, width).

    Asymmetric least squares on the logarithms (Eilers & Boelens 2005): points below the surface, where ink
    may be, weigh a fiftieth of those above it.
    """
    rows, columns = (np.linspace(-1, 1, n) for n in tones.shape)
    row, column = np.meshgrid(rows, columns, indexing="ij")
    terms = np.stack([np.ones_like(row), row, column, row * row, row * column, column * column], axis=-1)
    every = max(1, max(tones.shape) // 70)  # some 70 x 70 points settle 6 coefficients
    design = terms[::every, ::every].reshape(-1, 6)
    heights = np.log(np.maximum(tones[::every, ::every].ravel(), DARKEST))
    weights = np.ones(len(heights))
    for _ in range(30):
        weighted = design * weights[:, np.newaxis]
        coefficients = np.linalg.lstsq(weighted.T @ design, weighted.T @ heights, rcond=None)[0]
        weights = np.where(heights > design @ coefficients, 1.0, 0.02)
    return np.exp(terms @ coefficients)


def _grey(picture, longest):
    """A file or array as float32 tones (height, width), 0 black and 1 white, at most so many pixels on a side."""
    from PIL import Image

    if not isinstance(picture, np.ndarray | str | os.PathLike):
        raise ValueError(
            f"the picture is {type(picture).__name__}: expected the path of a file, or an array of grey tones"
        )
    if isinstance(picture, np.ndarray):
        if picture.ndim != 2 or picture.size == 0 or picture.dtype.kind not in "iuf":
            raise ValueError(
                f"the picture is an array of {picture.dtype}, shape {picture.shape}: expected numbers, (height, width)"
            )
        tones = picture.astype(np.float32) / (255 if np.issubdtype(picture.dtype, np.integer) else 1)
        if not (tones.min() >= 0 and tones.max() <= 1):
            raise ValueError(
                f"the picture's tones lie between {tones.min()} and {tones.max()}: expected 0 to 1, or "
                "integers from 0 to 255"
            )
        grey = Image.fromarray(tones)
    else:
        grey = Image.fromarray(np.asarray(_open(picture).convert("L"), np.float32) / 255)
    grey.thumbnail((longest, longest), Image.Resampling.BOX)
    return np.asarray(grey)


def _tones(picture, path):
    """Tones in [0, 1] of a picture with more than 8 bits per pixel, by what the file's format says is white.

    16 bits: 65,535 is white. Floats: 1 is. Raises ValueError where nothing says it: 32-bit whole numbers, floats
    outside [0, 1], values below 0 such as those of computed tomography.
    """
    values = np.asarray(picture, np.float64)
    low, high = values.min(), values.max()
    white = 1.0 if picture.mode.startswith("F") else 65_535.0
    of_16_bits = picture.mode.startswith("I;16") or (
        picture.mode == "I" and picture.format in (None, "PNG", "PPM")
    )
    known = picture.mode.startswith("F") or of_16_bits
    if not known or not (low >= 0 and high <= white):
        raise ValueError(
            f"{path} has values from {low:g} to {high:g} in {picture.mode!r} pixels, and nothing says which is black "
            "and which is white. Read it as an array, scale it to 0..1 by a range that you choose for all pictures, "
            "(values - black) / (white - black), and give the arrays to datasets.from_arrays"
        )
    return values / white


def _open(path):
    """The picture of a file, upright, on white where transparent. Raises ValueError where it is none."""
    from PIL import Image, ImageOps

    path = pathlib.Path(os.path.expanduser(path))
    if not path.exists():
        raise FileNotFoundError(f"there is no picture {path} (looked in {pathlib.Path.cwd()})")
    try:
        with Image.open(path) as file:
            picture = ImageOps.exif_transpose(file)
            picture.load()
            picture.format = file.format
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise ValueError(f"{path} can't be read as a picture ({error}): save it as PNG or JPEG") from None
    if picture.mode.startswith(("I", "F")):  # more than 8 bits per pixel, which convert("L") would clip
        picture = Image.fromarray((_tones(picture, path) * 255).round().astype(np.uint8))
    if picture.has_transparency_data:
        picture = picture.convert("RGBA")
        picture = Image.alpha_composite(Image.new("RGBA", picture.size, "white"), picture)
    return picture
