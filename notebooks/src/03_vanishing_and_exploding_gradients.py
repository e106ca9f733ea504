# %% [markdown] slideshow={"slide_type": "slide"}
# # Chapter 03 · Vanishing and exploding gradients · 梯度消失与梯度爆炸
#
# Why a network of thirty layers may not learn at all, how to foretell it with one integral, and which cures work.
#
# **After this chapter you can** measure gradients layer by layer; foretell from activation and initialisation whether
# they will vanish or explode, and how fast; read a phase diagram; explain both fates by one product of matrices;
# choose between initialisation, activation, normalisation, residual links and clipping, and say why dropout and L2
# are not on that list.
#
# **You need** chapter 02 (backpropagation), matrices and singular values, variances of sums.
#
# **Time** 60 minutes to read and try; less than a minute to run.
#
# **摘要**
#
# 深层网络的梯度是许多雅可比矩阵的乘积，逐层相乘，因此会指数式地消失或爆炸；平均场理论用一个积分就能算出每层的增长率 χ。
#
# 我们在真实的手写数字上比较各种办法：初始化、ReLU、批归一化、层归一化、残差连接、梯度裁剪，以及文中提到的丢弃法与 L2 正则化。
#
# 结论由测量给出：正则化治不了梯度消失；批归一化在初始化时反而使梯度爆炸；残差连接还能减轻“梯度破碎”。

# %%
import functools

import keras
import numpy as np

from dlcourse import claims, datasets, exercises, models, recording, reproducibility, show, training, widgets
from dlcourse.analysis import gradients, mean_field, signal_propagation
from dlcourse.figures import gradients as figures
from dlcourse.measured import Measured
from dlcourse.training import optimizers

reproducibility.start(seed=0)
claim = claims.Claims("03")
digits = datasets.load("digits")
digits

# %% [markdown] slideshow={"slide_type": "slide"}
# ## What the article says, and how it will be settled
#
# Section 2.3 of the article, in translation: *"If the output signals of some nodes lose their meaning at other nodes
# far away, their derivatives quickly shrink or approach 0, which makes gradients vanish or explode. To solve this
# problem, many methods of regularisation have been proposed, dropout and L2 regularisation among them."*
#
# That is three claims. The rules by which each gets its verdict, written down before anything runs:
#
# | id | claim | the verdict is … |
# | --- | --- | --- |
# | A2.3.1 | in deep networks gradients shrink to nothing or blow up | *holds* if they do at every initialisation tried; *holds when …* if they do off a line of initialisations that theory names, and not on it; *does not hold* if they don't |
# | A2.3.2 | regularisation, such as dropout and L2, is the cure | *holds* if both bring a network that doesn't learn to at least 50 % test accuracy (guessing gives 10 %); *does not hold for dropout and L2* if neither does, while something else in the same experiment does |
# | A2.3.3 | the cause is a derivative that shrinks | *does not hold for explosion* if networks whose layers only shrink never explode, and exploding networks have smaller activation derivatives than vanishing ones; else *holds* |

# %% [markdown] slideshow={"slide_type": "slide"}
# ## How much of the gradient arrives at the first of 32 layers?
#
# Take a classifier of 32 sigmoid layers with 64 units each, as Keras starts it. The loss is known at the output; the
# gradient travels back from there.
#
# **Predict before you run.** Compare the first kernel's gradient with that of the last hidden layer. Is it smaller by
# a factor of about 32, of about $10^{8}$, or of about $10^{19}$?

# %% [markdown]
# The idea. With $h_l = x_{l-1} W_l + b_l$ and $x_l = \varphi(h_l)$ (rows are examples: $h_l$ has shape (batch,
# $n_l$), $W_l$ has shape ($n_{l-1}$, $n_l$)), the chain rule carries $\delta_l = \partial L/\partial h_l$, of the
# shape of $h_l$, down one layer by
#
# $$\delta_l = (\delta_{l+1} W_{l+1}^\top) \odot \varphi'(h_l), \qquad \frac{\partial L}{\partial W_l} = x_{l-1}^\top \delta_l .$$
#
# Each layer multiplies by a matrix and by the slopes of its units. Thirty-two layers multiply thirty-one times. By
# hand:


# %% slideshow={"slide_type": "subslide"} tags=["lecture:kernel_gradients"]
def kernel_gradients(kernels, x, labels, slopes=True):
    """Gradients of the mean cross-entropy for the kernels of a sigmoid network without
    biases, first first."""
    inputs = [x]
    for kernel in kernels[:-1]:
        inputs.append(1 / (1 + np.exp(-inputs[-1] @ kernel)))
    logits = inputs[-1] @ kernels[-1]
    share = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    delta = (share - np.eye(10)[labels]) / len(x)
    found = [inputs[-1].T @ delta]
    for kernel, units, below in zip(
        kernels[:0:-1], inputs[:0:-1], inputs[-2::-1], strict=True
    ):
        delta = delta @ kernel.T * (units * (1 - units) if slopes else 1.0)
        found.append(below.T @ delta)
    return found[::-1]


# %% [markdown]
# With Keras the same takes one `GradientTape`. The model is built in float64, for a reason that comes below.


# %% slideshow={"slide_type": "subslide"}
def sigmoid_network(depth, seed, dtype):
    """A Keras classifier of 8x8 digits: ``depth`` sigmoid layers of 64 units, started
    as Keras does."""
    keras.config.set_dtype_policy(dtype)
    model = models.mlp(
        (8, 8, 1), 10, hidden=[64] * depth, activation="sigmoid", seed=seed
    )
    keras.config.set_dtype_policy("float32")
    return model


batch = digits.train.take(100)
sample = (batch.x, batch.y)
objective = training.objectives.classification()
deep = sigmoid_network(32, seed=0, dtype="float64")
by_keras = gradients.by_layer(deep, objective, sample)
show.source(gradients.by_layer)

# %%
kernels = [layer.kernel.numpy() for layer in deep.layers if hasattr(layer, "kernel")]
flat = batch.x.reshape(100, 64).astype("float64")
by_hand, no_slopes = (
    [
        np.log10(np.linalg.norm(gradient))
        for gradient in kernel_gradients(kernels, flat, batch.y, slopes)
    ]
    for slopes in (True, False)
)
claim.measure(
    "C03.1",
    "gradient norms of 33 kernels, by hand and by GradientTape: log10 of the largest"
    " relative difference",
    np.log10(np.max(np.abs(10 ** (np.array(by_hand) - by_keras) - 1)) + 1e-16),
    below=-9,
    control=np.log10(np.max(np.abs(10 ** (np.array(no_slopes) - by_keras) - 1))),
)

# %% [markdown]
# By hand and by Keras agree (the control leaves out the slopes $\varphi'$, an easy mistake).
# Now look at the norms, with five seeds, for networks of 2, 8 and 32 layers.

# %% slideshow={"slide_type": "subslide"}
norms = {
    f"{depth} sigmoid layers": np.transpose(
        [
            gradients.by_layer(
                sigmoid_network(depth, seed, "float64"), objective, sample
            )
            for seed in range(5)
        ]
    )
    for depth in (2, 8, 32)
}
figures.by_layer(
    norms,
    ylabel="log10 of the kernel gradient's norm",
    caption=(
        "Gradient norms of networks as Keras starts them; the axis counts powers of"
        " ten. Every layer gets about a quarter of the gradient of the one above it,"
        " to its right."
    ),
)

