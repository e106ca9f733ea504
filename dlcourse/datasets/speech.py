"""Spoken digits: real recordings as cepstral coefficients, synthesised words as waves, and strings made of recordings.

`read` gives recordings, each of its own length; `padded` makes one array of them. `strings` lays recordings one after
another, so that words stand in a row without anybody having said where one ends; `mixed` adds two of them.
"""

import dataclasses
import difflib

import numpy as np

from dlcourse import checks
from dlcourse.datasets import catalogue, numerals

WORDS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
NUMBER_WORDS = {
    **{value: numerals.ONES[value] for value in range(10, 20)},
    **{20 + 10 * place: word for place, word in enumerate(numerals.TENS)},
    100: "hundred",
    0: "and",
}
"""The words besides digits of numbers below 1,000, by value; "and" has none, and goes by 0."""
BANDS = 128
"""Mel bands that the real recordings' coefficients are taken to come from: the usual default."""
LARGEST = 1e18
"""What no coefficient of a sound reaches; larger numbers are mistakes, and their squares overflow."""
MU = 255
"""Of the μ-law curve, by which telephones put 14 bits into 8 (ITU-T G.711)."""


@dataclasses.dataclass(frozen=True, eq=False)
class Recordings:
    """Spoken digits, each of its own length.

    items: tuple of float32 arrays, (frames, 13) for coefficients or (samples,) from -1 to 1 for waves. digits: int32
    (n,); of other words, or of numbers, what they are worth (``NUMBER_WORDS``). voices: names (n,), or None where
    nobody recorded who spoke. rate: frames or samples per second.
    """

    name: str
    title: str
    items: tuple
    digits: np.ndarray
    voices: np.ndarray | None
    takes: np.ndarray | None
    rate: float
    licence: str = ""
    source: str = ""
    citation: str = ""

    def __len__(self):
        return len(self.items)

    def take(self, rows):
        """The recordings of these row numbers, as new Recordings."""
        rows = np.asarray(rows, "int64")
        return dataclasses.replace(
            self,
            items=tuple(self.items[row] for row in rows),
            digits=self.digits[rows],
            voices=None if self.voices is None else self.voices[rows],
            takes=None if self.takes is None else self.takes[rows],
        )

    def __repr__(self):
        lengths = [len(item) for item in self.items]
        return (
            f"Recordings({self.name!r}, {len(self):,} recordings of {min(lengths)} to {max(lengths)} "
            f"{'samples' if self.items[0].ndim == 1 else 'frames'}, {self.rate:g} per second)"
        )


def names():
    """The names that `read` knows, as a list."""
    return [name for name, entry in catalogue.entries().items() if entry["kind"] == "speech"]


def read(name):
    """The recordings `name`: "spoken_digits", real ones as coefficients by frame; or synthesised ones: "spoken_words",
    waves of digits; "spoken_number_words", waves of the other words of numbers below 1,000; "spoken_numbers", such
    numbers as a whole, coefficients by frame.

    Raises ValueError for an unknown name, catalogue.DataError where the file is missing or is not the one that the
    catalogue describes.
    """
    known = names()
    if not checks.is_one_of(name, known):
        close = difflib.get_close_matches(str(name).lower(), known, n=1)
        hint = f" Did you mean {close[0]!r}?" if close else ""
        raise ValueError(f"there are no recordings {name!r}.{hint} There are: {', '.join(known)}")
    entry = catalogue.entry(name)
    arrays = catalogue.arrays(entry["files"][0])
    content = to_samples(arrays["samples"]) if "samples" in arrays else arrays["frames"].astype("float32")
    voices = np.array(entry["voices"])[arrays["voice"]] if "voice" in arrays else None
    return Recordings(
        name=name,
        title=entry["title"],
        items=tuple(np.split(content, np.cumsum(arrays["lengths"].astype("int64"))[:-1])),
        digits=arrays["digit"].astype("int32"),
        voices=voices,
        takes=arrays["take"].astype("int32") if "take" in arrays else None,
        rate=float(entry["rate"]),
        licence=entry["licence"],
        source=entry["source"],
        citation=entry["citation"],
    )


def to_bytes(samples):
    """Samples from -1 to 1 as 8 bits by the μ-law, uint8 of the same shape: fine steps where soft, coarse where loud.

    Raises ValueError where samples lie outside -1 to 1.
    """
    samples = checks.between("to_bytes(samples)", samples, -1, 1)
    curve = np.sign(samples) * np.log1p(MU * np.abs(samples)) / np.log1p(MU)
    return np.round((curve + 1) / 2 * 255).astype("uint8")


def to_samples(content):
    """The samples of `to_bytes`, float32 from -1 to 1; off by 2.2 % of a sample at most, beside the finest step."""
    curve = np.asarray(content, "float64") / 255 * 2 - 1
    return (np.sign(curve) * np.expm1(np.abs(curve) * np.log1p(MU)) / MU).astype("float32")


