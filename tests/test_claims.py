"""A claim holds inside its bound and fails outside; a verdict can come out in every way that its rule names."""

import json
import re
from pathlib import Path

import numpy as np
import pytest
from displayed import shown
from IPython.core.formatters import DisplayFormatter
from IPython.utils import capture

from dlcourse.checks import equal
from dlcourse.claims import ClaimError, Claims
from dlcourse.measured import Measured
from dlcourse.publishing import chapters, execute, pairing, site_pages

ROOT = Path(__file__).resolve().parents[1]
STORED = [chapter for chapter in chapters.find(ROOT) if chapter.notebook.exists()]


def quiet(call, *args, **options):
    with capture.capture_output():
        return call(*args, **options)


def text(call, *args, **options):
    """The Markdown that a call displays."""
    return "\n".join(output.data["text/markdown"] for output in shown(call, *args, **options))


def measure(of, control, claims=None, quantity=np.mean, source="live", **bound):
    """Hold a quantity, the mean of each sample, against a bound."""
    claims = claims if claims is not None else Claims("00")
    return quiet(claims.measure, "C00.1", "a thing", quantity, of=of, control=control, source=source, **bound)


def samples(*means):
    """One sample a repetition, of these means."""
    return [[mean - 1, mean, mean + 1] for mean in means]


# A claim of the course


def test_one_quantity_measures_both_sides_and_a_tuples_parts_are_passed_one_by_one():
    found = measure([(1, 4), (9, 6)], [(2, 2), (3, 3)], quantity=lambda a, b: abs(a - b), above=1)
    assert found.value.values == (3, 3) and found.control.values == (0, 0) and found.ok


def test_a_paired_difference_is_one_number_a_seed():
    with_cure, without = {0: 5, 1: 9, 2: 7}, {0: 4, 1: 8, 2: 6}
    found = measure(
        [(seed, with_cure, without) for seed in range(3)],
        [(seed, without, without) for seed in range(3)],
        quantity=lambda seed, one, other: one[seed] - other[seed],
        above=0.5,
    )
    assert found.low == found.high == 1  # though the values by themselves spread over 4


def test_the_values_whole_interval_must_lie_inside():
    assert measure(samples(0.9, 0.92, 0.91), samples(0.5), above=0.8).ok
    with pytest.raises(
        ClaimError, match=r"C00.1 fails: a thing\n  measured 0.86.*above 0.8; values \[0.7, 0.9, 0.98\]"
    ):
        measure(samples(0.7, 0.9, 0.98), samples(0.5), above=0.8)  # the mean is above, the interval is not


def test_the_controls_whole_interval_must_lie_outside():
    # the mean 0.7 is outside; two values 0.2 apart have a half-width of 12.7 · 0.1 = 1.27
    with pytest.raises(
        ClaimError, match=r"is no claim.*\n.*control 0.7 \[-0.57\d*, 1.97\d*\] is not wholly outside"
    ):
        measure(samples(2), samples(0.6, 0.8), above=1)
    assert measure(samples(2), samples(0.6999, 0.7001), above=1).ok


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
    assert measure(samples(inside), samples(outside), **bound).ok
    with pytest.raises(ClaimError, match="fails"):
        measure(samples(outside), samples(inside), **bound)
    with pytest.raises(ClaimError, match="is no claim"):
        measure(samples(inside), samples(inside + 0.1), **bound)


def test_bounds_below_zero_have_a_minus_sign():
    claims = Claims("00")
    given = {"of": samples(-2), "control": samples(0)}
    said = text(claims.measure, "C00.1", "a thing", np.mean, below=-0.5, **given)
    assert ", below −0.5; " in said
    said = text(claims.measure, "C00.2", "a thing", np.mean, between=(-3, -1), **given)
    assert ", between −3 and −1; " in said


