"""A notebook in the one form that is stored: executing it again gives the same file."""

import base64
import copy
import re

KERNELSPEC = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}
CELL_METADATA = ("nbgrader", "slideshow", "tags")
HIDDEN = {"jupyter": {"source_hidden": True}, "transient": {"remove_source": True}}
"""What a cell tagged hide-input has besides: JupyterLab folds its code, and plain nbconvert leaves it out of slides."""
OUTPUT_METADATA = ("image/png", "dlcourse")
PNG = b"\x89PNG\r\n\x1a\n"
WIDGETS = "application/vnd.jupyter.widget-view+json"
ADDRESS = re.compile(r"\b0x[0-9a-f]{8,16}\b")
# each expression takes time in proportion to the text, also where a line is very long
BAR = re.compile(r"^[^\n]*?\d%\|[^\n]*\|[^\n]*(?:\s*\n)?", re.MULTILINE)
OVERWRITTEN = re.compile(r"^[^\n]*\r(?=[^\n])", re.MULTILINE)


def normalise(notebook):
    """Bring a notebook into its stored form, in place.

    Fixed kernel name; of the language only its name; of cells' and outputs' metadata only what the course uses;
    executed cells numbered 1..n; no widgets (a saved page can't show them) and no progress bars; object addresses
    set to zero; no text chunks in PNG files (they name the program's version). Cells keep their ids. A damaged
    picture stays as it is; see ``damaged_picture``.

    Args:
        notebook: nbformat NotebookNode, version 4.

    Returns:
        The same notebook.
    """
    own = notebook.metadata.get("dlcourse")
    notebook.metadata.clear()
    notebook.metadata.update(kernelspec=dict(KERNELSPEC), language_info={"name": "python"})
    if own:
        notebook.metadata["dlcourse"] = own
    notebook.nbformat, notebook.nbformat_minor = 4, 5

    count = 0
    for cell in notebook.cells:
        for name in [name for name in cell.metadata if name not in CELL_METADATA]:
            del cell.metadata[name]
        if cell.cell_type != "code":
            continue
        if "hide-input" in cell.metadata.get("tags", []):
            cell.metadata.update(copy.deepcopy(HIDDEN))
        cell.outputs = [kept for output in cell.outputs if (kept := _output(output)) is not None]
        if cell.execution_count is not None:
            count += 1
            cell.execution_count = count
        for output in cell.outputs:
            if output.output_type == "execute_result":
                output.execution_count = cell.execution_count
    return notebook


def _output(output):
    """The output in its stored form, or None where nothing of it is stored."""
    if output.output_type == "stream":
        text = OVERWRITTEN.sub("", output.text)
        if output.name == "stderr":
            text = BAR.sub("", text)
        output.text = ADDRESS.sub("0x00000000", text)
        return output if output.text else None
    if output.output_type in ("display_data", "execute_result"):
        if WIDGETS in output.data:
            return None
        for kind, value in output.data.items():
            if kind == "image/png":
                output.data[kind] = _plain_png(value)
            elif isinstance(value, str):
                output.data[kind] = ADDRESS.sub("0x00000000", value)
        for name in [name for name in output.metadata if name not in OUTPUT_METADATA]:
            del output.metadata[name]
    return output


def damaged_picture(notebook):
    """The position of the first cell with a PNG among its outputs that is cut off or isn't base64; None without."""
    for number, cell in enumerate(notebook.cells):
        for output in cell.get("outputs", []):
            try:
                _chunks(output.get("data", {}).get("image/png", ""))
            except ValueError:
                return number
    return None


def _plain_png(encoded):
    """A base64 PNG without its text and time chunks, in one line."""
    try:
        chunks = _chunks(encoded)
    except ValueError:
        return encoded
    if chunks is None:
        return encoded
    kept = [chunk for chunk in chunks if chunk[4:8] not in (b"tEXt", b"zTXt", b"iTXt", b"tIME")]
    return base64.b64encode(PNG + b"".join(kept)).decode("ascii")


def _chunks(encoded):
    """The chunks of a base64 PNG: list of bytes (length, kind, content, check sum). None where it is no PNG.

    Raises:
        ValueError: where it isn't base64, or ends before its last chunk does.
    """
    data = base64.b64decode(encoded)
    if not data.startswith(PNG):
        return None
    chunks, position = [], len(PNG)
    while not chunks or chunks[-1][4:8] != b"IEND":
        end = position + 12 + int.from_bytes(data[position : position + 4], "big")
        if end > len(data):
            raise ValueError("the PNG is cut off")
        chunks.append(data[position:end])
        position = end
    return chunks
