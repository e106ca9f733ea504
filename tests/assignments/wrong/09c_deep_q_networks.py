# %% exercise="targets" says="A time-out is no end"
def dqn_targets(rewards, next_values, terminated, truncated, discount):
    over = np.logical_or(terminated, truncated)
    return rewards + discount * ~over * next_values.max(axis=1)

# %% exercise="targets" says="nothing follows"
def dqn_targets(rewards, next_values, terminated, truncated, discount):
    return rewards + discount * next_values.max(axis=1)

# %% exercise="targets" says="mean of the next values"
def dqn_targets(rewards, next_values, terminated, truncated, discount):
    return rewards + discount * (1 - np.asarray(terminated, float)) * next_values.mean(axis=1)

# %% exercise="targets" says="Two transitions have two targets"
def dqn_targets(rewards, next_values, terminated, truncated, discount):
    """One maximum for all."""
    return float(rewards.sum() + discount * next_values.max())

# %% exercise="double" says="both chooses and values: let"
def double_targets(rewards, next_values, next_target_values, terminated, discount):
    return rewards + discount * (1 - np.asarray(terminated, float)) * next_values.max(axis=1)

# %% exercise="double" says="roles are swapped"
def double_targets(rewards, next_values, next_target_values, terminated, discount):
    chosen = next_target_values.argmax(axis=1)
    return rewards + discount * (1 - np.asarray(terminated, float)) * next_values[np.arange(len(chosen)), chosen]

# %% exercise="double" says="This is DQN's target"
def double_targets(rewards, next_values, next_target_values, terminated, discount):
    return rewards + discount * (1 - np.asarray(terminated, float)) * next_target_values.max(axis=1)

# %% exercise="memory" says="never filled"
class Memory:
    """Draws among all places, filled or not."""

    def __init__(self, capacity, observation_shape):
        self.capacity, self.added = capacity, 0
        self.x, self.following = np.zeros((2, capacity, *observation_shape), "float32")
        self.action = np.zeros(capacity, "int32")
        self.reward, self.terminated = np.zeros((2, capacity), "float32")

    def add(self, x, action, reward, following, terminated):
        place = self.added % self.capacity
        self.x[place], self.action[place], self.reward[place] = x, action, reward
        self.following[place], self.terminated[place] = following, terminated
        self.added += 1

    def __len__(self):
        return min(self.added, self.capacity)

    def draw(self, batch, rng):
        places = rng.integers(self.capacity, size=batch)
        return self.x[places], self.action[places], self.reward[places], self.following[places], self.terminated[places]

# %% exercise="memory" says="copy what you are given"
class Memory:
    """A list of what was given."""

    def __init__(self, capacity, observation_shape):
        self.capacity, self.kept = capacity, []

    def add(self, x, action, reward, following, terminated):
        self.kept.append((x, action, reward, following, terminated))
        self.kept = self.kept[-self.capacity :]

    def __len__(self):
        return len(self.kept)

    def draw(self, batch, rng):
        places = rng.integers(len(self.kept), size=batch)
        kinds = "float32", "int32", "float32", "float32", "float32"
        columns = zip(*[self.kept[place] for place in places], strict=True)
        return tuple(np.array(column, kind) for column, kind in zip(columns, kinds, strict=True))

# %% exercise="memory" says="keeps its oldest"
class Memory:
    """Takes nothing more when it is full."""

    def __init__(self, capacity, observation_shape):
        self.capacity, self.added = capacity, 0
        self.x, self.following = np.zeros((2, capacity, *observation_shape), "float32")
        self.action = np.zeros(capacity, "int32")
        self.reward, self.terminated = np.zeros((2, capacity), "float32")

    def add(self, x, action, reward, following, terminated):
        if self.added == self.capacity:
            return
        place = self.added
        self.x[place], self.action[place], self.reward[place] = x, action, reward
        self.following[place], self.terminated[place] = following, terminated
        self.added += 1

    def __len__(self):
        return self.added

    def draw(self, batch, rng):
        places = rng.integers(self.added, size=batch)
        return self.x[places], self.action[places], self.reward[places], self.following[places], self.terminated[places]

# %% exercise="memory" says="mixed up"
class Memory:
    """Draws each part by itself."""

    def __init__(self, capacity, observation_shape):
        self.capacity, self.added = capacity, 0
        self.x, self.following = np.zeros((2, capacity, *observation_shape), "float32")
        self.action = np.zeros(capacity, "int32")
        self.reward, self.terminated = np.zeros((2, capacity), "float32")

    def add(self, x, action, reward, following, terminated):
        place = self.added % self.capacity
        self.x[place], self.action[place], self.reward[place] = x, action, reward
        self.following[place], self.terminated[place] = following, terminated
        self.added += 1

    def __len__(self):
        return min(self.added, self.capacity)

    def draw(self, batch, rng):
        columns = self.x, self.action, self.reward, self.following, self.terminated
        return tuple(column[rng.integers(len(self), size=batch)] for column in columns)

# %% exercise="update" says="largest value is compared"
def q_update(network, target, optimizer, batch, discount):
    return faulty_update(network, target, optimizer, batch, discount)

# %% exercise="update" says="gradient goes through them"
def q_update(network, target, optimizer, batch, discount):
    """The action repaired, and nothing else."""
    x, action, reward, following, terminated = batch
    with tf.GradientTape() as tape:
        wanted = reward + discount * (1 - terminated) * tf.reduce_max(network(following), axis=1)
        taken = tf.gather(network(x), action, axis=1, batch_dims=1)
        loss = tf.reduce_mean((wanted - taken) ** 2) / 2
    optimizer.apply(tape.gradient(loss, network.trainable_variables), network.trainable_variables)
    return loss

