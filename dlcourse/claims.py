"""A claim: a statement, an experiment's value, a bound that could fail, a control, a verdict."""

import math
from dataclasses import dataclass, field

from dlcourse import show
from dlcourse.measured import Measured


class ClaimError(AssertionError):
    """A claim's measurement lies outside its bound, its control inside, or no verdict applies."""


@dataclass(frozen=True)
class Measurement:
    """One measured claim. ``value`` and ``control`` are Measured; ``low`` and ``high`` the bound, infinite if open."""

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
        """The whole interval lies inside the bound, and the control's mean outside."""
        return self.inside and self.controlled

    @property
    def inside(self):
        return self.bound[0] <= self.low and self.high <= self.bound[1]

    @property
    def controlled(self):
        return not self.bound[0] <= self.control.mean <= self.bound[1]

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


def bound_text(low, high):
    """A bound in words; a side that is None or infinite is open."""
    if high is None or math.isinf(high):
        return f"above {low:g}"
    if low is None or math.isinf(low):
        return f"below {high:g}"
    return f"between {low:g} and {high:g}"


class Verdict(str):
    """A verdict's text, which as a cell's last value shows nothing."""

    def _ipython_display_(self):
        """Nothing: ``verdict`` has shown it."""


@dataclass
class Claims:
    """The claims of one chapter.

    Args:
        chapter: its number, such as ``"03"`` or ``"06a"``.
    """

    chapter: str
    measurements: list = field(default_factory=list)
    verdicts: dict = field(default_factory=dict)

    def measure(self, id, statement, values, *, below=None, above=None, between=None, control, source="live"):
        """Hold a measured value against its bound.

        Args:
            id: the article's (``"A2.3.1"``) or the course's own (``"C03.1"``). Several measurements may share one.
            statement: what is claimed, and which quantity in which unit measures it.
            values: one value per seed where chance matters, else a number; or a Measured. For a comparison, the
                differences paired by seed.
            below, above, between: the bound, exactly one of them; ``between`` is a pair. Chosen before measuring.
            control: the same quantity with the effect removed (untrained, shuffled, the cure left out ...).
            source: ``"live"``, measured in this run, or ``"recorded"``, read from benchmarks/results.

        Returns:
            Measurement.

        Raises:
            ClaimError: where the 95 % t-interval of the values is not wholly inside the bound, or the control's
                mean is: a claim that also holds without its cause is no claim.
            ValueError: where not exactly one bound is given, or it is empty.
        """
        measurement = Measurement(
            id=id,
            statement=statement,
            value=values if isinstance(values, Measured) else Measured(values),
            bound=_bound(id, below, above, between),
            control=control if isinstance(control, Measured) else Measured(control),
            source=_known_source(id, source),
        )
        found = f"measured {_interval(measurement.value)}; bound: {measurement.bound_text()}"
        if not measurement.inside:
            raise ClaimError(
                f"Claim {id} fails: {statement}\n  {found}; values {_plain(measurement.value.values)}\n"
                "  The 95 % interval must lie inside the bound. Don't widen the bound: find out what changed."
            )
        if not measurement.controlled:
            raise ClaimError(
                f"Claim {id} is no claim: {statement}\n  {found}; control {_interval(measurement.control)} is inside "
                f"the bound too; values {_plain(measurement.control.values)}"
            )
        self.measurements.append(measurement)
        show.markdown(
            f"**{id}** {statement}: {measurement.value}, {measurement.bound_text()}; control {measurement.control}."
            + (" (recorded)" if source == "recorded" else "")
        )
        return measurement

    def verdict(self, id, conditions):
        """Settle a claim of the article: the first entry whose condition is true.

        Args:
            id: the claim's.
            conditions: dict from verdict (``"holds"``, ``"holds when ..."``, ``"does not hold"``) to a condition
                computed from measurements.

        Returns:
            Verdict: the text, which shows nothing as a cell's last value, since it has been shown already.

        Raises:
            ClaimError: where no condition is true, or nothing live was measured under this id.
            ValueError: where a verdict is not of these forms.
        """
        for text in conditions:
            if not text.startswith(("holds", "does not hold")):
                raise ValueError(
                    f"Verdict {text!r} of {id}: start with 'holds', 'holds when ...' or 'does not hold'."
                )
        if not any(item.id == id and item.source == "live" for item in self.measurements):
            raise ClaimError(
                f"Claim {id} gets no verdict: nothing was measured live under this id in this chapter."
            )
        for text, condition in conditions.items():
            if bool(condition):
                self.verdicts[id] = text
                show.markdown(f"**{id}: {text}.**")
                return Verdict(text)
        raise ClaimError(
            f"Claim {id} gets no verdict: none of its conditions is true ({', '.join(conditions)})."
        )

    def records(self):
        """The measurements as a list of plain dicts, as they stand in build/claims.json."""
        return [
            {
                "id": item.id,
                "chapter": self.chapter,
                "statement": item.statement,
                "values": list(item.value.values),
                "interval": [item.low, item.high],
                "bound": [None if math.isinf(side) else side for side in item.bound],
                "control": list(item.control.values),
                "ok": item.ok,
                "margin": item.margin,
                "verdict": self.verdicts.get(item.id),
                "source": item.source,
            }
            for item in self.measurements
        ]

    def report(self):
        """Show the chapter's claims as a table, with their records in the output's metadata."""
        from IPython.display import Markdown, display

        lines = [
            "| claim | statement | measured | bound | control | verdict |",
            "| --- | --- | --- | --- | --- | --- |",
        ]
        for item in self.measurements:
            source = " (recorded)" if item.source == "recorded" else ""
            cells = [
                item.id,
                item.statement,
                f"{item.value}{source}",
                item.bound_text(),
                str(item.control),
                self.verdicts.get(item.id, ""),
            ]
            lines.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
        display(Markdown("\n".join(lines)), metadata={"dlcourse": {"claims": self.records()}})


def _bound(id, below, above, between):
    if sum(side is not None for side in (below, above, between)) != 1:
        raise ValueError(f"Claim {id} needs exactly one bound: below=..., above=... or between=(low, high).")
    low, high = between if between is not None else (-math.inf if above is None else above, below)
    high = math.inf if high is None else high
    if not low < high:
        raise ValueError(
            f"Claim {id}: the bound between {low} and {high} is empty; give the lower side first."
        )
    return float(low), float(high)


def _known_source(id, source):
    if source not in ("live", "recorded"):
        raise ValueError(f"Claim {id}: source={source!r}; expected 'live' or 'recorded'.")
    return source


def _interval(value):
    return f"{value.mean:.4g}" + (f" [{value.low:.4g}, {value.high:.4g}]" if value.n > 1 else "")


def _plain(values):
    return [float(f"{value:.4g}") for value in values]
