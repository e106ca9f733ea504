"""What chapter 08d defines, against calculations by hand; and its source against its own rules."""

import chapter_code
import keras
import numpy as np
import pytest
import tensorflow as tf
from scipy import special, stats

from dlcourse import datasets, exercises, models, recording, reproducibility, training
from dlcourse.analysis import latent_space
from dlcourse.experiments import vae_training, vae_weights
from dlcourse.training import loop, objectives


@pytest.fixture(scope="module")
def chapter():
    return chapter_code.definitions("08d")


def test_holes_are_places_far_from_all_codes(chapter):
    train = np.stack(np.meshgrid(np.arange(10.0), np.arange(10.0)), -1).reshape(-1, 2)
    held = np.tile(train + 0.1, (10, 1))
    near, hole = np.tile(train[:10], (10, 1)), np.full((100, 2), 50.0)
    assert chapter.share_in_holes(near, train, held) == 0
    assert chapter.share_in_holes(hole, train, held) == 1


def images(n=64, seed=0):
    return np.random.default_rng(seed).random((n, 28, 28, 1)).astype("float32")


def vae_of(chapter, kind="VAE", latents=2, outputs=4, start=7):
    """A model of the chapter with weights from a seed, and its networks."""
    keras.utils.set_random_seed(start)
    encoder, decoder = chapter.networks(latents, outputs)
    return getattr(chapter, kind)(encoder, decoder)


def test_keras_fit_the_loop_and_training_fit_give_the_same_weights_and_the_same_history(chapter):
    reproducibility.deterministic()
    x, adam = images(), lambda: keras.optimizers.Adam(1e-3)
    ordered = x[loop.epoch_order(len(x), seed=0, epoch=0).numpy()]
    by_keras, by_hand, pair = (vae_of(chapter) for _ in range(3))
    start = by_keras.decoder.get_weights()
    by_keras.compile(optimizer=adam())
    history = by_keras.fit(ordered, batch_size=16, shuffle=False, verbose=0).history
    chapter.by_loop(by_hand, ordered, adam(), batch_size=16)
    ours = models.vae((28, 28, 1), 2, networks=(pair.encoder, pair.decoder))
    run = training.fit(ours, objectives.negative_elbo(), (x,), epochs=1, batch_size=16, optimizer=adam())
    for part in ("encoder", "decoder"):
        for one, two, three in zip(
            *(getattr(model, part).get_weights() for model in (by_keras, by_hand, ours)), strict=True
        ):
            np.testing.assert_allclose(two, one, atol=1e-6)
            np.testing.assert_allclose(three, one, atol=1e-5)
    assert max(np.abs(a - b).max() for a, b in zip(start, ours.decoder.get_weights(), strict=True)) > 2e-3
    for name in ("loss", "rate", "distortion"):
        assert history[name][0] == pytest.approx(run.history[name][0], rel=1e-4)


def test_the_keras_vaes_costs_are_scipys(chapter):
    model, x = vae_of(chapter), (images(5) < 0.3).astype("float32")
    mean, scale = (np.array(part) for part in model.posterior(x))
    model.noise = keras.random.SeedGenerator(3)
    rate, lost = (np.array(part) for part in model.rate_and_distortion(x))
    noise = np.array(keras.random.normal(mean.shape, seed=keras.random.SeedGenerator(3)))
    probability = special.expit(np.array(model.decoder(mean + scale * noise)))
    grid = np.linspace(-12, 12, 20_001)
    for i in range(5):
        kl = 0.0
        for m, s in zip(mean[i], scale[i], strict=True):
            q = stats.norm(m, s)
            kl += np.trapezoid(q.pdf(grid) * (q.logpdf(grid) - stats.norm.logpdf(grid)), grid)
        assert rate[i] == pytest.approx(kl, rel=1e-3, abs=1e-4)
        expected = -stats.bernoulli.logpmf(x[i].astype(int), probability[i]).sum()
        assert lost[i] == pytest.approx(expected, rel=1e-4)


def test_evaluate_averages_over_all_images_whatever_the_batches(chapter):
    x = (images(30) < 0.3).astype("float32")
    found = []
    for batch_size in (5, 30):
        model = vae_of(chapter, "ChoiceVAE", 10, 10)  # no draw, so that the order of draws can't differ
        model.compile(optimizer="adam")
        found.append(model.evaluate(x, batch_size=batch_size, return_dict=True, verbose=0))
    assert found[0] == pytest.approx(found[1], rel=1e-5)
    assert found[0]["loss"] == pytest.approx(found[0]["rate"] + found[0]["distortion"], rel=1e-5)


