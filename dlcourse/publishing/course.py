"""The main job: chapters executed from a clean kernel, their pages and claims written, and a table."""

import json

from dlcourse.publishing import execute, files, html, pairing

COLUMNS = ("chapter", "seconds", "claims held", "narrowest margin")


def claims_of(notebook):
    """The claims' records that an executed notebook carries in its outputs' metadata, in order."""
    return [
        record
        for cell in notebook.cells
        if cell.cell_type == "code"
        for output in cell.outputs
        for record in output.get("metadata", {}).get("dlcourse", {}).get("claims", [])
    ]


def build(chapters, progress, *, say=print):
    """Execute chapters and write build/course/NAME.html, build/executed/NAME.ipynb and build/claims.json.

    The notebooks in notebooks/ are left as they are. A chapter that fails leaves its last page in place, and
    itself in
    build/failed; the others go on. build/claims.json keeps the records of chapters that were not asked for.

    Args:
        chapters: list of Chapter.
        progress: see execute.execute_all.
        say: called with each part of the report.

    Returns:
        bool: whether every cell, every claim and every page went well.
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

    pages = []
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
        records = claims_of(job.notebook)
        rows[chapter.name] = (job.seconds, records)
        failures += [
            f"{chapter.name}: claim {record['id']} fails: {record['statement']}; values {record['values']}, "
            f"bound {record['bound']}"
            for record in records
            if not record["ok"]
        ]
        pages.append((chapter, job.notebook))
    failures += html.write_pages(pages)
    for root in {chapter.root for chapter in chapters}:
        _write_claims(root, {chapter.id: rows[chapter.name][1] for chapter in chapters})
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
    """The closing table as text: seconds, claims held of measured, and the margin nearest to failing."""
    lines = []
    for chapter in chapters:
        seconds, records = rows[chapter.name]
        if records is None:
            held, narrow = "failed", ""
        else:
            held = f"{sum(record['ok'] for record in records)} of {len(records)}"
            narrow = narrowest(records)
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
