"""Chapter 07b: networks that predict the next character of a Chinese book; shipped.

    python benchmarks/run.py ch07b_chinese

Five seeds of a GRU, narrower than the Italian book's since there are fifty times as many symbols, on the training text
of the Chinese tales. Two settings were tried on the validation passages, on seed 100: dropout of 0.2 and 0.4 and ten
readings paid 7.60 bits per character, 0.3 and 0.5 and twenty readings 7.54, hardly less than after fifteen. Recorded
for each: bits per character on the validation passages, those of the best n-gram counted on the same text, seconds, and
the SHA-256 of results/ch07b_chinese_gated_SEED.npz, the weights as float16. No test passage is used. An interrupted
study goes on with the next seed.
"""

from dlcourse import recording, reproducibility
from dlcourse.experiments import language_models


def main():
    reproducibility.start(0, threads=1)
    record = recording.Recording(
        "ch07b_chinese",
        "Bits per character of a GRU and of the best n-gram on a Chinese book's validation passages",
    )
    for seed in range(5):
        language_models.record(record, "chinese_gated", seed, orders=range(2, 5))


if __name__ == "__main__":
    main()
