"""The results of the check, as far as the files in the run folder are those that were checked."""

from __future__ import annotations

from edgeml import backends
from edgeml.checks import earlier, golden
from edgeml.checks.result import Check
from edgeml.prove.result import Proofs, Verdict, sealed
from edgeml.report.sections.exactness.facts import ExactnessFacts, ProofVerdict
from edgeml.report.source import RunSource


def collect(source: RunSource) -> ExactnessFacts:
    """The results in check.json; a result that nothing in the folder vouches for is not run.

    Raises:
        EdgemlError: check.json, prove.json or golden.npz is damaged.
    """
    reasons = {"exactness": "there is no check.json yet (edgeml check RUN)"}
    return ExactnessFacts.of(reasons, exactness=_check(source), every_input=_proofs(source))


def _check(source: RunSource) -> Check | None:
    run, graph = source.run, source.graph
    if not run.check_file.is_file():
        return None
    vectors = golden.read(run.golden_file, graph) if run.golden_file.is_file() else None
    return earlier.as_it_is(Check.read(run.check_file), run.folder, graph, vectors)


def _proofs(source: RunSource) -> dict[str, ProofVerdict]:
    """The verdicts of prove.json that are about the files as they lie in the folder."""
    run, graph = source.run, source.graph
    path = run.folder / "prove.json"
    if not path.is_file():
        return {}
    verdicts: dict[str, ProofVerdict] = {}
    for proof in Proofs.read(path).results:
        backend = backends.load(proof.backend)
        (runner, *_) = backend.runners()
        if proof.verdict is Verdict.NOT_RUN:
            continue
        if proof.digest == sealed(proof, run.folder / backend.folder, runner.artefact, graph):
            reason = proof.reason or (proof.opinion.text if proof.opinion else "")
            verdicts[runner.name] = ProofVerdict(verdict=proof.verdict, reason=reason)
        else:
            reason = "the graph, its files or the proof itself changed since (edgeml prove RUN)"
            verdicts[runner.name] = ProofVerdict(verdict=Verdict.NOT_RUN, reason=reason)
    return verdicts
