"""What is equal to rounding passes, and what isn't is named with its place; what a function is given is checked."""

import subprocess
import sys

import numpy as np
import pytest

from dlcourse.checks import (
    CheckError,
    equal,
    fraction,
    is_list,
    is_one_of,
    positive,
    rate,
    shape,
    whole_number,
    widths,
)


def test_sums_in_another_order_are_equal_to_rounding(capsys):
    numbers = np.random.default_rng(0).random((50, 40))
    check = equal("rows first and columns first", numbers.sum(0).sum(), numbers.sum(1).sum())
    assert capsys.readouterr().out == "equal to rounding: rows first and columns first\n"
    assert check.what == "rows first and columns first" and 0 <= check.difference < 1e-9


@pytest.mark.parametrize("scale", [1e-12, 1, 1e12])
def test_rounding_is_relative_to_what_is_expected(scale, capsys):
    expected = np.array([[1.0, -2.0], [3.0, 4.0]]) * scale
    equal("scaled", expected * (1 + 5e-7), expected)
    with pytest.raises(CheckError):
        equal("scaled", expected * (1 + 2e-6), expected)
    equal("scaled", expected * (1 + 2e-6), expected, rtol=1e-5)
    equal("scaled", expected * (1 + 2e-6), expected, atol=1e-5 * scale)


@pytest.mark.parametrize("size", [(4,), (3, 5), (2, 3, 4)])
def test_the_largest_difference_is_named_with_its_place(size):
    expected = np.ones(size)
    actual = expected.copy()
    actual.flat[0] += 0.25
    actual[tuple(side - 1 for side in size)] -= 0.5
    place = ", ".join(str(side - 1) for side in size)
    message = (
        rf"^two arrays: not equal.* is 0.5 at \[{place}\]: 0.5 instead of 1.0; 2 of {actual.size} places"
    )
    with pytest.raises(CheckError, match=message):
        equal("two arrays", actual, expected)


@pytest.mark.parametrize(
    ("actual", "expected"),
    [
        (np.inf, np.inf),
        ([1, 2, 3], np.array([1.0, 2.0, 3.0], np.float32)),
        (np.uint8([1]), np.uint8([1])),
        ([1 + 2j], [1 + 2j]),
        (["a", "b"], ["a", "b"]),
        ([True, False], [True, False]),
        (np.full((3, 3), 7.0), 7),
    ],
)
def test_what_is_the_same_is_equal(actual, expected, capsys):
    assert equal("the same", actual, expected).difference == 0


@pytest.mark.parametrize(
    ("actual", "expected", "message"),
    [
        (np.nan, np.nan, "difference is nan: nan"),
        ([1.0, np.nan, 9.0], [1.0, 1.0, 1.0], r"at \[1\]: nan"),
        (np.inf, -np.inf, "inf"),
        (np.uint8([1]), np.uint8([2]), "difference is 1 at"),  # and not 255
        ([1 + 2j], [1 - 2j], "difference is 4 at"),
        (["a", "b"], ["a", "c"], r"\[1\]: b instead of c"),
        (1e-9, 0.0, "difference is 1e-09: 1e-09 instead of 0.0"),  # zero has no size of its own: give atol
    ],
)
def test_what_differs_is_not_equal(actual, expected, message):
    with pytest.raises(CheckError, match=message):
        equal("both", actual, expected)


@pytest.mark.parametrize(
    ("arguments", "options", "message"),
    [
        (([1, 2], [1, 2, 3]), {}, r"shape \(2,\), expected \(3,\); give two arrays of one shape"),
        (([], []), {}, "not empty"),
        ((1, [1, 1]), {}, r"shape \(\), expected \(2,\)"),
        (([[1], [1, 2]], 1), {}, "compare one array at a time"),
        ((None, None), {}, "NoneType"),
        ((1, 1), {"rtol": 0.05}, "rtol=0.05.*with claims.measure"),
        ((1, 1), {"rtol": -1}, "rtol=-1"),
        ((1, 1), {"atol": float("inf")}, "atol=inf"),
    ],
)
def test_what_cannot_be_compared_is_refused(arguments, options, message):
    with pytest.raises(ValueError, match=message):
        equal("both", *arguments, **options)


def test_a_failed_check_fails_like_an_assertion():
    assert issubclass(CheckError, AssertionError)


# What a function is given


