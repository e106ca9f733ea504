"""Policies with a critic: what to do, and how good it is to be there, from two small networks.

Many agents are held at once, none of which knows of the others, so that an agent is a seed or a setting. The
parameters of all are one array ``theta`` (agents, parameters): it is what the optimiser changes, what is saved, and
what is read by NumPy where the agent acts and by TensorFlow where it learns. For a few dozen
observations the networks are so small that calling TensorFlow costs more than computing.
"""

import itertools
import math
from collections import namedtuple

import numpy as np
from gymnasium import spaces
from scipy import special

from dlcourse import checks
from dlcourse.datasets import catalogue
from dlcourse.rl import validation

Layers = namedtuple("Layers", "actor critic log_scale")
"""θ cut up: lists of (kernel (agents, inputs, outputs), bias (agents, 1, outputs)), and (agents, 1, sizes) or None."""


def forward(layers, x, tanh):
    """A network with tanh layers, of every agent, on its own rows (a batch of n).

    Args:
        layers: list of (kernel, bias).
        x: (agents, n, inputs).
        tanh: ``np.tanh`` or ``tf.tanh``.

    Returns:
        (agents, n, outputs).
    """
    for kernel, bias in layers[:-1]:
        x = tanh(x @ kernel + bias)
    kernel, bias = layers[-1]
    return x @ kernel + bias


class _ActorCritic:
    """What both policies share: two networks apart from each other (Huang et al. 2022, detail 13)."""

    def __init__(self, observations, outputs, hidden, scales):
        observations = checks.whole_number("observations", observations)
        outputs = checks.whole_number("actions", outputs)
        hidden = tuple(checks.widths("hidden", hidden, least=1))
        widths = [observations, *hidden]
        between = list(itertools.pairwise(widths))
        self.observations, self.hidden = observations, hidden
        self._shapes = {
            "actor": [*between, (widths[-1], outputs)],
            "critic": [*between, (widths[-1], 1)],
        }
        self._scales = scales
        dense = sum((i + 1) * o for shapes in self._shapes.values() for i, o in shapes)
        self.parameters = dense + scales

    def initial(self, rng, agents=1, orthogonal=True):
        """Random parameters, float32 (agents, parameters).

        Orthogonal kernels, scaled by √2 in hidden layers, 0.01 where the actions come out, so that all are about
        equally likely at first, and 1 where the value does; biases 0 (Huang et al. 2022, detail 2).

        Args:
            orthogonal: False for Glorot's uniform kernels throughout; or an array (agents,) of both.
        """
        chosen = np.broadcast_to(np.asarray(orthogonal, bool), agents)
        return np.stack([self._one(rng, bool(kind)) for kind in chosen]).astype("float32")

    def _one(self, rng, orthogonal):
        parts = []
        for network, shapes in self._shapes.items():
            for number, (inputs, outputs) in enumerate(shapes):
                last = {"actor": 0.01, "critic": 1.0}[network]
                gain = last if number + 1 == len(shapes) else math.sqrt(2)
                if orthogonal:
                    kernel = gain * _orthogonal(rng, inputs, outputs)
                else:
                    bound = math.sqrt(6 / (inputs + outputs))
                    kernel = rng.uniform(-bound, bound, (inputs, outputs))
                parts += [kernel.ravel(), np.zeros(outputs)]
        return np.concatenate([*parts, np.zeros(self._scales)])

    def layers(self, theta):
        """Cut θ up, a NumPy array or a tensor.

        Raises:
            ValueError: where θ isn't (agents, parameters).
        """
        if len(theta.shape) != 2 or theta.shape[1] != self.parameters:
            raise ValueError(
                f"These parameters have shape {tuple(theta.shape)}, but a policy of {self.observations} observations "
                f"and hidden layers {self.hidden} has (agents, {self.parameters}). Were they trained with other "
                "layers, or in another environment?"
            )
        agents, place, found = theta.shape[0], 0, {}
        reshape = np.reshape if isinstance(theta, np.ndarray) else _tensorflow().reshape
        for network, shapes in self._shapes.items():
            found[network] = []
            for inputs, outputs in shapes:
                kernel = theta[:, place : place + inputs * outputs]
                place += inputs * outputs
                bias = theta[:, place : place + outputs]
                place += outputs
                found[network].append(
                    (reshape(kernel, (agents, inputs, outputs)), reshape(bias, (agents, 1, outputs)))
                )
        scales = reshape(theta[:, place:], (agents, 1, self._scales)) if self._scales else None
        return Layers(found["actor"], found["critic"], scales)

    def value(self, layers, x):
        """The critic's answer to observations (agents, n, observations), NumPy: (agents, n)."""
        return forward(layers.critic, x, np.tanh)[..., 0]

    def value_in_graph(self, layers, x):
        """The same in TensorFlow."""
        return forward(layers.critic, x, _tensorflow().tanh)[..., 0]


