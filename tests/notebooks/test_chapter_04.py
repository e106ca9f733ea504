"""What chapter 04 adds: held-out data, populations of networks, records in files, and the chapter's own functions."""

import ast
import functools
import math
import time

import chapter_code
import keras
import numpy as np
import pytest
import tensorflow as tf
from scipy import stats
from sklearn import linear_model, metrics, neighbors

from dlcourse import datasets, models, training
from dlcourse.datasets import records, splitting
from dlcourse.experiments import memory_limit
from dlcourse.figures import charts
from dlcourse.figures import data as drawings
from dlcourse.from_scratch import losses, penalized_regression
from dlcourse.measured import Measured
from dlcourse.metrics import classification
from dlcourse.models.stacked import feed_forward


@functools.cache
def chapter():
    """The functions that the chapter defines, by name, without running its cells."""
    return vars(chapter_code.definitions("04", also=lambda node: ast.unparse(node).startswith("WAYS =")))


def flat(model):
    return np.concatenate([weight.numpy().ravel() for weight in model.weights])


def blobs(count, features=5, classes=3, seed=0):
    rng = np.random.default_rng(seed)
    y = rng.integers(0, classes, count).astype("int32")
    return (rng.normal(size=(classes, features))[y] + rng.normal(size=(count, features))).astype("float32"), y


# ---------------------------------------------------------------------------------------------------- held_out


@pytest.mark.parametrize(("count", "share"), [(2, 0.5), (10, 0.2), (101, 0.33)])
def test_split_holds_every_row_once(count, share):
    train, test = splitting.split(count, share, seed=3)
    assert sorted([*train, *test]) == list(range(count))
    assert len(test) == round(count * share)


def test_split_keeps_groups_together():
    groups = np.repeat(np.arange(12), 5)[np.random.default_rng(0).permutation(60)]
    train, test = splitting.split(60, 0.25, seed=1, groups=groups)
    assert not set(groups[train]) & set(groups[test])
    assert len(set(groups[test])) == 3 and len(train) + len(test) == 60


def test_linear_classifier_is_sklearns_ridge_with_the_bias_penalised():
    x, labels = blobs(60)
    y = np.where(labels == 0, 1.0, -1.0)
    extended = np.c_[x, np.ones(len(x))]
    expected = linear_model.Ridge(alpha=2.5, fit_intercept=False).fit(extended, y).coef_
    weights = penalized_regression.linear_classifier(x, y, strength=2.5)
    np.testing.assert_allclose(weights, expected, rtol=1e-5, atol=1e-7)
    assert classification.linear_accuracy(weights, x, y) == np.mean(np.sign(extended @ expected) == y)


def test_most_correlated_columns_by_numpys_correlations():
    rng = np.random.default_rng(2)
    x, y = rng.normal(size=(40, 15)), rng.normal(size=40)
    x[:, 4] = 7  # a constant column correlates with nothing
    expected = [-1.0 if j == 4 else abs(np.corrcoef(x[:, j], y)[0, 1]) for j in range(15)]
    assert classification.most_correlated(x, y, 6).tolist() == np.argsort(expected)[::-1][:6].tolist()


@pytest.mark.parametrize(
    ("candidates", "count", "p"), [(1, 50, 0.3), (2, 1, 0.5), (7, 20, 0.9), (500, 100, 0.5)]
)
def test_best_by_chance_against_the_sum_over_outcomes(candidates, count, p):
    right = np.arange(count + 1)
    at_most = stats.binom.cdf(right, count, p) ** candidates
    probability = np.diff(at_most, prepend=0)
    assert classification.best_by_chance(candidates, count, p) == pytest.approx(
        (right * probability).sum() / count, rel=1e-9
    )
    if candidates == 1:
        assert classification.best_by_chance(1, count, p) == pytest.approx(p)


def test_rates_are_sklearns():
    rng = np.random.default_rng(0)
    predicted, labels = rng.random(90) < 0.4, rng.random(90) < 0.3
    recall, specificity = classification.recall_and_specificity(predicted, labels)
    assert recall == pytest.approx(metrics.recall_score(labels, predicted))
    assert (recall + specificity) / 2 == pytest.approx(metrics.balanced_accuracy_score(labels, predicted))


@pytest.mark.parametrize("count", [2, 30, 200])
def test_nearest_neighbour_accuracy_is_sklearns(count):
    x, y = blobs(count, seed=count)
    nearest = neighbors.NearestNeighbors(n_neighbors=1).fit(x).kneighbors(return_distance=False)[:, 0]
    assert classification.nearest_neighbour_accuracy(x, y) == pytest.approx(np.mean(y[nearest] == y))


