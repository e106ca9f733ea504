"""Answers of chapter 06a's exercises."""

from dlcourse.exercises import Exercise


def exercise_1():
    """A receptive field."""
    field, jump = 1, 1
    for kernel, stride, dilation in [(5, 2, 1), (3, 1, 2), (2, 2, 1)]:
        field, jump = field + (kernel - 1) * dilation * jump, jump * stride
    return Exercise(
        expected=field,
        wrong=[
            (
                11,
                "Two things double what the second layer adds: its dilation, and the stride below it. Have you both?",
            ),
            (9, "Three points that lie two places apart span more than three places."),
            (
                13,
                "Does pooling add nothing? Its window has two units, whose own fields aren't the same pixels.",
            ),
            (16, "Pooling's two units overlap in what they see; only the distance between them is new."),
        ],
        hints=[
            "Go from the image upwards. After each layer write down two numbers: the field $r$, and the jump $j$ "
            "between the fields of neighbouring units.",
            "A layer adds $(k-1)\\,d\\,j$ to the field, with the jump $j$ from *before* it; then its stride multiplies "
            "the jump.",
        ],
        solution=[
            "At the image $r = 1$, $j = 1$. The 5×5 layer adds $4 \\cdot 1 \\cdot 1$, so $r = 5$; its stride makes "
            "$j = 2$.",
            "The 3×3 layer with dilation 2 adds $2 \\cdot 2 \\cdot 2 = 8$, so $r = 13$; $j$ stays 2.",
            "Pooling adds $1 \\cdot 1 \\cdot 2 = 2$: `answer = 15`.",
        ],
    )


def exercise_2():
    """What a depthwise separable convolution saves."""
    places, channels, filters, kernel = 14 * 14, 32, 64, 3 * 3
    whole = kernel * channels * filters * places
    split = (kernel * channels + channels * filters) * places
    return Exercise(
        expected=whole / split,
        tolerance=1e-2,
        wrong=[
            (9, "You have the 1×1 convolution across the channels only; there are two layers."),
            (64, "You have the 3×3 convolution of single channels only; there are two layers."),
            (split / whole, "A factor by which a number shrinks is above 1 here: which one divides which?"),
            (whole, "That is the number for the whole convolution. The question asks for a factor."),
        ],
        hints=[
            "For each of the two layers: at how many places does it stand, and how many products does it add up at "
            "each place, for all its outputs together?",
            "The 3×3 step has one filter per channel, which sees this channel only: $9 \\cdot 32$ products per place. "
            "The 1×1 step is a dense layer from 32 to 64 numbers.",
        ],
        solution=[
            "Whole: $9 \\cdot 32 \\cdot 64$ products at each of $14 \\cdot 14 = 196$ places, $3{,}612{,}672$.",
            "Split: $(9 \\cdot 32 + 32 \\cdot 64) \\cdot 196 = 457{,}856$.",
            "The number of places and the 32 cancel: `answer = 9 * 64 / (9 + 64)`, about $7.9$.",
        ],
    )


def exercise_3():
    """A convolutional network for colour images, built and compiled in Keras."""
    import keras
    import numpy as np

    def judge(model):
        if not isinstance(model, keras.Model):
            return f"A Keras model was asked for, and this is {type(model).__name__}."
        if model.input_shape != (None, 32, 32, 3):
            return f"It takes inputs of shape {model.input_shape}; colour images of 32×32 have another."
        if model.output_shape != (None, 5):
            return f"Its outputs have shape {model.output_shape}: what has one image, and how many classes are there?"
        kinds = [type(layer).__name__ for layer in model._flatten_layers(include_self=False)]
        if kinds.count("Conv2D") < 3:
            return f"It has {kinds.count('Conv2D')} layers of the kind Conv2D; three are asked for."
        if model.count_params() >= 10_000:
            largest = max(model._flatten_layers(include_self=False), key=lambda layer: layer.count_params())
            return (
                f"It has {model.count_params():,} parameters, most of them in {type(largest).__name__}. What does that "
                "layer get from the one before, and how much does it give: fewer filters, or a layer before it that "
                "passes on less?"
            )
        images = np.random.default_rng(0).random((8, 32, 32, 3), dtype="float32")
        outputs = np.asarray(model(images))
        if np.allclose(outputs.sum(axis=-1), 1, atol=1e-4) and outputs.min() >= 0:
            return "Its outputs add up to 1, so they are probabilities. Logits were asked for."
        if not getattr(model, "loss", None):
            return "It isn't compiled yet: it has no loss."
        loss = model.loss if callable(model.loss) else keras.losses.get(model.loss)
        confident = np.full((1, 5), -20.0, "float32")
        confident[0, 2] = 20.0
        try:
            value = float(np.mean(loss(np.array([2]), confident)))
            other = float(np.mean(loss(np.array([1]), confident)))
        except (ValueError, TypeError):
            return "Its loss doesn't take labels such as 3. There is a *sparse* one, which does."
        if abs(value) > 1e-3 or abs(other - 40) > 1:
            return (
                "Its loss isn't the cross-entropy of logits. Which one is for whole-number labels, and which argument "
                "tells it that it gets logits?"
            )
        return None

    return Exercise(
        judge=judge,
        hints=[
            "Begin with `keras.Input`, whose shape is that of one image, channels last. Then convolutions and poolings "
            "take turns.",
            "The mean of every map is `keras.layers.GlobalAveragePooling2D()`: after it an image is as many numbers "
            "as the last convolution has filters.",
            "Logits come from a last `Dense` without activation, and `SparseCategoricalCrossentropy` has to be told.",
        ],
        solution=[
            """
```python
from keras import layers

answer = keras.Sequential([
    keras.Input((32, 32, 3)),
    layers.Conv2D(16, 3, padding="same", activation="relu"),
    layers.MaxPooling2D(2),
    layers.Conv2D(24, 3, padding="same", activation="relu"),
    layers.MaxPooling2D(2),
    layers.Conv2D(24, 3, padding="same", activation="relu"),
    layers.GlobalAveragePooling2D(),
    layers.Dense(5),
])
```
""",
            """
```python
answer.compile(
    optimizer="adam",
    loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
    metrics=["accuracy"],
)
print(f"{answer.count_params():,} parameters")
```

With `Flatten` in place of the mean, the last layer alone would have $8 \\cdot 8 \\cdot 24 \\cdot 5$ weights.
""",
        ],
    )


