"""Replay memories: n-step transitions against sums by hand, rings, draws by priority against their formula."""

import gymnasium
import numpy as np
import pytest

from dlcourse.rl import replay


def stream(steps, copies, seed=0):
    """Random experience with resets, as a vector environment with next-step autoreset gives it."""
    rng = np.random.default_rng(seed)
    resetting, result = np.zeros(copies, bool), []
    for t in range(steps):
        terminated = (rng.random(copies) < 0.15) & ~resetting
        truncated = (rng.random(copies) < 0.1) & ~resetting
        reward = np.where(resetting, 0.0, rng.normal(size=copies))
        seen = np.stack([np.full(copies, t), np.arange(copies)], axis=1).astype("float32")
        after = seen + [1, 0]
        result.append((seen, rng.integers(3, size=copies), reward, after, terminated, truncated, resetting))
        resetting = terminated | truncated
    return result


def by_hand(experience, copy, n, discount):
    """n-step transitions of one copy, episode by episode, as a set of tuples."""
    episodes, current = [], []
    for seen, action, reward, _, terminated, truncated, resetting in experience:
        if resetting[copy]:
            continue
        current.append((int(seen[copy, 0]), int(action[copy]), reward[copy]))
        if terminated[copy] or truncated[copy]:
            episodes.append((current, bool(terminated[copy]), bool(truncated[copy])))
            current = []
    episodes.append((current, False, False))
    found = set()
    for steps, terminated, truncated in episodes:
        over = terminated or truncated
        for i, (time, action, _) in enumerate(steps):
            m = min(n, len(steps) - i)
            if m < n and not over:
                continue
            gain = sum(discount**k * steps[i + k][2] for k in range(m))
            last = i + m == len(steps)
            following = steps[i + m - 1][0] + 1
            found.add((time, action, round(gain, 4), following, last and terminated, last and truncated, m))
    return found


@pytest.mark.parametrize("n", [1, 2, 3, 7, [1, 3, 5, 2]])
def test_n_step_transitions_are_the_sums_by_hand(n):
    experience, copies, discount = stream(200, 4), 4, 0.9
    cutter = replay.NSteps(n, copies, discount, (2,))
    found = [set() for _ in range(copies)]
    for step in experience:
        for copy, *t in zip(*(lambda c, t: (c, *t))(*cutter.add(*step)), strict=True):
            seen, action, reward, following, terminated, truncated, steps = t
            assert seen[1] == copy == following[1]
            found[copy].add(
                (
                    int(seen[0]),
                    int(action),
                    round(float(reward), 4),
                    int(following[0]),
                    bool(terminated),
                    bool(truncated),
                    int(steps),
                )
            )
    for copy in range(copies):
        expected = by_hand(experience, copy, np.broadcast_to(n, copies)[copy], discount)
        assert {t[:2] + t[3:] for t in found[copy]} == {t[:2] + t[3:] for t in expected}
        gains = {t[:2]: t[2] for t in expected}
        assert all(abs(gains[t[:2]] - t[2]) < 2e-4 for t in found[copy])


def test_the_reset_step_is_never_stored():
    """In Gymnasium's own environment: no transition leads from an episode's last observation into the next episode."""
    environments = gymnasium.make_vec("CartPole-v1", num_envs=4, vectorization_mode="vector_entry_point")
    cutter = replay.NSteps(1, 4, 0.99, (4,))
    seen, _ = environments.reset(seed=0)
    resetting, careful, careless = np.zeros(4, bool), [], []
    for _ in range(300):
        action = np.ones(4, "int64")
        following, reward, terminated, truncated, _ = environments.step(action)
        _, kept = cutter.add(seen, action, reward, following, terminated, truncated, resetting)
        careful.append(np.abs(kept.following - kept.observation).max(axis=1))
        careless.append(np.abs(following - seen).max(axis=1))
        seen, resetting = following, terminated | truncated
    assert np.concatenate(careful).max() < 0.5  # one step of the physics
    assert np.concatenate(careless).max() > 0.5  # a jump back to the start, were it kept


def transitions(values):
    values = np.asarray(values)
    fields = [values[:, None], values, values, values[:, None] + 1, values < 0, values < 0, values * 0 + 1]
    kinds = ["float32", "int32", "float32", "float32", bool, bool, "int32"]
    return replay.Transitions(*(f.astype(k) for f, k in zip(fields, kinds, strict=True)))


