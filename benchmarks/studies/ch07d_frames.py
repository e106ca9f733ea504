"""Chapter 07d: networks that predict ten frames of bouncing digits from ten; shipped.

    python benchmarks/run.py ch07d_frames

Five seeds of ``experiments.moving_digits.frame_network("channels")``, each on its own clips, every one seen once, and
the same on clips that stop: the last given frame, ten times (``stopped``). Recorded: cross-entropy in nats per frame by
horizon on 300 clips of validation digits, and each training's seconds. The weights go to results/ch07d_frames_KIND.npz
as float16, and the SHA-256 of each file into the record.
``longer``: one network of twice as many filters on ten times as many clips, whose weights aren't shipped:
cross-entropy, squared error and structural similarity by horizon on 300 clips of test digits. Settings were chosen on
seed 900.
"""

from dlcourse import recording, reproducibility
from dlcourse.experiments import moving_digits
from dlcourse.metrics import video

SEEDS, CLIPS = range(5), 6_400
LONGER, WIDER = 64_000, 64


def measured(model, part, seed, given=None):
    """Dict of measures by horizon on 300 clips."""
    past, future = moving_digits.halves(moving_digits.bouncing_clips(part, 300, seed))
    past = past if given is None else given(past)
    predicted = moving_digits.probabilities(model, past)
    return {
        "cross-entropy": video.cross_entropy(future, predicted).mean(axis=0).tolist(),
        "squared error": ((future - predicted) ** 2).sum(axis=(2, 3, 4)).mean(axis=0).tolist(),
        "similarity": video.structural_similarity(future, predicted).mean(axis=0).tolist(),
    }


def main():
    reproducibility.start(0)
    record = recording.Recording(
        "ch07d_frames",
        "Cross-entropy (nats per frame of 32 x 32 pixels) by horizon; hashes of the shipped weights",
    )
    for kind, given in (("channels", None), ("stopped", moving_digits.stopped)):
        if not record.done(f"frames_{kind}, sha256"):
            models, costs, seconds = {}, [], []
            for seed in SEEDS:
                models[seed] = moving_digits.frame_network("channels", seed)
                run = moving_digits.train_frames(models[seed], CLIPS, seed=seed, given=given)
                costs.append(measured(models[seed], "validation", seed + 1_000, given)["cross-entropy"])
                seconds.append(run.seconds)
                print(
                    kind, seed, f"{sum(costs[-1]) / 10:.1f} nats per frame, {run.seconds:.0f} s", flush=True
                )
            record.add(f"frames_{kind}, cross-entropy", costs)
            record.add(f"frames_{kind}, seconds", seconds)
            record.add(f"frames_{kind}, sha256", moving_digits.ship(f"frames_{kind}", models))
    if not record.done("longer"):
        model = moving_digits.frame_network("channels", 10, filters=WIDER)
        run = moving_digits.train_frames(model, LONGER, seed=10)
        found = measured(model, "test", 2_000)
        found |= {"clips": LONGER, "seconds": run.seconds, "parameters": model.count_params()}
        found["floor"] = floor("test", 2_000)
        record.add("longer", found)
        print("longer", sum(found["cross-entropy"]) / 10, flush=True)


def floor(part, seed):
    """Cross-entropy of the true frames themselves, in nats per frame: what grey pixels cost at least."""
    _, future = moving_digits.halves(moving_digits.bouncing_clips(part, 300, seed))
    return float(video.cross_entropy(future, future).mean())


if __name__ == "__main__":
    main()
