"""What chapter 08a defines, against calculations by hand, and its exercises' judge."""

import ast
import importlib.util

import chapter_code
import numpy as np
import pytest

from dlcourse import exercises, recording
from dlcourse.from_scratch import chain_diagnostics


@pytest.fixture(scope="module")
def chapter():
    def data(statement):
        return isinstance(statement, ast.Assign) and ast.unparse(statement.targets[0]) == "tumours"

    return chapter_code.definitions("08a", also=data)


@pytest.fixture(scope="module")
def contenders():
    path = chapter_code.ROOT / "benchmarks" / "nuts_contenders.py"
    spec = importlib.util.spec_from_file_location("nuts_contenders", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_energy_distance_is_the_sums_that_define_it(chapter):
    rng = np.random.default_rng(0)
    one, other = rng.normal(size=(12, 2)), rng.normal(size=(9, 2))

    def total(a, b):
        return sum(np.hypot(*(p - q)) for p in a for q in b)

    expected = 2 * total(one, other) / (12 * 9) - total(one, one) / (12 * 11) - total(other, other) / (9 * 8)
    assert chapter.energy_distance(one, other) == pytest.approx(expected)
    line = [np.array([[0.0, 0.0], [2.0, 0.0]]), np.array([[1.0, 0.0], [3.0, 0.0]])]
    assert chapter.energy_distance(*line) == pytest.approx(-1)


def test_a_ridge_has_variances_in_the_ratio(chapter):
    for ratio in (4, 64):
        short, long = np.linalg.eigvalsh(chapter.ridge(ratio))
        assert long / short == pytest.approx(ratio)


def test_the_two_posteriors_are_one(chapter):
    """NumPy's and TensorFlow's log density, of every split's own chains."""
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(3, 20, 4)), rng.integers(0, 2, (3, 20))
    w = rng.normal(size=(3, 2, 4))
    theirs = chapter.log_posterior(x, y, 1.5)(w).numpy()
    ours = chapter.LogisticPosterior(x, y, 1.5).log_density(w.reshape(6, 4))
    assert ours == pytest.approx(theirs.ravel())


def test_the_study_samples_the_chapters_posterior_and_a_point_is_measured_again(chapter, contenders):
    x, y, _, _ = chapter.splits([10, 11])
    for number, split in enumerate((10, 11)):
        features, labels = contenders.data(split)
        np.testing.assert_allclose(features, x[number])
        np.testing.assert_array_equal(labels, y[number])
    recorded = recording.load("ch08a_nuts")
    run = contenders.WAYS["HMC"](x[0], y[0], **recorded["HMC, settings"])
    draws, gradients = run(contenders.starts(21), 21)
    assert gradients == recorded["HMC, 10"]["gradients"]
    size = chain_diagnostics.effective_sample_size(draws).min()
    assert size == pytest.approx(recorded["HMC, 10"]["effective size"], rel=0.2)


def test_a_bent_ridge_has_its_gradient_and_its_moments(chapter):
    log_density, gradient = chapter.bent_ridge(0.05)
    x, tiny = np.random.default_rng(0).normal(size=(6, 2)) * 5, 1e-6
    for i, one in enumerate(np.eye(2)):
        slope = (log_density(x + tiny * one) - log_density(x - tiny * one)) / (2 * tiny)
        np.testing.assert_allclose(slope, gradient(x)[:, i], rtol=1e-4, atol=1e-6)
    side = np.linspace(-60, 60, 1_201)
    grid = np.stack(np.meshgrid(side, np.linspace(-15, 185, 2_001)), axis=-1)
    weight = np.exp(log_density(grid))
    weight /= weight.sum()
    means = (weight[..., None] * grid).sum(axis=(0, 1))
    variances = (weight[..., None] * (grid - means) ** 2).sum(axis=(0, 1))
    assert means == pytest.approx([0, 0], abs=1e-3)
    assert variances == pytest.approx([100, 1 + 2 * 100**2 * 0.05**2], rel=1e-3)


def test_sure_and_right_is_not_overconfident(chapter):
    y = np.array([1, 0, 1, 1])
    assert chapter.overconfidence(np.array([1.0, 0.0, 1.0, 1.0]), y) == 0
    assert chapter.overconfidence(np.array([0.9, 0.9, 0.9, 0.9]), y) == pytest.approx(0.15)
    assert chapter.nats(np.array([0.5, 0.5, 0.5, 0.5]), y) == pytest.approx(np.log(2))


def test_a_first_lag_is_enough_for_an_autoregression(chapter):
    rng = np.random.default_rng(0)
    x = np.zeros((4_000, 30))
    for t in range(1, 4_000):
        x[t] = 0.8 * x[t - 1] + rng.normal(size=30)
    assert chapter.by_one_lag(x) == pytest.approx(4_000 * 0.2 / 1.8, rel=0.05)
    assert chapter.by_all_lags(x) == pytest.approx(4_000 * 0.2 / 1.8, rel=0.15)


def test_powers_are_found(chapter):
    x = np.array([4, 8, 64])
    assert chapter.power(3.0 * x**-0.25, x) == pytest.approx(-0.25)


def test_the_right_sampler_of_rates_has_the_exact_posterior(chapter):
    """Rates drawn given counts, over all simulations, have the prior's mean (2) and variance (2)."""
    _, drawn = chapter.simulated(3, simulations=2_000)
    rates = np.exp(drawn[-1])
    assert rates.mean() == pytest.approx(2.0, abs=0.15) and rates.var() == pytest.approx(2.0, abs=0.4)
    _, faulty = chapter.simulated(3, jacobian=False, simulations=2_000)
    assert np.exp(faulty[-1]).mean() == pytest.approx(1.5, abs=0.15)


@pytest.mark.parametrize(
    "answer, says",
    [
        (lambda p: lambda t: p(np.exp(t)), "the Jacobian is missing"),
        (lambda p: lambda t: p(np.exp(t)) - t, "wrong side"),
        (lambda p: lambda t: p(np.exp(t)) + np.exp(t), "its logarithm"),
        (lambda p: lambda t: p(t**2 + 1), "by hand"),
        (lambda p: 3.0, "a function of θ"),
        (lambda p: lambda t: 1.0, "as many"),
        (2.0, "takes a log density"),
        (lambda: 1, "it stops with TypeError"),
    ],
)
def test_the_judge_of_exercise_4_sees_what_is_wrong(answer, says):
    assert says in exercises.find("08a.4").judge(answer)


def test_the_judge_of_exercise_4_takes_what_is_right():
    assert exercises.find("08a.4").judge(lambda p: lambda t: p(np.exp(t)) + t) is None
    assert exercises.find("08a.4").judge(lambda p: lambda t: p(np.exp(t)) + t + 5) is None
