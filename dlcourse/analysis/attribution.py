"""Attribution maps (saliency, class activation, occlusion), and the adversarial change that flips a prediction."""

import keras
import numpy as np
import tensorflow as tf

from dlcourse.training import predict


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


def class_activation(model, images, classes):
    """Class activation maps: each place's part of a class's logit (Zhou et al. 2016).

    A map is the last feature maps, weighted with the class's weights in the dense layer. The mean of it over all
    places, plus that layer's bias, is the logit.

    Args:
        model: ``models.resnet``, or a model that ends like it: global average pooling named "means", then one dense
            layer named "logits".
        images, classes: as for ``saliency``.

    Returns:
        float array (n, rows, columns).
    """
    cut = keras.Model(model.inputs[0], model.get_layer("means").input)
    features = predict(cut, images)
    weights = model.get_layer("logits").kernel.numpy()[:, np.asarray(classes)]
    return np.einsum("nrcf,fn->nrc", features, weights)


def occlusion(model, images, classes, side=7, step=3):
    """How much a class's logit falls when a square of the image is covered with 0 (Zeiler & Fergus 2014).

    Args:
        model, images, classes: as for ``saliency``.
        side: of the square, in pixels.
        step: pixels between neighbouring squares.

    Returns:
        float array (n, places, places): the logit of the whole image minus that of the covered one.
    """
    classes = np.asarray(classes)
    starts = range(0, images.shape[1] - side + 1, step)
    covered = np.repeat(images[None], len(starts) ** 2, axis=0)
    for index, (row, column) in enumerate((r, c) for r in starts for c in starts):
        covered[index, :, row : row + side, column : column + side] = 0
    whole = predict(model, images)[np.arange(len(images)), classes]
    parts = predict(model, covered.reshape(-1, *images.shape[1:])).reshape(len(covered), len(images), -1)
    falls = whole - parts[:, np.arange(len(images)), classes]
    return falls.T.reshape(len(images), len(starts), len(starts))


def signed_gradient(model, images, labels):
    """Sign of the cross-entropy's gradient with respect to each pixel: the fast gradient sign method's direction.

    (Goodfellow, Shlens & Szegedy 2015.)

    Args:
        model, images: as for ``saliency``.
        labels: whole numbers (n,).

    Returns:
        float32 array of the images' shape, of -1, 0 and 1.
    """
    images = tf.convert_to_tensor(images)
    with tf.GradientTape() as tape:
        tape.watch(images)
        loss = tf.nn.sparse_softmax_cross_entropy_with_logits(labels, model(images, training=False))
        total = tf.reduce_sum(loss)
    return np.sign(tape.gradient(total, images))
