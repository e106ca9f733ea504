# %% [markdown] slideshow={"slide_type": "slide"}
# # Chapter 09a · Bandits and recommendation · 赌博机与推荐
#
# How to choose among things of which you know little, when choosing is the only way to learn more.

# %% [markdown] slideshow={"slide_type": "subslide"}
# **After this chapter you can**
# - say what a choice costs beyond its own reward, and measure it as regret;
# - write ε-greedy, UCB1, Thompson sampling and a gradient bandit in a few lines each;
# - let a choice depend on what is seen, with a linear model or a network, and its doubt;
# - judge a policy from another one's logs, and say when you can't;
# - say when a recommender should look ahead, and when that only costs;
# - factorise a table of ratings.

# %% [markdown] slideshow={"slide_type": "notes"}
# **You need** means and variances, a linear regression, and [chapter 00](00_start_here.ipynb) for the network.
# [Chapter 09b](09b_planning_and_q_learning.ipynb) explains the planner that the last third uses; you can read it later.
# Ten questions in `self_tests.ipynb` say whether you have it.
#
# **Time** about two and a half hours to read and try, four with the exercises; less than a minute to run.
#
# **摘要**
#
# 赌博机问题只有一个状态：选择一个臂，得到奖励，同时学到一点东西。本章比较 ε-贪心、UCB1、汤普森采样和梯度赌博机，并用Lai–Robbins（黎子良–罗宾斯）下界衡量遗憾。
# 然后让选择依赖于上下文（LinUCB、线性与神经汤普森采样），用日志数据做离策略评估，并在真实的 Open Bandit 日志上看区间有多宽。
# 最后讨论推荐：如果推荐会改变用户的口味，向前看就有价值；如果不会，短视的赌博机就够了。再看矩阵分解需要多少评分才有用。

# %% slideshow={"slide_type": "skip"} tags=["hide-input"]
import keras
import numpy as np
from keras import layers
from scipy import special
from sklearn.datasets import load_digits
from sklearn.linear_model import LogisticRegression

from dlcourse import checks, exercises, measured, reproducibility, show
from dlcourse.claims import Claims
from dlcourse.datasets import open_bandit
from dlcourse.figures import bandits as bandit_figures
from dlcourse.figures import charts, reinforcement
from dlcourse.from_scratch import matrix_factorization
from dlcourse.measured import Measured
from dlcourse.rl import (
    bandits,
    contextual,
    environments,
    off_policy,
    planning,
    ppo,
    recommender,
    tabular,
)
from dlcourse.rl.neural_bandit import NeuralThompson

# %% slideshow={"slide_type": "skip"}
reproducibility.start(seed=0, threads=1)
claims = Claims("09a")

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Which one would you try next? · 下一个该试哪个？
#
# Ten headlines; each reader sees one and clicks, or doesn't. Nobody knows which headline is best. Each reader who sees a bad
# one may be a click lost; each headline never shown is one you know nothing about.
#
# **Predict before you run.** *Greedy*: always show the headline with the best share of clicks so far; while all are equal,
# any. In 1,000 such runs of 2,000 readers, in how many is the best headline the one shown at the end: 900, 500 or 200?

# %% slideshow={"slide_type": "subslide"} tags=["hide-input"]
reinforcement.agent_and_environment(
    title="A bandit: the loop of reinforcement learning, with one state",
    caption="The environment has no memory: an action changes the reward, and nothing "
    "else. So all that must be learnt is which arm's mean is largest.",
)

# %% [markdown] slideshow={"slide_type": "subslide"}
# The textbook's name is the **multi-armed bandit**: a row of slot machines, one arm each. Arm $a$ pays 1 with a probability
# $\mu_a$ of its own, else 0. You see a reward only of the arm that you pull.
#
# An arm tried 4 times with 1 reward has the mean $\tfrac14 = 0.25$. A fifth try pays: $0.25 + \tfrac15 (1 - 0.25) = 0.40$.
# A mean can be kept without the list: add the error over the count.


# %% slideshow={"slide_type": "subslide"}
def greedy_run(means, steps, rng):
    """One run of a greedy agent: the arm chosen at each step."""
    counts, averages, chosen = 0 * means, 0 * means, []
    for _ in range(steps):
        best = np.flatnonzero(averages == averages.max())
        arm = rng.choice(best)  # any of those that look best
        reward = float(rng.random() < means[arm])
        counts[arm] += 1
        averages[arm] += (reward - averages[arm]) / counts[arm]
        chosen.append(arm)
    return np.array(chosen)


headlines = np.random.default_rng(0).beta(2, 4, size=10)
one_run = greedy_run(headlines, 2_000, np.random.default_rng(1))
print(headlines.round(2))
print("the last five:", one_run[-5:])

# %% [markdown] slideshow={"slide_type": "notes"}
# The package does the same for a thousand runs at once, with one row of counts and means per run.

# %% slideshow={"slide_type": "skip"}
show.source(bandits.play, bandits.EpsilonGreedy)

# %% slideshow={"slide_type": "skip"}
greedy = bandits.play(bandits.EpsilonGreedy(0.0), headlines, 2_000, runs=1_000, seed=1)
ends_on_best = greedy.arms[-1] == headlines.argmax()
show.markdown(f"""
Of 1,000 greedy runs, {measured.mask(int(ends_on_best.sum()))} end on the best
headline.
""")

# %% [markdown] slideshow={"slide_type": "subslide"}
# <details><summary>Your prediction</summary>
#
# About 200: twice what blind choice gives (100), no more. A common guess is 900, since 2,000 readers are plenty. But greedy
# learns only about what it shows: the first headline that gets a click is shown for as long as its mean stays above the
# others' zeros, which is always. Two thousand readers told it about one headline.
#
# </details>
#
# **Regret** counts what that costs: with $\mu_*$ the best mean, $\sum_t (\mu_* - \mu_{a_t})$. It is made of true means, so that
# the luck of the rewards isn't in it.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## How much must you lose to be sure? · 要弄清楚，至少得损失多少？
#
# **Predict before you run.** *ε-greedy* shows any headline with probability ε, else the best so far. *UCB1* shows the headline that
# could be best; *Thompson sampling* each with the probability that it is the best. After 2,000 readers, which has
# lost the fewest clicks: ε-greedy at its best ε, UCB1 or Thompson?

# %% [markdown] slideshow={"slide_type": "subslide"}
# Two ways to reckon with doubt:
#
# - **UCB1** (Auer et al. 2002): $\bar r_a + \sqrt{2 \ln t / n_a}$. Tried 4 of 100 times, an arm with mean $\tfrac14$ gets
#   $0.25 + \sqrt{2 \cdot 4.6 / 4} = 1.77$; tried 50 times, $0.25 + 0.43 = 0.68$. Optimism fades with the count.
# - **Thompson sampling** (1933): believe that $\mu_a$ is Beta-distributed, $\text{Beta}(1 + \text{rewards},\, 1 + \text{failures})$;
#   draw a number from each arm's belief; take the largest.

# %% slideshow={"slide_type": "skip"}
show.source(bandits.UCB1, bandits.Thompson)

