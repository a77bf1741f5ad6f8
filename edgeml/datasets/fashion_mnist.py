"""Fashion-MNIST: articles of clothing, 28x28 pixels with values 0..255; 60,000 to train, 10,000 to test.

Looked for as `fashion_mnist.npz` (x_train, y_train, x_test, y_test) in $EDGEML_DATA, then as the four
published idx files in Keras' cache.
"""

from __future__ import annotations

from edgeml.datasets._base import DatasetInfo, Raw, Split
from edgeml.datasets._readers import image_parts, images, read_idx
from edgeml.datasets._sources import Sources

DATASET = DatasetInfo(
    title="Fashion-MNIST, articles of clothing, 28x28 grey pixels 0..255",
    licence="MIT",
    source="Xiao, Rasul, Vollgraf (Zalando Research): Fashion-MNIST, arXiv:1708.07747",
    url="https://storage.googleapis.com/tensorflow/tf-keras-datasets/",
    shape=(28, 28, 1),
    classes=(
        "T-shirt/top",
        "Trouser",
        "Pullover",
        "Dress",
        "Coat",
        "Sandal",
        "Shirt",
        "Sneaker",
        "Bag",
        "Ankle boot",
    ),
    samples=70_000,
    checksum="c7156985e09a3f7664736dbdbb69ab90871527f928df0e80671137c2f828c051",
)
# As published in the README of github.com/zalandoresearch/fashion-mnist.
_DIGESTS = {
    "train-images-idx3-ubyte.gz": "md5:8d4fb7e6c68d591d4c3dfef9ec88bf0d",
    "train-labels-idx1-ubyte.gz": "md5:25c81989df183df01b3e8a0aad5dffbe",
    "t10k-images-idx3-ubyte.gz": "md5:bef4ecab320f06d8554ea6380940ec79",
    "t10k-labels-idx1-ubyte.gz": "md5:bb300cfdad3c16e7a12a480ee83cd310",
}


def load(sources: Sources) -> Raw:
    """The published parts.

    Raises:
        EdgemlError: no file and no network, or a damaged file.
    """
    npz = sources.find(["fashion_mnist.npz"])
    if npz is not None:
        return image_parts(npz, DATASET.classes)
    x_train, y_train, x_test, y_test = (
        read_idx(sources.keras_file(f"fashion-mnist/{name}", DATASET.url + name, digest))
        for name, digest in _DIGESTS.items()
    )
    return Raw(Split(images(x_train), y_train), DATASET.classes, Split(images(x_test), y_test))
