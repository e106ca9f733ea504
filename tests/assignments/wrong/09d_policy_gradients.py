# %% exercise="baseline" says="contains the episode's own return"
def advantages_of(episodes, discount):
    returns = np.array([np.sum(discount ** np.arange(len(one)) * np.asarray(one)) for one in episodes])
    return returns - returns.mean()

# %% exercise="baseline" says="better episode"
def advantages_of(episodes, discount):
    returns = np.array([np.sum(discount ** np.arange(len(one)) * np.asarray(one)) for one in episodes])
    return (returns.sum() - returns) / (len(returns) - 1) - returns

# %% exercise="baseline" says="later ones are discounted"
def advantages_of(episodes, discount):
    returns = np.array([np.sum(one) for one in episodes])
    return returns - (returns.sum() - returns) / (len(returns) - 1)

# %% exercise="baseline" says="first reward is discounted"
def advantages_of(episodes, discount):
    returns = np.array([np.sum(discount ** np.arange(1, len(one) + 1) * np.asarray(one)) for one in episodes])
    return returns - (returns.sum() - returns) / (len(returns) - 1)

# %% exercise="gradient" says="equal indices"
def policy_gradient(theta, states, actions, weights):
    pi = np.exp(theta[states] - theta[states].max(axis=1, keepdims=True))
    pi /= pi.sum(axis=1, keepdims=True)
    found = np.zeros(theta.shape)
    found[states] += weights[:, np.newaxis] * (np.eye(theta.shape[1])[actions] - pi) / len(states)
    return found

# %% exercise="gradient" says="the mean was asked for"
def policy_gradient(theta, states, actions, weights):
    pi = np.exp(theta[states] - theta[states].max(axis=1, keepdims=True))
    pi /= pi.sum(axis=1, keepdims=True)
    found = np.zeros(theta.shape)
    np.add.at(found, states, weights[:, np.newaxis] * (np.eye(theta.shape[1])[actions] - pi))
    return found

# %% exercise="gradient" says="the other action less"
def policy_gradient(theta, states, actions, weights):
    """Only the action that was taken moves."""
    found = np.zeros(theta.shape)
    np.add.at(found, (states, actions), weights / len(states))
    return found

# %% exercise="gradient" says="one-hot(a) less the probabilities"
def policy_gradient(theta, states, actions, weights):
    """The gradient of the probability, not of its logarithm."""
    pi = np.exp(theta[states] - theta[states].max(axis=1, keepdims=True))
    pi /= pi.sum(axis=1, keepdims=True)
    taken = pi[np.arange(len(states)), actions]
    found = np.zeros(theta.shape)
    np.add.at(found, states, (weights * taken)[:, np.newaxis] * (np.eye(theta.shape[1])[actions] - pi) / len(states))
    return found

# %% exercise="gradient" says="before the exponential"
def policy_gradient(theta, states, actions, weights):
    with np.errstate(all="ignore"):
        pi = np.exp(theta[states]) / np.exp(theta[states]).sum(axis=1, keepdims=True)
    found = np.zeros(theta.shape)
    np.add.at(found, states, weights[:, np.newaxis] * (np.eye(theta.shape[1])[actions] - pi) / len(states))
    return found

# %% exercise="bandit" says="What does a baseline take away"
def trained_bandit(pull, actions, batches, size, learning_rate, rng):
    """Without a baseline."""
    theta = np.zeros((1, actions))
    for _ in range(batches):
        pi = np.exp(theta[0] - theta[0].max())
        drawn = rng.choice(actions, size=size, p=pi / pi.sum())
        theta += learning_rate * policy_gradient(theta, np.zeros(size, int), drawn, np.asarray(pull(drawn)))
    pi = np.exp(theta[0] - theta[0].max())
    return pi / pi.sum()

# %% exercise="bandit" says="and climb"
def trained_bandit(pull, actions, batches, size, learning_rate, rng):
    """Descends."""
    theta = np.zeros((1, actions))
    for _ in range(batches):
        pi = np.exp(theta[0]) / np.exp(theta[0]).sum()
        drawn = rng.choice(actions, size=size, p=pi)
        weights = advantages_of([[reward] for reward in pull(drawn)], 1.0)
        theta -= learning_rate * policy_gradient(theta, np.zeros(size, int), drawn, weights)
    return np.exp(theta[0]) / np.exp(theta[0]).sum()

# %% exercise="bandit" says="draw from the present policy"
def trained_bandit(pull, actions, batches, size, learning_rate, rng):
    """Draws all actions alike, always."""
    theta = np.zeros((1, actions))
    for _ in range(batches):
        drawn = rng.integers(actions, size=size)
        weights = advantages_of([[reward] for reward in pull(drawn)], 1.0)
        theta += learning_rate * policy_gradient(theta, np.zeros(size, int), drawn, weights)
    return np.exp(theta[0]) / np.exp(theta[0]).sum()

