"""The claims' old forms, for chapters that are not converted yet: values instead of a quantity, conditions as a dict.

``measure(id, statement, values, control=values, ...)`` asks only for the control's mean outside the bound, and
``verdict(id, {text: condition})`` takes conditions that were computed before. A chapter that calls them has the old
report: one table, its verdicts beside the measurements.

To be deleted with the last such chapter: this file, the last lines of claims.py, and tests/test_claims_old_form.py.
"""

import functools

from dlcourse import show
from dlcourse.measured import Measured


def install(claims_class):
    """Let ``measure``, ``verdict``, ``records`` and ``report`` of ``Claims`` serve the old forms too."""
    for either in (measure, verdict, records, report):
        setattr(claims_class, either.__name__, _either(either, getattr(claims_class, either.__name__)))


def _either(either, new, /):
    @functools.wraps(new)
    def method(self, /, *arguments, **options):
        return either(self, new, *arguments, **options)

    return method


def measure(self, new, id, statement, *given, **options):
    """The new form where a function or ``of`` is given, else the old."""
    if "of" in options or "quantity" in options or (given and callable(given[0])):
        return new(self, id, statement, *given, **options)
    return _measure(self, id, statement, *given, **options)


def verdict(self, new, id, /, *given, **options):
    """The old form where a dict of conditions is given, else the new."""
    return _verdict(self, id, *given) if given else new(self, id, **options)


def records(self, new):
    """The new rows; one of an old measurement has its id's verdict in its own row, as it had."""
    rows = new(self)
    for row, item in zip(rows, self.measurements, strict=False):
        if isinstance(item, _old_measurement()):
            row["verdict"] = _verdicts(self).get(item.id)
    return rows


def report(self, new):
    """The old table where an old form was called, and below it the verdicts of new rules, if any."""
    if not is_old(self):
        return new(self)
    from IPython.display import Markdown, display

    rows = [
        [
            item.id,
            item.statement,
            f"{item.value}" + (" (recorded)" if item.source == "recorded" else ""),
            item.bound_text(),
            str(item.control),
            _verdicts(self).get(item.id, ""),
        ]
        for item in self.measurements
    ]
    table = _claims()._table(["claim", "statement", "measured", "bound", "control", "verdict"], rows)
    tables = "\n\n".join(filter(None, [table, self._verdicts_table()]))
    display(Markdown(tables), metadata={"dlcourse": {"claims": self.records()}})


def is_old(claims):
    """Whether a chapter's Claims were called in an old form."""
    return bool(_verdicts(claims)) or any(isinstance(one, _old_measurement()) for one in claims.measurements)


def _measure(self, id, statement, values, *, below=None, above=None, between=None, control, source="live"):
    claims = _claims()
    measurement = _old_measurement()(
        id=id,
        statement=statement,
        value=values if isinstance(values, Measured) else Measured(values),
        bound=claims._bound(id, below, above, between),
        control=control if isinstance(control, Measured) else Measured(control),
        source=claims._known(id, source),
    )
    found = f"measured {_interval(measurement.value)}; bound: {measurement.bound_text()}"
    if not measurement.inside:
        raise claims.ClaimError(
            f"Claim {id} fails: {statement}\n  {found}; values {claims._plain(measurement.value.values)}\n"
            "  The 95 % interval must lie inside the bound. Don't widen the bound: find out what changed."
        )
    if not measurement.controlled:
        raise claims.ClaimError(
            f"Claim {id} is no claim: {statement}\n  {found}; control {_interval(measurement.control)} is inside "
            f"the bound too; values {claims._plain(measurement.control.values)}"
        )
    self.measurements.append(measurement)
    show.markdown(
        f"**{id}** {statement}: {measurement.value}, {measurement.bound_text()}; control {measurement.control}."
        + (" (recorded)" if source == "recorded" else "")
    )
    return measurement


def _verdict(self, id, conditions):
    claims = _claims()
    for text in conditions:
        if not text.startswith(("holds", "does not hold")):
            raise ValueError(
                f"Verdict {text!r} of {id}: start with 'holds', 'holds when ...' or 'does not hold'."
            )
    if not any(item.id == id and item.source == "live" for item in self.measurements):
        raise claims.ClaimError(
            f"Claim {id} gets no verdict: nothing was measured live under this id in this chapter."
        )
    for text, condition in conditions.items():
        if bool(condition):
            _verdicts(self)[id] = text
            show.markdown(f"**{id}: {text}.**")
            return claims.Verdict(text)
    raise claims.ClaimError(
        f"Claim {id} gets no verdict: none of its conditions is true ({', '.join(conditions)})."
    )


def _verdicts(claims):
    return claims.__dict__.setdefault("old_verdicts", {})


def _interval(value):
    return f"{value.mean:.4g}" + (f" [{value.low:.4g}, {value.high:.4g}]" if value.n > 1 else "")


def _claims():
    from dlcourse import claims

    return claims


@functools.cache
def _old_measurement():
    class OldMeasurement(_claims().Measurement):
        @property
        def controlled(self):
            """Only the control's mean is asked to lie outside."""
            return not self.bound[0] <= self.control.mean <= self.bound[1]

    return OldMeasurement
