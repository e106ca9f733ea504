"""A numeral said aloud: the letters, a program that speaks, one that fails, and none at all."""

import pathlib
import re
import shutil
import sys

import numpy as np
import pytest
from displayed import shown

from dlcourse.datasets import numerals
from dlcourse.figures import speaking

SPEAKS = """\
import sys, wave
voice, file, text = sys.argv[2], sys.argv[4], sys.argv[5]
assert sys.argv[1] == "-v" and voice == "cmn-latn-pinyin" and sys.argv[3] == "-w", sys.argv
with wave.open(file, "wb") as sound:
    sound.setnchannels(1), sound.setsampwidth(2), sound.setframerate(22_050)
    sound.writeframes(b"\\x00\\x40" * (100 * len(text)))
"""


@pytest.fixture
def program(tmp_path, monkeypatch):
    """Puts a program of that name on PATH, alone: its Python source, or None for no program."""

    def put(source):
        monkeypatch.setenv("PATH", str(tmp_path))
        if source is not None:
            script, file = tmp_path / "script.py", tmp_path / speaking.PROGRAM
            script.write_text(source, encoding="utf-8")
            file.write_text(f'#!/bin/sh\nexec "{sys.executable}" "{script}" "$@"\n', encoding="utf-8")
            file.chmod(0o755)  # by the shell, since a path with blanks can't stand after #!

    return put


def test_pinyin_has_tones_and_knows_every_sign():
    assert speaking.pinyin("三百零五") == "sān bǎi líng wǔ"
    assert set(speaking.TONES) == set(numerals.CHINESE[3:])
    for sign, plain in zip(numerals.CHINESE[3:], numerals.PINYIN[3:], strict=True):
        toned = speaking.TONES[sign]  # one vowel has a mark, all other letters are the same
        different = [one for one, other in zip(toned, plain, strict=True) if one != other]
        assert len(different) == 1 and ord(different[0]) > 127


@pytest.mark.parametrize("wrong", ["305", "三百五", "", 305, None])
def test_what_is_no_numeral_is_refused(wrong):
    for call in (speaking.pinyin, speaking.spoken, speaking.say):
        with pytest.raises(ValueError, match="expected such as '三百零五'"):
            call(wrong)


def test_an_installed_program_speaks_the_signs(program):
    program(SPEAKS)
    samples, rate = speaking.spoken("三百零五")
    assert rate == 22_050 and samples.shape == (400,) and samples.dtype == np.float32
    np.testing.assert_array_equal(samples, 0.5)
    (output,) = shown(speaking.say, "三百零五")
    assert "三百零五 · sān bǎi líng wǔ" in output.data["text/html"] and "<audio" in output.data["text/html"]


@pytest.mark.parametrize(
    "source", [None, "raise SystemExit(1)", "", "open(__import__('sys').argv[4], 'w').write('no')"]
)
def test_without_a_program_that_speaks_there_is_text_and_advice(program, source):
    program(source)
    assert speaking.spoken("一万") is None
    (output,) = shown(speaking.say, "一万")
    assert "一万 · yī wàn" in output.data["text/html"] and "apt install espeak-ng" in output.data["text/html"]
    assert "<audio" not in output.data["text/html"]


def test_what_depends_on_the_machine_is_masked(program):
    texts = []
    for source in (None, SPEAKS):
        program(source)
        (output,) = shown(speaking.say, "三百零五")
        texts.append(re.sub("⟨[^⟨⟩\n]*⟩", "", output.data["text/html"]) + output.data["text/plain"])
    assert texts[0] == texts[1]


@pytest.mark.skipif(shutil.which(speaking.PROGRAM) is None, reason="espeak-ng isn't installed")
def test_the_real_program_takes_longer_for_a_longer_numeral():
    short, long = (len(speaking.spoken(numeral)[0]) for numeral in ("五", "九千九百九十九"))
    assert long > 2 * short > 0 and pathlib.Path(shutil.which(speaking.PROGRAM)).exists()
