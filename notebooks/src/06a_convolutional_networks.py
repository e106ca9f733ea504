# %% [markdown] slideshow={"slide_type": "slide"}
# # Chapter 06a · Convolutional networks · 卷积神经网络
#
# What a network gains when each unit looks at a small neighbourhood and all places share their weights, and when it
# gains nothing.

# %% [markdown] slideshow={"slide_type": "subslide"}
# **After this chapter you can**
# - compute a convolution by hand, as a matrix and with Keras, and say what it costs;
# - compute a receptive field, and measure which part of it matters;
# - say which layers follow a shift of the image, and which follow it only in part;
# - train a residual network that reads more than 99 % of the digits, and test what it looks at;
# - name the data on which a convolution is the wrong idea.

# %% [markdown] slideshow={"slide_type": "notes"}
# **You need** chapters 01, 02 and 04; the residual blocks go back to chapter 03.
#
# **Time** 90 minutes to read and try; about a minute to run.
#
# **摘要**
#
# 卷积层的每个单元只看邻近的一小块输入（局部感受野），各处共享同一组权重，因此参数少，并且随图像平移而等变。
#
# 我们用手算、矩阵和 Keras 三种方式实现卷积，测量感受野与平移等变性，并在参数量相同的条件下与多层感知器比较。
#
# 测量结果：输入的邻近关系有意义时，卷积网络更准；所有位置按同一顺序打乱后，优势消失。所谓“像视网膜和皮层”，局部性成立，权重共享则不然；第一层滤波器像不像 Gabor 函数，取决于与什么比较。

# %% slideshow={"slide_type": "skip"}
import keras
import numpy as np
import tensorflow as tf
from scipy import ndimage
from sklearn.datasets import load_sample_image

from dlcourse import (
    checks,
    datasets,
    exercises,
    figures,
    models,
    recording,
    reproducibility,
    show,
    training,
)
from dlcourse.analysis import attribution, complexity, gabor, receptive_field
from dlcourse.claims import Claims
from dlcourse.experiments import digit_readers, sample_efficiency, shuffled_mnist1d
from dlcourse.figures import charts, classification
from dlcourse.figures import convolution as convolution_figures
from dlcourse.from_scratch import convolution
from dlcourse.measured import Measured

reproducibility.start(seed=0)
claims = Claims("06a")
mnist = datasets.load("mnist")
mnist

# %% [markdown] slideshow={"slide_type": "slide"}
# ## What does the article say about convolutional networks?
#
# Section 2.6, in translation: *"Unlike an ordinary fully connected network, a CNN uses local receptive fields: a unit
# is connected to a nearby region of the input only, not to all of it, and so it can extract local features
# effectively. The structure of a CNN resembles the sensory system of images, such as the retina and the cortex, and
# extracts global and local features of images effectively. Its applications include image classification …"*

# %% [markdown] slideshow={"slide_type": "notes"}
# Four statements are judged in this chapter: that a unit sees a nearby region only (A2.6.1), that this makes a CNN
# extract features effectively (A2.6.2), that it classifies images (A2.6.3a), and that it is built like retina and
# cortex (A2.6.4). The rule of each verdict stands before its experiment. Detection (A2.6.3b) and speech (A2.6.3c)
# have chapters of their own.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## What does a convolution compute?
#
# A small kernel is laid on every place of an image; at each place, products of kernel and pixels are added up. Along
# one axis, with the kernel $(1, 0, -1)$ on the pixels $(5, 5, 2, 2)$:
#
# $$5 \cdot 1 + 5 \cdot 0 + 2 \cdot (-1) = 3, \qquad 5 \cdot 1 + 2 \cdot 0 + 2 \cdot (-1) = 3 .$$
#
# **Predict before you run.** One 3×3 kernel goes over a 28×28 image, without padding. Written as one matrix that
# multiplies all 784 pixels, what share of the matrix isn't zero: about a third, a tenth, or a hundredth?

# %% [markdown] slideshow={"slide_type": "subslide"}
# With input $x$ of shape (height, width, channels), kernel $w$ of shape ($k$, $k$, channels, filters), stride $s$ and
# dilation $d$, output $y$ of shape (rows, columns, filters):
#
# $$y_{ijf} = \sum_{a,b,c} x_{is+ad,\ js+bd,\ c}\ w_{abcf} .$$
#
# Much of this chapter follows from two properties of this sum: it runs over a *neighbourhood*, and $w$ doesn't
# depend on *where* ($i$, $j$).

# %% slideshow={"slide_type": "skip"}
show.source(convolution.by_loops)

# %% [markdown] slideshow={"slide_type": "fragment"}
# The sum is linear in $x$, so there is a matrix for it. Each row is one place of one filter.

# %% slideshow={"slide_type": "skip"}
show.source(convolution.matrix)

# %% slideshow={"slide_type": "skip"}
generator = np.random.default_rng(0)
image = generator.normal(size=(28, 28, 1))
kernel = generator.normal(size=(3, 3, 1, 2))
loops = convolution.by_loops(image, kernel)
matrix = convolution.matrix(kernel, image.shape)
by_matrix = (matrix @ image.ravel()).reshape(loops.shape)
by_keras = keras.ops.conv(image[None], kernel, padding="valid")[0]

checks.equal("the convolution by loops and by a matrix",
             by_matrix, loops, atol=1e-12)
checks.equal("the convolution by loops and by Keras",
             by_keras, loops, atol=1e-12)

# %% [markdown] slideshow={"slide_type": "notes"}
# Mathematicians turn the kernel by 180° first when they say *convolution*. Networks don't turn it (mathematicians
# would say *cross-correlation*). That makes no difference to what can be learnt, but you must turn a kernel that you
# take from a textbook of signal processing into Keras.

# %% slideshow={"slide_type": "subslide"} tags=["hide-input"]
convolution_figures.panels(
    [convolution.matrix(kernel[..., :1], (7, 7, 1))],
    ["matrix of a 3x3 kernel on a 7x7 image"],
    signed=True,
    side=4.2,
    caption="Each row is one place of the output (25), each column one pixel (49). "
    "The same nine numbers stand in every row, moved along: local, since the rest is "
    "zero, and shared, since they are the same nine.",
    alt="A matrix of 25 rows and 49 columns, zero but for three short coloured runs "
    "in each row, which move right from row to row: the same colours in every row.",
)

# %% slideshow={"slide_type": "subslide"} tags=["hide-input"]
one = convolution.matrix(kernel[..., :1], (28, 28, 1))
show.markdown(f"""
On 28×28 pixels the matrix has the shape {one.shape[0]:,} × {one.shape[1]}:
{one.size:,} entries, of which {np.count_nonzero(one):,} aren't zero,
{np.count_nonzero(one) / one.size:.2%}. Different numbers besides 0:
{len(np.unique(one[one != 0]))}.
""")

# %% [markdown]
# <details><summary>Your prediction</summary>
#
# About a hundredth. A third or a tenth comes to mind if one thinks of three pixels out of 28, or of a small image.
# But a row sees nine of 784 pixels.
#
# </details>
#
# A dense layer of the same shape could learn this matrix. It would have to find out from data that nearly all of it is
# zero and that the rest repeats; a convolution has both built in. And what holds for linear layers (their
# gradients, their initialisation) holds here, with $k^2 \cdot$ channels inputs per unit.

# %% [markdown] slideshow={"slide_type": "skip"}
# ## How large is the map, and what do stride, dilation and pooling do to it?
#
# A kernel of $k$ points, $d$ apart, spans $d(k-1)+1$ pixels. Every $s$-th place at which it fits counts:
#
# $$n_\text{out} = \left\lfloor \frac{n - d(k-1) - 1}{s} \right\rfloor + 1 \ \text{(“valid”)}, \qquad n_\text{out} = \left\lceil \frac{n}{s} \right\rceil \ \text{(“same”)}.$$
#
# *Same* padding writes as many zeros around the image as that needs.
#
# **Predict before you run.** A 3×3 kernel with dilation 2 (its points lie two pixels apart) moves over 28×28 pixels
# with stride 2, without padding. How many outputs does a row have: 14, 13, or 12?

# %% slideshow={"slide_type": "skip"}
def settings(sizes=(5, 12, 28), kernels=(1, 3, 5), strides=(1, 2, 3)):
    """Settings (n, k, s, d, padding): dilation or stride, not both."""
    return [
        (n, k, s, d, padding)
        for n in sizes
        for k in kernels
        for s in strides
        for padding in ("valid", "same")
        for d in ((1, 2) if s == 1 and 2 * (k - 1) < n else (1,))
    ]

def size_in_keras(n, k, s, d, padding):
    """The number of outputs of Keras' own layer."""
    layer = keras.layers.Conv1D(1, k, strides=s, dilation_rate=d, padding=padding)
    return layer.compute_output_shape((1, n, 1))[1]

checks.equal(
    f"sizes by formula and by Keras, {len(settings())} settings",
    [convolution.output_size(*setting) for setting in settings()],
    [size_in_keras(*setting) for setting in settings()],
)

# %% slideshow={"slide_type": "skip"}
places = convolution.output_size(28, 3, stride=2, dilation=2)
show.markdown(f"The prediction's map has **{places}** outputs in a row.")

# %% [markdown] slideshow={"slide_type": "skip"}
# <details><summary>Your prediction</summary>
#
# 14 is half of 28, and it is right for *same* padding. Without padding the kernel, which spans five pixels, has 24
# places to stand at, and every second of them counts. (13 is right without dilation.)
#
# </details>

# %% [markdown] slideshow={"slide_type": "skip"}
# Now something to see: a photograph, and kernels that people wrote down before anyone learnt them. Which of
# them respond to the sky, where little changes from pixel to pixel?

