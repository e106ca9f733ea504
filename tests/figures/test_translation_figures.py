"""Figures of translation show what they are given."""

import numpy as np
import pytest

from dlcourse.figures import translation


@pytest.fixture
def pyplot():
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    yield pyplot
    pyplot.close("all")


def test_a_map_of_attention_has_a_row_per_sign_and_a_column_per_word(pyplot):
    _, ax = pyplot.subplots()
    weights = np.random.default_rng(0).dirichlet(np.ones(3), 2)
    translation.looked_at(weights, ["one", "hundred", "five"], ["yi", "bai"], ax=ax)
    [image] = ax.images
    np.testing.assert_array_equal(image.get_array(), weights)
    assert [label.get_text() for label in ax.get_yticklabels()] == ["yi", "bai"]
    assert [label.get_text() for label in ax.get_xticklabels()] == ["one", "hundred", "five"]


def test_over_time_each_digit_stands_in_the_middle_of_where_it_was_said(pyplot):
    _, ax = pyplot.subplots()
    weights = np.full((2, 5), 0.2)
    translation.listened_to(weights, np.array([[0, 2], [3, 5]]), [4, 7], ["si", "qi"], 0.2, ax=ax)
    assert [(text.get_text(), text.get_position()[0]) for text in ax.texts] == [("4", 200), ("7", 800)]
    left, right, bottom, top = ax.images[0].get_extent()
    assert (left, right) == (0, 1_000) and bottom > top


def test_the_mean_by_hand_is_the_sum_of_weights_times_values(pyplot):
    _, ax = pyplot.subplots()
    translation.weighted_mean([0, 1], [0.25, 0.75], [8, 4], ax=ax)
    assert "5" in [text.get_text() for text in ax.texts]


def test_the_decoder_reads_what_it_wrote_a_step_before(pyplot):
    _, ax = pyplot.subplots()
    translation.encoder_decoder(["one", "two"], ["yi", "er"], ax=ax)
    said = [text.get_text() for text in ax.texts]
    assert said.count("yi") == 2 and said.count("er") == 1 and said.count("begin") == 1