def padded(items, frames):
    """Recordings as one array, float32 (n, frames, features): zeros after the shorter ones, the longer ones cut off.

    Args:
        items: list of arrays (own frames, features).
        frames: whole number, 1 or more.

    Raises:
        ValueError: where there are none, or they differ in their features.
    """
    frames = checks.whole_number("padded(frames)", frames)
    items = _items("padded(items)", items)
    result = np.zeros((len(items), frames, items[0].shape[1]), "float32")
    for row, item in zip(result, items, strict=True):
        row[: len(item)] = item[:frames]
    return result


def statistics(items):
    """Mean and standard deviation of all frames, two float32 arrays (features,), for standardising.

    Raises ValueError where there are none, or they differ in their features.
    """
    frames = np.concatenate(_items("statistics(items)", items)).astype("float64")
    return frames.mean(axis=0).astype("float32"), frames.std(axis=0).astype("float32")


def stretched(item, factor):
    """A recording said slower (a factor above 1) or faster: its frames by linear interpolation.

    Args:
        item: float (frames, features).
        factor: its new length over its old one, from 0.01 to 100.

    Returns:
        float32 (frames times the factor, rounded, one at least; features). First and last frame stay what they are.
    """
    item, factor = _frames("stretched(item)", item), checks.between("stretched(factor)", factor, 0.01, 100)
    at = np.linspace(0, len(item) - 1, max(1, round(len(item) * float(factor))))
    before = np.floor(at).astype(int)
    after, share = np.minimum(before + 1, len(item) - 1), (at - before)[:, None]
    return ((1 - share) * item[before] + share * item[after]).astype("float32")


def noisy(samples, noise, decibels):
    """A wave with a noise added whose power is so many decibels below the wave's, float64 (samples,).

    Args:
        samples: float (samples,).
        noise: float (samples,), of the same length and any loudness but silence.
        decibels: how much softer the noise is made, on average over the whole wave; negative: louder.

    Raises:
        ValueError: where lengths differ or the noise is silent.
    """
    samples, noise = (
        checks.numeric(f"noisy({name})", value, axes=1)
        for name, value in [("samples", samples), ("noise", noise)]
    )
    for name, value in [("samples", samples), ("noise", noise), ("decibels", decibels)]:
        checks.between(f"noisy({name})", value, -LARGEST, LARGEST)
    if samples.shape != noise.shape or not np.any(noise):
        raise ValueError(
            f"noisy() got {len(samples)} samples and {len(noise)} of noise, {np.count_nonzero(noise)} of which aren't "
            "0: expected equally many, and a noise that isn't silent."
        )
    softer = np.sqrt(np.mean(samples**2) / np.mean(noise**2)) * 10 ** (-decibels / 20)
    return samples + softer * noise


def quiet_frames(items, share=0.03):
    """The frames with the least energy (coefficient 0), float32 (frames, features): what a pause sounds like.

    Args:
        items: list of arrays (own frames, features).
        share: of all frames, from 0 to 1; one frame at least is taken.
    """
    share = checks.fraction("quiet_frames(share)", share)
    frames = np.concatenate(_items("quiet_frames(items)", items))
    return frames[np.argsort(frames[:, 0], kind="stable")[: max(1, round(share * len(frames)))]]


@dataclasses.dataclass(frozen=True, eq=False)
class Strings:
    """Digits in a row: recordings one after another, or written ones side by side (``lines.compose``).

    x: float32 (strings, frames, features), or pictures (strings, height, width, 1), whose columns are frames. y:
    int32 (strings, longest), each digit plus 1, as CTC wants it, whose 0 is no digit; rows are filled up with 0.
    spans: int32 (strings, longest, 2), first frame of each digit and the first after it.
    """

    x: np.ndarray
    y: np.ndarray
    spans: np.ndarray

    def __len__(self):
        return len(self.y)

    def digits(self):
        """What was said, a list of lists of whole numbers from 0 to 9."""
        return [[int(label) - 1 for label in row if label] for row in self.y]


