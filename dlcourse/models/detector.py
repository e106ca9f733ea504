"""A detector: for every cell of 4×4 pixels, is an object's centre here, of which class, and how large is its box?

Objects as points: Zhou, Wang & Krähenbühl 2019, arXiv:1904.07850. Maps of several sizes, added from the coarsest
down: Lin et al. 2017, arXiv:1612.03144.
"""

import keras
from keras import layers

from dlcourse import checks
from dlcourse.models.boxes import STRIDE
from dlcourse.models.convnet import Seeds, convolution_block, residual_block

COARSEST = 16
RARE = -4.6
"""The heatmaps' first logit: 1 % of the cells, about as rare as objects are (Lin et al. 2017, section 4.1)."""


def detector(input_shape, classes, *, filters=(16, 32, 64, 96), head=64, seed=None):
    """A small detector of the kind of CenterNet.

    Maps float32 images (batch, height, width, channels) from 0 to 1 to (batch, height / 4, width / 4, classes + 4): for
    each cell the logit of each class, "an object of this class has its centre here", and four numbers of the box, which
    ``models.boxes.decoded`` reads. All layers are convolutions, so that one set of weights takes images of any size.

    Args:
        input_shape: (height, width, channels), multiples of 16; None for a side of any size.
        classes: number of classes.
        filters: channels of the maps at 1/2, 1/4, 1/8 and 1/16 of the image's size.
        head: channels of the last map, which outputs are read from.
        seed: of the initial weights; None draws from Keras' global generator.

    Raises:
        ValueError: where a shape or a number makes no sense.
    """
    if not checks.is_list(input_shape) or len(input_shape) != 3:
        raise ValueError(f"detector(input_shape={input_shape!r}): expected (height, width, channels).")
    *sides, channels = input_shape
    channels = checks.whole_number("detector(input_shape[2])", channels)
    for side in sides:
        if side is not None and checks.whole_number("detector(input_shape)", side) % COARSEST:
            raise ValueError(
                f"detector(input_shape={tuple(input_shape)}): its coarsest map has 1/{COARSEST} of the image's size, "
                "so "
                f"give sides that {COARSEST} divides: pad images with zeros, or crop them."
            )
    classes, head = (
        checks.whole_number("detector(classes)", classes),
        checks.whole_number("detector(head)", head),
    )
    filters = checks.widths("detector(filters)", filters)
    if len(filters) != 4:
        raise ValueError(f"detector(filters={filters}): expected four, for maps of 1/2, 1/4, 1/8 and 1/16.")
    seeds = Seeds(checks.seed("detector(seed)", seed))
    inputs = keras.Input((*sides, channels))
    half = convolution_block(inputs, filters[0], stride=2, seeds=seeds, name="half")
    quarter = convolution_block(half, filters[1], stride=2, seeds=seeds, name="quarter")
    quarter = residual_block(quarter, filters[1], seeds=seeds, name="quarter_residual")
    eighth = residual_block(quarter, filters[2], stride=2, seeds=seeds, name="eighth")
    sixteenth = residual_block(eighth, filters[3], stride=2, seeds=seeds, name="sixteenth")
    x = added(sixteenth, eighth, filters[2], seeds, "down_to_eighth")
    x = added(x, quarter, head, seeds, "down_to_quarter")
    x = convolution_block(x, head, seeds=seeds, name="head")
    heat = layers.Conv2D(
        classes,
        1,
        bias_initializer=keras.initializers.Constant(RARE),
        kernel_initializer=seeds.initializer("glorot_uniform"),
        dtype="float32",  # also where all else is computed in fewer bits
        name="heat",
    )(x)
    box = layers.Conv2D(
        4, 1, kernel_initializer=seeds.initializer("glorot_uniform"), dtype="float32", name="box"
    )(x)
    outputs = layers.Concatenate(dtype="float32", name="outputs")([heat, box])
    return keras.Model(inputs, outputs, name="detector")


def added(coarse, fine, filters, seeds, name):
    """The coarser map, enlarged twofold, added to the finer one, both by 1×1 convolutions, and mixed by one of 3×3."""
    coarse = convolution_block(coarse, filters, kernel=1, activation=None, seeds=seeds, name=f"{name}_coarse")
    coarse = layers.UpSampling2D(2, name=f"{name}_enlarged")(coarse)
    fine = convolution_block(fine, filters, kernel=1, activation=None, seeds=seeds, name=f"{name}_fine")
    x = layers.Activation("relu", name=f"{name}_activation")(layers.Add(name=f"{name}_sum")([coarse, fine]))
    return convolution_block(x, filters, seeds=seeds, name=f"{name}_mixed")


__all__ = ["STRIDE", "added", "detector"]
