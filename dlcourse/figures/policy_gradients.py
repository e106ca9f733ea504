"""Figures of policy gradients: noise of estimators, bias and spread, learning curves, tricks, a landing."""

import numpy as np

from dlcourse import show
from dlcourse.measured import Measured
from dlcourse.style import COLOURS, MARKERS, figure_function


@figure_function(figsize=(7.0, 3.0))
def estimators(ax, variances):
    """Bars: the variance of each estimator of the gradient.

    Args:
        variances: dict from name to Measured.
    """
    names = list(variances)
    means = [found.mean for found in variances.values()]
    widths = [found.half_width for found in variances.values()]
    ax.barh(names, means, xerr=widths, color=COLOURS[: len(names)])
    ax.invert_yaxis()
    ax.set(
        title="Variance of the gradient from one episode",
        xlabel="variance of an episode's estimate, all components together",
    )
    return (
        "Bars of the variance of estimates of the policy gradient: "
        + ", ".join(names)
        + ", from top to bottom."
    )


def bias_and_spread(lambdas, bias, spread, theory, *, caption, alt=None):
    """Two panels over λ: bias of advantage estimates with their exact expectation, and standard deviation.

    Args:
        lambdas: λ, (points,).
        bias, spread: dict from critic to (seeds, points).
        theory: dict from critic to (points,).
    """
    from matplotlib import pyplot as plt

    fig, axes = plt.subplots(1, 2, figsize=(9.5, 3.8))
    for ax, found in zip(axes, (bias, spread), strict=True):
        for place, (name, values) in enumerate(found.items()):
            points = [Measured(column) for column in values.T]
            ax.errorbar(
                lambdas,
                [point.mean for point in points],
                [point.half_width for point in points],
                color=COLOURS[place],
                marker=MARKERS[place],
                markersize=5,
                label=name,
            )
            if ax is axes[0]:
                ax.plot(lambdas, theory[name], "--", color=COLOURS[place], linewidth=1)
        ax.set(xlabel="λ")
    axes[0].set(title="Bias", ylabel="root mean square, in units of the return")
    axes[0].legend(title="critic")
    axes[1].set(title="Noise", ylabel="standard deviation of one estimate", ylim=(0, None))
    described = (
        "Two panels over λ from 0 to 1, a line for each critic. Left, the bias falls to nothing at λ = 1, and is "
        "nothing throughout for the exact critic. Right, the standard deviation rises with λ for all."
    )
    show.figure(fig, caption, alt or described)


def clipped_objective(clip, *, caption, alt=None):
    """The gain of one step against the ratio of probabilities, for a good and for a bad action."""
    from matplotlib import pyplot as plt

    ratio = np.linspace(0, 2, 201)
    fig, axes = plt.subplots(1, 2, figsize=(8.5, 3.2), sharey=True)
    for ax, advantage in zip(axes, (1.0, -1.0), strict=True):
        gain = np.minimum(ratio * advantage, np.clip(ratio, 1 - clip, 1 + clip) * advantage)
        ax.plot(ratio, ratio * advantage, "--", color=COLOURS[6], linewidth=1, label="not clipped")
        ax.plot(ratio, gain, color=COLOURS[0], label="clipped")
        ax.axvline(1, color="grey", linewidth=0.8)
        ax.set(title=f"advantage {advantage:+g}", xlabel="ratio, new probability over old")
    axes[0].set(ylabel="gain")
    axes[0].legend()
    described = (
        f"Two panels. Advantage +1: the gain rises with the ratio up to {1 + clip:g}, then is flat. "
        f"Advantage -1: it is flat up to {1 - clip:g}, then falls."
    )
    show.figure(fig, caption, alt or described)


@figure_function(figsize=(7.5, 5.2))
def tricks(ax, solved, budget):
    """A row of points for each variant: the steps at which each seed was solved; never solved at the right edge.

    Args:
        solved: dict from variant to a list of steps, None where a seed was not solved.
        budget: steps after which training ended.
    """
    for row, steps in enumerate(solved.values()):
        done = np.array([step for step in steps if step is not None]) / 1000
        missing = sum(step is None for step in steps)
        ax.plot(done, np.full(len(done), row), "o", color=COLOURS[0], alpha=0.6, markersize=5)
        if len(done):
            ax.plot(np.median(done), row, "|", color=COLOURS[1], markersize=16, markeredgewidth=2.5)
        if missing:
            ax.text(budget / 1000 * 1.01, row, f"{missing} never", va="center", fontsize=9, color=COLOURS[1])
    ax.set_yticks(range(len(solved)), list(solved))
    ax.set_ylim(len(solved) - 0.5, -0.5)
    ax.set(
        title="PPO with each of its tricks changed",
        xlabel="environment steps to solved, thousands",
        xlim=(0, budget / 1000 * 1.14),
    )
    return "Rows of points, steps to solved for each seed: " + ", ".join(solved) + "."


def landing(states, terrain, *, caption, alt):
    """A film strip of LunarLander, six pictures drawn from its states; the lander is twice its size.

    Args:
        states: observations, (steps, 8): place, speed, angle, turning, and whether each leg touches the ground. A
            unit across is 10 m, a unit of height 20 / 3 m, and zero is 0.6 m above the pad (Gymnasium's source).
        terrain: (x, height) of the ground, in metres from the middle of the pad.
    """
    from matplotlib import pyplot as plt

    times = np.linspace(0, len(states) - 1, 6).astype(int)
    fig, axes = plt.subplots(1, len(times), figsize=(2.0 * len(times), 2.9), sharey=True)
    x, height = states[:, 0] * 10, states[:, 1] * 20 / 3 + 0.6
    hull = np.array([[-14, -17, -17, 17, 17, 14], [17, 0, -10, -10, 0, 17]]) / 30 * 2
    for ax, time in zip(axes, times, strict=True):
        angle, touching = states[time, 4], states[time, 6:8]
        turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
        place = np.array([[x[time]], [height[time]]])
        ax.fill_between(*terrain, -6, color="#999999", linewidth=0)
        ax.plot([-2, 2], [0, 0], color=COLOURS[4], linewidth=3)
        ax.plot(x[: time + 1], height[: time + 1], color=COLOURS[5], linewidth=1)
        ax.fill(*(place + turn @ hull), color=COLOURS[0], zorder=3)
        for side, touches in zip((-1, 1), touching, strict=True):
            leg = turn @ np.array([[0.8 * side, 1.4 * side], [-0.5, -1.2]])
            ax.plot(*(place + leg), color=COLOURS[1] if touches else "black", linewidth=2)
        ax.set(title=f"step {time}", xlim=(-8, 8), ylim=(-3.5, 12.5), aspect="equal", xlabel="x (m)")
        ax.grid(False)
    axes[0].set(ylabel="height above the pad (m)")
    show.figure(fig, caption, alt)
