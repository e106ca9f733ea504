"""Checks and seeded initialisers that every model family shares."""


def check_shape(function, input_shape, dimensions=None):
    """Return ``input_shape`` as a tuple of positive whole numbers, without the batch axis.

    Raises:
        ValueError: where it is something else, or has another number of axes than ``dimensions``.
    """
    try:
        shape = tuple(int(side) for side in input_shape)
    except TypeError:
        raise ValueError(
            f"{function}(input_shape={input_shape!r}): expected the shape of one example, without the batch axis, "
            "such as (28, 28, 1)."
        ) from None
    if not shape or min(shape) < 1:
        raise ValueError(
            f"{function}(input_shape={input_shape!r}): every axis of one example must be 1 or more."
        )
    if dimensions is not None and len(shape) != dimensions:
        raise ValueError(
            f"{function}(input_shape={input_shape!r}): expected {dimensions} axes for one example, got {len(shape)}."
        )
    return shape


def check_positive(function, **numbers):
    """Raise ValueError where one of the numbers is not a whole number of 1 or more."""
    for name, value in numbers.items():
        if isinstance(value, bool) or int(value) != value or value < 1:
            raise ValueError(f"{function}({name}={value!r}): expected a whole number, 1 or more.")


def check_rate(function, **rates):
    """Raise ValueError where one of the rates is not in [0, 1)."""
    for name, value in rates.items():
        if not 0 <= value < 1:
            raise ValueError(
                f"{function}({name}={value!r}): a dropout rate is a share of units, from 0 to below 1."
            )