# %% slideshow={"slide_type": "subslide"} tags=["hide-input"]
believer = bandits.Thompson()
bandits.play(believer, [0.2, 0.35, 0.5], 60, runs=1, seed=4)
bandit_figures.beliefs(
    believer.successes[0],
    believer.failures[0],
    [0.2, 0.35, 0.5],
    title="Thompson's beliefs about three arms after 60 steps",
    caption="Solid: what is believed of each arm; dashed: the truth. The arm that "
    "looked bad was soon left alone, so its belief stays wide: nobody needs to know "
    "how bad it is.",
)

# %% [markdown] slideshow={"slide_type": "notes"}
# A third way needs no counts at all: the **gradient bandit** keeps a preference per arm, chooses by their softmax, and moves up the
# gradient of the expected reward. It is the policy gradient of [chapter 09d](09d_policy_gradients.ipynb) with one state.

# %% slideshow={"slide_type": "skip"}
show.source(bandits.GradientBandit)

# %% [markdown] slideshow={"slide_type": "notes"}
# Settings (ε, the gradient's step size) are chosen on ten bandits, and all policies are judged on ten others. A bandit is ten means
# drawn from Beta(2, 4), and each is played 50 times.


# %% slideshow={"slide_type": "skip"}
def some_bandits(seeds):
    """Ten arms' means for each seed, (bandits, 10)."""
    return np.stack([np.random.default_rng(seed).beta(2, 4, size=10) for seed in seeds])


def regrets(policy, means, steps=2_000, runs=50):
    """Mean regret over runs, by step and bandit, (steps, bandits)."""
    every = np.repeat(means, runs, axis=0)
    regret = bandits.play(policy, every, steps, runs=len(every), seed=2).regret
    return regret.reshape(steps, len(means), runs).mean(axis=2)


tuning, judging = some_bandits(range(100, 110)), some_bandits(range(10))
epsilons, step_sizes = [0.02, 0.04, 0.07, 0.1, 0.14], [0.2, 0.4, 0.8]
by_epsilon = {e: regrets(bandits.EpsilonGreedy(e), tuning)[-1].mean() for e in epsilons}
by_size = {s: regrets(bandits.GradientBandit(s), tuning)[-1].mean() for s in step_sizes}
best_epsilon = min(by_epsilon, key=by_epsilon.get)
best_size = min(by_size, key=by_size.get)

# %% slideshow={"slide_type": "skip"}
policies = {
    "greedy": bandits.EpsilonGreedy(0.0),
    f"ε-greedy, ε = {best_epsilon}": bandits.EpsilonGreedy(best_epsilon),
    "UCB1": bandits.UCB1(),
    "gradient bandit": bandits.GradientBandit(best_size),
    "Thompson": bandits.Thompson(),
}
regret = {name: regrets(policy, judging) for name, policy in policies.items()}

# %% slideshow={"slide_type": "subslide"} tags=["hide-input"]
shown = np.unique(np.geomspace(10, 2_000, 40).astype(int)) - 1
charts.curves(
    shown + 1,
    {name: values[shown] for name, values in regret.items()},
    "readers so far",
    "regret (clicks lost)",
    "What exploring costs, and what not exploring costs",
    figsize=(8.4, 4.4),
    xscale="log",
    caption="Mean over ten bandits with 95 % intervals, each played 50 times. On "
    "this axis a logarithm is a straight line; what bends up grows faster.",
)

# %% [markdown] slideshow={"slide_type": "subslide"}
# <details><summary>Your prediction</summary>
#
# Thompson sampling, with the gradient bandit beside it. A common guess is UCB1, which has the theorem. Its bound holds
# on every bandit with rewards from 0 to 1 and for all times, so its widths are cautious: after 2,000 readers it has lost more
# than ε-greedy. It would overtake in the end, since ε-greedy never stops exploring.
#
# </details>

# %% [markdown] slideshow={"slide_type": "notes"}
# How little can one lose? Lai and Robbins (1985): a policy that is good on *every* bandit must try an arm with a gap
# $\Delta_a = \mu_* - \mu_a$ so often that its rewards can't be taken for the best arm's, $\ln T / \mathrm{KL}(\mu_a, \mu_*)$ times in
# the long run. So regret grows by $\sum_a \Delta_a / \mathrm{KL}(\mu_a, \mu_*)$ for each unit of $\ln T$, at least. For means 0.5 and 0.4,
# $\mathrm{KL} = 0.4 \ln \tfrac{0.4}{0.5} + 0.6 \ln \tfrac{0.6}{0.5} = 0.0201$, and the constant is $0.1 / 0.0201 = 4.97$: from 1,000 to 2,000 readers, $4.97 \cdot \ln 2 = 3.4$
# more clicks lost.

# %% slideshow={"slide_type": "skip"}
checks.equal(
    "Lai and Robbins' constant for means 0.5 and 0.4",
    bandits.lower_bound([0.5, 0.4], np.e),
    0.1 / (0.4 * np.log(0.4 / 0.5) + 0.6 * np.log(0.6 / 0.5)),
)
constant = np.array([bandits.lower_bound(means, np.e) for means in judging])


def growth(curve, rate):
    """Regret from step 1,001 to 2,000, over Lai and Robbins' rate."""
    return (curve[1_999] - curve[999]) / (np.log(2) * rate)


rows = []
for name, curves in regret.items():
    ratios = [growth(curves[:, b], constant[b]) for b in range(10)]
    rows.append([name, f"{Measured(curves[-1]):.0f}", f"{Measured(ratios):.1f}"])
show.table(
    rows,
    [
        "policy",
        "regret after 2,000 readers",
        "growth at the end, over Lai and Robbins' rate",
    ],
)

# %% slideshow={"slide_type": "notes"} tags=["hide-input"]
claims.measure(
    "C09a.1",
    "after 1,000 readers Thompson's regret grows about as slowly as Lai and Robbins' "
    "long-run rate: regret of steps 1,001 to 2,000 over it; control: UCB1",
    lambda policy, bandit: growth(regret[policy][:, bandit], constant[bandit]),
    of=[("Thompson", bandit) for bandit in range(10)],
    control=[("UCB1", bandit) for bandit in range(10)],
    between=(0.4, 1.6),
)
claims.measure(
    "C09a.2",
    "Thompson's regret slows down more than a fixed ε's: regret of the second half "
    "over the first half's; control: ε-greedy at its best ε",
    lambda policy, bandit: regret[policy][-1, bandit] / regret[policy][999, bandit] - 1,
    of=[("Thompson", bandit) for bandit in range(10)],
    control=[(f"ε-greedy, ε = {best_epsilon}", bandit) for bandit in range(10)],
    below=0.3,
)

