"""Running text without its spaces or marks, and the labels that say where they stood.

``english``: the words of a novel in letters, lower case, put together; a *word* is what stood between two spaces or
marks. ``chinese``: a Ming book without its marks; a *word* is here the text from one mark to the next (句读), as the
edition that music21 brings has them. The printed Chinese text has no spaces, so that nothing in it says where its
words end.

A line is as many whole words as have ``LONGEST`` letters at most, in the text's order. Each letter is labelled by its
place in its word: beginning, middle or end of a longer one, or a word by itself.
"""

import functools
import itertools
import re

import numpy as np

from dlcourse import checks
from dlcourse.datasets import texts

LONGEST = 40
LABELS = ("B", "M", "E", "S")
BEGIN, MIDDLE, END, SINGLE = range(4)
FOLLOWS = np.array([[0, 1, 1, 0], [0, 1, 1, 0], [1, 0, 0, 1], [1, 0, 0, 1]], bool)
"""Whether the label of the column may follow that of the row."""
MAY_BEGIN = np.array([1, 0, 0, 1], bool)
MAY_END = np.array([0, 0, 1, 1], bool)
LANGUAGES = ("english", "chinese")
PADDING, UNKNOWN = 0, 1
"""Numbers of no letter, and of a letter that isn't among the known ones."""


@functools.cache
def lines(language):
    """The text in lines, a tuple of tuples of words.

    Raises:
        ValueError: where there is no such language.
    """
    if not checks.is_one_of(language, LANGUAGES):
        raise ValueError(f"lines({language!r}): expected one of {', '.join(LANGUAGES)}.")
    text = texts.read(language)
    return in_lines(chinese_phrases(text) if language == "chinese" else letters_of_words(text))


def letters_of_words(text):
    """Words of a text in an alphabet, a list: runs of letters, lower case; apostrophes are left out."""
    return re.findall(r"[^\W\d_]+", re.sub(r"['’]", "", text.lower()))


def chinese_phrases(text):
    """What stands between two marks of a Chinese text, a list; quotation marks and brackets are left out.

    A heading has no mark and stands with what follows it: a few phrases of the book are longer so than a reader's.
    """
    text = re.sub(r"\s", "", text)
    phrases = re.split(r"[，。：？；！、…]", text)
    return [found for phrase in phrases if (found := re.sub(r"[^\u4e00-\u9fff]", "", phrase))]


def in_lines(words, longest=LONGEST):
    """Whole words put together to lines of so many letters at most, a tuple of tuples; longer words are left out."""
    longest = checks.whole_number("in_lines(longest)", longest)
    found, line, letters = [], [], 0
    for word in words:
        if len(word) > longest:
            continue
        if letters + len(word) > longest:
            found.append(tuple(line))
            line, letters = [], 0
        line.append(word)
        letters += len(word)
    return tuple(found + [tuple(line)] * bool(line))


def labels_of(words):
    """Labels of the letters of some words, a list: ("to", "a") gives [BEGIN, END, SINGLE]."""
    found = []
    for word in words:
        found += [SINGLE] if len(word) == 1 else [BEGIN] + [MIDDLE] * (len(word) - 2) + [END]
    return found


def spans(labels):
    """The words that a row of labels means, a list of (first, after last): a word ends after END or SINGLE, or before
    BEGIN or SINGLE, or where the row ends. So that rows which break the rules mean something too.

    Args:
        labels: int (places,); places after the first -1 don't count.
    """
    labels = [int(label) for label in labels]
    if -1 in labels:
        labels = labels[: labels.index(-1)]
    cuts = [
        place
        for place in range(1, len(labels))
        if labels[place - 1] in (END, SINGLE) or labels[place] in (BEGIN, SINGLE)
    ]
    edges = [0, *cuts, len(labels)]
    return list(itertools.pairwise(edges)) if labels else []


def symbols_of(some_lines, most=1_000):
    """Numbers of the most frequent letters of some lines, a dict from letter to number, beginning with 2."""
    most = checks.whole_number("symbols_of(most)", most)
    counts = {}
    for line in some_lines:
        for letter in "".join(line):
            counts[letter] = counts.get(letter, 0) + 1
    frequent = sorted(counts, key=lambda letter: (-counts[letter], letter))[:most]
    return {letter: 2 + number for number, letter in enumerate(sorted(frequent))}


def arrays(some_lines, symbols):
    """Letters as numbers and their labels: x and y int32 (lines, LONGEST); y is -1 after a line's end."""
    x = np.full((len(some_lines), LONGEST), PADDING, "int32")
    y = np.full((len(some_lines), LONGEST), -1, "int32")
    for row, line in enumerate(some_lines):
        letters = "".join(line)
        x[row, : len(letters)] = [symbols.get(letter, UNKNOWN) for letter in letters]
        y[row, : len(letters)] = labels_of(line)
    return x, y


def three_ways(some_lines, seed, *, validation=300, test=500):
    """Lines for training (all the rest, in random order), for choices and for the test: three tuples.

    Raises:
        ValueError: where there are too few lines.
    """
    seed = checks.whole_number("three_ways(seed)", seed, least=0)
    if len(some_lines) <= validation + test:
        raise ValueError(
            f"three_ways(): {len(some_lines)} lines can't give {validation} and {test} besides training."
        )
    order = np.random.RandomState(seed).permutation(len(some_lines))
    chosen = [some_lines[place] for place in order]
    return (
        tuple(chosen[validation + test :]),
        tuple(chosen[:validation]),
        tuple(chosen[validation : validation + test]),
    )
