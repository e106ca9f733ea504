"""Training that is interrupted, killed, damaged on disk, or given the wrong folder."""

import os
import random
import signal
import subprocess
import sys
import textwrap
import time
import warnings

import keras
import numpy as np
import pytest

from dlcourse import models, training
from dlcourse.training import checkpoint, fitting, objectives, sources


def blobs(examples=200):
    rng = np.random.default_rng(0)
    y = rng.integers(0, 3, examples).astype("int32")
    return (rng.normal(size=(3, 6))[y] * 2 + rng.normal(size=(examples, 6))).astype("float32"), y


def train(
    folder=None, *, hidden=(16,), epochs=3, seed=0, batch_size=16, optimizer=None, stopping=None, data=None
):
    model = models.mlp((6,), 3, hidden=list(hidden), dropout=0.3, seed=0)
    run = training.fit(
        model,
        objectives.classification(),
        data or blobs(),
        epochs=epochs,
        batch_size=batch_size,
        optimizer=optimizer or keras.optimizers.Adam(0.01),
        seed=seed,
        checkpoint=folder,
        validation=blobs(50),
        early_stopping=stopping,
        jit_compile=False,
    )
    return model, run


def same(first, second):
    return all(
        np.array_equal(a.numpy(), b.numpy()) for a, b in zip(first.variables, second.variables, strict=True)
    )


class Interrupted(Exception):
    pass


@pytest.fixture
def every_segment_saved(monkeypatch):
    monkeypatch.setattr(fitting, "CHECKPOINT_SECONDS", 0.0)
    monkeypatch.setattr(sources, "SEGMENT_SECONDS", 0.0)  # one step a segment


@pytest.mark.parametrize("saves", [1, 5, 13, 14, 30])
def test_resumes_to_the_same_bits_also_within_an_epoch(saves, tmp_path, monkeypatch, every_segment_saved):
    whole, whole_run = train(stopping=training.EarlyStopping(patience=5))
    left, original = [saves], checkpoint.save

    def save_and_stop(*args):
        original(*args)
        left[0] -= 1
        if left[0] == 0:
            raise Interrupted

    monkeypatch.setattr(checkpoint, "save", save_and_stop)
    with pytest.raises(Interrupted):
        train(tmp_path, stopping=training.EarlyStopping(patience=5))
    monkeypatch.setattr(checkpoint, "save", original)
    resumed, run = train(tmp_path, stopping=training.EarlyStopping(patience=5))
    assert same(whole, resumed)
    assert run.history == whole_run.history
    assert run.best_epoch == whole_run.best_epoch


def test_more_epochs_go_on_from_a_finished_training(tmp_path):
    train(tmp_path, epochs=2)
    resumed, run = train(tmp_path, epochs=4)
    whole, whole_run = train(epochs=4)
    assert same(whole, resumed)
    assert run.history == whole_run.history


def test_a_finished_training_is_not_repeated(tmp_path):
    first, run = train(tmp_path)
    again, run_again = train(tmp_path)
    assert same(first, again)
    assert run_again.history == run.history
    assert np.isnan(run_again.examples_per_second)