BOTH = np.array([True, False])


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: splitting.split(10, 0, 0), "between 0 and 1"),
        (lambda: splitting.split(10, 1.0, 0), "between 0 and 1"),
        (lambda: splitting.split(10, 0.01, 0), "leaves one side empty"),
        (lambda: splitting.split(4, 0.5, 0, groups=[1, 1, 1, 1]), "of 1 groups"),
        (lambda: splitting.split(4, 0.5, 0, groups=[1, 2]), "one group per example"),
        (lambda: splitting.split(4.0, 0.5, 0), r"split\(examples\)=4.0: expected a whole number"),
        (lambda: splitting.split(4, "0.5", 0), r"split\(test\)='0.5': expected a fraction"),
        (lambda: splitting.split(4, 0.5, None), r"split\(seed\)=None: expected a whole number"),
        (lambda: penalized_regression.linear_classifier(np.zeros((3, 2)), np.array([0, 1, 1])), "each -1 or"),
        (
            lambda: penalized_regression.linear_classifier(np.zeros((3, 2)), np.array([1, 1])),
            "3 examples and 2 labels",
        ),
        (lambda: classification.most_correlated(np.zeros((3, 2)), np.zeros(3), 3), "from 1 to 2"),
        (lambda: classification.best_by_chance(0, 10), "1 or more"),
        (lambda: classification.best_by_chance(1, 10, p=1.5), "from 0 to 1"),
        (lambda: classification.best_by_chance(1.5, 10), r"candidates\)=1.5: expected a whole number"),
        (lambda: classification.most_correlated(np.zeros((3, 2)), np.zeros(2), 1), "one y for each row"),
        (
            lambda: classification.most_correlated(np.zeros((3, 2)), np.zeros(3), 1.0),
            r"keep\)=1.0: expected a whole",
        ),
        (
            lambda: classification.linear_accuracy(np.ones(2), np.ones((3, 2)), np.ones(3)),
            "expected one more, the bias",
        ),
        (lambda: classification.linear_accuracy(np.ones(3), [["a"]], np.ones(3)), "dtype <U1"),
        (
            lambda: classification.nearest_neighbour_accuracy(np.full((2, 2), np.nan), [0, 1]),
            "finite numbers",
        ),
        (lambda: classification.recall_and_specificity(BOTH, np.array([True, True])), "same class"),
        (lambda: classification.recall_and_specificity(np.array([0.1, 2.0]), BOTH), "threshold"),
        (lambda: classification.nearest_neighbour_accuracy(np.zeros((1, 2)), np.zeros(1)), "two examples"),
        (lambda: datasets.from_arrays(np.zeros((4, 2)), np.array([0, 0, 0, 1])), "too few examples"),
        (lambda: datasets.from_arrays(np.zeros((4, 2)), np.zeros(3, int)), "expected the same number"),
        (
            lambda: datasets.from_arrays(np.zeros((4, 2)), np.zeros(4, int), validation=0.5, test=0.5),
            "none of 4 examples",
        ),
    ],
)
def test_bad_input_to_splits_is_told(call, message):
    with pytest.raises(ValueError, match=message):
        call()


# -------------------------------------------------------------------------------------------------- population


@pytest.mark.parametrize("hidden", [[], [7], [6, 4]])
def test_a_member_starts_as_the_network_of_its_seed(hidden):
    x, _ = blobs(11)
    logits = training.predict(feed_forward.mlp([3, 0, 3], (5,), 3, hidden=hidden), x)
    assert logits.shape == (11, 3, 3)
    for member, seed in enumerate([3, 0, 3]):
        alone = training.predict(models.mlp((5,), 3, hidden=hidden, seed=seed), x)
        np.testing.assert_allclose(logits[:, member], alone, rtol=1e-5, atol=1e-6)


