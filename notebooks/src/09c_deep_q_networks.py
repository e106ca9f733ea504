# %% [markdown] slideshow={"slide_type": "slide"}
# # Chapter 09c · Deep Q-networks · 深度 Q 网络
#
# How a network takes the place of a table of values, why that can blow up, and which of the repairs do the repairing.
#
# %% [markdown] slideshow={"slide_type": "subslide"}
# **After this chapter you can**
# - say what a table of values can't do, and write deep Q-learning from its target;
# - tell apart what replay, a target network, longer targets and priorities each do, and find out which a task needs;
# - measure how much an agent overestimates;
# - treat time-outs rightly;
# - name the three things that diverge together, and show it.

# %% [markdown] slideshow={"slide_type": "notes"}
# **You need** chapter 09b (Q-learning, TD, terminated and truncated), chapter 02 (gradients).
#
# **Time** about a minute to run; three evenings to read and try.
#
# **摘要**
#
# 状态是连续的数时，价值表既装不下，也不能举一反三；深度 Q 网络（DQN）用神经网络代替表格来近似动作价值。
#
# 本章用一次编译好的更新同时训练几十个智能体，在小车倒立摆上逐项比较双 DQN、竞争架构、多步目标与优先经验回放，并分别去掉经验回放和目标网络。
#
# 我们实测动作价值的高估与超时处理的影响，并用贝尔德反例说明“致命三要素”：异策略、自举与函数近似三者同时出现时，价值可能发散。

# %% slideshow={"slide_type": "skip"}
import gymnasium
import numpy as np
from gymnasium.wrappers.vector import TransformAction, TransformObservation

from dlcourse import exercises, recording, reproducibility, show
from dlcourse.claims import Claims
from dlcourse.figures import charts, reinforcement
from dlcourse.figures import dqn as dqn_figures
from dlcourse.measured import Measured
from dlcourse.rl import baird, dqn, environments, evaluation, replay, tabular

reproducibility.start(seed=0)
claims = Claims("09c")

# %% [markdown] slideshow={"slide_type": "slide"}
# ## How is an agent judged?
#
# Every agent, whatever its variant, is judged once: after its last step, by 100 greedy episodes that it was not trained
# on. It has *reached* CartPole's threshold if their mean is at least 475 of 500.

# %% [markdown] slideshow={"slide_type": "notes"}
# Five seeds of each variant are trained, and all five are reported; settings were tuned on other seeds. The sentences of
# the article's section 2.9 that this chapter bears on, 「最大化奖励」 and 「游戏控制」 (maximise the reward; game control), get
# their verdicts in chapters 09b and 09d.

# %% slideshow={"slide_type": "skip"}
STEPS, SEEDS, SEED = 30_000, 5, 101
COUNTS = 25  # rewards of 500: a smaller difference is none
DISCOUNT = dqn.CART_POLE.discount
ceiling = 1 / (1 - DISCOUNT)  # 1 + γ + γ² + ...: the agents look past a time-out
show.markdown(f"""
Each agent learns from {STEPS:,} steps. Every step pays 1. An agent that treats a
time-out rightly values what would follow it, so with γ = {DISCOUNT} no state is worth
more than {ceiling:.0f}.
""")

# %% [markdown] slideshow={"slide_type": "slide"}
# ## How far does a table get with four real numbers?
#
# CartPole shows four numbers: the cart's place and speed, the pole's angle and angular velocity. Chapter 09b's
# Q-learning wants a numbered state. So cut each number into pieces, and number the boxes: a **coarse** grid of
# 3 · 3 · 6 · 6 boxes, and a **fine** one of 10 · 10 · 20 · 20.
#
# **Predict before you run.** Which gets further in 30,000 steps: the coarse table, or the fine one, which can tell more
# situations apart? And what share of the fine table's boxes will have been seen at all: 90 %, 30 %, or 3 %?

# %% slideshow={"slide_type": "skip"}
GRIDS = {"coarse": (3, 3, 6, 6), "fine": (10, 10, 20, 20)}
TOP = np.array([2.4, 3.0, 0.21, 3.0]) / environments.SCALE  # as agents see them


def boxes(x, grid, top=TOP):
    """Numbers of the boxes that observations (n, 4) lie in; what lies outside counts
    to the outermost."""
    place = ((x / top + 1) / 2 * grid).astype(int)
    place = np.clip(place, 0, np.array(grid) - 1)
    return np.ravel_multi_index(tuple(place.T), grid)


def boxed_poles(copies, grids):
    """CartPoles seen as boxes; the first half of the copies by the first grid."""
    states = max(np.prod(grid) for grid in grids)
    single = gymnasium.spaces.Discrete(states)

    def numbered(x):
        halves = zip(np.split(x, len(grids)), grids, strict=True)
        return np.concatenate([boxes(half, grid) for half, grid in halves])

    return TransformObservation(
        environments.cart_poles(copies),
        numbered,
        observation_space=gymnasium.spaces.MultiDiscrete([states] * copies),
        single_observation_space=single,
    )


