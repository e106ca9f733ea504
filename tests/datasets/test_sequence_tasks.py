"""Memory tasks, letters and counting language models."""

import math

import numpy as np
import pytest

from dlcourse import models
from dlcourse.datasets import characters, sequence_tasks
from dlcourse.from_scratch import ngrams
from dlcourse.metrics import language
from dlcourse.models import decoding


@pytest.mark.parametrize("lag", [0, 1, 9])
def test_copying_shows_symbols_and_asks_for_them(lag):
    x, y = sequence_tasks.copying(50, lag, symbols=5, length=4, seed=1)
    assert x.shape == (50, 8 + lag) and x.dtype == y.dtype == np.int32
    np.testing.assert_array_equal(x[:, :4], y)
    assert (x[:, 4 : 4 + lag] == 5).all() and (x[:, 4 + lag :] == 6).all()
    assert set(y.ravel()) == set(range(5))


@pytest.mark.parametrize("lag", [2, 7, 20])
def test_adding_marks_one_number_in_each_half(lag):
    x, y = sequence_tasks.adding(2_000, lag)
    marks = x[..., 1]
    assert (marks.sum(axis=1) == 2).all() and (marks[:, : lag // 2].sum(axis=1) == 1).all()
    np.testing.assert_allclose((x[..., 0] * marks).sum(axis=1), y[:, 0], rtol=1e-5)
    assert np.square(y - 1).mean() == pytest.approx(1 / 6, rel=0.1)


@pytest.mark.parametrize("pairs", [1, 3, 8])
def test_recall_asks_for_a_value_that_was_shown(pairs):
    x, y = sequence_tasks.recall(100, pairs)
    for row, (value,) in zip(x, y, strict=True):
        shown = dict(zip(row[:-1:2], row[1::2] - 8, strict=True))
        assert len(shown) == pairs and shown[row[-1] - 12] == value


def test_tasks_repeat_and_refuse():
    for draw in (sequence_tasks.copying, sequence_tasks.adding, sequence_tasks.recall):
        for one, other in zip(draw(10, 4, seed=3), draw(10, 4, seed=3), strict=True):
            np.testing.assert_array_equal(one, other)
    for wrong in (
        lambda: sequence_tasks.copying(3, -1),
        lambda: sequence_tasks.copying(0, 1),
        lambda: sequence_tasks.adding(3, 1),
        lambda: sequence_tasks.recall(3, 9),
    ):
        with pytest.raises(ValueError):
            wrong()


def test_bits_are_minus_log2_of_the_softmax():
    logits, tokens = np.random.default_rng(0).standard_normal((4, 6, 5)) * 30, np.arange(24).reshape(4, 6) % 5
    found = language.bits(logits, tokens)
    for i, j in np.ndindex(4, 6):
        chances = [math.exp(v - max(logits[i, j])) for v in logits[i, j]]
        assert found[i, j] == pytest.approx(-math.log2(chances[tokens[i, j]] / sum(chances)))


def test_excerpts_move_on_by_one_letter():
    tokens = characters.encode("abracadabra", "abcdr")
    x, y = characters.excerpts(tokens, 3)
    assert x.shape == y.shape == (3, 3)
    np.testing.assert_array_equal(y.ravel(), tokens[1:10])
    with pytest.raises(ValueError, match="at least 4 letters"):
        characters.excerpts(tokens[:3], 3)
    with pytest.raises(ValueError, match=r"\['x'\]"):
        characters.encode("axe", "ae")
    np.testing.assert_array_equal(characters.encode("axe", ["x", "e", "a"]), [2, 0, 1])
    for text, alphabet, named in [
        (np.array(2), "ab", "text"),
        ("ab", np.array(2), "alphabet"),
        ("ab", [1], "alphabet"),
    ]:
        with pytest.raises(ValueError, match=f"encode.. got {named}=.*; expected a text, such as 'abc'"):
            characters.encode(text, alphabet)


def test_a_cold_sample_is_the_likeliest_letter():
    options = {"cell": "gru", "units": (4,), "tokens": 3, "return_sequences": True, "seed": 1}
    model = models.recurrent((None,), 3, stateful=True, batch_size=2, **options)
    drawn = decoding.sample(model, [0], 6, temperature=1e-6)
    assert drawn.shape == (2, 6)
    read = np.column_stack([[0, 0], drawn]).astype("int32")
    whole = models.recurrent((None,), 3, **options)(read).numpy()
    np.testing.assert_array_equal(drawn, whole[:, :-1].argmax(axis=-1))
    models.reset_states(model)
    many = decoding.sample(model, [0], 2_000, temperature=1e6)  # hot: all letters alike
    np.testing.assert_allclose(np.bincount(many.ravel()) / many.size, 1 / 3, atol=0.04)
    with pytest.raises(ValueError, match="above 0"):
        decoding.sample(model, [0], 6, temperature=0)
    for start in [[], [3], [-1], [0.5], "a", 0, [0, [1]], [[0]]]:
        with pytest.raises(ValueError, match=r"sample\(start\) is .*read first, whole numbers from 0 to 2"):
            decoding.sample(model, start, 6, temperature=1)
    with pytest.raises(ValueError, match=r"sample\(letters\)=0: expected a whole number, 1 or more"):
        decoding.sample(model, [0], 0, temperature=1)


TEXT = "the cat sat on the mat with the hat"


@pytest.mark.parametrize("order", [1, 2, 3, 5])
def test_an_n_gram_is_a_distribution_and_matches_witten_and_bell(order):
    model = ngrams.NGram(order, TEXT)

    def by_hand(letter, context):
        chance = 1 / len(set(TEXT))
        for length in range(min(order - 1, len(context)) + 1):
            part = context[len(context) - length :]
            after = [TEXT[i + length] for i in range(len(TEXT) - length) if TEXT[i : i + length] == part]
            if after:
                chance = (after.count(letter) + len(set(after)) * chance) / (len(after) + len(set(after)))
        return chance

    for context in ("", "t", "the ", "zzz", "h the"):
        assert sum(model.probability(letter, context) for letter in set(TEXT)) == pytest.approx(1)
        for letter in "theq":
            assert model.probability(letter, context) == pytest.approx(by_hand(letter, context))
    costs = model.bits("mat", context="the ")
    assert costs == pytest.approx(
        [-math.log2(model.probability(x, c)) for x, c in [("m", "the "), ("a", "the m"), ("t", "the ma")]]
    )


def test_n_grams_refuse():
    for wrong in (
        {"order": 0, "text": "a"},
        {"order": 2, "text": ""},
        {"order": 1, "text": "ab", "alphabet": "a"},
    ):
        with pytest.raises(ValueError):
            ngrams.NGram(**wrong)
    for call, named in [
        (lambda: ngrams.NGram(2, 5), "text"),
        (lambda: ngrams.NGram(2, ["a"]), "text"),
        (lambda: ngrams.NGram(2, "ab", 0), "alphabet"),
        (lambda: ngrams.NGram(2, "ab").bits(3), "text"),
        (lambda: ngrams.NGram(2, "ab").bits("a", None), "context"),
    ]:
        with pytest.raises(ValueError, match=rf"\({named}\) is \w+; expected a text, such as 'abab'"):
            call()
