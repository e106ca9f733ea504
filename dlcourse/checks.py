"""Checks: that two arrays are equal to rounding, and that what a caller gave is what a function takes.

``equal`` states a truth in a chapter. The others stand at a function's beginning; each returns the value, and raises
ValueError whose message says what was given, what was expected and what to do. ``name`` may say whose the value is:
``"epochs"`` or ``"fit(epochs)"``.
"""

import dataclasses
import math
import numbers
from dataclasses import dataclass

LARGEST_RTOL = 1e-3
"""A larger relative difference is no rounding, not even float16's."""


class CheckError(AssertionError):
    """Two values that should be equal to rounding differ by more."""


@dataclass(frozen=True)
class Checked:
    """A check that has passed.

    Attributes:
        what: what was found equal.
        difference: the largest absolute difference, a float.
    """

    what: str
    difference: float

    def _ipython_display_(self):
        """Nothing: ``equal`` has said it."""


def equal(what, actual, expected, *, rtol=1e-6, atol=0):
    """Check that two arrays are equal to rounding, say so in one line, and return the check.

    Args:
        what: names both sides, such as ``"backpropagation and GradientTape"``.
        actual, expected: numbers or arrays of one shape, real or complex; text and booleans are compared exactly.
            ``expected`` may be one number for a whole array.
        rtol, atol: what |actual - expected| may be at every place: rtol · |expected| + atol.

    Returns:
        Checked, which ``claims.by_definition`` takes.

    Raises:
        CheckError: where they differ by more; the message names the largest difference and its place.
        ValueError: where the shapes differ, there is nothing to compare, or ``rtol`` is no rounding.
    """
    import numpy as np

    real = all(_is_real(value) for value in (rtol, atol))
    if not real or not 0 <= rtol <= LARGEST_RTOL or not 0 <= atol < math.inf:
        raise ValueError(
            f"equal({what!r}): rtol={rtol!r}, atol={atol!r}; rounding is rtol from 0 to {LARGEST_RTOL:g} and a finite "
            "atol of 0 or more. What differs by more is measured, with claims.measure."
        )
    actual, expected = _array(what, "actual", actual), _array(what, "expected", expected)
    if expected.shape not in (actual.shape, ()) or not actual.size:
        raise ValueError(
            f"equal({what!r}): actual has shape {actual.shape}, expected {expected.shape}; give two arrays of one "
            "shape, not empty, or one number as expected."
        )
    expected = np.broadcast_to(expected, actual.shape)
    if actual.dtype.kind in "biufc" and expected.dtype.kind in "iufc":
        wide = complex if "c" in actual.dtype.kind + expected.dtype.kind else float
        one, other = actual.astype(wide), expected.astype(wide)
        with np.errstate(invalid="ignore"):
            difference = np.where(one == other, 0.0, np.abs(one - other))  # inf equals inf
            excess = difference - np.where(one == other, 0.0, rtol * np.abs(other) + atol)
        excess = np.where(np.isnan(excess), np.inf, excess)  # NaN equals nothing
    else:
        difference = excess = (actual != expected).astype(float)
    if excess.max() > 0:
        worst = np.unravel_index(
            np.argmax(np.where(excess > 0, _largest_first(difference), -1.0)), actual.shape
        )
        at = f" at [{', '.join(map(str, worst))}]" if worst else ""
        raise CheckError(
            f"{what}: not equal to rounding. The largest difference is {difference[worst]:.4g}{at}: "
            f"{actual[worst]} instead of {expected[worst]}; {int((excess > 0).sum())} of {actual.size} places differ "
            f"by more than {rtol:g} relative, {atol:g} absolute. Find out which of the two is wrong."
        )
    print(f"equal to rounding: {what}")
    return Checked(what, float(difference.max()))


def _array(what, side, value):
    import numpy as np

    try:
        array = np.asarray(value)
    except (TypeError, ValueError) as error:
        raise ValueError(
            f"equal({what!r}): {side} is no array ({error}); compare one array at a time."
        ) from None
    if array.dtype == object:
        raise ValueError(
            f"equal({what!r}): {side} is {type(value).__name__}, no array of numbers; compare one array at a time."
        )
    return array


def _largest_first(difference):
    """The differences in an order where NaN comes before all others."""
    import numpy as np

    return np.where(np.isnan(difference), np.inf, difference)


# What a function is given


def whole_number(name, value, least=1, most=None):
    """``value`` as an int: a whole number of Python's or NumPy's integer types from ``least`` to ``most``.

    True, 3.0 and "3" are none: the caller may have meant something else.
    """
    good = isinstance(value, numbers.Integral) and not isinstance(value, bool)
    if good and least <= value and (most is None or value <= most):
        return int(value)
    expected = f"{least:,} or more" if most is None else f"from {least:,} to {most:,}"
    wanted = isinstance(value, numbers.Real) and not isinstance(value, bool) and math.isfinite(value)
    fits = not good and wanted and value == int(value) and least <= value and (most is None or value <= most)
    raise ValueError(
        f"{name}={value!r}: expected a whole number, {expected}; give for example {int(value) if fits else least}."
    )


