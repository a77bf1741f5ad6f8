"""A value that differs, compared together with what follows, where that drops the difference.

The model is cut again without the value, so that the stages that read it contain it. A sum is left in its
place: it is compared pair by pair with the function behind it (`edgeml.prove.sums`), since a function of a
sum has no other argument. Where an output differs still, what it is computed from is looked at more closely:
for codes that no input gives.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from edgeml.errors import EdgemlError
from edgeml.ir import Graph
from edgeml.ir.structure import Form
from edgeml.prove.arguments import StageDifference, StageProof, prove_stage
from edgeml.prove.quantizer import prove_quantizer
from edgeml.prove.segment import GraphSegment
from edgeml.prove.sums import OtherSum, other_sum, prove_behind
from edgeml.stages import ArtefactStage, CodedInput, Prover, QuantizerStage
from edgeml.stages.assembling import ancestors

Stage = ArtefactStage | QuantizerStage | CodedInput


@dataclass
class Following:
    """The result of a look at what follows.

    Args:
        proven: all outputs are equal.
        inner: values that differ, or were looked at with others; nothing is said of them.
        steps: the proofs of the other values.
        difference: codes on which a value behind differs; None if none were met.
    """

    proven: bool = False
    inner: list[str] = field(default_factory=list)
    steps: list[StageProof] = field(default_factory=list)
    difference: StageDifference | None = None


def look_behind(prover: Prover, folder: Path, core: Graph) -> Following:
    """Compare what an artefact computes from values that differ.

    Args:
        prover: cuts the artefact.
        folder: with its files.
        core: the prepared graph.
    """
    cut = _Recut(core)
    with suppress(EdgemlError):
        while cut.through(prover.coarser(folder, core, cut.hidden)):
            pass
    return cut.result


class _Recut:
    """The stages, cut anew until every output is equal or nothing is left to be tried."""

    def __init__(self, core: Graph) -> None:
        self._core = core
        self.hidden: list[str] = []
        self.result = Following()
        self._counted: set[str] = set()
        self._equal: dict[tuple[str, tuple[str, ...]], StageProof] = {}
        self._sums: dict[str, OtherSum] = {}
        self._shown: dict[str, tuple[tuple[str, ...], bool]] = {}

    def through(self, stages: Iterable[Stage]) -> bool:
        """Prove the stages; True if they are to be cut once more, without what is `hidden` then."""
        self._sums, self._shown, steps = {}, {}, list[StageProof]()
        for stage in stages:
            sources, affine = (), False
            if isinstance(stage, CodedInput):
                self._shown[stage.value] = sources, affine
                continue
            if isinstance(stage, QuantizerStage):
                step: StageProof | None = prove_quantizer(stage, self._core)
            else:
                segment = GraphSegment(self._core, stage.sources, stage.value, stage.elements)
                sides = segment.structure, stage.structure
                affine = all(side.affine for side in sides) and any(
                    side.form is not Form.CONSTANT for side in sides
                )
                sources = stage.sources
                inner = self._apart(stage, affine)
                if inner:
                    return self._hide(inner)
                step = self._step(stage, segment)
            if step is None:  # a sum that stays in its place
                continue
            if step.missing:
                inner = self._after(sources)
                return bool(inner) and self._hide(inner)
            if step.difference is not None:
                self.result.difference = step.difference
                if stage.value not in (*self._core.inputs, *self._core.outputs):
                    return self._hide(stage.value)
                return self._closer(sources)
            steps.append(step)
            self._shown[stage.value] = sources, affine
            self._sums.pop(stage.value, None)
        if self._shown.keys() >= set(self._core.outputs):
            self.result = Following(True, list(dict.fromkeys((*self.hidden, *self._sums))), steps)
        return False

    def _hide(self, value: str) -> bool:
        """Make a value an inner one of what follows, in two steps; False if it is one already."""
        self.hidden.append(value)
        return self.hidden.count(value) < 3

    def _apart(self, stage: ArtefactStage, affine: bool) -> str:
        """A value that the stage has to contain, since it reads it beside a sum or is one sum with it."""
        sums = [source for source in stage.sources if source in self._sums]
        if not sums:
            return ""
        alone = len(stage.sources) == 1 and not (affine and stage.value not in sums)
        return self._after(stage.sources) or ("" if alone else sums[-1])

    def _after(self, sources: tuple[str, ...]) -> str:
        """One of some values that depends on another one of them; "" if none does."""
        above = {source: ancestors(self._core, source) for source in sources}
        return next((s for s in reversed(sources) if any(other in above[s] for other in sources)), "")

    def _step(self, stage: ArtefactStage, segment: GraphSegment) -> StageProof | None:
        """The proof of a stage; None for a sum that stays in its place."""
        key = stage.value, stage.sources
        for source in stage.sources:
            if source in self._sums:
                return prove_behind(self._sums[source], stage, segment)
            if source not in self._shown:
                raise EdgemlError(f"is read before anything is shown of it by {stage.value}", source)
        step = self._equal.get(key) or prove_stage(stage, segment)
        if step.missing or stage.value in self._core.outputs:
            return step
        if step.difference is not None or stage.value in self._counted:
            sums = other_sum(stage, segment)
            if sums is not None:
                self._sums[stage.value] = sums
                return None
        if step.difference is None:
            self._equal[key] = step  # between the same values lie the same nodes, however the rest is cut
        return step

    def _closer(self, sources: tuple[str, ...]) -> bool:
        """Look at what an output is computed from more closely, where not all of its codes may come."""
        for source in sources:
            if source in self._sums:  # the sum is one with sums that it reads
                below = [s for s in self._sums[source].segment.sources if self._is_sum(s)]
                return bool(below) and self._hide(below[-1])
            of, affine = self._shown[source]
            if affine and source not in self._counted:
                self._counted.add(source)
                return True
            if of:
                return self._hide(source)
        return False

    def _is_sum(self, value: str) -> bool:
        """True for a sum, quantized to codes that it has already or not."""
        sources, affine = self._shown[value]
        return affine or value in sources
