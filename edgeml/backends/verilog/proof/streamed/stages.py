"""The stages of a streamed design: kernels beat by beat, sums over beats, and what comes out at the end."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

import numpy as np

from edgeml.backends.verilog.build import module_names
from edgeml.backends.verilog.manifest import VerilogManifest
from edgeml.backends.verilog.proof.frame import DELAY, read_design
from edgeml.backends.verilog.proof.streamed.bench import PartBench
from edgeml.backends.verilog.proof.streamed.chain import FORK, PARTS, ChainKernel, ChainPart, StreamChain
from edgeml.backends.verilog.proof.streamed.flow import DataFlows, read_flow
from edgeml.backends.verilog.proof.streamed.kernels import KernelStages, carried_kernel, driver_of
from edgeml.backends.verilog.proof.streamed.last import without_counter
from edgeml.backends.verilog.proof.streamed.lift import lifted
from edgeml.backends.verilog.proof.streamed.memory import read_memory
from edgeml.backends.verilog.proof.streamed.moves import MOVES, PassedBeats
from edgeml.backends.verilog.proof.streamed.progress import check_progress
from edgeml.backends.verilog.proof.syntax import Module
from edgeml.backends.verilog.stream.beats import CannotStreamError
from edgeml.backends.verilog.stream.parts import Tap
from edgeml.backends.verilog.stream.plan import plan
from edgeml.backends.verilog.stream.top import taps_of
from edgeml.errors import EdgemlError
from edgeml.fixed import IntArray
from edgeml.ir import Graph
from edgeml.ir.structure import NONE, Form, Structure
from edgeml.stages import ArtefactStage

_LEVELS = 1.0
"""Adders per register, which no name depends on."""


def streamed_stages(
    manifest: VerilogManifest, files: Mapping[str, str], graph: Graph
) -> Iterator[ArtefactStage]:
    """The stages of a streamed design.

    Args:
        manifest: where codes lie in the beats.
        files: texts by file name.
        graph: prepared.

    Raises:
        EdgemlError: something is not understood, data reach the handshake, or a part moves elements to other
            places than it should.
    """
    if len(graph.inputs) != 1 or len(graph.outputs) != 1:
        raise EdgemlError("a stream has one input and one output, the graph more", manifest.top)
    of_files = {file: read_memory(text, file) for file, text in files.items()}
    memories = {memory.name: memory for memory in of_files.values() if memory is not None}
    if len(memories) < sum(memory is not None for memory in of_files.values()):
        raise EdgemlError("two memories have one name", manifest.top)
    _independent(manifest.top, files, {*memories})
    text, counted = without_counter(files.get(f"{manifest.top}.v", ""))
    files = {**files, f"{manifest.top}.v": text}
    modules = read_design(files, (*PARTS, DELAY), [file for file in files if of_files[file] is not None])
    chain = StreamChain(graph, manifest, modules, memories, _taps(manifest, graph), counted)
    kernels = {
        part.name: carried_kernel(graph, part, modules)
        for part in chain.parts
        if isinstance(part, ChainKernel)
    }
    check_progress(chain, manifest.input.beats)
    parts = [part for part in chain.parts if isinstance(part, ChainPart) and part.module != FORK]
    used = {part.module for part in parts}
    used |= {name for part in parts for name in part.memories.values() if isinstance(name, str)}
    bench = PartBench(parts, {modules[name].name: modules[name].text for name in sorted(used)})
    for part in parts:
        if part.module in MOVES:
            bench.check_moves(part)
    _drive(list(kernels.values()), modules)
    for part in chain.parts:
        if isinstance(part, ChainKernel):
            yield from _of_kernel(graph, kernels[part.name])
        elif part.module not in MOVES:
            yield _summed(graph, part, bench)
    yield _end(graph, chain.output)


def _taps(manifest: VerilogManifest, graph: Graph) -> tuple[Tap, ...]:
    """The values that the buses may hold."""
    names = module_names()
    top = names.unique(manifest.top)
    try:
        return taps_of(graph, plan(graph, manifest.reuse_factor), top, names, _LEVELS)
    except CannotStreamError as error:
        reason = f"the graph cannot be streamed: {error.refusal.reason}"
        raise EdgemlError(reason, error.refusal.node, "export again") from None


def _independent(top: str, files: Mapping[str, str], memories: set[str]) -> None:
    """Refuse a design in which the handshake, an address or an enable depends on data."""
    read = [read_flow(text, file) for file, text in files.items()]
    of = {module.name: module for module in read}
    if len(of) < len(read) or top not in of:
        raise EdgemlError("modules have the same name, or the top module is missing", top)
    flows, data = DataFlows(of), frozenset({"s_axis_tdata"})
    late = sorted((flows.nets(top, data) & set(of[top].outputs)) - {"m_axis_tdata"})
    if late:
        raise EdgemlError(f"{late[0]} depends on data", of[top].file)
    for name, module, port in flows.pins(top, data):
        allowed = module in of and module not in memories and port not in ("clk", "ce", "rst")
        if not allowed or (module in PARTS and port != "s_data"):
            raise EdgemlError(f"{port} of {name} depends on data", of[top].file)
    for module in sorted(set(of) & {*PARTS}):
        inputs = frozenset({"s_data", "weights", "bias"} & set(of[module].inputs))
        late = sorted((flows.nets(module, inputs) & set(of[module].outputs)) - {"m_data"})
        if late:
            raise EdgemlError(f"{late[0]} depends on data", of[module].file)
        if module in MOVES and (where := flows.only_moves(module, inputs)):
            raise EdgemlError("changes data, and does not only move them", where)


def _drive(kernels: Sequence[KernelStages], modules: Mapping[str, Module]) -> None:
    driver = driver_of(kernels, modules)
    for one in kernels:
        one.stages.driver = driver


# ---------------------------------------------------------------- stages


def _of_kernel(graph: Graph, one: KernelStages) -> Iterator[ArtefactStage]:
    for stage in one.stages.every():
        yield lifted(graph, stage, one.starts, one.graph, one.kernel.after.count)


def _holds(beats: PassedBeats, lo: int, hi: int) -> bool:
    """True if the lanes of a bus hold all codes of an interval."""
    least = -(1 << (beats.width - 1)) if beats.signed else 0
    return least <= lo and hi < least + (1 << beats.width)


def _summed(graph: Graph, part: ChainPart, bench: PartBench) -> ArtefactStage:
    """A folded layer, or a pooling of the whole map."""
    before, after, info = part.before, part.after, graph.info(part.after.value)
    source = graph.info(before.value)
    ends = int(source.lo.min()), int(source.hi.max())
    as_read = replace(before, signed=part.values["SIGNED"] != 0)
    if not (_holds(before, *ends) and _holds(as_read, *ends)):
        raise EdgemlError(f"{before.value} does not fit the lanes", part.name)
    # Of two sums in one register the lower one has to fit as two's complement, whatever the lanes are.
    readings = (after, replace(after, signed=True)) if part.values.get("PAIRS", 0) else (after,)
    if not all(_holds(reading, int(info.lo.min()), int(info.hi.max())) for reading in readings):
        raise EdgemlError(f"does not fit the {after.width} bits of its sums", after.value)

    def run(codes: Mapping[str, IntArray]) -> IntArray:
        flat = codes[before.value].reshape(len(codes[before.value]), -1)
        return bench.run(part, before.elements(flat)).reshape(len(flat), *info.shape)

    shape = info.shape
    if part.module == "edgeml_reduce" and part.values["MAXIMUM"]:
        if np.any(before.ids == NONE):
            raise EdgemlError("the largest of elements and padding", after.value)
        places = before.ids.reshape(before.count, *shape)
        structure = Structure(Form.MAXIMUM, shape, places, np.zeros(shape, np.int64))
    else:
        structure = Structure(
            Form.SUM, shape, np.zeros((0, *shape), np.int64), np.zeros(shape, np.int64), True
        )
    return ArtefactStage(after.value, (before.value,), structure, "", run)


def _end(graph: Graph, beats: PassedBeats) -> ArtefactStage:
    """The codes in the lanes at the end."""
    (value,) = graph.outputs
    info = graph.info(value)
    if beats.ids.size != info.size:
        raise EdgemlError("has other elements at the end", value, "export again")
    places = beats.ids.reshape(1, *info.shape)
    structure = Structure(Form.MONOTONE, info.shape, places, np.zeros(info.shape, np.int64), True)

    def run(codes: Mapping[str, IntArray]) -> IntArray:
        flat = codes[beats.value].reshape(len(codes[beats.value]), -1)
        return beats.elements(flat).reshape(len(flat), *info.shape)

    return ArtefactStage(value, (beats.value,), structure, "", run)
