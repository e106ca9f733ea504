"""Seeds, deterministic operations, threads, quiet logs, and a report of the environment."""

import logging
import os
import platform
import random
import sys
import warnings

ENVIRONMENT = {
    "KERAS_BACKEND": "tensorflow",
    "TF_CPP_MIN_LOG_LEVEL": "3",  # TensorFlow's C++ start-up lines
    "TQDM_DISABLE": "1",  # progress bars: for people, never in stored outputs
    "MPLBACKEND": "module://matplotlib_inline.backend_inline",
    "PYTHONHASHSEED": "0",
    "SOURCE_DATE_EPOCH": "0",  # no dates inside figures
    "CUDA_VISIBLE_DEVICES": "-1",  # stored outputs come from the CPU, whatever the machine has
    "PYDEVD_DISABLE_FILE_VALIDATION": "1",  # ipykernel's debugger warns on stderr otherwise
}
"""Environment variables under which notebooks are executed, both when outputs are stored and when they are tested."""

THREADS = 2
"""Threads for TensorFlow and for NumPy's linear algebra, whatever the machine has.

A sum over more threads is added up in another order and differs in its last bits. Override with the environment
variable ``DLCOURSE_THREADS`` or ``start(threads=...)``.
"""


def set_environment(*names):
    """Set the named entries of ``ENVIRONMENT`` in this process, unless the user has set them already."""
    for name in names:
        os.environ.setdefault(name, ENVIRONMENT[name])


def start(seed=0, threads=None):
    """Make what follows repeatable: call it once, first thing in a notebook or script.

    Seeds Python, NumPy and Keras; asks TensorFlow for deterministic operations; pins the number of threads;
    silences start-up logs; sets the figures' style. Two runs on one machine then give the same bits.

    Args:
        seed: whole number, at least 0.
        threads: threads for TensorFlow and NumPy; by default ``DLCOURSE_THREADS`` or 2.

    Raises:
        ValueError: where the seed or the number of threads is not usable, or Keras runs on another backend.
    """
    if isinstance(seed, bool) or not isinstance(seed, int) or seed < 0:
        raise ValueError(f"start(seed={seed!r}): a seed is a whole number, 0 or more; give for example seed=0.")
    threads = _requested_threads() if threads is None else threads
    if isinstance(threads, bool) or not isinstance(threads, int) or threads < 1:
        raise ValueError(f"start(threads={threads!r}): expected a whole number of threads, 1 or more.")

    logging.getLogger("tensorflow").setLevel(logging.ERROR)
    import keras
    import numpy
    import threadpoolctl

    if keras.backend.backend() != "tensorflow":
        raise ValueError(
            f"Keras runs on the backend {keras.backend.backend()!r}; the course needs 'tensorflow'. Set the "
            "environment variable KERAS_BACKEND=tensorflow (or edit ~/.keras/keras.json) and restart the kernel."
        )
    pin_threads(threads)
    threadpoolctl.threadpool_limits(threads)
    deterministic()
    random.seed(seed)
    numpy.random.seed(seed)
    keras.utils.set_random_seed(seed)

    from dlcourse.figures import style

    style.apply()


def deterministic():
    """Ask TensorFlow for operations that give the same bits on every run. May be called again."""
    import tensorflow as tf

    tf.config.experimental.enable_op_determinism()


def pin_threads(threads):
    """Pin TensorFlow's threads; warns where TensorFlow has started already with another number."""
    import tensorflow as tf

    try:
        tf.config.threading.set_intra_op_parallelism_threads(threads)
        tf.config.threading.set_inter_op_parallelism_threads(threads)
    except RuntimeError:  # TensorFlow's threads are fixed at its first operation
        found = tf.config.threading.get_intra_op_parallelism_threads()
        if found != threads:
            warnings.warn(
                f"TensorFlow is already running with {found or 'all'} threads, so {threads} can't be set: results "
                "may differ in their last digits. Call reproducibility.start() before anything else.",
                stacklevel=3,
            )


def _requested_threads():
    text = os.environ.get("DLCOURSE_THREADS", str(THREADS))
    try:
        return int(text)
    except ValueError:
        raise ValueError(f"DLCOURSE_THREADS={text!r}: expected a whole number of threads, such as 2.") from None


def report():
    """Versions and machine, as a dict from name to text. Measured, so print its values inside ⟨ ⟩."""
    from importlib import metadata

    packages = ["tensorflow", "keras", "tensorflow-probability", "gymnasium", "numpy", "matplotlib", "jupyterlab"]
    lines = {"Python": platform.python_version()}
    lines |= {name: metadata.version(name) for name in packages}
    lines["machine"] = f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores"
    lines["threads used"] = str(_requested_threads())
    lines["interpreter"] = sys.implementation.name
    return lines
