"""Results of a study on disk: resumable, with the machine and the versions that they come from."""

import json
import os
import pathlib

from dlcourse import reproducibility

RESULTS = pathlib.Path(__file__).resolve().parents[1] / "benchmarks" / "results"


class Recording:
    """A study's measurements, written after each one, so that an interrupted study goes on where it was.

    Args:
        name: of the study; the file is ``benchmarks/results/<name>.json``.
        about: one sentence: what is measured, in which unit.
    """

    def __init__(self, name, about, folder=RESULTS):
        self.path = pathlib.Path(folder) / f"{name}.json"
        self.content = {"name": name, "about": about, "environment": {}, "values": {}}
        if self.path.exists():
            self.content["values"] = json.loads(self.path.read_text(encoding="utf-8"))["values"]

    def done(self, key):
        """Whether this measurement is recorded already."""
        return key in self.content["values"]

    def add(self, key, values):
        """Record a measurement (numbers, lists, dicts) under a text key, and write the file."""
        self.content["values"][key] = values
        self.content["environment"] = reproducibility.report()
        self.path.parent.mkdir(parents=True, exist_ok=True)
        unfinished = self.path.with_suffix(f".{os.getpid()}.part")
        unfinished.write_text(json.dumps(self.content, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
        os.replace(unfinished, self.path)


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
