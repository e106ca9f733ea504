"""What chapter 08b defines: three trainings that end alike, and the judge of its exercises."""

import chapter_code
import keras
import numpy as np
import pytest
import tensorflow as tf

from dlcourse import exercises, training
from dlcourse.from_scratch import random_field
from dlcourse.training import objectives


@pytest.fixture(scope="module")
def chapter():
    return chapter_code.definitions("08b")


def test_keras_the_loop_and_fit_end_alike(chapter):
    rng = np.random.default_rng(0)
    x = rng.integers(1, 9, (40, 40)).astype("int32")
    y = rng.integers(0, 4, (40, 40)).astype("int32")
    x[10:20, 25:], y[10:20, 25:] = 0, -1
    start = chapter.with_field(9).get_weights()

    def trained(how):
        model, adam = chapter.with_field(9), keras.optimizers.Adam(0.01)
        model.set_weights(start)
        if how == "keras":
            model.compile(adam, model.layers[-1].loss)
            model.fit(x, y, batch_size=10, shuffle=False, verbose=0)
        elif how == "loop":
            for first in range(0, 40, 10):
                chapter.train_step(model, adam, x[first : first + 10], y[first : first + 10])
        else:
            batches = tf.data.Dataset.from_tensor_slices((x, y)).batch(10)
            training.fit(model, objectives.crf(), batches, epochs=1, optimizer=adam)
        return np.concatenate([weight.ravel() for weight in model.get_weights()])

    by_keras = trained("keras")
    for how in ("loop", "fit"):
        np.testing.assert_allclose(trained(how), by_keras, atol=5e-4)
    assert np.abs(by_keras - np.concatenate([weight.ravel() for weight in start])).max() > 0.01


def test_labels_contradict_each_other(chapter):
    b, m, e, s = range(4)
    assert not chapter.contradicts(np.array([b, m, e, s, b, e, -1, -1]))
    for broken in ([b, b, e], [m, e], [b, m], [s, e], [b, e, m, e]):
        assert chapter.contradicts(np.array(broken)), broken


def one_of(logits, rng):
    return int(rng.choice(len(logits), p=np.exp(logits - np.logaddexp.reduce(logits))))


def good(scores, transitions, rng):
    path, after = [], 0.0
    for row in random_field.forward(scores, transitions)[::-1]:
        path.append(one_of(row + after, rng))
        after = transitions[:, path[-1]]
    return path[::-1]


def each_by_itself(scores, transitions, rng):
    return [one_of(np.log(row), rng) for row in random_field.marginals(scores, transitions)]


def from_left(scores, transitions, rng):
    path = [one_of(scores[0], rng)]
    for now in scores[1:]:
        path.append(one_of(transitions[path[-1]] + now, rng))
    return path


def without_what_came_after(scores, transitions, rng):
    return [one_of(row, rng) for row in random_field.forward(scores, transitions)]


def in_plain_numbers(scores, transitions, rng):
    table = [np.exp(scores[0])]
    for now in scores[1:]:
        table.append(np.exp(now) * (table[-1] @ np.exp(transitions)))
    path, after = [], 1.0
    for row in table[::-1]:
        weights = row * after
        path.append(int(rng.choice(len(row), p=weights / weights.sum())))
        after = np.exp(transitions)[:, path[-1]]
    return path[::-1]


def listing(scores, transitions, rng):
    paths, totals = random_field.every_path(scores, transitions)
    return paths[one_of(totals, rng)]


@pytest.mark.filterwarnings("ignore:overflow", "ignore:invalid value")
@pytest.mark.parametrize(
    "answer, says",
    [
        (lambda u, a, rng: random_field.best_path(u, a), "the same path each time"),
        (lambda u, a, rng: good(u, a, np.random.default_rng(0)), "the same path each time"),
        (lambda u, a, rng: good(u, a, np.random.default_rng()), "Generators of the same seed"),
        (each_by_itself, "drawn by itself"),
        (from_left, "from left to right"),
        (without_what_came_after, "not as often as"),
        (lambda u, a, rng: good(u, a.T, rng), "turned round"),
        (lambda u, a, rng: good(u, 0 * a, rng), "don't count yet"),
        (lambda u, a, rng: good(u, a, rng)[::-1], "the wrong way round"),
        (in_plain_numbers, "Stay in logarithms"),
        (listing, "Called with 300 places"),
        (lambda u, a, rng: u, "4 labels"),
        (lambda u: [0, 1, 0, 1], "stops with TypeError"),
        (3.0, "a function of scores"),
    ],
)
def test_the_judge_of_exercise_4_sees_what_is_wrong(answer, says):
    assert says in exercises.find("08b.4").judge(answer)


def test_the_judge_of_exercise_4_takes_what_is_right():
    assert exercises.find("08b.4").judge(good) is None
    assert exercises.find("08b.4").judge(lambda u, a, rng: np.array(good(u, a, rng))) is None
