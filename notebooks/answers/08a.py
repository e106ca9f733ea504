"""Chapter 08a's exercises: what is expected, hints by wrong answer, worked solutions."""

import numpy as np

from dlcourse.exercises import Exercise


def exercise_1():
    return Exercise(
        expected=2_000.0,
        tolerance=1e-3,
        wrong=[
            (6_000.0, "That is the number of draws. How long does each resemble the next ones?"),
            (3_000.0, "The sum of ρ counts twice: draws before and after."),
            (6_000 / 5, "The sum of 0.5, 0.25, ... is 1, not 2: it begins at lag 1."),
            (4_000.0, "That divides by 1 + ρ₁. All lags count, and twice."),
        ],
        hints=["0.5 + 0.25 + 0.125 + ... = 1.", "n / (1 + 2 Σ ρ)."],
        solution=["$6{,}000 / (1 + 2 \\cdot 1) = 2{,}000$.", "```python\nanswer = 6_000 / (1 + 2 * 1)\n```"],
    )


def exercise_2():
    return Exercise(
        expected=0.75,
        wrong=[
            (0.25, "That is the probability to leave: 0.2 / 0.8. What is left?"),
            (
                0.8,
                "That is the share of time that it spends there, not the probability to stay for one step.",
            ),
            (0.2, "That is the other state's probability. The rule takes a ratio."),
            (0.0, "From the first state it always moves. From the second?"),
        ],
        hints=["It leaves with probability min(1, 0.2 / 0.8)."],
        solution=[
            "It leaves with probability $0.2/0.8 = 0.25$, so it stays with 0.75. "
            "Check: $0.8 \\cdot 0.25 = 0.2 \\cdot 1$.",
            "```python\nanswer = 1 - 0.2 / 0.8\n```",
        ],
    )


def exercise_3():
    return Exercise(
        expected=np.exp(-0.15625),
        tolerance=2e-3,
        wrong=[
            (1.0, "Compare the energies, x²/2 + v²/2, before and after: it has grown."),
            (
                np.exp(-0.25),
                "The momentum gets its second half push too: where is it at the end?",
            ),
            (0.15625, "That is the change of energy. With which probability is it accepted?"),
            (np.exp(0.15625), "A probability above 1? The energy grows: e to minus the change."),
        ],
        hints=[
            "First half push: v = 1 - 1/2. Then x, then the second half push with the gradient at the new x.",
            "Energy is x²/2 + v²/2: 1 before. The probability is e to minus its change.",
        ],
        solution=[
            "$v = 1 - \\tfrac12 = \\tfrac12$, $x = 1\\tfrac12$, $v = \\tfrac12 - \\tfrac34 = -\\tfrac14$. Energy "
            "before 1, after $1.125 + 0.03125$: $\\Delta H = 0.15625$, and $e^{-0.15625} = 0.855$.",
            "```python\nanswer = np.exp(-0.15625)\n```\n\nAt steps above 2 the leapfrog is unstable here, and "
            "the energy grows without bound.",
        ],
    )


def exercise_4():
    return Exercise(
        judge=_judge_change_of_variable,
        hints=[
            "Densities are per unit of length: d λ = e^θ d θ.",
            "The log density gets something added. What is the logarithm of e^θ?",
        ],
        solution=[
            "```python\nanswer = lambda log_density: lambda theta: log_density(np.exp(theta)) + theta\n```",
            "Without `+ theta` it is often still a density of something, and then no chain complains.",
        ],
    )


def _judge_change_of_variable(function):
    """None where a function changes the variable, else what to think about."""
    if not callable(function):
        return "The answer is a function that takes a log density and gives another."
    theta = np.linspace(-2.0, 2.0, 9)

    def log_density(rate):
        return 2.0 * np.log(rate) - 1.5 * rate

    try:
        changed = function(log_density)
        if not callable(changed):
            return "It gives a number. It should give a function of θ."
        found = np.asarray(changed(theta), float)
    except Exception as error:
        return f"Called with a log density and then with an array, it stops with {type(error).__name__}: {error}."
    if found.shape != theta.shape:
        return "Called with an array of θ, it should give as many log densities."
    right = log_density(np.exp(theta)) + theta
    if np.allclose(found, log_density(np.exp(theta))):
        return "The place is changed, the length isn't: the Jacobian is missing."
    if np.allclose(found, log_density(np.exp(theta)) - theta):
        return "The Jacobian stands on the wrong side: dλ/dθ multiplies the density."
    if np.allclose(found, log_density(np.exp(theta)) + np.exp(theta)):
        return "The density is multiplied by e^θ; what is added to its logarithm?"
    if not np.allclose(found - found[0], right - right[0]):
        return "For λ² e^(-1.5 λ) it isn't the density of ln λ: try one value by hand."
    return None


def exercise_5():
    return Exercise(
        hints=[
            "`rng.poisson(rate, size=(16, simulations)).sum(axis=0)` is the sum of 16 counts; the 2.0 before "
            "np.exp(t...) becomes 17.0.",
            "How large is the shape, 2 + Σy, beside the 1 that is missing? And how wide is the posterior then?",
        ],
        solution=[
            "```python\ndef with_counts(seed, counts, jacobian, simulations):\n"
            "    rng = np.random.default_rng([seed, 8])\n"
            "    rate = rng.gamma(2.0, 1.0, size=simulations)\n"
            "    shape = 2.0 + rng.poisson(rate, size=(counts, simulations)).sum(axis=0) - (not jacobian)\n"
            "    start, pace = np.log(rng.gamma(2.0, 1.0, size=(simulations, 1))), 1.0 + counts\n"
            "    drawn, _ = metropolis(\n"
            "        lambda t: shape * t[:, 0] - pace * np.exp(t[:, 0]), start,\n"
            "        step=1.5 / np.sqrt(counts), draws=100 + 19 * 20, seed=seed)\n"
            "    return simulation_based.unevenness(simulation_based.ranks(np.log(rate), drawn[100::20, :, 0]), 19)\n\n"
            "for simulations in (300, 1_000, 3_000):\n"
            '    print(simulations, [f"{with_counts(s, 16, False, simulations):.1f}" for s in range(3)])\n```',
            "With 300 it is hardly seen, with thousands it is. The fault moves the posterior by about one count of "
            "all; the posterior's width, about the root of their number, hides that one. χ² per degree of "
            "freedom, less 1, grows in proportion to the simulations.",
        ],
    )
