"""Chapter 07b: networks that predict the next character of a Chinese book, with and without tied matrices; shipped.

    python benchmarks/run.py ch07b_chinese

Three seeds of each. Recorded as in ch07b_books. The weights of the untied ones are too many to be shipped.
"""

from dlcourse import recording, reproducibility
from dlcourse.experiments import language_models


def main():
    reproducibility.start(0, threads=1)
    record = recording.Recording(
        "ch07b_chinese", "Bits per character on validation and test passages of a Chinese book, by network"
    )
    book = language_models.book("chinese")
    for seed in range(3):
        for kind in ("chinese_tied", "chinese_untied"):
            key = f"{kind}, seed {seed}"
            if not record.done(key):
                model, seconds = language_models.trained(kind, seed)
                paid = {
                    part: language_models.bits(model, getattr(book, part)).mean(axis=1).tolist()
                    for part in ("validation", "test")
                }
                print(f"{key}: {sum(paid['test']) / len(paid['test']):.3f} after {seconds:.0f} s", flush=True)
                record.add(key, {**paid, "seconds": seconds, "parameters": model.count_params()})


if __name__ == "__main__":
    main()
