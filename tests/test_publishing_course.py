"""dlcourse course: pages, claims.json and the table; what fails is told and doesn't stop the others."""

import json

from conftest import SAMPLE, Quiet, make_course

from dlcourse.publishing import chapters, checks, pairing
from dlcourse.publishing import course as courses

CLAIM = """\
# %% [markdown]
# # Chapter {id} · Two · 二

# %%
from dlcourse.claims import Claims

claims = Claims("{id}")
claims.measure("C{id}.1", "it is positive", values=[1.0, 1.1, 0.9], above={bound}, control=[0.0, 0.1])
claims.verdict("C{id}.1", {{"holds": True}})
claims.report()
"""


def build(course, id=None):
    said, progress = [], Quiet()
    good = courses.build(chapters.select(id, course), progress, say=said.append)
    return good, "\n".join(said)


def claims(course):
    return json.loads((course / "build" / "claims.json").read_text(encoding="utf-8"))


def test_pages_claims_and_table(course):
    before = (course / "notebooks" / "01_sample.ipynb").read_bytes()
    good, said = build(course)
    assert good
    page = (course / "build" / "course" / "01_sample.html").read_text(encoding="utf-8")
    assert checks.self_contained(page) == [] and "A sample" in page
    [claim] = claims(course)
    assert (claim["id"], claim["chapter"], claim["ok"], claim["source"]) == ("C01.1", "01", True, "live")
    assert claim["values"] == [1.0, 1.1, 0.9] and claim["bound"] == [0.5, None]
    needed = {
        "id",
        "chapter",
        "statement",
        "values",
        "interval",
        "bound",
        "control",
        "ok",
        "verdict",
        "source",
    }
    assert needed <= set(claim)
    heading, _, row = said.strip().splitlines()
    assert heading.split("  ")[0] == "chapter" and "narrowest margin" in heading
    # the interval starts at 1 - 0.248, 0.252 above the bound, and the mean is 1
    assert row.startswith("01_sample") and "1 of 1" in row and row.endswith("25.2% (C01.1)")
    assert (course / "notebooks" / "01_sample.ipynb").read_bytes() == before


def test_executed_again_gives_the_same_bytes(chapter):
    before = chapter.notebook.read_bytes()
    progress = Quiet()
    assert pairing.synchronise([chapter], progress, again=True, say=lambda text: None)
    assert progress.ended == ["01_sample"] and chapter.notebook.read_bytes() == before


def test_a_failing_claim_fails_the_course_and_the_others_go_on(tmp_path, monkeypatch):
    sources = {
        "01_sample": SAMPLE,
        "02_bad": CLAIM.format(id="02", bound=0.9),
        "03_good": CLAIM.format(id="03", bound=0.5),
    }
    course = make_course(tmp_path, **sources)
    monkeypatch.setenv("DLCOURSE_ROOT", str(course))
    good, said = build(course)
    assert not good
    for part in (
        "02_bad failed at notebooks/src/02_bad.py",
        "it is positive",
        "[1.0, 1.1, 0.9]",
        "above 0.9",
    ):
        assert part in said
    assert [claim["id"] for claim in claims(course)] == ["C01.1", "C03.1"]
    assert sorted(path.name for path in (course / "build" / "course").glob("*.html")) == [
        "01_sample.html",
        "03_good.html",
    ]
    assert (course / "build" / "failed" / "02_bad.ipynb").exists()
    rows = {line.split()[0]: line for line in said.splitlines() if line.startswith("0")}
    assert "failed" in rows["02_bad"] and "1 of 1" in rows["03_good"]

    # one chapter run alone replaces its own records and page only
    source = course / "notebooks" / "src" / "02_bad.py"
    source.write_text(CLAIM.format(id="02", bound=0.5), encoding="utf-8")
    good, said = build(course, "02")
    assert good and [claim["id"] for claim in claims(course)] == ["C01.1", "C02.1", "C03.1"]
    assert 'href="03_good.html"' in (course / "build" / "course" / "02_bad.html").read_text(encoding="utf-8")


def test_a_formula_that_cannot_be_shown_fails_the_course(course):
    source = course / "notebooks" / "src" / "01_sample.py"
    source.write_text(SAMPLE.replace("$\\alpha > 0$", "$\\foo$"), encoding="utf-8")
    good, said = build(course)
    assert not good and "01_sample: no page" in said and "\\foo" in said and "cell 3 of 11" in said


def test_a_conflict_fails_the_course(course):
    for path in (course / "notebooks" / "src" / "01_sample.py", course / "notebooks" / "01_sample.ipynb"):
        text = path.read_text(encoding="utf-8").replace("Does a line rise?", f"Does {path.suffix} rise?")
        path.write_text(text, encoding="utf-8")
    good, said = build(course)
    assert not good and "both edited" in said


def test_the_narrowest_margin_is_named():
    assert courses.narrowest([]) == "–"
    records = [{"id": "C01.1", "margin": 0.3}, {"id": "C01.2", "margin": 0.0101}]
    assert courses.narrowest(records) == "1.0% (C01.2)"
