"""model.h and model.c: a function per step, and the one that calls them.

Invariant: an array in the arena is written before it is read, and no step reads one that another has since
written to (see `edgeml.backends.c.arena`).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from edgeml.backends.c.helpers import Helpers
from edgeml.backends.c.names import Identifiers
from edgeml.backends.c.ports import CPort, port
from edgeml.backends.c.scalar import literal
from edgeml.backends.c.site import OPS, Site
from edgeml.backends.c.steps import Program, Step
from edgeml.backends.c.tables import Tables
from edgeml.ir import Graph


@dataclass(frozen=True)
class Written:
    """A program in C.

    Args:
        prefix: of public names.
        source: model.c.
        inputs: ports.
        outputs: ports.
        traced: the result of every step, in order.
        arena_bytes: of the arena.
        constant_bytes: of all constant arrays.
    """

    prefix: str
    source: str
    inputs: tuple[CPort, ...]
    outputs: tuple[CPort, ...]
    traced: tuple[CPort, ...]
    arena_bytes: int
    constant_bytes: int


@dataclass(frozen=True)
class _Function:
    """A step in C: its name and its text."""

    name: str
    text: str


def write(graph: Graph, program: Program, prefix: str, packed: bool) -> Written:
    """The C of a program.

    Args:
        graph: as it was given; for the types of its ports.
        program: its steps.
        prefix: of public names.
        packed: whether weights of few bits share bytes.
    """
    tables, helpers, names = Tables(), Helpers(), Identifiers()
    functions = [_function(program, step, tables, helpers, names, packed) for step in program.steps]
    inputs = ports(graph, program, graph.inputs, "input")
    outputs = ports(graph, program, graph.outputs, "output")
    traced = tuple(
        port(step.result, name, program.graph.info(step.result), program.kind(step.result))
        for step, name in zip(program.steps, (f.name for f in functions), strict=True)
    )
    calls = _run(program, prefix, [f.name for f in functions], inputs, outputs, tables)
    body = "\n\n".join([*(function.text for function in functions), calls])
    constants, constant_bytes = tables.read(body)
    parts = [
        _HEAD.format(model=graph.name, digest=graph.digest, prefix=prefix, upper=prefix.upper()),
        constants,
        _arena(program, prefix),
        helpers.called(body),
        body,
    ]
    source = "\n\n".join(part for part in parts if part) + "\n"
    return Written(prefix, source, inputs, outputs, traced, program.arena_bytes, constant_bytes)


def ports(graph: Graph, program: Program, values: Sequence[str], single: str) -> tuple[CPort, ...]:
    """The ports of values: named `single` if there is one, else by the values' names."""
    names = Identifiers()
    return tuple(
        port(
            value,
            single if len(values) == 1 else names.unique(f"{single}_{value}"),
            graph.info(value),
            program.kind(value),
        )
        for value in values
    )


_HEAD = """\
/* {model}: the exact integers of the graph {digest}.
 *
 * Written by edgeml; see model.h for the interface. Integers only: every sum, product and shift stays within
 * its type for all inputs in range, as the comments state. Ranges are those of codes; the value of a code is
 * code / 2^frac.
 */
#include "model.h"

#include <string.h>

#ifdef EDGEML_USE_DSP
#include <arm_acle.h>
#ifdef __GNUC__
#define edgeml_copy __builtin_memcpy /* one load, with -ffreestanding too */
#else
#define edgeml_copy memcpy
#endif
#endif

#ifndef EDGEML_TRACE
/* Called after every layer with its number, its result and the bytes of it; for tests. */
#define EDGEML_TRACE(number, result, bytes) ((void)0)
#endif

/* Shifts of negative numbers to the right keep the sign; C99 leaves that to the compiler. */
typedef char edgeml_needs_arithmetic_shifts[((int32_t)-1 >> 1) == -1 ? 1 : -1];"""


