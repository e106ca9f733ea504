"""A classifier of windows turned into a network for images of any size, with the same weights."""

import keras
from keras import layers


def fully_convolutional(classifier):
    """The same classifier at every place of a larger image, in one pass: dense layers become convolutions.

    A dense layer on a flattened map (rows, columns, channels) is a convolution whose kernel is as large as the map;
    dense layers after it are convolutions of 1×1. So the new network gives, for each window that the classifier fits
    into, the classifier's outputs; windows lie as far apart as the poolings and strides say.

    Args:
        classifier: keras.Sequential for images (height, width, channels): convolutions and poolings without padding,
            then Flatten, then dense layers. Dropout may stand anywhere.

    Returns:
        keras.Model: (batch, rows, columns, channels) to (batch, places down, places across, classes).

    Raises:
        ValueError: where a layer is of another kind, or a layer pads, so that a window's border would look different
            inside a larger image.
    """
    inputs = x = keras.Input((None, None, classifier.input_shape[-1]))
    flattened, weights = None, []
    for layer in classifier.layers:
        if isinstance(layer, layers.Flatten):
            flattened = layer.input.shape[1:3]
        elif isinstance(layer, layers.Dense) and flattened is not None:
            kernel, bias = layer.get_weights()
            dense = layers.Conv2D(layer.units, flattened, activation=layer.activation, name=layer.name)
            x = dense(x)
            weights.append((dense, [kernel.reshape(dense.kernel.shape), bias]))
            flattened = (1, 1)
        elif (
            isinstance(layer, layers.Conv2D | layers.MaxPooling2D | layers.AveragePooling2D)
            and flattened is None
        ):
            if layer.padding != "valid":
                raise ValueError(
                    f"fully_convolutional(): the layer {layer.name} pads its input, so that a window inside an image "
                    "is seen "
                    'otherwise than by itself; build the classifier with padding="valid".'
                )
            copy = type(layer).from_config(layer.get_config())
            x = copy(x)
            weights.append((copy, layer.get_weights()))
        elif not isinstance(layer, layers.Dropout | layers.InputLayer):
            raise ValueError(
                f"fully_convolutional(): the layer {layer.name} is a {type(layer).__name__}; expected Conv2D and "
                "pooling "
                "layers, Flatten, then Dense layers."
            )
    for layer, of_layer in weights:
        layer.set_weights(of_layer)
    return keras.Model(inputs, x, name="fully_convolutional")
