"""A recorded point is measured anew: what stands in benchmarks/results is what its study gives."""

import chapter_code
import pytest

from dlcourse import recording, reproducibility
from dlcourse.measured import Measured

STUDIES = chapter_code.ROOT / "benchmarks" / "studies"


def within(anew, recorded):
    """Whether the mean of what was measured anew lies in the 95 % interval of what is recorded."""
    recorded = Measured(recorded)
    return recorded.low <= Measured(anew).mean <= recorded.high


@pytest.mark.slow
def test_a_recorded_point_is_measured_again():
    reproducibility.start(0)
    recorded = recording.load("ch05_double_descent")
    anew = chapter_code.study("ch05_double_descent").errors(width=8, noise=0.2)
    assert within(anew["held out"], recorded["noise 0.2, width 8"]["held out"])
    assert not within(anew["held out"], recorded["noise 0.2, width 2"]["held out"])  # so the test can fail


def test_every_study_is_told_of_and_recorded_unless_it_says_so():
    rows = (STUDIES.parent / "README.md").read_text(encoding="utf-8").splitlines()
    for path in STUDIES.glob("*.py"):
        row = next((row for row in rows if row.startswith(f"| `{path.stem}`")), None)
        assert row, f"benchmarks/README.md has no row for {path.stem}"
        recorded = (recording.RESULTS / f"{path.stem}.json").exists()
        assert recorded or "(not recorded yet)" in row, (
            f"{path.stem} is not recorded: make bench STUDY={path.stem}"
        )
