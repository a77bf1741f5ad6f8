"""`edgeml.prove`: equality for every input."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from edgeml.arguments import run_of

if TYPE_CHECKING:
    from edgeml.ir import Graph
    from edgeml.prove.result import Proofs
    from edgeml.runs import Run
    from edgeml.types import PathLike, Tell


def prove(
    subject: Graph | Run | PathLike, backends: Sequence[str] = ("all",), progress: Tell | None = None
) -> Proofs:
    """Prove for every input that artefacts compute the graph's integers.

    Args:
        subject: a run or its folder, whose files are taken as they lie there and whose prove.json is
            written; or a graph, which every back end that has a prover emits into a temporary folder; of
            "all", those that cannot are NOT RUN with the reason.
        backends: "all", or names from `edgeml list backends`.
        progress: called with a line about each stage.

    Returns:
        `.results`, one for each back end, with `.verdict`, `.reason`, `.steps`, `.witness` and `.opinion`;
        `.proven` is true if every artefact that is there is proven.

    Raises:
        EdgemlError: an unknown back end, or one of those named cannot express the graph; or no such run.
        MissingToolError: a package that one of those named needs is not installed.
    """
    from edgeml import backends as folder
    from edgeml import pipeline
    from edgeml.errors import EdgemlError
    from edgeml.ir import Graph
    from edgeml.prove.prove import prove_folder
    from edgeml.scratch import scratch_folder
    from edgeml.stages import NoProver

    if not isinstance(subject, Graph):
        return pipeline.prove(run_of(subject), backends, progress or _quiet)
    names = folder.names() if "all" in backends else tuple(backends)
    refused: dict[str, str] = {}
    with scratch_folder() as name:
        for back_end in map(folder.load, names):
            if isinstance(back_end.prover(), NoProver):
                continue
            try:
                back_end.emit(subject).write(Path(name) / back_end.folder)
            except EdgemlError as error:
                if "all" not in backends:
                    raise
                refused[back_end.name] = error.beside(back_end.name)
        proofs = prove_folder(Path(name), subject, names, progress=progress, asking=True)
    results = tuple(
        one.model_copy(update={"reason": refused[one.backend]}) if one.backend in refused else one
        for one in proofs.results
    )
    return proofs.model_copy(update={"results": results})


def _quiet(line: str) -> None:
    del line
