"""What chapter 09c's exercises expect, and the help they offer."""

import numpy as np

from dlcourse.exercises import Exercise


def exercise_1():
    discount, network, target = 0.9, np.array([3.0, 5.0]), np.array([4.0, 2.0])
    return Exercise(
        expected=1 + discount * target[network.argmax()],
        wrong=[
            (1 + discount * target.max(), "So says DQN: there the target network names the action as well."),
            (1 + discount * network.max(), "The network has named the action. Whose value of it counts?"),
            (discount * target[network.argmax()], "The reward is missing."),
        ],
        hints=[
            "*Double* divides the maximum between two networks: one names an action, the other says its worth.",
            "Look at (3, 5) for the name alone, then read the target network's number of that action.",
        ],
        solution=[
            "The network names the second action, since 5 > 3.",
            "The target network values that action with 2: $1 + 0.9 \\cdot 2 = 2.8$, so `answer = 2.8`. Plain DQN "
            "would have aimed at $1 + 0.9 \\cdot 4 = 4.6$.",
        ],
    )


def exercise_2():
    from dlcourse.rl import replay

    cutter, found = replay.NSteps(3, 1, 0.9, (1,)), []
    x, one = np.zeros((1, 1), "float32"), np.ones(1)
    for end in [False, True]:
        flags = np.array([end]), np.array([False]), np.array([False])
        found += cutter.add(x, np.zeros(1, int), one, x, *flags)[1].reward.tolist()
    return Exercise(
        expected=found,
        tolerance=1e-5,
        wrong=[
            ((1.0, 1.0), "The first step still has a second reward before it: how much of it counts?"),
            ((2.71, 1.9), "Three rewards need three steps. How many does this episode have?"),
            ((2.71, 1.0), "Three rewards need three steps. How many does this episode have?"),
            ((1.9, 1.9), "What comes after the second step, which ended the episode?"),
        ],
        hints=[
            "Write down the two rewards in a row, and begin to sum at each.",
            "An end cuts a transition short: it carries fewer than n rewards, and no guess.",
        ],
        solution=[
            "From the first step two rewards are left: $1 + 0.9 \\cdot 1 = 1.9$. From the second, one: $1$.",
            "`answer = [1.9, 1.0]`. At an end, all transitions that have begun are handed out, shortened; otherwise "
            "the memory would never hold a fall that is less than n steps away.",
        ],
    )


def exercise_3():
    from dlcourse.rl import baird

    moves = np.array([[0.0, 1.0], [0.0, 1.0]])
    two = baird.Problem(np.array([[1.0], [2.0]]), moves, np.full(2, 0.5), 0.9)
    factor = two.held(1_000, 0.1)[0, 0]
    return Exercise(
        expected=factor / 0.9,
        tolerance=1e-3,
        wrong=[
            (factor, "That is the factor at γ = 0.9; the question is about its quotient by γ."),
            (2.0, "That fits the first state alone; the weight serves both."),
            (1.0, "That fits the second state alone; the weight serves both."),
            (5 / 6, "That is the γ above which it diverges: the reciprocal of what is asked."),
        ],
        hints=[
            "Both targets are the same number: γ times the old value of the second state.",
            "The regression has one unknown: minimise the sum of two squares, and set its derivative to 0.",
            "The sum is $(w' - y)^2 + (2w' - y)^2$ with $y = 2 \\gamma w$.",
        ],
        solution=[
            "Both targets are $y = 2\\gamma w$. The derivative of $(w' - y)^2 + (2w' - y)^2$ vanishes where "
            "$(w' - y) + 2 (2 w' - y) = 0$, so at $w' = \\tfrac35 y = \\tfrac65 \\gamma w$.",
            "The factor over γ is 6/5: `answer = 6 / 5`. It diverges for γ above 5/6, however long the target is held.",
        ],
    )