def test_members_train_as_they_would_alone():
    seeds, data = [0, 1, 2], [blobs(60, seed=seed) for seed in range(3)]
    together = feed_forward.mlp(seeds, (5,), 3, hidden=[8], shared=False)
    settings = {"epochs": 3, "batch_size": 20, "seed": 5, "jit_compile": False}
    stacked = tuple(np.stack(arrays, axis=1) for arrays in zip(*data, strict=True))
    training.fit(
        together,
        feed_forward.classification(),
        stacked,
        optimizer=keras.optimizers.SGD(0.1, momentum=0.9),
        **settings,
    )
    logits = training.predict(together, stacked[0])
    for member, (seed, (x, y)) in enumerate(zip(seeds, data, strict=True)):
        alone = models.mlp((5,), 3, hidden=[8], seed=seed)
        training.fit(
            alone,
            training.objectives.classification(),
            (x, y),
            optimizer=keras.optimizers.SGD(0.1, momentum=0.9),
            **settings,
        )
        np.testing.assert_allclose(logits[:, member], training.predict(alone, x), rtol=1e-4, atol=1e-5)


def test_weights_and_shared_labels_of_the_objective_by_hand():
    x, y = blobs(9)
    model, weights = feed_forward.mlp([0, 1], (5,), 3, hidden=[]), np.linspace(0, 2, 9).astype("float32")
    nats = np.stack(
        [losses.categorical(column, y) for column in np.moveaxis(training.predict(model, x), 1, 0)], axis=1
    )
    objective = feed_forward.classification()
    loss, metrics_found = objective(
        model, (tf.constant(x), tf.constant(y), tf.constant(weights)), training=False
    )
    assert float(loss) == pytest.approx((weights[:, None] * nats).mean(axis=0).sum(), rel=1e-5)
    accuracies = feed_forward.accuracies(training.predict(model, x), y)
    assert float(metrics_found["accuracy"]) == pytest.approx(accuracies.mean())
    both = np.stack([y, (y + 1) % 3], axis=1)
    loss, _ = objective(model, (tf.constant(x), tf.constant(both)), training=False)
    other = losses.categorical(training.predict(model, x)[:, 1], both[:, 1])
    assert float(loss) == pytest.approx(nats[:, 0].mean() + other.mean(), rel=1e-5)


@pytest.mark.parametrize("arguments", [{"seeds": []}, {"hidden": [0]}, {"classes": 0}, {"input_shape": 5}])
def test_bad_populations_are_told(arguments):
    with pytest.raises(ValueError, match=r"feed_forward\.mlp"):
        feed_forward.mlp(**{"seeds": [0], "input_shape": (5,), "classes": 3, "hidden": [4], **arguments})


# --------------------------------------------------------------------------------------------------- streaming


@pytest.fixture
def digits():
    split = datasets.load("digits").train
    return np.rint(split.x * 255).astype("float32") / 255, split.y


@pytest.mark.parametrize(("batch_size", "copies"), [(100, 1), (64, 2), (5000, 1)])
def test_records_come_back_in_batches_and_whole(tmp_path, digits, batch_size, copies):
    x, y = digits
    path = tmp_path / "digits.records"
    assert records.write(path, x, y, copies) == path.stat().st_size == copies * len(x) * 65
    parts = list(records.batches(path, (8, 8, 1), batch_size).as_numpy_iterator())
    assert {len(part[0]) for part in parts[:-1]} <= {batch_size}
    for images, labels in [
        records.load(path, (8, 8, 1)),
        [np.concatenate(arrays) for arrays in zip(*parts, strict=True)],
    ]:
        np.testing.assert_allclose(images, np.concatenate([x] * copies), atol=1e-6)
        np.testing.assert_array_equal(labels, np.concatenate([y] * copies))


