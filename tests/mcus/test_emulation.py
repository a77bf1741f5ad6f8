"""Programs for emulated cores: built, run, measured and taken apart; and the troubles of their tools."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import numpy as np
import pytest

from edgeml.errors import EdgemlError, MissingToolError
from edgeml.mcus import cores
from edgeml.mcus.cores import InstructionClass
from edgeml.mcus.emulate import counted, emulate, results
from edgeml.mcus.listing import classify, listing, parse
from edgeml.mcus.program import ModelSources, TooLargeError, build, missing
from tests.readers.damage import any_bytes
from tests.tools.test_contract import program as script

_HEADER = "#include <stdint.h>\nint32_t toy(const uint8_t *x);\n"
_SOURCE = """\
#include "toy.h"
static const int32_t weights[40] = {1, -2, 3, -400000, 5, 6, 7, 8, 9, 10, 11, 12, [39] = 1};
static int32_t arena[4];
static void products(const uint8_t *x)
{
    for (int i = 0; i < 40; ++i) {
        arena[i & 3] = (i < 4 ? 0 : arena[i & 3]) + weights[i] * x[i & 3];
    }
}
int32_t toy(const uint8_t *x)
{
    volatile int32_t room[16];
    products(x);
    room[0] = arena[0] + arena[1];
    return room[0] + arena[2] + arena[3];
}
"""
_CALLS = """\
#include "toy.h"
static uint8_t x[4];
static int32_t y;
static inline int32_t edgeml_read_inputs(void) { return edgeml_read(x, sizeof x); }
static inline int32_t edgeml_write_outputs(void) { return edgeml_write(&y, sizeof y); }
static inline int edgeml_call(void) { y = toy(x); return x[0] == 255; }
"""


@pytest.fixture
def toy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModelSources:
    monkeypatch.setenv("EDGEML_CACHE", str(tmp_path / "cache, and so on"))
    (tmp_path / "toy.h").write_text(_HEADER)
    (tmp_path / "toy.c").write_text(_SOURCE)
    return ModelSources((tmp_path / "toy.c",), tmp_path, (tmp_path / "toy.h",), _CALLS)


@pytest.fixture
def mocked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that is first on PATH."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")
    return folder


@pytest.mark.tool
@pytest.mark.parametrize("name", ["cortex-m0", "riscv32"])
def test_results_stack_and_counts_of_a_program(toy: ModelSources, name: str) -> None:
    core = cores.load(name)
    if reason := missing(core):
        pytest.skip(reason)
    elf = build(core, toy)
    parts = listing(core, elf)
    assert parts.sections[".model_constants"] == 160
    assert parts.sections[".model_bss"] == 16
    function = {symbol.name: symbol for symbol in parts.symbols if symbol.section == ".model_text"}
    assert set(function) == {"toy", "products"}
    assert sum(symbol.size for symbol in function.values()) <= parts.sections[".model_text"]
    x = np.random.default_rng(0).integers(0, 255, (50, 4), np.uint8)
    roles = [(one.at & ~1, (one.at & ~1) + one.size, at + 1) for at, one in enumerate(function.values())]
    roles += [(one.at & ~1, (one.at & ~1) + one.size, 0) for one in parts.symbols if one.name == "main"]
    done = emulate(core, elf, x.tobytes(), 50, roles)
    expected = x.astype(np.int64) @ [1 + 5 + 9, -2 + 6 + 10, 3 + 7 + 11, -400_000 + 8 + 12 + 1]
    np.testing.assert_array_equal(np.frombuffer(done.output, "<i4"), expected)
    assert done.samples == 50
    assert 64 <= done.stack <= 256  # `room` has 64 bytes
    ran = sum(block.instructions * block.runs for block in done.blocks)
    again = emulate(core, elf, x[:25].tobytes(), 25, roles)
    assert 2 * sum(block.instructions * block.runs for block in again.blocks) == ran
    assert {block.role for block in done.blocks} == {1, 2}
    assert all(block.at in parts.instructions for block in done.blocks)


_ESCAPE = {
    "cortex-m4": 'register int r0 __asm__("r0") = 1; register const void *r1 __asm__("r1") = block;'
    ' __asm__ volatile("bkpt 0xab" : "+r"(r0) : "r"(r1) : "memory");',
    "riscv32": 'register int a0 __asm__("a0") = 1; register const void *a1 __asm__("a1") = block;'
    ' __asm__ volatile(".balign 16\\n.option push\\n.option norvc\\nslli x0, x0, 0x1f\\nebreak\\n'
    'srai x0, x0, 7\\n.option pop" : "+r"(a0) : "r"(a1) : "memory");',
}
"""Semihosting's call that opens a file of the host."""