# %% [markdown] slideshow={"slide_type": "notes"}
# Below 1 is no contradiction: 2,000 steps aren't the long run. And doubt isn't the only way: by the table, the gradient bandit, which has
# none, loses as little, while UCB1, which doubts, is too cautious here.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## What if the best choice depends on who is there? · 如果最佳选择取决于来的人是谁？
#
# A reader comes with features $x$; now the best headline is another for each. Real data: scikit-learn's 1,797 handwritten digits, 64
# pixels each. The ten arms are the ten classes, the reward is 1 for the right one. What would have been right is never told.
#
# **Predict before you run.** One linear model per arm. Being greedy failed badly above. Here, over the whole stream:
# does greedy with a linear model name 20 %, 45 % or 70 % correctly?

# %% [markdown] slideshow={"slide_type": "subslide"}
# Each arm has a ridge regression of its reward on $x$, brought up to date after each of its rewards. Its **doubt** about $x$ is
# $\sqrt{x^\top A^{-1} x}$ with $A = \lambda I + \sum x x^\top$ over the times that it was chosen. One feature, $\lambda = 1$, seen three times with
# $x = 1$: $A = 4$, doubt $\tfrac12$; a reader with $x = 2$ gets doubt 1: farther from what was seen, less sure.
#
# - **LinUCB** (Li et al. 2010): mean + α · doubt.
# - **Linear Thompson sampling**: a draw from N(mean, scale² · doubt²).

# %% slideshow={"slide_type": "skip"}
show.source(contextual.LinUCB, contextual.LinearThompson)

# %% slideshow={"slide_type": "skip"}
digits = load_digits()
x = np.column_stack([digits.data / 16, np.ones(len(digits.data))])  # (1797, 65)
y = digits.target


class EvenNoise(contextual.LinearThompson):
    """Draws as wide as its doubt on average, but the same for all arms: it tries things
    without knowing what it doesn't know."""

    def spread(self, x):
        doubt = super().spread(x)
        return np.broadcast_to(doubt.mean(axis=1, keepdims=True), doubt.shape)


class OthersDoubt(contextual.LinUCB):
    """Each arm gets its neighbour's doubt: the same numbers, at the wrong places."""

    def spread(self, x):
        return np.roll(super().spread(x), 1, axis=1)


# %% slideshow={"slide_type": "skip"}
grids = {
    "greedy": (contextual.LinearGreedy, [0.0, 0.01, 0.02, 0.04]),
    "LinUCB": (contextual.LinUCB, [0.1, 0.2, 0.4]),
    "Thompson": (contextual.LinearThompson, [0.05, 0.1, 0.2]),
    "even noise": (EvenNoise, [0.025, 0.05, 0.1, 0.2]),
    "others' doubt": (OthersDoubt, [0.005, 0.01, 0.025, 0.05, 0.1]),
}
settings, streams = {}, {}
for name, (kind, values) in grids.items():
    scores = [
        contextual.play(kind(value), x, y, runs=5, seed=100).mean() for value in values
    ]
    settings[name] = values[int(np.argmax(scores))]
    streams[name] = contextual.play(kind(settings[name]), x, y, runs=10, seed=0)

# %% slideshow={"slide_type": "subslide"} tags=["hide-input"]
ends = np.arange(200, 1_797, 100)
charts.curves(
    ends,
    {
        f"{name} ({settings[name]})": np.stack(
            [r[end - 200 : end].mean(axis=0) for end in ends]
        )
        for name, r in streams.items()
    },
    "digits seen",
    "share right, last 200",
    "Naming digits from rewards alone",
    figsize=(8.4, 4.2),
    caption="Mean over ten orders with 95 % intervals; in brackets ε, α or the scale, "
    "chosen on five other orders. Those that use their doubt are ahead from the start.",
)

# %% [markdown] slideshow={"slide_type": "subslide"}
# <details><summary>Your prediction</summary>
#
# Greedy (with ε = 0.01, the best of four) names about 70 % correctly. A common guess is 20 %, as in the first section. But readers differ: a
# model that is wrong for one is tried on another, which does a part of the exploring. Still, noise helps much, and noise where one doubts a
# little more: the table in the notes.
#
# </details>

# %% slideshow={"slide_type": "notes"} tags=["hide-input"]
show.table(
    [[name, f"{Measured(r.mean(axis=0)):.1%}"] for name, r in streams.items()],
    ["policy", "share right, all digits"],
    "Ten orders",
)

# %% slideshow={"slide_type": "notes"} tags=["hide-input"]
claims.measure(
    "C09a.3",
    "LinUCB beats noise that is spread evenly over the arms: share right less that of "
    "noise as large, in the same order; control: each arm with its neighbour's doubt",
    lambda policy, run: (streams[policy] - streams["even noise"])[:, run].mean(),
    of=[("LinUCB", run) for run in range(10)],
    control=[("others' doubt", run) for run in range(10)],
    above=0.02,
)

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Can a network doubt? · 网络知道自己没把握吗？
#
# A linear model of pixels is soon at its limit. A network has features of its own, but no $A^{-1}$. **Neural-linear Thompson
# sampling** (Riquelme et al. 2018): the hidden layer is the new $x$; the doubt is a linear model's on top of it.
#
# **Predict before you run.** Over the last 400 digits, linear Thompson sampling names about 93 % correctly. Does the
# network name more, and if so because it has 64 features that aren't linear, or because it learns them?

# %% [markdown] slideshow={"slide_type": "subslide"}
# In Keras, the network that stands behind one run:

# %% slideshow={"slide_type": "fragment"}
inputs = keras.Input((65,))
hidden = layers.Dense(64, "relu", name="features")(inputs)
rewards = layers.Dense(10, name="reward_of_each_arm")(hidden)
reader = keras.Model(inputs, rewards)
show.table(
    [[each.name, each.count_params()] for each in reader.layers[1:]],
    ["layer", "weights"],
)

# %% [markdown] slideshow={"slide_type": "notes"}
# It is trained on (digit, arm, reward) by squared error of the chosen arm's output alone: of the other nine nobody knows the reward. After every
# 200 digits it is trained further, and the ten regressions are computed anew from its hidden layer.

# %% slideshow={"slide_type": "skip"}
show.source(NeuralThompson)

# %% slideshow={"slide_type": "subslide"}
scale = settings["Thompson"]
networks = {
    "learnt features": NeuralThompson(scale, seed=1),
    "features as drawn": NeuralThompson(scale, seed=1, updates=0),
    "pixels": contextual.LinearThompson(scale),
}
deep = {
    name: contextual.play(policy, x, y, runs=5, seed=5)
    for name, policy in networks.items()
}

# %% slideshow={"slide_type": "subslide"} tags=["hide-input"]
show.table(
    [
        [
            name,
            f"{Measured(r.mean(axis=0)):.1%}",
            f"{Measured(r[-400:].mean(axis=0)):.1%}",
        ]
        for name, r in deep.items()
    ],
    ["Thompson sampling on", "whole stream", "last 400 digits"],
    "Share named correctly, five orders with networks of their own",
)

# %% slideshow={"slide_type": "notes"} tags=["hide-input"]
claims.measure(
    "C09a.4",
    "a network's features are worth learning: share right of the last 400, less linear "
    "Thompson sampling's; control: the same network, never trained",
    lambda policy, run: (deep[policy] - deep["pixels"])[-400:, run].mean(),
    of=[("learnt features", run) for run in range(5)],
    control=[("features as drawn", run) for run in range(5)],
    above=0.01,
)

