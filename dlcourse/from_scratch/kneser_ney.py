"""N-grams smoothed after Kneser & Ney (1995), with the three discounts of Chen & Goodman (1998)."""

import copy

import numpy as np

from dlcourse import checks


class KneserNey:
    """Predicts a symbol from the ``order`` - 1 before it: what was counted, less a discount, mixed with a shorter
    context.

    For a context h of the full length, c(h x) counts how often x followed it; for shorter ones it counts how many
    *different* symbols stood before h x. With D(c) the discount of a count c, and c(h) the sum of c(h x) over x,

        p(x | h) = (c(h x) - D(c(h x))) / c(h) + (sum of all D / c(h)) · p(x | h without its first symbol),

    where c(h) = 0 the shorter context alone, and below the empty context all symbols are equally likely. D is 0 for a
    count of 0, and has one value each for counts of 1, of 2, and of 3 and more, by length: with n_i the number of
    entries counted i times and Y = n_1 / (n_1 + 2 n_2), D_i = i - (i + 1) Y n_(i+1) / n_i. Where too little was
    counted for that, D is 0.5, 1 and 1.5.

    Args:
        order: 1 predicts without any context, 2 from one symbol, and so on.
        tokens: int (n,), the text as whole numbers from 0; longer than ``order``.
        symbols: how many different symbols there may be.

    Raises:
        ValueError: where the order is below 1, the tokens aren't such numbers or are too few, or ``symbols`` to the
            power of ``order`` is 2^63 or more.
    """

    def __init__(self, order, tokens, symbols):
        self.order = checks.whole_number("KneserNey(order)", order)
        self.symbols = checks.whole_number("KneserNey(symbols)", symbols)
        self._tokens = tokens = self._checked("tokens", tokens)
        if len(tokens) <= self.order:
            raise ValueError(f"KneserNey(order={order}) needs more than {order} tokens; got {len(tokens)}.")
        if self.symbols**self.order >= 2**63:
            raise ValueError(
                f"KneserNey(order={order}, symbols={symbols:,}): {symbols:,} to the power of {order} is 2^63 or "
                "more; ask for a lower order."
            )
        self.levels = [
            _Level(*self._counted(tokens, length), self.symbols) for length in range(1, self.order + 1)
        ]

    @classmethod
    def of_orders(cls, orders, tokens, symbols):
        """Models of several orders of one text, a dict from order: what they have in common is counted once.

        Args:
            orders: whole numbers, 1 or more each.
            tokens, symbols: as of the class.

        Raises:
            ValueError: as the class; where there is no order.
        """
        orders = [checks.whole_number("KneserNey.of_orders(orders)", order) for order in orders]
        if not orders:
            raise ValueError("KneserNey.of_orders(orders): no order; give one or more, such as range(1, 6).")
        longest = cls(max(orders), tokens, symbols)
        return {order: longest._shortened(order) for order in orders}

    def _shortened(self, order):
        """The model of a lower order: below its own length it counts as this one does."""
        if order == self.order:
            return self
        model = copy.copy(self)
        model.order = order
        own = _Level(*model._counted(self._tokens, order), self.symbols)
        model.levels = [*self.levels[: order - 1], own]
        return model

    def _counted(self, tokens, length):
        """All stretches of a length, and how often, or after how many different symbols, each occurred."""
        if length == self.order:
            return np.unique(self._keys(tokens, length), return_counts=True)
        longer = np.unique(self._keys(tokens, length + 1))
        return np.unique(longer % self.symbols**length, return_counts=True)

    def probability(self, tokens, start=0):
        """Of each token from place ``start`` on, given those before it: float64 (n - start,)."""
        tokens = self._checked("probability(tokens)", tokens)
        start = checks.whole_number("probability(start)", start, least=0)
        chance = np.full(len(tokens), 1 / self.symbols)
        for length, level in enumerate(
            self.levels, start=1
        ):  # the first length - 1 tokens have no such context
            if len(tokens) >= length:
                chance[length - 1 :] = level.mixed(self._keys(tokens, length), chance[length - 1 :])
        return chance[start:]

    def distribution(self, context, among=None):
        """The probability of every symbol after a context, int (..., n) of any length n: float64 (..., symbols).

        Args:
            context: one, (n,), or many.
            among: where given, of these symbols alone, int (k,): float64 (..., k). They needn't add up to 1.
        """
        context = self._checked("distribution(context)", context, None)
        asked = np.arange(self.symbols) if among is None else self._checked("distribution(among)", among)
        chance = np.full((*context.shape[:-1], len(asked)), 1 / self.symbols)
        for length, level in enumerate(self.levels[: context.shape[-1] + 1], start=1):
            place = np.zeros(context.shape[:-1], "int64")
            for column in range(context.shape[-1] - length + 1, context.shape[-1]):
                place = place * self.symbols + context[..., column]
            chance = level.mixed(place[..., None] * self.symbols + asked, chance)
        return chance

    def bits(self, tokens, start=0):
        """-log2 of ``probability``."""
        return -np.log2(self.probability(tokens, start))

    def _keys(self, tokens, length):
        """Every stretch of so many tokens as one number, int64 (n - length + 1,): digits to the base ``symbols``."""
        keys = np.zeros(len(tokens) - length + 1, "int64")
        for place in range(length):
            keys = keys * self.symbols + tokens[place : place + len(keys)]
        return keys

    def _checked(self, name, tokens, dimensions=1):
        tokens = np.asarray(tokens)
        if tokens.ndim != (dimensions or max(tokens.ndim, 1)) or (
            tokens.size and tokens.dtype.kind not in "iu"
        ):
            raise ValueError(f"{name} is {tokens.dtype} {tokens.shape}: expected whole numbers (n,).")
        if tokens.size and not 0 <= tokens.min() <= tokens.max() < self.symbols:
            raise ValueError(
                f"{name} runs from {tokens.min()} to {tokens.max()}: expected 0 to {self.symbols - 1}."
            )
        return tokens.astype("int64")


