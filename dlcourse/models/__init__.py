"""Keras models, one family a file. Classifiers return logits; shapes stand in each docstring."""

from dlcourse.models.convnet import convnet
from dlcourse.models.mlp import mlp
from dlcourse.models.perceptron import Perceptron

__all__ = ["Perceptron", "convnet", "mlp"]
