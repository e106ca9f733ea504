"""Short snippets of text in several languages; the target is the language."""

import re

import numpy as np

from dlcourse.datasets import texts
from dlcourse.datasets.dataset import Dataset, Split

NOT_LETTERS = re.compile(r"[^a-zà-öø-ÿœß]+")


def plain(text):
    """Lower-case letters (with their accents) and single spaces; everything else becomes a space."""
    return NOT_LETTERS.sub(" ", text.lower()).strip()


BLOCK = 1_000
"""Characters in a block; each block goes to one split as a whole."""

SPLIT_SEED = 0


def languages(names, length, *, characters=110_000):
    """Snippets of ``length`` characters, labelled by language.

    Each text is cut into blocks of 1,000 characters. Whole blocks are drawn for training, validation and test data
    (60 : 20 : 20), so that no two splits share a character, and hardly ever a sentence.

    Args:
        names: languages that ``datasets.texts.read`` knows.
        length: characters in a snippet.
        characters: number of characters taken from the beginning of each text.

    Returns:
        (Dataset, alphabet). x: int32 (snippets, length), each character's place in the alphabet, which is a str.
        y: int32 (snippets,), places in ``names``.

    Raises:
        ValueError: where a text is shorter than ``characters``, or a snippet longer than a block.
    """
    if not 1 <= length <= BLOCK:
        raise ValueError(
            f"languages(length={length}): a snippet has 1 to {BLOCK} characters, the length of a block."
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

    blocks = characters // BLOCK
    order = np.random.RandomState(SPLIT_SEED).permutation(blocks)
    first, second = int(0.6 * blocks), int(0.8 * blocks)
    parts = {"train": order[:first], "validation": order[first:second], "test": order[second:]}
    splits = {}
    for part, chosen in parts.items():
        x, y = [], []
        for label, text in enumerate(read.values()):
            letters = place[[ord(letter) for letter in text[: blocks * BLOCK]]].reshape(blocks, BLOCK)
            cut = letters[np.sort(chosen), : BLOCK // length * length].reshape(-1, length)
            x.append(cut)
            y.append(np.full(len(cut), label, "int32"))
        splits[part] = Split(np.concatenate(x), np.concatenate(y))
    title = f"Which language? Snippets of {length} characters"
    return Dataset(name="snippets", title=title, classes=tuple(names), **splits), alphabet
