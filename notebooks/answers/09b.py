"""Chapter 09b's exercises: what is expected, hints by wrong answer, worked solutions."""

import numpy as np

from dlcourse.exercises import Exercise


def exercise_1():
    discount, rewards = 0.5, [0, 0, 5, -1]
    return Exercise(
        expected=sum(discount**k * reward for k, reward in enumerate(rewards)),
        wrong=[
            (sum(rewards), "That is the sum without discount."),
            (
                sum(discount ** (k + 1) * reward for k, reward in enumerate(rewards)),
                "The first reward counts whole: nothing delays it.",
            ),
            (discount**2 * 5, "The last reward counts too, though the episode ends with it."),
        ],
        hints=["Write the four rewards in a row, and below each the power of γ by which it is delayed."],
        solution=[
            "The powers are 1, 0.5, 0.25, 0.125.",
            "$0 + 0 + 0.25 \\cdot 5 - 0.125 \\cdot 1$:\n\n```python\nanswer = 0.5**2 * 5 - 0.5**3\n```",
        ],
    )


def exercise_2():
    near, far, reward = 2, 12, 100.0
    return Exercise(
        expected=(1 / reward) ** (1 / (far - near)),
        tolerance=1e-3,
        wrong=[
            (
                (1 / reward) ** (1 / far),
                "Both rewards are delayed: what matters is how much *longer* one takes.",
            ),
            (0.1 ** (1 / (far - near)), "That is the answer for the chapter's own reward of 10."),
            (1 / reward, "That compares the rewards one step apart."),
        ],
        hints=[
            "What is a reward $R$ after $k$ steps worth now? Write it for both, and set them equal.",
            "Divide by the power that both sides have.",
        ],
        solution=[
            "$100\\,\\gamma^{11} = 1 \\cdot \\gamma$, so $\\gamma^{10} = 0.01$.",
            "```python\nanswer = 0.01 ** (1 / 10)\nprint(answer, turning_point(corridor(100.0)))\n```",
            "A reward ten times larger lets a shorter horizon do: $1/(1-\\gamma)$ falls from 4.9 to 2.7 steps.",
        ],
    )


def exercise_3():
    discount, more = 0.9, 0.5
    return Exercise(
        expected=more / (1 - discount),
        wrong=[
            (more, "That is what one step adds; the next ones add something too."),
            (discount * more / (1 - discount), "The first step's addition isn't delayed."),
            (0, "The policy stays as it was. Does the value?"),
        ],
        hints=["How much more is each reward? How much is the sum of all these additions worth now?"],
        solution=[
            "Whatever one does, the return gains $c + \\gamma c + \\gamma^2 c + \\dots = c/(1-\\gamma)$:\n\n"
            "```python\nanswer = 0.5 / (1 - 0.9)\n```\n\nAll policies gain the same, so the best one stays the best.",
            "Where episodes end, longer ones collect more of it (for $c > 0$):\n\n"
            "```python\nimport dataclasses\n\npaid = dataclasses.replace(ice, reward=ice.reward + 0.01)\n"
            "paid_plan = planning.value_iteration(paid, 0.99)\n"
            "print(planning.expected_return(ice, paid_plan.policy, 100), exact_success)\n```",
            "The plan for the lake with the bonus doesn't arrive at all: a bonus for staying alive can teach an "
            "agent not to "
            "finish.",
        ],
    )


