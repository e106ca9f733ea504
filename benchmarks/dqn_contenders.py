"""One training run of DQN on CartPole-v1, in a process of its own; prints its result as JSON.

    python benchmarks/dqn_contenders.py '{"way": "dlcourse DQN", "seed": 0}'

Contenders: ``dlcourse DQN`` (one agent, dlcourse.rl.dqn.CART_POLE) and ``sb3 DQN`` (Stable-Baselines3 with the settings
of rl-baselines3-zoo, as in rl_contenders.py). Judge, clocks and result are those of rl_contenders.py.
"""

import json
import sys
import time

import rl_contenders


def dlcourse_dqn(seed, most_steps, threads):
    import numpy as np

    from dlcourse import reproducibility
    from dlcourse.rl import dqn, environments, evaluation

    reproducibility.pin_threads(threads)
    reproducibility.deterministic()
    worlds = environments.cart_poles(8)

    def solved(by_agent):
        (returns,) = by_agent
        return (
            len(returns) >= evaluation.WINDOW
            and np.mean(returns[-evaluation.WINDOW :]) >= evaluation.THRESHOLD
        )

    began = time.time()
    run = dqn.train(worlds, dqn.CART_POLE, agents=1, steps=most_steps, seed=seed, stop=solved)
    ended = time.time()
    place = evaluation.first_solved(run.returns[0])
    other = environments.cart_poles(100)
    greedy = evaluation.confirm(other, lambda x: run.values(x[None])[0].argmax(axis=-1))
    return {
        "began": began,
        "ended": ended,
        "steps": run.steps,
        "solved_steps": None if place is None else int(run.ends[0][place]),
        "greedy": float(greedy.mean()),
        "last_100": float(np.mean(run.returns[0][-evaluation.WINDOW :])),
    }


def main():
    settings = json.loads(sys.argv[1])
    way, seed = settings["way"], settings["seed"]
    most_steps, threads = settings.get("most_steps"), settings.get("threads", 2)
    if way == "dlcourse DQN":
        found = dlcourse_dqn(seed, most_steps or 50_000, threads)
    elif way == "sb3 DQN":
        found = rl_contenders.stable_baselines3("DQN", seed, most_steps, threads)
    else:
        raise SystemExit(f"unknown contender {way!r}; there are: dlcourse DQN, sb3 DQN")
    began, ended = found.pop("began"), found.pop("ended")
    found |= {
        "seconds_from_first_step": ended - began,
        "seconds_from_process_start": ended - rl_contenders.process_start(),
        "steps_per_second": found["steps"] / (ended - began),
    }
    print(json.dumps(found))


if __name__ == "__main__":
    main()
