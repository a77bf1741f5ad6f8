"""Facts of the network's layers."""

from __future__ import annotations

from typing import ClassVar

from edgeml.documents import Record
from edgeml.report.section import SectionFacts


class NetworkLayer(Record):
    """One layer, or one input.

    Attributes:
        name: as the user named it.
        kind: its class in Keras, "QDense"; of a model from elsewhere its ops in words, "mat mul, add".
        ops: its ops in the exact graph, in order.
        shape: of its result, without the batch axis.
        type: of its result.
        weights: constants that it has, elements.
        weight_types: of its constants, each once.
        reads: the layers whose results it takes.
    """

    name: str
    kind: str
    ops: tuple[str, ...]
    shape: tuple[int, ...]
    type: str
    weights: int
    weight_types: tuple[str, ...]
    reads: tuple[str, ...]


class NetworkFacts(SectionFacts):
    """Facts of the network's layers.

    Attributes:
        network: inputs and layers in the graph's order.
    """

    may_be_missing: ClassVar[tuple[str, ...]] = ("network",)

    network: tuple[NetworkLayer, ...] = ()

    def kind_of(self, layer: str) -> str:
        """The class of a layer; "" if there is none of that name."""
        return next((one.kind for one in self.network if one.name == layer), "")
