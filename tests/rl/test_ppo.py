"""Proximal policy optimisation: its update against NumPy, its masks, and that it solves what it should."""

import gymnasium
import numpy as np
import pytest
from scipy.optimize import approx_fprime
from test_policy_gradients import Counter

from dlcourse.rl import evaluation, policies, ppo
from dlcourse.training import optimizers


def cart_poles(number):
    return gymnasium.make_vec("CartPole-v1", num_envs=number, vectorization_mode="vector_entry_point")


def softmax(logits):
    weight = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return weight / weight.sum(axis=-1, keepdims=True)


def loss_by_hand(theta, policy, batch, old, settings):
    """The loss of one copy on one minibatch, in float64."""
    x, action, advantage, target, value, weight = batch
    layers = policy.layers(theta[None])
    from dlcourse.rl.policies import forward

    share = softmax(forward(layers.actor, x[None], np.tanh)[0])
    guess = forward(layers.critic, x[None], np.tanh)[0, :, 0]

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
        epochs=2,
        minibatch=8,
        normalise=normalise,
        clip=0.05,
        clip_value=clip_value,
        entropy_weight=0.1,
        learning_rate=0.05,
    )
    policy, rng = policies.Categorical(2, 3, (3,)), np.random.default_rng(0)
    theta = rng.normal(size=(2, policy.parameters)).astype("float32")
    x, action = rng.normal(size=(2, 8, 2)).astype("float32"), rng.integers(3, size=(2, 8))
    advantage, target, value = rng.normal(size=(3, 2, 8)).astype("float32")
    weight = (rng.random((2, 8)) < 0.7).astype("float32")
    batch = (x, action, advantage, target, value, weight)
    update = ppo.make_update(policy, settings, 2, jit_compile=False)
    orders = ppo.shuffled(rng, 2, 2, 8, 8)
    state, _ = update(optimizers.begin(theta), *batch, orders, np.full((2, 1), 0.05, "float32"))
    for copy in range(2):
        now, mean, square = theta[copy].astype("float64"), 0.0, 0.0
        own = [item[copy].astype("float64") if item.dtype != action.dtype else item[copy] for item in batch]
        from dlcourse.rl.policies import forward

        share = softmax(forward(policy.layers(now[None]).actor, own[0][None], np.tanh)[0])
        old = share[np.arange(8), own[1]]
        for count in (1, 2):
            gradient = approx_fprime(now, loss_by_hand, 1e-6, policy, own, old, settings)
            gradient *= min(1, settings.max_grad_norm / np.linalg.norm(gradient))
            mean, square = 0.9 * mean + 0.1 * gradient, 0.999 * square + 0.001 * gradient**2
            now = now - 0.05 * (mean / (1 - 0.9**count)) / (np.sqrt(square / (1 - 0.999**count)) + 1e-5)
        np.testing.assert_allclose(state[0][copy], now, rtol=2e-3, atol=2e-3)


def test_every_step_is_used_once_an_epoch():
    orders = ppo.shuffled(np.random.default_rng(0), 3, 2, 12, 4)
    assert orders.shape == (9, 2, 4)
    for copy in range(2):
        for epoch in range(3):
            assert sorted(orders[3 * epoch : 3 * epoch + 3, copy].ravel()) == list(range(12))
    assert not np.array_equal(orders[:3, 0], orders[:3, 1])


def prepared(**options):
    from dlcourse.rl import rollout

    settings, environments = ppo.Settings(discount=1.0, gae_lambda=1.0, **options), Counter(num_envs=2)
    policy = policies.fitting(environments, (3,))
    theta = policy.initial(np.random.default_rng(0))
    layers = policy.layers(theta)
    collector = rollout.Collector(environments)
    found = collector.collect(lambda x: np.zeros(x.shape[:2], np.int64), 5)
    values = np.stack([policy.value(layers, x) for x in found.observations])
    x, _, advantage, _, _, learning = ppo.prepare(policy, layers, found, settings)
    return (item.reshape(5, 2, -1) for item in (x[0], advantage[0], learning[0])), values[:, 0]


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
    policy, settings = policies.Categorical(2, 2, (3,)), ppo.Settings(epochs=1, minibatch=8)
    rng = np.random.default_rng(0)
    theta = policy.initial(rng)
    batch = [
        rng.normal(size=(1, 8, 2)).astype("float32"), rng.integers(2, size=(1, 8)),
        *rng.normal(size=(3, 1, 8)).astype("float32"), np.array([[1, 1, 1, 1, 1, 1, 1, 0]], "float32"),
    ]  # fmt: skip
    update = ppo.make_update(policy, settings, 1, jit_compile=False)
    orders, rate = ppo.shuffled(rng, 1, 1, 8, 8), np.full((1, 1), 0.1, "float32")
    before, _ = update(optimizers.begin(theta), *batch, orders, rate)
    for item in batch[2:5]:
        item[0, 7] = 1e3
    batch[1][0, 7] = 1 - batch[1][0, 7]
    after, _ = update(optimizers.begin(theta), *batch, orders, rate)
    np.testing.assert_array_equal(before[0], after[0])
    batch[5][0, 7] = 1
    assert np.abs(update(optimizers.begin(theta), *batch, orders, rate)[0][0] - before[0]).max() > 1e-3


