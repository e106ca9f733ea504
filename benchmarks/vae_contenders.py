"""One contender of the VAE's speed comparison, in a process of its own: trains, and prints its rate as JSON.

    python benchmarks/vae_contenders.py '{"way": "dlcourse", "draws": 1, "examples": 20000}'

Both train the IWAE paper's network (784-200-200-50, tanh, and back) on the same MNIST images in float32, binarised anew
in each batch, shuffled, with Adam, batches of 100, on 2 threads, with deterministic operations: by the negative ELBO
with the closed-form KL where draws is 1, else by the importance-weighted bound with its plain gradient. Compiling and
a first epoch are not on the clock.
"""

import json
import math
import sys
import time

THREADS, BATCH, LATENTS, WIDTH, PIXELS = 2, 100, 50, 200, 784


def main(settings):
    ways = {"dlcourse": dlcourse_fit, "pytorch": pytorch}
    print(json.dumps(ways[settings.pop("way")](**settings)))


def dlcourse_fit(draws, examples, epochs=3):
    from dlcourse import reproducibility

    reproducibility.start(threads=THREADS)
    import keras

    from dlcourse import datasets, training
    from dlcourse.experiments import vae_training
    from dlcourse.training import objectives

    train = datasets.load("mnist").train.x[:examples]
    objective = (
        objectives.negative_elbo() if draws == 1 else objectives.importance_weighted(draws, "reparameterised")
    )
    run = training.fit(
        vae_training.iwae(train.mean(axis=0)),
        objective,
        (train,),
        epochs=epochs,
        batch_size=BATCH,
        optimizer=keras.optimizers.Adam(1e-3, epsilon=1e-4),
        jit_compile=True,
    )
    return {"examples_per_second": run.examples_per_second, "loss": run.history["loss"]}


def pytorch(draws, examples, epochs=3, compiled=False):
    import torch
    from torch import nn
    from torch.nn import functional

    from dlcourse import datasets

    torch.set_num_threads(THREADS)
    torch.manual_seed(0)
    torch.use_deterministic_algorithms(True)
    data = torch.from_numpy(datasets.load("mnist").train.x[:examples].reshape(-1, PIXELS))
    means = data.mean(dim=0)

    def mlp(inputs, outputs):
        return nn.Sequential(
            nn.Linear(inputs, WIDTH), nn.Tanh(), nn.Linear(WIDTH, WIDTH), nn.Tanh(), nn.Linear(WIDTH, outputs)
        )

    encoder, decoder = mlp(PIXELS, 2 * LATENTS), mlp(LATENTS, PIXELS)
    with torch.no_grad():
        decoder[-1].bias.copy_(torch.logit(means.clamp(1e-3, 1 - 1e-3)))
    parameters = [*encoder.parameters(), *decoder.parameters()]
    optimizer = torch.optim.Adam(parameters, lr=1e-3, eps=1e-4, fused=True)

    def log_normal(z, loc, scale):
        return (-0.5 * ((z - loc) / scale) ** 2 - scale.log() - 0.5 * math.log(2 * math.pi)).sum(-1)

    def objective(x):
        loc, raw = encoder(x - means).chunk(2, dim=-1)
        scale = functional.softplus(raw + math.log(math.e - 1)) + 1e-6
        shape = (draws, *loc.shape) if draws > 1 else loc.shape
        z = loc + scale * torch.randn(shape)
        logits = decoder(z)
        log_likelihood = (x * logits - functional.softplus(logits)).sum(-1)
        if draws == 1:
            rate = (0.5 * (loc**2 + scale**2 - 1) - scale.log()).sum(-1)
            return (rate - log_likelihood).mean()
        prior = log_normal(z, torch.zeros(()), torch.ones(()))
        weights = log_likelihood + prior - log_normal(z, loc, scale)
        return -(torch.logsumexp(weights, dim=0) - math.log(draws)).mean()

    costs = torch.compile(objective) if compiled else objective

    def epoch():
        total = torch.zeros(())
        for rows in torch.randperm(examples).split(BATCH):
            grey = data[rows]
            x = (torch.rand(grey.shape) < grey).float()
            optimizer.zero_grad(set_to_none=True)
            loss = costs(x)
            loss.backward()
            optimizer.step()
            total += loss.detach() * len(rows)
        return float(total) / examples

    losses = [epoch()]
    start = time.perf_counter()
    losses += [epoch() for _ in range(epochs - 1)]
    rate = examples * (epochs - 1) / (time.perf_counter() - start)
    return {"examples_per_second": rate, "loss": losses}


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
