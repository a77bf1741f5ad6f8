"""The step that proves the artefacts of a run."""

from __future__ import annotations

from collections.abc import Sequence

from edgeml.checks import golden as vectors
from edgeml.pipeline.step import Tell, quiet
from edgeml.prove.prove import prove_folder
from edgeml.prove.result import Proofs
from edgeml.runs import Run


def prove(run: Run, names: Sequence[str] = ("all",), tell: Tell = quiet) -> Proofs:
    """Prove the artefacts in the folder for every input and write prove.json.

    Args:
        run: an exported run.
        names: back ends, or "all".
        tell: called with a line about each stage that begins.

    Raises:
        EdgemlError: an unknown back end, or damaged vectors.
    """
    graph = run.graph()
    golden = vectors.read(run.golden_file, graph) if run.golden_file.is_file() else None
    result = prove_folder(run.folder, graph, names, golden, tell, asking=True)
    result.write(run.folder / "prove.json")
    return result