def test_a_process_learns_from_more_than_it_may_hold(tmp_path):
    rng = np.random.default_rng(0)
    x = rng.random((2000, 64, 64, 1), dtype="float32")
    path = tmp_path / "large.records"
    assert records.write(path, x, rng.integers(0, 10, 2000), copies=20) > 160_000_000
    assert memory_limit.in_little_memory("load", path, 64, allowance=100)["examples"] == 0
    streamed = memory_limit.in_little_memory("stream", path, 64, allowance=100)
    assert streamed["examples"] == 40_000 and streamed["needed"] < 100


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (
            lambda path: records.write(path, np.zeros((2, 4)), np.zeros(3, int)),
            ValueError,
            "2 images and 3 labels",
        ),
        (
            lambda path: records.write(path, [["a"]], [0]),
            ValueError,
            r"images <U1 \(1, 1\).*expected arrays of numbers",
        ),
        (lambda path: records.write(path, np.zeros((2, 4)), 0), ValueError, "expected arrays of numbers"),
        (
            lambda path: records.write(path, np.zeros((2, 4)), ["a", "b"]),
            ValueError,
            "a whole number from 0 to 255; got <U1",
        ),
        (
            lambda path: records.write(path, np.zeros((2, 4)), np.array([0, np.nan], dtype=object)),
            ValueError,
            "a whole number from 0 to 255; got object",
        ),
        (
            lambda path: records.write(path, np.zeros((1, 4)), [0], 0),
            ValueError,
            r"write\(copies\)=0: expected a whole",
        ),
        (
            lambda path: path.write_bytes(b"12345") and records.load(path, 4),
            ValueError,
            r"records\(shape\)=4: expected the shape of one example",
        ),
        (lambda path: records.write(path, np.full((2, 4), 7.0), np.zeros(2, int)), ValueError, "Rescale"),
        (
            lambda path: records.write(path, np.full((2, 4), np.nan), np.zeros(2, int)),
            ValueError,
            "Rescale",
        ),
        (lambda path: records.write(path, np.zeros((2, 4)), np.array([0, 300])), ValueError, "in a byte"),
        (lambda path: records.batches(path, (2, 2, 1)), FileNotFoundError, "write it with"),
        (
            lambda path: records.batches(path, (2, 2, 1), 0),
            ValueError,
            r"batches\(batch_size\)=0: expected a whole number, 1 or more",
        ),
        (lambda path: records.batches(path, (2, 2, 1), 1.5), ValueError, r"batches\(batch_size\)=1.5"),
        (lambda path: records.batches(path, (2, 2, 1), None), ValueError, r"batches\(batch_size\)=None"),
        (
            lambda path: path.write_bytes(b"1234567") and records.batches(path, (2, 2, 1)),
            ValueError,
            "no whole number",
        ),
        (lambda path: memory_limit.in_little_memory("stream", path, 2, 10), RuntimeError, "There is no file"),
    ],
)
def test_bad_records_are_told(tmp_path, call, error, message):
    with pytest.raises(error, match=message):
        call(tmp_path / "some.records")


# ------------------------------------------------------------------------------------------ the chapter's functions


def test_minimiser_by_hand():
    grid = np.linspace(0, 10, 101)
    best, curve = chapter()["minimiser"](losses.squared_error, np.array([1.0, 5.0]), grid)
    assert best == pytest.approx(3) and curve.min() == pytest.approx(4)


@pytest.mark.parametrize(
    ("name", "kind", "expected"),
    [
        ("MeanSquaredError", "numbers", lambda truth, prediction: (truth - prediction) ** 2),
        ("Poisson", "counts", lambda truth, prediction: prediction - truth * np.log(prediction)),
        ("Hinge", "signs", lambda truth, prediction: np.maximum(1 - truth * prediction, 0)),
        (
            "BinaryCrossentropy",
            "yes or no",
            lambda truth, prediction: -np.log(np.where(truth == 1, prediction, 1 - prediction)),
        ),
        (
            "CategoricalCrossentropy",
            "classes",
            lambda truth, prediction: -np.log((truth * prediction).sum(axis=-1, keepdims=True)),
        ),
    ],
)
def test_the_census_takes_keras_losses_row_by_row(name, kind, expected):
    truth, one, other = chapter()["triples"](kind, np.random.default_rng(0), n=50)
    assert not np.array_equal(one, other)
    np.testing.assert_allclose(
        chapter()["keras_loss"](name, truth, one), expected(truth, one)[:, 0], rtol=1e-4, atol=1e-5
    )


def test_the_census_finds_the_losses_that_break_the_order():
    assert chapter()["census"]("MeanAbsoluteError", "numbers", 0)[1] == 0
    smallest, share = chapter()["census"]("CosineSimilarity", "vectors", 0)
    assert -1 <= smallest < -0.5 and 0.1 < share < 0.5


@pytest.mark.parametrize("name", ["squared_error", "poisson"])
def test_fitted_curves_are_at_the_minimum_that_newton_finds(name):
    rng = np.random.default_rng(0)
    x = np.linspace(-1, 1, 60)
    y = rng.poisson(np.exp(1 + x), (3, 60)).astype(float)
    weights = chapter()["fit_curves"](getattr(losses, name), x, y)
    basis = np.polynomial.legendre.legvander(x, 3)
    for one, target in zip(weights, y, strict=True):
        mean = np.exp(basis @ one)
        gradient = basis.T @ (
            {"squared_error": 2 * (mean - target), "poisson": 1 - target / mean}[name] * mean
        )
        assert np.abs(gradient).max() < 1e-3 * len(x)
    if name == "poisson":
        theirs = (
            linear_model.PoissonRegressor(alpha=0, fit_intercept=False, tol=1e-10, max_iter=1000)
            .fit(basis, y[0])
            .coef_
        )
        np.testing.assert_allclose(weights[0], theirs, atol=1e-4)


