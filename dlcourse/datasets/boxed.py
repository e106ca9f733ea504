"""Images with boxes around what they show: what a detector learns from."""

import dataclasses

import numpy as np

from dlcourse import checks


@dataclasses.dataclass(frozen=True, eq=False)
class BoxedSplit:
    """Images, and the boxes and class labels of the objects in each.

    x: float32 (images, height, width, channels), from 0 to 1.
    boxes: float32 (images, most, 4): left, top, right and bottom edge in pixels, the image's upper left corner being
        (0, 0). Rows after an image's last object are 0.
    labels: int32 (images, most): classes from 0; -1 where there is no object.
    """

    x: np.ndarray
    boxes: np.ndarray
    labels: np.ndarray

    @property
    def y(self):
        """The targets as objectives take them: (boxes, labels)."""
        return self.boxes, self.labels

    def __len__(self):
        return len(self.labels)

    def take(self, n, seed=0):
        """`n` images drawn by `seed`, as a new BoxedSplit. Raises ValueError unless 1 <= n <= len(self)."""
        n = checks.whole_number("take(n)", n, most=len(self))
        chosen = np.random.default_rng(seed).permutation(len(self))[:n]
        return BoxedSplit(self.x[chosen], self.boxes[chosen], self.labels[chosen])

    def objects(self, image):
        """The objects of one image: boxes float32 (n, 4), labels int32 (n,)."""
        there = self.labels[image] >= 0
        return self.boxes[image][there], self.labels[image][there]

    def __repr__(self):
        count = int((self.labels >= 0).sum())
        return f"BoxedSplit({len(self):,} images {self.x.shape[1:]}, {count:,} boxes)"
