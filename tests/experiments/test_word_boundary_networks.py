"""What chapter 08b measures by: decoding under rules, counts as transitions, and the shipped networks."""

import numpy as np
import pytest

from dlcourse import recording
from dlcourse.datasets import word_boundaries as text
from dlcourse.experiments import hidden_markov_training, word_boundaries
from dlcourse.from_scratch import hidden_markov, random_field
from dlcourse.models import crf


def test_decoding_under_the_rules_breaks_none_and_is_free_where_they_hold_anyway():
    rng = np.random.default_rng(0)
    scores = rng.normal(size=(30, 40, 4)).astype("float32")
    present = np.arange(40) < rng.integers(1, 41, (30, 1))
    ruled = word_boundaries.decode(scores, np.zeros((4, 4)), present)
    for row in ruled:
        labels = row[row >= 0]
        assert (
            text.MAY_BEGIN[labels[0]]
            and text.MAY_END[labels[-1]]
            and text.FOLLOWS[labels[:-1], labels[1:]].all()
        )
    free = word_boundaries.decode(scores, np.zeros((4, 4)), present, rules=False)
    assert (free == np.where(present, scores.argmax(axis=-1), -1)).all()
    sure = np.where(ruled[..., None] == np.arange(4), 9.0, 0.0)
    assert (word_boundaries.decode(sure, np.zeros((4, 4)), present, rules=False) == ruled).all()


def test_with_counts_a_network_that_knows_nothing_leaves_the_counted_chain():
    known = np.array([text.labels_of(["ab", "c", "de"]), text.labels_of(["a", "bcd", "e"])])
    shares = np.log(np.bincount(known.ravel(), minlength=4) / known.size)
    scores, moves = word_boundaries.with_counts(np.tile(shares, (1, 3, 1)).astype("float32"), known)
    chain = hidden_markov.count(0 * known, known, labels=4, symbols=1, smoothing=0.3)
    np.testing.assert_allclose(moves, chain.transitions)
    np.testing.assert_allclose(scores[0], [chain.start, np.zeros(4), np.zeros(4)], atol=1e-6)
    assert np.exp(random_field.log_partition(scores[0], moves)) == pytest.approx(1, rel=1e-5)


def test_splits_share_no_line_and_letters_are_the_training_lines():
    data = word_boundaries.parts("english", 7, 50)
    assert data["train"][0].shape == (50, 40) and data["test"][0].shape == (500, 40)
    assert not (data["train"][0] == text.UNKNOWN).any()


def test_one_step_more_on_the_joint_likelihood_keeps_the_letters_and_the_other_loses_them():
    lines = text.lines("english")
    symbols = text.symbols_of(lines)
    splits = [
        (text.arrays(lines[a : a + 40], symbols), text.arrays(lines[a + 40 : a + 60], symbols))
        for a in (0, 100)
    ]
    settings = {"steps": 50, "every": 50, "labels": 4, "symbols": len(symbols) + 2, "rate": 0.05}
    joint, given = (
        hidden_markov_training.trained_on(splits, given_letters=way, **settings) for way in (False, True)
    )
    assert joint["bits"].shape == (2, 2) and (joint["bits"][0] == given["bits"][0]).all()
    assert (given["bits"][1] > joint["bits"][1] + 0.1).all() and (given["nats"][1] < joint["nats"][1]).all()
    (x, y), (new, labels) = splits[0]
    model = hidden_markov.count(x, y, labels=4, symbols=len(symbols) + 2, smoothing=0.3)
    nats = [
        random_field.log_partition(scores[: (row >= 0).sum()], model.transitions)
        for scores, row in zip(model.scores(new), labels, strict=True)
    ]
    assert joint["bits"][0, 0] == pytest.approx(-np.sum(nats) / np.log(2) / (labels >= 0).sum(), rel=1e-4)


@pytest.mark.parametrize("field", [False, True])
def test_shipped_networks_read_as_they_are_recorded(field):
    kind = word_boundaries.kind_of("english", 3, field)
    recorded = recording.load("ch08b_boundaries")[f"{kind}, F1"]
    network = word_boundaries.shipped("english", 3, field)[2]
    found = word_boundaries.word_f1(network, *word_boundaries.parts("english", 2)["validation"])
    assert found == pytest.approx(recorded[2], abs=0.01)  # float16
    assert np.any(network.layers[-1].transitions.numpy()) == field


def test_other_networks_are_not_shipped():
    with pytest.raises(ValueError, match="a window of 1, 3, 7, 15"):
        word_boundaries.shipped("english", 4, True)


def test_splits_of_other_sizes_and_steps_between_two_looks_are_refused():
    x, y = np.ones((4, 3), "int32"), np.zeros((4, 3), "int32")
    settings = {"given_letters": True, "labels": 2, "symbols": 3, "every": 5}
    with pytest.raises(ValueError, match="of equal size"):
        hidden_markov_training.trained_on([((x, y), (x, y)), ((x[:2], y[:2]), (x, y))], steps=5, **settings)
    with pytest.raises(ValueError, match="multiple of every"):
        hidden_markov_training.trained_on([((x, y), (x, y))], steps=7, **settings)


def test_transitions_are_fitted_to_their_peak_and_read_as_they_are_recorded():
    network, data = word_boundaries.shipped("english", 3, False)[2], word_boundaries.parts("english", 2)
    x, y = (part[:40] for part in data["train"])
    scale, moves = word_boundaries.with_fitted_transitions(network, x, y)
    raw = network(x).numpy()

    def penalised(theta):
        moves, scores = theta[5:].reshape(4, 4), theta[0] * raw + theta[1:5]
        paths = [
            random_field.log_partition(s[: (row >= 0).sum()], moves) for s, row in zip(scores, y, strict=True)
        ]
        right = crf.path_score(scores.astype("float32"), moves.astype("float32"), y >= 0, np.maximum(y, 0))
        return right.numpy().sum() - np.sum(paths) - 0.3 * theta @ theta

    peak = np.concatenate([scale, moves.ravel()])
    for place in range(0, 21, 3):
        step = 0.2 * np.eye(21)[place]
        assert max(penalised(peak + step), penalised(peak - step)) < penalised(peak)
    known = [part[:300] for part in data["train"]]
    found = word_boundaries.word_f1_with_fitted_transitions(network, *data["test"], known)
    recorded = recording.load("ch08b_boundaries")
    key = "english_3_independent, transitions fitted, F1 on test lines"
    assert found == pytest.approx(recorded[key][2], abs=0.003)
