"""Proximal policy optimisation: its update against NumPy, its masks, and that it solves what it should."""

import gymnasium
import numpy as np
import pytest
from gymnasium import spaces
from scipy.optimize import approx_fprime
from test_policy_gradients import Counter

from dlcourse.rl import evaluation, policies, ppo, rollout
from dlcourse.training import optimizers


def cart_poles(number):
    return gymnasium.make_vec("CartPole-v1", num_envs=number, vectorization_mode="vector_entry_point")


def softmax(logits):
    weight = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return weight / weight.sum(axis=-1, keepdims=True)


def small_policy(agents=1, actions=2, seed=0):
    """Actor and critic of one hidden layer of 3 tanh units on 2 observations; biases are drawn too."""
    world, rng = Counter(), np.random.default_rng(seed)
    world.single_action_space = spaces.Discrete(actions)
    policy = policies.actor_critic(world, agents, rng, hidden=(3,))
    policy.weights = [rng.normal(size=weight.shape).astype("float32") for weight in policy.weights]
    return policy


def forward(weights, x):
    """One network of one agent: kernel and bias of the hidden layer, kernel and bias of the last."""
    first, bias, last, last_bias = weights
    return np.tanh(x @ first + bias) @ last + last_bias


def cut(theta, shapes):
    """The weights of one agent from its numbers in a row."""
    places = np.cumsum([int(np.prod(shape)) for shape in shapes])[:-1]
    return [part.reshape(shape) for part, shape in zip(np.split(theta, places), shapes, strict=True)]


def loss_by_hand(theta, shapes, batch, old, settings):
    """The loss of one agent on one minibatch, in float64."""
    x, action, advantage, target, value, weight = batch
    weights = cut(theta, shapes)
    share, guess = softmax(forward(weights[:4], x)), forward(weights[4:], x)[:, 0]

    def average(number):
        return (number * weight).sum() / weight.sum()

    if settings.normalise:
        centred = advantage - average(advantage)
        advantage = centred / (np.sqrt(average(centred**2)) + 1e-8)
    ratio = share[np.arange(len(action)), action] / old
    gain = np.minimum(ratio * advantage, np.clip(ratio, 1 - settings.clip, 1 + settings.clip) * advantage)
    near = value + np.clip(guess - value, -settings.clip_value, settings.clip_value)
    error = np.maximum((guess - target) ** 2, (near - target) ** 2)
    entropy = -(share * np.log(share)).sum(axis=1)
    return average(-gain + settings.value_weight * error - settings.entropy_weight * entropy)


@pytest.mark.parametrize("normalise", [True, False])
@pytest.mark.parametrize("clip_value", [np.inf, 0.1])
def test_two_steps_of_the_update_are_adam_on_the_loss_by_hand(normalise, clip_value):
    settings = ppo.Settings(
        normalise=normalise, clip=0.05, clip_value=clip_value, entropy_weight=0.1, learning_rate=0.05
    )
    policy, rng = small_policy(agents=2, actions=3), np.random.default_rng(0)
    x, action = rng.normal(size=(2, 8, 2)).astype("float32"), rng.integers(3, size=(2, 8))
    advantage, target, value = rng.normal(size=(3, 2, 8)).astype("float32")
    weight = (rng.random((2, 8)) < 0.7).astype("float32")
    batch = (x, action, advantage, target, value, weight)
    orders = ppo.shuffled(rng, 2, 2, 8, 8)
    rates = np.full(2, 0.05, "float32")
    state, _ = ppo.make_update(policy, settings, 2)(optimizers.begin(policy.weights), *batch, orders, rates)
    for agent in range(2):
        weights = [part[agent].astype("float64") for part in policy.weights]
        shapes = [part.shape for part in weights]
        now, mean, square = np.concatenate([part.ravel() for part in weights]), 0.0, 0.0
        own = [item[agent] if item is action else item[agent].astype("float64") for item in batch]
        old = softmax(forward(weights[:4], own[0]))[np.arange(8), own[1]]
        for count in (1, 2):
            gradient = approx_fprime(now, loss_by_hand, 1e-6, shapes, own, old, settings)
            gradient *= min(1, settings.max_grad_norm / np.linalg.norm(gradient))
            mean, square = 0.9 * mean + 0.1 * gradient, 0.999 * square + 0.001 * gradient**2
            now = now - 0.05 * (mean / (1 - 0.9**count)) / (np.sqrt(square / (1 - 0.999**count)) + 1e-5)
        for ours, theirs in zip(state.weights, cut(now, shapes), strict=True):
            np.testing.assert_allclose(ours[agent], theirs, rtol=2e-3, atol=2e-3)


