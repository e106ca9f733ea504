"""Chapter 07b: how far back the gradient goes, where the state is carried on all the same.

    python benchmarks/run.py ch07b_truncation

A GRU of 96 units reads the Italian training text from end to end, twice; its weights change after every 48
characters of 32 places, whatever the length through which the gradient goes back. 5 seeds of each length. Recorded:
bits per character on the validation passages, and the SHA-256 of results/ch07b_truncation_LENGTH.npz.
"""

from dlcourse import recording, reproducibility
from dlcourse.experiments import language_models, shipped_weights

LENGTHS = (48, 2, 16)


def main():
    reproducibility.start(0, threads=1)
    record = recording.Recording(
        "ch07b_truncation",
        "Bits per character of a small GRU by the characters through which the gradient goes back",
    )
    validation = language_models.book("italian").validation
    for length in LENGTHS:
        key = f"gradient through {length}"
        if record.done(key):
            continue
        networks, seconds = {}, []
        for seed in range(5):
            networks[seed], taken = language_models.truncated(length, seed)
            seconds.append(taken)
        paid = [float(language_models.bits(one, validation).mean()) for one in networks.values()]
        print(f"{key}: {paid} bits per character", flush=True)
        sha256 = shipped_weights.save(language_models.truncated_file(length), networks)
        record.add(key, {"validation": paid, "seconds": seconds, "sha256": sha256})


if __name__ == "__main__":
    main()