# %%
ratios = {label: Measured(values[0] - values[-2]) for label, values in norms.items()}
claim.measure(
    "A2.3.1",
    "32 sigmoid layers: log10 of the first kernel's gradient norm over the last"
    " hidden layer's",
    ratios["32 sigmoid layers"],
    below=-8,
    control=ratios["2 sigmoid layers"],
)
show.markdown(f"""
The first of 32 layers gets $10^{{x}}$ of the last one's gradient, x =
{ratios["32 sigmoid layers"]:.1f}; the first of 8 layers, x =
{ratios["8 sigmoid layers"]:.1f}. By plain gradient descent it moves that many powers of
ten less in every step.
""")

# %% [markdown]
# Did you say a factor of 32? What layers take away *multiplies*: a factor $r$ a layer becomes $r^{30}$, not $30\,r$. Did
# you find $10^{19}$ from $0.25^{31}$, because a sigmoid's slope is at most ¼? That is nearly right here, but for a
# reason that you didn't use: the weights happen to stretch a vector by a factor near 1. The next sections change
# that.
#
# One trap, and the reason for float64. float32 ends near $10^{-38}$. What does a computer see at depth 64?

# %% slideshow={"slide_type": "subslide"}
lost = {
    dtype: (
        np.isinf(
            gradients.by_layer(sigmoid_network(64, 0, dtype), objective, sample)
        ).sum()
    )
    for dtype in ("float32", "float64")
}
claim.measure(
    "C03.2",
    "64 sigmoid layers: kernels, of 65, whose float32 gradient is exactly 0",
    int(lost["float32"]),
    above=0.5,
    control=int(lost["float64"]),
)

# %% [markdown]
# In float32 the gradient of the lowest layers isn't small; it *is* zero, and no optimiser that rescales can bring it
# back. Would the first layer's gradient have come out within a few powers of ten of the last's, the claim that
# gradients vanish would have failed here. What follows: look at gradients on a log scale, in float64, before you
# blame the learning rate.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Which start keeps the gradient alive?
#
# Two choices decide: the activation, and how large the random weights are. The usual recipes are variances for a
# kernel from $n_\text{in}$ to $n_\text{out}$ units. We write $\operatorname{Var} W = \sigma_w^2 / n_\text{in}$, so
# that recipes at different widths compare.

# %%
recipes = {
    "LeCun 1998": lambda i, o: 1 / i,
    "Glorot & Bengio 2010": lambda i, o: 2 / (i + o),
    "He et al. 2015": lambda i, o: 2 / i,
}
show.table(
    [
        [
            name,
            *(
                f"{i * variance(i, o):.2f}"
                for i, o in [(256, 256), (64, 256), (256, 64)]
            ),
        ]
        for name, variance in recipes.items()
    ],
    ["recipe", "σ_w², 256 → 256", "64 → 256", "256 → 64"],
    "What the recipes are in units of 1 / fan_in",
)

# %% [markdown]
# Between layers of equal width Glorot and LeCun are the same. So four starts: too small (σ_w² = ¼), Glorot = LeCun
# (1), He (2) and too large (4).
#
# **Predict before you run.** ReLU's slope is 1 wherever it passes anything on, so it can't shrink like a sigmoid's ¼.
# With Glorot's initialisation and 64 layers, will a ReLU network's gradient (a) vanish, (b) stay, (c) explode? And
# which of the four starts rescues the sigmoid?

# %% slideshow={"slide_type": "subslide"}
STARTS = {"too small": 0.25, "Glorot = LeCun": 1.0, "He": 2.0, "too large": 4.0}
VARIANCES = list(STARTS.values())
ACTIVATIONS, DEPTHS = ["sigmoid", "tanh", "relu", "selu"], [2, 4, 8, 16, 32, 64]


def random_networks(
    x, activation, depth, weight_variances, bias_variance=0.0, seeds=range(8)
):
    """Send examples through random networks 256 units wide, and a random gradient back:
    one ``Signals`` a seed."""
    options = {
        "depth": depth,
        "width": 256,
        "activation": activation,
        "bias_variance": bias_variance,
    }
    return [
        signal_propagation.random_signals(
            x, weight_variances=weight_variances, seed=seed, **options
        )
        for seed in seeds
    ]


# %% [markdown]
# Eight real digits go through each network, in float64. It is the recursion above, with the norm of $\delta_l$
# measured instead of the kernels' gradients. The same random numbers serve all starts, scaled.

# %% slideshow={"slide_type": "subslide"}
images = digits.train.take(8).x.reshape(8, 64) - 0.5
images /= np.sqrt(
    np.mean(images**2, axis=1, keepdims=True)
)  # mean square 1: layer 1 has variance σ_w²
signals = {
    (a, d): random_networks(images, a, d, VARIANCES)
    for a in ACTIVATIONS
    for d in DEPTHS
}
measured = {
    a: np.array([[run.log10_ratio() for run in signals[a, d]] for d in DEPTHS])
    for a in ACTIVATIONS
}
predicted = {
    a: np.array(
        [
            [mean_field.log_rates(v, d, a, v).sum() / np.log(10) for v in VARIANCES]
            for d in DEPTHS
        ]
    )
    for a in ACTIVATIONS
}
figures.by_depth(
    measured,
    predicted,
    DEPTHS,
    list(STARTS),
    caption=(
        "Each point: mean of 8 random networks with its 95 % interval; powers of ten."
        " A straight line through 0 is the same factor in every layer. Dashed: the"
        " theory of the next section, which has seen none of these points. The four"
        " panels have different scales."
    ),
)

# %%
at_64 = {
    (a, s): Measured(measured[a][-1, :, case])
    for a in ACTIVATIONS
    for case, s in enumerate(STARTS)
}
show.table(
    [[a, *(f"{at_64[a, s]:.1f}" for s in STARTS)] for a in ACTIVATIONS],
    ["64 layers", *STARTS],
    "log10 of the first layer's gradient over the last's",
)

# %%
by_start = np.log10([run.gradient for run in signals["tanh", 64]]).mean(
    axis=-1
)  # (seeds, starts, layers)
figures.by_layer(
    {start: by_start[:, case].T for case, start in enumerate(STARTS)},
    title="64 tanh layers: gradient norm by layer",
    ylabel="log10 of the norm of ∂L/∂h",
    caption=(
        "The gradient enters at the right and travels left. Too small: it shrinks at"
        " every step; too large: it grows at every step; the line that stays is the"
        " one worth looking for."
    ),
)

# %%
claim.measure(
    "A2.3.1",
    "64 tanh layers, weights too large: log10 of the first layer's gradient over the"
    " last's",
    at_64["tanh", "too large"],
    above=2,
    control=at_64["tanh", "Glorot = LeCun"],
)
claim.measure(
    "A2.3.1",
    "64 ReLU layers, Glorot's initialisation: log10 of the first layer's gradient"
    " over the last's",
    at_64["relu", "Glorot = LeCun"],
    below=-6,
    control=at_64["relu", "He"],
)
claim.measure(
    "A2.3.1",
    "64 ReLU layers, He's initialisation: log10 of the first layer's gradient over"
    " the last's",
    at_64["relu", "He"],
    between=(-1.5, 1.5),
    control=at_64["relu", "Glorot = LeCun"],
)

