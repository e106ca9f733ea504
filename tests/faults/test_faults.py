"""The list of faults keeps up with the code: each can still be planted, in one place, and names tests that exist."""

import ast
import importlib.util
import pathlib

import pytest

spec = importlib.util.spec_from_file_location("plant_faults", pathlib.Path(__file__).with_name("run.py"))
plant_faults = importlib.util.module_from_spec(spec)
spec.loader.exec_module(plant_faults)
FAULTS = plant_faults.faults()


@pytest.mark.parametrize("fault", FAULTS, ids=[f"{number}" for number in range(len(FAULTS))])
def test_a_fault_can_be_planted(fault):
    text = (plant_faults.ROOT / fault["file"]).read_text("utf-8")
    assert text.count(fault["old"]) == 1, f"{fault['file']}: {fault['old']!r}"
    ast.parse(text.replace(fault["old"], fault["new"]))
    assert fault["tests"]
    for test in fault["tests"]:
        file, _, name = test.partition("::")
        path = plant_faults.ROOT / file
        assert path.exists(), test
        assert not name or f"def {name.partition('[')[0]}(" in path.read_text("utf-8"), test


def test_there_are_many_over_all_rooms():
    rooms = {fault["file"].split("/")[1] for fault in FAULTS}
    assert len(FAULTS) >= 120 and len({plant_faults.key(fault) for fault in FAULTS}) == len(FAULTS)
    assert rooms >= {
        "datasets",
        "from_scratch",
        "models",
        "training",
        "metrics",
        "analysis",
        "rl",
        "publishing",
    }
