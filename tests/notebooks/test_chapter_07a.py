"""What chapter 07a defines, against other libraries and finite differences; and a recorded point, run again."""

import ast

import chapter_code
import keras
import numpy as np
import pytest
import tensorflow as tf

from dlcourse import datasets, models, recording, training
from dlcourse.datasets import windows
from dlcourse.experiments import recurrent_memory
from dlcourse.measured import Measured
from dlcourse.training import objectives


def _is_languages(statement):
    return isinstance(statement, ast.Assign) and getattr(statement.targets[0], "id", "") == "LANGUAGES"


@pytest.fixture(scope="module")
def chapter():
    return chapter_code.definitions("07a", also=_is_languages)


@pytest.mark.parametrize("steps, features, units", [(1, 1, 1), (6, 2, 3), (20, 5, 8)])
def test_cells_by_hand_are_keras_cells(chapter, steps, features, units):
    x = np.random.default_rng(0).standard_normal((2, steps, features)).astype("float32")
    for layer, step, states in [
        (keras.layers.SimpleRNN, chapter.simple_step, 1),
        (keras.layers.LSTM, chapter.lstm_step, 2),
        (keras.layers.GRU, chapter.gru_step, 1),
    ]:
        by_keras = chapter.with_random_weights(layer(units, return_sequences=True), features, seed=steps)
        assert all(np.abs(weight).max() > 0 for weight in by_keras.get_weights())
        by_hand = chapter.run(step, x, by_keras.get_weights(), states)
        np.testing.assert_allclose(by_hand, by_keras(x), atol=2e-5)


def test_keras_fit_the_loop_and_training_fit_end_with_the_same_weights(chapter):
    random = np.random.default_rng(0)
    x = random.integers(1, 12, (96, 7)).astype("int32")
    x[np.arange(7) >= random.integers(2, 8, 96)[:, None]] = 0
    y = random.integers(0, 3, 96)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)

    def trained(how, order):
        batches = tf.data.Dataset.from_tensor_slices((x[order], y[order])).batch(32)
        model, adam = chapter.language_reader(12, 3, units=5), keras.optimizers.Adam(0.01)
        if how == "keras":
            model.compile(adam, loss)
            model.fit(batches, shuffle=False, verbose=0)
        elif how == "loop":
            chapter.train_by_loop(model, loss, adam, batches)
        else:
            start = model.get_weights()
            model = models.recurrent((None,), 3, cell="gru", units=(5,), tokens=12, masking=True)
            model.set_weights(start)
            training.fit(model, objectives.classification(), batches, epochs=1, optimizer=adam)
        return np.concatenate([weight.ravel() for weight in model.get_weights()])

    by_keras = trained("keras", np.arange(96))
    for how in ("loop", "fit"):
        np.testing.assert_allclose(trained(how, np.arange(96)), by_keras, atol=2e-4)
    assert (
        np.abs(trained("loop", np.arange(96)[::-1]) - by_keras).max() > 2e-3
    )  # in another order they differ


def test_snippets_come_from_their_book_and_tests_from_its_end(chapter):
    texts, numbers = chapter.snippets("train", 20, seed=3, longest=40)
    new, _ = chapter.snippets("test", 20, seed=3, longest=40)
    assert sorted(numbers) == sorted(list(range(6)) * 20)
    books = {name: " ".join(datasets.texts.read(name).split()) for name in chapter.LANGUAGES}
    cuts = {name: int(0.8 * len(book)) for name, book in books.items()}
    names = [chapter.LANGUAGES[number] for number in numbers]
    assert all(text in books[name][: cuts[name]] for text, name in zip(texts, names, strict=True))
    ends = [book[cuts[name] :] for name, book in books.items()]
    assert all(any(text in end for end in ends) for text in new)
    assert {len(text) for text in texts} <= set(range(10, 41)) and len({len(text) for text in texts}) > 10


def test_tokens_are_those_of_the_text(chapter):
    assert chapter.tokens(["Ab, ab C!"]) == ["ab", "ab", "c"]
    assert chapter.tokens(["Ab C!"], standardize=None) == ["Ab", "C!"]
    assert chapter.tokens(["Ab c"], standardize="lower", split="character") == ["a", "b", " ", "c"]


@pytest.mark.parametrize("steps, features, units", [(1, 2, 3), (5, 1, 2), (9, 3, 4)])
def test_the_gradient_through_time_is_that_of_finite_differences(chapter, steps, features, units):
    random = np.random.default_rng(steps)
    x, v = random.standard_normal((steps, features)), random.standard_normal(units)
    kernel, recurrent, bias = (
        random.standard_normal(shape) for shape in [(features, units), (units, units), (units,)]
    )

    def loss(recurrent):
        h = np.zeros(units)
        for now in x:
            h = np.tanh(now @ kernel + h @ recurrent + bias)
        return h @ v

    found = chapter.through_time_by_hand(x, (kernel, recurrent, bias), v, steps)
    for position in np.ndindex(recurrent.shape):
        change = np.zeros_like(recurrent)
        change[position] = 1e-6
        numeric = (loss(recurrent + change) - loss(recurrent - change)) / 2e-6
        assert found[position] == pytest.approx(numeric, abs=1e-7)


