"""Chapter 09d's own functions: gradients and advantages on the corridor, settings side by side, figures."""

import functools
import inspect

import chapter_code
import numpy as np
import pytest

from dlcourse.figures import policy_gradients as figures
from dlcourse.figures import reinforcement
from dlcourse.rl import evaluation, networks, planning, policies, policy_gradient, ppo
from dlcourse.training import optimizers


@functools.cache
def chapter():
    """The functions that the chapter defines, by name, without running its cells."""
    return vars(chapter_code.definitions("09d"))


def softmax(logits):
    weight = np.exp(logits)
    return weight / weight.sum(axis=1, keepdims=True)


@pytest.mark.parametrize(("states", "slip"), [(3, 0.0), (7, 0.2)])
def test_the_corridor_is_what_the_text_says(states, slip):
    model = chapter()["corridor"](states, slip, cost=0.02)
    assert model.continuing.shape == (states, 2, states)
    np.testing.assert_allclose(model.expected_reward[0], -0.02)
    np.testing.assert_allclose(model.expected_reward[-1, 1], (1 - slip) - 0.02 * slip)
    assert model.continuing[0, 0, 0] == 1 - slip and model.start[states // 2] == 1


def test_the_estimates_mean_is_the_derivative_of_the_value():
    """Against finite differences of the exact value, which know nothing of scores."""
    model, discount = chapter()["corridor"](3, 0.1), 0.9
    logits = np.random.default_rng(0).normal(size=(3, 2))

    def worth(logits):
        return planning.from_start(model, planning.evaluate(model, softmax(logits), discount))

    slope = np.zeros((3, 2))
    for place in np.ndindex(3, 2):
        step = np.zeros((3, 2))
        step[place] = 1e-5
        slope[place] = (worth(logits + step) - worth(logits - step)) / 2e-5
    policy = softmax(logits)
    values = planning.evaluate(model, policy, discount)
    action_values = planning.backup(model, values, discount)
    found, first = chapter()["experience"](model, policy, 40_000, 120, 0)
    states = found.observations[:-1, 0, :, 0].astype(int)
    for number, weight in enumerate(chapter()["weights"](found, first, values, action_values, discount)):
        estimate = chapter()["gradient_estimates"](states, found.actions[:, 0], policy, weight)
        error = np.abs(estimate.mean(axis=0) - slope) / (estimate.std(axis=0) / 200 + 1e-12)
        assert (error.max() < 4.5) == (number < 5)


@pytest.mark.parametrize("decay", [0.0, 0.7, 1.0])
def test_expected_advantages(decay):
    model, discount = chapter()["corridor"](5), 0.9
    policy = softmax(np.random.default_rng(1).normal(size=(5, 2)))
    values = planning.evaluate(model, policy, discount)
    exact = planning.backup(model, values, discount) - values[:, None]
    expected = chapter()["expected_advantages"]
    np.testing.assert_allclose(expected(model, policy, values, discount, decay), exact, atol=1e-12)
    wrong = np.random.default_rng(2).normal(size=5)
    found = expected(model, policy, wrong, discount, decay)
    if decay == 1.0:
        np.testing.assert_allclose(found + wrong[:, None], exact + values[:, None], atol=1e-12)
    if decay == 0.0:
        np.testing.assert_allclose(
            found, planning.backup(model, wrong, discount) - wrong[:, None], atol=1e-12
        )
    walked = chapter()["experience"](model, policy, 20_000, 60, 0)
    mean, variance = chapter()["right_over_left"](*walked, wrong, discount, decay)
    np.testing.assert_allclose(mean, found[:, 1] - found[:, 0], atol=0.06)
    assert variance > 0


def test_settings_side_by_side():
    settings = chapter()["side_by_side"](
        {"as it is": {}, "no clipping": {"clip": np.inf}, "λ": {"gae_lambda": 0.0}}, 2
    )
    assert settings.clip.tolist() == [ppo.CART_POLE.clip] * 2 + [np.inf] * 2 + [ppo.CART_POLE.clip] * 2
    assert settings.gae_lambda.tolist() == [ppo.CART_POLE.gae_lambda] * 4 + [0.0] * 2
    assert settings.learning_rate == ppo.CART_POLE.learning_rate


def test_the_shipped_policy_flies():
    import gymnasium

    fields = gymnasium.make_vec("LunarLander-v3", num_envs=2, vectorization_mode="sync")
    pilot = policies.load("lander_policy", fields)
    states, ground = chapter()["one_landing"](pilot, 7)
    assert states.shape[1] == 8 and len(ground[0]) == len(ground[1]) and np.abs(ground[0]).max() == 10
    middle = np.abs(ground[0]) <= 2
    np.testing.assert_allclose(ground[1][middle], 0, atol=0.05)  # the pad
    with pytest.raises(ValueError, match="not a policy"):
        policies.load("digits", fields)
    poles = gymnasium.make_vec("CartPole-v1", num_envs=2, vectorization_mode="vector_entry_point")
    with pytest.raises(ValueError, match=r"lander_policy: its input_shape is \(None, 8\)"):
        policies.load("lander_policy", poles)


def test_figures_say_what_they_show():
    from matplotlib import pyplot as plt

    from dlcourse.measured import Measured

    _, ax = plt.subplots()
    reinforcement.learning_by_steps({"a": np.arange(12.0).reshape(3, 4)}, 5, 10, "title", ax=ax)
    assert [list(line.get_xdata()) for line in ax.lines] == [[5, 10, 15, 20], [0, 1]]
    figures.estimators({"a": Measured([1.0, 2.0]), "b": Measured([3.0, 4.0])}, ax=ax)
    figures.tricks({"a": [10, None], "b": [20, 30]}, 100, ax=ax)
    assert "1 never" in [text.get_text() for text in ax.texts]
    plt.close("all")


def test_curves_by_hand():
    from dlcourse.rl.rollout import Episode

    episodes = [[Episode(1.0, 1, 3, 0.0), Episode(3.0, 1, 9, 0.0), Episode(8.0, 1, 25, 0.0)]]
    np.testing.assert_array_equal(evaluation.learning_curves(episodes, 40, 10), [[2, 2, 8, 8]])
    assert np.isnan(evaluation.learning_curves([episodes[0][2:]], 40, 10)[0, :2]).all()


@pytest.mark.slow
def test_a_seed_that_is_not_recorded_fares_like_those_that_are():
    from dlcourse import recording, reproducibility

    reproducibility.start(0)
    study = chapter_code.study("ch09d_ppo")
    recorded = recording.load("ch09d_ppo").values()
    steps = [found["solved steps"] for found in recorded]
    anew = study.measured(20)
    assert abs(anew["solved steps"] - np.mean(steps)) < 4 * np.std(steps)
    assert np.mean(anew["greedy"]) >= 475 > np.mean(anew["returns"][:100])


def test_the_judge_knows_a_shared_actor_critic_from_others():
    import keras

    from dlcourse import exercises

    exercise = exercises.find("09d.4")
    code = inspect.cleandoc(exercise.solution[0]).removeprefix("```python").removesuffix("```")
    found = {}
    exec(code, found)
    assert exercise.judge(found["answer"]) is None and found["answer"].count_params() == 5_061

    def model(activation="tanh", head=None, units=(4, 1), layers=2):
        x = hidden = keras.Input((8,))
        for _ in range(layers):
            hidden = keras.layers.Dense(64, activation=activation)(hidden)
        return keras.Model(x, [keras.layers.Dense(number, activation=head)(hidden) for number in units])

    assert exercise.judge(model()) is None
    for wrong, said in [
        (model("relu"), "tanh"),
        (model(head="tanh"), "squashed"),
        (model(units=(1, 4)), "four logits"),
        (model(units=(4,)), "two outputs"),
        (model(layers=3), "share two"),
        (3, "type"),
    ]:
        assert said in exercise.judge(wrong)


def taken_over(actor, critic):
    """The package's agent of these very models, and the Adam that begins with their weights."""
    policy = policies.ActorCritic(
        networks.Network(actor, 1, (4,), 2, "actor"), networks.Network(critic, 1, (4,), 1, "critic"),
        policies.Categorical(2),
    )  # fmt: skip
    return policy, optimizers.begin(policy.weights)


def assert_equal(state, *models, atol):
    weights = [weight for model in models for weight in model.get_weights()]
    for ours, theirs in zip(weights, state.weights, strict=True):
        np.testing.assert_allclose(ours, theirs[0], atol=atol)


def two_networks(rng):
    """The chapter's actor and a critic like it, with drawn weights, biases too."""
    import keras

    actor = chapter()["actor_network"](16)
    critic = keras.Sequential([keras.Input((4,)), keras.layers.Dense(16, "tanh"), keras.layers.Dense(1)])
    for model in (actor, critic):
        model.set_weights([rng.normal(0, 0.5, w.shape).astype("float32") for w in model.get_weights()])
    return actor, critic


def matched(optimizer, step):
    """Keras' ε beside √v stands for the package's 1e-5 beside √(v / (1 - β₂ᵗ)); see training.optimizers."""
    optimizer.epsilon = 1e-5 * np.sqrt(1 - 0.999**step)


def test_reinforce_in_plain_keras_is_the_packages_and_fits_on_the_same_batch():
    import keras

    rng = np.random.default_rng(0)
    actor, critic = two_networks(rng)
    fitted = keras.models.clone_model(actor)
    fitted.set_weights(actor.get_weights())
    fitted.compile(keras.optimizers.Adam(1e-2), keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    settings = policy_gradient.Settings(learning_rate=1e-2, value_weight=0.0, max_grad_norm=np.inf)
    policy, state = taken_over(actor, critic)
    update, optimizer = policy_gradient.make_update(policy, settings, 1), keras.optimizers.Adam(1e-2)
    for step in (1, 2, 3):
        x, action = rng.normal(size=(50, 4)).astype("float32"), rng.integers(2, size=50)
        weight, none = rng.normal(size=50).astype("float32"), np.zeros((1, 50), "float32")
        matched(optimizer, step)
        chapter()["reinforce_step"](actor, optimizer, x, action, weight)
        matched(fitted.optimizer, step)
        fitted.train_function = None  # ε is a constant of the compiled step
        fitted.fit(x, action, sample_weight=weight, batch_size=50, verbose=0)
        state = update(state, x[None], action[None], weight[None], none, none + 1)
        assert_equal(state, actor, critic, atol=2e-5)
        assert_equal(state, fitted, critic, atol=2e-5)


@pytest.mark.parametrize("clip", [0.2, np.inf])
def test_ppo_in_plain_keras_is_the_packages_on_the_same_batch(clip):
    """Four passes over one batch with a large rate, so that ratios leave the range."""
    import keras

    rng = np.random.default_rng(1)
    actor, critic = two_networks(rng)
    x, action = rng.normal(size=(64, 4)).astype("float32"), rng.integers(2, size=64)
    advantage, target = rng.normal(size=(2, 64)).astype("float32")
    policy, state = taken_over(actor, critic)
    settings = ppo.Settings(clip=clip, normalise=False, max_grad_norm=np.inf)
    update = ppo.make_update(policy, settings, 1)
    old = chapter()["log_probability"](actor, x, action)
    optimizer = keras.optimizers.Adam(0.1)
    rows = [
        item[None] for item in (x, action, advantage, target, np.zeros(64, "float32"), np.ones(64, "float32"))
    ]
    orders = np.tile(np.arange(64, dtype="int32"), (4, 1, 1))
    state, report = update(state, *rows, orders, np.full(1, 0.1, "float32"))
    for step in (1, 2, 3, 4):
        matched(optimizer, step)
        chapter()["ppo_step"](actor, critic, optimizer, (x, action, advantage, target, old), clip)
    assert_equal(state, actor, critic, atol=2e-4)
    assert (np.asarray(report)[0, 0] > 0.1) == np.isfinite(clip)


def test_the_clipped_loss_by_hand():
    """The four cases: ratio above and below its range, advantage of either sign."""
    loss = chapter()["clipped_loss"]
    new, old = np.array([0.6, 0.6, 0.2, 0.2]), np.array([0.4, 0.4, 0.4, 0.4])

    def actor(x):
        return np.log(np.stack([1 - new, new], axis=1)).astype("float32")

    advantage = np.array([1.0, -1.0, 1.0, -1.0], "float32")
    found = loss(actor, np.zeros((4, 4)), np.ones(4, int), advantage, np.log(old).astype("float32"), 0.2)
    assert float(found) == pytest.approx(-np.mean([1.2, -1.5, 0.5, -0.8]), abs=1e-6)


def test_episodes_of_the_chapter_end_where_the_environments_say():
    import gymnasium

    poles = gymnasium.make_vec("CartPole-v1", num_envs=6, vectorization_mode="vector_entry_point")
    actor = chapter()["actor_network"]()
    x, action, reward, alive = chapter()["play"](poles, actor, np.random.default_rng(0))
    assert x.shape == (*action.shape, 4) and reward.shape == alive.shape == action.shape
    lengths = alive.sum(axis=0)
    assert len(x) == lengths.max() and len(set(lengths)) > 1
    for number, length in enumerate(lengths):
        assert alive[:length, number].all() and reward[:, number].sum() == length
    seen, taken, weight = chapter()["examples"](x, action, reward, alive, discount=1.0)
    assert len(seen) == len(taken) == lengths.sum()
    assert np.mean(weight**2) == pytest.approx(1, rel=1e-5)
    starts = weight[:6]  # the first step of each episode has all of its rewards to go
    np.testing.assert_allclose(starts / starts[0], lengths / lengths[0], rtol=1e-5)


def test_levers_without_noise_of_choice_follow_their_pay():
    play = chapter()["levers"]
    settled = play(np.array([[1.0, 0.5]]), 1_000, 0.0, 0.8, seed=0)
    assert settled[0] == pytest.approx(0.75) and settled[-1] > 0.98
    # with a bonus the best policy is softmax(pay / β), no surer
    bonus = play(np.array([[1.0, 0.0]]), 4_000, 0.5, 0.05, seed=0)
    assert np.mean(bonus[-1_000:]) == pytest.approx(1 / (1 + np.exp(-2)), abs=0.01)


def test_two_actions_diverge_as_their_definition():
    p, q = 0.3, 0.8
    by_hand = sum(a * (np.log(a) - np.log(b)) for a, b in [(p, q), (1 - p, 1 - q)])
    assert chapter()["divergence"](p, q) == pytest.approx(by_hand)
    assert chapter()["right"](np.log(0.8 / 0.2)) == pytest.approx(0.8)


def test_drawings_name_their_parts(monkeypatch):
    from matplotlib import pyplot as plt

    _, ax = plt.subplots()
    figures.actor_critic(ax=ax)
    said = " ".join(text.get_text() for text in ax.texts)
    assert all(part in said for part in ["environment", "actor", "critic", "δ", "gradient", "π(a | s)"])
    shown = []
    monkeypatch.setattr(figures.show, "figure", lambda fig, caption, alt: shown.append(fig))
    figures.clipped_objective(0.2, 1.5, caption="c")
    texts = [text.get_text() for ax in shown[0].axes for text in ax.texts]
    assert "+1.2" in texts and "\N{MINUS SIGN}1.5" in texts
    plt.close("all")
