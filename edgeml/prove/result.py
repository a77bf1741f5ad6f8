"""The result of a proof: prove.json."""

from __future__ import annotations

import hashlib
from enum import Enum, unique
from pathlib import Path
from typing import ClassVar, Literal

from pydantic import Field

from edgeml.checks.earlier import artefact_files
from edgeml.documents import Document, Record
from edgeml.files import read_bytes
from edgeml.ir import Graph


@unique
class Verdict(Enum):
    """The verdict on one artefact."""

    PROVEN = "proven"
    """Its integers equal the graph's for every input."""
    REFUTED = "refuted"
    """There is an input for which they differ, or it cannot be built or run: then it answers no input."""
    NOT_PROVEN = "not-proven"
    """Neither was shown."""
    NOT_RUN = "not-run"
    """It is not there, or a tool is missing."""


class ProofStep(Record):
    """One stage.

    Attributes:
        value: the graph's value.
        ops: the ops of the graph that it stands for.
        argument: the reason why the vectors suffice; "" if there is none.
        vectors: how many were compared.
        missing: why it is not proven, or "".
    """

    value: str
    ops: str
    argument: str
    vectors: int
    missing: str = ""


class Witness(Record):
    """An input on which an artefact answers wrongly.

    Attributes:
        inputs: floats by input name, flattened, in the order of the input's axes.
        output: the output that differs.
        index: of the first element that differs.
        expected: the graph's code.
        got: the artefact's code.
        origin: where the input is from.
        before: the inputs that go in first, where the artefact answers rightly without them.
    """

    inputs: dict[str, list[float]]
    output: str
    index: tuple[int, ...]
    expected: int
    got: int
    origin: str
    before: tuple[dict[str, list[float]], ...] = ()


class Opinion(Record):
    """The opinion of another tool on a proven artefact.

    Attributes:
        tool: its name.
        agrees: values that it proves as well.
        left: values that are too large for it, or that it is not asked about.
        reason: why it was not asked at all, or "".
    """

    tool: str
    agrees: tuple[str, ...] = ()
    left: tuple[str, ...] = ()
    reason: str = ""

    @property
    def text(self) -> str:
        """The opinion in a line."""
        if self.reason:
            return f"no second opinion ({self.reason})"
        if not self.agrees:
            return f"every stage is too large for the solver of {self.tool}"
        left = f", not {', '.join(self.left)}" if self.left else ""
        return f"the solver of {self.tool} proves {', '.join(self.agrees)} as well{left}"


class Proof(Record):
    """The proof about one artefact.

    Attributes:
        backend: the name of the back end.
        verdict: the verdict.
        reason: what is missing, where, or what differs; "" if it is proven.
        assumes: what the proof takes for granted.
        steps: by stage.
        witness: an input that refutes it.
        failure: what its own tool, or its own program, says of an artefact that cannot be built or run.
        opinion: of another tool; None if no other one is asked about such an artefact.
        digest: of the graph, the artefact's files and of what the proof says; see `sealed`.
        seconds: the time it took.
    """

    backend: str
    verdict: Verdict
    reason: str = ""
    assumes: str = ""
    steps: tuple[ProofStep, ...] = ()
    witness: Witness | None = None
    failure: str = ""
    opinion: Opinion | None = None
    digest: str = ""
    seconds: float = 0.0

    @property
    def vectors(self) -> int:
        """The number of vectors that were compared."""
        return sum(step.vectors for step in self.steps)


def sealed(proof: Proof, folder: Path, artefact: str, graph: Graph) -> str:
    """SHA-256 over the graph, the artefact's files as they lie in a folder, and the proof without its digest.

    Raises:
        EdgemlError: a file cannot be read.
    """
    total = hashlib.sha256(f"{graph.digest} {proof.model_dump_json(exclude={'digest'})}".encode())
    for path in artefact_files(folder, artefact):
        content = read_bytes(path, "artefact")
        total.update(f"\n{path.relative_to(folder).as_posix()}:{len(content)}:".encode() + content)
    return total.hexdigest()


class Proofs(Document):
    """prove.json.

    Attributes:
        model: name of the graph.
        graph: its digest.
        results: by back end.
    """

    what: ClassVar[str] = "proof"
    remedy: ClassVar[str] = "run edgeml prove again"

    schema_: Literal[1] = Field(default=1, alias="schema")
    model: str
    graph: str
    results: tuple[Proof, ...]

    @property
    def refuted(self) -> bool:
        """True if an artefact is refuted."""
        return any(result.verdict is Verdict.REFUTED for result in self.results)

    @property
    def proven(self) -> bool:
        """True if every artefact that is there is proven, and there is one."""
        there = [result.verdict for result in self.results if result.verdict is not Verdict.NOT_RUN]
        return bool(there) and all(verdict is Verdict.PROVEN for verdict in there)
