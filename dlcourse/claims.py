"""Claims that must hold, and verdicts that are found out.

A claim of the course is held against its bound, and fails outside it: ``Claims.measure``. A verdict on a sentence of
the article is given by a rule that stands before the experiment and is shown to reach each of its outcomes:
``Claims.rule``, then ``Claims.verdict``, which never fails. What holds by construction gets the verdict *by
definition* from a check.
"""

import math
import numbers
from dataclasses import dataclass, field

from dlcourse import checks, show
from dlcourse.measured import Measured
from dlcourse.rules import ClaimError, Rule, in_words, measured_of, spoken

SOURCES = {
    "live": "trained in this run",
    "evaluated": "measured in this run on weights that are shipped",
    "recorded": "read from benchmarks/results",
}
BY_DEFINITION = "by definition"


@dataclass(frozen=True)
class Measurement:
    """One measured claim. ``value`` and ``control`` are Measured, ``bound`` is (low, high), infinite where open."""

    id: str
    statement: str
    value: Measured
    bound: tuple
    control: Measured
    source: str

    @property
    def mean(self):
        return self.value.mean

    @property
    def low(self):
        return self.value.low

    @property
    def high(self):
        return self.value.high

    @property
    def ok(self):
        """The value's whole interval lies inside the bound, and the control's whole interval outside."""
        return self.inside and self.controlled

    @property
    def inside(self):
        return self.bound[0] <= self.low and self.high <= self.bound[1]

    @property
    def controlled(self):
        return self.control.high < self.bound[0] or self.bound[1] < self.control.low

    @property
    def margin(self):
        """How far the claim is from failing: the relative distance of its interval to its bound.

        For a bound on one side, the distance from the interval's nearer end, over the larger of bound and mean (in
        absolute value). For a bound on both sides, the distance to the nearer side, over half the bound's width. 0
        where the interval touches the bound, negative where it crosses it.
        """
        least, most = self.bound
        distance = min(self.low - least, most - self.high)
        if math.isfinite(least) and math.isfinite(most):
            return distance / ((most - least) / 2)
        scale = max(abs(least if math.isinf(most) else most), abs(self.mean))
        return distance / scale if scale else 0.0

    def _ipython_display_(self):
        """Nothing: ``measure`` has shown it, and as a cell's last value it would be printed again, unmasked."""

    def bound_text(self):
        return bound_text(*self.bound)

    def record(self, chapter):
        """Its row of build/claims.json."""
        return _record(
            chapter,
            self,
            bound=[None if math.isinf(side) else side for side in self.bound],
            control=list(self.control.values),
            control_interval=[self.control.low, self.control.high],
            ok=self.ok,
            margin=self.margin,
        )


@dataclass(frozen=True)
class Quantity:
    """A measured quantity that a verdict was given on; ``statement`` is its name in the rule."""

    id: str
    statement: str
    value: Measured
    source: str


@dataclass(frozen=True)
class Settled:
    """A verdict that was given: its text, all that the rule was shown to reach, and the quantities it was given on."""

    verdict: str
    outcomes: tuple
    quantities: tuple

    def records(self, chapter):
        """Its rows of build/claims.json, one for each quantity."""
        return [
            _record(chapter, one, verdict=str(self.verdict), outcomes=list(self.outcomes))
            for one in self.quantities
        ]


def _record(chapter, measured, **more):
    value = measured.value
    row = {
        "id": measured.id,
        "chapter": chapter,
        "statement": measured.statement,
        "values": list(value.values),
        "unit": value.unit,
        "interval": [value.low, value.high],
        "bound": [None, None],
        "control": [],
        "control_interval": [None, None],
        "ok": None,
        "margin": None,
        "verdict": None,
        "outcomes": [],
        "source": measured.source,
    }
    return {**row, **more}


def bound_text(low, high):
    """A bound in words; a side that is None or infinite is open. Empty where both are."""
    low, high = (
        None if side is None or math.isinf(side) else f"{float(f'{side:.3g}'):g}".replace("-", "−")
        for side in (low, high)
    )
    if low is None:
        return "" if high is None else f"below {high}"
    return f"above {low}" if high is None else f"between {low} and {high}"