def test_a_ring_keeps_the_latest_of_each_agent():
    memory = replay.Replay(3, [4, 6, 2], (1,))
    kept = [[], [], []]
    rng = np.random.default_rng(0)
    for start in range(0, 60, 6):
        agent = rng.permutation([0, 0, 1, 1, 2, 1])
        numbers = np.arange(start, start + 6)
        memory.add(agent, transitions(numbers))
        for who, number in zip(agent, numbers, strict=True):
            kept[who].append(number)
    drawn = memory.draw(200, 8, rng)
    for who, capacity in enumerate([4, 6, 2]):
        assert set(drawn.transitions.action[:, who].ravel()) == set(kept[who][-capacity:])
    assert (drawn.transitions.following[..., 0] == drawn.transitions.action + 1).all()
    assert memory.size.tolist() == [4, 6, 2]
    assert (drawn.weight == 1).all()


def test_uniform_draws_are_uniform():
    memory = replay.Replay(1, 10, (1,))
    memory.add(np.zeros(7, int), transitions(np.arange(7)))
    counts = np.bincount(
        memory.draw(1000, 70, np.random.default_rng(0)).transitions.action.ravel(), minlength=10
    )
    assert counts[7:].sum() == 0
    assert np.abs(counts[:7] / 10_000 - 1).max() < 0.05


@pytest.mark.parametrize("exponent", [0.6, 1.0])
def test_draws_by_priority_follow_their_formula(exponent):
    memory = replay.Replay(2, 8, (1,), [0.0, exponent])
    memory.add(np.repeat([0, 1], 5), transitions(np.tile(np.arange(5), 2)))
    errors = np.zeros((1, 2, 5), "float32")
    errors[0, 1] = [0.0, 0.5, -1.0, 2.0, -4.0]
    place = np.stack([np.arange(5), 8 + np.arange(5)])[None]
    memory.rank(replay.Drawn(None, None, place), errors)
    chance = (np.abs(errors[0, 1]) + memory.OFFSET) ** exponent
    chance = chance / chance.sum()
    drawn = memory.draw(2000, 16, np.random.default_rng(1), correction=0.5)
    action = drawn.transitions.action[:, 1]
    counts = np.bincount(action.ravel(), minlength=5) / action.size
    np.testing.assert_allclose(counts, chance, atol=0.005)
    importance = (5 * chance[action]) ** -0.5
    expected = importance / importance.max(axis=1, keepdims=True)
    np.testing.assert_allclose(drawn.weight[:, 1], expected, rtol=1e-5)
    assert (drawn.weight[:, 0] == 1).all()


def test_with_full_correction_weighted_means_are_uniform_means():
    memory = replay.Replay(1, 50, (1,), 0.8)
    memory.add(np.zeros(50, int), transitions(np.arange(50)))
    rng = np.random.default_rng(0)
    memory.rank(replay.Drawn(None, None, np.arange(50)[None, None]), rng.normal(size=(1, 1, 50)))
    drawn = memory.draw(1, 200_000, rng, correction=1.0)
    mean = np.average(drawn.transitions.reward[0, 0], weights=drawn.weight[0, 0])
    assert abs(mean - 24.5) < 0.3
    assert (
        abs(drawn.transitions.reward.mean() - 24.5) > 0.5
    )  # without, the mean is another: the test can fail


def test_a_new_transition_is_drawn_before_long():
    memory = replay.Replay(1, 100, (1,), 1.0)
    memory.add(np.zeros(50, int), transitions(np.arange(50)))
    memory.rank(replay.Drawn(None, None, np.arange(50)[None, None]), np.full((1, 1, 50), 3.0))
    memory.rank(replay.Drawn(None, None, np.arange(50)[None, None]), np.full((1, 1, 50), 0.1))
    memory.add(np.zeros(1, int), transitions([77]))
    action = memory.draw(50, 32, np.random.default_rng(0)).transitions.action
    assert (action == 77).mean() > 0.2  # its share is 3.01 / (3.01 + 50 * 0.11)


def test_bad_input_is_named():
    with pytest.raises(ValueError, match="at least 1 step"):
        replay.NSteps(0, 2, 0.9, (1,))
    with pytest.raises(ValueError, match="at least 1 transition"):
        replay.Replay(1, 0, (1,))
    with pytest.raises(ValueError, match="expected 0"):
        replay.Replay(1, 5, (1,), -1.0)
    memory = replay.Replay(2, 3, (1,))
    with pytest.raises(ValueError, match="still empty"):
        memory.draw(1, 1, np.random.default_rng(0))
    with pytest.raises(ValueError, match="Agent 1 gets 4"):
        memory.add(np.ones(4, int), transitions(np.arange(4)))
