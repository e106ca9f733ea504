"""Plant one fault at a time in a copy of the course, and see whether the tests that should see it do.

    python tests/faults/run.py                  all faults that have no result yet
    python tests/faults/run.py --room training  those of one room
    python tests/faults/run.py --again          all anew

Results are kept in build/faults.json after every fault, so that an interrupted run goes on. A fault is caught where a
test fails; it survives where all pass. Survivors are listed at the end, and the exit status is 1 where there are any
that faults.toml does not explain.
"""

import argparse
import hashlib
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import tomllib

ROOT = pathlib.Path(__file__).resolve().parents[2]
LIST = pathlib.Path(__file__).with_name("faults.toml")
RESULTS = ROOT / "build" / "faults.json"
SECONDS = 900
"""A fault that makes tests run for ever is caught too."""


def faults():
    """The list: dicts with file, old, new, tests, and where it is known to be harmless, why."""
    return tomllib.loads(LIST.read_text("utf-8"))["fault"]


def key(fault):
    """Names a fault by all that it says; a changed one is tried anew."""
    said = json.dumps([fault[name] for name in ("file", "old", "new", "tests")])
    return hashlib.sha256(said.encode()).hexdigest()[:16]


def plant(fault, root):
    """Write the fault into a copy; returns the text that was there."""
    path = root / fault["file"]
    text = path.read_text("utf-8")
    if text.count(fault["old"]) != 1:
        raise SystemExit(
            f"{fault['file']}: {fault['old']!r} occurs {text.count(fault['old'])} times; expected once."
        )
    path.write_text(text.replace(fault["old"], fault["new"]), "utf-8")
    return text


def seen(fault, root):
    """Whether the fault's tests fail on the copy."""
    command = [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", *fault["tests"]]
    environment = {**os.environ, "PYTHONPATH": str(root)}
    try:
        done = subprocess.run(
            command, cwd=root, env=environment, capture_output=True, text=True, timeout=SECONDS
        )
    except subprocess.TimeoutExpired:
        return True
    if done.returncode not in (0, 1, 2):  # pytest's own: nothing collected, usage
        raise SystemExit(
            f"{command} ended with {done.returncode}:\n{done.stdout[-2_000:]}{done.stderr[-2_000:]}"
        )
    return done.returncode != 0


def main():
    arguments = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    arguments.add_argument("--room", help="only faults of files in this folder of dlcourse")
    arguments.add_argument("--again", action="store_true", help="forget earlier results")
    given = arguments.parse_args()
    results = {} if given.again or not RESULTS.exists() else json.loads(RESULTS.read_text("utf-8"))
    chosen = [fault for fault in faults() if not given.room or f"/{given.room}/" in f"/{fault['file']}"]
    with tempfile.TemporaryDirectory() as folder:
        copy = pathlib.Path(folder) / "course"
        tracked = subprocess.run(
            ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True
        )
        for name in filter(None, tracked.stdout.split("\0")):
            if (ROOT / name).is_file():
                (copy / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(ROOT / name, copy / name)
        for number, fault in enumerate(chosen, 1):
            if key(fault) not in results:
                before = plant(fault, copy)
                results[key(fault)] = seen(fault, copy)
                (copy / fault["file"]).write_text(before, "utf-8")
                RESULTS.parent.mkdir(exist_ok=True)
                RESULTS.write_text(json.dumps(results, indent=1), "utf-8")
            said = "caught" if results[key(fault)] else "SURVIVED"
            print(
                f"{number} of {len(chosen)}: {said}: {fault['file']}: {fault['old'].strip()[:60]}", flush=True
            )
    survivors = [fault for fault in chosen if not results[key(fault)]]
    print(f"\n{len(chosen) - len(survivors)} of {len(chosen)} caught.")
    for fault in survivors:
        print(f"survived: {fault['file']}: {fault['old']!r} -> {fault['new']!r}. {fault.get('harmless', '')}")
    return int(any("harmless" not in fault for fault in survivors))


if __name__ == "__main__":
    sys.exit(main())