# %% slideshow={"slide_type": "skip"}
tables = tabular.q_learning(
    boxed_poles(2 * SEEDS, GRIDS.values()),
    steps=STEPS,
    step_size=lambda visits: np.maximum(0.1, 1 / visits),
    epsilon=0.1,
    discount=DISCOUNT,
    seed=SEED,
)
greedy_actions = np.repeat(tables.table.argmax(axis=-1), 20, axis=0)
played = tabular.evaluate(
    boxed_poles(20 * 2 * SEEDS, GRIDS.values()), greedy_actions, 5, seed=1_000_003
)
table_return = dict(zip(GRIDS, played.reshape(2, SEEDS, 100).mean(axis=2), strict=True))
boxes_seen = (tables.visits.sum(axis=2) > 0).sum(axis=1).reshape(2, SEEDS)
share_seen = {
    name: Measured(boxes_seen[place] / np.prod(grid))
    for place, (name, grid) in enumerate(GRIDS.items())
}

# %% slideshow={"slide_type": "subslide"} tags=["hide-input"]
show.table(
    [
        [
            name,
            f"{np.prod(GRIDS[name]):,}",
            f"{share_seen[name]:.1%}",
            f"{Measured(table_return[name]):.0f}",
        ]
        for name in GRIDS
    ],
    ["table", "boxes", "of them ever seen", "return, 100 greedy episodes"],
)

# %% slideshow={"slide_type": "notes"} tags=["hide-input"]
claims.measure(
    "C09c.1",
    f"share of the fine table's boxes seen in {STEPS:,} steps",
    lambda name, seed: share_seen[name].values[seed],
    of=[("fine", seed) for seed in range(SEEDS)],
    control=[("coarse", seed) for seed in range(SEEDS)],
    below=0.1,
)

# %% [markdown] slideshow={"slide_type": "subslide"}
# <details><summary>Your prediction</summary>
#
# Hardly a few in a hundred of the fine table's boxes are ever seen. Most expect the fine table to win, since it can say
# more. But it must be told everything box by box: what it learns about one says nothing about its neighbour. The coarse
# one is told sooner, and can't tell a pole that slowly falls from one that stands. Which of the two gets further, five seeds
# don't settle.
#
# </details>
#
# What follows: we want something that tells all situations apart *and* carries what it learnt over to those nearby.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## What does a network need besides the table's rule?
#
# A network $Q_\theta$ maps an observation, (4,), to a value for each action, (2,). Q-learning's rule becomes a regression: bring
# $Q_\theta(s, a)$ nearer to
#
# $$y = r + \gamma\, (1 - \text{terminated})\, \max_{a'} Q_{\bar\theta}(s', a') .$$

# %% [markdown] slideshow={"slide_type": "subslide"}
# Three things make that shaky, and the **deep Q-network** (Mnih et al. 2015) has two remedies:
#
# - successive steps resemble each other: it keeps them in a **replay** memory and draws at random from it;
# - the target moves with every step that we take towards it: it computes $y$ with a **target network** $\bar\theta$, a copy that
#   is renewed only now and then;
# - the largest of several guesses is too large. That remains.

# %% [markdown] slideshow={"slide_type": "notes"}
# What came later is here too: **double** (the network names the best next action, the target network values
# it; van Hasselt et al. 2016), **duelling** (value and advantages apart; Wang et al. 2016), **priorities** (draw what surprised
# more often; Schaul et al. 2016), **n-step** targets, $y = r_1 + \gamma r_2 + \dots + \gamma^n \max Q$ (Sutton 1988).

# %% slideshow={"slide_type": "skip"}
show.source(dqn.targets, dqn.gradient_step)

# %% [markdown] slideshow={"slide_type": "notes"}
# Weights have an axis for agents in front, (agents, inputs, outputs), and so have batches: one call makes 32 gradient steps of
# *all* agents, compiled together, and they learn nothing of each other. An agent is a row of settings. So seeds, variants and ablations run side by side.
#
# The memory is arrays too. A draw by priority is a search in a running sum:

# %% slideshow={"slide_type": "skip"}
show.source(replay.Replay.draw)

# %% slideshow={"slide_type": "skip"}
PLAIN = dqn.PLAIN  # one step, uniform draws, no duelling, a target held for longer
VARIANTS = {
    "DQN": PLAIN,
    "double": PLAIN | {"double": True},
    "duelling": PLAIN | {"duelling": True},
    "priorities": PLAIN | {"priority": 0.4},
    "8 steps": PLAIN | {"n": 8},
    "together": {},
    "DQN, no replay": PLAIN | {"capacity": 8},
    "DQN, no target network": PLAIN | {"target_every": 1},
    "together, no replay": {"capacity": 64},
    "together, no target network": {"target_every": 1},
    "γ = 0": {"discount": 0.0},
}
agents = len(VARIANTS) * SEEDS
settings = dqn.side_by_side(dqn.CART_POLE, VARIANTS, SEEDS)
show.markdown(f"""
{len(VARIANTS)} variants of {SEEDS} seeds: {agents} agents in one run, with
{8 * agents} CartPoles.
""")

# %% [markdown] slideshow={"slide_type": "notes"}
# *Together* has `dqn.CART_POLE`'s own settings: duelling, priorities and 8 steps, and a target network that is renewed every ten
# gradient steps, not every hundred. *No replay* keeps as little as can be: the last step of each of the eight environments, or, with 8 steps, the last
# 64 in all. *No target network* renews the copy at every step.

# %% [markdown] slideshow={"slide_type": "subslide"}
# **Predict before you run.** Plain DQN, 30,000 steps: does it beat the tables? How many of its five seeds reach
# 475? And an agent that counts only the next reward?

