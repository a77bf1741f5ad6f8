"""Casts as C: every mode, shift and width equals `edgeml.fixed.cast`, under the sanitizers."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from edgeml import backends
from edgeml.fixed import FixedType, FixedTypeArray, Overflow, Round
from edgeml.ir import Builder, Graph, evaluate_codes
from edgeml.ir.ops.cast import Cast
from edgeml.ir.ops.scale import Scale
from tests.support import needs_c_compiler
from tests.zoo import codes

pytestmark = [pytest.mark.tool, pytest.mark.slow]

SOURCES = (
    FixedType(True, 6, 2),
    FixedType(False, 7, 0),
    FixedType(True, 33, 20),
    FixedType(True, 63, 61),
    FixedType(False, 63, 0),
)
SHIFTS = (-70, -62, -31, -3, 0, 1, 2, 5, 31, 40, 61, 62, 63, 64, 80)


def every_cast(source: FixedType, rounding: Round) -> Graph:
    """Casts of one input to types of all kinds, one output each."""
    build = Builder("casts")
    x = build.input((24,), source)
    outputs: list[str] = []
    for overflow in Overflow:
        for at, shift in enumerate(SHIFTS if rounding is Round.TRN or overflow is Overflow.SAT else ()):
            signed, width = ((True, 5), (False, 9), (True, 62))[at % 3]
            kind = FixedType(signed, width, source.frac - shift)
            outputs.append(build.add(Cast(kind, rounding, overflow), x, name=f"c{len(outputs)}"))
        mixed = FixedTypeArray(True, np.arange(1, 25), source.frac - np.resize(SHIFTS, 24))
        outputs.append(build.add(Cast(mixed, rounding, overflow), x, name=f"c{len(outputs)}"))
        for steps in (np.resize([1, 2, 5, 9], 24), np.resize([0, 3], 24)):
            channels = build.add(Scale(-steps), x, name=f"s{len(outputs)}")
            for kind in (FixedType(True, 5, source.frac), FixedType(False, 3, source.frac)):
                outputs.append(build.add(Cast(kind, rounding, overflow), channels, name=f"c{len(outputs)}"))
    return build.graph(*outputs)


@pytest.mark.parametrize("rounding", Round)
def test_casts_are_exact(rounding: Round, tmp_path: Path) -> None:
    needs_c_compiler()
    back_end = backends.load("c")
    (runner,) = back_end.runners()
    for number, source in enumerate(SOURCES):
        graph = every_cast(source, rounding)
        folder = tmp_path / str(number)
        back_end.emit(graph).write(folder)
        inputs = codes(graph, 12)
        near = np.arange(-12, 12) if source.signed else np.arange(24)
        inputs["input"][4] = near
        inputs["input"][5] = source.hi - np.arange(24)
        inputs["input"][6] = source.lo + np.arange(24)
        got, expected = runner.run_codes(folder, graph, inputs), evaluate_codes(graph, inputs)
        for output in graph.outputs:
            np.testing.assert_array_equal(got[output], expected[output], err_msg=f"{source}: {output}")
