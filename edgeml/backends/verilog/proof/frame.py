"""The frame of a design that takes a whole sample per beat: streams, pipeline control and skid buffer.

The three modules of this frame are edgeml's own text, which the prover compares and does not carry out:
docs/proofs.md says why they deliver every beat once, in order, with as many registers as they say. What is
checked here is that they are connected as that argument takes them to be, and that the data are as old as the
valid bit beside them.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass

from edgeml.backends.verilog.manifest import Lanes, VerilogManifest
from edgeml.backends.verilog.proof.machine import DesignReader, ModuleScope, older
from edgeml.backends.verilog.proof.parser import read_module
from edgeml.backends.verilog.proof.syntax import Instance, Module
from edgeml.backends.verilog.proof.words import BitRun, Bus, Signal, Word
from edgeml.errors import EdgemlError
from edgeml.share import share_dir
from edgeml.stages.symbols import Atom, Number, Sym, unknown

CORE = "u_core"
DELAY, CONTROL, SKID = "edgeml_delay", "edgeml_pipe_control", "edgeml_skid"

CLOCK: Signal = ("in", "aclk")
RESET: Signal = ("not", ("in", "aresetn"))
_OFFERED: Signal = ("in", "s_axis_tvalid")
_TAKES: Signal = ("in", "m_axis_tready")
ENABLE: Signal = ("pipe", "ce")
_READY: Signal = ("pipe", "s_ready")
_VALID: Signal = ("pipe", "m_valid")
_ROOM: Signal = ("skid", "s_ready")
_FULL: Signal = ("skid", "m_valid")
_IN_SKID = 1 << 40
"""The clock of what the skid buffer gives, which nothing else has."""
_PORTS = ("aclk", "aresetn", "s_axis_tvalid", "m_axis_tready")


def read_design(
    files: Mapping[str, str],
    parts: Collection[str] = (DELAY, CONTROL, SKID),
    heads: Collection[str] = (),
) -> dict[str, Module]:
    """The modules of a design by name; of edgeml's own text the ports alone.

    Args:
        files: texts by file name.
        parts: modules whose text has to be edgeml's own.
        heads: files of which only the ports are read.

    Raises:
        EdgemlError: something is not understood, or a file of edgeml's has another text.
    """
    modules: dict[str, Module] = {}
    for file, text in files.items():
        name = file.removesuffix(".v")
        own = name in parts
        if own and text != (share_dir("hw") / "rtl" / file).read_text():
            raise EdgemlError("is not edgeml's own text, and no other is understood", file)
        module = read_module(text, file, head=own or file in heads)
        if module.name in modules or (own and module.name != name):
            raise EdgemlError(f"{module.name} is there twice", file)
        modules[module.name] = module
    return modules


@dataclass
class StreamFrame:
    """The rules for the modules of the frame.

    Args:
        stages: registers of the pipeline, once they are known.
    """

    stages: int | None = None

    def rules(self) -> dict[str, Callable[[ModuleScope, Instance, str], Word]]:
        """The rules for these modules."""
        return {DELAY: delayed, CONTROL: self._control, SKID: self._skid}

    def _control(self, scope: ModuleScope, instance: Instance, port: str) -> Word:
        signals = {"clk": CLOCK, "rst": RESET, "s_valid": _OFFERED, "m_ready": _ROOM}
        _connected(scope, instance, signals)
        stages = scope.values(instance)["STAGES"]
        if self.stages not in (None, stages) or stages < 1 or scope.path:
            raise EdgemlError("a second control of a pipeline, or one with no stages")
        self.stages = stages
        return Word((BitRun(1, ("pipe", port)),))

    def _skid(self, scope: ModuleScope, instance: Instance, port: str) -> Word:
        if port != "m_data":
            return Word((BitRun(1, ("skid", port)),))
        signals = {"clk": CLOCK, "rst": RESET, "s_valid": _VALID, "m_ready": _TAKES}
        _connected(scope, instance, signals)
        word = scope.pin(instance, "s_data")
        if word.width != scope.values(instance)["WIDTH"]:
            raise EdgemlError(f"a buffer of {scope.values(instance)['WIDTH']} bits gets {word.width}")
        for run in word.runs:
            if run.clock not in (None, self.stages):
                raise EdgemlError(f"data are {run.clock} clocks old, their valid bit {self.stages}")
        return Word(tuple(run._replace(clock=_IN_SKID) for run in word.runs))


def _connected(scope: ModuleScope, instance: Instance, signals: Mapping[str, Signal]) -> None:
    for port, signal in signals.items():
        if scope.pin(instance, port).runs != (BitRun(1, signal),):
            raise EdgemlError(f"{port} of {instance.name} is connected to something else")


def delayed(scope: ModuleScope, instance: Instance, port: str) -> Word:
    """The output of an `edgeml_delay`: its input, some clocks older.

    Raises:
        EdgemlError: the delay is not connected as it has to be, or its width is another one.
    """
    del port
    _connected(scope, instance, {"clk": scope.machine.clock, "ce": scope.machine.enable})
    values, word = scope.values(instance), scope.pin(instance, "d")
    if word.width != values["WIDTH"] or values["CYCLES"] < 1:
        raise EdgemlError(f"a delay of {values['WIDTH']} bits gets {word.width}")
    return older(word, values["CYCLES"])


@dataclass
class ReadDesign:
    """A design that was carried out.

    Args:
        machine: knows the wires that hold elements.
        modules: by name.
        core: the module that holds the layers.
        pins: what its inputs get: width and cell of every element, from the lowest bit on.
        ages: of these cells, in clocks.
        outputs: the numbers of the elements of all outputs.
    """

    machine: DesignReader
    modules: Mapping[str, Module]
    core: Module
    pins: dict[str, list[tuple[int, str | int]]]
    ages: dict[str, int]
    outputs: dict[str, list[Number]]


def carried_out(
    manifest: VerilogManifest,
    modules: Mapping[str, Module],
    inputs: Mapping[str, list[Number]],
    elements: Mapping[str, Atom],
) -> ReadDesign:
    """Carry out a design that takes a whole sample per beat.

    Args:
        manifest: where codes lie in the beats.
        modules: by name.
        inputs: the numbers of the elements of all inputs.
        elements: of wires that hold elements of values, by path.

    Raises:
        EdgemlError: something is not understood.
    """
    frame = StreamFrame()
    machine = DesignReader(modules, elements, frame.rules(), CLOCK, ENABLE)
    if manifest.top not in modules:
        raise EdgemlError(f"there is no module {manifest.top}")
    beat = _beat(manifest, inputs)

    def at_port(port: str, width: int) -> Word:
        if port in _PORTS:
            return Word((BitRun(width, ("in", port)),))
        if port != "s_axis_tdata":
            raise EdgemlError(f"has another input: {port}", modules[manifest.top].file)
        return beat

    scope = ModuleScope(machine, modules[manifest.top], "", {}, at_port)
    try:
        scope.settled()
    except RecursionError:
        raise EdgemlError("is nested too deeply", scope.module.file) from None
    for port, signal in (("s_axis_tready", ("and", _READY, ("in", "aresetn"))), ("m_axis_tvalid", _FULL)):
        if scope.bus(port).word.runs != (BitRun(1, signal),):
            raise EdgemlError(f"{port} is driven by something else", scope.module.file)
    if scope.bus("m_axis_tlast").word.runs != (BitRun(1, 1),):
        raise EdgemlError("m_axis_tlast is not always 1", scope.module.file)
    bus = scope.bus("m_axis_tdata")
    outputs = {lanes.value: _lanes(machine, bus, lanes) for lanes in manifest.output.values}
    core, pins, ages = _core(scope)
    return ReadDesign(machine, modules, core, pins, ages, outputs)


def _core(scope: ModuleScope) -> tuple[Module, dict[str, list[tuple[int, str | int]]], dict[str, int]]:
    """The module that holds the layers, what its inputs get, and how old that is."""
    instance = next((one for one in scope.module.instances if one.name == CORE), None)
    if instance is None:
        raise EdgemlError(f"there is no {CORE}", scope.module.file)
    core = scope.machine.modules[instance.module]
    pins: dict[str, list[tuple[int, str | int]]] = {}
    ages: dict[str, int] = {}
    for net in core.nets.values():
        if net.direction != "input" or net.name in ("clk", "ce"):
            continue
        pins[net.name] = []
        for run in scope.pin(instance, net.name).runs:
            number = run.number
            cell: str | int
            if (
                isinstance(number, Sym)
                and number.root is not None
                and number.key == 0
                and run.clock is not None
            ):
                cell = number.root.owner
                if ages.setdefault(cell, run.clock) != run.clock:
                    raise EdgemlError(f"{net.name} gets an element of two clocks", scope.module.file)
            elif isinstance(number, int):
                cell = number
            else:
                raise EdgemlError(f"{net.name} gets something else than elements", scope.module.file)
            pins[net.name].append((run.width, cell))
    return core, pins, ages


def _beat(manifest: VerilogManifest, inputs: Mapping[str, list[Number]]) -> Word:
    """The bits of s_axis_tdata."""
    runs: list[BitRun] = []
    for lanes in manifest.input.values:
        more = lanes.lane - lanes.width
        for number in inputs[lanes.value]:
            runs.append(BitRun(lanes.width, number, 0))
            if more:
                runs.append(BitRun(more, unknown("bits of a lane beside the code", 0, (1 << more) - 1), 0))
    rest = manifest.input.bits - sum(run.width for run in runs)
    if rest:
        runs.append(BitRun(rest, unknown("bits of a beat beside all lanes", 0, (1 << rest) - 1), 0))
    return Word(tuple(runs))


def _lanes(machine: DesignReader, bus: Bus, lanes: Lanes) -> list[Number]:
    """The codes in the lanes of a beat, each read as the whole lane."""
    codes: list[Number] = []
    for at in range(lanes.elements):
        word = bus.cut(lanes.offset + at * lanes.lane, lanes.lane, machine.words)
        if any(run.clock not in (None, _IN_SKID) for run in word.runs):
            raise EdgemlError("does not come from the skid buffer", lanes.value)
        codes.append(machine.words.read(word, lanes.signed)[0])
    return codes
