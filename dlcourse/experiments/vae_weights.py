"""Variational autoencoders of five seeds whose weights are shipped: how they were trained, stored, and are read."""

import hashlib
import pathlib

import keras
import numpy as np

from dlcourse import datasets, files, models, recording, reproducibility, training
from dlcourse.datasets import catalogue
from dlcourse.experiments import vae_training

DATA = pathlib.Path(__file__).resolve().parents[2] / "data"
SHAPE, SEEDS = (28, 28, 1), range(5)


def plane(means, seed):
    """784-128-64-2 with ReLU, and back: small enough for an integral over the codes."""
    return models.vae(SHAPE, 2, hidden=(128, 64), activation="relu", means=means, seed=seed)


def gated(means, seed):
    """784-130-130-32 with gated layers, and back; prior: 200 learnt Gaussians."""
    return models.vae(
        SHAPE,
        32,
        hidden=(130, 130),
        activation="gated",
        prior="mixture",
        components=200,
        means=means,
        seed=seed,
    )


BUILD = {"vae_plane": plane, "vae_gated": gated}


def pixel_means():
    """The training images' mean image, float32 (28, 28, 1): what the encoders subtract."""
    return datasets.load("mnist").train.x.mean(axis=0)


def train(name, seed, objective, *, epochs, batch_size=100, learning_rate=2e-3):
    """Train one seed's model on MNIST's 55,000 training images.

    Args:
        name: of ``BUILD``.
        seed: of the initial weights, the order of the images and all draws.
        objective: of ``training.fit``.
        epochs, batch_size: of the training.
        learning_rate: Adam's (epsilon 1e-4) at the start; one cosine takes it to 0.

    Returns:
        models.vae.
    """
    images = datasets.load("mnist").train.x
    model = BUILD[name](pixel_means(), seed)
    schedule = keras.optimizers.schedules.CosineDecay(learning_rate, epochs * -(-len(images) // batch_size))
    training.fit(
        model,
        objective,
        (images,),
        epochs=epochs,
        batch_size=batch_size,
        optimizer=keras.optimizers.Adam(schedule, epsilon=1e-4),
        seed=seed,
        jit_compile=True,
    )
    return model


def save(model, path):
    """Write a model's trained weights as float16 to a plain .npz, whole or not at all; gives its SHA-256."""
    arrays = {f"weight_{index:02}": weight.numpy() for index, weight in enumerate(model.trainable_weights)}
    with files.whole(path) as unfinished:
        np.savez(unfinished, **{key: value.astype("float16") for key, value in arrays.items()})
    return hashlib.sha256(path.read_bytes()).hexdigest()


def load(name, seed, means):
    """The shipped model of one seed, its file verified by the SHA-256 in data/datasets.toml.

    Args:
        name: ``"vae_plane"`` or ``"vae_gated"``.
        seed: 0 to 4.
        means: ``pixel_means()``.

    Raises:
        ValueError: where no such model is shipped.
        datasets.DataError: where its file is missing or another one.
    """
    files = {file["seed"]: file for file in catalogue.entry(name)["files"]} if name in BUILD else {}
    if seed not in files:
        raise ValueError(
            f"load({name!r}, seed={seed!r}): expected one of {', '.join(BUILD)} and a seed from {SEEDS[0]} to "
            f"{SEEDS[-1]}."
        )
    model, stored = BUILD[name](means, seed), catalogue.arrays(files[seed])
    for variable, key in zip(model.trainable_weights, sorted(stored), strict=True):
        variable.assign(stored[key].astype("float32"))
    return model


def record(study, name, objective, **settings):
    """Train, write and evaluate the seeds that are not recorded yet; prints the SHA-256 of each file.

    What is recorded for a seed: its bound by 500 draws on the first 1,000 validation images (binarised), in nats.
    """
    about = f"Importance-weighted bound (nats, 500 draws) on 1,000 validation images: {name}"
    found = recording.Recording(study, about)
    held = vae_training.binary(datasets.load("mnist").validation.x[:1_000])
    for seed in SEEDS:
        reproducibility.start(seed)
        path = DATA / f"{name}_{seed}.npz"
        if found.done(f"seed {seed}"):
            continue
        model = train(name, seed, objective, **settings)
        digest = save(model, path)
        bound = float(model.importance_weighted_bound(held, 500).mean())
        found.add(f"seed {seed}", {"bound": bound, "settings": settings})
        print(f"{path.name}: {bound:.2f} nats, SHA-256 {digest}", flush=True)
