"""synthesis/counts.json: cells by module instance, as Yosys' netlist has them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from edgeml.documents import Document, Record
from edgeml.tools.yosys import Instance

FILE = "counts.json"


class InstanceCells(Record):
    """Cells of one module instance by type; `path` is that of `edgeml.tools.yosys.Instance`."""

    path: tuple[str, ...]
    cells: dict[str, Annotated[int, Field(ge=0)]]


class CellCounts(Document):
    """The object behind counts.json."""

    what: ClassVar[str] = "count of cells"
    remedy: ClassVar[str] = "delete it and run edgeml synth again"

    schema_: Literal[1] = Field(default=1, alias="schema")
    instances: tuple[InstanceCells, ...]

    @staticmethod
    def of(instances: Mapping[Instance, Mapping[str, int]]) -> CellCounts:
        """The counts of a synthesis."""
        rows = (InstanceCells(path=path, cells=dict(cells)) for path, cells in instances.items())
        return CellCounts(instances=tuple(rows))

    def by_instance(self) -> dict[Instance, dict[str, int]]:
        """Cells by instance."""
        return {row.path: row.cells for row in self.instances}
