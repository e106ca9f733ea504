"""What chapter 08c defines, its shipped networks, and its exercises' judge."""

import ast

import chapter_code
import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers

from dlcourse import exercises, models, recording, training
from dlcourse.datasets import numerals, speech
from dlcourse.experiments import spoken_digits, translation
from dlcourse.models import translators

SOURCE, TARGET = len(numerals.ENGLISH), len(numerals.CHINESE)


@pytest.fixture(scope="module")
def chapter():
    return chapter_code.definitions("08c", also=lambda node: ast.unparse(node).startswith("SOURCE, TARGET"))


def sides():
    random = np.random.default_rng(0)
    return random.integers(1, SOURCE, (2, 6)).astype("int32"), random.integers(1, TARGET, (2, 5)).astype(
        "int32"
    )


@pytest.mark.parametrize(
    "name, shipped, options",
    [
        ("translator", "text", {}),
        ("translator", "text_fixed", {"attention": False}),
        ("transformer", "text_transformer", {}),
    ],
)
def test_the_networks_in_view_are_those_that_are_shipped(chapter, name, shipped, options):
    in_view, own = getattr(chapter, name)(**options), translation.BUILD[shipped](1)
    in_view.set_weights(own.get_weights())
    x, y = sides()
    np.testing.assert_allclose(in_view([x, y]), own([x, y]), atol=1e-5)


def test_what_is_written_in_view_is_what_the_course_reads_off(chapter):
    model = translation.text_translator(2)
    x, _ = sides()
    written = chapter.write(model, x, 9)
    for row, other in zip(translators.answers(model, x, 9), written, strict=True):
        until = numerals.until_end(row)
        assert until == other[: len(until)].tolist()


def test_what_the_decoder_reads_in_view_is_what_the_objective_gives_it(chapter):
    _, y = sides()
    np.testing.assert_array_equal(chapter.before(y), translators.shifted(y))


def test_three_ways_of_training_end_with_the_same_weights(chapter):
    pairs = translation.text_pairs("train", 0, count=80)
    x, y = pairs.x[:60], pairs.y[:60]
    start = chapter.translator(width=16).get_weights()
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True, ignore_class=0)

    def trained(how):
        model, adam = chapter.translator(width=16), keras.optimizers.Adam(0.005)
        model.set_weights(start)
        if how == "keras":
            model.compile(adam, loss)
            model.fit([x, chapter.before(y)], y, batch_size=20, shuffle=False, verbose=0)
        elif how == "loop":
            adam.build(model.trainable_variables)
            for rows in np.arange(60).reshape(3, 20):
                chapter.step(model, adam, loss, [x[rows], chapter.before(y[rows])], y[rows])
        else:
            batches = tf.data.Dataset.from_tensor_slices((x, y)).batch(20)
            training.fit(model, training.objectives.translation(), batches, epochs=1, optimizer=adam)
        return np.concatenate([weight.ravel() for weight in model.get_weights()])

    by_keras = trained("keras")
    for how in ("loop", "course"):
        np.testing.assert_allclose(trained(how), by_keras, atol=5e-4)
    assert np.abs(by_keras - np.concatenate([weight.ravel() for weight in start])).max() > 0.01


def test_shipped_networks_translate_what_they_were_not_trained_on():
    """One of each file, on few examples; the chapter measures all."""
    pairs = translation.text_pairs("validation", 77, count=60)
    shares = {kind: translation.in_turn(kind, lambda network, seed: translators.exact(network, pairs.x, pairs.y))
              for kind in ("text", "text_fixed")}  # fmt: skip
    assert len(shares["text"]) == 5 and min(shares["text"]) > 0.9
    assert np.mean(shares["text_fixed"]) < np.mean(shares["text"])


def test_a_changed_file_of_weights_is_refused(monkeypatch):
    monkeypatch.setattr(recording, "load", lambda study: {"text, sha256": "0" * 64})
    with pytest.raises(ValueError, match="make bench STUDY=ch08c_text"):
        translation.shipped("text")
    with pytest.raises(ValueError, match="expected one of text"):
        translation.in_turn("texts", print)


def test_attention_is_in_time_where_it_looks_at_a_digit_while_it_is_said(chapter):
    numbers = np.array([305, 412])
    spans = np.array([[(0, 16), (16, 32), (32, 48), (0, 0)], [(0, 8), (8, 16), (16, 40), (0, 0)]])
    weights = np.zeros((2, 7, 6))
    # 三百零五 and 四百一十二: the state in whose frames a digit is said, of 8 frames each
    for row, sign, state in [(0, 0, 0), (0, 3, 5), (1, 0, 0), (1, 2, 1), (1, 4, 2)]:
        weights[row, sign, state] = 1
    assert chapter.in_time(numbers, spans, weights, False) == 1
    assert chapter.in_time(numbers, spans, weights, True) == 2 / 5  # both first digits, at 0 to 8 in either


