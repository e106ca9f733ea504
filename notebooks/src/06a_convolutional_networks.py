# %% [markdown] slideshow={"slide_type": "slide"}
# # Chapter 06a · Convolutional networks · 卷积神经网络
#
# What a network gains when each unit looks at a small neighbourhood and all places share their weights, and when it
# gains nothing.

# %% [markdown] slideshow={"slide_type": "subslide"}
# **After this chapter you can**
# - compute a convolution by hand and with Keras, in grey and in colour, and say what it costs;
# - build, compile, train and evaluate a convolutional network in Keras, and write its training loop yourself;
# - compute a receptive field, and say which layers follow a shift of the image;
# - reuse a trained network where labels are few: frozen, or fine-tuned;
# - test what a network looks at, and name data on which a convolution is the wrong idea.

# %% [markdown] slideshow={"slide_type": "notes"}
# **You need** chapters 01, 02 and 04; the residual blocks go back to chapter 03.
# Ten questions in `self_tests.ipynb` say whether you have it.
#
# **Time** about three hours with the exercises; about a minute to run.
#
# **摘要**
#
# 卷积层的每个单元只看邻近的一小块输入（局部感受野），各处共享同一组权重（weights），因此参数少；步幅为 1 时还对平移等变。
#
# 我们先手算卷积，再用 Keras 搭建、编译、训练并评估一个卷积网络，写出它的训练循环；然后处理彩色图像，把训练好的网络迁移到只有少量标签的数据上。
#
# 测量结果：输入的邻近关系有意义时，卷积网络更准；所有像素按同一顺序打乱后，反而落后。第一层滤波器像不像 Gabor 函数，取决于与什么比较。

# %% slideshow={"slide_type": "skip"} tags=["hide-input"]
import functools
import pathlib
import tempfile

import keras
import numpy as np
import tensorflow as tf
from keras import layers
from scipy import ndimage
from skimage import data as photographs
from sklearn.datasets import load_sample_image

# %% slideshow={"slide_type": "skip"} tags=["hide-input"]
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
from dlcourse.experiments import (
    digit_readers,
    sample_efficiency,
    shuffled_mnist1d,
    transfer,
)
from dlcourse.figures import charts
from dlcourse.figures import convolution as drawings
from dlcourse.from_scratch import convolution
from dlcourse.measured import Measured
from dlcourse.training import repeats

# %% slideshow={"slide_type": "skip"}
reproducibility.start(seed=0)
claims = Claims("06a")
mnist = datasets.load("mnist")
mnist

# %% [markdown] slideshow={"slide_type": "slide"}
# ## What does a convolution compute? · 卷积算的是什么？
#
# A *kernel* is a small array of weights. Lay it on an image, multiply each weight with the pixel below, add the products
# up; then move it by one pixel. The numbers of all places are the *feature map*. This is a **convolution**.

# %% slideshow={"slide_type": "-"} tags=["hide-input"]
drawings.sliding_kernel(
    [[1, 0, 2, 1], [0, 3, 1, 0], [2, 1, 0, 1], [1, 0, 2, 3]],
    [[1, 0], [2, -1]],
    place=(0, 1),
    caption="The kernel at its second place: four products, one sum. Work out the "
    "place to its right by yourself before you read it in the map.",
)

# %% [markdown] slideshow={"slide_type": "notes"}
# Mathematicians turn the kernel by 180° first when they say *convolution*. Networks don't turn it (mathematicians say
# *cross-correlation*). That makes no difference to what can be learnt, but a kernel from a textbook of signal
# processing must be turned before it goes into Keras.

# %% [markdown] slideshow={"slide_type": "subslide"}
# An image has channels, and a layer has many kernels, its *filters*. With input $x$ of shape (height, width, channels)
# and kernels $w$ of shape ($k$, $k$, channels, filters), the map $y$ of shape (rows, columns, filters) is
#
# $$y_{ijf} = \sum_{a,b,c} x_{i+a,\ j+b,\ c}\ w_{abcf} .$$
#
# The sum runs over a *neighbourhood* only, and $w$ doesn't depend on *where* ($i$, $j$).
#
# **Predict before you run.** The sum is linear in $x$, so some matrix does the same. For one 3×3 kernel on a 28×28
# image, what share of that matrix isn't zero: about a third, a tenth, or a hundredth?

# %% slideshow={"slide_type": "skip"}
show.source(convolution.by_loops, convolution.matrix)

# %% slideshow={"slide_type": "skip"}
generator = np.random.default_rng(0)
image = generator.normal(size=(28, 28, 1)).astype("float32")
layer = layers.Conv2D(filters=2, kernel_size=3, use_bias=False)
by_keras = layer(image[None])[0]        # builds the layer: random 3×3 kernels
kernel = layer.get_weights()[0]         # (3, 3, 1, 2)
loops = convolution.by_loops(image, kernel)
matrix = convolution.matrix(kernel, image.shape)

checks.equal("the convolution by Keras' layer and by loops",
             by_keras, loops, atol=1e-5)
checks.equal("the convolution by a matrix and by loops",
             (matrix @ image.ravel()).reshape(loops.shape), loops, atol=1e-5)

