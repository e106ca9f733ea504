"""What fit, evaluate and predict are given: arrays that belong together and fit the model and the objective."""

import inspect

import keras
import numpy as np
import tensorflow as tf

from dlcourse.models.stacked import axis


def arrays_of(data, where):
    """The arrays of a Split, a tuple of arrays, or one array, as a tuple of NumPy arrays (examples, ...).

    Tensors, pandas tables and nested lists of numbers are taken as well.

    Args:
        data: Split (``.x``, ``.y``), tuple ``(x, y)``, ``(x,)``, or x alone.
        where: what is given to whom, for messages: ``"fit() got training data"``.

    Raises:
        ValueError: where it is none of these, or holds no numbers.
    """
    if hasattr(data, "x") and hasattr(data, "y"):
        data = (data.x, data.y)
    if isinstance(data, tf.data.Dataset | str | bytes | dict) or data is None:
        raise ValueError(
            f"{where} as {type(data).__name__}; expected a Split or a tuple (x, y) of arrays, such as "
            'datasets.load("digits").train.'
        )
    if isinstance(data, list) and any(hasattr(part, "shape") for part in data):
        raise ValueError(
            f"{where} as a list of {len(data)} arrays; expected a tuple: write (x, y), with round brackets."
        )
    parts = data if isinstance(data, tuple) else (data,)
    return tf.nest.map_structure(lambda part: _array(part, where), tuple(map(_without_lists, parts)))


def _without_lists(part):
    """A nested list of numbers as one array, so that its numbers are not taken for arrays of their own."""
    if isinstance(part, list) and not any(hasattr(item, "shape") for item in part):
        try:
            return np.asarray(part)
        except ValueError:  # rows of unequal length
            return np.asarray(part, dtype=object)
    return part


def _array(part, where):
    array = np.asarray(part)
    if isinstance(part, np.ma.MaskedArray) and np.ma.is_masked(part):
        raise ValueError(
            f"{where} with {np.ma.count_masked(part)} masked values; fill them in, x.filled(0), or leave those "
            "examples out."
        )
    if array.dtype.kind not in "biuf":
        raise ValueError(
            f"{where} of dtype {array.dtype}, shape {array.shape}; expected numbers: np.asarray(x, dtype='float32') "
            "works where every example has the same shape and no text in it."
        )
    if isinstance(part, list) or not hasattr(part, "dtype"):
        return array.astype("float32") if array.dtype.kind == "f" else array.astype("int32")
    return array


def check(model, objective, arrays, where):
    """Check that arrays belong together and fit model and objective; returns the number of examples.

    Args:
        model: keras.Model.
        objective: callable ``(model, batch, training) -> (loss, metrics)``, or None where only x is given.
        arrays: tuple of arrays (examples, ...).
        where: as for ``arrays_of``.

    Raises:
        ValueError: where they don't.
    """
    flat = tf.nest.flatten(arrays)
    sizes = [array.shape[0] if array.shape else 0 for array in flat]
    if not sizes or min(sizes) == 0:
        raise ValueError(f"{where} without examples: arrays of {sizes} examples.")
    if len(set(sizes)) > 1:
        raise ValueError(f"{where} in arrays of {sizes} examples; x and y must have the same number.")
    check_x(model, arrays[0], where)
    if objective is not None:
        check_callable(objective)
        if hasattr(objective, "check"):
            _check_parts(objective, model, arrays, where)
            objective.check(model, *arrays)
    return sizes[0]


def check_callable(objective):
    """Raise ValueError where an objective can't be called, or is a class that nobody has made an object of."""
    if isinstance(objective, type):
        raise ValueError(
            f"The objective {objective.__name__} is a class: write objectives.{objective.__name__}(), with brackets."
        )
    if not callable(objective):
        raise ValueError(
            f"The objective is {objective!r}; expected a callable (model, batch, training) -> (loss, metrics), such "
            "as objectives.classification()."
        )


def _check_parts(objective, model, arrays, where):
    """Raise ValueError where an objective takes other arrays than it is given, such as (x, y, weights)."""
    signature = inspect.signature(objective.check)
    try:
        signature.bind(model, *arrays)
    except TypeError:
        wanted = ", ".join(list(signature.parameters)[1:])
        raise ValueError(
            f"{where} of {len(arrays)} arrays; {type(objective).__name__}() takes ({wanted}). Weights of examples are "
            "not among them: write an objective of your own for those."
        ) from None