# %% slideshow={"slide_type": "skip"}
run = dqn.train(
    environments.cart_poles(8 * agents), settings, agents=agents, steps=STEPS, seed=SEED
)
games = dqn.greedy_episodes(
    environments.cart_poles(100 * agents), run, 100, evaluation.CONFIRMATION_SEED
)
greedy = dqn.by_variant(games.returns.mean(axis=1), VARIANTS)
curves = dqn.by_variant(run.learning_curves(np.arange(0, STEPS + 1, 1_500)), VARIANTS)
in_training = {name: curve.mean(axis=1) for name, curve in curves.items()}

# %% slideshow={"slide_type": "subslide"} tags=["hide-input"]
reinforcement.learning_by_steps(
    {name: curves[name] for name in ["together", "DQN", "γ = 0"]},
    width=1.5,
    threshold=evaluation.THRESHOLD,
    title="Deep Q-learning on CartPole, 8 environments a seed",
    caption="Training episodes, which explore, 5 seeds with their 95 % intervals. The"
    " network learns; how well depends on more than the network.",
)

# %% slideshow={"slide_type": "subslide"} tags=["hide-input"]
angles, speeds = np.linspace(-0.2, 0.2, 81), np.linspace(-2, 2, 81)
grid = np.zeros((81, 81, 4), "float32")
grid[..., 2], grid[..., 3] = np.meshgrid(angles, speeds, indexing="ij")
grid = (grid / environments.SCALE).reshape(-1, 4).astype("float32")
by_table = tables.table[SEEDS, boxes(grid, GRIDS["fine"])].max(axis=1)
first = SEEDS * list(VARIANTS).index("together")
by_network = run.values(np.broadcast_to(grid, (agents, *grid.shape)))[first]
dqn_figures.value_maps(
    {
        "fine table": by_table.reshape(81, 81),
        "network (together)": by_network.max(axis=1).reshape(81, 81),
    },
    extent=(0.2, 2),
    caption="The largest action value, the cart at rest in the middle. The table is a"
    " patchwork of what it has met; the network fills in what lies between: along the"
    " diagonal the pole is on its way back up, across it the pole is lost.",
    alt="Two maps over angle and angular velocity. The table's is a patchwork of boxes,"
    " many dark. The network's is smooth, high along the falling diagonal and low in"
    " the two corners where the pole leans and falls the same way.",
)

# %% slideshow={"slide_type": "skip"}
untrained = dqn.Trained(
    dqn.initial_weights(SEEDS, (4, 64, 64, 3), SEED), np.zeros((SEEDS, 1, 1))
)
beginner = dqn.greedy_episodes(
    environments.cart_poles(100 * SEEDS), untrained, 100, evaluation.CONFIRMATION_SEED
).returns.mean(axis=1)
best, myopic = greedy["together"], greedy["γ = 0"]
by_tables = np.mean(list(table_return.values()), axis=0)

# %% slideshow={"slide_type": "notes"} tags=["hide-input"]
claims.measure(
    "C09c.2",
    "100 greedy episodes: network (together) less the mean of two tables",
    lambda network, seed: network[seed] - by_tables[seed],
    of=[(best, seed) for seed in range(SEEDS)],
    control=[(beginner, seed) for seed in range(SEEDS)],  # the network, untrained
    above=100,
)
claims.measure(
    "C09c.3",
    "an agent that counts later rewards: mean return of 100 greedy episodes",
    lambda agent, seed: greedy[agent][seed],
    of=[("together", seed) for seed in range(SEEDS)],
    control=[("γ = 0", seed) for seed in range(SEEDS)],
    above=195,
)

# %% [markdown] slideshow={"slide_type": "subslide"}
# <details><summary>Your prediction</summary>
#
# Plain DQN hardly beats the tables, if at all, and few of its seeds reach 475, if any. The usual guess is that a network
# is enough. With all additions it is far ahead of the tables. In a network a change at one place changes its
# neighbours; plain DQN has that as well, so it isn't the whole reason. An agent
# with γ = 0 sees a reward of 1 whatever it does, and has nothing to choose by.
#
# </details>

# %% [markdown] slideshow={"slide_type": "notes"}
# That a change carries over is a network's strength, and two sections on it will be its danger. What follows: the network
# alone isn't it, so we look at what separates the two upper curves.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Which of the additions helps?
#
# **Predict before you run.** Order them by what they bring on CartPole: double, duelling, priorities, 8 steps. (The
# literature's order on 57 Atari games, by what is lost without each in Hessel et al. 2018: priorities and multi-step first,
# double and duelling little.)

# %% slideshow={"slide_type": "subslide"} tags=["hide-input"]
ADDITIONS = ["DQN", "double", "duelling", "priorities", "8 steps"]
reinforcement.learning_by_steps(
    {name: curves[name] for name in [*ADDITIONS, "together"]},
    width=1.5,
    threshold=evaluation.THRESHOLD,
    title="DQN and one addition each, on CartPole",
    caption="Training episodes, 5 seeds with their 95 % intervals. The bands are wide:"
    " but for 8 steps, five seeds order hardly any two of the single additions.",
)


# %% slideshow={"slide_type": "subslide"} tags=["hide-input"]
def reached(returns):
    """How many seeds' greedy episodes have a mean of at least 475."""
    return int((np.asarray(returns) >= evaluation.THRESHOLD).sum())


show.table(
    [
        [
            name,
            f"{Measured(in_training[name]):.0f}",
            f"{Measured(greedy[name]):.0f}",
            f"{Measured(reached(greedy[name])):.0f} of {SEEDS}",
        ]
        for name in VARIANTS
    ],
    ["agent", "mean return in training", "100 greedy episodes", "reach 475"],
)

