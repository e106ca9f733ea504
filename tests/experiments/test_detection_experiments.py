"""Chapter 06b's detectors and their rival: streams, windows and pyramids."""

import keras
import numpy as np
import pytest

from dlcourse import datasets, models
from dlcourse.datasets import BoxedSplit, scenes
from dlcourse.experiments import detectors, sliding_window


@pytest.fixture(scope="module")
def digits():
    return datasets.load("mnist").validation


def test_no_scene_of_the_stream_comes_twice_and_they_are_those_of_their_numbers(digits):
    stream = detectors.stream(digits, 2, seed=5, batch_size=3)
    epochs = [np.concatenate([x for x, _ in stream.as_numpy_iterator()]) for _ in range(2)]
    expected = scenes.compose(digits, 12, seed=5)
    assert np.array_equal(np.concatenate(epochs), expected.x)


def test_the_learning_rate_rises_then_falls_to_nothing():
    schedule = detectors.learning_rate(100)
    assert float(schedule(10)) == pytest.approx(detectors.PEAK)
    assert float(schedule(0)) < 0.1 * detectors.PEAK
    assert float(schedule(100)) == pytest.approx(0, abs=1e-6)


def test_muon_changes_a_kernel_as_keras_own_changes_the_same_matrix():
    random = np.random.default_rng(0)
    start, gradients = random.normal(size=(144, 32)), random.normal(size=(3, 144, 32))
    ends = []
    for muon, shape in ((detectors.Muon, (3, 3, 16, 32)), (keras.optimizers.Muon, (144, 32))):
        variable = keras.Variable(start.reshape(shape), dtype="float32")
        optimizer = muon(0.1, ns_steps=4)
        optimizer.build([variable])
        for gradient in gradients:
            optimizer.apply([keras.ops.convert_to_tensor(gradient.reshape(shape), "float32")], [variable])
        ends.append(np.reshape(variable, (144, 32)))
    np.testing.assert_allclose(*ends, atol=1e-4)
    assert np.abs(ends[0] - start).max() > 0.05


def test_outputs_and_vectors_are_left_to_adam():
    optimizer = detectors.optimizer(10)
    shapes = {"kernel": (3, 3, 64, 64), "outputs": (1, 1, 64, 10), "vector": (64,)}
    left = {name for name, of in shapes.items() if optimizer._should_use_adamw(keras.Variable(np.zeros(of)))}
    assert left == {"outputs", "vector"}


@pytest.mark.slow
def test_a_shipped_detector_finds_what_is_recorded(digits):
    from dlcourse import recording
    from dlcourse.metrics import detection

    some = scenes.compose(digits, 500, seed=500).take(100)
    for kind, seed in (("detector", 3), ("shuffled", 0)):
        found = detectors.found_in(detectors.shipped(kind)[seed], some.x)
        recorded = recording.load("ch06b_detectors")[f"{kind}, seed {seed}"]["AP50"]
        assert detection.precision(found, some).at(0.5) == pytest.approx(recorded, abs=0.08)


def test_shipped_networks_are_those_that_were_recorded():
    for kind, seeds in detectors.KINDS.items():
        assert list(detectors.shipped(kind)) == list(seeds)
        assert all(detectors.file(kind, seed).stat().st_size < 1_000_000 for seed in seeds)
    assert detectors.shipped("shuffled", shape=(32, 64, 3))[0].output_shape == (None, 8, 16, 14)
    with pytest.raises(ValueError, match="expected one of detector, shuffled"):
        detectors.shipped("scenes")


def test_one_network_that_takes_the_weights_in_turn_says_what_each_network_says(digits):
    x, in_turn = scenes.compose(digits, 2, seed=0).x, detectors.network(0)
    networks, weights = detectors.shipped("detector"), detectors.weights("detector")
    assert list(weights) == list(networks)
    said = []
    for seed, model in networks.items():
        in_turn.set_weights(weights[seed])
        said.append(in_turn(x))
        np.testing.assert_allclose(said[-1], model(x), atol=1e-5)
    assert not np.allclose(said[0], said[1], atol=0.1)


