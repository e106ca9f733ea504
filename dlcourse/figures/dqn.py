"""Figures of deep Q-learning: its parts, learnt values, and agents with parts added or left out."""

import numpy as np

from dlcourse import show
from dlcourse.figures import diagrams, legends
from dlcourse.style import COLOURS, MARKERS, figure_function


@figure_function(figsize=(9.0, 4.6))
def agent(ax):
    """Draw a deep Q-network's parts: environment, replay memory, network, target network, and what passes between."""
    diagrams.canvas(ax, 26, 11.4, "Deep Q-network")
    diagrams.box(ax, (3.2, 9.6), "environment", width=5.4, height=2.0, fill="data")
    diagrams.box(ax, (3.2, 3.0), "replay memory\nlatest transitions", width=5.4, height=2.4, fill="data")
    diagrams.box(ax, (12.6, 9.6), "Q-network θ\n4 → 64 → 64 → 2", width=6.4, height=2.4, fill="weights")
    diagrams.box(ax, (22.6, 9.6), "target network\nolder copy of θ", width=6.0, height=2.4, fill="weights")
    diagrams.box(ax, (12.6, 3.0), "loss\n(y − Q(s, a))² / 2", width=6.4, height=2.4, fill="loss")
    diagrams.box(ax, (22.6, 3.0), "target y", width=6.0, height=2.0)
    diagrams.arrow(ax, (5.9, 10.1), (9.4, 10.1), "s")
    diagrams.arrow(ax, (9.4, 9.1), (5.9, 9.1), dashed=True)
    ax.text(7.65, 8.2, "ε-greedy\naction a", ha="center", va="center", fontsize=9)
    diagrams.arrow(ax, (3.2, 8.6), (3.2, 4.2), "s, a, r, s′, ended")
    diagrams.arrow(ax, (5.9, 3.0), (9.4, 3.0), "32 at random")
    diagrams.arrow(ax, (11.6, 8.4), (11.6, 4.2), "Q(s, a)")
    diagrams.arrow(ax, (13.9, 4.2), (13.9, 8.4), "gradient", dashed=True)
    diagrams.arrow(ax, (15.8, 9.6), (19.6, 9.6), "copied now\nand then", dashed=True)
    diagrams.arrow(ax, (22.6, 8.4), (22.6, 4.0), "max of\nQ(s′, ·)")
    diagrams.arrow(ax, (19.6, 3.0), (15.8, 3.0), "y")
    ax.plot([3.2, 3.2, 22.6], [1.8, 0.7, 0.7], color=diagrams.EDGE, linewidth=1.3)
    diagrams.arrow(ax, (22.6, 0.7), (22.6, 2.0))
    ax.text(12.9, 0.1, "r, s′, ended", ha="center", va="center", fontsize=9)
    return (
        "Boxes joined by arrows. The environment shows a state s to the Q-network, which answers with an ε-greedy "
        "action. Transitions go into the replay memory. Of 32 drawn at random, the Q-network gives Q(s, a); the target "
        "network, an older copy, gives the largest value of the next state, from which the target y is made. The loss "
        "is the squared difference, and its gradient goes to the Q-network alone."
    )


def value_maps(panels, *, extent, caption, alt):
    """Values over the pole's angle and angular velocity, the cart at rest in the middle.

    Args:
        panels: dict from title to values, (angles, velocities).
        extent: (largest angle in rad, largest angular velocity in rad/s), the middle being 0.
    """
    from matplotlib import pyplot as plt

    low = min(np.min(values) for values in panels.values())
    high = max(np.max(values) for values in panels.values())
    fig, axes = plt.subplots(1, len(panels), figsize=(4.4 * len(panels), 3.8), sharey=True, squeeze=False)
    for ax, (title, values) in zip(axes[0], panels.items(), strict=True):
        image = ax.imshow(
            np.asarray(values).T,
            origin="lower",
            extent=(-extent[0], extent[0], -extent[1], extent[1]),
            aspect="auto",
            cmap="cividis",
            vmin=low,
            vmax=high,
        )
        ax.set(title=title, xlabel="angle (rad)")
        ax.grid(False)
    axes[0, 0].set(ylabel="angular velocity (rad/s)")
    fig.colorbar(image, ax=axes[0].tolist(), label="largest action value")
    show.figure(fig, caption, alt)


def beliefs(believed, got, *, bound, caption, alt):
    """What agents believe at an episode's first observation, against the discounted return that they then get.

    Args:
        believed, got: dicts from variant to array (any shape), in the same order.
        bound: no discounted return can be larger.
    """
    from matplotlib import pyplot as plt

    fig, ax = plt.subplots(figsize=(7.0, 4.6))
    most = max([bound, *(np.max(values) for values in believed.values())])
    ax.plot([0, bound], [0, bound], color="black", linewidth=1, label="believed = got")
    ax.axhline(
        bound, color="black", linestyle="--", linewidth=1, label=f"nothing is worth more than {bound:.0f}"
    )
    for index, (name, values) in enumerate(believed.items()):
        ax.scatter(
            np.ravel(got[name]),
            np.ravel(values),
            color=COLOURS[index],
            marker=MARKERS[index],
            s=14,
            alpha=0.6,
            label=name,
        )
    least = min(np.min(values) for values in (*believed.values(), *got.values()))
    start = max(0, 10 * np.floor(least / 10 - 0.1))
    ax.set(
        title="Learnt value against the return actually got",
        xlabel="discounted return got (rewards)",
        ylabel="value believed (rewards)",
        xlim=(start, bound + 0.03 * (bound - start)),
        ylim=(start, most + 0.1 * (most - start)),
    )
    legends.legend(ax)
    show.figure(fig, caption, alt)


def _with_minus(name):
    """A variant's name, such as "- replay", with a minus sign in place of the hyphen."""
    return f" {name}".replace(" - ", " \N{MINUS SIGN} ").strip()


def ablations(panels, *, caption):
    """Mean returns of training episodes by variant: one point per seed, a bar for their mean, one panel per agent.

    Args:
        panels: dict from an agent's name to a dict from a variant's name to values (seeds,), the agent itself first: a
            dashed line marks its mean. A name's hyphen between spaces, or at its beginning, is drawn as a minus sign.
    """
    from matplotlib import pyplot as plt

    fig, axes = plt.subplots(
        1, len(panels), figsize=(9.5, 3.6), sharex=True, squeeze=False, layout="constrained"
    )
    for ax, (title, variants) in zip(axes[0], panels.items(), strict=True):
        for row, values in enumerate(variants.values()):
            ax.plot(values, np.full(len(values), row), "o", color=COLOURS[0], alpha=0.6, markersize=5)
            ax.plot(np.mean(values), row, "|", color=COLOURS[1], markersize=16, markeredgewidth=2.5)
        ax.axvline(np.mean(next(iter(variants.values()))), color="black", linestyle="--", linewidth=1)
        ax.set_yticks(range(len(variants)), [_with_minus(name) for name in variants])
        ax.set_ylim(len(variants) - 0.5, -0.5)
        ax.set(title=title, xlabel="mean return in training")
    described = "; ".join(f"{title}: {', '.join(variants)}" for title, variants in panels.items())
    show.figure(fig, caption, f"Rows of points, one per seed, with their mean. {described}.")