def _function(
    program: Program, step: Step, tables: Tables, helpers: Helpers, names: Identifiers, packed: bool
) -> _Function:
    site = Site(program, step, tables, helpers, packed)
    if step.source is not None:
        OPS.function(step.source.op.op_name(), "emit", "site: Site")(site)
    else:
        with site.loops() as place:
            site.finish(place)
    name = f"layer_{names.unique(step.nodes[0].layer)}"
    body = str(site.lines)
    unread = [
        site.pointer(value) for value in site.reads if not re.search(rf"\b{site.pointer(value)}\b", body)
    ]
    body = "\n".join([*(f"    (void){name};" for name in unread), body])
    pointers = [f"const {site.kind(value).name} *{site.pointer(value)}" for value in site.reads]
    parameters = ", ".join([*pointers, f"{program.kind(step.result).name} *y"])
    remarks = "\n".join(
        f" * {node.name}: {node.op.op_name()}, {program.graph.info(node.name)}" for node in step.nodes
    )
    text = f"/*\n{remarks}\n */\nstatic void {name}({parameters})\n{{\n{body}\n}}"
    return _Function(name, text)


def _arena(program: Program, prefix: str) -> str:
    """The arena as a union, so that every array in it is accessed as a member of its own type."""
    kinds = sorted({program.kind(name) for name in program.arena})
    if not kinds:
        return ""
    members = "\n".join(
        f"    {kind.name} {kind.tag}[{-(-program.arena_bytes // kind.size)}];" for kind in kinds
    )
    size = f"{prefix.upper()}_ARENA_BYTES"
    return (
        f"static union {{\n{members}\n}} arena;\n\n"
        f"typedef char edgeml_arena_is_as_promised[sizeof arena <= {size} ? 1 : -1];"
    )


def _run(
    program: Program,
    prefix: str,
    functions: Sequence[str],
    inputs: Sequence[CPort],
    outputs: Sequence[CPort],
    tables: Tables,
) -> str:
    """The public function."""
    results = {one.value: one.name for one in outputs}

    def address(value: str) -> str:
        if value in program.graph.inputs:
            return next(one.name for one in inputs if one.value == value)
        if value in program.direct:
            return results[program.direct[value]]
        kind = program.kind(value)
        return f"&arena.{kind.tag}[{program.arena[value] // kind.size}]"

    read = {value for step in program.steps for value in program.reads(step)}
    read.update(root for _, root in program.copies)
    lines = [f"    (void){one.name};" for one in inputs if one.value not in read]
    lines += [line for one in inputs for line in _checked(one)]
    for number, (step, function) in enumerate(zip(program.steps, functions, strict=True)):
        sources = [address(value) for value in program.reads(step)]
        target = address(step.result)
        info, kind = program.graph.info(step.result), program.kind(step.result)
        lines.append(f"    {function}({', '.join([*sources, target])});")
        lines.append(f"    EDGEML_TRACE({number}, {target}, {info.size * kind.size});")
    for output, root in program.copies:
        info, kind = program.graph.info(output), program.kind(output)
        if root in program.graph.constants:
            source = tables.add(output, program.graph.constants[root], f"{root}: {info}", kind)
        else:
            source = address(root)
        lines.append(f"    memcpy({results[output]}, {source}, {info.size * kind.size});")
    lines.append("    return 0;")
    return f"{prototype(prefix, inputs, outputs)}\n{{\n" + "\n".join(lines) + "\n}"


def prototype(prefix: str, inputs: Sequence[CPort], outputs: Sequence[CPort]) -> str:
    """The head of the public function."""
    arguments = [f"const {prefix}_{one.name}_t *{one.name}" for one in inputs]
    arguments += [f"{prefix}_{one.name}_t *{one.name}" for one in outputs]
    return f"int {prefix}_run({', '.join(arguments)})"


def _checked(one: CPort) -> list[str]:
    """Lines that refuse codes beyond a type that is narrower than its place in memory."""
    lo, hi = code_range(one)
    tests = [f"{one.name}[i] < {literal(lo)}"] * (lo > one.kind.lo)
    tests += [f"{one.name}[i] > {literal(hi)}"] * (hi < one.kind.hi)
    if not tests:
        return []
    return [
        "#ifndef EDGEML_TRUST_INPUT",
        f"    for (int32_t i = 0; i < {one.size}; ++i) {{",
        f"        if ({' || '.join(tests)}) {{",
        "            return 1;",
        "        }",
        "    }",
        "#endif",
    ]


def code_range(one: CPort) -> tuple[int, int]:
    """The smallest and largest code of a port's type; of the widest element where they differ."""
    if one.signed:
        return -(1 << (one.width - 1)), (1 << (one.width - 1)) - 1
    return 0, (1 << one.width) - 1
