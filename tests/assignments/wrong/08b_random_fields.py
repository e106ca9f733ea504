# %% exercise="path" says="From row to column"
def path_score(scores, transitions, path):
    """The transitions turned round."""
    total = sum(scores[place, label] for place, label in enumerate(path))
    return total + sum(transitions[after, before] for before, after in zip(path[:-1], path[1:]))

# %% exercise="path" says="Every pair of neighbours counts"
def path_score(scores, transitions, path):
    """The last transition alone."""
    total = sum(scores[place, label] for place, label in enumerate(path))
    return total + (transitions[path[-2], path[-1]] if len(path) > 1 else 0.0)

# %% exercise="path" says="each place adds its score"
def path_score(scores, transitions, path):
    """The first place left out."""
    return sum(scores[t, path[t]] + transitions[path[t - 1], path[t]] for t in range(1, len(path)))

# %% exercise="second" says="the best path"
def second_best(scores, transitions):
    """Viterbi's algorithm, as it is."""
    return best_path(scores, transitions)

# %% exercise="second" says="neighbours may have to change"
def second_best(scores, transitions):
    """The best path with one label changed, nothing else."""
    path, rivals = best_path(scores, transitions), []
    for place in range(len(path)):
        for label in range(scores.shape[1]):
            if label != path[place]:
                rival = path.copy()
                rival[place] = label
                total = scores[np.arange(len(rival)), rival].sum() + transitions[rival[:-1], rival[1:]].sum()
                rivals.append((total, rival))
    return max(rivals, key=lambda pair: pair[0])[1]

# %% exercise="second" says="isn't second best"
def second_best(scores, transitions):
    """The best path that has another label at the last place."""
    without = np.array(scores, float)
    without[-1, best_path(scores, transitions)[-1]] = -np.inf
    return best_path(without, transitions)

# %% exercise="pairs" says="aren't independent"
def expected_pairs(scores, transitions):
    """Products of the places' marginals."""
    forward, backward = [scores[0]], [np.zeros(scores.shape[1])]
    for now in scores[1:]:
        forward.append(now + np.logaddexp.reduce(forward[-1][:, None] + transitions, axis=0))
    for after in scores[:0:-1]:
        backward.append(np.logaddexp.reduce(transitions + after + backward[-1], axis=1))
    both = np.array(forward) + np.array(backward[::-1])
    single = np.exp(both - np.logaddexp.reduce(both, axis=1, keepdims=True))
    return single[:-1].T @ single[1:]

# %% exercise="pairs" says="stay in logarithms"
def expected_pairs(scores, transitions):
    """Right, but in plain numbers."""
    u, a = np.exp(scores), np.exp(transitions)
    forward, backward = [u[0]], [np.ones(scores.shape[1])]
    for now in u[1:]:
        forward.append(now * (forward[-1] @ a))
    for after in u[:0:-1]:
        backward.append(a @ (after * backward[-1]))
    backward, found = backward[::-1], np.zeros(a.shape)
    for place in range(1, len(u)):
        found += forward[place - 1][:, None] * a * (u[place] * backward[place])
    return found / forward[-1].sum()

# %% exercise="pairs" says="counts b after a"
def expected_pairs(scores, transitions):
    """The table turned round."""
    forward, backward = [scores[0]], [np.zeros(scores.shape[1])]
    for now in scores[1:]:
        forward.append(now + np.logaddexp.reduce(forward[-1][:, None] + transitions, axis=0))
    for after in scores[:0:-1]:
        backward.append(np.logaddexp.reduce(transitions + after + backward[-1], axis=1))
    backward, total = backward[::-1], np.logaddexp.reduce(forward[-1])
    found = np.zeros(transitions.shape)
    for place in range(1, len(scores)):
        found += np.exp(forward[place - 1][:, None] + transitions + scores[place] + backward[place] - total)
    return found.T

# %% exercise="padded" says="however much is filled up"
def log_partition(scores, transitions, length):
    """The fault itself."""
    table = scores[0]
    for now in scores[1:]:
        table = now + np.logaddexp.reduce(table[:, None] + transitions, axis=0)
    return np.logaddexp.reduce(table)

# %% exercise="padded" says="One place too many"
def log_partition(scores, transitions, length):
    """One too many."""
    table = scores[0]
    for now in scores[1 : length + 1]:
        table = now + np.logaddexp.reduce(table[:, None] + transitions, axis=0)
    return np.logaddexp.reduce(table)

# %% exercise="padded" says="64 paths"
def log_partition(scores, transitions, length):
    """One too few."""
    table = scores[0]
    for now in scores[1 : length - 1]:
        table = now + np.logaddexp.reduce(table[:, None] + transitions, axis=0)
    return np.logaddexp.reduce(table)