def exercise_4():
    return Exercise(
        judge=judge_duelling,
        hints=[
            "The two streams part at the last layer, so the model needs the functional form: `keras.Input`, layers "
            "called on it, `keras.Model(inputs, outputs)`.",
            "Two `Dense` layers read the same hidden layer: one with a single unit, one with a unit per action.",
            "`keras.ops.mean(advantage, axis=-1, keepdims=True)` is the mean over the actions.",
        ],
        solution=[
            """
            ```python
            import keras

            x = keras.Input((4,))
            hidden = keras.layers.Dense(64, activation="relu")(x)
            hidden = keras.layers.Dense(64, activation="relu")(hidden)
            value = keras.layers.Dense(1)(hidden)
            advantage = keras.layers.Dense(3)(hidden)
            mean = keras.ops.mean(advantage, axis=-1, keepdims=True)
            answer = keras.Model(x, value + advantage - mean)
            ```
            """,
            "Without the subtracted mean, a constant could wander from V to A and nobody would notice: the two could "
            "not be told apart. With it, the mean of the three action values *is* V.",
        ],
    )


def judge_duelling(model):
    """None where a model is the duelling network of exercise 4, else what to look at."""
    import keras

    if not isinstance(model, keras.Model):
        return f"This is of type {type(model).__name__}; the answer is a Keras model."
    if model.input_shape != (None, 4) or model.output_shape != (None, 3):
        return f"It maps {model.input_shape} to {model.output_shape}, and should map (None, 4) to (None, 3)."
    x = np.random.default_rng(0).normal(size=(5, 4)).astype("float32")
    before = np.asarray(model(x))
    dense = [layer for layer in model.layers if isinstance(layer, keras.layers.Dense) and layer.use_bias]
    streams = {units: [layer for layer in dense if layer.units == units] for units in (1, 3)}
    if any(len(found) != 1 for found in streams.values()):
        return "Expected one dense layer with a single unit, for V, and one with three, for A."
    if [layer.units for layer in dense].count(64) != 2:
        return "Expected two hidden layers of 64 units before the streams part."
    for units, raised, change, why in [
        (3, 1.0, 0.0, "Raise all three advantages by 1: the action values should not change. Here they do."),
        (1, 1.0, 1.0, "Raise V by 1: every action value should rise by 1. Here they don't."),
        (
            3,
            [3.0, 0, 0],
            [2.0, -1, -1],
            "Raise one advantage by 3: their mean rises by 1. What is subtracted here?",
        ),
    ]:
        [layer] = streams[units]
        kept = layer.bias.numpy()
        layer.bias.assign(kept + np.array(raised, "float32"))
        moved = np.asarray(model(x)) - before
        layer.bias.assign(kept)
        if np.abs(moved - change).max() > 1e-4:
            return why
    return None


def exercise_5():
    return Exercise(
        hints=[
            "`dqn.side_by_side` takes a dictionary from names to changes, as `VARIANTS` of this chapter.",
            '`"target_every": 1` renews the target network at every gradient step; start from `PLAIN`.',
        ],
        solution=[
            """
            ```python
            lengths = {f"n = {n}": PLAIN | {"n": n, "target_every": 1} for n in [1, 2, 4, 8]}
            longer = dqn.train(
                environments.cart_poles(8 * 4 * 5),
                dqn.side_by_side(dqn.CART_POLE, lengths, 5),
                agents=4 * 5, steps=15_000, seed=1,
            )
            played = dqn.greedy_episodes(
                environments.cart_poles(20 * 4 * 5), longer, 20, seed=2
            )
            for name, values in dqn.by_variant(played.believed.mean(axis=1), lengths).items():
                print(name, np.sort(values).round())
            ```
            """,
            "Count the seeds of each n that believe in more than 100, which is impossible, and report all of them.",
            "The guess at the end of a target has the weight $\\gamma^n$, and $0.99^8 \\approx 0.92$: that it counts "
            "for little can't be the reason. But it comes in only once per eight steps of true rewards, so an error "
            'of the guess returns an eighth as often. And with five seeds, "no seed" is a weak statement: a share of '
            "0 in 5 is compatible with one agent in three.",
        ],
    )
