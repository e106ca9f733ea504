# %% exercise="mean" says="mask before the softmax"
def attention(queries, keys, values, there):
    """Masked after the softmax."""
    scores = queries @ keys.T
    weights = np.exp(scores - scores.max(axis=1, keepdims=True))
    weights = weights / weights.sum(axis=1, keepdims=True)
    return np.where(there, weights, 0) @ values

# %% exercise="mean" says="still have weight"
def attention(queries, keys, values, there):
    """Scores of masked places are 0, and e to 0 is 1."""
    scores = np.where(there, queries @ keys.T, 0)
    weights = np.exp(scores - scores.max(axis=1, keepdims=True))
    return weights / weights.sum(axis=1, keepdims=True) @ values

# %% exercise="mean" says="overflow"
def attention(queries, keys, values, there):
    """Large scores overflow."""
    weights = np.exp(np.where(there, queries @ keys.T, -np.inf))
    return weights / weights.sum(axis=1, keepdims=True) @ values

# %% exercise="heads" says="aren't divided by the root"
def several_heads(x, source, w_q, w_k, w_v, w_o):
    """Without the root."""
    total = 0
    for head in range(w_q.shape[1]):
        q, k, v = x @ w_q[:, head], source @ w_k[:, head], source @ w_v[:, head]
        weights = np.exp(q @ k.T)
        total = total + weights / weights.sum(axis=1, keepdims=True) @ v @ w_o[head]
    return total

# %% exercise="heads" says="not of the whole width"
def several_heads(x, source, w_q, w_k, w_v, w_o):
    """The root of the whole width."""
    total = 0
    for head in range(w_q.shape[1]):
        q, k, v = x @ w_q[:, head], source @ w_k[:, head], source @ w_v[:, head]
        weights = np.exp(q @ k.T / np.sqrt(x.shape[1]))
        total = total + weights / weights.sum(axis=1, keepdims=True) @ v @ w_o[head]
    return total

# %% exercise="heads" says="Keras' own weights"
def several_heads(x, source, w_q, w_k, w_v, w_o):
    """One softmax for all heads together."""
    q, k, v = (np.einsum("sw,whd->shd", side, w) for side, w in ((x, w_q), (source, w_k), (source, w_v)))
    scores = np.einsum("mhd,nhd->mn", q, k) / np.sqrt(q.shape[2])
    weights = np.exp(scores - scores.max(axis=1, keepdims=True))
    return np.einsum("mn,nhd,hdw->mw", weights / weights.sum(axis=1, keepdims=True), v, w_o)

# %% exercise="beam" says="ends better should be found"
def beam_search(log_probabilities, end, width, longest):
    """Greedy, whatever the width."""
    text, score = (), 0.0
    while len(text) < longest and end not in text:
        found = log_probabilities(text)
        text, score = (*text, int(np.argmax(found))), score + float(np.max(found))
    return text, score

# %% exercise="beam" says="finished ones compete on"
def beam_search(log_probabilities, end, width, longest):
    """Stops with the first finished text."""
    kept = [((), 0.0)]
    for _ in range(longest):
        longer = [((*text, symbol), score + float(each)) for text, score in kept
                  for symbol, each in enumerate(log_probabilities(text))]
        kept = sorted(longer, key=lambda item: -item[1])[:width]
        finished = [item for item in kept if item[0][-1] == end]
        if finished:
            return finished[0]
    return kept[0]

# %% exercise="beam" says="best `width` texts in all"
def beam_search(log_probabilities, end, width, longest):
    """Keeps so many continuations of each text, and never prunes among texts."""
    kept = [((), 0.0)]
    for _ in range(longest):
        longer = []
        for text, score in kept:
            if text and text[-1] == end:
                longer.append((text, score))
                continue
            each = sorted(enumerate(log_probabilities(text)), key=lambda item: -item[1])[:width]
            longer += [((*text, symbol), score + float(more)) for symbol, more in each]
        kept = sorted(longer, key=lambda item: -item[1])
        if all(text[-1] == end for text, _ in kept):
            break
    return kept[0]

# %% exercise="shift" says="still reads the sign"
def decoder_input(y):
    """The first is exchanged, nothing is moved."""
    moved = y.copy()
    moved[:, 0] = 1
    return moved

# %% exercise="shift" says="nothing is known yet"
def decoder_input(y):
    """Moved to the left."""
    return np.concatenate([y[:, 1:], np.zeros_like(y[:, :1])], axis=1)