# %% slideshow={"slide_type": "notes"} tags=["hide-input"]
claims.measure(
    "C09c.4",
    "DQN with targets of 8 steps: mean return in training",
    lambda agent, seed: in_training[agent][seed],
    of=[("8 steps", seed) for seed in range(SEEDS)],
    control=[("DQN", seed) for seed in range(SEEDS)],  # one step, all else the same
    above=300,
)

# %% [markdown] slideshow={"slide_type": "subslide"}
# <details><summary>Your prediction</summary>
#
# Eight steps bring most. Many put double first, as its fame suggests; nothing here says so. Look at the intervals before
# you order the others: five seeds don't tell them apart.
#
# </details>

# %% [markdown] slideshow={"slide_type": "notes"}
# Eight steps carry the news of a fall eight steps back at once, instead of one step per renewal of the target network;
# and they lean on the guess a little less. The price is a bias: the seven actions in between were the behaviour's,
# exploration included.
#
# What follows: the last column is the honest answer to "is it solved?": a share of the seeds, not a curve. While
# these settings were looked for, a seed missed 475 now and then; one that fails here is reported, not replaced.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Does it need replay, and a target network?
#
# Both remedies come from agents with one-step targets. We take away each, from DQN and from *together*: a table
# of two by three.
#
# **Predict before you run.** Without the target network, what goes wrong: the return, the values, or both? And does
# *together*, whose targets span 8 steps, need it as much?

# %% slideshow={"slide_type": "subslide"} tags=["hide-input"]
ABLATED = ["", ", no replay", ", no target network"]
charts.curve_panels(
    {
        name: {
            "x": np.arange(1.5, 30.1, 1.5),
            "series": {name + end: curves[name + end].T for end in ABLATED},
            "ylabel": "return of training episodes",
        }
        for name in ["DQN", "together"]
    },
    title="Without replay, without a target network",
    xlabel="environment steps, thousands",
    sharey=True,
    caption="5 seeds with their 95 % intervals. Left, without a target network the"
    " return breaks down; right, the bands overlap.",
)

# %% slideshow={"slide_type": "subslide"} tags=["hide-input"]
believed = dqn.by_variant(games.believed.mean(axis=1), VARIANTS)
got = dqn.by_variant(games.got.mean(axis=1), VARIANTS)
too_much = {name: int((believed[name] > ceiling).sum()) for name in VARIANTS}
show.table(
    [
        [
            name + change,
            show.mask(", ".join(f"{b:,.0f}" for b in np.sort(believed[name + change]))),
            f"{Measured(too_much[name + change]):.0f} of {SEEDS}",
        ]
        for name in ["DQN", "together"]
        for change in ABLATED
    ],
    ["agent", "value believed of a start, by seed", f"above {ceiling:.0f}: impossible"],
)

# %% slideshow={"slide_type": "notes"} tags=["hide-input"]
claims.measure(
    "C09c.5",
    "DQN without its target network: value believed over the most possible, log10",
    lambda agent, seed: np.log10(believed[agent][seed] / ceiling),
    of=[("DQN, no target network", seed) for seed in range(SEEDS)],
    control=[("DQN", seed) for seed in range(SEEDS)],
    above=1,
)

# %% [markdown] slideshow={"slide_type": "subslide"}
# <details><summary>Your prediction</summary>
#
# Both go wrong, for DQN. Most expect only the return to suffer. But without a held target one-step values chase
# themselves upwards, past what any state can be worth, and the return follows them down. *Together*'s values stay
# possible: a target of eight true rewards and one guess is harder to lift by one's own hair. What it loses in return,
# five seeds don't settle.
#
# </details>

# %% [markdown] slideshow={"slide_type": "notes"}
# A target network is no guarantee: in the longer, recorded trainings of the next section DQN *with* its target network
# believes more than is possible, too.

# %% slideshow={"slide_type": "notes"} tags=["hide-input"]
study = recording.load("ch09c_ablations")
held_beliefs = study["DQN"]["believed"]
show.markdown(f"""
Recorded, DQN with its target network after 50,000 steps: a start is believed to be
worth {Measured(held_beliefs):.0f}, on
{show.mask(sum(b > ceiling for b in held_beliefs))} of {len(held_beliefs)} seeds more
than {ceiling:.0f}.
""")

# %% [markdown] slideshow={"slide_type": "notes"}
# What follows: a target network is a remedy for bootstrapping, and the less you bootstrap, the less of it you need. Replay is
# another matter. A few steps in a row show one way of falling, and a network that learns from them alone may forget the
# others; but eight environments already mix eight episodes, and five seeds settle little. So ask more of them.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## With ten seeds and more steps, which parts count?
#
# Recorded, not run here (`make bench STUDY=ch09c_ablations`): each part added to DQN, and left out of *together*, ten
# seeds each, 50,000 steps. *No replay* keeps the last 64 steps.
#
# **Predict before you run.** Which part will count in one of the two agents and not in the other? And which in neither?

# %% slideshow={"slide_type": "subslide"} tags=["hide-input"]
ten = {name: np.mean(found["curves"], axis=1) for name, found in study.items()}
parts = {
    base: {name: ten[name] for name in ten if name.startswith(base)}
    for base in ["DQN", "together"]
}
dqn_figures.ablations(
    {
        f"{base} and its changes": {
            name.removeprefix(base + ", ").removeprefix(base + " "): values
            for name, values in variants.items()
        }
        for base, variants in parts.items()
    },
    caption="Mean return of all training episodes, a point a seed, the bar their mean,"
    " the dashed line the mean of the agent as it is. Recorded.",
)