def test_scatter_has_the_spread_that_it_names():
    truth, rng = np.full(200, 3.0), np.random.default_rng(0)
    for noise, sd in [
        ("Gaussian", 0.5),
        ("Laplace", 0.5),
        ("outliers", math.sqrt(0.9 * 0.25 + 0.1 * 25)),
    ]:
        drawn = chapter()["scatter"](noise, truth, 400, rng)
        assert drawn.shape == (400, 200)
        assert drawn.mean() == pytest.approx(3, abs=0.03) and drawn.std() == pytest.approx(sd, rel=0.05)


def test_gaussian_likelihood_is_scipys():
    model = feed_forward.mlp([0, 1], (1,), 2, hidden=[3], shared=False)
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(8, 2, 1)).astype("float32"), rng.normal(size=(8, 2)).astype("float32")
    loss, _ = chapter()["gaussian_likelihood"](model, (tf.constant(x), tf.constant(y)), training=False)
    outputs = training.predict(model, x).astype("float64")
    expected = -stats.norm.logpdf(y, outputs[..., 0], np.exp(outputs[..., 1])).mean(axis=0).sum()
    assert float(loss) == pytest.approx(expected, rel=1e-5)


def test_in_order_counts_pairs():
    distance, loss = np.array([[1.0], [2.0], [5.0], [3.0]]), np.array([[0.5], [0.1], [9.0], [1.0]])
    assert chapter()["in_order"](distance, loss).tolist() == [0.5]
    assert chapter()["in_order"](distance, distance**2).tolist() == [1.0]


@pytest.mark.parametrize("degree", [0, 3, 9])
def test_polynomial_is_numpys_fit_of_powers(degree):
    x, y = chapter()["points_about_a_sine"](1, 20)
    expected = np.polyval(np.polyfit(x, y, degree), x)
    np.testing.assert_allclose(chapter()["polynomial"](degree, x, y)(x), expected, atol=1e-6)
    parts = [
        chapter()["points_about_a_sine"](4 + part, examples) for part, examples in enumerate([20, 20, 1000])
    ]
    fit = np.polynomial.Legendre.fit(*parts[0], degree, domain=[-1, 1])
    np.testing.assert_allclose(
        chapter()["polynomial_errors"](1, [0, degree])[1],
        [np.mean((fit(x) - y) ** 2) for x, y in parts],
        rtol=1e-6,
    )


def test_small_takes_means_of_two_by_two():
    images = np.random.default_rng(0).random((3, 28, 28, 1)).astype("float32")
    found = chapter()["small"](images)
    assert found.shape == (3, 196)
    assert found[1, 14 * 5 + 2] == pytest.approx(images[1, 10:12, 4:6].mean(), rel=1e-6)


def test_selection_without_its_leak_is_a_coin_and_a_future_column_agrees_as_often_as_it_says():
    honest = [chapter()["selection"](seed, examples=60, features=50, keep=5)[1] for seed in range(40)]
    assert np.mean(honest) == pytest.approx(0.5, abs=0.06)
    noise, y = (
        np.random.default_rng(0).normal(size=(2000, 3)),
        np.where(np.random.default_rng(1).random(2000) < 0.5, 1.0, -1.0),
    )
    with_leak, without = chapter()["future"](0, noise, y, agreement=0.8)
    assert with_leak == pytest.approx(0.8, abs=0.03) and without == pytest.approx(0.5, abs=0.05)


def test_filling_gaps_leaks_the_label_where_the_mean_is_the_classs():
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(400, 12)) * 10, rng.choice([-1.0, 1.0], 400)  # nothing to learn
    honest = np.array([chapter()["filling"](seed, x, y) for seed in range(20)])
    assert abs((honest[:, 0] - honest[:, 1]).mean()) < 0.05 and honest.mean() == pytest.approx(0.5, abs=0.05)
    leaking = np.array([chapter()["filling"](seed, x, y, own_class=True) for seed in range(20)])
    np.testing.assert_array_equal(leaking[:, 1], honest[:, 1])
    assert (leaking[:, 0] - leaking[:, 1]).mean() > 0.05


