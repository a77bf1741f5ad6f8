"""One file per Keras or QKeras layer, named as its class in snake_case; the folder is the list.

A file declares `LAYER`, a `LayerHandler`: how the layer is lowered, its float counterpart, its float ONNX,
and examples that the contract tests build. To add a layer, add its file; helpers start with an underscore.
"""

from __future__ import annotations

from edgeml.keras.handlers import LayerHandler
from edgeml.keras.registry import HandlerFolder

_CONSTANTS = "use BatchNormalization or QBatchNormalization, whose statistics are constants"
_ATTENTION = "use convolutions or recurrent layers over the sequence"
_FLAT = "reshape the data to two dimensions and channels, and use the layer of two dimensions"
_FRAMES = "use a convolution inside TimeDistributed, and QLSTM or QGRU behind it"
_WINDOW = "use the pooling layer with a window of a stated size"
_BEFORE = "do it to the data before the model (docs/data.md); the deployed network takes its numbers"

REMEDIES = {
    "QAdaptiveActivation": "use a QActivation with the integer bits it settled on, and train once more",
    "LayerNormalization": _CONSTANTS,
    "Lambda": "write it with Keras layers",
    "Masking": "leave it out and feed sequences of one length: every step counts",
    "GroupNormalization": _CONSTANTS,
    "RMSNormalization": _CONSTANTS,
    "UnitNormalization": _CONSTANTS,
    "Embedding": "feed one-hot columns, and use a Dense layer without a bias",
    "MultiHeadAttention": _ATTENTION,
    "GroupQueryAttention": _ATTENTION,
    "Attention": _ATTENTION,
    "AdditiveAttention": _ATTENTION,
    "Conv3D": _FLAT,
    "Conv3DTranspose": _FLAT,
    "MaxPooling3D": _FLAT,
    "AveragePooling3D": _FLAT,
    "GlobalAveragePooling3D": _FLAT,
    "GlobalMaxPooling3D": _FLAT,
    "UpSampling3D": _FLAT,
    "ZeroPadding3D": _FLAT,
    "Cropping3D": _FLAT,
    "ConvLSTM1D": _FRAMES,
    "ConvLSTM2D": _FRAMES,
    "ConvLSTM3D": _FRAMES,
    "AdaptiveAveragePooling1D": _WINDOW,
    "AdaptiveAveragePooling2D": _WINDOW,
    "AdaptiveMaxPooling1D": _WINDOW,
    "AdaptiveMaxPooling2D": _WINDOW,
    "AutoContrast": _BEFORE,
    "ContrastLimitedAdaptiveHistogramEqualization": _BEFORE,
    "Equalization": _BEFORE,
    "Solarization": _BEFORE,
    "Dot": "use Multiply and keras.ops.sum over the axis",
    "EinsumDense": "use Dense behind a Reshape or Permute",
    "SpectralNormalization": "use the layer inside of it: after training its weights are constants",
    "RNN": "use SimpleRNN, LSTM or GRU",
    "Resizing": "use UpSampling2D, or resize the data before training",
    "CenterCrop": "use Cropping2D",
    "CategoryEncoding": _BEFORE,
    "Discretization": _BEFORE,
    "Hashing": _BEFORE,
    "HashedCrossing": _BEFORE,
    "IntegerLookup": _BEFORE,
    "StringLookup": _BEFORE,
    "TextVectorization": _BEFORE,
    "MelSpectrogram": _BEFORE,
    "STFTSpectrogram": _BEFORE,
}
"""The substitutes of layers that are known and not covered, by class."""

FOLDER = HandlerFolder("layer", __name__, "LAYER", LayerHandler, REMEDIES)
names, load, handler = FOLDER.names, FOLDER.load, FOLDER.handler
