"""A causal transformer sees no later symbol, every earlier one, and where each stands."""

import keras
import numpy as np
import pytest

from dlcourse import models


@pytest.fixture(scope="module", params=[{}, {"heads": 2, "width": 8, "blocks": 1}])
def model(request):
    keras.utils.set_random_seed(0)
    return models.causal_transformer(7, longest=12, **{"width": 16, "blocks": 2, **request.param})


def logits(model, tokens):
    return np.asarray(model(np.array([tokens], "int32"), training=False))[0]


def test_an_output_depends_on_earlier_symbols_and_on_no_later_one(model):
    tokens = np.random.default_rng(0).integers(0, 7, 12)
    before = logits(model, tokens)
    assert before.shape == (12, 7)
    for place in range(12):
        other = tokens.copy()
        other[place] = (other[place] + 1) % 7
        moved = np.abs(logits(model, other) - before).max(axis=1)
        assert (moved[:place] < 1e-6).all() and (moved[place:] > 1e-6).all()


def test_order_matters(model):
    one, other = logits(model, [1, 2, 3, 4]), logits(model, [2, 1, 3, 4])
    assert np.abs(one[-1] - other[-1]).max() > 1e-6


def test_a_short_text_is_read_as_the_beginning_of_a_long_one(model):
    tokens = np.random.default_rng(1).integers(0, 7, 12)
    np.testing.assert_allclose(logits(model, tokens[:5]), logits(model, tokens)[:5], atol=1e-5)


def test_embedding_and_output_share_their_matrix():
    tied = models.causal_transformer(50, width=8, heads=2, blocks=1, longest=4)
    larger = models.causal_transformer(51, width=8, heads=2, blocks=1, longest=4)
    assert larger.count_params() - tied.count_params() == 8


def test_it_can_be_saved_and_loaded(tmp_path, model):
    model.save(tmp_path / "model.keras")
    again = keras.saving.load_model(tmp_path / "model.keras")
    np.testing.assert_allclose(logits(again, [1, 2, 3]), logits(model, [1, 2, 3]), atol=1e-6)


def test_bad_sizes_are_said():
    with pytest.raises(ValueError, match="multiple of the heads"):
        models.causal_transformer(7, width=10, heads=4)
    with pytest.raises(ValueError, match="longest"):
        models.causal_transformer(7, longest=0)