# %% [markdown] slideshow={"slide_type": "subslide"}
# <details><summary>Your prediction</summary>
#
# It names more, and because it learns: with features as they were drawn it does no better than pixels. Over the whole stream
# a line does as well, since a network must learn something first. A common guess is that a network is better throughout.
#
# </details>

# %% [markdown] slideshow={"slide_type": "slide"}
# ## What would another policy have earned? · 换一个策略会得到多少？
#
# You have logs of what was shown, and a new policy. Must you try it on readers to know what it earns?
#
# **Predict before you run.** 500 logged choices of a poor policy (23 % right), which explores; the new one is right in 80 % of cases. Three estimates:
# a model of the reward, fitted to the log; the log's rewards, weighted; both. Whose error is smallest?

# %% [markdown] slideshow={"slide_type": "subslide"}
# Weigh each logged reward by how much likelier the new policy $\pi$ would have been to do the same, $w = \pi(a \mid x) / \pi_0(a \mid x)$. Logged with
# probability 0.1, wanted with 0.8: that row counts eight times.
#
# - **Direct method**: a model's expectation, $\sum_a \pi(a \mid x)\, q(x, a)$.
# - **Inverse propensity**: $w\, r$. Right on average, if $\pi_0$ does all that $\pi$ does.
# - **Self-normalised**: $\sum w r / \sum w$.
# - **Doubly robust**: the model, and the weighted errors it makes: $\sum_a \pi q + w\,(r - q(x, a))$.
# - **Switch**: doubly robust where $w$ is small, the model where it is large.

# %% slideshow={"slide_type": "skip"}
show.source(off_policy.inverse_propensity, off_policy.doubly_robust, off_policy.switch)

# %% [markdown] slideshow={"slide_type": "notes"}
# On made-up logs all five say what the estimators of the Open Bandit Pipeline say, to rounding (`make bench STUDY=ch09a_obp`).
#
# To know the truth we take the digits again: labels tell what each policy would earn. A *world* is a split: 100 digits
# train the logging policy (its softmax, mixed with 30 % of pure chance), 300 others the new one, and the rest are the readers. The reward's
# model is a ridge regression per arm on the log itself, each half judged by the other half's model.


# %% slideshow={"slide_type": "skip"}
def softmax_policy(x, y, rows, readers, sharpness, chance):
    """Probabilities of the ten arms for readers, by a logistic regression on rows."""
    model = LogisticRegression(C=0.1, max_iter=200).fit(x[rows], y[rows])
    scores = special.softmax(sharpness * model.decision_function(x[readers]), axis=1)
    return chance / 10 + (1 - chance) * scores


def world(x, y, seed, chance=0.3, sharpness=1.0):
    """Readers (features, right arms), and what both policies do for them."""
    order = np.random.default_rng(seed).permutation(len(x))
    few, more, readers = np.split(order, [100, 400])
    logging = softmax_policy(x, y, few, readers, sharpness, chance)
    return (
        x[readers],
        y[readers],
        logging,
        softmax_policy(x, y, more, readers, 3.0, 0.05),
    )


def truth(readers, right, logging, new):
    """What the new policy earns per reader, exactly."""
    return new[np.arange(len(right)), right].mean()


# %% slideshow={"slide_type": "skip"}
def reward_model(x, arms, rewards, ridge=1.0):
    """A ridge regression of each arm's reward, (features, 10)."""
    weights = np.empty((x.shape[1], 10))
    for arm in range(10):
        own = x[arms == arm]
        gram = own.T @ own + ridge * np.eye(x.shape[1])
        weights[:, arm] = np.linalg.solve(gram, own.T @ rewards[arms == arm])
    return weights


def logged(readers, right, logging, new, *, rows=500, seed=0, model=True):
    """A log of so many choices, ready to be judged. Without a model its rewards are
    shuffled before it is fitted: it knows how often a reward comes, and noise."""
    rng = np.random.default_rng(seed)
    who, n = rng.integers(len(right), size=rows), np.arange(rows)
    arms = bandits.draw(logging[who], rng)
    rewards = (arms == right[who]).astype("float64")
    fitted = rewards if model else rng.permutation(rewards)
    expected, half = np.empty((rows, 10)), n % 2
    for part in (0, 1):
        mine, other = half == part, half != part
        weights = reward_model(readers[who[other]], arms[other], fitted[other])
        expected[mine] = readers[who[mine]] @ weights
    return off_policy.Logs(
        reward=rewards,
        weight=new[who, arms] / logging[who, arms],
        expected_logged=expected[n, arms],
        expected_policy=(new[who] * expected).sum(axis=1),
    )


# %% slideshow={"slide_type": "skip"}
estimators = {
    "direct method": off_policy.direct_method,
    "inverse propensity": off_policy.inverse_propensity,
    "self-normalised": off_policy.self_normalised,
    "doubly robust": off_policy.doubly_robust,
    "switch at 10": lambda logs: off_policy.switch(logs, 10.0),
}
worlds = [world(x, y, seed) for seed in range(5)]
LOGS = 50
logs = {
    model: [
        [logged(*w, seed=100 * k + s, model=model) for s in range(LOGS)]
        for k, w in enumerate(worlds)
    ]
    for model in (True, False)
}
true_values = np.array([truth(*w) for w in worlds])


errors = {
    (name, model): np.array(
        [[estimator(log).mean() for log in logs[model][k]] for k in range(5)]
    )
    - true_values[:, None]
    for name, estimator in estimators.items()
    for model in (True, False)
}  # estimate less truth, (worlds, logs)


def rms(values):
    """Root mean square."""
    return np.sqrt(np.mean(values**2))


# %% slideshow={"slide_type": "subslide"} tags=["hide-input"]
show.table(
    [
        [name]
        + [
            f"{Measured([measure(row) for row in errors[name, True]]):.3f}"
            for measure in (np.mean, np.std, rms)
        ]
        for name in estimators
    ],
    ["estimator", "bias", "standard deviation", "root mean square error"],
    f"Estimates from 500 rows; five worlds of {LOGS} logs; the truth is about 0.8",
)

# %% slideshow={"slide_type": "notes"} tags=["hide-input"]
claims.measure(
    "C09a.5",
    "a model of who earns what lowers inverse propensity's error by three tenths or "
    "more: root mean square error, doubly robust over inverse propensity; control: the "
    "same model, fitted to rewards that were shuffled",
    lambda world, model: (
        rms(errors["doubly robust", model][world])
        / rms(errors["inverse propensity", True][world])
    ),
    of=[(world, True) for world in range(5)],
    control=[(world, False) for world in range(5)],
    below=0.7,
)

# %% [markdown] slideshow={"slide_type": "subslide"}
# <details><summary>Your prediction</summary>
#
# Of the three, both together; self-normalised weights do better still here. A common guess is the model: its estimates hardly vary. But
# they are far off, and each log is off in the same direction: it had few rows of what the new policy does, and a ridge that shrinks. An interval around it would be narrow, and
# wrong.
#
# </details>