def test_every_step_is_used_once_an_epoch():
    orders = ppo.shuffled(np.random.default_rng(0), 3, 2, 12, 4)
    assert orders.shape == (9, 2, 4)
    for agent in range(2):
        for epoch in range(3):
            assert sorted(orders[3 * epoch : 3 * epoch + 3, agent].ravel()) == list(range(12))
    assert not np.array_equal(orders[:3, 0], orders[:3, 1])


@pytest.mark.parametrize(
    ("size", "expected"), [(256, 256), (128, 128), (384, 192), (320, 160), (1184, 148), (263, 1)]
)
def test_minibatches_are_the_largest_equal_parts(size, expected):
    assert ppo.largest_part(size, 256) == expected


def prepared(**options):
    settings = ppo.Settings(discount=1.0, gae_lambda=1.0, **options)
    policy, collector = small_policy(), rollout.Collector(Counter(num_envs=2))
    found = collector.collect(lambda x: np.zeros(x.shape[:2], np.int64), 5)
    values = forward([weight[0] for weight in policy.weights[4:]], found.observations)[:, 0, :, 0]
    x, _, advantage, _, _, learning = ppo.prepare(policy, policy.weights, found, settings)
    return (item.reshape(5, 2, -1) for item in (x[0], advantage[0], learning[0])), values


def test_termination_truncation_and_reset_in_what_is_learnt():
    (_, advantage, learning), values = prepared()
    np.testing.assert_allclose(advantage[2, 0], 1 - values[2, 0], rtol=1e-5)  # terminated
    np.testing.assert_allclose(advantage[2, 1], 1 + values[3, 1] - values[2, 1], rtol=1e-5)  # truncated
    assert learning[:, 0, 0].tolist() == [1, 1, 1, 0, 1]
    # done wrong, each is different
    (_, advantage, _), values = prepared(bootstrap=False)
    np.testing.assert_allclose(advantage[2, 1], 1 - values[2, 1], rtol=1e-5)
    (_, _, learning), _ = prepared(mask_resets=False)
    assert learning.min() == 1


def test_a_masked_step_teaches_nothing():
    policy, rng = small_policy(), np.random.default_rng(0)
    batch = [
        rng.normal(size=(1, 8, 2)).astype("float32"), rng.integers(2, size=(1, 8)),
        *rng.normal(size=(3, 1, 8)).astype("float32"), np.array([[1, 1, 1, 1, 1, 1, 1, 0]], "float32"),
    ]  # fmt: skip
    update = ppo.make_update(policy, ppo.Settings(), 1)
    orders, rate = ppo.shuffled(rng, 1, 1, 8, 8), np.full(1, 0.1, "float32")

    def after():
        return update(optimizers.begin(policy.weights), *batch, orders, rate)[0].weights

    before = after()
    for item in batch[2:5]:
        item[0, 7] = 1e3
    batch[1][0, 7] = 1 - batch[1][0, 7]
    for one, other in zip(before, after(), strict=True):
        np.testing.assert_array_equal(one, other)
    batch[5][0, 7] = 1
    assert max(np.abs(one - other).max() for one, other in zip(before, after(), strict=True)) > 1e-3
    batch[5][:] = 0
    for weight, other in zip(policy.weights, after(), strict=True):
        np.testing.assert_array_equal(weight, other)