# %% slideshow={"slide_type": "skip"} tags=["hide-input"]
drawings.panels(
    [convolution.matrix(kernel[..., :1], (7, 7, 1))],
    ["matrix of a 3×3 kernel on a 7×7 image"],
    signed=True,
    side=4.2,
    caption="Each row is one place of the map (25), each column one pixel (49). "
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
{100 * np.count_nonzero(one) / one.size:.2f} %. Different numbers besides 0:
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
# zero and that the rest repeats; a convolution has both built in.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## How large is the map? Padding, stride and pooling · 填充、步幅与池化
#
# Without *padding* (`"valid"`) the kernel must lie inside the image. With `"same"` zeros are put around it, so that the
# kernel's middle can stand on every pixel; with *stride* $s$ on every $s$-th only.

# %% slideshow={"slide_type": "-"} tags=["hide-input"]
drawings.padding_and_stride(
    caption="A 3×3 kernel on 5×5 pixels. Dots: where its middle may stand, one "
    "number of the map for each. Blue: its first place. Dotted: the zeros of "
    "the padding.",
)

# %% [markdown] slideshow={"slide_type": "subslide"}
# A kernel of $k$ pixels fits into $n$ at $n - k + 1$ places; every $s$-th counts. (With *dilation* $d$ the kernel's
# points lie $d$ pixels apart, and it spans $d(k-1)+1$.)
#
# $$n_\text{out} = \left\lfloor \frac{n - d(k-1) - 1}{s} \right\rfloor + 1 \ \text{(“valid”)}, \qquad n_\text{out} = \left\lceil \frac{n}{s} \right\rceil \ \text{(“same”)}.$$
#
# In the drawing: $\lfloor (5-3)/1 \rfloor + 1 = 3$ on the left, $\lceil 5/2 \rceil = 3$ on the right.
#
# **Predict before you run.** A 3×3 kernel moves over 28×28 pixels with stride 2, without padding. How many outputs does
# a row have: 14, 13, or 12?

# %% slideshow={"slide_type": "subslide"}
batch = mnist.train.x[:1]                   # (1, 28, 28, 1)
for name, layer in {
    "valid": layers.Conv2D(8, 3),
    "same": layers.Conv2D(8, 3, padding="same"),
    "valid, stride 2": layers.Conv2D(8, 3, strides=2),
    "same, stride 2": layers.Conv2D(8, 3, strides=2, padding="same"),
    "pooling": layers.MaxPooling2D(2),
}.items():
    print(f"{name:16s} {batch.shape} -> {layer(batch).shape}")

# %% [markdown]
# <details><summary>Your prediction</summary>
#
# 14 is half of 28, and it is right for *same* padding. Without padding the kernel has 26 places to stand at, and every
# second of them counts.
#
# </details>

# %% slideshow={"slide_type": "subslide"} tags=["hide-input"]
drawings.pooling(
    [[1, 0, 2, 1], [0, 3, 1, 0], [2, 1, 0, 1], [1, 0, 2, 3]],
    caption="*Max pooling* keeps the largest number of each block, and forgets where "
    "in the block it stood. It has no weights. Average pooling takes the "
    "mean.",
)

# %% [markdown] slideshow={"slide_type": "skip"}
# Now something to see: a photograph, and kernels that people wrote down before anyone learnt them. Which of
# them respond to the sky, where little changes from pixel to pixel?

# %% slideshow={"slide_type": "skip"}
photograph = load_sample_image("china.jpg")[60:380:2, 100:500:2].mean(axis=-1) / 255
CLASSIC = {
    "blur (Gauss)": np.outer([1, 2, 1], [1, 2, 1]) / 16,
    "vertical edges (Sobel)": np.outer([1, 2, 1], [-1, 0, 1]) / 4,
    "horizontal edges (Sobel)": np.outer([-1, 0, 1], [1, 2, 1]) / 4,
    "points (Laplace)": np.array([[0, 1, 0], [1, -4, 1], [0, 1, 0]]),
}
kernels = np.stack(list(CLASSIC.values()), axis=-1)[:, :, None]  # (3, 3, 1, 4)
responses = np.asarray(keras.ops.conv(photograph[None, ..., None], kernels)[0])
pooled = convolution.pooled(np.abs(responses), 4)
brighter = np.asarray(keras.ops.conv(photograph[None, ..., None] + 0.25, kernels)[0])
checks.equal("edge kernels on the photograph, and on a brighter copy of it",
             brighter[..., 1:], responses[..., 1:], atol=1e-12)

# %% slideshow={"slide_type": "skip"} tags=["hide-input"]
drawings.panels(
    [photograph, *np.moveaxis(responses, -1, 0), pooled[..., 2]],
    ["photograph", *CLASSIC, "|horizontal|, largest of 4×4"],
    side=2.6,
    columns=3,
    suptitle="One photograph, four kernels",
    caption="Edges and points are dark or bright where the photograph changes, grey "
    "where it doesn't. Pooling keeps the strongest response of each 4×4 block.",
    alt="Six grey pictures: a photograph of a Chinese temple roof, its blurred "
    "copy, its vertical edges, its horizontal edges, its points, and a coarse copy "
    "of the horizontal edges.",
)

# %% [markdown] slideshow={"slide_type": "skip"}
# The entries of an edge kernel add up to 0. So its response to a constant is 0, and a photograph brighter by a constant
# gives the same edges. The blur, whose entries add up to 1, passes brightness on. A kernel is a question about a
# neighbourhood. Networks learn which questions to ask.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## What does a kernel do with colour? · 卷积核怎样处理彩色图像？
#
# A colour image has three *channels*: how much red, green and blue light each pixel has. A kernel then has three slices
# too, one per channel. Their sums are added up as well.

# %% slideshow={"slide_type": "-"} tags=["hide-input"]
red, green, blue = [[9, 8], [9, 9]], [[2, 3], [1, 2]], [[1, 1], [0, 1]]
plus, minus, zero = np.ones((2, 2), int), -np.ones((2, 2), int), np.zeros((2, 2), int)
drawings.channel_sums(
    np.stack([red, green, blue], axis=-1),
    np.stack([plus, minus, zero], axis=-1),
    caption="Red pixels under a kernel that adds red and subtracts green: 35 − 8 = "
    "27. On a grey wall red and green are equal, and it gives 0.",
)

# %% [markdown] slideshow={"slide_type": "subslide"}
# **Predict before you run.** `Conv2D(8, 3)` is given colour images. How many maps does it make, and how many parameters
# has it, biases included: 8 maps and 80 parameters, 24 maps and 240, or 8 maps and 224?

# %% slideshow={"slide_type": "fragment"}
flower = load_sample_image("flower.jpg")[30:390:2, 140:500:2] / 255.0
astronaut = photographs.astronaut()[:360:2, 60:420:2] / 255.0
photos = np.stack([flower, astronaut]).astype("float32")

layer = layers.Conv2D(8, 3)
print(photos.shape, "->", layer(photos).shape)
print([tuple(weights.shape) for weights in layer.weights],
      layer.count_params())

# %% [markdown] slideshow={"slide_type": "subslide"}
# <details><summary>Your prediction</summary>
#
# 8 maps, and $(3 \cdot 3 \cdot 3 + 1) \cdot 8 = 224$ parameters. A common guess is three maps per filter, one per
# colour. But a filter's sum runs over all its channels: one filter, one map, whatever the number of channels below.
#
# </details>
#
# So a kernel can ask about colour. Four kernels, written by hand, each a shape (blur or edge) times a mixture of
# channels:

# %% slideshow={"slide_type": "skip"}
blur, edge = CLASSIC["blur (Gauss)"], CLASSIC["vertical edges (Sobel)"]
COLOUR = {  # name: (shape, what red, green and blue count)
    "red − green": (blur, [1, -1, 0]),
    "blue − yellow": (blur, [-0.5, -0.5, 1]),
    "edges of brightness": (edge, [1 / 3, 1 / 3, 1 / 3]),
    "edges of red − green": (edge, [1, -1, 0]),
}
colour_kernels = np.stack(
    [shape[..., None] * mixture for shape, mixture in COLOUR.values()],
    axis=-1)                                # (3, 3, 3, 4)
layer = layers.Conv2D(4, 3, use_bias=False)
layer.build(photos.shape)
layer.set_weights([colour_kernels])
colour_maps = np.asarray(layer(photos))     # (2, 178, 178, 4)

# %% slideshow={"slide_type": "subslide"} tags=["hide-input"]
drawings.panels(
    [picture for photo, maps in zip(photos, colour_maps, strict=True)
     for picture in (photo, *np.moveaxis(maps, -1, 0))],
    ["flower", *COLOUR, "astronaut", *COLOUR],
    columns=5,
    side=1.75,
    signed=True,
    suptitle="Colour photographs, and what four kernels answer",
    caption="Red: above 0, blue: below 0. Petals and suit, which are orange, answer "
    "most to red − green, white and grey hardly. The last two see edges, one "
    "of brightness and one of hue.",
    alt="Two rows: a flower and four maps of it in red and blue, an astronaut and "
    "four maps of her. In the first maps the petals and the orange suit stand "
    "out.",
)

# %% [markdown] slideshow={"slide_type": "notes"}
# After the first layer nobody calls channels colours any more: a layer of 8 filters gives 8 channels to the next, whose
# kernels have 8 slices. Photographs: "flower" of scikit-learn (CC BY), Eileen Collins by NASA, from scikit-image (public
# domain).

# %% [markdown] slideshow={"slide_type": "slide"}
# ## What does a whole network look like in Keras? · 用 Keras 搭一个完整的网络
#
# Convolutions and poolings take turns: maps become smaller and more. Then `Flatten` writes the last maps one number
# after another, and dense layers decide. The last one has no activation. Its outputs are *logits*, scores of any size,
# which softmax turns into probabilities (the loss does so for us). Logits $2, 1, 0$ become
# $e^2, e^1, e^0$ over their sum: $0.67, 0.24, 0.09$.

# %% slideshow={"slide_type": "subslide"}
model = keras.Sequential([
    keras.Input((28, 28, 1)),
    layers.Conv2D(8, 3, padding="same", activation="relu"),
    layers.MaxPooling2D(2),
    layers.Conv2D(16, 3, padding="same", activation="relu"),
    layers.MaxPooling2D(2),
    layers.Flatten(),
    layers.Dense(64, activation="relu"),
    layers.Dense(10),
])
start = model.get_weights()         # to begin from once more, later

# %% [markdown] slideshow={"slide_type": "fragment"}
# **Predict before you run.** Which layer has most of the parameters: the first convolution, the second, or the first
# dense layer? And how many of 10,000 test digits will the network read after three passes over 5,000 others?

# %% slideshow={"slide_type": "subslide"} tags=["hide-input"]
drawings.network_volumes(
    model,
    caption="Blue: tensors, with their shapes (height×width×channels) and the layer "
    "that makes them. Maps become smaller and more. Below: the parameters of "
    "each layer.",
)

# %% slideshow={"slide_type": "subslide"}
model.compile(
    optimizer=keras.optimizers.Adam(2e-3),
    loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
    metrics=["accuracy"],
)
digits = mnist.train.take(5_000)
held_out = mnist.validation.take(1_000)
history = model.fit(
    digits.x, digits.y, batch_size=64, epochs=3, verbose=0,
    validation_data=(held_out.x, held_out.y),
)
_, keras_accuracy = model.evaluate(
    mnist.test.x, mnist.test.y, batch_size=1000, verbose=0)
some = model.predict(mnist.test.x[:10], verbose=0)  # logits (10, 10)
print("read:", some.argmax(axis=-1), " is:", mnist.test.y[:10])

# %% slideshow={"slide_type": "subslide"} tags=["hide-input"]
by_epoch = [f"{Measured(value):.1%}" for value in history.history["val_accuracy"]]
show.markdown(f"""
Accuracy on validation digits, epoch by epoch: {", ".join(by_epoch)}; on the test digits
at the end: {Measured(keras_accuracy):.1%}.
""")

# %% [markdown] slideshow={"slide_type": "-"}
# <details><summary>Your prediction</summary>
#
# The first dense layer, by far: each of its 64 units has a weight for each of 784 numbers. A common guess is the second
# convolution. It does most of the work, with few weights. (`GlobalAveragePooling2D()` instead of `Flatten()` takes the
# mean of every map: 16 numbers instead of 784. A residual network further down does so.)
#
# </details>

# %% [markdown] slideshow={"slide_type": "subslide"}
# What does `fit` do? Batch after batch: the forward pass, the loss, its gradient (chapter 02), and a step of the
# optimiser. Written out:

# %% slideshow={"slide_type": "-"}
@tf.function
def step(model, optimizer, loss_of, x, y):
    """One step of gradient descent on a batch; returns its loss."""
    with tf.GradientTape() as tape:
        logits = model(x, training=True)
        loss = loss_of(y, logits)
    gradients = tape.gradient(loss, model.trainable_variables)
    optimizer.apply(gradients, model.trainable_variables)
    return loss

# %% [markdown] slideshow={"slide_type": "notes"}
# Is that all? We train three times from the same weights on the same 1,000 digits in the same order: by `fit`, by this
# loop, and by the course's own `training.fit`, which many chapters use (on one machine one seed gives the same bits
# again, and with a checkpoint an interrupted training goes on).

# %% slideshow={"slide_type": "skip"}
few = mnist.train.take(1_000)
order = training.loop.epoch_order(len(few), seed=0, epoch=0).numpy()
x, y = few.x[order], few.y[order]
loss_of = keras.losses.SparseCategoricalCrossentropy(from_logits=True)

model.set_weights(start)                                    # 1. fit
model.compile(keras.optimizers.Adam(2e-3), loss_of)
model.fit(x, y, batch_size=50, shuffle=False, verbose=0)
by_fit = model.get_weights()

model.set_weights(start)                                    # 2. the loop
adam = keras.optimizers.Adam(2e-3)
adam.build(model.trainable_variables)
for first in range(0, 1_000, 50):
    step(model, adam, loss_of, x[first:first + 50], y[first:first + 50])
by_loop = model.get_weights()

# %% slideshow={"slide_type": "skip"}
model.set_weights(start)                                    # 3. training.fit
training.fit(model, training.objectives.classification(), few, epochs=1,
             batch_size=50, optimizer=keras.optimizers.Adam(2e-3), seed=0)

def flat(weights):
    """All weights of a network in one vector."""
    return np.concatenate([array.ravel() for array in weights])

checks.equal("the weights after Keras' fit and after the loop",
             flat(by_fit), flat(by_loop), atol=1e-4)
checks.equal("the weights after training.fit and after the loop",
             flat(model.get_weights()), flat(by_loop), atol=1e-4)

# %% [markdown] slideshow={"slide_type": "skip"}
# `models.convnet` builds networks of this form, of any number of filters, with names and seeds for its layers:

# %% slideshow={"slide_type": "skip"}
same = models.convnet((28, 28, 1), 10, filters=(8, 16), hidden=64)
same.set_weights(model.get_weights())
checks.equal("outputs of models.convnet and of the network above, same weights",
             same(few.x[:50]), model(few.x[:50]), atol=1e-5)

# %% [markdown] slideshow={"slide_type": "skip"}
# ## What does a convolution save? · 卷积节省了什么？
#
# With $P$ places, $n$ inputs, $F$ filters, and kernels of $k \times k$ on $C$ channels, so that a unit's field has $k^2
# C$ inputs:
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
built = {
    "dense": layers.Dense(places * 8),
    "local, nothing shared": models.LocalConvolution2D(8, 3),
    "convolution": layers.Conv2D(8, 3, padding="same"),
}
costs = {  # parameters, multiply-adds
    "dense": complexity.dense(inputs, places * 8),
    "local, nothing shared": (places * (9 + 1) * 8, places * 9 * 8),
    "convolution": complexity.convolution((3, 3), 1, 8, places),
}
for name, layer in built.items():
    layer.build((None, inputs) if name == "dense" else (None, 28, 28, 1))
checks.equal("parameters by formula and as Keras counts them",
             [cost[0] for cost in costs.values()],
             [layer.count_params() for layer in built.values()])

# %% slideshow={"slide_type": "skip"} tags=["hide-input"]
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

# %% [markdown] slideshow={"slide_type": "skip"}
# <details><summary>Your prediction</summary>
#
# The parameters shrink much more. A common guess is that both shrink alike, since a smaller layer has less of
# everything. But *locality* saves work and parameters, *sharing* saves parameters only: the kernel is still
# multiplied at each of 784 places.
#
# </details>

# %% [markdown] slideshow={"slide_type": "skip"}
# So a convolutional network may be small on disk and slow to run. The two ideas can be tested apart, which a
# later section does.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## How far does a unit see? · 一个单元能看多远？
#
# A unit of the first 3×3 layer sees three pixels along an axis, one of the second layer sees what three units of the
# first see: its *receptive field*.

# %% slideshow={"slide_type": "-"} tags=["hide-input"]
drawings.growing_field(
    {"all strides 1": [1, 1, 1], "first stride 2": [2, 1, 1]},
    caption="Seen from the side. With stride 1 each layer adds one pixel on either "
    "side. If the first layer has stride 2, a step of one unit above it is a "
    "step of two pixels.",
)

# %% [markdown] slideshow={"slide_type": "subslide"}
# Let a unit of one layer see $r$ pixels, and let neighbouring units' fields lie $j$ pixels apart ($r = j = 1$ at the
# input). A layer with kernel $k$, dilation $d$ and stride $s$ makes of it
#
# $$r \leftarrow r + (k-1)\,d\,j, \qquad j \leftarrow j\,s .$$
#
# In the drawing: $1 \to 3 \to 5 \to 7$ on the left; $1 \to 3 \to 7 \to 11$ on the right.
#
# **Predict before you run.** Stack 3×3 convolutions, stride 1. How many layers until a unit sees 28 pixels: 3, 9, or
# 14? And with stride 2?

# %% slideshow={"slide_type": "skip"}
def field_sizes(stride, pool, depth):
    """Sizes of the fields after 1, 2, … layers of 3×3, each pooled or not."""
    field, sizes = receptive_field.Field(), []
    for _ in range(depth):
        field = field.after(kernel=3, stride=stride)
        field = field.after(kernel=2, stride=2) if pool else field
        sizes.append(field.size)
    return sizes

# %% slideshow={"slide_type": "subslide"} tags=["hide-input"]
show.table(
    [["stride 1", *field_sizes(1, False, 5), "…", field_sizes(1, False, 14)[-1]],
     ["stride 2", *field_sizes(2, False, 5), "…", ""],
     ["stride 1, then 2×2 pooling", *field_sizes(1, True, 5), "…", ""]],
    ["3×3 layers", *"12345", "…", "14"], "Field, pixels along an axis")

# %% [markdown]
# <details><summary>Your prediction</summary>
#
# With stride 1 each layer adds two pixels, one on either side: $1 + 2L \ge 28$ at $L = 14$. Three is a common
# guess, since $3^3 = 27$; but the fields of neighbours overlap. With stride 2 or with pooling $j$ doubles, and four
# layers are enough. Three aren't.
#
# </details>

# %% [markdown] slideshow={"slide_type": "notes"}
# The article's first sentence on convolutional networks: 「CNN采用局部感受野，也就是说，某个感知器只会与邻近的输入区域相连，而不是全局连接」
# ("a CNN uses local receptive fields; that is, a unit is connected to a nearby region of the input only, and not to all
# of it"). Is it so in Keras' layers? We measure the derivative of one unit's value with respect to every pixel. Where
# it is not zero, the unit sees. ReLU and pooling let different pixels through in different images, so the gradients of
# 64 crops of the photograph are put together.

# %% slideshow={"slide_type": "skip"}
def stack(specification, seed, size=64):
    """A Keras model of layers (kind, kernel, stride, dilation), 8 channels each."""
    inputs = x = keras.Input((size, size, 1))
    for number, (kind, kernel, stride, dilation) in enumerate(specification, 1):
        options = {"padding": "same", "name": f"layer_{number}"}
        if kind == "pool":
            x = layers.MaxPooling2D(kernel, stride, **options)(x)
            continue
        start = keras.initializers.HeNormal(seed=100 * seed + number)
        x = layers.Conv2D(
            8, kernel, stride, dilation_rate=dilation, activation="relu",
            kernel_initializer=start, **options)(x)
    return keras.Model(inputs, x)

STACKS = {
    "four 3×3": [("conv", 3, 1, 1)] * 4,
    "3×3 and pooling, twice": [("conv", 3, 1, 1), ("pool", 2, 2, 1)] * 2,
    "dilations 1, 2, 4": [("conv", 3, 1, 1), ("conv", 3, 1, 2), ("conv", 3, 1, 4)],
    "5×5 stride 2, three times": [("conv", 5, 2, 1)] * 3,
}

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

# %% slideshow={"slide_type": "skip"} tags=["hide-input"]
drawings.receptive_fields(
    crops[20, ..., 0],
    list(gradients.values()),
    [(pixels, pixels) for pixels in boxes.values()],
    list(STACKS),
    caption="Blue frame: the field by formula, of one unit in the middle. Colour: "
    "size of its gradient. Nothing is coloured outside the frame, and little at its "
    "border, where few paths lead: an exercise measures that.",
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

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Does the map move when the image moves? · 图像平移时，特征图也平移吗？
#
# A layer is *equivariant* to shifts if it makes no difference whether the image is shifted first and then filtered, or
# filtered first and then shifted: $f(T x) = T f(x)$.
#
# **Predict before you run.** Shift a digit by one pixel to the right. Which follow exactly: a convolution; a
# convolution with stride 2; max pooling of 2×2; a local layer whose places have weights of their own?

# %% [markdown] slideshow={"slide_type": "notes"}
# Shared weights give equivariance by construction: $y_{i+t} = \sum_a x_{i+t+a} w_a$ is the same sum, read $t$ places
# further. (The converse holds too: a linear layer on a ring that follows all shifts has $W_{ij}$ depend on $j - i$ alone,
# and is a convolution.) But a map of stride 2 has only every second place. Shift the image by one, and it needs the
# places that it left out.
#
# We measure the relative error $\lVert f(Tx) - T f(x) \rVert / \lVert f(x) \rVert$ over 16 digits with enough blank
# around them. Where $f$ has stride $s$, a shift by $t$ pixels is one by $t/s$ places; the error is the smallest over
# whole shifts of the map.

# %% slideshow={"slide_type": "skip"}
blank = np.pad(mnist.validation.x[:16], [(0, 0), (18, 18), (18, 18), (0, 0)])

def shift_errors(network, images, shifts):
    """Relative error of f(T x) against the best whole shift of f(x), by shift T to the
    right: (shifts,)."""
    before, found = np.asarray(network(images)), []
    for shift in shifts:
        after = np.asarray(network(np.roll(images, shift, axis=2)))
        found.append(min(
            np.linalg.norm(after - np.roll(before, places, axis=2))
            for places in range(shift + 1)
        ))
    return np.array(found) / np.linalg.norm(before)

# %% slideshow={"slide_type": "skip"}
def blurred(channels=8):
    """A layer that blurs each channel along both axes, and keeps every second place."""
    row = np.array([1, 4, 6, 4, 1]) / 16
    kernel = np.repeat(np.outer(row, row)[..., None, None], channels, axis=2)
    start = keras.initializers.Constant(kernel)
    return layers.DepthwiseConv2D(
        5, 2, padding="same", use_bias=False, depthwise_initializer=start
    )

CONV, POOL = ("conv", 3, 1, 1), ("pool", 2, 2, 1)
FOLLOWERS = {
    "convolution": lambda seed: stack([CONV], seed),
    "convolution, max pooling": lambda seed: stack([CONV, POOL], seed),
    "convolution with stride 2": lambda seed: stack([("conv", 3, 2, 1)], seed),
    "convolution, blur with stride 2": lambda seed: keras.Sequential(
        [stack([CONV], seed), blurred()]),
    "local, nothing shared": lambda seed: models.LocalConvolution2D(8, 3, seed=seed),
}

# %% slideshow={"slide_type": "skip"}
shifts = np.arange(5)
seeds_of = {name: 20 if "stride 2" in name else 5 for name in FOLLOWERS}
errors = {
    name: np.transpose(
        [shift_errors(build(seed), blank, shifts) for seed in range(seeds_of[name])])
    for name, build in FOLLOWERS.items()
}  # (shifts, seeds)
checks.equal("the error of a convolution's map at every shift, and 0",
             errors["convolution"], 0, atol=1e-5)

# %% slideshow={"slide_type": "subslide"} tags=["hide-input"]
charts.curves(
    shifts,
    errors,
    xlabel="shift of the image (pixels)",
    ylabel="relative error of the shifted map",
    title="What follows a shift",
    caption="Random networks, mean of 5 seeds (stride 2: 20), 95 % intervals. A "
    "convolution follows every shift. With stride or pooling by 2 the map"
    " follows even shifts only. Without shared weights it follows none.",
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
# before each stride; here that takes away about half of the error. With stride 1 and blank borders a convolution's map
# follows a shift exactly, and the mean over a whole map at the end doesn't change with it. What is in between makes it
# approximate.

# %% slideshow={"slide_type": "notes"} tags=["hide-input"]
claims.measure(
    "C06a.1",
    "stride 2, image shifted by 1 pixel: error of the map, relative to its norm, by"
    " seed; control: blurred before every second place is taken",
    lambda name, seed: errors[name][1, seed],
    of=[("convolution with stride 2", seed) for seed in range(20)],
    control=[("convolution, blur with stride 2", seed) for seed in range(20)],
    above=0.5,
)

# %% [markdown] slideshow={"slide_type": "slide"}
# ## How many examples is a neighbourhood worth? · 邻近关系抵得上多少样本？
#
# Two networks with equally many parameters, to 1 %: the convolutional one from above (8 and 16 filters of 3×3, each
# followed by pooling, a hidden layer of 64), and a multilayer perceptron of one hidden layer. Both get the same digits and
# the same number of steps.
#
# **Predict before you run.** With which number of examples is the convolutional network's lead larger: 100 or 1,000?
# And with all 60,000: is there still a lead?

# %% slideshow={"slide_type": "skip"}
show.source(sample_efficiency.convolutional, sample_efficiency.dense)

# %% [markdown] slideshow={"slide_type": "notes"}
# Local fields are there for a purpose, says the article: 「这样就可以有效地提取局部特征」 ("in this way it can extract local
# features effectively"), and 「可以有效提取图像中的全局和局部特征」 ("can effectively extract global and local features of an
# image"). The rule: a lead at equal parameters, by seed, on the digits as they are and on
# digits whose pixels have all been shuffled in the same way. Shuffling leaves the information in the image, and takes
# the neighbourhoods away.

# %% slideshow={"slide_type": "notes"} tags=["hide-input"]
HIGH, MIDDLE, LOW = [0.8, 0.82, 0.81], [0.75, 0.76, 0.76], [0.72, 0.73, 0.72]
CASES = {"holds when neighbouring inputs belong together": (HIGH, MIDDLE, LOW, MIDDLE),
         "holds": (HIGH, MIDDLE, HIGH, MIDDLE),
         "does not hold": (MIDDLE, MIDDLE, LOW, MIDDLE),
         "not settled": ([0.7, 0.82, 0.81], MIDDLE, LOW, MIDDLE)}
QUANTITIES = ["cnn", "mlp", "cnn_shuffled", "mlp_shuffled"]
claims.rule(
    "A2.6.2",
    {"holds when neighbouring inputs belong together":
         lambda cnn, mlp, cnn_shuffled, mlp_shuffled: (cnn - mlp).low > 0
         and (cnn_shuffled - mlp_shuffled).high < 0.01,
     "holds": lambda cnn, mlp, cnn_shuffled, mlp_shuffled: (cnn - mlp).low > 0
         and (cnn_shuffled - mlp_shuffled).low > 0.01,
     "does not hold":
         lambda cnn, mlp, cnn_shuffled, mlp_shuffled: (cnn - mlp).high < 0.01,
     "not settled": True},
    made_up={verdict: dict(zip(QUANTITIES, values, strict=True))
             for verdict, values in CASES.items()},
    compares=("cnn", "mlp"),
)

# %% [markdown] slideshow={"slide_type": "subslide"}
# Live: 100 digits at half the resolution (14×14 pixels, which is quick), 12 seeds (5 where shuffled), 80 steps, scored on
# held-out digits that are not the test data. Each network has the learning rate that was best for it in a recorded grid, on other seeds.

# %% slideshow={"slide_type": "skip"}
SEEDS, SIDE = {"in order": range(12), "shuffled": range(5)}, 14
mixing = np.random.default_rng(0).permutation(SIDE * SIDE)

def pixels_shuffled(split, order):
    """The same digits, all with their pixels in another order."""
    x = split.x.reshape(len(split), -1)[:, order].reshape(split.x.shape)
    return datasets.Split(x, split.y)

pool, score = (sample_efficiency.halved(split) for split in
               (mnist.train.take(5_000), mnist.validation.take(1_000)))
pixels = {"in order": (pool, score),
          "shuffled": (pixels_shuffled(pool, mixing), pixels_shuffled(score, mixing))}

# %% slideshow={"slide_type": "skip"}
study = recording.load("ch06_examples")

def accuracies(name, pixels, study, steps=80):
    """After 80 steps on 100 digits: dict from the pixels' order to values by seed."""
    build = functools.partial(getattr(sample_efficiency, name),
                              input_shape=(SIDE, SIDE, 1))
    options = {"sizes": [100], "steps": steps,
               "learning_rate": sample_efficiency.best_rate(study, name),
               "trainings": repeats.classifier(build, steps=steps, batch_size=32)}
    return {order: sample_efficiency.accuracies(
        build, pool, score, seeds=SEEDS[order], **options)[0]
        for order, (pool, score) in pixels.items()}

from_few = {name: accuracies(name, pixels, study)
            for name in ("convolutional", "dense")}

# %% slideshow={"slide_type": "-"} tags=["hide-input"]
show.table(
    [[order, f"{Measured(from_few['convolutional'][order]):.1%}",
      f"{Measured(from_few['dense'][order]):.1%}",
      f"{Measured(from_few['convolutional'][order] - from_few['dense'][order]):.1%}"]
     for order in pixels],
    ["pixels", "convolutional", "dense", "lead, by seed"],
    "Accuracy after learning from 100 digits (live, validation data)",
)

# %% [markdown] slideshow={"slide_type": "fragment"}
# In order, the convolutional network leads. With the pixels shuffled it falls far behind: neither neighbourhoods nor shared weights fit such data. A dense layer doesn't know which pixels are neighbours, so to the
# perceptron shuffling is nothing.

# %% slideshow={"slide_type": "notes"} tags=["hide-input"]
claims.measure(
    "C06a.2",
    "100 digits, equal parameters: accuracy of the convolutional network less the"
    " dense one's, by seed; control: all pixels shuffled alike",
    lambda order, seed: from_few["convolutional"][order][seed]
    - from_few["dense"][order][seed],
    of=[("in order", seed) for seed in SEEDS["in order"]],
    control=[("shuffled", seed) for seed in SEEDS["shuffled"]],
    above=0.0,
)
claims.verdict(
    "A2.6.2",
    cnn=from_few["convolutional"]["in order"], mlp=from_few["dense"]["in order"],
    cnn_shuffled=from_few["convolutional"]["shuffled"],
    mlp_shuffled=from_few["dense"]["shuffled"],
)

# %% [markdown] slideshow={"slide_type": "subslide"}
# Recorded, with all 28×28 pixels, more digits and more steps, on the test data (`make bench STUDY=ch06_examples`). Steps of
# 50 digits: $200$, $500$, $1{,}500$ and $3{,}000$, so that $100$ digits are gone through $100$ times, $60{,}000$ only $2.5$ times.

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
# the two recorded leads can't be told apart. Counted in mistakes, the lead is larger with 1,000 (these two differ in their
# steps as well). With 60,000 there is a lead, too; but there both networks have seen each digit only two and a half times.
#
# </details>
#
# The neighbourhood is knowledge about the data, put into the wiring. It is worth examples, and it costs accuracy
# where it isn't true. Before you convolve over an axis, ask whether its order means something. Pixels, time, positions
# in a text: yes. The columns of a table: seldom.

# %% [markdown] slideshow={"slide_type": "skip"}
# The same was measured on data made for such questions, curves of 40 points (MNIST-1D, Greydanus & Kobak 2024), and
# longer (`make bench STUDY=ch06_mnist1d`). The authors' accuracies are from
# [their README](https://github.com/greydanus/mnist1d).

# %% slideshow={"slide_type": "skip"} tags=["hide-input"]
curve_study = recording.load("ch06_mnist1d")
by_network = {
    name: np.array([curve_study[f"{name}, seed {seed}"] for seed in range(5)]).T
    for name in ("CNN", "MLP, equal parameters")}
authors = {"CNN": "{:.0f} % / {:.0f} %".format(
    *(100 * share for share in shuffled_mnist1d.AUTHORS["CNN"]))}
show.table(
    [[name, *(f"{Measured(value):.0%}" for value in values), authors.get(name, "")]
     for name, values in by_network.items()],
    ["network", "in order", "shuffled", "authors, in order / shuffled"],
    "Accuracy on MNIST-1D, five seeds, 6,000 steps (recorded)",
)

# %% [markdown] slideshow={"slide_type": "slide"}
# ## What is in a residual block? · 残差块里有什么？
#
# Deep networks, which see far, are mostly trained with what chapter 03 found: normalisation, and links around layers. A
# *residual block* computes $y = \mathrm{ReLU}(F(x) + x)$.

# %% slideshow={"slide_type": "-"} tags=["hide-input"]
drawings.residual_block(
    caption="Grey boxes have weights. *Batch normalisation* sets each channel to "
    "mean 0 and variance 1 over the batch, then multiplies it by γ and adds "
    "β, which are learnt.",
)

# %% [markdown] slideshow={"slide_type": "subslide"}
# Where $F$ halves the map or changes the number of channels, $x$ has to follow, here by a 1×1 convolution. `Sequential`
# has no branches, Keras' *functional* form has: a layer is called with a tensor, and gives one.
#
# No bias: the normalisation has one, β.

# %% slideshow={"slide_type": "-"}
def block(x, filters, stride=1):
    """A residual block, from maps (batch, height, width, channels)."""
    options = {"padding": "same", "use_bias": False}
    link = x
    f = layers.Conv2D(filters, 3, strides=stride, **options)(x)
    f = layers.BatchNormalization()(f)
    f = layers.ReLU()(f)
    f = layers.Conv2D(filters, 3, **options)(f)
    f = layers.BatchNormalization()(f)
    if link.shape != f.shape:
        link = layers.Conv2D(filters, 1, strides=stride, **options)(x)
        link = layers.BatchNormalization()(link)
    return layers.ReLU()(layers.Add()([f, link]))

# %% [markdown] slideshow={"slide_type": "skip"}
# **Predict before you run.** Set the scale γ of the block's second normalisation to 0. What does the block then compute
# for an input that came out of a ReLU: 0, the input, or noise?

# %% slideshow={"slide_type": "skip"}
inputs = keras.Input((14, 14, 8))
one_block = keras.Model(inputs, block(inputs, filters=8))
normalisations = [layer for layer in one_block.layers
                  if isinstance(layer, layers.BatchNormalization)]
normalisations[1].gamma.assign(np.zeros(8))

maps = np.maximum(generator.normal(size=(4, 14, 14, 8)), 0)
checks.equal("a residual block with γ = 0, and its input",
             one_block(maps.astype("float32")), maps, atol=1e-6)

# %% [markdown] slideshow={"slide_type": "skip"}
# <details><summary>Your prediction</summary>
#
# The input. 0 is what the block would give without its link. With the link it starts as the identity, and learns what
# to add to it. So ten more such blocks that begin with γ = 0 don't change what a network computes at the start.
#
# </details>

# %% [markdown] slideshow={"slide_type": "skip"}
# A whole residual network: a first convolution (the *stem*), blocks in stages of ever smaller maps, the mean of every
# map, one dense layer.

# %% slideshow={"slide_type": "skip"}
inputs = x = keras.Input((28, 28, 1))
x = layers.Conv2D(16, 7, strides=2, padding="same", use_bias=False)(x)
x = layers.ReLU()(layers.BatchNormalization()(x))
for filters, stride in [(16, 1), (32, 2), (48, 2)]:
    x = block(x, filters, stride)
x = layers.GlobalAveragePooling2D()(x)
residual = keras.Model(inputs, layers.Dense(10)(x))

checks.equal("parameters of this network and of models.resnet's",
             residual.count_params(), digit_readers.residual(0).count_params())

# %% [markdown] slideshow={"slide_type": "notes"}
# Batch normalisation has a memory: while training, it uses the batch's mean and variance, and keeps a running average
# of them; with `training=False` it uses the average. A training loop of your own calls the model with `training=True`,
# or these averages stay as they were at the start.

# %% slideshow={"slide_type": "skip"}
show.source(digit_readers.residual)

# %% [markdown] slideshow={"slide_type": "slide"}
# ## How many digits does a residual network get wrong? · 残差网络会认错多少个数字？
#
# A residual network and a perceptron with equally many parameters are trained on the same 55,000 digits for two
# epochs, each with an optimiser's settings of its own.
#
# **Predict before you run.** Of 10,000 test digits, how many does each of them get wrong? Write down two numbers.

# %% [markdown] slideshow={"slide_type": "notes"}
# The article: 「CNN的应用领域包括图像分类、物体检测、语音识别等」 ("applications of CNNs include image classification, object detection, speech
# recognition and others"). Here the first of them. *Classifies images* is taken as: reads 99 of 100 digits, and more
# than a network without convolutions does at equal parameters. By seed, share of 10,000 test digits.

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

# %% [markdown] slideshow={"slide_type": "notes"}
# Five of either kind, seeds 1 to 5, were trained by `digit_readers.train` (`make bench STUDY=ch06_readers`); their
# weights are shipped, and the mistakes below are counted on them here. The perceptron's learning rate is the best of a
# recorded grid on the validation digits, on other seeds.

# %% slideshow={"slide_type": "skip"}
networks = {kind: list(digit_readers.shipped(kind).values())
            for kind in ("residual", "perceptron")}
answers = {kind: [training.predict(model, mnist.test.x) for model in models_of_kind]
           for kind, models_of_kind in networks.items()}  # logits (10000, 10)

def mistakes(logits, labels):
    """The number of digits whose largest logit isn't the label's."""
    return int(np.sum(logits.argmax(axis=-1) != labels))

counts = {kind: [mistakes(logits, mnist.test.y) for logits in of_kind]
          for kind, of_kind in answers.items()}

# %% slideshow={"slide_type": "subslide"} tags=["hide-input"]
rows = [("the small network above, 5,000 digits three times, live", model,
         [round(10_000 * (1 - keras_accuracy))])]
rows += [(f"{kind} networks, 55,000 digits twice, five seeds", networks[kind][0],
          counts[kind]) for kind in networks]
show.table(
    [[name, f"{network.count_params():,}", f"{complexity.multiply_adds(network):,}",
      f"{Measured(wrong):.0f}"] for name, network, wrong in rows],
    ["network", "parameters", "multiply-adds", "mistakes in 10,000"],
)

# %% [markdown]
# <details><summary>Your prediction</summary>
#
# That the two are close is the usual guess, since their parameters are equally many. But one of them shares its weights over places, and is deeper and normalised: which of these counts, this doesn't say. The price is in the third
# column: equally many parameters, many times the multiply-adds.
#
# </details>

# %% slideshow={"slide_type": "notes"} tags=["hide-input"]
claims.measure(
    "C06a.4",
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

# %% slideshow={"slide_type": "skip"} tags=["hide-input"]
said = answers["residual"][0].argmax(axis=-1)
shares = np.asarray(tf.nn.softmax(answers["residual"][0]))
wrong = np.flatnonzero(said != mnist.test.y)
surest = wrong[np.argsort(-shares[wrong].max(axis=-1))][:20]
figures.image_grid(
    mnist.test.x[surest],
    [f"{mnist.test.y[i]} read as {said[i]}" for i in surest],
    title="Twenty mistakes on the test data, the surest ones",
    caption="One of the five networks. Some digits are hard to read for people, "
    "too; others are not.",
    figsize=(9.0, 2.6),
)

# %% [markdown] slideshow={"slide_type": "notes"}
# What convolution doesn't build in, turning and scaling, can be shown
# to the network instead: a layer that is active in training only, and changes every digit a little each time (*data
# augmentation*; Keras has `RandomRotation`, `RandomZoom` and others). It tells the network which changes don't matter.

# %% slideshow={"slide_type": "skip"} tags=["hide-input"]
augment = models.RandomAffine(rotation=12, scale=0.12, shear=0.15, shift=2.0, seed=0)
one_digit = np.repeat(mnist.validation.x[:1], 10, axis=0)
figures.image_grid(
    np.concatenate([one_digit[:1], np.asarray(augment(one_digit[1:], training=True))]),
    title="One digit, and nine of its changed copies",
    caption="Left: as it is. All others are still the same digit to us.",
    figsize=(8.0, 1.3),
)
large = list(recording.load("ch06_mnist").values())
show.markdown(f"""
Recorded (`make bench STUDY=ch06_mnist`): larger residual networks, eight epochs with
such copies, {len(large)} seeds:
{Measured([one['accuracy'] for one in large]):.2%} of the test digits.
""")

# %% [markdown] slideshow={"slide_type": "skip"}
# ## Does the network read a shifted digit? · 数字移动之后还认得吗？
#
# The residual networks' maps follow shifts in part, and the mean at the end forgets places. The perceptron has neither.
# Between the two is the small network of the beginning: it has maps, but `Flatten` and a dense layer at their end, which
# know places. Five of them, trained on as many digits, are shipped as well.
#
# **Predict before you run.** All digits move three pixels to the right, about the width of a stroke. What is the
# accuracy of each kind of network then?

# %% slideshow={"slide_type": "skip"}
part = mnist.validation.take(500)

def accuracy(model, x, y):
    """Share of right answers on a few images."""
    return float(np.mean(training.predict(model, x).argmax(axis=-1) == y))

moves = np.array([0, 1, 3, 6])
networks["convolutions, then Flatten"] = list(digit_readers.shipped("small").values())
moved = {
    kind: np.array([
        [accuracy(model, np.roll(part.x, move, axis=2), part.y) for model in of_kind]
        for move in moves
    ])
    for kind, of_kind in networks.items()
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
    " mean over them, still read them; the two kinds with a dense "
    "layer on places need strokes where they learnt them.",
)

# %% [markdown] slideshow={"slide_type": "skip"}
# <details><summary>Your prediction</summary>
#
# Three pixels look like nothing to us. To a dense layer a shifted digit is another set of inputs, with weights that
# never saw it. "Convolutions don't mind shifts" is the other common guess: the maps move along, and the dense layer behind
# them minds. The residual networks also differ in depth and normalisation, which this doesn't separate.
#
# </details>

# %% slideshow={"slide_type": "skip"} tags=["hide-input"]
claims.measure(
    "C06a.5",
    "digits shifted by 3 pixels: accuracy of residual networks, which end in the mean "
    "of each map; control: convolutional networks that end in Flatten",
    lambda kind, seed: moved[kind][list(moves).index(3), seed],
    of=[("residual", seed) for seed in range(5)],
    control=[("convolutions, then Flatten", seed) for seed in range(5)],
    above=0.9,
    source="evaluated",
)

# %% [markdown] slideshow={"slide_type": "skip"}
# ## How do maps change their channels, and grow again? · 1×1 卷积与转置卷积
#
# A **1×1 convolution** sees one place and all its channels. With channels $(3, 1, 2)$ at some place and the filter $(2, 0, -1)$:
# $3 \cdot 2 + 1 \cdot 0 + 2 \cdot (-1) = 4$. It is a dense layer, applied to each place by itself: a cheap way to change
# the number of channels.

# %% slideshow={"slide_type": "skip"}
maps = generator.normal(size=(2, 14, 14, 8)).astype("float32")
one_by_one, dense = layers.Conv2D(4, 1), layers.Dense(4)
one_by_one.build(maps.shape)
dense.build(maps.shape)
weights, bias = dense.get_weights()                     # (8, 4), (4,)
one_by_one.set_weights([weights[None, None], bias])     # (1, 1, 8, 4)
checks.equal("a 1×1 convolution and a dense layer at each place",
             one_by_one(maps), dense(maps), atol=1e-5)

# %% [markdown] slideshow={"slide_type": "skip"}
# Decoders (chapter 08d) have to make large maps of small ones. A **transposed convolution** turns things round: each input
# *stamps* the kernel, times itself, into the output, one stride after another. Where stamps overlap, they add up.

# %% slideshow={"slide_type": "skip"} tags=["hide-input"]
drawings.transposed_convolution(
    [1, 2], [1, 2, 3], stride=2,
    caption="Inputs (1, 2), kernel (1, 2, 3), stride 2: five outputs. In the middle "
    "two stamps overlap: 3 + 2 = 5.",
)

# %% [markdown] slideshow={"slide_type": "skip"}
# The name says what it is. A convolution is a matrix $M$ that takes the large map to the small one; the transposed one
# multiplies by $M^\top$:
#
# $$\begin{pmatrix} 1 & 2 & 3 & 0 & 0 \\ 0 & 0 & 1 & 2 & 3 \end{pmatrix}^{\!\top} \begin{pmatrix} 1 \\ 2 \end{pmatrix} = (1, 2, 5, 4, 6)^\top .$$
#
# **Predict before you run.** A convolution with stride 2 makes a 6×6 map of a 13×13 image. `Conv2DTranspose` with the
# same kernel and stride goes over that map. Does it give the image back?

# %% slideshow={"slide_type": "skip"}
down = layers.Conv2D(1, 3, strides=2, use_bias=False)
up = layers.Conv2DTranspose(1, 3, strides=2, use_bias=False)
picture = mnist.train.x[:1, ::2, ::2][:, :13, :13]      # (1, 13, 13, 1)
up.build(down(picture).shape)
up.set_weights(down.get_weights())
small = np.asarray(down(picture))                       # (1, 6, 6, 1)
large_again = np.asarray(up(small))                     # (1, 13, 13, 1)

M = convolution.matrix(down.get_weights()[0], (13, 13, 1), stride=2)
checks.equal("Conv2DTranspose and the transposed matrix",
             large_again.ravel(), M.T @ small.ravel(), atol=1e-5)
print(picture.shape, "->", small.shape, "->", large_again.shape)

# %% slideshow={"slide_type": "skip"} tags=["hide-input"]
drawings.panels(
    [picture[0, ..., 0], small[0, ..., 0], large_again[0, ..., 0]],
    ["image, 13×13", "convolved, 6×6", "transposed, 13×13"],
    columns=3,
    side=2.2,
    suptitle="Down and up again with one kernel",
    caption="The size comes back, the picture doesn't.",
    alt="A coarse digit, a smaller grey map of it, and a map of the first size in "
    "which the digit can't be made out well.",
)

# %% [markdown] slideshow={"slide_type": "skip"}
# <details><summary>Your prediction</summary>
#
# No. It is sometimes called a *deconvolution*, which sounds like an inverse. But 36 numbers can't hold 169, and
# $M^\top$ is no inverse of $M$: it gives the shape back, and what to fill in has to be learnt. (It is what
# backpropagation through a convolution multiplies by, chapter 02.)
#
# </details>
#
# Where the kernel's size isn't a multiple of the stride, some places get more stamps than others, and a checkerboard can show
# ([Odena et al. 2016](https://distill.pub/2016/deconv-checkerboard/)). `UpSampling2D` and a plain convolution avoid it.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## What does a trained network know that helps elsewhere? · 迁移与微调
#
# Labels cost work. We need the digits 5 to 9, from other writers, scanned to 8×8 dots, and somebody has labelled ten of
# them. What of a network can be used that has learnt from MNIST?
#
# - **Frozen**: keep all layers but the last as they are (`trainable = False`); learn a new last layer on the numbers
#   that they give, its *features*.
# - **Fine-tuned**: a new last layer too, and all other layers are trained on, from where they are.
# - **From scratch**: begin with random weights.

# %% slideshow={"slide_type": "skip"}
eights = datasets.load("digits")
show.source(transfer.like_mnist)
new, new_test = (transfer.like_mnist(transfer.of_classes(split, range(5, 10)))
                 for split in (eights.train, eights.test))

# %% slideshow={"slide_type": "skip"} tags=["hide-input"]
figures.image_grid(
    np.concatenate([mnist.train.x[:10], new.x[:10]]),
    columns=10,
    title="Digits of MNIST, and 5 to 9 of the 8×8 digits, stretched",
    caption="Above: what a network has learnt from. Below: what it shall learn to "
    "read.",
    figsize=(8.0, 2.0),
)

# %% [markdown] slideshow={"slide_type": "subslide"}
# By hand, in Keras, once. The trained network is saved to a file and
# loaded again, as if it came from somebody else. First all but the last layer is frozen; then the same student is set
# free and trained on, its last layer with it. Does that help with ten digits?

# %% slideshow={"slide_type": "-"}
readers = {"0 to 9": digit_readers.shipped("small"),    # five, by seed
           "0 to 4": digit_readers.shipped("small_0_to_4")}
with tempfile.TemporaryDirectory() as folder:
    path = pathlib.Path(folder) / "reader.keras"
    readers["0 to 9"][1].save(path)     # layers and weights: one file
    base = keras.saving.load_model(path)

features = keras.Model(base.inputs[0], base.layers[-2].output)  # 64
features.trainable = False
student = keras.Sequential([features, layers.Dense(5)])
chosen = transfer.draw_by_class(new.y, 2, seed=0).ravel()  # ten digits

# %% slideshow={"slide_type": "skip"}
def taught(student, rate, examples, test, epochs=30):
    """Compile, train on a few examples; returns the accuracy on others."""
    student.compile(
        keras.optimizers.Adam(rate),
        keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=["accuracy"])
    student.fit(examples.x, examples.y, batch_size=10, epochs=epochs,
                verbose=0)
    return student.evaluate(test.x, test.y, verbose=0)[1]

ten = datasets.Split(new.x[chosen], new.y[chosen])
frozen = taught(student, 1e-2, ten, new_test)
learnt = sum(weights.shape.num_elements()
             for weights in student.trainable_weights)
features.trainable = True               # takes effect when compiled anew
tuned = taught(student, 1e-3, ten, new_test)

# %% slideshow={"slide_type": "skip"} tags=["hide-input"]
show.markdown(f"""
Frozen, {learnt} parameters learn: {Measured(frozen):.1%} of the test digits. Then
all {student.count_params():,}, at a tenth of the rate: {Measured(tuned):.1%}. One
network, one draw of ten digits.
""")

# %% [markdown] slideshow={"slide_type": "subslide"}
# One draw of ten digits says little. So the same with five
# networks of this form, from five seeds, each with its own draw; and with five others that know MNIST's digits 0 to 4
# only.
#
# **Predict before you run.** With two labelled digits per class: are the frozen features better than a start from
# scratch? And if they come from a network that has never seen a 5, 6, 7, 8 or 9?

# %% [markdown] slideshow={"slide_type": "notes"}
# `transfer.few_labels` gives all contenders the same examples, in the same order, and 150 steps. Each has the learning
# rate that was best for it, for this number of labels, with other networks and on the validation digits (`make bench
# STUDY=ch06_transfer`, a grid by factors of 2).

# %% slideshow={"slide_type": "skip"}
transfer_study = recording.load("ch06_transfer")

def after_two_labels(key, readers, new, test, study):
    """Test accuracies by network after learning from two labels per class."""
    start, rate = key.partition(",")[0], sample_efficiency.best_rate(study, f"{key}, 2")
    return transfer.few_labels(
        readers, digit_readers.small_0_to_4, new, test, counts=[2],
        contenders=[start], rates={(start, 2): rate})[start][:, 0]

live = {key: after_two_labels(key, readers[known], new, new_test, transfer_study)
        for key, known in [("from scratch", "0 to 9"), ("frozen, 0 to 9", "0 to 9"),
                           ("frozen, 0 to 4", "0 to 4")]}

def read(readers, test):
    """Shares of 5 to 9 that networks read as they are, told that it is one of these."""
    return [float(np.mean(np.argmax(reader(test.x)[:, 5:], axis=-1) == test.y))
            for reader in readers.values()]

as_it_is = read(readers["0 to 9"], new_test)

# %% slideshow={"slide_type": "subslide"} tags=["hide-input"]
LABELS = [1, 2, 5, 10, 20, 50]
recorded = {start: np.array([transfer_study[f"{start}, {count}"] for count in LABELS])
            for start in [*live, "fine-tuned, 0 to 9", "fine-tuned, 0 to 4"]}
charts.curves(
    LABELS,
    {start: 100 * values for start, values in recorded.items()},
    xlabel="labelled 8×8 digits per class",
    ylabel="accuracy on 8×8 test digits, 5 to 9 (%)",
    title="From MNIST to the 8×8 digits",
    xscale="log",
    xticks=LABELS,
    xticklabels=LABELS,
    caption="Recorded: five networks, mean with 95 % intervals, each start at its "
    "best learning rate. “0 to 9”, “0 to 4”: the digits of MNIST that the "
    "network knows. The bands are wide since some draws of digits are "
    "luckier than others, for all starts alike.",
)

# %% slideshow={"slide_type": "skip"} tags=["hide-input"]
show.table(
    [[start, f"{Measured(live[start]):.1%}" if start in live else "",
      *(f"{Measured(recorded[start][LABELS.index(count)]):.1%}" for count in (2, 50))]
     for start in recorded]
    + [["0 to 9, as it is, no label used", f"{Measured(as_it_is):.1%}", "", ""]],
    ["start", "2 labels per class (live)", "2 (recorded)", "50 (recorded)"],
    "Accuracy on the test digits 5 to 9, five networks",
)

# %% [markdown] slideshow={"slide_type": "subslide"}
# <details><summary>Your prediction</summary>
#
# Better, if the network knew all ten digits. Worse than from scratch, if it knew 0 to 4 only! A common guess is that
# features of strokes serve for any digit. A likely reason: a network keeps what its task needs, and telling 0 to 4
# apart doesn't need all that makes a 7 a 7. Even with 50 labels per class its frozen layers hold the new network back;
# fine-tuned, they can learn what they lack.
#
# </details>
#
# So ask what a network had to tell apart before you reuse it, and compare it with a start from scratch, each at its own
# best learning rate.

# %% slideshow={"slide_type": "notes"} tags=["hide-input"]
claims.measure(
    "C06a.6",
    "two labels per class: accuracy on frozen features less that from scratch, by "
    "network; control: features of networks that have seen other digits only",
    lambda known, row: live[f"frozen, {known}"][row] - live["from scratch"][row],
    of=[("0 to 9", row) for row in range(5)],
    control=[("0 to 4", row) for row in range(5)],
    above=0.0,
)

# %% [markdown] slideshow={"slide_type": "skip"}
# **And from ink to a pen on a tablet?** Here nothing was scanned: a tablet recorded the pen's path, the data keep eight
# points of it per digit, and a straight line joins each to the next (`datasets.strokes.pictures`).
#
# **Predict before you run.** With two labels per class the frozen features of 0 to 9 were ahead on the 8×8 digits. Are
# they on the pen strokes? And with fifty?

# %% slideshow={"slide_type": "skip"}
pen = datasets.load("pen_digits")
pen_test = transfer.drawn(transfer.of_classes(pen.test, range(5, 10)))
pen_as_it_is = read(readers["0 to 9"], pen_test)

# %% slideshow={"slide_type": "skip"} tags=["hide-input"]
figures.image_grid(
    pen_test.x[:10],
    columns=10,
    title="Pen strokes, drawn",
    caption="Ten of the pen digits 5 to 9, drawn as MNIST has its own: 20 by 20 "
    "pixels in the middle of 28 by 28.",
    alt="Ten digits of thin straight strokes, 5 to 9 among them.",
    figsize=(8.0, 1.3),
)
with_pen = {start: [transfer_study[f"pen strokes, {start}, {count}"]
                    for count in (2, 50)]
            for start in ("frozen, 0 to 9", "fine-tuned, 0 to 9", "from scratch")}
show.table(
    [[start, *(f"{Measured(values):.1%}" for values in pair)]
     for start, pair in with_pen.items()]
    + [["0 to 9, as it is, no label used (live)", f"{Measured(pen_as_it_is):.1%}", ""]],
    ["start", "2 labels per class (recorded)", "50 (recorded)"],
    "Accuracy on the pen digits 5 to 9, five networks",
)

# %% [markdown] slideshow={"slide_type": "skip"}
# <details><summary>Your prediction</summary>
#
# With two labels yes, with fifty no: then a start from scratch is ahead of the frozen features, and fine-tuning only
# comes level with it. What these networks know of ink is worth something while there are few labels; on the 8×8 digits
# it still is with fifty, on the pen strokes learning from what one has is better by then.
#
# </details>

# %% [markdown] slideshow={"slide_type": "skip"}
# ## Which pixels does its answer depend on? · 答案取决于哪些像素？

# %% [markdown] slideshow={"slide_type": "skip"}
# Look at one digit on its way through the network.

# %% slideshow={"slide_type": "skip"}
seen, digit = networks["residual"][0], mnist.validation.x[:1]
stages = ["stem_activation", "stage_2_block_1_activation", "stage_3_block_1_activation"]
outputs = [seen.get_layer(name).output for name in stages]
through = keras.Model(seen.input, outputs)(digit)
stem = seen.get_layer("stem_convolution").kernel.numpy()[:, :, 0]  # (7, 7, 16)

# %% slideshow={"slide_type": "skip"} tags=["hide-input"]
drawings.panels(
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

# %% [markdown] slideshow={"slide_type": "skip"}
# Pictures of filters and maps suggest much and prove nothing. Here are three ways to ask *which pixels* matter, and a
# test that can fail.
#
# - **Saliency** (Simonyan et al. 2014): $|\partial z_c / \partial x|$, how fast the class's logit $z_c$ changes with each pixel.
# - **Class activation** (Zhou et al. 2016): the logit is $z_c = b_c + \frac{1}{P} \sum_p \sum_f w_{fc}\, m_{pf}$, a mean over
#   places $p$ of the last maps $m$. Each place's term is its part of the answer.
# - **Occlusion** (Zeiler & Fergus 2014): cover a square with background, and see how much $z_c$ falls.

# %% [markdown] slideshow={"slide_type": "skip"}
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

# %% slideshow={"slide_type": "skip"} tags=["hide-input"]
drawings.explanations(
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

# %% slideshow={"slide_type": "skip"}
def read_by(model, images):
    """The class that a network reads in each image."""
    return training.predict(model, images).argmax(axis=-1)

def changed(model, images, scores, before):
    """Share of images that aren't read as ``before`` without these pixels."""
    return float(np.mean(read_by(model, without(images, scores)) != before))

intact = [read_by(model, asked.x) for model in networks["residual"]]

# %% [markdown] slideshow={"slide_type": "skip"}
# Each method is compared with its like. A coarse map takes pixels that lie together, and a gap in a stroke does more
# harm than scattered points; so each method has random maps of its own resolution beside it. Moreover, occlusion asks
# nearly the question of the test: what happens if something is covered? Its like is therefore the occlusion map of a
# perceptron: the same method, as smooth, from the same digit, but of another kind of network. (Another residual
# network's map does nearly as well as its own: these maps say more about the digit and the kind of network than about
# one of them.)

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

# %% slideshow={"slide_type": "skip"}
shares_changed = {
    name: [changed(model, asked.x, scores, before) for model, scores, before
           in zip(networks["residual"], maps, intact, strict=True)]
    for name, maps in pointers.items()
}

# %% slideshow={"slide_type": "skip"} tags=["hide-input"]
show.table(
    [[name, f"{Measured(values):.0%}"] for name, values in shares_changed.items()],
    ["20 inked pixels taken where", "answers that change"],
    "Five residual networks, 100 digits",
)

# %% [markdown] slideshow={"slide_type": "skip"}
# <details><summary>Your prediction</summary>
#
# Scattered at random: hardly any. Where a method points: more, and most for occlusion. "The finest map is best" is a
# common guess; saliency does least here.
#
# </details>

# %% [markdown] slideshow={"slide_type": "skip"}
# But taking pixels away is nearly what occlusion does. A ranking of methods is a statement about a test.

# %% slideshow={"slide_type": "skip"} tags=["hide-input"]
claims.measure(
    "C06a.7",
    "20 inked pixels taken where a network's occlusion map points: share of its "
    "answers that change; control: where a perceptron's occlusion map points",
    lambda pointer, network: shares_changed[pointer][network],
    of=[("occlusion", network) for network in range(5)],
    control=[("occlusion of a perceptron", network) for network in range(5)],
    above=0.4,
    source="evaluated",
)

# %% [markdown] slideshow={"slide_type": "skip"}
# ## Do its first filters look like the cortex? · 第一层滤波器像视觉皮层吗？
#
# Many neurons of the primary visual cortex (V1) respond to bars and edges of one direction at one place: Hubel &
# Wiesel's *simple cells*. Their fields are well described by Gabor functions, a wave under a bell (Jones & Palmer
# 1987):
#
# $$g(x, y) = e^{-(u^2 + \gamma^2 v^2)/2\sigma^2} \cos(2\pi u/\lambda + \varphi), \qquad u, v: x - x_0,\ y - y_0 \text{ turned by } \theta .$$
#
# $\sigma$ and $\gamma$ are the bell's width and shape, $\lambda$ and $\varphi$ the wave's length and phase.
#
# How much of a filter does the best Gabor function explain?
#
# **Predict before you run.** The best of 9,000 Gabor shapes is fitted to a 7×7 filter of pure noise. What share of its
# squares does it explain: 1 %, 5 %, or 20 %?

# %% slideshow={"slide_type": "skip"}
show.source(gabor.fit)

# %% [markdown] slideshow={"slide_type": "skip"}
# The article: 「CNN的结构类似于图像的感官系统，如视网膜、皮质结构等」 ("the structure of a CNN resembles the sensory system of images, such as
# the retina and the cortex"). That fields are local is settled (A2.6.1). What else would make the structure resemble
# retina and cortex? Filters like V1's: Gabor functions should explain trained filters better than noise of the same
# spectrum, which has the same waves in the same directions, but no shape; and to hold without reserve, explain more
# than four fifths of them. And nothing essential that the cortex lacks: if weight sharing makes a difference, which no
# cortex is known to have, the likeness ends there. `trained`, `noise`: share that Gabor functions explain, by network;
# `shared`, `local`: accuracy with and without sharing, by seed.

# %% slideshow={"slide_type": "skip"} tags=["hide-input"]
PARTLY = "holds for local fields, in part for filters, not for shared weights"
HIGH, LOW = [0.78, 0.79, 0.8], [0.74, 0.75, 0.77]  # made-up values, by network
CASES = {"holds": ([0.88, 0.9, 0.89], [0.6, 0.61, 0.6], HIGH, HIGH),
         PARTLY: ([0.8, 0.82, 0.81], [0.6, 0.61, 0.6], HIGH, LOW),
         "does not hold beyond local fields":
             ([0.6, 0.62, 0.61], [0.61, 0.62, 0.62], HIGH, LOW),
         "not settled": ([0.6, 0.9, 0.61], [0.62, 0.61, 0.63], HIGH, LOW)}
NAMES = ["trained", "noise", "shared", "local"]
claims.rule(
    "A2.6.4",
    {"holds": lambda trained, noise, shared, local: trained.low > 0.8
         and (trained - noise).low > 0 and (shared - local).high < 0.005,
     PARTLY: lambda trained, noise, shared, local: (trained - noise).low > 0
         and (shared - local).low > 0,
     "does not hold beyond local fields": lambda trained, noise, shared, local:
         (trained - noise).high < 0.02 and (shared - local).low > 0,
     "not settled": True},
    made_up={verdict: dict(zip(NAMES, values, strict=True))
             for verdict, values in CASES.items()},
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
first = [filters(model) for model in networks["residual"]]
untrained = [filters(digit_readers.residual(seed)) for seed in range(1, 6)]
mixer = np.random.default_rng(0)
mixed = [mixer.permuted(kernels.reshape(-1, 49), axis=1).reshape(-1, 7, 7)
         for kernels in first]
smooth = [ndimage.gaussian_filter(
    np.random.default_rng(seed).normal(size=(64, 13, 13)), (0, 1, 1))[:, 3:10, 3:10]
    for seed in range(5)]
gabor_shares = {name: [explained(kernels) for kernels in sets] for name, sets in {
    "trained": first,
    "untrained": untrained,
    "trained, each filter's pixels mixed": mixed,
    "noise, blurred by a bell of 1 pixel": smooth,
}.items()}
gabor_shares["noise of the trained filters' spectrum"] = [
    np.mean([explained(same_spectrum(kernels, seed)) for seed in range(4)])
    for kernels in first]

# %% slideshow={"slide_type": "skip"} tags=["hide-input"]
shown, _, fits = gabor.fit(first[0])
best = np.argsort(-shown)[:8]
drawings.panels(
    [*first[0][best], *fits[best], *same_spectrum(first[0][best], seed=0)],
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

# %% slideshow={"slide_type": "skip"} tags=["hide-input"]
show.table(
    [[name, f"{Measured(values):.0%}"] for name, values in gabor_shares.items()]
    + [["recorded larger networks, trained",
        f"{Measured([one['Gabor'] for one in large]):.0%}"],
       ["recorded larger networks, untrained",
        f"{Measured([one['Gabor, untrained'] for one in large]):.0%}"]],
    ["first filters, 7×7", "share that the best Gabor function explains"],
    "Five networks each",
)

# %% [markdown] slideshow={"slide_type": "skip"}
# <details><summary>Your prediction</summary>
#
# About 20 %: see the untrained filters, which are noise. 1 % seems safe, since noise has no shape. But whoever may
# choose among 9,000 shapes finds one that fits a good part of 49 numbers.
#
# </details>

# %% [markdown] slideshow={"slide_type": "skip"}
# Against untrained or mixed filters the trained ones look like the cortex; against noise of their own spectrum little
# of that is left; and noise that is only smooth wins. A high share by itself may say no more than that filters are
# smooth. Which control you choose decides what you find.

# %% [markdown] slideshow={"slide_type": "skip"}
# ## Does it matter that all places share their weights? · 共享权重重要吗？
#
# Each synapse of a retina or a cortex belongs to one place: nothing is known that copies what one place has learnt to all
# others (Bartunov et al. 2018). So the brain's network is *local*, as the layer `LocalConvolution2D` is: the same fields,
# every place with filters of its own.
#
# **Predict before you run.** With 100 digits to learn from, is the network without sharing better, since it has
# more parameters to adapt; equal; or worse?

# %% slideshow={"slide_type": "skip"}
show.source(models.LocalConvolution2D.call)
from_few["local"] = accuracies("local", pixels, study)

# %% slideshow={"slide_type": "skip"} tags=["hide-input"]
show.table(
    [[name, f"{getattr(sample_efficiency, name)(0, (SIDE, SIDE, 1)).count_params():,}",
      *(f"{Measured(from_few[name][order]):.1%}" for order in pixels),
      f"{Measured(full[name][-1]):.1%}"]
     for name in ("convolutional", "local", "dense")],
    ["network", "parameters at 14×14", "100", "100, shuffled", "60,000, 28×28"],
    "Accuracy by number of digits; 100: live, 14×14; 60,000: recorded, five seeds",
)

# %% [markdown] slideshow={"slide_type": "skip"}
# <details><summary>Your prediction</summary>
#
# Worse. "Better" trusts in the number of parameters. But they have to be learnt place by place: a stroke seen at the
# left teaches a filter at the left. Sharing makes each example teach all places at once.
#
# </details>

# %% [markdown] slideshow={"slide_type": "skip"}
# It isn't the smaller number of parameters by itself that makes the difference: with the pixels shuffled, sharing
# doesn't help.

# %% [markdown] slideshow={"slide_type": "skip"}
# How a brain gets by without copying weights is an open question: it has more examples, it moves its eyes, and a
# place can also be taught by its neighbours (Pogodin et al. 2021).

# %% slideshow={"slide_type": "skip"} tags=["hide-input"]
claims.measure(
    "C06a.8",
    "100 digits: accuracy with shared weights less that of the same network "
    "without, by seed; control: all pixels shuffled alike",
    lambda order, seed: from_few["convolutional"][order][seed]
    - from_few["local"][order][seed],
    of=[("in order", seed) for seed in SEEDS["in order"]],
    control=[("shuffled", seed) for seed in SEEDS["shuffled"]],
    above=0.0,
)
claims.verdict(
    "A2.6.4", source={"trained": "evaluated", "noise": "evaluated"},
    trained=gabor_shares["trained"],
    noise=gabor_shares["noise of the trained filters' spectrum"],
    shared=from_few["convolutional"]["in order"], local=from_few["local"]["in order"])

# %% [markdown] slideshow={"slide_type": "skip"}
# ## How small a change flips its answer? · 多小的改动会让它认错？
#
# The *fast gradient sign* method (Goodfellow et al. 2015) changes every pixel by ε in the direction that raises the
# loss:
#
# $$x' = x + \varepsilon \operatorname{sign} \frac{\partial L}{\partial x} .$$
#
# **Predict before you run.** Each pixel may change by at most ε = 0.1 on a scale from 0 to 1, which leaves the digits
# easy to read for us. How many of the network's answers are still right, if the changes are random? And if they are
# chosen?

# %% slideshow={"slide_type": "skip"}
victims = mnist.validation.take(500, seed=2)
chosen = [attribution.signed_gradient(model, victims.x, victims.y)
          for model in networks["residual"]]
signs = np.random.default_rng(0).normal(size=victims.x.shape)
directions = {
    "chosen": chosen,
    "chosen for another digit": [np.roll(signs_of, 1, axis=0) for signs_of in chosen],
    "random": [np.sign(signs).astype("float32")] * 5,
}
strengths = np.array([0.0, 0.05, 0.1])

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

# %% slideshow={"slide_type": "skip"} tags=["hide-input"]
charts.curves(
    strengths,
    {name: 100 * values for name, values in survive.items()},
    xlabel="change of each pixel, ε (of a scale from 0 to 1)",
    ylabel="right answers (%)",
    title="Changes of equal size, chosen and not",
    caption="Mean of five residual networks with 95 % intervals. Changes that were "
    "chosen against this network and this digit do most harm; those chosen for "
    "another digit about as much as random ones.",
)

# %% slideshow={"slide_type": "skip"}
attacked = np.clip(victims.x + 0.1 * chosen[0], 0, 1)
read = training.predict(networks["residual"][0], attacked).argmax(axis=-1)
fooled = np.flatnonzero(read != victims.y)[:8]

# %% slideshow={"slide_type": "skip"} tags=["hide-input"]
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

# %% [markdown] slideshow={"slide_type": "skip"}
# <details><summary>Your prediction</summary>
#
# A common guess is that equal changes do equal harm. There are 784 pixels. A random direction adds up to little along
# the gradient: at ε = 0.05 few answers change, at 0.1 many do (noise is new to the network, too). The chosen one adds
# up 784 small steps, all in the same sense (to first order, and less those that the limits 0 and 1 cut off):
# $\varepsilon \sum_i
# |\partial L / \partial x_i|$.
#
# </details>

# %% [markdown] slideshow={"slide_type": "skip"}
# An accuracy on test data is a statement about data *like the test data*. The network needn't look at what we look at.

# %% slideshow={"slide_type": "skip"} tags=["hide-input"]
claims.measure(
    "C06a.9",
    "every pixel changed by 0.1 against the network: right answers, a share of "
    "500; control: the changes that were chosen for another digit",
    lambda direction, network: survive[direction][2, network],
    of=[("chosen", network) for network in range(5)],
    control=[("chosen for another digit", network) for network in range(5)],
    below=0.5,
    source="evaluated",
)

# %% [markdown] slideshow={"slide_type": "slide"}
# ## What the article says, and what was measured · 文章怎么说，测得如何

# %% [markdown]
# The article is right about local fields (by definition), about images (A2.6.3a), and about what local fields are good
# for, on a condition that it leaves out: neighbours must belong together (A2.6.2). The likeness to retina and cortex
# (A2.6.4) is real where it says "local". Gabor functions fit its first filters better than noise of their spectrum, but worse than smooth noise. And learning that shares its weights between places, which the article doesn't mention, has no known
# counterpart in the brain.

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
# ## Terms · 术语
#
# | English | 中文 | in one line |
# | --- | --- | --- |
# | convolution | 卷积 | the same small kernel, summed over the neighbourhood of every place |
# | cross-correlation | 互相关 | what networks compute; a mathematician's convolution turns the kernel first |
# | kernel, filter | 卷积核，滤波器 | the numbers that are laid on each neighbourhood |
# | feature map | 特征图 | a filter's responses at all places |
# | channel | 通道 | one of the numbers at each place: a colour, or a filter's response |
# | logits | 未归一化得分（logits） | scores of the classes before softmax |
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
# | 1×1 convolution | 1×1 卷积 | a dense layer at each place by itself |
# | transposed convolution | 转置卷积 | each input stamps the kernel; the transposed matrix of a convolution |
# | transfer learning | 迁移学习 | a network trained on one task as the start of another |
# | frozen layers | 冻结的层 | layers whose weights stay as they are |
# | fine-tuning | 微调 | training trained weights on, on other data |
# | data augmentation | 数据增强 | changed copies of the examples that keep their class |
# | saliency map | 显著图 | how fast the answer changes with each pixel |
# | adversarial example | 对抗样本 | an input changed a little, on purpose, so that the prediction flips |
#
# ## Further reading · 延伸阅读
#
# - [LeCun et al. 1998](https://doi.org/10.1109/5.726791): the network that read cheques; look for the figure that compares it with dense ones.
# - [Dumoulin & Visin 2016](https://arxiv.org/abs/1603.07285): padding, strides and transposed convolutions, all drawn.
# - [Yosinski et al. 2014](https://arxiv.org/abs/1411.1792): which layers' features transfer; the control that begins at the same network.
# - [He et al. 2016](https://arxiv.org/abs/1512.03385): residual networks; figure 1, a deeper network that is worse on its own *training* data.
# - [Luo et al. 2016](https://arxiv.org/abs/1701.04128): effective receptive fields; how training changes them.
# - [Zhang 2019](https://arxiv.org/abs/1904.11486): why strides break equivariance, and the blur that mends it.
# - [Greydanus & Kobak 2024](https://arxiv.org/abs/2011.14439): MNIST-1D; other questions that a small data set can answer.
# - [Adebayo et al. 2018](https://arxiv.org/abs/1810.03292): saliency maps that don't change when the weights are made random.
# - [Goodfellow et al. 2015](https://arxiv.org/abs/1412.6572): adversarial examples; the argument of the long lever.
# - [Bartunov et al. 2018](https://arxiv.org/abs/1807.04587), [Pogodin et al. 2021](https://arxiv.org/abs/2106.13031): learning without shared weights, and how a brain might do it.