def test_one_run_is_shown_without_an_interval():
    claims = Claims("00")
    said = text(claims.measure, "C00.1", "a thing", np.mean, of=samples(2), control=samples(0), above=1)
    assert said == "**C00.1** a thing: ⟨2⟩, above 1; control ⟨0⟩."
    with pytest.raises(ClaimError, match=r"measured 2 \(one run\)"):
        measure(samples(2), samples(0), below=1)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"quantity": [0.9, 0.8]}, "expected a function that gives one number"),
        ({"quantity": 0.9}, "quantity=0.9"),
        ({"of": []}, "of is empty"),
        ({"control": []}, "control is empty"),
        ({"of": {"dropout": [1]}}, r"of is a dict.*list\(d.values\(\)\)"),
        ({"control": ([0.0], [0.1])}, r"control is a tuple.*\[\(a, b\)\]"),
        ({"of": 7}, "of is a int; expected a list of items"),
        ({"quantity": lambda sample: sample}, r"gives list \[1, 2, 3\] for of\[0\]; expected one number"),
        ({"quantity": str}, "gives str"),
        ({"quantity": lambda sample: float("nan")}, r"gives nan for of\[0\]; expected a finite number"),
        ({"control": [[1, 2, 3]]}, "control's items are those of `of`"),
        ({"quantity": float, "of": [2.0, 2.1], "control": [0.0]}, "gives back the numbers"),
        ({}, "exactly one bound"),
        ({"above": 0, "below": 1}, "exactly one bound"),
        ({"between": (1, 0)}, "is empty"),
        ({"above": 1, "source": "typed"}, "'live', 'evaluated' or 'recorded'"),
    ],
)
def test_what_is_no_claim_is_refused(given, message):
    bound = {name: given.pop(name) for name in ("above", "below", "between") if name in given}
    given = {"of": [[1, 2, 3]], "control": [[0, 0, 0]]} | given
    with pytest.raises(ValueError, match=message):
        measure(**given, **(bound or ({} if message == "exactly one bound" else {"above": 1})))


@pytest.mark.parametrize(
    "items",
    [
        [np.zeros(3), np.ones(3)],
        [(np.ones(2), 0), (np.zeros(2), 1)],
        ["a", "b"],
        [object(), object()],
    ],
    ids=["arrays", "tuples", "text", "objects"],
)
def test_a_control_that_is_the_same_again_is_refused_in_any_order(items):
    with pytest.raises(ValueError, match="are those of `of`"):
        measure(items, items[::-1], quantity=lambda *parts: 1.0, above=0)
    with pytest.raises(ClaimError, match="is no claim"):  # other items, so it is measured
        measure(items, [np.zeros(4)], quantity=lambda *parts: 1.0, above=0)


@pytest.mark.parametrize(
    ("value", "bound", "control", "expected"),
    [
        (0.98, {"above": 0.97}, 0, 0.01 / 0.98),  # over the mean, which is larger than the bound
        (-16.0, {"below": -8}, 0, 8 / 16),
        (0.3, {"above": 0}, -1, 1.0),  # a bound of zero has no size of its own
        (0.65, {"between": (0, 1)}, 2, 0.7),
        (0.5, {"between": (0, 1)}, 2, 1.0),
        (0.0, {"above": 0}, -1, 0.0),
    ],
)
def test_the_margin_is_the_relative_distance_to_the_bound(value, bound, control, expected):
    found = measure(["value"], ["control"], quantity={"value": value, "control": control}.get, **bound)
    assert found.margin == pytest.approx(expected)


def test_the_margin_is_the_intervals_not_the_means():
    found = measure(samples(1.0, 1.1, 0.9), samples(0.0), above=0.5)
    assert found.margin == pytest.approx((found.low - 0.5) / 1.0)


# A verdict on the article


def outcomes():
    """The article says that a is above b."""
    return {
        "holds": lambda a, b: a.low > b.high,
        "does not hold": lambda a, b: a.high < b.low,
        "not settled": True,
    }


