"""The No-U-Turn sampler (Hoffman & Gelman 2014) by TensorFlow Probability."""

from dataclasses import dataclass

import numpy as np

from dlcourse import checks


@dataclass(frozen=True)
class Sampled:
    """What NUTS gave.

    Attributes:
        draws: (draws, chains, dimensions), float64; with groups (draws, groups, chains, dimensions).
        leapfrogs: gradients that each draw took, (draws, chains) or (draws, groups, chains).
        step: the step size found in the warm-up, a number or (groups,).
        diverged: share of draws whose trajectory was lost.
    """

    draws: np.ndarray
    leapfrogs: np.ndarray
    step: float | np.ndarray
    diverged: float


def sample(log_density, start, *, draws, warmup, seed, step=0.1, acceptance=0.8):
    """Chains by NUTS; its step size is adapted in the warm-up until proposals are accepted so often.

    One step size serves all chains of a group. Compiling the tree takes about a second before the first draw, so that
    several densities of one shape are better sampled as groups of one call.

    Args:
        log_density: TensorFlow function from float64 (chains, dimensions) to (chains,); with groups from (groups,
            chains, dimensions) to (groups, chains).
        start: (chains, dimensions), or (groups, chains, dimensions): each group has a step size of its own.
        draws, warmup: kept, and thrown away before.
        seed: whole number.
        step: the step size to begin with.
        acceptance: mean acceptance probability that the warm-up aims for.

    Returns:
        Sampled.

    Raises:
        ValueError: where an argument is of another form.
    """
    import tensorflow as tf
    import tensorflow_probability as tfp

    start = checks.numeric("sample(start)", start)
    if start.ndim not in (2, 3):
        raise ValueError(
            f"sample(start): shape {start.shape}; expected (chains, dimensions) or (groups, chains, dimensions)."
        )
    draws = checks.whole_number("sample(draws)", draws)
    warmup = checks.whole_number("sample(warmup)", warmup, 2)
    seed = checks.seed("sample(seed)", seed)
    acceptance = checks.fraction("sample(acceptance)", acceptance)
    steps = np.full((*start.shape[:-2], 1, 1), checks.positive("sample(step)", step))
    kernel = tfp.mcmc.NoUTurnSampler(log_density, step_size=tf.constant(steps, "float64"))
    kernel = tfp.mcmc.DualAveragingStepSizeAdaptation(
        kernel, int(0.8 * warmup), target_accept_prob=tf.constant(acceptance, "float64")
    )

    def trace(_, results):
        inner = results.inner_results
        return inner.leapfrogs_taken, inner.has_divergence, results.new_step_size

    @tf.function(autograph=False)
    def run(start):
        return tfp.mcmc.sample_chain(
            draws, start, kernel=kernel, num_burnin_steps=warmup, seed=[0, seed], trace_fn=trace
        )

    kept, (leapfrogs, diverged, steps) = run(tf.constant(start))
    return Sampled(kept.numpy(), leapfrogs.numpy(), steps[-1].numpy()[..., 0, 0], float(np.mean(diverged)))
