"""Which of the files that came in is whose work, and when it was sent."""

import datetime
import json
import re
from pathlib import Path

from nbgrader.plugins import FileNameCollectorPlugin

TIME = re.compile(r"(\d{4}-\d\d-\d\d)-(\d\d)-?(\d\d)-?(\d\d)")


class Collector(FileNameCollectorPlugin):
    """Reads the learner and the time (UTC) from the name of a downloaded file.

    An assignment has one notebook. So whatever a learner has called it, it is taken for that one, and of several the
    newest. A file whose time is none is skipped with a warning; the others are collected.
    """

    def collect(self, submitted_file):
        found = super().collect(submitted_file)
        if not found or not found.get("timestamp"):
            return found
        try:
            found["timestamp"] = _time(found["timestamp"])
        except ValueError:
            self.log.warning(f"{Path(submitted_file).name} was skipped: {found['timestamp']} is no time.")
            return None
        released = self.parent.coursedir
        folder = released.format_path(released.release_directory, ".", released.assignment_id)
        names = [path.stem for path in Path(folder).glob("*.ipynb")]
        if len(names) == 1 and is_work(submitted_file):
            found["file_id"] = names[0]
        return found


def _time(text):
    """2026-11-30-183045 or 2026-11-30-18-30-45 in a form that nbgrader reads; other forms as they are."""
    parts = TIME.fullmatch(text)
    if not parts:
        return text
    day, *clock = parts.groups()
    return str(datetime.datetime.fromisoformat(f"{day} {':'.join(clock)}"))


def is_work(path):
    """Whether this notebook was made from an assignment."""
    try:
        cells = json.loads(Path(path).read_text("utf-8"))["cells"]
        return any("nbgrader" in cell["metadata"] for cell in cells)
    except (OSError, ValueError, KeyError, TypeError):
        return False


def adopt_renamed(assignment, student, notebooks):
    """Before a submission is graded: where no notebook has the expected name, the newest one gets it."""
    found = sorted(map(Path, notebooks), key=lambda path: (is_work(path), path.stat().st_mtime_ns, path.name))
    if found and found[-1].parent.name not in [path.stem for path in found]:
        newest = found[-1]
        notebooks[:] = [str(newest.rename(newest.with_name(f"{newest.parent.name}.ipynb")))]
