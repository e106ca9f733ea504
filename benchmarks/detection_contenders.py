"""A peer of chapter 06b's detector, in a process of its own: trains, and writes what it finds; prints JSON.

    python benchmarks/detection_contenders.py '{"seconds": 300, "peak": 0.002, "seed": 0, "scenes": 1000, "out": "..."}'

The peer is the smallest network of Ultralytics' YOLO11 with that library's own loss, from untrained weights, in a plain
PyTorch loop: AdamW, a learning rate that rises and falls by a cosine as ours does, batches of 16, one thread. It sees
the scenes that our detector of this seed sees, in the same order, until its processor seconds are over. ``split`` says
whose scenes it is judged on: "validation" where a learning rate is chosen, "test" where it is reported.
"""

import json
import math
import sys
import time

BATCH, CLASSES, WARMUP, CROWDED = 16, 10, 0.1, 0.85
LEAST, SUPPRESSION = 0.02, 0.5


def main(settings):
    print(json.dumps(yolo(**settings)))


def yolo(seconds, peak, seed, scenes, out, split="test", sides=96):
    """Train for so many processor seconds, find digits in so many scenes, and write them to ``out``, an .npz file."""
    import numpy as np
    import torch
    from ultralytics.cfg import get_cfg
    from ultralytics.nn.tasks import DetectionModel

    from dlcourse import datasets
    from dlcourse.datasets import scenes as composed

    torch.set_num_threads(1)
    torch.manual_seed(seed)
    digits = datasets.load("mnist")
    model = DetectionModel("yolo11n.yaml", nc=CLASSES, verbose=False)
    model.args = get_cfg()
    model.train()
    optimizer = torch.optim.AdamW(model.parameters(), lr=peak, weight_decay=1e-2)
    began, steps, done = time.process_time(), 0, 0.0
    while done < 1:
        rising = (
            done / WARMUP if done < WARMUP else 0.5 + 0.5 * math.cos(math.pi * (done - WARMUP) / (1 - WARMUP))
        )
        for group in optimizer.param_groups:
            group["lr"] = peak * max(rising, 0.05 if done < WARMUP else 0.0)
        made = composed.compose(
            digits.train, BATCH, seed=1_000 + seed, first=steps * BATCH, least=6 if done < CROWDED else 1
        )
        loss = model.loss(_batch(made, sides))[0].sum()
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 10.0)
        optimizer.step()
        steps += 1
        done = (time.process_time() - began) / seconds
    model.eval()
    judged = composed.compose(getattr(digits, split), scenes, seed=0 if split == "test" else 500)
    began = time.process_time()
    found = _found(model, judged.x, sides)
    each = (time.process_time() - began) / scenes
    counts = [len(one) for one in found]
    np.savez_compressed(out, counts=counts, rows=np.concatenate(found))
    parameters = sum(parameter.numel() for parameter in model.parameters())
    return {"steps": steps, "scenes": steps * BATCH, "parameters": parameters, "seconds per image": each}


def _pixels(x, sides):
    """Images (n, 96, 96, 3) as a tensor (n, 3, sides, sides)."""
    import torch

    images = torch.from_numpy(x).permute(0, 3, 1, 2).contiguous()
    if sides != x.shape[1]:
        images = torch.nn.functional.interpolate(images, (sides, sides), mode="bilinear", align_corners=False)
    return images


def _batch(made, sides):
    """Scenes as Ultralytics has a batch: boxes are centre, width and height as shares of the image."""
    import numpy as np
    import torch

    image, place = np.nonzero(made.labels >= 0)
    boxes = made.boxes[image, place] / made.x.shape[1]
    middles, sizes = (boxes[:, :2] + boxes[:, 2:]) / 2, boxes[:, 2:] - boxes[:, :2]
    return {
        "img": _pixels(made.x, sides),
        "batch_idx": torch.from_numpy(image.astype("float32")),
        "cls": torch.from_numpy(made.labels[image, place].astype("float32"))[:, None],
        "bboxes": torch.from_numpy(np.concatenate([middles, sizes], axis=1)),
    }


def _found(model, x, sides):
    """For each image an array (n, 6): left, top, right, bottom in the image's pixels, score, class."""
    import torch
    from ultralytics.utils.nms import non_max_suppression

    found = []
    with torch.no_grad():
        for first in range(0, len(x), 50):
            outputs = model(_pixels(x[first : first + 50], sides))
            kept = non_max_suppression(outputs, LEAST, SUPPRESSION, multi_label=True, max_det=100)
            found += [one.numpy() * ([x.shape[1] / sides] * 4 + [1, 1]) for one in kept]
    return found


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
