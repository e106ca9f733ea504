"""Drawing examples by a seed so that every class keeps its share.

Draws come from NumPy's `RandomState`, whose streams are frozen for good (NEP 19), since the validation
examples of a data set have to be the same ones in every release of NumPy. Its newer `Generator` may change.
"""

import numpy as np

from dlcourse import checks

LARGEST_SEED = 2**32 - 1


def _random(seed):
    return np.random.RandomState(checks.whole_number("seed", seed, least=0, most=LARGEST_SEED))


def are_labels(y):
    """True where y is class labels: integers, one per example."""
    return y.ndim == 1 and np.issubdtype(y.dtype, np.integer)


def shares(counts, n, random):
    """How many of `n` each class gets: in proportion to `counts`, by largest remainder (Hamilton's method).

    counts: int (classes,), their sum at least n. Equal remainders are served in an order drawn from `random`.
    Returns int64 (classes,) that sum to n exactly, each within one of its exact proportion.
    """
    counts = np.asarray(counts, np.int64)
    floors, remainders = np.divmod(counts * n, counts.sum())
    ties = random.permutation(len(counts))
    served = np.lexsort((ties, -remainders))[: n - floors.sum()]
    floors[served] += 1
    return floors


def choose(y, n, seed):
    """Indices of `n` of the examples with targets y, by `seed`, shuffled; stratified for class labels.

    y: (examples,) or, for other targets, (examples, ...). Returns int64 (n,), no index twice.
    Raises ValueError unless n is a whole number from 1 to len(y), and seed one from 0 to 2**32 - 1.
    """
    y = np.asarray(y)
    if not y.ndim:
        raise ValueError("take() got a single target: expected an array of them, (examples,)")
    n = checks.whole_number("take(n)", n, most=len(y))
    random = _random(seed)
    order = random.permutation(len(y))
    if not are_labels(y):
        return order[:n]
    _, labels = np.unique(y[order], return_inverse=True)
    counts = np.bincount(labels)
    by_class = np.argsort(labels, kind="stable")  # positions in `order`, class after class
    rank = np.empty(len(y), np.int64)  # how many of its class come before it in `order`
    rank[by_class] = np.arange(len(y)) - np.repeat(np.cumsum(counts) - counts, counts)
    return order[rank < shares(counts, n, random)[labels]]


def split_off(y, n, seed):
    """Indices of all examples in two parts, (rest, chosen), the second of `n` as `choose` draws them.

    n may be 0. The rest stays in the order of y.
    """
    chosen = choose(y, n, seed) if n else np.zeros(0, np.int64)
    rest = np.ones(len(y), bool)
    rest[chosen] = False
    return np.flatnonzero(rest), chosen


def three_ways(y, validation, test, seed):
    """Indices of (training, validation, test), each shuffled; `validation` and `test` count examples."""
    shuffled = _random(seed).permutation(len(y))
    rest, of_test = split_off(y[shuffled], test, seed)
    of_train, of_validation = split_off(y[shuffled][rest], validation, seed)
    return shuffled[rest[of_train]], shuffled[rest[of_validation]], shuffled[of_test]


def split(examples, test, seed, groups=None):
    """Row numbers of (training, test) data, drawn by ``seed``.

    Args:
        examples: how many there are.
        test: the share of them that is held out, between 0 and 1; with groups, the share of groups.
        seed: of the draw.
        groups: (examples,), what each example comes from (a person, a photograph): all of one group land on the same
            side. None: each example by itself.

    Returns:
        two int64 arrays, each in rising order, that hold every row once.

    Raises:
        ValueError: where a side would be empty, or ``groups`` has another length or mixes texts and numbers.
    """
    examples = checks.whole_number("split(examples)", examples)
    seed = checks.whole_number("split(seed)", seed, least=0)
    test = checks.fraction("split(test)", test)
    groups = np.arange(examples) if groups is None else np.asarray(groups)
    if groups.shape != (examples,):
        raise ValueError(
            f"split() got groups of shape {groups.shape} for {examples} examples: give one group per example."
        )
    try:
        names = np.unique(groups)
    except TypeError:
        kinds = sorted({type(group).__name__ for group in groups})
        raise ValueError(
            f"split() got groups of several kinds, {', '.join(kinds)}, which can't be told apart in order: name every "
            "group by a text, or every group by a number."
        ) from None
    held = round(len(names) * test) if 0 < test < 1 else 0
    if not 0 < held < len(names):
        kind = "examples" if len(names) == examples else "groups"
        raise ValueError(
            f"split(test={test!r}) of {len(names)} {kind} leaves one side empty: give a share between 0 and 1, such "
            "as 0.2, and at least one group for each side."
        )
    chosen = np.isin(groups, np.random.default_rng(seed).choice(names, held, replace=False))
    return np.flatnonzero(~chosen), np.flatnonzero(chosen)
