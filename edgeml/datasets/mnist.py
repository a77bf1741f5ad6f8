"""MNIST: handwritten digits of 28x28 pixels with values 0..255; 60,000 for training, 10,000 for testing.

Looked for as `mnist.npz` (x_train, y_train, x_test, y_test) in $EDGEML_DATA and in Keras' cache. The checksum
is over the values, so any layout of them is accepted; the four original idx files have the same values.
"""

from __future__ import annotations

from edgeml.datasets._base import DatasetInfo, Raw
from edgeml.datasets._readers import image_parts
from edgeml.datasets._sources import Sources

DATASET = DatasetInfo(
    title="MNIST handwritten digits, 28x28 grey pixels 0..255",
    licence="CC BY-SA 3.0",
    source="LeCun, Cortes, Burges: The MNIST database of handwritten digits",
    url="https://storage.googleapis.com/tensorflow/tf-keras-datasets/mnist.npz",
    shape=(28, 28, 1),
    classes=tuple("0123456789"),
    samples=70_000,
    checksum="226057721e77a12f3d78580605e8c2f5cfc8c4895274ef0591ea56fbec5f6db5",
)
# As published in keras.datasets.mnist.
_DIGEST = "sha256:731c5ac602752760c8e48fbffcf8c3b850d9dc2a2aedcf2cc48468fc17b673d1"


def load(sources: Sources) -> Raw:
    """The published parts.

    Raises:
        EdgemlError: no file and no network, or a damaged file.
    """
    path = sources.find(["mnist.npz"]) or sources.keras_file("mnist.npz", DATASET.url, _DIGEST)
    return image_parts(path, DATASET.classes)
