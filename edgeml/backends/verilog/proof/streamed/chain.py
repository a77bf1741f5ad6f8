"""Reads the top module of a stream: which part stands behind which, and whose elements pass between them.

The top module is carried out on the lanes of one beat of each bus; what its parts make of the beats of a
sample is said by `moves`, and by `kernels` for what happens to a single beat. Of each part it is checked that
its data, valid and ready belong to one bus, so that a beat is taken by it alone, and once.

Invariant: a bus has one part behind it; every beat of it goes there.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import cast

import numpy as np

from edgeml.backends.verilog.manifest import VerilogManifest
from edgeml.backends.verilog.proof.frame import CLOCK, CONTROL, RESET
from edgeml.backends.verilog.proof.machine import DesignReader, ModuleScope
from edgeml.backends.verilog.proof.streamed.memory import WordMemory
from edgeml.backends.verilog.proof.streamed.moves import MOVES, PassedBeats, every_element, sums
from edgeml.backends.verilog.proof.syntax import Instance, Module
from edgeml.backends.verilog.proof.words import BitRun, Signal, Word, joined
from edgeml.backends.verilog.stream.parts import Tap
from edgeml.errors import EdgemlError
from edgeml.ir import Graph
from edgeml.stages.symbols import Atom, Sym, element, unknown

SUMS = ("edgeml_fold", "edgeml_product", "edgeml_reduce")
PARTS = (*MOVES, *SUMS, CONTROL)
"""Modules of hw/rtl whose text has to be edgeml's own, beside edgeml_delay."""

FORK = "edgeml_fork"
_OUTSIDE = "in"
_OFFERED: Signal = ("and", ("in", "s_axis_tvalid"), ("in", "aresetn"))


@dataclass(frozen=True, eq=False)
class ChainPart:
    """A part that moves or adds up.

    Args:
        name: of its instance.
        module: its module.
        values: its parameters.
        before: what comes in.
        after: what leaves; of a fork, on each way.
        memories: of a folded layer, the names of the modules of weights and bias; or the bias itself.
    """

    name: str
    module: str
    values: Mapping[str, int]
    before: PassedBeats
    after: PassedBeats
    memories: Mapping[str, str | int] = field(default_factory=dict[str, "str | int"])


@dataclass(frozen=True, eq=False)
class ChainKernel:
    """A pipeline that treats all beats alike.

    Args:
        name: of its instance.
        module: its module.
        stages: registers, as its valid bits say.
        starts: what comes in, by input port.
        tap: which graph it is from, as its name says.
        port: of its output.
        after: what leaves.
    """

    name: str
    module: str
    stages: int
    starts: Mapping[str, PassedBeats]
    tap: Tap
    port: str
    after: PassedBeats


def joined_valid(beats: Sequence[PassedBeats]) -> Signal:
    """The signal that says that a beat of each of some buses is there."""
    first, *others = dict.fromkeys(one.valid for one in beats)
    for other in others:
        first = ("and", first, other)
    return first


def buses_of(valid: Signal) -> list[Signal]:
    """The valid bits of the buses that a signal is made of."""
    if valid[0] != "and" or valid == _OFFERED:
        return [valid]
    parts = cast("Sequence[Signal]", valid[1:])
    return [bus for part in parts for bus in buses_of(part)]


