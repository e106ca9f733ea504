# %% [markdown] slideshow={"slide_type": "slide"}
# # Chapter 08a · Sampling and Markov chain Monte Carlo · 采样与马尔可夫链蒙特卡洛
#
# How to draw from a distribution of which you can only compute ratios, and how to find out whether the draws are good.

# %% [markdown] slideshow={"slide_type": "subslide"}
# **After this chapter you can**
# - tell a density from a sampler, and fit a mixture by expectation maximisation;
# - write Metropolis, Gibbs and Hamiltonian Monte Carlo in a few lines each;
# - say how many independent draws a chain is worth, when R-hat is fooled, and where a gradient doesn't help;
# - average a classifier over its posterior, and say when that pays;
# - test a sampler by simulation, and find a fault that R-hat and the effective size don't see;
# - say what a sampler is, and what it isn't.

# %% [markdown] slideshow={"slide_type": "notes"}
# **You need** densities, variances and covariances, gradients, and logistic regression ([chapter 04](04_data_and_losses.ipynb)).
#
# **Time** about two and a half hours to read and try, four with the exercises; less than a minute to run.
#
# **摘要**
#
# 很多分布只能算出两点密度之比，却不能直接抽样。本章从混合模型和期望最大化（EM）算法讲起，写出梅特罗波利斯、吉布斯和哈密顿蒙特卡洛三种采样器，其中哈密顿蒙特卡洛与TFP逐步核对。
# 然后问：一条链相当于多少个独立样本？用自相关、有效样本量和R-hat诊断，看它们何时有用、何时被骗；在弯成香蕉形的分布上看梯度何时帮不上忙；在真实数据上做贝叶斯逻辑回归，看何时值得对后验求平均。
# 最后用基于模拟的校准检验采样器本身，并说明马尔可夫链蒙特卡洛是一种采样方法，学到分布的是模型。

# %% slideshow={"slide_type": "skip"} tags=["hide-input"]
import warnings

import numpy as np
import tensorflow as tf
import tensorflow_probability as tfp
from scipy.spatial.distance import cdist
from sklearn.cluster import KMeans
from sklearn.datasets import load_breast_cancer, load_digits
from sklearn.exceptions import ConvergenceWarning
from sklearn.mixture import GaussianMixture

from dlcourse import checks, exercises, measured, recording, reproducibility, show
from dlcourse.claims import Claims
from dlcourse.figures import charts
from dlcourse.figures import sampling as sampling_figures
from dlcourse.from_scratch import (
    chain_diagnostics,
    gibbs,
    hamiltonian,
    markov_chains,
    mixtures,
)
from dlcourse.from_scratch.metropolis import metropolis
from dlcourse.measured import Measured
from dlcourse.sampling import nuts, simulation_based
from dlcourse.sampling.logistic_posterior import LogisticPosterior, sigmoid

# %% slideshow={"slide_type": "skip"}
reproducibility.start(seed=0, threads=1)
claims = Claims("08a")

# %% [markdown] slideshow={"slide_type": "slide"}
# ## How do you draw from something you have only seen? · 只见过数据，怎样抽取新样本？
#
# 1,797 handwritten digits, of each only two numbers: its place along the two directions in which the digits differ most. Where would a new digit fall?
#
# **Predict before you run.** A sum of eight bell curves is fitted step by step; each step makes the data more likely. Five starts are by
# k-means, 60 steps each. How many of ten starts by chance get as far in 100 steps as the worst of the five: all, half, none?

# %% [markdown] slideshow={"slide_type": "subslide"}
# A **density** $p(x)$ says how likely places are; a **sampler** gives places. For a **mixture** both are easy, by a **latent variable** $z$
# that nobody sees: draw a component $z$ with probability $\pi_z$, then $x$ from its Gaussian. The density adds up over $z$:
# $p(x) = \sum_k \pi_k\, \mathcal N(x; \mu_k, \Sigma_k)$.
#
# **Expectation maximisation** (EM) goes by turns. E: which share has each component in each point,
# $r_{nk} = \pi_k\, \mathcal N(x_n; \mu_k, \Sigma_k) \,/ \sum_j \pi_j\, \mathcal N(x_n; \mu_j, \Sigma_j)$? M: weights, means and covariances, each point counted by its share. A point where component 1 has density $0.3$ and component
# 2 has $0.1$, with equal weights: shares $\tfrac34$ and $\tfrac14$.

# %% slideshow={"slide_type": "skip"}
show.source(mixtures.maximization, mixtures.fit, mixtures.Mixture.draw)

# %% slideshow={"slide_type": "skip"}
digits = load_digits().data
centred = digits - digits.mean(axis=0)
directions = np.linalg.svd(centred, full_matrices=False)[2][:2]
places = centred @ directions.T
places = places / places.std(axis=0)  # (1797, 2)


def grouped(x, components, seed):
    """Shares to begin with, all or nothing, by k-means, (n, components)."""
    grouping = KMeans(components, n_init=1, random_state=seed)
    return np.eye(components)[grouping.fit_predict(x)]


mixture, likelihoods = mixtures.fit(places, grouped(places, 8, 0), steps=60)

# %% slideshow={"slide_type": "subslide"} tags=["hide-input"]
sampling_figures.density(
    mixture.log_density,
    ((-2.6, 2.8), (-2.8, 2.8)),
    "Digits in the plane, and a mixture of eight",
    points=places,
    caption="Each dot is a digit; the contours are the fitted density's. Several "
    "hills, no single bell.",
)

# %% [markdown] slideshow={"slide_type": "notes"}
# The same steps by scikit-learn's `GaussianMixture`, from the same first shares:

# %% slideshow={"slide_type": "skip"}
first = mixtures.maximization(places, grouped(places, 8, 0))
theirs = GaussianMixture(
    8, tol=0, max_iter=40, weights_init=first.weights, means_init=first.means,
    precisions_init=np.linalg.inv(first.covariances),
)  # fmt: skip
with warnings.catch_warnings():
    warnings.simplefilter("ignore", ConvergenceWarning)  # 40 steps are all we ask for
    theirs.fit(places)
ours, _ = mixtures.fit(places, grouped(places, 8, 0), steps=41)
checks.equal(
    "40 steps of EM, by hand and by scikit-learn",
    ours.means, theirs.means_, rtol=1e-3,
)  # fmt: skip

# %% slideshow={"slide_type": "skip"}
def by_chance(seed, steps):
    """Nats per digit after each step, from shares drawn by chance, (steps,)."""
    shares = np.random.default_rng(seed).dirichlet(np.ones(8), len(places))
    return mixtures.fit(places, shares, steps=steps)[1]


by_groups = [likelihoods[-1]]
for seed in range(1, 5):
    by_groups.append(mixtures.fit(places, grouped(places, 8, seed), steps=60)[1][-1])
two_long = [by_chance(seed, 400) for seed in (0, 1)]
ends = [found[99] for found in two_long] + [by_chance(s, 100)[-1] for s in range(2, 10)]

# %% slideshow={"slide_type": "subslide"} tags=["hide-input"]
show.table(
    [
        [name, *(measured.mask(f"{size:.3f}") for size in (min(found), max(found)))]
        for name, found in [
            ("five by k-means, 60 steps", by_groups),
            ("ten by chance, 100 steps", ends),
            ("two of these ten, 400 steps", [found[-1] for found in two_long]),
        ]
    ],
    ["starts", "lowest", "highest"],
    "Nats per digit",
)

# %% [markdown] slideshow={"slide_type": "subslide"}
# <details><summary>Your prediction</summary>
#
# None. A common guess is *all*, since no step makes the data less likely. But where components overlap the steps are small, and small steps don't mean
# that the top is near: with 300 more the two climb on, into the range of the five by k-means, and end apart. How far you get in so many steps
# hangs on the start, also with k-means.
#
# </details>

