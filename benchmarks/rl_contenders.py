"""One training run of one contender on CartPole-v1, in a process of its own; prints its result as JSON.

    python benchmarks/rl_contenders.py '{"way": "dlcourse PPO", "seed": 0}'

Contenders: ``dlcourse PPO``, ``sb3 PPO`` and ``sb3 DQN`` (Stable-Baselines3 with the settings of rl-baselines3-zoo).
All are judged by dlcourse.rl.evaluation: solved where the last 100 training episodes have a mean of at least 475, then
100 greedy episodes on other seeds. Times are taken from the process's start and from the first step of an environment;
``warm_steps_per_second`` leaves out what comes before the end of the first update, such as compiling;
``environment_steps_per_second`` is what the contender's environments do alone, under actions drawn at random.
"""

import importlib.metadata
import json
import sys
import time

START = time.time()


def process_start():
    """When this process began, in seconds since 1970, the interpreter's own start included."""
    try:
        import psutil

        return psutil.Process().create_time()
    except ImportError:
        return START


def versions(*packages):
    """What a contender runs on."""
    return {package: importlib.metadata.version(package) for package in (*packages, "gymnasium", "numpy")}


def rate(reset, step, environments, calls=2_000):
    """Environment steps per second of ``step(actions)``, two actions, without an agent."""
    import numpy as np

    actions = np.random.default_rng(0).integers(2, size=(calls, environments))
    reset()
    began = time.perf_counter()
    for action in actions:
        step(action)
    return calls * environments / (time.perf_counter() - began)


def dlcourse_ppo(seed, most_steps, threads):
    import gymnasium

    from dlcourse import reproducibility
    from dlcourse.rl import evaluation, ppo

    reproducibility.pin_threads(threads)
    reproducibility.deterministic()
    fields = gymnasium.make_vec("CartPole-v1", num_envs=8, vectorization_mode="vector_entry_point")
    marks = []

    def note(returns):
        if not marks:
            marks.extend((8 * ppo.CART_POLE.length, time.time()))
        return False

    began = time.time()
    run = ppo.train(
        fields, ppo.CART_POLE, steps=most_steps, seed=seed, threshold=evaluation.THRESHOLD, stop=note
    )
    ended = time.time()
    other = gymnasium.make_vec("CartPole-v1", num_envs=100, vectorization_mode="vector_entry_point")
    greedy = evaluation.confirm(other, run.chooser())
    solved = run.solved[0]
    return {
        "began": began,
        "ended": ended,
        "steps": int(run.steps[0]),
        "warm_steps_per_second": (int(run.steps[0]) - marks[0]) / (ended - marks[1]),
        "solved_steps": solved and solved.step,
        "greedy": float(greedy.mean()),
        "last_100": _last(run.episodes[0]),
        "environment_steps_per_second": rate(lambda: fields.reset(seed=seed), fields.step, 8),
        "versions": versions("tensorflow", "keras"),
    }


def _last(episodes):
    totals = [episode.total for episode in episodes[-100:]]
    return sum(totals) / len(totals)


# rl-baselines3-zoo, hyperparams/ppo.yml and dqn.yml, CartPole-v1
ZOO = {
    "PPO": {
        "environments": 8,
        "steps": 100_000,
        "first_update": 256,
        "settings": {
            "n_steps": 32,
            "batch_size": 256,
            "gae_lambda": 0.8,
            "gamma": 0.98,
            "n_epochs": 20,
            "ent_coef": 0.0,
            "learning_rate": lambda left: 1e-3 * left,
            "clip_range": lambda left: 0.2 * left,
        },
    },
    "DQN": {
        "environments": 1,
        "steps": 50_000,
        "first_update": 1_024,
        "settings": {
            "learning_rate": 2.3e-3,
            "batch_size": 64,
            "buffer_size": 100_000,
            "learning_starts": 1_000,
            "gamma": 0.99,
            "target_update_interval": 10,
            "train_freq": 256,
            "gradient_steps": 128,
            "exploration_fraction": 0.16,
            "exploration_final_eps": 0.04,
            "policy_kwargs": {"net_arch": [256, 256]},
        },
    },
}


def stable_baselines3(name, seed, most_steps, threads):
    import gymnasium
    import stable_baselines3
    import torch
    from stable_baselines3.common.callbacks import BaseCallback
    from stable_baselines3.common.env_util import make_vec_env

    from dlcourse.rl import evaluation, rollout

    torch.set_num_threads(threads)
    zoo = ZOO[name]
    environments = make_vec_env("CartPole-v1", n_envs=zoo["environments"], seed=seed)
    agent = getattr(stable_baselines3, name)(
        "MlpPolicy", environments, seed=seed, device="cpu", **zoo["settings"]
    )

    class Judged(BaseCallback):
        """Stops where the judge says solved."""

        episodes, solved, marks = [], None, []

        def _on_step(self):
            if not self.marks and self.num_timesteps > zoo["first_update"]:
                self.marks.extend((self.num_timesteps, time.time()))
            for info in self.locals["infos"]:
                if "episode" in info:
                    done = info["episode"]
                    self.episodes.append(
                        rollout.Episode(float(done["r"]), int(done["l"]), self.num_timesteps, time.time())
                    )
                    self.solved = self.solved or evaluation.solved_at(self.episodes[-evaluation.WINDOW :])
            return self.solved is None

    judged = Judged()
    began = time.time()
    agent.learn(most_steps or zoo["steps"], callback=judged)
    ended = time.time()
    other = gymnasium.make_vec("CartPole-v1", num_envs=100, vectorization_mode="vector_entry_point")
    greedy = evaluation.confirm(other, lambda x: agent.predict(x, deterministic=True)[0])
    return {
        "began": began,
        "ended": ended,
        "steps": agent.num_timesteps,
        "warm_steps_per_second": (agent.num_timesteps - judged.marks[0]) / (ended - judged.marks[1]),
        "solved_steps": judged.solved and judged.solved.step,
        "greedy": float(greedy.mean()),
        "last_100": _last(judged.episodes),
        "environment_steps_per_second": rate(environments.reset, environments.step, zoo["environments"]),
        "versions": versions("stable-baselines3", "torch"),
    }


def main():
    settings = json.loads(sys.argv[1])
    way, seed = settings["way"], settings["seed"]
    most_steps, threads = settings.get("most_steps"), settings.get("threads", 2)
    if way == "dlcourse PPO":
        found = dlcourse_ppo(seed, most_steps or 200_000, threads)
    elif way.startswith("sb3 "):
        found = stable_baselines3(way.removeprefix("sb3 "), seed, most_steps, threads)
    else:
        raise SystemExit(f"unknown contender {way!r}")
    began, ended = found.pop("began"), found.pop("ended")
    training = ended - began
    found |= {
        "seconds_from_first_step": training,
        "seconds_from_process_start": ended - process_start(),
        "steps_per_second": found["steps"] / training,
    }
    print(json.dumps(found))


if __name__ == "__main__":
    main()
