"""Keras models as agents use them: several side by side, in TensorFlow where they learn, in NumPy where they act.

A model is stacked, from (agents, batch, *observation) to (agents, batch, outputs), or a plain one of a single agent,
from (batch, *observation) to (batch, outputs). Either way its weights are held here as arrays (agents, ...), which an
optimizer takes and gives. For a few dozen observations a small network is so quick that calling TensorFlow costs more
than computing: where it is a chain of dense layers, it acts in NumPy, equal to the model to rounding.
"""

import keras
import numpy as np
import tensorflow as tf
from keras import layers

from dlcourse.models.stacked import layers as stacked

XLA_STEPS = 1_000
"""With fewer gradient steps XLA takes longer to compile than it saves."""


class Network:
    """A Keras model for so many agents.

    It is called as outside of training, when it acts and when it learns: an agent whose values or probabilities change
    from call to call would learn about another policy than the one that acted. So what acts in training only is
    refused: dropout, noise, a batch normalisation whose moments should move. A frozen one (``layer.trainable = False``)
    keeps the moments that it has; ``keras.layers.LayerNormalization`` needs none.

    Args:
        model: keras.Model, stacked or, for one agent, plain.
        agents: how many.
        observation_shape: of one observation.
        outputs: how many numbers it has to give for an observation.
        name: of the argument, for messages: ``"train(network)"``.

    Attributes:
        weights: the model's trainable weights when this was made, float32 (agents, ...) each.
        in_numpy: whether it acts in NumPy.

    Raises:
        ValueError: where the model's inputs, outputs or weights are others.
    """

    def __init__(self, model, agents, observation_shape, outputs, name):
        if not isinstance(model, keras.Model):
            raise ValueError(
                f"{name}={model!r}: expected a keras.Model, such as "
                f"keras.Sequential([keras.Input({observation_shape}), ..., keras.layers.Dense({outputs})])."
            )
        if len(getattr(model, "outputs", None) or [None]) != 1:
            raise ValueError(
                f"{name}: the model has {len(model.outputs)} outputs; expected one. A policy's value belongs to a "
                "model of its own, critic=."
            )
        self.model, self.agents, self.shape = model, agents, tuple(observation_shape)
        given = getattr(model, "input_shape", None)
        self.stacked = (
            isinstance(given, tuple) and given[:2] == (agents, None) and _fit(given[2:], self.shape)
        )
        self._check_inputs(given, name)
        self._check_outputs(outputs, name)
        self._check_weights(name)
        _check_layers(model, name)
        found = [keras.ops.convert_to_numpy(weight) for weight in model.trainable_variables]
        self.weights = found if self.stacked else [weight[None] for weight in found]
        self._steps = _chain(model)
        self.in_numpy = self._steps is not None
        self._compiled = tf.function(self.__call__, reduce_retracing=True)

    def _check_inputs(self, given, name):
        plain = given is None or (
            isinstance(given, tuple) and given[:1] == (None,) and _fit(given[1:], self.shape)
        )
        if self.stacked or (plain and self.agents == 1):
            return
        stacked = f"{(self.agents, None, *self.shape)}"
        if self.agents == 1:
            raise ValueError(
                f"{name}: its input_shape is {given}; for observations of shape {self.shape} expected "
                f"{(None, *self.shape)}, or {stacked} of a stacked model."
            )
        raise ValueError(
            f"{name}: its input_shape is {given}; {self.agents} agents with observations of shape {self.shape} need a "
            f"stacked model, {stacked}, see dlcourse.models.stacked. (With agents=1 a plain one will do, "
            f"{(None, *self.shape)}.)"
        )

    def _check_outputs(self, outputs, name):
        two = np.zeros((self.agents, 2, *self.shape), "float32")
        two[:, 1] = 1.0
        found = keras.ops.convert_to_numpy(self._called(tf.constant(two)))
        if found.shape != (self.agents, 2, outputs):
            first = (self.agents, "batch") if self.stacked else ("batch",)
            raise ValueError(
                f"{name}: from observations {_axes(*first, *self.shape)} it makes {_axes(*first, *found.shape[2:])}; "
                f"expected {_axes(*first, outputs)}. Let it end in {outputs} outputs."
            )
        if outputs > 1 and (found >= 0).all() and np.abs(found.sum(axis=-1) - 1).max() < 1e-5:
            raise ValueError(
                f"{name}: its outputs add up to 1, as a softmax's do; expected any numbers (an actor's logits, of "
                "which the agent takes the softmax itself, or action values). Leave out the last activation."
            )

    def _check_weights(self, name):
        weights = self.model.trainable_variables
        if not weights:
            raise ValueError(f"{name}: it has no trainable weights.")
        for weight in weights if self.stacked else ():
            if weight.shape[0] != self.agents:
                raise ValueError(
                    f"{name}: its weight {weight.path} has shape {tuple(weight.shape)}; in a stacked model each begins "
                    f"with the axis of the agents, here {self.agents}. Build it from dlcourse.models.stacked.layers."
                )

    def _called(self, x):
        return self.model(x, training=False) if self.stacked else self.model(x[0], training=False)[None]

    def __call__(self, weights, x):
        """In a graph: outputs (agents, batch, outputs) of observations (agents, batch, ...) under given weights."""
        x = tf.cast(x, tf.float32)
        fixed = self.model.non_trainable_variables
        if self.stacked:
            return self.model.stateless_call(weights, fixed, x, training=False)[0]
        return self.model.stateless_call([w[0] for w in weights], fixed, x[0], training=False)[0][None]

    def acting(self, weights):
        """A function from observations (agents, n, ...) to outputs (agents, n, outputs), both NumPy.

        It raises ValueError where observations are of another shape.
        """
        outputs, shape = self._outputs(weights), self.shape

        def checked(x):
            given = np.shape(x)
            if shape and (given[:1] != (self.agents,) or given[2:] != shape):
                raise ValueError(
                    f"Observations of shape {given}; expected {_axes(self.agents, 'n', *shape)}, the agents first. "
                    "n of them for a single agent: observations[None], or the agent's chooser(), which takes "
                    f"{_axes('n', *shape)}."
                )
            return outputs(x)

        return checked

    def acting_alone(self, weights, agent):
        """The same of one of the agents: from (n, ...) to (n, outputs)."""
        if self.in_numpy and not any(isinstance(layer, Duelling) for layer in self.model.layers):
            one = in_numpy(self._steps, [np.asarray(weight)[agent : agent + 1] for weight in weights])
        else:
            everyones = self._outputs(weights)

            def one(x):
                return everyones(np.broadcast_to(x, (self.agents, *x.shape[1:])))[agent][None]

        shape = self.shape

        def checked(x):
            x = np.asarray(x)
            if shape and x.shape[1:] != shape:
                raise ValueError(
                    f"Observations of shape {x.shape}; expected {_axes('n', *shape)}: n of them. A single one is "
                    "observation[None]."
                )
            return one(x[None])[0]

        return checked

    def _outputs(self, weights):
        if self.in_numpy:
            return in_numpy(self._steps, [np.asarray(weight) for weight in weights])
        weights = [tf.convert_to_tensor(weight) for weight in weights]
        return lambda x: self._compiled(weights, tf.convert_to_tensor(x, tf.float32)).numpy()

    def assign(self, weights):
        """Put weights (agents, ...) into the model."""
        for variable, weight in zip(self.model.trainable_variables, weights, strict=True):
            variable.assign(weight if self.stacked else weight[0])


