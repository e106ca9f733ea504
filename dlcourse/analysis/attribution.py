"""Which pixels an answer hangs on: saliency, class activation, occlusion; and the small change that turns it over."""

import keras
import numpy as np
import tensorflow as tf


def saliency(model, images, classes):
    """Size of the gradient of each image's class logit with respect to its pixels (Simonyan et al. 2014).

    Args:
        model: Keras model from images (n, height, width, channels) to logits.
        images: float (n, height, width, channels).
        classes: whole numbers (n,).

    Returns:
        float array (n, height, width): the largest over channels.
    """
    images = tf.convert_to_tensor(images)
    with tf.GradientTape() as tape:
        tape.watch(images)
        logits = tf.gather(model(images, training=False), classes, axis=1, batch_dims=1)
        total = tf.reduce_sum(logits)
    return np.abs(tape.gradient(total, images)).max(axis=-1)


def class_activation(model, images, classes, maps="means", logits="logits"):
    """Each place's part of a class's logit: last maps times the class's weights (Zhou et al. 2016).

    The mean of a map over its places and its bias give the logit, where a mean and one dense layer follow the maps.

    Args:
        model: as for ``saliency``, ending in global average pooling and one dense layer, as ``models.resnet``.
        maps, logits: names of those two layers.

    Returns:
        float array (n, rows, columns).
    """
    cut = keras.Model(model.inputs[0], model.get_layer(maps).input)
    features = np.asarray(cut(images, training=False))
    weights = model.get_layer(logits).kernel.numpy()[:, np.asarray(classes)]
    return np.einsum("nrcf,fn->nrc", features, weights)


def occlusion(model, images, classes, side=7, step=3):
    """How much a class's logit falls when a square of the image is covered with 0 (Zeiler & Fergus 2014).

    Args:
        model, images, classes: as for ``saliency``.
        side: of the square, pixels. step: pixels between its places.

    Returns:
        float array (n, places, places): logit of the whole image less that of the covered one.
    """
    classes = np.asarray(classes)
    starts = range(0, images.shape[1] - side + 1, step)
    covered = np.repeat(images[None], len(starts) ** 2, axis=0)
    for index, (row, column) in enumerate((r, c) for r in starts for c in starts):
        covered[index, :, row : row + side, column : column + side] = 0
    whole = _logits(model, images)[np.arange(len(images)), classes]
    parts = _logits(model, covered.reshape(-1, *images.shape[1:])).reshape(len(covered), len(images), -1)
    falls = whole - parts[:, np.arange(len(images)), classes]
    return falls.T.reshape(len(images), len(starts), len(starts))


def signed_gradient(model, images, labels):
    """Sign of the cross-entropy's gradient with respect to each pixel (Goodfellow et al. 2015), float32 array."""
    images = tf.convert_to_tensor(images)
    with tf.GradientTape() as tape:
        tape.watch(images)
        loss = tf.nn.sparse_softmax_cross_entropy_with_logits(labels, model(images, training=False))
        total = tf.reduce_sum(loss)
    return np.sign(tape.gradient(total, images))


def _logits(model, images, batch=1000):
    return np.concatenate(
        [model(images[start : start + batch], training=False) for start in range(0, len(images), batch)]
    )
