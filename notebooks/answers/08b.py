"""Chapter 08b's exercises: what is expected, hints by wrong answer, worked solutions."""

import itertools

import numpy as np

from dlcourse.exercises import Exercise


def exercise_1():
    return Exercise(
        expected=8 / 11,
        tolerance=2e-3,
        wrong=[
            (
                4 / 5,
                "That is the precision: 4 of 5 found words are right. What share of the right ones was found?",
            ),
            (
                2 / 3,
                "That is the recall: 4 of 6 right words were found. What share of the found words is right?",
            ),
            (11 / 15, "That is the mean of precision and recall. F1 is their harmonic mean."),
        ],
        hints=[
            "Which of the found words, to, beor, not, to, be, stand in the right line, at the same place?",
            "2 · hits / (found + right).",
        ],
        solution=[
            "Four hits, all but *beor*; five words found, six right: $\\frac{2 \\cdot 4}{5 + 6} = 0.727$.",
            "```python\nanswer = 2 * 4 / (5 + 6)\n```",
        ],
    )


def exercise_2():
    return Exercise(
        expected=15 / 22,
        tolerance=2e-3,
        wrong=[
            (3 / 4, "That looks at the first place alone. What comes after it counts too."),
            (7 / 22, "That is the probability of a. Which one is asked for?"),
            (9 / 22, "That is the path bb alone. Which other path begins with b?"),
            (6 / 22, "That is the path ba alone. Which other path begins with b?"),
        ],
        hints=["List four paths: aa, ab, ba, bb.", "aa: 1 · 3 · 2 = 6; ab: 1 · 1 · 1 = 1; then ba and bb."],
        solution=[
            "aa $1 \\cdot 3 \\cdot 2 = 6$, ab $1 \\cdot 1 \\cdot 1 = 1$, ba $3 \\cdot 1 \\cdot 2 = 6$, bb $3 \\cdot 3 "
            "\\cdot 1 = 9$: $Z = 22$, and $\\frac{6 + 9}{22} = 0.682$.",
            "```python\nanswer = (6 + 9) / 22\n```",
        ],
    )


def exercise_3():
    return Exercise(
        expected=13 / 22,
        tolerance=2e-3,
        wrong=[
            (9 / 22, "That is what is expected. The slope is observed less expected."),
            (-13 / 22, "The other way round: observed less expected."),
            (1.0, "That is what was observed: the pair once. How often is it expected?"),
            (7 / 22, "That would be the slope by the score of the first label b."),
        ],
        hints=[
            "How often does the pair bb stand in the data? How often in a path drawn from the field?",
            "Only one of the four paths has it.",
        ],
        solution=[
            "Observed once, expected $p(\\text{bb}) = \\frac{9}{22}$ times: $1 - \\frac{9}{22} = \\frac{13}{22}$.",
            "```python\nanswer = 1 - 9 / 22\n```",
        ],
    )


def exercise_4():
    return Exercise(
        judge=_judge_draws,
        hints=[
            "Begin at the end: the last row of `random_field.forward`, as probabilities, says how likely each label is "
            "there, over all paths.",
            "Then go back. Once the label k after a place is drawn, that place's label has log-weights "
            "forward[place] + transitions[:, k].",
        ],
        solution=[
            "```python\ndef answer(scores, transitions, rng):\n"
            "    before = random_field.forward(scores, transitions)\n"
            "    path, after = [], 0.0\n"
            "    for row in before[::-1]:\n"
            "        weights = np.exp(row + after - np.logaddexp.reduce(row + after))\n"
            "        path.append(int(rng.choice(len(row), p=weights)))\n"
            "        after = transitions[:, path[-1]]\n"
            "    return path[::-1]\n```",
            "The forward sums hold all that may come before, so that going back nothing has to be tried: "
            "forward filtering, backward sampling. Drawn from left to right without sums of what comes after, "
            "a path would know nothing of the letters to its right.",
        ],
    )


