"""Chapter 09e: a toy that stands up, trained by soft actor-critic; shipped.

    python benchmarks/run.py ch09e_toys

Ten agents of ``rl.sac`` on the pendulum, 10,000 steps each; the same with an eighth of the gradient steps, and without
the second critic. Recorded: learning curves (mean return of the training episodes in each 1,000 steps), processor
seconds, and each agent's mean return over 100 unseen starts of Gymnasium's Pendulum-v1.
Five agents paid for coming up, and five paid for being up (``experiments.toys.PaidPendulum``), 15,000 steps each.
PPO with chapter 09d's settings and five agents: its curve over 100,000 steps, and what it has after 10,000.
The rule of an engineer: its two numbers are chosen on other starts. Weights go to results/ch09e_toys_KIND.npz as
float16, and each file's SHA-256 into the record. SAC's settings are Haarnoja et al.'s but for smaller layers and
batches, a larger learning rate and τ; tried once, on seed 900.
"""

import dataclasses
import time

import numpy as np

from dlcourse import recording, reproducibility
from dlcourse.experiments import toys
from dlcourse.rl import environments, evaluation, ppo

AGENTS, WIDTH = 10, 1_000
STARTS = 90_001
"""Seed of the 100 starts on which everything is judged."""

VARIANTS = {
    "sac": {},
    "eighth": {"updates": 1},
    "one_critic": {"twins": False},
}

SHIPPED = ("sac", "eighth")


def judged(choose, **toy):
    return float(toys.play(toys.Gymnasiums(100, **toy), choose, STARTS)[0].mean())


def curves(run, steps):
    edges = WIDTH * np.arange(steps // WIDTH + 1)
    pairs = zip(run.returns, run.ends, strict=True)
    return [evaluation.learning_curve(*pair, edges).tolist() for pair in pairs]


def variant(record, kind):
    """Ten agents of a kind."""
    if record.done(f"{kind}, sha256"):
        return
    began = time.process_time()
    settings = dataclasses.replace(toys.SETTINGS, **VARIANTS[kind])
    run, actors = toys.train(environments.VectorPendulum(AGENTS), AGENTS, 0, settings=settings)
    record.add(f"{kind}, processor seconds", time.process_time() - began)
    record.add(f"{kind}, curves", curves(run, toys.STEPS))
    record.add(f"{kind}, temperature", run.temperatures[:: len(run.temperatures) // 20].tolist())
    record.add(f"{kind}, returns", [judged(toys.chooser(actor)) for actor in actors.values()])
    record.add(f"{kind}, sha256", toys.ship(kind, actors) if kind in SHIPPED else "not shipped")
    print(kind, record.content["values"][f"{kind}, returns"], flush=True)


def main():
    reproducibility.start(0, threads=1)
    record = recording.Recording(
        "ch09e_toys", "Return per episode of 200 steps; hashes of the shipped weights"
    )
    for kind in SHIPPED:
        variant(record, kind)
    for pay in toys.PAYS:
        kind = pay.replace(" ", "_")
        if not record.done(f"{kind}, sha256"):
            run, actors = toys.train(toys.PaidPendulum(5, pay), 5, 0, steps=15_000)
            record.add(f"{kind}, curves", curves(run, 15_000))
            record.add(f"{kind}, sha256", toys.ship(kind, actors))
            for actor in actors.values():
                returns, up = toys.play(toys.Gymnasiums(20), toys.chooser(actor), STARTS)
                print(kind, returns.mean(), toys.entries(up), up[100:].mean(), flush=True)
    if not record.done("PPO, curves"):
        began = time.process_time()
        run = ppo.train(
            environments.VectorPendulum(5 * 16), ppo.PENDULUM, steps=100_000, agents=5, seed=0, keep=[10_000]
        )
        (early,) = run.kept.values()
        record.add("PPO, processor seconds", time.process_time() - began)
        record.add("PPO, curves", evaluation.learning_curves(run.episodes, 100_000, 5_000).tolist())
        record.add("PPO, returns after 10,000", [judged(run.chooser(a, early)) for a in range(5)])
        record.add("PPO, returns after 100,000", [judged(run.chooser(a)) for a in range(5)])
        print("PPO", record.content["values"]["PPO, returns after 100,000"], flush=True)
    if not record.done("engineer, numbers"):
        grid = {}
        for gain in (0.1, 0.3, 1.0, 3.0):
            for switch in (0.8, 0.9, 0.95, 0.98):
                worlds = environments.VectorPendulum(200)
                rule = lambda x, g=gain, s=switch: toys.engineer(x, g, s)  # noqa: E731
                grid[gain, switch] = float(toys.play(worlds, rule, 900)[0].mean())
        best = max(grid, key=grid.get)
        record.add("engineer, numbers", best)
        record.add("engineer, return", judged(lambda x: toys.engineer(x, *best)))
        print("engineer", best, grid[best], record.content["values"]["engineer, return"], flush=True)
    for kind in VARIANTS:
        variant(record, kind)


if __name__ == "__main__":
    main()