def exercise_4():
    """Effective receptive fields before and after training."""
    return Exercise(
        hints=[
            "`receptive_field.by_gradient(model, layer, images)` gives where the layer's middle unit looks, and "
            "`receptive_field.spread` its standard deviation in pixels.",
            "Five untrained networks are `digit_readers.residual(seed)` for seeds 1 to 5; those in "
            '`networks["residual"]` began from the same weights.',
        ],
        solution=[
            """
```python
fresh = [digit_readers.residual(seed) for seed in range(1, 6)]
for name, readers in {"untrained": fresh, "trained": networks["residual"]}.items():
    spreads = [
        receptive_field.spread(receptive_field.by_gradient(
            reader, "stage_3_block_1_activation", mnist.validation.x[:100]))
        for reader in readers
    ]
    print(name, Measured(spreads))
```
""",
            "A stack of $L$ random 3×3 layers looks about $\\sqrt{2L/3}$ pixels far: from the unit back to the image a "
            "path takes one random step per layer, and the spread of a random walk grows with the root of its "
            "length. The field grows with $L$. Luo et al. (2016) derive this, and find that training widens the part "
            "that matters. Compare it with what you found, and say on how many networks.",
            "`by_formula` refuses these networks, since their branches have several paths. The field is that of the "
            "longest.",
        ],
    )


def exercise_5():
    """A layer that follows turns by 90°."""
    return Exercise(
        hints=[
            "A convolution follows shifts because one kernel is used at all places. What would a kernel have to be "
            "used at, to follow turns?",
            "`keras.ops.rot90(kernel, k, axes=(0, 1))` turns a kernel of shape (3, 3, channels, filters).",
        ],
        solution=[
            """
Each kernel is used in its four directions, and the largest of the four answers is kept (Cohen & Welling 2016 keep all
four, as channels that the next layer turns along):

```python
class TurningConvolution(keras.layers.Layer):
    def __init__(self, filters):
        super().__init__()
        self.filters = filters

    def build(self, shape):
        self.kernel = self.add_weight(
            shape=(3, 3, shape[-1], self.filters), initializer="he_normal")

    def call(self, x):
        maps = [
            keras.ops.conv(x, keras.ops.rot90(self.kernel, k, axes=(0, 1)), padding="same")
            for k in range(4)
        ]
        return keras.ops.max(keras.ops.stack(maps), axis=0)
```
""",
            """
The test: turn the image, and the map turns with it, whatever the kernel.

```python
layer = TurningConvolution(8)
image = mnist.validation.x[:4]
turned = np.rot90(image, axes=(1, 2))
checks.equal("the turned image's maps and the turned maps",
             layer(turned), np.rot90(np.asarray(layer(image)), axes=(1, 2)), atol=1e-5)
```
""",
            "Compare it with `Conv2D` at equal parameters on digits turned by random multiples of 90°, by number of "
            "examples, as `sample_efficiency.accuracies` does, on seeds of your own. It hurts where direction is part "
            "of the class: if the largest of the four is kept and the mean over the map taken, a 6 and a turned 9 "
            "look nearly alike.",
        ],
    )