# %% slideshow={"slide_type": "skip"} tags=["hide-input"]
changes = {
    name: Measured(values) - Measured(variants[base])
    for base, variants in parts.items()
    for name, values in variants.items()
    if name != base
}
show.table(
    [
        [
            name,
            f"{Measured(ten[name]):.0f}",
            f"{changes[name]:.0f}" if name in changes else "",
            f"{Measured(study[name]['greedy']):.0f}",
            f"{Measured(reached(study[name]['greedy'])):.0f} of 10",
        ]
        for name in ten
    ],
    [
        "agent",
        "mean return in training",
        "less the agent as it is",
        "100 greedy episodes",
        "reach 475",
    ],
)

# %% slideshow={"slide_type": "skip"}
gains = [name for name, change in changes.items() if change.low > COUNTS]
losses = [name for name, change in changes.items() if change.high < -COUNTS]
rest = [name for name in changes if name not in gains + losses]
show.markdown(f"""
By the rule, an interval wholly beyond {COUNTS}: gains {show.mask("; ".join(gains))};
losses {show.mask("; ".join(losses))}; not settled, or nothing:
{show.mask("; ".join(rest))}.
""")


# %% slideshow={"slide_type": "notes"} tags=["hide-input"]
def cost(base, change, seed):
    """Mean return in training that a change costs an agent."""
    return ten[base][seed] - ten[f"{base} {change}"][seed]


BOTH = ["DQN", "together"]
claims.measure(
    "C09c.9",
    "ten seeds: mean return in training lost without replay, mean of both agents",
    lambda change, seed: np.mean([cost(base, change, seed) for base in BOTH]),
    of=[("- replay", seed) for seed in range(10)],
    control=[("+ double", seed) for seed in range(10)],
    above=COUNTS,
    source="recorded",
)
claims.measure(
    "C09c.10",
    "ten seeds: what a part's loss costs DQN, less what it costs together",
    lambda change, seed: cost("DQN", change, seed) - cost("together", change, seed),
    of=[("- target network", seed) for seed in range(10)],
    control=[("- replay", seed) for seed in range(10)],
    above=COUNTS,
    source="recorded",
)

# %% [markdown] slideshow={"slide_type": "subslide"}
# <details><summary>Your prediction</summary>
#
# The target network counts in one of the two and not in the other: without it DQN, with one step, learns nothing at all,
# and *together* loses nothing that could be told. Of double and duelling nothing could be told in either.
#
# </details>

# %% [markdown] slideshow={"slide_type": "notes"}
# With replay it is rather the other way round: *together* loses much while it learns, and yet its ten seeds all reach 475
# in the end (what DQN loses, ten seeds don't settle). Replay saves *experience*; it isn't what makes this task solvable.
# Of the four *additions* 8 steps brings most: with nothing else added, all ten seeds reach 475.
#
# What follows: an ablation is a statement about an agent *and* what else is in it, and the return in training and the
# return in the end are two questions.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## How much does it believe too much?
#
# The largest of several noisy guesses is too large on average, even if no guess is. Chapter 09b saw it in tables. Here an agent's belief is the
# largest value of an episode's first observation; what it then gets is a fact.
#
# **Predict before you run.** Will the points lie above the diagonal? And how far does *double* bring them down, with two actions to choose from?

# %% slideshow={"slide_type": "subslide"} tags=["hide-input"]
SHOWN = ["DQN", "double", "8 steps", "together"]
by_episode = {
    name: dqn.by_variant(found[:, :10], VARIANTS)
    for name, found in {"believed": games.believed, "got": games.got}.items()
}
dqn_figures.beliefs(
    {name: by_episode["believed"][name] for name in SHOWN},
    {name: by_episode["got"][name] for name in SHOWN},
    bound=ceiling,
    caption="10 greedy episodes of each of 5 seeds. A point above the diagonal is a"
    " value that wasn't earned; below it, values are still on their way up.",
    alt="Points of believed value against discounted return got, with the diagonal. The"
    " one-step agents' points are spread to the left and near the diagonal; the"
    " eight-step agents' lie at the right edge, below it.",
)

# %% [markdown] slideshow={"slide_type": "notes"}
# Two errors are mixed: a maximum that flatters, and values that begin at 0 and rise by one reward with each renewal of the target
# network. To see the first alone, give the maximum more to choose from. We list each of the two actions eight times: sixteen
# actions, the same world, the same true values, eight times as many guesses of each. The target is renewed every 50 gradient steps.


# %% slideshow={"slide_type": "skip"}
def many_buttons(copies, times=8):
    """CartPoles with each action listed so many times."""
    return TransformAction(
        environments.cart_poles(copies),
        lambda action: action % 2,
        single_action_space=gymnasium.spaces.Discrete(2 * times),
        action_space=gymnasium.spaces.MultiDiscrete([2 * times] * copies),
    )


PAIR = {
    "single": PLAIN | {"target_every": 50},
    "double": PLAIN | {"target_every": 50, "double": True},
}
WIDE = 8  # seeds of each
wide = dqn.train(
    many_buttons(8 * 2 * WIDE),
    dqn.side_by_side(dqn.CART_POLE, PAIR, WIDE),
    agents=2 * WIDE,
    steps=15_000,
    seed=SEED,
)
wide_games = dqn.greedy_episodes(
    many_buttons(100 * 2 * WIDE), wide, 100, evaluation.CONFIRMATION_SEED
)
wide_believed = dqn.by_variant(wide_games.believed.mean(axis=1), PAIR)
wide_got = dqn.by_variant(wide_games.got.mean(axis=1), PAIR)