def _judge_draws(function, draws=3_000):
    """None where a function draws paths as often as the field says, else what to think about."""
    if not callable(function):
        return "The answer is a function of scores, transitions and a generator."
    scores = np.array([[0.3, -0.3], [0.0, 1.0], [1.2, 0.0], [-0.6, 0.6]])
    transitions = np.array([[1.0, -1.2], [0.4, 1.4]])
    paths = list(itertools.product(range(2), repeat=4))
    rng, seen = np.random.default_rng(0), dict.fromkeys(paths, 0)
    for _ in range(draws):
        try:
            found = np.asarray(function(scores.copy(), transitions.copy(), rng))
        except Exception as error:
            return f"Called with scores {scores.shape}, it stops with {type(error).__name__}: {error}."
        if found.shape != (4,) or not np.all(np.isin(found, (0, 1))):
            return f"For 4 places and 2 labels it gives {found!r}; expected are 4 labels, each 0 or 1."
        seen[tuple(int(label) for label in found)] += 1
    seen = np.array([seen[path] for path in paths])
    if seen.max() == draws:
        return "It gives the same path each time: draw, by the generator that it is given."

    def fits(p):
        """Whether what was seen could be drawn from p: chi-squared, which 1 in a million right answers would miss."""
        return np.sum((seen - draws * p) ** 2 / (draws * p)) < 58

    if fits(_shares(scores, transitions)):
        twice = [
            function(scores.copy(), transitions.copy(), np.random.default_rng(seed))
            for seed in [1] * 2 + [2] * 2
        ]
        if not all(np.array_equal(twice[first], twice[first + 1]) for first in (0, 2)):
            return "Generators of the same seed, and it gives two paths: draw by the one that it is given."
        return _on_long_lines(function)
    by_place = np.array(
        [
            np.bincount(np.array(paths)[:, place], _shares(scores, transitions), 2)[
                list(np.array(paths)[:, place])
            ]
            for place in range(4)
        ]
    ).prod(axis=0)
    if fits(by_place):
        return "Each place is drawn by itself: neighbours must know of each other."
    if fits(_from_left(scores, transitions)):
        return (
            "It draws from left to right, each label by its score and one transition: what comes after a place "
            "must count too. Sum over it first."
        )
    if fits(_shares(scores, transitions.T)):
        return "The transitions are turned round: rows are the labels that one comes from."
    if fits(_shares(scores, 0 * transitions)):
        return "The transitions don't count yet."
    if fits(_shares(scores[::-1], transitions)[[paths.index(path[::-1]) for path in paths]]) or fits(
        _shares(scores, transitions)[[paths.index(path[::-1]) for path in paths]]
    ):
        return "The path stands the wrong way round: what was drawn last belongs to the first place."
    return "The paths come, but not as often as exp(score) / Z says: list all paths of two places, and count."


def _on_long_lines(function):
    """None where a function draws a path of 300 places, else what to think about."""
    try:
        found = np.asarray(function(np.full((300, 2), 9.0), np.zeros((2, 2)), np.random.default_rng(0)))
    except Exception as error:
        return f"Called with 300 places, it stops: {type(error).__name__}: {error}. Stay in logarithms; list no paths."
    if found.shape != (300,) or not 75 < np.sum(found == 1) < 225:
        return "With 300 places, both labels equally good, it should draw each about as often: stay in logarithms."
    return None


def _shares(scores, transitions):
    """Probability of each path, in the order of itertools.product."""
    listed = np.array(
        [
            scores[np.arange(len(scores)), list(path)].sum()
            + sum(transitions[a, b] for a, b in itertools.pairwise(path))
            for path in itertools.product(range(scores.shape[1]), repeat=len(scores))
        ]
    )
    return np.exp(listed - np.logaddexp.reduce(listed))


def _from_left(scores, transitions):
    """Probability of each path where each label is drawn by its score and the transition from the one before."""
    found = []
    for path in itertools.product(range(scores.shape[1]), repeat=len(scores)):
        total = scores[0, path[0]] - np.logaddexp.reduce(scores[0])
        for place, (a, b) in enumerate(itertools.pairwise(path), start=1):
            total += (
                transitions[a, b] + scores[place, b] - np.logaddexp.reduce(transitions[a] + scores[place])
            )
        found.append(np.exp(total))
    return np.array(found)


def exercise_5():
    return Exercise(
        hints=[
            '`study.parts("english", seed, 100)` has 100 training lines; `study.network(symbols, 3, field=...)`, '
            "`study.train(..., epochs=...)` and `study.word_f1`, which decodes under the rules, do the rest.",
            "Give both as many steps as they need: with 100 lines an epoch has two, so take 200 epochs or so.",
        ],
        solution=[
            "```python\nfor seed in range(3):\n"
            '    data = study.parts("english", seed, 100)\n'
            "    for field in (False, True):\n"
            '        model = study.network(len(data["symbols"]) + 2, 3, field=field, seed=seed)\n'
            '        study.train(model, *data["train"], seed=seed, epochs=200)\n'
            "        print(seed, field, f\"{study.word_f1(model, *data['test']):.3f}\")\n```",
            "On three splits it was smaller: a few hundredths over the rules, and nothing over counted transitions "
            "(`study.word_f1_with_counts`), which a hundred lines are enough to count. A field has to learn them "
            "together with its encoder, from the same few lines. Three splits are few: try ten.",
        ],
    )
