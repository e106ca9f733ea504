"""One training run of DQN on CartPole-v1, in a process of its own; prints its result as JSON.

    python benchmarks/dqn_contenders.py '{"way": "dlcourse DQN", "seed": 0}'

Contenders: ``dlcourse DQN`` (one agent, dlcourse.rl.dqn.CART_POLE), ``sb3 DQN`` (Stable-Baselines3 with the settings of
rl-baselines3-zoo, as in rl_contenders.py) and, to compare like with like, ``dlcourse plain DQN`` with those settings
too: width, batch, gradient steps, one environment. Judge, clocks and result are those of rl_contenders.py.

One thing differs between the plain ones: weights start as Keras starts them here, as PyTorch does there. It matters: on
seeds 0 to 2, on which nothing is reported, the last 100 training episodes of ours have a mean return of 104, 62 and 60,
and with PyTorch's start (kernels and biases uniform within ±1/√inputs) of 172, 144 and 195.
"""

import json
import sys
import time

import rl_contenders


def plain():
    """The zoo's settings in ours. Its target network is renewed before each call of 128 gradient steps."""
    from dlcourse.rl import dqn

    return dqn.Settings(
        hidden=(256, 256), learning_rate=2.3e-3, final_share=1.0, batch_size=64, train_every=256, updates=128,
        learning_starts=1_000, explore=(1.0, 0.04, 0.16), capacity=100_000, target_every=128, huber_delta=1.0,
        max_grad_norm=10.0,
    )  # fmt: skip


def dlcourse_dqn(seed, most_steps, threads, settings=None):
    import numpy as np

    from dlcourse import reproducibility
    from dlcourse.rl import dqn, environments, evaluation

    reproducibility.pin_threads(threads)
    reproducibility.deterministic()
    number = 8 if settings is None else 1
    worlds = environments.cart_poles(number)

    def solved(by_agent):
        (returns,) = by_agent
        return (
            len(returns) >= evaluation.WINDOW
            and np.mean(returns[-evaluation.WINDOW :]) >= evaluation.THRESHOLD
        )

    began = time.time()
    run = dqn.train(worlds, settings or dqn.CART_POLE, steps=most_steps, seed=seed, stop=solved)
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
        "environment_steps_per_second": rl_contenders.rate(
            lambda: worlds.reset(seed=seed), worlds.step, number
        ),
        "versions": rl_contenders.versions("tensorflow", "keras"),
    }


def main():
    settings = json.loads(sys.argv[1])
    way, seed = settings["way"], settings["seed"]
    most_steps, threads = settings.get("most_steps"), settings.get("threads", 2)
    if way in ("dlcourse DQN", "dlcourse plain DQN"):
        found = dlcourse_dqn(seed, most_steps or 50_000, threads, plain() if "plain" in way else None)
    elif way == "sb3 DQN":
        found = rl_contenders.stable_baselines3("DQN", seed, most_steps, threads)
    else:
        raise SystemExit(f"unknown contender {way!r}; there are: dlcourse DQN, dlcourse plain DQN, sb3 DQN")
    began, ended = found.pop("began"), found.pop("ended")
    found |= {
        "seconds_from_first_step": ended - began,
        "seconds_from_process_start": ended - rl_contenders.process_start(),
        "steps_per_second": found["steps"] / (ended - began),
    }
    print(json.dumps(found))


if __name__ == "__main__":
    main()