# %% slideshow={"slide_type": "skip"}
whole = load_sample_image("china.jpg")
photograph = whole[60:380:2, 100:500:2].mean(axis=-1) / 255
CLASSIC = {
    "blur (Gauss)": np.outer([1, 2, 1], [1, 2, 1]) / 16,
    "vertical edges (Sobel)": np.outer([1, 2, 1], [-1, 0, 1]) / 4,
    "horizontal edges (Sobel)": np.outer([-1, 0, 1], [1, 2, 1]) / 4,
    "points (Laplace)": np.array([[0, 1, 0], [1, -4, 1], [0, 1, 0]]),
}
kernels = np.stack(list(CLASSIC.values()), axis=-1)[:, :, None]  # (3, 3, 1, 4)
responses = np.asarray(keras.ops.conv(photograph[None, ..., None], kernels)[0])
horizontal = kernels[..., 2:3]
strided = convolution.by_loops(photograph[..., None], horizontal, stride=4)
dilated = convolution.by_loops(photograph[..., None], horizontal, dilation=4)
pooled = convolution.pooled(np.abs(responses), 4)

# %% slideshow={"slide_type": "skip"} tags=["hide-input"]
convolution_figures.panels(
    [photograph, *np.moveaxis(responses, -1, 0), strided[..., 0], dilated[..., 0],
     pooled[..., 2]],
    ["photograph", *CLASSIC, "horizontal edges, stride 4", "…, dilation 4",
     "|…|, largest of 4x4"],
    side=2.3,
    suptitle="One photograph, four kernels",
    caption="Edges and points are dark or bright where the photograph changes, grey "
    "where it doesn't. Stride 4 keeps one place in sixteen; dilation 4 compares "
    "pixels further apart and finds thicker edges; pooling keeps the strongest "
    "response of each 4x4 block, wherever in the block it was.",
    alt="Eight grey pictures: a photograph of a Chinese temple roof, its blurred "
    "copy, its vertical edges, its horizontal edges, its points, and three variants "
    "of the horizontal edges, coarser or thicker.",
)

# %% slideshow={"slide_type": "skip"}
brighter = np.asarray(keras.ops.conv(photograph[None, ..., None] + 0.25, kernels)[0])
checks.equal("edge kernels on the photograph, and on a brighter copy of it",
             brighter[..., 1:], responses[..., 1:], atol=1e-12)
checks.equal("the blurred photograph plus a quarter, and the brighter copy blurred",
             brighter[..., 0], responses[..., 0] + 0.25, atol=1e-12)

# %% [markdown] slideshow={"slide_type": "skip"}
# The entries of an edge kernel add up to 0. So its response to a constant is 0, and a brighter photograph gives the
# same edges. The blur, whose entries add up to 1, passes brightness on. A kernel is a question about a neighbourhood.
# Networks learn which questions to ask.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## What does a convolution save, and which part of it saves what?
#
# With $P$ places, $n$ inputs, $F$ filters and fields of $k^2 C$ inputs:
#
# | layer | parameters | multiply-adds |
# | --- | --- | --- |
# | dense | $(n+1)\,P F$ | $n\,P F$ |
# | local, nothing shared | $(k^2 C+1)\,P F$ | $k^2 C\,P F$ |
# | convolution | $(k^2 C+1)\,F$ | $k^2 C\,P F$ |
#
# **Predict before you run.** A layer takes a 28×28×1 image to a 28×28×8 map, once by 3×3 kernels, once densely. The
# convolution has fewer parameters and fewer multiply-adds. Which of the two shrinks more?

# %% slideshow={"slide_type": "skip"}
places = inputs = 28 * 28
layers = {
    "dense": keras.layers.Dense(places * 8),
    "local, nothing shared": models.LocalConvolution2D(8, 3),
    "convolution": keras.layers.Conv2D(8, 3, padding="same"),
}
costs = {  # parameters, multiply-adds
    "dense": complexity.dense(inputs, places * 8),
    "local, nothing shared": (places * (9 + 1) * 8, places * 9 * 8),
    "convolution": complexity.convolution((3, 3), 1, 8, places),
}
for name, layer in layers.items():
    layer.build((None, inputs) if name == "dense" else (None, 28, 28, 1))
checks.equal("parameters by formula and as Keras counts them",
             [cost[0] for cost in costs.values()],
             [layer.count_params() for layer in layers.values()])

# %% slideshow={"slide_type": "subslide"} tags=["hide-input"]
show.table(
    [[name, f"{cost[0]:,}", f"{cost[1]:,}"] for name, cost in costs.items()],
    ["28×28×1 → 28×28×8", "parameters", "multiply-adds"],
)
(dense_weights, dense_work), (local_weights, local_work), (weights, _) = costs.values()
show.markdown(f"""
Dense over convolution: parameters {dense_weights / weights:,.0f}, multiply-adds
{dense_work / local_work:.0f}. Looking at a neighbourhood only saves a factor of
{dense_work / local_work:.0f} of the work; sharing saves another
{local_weights / weights:.0f}, of the parameters alone.
""")

# %% [markdown]
# <details><summary>Your prediction</summary>
#
# The parameters shrink much more. Many people expect both to shrink alike, since a smaller layer has less of
# everything. But *locality* saves work and parameters, *sharing* saves parameters only: the kernel is still
# multiplied at each of 784 places.
#
# </details>

# %% [markdown] slideshow={"slide_type": "notes"}
# So a convolutional network may be small on disk and slow to run. The two ideas can be tested apart, which a
# later section does.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## How far does a unit see?
#
# Let a unit of one layer see $r$ pixels, and let neighbouring units' fields lie $j$ pixels apart ($r = j = 1$ at the
# input). A layer with kernel $k$, dilation $d$ and stride $s$ makes of it
#
# $$r \leftarrow r + (k-1)\,d\,j, \qquad j \leftarrow j\,s .$$
#
# Two 3×3 layers: $r = 1 \to 3 \to 5$. If the first has stride 2: $r = 1 \to 3 \to 7$.
#
# **Predict before you run.** Stack 3×3 convolutions, stride 1. How many layers until a unit sees 28 pixels: 3, 9, or
# 14? And with stride 2?

# %% slideshow={"slide_type": "skip"}
show.source(receptive_field.Field.after)

# %% slideshow={"slide_type": "subslide"} tags=["hide-input"]
def fields(stride, pool, layers):
    """Sizes of the fields after 1, 2, … layers of 3×3, each pooled or not."""
    field, sizes = receptive_field.Field(), []
    for _ in range(layers):
        field = field.after(kernel=3, stride=stride)
        field = field.after(kernel=2, stride=2) if pool else field
        sizes.append(field.size)
    return sizes

show.table(
    [["stride 1", *fields(1, False, 5), "…", fields(1, False, 14)[-1]],
     ["stride 2", *fields(2, False, 5), "…", ""],
     ["stride 1, then 2×2 pooling", *fields(1, True, 5), "…", ""]],
    ["3×3 layers", *"12345", "…", "14"], "Field, pixels along an axis")

# %% [markdown]
# <details><summary>Your prediction</summary>
#
# With stride 1 each layer adds two pixels, one on either side: $1 + 2L \ge 28$ at $L = 14$. Three is a common
# guess, since $3^3 = 27$; but the fields of neighbours overlap. With stride 2 or with pooling $j$ doubles, and four layers are
# enough. Three aren't.
#
# </details>

# %% slideshow={"slide_type": "skip"}
def stack(specification, seed, activation="relu", size=64):
    """A Keras model of layers (kind, kernel, stride, dilation), 8 channels each."""
    inputs = x = keras.Input((size, size, 1))
    for number, (kind, kernel, stride, dilation) in enumerate(specification, 1):
        options = {"padding": "same", "name": f"layer_{number}"}
        if kind == "pool":
            x = keras.layers.MaxPooling2D(kernel, stride, **options)(x)
            continue
        start = keras.initializers.HeNormal(seed=100 * seed + number)
        x = keras.layers.Conv2D(
            8, kernel, stride, dilation_rate=dilation, activation=activation,
            kernel_initializer=start, **options)(x)
    return keras.Model(inputs, x)

STACKS = {
    "four 3×3": [("conv", 3, 1, 1)] * 4,
    "3×3 and pooling, twice": [("conv", 3, 1, 1), ("pool", 2, 2, 1)] * 2,
    "dilations 1, 2, 4": [("conv", 3, 1, 1), ("conv", 3, 1, 2), ("conv", 3, 1, 4)],
    "5×5 stride 2, three times": [("conv", 5, 2, 1)] * 3,
}

# %% [markdown] slideshow={"slide_type": "notes"}
# That is the formula. Is it so in Keras' layers? We measure the derivative of one unit's value with respect to every
# pixel. Where it is not zero, the unit sees. ReLU and pooling let different pixels through in different images, so the
# gradients of 64 crops of the photograph are put together.

# %% slideshow={"slide_type": "skip"}
show.source(receptive_field.by_gradient)

# %% slideshow={"slide_type": "skip"}
corners = [(r, c) for r in range(0, 96, 12) for c in range(0, 136, 17)]
crops = np.stack([photograph[r : r + 64, c : c + 64] for r, c in corners])
crops = crops[..., None].astype("float32")  # (64, 64, 64, 1)
boxes, gradients, by_formula = {}, {}, {}
for name, specification in STACKS.items():
    network, last = stack(specification, seed=0), f"layer_{len(specification)}"
    middle = network.output_shape[1] // 2
    by_formula[name] = receptive_field.by_formula(network, last)
    boxes[name] = by_formula[name].pixels(middle, 64)
    gradients[name] = receptive_field.by_gradient(
        network, last, crops, unit=(middle, middle)
    )

# %% slideshow={"slide_type": "subslide"} tags=["hide-input"]
convolution_figures.receptive_fields(
    crops[20, ..., 0],
    list(gradients.values()),
    [(pixels, pixels) for pixels in boxes.values()],
    list(STACKS),
    caption="Blue frame: the field by formula, of one unit in the middle. Colour: "
    "size of its gradient. Nothing is coloured outside the frame, and little at its "
    "border.",
    alt="Four copies of a crop of a photograph. In each a square frame, and inside it "
    "a coloured spot that is strongest in the middle and fades towards the frame.",
)