def test_copies_and_standardising():
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(200, 6)) * 10, rng.choice([-1.0, 1.0], 200)
    scores = chapter()["standardising"](0, x, y, examples=100)
    assert len(scores) == 2 and all(0 <= score <= 1 for score in scores)
    images, labels, origin = chapter()["with_copies"](
        0, x.astype("float32"), np.arange(200), originals=7, copies=3
    )
    assert images.shape == (21, 6) and len(set(origin)) == 7
    np.testing.assert_array_equal(labels, origin)
    assert np.abs(images - x[origin]).max() < 0.6


def test_test_labels_that_are_hidden_leak_nothing():
    scores = np.array(
        [chapter()["selection"](seed, examples=60, features=50, keep=5, hide=True) for seed in range(60)]
    )
    assert np.mean(scores[:, 0] - scores[:, 1]) == pytest.approx(0, abs=0.06)


def test_labels_drawn_from_the_predictions_follow_them():
    logits = np.tile(np.log([[0.2, 0.5, 0.3]]), (20_000, 1))
    drawn = chapter()["drawn_labels"](logits, seed=0)
    np.testing.assert_allclose(np.bincount(drawn, minlength=3) / len(drawn), [0.2, 0.5, 0.3], atol=0.015)
    assert chapter()["overconfidence"](logits, np.ones(20_000, int)) == pytest.approx(0.5 - 1)


def test_rare_eights_and_their_weights():
    rng = np.random.default_rng(0)
    split = datasets.Split(
        rng.random((300, 28, 28, 1)).astype("float32"), rng.integers(0, 10, 300).astype("int32")
    )
    x, y = chapter()["rare_eights"](split, 0, examples=100, eights=10)
    assert x.shape == (100, 196) and y.sum() == 10
    *_, weights = chapter()["weighted"](x, y, True)
    assert weights[y == 1].sum() == pytest.approx(50) and weights[y == 0].sum() == pytest.approx(50)
    assert chapter()["weighted"](x, y, False)[2].tolist() == [1.0] * 100


def test_detection_weighs_classes_by_their_share():
    logits, eight = np.array([[2.0], [-1.0], [1.0], [-3.0]]), np.array([True, True, False, False])
    recall, specificity, balanced, accuracy = chapter()["detection"](logits, eight, 0.0, share=0.1)
    assert (recall[0], specificity[0], balanced[0]) == (0.5, 0.5, 0.5)
    assert accuracy[0] == pytest.approx(0.5)
    assert chapter()["detection"](logits, eight, 1.5, share=0.1)[3][0] == pytest.approx(0.1 * 0.5 + 0.9)


@pytest.mark.parametrize("kind", ["any", "next"])
@pytest.mark.parametrize("share", [0.0, 0.3, 1.0])
def test_wrong_labels_are_wrong_as_often_as_asked(kind, share):
    y = np.random.default_rng(0).integers(0, 10, 20_000).astype("int32")
    found = chapter()["with_wrong_labels"](y, share, kind, seed=1)
    assert np.mean(found != y) == pytest.approx(share, abs=0.01)
    moved = (found - y)[found != y] % 10
    if kind == "next":
        assert set(moved) <= {1}
    elif share:
        np.testing.assert_allclose(np.bincount(moved, minlength=10)[1:] / len(moved), 1 / 9, atol=0.015)


def test_shuffle_buffer_of_one_keeps_the_order_and_a_buffer_moves_nothing_forward_by_more_than_its_size():
    rows, shuffled_order = np.arange(400), chapter()["shuffled_order"]
    np.testing.assert_array_equal(shuffled_order(rows, 1, 0), rows)
    for buffer in (10, 400):
        found = shuffled_order(rows, buffer, 0)
        assert sorted(found) == list(rows)
        assert (found - np.arange(400)).max() < buffer  # nothing can come out before it went in


def test_prefetch_overlaps_and_a_stateful_function_does_not():
    overlap = chapter()["overlap"]
    assert overlap(False, False, batches=6)[0] == 0
    assert overlap(True, False, batches=6)[0] >= 3


def test_seconds_of_goes_through_the_whole_dataset():
    def slow(index):
        time.sleep(0.01)
        return index

    data = tf.data.Dataset.range(5).map(lambda index: tf.numpy_function(slow, [index], tf.int64))
    assert chapter()["seconds_of"](data) >= 0.05


