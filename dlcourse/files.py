"""Files written whole or not at all, so that an interruption leaves the old one as it was; and text that is UTF-8."""

import contextlib
import os
import tempfile
from pathlib import Path


def text(path):
    """The text of a file, lines ended by ``\\n``.

    Raises:
        ValueError: where it isn't UTF-8, or begins with a byte order mark; names the file and the line.
    """
    content = Path(path).read_bytes()
    try:
        found = content.decode("utf-8")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise ValueError(
            f"{short(path)}, line {line}: the byte 0x{content[error.start]:02X} is not UTF-8. Save the file in the "
            "encoding UTF-8."
        ) from None
    if found.startswith("\ufeff"):
        raise ValueError(
            f"{short(path)} begins with a byte order mark (BOM). Save it in the encoding UTF-8 without BOM."
        )
    return found.replace("\r\n", "\n").replace("\r", "\n")


def short(path):
    """A path in messages: its last folder or two, and its name."""
    return "/".join(Path(path).parts[-3 if Path(path).suffix == ".py" else -2 :])


def write(path, content):
    """Write text (UTF-8, ``\\n``) or bytes to ``path``: the whole of it, or nothing. Missing folders are made.

    A file that holds this content already is left alone, time stamp included.

    Args:
        path: where to.
        content: str or bytes.

    Returns:
        bool: whether the file changed.
    """
    path = Path(path)
    content = content.encode("utf-8") if isinstance(content, str) else content
    if path.is_file() and path.read_bytes() == content:
        return False
    with whole(path) as unfinished:
        unfinished.write_bytes(content)
    return True


@contextlib.contextmanager
def whole(path):
    """A new file beside ``path``, with its ending, which takes its place once all is written and on the disk.

    >>> with files.whole("model.keras") as unfinished:
    ...     model.save(unfinished)

    Where the block raises an error, the new file is removed and the old one stays.

    Args:
        path: where to; missing folders are made.

    Yields:
        Path of the new file, which is there and empty.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.stem}.", suffix=path.suffix)
    os.close(handle)
    unfinished = Path(name)
    try:
        yield unfinished
        with open(unfinished, "rb+") as file:
            os.fsync(file.fileno())
        os.chmod(unfinished, path.stat().st_mode & 0o777 if path.exists() else 0o666 & ~_umask())
        os.replace(unfinished, path)
    except BaseException:
        unfinished.unlink(missing_ok=True)
        raise


def _umask():
    mask = os.umask(0)
    os.umask(mask)
    return mask
