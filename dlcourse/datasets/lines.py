"""Lines of handwritten digits, composed of single ones, with where each stands."""

import numpy as np

from dlcourse import checks
from dlcourse.datasets.speech import Strings

HEIGHT, SIDE = 32, 28
INK = 0.15
"""Columns with a pixel brighter than this belong to a digit."""
MARGIN = (3, 9)
"""Fewest and most empty columns before the first digit."""


def compose(
    images,
    digits,
    number,
    *,
    length=(3, 8),
    gap=(0, 8),
    slant=0.35,
    noise=0.15,
    width=None,
    seed=0,
):
    """Lines of digits drawn at random, one beside the other, as somebody in a hurry writes a number.

    Nobody wrote these lines: each digit may be by another hand.

    Args:
        images: float (n, 28, 28) or (n, 28, 28, 1) from 0 to 1, ink bright, as MNIST's are.
        digits: int (n,), 0 to 9.
        number: of lines.
        length: fewest and most digits of a line; each number between is equally likely.
        gap: least and largest number of empty columns between two digits; below 0, they overlap. A digit begins at
            least 2 columns after the one before it began.
        slant: how far right a line leans for each row up, drawn from -slant to slant for each line; each digit stands
            up to two rows higher or lower besides.
        noise: standard deviation of what is added to each pixel, drawn from 0 to noise for each line.
        width: of the pictures, in pixels; a draw that doesn't fit is made again. None: as wide as the widest needs.
        seed: of the draws.

    Returns:
        speech.Strings: x float32 (lines, 32, width, 1) from 0 to 1; y int32 (lines, longest), each digit plus 1, filled
        up with 0; spans int32 (lines, longest, 2), first column of each digit and the first after it.

    Raises:
        ValueError: where shapes or numbers make no sense, or lines hardly ever fit.
    """
    images, digits = _checked(images, digits)
    number, seed = checks.whole_number("compose(number)", number), checks.seed("compose(seed)", seed)
    fewest, most = _range("compose(length)", length, least=1, largest=100)
    nearest, farthest = _range("compose(gap)", gap, least=-12, largest=1_000)
    slant = float(checks.between("compose(slant)", slant, 0, 1))
    noise = float(checks.between("compose(noise)", noise, 0, 10))
    if width is not None:
        width = checks.whole_number("compose(width)", width, least=SIDE)
    random, drawn, tries = np.random.default_rng(seed), [], 0
    while len(drawn) < number:
        tries += 1
        if tries > 20 * number + 100:
            raise ValueError(
                f"compose(width={width}): {fewest} to {most} digits hardly ever fit into so few columns; give more, "
                "or None."
            )
        rows = random.integers(len(images), size=random.integers(fewest, most + 1))
        leaning = slanted(images[rows], random.uniform(-slant, slant))
        line, spans = _line(leaning, random, (nearest, farthest))
        if width is None or line.shape[1] <= width:
            drawn.append((rows, line, spans))
    width = width or max(line.shape[1] for _, line, _ in drawn)
    x = np.zeros((number, HEIGHT, width), "float32")
    y, where = np.zeros((number, most), "int32"), np.zeros((number, most, 2), "int32")
    for index, (rows, line, spans) in enumerate(drawn):
        x[index, :, : line.shape[1]] = line
        y[index, : len(rows)], where[index, : len(rows)] = digits[rows] + 1, spans
        x[index] += random.uniform(0, noise) * random.standard_normal(x[index].shape, "float32")
    return Strings(np.clip(x, 0, 1)[..., np.newaxis], y, where)


def slanted(images, slant):
    """Images whose rows are moved sideways, by ``slant`` columns more for each row up: float32 (n, rows, columns + 32).

    Args:
        images: float (n, rows, columns), at most 28 rows.
        slant: from -1 to 1; 0 moves nothing. Between two columns the brightness is divided in proportion.
    """
    images = np.asarray(images, "float32")
    count, rows, columns = images.shape
    padded = np.zeros((count, rows, columns + 32), "float32")
    moved = 16 + slant * ((rows - 1) / 2 - np.arange(rows)[:, np.newaxis])
    whole = np.floor(moved).astype(int)
    share, at = (moved - whole).astype("float32"), whole + np.arange(columns)
    row = np.arange(rows)[:, np.newaxis]
    padded[:, row, at] = (1 - share) * images
    padded[:, row, at + 1] += share * images
    return padded


def _line(leaning, random, gap):
    """One line, float32 (32, own width), and first and last column of each of its digits."""
    at, placed = random.integers(MARGIN[0], MARGIN[1] + 1), []
    for image in leaning:
        columns = np.flatnonzero(image.max(axis=0) > INK)
        piece = image[:, columns[0] : columns[-1] + 1]
        top = (HEIGHT - SIDE) // 2 + random.integers(-2, 3)
        placed.append((at, top, piece))
        at = max(at + piece.shape[1] + random.integers(gap[0], gap[1] + 1), at + 2)
    line = np.zeros((HEIGHT, max(left + piece.shape[1] for left, _, piece in placed) + MARGIN[0]), "float32")
    for left, top, piece in placed:
        part = line[top : top + SIDE, left : left + piece.shape[1]]
        np.maximum(part, piece, out=part)
    return line, [(left, left + piece.shape[1]) for left, _, piece in placed]


def _checked(images, digits):
    images = checks.between("compose(images)", images, 0, 1)
    digits = np.asarray(digits)
    if images.ndim == 4 and images.shape[3] == 1:
        images = images[..., 0]
    if images.ndim != 3 or images.shape[1:] != (SIDE, SIDE) or not len(images):
        raise ValueError(
            f"compose(images): got shape {images.shape}; expected (n, 28, 28) or (n, 28, 28, 1), such as MNIST's."
        )
    if (
        digits.shape != (len(images),)
        or digits.dtype.kind not in "iu"
        or digits.min() < 0
        or digits.max() > 9
    ):
        raise ValueError(
            f"compose(digits): {digits.dtype} {digits.shape} for {len(images)} images; expected one digit from 0 to 9 "
            "for each."
        )
    empty = np.flatnonzero(images.max(axis=(1, 2)) <= INK)
    if len(empty):
        raise ValueError(f"compose(images): image {empty[0]} is empty; leave out images without ink.")
    return images.astype("float32"), digits


def _range(name, given, least, largest):
    if checks.is_list(given) and len(given) == 2:
        low, high = (checks.whole_number(name, value, least=least, most=largest) for value in given)
        if low <= high:
            return low, high
    raise ValueError(f"{name}={given!r}: expected two whole numbers, the smaller first, such as (3, 8).")
