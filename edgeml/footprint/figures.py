"""RUN/mcus.json: what the C of a run takes on cores of microcontrollers."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from edgeml.backends.c.ports import Bytes
from edgeml.documents import Document, Record
from edgeml.figures import Figure

FILE = "mcus.json"


class LayerFootprint(Record):
    """One function of the model.

    Args:
        layer: its name in C without `layer_`; "" for the function that calls the others, with the code that
            layers share.
        code: bytes of its instructions.
        constants: bytes of the arrays that it reads.
        instructions: per inference, with those of shared and library functions that it calls.
        cycles: per inference.
    """

    layer: str
    code: Bytes
    constants: Bytes
    instructions: Annotated[float, Field(ge=0)]
    cycles: Figure


class CoreFigures(Record):
    """The model on one core.

    Args:
        core: its name.
        compiler: the compiler with its version.
        emulator: the emulator with its version.
        code: bytes of the model's instructions.
        constants: bytes of its constants.
        support: bytes of library functions that it calls (divisions, memcpy).
        arena: bytes of its static memory.
        buffers: bytes of its inputs and outputs.
        stack: bytes of stack that it used at most, measured.
        instructions: per inference, the mean over the samples.
        cycles: per inference; the interval is that of the core's manual.
        timing: the document with the cycles of instructions.
        samples: how many samples were run.
        layers: its functions, in the order of the program's memory.
    """

    core: str
    compiler: str
    emulator: str
    code: Bytes
    constants: Bytes
    support: Bytes
    arena: Bytes
    buffers: Bytes
    stack: Bytes
    instructions: Annotated[float, Field(ge=0)]
    cycles: Figure
    timing: str
    samples: Annotated[int, Field(ge=1)]
    layers: tuple[LayerFootprint, ...]

    @property
    def flash(self) -> int:
        """Bytes of flash."""
        return self.code + self.constants + self.support

    @property
    def ram(self) -> int:
        """Bytes of RAM: arena, stack, inputs and outputs."""
        return self.arena + self.stack + self.buffers


class NotMeasured(Record):
    """A core without figures.

    Args:
        core: its name.
        reason: why there are none, and how to get them.
    """

    core: str
    reason: str


class Footprint(Document):
    """The object behind mcus.json.

    Args:
        graph: digest of the graph.
        files: digest of the C that was measured.
        cores: figures by core.
        missing: cores that could not be measured.
        promised_arena: bytes that `<NAME>_ARENA_BYTES` states.
        widest: the layer with the most memory in use while it runs.
        widest_bytes: that memory.
        largest: the layer with the most constants.
        largest_bytes: bytes of these.
    """

    what: ClassVar[str] = "footprint on microcontrollers"
    remedy: ClassVar[str] = "run edgeml estimate RUN --mcu NAME again"

    schema_: Literal[1] = Field(default=1, alias="schema")
    graph: str
    files: str
    cores: tuple[CoreFigures, ...]
    missing: tuple[NotMeasured, ...]
    promised_arena: Bytes
    constants: Bytes
    buffers: Bytes
    widest: str
    widest_bytes: Bytes
    largest: str
    largest_bytes: Bytes

    def core(self, name: str) -> CoreFigures | None:
        """The figures of one core; None if there are none."""
        return next((one for one in self.cores if one.core == name), None)
