"""Your own pictures with boxes, in COCO's or YOLO's text format, in the place of the course's scenes."""

import json
import math
import pathlib

import numpy as np

from dlcourse import checks
from dlcourse.datasets import own, pictures, splitting
from dlcourse.datasets.boxed import BoxedSplit
from dlcourse.datasets.dataset import Dataset

PICTURES = (".png", ".jpg", ".jpeg", ".bmp", ".gif", ".tif", ".tiff", ".webp")


def from_boxes(
    images, annotations, *, size=(96, 96), classes=None, validation=0.2, test=0.2, seed=0, name=None
):
    """A Dataset of pictures with boxes: a folder of pictures, and annotations in COCO's or YOLO's format.

    COCO: `annotations` is a JSON file with "images" (id, file_name), "annotations" (image_id, category_id, bbox as
    left, top, width and height in pixels) and "categories" (id, name). Classes are numbered from 0 in the order of
    their ids.

    YOLO: `annotations` is a folder of text files named like the pictures, `cat.txt` for `cat.jpg`: a line for each
    object, its class from 0, then the box's centre (right, down), width and height as shares of the picture's sides.
    A picture without a file has no objects. `classes` names the classes; so does a file classes.txt in that folder,
    one on a line.

    Pictures are rotated as their EXIF data say (boxes are taken to belong to the rotated picture), scaled to fit into
    `size` (height, width) with their proportions kept, and filled up with black on the right or below; the boxes
    follow. x: float32 (n, height, width, 3) from 0 to 1. Splits are BoxedSplits.

    Raises FileNotFoundError where a folder, file or picture is missing; ValueError that names file, line or entry where
    something else stands there than expected.
    """
    images = own._existing(images, pathlib.Path.is_dir, "folder")
    annotations = own._existing(annotations, pathlib.Path.exists, "file or folder")
    if not isinstance(size, (tuple, list)) or len(size) != 2:
        raise ValueError(f"size is {size!r}: expected (height, width), such as (96, 96)")
    size = tuple(checks.whole_number("from_boxes(size)", side, most=10_000) for side in size)
    read = _yolo if annotations.is_dir() else _coco
    files, boxes, labels, classes = read(images, annotations, classes)
    most = max(1, max(map(len, labels)))
    x = np.zeros((len(files), *size, 3), "float32")
    all_boxes, all_labels = (
        np.zeros((len(files), most, 4), "float32"),
        np.full((len(files), most), -1, "int32"),
    )
    for row, file in enumerate(files):
        x[row], scale, sides = _fitted(file, size)
        fitted = _in_pixels(file, boxes[row], sides, relative=read is _yolo) * scale
        all_boxes[row, : len(fitted)], all_labels[row, : len(fitted)] = fitted, labels[row]
    whole = BoxedSplit(x, all_boxes, all_labels)
    counts = own._sizes(len(whole), validation, test)
    parts = splitting.three_ways(np.zeros(len(whole)), counts[1], counts[2], seed)
    name = name or images.name
    return Dataset(
        name,
        name,
        *(BoxedSplit(whole.x[part], whole.boxes[part], whole.labels[part]) for part in parts),
        classes=classes,
    )


def _fitted(file, size):
    """A picture fitted into a size: float32 (height, width, 3), the scale, and its own (width, height)."""
    from PIL import Image

    picture = pictures._open(file).convert("RGB")
    scale = min(size[1] / picture.width, size[0] / picture.height)
    width, height = max(1, round(picture.width * scale)), max(1, round(picture.height * scale))
    small = np.asarray(picture.resize((width, height), Image.Resampling.LANCZOS), "float32") / 255
    canvas = np.zeros((*size, 3), "float32")
    canvas[:height, :width] = small
    return canvas, np.tile([width / picture.width, height / picture.height], 2), picture.size


def _in_pixels(file, boxes, sides, relative):
    """Boxes as left, top, right, bottom in the picture's pixels, float64 (n, 4); what sticks out by rounding is cut
    off.
    """
    width, height = sides
    boxes = np.asarray(boxes, "float64").reshape(-1, 4)
    if relative:
        boxes = boxes * (width, height, width, height)
        boxes[:, :2] -= boxes[:, 2:] / 2
    boxes = np.concatenate([boxes[:, :2], boxes[:, :2] + boxes[:, 2:]], axis=1)
    slack = 0.01 * max(width, height) + 1
    outside = (boxes < -slack).any(axis=1) | (boxes[:, 2] > width + slack) | (boxes[:, 3] > height + slack)
    if outside.any():
        raise ValueError(
            f"{file}: the box {np.round(boxes[outside][0], 1).tolist()} (left, top, right, bottom) lies outside the "
            f"picture of {width}×{height} pixels. Were the boxes drawn on a picture of another size, or before it was "
            "rotated?"
        )
    return np.clip(boxes, 0, (width, height, width, height))


