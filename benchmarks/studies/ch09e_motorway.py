"""Chapter 09e: drivers of the small motorway, trained by DQN; shipped.

    python benchmarks/run.py ch09e_motorway

Five agents each, 40,000 decisions an agent (``experiments.motorway_drivers.SETTINGS``; not tuned), in the usual
traffic: as they are (``usual``), and with a discount of 0 (``short``). Five more with 100,000 decisions and the best of
three settings, chosen with another seed on other drives (``tuned``). Recorded: learning curves and processor seconds;
and speed and crashes where a crash has another price, three agents each, 20,000 decisions.
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
PRICES, PRICED_STEPS, PRICED_SEED = (1, 4, 40), 20_000, 7


def trained(record, kind, change, steps):
    """Five agents with a change of the settings, and what is recorded of them."""
    if record.done(f"{kind}, sha256"):
        return
    began = time.process_time()
    settings = dataclasses.replace(motorway_drivers.SETTINGS, **change)
    run, networks = motorway_drivers.train(AGENTS, 0, steps, settings)
    edges = list(range(0, steps + 1, steps // 10))
    record.add(f"{kind}, processor seconds", time.process_time() - began)
    record.add(f"{kind}, curves", run.learning_curves(edges).tolist())
    record.add(f"{kind}, sha256", motorway_drivers.ship(kind, networks))
    print(kind, run.learning_curves(edges)[:, -1], flush=True)


def priced(price):
    """Metres per second and crashes per km of three agents, a hundred drives each, where a crash costs so much."""
    worlds = motorway_drivers.Priced(3 * motorway_drivers.ROADS, price)
    _, networks = motorway_drivers.train(3, PRICED_SEED, PRICED_STEPS, worlds=worlds)
    drives = [
        motorway.drive(motorway.VectorMotorway(100), motorway_drivers.greedy(network), 80_001 + agent)
        for agent, network in networks.items()
    ]
    return [[motorway.speed(d), motorway.crashes_per_km(d)] for d in drives]


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
        trained(record, kind, change, motorway_drivers.STEPS)
    for price in PRICES:
        if not record.done(f"a crash costs {price}"):
            record.add(f"a crash costs {price}", priced(price))
            print(price, record.content["values"][f"a crash costs {price}"], flush=True)
    if not record.done("tuned, rewards by change"):
        best, found = motorway_drivers.best_change()
        record.add("tuned, change", best)
        record.add("tuned, rewards by change", found)
        print("tuned", found, flush=True)
    change = motorway_drivers.TRIED[record.content["values"]["tuned, change"]]
    trained(record, "tuned", change, motorway_drivers.LONGER)


if __name__ == "__main__":
    main()
