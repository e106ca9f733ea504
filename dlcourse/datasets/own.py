"""Your own data in the place of the course's: from arrays, a CSV file, or a folder of pictures."""

import csv
import difflib
import os
import pathlib

import numpy as np

from dlcourse import checks
from dlcourse.datasets import pictures, splitting
from dlcourse.datasets.dataset import Dataset, Split

IGNORED = ("thumbs.db", "desktop.ini")
"""What file managers leave among pictures, besides names like .DS_Store."""

SHOWN = 5
"""The most offenders that an error names."""


def from_arrays(x, y, *, validation=0.2, test=0.2, seed=0, classes=None, features=None, name="own data"):
    """A Dataset from x (n, ...) of numbers and y (n,) of class labels or quantities, divided by `seed`.

    y of integers, booleans or strings is class labels, and every class keeps its share in all three splits;
    labels that are not 0, 1, 2, ... are numbered in sorted order. y of floats is a quantity. `classes`
    names the classes, label 0 first. `validation` and `test` are fractions of all examples; 0 leaves that
    split empty. x becomes float32 and is else unchanged: scaling is the model's business, by what the
    training data say.

    Raises ValueError where lengths differ, x or y holds something that is no finite number, a fraction is
    not in [0, 1), labels lie outside `classes`, or a class is too small to be in every split.
    """
    for given, what in [(x, "x"), (y, "y")]:
        if np.ma.is_masked(given):
            raise ValueError(
                f"{what} has {np.ma.count_masked(given):,} masked values: fill them in, {what}.filled(0), or leave "
                "these examples out"
            )
    x, y = np.asarray(x), np.asarray(y)
    if x.ndim < 2:
        raise ValueError(
            f"x has shape {x.shape}: expected (examples, ...), such as x.reshape(-1, 1) for one feature"
        )
    if y.ndim != 1:
        raise ValueError(f"y has shape {y.shape}: expected one target per example, (examples,)")
    if len(x) != len(y):
        raise ValueError(f"x has {len(x):,} examples and y has {len(y):,}: expected the same number")
    if len(x) == 0:
        raise ValueError("x and y are empty: expected at least one example")
    sizes = _sizes(len(y), validation, test)
    x = _floats(x, "x")
    if np.issubdtype(y.dtype, np.floating):
        if classes is not None:
            raise ValueError(
                f"y is {y.dtype}, a quantity, but classes are given: make y integers, or leave classes out"
            )
        y = _floats(y, "y")
    else:
        y, classes = _labels(y, classes)
    parts = splitting.three_ways(y, sizes[1], sizes[2], seed)
    if classes is not None:
        _check_every_class(y, classes, parts)
    train, of_validation, of_test = (Split(x[part], y[part]) for part in parts)
    return Dataset(
        name=name,
        title=name,
        train=train,
        validation=of_validation,
        test=of_test,
        classes=classes,
        features=None if features is None else tuple(features),
    )


def from_csv(
    path, target, *, columns=None, delimiter=",", quantity=False, validation=0.2, test=0.2, seed=0, name=None
):
    """A Dataset from a CSV file (UTF-8) with a line of column names: `target` is predicted from the others.

    columns: the names of the feature columns, in order; without it, all but the target. They must hold
    numbers. A target column of text or whole numbers is class labels, of other numbers a quantity;
    quantity=True says that whole numbers are a quantity too. Codes with leading zeros (01234) are text. The rest as in
    `from_arrays`. x: float32 (rows, columns).

    Raises FileNotFoundError where there is no such file, and ValueError that names the line and column
    where a cell is empty or no number, a line has too many or too few cells, or a column does not exist.
    """
    path = _existing(path, pathlib.Path.is_file, "CSV file")
    if not isinstance(delimiter, str) or len(delimiter) != 1 or delimiter in '"\r\n\0':
        raise ValueError(f"delimiter is {delimiter!r}: expected one character, such as ',' or ';' or '\\t'")
    try:
        with open(path, newline="", encoding="utf-8-sig") as file:
            reader = csv.reader(file, delimiter=delimiter)
            lines = [(reader.line_num, row) for row in reader if row]
    except (UnicodeDecodeError, csv.Error) as error:
        raise ValueError(f"{path} is not CSV in UTF-8 ({error}): save it as CSV UTF-8") from None
    if len(lines) < 2:
        raise ValueError(
            f"{path} has {len(lines)} lines: expected a line of column names, then one line per example"
        )
    header = [cell.strip() for cell in lines[0][1]]
    twice = sorted({column for column in header if header.count(column) > 1})
    if twice:
        raise ValueError(f"{path} has two columns named {twice[0]!r}: rename one")
    features = [column for column in header if column != target] if columns is None else list(columns)
    for column in [target, *features]:
        if column not in header:
            close = difflib.get_close_matches(str(column), header, n=1)
            hint = f" Did you mean {close[0]!r}?" if close else _other_delimiter(header, delimiter)
            raise ValueError(f"{path} has no column {column!r}.{hint} There are: {', '.join(header)}")
    if not features or target in features:
        raise ValueError(
            f"columns are {features}: expected at least one, and not the target {target!r} among them"
        )
    for number, row in lines[1:]:
        if len(row) != len(header):
            hint = _other_delimiter(header, delimiter)
            raise ValueError(
                f"{path}, line {number}: {len(row)} cells, but {len(header)} column names.{hint}"
            )

    def column_of(column):
        at = header.index(column)
        return [(number, row[at].strip()) for number, row in lines[1:]]

    x = np.stack(
        [[_number(path, number, column, cell) for number, cell in column_of(column)] for column in features],
        axis=1,
    )
    y = _target(path, target, column_of(target), quantity)
    return from_arrays(
        x, y, validation=validation, test=test, seed=seed, features=features, name=name or path.stem
    )


