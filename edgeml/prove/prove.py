"""Prove the artefacts of a folder.

Invariant: PROVEN means that every stage was compared on vectors that determine it, and that the stages lead
from every input to every output. A back end whose proof fails leaves the others alone.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from edgeml import backends
from edgeml.backend import Backend
from edgeml.checks.golden import Golden
from edgeml.errors import BrokenArtefactError, EdgemlError, MissingToolError
from edgeml.ir import Graph
from edgeml.prove.arguments import StageDifference, StageProof, prove_stage
from edgeml.prove.following import Following, look_behind
from edgeml.prove.quantizer import prove_quantizer
from edgeml.prove.result import Opinion, Proof, Proofs, ProofStep, Verdict, sealed
from edgeml.prove.segment import GraphSegment, steps_on_grids
from edgeml.prove.witness import Effort, find_witness
from edgeml.scratch import scratch_folder
from edgeml.stages import ArtefactStage, CodedInput, Elements, NoProver, Prover, QuantizerStage

Progress = Callable[[str], None]
Stage = ArtefactStage | QuantizerStage | CodedInput


def prove_folder(
    folder: Path,
    graph: Graph,
    names: Sequence[str] = ("all",),
    golden: Golden | None = None,
    progress: Progress | None = None,
    *,
    asking: bool = False,
) -> Proofs:
    """Prove what lies in a folder.

    Args:
        folder: a run folder, or one with the same layout.
        graph: the exact graph.
        names: back ends, or "all".
        golden: vectors that are tried as witnesses.
        progress: called with a line about what comes next.
        asking: another tool is asked about what is proven, where there is one.

    Raises:
        EdgemlError: an unknown name.
    """
    chosen = list(backends.names()) if "all" in names else list(dict.fromkeys(names))
    loaded = [backends.load(name) for name in chosen]
    results: list[Proof] = []
    for backend in loaded:
        began = time.monotonic()
        here, (runner, *_) = folder / backend.folder, backend.runners()
        core = backend.prepared(graph)
        proof = _proof(backend, here, graph, core, golden, progress or _silent)
        if asking and proof.verdict is Verdict.PROVEN:
            proof = _with_opinion(backend, here, core, progress or _silent, proof)
        proof = proof.model_copy(update={"seconds": round(time.monotonic() - began, 3)})
        if proof.verdict is not Verdict.NOT_RUN:
            proof = proof.model_copy(update={"digest": sealed(proof, here, runner.artefact, graph)})
        results.append(proof)
    return Proofs(model=graph.name, graph=graph.digest, results=tuple(results))


def _with_opinion(backend: Backend, folder: Path, core: Graph, progress: Progress, proof: Proof) -> Proof:
    """A proof with the opinion of another tool; an open one if that finds a number that differs."""
    prover = backend.prover()
    assert isinstance(prover, Prover)
    progress(f"{backend.name}: a second opinion")
    try:
        answer = prover.second_opinion(
            folder, core, lambda stage: GraphSegment(core, stage.sources, stage.value, stage.elements)
        )
    except EdgemlError as error:
        return proof.model_copy(update={"opinion": Opinion(tool="", reason=str(error))})
    if answer is None:
        return proof
    opinion = Opinion(tool=answer.tool, agrees=answer.agrees, left=answer.left)
    if answer.against:
        reason = f"{answer.tool} finds numbers on which {', '.join(answer.against)} differs"
        return proof.model_copy(update={"verdict": Verdict.NOT_PROVEN, "reason": reason, "opinion": opinion})
    return proof.model_copy(update={"opinion": opinion})


def _silent(line: str) -> None:
    del line


def _proof(
    backend: Backend, folder: Path, graph: Graph, core: Graph, golden: Golden | None, progress: Progress
) -> Proof:
    name, (runner, *_) = backend.name, backend.runners()
    if not (folder / runner.artefact).exists():
        reason = f"not exported (edgeml export RUN --to {name})"
        return Proof(backend=name, verdict=Verdict.NOT_RUN, reason=reason)
    prover = backend.prover()
    if isinstance(prover, NoProver):
        return Proof(backend=name, verdict=Verdict.NOT_PROVEN, reason=prover.reason)
    missing = prover.missing()
    if missing:
        return Proof(backend=name, verdict=Verdict.NOT_RUN, reason=missing)
    proof = _of_files(backend, prover, folder, graph, core, golden, progress)
    if proof.verdict is not Verdict.NOT_PROVEN:
        return proof
    return _of_other_files(backend, prover, folder, graph, core, progress, proof)


def _of_files(
    backend: Backend,
    prover: Prover,
    folder: Path,
    graph: Graph,
    core: Graph,
    golden: Golden | None,
    progress: Progress,
) -> Proof:
    """The proof about an artefact as its files are."""
    name = backend.name
    try:
        steps = _steps(name, progress, core, prover.stages(folder, core))
        return _judged(backend, prover, folder, graph, core, golden, steps)
    except MissingToolError as error:
        return Proof(backend=name, verdict=Verdict.NOT_RUN, reason=str(error))
    except EdgemlError as error:
        proof = Proof(backend=name, verdict=Verdict.NOT_PROVEN, reason=str(error), assumes=prover.covers)
        return _refuted(backend, folder, graph, golden, proof)
    except MemoryError:
        reason = "there is not enough memory for the vectors"
        return Proof(backend=name, verdict=Verdict.NOT_PROVEN, reason=reason)


def _runs(backend: Backend, folder: Path, graph: Graph) -> bool:
    """True if a check's runner runs an artefact, without a warning of its tool."""
    infos = {name: graph.info(name) for name in graph.inputs}
    rest = {name: np.clip(0, info.lo, info.hi)[np.newaxis] for name, info in infos.items()}
    try:
        backend.runners()[0].unoptimized().run_codes(folder, graph, rest)
    except EdgemlError:
        return False
    return True


