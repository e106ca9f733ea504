"""Kneser-Ney smoothing against counts by brute force."""

import collections

import numpy as np
import pytest

from dlcourse.from_scratch.kneser_ney import KneserNey

TOY = "abracadabra, cadabra; a bad cab ran a drab cabaret and back again, a cab at a bar"


def discount(counts):
    """Chen & Goodman's D as a function of a count, or a half, 1 and 1.5."""
    n = collections.Counter(counts)
    plain = {0: 0.0, 1: 0.5, 2: 1.0, 3: 1.5}
    if n[1] and n[2] and n[3]:
        y = n[1] / (n[1] + 2 * n[2])
        found = {0: 0.0, **{i: i - (i + 1) * y * n[i + 1] / n[i] for i in (1, 2, 3)}}
        if all(0 < found[i] <= i for i in (1, 2, 3)):
            plain = found
    return lambda count: plain[min(count, 3)]


def counts_of(text, length, order):
    """How often each stretch of a length occurs; for lengths below the order, after how many different letters."""
    if length == order:
        return collections.Counter(text[i : i + length] for i in range(len(text) - length + 1))
    before = {text[i : i + length + 1] for i in range(len(text) - length)}
    return collections.Counter(stretch[1:] for stretch in before)


def by_definition(text, order, alphabet, letter, context):
    chance = 1 / len(alphabet)
    for length in range(1, min(order, len(context) + 1) + 1):
        counts = counts_of(text, length, order)
        take = discount(counts.values())
        h = context[len(context) - length + 1 :]
        after = {x: counts[h + x] for x in alphabet}
        total = sum(after.values())
        if total:
            taken = sum(map(take, after.values()))
            chance = (after[letter] - take(after[letter]) + taken * chance) / total
    return chance


@pytest.mark.parametrize("order", range(1, 7))
def test_it_equals_counting_by_brute_force(order):
    alphabet = sorted(set(TOY + "xyz"))
    number = {letter: place for place, letter in enumerate(alphabet)}
    model = KneserNey(order, [number[letter] for letter in TOY], len(alphabet))
    new = "a bard ran; cxb"
    found = model.probability([number[letter] for letter in new])
    right = [by_definition(TOY, order, alphabet, x, new[:place]) for place, x in enumerate(new)]
    np.testing.assert_allclose(found, right, rtol=1e-12)
    np.testing.assert_allclose(model.bits([number[letter] for letter in new], start=4), -np.log2(right[4:]))


@pytest.mark.parametrize(("order", "symbols"), [(1, 2), (2, 5), (3, 7), (5, 3)])
def test_every_distribution_sums_to_one_and_knows_the_same(order, symbols):
    random = np.random.default_rng(order)
    text = random.integers(0, symbols, 300)
    model = KneserNey(order, text, symbols + 1)  # one symbol that never occurs
    for length in range(order + 2):
        context = random.integers(0, symbols + 1, length)
        distribution = model.distribution(context)
        assert distribution.sum() == pytest.approx(1, abs=1e-12) and (distribution > 0).all()
        each = [model.probability([*context, x])[-1] for x in range(symbols + 1)]
        np.testing.assert_allclose(distribution, each, rtol=1e-12)


def test_many_contexts_at_once_and_some_symbols_alone():
    random = np.random.default_rng(0)
    model = KneserNey(3, random.integers(0, 5, 300), 6)
    contexts = random.integers(0, 6, (4, 2, 3))
    found = model.distribution(contexts)
    assert found.shape == (4, 2, 6)
    np.testing.assert_array_equal(found[3, 1], model.distribution(contexts[3, 1]))
    np.testing.assert_array_equal(model.distribution(contexts, [5, 2]), found[..., [5, 2]])
    with pytest.raises(ValueError, match="expected 0 to 5"):
        model.distribution(contexts, [6])


def test_a_letter_that_stands_after_one_letter_only_is_rare_elsewhere():
    """Kneser and Ney's San Francisco: u is frequent, but only after q."""
    text = "qu" * 30 + "abcdefgh" * 4
    alphabet = sorted(set(text))
    model = KneserNey(2, [alphabet.index(letter) for letter in text], len(alphabet))
    anywhere = model.distribution([])
    assert anywhere[alphabet.index("u")] < anywhere[alphabet.index("a")]
    assert model.distribution([alphabet.index("q")])[alphabet.index("u")] > 0.9


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ((0, [0, 1, 0], 2), "order"),
        ((3, [0, 1, 0], 2), "more than 3 tokens"),
        ((2, [0, 1, 2], 2), "expected 0 to 1"),
        ((2, [0.5, 1, 0], 2), "whole numbers"),
        ((9, list(range(20)), 1_000), "lower order"),
    ],
)
def test_bad_input_is_said(given, said):
    with pytest.raises(ValueError, match=said):
        KneserNey(*given)
    with pytest.raises(ValueError, match="expected 0 to 1"):
        KneserNey(2, [0, 1, 0, 1], 2).bits([2])


class Plain(KneserNey):
    def _counted(self, tokens, length):
        return np.unique(self._keys(tokens, length), return_counts=True)


@pytest.mark.parametrize("kind", [KneserNey, Plain])
def test_orders_that_are_counted_together_are_those_that_are_counted_alone(kind):
    random = np.random.default_rng(0)
    text, new = random.integers(0, 4, 500), random.integers(0, 4, 50)
    together = kind.of_orders((5, 1, 3), text, 4)
    assert list(together) == [5, 1, 3]
    for order, model in together.items():
        assert model.order == order
        np.testing.assert_array_equal(model.bits(new), kind(order, text, 4).bits(new))
        np.testing.assert_array_equal(model.distribution(new[:3]), kind(order, text, 4).distribution(new[:3]))
    with pytest.raises(ValueError, match="no order"):
        kind.of_orders([], text, 4)
    with pytest.raises(ValueError, match="orders"):
        kind.of_orders([0, 2], text, 4)
