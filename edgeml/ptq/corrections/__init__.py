"""Corrections: changes to float weights and biases after which rounding costs less, one file each.

To add a correction, write `edgeml/ptq/corrections/NAME.py` with `CORRECTION`;
`tests/ptq/test_corrections.py` does the rest. One that changes the network before types are chosen declares
`before`, which may give several networks to try; one that changes a layer whose types are chosen declares
`layer`.

Invariant: `before` leaves what the float network computes as it is, but for the order of float operations;
`layer` never makes the layer's error on the calibration samples larger.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edgeml.folder import ModuleFolder
from edgeml.ptq.moments import LayerMoments
from edgeml.ptq.net import FloatNet
from edgeml.ptq.steps import TensorType


@dataclass(frozen=True, eq=False)
class LayerState:
    """A layer while it is quantized: rows are output channels.

    Args:
        target: the float weights (outputs, inputs).
        weights: the weights so far (outputs, inputs), on the grid of their type.
        bias: the bias so far, float (outputs,).
        type: of the weights, channels on the first axis.
        moments: of what the layer reads, in float and quantized, on the calibration samples.
    """

    target: NDArray[Any]
    weights: NDArray[Any]
    bias: NDArray[Any]
    type: TensorType
    moments: LayerMoments


@dataclass(frozen=True, eq=False)
class ExpectedRounding:
    """The types that a network is going to be rounded to.

    Args:
        x: calibration samples (samples, ...).
        bits: of results.
        per_channel: true if every output channel of the weights gets its own power of two.
    """

    x: NDArray[np.float32]
    bits: int
    per_channel: bool


@dataclass(frozen=True, kw_only=True)
class Correction:
    """A correction.

    Args:
        summary: one line for help and tables.
        before: networks with other float weights, of which the one with the closest outputs is kept; (): it
            has nothing to change. None if it changes no network.
        layer: a layer with other weights or another bias; None if it changes no layer.
    """

    summary: str
    before: Callable[[FloatNet, ExpectedRounding], tuple[FloatNet, ...]] | None = None
    layer: Callable[[LayerState], LayerState] | None = None


_FOLDER = ModuleFolder("correction", __name__)


def names() -> tuple[str, ...]:
    """The corrections, sorted."""
    return _FOLDER.names()


def load(name: str) -> Correction:
    """A correction by name.

    Raises:
        EdgemlError: there is none of that name; near matches are given.
    """
    return _FOLDER.declared(name, "CORRECTION", Correction)
