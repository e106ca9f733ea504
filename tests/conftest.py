"""What all tests share: no figure left open; and a small course of one chapter, for the tests of publishing."""

import shutil
import sys
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[1]

SAMPLE = """\
# %% [markdown] slideshow={"slide_type": "slide"}
# # Chapter 01 · A sample · 样例
#
# One sentence says what this chapter shows.
#
# **After this chapter you can** tell a sample from a chapter.
#
# **You need** nothing.
#
# **Time** 5 s.
#
# **摘要**
#
# 这是一个样例。
# 它只用于测试。
# 它不属于课程。

# %% slideshow={"slide_type": "subslide"}
from matplotlib import pyplot as plt

from dlcourse import measured, show
from dlcourse.claims import Claims

claims = Claims("01")

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Does a line rise?
#
# **Predict before you run.** By 50 %, or by 100 %?
#
# With slope $\\\\alpha > 0$:
#
# $$ y = \\\\begin{cases} \\\\alpha x & x > 0 \\\\\\\\ 0 & \\\\text{otherwise} \\\\end{cases} $$

# %% slideshow={"slide_type": "fragment"}
points = [0, 1, 2]
points;

# %%
object()

# %%
print("three points,", measured.mask("1.25 s"), "\\\\x1b[1mbold\\\\x1b[0m")
len(points)

# %% slideshow={"slide_type": "subslide"}
fig, ax = plt.subplots(figsize=(3, 2))
ax.plot(points, points)
ax.set(title="A line", xlabel="x (m)", ylabel="y (m)")
alt = "A straight line that rises from the lower left"
show.figure(fig, "The line rises, $y = x$.", alt)

# %% slideshow={"slide_type": "subslide"}
slope = measured.Measured([1.0, 1.1, 0.9])
show.markdown(f"The slope is {slope:.2f}.")
show.table([["slope", slope]], ["quantity", "value"])

# %% [markdown] slideshow={"slide_type": "slide"}
# ## What was measured
#
# <details><summary>Your prediction</summary>
#
# By half of it, $1/2$.
#
# </details>

# %% tags=["hide-input"]
claims.measure(
    "C01.1",
    "the line rises: slope",
    lambda start, end: end - start,
    of=[(0, end) for end in slope.values],
    control=[(0, 0)],
    above=0.5,
)
claims.report()

# %% [markdown]
# ## Exercises
#
# 1. Draw $x^2$.
#
# <details>
# <summary>Solution</summary>
#
# The slope is $2x$:
#
# ```python
# plt.plot(points, [x**2 for x in points])
# ```
#
# </details>
""".replace("\\\\", "\\")


class Quiet:
    """Progress that is written nowhere, and remembers which jobs were executed."""

    def __init__(self):
        self.ended = []

    def update(self, jobs):
        pass

    def end(self, job):
        self.ended.append(job.label)


def make_course(folder, **sources):
    """A repository's folder with the settings of this one and the given chapters' sources."""
    for name in ("pyproject.toml", "tests/sanitize.cfg"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(REPOSITORY / name, folder / name)
    (folder / "notebooks" / "src").mkdir(parents=True)
    for name, text in sources.items():
        (folder / "notebooks" / "src" / f"{name}.py").write_text(text, encoding="utf-8")
    return folder


@pytest.fixture(autouse=True)
def no_figure_stays_open():
    """A test's figures don't meet the next one, whichever that is."""
    yield
    if "matplotlib.pyplot" in sys.modules:
        sys.modules["matplotlib.pyplot"].close("all")


@pytest.fixture(scope="session")
def executed_course(tmp_path_factory):
    """A course whose one chapter has been executed. Not to be changed; take ``course``."""
    from dlcourse.publishing import chapters, pairing

    folder = make_course(tmp_path_factory.mktemp("course 课程") / "repository", **{"01_sample": SAMPLE})
    said = []
    good = pairing.synchronise(chapters.find(folder), Quiet(), say=said.append)
    assert good, "\n".join(said)
    return folder


@pytest.fixture
def course(executed_course, tmp_path, monkeypatch):
    """A copy of the executed course, for one test to change."""
    folder = tmp_path / "课程 of one"
    shutil.copytree(executed_course, folder)
    monkeypatch.setenv("DLCOURSE_ROOT", str(folder))
    return folder


@pytest.fixture
def chapter(course):
    """The chapter of ``course``."""
    from dlcourse.publishing import chapters

    return chapters.select("01", course)[0]


@pytest.fixture
def sample(chapter):
    """The executed notebook of ``course``."""
    from dlcourse.publishing import pairing

    return pairing.read_notebook(chapter.notebook)


def fetch_or_skip(group):
    """A test that imports from a group asks for its fixture, and imports within itself: while tests are collected, the
    group may not be there.
    """
    from dlcourse.publishing import tools

    try:
        tools.install(REPOSITORY, group)
    except tools.ToolMissing as error:
        pytest.skip(f"no group `{group}`: {error}")


@pytest.fixture(scope="session")
def publish_group():
    """The packages of the group `publish`, fetched where they are missing; skips where they can't be had."""
    fetch_or_skip("publish")


@pytest.fixture(scope="session")
def grade_group():
    """The packages of the group `grade`, fetched where they are missing; skips where they can't be had."""
    fetch_or_skip("grade")


@pytest.fixture(scope="module")
def browser(publish_group):
    """A Chromium, driven by Playwright; skips where there is none."""
    from dlcourse.publishing import tools

    try:
        path = tools.browser()
    except tools.ToolMissing as error:
        pytest.skip(f"no browser: {error}")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as driver:
        started = driver.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield started
        started.close()
