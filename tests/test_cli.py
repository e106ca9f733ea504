"""The command line: help that teaches, errors that say what to do, and nothing heavy loaded before it is needed."""

import re
import shutil
import subprocess
import sys

import pytest

from dlcourse import cli
from dlcourse.publishing import tools

COMMANDS = [
    "list",
    "run",
    "course",
    "notebooks",
    "test",
    "test-numerics",
    "lab",
    "assignments",
    "data",
    "bench",
]


def run(capsys, *arguments):
    """Returns (exit status, standard output, standard error)."""
    try:
        status = cli.main(list(arguments))
    except SystemExit as leaving:
        status = leaving.code
    out, err = capsys.readouterr()
    return status, out, err


def test_help_lists_every_command_and_first_steps(capsys):
    status, out, _ = run(capsys, "--help")
    assert status == 0 and run(capsys)[1] == out
    for name in COMMANDS:
        assert re.search(rf"^    {name} +\w", out, re.MULTILINE), name
    assert "first steps" in out


@pytest.mark.parametrize("command", COMMANDS)
def test_each_command_explains_itself(capsys, command):
    status, out, _ = run(capsys, command, "--help")
    assert status == 0 and len(out.splitlines()) > 6


def test_help_loads_nothing_heavy():
    code = (
        "import sys\nfrom dlcourse import cli\n"
        "try:\n    cli.main(['--help'])\nexcept SystemExit:\n    pass\n"
        "heavy = {'tensorflow', 'keras', 'numpy', 'matplotlib', 'scipy', 'IPython', 'jupytext', 'nbclient'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"


def test_publishing_compiles_no_grammar_of_addresses():
    code = "import sys\nfrom dlcourse.publishing import pairing\nprint('lark' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"


def test_the_module_runs_as_a_program():
    done = subprocess.run(
        [sys.executable, "-m", "dlcourse", "list", "--help"], capture_output=True, text=True
    )
    assert done.returncode == 0 and "usage: dlcourse list" in done.stdout


def test_list_shows_id_titles_and_file(capsys, course):
    assert run(capsys, "list") == (0, "01   A sample · 样例\n     notebooks/src/01_sample.py\n", "")


@pytest.mark.parametrize(
    "command", [["run"], ["course", "--chapter"], ["notebooks", "--chapter"], ["test", "--chapter"]]
)
def test_an_unknown_chapter_lists_those_that_there_are(capsys, course, command):
    status, _, err = run(capsys, *command, "42")
    assert status == 2 and "no chapter '42'" in err and "01   A sample" in err


def test_no_chapters_yet(capsys, course):
    for path in [*course.glob("notebooks/*.ipynb"), *course.glob("notebooks/src/*.py")]:
        path.unlink()
    status, _, err = run(capsys, "course")
    assert status == 2 and "no chapters yet" in err


def test_outside_a_course(capsys, tmp_path, monkeypatch):
    monkeypatch.setenv("DLCOURSE_ROOT", str(tmp_path))
    status, _, err = run(capsys, "list")
    assert status == 2 and "DLCOURSE_ROOT" in err and str(tmp_path) in err


def test_two_chapters_with_one_id(capsys, course):
    (course / "notebooks" / "src" / "01_twin.py").write_text("# %%\n")
    status, _, err = run(capsys, "list")
    assert status == 2 and "01_sample and 01_twin" in err


def test_take_needs_a_chapter(capsys, course):
    status, _, err = run(capsys, "notebooks", "--take", "source")
    assert status == 2 and "--chapter" in err


def test_notebooks_reports_progress_on_stderr_and_exits_by_success(capsys, course):
    source = course / "notebooks" / "src" / "01_sample.py"
    assert run(capsys, "notebooks") == (0, "notebooks/01_sample.ipynb: nothing to do\n", "")
    text = source.read_text(encoding="utf-8")
    source.write_text(text.replace("object()", "1 / 0"), encoding="utf-8")
    status, out, err = run(capsys, "notebooks", "--chapter", "1")
    assert status == 1 and "ZeroDivisionError" in out
    assert re.search(r"01_sample +cell   5 of 11 +\d+\.\d s  failed", err)


@pytest.mark.parametrize("spoilt", ["source", "notebook"])
def test_a_refused_chapter_is_named_once_and_the_others_are_checked(capsys, course, spoilt):
    for folder, ending in [("notebooks/src", "py"), ("notebooks", "ipynb")]:
        file = course / folder / f"01_sample.{ending}"
        shutil.copy(file, course / folder / f"02_sample.{ending}")
    other = course / "notebooks" / "src" / "02_sample.py"
    other.write_text(other.read_text("utf-8").replace("**Time**", "Time"), "utf-8")
    refused = course / "notebooks" / ("src/01_sample.py" if spoilt == "source" else "01_sample.ipynb")
    refused.write_bytes(refused.read_bytes().replace("样例".encode(), b"\xe9"))
    status, out, err = run(capsys, "notebooks")
    assert status == 1 and err == ""
    assert out.count("the byte 0xE9 is not UTF-8") == 1 and "01_sample" in out
    assert "02_sample: to mend" in out and "the field **Time** is missing" in out


def test_a_title_that_cannot_be_read_names_its_file(capsys, course):
    source = course / "notebooks" / "src" / "01_sample.py"
    source.write_bytes(source.read_text("utf-8").encode("latin-1", "replace"))
    status, out, err = run(capsys, "list")
    assert (status, out) == (2, "")
    assert "notebooks/src/01_sample.py, line 2: the byte 0xB7 is not UTF-8" in err


def test_run_builds_one_chapter(capsys, course, monkeypatch):
    def missing(root):
        raise tools.ToolMissing("no network")

    monkeypatch.setattr(tools, "install", missing)
    status, out, err = run(capsys, "run", "01")
    assert status == 0 and "1 of 1" in out and "done" in err
    assert "Skipped: site and slides. no network" in out
    assert (course / "build" / "executed" / "01_sample.ipynb").exists()


def test_data_list_and_verify(capsys):
    status, out, _ = run(capsys, "data", "list")
    assert status == 0 and "mnist" in out and "CC BY" in out
    status, out, _ = run(capsys, "data", "verify")
    assert status == 0 and "BAD" not in out


def test_data_verify_finds_a_flipped_byte(capsys, tmp_path, monkeypatch):
    import shutil

    from dlcourse.publishing import chapters

    shutil.copytree(chapters.root() / "data", tmp_path / "data")
    monkeypatch.setenv("DLCOURSE_DATA", str(tmp_path / "data"))
    path = tmp_path / "data" / "mnist1d.npz"
    content = bytearray(path.read_bytes())
    content[1000] ^= 1
    path.write_bytes(content)
    status, out, _ = run(capsys, "data", "verify")
    assert status == 1 and re.search(r"^BAD .*mnist1d\.npz$", out, re.MULTILINE)


def test_bench_needs_its_script(capsys, course):
    status, _, err = run(capsys, "bench")
    assert status == 2 and "benchmarks" in err
