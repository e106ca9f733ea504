"""Progress bars: shown to people, absent where outputs are stored or compared."""

import gymnasium
import pytest
import tqdm.notebook
import tqdm.std

from dlcourse import progress
from dlcourse.rl import dqn, environments, ppo, tabular


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


def test_until_goes_on_as_long_as_the_number_is_below_the_total(monkeypatch):
    monkeypatch.setenv("TQDM_DISABLE", "0")
    monkeypatch.setattr(progress, "DELAY", 0)
    made, done = [], [0]

    class Kept(tqdm.std.tqdm):
        def __init__(self, *arguments, **options):
            super().__init__(*arguments, **options)
            made.append(self)

    monkeypatch.setattr(progress, "tqdm", Kept)
    seen = []
    for now in progress.until(10, lambda: done[0], "steps"):
        seen.append((int(now), made[0].n))
        done[0] += 4
    assert seen == [(0, 0), (4, 4), (8, 8)] and made[0].total == 10


def test_tables_show_a_bar_over_all_their_steps(monkeypatch):
    shown = []

    def noted(iterable, *arguments):
        shown.append(len(iterable))
        return iterable

    monkeypatch.setattr(progress, "bar", noted)
    lakes = gymnasium.make_vec("FrozenLake-v1", num_envs=2, vectorization_mode="sync")
    for learn in (tabular.q_learning, tabular.sarsa, tabular.double_q_learning):
        learn(lakes, steps=30, step_size=0.1, epsilon=0.1, discount=0.9)
    assert shown == [30, 30, 30]


def test_deep_agents_show_environment_steps(monkeypatch):
    monkeypatch.setenv("TQDM_DISABLE", "0")
    monkeypatch.setattr(progress, "DELAY", 0)
    made = []

    class Kept(tqdm.std.tqdm):
        def __init__(self, *arguments, **options):
            super().__init__(*arguments, **options)
            made.append(self)

    monkeypatch.setattr(progress, "tqdm", Kept)
    dqn.train(environments.cart_poles(8), dqn.Settings(), agents=2, steps=42)
    ppo.train(environments.cart_poles(8), ppo.Settings(length=5, epochs=1), agents=2, steps=60)
    assert [bar.total for bar in made] == [42, 60] and {bar.unit for bar in made} == {"step"}
    assert made[0].n == 40 and 20 <= made[1].n < 60  # of each agent; PPO's, when its last update began
