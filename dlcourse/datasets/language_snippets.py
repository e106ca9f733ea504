"""Short snippets of text in several languages, as a data set: which language is it?"""

import re

import numpy as np

from dlcourse.datasets import texts
from dlcourse.datasets.dataset import Dataset, Split

NOT_LETTERS = re.compile(r"[^a-zà-öø-ÿœß]+")


def plain(text):
    """Lower-case letters (with their accents) and single spaces; everything else becomes a space."""
    return NOT_LETTERS.sub(" ", text.lower()).strip()


def languages(names, length, *, characters=110_000, block=1_000, seed=0):
    """Snippets of ``length`` characters, labelled by language.

    Each text is cut into blocks of ``block`` characters, and whole blocks go to training, validation and test data
    (60 : 20 : 20), so that no snippet shares a character, or half of its sentence, with one of another split.

    Args:
        names: languages that ``datasets.texts.read`` knows.
        length: characters a snippet.
        characters: taken from the beginning of each text, the same number of each.
        block: characters a block.
        seed: of which block goes where.

    Returns:
        (Dataset, alphabet): x int32 (snippets, length), places in the alphabet, a str; y int32, places in ``names``.

    Raises:
        ValueError: where a text is shorter than ``characters``, or a snippet longer than a block.
    """
    if not 1 <= length <= block:
        raise ValueError(
            f"languages(length={length}): a snippet has 1 to {block} characters, the length of a block."
        )
    read = {name: plain(texts.read(name))[:characters] for name in names}
    short = {name: len(text) for name, text in read.items() if len(text) < characters}
    if short:
        raise ValueError(
            f"languages(characters={characters:,}): these texts have fewer: {short}. Ask for fewer."
        )
    alphabet = "".join(sorted(set("".join(read.values()))))
    place = np.zeros(max(map(ord, alphabet)) + 1, "int32")
    place[[ord(letter) for letter in alphabet]] = np.arange(len(alphabet))

    blocks = characters // block
    order = np.random.RandomState(seed).permutation(blocks)
    first, second = int(0.6 * blocks), int(0.8 * blocks)
    parts = {"train": order[:first], "validation": order[first:second], "test": order[second:]}
    splits = {}
    for part, chosen in parts.items():
        x, y = [], []
        for label, text in enumerate(read.values()):
            letters = place[[ord(letter) for letter in text[: blocks * block]]].reshape(blocks, block)[
                np.sort(chosen)
            ]
            cut = letters[:, : block // length * length].reshape(-1, length)
            x.append(cut)
            y.append(np.full(len(cut), label, "int32"))
        splits[part] = Split(np.concatenate(x), np.concatenate(y))
    title = f"Which language? Snippets of {length} characters"
    return Dataset(name="snippets", title=title, classes=tuple(names), **splits), alphabet
