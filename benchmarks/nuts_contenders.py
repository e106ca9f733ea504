"""One sampler on one posterior of chapter 08a, in a process of its own: seconds and gradients, printed as JSON.

    python benchmarks/nuts_contenders.py '{"way": "NumPyro", "split": 10, "seed": 0, "out": "draws.npy"}'

The posterior is the chapter's: logistic regression with prior N(0, 1) on 11 weights, 40 patients to learn from; a split
says which. Four chains side by side on one core, from the same starts, in float64: 500 steps of warm-up, then 3,000
draws each (Metropolis takes more), which are written to ``out``. NUTS of TensorFlow Probability (a TensorFlow graph as
in the chapter, or compiled by XLA), NumPyro and BlackJAX (XLA both): acceptance 0.8, trees of at most ten doublings.
NumPyro and BlackJAX adapt a diagonal mass matrix too (NumPyro is also run without), and each chain's step by itself;
TFP's adaptation has one step for all. The course's Metropolis and HMC in NumPy take their settings. (JAX's chains one
after another were slower in one try; not recorded.)

Seconds are the processor's: of the first call, compiling with it, and of the second with another seed, without. Both
include the warm-up. Gradients are those of the second call, warm-up included, of all chains.
"""

import json
import os
import sys
import time

import numpy as np

WARMUP, DRAWS, CHAINS, WEIGHTS = 500, 3_000, 4, 11


def data(split, rows=40):
    """The chapter's features (40, 11), a column of ones first, and labels (40,)."""
    from sklearn.datasets import load_breast_cancer

    found = load_breast_cancer()
    few = np.random.default_rng(split).permutation(len(found.data))[:rows]
    x = found.data[few, :10]
    x = (x - x.mean(axis=0)) / x.std(axis=0)
    return np.column_stack([np.ones(rows), x]), found.target[few].astype("float64")


def starts(seed):
    return np.random.default_rng([seed, 11]).normal(size=(CHAINS, WEIGHTS))


def main(way, split, seed, out, **settings):
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    run = WAYS[way](*data(split), **settings)
    took = []
    for turn in (0, 1):
        began = time.process_time()
        draws, gradients = run(starts(2 * seed + turn), 2 * seed + turn)
        took.append(time.process_time() - began)
    np.save(out, draws)
    print(json.dumps({"first call": took[0], "second call": took[1], "gradients": int(gradients)}))


def tfp(jit):
    def build(x, y):
        import tensorflow as tf
        import tensorflow_probability as tfp

        tf.config.threading.set_intra_op_parallelism_threads(1)
        tf.config.threading.set_inter_op_parallelism_threads(1)
        x, y = tf.constant(x), tf.constant(y)

        def log_density(w):
            z = tf.matmul(w, x, transpose_b=True)
            return tf.reduce_sum(y * z - tf.nn.softplus(z), axis=-1) - 0.5 * tf.reduce_sum(w**2, axis=-1)

        @tf.function(jit_compile=jit, autograph=False)
        def sample(start, seed):
            kernel = tfp.mcmc.NoUTurnSampler(log_density, step_size=tf.constant(0.3, "float64"))
            kernel = tfp.mcmc.DualAveragingStepSizeAdaptation(
                kernel, int(0.8 * WARMUP), target_accept_prob=tf.constant(0.8, "float64")
            )
            return tfp.mcmc.sample_chain(
                WARMUP + DRAWS,
                start,
                kernel=kernel,
                seed=seed,
                trace_fn=lambda _, results: results.inner_results.leapfrogs_taken,
            )

        def run(start, seed):
            draws, leapfrogs = sample(tf.constant(start), tf.constant([0, seed]))
            return draws.numpy()[WARMUP:], leapfrogs.numpy().sum()

        return run

    return build


def jax_density(x, y):
    import jax

    jax.config.update("jax_enable_x64", True)
    x, y = jax.numpy.asarray(x), jax.numpy.asarray(y)

    def log_density(w):
        z = x @ w
        return (y * z - jax.nn.softplus(z)).sum() - 0.5 * (w**2).sum()

    return jax, log_density


def jax_runs(jax, one):
    """Four chains by a function that makes one from its start and key; compiled at the first call."""
    sample = jax.jit(jax.vmap(one))

    def run(start, seed):
        draws, steps = sample(jax.numpy.asarray(start), jax.random.split(jax.random.key(seed), CHAINS))
        return np.asarray(draws).swapaxes(0, 1), np.sum(steps)

    return run


def numpyro(mass_matrix):
    def build(x, y):
        jax, log_density = jax_density(x, y)
        from numpyro.infer.hmc import hmc

        start_chain, step = hmc(potential_fn=lambda w: -log_density(w), algo="NUTS")
        settings = {"step_size": 0.3, "target_accept_prob": 0.8, "adapt_mass_matrix": mass_matrix}

        def one(start, key):
            state = start_chain(start, num_warmup=WARMUP, rng_key=key, **settings)

            def following(state, _):
                state = step(state)
                return state, (state.z, state.num_steps)

            draws, steps = jax.lax.scan(following, state, length=WARMUP + DRAWS)[1]
            return draws[WARMUP:], steps

        return jax_runs(jax, one)

    return build


def blackjax(x, y):
    jax, log_density = jax_density(x, y)
    import blackjax

    def one(start, key):
        warm, move = jax.random.split(key)
        adaptation = blackjax.window_adaptation(
            blackjax.nuts, log_density, initial_step_size=0.3, target_acceptance_rate=0.8
        )
        (state, parameters), warmed = adaptation.run(warm, start, num_steps=WARMUP)
        step = blackjax.nuts(log_density, **parameters).step

        def following(state, key):
            state, info = step(key, state)
            return state, (state.position, info.num_integration_steps)

        draws, steps = jax.lax.scan(following, state, jax.random.split(move, DRAWS))[1]
        return draws, jax.numpy.concatenate([warmed.info.num_integration_steps, steps])

    return jax_runs(jax, one)


def course_hmc(x, y, step, leapfrogs):
    from dlcourse.from_scratch import hamiltonian
    from dlcourse.sampling.logistic_posterior import LogisticPosterior

    posterior = LogisticPosterior(x[None], y[None], 1.0)

    def run(start, seed):
        draws, _ = hamiltonian.hmc(
            posterior.log_density, posterior.gradient, start, step=step, leapfrogs=leapfrogs, seed=seed,
            draws=WARMUP + DRAWS, jitter=0.2,
        )  # fmt: skip
        return draws[WARMUP:], (leapfrogs + 1) * (WARMUP + DRAWS) * CHAINS

    return run


def course_metropolis(x, y, step, draws):
    from dlcourse.from_scratch.metropolis import metropolis
    from dlcourse.sampling.logistic_posterior import LogisticPosterior

    density = LogisticPosterior(x[None], y[None], 1.0).log_density

    def run(start, seed):
        walked, _ = metropolis(density, start, step=step, draws=WARMUP + draws, seed=seed)
        return walked[WARMUP:], 0

    return run


WAYS = {
    "TFP": tfp(False),
    "TFP, XLA": tfp(True),
    "NumPyro": numpyro(True),
    "NumPyro, no mass matrix": numpyro(False),
    "BlackJAX": blackjax,
    "HMC": course_hmc,
    "Metropolis": course_metropolis,
}

if __name__ == "__main__":
    main(**json.loads(sys.argv[1]))
