"""The font of a page's formulas: brackets that grow with their content need one made for mathematics.

Not every machine has one, so a page brings along STIX Two Math (SIL Open Font License 1.1; see
templates/stix-two-math.OFL.txt), cut down to the characters that the page uses.
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
    """A CSS rule with the font that a page's formulas need; empty where it has no formulas."""
    needed = characters(content)
    if not needed:
        return ""
    font = TTFont(FONT, recalcTimestamp=False)
    options = subset.Options(
        layout_features=["ssty", "dtls", "flac"], notdef_outline=True, name_IDs=[0, 1, 2, 13, 14]
    )
    cutter = subset.Subsetter(options)
    cutter.populate(unicodes=[ord(character) for character in needed])
    cutter.subset(font)
    font.flavor = "woff"
    buffer = io.BytesIO()
    font.save(buffer)
    encoded = base64.b64encode(buffer.getvalue()).decode("ascii")
    return f'@font-face {{ font-family: "STIX Two Math"; src: url(data:font/woff;base64,{encoded}) }}'