# %% [markdown]
# Did you expect ReLU to keep its gradient because its slope is 1? Half of the units are off and pass nothing: the
# squared norm halves in every layer, unless the weights' variance is doubled. That is He's 2.
#
# And no start in this list rescues the sigmoid. Would larger weights? An exercise asks at which σ_w² it turns.
#
# If He's networks had drifted by more than one and a half powers of ten, or Glorot's had not shrunk, the claims would
# have failed. What follows: "ReLU cures vanishing gradients" is half a sentence. ReLU *with the variance that belongs
# to it* does.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Can one integral foretell all of it?
#
# **Predict before you run.** A theory that takes all pre-activations for independent Gaussians, and the weights of
# the way back for fresh ones, is wrong about both in any real network. At 256 units, how far will its rate per layer
# be off: by half, by a tenth, or by less than a twentieth?

# %% [markdown]
# A pre-activation $h = \sum_j W_j\,\varphi(h'_j) + b$ is a sum of many independent terms, so nearly Gaussian. Its
# variance $q$ follows from the layer below (Poole et al. 2016), with $z$ standard normal:
#
# $$q_{l+1} = \sigma_w^2\, \mathbb{E}\,\varphi(\sqrt{q_l}\,z)^2 + \sigma_b^2 .$$
#
# A squared gradient norm is multiplied, from one layer to the one below, by (Schoenholz et al. 2017)
#
# $$\chi(q) = \sigma_w^2\, \mathbb{E}\,\varphi'(\sqrt{q}\,z)^2 , \qquad \text{so its log norm grows by } \tfrac12 \ln \chi \text{ a layer}.$$
#
# By hand for ReLU: half of all $z$ are positive, there $\varphi' = 1$, so $\chi = \sigma_w^2/2$ whatever $q$ is;
# $\chi = 1$ at He's $\sigma_w^2 = 2$. For the others the integral is one line:

# %% slideshow={"slide_type": "subslide"} tags=["lecture:chi"]
show.source(mean_field.gaussian_mean, mean_field.next_variance, mean_field.chi)

# %% slideshow={"slide_type": "subslide"}
FIRST, LAST = (
    24,
    60,
)  # the window of layers: where the forward variance settles, it has settled by then
rates, foretold = {}, {}
for activation in ACTIVATIONS:
    by_seed = np.array([run.log_rate(FIRST, LAST) for run in signals[activation, 64]])
    for case, (start, variance) in enumerate(STARTS.items()):
        rates[activation, start] = Measured(by_seed[:, case])
        by_layer = mean_field.log_rates(variance, 64, activation, variance)
        foretold[activation, start] = by_layer[FIRST - 1 : LAST - 1].mean()
settled = {
    (a, s): mean_field.fixed_point(a, v)
    for a in ACTIVATIONS
    for s, v in STARTS.items()
}
show.table(
    [
        [a, s, f"{settled[a, s]:.2g}", f"{foretold[a, s]:+.4f}", f"{rates[a, s]:.4f}"]
        for a, s in rates
    ],
    ["activation", "start", "variance settles at", "½ ln χ, theory", "measured"],
    "Growth of the gradient norm per layer (natural log)",
)

# %% [markdown]
# A variance that settles at 0 has died out, one at inf grows for ever; then the theory's mean over the layers of the
# window counts. ReLU's χ is the same at any variance.
#
# Where the rate is near 0, five per cent of it is less than the scatter of 256 units. So the bound is 5 % of the
# rate, or 0.01 a layer where that is more; the error is given in units of this tolerance, and must lie between -1 and
# 1. The control is the measured rate of the next start against this prediction.


# %% slideshow={"slide_type": "subslide"}
def error(rate, prediction):
    """How far a measured rate is from a predicted one, in tolerances: 5 %, or 0.01 a
    layer if that is more."""
    tolerance = max(0.05 * abs(prediction), 0.01)
    return Measured([(value - prediction) / tolerance for value in rate.values])


order = list(STARTS)
for activation, start in rates:
    other = order[(order.index(start) + 1) % len(order)]
    claim.measure(
        "C03.3",
        f"{activation}, {start}: rate per layer against mean-field theory, in"
        " tolerances",
        error(rates[activation, start], foretold[activation, start]),
        between=(-1, 1),
        control=error(rates[activation, other], foretold[activation, start]),
    )

# %% [markdown]
# The three cases nearest to 0 whose variance settles were also measured with more: 1,024 units, 80 initialisations,
# 16 images (recorded, `make bench STUDY=ch03_rates`). There 5 % is 5 % of the rate itself.

# %%
wide = recording.load("ch03_rates")
cases = {
    "tanh 2": ("tanh", 2.0, "tanh 4"),
    "tanh 4": ("tanh", 4.0, "tanh 2"),
    "selu 1": ("selu", 1.0, "tanh 4"),
}
for case, (activation, variance, other) in cases.items():
    wanted = mean_field.log_rate(activation, variance)
    claim.measure(
        "C03.3",
        f"{activation}, σ_w² = {variance:g}, 1,024 units: measured rate over"
        " predicted rate",
        Measured(wide[f"{case}, width 1024"]) / wanted,
        between=(0.95, 1.05),
        control=Measured(wide[f"{other}, width 1024"]) / wanted,
        source="recorded",
    )

# %% [markdown]
# Did you doubt that independence could be assumed? The weights of the way back are the same as those of the way
# forward, but what they do to a direction that has nothing to do with the activations depends on that so little that
# at 256 units it drowns in the scatter.
#
# A rate that had been off by a twentieth, for any of the sixteen cases, would have failed its claim. What follows:
# nobody needs to train a network to know that it won't train.

# %% [markdown] slideshow={"slide_type": "skip"}
# ### Move it: which start reaches the bottom?
#
# A new random network, 256 units wide, at every move: eight digits go up through it, a random gradient comes down, and
# theory is drawn beside it. (Knobs need a running kernel; a page shows the figure at their start.)
#
# **Predict before you move.** Set the depth to 100. For each activation find the σ_w² at which the line stays level,
# before you look at theory: is it the same for all? For tanh, go beyond it: does the line turn up at once, or slowly? And
# is there any value at which the sigmoid's line is level?


# %% slideshow={"slide_type": "skip"}
def draw_start(ax, activation, depth, weight_variance, *, x):
    options = {"depth": depth, "width": 256, "activation": activation}
    run = signal_propagation.random_signals(
        x, weight_variances=[weight_variance], **options
    )
    norms = np.log10(run.gradient[0]).mean(axis=-1)  # (depth,)
    growth = mean_field.log_rates(weight_variance, depth, activation, weight_variance)
    above = np.append(growth[::-1].cumsum()[::-1], 0) / np.log(10)
    lines = {"measured": norms, "theory": norms[-1] + above}
    title = f"{activation}, σ_w² = {weight_variance:g}"
    figures.by_layer(lines, title=title, ylabel="log10 of the norm of ∂L/∂h", ax=ax)
    ax.set(ylim=(-21, 6), xlim=(0, 101))


