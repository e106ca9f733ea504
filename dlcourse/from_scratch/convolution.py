"""Convolution in NumPy, float64: as loops, as a matrix, and its padding. A map is (height, width, channels).

As in Keras and nearly all of deep learning, the kernel isn't flipped: mathematicians call it cross-correlation.
"""

import numpy as np


def padding(size, kernel, stride=1, dilation=1):
    """Zeros before and after an axis so that ceil(size / stride) outputs fit ("same" padding as TensorFlow has it)."""
    outputs = -(-size // stride)
    total = max((outputs - 1) * stride + dilation * (kernel - 1) + 1 - size, 0)
    return total // 2, total - total // 2


def output_size(size, kernel, stride=1, dilation=1, padding="valid"):
    """Number of outputs along an axis: floor((size - d (k - 1) - 1) / s) + 1, or ceil(size / s) for "same"."""
    if padding == "same":
        return -(-size // stride)
    outputs = (size - dilation * (kernel - 1) - 1) // stride + 1
    if outputs < 1:
        raise ValueError(
            f"output_size(): a kernel of {kernel} with dilation {dilation} spans {dilation * (kernel - 1) + 1}, and "
            f"the axis has {size}. Give a larger map, or padding='same'."
        )
    return outputs


def padded(x, kernel, stride=1, dilation=1):
    """The map x, (height, width, channels), with the zeros around it that "same" padding adds for a kernel."""
    sides = [
        padding(size, k, stride, dilation) for size, k in zip(x.shape[:2], kernel.shape[:2], strict=True)
    ]
    return np.pad(x, [*sides, (0, 0)])


def by_loops(x, kernel, stride=1, dilation=1, same=False):
    """out[i, j, f] = Σ_{a, b, c} x[i s + a d, j s + b d, c] · kernel[a, b, c, f].

    Args:
        x: float (height, width, channels).
        kernel: float (kernel height, kernel width, channels, filters).
        stride, dilation: s and d, whole numbers.
        same: whether zeros are put around x first.

    Returns:
        float64 (rows, columns, filters).
    """
    x = padded(x, kernel, stride, dilation) if same else x
    height, width, channels, filters = kernel.shape
    rows = output_size(x.shape[0], height, stride, dilation)
    columns = output_size(x.shape[1], width, stride, dilation)
    out = np.zeros((rows, columns, filters))
    for i in range(rows):
        for j in range(columns):
            for a in range(height):
                for b in range(width):
                    for c in range(channels):
                        value = x[i * stride + a * dilation, j * stride + b * dilation, c]
                        out[i, j] += value * kernel[a, b, c]
    return out


def matrix(kernel, shape, stride=1, dilation=1):
    """The matrix of a convolution: out.ravel() = matrix @ x.ravel(), without padding.

    Each row is one filter at one place: the kernel where its field lies, zeros elsewhere.

    Args:
        kernel: float (kernel height, kernel width, channels, filters).
        shape: (height, width, channels) of x.

    Returns:
        float64 (rows · columns · filters, height · width · channels).
    """
    height, width, _, filters = kernel.shape
    rows = output_size(shape[0], height, stride, dilation)
    columns = output_size(shape[1], width, stride, dilation)
    found = np.zeros((rows, columns, filters, *shape))
    for i in range(rows):
        for j in range(columns):
            places_i = i * stride + dilation * np.arange(height)
            places_j = j * stride + dilation * np.arange(width)
            found[i, j][:, places_i[:, None], places_j[None, :]] = np.moveaxis(kernel, 3, 0)
    return found.reshape(rows * columns * filters, -1)


def pooled(x, size=2):
    """Max pooling: the largest of each size x size block of a map; rows and columns left over are dropped."""
    rows, columns, channels = x.shape[0] // size, x.shape[1] // size, x.shape[2]
    blocks = x[: rows * size, : columns * size].reshape(rows, size, columns, size, channels)
    return blocks.max(axis=(1, 3))
