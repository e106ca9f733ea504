"""Translators: what they see and what they don't; greedy and beam search against enumeration; attention's weights."""

import itertools

import keras
import numpy as np
import pytest
import tensorflow as tf
from scipy import special

from dlcourse import models, training
from dlcourse.datasets.numerals import BEGIN, END, PAD
from dlcourse.models import decoding, translators

BUILD = {
    "dot": lambda: models.recurrent_translator(9, 6, width=8),
    "additive": lambda: models.recurrent_translator(9, 6, width=8, attention="additive"),
    "one vector": lambda: models.recurrent_translator(9, 6, width=8, attention=None),
    "transformer": lambda: models.translating_transformer(9, 6, width=8, heads=2, blocks=2, longest=12),
}


@pytest.fixture(scope="module", params=BUILD)
def model(request):
    keras.utils.set_random_seed(3)
    built = BUILD[request.param]()
    built.set_weights(
        [2.5 * weight for weight in built.get_weights()]
    )  # so that all signs aren't nearly alike
    return built


def sides(seed=0, n=6, m=5):
    random = np.random.default_rng(seed)
    return random.integers(1, 9, (2, n)).astype("int32"), random.integers(1, 6, (2, m)).astype("int32")


def logits(model, x, y):
    return np.asarray(model([x, y], training=False))


def test_a_later_sign_changes_no_earlier_logits_and_every_word_is_read(model):
    x, y = sides()
    before = logits(model, x, y)
    assert before.shape == (2, 5, 6)
    for place in range(5):
        other = y.copy()
        other[:, place] = other[:, place] % 5 + 1
        moved = np.abs(logits(model, x, other) - before).max(axis=(0, 2))
        assert (moved[:place] < 1e-5).all() and moved[place] > 1e-5
    for place in range(6):
        other = x.copy()
        other[:, place] = other[:, place] % 8 + 1
        assert np.abs(logits(model, other, y) - before).max() > 1e-6


def test_padding_changes_nothing(model):
    x, y = sides()
    np.testing.assert_allclose(logits(model, np.pad(x, ((0, 0), (0, 4))), y), logits(model, x, y), atol=1e-4)


def test_without_positions_a_transformer_reads_a_bag_of_words():
    x, y = sides()
    for positions in (False, True):
        keras.utils.set_random_seed(0)
        model = models.translating_transformer(9, 6, width=8, heads=2, blocks=2, positions=positions)
        same = np.allclose(logits(model, x[:, ::-1].copy(), y), logits(model, x, y), atol=1e-5)
        assert same != positions


def all_texts(longest):
    """Every answer of at most so many symbols, ``END`` last or cut off: int32 (texts, longest)."""
    found = []
    for length in range(1, longest + 1):
        for text in itertools.product(range(6), repeat=length):
            cut = length == longest and END not in text
            if PAD not in text and (cut or (text[-1] == END and END not in text[:-1])):
                found.append([*text, *[PAD] * (longest - length)])
    return np.array(found, "int32")


def test_a_beam_that_keeps_everything_finds_the_likeliest_answer_of_all(model):
    model_of = unpadded(model)
    x, _ = sides()
    texts = all_texts(3)
    for row in range(2):
        each = translators.log_probability(model_of, np.repeat(x[[row]], len(texts), axis=0), texts)
        found = translators.answers(model_of, x[[row]], 3, width=400)[0]
        np.testing.assert_array_equal(found, texts[each.argmax()])
        assert translators.log_probability(model_of, x[[row]], found[None])[0] == pytest.approx(
            each.max(), abs=1e-4
        )


def unpadded(model):
    """The same model, whose answers never hold ``PAD`` or ``BEGIN``: their logits are very low."""
    low = np.zeros(6, "float32")
    low[[PAD]] = -1e4
    return keras.Model(model.inputs, model.outputs[0] + low)


@pytest.mark.parametrize("width", [1, 3])
def test_many_at_once_are_what_a_search_for_each_finds(model, width):
    model = unpadded(model)
    x, _ = sides(1)
    found = translators.answers(model, x, 4, width)
    for row in range(2):

        def following(texts, row=row):
            read = np.pad(texts, ((0, 0), (0, 4 - texts.shape[1])))
            at = texts.shape[1] - 1
            each = special.log_softmax(
                logits(model, np.repeat(x[[row]], len(texts), axis=0), read)[:, at], axis=-1
            )
            ended = (texts[:, -1] == END) | (texts[:, -1] == PAD)
            return np.where(ended[:, None], np.where(np.arange(6) == PAD, 0.0, -1e9), each)

        best, _ = decoding.beam(following, [BEGIN], 4, width)
        np.testing.assert_array_equal(found[row], best)


