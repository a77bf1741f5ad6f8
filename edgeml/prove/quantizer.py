"""The input quantizer of an artefact, for every float32.

Both sides never fall, so agreement on both sides of each step of the graph's rounding, on the largest floats
and on both zeros is equality for every finite float32.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from edgeml.fixed import FixedType, IntArray, Overflow, quantize
from edgeml.ir import Graph
from edgeml.ir.ops.input import Input
from edgeml.ir.structure import Form
from edgeml.prove.arguments import StageDifference, StageProof, steps_of
from edgeml.stages import QuantizerStage

_LARGEST = int(np.float32(np.finfo(np.float32).max).view(np.int32))
_MOST_STEPS = 1 << 24
_CHUNK = 1 << 21


def prove_quantizer(stage: QuantizerStage, graph: Graph) -> StageProof:
    """Compare an artefact's input quantizer with the graph's."""
    op, info = graph.node(stage.value).as_op(Input), graph.info(stage.value)
    places = np.arange(info.size).reshape(1, *info.shape)

    def missing(reason: str) -> StageProof:
        return StageProof(stage.value, "input", "", 0, reason)

    if stage.structure.form is Form.UNKNOWN:
        return missing(f"the artefact: {stage.structure.reason}")
    if stage.structure.form not in (Form.MONOTONE, Form.CONSTANT) or op.overflow is Overflow.WRAP:
        return missing("a rounding of floats that falls somewhere, of which not every float can be tried")
    if not np.array_equal(stage.structure.places, places):
        return missing("the elements stand at other places")
    points = _steps(op)
    if points is None:
        return missing("a rounding with more steps than can be tried")
    floats = np.concatenate([_floats(points), np.array([-0.0], np.float32)])
    argument = "a rounding that never falls: the floats on both sides of each of its steps"
    size = max(1, _CHUNK // info.size)
    for start in range(0, len(floats), size):
        part = floats[start : start + size]
        x = np.array(np.broadcast_to(part.reshape(-1, *(1,) * len(info.shape)), (len(part), *info.shape)))
        expected, got = op.codes(x), stage.run(x)
        wrong = np.argwhere(expected != got)
        if len(wrong):
            row, *index = (int(n) for n in wrong[0])
            there = (row, *index)
            difference = StageDifference(
                stage.value, {stage.value: expected[row]}, tuple(index), int(expected[there]), int(got[there])
            )
            return StageProof(stage.value, "input", argument, start + row + 1, difference=difference)
    return StageProof(stage.value, "input", argument, len(floats))


def _steps(op: Input) -> IntArray | None:
    """The ordinals of the floats at the ends and on both sides of every step of any element's rounding."""
    width, frac = np.broadcast_arrays(op.type.width, op.type.frac)
    kinds = sorted({(int(w), int(f)) for w, f in zip(width.reshape(-1), frac.reshape(-1), strict=True)})
    points = set[int]()
    for bits, fraction in kinds:
        kind = FixedType(op.type.signed, bits, fraction)

        def evaluate(ordinals: IntArray, kind: FixedType = kind) -> IntArray:
            return quantize(_floats(ordinals)[:, np.newaxis], kind, op.rounding, op.overflow)

        steps = steps_of(evaluate, -_LARGEST, _LARGEST, _MOST_STEPS)
        if steps is None:
            return None
        points.update(steps.tolist())
    return np.array(sorted(points), np.int64)


def _floats(ordinals: IntArray) -> NDArray[np.float32]:
    """The float32 numbers of these positions in rising order, zero at 0."""
    sizes = np.abs(ordinals).astype(np.int32).view(np.float32)
    return np.where(ordinals < 0, -sizes, sizes)
