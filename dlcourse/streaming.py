"""Training on data that don't fit in memory: images in a file of fixed-length records, read a batch at a time.

A record is an image's bytes (uint8), row by row, and one byte for its label. As a program,

    python -m dlcourse.streaming stream FILE SIDE ALLOWANCE_MB

trains a linear classifier on such a file with a memory limit on its process, and prints what it needed as JSON; with
``load`` in place of ``stream`` it reads the file whole.
"""

import json
import os
import pathlib
import subprocess
import sys

import numpy as np
import psutil

MEGABYTE = 1_000_000
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
    if len(x) != len(y) or not len(x):
        raise ValueError(
            f"write() got {len(x)} images and {len(y)} labels; expected as many, and at least one."
        )
    if not (x.min() >= 0 and x.max() <= 1):
        raise ValueError(
            f"write() stores pixels from 0 to 1 as bytes; got {x.min():g} to {x.max():g}. Rescale them."
        )
    if not np.issubdtype(y.dtype, np.integer) or y.min() < 0 or y.max() > 255:
        raise ValueError(f"write() stores a label in a byte; got {y.dtype} from {y.min()} to {y.max()}.")
    records = np.c_[np.rint(x.reshape(len(x), -1) * 255), y].astype("uint8").tobytes()
    unfinished = path.with_name(f"{path.name}.{os.getpid()}.part")
    with open(unfinished, "wb") as file:
        for _ in range(copies):
            file.write(records)
    os.replace(unfinished, path)
    return copies * len(records)


def batches(path, shape, batch_size=BATCH_SIZE):
    """A ``tf.data.Dataset`` of batches (float32 x (batch, *shape) in [0, 1], int32 y (batch,)) from a file of records.

    At any time it holds one batch that is being used, one that is being made, and a read buffer.

    Raises:
        FileNotFoundError: where there is no such file.
        ValueError: where its size is no whole number of records.
    """
    import tensorflow as tf

    record = _record_bytes(path, shape)

    def decode(texts):
        values = tf.io.decode_raw(texts, tf.uint8)
        pixels = tf.reshape(tf.cast(values[:, :-1], tf.float32) / 255, [-1, *shape])
        return pixels, tf.cast(values[:, -1], tf.int32)

    return tf.data.FixedLengthRecordDataset(str(path), record).batch(batch_size).map(decode).prefetch(1)


def load(path, shape):
    """The whole file as arrays: what ``batches`` gives, in memory at once."""
    values = np.fromfile(path, "uint8").reshape(-1, _record_bytes(path, shape))
    return values[:, :-1].reshape(-1, *shape).astype("float32") / 255, values[:, -1].astype("int32")


def _record_bytes(path, shape):
    if not pathlib.Path(path).exists():
        raise FileNotFoundError(f"There is no file {path}; write it with streaming.write(path, x, y).")
    record, size = int(np.prod(shape)) + 1, pathlib.Path(path).stat().st_size
    if size == 0 or size % record:
        raise ValueError(
            f"{path} holds {size:,} bytes, no whole number of records of {record}: images of shape {shape} "
            "and a label each. Give the shape that it was written with; or it was cut off: write it again."
        )
    return record


def in_little_memory(way, path, side, allowance):
    """Run this module as a program, in a process of its own that may take ``allowance`` MB more than it starts with.

    Args:
        way: ``"stream"`` or ``"load"``.
        path: a file of square images.
        side: their height and width.
        allowance: in MB (10⁶ bytes).

    Returns:
        dict: ``"examples"`` trained on (0 where memory ran out), ``"needed"`` in MB (resident, at its peak, beyond the
        start; of a process that ran out, until then), ``"accuracy"`` on the examples as they came.
    """
    command = [sys.executable, "-m", "dlcourse.streaming", way, str(path), str(side), str(allowance)]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"{' '.join(command[1:])} failed:\n{done.stderr[-1500:]}")
    return json.loads(done.stdout.splitlines()[-1])


def _train(way, path, side, allowance):
    """What the program does: returns the dict that ``in_little_memory`` describes."""
    shape = (side, side, 1)
    record = _record_bytes(path, shape)
    examples = pathlib.Path(path).stat().st_size // record
    step = _trainer(shape)
    if way == "stream":
        step(batches(path, shape).take(2))  # starts threads and compiles, before memory is measured
    start = _peak()
    _limit(allowance)
    try:
        accuracy = step(batches(path, shape) if way == "stream" else load(path, shape))
    except MemoryError:
        accuracy = 0.0
    needed = (_peak() - start) / MEGABYTE
    ran_out = accuracy == 0 or needed > allowance  # the second where the system knows no limit
    return {
        "examples": 0 if ran_out else examples,
        "needed": needed,
        "accuracy": 0.0 if ran_out else accuracy,
    }


def _trainer(shape):
    """A function from data to the accuracy of a linear classifier on the examples as they came, over one epoch."""

    def train(data):
        from dlcourse import (  # here, so that running out is noticed before it is slow
            models,
            reproducibility,
            training,
        )

        reproducibility.start()
        model = models.mlp(shape, 10, hidden=[], seed=0)
        batch_size = BATCH_SIZE if isinstance(data, tuple) else None
        run = training.fit(model, training.objectives.classification(), data, epochs=1, batch_size=batch_size)
        return run.history["accuracy"][-1]

    return train


def _peak():
    """The process's largest resident memory so far, in bytes."""
    status = pathlib.Path("/proc/self/status")
    if status.exists():  # getrusage counts the parent's memory too, from before this program took its place
        lines = status.read_text().splitlines()
        return 1024 * next(int(line.split()[1]) for line in lines if line.startswith("VmHWM"))
    if sys.platform == "win32":
        return psutil.Process().memory_info().peak_wset
    import resource  # not on Windows

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def _limit(allowance):
    """Let the process take that many MB of address space beyond what it has; where there is no /proc, no limit."""
    statm = pathlib.Path("/proc/self/statm")
    if statm.exists():
        import resource

        most = int(statm.read_text().split()[0]) * os.sysconf("SC_PAGE_SIZE") + int(allowance * MEGABYTE)
        resource.setrlimit(resource.RLIMIT_AS, (most, most))


if __name__ == "__main__":
    way, path, side, allowance = sys.argv[1:]
    print(json.dumps(_train(way, path, int(side), float(allowance))))