def made_up():
    return {
        "holds": {"a": [0.9, 0.91], "b": [0.1, 0.1]},
        "does not hold": {"a": [0.1, 0.1], "b": [0.9, 0.91]},
        "not settled": {"a": [0.1, 0.9], "b": [0.5, 0.5]},
    }


def ruled(**options):
    claims = Claims("00")
    quiet(claims.rule, "A0.1", outcomes(), made_up(), **options)
    return claims


@pytest.mark.parametrize(
    ("a", "b", "expected"),
    [
        ([5.0, 5.1, 4.9], [1.0, 1.1, 0.9], "holds"),
        ([1.0, 1.1, 0.9], [5.0, 5.1, 4.9], "does not hold"),
        ([1.0, 5.0], [2.0, 2.1], "not settled"),
        (5, np.array([1.0, 1.1]), "holds"),
        (Measured(1), 1, "not settled"),
    ],
)
def test_every_verdict_can_come_out(a, b, expected):
    claims = ruled(compares=("a", "b"))
    assert quiet(claims.verdict, "A0.1", a=a, b=b) == expected
    first, second = claims.records()
    assert first["verdict"] == second["verdict"] == expected
    assert first["outcomes"] == ["holds", "does not hold", "not settled"]


def test_where_no_condition_is_true_or_can_be_computed_it_is_not_settled():
    claims = Claims("00")
    conditions = {
        "not settled": lambda a, b: a.low < 1 < a.high,
        "holds when halved": lambda a, b: a.mean / b.mean > 1,
        "does not hold": lambda a, b: a.mean / b.mean < 1,
    }
    values = {"not settled": [0, 2], "holds when halved": [5], "does not hold": [-5]}
    quiet(claims.rule, "A0.1", conditions, {text: {"a": a, "b": [1]} for text, a in values.items()})
    assert quiet(claims.verdict, "A0.1", a=3, b=3) == "not settled"
    assert quiet(claims.verdict, "A0.1", a=3, b=0) == "not settled"


def test_a_rule_shows_what_would_have_to_be_measured_and_the_verdict_masks_its_values_alone():
    claims = Claims("00")
    table = text(claims.rule, "A0.1", outcomes(), made_up()).splitlines()
    assert "each verdict on A0.1" in table[0] and "⟨" not in "".join(table)
    assert table[-3:] == [
        "| holds | a 0.9, 0.91; b 0.1, 0.1 |",
        "| does not hold | a 0.1, 0.1; b 0.9, 0.91 |",
        "| not settled | a 0.1, 0.9; b 0.5, 0.5 |",
    ]
    said = text(claims.verdict, "A0.1", a=[2, 2], b=1, source={"b": "recorded"})
    assert said == "**A0.1: holds.** Measured: a ⟨2 ± 0⟩, b ⟨1⟩ (recorded)."


def test_a_verdict_shows_the_unit_that_a_quantity_carries_and_the_site_does_too():
    claims = ruled()
    said = text(claims.verdict, "A0.1", a=Measured([2, 2], "points"), b=-1)
    assert said == "**A0.1: holds.** Measured: a ⟨2 ± 0 points⟩, b ⟨−1⟩."
    a, b = claims.records()
    assert (a["unit"], b["unit"]) == ("points", "")
    assert "| a | ⟨2 ± 0 points⟩ |" in site_pages.measurements([a, b])


def test_a_quantitys_name_is_shown_as_words():
    claims = Claims("00")
    conditions = {
        "holds": lambda twice_as_far: twice_as_far.low > 1,
        "does not hold": lambda twice_as_far: twice_as_far.high < 1,
        "not settled": True,
    }
    made_up = dict(zip(conditions, ({"twice_as_far": value} for value in (2, 0, 1)), strict=True))
    assert "| holds | twice as far 2 |" in text(claims.rule, "A0.2", conditions, made_up)
    assert text(claims.verdict, "A0.2", twice_as_far=3).endswith("Measured: twice as far ⟨3⟩.")


