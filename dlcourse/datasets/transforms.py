"""Images made smaller, and copies of them moved: what a study trains on."""

import numpy as np


def pooled(split, factor=4):
    """A Split of images with every ``factor`` × ``factor`` pixels averaged into one, scaled to mean 0, variance 1.

    MNIST's 28 × 28 become 7 × 7. The constants are those of MNIST so pooled, the same for every split.

    Raises ValueError where the images' sides aren't multiples of ``factor``.
    """
    from dlcourse.datasets import Split

    return Split(_pool(split.x, factor), split.y)


def shifted(split, pixels=2, factor=4):
    """The eight copies of a Split's images that are moved by ``pixels`` up, down, sideways or both, and then pooled.

    Returns float32 (8, examples, height, width, 1). What leaves the picture is lost, what comes in is 0.
    """
    height, width = split.x.shape[1:3]
    wide = np.pad(split.x, [(0, 0), (pixels, pixels), (pixels, pixels), (0, 0)])
    moves = [
        (down, right)
        for down in (0, pixels, 2 * pixels)
        for right in (0, pixels, 2 * pixels)
        if (down, right) != (pixels, pixels)
    ]
    return np.stack(
        [_pool(wide[:, down : down + height, right : right + width], factor) for down, right in moves]
    )


def _pool(x, factor):
    examples, height, width, channels = x.shape
    if height % factor or width % factor:
        raise ValueError(
            f"pooled(factor={factor}) needs images whose sides are multiples of it; got {height} × {width}."
        )
    blocks = x.reshape(examples, height // factor, factor, width // factor, factor, channels)
    return ((blocks.mean(axis=(2, 4)) - 0.13) / 0.25).astype("float32")