# %% slideshow={"slide_type": "notes"} tags=["hide-input"]
def outside(gradient, pixels):
    """The gradient at all pixels outside a field, one after another."""
    seen = np.zeros(gradient.shape, bool)
    seen[pixels, pixels] = True
    return gradient[~seen]

checks.equal("rows seen, measured and by formula",
             [receptive_field.seen(gradient)[0] for gradient in gradients.values()],
             [field.size for field in by_formula.values()])
claims.by_definition(
    "A2.6.1", "a unit's sum runs over its kernel's places alone",
    checks.equal("the gradient outside the computed fields of four networks, and 0",
                 np.concatenate([outside(gradients[name], boxes[name])
                                 for name in STACKS]), 0))

# %% [markdown] slideshow={"slide_type": "subslide"}
# The gradient fades towards the border of the field, since few paths lead there and many to the middle. With random
# kernels, a path from the unit back to the image takes one random step per layer. One 3×3 layer spreads by
# a variance of $\tfrac13(1 + 0 + 1) = \tfrac23$ pixels² along each axis, $L$ layers by $\tfrac23 L$ (Luo et al. 2016):
#
# $$\sigma(L) = \sqrt{2L/3}, \qquad \text{while the field has } 1 + 2L \text{ pixels.}$$
#
# **Predict before you run.** From 4 layers to 16 the field grows from 9 to 33 pixels, by a factor of $33/9$. By which
# factor does $\sigma$ grow, the part of the field that matters?

# %% slideshow={"slide_type": "skip"}
def spread(depth, dilation, seed):
    """σ, in pixels, of where the middle unit of a random linear stack looks."""
    layers = [("conv", 3, 1, dilation)] * depth
    network = stack(layers, seed, activation=None, size=40)
    patch = crops[:1, :40, :40]
    gradient = receptive_field.by_gradient(network, f"layer_{depth}", patch)
    return receptive_field.spread(gradient)

DEPTHS = np.array([2, 4, 8, 16])
spreads = {depth: [spread(depth, 1, seed) for seed in range(8)] for depth in DEPTHS}
dilated = [spread(4, 4, seed) for seed in range(8)]  # a field of 33 as well

# %% slideshow={"slide_type": "subslide"} tags=["hide-input"]
charts.curves(
    DEPTHS,
    {"measured": np.array(list(spreads.values())),
     "theory, √(2L/3)": np.sqrt(2 * DEPTHS / 3),
     "half of the field": DEPTHS + 0.5},
    xlabel="number of 3×3 layers L",
    ylabel="pixels",
    title="Effective and whole receptive field",
    xscale="log",
    yscale="log",
    caption="Random linear stacks, mean of eight seeds with 95 % intervals. The "
    "standard deviation of where a unit looks grows with the root of the "
    "depth, the field with the depth. The deeper the stack, the smaller "
    "the part of its field that counts.",
)

# %% [markdown] slideshow={"slide_type": "subslide"}
# <details><summary>Your prediction</summary>
#
# About 2. Many people say $33/9$, since the field is what they have just computed. But a random walk of four times as
# many steps gets only twice as far.
#
# </details>
#
# The computed field is an upper bound. To see far, use stride, pooling or dilation: four layers with dilation 4 have
# a field of 33 pixels too, and look about twice as far as sixteen layers do. (All this is before training, which can
# widen it: an exercise.)

# %% slideshow={"slide_type": "notes"} tags=["hide-input"]
claims.measure(
    "C06a.1",
    "from 9 to 33 pixels of field by 16 layers instead of 4: growth of the spread of "
    "where a unit looks, a factor, by seed; control: by dilation 4 instead of 1",
    lambda wide, narrow: wide / narrow,
    of=list(zip(spreads[16], spreads[4], strict=True)),
    control=list(zip(dilated, spreads[4], strict=True)),
    between=(1.6, 2.4),
)

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Does the map move when the image moves?
#
# A layer is *equivariant* to shifts if it makes no difference whether the image is shifted first and then filtered, or
# filtered first and then shifted: $f(T x) = T f(x)$.
#
# **Predict before you run.** Shift a digit by one pixel to the right. Which follow exactly: a convolution; a
# convolution with stride 2; max pooling of 2×2; a local layer whose places have weights of their own?

# %% [markdown] slideshow={"slide_type": "notes"}
# Shared weights give equivariance by construction: $y_{i+t} = \sum_a x_{i+t+a} w_a$ is the same sum, read $t$ places
# further. But a map of stride 2 has only every second place. Shift the image by one, and it needs the places that it
# left out.
#
# We measure the relative error $\lVert f(Tx) - T f(x) \rVert / \lVert f(x) \rVert$ over 16 digits with enough blank
# around them. Where $f$ has stride $s$, a shift by $t$ pixels is one by $t/s$ places; the error is the smallest over
# whole shifts of the map.

# %% slideshow={"slide_type": "skip"}
blank = np.pad(mnist.validation.x[:16], [(0, 0), (18, 18), (18, 18), (0, 0)])

def shift_error(network, images, shift):
    """Relative error of f(T x) against the best whole shift of f(x), T to the right."""
    before = np.asarray(network(images))
    after = np.asarray(network(np.roll(images, shift, axis=2)))
    errors = [
        np.linalg.norm(after - np.roll(before, places, axis=2))
        for places in range(shift + 1)
    ]
    return min(errors) / np.linalg.norm(before)

def blur(channels=8):
    """A layer that blurs each channel along both axes, and keeps every second place."""
    row = np.array([1, 4, 6, 4, 1]) / 16
    kernel = np.repeat(np.outer(row, row)[..., None, None], channels, axis=2)
    start = keras.initializers.Constant(kernel)
    return keras.layers.DepthwiseConv2D(
        5, 2, padding="same", use_bias=False, depthwise_initializer=start
    )

# %% slideshow={"slide_type": "skip"}
CONV, POOL = ("conv", 3, 1, 1), ("pool", 2, 2, 1)
FOLLOWERS = {
    "convolution": lambda seed: stack([CONV], seed),
    "convolution, max pooling": lambda seed: stack([CONV, POOL], seed),
    "convolution with stride 2": lambda seed: stack([("conv", 3, 2, 1)], seed),
    "convolution, blur with stride 2": lambda seed: keras.Sequential(
        [stack([CONV], seed), blur()]
    ),
    "… and pooling, twice": lambda seed: stack([CONV, POOL] * 2, seed),
    "local, nothing shared": lambda seed: models.LocalConvolution2D(8, 3, seed=seed),
}
shifts = np.arange(6)
errors = {}
for name, build in FOLLOWERS.items():
    networks = [build(seed) for seed in range(5)]
    errors[name] = np.array(
        [[shift_error(network, blank, shift) for network in networks]
         for shift in shifts]
    )
checks.equal("the error of a convolution's map at every shift, and 0",
             errors["convolution"], 0, atol=1e-5)

# %% slideshow={"slide_type": "subslide"} tags=["hide-input"]
charts.curves(
    shifts,
    errors,
    xlabel="shift of the image (pixels)",
    ylabel="relative error of the shifted map",
    title="What follows a shift",
    caption="Random networks, mean of five seeds with 95 % intervals. A "
    "convolution follows every shift. With stride or pooling by 2 the map"
    " follows even shifts only, after two poolings shifts by 4. Without "
    "shared weights it follows none.",
)

# %% [markdown] slideshow={"slide_type": "subslide"}
# <details><summary>Your prediction</summary>
#
# Only the convolution. Pooling is the usual second guess: it forgets where in its block the largest value was. But
# after a shift by one pixel the *blocks* hold other pixels. So pooling and stride follow shifts by their stride
# exactly, and others only in part.
#
# </details>
#
# Part of the error comes from details that are too fine for a map of half the size (*aliasing*). Zhang (2019) blurs
# before each stride; here that takes away about half of the error. A single convolution's map follows a shift
# exactly, and the mean over a whole map at the end doesn't change with it. What is in between makes it approximate.

# %% slideshow={"slide_type": "notes"} tags=["hide-input"]
claims.measure(
    "C06a.2",
    "with stride 2 a map doesn't follow a shift by 1 pixel: error relative to the"
    " map, by seed; control: blurred before every second place is taken",
    lambda name, seed: errors[name][1, seed],
    of=[("convolution with stride 2", seed) for seed in range(5)],
    control=[("convolution, blur with stride 2", seed) for seed in range(5)],
    above=0.5,
)

# %% [markdown] slideshow={"slide_type": "slide"}
# ## How many examples is a neighbourhood worth?
#
# Two networks with equally many parameters: a convolutional one (8 and 16 filters of 3×3, each followed by pooling, a
# hidden layer of 64), and a multilayer perceptron of one hidden layer. Both get the same digits and the same number
# of steps.
#
# **Predict before you run.** With which number of examples is the convolutional network's lead larger: 100 or 1,000?
# And with all 60,000: is there still a lead?

# %% slideshow={"slide_type": "skip"}
show.source(sample_efficiency.convolutional, sample_efficiency.dense)

# %% [markdown] slideshow={"slide_type": "notes"}
# The rule for the article's second statement: a lead at equal parameters, by seed, on the digits as they are and on
# digits whose pixels have all been shuffled in the same way. Shuffling leaves the information in the image, and takes
# the neighbourhoods away.

