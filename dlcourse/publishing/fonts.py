"""The font of a page's formulas: brackets that grow with their content need one made for mathematics.

Not every machine has one, so a page brings along STIX Two Math (SIL Open Font License 1.1; see
templates/stix-two-math.OFL.txt), cut down to the characters that the page uses. A browser keeps room for the widest
form of a root's sign, also where the lowest stands there; so low roots have a font of their own, with no other form.
"""

import base64
import io
import re
from html import unescape
from pathlib import Path

from fontTools import subset
from fontTools.ttLib import TTFont

FONT = Path(__file__).parent / "templates" / "stix-two-math.woff"
FORMULA = re.compile(r"<math.*?</math>", re.DOTALL)
TAG = re.compile(r"<[^>]*>")


def characters(content):
    """The characters in the formulas of a page; a root's sign stands in its element, not in its text."""
    formulas = "".join(FORMULA.findall(content))
    roots = {"√"} if re.search(r"<m(sqrt|root)\b", formulas) else set()
    return roots | set(unescape(TAG.sub("", formulas)))


def face(content):
    """CSS rules with the fonts that a page's formulas need; empty where it has no formulas."""
    needed = characters(content)
    if not needed:
        return ""
    font = _cut(needed)
    rules = [_rule("STIX Two Math", font)]
    if 'class="low"' in content:
        rules.append(_rule("STIX Two Root", low_root()))
    return "\n".join(rules)


def low_root():
    """A font of the root's sign alone, in its lowest form, as the bytes of a WOFF file."""
    font = TTFont(io.BytesIO(_cut({"√"})), recalcTimestamp=False)
    variants = font["MATH"].table.MathVariants
    for construction in variants.VertGlyphConstruction:
        construction.MathGlyphVariantRecord = construction.MathGlyphVariantRecord[:1]
        construction.VariantCount, construction.GlyphAssembly = 1, None
    return _saved(font)


def _cut(needed):
    font = TTFont(FONT, recalcTimestamp=False)
    options = subset.Options(
        layout_features=["ssty", "dtls", "flac"], notdef_outline=True, name_IDs=[0, 1, 2, 13, 14]
    )
    cutter = subset.Subsetter(options)
    cutter.populate(unicodes=[ord(character) for character in needed])
    cutter.subset(font)
    return _saved(font)


def _saved(font):
    font.flavor = "woff"
    buffer = io.BytesIO()
    font.save(buffer)
    return buffer.getvalue()


def _rule(family, font):
    encoded = base64.b64encode(font).decode("ascii")
    return f'@font-face {{ font-family: "{family}"; src: url(data:font/woff;base64,{encoded}) }}'