def test_a_flipped_byte_is_found_and_the_checkpoint_before_taken(tmp_path, every_segment_saved):
    whole, _ = train(tmp_path)
    latest = tmp_path / checkpoint.LATEST
    data = bytearray(latest.read_bytes())
    data[len(data) // 2] ^= 1
    latest.write_bytes(data)
    with pytest.warns(UserWarning, match="Damaged: .*latest.checkpoint.*Training goes on from .*previous"):
        resumed, _ = train(tmp_path)
    assert same(whole, resumed)


@pytest.mark.parametrize("position", [0, 31, 32, -1])
def test_where_no_checkpoint_is_whole_an_error_says_so(tmp_path, position):
    train(tmp_path)
    (tmp_path / checkpoint.PREVIOUS).unlink(missing_ok=True)
    latest = tmp_path / checkpoint.LATEST
    data = bytearray(latest.read_bytes())
    data[position] ^= 255
    latest.write_bytes(data)
    with pytest.raises(checkpoint.CheckpointError, match=r"No whole checkpoint .*Delete the folder"):
        train(tmp_path)
    latest.write_bytes(b"")
    with pytest.raises(checkpoint.CheckpointError, match="No whole checkpoint"):
        train(tmp_path)


def test_a_crash_while_writing_leaves_the_last_good_one(tmp_path, monkeypatch):
    checkpoint.save(tmp_path, {"a": np.arange(3)}, {"step": 1})

    def full_disk(*_):
        raise OSError("no space left on device")

    monkeypatch.setattr(os, "fsync", full_disk)
    with pytest.raises(OSError, match="no space"):
        checkpoint.save(tmp_path, {"a": np.arange(4)}, {"step": 2})
    monkeypatch.undo()
    arrays, description = checkpoint.load(tmp_path)
    assert description == {"step": 1}
    assert arrays["a"].tolist() == [0, 1, 2]


def build(**options):
    return models.mlp((6,), 3, **{"hidden": [16], "dropout": 0.3, "seed": 0} | options)


def fit(folder, model=None, objective=None, **options):
    settings = {
        "epochs": 1,
        "batch_size": 16,
        "optimizer": keras.optimizers.Adam(0.01),
        "validation": blobs(50),
    }
    settings |= {"train": blobs(), "checkpoint": folder} | options
    model = model or build()
    return model, training.fit(model, objective or objectives.classification(), **settings)


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"model": build(hidden=[17])}, r"layer 3, hidden: units is 16, here it is 17"),
        ({"model": build(hidden=[16, 16])}, "number of layers is 5, here it is 7"),
        ({"model": build(activation="tanh")}, "layer 3, hidden: activation is relu, here it is tanh"),
        ({"model": build(dropout=0.2)}, r"layer 4, dropout: rate is 0.3, here it is 0.2"),
        ({"model": build(regularizer="l2")}, "layer 3, hidden: kernel_regularizer"),
        ({"model": build(seed=1)}, "its initial weights were others. Build the model anew"),
        ({"objective": objectives.classification(label_smoothing=0.1)}, "label_smoothing is 0.0, here it is 0.1"),
        ({"objective": objectives.regression(), "train": (blobs()[0], np.ones((200, 3), "float32")),
          "validation": None}, "its objective is classification, here it is regression"),
        ({"seed": 1}, "its seed is 0, here it is 1"),
        ({"batch_size": 17}, "its batch size is 16, here it is 17"),
        ({"optimizer": keras.optimizers.Adam(0.02)}, r"optimizer Adam: learning_rate is 0.009\d*, here it is 0.0199"),
        ({"optimizer": keras.optimizers.Adam(0.01, clipnorm=1.0)}, "optimizer Adam: clipnorm is None, here it is 1.0"),
        ({"optimizer": "sgd"}, "its optimizer is Adam, here it is SGD"),
        ({"train": blobs(199)}, "its examples is 200, here it is 199"),
        ({"train": (blobs()[0] + 1e-3, blobs()[1])}, "data checksums"),
        ({"train": (np.r_[blobs()[0][:-1], blobs()[0][-1:] + 1e-3], blobs()[1])}, "data checksums"),
        ({"train": (blobs()[0], np.r_[blobs()[1][:-1], (blobs()[1][-1:] + 1) % 3].astype("int32"))}, "data checksums"),
        ({"jit_compile": True}, "compiled by XLA"),
    ],
)  # fmt: skip
def test_another_trainings_checkpoint_is_refused_and_what_differs_is_named(tmp_path, change, named):
    fit(tmp_path)
    with pytest.raises(checkpoint.CheckpointError, match=f"belongs to another training: .*{named}"):
        fit(tmp_path, **change)


def test_another_beta_of_a_vae_is_refused(tmp_path):
    x = np.random.default_rng(0).random((20, 4, 4, 1), "float32")

    def train(beta):
        model = models.vae((4, 4, 1), latents=2, hidden=[8], seed=0)
        training.fit(
            model, objectives.negative_elbo(beta), (x,), epochs=1, batch_size=10, checkpoint=tmp_path
        )

    train(1.0)
    with pytest.raises(
        checkpoint.CheckpointError, match=r"objective negative_elbo: beta is 1.0, here it is 4.0"
    ):
        train(4.0)


def test_the_same_settings_in_other_words_are_the_same_training(tmp_path):
    _, run = fit(tmp_path)
    keras.layers.Dense(1)  # moves on the numbers in the names of layers
    again = keras.Sequential([keras.Input((6,))] + build().layers[1:])
    assert fit(tmp_path, again)[1].history == run.history
    assert fit(tmp_path, optimizer=keras.optimizers.Adam(0.01, name="mine"))[1].history == run.history


def test_the_trained_model_in_memory_goes_on_and_one_trained_elsewhere_does_not(tmp_path):
    model, _ = fit(tmp_path / "a", epochs=2)
    fit(tmp_path / "a", model, epochs=4)
    whole, _ = fit(tmp_path / "b", epochs=4)
    assert same(whole, model)
    other, _ = fit(None, epochs=1)
    with pytest.raises(checkpoint.CheckpointError, match="initial weights were others"):
        fit(tmp_path / "a", other, epochs=5)


def test_more_epochs_do_not_change_who_compiles(tmp_path, monkeypatch):
    monkeypatch.setattr(fitting.loop, "XLA_STEPS", 20)
    data = {"hidden": [8], "dropout": 0.0}
    _, short = fit(tmp_path, build(**data), epochs=1)  # 13 steps: TensorFlow's kernels
    _, run = fit(tmp_path, build(**data), epochs=3)  # 39 would be for XLA
    assert run.history["loss"][:1] == short.history["loss"] and run.epochs == 3
    fit(tmp_path / "compiled", build(**data), epochs=2)  # 26: XLA
    monkeypatch.setattr(fitting.loop, "XLA_STEPS", 10_000)  # a rule that would no longer choose it
    compiled, run = fit(tmp_path / "compiled", build(**data), epochs=3)
    whole, expected = fit(None, build(**data), epochs=3, jit_compile=True)
    assert run.history == expected.history and same(whole, compiled)