def from_images(folder, *, size=(28, 28), channels=1, validation=0.2, test=0.2, seed=0, name=None):
    """A Dataset from folder/class name/picture.png (or .jpg, ...): each folder is a class, in sorted order.

    Pictures are rotated as their EXIF data say, cropped about the middle to the shape of `size` (height, width),
    resized, and made grey (channels=1) or RGB (3). x: float32 (n, height, width, channels) in [0, 1]; 255 is white in a
    file of 8 bits, 65,535 in one of 16 bits, 1 in one of floats.

    Raises FileNotFoundError where there is no such folder, and ValueError where it holds no folders of
    pictures, holds folders of folders, or names the files that can't be read as pictures.
    """
    folder = _existing(folder, pathlib.Path.is_dir, "folder")
    if isinstance(channels, bool) or channels not in (1, 3):
        raise ValueError(f"channels is {channels!r}: expected 1 (grey) or 3 (red, green, blue)")
    if not isinstance(size, (tuple, list)) or len(size) != 2:
        raise ValueError(f"size is {size!r}: expected (height, width), such as (28, 28)")
    height, width = (checks.whole_number("from_images(size)", side, most=10_000) for side in size)
    classes = sorted(
        child.name for child in folder.iterdir() if child.is_dir() and not child.name.startswith((".", "__"))
    )
    _check_no_parts(folder, classes)
    if len(classes) < 2:
        raise ValueError(
            f"{folder} holds {len(classes)} folders ({', '.join(classes)}): expected one for each class, "
            "at least two, with its pictures inside"
        )
    x, y, unreadable = [], [], []
    for label, of_class in enumerate(classes):
        files = sorted(
            file
            for file in (folder / of_class).iterdir()
            if not file.name.startswith((".", "__MACOSX")) and file.name.lower() not in IGNORED
        )
        nested = [file.name for file in files if file.is_dir()]
        if nested:
            raise ValueError(
                f"{folder / of_class} holds the folder {nested[0]!r}: expected pictures. Give from_images the folder "
                f"whose folders are the classes; if {nested[0]!r} is a class, that is {str(folder / of_class)!r}"
            )
        if not files:
            raise ValueError(f"{folder / of_class} is empty: expected pictures of the class {of_class!r}")
        for file in files:
            try:
                x.append(pictures.resized(file, height, width, channels))
                y.append(label)
            except ValueError as error:
                unreadable.append(str(error))
    if unreadable:
        more = f"\nand {len(unreadable) - SHOWN} more" if len(unreadable) > SHOWN else ""
        raise ValueError(
            f"{folder} holds files that can't be read as pictures. Remove or repair them:\n"
            + "\n".join(unreadable[:SHOWN])
            + more
        )
    return from_arrays(
        np.stack(x),
        np.array(y),
        validation=validation,
        test=test,
        seed=seed,
        classes=classes,
        name=name or folder.name,
    )


PARTS = {"train", "training", "val", "valid", "validation", "test", "testing"}
"""Names of folders that hold parts of a data set, and no class."""


def _check_no_parts(folder, classes):
    parts = [name for name in classes if name.lower() in PARTS]
    if parts and len(parts) == len(classes):
        raise ValueError(
            f"{folder} holds {', '.join(parts)}, which look like parts of a data set and not like classes. Move the "
            "pictures of each class into one folder, for all parts: from_images divides them itself. To keep a "
            "division that was made, load each part with validation=0, test=0"
        )


def _sizes(n, validation, test):
    """Numbers of training, validation and test examples."""
    for fraction, what in [(validation, "validation"), (test, "test")]:
        if isinstance(fraction, bool) or not isinstance(fraction, (int, float)) or not 0 <= fraction < 1:
            raise ValueError(
                f"{what} is {fraction!r}: expected a fraction of the examples, from 0 up to below 1"
            )
    of_validation, of_test = round(n * validation), round(n * test)
    if n - of_validation - of_test < 1:
        raise ValueError(
            f"validation={validation} and test={test} leave none of {n:,} examples to train on: "
            "give smaller fractions, or more examples"
        )
    return n - of_validation - of_test, of_validation, of_test


