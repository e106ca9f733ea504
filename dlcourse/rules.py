"""Rules by which a sentence of the article gets its verdict, each shown to reach all of its outcomes."""

import inspect

from dlcourse.measured import Measured, as_people_write

NOT_SETTLED = "not settled"


class ClaimError(AssertionError):
    """A claim's interval isn't inside its bound or its control's not outside, or a rule misses one of its verdicts."""


class Rule:
    """How a sentence of the article gets its verdict; see ``Claims.rule``.

    Attributes:
        quantities: the names that its conditions take.
    """

    def __init__(self, id, outcomes, made_up, compares=None):
        self.id, self.outcomes = id, dict(outcomes)
        self._check_outcomes()
        self.quantities = self._named(made_up)
        self.made_up = {
            text: {name: measured_of(values) for name, values in made_up[text].items()} for text in outcomes
        }
        self._check_names()
        self._check_answers()
        for text, measured in self.made_up.items():
            reached = self.apply(measured)
            if reached != text:
                raise ClaimError(
                    f"Rule {id}: the outcome made up for {text!r} reaches {reached!r} instead: "
                    f"{in_words(measured)}. Change the condition or the made-up outcome."
                )
        if compares is not None:
            self._check_swapped(*self._pair(compares))

    def apply(self, measured):
        """The verdict on these quantities, a dict from name to Measured.

        It is the first whose condition is true; *not settled* where none is. A condition that can't be computed, such
        as a ratio to 0, is not true.
        """
        return next((text for text in self.outcomes if self._answer(text, measured)), NOT_SETTLED)

    def _answer(self, text, measured):
        condition = self.outcomes[text]
        try:
            return True if condition is True else condition(**measured)
        except ArithmeticError:
            return False

    def _check_outcomes(self):
        texts = list(self.outcomes)
        for text, condition in self.outcomes.items():
            if not text.startswith(("holds", "does not hold")) and text != NOT_SETTLED:
                raise ValueError(
                    f"Rule {self.id}: verdict {text!r}; expected one that starts with 'holds' or 'does not hold', or "
                    "'not settled'."
                )
            if condition is not True and not callable(condition):
                raise ValueError(
                    f"Rule {self.id}: the condition of {text!r} is {condition!r}; expected a function of the measured "
                    "quantities, or True for what is left. It is computed when the values are there, not before."
                )
        for start in ("holds", "does not hold", NOT_SETTLED):
            if not any(text.startswith(start) for text in texts):
                raise ValueError(
                    f"Rule {self.id} has no verdict {start!r}, only {texts}; a sentence that is tested can hold, not "
                    "hold, or stay unsettled. What can't come out otherwise is a check: claims.by_definition."
                )

    def _named(self, made_up):
        if set(made_up) != set(self.outcomes):
            raise ValueError(
                f"Rule {self.id}: outcomes are made up for {list(made_up)}, and its verdicts are "
                f"{list(self.outcomes)}; make up one outcome for each."
            )
        names = list(made_up[next(iter(self.outcomes))])
        for text, measured in made_up.items():
            if set(measured) != set(names) or not names:
                raise ValueError(
                    f"Rule {self.id}: the outcome made up for {text!r} names {list(measured)}, another {names}; give "
                    "each the same quantities."
                )
        if "source" in names:
            raise ValueError(
                f"Rule {self.id}: a quantity is called 'source', which verdict() takes; rename it."
            )
        return names

    def _check_names(self):
        for text, condition in self.outcomes.items():
            takes = self.quantities if condition is True else list(inspect.signature(condition).parameters)
            if set(takes) != set(self.quantities):
                raise ValueError(
                    f"Rule {self.id}: the condition of {text!r} takes {takes}, and the made-up outcomes name "
                    f"{self.quantities}; give it parameters of just these names."
                )

    def _check_answers(self):
        for text in self.outcomes:
            for measured in self.made_up.values():
                answer = self._answer(text, measured)
                if type(answer).__name__ not in ("bool", "bool_"):  # NumPy's is called so too
                    raise ValueError(
                        f"Rule {self.id}: the condition of {text!r} gives {answer!r} for {in_words(measured)}; "
                        "expected True or False, such as `a.low > 0.5`."
                    )

    def _pair(self, compares):
        pair = tuple(compares)
        if len(set(pair)) != 2 or len(pair) != 2 or not set(pair) <= set(self.quantities):
            raise ValueError(
                f"Rule {self.id}: compares={compares!r}; expected two of its quantities {self.quantities}."
            )
        return pair

    def _check_swapped(self, one, other):
        text = next(iter(self.outcomes))
        measured = self.made_up[text]
        if self.apply({**measured, one: measured[other], other: measured[one]}) == text:
            raise ClaimError(
                f"Rule {self.id} doesn't compare {one} with {other}: with the two swapped, the outcome made up for "
                f"{text!r} reaches {text!r} again: {in_words(measured)}."
            )


def spoken(name):
    """A quantity's name as a reader sees it: ``twice_as_far`` is *twice as far*."""
    return name.replace("_", " ")


def in_words(made_up):
    """Made-up quantities, which are exact."""
    return "; ".join(
        f"{spoken(name)} {', '.join(as_people_write(f'{value:g}') for value in measured.values)}"
        for name, measured in made_up.items()
    )


def measured_of(values):
    return values if isinstance(values, Measured) else Measured(values)