def test_the_bound_of_ten_choices_is_below_the_sum_over_them(chapter):
    """Where q is the posterior the negative bound is -ln sum of p(k) p(x | k), exactly; elsewhere it is larger."""
    model, x = vae_of(chapter, "ChoiceVAE", 10, 10), (images(6) < 0.3).astype("float32")
    logits = np.array(model.decoder(np.eye(10, dtype="float32")))
    each = np.sum(np.logaddexp(0, logits)[None] - x[:, None] * logits[None], axis=(2, 3, 4))
    truth = -special.logsumexp(-each - np.log(10), axis=1)
    rate, lost = (np.array(part) for part in model.rate_and_distortion(x))
    assert np.all(rate + lost > truth - 1e-3) and np.any(rate + lost > truth + 0.01)
    model.encoder = lambda _: tf.constant(-each, tf.float32)
    rate, lost = (np.array(part) for part in model.rate_and_distortion(x))
    np.testing.assert_allclose(rate + lost, truth, rtol=1e-4)


def test_gumbel_softmax_is_a_choice_at_low_temperature_with_softmaxs_probabilities(chapter):
    logits = np.tile(np.log([0.5, 0.4, 0.1]), (40_000, 1)).astype("float32")
    cold, warm = (np.array(chapter.gumbel_softmax(logits, tau, seed=1)) for tau in (0.01, 10.0))
    np.testing.assert_allclose(cold.sum(axis=1), 1, rtol=1e-4)
    np.testing.assert_allclose(cold.mean(axis=0), [0.5, 0.4, 0.1], atol=0.01)
    assert np.mean(cold.max(axis=1) > 0.99) > 0.9 > 0.5 > warm.max(axis=1).mean()


def test_the_convolutional_networks_are_those_whose_weights_are_shipped(chapter):
    shipped = vae_weights.convolutional(None, 0)
    for own, other in zip(chapter.convolutional(10), (shipped.encoder, shipped.decoder), strict=True):
        assert [type(layer) for layer in own.layers] == [type(layer) for layer in other.layers]
        for one, two in zip(own.layers, other.layers, strict=True):
            assert one.output.shape == two.output.shape
            for key in ("units", "filters", "kernel_size", "strides", "padding", "activation"):
                assert getattr(one, key, None) == getattr(two, key, None)
    small, large = sorted([shipped.count_params(), vae_weights.dense(None, 0).count_params()])
    assert large < 1.05 * small  # as many weights, nearly


def test_a_posterior_of_its_own_is_better_and_no_better_than_the_best(chapter):
    """Fitted from the encoder's guess, a Gaussian costs less than it, and its cost stays above exact -ln p(x)."""
    model = models.vae((4, 3, 1), 2, hidden=[8], activation="relu", seed=0)
    model.decoder.layers[1].kernel.assign(3 * model.decoder.layers[1].kernel)
    x = (np.random.default_rng(1).random((6, 4, 3, 1)) < 0.5).astype("float32")
    noise = tf.random.stateless_normal((4_000, 6, 2), [0, 1])
    guess = chapter.cost(model, x, *model.posterior_parameters(x), noise).numpy()
    fit = chapter.fitter(model, len(x), steps=200, draws=8)
    own = chapter.cost(model, x, *chapter.optimised(fit, model, x, 2), noise).numpy()
    again = chapter.cost(model, x, *chapter.optimised(fit, model, x, 2), noise).numpy()
    exact = -latent_space.Grid(model).log_likelihood(x)
    assert own.mean() < guess.mean() - 0.01
    assert np.all(own > exact - 0.02)
    np.testing.assert_allclose(again, own, atol=1e-4)  # it begins anew each time


def test_what_may_not_move_stays_where_the_encoder_put_it(chapter):
    model = models.vae((4, 3, 1), 2, hidden=[8], activation="relu", seed=0)
    x = (np.random.default_rng(1).random((4, 4, 3, 1)) < 0.5).astype("float32")
    start = [part.numpy() for part in model.posterior_parameters(x)]
    fit = chapter.fitter(model, 4, steps=5)
    for fixed, free in [(1, (1.0, 0.0)), (0, (0.0, 1.0))]:
        found = [part.numpy() for part in chapter.optimised(fit, model, x, 0, free)]
        np.testing.assert_allclose(found[fixed], start[fixed], rtol=1e-5)
        assert np.abs(found[1 - fixed] - start[1 - fixed]).min() > 1e-3


