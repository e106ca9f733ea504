"""Chapter 09a's exercises: what is expected, hints by wrong answer, worked solutions."""

import numpy as np

from dlcourse.exercises import Exercise
from dlcourse.rl import bandits


def exercise_1():
    mean, width = 3 / 9, np.sqrt(2 * np.log(100) / 9)
    return Exercise(
        expected=mean + width,
        tolerance=3e-3,
        wrong=[
            (mean, "That is the mean. How much does UCB1 add for doubt?"),
            (width, "That is the width alone. Where is the mean?"),
            (mean + np.sqrt(2 * np.log10(100) / 9), "UCB1's logarithm is the natural one."),
            (mean + np.sqrt(np.log(100) / 9), "There is a factor of 2 under the root."),
        ],
        hints=["Two parts: what was seen, and how far it could be from the truth."],
        solution=[
            "Mean 3/9; width $\\sqrt{2 \\ln 100 / 9} = 1.01$.",
            "```python\nanswer = 3 / 9 + np.sqrt(2 * np.log(100) / 9)\n```",
        ],
    )


def exercise_2():
    return Exercise(
        expected=float(bandits.lower_bound([0.6, 0.5], 10_000)),
        tolerance=1e-3,
        wrong=[
            (0.1 * np.log(10_000), "How often must the worse arm be tried? Divide by the divergence."),
            (
                0.1 * np.log(10_000) / (0.6 * np.log(0.6 / 0.5) + 0.4 * np.log(0.4 / 0.5)),
                "The divergence runs from the worse arm to the best, KL(0.5, 0.6): the worse arm's rewards are drawn.",
            ),
            (
                np.log(10_000) / (0.5 * np.log(0.5 / 0.6) + 0.5 * np.log(0.5 / 0.4)),
                "That is how often the worse arm is tried. What does each try cost?",
            ),
        ],
        hints=[
            "Regret is Δ times the number of tries of the worse arm.",
            "KL(0.5, 0.6) = 0.5 ln(0.5/0.6) + 0.5 ln(0.5/0.4).",
        ],
        solution=[
            "KL(0.5, 0.6) = 0.0204, so the worse arm is tried $\\ln 10\\,000 / 0.0204 = 451$ times, at 0.1 each.",
            "```python\nkl = 0.5 * np.log(0.5 / 0.6) + 0.5 * np.log(0.5 / 0.4)\nanswer = 0.1 * np.log(10_000) / kl\n"
            "print(answer, bandits.lower_bound([0.6, 0.5], 10_000))\n```",
        ],
    )


def exercise_3():
    reward, logging, new = (
        np.array([1, 0, 1, 0]),
        np.array([0.5, 0.5, 0.1, 0.9]),
        np.array([0.5, 0.1, 0.4, 0.9]),
    )
    weight = new / logging
    return Exercise(
        expected=(weight * reward).mean(),
        wrong=[
            (reward.mean(), "That is what the logging policy earned."),
            ((weight * reward).sum(), "That is the sum. The estimate is a mean over all rows."),
            (
                (weight * reward).sum() / weight.sum(),
                "That is the self-normalised estimate: here divide by the rows.",
            ),
            (
                (reward * logging / new).mean(),
                "The weight is the new policy's probability over the logged one.",
            ),
        ],
        hints=["Write a weight beside each row. Rows without a reward add nothing, but they count."],
        solution=[
            "Weights 1, 0.2, 4, 1; weighted rewards 1, 0, 4, 0; their mean is 1.25.",
            "```python\nanswer = (1 * 1 + 0.2 * 0 + 4 * 1 + 1 * 0) / 4\n```\n\n"
            "More than any reward: with four rows, one weight decides. The self-normalised estimate, 5 / 6.2, stays "
            "between the rewards.",
        ],
    )


def exercise_4():
    return Exercise(
        judge=_judge_falling,
        hints=["What should ε be at the first steps, where c / t is above 1?"],
        solution=[
            "```python\ndef answer(t, c):\n    return min(1.0, c / t)\n```",
            "As a policy, with a counter of its own:\n\n"
            "```python\nclass Falling(bandits.EpsilonGreedy):\n"
            "    def __init__(self, c):\n        super().__init__(1.0)\n        self.c = c\n\n"
            "    def choose(self, rng):\n        t = self.counts[0].sum() + 1\n"
            "        self.epsilon = answer(t, self.c)\n        return super().choose(rng)\n\n"
            "for c in (5, 10, 20, 50, 100):\n    print(c, regrets(Falling(c), tuning)[-1].mean().round(1))\n```",
            "At its best c it comes near Thompson sampling; at another it doesn't, and the best c depends on gaps that "
            "nobody knows beforehand.",
        ],
    )


def _judge_falling(function):
    """None where a function gives min(1, c / t), else what to think about."""
    if not callable(function):
        return "The answer is a function of `(t, c)`."
    try:
        late, early, other = (float(function(*given)) for given in [(200, 50.0), (1, 50.0), (100, 20.0)])
    except Exception as error:
        return f"Called with numbers for t and c, it stops with {type(error).__name__}: {error}."
    if early > 1:
        return "At the first step it is more than 1: ε is a probability."
    if not np.isclose(late, 0.25):
        return "At t = 200 and c = 50, ε should be 50 / 200."
    if not np.isclose(early, 1.0):
        return "While c / t is above 1, every step explores."
    if not np.isclose(other, 0.2):
        return "It is right for c = 50 only: what is it at c = 20?"
    return None


def exercise_5():
    return Exercise(
        hints=[
            "`regrets(bandits.Thompson(), np.array([[0.5, 0.5 + delta]]))` gives the curve of one bandit.",
            "How much can 2,000 steps cost at most at a small Δ? And what does the bound say at a large one?",
        ],
        solution=[
            "```python\nfor delta in (0.001, 0.01, 0.03, 0.1, 0.3, 0.5):\n"
            "    lost = regrets(bandits.Thompson(), np.array([[0.5, 0.5 + delta]]))[-1, 0]\n"
            "    print(delta, lost.round(1))\n```",
            "At a small Δ nobody can tell the arms apart, and half of the steps lose Δ each: 2,000 · Δ / 2. At "
            "a large Δ the worse arm is found out at once, and regret falls like 1 / Δ (faster near 0.5, where "
            "the better arm always pays). The most is lost where 2,000 "
            "steps are just too few, at a Δ of a few times $1/\\sqrt{2000} = 0.022$.",
        ],
    )
