"""The stages of an hls4ml project: the calls of its top function between variables that hold values.

`firmware` reads the files, `blocks` says which kind of function a call is, `driver` runs a call alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import ClassVar

import numpy as np

from edgeml import tools
from edgeml.backends.hls4ml.blocks import BLOCKS, BlockSite, VariableFacts, fits
from edgeml.backends.hls4ml.csim import SANITIZER, CSimulation, check_ports
from edgeml.backends.hls4ml.driver import CallDriver
from edgeml.backends.hls4ml.firmware import Config, Firmware, TemplateCall, read_firmware
from edgeml.backends.hls4ml.manifest import Hls4mlManifest
from edgeml.backends.hls4ml.planner import DOUBLE_BITS, plan_graph
from edgeml.errors import EdgemlError
from edgeml.fixed import NO_CODE, IntArray
from edgeml.ir import Graph
from edgeml.ir.structure import Form, marked, moved, source, unknown
from edgeml.stages import ArtefactStage, CodedInput, Prover, QuantizerStage
from edgeml.stages.assembling import ancestors, of_shape, unread
from edgeml.tools import sanitizer_fault

_BACKENDS = ("Vitis", "Vivado")
_NO_CONFIG = Config("", "", {})


class Hls4mlProver(Prover):
    """Cuts the top function at the variables that hold values of the graph."""

    covers: ClassVar[str] = (
        "g++ computes what C++ says, in a call alone as in the whole project; the headers are those of the "
        "installed hls4ml (compared), its templates are of the kinds that are stated, and its ap_types "
        "compute what ap_fixed says; values go in and come out as doubles. Not covered: what synthesis "
        "makes of the C++ (pragmas, depths of FIFOs)"
    )

    def missing(self) -> str:
        if reason := CSimulation().available():
            return reason
        fault = sanitizer_fault(tools.need("gxx").path, SANITIZER)
        return (
            fault and f"the address sanitizer of g++ cannot be used ({fault}): install its library, libasan"
        )

    def stages(self, folder: Path, graph: Graph) -> Iterator[ArtefactStage | QuantizerStage | CodedInput]:
        manifest = Hls4mlManifest.read(folder)
        if manifest.backend not in _BACKENDS:
            raise EdgemlError(
                f"is a project for {manifest.backend}; proofs are written for {' and '.join(_BACKENDS)}",
                str(folder),
            )
        check_ports(manifest, graph, folder)
        firmware = read_firmware(folder, manifest)
        for name in graph.inputs:
            yield CodedInput(name)
        yield from _ProjectStages(firmware, manifest, graph).all()


class _ProjectStages:
    """The stages of a project.

    Args:
        firmware: its C++.
        manifest: its ports.
        graph: prepared.
    """

    def __init__(self, firmware: Firmware, manifest: Hls4mlManifest, graph: Graph) -> None:
        self._firmware, self._graph = firmware, graph
        self._reads, self._writes = zip(*(_ports(firmware, call) for call in firmware.calls), strict=True)
        self._makers = _makers(firmware, manifest, self._reads, self._writes)
        self._driver = CallDriver(firmware, list(zip(self._reads, self._writes, strict=True)))
        self._named: dict[str, list[str]] = {}
        self._sizes: dict[str, int] = {}
        self._manifest = manifest
        for port, name in zip(manifest.inputs, firmware.ports, strict=False):
            self._named[name] = [port.value]
            self._sizes[name] = port.size

    def all(self) -> Iterator[ArtefactStage]:
        """The stages in the order of the calls.

        Raises:
            EdgemlError: an output is not computed.
        """
        outputs = firmware_outputs(self._firmware, self._manifest)
        plan = plan_graph(
            self._graph, self._manifest.backend, _io_type(self._firmware), self._firmware.project
        )
        by_layer: dict[str, list[str]] = {}
        for value, layer in plan.values.items():
            by_layer.setdefault(layer, []).append(value)
        order = {node.name: at for at, node in enumerate(self._graph.nodes)}
        for call, writes in zip(self._firmware.calls, self._writes, strict=True):
            for name in writes:
                values = by_layer.get(call.layer, []) if len(writes) == 1 else []
                values_here = sorted(
                    {*values, *outputs.get(name, ())} - {*self._graph.inputs}, key=order.__getitem__
                )
                for value in values_here:
                    yield self._stage(value, name)
                    self._named.setdefault(name, []).append(value)
        for name, values in outputs.items():
            if name not in self._makers:
                raise EdgemlError(
                    f"{values[0]} is not computed", str(self._firmware.folder), "export it again"
                )
        yield from self._passed(outputs)

    def _passed(self, outputs: Mapping[str, Sequence[str]]) -> Iterator[ArtefactStage]:
        """Outputs that are inputs of the graph as well: the copy is compared."""
        for name, values in outputs.items():
            for value in values:
                if value in self._graph.inputs:
                    yield self._stage(value, name)

    # ---------------------------------------------------------------- one stage

    def _stage(self, value: str, name: str) -> ArtefactStage:
        """The stage of a value that a variable holds."""
        info = self._graph.info(value)
        above = {value, *ancestors(self._graph, value)}
        ends = {
            variable: next(v for v in reversed(values) if v in above)
            for variable, values in self._named.items()
            if any(v in above for v in values)
        }
        calls = self._between(name, ends)
        read = dict.fromkeys(v for at in calls for v in self._reads[at] if v in ends)
        if name in ends:
            read, calls = {name: None}, []
        sources = {variable: ends[variable] for variable in read}
        unseen = unread(self._graph, value, list(sources.values()))
        result = self._carried(name, sources, calls)
        if result.size != info.size:
            raise EdgemlError(f"{name} has {result.size} elements, {value} {info.size}", self._where(name))
        frac = np.broadcast_to(np.asarray(info.type.frac, np.int64), info.shape)
        structure = moved([result.structure], lambda arrays: arrays[0].reshape(info.shape))
        structure = marked(structure, frac)
        rounds = self._rounds(value, result)

        def run(codes: Mapping[str, IntArray]) -> IntArray:
            numbers = {
                variable: self._stored(variable, source, codes[source])
                for variable, source in sources.items()
            }
            for at in calls:
                got = self._driver.run(at, [numbers[read] for read in self._reads[at]])
                numbers.update(zip(self._writes[at], got, strict=True))
            return _recoded(of_shape(numbers[name], info.shape, value), result.precision.type.frac, frac)

        return ArtefactStage(value, (*sources.values(), *unseen), structure, rounds, run)

    def _between(self, name: str, ends: Mapping[str, str]) -> list[int]:
        """The calls, in order, that compute a variable from others."""
        waiting, chosen = [name], set[int]()
        while waiting:
            variable = waiting.pop()
            if variable in ends:
                continue
            at = self._makers[variable]
            if at not in chosen:
                chosen.add(at)
                waiting += self._reads[at]
        return sorted(chosen)

    def _carried(self, name: str, sources: Mapping[str, str], calls: Sequence[int]) -> VariableFacts:
        """A variable as a function of the sources."""
        facts: dict[str, VariableFacts] = {}
        first = 0
        for variable, value in sources.items():
            facts[variable] = self._source(variable, value, first)
            first += facts[variable].size
        for at in calls:
            facts.update(zip(self._writes[at], self._block(at, facts), strict=True))
        return facts[name]

    def _source(self, variable: str, value: str, first: int) -> VariableFacts:
        info, precision = self._graph.info(value), self._firmware.variables[variable].precision
        grow = precision.type.frac - np.asarray(info.type.frac, np.int64)
        structure = source(info.shape, first, grow)
        flat = moved([structure], lambda arrays: arrays[0].reshape(-1))
        if np.any(grow < 0):
            flat = unknown((info.size,), f"{variable}, {precision}, has fewer fractional bits than {value}")
            return VariableFacts(precision, flat, info.lo.reshape(-1), info.hi.reshape(-1))
        lo, hi = (np.broadcast_to(end << grow, info.shape).reshape(-1) for end in (info.lo, info.hi))
        if not fits(lo, hi, precision.type.frac, precision):
            flat = unknown((info.size,), f"{variable}, {precision}, does not hold every code of {value}")
        if precision.type.width > DOUBLE_BITS:
            flat = unknown((info.size,), f"{variable} has {precision.type.width} bits, and doubles go in")
        return VariableFacts(precision, flat, lo, hi)

    def _block(self, at: int, facts: Mapping[str, VariableFacts]) -> list[VariableFacts]:
        call, firmware = self._firmware.calls[at], self._firmware
        rule = BLOCKS[call.function][1]
        inputs = [facts[name] for name in self._reads[at]]
        results = [firmware.variables[name].precision for name in self._writes[at]]

        def drive(codes: Sequence[IntArray]) -> list[IntArray]:
            return self._driver.run(at, codes)

        sizes = self._sizes_of(at, [one.size for one in inputs])
        weights = [firmware.weights[name] for name in call.arguments if name in firmware.weights]
        config = firmware.configs.get(call.config, _NO_CONFIG)
        written = rule(BlockSite(call, config, inputs, weights, results, sizes, firmware, drive))
        return [
            replace(one, structure=unknown(one.structure.shape, _TOO_WIDE.format(one.precision.type.width)))
            if one.precision.type.width > DOUBLE_BITS
            else one
            for one in written
        ]

    def _sizes_of(self, at: int, inputs: Sequence[int]) -> list[int]:
        """The elements that a call writes: of arrays declared, of streams as many as come out."""
        for name in self._writes[at]:
            if not self._firmware.variables[name].packet:
                self._sizes[name] = self._firmware.variables[name].size
        if any(name not in self._sizes for name in self._writes[at]):
            got = self._driver.run(at, [np.zeros((1, size), np.int64) for size in inputs])
            self._sizes.update(
                (name, part.shape[1]) for name, part in zip(self._writes[at], got, strict=True)
            )
        return [self._sizes[name] for name in self._writes[at]]

    def _rounds(self, value: str, result: VariableFacts) -> str:
        """The reason why a sum may differ from the graph's on other vectors, or "".

        A sum that may wrap is right modulo 2^width, so that it is right if its types hold the graph's value.
        """
        if result.structure.form not in (Form.SUM, Form.PRODUCT, Form.POSITION) and not result.wraps:
            return ""
        if result.rounds or not result.wraps:
            return result.rounds
        info = self._graph.info(value)
        lo, hi = info.aligned(info.frac)
        # Bits that the type lacks are zero wherever it is shown to have all that products and biases need.
        for one in result.through:
            frac = min(info.frac, one.type.frac)
            down = info.frac - frac
            if not fits(lo >> down, -(-hi >> down), frac, one):
                return f"{one} does not hold {value}, so the sum may wrap unseen"
        return ""

    def _stored(self, variable: str, value: str, codes: IntArray) -> IntArray:
        """Codes of a value as those of the variable's type, (vectors, elements)."""
        info = self._graph.info(value)
        frac = np.broadcast_to(np.asarray(info.type.frac, np.int64), info.shape)
        return _recoded(codes, frac, self._firmware.variables[variable].precision.type.frac).reshape(
            len(codes), -1
        )

    def _where(self, name: str) -> str:
        at = self._makers.get(name)
        return str(self._firmware.folder) if at is None else self._firmware.where(self._firmware.calls[at])


