"""Whether an environment, its rewards and a policy fit an agent: clear errors instead of strange curves."""

import numbers

import numpy as np
from gymnasium import spaces
from gymnasium.vector import AutoresetMode, VectorEnv

from dlcourse import checks


def require(environment, *, observation, action):
    """The observation and action space of a single environment, if they are of the kinds asked for.

    Args:
        environment: Gymnasium Env or VectorEnv.
        observation, action: classes of ``gymnasium.spaces``, such as ``Discrete`` or ``Box``.

    Returns:
        (observation space, action space), of a single environment.

    Raises:
        ValueError: where a space is of another kind, or the kind asked for needs more than the space has: a Discrete
            space that doesn't start at 0, a Box of actions without bounds.
    """
    found = []
    for role, wanted in [("observation", observation), ("action", action)]:
        vector = isinstance(environment, VectorEnv)
        space = getattr(environment, f"single_{role}_space" if vector else f"{role}_space")
        name = _name(environment)
        if not isinstance(space, wanted):
            raise ValueError(
                f"{name}: its {role} space is {space}, but this agent needs {wanted.__name__}. "
                + _advice(environment, role, space, wanted)
            )
        if isinstance(space, spaces.Discrete) and space.start != 0:
            wrapper = (
                f"lambda env: gymnasium.wrappers.Transform{role.title()}(env, lambda {role}: {role} "
                f"{'+' if role == 'action' else '-'} {space.start}, gymnasium.spaces.Discrete({space.n}))"
            )
            raise ValueError(
                f"{name}: its {role} space {space} starts at {space.start}; the agents count from 0. "
                + wrapped(environment, wrapper)
            )
        if role == "action" and isinstance(space, spaces.Box) and not space.is_bounded():
            wrapper = (
                "lambda env: gymnasium.wrappers.TransformAction(env, lambda action: action, "
                f"gymnasium.spaces.Box(-1.0, 1.0, {space.shape}))"
            )
            raise ValueError(
                f"{name}: its action space {space} has no finite bounds. Give its actions some, such as -1 and 1. "
                + wrapped(environment, wrapper)
            )
        found.append(space)
    return tuple(found)


FLATTEN = "gymnasium.wrappers.FlattenObservation"


def wrapped(environment, wrapper):
    """Advice to make an environment anew inside a wrapper, as a line that can be typed."""
    name = _name(environment)
    if isinstance(environment, VectorEnv):
        making = (
            f'gymnasium.make_vec("{name}", num_envs={environment.num_envs}, vectorization_mode="sync", '
            f"wrappers=[{wrapper}])"
        )
    else:
        making = (
            f'({wrapper})(gymnasium.make("{name}"))'
            if "lambda" in wrapper
            else f'{wrapper}(gymnasium.make("{name}"))'
        )
    return f"Wrap it: environment = {making}"


def _advice(environment, role, space, wanted):
    if role == "observation" and wanted is spaces.Box:
        if space.is_np_flattenable:
            return wrapped(environment, FLATTEN)
        return "Choose another environment: such observations can't be flattened into one vector."
    return {
        (
            "observation",
            "Discrete",
        ): "A table needs numbered states: see chapter 09c for agents with networks.",
        ("action", "Discrete"): "Continuous actions need another agent: see chapter 09d.",
        ("action", "Box"): "Numbered actions need another agent: see chapter 09c.",
    }.get((role, wanted.__name__), "Choose another agent or another environment.")


def stored(space):
    """The dtype in which a Box's observations are kept: uint8 where they are pixels of that, else float32."""
    return np.dtype("uint8" if space.dtype == np.uint8 else "float32")


def tabular(environments):
    """Numbers of states and actions of a vector environment that a tabular agent can learn in.

    Raises:
        ValueError: where it is no vector environment, its spaces are not Discrete, or it resets in another way than on
            the step after an episode's end.
    """
    vectorised(environments)
    observation, action = require(environments, observation=spaces.Discrete, action=spaces.Discrete)
    return int(observation.n), int(action.n)


