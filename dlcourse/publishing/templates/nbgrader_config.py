"""nbgrader's settings for this course. Yours to change: this file was written once, and is never overwritten."""

import warnings
from pathlib import Path

from nbconvert.preprocessors import CSSHTMLHeaderPreprocessor
from nbgrader import preprocessors
from sqlalchemy.exc import SAWarning

from dlcourse.publishing import assignments, grading_collection, grading_execution, grading_feedback

c = get_config()  # noqa: F821 (nbgrader gives it)

warnings.simplefilter("ignore", SAWarning)  # nbgrader's own queries; nothing to do about them here

c.CourseDirectory.root = str(Path(__file__).parent)
c.CourseDirectory.course_id = "deep_learning"

# How long one cell, and one submission, may take, in seconds; and how much memory, in bytes (on Linux).
c.Execute.cell_seconds = 300
c.Execute.seconds = 1800
c.Execute.memory = 4_000_000_000

# Work that is late: "none" keeps its marks ("zero" takes them); the lateness is in the gradebook either way.
c.LateSubmissionPlugin.penalty_method = "none"

# Submissions downloaded from elsewhere, for `nbgrader zip_collect`: ada_2026-11-30-180000_anything.ipynb (UTC)
c.ZipCollectApp.collector_plugin = grading_collection.Collector
c.FileNameCollectorPlugin.named_regexp = (
    r".*/(?P<student_id>[^/]+?)_(?P<timestamp>\d{4}-\d\d-\d\d-\d\d-?\d\d-?\d\d)_(?P<file_id>[^/.]+)"
)

# What learners see in place of a solution.
c.ClearSolutions.code_stub = {"python": assignments.CODE_STUB}
c.ClearSolutions.text_stub = assignments.TEXT_STUB

# Tests that were deleted are put back; tests run within bounds; feedback has their messages without their code.
c.RestoreCells.add_missing_cells = True
c.Autograde.pre_convert_hook = grading_collection.adopt_renamed
c.Autograde.sanitize_preprocessors = [
    preprocessors.ClearOutput,
    preprocessors.DeduplicateIds,
    preprocessors.OverwriteKernelspec,
    grading_execution.RestoreCells,
    preprocessors.CheckCellMetadata,
]
c.Autograde.autograde_preprocessors = [
    grading_execution.Execute,
    preprocessors.LimitOutput,
    preprocessors.SaveAutoGrades,
    preprocessors.AssignLatePenalties,
    preprocessors.CheckCellMetadata,
]
c.GenerateFeedback.exporter_class = grading_feedback.Page
c.GenerateFeedback.preprocessors = [
    preprocessors.GetGrades,
    grading_feedback.HideTests,
    CSSHTMLHeaderPreprocessor,
]
