"""Files written whole or not at all."""

import os
import tempfile
from pathlib import Path


def write(path, content):
    """Write text (UTF-8, ``\\n``) or bytes to ``path``: the whole of it, or nothing.

    The content goes to a temporary file in the same folder, which then takes the place of the old one.
    Missing
    folders are made. A file that holds this content already is left alone, time stamp included.

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
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        os.chmod(temporary, path.stat().st_mode & 0o777 if path.exists() else 0o666 & ~_umask())
        os.replace(temporary, path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
    return True


def _umask():
    mask = os.umask(0)
    os.umask(mask)
    return mask