class Verdict(str):
    """A verdict's text, which as a cell's last value shows nothing."""

    def _ipython_display_(self):
        """Nothing: it has been shown."""


@dataclass
class Claims:
    """The claims and verdicts of one chapter.

    Args:
        chapter: its number, such as ``"03"`` or ``"06a"``.
    """

    chapter: str
    measurements: list = field(default_factory=list)
    rules: dict = field(default_factory=dict)
    settled: dict = field(default_factory=dict)

    def measure(
        self,
        id,
        statement,
        quantity,
        *,
        of,
        control,
        below=None,
        above=None,
        between=None,
        source="live",
    ):
        """Hold a measured quantity against its bound.

        Args:
            id: the course's own (``"C03.1"``), or the article's (``"A2.3.1"``). Several measurements may share one.
            statement: what is claimed, and which quantity in which unit measures it.
            quantity: one function, for the measurement and its control alike; gives one number for an item.
            of: list of items, one per independent repetition (a seed's training, a split, a data set). A tuple's parts
                are passed one by one. One item is one run, which has no interval.
            control: list of items where the named cause, and nothing else, is taken away.
            below, above, between: the bound, exactly one of them; ``between`` is a pair. Chosen before measuring.
            source: ``"live"``, trained in this run; ``"evaluated"``, on weights that are shipped; ``"recorded"``, read
                from benchmarks/results, shown as such and not counted as held.

        Returns:
            Measurement.

        Raises:
            ClaimError: where the 95 % t-interval of the values is not wholly inside the bound, or the control's not
                wholly outside: a claim that also holds without its cause is no claim.
            ValueError: where ``quantity`` isn't a function or gives something else than one finite number, or gives
                numbers back as they are; where ``of`` or ``control`` is empty or no list, or the control is ``of``
                again; where not exactly one bound is given, or it is empty.
        """
        if not callable(quantity):
            raise ValueError(
                f"Claim {id}: quantity={quantity!r}; expected a function that gives one number for an item of `of` "
                "and of `control`, such as `lambda model: accuracy(model, test)`."
            )
        bound = _bound(id, below, above, between)
        of, control = _items(id, "of", of), _items(id, "control", control)
        if all(any(_same(item, other) for other in of) for item in control):
            raise ValueError(
                f"Claim {id}: the control's items are those of `of`; give what the named cause is taken away from."
            )
        values, without = _apply(id, quantity, "of", of), _apply(id, quantity, "control", control)
        items = [*of, *control]
        if all(isinstance(item, numbers.Real) for item in items) and [*values, *without] == items:
            raise ValueError(
                f"Claim {id}: quantity gives back the numbers in `of` and `control`; give the function that measures "
                "them, applied to what is measured, so that both sides are the same quantity."
            )
        measurement = Measurement(
            id, statement, Measured(values), bound, Measured(without), _known(id, source)
        )
        found = f"measured {_interval(measurement.value)}; bound: {measurement.bound_text()}"
        if not measurement.inside:
            raise ClaimError(
                f"Claim {id} fails: {statement}\n  {found}; values {_plain(measurement.value.values)}\n"
                "  The 95 % interval must lie inside the bound. Don't widen the bound: find out what changed."
            )
        if not measurement.controlled:
            raise ClaimError(
                f"Claim {id} is no claim: {statement}\n  {found}; control {_interval(measurement.control)} is not "
                f"wholly outside the bound; values {_plain(measurement.control.values)}\n"
                "  What holds without its cause says nothing about it. Find out what the control still has."
            )
        self.measurements.append(measurement)
        show.markdown(
            f"**{id}** {statement}: {_shown(measurement)}, {measurement.bound_text()}; control {measurement.control}."
        )
        return measurement

    def rule(self, id, outcomes, made_up, *, compares=None):
        """State, before the experiment, what would have to be measured for each verdict; shown as a table.

        Args:
            id: the article's, such as ``"A2.3.2"``.
            outcomes: dict from verdict (``"holds"``, ``"holds when ..."``, ``"does not hold"``, ``"not settled"``), in
                order, to its condition: a function whose parameters are the names of the measured quantities, each a
                Measured with ``low``, ``high`` and ``mean``; or True for what is left. The first that is true is the
                verdict; where none is, it is *not settled*.
            made_up: dict from each verdict to one outcome of the experiment, within what is possible, whose verdict
                it is: dict from quantity's name to list of float.
            compares: two names, where the sentence says that one quantity is above another: swapping them in the first
                verdict's made-up outcome must change the verdict.

        Raises:
            ClaimError: where a made-up outcome reaches another verdict, or swapping changes nothing.
            ValueError: where a verdict is not of these forms, *holds*, *does not hold* or *not settled* is missing, or
                the quantities' names differ.
        """
        rule = Rule(id, outcomes, made_up, compares)
        self.rules[id] = rule
        self.settled.pop(id, None)
        show.table(
            [[text, in_words(measured)] for text, measured in rule.made_up.items()],
            ["verdict", "made-up values"],
            caption=f"What would have to be measured for each verdict on {id}",
        )

    def verdict(self, id, /, *, source="live", **measured):
        """Give a sentence of the article its verdict, whichever it is, by the rule that stands.

        Args:
            id: the rule's.
            source: where the quantities come from, as in ``measure``; or a dict from name to source for those that
                are not live.
            measured: each quantity of the rule: list of float, one per independent repetition; a number; a Measured.

        Returns:
            Verdict: the text, which shows nothing as a cell's last value, since it has been shown already.

        Raises:
            ValueError: where no rule stands, the names are not the rule's, a value is not finite, or all values are
                recorded.
        """
        if id not in self.rules:
            raise ValueError(
                f"Verdict {id}: no rule stands for it, only for {sorted(self.rules)}; state claims.rule({id!r}, ...) "
                "before the experiment."
            )
        rule = self.rules[id]
        if set(measured) != set(rule.quantities):
            raise ValueError(
                f"Verdict {id}: measured are {list(measured)}, and its rule takes {rule.quantities}; give just these."
            )
        sources = dict.fromkeys(rule.quantities, source) if isinstance(source, str) else dict(source)
        if not set(sources) <= set(measured):
            raise ValueError(
                f"Verdict {id}: source names {list(sources)}; the quantities are {rule.quantities}."
            )
        sources = {name: _known(id, sources.get(name, "live")) for name in rule.quantities}
        if set(sources.values()) == {"recorded"}:
            raise ValueError(
                f"Verdict {id}: all its values are recorded. A recording is never a verdict's only ground: measure at "
                "least one of the quantities in this run."
            )
        try:
            quantities = {name: measured_of(measured[name]) for name in rule.quantities}
        except ValueError as error:
            raise ValueError(
                f"Verdict {id}: {error} A run that failed counts as what it is worth, such as chance."
            ) from None
        text = Verdict(rule.apply(quantities))
        given = tuple(Quantity(id, name, value, sources[name]) for name, value in quantities.items())
        self.settled[id] = Settled(text, tuple(rule.outcomes), given)
        show.markdown(f"**{id}: {text}.** Measured: {_list(given)}.")
        return text

    def by_definition(self, id, statement, check):
        """Give the verdict *by definition* to a sentence that holds by construction.

        Args:
            id: the article's.
            statement: why it can't be otherwise.
            check: what ``checks.equal`` returned.

        Raises:
            ValueError: where ``check`` is something else.
        """
        if not isinstance(check, checks.Checked):
            raise ValueError(
                f"Verdict {id}: check={check!r}; expected what checks.equal(...) returns when it passes."
            )
        text = Verdict(BY_DEFINITION)
        given = Quantity(id, statement, Measured(check.difference), "live")
        self.settled[id] = Settled(text, (BY_DEFINITION,), (given,))
        show.markdown(f"**{id}: {text}.** {statement}; checked: {check.what}.")
        return text

    def records(self):
        """Claims, then verdicts, as a list of plain dicts, as they stand in build/claims.json."""
        rows = [item.record(self.chapter) for item in self.measurements]
        return rows + [row for given in self.settled.values() for row in given.records(self.chapter)]

    def report(self):
        """Show the chapter's claims as a table and its verdicts as another; their records are the output's metadata."""
        from IPython.display import Markdown, display

        tables = "\n\n".join(filter(None, [self._claims_table(), self._verdicts_table()]))
        display(Markdown(tables), metadata={"dlcourse": {"claims": self.records()}})

    def _claims_table(self):
        rows = [
            [item.id, item.statement, _shown(item), item.bound_text(), str(item.control)]
            for item in self.measurements
        ]
        return _table(["claim", "statement", "measured", "bound", "control"], rows)

    def _verdicts_table(self):
        rows = [
            [
                id,
                given.verdict,
                ", ".join(text for text in given.outcomes if text != given.verdict) or "–",
                given.quantities[0].statement if given.verdict == BY_DEFINITION else _list(given.quantities),
            ]
            for id, given in self.settled.items()
        ]
        return _table(["article", "verdict", "could have come out as", "measured"], rows)