# %% [markdown] slideshow={"slide_type": "slide"}
# ## What if only ratios are known? · 如果只知道密度之比呢？
#
# Most densities don't come with a latent variable that makes drawing easy. A posterior is *prior × likelihood*, up to a
# constant that can seldom be computed. But the constant drops out of a ratio.
#
# **Predict before you run.** Three towns with 1, 2 and 4 thousand people. A traveller throws a fair coin to choose one of the two others, and moves
# for sure if it is larger, else with probability (people there) / (people here). Which share of the days does she spend in the largest?

# %% slideshow={"slide_type": "subslide"} tags=["hide-input"]
sampling_figures.one_step(
    caption="Metropolis' rule (1953). Only a ratio of densities is needed. A place "
    "where the chain stays counts once more.",
)

# %% slideshow={"slide_type": "subslide"}
people = np.array([1.0, 2.0, 4.0])
coin = (1 - np.eye(3)) / 2  # each other town with probability 1/2
moves = markov_chains.metropolis_matrix(people, coin)
print(moves)
print("days per week:", 7 * markov_chains.stationary(moves))

# %% [markdown] slideshow={"slide_type": "subslide"}
# <details><summary>Your prediction</summary>
#
# $\tfrac47$. A common guess is more, since she is drawn to large towns. From town 2 to 1 she goes with probability $\tfrac12 \cdot \tfrac12$, from 1 to 2 with $\tfrac12$:
# $2 \cdot \tfrac14 = 1 \cdot \tfrac12$, as many travellers one way as the other.
#
# </details>
#
# That is **detailed balance**, $p_i T_{ij} = p_j T_{ji}$. If it holds, the distribution stays as it is: $\sum_i p_i T_{ij} = p_j \sum_i T_{ji} = p_j$.

# %% slideshow={"slide_type": "skip"}
flow = (people / people.sum())[:, None] * moves
checks.equal("the flows between towns, both ways", flow, flow.T)
settles = markov_chains.stationary(moves)
checks.equal("where she settles, and the towns' shares", settles, people / 7)

# %% [markdown] slideshow={"slide_type": "notes"}
# With numbers instead of towns the rule is the same; a jump is Gaussian. In the package many chains go side by side:

# %% slideshow={"slide_type": "skip"}
show.source(metropolis)

# %% [markdown] slideshow={"slide_type": "slide"}
# ## How many draws is a chain worth? · 一条链相当于多少个样本？
#
# A Gaussian in the plane, correlation 0.9, and 8,000 steps of a walk with jumps of size 0.35. The mean of the draws is an estimate of the
# true mean, 0.
#
# **Predict before you run.** 8,000 *independent* draws would give an error of about 0.011. Which error do 8,000
# *steps* give: 0.01, 0.03 or 0.1?

# %% slideshow={"slide_type": "skip"}
covariance = np.array([[1.0, 0.9], [0.9, 1.0]])
precision = np.linalg.inv(covariance)


def log_bell(x):
    """Log density of the correlated Gaussian, up to a constant."""
    return -0.5 * ((x @ precision) * x).sum(axis=-1)


def walks(seed, chains=100, draws=8_000):
    """Many walks that begin where they should, (draws, chains)."""
    rng = np.random.default_rng([seed, 1])
    start = rng.normal(size=(chains, 2)) @ np.linalg.cholesky(covariance).T
    return metropolis(log_bell, start, step=0.35, draws=draws, seed=seed)[0][..., 0]


errors = walks(0).mean(axis=0)  # of 100 walks
show.markdown(f"Typical error: {measured.mask(f'{np.sqrt((errors**2).mean()):.2f}')}")

# %% [markdown] slideshow={"slide_type": "subslide"}
# <details><summary>Your prediction</summary>
#
# The largest of the three: 8,000 steps are worth about a hundred draws. A common guess is the smallest, since 8,000 draws are 8,000 draws; but each resembles the one
# before.
#
# </details>
#
# The **effective sample size** divides by how long resemblance lasts: $n_\text{eff} = n / (1 + 2 \sum_{t \ge 1} \rho_t)$, with $\rho_t$ the
# **autocorrelation**, between draws $t$ steps apart. With $\rho_t = \tfrac12^t$: $n / (1 + 2 \cdot 1) = n / 3$.

# %% slideshow={"slide_type": "skip"}
show.source(chain_diagnostics.effective_sample_size)

# %% [markdown] slideshow={"slide_type": "notes"}
# A shortcut in many textbooks: take $\rho_t = \rho_1^t$, so that one number is enough: $n_\text{eff} = n (1 - \rho_1) / (1 + \rho_1)$.


# %% slideshow={"slide_type": "skip"}
def by_all_lags(draws):
    """Effective sample size of one chain, from all chains' autocorrelation."""
    return chain_diagnostics.effective_sample_size(draws) / draws.shape[1]


def by_one_lag(draws):
    """The same if each draw only remembered the one before."""
    one = chain_diagnostics.autocovariance(draws).mean(axis=1)
    rho = one[1] / one[0]
    return len(draws) * (1 - rho) / (1 + rho)


def squared_error_ratio(draws, size):
    """The means' squared error, over what this effective sample size says."""
    return (draws.mean(axis=0) ** 2).mean() * size(draws)


# %% slideshow={"slide_type": "subslide"} tags=["hide-input"]
lags = np.arange(0, 301, 10)
runs = [walks(seed) for seed in range(20, 30)]
covariances = chain_diagnostics.autocovariance(runs[0]).mean(axis=1)
first_lag = covariances[1] / covariances[0]
charts.curves(
    lags,
    {"measured": covariances[lags] / covariances[0]},
    "steps apart",
    "autocorrelation",
    "How long a walk remembers",
    theory={"from the first lag alone": first_lag**lags},
    caption="The walk is quick across the ridge of the density and slow along it, so "
    "its memory is no single exponential.",
)

# %% slideshow={"slide_type": "notes"} tags=["hide-input"]
claims.measure(
    "C08a.1",
    "effective sample size, estimated from 100 walks, says how far the mean of a walk "
    "is off: squared error over variance / effective size; control: the size from the "
    "first lag alone",
    squared_error_ratio,
    of=[(draws, by_all_lags) for draws in runs],
    control=[(draws, by_one_lag) for draws in runs],
    between=(0.8, 1.2),
)

# %% [markdown] slideshow={"slide_type": "slide"}
# ## What does a gradient buy? · 梯度能换来什么？
#
# A walk is blind. **Hamiltonian Monte Carlo** (HMC) gives the point a random push and lets it glide over the landscape $-\log p$; where the glide ends is the proposal.
#
# **Predict before you run.** The dimension grows from 4 to 64. By which factor does the walk's efficiency fall, at the
# step that theory advises, and HMC's, per evaluation: both by 16, or HMC by less?

# %% [markdown] slideshow={"slide_type": "subslide"}
# Position $x$, momentum $v$ drawn from $\mathcal N(0, I)$. Energy: $H = -\log p(x) + \tfrac12 |v|^2$. The **leapfrog** takes half a push, a glide, half a push:
#
# $$v \leftarrow v + \tfrac{\epsilon}{2} \nabla \log p(x), \quad x \leftarrow x + \epsilon v, \quad v \leftarrow v + \tfrac{\epsilon}{2} \nabla \log p(x)$$
#
# One step on $\log p = -\tfrac12 x^2$ from $x = 1$, $v = 0$, with $\epsilon = 1$: $v = -\tfrac12$, $x = \tfrac12$, $v = -\tfrac34$. Energy before $\tfrac12$, after
# $\tfrac18 + \tfrac{9}{32} = 0.41$: accepted. A proposal that lowers the energy always is, others with probability $e^{-\Delta H}$.

# %% slideshow={"slide_type": "skip"}
show.source(hamiltonian.leapfrog, hamiltonian.propose, hamiltonian.hmc)

