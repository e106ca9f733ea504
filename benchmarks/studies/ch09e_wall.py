"""Chapter 09e: players of the wall game, trained on pixels by PPO and by DQN; shipped.

    python benchmarks/run.py ch09e_wall

Five seeds of each kind of network of ``experiments.wall_players``, PPO, 600,000 steps each on 64 games: settings and
the number of steps were chosen on seeds 900 and 0, for the network with filters. Then DQN with networks of that kind
(``dqn``; settings not tuned, as many steps as take about as long). Recorded: learning curves (mean bricks of the
training games that ended in so many steps), processor seconds of all seeds, and the score of each over 200 other games.
Weights go to results/ch09e_wall_KIND.npz as float16, each file's SHA-256 into the record.
"""

import time

import numpy as np

from dlcourse import recording, reproducibility
from dlcourse.experiments import wall_players
from dlcourse.rl import evaluation

SEEDS, WIDTH = list(range(10, 15)), 30_000
DQN_SEEDS, DQN_WIDTH = SEEDS[:3], 10_000


def by_ppo(kind):
    """Five players: (curves, dict from seed to actor)."""
    curves, actors = [], {}
    for seeds in [SEEDS] if kind in wall_players.HIDDEN else [[seed] for seed in SEEDS]:
        run, found = wall_players.train(kind, seeds)
        curves += evaluation.learning_curves(run.episodes, wall_players.STEPS, WIDTH).tolist()
        actors |= found
    return curves, actors


def by_dqn():
    curves, networks = [], {}
    edges = np.arange(0, wall_players.DQN_STEPS + 1, DQN_WIDTH)
    for seed in DQN_SEEDS:
        run, networks[seed] = wall_players.train_dqn(seed)
        curves += run.learning_curves(edges).tolist()
    return curves, networks


def main():
    reproducibility.start(0, threads=1)
    record = recording.Recording("ch09e_wall", "Bricks of a game; hashes of the shipped weights")
    ways = {kind: lambda kind=kind: by_ppo(kind) for kind in wall_players.KINDS}
    for kind, way in (ways | {"dqn": by_dqn}).items():
        if record.done(f"{kind}, sha256"):
            continue
        began = time.process_time()
        curves, actors = way()
        record.add(f"{kind}, processor seconds", time.process_time() - began)
        scores = [wall_players.scores(wall_players.greedy(a, kind)).mean() for a in actors.values()]
        record.add(f"{kind}, curves", curves)
        record.add(f"{kind}, scores", [float(score) for score in scores])
        record.add(f"{kind}, sha256", wall_players.ship(kind, actors))
        print(kind, scores, flush=True)


if __name__ == "__main__":
    main()
