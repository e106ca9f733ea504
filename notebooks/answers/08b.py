"""Chapter 08b's exercises: what is expected, hints by wrong answer, worked solutions."""

import itertools
import time

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
        judge=_judge_log_partition,
        hints=[
            "Keep one log-sum per label; begin with the first row of scores.",
            "The next one is scores[t] + the log-sum of (table[:, None] + transitions) over its "
            "rows, axis 0: all labels that one comes from.",
        ],
        solution=[
            "```python\ndef answer(scores, transitions):\n"
            "    table = scores[0]\n"
            "    for now in scores[1:]:\n"
            "        table = now + np.logaddexp.reduce(table[:, None] + transitions, axis=0)\n"
            "    return np.logaddexp.reduce(table)\n```",
            "Rows are labels that one comes from: the sum runs over axis 0.",
        ],
    )


def _judge_log_partition(function):
    """None where a function gives ln Z, else what to think about."""
    if not callable(function):
        return "The answer is a function of scores and transitions."
    rng = np.random.default_rng(0)
    for places, labels in [(1, 3), (4, 3), (3, 2)]:
        scores, transitions = rng.normal(size=(places, labels)), rng.normal(size=(labels, labels))
        try:
            found = np.asarray(function(scores.copy(), transitions.copy()), float)
        except Exception as error:
            return f"Called with scores {scores.shape}, it stops with {type(error).__name__}: {error}."
        if found.size != 1:
            return f"It gives an array of shape {found.shape}; what is asked for is one number."
        found, right = found.item(), _listed(scores, transitions)
        if np.isclose(found, np.logaddexp.reduce(right)):
            continue
        if np.isclose(found, np.exp(right).sum()):
            return "That is Z. Its logarithm is asked for."
        if np.isclose(found, right.max()):
            return "That is the best path's score: a maximum stands where a sum should."
        if np.isclose(found, np.logaddexp.reduce(_listed(scores, transitions.T))):
            return "The transitions are turned round: rows are the labels that one comes from."
        if np.isclose(found, np.logaddexp.reduce(_listed(scores, 0 * transitions))):
            return "The transitions don't count yet."
        if places > 1 and np.isclose(found, np.logaddexp.reduce(_listed(scores[1:], transitions))):
            return "The first place's scores don't count yet."
        return f"For {places} places and {labels} labels it isn't the sum over all paths: try one place, then two."
    try:
        if _seconds(function, 16) > max(0.02, 20 * _seconds(function, 8)):
            return (
                "It lists the paths: twice the places shouldn't take so much longer. Keep one sum per label."
            )
        big = np.asarray(function(np.full((400, 2), 9.0), np.zeros((2, 2))), float)
    except Exception as error:
        return f"Called with more places, it stops with {type(error).__name__}: {error}."
    if not np.isclose(big, 400 * (9 + np.log(2))):
        return "With 400 places it is no number any more: stay in logarithms, by np.logaddexp."
    return None


def _seconds(function, places):
    """The shorter of two calls with two labels."""
    taken = []
    for _ in range(2):
        began = time.perf_counter()
        function(np.zeros((places, 2)), np.zeros((2, 2)))
        taken.append(time.perf_counter() - began)
    return min(taken)


def _listed(scores, transitions):
    """Scores of all paths."""
    return np.array(
        [
            scores[np.arange(len(scores)), list(path)].sum()
            + sum(transitions[a, b] for a, b in itertools.pairwise(path))
            for path in itertools.product(range(scores.shape[1]), repeat=len(scores))
        ]
    )


def exercise_5():
    return Exercise(
        hints=[
            '`study.parts("english", seed, 100)` has 100 training lines; `study.network(symbols, 3, field=...)`, '
            "`study.train(..., epochs=...)` and `study.word_f1` do the rest.",
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