# %% [markdown] slideshow={"slide_type": "subslide"}
# **When can't you?** Where the logging policy hardly ever did what the new one would. So far it was a soft choice, and 30 % pure chance. Made
# sharp, with 1 % of chance, it hardly ever shows some of what the new one earns, and that is enough: about one 95 % interval of
# three by inverse propensity still holds the truth.

# %% slideshow={"slide_type": "skip"}
def coverage(x, y, chance, sharpness, seed):
    """The share of 50 intervals by inverse propensity that hold the truth."""
    place, inside = world(x, y, seed, chance, sharpness), []
    _, right, logging, new = place
    for s in range(50):
        rng = np.random.default_rng([seed, s])
        who = rng.integers(len(right), size=500)
        arms = bandits.draw(logging[who], rng)
        weight = new[who, arms] / logging[who, arms]
        low, high = off_policy.interval(weight * (arms == right[who]))[1:]
        inside.append(low <= truth(*place) <= high)
    return np.mean(inside)


SOFT, SHARP = (0.3, 1.0), (0.01, 16.0)
held = {
    how: [coverage(x, y, *how, seed) for seed in range(10, 20)] for how in (SOFT, SHARP)
}
show.markdown(f"""
Of 95 % intervals, {Measured(held[SOFT]):.0%} hold the truth where the log
explores, and {Measured(held[SHARP]):.0%} where it hardly does.
""")

# %% slideshow={"slide_type": "notes"} tags=["hide-input"]
claims.measure(
    "C09a.8",
    "without exploration in the log, intervals don't hold what they promise: share "
    "of 95 % intervals by inverse propensity that hold the truth, sharp log; "
    "control: soft log",
    lambda how, world: held[how][world],
    of=[(SHARP, world) for world in range(10)],
    control=[(SOFT, world) for world in range(10)],
    below=0.85,
)

# %% [markdown] slideshow={"slide_type": "slide"}
# ## What do a shop's logs tell? · 商店的日志能说明什么？
#
# Real logs, of a fashion shop (Open Bandit, Saito et al. 2021; CC BY 4.0): items shown in three places of a page, by chance or by
# Thompson sampling (the policy "bts"), in the same week. So what "bts" *began* with can be judged from the logs of chance.
#
# **Predict before you run.** 10,000 rows by chance. How wide will the interval be for what "bts" earns: a tenth of the
# value, a third, or all of it and more?


# %% slideshow={"slide_type": "skip"}
def judge_the_shop(campaign, estimators):
    """Estimates for "bts" from the logs of chance, and the clicks observed under it."""
    chance, acted = (
        open_bandit.read(policy, campaign) for policy in ("random", "bts")
    )
    choices = open_bandit.thompson_choices(chance.prior)  # (items, 3 places)
    shown = np.bincount(chance.item, minlength=chance.items)
    clicks = np.bincount(chance.item, chance.click, minlength=chance.items)
    expected = (clicks + 300 * chance.click.mean()) / (
        shown + 300
    )  # pulled to the mean
    rows = off_policy.Logs(
        reward=chance.click,
        weight=choices[chance.item, chance.place] / chance.propensity,
        expected_logged=expected[chance.item],
        expected_policy=(choices * expected[:, None]).sum(axis=0)[chance.place],
    )
    found = {
        name: off_policy.interval(estimator(rows))
        for name, estimator in estimators.items()
    }
    found["observed under “bts”"] = off_policy.interval(acted.click)
    return found, chance, acted, rows, choices


# %% slideshow={"slide_type": "skip"}
shop = {
    campaign: judge_the_shop(campaign, estimators)
    for campaign in open_bandit.CAMPAIGNS
}

# %% slideshow={"slide_type": "subslide"} tags=["hide-input"]
bandit_figures.intervals(
    {name: tuple(1_000 * np.array(row)) for name, row in shop["men"][0].items()},
    "clicks per 1,000 shown",
    "Campaign “men”: what “bts” earns, by the logs of chance",
    levels={"chance itself": 1_000 * shop["men"][1].click.mean()},
    caption="95 % intervals. All that weigh rows include nearly everything between "
    "half and one and a half times the estimate, chance itself too; the direct "
    "method's narrow interval counts only which place was filled, not how little its "
    "model knows.",
)

# %% slideshow={"slide_type": "notes"} tags=["hide-input"]
show.table(
    [
        [
            campaign,
            int(chance.click.sum()),
            int(acted.click.sum()),
            f"{off_policy.effective_rows(rows.weight):,.0f}",
        ]
        + [
            f"{1_000 * e:.1f} ({1_000 * low:.1f} to {1_000 * high:.1f})"
            for e, low, high in (
                found["self-normalised"],
                found["observed under “bts”"],
            )
        ]
        for campaign, (found, chance, acted, rows, _) in shop.items()
    ],
    [
        "campaign",
        "clicks, chance",
        "clicks, bts",
        "effective rows",
        "self-normalised, per 1,000",
        "observed, per 1,000",
    ],
    "10,000 rows of each policy",
)

# %% [markdown] slideshow={"slide_type": "subslide"}
# <details><summary>Your prediction</summary>
#
# As wide as the value itself, up to nearly twice. A common guess is a tenth, since 10,000 rows are many. But they hold about forty
# clicks, and forty rare events are known to $\pm 2\sqrt{40} \approx \pm 13$; weights make it worse.
#
# </details>

# %% [markdown] slideshow={"slide_type": "notes"}
# Three honest remarks. Self-normalised and doubly robust intervals hold the observed rate (for "men" barely) and that of chance; the direct
# method's often hold neither. So from these logs of chance nobody can say whether "bts" earns more: the full data set has 26 million
# rows. And what we judge is what "bts" *began* with. The shop's policy learnt during the week, so that the observed rate is no real
# check, least of all for "all" and "women". Its logged probabilities tell:

# %% slideshow={"slide_type": "skip"}
fixed = {
    campaign: np.corrcoef(choices[acted.item, acted.place], acted.propensity)[0, 1]
    for campaign, (_, _, acted, _, choices) in shop.items()
}
show.table(
    [[campaign, f"{value:.2f}"] for campaign, value in fixed.items()],
    ["campaign", "correlation of logged probabilities with the first belief's"],
)

# %% [markdown] slideshow={"slide_type": "slide"}
# ## When does it pay to look ahead? · 什么时候值得向前看？
#
# So far a choice changed nothing but the reward. A recommender also changes the listener. Three kinds of music: the *hit* is liked at
# first and wears out by being recommended; the *acquired taste* is hardly liked at first and grows; the *evergreen* is liked
# moderately for ever. A listener who doesn't like what comes leaves sooner.
#
# **Predict before you run.** Tastes move by a step after 70 % of recommendations. A myopic recommender gets about 10 plays per visit. What could be
# had: 11, 14 or 24? And where tastes hardly move (2 %)?

# %% slideshow={"slide_type": "skip"}
show.source(recommender.listener)

