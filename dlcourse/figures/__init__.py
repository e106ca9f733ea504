"""Figures of the course: one function per figure, one file per subject.

Every function takes its data first, and then ``caption`` and ``alt``; those of one panel also ``ax`` (draw there, show
nothing) and ``figsize`` (in inches).
"""

from dlcourse import style
from dlcourse.figures.charts import learning_curves
from dlcourse.figures.pictures import image_grid

__all__ = ["image_grid", "learning_curves", "style"]
