"""Points of chapter 05's studies are measured anew: what stands in benchmarks/results is what a study gives."""

import chapter_code
import pytest

from dlcourse import datasets, recording, reproducibility
from dlcourse.datasets import transforms
from dlcourse.experiments import hyperparameter_search
from dlcourse.training import hyperparameters, search


@pytest.mark.slow
def test_a_strength_of_the_regularisers_is_measured_again():
    reproducibility.start(0)
    recorded = recording.load("ch05_regularizers")["noise 0.3"]
    anew = chapter_code.study("ch05_regularizers").errors(0.3, {"l2": [0.0064]}, draws=[100, 101])
    for name, values in anew.items():
        assert values == pytest.approx(recorded[name][:2], abs=0.02), name
    assert recorded["l2, 0.0064"][0] < recorded["nothing, 0"][0] - 0.05  # so the tolerance tells them apart


@pytest.mark.slow
def test_a_search_begins_as_it_is_recorded():
    reproducibility.start(0)
    recorded = recording.load("ch05_search")["random, 0"]
    mnist = datasets.load("mnist")
    network = hyperparameters.Tunable(transforms.pooled(mnist.train.take(500, 0)), 10)
    judge = transforms.pooled(mnist.validation.take(2000, 0))
    found = search.run(
        hyperparameter_search.objective(network, judge, 0),
        hyperparameter_search.SPACE,
        budget=27,
        epochs=9,
        sampler="random",
        seed=0,
    )
    errors = recorded["complete"]["error"]
    assert [trial.error for trial in found.trials] == pytest.approx(errors[:3], abs=0.03)
    assert found.trials[0].setting["hidden"] == recorded["complete"]["hidden"][0]
    assert max(errors) - min(errors) > 0.3  # so the tolerance tells settings apart


@pytest.mark.parametrize("name", ["ch05_regularizers"])
def test_the_best_strengths_lie_inside_their_grids(name):
    study = chapter_code.study(name)
    for noise, recorded in recording.load(name).items():
        for regularizer, grid in study.GRIDS.items():
            keys = ["nothing, 0", *(f"{regularizer}, {value:g}" for value in grid)]  # a grid begins at 0
            mean = [sum(recorded[key]) for key in keys]
            assert min(mean) < min(mean[0], mean[-1]), (noise, regularizer)


def test_measuring_less_often_changes_nothing():
    train = datasets.load("iris").train
    network = hyperparameters.Tunable(train, 3)
    settings = [hyperparameters.Setting(batch_size=20, learning_rate=rate) for rate in (0.01, 0.1)]

    def measure(networks):
        return networks.logits(train.x)

    often = network.train(settings, [0, 1], 4, measure)
    seldom = network.train(settings, [0, 1], 4, measure, passes=2)
    assert seldom == pytest.approx(often[:, :, 1::2], rel=1e-3, abs=1e-5)
    with pytest.raises(ValueError, match="divisor"):
        network.train(settings, [0], 4, measure, passes=3)
