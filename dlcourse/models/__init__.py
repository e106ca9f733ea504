"""Keras models, one family a file. Classifiers return logits; shapes stand in each docstring."""

from dlcourse.models.convnet import convnet
from dlcourse.models.deep import DeepNetworks
from dlcourse.models.mlp import mlp
from dlcourse.models.perceptron import Perceptron
from dlcourse.models.vae import load_vae, vae

__all__ = ["DeepNetworks", "Perceptron", "convnet", "load_vae", "mlp", "vae"]
