"""What cells show: Markdown, tables, figures with captions and alternative text."""

import base64
import io
import re
import wave

import numpy as np
import pytest
from displayed import shown
from matplotlib import pyplot as plt
from PIL import Image

from dlcourse import figures, show, style
from dlcourse.training import Run


def test_a_figure_is_a_png_with_alternative_text_and_a_caption_and_is_closed():
    fig, _ = plt.subplots()
    picture, caption = shown(show.figure, fig, caption="Look left.", alt="An empty\n plot.")
    assert picture.metadata["image/png"]["alt"] == "An empty plot."
    assert set(picture.data) == {"image/png", "text/plain"}
    assert caption.data["text/markdown"] == "**Figure.** Look left."
    assert not plt.get_fignums()


@pytest.mark.parametrize("missing", ["caption", "alt"])
def test_a_figure_without_caption_or_alternative_text_is_refused(missing):
    fig, _ = plt.subplots()
    with pytest.raises(ValueError, match=f"needs a non-empty {missing}"):
        show.figure(fig, **({"caption": "c", "alt": "a"} | {missing: " "}))
    plt.close(fig)


def test_the_same_figure_gives_the_same_bytes():
    def picture():
        fig, ax = plt.subplots()
        ax.plot([1, 2])
        return shown(show.figure, fig, caption="c", alt="a")[0].data["image/png"]

    assert picture() == picture()


def test_a_stored_figure_is_sharp_small_and_of_the_same_colours():
    style.apply()
    fig, ax = plt.subplots(figsize=(7, 4))
    rng = np.random.default_rng(0)
    for number in range(8):
        ax.plot(np.cumsum(rng.normal(size=60)), lw=4)
        ax.fill_between(range(60), number - 9.0, number - 8.0, alpha=0.3)
    full = io.BytesIO()
    fig.savefig(full, format="png", bbox_inches="tight")
    stored = base64.b64decode(shown(show.figure, fig, caption="c", alt="a")[0].data["image/png"])
    assert len(stored) < len(full.getvalue()) / 2
    before, after = (np.asarray(Image.open(io.BytesIO(png)).convert("RGB"), int)
                     for png in (full.getvalue(), stored))  # fmt: skip
    assert before.shape == after.shape and after.shape[1] > 1300  # of the 1700 or so that a slide has for it
    assert np.abs(before - after).mean() < 0.5 and (after[0, 0] == 255).all()
    for colour in style.COLOURS:
        rgb = [int(colour[place : place + 2], 16) for place in (1, 3, 5)]
        assert np.abs(after - rgb).sum(axis=2).min() < 4, colour


def test_figure_functions_draw_on_a_given_axes_and_show_nothing_then():
    run = Run(history={"loss": [1.0, 0.5], "val_loss": [1.1, 0.9]})
    _, ax = plt.subplots()
    assert not shown(figures.learning_curves, run, ax=ax)
    assert len(ax.lines) == 2
    assert ax.get_xlabel() == "epoch" and ax.get_ylabel() == "loss (nats)" and ax.get_title()
    plt.close("all")
    outputs = shown(figures.learning_curves, {"a": run}, caption="They fall.")
    assert "training" in outputs[0].metadata["image/png"]["alt"]
    with pytest.raises(ValueError, match="no metric 'speed'"):
        figures.learning_curves(run, "speed", caption="c")
    assert not plt.get_fignums()


def test_image_grids_take_images_and_nothing_else():
    for shape in [(1, 8, 8), (23, 5, 7), (4, 8, 8, 1)]:
        outputs = shown(figures.image_grid, np.zeros(shape), titles=range(shape[0]), caption="Digits.")
        assert (
            f"{shape[0]} grey images of {shape[1]} by {shape[2]}" in outputs[0].metadata["image/png"]["alt"]
        )
    with pytest.raises(ValueError, match="shape"):
        figures.image_grid(np.zeros((3, 3)), caption="c")
    with pytest.raises(ValueError, match="one title per image"):
        figures.image_grid(np.zeros((2, 3, 3)), titles=["a"], caption="c")
    plt.close("all")


def test_numbers_below_zero_have_a_minus_sign_and_words_keep_their_hyphens():
    row = [-3, "-50.8", "-12 %", "1e-04", "L2 -1", "`x[-1]`", "-v"]
    text = shown(show.table, [row], list("abcdefg"))[0].data["text/markdown"]
    assert text.splitlines()[-1] == "| −3 | −50.8 | −12 % | 1e-04 | L2 -1 | `x[-1]` | -v |"


