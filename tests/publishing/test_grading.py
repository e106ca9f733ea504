"""Chapter 03's assignment set, collected, graded and returned by nbgrader, for a class with every kind of accident."""

import csv
import datetime
import getpass
import html
import json
import os
import re
import shutil
import subprocess
import sys
import time

import nbformat
import pytest
from lab_server import serving

from dlcourse.publishing import assignments, grading_copies, pairing

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        sys.platform != "linux", reason="the exchange is POSIX's, the memory's bound is Linux's"
    ),
]

[ASSIGNMENT] = [one for one in assignments.find() if one.id == "03"]
NAME = ASSIGNMENT.name
DUE = datetime.datetime(2026, 11, 30, 18)
CELL_SECONDS = 15
LONGEST = 900
"""Seconds that the round may take here, where other tests run beside. Alone it takes two or three minutes."""
FACTOR, RESIDUAL = {"factor_check": 1, "factor_test": 2}, {"residual_check": 1, "residual_test": 1}

RAISES = "def gradient_norms(model, x, y):\n    print(In)\n    raise ValueError(str(In))"
ENDLESS = "def gradient_norms(model, x, y):\n    while True:\n        pass"
STUBBORN = """
print("as far as here")
while True:
    try:
        import time
        time.sleep(1)
    except KeyboardInterrupt:
        pass
"""
HUNGRY = """
def gradient_norms(model, x, y):
    kept = []
    while True:
        kept.append(np.zeros(100_000_000))
"""
DEADLY = "import os\nos._exit(1)"
NAMES = """
np = keras = tf = x_train = None
sum = list = len = abs = print = float = range = 0
def gradient_factor(chi, layers):
    return chi ** ((layers - 1) / 2)
"""
OUTSIDE = """
import shutil
with open("../../notes.txt", "w") as file:
    file.write("mine")
shutil.rmtree("../../submitted", ignore_errors=True)
def gradient_factor(chi, layers):
    return chi ** ((layers - 1) / 2)
"""
COPIED = """
def gradient_norms(model, x, y):
    kernels = [layer.kernel for layer in model.layers if hasattr(layer, "kernel")]
    total = 0  # by hand
    for kernel in kernels:
        total = total + float(tf.reduce_sum(kernel**2))
    return total**0.5
"""

ONE_BY_ONE = """
import json, sys
from nbgrader.apps.nbgraderapp import NbGraderApp
for command in sys.argv[1:]:
    try:
        NbGraderApp.launch_instance(json.loads(command))
    except SystemExit as leaving:
        if leaving.code:
            raise
    NbGraderApp.clear_instance()
"""


@pytest.fixture(scope="module")
def round_of_grading(grade_group, tmp_path_factory):
    """The course's folder after the whole round, and the seconds that it took."""
    folder = tmp_path_factory.mktemp("grading")
    begun = time.monotonic()
    run(
        folder,
        sys.executable,
        "-m",
        "dlcourse",
        "assignments",
        "--chapter",
        "03",
        "--course",
        folder / "course",
    )
    course = folder / "course"
    with (course / "nbgrader_config.py").open("a") as file:
        file.write(f'\nc.Execute.cell_seconds = {CELL_SECONDS}\nc.Exchange.root = "{folder / "exchange"}"\n')
    (folder / "exchange").mkdir(mode=0o777)
    (folder / "exchange").chmod(0o777)

    due = ["db", "assignment", "add", NAME, "--duedate", f"{DUE} UTC"]
    nbgrader(course, ["generate_assignment", NAME], due, ["release_assignment", NAME])
    through_the_exchange(folder, course)
    by_download(course)
    log = nbgrader(course, ["collect", NAME], ["zip_collect", NAME], ["autograde", NAME])
    mark_by_hand(course)
    learner = f"--student={getpass.getuser()}"
    log += nbgrader(
        course,
        ["generate_feedback", NAME],
        ["release_feedback", NAME, learner],
        ["export", "--to", "marks.csv", "--assignment", f"['{NAME}']"],
    )
    (course / "grading.log").write_text(log, "utf-8")
    nbgrader(folder / "home", ["fetch_feedback", NAME])
    seconds = time.monotonic() - begun
    assert seconds < LONGEST
    return course