def test_a_mixture_of_images_finds_the_two_that_made_the_data(chapter):
    random = np.random.default_rng(0)
    truth = np.where(np.arange(30) < 15, 0.9, 0.1), np.where(np.arange(30) < 15, 0.2, 0.8)
    kind = random.random(600) < 0.3
    x = (random.random((600, 30)) < np.where(kind[:, None], *truth)).astype("float32")
    images, shares = chapter.mixture_of(x, 2, x.mean(axis=0), rounds=30, seed=1)
    order = np.argsort(shares)
    np.testing.assert_allclose(shares[order], [0.3, 0.7], atol=0.06)
    np.testing.assert_allclose(images[order], truth, atol=0.12)
    by_scipy = special.logsumexp(
        [
            np.log(share) + stats.bernoulli.logpmf(x.astype(int), image).sum(axis=1)
            for share, image in zip(shares, images, strict=True)
        ],
        axis=0,
    )
    found = special.logsumexp(chapter.log_joint_of(x, images, shares), axis=1)
    np.testing.assert_allclose(found, by_scipy, rtol=1e-4)


def test_a_weighted_average_over_draws_of_another_gaussian_estimates_the_same(chapter):
    """With q, weighed by prior / q, and with the prior itself: ln p(x), within the draws' noise."""
    model = models.vae((4, 3, 1), 2, hidden=[8], activation="relu", seed=0)
    model.decoder.layers[1].kernel.assign(3 * model.decoder.layers[1].kernel)
    x = (np.random.default_rng(1).random((5, 4, 3, 1)) < 0.5).astype("float32")
    random = np.random.default_rng(2)
    z = random.normal(size=(40_000, 2)).astype("float32")
    wide = (1.5 * z + 0.3).astype("float32")
    weights = stats.norm.logpdf(wide).sum(axis=1) - stats.norm.logpdf(wide, 0.3, 1.5).sum(axis=1)
    exact = latent_space.Grid(model).log_likelihood(x)
    np.testing.assert_allclose(chapter.log_average(model, x, z, 0.0), exact, atol=0.05)
    np.testing.assert_allclose(chapter.log_average(model, x, wide, weights), exact, atol=0.05)


def test_an_image_of_independent_pixels_costs_what_scipy_says(chapter):
    ink, x = np.clip(images(1, 3)[0], 0.1, 0.9), (images(3) < 0.4).astype("float32")
    expected = stats.bernoulli.logpmf(x.astype(int), ink).sum(axis=(1, 2, 3))
    np.testing.assert_allclose(chapter.independent(x, ink), expected, rtol=1e-4)


def test_the_exercise_on_networks_takes_several_right_answers_and_names_what_is_wrong(chapter):
    judge, layers = exercises.find("08d.3").judge, keras.layers

    def stack(shape, *parts):
        return keras.Sequential([keras.Input(shape), *parts])

    def encoder(outputs=6, **last):
        hidden = layers.Dense(64, activation="relu")
        return stack((28, 28, 1), layers.Flatten(), hidden, layers.Dense(outputs, **last))

    def decoder(**last):
        hidden = layers.Dense(64, activation="relu")
        return stack((3,), hidden, layers.Dense(784, **last), layers.Reshape((28, 28, 1)))

    assert judge((encoder(), decoder())) is None
    assert judge([encoder(), decoder()]) is None
    for answer, word in [
        (encoder(), "pair"),
        ((1, 2), "Keras models"),
        ((decoder(), encoder()), "encoder"),
        ((encoder(3), decoder()), r"(4, 3)"),
        ((encoder(), decoder(activation="sigmoid")), "within bounds"),
        ((encoder(activation="relu"), decoder()), "negative"),
        ((encoder(), encoder()), "decoder"),
    ]:
        assert word in judge(answer)


def test_gradient_estimates_of_a_square_have_the_mean_known_from_algebra(chapter):
    """f(z) = z², q = N(m, s²): the gradient of E f for m is 2m, by all three ways."""
    m, s = tf.constant([[0.5]]), tf.constant([[2.0]])
    noise = tf.random.stateless_normal((200_000, 1, 1), seed=[1, 2])
    for draws in chapter.estimates(lambda z: tf.square(z)[..., 0], m, s, noise):
        error = float(tf.math.reduce_std(draws)) / np.sqrt(200_000)
        assert abs(float(tf.reduce_mean(draws)) - 1.0) < 4 * error + 1e-6