def _table(columns, rows):
    lines = [columns, ["---"] * len(columns), *rows] if rows else []
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)


# What is measured


def _items(id, side, given):
    """The items of one side as a list."""
    kind = type(given).__name__
    if isinstance(given, (str, dict, tuple)) or not hasattr(given, "__iter__"):
        advice = {
            "dict": "say which: list(d.values()), or list(d.items())",
            "tuple": "a tuple is one item, whose parts are passed one by one: [(a, b)]",
        }
        raise ValueError(
            f"Claim {id}: {side} is a {kind}; expected a list of items, one per independent repetition, "
            f"{advice.get(kind, 'with one item for one run')}."
        )
    items = list(given)
    if not items:
        raise ValueError(f"Claim {id}: {side} is empty; give one item per independent repetition.")
    return items


def _same(one, other):
    """Whether two items are the same thing."""
    if one is other:
        return True
    if type(one) is not type(other):
        return False
    if isinstance(one, (tuple, list)):
        return len(one) == len(other) and all(map(_same, one, other))
    try:
        equal = one == other
        return bool(equal.all() if hasattr(equal, "all") else equal)
    except Exception:  # arrays and tensors of other shapes, and whatever else can't be compared
        return False


def _apply(id, quantity, side, items):
    values = []
    for number, item in enumerate(items):
        given = quantity(*item) if isinstance(item, tuple) else quantity(item)
        try:
            if isinstance(given, str):
                raise TypeError
            value = float(given)
        except (TypeError, ValueError):
            raise ValueError(
                f"Claim {id}: quantity gives {type(given).__name__} {given!r} for {side}[{number}]; expected one "
                "number per independent repetition."
            ) from None
        if not math.isfinite(value):
            raise ValueError(
                f"Claim {id}: quantity gives {value} for {side}[{number}]; expected a finite number."
            )
        values.append(value)
    return values


