"""Recorded notes of sixteen instruments, half a second each, and their split into known and unknown pitches."""

import dataclasses

import numpy as np

from dlcourse import checks
from dlcourse.datasets import catalogue, speech

RATE = 8_000


@dataclasses.dataclass(frozen=True, eq=False)
class Notes:
    """Recorded notes.

    waves: float32 (n, 4000) from -1 to 1, 8,000 samples per second. instrument: int (n,), numbers of ``names``. key:
    int (n,), MIDI's number. hertz: float (n,), of the fundamental, as the recording's makers measured it.
    """

    waves: np.ndarray
    instrument: np.ndarray
    key: np.ndarray
    hertz: np.ndarray
    names: tuple

    def __len__(self):
        return len(self.waves)

    def take(self, rows):
        """The notes of these row numbers, as new Notes."""
        return Notes(self.waves[rows], self.instrument[rows], self.key[rows], self.hertz[rows], self.names)

    def find(self, name, key):
        """The row of the note of an instrument and a key. Raises ValueError where there is none."""
        rows = np.flatnonzero((np.array(self.names)[self.instrument] == name) & (self.key == key))
        if not len(rows):
            raise ValueError(f"find({name!r}, {key!r}): no such note; instruments: {', '.join(self.names)}.")
        return int(rows[0])


def read():
    """All notes of data/instrument_notes.npz, as Notes."""
    entry = catalogue.entry("instrument_notes")
    arrays = catalogue.arrays(entry["files"][0])
    key = arrays["key"].astype("int64")
    return Notes(
        waves=speech.to_samples(arrays["samples"]),
        instrument=arrays["instrument"].astype("int64"),
        key=key,
        hertz=hertz(key + arrays["cents"] / 100),
        names=tuple(entry["instruments"]),
    )


def hertz(key):
    """The frequency of a key in equal temperament, float of the same shape: 440 Hz for 69, double 12 keys above."""
    return 440 * 2 ** ((checks.between("hertz(key)", key, -200, 300) - 69) / 12)


def split(notes, seed):
    """Rows for training, validation, held-out notes, and notes of unseen keys: four int arrays.

    Of the 37 keys, six are held out from all instruments, no two of them neighbours; of the other notes a tenth
    is for validation and a fifth held out.
    """
    random = np.random.default_rng(checks.seed("split(seed)", seed))
    present = np.unique(notes.key)
    unseen = []
    for key in random.permutation(present[1:-1]):
        if len(unseen) < 6 and all(abs(key - other) > 1 for other in unseen):
            unseen.append(key)
    is_unseen = np.isin(notes.key, unseen)
    rows = random.permutation(np.flatnonzero(~is_unseen))
    validation, held = len(rows) // 10, len(rows) // 5
    return (
        np.sort(rows[validation + held :]),
        np.sort(rows[:validation]),
        np.sort(rows[validation : validation + held]),
        np.flatnonzero(is_unseen),
    )