def test_copies_know_nothing_of_each_other():
    policy = policies.Categorical(2, 2, (3,))
    settings = ppo.Settings(epochs=3, minibatch=4, clip=np.array([0.2, 0.01]))
    rng = np.random.default_rng(0)
    theta = policy.initial(rng, 2)
    batch = [
        rng.normal(size=(2, 8, 2)).astype("float32"), rng.integers(2, size=(2, 8)),
        *rng.normal(size=(3, 2, 8)).astype("float32"), np.ones((2, 8), "float32"),
    ]  # fmt: skip
    orders, rate = ppo.shuffled(rng, 3, 2, 8, 4), np.full((2, 1), 0.1, "float32")
    both, _ = ppo.make_update(policy, settings, 2, jit_compile=False)(
        optimizers.begin(theta), *batch, orders, rate
    )
    alone, _ = ppo.make_update(policy, ppo.Settings(clip=0.01), 1, jit_compile=False)(
        optimizers.begin(theta[1:]), *(item[1:] for item in batch), orders[:, 1:], rate[1:]
    )
    np.testing.assert_allclose(both[0][1], alone[0][0], atol=1e-5)


def test_bad_settings_and_rewards():
    with pytest.raises(ValueError, match="not a multiple of minibatch"):
        ppo.train(cart_poles(3), ppo.Settings(length=5, minibatch=4), steps=10)
    with pytest.raises(ValueError, match="reward nan"):
        ppo.train(Counter(reward=np.nan), ppo.Settings(length=4, minibatch=16), steps=10)
    with pytest.raises(ValueError, match="FlattenObservation"):
        ppo.train(
            gymnasium.make_vec("FrozenLake-v1", num_envs=2, vectorization_mode="sync"),
            ppo.Settings(),
            steps=9,
        )


def test_same_seed_same_curve_and_it_goes_on_where_it_was():
    settings = ppo.Settings(length=16, minibatch=64, epochs=2, anneal=1_500)
    first, second = (
        ppo.train(cart_poles(8), settings, steps=1_500, agents=2, seed=3, jit_compile=False) for _ in range(2)
    )
    np.testing.assert_array_equal(first.theta, second.theta)
    assert [e.total for e in first.episodes[1]] == [e.total for e in second.episodes[1]]
    half = ppo.train(cart_poles(8), settings, steps=700, agents=2, seed=3, jit_compile=False)
    rest = ppo.train(
        cart_poles(8),
        settings,
        steps=1_500,
        resume=(half.state, half.steps),
        agents=2,
        seed=4,
        jit_compile=False,
    )
    assert rest.steps.min() >= 1_500 and rest.state[3] == first.state[3]


def test_a_training_that_never_solves_ends_with_the_update_that_reaches_its_steps():
    settings = ppo.Settings(length=16, minibatch=64, epochs=1)
    run = ppo.train(cart_poles(4), settings, steps=300, seed=3, threshold=None, jit_compile=False)
    assert 300 <= run.steps.min() < 300 + 4 * settings.length


@pytest.mark.slow
def test_cart_pole_is_solved_and_stays_so():
    run = ppo.train(cart_poles(8), ppo.CART_POLE, steps=200_000, seed=5)
    assert run.solved[0] is not None
    assert evaluation.confirm(cart_poles(100), run.chooser()).mean() >= 475


def test_the_learning_rate_falls_to_its_final_share_and_stays_there():
    settings = ppo.Settings(learning_rate=1e-2, anneal=1_000, final_share=0.1)
    steps = np.array([0, 500, 1_000, 1_001, 90_000])
    np.testing.assert_allclose(ppo.annealed(settings, steps), [1e-2, 5.5e-3, 1e-3, 1e-3, 1e-3])
    level = ppo.Settings(learning_rate=1e-2, final_share=1.0)
    np.testing.assert_allclose(ppo.annealed(level, steps), 1e-2)
