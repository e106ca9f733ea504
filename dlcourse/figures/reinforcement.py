"""Figures of reinforcement learning: values and policies on a map, returns while learning."""

import numpy as np

from dlcourse import show
from dlcourse.figures import charts, diagrams
from dlcourse.style import COLOURS, figure_function


def draw_map(ax, letters, values=None, policy=None, moves="", title="", digits=2, walls=()):
    """Draw a grid world: shade and number for a state's value, an arrow for its action.

    Args:
        ax: Matplotlib Axes.
        letters: list of rows of letters, as FrozenLake's maps: S start, G goal, H hole, C cliff (nobody acts
            in these three: no value, no arrow), F or blank floor.
        values: (states,), row by row, or None.
        policy: actions (states,), or None.
        moves: a sign for each action, such as "←↓→↑".
        digits: of the values.
        walls: list of (row, column): a wall on the right of that place.
    """
    rows, columns = len(letters), len(letters[0])
    flat = [letter for row in letters for letter in row]
    acting = np.array([letter not in "HGC" for letter in flat])
    shades = np.full(rows * columns, np.nan)
    if values is not None:
        shades[acting] = np.asarray(values, "float64")[acting]
    low, high = (np.nanmin(shades), np.nanmax(shades)) if values is not None else (0, 1)
    ax.imshow(shades.reshape(rows, columns), cmap="Blues", vmin=low, vmax=high + 0.4 * (high - low))
    for state, letter in enumerate(flat):
        y, x = divmod(state, columns)
        if not acting[state]:
            colour = {"G": COLOURS[4], "H": "#555555", "C": "#555555"}.get(letter, "white")
            ax.add_patch(_square(x, y, colour))
        if letter in "SGHC":
            ax.text(
                x - 0.44, y - 0.42, letter, va="top", fontsize=10, color="black" if acting[state] else "white"
            )
        if acting[state] and policy is not None:
            sign = moves[int(policy[state])]
            ax.text(x, y - 0.12, sign, ha="center", va="center", fontsize=15)
        if acting[state] and values is not None:
            number = f"{values[state]:.{digits}f}".replace("-", "\N{MINUS SIGN}")
            ax.text(x, y + 0.32, number, ha="center", va="center", fontsize=10)
    for row, column in walls:
        ax.plot([column + 0.5] * 2, [row - 0.5, row + 0.5], color="black", linewidth=3)
    ax.set_xticks(np.arange(columns + 1) - 0.5, minor=True)
    ax.set_yticks(np.arange(rows + 1) - 0.5, minor=True)
    ax.grid(False)
    ax.grid(which="minor", color="#999999", linewidth=0.6)
    ax.tick_params(which="both", length=0)
    ax.set(xticks=[], yticks=[], title=title)


def _square(x, y, colour):
    from matplotlib.patches import Rectangle

    return Rectangle((x - 0.5, y - 0.5), 1, 1, facecolor=colour, edgecolor="none")