_TOO_WIDE = "{} bits, and the proof reads results as doubles, exact to 53 bits"


def _recoded(codes: IntArray, frac: int | IntArray, to: int | IntArray) -> IntArray:
    """Codes with other fractional bits; `NO_CODE` where bits would be lost."""
    grow = np.asarray(to, np.int64) - np.asarray(frac, np.int64)
    up, down = np.maximum(grow, 0), np.maximum(-grow, 0)
    lost = (codes == NO_CODE) | ((codes >> down) << down != codes)
    return np.where(lost, NO_CODE, (codes >> down) << up)


def _io_type(firmware: Firmware) -> str:
    stream = any(one.packet for one in firmware.variables.values())
    return "io_stream" if stream else "io_parallel"


def firmware_outputs(firmware: Firmware, manifest: Hls4mlManifest) -> dict[str, list[str]]:
    """The graph's outputs that each output of the top function holds.

    Raises:
        EdgemlError: it has other ports than the manifest says.
    """
    inputs = [port.layer for port in manifest.inputs]
    layers = list(dict.fromkeys(port.layer for port in manifest.outputs))
    if list(firmware.ports[: len(inputs)]) != inputs or len(firmware.ports) != len(inputs) + len(layers):
        raise EdgemlError(
            f"has the ports {', '.join(firmware.ports)}, the manifest {', '.join((*inputs, *layers))}",
            f"{firmware.folder / firmware.project}.cpp",
            "export it again",
        )
    names = dict(zip(layers, firmware.ports[len(inputs) :], strict=True))
    outputs: dict[str, list[str]] = {}
    for port in manifest.outputs:
        outputs.setdefault(names[port.layer], []).append(port.value)
    return outputs