def check_x(model, x, where):
    """Raise ValueError where a model doesn't take these examples: other shapes, NaN, numbers without a row."""
    expected = _examples_shape(model, x)
    if isinstance(expected, tuple) and hasattr(x, "shape"):
        fits = len(expected) == len(x.shape) and all(
            side is None or side == given for side, given in zip(expected[1:], x.shape[1:], strict=True)
        )
        if not fits:
            raise ValueError(
                f"{where}, examples of shape {tuple(x.shape[1:])}, but the model takes {expected[1:]}. Reshape the "
                "data, or build the model with that input_shape."
            )
    if not all(_finite(array) for array in tf.nest.flatten(x)):
        raise ValueError(
            f"{where} with values that are not finite (NaN or infinite). Find them with "
            "np.argwhere(~np.isfinite(x)), and remove or fill in those examples."
        )
    rows = _embedded(model)
    if rows is not None and isinstance(x, np.ndarray) and x.size and (x.min() < 0 or x.max() >= rows):
        raise ValueError(
            f"{where} with numbers from {x.min()} to {x.max()}, but the model's Embedding has rows for 0 to {rows - 1}."
            " Number the tokens anew, or build the model for more of them."
        )


def _examples_shape(model, x):
    """The shape of the examples that a model takes, (None, ...), or None where it is not known.

    Of networks side by side, (networks, None, ...), these are (None, networks, ...) or, for all, (None, ...).
    """
    shape = getattr(model, "input_shape", None)
    if isinstance(shape, tuple) and axis.is_stacked(model):
        own = len(np.shape(x)) == len(shape)
        return (None, shape[0], *shape[2:]) if own else (None, *shape[2:])
    return shape


def _embedded(model):
    """Rows of the Embedding that a model's only input goes into, or None."""
    inputs = getattr(model, "inputs", None)
    if not inputs or len(inputs) != 1:
        return None
    for layer in model.layers:
        if isinstance(layer, keras.layers.Embedding) and any(
            tensor is inputs[0] for node in layer._inbound_nodes for tensor in node.input_tensors
        ):
            return layer.input_dim
    return None


def _finite(array):
    """Whether all values are finite, found from the smallest and the largest, which needs no copy."""
    return array.dtype.kind != "f" or bool(np.isfinite(np.min(array)) and np.isfinite(np.max(array)))


def optimizer(given, where):
    """A Keras optimizer, or the one of that name.

    Raises:
        ValueError: where it is neither.
    """
    try:
        found = keras.optimizers.get(given)
    except (ValueError, TypeError, AttributeError):
        found = None
    if found is None:
        raise ValueError(
            f"{where}={given!r}: expected a Keras optimizer or its name; give for example 'adam' or "
            "keras.optimizers.Adam(1e-3)."
        )
    return found


def fixed_batch(model):
    """The number of examples in each batch of a model that was built for one (``stateful``), or None."""
    if axis.is_stacked(model):
        return None
    shape = getattr(model, "input_shape", None)
    return shape[0] if isinstance(shape, tuple) and shape and isinstance(shape[0], int) else None


def check_batches(model, examples, where, batch_size=None):
    """The batch size that a model was built for (``stateful``), or None, after a check that the examples fill such.

    Args:
        examples: how many.
        where: as for ``arrays_of``.
        batch_size: what the caller asked for, where only the model's own will do.
    """
    fixed = fixed_batch(model)
    if fixed is not None and (examples % fixed or batch_size not in (None, fixed)):
        asked = "" if batch_size is None else f" in batches of {batch_size}"
        wanted = "" if batch_size is None else f"batch_size={fixed} and "
        raise ValueError(
            f"{where}, {examples} examples{asked}, but the model was built for batches of exactly {fixed} "
            f"(stateful): give {wanted}a number of examples that {fixed} divides."
        )
    return fixed


def build(model, x):
    """Make the weights of a subclassed model, which has none until it is called."""
    if not model.built:
        model(tf.nest.map_structure(lambda array: tf.convert_to_tensor(array[:1]), x), training=False)


def output_shape(model, x):
    """Shape of a model's outputs, None for the batch, (None, ...); also of a subclassed model, which doesn't know it.

    Args:
        x: array (examples, ...), or a nest of them.
    """
    try:
        return tuple(model.output_shape)
    except (AttributeError, RuntimeError):
        pass
    build(model, x)
    specs = tf.nest.map_structure(lambda array: tf.TensorSpec((1, *array.shape[1:]), array.dtype), x)
    found = tf.function(lambda batch: model(batch, training=False)).get_concrete_function(specs).output_shapes
    return (None, *tuple(found)[1:])