def test_an_answer_is_written_until_it_ends_and_no_further(model):
    x, _ = sides(2)
    for row in translators.answers(model, x, 7):
        if END in row:
            assert (row[row.tolist().index(END) + 1 :] == PAD).all()


def test_log_probability_is_the_sum_of_each_sign_after_those_before(model):
    x, _ = sides()
    y = np.array([[3, 4, END, PAD], [5, 3, 4, END]], "int32")
    found = translators.log_probability(model, x, y)
    for row in range(2):
        total, read = 0.0, [BEGIN]
        for sign in y[row][y[row] != PAD]:
            total += special.log_softmax(logits(model, x[[row]], np.array([read], "int32"))[0, -1])[sign]
            read.append(sign)
        assert found[row] == pytest.approx(total, abs=1e-4)


def test_attention_weights_are_those_that_keras_layer_uses():
    keras.utils.set_random_seed(0)
    model = models.recurrent_translator(9, 6, width=8)
    x, y = sides()
    x[0, 4:] = PAD
    weights = translators.attended(model, x, y)
    np.testing.assert_allclose(weights.sum(axis=-1), 1, atol=1e-6)
    assert (weights[0, :, 4:] == 0).all()
    layer = model.get_layer("found")
    states, found = keras.Model(model.inputs, [layer.input[1], layer.output])(
        [x, translators.shifted(y).numpy()]
    )
    np.testing.assert_allclose(weights @ states.numpy(), found, atol=1e-5)


def test_the_objective_is_the_mean_of_minus_log_probability_per_sign(model):
    x, _ = sides()
    y = np.array([[3, 4, END, PAD], [5, 3, 4, END]], "int32")
    loss, metrics = training.objectives.translation()(model, (tf.constant(x), tf.constant(y)), False)
    assert float(loss) == pytest.approx(-translators.log_probability(model, x, y).sum() / 7, abs=1e-4)
    assert 0 <= float(metrics["whole"]) <= 1


@pytest.mark.parametrize(
    "call, message",
    [
        (lambda: models.recurrent_translator(9, 6, attention="hard"), "attention='hard'"),
        (lambda: models.recurrent_translator(9, 6, width=7), "even number"),
        (lambda: models.recurrent_translator(9, 0), "target_symbols"),
        (lambda: models.translating_transformer(9, 6, width=10, heads=4), "multiple of the heads"),
        (lambda: translators.answers(None, np.zeros((1, 2)), 0), "longest"),
    ],
)
def test_bad_input_is_said(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_bad_targets_are_said():
    objective, model, x = training.objectives.translation(), BUILD["dot"](), np.ones((2, 3), "int32")
    for y, message in [
        (np.ones((2, 3)), "whole numbers"),
        (np.array([[3, 9], [3, 2]]), "run from 2 to 9"),
        (np.array([[0, 3], [3, 2]]), "empty target"),
    ]:
        with pytest.raises(ValueError, match=message):
            objective.check(model, x, y)


def test_where_it_looks_is_what_its_own_attention_computes_and_none_is_refused():
    x, y = np.array([[3, 4, 5, 0]], "int32"), np.array([[6, 3, 2]], "int32")
    models_of = {
        kind: models.recurrent_translator(8, 8, width=8, attention=kind) for kind in ("additive", None)
    }
    weights = translators.attended(models_of["additive"], x, y)
    found = models_of["additive"].get_layer("found")
    query, states = keras.Model(models_of["additive"].inputs, found.input[:2])(
        [tf.constant(x), translators.shifted(tf.constant(y))]
    )
    sums = np.tanh(query.numpy()[:, :, None] + states.numpy()[:, None])
    scores = (sums * found.get_weights()[0]).sum(axis=-1)[:, :, :3]
    np.testing.assert_allclose(weights[:, :, :3], special.softmax(scores, axis=-1), atol=1e-5)
    assert np.all(weights[:, :, 3] == 0)
    with pytest.raises(ValueError, match="without attention"):
        translators.attended(models_of[None], x, y)