def run(folder, *command, **variables):
    command = [str(part) for part in command]
    programs = os.path.dirname(sys.executable)  # as README has it: nbgrader calls others by their names
    variables = {"PATH": os.pathsep.join([programs, os.environ["PATH"]])} | variables
    done = subprocess.run(
        command, cwd=folder, env=os.environ | variables, capture_output=True, text=True, timeout=LONGEST
    )
    assert done.returncode == 0, f"{' '.join(command)}\n{done.stdout[-2000:]}\n{done.stderr[-6000:]}"
    return done.stdout + done.stderr


def nbgrader(folder, *commands):
    """Commands as a person types them, one after another in one process, which loads nbgrader once; what they print."""
    return run(folder, sys.executable, "-c", ONE_BY_ONE, *[json.dumps(command) for command in commands])


def through_the_exchange(folder, course):
    """One learner on the same machine: fetch, submit; the teacher collects."""
    home = folder / "home"
    home.mkdir()
    shutil.copy(course / "nbgrader_config.py", home)
    text = (home / "nbgrader_config.py").read_text("utf-8")
    (home / "nbgrader_config.py").write_text(text.replace("c.CourseDirectory.root", "home"), "utf-8")
    nbgrader(home, ["fetch_assignment", NAME])
    fetched = home / NAME / f"{NAME}.ipynb"
    solved = [
        name for name in solutions() if name != "open_experiment"
    ]  # graded by hand; its trainings take long
    nbformat.write(
        answered(nbformat.read(fetched, 4), *solved, open_experiment="print('my experiment')"), fetched
    )
    nbgrader(home, ["submit", NAME])


def solutions():
    return [cell.metadata.nbgrader.grade_id for cell in source().cells if assignments.is_solution(cell)]


def source():
    return pairing.pair(ASSIGNMENT).notebook


def answered(notebook, *solved, **written):
    """A released notebook with some answers right, and others as they are given; changed in place."""
    right = {
        cell.metadata.nbgrader.grade_id: cell.source
        for cell in source().cells
        if assignments.is_solution(cell)
    }
    for cell in notebook.cells:
        name = cell.metadata.get("nbgrader", {}).get("grade_id")
        if name in solved:
            cell.source = right[name]
        if name in written:
            cell.source = written[name]
    return notebook


def without(notebook, *names):
    notebook.cells = [
        one for one in notebook.cells if one.metadata.get("nbgrader", {}).get("grade_id") not in names
    ]
    return notebook


def cheating(notebook):
    for cell in notebook.cells:
        if cell.metadata.get("nbgrader", {}).get("grade"):
            cell.source, cell.metadata.nbgrader["points"] = "pass", 100
    return notebook


def by_download(course):
    """All others: files as another system hands them out, the time of submission in their names."""
    released = course / "release" / NAME / f"{NAME}.ipynb"
    archive = course / "downloaded" / NAME / "archive"
    archive.mkdir(parents=True)

    def submit(who, notebook, time="120000", name=NAME):
        nbformat.write(notebook, archive / f"{who}_{DUE:%Y-%m-%d}-{time}_{name}.ipynb")

    def fresh():
        return nbformat.read(released, 4)

    submit("empty", fresh())
    accidents = {
        "raises": RAISES,
        "endless": ENDLESS,
        "stubborn": STUBBORN,
        "hungry": HUNGRY,
        "deadly": DEADLY,
    }
    for who, norms in accidents.items():
        submit(who, answered(fresh(), "factor", "residual", norms=norms))
    submit("cheats", cheating(answered(fresh(), "factor")))
    submit("deletes", without(answered(fresh(), "factor"), "factor_check", "norms", "norms_test", "open"))
    submit("new_names", answered(fresh(), factor=NAMES))
    submit("outside", answered(fresh(), factor=OUTSIDE))
    submit("copied", fresh(), "170000", name="first draft")
    submit("copied", answered(fresh(), "factor", norms=COPIED), "175959", name="homework (2)")
    (archive / f"copied_{DUE:%Y-%m-%d}-175959_notes.ipynb").write_text('{"cells": []}')
    submit("nobody", fresh(), "186199")
    changed = COPIED.replace("kernels", "matrices").replace("# by hand", "# mine")
    submit("copier", answered(fresh(), "factor", norms=changed), "18-30-45")  # late