# %% slideshow={"slide_type": "skip"}
widgets.explore(
    functools.partial(draw_start, x=images),
    activation=widgets.Knob(ACTIVATIONS, start="tanh"),
    depth=widgets.Knob([2, 4, 8, 16, 32, 64, 100], start=64),
    weight_variance=widgets.Knob(
        [0.25, 0.5, 0.8, 1, 1.2, 1.5, 2, 3, 4, 8, 16, 64, 100, 128], start=0.8
    ),
    caption=(
        "One random network against theory. The gradient enters at the right and"
        " travels left; a level line loses nothing. A σ_w² a little too small costs"
        " a little in every layer."
    ),
    alt=(
        "Two lines that nearly coincide, measured and theory, rising slowly from the"
        " first layer to the last of 64."
    ),
)

# %% [markdown] slideshow={"slide_type": "skip"}
# Level is 1 for tanh, 2 for ReLU and near 1 for SELU: the value belongs to the function. Beyond 1 tanh turns up slowly,
# for larger pre-activations lie where its slope is small, which takes back a part of what the weights add. The sigmoid's
# line is level only far out, about where exercise 4 places it. And a depth of 2 hides all of this: whoever tries a start on a shallow
# network learns nothing about a deep one.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Where does the line run between shrinking and growing?
#
# Biases are random too, with variance $\sigma_b^2$. They aren't multiplied into the gradient.
#
# **Predict before you run.** A tanh network sits exactly at the border, χ = 1. Now draw its biases at random. Will
# its gradients shrink, grow, or not care?

# %% [markdown]
# Each point of the plane $(\sigma_w^2, \sigma_b^2)$ has its $q^*$, hence its χ. The border $\chi = 1$ is found by a
# root finder, one weight variance for each bias variance. Over the map we put measured rates of random networks,
# three for each disc.

# %% slideshow={"slide_type": "subslide"}
weight_axis, bias_axis = np.linspace(0.5, 4.0, 24), 0.6 * np.linspace(0, 1, 16) ** 2
theory = np.array(
    [[mean_field.log_rate("tanh", w, b) for w in weight_axis] for b in bias_axis]
)
border = [mean_field.critical_weight_variance("tanh", b) for b in bias_axis]
weights, discs = [0.75, 1.25, 1.75, 2.25, 2.75, 3.25, 3.75], []
for b in (0.05, 0.15, 0.3, 0.5):
    runs = random_networks(
        images, "tanh", 40, weights, bias_variance=b, seeds=range(3)
    )
    discs += zip(
        weights,
        [b] * 7,
        np.mean([run.log_rate(12, 38) for run in runs], axis=0),
        strict=True,
    )
figures.phase_diagram(
    weight_axis,
    bias_axis,
    theory,
    (border, bias_axis),
    discs,
    caption=(
        "Shade: theory; discs: measured in random networks, in the same shades. Left"
        " of the line gradients shrink (the ordered phase), right of it they grow"
        " (chaos). Depth costs least along the line."
    ),
)

# %%
expected = np.array([mean_field.log_rate("tanh", w, b) for w, b, _ in discs])
found = np.array([rate for *_, rate in discs])
naive = np.array(
    [np.log(w) / 2 for w, *_ in discs]
)  # the weights alone, without slopes and biases
claim.measure(
    "C03.4",
    "28 tanh networks over the plane: largest error of the predicted rate per layer",
    np.max(np.abs(found - expected)),
    below=0.02,
    control=np.max(np.abs(found - naive)),
)
moved = [mean_field.critical_weight_variance("tanh", b) for b in (0.0, 0.5)]
show.markdown(
    f"By theory the border lies at σ_w² = {moved[0]:.2f} without biases, at"
    f" {moved[1]:.2f} with σ_b² = 0.5."
)

# %% [markdown]
# Did you think that a bias, which no gradient is multiplied with, can't matter? It adds to the variance, pushes tanh
# to where it is flat, and so lowers $\mathbb{E}\varphi'^2$: random biases at the border make gradients *shrink*, and
# larger weights are needed to make up for it.
#
# The depth that a gradient survives, $\xi = 2/|\ln\chi|$ layers until its norm has changed by a factor e, diverges at
# the line. How long, in layers?

# %%
depth_scales = [
    [f"{w:g}", f"{b:g}", f"{1 / abs(e):.0f}", f"{Measured(1 / abs(rate)):.0f}"]
    for (w, b, rate), e in zip(discs, expected, strict=True)
    if b == 0.05
]
show.table(depth_scales, ["σ_w²", "σ_b²", "layers to a factor e: theory", "measured"])

# %% [markdown]
# Close to the line the two differ, in layers: a rate of nearly 0 is below the scatter of 256 units. What matters there
# is that it is long.
#
# A disc that didn't match its surroundings would have refuted the map. What follows: with tanh, start near the line;
# then depth is limited by what the line leaves, not by a factor per layer.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Can a derivative that only shrinks explode?
#
# The article names one cause for both fates: a derivative that shrinks.
#
# **Predict before you run.** Two tanh networks: A with σ_w² = ¼, whose gradients vanish, and B with σ_w² = 4, whose
# gradients explode. In which of them are the derivatives $\varphi'(h)$ of the units larger, on average?

# %% [markdown]
# From one layer's pre-activations to the next one's the derivative is a matrix, the layer's Jacobian, of shape ($n$,
# $n$):
#
# $$J_l = W_{l+1}\,\operatorname{diag}\varphi'(h_l), \qquad \frac{\partial h_L}{\partial h_1} = J_{L-1} \cdots J_2\, J_1 .$$
#
# The singular values of the product say by how much it stretches or shrinks each direction. A product can't stretch
# more than its factors together: $s_\text{max}(J_{L-1} \cdots J_1) \le \prod_l s_\text{max}(J_l)$. So if no layer
# stretches, the product doesn't.
#
# The product's smallest singular values lie many tens of powers of ten below its largest, where float64 multiplied
# out holds sixteen. Hence `log10_singular_values` never multiplies out; it hands on triangles:

# %% slideshow={"slide_type": "subslide"}
show.source(signal_propagation.log10_singular_values)

# %% slideshow={"slide_type": "subslide"}
NETWORKS = {
    "A: σ_w² = 1/4": {"weight_variance": 0.25},
    "B: σ_w² = 4": {"weight_variance": 4.0},
    "C: orthogonal, σ_w² = 1": {"weight_variance": 1.0, "orthogonal": True},
}


def five_networks(x, options):
    """Jacobians of five random tanh networks of 49 layers and 64 units, at one
    input."""
    shape = {"depth": 49, "width": 64, "activation": "tanh"}
    return [
        signal_propagation.random_jacobians(x, seed=seed, **shape, **options)
        for seed in range(5)
    ]


jacobians = {
    label: five_networks(images[0], options) for label, options in NETWORKS.items()
}