# %% slideshow={"slide_type": "subslide"} tags=["hide-input"]
start = np.array([[-1.5, -1.6]])
glide = hamiltonian.leapfrog(
    lambda x: -x @ precision, start, np.array([[0.9, -0.3]]), step=0.25, leapfrogs=12
)[0][:, 0]
stroll = metropolis(log_bell, start, step=0.4, draws=12, seed=2)[0][:, 0]
sampling_figures.density(
    log_bell,
    ((-3, 3), (-3, 3)),
    "Twelve evaluations each",
    paths={"one trajectory": glide, "a walk": np.concatenate([start, stroll])},
    caption="From the star: a trajectory goes far along the ridge, and only its end "
    "is a draw; the walk stays near its start.",
)

# %% [markdown] slideshow={"slide_type": "notes"}
# Is ours the same as TensorFlow Probability's? Its kernel draws momenta of its own; we take them from its results, and go the same way, step by step.

# %% slideshow={"slide_type": "skip"}
kernel = tfp.mcmc.HamiltonianMonteCarlo(
    lambda x: -0.5 * tf.reduce_sum((x @ precision) * x, axis=-1),
    step_size=np.float64(0.3),
    num_leapfrog_steps=7,
)
here = tf.constant(np.random.default_rng(0).normal(size=(3, 2)))
results, ends, ours = kernel.bootstrap_results(here), [], []
for step in range(20):
    there, results = kernel.one_step(here, results, seed=tf.constant([0, step]))
    momenta = results.proposed_results.initial_momentum[0].numpy()
    place, change = hamiltonian.propose(
        log_bell, lambda x: -x @ precision, here.numpy(), momenta, step=0.3, leapfrogs=7
    )
    ours.append(np.column_stack([place, change]))
    ends.append(np.column_stack([results.proposed_state, results.log_accept_ratio]))
    here = there
checks.equal(
    "20 proposals and energy changes, ours and TFP's",
    np.array(ours), np.array(ends), atol=1e-9,
)  # fmt: skip

# %% [markdown] slideshow={"slide_type": "notes"}
# The leapfrog's energy error falls with the square of its step, over the same way. And it can be walked back: with the momentum turned round, it ends where it began.

# %% slideshow={"slide_type": "skip"}
rng = np.random.default_rng(0)
where, push = rng.normal(size=(2_000, 2)), rng.normal(size=(2_000, 2))
there, pushed = hamiltonian.leapfrog(
    lambda x: -x, where, push, step=0.3, leapfrogs=5
)
back, _ = hamiltonian.leapfrog(
    lambda x: -x, there[-1], -pushed[-1], step=0.3, leapfrogs=5
)
checks.equal("there and back again", back[-1], where, atol=1e-9)
off = {}
for glides in (5, 10, 20):
    _, change = hamiltonian.propose(
        lambda x: -0.5 * (x**2).sum(axis=1), lambda x: -x,
        where, push, step=1.5 / glides, leapfrogs=glides,
    )  # fmt: skip
    off[glides] = np.sqrt((change**2).mean())
show.table(
    [[f"{1.5 / n:.3f}", measured.mask(f"{error:.4f}")] for n, error in off.items()],
    ["step", "energy error"],
    "Root mean square over 2,000 trajectories of length 1.5",
)


# %% slideshow={"slide_type": "skip"}
def walk_efficiency(dimension, seed, chains=20, draws=2_000):
    """Effective draws per density evaluation of a walk at its best step (2.38/√d)."""
    start = np.random.default_rng([seed, dimension]).normal(size=(chains, dimension))
    drawn, _ = metropolis(
        lambda x: -0.5 * (x**2).sum(axis=1), start,
        step=2.38 / np.sqrt(dimension), draws=draws, seed=seed,
    )  # fmt: skip
    return chain_diagnostics.effective_sample_size(drawn[..., 0]) / (chains * draws)


def glide_efficiency(dimension, seed, chains=20, draws=300, length=1.5):
    """Effective draws per gradient of HMC, with steps of about 1.4/d^¼."""
    glides = round(length * dimension**0.25 / 1.4)
    start = np.random.default_rng([seed, dimension]).normal(size=(chains, dimension))
    drawn, _ = hamiltonian.hmc(
        lambda x: -0.5 * (x**2).sum(axis=1), lambda x: -x, start,
        step=length / glides, leapfrogs=glides, draws=draws, seed=seed,
    )  # fmt: skip
    size = chain_diagnostics.effective_sample_size(drawn[..., 0])
    return size / (chains * draws * glides)


DIMENSIONS = [4, 8, 16, 32, 64]
by_dimension = {
    name: np.array([[way(d, seed) for seed in range(5)] for d in DIMENSIONS])
    for name, way in [("walk", walk_efficiency), ("HMC", glide_efficiency)]
}

# %% slideshow={"slide_type": "subslide"} tags=["hide-input"]
charts.curves(
    DIMENSIONS,
    by_dimension,
    "dimensions",
    "effective draws per evaluation",
    "A standard Gaussian, in more and more dimensions",
    xscale="log",
    yscale="log",
    xticks=DIMENSIONS,
    caption="Five runs each, with 95 % intervals. On these axes a power is a straight "
    "line: the walk's is steep. HMC's length, 1.5, is about a quarter of this "
    "Gaussian's period; only its glides are counted.",
)


# %% slideshow={"slide_type": "notes"} tags=["hide-input"]
def power(values, x):
    """The exponent of the power law that fits best: a slope of logarithms."""
    return np.polyfit(np.log(x), np.log(values), 1)[0]


claims.measure(
    "C08a.2",
    "a walk's efficiency falls about as fast as 1/d, or faster: exponent of effective "
    "draws per evaluation, 4 to 64 dimensions; control: HMC",
    lambda way, seed: power(by_dimension[way][:, seed], DIMENSIONS),
    of=[("walk", seed) for seed in range(5)],
    control=[("HMC", seed) for seed in range(5)],
    below=-0.8,
)

# %% [markdown] slideshow={"slide_type": "subslide"}
# <details><summary>Your prediction</summary>
#
# The walk's by about 16 (theory, for independent coordinates: $1/d$; Roberts, Gelman & Gilks 1997), HMC's by about 2
# ($d^{-1/4}$, by which its glides were chosen; Beskos et al. 2013). A common guess is that both suffer alike, since
# both must fill the same space. But a blind jump can be right in one direction and wrong in the 63 others.
#
# </details>

# %% [markdown] slideshow={"slide_type": "slide"}
# ## One coordinate at a time? · 一次只抽一个坐标？
#
# **Gibbs** draws each coordinate from its conditional, given the others, where that can be drawn: nothing to tune,
# nothing rejected. For a Gaussian with variances 1 and correlation $r$, $x_1 \mid x_2 \sim \mathcal N(r x_2,\, 1 -
# r^2)$.
#
# **Predict before you run.** The ridge becomes thinner: the ratio of its variances, long to short, grows from 4 to 256. Which loses more, Gibbs per sweep or HMC per gradient?

# %% slideshow={"slide_type": "skip"}
show.source(gibbs.gaussian)


# %% slideshow={"slide_type": "skip"}
def ridge(ratio):
    """Covariance of two equal coordinates, variances along and across in this ratio."""
    r = (ratio - 1) / (ratio + 1)
    return np.array([[1.0, r], [r, 1.0]])


def ridge_efficiency(way, ratio, seed, chains=20):
    """Effective draws per sweep (Gibbs) or per gradient (HMC, one glide at a time)."""
    shape = ridge(ratio)
    rng = np.random.default_rng([seed, ratio])
    start = rng.normal(size=(chains, 2)) @ np.linalg.cholesky(shape).T
    if way == "Gibbs":
        drawn, cost = gibbs.gaussian(shape, start, draws=3_000, seed=seed), 3_000
    else:
        tight = np.linalg.inv(shape)
        step = np.sqrt(1 - shape[0, 1])  # the ridge's short side
        glides = round(1.5 * np.sqrt(1 + shape[0, 1]) / step) if way == "HMC" else 1
        draws = 300 if way == "HMC" else 3_000
        drawn, _ = hamiltonian.hmc(
            lambda x: -0.5 * ((x @ tight) * x).sum(axis=1), lambda x: -x @ tight, start,
            step=step, leapfrogs=glides, draws=draws, seed=seed, jitter=0.2,
        )  # fmt: skip
        cost = draws * glides
    return chain_diagnostics.effective_sample_size(drawn[..., 0]) / (chains * cost)


