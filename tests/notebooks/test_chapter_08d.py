"""What chapter 08d defines, against calculations by hand; and its source against its own rules."""

import chapter_code
import numpy as np
import pytest
import tensorflow as tf

from dlcourse import datasets, recording
from dlcourse.analysis import latent_space
from dlcourse.experiments import vae_training, vae_weights


@pytest.fixture(scope="module")
def chapter():
    return chapter_code.definitions("08d")


def test_holes_are_places_far_from_all_codes(chapter):
    train = np.stack(np.meshgrid(np.arange(10.0), np.arange(10.0)), -1).reshape(-1, 2)
    held = np.tile(train + 0.1, (10, 1))
    near, hole = np.tile(train[:10], (10, 1)), np.full((100, 2), 50.0)
    assert chapter.share_in_holes(near, train, held) == 0
    assert chapter.share_in_holes(hole, train, held) == 1


def test_gradient_estimates_of_a_square_have_the_mean_known_from_algebra(chapter):
    """f(z) = z², q = N(m, s²): the gradient of E f for m is 2m, by all three ways."""
    m, s = tf.constant([[0.5]]), tf.constant([[2.0]])
    noise = tf.random.stateless_normal((200_000, 1, 1), seed=[1, 2])
    for draws in chapter.estimates(lambda z: tf.square(z)[..., 0], m, s, noise):
        error = float(tf.math.reduce_std(draws)) / np.sqrt(200_000)
        assert abs(float(tf.reduce_mean(draws)) - 1.0) < 4 * error + 1e-6


def test_a_refitted_model_decodes_codes_of_the_fitted_gaussian(chapter):
    class Model:
        shape, prior = (1,), None

        @staticmethod
        def decode(z):
            return z

    random = np.random.default_rng(0)
    codes = random.normal(size=(50_000, 2)) @ [[2.0, 1.0], [0.0, 0.5]] + [3.0, -1.0]
    drawn = chapter.Refitted(Model, codes).decode(random.normal(size=(50_000, 2)))
    np.testing.assert_allclose(np.mean(drawn, axis=0), [3, -1], atol=0.05)
    np.testing.assert_allclose(np.cov(np.transpose(drawn)), np.cov(codes.T), atol=0.1)


@pytest.mark.parametrize("name", ["vae_plane", "vae_gated"])
def test_shipped_weights_reach_the_bound_that_is_recorded(name):
    means = vae_weights.pixel_means()
    held = vae_training.binary(datasets.load("mnist").validation.x[:1_000])
    recorded = recording.load(f"ch08d_{name[4:]}")
    assert list(recorded) == [f"seed {seed}" for seed in vae_weights.SEEDS]
    bound = vae_weights.load(name, 1, means).importance_weighted_bound(held, 500).mean()
    assert abs(bound - recorded["seed 1"]["bound"]) < 0.1  # float16 against float32
    assert (
        abs(vae_weights.BUILD[name](means, 1).importance_weighted_bound(held[:100], 50).mean() - bound) > 50
    )


def test_weights_that_are_not_shipped_are_refused():
    for name, seed in [("vae_plane", 5), ("mnist", 0), ("vae", 0)]:
        with pytest.raises(ValueError, match=r"expected one of vae_plane, vae_gated and a seed from 0 to 4"):
            vae_weights.load(name, seed, np.full((28, 28, 1), 0.2))


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
