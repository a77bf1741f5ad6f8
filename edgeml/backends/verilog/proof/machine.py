"""Carries a design out from its inputs to its outputs: what every wire is, as a function of elements.

Modules are entered where they are instantiated. A register that takes its number at every enabled clock
makes it one clock older; every register has to be one of these, of one clock and one enable, so that the
design is a pipeline. Wires that hold a value of the graph stand for themselves from there on.

Invariant: a net has one driver for every bit, and is understood whole or not at all.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from edgeml.backends.verilog.proof.expressions import WordExpressions
from edgeml.backends.verilog.proof.syntax import Assignment, ExprKind, Instance, Module, Net, Table, VExpr
from edgeml.backends.verilog.proof.words import BitRun, Bus, Signal, Word, Words
from edgeml.errors import EdgemlError
from edgeml.stages.symbols import Algebra, Atom, Number, element

_MOST_TURNS = 1 << 20


@dataclass(frozen=True)
class PortDriver:
    """An output of an instance that drives a net.

    Args:
        instance: which one.
        port: its output.
        below: the nets that its lower bits drive; None if the net is all of it.
    """

    instance: Instance
    port: str
    below: tuple[str, ...] | None = None


@dataclass
class CutWire:
    """A wire that holds an element.

    Args:
        number: what it is.
        clock: how old it is; None if it depends on nothing.
        net: its declaration.
        width: its bits.
        module: the module.
    """

    number: Number
    clock: int | None
    net: Net
    width: int
    module: str


@dataclass
class DesignReader:
    """A design that is carried out.

    Args:
        modules: by name.
        elements: of the wires that hold elements of values, by their path ("u_core.u_fc1.fc1_0").
        primitives: rules for modules whose text is edgeml's own: what an output of an instance is.
        clock: the signal of the clock.
        enable: the signal that lets registers take numbers.
    """

    modules: Mapping[str, Module]
    elements: Mapping[str, Atom]
    primitives: Mapping[str, Callable[[ModuleScope, Instance, str], Word]]
    clock: Signal
    enable: Signal
    cuts: dict[str, CutWire] = field(default_factory=dict[str, CutWire])

    def __post_init__(self) -> None:
        self.words = Words(Algebra())
        self.expressions = WordExpressions(self.words)


class ModuleScope:
    """One instance of a module.

    Args:
        machine: the design.
        module: the module.
        path: of the instance, with a dot behind it; empty for the top.
        parameters: their values.
        inputs: the words of the input ports.
    """

    def __init__(
        self,
        machine: DesignReader,
        module: Module,
        path: str,
        parameters: Mapping[str, int],
        inputs: Callable[[str, int], Word],
    ) -> None:
        self.machine, self.module, self.path = machine, module, path
        self._parameters, self._inputs = parameters, inputs
        self._loops: dict[str, int] = {}
        self._buses: dict[str, Bus | None] = {}
        self._children: dict[str, ModuleScope] = {}
        self._tables: dict[str, tuple[Table, int]] = {}
        self._drivers: dict[str, list[Assignment | PortDriver]] = {}
        for driver in module.drivers:
            self._drivers.setdefault(driver.target.mark, []).append(driver)
        names = {instance.name for instance in module.instances}
        if len(names) != len(module.instances):
            raise EdgemlError("has two instances of one name", module.file)
        for instance in module.instances:
            self._index(instance)

    def _index(self, instance: Instance) -> None:
        """Note which nets an instance drives."""
        if instance.module not in self.machine.modules:
            raise self._error(f"there is no module {instance.module}", instance.line)
        for port, pin in instance.pins.items():
            if self.direction(instance, port) == "input" or pin is None:
                continue
            nets = pin.parts if pin.kind is ExprKind.JOIN else (pin,)
            if any(net.kind is not ExprKind.NAME for net in nets):
                raise self._error("an output goes to more than nets", instance.line)
            for at, net in enumerate(nets):
                below = tuple(one.mark for one in nets[at + 1 :]) if len(nets) > 1 else None
                self._drivers.setdefault(net.mark, []).append(PortDriver(instance, port, below))

    def direction(self, instance: Instance, port: str) -> str:
        """The direction of a port of a module inside of this one.

        Raises:
            EdgemlError: the module has no such port.
        """
        net = self.machine.modules[instance.module].nets.get(port)
        if net is None or not net.direction:
            raise self._error(f"there is no port {port} of {instance.module}", instance.line)
        return net.direction

    def _error(self, what: str, line: int) -> EdgemlError:
        return EdgemlError(what, f"{self.module.file}, line {line}")

    # ---------------------------------------------------------------- names

    def number(self, name: str) -> int | None:
        """The value of a parameter or of a loop's variable."""
        turn = self._loops.get(name)
        return self._parameters.get(name) if turn is None else turn

    def table(self, name: str) -> tuple[Table, int]:
        """A function, and its number among all.

        Raises:
            EdgemlError: the module has no such function.
        """
        if name not in self._tables:
            table = self.module.tables.get(name)
            if table is None:
                raise EdgemlError(f"there is no function {name}")
            mask = (1 << self.machine.expressions.size(table.high, self)) - 1
            entries = {code: entry & mask for code, entry in table.entries.items()}
            number = self.machine.words.operations.table(entries, table.default & mask)
            self._tables[name] = table, number
        return self._tables[name]

    def bus(self, name: str) -> Bus:
        """The word of a net.

        Raises:
            EdgemlError: the net depends on itself, or what drives it is not understood.
        """
        if name not in self._buses:
            self._buses[name] = None
            self._buses[name] = self._bus(name)
        bus = self._buses[name]
        if bus is None:
            raise EdgemlError(f"{name} depends on itself")
        return bus

    def settled(self) -> ModuleScope:
        """The instance with all of its nets, in the order of the text."""
        nets = self.module.nets.values()
        for net in sorted(nets, key=lambda net: net.direction == "output"):
            self.bus(net.name)
        return self

    def child(self, instance: Instance) -> ModuleScope:
        """An instance inside of this one.

        Raises:
            EdgemlError: a parameter or a connection of the instance is not understood.
        """
        if instance.name not in self._children:
            module = self.machine.modules[instance.module]

            def at_port(port: str, width: int) -> Word:
                pin = instance.pins.get(port)
                if pin is None:
                    raise self._error(f"{port} of {instance.name} is not connected", instance.line)
                return self._assigned(pin, width)

            unknown = set(instance.parameters) - set(module.parameters)
            if unknown:
                raise self._error(f"there is no parameter {min(unknown)}", instance.line)
            path = f"{self.path}{instance.name}."
            scope = ModuleScope(self.machine, module, path, self.values(instance), at_port)
            self._children[instance.name] = scope
            scope.settled()
        return self._children[instance.name]

    def values(self, instance: Instance) -> dict[str, int]:
        """The parameters of an instance."""
        expressions, module = self.machine.expressions, self.machine.modules[instance.module]
        chosen = {**module.parameters, **instance.parameters}
        return {name: expressions.constant(expr, self) for name, expr in chosen.items()}

    def bus_width(self, instance: Instance, port: str) -> int:
        """The bits of the net behind an output of an instance."""
        pin = instance.pins[port]
        return self._size("" if pin is None else pin.mark, instance.line)

    def _size(self, name: str, line: int) -> int:
        """The bits of a net."""
        net = self.module.nets.get(name)
        if net is None:
            raise self._error("an output does not go to a net", line)
        return self.machine.expressions.size(net.high, self)

    def pin(self, instance: Instance, port: str) -> Word:
        """The word that an input of an instance gets, as wide as it is.

        Raises:
            EdgemlError: the input is not connected, or its expression not understood.
        """
        expr = instance.pins.get(port)
        if expr is None:
            raise self._error(f"{port} of {instance.name} is not connected", instance.line)
        return self._at(expr.line, lambda: self.machine.expressions.itself(expr, self))

    # ---------------------------------------------------------------- nets

    def _assigned(self, expr: VExpr, width: int) -> Word:
        return self._at(expr.line, lambda: self.machine.expressions.assigned(expr, width, self))

    def _at(self, line: int, make: Callable[[], Word]) -> Word:
        try:
            return make()
        except EdgemlError as error:
            if error.where:
                raise
            raise self._error(error.what, line) from None

    def _bus(self, name: str) -> Bus:
        net = self.module.nets.get(name)
        if net is None:
            raise EdgemlError(f"there is no net {name}")
        width = self.machine.expressions.size(net.high, self)
        word = self._inputs(name, width) if net.direction == "input" else self._driven(net, width)
        if word.width != width:
            raise self._error(f"{name} has {width} bits and gets {word.width}", net.line)
        return Bus(self._standing_for_itself(net, word), net.signed)

    def _standing_for_itself(self, net: Net, word: Word) -> Word:
        """The word of a net; an element of a value, if it holds one."""
        path = f"{self.path}{net.name}"
        atom = self.machine.elements.get(path)
        if atom is None:
            return word
        number, clock = self.machine.words.read(word, net.signed)
        self.machine.cuts[path] = CutWire(number, clock, net, word.width, self.module.name)
        if isinstance(number, int):
            return word
        return Word((BitRun(word.width, element(atom), clock),))

    def _driven(self, net: Net, width: int) -> Word:
        drivers = self._drivers.get(net.name, [])
        if len(drivers) == 1:
            (driver,) = drivers
            if isinstance(driver, PortDriver):
                return self._output(driver, width)
            if driver.target.kind is ExprKind.NAME and not driver.loops:
                return self._assignment(net, driver, width)
        parts = sorted(
            (part for driver in drivers for part in self._parts(net, driver)), key=lambda part: part[0]
        )
        end, runs = 0, list[BitRun]()
        for low, word in parts:
            if low != end:
                raise self._error(
                    f"bit {min(low, end)} of {net.name} is driven twice or not at all", net.line
                )
            end += word.width
            runs += word.runs
        if end != width:
            raise self._error(f"bit {min(width, end)} of {net.name} is driven twice or not at all", net.line)
        return Word(tuple(runs))

    def _output(self, driver: PortDriver, width: int) -> Word:
        instance, port = driver.instance, driver.port
        rule = self.machine.primitives.get(instance.module)
        if rule is not None:
            word = self._at(instance.line, lambda: rule(self, instance, port))
        else:
            word = self.child(instance).bus(port).word
        if driver.below is None:
            return word
        low = sum(self._size(net, instance.line) for net in driver.below)
        return self._at(instance.line, lambda: Bus(word).cut(low, width, self.machine.words))

    def _parts(self, net: Net, driver: Assignment | PortDriver) -> Iterator[tuple[int, Word]]:
        """The parts of a net that a driver drives: lowest bits and words."""
        if isinstance(driver, PortDriver):
            raise self._error(f"{net.name} is driven twice", net.line)
        target, constant = driver.target, self.machine.expressions.constant
        for _ in self._turns(driver.loops, target.line):
            low = width = 0
            match target.kind:
                case ExprKind.BIT:
                    low, width = constant(target.parts[0], self), 1
                case ExprKind.PART:
                    high, low = (constant(part, self) for part in target.parts)
                    width = high - low + 1
                case ExprKind.PLUS:
                    low, width = (constant(part, self) for part in target.parts)
                case _:
                    raise self._error(f"{net.name} is driven twice", net.line)
            if width < 1:
                raise self._error(f"assigns {width} bits", target.line)
            yield low, self._assignment(net, driver, width)

    def _turns(self, loops: tuple[tuple[str, VExpr], ...], line: int) -> Iterator[None]:
        if not loops:
            yield None
            return
        (name, count), *inner = loops
        turns = self.machine.expressions.constant(count, self)
        if turns > _MOST_TURNS:
            raise self._error(f"takes {turns} turns of a loop, which are not followed", line)
        for turn in range(turns):
            self._loops[name] = turn
            yield from self._turns(tuple(inner), line)
        self._loops.pop(name, None)

    def _assignment(self, net: Net, driver: Assignment, width: int) -> Word:
        """The word that a driver gives, a clock older if it is a register."""
        if net.register != (driver.clock is not None):
            raise self._error(f"{net.name} is {'a' if net.register else 'no'} register", driver.target.line)
        word = self._assigned(driver.source, width)
        if driver.clock is None:
            return word
        self._check(driver.clock, self.machine.clock, "a register has another clock")
        if driver.enable is None:
            raise self._error("a register takes a number at every clock", driver.target.line)
        self._check(driver.enable, self.machine.enable, "a register has another enable")
        return older(word, 1)

    def _check(self, expr: VExpr, signal: Signal, reason: str) -> None:
        if self._assigned(expr, 1).runs != (BitRun(1, signal),):
            raise self._error(reason, expr.line)


def older(word: Word, clocks: int) -> Word:
    """The word some clocks later.

    Raises:
        EdgemlError: a bit of the word belongs to the handshake.
    """
    if any(isinstance(run.number, tuple) for run in word.runs):
        raise EdgemlError("a register takes a bit of the handshake")
    return Word(
        tuple(run._replace(clock=None if run.clock is None else run.clock + clocks) for run in word.runs)
    )
