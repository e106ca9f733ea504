"""A training state on disk: written whole or not at all, checked when read, without pickle.

A checkpoint file is a SHA-256 digest (32 bytes) followed by a NumPy .npz of arrays, among them a JSON text.
A folder holds the newest, ``latest.checkpoint``, and the one before, ``previous.checkpoint``.
"""

import hashlib
import io
import json
import os
import pathlib
import warnings

import numpy as np

from dlcourse import files

NEWEST, LATEST, PREVIOUS = "newest.checkpoint", "latest.checkpoint", "previous.checkpoint"
_DIGEST_BYTES = hashlib.sha256().digest_size


class CheckpointError(ValueError):
    """A checkpoint is damaged, or belongs to something else."""


def save(folder, arrays, description):
    """Write a checkpoint; a crash at any moment leaves the last good one in place.

    Args:
        folder: made where it doesn't exist.
        arrays: dict from name to array.
        description: dict that JSON can hold.
    """
    folder = pathlib.Path(folder)
    buffer = io.BytesIO()
    np.savez(buffer, **arrays, description=np.frombuffer(json.dumps(description).encode(), dtype="uint8"))
    payload = buffer.getvalue()
    newest, latest = folder / NEWEST, folder / LATEST
    files.write(newest, hashlib.sha256(payload).digest() + payload)
    if latest.exists():
        os.replace(latest, folder / PREVIOUS)
    os.replace(newest, latest)


def load(folder):
    """Read the newest good checkpoint of a folder.

    Returns:
        (dict of arrays, description), or None where the folder holds none.

    Raises:
        CheckpointError: where there are checkpoints, and none is whole.
    """
    folder = pathlib.Path(folder)
    damaged = []
    for path in [folder / LATEST, folder / PREVIOUS]:
        if not path.exists():
            continue
        data = path.read_bytes()
        digest, payload = data[:_DIGEST_BYTES], data[_DIGEST_BYTES:]
        found = hashlib.sha256(payload).digest()
        if digest != found:
            damaged.append(f"{path} (stored SHA-256 {digest.hex()[:12]}…, found {found.hex()[:12]}…)")
            continue
        if damaged:
            warnings.warn(f"Damaged: {damaged[0]}. Training goes on from {path}.", stacklevel=3)
        with np.load(io.BytesIO(payload), allow_pickle=False) as file:
            arrays = {name: file[name] for name in file.files}
        return arrays, json.loads(arrays.pop("description").tobytes())
    if damaged:
        raise CheckpointError(
            f"No whole checkpoint in {folder}: {'; '.join(damaged)}. Delete the folder to start anew."
        )
    return None
