"""Progress bars for whatever takes longer than a few seconds, in a terminal and in JupyterLab.

A bar shows after 3 seconds, with the time left, and goes away when it is done. Where nobody watches, none is shown:
see ``watched``.
"""

import os
import sys

from tqdm.auto import tqdm

DELAY = 3


def bar(iterable=None, description="", total=None, unit="step"):
    """A bar around an iterable, or one to be updated by hand where ``iterable`` is None.

    >>> for seed in bar(range(5), "seeds"):
    ...     ...
    """
    return tqdm(
        iterable,
        desc=description,
        total=total,
        unit=unit,
        unit_scale=True,
        delay=DELAY,
        leave=False,
        dynamic_ncols=True,
        disable=not watched(),
    )


def until(total, done, description=""):
    """Goes on, with a bar, as long as ``done()``, a number that grows by itself, is below the total; yields it.

    >>> for steps in until(10_000, lambda: collector.steps.min()):
    ...     ...
    """
    with bar(total=total, description=description) as shown:
        while (now := done()) < total:
            shown.update(now - shown.n)
            yield now


def strides(total, stride, description=""):
    """Yields stride, 2 · stride, ..., at most the total, with a bar of all single steps.

    >>> for step in strides(10_000, 8):  # eight environments take a step each
    ...     ...
    """
    with bar(total=total, description=description) as shown:
        for step in range(stride, total + 1, stride):
            yield step
            shown.update(stride)


def watched():
    """Whether somebody sees what is shown while it runs.

    False where the environment variable TQDM_DISABLE is set (see ``reproducibility.ENVIRONMENT``: notebooks executed
    to be stored or tested), and in a notebook that a program executes, such as nbconvert or nbval: its requests
    don't allow a cell to ask for input.
    """
    if os.environ.get("TQDM_DISABLE", "") not in ("", "0"):  # in a notebook tqdm doesn't look at it by itself
        return False
    return not in_kernel() or bool(getattr(_kernel(), "_allow_stdin", True))


def in_kernel():
    """Whether this runs in a notebook's kernel."""
    return _kernel() is not None


def _kernel():
    """The ipykernel that this runs in, or None."""
    if "IPython" not in sys.modules:
        return None
    return getattr(sys.modules["IPython"].get_ipython(), "kernel", None)
