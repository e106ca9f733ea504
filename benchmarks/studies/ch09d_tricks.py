"""Which of PPO's tricks matter on CartPole? Each left out or changed, ten seeds, at most 120,000 steps.

The ten seeds of a variant train at once, as ten agents that know nothing of each other. Run:
python benchmarks/studies/ch09d_tricks.py (about ten minutes of CPU; goes on where it was, variant by variant).
"""

import dataclasses

import gymnasium
import numpy as np

from dlcourse import recording, reproducibility
from dlcourse.rl import evaluation, ppo

SEEDS, STEPS = 10, 120_000
VARIANTS = {
    "as it is": {},
    "no clipping": {"clip": np.inf},
    "one epoch": {"epochs": 1},
    "values clipped too": {"clip_value": 0.2},
    "λ = 0": {"gae_lambda": 0.0},
    "truncation counts as termination": {"bootstrap": False},
    "resets are learnt from": {"mask_resets": False},
    "λ = 1": {"gae_lambda": 1.0},
    "advantages not normalised": {"normalise": False},
    "Glorot's kernels": {"orthogonal": False},
    "learning rate constant": {"anneal": np.inf},
    "gradients not shortened": {"max_grad_norm": np.inf},
    "entropy bonus 0.01": {"entropy_weight": 0.01},
}


def measured(changes, steps=STEPS):
    """Steps to solved by seed (None where it wasn't), means of 100 greedy returns, mean return by 5,000 steps."""
    settings = dataclasses.replace(ppo.CART_POLE, **changes)
    fields = gymnasium.make_vec("CartPole-v1", num_envs=8 * SEEDS, vectorization_mode="vector_entry_point")
    run = ppo.train(fields, settings, steps=steps, agents=SEEDS, seed=0, threshold=evaluation.THRESHOLD)
    other = gymnasium.make_vec("CartPole-v1", num_envs=100, vectorization_mode="vector_entry_point")
    greedy = [float(evaluation.confirm(other, run.chooser(agent)).mean()) for agent in range(SEEDS)]
    return {
        "solved steps": [solved and solved.step for solved in run.solved],
        "greedy": greedy,
        "curves": evaluation.learning_curves(run.episodes, steps, 5_000).tolist(),
    }


def main():
    reproducibility.start(seed=0)
    record = recording.Recording(
        "ch09d_tricks", "PPO on CartPole-v1 with each trick left out or changed, ten seeds."
    )
    for name, changes in VARIANTS.items():
        if not record.done(name):
            record.add(name, measured(changes))
            print(name, record.content["values"][name]["solved steps"], flush=True)


if __name__ == "__main__":
    main()
