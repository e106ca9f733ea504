"""dlcourse course: claims.json, site, slides, the table; what fails is told and doesn't stop the others."""

import json
import shutil

import pytest
from conftest import REPOSITORY, SAMPLE, Quiet, make_course

from dlcourse.publishing import chapters, pairing, slides, tools
from dlcourse.publishing import course as courses

CLAIM = """\
# %% [markdown]
# # Chapter {id} · Two · 二

# %%
from dlcourse.claims import Claims

claims = Claims("{id}")
claims.measure("C{id}.1", "it is positive", abs, of=[-1, 1.1, -0.9], above={bound}, control=[0.0])
claims.rule(
    "A{id}",
    {{"holds": lambda x: x.low > 1, "does not hold": lambda x: x.high < 1, "not settled": True}},
    {{"holds": {{"x": [2]}}, "does not hold": {{"x": [0]}}, "not settled": {{"x": [0, 2]}}}},
)
claims.verdict("A{id}", x={x})
claims.report()
"""


def nothing(root, executed, *, say):
    """Publishes nothing."""
    return []


def build(course, id=None, publish=nothing):
    said, progress = [], Quiet()
    good = courses.build(chapters.select(id, course), progress, publish=publish, say=said.append)
    return good, "\n".join(said)


def claims(course):
    return json.loads((course / "build" / "claims.json").read_text(encoding="utf-8"))


def test_claims_and_table(course):
    before = (course / "notebooks" / "01_sample.ipynb").read_bytes()
    good, said = build(course)
    assert good
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
        "02_bad": CLAIM.format(id="02", bound=0.9, x=5),
        "03_good": CLAIM.format(id="03", bound=0.5, x=5),
    }
    course = make_course(tmp_path, **sources)
    monkeypatch.setenv("DLCOURSE_ROOT", str(course))
    published = []

    def note(root, executed, *, say):
        published.append(sorted(chapter.name for chapter in executed))
        return []

    good, said = build(course, publish=note)
    assert not good and published == [["01_sample", "03_good"]]
    for part in (
        "02_bad failed at notebooks/src/02_bad.py",
        "it is positive",
        "[1.0, 1.1, 0.9]",
        "above 0.9",
    ):
        assert part in said
    assert [claim["id"] for claim in claims(course)] == ["C01.1", "C03.1", "A03"]
    assert (course / "build" / "failed" / "02_bad.ipynb").exists()
    rows = {line.split()[0]: line for line in said.splitlines() if line.startswith("0")}
    assert "failed" in rows["02_bad"] and "1 of 1" in rows["03_good"]

    # one chapter run alone replaces its own records only
    source = course / "notebooks" / "src" / "02_bad.py"
    source.write_text(CLAIM.format(id="02", bound=0.5, x=5), encoding="utf-8")
    good, said = build(course, "02")
    assert good and [claim["id"] for claim in claims(course)] == ["C01.1", "C02.1", "A02", "C03.1", "A03"]


@pytest.fixture
def whole(course):
    """The sample course with what the site is made of."""
    shutil.copytree(REPOSITORY / "docs", course / "docs")
    (course / "benchmarks" / "results").mkdir(parents=True)
    (course / "benchmarks" / "README.md").write_text("# Benchmarks\n\nNone.\n", encoding="utf-8")
    return course


def test_site_and_slides_show_what_was_just_executed(whole, publish_group):
    source = whole / "notebooks" / "src" / "01_sample.py"
    source.write_text(SAMPLE.replace("len(points)", "len(points) + 40"), encoding="utf-8")
    good, said = build(whole, publish=courses.publish)
    if "Skipped" in said:
        pytest.skip(said)
    assert good and said.index("slides,") < said.index("narrowest margin")
    page = (whole / "build" / "site" / "chapters" / "01_sample.html").read_text(encoding="utf-8")
    assert ">43" in page.replace("\n", "")
    deck = (whole / "build" / "slides" / "01.html").read_text(encoding="utf-8")
    assert "A sample" in deck


def test_what_cannot_be_had_is_named_and_the_course_passes(whole, monkeypatch):
    def missing(*arguments, **options):
        raise tools.ToolMissing("needed once, with a network")

    monkeypatch.setattr(tools, "install", missing)
    good, said = build(whole, publish=courses.publish)
    assert good and "Skipped: site and slides. needed once" in said and "1 of 1" in said
    assert not (whole / "build" / "site").exists()

    monkeypatch.setattr(tools, "install", lambda root: None)
    monkeypatch.setattr(courses.site, "build", missing)
    monkeypatch.setattr(slides.tools, "reveal", missing)
    good, said = build(whole, publish=courses.publish)
    assert good and "Skipped: site. " in said and "Skipped: slides. " in said


def test_a_formula_that_cannot_be_shown_fails_the_course(whole, publish_group):
    source = whole / "notebooks" / "src" / "01_sample.py"
    source.write_text(SAMPLE.replace("$\\alpha > 0$", "$\\foo$"), encoding="utf-8")
    good, said = build(whole, publish=courses.publish)
    if "Skipped" in said:
        pytest.skip(said)
    assert not good and "slides: " in said and "\\foo" in said


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


def test_a_verdict_that_differs_from_the_stored_one_is_named(tmp_path, monkeypatch):
    course = make_course(tmp_path, **{"02_one": CLAIM.format(id="02", bound=0.5, x=5)})
    monkeypatch.setenv("DLCOURSE_ROOT", str(course))
    assert pairing.synchronise(chapters.find(course), Quiet(), say=lambda text: None)
    good, said = build(course)
    assert good and "stored" not in said

    source = course / "notebooks" / "src" / "02_one.py"
    source.write_text(CLAIM.format(id="02", bound=0.5, x=[-9, 9]), encoding="utf-8")
    good, said = build(course)
    assert not good and "02_one: verdict A02: stored 'holds', now 'not settled'" in said
    assert [row["verdict"] for row in claims(course)] == [None, "not settled"]  # written all the same


def test_recorded_claims_and_verdicts_are_not_counted_as_held():
    rows = [("C1", True, 0.3, "live"), ("C2", True, 0.1, "recorded"), ("A1", None, None, "live")]
    records = [dict(zip(("id", "ok", "margin", "source"), row, strict=True)) for row in rows]
    [chapter] = chapters.find(REPOSITORY)[:1]
    row = courses.summary([chapter], {chapter.name: (1.0, records)}).splitlines()[-1]
    assert row.split("  ")[-1].strip() == "30.0% (C1)" and "  1 of 1  " in row
