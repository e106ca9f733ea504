"""PPO against Stable-Baselines3's with rl-zoo's settings, and DQN's, on CartPole-v1: fresh processes that take turns.

    python benchmarks/rl_speed.py [--rounds 10]

Records in benchmarks/results/rl_speed.json, one value per seed: steps to solved, seconds from the first step and from
the process's start to solved, environment steps per second, those of the environments alone, greedy episodes,
versions. The seeds, from 5000 on, are such that nothing was tuned on. Let nothing else run meanwhile. Needs
benchmarks/requirements.txt for Stable-Baselines3, in this environment or in that of the Python named by --peer-python;
without it, only the course's own agents run. An interrupted run goes on where it was.
"""

import argparse
import pathlib
import subprocess
import sys
from statistics import median

from dlcourse.measured import Measured
from dlcourse.recording import Recording, in_its_own_process

CONTENDERS = ["dlcourse PPO", "sb3 PPO", "dlcourse DQN", "dlcourse plain DQN", "sb3 DQN"]
SCRIPTS = dict.fromkeys(["dlcourse DQN", "dlcourse plain DQN"], "dqn_contenders.py")
PAIRS = [("dlcourse PPO", "sb3 PPO"), ("dlcourse plain DQN", "sb3 DQN")]
"""Like with like: what is divided by what."""

FIRST_SEED = 5_000
"""Nothing was tuned on these seeds."""

TARGET = {"dlcourse PPO": "at most 0.35"}
"""Of the ratio of medians of the seconds from the first step to solved."""


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
    parser.add_argument("--contenders", nargs="*", default=CONTENDERS, help="some of them")
    parser.add_argument("--most-steps", type=int, help="for a quick trial")
    arguments = parser.parse_args()
    record = Recording(
        "rl_speed", "CartPole-v1: steps and seconds to solved by contender, one value per seed."
    )
    probe = subprocess.run(
        [arguments.peer_python, "-c", "import stable_baselines3"], capture_output=True, check=False
    )
    contenders = [way for way in arguments.contenders if probe.returncode == 0 or not way.startswith("sb3")]
    if len(contenders) < len(arguments.contenders):
        print(
            "Stable-Baselines3 is not installed, so it is left out: pip install -r benchmarks/requirements.txt"
        )
    for seed in range(FIRST_SEED, FIRST_SEED + arguments.rounds):
        for way in contenders:
            key = f"{way}, seed {seed}"
            if not record.done(key):
                python = arguments.peer_python if way.startswith("sb3") else sys.executable
                found = measure(python, way=way, seed=seed, most_steps=arguments.most_steps)
                record.add(key, found)
                print(key, found, flush=True)
    summary(record.content["values"])


def summary(values):
    """The ratios, in medians over seeds; and how much of each contender's seconds its environments take."""
    for pair in PAIRS:
        runs = [[found for key, found in values.items() if key.startswith(f"{way}, seed")] for way in pair]
        if not all(runs):
            continue
        for way, found in zip(pair, runs, strict=True):
            solved = [one for one in found if one["solved_steps"]]
            print(f"{way}: {len(solved)} of {len(found)} solved")
        for name in ("solved_steps", "seconds_from_first_step", "seconds_from_process_start"):
            ours, theirs = ([one[name] for one in found if one["solved_steps"]] for found in runs)
            if ours and theirs:
                target = TARGET.get(pair[0]) if name == "seconds_from_first_step" else None
                print(
                    f"{pair[0]} / {pair[1]}, median {name}: {median(ours):,.1f} / {median(theirs):,.1f} = "
                    f"{median(ours) / median(theirs):.2f}" + (f" (target {target})" if target else "")
                )
        for way, found in zip(pair, runs, strict=True):
            share = [
                one["steps"] / one["environment_steps_per_second"] / one["seconds_from_first_step"]
                for one in found
                if "environment_steps_per_second" in one
            ]
            if share:
                rates = Measured([one["steps_per_second"] for one in found])
                print(
                    f"{way}: {rates:,.0f} steps per second; environments take {median(share):.0%} of the time"
                )


if __name__ == "__main__":
    main()
