"""Results of a study on disk: resumable, with the machine and the versions that they come from."""

import json
import pathlib
import subprocess
import sys

from dlcourse import files, reproducibility

RESULTS = pathlib.Path(__file__).resolve().parents[1] / "benchmarks" / "results"


class Recording:
    """A study's measurements, written after each one, so that an interrupted study goes on where it was.

    Several processes may measure for one record: each adds to what the file holds by then.

    Args:
        name: of the study; the file is ``benchmarks/results/<name>.json``.
        about: one sentence: what is measured, in which unit.
    """

    def __init__(self, name, about, folder=RESULTS):
        self.path = pathlib.Path(folder) / f"{name}.json"
        self.content = {"name": name, "about": about, "environment": {}, "values": {}}
        self._read()

    def done(self, key):
        """Whether this measurement is recorded already."""
        self._read()
        return key in self.content["values"]

    def add(self, key, values):
        """Record a measurement (numbers, lists, dicts) under a text key, and write the file."""
        self._read()
        self.content["values"][key] = values
        self.content["environment"] = reproducibility.report()
        files.write(self.path, json.dumps(self.content, indent=1, ensure_ascii=False) + "\n")

    def _read(self):
        if self.path.exists():
            self.content["values"] = load(self.path.stem, self.path.parent)


def in_its_own_process(script, settings, python=sys.executable):
    """Run a contender's script with its settings as JSON, and return what its last line says, JSON too.

    Args:
        script: path of a script in benchmarks/.
        settings: dict.
        python: the interpreter.

    Raises:
        RuntimeError: where the process fails; with the end of what it said.
    """
    command = [python, str(script), json.dumps(settings)]
    finished = subprocess.run(command, capture_output=True, text=True, check=False)
    if finished.returncode:
        raise RuntimeError(f"{settings} failed:\n{finished.stderr[-2000:]}")
    return json.loads(finished.stdout.splitlines()[-1])


def load(name, folder=RESULTS):
    """The recorded values of a study: a dict from key to values.

    Raises:
        FileNotFoundError: where it isn't recorded; the message says how to record it.
    """
    path = pathlib.Path(folder) / f"{name}.json"
    if not path.exists():
        raise FileNotFoundError(f"{path} is not there. Record it: make bench STUDY={name}")
    return json.loads(path.read_text(encoding="utf-8"))["values"]


def environment(name, folder=RESULTS):
    """The machine and the versions that a study was recorded with, a dict from name to text."""
    return json.loads((pathlib.Path(folder) / f"{name}.json").read_text(encoding="utf-8"))["environment"]
