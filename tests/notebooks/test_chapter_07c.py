"""What chapter 07c defines, its shipped networks, and its exercises' judge."""

import chapter_code
import keras
import numpy as np
import pytest
import three_fits

from dlcourse import datasets, exercises, recording
from dlcourse.datasets import lines, strokes
from dlcourse.experiments import handwriting
from dlcourse.metrics import speech
from dlcourse.models import decoding
from dlcourse.training import objectives


@pytest.fixture(scope="module")
def chapter():
    return chapter_code.definitions("07c")


def shapes(model):
    return [tuple(weight.shape) for weight in model.weights]


def test_the_networks_in_view_are_those_that_are_shipped(chapter):
    random = np.random.default_rng(0)
    for name, x in [
        ("pen", random.normal(size=(3, 8, 4))),
        ("line", random.random((2, 32, 80, 1))),
    ]:
        in_view, shipped = (
            getattr(chapter, f"{name}_network")(),
            getattr(handwriting, f"{name}_network")(0),
        )
        assert shapes(in_view) == shapes(shipped)
        in_view.set_weights(shipped.get_weights())
        x = x.astype("float32")
        np.testing.assert_allclose(in_view(x), shipped(x), atol=1e-5)
    points = strokes.by_writers().train.x[:20]
    np.testing.assert_allclose(chapter.features(points), handwriting.pen_features(points), atol=1e-6)


def test_keras_fit_the_loop_and_training_fit_end_with_the_same_weights(chapter):
    random = np.random.default_rng(0)
    x = random.normal(size=(60, 8, 4)).astype("float32")
    y = np.repeat(random.integers(0, 10, (60, 1)), 8, axis=1)
    start = handwriting.pen_network(2).get_weights()
    three_fits.end_alike(
        chapter.pen_network, start, chapter.step, objectives.sequence_classification(), x, y, 20
    )


def test_a_rival_has_as_many_weights():
    pairs = (
        "writing",
        "writing_markov",
        "writing_second",
        "pen",
        "pen_dense",
        "lines",
        "lines_convolution",
    )
    size = {kind: handwriting.BUILD[kind](0).count_params() for kind in pairs}
    for rival in ("writing_markov", "writing_second"):
        assert abs(size["writing"] / size[rival] - 1) < 0.01
    assert abs(size["pen"] / size["pen_dense"] - 1) < 0.01
    assert abs(size["lines"] / size["lines_convolution"] - 1) < 0.01


def test_a_line_network_sees_the_whole_line_from_each_place():
    x = np.random.default_rng(0).random((1, 32, 160, 1)).astype("float32")
    other = x.copy()
    other[:, :, 80] += 1
    model = handwriting.line_network(0)
    moved = np.abs(np.asarray(model(other)) - np.asarray(model(x)))[0].max(axis=1) > 1e-9
    assert moved.shape == (40,) and moved.sum() > 30
    rival = handwriting.convolutional_line_network(
        0
    )  # sees 14 steps on either side, and what its first layers add
    moved = np.abs(np.asarray(rival(other)) - np.asarray(rival(x)))[0].max(axis=1) > 1e-9
    assert moved.shape == (40,) and 27 <= moved.sum() <= 33


def test_lines_with_clear_gaps_are_cut_where_their_digits_end(chapter):
    part = handwriting.lines_of("test", 40, 5, slant=0, noise=0, gap=(4, 8))
    counts = []
    for picture, said in zip(part.x[..., 0], part.digits(), strict=True):
        cut = chapter.pieces(picture)
        counts.append(len(cut) == len(said))
        whole = np.concatenate([piece.ravel() for piece in cut])
        assert whole.sum() == pytest.approx(picture[picture > 0.3].sum(), rel=0.02)
        for piece in cut:  # cropped: there is ink at each side
            assert min(piece[0].max(), piece[-1].max(), piece[:, 0].max(), piece[:, -1].max()) > 0.3
    assert np.mean(counts) > 0.9
    pictures = chapter.same_size(chapter.pieces(part.x[0, ..., 0]))
    assert chapter.upright(pictures).shape == (len(pictures), 28, 28)


