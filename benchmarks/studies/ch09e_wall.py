"""Chapter 09e: players of the wall game, trained by PPO on pixels; shipped.

    python benchmarks/run.py ch09e_wall

Five seeds of each kind of network of ``experiments.wall_players``, 600,000 steps each on 64 games. Recorded: learning
curves (mean bricks of the training games that ended in each 30,000 steps), processor seconds, and the score of each
over 200 other games. Weights go to results/ch09e_wall_KIND.npz as float16, and each file's SHA-256 into the record.
Settings and the number of steps were chosen on seeds 900 and 0.
"""

import time

from dlcourse import recording, reproducibility
from dlcourse.experiments import wall_players
from dlcourse.rl import evaluation

SEEDS, WIDTH = range(10, 15), 30_000
KINDS = ("pixels", "linear", "no_trail")


def main():
    reproducibility.start(0, threads=1)
    record = recording.Recording("ch09e_wall", "Bricks of a game; hashes of the shipped weights")
    for kind in KINDS:
        if record.done(f"{kind}, sha256"):
            continue
        curves, seconds, scores, actors = [], [], [], {}
        for seed in SEEDS:
            began = time.process_time()
            run = wall_players.train(kind, seed)
            seconds.append(time.process_time() - began)
            curves += evaluation.learning_curves(run.episodes, wall_players.STEPS, WIDTH).tolist()
            actors[seed] = run.actor
            scores.append(float(wall_players.scores(run.chooser()).mean()))
            print(kind, seed, scores[-1], f"{seconds[-1]:.0f} s", flush=True)
        record.add(f"{kind}, curves", curves)
        record.add(f"{kind}, processor seconds", seconds)
        record.add(f"{kind}, scores", scores)
        record.add(f"{kind}, sha256", wall_players.ship(kind, actors))


if __name__ == "__main__":
    main()