# %% exercise="bandit" says="never quite sure"
def trained_bandit(pull, actions, batches, size, learning_rate, rng):
    """Returns the best action instead of the policy."""
    theta = np.zeros((1, actions))
    for _ in range(batches):
        pi = np.exp(theta[0]) / np.exp(theta[0]).sum()
        drawn = rng.choice(actions, size=size, p=pi)
        weights = advantages_of([[reward] for reward in pull(drawn)], 1.0)
        theta += learning_rate * policy_gradient(theta, np.zeros(size, int), drawn, weights)
    return np.eye(actions)[np.argmax(theta[0])]

# %% exercise="gae" says="A time-out is taken for an end"
def estimated_advantages(rewards, values, next_values, terminated, truncated, discount, lam):
    found, after = np.zeros(len(rewards)), 0.0
    for step in reversed(range(len(rewards))):
        goes_on = 1.0 - (terminated[step] or truncated[step])
        error = rewards[step] + discount * goes_on * next_values[step] - values[step]
        after = error + discount * lam * goes_on * after
        found[step] = after
    return found

# %% exercise="gae" says="runs on into the next episode, which is another one"
def estimated_advantages(rewards, values, next_values, terminated, truncated, discount, lam):
    """Only termination cuts the sum."""
    found, after = np.zeros(len(rewards)), 0.0
    for step in reversed(range(len(rewards))):
        goes_on = 1.0 - terminated[step]
        error = rewards[step] + discount * goes_on * next_values[step] - values[step]
        after = error + discount * lam * goes_on * after
        found[step] = after
    return found

# %% exercise="gae" says="After termination nothing follows"
def estimated_advantages(rewards, values, next_values, terminated, truncated, discount, lam):
    """The value after an end counts."""
    found, after = np.zeros(len(rewards)), 0.0
    for step in reversed(range(len(rewards))):
        error = rewards[step] + discount * next_values[step] - values[step]
        after = error + discount * lam * (1.0 - (terminated[step] or truncated[step])) * after
        found[step] = after
    return found

# %% exercise="gae" says="Where both are True"
def estimated_advantages(rewards, values, next_values, terminated, truncated, discount, lam):
    """A time-out outweighs an end."""
    found, after = np.zeros(len(rewards)), 0.0
    for step in reversed(range(len(rewards))):
        ends = terminated[step] and not truncated[step]
        error = rewards[step] + discount * (1.0 - ends) * next_values[step] - values[step]
        after = error + discount * lam * (1.0 - (terminated[step] or truncated[step])) * after
        found[step] = after
    return found

# %% exercise="gae" says="The last step has its value"
def estimated_advantages(rewards, values, next_values, terminated, truncated, discount, lam):
    """Takes the next step's value, and none for the last."""
    found, after = np.zeros(len(rewards)), 0.0
    for step in reversed(range(len(rewards))):
        follows = next_values[step] if step + 1 < len(rewards) else 0.0
        error = rewards[step] + discount * (1.0 - terminated[step]) * follows - values[step]
        after = error + discount * lam * (1.0 - (terminated[step] or truncated[step])) * after
        found[step] = after
    return found

# %% exercise="ppo" says="isn't the ratio of their logarithms"
def ppo_loss(new, old, advantages, epsilon):
    """One fault of two is left."""
    ratio = new / old
    clipped = keras.ops.clip(ratio, 1 - epsilon, 1 + epsilon)
    return -keras.ops.mean(keras.ops.minimum(ratio * advantages, clipped * advantages))

# %% exercise="ppo" says="The objective is the *smaller* of both"
def ppo_loss(new, old, advantages, epsilon):
    """Clips both ways: nothing can be taken back."""
    ratio = keras.ops.exp(new - old)
    return -keras.ops.mean(keras.ops.clip(ratio, 1 - epsilon, 1 + epsilon) * advantages)

# %% exercise="ppo" says="nothing more to gain"
def ppo_loss(new, old, advantages, epsilon):
    """The other fault of two is left."""
    ratio = keras.ops.exp(new - old)
    clipped = keras.ops.clip(ratio, 1 - epsilon, 1 + epsilon)
    return -keras.ops.mean(keras.ops.maximum(ratio * advantages, clipped * advantages))

# %% exercise="ppo" says="The sign is wrong"
def ppo_loss(new, old, advantages, epsilon):
    ratio = keras.ops.exp(new - old)
    clipped = keras.ops.clip(ratio, 1 - epsilon, 1 + epsilon)
    return keras.ops.mean(keras.ops.minimum(ratio * advantages, clipped * advantages))

# %% exercise="ppo" says="a mean over the actions"
def ppo_loss(new, old, advantages, epsilon):
    ratio = keras.ops.exp(new - old)
    clipped = keras.ops.clip(ratio, 1 - epsilon, 1 + epsilon)
    return -keras.ops.sum(keras.ops.minimum(ratio * advantages, clipped * advantages))
