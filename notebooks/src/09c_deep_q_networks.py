# %% [markdown] slideshow={"slide_type": "slide"}
# # Chapter 09c · Deep Q-networks · 深度 Q 网络
#
# How a network takes the place of a table of values, why that can blow up, and which of the repairs do the repairing.
#
# **After this chapter you can** say what a table of values can't do; write deep Q-learning from its target; tell apart
# what replay, a target network, longer targets and priorities each do, and find out which of them a task needs; measure
# how much an agent overestimates; treat time-outs rightly; name the three things that diverge together, and show it.
#
# **You need** chapter 09b (Q-learning, TD, terminated and truncated), chapter 02 (gradients).
#
# **Time** 75 minutes to read and try; about a minute to run.
#
# **摘要**
#
# 状态是连续的数时，价值表既装不下，也不能举一反三；深度 Q 网络（DQN）用神经网络代替表格来近似动作价值。
#
# 本章用一次编译好的更新同时训练几十个智能体，在倒立摆小车上逐项比较双 DQN、竞争架构、多步目标与优先经验回放，并分别去掉经验回放和目标网络。
#
# 我们实测动作价值的高估与超时处理的影响，并用贝尔德反例说明“致命三要素”：离策略、自举与函数近似三者同时出现时，价值可能发散。

# %%
import gymnasium
import numpy as np
from gymnasium.wrappers.vector import TransformAction, TransformObservation

from dlcourse import claims, exercises, recording, reproducibility, show
from dlcourse.figures import charts, reinforcement
from dlcourse.figures import dqn as dqn_figures
from dlcourse.measured import Measured
from dlcourse.rl import baird, dqn, environments, evaluation, replay, tabular

reproducibility.start(seed=0)
claim = claims.Claims("09c")

# %% [markdown] slideshow={"slide_type": "slide"}
# ## What the article says, and how it will be settled
#
# Section 2.9 of the article, in translation: *"The system takes a series of actions in some environment, gets feedback
# after each, and adjusts its behaviour by it, to maximise the reward … applications include smart toys, game control,
# driving, and recommendation."*
#
# The rules, written down before anything runs:
#
# | id | claim | here it stands if … |
# | --- | --- | --- |
# | A2.9.1 | an agent adapts to feedback, for the long term | deep Q-learning that counts later rewards keeps a pole up for longer than 195 steps, and the same agent that counts only the next reward doesn't (its verdict is chapter 09b's) |
# | A2.9.2a | reinforcement learning is used for game control | the same agents reach CartPole's old threshold, 195, with their whole interval (its verdict is chapter 09d's) |
#
# **The judge.** Every agent, whatever its variant, is judged once: after its last step, by 100 greedy episodes that it
# was not trained on. It *has reached it* if their mean is at least 475 of 500. Five seeds of each variant are trained, and all five
# are reported; settings were tuned on other seeds. The best variant's claim is that more than half of its seeds reach
# it. A difference between two kinds of agents counts if its whole interval is above 25, a twentieth of what an episode can pay.

