"""Are the boxes that a detector found those that are there? Average precision as COCO has it, and errors by kind.

Lin et al. 2014, arXiv:1405.0312, and its code, pycocotools, which a test holds this to. Kinds of errors: Bolya et al.
2020, arXiv:2008.08115.
"""

import dataclasses

import numpy as np

from dlcourse import checks
from dlcourse.models import boxes as of_boxes

THRESHOLDS = np.linspace(0.5, 0.95, 10)
"""COCO's IoUs, over which AP is a mean; AP50 is the first alone."""

RECALLS = np.linspace(0, 1, 101)
MOST = 100
"""Detections of an image that count, those with the highest scores."""

RIGHT, NEAR = 0.5, 0.1
KINDS = ("right", "double", "misnamed", "misplaced", "background")


@dataclasses.dataclass(frozen=True, eq=False)
class Precision:
    """Precision of the detections, by class, IoU and recall.

    Attributes:
        curves: float (classes, IoUs, 101): the precision at recall 0, 0.01 ... 1, as the best at that recall or more;
            NaN for a class of which there is no object.
        thresholds: float (IoUs,).
    """

    curves: np.ndarray
    thresholds: np.ndarray

    @property
    def ap(self):
        """Average precision: mean over recalls, IoUs and classes."""
        return float(np.nanmean(self.curves)) if np.isfinite(self.curves).any() else float("nan")

    def at(self, threshold):
        """Average precision at one IoU: ``at(0.5)`` is AP50. Raises ValueError where it isn't among the thresholds."""
        near = np.flatnonzero(np.isclose(self.thresholds, threshold))
        if not len(near):
            raise ValueError(f"at({threshold!r}): expected one of {np.round(self.thresholds, 3).tolist()}.")
        return float(np.nanmean(self.curves[:, near[0]]))


def precision(found, truth, *, thresholds=THRESHOLDS, areas=(0, np.inf)):
    """Average precision of detections, as COCO computes it.

    The detections of a class are taken from the highest score to the lowest, over all images. Each is right if an
    object of its class in its image, not taken by a detection before, overlaps it by the threshold's IoU or more; of
    several the one with the highest IoU.

    Args:
        found: list of ``models.boxes.Found``, one per image.
        truth: BoxedSplit of as many images.
        thresholds: IoUs.
        areas: (lowest, highest) area of an object's box in square pixels. Objects of other areas are neither missed nor
            found; a detection that is right for none counts as wrong only where its own area lies inside.

    Returns:
        Precision.

    Raises:
        ValueError: where there are not as many images, or thresholds aren't from 0 to 1.
    """
    found, classes = _checked("precision", found, truth)
    thresholds = np.atleast_1d(checks.between("precision(thresholds)", thresholds, 0, 1))
    parts, objects = [], np.zeros(classes, int)
    for image, one in enumerate(found):
        boxes, labels = truth.objects(image)
        outside = _outside(boxes, areas)
        objects += np.bincount(labels[~outside], minlength=classes)
        parts.append(_judged(one, boxes, labels, outside, areas, thresholds))
    scores, named, hits, counted = (np.concatenate(part, axis=-1) for part in zip(*parts, strict=True))
    curves = np.full((classes, len(thresholds), len(RECALLS)), np.nan)
    for label in range(classes):
        if objects[label]:
            rows = np.flatnonzero(named == label)
            curves[label] = _interpolated(scores[rows], hits[:, rows], counted[:, rows], objects[label])
    return Precision(curves, thresholds)


def _judged(one, boxes, labels, outside, areas, thresholds):
    """The detections of an image by falling score: scores (n,), labels (n,), hits (IoUs, n), counted (IoUs, n)."""
    first = _most_of_a_class(np.argsort(-one.scores, kind="stable"), one.labels)
    overlaps, named = of_boxes.iou(one.boxes[first], boxes), one.labels[first]
    hits = np.zeros((len(thresholds), len(first)), bool)
    ignored = np.zeros_like(hits)
    for label in set(labels.tolist()):
        rows, of_truth = np.flatnonzero(named == label), np.flatnonzero(labels == label)
        of_truth = of_truth[np.argsort(outside[of_truth], kind="stable")]
        hits[:, rows], ignored[:, rows] = _matched(
            overlaps[rows[:, None], of_truth], outside[of_truth], thresholds
        )
    ignored |= ~hits & _outside(one.boxes[first], areas)
    return one.scores[first], named, hits, ~ignored


def _most_of_a_class(order, labels):
    """An order of detections, without those that come after the first 100 of their class."""
    if len(order) <= MOST:
        return order
    kept = [np.flatnonzero(labels[order] == label)[:MOST] for label in np.unique(labels)]
    return order[np.sort(np.concatenate(kept))]