def _floats(array, what):
    """The array as float32; raises ValueError that names the first entry that is no finite number."""
    if not (np.issubdtype(array.dtype, np.number) or array.dtype == bool) or np.iscomplexobj(array):
        raise ValueError(f"{what} is {array.dtype}: expected numbers")
    with np.errstate(over="ignore"):
        floats = array.astype(np.float32)
    bad = ~np.isfinite(floats)
    if bad.any():
        where = tuple(int(i) for i in np.argwhere(bad)[0])
        value = array[where]
        told = f"{value}, too large for float32" if np.isfinite(value) else str(value)
        raise ValueError(
            f"{what} holds {int(bad.sum()):,} entries that are no finite number, the first at index "
            f"{where if len(where) > 1 else where[0]}: {told}. Fill them in or leave these examples out"
        )
    return floats


def _labels(y, classes):
    """Labels as int32 0, 1, 2, ... and the classes' names, from integers, booleans or strings."""
    if y.dtype.kind not in "iubUSO":
        raise ValueError(
            f"y is {y.dtype}: expected class labels (integers or strings) or quantities (floats)"
        )
    if y.dtype.kind == "O":
        odd = [value for value in y if not isinstance(value, str)]
        if odd:
            raise ValueError(f"y holds {odd[0]!r}: expected strings only, or an array of integers or floats")
    if y.dtype.kind == "S":
        y = np.char.decode(y, "utf-8")
    values, labels = np.unique(y, return_inverse=True)
    if classes is None:
        return labels.astype(np.int32), tuple(str(value) for value in values.tolist())
    classes = tuple(str(name) for name in classes)
    known = np.array(classes) if y.dtype.kind in "UO" else np.arange(len(classes))
    outside = [value for value in values.tolist() if value not in known.tolist()]
    if outside:
        expected = ", ".join(classes) if y.dtype.kind in "UO" else f"0 to {len(classes) - 1}"
        raise ValueError(
            f"y holds the label {outside[0]!r}, outside the {len(classes)} classes: expected {expected}"
        )
    of_value = np.array([known.tolist().index(value) for value in values.tolist()])
    return of_value[labels].astype(np.int32), classes


def _check_every_class(y, classes, parts):
    """Raises ValueError, naming the class, where one is absent from a split that has examples."""
    counts = np.bincount(y, minlength=len(classes))
    for part, what in zip(parts, ("training", "validation", "test"), strict=True):
        absent = np.flatnonzero(np.bincount(y[part], minlength=len(classes)) == 0) if len(part) else []
        if len(absent):
            named = ", ".join(f"{classes[label]!r} ({counts[label]})" for label in absent[:SHOWN])
            more = f" and {len(absent) - SHOWN} others" if len(absent) > SHOWN else ""
            raise ValueError(
                f"too few examples: the {what} data, {len(part)} examples, would hold none of the classes "
                f"{named}{more}; in brackets how many there are in all. Collect more of these, merge "
                "classes, or change the fractions validation and test. If y is a quantity and no class, give "
                "it as floats (from_csv: quantity=True)"
            )


MISSING = {"na", "n/a", "nan", "null", "none", "#n/a", "?", "-", "missing"}
"""How people and programs write that a value is missing, in small letters."""


def _other_delimiter(header, delimiter):
    """A hint where the line of names looks as if it was divided by another character."""
    for other in [";", "\t", "|", ","]:
        if other != delimiter and len(header) == 1 and other in header[0]:
            return f" The first line is divided by {other!r}: give delimiter={other!r}."
    return ""


def _existing(path, is_kind, what):
    path = pathlib.Path(os.path.expanduser(path))
    if not is_kind(path):
        raise FileNotFoundError(f"there is no {what} {path} (looked in {pathlib.Path.cwd()})")
    return path


def _number(path, line, column, cell):
    try:
        number = float(cell)
    except ValueError:
        number = np.nan
    if not np.isfinite(number):
        raise ValueError(
            f"{path}, line {line}, column {column!r}: {cell!r} is no number. Fill it in, leave the line "
            "out, or choose other columns=[...]"
        )
    return number


def _target(path, target, cells, quantity):
    """The target column: int labels, float quantities, or strings."""
    for line, cell in cells:
        if not cell:
            raise ValueError(
                f"{path}, line {line}: the target {target!r} is empty. Fill it in, or leave the line out"
            )
        if cell.lower() in MISSING:
            raise ValueError(
                f"{path}, line {line}: the target {target!r} is {cell!r}, which stands for a missing value. Leave the "
                "line out; if it is the name of a class, give that another name"
            )
    codes = any(
        cell.lstrip("+-").isdigit() and len(cell.lstrip("+-")) > 1 and cell.lstrip("+-")[0] == "0"
        for _, cell in cells
    )
    if codes and not quantity:
        return np.array([cell for _, cell in cells])
    if not quantity:
        try:
            return np.array([int(cell) for _, cell in cells])
        except ValueError:
            pass
    try:
        numbers = [float(cell) for _, cell in cells]
    except ValueError:
        if quantity:
            [_number(path, line, target, cell) for line, cell in cells]
        return np.array([cell for _, cell in cells])
    return np.array(numbers)
