"""The VAE of sequences: causality, exact likelihoods, the bound, and what codes write."""

import numpy as np
import pytest

from dlcourse import models, training
from dlcourse.models.sequence_vae import sequence_vae
from dlcourse.training import objectives


def some(n=5, steps=8, symbols=4, seed=0):
    return np.random.default_rng(seed).integers(0, symbols, (n, steps)).astype("float32")


def test_a_decoder_sees_what_came_before_and_nothing_else():
    model, x = sequence_vae(8, 4, 3, units=8, seed=0), some()
    z = np.random.default_rng(1).normal(size=(5, 3)).astype("float32")
    other = x.copy()
    other[:, 4] = (other[:, 4] + 1) % 4
    one = model.decoder([z, before(x)]).numpy()
    two = model.decoder([z, before(other)]).numpy()
    np.testing.assert_array_equal(one[:, :5], two[:, :5])
    assert (np.abs(one[:, 5:] - two[:, 5:]).max(axis=(1, 2)) > 0).all()
    blind = sequence_vae(8, 4, 3, units=8, sees_past=False, seed=0)
    np.testing.assert_array_equal(blind.decoder([z, before(x)]), blind.decoder([z, before(other)]))


def before(x):
    return np.pad(x[:, :-1], ((0, 0), (1, 0)), constant_values=-1)


@pytest.mark.parametrize("latents", [0, 2])
def test_likelihoods_of_all_sequences_sum_to_one(latents):
    model = sequence_vae(3, 3, latents, units=4, seed=1)
    every = np.stack(np.meshgrid(*[range(3)] * 3), axis=-1).reshape(-1, 3).astype("float32")
    z = np.tile(np.random.default_rng(0).normal(size=(1, model.latents)), (27, 1)).astype("float32")
    assert np.exp(model.log_likelihood(every, z)).sum() == pytest.approx(1, abs=1e-5)


def test_without_a_code_the_bound_is_the_likelihood_and_the_rate_is_0():
    model, x = sequence_vae(8, 4, 0, units=8, seed=0), some()
    exact = model.log_likelihood(x, np.zeros((5, 1), "float32")).numpy()
    np.testing.assert_allclose(model.importance_weighted_bound(x, 3), exact, atol=1e-4)
    rate, distortion = model.rate_and_distortion(x)
    np.testing.assert_allclose(rate, 0, atol=1e-6)
    np.testing.assert_allclose(-distortion, exact, atol=1e-4)


def test_more_draws_tighten_the_bound_and_many_give_the_likelihood():
    model, x = sequence_vae(4, 3, 2, units=6, seed=3), some(6, 4, 3)
    many = model.importance_weighted_bound(x, 2_000, at_once=2_000).mean()
    assert model.log_weights(x, 2_000, seed=1).numpy().mean() < many  # one draw, as a mean over many
    z = np.random.default_rng(0).normal(size=(20_000, 1, 2)).astype("float32")
    drawn = model.log_likelihood(x, np.tile(z, (1, 6, 1))).numpy().astype("float64")
    exact = np.log(np.exp(drawn).mean(axis=0)).mean()
    assert many == pytest.approx(exact, abs=0.03)


def test_it_learns_two_sequences_and_a_code_tells_them_apart():
    x = np.tile(np.array([[0, 1, 2, 3, 0, 1, 2, 3], [3, 3, 1, 1, 2, 2, 0, 0]], "float32"), (60, 1))
    model = sequence_vae(8, 4, 2, units=16, sees_past=False, seed=0)
    start = training.evaluate(model, objectives.negative_elbo(), (x, np.zeros(len(x), "int32")))["loss"]
    training.fit(
        model, objectives.negative_elbo(), (x, np.zeros(len(x), "int32")),
        epochs=60, batch_size=20, optimizer="adam", seed=0,
    )  # fmt: skip
    end = training.evaluate(model, objectives.negative_elbo(), (x, np.zeros(len(x), "int32")))["loss"]
    assert end < 0.4 * start and end > np.log(2) - 0.05  # one bit says which of the two
    np.testing.assert_array_equal(model.reconstruct(x[:2]), x[:2])
    line = model.interpolate(x[0], x[1], steps=5)
    np.testing.assert_array_equal(line[[0, -1]], x[:2])


def test_writing_is_drawing_from_the_likelihood():
    model = sequence_vae(2, 3, 1, units=4, seed=5)
    z = np.zeros((6_000, 1), "float32")
    drawn = model.write(z, seed=0)
    np.testing.assert_array_equal(drawn, model.write(z, seed=0))
    every = np.array([[a, b] for a in range(3) for b in range(3)], "float32")
    chances = np.exp(model.log_likelihood(every, z[:9]))
    shares = np.array([(drawn == row).all(axis=1).mean() for row in every])
    np.testing.assert_allclose(shares, chances, atol=0.03)
    likeliest = model.write(z[:1], temperature=0)[0]
    assert likeliest[0] == model.decoder([z[:1], np.full((1, 2), -1.0)]).numpy()[0, 0].argmax()
    assert model.sample(4, seed=1).shape == (4, 2)


@pytest.mark.parametrize("latents", [0, 3])
@pytest.mark.parametrize("sees_past", [True, False])
def test_writing_step_by_step_is_the_decoder(latents, sees_past):
    if not latents and not sees_past:
        return
    model = sequence_vae(10, 5, latents, units=8, sees_past=sees_past, seed=2)
    z = np.random.default_rng(0).normal(size=(4, model.latents)).astype("float32")
    state, step = model._stepwise(z)
    x = some(4, 10, 5)
    expected = model.decoder([z, before(x)]).numpy()
    for place in range(10):
        state, logits = step(state, before(x)[:, place].astype(int), place)
        np.testing.assert_allclose(logits, expected[:, place], atol=1e-5)


def test_errors_say_what_was_given():
    model = sequence_vae(8, 4, 3, units=8, seed=0)
    with pytest.raises(ValueError, match="whole numbers from 0 to 3; got values from 9 to 9"):
        model.rate_and_distortion(np.full((2, 8), 9.0, "float32"))
    with pytest.raises(ValueError, match=r"write\(z\): shape \(2, 5\); expected \(batch, 3\)"):
        model.write(np.zeros((2, 5)))
    with pytest.raises(ValueError, match="know nothing at all"):
        sequence_vae(8, 4, 0, sees_past=False)
    with pytest.raises(ValueError, match="step by step"):
        model.decode(np.zeros((2, 3)))


def test_other_vaes_have_the_likelihood_of_their_decoders():
    model = models.vae((4, 4), 2, hidden=(8,), seed=0)
    x = (np.random.default_rng(0).random((3, 4, 4)) < 0.5).astype("float32")
    z = np.zeros((3, 2), "float32")
    np.testing.assert_array_equal(model.log_likelihood(x, z), model.decode(z).log_prob(x))
