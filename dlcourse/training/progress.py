"""Progress bars for whatever takes longer than a few seconds, in a terminal and in JupyterLab.

A bar shows after 3 seconds and goes away when it is done. Where notebooks are executed to be stored or tested, the
environment variable TQDM_DISABLE (see ``reproducibility.ENVIRONMENT``) keeps bars out of the outputs.
"""

import os

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
        disable=_disabled(),
    )


def _disabled():
    """Whether TQDM_DISABLE is set: in a notebook tqdm doesn't look at it by itself."""
    return os.environ.get("TQDM_DISABLE", "") not in ("", "0")
