"""Knobs above a figure: moved by a learner in JupyterLab, at their starts wherever outputs are stored or compared."""

import numbers
from dataclasses import dataclass

from dlcourse import progress, show


@dataclass(frozen=True)
class Knob:
    """What a knob can be set to.

    Args:
        values: numbers, for a slider, or texts, for a list to choose from; no two alike.
        start: one of them, at which the stored figure is drawn.

    Raises:
        ValueError: where there are fewer than two values, two are alike, or ``start`` is none of them.
    """

    values: tuple
    start: object

    def __post_init__(self):
        values = tuple(self.values)
        if len(values) < 2 or len(set(values)) < len(values):
            raise ValueError(f"Knob({list(values)}): expected two values or more, no two alike.")
        if self.start not in values:
            raise ValueError(f"Knob(start={self.start!r}): expected one of its values, {list(values)}.")
        object.__setattr__(self, "values", values)

    @property
    def numeric(self):
        return all(isinstance(value, numbers.Real) for value in self.values)


def explore(draw, *, caption, alt, panels=1, figsize=(7.0, 4.0), **knobs):
    """Show a figure, and in JupyterLab its knobs, each of which draws it anew.

    Where nobody watches (see ``progress.watched``), only the figure at the knobs' starts is shown, as
    ``show.figure`` shows any other: no widget is made, and none is stored.

    Args:
        draw: function of an Axes, or of an array of them, and of one value for each knob, given by name.
        caption, alt: as for ``show.figure``; ``alt`` says what is in the figure at the start.
        panels: number of Axes, side by side.
        figsize: of the figure, in inches.
        knobs: Knob by name; underscores in a name are shown as spaces.

    Raises:
        ValueError: where no knob is given.
    """
    if not knobs:
        raise ValueError("explore() needs a knob or more, such as units=Knob([1, 2, 4], start=2).")

    def redraw(**values):
        from matplotlib import pyplot as plt

        fig, axes = plt.subplots(1, panels, figsize=figsize)
        try:
            draw(axes, **values)
            show.figure(fig, caption=caption, alt=alt)
        finally:
            plt.close(fig)

    if interactive():
        _with_knobs(redraw, knobs)
    else:
        redraw(**{name: knob.start for name, knob in knobs.items()})


def interactive():
    """Whether knobs can be moved here: somebody watches a notebook, and ipywidgets is installed."""
    import importlib.util

    return progress.in_kernel() and progress.watched() and importlib.util.find_spec("ipywidgets") is not None


def _with_knobs(redraw, knobs):
    """Display the knobs, and below them what ``redraw`` shows; once at the start, and whenever one was moved."""
    import ipywidgets
    from IPython.display import display

    widgets = {name: _widget(name, knob) for name, knob in knobs.items()}
    shown = ipywidgets.Output()

    def update(change=None):
        shown.clear_output(wait=True)
        with shown:
            redraw(**{name: widget.value for name, widget in widgets.items()})

    for widget in widgets.values():
        widget.observe(update, names="value")
    display(ipywidgets.VBox([*widgets.values(), shown]))
    update()


def _widget(name, knob):
    import ipywidgets

    options = {
        "options": [(f"{value:g}" if knob.numeric else str(value), value) for value in knob.values],
        "value": knob.start,
        "description": name.replace("_", " "),
        "style": {"description_width": "9em"},
    }
    if knob.numeric:  # drawn anew where the slider is let go, not at every value on its way
        return ipywidgets.SelectionSlider(continuous_update=False, layout={"width": "30em"}, **options)
    return ipywidgets.Dropdown(layout={"width": "20em"}, **options)
