"""Kernels: which Python, which environment, how many at a time; and that none outlives its command."""

import io
import json
import os
import re
import signal
import subprocess
import sys
import time
import types

import nbformat
import pytest
from conftest import make_course

from dlcourse.publishing import chapters, execute, pairing, progress
from dlcourse.reproducibility import ENVIRONMENT

LOOK = """\
# %%
import json, os, sys
variables = dict(os.environ)
print(json.dumps([sys.executable, os.getcwd(), variables, "from_startup" in globals()]))
"""


def executed(folder, monkeypatch):
    monkeypatch.setenv("DLCOURSE_ROOT", str(folder))
    jobs = []
    for chapter in chapters.find(folder):
        jobs.append(execute.Job(chapter.name, pairing.read_source(chapter), chapter.notebook.parent))
    execute.execute_all(jobs, types.SimpleNamespace(update=lambda jobs: None, end=lambda job: None))
    return jobs


def test_the_kernel_is_this_python_in_the_courses_environment(tmp_path, monkeypatch):
    folder = make_course(tmp_path, **{"01_look": LOOK})
    startup = tmp_path / "user" / "profile_default" / "startup"
    startup.mkdir(parents=True)
    (startup / "start.py").write_text("from_startup = True")
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "user"))
    monkeypatch.setenv("TF_CPP_MIN_LOG_LEVEL", "0")
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path / "nothing"))
    [job] = executed(folder, monkeypatch)
    python, working_folder, variables, started = json.loads(job.notebook.cells[0].outputs[0].text)
    assert python == sys.executable and working_folder == str(folder / "notebooks") and not started
    assert {name: variables.get(name) for name in ENVIRONMENT} == ENVIRONMENT


def test_what_a_library_writes_to_the_process_is_no_output(tmp_path, monkeypatch):
    source = '# %%\nimport os\nos.write(2, b"start-up lines\\n")\nprint("shown");\n'
    [job] = executed(make_course(tmp_path, **{"01_loud": source}), monkeypatch)
    assert [output.text for output in job.notebook.cells[0].outputs] == ["shown\n"]


def test_streams_are_merged_in_the_order_of_their_beginnings_and_stdout_before_stderr():
    def stream(name, text):
        return nbformat.v4.new_output("stream", name=name, text=text)

    figure = nbformat.v4.new_output("display_data", data={"text/plain": "a figure"})
    outputs = [
        stream("stderr", "1"),
        stream("stdout", "2"),
        figure,
        stream("stdout", "3"),
        stream("stderr", "4"),
    ]
    merged = execute.merged_streams(outputs)
    assert [output.get("text") for output in merged] == ["23", "14", None]
    alone = execute.merged_streams([stream("stderr", "1"), figure, stream("stdout", "2")])
    assert [output.get("text") for output in alone] == ["1", None, "2"]


def test_a_very_long_line_is_stored_within_seconds(tmp_path, monkeypatch):
    source = "# %%\nimport sys\nprint('x' * 300_000)\nprint('7' * 300_000, file=sys.stderr)\n"
    [job] = executed(make_course(tmp_path, **{"01_long": source}), monkeypatch)
    assert [len(output.text) for output in job.notebook.cells[0].outputs] == [300_001, 300_001]
    assert job.failure is None and job.seconds < 20


def test_a_cell_that_shows_a_picture_cut_off_has_failed(tmp_path, monkeypatch):
    show = "display({'image/png': 'iVBORw0KGgoAAAANSUhEUg=='}, raw=True)"
    [job] = executed(make_course(tmp_path, **{"01_cut": f"# %%\n1\n\n# %%\n{show}\n"}), monkeypatch)
    assert job.failure.cell == 1 and "picture that is damaged or cut off" in job.failure.error


def test_two_run_at_a_time(tmp_path, monkeypatch):
    source = "# %%\nimport time\nstart = time.time(); time.sleep(1)\nprint(start, time.time())\n"
    folder = make_course(tmp_path, **{f"0{number}_sleep": source for number in (1, 2, 3)})
    jobs = executed(folder, monkeypatch)
    times = [tuple(map(float, job.notebook.cells[0].outputs[0].text.split())) for job in jobs]
    running = [sum(start <= moment < end for start, end in times) for moment, _ in times]
    assert max(running) <= 2 and times[2][0] >= min(times[0][1], times[1][1])


@pytest.mark.parametrize("way", ["SIGINT", "SIGTERM"])
def test_no_kernel_outlives_an_interrupted_command(tmp_path, way):
    note = tmp_path / "pid"
    source = (
        "# %%\nimport os, pathlib, time\n"
        f"pathlib.Path({str(note)!r}).write_text(str(os.getpid()))\ntime.sleep(99)\n"
    )
    folder = make_course(tmp_path / "course", **{"01_long": source})
    environment = os.environ | {"DLCOURSE_ROOT": str(folder)}
    command = subprocess.Popen(
        [sys.executable, "-m", "dlcourse", "notebooks"],
        env=environment,
        stderr=subprocess.PIPE,
        text=True,
        # as in a terminal: what a shell runs in the background, these tests perhaps, ignores SIGINT, and hands that on
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    _wait_for(lambda: note.exists() and note.read_text(), 60)
    command.send_signal(getattr(signal, way))
    _, said = command.communicate(timeout=20)
    assert command.returncode == (130 if way == "SIGINT" else -signal.SIGTERM)
    assert "Traceback" not in said
    _wait_for(lambda: not _alive(int(note.read_text())), 20)
    assert not list((folder / "notebooks").glob("*.ipynb"))


def _wait_for(condition, seconds):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.1)


def _alive(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def job(**values):
    defaults = {"label": "01_name", "cell": 4, "cells": 20, "elapsed": 3.25, "seconds": None, "failure": None}
    return types.SimpleNamespace(**(defaults | values))


def test_progress_in_a_file_has_a_line_at_the_start_now_and_then_and_at_the_end(monkeypatch):
    moments = iter([100.0, 100.0, 105.0, 120.0, 120.0])
    monkeypatch.setattr(progress.time, "monotonic", lambda: next(moments))
    stream = io.StringIO()
    shown = progress.Progress(stream)
    for cell in (0, 4, 9):
        shown.update([job(cell=cell)])
    shown.end(job(cell=20, seconds=30.0, elapsed=30.0))
    lines = [re.sub(" +", " ", line) for line in stream.getvalue().splitlines()]
    assert lines == [
        "01_name cell 1 of 20 3.2 s",
        "01_name cell 10 of 20 3.2 s",
        "01_name cell 20 of 20 30.0 s done",
    ]


@pytest.mark.skipif(os.name != "posix", reason="needs a pseudo-terminal")
def test_progress_in_a_terminal_is_written_over():
    import pty

    ours, theirs = pty.openpty()
    with os.fdopen(theirs, "w") as stream:
        shown = progress.Progress(stream)
        shown.update([job(), job(label="02_name")])
        shown.update([job(cell=5), job(label="02_name")])
        shown.end(job(failure=ValueError()))
        stream.flush()
        text = ""
        while not text.rstrip().endswith("failed"):
            text += os.read(ours, 10_000).decode()
    os.close(ours)
    assert text.count("\x1b[2F\x1b[J") == 2
