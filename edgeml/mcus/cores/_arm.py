"""Cycles shared by the Cortex-M files: of cores whose manuals state them, and of those whose do not."""

from __future__ import annotations

from collections.abc import Mapping

from edgeml.mcus.cores._base import InstructionClass, Timing

# A register list costs a cycle and one for each register, one to nine of them, and up to three more if the
# last one is the program counter.
_MULTIPLE = (2.0, 13.0)

_M3: Mapping[InstructionClass, tuple[float, float]] = {
    InstructionClass.LOAD: (1.0, 2.0),  # 2, and 1 where it follows another load or store
    InstructionClass.STORE: (1.0, 2.0),
    InstructionClass.MULTIPLY: (1.0, 7.0),  # MUL 1, MLA 2, SMULL and UMULL 3 to 5, SMLAL and UMLAL 4 to 7
    InstructionClass.DIVIDE: (2.0, 12.0),
    InstructionClass.BRANCH: (1.0, 4.0),  # 1, and 1 to 3 to fill the pipeline if taken
    InstructionClass.MULTIPLE: _MULTIPLE,
    InstructionClass.OTHER: (1.0, 1.0),
}

M3 = Timing(
    _M3,
    "Cortex-M3 Technical Reference Manual, instruction set summary",
    "https://infocenter.arm.com/help/topic/com.arm.doc.ddi0337h/CHDDIGAC.html",
)

M4 = Timing(
    {**_M3, InstructionClass.MULTIPLY: (1.0, 1.0)},
    "Cortex-M4 Technical Reference Manual, instruction set summary",
    "https://infocenter.arm.com/help/topic/com.arm.doc.100166_0001_00_en/ric1417175924567.html",
)


def m0(branch: tuple[float, float], multiply: tuple[float, float], document: str, url: str) -> Timing:
    """Cycles of the cores with ARMv6-M.

    Args:
        branch: cycles of a branch, not taken and taken.
        multiply: cycles of a multiplication: 1 or 32, as the maker of the chip chose.
        document: the manual.
        url: its address.
    """
    cycles = {
        InstructionClass.LOAD: (2.0, 2.0),
        InstructionClass.STORE: (2.0, 2.0),
        InstructionClass.MULTIPLY: multiply,
        InstructionClass.DIVIDE: (1.0, 1.0),  # there is no such instruction
        InstructionClass.BRANCH: branch,
        InstructionClass.MULTIPLE: _MULTIPLE,
        InstructionClass.OTHER: (1.0, 1.0),
    }
    return Timing(cycles, document, url)


def unpublished(title: str, url: str) -> Timing:
    """Cycles of a core that issues two instructions at once in part and whose manual has no table of cycles.

    https://www.quinapalus.com/cm7cycles.html measures pairs of them on a Cortex-M7.

    Args:
        title: of the core.
        url: of its manual, which describes the pipeline.
    """
    cycles = {one: (0.5, most) for one, (_, most) in M4.cycles.items()}
    cycles[InstructionClass.DIVIDE] = M4.cycles[InstructionClass.DIVIDE]
    cycles[InstructionClass.MULTIPLE] = (1.0, _MULTIPLE[1])
    document = f"{title}: no table of cycles in its manual; from two instructions a cycle to a Cortex-M4's"
    return Timing(cycles, document, url)