# %% [markdown] slideshow={"slide_type": "notes"}
# Five levels of liking the hit times five of the acquired taste make 25 states, so [value iteration](09b_planning_and_q_learning.ipynb)
# says exactly what is best. *Myopic* is the policy of a bandit that knows everything: what is likeliest to be played now.

# %% slideshow={"slide_type": "skip"}
drifts = [0.0, 0.02, 0.05, 0.1, 0.2, 0.4, 0.7, 1.0]


def plays(model, policy):
    """Exact mean number of plays in a visit."""
    return planning.from_start(model, planning.evaluate(model, policy, 1.0))


planned = {"best plan": [], "γ = 0.67 (about 3 plays)": [], "myopic": []}
for drift in drifts:
    model = recommender.listener(drift)
    for name, discount in zip(planned, (1.0, 2 / 3, None), strict=True):
        policy = (
            recommender.myopic(model)
            if discount is None
            else planning.value_iteration(model, discount).policy
        )
        planned[name].append(plays(model, policy))

# %% slideshow={"slide_type": "subslide"} tags=["hide-input"]
charts.curves(
    drifts,
    planned,
    "probability that a recommendation moves the taste",
    "plays per visit (exact)",
    "What looking ahead is worth",
    figsize=(8.0, 4.2),
    caption="Up to a drift of about 0.1 the myopic policy is nearly the best. "
    "Beyond, the best plan invests in the acquired taste, which pays only after many "
    "plays: a short horizon isn't enough.",
)

# %% slideshow={"slide_type": "subslide"} tags=["hide-input"]
moving = recommender.listener(0.7)
squares = {"letters": [" " * 5] * 5, "moves": "HAE"}
best = planning.value_iteration(moving, 1.0)
reinforcement.maps(
    {
        "myopic": squares | {"policy": recommender.myopic(moving)},
        "best plan": squares
        | {"policy": best.policy, "values": best.values, "digits": 0},
    },
    caption="Rows: how much the hit is liked, most at the bottom; columns: the "
    "acquired taste, most at the right. H: play the hit, A: the acquired taste, E: "
    "the evergreen. Right, the plays to come. A visit starts in the lower left "
    "corner.",
    alt="Two maps of five by five states with letters for the three kinds of music. "
    "The best plan plays the acquired taste nearly everywhere, the myopic one only "
    "at the right.",
)

# %% [markdown] slideshow={"slide_type": "subslide"}
# <details><summary>Your prediction</summary>
#
# About 24, more than twice as much, and nothing where tastes hardly move. A common guess is a little more: it takes a planner to see
# that about three bad recommendations in a row can be the start of a good visit.
#
# </details>

# %% [markdown] slideshow={"slide_type": "notes"}
# ### What the article says of it
#
# 「RL的应用领域包括智能玩具、游戏控制、驾驶、推荐系统等。」
# (RL is used in smart toys, game control, driving, recommendation systems, and so on. A2.9.2b)
#
# That it *is* used somewhere no notebook can find out. But what it would be used *for* can be measured: does an agent that learns for the
# long run recommend better than the same agent which only counts the next play? PPO ([chapter 09d](09d_policy_gradients.ipynb)), five
# agents, far-sighted and with a discount of 0, where tastes move often (0.7) and where they move less (0.2): there, too, the best plan is
# worth three plays more than the myopic one. The rule stands here; the learning comes below.

# %% slideshow={"slide_type": "notes"} tags=["hide-input"]
OFTEN = "holds where tastes move often"
claims.rule(
    "A2.9.2b",
    {
        "holds": lambda often, less_often: min(often.low, less_often.low) > 1,
        OFTEN: lambda often, less_often: often.low > 1 > less_often.high,
        "does not hold": lambda often, less_often: max(often.high, less_often.high) < 1,
        "not settled": True,
    },
    made_up={
        "holds": {"often": [8.1, 9.0, 7.2], "less_often": [2.2, 2.9, 2.5]},
        OFTEN: {"often": [8.1, 9.0, 7.2], "less_often": [-0.2, 0.1, 0.3]},
        "does not hold": {"often": [0.1, -0.4, 0.2], "less_often": [-3.0, -2.5, -2.2]},
        "not settled": {"often": [8.1, -6.0, 7.2], "less_often": [-0.2, 0.1, 0.3]},
    },
)

# %% slideshow={"slide_type": "skip"}
HOW = {
    "epochs": 4,
    "minibatch": 256,
    "hidden": (16,),
    "gae_lambda": 0.95,
    "learning_rate": 3e-3,
    "entropy_weight": 0.01,
}


def learnt_plays(drift, discount, seed, how):
    """Exact plays per visit of five PPO agents' greedy policies."""
    model = recommender.listener(drift)
    run = ppo.train(
        recommender.listeners(model, num_envs=5 * 8),
        ppo.Settings(discount=discount, **how),
        steps=20_000,
        agents=5,
        seed=seed,
    )
    states = recommender.liking(np.arange(model.states))
    return np.array([plays(model, run.chooser(agent)(states)) for agent in range(5)])


FAR = {0.7: 0.95, 0.2: 0.99}  # far-sighted discounts by how often tastes move
learnt = {
    (drift, discount): learnt_plays(drift, discount, seed=11, how=HOW)
    for drift, far in FAR.items()
    for discount in (far, 0.0)
}

# %% [markdown] slideshow={"slide_type": "notes"}
# And tabular Q-learning, ten agents of each discount, which must find out about each of the 25 states by itself:

# %% slideshow={"slide_type": "skip"}
tables = {
    (drift, discount): tabular.q_learning(
        environments.TableVectorEnv(recommender.listener(drift), 10),
        steps=20_000,
        step_size=0.05,
        epsilon=0.05,
        discount=discount,
        seed=1,
        initial=10.0 if discount else 1.0,
    ).table
    for drift, far in FAR.items()
    for discount in (far, 0.0)
}

# %% slideshow={"slide_type": "subslide"} tags=["hide-input"]
columns = []
for drift, far in FAR.items():
    model = recommender.listener(drift)
    one_kind = [plays(model, np.full(model.states, kind)) for kind in range(3)]
    found = [
        f"{plays(model, recommender.myopic(model)):.1f}",
        f"{max(one_kind):.1f}",
        f"{plays(model, planning.value_iteration(model, 1.0).policy):.1f}",
    ]
    for discount in (0.0, far):
        each_agent = [planning.greedy(table) for table in tables[drift, discount]]
        found.append(f"{Measured([plays(model, how) for how in each_agent]):.1f}")
    found += [f"{Measured(learnt[drift, discount]):.1f}" for discount in (0.0, far)]
    columns.append(found)

WHO = [
    "myopic, knows all",
    "one kind for the whole visit, the best of three",
    "best plan, knows all",
    "Q-learning, γ = 0",
    "Q-learning, far-sighted",
    "PPO, γ = 0",
    "PPO, far-sighted",
]
show.table(
    list(zip(WHO, *columns, strict=True)),
    ["who recommends", "tastes move often (0.7)", "less often (0.2)"],
    "Exact plays per visit of what was learnt in 20,000 steps",
)