def exercise_4():
    return Exercise(
        judge=_judge_expected_sarsa,
        hints=[
            "The two targets above differ in one thing: which number of the row $Q(s', \\cdot)$ they take. Here "
            "it is a "
            "mean of the row; with which weights?",
            "With probability $1 - \\varepsilon$ the largest, with probability $\\varepsilon$ any of them evenly.",
        ],
        solution=[
            "The mean of a row that is followed ε-greedily:\n\n"
            "```python\ndef answer(row, reward, terminated, epsilon, discount):\n"
            "    mean = (1 - epsilon) * np.max(row) + epsilon * np.mean(row)\n"
            "    return reward + discount * (0.0 if terminated else mean)\n```\n\n"
            "(At ties it doesn't matter which of the largest is meant.)",
            "At ε = 0 it is Q-learning's target. In the mean over the next action it is Sarsa's, without the noise of "
            "drawing it. So its table has Sarsa's limit, and on a world without chance it can take a step size "
            "of 1:\n\n"
            "```python\ndef expected_sarsa(model, epsilon, discount, steps, seed=0):\n"
            "    rng, state = np.random.default_rng(seed), model.start.argmax()\n"
            "    table = np.zeros((model.states, model.actions))\n"
            "    for _ in range(steps):\n"
            "        action = tabular.explore(table[state][None], epsilon, rng)[0]\n"
            "        outcome = model.outcome([state], [action], rng.random(1))\n"
            "        after, reward, end = (each[0] for each in outcome)\n"
            "        table[state, action] = answer(\n"
            "            table[after], reward, end, epsilon, discount)\n"
            "        state = model.start.argmax() if end else after\n"
            "    return table\n\n"
            "table = expected_sarsa(edge, 0.1, 1.0, 20_000)\n"
            "exploring = 0.9 * table[36].max() + 0.1 * table[36].mean()   # the start's value, as it acts\n"
            "print(exploring, soft.values[36])\n```",
            "Which of the three for a real cliff? Among those that explore, one that reckons with its own stumbling "
            "(Sarsa, or this one); where exploration can be switched off, Q-learning's path is the shorter.",
        ],
    )


def _judge_expected_sarsa(function):
    """None where a function gives Expected Sarsa's target, else what to think about."""
    if not callable(function):
        return "The answer is a function of `(row, reward, terminated, epsilon, discount)`."
    row = np.array([1.0, -3.0, 2.0, 0.0])
    try:
        found, greedy, ended = (
            float(function(row, -1.0, *rest))
            for rest in [(False, 0.2, 0.9), (False, 0.0, 0.9), (True, 0.2, 0.9)]
        )
    except Exception as error:
        return (
            f"Called as `answer(row, -1.0, False, 0.2, 0.9)`, it stops with {type(error).__name__}: {error}."
        )
    if not np.isclose(ended, -1.0):
        return "After a termination nothing follows. What is the target then?"
    if not np.isclose(greedy, -1.0 + 0.9 * 2.0):
        return "At ε = 0 it is to be Q-learning's target; yours isn't."
    if np.isclose(found, -1.0 + 0.9 * 2.0):
        return "It doesn't depend on ε."
    if np.isclose(found, -1.0 + 0.9 * (0.8 * 2.0 + 0.2 * (1.0 - 3.0 + 0.0) / 3)):
        return "An exploring step draws among all actions, the greedy one too."
    if not np.isclose(found, -1.0 + 0.9 * (0.8 * 2.0 + 0.2 * 0.0)):
        return "Which probability has each action of the row? Do they add up to one?"
    return None


def exercise_5():
    return Exercise(
        hints=[
            "`judged_errors` takes a dictionary like the chapter's `methods`: `tabular.td_lambda` with its options.",
            "How large is an accumulating trace after five visits to one place?",
        ],
        solution=[
            "Step sizes up to 0.6; near 1 the values run away:\n\n"
            "```python\nsmall_sizes = step_sizes[step_sizes <= 0.6]\n"
            "kinds = {\n"
            '    replace: (tabular.td_lambda, {"trace_decay": 0.9, "replace": replace})\n'
            "    for replace in (False, True)\n"
            "}\n"
            "found, _ = judged_errors(walk, kinds, small_sizes)\n"
            "for replace, wrong in found.items():\n"
            "    print(replace, wrong.mean(axis=1).round(3))\n```",
            "Compare the two rows: at small step sizes several visits make one larger, wanted step; at large "
            "ones a trace "
            "of 4 (seven visits, every other step) times a step size of 0.5 moves a value by twice the error, and "
            "overshoots.",
        ],
    )
