"""Convolutional networks: blocks for images (height, width) and series (time) alike, and classifiers.

A block takes a Keras tensor and gives one, so that other networks can be built of the same pieces: a detector from the
maps of ``residual_stages``, a recogniser of speech from blocks over (time, frequency) or (time,).
"""

import itertools

import keras
from keras import layers

from dlcourse import checks
from dlcourse.models.initializers import seeded_initializer

CONVOLUTIONS = {3: layers.Conv1D, 4: layers.Conv2D}
POOLINGS = {3: layers.GlobalAveragePooling1D, 4: layers.GlobalAveragePooling2D}
"""By the rank of a batch: (batch, time, channels) or (batch, height, width, channels)."""


def convnet(input_shape, classes, *, filters=(32, 64), hidden=128, dropout=0.0, seed=None):
    """A small VGG-like classifier (Simonyan & Zisserman 2015).

    Maps float32 images (batch, height, width, channels) to logits (batch, classes): for each entry of ``filters``
    a 3x3 convolution, ReLU and 2x2 max pooling, then one hidden dense layer.

    Args:
        input_shape: (height, width, channels).
        classes: number of outputs.
        filters: list of channels, one entry per convolution.
        hidden: width of the dense layer.
        dropout: share of hidden units dropped before the logits.
        seed: of the initial weights and the dropout; None draws from Keras' global generator.

    Raises:
        ValueError: where an image is too small for its pooling layers, or a number makes no sense.
    """
    shape = checks.shape("convnet(input_shape)", input_shape, axes=3)
    classes = checks.whole_number("convnet(classes)", classes)
    hidden = checks.whole_number("convnet(hidden)", hidden)
    filters, seed = checks.widths("convnet(filters)", filters), checks.seed("convnet(seed)", seed)
    checks.rate("convnet(dropout)", dropout)
    smallest = 2 ** len(filters)
    if min(shape[:2]) < smallest:
        raise ValueError(
            f"convnet(input_shape={shape}): {len(filters)} poolings halve an image {len(filters)} times, so height "
            f"and width must be at least {smallest}. Give larger images or fewer entries in filters={filters}."
        )
    inputs = keras.Input(shape)
    x = inputs
    for index, width in enumerate(filters):
        x = layers.Conv2D(
            width,
            3,
            padding="same",
            activation="relu",
            kernel_initializer=seeded_initializer("glorot_uniform", seed, index),
            name=f"convolution_{index + 1}",
        )(x)
        x = layers.MaxPooling2D(2)(x)
    x = layers.Flatten()(x)
    x = layers.Dense(
        hidden,
        activation="relu",
        kernel_initializer=seeded_initializer("glorot_uniform", seed, len(filters)),
        name="hidden",
    )(x)
    if dropout:
        x = layers.Dropout(dropout, seed=seed)(x)
    outputs = layers.Dense(
        classes,
        kernel_initializer=seeded_initializer("glorot_uniform", seed, len(filters) + 1),
        name="logits",
    )(x)
    return keras.Model(inputs, outputs, name="convnet")


class Seeds:
    """Initialisers for the kernels of one network, one after another, from the network's seed."""

    def __init__(self, seed):
        self.seed, self.numbers = seed, itertools.count()

    def initializer(self, name):
        return seeded_initializer(name, self.seed, next(self.numbers))


def convolution_block(
    x, filters, *, kernel=3, stride=1, dilation=1, normalise=True, activation="relu", seeds=None, name=None
):
    """Convolution, batch normalisation (Ioffe & Szegedy 2015), activation.

    Args:
        x: Keras tensor (batch, height, width, channels) or (batch, time, channels).
        filters: channels of the output.
        kernel, stride, dilation: a whole number, or one per axis. Padding is "same": n places become ceil(n / stride).
        normalise: whether to normalise; the convolution then has no bias, which the normalisation's own replaces.
        activation: a Keras activation or its name; None leaves the output as it is.
        seeds: Seeds, which the kernels of one network share; None draws from Keras' global generator.
        name: of the layers, ``<name>_convolution``, ``_normalisation`` and ``_activation``.

    Returns:
        Keras tensor (batch, ..., filters).

    Raises:
        ValueError: where x is neither a series nor an image, or a number makes no sense.
    """
    if len(x.shape) not in CONVOLUTIONS:
        raise ValueError(
            f"convolution_block() got a tensor of shape {x.shape}: expected (batch, time, channels) or (batch, height, "
            "width, channels)."
        )
    filters = checks.whole_number("convolution_block(filters)", filters)
    kernel = _sides("convolution_block(kernel)", kernel)
    stride = _sides("convolution_block(stride)", stride)
    dilation = _sides("convolution_block(dilation)", dilation)
    named = (lambda part: f"{name}_{part}") if name else lambda part: None
    x = CONVOLUTIONS[len(x.shape)](
        filters,
        kernel,
        strides=stride,
        dilation_rate=dilation,
        padding="same",
        use_bias=not normalise,
        kernel_initializer=(seeds or Seeds(None)).initializer("he_normal"),
        name=named("convolution"),
    )(x)
    if normalise:
        x = layers.BatchNormalization(momentum=0.9, epsilon=1e-5, name=named("normalisation"))(x)
    return x if activation is None else layers.Activation(activation, name=named("activation"))(x)


def _sides(name, value):
    """A whole number, or a tuple of one per axis, as Python's own integers; Keras takes no others."""
    if not checks.is_list(value):
        return checks.whole_number(name, value)
    return tuple(checks.whole_number(f"{name}[{axis}]", side) for axis, side in enumerate(value))


