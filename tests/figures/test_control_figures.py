"""Figures of toys, games and drives show what they were given."""

import numpy as np
import pytest
from matplotlib import pyplot as plt

from dlcourse.figures import control
from dlcourse.rl import wall_game


@pytest.fixture
def ax():
    fig, ax = plt.subplots()
    yield ax
    plt.close(fig)


def test_rods_point_where_the_state_says(ax):
    control.rods({"up": np.tile([1.0, 0.0, 0.0], (3, 1))}, "rods", every=1, ax=ax)
    rod = ax.lines[0].get_xydata()
    assert rod[1] - rod[0] == pytest.approx([0, 1])
    with pytest.raises(ValueError, match="one length"):
        control.rods({"a": np.zeros((3, 3)), "b": np.zeros((4, 3))}, "rods", ax=ax)


def test_films_of_the_game_have_a_picture_for_each_frame(ax):
    seen, _ = wall_game.VectorWallGame(1).reset(seed=0)
    control.wall_film(np.repeat(seen, 10, axis=0), "film", columns=8, ax=ax)
    assert ax.images[0].get_array().shape == (22, 88, 3)


def test_roads_show_the_cars_within_reach(ax):
    cars = [(0.0, 1, True), (30.0, 0, False), (500.0, 2, False)]
    control.road([("0 s", cars), ("1 s", cars)], "road", ax=ax)
    assert len(ax.patches) == 4
    assert [label.get_text() for label in ax.get_yticklabels()] == ["0 s", "1 s"]


def test_the_diagram_names_its_parts(ax):
    control.soft_actor_critic(ax=ax)
    said = " ".join(text.get_text() for text in ax.texts)
    assert "two critics" in said and "actor" in said and "memory" in said