RATIOS = [4, 16, 64, 256]
by_ratio = {
    way: np.array(
        [[ridge_efficiency(way, ratio, seed) for seed in range(5)] for ratio in RATIOS]
    )
    for way in ("HMC", "Gibbs", "one glide per momentum")
}

# %% slideshow={"slide_type": "subslide"} tags=["hide-input"]
r = (np.array(RATIOS) - 1) / (np.array(RATIOS) + 1)
charts.curves(
    RATIOS,
    by_ratio,
    "variance along the ridge / across",
    "effective draws per unit of work",
    "A thinner and thinner ridge",
    theory={"Gibbs, exactly": (1 - r**2) / (1 + r**2)},
    xscale="log",
    yscale="log",
    xticks=RATIOS,
    caption="Five runs each, with 95 % intervals; a unit is a sweep or a gradient. "
    "Gibbs gives as much or more where the ridge is wide, and falls about as 1 over "
    "the ratio. HMC was told both widths.",
)

# %% slideshow={"slide_type": "notes"} tags=["hide-input"]
claims.measure(
    "C08a.3",
    "a trajectory that keeps its direction suffers less from a thin ridge: exponent of "
    "effective draws per gradient, ratios 4 to 256; control: one glide per momentum",
    lambda way, seed: power(by_ratio[way][:, seed], RATIOS),
    of=[("HMC", seed) for seed in range(5)],
    control=[("one glide per momentum", seed) for seed in range(5)],
    above=-0.75,
)

# %% [markdown] slideshow={"slide_type": "subslide"}
# <details><summary>Your prediction</summary>
#
# Gibbs, per unit of work. A common guess is HMC, which needs smaller steps. It does, but a trajectory keeps its
# direction, so it needs only $\sqrt{\text{ratio}}$ of them; Gibbs' zigzag strides across the ridge, and along it goes a
# random walk. Its lag-one correlation is $r^2$ exactly. At ratios up to 16 Gibbs gives as much or more, and nothing was
# tuned; but it was handed the exact conditionals, HMC the ridge's length and width.
#
# </details>

# %% [markdown] slideshow={"slide_type": "slide"}
# ## What if the ridge bends? · 如果山脊是弯的呢？
#
# A Gaussian, variances 100 and 1, and bent: the **banana** $x_1 = g_1$, $x_2 = g_2 + b\,(g_1^2 - 100)$ (Haario, Saksman
# & Tamminen 2001), $b = 0.05$. Its moments stay known: means 0, variances 100 and $1 + 2 \cdot 100^2\, b^2 = 51$, still
# no correlation. Gibbs has one easy part left: $x_2 \mid x_1$ is Gaussian, $x_1 \mid x_2$ is nothing with a name.
#
# **Predict before you run.** On the straight ridge, $b = 0$, HMC gives more than Metropolis for 2,000 evaluations. On
# the bent one: more still, as much more, or no more?


# %% slideshow={"slide_type": "skip"}
def bent_ridge(b):
    """The log density, and its gradient."""

    def off(x):
        return x[..., 1] - b * (x[..., 0] ** 2 - 100)

    def log_density(x):
        return -0.5 * (x[..., 0] ** 2 / 100 + off(x) ** 2)

    def gradient(x):
        along = 2 * b * x[..., 0] * off(x) - x[..., 0] / 100
        return np.stack([along, -off(x)], axis=-1)

    return log_density, gradient


def ridge_draws(b, way, setting, start, seed, evaluations):
    """Chains by a jump's size, or by a glide's and how many."""
    log_density, gradient = bent_ridge(b)
    if way == "Metropolis":
        return metropolis(
            log_density, start, step=setting, draws=evaluations, seed=seed
        )[0]
    step, glides = setting
    return hamiltonian.hmc(
        log_density, gradient, start, step=step, leapfrogs=glides,
        draws=evaluations // glides, seed=seed, jitter=0.2,
    )[0]  # fmt: skip


def known_worth(b, way, setting, seed, chains=400):
    """How many independent draws know the means, 0, as well as a chain: the worse."""
    start = np.random.default_rng([seed, 3]).normal(size=(chains, 2)) * [10, 1]
    start[:, 1] += b * (start[:, 0] ** 2 - 100)
    means = ridge_draws(b, way, setting, start, seed, 2_000).mean(axis=0)
    return ([100, 1 + 2 * 100**2 * b**2] / (means**2).mean(axis=0)).min()


TRIED = {  # a wider search, on seeds 100 and 101, ended among these
    (0.05, "Metropolis"): [14, 20, 28],
    (0.05, "HMC"): [(0.4, 40), (0.4, 60), (0.5, 40), (0.6, 25)],
    (0, "Metropolis"): [8, 10, 14],
    (0, "HMC"): [(1.3, 12), (1.5, 10), (1.5, 13), (1.7, 10)],
}
ridges = {}
for (b, way), settings in TRIED.items():
    best = max(settings, key=lambda one: known_worth(b, way, one, seed=100))
    found = np.array([known_worth(b, way, best, seed) for seed in range(5)])
    ridges[b, way] = best, found

# %% slideshow={"slide_type": "subslide"} tags=["hide-input"]
tip = np.array([[0.0, -5.0]])
log_density, gradient = bent_ridge(0.05)
step, glides = ridges[0.05, "HMC"][0]
gliding = hamiltonian.leapfrog(
    gradient, tip, np.array([[1.2, 0.5]]), step=step, leapfrogs=150
)[0][:, 0]
jumps = ridge_draws(0.05, "Metropolis", ridges[0.05, "Metropolis"][0], tip, 1, 150)
worth_of = {pair: f"{Measured(found):.0f}" for pair, (_, found) in ridges.items()}
sampling_figures.density(
    log_density,
    ((-30, 30), (-12, 40)),
    "150 evaluations each, from the star",
    paths={"glides": gliding, "a walk": np.concatenate([tip, jumps[:, 0]])},
    caption="How many independent draws know the means as well as a chain of 2,000 "
    f"evaluations: bent, Metropolis' {worth_of[0.05, 'Metropolis']} and HMC's "
    f"{worth_of[0.05, 'HMC']}; straight, {worth_of[0, 'Metropolis']} and "
    f"{worth_of[0, 'HMC']}. Settings: the best that were tried, for each ridge.",
)

# %% slideshow={"slide_type": "notes"} tags=["hide-input"]
claims.measure(
    "C08a.9",
    "a bend takes most of HMC's lead: what its chains are worth, by the error of known "
    "means, over what Metropolis' are, 2,000 evaluations each; control: the ridge "
    "straight",
    lambda b, seed: ridges[b, "HMC"][1][seed] / ridges[b, "Metropolis"][1][seed],
    of=[(0.05, seed) for seed in range(5)],
    control=[(0, seed) for seed in range(5)],
    below=1.5,
)

# %% [markdown] slideshow={"slide_type": "subslide"}
# <details><summary>Your prediction</summary>
#
# No more. A common guess is more still, since a glide can follow a bend, and it does. But in the arms the ridge is
# steeper and thinner than at the tip, and one step must do for all places: the thinnest sets it, and the way along the
# ridge takes many. Both lose; Metropolis loses less, by large jumps: many are refused, but some land far along the ridge
# or on the other arm. That is our reading; measured are the worths.
#
# </details>

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Can chains agree and all be wrong? · 各条链一致就对吗？
#
# **Split R-hat** halves each chain and compares the variance of the halves' means, $B/n$, with that within a half of $n$ draws, $W$:
# $\hat R = \sqrt{\tfrac{n-1}{n} + \tfrac{B/n}{W}}$, near 1 where all agree.
# Halves with variance 1 whose means spread with variance $0.21$: $\hat R \approx \sqrt{1.21} = 1.1$.
#
# **Predict before you run.** Two equal hills, fourteen standard deviations apart; four chains of 2,000 steps, all from the left one. R-hat: 1.00, 1.1 or 3?

