"""The list of data sets, data/datasets.toml, and the files that it names: found, read and verified.

A file is either shipped in data/, or lies inside an installed package, which is located without being
imported. Each has its SHA-256 in the list, and nothing is read that does not match it. This module imports
no TensorFlow.
"""

import difflib
import functools
import hashlib
import importlib.metadata
import io
import os
import pathlib
import tomllib
import zipfile

import numpy as np


class DataError(Exception):
    """A data file is missing, or is not the file that the catalogue describes."""


def root():
    """The folder data/: the environment variable DLCOURSE_DATA, or else the one beside the package."""
    given = os.environ.get("DLCOURSE_DATA")
    return pathlib.Path(given).expanduser() if given else pathlib.Path(__file__).resolve().parents[2] / "data"


def entries():
    """The catalogue: {name: {"title": ..., "licence": ..., "files": [...], ...}}, in the order of the file.

    Raises DataError where data/datasets.toml is missing or is not valid TOML.
    """
    return _read_list(root() / "datasets.toml")


@functools.cache
def _read_list(path):
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise DataError(
            f"{path} is missing: the course's data lie in the folder data/ of its repository. Clone the "
            "repository and install the package from it with `pip install --no-deps -e .`, or set the "
            "environment variable DLCOURSE_DATA to that folder."
        ) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise DataError(
            f"{path} is not valid TOML ({error}). Restore it: git checkout -- data/datasets.toml"
        ) from None


def names():
    """The names that `load` knows, as a list."""
    return [name for name, entry in entries().items() if "examples" in entry]


def entry(name):
    """The catalogue's entry of one data set. Raises ValueError, listing the names, for an unknown one."""
    known = entries()
    if not isinstance(name, str) or name not in known:
        close = difflib.get_close_matches(name.lower(), known, n=1) if isinstance(name, str) else []
        hint = f" Did you mean {close[0]!r}?" if close else ""
        raise ValueError(f"there is no data set {name!r}.{hint} There are: {', '.join(known)}")
    return known[name]


def path(file):
    """Where a file of the catalogue lies: in data/, or in the installed package file["package"]."""
    if "package" not in file:
        return root() / file["file"]
    try:
        return pathlib.Path(importlib.metadata.distribution(file["package"]).locate_file(file["file"]))
    except importlib.metadata.PackageNotFoundError:
        raise DataError(
            f"{file['file']} comes with the package {file['package']}, which is not installed. "
            "Install the course's environment: make setup"
        ) from None


def read(file):
    """The bytes of a file of the catalogue, verified. Raises DataError where it is missing or differs."""
    where = path(file)
    try:
        content = where.read_bytes()
    except OSError as error:
        raise DataError(f"{where} can't be read ({error.strerror}). {_cure(file)}") from None
    found = hashlib.sha256(content).hexdigest()
    if found != file["sha256"]:
        raise DataError(
            f"{where} is not the file that the catalogue describes.\n"
            f"expected SHA-256 {file['sha256']}\n   found SHA-256 {found}\n{_cure(file)}"
        )
    return content


def _cure(file):
    if "package" in file:
        version = importlib.metadata.version(file["package"])
        return (
            f"The file comes with the package {file['package']}, here in version {version}. "
            "Install the version of the course's lock again: make setup"
        )
    return f"Restore it: git checkout -- data/{file['file']}   or rebuild it: make data"


def arrays(file):
    """The arrays of an .npz file of the catalogue, verified, as a dict. It never unpickles.

    Raises DataError where the file is missing, differs, or is not an .npz of plain arrays.
    """
    return unpack(read(file), file["file"])


def unpack(content, name):
    """The arrays in the bytes of an .npz file, as a dict. Raises DataError for all else, pickles too."""
    try:
        with np.load(io.BytesIO(content), allow_pickle=False) as archive:
            return dict(archive)
    except (ValueError, OSError, EOFError, zipfile.BadZipFile, AttributeError) as error:
        raise DataError(f"{name} is not an .npz file of plain arrays: {error}") from None


def describe():
    """One row per data set: (name, title, training + validation + test examples, shape, licence, source)."""
    rows = []
    for name, of_name in entries().items():
        sizes = of_name.get("examples")
        size = " + ".join(f"{n:,}" for n in sizes) if sizes else f"{len(of_name.get('files', []))} files"
        if "rows" in of_name:
            size = f"{of_name['rows']:,} rows"
        shape = "×".join(map(str, of_name["shape"])) if "shape" in of_name else "text"
        rows.append((name, of_name["title"], size, shape, of_name["licence"], of_name["source"]))
    return rows


def verify():
    """One row per file of the catalogue: (file, ok, expected SHA-256, found SHA-256 or what is wrong).

    Files of packages are shown as "package: file". Data sets that Keras downloads have no file here.
    """
    rows = []
    for of_name in entries().values():
        for file in of_name.get("files", []):
            shown = f"{file['package']}: {file['file']}" if "package" in file else f"data/{file['file']}"
            try:
                found = hashlib.sha256(path(file).read_bytes()).hexdigest()
            except FileNotFoundError:
                found = "missing"
            except DataError as error:
                found = str(error)
            except OSError as error:
                found = f"can't be read: {error.strerror}"
            rows.append((shown, found == file["sha256"], file["sha256"], found))
    return rows
