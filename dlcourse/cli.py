"""The command ``dlcourse``."""

import argparse
import os
import sys

DESCRIPTION = "Deep learning with Keras and TensorFlow, as notebooks whose every claim is measured."
EPILOG = """
first steps
  dlcourse lab                    open your own copies of the chapters in JupyterLab
  dlcourse run 01                 execute chapter 01 and build its page, build/course/01_....html
  dlcourse course                 execute every chapter and build every page

for authors
  dlcourse notebooks              after an edit of notebooks/src/*.py or notebooks/*.ipynb
  dlcourse test --chapter 01      test that chapter

Each command explains itself: dlcourse COMMAND --help. Each is also a make target: make course CHAPTER=01.
"""


def parser():
    """The command line's grammar. Loads nothing but argparse."""
    top = argparse.ArgumentParser(
        prog="dlcourse",
        description=DESCRIPTION,
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = top.add_subparsers(title="commands", dest="command", metavar="COMMAND")

    def command(name, run, help, description):
        entry = commands.add_parser(
            name, help=help, description=f"{help[0].upper()}{help[1:]}.\n\n{description.strip()}",
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )  # fmt: skip
        entry.set_defaults(run=run)
        return entry

    def chapter_option(entry):
        entry.add_argument("--chapter", metavar="ID", help="only this chapter, such as 01 or 06a")

    command("list", _list, "list the chapters", "Id, title and file of each.")

    entry = command("run", _run, "execute one chapter and build its page", COURSE)
    entry.add_argument("chapter", metavar="ID", help="the chapter, such as 01 or 06a")

    entry = command("course", _run, "execute every chapter and build every page", COURSE)
    chapter_option(entry)

    entry = command("notebooks", _notebooks, "bring text sources and notebooks together", NOTEBOOKS)
    chapter_option(entry)
    entry.add_argument("--all", action="store_true", help="execute also what has not changed")
    entry.add_argument(
        "--take",
        choices=["source", "notebook"],
        help="settle a conflict: keep the .py (source) or the .ipynb",
    )
    return top


COURSE = """
Every chapter is executed from a clean kernel, two at a time, as it stands in notebooks/src (or in its .ipynb,
where that was edited). The notebooks with their stored outputs are left alone. Written are:

  build/course/NAME.html      one page a chapter, complete in itself: open it in a browser
  build/claims.json           every claim: values, interval, bound, control, verdict
  build/failed/NAME.ipynb     a chapter that failed, up to the cell that did

The table at the end gives seconds, claims held of measured, and the narrowest margin: how far the claim
nearest to failing was from its bound, in units of the distance between its value and its control's (0: it
touches the bound). Exit status 1 where a cell, a claim or a page failed; the other chapters still run.
"""

NOTEBOOKS = """
A chapter has two sides: notebooks/src/NAME.py (text, what is edited and reviewed) and notebooks/NAME.ipynb
(with outputs, what is opened). Edit either. This command takes the edit to the other side and executes the
chapter again if its code changed. A chapter that fails leaves its notebook as it was; the failing one is put
into build/failed. Where both sides were edited, nothing is written and the message says how to choose.
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
    from dlcourse.publishing import chapters, pairing, progress

    chosen = chapters.select(arguments.chapter)
    if arguments.take and not arguments.chapter:
        raise ValueError("--take settles one chapter's conflict: give --chapter too.")
    good = pairing.synchronise(chosen, progress.Progress(), again=arguments.all, take=arguments.take)
    return 0 if good else 1


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
