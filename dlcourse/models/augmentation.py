"""Data augmentation as a layer: random affine changes of images, drawn anew in each training step."""

import numbers

import keras
import numpy as np
import tensorflow as tf

from dlcourse import checks


@keras.saving.register_keras_serializable("dlcourse")
class RandomAffine(keras.layers.Layer):
    """Rotate, scale, shear and shift each image at random; what comes in from outside is 0.

    Maps float (batch, height, width, channels) to the same shape, by one bilinear interpolation. Outside training it
    changes nothing. A point at (x, y) from the image's middle goes to scale · R(angle) · (x + shear · y, y) + shift.

    Args:
        rotation: largest angle, degrees.
        scale: largest change of size, as a share: 0.1 draws factors from 0.9 to 1.1.
        shear: largest shear, in pixels per pixel.
        shift: largest shift along either axis, pixels.
        seed: of the draws; ``training.fit`` replaces it by its own.

    Raises:
        ValueError: where a range is negative, or a scale 1 or more.
    """

    def __init__(self, rotation=10.0, scale=0.1, shear=0.1, shift=2.0, seed=0, **options):
        super().__init__(**options)
        ranges = {"rotation": rotation, "scale": scale, "shear": shear, "shift": shift}
        real = all(isinstance(value, numbers.Real) and 0 <= value < np.inf for value in ranges.values())
        if not real or scale >= 1:
            raise ValueError(f"RandomAffine({ranges}): ranges are 0 or more, and a scale below 1.")
        self.ranges, self.seed = ranges, checks.seed("RandomAffine(seed)", seed)
        self.generator = keras.random.SeedGenerator(seed)

    def call(self, images, training=False):
        if not training:
            return images
        draws = keras.random.uniform((5, tf.shape(images)[0]), -1.0, 1.0, seed=self.generator)
        angle = draws[0] * self.ranges["rotation"] * np.pi / 180
        factor, shear = 1 + draws[1] * self.ranges["scale"], draws[2] * self.ranges["shear"]
        return transformed(
            images, angle, factor, shear, draws[3] * self.ranges["shift"], draws[4] * self.ranges["shift"]
        )

    def compute_output_shape(self, input_shape):
        return input_shape

    def get_config(self):
        return {**super().get_config(), **self.ranges, "seed": self.seed}


def transformed(images, angle, scale, shear, shift_x, shift_y):
    """Images rotated, scaled, sheared and shifted about their middle, each by its own numbers.

    Args:
        images: float tensor (batch, height, width, channels).
        angle: radians, positive turns clockwise on the screen (y points down); scale, shear: without unit; shift_x,
            shift_y: pixels to the right and down. Each float tensor (batch,).

    Returns:
        float tensor of the same shape.
    """
    height, width = images.shape[1:3]
    middle_x, middle_y = (width - 1) / 2, (height - 1) / 2
    cos, sin = tf.cos(angle), tf.sin(angle)
    # The inverse of scale · R(angle) · [[1, shear], [0, 1]]: it says from where each place of the output is taken.
    a, b = (cos + shear * sin) / scale, (sin - shear * cos) / scale
    c, d = -sin / scale, cos / scale
    from_x, from_y = middle_x + shift_x, middle_y + shift_y
    offset_x, offset_y = middle_x - a * from_x - b * from_y, middle_y - c * from_x - d * from_y
    zero = tf.zeros_like(a)
    return tf.raw_ops.ImageProjectiveTransformV3(
        images=images,
        transforms=tf.stack([a, b, offset_x, c, d, offset_y, zero, zero], axis=1),
        output_shape=[height, width],
        interpolation="BILINEAR",
        fill_mode="CONSTANT",
        fill_value=0.0,
    )
