"""One sampler on one posterior, in a process of its own: effective draws, seconds and gradients, printed as JSON.

    python benchmarks/nuts_contenders.py '{"way": "NumPyro", "seed": 0}'

The posterior is chapter 08a's logistic regression on all 569 patients and 30 standardised measurements of scikit-
learn's breast cancer data, with a bias, prior N(0, 1) on each weight, in float64: 31 dimensions. Four chains side
by side in one process, from the same starts; 500 steps of warm-up, thrown away, then 1,000 draws each. NUTS of
TensorFlow Probability (compiled as a graph, or by XLA), NumPyro and BlackJAX (by XLA both): acceptance 0.8, trees
of at most ten doublings; NumPyro and BlackJAX also adapt a diagonal mass matrix, TFP's doesn't. And the course's
HMC in NumPy, its step and number of glides chosen on other starts, half of its warm-up with a quarter of the step.
Effective size is counted by dlcourse's
function for all. Seconds are the processor's, all its threads together: of the first call, compiling with it, and
of the second with another seed, without.
"""

import json
import sys
import time

import numpy as np

from dlcourse.from_scratch import chain_diagnostics

WARMUP, DRAWS, CHAINS = 500, 1_000, 4


def data():
    from sklearn.datasets import load_breast_cancer

    found = load_breast_cancer()
    x = (found.data - found.data.mean(axis=0)) / found.data.std(axis=0)
    return np.column_stack([np.ones(len(x)), x]), found.target.astype("float64")


def starts(seed):
    return np.random.default_rng([seed, 11]).normal(size=(CHAINS, 31))


def main(way, seed):
    run = WAYS[way](*data())
    took = []
    for turn in (0, 1):
        began = time.process_time()
        draws, gradients = run(starts(2 * seed + turn), 2 * seed + turn)
        took.append(time.process_time() - began)
    size = chain_diagnostics.effective_sample_size(draws)
    print(
        json.dumps(
            {
                "first call": took[0],
                "second call": took[1],
                "smallest effective size": float(size.min()),
                "largest R-hat": float(chain_diagnostics.r_hat(draws).max()),
                "gradients per draw": gradients,
                "mean of weights": draws.mean(axis=(0, 1)).tolist(),
            }
        )
    )


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
            kernel = tfp.mcmc.NoUTurnSampler(log_density, step_size=tf.constant(0.1, "float64"))
            kernel = tfp.mcmc.DualAveragingStepSizeAdaptation(
                kernel, WARMUP, target_accept_prob=tf.constant(0.8, "float64")
            )
            return tfp.mcmc.sample_chain(
                DRAWS,
                start,
                kernel=kernel,
                num_burnin_steps=WARMUP,
                seed=seed,
                trace_fn=lambda _, results: results.inner_results.leapfrogs_taken,
            )

        def run(start, seed):
            draws, leapfrogs = sample(tf.constant(start), tf.constant([0, seed]))
            return draws.numpy(), float(leapfrogs.numpy().mean())

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
    """Four chains at once, by a function that makes one from its start and key; compiled at the first call."""
    sample = jax.jit(jax.vmap(one))

    def run(start, seed):
        draws, steps = sample(jax.numpy.asarray(start), jax.random.split(jax.random.key(seed), CHAINS))
        return np.asarray(draws).swapaxes(0, 1), float(np.mean(steps))

    return run


def numpyro(x, y):
    jax, log_density = jax_density(x, y)
    from numpyro.infer.hmc import hmc

    start_chain, step = hmc(potential_fn=lambda w: -log_density(w), algo="NUTS")

    def one(start, key):
        state = start_chain(start, num_warmup=WARMUP, target_accept_prob=0.8, rng_key=key)
        state = jax.lax.fori_loop(0, WARMUP, lambda _, state: step(state), state)

        def following(state, _):
            state = step(state)
            return state, (state.z, state.num_steps)

        return jax.lax.scan(following, state, length=DRAWS)[1]

    return jax_runs(jax, one)


def blackjax(x, y):
    jax, log_density = jax_density(x, y)
    import blackjax

    def one(start, key):
        warm, move = jax.random.split(key)
        adaptation = blackjax.window_adaptation(blackjax.nuts, log_density, target_acceptance_rate=0.8)
        (state, parameters), _ = adaptation.run(warm, start, num_steps=WARMUP)
        step = blackjax.nuts(log_density, **parameters).step

        def following(state, key):
            state, info = step(key, state)
            return state, (state.position, info.num_integration_steps)

        return jax.lax.scan(following, state, jax.random.split(move, DRAWS))[1]

    return jax_runs(jax, one)


def course(x, y):
    from dlcourse.from_scratch import hamiltonian
    from dlcourse.sampling.logistic_posterior import LogisticPosterior

    posterior = LogisticPosterior(x[None], y[None], 1.0)
    density, glides, half = (posterior.log_density, posterior.gradient), 16, WARMUP // 2

    def run(start, seed):
        settings = {"leapfrogs": glides, "seed": seed, "jitter": 0.2}
        first, _ = hamiltonian.hmc(*density, start, step=0.03, draws=half, **settings)
        draws, _ = hamiltonian.hmc(*density, first[-1], step=0.12, draws=WARMUP - half + DRAWS, **settings)
        return draws[-DRAWS:], float(glides)

    return run


WAYS = {
    "TFP": tfp(False),
    "TFP, XLA": tfp(True),
    "NumPyro": numpyro,
    "BlackJAX": blackjax,
    "the course's HMC": course,
}

if __name__ == "__main__":
    main(**json.loads(sys.argv[1]))
