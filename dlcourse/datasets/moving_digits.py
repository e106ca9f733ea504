"""Short clips of handwritten digits that move: one that drifts, for classes of motion; several that bounce, to predict.

Digits are drawn from the images that are given, so that clips made from test images show no digit of the training.
Everything follows from a seed.
"""

import dataclasses

import numpy as np

from dlcourse import checks

DIRECTIONS = ((0, 1), (0, -1), (1, 0), (-1, 0))
"""Right, left, down, up: rows and columns per step."""
MOTIONS = ("right", "right, fast", "left", "left, fast", "down", "down, fast", "up", "up, fast")
"""The classes of ``drifting``: 1 pixel per frame, or 2, in each direction."""
FAR = 1e9
"""Where no place of a digit is: it would be a mistake."""
STEP = 1.8
"""Pixels per frame of ``bouncing``'s digits: a tenth of the 18 pixels that a digit of 14 has to move in 32."""


@dataclasses.dataclass(frozen=True, eq=False)
class Clips:
    """Clips and what they are made of.

    x: float32 (clips, frames, size, size, 1), 0 to 1. y: int32 (clips,), the class of motion, or None. glyphs: float32
    (clips, digits, side, side), the digits. places: float64 (clips, frames, digits, 2), row and column of each digit's
    upper left corner.
    """

    x: np.ndarray
    y: np.ndarray | None
    glyphs: np.ndarray
    places: np.ndarray

    def __len__(self):
        return len(self.x)


