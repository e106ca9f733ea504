"""Draws benchmarks/results/training_speed.json as a figure and writes its table into benchmarks/README.md."""

import math
import pathlib
import re
import statistics

from dlcourse import files, recording

HERE = pathlib.Path(__file__).parent
START, END = "<!-- table: training speed -->", "<!-- end of table -->"
OPERATIONS = {  # multiply-adds of one example forward; training takes about three times that
    "mlp": 784 * 256 + 256 * 256 + 256 * 10,
    "convnet": 28 * 28 * 9 * 32 + 14 * 14 * 9 * 32 * 64 + 7 * 7 * 64 * 128 + 128 * 10,
    "lstm": 28 * (28 + 128) * 4 * 128 + 128 * 10,
    "gru": 28 * (28 + 128) * 3 * 128 + 128 * 10,
    "transformer": 128 * (2 * (12 * 80 * 80 + 2 * 128 * 80) + 80 * 80),
}


def spread(values, digits=0):
    return f"{statistics.median(values):,.{digits}f} ({min(values):,.{digits}f}-{max(values):,.{digits}f})"


def rows(values):
    """Table rows: case, way, rate, ratio of training.fit to it round by round, share of the matrix-product rate."""
    peak = statistics.median(values["matrix product"]["operations_per_second"])
    for case, content in values.items():
        if "rates" not in content:
            continue
        model = case.split(",")[0]
        ours = content["rates"]["dlcourse"]
        for name, rates in content["rates"].items():
            ratio = [a / b for a, b in zip(ours, rates, strict=True)]
            share = 6 * OPERATIONS[model] * statistics.median(rates) / peak
            yield [case, name, spread(rates), "" if name == "dlcourse" else spread(ratio, 2), f"{share:.0%}"]


def table(values):
    head = [
        "case",
        "way",
        "examples/s, median (min-max)",
        "training.fit is so many times as fast",
        "of the matrix-product rate",
    ]
    lines = ["| " + " | ".join(head) + " |", "|" + " --- |" * len(head)]
    lines += ["| " + " | ".join(row) + " |" for row in rows(values)]
    scaling = values["by examples"]
    per_example = [
        f"{examples}: {1e6 / statistics.median(rates):.2f} µs" for examples, rates in scaling.items()
    ]
    peak = statistics.median(values["matrix product"]["operations_per_second"]) / 1e9
    environment = recording.environment("training_speed")
    lines += ["", f"Cost of an example by size of the data (MLP, batch 64): {', '.join(per_example)}.", ""]
    lines += [
        f"Matrix-product rate: {peak:.0f} GFLOP/s. "
        + ", ".join(f"{k} {v}" for k, v in environment.items())
        + "."
    ]
    return "\n".join(lines)


def draw(values, path):
    from matplotlib import pyplot as plt

    from dlcourse import style

    style.apply()
    cases = [case for case, content in values.items() if "rates" in content]
    rows = math.ceil(len(cases) / 2)
    fig, axes = plt.subplots(rows, 2, figsize=(8.8, 2.4 * rows), squeeze=False)
    for ax in axes.flat[len(cases) :]:
        ax.set_axis_off()
    for ax, case in zip(axes.flat, cases, strict=False):
        rates = values[case]["rates"]
        medians = [statistics.median(rate) for rate in rates.values()]
        errors = [
            [m - min(r) for m, r in zip(medians, rates.values(), strict=True)],
            [max(r) - m for m, r in zip(medians, rates.values(), strict=True)],
        ]
        ax.barh(list(rates), medians, xerr=errors, color=style.COLOURS[: len(rates)])
        ax.invert_yaxis()
        ax.set(title=case, xlabel="examples/s")
        ax.locator_params(axis="x", nbins=5)
    with files.whole(path) as unfinished:
        fig.savefig(unfinished, format="png", metadata={"Software": None})


def main():
    values = recording.load("training_speed")
    draw(values, HERE / "results" / "training_speed.png")
    readme = HERE / "README.md"
    text = readme.read_text(encoding="utf-8")
    block = f"{START}\n{table(values)}\n{END}"
    text = re.sub(f"{re.escape(START)}.*{re.escape(END)}", lambda _: block, text, flags=re.DOTALL)
    files.write(readme, text)


if __name__ == "__main__":
    main()
