"""Costs of cells, counted by hand; every family is complete, every board has one or says why not."""

from __future__ import annotations

import re

import pytest

from edgeml import boards, families, tools
from edgeml.boards import Flow
from edgeml.errors import EdgemlError
from edgeml.estimate import calibration
from edgeml.families import PortPin
from edgeml.figures import KINDS

# Cells of a design with an adder, a 16x16 multiplier, shift registers, a block RAM and a LUT RAM, as Yosys
# 0.23 and 0.70 (gowin) map it, and what they cost: LUT, FF, DSP, BRAM.
COUNTED = {
    "ecp5": (
        "CCU2C 9 DP16KD 1 L6MUX21 3 LUT4 110 MULT18X18D 1 PFUMX 22 TRELLIS_DPR16X4 4 TRELLIS_FF 285",
        (110 + 2 * 9 + 6 * 4, 285, 1, 1),
    ),
    "ice40": (
        "SB_CARRY 16 SB_DFF 44 SB_DFFE 433 SB_DFFSR 32 SB_LUT4 308 SB_MAC16 1 SB_RAM40_4K 4",
        (308, 44 + 433 + 32, 1, 4),
    ),
    "xilinx7": (
        "CARRY4 5 DSP48E1 1 FDRE 49 LUT2 16 LUT3 15 LUT4 17 SRL16E 16 RAM32M 2 RAMB18E1 1 BUFG 1 IBUF 34",
        (16 + 15 + 17 + 16 + 4 * 2, 49, 1, 0.5),
    ),
    "xilinxup": (
        "CARRY4 5 DSP48E2 1 FDRE 81 LUT2 16 LUT3 15 LUT4 17 SRL16E 16 RAM32M16 1 RAMB18E2 1 RAMB36E2 2",
        (16 + 15 + 17 + 16 + 8, 81, 1, 2.5),
    ),
    "gowin": (
        "ALU 17 DFF 44 DFFE 209 DFFR 32 DPX9B 1 GND 1 LUT1 15 LUT2 20 LUT3 14 LUT4 39 MULT18X18 1 MULT9X9 1 "
        "MUX2_LUT5 28 RAM16SDP4 4 VCC 1",
        (17 + 15 + 20 + 14 + 39 + 4 * 4, 44 + 209 + 32, 1.5, 1),
    ),
    "nexus": (
        "CCU2 10 DPR16X4 4 FD1P3IX 241 IB 34 INV 32 LUT4 42 WIDEFN9 3 MULT18X18 1 OB 40 PDPSC16K 1 VHI 1",
        (42 + 2 * 10 + 2 * 3 + 6 * 4, 241, 1, 1),
    ),
    "cyclonev": (
        "MISTRAL_ALUT2 15 MISTRAL_ALUT6 3 MISTRAL_ALUT_ARITH 17 MISTRAL_FF 241 MISTRAL_M10K 2 "
        "MISTRAL_MUL18X18 1 MISTRAL_NOT 1",
        (3 + (15 + 17 + 1) / 2, 241, 0.5, 2),
    ),
}


def cells(text: str) -> dict[str, int]:
    words = text.split()
    return {kind: int(number) for kind, number in zip(words[::2], words[1::2], strict=True)}


MAPPED = [name for name in families.names() if families.load(name).yosys is not None]


@pytest.mark.parametrize("name", families.names())
class TestEveryFamily:
    def test_is_whole(self, name: str) -> None:
        family = families.load(name)
        assert family.name == name
        assert family.boards and family.title
        assert family.vendor is not None or family.yosys is not None
        assert (family.constraints is None) == (not family.flows)
        if family.open is not None:
            assert family.yosys is not None and family.constraints is not None
            assert tools.load(family.open.placer).name == family.open.placer
            assert not family.open.packer or tools.load(family.open.packer).name == family.open.packer
            assert set(family.open.counts) <= set(KINDS)

    def test_its_fabrics_are_measured_or_borrow(self, name: str) -> None:
        family = families.load(name)
        fabrics = [family.vendor, family.yosys.fabric if family.yosys is not None else None]
        for fabric in fabrics:
            if fabric is not None:
                calibration.of(fabric)  # a KeyError otherwise
                assert (fabric.name in calibration.measured()) == (not fabric.borrows)

    def test_its_constraints_name_every_port_and_pin(self, name: str) -> None:
        constraints = families.load(name).constraints
        if constraints is None:
            return  # a vendor's tool reads its own format
        text = "\n".join(constraints.lines(PortPin("led0", "A12", "LVCMOS33", "up", 25.0)))
        assert {"led0", "A12"} <= set(re.findall(r"\w+", text))


@pytest.mark.parametrize("name", MAPPED)
class TestEveryFamilyOfYosys:
    def test_counts_as_by_hand(self, name: str) -> None:
        text, expected = COUNTED[name]
        usage = families.load(name).usage(cells(text))
        assert tuple(getattr(usage, kind).value for kind in KINDS[:4]) == expected

    def test_no_cell_both_costs_and_is_free(self, name: str) -> None:
        mapping = families.load(name).mapping
        assert not set(mapping.costs) & set(mapping.free.split())

    def test_an_unknown_cell_is_no_zero(self, name: str) -> None:
        with pytest.raises(EdgemlError, match=f"what LUT_OF_TOMORROW takes.*{name}|{name}.*LUT_OF_TOMORROW"):
            families.load(name).usage({"LUT_OF_TOMORROW": 1})


def test_no_two_families_claim_a_board() -> None:
    claimed = [board for name in families.names() for board in families.load(name).boards]
    assert len(claimed) == len(set(claimed))


def test_one_family_stands_for_each_kind_of_table() -> None:
    generic = [families.load(name).generic_for for name in families.names()]
    assert sorted(kind for kind in generic if kind is not None) == ["alm", "lut4", "lut6"]


def test_every_open_flow_has_one_constraint_format() -> None:
    flows = [flow for name in families.names() for flow in families.load(name).flows]
    assert len(flows) == len(set(flows))
    assert {flow for flow in Flow if flow.is_open} <= set(flows)


@pytest.mark.parametrize("name", boards.names())
def test_every_board_has_a_family(name: str) -> None:
    board = boards.load(name)
    family = families.of(board)
    assert family is not None and board.family in family.boards
    assert family.open is not None or not board.flow.is_open
    if family.yosys is not None:
        assert families.mapped(board) is family
        return
    with pytest.raises(EdgemlError, match=f"cannot synthesize for {board.family}"):
        families.mapped(board)


def test_a_chip_that_no_file_names_is_taken_for_one_with_the_same_tables() -> None:
    artix = boards.load("arty-a7-35t")
    strange = artix.model_copy(update={"family": "Kintex-9"})
    assert families.of(strange) is None
    for tool in ("yosys", "vendor"):
        assert families.fabric(strange, tool) == families.fabric(artix, tool)
    slow = boards.load("icebreaker").model_copy(update={"family": "iCE40 HX"})
    assert families.fabric(slow) == families.fabric(boards.load("icebreaker"))  # by its flow


def test_the_boards_own_blocks_count() -> None:
    assert families.fabric(boards.load("zcu104")).dsp_bits == (27, 18)
    assert families.fabric(boards.load("certuspro-nx"), "yosys").name == "yosys-nexus"


def test_alms_have_an_interval() -> None:
    lut = families.load("cyclonev").usage({"MISTRAL_ALUT3": 10, "MISTRAL_ALUT6": 1}).lut
    assert lut is not None
    assert (lut.value, lut.low, lut.high) == (6, 6, 11)