# %% slideshow={"slide_type": "subslide"} tags=["hide-input"]
rows = [
    [f"{name}, 16 actions", Measured(wide_believed[name]), Measured(wide_got[name])]
    for name in PAIR
] + [
    [f"{name}, 2 actions", Measured(believed[name]), Measured(got[name])]
    for name in ["DQN", "double"]
]
show.table(
    [[name, f"{b:.0f}", f"{g:.0f}", f"{b - g:.0f}"] for name, b, g in rows],
    ["agent", "believed", "got", "too much"],
)

# %% slideshow={"slide_type": "notes"} tags=["hide-input"]
believed_by = {2: believed | {"single": believed["DQN"]}, 16: wide_believed}
claims.measure(
    "C09c.6",
    "value believed of a start with 16 actions: single less double",
    lambda actions, seed: believed_by[actions]["single"][seed]
    - believed_by[actions]["double"][seed],
    of=[(16, seed) for seed in range(WIDE)],
    control=[(2, seed) for seed in range(SEEDS)],  # two actions to choose from
    above=15,
)

# %% [markdown] slideshow={"slide_type": "subslide"}
# <details><summary>Your prediction</summary>
#
# With two actions double brings beliefs down hardly at all, which most don't expect: the maximum of two nearly equal
# guesses has little to flatter with, and the target network, a slightly older self, shares most of the network's errors.
# With sixteen, double believes in clearly less. It is not unbiased either: two networks that are copies of each other
# are no independent witnesses.
#
# </details>
#
# What follows: look at what your agent believes against what it gets; it costs one greedy episode.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Is the end of the clock an end?
#
# An environment ends episodes in two ways, and a common error treats both alike: `done = terminated or truncated`, and no bootstrap
# after either. We train plain DQN (`dqn.Settings`, as it
# stands) on CartPoles that are stopped after 50 steps, and judge on those of 500.
#
# **Predict before you run.** 50 rewards of 1 are worth about 39.5 with γ = 0.99. What will the two agents believe
# of a start: the right one, and the one that takes the clock for a fall?

# %% slideshow={"slide_type": "skip"}
CLOCK = {
    "bootstraps after a truncation": PLAIN,
    "takes it for an end": PLAIN | {"through_truncation": False},
}
short = dqn.train(
    environments.cart_poles(8 * 2 * SEEDS, time_limit=50),
    dqn.side_by_side(dqn.Settings(batch_size=32), CLOCK, SEEDS),
    agents=2 * SEEDS,
    steps=15_000,
    seed=SEED,
)
long_games = dqn.greedy_episodes(
    environments.cart_poles(100 * 2 * SEEDS), short, 100, evaluation.CONFIRMATION_SEED
)
clock_believed = dqn.by_variant(long_games.believed.mean(axis=1), CLOCK)
clock_return = dqn.by_variant(long_games.returns.mean(axis=1), CLOCK)

# %% slideshow={"slide_type": "subslide"} tags=["hide-input"]
fifty = (1 - DISCOUNT**50) / (1 - DISCOUNT)
show.table(
    [
        [
            name,
            f"{Measured(clock_believed[name]):.1f}",
            f"{Measured(clock_return[name]):.0f}",
        ]
        for name in CLOCK
    ],
    ["agent", "value believed of a start", "return when it may go on to 500"],
    caption=f"The first 50 rewards are worth {fifty:.1f}.",
)

# %% slideshow={"slide_type": "notes"} tags=["hide-input"]
claims.measure(
    "C09c.7",
    "trained on 50 steps: value believed of a start, over the worth of 50 steps",
    lambda agent, seed: clock_believed[agent][seed] / fifty,
    of=[("bootstraps after a truncation", seed) for seed in range(SEEDS)],
    control=[("takes it for an end", seed) for seed in range(SEEDS)],
    above=1.1,
)

# %% [markdown]
# <details><summary>Your prediction</summary>
#
# The wrong agent believes in 50 steps or less, the right one in a life beyond any episode that it has ever seen. Most
# expect the wrong one to learn nothing. It does learn: a fall is still worse than the clock.
#
# </details>

# %% [markdown] slideshow={"slide_type": "notes"}
# But it believes that the world ends after 50 steps, and can't know when, since no observation tells the time: the same
# pole, upright and at rest, is worth 39 at the start and 1 just before the bell. Its targets contradict each other.
# Whether the returns differ, five seeds don't settle.
#
# What follows: store `terminated` and `truncated` apart, as the memory above does, and cut only after the first.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Why can it blow up at all?
#
# Values that ran off by powers of ten were no accident of CartPole. Baird (1995) built seven states, no reward, eight
# weights, in which every value should be 0:
#
# $$v(s_i) = 2 w_i + w_8 \;\; (i \le 6), \qquad v(s_7) = w_7 + 2 w_8 .$$
#
# The policy to be valued always goes to $s_7$; the behaviour does so only once in seven, and visits all states equally.
# With features $X$, (7, 8), visits $D$ and moves $P$, the expected update is linear,
#
# $$w \leftarrow w - \alpha\, A\, w, \qquad A = X^\top D\, (I - \gamma P)\, X ,$$
#
# and diverges for every small α if $-A$ has an eigenvalue with a positive real part.

