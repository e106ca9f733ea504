"""Parameters against Keras' own count, multiply-adds against TensorFlow's graph and counting by hand."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers

from dlcourse import models
from dlcourse.analysis import complexity

NETWORKS = {
    "mlp": lambda: models.mlp((28, 28, 1), 10, hidden=[30, 20]),
    "linear": lambda: models.mlp((7,), 3, hidden=[]),
    "dropout": lambda: models.mlp((7,), 3, hidden=[4], dropout=0.5),
    "convnet": lambda: models.convnet((28, 28, 1), 10, filters=(5, 6), hidden=7),
    "strided": lambda: keras.Sequential(
        [
            keras.Input((15, 13, 4)),
            layers.Conv2D(6, (3, 5), strides=2, use_bias=False),
            layers.Conv2D(8, 3, groups=2),
        ]
    ),
    "one axis": lambda: keras.Sequential(
        [keras.Input((40, 3)), layers.Conv1D(6, 5, dilation_rate=2), layers.Dense(4)]
    ),
    "depthwise": lambda: keras.Sequential(
        [keras.Input((9, 9, 3)), layers.DepthwiseConv2D(3, depth_multiplier=2)]
    ),
    "embedding": lambda: keras.Sequential(
        [keras.Input((20,), dtype="int32"), layers.Embedding(46, 8), layers.Flatten(), layers.Dense(4)]
    ),
    "normalised": lambda: keras.Sequential(
        [keras.Input((12,)), layers.Dense(5), layers.BatchNormalization(), layers.LayerNormalization()]
    ),
    "nested": lambda: keras.Sequential([keras.Input((8,)), models.mlp((8,), 3, hidden=[5]), layers.Dense(2)]),
}


@pytest.mark.parametrize("name", NETWORKS)
def test_parameters_are_keras_own(name):
    model = NETWORKS[name]()
    assert complexity.parameters(model) == model.count_params()


def of_graph(model):
    """Multiply-adds of one example, from the shapes in TensorFlow's graph."""
    call = tf.function(lambda x: model(x, training=False)).get_concrete_function(
        tf.TensorSpec((1, *model.input_shape[1:]), model.inputs[0].dtype)
    )
    kinds = ("MatMul", "Conv2D", "DepthwiseConv2dNative")
    return sum(_products(operation) for operation in call.graph.get_operations() if operation.type in kinds)


def _products(operation):
    """Multiply-adds of one operation: products for each output element, times output elements."""
    output, weights = operation.outputs[0].shape, operation.inputs[1].shape
    if operation.type == "MatMul":
        return output.num_elements() * weights[0]
    if operation.type == "Conv2D":
        return output.num_elements() * int(np.prod(weights[:3]))
    return output.num_elements() * int(np.prod(weights[:2]))


@pytest.mark.parametrize("name", ["mlp", "linear", "dropout", "convnet", "depthwise", "embedding"])
def test_multiply_adds_are_those_of_the_graph(name):
    model = NETWORKS[name]()
    assert complexity.multiply_adds(model) == of_graph(model)


def test_multiply_adds_by_counting_every_product():
    kernel, channels, filters, side = 3, 2, 4, 6
    products = 0
    for _row in range(side - kernel + 1):
        for _column in range(side - kernel + 1):
            products += filters * kernel * kernel * channels
    model = keras.Sequential([keras.Input((side, side, channels)), layers.Conv2D(filters, kernel)])
    assert complexity.multiply_adds(model) == products
    assert complexity.convolution((3, 3), 2, 4, positions=16) == (3 * 3 * 2 * 4 + 4, products)


def test_strides_and_groups_by_hand():
    # 7 x 5 positions of 6 kernels of 3 x 5 x 4; then 5 x 3 positions of 8 kernels of 3 x 3 over half of 6 channels.
    assert complexity.multiply_adds(NETWORKS["strided"]()) == 7 * 5 * 6 * (3 * 5 * 4) + 5 * 3 * 8 * (
        3 * 3 * 3
    )


def test_lenet_300_100():
    assert complexity.mlp_parameters(784, 10, [300, 100]) == 266_610


@pytest.mark.parametrize("shape", [(1, 1, 1), (4, 2, 1), (1, 2, 4), (1,)])
@pytest.mark.parametrize("target", [71_000, 300_000, 1_000_000])
def test_widths_hit_the_target_within_one_percent(shape, target):
    hidden = complexity.widths_for(target, 40, 10, shape)
    assert [width / hidden[0] for width in hidden] == pytest.approx([share / shape[0] for share in shape])
    assert models.mlp((40,), 10, hidden=hidden).count_params() == pytest.approx(target, rel=0.01)


def test_says_when_no_width_fits_or_no_formula_is_known():
    with pytest.raises(ValueError, match="nearest to 60 parameters"):
        complexity.widths_for(60, 40, 10, (4, 2, 1))
    with pytest.raises(ValueError, match="proportions"):
        complexity.widths_for(100, 40, 10, (0, 1))
    with pytest.raises(ValueError, match="no formula for the layer"):
        complexity.parameters(keras.Sequential([keras.Input((5, 3)), layers.SimpleRNN(4)]))


def test_times_every_model():
    seconds = complexity.forward_seconds(
        {"small": NETWORKS["linear"](), "large": NETWORKS["mlp"]()}, 8, rounds=2
    )
    assert list(seconds) == ["small", "large"]
    assert all(0 < value < 10 for value in seconds.values())