def mark_by_hand(course):
    """What a teacher types into the formgrader: the perfect submission's open exercise."""
    from nbgrader.api import Gradebook

    with Gradebook(f"sqlite:///{course / 'gradebook.db'}") as gradebook:
        for name, points in {"open": 4, "open_report": 2}.items():
            grade = gradebook.find_grade(name, NAME, NAME, getpass.getuser())
            grade.manual_score, grade.needs_manual_grade = points, False
        gradebook.db.commit()


def marks(course, who):
    """Points by cell, those above 0."""
    from nbgrader.api import Gradebook

    with Gradebook(f"sqlite:///{course / 'gradebook.db'}") as gradebook:
        grades = gradebook.find_submission_notebook(NAME, NAME, who).grades
        return {grade.name: grade.score for grade in grades if grade.score}


EXPECTED = {
    "empty": {},
    **dict.fromkeys(["raises", "endless", "stubborn", "hungry", "deadly"], FACTOR | RESIDUAL),
    **dict.fromkeys(["cheats", "deletes", "new_names", "outside", "copied", "copier"], FACTOR),
}
TOO_LONG = f"This cell was stopped after {CELL_SECONDS} s: a loop that never ends, or too much work."
SAYS = {
    "empty": "Write your answer in place of these two lines.",
    "raises": "not shown: it quotes a test",
    "endless": TOO_LONG,
    "stubborn": TOO_LONG,
    "hungry": "Unable to allocate",
    "deadly": "Python was ended by this cell.",
    "deletes": "was missing from the submission",
}


def feedback(course, who):
    """The text of a learner's page, without the colours of its code."""
    page = (course / "feedback" / who / NAME / f"{NAME}.html").read_text("utf-8")
    return html.unescape(re.sub(r"<[^>]*>", "", page))


def test_every_mark_is_the_expected_one(round_of_grading):
    found = {who: marks(round_of_grading, who) for who in EXPECTED}
    assert found == EXPECTED
    perfect = marks(round_of_grading, getpass.getuser())
    assert sum(perfect.values()) == 20


@pytest.mark.parametrize("who", SAYS)
def test_the_feedback_has_the_reason(round_of_grading, who):
    assert SAYS[who] in feedback(round_of_grading, who)


def test_no_feedback_shows_a_hidden_test(round_of_grading):
    hidden = [
        line.strip()
        for cell in source().cells
        if "BEGIN HIDDEN TESTS" in cell.source
        for line in cell.source.partition("BEGIN HIDDEN TESTS")[2].split("\n")
        if len(line.strip()) > 20
    ]
    written = [cell.source for cell in source().cells if assignments.is_solution(cell)]
    shown = "\n".join([cell.source for cell in assignments.release(source()).cells] + written)
    hidden = [line for line in hidden if line not in shown]  # an import or a tape may stand in both
    assert len(hidden) > 20
    for who in [*EXPECTED, getpass.getuser()]:
        text = feedback(round_of_grading, who)
        assert [line for line in hidden if line in text] == [], who


def test_what_a_stopped_cell_had_printed_is_in_the_feedback(round_of_grading):
    assert "as far as here" in feedback(round_of_grading, "stubborn").replace('print("as far as here")', "")


def test_no_feedback_shows_a_rubric(round_of_grading):
    [rubric] = [cell.source for cell in source().cells if "BEGIN MARK SCHEME" in cell.source]
    lines = [line for line in rubric.partition("BEGIN MARK SCHEME")[2].split("\n") if line[:1].isalpha()]
    assert lines
    for who in [*EXPECTED, getpass.getuser()]:
        text = feedback(round_of_grading, who)
        assert "MARK SCHEME" not in text and [line for line in lines if line in text] == [], who


def test_the_summary_names_every_exercise_and_its_test(round_of_grading):
    page = (round_of_grading / "feedback" / "empty" / NAME / f"{NAME}.html").read_text("utf-8")
    assert '<a href="#factor_test">1 · How much arrives?: factor_test</a> (Score: 0.0 / 2.0)' in page
    assert '<a href="#open_report">5 · Your own experiment: open_report</a>' in page
    assert "Test cell" not in page