# %% slideshow={"slide_type": "skip"}
two_hills = mixtures.Mixture(
    weights=np.array([0.5, 0.5]),
    means=np.array([[-7.0, 0.0], [7.0, 0.0]]),
    covariances=np.array([np.eye(2)] * 2),
)
starts = {
    "all left": np.array([[-7.0, 0.0]] * 4),
    "two on each side": np.array([[-7.0, 0.0]] * 2 + [[7.0, 0.0]] * 2),
}
hills = {
    name: metropolis(two_hills.log_density, start, step=1.7, draws=2_000, seed=3)[0]
    for name, start in starts.items()
}

# %% slideshow={"slide_type": "subslide"} tags=["hide-input"]
show.table(
    [
        [
            name,
            measured.mask(f"{chain_diagnostics.r_hat(drawn)[0]:.2f}"),
            measured.mask(f"{chain_diagnostics.effective_sample_size(drawn)[0]:.0f}"),
            f"{100 * (drawn[..., 0] > 0).mean():.0f} %",
        ]
        for name, drawn in hills.items()
    ],
    ["starts", "R-hat", "effective size", "draws on the right"],
)

# %% slideshow={"slide_type": "skip"} tags=["hide-input"]
sampling_figures.traces(
    hills["two on each side"][:, :, 0],
    "$x_1$",
    "Two hills: nobody crosses",
    caption="Each chain alone looks healthy. Only the starts on both sides show that "
    "there are two hills; how much each weighs these chains don't tell.",
)

# %% [markdown] slideshow={"slide_type": "subslide"}
# <details><summary>Your prediction</summary>
#
# 1.00, with an effective size of more than a thousand, and half of the distribution is missing. A common guess is 3; it is even larger when the starts are on both sides. R-hat sees
# what the chains have visited, nothing else: so start chains far apart, and never from one place.
#
# </details>

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Who chooses the trajectory's length? · 轨迹长度由谁来定？
#
# Too short, and HMC is a walk; too long, and it comes back. **NUTS**, the No-U-Turn sampler, doubles a trajectory until
# it turns back: until $(x^+ - x^-) \cdot v < 0$ at one of its two ends $x^-$, $x^+$. Its step is adapted in a warm-up,
# here from 0.3.
#
# **Predict before you run.** Real data: is a tumour benign, from ten measurements? HMC's best step and length are found by trying 48 pairs. How many effective draws per
# gradient does NUTS give, untold: a tenth of that, about a third, or as many?

# %% [markdown] slideshow={"slide_type": "subslide"}
# **Bayesian logistic regression**: weights $w \sim \mathcal N(0, s^2 I)$, $p(y = 1 \mid x, w) = \sigma(x \cdot w)$. The posterior's logarithm, up to a constant:
# $-|w|^2 / (2 s^2) + \sum_n \log p(y_n \mid x_n, w)$. Its gradient is $X^\top (y - \sigma(Xw)) - w / s^2$. A *split* is 40 patients to learn from, and 529 to judge by.

# %% slideshow={"slide_type": "skip"}
show.source(LogisticPosterior.log_density, LogisticPosterior.gradient)

# %% slideshow={"slide_type": "skip"}
tumours = load_breast_cancer()


def splits(seeds, rows=40):
    """x and y of learners and of the others: (splits, rows, 11), ..."""
    found = []
    for seed in seeds:
        order = np.random.default_rng(seed).permutation(len(tumours.data))
        x, few = tumours.data[order, :10], slice(rows)
        x = (x - x[few].mean(axis=0)) / x[few].std(axis=0)
        x = np.column_stack([np.ones(len(x)), x])
        y = tumours.target[order]
        found.append((x[few], y[few], x[rows:], y[rows:]))
    return [np.stack(part) for part in zip(*found, strict=True)]


# %% slideshow={"slide_type": "notes"}
def log_posterior(x, y, prior):
    """The density for TensorFlow: (splits, chains, 11) to (splits, chains)."""
    x, y = tf.constant(x), tf.constant(y[:, None], "float64")

    def log_density(w):
        z = tf.matmul(w, x, transpose_b=True)
        fits = tf.reduce_sum(y * z - tf.nn.softplus(z), axis=-1)
        return fits - 0.5 * tf.reduce_sum(w**2, axis=-1) / prior**2

    return log_density


# %% slideshow={"slide_type": "skip"}
show.source(nuts.sample)


# %% slideshow={"slide_type": "skip"}
def worth(drawn, gradients, splits, chains=4):
    """Effective draws per 1,000 gradients of each split's worst weight, (splits,)."""
    apart = drawn.reshape(len(drawn), splits, chains, -1)
    size = chain_diagnostics.effective_sample_size
    sizes = [size(apart[:, s]).min() for s in range(splits)]
    return 1_000 * np.array(sizes) / gradients


def hmc_worth(seeds, step, glides, draws=400, warmup=50):
    """By HMC with this step and so many glides, (splits,)."""
    x, y, _, _ = splits(seeds)
    posterior = LogisticPosterior(x, y, 1.0)
    start = np.random.default_rng([seeds[0], 5]).normal(size=(4 * len(x), x.shape[2]))
    drawn, _ = hamiltonian.hmc(
        posterior.log_density, posterior.gradient, start,
        step=step, leapfrogs=glides, draws=draws + warmup, seed=1, jitter=0.2,
    )  # fmt: skip
    return worth(drawn[warmup:], 4 * draws * glides, len(x))


STEPS = [0.2, 0.25, 0.3, 0.35, 0.4, 0.5]
LENGTHS = [3, 4, 5, 6, 7, 8, 10, 12]
tuned = {
    (step, glides): hmc_worth(range(100, 105), step, glides)
    for step in STEPS
    for glides in LENGTHS
}
best_step, best_glides = max(tuned, key=lambda pair: tuned[pair].mean())
show.markdown(f"""
Best on the five tuning splits: step {measured.mask(f"{best_step:g}")},
{measured.mask(str(best_glides))} glides.
""")


# %% slideshow={"slide_type": "skip"}
judged = range(10, 16)
x, y, _, _ = splits(judged)
untold = nuts.sample(  # each split has a start, a warm-up and a step of its own
    log_posterior(x, y, 1.0),
    np.stack([np.random.default_rng([s, 5]).normal(size=(4, 11)) for s in judged]),
    draws=150, warmup=100, seed=1, step=0.3,
)  # fmt: skip
per_gradient = {
    "NUTS": worth(untold.draws, untold.leapfrogs.sum(axis=(0, 2)), len(judged)),
    "HMC": hmc_worth(judged, best_step, best_glides),
    "HMC, twice as long": hmc_worth(judged, best_step, 2 * best_glides),
}

# %% slideshow={"slide_type": "subslide"} tags=["hide-input"]
charts.curves(
    LENGTHS,
    {
        f"HMC, step {step:g}": np.array([tuned[step, glides] for glides in LENGTHS])
        for step in STEPS[::2]
    },
    "glides per trajectory",
    "effective draws per 1,000 gradients",
    "Ten measurements of tumours: the worst weight",
    levels={"NUTS, six other splits": per_gradient["NUTS"].mean()},
    xscale="log",
    xticks=LENGTHS,
    caption="Three of six steps, five tuning splits with 95 % intervals. Too short, "
    "and it is a walk; too long, and trajectories come back. Warm-ups aren't counted.",
)

# %% slideshow={"slide_type": "notes"} tags=["hide-input"]
claims.measure(
    "C08a.4",
    "untold, NUTS is worth a fifth of the best HMC of 48 that were tried, or more: "
    "effective draws per gradient, over HMC's; control: HMC at twice the best length",
    lambda way, split: per_gradient[way][split] / per_gradient["HMC"][split],
    of=[("NUTS", split) for split in range(6)],
    control=[("HMC, twice as long", split) for split in range(6)],
    above=0.2,
)

