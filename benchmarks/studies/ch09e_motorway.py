"""Chapter 09e: drivers of the small motorway, trained by DQN; shipped.

    python benchmarks/run.py ch09e_motorway

Five agents each, 40,000 decisions an agent (``experiments.motorway_drivers.SETTINGS``; not tuned), in the usual
traffic: as they are (``usual``), and with a discount of 0 (``short``). Recorded: learning curves and processor seconds.
And the numbers of two rules, chosen on a hundred other drives in the usual traffic and in one 1.3 times as dense. A
first grid had its best at its edge, 10 m and 3 m for each m/s; so it was made wider, after its drives had been judged.
Weights go to results/ch09e_motorway_KIND.npz as float16, and each file's SHA-256 into the record.
"""

import dataclasses
import itertools
import time

from dlcourse import recording, reproducibility
from dlcourse.experiments import motorway_drivers
from dlcourse.rl import motorway

AGENTS, DENSE = 5, 1.3
KINDS = {"usual": {}, "short": {"discount": 0.0}}


def main():
    reproducibility.start(0, threads=1)
    record = recording.Recording("ch09e_motorway", "Summed reward of a drive; hashes of the shipped weights")
    staying = list(itertools.product(motorway_drivers.GAPS, motorway_drivers.PER_SPEED))
    changing = [(*numbers, room) for numbers in staying for room in motorway_drivers.ROOMS]
    for traffic in (1.0, DENSE):
        for rule, grid in ((motorway.careful, staying), (motorway.overtaking, changing)):
            key = f"{rule.__name__}, traffic {traffic}"
            if not record.done(key):
                record.add(key, motorway_drivers.best_numbers(rule, grid, traffic))
                print(key, record.content["values"][key], flush=True)
    for kind, change in KINDS.items():
        if record.done(f"{kind}, sha256"):
            continue
        began = time.process_time()
        settings = dataclasses.replace(motorway_drivers.SETTINGS, **change)
        run, networks = motorway_drivers.train(AGENTS, 0, settings=settings)
        edges = list(range(0, motorway_drivers.STEPS + 1, 4_000))
        record.add(f"{kind}, processor seconds", time.process_time() - began)
        record.add(f"{kind}, curves", run.learning_curves(edges).tolist())
        record.add(f"{kind}, sha256", motorway_drivers.ship(kind, networks))
        print(kind, run.learning_curves(edges)[:, -1], flush=True)


if __name__ == "__main__":
    main()