def test_feedback_has_nothing_of_tensorflows_start(round_of_grading):
    for who in EXPECTED:
        assert "InitializeLog" not in feedback(round_of_grading, who)


def test_the_log_warns_of_changed_tests_only_where_one_was_changed(round_of_grading):
    log = (round_of_grading / "grading.log").read_text("utf-8")
    assert log.count("Attribute 'checksum' for cell factor_test has changed!") == 1  # by who cheats
    assert log.count("Attribute 'points' for cell factor_test has changed!") == 1
    for noise in ("SAWarning", "MissingIDFieldWarning", "display_data_priority"):
        assert noise not in log


def test_what_is_written_outside_goes_nowhere(round_of_grading):
    assert not list(round_of_grading.rglob("notes.txt"))
    assert (round_of_grading / "submitted" / "empty").is_dir()


def test_who_copied_is_named_and_nobody_else(round_of_grading):
    assert grading_copies.pairs(round_of_grading, NAME) == [("copied", "copier", ["norms"])]


def test_who_handed_in_the_published_solution_is_named(round_of_grading):
    accidents = ["raises", "endless", "stubborn", "hungry", "deadly"]
    expected = [(who, ["residual"]) for who in accidents]
    expected.append((getpass.getuser(), ["norms", "repair", "residual"]))
    assert grading_copies.as_published(round_of_grading, NAME) == sorted(expected)
    assert f"{NAME}: deadly: residual, as in the published solution" in grading_copies.report(
        round_of_grading, NAME
    )


def test_marks_are_exported_with_the_time_of_submission(round_of_grading):
    with (round_of_grading / "marks.csv").open() as file:
        rows = {row["student_id"]: row for row in csv.DictReader(file)}
    assert set(rows) == {*EXPECTED, getpass.getuser()}
    scores = {who: float(row["score"]) for who, row in rows.items()}
    assert (
        scores[getpass.getuser()] == 20
        and scores["deadly"] == 5
        and scores["copier"] == 3
        and scores["empty"] == 0
    )
    late = [who for who, row in rows.items() if row["timestamp"] > row["duedate"] and who in EXPECTED]
    assert late == ["copier"]
    assert rows["copier"]["timestamp"] == "2026-11-30 18:30:45"
    assert rows["copied"]["timestamp"] == "2026-11-30 17:59:59"


def test_the_learner_fetches_the_feedback(round_of_grading):
    pages = list((round_of_grading.parent / "home" / NAME / "feedback").rglob("*.html"))
    assert len(pages) == 1 and "Score: 3.0 / 3.0" in pages[0].read_text("utf-8")


def test_the_formgrader_lists_the_marks(browser, round_of_grading, tmp_path):
    command = [sys.executable, "-m", "jupyterlab", "--LabApp.default_url=/lab/tree/release"]
    command.append(f"--ServerApp.root_dir={round_of_grading}")
    variables = os.environ | {"JUPYTER_CONFIG_PATH": str(round_of_grading)}
    with serving(tmp_path, command, variables) as (address, _, token):
        page = browser.new_page(viewport={"width": 1400, "height": 1000})
        page.goto(f"{address}/lab/tree/release?token={token}")
        page.locator(".lm-MenuBar-itemLabel", has_text="Nbgrader").click(timeout=120_000)
        page.locator(".lm-Menu-itemLabel", has_text=re.compile("^Formgrader$")).click()
        listed = page.frame_locator("iframe").locator("tr", has_text=NAME)
        listed.get_by_role("link", name=str(len(EXPECTED) + 1), exact=True).wait_for(timeout=60_000)
        page.goto(f"{address}/formgrader/manage_submissions/{NAME}")
        rows = {}
        for who in (getpass.getuser(), "copier", "deadly", "empty"):
            row = page.locator("tr", has=page.locator("td", has_text=re.compile(rf"^\s*{who}\s*$")))
            row.wait_for(timeout=60_000)
            rows[who] = row.inner_text()
        page.close()
    assert "20 / 20" in rows[getpass.getuser()] and "3 / 20" in rows["copier"]
    assert "5 / 20" in rows["deadly"] and "0 / 20" in rows["empty"]