# %% slideshow={"slide_type": "notes"} tags=["hide-input"]
claims.rule(
    "A2.6.2",
    {
        "holds when neighbouring inputs belong together":
            lambda cnn, mlp, cnn_shuffled, mlp_shuffled: (cnn - mlp).low > 0
            and (cnn_shuffled - mlp_shuffled).high < 0.01,
        "holds":
            lambda cnn, mlp, cnn_shuffled, mlp_shuffled: (cnn - mlp).low > 0
            and (cnn_shuffled - mlp_shuffled).low > 0.01,
        "does not hold":
            lambda cnn, mlp, cnn_shuffled, mlp_shuffled: (cnn - mlp).high < 0.01,
        "not settled": True,
    },
    made_up={
        "holds when neighbouring inputs belong together": {
            "cnn": [0.8, 0.82, 0.81], "mlp": [0.75, 0.76, 0.76],
            "cnn_shuffled": [0.72, 0.73, 0.72], "mlp_shuffled": [0.75, 0.76, 0.76]},
        "holds": {
            "cnn": [0.8, 0.82, 0.81], "mlp": [0.75, 0.76, 0.76],
            "cnn_shuffled": [0.8, 0.81, 0.81], "mlp_shuffled": [0.75, 0.76, 0.76]},
        "does not hold": {
            "cnn": [0.75, 0.76, 0.76], "mlp": [0.75, 0.76, 0.76],
            "cnn_shuffled": [0.72, 0.73, 0.72], "mlp_shuffled": [0.75, 0.76, 0.76]},
        "not settled": {
            "cnn": [0.7, 0.82, 0.81], "mlp": [0.75, 0.76, 0.76],
            "cnn_shuffled": [0.72, 0.73, 0.72], "mlp_shuffled": [0.75, 0.76, 0.76]},
    },
    compares=("cnn", "mlp"),
)

# %% [markdown] slideshow={"slide_type": "subslide"}
# Live: 100 digits, eight seeds, 80 steps, scored on held-out digits that are not the test data. Each network has the
# learning rate that was best for it in a recorded grid, on other seeds.

# %% slideshow={"slide_type": "skip"}
SEEDS, RECORDED = range(8), range(5)
order = np.random.default_rng(0).permutation(28 * 28)

def pixels_shuffled(split, order):
    """The same digits, all with their pixels in another order."""
    x = split.x.reshape(len(split), -1)[:, order].reshape(split.x.shape)
    return datasets.Split(x, split.y)

score = mnist.validation.take(1_000)
digits = {"in order": (mnist.train, score),
          "shuffled": (pixels_shuffled(mnist.train, order),
                       pixels_shuffled(score, order))}

# %% slideshow={"slide_type": "skip"}
study = recording.load("ch06_examples")

def accuracies(name, digits, study):
    """After 80 steps on 100 digits: dict from the pixels' order to values by seed."""
    rate = sample_efficiency.best_rate(study, name)
    return {
        order: sample_efficiency.accuracies(
            getattr(sample_efficiency, name), train, score,
            sizes=[100], seeds=SEEDS, steps=80, learning_rate=rate)[0]
        for order, (train, score) in digits.items()
    }

few = {name: accuracies(name, digits, study) for name in ("convolutional", "dense")}

# %% slideshow={"slide_type": "-"} tags=["hide-input"]
show.table(
    [[order, f"{Measured(few['convolutional'][order]):.1%}",
      f"{Measured(few['dense'][order]):.1%}",
      f"{Measured(few['convolutional'][order] - few['dense'][order]):.1%}"]
     for order in digits],
    ["pixels", "convolutional", "dense", "lead, by seed"],
    "Accuracy after learning from 100 digits, eight seeds (live, validation data)",
)

# %% [markdown] slideshow={"slide_type": "fragment"}
# In order, the convolutional network leads. With the pixels shuffled it doesn't: its weights are spent on neighbours
# that have nothing to do with each other. A dense layer doesn't know which pixels are neighbours, so to the
# perceptron shuffling is nothing.

# %% slideshow={"slide_type": "notes"} tags=["hide-input"]
claims.measure(
    "C06a.3",
    "100 digits, equal parameters: accuracy of the convolutional network less the"
    " dense one's, by seed; control: all pixels shuffled alike",
    lambda order, seed: few["convolutional"][order][seed] - few["dense"][order][seed],
    of=[("in order", seed) for seed in SEEDS],
    control=[("shuffled", seed) for seed in SEEDS],
    above=0.0,
)
claims.verdict(
    "A2.6.2",
    cnn=few["convolutional"]["in order"], mlp=few["dense"]["in order"],
    cnn_shuffled=few["convolutional"]["shuffled"],
    mlp_shuffled=few["dense"]["shuffled"],
)

# %% [markdown] slideshow={"slide_type": "subslide"}
# Recorded, with more digits and more steps, on the test data (`make bench STUDY=ch06_examples`). Steps of 50 digits: $200$, $500$,
# $1{,}500$ and $3{,}000$, so that $100$ digits are gone through $100$ times, $60{,}000$ only $2.5$ times.

# %% slideshow={"slide_type": "skip"}
SIZES = [100, 1_000, 10_000, 60_000]
full = {name: np.array([study[f"{name}, {n}"] for n in SIZES])
        for name in ("convolutional", "dense", "local")}
lead = full["convolutional"] - full["dense"]  # (sizes, seeds)
ratio = (1 - full["dense"]) / (1 - full["convolutional"])

# %% slideshow={"slide_type": "-"} tags=["hide-input"]
show.table(
    [[f"{n:,}", f"{Measured(full['convolutional'][row]):.1%}",
      f"{Measured(full['dense'][row]):.1%}", f"{Measured(lead[row]):.1%}",
      f"{Measured(ratio[row]):.2f}"]
     for row, n in enumerate(SIZES)],
    ["examples", "convolutional", "dense", "lead", "mistakes, dense over conv."],
    "Test accuracy, five seeds (recorded)",
)

# %% [markdown] slideshow={"slide_type": "subslide"}
# <details><summary>Your prediction</summary>
#
# "100" is the usual guess: what is built in should help most where there is least to learn from. Counted in points,
# the two leads can't be told apart. Counted in mistakes, the lead is larger with 1,000. With 60,000 there is a lead
# as well; but there both networks have seen each digit only two and a half times.
#
# </details>
#
# Had you expected the perceptron to catch up, since it could learn the same functions? Within these trainings it
# doesn't. The neighbourhood is knowledge about the data, put into the wiring. It is worth examples, and it is worth
# nothing where it isn't true. The next section has data made to show that.

# %% slideshow={"slide_type": "notes"} tags=["hide-input"]
claims.measure(
    "C06a.4",
    "1,000 digits, equal parameters: the dense network's mistakes over the "
    "convolutional one's, by seed; control: 100 digits",
    lambda size, seed: ratio[SIZES.index(size), seed],
    of=[(1_000, seed) for seed in RECORDED],
    control=[(100, seed) for seed in RECORDED],
    above=1.4,
    source="recorded",
)

# %% [markdown] slideshow={"slide_type": "slide"}
# ## What if the order of the inputs means nothing?
#
# MNIST-1D (Greydanus & Kobak 2024) has curves of 40 points, in ten classes. Its authors give three networks' test
# accuracies, in order, and with all positions shuffled alike ([their README](https://github.com/greydanus/mnist1d)).
# Their convolutional network has 5,210 parameters, their MLP 15,210. So we add an MLP of 5,263.
#
# **Predict before you run.** With all positions shuffled alike: does an MLP get worse, better, or stay? And the
# convolutional network: does it fall to the accuracy of the MLP of its size, or below?

# %% slideshow={"slide_type": "skip"}
curves = datasets.load("mnist1d")
show.source(shuffled_mnist1d.cnn, shuffled_mnist1d.mlp, shuffled_mnist1d.equal_mlp)

# %% slideshow={"slide_type": "skip"}
curve_study = recording.load("ch06_mnist1d")

def curve_accuracies(name, curves, study):
    """Of each seed's network after 300 steps, in order and shuffled: (2, seeds)."""
    return shuffled_mnist1d.accuracies(
        shuffled_mnist1d.NETWORKS[name], curves.train, curves.validation,
        seeds=range(5), steps=300, jit_compile=name != "CNN",
        learning_rate=sample_efficiency.best_rate(study, name))

live = {name: curve_accuracies(name, curves, curve_study)
        for name in ("CNN", "MLP, equal parameters")}

# %% [markdown] slideshow={"slide_type": "notes"}
# Live: 300 steps, each seed with an order of its own, each network at the best learning rate of a recorded grid on
# other seeds, scored on validation data. Recorded (`make bench STUDY=ch06_mnist1d`): 6,000 steps as the authors
# train, in the order in which their generator shuffles, on the test data.

# %% slideshow={"slide_type": "subslide"} tags=["hide-input"]
long = {name: np.array([curve_study[f"{name}, seed {seed}"] for seed in RECORDED]).T
        for name in shuffled_mnist1d.NETWORKS}
show.table(
    [[name, f"{Measured(values[0]):.0%}", f"{Measured(values[1]):.0%}",
      "{:.0%} / {:.0%}".format(*shuffled_mnist1d.AUTHORS[name])
      if name in shuffled_mnist1d.AUTHORS else "",
      *(f"{Measured(value):.0%}" for value in live.get(name, []))]
     + ([] if name in live else ["", ""])
     for name, values in long.items()],
    ["network", "in order (recorded)", "shuffled (recorded)", "authors",
     "in order (live)", "shuffled (live)"],
    "Accuracy on MNIST-1D, five seeds",
)

# %% [markdown] slideshow={"slide_type": "notes"}
# One of our figures is further from the authors' than the others: the GRU on shuffled curves. Keras starts a GRU from
# other weights than their PyTorch does; whether that is the reason we haven't measured. A GRU reads the points one
# after another, and loses more by shuffling than the MLPs do (chapter 07a).

# %% slideshow={"slide_type": "notes"} tags=["hide-input"]
claims.measure(
    "C06a.5",
    "MNIST-1D, equal parameters: accuracy of the convolutional network less the "
    "MLP's, by seed; control: all positions shuffled alike",
    lambda order, seed: live["CNN"][order, seed]
    - live["MLP, equal parameters"][order, seed],
    of=[(0, seed) for seed in range(5)],
    control=[(1, seed) for seed in range(5)],
    above=0.1,
)

# %% [markdown] slideshow={"slide_type": "subslide"}
# <details><summary>Your prediction</summary>
#
# Many people expect that shuffling costs the MLP something. Its first layer is a sum over all inputs, whatever their
# order. And the convolutional network? After 300 steps it is still a little above the MLP of its size,
# after 6,000 below it: its weights are spent on neighbours that have nothing to do with each other.
#
# </details>
#
# Before you convolve over an axis, ask whether its order means something. Pixels, time, positions in a text: yes. The
# columns of a table: no.