def spoilt(**changes):
    """outcomes and made_up, with some entries changed; None takes one out."""
    conditions, values = outcomes(), made_up()
    for name, change in changes.items():
        (conditions if name.startswith("condition") else values).update(change)
    return [{key: value for key, value in one.items() if value is not None} for one in (conditions, values)]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        # the condition that .ok used to be: true whatever was measured
        ({"condition": {"holds": lambda a, b: True}}, "made up for 'does not hold' reaches 'holds' instead"),
        (
            {"values": {"not settled": {"a": [1], "b": [0]}}},
            "made up for 'not settled' reaches 'holds' instead: a 1; b 0",
        ),
    ],
)
def test_a_verdict_that_can_not_come_out_is_named(changes, message):
    with pytest.raises(ClaimError, match=message):
        Claims("00").rule("A0.1", *spoilt(**changes))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"condition": {"certainly": True}}, "verdict 'certainly'; expected one that starts with"),
        (
            {"condition": {"not settled": None}, "values": {"not settled": None}},
            "has no verdict 'not settled'",
        ),
        (
            {"condition": {"does not hold": None}, "values": {"does not hold": None}},
            "has no verdict 'does not hold'",
        ),
        ({"condition": {"holds": None}, "values": {"holds": None}}, "has no verdict 'holds'"),
        ({"condition": {"holds": False}}, "condition of 'holds' is False; expected a function"),
        (
            {"condition": {"holds": lambda a: a.low > 1}},
            r"takes \['a'\], and the made-up outcomes name \['a', 'b'\]",
        ),
        ({"condition": {"holds": lambda a, b: a - b}}, "'holds' gives ⟨.*expected True or False"),
        ({"values": {"holds": None}}, "make up one outcome for each"),
        ({"values": {"holds": {"a": [1]}}}, "give each the same quantities"),
        ({"values": {"holds": {"a": [1], "b": [float("inf")]}}}, "not finite"),
    ],
)
def test_what_is_no_rule_is_refused(changes, message):
    with pytest.raises(ValueError, match=message):
        Claims("00").rule("A0.1", *spoilt(**changes))


def test_a_rule_that_compares_must_change_its_verdict_when_the_two_are_swapped():
    blind = {
        "holds": lambda a, b: max(a.low, b.low) > 0.8,
        "does not hold": lambda a, b: a.high < 0.3,
        "not settled": True,
    }
    values = made_up() | {"does not hold": {"a": [0.1], "b": [0.2]}}
    quiet(Claims("00").rule, "A0.1", blind, values)
    with pytest.raises(ClaimError, match="doesn't compare a with b: with the two swapped"):
        Claims("00").rule("A0.1", blind, values, compares=("a", "b"))
    with pytest.raises(
        ValueError, match=r"compares=\('a', 'c'\); expected two of its quantities \['a', 'b'\]"
    ):
        Claims("00").rule("A0.1", blind, values, compares=("a", "c"))


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"a": 1}, r"measured are \['a'\], and its rule takes \['a', 'b'\]"),
        ({"a": 1, "b": 1, "c": 1}, "give just these"),
        ({"a": 1, "b": 2, "source": "recorded"}, "never a verdict's only ground"),
        ({"a": 1, "b": 2, "source": {"a": "recorded", "b": "recorded"}}, "never a verdict's only ground"),
        ({"a": 1, "b": 2, "source": {"c": "recorded"}}, r"source names \['c'\]"),
        ({"a": 1, "b": 2, "source": {"a": "typed"}}, "'typed'"),
        ({"a": 1, "b": [1, float("nan")]}, "not finite.*counts as what it is worth"),
    ],
)
def test_a_verdict_without_its_ground_is_refused(given, message):
    with pytest.raises(ValueError, match=message):
        ruled().verdict("A0.1", **given)
    with pytest.raises(ValueError, match=r"no rule stands for it, only for \['A0.1'\]"):
        ruled().verdict("A0.2", **given)


