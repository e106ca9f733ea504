"""What a cell shows: Markdown rendered from values, tables, figures with alternative text, films, sounds, code."""

import base64
import html
import inspect
import io
import re
import textwrap
import wave

from dlcourse import checks
from dlcourse.measured import mask

NEGATIVE = re.compile(r"^-(?=\d[\d.,]*( %)?$)")
"""The hyphen before a number that is all of a cell."""


def markdown(text):
    """Display Markdown. Leading white space common to all lines is dropped, so an indented f-string may be given."""
    from IPython.display import Markdown, display

    display(Markdown(textwrap.dedent(text).strip()))


def table(rows, columns, caption=""):
    """Display a table as Markdown.

    Args:
        rows: list of rows, each a list of cells; a cell is shown by ``str``.
        columns: the column titles.
        caption: one sentence above the table.

    Raises:
        ValueError: where a row has another number of cells than there are columns.
    """
    for given, what in [(rows, "rows"), (columns, "columns")]:
        if not checks.is_list(given):
            raise ValueError(f"table({what}={given!r}): expected a list.")
    for number, row in enumerate(rows):
        if not checks.is_list(row):
            raise ValueError(f"Row {number} is {row!r}: expected a list of cells.")
        if len(row) != len(columns):
            raise ValueError(
                f"Row {number} has {len(row)} cells for {len(columns)} columns {columns}: {row}."
            )
    lines = ["| " + " | ".join(map(_cell, columns)) + " |", "|" + " --- |" * len(columns)]
    lines += ["| " + " | ".join(_cell(cell) for cell in row) + " |" for row in rows]
    markdown((f"**{caption}**\n\n" if caption else "") + "\n".join(lines))


def _cell(value):
    """Text of a cell; a number below 0 has a minus sign, not a hyphen."""
    text = str(value).replace("|", "\\|").replace("\n", " ")
    return NEGATIVE.sub("−", text)


def figure(fig, caption, alt):
    """Display a Matplotlib figure, its caption below, and close it.

    Args:
        fig: ``matplotlib.figure.Figure``.
        caption: what to see in it; Markdown, shown below.
        alt: alternative text for who can't see the picture; stored once, in the output's metadata.

    Raises:
        ValueError: where the caption or the alternative text is missing.
    """
    from IPython.display import Image, display
    from matplotlib import pyplot as plt

    for name, text in [("caption", caption), ("alt", alt)]:
        if not str(text or "").strip():
            raise ValueError(
                f"show.figure() needs a non-empty {name}: say what a reader should see in the figure."
            )
    buffer = io.BytesIO()
    quick = {"compress_level": 1}  # it is compressed for good below
    fig.savefig(buffer, format="png", bbox_inches="tight", metadata={"Software": None}, pil_kwargs=quick)
    plt.close(fig)
    width, _height = fig.get_size_inches() * 72
    image = Image(data=_of_few_colours(buffer), format="png", width=round(float(width)))
    data, metadata = image._repr_mimebundle_()
    metadata.setdefault("image/png", {}).update({"alt": " ".join(str(alt).split())})
    data["text/plain"] = "<Figure>"
    display(data, metadata=metadata, raw=True)
    markdown(f"**Figure.** {caption}")


def sound(samples, rate, caption):
    """Display a player for a wave, 16 bits per sample, stored with the cell; what it plays isn't compared by tests.

    Args:
        samples: float (n,), from -1 to 1.
        rate: samples per second.
        caption: what is heard, in plain text; shown below, and read to who can't see the player.

    Raises:
        ValueError: where samples lie outside -1 to 1 (they would be clipped), or there is no caption.
    """
    from IPython.display import display

    if not str(caption or "").strip():
        raise ValueError("sound() needs a non-empty caption: say what a listener should hear.")
    content = uncompared(player(samples, rate, caption))
    bundle = {"text/html": content, "text/plain": f"<Sound: {caption}>"}
    display(bundle, raw=True)
    markdown(f"**Sound.** {caption}")


