"""What chapter 08b defines: three trainings that end alike, and the judge of its exercises."""

import itertools

import chapter_code
import keras
import numpy as np
import pytest
import tensorflow as tf

from dlcourse import exercises, training
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


def good(scores, transitions):
    table = scores[0]
    for now in scores[1:]:
        table = now + np.logaddexp.reduce(table[:, None] + transitions, axis=0)
    return np.logaddexp.reduce(table)


def in_plain_numbers(scores, transitions):
    table = np.exp(scores[0])
    for now in scores[1:]:
        table = np.exp(now) * (table @ np.exp(transitions))
    return np.log(table.sum())


def with_maxima(scores, transitions):
    table = scores[0]
    for now in scores[1:]:
        table = now + (table[:, None] + transitions).max(axis=0)
    return table.max()


def listing(scores, transitions):
    paths = np.array(list(itertools.product(range(scores.shape[1]), repeat=len(scores))))
    totals = scores[np.arange(len(scores)), paths].sum(axis=1)
    return np.logaddexp.reduce(totals + transitions[paths[:, :-1], paths[:, 1:]].sum(axis=1))


def up_to_20_places(scores, transitions):
    if len(scores) > 20:
        raise MemoryError("too many")
    return good(scores, transitions)


@pytest.mark.filterwarnings("ignore:overflow")
@pytest.mark.parametrize(
    "answer, says",
    [
        (lambda u, a: np.exp(good(u, a)), "Its logarithm"),
        (with_maxima, "a maximum stands"),
        (lambda u, a: good(u, a.T), "turned round"),
        (lambda u, a: good(u, 0 * a), "transitions don't count"),
        (lambda u, a: good(u[1:], a) if len(u) > 1 else good(u, a), "first place's"),
        (in_plain_numbers, "stay in logarithms"),
        (lambda u, a: good(u, a) + 1, "try one place"),
        (lambda u, a: u, "one number"),
        (lambda u: 1.0, "stops with TypeError"),
        (3.0, "a function of scores"),
        (listing, "lists the paths"),
        (up_to_20_places, "stops with MemoryError"),
    ],
)
def test_the_judge_of_exercise_4_sees_what_is_wrong(answer, says):
    assert says in exercises.find("08b.4").judge(answer)


def test_the_judge_of_exercise_4_takes_what_is_right():
    assert exercises.find("08b.4").judge(good) is None
    assert exercises.find("08b.4").judge(lambda u, a: np.array([good(u, a)])) is None
