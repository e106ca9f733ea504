"""The stored form of a notebook: what differs from run to run, or from machine to machine, is not in it."""

import base64
import io
import time

import nbformat
import numpy as np
import pytest
from PIL import Image, PngImagePlugin

from dlcourse.publishing.normalise import WIDGETS, damaged_picture, normalise


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


LONG = 300_000


@pytest.mark.parametrize(
    "line", ["x" * LONG, "7" * LONG, "1%|" * (LONG // 3), " " * LONG + "x", "1\r" * (LONG // 2)]
)
@pytest.mark.parametrize("name", ["stdout", "stderr"])
def test_a_very_long_line_takes_no_longer_than_its_length(line, name):
    start = time.process_time()
    stored(stream(line, name))
    assert time.process_time() - start < 2


@pytest.mark.parametrize("text", ["a 10%|# | 1/10\n\n  next\n", "10%|# | 1/10 [00:01]  \n  next\n"])
def test_a_bar_takes_its_line_and_blank_ones_behind_it(text):
    assert stored(stream(text, "stderr")).outputs[0].text == "  next\n"


def png(size):
    buffer = io.BytesIO()
    Image.fromarray(np.zeros((5, 5), np.uint8)).save(buffer, "png")
    return base64.b64encode(buffer.getvalue()[:size]).decode()


@pytest.mark.parametrize(
    "picture, damaged", [(png(None), None), (png(40), 0), (png(10), 0), ("A", 0), ("", None)]
)
def test_a_damaged_picture_is_found_and_left_as_it_is(picture, damaged):
    cell = stored(display({"image/png": picture}))
    assert damaged_picture(nbformat.v4.new_notebook(cells=[cell])) == damaged
    assert damaged is None or cell.outputs[0].data["image/png"] == picture
