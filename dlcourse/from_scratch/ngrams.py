"""N-gram language models: how often each letter followed the few before it (Shannon 1948)."""

import collections
import math

from dlcourse import checks


class NGram:
    """Predicts a letter from the ``order`` - 1 before it, by counts smoothed after Witten & Bell (1991).

    With n(c) occurrences of a context c, followed by t(c) different letters,

        p(x | c) = (n(c x) + t(c) · p(x | c without its first letter)) / (n(c) + t(c)),

    down to the empty context, below which all letters of the alphabet are equally likely.

    Args:
        order: 1 counts single letters (unigram), 2 pairs, and so on.
        text: str, in which occurrences are counted.
        alphabet: all letters that may occur; None takes those of the text.

    Raises:
        ValueError: where the order is below 1, the text is empty, or a letter of it is not in the alphabet.
    """

    def __init__(self, order, text, alphabet=None):
        self.order = checks.whole_number("NGram(order)", order)
        _check_text(text, "NGram(text)")
        if alphabet is not None and not checks.is_list(alphabet):
            _check_text(alphabet, "NGram(alphabet)")
        self.alphabet = sorted(set(text if alphabet is None else alphabet))
        strange = sorted(set(text) - set(self.alphabet))
        if not text or strange:
            raise ValueError(
                f"NGram() counts a text over its alphabet; got {len(text)} letters, not in the alphabet: {strange}."
            )
        self.counts = collections.defaultdict(collections.Counter)
        for length in range(order):
            for end in range(length, len(text)):
                self.counts[text[end - length : end]][text[end]] += 1
        self.totals = {context: sum(after.values()) for context, after in self.counts.items()}

    def probability(self, letter, context=""):
        """p(letter | the last order - 1 letters of ``context``)."""
        chance = 1 / len(self.alphabet)
        context = context[max(0, len(context) - self.order + 1) :]
        for start in range(len(context), -1, -1):
            part = context[start:]
            if part not in self.totals:
                break  # a longer context can't have been seen either
            after, total = self.counts[part], self.totals[part]
            chance = (after[letter] + len(after) * chance) / (total + len(after))
        return chance

    def bits(self, text, context=""):
        """-log2 of the probability of each letter of ``text``, a list of floats; ``context`` precedes the text."""
        _check_text(text, "bits(text)")
        _check_text(context, "bits(context)")
        whole, known = context + text, len(context)
        return [
            -math.log2(self.probability(whole[end], whole[max(0, end - self.order + 1) : end]))
            for end in range(known, len(whole))
        ]


def _check_text(given, name):
    if not isinstance(given, str):
        raise ValueError(f"{name} is {type(given).__name__}; expected a text, such as 'abab'.")
