"""Answers of chapter 06b's exercises."""

from dlcourse.exercises import Exercise


def exercise_1():
    """An intersection over union."""
    shared = (30 - 20) * (40 - 20)
    return Exercise(
        expected=shared / (20 * 30 + 20 * 30 - shared),
        tolerance=2e-3,
        wrong=[
            (
                shared / 600,
                "That is the share of one box that the other covers. What sticks out of the other counts too.",
            ),
            (shared / 1200, "Added up, the two areas count twice what both cover."),
            (
                30 * 20 / (1200 - 30 * 20),
                "Along each axis the shared part goes from the larger of the two beginnings to the smaller of the "
                "two ends.",
            ),
        ],
        hints=[
            "The shared part goes from the larger of the two left edges to the smaller of the two right edges, "
            "and likewise "
            "downwards.",
            "It is 10 pixels wide. How tall? And which area do both boxes cover together, each pixel counted once?",
        ],
        solution=[
            "Shared: from 20 to 30 across and from 20 to 40 down, $10 \\cdot 20 = 200$ square pixels.",
            "Each box has $20 \\cdot 30 = 600$; together they cover $1200 - 200 = 1000$: `answer = 0.2`.",
        ],
    )


def exercise_2():
    """Average precision by hand."""
    import numpy as np

    recalls = np.linspace(0, 1, 101)
    by_recall = np.where(recalls <= 0.2 + 1e-9, 1, np.where(recalls <= 0.6 + 1e-9, 3 / 4, 0))
    return Exercise(
        expected=float(by_recall.mean()),
        tolerance=6e-3,
        wrong=[
            (0.6, "That is the last recall. AP is an area below precision, by recall."),
            (
                0.75,
                "That is the precision of the whole list. AP asks at every recall; those never reached count as 0.",
            ),
            (
                0.2 + 0.4 * (2 / 3 + 3 / 4) / 2,
                "Before the area is taken, 2/3 is raised to the best precision at this recall or more.",
            ),
        ],
        hints=[
            "Write down the four pairs of recall and precision first: the recalls are 1/5, 1/5, 2/5, 3/5.",
            "Precisions 1, 1/2, 2/3, 3/4. Now go from the last to the first, and raise each to the best so far.",
        ],
        solution=[
            "Right, wrong, right, right: precisions 1, 1/2, 2/3, 3/4 at recalls 0.2, 0.2, 0.4, 0.6.",
            "Raised: 1 at recall 0.2 (the later best, 3/4, is below 1), then 3/4 up to 0.6, then 0.",
            "$0.2 \\cdot 1 + 0.4 \\cdot 0.75 = 0.5$; at COCO's 101 recalls (21 at 1, 40 at 3/4) it is 51 / 101: "
            "`answer = 0.505`.",
        ],
    )