# %% [markdown] slideshow={"slide_type": "subslide"}
# **Predict before you run.** Three ingredients: another behaviour than the policy (**off-policy**), a guess in the target
# (**bootstrapping**), and fewer freedoms than a table (**approximation**). Take away one of them. How many of the three
# must go for the values to stay bounded? No sampling, no network, no maximum is involved.

# %% slideshow={"slide_type": "skip"}
TRIAD = {
    "all three": {},
    "on-policy": {"off_policy": False},
    "no bootstrapping": {"bootstrap": False},
    "a table": {"approximate": False},
}
cases = {name: baird.problem(**change) for name, change in TRIAD.items()}
paths = {
    name: np.abs(baird.expected(case, 1_000, 0.05)).max(axis=1)
    for name, case in cases.items()
}
corrected = baird.gradient_corrected(cases["all three"], 1_000, 0.05, 0.5)
paths["all three, corrected"] = np.abs(corrected).max(axis=1)

# %% slideshow={"slide_type": "subslide"} tags=["hide-input"]
charts.curves(
    np.arange(1_001),
    {name: np.maximum(path, 1e-3) for name, path in paths.items()},
    title="Baird's counterexample, expected updates",
    xlabel="updates of all states",
    ylabel="largest |value|; true: 0",
    yscale="log",
    caption="Any two of the three are harmless here; all three grow for ever. The last"
    " line has all three too, and follows a true gradient. (Cut off below at 0.001.)",
)

# %% slideshow={"slide_type": "skip"} tags=["hide-input"]
growth = {name: case.growth for name, case in cases.items()}
show.table(
    [
        [name, f"{max(0.0, growth[name]):.3f}", f"{path[-1] / path[0]:.2g}"]
        for name, path in paths.items()
        if name in growth
    ],
    ["Baird's counterexample", "largest real part of −A", "|value|, last over first"],
)

# %% slideshow={"slide_type": "notes"} tags=["hide-input"]
wandering = {
    name: baird.sampled(1_000, 0.01, runs=20, seed=SEED, off_policy=off)
    for name, off in [("off-policy", True), ("on-policy", False)]
}
run_growth = {
    name: np.log10(path[-1] / path[0]) for name, path in wandering.items()
}
claims.measure(
    "C09c.8",
    "Baird, step by step, 20 runs: log10 of |value| after 1,000 steps over the first",
    lambda behaviour, run: run_growth[behaviour][run],
    of=[("off-policy", run) for run in range(20)],
    control=[("on-policy", run) for run in range(20)],
    above=1,
)

# %% [markdown] slideshow={"slide_type": "subslide"}
# <details><summary>Your prediction</summary>
#
# One is enough, whichever. The usual suspects are noise, the maximum, or a step size too large. None of them is there,
# and no small step size helps: it only takes longer.
#
# </details>
#
# This is the **deadly triad** (Sutton & Barto 2018, section 11.3).

# %% [markdown] slideshow={"slide_type": "subslide"}
# Deep Q-learning has all three: its memory is off-policy, its target is a guess, its network is smaller than the world. What
# does a target network change? Held for K updates, it makes each period a regression towards *fixed* targets.
#
# **Predict before you run.** How long must the target be held for Baird's values to shrink?

# %% slideshow={"slide_type": "subslide"} tags=["hide-input"]
HELD = [1, 3, 10, 30, 100, 300, 1_000]
held = [cases["all three"].held_growth(updates, 0.1) for updates in HELD]
charts.curves(
    np.array(HELD),
    {"all three, target held": np.array(held)},
    levels={"neither grows nor shrinks": 1.0},
    title="Baird's counterexample with a target network",
    xlabel="updates K between two renewals of the target, step size 0.1",
    ylabel="growth of values in one update",
    xscale="log",
    caption="Above the line values grow for ever. Held long enough, the target turns a"
    " divergent iteration into a sweep of value iteration, and a slow one.",
)

# %% slideshow={"slide_type": "notes"} tags=["hide-input"]
ends = paths["all three, corrected"], paths["all three"]
show.table(
    [["target held for 100 updates: factor of values over 100 updates",
      f"{cases['all three'].held_growth(100, 0.1) ** 100:.3g}"],
     ["target renewed at every update: the same factor",
      f"{cases['all three'].held_growth(1, 0.1) ** 100:.3g}"],
     ["gradient-corrected: |value| after 1,000 updates over the first",
      f"{ends[0][-1] / ends[0][0]:.3g}"],
     ["as it is: the same", f"{ends[1][-1] / ends[1][0]:.3g}"]],
    ["Baird's counterexample, computed", "factor"],
)

# %% [markdown] slideshow={"slide_type": "subslide"}
# <details><summary>Your prediction</summary>
#
# Longer than most guess: the figure's line falls below 1 only where the target is held for many updates.
#
# </details>
#
# Here holding the target works, because eight weights can fit any seven targets: each period ends near one sweep of value iteration, which shrinks by γ. It is no theorem for
# networks: with one weight for two states, even a target held for ever diverges (Tsitsiklis & Van Roy 1996; exercise 3). Correcting the gradient
# (Sutton et al. 2009) is sound with linear values, and slow; deep agents rarely use it.
#
# What follows: repairs take a little of one ingredient each. Eight steps bootstrap less; a target network bootstraps from
# something that stands still; a fresh memory is less off-policy.

