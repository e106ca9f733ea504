"""Policies with a critic: what to do, and how good it is to be there, from two networks for each agent.

The actor's outputs make a distribution of actions: logits of numbered actions, or means and logarithms of standard
deviations of continuous ones. Actions are drawn in NumPy, and judged in TensorFlow.
"""

import itertools
import math

import keras
import numpy as np
import tensorflow as tf
from gymnasium import spaces
from scipy import special

from dlcourse import checks
from dlcourse.datasets import catalogue
from dlcourse.models.stacked import feed_forward
from dlcourse.rl import networks, validation


class Categorical:
    """Numbered actions, each with a probability: the softmax of the actor's outputs.

    Args:
        actions: how many.
    """

    def __init__(self, actions):
        self.actions = self.outputs = checks.whole_number("Categorical(actions)", actions)

    def draw(self, logits, rng):
        """Actions int64 (agents, n) for logits (agents, n, actions)."""
        if self.actions == 2:  # a coin with the probability σ(difference)
            return (_logistic(rng, logits.shape[:-1]) < logits[..., 1] - logits[..., 0]).astype(np.int64)
        cumulative = special.softmax(logits, axis=-1).cumsum(axis=-1)[..., :-1]
        return (cumulative < rng.random((*logits.shape[:-1], 1), np.float32)).sum(axis=-1)

    def greedy(self, logits):
        """The likeliest actions, int64 (agents, n)."""
        return logits.argmax(axis=-1)

    def in_environment(self, action):
        """The action as the environment wants it."""
        return action

    def log_probability(self, logits, action):
        """In TensorFlow: log π(action | x) and the entropy of π(· | x), both (agents, n), float32."""
        logs = tf.nn.log_softmax(logits)
        chosen = tf.reduce_sum(tf.one_hot(action, self.actions) * logs, axis=-1)
        return chosen, -tf.reduce_sum(tf.exp(logs) * logs, axis=-1)


class TanhGaussian:
    """Continuous actions: a Gaussian, squashed by tanh into the bounds (TensorFlow Probability's distributions).

    The actor's outputs are the means, and after them the logarithms of the standard deviations. An action is kept
    *before* squashing: near the bounds, tanh can't be inverted in float32, and its Jacobian is computed without the
    inverse (Haarnoja et al. 2018, appendix C).

    Args:
        low, high: the bounds, (numbers,).
    """

    def __init__(self, low, high):
        self.low, self.high = np.asarray(low, "float32"), np.asarray(high, "float32")
        self.outputs = 2 * self.low.size

    def _parts(self, outputs):
        numbers = self.low.size
        return outputs[..., :numbers], outputs[..., numbers:]

    def draw(self, outputs, rng):
        """Actions before squashing, float32 (agents, n, numbers)."""
        mean, log_scale = self._parts(outputs)
        return mean + np.exp(log_scale) * rng.standard_normal(mean.shape, np.float32)

    def greedy(self, outputs):
        """The means, before squashing."""
        return self._parts(outputs)[0]

    def in_environment(self, action):
        """Squashed into the bounds."""
        return self.low + (np.tanh(action) + 1) * (self.high - self.low) / 2

    def distribution(self, outputs):
        """TensorFlow Probability's distribution of squashed actions in (-1, 1): batch (agents, n), event (numbers,)."""
        import tensorflow_probability as tfp

        mean, log_scale = self._parts(outputs)
        gaussian = tfp.distributions.MultivariateNormalDiag(mean, tf.exp(log_scale))
        return tfp.distributions.TransformedDistribution(gaussian, tfp.bijectors.Tanh())

    def log_probability(self, outputs, action):
        """In TensorFlow: the log density of tanh(action), and the entropy *before* squashing, both (agents, n)."""
        squashed = self.distribution(outputs)
        jacobian = squashed.bijector.forward_log_det_jacobian(action, event_ndims=1)
        gaussian = squashed.distribution
        return gaussian.log_prob(action) - jacobian, gaussian.entropy()


def actions_of(environments):
    """What the actor's outputs mean: Categorical for numbered actions, TanhGaussian for continuous ones.

    Raises:
        ValueError: where observations are no Box, or actions are of another kind, no vectors, or have no bounds.
    """
    numbered = isinstance(environments.single_action_space, spaces.Discrete)
    _, action = validation.require(
        environments, observation=spaces.Box, action=spaces.Discrete if numbered else spaces.Box
    )
    if numbered:
        return Categorical(int(action.n))
    if len(action.shape) != 1:
        raise ValueError(f"Actions have shape {action.shape}; these agents give vectors.")
    return TanhGaussian(action.low, action.high)


