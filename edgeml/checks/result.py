"""What a check found; the object behind check.json.

Invariant: `exact` means that every integer of every sample was compared and equal. What was not run
says so and why; it never counts as exact.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from edgeml.errors import EdgemlError
from edgeml.files import read_bytes

SCHEMA = 1

Status = Literal["exact", "mismatch", "not-run"]


class Difference(BaseModel):
    """The first op whose integers differ.

    Attributes:
        op: the value's name in the graph.
        index: sample, then position in the value.
        expected: the reference's code.
        got: the artefact's code.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    op: str
    index: tuple[int, ...]
    expected: int
    got: int


class Result(BaseModel):
    """One artefact against the reference.

    Attributes:
        backend: the runner: onnxruntime, qonnx, hls4ml, keras, evaluate.
        status: exact, mismatch or not-run.
        samples: how many samples were compared.
        mismatches: integers that differ, over all outputs and samples.
        max_abs_lsb: the largest difference, in LSBs of the output.
        first: the first op that differs, for the first sample with a difference.
        reason: why it differs or was not run.
        seconds: wall time of the runner, measured.
        checked: when, UTC, ISO 8601; "" if that was not noted.
        digest: SHA-256 of what was run, see `edgeml.checks.kept`; "" for what was not run.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    backend: str
    status: Status
    samples: int = 0
    mismatches: int = 0
    max_abs_lsb: int = 0
    first: Difference | None = None
    reason: str = ""
    seconds: float = 0.0
    checked: str = ""
    digest: str = ""


class Check(BaseModel):
    """All results of one check."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)

    schema_: int = Field(default=SCHEMA, alias="schema")
    model: str
    graph: str = ""
    samples: int
    reference: str = "evaluate"
    results: tuple[Result, ...]
    notes: tuple[str, ...] = ()

    @property
    def ok(self) -> bool:
        """No artefact differs. Whether any was run at all is another question: see `compared`."""
        return all(result.status != "mismatch" for result in self.results)

    @property
    def compared(self) -> tuple[Result, ...]:
        """What was actually run."""
        return tuple(result for result in self.results if result.status != "not-run")

    def to_json(self) -> str:
        """The text of check.json."""
        return json.dumps(self.model_dump(mode="json", by_alias=True), indent=1) + "\n"

    @classmethod
    def read(cls, path: Path) -> Check:
        """Read a check.json.

        Raises:
            EdgemlError: it is missing, cut short or of another form.
        """
        try:
            return cls.model_validate_json(read_bytes(path, "check result"))
        except ValidationError as error:
            first = error.errors()[0]
            where = ".".join(map(str, first["loc"]))
            raise EdgemlError(
                f"not a check result: {where} {first['msg']}", str(path), "run edgeml check again"
            ) from None