class Categorical(_ActorCritic):
    """Numbered actions, each with a probability: the softmax of the actor's outputs.

    Args:
        observations: numbers in an observation.
        actions: how many.
        hidden: units of the tanh layers, of both networks.
    """

    def __init__(self, observations, actions, hidden=(64, 64)):
        super().__init__(observations, actions, hidden, scales=0)
        self.actions, self.action_shape, self.action_dtype = actions, (), np.int64

    def act(self, layers, x, rng):
        """Draw actions for observations (agents, n, observations): int64 (agents, n)."""
        logits = forward(layers.actor, x, np.tanh)
        if self.actions == 2:  # a coin with the probability σ(difference)
            return (_logistic(rng, logits.shape[:-1]) < logits[..., 1] - logits[..., 0]).astype(np.int64)
        cumulative = special.softmax(logits, axis=-1).cumsum(axis=-1)[..., :-1]
        return (cumulative < rng.random((*logits.shape[:-1], 1), np.float32)).sum(axis=-1)

    def greedy(self, layers, x):
        """The likeliest actions, int64 (agents, n)."""
        return forward(layers.actor, x, np.tanh).argmax(axis=-1)

    def in_environment(self, action):
        """The action as the environment wants it."""
        return action

    def log_probability(self, layers, x, action):
        """In TensorFlow: log π(action | x) and the entropy of π(· | x), both (agents, n), float32."""
        tf = _tensorflow()
        logs = tf.nn.log_softmax(forward(layers.actor, x, tf.tanh))
        chosen = tf.reduce_sum(tf.one_hot(action, self.actions) * logs, axis=-1)
        return chosen, -tf.reduce_sum(tf.exp(logs) * logs, axis=-1)


class TanhGaussian(_ActorCritic):
    """Continuous actions: a Gaussian, squashed by tanh into the bounds (TensorFlow Probability's distributions).

    The actor gives the mean; the logarithm of the standard deviation is a parameter of its own, the same for all
    observations. An action is kept *before* squashing: near the bounds, tanh can't be inverted in float32, and its
    Jacobian is computed without the inverse (Haarnoja et al. 2018, appendix C).

    Args:
        observations: numbers in an observation.
        low, high: the bounds, (sizes,).
        hidden: units of the tanh layers, of both networks.
    """

    def __init__(self, observations, low, high, hidden=(64, 64)):
        self.low, self.high = np.asarray(low, "float32"), np.asarray(high, "float32")
        super().__init__(observations, self.low.size, hidden, scales=self.low.size)
        self.action_shape, self.action_dtype = self.low.shape, np.float32

    def act(self, layers, x, rng):
        """Draw actions before squashing, float32 (agents, n, sizes)."""
        mean = forward(layers.actor, x, np.tanh)
        return mean + np.exp(layers.log_scale) * rng.standard_normal(mean.shape, np.float32)

    def greedy(self, layers, x):
        """The means, before squashing."""
        return forward(layers.actor, x, np.tanh)

    def in_environment(self, action):
        """Squashed into the bounds."""
        return self.low + (np.tanh(action) + 1) * (self.high - self.low) / 2

    def distribution(self, layers, x):
        """TensorFlow Probability's distribution of squashed actions in (-1, 1), batch (agents, n), events (sizes,)."""
        import tensorflow_probability as tfp

        mean = forward(layers.actor, x, _tensorflow().tanh)
        gaussian = tfp.distributions.MultivariateNormalDiag(mean, _tensorflow().exp(layers.log_scale))
        return tfp.distributions.TransformedDistribution(gaussian, tfp.bijectors.Tanh())

    def log_probability(self, layers, x, action):
        """In TensorFlow: the log density of tanh(action), and the entropy *before* squashing, both (agents, n)."""
        squashed = self.distribution(layers, x)
        jacobian = squashed.bijector.forward_log_det_jacobian(action, event_ndims=1)
        gaussian = squashed.distribution
        return gaussian.log_prob(action) - jacobian, gaussian.entropy()


def fitting(environments, hidden=(64, 64)):
    """The policy for an environment: Categorical for numbered actions, TanhGaussian for continuous ones.

    Raises:
        ValueError: where observations are not vectors, actions are of another kind or have no bounds.
    """
    numbered = isinstance(environments.single_action_space, spaces.Discrete)
    observation, action = validation.require(
        environments, observation=spaces.Box, action=spaces.Discrete if numbered else spaces.Box
    )
    features = validation.vectors(environments, observation)
    if numbered:
        return Categorical(features, int(action.n), hidden)
    if len(action.shape) != 1:
        raise ValueError(f"Actions have shape {action.shape}; these networks give vectors.")
    return TanhGaussian(features, action.low, action.high, hidden)


def save(path, policy, theta):
    """Write one agent's parameters as a plain .npz: no pickles, any NumPy reads it."""
    theta = np.asarray(theta, "float32")
    policy.layers(theta[None])
    with open(path, "wb") as file:
        np.savez(file, theta=theta, hidden=np.array(policy.hidden))


def load(name, environments):
    """A trained policy that the course ships, verified by its SHA-256 in data/datasets.toml.

    Args:
        name: its entry there, such as ``"lander_policy"``.
        environments: the vector environment that it is for.

    Returns:
        (policy, theta (1, parameters)).

    Raises:
        ValueError: where it doesn't fit the environment, or there is no such entry.
        datasets.DataError: where the file is missing or another one.
    """
    entry = catalogue.entry(name)
    if entry["kind"] != "policy":
        raise ValueError(f"{name!r} is {entry['title']!r}, not a policy.")
    found = catalogue.arrays(entry["files"][0])
    policy = fitting(environments, tuple(int(units) for units in found["hidden"]))
    policy.layers(found["theta"][None])
    return policy, found["theta"][None]


def _orthogonal(rng, rows, columns):
    """A random matrix with orthonormal rows or columns, whichever are fewer (Saxe et al. 2014)."""
    q, r = np.linalg.qr(rng.standard_normal((max(rows, columns), min(rows, columns))))
    q *= np.sign(np.diag(r))
    return q if rows >= columns else q.T


def _logistic(rng, shape):
    """Draws of the logistic distribution: below d with probability σ(d)."""
    uniform = rng.random(shape, np.float32)
    return np.log(np.maximum(uniform, 1e-12)) - np.log1p(-uniform)


def _tensorflow():
    import tensorflow as tf

    return tf
