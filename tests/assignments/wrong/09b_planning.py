# %% exercise="returns" says="worth just that"
def discounted_returns(rewards, discount):
    """Discounts the first reward, too."""
    found, after = np.zeros(len(rewards)), 0.0
    for step in reversed(range(len(rewards))):
        after = discount * (rewards[step] + after)
        found[step] = after
    return found

# %% exercise="returns" says="worth less"
def discounted_returns(rewards, discount):
    """All discounted to the beginning."""
    return np.cumsum((np.asarray(rewards) * discount ** np.arange(len(rewards)))[::-1])[::-1] / discount ** (len(rewards) - 1)

# %% exercise="returns" says="the answer has the shape"
def discounted_returns(rewards, discount):
    """Only of the whole episode."""
    return np.array([sum(discount**k * reward for k, reward in enumerate(rewards))])

# %% exercise="planning" says="the largest over actions"
def value_iteration(P, R, discount, tolerance=1e-10):
    """Averages over actions."""
    values = np.zeros(len(P))
    for _ in range(2000):
        values = (R + discount * P @ values).mean(axis=1)
    return values, (R + discount * P @ values).argmax(axis=1)

# %% exercise="planning" says="staying for ever"
def value_iteration(P, R, discount, tolerance=1e-10):
    """Stops as soon as one value stays."""
    values = np.zeros(len(P))
    while True:
        action_values = R + discount * P @ values
        following = action_values.max(axis=1)
        if np.abs(following - values).min() <= tolerance:
            return following, action_values.argmax(axis=1)
        values = following

# %% exercise="planning" says="don't start the maximum at 0"
def value_iteration(P, R, discount, tolerance=1e-10):
    values, change = np.zeros(len(P)), 1.0
    while change > tolerance:
        best = np.zeros(len(P))
        for action in range(R.shape[1]):
            best = np.maximum(best, R[:, action] + discount * P[:, action] @ values)
        change, values = np.abs(best - values).max(), best
    return values, (R + discount * P @ values).argmax(axis=1)

# %% exercise="target" says="no end of the world"
def q_target(reward, next_values, terminated, truncated, discount):
    return reward + discount * next_values.max() * (1 - (terminated or truncated))

# %% exercise="target" says="has ended"
def q_target(reward, next_values, terminated, truncated, discount):
    return reward + discount * next_values.max() * (truncated or not terminated)

# %% exercise="target" says="also below zero"
def q_target(reward, next_values, terminated, truncated, discount):
    return reward if terminated else reward + discount * np.abs(next_values).max()

# %% exercise="target" says="that is 3"
def q_target(reward, next_values, terminated, truncated, discount):
    """The mean, not the best."""
    return reward if terminated else reward + discount * np.mean(next_values)

# %% exercise="learning" says="that of the action that is taken"
def q_learning(environment, episodes, learning_rate, discount, exploration, seed):
    """SARSA: learns what exploring is worth."""
    rng = np.random.default_rng(seed)
    table = np.zeros((environment.observation_space.n, environment.action_space.n))

    def choose(state):
        if rng.random() < exploration:
            return rng.integers(table.shape[1])
        return rng.choice(np.flatnonzero(table[state] == table[state].max()))

    for episode in range(episodes):
        state, _ = environment.reset(seed=seed if episode == 0 else None)
        action, over = choose(state), False
        while not over:
            following, reward, terminated, truncated, _ = environment.step(int(action))
            then = choose(following)
            target = reward + discount * table[following, then] * (not terminated)
            table[state, action] += learning_rate * (target - table[state, action])
            state, action, over = following, then, terminated or truncated
    return table

# %% exercise="learning" says="what is a time-out"
def q_learning(environment, episodes, learning_rate, discount, exploration, seed):
    """Takes a time-out for an end."""
    rng = np.random.default_rng(seed)
    table = np.zeros((environment.observation_space.n, environment.action_space.n))
    for episode in range(episodes):
        state, _ = environment.reset(seed=seed if episode == 0 else None)
        over = False
        while not over:
            if rng.random() < exploration:
                action = rng.integers(table.shape[1])
            else:
                action = rng.choice(np.flatnonzero(table[state] == table[state].max()))
            following, reward, terminated, truncated, _ = environment.step(int(action))
            over = terminated or truncated
            target = reward + discount * table[following].max() * (not over)
            table[state, action] += learning_rate * (target - table[state, action])
            state = following
    return table

# %% exercise="learning" says="same seed should give the same table"
def q_learning(environment, episodes, learning_rate, discount, exploration, seed):
    """Chance from nowhere."""
    table = np.zeros((environment.observation_space.n, environment.action_space.n))
    for episode in range(episodes):
        state, _ = environment.reset()
        over = False
        while not over:
            explore = np.random.random() < exploration
            action = np.random.randint(table.shape[1]) if explore else table[state].argmax()
            following, reward, terminated, truncated, _ = environment.step(int(action))
            target = q_target(reward, table[following], terminated, truncated, discount)
            table[state, action] += learning_rate * (target - table[state, action])
            state, over = following, terminated or truncated
    return table
