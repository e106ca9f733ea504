"""What `load` returns: three splits of arrays, and where they come from."""

import dataclasses

import numpy as np

from dlcourse.datasets import splitting


@dataclasses.dataclass(frozen=True, eq=False)
class Split:
    """Examples and their targets.

    x: float32 (examples, ...); y: int32 (examples,) for class labels, float32 (examples,) for quantities.
    """

    x: np.ndarray
    y: np.ndarray

    def __len__(self):
        return len(self.y)

    def take(self, n, seed=0):
        """`n` examples drawn by `seed`, in a shuffled order, as a new Split.

        Where y holds class labels the classes keep their proportions (largest remainder). One seed draws
        each class in the same order whatever `n` is. Raises ValueError unless `n` is a whole number from 1 to
        `len(self)`.
        """
        chosen = splitting.choose(self.y, n, seed)
        return Split(self.x[chosen], self.y[chosen])

    def __repr__(self):
        return f"Split(x: {_kind(self.x)}, y: {_kind(self.y)})"


@dataclasses.dataclass(frozen=True, eq=False)
class Dataset:
    """Training, validation and test data, with title, licence and source.

    `classes` is a tuple of names, label 0 first, or None where the target is a quantity. `features` names
    the columns of tabular data, else it is None. Sizes differ from split to split; shapes and dtypes don't.
    """

    name: str
    title: str
    train: Split
    validation: Split
    test: Split
    classes: tuple | None = None
    licence: str = ""
    source: str = ""
    citation: str = ""
    features: tuple | None = None

    @property
    def input_shape(self):
        """The shape of one example, as models take it: (28, 28, 1) for MNIST."""
        return self.train.x.shape[1:]

    def __len__(self):
        return len(self.train) + len(self.validation) + len(self.test)

    def __repr__(self):
        sizes = " + ".join(f"{len(split):,}" for split in (self.train, self.validation, self.test))
        return f"Dataset({self.name!r}, {sizes} examples, x: {_example(self.train.x)}, y: {self._target()})"

    def _repr_markdown_(self):
        rows = [("training", self.train), ("validation", self.validation), ("test", self.test)]
        lines = [f"**{self.title}** (`{self.name}`)", "", "| split | x | y |", "| --- | --- | --- |"]
        lines += [f"| {title} | {_kind(split.x)} | {_kind(split.y)} |" for title, split in rows]
        lines += ["", f"Target: {self._target()}."]
        if self.licence:
            lines[-1] += f" Licence: {self.licence}."
        return "\n".join(lines)

    def _target(self):
        if self.classes is None:
            return "a quantity"
        shown = ", ".join(self.classes[:10]) + (", …" if len(self.classes) > 10 else "")
        return f"{len(self.classes)} classes ({shown})"


def _kind(array):
    if isinstance(array, tuple):
        return ", ".join(map(_kind, array))
    return f"{array.dtype} {array.shape}"


def _example(array):
    return f"{array.dtype} {array.shape[1:]}"