# %% slideshow={"slide_type": "subslide"}
COUNTS = [1, 12, 24, 36, 48]
singular_values = signal_propagation.log10_singular_values
spectra = {
    label: np.array(
        [[singular_values(run.layers[:count]) for run in runs] for count in COUNTS]
    )
    for label, runs in jacobians.items()
}
figures.singular_values(
    spectra,
    COUNTS,
    caption=(
        "Powers of ten by which a product of Jacobians stretches its directions (mean"
        " of 5 networks). In A all shrink. In B some grow while the rest vanish: one"
        " product, both fates. C's layers never stretch, and neither does their"
        " product."
    ),
)

# %%
slopes = {
    label: Measured([run.slopes.mean() for run in runs])
    for label, runs in jacobians.items()
}
stretch = {
    label: Measured(
        [np.linalg.norm(run.layers, 2, axis=(1, 2)).max() for run in runs]
    )
    for label, runs in jacobians.items()
}
largest = {label: Measured(values[-1, :, 0]) for label, values in spectra.items()}
median = {label: Measured(values[-1, :, 32]) for label, values in spectra.items()}
columns = {"mean φ'": slopes, "most that a layer stretches": stretch}
columns |= {"log10 largest of 48 layers": largest, "log10 median": median}
show.table(
    [
        [label, *(f"{values[label]:.2f}" for values in columns.values())]
        for label in NETWORKS
    ],
    ["network", *columns],
)

# %%
a, b, c = NETWORKS
smaller_slopes = claim.measure(
    "A2.3.3",
    "mean φ' of the exploding network B minus that of the vanishing network A",
    slopes[b] - slopes[a],
    below=-0.2,
    control=stretch[b] - stretch[a],
)
never = claim.measure(
    "A2.3.3",
    "layers that don't stretch (C), 48 of them: log10 of the product's largest"
    " singular value",
    largest[c],
    below=1e-6,
    control=largest[b],
)
both = claim.measure(
    "C03.5",
    "network B, one product: log10 of the largest singular value",
    largest[b],
    above=1,
    control=median[b],
)
cause = claim.verdict(
    "A2.3.3",
    {"does not hold for explosion": smaller_slopes.ok and never.ok, "holds": True},
)

# %% [markdown]
# Did you say B? The unit derivatives are *smaller* where gradients explode: large weights push tanh to its flat ends.
# What stretches is the matrix in between. The article's sentence looks at one factor of the two. A derivative that
# shrinks explains vanishing, when the weights don't make up for it. It cannot explain an explosion: that needs a
# layer whose Jacobian stretches, as the second claim shows.
#
# Had C's product grown, or B's slopes been the larger ones, the article would have been right. What follows: to judge
# a network look at Jacobians, weights and slopes together, never at the activation alone. And even at χ = 1 the
# *mean* square stays while single directions grow and others die.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## What does batch normalisation do to a gradient?
#
# Normalising every layer's pre-activations to variance 1 keeps the forward signal from dying or blowing up, whatever
# the weights.
#
# **Predict before you run.** So with batch normalisation in every layer, a plain network of ReLU layers has gradients
# that, towards the input, (a) stay, (b) vanish, (c) explode?

# %% [markdown]
# Mean-field theory again, at large batches. The forward variance is 1 by force. Backwards a squared norm is
# multiplied by $\sigma_w^2\,\mathbb{E}\varphi'^2$ as before, and divided by the variance that was normalised away.
# For batch normalisation that is the variance over *examples*, $\sigma_w^2 \operatorname{Var}\varphi$; for layer
# normalisation the mean square over *units*, $\sigma_w^2\,\mathbb{E}\varphi^2$:
#
# $$\chi_\text{batch} = \frac{\mathbb{E}\,\varphi'(z)^2}{\operatorname{Var}\varphi(z)}, \qquad \chi_\text{layer} = \frac{\mathbb{E}\,\varphi'(z)^2}{\mathbb{E}\,\varphi(z)^2}.$$
#
# The weights' variance has cancelled: no initialisation can change these. And for Gaussian $z$, Poincaré's inequality
# says $\operatorname{Var}\varphi(z) \le \mathbb{E}\varphi'(z)^2$, with equality for straight lines alone. So
# $\chi_\text{batch} \ge 1$ for *every* activation. For ReLU, $\tfrac12 / (\tfrac12 - \tfrac1{2\pi}) = \pi/(\pi - 1)$,
# as Yang et al. (2019) found.


# %% slideshow={"slide_type": "subslide"}
def rate_at_start(activation, normalisation, split):
    """Log growth of the kernels' gradients per layer of five networks, 24 layers of 128
    units, as they start."""
    options = {
        "depth": 24,
        "width": 128,
        "activation": activation,
        "normalisation": normalisation,
    }
    networks = models.DeepNetworks(
        (8, 8, 1), 10, seeds=range(5), dtype="float64", **options
    )
    by_network = gradients.by_layer(
        networks, networks.objective, (split.x - 0.5, split.y)
    )
    return Measured(gradients.rates_per_layer(by_network, skip=8))


shown = [
    (name, kind)
    for kind in ("batch", "layer")
    for name in ("relu", "sigmoid", "tanh")
]
normalised = {key: rate_at_start(*key, digits.train.take(500)) for key in shown}
by_theory = {key: np.log(mean_field.normalised_chi(*key)) / 2 for key in shown}
show.table(
    [[*key, f"{by_theory[key]:+.3f}", f"{normalised[key]:.3f}"] for key in shown],
    ["activation", "normalisation", "½ ln χ, theory", "measured, 500 digits a batch"],
    "Growth of the gradient norm per layer, towards the input (natural log)",
)

# %%
other = {"batch": "layer", "layer": "batch"}
claim.measure(
    "C03.6",
    "plain ReLU network with batch normalisation, as it starts: log growth of the"
    " gradient per layer",
    normalised["relu", "batch"],
    between=(0.12, 0.26),
    control=normalised["relu", "layer"],
)
claim.measure(
    "C03.6",
    "six normalised networks: largest difference between measured and predicted rate",
    max(abs(normalised[key].mean - by_theory[key]) for key in shown),
    below=0.06,
    control=max(
        abs(normalised[name, kind].mean - by_theory[name, other[kind]])
        for name, kind in shown
    ),
)

# %% [markdown]
# Did you say that gradients stay, as variances do? Forward and backward are two things. Batch normalisation divides
# by what *differs between examples*. ReLU outputs share a large common mean; once it is subtracted, little is left,
# and dividing by little means multiplying the gradient.
#
# Layer normalisation doesn't subtract what all examples share, so it doesn't blow ReLU's gradients up, but it can't
# save the sigmoid either: sigmoid outputs are nearly all ½, that ½ fills the norm, and the differences between
# examples drown.
#
# A sigmoid is nearly a straight line over the range that batch normalisation leaves it, so there Poincaré's
# inequality is nearly an equality. Write down, before the next section, which of the two normalisations will make a
# deep sigmoid network learn.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Which cure makes a deep network learn?
#
# One network that doesn't train: 20 sigmoid layers of 32 units, Glorot's initialisation, real digits, Adam at its
# usual 0.001, 15 passes over 1,078 images. Then the same with one thing changed.
#
# **Predict before you run.** Rank them by the accuracy you expect: dropout (20 %), L2 ($10^{-4}$), weights at σ_w² =
# 103 (where the sigmoid's χ is 1), ReLU with Glorot's and with He's start, batch normalisation, layer normalisation,
# residual links.

