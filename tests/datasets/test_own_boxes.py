"""Own pictures with boxes: both formats say the same, and what is wrong in a file is named."""

import json

import numpy as np
import pytest
from PIL import Image

from dlcourse import datasets


@pytest.fixture
def folder(tmp_path):
    """Ten pictures of 80×40 pixels, a red rectangle in each; their boxes by hand, as COCO and as YOLO have them."""
    (tmp_path / "pictures").mkdir()
    (tmp_path / "texts").mkdir()
    images, annotations = [], []
    for number in range(10):
        pixels = np.zeros((40, 80, 3), "uint8")
        left, top, wide, tall = 4 * number, 10, 20, 16
        pixels[top : top + tall, left : left + wide, 0] = 255
        Image.fromarray(pixels).save(tmp_path / "pictures" / f"{number}.png")
        images.append({"id": 100 + number, "file_name": f"{number}.png"})
        annotations.append({"image_id": 100 + number, "category_id": 7, "bbox": [left, top, wide, tall]})
        line = f"1 {(left + wide / 2) / 80} {(top + tall / 2) / 40} {wide / 80} {tall / 40}\n"
        (tmp_path / "texts" / f"{number}.txt").write_text(line)
    categories = [{"id": 7, "name": "rectangle"}, {"id": 3, "name": "circle"}]
    content = {"images": images, "annotations": annotations, "categories": categories}
    (tmp_path / "boxes.json").write_text(json.dumps(content))
    (tmp_path / "texts" / "classes.txt").write_text("circle\nrectangle\n")
    return tmp_path


def changed(folder, change):
    """The COCO file with one thing changed."""
    content = json.loads((folder / "boxes.json").read_text())
    change(content)
    (folder / "boxes.json").write_text(json.dumps(content))
    return folder / "boxes.json"


@pytest.mark.parametrize("annotations", ["boxes.json", "texts"])
def test_both_formats_give_the_boxes_that_were_drawn(folder, annotations):
    data = datasets.from_boxes(folder / "pictures", folder / annotations, size=(60, 60))
    assert data.classes == ("circle", "rectangle")
    assert [len(split) for split in (data.train, data.validation, data.test)] == [6, 2, 2]
    assert data.train.x.shape == (6, 60, 60, 3) and data.train.x.max() == 1
    for split in (data.train, data.validation, data.test):
        for image in range(len(split)):
            boxes, labels = split.objects(image)
            assert labels.tolist() == [1]
            left, top, right, bottom = boxes[0]
            assert (right - left, bottom - top, top) == pytest.approx((15, 12, 7.5))  # 80×40 became 60×30
            red = split.x[image, :, :, 0] > 0.5
            rows, columns = np.flatnonzero(red.any(axis=1)), np.flatnonzero(red.any(axis=0))
            assert abs(columns[0] - left) <= 1 and abs(columns[-1] + 1 - right) <= 1
            assert abs(rows[0] - top) <= 1 and abs(rows[-1] + 1 - bottom) <= 1
            assert not split.x[image, 31:].any()  # filled up with black
    assert "BoxedSplit" in repr(data.train) and "rectangle" in data._repr_markdown_()


def test_a_picture_without_a_text_has_no_objects(folder):
    (folder / "texts" / "3.txt").unlink()
    data = datasets.from_boxes(folder / "pictures", folder / "texts", validation=0, test=0)
    assert sorted((data.train.labels >= 0).sum(axis=1).tolist()) == [0] + [1] * 9


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("1 0.5 0.5 0.2", "5.txt, line 1.*five numbers"),
        ("rectangle 0.5 0.5 0.2 0.2", "five numbers"),
        ("1 40 20 20 16", "Are these pixels"),
        ("1 0.5 0.5 0 0.2", "above 0"),
        ("1 0.5 0.5 nan 0.2", "above 0"),
        ("9 0.5 0.5 0.2 0.2", "class 9, but 2 classes"),
        ("1 0.9 0.5 0.6 0.2", "outside the picture of 80×40"),
    ],
)
def test_a_wrong_line_is_named(folder, line, message):
    (folder / "texts" / "5.txt").write_text(line)
    with pytest.raises(ValueError, match=message):
        datasets.from_boxes(folder / "pictures", folder / "texts")


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        (lambda c: c.pop("annotations"), ValueError, 'no list "annotations"'),
        (lambda c: c["annotations"][4].update(image_id=9), ValueError, "entry 4: image_id 9"),
        (lambda c: c["annotations"][4].update(category_id=9), ValueError, "entry 4: category_id 9"),
        (lambda c: c["annotations"][4].update(bbox=[1, 2, 3]), ValueError, "entry 4: the box"),
        (lambda c: c["annotations"][4].update(bbox=[70, 2, 30, 4]), ValueError, "outside the picture"),
        (lambda c: c["annotations"][4].pop("bbox"), ValueError, 'has no "bbox"'),
        (lambda c: c["images"][2].update(file_name="cat.png"), FileNotFoundError, "cat.png, which is not in"),
        (lambda c: c.update(images=[]), ValueError, "no images"),
    ],
)
def test_a_wrong_entry_is_named(folder, change, error, message):
    with pytest.raises(error, match=message):
        datasets.from_boxes(folder / "pictures", changed(folder, change))


def test_wrong_places_are_named(folder):
    with pytest.raises(FileNotFoundError, match="no folder"):
        datasets.from_boxes(folder / "photos", folder / "boxes.json")
    with pytest.raises(FileNotFoundError, match="no file or folder"):
        datasets.from_boxes(folder / "pictures", folder / "coco.json")
    with pytest.raises(ValueError, match="no JSON"):
        datasets.from_boxes(folder / "pictures", folder / "texts" / "1.txt")
    with pytest.raises(ValueError, match="holds no text files"):
        datasets.from_boxes(folder / "pictures", folder / "pictures")
    (folder / "texts" / "cat.txt").write_text("0 0.5 0.5 0.1 0.1")
    with pytest.raises(ValueError, match=r"cat\.txt, but"):
        datasets.from_boxes(folder / "pictures", folder / "texts")
    with pytest.raises(ValueError, match="leave classes"):
        datasets.from_boxes(folder / "pictures", folder / "boxes.json", classes=["a", "b"])
    with pytest.raises(ValueError, match="size is 96"):
        datasets.from_boxes(folder / "pictures", folder / "boxes.json", size=96)
