"""Chapter 09e's exercises: what is expected, hints by wrong answer, worked solutions."""

import inspect

import numpy as np

from dlcourse import recording
from dlcourse.exercises import Exercise
from dlcourse.experiments import motorway_drivers
from dlcourse.measured import Measured


def exercise_1():
    return Exercise(
        expected=-2 + 0.9 * (-12 - 0.4 * 1),
        tolerance=1e-9,
        wrong=[
            (-2 + 0.9 * (-10 - 0.4), "Of the two critics the smaller counts: −12 is smaller than −10."),
            (-2 + 0.9 * (-11 - 0.4), "Not the mean of the two: the smaller."),
            (-2 + 0.9 * (-12 + 0.4), "The entropy's part is −α log π, and log π is 1."),
            (-2 + 0.9 * -12, "And the entropy? α log π belongs to it."),
            (
                -2 + 0.9 * -12 - 0.4,
                "The entropy of the next action is discounted too: it stands inside the bracket.",
            ),
        ],
        hints=["r + γ (the smaller value − α log π)."],
        solution=[
            "$-2 + 0.9 \\cdot (-12 - 0.4 \\cdot 1) = -13.16$.",
            "```python\nanswer = -2 + 0.9 * (min(-10, -12) - 0.4 * 1)\n```",
        ],
    )


def exercise_2():
    u = np.arctanh(0.5)
    gaussian = np.exp(-(u**2) / 2) / np.sqrt(2 * np.pi)
    return Exercise(
        expected=float(gaussian / (1 - 0.5**2)),
        tolerance=1e-3,
        wrong=[
            (
                gaussian,
                "That is the Gaussian's density at u. Squashing presses the axis together: by how much at 0.5?",
            ),
            (gaussian * (1 - 0.5**2), "Where the axis is pressed together, the density rises: divide."),
            (
                np.exp(-(0.5**2) / 2) / np.sqrt(2 * np.pi) / (1 - 0.5**2),
                "The Gaussian is taken at u, and a = tanh u is 0.5: u = artanh 0.5.",
            ),
            (float(np.log(gaussian / 0.75)), "That is its logarithm."),
        ],
        hints=["u = artanh 0.5 = 0.549.", "The derivative of tanh at u is 1 − tanh² u = 0.75."],
        solution=[
            "At $u = 0.549$ the Gaussian is 0.343; over $1 - 0.25$ that is 0.457.",
            "```python\nu = np.arctanh(0.5)\nanswer = np.exp(-(u**2) / 2) / np.sqrt(2 * np.pi) / (1 - 0.5**2)\n"
            "_, log_density = sac.sample(np.zeros((1, 2), 'float32'), np.full((1, 1), u, 'float32'))\n"
            "print(answer, np.exp(log_density))\n```",
        ],
    )


def exercise_3():
    return Exercise(
        expected=7,
        tolerance=1e-9,
        wrong=[
            (12, "The board has ten columns: at the side wall the ball turns."),
            (6, "At the wall the ball stays in its column for one step: 8, 9, 9, ..."),
            (2, "Which way does it go at first? To the right."),
            (8, "Five steps lead from row 4 to row 9: count them."),
        ],
        hints=["Five steps: 8, 9, then the wall."],
        solution=["Columns 8, 9, 9, 8, 7.", "```python\nanswer = 7\n```"],
    )


def exercise_4():
    return Exercise(
        judge=_judge_shaping,
        hints=["Write down the first three terms of the sum, with their discounts: what cancels?"],
        solution=[
            "$\\sum_t \\gamma^t (\\gamma \\Phi_{t+1} - \\Phi_t) = \\gamma^T \\Phi_T - \\Phi_0$: only the ends stay. "
            "What it earns depends on the two ends and the time, not on how often it went to and fro.",
            "```python\nanswer = lambda phi, gamma: gamma ** (len(phi) - 1) * phi[-1] - phi[0]\n```",
        ],
    )


def _judge_shaping(answer):
    if not callable(answer):
        return "Give a function of two arguments: answer = lambda phi, gamma: ..."
    phi, gamma = np.array([1.0, 3.0, -2.0, 5.0]), 0.9
    found = float(answer(phi, gamma))
    right = sum(gamma**t * (gamma * phi[t + 1] - phi[t]) for t in range(3))
    if np.isclose(found, right) and np.isclose(float(answer(phi[:2], 0.5)), 0.5):
        return None
    if np.isclose(found, phi[-1] - phi[0]):
        return "That is right without a discount: what becomes of γ?"
    if np.isclose(found, gamma ** len(phi) * phi[-1] - phi[0]):
        return "Four states have three steps between them."
    if np.isclose(found, sum(gamma * phi[t + 1] - phi[t] for t in range(3))):
        return "Each step's pay is discounted: the one of step t by γ to the t."
    return f"For Φ = 1, 3, −2, 5 and γ = 0.9 it should be {right:.4g}, not {found:.4g}."


def exercise_5():
    return Exercise(
        hints=[
            "`motorway.VectorMotorway` subtracts the price in `step`; subclass it, and change the reward "
            "where `terminated` is true. `motorway_drivers.train` trains, also on worlds that it is given; "
            "20,000 decisions are enough to see it.",
            "Measure speed and crashes per km over a hundred drives, three seeds each.",
        ],
        solution=[
            "```python\n" + inspect.getsource(motorway_drivers.Priced) + "\n\nfor price in (1, 4, 40):\n"
            "    worlds = Priced(3 * motorway_drivers.ROADS, price)\n"
            "    _, networks = motorway_drivers.train(3, 7, 20_000, worlds=worlds)\n"
            "    for part, network in networks.items():\n"
            "        found = drives(motorway_drivers.greedy(network), 1.0, part)\n"
            "        print(price, motorway.speed(found), motorway.crashes_per_km(found))\n```",
            _prices(),
            "The dearer the crash, the slower it drives, on average; crashes were so few that three agents don't tell "
            "how they change. One seed may say anything: look at the intervals.",
        ],
    )


def _prices():
    """What was recorded of three prices, as a table."""
    found = recording.load("ch09e_motorway")
    rows = []
    for price in (1, 4, 40):
        speeds, crashes = np.transpose(found[f"a crash costs {price}"])
        rows.append(f"| {price} | {Measured(speeds):.1f} | {Measured(crashes):.2f} |")
    title = "Three agents each, a hundred drives in the usual traffic (recorded):\n\n"
    return title + "| a crash costs | m/s | crashes per km |\n| --- | --- | --- |\n" + "\n".join(rows)