def exercise_3():
    """Soft non-maximum suppression."""
    import numpy as np

    def overlap(one, other):
        wide = min(one[2], other[2]) - max(one[0], other[0])
        tall = min(one[3], other[3]) - max(one[1], other[1])
        shared = max(0.0, wide) * max(0.0, tall)
        areas = [(box[2] - box[0]) * (box[3] - box[1]) for box in (one, other)]
        return shared / (sum(areas) - shared)

    def expected(boxes, scores):
        boxes, left = np.asarray(boxes, float), np.array(scores, float)
        result, waiting = np.zeros(len(left)), list(range(len(left)))
        while waiting:
            top = max(waiting, key=lambda index: left[index])
            waiting.remove(top)
            result[top] = left[top]
            for index in waiting:
                left[index] *= 1 - overlap(boxes[top], boxes[index])
        return result

    def judge(function):
        if not callable(function):
            return f"A function of boxes and scores was asked for; this is {type(function).__name__}."
        apart = np.array([[0, 0, 10, 10], [50, 50, 60, 60]])
        given = np.array([0.9, 0.8])
        said = np.asarray(function(apart, given.copy()), float)
        if said.shape != (2,):
            return f"For two boxes it gave something of shape {said.shape}: one score for each box was asked for."
        if not np.allclose(said, [0.9, 0.8]):
            return "Two boxes that don't touch keep their scores; yours don't."
        equal = np.array([[0, 0, 10, 10], [0, 0, 10, 10]])
        said = np.asarray(function(equal, np.array([0.6, 0.9])), float)
        if np.allclose(said, [0.0, 0.0]):
            return "Of two equal boxes both went to 0. Does the first one lower its own score?"
        if not np.allclose(said, [0.0, 0.9]):
            return (
                "Of two equal boxes the one with the higher score should stay as it is, and the other go to 0, "
                "each at its own "
                "place in the result."
            )
        random = np.random.default_rng(0)
        for count in (3, 8):
            corners = random.integers(0, 20, (count, 2))
            boxes = np.concatenate([corners, corners + random.integers(5, 20, (count, 2))], axis=1)
            scores = random.permutation(count) / count + 0.1
            before = scores.copy()
            said = np.asarray(function(boxes, scores), float)
            if not np.allclose(scores, before):
                return "Your function changes the scores that it was given: begin with a copy of them."
            if not np.allclose(said, expected(boxes, before)):
                return (
                    f"For {count} boxes the scores differ. After each box the next is the one with the highest score "
                    "*now*, lowered scores counted, and it lowers only those that wait."
                )
        return None

    return Exercise(
        judge=judge,
        hints=[
            "Keep a list of boxes that wait. Take the one with the highest score out of it, and lower those that "
            "wait.",
            "A score may be lowered several times, by several boxes, so look for the highest anew each time.",
        ],
        solution=[
            """
```python
def soft_nms(boxes, scores):
    scores, waiting = np.array(scores, float), list(range(len(scores)))
    while waiting:
        top = max(waiting, key=lambda index: scores[index])
        waiting.remove(top)
        for index in waiting:
            scores[index] *= 1 - iou(boxes[top], boxes[index])
    return scores

answer = soft_nms
```
""",
            "No box is dropped, so that two objects of one class that overlap can both be found (Bodla et al. 2017).",
        ],
    )


def exercise_4():
    """Peaks instead of suppression."""
    return Exercise(
        hints=[
            "`peaks` silences the cells that aren't peaks; `of_boxes.detections(..., threshold=1.0)` then suppresses "
            "nothing.",
            "`detection.precision(...)` gives `.ap` and `.at(0.75)`. Take the difference network by network: all five "
            "see the same scenes.",
        ],
        solution=[
            """
```python
for seed, weights in trained.items():
    outputs = outputs_of(network, weights, held_out.x)
    by_way = [detection.precision(of_boxes.detections(values, threshold=threshold), held_out)
              for values, threshold in [(outputs, 0.5), (peaks(outputs), 1.0)]]
    print(seed, *(f"AP {one.ap:.4f}, AP50 {one.at(0.5):.4f}, AP75 {one.at(0.75):.4f};" for one in by_way))
```
""",
            "A hill has one peak; where the network puts two peaks on one digit, both stay. Say which way is better by "
            "each of the three measures, and whether all five networks agree, before you believe a difference in the "
            "third digit.",
        ],
    )


def exercise_5():
    """Own pictures."""
    return Exercise(
        hints=[
            "Any tool that exports COCO's or YOLO's text format will do; twenty pictures with one class are a start.",
            "`datasets.from_boxes(folder, annotations, size=(96, 96))` gives splits that go into `training.fit` "
            "as scenes do. "
            "Sides must be multiples of 16.",
        ],
        solution=[
            """
```python
own = datasets.from_boxes("pictures", "boxes.json", size=(160, 160))
model = models.detector((160, 160, 3), len(own.classes), seed=0)
donor = detectors.shipped("detector", shape=(160, 160, 3))[0]
for layer in model.layers:
    if layer.name not in ("heat", "box"):
        layer.set_weights(donor.get_layer(layer.name).get_weights())
training.fit(model, training.objectives.detection(), own.train, epochs=30, batch_size=8,
             optimizer=keras.optimizers.Adam(1e-3))
judged = detection.precision(detectors.found_in(model, own.test.x), own.test)
print(f"AP50 {judged.at(0.5):.2f} on {len(own.test)} pictures")
```
""",
            "Compare it with the same network from untrained weights: are digits on coloured clutter of any use "
            "for photographs? "
            "With a handful of test pictures an AP is worth little; count the objects, and say how many were found.",
        ],
    )
