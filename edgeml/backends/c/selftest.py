"""Golden vectors, made from the graph, and what runs them: a self-test and the network on a serial line."""

from __future__ import annotations

import numpy as np

from edgeml.backends.c.model import Written
from edgeml.backends.c.ports import CPort
from edgeml.backends.c.tables import numbers
from edgeml.fixed import IntArray
from edgeml.ir import Graph, evaluate_codes

_SEED = 20250101
_MOST_FRAME_BYTES = 0xFFFF


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


def golden(graph: Graph, written: Written, samples: int) -> str:
    """src/edgeml_golden.h: vectors with the integers of the reference."""
    inputs = vectors(graph, samples)
    outputs = evaluate_codes(graph, inputs)
    tables = [_table(written.prefix, one, inputs[one.value]) for one in written.inputs]
    tables += [_table(written.prefix, one, outputs[one.value]) for one in written.outputs]
    head = f"/* {graph.name}: {samples} vectors with the integers of edgeml's reference. */"
    guard = "#ifndef EDGEML_GOLDEN_H\n#define EDGEML_GOLDEN_H"
    parts = [head, guard, '#include "model.h"', f"#define EDGEML_VECTORS {samples}", *tables, "#endif"]
    return "\n\n".join(parts) + "\n"


def _table(prefix: str, one: CPort, codes: IntArray) -> str:
    rows = ",\n".join(f"{{\n{numbers(row.reshape(-1))}\n}}" for row in codes)
    return (
        f"static const {prefix}_{one.name}_t golden_{one.name}[EDGEML_VECTORS][{one.size}] = {{\n{rows}\n}};"
    )


def selftest(graph: Graph, written: Written) -> str:
    """test/selftest.c."""
    arguments = [f"golden_{one.name}[i]" for one in written.inputs]
    arguments += [one.name for one in written.outputs]
    equal = " && ".join(
        f"memcmp({one.name}, golden_{one.name}[i], sizeof {one.name}) == 0" for one in written.outputs
    )
    return _SELFTEST.format(
        model=graph.name,
        results=_buffers(written.prefix, written.outputs),
        call=f"{written.prefix}_run({', '.join(arguments)})",
        equal=equal,
    )


_SELFTEST = """\
/* Self-test of {model}. */
#include <stdio.h>
#include <string.h>

#include "edgeml_golden.h"

{results}

int main(void)
{{
    int equal = 0;
    for (int i = 0; i < EDGEML_VECTORS; ++i) {{
        if ({call} == 0 && {equal}) {{
            ++equal;
        }}
    }}
    printf("edgeml self-test: %d of %d samples equal\\n", equal, EDGEML_VECTORS);
    return equal == EDGEML_VECTORS ? 0 : 1;
}}
"""


def network(graph: Graph, written: Written) -> str:
    """src/edgeml_network.h: the network with its samples as bytes, for edgeml_serial.h."""
    sizes = [sum(one.size * one.item_bytes for one in ports) for ports in (written.inputs, written.outputs)]
    limit = (
        ""
        if max(sizes) <= _MOST_FRAME_BYTES
        else '#error "a sample has more than the 65535 bytes of a frame"\n'
    )
    digest = bytes.fromhex(graph.digest)
    loads = "\n".join(
        f"    memcpy({one.name}, golden_{one.name}[vector], sizeof {one.name});" for one in written.inputs
    )
    equal = " && ".join(
        f"memcmp({one.name}, golden_{one.name}[vector], sizeof {one.name}) == 0" for one in written.outputs
    )
    arguments = ", ".join(one.name for one in (*written.inputs, *written.outputs))
    return _NETWORK.format(
        model=graph.name,
        limit=limit,
        input_bytes=sizes[0],
        output_bytes=sizes[1],
        digest=", ".join(str(byte) for byte in digest),
        buffers=_buffers(written.prefix, (*written.inputs, *written.outputs)),
        input_places=_places(written.inputs),
        output_places=_places(written.outputs),
        call=f"{written.prefix}_run({arguments})",
        loads=loads,
        equal=equal,
    )


_NETWORK = """\
/* {model}: the network with its samples as bytes, for edgeml_serial.h. */
#ifndef EDGEML_NETWORK_H
#define EDGEML_NETWORK_H

#include <stdint.h>
#include <string.h>

#include "edgeml_golden.h"

{limit}#define EDGEML_MODEL "{model}"
#define EDGEML_INPUT_BYTES {input_bytes}
#define EDGEML_OUTPUT_BYTES {output_bytes}

static const uint8_t edgeml_digest[32] = {{{digest}}};

{buffers}

/* A byte of the inputs, one argument behind the other. */
static uint8_t *edgeml_input_byte(uint32_t at)
{{
{input_places}
}}

/* A byte of the outputs. */
static uint8_t *edgeml_output_byte(uint32_t at)
{{
{output_places}
}}

static int edgeml_network(void)
{{
    return {call};
}}

/* 1 if a golden vector gives its integers. */
static int edgeml_vector(int vector)
{{
{loads}
    return edgeml_network() == 0 && {equal};
}}

#endif
"""


def _buffers(prefix: str, ports: tuple[CPort, ...]) -> str:
    return "\n".join(f"static {prefix}_{one.name}_t {one.name}[{one.size}];" for one in ports)


def _places(ports: tuple[CPort, ...]) -> str:
    lines: list[str] = []
    start = 0
    for one in ports[:-1]:
        end = start + one.size * one.item_bytes
        lines += [
            f"    if (at < {end}) {{",
            f"        return (uint8_t *){one.name} + (at - {start});",
            "    }",
        ]
        start = end
    lines.append(f"    return (uint8_t *){ports[-1].name} + (at - {start});")
    return "\n".join(lines)