@pytest.mark.tool
@pytest.mark.parametrize("name", _ESCAPE)
def test_a_program_reaches_no_file_of_this_machine(toy: ModelSources, name: str, tmp_path: Path) -> None:
    core = cores.load(name)
    if reason := missing(core):
        pytest.skip(reason)
    target = tmp_path / "escaped"
    text = f'static const char path[] = "{target}";\n' + _SOURCE.replace(
        "    products(x);\n",
        "    products(x);\n    const uintptr_t block[3] = {(uintptr_t)path, 5, sizeof path - 1};\n"
        f"    {_ESCAPE[name]}\n",
    )
    toy.sources[0].write_text(text)
    with pytest.raises(EdgemlError, match="the emulated program faulted"):
        emulate(core, build(core, toy), bytes(4), 1)
    assert not target.exists()


@pytest.mark.tool
def test_samples_that_do_not_fit_at_once_run_in_turns(toy: ModelSources) -> None:
    """The micro:bit has 256 KiB of flash: 100,000 samples of four bytes take two turns."""
    core = cores.load("cortex-m0")
    if reason := missing(core):
        pytest.skip(reason)
    x = np.random.default_rng(1).integers(0, 255, (100_000, 4), np.uint8)
    done = emulate(core, build(core, toy), x.tobytes(), len(x))
    expected = x.astype(np.int64) @ [1 + 5 + 9, -2 + 6 + 10, 3 + 7 + 11, -400_000 + 8 + 12 + 1]
    np.testing.assert_array_equal(np.frombuffer(done.output, "<i4"), expected)
    assert done.samples == len(x)
    with pytest.raises(EdgemlError, match="a sample has 262,144 bytes, more than the emulated"):
        emulate(core, build(core, toy), bytes(1 << 18), 1)


@pytest.mark.tool
def test_a_refused_sample_is_one_error(toy: ModelSources) -> None:
    core = cores.load("cortex-m4")
    if reason := missing(core):
        pytest.skip(reason)
    with pytest.raises(EdgemlError, match="the model refused a sample") as caught:
        emulate(core, build(core, toy), bytes([255, 0, 0, 0]), 1)
    assert "run-" in caught.value.hint


def test_a_broken_compiler_is_one_error_with_its_log(toy: ModelSources, mocked: Path) -> None:
    script(
        mocked,
        "arm-none-eabi-gcc",
        'case "$1" in -dump*) echo 12.2.1;; *) echo "cc1: error: lost"; exit 4;; esac',
    )
    with pytest.raises(EdgemlError, match="failed with code 4: cc1: error: lost") as caught:
        build(cores.load("cortex-m4"), toy)
    log = Path(caught.value.hint.removeprefix("all output is in "))
    assert "cc1: error: lost" in log.read_text()


def test_a_compiler_that_writes_nothing_is_one_error(toy: ModelSources, mocked: Path) -> None:
    script(mocked, "arm-none-eabi-gcc", "exit 0")
    with pytest.raises(EdgemlError, match="ended without an error and without model_0.o"):
        build(cores.load("cortex-m4"), toy)


def test_a_machine_that_is_too_small_says_so(toy: ModelSources, mocked: Path) -> None:
    words = "ld: region FLASH overflowed by 98765 bytes\nld: region \\`RAM' overflowed by 99 bytes"
    lines = ['out=""; for w in "$@"; do case "$w" in *.o) out=$w;; program.elf) out=elf;; esac; done']
    lines += [f'case "$*" in *-T*) echo "{words}"; exit 1;; *) echo x > $out;; esac']
    script(mocked, "arm-none-eabi-gcc", "\n".join(lines))
    with pytest.raises(TooLargeError) as caught:
        build(cores.load("cortex-m0"), toy)
    assert caught.value.what == (
        "the program needs 98,765 bytes of flash beyond the machine's 256 KiB and 99 bytes of RAM beyond the "
        "machine's 16 KiB"
    )
    assert "compile.log" in caught.value.hint


