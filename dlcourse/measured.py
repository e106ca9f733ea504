"""A measured quantity: its values by seed, its mean and interval, and how it is printed.

What is measured differs a little from machine to machine, so it is printed inside ⟨ ⟩, which the notebook tests
mask. Everything outside the brackets is compared as it stands.
"""

import math
import statistics

from scipy import stats

CONFIDENCE = 0.95


def mask(anything):
    """Put a text between ⟨ and ⟩, so that notebook tests don't compare it."""
    return f"⟨{anything}⟩"


class Measured:
    """One value per seed, or a single value.

    Args:
        values: a number, or an iterable of numbers, one per seed (or other repetition), in a fixed order.
        unit: printed behind the number, such as ``"s"`` or ``"nats"``.

    Raises:
        ValueError: where there is no value, or one is no finite number.

    The interval is Student's t-interval of the mean at 95 %. A single value has no interval: low = mean = high.
    Formatting follows Python's: ``f"{m:.3f}"`` gives ``⟨0.974 ± 0.002⟩``, ``f"{m:.1%}"`` gives ``⟨97.4 ± 0.2 %⟩``.
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
        spec = spec or ".3g"
        scale, percent = (100.0, " %") if spec.endswith("%") else (1.0, "")
        spec = spec[:-1] + "f" if percent else spec
        text = format(self.mean * scale, spec)
        if self.n > 1:
            text += f" ± {format(self.half_width * scale, spec)}"
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
