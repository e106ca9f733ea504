"""Training on data that don't fit in memory: images in a file of fixed-length records, read a batch at a time.

A record is an image's bytes (uint8), row by row, and one byte for its label. As a program,

    python -m dlcourse.experiments.memory_limit stream FILE SIDE ALLOWANCE_MB

trains a linear classifier on such a file with a memory limit on its process, and prints what it needed as JSON; with
``load`` in place of ``stream`` it reads the file whole.
"""

import json
import os
import pathlib
import subprocess
import sys

import psutil

from dlcourse.datasets import records

MEGABYTE = 1_000_000

UNUSED = ("matplotlib.pyplot", "pandas", "sklearn")
"""Keras imports them where it finds them; the program starts sooner, and in less memory, if it doesn't."""


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
    command = [
        sys.executable,
        "-m",
        "dlcourse.experiments.memory_limit",
        way,
        str(path),
        str(side),
        str(allowance),
    ]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"{' '.join(command[1:])} failed:\n{done.stderr[-1500:]}")
    return json.loads(done.stdout.splitlines()[-1])


def _train(way, path, side, allowance):
    """What the program does: returns the dict that ``in_little_memory`` describes."""
    shape = (side, side, 1)
    record = records.record_bytes(path, shape)
    examples = pathlib.Path(path).stat().st_size // record
    step = _trainer(shape)
    if way == "stream":
        step(records.batches(path, shape).take(2))  # starts threads and compiles, before memory is measured
    start = _peak()
    _limit(allowance)
    try:
        accuracy = step(records.batches(path, shape) if way == "stream" else records.load(path, shape))
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
        batch_size = records.BATCH_SIZE if isinstance(data, tuple) else None
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
    sys.modules.update(dict.fromkeys(UNUSED))
    way, path, side, allowance = sys.argv[1:]
    print(json.dumps(_train(way, path, int(side), float(allowance))))
