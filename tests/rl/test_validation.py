"""What environments really give: other spaces, numbers that count from 1, NaN; and advice that runs as it stands."""

import gymnasium
import numpy as np
import pytest
from gymnasium import spaces

from dlcourse.rl import dqn, environments, policies, policy_gradient, ppo, rollout, validation


class Small(gymnasium.Env):
    """An environment of given spaces, whose observations may become NaN."""

    def __init__(self, observation, action, spoilt_at=None):
        self.observation_space, self.action_space, self.spoilt_at = observation, action, spoilt_at
        self.observation_space.seed(0)
        self.actions = []

    def reset(self, *, seed=None, options=None):
        self.step_number = 0
        return self.observation_space.sample(), {}

    def step(self, action):
        assert self.action_space.contains(action), f"{action} is not in {self.action_space}"
        self.step_number += 1
        observation = self.observation_space.sample()
        if self.step_number == self.spoilt_at:
            observation = observation * np.nan
        return observation, 1.0, self.step_number >= 9, False, {}


BOX = spaces.Box(-1.0, 1.0, (3,))
SPACES = {
    "dict": (spaces.Dict({"place": BOX, "speed": spaces.Box(0.0, 1.0, (2,))}), spaces.Discrete(2)),
    "tuple": (spaces.Tuple([BOX, spaces.Discrete(3)]), spaces.Discrete(2)),
    "numbered": (spaces.Discrete(4), spaces.Discrete(2)),
    "from_one": (BOX, spaces.Discrete(2, start=1)),
    "table_from_one": (spaces.Discrete(4, start=1), spaces.Discrete(2)),
    "unbounded": (BOX, spaces.Box(-np.inf, np.inf, (1,), np.float32)),
}


@pytest.fixture(autouse=True, scope="module")
def registered():
    for name, (observation, action) in SPACES.items():
        gymnasium.register(
            f"{name}-v0", lambda observation=observation, action=action: Small(observation, action)
        )
    yield
    for name in SPACES:
        gymnasium.registry.pop(f"{name}-v0")


def advised(message):
    """The environment that a message's advice makes, when typed."""
    names = {"gymnasium": gymnasium}
    exec(message.partition("Wrap it: ")[2], names)
    return names["environment"]


@pytest.mark.parametrize("name", ["dict", "tuple", "numbered", "from_one"])
def test_the_advice_makes_an_environment_that_an_agent_learns_in(name):
    settings = dqn.Settings(learning_starts=16, batch_size=8, train_every=8, updates=1)
    made = gymnasium.make_vec(f"{name}-v0", num_envs=2, vectorization_mode="sync")
    with pytest.raises(ValueError, match="Wrap it: ") as error:
        dqn.train(made, settings, agents=1, steps=100)
    trained = dqn.train(advised(str(error.value)), settings, agents=1, steps=100)
    assert trained.returns[0].tolist() == [9.0] * 10
    policies.actions_of(advised(str(error.value)))


def test_the_advice_for_actions_without_bounds_and_for_tables_runs():
    made = gymnasium.make_vec("unbounded-v0", num_envs=2, vectorization_mode="sync")
    with pytest.raises(ValueError, match=r"no finite bounds.*Wrap it: ") as error:
        policies.actions_of(made)
    assert policies.actions_of(advised(str(error.value))).low == -1
    single = gymnasium.make("table_from_one-v0")
    with pytest.raises(ValueError, match=r"starts at 1.*Wrap it: ") as error:
        validation.require(single, observation=spaces.Discrete, action=spaces.Discrete)
    wrapped = advised(str(error.value))
    states, actions = validation.require(wrapped, observation=spaces.Discrete, action=spaces.Discrete)
    assert (states.n, actions.n) == (4, 2)
    seen = {int(wrapped.reset(seed=seed)[0]) for seed in range(50)}
    assert seen == {0, 1, 2, 3}


@pytest.mark.parametrize(
    ("train", "wanted"),
    [
        (lambda s: dqn.train(spoilt(), s, steps=10), r"train\(settings\).*dqn\.Settings\(\)"),
        (lambda s: ppo.train(spoilt(), s, steps=10), r"train\(settings\).*ppo\.Settings\(\)"),
        (lambda s: policy_gradient.reinforce(spoilt, s, "mean", updates=1), r"policy_gradient\.Settings\(\)"),
        (lambda s: policy_gradient.actor_critic(spoilt(), s, steps=10), r"policy_gradient\.Settings\(\)"),
    ],
    ids=["dqn", "ppo", "reinforce", "actor_critic"],
)  # fmt: skip
@pytest.mark.parametrize("given", [dqn.Settings, ppo.Settings, policy_gradient.Settings, {}, rollout.Rollout])
def test_settings_are_an_instance_of_the_agents_own(train, wanted, given):
    with pytest.raises(ValueError, match=wanted) as error:
        train(given)
    assert ("the class" in str(error.value)) == isinstance(given, type)


def test_settings_of_another_agent_are_refused():
    with pytest.raises(ValueError, match=r"got Settings\(.*expected an instance, such as dqn\.Settings\(\)"):
        dqn.train(spoilt(), ppo.Settings(), steps=10)


def spoilt(number=2):
    return gymnasium.vector.SyncVectorEnv(
        [lambda: Small(BOX, spaces.Discrete(2), spoilt_at=5) for _ in range(number)]
    )


@pytest.mark.parametrize(
    "train",
    [
        lambda: policy_gradient.reinforce(spoilt, policy_gradient.Settings(), "mean", updates=2),
        lambda: policy_gradient.actor_critic(spoilt(), policy_gradient.Settings(), steps=100),
        lambda: ppo.train(spoilt(), ppo.Settings(), steps=1_000),
        lambda: dqn.train(spoilt(), dqn.Settings(learning_starts=16), agents=1, steps=100),
        lambda: rollout.Collector(spoilt()).collect(lambda seen: np.zeros(seen.shape[:2], "int64"), 8),
    ],
    ids=["reinforce", "actor_critic", "ppo", "dqn", "collector"],
)
def test_an_observation_that_is_nan_is_laid_to_the_environment(train):
    with pytest.raises(ValueError, match=r"gave the observation nan in environment \d at step"):
        train()


def test_a_setting_is_one_number_or_one_per_agent():
    worlds = environments.cart_poles(2)
    with pytest.raises(ValueError, match=r"Settings\(clip=...\): its shape is \(3,\); with agents=2"):
        ppo.train(worlds, ppo.Settings(clip=(0.1, 0.2, 0.3)), steps=8, agents=2)
    with pytest.raises(ValueError, match=r"Settings\(target_every=...\): its shape is \(2,\); with agents=1"):
        dqn.train(worlds, dqn.Settings(target_every=(10, 20)), steps=8)
    with pytest.raises(ValueError, match=r"Settings\(discount=...\): its shape is \(2,\)"):
        policy_gradient.actor_critic(worlds, policy_gradient.Settings(discount=(0.9, 0.99)), steps=8)
    with pytest.raises(ValueError, match="each of 1 agents"):
        policy_gradient.reinforce(
            lambda: worlds, policy_gradient.Settings(), ["none", "value"], updates=1, longest=9
        )