class ActorCritic:
    """Actor and critic of so many agents, two networks apart from each other (Huang et al. 2022, detail 13).

    Args:
        actor, critic: networks.Network.
        actions: Categorical or TanhGaussian.

    Attributes:
        weights: the actor's, then the critic's; float32 (agents, ...) each.
    """

    def __init__(self, actor, critic, actions):
        self.actor, self.critic, self.actions = actor, critic, actions
        self.weights = [*actor.weights, *critic.weights]

    def _split(self, weights):
        return weights[: len(self.actor.weights)], weights[len(self.actor.weights) :]

    def acting(self, weights, rng):
        """A function that draws actions for observations (agents, n, ...), under given weights."""
        outputs = self.actor.acting(self._split(weights)[0])
        return lambda x: self.actions.draw(outputs(x), rng)

    def acting_alone(self, weights, agent):
        """A function from observations (n, ...) to one agent's outputs, (n, outputs)."""
        return self.actor.acting_alone(self._split(weights)[0], agent)

    def values(self, weights, x):
        """The critic's answer to a rollout's observations (steps, agents, n, ...), NumPy: (steps, agents, n)."""
        steps, agents, n = x.shape[:3]
        rows = np.swapaxes(x, 0, 1).reshape(agents, steps * n, *x.shape[3:])
        found = self.critic.acting(self._split(weights)[1])(rows)
        return np.swapaxes(found.reshape(agents, steps, n), 0, 1)

    def log_probability(self, weights, x, action):
        """In a graph: log π(action | x) and the entropy of π(· | x), both (agents, n)."""
        return self.actions.log_probability(self.actor(self._split(weights)[0], x), action)

    def values_in_graph(self, weights, x):
        """In a graph: the critic's answer, (agents, n)."""
        return self.critic(self._split(weights)[1], x)[..., 0]

    def assign(self, weights):
        """Put weights into the two models."""
        actor, critic = self._split(weights)
        self.actor.assign(actor)
        self.critic.assign(critic)


def actor_critic(environments, agents, rng, *, actor=None, critic=None, hidden=(64, 64), orthogonal=True):
    """ActorCritic of Keras models for an environment, which are built where none are given.

    Built ones are perceptrons with tanh layers and biases of 0. Orthogonal kernels are scaled by √2 in hidden layers,
    0.01 where the actions come out, so that all are about equally likely at first, and 1 where the value does (Huang et
    al. 2022, detail 2).

    Args:
        environments: Gymnasium vector environment.
        agents: how many.
        rng: numpy.random.Generator, for the weights of networks that are built.
        actor, critic: keras.Model, see ``networks``, or None.
        hidden: units of the hidden layers of networks that are built.
        orthogonal: their kernels at the start; False for Glorot's uniform ones; or an array (agents,) of both.

    Raises:
        ValueError: where the environment's spaces or the models don't fit.
    """
    actions, shape = actions_of(environments), environments.single_observation_space.shape
    numbers = actions.actions if isinstance(actions, Categorical) else actions.low.size
    if actor is None or critic is None:
        hidden = tuple(checks.widths("hidden", hidden, least=1))
        widths = [int(np.prod(shape)), *hidden]
        chosen = np.broadcast_to(np.asarray(orthogonal, bool), agents)
        sizes = {"actor": (numbers, 0.01), "critic": (1, 1.0)}
        drawn = [
            {name: _kernels(rng, [*widths, last], gain, kind) for name, (last, gain) in sizes.items()}
            for kind in chosen
        ]

        def built(name):
            kernels = [np.stack(layer) for layer in zip(*(own[name] for own in drawn), strict=True)]
            return feed_forward.from_kernels(kernels, shape, activation="tanh")

        if actor is None:
            actor = built("actor")
            if isinstance(actions, TanhGaussian):
                actor = keras.Model(actor.input, networks.LogScale()(actor.output), name="actor")
        critic = critic or built("critic")
    actor = networks.Network(actor, agents, shape, actions.outputs, "train(actor)")
    critic = networks.Network(critic, agents, shape, 1, "train(critic)")
    shared = {id(w) for w in actor.model.weights} & {id(w) for w in critic.model.weights}
    if shared:
        raise ValueError(
            "train(actor, critic): they share weights; give two models apart from each other, such as "
            "keras.models.clone_model(...) of the shared layers."
        )
    return ActorCritic(actor, critic, actions)


def load(name, environments):
    """A trained actor that the course ships, verified by its SHA-256 in data/datasets.toml.

    Args:
        name: its entry there, such as ``"lander_policy"``.
        environments: the vector environment that it is for.

    Returns:
        keras.Model, from observations (batch, *observation) to what the actor gives: logits, (batch, actions).

    Raises:
        ValueError: where it doesn't fit the environment, or there is no such entry.
        datasets.DataError: where the file is missing or another one.
    """
    entry = catalogue.entry(name)
    if entry["kind"] != "policy":
        raise ValueError(f"{name!r} is {entry['title']!r}, not a policy.")
    (file,) = entry["files"]
    catalogue.read(file)  # verifies
    model = keras.models.load_model(catalogue.path(file))
    actions, shape = actions_of(environments), environments.single_observation_space.shape
    return networks.Network(model, 1, shape, actions.outputs, name).model


def _kernels(rng, widths, last, orthogonal):
    """Kernels of one network, float32, layer by layer."""
    found = []
    for number, (inputs, outputs) in enumerate(itertools.pairwise(widths)):
        if orthogonal:
            gain = last if number + 2 == len(widths) else math.sqrt(2)
            kernel = gain * _orthogonal(rng, inputs, outputs)
        else:
            bound = math.sqrt(6 / (inputs + outputs))
            kernel = rng.uniform(-bound, bound, (inputs, outputs))
        found.append(kernel.astype("float32"))
    return found


def _orthogonal(rng, rows, columns):
    """A random matrix with orthonormal rows or columns, whichever are fewer (Saxe et al. 2014)."""
    q, r = np.linalg.qr(rng.standard_normal((max(rows, columns), min(rows, columns))))
    q *= np.sign(np.diag(r))
    return q if rows >= columns else q.T


def _logistic(rng, shape):
    """Draws of the logistic distribution: below d with probability σ(d)."""
    uniform = rng.random(shape, np.float32)
    return np.log(np.maximum(uniform, 1e-12)) - np.log1p(-uniform)