def xla_pays(networks, steps):
    """Whether XLA compiles an update, made so many times: it speeds up dense networks, and slows down convolutions."""
    return steps >= XLA_STEPS and all(network.in_numpy for network in networks)


def _axes(*sizes):
    """A shape in words, in which a size may have a name: (agents, n, 4)."""
    return f"({', '.join(map(str, sizes))}{',' if len(sizes) == 1 else ''})"


IN_TRAINING_ONLY = (layers.Dropout, layers.AlphaDropout, layers.GaussianDropout, layers.GaussianNoise)


def _check_layers(model, name):
    for layer in model.layers:
        if isinstance(layer, keras.Model):
            _check_layers(layer, name)
        elif isinstance(layer, layers.BatchNormalization) and layer.trainable:
            raise ValueError(
                f"{name}: the moments of its layer {layer.name!r}, a BatchNormalization, would never move: agents "
                "learn from outputs as they act on them. Take keras.layers.LayerNormalization, or set layer.trainable "
                "= False to keep the moments that it has."
            )
        elif isinstance(layer, IN_TRAINING_ONLY):
            raise ValueError(
                f"{name}: its layer {layer.name!r}, a {type(layer).__name__}, would do nothing: agents learn from "
                "outputs as they act on them. Leave it out."
            )