def _coco(images, path, classes):
    """Pictures, boxes (left, top, width, height), labels and class names of a COCO file."""
    if classes is not None:
        raise ValueError("classes are named in a COCO file: leave classes=... out")
    try:
        content = json.loads(path.read_text(encoding="utf-8-sig"))
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise ValueError(
            f"{path} is no JSON ({error}): expected COCO's annotations, or a folder of YOLO's text files"
        ) from None
    missing = [
        key
        for key in ("images", "annotations", "categories")
        if not isinstance(content, dict) or key not in content
    ]
    if missing:
        raise ValueError(
            f'{path} has no list "{missing[0]}": expected COCO\'s "images", "annotations" and "categories"'
        )
    names = {_entry(path, "categories", one, "id"): str(_entry(path, "categories", one, "name"))
             for one in content["categories"]}  # fmt: skip
    label = {id: number for number, id in enumerate(sorted(names))}
    files = {_entry(path, "images", one, "id"): images / str(_entry(path, "images", one, "file_name"))
             for one in content["images"]}  # fmt: skip
    if not files:
        raise ValueError(f"{path} lists no images: expected at least one")
    for file in files.values():
        if not file.is_file():
            raise FileNotFoundError(f"{path} lists {file.name}, which is not in {images}")
    boxes, labels = {id: [] for id in files}, {id: [] for id in files}
    for number, one in enumerate(content["annotations"]):
        of_image, of_class, box = (
            _entry(path, "annotations", one, key) for key in ("image_id", "category_id", "bbox")
        )
        where = f'{path}, "annotations", entry {number}'
        if of_image not in files:
            raise ValueError(f'{where}: image_id {of_image!r} is not among "images"')
        if of_class not in label:
            raise ValueError(f'{where}: category_id {of_class!r} is not among "categories"')
        boxes[of_image].append(_box(where, box))
        labels[of_image].append(label[of_class])
    return list(files.values()), list(boxes.values()), list(labels.values()), tuple(names[id] for id in label)


def _entry(path, name, one, key):
    if not isinstance(one, dict) or key not in one:
        raise ValueError(f'{path}, "{name}": {str(one)[:80]} has no "{key}"')
    return one[key]


def _box(where, box):
    """Four numbers of which the last two, width and height, are above 0."""
    good = isinstance(box, list) and len(box) == 4 and all(isinstance(side, (int, float)) for side in box)
    if not good or not all(map(math.isfinite, box)) or box[2] <= 0 or box[3] <= 0:
        raise ValueError(
            f"{where}: the box is {str(box)[:80]}; expected four numbers, of which width and height, the last two, are "
            "above 0"
        )
    return box


def _yolo(images, folder, classes):
    """Pictures, boxes (centre, width, height, as shares), labels and class names of YOLO's text files."""
    files = sorted(file for file in images.iterdir() if file.suffix.lower() in PICTURES)
    if not files:
        raise ValueError(f"{images} holds no pictures ({', '.join(PICTURES)})")
    texts = {file.stem: file for file in sorted(folder.glob("*.txt")) if file.stem != "classes"}
    stray = sorted(set(texts) - {file.stem for file in files})
    if stray or not texts:
        what = f"has {stray[0]}.txt, but {images} no picture of that name" if stray else "holds no text files"
        raise ValueError(f"{folder} {what}: expected a .txt for each picture, named like it")
    listed = folder / "classes.txt"
    if classes is None and listed.is_file():
        classes = [
            line.strip() for line in listed.read_text(encoding="utf-8-sig").splitlines() if line.strip()
        ]
    boxes, labels = [], []
    for file in files:
        lines = texts[file.stem].read_text(encoding="utf-8-sig").splitlines() if file.stem in texts else []
        found = [
            _line(f"{texts[file.stem]}, line {number}", line)
            for number, line in enumerate(lines, 1)
            if line.strip()
        ]
        labels.append([label for label, _ in found])
        boxes.append([box for _, box in found])
    largest = max((label for of_image in labels for label in of_image), default=0)
    classes = [str(label) for label in range(largest + 1)] if classes is None else list(map(str, classes))
    if largest >= len(classes):
        raise ValueError(
            f"{folder} has an object of class {largest}, but {len(classes)} classes are named: {classes}"
        )
    return files, boxes, labels, tuple(classes)


def _line(where, line):
    """Label and box of one line of a YOLO file."""
    parts = line.split()
    try:
        label, box = int(parts[0]), [float(part) for part in parts[1:]]
    except ValueError:
        label, box = -1, []
    if label < 0 or len(box) != 4:
        raise ValueError(
            f"{where}: {line.strip()[:80]!r}; expected five numbers: class (0, 1, ...), centre right, centre down, "
            "width, "
            "height"
        )
    _box(where, box)
    if max(box) > 1.01 or min(box) < -0.01:
        raise ValueError(
            f"{where}: {line.strip()[:80]!r}; expected shares of the picture's sides, from 0 to 1. Are these pixels? "
            "Divide "
            "by width and height"
        )
    return label, box
