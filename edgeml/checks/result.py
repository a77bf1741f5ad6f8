"""The result of a check: the object behind check.json.

Invariant: `exact` means that every integer of every sample was compared and equal. What was not run
says so and why; it never counts as exact. What is there and did not run to its end is not run and `failed`:
the check does not hold.
"""

from __future__ import annotations

from typing import ClassVar, Literal, Self

from pydantic import Field, NonNegativeInt, model_validator

from edgeml.checks.coverage import Coverage
from edgeml.checks.names import choice_of
from edgeml.documents import Document, Record
from edgeml.errors import unknown_name
from edgeml.notebook import html_table

Status = Literal["exact", "mismatch", "not-run"]
State = Literal["exact", "mismatch", "announced", "not-run", "failed"]


class Difference(Record):
    """The first op whose integers differ.

    Attributes:
        op: the value's name in the graph.
        index: sample, then position in the value.
        synthetic: the sample is one of the synthetic vectors, counted from their first.
        expected: the reference's code.
        got: the artefact's code.
    """

    op: str
    index: tuple[int, ...]
    expected: int
    got: int
    synthetic: bool = False

    def __str__(self) -> str:
        """In one line: where, and both integers.

        >>> str(Difference(op="fc1", index=(3, 7), expected=5, got=6, synthetic=True))
        'fc1[3, 7] of the synthetic vectors: expected 5, got 6'
        """
        part = " of the synthetic vectors" if self.synthetic else ""
        return f"{self.op}{list(self.index)}{part}: expected {self.expected}, got {self.got}"


class Result(Record):
    """One artefact against the reference.

    Attributes:
        backend: the runner: onnxruntime, qonnx, hls4ml, keras, evaluate.
        status: exact, mismatch or not-run.
        samples: how many real samples were compared.
        synthetic: how many vectors made from the graph were compared beside them.
        mismatches: integers that differ, over all outputs and samples.
        max_abs_lsb: the largest difference, in LSBs of the output.
        first: the first op that differs, for the first sample with a difference.
        reason: why it differs or was not run.
        seconds: wall time of the runner, measured.
        checked: when, UTC, ISO 8601; "" if that was not noted.
        digest: SHA-256 of what was run and of this row, see `edgeml.checks.earlier`; "" for what was not run.
        failed: it is there and its tool is there, and it did not run to its end: `reason` says why.
        deviations: how the artefact's files differ from what would be written today, a line each; an artefact
            that deviates is a mismatch, also if every integer agreed.
        announced: the note that predicted a mismatch when the model was lowered; "" for any other.
        bound: the most codes that the announced rounding explains, see `edgeml.checks.announced`; None if
            nothing was announced, or the framework does not compute in float64.
    """

    backend: str
    status: Status
    samples: NonNegativeInt = 0
    synthetic: NonNegativeInt = 0
    mismatches: NonNegativeInt = 0
    max_abs_lsb: NonNegativeInt = 0
    first: Difference | None = None
    reason: str = ""
    seconds: float = 0.0
    checked: str = ""
    digest: str = ""
    failed: bool = False
    announced: str = ""
    bound: NonNegativeInt | None = None
    deviations: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.status == "exact" and (self.deviations or self.mismatches or self.max_abs_lsb or self.first):
            raise ValueError(f"{self.backend} is exact and differs")
        if self.status == "not-run" and not self.reason:
            raise ValueError(f"{self.backend} was not run and does not say why")
        if self.failed and self.status != "not-run":
            raise ValueError(f"{self.backend} failed and is {self.status}")
        if self.announced and self.status != "mismatch":
            raise ValueError(f"{self.backend} is {self.status}, and a mismatch was announced")
        if self.bound is not None and not self.announced:
            raise ValueError(f"{self.backend} has a bound, and no mismatch was announced")
        return self

    @property
    def state(self) -> State:
        """The status, an announced mismatch and a failure told apart: what is shown to people."""
        return "failed" if self.failed else "announced" if self.announced else self.status

    @property
    def remark(self) -> str:
        """The bound of an announced mismatch, the note that announced it, and the reason."""
        most = "" if self.bound is None else f", at most {self.bound:,} code{'s' * (self.bound != 1)}"
        text = f"as announced{most}: {self.announced}" if self.announced else ""
        return "; ".join(filter(None, [text, self.reason]))

    @property
    def holds(self) -> bool:
        """True without a failure and without a difference, other than an announced one."""
        return not self.failed and (self.status != "mismatch" or bool(self.announced))

    def detail(self) -> str:
        """The text beside the status: the number of samples, the first difference, or the reason."""
        if self.status == "not-run":
            return self.reason
        text = f"{self.samples:,} samples"
        if self.first is not None:
            first = self.first
            where = f"{first.op}{list(first.index)}: expected {first.expected}, got {first.got}"
            text += f", {self.mismatches:,} integers differ, first {where}"
        return f"{text}; {self.remark}" if self.remark else text