# %% [markdown] slideshow={"slide_type": "skip"}
# ## What is in a residual block?
#
# Networks that are deep enough to see far need what chapter 03 found: normalisation, and links around layers. A
# residual block computes $y = \mathrm{ReLU}(F(x) + x)$, where $F$ is convolution, normalisation, ReLU, convolution,
# normalisation.
#
# **Predict before you run.** Set the scale γ of the block's second normalisation to 0. What does the block then compute
# for an input that came out of a ReLU: 0, the input, or noise?

# %% slideshow={"slide_type": "skip"}
show.source(models.convolution_block, models.residual_block)

# %% slideshow={"slide_type": "skip"}
def block_model(shortcut):
    """A residual block on 14×14×8 maps whose second γ is 0."""
    maps = keras.Input((14, 14, 8))
    found = models.residual_block(
        maps, 8, shortcut=shortcut, name="block")
    block = keras.Model(maps, found)
    gamma = block.get_layer("block_2_normalisation").gamma
    gamma.assign(np.zeros(8))
    return block

maps = np.maximum(generator.normal(size=(4, 14, 14, 8)), 0)
maps = maps.astype("float32")
checks.equal("a residual block with γ = 0, and its input",
             block_model(shortcut=True)(maps), maps, atol=1e-6)
checks.equal("the same block without its link, and 0",
             block_model(shortcut=False)(maps), 0, atol=1e-6)

# %% [markdown] slideshow={"slide_type": "skip"}
# <details><summary>Your prediction</summary>
#
# The input. 0 is what the plain block gives, whose signal dies. With the link the block starts as the identity, and
# learns what to add to it.
#
# </details>

# %% [markdown] slideshow={"slide_type": "skip"}
# So ten more such blocks don't change what a network computes at the start. (`models` starts with γ = 1.)
# `models.resnet` is these blocks in stages, then the mean of every map, then one dense layer.
#
# Batch normalisation has a memory: while training, it uses the batch's mean and variance, and keeps a running average
# of them; afterwards it uses the average. A training loop of your own must carry that average along. Ours does, as
# Keras' `fit` does; the next section measures what happens if it is lost.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## How many digits does a residual network get wrong?
#
# A residual network and a perceptron with equally many parameters are trained on the same 55,000 digits for two
# epochs, each with an optimiser's settings of its own.
#
# **Predict before you run.** Of 10,000 test digits, how many does each of them get wrong? Write down two numbers.

# %% [markdown] slideshow={"slide_type": "notes"}
# The rule for the article's third statement. *Classifies images* is taken as: reads 99 of 100 digits, and more than a
# network without convolutions does at equal parameters. By seed, share of 10,000 test digits.

# %% slideshow={"slide_type": "notes"} tags=["hide-input"]
claims.rule(
    "A2.6.3a",
    {
        "holds": lambda cnn, mlp: cnn.low > 0.99 and cnn.low > mlp.high,
        "holds, as well as without convolutions":
            lambda cnn, mlp: cnn.low > 0.99 and mlp.low > 0.99,
        "does not hold": lambda cnn, mlp: cnn.high < 0.99,
        "not settled": True,
    },
    made_up={
        "holds": {"cnn": [0.992, 0.993, 0.992], "mlp": [0.97, 0.971, 0.97]},
        "holds, as well as without convolutions":
            {"cnn": [0.992, 0.993, 0.992], "mlp": [0.992, 0.993, 0.993]},
        "does not hold": {"cnn": [0.97, 0.971, 0.97], "mlp": [0.97, 0.971, 0.97]},
        "not settled": {"cnn": [0.98, 0.993, 0.992], "mlp": [0.97, 0.971, 0.97]},
    },
    compares=("cnn", "mlp"),
)

# %% slideshow={"slide_type": "skip"} tags=["hide-input"]
show.source(digit_readers.train)

# %% slideshow={"slide_type": "skip"}
reader = digit_readers.residual(seed=0)
digits_for_it = mnist.train.take(20_000)
run = digit_readers.train(reader, digits_for_it, peak=0.01, weight_decay=0.5, epochs=1)
run

# %% [markdown] slideshow={"slide_type": "notes"}
# Live: one residual network, seed 0, one epoch over 20,000 digits. Beside it five of either kind, seeds 1 to 5,
# trained for two epochs over 55,000 digits by the same function (`make bench STUDY=ch06_readers`); their weights are
# shipped, and all that follows is measured on them here. The perceptron's learning rate is the best of a recorded
# grid on the validation digits, on other seeds.

# %% slideshow={"slide_type": "skip"}
networks = {kind: list(digit_readers.shipped(kind).values())
            for kind in ("residual", "perceptron")}
answers = {kind: [training.predict(model, mnist.test.x) for model in models_of_kind]
           for kind, models_of_kind in networks.items()}  # the test data, once
answers["live"] = [training.predict(reader, mnist.test.x)]

def mistakes(logits, labels):
    """The number of digits whose largest logit isn't the label's."""
    return int(np.sum(logits.argmax(axis=-1) != labels))

counts = {kind: [mistakes(logits, mnist.test.y) for logits in of_kind]
          for kind, of_kind in answers.items()}

# %% slideshow={"slide_type": "subslide"} tags=["hide-input"]
show.table(
    [[name, f"{model.count_params():,}", f"{complexity.multiply_adds(model):,}",
      f"{Measured(counts[kind]):.0f}"]
     for name, kind, model in [
         ("residual network, 20,000 digits once, live", "live", reader),
         ("residual networks, two epochs, five seeds", "residual", reader),
         ("perceptrons, two epochs, five seeds", "perceptron",
          networks["perceptron"][0])]],
    ["network", "parameters", "multiply-adds", "mistakes in 10,000"],
)

# %% [markdown]
# <details><summary>Your prediction</summary>
#
# That the two are close is the usual guess, since their parameters are equally many. But the perceptron must spend
# its weights on pixels, the residual network spends them on strokes, wherever they are. The price is in the third
# column: equally many parameters, many times the multiply-adds.
#
# </details>

# %% slideshow={"slide_type": "notes"} tags=["hide-input"]
claims.measure(
    "C06a.6",
    "residual networks after two epochs: mistakes on 10,000 test digits; control: "
    "perceptrons of equally many parameters",
    lambda logits: mistakes(logits, mnist.test.y),
    of=answers["residual"],
    control=answers["perceptron"],
    below=100,
    source="evaluated",
)
claims.verdict("A2.6.3a", source="evaluated",
               cnn=[1 - count / 10_000 for count in counts["residual"]],
               mlp=[1 - count / 10_000 for count in counts["perceptron"]])

# %% [markdown] slideshow={"slide_type": "notes"}
# What convolution doesn't build in, turning and scaling, can be shown to the network instead: a layer that works in
# training only changes every digit a little each time (*augmentation*). It tells the network which changes don't
# matter.

# %% slideshow={"slide_type": "skip"} tags=["hide-input"]
augment = models.RandomAffine(rotation=12, scale=0.12, shear=0.15, shift=2.0, seed=0)
one_digit = np.repeat(mnist.validation.x[:1], 10, axis=0)
figures.image_grid(
    np.concatenate([one_digit[:1], np.asarray(augment(one_digit[1:], training=True))]),
    title="One digit, and nine of its changed copies",
    caption="Left: as it is. All others are still the same digit to us.",
    figsize=(8.0, 1.3),
)

# %% slideshow={"slide_type": "notes"} tags=["hide-input"]
large = list(recording.load("ch06_mnist").values())
accuracies_of_large = Measured([one["accuracy"] for one in large])
show.markdown(f"""
Recorded (`make bench STUDY=ch06_mnist`): larger residual networks, eight epochs with
such copies, {len(large)} seeds: {accuracies_of_large:.2%} of the test digits.
""")

# %% slideshow={"slide_type": "skip"}
part = mnist.validation.take(1_000)

def forgetful(model):
    """A copy whose running averages are as at the start: mean 0, variance 1."""
    copy = digit_readers.residual(seed=0)
    copy.set_weights(model.get_weights())
    for weight in copy.non_trainable_weights:
        fresh = float("variance" in weight.path)
        weight.assign(np.full(weight.shape, fresh, "float32"))
    return copy

def accuracy(model, x, y):
    """Share of right answers on a few images."""
    return float(np.mean(training.predict(model, x).argmax(axis=-1) == y))

forgotten = [forgetful(model) for model in networks["residual"]]

# %% slideshow={"slide_type": "notes"} tags=["hide-input"]
claims.measure(
    "C06a.7",
    "batch-normalised networks whose running averages were lost: accuracy on 1,000 "
    "validation digits; control: the same networks with them",
    lambda model: accuracy(model, part.x, part.y),
    of=forgotten,
    control=networks["residual"],
    below=0.5,
    source="evaluated",
)

# %% [markdown] slideshow={"slide_type": "notes"}
# The running averages matter: the same weights without them are a broken network, though nothing was wrong with its
# training. In practice you see it as a high training accuracy beside a poor validation accuracy.

# %% [markdown] slideshow={"slide_type": "skip"}
# ## Does the network read a shifted digit?
#
# Each map follows shifts in part, and the mean at the end forgets places. The perceptron has neither.
#
# **Predict before you run.** All digits move three pixels to the right, about the width of a stroke. What is the
# accuracy of each network then?

# %% slideshow={"slide_type": "skip"}
moves = np.arange(7)
moved = {
    kind: np.array([
        [accuracy(model, np.roll(part.x, move, axis=2), part.y)
         for model in networks[kind]]
        for move in moves
    ])
    for kind in ("residual", "perceptron")
}  # (moves, seeds)

# %% slideshow={"slide_type": "skip"} tags=["hide-input"]
charts.curves(
    moves,
    {kind: 100 * values for kind, values in moved.items()},
    xlabel="shift to the right (pixels)",
    ylabel="accuracy (%)",
    title="Shifted digits",
    caption="Mean of five networks with 95 % intervals; none has seen shifted "
    "digits. Those that share their weights over all places, and take the"
    " mean over them, still read them; the perceptrons need strokes where"
    " they learnt them.",
)

