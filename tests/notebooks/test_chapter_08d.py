"""What chapter 08d defines, against calculations by hand; and its source against its own rules."""

import chapter_code
import numpy as np
import pytest

from dlcourse import datasets, recording
from dlcourse.analysis import latent_space
from dlcourse.experiments import vae_training


@pytest.fixture(scope="module")
def chapter():
    return chapter_code.definitions("08d")


def test_holes_are_places_far_from_all_codes(chapter):
    train = np.stack(np.meshgrid(np.arange(10.0), np.arange(10.0)), -1).reshape(-1, 2)
    held = np.tile(train + 0.1, (10, 1))
    near, hole = np.tile(train[:10], (10, 1)), np.full((100, 2), 50.0)
    assert chapter.share_in_holes(near, train, held).tolist() == [0] * 10
    assert chapter.share_in_holes(hole, train, held).tolist() == [1] * 10


def test_groups_are_means_of_consecutive_examples():
    np.testing.assert_allclose(latent_space.groups(np.arange(103)), 4.5 + 10 * np.arange(10))


def test_test_images_are_binarised_once_and_train_images_hold_none_of_them():
    train, test = vae_training.images()
    assert train.shape == (60_000, 28, 28, 1)
    assert set(np.unique(test)) == {0.0, 1.0}
    again = vae_training.images()[1]
    np.testing.assert_array_equal(test, again)
    known = {image.tobytes() for image in train}
    assert not any(image.tobytes() in known for image in datasets.load("mnist").test.x)
    assert datasets.load("mnist").validation.x[0].tobytes() in known  # so that the test can fail


@pytest.mark.parametrize("name", ["ch08d_iwae_k1", "ch08d_iwae_k50", "ch08d_iwae_5_to_50", "ch08d_mixture"])
def test_a_recorded_study_says_what_it_did(name):
    found = recording.load(name)
    assert found["curve"]["epochs"] == found["settings"]["epochs"] == len(found["curve"]["loss"])
    assert found["settings"]["training images"] == 60_000
    assert found["test"]["images"] == 10_000
    assert found["test"]["draws"] == 5_000
    assert recording.environment(name)["tensorflow"]
    assert latent_space.unpacked(found["samples"]).shape == (40, 28, 28, 1)


def test_the_better_network_is_as_its_study_says():
    model = chapter_code.study("ch08d_mixture").gated(np.full((28, 28, 1), 0.2), seed=0)
    assert model.config["prior"] == "mixture"
    assert model.config["components"] == 500
    assert model.latents == 40


def test_the_iwae_network_has_the_papers_sizes():
    model = vae_training.iwae(np.full((28, 28, 1), 0.2))
    encoder = 784 * 200 + 200 + 200 * 200 + 200 + 200 * 100 + 100
    decoder = 50 * 200 + 200 + 200 * 200 + 200 + 200 * 784 + 784
    assert sum(int(np.prod(weight.shape)) for weight in model.trainable_weights) == encoder + decoder
