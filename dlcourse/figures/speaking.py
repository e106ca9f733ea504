"""A Chinese numeral said aloud, by a synthesiser where one is installed; else what to install."""

import pathlib
import shutil
import subprocess
import tempfile
import wave

import numpy as np

from dlcourse import show
from dlcourse.datasets import numerals

PROGRAM, VOICE = "espeak-ng", "cmn-latn-pinyin"
"""A Mandarin voice. The other one, "cmn", says many signs as if their pinyin were English."""
SECONDS = 20
"""How long the program may take."""
LETTERS = ("líng", "yī", "èr", "sān", "sì", "wǔ", "liù", "qī", "bā", "jiǔ", "shí", "bǎi", "qiān", "wàn")
TONES = dict(zip(numerals.CHINESE[numerals.END + 1 :], LETTERS, strict=True))


def pinyin(numeral):
    """A Chinese numeral in Latin letters with tones, a blank between signs: "sān bǎi líng wǔ" for 三百零五.

    Raises:
        ValueError: where it isn't a numeral of 0 to 99,999,999 as ``numerals.chinese`` writes it.
    """
    if not isinstance(numeral, str) or numerals.value(numeral) is None:
        raise ValueError(
            f"{numeral!r} isn't a numeral as numerals.chinese writes it; expected such as {numerals.chinese(305)!r}."
        )
    return " ".join(TONES[sign] for sign in numeral)


def spoken(numeral):
    """The sound of a Chinese numeral, (float32 samples (n,) from -1 to 1, samples per second), or None.

    The program espeak-ng speaks it, by formants, without a network. None where it isn't installed, or can't do it.

    Raises:
        ValueError: as for ``pinyin``.
    """
    pinyin(numeral)
    if shutil.which(PROGRAM) is None:
        return None
    with tempfile.TemporaryDirectory() as folder:
        file = pathlib.Path(folder) / "numeral.wav"
        command = [PROGRAM, "-v", VOICE, "-w", str(file), numeral]
        try:
            subprocess.run(command, check=True, capture_output=True, timeout=SECONDS)
            with wave.open(str(file)) as sound:
                rate, samples = (
                    sound.getframerate(),
                    np.frombuffer(sound.readframes(sound.getnframes()), "<i2"),
                )
        except (OSError, subprocess.SubprocessError, wave.Error, EOFError, ValueError):
            return None
    if not len(samples):
        return None
    return (samples / 32_768).astype("float32"), rate


def say(numeral):
    """Show a Chinese numeral and its pinyin, and a player that says it, or what must be installed for one.

    Player or advice aren't compared by tests: which comes depends on the machine.

    Raises:
        ValueError: as for ``pinyin``.
    """
    from IPython.display import display

    letters, sound = pinyin(numeral), spoken(numeral)
    if sound is None:
        below = (
            f"To hear it, install {PROGRAM} with its Mandarin voice {VOICE} (on Debian and Ubuntu: "
            f"<code>apt install {PROGRAM}</code>), and run this cell again."
        )
    else:
        below = show.player(*sound, f"{PROGRAM} says {letters}")
    content = f"<p>{numeral} · {letters}</p>\n{show.uncompared(below)}"
    display({"text/html": content, "text/plain": f"{numeral} · {letters}"}, raw=True)
