"""How a learning rate changes over a training: a short rise, then a long fall."""

import keras

from dlcourse import checks


def rise_and_fall(peak, steps, part=10):
    """A learning rate that rises evenly from a tenth of its peak to the peak, then falls to 0 by half a cosine.

    Args:
        peak: the highest learning rate.
        steps: of the whole training.
        part: the rise takes one of so many equal parts of the steps, and one step at least.

    Returns:
        keras.optimizers.schedules.CosineDecay, for an optimizer's ``learning_rate``.

    Raises:
        ValueError: where a number makes no sense.
    """
    peak = checks.positive("rise_and_fall(peak)", peak)
    steps = checks.whole_number("rise_and_fall(steps)", steps)
    rise = max(1, steps // checks.whole_number("rise_and_fall(part)", part))
    return keras.optimizers.schedules.CosineDecay(
        peak / 10, max(1, steps - rise), warmup_target=peak, warmup_steps=rise
    )