def residual_block(
    x,
    filters,
    *,
    kernel=3,
    stride=1,
    normalise=True,
    shortcut=True,
    activation="relu",
    seeds=None,
    name="residual",
):
    """Two convolution blocks, and their input added before the last activation (He et al. 2016, figure 2).

    y = φ(F(x) + x). Where F changes the number of channels or the size, x passes a 1x1 convolution of the same stride.

    Args:
        x, filters, kernel, stride, normalise, activation, seeds: as for ``convolution_block``.
        shortcut: False leaves the addition out: a plain network of the same depth, for comparison.
        name: in front of the layers' names.
    """
    options = {"normalise": normalise, "seeds": seeds}
    branch = convolution_block(
        x, filters, kernel=kernel, stride=stride, activation=activation, name=f"{name}_1", **options
    )
    branch = convolution_block(branch, filters, kernel=kernel, activation=None, name=f"{name}_2", **options)
    if shortcut:
        unknown = stride != 1 and None in x.shape[1:-1]  # of any size, and smaller after this block
        if unknown or x.shape[1:] != branch.shape[1:]:
            x = convolution_block(
                x, filters, kernel=1, stride=stride, activation=None, name=f"{name}_shortcut", **options
            )
        branch = layers.Add(name=f"{name}_sum")([x, branch])
    return layers.Activation(activation, name=f"{name}_activation")(branch)


def residual_stages(x, filters, blocks, *, normalise=True, shortcut=True, seeds=None):
    """Stages of residual blocks; each but the first halves the maps. Returns a list of tensors, one per stage.

    Args:
        x: Keras tensor (batch, height, width, channels) or (batch, time, channels).
        filters: channels of each stage.
        blocks: residual blocks of each stage: a list, or a whole number for all.
        normalise, shortcut, seeds: as for ``residual_block``.
    """
    filters = checks.widths("residual_stages(filters)", filters, least=1)
    blocks = list(blocks) if checks.is_list(blocks) else [blocks] * len(filters)
    if len(blocks) != len(filters):
        raise ValueError(
            f"residual_stages(filters={filters}, blocks={blocks}): give as many numbers of blocks as stages, or one "
            "for all."
        )
    maps = []
    for stage, (width, count) in enumerate(zip(filters, blocks, strict=True)):
        checks.whole_number(f"residual_stages(blocks[{stage}])", count)
        for block in range(count):
            x = residual_block(
                x,
                width,
                stride=2 if stage and not block else 1,
                normalise=normalise,
                shortcut=shortcut,
                seeds=seeds,
                name=f"stage_{stage + 1}_block_{block + 1}",
            )
        maps.append(x)
    return maps


def resnet(
    input_shape,
    classes,
    *,
    filters=(16, 32, 64),
    blocks=1,
    stem_kernel=3,
    stem_stride=1,
    normalise=True,
    shortcut=True,
    dropout=0.0,
    augmentation=None,
    seed=None,
):
    """A residual network (He et al. 2016) for images (height, width, channels) or series (time, channels).

    Maps float32 (batch, *input_shape) to logits (batch, classes): a convolution block (the stem), stages of residual
    blocks of which each but the first halves the maps, the mean of each last map, and one dense layer. That mean makes
    class activation maps possible (Zhou et al. 2016).

    Args:
        input_shape: (height, width, channels) or (time, channels).
        classes: number of outputs.
        filters: channels of each stage; the stem has those of the first.
        blocks: residual blocks of each stage: a list, or a whole number for all.
        stem_kernel, stem_stride: side and stride of the first convolution.
        normalise: whether convolutions are batch-normalised.
        shortcut: False gives a plain network of the same depth.
        dropout: share of the means dropped before the logits.
        augmentation: a Keras layer applied to the images first, such as ``augmentation.RandomAffine``, or None.
        seed: of the initial weights and the dropout; None draws from Keras' global generator.

    Raises:
        ValueError: where a shape or a number makes no sense.
    """
    shape = checks.shape("resnet(input_shape)", input_shape)
    if len(shape) + 1 not in CONVOLUTIONS:
        raise ValueError(
            f"resnet(input_shape={shape}): expected (height, width, channels) or (time, channels)."
        )
    classes = checks.whole_number("resnet(classes)", classes)
    stem_kernel = checks.whole_number("resnet(stem_kernel)", stem_kernel)
    stem_stride = checks.whole_number("resnet(stem_stride)", stem_stride)
    filters, seed = checks.widths("resnet(filters)", filters, least=1), checks.seed("resnet(seed)", seed)
    checks.rate("resnet(dropout)", dropout)
    smallest = stem_stride * 2 ** (len(filters) - 1)
    if min(shape[:-1]) < smallest:
        raise ValueError(
            f"resnet(input_shape={shape}): its strides divide each axis by {smallest}, so give examples of at least "
            f"that size, or fewer entries in filters={filters}."
        )
    seeds = Seeds(seed)
    inputs = keras.Input(shape)
    x = inputs if augmentation is None else augmentation(inputs)
    x = convolution_block(
        x, filters[0], kernel=stem_kernel, stride=stem_stride, normalise=normalise, seeds=seeds, name="stem"
    )
    x = residual_stages(x, filters, blocks, normalise=normalise, shortcut=shortcut, seeds=seeds)[-1]
    x = POOLINGS[len(x.shape)](name="means")(x)
    if dropout:
        x = layers.Dropout(dropout, seed=seed)(x)
    outputs = layers.Dense(classes, kernel_initializer=seeds.initializer("glorot_uniform"), name="logits")(x)
    return keras.Model(inputs, outputs, name="resnet")
