"""Chapter 09c: DQN and double DQN on CartPoles with each action listed once and eight times; shipped.

    python benchmarks/run.py ch09c_buttons

Eight seeds of each, 15,000 steps, run seed 103, which nothing was tuned on. Recorded: what each believes of a start and
what it gets ("single, 16 actions": [believed, got] by seed). The weights of all go to results/ch09c_buttons.npz as
float16, and the SHA-256 of that file into the record.
"""

from dlcourse import recording, reproducibility
from dlcourse.experiments import flattering_maximum

SEED = 103


def main():
    reproducibility.start(seed=0, threads=1)
    record = recording.Recording(
        "ch09c_buttons", "Discounted value of a start, believed and got, by seed, and the hash of the weights"
    )
    if record.done("sha256"):
        return
    trained = {times: flattering_maximum.train(times, seed=SEED) for times in (1, 8)}
    for times, network in trained.items():
        believed, got = flattering_maximum.believed_and_got(network, times)
        for name in flattering_maximum.PAIR:
            record.add(f"{name}, {2 * times} actions", [believed[name].tolist(), got[name].tolist()])
    record.add("sha256", flattering_maximum.ship(trained))


if __name__ == "__main__":
    main()