# %% [markdown]
# `models.DeepNetworks` holds five networks of different seeds side by side, as one array more; its forward pass is
# the formula and nothing else:

# %% slideshow={"slide_type": "subslide"}
show.source(
    models.DeepNetworks.call,
    models.DeepNetworks._units,
    models.DeepNetworks._normalised,
)

# %% slideshow={"slide_type": "subslide"}
CURES = {
    "nothing": {},
    "dropout 20 %": {"dropout": 0.2},
    "L2 1e-4": {"l2": 1e-4},
    "start at χ = 1": {
        "weight_variance": mean_field.critical_weight_variance("sigmoid")
    },
    "ReLU, Glorot": {"activation": "relu"},
    "ReLU, He": {"activation": "relu", "weight_variance": 2.0},
    "batch norm": {"normalisation": "batch"},
    "batch norm, ReLU": {"normalisation": "batch", "activation": "relu"},
    "layer norm": {"normalisation": "layer"},
    "residual": {"residual": True},
}


# %%
def deep_networks(options, dtype="float32"):
    """Five networks of 20 layers and 32 units for 8x8 digits, with the given
    options."""
    return models.DeepNetworks(
        (8, 8, 1), 10, depth=20, width=32, seeds=range(5), dtype=dtype, **options
    )


def trained_accuracy(options, optimizer, train, test):
    """Test accuracy of the five trained networks, one value a seed; that of guessing if
    the loss isn't finite."""
    networks = deep_networks(options)
    try:
        training.fit(
            networks,
            networks.objective,
            train,
            epochs=15,
            batch_size=49,
            optimizer=optimizer,
        )
    except training.NonFiniteLossError:
        return Measured([0.1] * 5)
    scores = training.evaluate(networks, networks.objective, test)
    return Measured([scores[f"accuracy {index}"] for index in range(5)])


# %% slideshow={"slide_type": "subslide"}
train, at_start, accuracy = digits.train.take(1_078), {}, {}  # 22 whole batches of 49
for cure, options in CURES.items():
    networks = deep_networks(options, "float64")
    at_start[cure] = gradients.by_layer(networks, networks.objective, sample)
    accuracy[cure] = trained_accuracy(
        options, keras.optimizers.Adam(1e-3), train, digits.test
    )
figures.cures(
    at_start,
    accuracy,
    chance=0.1,
    caption=(
        "Left: gradients at the start, mean of 5 seeds. Right: accuracy on test"
        " digits after 15 epochs, with 95 % intervals. Dropout's and L2's gradients"
        " vanish like the untreated network's (hidden below L2's)."
    ),
)

# %%
show.table(
    [
        [
            cure,
            f"{Measured(at_start[cure][1] - at_start[cure][-2]):.1f}",
            f"{accuracy[cure]:.1%}",
        ]
        for cure in CURES
    ],
    [
        "20 layers, and …",
        "log10 first over last hidden kernel's gradient",
        "test accuracy",
    ],
)

# %% [markdown]
# The claims, with the bounds of the rule above: learnt means at least 50 % of test digits, not learnt means that at
# most 20 % are right. The control of a cure is the network without it; of a non-cure, a cure.

# %% slideshow={"slide_type": "subslide"}
not_cured, cured = {}, {}
for cure in ("dropout 20 %", "L2 1e-4"):
    not_cured[cure] = claim.measure(
        "A2.3.2",
        f"20 sigmoid layers with {cure}: test accuracy",
        accuracy[cure],
        below=0.2,
        control=accuracy["batch norm"],
    )
for cure in ("ReLU, He", "batch norm", "residual"):
    cured[cure] = claim.measure(
        "A2.3.2",
        f"20 layers with {cure}: test accuracy",
        accuracy[cure],
        above=0.5,
        control=accuracy["nothing"],
    )

# %% slideshow={"slide_type": "subslide"}
claim.measure(
    "C03.7",
    "layer normalisation doesn't rescue sigmoid layers: test accuracy",
    accuracy["layer norm"],
    below=0.2,
    control=accuracy["residual"],
)
claim.measure(
    "C03.7",
    "residual links minus the start at χ = 1, in test accuracy, paired by seed",
    accuracy["residual"] - accuracy["start at χ = 1"],
    above=0.2,
    control=accuracy["batch norm"] - accuracy["residual"],
)
claim.measure(
    "C03.8",
    "batch normalisation added to ReLU layers: change in test accuracy, paired by"
    " seed",
    accuracy["batch norm, ReLU"] - accuracy["ReLU, He"],
    below=-0.2,
    control=accuracy["batch norm"] - accuracy["nothing"],
)

# %% [markdown]
# Did you rank dropout or L2 among the cures? They act on something else. Dropout multiplies units by 0 or 1/(1 -
# rate): of mean 1, it leaves the product of Jacobians as small as it was. L2 adds a gradient of its own, which pulls
# weights towards 0; and smaller weights make σ_w² smaller, so χ smaller: it works in the wrong direction. Both are
# against overfitting, and a network that can't even learn its training set doesn't overfit.
#
# Did you trust batch normalisation as such? It cures the sigmoid and spoils ReLU at this depth, as the rates of the
# last section foretold.
#
# Two surprises. The start at χ = 1 has gradients that arrive, and learns far less than residual links: with weights
# that large the sigmoid is nearly a step, and most of its units sit on a flat end. A gradient that arrives is needed,
# and isn't enough. And ReLU's line with Glorot's start is *flat*, though its signals die: there, $\delta_l$ shrinks
# towards the input just as much as $x_{l-1}$ grows, and the kernel's gradient is their product. Flat, but low
# everywhere. (An exercise proves it.)

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### And clipping?
#
# Clipping shortens a gradient that is too long (Pascanu et al. 2013): $g \leftarrow g \cdot \min(1, c/\lVert g \rVert)$.
# Two networks get it, with $c = 1$ and plain gradient descent at learning rate 0.1: our 20 sigmoid layers, and one that
# explodes, ReLU with residual links and He's variance, whose signal doubles its variance at each layer.
#
# **Predict before you run.** Which of the two will it make learn: the vanishing one, the exploding one, both?

# %% slideshow={"slide_type": "subslide"}
show.source(optimizers.ClippedSGD.apply)

# %%
exploding = {"activation": "relu", "weight_variance": 2.0, "residual": True}
networks = deep_networks(exploding, "float64")
whole_norm = (
    np.log10(
        np.sum(
            10 ** (2 * gradients.by_layer(networks, networks.objective, sample)),
            axis=0,
        )
    )
    / 2
)
plain_descent, clipped_descent = keras.optimizers.SGD(0.1), optimizers.ClippedSGD(
    0.1, max_grad_norm=1.0
)
unclipped = trained_accuracy(exploding, plain_descent, train, digits.test)
clipped = trained_accuracy(exploding, clipped_descent, train, digits.test)
vanishing_clipped = trained_accuracy({}, clipped_descent, train, digits.test)
show.table(
    [
        ["exploding, plain descent", f"{unclipped:.1%}"],
        ["exploding, clipped to norm 1", f"{clipped:.1%}"],
        ["vanishing (20 sigmoid layers), clipped", f"{vanishing_clipped:.1%}"],
    ],
    ["network", "test accuracy"],
)

