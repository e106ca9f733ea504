"""What the course adds to nbgrader's autograding, so that one bad submission costs nothing but its own marks.

nbgrader loads these classes by the nbgrader_config.py that `dlcourse assignments --course` writes. They keep accidents
in: loops, memory, a kernel that dies, files written beside. They don't keep out a program that means harm, which has
the rights of the person who grades: for that, grade in a container (docs/teach.md).
"""

import contextlib
import os
import shutil
import tempfile
import time
from pathlib import Path

from nbclient.exceptions import CellTimeoutError, DeadKernelError
from nbformat.corpus.words import generate_corpus_id
from nbformat.v4 import new_output
from nbgrader import preprocessors
from nbgrader.utils import is_grade, is_solution
from traitlets import Integer

from dlcourse.publishing import assignments, execute
from dlcourse.reproducibility import ENVIRONMENT

SHADOWED = (
    "import builtins as _b; "
    "_shadowed = {_: _b.globals().pop(_) for _ in _b.dir(_b) if _[0] != '_' and _ in _b.globals()}"
)
UNSHADOWED = "_b.globals().update(_shadowed)"
"""A test doesn't see that a learner has called something `sum` or `list`; the learner's cells after it do."""
DIED = "Python was ended by this cell. The usual causes are memory, and code that ends the whole program."
TOO_LONG = "This cell was stopped after {} s: a loop that never ends, or too much work."
BROKEN = {"KernelDied", "CellTimeoutError"}
"""Errors of cells that aren't run a second time."""
INTERRUPT_SECONDS = 10
"""A cell that was interrupted has as long to end; then its kernel is ended. A training needs some seconds."""


class RestoreCells(preprocessors.OverwriteCells):
    """Puts tests back that were changed, as nbgrader does, and also those whose neighbours were deleted with them."""

    def preprocess_cell(self, cell, resources, cell_index):
        self.handed_in = cell.source
        return super().preprocess_cell(cell, resources, cell_index)

    def report_change(self, name, attr, old, new):
        """A warning, but not where only the hidden tests are new: they are missing in all that was handed out."""
        if attr == "checksum":
            source = self.gradebook.find_source_cell(name, self.notebook_id, self.assignment_id).source
            if assignments.without_secrets(source).strip() == self.handed_in.strip():
                return
        super().report_change(name, attr, old, new)

    def add_missing_grade_cells(self, nb, resources):
        notebook = self.gradebook.find_notebook(self.notebook_id, self.assignment_id)
        points = {cell.name: cell.max_score for cell in notebook.grade_cells}
        answers = {cell.name for cell in notebook.solution_cells}
        place = 0
        for source in notebook.source_cells:
            known = [cell.metadata.get("nbgrader", {}).get("grade_id") for cell in nb.cells]
            if source.name in known:
                place = known.index(source.name) + 1
            elif source.name in points:
                self.log.warning(f"Cell {source.name} was deleted; it is put back.")
                restored = self.missing_cell_transform(
                    source, points[source.name], is_solution=source.name in answers
                )
                nb.cells.insert(place, restored)
                place += 1
        return nb, resources

    def add_missing_task_cells(self, nb, resources):
        nb, resources = super().add_missing_task_cells(nb, resources)
        if (nb.nbformat, nb.nbformat_minor) >= (4, 5):  # what nbgrader puts back has no id
            for cell in nb.cells:
                cell.setdefault("id", generate_corpus_id())
        return nb, resources


class Execute(preprocessors.Execute):
    """Runs a submission in a folder that is thrown away, within bounds of time and memory, to its last cell.

    Where a kernel dies, or can't be interrupted, the cell that did it fails, a new kernel runs the answers before it
    again, and goes on behind it.
    """

    cell_seconds = Integer(300, help="Seconds for a cell, from the first answer on.").tag(config=True)
    seconds = Integer(1800, help="Seconds that one submission may take.").tag(config=True)
    memory = Integer(4_000_000_000, help="Bytes that one submission may use (on Linux).").tag(config=True)

    def __init__(self, **options):
        ours = {"kernel_manager_class": execute.Kernel, "shutdown_kernel": "immediate"}
        options = {**ours, "iopub_timeout": INTERRUPT_SECONDS, **options}
        super().__init__(**options)

    def preprocess(self, nb, resources):
        self.until = time.monotonic() + self.seconds
        self.timeout = self.seconds  # what is given at the beginning loads TensorFlow
        self.given = True
        if os.name == "posix":
            line = f"__import__('resource').setrlimit(2, 2 * ({self.memory},))"  # RLIMIT_DATA
            self.extra_arguments = [f"--IPKernelApp.exec_lines={line}"]
        folder = resources["metadata"]["path"]
        with tempfile.TemporaryDirectory(prefix="grading-") as outside, open(os.devnull, "wb") as nowhere:
            self.options = {"env": {**os.environ, **ENVIRONMENT}, "stderr": nowhere}
            inside = Path(outside) / "course" / "learner" / Path(folder).name
            shutil.copytree(folder, inside)
            resources["metadata"]["path"] = str(inside)
            try:
                return super().preprocess(nb, resources)
            finally:
                resources["metadata"]["path"] = folder

    def start_new_kernel(self, **options):
        super().start_new_kernel(**self.options, **options)

    def preprocess_cell(self, cell, resources, index):
        if cell.cell_type != "code":
            return cell, resources
        if is_solution(cell):
            self.timeout, self.given = self.cell_seconds, False
        if time.monotonic() > self.until:
            self.fail(
                cell, "TimeIsUp", f"The notebook took longer than {self.seconds} s; its rest was not run."
            )
            return cell, resources
        limit = self.timeout
        try:
            with self.own_builtins() if is_grade(cell) else contextlib.nullcontext():
                cell, resources = super().preprocess_cell(cell, resources, index)
        except DeadKernelError:
            self.fail(cell, "KernelDied", DIED)
            self.begin_again(index)
        except CellTimeoutError:
            self.fail(cell, "CellTimeoutError", TOO_LONG.format(limit))
            self.begin_again(index)
        if is_grade(cell) or self.given:  # a warning is no error, and TensorFlow's start no news
            cell.outputs = [output for output in cell.outputs if output.get("name") != "stderr"]
        for output in cell.outputs:
            if output.get("ename") == "CellTimeoutError":
                output.evalue = TOO_LONG.format(limit)
                output.traceback = [f"{output.ename}: {output.evalue}"]
        return cell, resources

    @contextlib.contextmanager
    def own_builtins(self):
        self.wait_for_reply(self.kc.execute(SHADOWED, store_history=False))
        yield
        self.wait_for_reply(self.kc.execute(UNSHADOWED, store_history=False))

    def fail(self, cell, name, message):
        printed = [output for output in cell.outputs if output.output_type in ("stream", "display_data")]
        error = new_output("error", ename=name, evalue=message, traceback=[f"{name}: {message}"])
        cell.outputs = [*printed, error]

    def begin_again(self, index):
        """A new kernel, in which the answers before the cell that ended the last one are run again."""
        before = [cell for cell in self.nb.cells[:index] if cell.cell_type == "code" and not is_grade(cell)]
        before = [cell for cell in before if not {output.get("ename") for output in cell.outputs} & BROKEN]
        self.timeout = self.seconds  # TensorFlow is loaded once more
        self._cleanup_kernel()
        self.km = self.create_kernel_manager()
        self.start_new_kernel()
        self.start_new_kernel_client()
        for cell in before:
            self.wait_for_reply(self.kc.execute(cell.source, silent=True), cell)
        self.timeout = self.cell_seconds