# %%
STEPS, SEEDS, SEED = 30_000, 5, 101
COUNTS = 25  # rewards: a smaller difference is none
DISCOUNT = dqn.CART_POLE.discount
most = (1 - DISCOUNT**500) / (1 - DISCOUNT)  # of 500 rewards of 1, discounted
show.markdown(f"""
Each agent lives {STEPS:,} steps. With γ = {DISCOUNT}, no start of an episode is worth
more than {most:.2f}: that is the discounted return of 500 rewards of 1.
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

# %% slideshow={"slide_type": "subslide"} tags=["lecture:boxes"]
GRIDS = {"coarse": (3, 3, 6, 6), "fine": (10, 10, 20, 20)}
TOP = np.array([2.4, 3.0, 0.21, 3.0]) / environments.SCALE  # as the agents see them, scaled


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


# %% slideshow={"slide_type": "subslide"}
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

# %%
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
claim.measure(
    "C09c.1",
    f"share of the fine table's boxes seen in {STEPS:,} steps",
    share_seen["fine"],
    below=0.1,
    control=share_seen["coarse"],
)

# %% [markdown]
# Did you expect the fine table to win, since it can say more? It can, but it must be told everything box by box: what it learns
# about one says nothing about its neighbour, and its seeds end far apart. The coarse one is told sooner, and can't tell a pole that
# falls from one that stands. Which of the two gets further, five seeds don't settle. If the fine table had been filled, the curse would have been elsewhere. What follows: we want something that tells all
# situations apart *and* carries what it learnt over to those nearby.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## What does a network need besides the table's rule?
#
# A network $Q_\theta$ maps an observation, (4,), to a value for each action, (2,). Q-learning's rule becomes a regression: bring
# $Q_\theta(s, a)$ nearer to
#
# $$y = r + \gamma\, (1 - \text{terminated})\, \max_{a'} Q_{\bar\theta}(s', a') .$$
#
# Three things make that shaky, and the **deep Q-network** (Mnih et al. 2015) has two remedies:
#
# - successive steps resemble each other: it keeps them in a **replay** memory and draws at random from it;
# - the target moves with every step that we take towards it: it computes $y$ with a **target network** $\bar\theta$, a copy that
#   is renewed only now and then;
# - the largest of several guesses is too large. That remains.
#
# What came later is here too: **double** (the network names the best next action, the target network values
# it; van Hasselt et al. 2016), **duelling** (value and advantages apart; Wang et al. 2016), **priorities** (draw what surprised
# more often; Schaul et al. 2016), **n-step** targets, $y = r_1 + \gamma r_2 + \dots + \gamma^n \max Q$ (Sutton 1988).

# %% slideshow={"slide_type": "subslide"} tags=["lecture:targets"]
show.source(dqn.targets, dqn.gradient_step)

# %% [markdown]
# Weights have an axis for agents in front, (agents, inputs, outputs), and so have batches: one call makes 32 gradient steps of
# *all* agents, compiled together, and they learn nothing of each other. An agent is a row of settings. So seeds, variants and ablations run side by side.
#
# The memory is arrays too. A draw by priority is a search in a running sum:

# %% slideshow={"slide_type": "subslide"}
show.source(replay.Replay.draw)

# %% slideshow={"slide_type": "subslide"}
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

# %% [markdown]
# *Together* has `dqn.CART_POLE`'s own settings: duelling, priorities and 8 steps, and a target network that is renewed every ten
# gradient steps, not every hundred. *No replay* keeps as little as can be: the last step of each of the eight environments, or, with 8 steps, the last
# 64 in all. *No target network* renews the copy at every step.
#
# **Predict before you run.** Plain DQN, 30,000 steps: does it beat the tables? How many of its five seeds reach
# 475? And an agent that counts only the next reward?

# %% slideshow={"slide_type": "subslide"}
run = dqn.train(
    environments.cart_poles(8 * agents), settings, agents=agents, steps=STEPS, seed=SEED
)
games = dqn.greedy_episodes(
    environments.cart_poles(100 * agents), run, 100, evaluation.CONFIRMATION_SEED
)
greedy = dqn.by_variant(games.returns.mean(axis=1), VARIANTS)
curves = dqn.by_variant(run.learning_curves(np.arange(0, STEPS + 1, 1_500)), VARIANTS)
in_training = {name: curve.mean(axis=1) for name, curve in curves.items()}

# %% slideshow={"slide_type": "fragment"}
reinforcement.learning_by_steps(
    {name: curves[name] for name in ["together", "DQN", "γ = 0"]},
    width=1.5,
    threshold=evaluation.THRESHOLD,
    title="Deep Q-learning on CartPole, 8 environments a seed",
    caption="Training episodes, which explore, 5 seeds with their 95 % intervals. The"
    " network learns; how well depends on more than the network.",
)

# %% slideshow={"slide_type": "subslide"}
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

# %%
untrained = dqn.Trained(
    dqn.initial_weights(SEEDS, (4, 64, 64, 3), SEED), np.zeros((SEEDS, 1, 1))
)
beginner = dqn.greedy_episodes(
    environments.cart_poles(100 * SEEDS), untrained, 100, evaluation.CONFIRMATION_SEED
).returns.mean(axis=1)
best, myopic = greedy["together"], greedy["γ = 0"]
by_tables = Measured(np.mean(list(table_return.values()), axis=0))
claim.measure(
    "C09c.2",
    "100 greedy episodes: network (together) less the mean of two tables",
    Measured(best) - by_tables,
    above=100,
    control=Measured(beginner) - by_tables,
)
for id in ["A2.9.1", "A2.9.2a"]:
    claim.measure(
        id,
        "deep Q-learning, 100 greedy episodes of CartPole: mean return by seed",
        best,
        above=195,
        control=myopic,
    )

# %% [markdown]
# Did you expect a table that has no network's troubles to do as well? The network has the same rule and the same steps; what it has
# besides is that a change at one place changes its neighbours. That is its strength, and two sections on it will be its danger. An
# agent with γ = 0 sees a reward of 1 whatever it does, and has nothing to choose by; had it balanced the pole, the long term
# would have been refuted. What follows: the network alone isn't it. Plain DQN reaches 475 with few seeds, if any, so we look at what separates the two
# upper curves.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Which of the additions helps?
#
# **Predict before you run.** Order them by what they bring on CartPole: double, duelling, priorities, 8 steps. (The
# literature's order on 57 Atari games, by what is lost without each in Hessel et al. 2018: priorities and multi-step first,
# double and duelling little.)

# %% slideshow={"slide_type": "fragment"}
ADDITIONS = ["DQN", "double", "duelling", "priorities", "8 steps"]
reinforcement.learning_by_steps(
    {name: curves[name] for name in [*ADDITIONS, "together"]},
    width=1.5,
    threshold=evaluation.THRESHOLD,
    title="DQN and one addition each, on CartPole",
    caption="Training episodes, 5 seeds with their 95 % intervals. The bands are wide:"
    " but for 8 steps, five seeds order hardly any two of the single additions.",
)


# %%
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
ONE = ["DQN", "double", "duelling", "priorities", "DQN, no target network"]
MANY = ["8 steps", "together", "together, no target network"]
one_step, many_steps = (
    Measured(np.mean([in_training[name] for name in names], axis=0))
    for names in (ONE, MANY)
)
claim.measure(
    "C09c.3",
    "mean return in training, all variants with replay: with 8 steps less with one",
    many_steps - one_step,
    above=COUNTS,
    control=Measured(in_training["DQN, no replay"]) - one_step,
)
claim.measure(
    "C09c.4",
    f"seeds of {SEEDS} that reach 475 in 100 greedy episodes: together",
    reached(best),
    above=SEEDS / 2,
    control=reached(myopic),
)

# %% [markdown]
# Did you put double first, as its fame suggests? Nothing here says so. Look at the intervals before you order the rest:
# five seeds don't tell most of them apart. The claim is therefore about a kind, all variants with eight steps against all with one.
# Eight steps carry the news of a fall eight steps back at once, instead of one step per renewal of the target network; and they lean
# on the guess a little less. The price is a bias: the seven actions in between were the behaviour's, exploration included. If the two kinds had
# lain on each other, *one reward at a time* would have been no bottleneck.
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

# %% slideshow={"slide_type": "fragment"}
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
    " return breaks down; right, far less is lost.",
)

# %%
believed = dqn.by_variant(games.believed.mean(axis=1), VARIANTS)
got = dqn.by_variant(games.got.mean(axis=1), VARIANTS)
too_much = {name: int((believed[name] > most).sum()) for name in VARIANTS}
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
    ["agent", "value believed of a start, by seed", f"above {most:.1f}: impossible"],
)
kept = [in_training[name] for name in ["DQN", "double", "duelling", "priorities"]]
lost = {
    "one step": Measured(np.mean(kept, axis=0))
    - Measured(in_training["DQN, no replay"]),
    "together": Measured(in_training["together"])
    - Measured(in_training["together, no replay"]),
}
show.markdown(f"""
Mean return in training lost without replay: one step (the mean of four variants with
it, less DQN without) {lost["one step"]:.0f}, together {lost["together"]:.0f}. By the
rule above a loss counts if its interval lies above {COUNTS}: it does for
{show.mask(sum(loss.low > COUNTS for loss in lost.values()))} of the two.
""")
claim.measure(
    "C09c.5",
    "one step, no target network: seeds that believe the impossible, two or more of 5",
    too_much["DQN, no target network"],
    above=1.5,
    control=too_much["together, no target network"],
)

# %% [markdown]
# Did you expect only the return to suffer? The values go first: without a held target, one-step values chase themselves
# upwards, past what any episode can pay, and the return follows them down. A policy can survive values that are too large for a while, since it
# needs only the *order* of two of them. *Together* without a target network believes what is possible: a target of eight true rewards
# and one guess is harder to lift by one's own hair. If it too had blown up, the number of steps wouldn't matter here.
#
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

# %% slideshow={"slide_type": "fragment"}
study = recording.load("ch09c_ablations")
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

# %% slideshow={"slide_type": "subslide"}
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

# %%
gains = [name for name, change in changes.items() if change.low > COUNTS]
losses = [name for name, change in changes.items() if change.high < -COUNTS]
rest = [name for name in changes if name not in gains + losses]
show.markdown(f"""
By the rule, an interval wholly beyond {COUNTS}: gains {show.mask("; ".join(gains))};
losses {show.mask("; ".join(losses))}; not settled, or nothing:
{show.mask("; ".join(rest))}.
""")
def costs(change):
    """By seed: what a change costs DQN, and together, in return while training."""
    return [ten[base] - ten[f"{base} {change}"] for base in ["DQN", "together"]]


claim.measure(
    "C09c.11",
    "ten seeds: mean return in training lost without replay, mean of both agents; "
    "control: by adding double",
    Measured(np.mean(costs("- replay"), axis=0)),
    above=COUNTS,
    control=Measured(np.mean(costs("+ double"), axis=0)),
    source="recorded",
)
claim.measure(
    "C09c.12",
    "ten seeds, no target network: mean return in training that DQN loses, less what "
    "together loses; control: without replay",
    Measured(np.subtract(*costs("- target network"))),
    above=COUNTS,
    control=Measured(np.subtract(*costs("- replay"))),
    source="recorded",
)

# %% [markdown]
# Did you name the target network for the first? Without it DQN, with one step, learns nothing at all, and *together* loses
# nothing that could be told: it is the remedy for a disease that eight steps don't have. With replay it is rather the other way
# round: *together* loses much while it learns, and yet its ten seeds all reach 475 in the end (what DQN loses, ten seeds don't
# settle). Replay saves *experience*; it isn't what makes this task solvable. Double and duelling count in neither.
#
# The largest single part is 8 steps: with nothing else added, all ten seeds reach 475. Priorities come close to counting in
# both agents, and don't: ten seeds are still few. Had each part cost the same wherever it was taken away, one could rank parts
# without saying of *what*. What follows: an ablation is a statement about an agent *and* what else is in it, and the return in training and
# the return in the end are two questions.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## How much does it believe too much?
#
# The largest of several noisy guesses is too large on average, even if no guess is. Chapter 09b saw it in tables. Here an agent's belief is the
# largest value of an episode's first observation; what it then gets is a fact.
#
# **Predict before you run.** Will the points lie above the diagonal? And how far does *double* bring them down, with two actions to choose from?

# %% slideshow={"slide_type": "fragment"}
SHOWN = ["DQN", "double", "8 steps", "together"]
by_episode = {
    name: dqn.by_variant(found[:, :10], VARIANTS)
    for name, found in {"believed": games.believed, "got": games.got}.items()
}
dqn_figures.beliefs(
    {name: by_episode["believed"][name] for name in SHOWN},
    {name: by_episode["got"][name] for name in SHOWN},
    bound=most,
    caption="10 greedy episodes of each of 5 seeds. A point above the diagonal is a"
    " value that wasn't earned; below it, values are still on their way up.",
    alt="Points of believed value against discounted return got, with the diagonal. The"
    " one-step agents' points are spread to the left and near the diagonal; the"
    " eight-step agents' lie at the right edge, below it.",
)

# %% [markdown]
# Two errors are mixed: a maximum that flatters, and values that begin at 0 and rise by one reward with each renewal of the target
# network. To see the first alone, give the maximum more to choose from. We list each of the two actions eight times: sixteen
# actions, the same world, the same true values, eight times as many guesses of each. The target is renewed every 50 gradient steps.


# %% slideshow={"slide_type": "subslide"}
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

# %%
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
claim.measure(
    "C09c.6",
    "value believed with 16 actions, single less double; control: with 2 actions",
    Measured(wide_believed["single"]) - Measured(wide_believed["double"]),
    above=5,
    control=Measured(believed["DQN"]) - Measured(believed["double"]),
)

# %% [markdown]
# Did you expect double to bring beliefs down with two actions? There the maximum of two nearly equal guesses has little to flatter with, and the
# target network, a slightly older self, shares most of the network's errors. With sixteen, the single maximum believes in more than
# an episode can pay, and double in clearly less. It is not unbiased either: two networks that are copies of each other
# are no independent witnesses. Equal beliefs with sixteen actions would have refuted the cause, not just the remedy.
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

# %% slideshow={"slide_type": "subslide"}
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

# %%
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
claim.measure(
    "C09c.7",
    "trained on 50 steps: value believed of a start, over the worth of 50 steps",
    Measured(clock_believed["bootstraps after a truncation"]) / fifty,
    above=1.1,
    control=Measured(clock_believed["takes it for an end"]) / fifty,
)

# %% [markdown]
# Did you expect the wrong agent to learn nothing? It does learn: a fall is still worse than the clock. But it believes that the world ends after 50 steps, and can't
# know when, since no observation tells the time: the same pole, upright and at rest, is worth 39 at the start and 1 just before the
# bell. Its targets contradict each other. The right one believes in a life beyond any episode that it has ever lived.
# Equal beliefs would have meant that the switch does nothing. Whether the returns differ, five seeds don't settle.
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
#
# **Predict before you run.** Three ingredients: another behaviour than the policy (**off-policy**), a guess in the target
# (**bootstrapping**), and fewer freedoms than a table (**approximation**). Take away one of them. How many of the three
# must go for the values to stay bounded? No sampling, no network, no maximum is involved.

# %% slideshow={"slide_type": "subslide"}
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

# %% slideshow={"slide_type": "fragment"}
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

# %%
growth = {name: case.growth for name, case in cases.items()}
show.table(
    [
        [name, f"{max(0.0, growth[name]):.3f}", f"{path[-1] / path[0]:.2g}"]
        for name, path in paths.items()
        if name in growth
    ],
    ["Baird's counterexample", "largest real part of −A", "|value|, last over first"],
)
claim.measure(
    "C09c.8",
    "Baird, all three: largest |value| after 1,000 expected updates over the first",
    paths["all three"][-1] / paths["all three"][0],
    above=100,
    control=max(paths[name][-1] / paths[name][0] for name in list(TRIAD)[1:]),
)
wandering = {
    name: baird.sampled(1_000, 0.01, runs=20, seed=SEED, off_policy=off)
    for name, off in [("off-policy", True), ("on-policy", False)]
}
claim.measure(
    "C09c.8",
    "lived step by step, 20 runs: log10 of |value| after 1,000 steps over the first",
    np.log10(wandering["off-policy"][-1] / wandering["off-policy"][0]),
    above=1,
    control=np.log10(wandering["on-policy"][-1] / wandering["on-policy"][0]),
)

# %% [markdown]
# One is enough, whichever. This is the **deadly triad** (Sutton & Barto 2018, section 11.3). Did you think that noise, the maximum or a step size was to blame? None is
# there, and no small step size helps: it only takes longer. If *all three* had stayed bounded, or one of the pairs had grown, the triad would be no explanation.
#
# Deep Q-learning has all three: its memory is off-policy, its target is a guess, its network is smaller than the world. What
# does a target network change? Held for K updates, it makes each period a regression towards *fixed* targets.
#
# **Predict before you run.** How long must the target be held for Baird's values to shrink?

# %% slideshow={"slide_type": "subslide"}
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

# %%
claim.measure(
    "C09c.9",
    "Baird, target held for 100 updates: factor of values over 100 updates",
    cases["all three"].held_growth(100, 0.1) ** 100,
    below=1,
    control=cases["all three"].held_growth(1, 0.1) ** 100,
)
ends = paths["all three, corrected"], paths["all three"]
claim.measure(
    "C09c.10",
    "Baird, gradient-corrected: largest |value| after 1,000 updates over the first",
    ends[0][-1] / ends[0][0],
    below=1,
    control=ends[1][-1] / ends[1][0],
)

# %% [markdown]
# Here holding the target works, because eight weights can fit any seven targets: each period ends near one sweep of value iteration, which shrinks by γ. It is no theorem for
# networks: with one weight for two states, even a target held for ever diverges (Tsitsiklis & Van Roy 1996; exercise 3). Correcting the gradient
# (Sutton et al. 2009) is sound with linear values, and slow; deep agents rarely use it.
#
# What follows: repairs take a little of one ingredient each. Eight steps bootstrap less; a target network bootstraps from
# something that stands still; a fresh memory is less off-policy.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## What the article says, and what was measured
#
# **How far to trust this.** Settings, comparisons and bounds of C09c.2, C09c.3, C09c.5, C09c.6 and C09c.7 were settled while
# the chapter was written, on run seeds 0 to 5; C09c.3 in an earlier form, which compared single variants, had failed there. What
# you see comes from run seed 101, which none of that had seen. The rule of C09c.11 was written before the recorded returns in
# training had been looked at, that of C09c.12 afterwards.

# %%
claim.report()

# %% [markdown]
# The article's sentences stand here as measurements; their verdicts are chapter 09b's (A2.9.1) and 09d's (A2.9.2a). What they leave
# out: of the agents above that all got the same feedback, most didn't get far with it in the same time.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Exercises
#
# **1. Recall.** γ = 0.9. A transition has reward 1 and isn't an end. In the next state the network says (3, 5), the target
# network (4, 2). What is *double* DQN's target?

# %%
answer = ...
exercises.check(
    answer,
    1 + 0.9 * 2,
    hints={
        1 + 0.9 * 4: "That is DQN's: the target network's own maximum.",
        1 + 0.9 * 5: "That is the network's maximum; who is to value the action?",
    },
)

# %% [markdown]
# <details><summary>Solution</summary>
#
# The network names the second action (5 > 3); the target network values it with 2: $1 + 0.9 \cdot 2 = 2.8$.
#
# </details>
#
# **2. Compute.** Rewards of 1, γ = 0.9, n = 3. The episode is *terminated* by its second step. Which discounted rewards do
# the transitions carry that start at the first and at the second step?

# %%
cutter = replay.NSteps(3, 1, 0.9, (1,))
handed_out = []
for end in [False, True]:
    flags = np.array([end]), np.array([False]), np.array([False])
    x, one = np.zeros((1, 1), "float32"), np.ones(1)
    handed_out += cutter.add(x, np.zeros(1, int), one, x, *flags)[1].reward.tolist()
answer = ...
exercises.check(
    answer,
    handed_out,
    tolerance=1e-5,
    hints={
        (1.0, 1.0): "The first still has two rewards before it ends.",
        (2.71, 1.9): "That is for an episode that goes on; this one ends.",
    },
)

# %% [markdown]
# <details><summary>Solution</summary>
#
# `[1.9, 1.0]`: $1 + 0.9$, and $1$. At an end all transitions that are begun are handed out, shorter ones, so that no end is lost.
#
# </details>
#
# **3. Derive.** Two states, one weight: $v(s_1) = w$, $v(s_2) = 2w$; both go to $s_2$, no reward, both visited equally. A target network is
# held until the regression has converged. By which factor does $w$ change, and for which γ does it diverge?

# %%
moves = np.array([[0.0, 1.0], [0.0, 1.0]])
two = baird.Problem(np.array([[1.0], [2.0]]), moves, np.full(2, 0.5), 0.9)
factor = two.held(1_000, 0.1)[0, 0]
answer = ...
exercises.check(answer, factor / 0.9, tolerance=1e-3, hints={factor: "Divide by γ."})

# %% [markdown]
# <details><summary>Solution</summary>
#
# Both targets are $2\gamma w$. Least squares of $(w', 2w')$ against them: $w' = (1 \cdot 2\gamma w + 2 \cdot 2\gamma w) / (1 + 4) = \tfrac65 \gamma w$. The cell asks for the factor
# over γ, $6/5$; it diverges for γ above 5/6, however long the target is held.
#
# </details>
#
# **4. Explore.** Take DQN without a target network, and n = 1, 2, 4, 8. From which n on does no seed believe the impossible? Is it the n
# at which $\gamma^n$ becomes small?
#
# <details><summary>Solution</summary>
#
# `dqn.side_by_side` with `{"n": n, "target_every": 1, "priority": 0.0}` for each, 15,000 steps. $0.99^8 \approx 0.92$ is still much, so it isn't that
# the guess counts for little; but an error in it must travel through eight steps' worth of true rewards, and comes back
# eight times as seldom. Report all seeds: with five, "no seed" is a weak statement.
#
# </details>
#
# **5. Open-ended.** Double DQN's two networks are copies of each other. Train two that are independent (two agents of one
# run, each with its own memory), and let each value the other's choice. Does that bring sixteen actions down to two?

# %% [markdown]
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
