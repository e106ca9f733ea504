"""Start-up: what it pins, what it refuses, and what importing the package costs."""

import json
import os
import subprocess
import sys

import pytest

from dlcourse import reproducibility


def run(code, **environment):
    return subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        env={**os.environ, **environment},
        check=True,
    ).stdout


def test_importing_the_package_and_its_help_load_nothing_heavy():
    heavy = "{m.split('.')[0] for m in sys.modules} & {'tensorflow', 'keras', 'numpy', 'matplotlib', 'scipy'}"
    assert run(f"import sys, dlcourse; print({heavy})") == "set()\n"
    code = "import sys, dlcourse.cli as c\ntry: c.main(['--help'])\nexcept SystemExit: pass\n"
    assert run(code + f"print({heavy})").endswith("set()\n")


def test_start_gives_the_same_draws_and_pins_threads():
    code = """
import json, random, numpy, sys
from dlcourse import reproducibility
reproducibility.start(seed=int(sys.argv[1]) if sys.argv[1:] else 3)
import keras, tensorflow as tf
print(json.dumps([random.random(), float(numpy.random.rand()), keras.random.normal(()).numpy().item(),
                  tf.config.threading.get_intra_op_parallelism_threads()]))
"""
    first, again = json.loads(run(code)), json.loads(run(code, DLCOURSE_THREADS="1"))
    assert first[:3] == again[:3]
    assert (first[3], again[3]) == (2, 1)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [({"seed": -1}, "a seed is a whole number"), ({"seed": 1.5}, "a seed"), ({"threads": 0}, "1 or more")],
)
def test_bad_arguments_are_named(arguments, message):
    with pytest.raises(ValueError, match=message):
        reproducibility.start(**arguments)


def test_bad_threads_in_the_environment_are_named(monkeypatch):
    monkeypatch.setenv("DLCOURSE_THREADS", "two")
    with pytest.raises(ValueError, match="DLCOURSE_THREADS='two'"):
        reproducibility.start()


def test_the_report_names_versions_as_text():
    report = reproducibility.report()
    assert report["keras"].startswith("3.") and all(isinstance(value, str) for value in report.values())