def _of_other_files(
    backend: Backend,
    prover: Prover,
    folder: Path,
    graph: Graph,
    core: Graph,
    progress: Progress,
    proof: Proof,
) -> Proof:
    """The proof about other files that are shown to do the same; the open one if there are none."""
    with scratch_folder() as scratch:
        try:
            how = prover.rewritten(folder, core, scratch)
            steps = _steps(proof.backend, progress, core, prover.stages(scratch, core)) if how else []
        except EdgemlError as error:
            if isinstance(error, BrokenArtefactError) and not _runs(backend, folder, graph):
                return proof.model_copy(update={"verdict": Verdict.REFUTED, "failure": str(error)})
            return proof.model_copy(update={"reason": f"{proof.reason}; {error}"})
    if not steps or any(step.missing or step.difference is not None for step in steps):
        return proof
    same = ProofStep(value="the files", ops="", argument=how, vectors=0)
    return Proof(
        backend=proof.backend,
        verdict=Verdict.PROVEN,
        assumes=prover.covers,
        steps=(same, *map(_record, steps)),
    )


def _record(step: StageProof) -> ProofStep:
    return ProofStep(
        value=step.value, ops=step.ops, argument=step.argument, vectors=step.vectors, missing=step.missing
    )


def _behind(proof: Proof, assumes: str, following: Following) -> Proof:
    """The proof that what follows drops the differences."""
    names = ", ".join(following.inner)
    how = "looked at together with what follows, which makes up for differences"
    beside = ProofStep(value=names, ops="", argument=how, vectors=0)
    steps = (beside, *map(_record, following.steps))
    return Proof(backend=proof.backend, verdict=Verdict.PROVEN, assumes=assumes, steps=steps)


