"""Logs of recommendations: what was shown to whom, with which probability, and whether it was clicked.

Open Bandit Dataset (Saito et al. 2021): a fashion shop showed items in three places of its page, chosen at random or by
Thompson sampling ("bts"), on the same days. The course ships the 10,000 rows of each that its package carries.
"""

import dataclasses

import numpy as np

from dlcourse import checks
from dlcourse.datasets import catalogue

POLICIES = ("random", "bts")
CAMPAIGNS = ("all", "men", "women")
PLACES = 3


@dataclasses.dataclass(frozen=True, eq=False)
class Log:
    """Rows of a log, in the order of time.

    Attributes:
        item: what was shown, int64 (rows,), 0 to items - 1.
        place: on the page, int64 (rows,), 0 to 2.
        click: float64 (rows,), 1 or 0.
        propensity: with which probability the policy showed this item in this place, float64 (rows,).
        user: four anonymous features, each a number of a category, int64 (rows, 4).
        items: how many there are.
        prior: of the policy "bts", two numbers of a Beta distribution for each item, float64 (items, 2).
    """

    item: np.ndarray
    place: np.ndarray
    click: np.ndarray
    propensity: np.ndarray
    user: np.ndarray
    items: int
    prior: np.ndarray

    def __len__(self):
        return len(self.item)


def read(policy, campaign="all"):
    """The log of a policy.

    Args:
        policy: "random" or "bts".
        campaign: "all", "men" or "women": which items were offered.

    Returns:
        Log.

    Raises:
        ValueError: where there is no such policy or campaign.
        catalogue.DataError: where the file is missing or another one.
    """
    for name, value, known in [("policy", policy, POLICIES), ("campaign", campaign, CAMPAIGNS)]:
        if not checks.is_one_of(value, known):
            raise ValueError(f"read({name}={value!r}): there are {', '.join(known)}.")
    arrays = catalogue.arrays(catalogue.entry("open_bandit")["files"][0])
    prior = arrays[f"prior_{campaign}"].astype("float64")

    def column(name):
        return arrays[f"{policy}_{campaign}_{name}"]

    return Log(
        item=column("item").astype("int64"),
        place=column("place").astype("int64"),
        click=column("click").astype("float64"),
        propensity=column("propensity").astype("float64"),
        user=column("user").astype("int64"),
        items=len(prior),
        prior=prior,
    )


def thompson_choices(prior, draws=100_000, seed=0):
    """With which probability Thompson sampling shows each item in each of the three places, by drawing.

    Each draw takes a number from every item's Beta distribution, and shows the three items with the largest ones.

    Args:
        prior: two numbers of a Beta distribution for each item, (items, 2).
        draws: how many; an estimate of a probability p is off by √(p (1 - p) / draws), as a standard deviation.
        seed: of the draws.

    Returns:
        float64 (items, 3); each column adds up to 1.

    Raises:
        ValueError: where prior has another shape, or a number in it isn't above 0.
    """
    prior = checks.numeric("thompson_choices(prior)", prior, axes=2).astype("float64")
    if prior.shape[0] < PLACES or prior.shape[1] != 2 or prior.min() <= 0:
        raise ValueError(
            f"thompson_choices(prior): got shape {prior.shape} with a smallest number {prior.min():g}; expected "
            "(items, 2), 3 items or more, all numbers above 0."
        )
    draws = checks.whole_number("thompson_choices(draws)", draws)
    rng = np.random.default_rng(checks.seed("thompson_choices(seed)", seed))
    counts = np.zeros((len(prior), PLACES))
    for start in range(0, draws, 10_000):
        sample = rng.beta(prior[:, 0], prior[:, 1], size=(min(10_000, draws - start), len(prior)))
        best = np.argpartition(-sample, PLACES - 1, axis=1)[:, :PLACES]
        best = np.take_along_axis(best, np.argsort(-np.take_along_axis(sample, best, 1), axis=1), 1)
        for place in range(PLACES):
            counts[:, place] += np.bincount(best[:, place], minlength=len(prior))
    return counts / draws
