"""One training of Stable-Baselines3's SAC on Pendulum-v1, in a process of its own; prints its result as JSON.

    python benchmarks/sac_contender.py '{"seed": 0, "steps": 10000}'

Its settings are rl-baselines3-zoo's for Pendulum-v1: two hidden layers of 256 units, batches of 256, a learning rate of
1e-3, a gradient step for each step in the world. Judged without noise on the 100 starts of ``ch09e_toys``.
"""

import json
import sys
import time

STARTS, EPISODES, LENGTH = 90_001, 100, 200


def main(seed, steps):
    import gymnasium
    import numpy as np
    import torch
    from stable_baselines3 import SAC

    torch.set_num_threads(1)
    began = time.process_time()
    model = SAC("MlpPolicy", "Pendulum-v1", learning_rate=1e-3, seed=seed)
    model.learn(steps)
    seconds = time.process_time() - began
    worlds = gymnasium.vector.SyncVectorEnv([lambda: gymnasium.make("Pendulum-v1")] * EPISODES)
    observation, _ = worlds.reset(seed=STARTS)
    returns = np.zeros(EPISODES)
    for _ in range(LENGTH):
        action, _ = model.predict(observation, deterministic=True)
        observation, reward, *_ = worlds.step(action)
        returns += reward
    return {"return": float(returns.mean()), "processor seconds": seconds}


if __name__ == "__main__":
    print(json.dumps(main(**json.loads(sys.argv[1]))))