def shrunk(images):
    """Images of half the side: every 2 × 2 pixels averaged into one.

    Args:
        images: float (n, height, width) or (n, height, width, 1), 0 to 1, with even sides.

    Returns:
        float32 (n, height / 2, width / 2).

    Raises:
        ValueError: where the shape is another, or numbers lie outside 0 to 1.
    """
    images = checks.between("shrunk(images)", images, 0, 1)
    if images.ndim == 4 and images.shape[-1] == 1:
        images = images[..., 0]
    if images.ndim != 3 or not images.size or images.shape[1] % 2 or images.shape[2] % 2:
        raise ValueError(
            f"shrunk(images): shape {images.shape}; expected (n, height, width) or (n, height, width, 1), "
            "with even sides."
        )
    n, height, width = images.shape
    return images.reshape(n, height // 2, 2, width // 2, 2).mean(axis=(2, 4)).astype("float32")


def bouncing(images, number, *, frames=20, size=32, digits=2, step=STEP, seed=0):
    """Digits that move on straight lines and bounce off the four walls (Srivastava et al. 2015), each at one speed.

    Where two overlap, the brighter pixel is seen.

    Args:
        images: float (n, side, side), 0 to 1, such as ``shrunk`` gives; digits are drawn from them.
        number: of clips.
        frames: of each clip.
        size: height and width of a frame in pixels, above side.
        digits: in each clip.
        step: pixels per frame; directions are uniform over the circle.
        seed: of digits, places and directions.

    Returns:
        Clips, without classes.

    Raises:
        ValueError: where a number makes no sense, or a digit has no room to move.
    """
    glyphs, random = _drawn_from("bouncing", images, number, digits, size, seed)
    frames, step = checks.whole_number("bouncing(frames)", frames), checks.positive("bouncing(step)", step)
    room = size - glyphs.shape[-1]
    start = random.uniform(0, room, (number, 1, digits, 2))
    angle = random.uniform(0, 2 * np.pi, (number, 1, digits))
    velocity = step * np.stack([np.sin(angle), np.cos(angle)], axis=-1)
    places = bounced(start + velocity * np.arange(frames)[:, None, None], room)
    return Clips(drawn(glyphs, places, size), None, glyphs, places)


def bounced(places, room):
    """Where something is that would be at ``places`` if there were no walls at 0 and at ``room``; any float array."""
    room = checks.positive("bounced(room)", room)
    return room - np.abs(np.mod(checks.between("bounced(places)", places, -FAR, FAR), 2 * room) - room)


def drifting(images, number, *, frames=8, size=32, distractors=0, noise=0.0, seed=0):
    """A digit that drifts in one of 4 directions at one of 2 speeds, and comes in again where it left.

    It starts anywhere, so that a single frame is equally likely under all classes: what moves how is told by no frame
    alone. Distractors are other digits, which stand somewhere else in each frame.

    Args:
        images: float (n, side, side), 0 to 1; digits are drawn from them.
        number: of clips.
        frames: of each clip.
        size: height and width of a frame in pixels, above side.
        distractors: how many, 0 or more.
        noise: standard deviation of what is added to each pixel, in each frame anew; what leaves 0 to 1 is cut off.
        seed: of everything.

    Returns:
        Clips with y: 0 to 7, in the order of ``MOTIONS``.

    Raises:
        ValueError: where a number makes no sense, or a digit has no room to move.
    """
    distractors = checks.whole_number("drifting(distractors)", distractors, least=0)
    glyphs, random = _drawn_from("drifting", images, number, 1 + distractors, size, seed)
    frames = checks.whole_number("drifting(frames)", frames)
    noise = checks.between("drifting(noise)", noise, 0, 10)
    if noise.ndim:
        raise ValueError(
            f"drifting(noise): an array of shape {noise.shape}; expected one number, such as 0.1."
        )
    y = random.integers(0, len(MOTIONS), number).astype("int32")
    velocity = np.array(DIRECTIONS)[y // 2] * (1 + y % 2)[:, None]
    places = random.integers(0, size, (number, frames, 1 + distractors, 2)).astype("float64")
    places[:, :, 0] = places[:, :1, 0] + velocity[:, None] * np.arange(frames)[:, None]
    places = np.mod(places, size)
    x = drawn(glyphs, places, size, wrap=True)
    if noise:
        x += np.float32(noise) * random.standard_normal(x.shape, dtype="float32")
        np.clip(x, 0, 1, out=x)
    return Clips(x, y, glyphs, places)


def drawn(glyphs, places, size, *, wrap=False):
    """Frames with digits at their places, rounded to whole pixels; where digits overlap, the brighter pixel is seen.

    Args:
        glyphs: float (clips, digits, side, side).
        places: float (clips, frames, digits, 2), row and column of each upper left corner.
        size: height and width of a frame.
        wrap: whether what leaves the frame comes in on the other side; else it is cut off.

    Returns:
        float32 (clips, frames, size, size, 1).

    Raises:
        ValueError: where glyphs and places don't belong together.
    """
    glyphs = checks.between("drawn(glyphs)", glyphs, 0, 1).astype("float32")
    places = checks.between("drawn(places)", places, -FAR, FAR)
    size = checks.whole_number("drawn(size)", size)
    clips, digits, side = (glyphs.shape + (0, 0, 0))[:3]
    if (
        glyphs.shape != (clips, digits, side, side)
        or places.shape[::2] != (clips, digits)
        or places.shape[3:] != (2,)
    ):
        raise ValueError(
            f"drawn(): glyphs {glyphs.shape} and places {places.shape}; expected (clips, digits, side, side) and "
            "(clips, frames, digits, 2)."
        )
    margin = 0 if wrap else side
    whole = np.floor(places + 0.5)
    if not wrap:
        whole = np.clip(whole, -side, size)
    corners = (np.mod(whole, size) if wrap else whole + margin).astype("int64")
    canvas = np.zeros((clips, places.shape[1], size + 2 * margin, size + 2 * margin), "float32")
    rows, along = np.arange(clips)[:, None, None], np.arange(side)
    for frame in range(places.shape[1]):
        for digit in range(digits):
            down = corners[:, frame, digit, 0, None, None] + along[:, None]
            right = corners[:, frame, digit, 1, None, None] + along
            if wrap:
                down, right = down % size, right % size
            seen = canvas[rows, frame, down, right]
            canvas[rows, frame, down, right] = np.maximum(seen, glyphs[:, digit])
    inside = slice(margin, margin + size)
    return np.ascontiguousarray(canvas[:, :, inside, inside, None])


def backwards(y):
    """The classes of motion that the same clips have when played backwards: right and left, up and down change places.

    Args:
        y: whole numbers from 0 to 7, an array of any shape.

    Returns:
        Whole numbers of the same type and shape.

    Raises:
        ValueError: where y has other values.
    """
    y = np.asarray(y)
    if y.dtype.kind not in "iu" or (y.size and (y.min() < 0 or y.max() >= len(MOTIONS))):
        raise ValueError(f"backwards(y): expected whole numbers from 0 to {len(MOTIONS) - 1}; got {y.dtype}.")
    return y ^ 2


def _drawn_from(name, images, number, digits, size, seed):
    """Glyphs float32 (number, digits, side, side), drawn by a seed, and the generator; arguments are checked."""
    images = checks.between(f"{name}(images)", images, 0, 1)
    if images.ndim != 3 or not images.size or images.shape[1] != images.shape[2]:
        raise ValueError(
            f"{name}(images): shape {images.shape}; expected square ones, (n, side, side), such as "
            "moving_digits.shrunk(mnist.test.x) gives."
        )
    number = checks.whole_number(f"{name}(number)", number)
    digits = checks.whole_number(f"{name}(digits)", digits)
    checks.whole_number(f"{name}(size)", size, least=images.shape[1] + 1)
    random = np.random.default_rng(checks.seed(f"{name}(seed)", seed))
    return images.astype("float32")[random.integers(len(images), size=(number, digits))], random
