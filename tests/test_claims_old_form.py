"""The old forms: a claim passes, fails, or is no claim; nobody types a verdict."""

import json

import pytest
from displayed import shown
from IPython.core.formatters import DisplayFormatter
from IPython.utils import capture

from dlcourse.claims import ClaimError, Claims


def quiet(call, *args, **options):
    with capture.capture_output():
        return call(*args, **options)


def measure(values, control, claims=None, id="A0.1", source="live", **bound):
    claims = claims if claims is not None else Claims("00")
    return quiet(claims.measure, id, "a statement", values, control=control, source=source, **bound)


def test_the_whole_interval_must_lie_inside():
    assert measure([0.9, 0.92, 0.91], control=0.5, above=0.8).ok
    with pytest.raises(
        ClaimError, match=r"A0.1 fails: a statement\n  measured 0.86.*above 0.8; values \[0.7, 0.9, 0.98\]"
    ):
        measure([0.7, 0.9, 0.98], control=0.5, above=0.8)  # the mean is above, the interval is not


@pytest.mark.parametrize(
    ("bound", "inside", "outside"),
    [
        ({"above": 1}, 2, 0),
        ({"below": 1}, 0, 2),
        ({"between": (0, 1)}, 0.5, 2),
        ({"between": (0, 1)}, 0.5, -2),
    ],
)
def test_bounds_and_controls(bound, inside, outside):
    assert measure(inside, control=outside, **bound).ok
    with pytest.raises(ClaimError, match="fails"):
        measure(outside, control=outside, **bound)
    with pytest.raises(ClaimError, match="is no claim"):
        measure(inside, control=inside, **bound)


@pytest.mark.parametrize(
    ("bound", "message"),
    [
        ({}, "exactly one bound"),
        ({"above": 0, "below": 1}, "exactly one bound"),
        ({"between": (1, 0)}, "is empty"),
        ({"above": 0, "source": "typed"}, "'evaluated' or 'recorded'"),
    ],
)
def test_bad_bounds_are_named(bound, message):
    with pytest.raises(ValueError, match=message):
        measure(0.5, control=2, **bound)


def test_the_verdict_is_the_first_whose_condition_is_true():
    claims = Claims("00")
    found = measure([1.0, 1.1], control=0.0, claims=claims, above=0.0001)
    conditions = {"holds": found.mean > 2, "holds when smoothed": found.mean > 1, "does not hold": True}
    assert quiet(claims.verdict, "A0.1", conditions) == "holds when smoothed"
    with pytest.raises(ClaimError, match="none of its conditions"):
        quiet(claims.verdict, "A0.1", {"holds": False})
    with pytest.raises(ClaimError, match="nothing was measured live"):
        quiet(claims.verdict, "A9.9", {"holds": True})
    with pytest.raises(ValueError, match="start with"):
        quiet(claims.verdict, "A0.1", {"certainly": True})


def test_a_recorded_measurement_alone_gives_no_verdict():
    claims = Claims("00")
    measure(1.0, control=0.0, claims=claims, above=0.5, source="recorded")
    with pytest.raises(ClaimError, match="nothing was measured live"):
        quiet(claims.verdict, "A0.1", {"holds": True})


def test_the_report_carries_its_records_in_metadata_and_masks_measured_values():
    claims = Claims("00")
    measure([0.9, 0.92], control=0.5, claims=claims, above=0.5001)
    quiet(claims.verdict, "A0.1", {"holds": True})
    (output,) = shown(claims.report)
    (record,) = output.metadata["dlcourse"]["claims"]
    assert json.loads(json.dumps(record)) == record
    assert record["id"] == "A0.1" and record["verdict"] == "holds" and record["ok"]
    assert record["values"] == [0.9, 0.92] and record["bound"] == [0.5001, None]
    assert (
        record["control"] == [0.5] and record["control_interval"] == [0.5, 0.5] and record["outcomes"] == []
    )
    row = output.data["text/markdown"].splitlines()[-1]
    assert "| above 0.5001 |" in row and "⟨0.91" in row and "⟨0.5⟩" in row


@pytest.mark.parametrize(
    ("values", "bound", "control", "expected"),
    [
        (0.98, {"above": 0.97}, 0, 0.01 / 0.98),  # over the mean, which is larger than the bound
        (-16.0, {"below": -8}, 0, 8 / 16),
        (0.3, {"above": 0}, -1, 1.0),  # a bound of zero has no size of its own
        (1e-15, {"below": 1e-10}, 1, 1 - 1e-5),  # well below, though both are small
        (0.65, {"between": (0, 1)}, 2, 0.7),
        (0.5, {"between": (0, 1)}, 2, 1.0),
        (0.0, {"above": 0}, -1, 0.0),
    ],
)
def test_the_margin_is_the_relative_distance_to_the_bound(values, bound, control, expected):
    assert measure(values, control=control, **bound).margin == pytest.approx(expected)


def test_the_margin_is_the_intervals_not_the_means():
    found = measure([1.0, 1.1, 0.9], control=0.0, above=0.5)
    assert found.margin == pytest.approx((found.low - 0.5) / 1.0)


def test_what_measure_and_verdict_return_shows_nothing_as_a_cells_last_value():
    claims = Claims("00")
    found = measure(1.0, control=0.0, claims=claims, above=0.5)
    for value in (found, quiet(claims.verdict, "A0.1", {"holds": True})):
        assert DisplayFormatter().format(value) == ({}, {})
