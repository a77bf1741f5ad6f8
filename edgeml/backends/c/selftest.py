"""selftest.c: vectors made from the graph, with the integers that the reference gives for them."""

from __future__ import annotations

import numpy as np

from edgeml.backends.c.model import Written
from edgeml.backends.c.ports import CPort
from edgeml.backends.c.tables import numbers
from edgeml.fixed import IntArray
from edgeml.ir import Graph, evaluate_codes

_SEED = 20250101


def vectors(graph: Graph, samples: int) -> dict[str, IntArray]:
    """Codes (samples, *shape) for every input: all at their smallest, all at their largest, zero, random."""
    inputs: dict[str, IntArray] = {}
    for position, name in enumerate(graph.inputs):
        info = graph.info(name)
        rng = np.random.default_rng([_SEED, position])
        codes = rng.integers(info.lo, info.hi, size=(samples, *info.shape), endpoint=True)
        for row, end in enumerate((info.lo, info.hi, np.zeros(info.shape, np.int64))[:samples]):
            codes[row] = end
        inputs[name] = codes
    return inputs


def selftest(graph: Graph, written: Written, samples: int) -> str:
    """selftest.c."""
    inputs = vectors(graph, samples)
    outputs = evaluate_codes(graph, inputs)
    prefix = written.prefix
    tables = [_table(prefix, one, inputs[one.value]) for one in written.inputs]
    tables += [_table(prefix, one, outputs[one.value]) for one in written.outputs]
    results = [f"    {prefix}_{one.name}_t {one.name}[{one.size}];" for one in written.outputs]
    arguments = [f"golden_{one.name}[i]" for one in written.inputs]
    arguments += [f"{one.name}" for one in written.outputs]
    equal = " && ".join(
        f"memcmp({one.name}, golden_{one.name}[i], sizeof {one.name}) == 0" for one in written.outputs
    )
    return _SELFTEST.format(
        model=graph.name,
        samples=samples,
        tables="\n\n".join(tables),
        results="\n".join(f"static{line[3:]}" for line in results),
        call=f"{prefix}_run({', '.join(arguments)})",
        equal=equal,
    )


_SELFTEST = """\
/* Self-test of {model}: {samples} vectors with the integers of edgeml's reference. */
#include <stdio.h>
#include <string.h>

#include "model.h"

#define SAMPLES {samples}

{tables}

{results}

int main(void)
{{
    int equal = 0;
    for (int i = 0; i < SAMPLES; ++i) {{
        if ({call} == 0 && {equal}) {{
            ++equal;
        }}
    }}
    printf("edgeml self-test: %d of %d samples equal\\n", equal, SAMPLES);
    return equal == SAMPLES ? 0 : 1;
}}
"""


def _table(prefix: str, one: CPort, codes: IntArray) -> str:
    rows = ",\n".join(f"{{\n{numbers(row.reshape(-1))}\n}}" for row in codes)
    return f"static const {prefix}_{one.name}_t golden_{one.name}[SAMPLES][{one.size}] = {{\n{rows}\n}};"
