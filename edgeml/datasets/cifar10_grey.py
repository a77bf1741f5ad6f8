"""CIFAR-10 in grey: 0.2989 r + 0.5870 g + 0.1140 b (ITU-R BT.601), computed in float64, kept in float32."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from edgeml.datasets import cifar10
from edgeml.datasets._base import Array, Raw, Split
from edgeml.datasets._sources import Sources

DATASET = replace(cifar10.DATASET, title="CIFAR-10 photographs, 32x32 grey pixels 0..255", shape=(32, 32, 1))
_WEIGHTS = (0.2989, 0.5870, 0.1140)


def load(sources: Sources) -> Raw:
    """The parts of `cifar10`, turned grey.

    Raises:
        EdgemlError: no file and no network, or a damaged file.
    """
    colour = cifar10.load(sources)
    test = Split(_grey(colour.test.x), colour.test.y) if colour.test else None
    return replace(colour, train=Split(_grey(colour.train.x), colour.train.y), test=test)


def _grey(x: Array) -> Array:
    red, green, blue = (weight * x[..., channel : channel + 1] for channel, weight in enumerate(_WEIGHTS))
    return (red + green + blue).astype(np.float32)