@pytest.mark.parametrize("value", [1, 7, np.int64(7), np.uint8(7), 10**20])
def test_whole_numbers_are_pythons_and_numpys_integers(value):
    found = whole_number("epochs", value)
    assert found == value and type(found) is int


@pytest.mark.parametrize(
    "value", [True, np.True_, 3.0, np.float32(3), "3", None, [3], float("nan"), 3j, 0, -1]
)
def test_nothing_else_is_a_whole_number_of_one_or_more(value):
    with pytest.raises(
        ValueError, match=r"^fit\(epochs\)=.*expected a whole number, 1 or more; give for example [13]\.$"
    ):
        whole_number("fit(epochs)", value)


def test_a_whole_numbers_range_is_told():
    assert whole_number("seed", 0, least=0) == 0 and whole_number("n", 5, most=5) == 5
    with pytest.raises(ValueError, match="n=6: expected a whole number, from 2 to 5; give for example 2"):
        whole_number("n", 6, least=2, most=5)
    with pytest.raises(ValueError, match=r"n=4\.0: .*give for example 4"):
        whole_number("n", 4.0, least=2, most=5)


@pytest.mark.parametrize(
    ("check", "good", "bad"),
    [
        (positive, [1, 0.5, 1e-300, np.float32(2)], [0, -1, float("inf"), float("nan"), True, "1", None]),
        (fraction, [0, 1, 0.5, np.float64(1)], [-0.1, 1.1, float("nan"), True, "0.5", None]),
        (rate, [0, 0.999, np.float32(0.5)], [1, -0.1, float("nan"), False, "0.5", None]),
    ],
)
def test_numbers_in_a_range(check, good, bad):
    for value in good:
        assert check("x", value) == value and type(check("x", value)) is float
    for value in bad:
        with pytest.raises(ValueError, match=r"^layer\(x\)=.*: expected a .*; give for example 0\.\d\.$"):
            check("layer(x)", value)


def test_shapes():
    assert shape("input_shape", [28, np.int32(28), 1]) == (28, 28, 1)
    assert all(type(side) is int for side in shape("input_shape", np.array([4, 4])))
    assert shape("input_shape", (64,), axes=1) == (64,)


@pytest.mark.parametrize(
    "value", [(), 28, "28", None, (28, 0), (28.0, 28), (True, 28), (None, 28), ("2", "8"), [[2, 8]]]
)
def test_what_is_no_shape(value):
    with pytest.raises(
        ValueError, match=r"^mlp\(input_shape\)=.*: expected the shape of one example, .*\(28, 28, 1\)"
    ):
        shape("mlp(input_shape)", value)


def test_a_shape_of_other_axes_is_told_how_many():
    with pytest.raises(ValueError, match=r"x=\(28, 28\): .*3 axes.*give for example \(28, 28, 1\)"):
        shape("x", (28, 28), axes=3)
    for axes in (1, 2, 4):
        assert shape("x", eval(_suggested(axes)), axes=axes)


def _suggested(axes):
    with pytest.raises(ValueError) as raised:
        shape("x", (), axes=axes)
    return str(raised.value).split("give for example ")[1].rstrip(".")


def test_what_is_a_list():
    """One rule for shapes, widths and tables: what has an order and can be read twice."""
    for value in [[], [8], (8,), range(3), np.array([8, 4]), {"a": 1}.items(), np.ones((2, 2))]:
        assert is_list(value)
    for value in ["8", b"8", 8, None, {8: 1}, {8, 4}, np.array(8), iter([8]), np.float32(8)]:
        assert not is_list(value)
        with pytest.raises(ValueError, match="expected the shape"):
            shape("x", value)
        with pytest.raises(ValueError, match=r"mlp\(hidden\)=.*: expected a list of widths"):
            widths("mlp(hidden)", value)
    with pytest.raises(ValueError):
        shape("x", np.ones((2, 2)))
    with pytest.raises(ValueError):
        widths("x", np.ones((2, 2)))


def test_importing_it_loads_no_numpy():
    code = "import sys, dlcourse.checks; print(sorted({'numpy', 'tensorflow', 'keras'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_a_name_is_one_of_the_names_and_an_array_or_list_is_none():
    assert is_one_of("lstm", {"lstm": 1, "gru": 2}) and is_one_of(np.str_("b"), ("a", "b"))
    for stranger in ("rnn", None, 2, ["lstm"], {"lstm": 1}, np.array("lstm"), np.array([1, 2])):
        assert not is_one_of(stranger, {"lstm": 1, "gru": 2})