# %% slideshow={"slide_type": "notes"} tags=["hide-input"]
claims.measure(
    "C09a.6",
    "counting the whole visit, not the next play, pays where tastes move often: "
    "plays per visit of PPO, far-sighted less γ = 0; control: where they move less, "
    "and a plan would gain three",
    lambda drift, agent: learnt[drift, FAR[drift]][agent] - learnt[drift, 0.0][agent],
    of=[(0.7, agent) for agent in range(5)],
    control=[(0.2, agent) for agent in range(5)],
    above=2,
)

# %% [markdown] slideshow={"slide_type": "notes"}
# Planning knew the listener; the learners had to find out. Where tastes move often, far-sighted PPO finds nearly all that there is. But look
# at the second row: *always the acquired taste* gets as much, and so would a bandit that chooses one kind for a visit and counts its
# plays. Where tastes move less, a plan that changes its mind is worth three plays more than any of that, and neither learner finds it in
# 20,000 steps: what must be invested is larger there, and what it brings comes later.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## And the classic: what does a table of ratings tell? · 经典做法：评分表能说明什么？
#
# Ratings: 300 users, 100 items, each user has rated a few. Nobody knows anything about users or items but this table.
#
# **Predict before you run.** Rival: the item's mean and the user's habit of rating high or low. How many ratings per user
# does it take until *taste* can be used, so that a factorisation beats it: 5, 10 or 40?

# %% [markdown] slideshow={"slide_type": "subslide"}
# **Matrix factorisation**: user $u$ gets a few numbers $p_u$, item $i$ as many, $q_i$, and the rating is their product. A user
# $(1, 0.5)$ and an item $(2, -1)$: $1 \cdot 2 + 0.5 \cdot (-1) = 1.5$ above what user and item get anyway. In Keras:


# %% slideshow={"slide_type": "fragment"}
def factor_model(users, items, factors):
    """(user, item) to a rating, less what both get anyway."""
    numbers = []
    for name, size in [("user", users), ("item", items)]:
        which = keras.Input((), dtype="int32", name=name)
        small = keras.regularizers.L2(1e-3)
        look_up = layers.Embedding(size, factors, "uniform", small)
        numbers.append((which, look_up(which)))
    (user, p), (item, q) = numbers
    return keras.Model([user, item], layers.Dot(axes=-1)([p, q]))


# %% [markdown] slideshow={"slide_type": "notes"}
# With the items' numbers fixed, each user's are a ridge regression, and the other way round: **alternating least squares** (Koren et al.
# 2009) needs no learning rate, and each half step can only lower its objective.

# %% slideshow={"slide_type": "skip"}
show.source(matrix_factorization.factorize)

# %% [markdown] slideshow={"slide_type": "notes"}
# The best-known tables of ratings come with conditions (MovieLens: no commercial use), so these are simulated: three hidden numbers per user
# and item, habits, and noise. The control mixes up who gave which rating of an item: means stay, taste goes.


# %% slideshow={"slide_type": "skip"}
def ratings(seed, each, taste=True, users=300, items=100, noise=0.5):
    """Users, items, ratings, and which are held out (ten of each user)."""
    rng = np.random.default_rng(seed)
    liking = rng.normal(size=(users, 3)) @ rng.normal(size=(3, items)) / np.sqrt(3)
    full = 3 + 0.3 * rng.normal(size=(users, 1)) + 0.5 * rng.normal(size=items) + liking
    who = np.repeat(np.arange(users), each + 10)
    what = np.concatenate([rng.permutation(items)[: each + 10] for _ in range(users)])
    given = full[who, what] + noise * rng.normal(size=len(who))
    if not taste:
        for item in range(items):
            rows = what == item
            given[rows] = rng.permutation(given[rows])
    return who, what, given, np.tile(np.arange(each + 10) >= each, users)


def held_out_errors(seed, each, taste=True, penalty=2.0):
    """RMS errors of held-out ratings: offsets alone, with three factors."""
    who, what, given, held_out = ratings(seed, each, taste)
    rows, shape = ~held_out, (300, 100)
    mean, of_user, of_item = matrix_factorization.offsets(
        who[rows], what[rows], given[rows], shape, penalty
    )
    left = given - (mean + of_user[who] + of_item[what])
    p, q, _ = matrix_factorization.factorize(
        who[rows], what[rows], left[rows], shape, factors=3, penalty=penalty
    )
    errors = left - (p[who] * q[what]).sum(axis=1)
    return [np.sqrt((e[held_out] ** 2).mean()) for e in (left, errors)]


# %% slideshow={"slide_type": "skip"}
each = [3, 5, 7, 10, 15, 20, 40]
by_ratings = np.array([[held_out_errors(seed, n) for seed in range(5)] for n in each])

# %% slideshow={"slide_type": "subslide"} tags=["hide-input"]
charts.curves(
    each,
    {
        "user's and item's offsets": by_ratings[..., 0],
        "and three factors": by_ratings[..., 1],
    },
    "ratings per user",
    "RMS error, held-out ratings",
    "When is there enough to see taste?",
    levels={"noise": 0.5},
    figsize=(7.6, 4.0),
    caption="Mean over five tables with 95 % intervals. With this penalty factors help "
    "from about seven ratings on; below, they fit noise.",
)

# %% slideshow={"slide_type": "notes"} tags=["hide-input"]
claims.measure(
    "C09a.7",
    "factors find taste: RMS error with factors over that of offsets alone, 20 "
    "ratings per user; control: ratings of each item mixed up among users",
    lambda seed, taste: np.divide(*held_out_errors(seed, 20, taste)[::-1]),
    of=[(seed, True) for seed in range(5, 10)],
    control=[(seed, False) for seed in range(5, 10)],
    below=0.75,
)

# %% [markdown] slideshow={"slide_type": "subslide"}
# <details><summary>Your prediction</summary>
#
# About seven with the penalty that is used here, so 10 is the safe answer; a larger penalty helps at five already. A common guess is 40,
# ten for each of four unknowns, three numbers and a habit. They can be had from a few more than three ratings, if the *items'*
# numbers are known well, and those come from 15 to 30 users each.
#
# </details>

# %% slideshow={"slide_type": "skip"}
who, what, given, held_out = ratings(0, 20)
rows = ~held_out
mean, of_user, of_item = matrix_factorization.offsets(
    who[rows], what[rows], given[rows], (300, 100), 2.0
)
left = given - (mean + of_user[who] + of_item[what])
factors = factor_model(300, 100, 3)
factors.compile(keras.optimizers.Adam(0.02), loss="mse")
factors.fit([who[rows], what[rows]], left[rows], batch_size=256, epochs=20, verbose=0)
guessed = factors.predict([who[~rows], what[~rows]], verbose=0)[:, 0]
by_keras = np.sqrt(np.mean((left[~rows] - guessed) ** 2))
offsets_alone, by_turns = by_ratings[each.index(20), 0]
show.markdown(f"""
The Keras model on the first table: {measured.mask(f"{by_keras:.2f}")}; alternating
least squares {by_turns:.2f}, offsets {offsets_alone:.2f}.
""")

