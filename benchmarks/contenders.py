"""One contender of the speed comparison, in a process of its own: trains, and prints its rate as JSON.

    python benchmarks/contenders.py '{"way": "dlcourse", "model": "mlp", "batch_size": 64, "examples": 55000}'

All contenders train the same architecture with Adam(1e-3) on the same arrays in float32, shuffled, on 2 threads, with
deterministic operations: MNIST's, and for the transformer excerpts of a book, whose next characters it predicts. The
first epoch, which compiles and warms up, is not on the clock; two more are.
"""

import json
import math
import sys
import time

THREADS = 2
EPOCHS = 2  # on the clock, after one to compile and warm up
HIDDEN, FILTERS, CNN_HIDDEN = (256, 256), (32, 64), 128
UNITS = 128
RECURRENT = ("lstm", "gru")
"""Networks that read an image's 28 rows, top first, as a sequence. Keras' GRU (reset_after) and PyTorch's are the same
arithmetic; PyTorch's LSTM adds two biases where Keras' has one."""
STEPS, WIDTH, HEADS, BLOCKS = 128, 80, 4, 2
"""Of the transformer: chapter 07b's, with two blocks, and without dropout."""


def main(settings):
    ways = {"dlcourse": dlcourse_fit, "keras": keras_fit, "pytorch": pytorch, "matmul": matrix_product}
    print(json.dumps(ways[settings.pop("way")](**settings)))


def data(examples, model):
    """What a model reads and what it is to say, of the first ``examples``, over again where there are fewer.

    Images are float32 (examples, 28, 28, 1), for recurrent networks (examples, 28 rows, 28), with a label each; texts
    and the characters that follow are int32 (examples, 128).
    """
    import numpy as np

    from dlcourse import datasets
    from dlcourse.datasets import characters

    if model == "transformer":
        x, y = characters.excerpts(book()[0], STEPS)
    else:
        train = datasets.load("mnist").train
        x, y = (train.x[..., 0] if model in RECURRENT else train.x), train.y
    rows = np.arange(examples) % len(x)
    return x[rows], y[rows]


def book():
    """An Italian book as int32 (characters,), and how many different ones it has."""
    from dlcourse.datasets import characters, passages, texts

    text = passages.tidy(texts.read("italian"))
    alphabet = "".join(sorted(set(text)))
    return characters.encode(text, alphabet), len(alphabet)


def keras_model(name):
    from dlcourse import models

    if name == "mlp":
        return models.mlp((28, 28, 1), 10, hidden=HIDDEN, seed=0)
    if name in RECURRENT:
        return models.recurrent((28, 28), 10, cell=name, units=(UNITS,), seed=0)
    if name == "transformer":
        _, symbols = book()
        return models.causal_transformer(
            symbols, longest=STEPS, width=WIDTH, heads=HEADS, blocks=BLOCKS, dropout=0
        )
    return models.convnet((28, 28, 1), 10, filters=FILTERS, hidden=CNN_HIDDEN, seed=0)


def dlcourse_fit(model, batch_size, examples, epochs=1 + EPOCHS, jit_compile=None):
    from dlcourse import reproducibility, training

    reproducibility.start(threads=THREADS)
    import keras

    net = keras_model(model)
    steps = math.ceil(examples / batch_size)
    if jit_compile is None:  # as over several epochs, which is what pays for compiling
        jit_compile = training.loop.xla_pays(net, 1_000 * steps)
    of_steps = training.objectives.sequence_classification
    run = training.fit(
        net,
        of_steps() if model == "transformer" else training.objectives.classification(),
        data(examples, model),
        epochs=epochs,
        batch_size=batch_size,
        optimizer=keras.optimizers.Adam(1e-3),
        jit_compile=jit_compile,
    )
    return {"examples_per_second": run.examples_per_second, "loss": run.history["loss"][-1]}


def keras_fit(model, batch_size, examples, jit_compile, steps_per_execution):
    from dlcourse import reproducibility

    reproducibility.start(threads=THREADS)
    import keras

    net = keras_model(model)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    net.compile(
        optimizer=keras.optimizers.Adam(1e-3),
        loss=loss,
        metrics=["accuracy"],
        jit_compile=jit_compile,
        steps_per_execution=steps_per_execution,
    )
    clock = {}
    epochs = keras.callbacks.LambdaCallback(
        on_epoch_begin=lambda epoch, logs: clock.setdefault(epoch, time.perf_counter()),
        on_train_end=lambda logs: clock.setdefault("end", time.perf_counter()),
    )
    x, y = data(examples, model)
    history = net.fit(x, y, batch_size=batch_size, epochs=1 + EPOCHS, verbose=0, callbacks=[epochs])
    seconds = clock["end"] - clock[1]  # from the second epoch on
    return {"examples_per_second": EPOCHS * examples / seconds, "loss": history.history["loss"][-1]}