# %% [markdown] slideshow={"slide_type": "subslide"}
# <details><summary>Your prediction</summary>
#
# About a third, for the weights' means. A common guess is that the cleverer algorithm wins. It pays for finding out:
# its last doubling, up to half of a trajectory's gradients, can be thrown away whole. (How much of the loss comes from
# that isn't measured here.) What it saves is most of the search (its step began at 0.3, HMC's best; warm-up isn't
# counted): HMC at twice its best length gives far less.
#
# </details>

# %% [markdown] slideshow={"slide_type": "notes"}
# That counts gradients. How many effective draws does a *second* give, and is TensorFlow Probability's NUTS the one to
# take? The same posteriors, sampled on one core by other libraries too (`make bench STUDY=ch08a_nuts`): four chains
# from the same starts, as much warm-up, acceptance 0.8 for all NUTS. Compiling is timed apart. **Predict before you
# look:** by which factor do the fastest and the slowest NUTS differ: 1.5, 4, or 15?

# %% slideshow={"slide_type": "notes"} tags=["hide-input"]
peers = recording.load("ch08a_nuts")


def by_split(way, what):
    """A recorded quantity of one sampler, (splits,)."""
    return np.array([peers[f"{way}, {split}"][what] for split in range(10, 13)])


def speed(way):
    """Effective draws of the worst weight per processor second, (splits,)."""
    return by_split(way, "effective size") / by_split(way, "second call")


rows = []
for name, way in [
    ("NUTS, TFP, as here", "TFP"),
    ("NUTS, TFP with XLA", "TFP, XLA"),
    ("NUTS, NumPyro", "NumPyro"),
    ("NUTS, NumPyro, no mass matrix", "NumPyro, no mass matrix"),
    ("NUTS, BlackJAX", "BlackJAX"),
    ("HMC in NumPy, tuned", "HMC"),
    ("Metropolis in NumPy, tuned", "Metropolis"),
]:
    seconds, gradients = by_split(way, "second call"), by_split(way, "gradients")
    row = [f"{Measured(speed(way) / speed('TFP')):.1f}", f"{Measured(speed(way)):.0f}"]
    if gradients.any():
        sizes = by_split(way, "effective size")
        row.append(f"{Measured(1_000 * sizes / gradients):.0f}")
        row.append(f"{Measured(1e6 * seconds / gradients):.1f}")
    compiling = Measured(by_split(way, "first call") - seconds)
    rows.append([name, *row, *["–"] * (4 - len(row)), f"{compiling:.1f}"])
show.table(
    rows,
    ["recorded", "times TFP's", "effective draws per s", "per 1,000 gradients",
     "µs per gradient", "s to compile"],
    "The worst weight, three splits, processor seconds of one core, warm-up included; "
    "NumPyro {numpyro}, BlackJAX {blackjax}, JAX {jax}".format(**peers["versions"]),
)  # fmt: skip

# %% [markdown] slideshow={"slide_type": "notes"}
# Nearest to 15: BlackJAX's and NumPyro's NUTS give about twenty times as much as TensorFlow Probability's as this chapter
# runs it, by split more or less. A common guess is 1.5, since the algorithm is one. By gradients they do differ little. But
# here a gradient costs TensorFlow about twenty times as much: each small operation of NUTS' tree is started by itself.
# The test: the same program compiled whole by XLA (`jit_compile=True`) does as many gradients, each at nearly the price
# of the others', and is about twenty times as fast. Compiling takes seconds, longer than all of this chapter's sampling
# by NUTS; so it stays uncompiled here. Which of the three compiled ones is ahead changes with the split: the others on
# two, TFP on the third. NumPyro's mass matrix, a width for each weight, gave it 4 to 14 effective draws more per 1,000 gradients; TFP's adaptation has none, and was ahead on the third split all the same.
#
# HMC in NumPy is ahead of them all on two splits, and level with the first on the third. It needs no tree, since it was
# told its step and length; 48 pairs were tried for that, on two other splits. Three splits, one machine, a small model,
# four chains; other programs ran beside.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Does it pay to average over all that is possible? · 对后验求平均值得吗？
#
# The usual classifier takes the posterior's peak. A Bayesian averages predictions over draws: $p(y \mid x) = \tfrac1S \sum_s \sigma(x \cdot w_s)$.
#
# **Predict before you run.** Forty patients, held-out nats per patient. Priors from strong to weak, $s = 1, 2, 3, 10$: where does averaging beat the peak most?

# %% [markdown] slideshow={"slide_type": "notes"}
# A worked number: two equally likely weights give a patient $0.99$ and $0.50$. The average says $0.745$; the peak, whichever it is, says one of the two. If $y = 0$, the
# average pays $-\ln 0.255 = 1.4$ nats, the sure one $-\ln 0.01 = 4.6$.


# %% slideshow={"slide_type": "skip"}
def nats(probability, y):
    """Mean log loss per patient."""
    p = np.clip(probability, 1e-12, 1 - 1e-12)
    return -(y * np.log(p) + (1 - y) * np.log(1 - p)).mean()


def overconfidence(probability, y):
    """How sure it says it is, less how often it is right."""
    sure = np.maximum(probability, 1 - probability).mean()
    return sure - ((probability > 0.5) == y).mean()


def averaged(seeds, prior, step, glides, draws=200, warmup=100):
    """Held-out predictions by the peak and by the average; R-hat's worst."""
    x, y, x_held_out, y_held_out = splits(seeds)
    posterior = LogisticPosterior(x, y, prior)
    rng = np.random.default_rng([seeds[0], 6])
    start = prior * rng.normal(size=(4 * len(x), x.shape[2]))
    drawn, _ = hamiltonian.hmc(
        posterior.log_density, posterior.gradient, start,
        step=step, leapfrogs=glides, draws=draws + warmup, seed=2, jitter=0.2,
    )  # fmt: skip
    peak, _ = posterior.peak()
    apart = drawn[warmup:].reshape(draws, len(x), 4, -1)
    worst = max(chain_diagnostics.r_hat(apart[:, s]).max() for s in range(len(x)))
    by_peak = [sigmoid(x_held_out[s] @ peak[s]) for s in range(len(x))]
    by_average = [
        sigmoid(apart[:, s].reshape(-1, peak.shape[1]) @ x_held_out[s].T).mean(axis=0)
        for s in range(len(x))
    ]
    return by_peak, by_average, y_held_out, worst


priors = {
    1.0: averaged(range(10), 1.0, 0.3, 8),
    2.0: averaged(range(10), 2.0, 0.35, 12),
    3.0: averaged(range(10), 3.0, 0.4, 20),
    10.0: averaged(range(10), 10.0, 0.5, 50),
}

# %% slideshow={"slide_type": "subslide"} tags=["hide-input"]
rows = []
for prior, (peak, average, truth, worst) in priors.items():
    for name, predicted in (("peak", peak), ("average", average)):
        pairs = list(zip(predicted, truth, strict=True))
        lost = Measured([nats(p, y) for p, y in pairs])
        over = Measured([overconfidence(p, y) for p, y in pairs])
        rows.append([f"s = {prior:g}", name, f"{lost:.3f}", f"{over:.1%}"])
        rows[-1].append(measured.mask(f"{worst:.2f}"))
show.table(
    rows,
    ["prior", "by", "nats per patient", "sureness less accuracy", "largest R-hat"],
    "Ten splits: 40 patients to learn from, 529 held out",
)

# %% slideshow={"slide_type": "notes"} tags=["hide-input"]
def gained(prior, split):
    """Nats per patient that averaging saves."""
    peak, average, truth, _ = priors[prior]
    return nats(peak[split], truth[split]) - nats(average[split], truth[split])