@pytest.mark.parametrize("fault", [None, "raw pixels", "mixed labels", "swapped axes"])
def test_faults_do_what_they_are_called(fault):
    rng = np.random.default_rng(0)
    split = datasets.Split(
        rng.random((50, 28, 28, 1)).astype("float32"), rng.integers(0, 10, 50).astype("int32")
    )
    prepare, small, faults = chapter()["prepare"], chapter()["small"], [fault]
    x, y = prepare(split, faults)
    x_new, y_new = prepare(split, faults, validation=True)
    scale = 255 if fault == "raw pixels" else 1
    np.testing.assert_allclose(x, scale * small(split.x), rtol=1e-6)
    expected = split.x.transpose(0, 2, 1, 3) if fault == "swapped axes" else split.x
    np.testing.assert_allclose(x_new, scale * small(expected), rtol=1e-6)
    assert (y.tolist() == split.y.tolist()) == (fault != "mixed labels") and sorted(y) == sorted(split.y)
    np.testing.assert_array_equal(y_new, split.y)


def test_two_softmaxes_start_near_log_10_and_cannot_pass_their_floor():
    probabilities = np.eye(10)
    floor = losses.categorical(probabilities, np.arange(10))
    np.testing.assert_allclose(floor, math.log(1 + 9 / math.e), rtol=1e-12)


# -------------------------------------------------------------------------------------------------- Keras at work


def weights_of(model):
    return np.concatenate([np.ravel(weight) for weight in model.trainable_weights])


@pytest.fixture(scope="module")
def table():
    rng = np.random.default_rng(0)
    y = rng.integers(0, 2, 70)
    return datasets.Split(np.exp(rng.normal(size=(70, 30)) + y[:, None]).astype("float32"), y.astype("int32"))


