# %% [markdown] slideshow={"slide_type": "slide"}
# # Chapter 09b · Planning and Q-learning · 规划与 Q 学习
#
# How to find the best thing to do when you know the rules of a small world, and how to find it by trying when you
# don't.
#
# %% [markdown] slideshow={"slide_type": "subslide"}
# **After this chapter you can**
# - write a problem down as a Markov decision process;
# - compute what is best in it, and say how fast that computation converges;
# - choose a discount by how far ahead it must look;
# - learn values by Monte Carlo, TD and Q-learning, and hold them against the exact ones;
# - tell an end from a time-out;
# - say what Sarsa learns that Q-learning doesn't, and why the largest of ten guesses is too large on average.

# %% [markdown] slideshow={"slide_type": "notes"}
# **You need** expectations, matrices, and a little patience with sums. No network appears in this chapter.
# Ten questions in `self_tests.ipynb` say whether you have it.
#
# **Time** about three hours with the exercises; less than a minute to run.
#
# **摘要**
#
# 强化学习的智能体通过行动得到反馈，并据此改进策略，使长期回报最大。本章从马尔可夫决策过程讲起。
#
# 已知环境模型时，用价值迭代和策略迭代精确求解；未知时，用蒙特卡洛、时序差分、Sarsa、Q 学习和双 Q 学习从经验中学习，并与精确值逐一对照。
#
# 实测表明：折扣因子决定智能体看多远；超时不等于终止；取最大值会造成高估，双 Q 学习能减轻高估，但在冰湖上转为低估。

# %% slideshow={"slide_type": "skip"} tags=["hide-input"]
import gymnasium
import numpy as np
from gymnasium.envs.toy_text import frozen_lake

from dlcourse import checks, exercises, measured, reproducibility, show
from dlcourse.claims import Claims
from dlcourse.figures import charts, reinforcement
from dlcourse.measured import Measured
from dlcourse.rl import environments, planning, tabular

# %% slideshow={"slide_type": "skip"}
reproducibility.start(seed=0, threads=1, tensorflow=False)
claims = Claims("09b")

# %% [markdown] slideshow={"slide_type": "slide"}
# ## What does an agent know after a few steps? · 走几步之后，智能体知道什么？
#
# A frozen lake, sixteen tiles. You start at S and want to get to G; H is a hole, and ends the walk, as G does. The ice
# is slippery: a step goes where you meant it to go in one case of three, and to the left or right of that in the others.
#
# **Predict before you run.** Someone who walks at random, 100 steps at most, reaches the goal in about how many of
# 1,000 walks: 200, 60 or 15?

# %% slideshow={"slide_type": "subslide"} tags=["hide-input"]
reinforcement.agent_and_environment(
    caption="An *agent* acts; the *environment* answers. The grey box is what learns.",
)

# %% slideshow={"slide_type": "subslide"} tags=["hide-input"]
lake = gymnasium.make("FrozenLake-v1")
state, _ = lake.reset(seed=1)
rows = []
for action in [2, 2, 1, 1, 2]:
    following, reward, terminated, truncated, _ = lake.step(action)
    rows.append([state, "←↓→↑"[action], reward, following])
    rows[-1] += [terminated, truncated]
    state = following
    if terminated or truncated:
        break
show.table(
    rows,
    ["state", "action", "reward", "next state", "terminated", "truncated"],
    "One walk, tiles numbered 0 to 15 row by row: all that the agent is told",
)

# %% [markdown] slideshow={"slide_type": "notes"}
# This is all that an agent ever gets: states, rewards, and whether it is over. *Terminated* means that the world has
# ended: nothing can follow. *Truncated* means that somebody stopped the clock. The difference will matter.
#
# What lies behind it is a **Markov decision process**: for each state $s$ and action $a$ a probability of what comes
# next, which depends on nothing earlier. For this lake, Gymnasium publishes it. In state 14, beside the goal, going right:

# %% slideshow={"slide_type": "skip"}
outcomes = lake.unwrapped.P[14][2]
show.table(
    [[f"{p:.3f}", after, reward, end] for p, after, reward, end in outcomes],
    ["probability", "next state", "reward", "terminated"],
)

# %% [markdown] slideshow={"slide_type": "subslide"}
# A walk gives the rewards 0, 0, 1. If a step's delay takes a tenth off, the start's **return** is
# $0 + 0.9 \cdot 0 + 0.81 \cdot 1 = 0.81$.
#
# In general: a **policy** $\pi(a \mid s)$ says what to do. What it is worth is its expected return, the rewards to come, each
# step's worth less by the **discount** $0 \le \gamma \le 1$:
#
# $$G_t = r_{t+1} + \gamma\, r_{t+2} + \gamma^2 r_{t+3} + \dots, \qquad v_\pi(s) = \mathbb{E}_\pi[G_t \mid s_t = s].$$
#
# The return begins with a reward and goes on with another return. So does its expectation, which is Bellman's equation:
#
# $$v_\pi(s) = \sum_a \pi(a \mid s) \sum_{s', r, \text{end}} p(s', r, \text{end} \mid s, a)\,\bigl[\, r + \gamma\,(1 - \text{end})\, v_\pi(s')\,\bigr].$$
#
# One linear equation for each state.

# %% [markdown] slideshow={"slide_type": "notes"}
# With a time limit, the expected return of a random walk is 100 sums of that kind, one per step that is left:

# %% slideshow={"slide_type": "skip"}
show.source(planning.over_steps)

# %% slideshow={"slide_type": "skip"}
ice = planning.from_environment(lake)
at_random = planning.over_steps(ice, planning.uniform(ice), steps=100)
lakes = gymnasium.make_vec("FrozenLake-v1", num_envs=20, vectorization_mode="sync")
walked = tabular.evaluate(lakes, planning.uniform(ice), episodes=50, seed=100)
exact_random = planning.from_start(ice, at_random)
show.markdown(f"""
Random walks reach the goal with probability {exact_random:.4f}, exactly. Of 1,000
walks in Gymnasium's own lake, 20 copies with 50 walks each,
{measured.mask(int(walked.sum()))} did.
""")

# %% [markdown] slideshow={"slide_type": "subslide"}
# <details><summary>Your prediction</summary>
#
# About 14 of 1,000. A common guess is 200, since one of the five tiles that end a walk is the goal. But it is the farthest of
# them, and a walk that steps into any of the other four is over.
#
# </details>
#
# Rare rewards are one of the difficulties of reinforcement learning: an agent that begins by walking at random may
# hear nothing for a long time.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Which way would you go, if the ice decides as well? · 冰面也来做决定，该往哪走？
#
# **Predict before you run.** You stand at S, in the upper left corner of the slippery lake; the goal is to the lower
# right. Which is the best action: right, down, left or up? Left and up are the bank: you would walk against it.

# %% [markdown] slideshow={"slide_type": "subslide"}
# Begin with zeros. Beside the goal, in state 14, going right is now worth $\tfrac13 \cdot 1 = 0.33$: one slip of three
# arrives. Put that in, with γ = 0.9, and do it again: another third stays in 14, so it is worth
# $0.33 + \tfrac13 \cdot 0.9 \cdot 0.33 = 0.43$. The news of the goal spreads, a tile per round.
#
# That is **value iteration**: Bellman's equation with the best action instead of the policy's, used as an instruction,
#
# $$v_*(s) = \max_a q_*(s, a), \qquad q_*(s, a) = \sum_{s', r, \text{end}} p(s', r, \text{end} \mid s, a)\,\bigl[\, r + \gamma\,(1 - \text{end})\, v_*(s')\,\bigr].$$
#
# Because of the max it isn't linear any more. By hand, from Gymnasium's table:

# %% slideshow={"slide_type": "subslide"}
def sweep(table, values, discount, heed_ends=True):
    """One sweep of value iteration: new values, one per state."""
    new = []
    for state in range(len(table)):
        action_values = []
        for outcomes in table[state].values():
            worth = 0.0
            for p, after, r, end in outcomes:
                goes_on = 0 if end and heed_ends else 1
                worth += p * (r + discount * goes_on * values[after])
            action_values.append(worth)
        new.append(max(action_values))
    return new


# %% [markdown] slideshow={"slide_type": "notes"}
# The package does the same with arrays: `continuing[s, a, s']` is the probability of going on from $s$ to $s'$, ends
# left out, shape (states, actions, states).

# %% slideshow={"slide_type": "skip"}
show.source(planning.backup, planning.value_iteration)

# %% slideshow={"slide_type": "skip"}
cliff = gymnasium.make("CliffWalking-v1")
edge = planning.from_environment(cliff)
by_package = planning.value_iteration(edge, 0.9).values
by_hand, endless = [0.0] * 48, [0.0] * 48
for _ in range(60):
    by_hand = sweep(cliff.unwrapped.P, by_hand, 0.9)
    endless = sweep(cliff.unwrapped.P, endless, 0.9, heed_ends=False)
checks.equal(
    "60 sweeps by hand and the package's value iteration, CliffWalking at γ = 0.9",
    by_hand, by_package, atol=1e-9,
)
show.markdown(f"""
Largest difference where ends are not heeded:
{np.abs(endless - by_package)[edge.reachable].max():.2f}.
""")

