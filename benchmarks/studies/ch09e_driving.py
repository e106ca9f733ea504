"""Chapter 09e: DQN drivers on highway-env's ``highway-fast-v0``, drivers by rule, and another library's DQN.

    pip install -r benchmarks/requirements.txt
    SDL_VIDEODRIVER=dummy python benchmarks/run.py ch09e_driving

Five agents of ours learn for 20,000 steps each (not tuned), as many as highway-env's
own example takes, and five of Stable-Baselines3's with that example's settings (``highway_contender.py``). Every driver
then drives 30 times in traffic with seeds that nothing was trained with: in the usual traffic, in one half again as
dense, and where a lane joins the motorway (``merge-v0``): no agent has seen these two. Recorded of each drive: summed
reward, seconds, metres, crashed or not; and our agents' learning curves.
Drivers by rule: at random; one that keeps on; one that always brakes; one that brakes where a car is near ahead and
else goes faster (how near: chosen on ten other drives); highway-env's own model of a driver (IDM and MOBIL), which
wants 30 m/s. The worlds are computed by ``quicker_highway``'s shorter ways, after it was seen that they change nothing.
"""

import importlib.util
import pathlib
import sys
import time

HERE = pathlib.Path(__file__).resolve().parents[1]
sys.path.insert(0, str(HERE))

import quicker_highway  # noqa: E402

from dlcourse import recording, reproducibility  # noqa: E402
from dlcourse.experiments import driving  # noqa: E402
from dlcourse.rl import blind, dqn  # noqa: E402

CONTENDER = HERE / "highway_contender.py"
SEEDS, PEERS, STEPS, WIDTH = range(5), range(5), 20_000, 1_000

SETTINGS = dqn.Settings(
    discount=0.8,
    hidden=(128, 128),
    learning_rate=5e-4,
    final_share=0.2,
    batch_size=32,
    train_every=5,
    updates=5,
    learning_starts=200,
    explore=(1.0, 0.05, 0.3),
    capacity=15_000,
    target_every=50,
    double=True,
)
"""Those of highway-env's own DQN script, but for smaller layers, a doubled target, a falling learning rate, five
updates at every fifth step, and a longer exploration; not tuned."""


def ours(seed):
    """One agent, trained and judged."""
    began = time.process_time()
    run = dqn.train(driving.highways(1), SETTINGS, steps=STEPS, seed=seed)
    seconds = time.process_time() - began
    (curve,) = run.learning_curves(list(range(0, STEPS + 1, WIDTH)))
    found = driving.judged(run.chooser())
    return {"processor seconds": seconds, "curve": curve.tolist(), **found}


def best_gap():
    """The gap of the careful rule with the largest reward on ten drives that aren't reported, and all rewards."""
    by_gap = {}
    for gap in (0.1, 0.15, 0.2, 0.3):
        rule = lambda x, gap=gap: driving.careful(x, gap)  # noqa: E731
        tried = driving.drives(rule, driving.highway(), 10, driving.FIRST - 1_000)
        by_gap[gap] = sum(d["reward"] for d in tried) / len(tried)
    return max(by_gap, key=by_gap.get), by_gap


def by_rules(record):
    rules = {
        "at random": lambda: blind.at_random(len(driving.ACTIONS)),
        "keeps on": lambda: blind.always(1),
        "always brakes": lambda: blind.always(4),
        "built-in driver": lambda: None,
    }
    if not record.done("careful rule"):
        best, by_gap = best_gap()
        record.add("careful rule, reward by gap", by_gap)
        record.add("careful rule", driving.judged(lambda x: driving.careful(x, best)))
    for name, make in rules.items():
        if not record.done(name):
            record.add(name, driving.judged(make()))
            print(name, flush=True)


def main():
    reproducibility.start(0, threads=1)
    record = recording.Recording(
        "ch09e_driving", "Drives on highway-fast-v0 and merge-v0: summed reward, seconds, metres, crashed"
    )
    if not record.done("same by shorter ways"):
        same = {name: quicker_highway.equal(make) for name, make in driving.WORLDS.items()}
        if not all(same.values()):
            raise SystemExit(
                f"quicker_highway changes what is measured: {same}; expected highway-env 1.12.1."
            )
        record.add("same by shorter ways", same)
    with quicker_highway.installed():
        for seed in SEEDS:
            if not record.done(f"DQN, seed {seed}"):
                record.add(f"DQN, seed {seed}", ours(seed))
                print("DQN", seed, flush=True)
        by_rules(record)
    for seed in PEERS:
        if importlib.util.find_spec("stable_baselines3") and not record.done(f"peer, seed {seed}"):
            settings = {"seed": seed, "steps": STEPS}
            record.add(f"peer, seed {seed}", recording.in_its_own_process(CONTENDER, settings))
            print("peer", seed, flush=True)


if __name__ == "__main__":
    main()
