"""SoundFonts: a file written by hand, with two samples, one zone each, is read back."""

import pathlib
import struct
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "data"))
import soundfont

sys.path.pop(0)


def chunk(name, content):
    return name + struct.pack("<I", len(content)) + content + b"\0" * (len(content) % 2)


def header(name, start, end, rate, key, cents):
    places = struct.pack("<5IBbHH", start, end, start, end, rate, key, cents, 0, 17)
    return name.ljust(20, b"\0") + places


def written():
    """Two samples: one whose zone says key 61 and 30 cents, one whose zone says nothing; a third that nobody plays."""
    samples = b"oggA" + b"oggBB" + b"unheard"
    zones = [(58, 61), (52, 30), (53, 0)], [(53, 1)]
    generators = b"".join(struct.pack("<Hh", *pair) for zone in zones for pair in zone) + bytes(4)
    bags = b"".join(struct.pack("<HH", place, 0) for place in (0, 3, 4))
    headers = (
        header(b"Oboe C4", 0, 4, 44_100, 60, 5)
        + header(b"Oboe D4", 4, 9, 22_050, 62, -3)
        + header(b"Drum", 9, 16, 22_050, 60, 0)
        + header(b"EOS", 0, 0, 0, 0, 0)
    )
    body = b"sfbk" + chunk(b"LIST", b"sdta" + chunk(b"smpl", samples))
    body += chunk(
        b"LIST", b"pdta" + chunk(b"ibag", bags) + chunk(b"igen", generators) + chunk(b"shdr", headers)
    )
    return chunk(b"RIFF", body)


def test_samples_have_their_stream_their_rate_and_their_instruments_key():
    assert soundfont.samples(written()) == {
        "Oboe C4": (b"oggA", 44_100, 61, 25),
        "Oboe D4": (b"oggBB", 22_050, 62, 3),
    }


def test_another_file_is_refused():
    with pytest.raises(ValueError, match="not a SoundFont"):
        soundfont.samples(b"RIFF1234WAVEfmt ")