# %% [markdown] slideshow={"slide_type": "notes"}
# Leaving out $(1 - \text{end})$ shows why it stands there. CliffWalking's table gives the goal a way
# out again, which nobody ever takes, because stepping *onto* the goal ends the episode. Ending belongs to the step, not
# to the state.
#
# **Policy iteration** (Howard 1960) goes another way: solve Bellman's linear equations for the policy you have, take
# the best actions by these values, and repeat until none changes.

# %% slideshow={"slide_type": "skip"}
names = {
    "FrozenLake-v1": 100,
    "FrozenLake8x8-v1": 200,
    "CliffWalking-v1": 200,
    "CliffWalkingSlippery-v1": 200,
    "Taxi-v4": 200,
}
models = {name: planning.from_environment(gymnasium.make(name)) for name in names}
plans = {name: planning.value_iteration(model, 0.99) for name, model in models.items()}
rounds = {name: planning.policy_iteration(models[name], 0.99) for name in names}

# %% slideshow={"slide_type": "skip"} tags=["hide-input"]
show.table(
    [
        [name, int(model.reachable.sum()), model.actions]
        + [measured.mask(plans[name].sweeps), measured.mask(rounds[name].sweeps)]
        + [f"{planning.from_start(model, plans[name].values):.3f}"]
        for name, model in models.items()
    ],
    ["world", "states", "actions", "sweeps", "rounds", "value of the start"],
    "Value iteration (sweeps, to 10 digits) and policy iteration (rounds), γ = 0.99",
)

# %% slideshow={"slide_type": "subslide"} tags=["hide-input"]
LAKE, EDGE = "←↓→↑", "↑→↓←"  # what actions 0 to 3 are called
maps = {
    name: gymnasium.make(name).unwrapped.desc.astype(str).tolist()
    for name in ("FrozenLake-v1", "FrozenLake8x8-v1")
}
dry_lake = gymnasium.make("FrozenLake-v1", is_slippery=False)
dry = planning.value_iteration(planning.from_environment(dry_lake), 0.99)
small = {"letters": maps["FrozenLake-v1"], "moves": LAKE}
wet = plans["FrozenLake-v1"]
reinforcement.maps(
    {
        "dry lake": small | {"values": dry.values, "policy": dry.policy},
        "slippery lake": small | {"values": wet.values, "policy": wet.policy},
    },
    caption="Values (shade and number) and best actions at γ = 0.99. On dry ice the "
    "way is a short one past the holes. On "
    "slippery ice the best action beside a single hole points away from it, even "
    "against the bank.",
    alt="Two maps of four by four tiles with values and arrows. Dry: arrows lead from "
    "the upper left around the holes to "
    "the goal in the lower right. Slippery: many arrows point at the bank or away "
    "from a neighbouring hole.",
)

# %% [markdown] slideshow={"slide_type": "subslide"}
# <details><summary>Your prediction</summary>
#
# The best action at the start is *left*, against the bank. A common guess is right or down, towards the goal. But the ice
# takes you sideways two times in three anyway. What you really choose is the one direction that you *can't* slip to,
# the opposite of yours: going left rules out the right, and with it the row of tiles above the holes.
#
# </details>

# %% [markdown] slideshow={"slide_type": "notes"}
# The planner was told nothing of this; it follows from the table. Gymnasium's own lake agrees: five times 20 copies,
# 50 walks in each.

# %% slideshow={"slide_type": "skip"}
exact_success = planning.expected_return(ice, wet.policy, 100)
dry_success = planning.expected_return(ice, dry.policy, 100)


def arrives(policy, seed):
    """The share of 1,000 walks on the slippery lake that arrive within 100 steps."""
    return tabular.evaluate(lakes, policy, episodes=50, seed=seed).mean()


walk_seeds = range(1_000, 1_500, 100)  # copy k of 20 has the seed + k: none twice
show.markdown(f"""
Exactly, the plan arrives within 100 steps with probability {exact_success:.3f},
the dry lake's plan with {dry_success:.3f}. Walked:
{Measured([arrives(wet.policy, seed) for seed in walk_seeds]):.1%}.
""")

# %% [markdown] slideshow={"slide_type": "skip"}
# ### The larger worlds, on their maps

# %% slideshow={"slide_type": "skip"} tags=["hide-input"]
shore = ["            ", "            ", "            ", "SCCCCCCCCCCG"]
wide, slippery_edge = plans["FrozenLake8x8-v1"], plans["CliffWalkingSlippery-v1"]
reinforcement.maps(
    {
        "FrozenLake 8x8": {
            "letters": maps["FrozenLake8x8-v1"],
            "values": wide.values,
            "policy": wide.policy,
            "moves": LAKE,
        }
    },
    figsize=(6.0, 5.6),
    caption="The slippery 8x8 lake at γ = 0.99. Beside a single hole the arrow points "
    "straight away from it, so that no slip can lead in.",
    alt="Map of eight by eight tiles with values growing from the upper left to the "
    "goal, lower right, and arrows.",
)

# %% slideshow={"slide_type": "skip"} tags=["hide-input"]
cliffs = {"dry cliff": plans["CliffWalking-v1"], "slippery cliff": slippery_edge}
reinforcement.maps(
    {
        title: {
            "letters": shore,
            "values": plan.values,
            "policy": plan.policy,
            "moves": EDGE,
            "digits": 0,
        }
        for title, plan in cliffs.items()
    },
    columns=1,
    figsize=(8.0, 6.0),
    caption="CliffWalking: every step costs 1, the cliff (C) costs 100 and leads back "
    "to S. Dry, the best way runs along "
    "the edge; slippery, it keeps off: in the row above the cliff every arrow but the "
    "last points up.",
    alt="Two maps of four by twelve tiles. Dry: arrows go up one tile, right along "
    "the edge, down to the goal. Slippery: "
    "arrows beside the cliff point up, those of the upper rows along the bank to the "
    "right.",
)


# %% slideshow={"slide_type": "skip"}
def taxi_view(plan, passenger, destination):
    """Values and actions of the taxi's 25 places, for a passenger and destination."""
    places = np.arange(25)
    states = (places * 5 + passenger) * 4 + destination
    return {"values": plan.values[states], "policy": plan.policy[states]}


# %% slideshow={"slide_type": "skip"} tags=["hide-input"]
town = {
    "letters": [" " * 5] * 5,
    "moves": "↓↑→←PD",
    "digits": 1,
    "walls": [(0, 1), (1, 1), (3, 0), (4, 0), (3, 2), (4, 2)],
}
reinforcement.maps(
    {
        "passenger waits, lower left": town | taxi_view(plans["Taxi-v4"], 2, 1),
        "on board, to the upper right": town | taxi_view(plans["Taxi-v4"], 4, 1),
    },
    caption="Taxi at γ = 0.99, two slices of its 400 states (P: pick up, D: deliver; "
    "thick lines: walls). The plan first "
    "drives to the passenger, then to the destination.",
    alt="Two maps of five by five places with arrows around walls: to P in the lower "
    "left; to D in the upper right.",
)

# %% [markdown] slideshow={"slide_type": "notes"}
# Gymnasium's source notes an "optimum" for three of these worlds beside their thresholds
# ([gymnasium/envs/\_\_init\_\_.py](https://github.com/Farama-Foundation/Gymnasium/blob/main/gymnasium/envs/__init__.py):
# 0.74, 0.91 and 8.46). With a time limit the best action depends on the steps left, so the exact optimum takes as many
# sweeps as there are steps:

# %% slideshow={"slide_type": "skip"}
def best_within(model, steps):
    """The most that any policy can expect within so many steps, from the start."""
    values = np.zeros(model.states)
    for _ in range(steps):
        values = planning.backup(model, values, discount=1.0).max(axis=1)
    return planning.from_start(model, values)


noted = {"FrozenLake-v1": 0.74, "FrozenLake8x8-v1": 0.91, "Taxi-v4": 8.46}
optimum = {name: best_within(models[name], names[name]) for name in noted}
show.table(
    [[name, noted[name], f"{optimum[name]:.3f}"] for name in noted],
    ["world", "noted", "exact, within the time limit"],
)

# %% slideshow={"slide_type": "skip"}
taxis = gymnasium.make_vec("Taxi-v4", num_envs=20, vectorization_mode="sync")
driven = tabular.evaluate(taxis, plans["Taxi-v4"].policy, episodes=50, seed=102)
show.markdown(f"""
The taxi's plan, driven in Gymnasium, 20 taxis of 50 rides:
{Measured(driven.mean(axis=1)):.2f}.
""")

# %% [markdown] slideshow={"slide_type": "notes"}
# Two agree, and the third doesn't: no policy can get from Taxi, on average, what the comment
# says. If you ever wondered why your taxi
# stops improving short of it, this is why. Exact planning is worth having even where you mean to learn: it tells you
# what there is to be had.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## How fast does value iteration forget that it began with zeros? · 价值迭代多快忘掉初值？
#
# **Predict before you run.** γ = 0.99. Since $0.99^{1375} \approx 10^{-6}$, about 1,375 sweeps shrink a factor of 0.99
# to a millionth. How many sweeps do the slippery lake, and the taxi, need until the largest error is a millionth of what
# it was: 1,375, about a third of that, or fewer than 20?