def _ports(firmware: Firmware, call: TemplateCall) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The variables that a call reads and writes."""
    entry = BLOCKS.get(call.function)
    if entry is None:
        raise EdgemlError(f"nothing is known of nnet::{call.function}", firmware.where(call))
    names = [name for name in call.arguments if name in firmware.variables]
    count = entry[0]
    if call.arguments[: len(names)] != tuple(names) or len(names) <= count:
        raise EdgemlError(f"nnet::{call.function} is called with other arguments", firmware.where(call))
    return tuple(names[:count]), tuple(names[count:])


def _makers(
    firmware: Firmware,
    manifest: Hls4mlManifest,
    reads: Sequence[Sequence[str]],
    writes: Sequence[Sequence[str]],
) -> dict[str, int]:
    """The call that writes each variable.

    Raises:
        EdgemlError: a variable is read before it is written, or written twice; a stream is read twice.
    """
    inputs = {port.layer for port in manifest.inputs}
    makers: dict[str, int] = {}
    used: set[str] = set()
    for at, call in enumerate(firmware.calls):
        for name in reads[at]:
            if name not in makers and name not in inputs:
                raise EdgemlError(f"{name} is read before it is written", firmware.where(call))
            if firmware.variables[name].packet and name in used:
                raise EdgemlError(f"the stream {name} is read twice", firmware.where(call))
            used.add(name)
        for name in writes[at]:
            if name in makers or name in inputs or name in reads[at]:
                raise EdgemlError(f"{name} is written twice", firmware.where(call))
            makers[name] = at
    return makers
