"""Training speed side by side: training.fit, Keras' fit at its best setting, PyTorch eager and compiled.

Each measurement is a process of its own; contenders take turns, so that a drift of the machine's speed meets all.
Ratios are taken round by round.
"""

import importlib.util
import itertools
import pathlib
import statistics

from dlcourse.recording import Recording, in_its_own_process

NAME = "training_speed"
ROUNDS = 5
EXAMPLES = {"mlp": 55_000, "convnet": 9_600, "lstm": 9_600, "gru": 9_600, "transformer": 640}
CASES = [*itertools.product(["mlp", "convnet"], [64, 512]), ("lstm", 64), ("gru", 64), ("transformer", 32)]
SCALING, SCALING_WORK = [5_000, 10_000, 20_000, 40_000, 60_000], 240_000


def measure(**settings):
    """One contender's result, a dict; raises where its process fails."""
    return in_its_own_process(pathlib.Path(__file__).with_name("contenders.py"), settings)


def main():
    recording = Recording(
        NAME, "training speed in examples per second, by way, model and batch size, one value per round"
    )
    torch = importlib.util.find_spec("torch") is not None
    if not torch:
        print("PyTorch is not installed, so it is left out: pip install -r benchmarks/requirements.txt")
    if not recording.done("matrix product"):
        rates = [measure(way="matmul")["operations_per_second"] for _ in range(5)]
        recording.add("matrix product", {"operations_per_second": rates})
    for model, batch_size in CASES:
        key = f"{model}, batch {batch_size}"
        if not recording.done(key):
            recording.add(key, compare(model, batch_size, torch))
    if not recording.done("by examples"):
        rates = {str(examples): [] for examples in SCALING}
        for _ in range(ROUNDS):
            for examples in SCALING:
                epochs = SCALING_WORK // examples  # the same number of examples seen, by all
                settings = {"model": "mlp", "batch_size": 64, "examples": examples, "epochs": epochs}
                rates[str(examples)].append(measure(way="dlcourse", **settings)["examples_per_second"])
        recording.add("by examples", rates)


def compare(model, batch_size, torch):
    """Rates of all contenders over the rounds, and Keras' and PyTorch's best settings."""
    settings = {"model": model, "batch_size": batch_size, "examples": EXAMPLES[model]}
    keras = best(
        [
            {"way": "keras", "jit_compile": jit, "steps_per_execution": steps}
            for jit in [False, True]
            for steps in executions(EXAMPLES[model], batch_size)
        ],
        settings,
    )
    contenders = {"dlcourse": {"way": "dlcourse"}, "Keras": keras}
    if torch:
        layouts = [False, True] if model == "convnet" else [False]
        for name, compiled in [("PyTorch", False), ("PyTorch, compiled", True)]:
            options = [
                {"way": "pytorch", "compiled": compiled, "channels_last": layout} for layout in layouts
            ]
            contenders[name] = best(options, settings)
    rates = {name: [] for name in contenders}
    for number in range(ROUNDS):
        for name, options in contenders.items():
            rates[name].append(measure(**options, **settings)["examples_per_second"])
        medians = ", ".join(f"{name} {statistics.median(values):,.0f}" for name, values in rates.items())
        print(
            f"{model}, batch {batch_size}, round {number + 1} of {ROUNDS}: {medians} examples/s", flush=True
        )
    return {"rates": rates, "settings": contenders}


def executions(examples, batch_size):
    """Steps per execution to try with Keras: 1 to an epoch."""
    epoch = -(-examples // batch_size)
    return sorted({1, *(steps for steps in (32, 156) if steps < epoch), epoch})


def best(options, settings):
    """The fastest of several settings, each measured once, the two fastest once more."""
    if len(options) == 1:
        return options[0]
    rate = [measure(**option, **settings)["examples_per_second"] for option in options]
    first, second, *_ = sorted(range(len(options)), key=rate.__getitem__, reverse=True)
    again = {index: measure(**options[index], **settings)["examples_per_second"] for index in (first, second)}
    return options[max(again, key=again.get)]


if __name__ == "__main__":
    main()