# %% [markdown] slideshow={"slide_type": "notes"}
# And the shop's logs? There a click is the only rating. Do items differ at all, as far as one can see? Item rates of the first 70 %
# of the rows against one rate for all, on the last 30 %:


# %% slideshow={"slide_type": "skip"}
def gain_of_items(campaign, pull=300):
    """Log-likelihood per row won by item rates over one rate, with its interval."""
    log = open_bandit.read("random", campaign)
    cut = len(log) * 7 // 10
    shown = np.bincount(log.item[:cut], minlength=log.items)
    clicks = np.bincount(log.item[:cut], log.click[:cut], minlength=log.items)
    one = log.click[:cut].mean()
    own = ((clicks + pull * one) / (shown + pull))[log.item[cut:]]
    click = log.click[cut:]
    return off_policy.interval(
        click * np.log(own / one) + (1 - click) * np.log((1 - own) / (1 - one))
    )


show.table(
    [
        [c, *(f"{1_000 * value:+.2f}" for value in gain_of_items(c))]
        for c in open_bandit.CAMPAIGNS
    ],
    ["campaign", "won", "low", "high"],
    "Thousandths of a nat per row, 95 % interval",
)

# %% [markdown] slideshow={"slide_type": "notes"}
# Nothing to be seen either way: forty clicks don't tell 34 to 80 items apart. Dense ratings, as above, tell much from thousands of rows; rare
# clicks need far more.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## What the article says, and what was measured · 文章怎么说，测得如何

# %% slideshow={"slide_type": "fragment"} tags=["hide-input"]
claims.verdict(
    "A2.9.2b",
    often=learnt[0.7, 0.95] - learnt[0.7, 0.0],
    less_often=learnt[0.2, 0.99] - learnt[0.2, 0.0],
)

# %% slideshow={"slide_type": "skip"} tags=["hide-input"]
claims.report()

# %% [markdown]
# In this made-up world counting the whole visit pays where tastes move often. But what was learnt there is no more than one kind of music for
# everybody, which a bandit over whole visits would find as well; where it would take a plan, learning didn't find it. So ask first what a
# bandit leaves to be won. Whether *your* readers' tastes move is a question for an experiment, not for a belief.

# %% [markdown] slideshow={"slide_type": "skip"}
# ## Exercises · 练习
#
# **1. Recall.** An arm was tried 9 times and paid 3 times; 100 steps have been made. What is its UCB1 score?

# %% slideshow={"slide_type": "skip"}
answer = ...
exercises.check("09a.1", answer)

# %% slideshow={"slide_type": "skip"} tags=["hide-input"]
exercises.hint("09a.1")
exercises.solution("09a.1")

# %% [markdown] slideshow={"slide_type": "skip"}
# **2. Compute.** Two arms pay with probability 0.6 and 0.5. By Lai and Robbins, how much regret do 10,000 steps cost at least, by their
# long-run formula? (`bandits.lower_bound` checks it.)

# %% slideshow={"slide_type": "skip"}
answer = ...
exercises.check("09a.2", answer)

# %% slideshow={"slide_type": "skip"} tags=["hide-input"]
exercises.hint("09a.2")
exercises.solution("09a.2")

# %% [markdown] slideshow={"slide_type": "skip"}
# **3. By hand.** A log of four rows: rewards 1, 0, 1, 0; the logging policy's probabilities $0.5, 0.5, 0.1, 0.9$; the new policy's for the
# same actions $0.5, 0.1, 0.4, 0.9$. What does inverse propensity say the new policy earns?

# %% slideshow={"slide_type": "skip"}
answer = ...
exercises.check("09a.3", answer)

# %% slideshow={"slide_type": "skip"} tags=["hide-input"]
exercises.hint("09a.3")
exercises.solution("09a.3")

# %% [markdown] slideshow={"slide_type": "skip"}
# **4. Write it.** *ε falling*: a policy with ε = min(1, c / t) at step t, which is what ε-greedy needs for logarithmic regret (Auer et al. 2002,
# theorem 3). Write ε as a function of t (from 1) and c.
#
# `answer = lambda t, c: ...`

# %% slideshow={"slide_type": "skip"}
answer = ...
exercises.check("09a.4", answer)

# %% slideshow={"slide_type": "skip"} tags=["hide-input"]
exercises.hint("09a.4")
exercises.solution("09a.4")

# %% [markdown] slideshow={"slide_type": "skip"}
# **5. Explore.** Two arms, 0.5 and 0.5 + Δ. How does the regret of Thompson sampling after 2,000 steps depend on Δ, from 0.001 to 0.5? Why has it a
# maximum, and where?

# %% slideshow={"slide_type": "skip"} tags=["hide-input"]
exercises.hint("09a.5")
exercises.solution("09a.5")

# %% [markdown] slideshow={"slide_type": "skip"}
# ## Terms · 术语
#
# | English | 中文 | in one line |
# | --- | --- | --- |
# | multi-armed bandit | 多臂赌博机 | several arms, one state: choosing is the only way to learn |
# | regret | 遗憾 | what the best arm's mean would have been ahead by |
# | exploration and exploitation | 探索与利用 | trying what may be better, taking what seems best |
# | upper confidence bound | 置信上界 | what a mean could be at most, by what is known |
# | Thompson sampling | 汤普森采样 | each arm with the probability that it is the best |
# | contextual bandit | 上下文赌博机 | what is best depends on what is seen |
# | propensity | 倾向得分 | with which probability the logging policy did what it did |
# | off-policy evaluation | 离策略评估 | judging a policy by another one's logs |
# | inverse propensity weighting | 逆倾向加权 | rewards weighted by how much likelier the new policy was |
# | doubly robust | 双重稳健 | right on average if the model or the propensities are |
# | matrix factorisation | 矩阵分解 | a few numbers per user and item, whose product is the rating |
# | collaborative filtering | 协同过滤 | recommending by what others with similar ratings liked |
# | myopic | 短视 | counting the next reward only |
#
# ## Further reading · 延伸阅读
#
# - [Lattimore & Szepesvári 2020](https://tor-lattimore.com/downloads/book/book.pdf): the book on bandits; chapters 7, 16 and 36 prove the bounds of the first sections.
# - [Lai & Robbins 1985](https://doi.org/10.1016/0196-8858(85)90002-8): the bound.
# - [Chapelle & Li 2011](https://papers.nips.cc/paper/2011/hash/e53a0a2978c28872a4505bdb51db06dc-Abstract.html): Thompson sampling rediscovered, by measurements.
# - [Li et al. 2010](https://arxiv.org/abs/1003.0146): LinUCB, and news judged from logs.
# - [Riquelme et al. 2018](https://arxiv.org/abs/1802.09127): which networks can doubt; look how well the linear model does.
# - [Dudík et al. 2011](https://arxiv.org/abs/1103.4601): doubly robust evaluation.
# - [Saito et al. 2021](https://arxiv.org/abs/2008.07146): the shop's logs, and the software that judges policies by them.
# - [Koren et al. 2009](https://doi.org/10.1109/MC.2009.263): matrix factorisation.
