"""Variational autoencoders of five seeds whose weights are shipped: how they were trained, stored, and are read."""

import hashlib
import pathlib

import keras
import numpy as np
from keras import layers

from dlcourse import datasets, files, models, recording, reproducibility, training
from dlcourse.datasets import catalogue
from dlcourse.experiments import vae_training
from dlcourse.models.initializers import seeded_initializer

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


def convolutional(means, seed):
    """Two convolutions, ten latents, two transposed convolutions: 58,197 weights. ``means`` is not used."""

    def start(number):
        return seeded_initializer("glorot_uniform", seed, number)

    relu = {"strides": 2, "padding": "same", "activation": "relu"}
    encoder = keras.Sequential(
        [
            keras.Input(SHAPE),
            layers.Conv2D(16, 3, **relu, kernel_initializer=start(0)),
            layers.Conv2D(32, 3, **relu, kernel_initializer=start(1)),
            layers.Flatten(),
            layers.Dense(20, kernel_initializer=start(2)),
        ]
    )
    decoder = keras.Sequential(
        [
            keras.Input((10,)),
            layers.Dense(7 * 7 * 32, activation="relu", kernel_initializer=start(3)),
            layers.Reshape((7, 7, 32)),
            layers.Conv2DTranspose(16, 3, **relu, kernel_initializer=start(4)),
            layers.Conv2DTranspose(1, 3, strides=2, padding="same", kernel_initializer=start(5)),
        ]
    )
    return models.vae(SHAPE, 10, networks=(encoder, decoder), seed=seed)


def dense(means, seed):
    """784-36-10 with ReLU, and back: 58,404 weights. ``means`` is not used, as the convolutional one uses none."""
    return models.vae(SHAPE, 10, hidden=(36,), activation="relu", seed=seed)


BUILD = {
    "vae_plane": plane,
    "vae_gated": gated,
    "vae_dense": dense,
    "vae_convolutional": convolutional,
    "vae_shuffled": convolutional,
    "vae_beta_quarter": dense,
    "vae_beta_4": dense,
    "vae_beta_64": dense,
    "vae_free_bits": dense,
}


def shuffled(images):
    """Images (n, 28, 28, 1) with their pixels in another order, one order for all: what ``vae_shuffled`` sees."""
    order = np.random.RandomState(28).permutation(int(np.prod(SHAPE)))
    return images.reshape(len(images), -1)[:, order].reshape(images.shape)


def seen_by(name, images):
    """Images as the model of that name takes them: shuffled or as they are."""
    return shuffled(images) if name == "vae_shuffled" else images


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
    images = seen_by(name, datasets.load("mnist").train.x)
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
        jit_compile=name not in ("vae_convolutional", "vae_shuffled"),
    )
    return model


def save(model, path):
    """Write a model's trained weights as float16 to a plain .npz, whole or not at all; gives its SHA-256."""
    arrays = {f"weight_{index:02}": weight.numpy() for index, weight in enumerate(model.trainable_weights)}
    with files.whole(path) as unfinished:
        np.savez(unfinished, **{key: value.astype("float16") for key, value in arrays.items()})
    return hashlib.sha256(path.read_bytes()).hexdigest()


def load(name, seed, means=None):
    """The shipped model of one seed, its file verified by the SHA-256 in data/datasets.toml.

    Args:
        name: of ``BUILD``, such as ``"vae_plane"``.
        seed: whole number; 0 to 4 for most.
        means: ``pixel_means()``, where the model takes some.

    Raises:
        ValueError: where no such model is shipped.
        datasets.DataError: where its file is missing or another one.
    """
    files = {file["seed"]: file for file in catalogue.entry(name)["files"]} if name in BUILD else {}
    if seed not in files:
        expected = f"a seed from 0 to {max(files)}" if files else f"one of {', '.join(BUILD)}"
        raise ValueError(f"load({name!r}, seed={seed!r}): expected {expected}.")
    model, stored = BUILD[name](means, seed), catalogue.arrays(files[seed])
    for variable, key in zip(model.trainable_weights, sorted(stored), strict=True):
        variable.assign(stored[key].astype("float32"))
    return model


def record(study, name, objective, seeds=SEEDS, key=None, draws=500, **settings):
    """Train, write and evaluate the seeds that are not recorded yet; prints the SHA-256 of each file.

    Args:
        study: of the recording.
        name: of ``BUILD``.
        objective, settings: of ``train``.
        seeds: whole numbers.
        key: stands before the seed in the recording, where a study has several models; None: the seed alone.
        draws: for each image, of the bound.

    What is recorded for a seed: its bound by so many draws on the first 1,000 validation images (binarised), in nats.
    """
    about = f"Importance-weighted bound (nats, {draws} draws) on 1,000 validation images: {name}"
    found = recording.Recording(study, about)
    held = seen_by(name, vae_training.binary(datasets.load("mnist").validation.x[:1_000]))
    for seed in seeds:
        reproducibility.start(seed)
        path = DATA / f"{name}_{seed}.npz"
        place = f"seed {seed}" if key is None else f"{key}, seed {seed}"
        if found.done(place):
            continue
        model = train(name, seed, objective, **settings)
        digest = save(model, path)
        bound = float(model.importance_weighted_bound(held, draws).mean())
        found.add(place, {"bound": bound, "settings": settings})
        print(f"{path.name}: {bound:.2f} nats, SHA-256 {digest}", flush=True)