claims.measure(
    "C08a.5",
    "with a weak prior averaging over the posterior beats its peak: nats per held-out "
    "patient saved, prior 10; control: prior 1",
    gained,
    of=[(10.0, split) for split in range(10)],
    control=[(1.0, split) for split in range(10)],
    above=0.02,
)

# %% [markdown] slideshow={"slide_type": "subslide"}
# <details><summary>Your prediction</summary>
#
# With the weakest. A common guess is *always*, since averaging is right if the prior is. The weaker the prior, the more it saves; with $s = 1$ it costs a little: all are too
# unsure there, and averaging makes them less sure still. The peak of a well-chosen prior is as good as any average here, and costs no sampling at all. (We chose by
# looking at the held-out patients; you would take others.)
#
# </details>

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Is the sampler right? · 采样器写对了吗？
#
# Chains can agree on the wrong distribution: if the program has a fault, all have it.
#
# **Predict before you run.** Counts of rare events, rate $\lambda$. We walk on $\theta = \ln \lambda$, and take $\lambda$'s log density for $\theta$'s. Which of these shows it: R-hat, the effective size, the acceptance rate, none of the three?

# %% [markdown] slideshow={"slide_type": "subslide"}
# Prior $\lambda \sim \text{Gamma}(2, 1)$, one count $y \sim \text{Poisson}(\lambda)$. The pair is *conjugate*: the posterior is $\text{Gamma}(2 + y, 2)$, exactly. For $\theta = \ln \lambda$ the
# density gets a factor $d\lambda / d\theta = e^\theta$, the **Jacobian**: $\ln p(\theta \mid y) = (2 + y)\,\theta - 2 e^\theta$. Forgotten, it reads $(1 + y)\,\theta - 2 e^\theta$, also a fine density, of
# another distribution.
#
# **Simulation-based calibration** (Talts et al. 2018): draw $\lambda$ from the prior, $y$ given $\lambda$, and 19 draws
# given $y$. The truth is one more draw from the same posterior: its *rank* among them, 0 to 19, is uniform, if the
# sampler is right and its draws are independent.


# %% slideshow={"slide_type": "skip"}
def simulated(seed, jacobian=True, thin=20, simulations=300):
    """Ranks of 300 truths, and all draws (draws, simulations) of θ."""
    rng = np.random.default_rng([seed, 8])
    rate = rng.gamma(2.0, 1.0, size=simulations)
    shape = 2.0 + rng.poisson(rate) - (0 if jacobian else 1)
    start = np.log(rng.gamma(2.0, 1.0, size=(simulations, 1)))
    drawn, _ = metropolis(
        lambda t: shape * t[:, 0] - 2.0 * np.exp(t[:, 0]), start,
        step=1.5, draws=100 + 19 * thin, seed=seed,
    )  # fmt: skip
    drawn = drawn[100:, :, 0]
    return simulation_based.ranks(np.log(rate), drawn[::thin]), drawn


variants = {
    "right": {},
    "Jacobian forgotten": {"jacobian": False},
    "right, but neighbouring draws": {"thin": 1},
}

# %% slideshow={"slide_type": "skip"}
rows = []
for name in ("right", "Jacobian forgotten"):
    rng = np.random.default_rng(0)
    shape = 2.0 + 3 - (name != "right")  # y = 3
    drawn, accepted = metropolis(
        lambda t, shape=shape: shape * t[:, 0] - 2.0 * np.exp(t[:, 0]),
        rng.normal(size=(4, 1)), step=1.5, draws=4_000, seed=0,
    )  # fmt: skip
    rows.append(
        [name, f"{Measured(chain_diagnostics.r_hat(drawn)[0]):.3f}"]
        + [f"{Measured(chain_diagnostics.effective_sample_size(drawn)[0]):.0f}"]
        + [f"{Measured(accepted.mean()):.0%}", f"{Measured(np.exp(drawn).mean()):.2f}"]
    )
show.table(
    rows,
    ["sampler", "R-hat", "effective size", "acceptance", "mean of λ (exact: 2.5)"],
    "One count, y = 3; four chains of 4,000 steps",
)

# %% slideshow={"slide_type": "subslide"} tags=["hide-input"]
charts.row(
    *(
        lambda ax, name=name: sampling_figures.rank_counts(
            simulation_based.histogram(simulated(0, **variants[name])[0], 19),
            name,
            ax=ax,
        )
        for name in variants
    ),
    figsize=(10.4, 3.4),
    sharey=True,
    caption="300 simulations each. The grey band holds nineteen of twenty bars if "
    "ranks are uniform. Slanted: draws are too small. At both ends: the draws resemble "
    "each other too much.",
    alt="Three bar charts of ranks: about even for the right sampler; rising to the "
    "right where the Jacobian is forgotten; high at both ends where neighbouring draws "
    "are ranked.",
)


# %% slideshow={"slide_type": "notes"} tags=["hide-input"]
def unevenness(seed, **variant):
    """χ² of 300 ranks over its degrees of freedom; about 1 where they are uniform."""
    return simulation_based.unevenness(simulated(seed, **variant)[0], 19)


claims.measure(
    "C08a.6",
    "300 simulations show a forgotten Jacobian: χ² of ranks per degree of freedom; "
    "control: the right sampler",
    lambda seed, jacobian: unevenness(seed, jacobian=jacobian),
    of=[(seed, False) for seed in range(10, 18)],
    control=[(seed, True) for seed in range(10, 18)],
    above=2,
)
claims.measure(
    "C08a.7",
    "and they accuse a right sampler whose draws are neighbours: χ² of ranks per "
    "degree of freedom; control: every twentieth draw",
    lambda seed, thin: unevenness(seed, thin=thin),
    of=[(seed, 1) for seed in range(20, 28)],
    control=[(seed, 20) for seed in range(20, 28)],
    above=2,
)

# %% [markdown] slideshow={"slide_type": "subslide"}
# <details><summary>Your prediction</summary>
#
# None of the three: the faulty chain converges well, to the wrong place. A common guess is R-hat. It asks whether chains agree, and they do. Nothing in the
# chain can tell; an exact posterior, truths that you made yourself, or a second program can.
#
# </details>

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Which part is the generative model? · 哪一部分才是生成模型？
#
# The article counts Markov chain Monte Carlo among the generative models, which learn the data's distribution and draw new samples. Back to the digits in the plane.
#
# **Predict before you run.** New digits are drawn from the mixture of eight, directly or by Metropolis; or from a single Gaussian. Which exchange makes them less like real ones: of the sampler, or of the model?


# %% [markdown] slideshow={"slide_type": "notes"}
# **Energy distance** between two clouds of points: $2\,E|X - Y| - E|X - X'| - E|Y - Y'|$, 0 if both come from one distribution. On a line, clouds $\{0, 2\}$ and $\{1, 3\}$:
# distances between are 1, 3, 1, 1, mean $1.5$; within, $2$ each: $3 - 4 = -1$. With so few points it is mostly noise, but right on average.


# %% slideshow={"slide_type": "skip"}
def energy_distance(one, other):
    """Unbiased estimate from two clouds of points, (n, d) and (m, d)."""

    n, m = len(one), len(other)
    within = cdist(one, one).sum() / (n * (n - 1))
    within += cdist(other, other).sum() / (m * (m - 1))
    return 2 * cdist(one, other).mean() - within


def new_digits(seed, n=1_500):
    """Distances to 899 held-out digits of new ones, by way of drawing."""
    order = np.random.default_rng(seed).permutation(len(places))
    seen, held_out = places[order[:898]], places[order[898:]]
    eight, _ = mixtures.fit(seen, grouped(seen, 8, seed), steps=60)
    single, _ = mixtures.fit(seen, np.ones((len(seen), 1)), steps=1)
    start = np.full((n, 2), 3.0)  # every chain in one corner
    walked, _ = metropolis(eight.log_density, start, step=1.2, draws=60, seed=seed)
    drawn = {
        "mixture, directly": eight.draw(n, seed)[0],
        **{
            f"mixture, by Metropolis, {steps} steps": walked[steps - 1]
            for steps in (2, 5, 10, 20, 60)
        },
        "one Gaussian, directly": single.draw(n, seed)[0],
    }
    return {
        name: 1_000 * energy_distance(held_out, points)
        for name, points in drawn.items()
    }


