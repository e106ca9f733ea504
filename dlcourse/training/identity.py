"""What identifies a training: all that decides its result, each by a name that a message can give."""

import functools
import json
import numbers

import keras

from dlcourse.training.state import WEIGHTS, weights_checksum

COMPILED = "compiled by XLA"

DECIDED_ELSEWHERE = ("name", "seed", "initializer")
"""Settings of layers that don't count: what they decide is in the initial weights, or in the training's seed."""


def of_training(model, objective, optimizer, source, seed, jit_compile):
    """A flat dict from name to a text or a number, which JSON can hold."""
    found = {"seed": int(seed), COMPILED: bool(jit_compile), **source.fingerprint()}
    layers = list(model._flatten_layers(include_self=False))
    found["number of layers"] = len(layers)
    for index, layer in enumerate(layers, 1):
        label = f"layer {index}, {layer.name.rstrip('_0123456789')}"
        found[f"{label}: kind"] = type(layer).__name__
        found |= _flat(label, _config(layer))
        shapes = [list(weight.shape) for weight in layer.weights] if not hasattr(layer, "layers") else []
        found[f"{label}: shapes of weights"] = json.dumps(shapes)
    found["objective"], found["optimizer"] = _name(objective), type(optimizer).__name__
    found |= _flat(f"objective {_name(objective)}", _settings(objective))
    found |= _flat(f"optimizer {type(optimizer).__name__}", optimizer.get_config())
    found[WEIGHTS] = weights_checksum(model)
    return json.loads(json.dumps(found))


def _config(layer):
    if hasattr(layer, "layers"):  # a model: its layers are counted themselves
        return {}
    try:
        return layer.get_config()
    except NotImplementedError:  # a subclassed layer that keeps its settings to itself
        return {}


def _name(objective):
    if isinstance(objective, functools.partial):
        objective = objective.func
    return getattr(objective, "__name__", type(objective).__name__)


def _settings(objective):
    if isinstance(objective, functools.partial):
        return dict(enumerate(objective.args)) | objective.keywords
    return vars(objective)


def _flat(label, value):
    """Nested settings as one dict: ``{"label: a.b": value}``."""
    if isinstance(value, keras.Variable) or hasattr(value, "numpy"):
        value = value.numpy().tolist()
    if isinstance(value, dict):
        found = {}
        for key, inner in value.items():
            key = str(key)
            if any(word in key for word in DECIDED_ELSEWHERE) or key in (
                "module",
                "registered_name",
                "build_config",
            ):
                continue
            joined = f"{label}.{key}" if ": " in label else f"{label}: {key}"
            found |= _flat(joined, inner)
        return found
    if isinstance(value, list | tuple):
        return {label: json.dumps(value, default=_kind)}
    if isinstance(value, str | numbers.Number) or value is None:
        return {label: value.item() if hasattr(value, "item") else value}
    return {label: _kind(value)}


def _kind(value):
    return getattr(value, "__name__", type(value).__qualname__)