def test_tables_are_markdown_and_check_their_rows():
    text = shown(show.table, [[1, "a|b"]], ["n", "|x|"], caption="Two.")[0].data["text/markdown"]
    assert text == "**Two.**\n\n| n | \\|x\\| |\n| --- | --- |\n| 1 | a\\|b |"
    with pytest.raises(ValueError, match="Row 1 has 1 cells for 2 columns"):
        show.table([[1, 2], [3]], ["a", "b"])
    for rows, columns, message in [
        (3, ["a"], r"table\(rows=3\): expected a list"),
        ([[1]], "a", r"table\(columns='a'\): expected a list"),
        (["1"], ["a"], "Row 0 is '1': expected a list of cells"),
        ([{1}], ["a"], r"Row 0 is \{1\}: expected a list of cells"),
    ]:
        with pytest.raises(ValueError, match=message):
            show.table(rows, columns)


def test_source_shows_the_function_that_runs():
    text = shown(show.source, show.table, figures.learning_curves)[0].data["text/markdown"]
    assert text.startswith("```python\ndef table(rows") and "def learning_curves(ax" in text


def test_a_sound_is_stored_whole_and_named_and_isnt_compared():
    samples = np.sin(np.arange(800) / 5) * 0.7
    player, caption = shown(show.sound, samples, 8_000, 'A "tone".')
    text = player.data["text/html"]
    assert caption.data["text/markdown"] == '**Sound.** A "tone".'
    assert re.fullmatch(r"<!--⟨[^⟨⟩\n]*⟩-->", text) and 'aria-label="A &quot;tone&quot;."' in text
    content = base64.b64decode(re.search(r"base64,([^\"]*)\"", text).group(1))
    with wave.open(io.BytesIO(content)) as file:
        assert (file.getframerate(), file.getnchannels(), file.getsampwidth()) == (8_000, 1, 2)
        found = np.frombuffer(file.readframes(-1), "<i2") / 32_767
    np.testing.assert_allclose(found, samples, atol=1e-4)


def test_a_film_is_stored_as_one_picture_that_moves_and_is_folded():
    pictures = np.zeros((5, 8, 12, 3), "uint8")
    for number, picture in enumerate(pictures):
        picture[number, 2 * number] = 255, 128, 0
    (folded,) = shown(show.film, pictures, "a dot moves", 'A "dot".', seconds=0.2)
    text = folded.data["text/html"]
    assert text.startswith("<details>") and ">Film: a dot moves</summary>" in text and "<script" not in text
    assert 'alt="A &quot;dot&quot;."' in text
    content = base64.b64decode(re.search(r"base64,([^\"]*)\"", text).group(1))
    with Image.open(io.BytesIO(content)) as moving:
        assert moving.is_animated and moving.n_frames == 5
        for number, picture in enumerate(pictures):
            moving.seek(number)
            np.testing.assert_array_equal(np.asarray(moving.convert("RGB")), picture)
            assert moving.info["duration"] == 200


def test_a_film_without_colours_or_words_is_refused():
    pictures = np.zeros((2, 4, 4, 3), "uint8")
    with pytest.raises(ValueError, match=r"film\(pictures\): shape \(2, 4, 4\), uint8; expected colours"):
        show.film(pictures[..., 0], "a", "b")
    with pytest.raises(ValueError, match="float64; expected colours"):
        show.film(pictures / 2, "a", "b")
    with pytest.raises(ValueError, match="non-empty caption"):
        show.film(pictures, " ", "b")
    with pytest.raises(ValueError, match="non-empty alt"):
        show.film(pictures, "a", "")
    with pytest.raises(ValueError, match=r"film\(seconds\)"):
        show.film(pictures, "a", "b", seconds=0)


def test_a_sound_that_would_be_clipped_or_has_no_caption_is_refused():
    with pytest.raises(ValueError, match=r"sound\(samples\)"):
        show.sound([0.0, 1.5], 8_000, "loud")
    with pytest.raises(ValueError, match="needs a non-empty caption"):
        show.sound([0.0, 0.5], 8_000, " ")
    with pytest.raises(ValueError, match="one row of samples"):
        show.sound(np.zeros((2, 2)), 8_000, "two rows")
