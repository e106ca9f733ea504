"""Figures of deep Q-learning: learnt values against states and returns, and agents with parts added or left out."""

import numpy as np

from dlcourse import show
from dlcourse.style import COLOURS, MARKERS


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
    ax.set(
        title="Learnt value against the return actually got",
        xlabel="discounted return got (rewards)",
        ylabel="value believed (rewards)",
        ylim=(0, 1.1 * most),
    )
    ax.legend(fontsize=9, loc="upper left", bbox_to_anchor=(1.0, 1.0))
    show.figure(fig, caption, alt)


def ablations(panels, *, caption):
    """Mean returns of training episodes by variant: one point per seed, a bar for their mean, one panel per agent.

    Args:
        panels: dict from an agent's name to a dict from a variant's name to values (seeds,), the agent itself first: a
            dashed line marks its mean.
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
        ax.set_yticks(range(len(variants)), list(variants))
        ax.set_ylim(len(variants) - 0.5, -0.5)
        ax.set(title=title, xlabel="mean return of training episodes")
    described = "; ".join(f"{title}: {', '.join(variants)}" for title, variants in panels.items())
    show.figure(fig, caption, f"Rows of points, one per seed, with their mean. {described}.")