def test_fit_the_loop_and_training_fit_are_one(table):
    data = chapter()["pipeline"](table, batch_size=20)
    scaling = keras.layers.Normalization()
    scaling.adapt(data.map(lambda x, y: x))
    one, two, three = (chapter()["classifier"](scaling) for _ in range(3))
    start = weights_of(one)
    one.compile(keras.optimizers.SGD(0.1), keras.losses.BinaryCrossentropy(from_logits=True))
    one.fit(data, epochs=3, shuffle=False, verbose=0)
    chapter()["loop"](two, data, 3, keras.optimizers.SGD(0.1))
    training.fit(three, chapter()["yes_or_no"], data, epochs=3, optimizer=keras.optimizers.SGD(0.1))
    np.testing.assert_allclose(weights_of(one), weights_of(two), rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(weights_of(one), weights_of(three), rtol=1e-4, atol=1e-5)
    assert np.abs(weights_of(one) - start).max() > 0.01


def test_the_pipeline_gives_every_row_once_shuffled_anew_in_each_epoch(table):
    in_order = np.concatenate([x for x, _ in chapter()["pipeline"](table).as_numpy_iterator()])
    np.testing.assert_allclose(in_order, np.log1p(table.x), rtol=1e-5)
    data = chapter()["pipeline"](table, shuffle=True)
    first, second = (np.concatenate([x for x, _ in data.as_numpy_iterator()]) for _ in range(2))
    assert not np.array_equal(first, second)
    np.testing.assert_allclose(np.sort(first, axis=0), np.sort(in_order, axis=0), rtol=1e-5)


@pytest.mark.parametrize("squared", [False, True])
def test_two_losses_are_those_of_their_names(squared):
    x, y = blobs(9, classes=10)
    model = feed_forward.mlp([0, 1], (5,), 10, hidden=[4])
    loss, _ = chapter()["two_losses"]([squared, squared], [0.5, 2.0])(
        model, (tf.constant(x), tf.constant(y)), training=False
    )
    expected = 0
    for rate, logits in zip([0.5, 2.0], np.moveaxis(training.predict(model, x), 1, 0), strict=True):
        chances = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
        each = ((chances - np.eye(10)[y]) ** 2).sum(axis=1) if squared else losses.categorical(logits, y)
        expected += rate * each.mean()
    assert float(loss) == pytest.approx(expected, rel=1e-5)


def test_bits_of_a_fair_and_of_a_loaded_coin():
    fair, loaded = np.array([0.5, 0.5]), np.array([0.9, 0.1])
    assert chapter()["bits"](fair, fair) == pytest.approx((1, 0))
    assert chapter()["bits"](loaded, fair) == pytest.approx(
        (stats.entropy(loaded, base=2), 1 - 0.468996), abs=1e-5
    )
    assert chapter()["bits"](fair, loaded)[1] == pytest.approx(stats.entropy(fair, loaded, base=2))


@pytest.mark.parametrize(("count", "k"), [(10, 5), (11, 3), (4, 4)])
def test_folds_hold_each_row_out_once(count, k):
    rows = np.random.default_rng(0).permutation(count)
    pairs = chapter()["folds"](rows, k)
    assert sorted(np.concatenate([held for _, held in pairs])) == list(range(count))
    for train, held in pairs:
        assert not set(train) & set(held) and len(train) + len(held) == count


def test_curves_at_every_threshold_are_scikit_learns():
    rng = np.random.default_rng(1)
    positive = rng.random(200) < 0.3
    scores = rng.normal(size=200) + positive
    recall, false, precision = chapter()["at_every_threshold"](scores, positive)
    alarms, hits, _ = metrics.roc_curve(positive, scores, drop_intermediate=False)
    np.testing.assert_allclose(np.r_[0, false], alarms)
    np.testing.assert_allclose(np.r_[0, recall], hits)
    theirs, _, _ = metrics.precision_recall_curve(positive, scores)
    np.testing.assert_allclose(precision, theirs[-2::-1], rtol=1e-6)


def test_a_classifier_of_old_and_new_guesses_where_nothing_has_changed():
    rng = np.random.default_rng(0)
    old, same = rng.normal(size=(2, 600, 8))
    assert chapter()["old_or_new"](old, same, 0) == pytest.approx(0.5, abs=0.08)
    assert chapter()["old_or_new"](old, same + 2, 0) > 0.95
    images = rng.random((2, 28, 28, 1))
    np.testing.assert_array_equal(chapter()["moved"](images, 3)[:, :, 3:], images[:, :, :-3])


# ----------------------------------------------------------------------------------------------------- figures


def test_curves_refuse_a_series_of_another_length():
    from matplotlib import pyplot as plt

    _, ax = plt.subplots()
    with pytest.raises(ValueError, match="3 points, and x has 2"):
        charts.curves([1, 2], {"a": [1, 2, 3]}, "x", "y", "title", ax=ax)
    charts.curves([1, 2], {"a": np.array([[1.0, 3.0], [2.0, 4.0]])}, "x", "y", "title", ax=ax)
    np.testing.assert_allclose(ax.lines[0].get_ydata(), [2, 3])
    charts.bars({"one": {"a": Measured([1.0, 3.0])}}, "title", "x", ax=ax)
    assert ax.patches[0].get_width() == pytest.approx(2)
    plt.close("all")


def test_panels_stand_in_rows(monkeypatch):
    from matplotlib import pyplot as plt

    kept = []
    monkeypatch.setattr(charts.show, "figure", lambda fig, **_: kept.append(fig))

    def draw(ax):
        ax.plot([1, 2])

    charts.row(draw, draw, draw, columns=2, caption="Three panels.", alt="Three lines.")
    axes = kept[0].axes
    assert [ax.get_subplotspec().rowspan.start for ax in axes] == [0, 0, 1, 1]
    assert [ax.axison for ax in axes] == [True, True, True, False]
    plt.close("all")


def test_the_pipeline_is_drawn_in_two_rows():
    from matplotlib import pyplot as plt

    _, ax = plt.subplots()
    stages = [(f"step {k}", f"({k},)", "plain") for k in range(5)]
    alt = drawings.pipeline.__wrapped__(ax, stages, "five steps")
    heights = {
        text.get_text(): text.get_position()[1] for text in ax.texts if text.get_text().startswith("step")
    }
    assert len(heights) == 5 and len(set(heights.values())) == 2
    assert heights["step 0"] == heights["step 2"] > heights["step 3"] == heights["step 4"]
    assert "step 4 (4,)" in alt
    plt.close("all")


def test_drawings_of_folds_and_codes():
    from matplotlib import pyplot as plt

    _, ax = plt.subplots()
    drawings.folds(3, "three", ax=ax)
    dark = [patch for patch in ax.patches if patch.get_facecolor()[0] < 0.5]
    assert len(ax.patches) == 9 and len(dark) == 3
    with pytest.raises(ValueError, match="one score each"):
        drawings.folds(3, "three", scores=["1"], ax=ax)
    _, ax = plt.subplots()
    drawings.code_lengths({"a": (1.0, 0.5), "b": (1.0, 2.0)}, "codes", ax=ax)
    assert [patch.get_width() for patch in ax.patches] == [1.0, 0.5, 1.0, 2.0]
    plt.close("all")