# %% [markdown] slideshow={"slide_type": "subslide"}
# With γ = 0.9, an error of 1 is at most $0.9$ after one sweep, $0.81$ after two, $0.729$ after three.
#
# Let $B$ be one sweep. For any two sets of values (Banach's argument):
#
# $$\lVert B u - B v \rVert_\infty \;\le\; \gamma\, \max_{s, a} \sum_{s'} C(s' \mid s, a)\, \lvert u(s') - v(s') \rvert \;\le\; \gamma\, \lVert u - v \rVert_\infty ,$$
#
# because a max changes no more than its entries do, and $C$, the probabilities of going on, add up to 1 at most. With
# $v = v_*$, which $B$ leaves alone, every sweep shrinks the largest error at least by γ: for γ < 1, $B$ is a
# **contraction**.

# %% slideshow={"slide_type": "skip"}
def errors(model, discount, norm=np.inf):
    """Norm of the error after each sweep from zeros, (sweeps + 1,)."""
    plan = planning.value_iteration(model, discount, tolerance=1e-12)
    return np.linalg.norm(plan.history - plan.values, ord=norm, axis=1)


def ratios(found, floor=1e-7):
    """Error after a sweep over that before, while rounding doesn't matter."""
    before, after = found[:-1], found[1:]
    return (after / np.maximum(before, floor))[before > floor]


def slowest(discount, plan, model):
    """γ times the spectral radius of going on under the best policy."""
    moves = model.continuing[np.arange(model.states), plan.policy]
    return discount * np.abs(np.linalg.eigvals(moves)).max()


# %% slideshow={"slide_type": "skip"}
by_world = {name: errors(models[name], 0.99) for name in names}
by_discount = {f"γ = {g}": errors(ice, g) for g in (0.5, 0.9, 0.99)}
panels, sweeps, bound = {}, np.arange(1_400), "0.99 per sweep"
for title, found in {"γ = 0.99": by_world, "slippery lake, 4x4": by_discount}.items():
    shown = {label: np.maximum(e, 1e-9)[:1_400] / e[0] for label, e in found.items()}
    panels[title] = {
        "x": {label: sweeps[: len(e)] for label, e in shown.items()} | {bound: sweeps},
        "series": shown,
        "ylabel": "largest error over that of zeros",
        "theory": {bound: 0.99**sweeps} if found is by_world else {},
    }

# %% slideshow={"slide_type": "subslide"} tags=["hide-input"]
charts.curve_panels(
    panels,
    title="Error of value iteration by sweep",
    xlabel="sweep",
    yscale="log",
    xlim=(0, 1_400),
    ylim=(1e-8, 30),
    legend={"loc": "upper right"},
    caption="Left: no curve lies above the dashed line; worlds without chance (dry "
    "cliff, taxi) drop straight to 0 after as "
    "many sweeps as their longest way has steps. Right: the slippery lake is faster "
    "than γ in the long run.",
)

# %% slideshow={"slide_type": "skip"}
discounts = (0.5, 0.9, 0.99)
largest, euclid = (
    max(ratios(errors(models[k], g, norm)).max() / g for k in names for g in discounts)
    for norm in (np.inf, 2)
)
show.markdown(f"""
Largest ratio of errors from sweep to sweep over γ, five worlds, three discounts:
{largest:.6f} in the largest error; {euclid:.3f} in the Euclidean norm.
""")

# %% [markdown] slideshow={"slide_type": "notes"}
# The bound is reached: in the taxi's first sweeps some state is still too far from any end to feel it. In the Euclidean
# norm some sweeps don't keep the bound: this contraction is one of the *largest* error, not of every norm.
#
# In the long run other things count. Once the best policy stands, the error is multiplied by $\gamma C_*$, where $C_*$ is
# the matrix of its probabilities of going on, and in the end shrinks by the largest eigenvalue of $\gamma C_*$: γ times
# the chance, per step, that a walk which has lasted long goes on.

# %% slideshow={"slide_type": "skip"}
rows = []
for name in ("FrozenLake-v1", "FrozenLake8x8-v1"):
    last = ratios(errors(models[name], 0.99))[-20:].mean()
    by_theory = slowest(0.99, plans[name], models[name])
    rows.append([name, f"{last:.3f}", f"{by_theory:.3f}", 0.99])
show.table(
    rows,
    ["lake", "ratio of errors, last 20 sweeps", "γ times the spectral radius", "γ"],
    "What sets the pace in the long run",
)
millionth = {name: int((e > 1e-6 * e[0]).sum()) for name, e in by_world.items()}
show.markdown(
    "Sweeps to a millionth: "
    + ", ".join(f"{name} {measured.mask(count)}" for name, count in millionth.items())
    + "."
)

# %% [markdown] slideshow={"slide_type": "subslide"}
# <details><summary>Your prediction</summary>
#
# About a third of 1,375 for the lake, fewer than 20 for the taxi. A common guess is 1,375 for both, but γ only bounds the rate
# from above. A walk on the lake ends, in a hole or the goal; and a world without chance whose best ways all end, as
# the taxi's do, is *finished* once news from its end has reached its farthest corner.
#
# </details>
#
# What follows: value iteration needs few sweeps where episodes are short, also at a discount near 1.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## How far ahead does an agent look? · 智能体看得多远？
#
# A corridor. Two steps to the left lies a reward of 1; twelve steps to the right one of 10. Either ends the episode, and
# the agent knows everything.
#
# **Predict before you run.** From which discount on does the best policy walk to the far reward: 0.5, 0.8, or 0.99?


# %% [markdown] slideshow={"slide_type": "notes"}
# ### What the article says of it
#
# 「它试图找到一个长期目标的最优策略。RL系统在某种环境中执行一系列动作，并在每次动作之后得到反馈，以此来调整系统行为，最大化奖励。」
# (It tries to find the best policy for a long-term goal. A system takes a series of actions in some environment, gets
# feedback after each action, and adjusts its behaviour by it, to maximise the reward. A2.9.1)
#
# Both parts can be measured, on thirty lakes that Gymnasium's generator draws, with an agent for each that learns by Q-learning. Does it plan
# for the long term, also at a discount of 0.5, or only at 0.95? And does the feedback do it: does it do better than an agent
# that gets about as many rewards per episode, but for any end, goal or hole? What is measured is a share of what can be
# got at all: the exact chance that the learnt policy arrives within 100 steps, over the best policy's. The rule stands
# here; the learning comes below.

# %% slideshow={"slide_type": "notes"} tags=["hide-input"]
WHEN = "holds when the discount reaches as far as the reward lies"
FED = {"far_sighted": [0.97, 0.99, 0.96], "unfed": [0.02, 0.15, 0.07]}
claims.rule(
    "A2.9.1",
    {
        "holds": lambda far_sighted, near_sighted, unfed: (
            min(far_sighted.low, near_sighted.low) > 0.9 > unfed.high),
        WHEN: lambda far_sighted, near_sighted, unfed: (
            far_sighted.low > 0.9 > max(near_sighted.high, unfed.high)),
        "does not hold": lambda far_sighted, near_sighted, unfed: (
            far_sighted.high < max(0.9, unfed.low)),
        "not settled": True,
    },
    made_up={
        "holds": FED | {"near_sighted": [0.96, 0.97, 0.95]},
        WHEN: FED | {"near_sighted": [0.5, 0.62, 0.41]},
        "does not hold": {"far_sighted": [0.2, 0.35, 0.3], "unfed": [0.02, 0.15, 0.07],
                          "near_sighted": [0.1, 0.3, 0.25]},
        "not settled": FED | {"near_sighted": [0.5, 0.95, 0.86]},
    },
    compares=("far_sighted", "unfed"),
)

# %% slideshow={"slide_type": "skip"}
def corridor(far_reward, near=2, far=12):
    """A row of places: 1 beyond its left end, the far reward beyond its right."""
    last = near + far - 2
    table = [
        [
            [(1.0, max(s - 1, 0), 1.0 if s == 0 else 0.0, s == 0)],
            [(1.0, min(s + 1, last), far_reward if s == last else 0.0, s == last)],
        ]
        for s in range(last + 1)
    ]
    return planning.from_transitions(table, start=near - 1)


# %% [markdown] slideshow={"slide_type": "subslide"}
# A reward $R$ after $k$ steps is worth $\gamma^{k-1} R$ now. So the far one wins where
#
# $$\gamma^{11} \cdot 10 > \gamma^{1} \cdot 1, \qquad \text{that is} \qquad \gamma > \gamma_* = 0.1^{1/10} \approx 0.79 .$$
#
# A discount weighs the step $k$ by $(1-\gamma)\gamma^{k-1}$, which has the mean $1/(1-\gamma)$: the **effective
# horizon**. Within it lies the share $1 - \gamma^{1/(1-\gamma)}$ of the whole weight, for γ near 1 about $1 - 1/e$.

# %% [markdown] slideshow={"slide_type": "skip"}
# Bisection finds where the exact plan turns round:


# %% slideshow={"slide_type": "skip"}
def goes_far(model, discount):
    """Whether the best policy walks right from the start."""
    policy = planning.value_iteration(model, discount, tolerance=1e-14).policy
    return bool(policy[model.start.argmax()] == 1)


def turning_point(model, low=0.1, high=0.999):
    """The discount at which the best policy turns to the far reward, by bisection."""
    for _ in range(20):
        middle = (low + high) / 2
        low, high = (low, middle) if goes_far(model, middle) else (middle, high)
    return high


