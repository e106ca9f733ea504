"""Curves over epochs."""

from dlcourse.figures.style import COLOURS, figure_function


@figure_function
def learning_curves(ax, runs, metric="loss", figsize=(7.0, 4.0)):
    """A metric of one or several runs by epoch: training solid, validation dashed.

    Args:
        ax: Matplotlib Axes.
        runs: a ``training.Run``, or a dict from label to Run.
        metric: a key of ``Run.history`` without the prefix ``val_``.

    Raises:
        ValueError: where a run has no such metric.
    """
    runs = runs if isinstance(runs, dict) else {"": runs}
    drawn = []
    for (label, run), colour in zip(runs.items(), COLOURS * (1 + len(runs) // len(COLOURS)), strict=False):
        if metric not in run.history:
            raise ValueError(f"The run has no metric {metric!r}; it has {sorted(run.history)}.")
        for key, line, kind in [(metric, "-", "training"), (f"val_{metric}", "--", "validation")]:
            if key in run.history:
                values = run.history[key]
                ax.plot(
                    range(1, len(values) + 1),
                    values,
                    line,
                    color=colour,
                    marker="o",
                    markersize=3,
                    label=f"{label}, {kind}" if label else kind,
                )
                drawn.append(f"{label} {kind}".strip())
    ax.set(
        xlabel="epoch",
        ylabel="loss (nats)" if metric == "loss" else metric,
        title=f"{metric.capitalize()} by epoch",
    )
    ax.xaxis.get_major_locator().set_params(integer=True)
    ax.legend()
    return f"Line chart of {metric} by epoch: {', '.join(drawn)}."
