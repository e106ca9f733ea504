"""A recorded point is measured anew: what stands in benchmarks/results is what its study gives."""

import chapter_code
import numpy as np
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


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "variant", "steps", "place"),
    [("ch09c_ablations", "DQN - target network", 10_000, 3), ("ch09d_tricks", "one epoch", 15_000, 2)],
)
def test_training_begins_as_it_is_recorded(name, variant, steps, place):
    reproducibility.start(0)
    study, recorded = chapter_code.study(name), recording.load(name)
    anew = np.array(study.measured(study.VARIANTS[variant], steps=steps)["curves"])[:, place]
    begun = np.array(recorded[variant]["curves"])
    spread = begun[:, place].std(ddof=1)
    assert abs(anew.mean() - begun[:, place].mean()) < 2 * spread
    other = np.array(recorded["DQN + 8 steps" if name == "ch09c_ablations" else "as it is"]["curves"])
    assert abs(other[:, -1].mean() - begun[:, place].mean()) > 2 * spread  # so the test can fail


@pytest.mark.slow
def test_filters_of_the_residual_network_begin_as_they_are_recorded():
    reproducibility.start(0)
    recorded = recording.load("ch06_mnist")
    anew = chapter_code.study("ch06_mnist").measured(3, epochs=1, examples=200)
    assert anew["Gabor, untrained"] == pytest.approx(recorded["seed 3"]["Gabor, untrained"], abs=1e-4)
    assert abs(recorded["seed 3"]["Gabor"] - recorded["seed 3"]["Gabor, untrained"]) > 0.01


def test_every_study_is_told_of_and_recorded_unless_it_says_so():
    rows = (STUDIES.parent / "README.md").read_text(encoding="utf-8").splitlines()
    for path in STUDIES.glob("*.py"):
        row = next((row for row in rows if row.startswith(f"| `{path.stem}`")), None)
        assert row, f"benchmarks/README.md has no row for {path.stem}"
        recorded = (recording.RESULTS / f"{path.stem}.json").exists()
        assert recorded or "(not recorded yet)" in row, (
            f"{path.stem} is not recorded: make bench STUDY={path.stem}"
        )