# %% exercise="update" says="the target network should"
def q_update(network, target, optimizer, batch, discount):
    """Stops the gradient, and leaves the target network unused."""
    x, action, reward, following, terminated = batch
    wanted = reward + discount * (1 - terminated) * tf.reduce_max(network(following), axis=1)
    with tf.GradientTape() as tape:
        taken = tf.gather(network(x), action, axis=1, batch_dims=1)
        loss = tf.reduce_mean((wanted - taken) ** 2) / 2
    optimizer.apply(tape.gradient(loss, network.trainable_variables), network.trainable_variables)
    return loss

# %% exercise="update" says="value of the action that was taken"
def q_update(network, target, optimizer, batch, discount):
    """Uses the target network, but compares the largest value."""
    x, _, reward, following, terminated = batch
    wanted = reward + discount * (1 - terminated) * tf.reduce_max(target(following), axis=1)
    with tf.GradientTape() as tape:
        taken = tf.reduce_max(network(x), axis=1)
        loss = tf.reduce_mean((wanted - taken) ** 2) / 2
    optimizer.apply(tape.gradient(loss, network.trainable_variables), network.trainable_variables)
    return loss

# %% exercise="learn" says="never renewed"
def learn(environment, network, steps, epsilon, discount, seed=0, target_every=20):
    rng, optimizer = np.random.default_rng(seed), keras.optimizers.Adam(0.01)
    optimizer.build(network.trainable_variables)
    target = keras.models.clone_model(network)
    target.set_weights(network.get_weights())

    @tf.function(autograph=False)
    def update(*batch):
        return q_update(network, target, optimizer, batch, discount)

    memory, returns, gained = Memory(steps, environment.observation_space.shape), [], 0.0
    x, _ = environment.reset(seed=seed)
    for step in range(steps):
        if rng.random() < epsilon(step):
            action = int(rng.integers(environment.action_space.n))
        else:
            action = int(np.argmax(network(x[np.newaxis])[0]))
        following, reward, terminated, truncated, _ = environment.step(action)
        memory.add(x, action, reward, following, terminated)
        x, gained = following, gained + float(reward)
        if terminated or truncated:
            returns.append(gained)
            (x, _), gained = environment.reset(), 0.0
        if len(memory) >= 32:
            update(*memory.draw(32, rng))
    return returns

# %% exercise="learn" says="time-out is remembered as a termination"
def learn(environment, network, steps, epsilon, discount, seed=0, target_every=20):
    rng, optimizer = np.random.default_rng(seed), keras.optimizers.Adam(0.01)
    optimizer.build(network.trainable_variables)
    target = keras.models.clone_model(network)
    target.set_weights(network.get_weights())

    @tf.function(autograph=False)
    def update(*batch):
        return q_update(network, target, optimizer, batch, discount)

    memory, returns, gained = Memory(steps, environment.observation_space.shape), [], 0.0
    x, _ = environment.reset(seed=seed)
    for step in range(steps):
        if rng.random() < epsilon(step):
            action = int(rng.integers(environment.action_space.n))
        else:
            action = int(np.argmax(network(x[np.newaxis])[0]))
        following, reward, terminated, truncated, _ = environment.step(action)
        memory.add(x, action, reward, following, terminated or truncated)
        x, gained = following, gained + float(reward)
        if terminated or truncated:
            returns.append(gained)
            (x, _), gained = environment.reset(), 0.0
        if len(memory) >= 32:
            update(*memory.draw(32, rng))
        if (step + 1) % target_every == 0:
            target.set_weights(network.get_weights())
    return returns

# %% exercise="learn" says="after the end of its episode"
def learn(environment, network, steps, epsilon, discount, seed=0, target_every=20):
    """Resets after a time-out only."""
    rng, returns, gained = np.random.default_rng(seed), [], 0.0
    x, _ = environment.reset(seed=seed)
    for step in range(steps):
        if rng.random() < epsilon(step):
            action = int(rng.integers(environment.action_space.n))
        else:
            action = int(np.argmax(network(x[np.newaxis])[0]))
        x, reward, _, truncated, _ = environment.step(action)
        gained += float(reward)
        if truncated:
            returns.append(gained)
            (x, _), gained = environment.reset(), 0.0
    return returns

# %% exercise="learn" says="weights are as they were"
def learn(environment, network, steps, epsilon, discount, seed=0, target_every=20):
    """Trains a copy."""
    rng, optimizer = np.random.default_rng(seed), keras.optimizers.Adam(0.01)
    network, target = keras.models.clone_model(network), keras.models.clone_model(network)
    optimizer.build(network.trainable_variables)

    @tf.function(autograph=False)
    def update(*batch):
        return q_update(network, target, optimizer, batch, discount)

    memory, returns, gained = Memory(steps, environment.observation_space.shape), [], 0.0
    x, _ = environment.reset(seed=seed)
    for step in range(steps):
        if rng.random() < epsilon(step):
            action = int(rng.integers(environment.action_space.n))
        else:
            action = int(np.argmax(network(x[np.newaxis])[0]))
        following, reward, terminated, truncated, _ = environment.step(action)
        memory.add(x, action, reward, following, terminated)
        x, gained = following, gained + float(reward)
        if terminated or truncated:
            returns.append(gained)
            (x, _), gained = environment.reset(), 0.0
        if len(memory) >= 32:
            update(*memory.draw(32, rng))
        if (step + 1) % target_every == 0:
            target.set_weights(network.get_weights())
    return returns
