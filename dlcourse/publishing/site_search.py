"""What the site's search looks through: the sections of its pages, with their titles and texts."""

import html.parser
import json

LEFT_OUT = ("search.html", "genindex.html")
SILENT = ("script", "style", "nav", "svg", "button")
SILENT_CLASSES = {"headerlink", "admonition-title"}  # the latter say "Code" where code is folded
HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6")
BLOCKS = ("p", "li", "td", "th", "div", "pre", "dd", "figcaption", "summary")


class Sections(html.parser.HTMLParser):
    """A page's sections, in order; a function of the reference counts as one.

    Attributes:
        found: list of [anchor, title, text].
    """

    def __init__(self, content):
        super().__init__()
        self.found, self._inside, self._silent, self._titled = [], False, [], None
        self.feed(content)
        self.close()
        self.found = [[anchor, _spaced(title), _spaced(text)] for anchor, title, text in self.found]

    def handle_starttag(self, tag, attributes):
        given = dict(attributes)
        classes = (given.get("class") or "").split()
        self._inside = self._inside or (tag == "article" and "bd-article" in classes)
        if not self._inside:
            return
        signature = tag == "dt" and "sig" in classes
        if "id" in given and (tag == "section" or signature):
            self.found.append([given["id"], "", ""])
        if self._silent or tag in SILENT or set(classes) & SILENT_CLASSES:
            if not self._silent or self._silent[-1] == tag:  # the same again inside
                self._silent.append(tag)
        elif self.found and not self.found[-1][1] and (tag in HEADINGS or signature):
            self._titled = tag

    def handle_endtag(self, tag):
        if self._silent:
            if tag == self._silent[-1]:
                self._silent.pop()
        elif tag == self._titled:
            self._titled = None
        elif tag == "article":
            self._inside = False
        elif tag in BLOCKS:
            self.handle_data(" ")

    def handle_data(self, data):
        if self._inside and not self._silent and self.found:
            self.found[-1][1 if self._titled else 2] += data


def _spaced(text):
    return " ".join(text.split())


def script(folder, other_names):
    """The script that gives the search its sections, from the built pages.

    Args:
        folder: of the site.
        other_names: dict from what people type to list of what the chapters call it.

    Returns:
        str: JavaScript; a script can be loaded also where pages are opened as files, as data can't.
    """
    rows = []
    for path in sorted(folder.rglob("*.html")):
        name = path.relative_to(folder).as_posix()
        found = [] if name in LEFT_OUT else Sections(path.read_text(encoding="utf-8")).found
        for position, (anchor, title, text) in enumerate(found):
            within = found[0][1]
            rows.append([name, anchor if position else "", within if position else "", title, text])
    names = {key.lower(): [key, *others] for key, others in other_names.items()}
    sections = ",\n".join(json.dumps(row, ensure_ascii=False) for row in rows)
    return (
        f"const SECTIONS = [\n{sections}\n];\nconst OTHER_NAMES = {json.dumps(names, ensure_ascii=False)};\n"
    )