threshold = 0.1 ** (1 / 10)
checks.equal(
    "the discount at which the exact plan turns and 0.1 ** (1 / 10)",
    turning_point(corridor(10.0)), threshold, atol=1e-5,
)

# %% [markdown] slideshow={"slide_type": "notes"}
# And an agent that knows nothing, and learns by Q-learning (the next sections say how) from 3,000 steps at random? Ten
# seeds at each discount. On the right, a larger world: exact plans for the 8x8 lake, whose only reward is at the goal.

# %% slideshow={"slide_type": "skip"}
row = corridor(10.0)
discounts = [0.5, 0.6, 0.7, 0.75, 0.85, 0.9, 0.95, 0.99]
far = []
for discount in discounts:
    learnt = tabular.q_learning(
        environments.TableVectorEnv(row, 10),
        steps=3_000,
        step_size=0.5,
        epsilon=1.0,
        discount=discount,
    )
    far.append(planning.greedy(learnt.table)[:, row.start.argmax()] == 1)
far = np.array(far, "float64")  # (discounts, seeds)

# %% slideshow={"slide_type": "skip"}
wide_lake, reach = models["FrozenLake8x8-v1"], {}
for discount in (0.5, 0.7, 0.8, 0.9, 0.95, 0.98, 0.99, 0.999):
    policy = planning.value_iteration(wide_lake, discount, tolerance=1e-13).policy
    reach[discount] = planning.expected_return(wide_lake, policy, steps=200)

# %% slideshow={"slide_type": "subslide"} tags=["hide-input"]
horizons = {
    "share": 1 / (1 - np.array(discounts)),
    "lake": 1 / (1 - np.array(list(reach))),
}
charts.curve_panels(
    {
        "corridor, learnt": {
            "x": horizons["share"],
            "series": {"share that goes far": far},
            "ylabel": "share of 10 seeds",
        },
        "8x8 lake, planned": {
            "x": horizons["lake"],
            "series": {"best policy at γ": list(reach.values())},
            "ylabel": "arrives within 200 steps (probability)",
            "levels": {"best possible": optimum["FrozenLake8x8-v1"]},
        },
    },
    title="What an agent gets by how far it looks",
    xlabel="effective horizon 1/(1 − γ) (steps)",
    xscale="log",
    caption="Left: all seeds turn to the far reward between γ = 0.75 and 0.85, where "
    "theory has it. Right: who is in a "
    "hurry dares to pass the holes; the longer the horizon, the safer the way.",
)

# %% [markdown] slideshow={"slide_type": "subslide"}
# <details><summary>Your prediction</summary>
#
# From $0.1^{1/10} \approx 0.79$ on, so of the three $0.8$ is the first that does. A common guess is 0.5, since ten is so much
# more than one; but at γ = 0.5 a reward after twelve steps is worth a two-thousandth of itself.
#
# </details>

# %% [markdown] slideshow={"slide_type": "notes"}
# Then why discount at all? Look at γ = 1 on the same lake.

# %% slideshow={"slide_type": "skip"}
timeless = planning.value_iteration(wide_lake, 1.0, tolerance=1e-14)
sure = planning.from_start(wide_lake, timeless.values)
lazy = planning.expected_return(wide_lake, timeless.policy, steps=200)
show.markdown(f"""
The value of its start, undiscounted: {sure:.6f}. The first best actions at γ = 1
arrive within 200 steps with probability {lazy:.3f}; those at γ = 0.999 with
{reach[0.999]:.3f}.
""")

# %% [markdown] slideshow={"slide_type": "notes"}
# A surprise worth a second look. Without discount the goal can be reached *for certain*, sooner or later, so that every
# tile from which one can be sure is worth 1, and walking against the bank is as good as any step towards the goal: it
# loses nothing but time, which costs nothing. At the start all actions tie, and the greedy policy takes the first, for ever.
# Correct values, useless policy. A discount a hair below 1 breaks the tie in favour of arriving.
#
# What follows: an agent that knows everything doesn't plan for the long term of itself. How far it looks is set by one number, and the
# number is yours.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Without a table: wait for the end, or guess from a guess? · 没有模型：等到结束，还是由猜测推猜测？
#
# From now on nobody knows the table. There is a policy, and there are episodes. What are the states worth?
#
# The world is a row of 19 places. Every step goes left or right by a coin; beyond the left end is −1, beyond the right
# end +1. The exact values are a straight line, known beforehand.
#
# **Predict before you run.** On average over the first ten episodes, who is nearest to the line: who waits for each episode's end and uses
# what really came; who believes the neighbour after every single step; or someone in between?

# %% [markdown] slideshow={"slide_type": "subslide"}
# A state is thought to be worth 0; the next reward is 0, the next state is thought to be worth 0.5. With a step size of 0.1 it
# moves a tenth of the way to what it heard: $0 + 0.1 \cdot (0 + 0.5 - 0) = 0.05$.
#
# All methods do that, $v(s_t) \leftarrow v(s_t) + \alpha\,(\text{target} - v(s_t))$, and differ in the target:
#
# - **Monte Carlo**: the return $G_t$ itself. True on average, and noisy: it adds up the chance of all steps to come.
# - **TD(0)** (Sutton 1988): $r_{t+1} + \gamma v(s_{t+1})$. One step of chance, and a guess that may be wrong.
# - **n-step TD**: $r_{t+1} + \dots + \gamma^{n-1} r_{t+n} + \gamma^n v(s_{t+n})$.
# - **TD(λ)**: all of these at once, weighted by $(1-\lambda)\lambda^{n-1}$ (what is left goes to the return), done
#   approximately by *traces* that remember which states an error concerns.

# %% slideshow={"slide_type": "skip"}
show.source(tabular.td, tabular.n_step_td)

# %% slideshow={"slide_type": "skip"}
show.source(tabular.monte_carlo, tabular.td_lambda)