def empty(folder: Path) -> Path:
    """An ELF file without parts."""
    path = folder / "x.elf"
    path.write_bytes(bytes(64))
    return path


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("exec /bin/sleep 30", "took longer than 0.5 s and was stopped"),
        ("exit 0", "ended without an error and without its results"),
        ("printf 'EGML\\3\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0' > out", "the emulated program faulted"),
        ("echo 'qemu: fatal: Lockup'; exit 134", "failed with code 134: qemu: fatal: Lockup"),
    ],
)
def test_a_bad_emulator_is_one_error_with_its_log(tmp_path: Path, mocked: Path, text: str, what: str) -> None:
    script(mocked, "qemu-system-arm", f'case "$*" in *--version*) echo 7.2;; *) {text};; esac')
    with pytest.raises(EdgemlError, match=what) as caught:
        emulate(cores.load("cortex-m4"), empty(tmp_path), b"x", 1, seconds=0.5)
    assert str(tmp_path) in caught.value.hint


def test_damaged_results_are_one_error_with_its_log(tmp_path: Path) -> None:
    core, log = cores.load("cortex-m4"), tmp_path / "log"
    report, counts = b"EGML" + np.array([0, 7, 96], "<u4").tobytes(), b"1 80000018 4 7\n2 8000001a 1 14\n"
    rng, refused = np.random.default_rng(5), list[EdgemlError]()
    for number in range(200):
        damaged = [any_bytes(content, rng) if number else content for content in (report, counts)]
        for name, content in zip(("out", "counts"), damaged, strict=True):
            (tmp_path / name).write_bytes(content)
        for read in (partial(results, tmp_path / "out"), partial(counted, tmp_path / "counts")):
            try:
                read(core, log)
            except EdgemlError as error:
                refused.append(error)
        assert number or not refused
    assert 100 < len(refused) < 400
    assert all(str(log) in error.hint and str(error).isprintable() for error in refused)
    (tmp_path / "counts").unlink()
    with pytest.raises(EdgemlError, match="did not count instructions"):
        counted(tmp_path / "counts", core, log)


def test_missing_tools_are_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    core = cores.load("riscv32")
    assert "apt-get install gcc-riscv64-unknown-elf" in missing(core)
    with pytest.raises(MissingToolError, match="qemu-system-riscv32 is not installed"):
        emulate(core, empty(tmp_path), b"x", 1)


def test_a_listing_is_parsed() -> None:
    text = """\
  1 .model_text   000000ac  80000018  80000018  00001018  2**1
  7 .model_bss    00000028  82000000  80000320  00002000  2**2
80000018 g     F .model_text\t000000ac toy_run
80000020 l     F .model_text\t00000004 layer_a.constprop.0
80000024 l       .model_text\t00000000 $d
Disassembly of section .model_text:
80000018 <toy_run>:
80000018:\tldr\tr0, [r1]
8000001a:\tbx\tlr
"""
    parts = parse(text)
    assert parts.sections == {".model_text": 0xAC, ".model_bss": 0x28}
    assert [(s.name, s.size) for s in parts.symbols] == [("toy_run", 0xAC), ("layer_a", 4)]
    assert parts.instructions == {0x80000018: InstructionClass.LOAD, 0x8000001A: InstructionClass.BRANCH}


def test_instructions_are_classified() -> None:
    kinds = {
        InstructionClass.LOAD: "ldr ldrb.w ldrsh lbu lw c.lwsp tbb",
        InstructionClass.STORE: "str strb.w sb sh sw",
        InstructionClass.MULTIPLY: "mul muls mla smull umull smlabb mulh smmul",
        InstructionClass.DIVIDE: "sdiv udiv div remu",
        InstructionClass.BRANCH: "b b.n bl blx bx beq.n bne.w cbz cbnz bnez bltu j jal jr jalr ret bge",
        InstructionClass.MULTIPLE: "push pop.w ldmia stmdb",
        InstructionClass.OTHER: "add adds bics bfi sub mov it sxtb slli sra seqz asrs lsls lui",
    }
    for kind, words in kinds.items():
        assert {word: classify(word) for word in words.split()} == dict.fromkeys(words.split(), kind)