def test_a_slanted_stroke_is_set_upright_in_the_middle(chapter):
    ink = np.zeros((32, 60))
    for row in range(6, 26):
        ink[row, 40 - row // 2 : 43 - row // 2] = 1
    found = chapter.upright(np.stack([ink, np.roll(ink, 5, axis=1)]))
    np.testing.assert_allclose(found[0], found[1], atol=1e-9)
    found = found[0]
    rows, columns = np.indices(found.shape)
    mass = found / found.sum()
    middle = (mass * rows).sum(), (mass * columns).sum()
    np.testing.assert_allclose(middle, 13.5, atol=0.3)
    assert abs((mass * (rows - middle[0]) * (columns - middle[1])).sum()) < 0.5
    assert found.sum() == pytest.approx(ink.sum(), rel=0.02)


def test_the_nearest_of_many_is_found_in_parts_too(chapter):
    random = np.random.default_rng(0)
    known, new, labels = random.random((30, 8, 2)), random.random((1_101, 8, 2)), np.arange(30)
    apart = np.linalg.norm((new[:, None] - known).reshape(len(new), 30, 16), axis=2)
    np.testing.assert_array_equal(chapter.nearest(known, labels, new), apart.argmin(axis=1))


def test_the_distance_to_the_nearest(chapter):
    random = np.random.default_rng(0)
    known, new = random.random((30, 8, 2)), random.random((7, 8, 2))
    apart = np.linalg.norm((new[:, None] - known).reshape(7, 30, 16), axis=2)
    np.testing.assert_allclose(chapter.distance_to_nearest(known, new), apart.min(axis=1) ** 2)


def test_halved_pictures_have_the_mean_of_four_pixels(chapter):
    pictures = np.random.default_rng(0).random((3, 28, 28))
    found = chapter.halved(pictures)
    assert found.shape == (3, 14, 14)
    assert found[1, 2, 5] == pytest.approx(pictures[1, 4:6, 10:12].mean())


def test_strokes_by_two_hands_are_told_apart_and_by_one_are_not(chapter):
    random = np.random.default_rng(0)
    one, same = random.random((2, 300, 8, 2))
    assert chapter.told_apart(one, one + 5) == 1
    assert abs(chapter.told_apart(one, same) - 0.5) < 0.08


def test_a_markov_network_knows_the_last_point_only():
    """The output at place t has points 0 to t - 1 before it; of these it may depend on the last one, or two."""
    random = np.random.default_rng(0)
    points, digits = random.random((4, 8, 2)), np.array([1, 2, 3, 4])
    changed = points.copy()
    changed[:, 2] = random.random((4, 2))
    for kind, places in [
        ("writing_markov", {3}),
        ("writing_second", {3, 4}),
        ("writing", {3, 4, 5, 6, 7}),
    ]:
        model = handwriting.BUILD[kind](0)
        one, two = (
            np.asarray(model(handwriting.writing_features(given, digits))) for given in (points, changed)
        )
        moved = np.abs(one - two).max(axis=(0, 2)) > 1e-7
        assert set(np.flatnonzero(moved)) == places


def test_what_a_writing_network_reads_says_what_is_wrong_with_its_input():
    points = np.zeros((2, 8, 2))
    for strokes_, digits, said in [
        (points[:, :, :1], [1, 2], "(n, points, 2)"),
        (np.zeros((2, 9, 2)), [1, 2], "at most 8"),
        (points, [1], "one digit"),
        (points, [1, 10], "one digit"),
        (points, [0.0, 1.0], "one digit"),
    ]:
        with pytest.raises(ValueError) as error:
            handwriting.writing_features(strokes_, digits)
        assert said in str(error.value)


def test_a_density_of_the_square_never_beats_its_whole_numbers():
    """Of strokes that are uniform on the whole numbers no model has fewer nats than 16 ln 101, on average."""
    random = np.random.default_rng(0)
    uniform = datasets.Split(
        (random.integers(0, 101, (400, 8, 2)) / 100).astype("float32"), np.zeros(400, int)
    )
    assert handwriting.nats(handwriting.shipped("writing")[0], uniform).mean() > 16 * np.log(101)


def test_what_is_written_is_a_stroke_in_its_square():
    network = handwriting.shipped("writing")[0]
    digits = np.repeat(np.arange(10), 2)
    one, same, other = (handwriting.write(network, digits, seed) for seed in (1, 1, 2))
    np.testing.assert_array_equal(one, same)
    assert one.shape == (20, 8, 2) and not np.array_equal(one, other)
    np.testing.assert_allclose(one.min(axis=1), 0, atol=1e-6)
    np.testing.assert_allclose(one.max(axis=1), 1, atol=1e-6)


def test_shipped_networks_are_those_that_were_recorded():
    for kind in handwriting.BUILD:
        networks = handwriting.shipped(kind)
        assert len(networks) == (2 if kind.endswith("_more") else 5)
        assert handwriting.file(kind).stat().st_size < 1_000_000
    with pytest.raises(ValueError, match="expected one of pen, "):
        handwriting.shipped("letters")


@pytest.mark.parametrize(("kind", "shape"), [("lines", (2, 32, 60, 1)), ("writing_second", (3, 5, 20))])
def test_functions_give_what_the_shipped_networks_give(kind, shape):
    x = np.random.default_rng(0).random(shape).astype("float32")
    networks, functions = handwriting.shipped(kind), handwriting.functions(kind)
    assert list(networks) == list(functions)
    for seed in (0, 4):
        np.testing.assert_allclose(functions[seed](x), networks[seed](x, training=False), atol=2e-5)
    with pytest.raises(ValueError, match="expected one of pen, "):
        handwriting.functions("letters")


def test_shipped_weights_give_what_their_studies_recorded():
    """Rounded to float16, they make at most a few validation digits' difference, or a tenth of a nat."""
    held = strokes.by_writers().validation
    pen, writing, lines_ = (recording.load(f"ch07c_{name}") for name in ("pen", "writing", "lines"))
    found = np.asarray(handwriting.shipped("pen")[0](handwriting.pen_features(held.x)))[:, -1].argmax(axis=1)
    assert abs(np.mean(found == held.y) - pen["pen, validation"][0]) <= 0.003
    nats = handwriting.nats(handwriting.shipped("writing_markov")[0], held).mean()
    assert abs(nats - writing["writing_markov, nats"][0]) < 0.1
    part = handwriting.lines_of("validation", 400, 1_000)
    labels = decoding.ctc_greedy(np.asarray(handwriting.shipped("lines")[0](part.x, training=False)))
    rate = speech.word_error_rate(part.digits(), [[label - 1 for label in row] for row in labels])
    assert abs(rate - lines_["lines, error rate"][0]) < 0.003


def test_the_nearest_among_bent_strokes_are_as_recorded():
    digits = strokes.by_writers()
    known = np.concatenate([digits.train.x, digits.validation.x])
    labels = np.concatenate([digits.train.y, digits.validation.y])
    anew = chapter_code.study("ch07c_pen").among_bent(digits, known, labels, 3)
    assert anew == pytest.approx(recording.load("ch07c_pen")["bent, accuracy"][3], abs=5e-4)


def test_copies_of_strokes_keep_their_digits_and_differ():
    split = datasets.Split(strokes.by_writers().train.x[:30], strokes.by_writers().train.y[:30])
    x, y = handwriting.copies(split, 3, seed=2)
    assert x.shape == (90, 8, 2) and (y.reshape(3, 30) == split.y).all()
    assert np.abs(x[:30] - x[30:60]).max() > 0.05
    spread, _ = handwriting.copies(split, 1, seed=2, change=handwriting.spread)
    assert np.abs(spread * 1.01 - split.x - 0.005).max() <= 0.005 + 1e-6


def test_networks_learn_what_they_are_trained_for():
    """On a few strokes again and again, each is better after its training than before."""
    split = datasets.Split(strokes.by_writers().train.x[:64], strokes.by_writers().train.y[:64])
    x, y = handwriting.copies(split, 12, seed=0, change=handwriting.spread)
    writer = handwriting.markov_network(0)
    before = handwriting.nats(writer, split).mean()
    handwriting.train_writing(writer, x, y, seed=0, batch_size=32)
    assert handwriting.nats(writer, split).mean() < before - 3
    reader = handwriting.dense_network(0)
    handwriting.train_pen(reader, x, y, seed=0, batch_size=32)
    logits = np.asarray(reader(handwriting.pen_features(split.x)))
    assert np.mean(logits.argmax(axis=1) == split.y) > 0.5


def test_no_training_digit_is_in_a_test_line():
    mnist = datasets.load("mnist")
    known = {image.tobytes() for image in mnist.train.x}
    assert not any(image.tobytes() in known for image in mnist.test.x)
    part = handwriting.lines_of("test", 3, 1, slant=0, noise=0, gap=(3, 5))
    assert {digit for said in part.digits() for digit in said} <= set(range(10))
    assert part.x.shape[1] == lines.HEIGHT


def test_points_in_another_order_are_the_same_points():
    points = strokes.by_writers().test.x[:100]
    mixed = handwriting.shuffled(points, 3)
    key = lambda stroke: sorted(map(tuple, stroke.tolist()))  # noqa: E731
    assert all(key(one) == key(other) for one, other in zip(points, mixed, strict=True))
    assert np.mean(np.any(points != mixed, axis=(1, 2))) > 0.95


def build(pool=(2, 2), both=True, logits=27):
    layers = keras.layers
    lstm = layers.LSTM(8, return_sequences=True)
    return keras.Sequential(
        [
            keras.Input((32, None, 1)),
            layers.Conv2D(4, 3, padding="same"),
            layers.MaxPooling2D(pool),
            layers.Permute((2, 1, 3)),
            layers.Reshape((-1, 4 * (32 // pool[0]))),
            layers.Bidirectional(lstm) if both else lstm,
            layers.Dense(logits),
        ]
    )


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"both": False}, "last columns"),
        ({"pool": (2, 4)}, "every two columns"),
        ({"logits": 26}, "27 numbers"),
    ],
)
def test_the_judge_of_exercise_3_sees_what_is_wrong(options, said):
    assert said in exercises.find("07c.3").judge(build(**options))


def test_the_judge_of_exercise_3_takes_what_is_right():
    assert exercises.find("07c.3").judge(build()) is None
