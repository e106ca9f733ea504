"""A lander trained by PPO: the policy that chapter 09d ships, and its training curve.

1.5 million steps of LunarLander-v3 in 32 environments. After every tenth of it the state is kept in build/, so that an
interrupted run goes on there (in new episodes). The finished policy is written to data/lander_policy.keras; put the
SHA-256 that is printed into data/datasets.toml. Run: python benchmarks/studies/ch09d_lander.py (about 3 minutes).
"""

import hashlib
import pathlib

import gymnasium
import keras
import numpy as np

from dlcourse import files, recording, reproducibility
from dlcourse.models.stacked import feed_forward
from dlcourse.rl import evaluation, ppo
from dlcourse.training import optimizers

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
POLICY = ROOT / "data" / "lander_policy.keras"


def environments(number):
    return gymnasium.make_vec("LunarLander-v3", num_envs=number, vectorization_mode="sync")


def save_state(path, state, steps):
    parts = [np.asarray(part) for part in (*state.weights, *state.means, *state.squares, state.count)]
    with open(path, "wb") as file:
        np.savez(file, *parts, steps=steps)


def load_state():
    """What an interrupted run left: (state, steps), or None."""
    if not STATE.exists():
        return None
    with np.load(STATE) as found:
        parts = [found[f"arr_{place}"] for place in range(len(found) - 1)]
        third = len(parts) // 3
        lists = parts[:third], parts[third : 2 * third], parts[2 * third : -1]
        return optimizers.Adam(*lists, parts[-1]), found["steps"]


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
            resume=resume,
        )
        with files.whole(STATE) as unfinished:
            save_state(unfinished, run.state, run.steps)
        with files.whole(POLICY) as unfinished:
            feed_forward.alone(run.actor, 0).save(unfinished)
        totals = run.returns[0].round(1).tolist()
        record.add(key, {"steps": [episode.step for episode in run.episodes[0]], "returns": totals})
        print(f"{int(run.steps[0]):,} steps: last 100 episodes {np.mean(totals[-100:]):.1f}", flush=True)
    if not record.done("greedy"):
        actor = keras.models.load_model(POLICY)
        greedy = evaluation.confirm(environments(100), lambda x: actor.predict_on_batch(x).argmax(axis=1))
        record.add("greedy", [round(float(total), 1) for total in greedy])
        print(f"greedy: {greedy.mean():.1f}")
    print(hashlib.sha256(POLICY.read_bytes()).hexdigest())


if __name__ == "__main__":
    main()
