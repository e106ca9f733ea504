"""Chapter 09e: players of the wall game, trained by PPO on pixels; shipped.

    python benchmarks/run.py ch09e_wall

Five seeds of each kind of network of ``experiments.wall_players``, 600,000 steps each on 64 games. Recorded: learning
curves (mean bricks of the training games that ended in each 30,000 steps), processor seconds of all, and the score of
each over 200 other games. Weights go to results/ch09e_wall_KIND.npz as float16, each file's SHA-256 into the record.
Settings and the number of steps were chosen on seeds 900 and 0, for the network with filters.
"""

import time

from dlcourse import recording, reproducibility
from dlcourse.experiments import wall_players
from dlcourse.rl import evaluation

SEEDS, WIDTH = list(range(10, 15)), 30_000


def main():
    reproducibility.start(0, threads=1)
    record = recording.Recording("ch09e_wall", "Bricks of a game; hashes of the shipped weights")
    for kind in wall_players.KINDS:
        if record.done(f"{kind}, sha256"):
            continue
        curves, actors, began = [], {}, time.process_time()
        for seeds in [SEEDS] if kind in wall_players.HIDDEN else [[seed] for seed in SEEDS]:
            run, found = wall_players.train(kind, seeds)
            curves += evaluation.learning_curves(run.episodes, wall_players.STEPS, WIDTH).tolist()
            actors |= found
        record.add(f"{kind}, processor seconds", time.process_time() - began)
        scores = [wall_players.scores(wall_players.greedy(a, kind)).mean() for a in actors.values()]
        record.add(f"{kind}, curves", curves)
        record.add(f"{kind}, scores", [float(score) for score in scores])
        record.add(f"{kind}, sha256", wall_players.ship(kind, actors))
        print(kind, scores, flush=True)


if __name__ == "__main__":
    main()
