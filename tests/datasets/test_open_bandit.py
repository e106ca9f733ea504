"""The shop's logs, and Thompson sampling's choices by drawing."""

import numpy as np
import pytest

from dlcourse.datasets import open_bandit


@pytest.mark.parametrize("campaign, items", [("all", 80), ("men", 34), ("women", 46)])
def test_logs_of_chance_are_what_they_say(campaign, items):
    log = open_bandit.read("random", campaign)
    assert len(log) == 10_000 and log.items == items
    assert log.propensity == pytest.approx(1 / items)
    assert sorted(set(log.place)) == [0, 1, 2] and set(log.click) == {0.0, 1.0}
    counts = np.bincount(log.item, minlength=items)
    assert counts == pytest.approx(np.full(items, 10_000 / items), abs=6 * np.sqrt(10_000 / items))


def test_logged_probabilities_of_bts_go_with_what_was_shown():
    log = open_bandit.read("bts", "men")
    often = np.bincount(log.item, minlength=log.items)
    assert often.argmax() in np.argsort(-np.bincount(log.item, log.propensity, minlength=log.items))[:2]
    assert 0 < log.propensity.min() < log.propensity.max() < 1


def test_thompson_choices_against_an_integral():
    """Three items and one place that matters: the first place's probabilities by numerical integration."""
    from scipy import integrate, stats

    prior = np.array([[2.0, 3.0], [1.0, 1.0], [4.0, 2.0]])
    found = open_bandit.thompson_choices(prior, draws=200_000)
    beliefs = [stats.beta(*row) for row in prior]
    for item in range(3):
        others = [beliefs[k] for k in range(3) if k != item]
        exact = integrate.quad(
            lambda z, item=item, others=others: beliefs[item].pdf(z) * np.prod([o.cdf(z) for o in others]),
            0,
            1,
        )[0]
        assert found[item, 0] == pytest.approx(exact, abs=0.005)
    assert found.sum(axis=0) == pytest.approx([1, 1, 1]) and found.sum(axis=1) == pytest.approx([1, 1, 1])


@pytest.mark.parametrize(
    "change, says", [({"policy": "best"}, "random, bts"), ({"campaign": "kids"}, "all, men, women")]
)
def test_unknown_names_are_told_the_known_ones(change, says):
    with pytest.raises(ValueError, match=says):
        open_bandit.read(**{"policy": "bts", "campaign": "all"} | change)


def test_a_prior_of_another_shape_is_refused():
    with pytest.raises(ValueError, match=r"\(items, 2\)"):
        open_bandit.thompson_choices(np.ones((2, 2)))
    with pytest.raises(ValueError, match="above 0"):
        open_bandit.thompson_choices(np.zeros((5, 2)))
