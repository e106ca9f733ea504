"""The main job: chapters executed from a clean kernel, their claims written, site and slides built, and a table."""

import json

from dlcourse import files
from dlcourse.publishing import chapters as courses
from dlcourse.publishing import execute, markdown, pairing, site, site_pages, slides, tools

COLUMNS = ("chapter", "seconds", "claims held", "narrowest margin")


def publish(root, executed, *, say=print):
    """Build the site of all chapters, and slides of these, from what was just executed.

    Args:
        root: the repository's folder.
        executed: dict from Chapter to its executed notebook; other chapters are shown as they are stored.
        say: called with each line of the report: what was built, and what was skipped since its tools aren't there.

    Returns:
        list of str: what failed.
    """
    try:
        tools.install(root)
    except tools.ToolMissing as missing:
        say(f"Skipped: site and slides. {str(missing).splitlines()[0]}")
        return []
    failures, by_name = [], {chapter.name: notebook for chapter, notebook in executed.items()}
    steps = {
        "site": lambda: site.build(courses.find(root), root=root, executed=by_name, say=say),
        "slides": lambda: slides.build(list(executed), executed=by_name, say=say),
    }
    for what, step in steps.items():
        try:
            step()
        except tools.ToolMissing as missing:
            say(f"Skipped: {what}. {str(missing).splitlines()[0]}")
        except (
            site.SiteError,
            site_pages.PageError,
            markdown.MarkdownError,
            slides.lecture.LectureError,
        ) as error:
            failures.append(f"{what}: {error}")
    return failures


def changed_verdicts(stored, now):
    """The verdicts that differ from the stored ones, one sentence each.

    Args:
        stored, now: a chapter's records, as its notebook stores them and as it was just executed.
    """
    before, after = _verdicts(stored), _verdicts(now)
    return [
        f"{id}: stored {_quoted(before.get(id))}, now {_quoted(after.get(id))}"
        for id in dict.fromkeys([*before, *after])
        if before.get(id) != after.get(id)
    ]


def _verdicts(records):
    return {record["id"]: record["verdict"] for record in records if record["verdict"]}


def _quoted(verdict):
    return "no verdict" if verdict is None else f"'{verdict}'"


def build(chapters, progress, *, publish=publish, say=print):
    """Execute chapters, write build/executed/NAME.ipynb and build/claims.json, and publish them.

    The notebooks in notebooks/ are left as they are. A chapter that fails leaves itself in build/failed, and the site
    shows it as stored; the others go on. build/claims.json keeps the records of chapters that were not asked for.

    Args:
        chapters: list of Chapter.
        progress: see execute.execute_all.
        publish: called as the function of this name.
        say: called with each part of the report.

    Returns:
        bool: whether every cell and every claim went well, every verdict is the stored one, and site and slides were
            built where their tools are there.
    """
    failures, jobs, rows = [], [], {chapter.name: (None, None) for chapter in chapters}
    for chapter in chapters:
        try:
            notebook = pairing.pair(chapter).notebook
        except (pairing.Conflict, ValueError) as error:
            failures.append(f"{chapter.name}: {error}")
            continue
        jobs.append((chapter, execute.Job(chapter.name, notebook, chapter.notebook.parent)))
    execute.execute_all([job for _, job in jobs], progress)

    executed = {}
    for chapter, job in jobs:
        pairing.seal(job.notebook)
        text = pairing.notebook_text(job.notebook)
        built, failed = (
            chapter.root / "build" / part / chapter.notebook.name for part in ("executed", "failed")
        )
        if job.failure is not None:
            files.write(failed, text)
            failures.append(pairing.failure_text(chapter, job))
            rows[chapter.name] = (job.seconds, None)
            continue
        failed.unlink(missing_ok=True)
        files.write(built, text)
        records = execute.claims_of(job.notebook)
        rows[chapter.name] = (job.seconds, records)
        failures += [
            f"{chapter.name}: claim {record['id']} fails: {record['statement']}; values {record['values']}, "
            f"bound {record['bound']}"
            for record in records
            if record["ok"] is False
        ]
        if chapter.notebook.exists():
            stored = execute.claims_of(pairing.read_notebook(chapter.notebook))
            failures += [f"{chapter.name}: verdict {text}" for text in changed_verdicts(stored, records)]
        executed[chapter] = job.notebook
    for root in {chapter.root for chapter in chapters}:
        _write_claims(root, {chapter.id: rows[chapter.name][1] for chapter in chapters})
        mine = {chapter: notebook for chapter, notebook in executed.items() if chapter.root == root}
        failures += publish(root, mine, say=say) if mine else []
    for failure in failures:
        say(failure)
    say(summary(chapters, rows))
    return not failures


def _write_claims(root, by_chapter):
    """Put these chapters' records (None: failed) into build/claims.json, in place of their old ones."""
    path = root / "build" / "claims.json"
    old = json.loads(path.read_text(encoding="utf-8")) if path.exists() else []
    records = [record for record in old if record["chapter"] not in by_chapter]
    records += [record for new in by_chapter.values() if new for record in new]
    records.sort(key=lambda record: record["chapter"])  # stable: a chapter's own order stays
    files.write(path, json.dumps(records, indent=1, ensure_ascii=False) + "\n")


def summary(chapters, rows):
    """The closing table as text: seconds, claims held of measured, and the margin nearest to failing.

    Recorded claims are not counted as held, and verdicts not as claims.
    """
    lines = []
    for chapter in chapters:
        seconds, records = rows[chapter.name]
        if records is None:
            held, narrow = "failed", ""
        else:
            claims = [r for r in records if r["ok"] is not None and r["source"] != "recorded"]
            held = f"{sum(claim['ok'] for claim in claims)} of {len(claims)}"
            narrow = narrowest(claims)
        lines.append((chapter.name, "" if seconds is None else f"{seconds:.1f}", held, narrow))
    widths = [max(len(line[column]) for line in [COLUMNS, *lines]) for column in range(len(COLUMNS))]
    rule = tuple("-" * width for width in widths)
    return "\n" + "\n".join(
        "  ".join(
            cell.rjust(width) if column == 1 else cell.ljust(width)
            for column, (cell, width) in enumerate(zip(line, widths, strict=True))
        ).rstrip()
        for line in [COLUMNS, rule, *lines]
    )


def narrowest(records):
    """The smallest margin, and whose it is, as text."""
    if not records:
        return "–"
    smallest = min(records, key=lambda record: record["margin"])
    return f"{smallest['margin']:.1%} ({smallest['id']})"
