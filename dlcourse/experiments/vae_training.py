"""Long trainings of variational autoencoders, recorded with their curves: what chapter 08d's studies share."""

import math
import pathlib
import time

import keras
import numpy as np

from dlcourse import datasets, models, recording, reproducibility, training
from dlcourse.analysis import latent_space

BINARISED_BY = 2016
"""The seed by which grey test images become zeros and ones, once for all studies."""

CHECKPOINTS = pathlib.Path(__file__).resolve().parents[2] / "build" / "studies"
DRAWS, DRAWN_IMAGES, LEARNING_RATE = 5_000, 40, 2e-3


def images():
    """MNIST for density estimation: all 60,000 training and validation images, grey, and 10,000 binary test images.

    The official test images are binarised by one fixed seed; no test image is in the training data.
    """
    mnist = datasets.load("mnist")
    train = np.concatenate([mnist.train.x, mnist.validation.x])
    return train, binary(mnist.test.x)


def binary(grey, seed=BINARISED_BY):
    """Zeros and ones, float32, drawn with the grey values as probabilities, by one seed."""
    draw = np.random.RandomState(seed).random_sample(grey.shape)
    return (draw < grey).astype("float32")


def record(name, about, build, *stages, batch_size, block=20):
    """Train on all 60,000 images, evaluate once on the binarised test images, and record both. Resumable.

    Args:
        name, about: of the recording.
        build: callable ``(pixel means) -> models.vae``.
        stages: pairs ``(objective, epochs)``, of ``training.fit``, one after the other. Adam's learning rate
            (epsilon 1e-4) falls from 0.002 to 0 by one cosine over all stages.
        batch_size: of the training.
        block: epochs after which the curve is written.

    What is recorded: ``settings``; ``curve``: metrics by epoch on training images, seconds of processor time and of the
    clock; ``test``: the bound by 5,000 draws and its standard error, its parts, active units; ``samples``: drawn
    images as hexadecimal bytes.
    """
    reproducibility.start(0)
    found = recording.Recording(name, about)
    if found.done("test"):
        return
    train, test = images()
    model = build(train.mean(axis=0))
    epochs = sum(length for _, length in stages)
    steps = epochs * math.ceil(len(train) / batch_size)
    schedule = keras.optimizers.schedules.CosineDecay(LEARNING_RATE, steps)
    settings = {
        "training images": len(train),
        "epochs": epochs,
        "batch size": batch_size,
        "learning rate": LEARNING_RATE,
        "stages": [f"{length} epochs, {type(goal).__name__} {vars(goal)}" for goal, length in stages],
        "model": {key: value for key, value in model.config.items() if key != "means"},
        "parameters": int(sum(np.prod(weight.shape) for weight in model.trainable_weights)),
    }
    found.add("settings", settings)
    spent = found.content["values"].get("curve", {"epochs": 0, "processor": 0.0, "clock": 0.0})
    processor, clock = spent["processor"], spent["clock"]
    for objective, last in _blocks(stages, block):
        began, began_clock = time.process_time(), time.perf_counter()
        run = training.fit(
            model,
            objective,
            (train,),
            epochs=last,
            batch_size=batch_size,
            optimizer=keras.optimizers.Adam(schedule, epsilon=1e-4),
            checkpoint=CHECKPOINTS / name,
            jit_compile=True,
        )
        if last <= spent["epochs"]:
            continue
        processor += time.process_time() - began
        clock += time.perf_counter() - began_clock
        curve = {"epochs": run.epochs, "processor": processor, "clock": clock, **run.history}
        found.add("curve", curve)
        print(
            f"{name}: epoch {run.epochs} of {epochs}, loss {run.history['loss'][-1]:.3f}, "
            f"{processor:.0f} s of processor time",
            flush=True,
        )
    model.save(CHECKPOINTS / name / "model.keras")
    found.add("samples", latent_space.packed(model.sample(DRAWN_IMAGES, seed=1)))
    found.add(
        "by draws",
        {
            str(k): float(model.importance_weighted_bound(test[:1_000], k, seed=2).mean())
            for k in (1, 5, 50, 500, 5_000)
        },
    )
    began = time.perf_counter()
    bound = model.importance_weighted_bound(test, DRAWS)
    parts = latent_space.parts(model, test)
    found.add(
        "test",
        {
            "images": len(test),
            "draws": DRAWS,
            "bound": float(bound.mean()),
            "standard error": float(bound.std(ddof=1) / math.sqrt(len(bound))),
            "rate": float(parts.rate.mean()),
            "distortion": float(parts.distortion.mean()),
            "active units": int(latent_space.active(model, test).sum()),
            "seconds": time.perf_counter() - began,
        },
    )
    print(name, found.content["values"]["test"], flush=True)


def _blocks(stages, block):
    """Pairs (objective, epoch at which a block of at most so many epochs ends); no block spans two stages."""
    done = 0
    for objective, epochs in stages:
        for last in sorted({*range(block, epochs, block), epochs}):
            yield objective, done + last
        done += epochs


def iwae(means):
    """The IWAE paper's network (Burda et al. 2016): 784-200-200-50, tanh, and back."""
    return models.vae((28, 28, 1), 50, hidden=(200, 200), activation="tanh", means=means)
