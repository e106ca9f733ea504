"""Pieces of a chapter that fit a slide: whole sentences, a paragraph and its list, a function's lines that matter."""

import re
import textwrap

LINES = 14
"""Lines of code on a slide, at the most."""

LIST = re.compile(r"^(?:[-*]|\d+\.) ", re.M)


def paragraphs(text):
    """Blocks of Markdown between blank lines; a displayed formula that a blank line doesn't part stays in its block."""
    return [block.strip() for block in re.split(r"\n\s*\n", text) if block.strip()]


def words(text):
    return re.findall(r"\S+", text)


def sentences(text):
    """Sentences of a paragraph; formulas and code are not cut."""
    kept = []
    hidden = re.sub(
        r"\$[^$]+\$|`[^`]+`|\([^()]*\)",
        lambda found: kept.append(found[0]) or f"\x00{len(kept) - 1}\x00",
        text,
    )
    parts = re.split(r"(?<=[.?!:])\s+(?=[A-Z*\"\x00])", re.sub(r"\s+", " ", hidden))
    return [re.sub(r"\x00(\d+)\x00", lambda found: kept[int(found[1])], part) for part in parts]


def first_sentences(text, most):
    """As many whole sentences from the start as have ``most`` words together, at least one."""
    shown = []
    for sentence in sentences(text):
        if shown and len(words(" ".join([*shown, sentence]))) > most:
            break
        shown.append(sentence)
    return " ".join(shown)


def last_sentences(text, most):
    """As many whole sentences at the end as have ``most`` words together."""
    shown = []
    for sentence in reversed(sentences(text)):
        if len(words(" ".join([sentence, *shown]))) > most:
            break
        shown.insert(0, sentence)
    return " ".join(shown)


def with_its_list(blocks, start, most):
    """A paragraph of at most so many words, and the list after it where it ends in a colon and the list is short."""
    lead, following = blocks[start], "".join(blocks[start + 1 : start + 2])
    if lead[-1] == ":" and LIST.match(following) and len(words(lead)) <= most and len(words(following)) <= 70:
        return f"{lead}\n\n{following}"
    return first_sentences(lead, most)


def function(text, name):
    """A function or method of that name in a text: what its docstring says first, and its lines.

    Left out are the docstring, checks of arguments (an ``if`` that only raises an error) and blank lines.

    Raises:
        ValueError: where there is none, or it has more than ``LINES`` lines.
    """
    found = re.search(rf"^( *)def {re.escape(name)}\(.*?(?=^(?!\1 |\1\)|\s*$)|\Z)", text, re.M | re.S)
    if found is None:
        raise ValueError(f"The tag lecture:{name} names a function that its cell neither defines nor shows.")
    whole = textwrap.dedent(found[0].rstrip())
    docstring = re.search(r'^ +"""((?:[^"]|"(?!""))*)"""\n', whole, re.M)
    about = re.sub(r"\s+", " ", paragraphs(docstring[1])[0]) if docstring else ""
    source = whole.replace(docstring[0], "", 1) if docstring else whole
    source = re.sub(r"^( +)if [^\n]+:\n\1 +raise .*?(?=^\1\S)", "", source, flags=re.M | re.S)
    lines = [line for line in source.splitlines() if line.strip()]
    if len(lines) > LINES:
        raise ValueError(
            f"The tag lecture:{name} names a function of {len(lines)} lines without docstring and checks; a slide has "
            f"room for {LINES}. Name a shorter one, or divide it."
        )
    return about, "\n".join(lines)