# %% [markdown] slideshow={"slide_type": "skip"}
# ## What the article says, and what was measured
#
# **How far to trust this.** Settings and bounds of C09c.2 and C09c.5 to C09c.7 were settled while the chapter was written,
# on run seeds 0 to 5. What you see comes from run seed 101, which none of that had seen. C09c.9 and C09c.10 are recorded.

# %% slideshow={"slide_type": "skip"} tags=["hide-input"]
claims.report()

# %% [markdown] slideshow={"slide_type": "skip"}
# The verdicts on the article's sentences are in chapters 09b (A2.9.1) and 09d (A2.9.2a). What the sentences leave
# out: of the agents above that all got the same feedback, most didn't get far with it in the same time.

# %% [markdown] slideshow={"slide_type": "skip"}
# ## Exercises · 练习
#
# **1. Recall.** γ = 0.9. A transition has reward 1 and isn't an end. In the next state the network says (3, 5), the target
# network (4, 2). What is *double* DQN's target?

# %% slideshow={"slide_type": "skip"}
answer = ...
exercises.check("09c.1", answer)

# %% slideshow={"slide_type": "skip"} tags=["hide-input"]
exercises.hint("09c.1")
exercises.solution("09c.1")

# %% [markdown] slideshow={"slide_type": "skip"}
# **2. Compute.** Rewards of 1, γ = 0.9, n = 3. The episode is *terminated* by its second step. Which discounted rewards do
# the transitions carry that start at the first and at the second step? Answer with a list of two numbers.

# %% slideshow={"slide_type": "skip"}
answer = ...
exercises.check("09c.2", answer)

# %% slideshow={"slide_type": "skip"} tags=["hide-input"]
exercises.hint("09c.2")
exercises.solution("09c.2")

# %% [markdown] slideshow={"slide_type": "skip"}
# **3. Derive.** Two states, one weight: $v(s_1) = w$, $v(s_2) = 2w$; both go to $s_2$, no reward, both visited equally. A target
# network is held until the regression has converged. By which factor does $w$ change? Answer with this factor divided by γ. For
# which γ does $w$ grow for ever?

# %% slideshow={"slide_type": "skip"}
answer = ...
exercises.check("09c.3", answer)

# %% slideshow={"slide_type": "skip"} tags=["hide-input"]
exercises.hint("09c.3")
exercises.solution("09c.3")

# %% [markdown] slideshow={"slide_type": "skip"}
# **4. Build.** Write a *duelling* Q-network in Keras: observations (4,), two hidden ReLU layers of 64 units, then two streams: a
# value $V$, (1,), and advantages $A$, (3,). It gives $Q = V + A - \operatorname{mean}(A)$, (3,).

# %% slideshow={"slide_type": "skip"}
answer = ...
exercises.check("09c.4", answer)

# %% slideshow={"slide_type": "skip"} tags=["hide-input"]
exercises.hint("09c.4")
exercises.solution("09c.4")

# %% [markdown] slideshow={"slide_type": "skip"}
# **5. Explore.** Take DQN without a target network, and n = 1, 2, 4, 8. From which n on does no seed believe the impossible? Is it
# the n at which $\gamma^n$ becomes small?

# %% slideshow={"slide_type": "skip"} tags=["hide-input"]
exercises.hint("09c.5")
exercises.solution("09c.5")

# %% [markdown] slideshow={"slide_type": "skip"}
# ## Terms
#
# | English | 中文 | in one line |
# | --- | --- | --- |
# | deep Q-network (DQN) | 深度 Q 网络 | a network of action values, learnt by Q-learning's rule |
# | experience replay | 经验回放 | learn from steps drawn at random from a memory |
# | prioritised replay | 优先经验回放 | draw more often what was surprising |
# | target network | 目标网络 | an older copy that computes the targets |
# | double DQN | 双 DQN | one network names the best action, the other values it |
# | duelling architecture | 竞争架构 | value and advantages in two streams |
# | n-step target | 多步目标 | n rewards, then a guess |
# | overestimation | 高估 | the largest of several guesses is too large on average |
# | discretisation | 离散化 | cutting numbers into boxes |
# | ablation | 消融实验 | leave one part out and measure what it costs |
# | deadly triad | 致命三要素 | off-policy, bootstrapping, approximation: together they may diverge |
# | semi-gradient | 半梯度 | a gradient that takes the target for fixed |
# | gradient-corrected TD (TDC) | 梯度修正的时序差分 | follows a true gradient, by a second set of weights |
#
# ## Further reading
#
# - [Mnih et al. 2015](https://doi.org/10.1038/nature14236): DQN; the table that leaves out replay and target network.
# - [van Hasselt et al. 2016](https://arxiv.org/abs/1509.06461): double DQN; figures of what the agent believes, and gets.
# - [Wang et al. 2016](https://arxiv.org/abs/1511.06581): duelling; equation 9.
# - [Schaul et al. 2016](https://arxiv.org/abs/1511.05952): prioritised replay; why draws must be weighted.
# - [Hessel et al. 2018](https://arxiv.org/abs/1710.02298): all of them together, and without each.
# - [van Hasselt et al. 2018](https://arxiv.org/abs/1812.02648): the deadly triad, measured in deep agents.
# - [Pardo et al. 2018](https://arxiv.org/abs/1712.00378): time limits.
# - [Sutton & Barto 2018](http://incompleteideas.net/book/the-book-2nd.html): chapter 11; Baird's counterexample and its cure.
