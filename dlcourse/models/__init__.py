"""Keras models, one family per file. Classifiers return logits; each docstring gives the shapes."""

from dlcourse.models.augmentation import RandomAffine
from dlcourse.models.convnet import Seeds, convnet, convolution_block, residual_block, residual_stages, resnet
from dlcourse.models.crf import LinearChainCRF
from dlcourse.models.detector import detector
from dlcourse.models.fully_convolutional import fully_convolutional
from dlcourse.models.fused_gru import FusedGRU
from dlcourse.models.local_convolution import LocalConvolution2D
from dlcourse.models.mlp import mlp
from dlcourse.models.recurrent import recurrent, reset_states
from dlcourse.models.stacked.deep import DeepNetworks
from dlcourse.models.stacked.recurrent import RecurrentPopulation
from dlcourse.models.transformer import Positions, causal_transformer, translating_transformer
from dlcourse.models.translators import recurrent_translator
from dlcourse.models.vae import load_vae, vae

__all__ = [
    "DeepNetworks",
    "FusedGRU",
    "LinearChainCRF",
    "LocalConvolution2D",
    "Positions",
    "RandomAffine",
    "RecurrentPopulation",
    "Seeds",
    "causal_transformer",
    "convnet",
    "convolution_block",
    "detector",
    "fully_convolutional",
    "load_vae",
    "mlp",
    "recurrent",
    "recurrent_translator",
    "reset_states",
    "residual_block",
    "residual_stages",
    "resnet",
    "translating_transformer",
    "vae",
]
