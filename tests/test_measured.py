"""Intervals and formats of measured values, against SciPy and by hand."""

import numpy as np
import pytest
from scipy import stats

from dlcourse.measured import Measured, as_people_write, mask


@pytest.mark.parametrize("count", [2, 5, 30])
def test_the_interval_is_students(count):
    values = np.random.default_rng(count).normal(3, 2, count)
    low, high = stats.t.interval(0.95, count - 1, loc=values.mean(), scale=stats.sem(values))
    m = Measured(values)
    assert (m.mean, m.low, m.high) == pytest.approx((values.mean(), low, high))


def test_the_interval_covers_the_mean_in_95_of_100_experiments():
    draws = np.random.default_rng(0).normal(1.0, 1.0, (4000, 5))
    covered = np.mean([m.low <= 1.0 <= m.high for m in map(Measured, draws)])
    assert covered == pytest.approx(0.95, abs=0.012)


def test_a_single_value_has_no_interval():
    for one in [2.5, [2.5], np.float32(2.5), np.array(2.5)]:
        m = Measured(one)
        assert (m.n, m.low, m.mean, m.high, m.sd) == (1, 2.5, 2.5, 2.5, 0.0)


@pytest.mark.parametrize(
    ("value", "spec", "text"),
    [
        (Measured(0.9742), ".3f", "⟨0.974⟩"),
        (Measured([0.97, 0.98, 0.99]), ".2f", "⟨0.98 ± 0.02⟩"),
        (Measured([0.97, 0.98, 0.99]), ".1%", "⟨98.0 ± 2.5 %⟩"),
        (Measured(3.14159, "s"), ".1f", "⟨3.1 s⟩"),
        (Measured([-0.61, -0.59], "nats"), ".2f", "⟨−0.60 ± 0.13 nats⟩"),
        (Measured(-0.04), ".1f", "⟨0.0⟩"),
        (Measured([-0.01, -0.03]), ".0%", "⟨−2 ± 13 %⟩"),
        (Measured([-1e-9, -1e-9]), ".1f", "⟨0.0 ± 0.0⟩"),
        (Measured(12345), ",.0f", "⟨12,345⟩"),
        (Measured(2e-15), ".0e", "⟨2·10⁻¹⁵⟩"),
    ],
)
def test_formats(value, spec, text):
    assert format(value, spec) == text


def spread(mean, half_width):
    """Two values with this mean and half interval, by t = 12.706 for one degree of freedom."""
    return Measured([mean - half_width / 12.7062, mean + half_width / 12.7062])


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (spread(0.97423, 0.00213), "⟨0.9742 ± 0.0021⟩"),
        (spread(0.000682, 0.0143), "⟨0.001 ± 0.014⟩"),
        (spread(-0.000182, 0.0143), "⟨0.000 ± 0.014⟩"),
        (spread(0.5, 0.0996), "⟨0.50 ± 0.10⟩"),
        (spread(20, 0.0162), "⟨20.000 ± 0.016⟩"),
        (spread(-4.12, 4.3), "⟨−4.1 ± 4.3⟩"),
        (spread(1234, 175.2), "⟨1230 ± 180⟩"),
        (spread(4.04e-10, 1.23e-10), "⟨4.0·10⁻¹⁰ ± 1.2·10⁻¹⁰⟩"),
        (spread(2, 1e-9), "⟨2.00000 ± 1.0·10⁻⁹⟩"),
        (spread(3.2e13, 4e12), "⟨3.20·10¹³ ± 4.0·10¹²⟩"),
        (Measured([5, 5]), "⟨5 ± 0⟩"),
        (Measured([-0.91, -0.91]), "⟨−0.91 ± 0⟩"),
        (Measured(0.97423), "⟨0.974⟩"),
        (Measured(1234.4), "⟨1234⟩"),
        (Measured(3.26448e13), "⟨3.26·10¹³⟩"),
        (Measured(-0.0), "⟨0⟩"),
        (Measured(-2e-15, "s"), "⟨−2·10⁻¹⁵ s⟩"),
    ],
)
def test_printed_as_it_is_the_mean_has_no_digit_beyond_what_is_known(value, text):
    assert str(value) == text


def test_text_is_masked():
    assert str(Measured(2)) == "⟨2⟩" == repr(Measured(2)) == mask(2)
    assert mask(f"{-0.051:.1%}") == f"{Measured(-0.051):.1%}" == "⟨−5.1 %⟩"
    assert mask("[-7.0, .5]") == "⟨[−7.0, .5]⟩" and mask("a-1 1e-05") == "⟨a-1 1e-05⟩"


def test_differences_and_ratios_are_paired_by_seed():
    a, b = Measured([1, 2, 3], "s"), Measured([10, 20, 40], "s")
    assert (b - a).values == (9, 18, 37)
    assert (b / a).values == pytest.approx((10, 10, 40 / 3))
    assert (b / a).unit == "" and (b - 1).values == (9, 19, 39)
    with pytest.raises(ValueError, match="one side has 3 values and the other 2"):
        a - Measured([1, 2])


@pytest.mark.parametrize(
    ("values", "message"), [([], "no values"), ([1, np.nan], "not finite"), ([np.inf], "not finite")]
)
def test_bad_values_are_named(values, message):
    with pytest.raises(ValueError, match=message):
        Measured(values)


@pytest.mark.parametrize(
    ("text", "written"),
    [("-0.347", "−0.347"), ("+0.098", "+0.098"), ("-0.000", "0.000"), ("3e-07", "3·10⁻⁷"), ("-12", "−12")],
)
def test_numbers_that_are_not_measured_are_written_alike(text, written):
    assert as_people_write(text) == written
