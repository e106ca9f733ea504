"""Chapter 09e: Stable-Baselines3's SAC on the pendulum, as many steps as ours and judged on the same 100 starts.

    python benchmarks/run.py ch09e_peer

Three trainings with rl-baselines3-zoo's settings (``sac_contender.py``). Recorded: mean return over the starts,
processor seconds. The peer comes by pip install -r benchmarks/requirements.txt.
"""

import importlib.util
import pathlib

from dlcourse import recording
from dlcourse.experiments import toys

CONTENDER = pathlib.Path(__file__).resolve().parents[1] / "sac_contender.py"
SEEDS = range(3)


def main():
    if importlib.util.find_spec("stable_baselines3") is None:
        raise SystemExit("Stable-Baselines3 is not installed: pip install -r benchmarks/requirements.txt")
    record = recording.Recording(
        "ch09e_peer", "Stable-Baselines3's SAC on Pendulum-v1: return, processor seconds"
    )
    for seed in SEEDS:
        if not record.done(f"seed {seed}"):
            settings = {"seed": seed, "steps": toys.STEPS}
            record.add(f"seed {seed}", recording.in_its_own_process(CONTENDER, settings))


if __name__ == "__main__":
    main()