# %% slideshow={"slide_type": "skip"}
def random_walk(places, right=0.5):
    """A row of places, moved by a coin: -1 beyond the left end, 1 beyond the right."""
    last = places - 1
    table = [
        [
            [
                (1 - right, max(s - 1, 0), -1.0 if s == 0 else 0.0, s == 0),
                (right, min(s + 1, last), float(s == last), s == last),
            ]
        ]
        for s in range(places)
    ]
    return planning.from_transitions(table, start=places // 2)


walk = random_walk(19)
coin = planning.uniform(walk)
exact = planning.evaluate(walk, coin, discount=1.0)
print(*[f"{value:.1f}" for value in exact])

# %% [markdown] slideshow={"slide_type": "notes"}
# Thirty seeds; all methods learn from the same episodes. The best step size of each method is chosen on other seeds than
# those it is then judged by.


# %% slideshow={"slide_type": "skip"}
def prediction_errors(learn, episodes, step_sizes, exact, **options):
    """Error over states and episodes, root mean square, (step sizes, seeds)."""
    seeds, sizes = len(episodes[0].length), len(step_sizes)
    values, total = np.zeros((seeds * sizes, len(exact))), 0.0
    for episode in episodes:
        rates = np.tile(step_sizes, seeds)
        learn(values, episode.repeated(sizes), step_size=rates, **options)
        total = total + np.sqrt(np.mean((values - exact) ** 2, axis=1))
    return (total / len(episodes)).reshape(seeds, sizes).T


def judged_errors(walk, methods, step_sizes):
    """Errors of each method (step sizes, 30 seeds); the place of its best step size,
    chosen on 30 other seeds, and its error there."""
    coin, walks = planning.uniform(walk), environments.TableVectorEnv(walk, 30)
    exact = planning.evaluate(walk, coin, discount=1.0)
    tuning, judging = (tabular.record(walks, coin, 10, seed=s) for s in (200, 201))
    judged, chosen = {}, {}
    for label, (learn, options) in methods.items():
        tuned, judged[label] = (
            prediction_errors(learn, episodes, step_sizes, exact, **options)
            for episodes in (tuning, judging)
        )
        means = tuned.mean(axis=1)
        chosen[label] = int(means.argmin()), means.min()
    return judged, chosen

# %% slideshow={"slide_type": "skip"}
methods = {f"n = {n}": (tabular.n_step_td, {"n": n}) for n in (1, 2, 4, 8, 32)}
methods["Monte Carlo"] = (tabular.monte_carlo, {})
for decay in (0.0, 0.4, 0.8, 0.9, 0.95, 1.0):
    options = {"trace_decay": decay, "replace": True}
    methods[f"λ = {decay}"] = (tabular.td_lambda, options)
step_sizes = np.geomspace(0.005, 1.0, 16)  # each 1.42 times the one before
judged, chosen = judged_errors(walk, methods, step_sizes)
at_best = {label: judged[label][chosen[label][0]] for label in methods}

# %% slideshow={"slide_type": "subslide"} tags=["hide-input"]
kinds = {
    "n-step TD": {k: v for k, v in judged.items() if k[0] in "nM"},
    "TD(λ), replacing traces": {k: v for k, v in judged.items() if k[0] == "λ"},
}
charts.curve_panels(
    {
        title: {"x": step_sizes, "series": curves, "ylabel": "RMS error of the values"}
        for title, curves in kinds.items()
    },
    title="Error over the first ten episodes, by step size",
    xlabel="step size α",
    ylim=(0.1, 0.65),
    sharey=True,
    legend={"loc": "lower center", "ncols": 3},
    caption="Mean over 30 seeds with 95 % intervals. The best step size "
    "depends on n and on λ; the lowest curves belong to "
    "neither end.",
)

# %% slideshow={"slide_type": "skip"} tags=["hide-input"]
show.table(
    [
        [k, measured.mask(f"{step_sizes[chosen[k][0]]:.3f}"),
         f"{Measured(at_best[k]):.3f}"]
        for k in methods
    ],
    ["method", "step size", "RMS error on other seeds"],
)

# %% [markdown] slideshow={"slide_type": "notes"}
# Why in between? If it is because news travels one place at a time, then on a short row guessing after every step
# should do. Five places. And if a return is noisy because it adds up the chance of all steps, then waiting for it
# should do where chance hardly says which way a walk goes. Nineteen places again, but a coin that falls right in seven
# cases of ten: nearly every walk ends on the right.

# %% slideshow={"slide_type": "skip"}
n_steps = {label: how for label, how in methods.items() if label[0] in "nM"}
short_judged, short_chosen = judged_errors(random_walk(5), n_steps, step_sizes)
sure_judged, sure_chosen = judged_errors(random_walk(19, 0.7), n_steps, step_sizes)
between = [label for label in n_steps if label not in ("n = 1", "Monte Carlo")]


def over_between(judged, chosen, seed, method="n = 1"):
    """A method's error over that of the best n between, each at its best step size."""
    best = min(between, key=lambda label: chosen[label][1])
    mine, other = (judged[k][chosen[k][0], seed] for k in (method, best))
    return mine / other


# %% slideshow={"slide_type": "notes"} tags=["hide-input"]
claims.measure(
    "C09b.2",
    "RMS error of n = 1 over that of the best n between, each at its best step size: "
    "19 places; control: 5 places",
    over_between,
    of=[(judged, chosen, seed) for seed in range(30)],
    control=[(short_judged, short_chosen, seed) for seed in range(30)],
    above=1.1,
)
claims.measure(
    "C09b.9",
    "RMS error of Monte Carlo over that of the best n between, each at its best step "
    "size: a fair coin; control: one that falls right seven times of ten",
    lambda judged, chosen, seed: over_between(judged, chosen, seed, "Monte Carlo"),
    of=[(judged, chosen, seed) for seed in range(30)],
    control=[(sure_judged, sure_chosen, seed) for seed in range(30)],
    above=1.1,
)

# %% [markdown] slideshow={"slide_type": "subslide"}
# <details><summary>Your prediction</summary>
#
# Someone in between: some real rewards, then a guess. A common guess is Monte Carlo, which uses nothing but what really
# happened. It is right on average, and ten episodes of coin tosses are little. TD(0) learns after every step, but the
# first episode then changes one place only, and there are nineteen.
#
# </details>

# %% [markdown] slideshow={"slide_type": "notes"}
# On five places it is the other way round: there TD(0) has the smallest error of all n tried. So what is best can
# depend on how far news has to travel. And with the other coin nobody between beats waiting for the end: it depends on
# how much of a return is chance as well.
#
# A warning beside it. With accumulating traces instead of replacing ones, λ near 1 and a step size near 1 the values
# can explode on this walk: a state that is visited ten times gets up to ten times the correction. Exercise 5 looks at
# it.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## How near do learnt values come to the exact ones? · 学到的价值离精确值多近？
#
# Now the agent acts, and learns from what it did. **Q-learning** (Watkins 1989) keeps a table $Q(s, a)$, and after every
# step moves one entry. If it holds 0.2, the reward is 0 and the best next entry 0.5, then with γ = 0.95 and α = 0.3 it becomes
# $0.2 + 0.3 \cdot (0.475 - 0.2) = 0.28$:
#
# $$Q(s_t, a_t) \leftarrow Q(s_t, a_t) + \alpha\,\bigl[\, r_{t+1} + \gamma\,(1 - \text{terminated})\, \max_a Q(s_{t+1}, a) - Q(s_t, a_t)\,\bigr].$$
#
# It acts **ε-greedily**: mostly the best by its table, with probability ε anything.
#
# **Predict before you run.** 60,000 steps on the slippery lake, with a step size of 0.3 throughout. As steps go on, does the
# table's error go to zero, or stop somewhere?

# %% slideshow={"slide_type": "subslide"} tags=["hide-input"]
reinforcement.backups(
    caption="White: states; black: actions; an arc: the largest counts. Value "
    "iteration looks at all that can follow, the two others at what did. Sarsa comes "
    "below.",
)

# %% [markdown] slideshow={"slide_type": "notes"}
# Q-learning is value iteration with one sampled outcome instead of all, and a step towards it. Because of the max it
# learns about the greedy policy while it follows another: it is *off-policy*.

# %% slideshow={"slide_type": "skip"}
show.source(tabular.q_learning)

# %% [markdown] slideshow={"slide_type": "notes"}
# Note two places. `np.where(terminated, ...)` asks for *terminated* alone. And `learning`: in Gymnasium's vector
# environments, by default, the step after an end only resets the copy; its action is ignored, so nothing may be learnt
# from it.
#
# Twenty seeds run at once, each with a table of its own, in copies of the lake that are stepped by NumPy from the same
# table. On worlds without chance they agree with Gymnasium's own bit by bit (the tests hold that).

# %% slideshow={"slide_type": "skip"}
points = [300, 1_000, 3_000, 10_000, 30_000, 60_000]
rules = {
    "α = 0.3": 0.3,
    "α = 1/visits": lambda visits: 1 / visits,
    "α = 1/visits^0.7": lambda visits: visits**-0.7,
}
target = planning.value_iteration(ice, 0.95)
lakes = environments.TableVectorEnv(ice, 20, time_limit=100)
setting = {"steps": 60_000, "epsilon": 0.3, "discount": 0.95, "snapshot_steps": points}
learnt = {k: tabular.q_learning(lakes, step_size=rules[k], **setting) for k in rules}


# %% slideshow={"slide_type": "skip"}
def value_error(learnt, exact, states):
    """RMS of largest action values less exact values, (snapshots, seeds)."""
    difference = (learnt.snapshots.max(axis=-1) - exact)[..., states]
    return np.sqrt(np.mean(difference**2, axis=-1))


def greedy_return(learnt, model, steps):
    """Exact return of each snapshot's greedy policy, (snapshots, seeds)."""
    return np.array(
        [
            [planning.expected_return(model, policy, steps) for policy in policies]
            for policies in planning.greedy(learnt.snapshots)
        ]
    )


# %% slideshow={"slide_type": "subslide"} tags=["hide-input"]
apart = {k: value_error(run, target.values, ice.reachable) for k, run in learnt.items()}
success = {label: greedy_return(run, ice, 100) for label, run in learnt.items()}
charts.curve_panels(
    {
        "values": {"x": points, "series": apart, "ylabel": "RMS error of the values"},
        "greedy policy": {
            "x": points,
            "series": success,
            "ylabel": "arrives within 100 steps (probability)",
            "levels": {"planned": exact_success, "at random": exact_random},
        },
    },
    title="Q-learning on the slippery lake",
    xlabel="steps of each agent",
    xscale="log",
    caption="Twenty seeds, 95 % intervals; policies judged exactly, not by luck. With "
    "the constant step size the error stops falling. With one that shrinks it goes on, "
    "at very different speeds.",
)

# %% [markdown] slideshow={"slide_type": "notes"}
# One lake is one lake. Thirty others, drawn by Gymnasium's generator, each with an agent of its own, which is far-sighted (γ = 0.95) or
# near-sighted (γ = 0.5). A rival with γ = 0.95 gets about as many rewards per episode, and they too come when
# it terminates: but goal or hole, any end pays with the same chance. So its rewards don't say where the goal is.

# %% slideshow={"slide_type": "skip"}
def drawn_lakes(seeds, size=4):
    """Slippery lakes by Gymnasium's generator: a Model each, and all in one table with
    the first state of each."""
    draw = frozen_lake.generate_random_map
    lakes = [gymnasium.make("FrozenLake-v1", desc=draw(size, seed=s)) for s in seeds]
    rows, first = [], np.arange(len(lakes)) * size**2
    for lake, offset in zip(lakes, first, strict=True):
        for actions in lake.unwrapped.P.values():
            rows.append([
                [(p, offset + after, r, end) for p, after, r, end in outcomes]
                for outcomes in actions.values()
            ])
    models = [planning.from_environment(lake) for lake in lakes]
    return models, planning.from_transitions(rows, start=0), first


class OneLakeEach(environments.TableVectorEnv):
    """Copy k begins in state first[k]: on the k-th lake of a table that holds all."""

    def __init__(self, table, first, time_limit):
        super().__init__(table, len(first), time_limit)
        self.first = first

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self._state = self.first.copy()
        return self.first.copy(), {}

    def step(self, actions):
        fresh = self._ended
        state, *rest = super().step(actions)
        self._state = np.where(fresh, self.first, state)
        return self._state.copy(), *rest


# %% slideshow={"slide_type": "skip"}
class AnyEndPays(gymnasium.vector.VectorWrapper):
    """Gives a reward of 1 for this share (copies,) of terminations, whichever."""

    def __init__(self, environments, share, seed=0):
        super().__init__(environments)
        self.share, self.random = share, np.random.default_rng(seed)

    def step(self, actions):
        state, reward, terminated, *rest = super().step(actions)
        pays = terminated & (self.random.random(reward.shape) < self.share)
        return state, pays.astype("float64"), terminated, *rest


def share_of_best(learnt, models, first, steps=100):
    """What each copy's greedy policy gets on its lake over what can be got there."""
    found = []
    for policy, model, start in zip(
        planning.greedy(learnt.table), models, first, strict=True
    ):
        own = policy[start : start + model.states]
        got = planning.expected_return(model, own, steps)
        found.append(got / best_within(model, steps))
    return np.array(found)


# %% slideshow={"slide_type": "skip"}
shrinking = "α = 1/visits^0.7"
some_lakes, one_table, first = drawn_lakes(range(200, 230))
skated = OneLakeEach(one_table, first, time_limit=100)
skate = {"steps": 60_000, "step_size": rules[shrinking], "epsilon": 0.3}
far_seeing = tabular.q_learning(skated, discount=0.95, **skate)
near_seeing = tabular.q_learning(skated, discount=0.5, **skate)
rewarded = [np.mean(totals) for totals in far_seeing.returns]  # share of the episodes
unfed = tabular.q_learning(AnyEndPays(skated, rewarded), discount=0.95, **skate)
of_best = {
    name: share_of_best(run, some_lakes, first)
    for name, run in [
        ("far-sighted, γ = 0.95", far_seeing),
        ("near-sighted, γ = 0.5", near_seeing),
        ("rewards for any end", unfed),
    ]
}

# %% slideshow={"slide_type": "subslide"} tags=["hide-input"]
show.table(
    [[name, f"{Measured(values):.0%}"]
     + [measured.mask(f"{side(values):.0%}") for side in (np.min, np.max)]
     for name, values in of_best.items()],
    ["Q-learning", "of what can be got", "worst lake", "best lake"],
    "Chance to arrive in 100 steps over the best policy's; thirty lakes, an agent each",
)

# %% slideshow={"slide_type": "notes"} tags=["hide-input"]
claims.measure(
    "C09b.3",
    "RMS error of the values at 60,000 steps, step size 1/visits^0.7; control: "
    "1/visits, which the theorem allows as well",
    lambda rule, seed: apart[rule][-1, seed],
    of=[(shrinking, seed) for seed in range(20)],
    control=[("α = 1/visits", seed) for seed in range(20)],
    below=0.05,
)

# %% slideshow={"slide_type": "skip"} tags=["hide-input"]
one = learnt[shrinking].table[0]
its_policy = planning.greedy(one)
reinforcement.maps(
    {
        "exact": small | {"values": target.values, "policy": target.policy},
        "learnt, first seed": small | {"values": one.max(axis=1), "policy": its_policy},
    },
    caption="Exact values and those of one learner after 60,000 steps, γ = 0.95. "
    "The learnt values are a little "
    "low; the arrows are the same.",
    alt="Two maps of the four by four lake side by side, exact and learnt, with "
    "nearly the same values and arrows.",
)

# %% [markdown] slideshow={"slide_type": "subslide"}
# <details><summary>Your prediction</summary>
#
# It stops somewhere. A common guess is that it goes to zero, since every step adds experience. But with a constant step size
# every outcome, lucky or not, moves the entry by three tenths of its surprise, for ever, and the entry jitters.
#
# </details>
#
# Watkins and Dayan (1992) prove convergence, for bounded rewards, when the step sizes
# of every entry add up to infinity and their squares don't. Where every entry is visited for ever,
# $1/\text{visits}^{0.7}$ does that, and $1/\text{visits}$ too: the theorem doesn't say how soon.

# %% [markdown] slideshow={"slide_type": "notes"}
# Is the lake too small a world? The taxi's 400 states, ten seeds:

# %% slideshow={"slide_type": "skip"}
taxi, checkpoints = models["Taxi-v4"], [1_000, 10_000, 20_000, 30_000, 60_000]
driver = tabular.q_learning(
    environments.TableVectorEnv(taxi, 10, time_limit=200),
    steps=60_000,
    step_size=0.5,
    epsilon=0.1,
    discount=0.95,
    snapshot_steps=checkpoints,
)
returns = greedy_return(driver, taxi, 200)
charts.curves(
    checkpoints,
    {"greedy policy": returns},
    title="Q-learning drives a taxi",
    xlabel="steps of each agent",
    ylabel="expected return (points)",
    levels={"exact optimum": optimum["Taxi-v4"]},
    caption="Exact expected return of the greedy policy; ten seeds, 95 % intervals.",
)

# %% slideshow={"slide_type": "notes"} tags=["hide-input"]
short_of = Measured(optimum["Taxi-v4"] - returns[-1])
show.markdown(f"""
After 60,000 steps the greedy policies of ten seeds are {short_of:.2f} points short of
the exact optimum of {optimum["Taxi-v4"]:.2f}.
""")

# %% [markdown] slideshow={"slide_type": "notes"}
# Is the dip on the way a mistake? A greedy policy read off a half-learnt table can be worse than an empty one's, which
# drives on in one direction and loses 1 point per step: where it repeats an illegal pick-up, it loses 10, until the time
# is up. An agent that goes on learning soon unlearns that, though it explores; reading the policy off shows it.

# %% slideshow={"slide_type": "notes"} tags=["hide-input"]
def while_learning(driver, seed, first=15_000, last=20_000):
    """A seed's mean return over the episodes that ended within these steps."""
    ended = np.array(driver.steps[seed])
    return np.array(driver.returns[seed])[(ended > first) & (ended <= last)].mean()


dip = checkpoints.index(20_000)
half_learnt = {
    "its best actions": returns[dip],
    "while it learns": [while_learning(driver, seed) for seed in range(10)],
}
claims.measure(
    "C09b.10",
    "the taxi after 20,000 steps, the best actions of its table: return (points), less "
    "than an empty table's; control: while it learns, up to there",
    lambda way, seed: half_learnt[way][seed],
    of=[("its best actions", seed) for seed in range(10)],
    control=[("while it learns", seed) for seed in range(10)],
    below=-200,
)

# %% [markdown] slideshow={"slide_type": "notes"}
# That is why learning curves of *returns while learning* and of *the greedy policy* are two different figures.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Is a time-out an end? · 超时算不算终止？
#
# A well gives 1 each day, for ever. At any time you may sell it for 10, which ends the story. Your episodes are cut off
# after 10 days, to begin anew. γ = 0.95.
#
# **Predict before you run.** What is keeping the well worth: about 7, 10, or 20? And what does an agent learn that takes
# every time-out for an end?

# %% [markdown] slideshow={"slide_type": "notes"}
# Keeping it for ever is worth $1 + \gamma + \gamma^2 + \dots = 1/(1 - 0.95) = 20$. The cut is no part of the world; it is
# how *we* stop watching. An agent that takes it for an end believes that one day in ten the world ends, which would make
# $v = 1 + 0.95 \cdot 0.9\, v$, so $v \approx 6.9$. To get that agent we don't touch Q-learning; we lie to it:


# %% slideshow={"slide_type": "skip"}
class TimeOutsAsEnds(gymnasium.vector.VectorWrapper):
    """Reports every truncation as a termination."""

    def step(self, actions):
        state, reward, terminated, truncated, info = super().step(actions)
        return state, reward, terminated | truncated, np.zeros_like(truncated), info


keep, sell = [(1.0, 0, 1.0, False)], [(1.0, 0, 10.0, True)]
well = planning.from_transitions([[keep, sell]], start=0)
wells = environments.TableVectorEnv(well, 10, time_limit=10)
owner = {"steps": 5_000, "step_size": 0.05, "epsilon": 0.1, "discount": 0.95}
told = tabular.q_learning(wells, **owner)
lied_to = tabular.q_learning(TimeOutsAsEnds(wells), **owner)

# %% slideshow={"slide_type": "subslide"} tags=["hide-input"]
claims.measure(
    "C09b.5",
    "the well, ten seeds: learnt value of keeping it",
    lambda learner, seed: learner.table[seed, 0, 0],
    of=[(told, seed) for seed in range(10)],
    control=[(lied_to, seed) for seed in range(10)],
    between=(19, 21),
)
show.markdown(f"""
Told the truth: keeping is worth {Measured(told.table[:, 0, 0]):.1f}. Lied to: keeping
is worth {Measured(lied_to.table[:, 0, 0]):.1f}, selling 10.
""")

# %% [markdown]
# <details><summary>Your prediction</summary>
#
# It is worth 20. A common guess is 10, since ten days are seen at most. That counts what is watched; the return counts what would follow.
# The agent that takes a time-out for an end believes that keeping and selling are worth about the same, and can't decide.
#
# </details>

# %% [markdown] slideshow={"slide_type": "notes"}
# The agent that was lied to did not stop at $6.9$: as soon as keeping looks worse than 10 it sells, no longer sees a time-out, and
# keeping looks better again; so it hovers around the price, undecided, with a well worth twice as much. Nothing crashes,
# and a table alone doesn't look broken; so each agent here has a test that fails when this mistake is made. What
# follows: where the clock is no part of the task, take $(1 - \text{terminated})$ in every target, and not *done*.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Along the edge, or the long way round? · 走悬崖边，还是绕远路？
#
# Back to the cliff: each step costs 1, a fall 100. Agents explore with ε = 0.1, in training as in life: one step in ten
# is random. Two learners, the same but for the target. **Sarsa** takes the action that it will really do next,
#
# $$\text{target} = r_{t+1} + \gamma\,(1 - \text{terminated})\, Q(s_{t+1}, a_{t+1}),$$
#
# exploration included: it learns what its own behaviour is worth, *on-policy*.
#
# **Predict before you run.** Which gets more reward while learning? And which one's table, followed without exploring,
# gets more?

# %% [markdown] slideshow={"slide_type": "notes"}
# Both can be computed without learning. With step sizes that shrink as Watkins and Dayan ask, Q-learning's table goes to $q_*$. Sarsa's goes to the best that an agent can do
# *that explores*, which is planning in a world where one action in ten is replaced by a random one:

# %% slideshow={"slide_type": "skip"}
show.source(planning.softened)

# %% slideshow={"slide_type": "skip"}
best = planning.value_iteration(edge, 1.0)
soft = planning.value_iteration(planning.softened(edge, 0.1), 1.0)
top = best.action_values >= best.action_values.max(axis=1, keepdims=True) - 1e-9
greedy = top / top.sum(axis=1, keepdims=True)  # ties drawn evenly, as agents do
daring = planning.evaluate(edge, 0.9 * greedy + 0.1 / edge.actions, 1.0)
computed = {
    "Q-learning": (
        planning.from_start(edge, daring),
        planning.from_start(edge, best.values),
    ),
    "Sarsa": (
        planning.from_start(edge, soft.values),
        planning.from_start(edge, planning.evaluate(edge, soft.policy, 1.0)),
    ),
}

# %% slideshow={"slide_type": "skip"}
cliffs = {"steps": 20_000, "step_size": 0.5, "epsilon": 0.1, "discount": 1.0}
walkers = {
    "Q-learning": tabular.q_learning(environments.TableVectorEnv(edge, 20), **cliffs),
    "Sarsa": tabular.sarsa(environments.TableVectorEnv(edge, 20), **cliffs),
}

# %% slideshow={"slide_type": "subslide"} tags=["hide-input"]
EPISODES = 500
per_episode = {name: run.first_returns()[:, :EPISODES] for name, run in walkers.items()}
window = {
    k: v.reshape(20, -1, 20).mean(axis=2).T for k, v in per_episode.items()
}  # means of 20 episodes, (windows, seeds)
charts.curves(
    np.arange(10, EPISODES, 20),
    window,
    title="Return while learning, at the cliff",
    xlabel="episode",
    ylabel="return (points), mean of 20 episodes",
    levels={f"{name}, computed": values[0] for name, values in computed.items()},
    ylim=(-120, 0),
    caption="Twenty seeds, 95 % intervals. Q-learning learns the shorter way and "
    "falls off it while exploring. Dashed and dotted: exact values of both, exploring.",
)

# %% slideshow={"slide_type": "skip"} tags=["hide-input"]
online = {name: values[:, -100:].mean(axis=1) for name, values in per_episode.items()}
greedy = {}
for name, run in walkers.items():
    policies = planning.greedy(run.table)
    greedy[name] = np.array([planning.expected_return(edge, p, 200) for p in policies])
show.table(
    [
        [name, f"{Measured(online[name]):.1f}", f"{computed[name][0]:.1f}"]
        + [measured.mask(f"{np.median(greedy[name]):.0f}"), f"{computed[name][1]:.0f}"]
        for name in walkers
    ],
    ["agent", "online return", "computed", "greedy policy (median)", "computed"],
)

# %% slideshow={"slide_type": "notes"} tags=["hide-input"]
claims.measure(
    "C09b.6",
    "the cliff, last 100 episodes: Sarsa's return less Q-learning's, exploring",
    lambda returns, seed: returns["Sarsa"][seed] - returns["Q-learning"][seed],
    of=[(online, seed) for seed in range(20)],
    control=[(greedy, seed) for seed in range(20)],  # same tables, not exploring
    above=10,
)

# %% slideshow={"slide_type": "skip"} tags=["hide-input"]
tables_of = {name: run.table.mean(axis=0) for name, run in walkers.items()}
reinforcement.maps(
    {
        name: {
            "letters": shore,
            "values": np.maximum(table.max(axis=1), -40),
            "policy": planning.greedy(table),
            "moves": EDGE,
            "digits": 0,
        }
        for name, table in tables_of.items()
    },
    columns=1,
    figsize=(8.0, 6.0),
    caption="Mean of the tables of 20 seeds, and its greedy actions. Sarsa's way "
    "keeps off the edge, because its own "
    "random steps would push it over.",
    alt="Two maps of the cliff. Q-learning: arrows along the edge. Sarsa: arrows "
    "climb away from the edge before going right.",
)

# %% [markdown] slideshow={"slide_type": "subslide"}
# <details><summary>Your prediction</summary>
#
# Sarsa while learning, Q-learning's table without exploring. A common guess is that one table is the better in both. Each is
# best at what it learns: Q-learning knows the shortest way for someone who never stumbles, and stumbles. Sarsa learns a
# safe way *for someone who stumbles one step in ten*; asked not to stumble, it still takes the detour.
#
# </details>

# %% [markdown] slideshow={"slide_type": "notes"}
# The control says it: judged without exploring, Sarsa's lead is gone, and the table's medians turn it round. Sarsa stays below its line; try a smaller step size
# than 0.5. What follows: if an agent goes on exploring in life, and
# exploring is costly there, learn on-policy.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Is the largest of ten guesses a good guess? · 十个估计里最大的，估得准吗？
#
# A hall with ten gambling machines. Each pays +0.9 or −1.1 by a fair coin: a loss of 0.1 on average. Nobody knows that;
# you have tried each ten times.
#
# **Predict before you run.** You take the machine with the best average so far. What will its average say: about −0.1,
# 0, or above 0.3?

# %% slideshow={"slide_type": "skip"}
rng = np.random.default_rng(0)
# 20,000 halls with 10 machines, 10 plays of each
plays = np.where(rng.random((20_000, 10, 10)) < 0.5, 0.9, -1.1)
averages = plays.mean(axis=2)
best_looking = averages.max(axis=1).mean()
named_by_half = np.take_along_axis(
    plays[:, :, 5:].mean(axis=2),
    plays[:, :, :5].mean(axis=2).argmax(axis=1)[:, None],
    axis=1,
).mean()
show.markdown(f"""
Mean average of the best-looking machine: {Measured(best_looking):.2f}. If five plays
choose the machine and the other five value it: {Measured(named_by_half):.2f}.
""")

# %% [markdown] slideshow={"slide_type": "subslide"}
# <details><summary>Your prediction</summary>
#
# Above 0.3. A common guess is −0.1, since every machine's average is right on average. Each is; the largest of ten
# is not.
#
# </details>

# %% [markdown]
# $$\mathbb{E}\,\max_a \hat q(a) \;\ge\; \max_a \mathbb{E}\,\hat q(a), \qquad \text{(Jensen)}$$
#
# since the max picks whoever was lucky. Q-learning's target is such a max, and passes its error on to the states before:
# **maximisation bias**. **Double Q-learning** (van Hasselt 2010) keeps two tables from separate experience; one names the
# action, the other values it: $r + \gamma\, Q_2(s', \arg\max_a Q_1(s', a))$. Luck in one is not luck in the other.

# %% [markdown] slideshow={"slide_type": "notes"}
# The hall as a world (after an example in Sutton & Barto's section 6.7): at the door, half of ten actions leave, worth 0, the other half
# lead in; inside, ten machines. Entering loses 0.1. How often do agents enter, who explore with ε = 0.1? Never
# entering on purpose leaves a share of 0.05.

# %% slideshow={"slide_type": "skip"}
leave, enter = [(1.0, 0, 0.0, True)], [(1.0, 1, 0.0, False)]
by_luck = [(0.5, 0, 0.9, True), (0.5, 0, -1.1, True)]


def halls(pairs):
    """200 copies of the hall with so many ways in, as many out, and twice as many
    machines."""
    door, machines = [leave, enter] * pairs, [by_luck] * (2 * pairs)
    table = planning.from_transitions([door, machines], start=0)
    return environments.TableVectorEnv(table, 200)


# %% slideshow={"slide_type": "skip"}
often = list(range(20, 1_001, 20))
gamble = {
    "steps": 1_000,
    "step_size": 0.1,
    "epsilon": 0.1,
    "discount": 1.0,
    "snapshot_steps": often,
}
both = {
    "Q-learning": tabular.q_learning,
    "double Q-learning": tabular.double_q_learning,
}
gamblers = {name: learn(halls(5), **gamble) for name, learn in both.items()}
with_two = {name: learn(halls(1), **gamble) for name, learn in both.items()}


# %% slideshow={"slide_type": "skip"}
def entering(snapshots, epsilon):
    """Probability of an odd action at the door, ε-greedily, (snapshots, seeds)."""
    values = snapshots[:, :, 0]
    best = values >= values.max(axis=-1, keepdims=True) - 1e-12
    odd = best[..., 1::2].sum(axis=-1) / best.sum(axis=-1)
    return epsilon / 2 + (1 - epsilon) * odd


enters = {name: entering(run.snapshots, 0.1) for name, run in gamblers.items()}
believed = {k: run.snapshots[:, :, 0, 1::2].max(axis=-1) for k, run in gamblers.items()}

# %% slideshow={"slide_type": "subslide"} tags=["hide-input"]
charts.curve_panels(
    {
        "at the door": {
            "x": often,
            "series": enters,
            "ylabel": "probability of entering",
            "levels": {"best": 0.05},
        },
        "what entering is thought to be worth": {
            "x": often,
            "series": believed,
            "ylabel": "largest value of entering",
            "levels": {"exact": -0.1},
        },
    },
    title="The gambling hall",
    xlabel="steps of each agent",
    caption="200 seeds. Q-learning at first believes that entering wins something, and "
    "needs hundreds of steps to stop. Double Q-learning thinks it worth about "
    "nothing, and soon stays away; it then has little cause to learn how bad it is.",
)

# %% slideshow={"slide_type": "notes"} tags=["hide-input"]
enters_two = {name: entering(run.snapshots, 0.1) for name, run in with_two.items()}
claims.measure(
    "C09b.7",
    "the hall: mean probability of entering, Q-learning less double Q-learning, with "
    "ten machines; control: with two",
    lambda runs, seed: (
        runs["Q-learning"] - runs["double Q-learning"]
    )[:, seed].mean(),
    of=[(enters, seed) for seed in range(200)],
    control=[(enters_two, seed) for seed in range(200)],  # the same chance, less choice
    above=0.1,
)

# %% [markdown] slideshow={"slide_type": "skip"}
# Is that a toy's trouble only? The slippery lake has four actions per tile, chance in each step, and a chain of
# maxima from tile to tile. Both agents walk at random for 30,000 steps, so that neither chooses what it sees, with a
# large step size, so that entries are noisy.
#
# **Predict before you run.** Which of the two is nearer to the exact values there, on average over the tiles?

# %% slideshow={"slide_type": "skip"}
noisy = {
    "steps": 30_000,
    "step_size": 0.5,
    "epsilon": 1.0,
    "discount": 0.95,
    "snapshot_steps": range(15_000, 30_001, 1_000),
}
skating = environments.TableVectorEnv(ice, 10, time_limit=100)
skaters = {
    "Q-learning": tabular.q_learning(skating, **noisy),
    "double Q-learning": tabular.double_q_learning(skating, **noisy),
}
bias = {}
for name, run in skaters.items():
    difference = (run.snapshots.max(axis=-1) - target.values)[..., ice.reachable]
    bias[name] = difference.mean(axis=(0, 2))
show.table(
    [[name, f"{Measured(values):.3f}"] for name, values in bias.items()],
    ["agent", "mean of learnt less exact value"],
)

# %% slideshow={"slide_type": "skip"} tags=["hide-input"]
claims.measure(
    "C09b.8",
    "slippery lake, α = 0.5, random walk: learnt less exact values, mean, Q-learning",
    lambda learner, seed: bias[learner][seed],
    of=[("Q-learning", seed) for seed in range(10)],
    control=[("double Q-learning", seed) for seed in range(10)],
    above=0.1,
)

# %% [markdown] slideshow={"slide_type": "skip"}
# <details><summary>Your prediction</summary>
#
# Double Q-learning is nearer, on the lower side. A common guess is that it is right, since it removes the bias. But
# it is made against *over*estimation only. What the second table says of the first one's favourite is an honest value
# of an action that need not be the best, so it errs to the other side; and each table learns from half of the steps.
#
# </details>

# %% [markdown] slideshow={"slide_type": "skip"}
# What follows: where rewards are
# noisy and actions many, doubt a max; chapter 09c meets the same error in a network, with the same cure.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## What the article says, and what was measured · 文章怎么说，测得如何

# %% slideshow={"slide_type": "fragment"} tags=["hide-input"]
far_sighted, near_sighted, any_end = of_best.values()
claims.verdict(
    "A2.9.1", far_sighted=far_sighted, near_sighted=near_sighted, unfed=any_end
)

# %% slideshow={"slide_type": "skip"} tags=["hide-input"]
claims.report()

# %% [markdown]
# The article has the loop right: act, get feedback, adapt, and the reward grows; pay for any end instead, and it doesn't.
# "Long-term" it takes for granted. An agent looks as far as its discount lets it, and a discount too small for the
# task gives a tireless pursuer of the nearest crumb, also with exact knowledge of everything.

# %% [markdown] slideshow={"slide_type": "skip"}
# ## Exercises · 练习
#
# **1. Recall.** An episode gives the rewards 0, 0, 5, −1, then terminates. γ = 0.5. What is the return from its first
# step?

# %% slideshow={"slide_type": "skip"}
answer = ...
exercises.check("09b.1", answer)

# %% slideshow={"slide_type": "skip"} tags=["hide-input"]
exercises.hint("09b.1")
exercises.solution("09b.1")

# %% [markdown] slideshow={"slide_type": "skip"}
# **2. Compute.** In the corridor, let the far reward be 100, still twelve steps off, and the near one 1, two steps off. From
# which discount on does the best policy go far? (`turning_point(corridor(100.0))` checks it.)

# %% slideshow={"slide_type": "skip"}
answer = ...
exercises.check("09b.2", answer)

# %% slideshow={"slide_type": "skip"} tags=["hide-input"]
exercises.hint("09b.2")
exercises.solution("09b.2")

# %% [markdown] slideshow={"slide_type": "skip"}
# **3. Prove, then compute.** Add the same number $c$ to every reward. In a world that never ends, with γ = 0.9 and
# $c = 0.5$: by how much does $v_*$ grow, in every state? What happens to the best policy there, and what in a world that
# ends, such as the lake at γ = 0.99 with $c = 0.01$?

# %% slideshow={"slide_type": "skip"}
answer = ...
exercises.check("09b.3", answer)

# %% slideshow={"slide_type": "skip"} tags=["hide-input"]
exercises.hint("09b.3")
exercises.solution("09b.3")

# %% [markdown] slideshow={"slide_type": "skip"}
# **4. Write it.** *Expected Sarsa* puts the mean over its next ε-greedy action in place of the one that it draws. Write its
# target as a function of the next state's action values (one row of the table), the reward, whether the episode terminated,
# ε and γ. Then let it loose on the cliff, also with α = 1: which of the three agents would you take to a real one?
#
# `answer = lambda row, reward, terminated, epsilon, discount: ...`

# %% slideshow={"slide_type": "skip"}
answer = ...
exercises.check("09b.4", answer)

# %% slideshow={"slide_type": "skip"} tags=["hide-input"]
exercises.hint("09b.4")
exercises.solution("09b.4")

# %% [markdown] slideshow={"slide_type": "skip"}
# **5. Explore.** With accumulating traces instead of replacing ones, run `judged_errors` with `tabular.td_lambda`,
# `trace_decay=0.9`, `replace=False`, and step sizes up to 0.6. Where do they beat replacing traces, where do they fall
# behind, and how does the number of visits to a place in an episode explain both?

# %% slideshow={"slide_type": "skip"} tags=["hide-input"]
exercises.hint("09b.5")
exercises.solution("09b.5")

# %% [markdown] slideshow={"slide_type": "skip"}
# ## Terms · 术语
#
# | English | 中文 | in one line |
# | --- | --- | --- |
# | agent, environment | 智能体，环境 | who acts, and what answers with a state and a reward |
# | Markov decision process | 马尔可夫决策过程 | what comes next depends on state and action alone |
# | policy | 策略 | what to do in each state |
# | return | 回报 | the discounted sum of the rewards to come |
# | discount, effective horizon | 折扣因子，有效视野 | the share that a step's delay leaves; $1/(1-\gamma)$ steps |
# | value, action value | 状态价值，动作价值 | expected return from a state; after an action in it |
# | Bellman equation | 贝尔曼方程 | a value is the expected next reward plus the discounted next value |
# | value iteration, policy iteration | 价值迭代，策略迭代 | two ways to the best values when the table is known |
# | contraction | 压缩映射 | a map that brings any two points nearer, by a factor below 1 at least |
# | bootstrapping | 自举 | learning a guess from another guess |
# | temporal-difference learning | 时序差分学习 | bootstrapping from the next step, or from the n-th |
# | eligibility trace | 资格迹 | how much a state has to do with the present error |
# | on-policy, off-policy | 同策略，离策略 (off-policy) | learning about the policy that is followed, or about another |
# | exploration | 探索 | actions that are not the best by present knowledge |
# | maximisation bias | 最大化偏差 | the largest of several noisy estimates is too large on average |
# | terminated, truncated | 终止，截断 | the world ended; we stopped watching |
#
# ## Further reading · 延伸阅读
#
# - [Sutton & Barto 2018](http://incompleteideas.net/book/the-book-2nd.html), chapters 3 to 7 and 12: all of this at leisure; compare their figures 7.2 and 6.5 and example 6.6 with ours.
# - [Watkins & Dayan 1992](https://doi.org/10.1007/BF00992698): the proof that Q-learning converges; look for what it asks of the step sizes.
# - [Sutton 1988](https://doi.org/10.1007/BF00115009): TD(λ), and the random walk.
# - [van Hasselt 2010](https://proceedings.neurips.cc/paper/2010/hash/091d584fced301b442654dd8c23b3fc9-Abstract.html): double Q-learning, with its proof of *under*estimation.
# - [Pardo et al. 2018](https://arxiv.org/abs/1712.00378): time limits, and what they do to agents that take them for ends.
# - [Puterman 1994](https://doi.org/10.1002/9780470316887), chapter 6: contraction, policy iteration, and their rates.