# %%
claim.measure(
    "C03.9",
    "clipping makes an exploding network learn: test accuracy",
    clipped,
    above=0.5,
    control=unclipped,
)
claim.measure(
    "C03.9",
    "clipping doesn't make a vanishing network learn: test accuracy",
    vanishing_clipped,
    below=0.2,
    control=clipped,
)
show.markdown(f"""
The exploding network's gradient has the norm $10^{{x}}$, x =
{Measured(whole_norm):.1f}. A few steps of plain descent throw the weights so far that
the loss is no longer a number (counted as guessing); clipped, no step is longer than
the learning rate.
""")
cure = claim.verdict(
    "A2.3.2",
    {
        "does not hold for dropout and L2": (
            all(m.ok for m in not_cured.values())
            and any(m.ok for m in cured.values())
        ),
        "holds": all(accuracy[cure].low >= 0.5 for cure in not_cured),
    },
)

# %% [markdown]
# Did you say both, since clipping sets the gradient's norm to 1? It takes the smaller of 1 and $c/\lVert g \rVert$: it
# shortens, and never lengthens. And lengthening would not help: the gradient that vanished is a matter of *layers*, and
# one factor for all layers leaves their ratio as it is.
#
# A dropout or L2 network above 50 % would have upheld the article's claim; it was given the same chance as the others.
# What follows: first look whether the gradient arrives, then choose start, activation, normalisation and links;
# regularise what already learns.

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### Was it the strength, or the learning rate?
#
# One strength and one optimiser make a narrow test. Recorded, not run here: 54 settings of the same network, three
# strengths of dropout and of L2, Adam and gradient descent with momentum at three learning rates each, five seeds
# (`make bench STUDY=ch03_cures`). For every treatment its *best* setting counts, by validation accuracy.
#
# **Predict before you run.** At how many of its 18 settings does dropout reach 50 %? And L2?

# %%
recorded = recording.load("ch03_cures")
best = {}
for setting, values in recorded.items():
    treatment, found = setting.split(",")[0], Measured(values)
    best[treatment] = max(best.get(treatment, found), found, key=float)
show.table(
    [[treatment, f"{value:.1%}"] for treatment, value in best.items()],
    [
        "20 sigmoid layers, and …",
        "validation accuracy, best of 6 settings (recorded)",
    ],
)
for kind in ("dropout", "L2"):
    strongest = max(
        (value for treatment, value in best.items() if treatment.startswith(kind)),
        key=float,
    )
    claim.measure(
        "A2.3.2",
        f"best of 18 settings of {kind}: validation accuracy",
        strongest,
        below=0.2,
        control=best["residual"],
        source="recorded",
    )

# %% [markdown]
# Did you expect that the right strength, or a bolder learning rate, would be found among so many? Neither stands in the
# product of Jacobians. A learning rate multiplies all layers alike, and Adam, which rescales each weight's gradient by
# itself, rescales noise where nothing of the signal is left. One good setting would have refuted the verdict; so this
# is settled for this network, at these depths and widths. What follows: don't search settings of the wrong cure.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Do neighbouring inputs ask for the same change?
#
# Gradients of the right size can still be useless. Take He's ReLU network, whose gradients keep their norm at any
# depth, and move the input a little.
#
# **Predict before you run.** Turn an image by 10 degrees in the space of images. After 50 such layers, what is the
# cosine between the two input gradients: about 0.95, 0.5, or below 0.2?

# %% [markdown]
# Two inputs at angle θ share the share $1 - \theta/\pi$ of a layer's active units; only those carry both gradients,
# so the cosine between the gradients is multiplied by it. The next layer sees the angle changed (Cho & Saul 2009):
#
# $$\cos\theta_{l+1} = \frac{\sin\theta_l + (\pi - \theta_l)\cos\theta_l}{\pi}, \qquad \operatorname{sim} = \prod_{l=1}^{L} \left(1 - \frac{\theta_l}{\pi}\right).$$
#
# A residual layer $h \to h + W\varphi(h)$ averages each of the two with what it was before. We walk once around the
# circle through two real digits, 72 steps of 5 degrees.


# %% slideshow={"slide_type": "subslide"}
def similarities(x, depth, residual, seeds=range(8)):
    """Cosine between input gradients by distance along a closed curve, (seeds, points
    // 2 + 1)."""
    options = {"depth": depth, "width": 256, "residual": residual}
    return np.array(
        [
            signal_propagation.similarity_by_distance(
                signal_propagation.input_gradients(x, seed=seed, **options)
            )
            for seed in seeds
        ]
    )


KINDS = {
    "plain, 1 layer": (1, None),
    "plain, 50 layers": (50, None),
    "residual, 50 layers, s = 1": (50, 1.0),
    "residual, 50 layers, s = 0.1": (50, 0.1),
}

# %% slideshow={"slide_type": "subslide"}
circle = signal_propagation.circle_through(images[0], images[1], points=72)
degrees = np.arange(0, 181, 5)
cosines = {label: similarities(circle, *kind) for label, kind in KINDS.items()}
theory_cosines = {
    label: mean_field.gradient_similarity(np.radians(degrees), *kind)
    for label, kind in KINDS.items()
}
figures.similarity(
    degrees,
    cosines,
    theory_cosines,
    caption=(
        "Cosine between input gradients against the angle between inputs; mean of 8"
        " random networks, 95 % intervals, dashed: theory. A deep plain network's"
        " gradients at neighbouring inputs have nothing to do with each other;"
        " residual links keep the resemblance."
    ),
)

# %%
at_ten = {label: Measured(values[:, 2]) for label, values in cosines.items()}
claim.measure(
    "C03.10",
    "50 plain ReLU layers, inputs 10 degrees apart: cosine between input gradients",
    at_ten["plain, 50 layers"],
    below=0.3,
    control=at_ten["plain, 1 layer"],
)
claim.measure(
    "C03.10",
    "50 residual ReLU layers (s = 0.1), 10 degrees apart: cosine between input"
    " gradients",
    at_ten["residual, 50 layers, s = 0.1"],
    above=0.5,
    control=at_ten["plain, 50 layers"],
)
show.table(
    [
        [label, f"{at_ten[label]:.3f}", f"{theory_cosines[label][2]:.3f}"]
        for label in KINDS
    ],
    ["network", "measured at 10 degrees", "theory"],
)

# %% [markdown]
# Did you answer 0.95, because the network is continuous and χ = 1? Its *output* changes little; its gradient is a sum
# over paths of active units, and each layer switches a few of them. A factor near 1, fifty times over, is small. The
# gradient looks like noise: Balduzzi et al. (2017) call it shattered. One step of descent then serves the inputs it
# was computed for, and few others.
#
# Their calculation assumes that two inputs share a quarter of all units in every layer and gets $2^{-L}$; with the
# angle followed layer by layer, as here, the decay is slower, a power of the depth, and it fits the points. Had the
# plain network's cosine stayed near the shallow one's, shattering would have been refuted. What follows: residual
# links help twice, with the size of gradients and with their agreement.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## What the article says, and what was measured