# %% [markdown] slideshow={"slide_type": "skip"}
# <details><summary>Your prediction</summary>
#
# Three pixels look like nothing to us. To a dense layer a shifted digit is another set of inputs, with weights that
# never saw it.
#
# </details>
#
# Sharing weights is what carries knowledge from one place to another.

# %% slideshow={"slide_type": "skip"} tags=["hide-input"]
claims.measure(
    "C06a.8",
    "digits shifted by 3 pixels: accuracy of the residual networks; control: the "
    "perceptrons",
    lambda kind, seed: moved[kind][3, seed],
    of=[("residual", seed) for seed in range(5)],
    control=[("perceptron", seed) for seed in range(5)],
    above=0.9,
    source="evaluated",
)

# %% [markdown] slideshow={"slide_type": "skip"}
# ## Which digits does it get wrong?
#
# **Predict before you run.** Where the network is wrong, how often is the right class its second choice: rarely, in
# half of the cases, or nearly always?

# %% slideshow={"slide_type": "skip"}
said = answers["residual"][0].argmax(axis=-1)
shares = np.asarray(tf.nn.softmax(answers["residual"][0]))
wrong = np.flatnonzero(said != mnist.test.y)
surest = wrong[np.argsort(-shares[wrong].max(axis=-1))][:20]

# %% slideshow={"slide_type": "skip"} tags=["hide-input"]
figures.image_grid(
    mnist.test.x[surest],
    [f"{mnist.test.y[i]} read as {said[i]}" for i in surest],
    title="Twenty mistakes on the test data, the surest ones",
    caption="One of the five networks. Some digits are hard to read for people, "
    "too; others are not.",
    figsize=(9.0, 2.6),
)

# %% slideshow={"slide_type": "skip"}
pairs = np.zeros((10, 10), int)
np.add.at(pairs, (mnist.test.y, said), 1)
classification.confusion(
    pairs,
    list("0123456789"),
    caption="Mistakes of one of the five networks on the test digits, by class.",
)

# %% [markdown] slideshow={"slide_type": "skip"}
# The control for the second choice knows which digits look alike, and hasn't seen the image: for each digit that a
# network says wrongly, it names the class that was right most often when the five networks said that digit wrongly on
# the validation data.

# %% slideshow={"slide_type": "skip"}
alike = np.zeros((10, 10), int)  # [said, right]: mistakes on the validation digits
for model in networks["residual"]:
    guess = training.predict(model, mnist.validation.x).argmax(axis=-1)
    missed = guess != mnist.validation.y
    np.add.at(alike, (guess[missed], mnist.validation.y[missed]), 1)

def second_is_right(logits, second, labels):
    """Share of the mistakes in which ``second`` (examples,) is the right class."""
    missed = logits.argmax(axis=-1) != labels
    return float(np.mean(second[missed] == labels[missed]))

def second_choice(logits):
    """The class of the second largest logit, (examples,)."""
    return np.argsort(-logits, axis=-1)[:, 1]

def look_alike(logits):
    """The class that is most often right where the first choice is wrong."""
    return alike.argmax(axis=1)[logits.argmax(axis=-1)]

# %% slideshow={"slide_type": "skip"} tags=["hide-input"]
labels = mnist.test.y
claims.measure(
    "C06a.9",
    "mistakes on the test digits in which the second choice is right, a share; "
    "control: the class that most often looks like the first choice",
    lambda logits, choose: second_is_right(logits, choose(logits), labels),
    of=[(logits, second_choice) for logits in answers["residual"]],
    control=[(logits, look_alike) for logits in answers["residual"]],
    above=0.6,
    source="evaluated",
)

# %% [markdown] slideshow={"slide_type": "skip"}
# <details><summary>Your prediction</summary>
#
# In most cases. "Rarely" is a common guess, as if a wrong answer were a blind one. By chance it would be one time in
# nine.
#
# </details>
#
# Look at the second choice before you act on an answer (chapter 04 measures how far a network's confidence can be
# trusted).

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Which pixels does its answer depend on?

# %% [markdown] slideshow={"slide_type": "skip"}
# Look at one digit on its way through the network.

# %% slideshow={"slide_type": "skip"}
seen, digit = networks["residual"][0], mnist.validation.x[:1]
stages = ["stem_activation", "stage_2_block_1_activation", "stage_3_block_1_activation"]
outputs = [seen.get_layer(name).output for name in stages]
through = keras.Model(seen.input, outputs)(digit)
stem = seen.get_layer("stem_convolution").kernel.numpy()[:, :, 0]  # (7, 7, 16)

# %% slideshow={"slide_type": "skip"} tags=["hide-input"]
convolution_figures.panels(
    [digit[0, ..., 0], *np.moveaxis(stem[..., :5], -1, 0),
     *(np.asarray(maps)[0, ..., channel] for maps in through for channel in range(6))],
    ["digit", *(f"filter {channel + 1}" for channel in range(5)),
     *(f"{stage}, {channel + 1}" for stage in ("stem", "stage 2", "stage 3")
       for channel in range(6))],
    columns=6,
    side=1.1,
    suptitle="A digit, filters of the stem, and maps",
    caption="First row: a digit and five of the sixteen filters of 7×7 that meet "
    "it first. Below: six maps each of the stem (14×14), of stage 2 (7×7)"
    " and of stage 3 (4×4).",
    alt="A digit and five small grey squares with light and dark blobs; below, "
    "eighteen grey maps in three rows. In the first the digit's shape is "
    "visible, below it only coarse spots.",
)

# %% [markdown]
# Pictures of filters and maps suggest much and prove nothing. Here are three ways to ask *which pixels* matter, and a
# test that can fail.
#
# - **Saliency** (Simonyan et al. 2014): $|\partial z_c / \partial x|$, how fast the class's logit $z_c$ changes with each pixel.
# - **Class activation** (Zhou et al. 2016): the logit is $z_c = b_c + \frac{1}{P} \sum_p \sum_f w_{fc}\, m_{pf}$, a mean over
#   places $p$ of the last maps $m$. Each place's term is its part of the answer.
# - **Occlusion** (Zeiler & Fergus 2014): cover a square with background, and see how much $z_c$ falls.

# %% [markdown]
# **Predict before you run.** Take 20 of a digit's some 100 inked pixels away. How many answers change if they are
# taken at random? And if they are taken where one of the three methods points?

# %% slideshow={"slide_type": "skip"}
show.source(attribution.class_activation)

# %% slideshow={"slide_type": "skip"}
asked = mnist.validation.take(100, seed=1)

def maps_of(model, images):
    """What three methods mark for the class that a network reads."""
    classes = training.predict(model, images).argmax(axis=-1)
    return {
        "saliency": attribution.saliency(model, images, classes),
        "class activation": attribution.class_activation(model, images, classes),
        "occlusion": attribution.occlusion(model, images, classes),
    }

read_as = training.predict(networks["residual"][0], asked.x).argmax(axis=-1)
marked = [maps_of(model, asked.x) for model in networks["residual"]]
first_of_each = [int(np.flatnonzero(asked.y == label)[0]) for label in range(8)]

# %% slideshow={"slide_type": "subslide"} tags=["hide-input"]
convolution_figures.explanations(
    asked.x[first_of_each][..., 0],
    {name: values[first_of_each] for name, values in marked[0].items()},
    [f"read as {read_as[index]}" for index in first_of_each],
    caption="In the lower two rows red speaks for the answer, blue against it; "
    "saliency has no sign. The digit's outline is black. "
    "Class activation has the 4×4 places of the last map; occlusion covers 8×8 places.",
    alt="Eight digits in the top row; below each, three coloured maps. Saliency is "
    "scattered around the strokes, the other two mark regions of the digit.",
)

# %% slideshow={"slide_type": "skip"}
def inked(images, scores, count):
    """Indices of the ``count`` inked pixels of the highest score, (images, count)."""
    scores = np.asarray(tf.image.resize(scores[..., None], images.shape[1:3]))
    ranked = np.where(images > 0.3, scores, -np.inf).reshape(len(images), -1)
    return np.argsort(-ranked, axis=1)[:, :count]

def without(images, scores, count=20):
    """Images whose inked pixels of the highest score are set to 0."""
    flat = images.reshape(len(images), -1).copy()
    np.put_along_axis(flat, inked(images, scores, count), 0.0, axis=1)
    return flat.reshape(images.shape)

def only(images, scores, count=40):
    """Images of which nothing but the inked pixels of the highest score is left."""
    return images - without(images, scores, count)

# %% slideshow={"slide_type": "skip"}
def changed(model, images, scores, edit=without):
    """Share of images that are read differently after an edit."""
    before, after = (
        training.predict(model, x).argmax(axis=-1)
        for x in (images, edit(images, scores))
    )
    return float(np.mean(before != after))

def by_network(maps, edit=without):
    """That share for each residual network, with its own entry of ``maps``."""
    return [changed(model, asked.x, scores, edit)
            for model, scores in zip(networks["residual"], maps, strict=True)]

# %% [markdown] slideshow={"slide_type": "notes"}
# Each method is compared with its like. A coarse map takes pixels that lie together, and a gap in a stroke does more
# harm than scattered points; so each method has random maps of its own resolution beside it. Moreover, occlusion asks
# nearly the question of the test: what happens if something is covered? Its like is therefore the occlusion map of
# a perceptron: the same method, as smooth, from the same digit, but of another kind of network. (Another residual
# network's map does nearly as well as its own: these maps say more about the digit than about one network.)

# %% slideshow={"slide_type": "skip"}
SIDES = {"saliency": 28, "class activation": 4, "occlusion": 8}
occluded = [maps["occlusion"] for maps in marked]
pointers = {name: [maps[name] for maps in marked] for name in SIDES} | {
    "occlusion of another residual network": occluded[1:] + occluded[:1],
    "occlusion of a perceptron": [
        attribution.occlusion(model, asked.x, read_as)
        for model in networks["perceptron"]
    ],
} | {
    f"at random, {side}×{side} places": [
        np.random.default_rng(seed).random((100, side, side)) for seed in range(5)
    ]
    for side in SIDES.values()
}