def player(samples, rate, label):
    """The HTML of a player for a wave, 16 bits per sample, str.

    Args:
        samples: float (n,), from -1 to 1.
        rate: samples per second.
        label: what is heard, in plain text, for who can't see the player.

    Raises:
        ValueError: where samples lie outside -1 to 1, or aren't one row.
    """
    import numpy as np

    samples = checks.between("sound(samples)", samples, -1, 1)
    rate = checks.whole_number("sound(rate)", rate)
    if samples.ndim != 1 or not len(samples):
        raise ValueError(f"sound(samples): shape {samples.shape}; expected one row of samples, (n,).")
    content = io.BytesIO()
    with wave.open(content, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(np.round(32_767 * samples).astype("<i2").tobytes())
    source = "data:audio/wav;base64," + base64.b64encode(content.getvalue()).decode()
    return f'<audio controls src="{source}" aria-label="{html.escape(label, quote=True)}"></audio>'


def uncompared(content):
    """HTML that tests don't compare, since it differs from machine to machine; its ⟨ ⟩ stand in comments, unseen."""
    return f"<!--{mask('-->' + content + '<!--')}-->"


def film(pictures, caption, alt, *, seconds=0.15):
    """Display moving pictures, folded until somebody opens them: it plays then, again and again, and folded it stops.

    It is stored with the cell as one PNG that moves, and needs no script; what it shows isn't compared by tests.

    Args:
        pictures: uint8 (pictures, height, width, 3).
        caption: what to see, in plain text; shown as what is clicked on.
        alt: alternative text for who can't see it.
        seconds: that each picture is shown.

    Raises:
        ValueError: where pictures have another shape or type, or the caption or the alternative text is missing.
    """
    import numpy as np
    from IPython.display import display
    from PIL import Image

    pictures = np.asarray(pictures)
    if pictures.ndim != 4 or pictures.shape[-1] != 3 or pictures.dtype != "uint8" or not pictures.size:
        raise ValueError(
            f"film(pictures): shape {pictures.shape}, {pictures.dtype}; expected colours, uint8 "
            "(pictures, height, width, 3)."
        )
    milliseconds = round(1_000 * float(checks.positive("film(seconds)", seconds)))
    for name, text in [("caption", caption), ("alt", alt)]:
        if not str(text or "").strip():
            raise ValueError(f"film() needs a non-empty {name}: say what a reader should see in it.")
    first, *rest = [Image.fromarray(picture).quantize(64, dither=Image.Dither.NONE) for picture in pictures]
    content = io.BytesIO()
    first.save(content, "PNG", save_all=True, append_images=rest, duration=milliseconds, loop=0)
    source = "data:image/png;base64," + base64.b64encode(content.getvalue()).decode()
    moving = f'<img src="{source}" alt="{html.escape(" ".join(alt.split()), quote=True)}">'
    folded = (  # in the text's colour: a link's is too pale on the sheets that dark pages put under outputs
        f'<details><summary style="color: inherit">Film: {html.escape(caption)}</summary>'
        f"{uncompared(moving)}</details>"
    )
    display({"text/html": folded, "text/plain": f"<Film: {caption}>"}, raw=True)


def _of_few_colours(buffer):
    """A PNG with a palette of 256 colours: a third of the bytes, and no difference to the eye."""
    from PIL import Image

    with Image.open(buffer) as full:
        few = full.convert("RGB").quantize(256, dither=Image.Dither.NONE)
    written = io.BytesIO()
    few.save(written, format="PNG", compress_level=6)  # more takes ten times as long, for a tenth
    return written.getvalue()


def source(*objects):
    """Show the source code of functions or classes of the package, so that the notebook shows what it runs."""
    from IPython.display import Markdown, display

    text = "\n\n\n".join(
        textwrap.dedent(inspect.getsource(inspect.unwrap(item))).rstrip() for item in objects
    )
    display(Markdown(f"```python\n{text}\n```"))


__all__ = ["figure", "film", "markdown", "mask", "player", "sound", "source", "table", "uncompared"]
