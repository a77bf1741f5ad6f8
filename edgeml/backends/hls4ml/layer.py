"""The description of one hls4ml layer, with every type explicit.

Invariant: a `Hls4mlLayer` names the type of everything it holds, so nothing is left to hls4ml's defaults
(fixed<16,6>, TRN, WRAP, "auto").
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edgeml.fixed import FixedType, IntArray, Overflow, Round, to_float


@dataclass(frozen=True)
class Precision:
    """A type with the modes its assignments use: ap_fixed<W, I, Q, O>.

    The modes default to those of values that always fit, where they cannot matter.
    """

    type: FixedType
    rounding: Round = Round.TRN
    overflow: Overflow = Overflow.WRAP

    def __str__(self) -> str:
        t = self.type
        sign = "" if t.signed else "u"
        return f"{sign}fixed<{t.width},{t.integer},{self.rounding.value},{self.overflow.value},0>"


@dataclass(frozen=True)
class LayerConstant:
    """Constant codes and their one type."""

    codes: IntArray
    type: FixedType

    @property
    def values(self) -> NDArray[np.float64]:
        """code * 2^-frac, exact."""
        return to_float(self.codes, self.type.frac)


def _nothing() -> Mapping[str, Any]:
    return MappingProxyType({})


@dataclass(frozen=True)
class Hls4mlLayer:
    """One entry of the list that `ModelGraph.from_layer_list` reads.

    Args:
        name: unique also when lowercased, a C++ identifier.
        kind: hls4ml's class name.
        inputs: names of the layers it reads.
        result: type of its output.
        attributes: what hls4ml's class expects.
        types: further types by hls4ml's names ("accum", "table").
        weights: constants by hls4ml's names ("weight", "bias", "scale"); stored as NAME_data.
        products: (inputs, outputs) of the matrix product that reuse factors divide; None if it does none.
        layer: the Keras layer it came from.
    """

    name: str
    kind: str
    inputs: tuple[str, ...]
    result: Precision
    attributes: Mapping[str, Any] = field(default_factory=_nothing)
    types: Mapping[str, Precision] = field(default_factory=_nothing)
    weights: Mapping[str, LayerConstant] = field(default_factory=_nothing)
    products: tuple[int, int] | None = None
    layer: str = ""

    @property
    def precisions(self) -> dict[str, Precision]:
        """Every type by hls4ml's name."""
        constants = {name: Precision(constant.type) for name, constant in self.weights.items()}
        return {"result": self.result, **self.types, **constants}

    def description(self) -> dict[str, Any]:
        """The entry of hls4ml's layer list."""
        data = {f"{self.weight_key(name)}_data": data.values for name, data in self.weights.items()}
        return {
            "name": self.name,
            "class_name": self.kind,
            "inputs": list(self.inputs),
            "data_format": "channels_last",
            **self.attributes,
            **data,
        }

    def weight_key(self, name: str) -> str:
        """The key of a constant's data in hls4ml's layer list."""
        return "depthwise" if name == "weight" and self.kind.startswith("Depthwise") else name