def test_years_turn_and_splits_stay_apart(chapter):
    dates = np.array(["2012-01-01", "2012-07-01", "2013-01-01"], "datetime64[D]")
    np.testing.assert_allclose(chapter.year_angle(dates), [0, 2 * np.pi * 182 / 365.25, 0])
    co2 = datasets.series.read("co2")
    air = co2["co2"]
    filled = windows.fill_forward(air)[:, None]
    train, validation, test = chapter.splits(co2, filled, air, 56, 26, "1986", "1991")
    targets = [set((part.origins[:, None] + np.arange(1, 27)).ravel()) for part in (train, validation, test)]
    assert not targets[0] & targets[1] and not targets[1] & targets[2]
    assert str(co2.dates[max(targets[0])]) < "1986" <= str(co2.dates[min(targets[1])])
    assert str(co2.dates[max(targets[1])]) < "1991" <= str(co2.dates[min(targets[2])])


def test_a_map_judges_a_seed_at_the_rate_that_is_better_for_the_others(chapter):
    recorded = {"adding 5, gru, 0.003": [1.0, 0.0], "adding 5, gru, 0.01": [0.95, 0.91]}
    assert chapter.judged_by_the_others(recorded, "adding", 5, "gru").tolist() == [0.95, 0.0]
    assert chapter.solved_map(recorded, "adding", [5], cells=["gru"]) == {"gru": [[True, False]]}


def test_the_control_has_the_same_largest_singular_values_and_another_spectral_radius(chapter):
    kernels = np.random.default_rng(0).standard_normal((2, 9, 9))
    symmetric = chapter.symmetric_kernels(kernels)
    np.testing.assert_allclose(symmetric, symmetric.transpose(0, 2, 1))
    singular = [np.linalg.svd(each, compute_uv=False)[:, 0] for each in (kernels, symmetric)]
    np.testing.assert_allclose(*singular)
    radii = [np.abs(np.linalg.eigvals(each)).max(axis=1) for each in (kernels, symmetric)]
    np.testing.assert_allclose(radii[1], singular[1])
    assert (radii[0] < 0.95 * radii[1]).all()


def test_letters_are_the_same_in_three_orders_and_only_the_earlier_ones_move(chapter):
    codes = np.arange(500)
    orders, following = chapter.draw(codes, 200, seed=0, length=6, stay=2)
    in_order, stay, shuffled = (orders[name] for name in ("in order", "last two stay", "shuffled"))
    np.testing.assert_array_equal(in_order, in_order[:, :1] + np.arange(6))
    np.testing.assert_array_equal(following, in_order[:, -1] + 1)
    for other in (stay, shuffled):
        np.testing.assert_array_equal(np.sort(other, axis=1), in_order)
    np.testing.assert_array_equal(stay[:, -2:], in_order[:, -2:])
    assert (stay[:, :4] != in_order[:, :4]).any() and (shuffled[:, -2:] != in_order[:, -2:]).any()
    inputs = chapter.by_network(orders, seeds=2)
    assert inputs.shape == (200, 6, 6)
    np.testing.assert_array_equal(inputs[:, 4], shuffled)


def test_words_are_counted_over_all_texts_and_a_cut_off_word_is_left_out(chapter):
    texts = ["a dog a ca", "zzz dog x"]
    assert chapter.share_known(texts, {"a", "dog"}) == 4 / 5
    assert chapter.share_different(texts) == 3 / 5


def test_outcomes(chapter):
    assert chapter.outcome(0.1, 0.2) == "the network wins"
    assert chapter.outcome(-0.2, -0.1) == "the network loses"
    assert chapter.outcome(-0.1, 0.1) == "undecided"


@pytest.mark.slow
def test_a_recorded_learning_rate_is_measured_again():
    study = chapter_code.study("ch07_rates")
    recorded = recording.load("ch07_rates")
    anew = Measured(study.scores("copying", 20, 300, "simple", 1.5e-3).tolist())
    assert abs(anew.mean - np.mean(recorded["copying 20, simple, 0.0015"])) < 0.05
    assert anew.mean > np.max(recorded["copying 20, gaussian, 0.00075"])  # so the test can fail


@pytest.mark.slow
def test_a_recorded_memory_is_measured_again():
    study = chapter_code.study("ch07_memory")
    recorded = recording.load("ch07_memory")
    options = {"steps": study.STEPS["recall"], "learning_rate": 0.01}
    anew = Measured(recurrent_memory.scores("recall", "simple", 3, **options))
    found = Measured(recorded["recall 3, simple, 0.01"])
    assert found.low - 0.05 <= anew.mean <= found.high + 0.05
    assert not anew.low <= np.mean(recorded["recall 3, lstm, 0.01"]) <= anew.high  # so the test can fail
