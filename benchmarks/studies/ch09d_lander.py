"""A lander trained by PPO: the policy that chapter 09d ships, and its training curve.

1.5 million steps of LunarLander-v3 in 32 environments. After every tenth of it the state is kept in build/, so that an
interrupted run goes on there (in new episodes). The finished policy is written to data/lander_policy.npz; put the
SHA-256 that is printed into data/datasets.toml. Run: python benchmarks/studies/ch09d_lander.py (about 3 minutes).
"""

import hashlib
import pathlib

import gymnasium
import numpy as np

from dlcourse import files, recording, reproducibility
from dlcourse.rl import evaluation, policies, ppo

STEPS, PARTS, ENVIRONMENTS, SEED = 1_500_000, 10, 32, 0
SETTINGS = ppo.Settings(
    length=256,
    epochs=6,
    minibatch=512,
    discount=0.999,
    gae_lambda=0.98,
    learning_rate=1e-3,
    entropy_weight=0.01,
    anneal=STEPS,
    final_share=0.0,
)
ROOT = pathlib.Path(__file__).resolve().parents[2]
STATE = ROOT / "build" / "ch09d_lander_state.npz"
POLICY = ROOT / "data" / "lander_policy.npz"


def environments(number):
    return gymnasium.make_vec("LunarLander-v3", num_envs=number, vectorization_mode="sync")


def save_state(path, state, steps):
    with open(path, "wb") as file:
        np.savez(file, *state, steps=steps)


def load_state():
    """What an interrupted run left: (state, steps), or None."""
    if not STATE.exists():
        return None
    with np.load(STATE) as found:
        return tuple(found[f"arr_{place}"] for place in range(4)), found["steps"]


def main():
    reproducibility.start(seed=0)
    record = recording.Recording(
        "ch09d_lander",
        "LunarLander-v3 by PPO: training episodes (end in steps, return) part by part; 100 greedy episodes at the end.",
    )
    for part in range(PARTS):
        key = f"part {part}"
        if record.done(key):
            continue
        resume = load_state() if part else None
        run = ppo.train(
            environments(ENVIRONMENTS),
            SETTINGS,
            steps=STEPS * (part + 1) // PARTS,
            seed=SEED + 1000 * part,
            threshold=None,
            resume=resume,
        )
        with files.whole(STATE) as unfinished:
            save_state(unfinished, run.state, run.steps)
        with files.whole(POLICY) as unfinished:
            policies.save(unfinished, run.policy, run.theta[0])
        totals = [round(episode.total, 1) for episode in run.episodes[0]]
        record.add(key, {"steps": [episode.step for episode in run.episodes[0]], "returns": totals})
        print(f"{int(run.steps[0]):,} steps: last 100 episodes {np.mean(totals[-100:]):.1f}", flush=True)
    if not record.done("greedy"):
        state, _ = load_state()
        fields = environments(100)
        policy = policies.fitting(fields)
        layers = policy.layers(state[0])
        greedy = evaluation.confirm(fields, lambda x: policy.greedy(layers, x[None])[0])
        record.add("greedy", [round(float(total), 1) for total in greedy])
        print(f"greedy: {greedy.mean():.1f}")
    print(hashlib.sha256(POLICY.read_bytes()).hexdigest())


if __name__ == "__main__":
    main()