def test_a_digits_word_and_one_beside_it_are_hidden_from_attention_alone(chapter, monkeypatch):
    pairs = translation.text_pairs("validation", 3, words=(2, 4), count=40)
    monkeypatch.setattr(chapter, "up_to_seven", lambda seed: pairs)
    on_word, without_word, without_other = translation.in_turn("text", chapter.looked_up)[0]
    assert min(on_word, without_other) > 0.9 and without_word < 0.3


def test_training_strings_say_what_their_numerals_say():
    train = spoken_digits.parts(0)[0]
    for x, y in translation.speech_batches(train.items, train.digits, 3, seed=1):
        said = [numerals.value(text) for text in numerals.read(y)]
        assert len(x) == len(y) and all(100 <= number <= 9_999 for number in said)


def test_spoken_numbers_leave_out_strings_that_begin_with_zero():
    strings = speech.Strings(np.zeros((3, 4, 13)), np.array([[1, 4, 6, 0], [4, 1, 6, 0], [2, 1, 1, 6]]), None)
    x, y, numbers = translation.spoken_numbers(strings)
    assert len(x) == 2 and numbers.tolist() == [305, 1_005]
    assert numerals.read(y) == ["三百零五", "一千零五"]


def test_windows_hold_eight_frames_each_and_lose_none():
    x = np.arange(2 * 13 * 13, dtype="float32").reshape(2, 13, 13)
    found = translation.windows(x).reshape(2, -1, 8, 13)
    for number in range(found.shape[1]):
        frames = [min(4 * number + step, 12) for step in range(8)]
        np.testing.assert_array_equal(found[:, number], x[:, frames])
    assert 4 * (found.shape[1] - 1) + 8 >= 13


def test_front_ends_learn_from_the_recordings_and_give_unit_deviation():
    items = spoken_digits.parts(0)[0].items[:60]
    pca = translation.front_end("pca", items)
    together = np.concatenate([pca(item[None])[0] for item in items])
    assert together.shape[1] == translation.LATENTS
    assert np.all(np.abs(together.std(axis=0)[:4] - 1) < 0.2)
    assert np.abs(np.corrcoef(together.T)[0, 1:4]).max() < 0.15


def test_principal_axes_have_a_sign_of_their_own(monkeypatch):
    items = spoken_digits.parts(0)[0].items[:60]
    before, solve = translation.front_end("pca", items), np.linalg.eigh
    monkeypatch.setattr(np.linalg, "eigh", lambda matrix: (solve(matrix)[0], -solve(matrix)[1]))
    after = translation.front_end("pca", items)
    np.testing.assert_allclose(after(items[0][None]), before(items[0][None]), atol=1e-4)


def test_what_does_not_fit_is_refused():
    assert translation.targets([305]).shape == (1, translation.LONGEST)
    with pytest.raises(ValueError, match="at most 8"):
        translation.targets([12_345])
    with pytest.raises(ValueError, match="expected one of frames"):
        translation.front_end("ica", [])
    with pytest.raises(ValueError, match="needs the trained VAE"):
        translation.front_end("vae", [])


def test_a_writer_that_knows_nothing_pays_more_than_the_source():
    model = translation.numeral_writer(0)
    _, new = translation.uniform_numbers(50, 0)
    assert translation.nats_above(model, new) > 1
    assert not set(new) & set(translation.uniform_numbers(50, 0)[0])
    texts = translation.written(model, 5, 0)
    assert len(texts) == 5 and texts != translation.written(model, 5, 1)


def test_exercise_3_tells_a_bag_of_words_from_what_knows_the_order():
    def bag(recurrent=False, mask=True, ahead=False, out=17, deaf=False):
        source, target = (keras.Input((None,), dtype="int32") for _ in range(2))
        there = keras.ops.not_equal(source, 0)
        states = layers.Embedding(34, 16)(source)
        states = layers.GRU(16, return_sequences=True)(states) if recurrent else states
        y = layers.Embedding(17, 16)(keras.ops.zeros_like(target) if deaf else target)
        y = layers.Bidirectional(layers.GRU(8, return_sequences=True))(y) if ahead else layers.GRU(
            16, return_sequences=True)(y)  # fmt: skip
        found = layers.Attention()([y, states], mask=[None, there] if mask else None)
        return keras.Model([source, target], layers.Dense(out)(layers.Concatenate()([y, found])))

    judge = exercises.find("08c.3").judge
    assert judge(bag()) is None
    for wrong, said in [
        (bag(recurrent=True), "in another order"),
        (bag(mask=False), "padding"),
        (bag(ahead=True), "looks ahead"),
        (bag(deaf=True), "doesn't read what was written"),
        (bag(out=16), "(1, 5, 17)"),
        (models.causal_transformer(34, width=8, heads=2, blocks=1), "1 inputs"),
        (3, "Keras model"),
    ]:
        assert said in judge(wrong)