def test_another_patience_counts_from_the_best_epoch_and_none_goes_on_from_the_last_weights(tmp_path):
    random = np.random.default_rng(0)
    noise = (random.normal(size=(50, 6)).astype("float32"), random.integers(0, 3, 50).astype("int32"))
    options = {"validation": noise, "epochs": 30}
    _, run = fit(tmp_path, early_stopping=training.EarlyStopping(patience=2), **options)
    assert run.epochs == run.best_epoch + 2 < 30
    longer, more = fit(tmp_path, early_stopping=training.EarlyStopping(patience=5), **options)
    whole, run = fit(None, early_stopping=training.EarlyStopping(patience=5), **options)
    assert same(whole, longer) and more.history == run.history
    through, run = fit(tmp_path, **options)
    without, _ = fit(None, **options)
    assert run.epochs == 30 and same(without, through)


def test_early_stopping_cannot_come_later(tmp_path):
    fit(tmp_path, epochs=1)
    with pytest.raises(
        checkpoint.CheckpointError, match="best weights by no metric, not by val_loss, in its first 1"
    ):
        fit(tmp_path, epochs=2, early_stopping=training.EarlyStopping())
    fit(tmp_path / "b", epochs=1, early_stopping=training.EarlyStopping("val_accuracy"))
    with pytest.raises(checkpoint.CheckpointError, match="by val_accuracy, not by val_loss"):
        fit(tmp_path / "b", epochs=2, early_stopping=training.EarlyStopping())


def test_validation_may_come_and_go(tmp_path):
    fit(tmp_path, epochs=1, validation=None)
    fit(tmp_path, epochs=2)
    _, run = fit(tmp_path, epochs=3, validation=None)
    assert [np.isnan(value) for value in run.history["val_loss"]] == [True, False, True]
    assert len(run.history["loss"]) == 3 and np.isfinite(run.history["loss"]).all()


TRAINING = """
    import os, sys
    from dlcourse import models, reproducibility, training
    from dlcourse.training import fitting, sources
    import numpy as np

    def main(folder, result):
        reproducibility.start()
        fitting.CHECKPOINT_SECONDS = 0.02
        sources.SEGMENT_SECONDS = 0.003
        rng = np.random.default_rng(0)
        x, y = rng.random((3000, 20), "float32"), rng.integers(0, 3, 3000).astype("int32")
        model = models.mlp((20,), 3, hidden=[32], dropout=0.2, seed=0)
        training.fit(model, training.objectives.classification(), (x, y), epochs=12, batch_size=8, checkpoint=folder,
                     jit_compile=False)
        with open(result + ".part", "wb") as file:
            file.write(b"".join(v.numpy().tobytes() for v in model.variables))
        os.replace(result + ".part", result)

    # TensorFlow is imported once; each line asks for one attempt in a process of its own.
    print("ready", flush=True)
    for line in sys.stdin:
        folder, result = line.rstrip("\\n").split("\\t")
        child = os.fork()
        if child == 0:
            os.setpgrp()
            main(folder or None, result)
            os._exit(0)
        print(child, flush=True)
        os.waitpid(child, 0)
        print("ended", flush=True)
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_killed_at_random_moments_twenty_times_it_ends_in_the_same_bits(tmp_path):
    rng = random.Random(0)
    nursery = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(TRAINING)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )

    def attempt(folder, result, kill_after=None):
        nursery.stdin.write(f"{folder}\t{result}\n")
        nursery.stdin.flush()
        child = int(nursery.stdout.readline())
        if kill_after is not None:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                try:
                    select_wait(nursery.stdout, kill_after)
                    os.kill(child, signal.SIGKILL)
                except ProcessLookupError:
                    pass
        assert nursery.stdout.readline() == "ended\n"

    assert nursery.stdout.readline() == "ready\n"
    begun = time.monotonic()
    attempt("", tmp_path / "whole")
    needed = time.monotonic() - begun  # moments are shares of it, on a slow or busy machine too
    folder, result = tmp_path / "checkpoint", tmp_path / "resumed"
    kills = middles = 0
    while kills < 20 or not middles:
        assert kills < 100, f"none of {kills} attempts was killed in the middle of an epoch"
        if result.exists():  # it finished in time: kill a new one
            result.unlink()
            for path in folder.iterdir():
                path.unlink()
        attempt(folder, result, kill_after=needed * rng.uniform(0.1, 0.6))
        kills += not result.exists()
        found = checkpoint.load(folder) if folder.exists() else None
        middles += bool(found and found[1]["step"])
    attempt(folder, result)
    nursery.stdin.close()
    nursery.wait(timeout=60)
    assert result.read_bytes() == (tmp_path / "whole").read_bytes()


def select_wait(stream, seconds):
    """Wait until the stream has something to read or the time is up."""
    import select

    select.select([stream], [], [], seconds)