def _fit(given, wanted):
    return len(given) == len(wanted) and all(a in (None, b) for a, b in zip(given, wanted, strict=True))


# In NumPy


def in_numpy(steps, weights):
    """A function from observations (agents, n, ...) to outputs (agents, n, outputs).

    Args:
        steps: list of (number of weights, function from these weights to a function of the layer's inputs).
        weights: list of arrays (agents, ...).
    """
    functions, place = [], 0
    for count, with_weights in steps:
        functions.append(with_weights(*weights[place : place + count]))
        place += count

    def outputs(x):
        x = np.asarray(x, "float32")
        for function in functions:
            x = function(x)
        return x

    return outputs


def perceptron(weights):
    """A plain perceptron with ReLU, acting: a function from observations (n, ...) to outputs (n, outputs).

    Args:
        weights: of its dense layers, kernel and bias of each.
    """
    *hidden, (last, shift) = zip(weights[::2], weights[1::2], strict=True)

    def outputs(x):
        x = np.asarray(x, "float32").reshape(len(x), -1)
        for kernel, bias in hidden:
            x = np.maximum(x @ kernel + bias, 0)
        return x @ last + shift

    return outputs


def _chain(model):
    """The model as such steps, or None where it holds anything but known layers, one after the other."""
    steps, tensor = [], model.inputs[0] if getattr(model, "inputs", None) else None
    for layer in model.layers:
        if isinstance(layer, layers.InputLayer):
            continue
        step = _step(layer)
        try:
            follows, tensor = layer.input is tensor, layer.output
        except (AttributeError, ValueError):  # called more than once, or never
            return None
        if step is None or not follows:
            return None
        steps.append(step)
    return steps if model.outputs[0] is tensor else None


ACTIVATIONS = {
    keras.activations.linear: lambda x: x,
    keras.activations.relu: lambda x: np.maximum(x, 0.0),
    keras.activations.tanh: np.tanh,
}


def _step(layer):
    if type(layer) in (layers.Flatten, stacked.Flatten):
        return 0, lambda: lambda x: x.reshape(*x.shape[:2], -1)
    if isinstance(layer, Duelling):
        return 0, lambda: layer.values
    if isinstance(layer, LogScale):
        return 1, lambda scale: lambda x: np.concatenate([x, np.broadcast_to(scale, x.shape)], axis=-1)
    known = type(layer) in (layers.Dense, stacked.Dense) and layer.compute_dtype == "float32"
    activation = ACTIVATIONS.get(layer.activation) if known else None
    if activation is None or not layer.trainable or len(layer.trainable_variables) != 2:
        return None

    def dense(kernel, bias):
        bias = bias.reshape(len(bias), 1, -1)
        return lambda x: activation(x @ kernel + bias)

    return 2, dense


# What an agent's network may end with


@keras.saving.register_keras_serializable("dlcourse")
class Duelling(layers.Layer):
    """Action values from a state's value and advantages (Wang et al. 2016, equation 9), for each agent or not.

    From V and one A for each action, (agents, batch, 1 + actions), it makes Q = V + A - mean of A where an agent's
    entry is 1, and Q = A where it is 0, (agents, batch, actions).

    Args:
        duelling: list of 0 or 1, one per agent.
    """

    def __init__(self, duelling, **options):
        super().__init__(**options)
        self.duelling = np.asarray(duelling, "float32")[:, None, None]

    def call(self, x):
        return self.values(x)

    def values(self, x):
        """The same of a tensor or an array."""
        value, advantage = x[..., :1], x[..., 1:]
        actions = advantage.shape[-1]
        mean = sum(advantage[..., a : a + 1] for a in range(actions)) / actions
        return advantage + self.duelling * (value - mean)

    def get_config(self):
        return {**super().get_config(), "duelling": self.duelling.ravel().tolist()}


@keras.saving.register_keras_serializable("dlcourse")
class LogScale(layers.Layer):
    """Means, and after them logarithms of standard deviations: a weight, the same for all observations, at first 0.

    (agents, batch, numbers) to (agents, batch, 2 · numbers).
    """

    def build(self, shape):
        self.log_scale = self.add_weight(
            shape=(shape[0], 1, shape[-1]), initializer="zeros", name="log_scale"
        )

    def call(self, x):
        return tf.concat([x, self.log_scale + tf.zeros_like(x)], axis=-1)

    def compute_output_shape(self, input_shape):
        return (*input_shape[:-1], 2 * input_shape[-1])
