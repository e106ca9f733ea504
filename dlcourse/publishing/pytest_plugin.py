"""pytest's plugin: nbval's settings for the chapters' notebooks, and how tests are ordered and skipped.

pyproject.toml loads it, so that ``pytest --nbval notebooks/01_name.ipynb`` alone compares as ``dlcourse test`` does.
"""

import os
from pathlib import Path

import pytest

from dlcourse.publishing import execute

SECONDS = "dlcourse/seconds"  # in pytest's cache: how long each file took when it was last tested


def pytest_configure(config):
    """Set the environment and nbval's options, in the main process and in each worker."""
    os.environ.update(execute.environment())
    config.pluginmanager.register(_Durations(config), "dlcourse-durations")
    option = config.option
    if not getattr(option, "nbval", False):
        return
    option.nbval_current_env = True
    option.nbval_cell_timeout = min(option.nbval_cell_timeout, execute.CELL_TIMEOUT)
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


def pytest_collectstart(collector):
    """Leave stderr out of the comparison: ``checks.execution`` forbids it in stored notebooks.

    A kernel under pytest doesn't capture what libraries write to the process's stderr, so the two would
    differ.
    """
    if type(collector).__name__ == "IPyNbFile":
        collector.skip_compare = (*collector.skip_compare, "stderr")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item):
    """Note a cell that raised an error: what follows it in its notebook would only repeat that."""
    try:
        return (yield)
    except Exception as error:
        if type(error).__name__ == "NbCellError" and "outputs differ" not in str(error):
            item.parent.broken_by = item.name
        raise


def pytest_runtest_setup(item):
    """Leave out the cells after one that raised an error. (After one whose outputs differ, they are compared.)"""
    if broken_by := getattr(item.parent, "broken_by", None):
        pytest.skip(f"{broken_by} of this notebook failed")


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_makereport(item):
    """Where the variable DLCOURSE_NO_SKIPS is set, as in .ci/run, a test that is skipped fails."""
    report = yield
    if report.skipped and os.environ.get("DLCOURSE_NO_SKIPS") and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"{report.longrepr[-1]} (DLCOURSE_NO_SKIPS is set: nothing may be skipped)"
    return report


class _Durations:
    """Remembers how long each file took, and lets the longest start first, so that no worker is left."""

    def __init__(self, config):
        self.config = config
        self.cache = getattr(config, "cache", None)
        self.seconds = {}

    def pytest_collection_modifyitems(self, items):
        if self.cache is None:
            return
        known = self.cache.get(SECONDS, {})

        def order(item):
            file = item.nodeid.split("::")[0]
            unknown = float("inf") if file.endswith(".ipynb") else 0.0
            return -known.get(Path(file).name, unknown), file

        items.sort(key=order)

    def pytest_runtest_logreport(self, report):
        name = Path(report.nodeid.split("::")[0]).name
        self.seconds[name] = self.seconds.get(name, 0.0) + report.duration

    def pytest_sessionfinish(self):
        if self.cache is not None and not hasattr(self.config, "workerinput"):
            self.cache.set(SECONDS, {**self.cache.get(SECONDS, {}), **self.seconds})