class Check(Document):
    """All results of one check.

    Attributes:
        samples: real samples, of the executor that took most.
        synthetic: vectors made from the graph, beside them; 0 for a golden.npz that has none.
        coverage: what these vectors would show, of up to 1,000 real ones; None if it was not computed.
    """

    what: ClassVar[str] = "check result"
    remedy: ClassVar[str] = "run edgeml check again"

    schema_: Literal[1] = Field(default=1, alias="schema")
    model: str
    graph: str = ""
    samples: NonNegativeInt
    synthetic: NonNegativeInt = 0
    reference: str = "evaluate"
    results: tuple[Result, ...]
    notes: tuple[str, ...] = ()
    coverage: Coverage | None = None

    @property
    def ok(self) -> bool:
        """No artefact failed, and none differs but where that was announced when the model was lowered.

        Whether any was run at all is another question: see `compared`.
        """
        return all(result.holds for result in self.results)

    @property
    def compared(self) -> tuple[Result, ...]:
        """The results of executors that were run."""
        return tuple(result for result in self.results if result.status != "not-run")

    @property
    def coverage_lines(self) -> tuple[str, ...]:
        """The coverage in words, and the executors that ran fewer vectors; () if it was not computed."""
        if self.coverage is None:
            return ()
        of = self.coverage.samples
        fewer = [one for one in self.compared if one.samples < of or one.synthetic < self.synthetic]
        vectors = f"{of:,} samples and {self.synthetic:,} synthetic vectors"
        line = f"these counts are of {vectors}; fewer ran on {', '.join(one.backend for one in fewer)}"
        return (*self.coverage.lines, *([line] if fewer else []))

    def __getitem__(self, name: str) -> Result:
        """The row of a runner, by its own name or by its back end's: "onnxruntime" or "onnx".

        Raises:
            EdgemlError: the check has no such row.
        """
        for result in self.results:
            if name in (result.backend, choice_of(result.backend)):
                return result
        rows = [result.backend for result in self.results]
        names = {*rows, *(choice_of(row) for row in rows)}
        raise unknown_name("row of the check", name, names)

    def __repr__(self) -> str:
        """A line per executor.

        >>> row = Result(backend="onnxruntime", status="exact", samples=360)
        >>> Check(model="digits", samples=360, results=(row,))
        Check(digits: ok, 1 of 1 run)
          onnxruntime  exact  360 samples
        """
        words = "ok" if self.ok else "NOT OK"
        lines = [f"Check({self.model}: {words}, {len(self.compared)} of {len(self.results)} run)"]
        width = max((len(result.backend) for result in self.results), default=0)
        lines += [
            f"  {result.backend:<{width}}  {result.state}  {result.detail()}" for result in self.results
        ]
        return "\n".join(lines)

    __str__ = __repr__

    def _repr_html_(self) -> str:
        cells = [(result.backend, result.state, result.detail()) for result in self.results]
        return html_table(repr(self).partition("\n")[0], ("executor", "integers", ""), cells)
