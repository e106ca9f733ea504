"""Seeds, deterministic operations, threads, quiet logs, and a report of the environment."""

import contextlib
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
    "OPENBLAS_THREAD_TIMEOUT": "4",  # NumPy's second thread sleeps between two products, where else it would spin
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


def start(seed=0, threads=None, tensorflow=True):
    """Make what follows repeatable: call it once, first thing in a notebook or script.

    Seeds Python, NumPy and Keras; asks TensorFlow for deterministic operations; pins the number of threads;
    silences start-up logs; sets the figures' style. Two runs on one machine then give the same bits.

    Args:
        seed: whole number, at least 0.
        threads: threads for TensorFlow and NumPy; by default ``DLCOURSE_THREADS`` or 2.
        tensorflow: False where a chapter uses neither TensorFlow nor Keras: they are then not loaded, which saves
            seconds.

    Raises:
        ValueError: where the seed or the number of threads is not usable, or Keras runs on another backend.
    """
    if isinstance(seed, bool) or not isinstance(seed, int) or seed < 0:
        raise ValueError(
            f"start(seed={seed!r}): a seed is a whole number, 0 or more; give for example seed=0."
        )
    threads = _requested_threads() if threads is None else threads
    if isinstance(threads, bool) or not isinstance(threads, int) or threads < 1:
        raise ValueError(f"start(threads={threads!r}): expected a whole number of threads, 1 or more.")

    import numpy
    import threadpoolctl

    if tensorflow:
        _start_tensorflow(seed, threads)
    threadpoolctl.threadpool_limits(threads)
    random.seed(seed)
    numpy.random.seed(seed)

    from dlcourse import style

    style.apply()


def _start_tensorflow(seed, threads):
    logging.getLogger("tensorflow").setLevel(logging.ERROR)
    import keras

    if keras.backend.backend() != "tensorflow":
        raise ValueError(
            f"Keras runs on the backend {keras.backend.backend()!r}; the course needs 'tensorflow'. Set the "
            "environment variable KERAS_BACKEND=tensorflow (or edit ~/.keras/keras.json) and restart the kernel."
        )
    pin_threads(threads)
    deterministic()
    keras.utils.set_random_seed(seed)


def deterministic():
    """Ask TensorFlow for operations that give the same bits on every run. May be called again."""
    import tensorflow as tf

    tf.config.experimental.enable_op_determinism()


@contextlib.contextmanager
def determinism():
    """Operations that give the same bits on every run, inside a ``with`` block; after it, what was before.

    Where determinism is on, Keras' own random operations ask for a global seed; a session that has set none goes on
    working after the block.
    """
    from tensorflow.python.framework import config  # TensorFlow has no public way to ask or to switch it off

    before = config.is_op_determinism_enabled()
    deterministic()
    try:
        yield
    finally:
        if not before:
            config.disable_op_determinism()


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
        raise ValueError(
            f"DLCOURSE_THREADS={text!r}: expected a whole number of threads, such as 2."
        ) from None


def report():
    """Versions and machine, as a dict from name to text. Measured, so print its values inside ⟨ ⟩."""
    from importlib import metadata

    packages = [
        "tensorflow",
        "keras",
        "tensorflow-probability",
        "gymnasium",
        "numpy",
        "matplotlib",
        "jupyterlab",
    ]
    lines = {"Python": platform.python_version()}
    lines |= {name: metadata.version(name) for name in packages}
    lines["machine"] = f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores"
    lines["threads used"] = str(_requested_threads())
    lines["interpreter"] = sys.implementation.name
    return lines


def check(package="dlcourse"):
    """What in this environment doesn't fit the course, and what to do about it.

    Compares this Python and the installed packages with the ranges that the package itself declares
    (pyproject.toml, as installed), asks which backend Keras is told to use, and loads TensorFlow and Keras.

    Args:
        package: the installed package whose requirements are to hold.

    Returns:
        list of str: one problem each, with its cure; empty where everything fits.
    """
    from importlib import metadata

    try:
        about = metadata.metadata(package)
    except metadata.PackageNotFoundError:
        return [_problem(f"The package {package} itself is not installed.")]
    problems = unmet(about["Requires-Python"], about.get_all("Requires-Dist") or [])
    backend = _backend()
    if backend != "tensorflow":
        problems.append(
            f"Keras is told to run on the backend {backend!r}; the course needs 'tensorflow'.\n"
            "  What to do: set the environment variable KERAS_BACKEND to tensorflow, or remove it. Restart."
        )
    elif not problems:
        problems += _unloadable("tensorflow", "keras")
    return problems


def unmet(python, requirements, installed=None):
    """Which requirements are not met.

    Args:
        python: range of Python versions, such as ``">=3.11,<3.14"``; None or empty for any.
        requirements: list of requirements as in pyproject.toml; those of optional groups are left out.
        installed: dict from package to version, for tests; by default what is installed. The entry
            ``"python"`` stands for this Python.

    Returns:
        list of str: one problem each, with its cure.
    """
    try:
        from packaging.requirements import Requirement
        from packaging.specifiers import SpecifierSet
    except ImportError:
        return [_problem("The package packaging is not installed, so that no version can be checked.")]

    found = installed["python"] if installed else platform.python_version()
    problems = []
    if not SpecifierSet(python or "").contains(found, prereleases=True):
        problems.append(
            f"This is Python {found}; the course needs {python}.\n"
            "  What to do: install such a Python, and set up the course with it: make setup PYTHON=python3.12"
        )
    for requirement in map(Requirement, requirements):
        if requirement.marker is not None and not requirement.marker.evaluate({"extra": ""}):
            continue
        name = requirement.name
        version = installed.get(name) if installed else _version(name)
        needs = f"the course needs {name} {requirement.specifier}".strip()
        if version is None:
            problems.append(_problem(f"{name} is not installed; {needs}."))
        elif not requirement.specifier.contains(version, prereleases=True):
            problems.append(_problem(f"{name} {version} is installed; {needs}."))
    return problems


def _problem(sentence):
    return (
        f"{sentence}\n  What to do: close this, and type `make lab` in the course's folder; it opens the "
        f"notebooks in the course's own environment. Used now: {sys.executable}"
    )


def _version(name):
    from importlib import metadata

    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


def _backend():
    """The backend that Keras runs on, or will run on once it is loaded."""
    if "keras" in sys.modules:
        return sys.modules["keras"].backend.backend()
    return os.environ.get("KERAS_BACKEND") or ENVIRONMENT["KERAS_BACKEND"]


def _unloadable(*names):
    """Problems with packages that are installed but don't load."""
    import importlib

    problems = []
    for name in names:
        try:
            importlib.import_module(name)
        except Exception as error:  # a broken installation raises anything
            last = str(error).strip().splitlines()[-1:] or [type(error).__name__]
            problems.append(
                f"{name} is installed, but doesn't load: {last[0]}\n"
                "  What to do: restart the kernel. If it stays so, remove the folder .venv and type `make setup`. "
                "On Windows, install Microsoft's Visual C++ Redistributable (x64) first."
            )
    return problems
