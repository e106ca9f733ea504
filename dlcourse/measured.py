"""A measured quantity: its values by seed, its mean and interval, and how it is printed.

What is measured differs a little from machine to machine, so it is printed inside ⟨ ⟩, which the notebook tests
mask. Everything outside the brackets is compared as it stands.
"""

import math
import re
import statistics

from scipy import stats

CONFIDENCE = 0.95
MOST_DECIMALS = 6  # more are easier to read as a power of ten
TOO_LARGE = 1e7
PERCENT, MINUS = re.compile(r"(\d)%"), re.compile(r"(?<![\w.)\]-])-(?=[\d.])")
RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def mask(anything):
    """Put a text between ⟨ and ⟩, so that notebook tests don't compare it; "-5%" is written as people do, −5 %."""
    if isinstance(anything, str):
        anything = MINUS.sub("−", PERCENT.sub(r"\1 %", anything))
    return f"⟨{anything}⟩"


class Measured:
    """One value per seed, or a single value.

    Args:
        values: a number, or an iterable of numbers, one per seed (or other repetition), in a fixed order.
        unit: printed behind the number, such as ``"s"`` or ``"nats"``.

    Raises:
        ValueError: where there is no value, or one is no finite number.

    The interval is Student's t-interval of the mean at 95 %. A single value has no interval: low = mean = high.
    Printed as it is, half the interval has two significant digits and the mean ends at the same decimal place:
    ``f"{m}"`` gives ``⟨0.9742 ± 0.0021⟩``; a single value, or one without a spread, has three significant digits.
    A format follows Python's: ``f"{m:.3f}"`` gives ``⟨0.974 ± 0.002⟩``, ``f"{m:.1%}"`` gives ``⟨97.4 ± 0.2 %⟩``.
    The minus sign is a real one, −, zero has none, and powers of ten are written out: 4·10⁻¹⁰.
    Differences and ratios of two Measured are taken seed by seed.
    """

    def __init__(self, values, unit=""):
        single = not hasattr(values, "__iter__") and not hasattr(values, "__array__")
        raw = [values] if single or getattr(values, "shape", None) == () else list(values)
        try:
            self.values = tuple(float(value) for value in raw)
        except (TypeError, ValueError):
            raise ValueError(
                f"Measured() got {values!r}; expected a number, or one number per seed."
            ) from None
        self.unit = unit
        if not self.values:
            raise ValueError("Measured() got no values; give a number, or one number per seed.")
        wrong = [value for value in self.values if not math.isfinite(value)]
        if wrong:
            raise ValueError(f"Measured() got values that are not finite: {wrong}; all: {self.values}.")

    @property
    def n(self):
        return len(self.values)

    @property
    def mean(self):
        return statistics.fmean(self.values)

    @property
    def sd(self):
        """Standard deviation over the values (n - 1 in the denominator); 0 for a single value."""
        return statistics.stdev(self.values) if self.n > 1 else 0.0

    @property
    def half_width(self):
        """Half the width of the 95 % t-interval of the mean."""
        if self.n == 1:
            return 0.0
        return float(stats.t.ppf((1 + CONFIDENCE) / 2, self.n - 1)) * self.sd / math.sqrt(self.n)

    @property
    def low(self):
        return self.mean - self.half_width

    @property
    def high(self):
        return self.mean + self.half_width

    def __float__(self):
        return self.mean

    def __format__(self, spec):
        numbers, percent = [self.mean, self.half_width], ""
        if spec.endswith("%"):
            numbers, spec, percent = [100.0 * number for number in numbers], spec[:-1] + "f", " %"
        texts = [format(number, spec) for number in numbers] if spec else _to_two_digits(*numbers)
        text = " ± ".join(map(as_people_write, texts if self.n > 1 else texts[:1]))
        return mask(text + percent + (f" {self.unit}" if self.unit else ""))

    def __str__(self):
        return format(self, "")

    __repr__ = __str__

    def _paired(self, other, operation, unit):
        values = other.values if isinstance(other, Measured) else [float(other)]
        if len(values) not in (1, self.n):
            raise ValueError(
                f"Values are paired by seed, but one side has {self.n} values and the other {len(values)}. "
                "Measure both with the same seeds."
            )
        values = values * self.n if len(values) == 1 else values
        return Measured([operation(a, b) for a, b in zip(self.values, values, strict=True)], unit)

    def __sub__(self, other):
        return self._paired(other, lambda a, b: a - b, self.unit)

    def __truediv__(self, other):
        unit = "" if isinstance(other, Measured) else self.unit
        return self._paired(other, lambda a, b: a / b, unit)


def _to_two_digits(mean, half_width):
    """Half the interval to two significant digits and the mean to the same place; three digits where it is 0."""
    if half_width == 0:
        text = f"{mean:.3g}"
        return [f"{mean:.0f}" if "e+" in text and abs(mean) < TOO_LARGE else text, "0"]
    decimals = 1 - _exponent(half_width)
    if decimals <= MOST_DECIMALS and max(abs(mean), half_width) < TOO_LARGE:
        return [f"{round(number, decimals):.{max(decimals, 0)}f}" for number in (mean, half_width)]
    digits = _exponent(mean) + decimals + 1
    text = f"{mean:#.{min(digits, MOST_DECIMALS)}g}".rstrip(".") if digits > 0 else "0"
    return [text, f"{half_width:.1e}"]


def _exponent(number):
    """The power of ten of its first digit, once it is rounded to two."""
    return int(f"{number:.1e}".partition("e")[2])


def as_people_write(text):
    """A text, a formatted number, with a real minus sign, none at zero, and a power of ten in place of ``e``."""
    mantissa, _, exponent = text.partition("e")
    if not mantissa.strip("+-0., "):
        return mantissa.replace("-", "")
    power = f"·10{str(int(exponent)).translate(RAISED)}" if exponent else ""
    return mantissa.replace("-", "−") + power
