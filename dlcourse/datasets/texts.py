"""Books in seven languages, old enough to be in the public domain, read from the package music21.

The package is located, not imported, since its import takes seconds.
"""

import difflib
import unicodedata

from dlcourse.datasets import catalogue


def languages():
    """The languages that `read` knows, in English: ("chinese", "dutch", "english", ...)."""
    return tuple(file["language"] for file in catalogue.entry("texts")["files"])


def read(language):
    """The text in `language`, such as "english", as one string.

    Lines end in "\\n", letters with accents are single characters (Unicode NFC), and the lines by which
    Project Gutenberg frames a book are left out. Raises ValueError for an unknown language,
    catalogue.DataError where the installed file is missing or is not the one that the catalogue describes.
    """
    of_language = {file["language"]: file for file in catalogue.entry("texts")["files"]}
    if not isinstance(language, str) or language.lower() not in of_language:
        close = difflib.get_close_matches(str(language).lower(), of_language, n=1)
        hint = f" Did you mean {close[0]!r}?" if close else ""
        raise ValueError(f"there is no text in {language!r}.{hint} There are: {', '.join(of_language)}")
    text = catalogue.read(of_language[language.lower()]).decode("utf-8-sig")
    text = unicodedata.normalize("NFC", text.replace("\r\n", "\n").replace("\r", "\n"))
    # "Projekt Gutenberg" in German. Only the first and last lines: a book may speak of the man.
    lines = text.strip().split("\n")
    for end in (0, -1):
        if "gutenberg" in lines[end].lower():
            del lines[end]
    return "\n".join(lines).strip() + "\n"
