"""PPO against Stable-Baselines3's with rl-zoo's settings, and DQN's, on CartPole-v1: fresh processes that take turns.

    python benchmarks/rl_speed.py [--rounds 10]

Records in benchmarks/results/rl_speed.json, one value per seed: steps to solved, seconds from the first step and from
the process's start to solved, environment steps per second, greedy episodes. Let nothing else run meanwhile. Needs
benchmarks/requirements.txt for Stable-Baselines3, in this environment or in that of the Python named by --peer-python;
without it, only the course's own agents run. An interrupted run goes on where it was.
"""

import argparse
import pathlib
import subprocess
import sys

from dlcourse.measured import Measured
from dlcourse.recording import Recording, in_its_own_process

CONTENDERS = ["dlcourse PPO", "sb3 PPO", "dlcourse DQN", "sb3 DQN"]
SCRIPTS = {"dlcourse DQN": "dqn_contenders.py"}
TARGETS = {
    "seconds_from_first_step": "at most 0.5",
    "seconds_from_process_start": "at most 0.6",
    "steps_per_second": "at least 3",
    "warm_steps_per_second": "at least 3",
}


def measure(python, **settings):
    """One contender's result, a dict; raises where its process fails."""
    script = SCRIPTS.get(settings["way"], "rl_contenders.py")
    return in_its_own_process(pathlib.Path(__file__).with_name(script), settings, python)


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--peer-python", default=sys.executable, help="the Python that has Stable-Baselines3")
    parser.add_argument("--most-steps", type=int, help="for a quick trial")
    arguments = parser.parse_args()
    record = Recording(
        "rl_speed", "CartPole-v1: steps and seconds to solved by contender, one value per seed."
    )
    probe = subprocess.run(
        [arguments.peer_python, "-c", "import stable_baselines3"], capture_output=True, check=False
    )
    contenders = [way for way in CONTENDERS if probe.returncode == 0 or not way.startswith("sb3")]
    if len(contenders) < len(CONTENDERS):
        print(
            "Stable-Baselines3 is not installed, so it is left out: pip install -r benchmarks/requirements.txt"
        )
    for seed in range(arguments.rounds):
        for way in contenders:
            key = f"{way}, seed {seed}"
            if not record.done(key):
                python = arguments.peer_python if way.startswith("sb3") else sys.executable
                found = measure(python, way=way, seed=seed, most_steps=arguments.most_steps)
                record.add(key, found)
                print(key, found, flush=True)
    summary(record.content["values"], arguments.rounds)


def summary(values, rounds):
    """The targets, seed by seed: ours over Stable-Baselines3's."""
    for agent in ("PPO", "DQN"):
        ours = [values.get(f"dlcourse {agent}, seed {seed}") for seed in range(rounds)]
        peers = [values.get(f"sb3 {agent}, seed {seed}") for seed in range(rounds)]
        for name in ("solved_steps", *TARGETS):
            pairs = [
                (a[name], b[name])
                for a, b in zip(ours, peers, strict=True)
                if a and b and a["solved_steps"] and b["solved_steps"] and name in a and name in b
            ]
            if pairs:
                ratio = Measured([a / b for a, b in pairs])
                target = f", target {TARGETS[name]}" if name in TARGETS else ""
                print(
                    f"{agent}, {name}: dlcourse / sb3 {ratio:.2f} over {ratio.n} seeds solved by both{target}"
                )


if __name__ == "__main__":
    main()
