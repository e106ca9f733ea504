"""What chapter 01 uses besides: linear regions, snippets of text, and its recorded study."""

import chapter_code
import numpy as np
import pytest

from dlcourse import datasets, models, recording
from dlcourse.analysis import linear_regions
from dlcourse.datasets import language_snippets, texts


@pytest.mark.parametrize("units", [1, 2, 3, 5, 8, 12])
def test_lines_in_general_position_reach_zaslavskys_bound(units):
    random = np.random.default_rng(units)
    kernel, bias = random.normal(size=(2, units)), random.normal(size=units)
    assert (
        linear_regions.regions_of_layer(kernel, bias)
        == linear_regions.most_regions(units)
        == 1 + units + units * (units - 1) // 2
    )


@pytest.mark.parametrize("units", [2, 3, 8])
def test_lines_through_one_point_make_two_regions_each(units):
    kernel = np.random.default_rng(units).normal(size=(2, units))
    assert linear_regions.regions_of_layer(kernel, np.zeros(units)) == 2 * units


def test_special_arrangements_by_hand():
    assert (
        linear_regions.regions_of_layer([[1.0, 1.0, 1.0], [0.0, 0.0, 0.0]], [0.0, 1.0, 2.0]) == 4
    )  # three parallels
    grid = [[1.0, 1.0, 0.0, 0.0], [0.0, 0.0, 1.0, 1.0]]
    assert linear_regions.regions_of_layer(grid, [0.0, 1.0, 0.0, 1.0]) == 9  # a noughts-and-crosses board
    assert (
        linear_regions.regions_of_layer([[1.0, 0.0, 1.0], [0.0, 1.0, 1.0]], [0.0, 0.0, 0.0]) == 6
    )  # three through a point
    assert linear_regions.most_regions(3, dimensions=3) == 8
    with pytest.raises(ValueError, match="kernel"):
        linear_regions.regions_of_layer(np.zeros((3, 4)), np.zeros(4))


@pytest.mark.parametrize("hidden", [[5], [4, 3]])
def test_a_network_is_linear_within_a_pattern(hidden):
    model = models.mlp((2,), 2, hidden=hidden, seed=1)
    model.set_weights([weight + 0.3 for weight in model.get_weights()])
    points = linear_regions.grid(((-2.0, 2.0), (-2.0, 2.0)), points=60)
    found, index = linear_regions.patterns(model, points)
    assert len(found) == len(set(map(bytes, found))) and found.shape[1] == sum(hidden)
    assert set(index) == set(range(len(found)))
    outputs = np.asarray(model(points))
    for region in range(len(found)):
        inside = points[index == region]
        if len(inside) < 8:
            continue
        system = np.column_stack([inside, np.ones(len(inside))])
        residual = (
            system @ np.linalg.lstsq(system, outputs[index == region], rcond=None)[0]
            - outputs[index == region]
        )
        assert np.abs(residual).max() < 1e-4


def test_patterns_are_for_relu_networks_only():
    with pytest.raises(ValueError, match="ReLU"):
        linear_regions.patterns(models.mlp((2,), 2, hidden=[3], activation="tanh"), np.zeros((1, 2)))


@pytest.mark.parametrize("length", [7, 20])
def test_snippets_are_of_their_language_and_share_no_block(length):
    names = ["english", "german"]
    dataset, alphabet = language_snippets.languages(names, length, characters=20_000)
    blocks = {}
    for label, name in enumerate(names):
        whole = language_snippets.plain(texts.read(name))[:20_000]
        homes = {}  # from a snippet's text to the blocks that it may come from
        for block in range(20):
            for start in range(0, 1_000 - length + 1, length):
                text = whole[block * 1_000 + start : block * 1_000 + start + length]
                homes.setdefault(text, set()).add(block)
        for part in ("train", "validation", "test"):
            split = getattr(dataset, part)
            found = [homes["".join(alphabet[code] for code in codes)] for codes in split.x[split.y == label]]
            blocks[label, part] = set.union(*[home for home in found if len(home) == 1])
    for label in range(2):
        parts = [blocks[label, part] for part in ("train", "validation", "test")]
        assert [len(part) for part in parts] == [12, 4, 4]
        assert len(set.union(*parts)) == 20
    for part in (dataset.train, dataset.validation, dataset.test):
        assert part.x.shape == (len(part), length) and part.x.dtype == np.int32
        assert np.bincount(part.y).tolist() == [len(part) // 2] * 2


def test_plain_text_is_letters_and_single_spaces():
    assert language_snippets.plain("  L'Été,\n42 Füße! ") == "l été füße"
    with pytest.raises(ValueError, match="have fewer"):
        language_snippets.languages(["english"], 20, characters=10**9)
    with pytest.raises(ValueError, match="length of a block"):
        language_snippets.languages(["english"], 2_000)


def test_a_recorded_point_of_the_study_comes_back_within_its_interval():
    study = chapter_code.study("ch01_reuse")
    from dlcourse.experiments import transfer
    from dlcourse.measured import Measured

    recorded = recording.load("ch01_reuse")
    build, pretraining, jit_compile = study.NETWORKS["dense"]
    place = recorded["counts"].index(20)
    known, new, score = study.split_digits(datasets.load("mnist"))
    again = transfer.reuse(
        build,
        known,
        new,
        score,
        counts=[20],
        seeds=[0],
        pretraining=pretraining,
        steps=100,
        jit_compile=jit_compile,
        contenders=("reused", "from nothing"),
    )
    rows = [values for key, values in recorded.items() if key.startswith("dense")]
    for contender, value in again.items():
        of_seeds = Measured([row[contender][place] for row in rows])
        assert abs(value[0, 0] - of_seeds.mean) < 4 * of_seeds.sd


def test_every_recorded_sweep_has_its_best_rate_inside_and_finer_steps_around_it():
    recorded = recording.load("ch01_rates")
    assert len(recorded) >= 20
    for name, found in recorded.items():
        rates = sorted(map(float, found))
        assert list(map(float, found)) == rates
        best = rates.index(float(max(found, key=lambda rate: np.mean(found[rate]))))
        assert 0 < best < len(rates) - 1, name
        steps = np.log2(np.divide(rates[1:], rates[:-1]))
        assert steps.max() < 1.01 and steps[best - 1 : best + 1].max() < 0.51, name
        assert {len(scores) for scores in found.values()} == {3}


@pytest.mark.parametrize("peak", [1e-4, 3e-2, 1.0])
def test_a_sweep_finds_a_peak_wherever_it_begins(peak):
    found = chapter_code.study("ch01_rates").sweep(lambda rate: [-abs(np.log(rate / peak))], 1e-2)
    best = float(max(found, key=lambda rate: found[rate][0]))
    assert peak / 1.2 < best < peak * 1.2


def test_a_recorded_point_of_the_sweeps_comes_back():
    study = chapter_code.study("ch01_rates")
    recorded = recording.load("ch01_rates")["activation: none"]
    data = datasets.load("mnist1d")
    from dlcourse.training import repeats

    rate = max(recorded, key=lambda rate: np.mean(recorded[rate]))
    again = repeats.accuracies(
        lambda seed: models.mlp((40, 1), 10, hidden=[], seed=seed),
        data.train,
        data.validation,
        seeds=study.SEEDS,
        steps=500,
        learning_rate=float(rate),
    )
    assert np.abs(again - recorded[rate]).max() < 0.02
