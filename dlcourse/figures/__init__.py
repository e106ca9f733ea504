"""Figures of the course, one function a figure; a file a subject.

Every function takes its data first, and then ``ax`` (draw there, show nothing), ``caption`` and ``alt``.
"""

from dlcourse import style
from dlcourse.figures.charts import learning_curves
from dlcourse.figures.pictures import image_grid

__all__ = ["image_grid", "learning_curves", "style"]