def vectorised(environments):
    """Check that these are several environments, which reset on the step after an episode's end.

    In that mode (Gymnasium's default) the step that ends an episode returns its last observation, from which an agent
    may bootstrap, and the step after it ignores the action: it must not be learnt from.

    Raises:
        ValueError: with what to do.
    """
    if not isinstance(environments, VectorEnv):
        raise ValueError(
            f"{_name(environments)} is a single environment; the agents step several at once. "
            'Give gymnasium.make_vec(id, num_envs=..., vectorization_mode="sync").'
        )
    mode = environments.metadata.get("autoreset_mode")
    if mode != AutoresetMode.NEXT_STEP:
        raise ValueError(
            f"{_name(environments)} has the autoreset mode {mode}; the agents need AutoresetMode.NEXT_STEP. In other "
            "modes the observation that ends an episode isn't where they look for it, and their targets would be wrong."
        )


def environments_per_agent(environments, agents):
    """How many of the environments each agent gets, where they are shared out evenly.

    Raises:
        ValueError: where they can't be.
    """
    agents = checks.whole_number("agents", agents)
    if environments.num_envs % agents:
        raise ValueError(
            f"{environments.num_envs} environments can't be shared out evenly among {agents} agents: make {agents} × n "
            "of them."
        )
    return environments.num_envs // agents


def chosen(actions, environments, number, name):
    """Actions of so many environments as an array, whole numbers (environments,) from 0 to ``number`` - 1.

    Raises:
        ValueError: where they aren't.
    """
    given = np.asarray(actions)
    whole = given.shape == (environments,) and given.dtype.kind in "iu"
    if not whole or (given < 0).any() or (given >= number).any():
        raise ValueError(
            f"{name}.step(actions={actions!r}): expected {environments} whole numbers from 0 to {number - 1}, one for "
            "each environment."
        )
    return given


def finite(values, step, what="reward"):
    """The rewards, or the observations, if all are finite numbers.

    Args:
        values: (environments, ...).
        step: for the message.
        what: "reward" or "observation".

    Raises:
        ValueError: naming the first environment and step where one is not.
    """
    values = np.asarray(values, "float64") if what == "reward" else np.asarray(values)
    if not np.isfinite(values).all():
        place = tuple(int(index) for index in np.argwhere(~np.isfinite(values))[0])
        raise ValueError(
            f"The environment gave the {what} {values[place]} in environment {place[0]} at step {step}. "
            f"One such {what} spoils every value that is learnt after it: find out where the environment divides by "
            "zero or overflows."
        )
    return values


def probabilities(policy, states, actions):
    """A policy as an array of probabilities (states, actions).

    Args:
        policy: whole numbers (states,), one action each; or probabilities (states, actions).

    Raises:
        ValueError: where the shape is another, an action doesn't exist, or a row is no distribution.
    """
    policy = np.asarray(policy)
    if policy.dtype.kind not in "iuf":
        raise ValueError(f"The policy is an array of {policy.dtype}: expected actions or probabilities.")
    if policy.shape == (states,) and np.issubdtype(policy.dtype, np.integer):
        wrong = np.flatnonzero((policy < 0) | (policy >= actions))
        if len(wrong):
            raise ValueError(
                f"The policy takes action {policy[wrong[0]]} in state {wrong[0]}; there are actions 0 to {actions - 1}."
            )
        return np.eye(actions)[policy]
    if policy.shape != (states, actions):
        raise ValueError(
            f"The policy is an array of {policy.dtype} of shape {policy.shape}. Expected whole numbers of shape "
            f"({states},), an action for each state, or probabilities of shape ({states}, {actions})."
        )
    sums = policy.sum(axis=1)
    wrong = np.flatnonzero(~(np.abs(sums - 1) < 1e-8) | (policy < 0).any(axis=1))
    if len(wrong):
        raise ValueError(
            f"The policy's probabilities in state {wrong[0]} are {policy[wrong[0]]}: they must be at least 0 and add "
            "up to 1."
        )
    return policy.astype("float64")


def discount_factor(discount):
    """The discount, if it lies between 0 and 1.

    Raises:
        ValueError: else.
    """
    if not isinstance(discount, numbers.Real) or isinstance(discount, bool) or not 0 <= discount <= 1:
        raise ValueError(
            f"discount={discount!r}: expected a number from 0 (only the next reward counts) to 1."
        )
    return float(discount)


def _name(environment):
    spec = getattr(environment, "spec", None)
    return spec.id if spec is not None else type(environment).__name__
