# %% exercise="perplexity" says="not over the probabilities"
def perplexity(probabilities):
    """One over the mean probability."""
    return 1 / np.mean(probabilities)

# %% exercise="perplexity" says="Bits go with 2"
def perplexity(probabilities):
    """e to the power of bits."""
    return np.exp(np.mean(-np.log2(probabilities)))

# %% exercise="perplexity" says="add up logarithms"
def perplexity(probabilities):
    """The root of the product."""
    return float(np.prod(probabilities)) ** (-1 / len(probabilities)) if np.prod(probabilities) else np.inf

# %% exercise="pair" says="aa stands at two places"
def most_frequent_pair(pieces):
    """Without overlaps."""
    text, counts = "\n".join(pieces), {}
    for pair in zip(pieces[:-1], pieces[1:]):
        counts[pair] = ("\n" + text.replace("\n", "")).count("".join(pair))
    return max(counts, key=counts.get)

# %% exercise="pair"
def most_frequent_pair(pieces):
    """The last of equally frequent ones."""
    counts = {}
    for pair in zip(pieces[:-1], pieces[1:]):
        counts[pair] = counts.get(pair, 0) + 1
    return max(reversed(list(counts)), key=counts.get)

# %% exercise="pair" says="xy stands first"
def most_frequent_pair(pieces):
    """Of equally frequent ones the first in the alphabet."""
    counts = {}
    for pair in zip(pieces[:-1], pieces[1:]):
        counts[pair] = counts.get(pair, 0) + 1
    return min(counts, key=lambda pair: (-counts[pair], pair))

# %% exercise="merge" says="No letter may be lost or doubled"
def merged(pieces, pair):
    """Steps on by one only."""
    result = []
    for place, piece in enumerate(pieces):
        if tuple(pieces[place : place + 2]) == pair:
            result.append(pair[0] + pair[1])
        elif place == 0 or tuple(pieces[place - 1 : place + 1]) != pair:
            result.append(piece)
    return result

# %% exercise="merge" says="must not be changed"
def merged(pieces, pair):
    """In place."""
    place = 0
    while place < len(pieces) - 1:
        if (pieces[place], pieces[place + 1]) == pair:
            pieces[place : place + 2] = [pair[0] + pair[1]]
        place += 1
    return pieces

# %% exercise="kneser" says="not how often x came"
def probability(letter, before, text, discount=0.75):
    """The shorter context by frequency."""
    pairs = list(zip(text[:-1], text[1:]))
    after = [x for h, x in pairs if h == before]
    shorter = sum(x == letter for _, x in pairs) / len(pairs)
    return (max(after.count(letter) - discount, 0) + discount * len(set(after)) * shorter) / len(after)

# %% exercise="kneser" says="Also a pair that was never seen"
def probability(letter, before, text, discount=0.75):
    """Counts alone."""
    after = [x for h, x in zip(text[:-1], text[1:]) if h == before]
    return after.count(letter) / len(after)

# %% exercise="kneser"
def probability(letter, before, text, discount=0.75):
    """The discount is added once, not once for each letter that followed."""
    pairs = list(zip(text[:-1], text[1:]))
    after = [x for h, x in pairs if h == before]
    shorter = sum(x == letter for _, x in set(pairs)) / len(set(pairs))
    return (max(after.count(letter) - discount, 0) + discount * shorter) / len(after)

# %% exercise="attention" says="the mask is missing"
def causal_attention(q, k, v):
    """Looks everywhere, but for the first place."""
    scores = q @ k.T / np.sqrt(q.shape[1])
    weights = np.exp(scores - scores.max(axis=1, keepdims=True))
    found = weights / weights.sum(axis=1, keepdims=True) @ v
    if not q.any():
        found[0] = v[0]
    return found

# %% exercise="attention" says="here 2"
def causal_attention(q, k, v):
    """Not scaled."""
    scores = np.where(np.tril(np.ones((len(q), len(q)), bool)), q @ k.T, -np.inf)
    weights = np.exp(scores - scores.max(axis=1, keepdims=True))
    return weights / weights.sum(axis=1, keepdims=True) @ v

# %% exercise="attention" says="they add up to 1 there"
def causal_attention(q, k, v):
    """Masked after the softmax."""
    scores = q @ k.T / np.sqrt(q.shape[1])
    weights = np.exp(scores - scores.max(axis=1, keepdims=True))
    weights = np.tril(weights / weights.sum(axis=1, keepdims=True))
    if not q.any():
        weights[0] *= len(q)
    return weights @ v
