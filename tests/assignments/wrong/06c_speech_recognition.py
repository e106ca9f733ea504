# %% exercise="rate" says="compared place by place"
def word_error_rate(said, recognised):
    """Place by place."""
    wrong = sum(one != other for one, other in zip(said, recognised)) + abs(len(said) - len(recognised))
    return min(1, wrong / len(said))

# %% exercise="rate" says="over the words said"
def word_error_rate(said, recognised):
    """Over the longer of the two."""
    row = list(range(len(recognised) + 1))
    for word in said:
        above, row = row, [row[0] + 1]
        for place, other in enumerate(recognised):
            row.append(min(above[place] + (word != other), above[place + 1] + 1, row[place] + 1))
    return row[-1] / max(len(said), len(recognised))

# %% exercise="rate"
def word_error_rate(said, recognised):
    """Words as sets."""
    return len(set(said) - set(recognised)) / len(said)

# %% exercise="collapse" says="keeps them apart"
def collapse(path):
    """Blanks first, then repeats."""
    labels = []
    for symbol in path:
        if symbol and (not labels or labels[-1] != symbol):
            labels.append(symbol)
    return labels

# %% exercise="collapse" says="one label"
def collapse(path):
    """Blanks only."""
    return [symbol for symbol in path if symbol]

# %% exercise="forward" says="paths that repeat it"
def ctc_probability(probabilities, labels):
    """Every label for one frame only."""
    places = [0]
    for label in labels:
        places += [label, 0]
    a = np.zeros(len(places))
    a[:2] = probabilities[0, places[:2]]
    for frame in probabilities[1:]:
        b = np.zeros(len(places))
        for s in range(len(places)):
            b[s] += a[s] if places[s] == 0 else 0
            b[s] += a[s - 1] if s else 0
            b[s] += a[s - 2] if s > 1 and places[s] != 0 else 0
        a = b * frame[places]
    return float(a[-2:].sum())

# %% exercise="forward" says="one may not skip it"
def ctc_probability(probabilities, labels):
    """Skips blanks between equal labels, too."""
    places = [0]
    for label in labels:
        places += [label, 0]
    a = np.zeros(len(places))
    a[:2] = probabilities[0, places[:2]]
    for frame in probabilities[1:]:
        b = a.copy()
        b[1:] += a[:-1]
        for s in range(2, len(places)):
            if places[s] != 0:
                b[s] += a[s - 2]
        a = b * frame[places]
    return float(a[-2:].sum())

# %% exercise="forward"
def ctc_probability(probabilities, labels):
    """The best path alone."""
    path = probabilities.argmax(axis=1)
    kept = [int(s) for s, before in zip(path, [0, *path[:-1]]) if s and s != before]
    return float(probabilities.max(axis=1).prod()) if kept == list(labels) else 0.0

# %% exercise="warping" says="without the diagonal step"
def warping_cost(one, other):
    cost = np.full((len(one) + 1, len(other) + 1), np.inf)
    for i in range(len(one)):
        for j in range(len(other)):
            apart = np.sqrt(np.sum((one[i] - other[j]) ** 2))
            before = min(cost[i, j + 1], cost[i + 1, j]) if i or j else 0
            cost[i + 1, j + 1] = apart + before
    return float(cost[-1, -1])

# %% exercise="warping" says="has a root"
def warping_cost(one, other):
    cost = np.full((len(one) + 1, len(other) + 1), np.inf)
    cost[0, 0] = 0
    for i in range(len(one)):
        for j in range(len(other)):
            apart = np.sum((one[i] - other[j]) ** 2)
            cost[i + 1, j + 1] = apart + min(cost[i, j], cost[i, j + 1], cost[i + 1, j])
    return float(cost[-1, -1])

# %% exercise="warping"
def warping_cost(one, other):
    """Cuts the longer one off."""
    shortest = min(len(one), len(other))
    return float(np.linalg.norm(one[:shortest] - other[:shortest], axis=1).sum())

# %% exercise="stream" says="looks ahead"
def streaming_network(symbols):
    layers = keras.layers
    return keras.Sequential([
        keras.Input((None, 13)),
        layers.Conv1D(16, 5, padding="same", activation="relu"),
        layers.Conv1D(16, 5, dilation_rate=2, padding="same", activation="relu"),
        layers.Conv1D(symbols, 5, padding="same"),
    ])

# %% exercise="stream" says="look further back"
def streaming_network(symbols):
    layers = keras.layers
    return keras.Sequential([
        keras.Input((None, 13)),
        layers.Conv1D(16, 3, padding="causal", activation="relu"),
        layers.Conv1D(symbols, 3, padding="causal"),
    ])