@pytest.mark.slow
def test_one_seed_gives_one_training():
    runs = [detectors.train(3, epochs=2, batches=1) for _ in range(2)]
    (one, first), (other, second) = runs
    assert first.history == second.history and first.epochs == 2
    for weight, same, start in zip(
        one.get_weights(), other.get_weights(), detectors.network(3).get_weights(), strict=True
    ):
        assert np.array_equal(weight, same)
        if weight.ndim > 1:
            assert not np.array_equal(weight, start)


def test_each_scene_of_the_control_has_the_boxes_of_another(digits):
    plain, moved = (
        next(detectors.stream(digits, 1, seed=5, batch_size=4, shuffled=how).as_numpy_iterator())
        for how in (False, True)
    )
    assert np.array_equal(plain[0], moved[0])
    for ours, theirs in zip(plain[1], moved[1], strict=True):
        assert np.array_equal(ours[[1, 2, 3, 0]], theirs)


def test_scenes_are_crowded_first(digits):
    stream = detectors.stream(digits, 2, seed=5, batch_size=20, crowded=1)
    counts = [
        np.concatenate([(labels >= 0).sum(axis=1) for _, (_, labels) in stream.as_numpy_iterator()])
        for _ in range(2)
    ]
    assert counts[0].mean() > 5.5 and 3 < counts[1].mean() < 4


def gradient(side=96):
    """An image whose red grows to the right and whose green grows downwards, by 1/100 per pixel."""
    places = (np.arange(side) + 0.5) / 100
    image = np.zeros((1, side, side, 3), "float32")
    image[0, :, :, 0], image[0, :, :, 1] = places, places[:, None]
    return image


@pytest.mark.parametrize("side", [14, 28, 42])
def test_a_window_is_cut_where_it_is_said_to_lie(side):
    window = sliding_window.cut(gradient(), np.zeros(1, int), np.array([[20.0, 30.0, side]]))[0]
    assert window.shape == (28, 28, 3)
    steps = (np.arange(28) + 0.5) * side / 28
    assert np.allclose(window[0, :, 0], (20 + steps) / 100, atol=1e-4)
    assert np.allclose(window[:, 0, 1], (30 + steps) / 100, atol=1e-4)


def test_half_the_windows_show_an_object_in_their_middle(digits):
    """A white square on black is the object: its windows are white in the middle, the others aren't."""
    x, boxes = np.zeros((20, 96, 96, 3), "float32"), np.zeros((20, 1, 4), "float32")
    for image, left in enumerate(np.random.default_rng(0).integers(5, 60, 20)):
        x[image, 40:60, left : left + 20] = 1
        boxes[image, 0] = left, 40, left + 20, 60
    split = BoxedSplit(x, boxes, np.zeros((20, 1), "int32"))
    windows = sliding_window.windows(split, 60, seed=0, classes=1)
    shown = windows.y == 0
    assert shown.sum() == 30
    lit = windows.x[..., 0].mean(axis=(1, 2))
    assert np.allclose(lit[shown], sliding_window.FILL**2, atol=0.2)
    assert (windows.x[shown][:, 9:19, 9:19, 0] == 1).all()
    assert np.array_equal(windows.x, sliding_window.windows(split, 60, seed=0, classes=1).x)


def test_places_of_a_pyramid_are_those_of_its_windows():
    """A classifier that only averages says of each window what its middle's colour is."""
    mean = keras.Sequential(
        [keras.Input((28, 28, 3)), keras.layers.AveragePooling2D(28, strides=4), keras.layers.Flatten(),
         keras.layers.Dense(2, use_bias=True)]
    )  # fmt: skip
    mean.layers[-1].set_weights([np.array([[10.0, 0], [0, 10.0], [0, 0]]), np.zeros(2)])
    network = models.fully_convolutional(mean)
    probabilities, places = sliding_window.pyramid(network, gradient(), [20, 28, 50])
    logits = np.log(probabilities[0])
    middles = places[:, :2] + places[:, 2:] / 2
    assert logits[:, 0] - logits[:, 1] == pytest.approx((middles[:, 0] - middles[:, 1]) / 10, abs=0.06)


def test_proportions_of_classes():
    boxes = np.array([[[0, 0, 10, 20], [0, 0, 20, 20]], [[5, 5, 20, 15], [0, 0, 0, 0]]], "float32")
    split = BoxedSplit(np.zeros((2, 32, 32, 3), "float32"), boxes, np.array([[0, 1], [1, -1]]))
    assert sliding_window.aspects(split, classes=2) == pytest.approx([0.5, 1.25])