def strings(items, digits, number, *, words=(1, 6), pause=(0, 8), frames=None, quiet=None, seed=0):
    """Strings of spoken digits: recordings drawn at random, one after another, with pauses of quiet frames between.

    Nobody spoke these strings: where two digits meet, neither changes for the other, as they do in fluent speech.

    Args:
        items: list of float arrays (own frames, features), standardised or not.
        digits: int (n,), 0 to 9.
        number: of strings.
        words: fewest and most digits of a string; each number between is equally likely.
        pause: fewest and most quiet frames before, between and after the digits.
        frames: of each string; a draw that doesn't fit is made again. None: as many as the longest has.
        quiet: float (any, features) frames that pauses are drawn from; None takes the ``quiet_frames`` of items.
        seed: of the draws.

    Returns:
        Strings.

    Raises:
        ValueError: where numbers make no sense, digits don't belong to items, or strings hardly ever fit.
    """
    items, digits = _items("strings(items)", items), np.asarray(digits)
    if digits.shape != (len(items),) or digits.dtype.kind not in "iu" or digits.min() < 0 or digits.max() > 9:
        raise ValueError(
            f"strings(digits): {digits.dtype} {digits.shape} for {len(items)} recordings; expected one digit from 0 "
            "to 9 for each."
        )
    number, seed = checks.whole_number("strings(number)", number), checks.seed("strings(seed)", seed)
    fewest, most = _range("strings(words)", words, least=1)
    shortest, longest = _range("strings(pause)", pause, least=0)
    quiet = quiet_frames(items) if quiet is None else np.asarray(quiet, "float32")
    random, drawn, tries = np.random.default_rng(seed), [], 0
    while len(drawn) < number:
        tries += 1
        if tries > 20 * number + 100:
            raise ValueError(
                f"strings(frames={frames}): {fewest} to {most} recordings hardly ever fit into so few; give more "
                "frames, or None."
            )
        rows = random.integers(len(items), size=random.integers(fewest, most + 1))
        gaps = random.integers(shortest, longest + 1, len(rows) + 1)
        total = gaps.sum() + sum(len(items[row]) for row in rows)
        if frames is None or total <= frames:
            drawn.append((rows, gaps, total))
    frames = max(total for *_, total in drawn) if frames is None else frames
    x = quiet[random.integers(len(quiet), size=(number, frames))].astype("float32")
    y, spans = np.zeros((number, most), "int32"), np.zeros((number, most, 2), "int32")
    for string, (rows, gaps, _) in enumerate(drawn):
        at = gaps[0]
        for place, row in enumerate(rows):
            end = at + len(items[row])
            x[string, at:end] = items[row]
            y[string, place], spans[string, place] = digits[row] + 1, (at, end)
            at = end + gaps[place + 1]
    return Strings(x, y, spans)


def mixed(one, other, decibels, bands=BANDS):
    """Cepstral coefficients of two sounds at once: their power spectra, as far as coefficients keep them, are added.

    Coefficients are taken back to decibels by mel band (an orthonormal cosine transform's inverse), powers are added,
    and the sum is transformed again. Powers of two unrelated sounds add up on average; in a single frame they needn't.

    Args:
        one, other: float (..., coefficients), of the same shape, not standardised.
        decibels: how much louder the other is made, a number or (..., 1); negative: softer.
        bands: mel bands that the coefficients come from.

    Returns:
        float32 (..., coefficients).

    Raises:
        ValueError: where shapes differ.
    """
    from scipy import fft

    one, other, decibels = (
        checks.between(f"mixed({name})", value, -LARGEST, LARGEST)
        for name, value in [("one", one), ("other", other), ("decibels", decibels)]
    )
    bands = checks.whole_number("mixed(bands)", bands)
    if one.shape != other.shape or not one.ndim or not one.size:
        raise ValueError(
            f"mixed() got shapes {one.shape} and {other.shape}: expected two of the same, (..., coefficients)."
        )
    levels = [fft.idct(sound, n=bands, axis=-1, norm="ortho") for sound in (one, other)]
    per_decibel = np.log(10) / 10
    together = np.logaddexp(per_decibel * levels[0], per_decibel * (levels[1] + decibels)) / per_decibel
    return fft.dct(together, axis=-1, norm="ortho")[..., : one.shape[-1]].astype("float32")


def _items(name, items):
    """A list of arrays (own frames, features), checked."""
    items = [_frames(name, item) for item in items] if checks.is_list(items) else []
    if not items or any(item.shape[1] != items[0].shape[1] for item in items):
        raise ValueError(
            f"{name}: expected a list of arrays (frames, features) with the same features; got "
            f"{[item.shape for item in items[:3]]}."
        )
    return items


def _frames(name, item):
    """One recording, float (frames, features), none of it NaN or infinite."""
    item = np.asarray(item) if isinstance(item, np.ndarray) else checks.numeric(name, item, axes=2)
    if item.dtype.kind not in "iuf" or item.ndim != 2 or not item.size or not np.all(np.abs(item) < LARGEST):
        raise ValueError(
            f"{name}: a recording is {item.dtype} {item.shape}; expected finite numbers, (frames, features)."
        )
    return item


def _range(name, given, least):
    """A pair (fewest, most) of whole numbers."""
    if not checks.is_list(given) or len(given) != 2:
        raise ValueError(f"{name}={given!r}: expected two whole numbers, the fewest and the most.")
    fewest = checks.whole_number(f"{name}[0]", given[0], least=least)
    return fewest, checks.whole_number(f"{name}[1]", given[1], least=fewest)
