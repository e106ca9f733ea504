"""Matrix factorisation: who likes what, from the few ratings that there are, by a few numbers per user and item."""

import numpy as np

from dlcourse import checks


def offsets(users, items, ratings, shape, penalty):
    """The rival that knows no taste: rating = mean + the user's offset + the item's, by ridge regression.

    Solved by turns (coordinate descent on a convex problem; ten rounds).

    Args:
        users, items: whole numbers (ratings,), who rated what.
        ratings: float (ratings,).
        shape: (number of users, number of items).
        penalty: of each squared offset; more than 0.

    Returns:
        mean (a number), offsets of users (users,), of items (items,).
    """
    users, items, ratings = _ratings(users, items, ratings, shape)
    penalty = checks.positive("offsets(penalty)", penalty)
    mean = ratings.mean()
    of_user, of_item = np.zeros(shape[0]), np.zeros(shape[1])
    of_users, of_items = np.bincount(users, minlength=shape[0]), np.bincount(items, minlength=shape[1])
    for _ in range(10):
        left = ratings - mean - of_user[users]
        of_item = np.bincount(items, left, minlength=shape[1]) / (of_items + penalty)
        left = ratings - mean - of_item[items]
        of_user = np.bincount(users, left, minlength=shape[0]) / (of_users + penalty)
    return mean, of_user, of_item


def factorize(users, items, ratings, shape, *, factors, penalty, rounds=15, seed=0):
    """Factors of users and items by alternating least squares (Koren, Bell & Volinsky 2009).

    With the items' factors fixed, each user's are a ridge regression on the items that they rated; then the other way
    round. Each half step can only lower Σ (r - p·q)² + penalty (Σ |p|² + Σ |q|²), over ratings, users and items.

    Args:
        users, items, ratings, shape: as for `offsets`.
        factors: how many numbers per user and item.
        penalty: of each squared factor; more than 0.
        rounds: of two half steps.
        seed: of the factors at the start.

    Returns:
        p (users, factors), q (items, factors), and the objective after each round (rounds,).

    Raises:
        ValueError: where users, items and ratings don't belong together.
    """
    users, items, ratings = _ratings(users, items, ratings, shape)
    factors = checks.whole_number("factorize(factors)", factors)
    penalty = checks.positive("factorize(penalty)", penalty)
    rng = np.random.default_rng(checks.seed("factorize(seed)", seed))
    p, q = (rng.normal(0, 0.1, (number, factors)) for number in shape)
    objective = []
    for _ in range(checks.whole_number("factorize(rounds)", rounds)):
        p = _regressions(users, q[items], ratings, shape[0], penalty)
        q = _regressions(items, p[users], ratings, shape[1], penalty)
        errors = ratings - (p[users] * q[items]).sum(axis=1)
        objective.append((errors**2).sum() + penalty * ((p**2).sum() + (q**2).sum()))
    return p, q, np.array(objective)


def _regressions(rows, features, targets, number, penalty):
    """Ridge regressions of targets on features, one for each row number: (number, factors)."""
    factors = features.shape[1]
    gram = np.tile(penalty * np.eye(factors), (number, 1, 1))
    np.add.at(gram, rows, features[:, :, None] * features[:, None, :])
    right = np.zeros((number, factors))
    np.add.at(right, rows, features * targets[:, None])
    return np.linalg.solve(gram, right[:, :, None])[:, :, 0]


def _ratings(users, items, ratings, shape):
    """The three columns, checked against each other and the shape."""
    ratings = checks.between("ratings", ratings, -1e12, 1e12)
    if not checks.is_list(shape) or len(shape) != 2:
        raise ValueError(f"shape={shape!r}: expected two whole numbers, of users and of items.")
    if ratings.ndim != 1 or not ratings.size:
        raise ValueError(f"ratings: got shape {ratings.shape}; expected (ratings,), one number each.")
    columns = []
    for name, column, number in [("users", users, shape[0]), ("items", items, shape[1])]:
        column = np.asarray(column)
        if column.shape != ratings.shape or column.dtype.kind not in "iu" or not len(column):
            raise ValueError(
                f"{name}: got {column.dtype} {column.shape} for {len(ratings)} ratings; expected as many whole numbers."
            )
        if column.min() < 0 or column.max() >= number:
            raise ValueError(
                f"{name}: numbers from {column.min()} to {column.max()}; expected 0 to {number - 1}."
            )
        columns.append(column)
    return *columns, ratings