def _steps(name: str, progress: Progress, core: Graph, stages: Iterable[Stage]) -> list[StageProof]:
    """The proofs of all stages, up to the first that differs."""
    steps: list[StageProof] = []
    shown: set[str] = set()
    for stage in stages:
        progress(f"{name}: {stage.value}")
        if isinstance(stage, CodedInput):
            shown.add(stage.value)
            continue
        if isinstance(stage, QuantizerStage):
            step = prove_quantizer(stage, core)
        else:
            unshown = [source for source in stage.sources if source not in shown]
            if unshown:
                raise EdgemlError(f"is read before anything is shown of it by {stage.value}", unshown[0])
            step = _proven(stage, core)
        steps.append(step)
        shown.add(stage.value)
        if step.difference is not None:
            return steps
    left = [output for output in core.outputs if output not in shown]
    if left:
        raise EdgemlError("is not computed from what is proven", left[0], "export it again")
    return steps


def _proven(stage: ArtefactStage, core: Graph) -> StageProof:
    """The proof about a stage; if it is open, with the codes alone that lie on the grids of the sources."""
    step = prove_stage(stage, GraphSegment(core, stage.sources, stage.value, stage.elements))
    if not (step.missing or step.difference):
        return step
    steps = steps_on_grids(core, stage.sources)
    if np.all(steps == 1):
        return step
    elements = stage.elements or Elements(
        steps, np.arange(steps.size), np.zeros(core.info(stage.value).shape, np.bool_)
    )
    elements = replace(elements, steps=np.lcm(elements.steps, steps))
    finer = prove_stage(stage, GraphSegment(core, stage.sources, stage.value, elements))
    return step if finer.missing or finer.difference else finer


def _judged(
    backend: Backend,
    prover: Prover,
    folder: Path,
    graph: Graph,
    core: Graph,
    golden: Golden | None,
    steps: Sequence[StageProof],
) -> Proof:
    """The verdict on an artefact whose stages were compared."""
    proof = Proof(
        backend=backend.name,
        verdict=Verdict.PROVEN,
        assumes=prover.covers,
        steps=tuple(map(_record, steps)),
    )
    wrong = next((step for step in steps if step.difference is not None), None)
    if wrong is not None and wrong.difference is not None:
        vector = wrong.difference
        codes = f"expected {vector.expected}, got {vector.got}"
        where = f"{wrong.value} ({wrong.ops}) at {list(vector.index)}: {codes}"
        where += f"; {wrong.missing}" if wrong.missing else ""
        proof = proof.model_copy(update={"verdict": Verdict.NOT_PROVEN, "reason": where})
        proof = _refuted(backend, folder, graph, golden, proof, vector, Effort.FIRST)
        if proof.verdict is Verdict.REFUTED:
            return proof
        following = look_behind(prover, folder, core)
        if following.proven:
            return _behind(proof, prover.covers, following)
        proof = _refuted(backend, folder, graph, golden, proof, following.difference or vector, Effort.REST)
        if proof.verdict is Verdict.REFUTED:
            return proof
        reason = f"{where}; no input of the network was found on which an output differs"
        return proof.model_copy(update={"reason": reason})
    open_ = [step for step in steps if step.missing]
    if open_:
        more = f", and {len(open_) - 1} more" if len(open_) > 1 else ""
        reason = f"{open_[0].value} ({open_[0].ops}): {open_[0].missing}{more}"
        proof = proof.model_copy(update={"verdict": Verdict.NOT_PROVEN, "reason": reason})
        return _refuted(backend, folder, graph, golden, proof, opened=[step.value for step in open_])
    return proof


def _refuted(
    backend: Backend,
    folder: Path,
    graph: Graph,
    golden: Golden | None,
    proof: Proof,
    difference: StageDifference | None = None,
    effort: Effort = Effort.ALL,
    opened: Sequence[str] = (),
) -> Proof:
    """An open proof, or the refutation if an input shows one, or the artefact cannot be built or run."""
    (runner, *_) = backend.runners()
    if runner.available():
        return proof
    try:
        witness = find_witness(backend, folder, graph, golden, difference, effort, opened)
    except BrokenArtefactError as error:
        return proof.model_copy(update={"verdict": Verdict.REFUTED, "failure": str(error)})
    except EdgemlError:  # it cannot be run here; the proof says what is wrong
        return proof
    if witness is None:
        return proof
    return proof.model_copy(update={"verdict": Verdict.REFUTED, "witness": witness})
