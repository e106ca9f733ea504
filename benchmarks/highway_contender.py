"""One training of Stable-Baselines3's DQN on highway-fast-v0, in a process of its own; prints its result as JSON.

    python benchmarks/highway_contender.py '{"seed": 0, "steps": 20000}'

Its settings are those of highway-env's own example, scripts/sb3_highway_dqn.py: two hidden layers of 256 units, a
learning rate of 5e-4, a memory of 15,000 steps, batches of 32, a discount of 0.8, a gradient step for each step, and
a target network renewed every 50. Judged without exploration on the drives of ``ch09e_driving``.
"""

import json
import sys
import time


def main(seed, steps):
    import quicker_highway
    import torch
    from stable_baselines3 import DQN

    from dlcourse.experiments import driving  # without TensorFlow, which crashes beside PyTorch

    torch.set_num_threads(1)
    began = time.process_time()
    with quicker_highway.installed():
        model = DQN(
            "MlpPolicy",
            driving.highway(),
            policy_kwargs={"net_arch": [256, 256]},
            learning_rate=5e-4,
            buffer_size=15_000,
            learning_starts=200,
            batch_size=32,
            gamma=0.8,
            train_freq=1,
            gradient_steps=1,
            target_update_interval=50,
            seed=seed,
        )
        model.learn(steps)
        seconds = time.process_time() - began
        found = driving.judged(lambda x: model.predict(x, deterministic=True)[0])
    return {"processor seconds": seconds, **found}


if __name__ == "__main__":
    print(json.dumps(main(**json.loads(sys.argv[1]))))
