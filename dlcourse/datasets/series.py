"""Two measured time series: carbon dioxide on Mauna Loa by the week, the weather of Seattle by the day.

A gap in a series stays a gap (NaN). Whoever fills it for a forecast may look only backwards, which is a matter of the
forecast and not of the data: see `dlcourse.datasets.windows`.
"""

import dataclasses
import difflib

import numpy as np

from dlcourse.datasets import catalogue

WEATHER = ("drizzle", "fog", "rain", "snow", "sun")
"""Names of the kinds of weather, in the order of their numbers in seattle_weather.npz."""


@dataclasses.dataclass(frozen=True, eq=False)
class Series:
    """Quantities measured at equal intervals.

    dates: datetime64[D] (n,), one interval apart. values: float64 (n, variables), NaN where nothing was measured.
    variables: the names of the columns, with units.
    """

    name: str
    title: str
    dates: np.ndarray
    values: np.ndarray
    variables: tuple
    licence: str = ""
    source: str = ""
    citation: str = ""

    def __len__(self):
        return len(self.dates)

    def __getitem__(self, variable):
        """One column, float64 (n,), by its name with or without its unit. Raises KeyError, listing the names."""
        for column, known in enumerate(self.variables):
            if variable in (known, known.split(" (")[0]):
                return self.values[:, column]
        raise KeyError(f"{self.name} has no variable {variable!r}: there are {', '.join(self.variables)}")

    def __repr__(self):
        gaps = int(np.isnan(self.values).any(axis=1).sum())
        return (
            f"Series({self.name!r}, {len(self):,} rows, {self.dates[0]} to {self.dates[-1]}, {gaps} with gaps; "
            f"{', '.join(self.variables)})"
        )


def names():
    """The names that `read` knows, as a list."""
    return [name for name, entry in catalogue.entries().items() if entry["kind"] == "time series"]


def read(name):
    """The time series `name`: "co2" or "seattle_weather".

    Raises ValueError for an unknown name, catalogue.DataError where the file is missing or is not the one that the
    catalogue describes.
    """
    known = names()
    if name not in known:
        close = difflib.get_close_matches(str(name).lower(), known, n=1)
        hint = f" Did you mean {close[0]!r}?" if close else ""
        raise ValueError(f"there is no time series {name!r}.{hint} There are: {', '.join(known)}")
    entry = catalogue.entry(name)
    arrays = catalogue.arrays(entry["files"][0])
    numbers = arrays.pop("date").astype("int64")  # 19580329 is 29 March 1958
    dates = (
        (numbers // 10_000 - 1970).astype("datetime64[Y]").astype("datetime64[M]")
        + (numbers // 100 % 100 - 1).astype("timedelta64[M]")
    ).astype("datetime64[D]") + (numbers % 100 - 1).astype("timedelta64[D]")
    return Series(
        name=name,
        title=entry["title"],
        dates=dates,
        values=np.column_stack([arrays[column] for column in entry["columns"]]).astype("float64"),
        variables=tuple(entry["variables"]),
        licence=entry["licence"],
        source=entry["source"],
        citation=entry["citation"],
    )