# %% slideshow={"slide_type": "subslide"} tags=["hide-input"]
show.table(
    [[name, f"{Measured(by_network(maps)):.0%}",
      f"{Measured(by_network(maps, only)):.0%}"]
     for name, maps in pointers.items()],
    ["pixels chosen by", "without those 20", "with 40 such alone"],
    "Answers that change: five residual networks, 100 digits",
)

# %% [markdown]
# <details><summary>Your prediction</summary>
#
# Scattered at random: hardly any. Where a method points: more, and most for occlusion. "The finest map is best" is a
# common guess; saliency does least here.
#
# </details>

# %% [markdown] slideshow={"slide_type": "notes"}
# But taking pixels away is nearly what occlusion does. If 40 pixels are *kept*, no method beats
# pixels scattered at random. A ranking of methods is a statement about a test.

# %% slideshow={"slide_type": "notes"} tags=["hide-input"]
claims.measure(
    "C06a.10",
    "20 inked pixels taken where a network's occlusion map points: share of its "
    "answers that change; control: where a perceptron's occlusion map points",
    lambda model, scores: changed(model, asked.x, scores),
    of=list(zip(networks["residual"], pointers["occlusion"], strict=True)),
    control=list(
        zip(networks["residual"], pointers["occlusion of a perceptron"], strict=True)
    ),
    above=0.4,
    source="evaluated",
)

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Do its first filters look like the cortex?
#
# Neurons of the primary visual cortex (V1) respond to bars and edges of one direction at one place: Hubel & Wiesel's
# *simple cells*. Their fields are well described by Gabor functions, a wave under a bell (Jones & Palmer 1987):
#
# $$g(x, y) = e^{-(u^2 + \gamma^2 v^2)/2\sigma^2} \cos(2\pi u/\lambda + \varphi), \qquad u, v: x - x_0,\ y - y_0 \text{ turned by } \theta .$$
#
# How much of a filter does the best Gabor function explain?
#
# **Predict before you run.** The best of 9,000 Gabor shapes is fitted to a 7×7 filter of pure noise. What share of its
# squares does it explain: 1 %, 5 %, or 20 %?

# %% slideshow={"slide_type": "skip"}
show.source(gabor.fit)

# %% [markdown] slideshow={"slide_type": "notes"}
# The rule for the article's fourth statement. That fields are local is settled (A2.6.1). What else would make the
# structure resemble retina and cortex? Filters like V1's: Gabor functions should explain trained filters better than
# noise of the same spectrum, which has the same waves in the same directions, but no shape; and to hold without
# reserve, explain more than four fifths of them. And nothing essential that the cortex lacks: if weight sharing makes a difference,
# which no cortex has, the likeness ends there. `trained`, `noise`: share that Gabor functions explain, by network;
# `shared`, `local`: accuracy with and without sharing, by seed.

# %% slideshow={"slide_type": "notes"} tags=["hide-input"]
claims.rule(
    "A2.6.4",
    {
        "holds": lambda trained, noise, shared, local: trained.low > 0.8
        and (trained - noise).low > 0 and (shared - local).high < 0.005,
        "holds for local fields, in part for filters, not for shared weights":
            lambda trained, noise, shared, local: (trained - noise).low > 0
            and (shared - local).low > 0,
        "does not hold beyond local fields":
            lambda trained, noise, shared, local: (trained - noise).high < 0.02
            and (shared - local).low > 0,
        "not settled": True,
    },
    made_up={
        "holds": {"trained": [0.88, 0.9, 0.89], "noise": [0.6, 0.61, 0.6],
                  "shared": [0.78, 0.79, 0.8], "local": [0.78, 0.79, 0.8]},
        "holds for local fields, in part for filters, not for shared weights": {
            "trained": [0.8, 0.82, 0.81], "noise": [0.6, 0.61, 0.6],
            "shared": [0.78, 0.79, 0.8], "local": [0.74, 0.75, 0.77]},
        "does not hold beyond local fields": {
            "trained": [0.6, 0.62, 0.61], "noise": [0.61, 0.62, 0.62],
            "shared": [0.78, 0.79, 0.8], "local": [0.74, 0.75, 0.77]},
        "not settled": {"trained": [0.6, 0.9, 0.61], "noise": [0.62, 0.61, 0.63],
                        "shared": [0.78, 0.79, 0.8], "local": [0.74, 0.75, 0.77]},
    },
    compares=("trained", "noise"),
)

# %% slideshow={"slide_type": "skip"}
def filters(model):
    """A network's first filters, (16, 7, 7)."""
    kernel = model.get_layer("stem_convolution").kernel.numpy()
    return np.moveaxis(kernel[:, :, 0], -1, 0)

def same_spectrum(kernels, seed):
    """Noise with each filter's own waves, at random phases."""
    noise = np.random.default_rng(seed).normal(size=kernels.shape)
    phases = np.exp(1j * np.angle(np.fft.fft2(noise)))
    return np.fft.ifft2(np.abs(np.fft.fft2(kernels)) * phases).real

def explained(kernels):
    """Mean share of the filters that Gabor functions explain."""
    return float(np.mean(gabor.fit(kernels)[0]))

# %% slideshow={"slide_type": "skip"}
trained = [filters(model) for model in networks["residual"]]
mixer = np.random.default_rng(0)
gabor_shares = {
    "trained": [explained(kernels) for kernels in trained],
    "untrained": [explained(filters(digit_readers.residual(seed)))
                  for seed in range(1, 6)],
    "trained, each filter's pixels mixed": [
        explained(mixer.permuted(kernels.reshape(-1, 49), axis=1).reshape(-1, 7, 7))
        for kernels in trained
    ],
    "noise of the trained filters' spectrum": [
        np.mean([explained(same_spectrum(kernels, seed)) for seed in range(4)])
        for kernels in trained
    ],
    "noise, blurred by a bell of 1 pixel": [
        explained(ndimage.gaussian_filter(
            np.random.default_rng(seed).normal(size=(64, 13, 13)), (0, 1, 1)
        )[:, 3:10, 3:10])
        for seed in range(5)
    ],
}

# %% slideshow={"slide_type": "subslide"} tags=["hide-input"]
shown, fits = gabor.fit(trained[0])[0], gabor.fit(trained[0])[2]
best = np.argsort(-shown)[:8]
convolution_figures.panels(
    [*trained[0][best], *fits[best], *same_spectrum(trained[0][best], seed=0)],
    [*(f"filter {index + 1}" for index in best), *["Gabor"] * 8, *["noise"] * 8],
    columns=8,
    side=1.0,
    signed=True,
    suptitle="First filters, their Gabor fits, and noise of their spectrum",
    caption="Above: the eight of one network's sixteen first filters that Gabor "
    "functions fit best; in the middle: the fits; below: noise of the "
    "same spectrum as each.",
    alt="Three rows of eight small squares in red and blue: blobs and stripes of "
    "several directions, below each a smoother copy, and below it a pattern as coarse.",
)

# %% slideshow={"slide_type": "subslide"} tags=["hide-input"]
show.table(
    [[name, f"{Measured(values):.0%}"] for name, values in gabor_shares.items()]
    + [["recorded larger networks, trained",
        f"{Measured([one['Gabor'] for one in large]):.0%}"],
       ["recorded larger networks, untrained",
        f"{Measured([one['Gabor, untrained'] for one in large]):.0%}"]],
    ["first filters, 7×7", "share that the best Gabor function explains"],
    "Five networks each",
)

# %% [markdown]
# <details><summary>Your prediction</summary>
#
# About 20 %: see the untrained filters, which are noise. 1 % seems safe, since noise has no shape. But whoever may
# choose among 9,000 shapes finds one that fits a good part of 49 numbers.
#
# </details>

# %% [markdown] slideshow={"slide_type": "subslide"}
# Against untrained or mixed filters the trained ones look like the cortex; against noise of their own spectrum little
# of that is left; and noise that is only smooth wins. A share by itself shows that filters are smooth. Which control
# you choose decides what you find.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Does it matter that all places share their weights?
#
# Each synapse of a retina or a cortex belongs to one place: nothing copies what one place has learnt to all others
# (Bartunov et al. 2018). So the brain's network is *local*, as the layer `LocalConvolution2D` is: the same fields,
# every place with filters of its own.
#
# **Predict before you run.** With 100 digits to learn from, is the network without sharing better, since it has
# more parameters to adapt; equal; or worse?

# %% slideshow={"slide_type": "skip"}
show.source(models.LocalConvolution2D.call)
few["local"] = accuracies("local", digits, study)

# %% slideshow={"slide_type": "subslide"} tags=["hide-input"]
show.table(
    [[name, f"{getattr(sample_efficiency, name)(0).count_params():,}",
      *(f"{Measured(few[name][order]):.1%}" for order in digits),
      f"{Measured(full[name][-1]):.1%}"]
     for name in ("convolutional", "local", "dense")],
    ["network", "parameters", "100", "100, shuffled", "60,000"],
    "Accuracy by number of digits; 100: live, eight seeds; 60,000: recorded, five",
)

# %% [markdown]
# <details><summary>Your prediction</summary>
#
# Worse. "Better" trusts in the number of parameters. But they have to be learnt place by place: a stroke seen at the
# left teaches a filter at the left. Sharing makes each example teach all places at once.
#
# </details>

# %% [markdown] slideshow={"slide_type": "fragment"}
# It isn't the smaller number of parameters that makes the difference: with the pixels shuffled, sharing doesn't help.

# %% [markdown] slideshow={"slide_type": "notes"}
# How a brain gets by without copying weights is an open question: it has more examples, it moves its eyes, and a
# place can also be taught by its neighbours (Pogodin et al. 2021).

