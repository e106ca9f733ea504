"""What chapter 07b defines, its shipped networks, and its exercises' judge."""

import chapter_code
import keras
import numpy as np
import pytest
import tensorflow as tf
import three_fits

from dlcourse import exercises, models, recording, training
from dlcourse.experiments import language_models
from dlcourse.metrics import language
from dlcourse.training.objectives import sequences

STUDIES = {
    "italian_gated": "ch07b_books",
    "italian_transformer": "ch07b_books",
    "italian_fifth": "ch07b_sizes",
    "chinese_gated": "ch07b_chinese",
}


@pytest.fixture(scope="module")
def chapter():
    return chapter_code.definitions("07b")


def shapes(model):
    return [tuple(weight.shape) for weight in model.weights]


def some(rows, steps, symbols=80, seed=0):
    return np.random.default_rng(seed).integers(0, symbols, (rows, steps)).astype("int32")


@pytest.mark.parametrize(
    ("in_view", "shipped"),
    [("gated_network", language_models.gated_network), ("transformer", language_models.transformer)],
)
def test_the_networks_in_view_are_those_that_are_shipped(chapter, in_view, shipped):
    own, theirs = getattr(chapter, in_view)(80), shipped(80)
    assert shapes(own) == shapes(theirs)
    own.set_weights(theirs.get_weights())
    x = some(2, 40)
    np.testing.assert_allclose(own(x), theirs(x), atol=1e-5)


def test_keras_fit_the_loop_and_training_fit_end_with_the_same_weights(chapter):
    x, y = some(48, 12, 9), some(48, 12, 9, seed=1)

    def build():
        return chapter.gated_network(9, units=8, dropout=(0.0, 0.0))

    start = build().get_weights()
    three_fits.end_alike(build, start, chapter.step, sequences.sequence_classification(), x, y, 16)


def test_a_stream_in_pieces_is_the_text_in_one_go():
    model = language_models.gated_network(9, units=8, width=4)
    stream, x = language_models.streaming(model), tf.constant(some(3, 30, 9))
    first, state = stream([x[:, :11], tf.zeros((3, 8))])
    second, _ = stream([x[:, 11:], state])
    np.testing.assert_allclose(np.concatenate([first, second], axis=1), model(x), atol=1e-5)


def test_a_text_in_pieces_has_the_same_outputs_and_another_gradient(chapter):
    model = language_models.gated_network(9, units=8, width=4, dropout=(0.0, 0.0))
    stream, text = language_models.streaming(model), tf.constant(some(4, 21, 9))
    (whole, gradient), (pieces, cut) = (chapter.by_piece(stream, text, n) for n in (1, 2))
    np.testing.assert_allclose(pieces, whole, atol=1e-5)
    assert np.linalg.norm(cut - gradient) > 1e-3 * np.linalg.norm(gradient)
    with tf.GradientTape() as tape:
        logits = model(text[:, :-1])
        loss = tf.reduce_mean(
            tf.nn.sparse_softmax_cross_entropy_with_logits(labels=text[:, 1:], logits=logits)
        )
    right = [tf.convert_to_tensor(g).numpy().ravel() for g in tape.gradient(loss, model.trainable_variables)]
    np.testing.assert_allclose(np.sort(gradient), np.sort(np.concatenate(right)), atol=1e-5)


def test_a_truncated_step_lowers_the_loss_and_hands_its_state_on(chapter):
    model = language_models.gated_network(9, units=8, width=4, dropout=(0.0, 0.0))
    stream, adam = language_models.streaming(model), keras.optimizers.Adam(0.01)
    adam.build(stream.trainable_variables)
    text, zeros = tf.constant(some(4, 11, 9)), tf.zeros((4, 8))
    losses = [float(chapter.truncated_step(stream, adam, text, zeros)[1]) for _ in range(20)]
    assert losses[-1] < losses[0]
    ended, _ = chapter.truncated_step(stream, adam, text, zeros)
    assert ended.shape == (4, 8)


