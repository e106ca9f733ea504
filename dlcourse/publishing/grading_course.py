"""A whole course for nbgrader: settings, the assignments' sources, a gradebook."""

import os
import sys
from pathlib import Path

from dlcourse import files
from dlcourse.publishing import assignments as all_assignments
from dlcourse.publishing import pairing

CONFIG = "nbgrader_config.py"
TEMPLATE = Path(__file__).parent / "templates" / CONFIG


def lay_out(folder, assignments, say=print):
    """Write an nbgrader course into a folder. What is there already is kept, whoever changed it.

    Args:
        folder: where to; made where it is missing.
        assignments: list of Assignment.
        say: called with a line about each file that was written, or kept though it differs.

    Raises:
        ValueError: where the folder holds other things than an nbgrader course.
    """
    folder = Path(folder).expanduser().resolve()
    if folder.is_dir() and any(folder.iterdir()) and not (folder / CONFIG).exists():
        raise ValueError(
            f"{folder} isn't empty, and has no {CONFIG}: give a new folder, or one of an nbgrader course."
        )
    wanted = {folder / CONFIG: TEMPLATE.read_bytes()}
    for assignment in assignments:
        source = folder / "source" / assignment.name
        notebook = pairing.notebook_text(pairing.pair(assignment).notebook)
        wanted[source / assignment.notebook.name] = notebook.encode("utf-8")
        for path in all_assignments.enclosed(assignment):
            wanted[source / path.relative_to(assignment.folder)] = path.read_bytes()
    for path, content in wanted.items():
        name = path.relative_to(folder).as_posix()
        if not path.exists():
            files.write(path, content)
            say(f"{name}: written")
        elif path.read_bytes() != content:
            say(f"{name}: kept. It differs from the course's; to get that, rename or delete yours.")
    _register(folder, assignments)


def _register(folder, assignments):
    from nbgrader.api import Gradebook

    # The gradebook calls the program alembic, which stands beside this Python, whether or not that is on the path.
    programs, path = str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)
    if programs not in path.split(os.pathsep):
        os.environ["PATH"] = os.pathsep.join([programs, path])
    with Gradebook(f"sqlite:///{folder / 'gradebook.db'}") as gradebook:
        known = {assignment.name for assignment in gradebook.assignments}
        for assignment in assignments:
            if assignment.name not in known:
                gradebook.add_assignment(assignment.name)


def next_steps(folder, name):
    """What a teacher types next, as text."""
    folder = Path(folder).expanduser().resolve()
    programs = Path(sys.executable).parent
    return f"""
To go on, by commands or by nbgrader's page (in JupyterLab's menu: Nbgrader, Formgrader):
  cd {folder}
  {programs / "nbgrader"} generate_assignment {name}
  {programs / "jupyter"} lab
The whole way, to marks and feedback: docs/teach.md"""