class _Level:
    """Counts of all stretches of one length, less their discounts, and what these add up to by context."""

    def __init__(self, keys, counts, symbols):
        discounts = _discounts(counts)
        taken = discounts[np.minimum(counts, 3)]
        self.symbols, self.keys, self.left = symbols, keys, counts - taken
        contexts = keys // symbols  # in ascending order, as keys are
        first = np.diff(contexts, prepend=-1) > 0
        self.contexts, of = contexts[first], np.cumsum(first) - 1
        self.totals = np.bincount(of, counts)
        self.taken = np.bincount(of, taken)

    def mixed(self, keys, shorter):
        """p(x | h) of keys h x, where ``shorter`` is p(x | h without its first symbol)."""
        place, seen = _places(self.keys, keys)
        left = np.where(seen, self.left[place], 0.0)
        place, known = _places(self.contexts, keys // self.symbols)
        mixture = (left + self.taken[place] * shorter) / self.totals[place]
        return np.where(known, mixture, shorter)


def _places(keys, wanted):
    """Where keys in ascending order, one or more, have the wanted ones, and whether they have them."""
    places = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
    return places, keys[places] == wanted


def _discounts(counts):
    """What is taken off a count of 0, 1, 2, and 3 or more, float64 (4,)."""
    n1, n2, n3, n4 = (np.count_nonzero(counts == times) for times in (1, 2, 3, 4))
    discounts = np.array([0.0, 0.5, 1.0, 1.5])
    if min(n1, n2, n3):
        y = n1 / (n1 + 2 * n2)
        estimated = np.array([0.0, 1 - 2 * y * n2 / n1, 2 - 3 * y * n3 / n2, 3 - 4 * y * n4 / n3])
        if (estimated[1:] > 0).all() and (estimated <= [0, 1, 2, 3]).all():
            discounts = estimated
    return discounts
