"""A legend that covers nothing: inside the axes where there is room, else below them."""

GAP = 6
"""Points between what is written below the axes and the legend."""


def legend(ax, **options):
    """A legend where it covers no line, bar or point.

    Args:
        ax: Matplotlib Axes, drawn and labelled already.
        options: of ``Axes.legend``. With ``loc`` it stands there if that covers nothing, with ``bbox_to_anchor`` in
            any case.

    Returns:
        ``matplotlib.legend.Legend``.
    """
    from matplotlib.transforms import ScaledTranslation

    found = ax.legend(**options)
    if "bbox_to_anchor" in options:
        return found
    ax.figure.draw_without_rendering()
    if not _covers(ax, found.get_window_extent()):
        return found
    labels = ax.xaxis.get_tightbbox()
    down = (ax.bbox.y0 - (labels.y0 if labels else ax.bbox.y0)) / ax.figure.dpi * 72 + GAP
    below = ax.transAxes + ScaledTranslation(0, -down / 72, ax.figure.dpi_scale_trans)
    where = {"loc": "upper center", "bbox_to_anchor": (0.5, 0), "bbox_transform": below, "borderaxespad": 0}
    for columns in range(len(found.get_texts()), 0, -1):
        found = ax.legend(**{**options, **where, "ncols": columns})
        if found.get_window_extent().width <= ax.bbox.width:
            break
    return found


def _covers(ax, box):
    """Whether a line, a bar, a point or a text lies in a box, in pixels; what only shades an area doesn't count."""
    from matplotlib.collections import LineCollection, PathCollection
    from matplotlib.path import Path

    ways, points = [], []
    for line in ax.lines:
        path = line.get_transform().transform_path(line.get_path())
        (points if line.get_linestyle() == "None" else ways).append(path)
    for drawn in ax.collections:
        if isinstance(drawn, LineCollection):
            ways += map(drawn.get_transform().transform_path, drawn.get_paths())
        elif isinstance(drawn, PathCollection):
            points.append(Path(drawn.get_offset_transform().transform(drawn.get_offsets())))
    return (
        any(path.intersects_bbox(box, filled=False) for path in ways)
        or any(((path.vertices > box.min) & (path.vertices < box.max)).all(axis=1).any() for path in points)
        or any(drawn.get_window_extent().overlaps(box) for drawn in (*ax.patches, *ax.texts))
    )