def _bound(id, below, above, between):
    if sum(side is not None for side in (below, above, between)) != 1:
        raise ValueError(f"Claim {id} needs exactly one bound: below=..., above=... or between=(low, high).")
    if between is not None and (not isinstance(between, tuple | list) or len(between) != 2):
        raise ValueError(f"Claim {id}: between={between!r}; expected two numbers, (low, high).")
    low, high = between if between is not None else (-math.inf if above is None else above, below)
    high = math.inf if high is None else high
    for side in (low, high):
        if not isinstance(side, numbers.Real) or isinstance(side, bool):
            raise ValueError(f"Claim {id}: the bound has {side!r}; expected a number.")
    if not low < high:
        raise ValueError(
            f"Claim {id}: the bound between {low} and {high} is empty; give the lower side first."
        )
    return float(low), float(high)


def _known(id, source):
    if not checks.is_one_of(source, SOURCES):
        names = [*map(repr, SOURCES)]
        raise ValueError(f"Claim {id}: source={source!r}; expected {', '.join(names[:-1])} or {names[-1]}.")
    return source


# How it is shown


def _shown(measured):
    """The value between ⟨ and ⟩, and where it comes from unless it is live."""
    return str(measured.value) + ("" if measured.source == "live" else f" ({measured.source})")


def _list(quantities):
    return ", ".join(f"{spoken(one.statement)} {_shown(one)}" for one in quantities)


def _interval(value):
    return f"{value.mean:.4g}" + (f" [{value.low:.4g}, {value.high:.4g}]" if value.n > 1 else " (one run)")


def _plain(values):
    return [float(f"{value:.4g}") for value in values]
