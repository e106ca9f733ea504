"""The objective of random fields: what it is equal to, and what it refuses."""

import keras
import numpy as np
import pytest

from dlcourse import training
from dlcourse.models.crf import LinearChainCRF
from dlcourse.training import objectives


def network(labels=3):
    keras.utils.set_random_seed(0)
    x = keras.Input((5,), dtype="int32")
    scores = keras.layers.Dense(labels)(keras.layers.Embedding(7, 4)(x))
    return keras.Model(x, LinearChainCRF(labels)(scores, x != 0))


X = np.array([[1, 2, 3, 4, 5], [6, 5, 0, 0, 0], [2, 0, 0, 0, 0]], "int32")
Y = np.array([[0, 1, 2, 1, 0], [2, 2, -1, -1, -1], [1, -1, -1, -1, -1]], "int32")


def test_the_loss_is_the_layers_and_the_evaluation_counts_places_not_rows():
    model = network()
    whole = float(model.layers[-1].loss(Y, model(X)))
    loss, metrics = objectives.crf()(model, (X, Y), training=False)
    assert float(loss) == pytest.approx(whole) and metrics == {}
    by_rows = training.evaluate(model, objectives.crf(), (X, Y), batch_size=2)["loss"]
    assert by_rows == pytest.approx(whole, rel=1e-5)  # 7 places in the first batch, 1 in the second


def test_training_lowers_it():
    run = training.fit(
        network(), objectives.crf(), (X, Y), epochs=40, batch_size=3, optimizer=keras.optimizers.Adam(0.1)
    )
    assert run.history["loss"][-1] < 0.1 < run.history["loss"][0]


@pytest.mark.parametrize(
    "y, message",
    [
        (Y.astype("float32"), "whole numbers"),
        (Y[:, 0], "whole numbers"),
        (np.where(Y == 2, 3, Y), "0 to 2"),
        (np.where(Y == 2, -2, Y), "0 to 2"),
        (np.array([[0, -1, 1, 1, 1]] * 3), "-1 before a label"),
        (np.full((3, 5), -1), "-1 before a label"),
        (Y[:, :4], "4 places"),
    ],
)
def test_labels_that_do_not_fit_are_refused(y, message):
    with pytest.raises(ValueError, match=message):
        training.fit(network(), objectives.crf(), (X, y), epochs=1, batch_size=3)


def test_a_model_without_a_field_is_refused():
    model = keras.Sequential([keras.Input((5,)), keras.layers.Embedding(7, 3)])
    with pytest.raises(ValueError, match="LinearChainCRF, as its last layer; this one has 0"):
        training.fit(model, objectives.crf(), (X, Y), epochs=1, batch_size=3)
