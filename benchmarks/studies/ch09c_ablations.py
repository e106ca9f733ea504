"""Which parts of deep Q-learning matter on CartPole-v1? Each added to DQN, and left out of all together, ten seeds.

The ten seeds of a variant train at once, as ten agents that know nothing of each other, for 50,000 steps each. Run:
python benchmarks/studies/ch09c_ablations.py (about ten minutes of CPU; goes on where it was, variant by variant).
"""

import dataclasses

import numpy as np

from dlcourse import recording, reproducibility
from dlcourse.rl import dqn, environments, evaluation

SEEDS, STEPS, ENVIRONMENTS = 10, 50_000, 8
PLAIN = dqn.PLAIN
VARIANTS = {
    "DQN": PLAIN,
    "DQN + double": PLAIN | {"double": True},
    "DQN + duelling": PLAIN | {"duelling": True},
    "DQN + priorities": PLAIN | {"priority": 0.4},
    "DQN + 8 steps": PLAIN | {"n": 8},
    "DQN - replay": PLAIN | {"capacity": 64},
    "DQN - target network": PLAIN | {"target_every": 1},
    "together": {},
    "together + double": {"double": True},
    "together - duelling": {"duelling": False},
    "together - priorities": {"priority": 0.0},
    "together - 8 steps": {"n": 1},
    "together - replay": {"capacity": 64},
    "together - target network": {"target_every": 1},
    "together, truncation counts as termination": {"through_truncation": False},
}


def measured(changes, steps=STEPS):
    """By seed: means of 100 greedy returns, beliefs and discounted returns of their starts, returns by 2,500 steps."""
    settings = dataclasses.replace(dqn.CART_POLE, **changes)
    run = dqn.train(
        environments.cart_poles(ENVIRONMENTS * SEEDS), settings, agents=SEEDS, steps=steps, seed=100
    )
    games = dqn.greedy_episodes(environments.cart_poles(100 * SEEDS), run, 100, evaluation.CONFIRMATION_SEED)
    return {
        "greedy": games.returns.mean(axis=1).tolist(),
        "believed": games.believed.mean(axis=1).tolist(),
        "got": games.got.mean(axis=1).tolist(),
        "curves": run.learning_curves(np.arange(0, steps + 1, 2_500)).tolist(),
    }


def main():
    reproducibility.start(seed=0)
    record = recording.Recording(
        "ch09c_ablations",
        "Deep Q-learning on CartPole-v1, its parts added one at a time or left out, ten seeds.",
    )
    for name, changes in VARIANTS.items():
        if not record.done(name):
            record.add(name, measured(changes))
            print(name, np.round(record.content["values"][name]["greedy"]), flush=True)


if __name__ == "__main__":
    main()
