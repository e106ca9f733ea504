"""A pytest plugin: the settings under which nbval compares the notebooks.

pyproject.toml loads it, so that ``pytest --nbval notebooks/01_perceptrons.ipynb`` alone does the same as
``dlcourse test``.
"""

import os

import pytest

from dlcourse.publishing import execute

CELL_TIMEOUT = execute.CELL_TIMEOUT


def pytest_configure(config):
    """Set the environment and nbval's options, in the main process and in each worker."""
    os.environ.update(execute.environment())
    option = config.option
    if not getattr(option, "nbval", False):
        return
    option.nbval_current_env = True
    option.nbval_cell_timeout = min(option.nbval_cell_timeout, CELL_TIMEOUT)
    if option.nbval_sanitize_with is None:
        option.nbval_sanitize_with = str(config.rootpath / "tests" / "sanitize.cfg")
    _keep_history()


def _keep_history():
    """Let nbval run cells as they were run when their outputs were stored.

    nbval asks the kernel to keep no history; then a ``;`` at a line's end silences nothing, and ``_`` is
    unknown.
    """
    from nbval.kernel import RunningKernel

    def execute_cell_input(self, cell_input, allow_stdin=None):
        return self.kc.execute(cell_input, store_history=True, allow_stdin=allow_stdin, stop_on_error=False)

    RunningKernel.execute_cell_input = execute_cell_input


@pytest.hookimpl(tryfirst=True)
def pytest_collectstart(collector):
    """Leave stderr out of the comparison: ``checks.executed`` forbids it in stored notebooks.

    A kernel under pytest doesn't capture what libraries write to the process's stderr, so the two would
    differ.
    """
    if type(collector).__name__ == "IPyNbFile":
        collector.skip_compare = (*collector.skip_compare, "stderr")