# %% slideshow={"slide_type": "notes"} tags=["hide-input"]
claims.measure(
    "C06a.11",
    "100 digits: accuracy with shared weights less that of the same network "
    "without, by seed; control: all pixels shuffled alike",
    lambda order, seed: few["convolutional"][order][seed] - few["local"][order][seed],
    of=[("in order", seed) for seed in SEEDS],
    control=[("shuffled", seed) for seed in SEEDS],
    above=0.0,
)
claims.verdict(
    "A2.6.4", source={"trained": "evaluated", "noise": "evaluated"},
    trained=gabor_shares["trained"],
    noise=gabor_shares["noise of the trained filters' spectrum"],
    shared=few["convolutional"]["in order"], local=few["local"]["in order"])

# %% [markdown] slideshow={"slide_type": "slide"}
# ## How small a change flips its answer?
#
# The *fast gradient sign* method (Goodfellow et al. 2015) changes every pixel by ε in the direction that raises the
# loss:
#
# $$x' = x + \varepsilon \operatorname{sign} \frac{\partial L}{\partial x} .$$
#
# **Predict before you run.** Each pixel may change by at most ε = 0.1 on a scale from 0 to 1, which leaves every digit
# easy to read. How many of the network's answers are still right, if the changes are random? And if they are chosen?

# %% slideshow={"slide_type": "skip"}
victims = mnist.validation.take(500, seed=2)
chosen = [attribution.signed_gradient(model, victims.x, victims.y)
          for model in networks["residual"]]
signs = np.random.default_rng(0).normal(size=victims.x.shape)
directions = {
    "chosen": chosen,
    "chosen for another digit": [np.roll(signs_of, 1, axis=0) for signs_of in chosen],
    "chosen for another network": chosen[1:] + chosen[:1],
    "random": [np.sign(signs).astype("float32")] * 5,
}
strengths = np.array([0.0, 0.05, 0.1, 0.2])

def right(model, split, change):
    """Share of right answers on changed images, kept in [0, 1]."""
    return accuracy(model, np.clip(split.x + change, 0, 1).astype("float32"), split.y)

# %% slideshow={"slide_type": "skip"}
survive = {
    name: np.array([
        [right(model, victims, strength * direction)
         for model, direction in zip(networks["residual"], of_networks, strict=True)]
        for strength in strengths
    ])
    for name, of_networks in directions.items()
}  # (strengths, networks)

# %% slideshow={"slide_type": "subslide"} tags=["hide-input"]
charts.curves(
    strengths,
    {name: 100 * values for name, values in survive.items()},
    xlabel="change of each pixel, ε (of a scale from 0 to 1)",
    ylabel="right answers (%)",
    title="Changes of equal size, chosen and not",
    caption="Mean of five residual networks with 95 % intervals. Changes that were "
    "chosen against this network and this digit do most harm; those chosen for "
    "another digit about as much as random ones. Further right random changes do "
    "harm as well.",
)

# %% slideshow={"slide_type": "skip"}
attacked = np.clip(victims.x + 0.1 * chosen[0], 0, 1)
read = training.predict(networks["residual"][0], attacked).argmax(axis=-1)
fooled = np.flatnonzero(read != victims.y)[:8]

# %% slideshow={"slide_type": "subslide"} tags=["hide-input"]
figures.image_grid(
    np.concatenate([victims.x[fooled], attacked[fooled]]),
    [*(f"is {victims.y[index]}" for index in fooled),
     *(f"read as {read[index]}" for index in fooled)],
    columns=len(fooled),
    title="Eight digits, and their changed copies (ε = 0.1)",
    caption="Above: as written. Below: changed by at most a tenth of the scale. "
    "People read them without effort.",
    figsize=(8.0, 2.8),
)

# %% [markdown]
# <details><summary>Your prediction</summary>
#
# Many people expect equal changes to do equal harm. There are 784 pixels. A random direction adds up to nearly
# nothing along the gradient; the chosen one adds up 784 small steps, all in the same sense: $\varepsilon \sum_i
# |\partial L / \partial x_i|$.
#
# </details>

# %% [markdown] slideshow={"slide_type": "notes"}
# An accuracy on test data is a statement about data *like the test data*. The network needn't look at what we look at.

# %% slideshow={"slide_type": "notes"} tags=["hide-input"]
claims.measure(
    "C06a.12",
    "every pixel changed by 0.1 against the network: right answers, a share of "
    "500; control: the changes that were chosen for another digit",
    lambda direction, network: survive[direction][2, network],
    of=[("chosen", network) for network in range(5)],
    control=[("chosen for another digit", network) for network in range(5)],
    below=0.5,
    source="evaluated",
)

# %% [markdown] slideshow={"slide_type": "slide"}
# ## What does the article say, and what was measured?

# %% [markdown]
# The article is right about local fields (by definition), and about what they are good for, on a condition that it
# leaves out: neighbours must belong together (A2.6.2). The likeness to retina and cortex (A2.6.4) is real where it
# says "local". Its first filters resemble V1's only in part: most of the fit comes with their smoothness. And the
# shared weights, which the article doesn't mention, have no counterpart in the brain.

# %% slideshow={"slide_type": "notes"} tags=["hide-input"]
claims.report()

# %% [markdown] slideshow={"slide_type": "skip"}
# ## Exercises · 练习
#
# **1. Recall.** A 5×5 convolution with stride 2, then a 3×3 convolution with dilation 2, then max pooling of 2×2: how
# many pixels does a unit see along an axis?

# %% slideshow={"slide_type": "skip"}
answer = ...
exercises.check("06a.1", answer)

# %% slideshow={"slide_type": "skip"} tags=["hide-input"]
exercises.hint("06a.1")
exercises.solution("06a.1")

# %% [markdown] slideshow={"slide_type": "skip"}
# **2. Compute.** How many multiply-adds does a 3×3 convolution from 32 to 64 channels take on a 14×14 map (same
# padding, stride 1)? If it is split into a 3×3 convolution of each channel by itself and a 1×1 convolution across
# channels (*depthwise separable*, Howard et al. 2017), by which factor does the number shrink? Answer with the
# factor.

# %% slideshow={"slide_type": "skip"}
answer = ...
exercises.check("06a.2", answer)

# %% slideshow={"slide_type": "skip"} tags=["hide-input"]
exercises.hint("06a.2")
exercises.solution("06a.2")

# %% [markdown] slideshow={"slide_type": "skip"}
# **3. Build.** A Keras model for colour images of 32×32 pixels (red, green, blue, from 0 to 1) in five classes: at least
# three `Conv2D` layers, fewer than 10,000 parameters, logits as outputs. Compile it with a loss that takes logits and
# labels 0 to 4. `answer` is the compiled model.

# %% slideshow={"slide_type": "skip"}
answer = ...
exercises.check("06a.3", answer)

# %% slideshow={"slide_type": "skip"} tags=["hide-input"]
exercises.hint("06a.3")
exercises.solution("06a.3")

# %% [markdown] slideshow={"slide_type": "skip"}
# **4. Explore.** A unit's gradient fades towards the border of its field. Measure how widely the units of the residual
# networks' last maps look (`receptive_field.by_gradient`, `receptive_field.spread`), before and after training. Does
# training widen it?

# %% slideshow={"slide_type": "skip"} tags=["hide-input"]
exercises.hint("06a.4")
exercises.solution("06a.4")

# %% [markdown] slideshow={"slide_type": "skip"}
# **5. Open-ended.** Write a layer that follows turns by 90° as a convolution follows shifts (Cohen & Welling 2016). On
# turned digits, how many examples is it worth? Where does it hurt? (Think of 6 and 9.)

# %% slideshow={"slide_type": "skip"} tags=["hide-input"]
exercises.hint("06a.5")
exercises.solution("06a.5")

# %% [markdown] slideshow={"slide_type": "skip"}
# ## Terms
#
# | English | 中文 | in one line |
# | --- | --- | --- |
# | convolution | 卷积 | the same small kernel, summed over the neighbourhood of every place |
# | kernel, filter | 卷积核，滤波器 | the numbers that are laid on each neighbourhood |
# | feature map | 特征图 | a filter's responses at all places |
# | padding | 填充 | zeros around the image, so that its border has neighbours |
# | stride | 步幅 | how far the kernel moves from one output to the next |
# | dilation | 空洞（膨胀） | the distance between a kernel's points |
# | pooling | 池化 | the largest value, or the mean, of a block |
# | receptive field | 感受野 | the inputs that a unit depends on |
# | aliasing | 混叠 | details too fine for the places that are kept, which turn up as wrong coarse ones |
# | weight sharing | 权重共享 | the same weights at all places |
# | equivariance | 等变性 | the output moves as the input does |
# | invariance | 不变性 | the output stays when the input moves |
# | batch normalisation | 批归一化 | each channel to mean 0, variance 1 over the batch |
# | residual block | 残差块 | layers whose result is added to what they were given |
# | data augmentation | 数据增强 | changed copies of the examples that keep their class |
# | saliency map | 显著图 | how fast the answer changes with each pixel |
# | adversarial example | 对抗样本 | an input changed a little, on purpose, so that the prediction flips |
#
# ## Further reading
#
# - [LeCun et al. 1998](https://doi.org/10.1109/5.726791): the network that read cheques; look for the table that compares it with dense ones.
# - [He et al. 2016](https://arxiv.org/abs/1512.03385): residual networks; figure 1, a deeper network that is worse on its own *training* data.
# - [Luo et al. 2016](https://arxiv.org/abs/1701.04128): effective receptive fields; how training changes them.
# - [Zhang 2019](https://arxiv.org/abs/1904.11486): why strides break equivariance, and the blur that mends it.
# - [Greydanus & Kobak 2024](https://arxiv.org/abs/2011.14439): MNIST-1D; other questions that a small data set can answer.
# - [Adebayo et al. 2018](https://arxiv.org/abs/1810.03292): saliency maps that don't change when the weights are made random.
# - [Goodfellow et al. 2015](https://arxiv.org/abs/1412.6572): adversarial examples; the argument of the long lever.
# - [Bartunov et al. 2018](https://arxiv.org/abs/1807.04587), [Pogodin et al. 2021](https://arxiv.org/abs/2106.13031): learning without shared weights, and how a brain might do it.