distances = [new_digits(seed) for seed in range(10, 20)]

# %% slideshow={"slide_type": "subslide"} tags=["hide-input"]
show.table(
    [
        [name, f"{Measured([found[name] for found in distances]):.1f}"]
        for name in distances[0]
    ],
    ["new digits from", "energy distance to real ones, thousandths"],
    "Ten splits; 1,500 new points. For Metropolis 1,500 chains, all from (3, 3)",
)

# %% slideshow={"slide_type": "notes"} tags=["hide-input"]
claims.measure(
    "C08a.8",
    "once it has converged another sampler draws digits as good, one Gaussian "
    "doesn't: energy distance to real digits less that of the mixture's own sampler, "
    "thousandths; control: one Gaussian",
    lambda way, split: distances[split][way] - distances[split]["mixture, directly"],
    of=[("mixture, by Metropolis, 60 steps", split) for split in range(10)],
    control=[("one Gaussian, directly", split) for split in range(10)],
    between=(-5, 5),
)

# %% [markdown] slideshow={"slide_type": "subslide"}
# <details><summary>Your prediction</summary>
#
# Of the model (here for one Gaussian), once the chains have converged; after a few steps all still stand near their
# corner. A common guess is that the sampler matters as much, since it makes the samples. But Metropolis learnt nothing:
# it was handed a density. Where it mixes it draws from any, also from a wrong one.
#
# </details>

# %% [markdown] slideshow={"slide_type": "slide"}
# ## What the article says, and what was measured · 文章怎么说，测得如何
#
# 「生成式模型包含马尔科夫链蒙特卡洛模型（Markov Chain Monte Carlo Model）、条件随机场（Conditional Random Field）、注意力模型等。」 *Generative models include the Markov chain Monte Carlo
# model, the conditional random field, the attention model, and so on.*
#
# The first of the three was this chapter's. Here Markov chain Monte Carlo is by definition a way to draw, and what
# learns the distribution is the model whose density it is given. Measured: Metropolis in place of the mixture's own
# sampler left the distance to real digits as it was, one Gaussian in place of the mixture did not. There are models
# that learn the chain's own step (generative stochastic networks); for those its first part is right. Not measured
# here. The verdict on the sentence stands in [chapter 08c](08c_attention_and_translation.ipynb).

# %% slideshow={"slide_type": "skip"} tags=["hide-input"]
claims.report()

# %% [markdown] slideshow={"slide_type": "skip"}
# ## Exercises · 练习
#
# **1. Recall.** A chain of 6,000 draws has autocorrelation $\rho_t = 0.5^t$. What is its effective sample size?

# %% slideshow={"slide_type": "skip"}
answer = ...
exercises.check("08a.1", answer)

# %% slideshow={"slide_type": "skip"} tags=["hide-input"]
exercises.hint("08a.1")
exercises.solution("08a.1")

# %% [markdown] slideshow={"slide_type": "skip"}
# **2. By hand.** Two states with probabilities $0.2$ and $0.8$; the other state is always proposed. With which probability does Metropolis' rule stay
# in the second?

# %% slideshow={"slide_type": "skip"}
answer = ...
exercises.check("08a.2", answer)

# %% slideshow={"slide_type": "skip"} tags=["hide-input"]
exercises.hint("08a.2")
exercises.solution("08a.2")

# %% [markdown] slideshow={"slide_type": "skip"}
# **3. Compute.** $\log p = -\tfrac12 x^2$, from $x = 1$ with momentum $v = 1$: one leapfrog step with $\epsilon = 1$. With which probability is its end accepted?

# %% slideshow={"slide_type": "skip"}
answer = ...
exercises.check("08a.3", answer)

# %% slideshow={"slide_type": "skip"} tags=["hide-input"]
exercises.hint("08a.3")
exercises.solution("08a.3")

# %% [markdown] slideshow={"slide_type": "skip"}
# **4. Write it.** A log density on the positive numbers becomes one on all numbers by $\theta = \ln \lambda$. Write a function that takes the log density of $\lambda$ (a function of one
# array) and gives that of $\theta$.
#
# `answer = lambda log_density: lambda theta: ...`

# %% slideshow={"slide_type": "skip"}
answer = ...
exercises.check("08a.4", answer)

# %% slideshow={"slide_type": "skip"} tags=["hide-input"]
exercises.hint("08a.4")
exercises.solution("08a.4")

# %% [markdown] slideshow={"slide_type": "skip"}
# **5. Explore.** In `simulated`, let each simulation have 16 counts of the same rate instead of one. Is the forgotten Jacobian still seen? How many simulations does it take? Why?

# %% slideshow={"slide_type": "skip"} tags=["hide-input"]
exercises.hint("08a.5")
exercises.solution("08a.5")

# %% [markdown] slideshow={"slide_type": "skip"}
# ## Terms · 术语
#
# | English | 中文 | in one line |
# | --- | --- | --- |
# | mixture model | 混合模型 | a weighted sum of densities, one for each value of a latent variable |
# | probability density | 概率密度 | how likely places are, per unit of length, area or volume |
# | latent variable | 隐变量 | what nobody sees, but would make drawing easy |
# | expectation maximisation (EM) | 期望最大化（EM）算法 | shares of components, then parameters, by turns |
# | Markov chain Monte Carlo | 马尔可夫链蒙特卡洛 | a chain whose long run is the wanted distribution |
# | random walk | 随机游走 | each jump forgets the one before |
# | detailed balance | 细致平衡 | as much flow one way as the other, between any two states |
# | proposal, acceptance | 提议、接受 | where to go next, and whether to |
# | Gibbs sampling | 吉布斯采样 | one coordinate at a time, from its conditional |
# | Hamiltonian Monte Carlo | 哈密顿蒙特卡洛 | proposals that glide, pushed by the gradient |
# | twisted Gaussian, banana | 扭曲高斯分布（香蕉形分布） | a Gaussian bent along a parabola; its moments stay known |
# | leapfrog | 蛙跳法 | half a push, a glide, half a push |
# | No-U-Turn sampler (NUTS) | NUTS采样器 | HMC that doubles a trajectory until it turns back |
# | autocorrelation | 自相关 | how alike draws are, so many steps apart |
# | effective sample size | 有效样本量 | how many independent draws know the mean as well |
# | R-hat | R-hat统计量 | the spread of all chains over that within a chain |
# | posterior | 后验分布 | what is believed of the parameters, given the data |
# | conjugate | 共轭 | prior and posterior of one family, so the posterior is known exactly |
# | Jacobian determinant | 雅可比行列式 | how a small volume grows where coordinates are changed |
# | energy distance | 能量距离 | how unlike two clouds of points are, by mean distances |
# | simulation-based calibration | 基于模拟的校准 | ranks of known truths among a sampler's draws |
#
# ## Further reading · 延伸阅读
#
# - [Haario et al. 2001](https://doi.org/10.2307/3318737): a Metropolis that adapts its jump, and the banana.
# - [Neal 2011](https://arxiv.org/abs/1206.1901): Hamiltonian Monte Carlo, by the one who brought it to statistics; section 5.4 on tuning.
# - [Hoffman & Gelman 2014](https://arxiv.org/abs/1111.4246): NUTS; look at how it chooses among the places of a trajectory.
# - [Vehtari et al. 2021](https://arxiv.org/abs/1903.08008): R-hat and effective sample size as they should be, with ranks.
# - [Talts et al. 2018](https://arxiv.org/abs/1804.06788): calibration by simulation, and what shapes of the ranks mean.
# - [Beskos et al. 2013](https://arxiv.org/abs/1001.4460): why HMC's cost grows with the fourth root of the dimension.
# - [Betancourt 2017](https://arxiv.org/abs/1701.02434): why trajectories help, in pictures.
