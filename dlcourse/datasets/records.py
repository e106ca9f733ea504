"""Images in a file of fixed-length records, for data that don't fit in memory.

A record is an image's bytes (uint8), row by row, and one byte for its label.
"""

import math
import pathlib

import numpy as np

from dlcourse import checks, files

BATCH_SIZE = 500


def write(path, x, y, copies=1):
    """Write images and labels as records, ``copies`` times over, without holding more than one copy in memory.

    Args:
        path: of the file; it appears whole or not at all.
        x: float (examples, ...) in [0, 1], stored as 0 to 255.
        y: whole numbers (examples,) from 0 to 255.
        copies: how often all of them are written.

    Returns:
        int: bytes written.

    Raises:
        ValueError: where lengths differ, or pixels or labels don't fit into a byte.
    """
    x, y, path = np.asarray(x), np.asarray(y), pathlib.Path(path)
    copies = checks.whole_number("write(copies)", copies)
    if not x.ndim or not y.ndim or x.dtype.kind not in "biuf" or not x.size:
        raise ValueError(
            f"write() got images {x.dtype} {x.shape} and labels {y.dtype} {y.shape}; expected arrays of numbers, not "
            "empty."
        )
    if y.shape != x.shape[:1]:
        raise ValueError(
            f"write() got {len(x)} images and {len(y)} labels, {y.shape}; expected as many, (examples,)."
        )
    if not (x.min() >= 0 and x.max() <= 1):
        raise ValueError(
            f"write() stores pixels from 0 to 1 as bytes; got {x.min():g} to {x.max():g}. Rescale them."
        )
    if not np.issubdtype(y.dtype, np.integer):
        raise ValueError(f"write() stores a label in a byte: a whole number from 0 to 255; got {y.dtype}.")
    if y.min() < 0 or y.max() > 255:
        raise ValueError(f"write() stores a label in a byte; got {y.dtype} from {y.min()} to {y.max()}.")
    x = x.reshape(len(x), -1)
    records = np.empty((len(x), x.shape[1] + 1), "uint8")
    records[:, :-1], records[:, -1] = np.rint(x * 255), y
    with files.whole(path) as unfinished, open(unfinished, "wb") as file:
        for _ in range(copies):
            file.write(records)
    return copies * records.nbytes


def batches(path, shape, batch_size=BATCH_SIZE):
    """A ``tf.data.Dataset`` of batches from a file of records.

    A batch is (x, y): float32 (batch, *shape) in [0, 1], int32 (batch,). Memory holds the batch in use, the next one,
    and a read buffer.

    Raises:
        FileNotFoundError: where there is no such file.
        ValueError: where its size is no whole number of records, or ``batch_size`` no whole number of 1 or more.
    """
    import tensorflow as tf

    batch_size = checks.whole_number("batches(batch_size)", batch_size)
    record = record_bytes(path, shape)

    def decode(texts):
        values = tf.io.decode_raw(texts, tf.uint8)
        pixels = tf.reshape(tf.cast(values[:, :-1], tf.float32) / 255, [-1, *shape])
        return pixels, tf.cast(values[:, -1], tf.int32)

    return tf.data.FixedLengthRecordDataset(str(path), record).batch(batch_size).map(decode).prefetch(1)


def load(path, shape):
    """The whole file as two arrays: x, float32 (examples, *shape) in [0, 1], and y, int32 (examples,).

    Raises:
        FileNotFoundError, ValueError: as for ``batches``.
    """
    values = np.fromfile(path, "uint8").reshape(-1, record_bytes(path, shape))
    return values[:, :-1].reshape(-1, *shape).astype("float32") / 255, values[:, -1].astype("int32")


def record_bytes(path, shape):
    """Bytes of one record of images of that shape; errors as for ``batches``."""
    if not pathlib.Path(path).exists():
        raise FileNotFoundError(f"There is no file {path}; write it with records.write(path, x, y).")
    record, size = math.prod(checks.shape("records(shape)", shape)) + 1, pathlib.Path(path).stat().st_size
    if size == 0 or size % record:
        raise ValueError(
            f"{path} holds {size:,} bytes, no whole number of records of {record}: images of shape {shape}, "
            "each with its label. Give the shape that it was written with; or it was cut off: write it again."
        )
    return record