def _outside(boxes, areas):
    """Which boxes have an area below the lowest or above the highest, bool (n,)."""
    sizes = of_boxes.area(boxes)
    return (sizes < areas[0]) | (sizes > areas[1])


def _matched(overlaps, outside, thresholds):
    """Which detections are right, and which don't count since their object lies outside: bool (IoUs, detections) each.

    overlaps: float (detections, objects), detections by falling score, objects that count first.
    """
    hits = np.zeros((len(thresholds), len(overlaps)), bool)
    ignored = np.zeros_like(hits)
    if not overlaps.size:
        return hits, ignored
    for level, threshold in enumerate(thresholds):
        taken = set()
        for row, of_row in enumerate(overlaps.tolist()):
            best, chosen = min(threshold, 1 - 1e-10), -1
            for column, overlap in enumerate(of_row):
                if column in taken or overlap < best:
                    continue
                if chosen >= 0 and outside[column] and not outside[chosen]:
                    break  # an object that counts is better than one that doesn't
                best, chosen = overlap, column
            if chosen >= 0:
                taken.add(chosen)
                hits[level, row], ignored[level, row] = True, outside[chosen]
    return hits, ignored


def _interpolated(scores, hits, counted, objects):
    """Precision at each recall, float (IoUs, 101), of one class: scores (n,), hits and counted (IoUs, n)."""
    order = np.argsort(-scores, kind="stable")
    curves = np.zeros((len(hits), len(RECALLS)))
    for level in range(len(hits)):
        right = np.cumsum((hits & counted)[level, order])
        wrong = np.cumsum((~hits & counted)[level, order])
        of_found = right / np.maximum(right + wrong, np.spacing(1))
        best = np.maximum.accumulate(of_found[::-1])[::-1]  # the best at this recall or more
        places = np.searchsorted(right / objects, RECALLS, side="left")
        reached = places < len(best)
        curves[level, reached] = best[places[reached]]
    return curves


def sorted_errors(found, truth, *, least):
    """Every detection of at least a score by kind, and the objects that were missed.

    Detections are taken from the highest score to the lowest. One is *right* if an object of its class, not taken
    before, overlaps it by IoU 0.5 or more; else *double*, if an object of its class that is taken does; *misnamed*,
    if an object of another class does; *misplaced*, if an object of its class overlaps it by 0.1 or more; else
    *background*. What no right detection takes is *missed*.

    Args:
        found: list of ``models.boxes.Found``, one per image.
        truth: BoxedSplit of as many images.
        least: score.

    Returns:
        counts: dict from kind to number of detections, and from "missed" to number of objects.
        kinds: list of lists, the kind of each detection of at least that score, by image.
        seen: bool (images, most), whether each object was found; False where there is none.

    Raises:
        ValueError: where there are not as many images.
    """
    found, _ = _checked("sorted_errors", found, truth)
    kinds, seen = [], np.zeros(truth.labels.shape, bool)
    for image, one in enumerate(found):
        one = one.above(least)
        boxes, labels = truth.objects(image)
        overlaps = of_boxes.iou(one.boxes, boxes)
        kinds.append([""] * len(one))
        for row in np.argsort(-one.scores, kind="stable"):
            same = labels == one.labels[row]
            free = np.where(same & ~seen[image, : len(labels)], overlaps[row], -1)
            if len(labels) and free.max() >= RIGHT:
                seen[image, free.argmax()] = True
                kinds[image][row] = "right"
            elif (same & (overlaps[row] >= RIGHT)).any():
                kinds[image][row] = "double"
            elif (overlaps[row] >= RIGHT).any():
                kinds[image][row] = "misnamed"
            elif (same & (overlaps[row] >= NEAR)).any():
                kinds[image][row] = "misplaced"
            else:
                kinds[image][row] = "background"
    flat = [kind for of_image in kinds for kind in of_image]
    counts = {kind: flat.count(kind) for kind in KINDS}
    counts["missed"] = int((truth.labels >= 0).sum() - seen.sum())
    return counts, kinds, seen


def overlap_with_others(truth):
    """The largest IoU of each object's box with another's in its image, float (images, most); NaN where there is
    none.
    """
    most = np.full(truth.labels.shape, np.nan)
    for image in range(len(truth)):
        boxes, labels = truth.objects(image)
        overlaps = of_boxes.iou(boxes, boxes)
        np.fill_diagonal(overlaps, 0)
        if len(labels):
            most[image, : len(labels)] = overlaps.max(axis=1)
    return most


def _checked(name, found, truth):
    """The detections as a list, and how many classes there are."""
    found = list(found)
    if len(found) != len(truth):
        raise ValueError(
            f"{name}() got detections of {len(found)} images and boxes of {len(truth)}: give a Found for each image, "
            "an "
            "empty one where nothing was found."
        )
    labels = [one.labels.max() for one in found if len(one)]
    return found, 1 + int(max([truth.labels.max(initial=-1), *labels]))
