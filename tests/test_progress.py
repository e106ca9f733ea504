"""Progress bars: shown to people, absent where outputs are stored or compared."""

import pytest
import tqdm.notebook
import tqdm.std

from dlcourse.training import progress


@pytest.mark.parametrize("kind", [tqdm.std.tqdm, tqdm.notebook.tqdm_notebook])
@pytest.mark.parametrize(("variable", "disabled"), [("1", True), ("0", False), ("", False), (None, False)])
def test_the_variable_keeps_bars_out_of_terminals_and_notebooks(monkeypatch, kind, variable, disabled):
    if variable is None:
        monkeypatch.delenv("TQDM_DISABLE", raising=False)
    else:
        monkeypatch.setenv("TQDM_DISABLE", variable)
    monkeypatch.setattr(progress, "tqdm", kind)
    bar = progress.bar(range(3), "counting")
    assert bar.disable == disabled
    assert list(bar) == [0, 1, 2]
