# %% exercise="overlap" says="negative sides have a positive product"
def iou(one, other):
    """Forgets that sides can be negative."""
    shared = (min(one[2], other[2]) - max(one[0], other[0])) * (min(one[3], other[3]) - max(one[1], other[1]))
    areas = [(box[2] - box[0]) * (box[3] - box[1]) for box in (one, other)]
    return shared / (sum(areas) - shared)

# %% exercise="overlap" says="counts shared area once"
def iou(one, other):
    """Divides by the sum of the areas, once it has looked whether the boxes are equal."""
    wide = max(0, min(one[2], other[2]) - max(one[0], other[0]))
    tall = max(0, min(one[3], other[3]) - max(one[1], other[1]))
    areas = [(box[2] - box[0]) * (box[3] - box[1]) for box in (one, other)]
    if one == other:
        return 1
    return wide * tall / sum(areas)

# %% exercise="overlap" says="share of one box"
def iou(one, other):
    """The share of the larger box that is covered."""
    wide = max(0, min(one[2], other[2]) - max(one[0], other[0]))
    tall = max(0, min(one[3], other[3]) - max(one[1], other[1]))
    return wide * tall / max((box[2] - box[0]) * (box[3] - box[1]) for box in (one, other))

# %% exercise="suppression" says="drops no others"
def nms(boxes, scores, threshold):
    """Compares with all better boxes, kept or not."""
    def overlap(one, other):
        wide = max(0, min(one[2], other[2]) - max(one[0], other[0]))
        tall = max(0, min(one[3], other[3]) - max(one[1], other[1]))
        areas = [(box[2] - box[0]) * (box[3] - box[1]) for box in (one, other)]
        return wide * tall / (sum(areas) - wide * tall)

    order = np.argsort(-scores).tolist()
    return [i for k, i in enumerate(order) if all(overlap(boxes[i], boxes[j]) <= threshold for j in order[:k])]

# %% exercise="suppression" says="not above it"
def nms(boxes, scores, threshold):
    """Drops at the threshold itself."""
    def overlap(one, other):
        wide = max(0, min(one[2], other[2]) - max(one[0], other[0]))
        tall = max(0, min(one[3], other[3]) - max(one[1], other[1]))
        areas = [(box[2] - box[0]) * (box[3] - box[1]) for box in (one, other)]
        return wide * tall / (sum(areas) - wide * tall)

    kept = []
    for i in np.argsort(-scores).tolist():
        if all(overlap(boxes[i], boxes[j]) < threshold for j in kept):
            kept.append(i)
    return kept

# %% exercise="suppression" says="order of the scores"
def nms(boxes, scores, threshold):
    """Lowest score first."""
    return [0, 1]

# %% exercise="precision" says="Objects that no detection finds count"
def average_precision(scores, right, objects):
    """Divides by what was found."""
    right = np.asarray(right, float)[np.argsort(-np.asarray(scores))]
    if not right.sum():
        return 0
    precision, recall = right.cumsum() / np.arange(1, len(right) + 1), right.cumsum() / right.sum()
    best = np.maximum.accumulate(precision[::-1])[::-1]
    return np.append(best, 0)[np.searchsorted(recall, np.linspace(0, 1, 101))].mean()

# %% exercise="precision" says="wrong detection below"
def average_precision(scores, right, objects):
    """Takes them as they come."""
    right = np.asarray(right, float)
    precision, recall = right.cumsum() / np.arange(1, len(right) + 1), right.cumsum() / objects
    best = np.maximum.accumulate(precision[::-1])[::-1]
    return np.append(best, 0)[np.searchsorted(recall, np.linspace(0, 1, 101))].mean()

# %% exercise="precision" says="2/3 becomes 3/4"
def average_precision(scores, right, objects):
    """Doesn't raise the precisions."""
    right = np.asarray(right, float)[np.argsort(-np.asarray(scores))]
    precision, recall = right.cumsum() / np.arange(1, len(right) + 1), right.cumsum() / objects
    return np.append(precision, 0)[np.searchsorted(recall, np.linspace(0, 1, 101))].mean()

# %% exercise="whole" says="another number of weights"
def over_whole_images(classifier):
    """A 1x1 convolution in place of the first dense layer."""
    return keras.Sequential([
        keras.Input((None, None, 1)),
        keras.layers.Conv2D(16, 3, activation="relu"),
        keras.layers.Conv2D(16, 3, activation="relu"),
        keras.layers.MaxPooling2D(4, strides=1),
        keras.layers.Conv2D(32, 1, activation="relu"),
        keras.layers.Conv2D(11, 1),
    ])

# %% exercise="whole" says="first window's logits differ"
def over_whole_images(classifier):
    """New weights."""
    return keras.Sequential([
        keras.Input((None, None, 1)),
        keras.layers.Conv2D(16, 3, activation="relu"),
        keras.layers.Conv2D(16, 3, activation="relu"),
        keras.layers.Conv2D(32, 4, activation="relu"),
        keras.layers.Conv2D(11, 1),
    ])

# %% exercise="whole" says="which reshape of the dense"
def over_whole_images(classifier):
    """Channels first."""
    first, second, _, hidden, logits = classifier.layers
    model = keras.Sequential([
        keras.Input((None, None, 1)),
        keras.layers.Conv2D(16, 3, activation="relu"),
        keras.layers.Conv2D(16, 3, activation="relu"),
        keras.layers.Conv2D(32, 4, activation="relu"),
        keras.layers.Conv2D(11, 1),
    ])
    dense, end = hidden.get_weights(), logits.get_weights()
    turned = np.moveaxis(dense[0].reshape(16, 4, 4, 32), 0, 2)
    model.set_weights([
        *first.get_weights(), *second.get_weights(), turned, dense[1], end[0].reshape(1, 1, 32, 11), end[1],
    ])
    return model
