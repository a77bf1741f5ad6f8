"""pruning.json of a run: the sensitivity of its model to pruning, layer by layer.

Invariant: it is about the exact graph whose digest it has; of a run that was trained again it says nothing.
"""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field

from edgeml.documents import Document, Record

PRUNING_FILE = "pruning.json"


class PrunedRow(Record):
    """The figure with one layer pruned.

    Args:
        layer: its name.
        weights: of its kernel.
        zero: of them, as trained.
        share: that is pruned.
        percent: the task's figure.
    """

    layer: str
    weights: int
    zero: int
    share: float
    percent: float


class PruningSensitivity(Document):
    """pruning.json.

    Args:
        graph: digest of the run's exact graph when it was measured.
        measure: what `percent` is: "accuracy", "R2".
        samples: of the validation part.
        percent: of the network as trained.
        rows: by layer, in the order of the model, and share.
    """

    what: ClassVar[str] = "sensitivity to pruning"
    remedy: ClassVar[str] = "run edgeml train PRESET --pruning-sensitivity again"

    schema_: Literal[1] = Field(default=1, alias="schema")
    graph: str
    measure: str
    samples: int
    percent: float
    rows: tuple[PrunedRow, ...]
