"""The stored form of a notebook: what differs from run to run, or from machine to machine, is not in it."""

import base64
import io

import nbformat
import numpy as np
from PIL import Image, PngImagePlugin

from dlcourse.publishing.normalise import WIDGETS, normalise


def stored(*outputs, **metadata):
    """The outputs and the cell's metadata after normalising a notebook of one code cell."""
    cell = nbformat.v4.new_code_cell("1", outputs=list(outputs), execution_count=7, metadata=metadata)
    notebook = normalise(nbformat.v4.new_notebook(cells=[cell], metadata={"widgets": {}, "toc": 1}))
    nbformat.validate(notebook)
    return notebook.cells[0]


def stream(text, name="stdout"):
    return nbformat.v4.new_output("stream", name=name, text=text)


def display(data, metadata=None):
    return nbformat.v4.new_output("display_data", data=data, metadata=metadata or {})


def test_metadata_is_what_the_course_uses():
    cell = stored(
        slideshow={"slide_type": "slide"}, tags=["a"], editable=False, execution={"iopub.status.busy": "x"}
    )
    assert set(cell.metadata) == {"slideshow", "tags"} and cell.execution_count == 1
    [output] = stored(
        display({"text/plain": "a"}, {"dlcourse": {"claims": []}, "needs_background": "light"})
    ).outputs
    assert set(output.metadata) == {"dlcourse"}


def test_widgets_and_progress_bars_are_left_out():
    bars = stream("training:  40%|####      | 4/10 [00:01<00:02, 3.0it/s]\n", "stderr")
    assert stored(display({WIDGETS: {}, "text/plain": "bar"}), bars).outputs == []
    [output] = stored(stream("a warning\n 10%|# | 1/10\n", "stderr")).outputs
    assert output.text == "a warning\n"


def test_a_line_written_over_keeps_its_last_state():
    assert stored(stream("1 of 2\r2 of 2\nend\n")).outputs[0].text == "2 of 2\nend\n"


def test_addresses_are_zero_and_short_hexadecimal_numbers_stay():
    first, second = stored(
        stream("<f at 0x7f0123456789> 0xff"), display({"text/plain": "<o at 0x7fab01234567>"})
    ).outputs
    assert first.text == "<f at 0x00000000> 0xff" and second.data["text/plain"] == "<o at 0x00000000>"


def test_a_picture_keeps_its_pixels_and_loses_its_program():
    pixels = np.arange(300, dtype=np.uint8).reshape(10, 10, 3)
    notes = PngImagePlugin.PngInfo()
    notes.add_text("Software", "some program 1.2")
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "png", pnginfo=notes)
    encoded = base64.encodebytes(buffer.getvalue()).decode()
    [output] = stored(display({"image/png": encoded}, {"image/png": {"alt": "dots"}})).outputs
    data = base64.b64decode(output.data["image/png"])
    assert b"some program" not in data and output.metadata == {"image/png": {"alt": "dots"}}
    assert np.array_equal(np.asarray(Image.open(io.BytesIO(data))), pixels)


def test_normalising_twice_changes_nothing_more():
    cell = stored(stream("1\r2\n"), display({"text/plain": "<o at 0x7fab01234567>"}), tags=["a"])
    notebook = nbformat.v4.new_notebook(cells=[cell])
    once = nbformat.writes(normalise(notebook))
    assert nbformat.writes(normalise(nbformat.reads(once, 4))) == once
