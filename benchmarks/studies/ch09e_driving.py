"""Chapter 09e: five DQN drivers on highway-env's ``highway-fast-v0``, and drivers by rule.

    pip install highway-env==1.12.1 pandas
    SDL_VIDEODRIVER=dummy python benchmarks/run.py ch09e_driving

Five agents learn for 4,000 steps each (``experiments.driving.SETTINGS``; not tuned). Every driver then drives 30 times
in traffic with seeds that nothing was trained with, in the usual traffic and in one half again as dense, which no
agent has seen: summed reward, seconds, metres, crashed or not. Recorded too: the agents' learning curves.
Drivers by rule: at random; one that keeps on; one that always brakes; one that brakes where a car is near ahead and
else goes faster (how near: chosen on ten other drives); highway-env's own model of a driver (IDM and MOBIL), which
wants 30 m/s.
"""

import time

from dlcourse import recording, reproducibility
from dlcourse.experiments import driving
from dlcourse.rl import dqn

AGENTS, STEPS, DRIVES = 5, 4_000, 30
FIRST = 50_000
"""Seed of the first drive that is recorded; training begins from seed 0."""


def drives(driver, traffic, number=DRIVES, first=FIRST):
    env = driving.highway(traffic)
    return [driving.drive(env, driver, first + place) for place in range(number)]


def main():
    reproducibility.start(0, threads=1)
    record = recording.Recording(
        "ch09e_driving", "Drives on highway-fast-v0: summed reward, seconds, metres, crashed"
    )
    rules = {
        "at random": driving.at_random(0),
        "keeps on": driving.always(1),
        "always brakes": driving.always(4),
        "built-in driver": None,
    }
    by_gap = {}
    for gap in (0.1, 0.15, 0.2, 0.3):
        tried = drives(lambda x, gap=gap: driving.careful(x, gap), 1.0, number=10, first=FIRST - 1_000)
        by_gap[gap] = sum(d["reward"] for d in tried) / len(tried)
    best = max(by_gap, key=by_gap.get)
    record.add("careful rule, reward by gap", by_gap)
    rules["careful rule"] = lambda x: driving.careful(x, best)
    began = time.process_time()
    run = dqn.train(driving.highways(AGENTS), driving.SETTINGS, steps=STEPS, agents=AGENTS, seed=0)
    edges = list(range(0, STEPS + 1, 500))
    record.add("steps", edges[1:])
    record.add("curves", run.learning_curves(edges).tolist())
    record.add("processor seconds", time.process_time() - began)
    print("trained", time.process_time() - began, flush=True)
    choosers = [run.chooser(agent) for agent in range(AGENTS)]
    alone = [lambda x, choose=choose: int(choose(x[None])[0]) for choose in choosers]
    for traffic in (1.0, 1.5):
        record.add(f"DQN, traffic {traffic}", [drives(driver, traffic) for driver in alone])
        print("DQN", traffic, flush=True)
        for name, driver in rules.items():
            record.add(f"{name}, traffic {traffic}", drives(driver, traffic))
            print(name, traffic, flush=True)


if __name__ == "__main__":
    main()