def test_a_quantity_may_have_any_name_but_source():
    names = ["id", "self", "new", "given"]
    claims = Claims("00")
    conditions = {
        "holds": lambda self, id, new, given: id.low > 0,
        "does not hold": lambda self, id, new, given: id.high < 0,
        "not settled": True,
    }
    values = {"holds": 1, "does not hold": -1, "not settled": 0}
    quiet(claims.rule, "A0.1", conditions, {key: dict.fromkeys(names, values[key]) for key in values})
    assert quiet(claims.verdict, "A0.1", **dict.fromkeys(names, 5)) == "holds"
    with pytest.raises(ValueError, match="called 'source'"):
        claims.rule("A0.1", conditions, {key: {"source": 1} for key in values})


def test_a_rule_stated_anew_takes_its_verdict_back():
    claims = ruled()
    quiet(claims.verdict, "A0.1", a=2, b=1)
    quiet(claims.rule, "A0.1", outcomes(), made_up())
    assert claims.records() == []


def test_a_sentence_that_holds_by_construction_is_checked():
    claims = Claims("00")
    check = quiet(equal, "sum and product", np.array([6.0]), np.array([2.0 + 2 + 2]))
    said = text(claims.by_definition, "A0.2", "a product is a repeated sum", check)
    assert said == "**A0.2: by definition.** a product is a repeated sum; checked: sum and product."
    [record] = claims.records()
    assert record["verdict"] == "by definition" and record["outcomes"] == ["by definition"]
    with pytest.raises(ValueError, match="check=True; expected what checks"):
        claims.by_definition("A0.2", "a product is a repeated sum", True)


# What is kept of both


@pytest.fixture
def whole():
    """Claims of every kind."""
    claims = ruled()
    measure(samples(0.9, 0.92), samples(0.5, 0.5), claims=claims, above=0.6)
    measure(samples(9), samples(0), claims=claims, above=1, source="recorded")
    quiet(claims.verdict, "A0.1", a=[5, 5], b=1, source={"b": "evaluated"})
    quiet(claims.by_definition, "A0.2", "it is | built so", quiet(equal, "both", [1.0], [1.0]))
    return claims


def test_the_records_stand_in_the_reports_metadata(whole):
    (output,) = shown(whole.report)
    records = output.metadata["dlcourse"]["claims"]
    assert json.loads(json.dumps(records, allow_nan=False)) == records
    assert len({tuple(record) for record in records}) == 1  # the same keys, whatever the kind
    claim, recorded, a, b, built = records
    assert claim["values"] == pytest.approx([0.9, 0.92]) and claim["bound"] == [0.6, None]
    # half-width of two values: t = 12.706, times the standard error, half of their distance
    assert claim["interval"] == pytest.approx([0.91 - 0.12706, 0.91 + 0.12706], abs=1e-5)
    assert claim["control"] == [0.5, 0.5] and claim["control_interval"] == [0.5, 0.5]
    assert claim["ok"] is True and claim["verdict"] is None and claim["outcomes"] == []
    assert (recorded["source"], a["source"], b["source"]) == ("recorded", "live", "evaluated")
    assert (a["id"], a["statement"], a["values"], a["ok"], a["margin"]) == ("A0.1", "a", [5, 5], None, None)
    assert a["bound"] == a["control_interval"] == [None, None] and a["control"] == []
    assert (built["id"], built["statement"], built["values"]) == ("A0.2", "it is | built so", [0.0])