def test_agents_know_nothing_of_each_other():
    policy, rng = small_policy(agents=2), np.random.default_rng(0)
    settings = ppo.Settings(clip=np.array([0.2, 0.01]))
    batch = [
        rng.normal(size=(2, 8, 2)).astype("float32"), rng.integers(2, size=(2, 8)),
        *rng.normal(size=(3, 2, 8)).astype("float32"), np.ones((2, 8), "float32"),
    ]  # fmt: skip
    orders, rate = ppo.shuffled(rng, 3, 2, 8, 4), np.full(2, 0.1, "float32")
    both, _ = ppo.make_update(policy, settings, 2)(optimizers.begin(policy.weights), *batch, orders, rate)
    alone, _ = ppo.make_update(small_policy(), ppo.Settings(clip=0.01), 1)(
        optimizers.begin([weight[1:] for weight in policy.weights]),
        *(item[1:] for item in batch), orders[:, 1:], rate[1:],
    )  # fmt: skip
    for one, other in zip(both.weights, alone.weights, strict=True):
        np.testing.assert_allclose(one[1], other[0], atol=1e-5)


def test_bad_environments_and_rewards():
    with pytest.raises(ValueError, match="reward nan"):
        ppo.train(Counter(reward=np.nan), ppo.Settings(length=4), steps=10)
    with pytest.raises(ValueError, match=r"steps come in minibatches of 1, .* Take a divisor of"):
        ppo.train(Counter(), ppo.Settings(length=13, minibatch=1), steps=26)
    with pytest.raises(ValueError, match="FlattenObservation"):
        ppo.train(
            gymnasium.make_vec("FrozenLake-v1", num_envs=2, vectorization_mode="sync"),
            ppo.Settings(),
            steps=9,
        )


def test_same_seed_same_curve_and_it_goes_on_where_it_was():
    settings = ppo.Settings(length=16, minibatch=64, epochs=2, anneal=1_500)
    first, second = (
        ppo.train(cart_poles(8), settings, steps=1_500, agents=2, seed=3, keep=keep) for keep in ([700], ())
    )
    for one, other in zip(first.weights, second.weights, strict=True):
        np.testing.assert_array_equal(one, other)
    assert first.returns[1].tolist() == second.returns[1].tolist()
    assert [len(mine) for mine in first.returns] == [len(mine) for mine in first.episodes]
    half = ppo.train(cart_poles(8), settings, steps=700, agents=2, seed=3)
    for one, other in zip(first.kept[700], half.weights, strict=True):
        np.testing.assert_array_equal(one, other)
    rest = ppo.train(cart_poles(8), settings, steps=1_500, resume=(half.state, half.steps), agents=2, seed=4)
    assert rest.steps.min() >= 1_500 and rest.state.count == first.state.count
    with pytest.raises(ValueError, match="with which it was trained"):
        ppo.train(cart_poles(8), settings, steps=1_500, resume=(half.state, half.steps))


def test_training_stops_where_it_is_told_to():
    def enough(returns):
        return min(len(mine) for mine in returns) >= 10

    run = ppo.train(cart_poles(8), ppo.Settings(epochs=1), steps=20_000, agents=2, stop=enough)
    assert min(map(len, run.returns)) >= 10 and run.steps.max() < 2_000


def test_a_training_that_never_solves_ends_with_the_update_that_reaches_its_steps():
    settings = ppo.Settings(length=16, minibatch=64, epochs=1)
    run = ppo.train(cart_poles(4), settings, steps=300, seed=3)
    assert 300 <= run.steps.min() < 300 + 4 * settings.length


@pytest.mark.slow
def test_cart_pole_is_solved_and_stays_so():
    run = ppo.train(cart_poles(8), ppo.CART_POLE, steps=200_000, seed=5, threshold=evaluation.THRESHOLD)
    assert run.solved[0] is not None
    assert evaluation.confirm(cart_poles(100), run.chooser()).mean() >= 475


def test_the_learning_rate_falls_to_its_final_share_and_stays_there():
    settings = ppo.Settings(learning_rate=1e-2, anneal=1_000, final_share=0.1)
    steps = np.array([0, 500, 1_000, 1_001, 90_000])
    np.testing.assert_allclose(ppo.annealed(settings, steps), [1e-2, 5.5e-3, 1e-3, 1e-3, 1e-3])
    level = ppo.Settings(learning_rate=1e-2, final_share=1.0)
    np.testing.assert_allclose(ppo.annealed(level, steps), 1e-2)
