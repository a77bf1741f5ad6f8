"""A random graph as C on emulated microcontrollers."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from edgeml import backends
from edgeml.backends.c.emulated import on_core
from edgeml.fixed import IntArray
from edgeml.ir import Graph, evaluate_codes
from edgeml.mcus import cores
from tests.fuzz.case import EXACT, REFUSED, DifferenceError

CORES = ("cortex-m4", "riscv32")


def attempt_on_cores(
    backend: str, options: Mapping[str, Any], graph: Graph, inputs: Mapping[str, IntArray]
) -> str:
    """As `tests.fuzz.case.attempt`, on each of `CORES`.

    Raises:
        DifferenceError: integers differ; the core and the output are told.
    """
    target = backends.load(backend)
    chosen = target.options(options)
    if target.refusals(graph, chosen):
        return REFUSED
    expected = evaluate_codes(graph, inputs)
    with tempfile.TemporaryDirectory(prefix="edgeml-fuzz-") as name:
        folder = Path(name)
        target.emit(graph, chosen).write(folder)
        for core in CORES:
            got = on_core(cores.load(core)).run(folder, graph, inputs)
            for output, codes in expected.items():
                if not np.array_equal(got[output], codes):
                    raise DifferenceError(f"{core}: {output} differs")
    return EXACT