class StreamChain:
    """A streamed design, part by part.

    Args:
        graph: prepared.
        manifest: where codes lie in the beats.
        modules: by name; of edgeml's parts the ports alone.
        memories: modules that are memories.
        taps: which values the buses hold, as the emitter names them: a guess.
        counted: beats of a result, as the counter at the end says.

    Attributes:
        parts: in the order of the data.
        output: what passes at the end.

    Raises:
        EdgemlError: something is not understood.
    """

    def __init__(
        self,
        graph: Graph,
        manifest: VerilogManifest,
        modules: Mapping[str, Module],
        memories: Mapping[str, WordMemory],
        taps: Sequence[Tap],
        counted: int,
    ) -> None:
        self._counted = counted
        self._graph, self._manifest, self._modules, self._memories = graph, manifest, modules, memories
        self._kernels = {tap.core.name: tap for tap in taps if tap.core is not None}
        self._sums = {f"u_{tap.bus}": tap for tap in taps if tap.core is None}
        self._buses: dict[str, PassedBeats] = {}
        self.parts: list[ChainPart | ChainKernel] = []
        rules = dict.fromkeys(PARTS, self._part)
        rules |= dict.fromkeys(self._kernels, self._kernel) | dict.fromkeys(memories, self._memory)
        machine = DesignReader(modules, {}, rules, CLOCK, ("no", "enable"))
        if manifest.top not in modules:
            raise EdgemlError(f"there is no module {manifest.top}")
        self._machine = machine
        self._instances = {one.name: one for one in modules[manifest.top].instances}
        self._scope = ModuleScope(machine, modules[manifest.top], "", {}, self._input)
        try:
            self._scope.settled()
        except RecursionError:
            raise EdgemlError("is nested too deeply", self._scope.module.file) from None
        self.output = self._end()

    # ---------------------------------------------------------------- ends

    def _input(self, port: str, width: int) -> Word:
        if port in ("aclk", "aresetn", "s_axis_tvalid", "m_axis_tready"):
            return Word((BitRun(width, ("in", port)),))
        (lanes,) = self._manifest.input.values
        if port != "s_axis_tdata":
            raise EdgemlError(f"has another input: {port}", self._scope.module.file)
        beats = every_element(
            lanes.value, self._manifest.input.beats, lanes.elements, lanes.width, lanes.signed, _OFFERED
        )
        self._buses[_OUTSIDE] = beats
        runs: list[BitRun] = []
        more = lanes.lane - lanes.width
        for run in self._word(_OUTSIDE).runs:
            runs.append(run)
            if more:
                beside = unknown("bits of a lane beside the code", 0, (1 << more) - 1)
                runs.append(BitRun(more, beside, run.clock))
        rest = width - sum(run.width for run in runs)
        if rest > 0:
            runs.append(BitRun(rest, unknown("bits of a beat beside all lanes", 0, (1 << rest) - 1), 0))
        return Word(tuple(runs))

    def _end(self) -> PassedBeats:
        """The beats at m_axis, which have to be the lanes of one bus in order."""
        scope, (lanes,) = self._scope, self._manifest.output.values
        (valid,) = scope.bus("m_axis_tvalid").word.runs
        if not isinstance(valid.number, tuple):
            raise EdgemlError("m_axis_tvalid is no bit of the handshake", scope.module.file)
        bus = scope.bus("m_axis_tdata")
        passed: list[tuple[str, int]] = []
        for at in range(lanes.elements):
            word = bus.cut(lanes.offset + at * lanes.lane, lanes.lane, self._machine.words)
            number, _ = self._machine.words.read(word, lanes.signed)
            if not isinstance(number, Sym) or number.root is None or number.key:
                raise EdgemlError("a lane is something else than an element", lanes.value)
            passed.append((number.root.owner, number.root.index))
        name = passed[0][0]
        end = self._buses[name]
        if passed != [(name, at) for at in range(end.lanes)]:
            raise EdgemlError("the lanes are not those of one bus in their order", lanes.value)
        self._check_handshake(valid.number, (end,), "the end", ("in", "m_axis_tready"))
        if end.count != self._manifest.output.beats:
            raise EdgemlError(f"has {end.count} beats", lanes.value, "export again")
        if self._counted != end.count:
            raise EdgemlError(f"m_axis_tlast counts {self._counted} beats of {end.count}", scope.module.file)
        if scope.bus("m_axis_tlast").word.runs != (BitRun(1, 1),):
            raise EdgemlError("m_axis_tlast is not always 1", scope.module.file)
        return end

    # ---------------------------------------------------------------- buses

    def _word(self, bus: str) -> Word:
        """A beat of a bus: its lanes."""
        beats = self._buses[bus]
        info = self._graph.info(beats.value)
        lo = min(int(info.lo.min(initial=0)), int(beats.codes.min(initial=0)))
        hi = max(int(info.hi.max(initial=0)), int(beats.codes.max(initial=0)), lo + 1)  # never one code alone
        atoms = (element(Atom(bus, at, lo, hi)) for at in range(beats.lanes))
        return Word(tuple(BitRun(beats.width, atom, 0) for atom in atoms))

    def _lanes(self, word: Word) -> PassedBeats:
        """The bus whose whole beat a word is."""
        places: list[tuple[str, int]] = []
        for run in word.runs:
            number = run.number
            if not isinstance(number, Sym) or number.root is None or number.key or run.clock != 0:
                raise EdgemlError("gets something else than the lanes of a bus")
            places.append((number.root.owner, number.root.index))
        name = places[0][0]
        beats = self._buses[name]
        whole = [(name, at) for at in range(beats.lanes)]
        if places != whole or any(run.width != beats.width for run in word.runs):
            raise EdgemlError("gets something else than a whole beat of one bus")
        return beats

    def _check_handshake(self, valid: Signal, beats: Sequence[PassedBeats], who: str, ready: Signal) -> None:
        """Check that a part takes the beats that it is told of, and no other part does."""
        if joined_valid(beats) != valid:
            raise EdgemlError(f"{who} takes data of another bus than valid")
        buses = buses_of(valid)
        if len(buses) > 1:  # beats of all of them go on together
            ready = ("and", valid, ready)
        for bus in buses:
            if self._ready(bus) != ready:
                raise EdgemlError(f"the bus in front of {who} is taken by something else")

    def _ready(self, bus: Signal) -> object:
        """The signal that takes a beat of a bus, which is named by its valid bit."""
        if bus == _OFFERED:
            (run,) = self._scope.bus("s_axis_tready").word.runs
            number = run.number
            if isinstance(number, tuple) and number[0] == "and" and number[2] == ("in", "aresetn"):
                return number[1]
            return None
        before = self._instances[str(bus[1])]
        runs = self._scope.pin(before, "m_ready").runs
        way = bus[2] if len(bus) > 2 else 0
        if len(runs) != (self._scope.values(before)["WAYS"] if len(bus) > 2 else 1):
            return None
        return runs[int(str(way))].number

    def _valid(self, instance: Instance, port: str) -> Signal:
        (run,) = self._scope.pin(instance, port).runs
        if not isinstance(run.number, tuple):
            raise EdgemlError(f"{port} of {instance.name} is no bit of the handshake")
        return run.number

    def _clocked(self, scope: ModuleScope, instance: Instance) -> None:
        for port, signal in (("clk", CLOCK), ("rst", RESET)):
            if scope.pin(instance, port).runs != (BitRun(1, signal),):
                raise EdgemlError(f"{port} of {instance.name} is connected to something else")

    # ---------------------------------------------------------------- rules

    def _part(self, scope: ModuleScope, instance: Instance, port: str) -> Word:
        """An output of a part of hw/rtl."""
        if port in ("address", "group"):
            bits = scope.values(instance)["ADDRESS" if self._is_product(instance, port) else "COUNT"]
            return Word(tuple(BitRun(1, (port, instance.name, at)) for at in range(bits)))
        if instance.module == FORK and port == "m_valid":
            ways = scope.values(instance)["WAYS"]
            return Word(tuple(BitRun(1, ("valid", instance.name, way)) for way in range(ways)))
        if port != "m_data":
            signal: Signal = (port.removeprefix("m_").removeprefix("s_"), instance.name)
            return Word((BitRun(1, signal),))
        if instance.name not in self._buses:
            self._clocked(scope, instance)
            before = self._lanes(scope.pin(instance, "s_data"))
            self._check_handshake(
                self._valid(instance, "s_valid"), (before,), instance.name, ("ready", instance.name)
            )
            self._buses[instance.name] = self._behind(scope, instance, before)
        if instance.module != FORK:
            return self._word(instance.name)
        ways = [f"{instance.name}.{way}" for way in range(scope.values(instance)["WAYS"])]
        for way, bus in enumerate(ways):
            valid = ("valid", instance.name, way)
            self._buses[bus] = replace(self._buses[instance.name], valid=valid)
        return joined(self._word(bus) for bus in ways)

    def _is_product(self, instance: Instance, port: str) -> bool:
        return instance.module == "edgeml_product" and port == "address"

    def _behind(self, scope: ModuleScope, instance: Instance, before: PassedBeats) -> PassedBeats:
        values, name, valid = scope.values(instance), instance.name, ("valid", instance.name)
        if instance.module in MOVES:
            after = replace(MOVES[instance.module](before, values), valid=valid)
            self.parts.append(ChainPart(name, instance.module, values, before, after))
            return after
        tap = self._sums.get(name)
        if tap is None:
            raise EdgemlError(f"nothing says what {name} computes", scope.module.file, "export again")
        (sink,) = tap.beats
        count, lanes = sums(before, instance.module, values)
        width = values["RESULT" if instance.module == "edgeml_reduce" else "SUM"]
        self._sized(sink.value, count * lanes)
        if np.any(np.unique(sink.frac) != np.asarray(self._graph.info(sink.value).type.frac)):
            raise EdgemlError("has another LSB in the stream than in the graph", sink.value)
        after = every_element(sink.value, count, lanes, width, sink.signed, valid)
        memories = self._memories_of(scope, instance, values)
        self.parts.append(ChainPart(name, instance.module, values, before, after, memories))
        return after

    def _sized(self, value: str, size: int) -> None:
        if value not in self._graph.infos or self._graph.info(value).size != size:
            raise EdgemlError(f"has another number of elements than {size}", value, "export again")

    def _memories_of(
        self, scope: ModuleScope, instance: Instance, values: Mapping[str, int]
    ) -> dict[str, str | int]:
        """The memories that a folded layer reads."""
        results: dict[str, str | int] = {}
        if instance.module == "edgeml_reduce":
            return results
        product = instance.module == "edgeml_product"
        passes = values["PASSES"] if product else 1
        bits = values["PRODUCTS"] if product else values["LANES"] * values["OUTPUTS"]
        results["weights"] = self._read(
            scope, instance, "weights", "address", bits * values["WEIGHT"], values["BEATS"] * passes
        )
        if not product:
            return results
        word = scope.pin(instance, "bias")
        if word.width != values["OUTPUTS"] * values["SUM"]:
            raise EdgemlError(f"bias of {instance.name} has {word.width} bits")
        if passes == 1 and len(word.runs) == 1 and isinstance(word.runs[0].number, int):
            results["bias"] = word.runs[0].number
        else:
            results["bias"] = self._read(scope, instance, "bias", "group", word.width, passes)
        return results

    def _read(
        self, scope: ModuleScope, instance: Instance, port: str, address: str, bits: int, depth: int
    ) -> str:
        """The memory at a port, which has to follow the layer's own address."""
        (run, *more) = scope.pin(instance, port).runs
        number = run.number
        if more or not isinstance(number, tuple) or number[0] != "memory" or run.width != bits:
            raise EdgemlError(f"{port} of {instance.name} is no memory of {bits} bits")
        memory = self._instances[str(number[1])]
        of = self._memories[memory.module]
        for pin, signals in (
            ("clk", [CLOCK]),
            ("ce", [("ce", instance.name)]),
            ("address", [(address, instance.name, at) for at in range(of.address)]),
        ):
            if [one.number for one in scope.pin(memory, pin).runs] != signals:
                raise EdgemlError(f"{pin} of {memory.name} is connected to something else")
        if of.bits != bits or of.depth < depth or depth > 1 << of.address:
            raise EdgemlError(f"{memory.module} has not {depth} words of {bits} bits")
        return memory.module

    def _memory(self, scope: ModuleScope, instance: Instance, port: str) -> Word:
        del scope
        return Word((BitRun(self._memories[instance.module].bits, ("memory", instance.name, port)),))

    def _kernel(self, scope: ModuleScope, instance: Instance, port: str) -> Word:
        """The output of a kernel."""
        if instance.name not in self._buses:
            tap = self._kernels[instance.module]
            assert tap.core is not None and tap.design is not None
            nets = self._modules[instance.module].nets.values()
            ports = [net.name for net in nets if net.direction == "input" and net.name not in ("clk", "ce")]
            starts = {one: self._lanes(scope.pin(instance, one)) for one in ports}
            (value,) = tap.design.graph.outputs
            size = tap.design.graph.info(value).size
            first = next(iter(starts.values()))
            stages, valid = self._paced(scope, instance, list(starts.values()))
            width, rest = divmod(scope.bus_width(instance, port), size)
            if rest or not width:
                raise EdgemlError(f"{port} of {instance.name} has another number of elements than {size}")
            self._sized(value, first.count * size)
            signed = bool(self._graph.info(value).lo.min() < 0)
            after = every_element(value, first.count, size, width, signed, valid)
            self._buses[instance.name] = after
            kernel = ChainKernel(instance.name, instance.module, stages, starts, tap, port, after)
            self.parts.append(kernel)
        return self._word(instance.name)

    def _paced(
        self, scope: ModuleScope, instance: Instance, starts: Sequence[PassedBeats]
    ) -> tuple[int, Signal]:
        """The registers of a kernel and its valid bit: those of its control."""
        (run,) = scope.pin(instance, "ce").runs
        if run.number == 0:
            return 0, joined_valid(starts)
        if not isinstance(run.number, tuple) or run.number[0] != "ce":
            raise EdgemlError(f"ce of {instance.name} is connected to something else")
        control = self._instances[str(run.number[1])]
        if control.module != CONTROL or scope.pin(instance, "clk").runs != (BitRun(1, CLOCK),):
            raise EdgemlError(f"{instance.name} has no control of its own")
        self._clocked(scope, control)
        self._check_handshake(self._valid(control, "s_valid"), starts, control.name, ("ready", control.name))
        stages = scope.values(control)["STAGES"]
        if stages < 1:
            raise EdgemlError(f"{control.name} has {stages} stages")
        return stages, ("valid", control.name)