def test_the_report_is_a_table_of_claims_and_one_of_verdicts(whole):
    claims, verdicts = shown(whole.report)[0].data["text/markdown"].split("\n\n")
    assert claims.splitlines()[2] == "| C00.1 | a thing | ⟨0.91 ± 0.13⟩ | above 0.6 | ⟨0.5 ± 0⟩ |"
    assert claims.splitlines()[3] == "| C00.1 | a thing | ⟨9⟩ (recorded) | above 1 | ⟨0⟩ |"
    assert verdicts.splitlines()[2:] == [
        "| A0.1 | holds | does not hold, not settled | a ⟨5 ± 0⟩, b ⟨1⟩ (evaluated) |",
        "| A0.2 | by definition | – | it is \\| built so |",
    ]


def test_the_site_says_how_else_a_verdict_could_have_come_out(whole):
    chapter = STORED[0]
    claimed = [
        {"id": id, "section": "1", "claim": f"claim {id}", "says": "句子", "in_english": "a sentence"}
        for id in ("A0.1", "A0.2")
    ]
    article = {
        "article": {"about": "An article.", "about_in_chinese": "短文。"},
        "sections": [{"id": "1", "title": "One", "chinese": "一"}],
        "claims": claimed,
    }
    page = site_pages.claims(article, whole.records(), [chapter])
    assert "> 「句子」\n>\n> “a sentence”" in page
    assert "**Verdict: holds.** It could have come out as: does not hold; not settled.\n" in page
    assert "| a | ⟨5 ± 0⟩ |" in page and "| b | ⟨1⟩ (evaluated) |" in page
    assert "**Verdict: by definition.**\n" in page
    own = site_pages.own_claims(whole.records(), [chapter])
    assert "| C00.1 | a thing | ⟨0.91 ± 0.13⟩ | above 0.6 | ⟨0.5 ± 0⟩ |" in own


def test_what_they_return_shows_nothing_as_a_cells_last_value():
    claims = ruled()
    check = quiet(equal, "both", 1, 1)
    found = measure(samples(2), samples(0), above=1)
    verdicts = [quiet(claims.verdict, "A0.1", a=1, b=1), quiet(claims.by_definition, "A0.2", "so", check)]
    for value in (found, check, *verdicts):
        assert DisplayFormatter().format(value) == ({}, {})


# The chapters


def records_of(chapter):
    return execute.claims_of(pairing.read_notebook(chapter.notebook))


@pytest.mark.parametrize("chapter", STORED, ids=lambda chapter: chapter.id)
def test_every_stored_verdict_could_have_come_out_otherwise(chapter):
    for record in records_of(chapter):
        if record["verdict"] is not None:
            assert record["verdict"] in record["outcomes"], record["id"]
            assert len(set(record["outcomes"])) > 1 or record["outcomes"] == ["by definition"], record["id"]
        elif record["ok"] is not None:
            low, high = record["bound"]
            low, high = -np.inf if low is None else low, np.inf if high is None else high
            least, most = record["control_interval"]
            assert low <= record["interval"][0] <= record["interval"][1] <= high, record["id"]
            assert most < low or high < least, record["id"]


def test_the_examples_in_contributing_can_be_run():
    section = (
        (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8").split("## A claim\n")[1].split("\n## ")[0]
    )
    blocks = re.findall(r"(?:^    .*\n)+", section, re.MULTILINE)
    code = [re.sub("^    ", "", block, flags=re.MULTILINE) for block in blocks]
    claims = Claims("01")

    class digits:
        train, test = "images", "test"

    names = {
        "claims": claims,
        "digits": digits,
        "shuffled_labels": "shuffled",
        "fitted": lambda train, seed: (train, seed),
        "accuracy": lambda model, test: 0.99 if model[0] == "images" else 0.1,
    }
    quiet(exec, code[0], names)
    names["accuracy"] = {"dropout": [0.1, 0.1], "plain": [0.1, 0.1]}
    quiet(exec, code[1], names)
    assert [(row["id"], row["verdict"]) for row in claims.records()] == [
        ("C01.4", None),
        ("A2.3.2", "does not hold"),
        ("A2.3.2", "does not hold"),
    ]