# %%
claim.verdict(
    "A2.3.1",
    {
        "holds when the network is started off the line χ = 1": (
            abs(at_64["relu", "He"].mean) < 1.5
            and at_64["relu", "Glorot = LeCun"].high < -6
        ),
        "holds": min(abs(value.mean) for value in at_64.values()) >= 1.5,
        "does not hold": True,
    },
)
claim.report()

# %% [markdown]
# Kindly put: the article names a real problem (A2.3.1), half of its cause (A2.3.3) and the wrong cures (A2.3.2).
# Regularisation answers another question, which chapter 05 asks.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Exercises
#
# **1. Recall.** A network has 50 linear layers, widths equal, weights of variance σ_w²/n with σ_w² = 1.21, no biases.
# By which factor does a gradient's norm grow, in the mean-field limit, over the 49 steps from the last layer to the
# first?

# %%
answer = ...
exercises.check(
    answer,
    1.1**49,
    tolerance=1e-3,
    hints={
        1.21**49: "That is the squared norm's factor: χ counts squares.",
        1.1**50: "50 layers have 49 steps between them.",
    },
)

# %% [markdown]
# <details><summary>Solution</summary>
#
# φ' = 1, so χ = σ_w² = 1.21 and the norm grows by √χ = 1.1 a step: `answer = 1.1**49`, about 107.
#
# </details>
#
# **2. Compute.** LeakyReLU has slope 1 above zero and a below. Which σ_w² makes χ = 1 for a = 0.2? (He et al. 2015
# have it for their PReLU.)

# %%
answer = ...
exercises.check(
    answer,
    2 / (1 + 0.2**2),
    tolerance=1e-3,
    hints={
        2.0: "That is for a = 0: the negative half passes something on now.",
        2 / 1.2: "Slopes enter squared.",
    },
)

# %% [markdown]
# <details><summary>Solution</summary>
#
# $\mathbb{E}\varphi'^2 = \tfrac12 (1 + a^2)$ at any variance, so $\sigma_w^2 = 2/(1 + a^2)$: `answer = 2 / (1 +
# 0.2**2)`.
#
# </details>
#
# **3. Prove, then check.** In a ReLU network without biases, show that $\langle W_l, \partial L/\partial W_l \rangle$
# is the same number for every layer. Why does it follow that kernels' gradients can be flat over the layers although
# the signal dies?

# %% [markdown]
# <details><summary>Solution</summary>
#
# Scaling $W_l$ by $c > 0$ scales the output by $c$, whichever layer it is, since ReLU(c h) = c ReLU(h). So the loss
# as a function of $c$ is the same function for all $l$, and its derivative at $c = 1$, which is $\langle W_l,
# \partial L/\partial W_l \rangle$, is the same number. With kernels of equal norm this holds their gradients
# together: what vanishes, vanishes in all layers at once.
#
# ```python
# networks = deep_networks({"activation": "relu"}, "float64")
# import tensorflow as tf
# with tf.GradientTape() as tape:
#     loss, _ = networks.objective(networks, sample, training=True)
# gradient = tape.gradient(loss, networks.hidden.value)
# print(tf.reduce_sum(networks.hidden * gradient, axis=(2, 3)))   # (layers, networks): equal down each column
# ```
#
# </details>
#
# **4. Explore.** Start at the sigmoid's χ = 1 with `weight_variance=16` and biases that make each unit's mean zero,
# $b_j = -\tfrac12 \sum_i W_{ij}$. Show that the network is then a tanh network in disguise: which σ_w² has it? Does
# it learn better than σ_w² = 103 without biases?
#
# <details><summary>Solution</summary>
#
# σ(h) = ½ + ½ tanh(h/2). The bias removes the ½, so with u = h/2 the layer is u → ¼ W tanh(u): a tanh network with
# σ_w²/16, here 1: the border of the phase diagram without biases. Set it with
# `networks.bias[1:].assign(-0.5 * keras.ops.sum(networks.hidden, axis=2, keepdims=True))` and train as above. It is the
# same function at the start, and doesn't learn in the same way: the weights are four times larger, so that a step of
# Adam changes them four times less in proportion, and once the kernels move the biases no longer remove the ½. Find out
# which of the two matters, with a larger learning rate, against tanh itself. The old advice to start sigmoids four
# times larger than tanh comes from here.
#
# </details>
#
# **5. Open-ended.** Find the deepest network of 32 units that reads nine digits in ten after 15 epochs, with anything
# from this chapter. Predict its depth first from a depth scale; then say what stopped you: size of gradients, their
# agreement, or something that this chapter doesn't have.

# %% [markdown]
# ## Terms
#
# | English | 中文 | in one line |
# | --- | --- | --- |
# | vanishing gradient | 梯度消失 | the gradient shrinks by a factor in every layer on its way back |
# | exploding gradient | 梯度爆炸 | it grows by a factor in every layer |
# | initialisation | 初始化 | the random weights that training starts from |
# | mean-field theory | 平均场理论 | what holds of a random network as its width grows |
# | fixed point | 不动点 | the variance that maps to itself |
# | phase diagram, edge of chaos | 相图，混沌边缘 | where gradients shrink, where they grow, and the line between |
# | Jacobian | 雅可比矩阵 | all derivatives of a layer's outputs by its inputs |
# | singular value | 奇异值 | the factor by which a matrix stretches a direction |
# | batch normalisation | 批归一化 | each unit to mean 0, variance 1 over the batch |
# | layer normalisation | 层归一化 | each example to mean 0, variance 1 over a layer's units |
# | residual connection | 残差连接 | a layer adds to what it was given |
# | gradient clipping | 梯度裁剪 | shorten a gradient that is too long |
# | shattered gradients | 梯度破碎 | gradients at neighbouring inputs that don't resemble each other |
#
# ## Further reading
#
# - Hochreiter 1991 and [Bengio, Simard & Frasconi 1994](https://doi.org/10.1109/72.279181): the problem found; look for the product of Jacobians.
# - [Glorot & Bengio 2010](https://proceedings.mlr.press/v9/glorot10a.html), [He et al. 2015](https://arxiv.org/abs/1502.01852): the recipes; how each counts fan-in and fan-out.
# - [Poole et al. 2016](https://arxiv.org/abs/1606.05340), [Schoenholz et al. 2017](https://arxiv.org/abs/1611.01232): variance map and depth scales; compare their figures with the phase diagram here.
# - [Pennington, Schoenholz & Ganguli 2017](https://arxiv.org/abs/1711.04735): whole spectra of singular values, and why orthogonal starts help.
# - [Yang et al. 2019](https://arxiv.org/abs/1902.08129): batch normalisation's explosion, with the π/(π - 1) of this chapter.
# - [Balduzzi et al. 2017](https://arxiv.org/abs/1702.08591): shattered gradients; look for the autocorrelation figures.
# - [Pascanu, Mikolov & Bengio 2013](https://arxiv.org/abs/1211.5063): clipping, and the recurrent case that chapter 07a takes up.
