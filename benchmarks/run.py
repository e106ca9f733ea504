"""Measures what takes longer than a chapter, and records it in benchmarks/results.

    python benchmarks/run.py                 everything that is not recorded yet
    python benchmarks/run.py training_speed  one study
    python benchmarks/run.py --list          their names

A study that was interrupted goes on where it was; to measure one anew, delete its file in benchmarks/results.
"""

import argparse
import pathlib
import subprocess
import sys

HERE = pathlib.Path(__file__).parent
SPEED = "training_speed"
RL_SPEED = "rl_speed"


def studies():
    """Names of all studies, in the order in which they run, and their scripts."""
    found = {name: HERE / f"{name}.py" for name in (SPEED, RL_SPEED)}
    return found | {path.stem: path for path in sorted((HERE / "studies").glob("*.py"))}


def main():
    scripts = studies()
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("study", nargs="*", help="names of studies; all where none is given")
    parser.add_argument("--list", action="store_true", help="list the studies")
    arguments = parser.parse_args()
    if arguments.list:
        print("\n".join(scripts))
        return
    unknown = [name for name in arguments.study if name not in scripts]
    if unknown:
        parser.error(f"no study named {', '.join(unknown)}; there are: {', '.join(scripts)}")
    for name in arguments.study or scripts:
        print(f"== {name}", flush=True)
        subprocess.run([sys.executable, str(scripts[name])], check=True)
        if name == SPEED:
            subprocess.run([sys.executable, str(HERE / "report.py")], check=True)


if __name__ == "__main__":
    main()