def positive(name, value):
    """``value`` as a float: a finite number above 0."""
    if _is_real(value) and 0 < value < math.inf:
        return float(value)
    raise ValueError(f"{name}={value!r}: expected a finite number above 0; give for example 0.1.")


def fraction(name, value):
    """``value`` as a float: a number from 0 to 1, both included."""
    if _is_real(value) and 0 <= value <= 1:
        return float(value)
    raise ValueError(f"{name}={value!r}: expected a fraction, from 0 to 1; give for example 0.5.")


def rate(name, value):
    """``value`` as a float: the rate at which something is left out, from 0 to below 1."""
    if _is_real(value) and 0 <= value < 1:
        return float(value)
    raise ValueError(f"{name}={value!r}: expected a rate, from 0 to below 1; give for example 0.5.")


def shape(name, value, axes=None):
    """``value`` as a tuple of ints: the shape of one example, without the batch axis, every axis 1 or more.

    Args:
        axes: how many axes it must have; None takes any number but 0.
    """
    expected = "the shape of one example" if axes is None else f"the shape of one example, {axes} axes"
    fault = ValueError(
        f"{name}={value!r}: expected {expected}, whole numbers of 1 or more without the batch axis; give for example "
        f"{(28, 28, 1) if axes is None else (28, 28, 1)[:axes] + (1,) * (axes - 3)}."
    )
    if not is_list(value):
        raise fault
    sides = tuple(value)
    try:
        found = tuple(whole_number(name, side) for side in sides)
    except ValueError:
        raise fault from None
    if not found or (axes is not None and len(found) != axes):
        raise fault
    return found


def is_list(value):
    """Whether a value is a list of things: list, tuple, range, array; no text, dict or set, and no single number."""
    if isinstance(value, str | bytes | dict | set | frozenset):
        return False
    return hasattr(value, "__len__") and hasattr(value, "__iter__") and getattr(value, "ndim", 1) != 0


def is_one_of(value, names):
    """Whether a value is a text that is among these; an array or a list is none, and can't be looked up."""
    return isinstance(value, str) and value in names


def widths(name, value, least=0):
    """``value`` as a list of ints: a list of layers' widths, each 1 or more; at least so many of them."""
    if not is_list(value):
        raise ValueError(
            f"{name}={value!r}: expected a list of widths, one per layer; give for example "
            f"[{value if isinstance(value, numbers.Integral) and value > 0 else 64}]."
        )
    found = [whole_number(f"{name}[{index}]", width) for index, width in enumerate(value)]
    if len(found) < least:
        raise ValueError(f"{name}={value!r}: expected {least} or more widths; give for example [64].")
    return found


def seed(name, value):
    """``value`` as an int from 0 to 2³¹ - 1, or None."""
    return None if value is None else whole_number(name, value, least=0, most=2**31 - 1)


def settings(name, value, kind):
    """``value``, if it is an instance of the settings' class ``kind``."""
    if not isinstance(value, kind):
        home = f"{kind.__module__.rpartition('.')[2]}.{kind.__name__}"
        given = f"the class {value.__name__} itself" if isinstance(value, type) else f"{value!r}"
        raise ValueError(f"{name}: got {given}; expected an instance, such as {home}().")
    return value


def per_agent(settings, agents, shared=()):
    """Raise ValueError where an entry of ``settings``, a dataclass, is neither one number nor one per agent.

    Args:
        settings: the dataclass.
        agents: how many.
        shared: names of entries that all agents share, whatever their shape.
    """
    import numpy as np

    for name in sorted({field.name for field in dataclasses.fields(settings)} - set(shared)):
        shape = np.shape(getattr(settings, name))
        if shape not in ((), (agents,)):
            raise ValueError(
                f"Settings({name}=...): its shape is {shape}; with agents={agents} expected one number, or one per "
                f"agent, ({agents},)."
            )


def between(name, value, low, high):
    """``value`` as an array of floats, none of it NaN and all from ``low`` to ``high``; a number is one of no axes."""
    array = numeric(name, value)
    if not ((array >= low) & (array <= high)).all():
        raise ValueError(f"{name}={value!r}: expected numbers from {low:g} to {high:g}.")
    return array


def numeric(name, value, axes=None, dtype="float64"):
    """``value`` as an array of real numbers, a copy, with so many axes; None takes any number of them."""
    import numpy as np

    try:
        array = np.asarray(value)
    except ValueError:  # rows of unequal length
        array = np.empty(0, object)
    if array.dtype.kind not in "biuf" or (axes is not None and array.ndim != axes):
        wanted = "real numbers" if axes is None else f"an array of real numbers with {axes} axes"
        what = f"{type(value).__name__}, dtype {array.dtype}, shape {array.shape}"
        raise ValueError(f"{name} is {what}: expected {wanted}; np.asarray(..., 'float64') may help.")
    return array.astype(dtype)


def _is_real(value):
    return isinstance(value, numbers.Real) and not isinstance(value, bool)
