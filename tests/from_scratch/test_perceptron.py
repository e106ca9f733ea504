"""The perceptron against scikit-learn's, its bound against a support vector machine, and its cycle on XOR."""

import itertools

import numpy as np
import pytest
from sklearn.linear_model import Perceptron as SklearnPerceptron
from sklearn.svm import SVC

from dlcourse.from_scratch import perceptron


def separable(examples, features, seed):
    """Two classes in whole numbers, with room between them."""
    random = np.random.default_rng(seed)
    x = random.integers(-9, 10, size=(4 * examples, features)).astype(float)
    height = x @ random.integers(1, 5, features) + 1
    keep = np.abs(height) > 2 * features
    return x[keep][:examples], np.sign(height[keep][:examples]).astype(int)


@pytest.mark.parametrize(("examples", "features"), [(10, 2), (40, 3), (120, 7)])
def test_learns_the_same_weights_as_scikit_learn(examples, features):
    x, y = separable(examples, features, seed=examples)
    # scikit-learn's counts an example on the line as right: start both behind a first, certain mistake.
    ours = perceptron.Perceptron(features).fit(x, y, passes=1_000)
    theirs = SklearnPerceptron(shuffle=False, max_iter=len(ours.mistakes), tol=None).fit(x, y)
    assert ours.mistakes[-1] == 0
    assert np.array_equal(ours.predict(x), y)
    assert np.array_equal(theirs.predict(x), y)
    assert np.allclose(ours.weights, theirs.coef_[0])
    assert ours.bias == pytest.approx(theirs.intercept_[0])


@pytest.mark.parametrize(("examples", "features"), [(6, 1), (20, 2), (60, 5)])
def test_largest_margin_is_that_of_a_hard_support_vector_machine(examples, features):
    x, y = separable(examples, features, seed=features)
    margin, weights, bias = perceptron.largest_margin(x, y)
    augmented = np.column_stack([x, np.ones(len(x))])
    # With each example and its mirror image, the machine's own intercept is 0: a plane through the origin.
    machine = SVC(kernel="linear", C=1e8, tol=1e-8).fit(np.vstack([augmented, -augmented]), np.append(y, -y))
    assert margin == pytest.approx(1 / np.linalg.norm(machine.coef_), rel=1e-4)
    assert np.min(y * (x @ weights + bias)) == pytest.approx(1)


def test_largest_margin_by_hand():
    margin, weights, bias = perceptron.largest_margin([[2.0], [-2.0]], np.array([1, -1]))
    assert (margin, weights[0], bias) == (pytest.approx(2), pytest.approx(0.5), pytest.approx(0, abs=1e-12))
    assert perceptron.novikoff_bound([[2.0], [-2.0]], np.array([1, -1])) == pytest.approx((4 + 1) / 4)


def test_no_order_makes_more_mistakes_than_the_bound():
    x, y = separable(30, 2, seed=5)
    bound = perceptron.novikoff_bound(x, y)
    for seed in range(50):
        order = np.random.default_rng(seed).permutation(len(x))
        assert sum(perceptron.Perceptron(2).fit(x[order], y[order], passes=10_000).mistakes) <= bound


def test_xor_has_no_margin_and_its_weights_come_back():
    x, y = np.array([[0, 0], [0, 1], [1, 0], [1, 1]]), np.array([-1, 1, 1, -1])
    with pytest.raises(ValueError, match="no hyperplane separates"):
        perceptron.largest_margin(x, y)
    for order in itertools.permutations(range(4)):
        unit = perceptron.Perceptron(2)
        states = []
        for _ in range(5):
            unit.fit(x[list(order)], y[list(order)], passes=1)
            states.append((*unit.weights, unit.bias))
        assert len(set(states)) < len(states)
        assert 0 not in unit.mistakes


@pytest.mark.parametrize(
    ("x", "y", "message"),
    [
        (np.zeros((3, 4)), [1, 1, -1], "shape"),
        (np.zeros((3, 2)), [1, 1], "shape"),
        (np.zeros((3, 2)), [0, 1, 1], "Map your classes"),
        ([[0, np.nan]], [1], "not finite"),
    ],
)
def test_says_what_is_wrong_with_data(x, y, message):
    with pytest.raises(ValueError, match=message):
        perceptron.Perceptron(2).fit(x, y, passes=1)


@pytest.mark.parametrize("features", [0, -1, 1.5, True])
def test_needs_a_number_of_features(features):
    with pytest.raises(ValueError, match="whole number"):
        perceptron.Perceptron(features)