@pytest.mark.parametrize(("length", "window"), [(40, 8), (64, 16), (33, 16), (20, 32)])
def test_windows_charge_every_character_once_and_from_half_a_window_at_least(length, window):
    keras.utils.set_random_seed(0)
    model = models.causal_transformer(9, longest=window, width=8, heads=2, blocks=1)
    rows = some(2, length, 9)
    found = language_models.bits(model, rows, window, free=5)
    assert found.shape == (2, length - 5)
    for place in range(5, length):
        first = 0 if place <= window else (place - 1 - window // 2) // (window // 2) * (window // 2)
        read = rows[:, first:place]
        assert first == 0 or window // 2 <= read.shape[1] <= window
        right = language.bits(np.asarray(model(read))[:, -1], rows[:, place])
        np.testing.assert_allclose(found[:, place - 5], right, atol=1e-4)


def test_no_passage_of_a_book_is_in_its_training_text():
    for name, symbols in (("italian", 80), ("english", 67), ("chinese", 3_915)):
        book = language_models.book(name)
        assert len(book.alphabet) == symbols and book.test.shape == book.validation.shape
        text = book.text(book.training)
        held = [book.text(row) for row in (*book.test, *book.validation)]
        assert len(set(held)) == len(held) and not any(passage[:200] in text for passage in held)


def test_shipped_networks_are_those_that_were_recorded():
    for kind, study in STUDIES.items():
        networks, recorded = language_models.shipped(kind, study), recording.load(study)
        assert len(networks) >= 3
        for seed in networks:
            assert language_models.file(kind, seed).stat().st_size < 1_000_000
        setting = language_models.SETTINGS[kind]
        book = language_models.book(setting.book)
        paid = language_models.bits(networks[0], book.validation[:18], setting.window).mean()
        # all Chinese passages, a third of the Italian ones
        assert abs(paid - recorded[f"{kind}, seed 0"]["validation"]) < 0.25
    with pytest.raises(ValueError, match="expected one of italian_gated"):
        language_models.shipped("latin", "ch07b_books")


def test_small_networks_give_what_was_recorded_of_them():
    rows, recorded = language_models.book("italian").validation, recording.load("ch07b_truncation")
    for piece in language_models.TRUNCATIONS:
        networks = language_models.truncated(piece)
        assert list(networks) == list(range(5))
        paid = language.bits(np.asarray(networks[3](rows[:, :-1]))[:, 99:], rows[:, 100:]).mean()
        assert abs(paid - recorded[f"{piece}, validation"][3]) < 0.01
    with pytest.raises(ValueError, match="it has 2, 10, 50"):
        language_models.truncated(7)


@pytest.mark.parametrize(("kind", "count"), [("italian_fifth", 5), ("chinese_half", 2), ("italian_gated", 1)])
def test_parts_of_a_text_have_nothing_in_common(kind, count):
    whole = language_models.book(kind.split("_")[0]).training
    parts = [language_models.text_of(kind, seed) for seed in range(count)]
    assert 0 <= len(whole) - sum(map(len, parts)) < count
    np.testing.assert_array_equal(np.concatenate(parts), whole[: sum(map(len, parts))])
    np.testing.assert_array_equal(language_models.text_of(kind, count), parts[0])


def test_networks_in_turn_give_what_each_gives_and_keep_their_weights():
    networks = {seed: language_models.gated_network(9, units=8, width=4) for seed in (3, 1, 2)}
    before, x = {seed: network.get_weights() for seed, network in networks.items()}, some(2, 12, 9)

    def measured(network):
        return language_models.logits(network, x)

    found = language_models.in_turn(networks, measured)
    assert list(found) == [3, 1, 2]
    place = language_models.gated_network(9, units=8, width=4)
    own = place.get_weights()
    elsewhere = language_models.in_turn(networks, measured, place)
    for seed in networks:
        np.testing.assert_array_equal(found[seed], elsewhere[seed])
    np.testing.assert_array_equal(place.get_weights()[0], own[0])
    for seed, network in networks.items():
        np.testing.assert_allclose(found[seed], training.predict(network, x), atol=1e-5)
        for weight, old in zip(network.get_weights(), before[seed], strict=True):
            np.testing.assert_array_equal(weight, old)


def test_a_network_that_reads_on_learns_a_text_that_repeats_itself():
    text = np.tile(np.arange(6, dtype="int32"), 200)
    keras.utils.set_random_seed(0)
    model = language_models.gated_network(6, units=12, width=6, dropout=(0.0, 0.0), fused=True)
    before, seen = language_models.bits(model, text[None, :60], free=10).mean(), []
    language_models.read_on(
        model, text, readings=12, seed=0, piece=8, rows=4, peak=0.05, after_each=seen.append
    )
    assert seen == list(range(12))
    assert language_models.bits(model, text[None, :60], free=10).mean() < 0.2 < 2 < before


def test_a_text_too_short_to_read_on_says_how_long_it_must_be():
    model = language_models.gated_network(6, units=4, width=2)
    with pytest.raises(ValueError, match="need 36 or more"):
        language_models.read_on(model, np.zeros(35, "int32"), readings=1, seed=0, piece=8, rows=4)


def test_the_mixture_of_a_model_with_itself_is_the_model(chapter):
    bits = np.random.default_rng(0).exponential(size=20)
    np.testing.assert_allclose(chapter.mixed(bits, bits), bits)
    mixed = chapter.mixed(np.array([1.0]), np.array([2.0]))
    np.testing.assert_allclose(mixed, -np.log2((0.5 + 0.25) / 2))


def test_attention_by_hand_in_the_chapter(chapter):
    """Scores 0 and ln 3 make weights 1/4 and 3/4, values 8 and 4 the mean 5."""
    q, k = np.array([[0.0], [1.0]]), np.array([[0.0], [np.log(3)]])
    y, weights = chapter.attention(q, k, np.array([[8.0], [4.0]]), np.tril(np.ones((2, 2), bool)))
    np.testing.assert_allclose(weights, [[1, 0], [0.25, 0.75]])
    np.testing.assert_allclose(y, [[8], [5]])


def test_sharpened_probabilities(chapter):
    p = np.array([[0.5, 0.25, 0.25]])
    np.testing.assert_allclose(chapter.sharpened(p, 1), p)
    np.testing.assert_allclose(chapter.sharpened(p, 0.5), [[4 / 6, 1 / 6, 1 / 6]])


def test_drawing_takes_what_is_chosen(chapter):
    """Where only the likeliest may be drawn, every row is the greedy continuation."""
    model = language_models.gated_network(9, units=8, width=4)
    start = np.array([1, 2, 3], "int32")

    def likeliest(p):
        return np.eye(9)[p.argmax(axis=1)]

    drawn = chapter.draw(model, start, 6, likeliest, rows=2)
    text = list(start)
    for _ in range(6):
        text.append(int(np.asarray(model(np.array([text], "int32")))[0, -1].argmax()))
    np.testing.assert_array_equal(drawn, [text[3:]] * 2)


def causal(*dilations, kernel=2, padding="causal"):
    layers = [
        keras.layers.Conv1D(16, kernel, dilation_rate=dilation, padding=padding) for dilation in dilations
    ]
    return keras.Sequential(
        [
            keras.Input((None,), dtype="int32"),
            keras.layers.Embedding(30, 8),
            *layers,
            keras.layers.Dense(30),
        ]
    )


@pytest.mark.parametrize(
    ("build", "said"),
    [
        (lambda: causal(1, kernel=33, padding="same"), "looks ahead"),
        (lambda: causal(1, 2, 4), "far enough"),
        (lambda: causal(5, 10), "a gap"),
        (lambda: causal(15), "a gap"),
        (lambda: keras.Sequential([keras.layers.Dense(30)]).name, "Keras model"),
        (
            lambda: keras.Sequential(
                [
                    keras.Input((None,), dtype="int32"),
                    keras.layers.Embedding(30, 8),
                    keras.layers.GRU(8, return_sequences=True),
                    keras.layers.Dense(30),
                ]
            ),
            "Without recurrence",
        ),
    ],
)
def test_the_judge_of_exercise_3_sees_what_is_wrong(build, said):
    assert said in exercises.find("07b.3").judge(build())


def test_the_judge_of_exercise_3_takes_what_is_right():
    assert exercises.find("07b.3").judge(causal(1, 2, 4, 8)) is None
