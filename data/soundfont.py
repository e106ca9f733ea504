"""A SoundFont whose samples are Ogg Vorbis streams (.sf3): what it holds, and which key each sample sounds at.

A SoundFont is a RIFF file: chunks of a name of four letters, a length, and content. An instrument is a row of zones,
each a few numbered settings ("generators"); the last names a sample.
"""

import itertools
import struct

ROOT_KEY, SAMPLE, COARSE_TUNE, FINE_TUNE = 58, 53, 51, 52
"""Numbers of the generators that are read here."""


def chunks(content, start, end):
    """The chunks between two places, a dict from name to (first byte, length)."""
    found = {}
    while start + 8 <= end:
        name, length = content[start : start + 4], struct.unpack_from("<I", content, start + 4)[0]
        if name == b"LIST":
            name, inner = content[start + 8 : start + 12], chunks(content, start + 12, start + 8 + length)
            found[name] = inner
        else:
            found[name] = (start + 8, length)
        start += 8 + length + length % 2
    return found


def samples(content):
    """All samples, in the file's order: a dict from name to (Ogg Vorbis bytes, rate, key in MIDI's numbers, tuned).

    The key is what the instruments say, the sample's own where they say nothing; samples that no instrument plays are
    left out.
    """
    if content[:4] != b"RIFF" or content[8:12] != b"sfbk":
        raise ValueError(f"not a SoundFont: it starts with {content[:12]!r}")
    parts = chunks(content, 12, len(content))
    keys = _keys(content, parts[b"pdta"])
    first, _ = parts[b"sdta"][b"smpl"]
    place, length = parts[b"pdta"][b"shdr"]
    found = {}
    for number in range(length // 46 - 1):
        start = place + 46 * number
        name = content[start : start + 20].split(b"\0")[0].decode("latin1")
        begin, end, _, _, rate = struct.unpack_from("<5I", content, start + 20)
        own, cents = struct.unpack_from("<Bb", content, start + 40)
        if number in keys:
            key, tuned = keys[number]
            found[name] = (
                content[first + begin : first + end],
                rate,
                own if key is None else key,
                tuned - cents,
            )
    return found


def _keys(content, parts):
    """By sample number: the root key of the first zone that plays it, or None, and its tuning in cents."""
    (bags, bag_length), (generators, _) = parts[b"ibag"], parts[b"igen"]
    edges = [struct.unpack_from("<H", content, place)[0] for place in range(bags, bags + bag_length, 4)]
    found = {}
    for begin, end in itertools.pairwise(edges):
        zone = dict(
            struct.unpack_from("<Hh", content, generators + 4 * number) for number in range(begin, end)
        )
        if SAMPLE in zone:
            tuned = 100 * zone.get(COARSE_TUNE, 0) + zone.get(FINE_TUNE, 0)
            found.setdefault(zone[SAMPLE], (zone.get(ROOT_KEY), tuned))
    return found
