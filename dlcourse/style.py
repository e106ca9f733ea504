"""How all figures look: colours, sizes, and the decorator that every figure function wears."""

import functools

COLOURS = ["#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000", "#F0E442"]
"""Okabe and Ito's palette (2008), told apart by colour-blind readers; yellow last, since it is pale on white."""

MARKERS = ["o", "s", "^", "D", "v", "P", "X", "*"]
"""Lines differ by marker too, for who prints in grey."""

SHARP = 200
"""Dots per inch of stored figures. A slide of 1920 × 1080 shows most of them 1.5 to 1.8 times as large as at 110."""


def apply():
    """Set Matplotlib's defaults for the course."""
    import matplotlib
    from cycler import cycler

    matplotlib.rcParams.update(
        {
            "figure.figsize": (7.0, 4.0),
            "figure.dpi": 110,
            "savefig.dpi": SHARP,
            "figure.constrained_layout.use": True,
            "font.size": 11,
            "axes.titlesize": 12,
            "axes.titleweight": "bold",
            "axes.spines.top": False,
            "axes.spines.right": False,
            "axes.grid": True,
            "grid.alpha": 0.3,
            "lines.linewidth": 1.8,
            "legend.frameon": False,
            "axes.prop_cycle": cycler(color=COLOURS),
            "image.cmap": "gray",
            "svg.hashsalt": "dlcourse",
        }
    )


def figure_function(figsize=None):
    """Turn ``draw(ax, data...)`` into a figure function ``name(data..., *, ax=None, caption=None, alt=None)``.

    ``draw`` draws on the Axes and returns the alternative text. Given ``ax``, the function draws there and leaves
    showing to the caller; else it makes a figure and shows it with its caption, which is then required.

    Args:
        figsize: width and height in inches, where a caller says no other ``figsize``; None: Matplotlib's default.

    Returns:
        A decorator.
    """
    usual = figsize

    def decorate(draw):
        @functools.wraps(draw)
        def wrapper(*args, ax=None, caption=None, alt=None, figsize=usual, **options):
            if ax is not None:
                draw(ax, *args, **options)
                return
            from matplotlib import pyplot as plt

            from dlcourse import show

            fig, own = plt.subplots(figsize=figsize)
            try:
                described = draw(own, *args, **options)
                show.figure(fig, caption=caption, alt=alt or described)
            finally:
                plt.close(fig)

        return wrapper

    return decorate