def test_drawings_say_the_models_shapes():
    import matplotlib

    matplotlib.use("agg")
    from matplotlib import pyplot as plt

    from dlcourse.figures import vae

    model = vae_weights.convolutional(None, 0)
    for drawn in (True, False):
        figure, ax = plt.subplots()
        vae.encoder_decoder(model.encoder, model.decoder, drawn=drawn, ax=ax)
        said = " ".join(text.get_text() for text in ax.texts)
        for shape in ("(28, 28, 1)", "(14, 14, 16)", "(7, 7, 32)", "(1568,)", "(20,)", "(10,)"):
            assert shape in said
        assert ("ε" in said) == drawn
        plt.close(figure)
    figure, ax = plt.subplots()
    vae.gaps({"one": [1.0, 2.0], "two": [0.5, 0.25]}, ax=ax)
    ends = [bar.get_x() + bar.get_width() for bar in ax.patches[-2:]]
    assert ends == [1.5, 2.25]
    plt.close(figure)
    figure, ax = plt.subplots()
    line = np.linspace(-3, 3, 61)
    density = np.exp(-((line[:, None] - 1) ** 2 + line[None] ** 2) / 0.1)
    vae.prior_and_posteriors(
        line, density[None], (np.array([[1.0, 0.0]]), np.array([[0.2, 0.2]])), ["a 7"], ax=ax
    )
    inside = ax.collections[0].get_paths()[0]
    assert inside.contains_point((1, 0)) and not inside.contains_point((0, 1))  # the first axis is latent 1
    plt.close(figure)


def test_a_planes_codes_follow_the_fitted_gaussian_and_its_prior_is_the_standard_normal(chapter):
    random = np.random.default_rng(0)
    codes = random.normal(size=(50_000, 2)) @ [[2.0, 1.0], [0.0, 0.5]] + [3.0, -1.0]
    plane = chapter.Plane(lambda z: z, codes.mean(axis=0), np.linalg.cholesky(np.cov(codes.T)))
    drawn = np.array(plane.center + random.normal(size=(50_000, 2)) @ plane.root.T)
    np.testing.assert_allclose(drawn.mean(axis=0), [3, -1], atol=0.05)
    np.testing.assert_allclose(np.cov(drawn.T), np.cov(codes.T), atol=0.1)
    at = np.array([[0.5, -1.0]], "float32")
    assert plane.prior().log_prob(at).numpy()[0] == pytest.approx(stats.norm.logpdf(at).sum(), rel=1e-5)
    keras.utils.set_random_seed(3)
    decoder = chapter.networks(2, 4)[1]
    np.testing.assert_allclose(
        chapter.Plane(decoder).decode(at).distribution.logits, decoder(at), rtol=1e-5, atol=1e-6
    )


SHIPPED = {
    "vae_plane": ("ch08d_plane", "seed 1", 500),
    "vae_gated": ("ch08d_gated", "seed 1", 500),
    "vae_dense": ("ch08d_convolution", "dense, seed 1", 50),
    "vae_convolutional": ("ch08d_convolution", "convolutional, seed 1", 50),
    "vae_shuffled": ("ch08d_convolution", "shuffled, seed 1", 50),
    "vae_beta_4": ("ch08d_beta", "beta_4, seed 1", 50),
}


@pytest.mark.parametrize("name", SHIPPED)
def test_shipped_weights_reach_the_bound_that_is_recorded(name):
    means = vae_weights.pixel_means()
    held = vae_training.binary(datasets.load("mnist").validation.x[:1_000])
    held = vae_weights.seen_by(name, held)
    study, key, draws = SHIPPED[name]
    recorded = recording.load(study)
    assert {f"{key[:-1]}{seed}" for seed in vae_weights.SEEDS} <= set(recorded)
    bound = vae_weights.load(name, 1, means).importance_weighted_bound(held, draws).mean()
    assert abs(bound - recorded[key]["bound"]) < 0.1  # float16 against float32
    assert (
        abs(vae_weights.BUILD[name](means, 1).importance_weighted_bound(held[:100], 50).mean() - bound) > 50
    )


def test_shuffled_pixels_are_the_same_pixels_in_one_other_order():
    x = images(3)
    mixed = vae_weights.shuffled(x)
    assert mixed.shape == x.shape and np.any(mixed != x)
    np.testing.assert_array_equal(np.sort(mixed.reshape(3, -1)), np.sort(x.reshape(3, -1)))
    place = int(np.flatnonzero(mixed[0].ravel() == x[0].ravel()[100])[0])
    np.testing.assert_array_equal(mixed.reshape(3, -1)[:, place], x.reshape(3, -1)[:, 100])


def test_weights_that_are_not_shipped_are_refused():
    for name, seed, expected in [
        ("vae_plane", 5, "a seed from 0 to 4"),
        ("mnist", 0, "one of vae_plane, vae_gated"),
        ("vae", 0, "one of vae_plane, vae_gated"),
    ]:
        with pytest.raises(ValueError, match=rf"expected {expected}"):
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
