"""The map of the course: which chapter needs which, drawn as SVG from the chapters' headers."""

import html
import itertools
import textwrap

BOX, HEIGHT, GAP, RISE = 150, 66, 14, 38
"""Width and height of a chapter's box, and the room between boxes beside and above each other, in pixels."""


def needed(chapters):
    """What each chapter builds on at once: not what one of these already builds on.

    Args:
        chapters: list of Chapter.

    Returns:
        dict: from id to list of ids, in the chapters' order. Ids of chapters that aren't there are left out.
    """
    named = {chapter.id: [id for id in chapter.needs if id != chapter.id] for chapter in chapters}
    named = {id: [other for other in others if other in named] for id, others in named.items()}
    before = {id: _before(id, named) for id in named}
    return {
        id: [one for one in named if one in others and not any(one in before[other] for other in others)]
        for id, others in named.items()
    }


def _before(id, named, seen=()):
    """All that a chapter builds on, also by way of others."""
    if id in seen:
        raise ValueError(
            f"Chapters need each other in a circle: {' → '.join([*seen[seen.index(id) :], id])}."
        )
    direct = named[id]
    return set(direct).union(*[_before(one, named, (*seen, id)) for one in direct])


def rows(links):
    """The chapters by rows, each below all that it needs, and as near to what needs it as that allows.

    Args:
        links: from ``needed``.

    Returns:
        list of list of ids.
    """
    depth = {}
    for id in _ordered(links):
        depth[id] = 1 + max((depth[one] for one in links[id]), default=-1)
    for id in reversed(_ordered(links)):  # one that needs nothing moves down to those that need it
        if not links[id] and (users := [depth[user] for user, others in links.items() if id in others]):
            depth[id] = min(users) - 1
    found = [
        [id for id in links if depth[id] == level] for level in range(max(depth.values(), default=-1) + 1)
    ]
    for above, level in itertools.pairwise(found):
        level.sort(key=lambda id: _middle(links[id], above))
    return found


def _ordered(links):
    """Ids, each after those that it needs."""
    found = []
    while len(found) < len(links):
        found += [id for id in links if id not in found and all(one in found for one in links[id])]
    return found


def _middle(others, above):
    places = [above.index(one) for one in others if one in above]
    return sum(places) / len(places) if places else len(above)


def svg(chapters, *, folder="chapters", label):
    """The map as SVG: a box per chapter, which links to its page, and an arrow to each that builds on it.

    Args:
        chapters: list of Chapter.
        folder: of the chapters' pages, as seen from the page that shows the map.
        label: what screen readers say of it.

    Returns:
        str: colours come from the page's style, by the classes ``map``, ``box``, ``arrow``.
    """
    links, by_id = needed(chapters), {chapter.id: chapter for chapter in chapters}
    levels = rows(links)
    width = max(len(level) for level in levels) * (BOX + GAP) + GAP
    height = len(levels) * (HEIGHT + RISE) - RISE + 2 * GAP
    place = {}
    for number, level in enumerate(levels):
        begin = (width - len(level) * (BOX + GAP) + GAP) / 2
        for position, id in enumerate(level):
            place[id] = begin + position * (BOX + GAP), GAP + number * (HEIGHT + RISE)
    parts = [
        f'<svg class="map" viewBox="0 0 {width:g} {height:g}" width="{width:g}" height="{height:g}" role="group" '
        f'aria-label="{html.escape(label)}">',
        '<defs><marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto">'
        '<path class="tip" d="M0 0 8 4 0 8z"/></marker></defs>',
    ]
    lefts = {y: [left for left, top in place.values() if top == y] for _, y in place.values()}
    for id, others in links.items():
        parts += [_arrow(place[one], place[id], others.index(one), len(others), lefts) for one in others]
    parts += [_box(by_id[id], *place[id], folder) for id in links]
    return "\n".join([*parts, "</svg>"])


def _arrow(start, end, number, of, lefts):
    """An arrow between two boxes, which passes the rows that it skips through their gaps.

    Args:
        start, end: (x, y) of the boxes' upper left corners.
        number, of: which of the arrows that end there this is.
        lefts: dict from a row's y to the x of its boxes.
    """
    x, y = start[0] + BOX / 2, start[1] + HEIGHT
    to = end[0] + BOX * (number + 1) / (of + 1), end[1] - 1
    path = [f"M{x:g} {y:g}"]
    for top in sorted(row for row in lefts if start[1] < row < end[1]):
        straight = x + (to[0] - x) * (top - y) / (to[1] - y)
        gaps = [min(lefts[top]) - GAP / 2, *(left + BOX + GAP / 2 for left in lefts[top])]
        gap = min(gaps, key=lambda place: abs(place - straight))
        path.append(f"{_curve(x, y, gap, top)}V{top + HEIGHT:g}")
        x, y = gap, top + HEIGHT
    path.append(_curve(x, y, *to))
    return f'<path class="arrow" marker-end="url(#tip)" d="{"".join(path)}"/>'


def _curve(x, y, to_x, to_y):
    """From one point down to another, upright at both ends."""
    bend = min(RISE * 0.9, (to_y - y) / 2)
    return f"C{x:g} {y + bend:g} {to_x:g} {to_y - bend:g} {to_x:g} {to_y:g}"


def _box(chapter, x, y, folder):
    english, chinese = chapter.titles
    lines = textwrap.wrap(english, 20)[:2]
    words = [f'<tspan class="id" x="{x + 9:g}" y="{y + 16:g}">{chapter.id}</tspan>']
    words += [
        f'<tspan x="{x + 9:g}" y="{y + 31 + 13 * number:g}">{html.escape(line)}</tspan>'
        for number, line in enumerate(lines)
    ]
    words.append(f'<tspan class="chinese" x="{x + 9:g}" y="{y + 33 + 13 * len(lines):g}">{chinese}</tspan>')
    name = html.escape(f"{chapter.id} · {english} {chinese}".strip())
    return (
        f'<a href="{folder}/{chapter.name}.html" aria-label="{name}">'
        f'<rect class="box" x="{x:g}" y="{y:g}" width="{BOX}" height="{HEIGHT}" rx="6"/>'
        f"<text>{' '.join(words)}</text></a>"
    )
