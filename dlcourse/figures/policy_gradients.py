"""Figures of policy gradients: actor and critic, noise of estimators, bias and spread, the clip, tricks, a landing."""

import numpy as np

from dlcourse import show
from dlcourse.figures import diagrams
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


@figure_function(figsize=(9.0, 4.0))
def actor_critic(ax):
    """Draw an actor and a critic: what each is given and gives, and what the critic's error teaches both."""
    diagrams.canvas(ax, 26, 11.2, "Actor and critic")
    diagrams.box(ax, (3.0, 5.8), "environment", width=5.2, height=2.2, fill="data")
    diagrams.box(ax, (12.4, 9.4), "actor\n4 → 64 → 64 → 2 logits", width=7.4, height=2.4, fill="weights")
    diagrams.box(ax, (12.4, 2.2), "critic\n4 → 64 → 64 → 1 value", width=7.4, height=2.4, fill="weights")
    diagrams.box(ax, (22.2, 2.2), "error\nδ = r + γ v(s′) − v(s)", width=7.2, height=2.4, fill="loss")
    diagrams.box(ax, (22.2, 9.4), "loss of the actor\n−δ log π(a | s)", width=7.2, height=2.4, fill="loss")
    diagrams.arrow(ax, (4.2, 6.9), (8.7, 9.0), "s")
    diagrams.arrow(ax, (8.7, 9.9), (2.2, 6.9), dashed=True)
    ax.text(4.3, 9.5, "a, drawn\nfrom π(· | s)", ha="center", va="center", fontsize=9)
    diagrams.arrow(ax, (4.2, 4.7), (8.7, 2.6), "s, s′")
    diagrams.arrow(ax, (16.1, 9.8), (18.6, 9.8), "π(a | s)")
    diagrams.arrow(ax, (18.6, 8.8), (16.1, 8.8), dashed=True)
    diagrams.arrow(ax, (16.1, 2.6), (18.6, 2.6), "v")
    diagrams.arrow(ax, (18.6, 1.6), (16.1, 1.6), dashed=True)
    diagrams.arrow(ax, (5.6, 5.8), (20.4, 3.4), "r")
    diagrams.arrow(ax, (22.2, 3.4), (22.2, 8.2), "δ: better than\nexpected?")
    ax.text(17.35, 8.2, "gradient", ha="center", va="center", fontsize=9)
    ax.text(17.35, 0.9, "gradient\nof δ²", ha="center", va="center", fontsize=9)
    return (
        "Boxes joined by arrows. The environment shows a state to the actor, which draws an action, and to the critic, "
        "which values it. Reward and values make the error δ. It weights the actor's loss, −δ log π(a given s), and "
        "its square is the critic's loss; a gradient goes back to each."
    )


def clipped_objective(clip, ratio, *, caption, alt=None):
    """The gain of one step against the ratio of probabilities, for a good and for a bad action.

    Args:
        clip: ε.
        ratio: where a step is marked in both panels.
    """
    from matplotlib import pyplot as plt

    ratios = np.linspace(0, 2, 201)
    fig, axes = plt.subplots(1, 2, figsize=(8.5, 3.4), sharey=True)
    for ax, advantage in zip(axes, (1.0, -1.0), strict=True):
        gain, at = (
            np.minimum(rho * advantage, np.clip(rho, 1 - clip, 1 + clip) * advantage)
            for rho in (ratios, ratio)
        )
        ax.plot(ratios, ratios * advantage, "--", color="0.4", linewidth=1.2, label="not clipped")
        ax.plot(ratios, gain, color=COLOURS[0], linewidth=2.4, label="clipped")
        ax.axvspan(1 - clip, 1 + clip, color="0.9", zorder=0)
        ax.plot(ratio, at, "o", color=COLOURS[1], zorder=3)
        label = f"{at:+.1f}".replace("-", "\N{MINUS SIGN}")
        beside = (1.62, 0.86) if advantage > 0 else (1.6, -1.4)  # clear of both lines
        ax.text(*beside, label, fontsize=10)
        place = (1.26, 0.25) if advantage > 0 else (0.02, -1.3)
        ax.text(*place, "flat: nothing to\ngain by going on", fontsize=9)
        sign = "+" if advantage > 0 else "\N{MINUS SIGN}"
        ax.set(title=f"advantage {sign}1", xlabel="ratio ρ, new probability over old")
    axes[1].text(0.3, -2.05, "steep: the way back\nstays open", fontsize=9)
    axes[0].set(ylabel="gain")
    axes[0].legend(loc="lower right")
    described = (
        f"Two panels. Advantage +1: the gain rises with the ratio up to {1 + clip:g}, then is flat. "
        f"Advantage -1: it is flat up to {1 - clip:g}, then falls. A point marks the ratio {ratio:g} in both."
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