def maps(panels, *, caption, alt, columns=None, figsize=None):
    """Several maps in one figure.

    Args:
        panels: dict from title to the keyword arguments of ``draw_map``.
        columns: maps per row; by default all in one.
    """
    from matplotlib import pyplot as plt

    columns = columns or len(panels)
    rows = -(-len(panels) // columns)
    fig, axes = plt.subplots(rows, columns, figsize=figsize or (4.2 * columns, 3.8 * rows), squeeze=False)
    for ax, (title, options) in zip(axes.flat, panels.items(), strict=False):
        draw_map(ax, title=title, **options)
        ax.set(xlabel="column", ylabel="row")
    for ax in axes.flat[len(panels) :]:
        ax.set_axis_off()
    show.figure(fig, caption, alt)


@figure_function(figsize=(7.5, 4.0))
def learning_by_steps(
    ax, series, width, threshold=None, title="", xlabel="environment steps, thousands", legend=None
):
    """Mean return of training episodes against steps, with the 95 % interval over seeds.

    Args:
        ax: Matplotlib Axes.
        series: dict from label to returns (seeds, stretches); NaN where nothing is known yet.
        width: of a stretch, in what ``xlabel`` says.
        threshold: a level to reach, or None.
        legend: options of ``Axes.legend``.
    """
    x = {label: width * np.arange(1, np.shape(values)[1] + 1) for label, values in series.items()}
    values = {label: np.transpose(of_seeds) for label, of_seeds in series.items()}
    levels = {} if threshold is None else {f"{threshold:g}": threshold}
    charts.curves(
        x, values, xlabel, "return of training episodes", title, levels=levels, legend=legend, ax=ax
    )
    return f"Learning curves, one line each for {', '.join(series)}, with bands over seeds."


@figure_function(figsize=(7.0, 2.8))
def agent_and_environment(ax, title="Who does what, step by step"):
    """The loop of reinforcement learning: an action goes out, a reward and the next state come back.

    Args:
        ax: Matplotlib Axes.
    """
    diagrams.canvas(ax, 22, 7.6, title)
    diagrams.box(ax, (3.6, 3.8), "agent\npolicy $\\pi(a\\mid s)$", 6.0, 2.6, "weights")
    diagrams.box(ax, (18.4, 3.8), "environment\n$p(s', r, \\mathrm{end}\\mid s, a)$", 6.6, 2.6)
    diagrams.arrow(ax, (6.6, 4.6), (15.1, 4.6))
    ax.text(10.85, 5.3, "action $a_t$", ha="center", va="center", fontsize=10)
    diagrams.arrow(ax, (15.1, 3.0), (6.6, 3.0))
    ax.text(10.85, 1.7, "reward $r_{t+1}$, next state $s_{t+1}$,\nterminated? truncated?",
            ha="center", va="center", fontsize=10)  # fmt: skip
    return (
        "Two boxes. An arrow leads from the agent, which has a policy, to the environment: the "
        "action. One leads back: the "
        "reward, the next state, and whether the episode was terminated or truncated."
    )


@figure_function(figsize=(8.6, 3.4))
def backups(ax, title="From what is one entry computed?"):
    """Backup diagrams of value iteration, Q-learning and Sarsa (Sutton & Barto 2018, section 3.5).

    White circles are states, black dots are actions; an arc over branches says that the largest is taken.

    Args:
        ax: Matplotlib Axes.
    """
    diagrams.canvas(ax, 33, 11.8, title)
    _node(ax, (5.5, 9.0), state=True)
    for x, below in [(3.4, (2.3, 4.5)), (7.6, (6.5, 8.7))]:
        _branch(ax, (5.5, 9.0), (x, 6.0))
        _node(ax, (x, 6.0))
        for following in below:
            _branch(ax, (x, 6.0), (following, 3.0))
            _node(ax, (following, 3.0), state=True)
    _arc(ax, (5.5, 9.0), 225, 315)
    for x in (16.5, 27.5):
        _node(ax, (x, 9.0))
        _branch(ax, (x, 9.0), (x, 6.0))
        _node(ax, (x, 6.0), state=True)
    for x in (14.0, 16.5, 19.0):
        _branch(ax, (16.5, 6.0), (x, 3.0))
        _node(ax, (x, 3.0))
    _arc(ax, (16.5, 6.0), 230, 310)
    _branch(ax, (27.5, 6.0), (27.5, 3.0))
    _node(ax, (27.5, 3.0))
    for x, name, what in [
        (5.5, "value iteration", "all actions, all that can follow"),
        (16.5, "Q-learning", "what followed, its largest value"),
        (27.5, "Sarsa", "what followed, the next action"),
    ]:
        ax.text(x, 10.9, name, ha="center", va="center", fontsize=11, fontweight="bold")
        ax.text(x, 1.2, what, ha="center", va="center", fontsize=9)
    for y, text in [(9.0, "$s, a$"), (6.0, "$s'$"), (3.0, "$a'$")]:
        ax.text(29.2, y, text, ha="left", va="center", fontsize=10)
    for y, text in [(9.0, "$s$"), (6.0, "$a$"), (3.0, "$s'$")]:
        ax.text(0.0, y, text, ha="left", va="center", fontsize=10)
    return (
        "Three trees that grow downwards. Value iteration: from a state to every action, joined "
        "by an arc, and from each "
        "to every state that can follow. Q-learning: from a state and action to one next state, "
        "and from there to all "
        "actions, joined by an arc. Sarsa: one line from a state and action over one next state "
        "to one next action."
    )


def _node(ax, centre, state=False):
    """A white circle for a state, a black dot for an action."""
    from matplotlib.patches import Circle

    size, colour = (0.75, "white") if state else (0.4, diagrams.EDGE)
    ax.add_patch(Circle(centre, size, facecolor=colour, edgecolor=diagrams.EDGE, linewidth=1.3, zorder=3))


def _branch(ax, start, end):
    ax.plot(*zip(start, end, strict=True), color=diagrams.EDGE, linewidth=1.3, zorder=1)


def _arc(ax, centre, first, last):
    """The sign for a largest value: an arc over the branches below a node, between two angles in degrees."""
    from matplotlib.patches import Arc

    ax.add_patch(
        Arc(centre, 3.0, 3.0, theta1=first, theta2=last, color=diagrams.EDGE, linewidth=1.8, zorder=2)
    )