def pytorch(model, batch_size, examples, compiled, channels_last=False):
    import torch
    from torch import nn

    torch.set_num_threads(THREADS)
    torch.manual_seed(0)
    torch.use_deterministic_algorithms(True)
    if model in RECURRENT:
        net = last_of(nn, nn.LSTM if model == "lstm" else nn.GRU)
    elif model == "transformer":
        net = causal_transformer(torch, book()[1])
    elif model == "mlp":
        first, second = HIDDEN
        net = nn.Sequential(
            nn.Flatten(),
            nn.Linear(784, first),
            nn.ReLU(),
            nn.Linear(first, second),
            nn.ReLU(),
            nn.Linear(second, 10),
        )
    else:
        first, second = FILTERS
        net = nn.Sequential(
            nn.Conv2d(1, first, 3, padding=1),
            nn.ReLU(),
            nn.MaxPool2d(2),
            nn.Conv2d(first, second, 3, padding=1),
            nn.ReLU(),
            nn.MaxPool2d(2),
            nn.Flatten(),
            nn.Linear(49 * second, CNN_HIDDEN),
            nn.ReLU(),
            nn.Linear(CNN_HIDDEN, 10),
        )
    x, y = map(torch.from_numpy, data(examples, model))
    y = y.long()
    if model in ("mlp", "convnet"):
        x = x.permute(0, 3, 1, 2)
    if channels_last:
        net, x = net.to(memory_format=torch.channels_last), x.contiguous(memory_format=torch.channels_last)
    else:
        x = x.contiguous()
    optimizer = torch.optim.Adam(net.parameters(), lr=1e-3, eps=1e-7, fused=True)
    criterion = nn.CrossEntropyLoss()

    def step(rows):
        optimizer.zero_grad(set_to_none=True)
        loss = criterion(forward(x[rows]).flatten(0, -2), y[rows].flatten())
        loss.backward()
        optimizer.step()
        return loss.detach()

    def epoch():
        order, total = torch.randperm(examples), torch.zeros(())
        for rows in order.split(batch_size):
            total += step(rows) * len(rows)
        return float(total) / examples

    forward = torch.compile(net) if compiled else net
    epoch()  # warm up, and compile for both batch sizes
    start = time.perf_counter()
    for _ in range(EPOCHS):
        loss = epoch()
    return {"examples_per_second": EPOCHS * examples / (time.perf_counter() - start), "loss": loss}


def last_of(nn, layer):
    """A PyTorch network that reads (batch, 28, 28) row by row and gives logits after the last."""

    class Reader(nn.Module):
        def __init__(self):
            super().__init__()
            self.recurrent = layer(28, UNITS, batch_first=True)
            self.logits = nn.Linear(UNITS, 10)

        def forward(self, x):
            return self.logits(self.recurrent(x)[0][:, -1])

    return Reader()


def causal_transformer(torch, symbols):
    """The PyTorch network with the same weights and layers as ``models.causal_transformer``."""
    nn = torch.nn

    class Transformer(nn.Module):
        def __init__(self):
            super().__init__()
            self.embedding = nn.Embedding(symbols, WIDTH)
            self.positions = nn.Parameter(0.05 * torch.randn(STEPS, WIDTH))
            self.blocks = nn.ModuleList(
                nn.TransformerEncoderLayer(
                    WIDTH, HEADS, 4 * WIDTH, 0.0, "gelu", batch_first=True, norm_first=True
                )
                for _ in range(BLOCKS)
            )
            self.norm = nn.LayerNorm(WIDTH)
            self.register_buffer("mask", nn.Transformer.generate_square_subsequent_mask(STEPS))
            nn.init.normal_(self.embedding.weight, std=0.05)

        def forward(self, tokens):
            x = self.embedding(tokens) + self.positions
            for block in self.blocks:
                x = block(x, src_mask=self.mask, is_causal=True)
            return self.norm(x) @ self.embedding.weight.T

    return Transformer()


def matrix_product(size=2048, repetitions=20):
    """The machine's rate at float32 matrix products, in floating-point operations per second, by TensorFlow."""
    from dlcourse import reproducibility

    reproducibility.start(threads=THREADS)
    import tensorflow as tf

    a = tf.random.stateless_uniform((size, size), seed=[0, 0])
    product = tf.function(lambda: tf.matmul(a, a))
    product()
    start = time.perf_counter()
    for _ in range(repetitions):
        result = product()
    result.numpy()
    return {"operations_per_second": 2 * size**3 * repetitions / (time.perf_counter() - start)}


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
