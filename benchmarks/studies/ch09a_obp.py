"""Chapter 09a's five estimators beside those of the Open Bandit Pipeline, on logs that are made up anew by seed.

    python benchmarks/run.py ch09a_obp

Recorded by seed: the estimate of each of obp's estimators; the test of ``dlcourse.rl.off_policy`` computes ours from
the same logs. obp isn't among benchmarks/requirements.txt, since it asks for old versions of others, which its
estimators don't need: with torch there, pip install --no-deps obp==0.4.1 pyieoe seaborn mypy-extensions pandas.
"""

import importlib.util

import numpy as np

from dlcourse.recording import Recording

SEEDS, ROWS, ACTIONS, LARGEST = range(5), 1_000, 10, 3.0


def made_up(seed):
    """A log, and a policy to judge by it: a dict of arrays.

    action int (rows,), reward 0 or 1 (rows,), propensity (rows,) of the logging policy, policy (rows, actions), the
    chances of the policy to be judged, and model (rows, actions), a rough guess of expected rewards.
    """
    random = np.random.default_rng(seed)
    logging, policy = (random.dirichlet(np.full(ACTIONS, spread), ROWS) for spread in (2.0, 0.5))
    mean = random.random((ROWS, ACTIONS))
    action = (logging.cumsum(axis=1) > random.random((ROWS, 1))).argmax(axis=1)
    rows = np.arange(ROWS)
    return {
        "action": action,
        "reward": (random.random(ROWS) < mean[rows, action]).astype(float),
        "propensity": logging[rows, action],
        "policy": policy,
        "model": np.clip(mean + 0.2 * random.standard_normal(mean.shape), 0, 1),
    }


def estimates(logs):
    """What obp's estimators say, by the name that ``off_policy`` has for each."""
    from obp import ope

    estimators = {
        "direct_method": ope.DirectMethod(),
        "inverse_propensity": ope.InverseProbabilityWeighting(),
        "self_normalised": ope.SelfNormalizedInverseProbabilityWeighting(),
        "doubly_robust": ope.DoublyRobust(),
        "switch": ope.SwitchDoublyRobust(tau=LARGEST),
    }
    given = {
        "reward": logs["reward"],
        "action": logs["action"],
        "position": np.zeros(ROWS, int),
        "pscore": logs["propensity"],
        "action_dist": logs["policy"][..., np.newaxis],
        "estimated_rewards_by_reg_model": logs["model"][..., np.newaxis],
    }
    return {name: float(each.estimate_policy_value(**given)) for name, each in estimators.items()}


def main():
    if importlib.util.find_spec("obp") is None:
        raise SystemExit(
            "obp is not installed: pip install --no-deps obp==0.4.1 pyieoe seaborn mypy-extensions pandas"
        )
    record = Recording("ch09a_obp", "Value of a policy by obp 0.4.1, by seed and estimator")
    for seed in SEEDS:
        if not record.done(str(seed)):
            record.add(str(seed), estimates(made_up(seed)))


if __name__ == "__main__":
    main()
