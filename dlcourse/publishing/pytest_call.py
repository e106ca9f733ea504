"""The call of pytest behind ``dlcourse test``: units and notebooks, or what concerns one chapter."""

import os
import subprocess
import sys

from dlcourse.publishing import execute

NUMERICS = {
    "1 thread": {"DLCOURSE_THREADS": "1"},
    "2 threads": {"DLCOURSE_THREADS": "2"},
    "oneDNN off": {"TF_ENABLE_ONEDNN_OPTS": "0"},
}
"""Settings under which floating-point sums come out in another order, and their last bits differ."""


def run(root, chapters, *, whole, more=(), workers=execute.WORKERS):
    """Test chapters: units and notebooks, or what concerns some chapters alone.

    Args:
        root: the repository's folder.
        chapters: list of Chapter whose notebooks are compared.
        whole: also every other test; otherwise the files test_chapter_ID*.py in any folder of tests/, and what
            test_notebooks.py there says of these chapters.
        more: further arguments for pytest.
        workers: how many processes.

    Returns:
        int: pytest's exit status.

    Raises:
        FileNotFoundError: where a chapter has no notebook yet, or no tests of its own.
    """
    missing = [chapter.name for chapter in chapters if not chapter.notebook.exists()]
    if missing:
        raise FileNotFoundError(
            f"no notebook yet for {', '.join(missing)}: run `dlcourse notebooks` first, which makes it."
        )
    paths = [chapter.notebook for chapter in chapters]
    if whole:
        return _pytest(root, [*paths, root / "tests"], more, workers)
    selected = " or ".join(
        word for chapter in chapters for word in (chapter.name, f"test_chapter_{chapter.id}")
    )
    for chapter in chapters:
        own = sorted((root / "tests").rglob(f"test_chapter_{chapter.id}*.py"))
        if not own:
            raise FileNotFoundError(
                f"no tests about chapter {chapter.id}: expected a file test_chapter_{chapter.id}*.py in a folder of "
                "tests/. Write one, or test everything: make test."
            )
        paths += own
    paths += sorted((root / "tests").rglob("test_notebooks.py"))
    return _pytest(root, paths, ["-k", selected, *more], workers)


def run_numerics(root, chapters, *, more=(), say=print):
    """Compare chapters' notebooks under each setting of NUMERICS.

    Returns:
        int: 0 if all of them passed, else 1.
    """
    failed = []
    for name, settings in NUMERICS.items():
        say(f"\n{name} ({', '.join(f'{key}={value}' for key, value in settings.items())})")
        if _pytest(root, [chapter.notebook for chapter in chapters], more, execute.WORKERS, settings):
            failed.append(name)
    say(f"\nFailed under: {', '.join(failed)}" if failed else "\nAll chapters hold under all of these.")
    return 1 if failed else 0


def _pytest(root, paths, more, workers, settings=None):
    options = [
        "--nbval",
        f"--numprocesses={workers}",
        "--dist=loadfile",
        "--no-loadscope-reorder",
        "-q",
        "-rs",
    ]
    command = [sys.executable, "-m", "pytest", *options, *map(str, paths), *more]
    return subprocess.call(command, cwd=root, env={**os.environ, **(settings or {})})
