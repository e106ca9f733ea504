"""Notebooks executed from a clean kernel, several at a time."""

import contextlib
import itertools
import os
import re
import tempfile
import threading
import time
from dataclasses import dataclass
from pathlib import Path

import ipykernel.kernelspec
import nbclient
from jupyter_client.kernelspec import KernelSpec, KernelSpecManager
from jupyter_client.manager import AsyncKernelManager
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError
from traitlets import default

from dlcourse.publishing import chapters
from dlcourse.publishing.normalise import damaged_picture
from dlcourse.reproducibility import ENVIRONMENT

CELL_TIMEOUT = 300
"""Seconds that one cell may take."""

WORKERS = 2
TERMINAL_CODES = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")


class ExecutionFailed(Exception):
    """A cell of a notebook failed.

    Attributes:
        cell: its position among all cells, from 0.
        line: the line within the cell that failed, from 1, or None.
        error: the error's name and message.
    """

    def __init__(self, cell, line, error, traceback=""):
        super().__init__(error)
        self.cell, self.line, self.error, self.traceback = cell, line, error, traceback


@dataclass
class Job:
    """One notebook to execute, and what came of it.

    Attributes:
        label: its name in progress lines.
        notebook: NotebookNode; executed in place.
        folder: working folder of the kernel.
        seconds: how long it took; None until it has ended.
        failure: ExecutionFailed, or None.
    """

    label: str
    notebook: object
    folder: Path
    cell: int = 0
    started: float | None = None
    seconds: float | None = None
    failure: Exception | None = None
    client: object = None

    @property
    def cells(self):
        return len(self.notebook.cells)

    @property
    def elapsed(self):
        if self.seconds is not None:
            return self.seconds
        return 0.0 if self.started is None else time.monotonic() - self.started


class _ThisPython(KernelSpecManager):
    """Starts the interpreter that is running now, whatever kernels are installed under whatever names."""

    def get_kernel_spec(self, kernel_name):
        return KernelSpec(**ipykernel.kernelspec.get_kernel_dict())


class Kernel(AsyncKernelManager):
    """A kernel of the interpreter that is running now."""

    @default("kernel_spec_manager")
    def _kernel_spec_manager_default(self):
        return _ThisPython(parent=self)


def environment():
    """The environment variables of a kernel: this process's, and over them ``reproducibility.ENVIRONMENT``.

    The user's IPython profile (start-up files, settings) is left out.
    """
    return {**os.environ, **ENVIRONMENT, "IPYTHONDIR": str(ipython_folder())}


def ipython_folder():
    """An IPython folder of the course's own, without start-up files; made where it is missing."""
    folder = chapters.root() / "build" / "ipython"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def execute(job):
    """Execute a job's notebook from a clean kernel, top to bottom, and note time and failure in the job."""
    client = nbclient.NotebookClient(
        job.notebook,
        kernel_manager_class=Kernel,
        kernel_name="python3",
        timeout=CELL_TIMEOUT,
        resources={"metadata": {"path": str(job.folder)}},
        extra_arguments=["--IPKernelApp.capture_fd_output=False"],
        record_timing=False,
        store_widget_state=False,
        on_cell_start=lambda cell, cell_index: setattr(job, "cell", cell_index),
    )
    job.client = client
    for cell in job.notebook.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    job.started = time.monotonic()
    with tempfile.TemporaryFile() as spoken:  # what libraries write to the process's own stderr
        try:
            client.execute(env=environment(), stderr=spoken)
            job.cell = job.cells
            damaged = damaged_picture(job.notebook)
            if damaged is not None:
                job.failure = ExecutionFailed(
                    damaged, None, "the cell shows a picture that is damaged or cut off"
                )
        except CellExecutionError as error:
            job.failure = _failure(job, f"{error.ename}: {error.evalue}", error.traceback)
        except CellTimeoutError:
            job.failure = _failure(job, f"the cell took longer than {CELL_TIMEOUT} s")
        except DeadKernelError:
            spoken.seek(0)
            last = spoken.read().decode(errors="replace").splitlines()[-5:]
            cause = "the kernel died; the usual cause is memory (the course needs 4 GiB free)"
            job.failure = _failure(job, "\n    ".join([cause, *last]))
        finally:
            for cell in job.notebook.cells:
                if cell.cell_type == "code":
                    cell.outputs = merged_streams(cell.outputs)
            job.seconds = time.monotonic() - job.started
            job.client = None


def merged_streams(outputs):
    """A cell's outputs with all of a stream in one place, its first, and stdout before a stderr next to it.

    nbclient's own option for this takes time in proportion to the square of a line's length.

    Args:
        outputs: list of NotebookNode.

    Returns:
        list of NotebookNode.
    """
    merged, texts = [], {}
    for output in outputs:
        if output.output_type != "stream":
            merged.append(output)
        elif output.name in texts:
            texts[output.name].append(output.text)
        else:
            texts[output.name] = [output.text]
            merged.append(output)
    for output in merged:
        if output.output_type == "stream":
            output.text = "".join(texts[output.name])
    names = [output.get("name") for output in merged]
    for place, pair in enumerate(itertools.pairwise(names)):
        if pair == ("stderr", "stdout"):
            merged[place : place + 2] = reversed(merged[place : place + 2])
    return merged


def _failure(job, error, traceback=""):
    plain = TERMINAL_CODES.sub("", traceback)
    lines = re.findall(r"^Cell In\[\d+\], line (\d+)", plain, re.MULTILINE)
    return ExecutionFailed(job.cell, int(lines[0]) if lines else None, TERMINAL_CODES.sub("", error), plain)


def execute_all(jobs, progress, workers=WORKERS):
    """Execute several notebooks, ``workers`` at a time; one that fails doesn't stop the others.

    Args:
        jobs: list of Job; their results are in them afterwards.
        progress: object with ``update(jobs)``, called a few times a second, and ``end(job)``, once for each.
        workers: how many run at a time.
    """
    waiting = list(reversed(jobs))
    running = {}
    try:
        while waiting or running:
            while waiting and len(running) < workers:
                job = waiting.pop()
                thread = threading.Thread(target=_guarded, args=(job,), daemon=True)
                running[thread] = job
                thread.start()
            for thread in [thread for thread in running if not thread.is_alive()]:
                progress.end(running.pop(thread))
            progress.update(list(running.values()))
            if running:
                next(iter(running)).join(0.2)
    finally:
        for job in running.values():
            _kill(job)
        for thread in running:
            thread.join(10)


def _guarded(job):
    try:
        execute(job)
    except Exception as error:  # the machinery failed, not the notebook: say so in the same place
        job.seconds = job.seconds or 0.0
        job.failure = _failure(job, f"could not be executed: {type(error).__name__}: {error}")


def _kill(job):
    process = getattr(getattr(getattr(job.client, "km", None), "provisioner", None), "process", None)
    if process is not None:
        with contextlib.suppress(OSError):
            process.kill()


def claims_of(notebook):
    """The claims' records that an executed notebook carries in its outputs' metadata, in order."""
    return [
        record
        for cell in notebook.cells
        if cell.cell_type == "code"
        for output in cell.outputs
        for record in output.get("metadata", {}).get("dlcourse", {}).get("claims", [])
    ]
