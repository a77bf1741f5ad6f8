"""model.h and model.hpp: types, sizes, scales and the function, for C and for C++."""

from __future__ import annotations

from edgeml.backends.c.floats import dequantizer, quantizer
from edgeml.backends.c.model import Written, code_range, prototype
from edgeml.backends.c.ports import CPort
from edgeml.ir import Graph
from edgeml.ir.ops.input import Input


def header(graph: Graph, written: Written) -> str:
    """model.h."""
    prefix, upper = written.prefix, written.prefix.upper()
    ports = "\n\n".join(_port(prefix, one) for one in (*written.inputs, *written.outputs))
    inputs = [graph.node(one.value).op for one in written.inputs]
    floats = [
        quantizer(prefix, one, op)
        for one, op in zip(written.inputs, inputs, strict=True)
        if isinstance(op, Input)
    ]
    floats += [dequantizer(prefix, one) for one in written.outputs]
    return _HEADER.format(
        model=graph.name,
        digest=graph.digest,
        upper=upper,
        prefix=prefix,
        ports=ports,
        arena=written.arena_bytes,
        constants=written.constant_bytes,
        run=prototype(prefix, written.inputs, written.outputs),
        floats="\n\n".join(floats),
    )


_HEADER = """\
/* {model}: interface. Written by edgeml from the graph {digest}. */
#ifndef EDGEML_{upper}_H
#define EDGEML_{upper}_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {{
#endif

#define {upper}_MODEL "{model}"
#define {upper}_GRAPH "{digest}"

/* Bytes of static memory that {prefix}_run works in, and of all constant arrays. */
#define {upper}_ARENA_BYTES {arena}
#define {upper}_CONSTANT_BYTES {constants}

{ports}

/* One inference on codes; arrays of different arguments must not overlap. Not reentrant: it works in static
 * memory. Returns 0, or 1 if an input code is outside of its type; then nothing is computed. Define
 * EDGEML_TRUST_INPUT to leave that test out: a code that is out of range then has no meaning. */
{run};

#ifdef EDGEML_USE_FLOAT
/* Between floats and codes, for programs that may use floats. */

{floats}
#endif

#ifdef __cplusplus
}}
#endif

#endif
"""


def _port(prefix: str, one: CPort) -> str:
    upper = f"{prefix}_{one.name}".upper()
    lo, hi = code_range(one)
    shape = " x ".join(map(str, one.shape)) or "one number"
    scale = (
        f"#define {upper}_FRAC {one.frac}"
        if isinstance(one.frac, int)
        else "/* Fractional bits differ by element; edgeml.json lists them. */"
    )
    low = f"({lo + 1} - 1)" if lo == -(1 << 31) else f"({lo})" if lo < 0 else str(lo)
    return f"""\
/* {one.value}: {shape}, {"" if one.signed else "un"}signed, {one.width} bits; value = code / 2^FRAC. */
typedef {one.type} {prefix}_{one.name}_t;
#define {upper}_SIZE {one.size}
#define {upper}_WIDTH {one.width}
#define {upper}_LO {low}
#define {upper}_HI {hi}
{scale}"""
