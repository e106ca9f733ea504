"""The house: imports go down, the ground floor loads no TensorFlow, tests lie in folders named like the rooms."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "dlcourse"


def test_an_import_goes_down_and_never_in_a_circle():
    pytest.importorskip("importlinter", reason="import-linter is not installed: make setup brings it")
    code = "import sys; from importlinter.cli import lint_imports; sys.exit(lint_imports(no_logo=True))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_textbook_algorithm_needs_no_tensorflow():
    names = [f"dlcourse.from_scratch.{path.stem}" for path in (PACKAGE / "from_scratch").glob("[a-z]*.py")]
    assert names
    code = f"import sys, {', '.join(names)}; sys.exit('tensorflow' in sys.modules or 'keras' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT).returncode == 0


def test_every_folder_of_tests_is_named_like_what_it_tests():
    folders = {path.parent for path in (ROOT / "tests").rglob("test_*.py")} - {ROOT / "tests"}
    named = {path.name for path in PACKAGE.iterdir() if path.is_dir()} | {
        "notebooks",
        "assignments",
        "benchmarks",
        "fuzz",
        "faults",
    }
    assert {folder.name for folder in folders} <= named
