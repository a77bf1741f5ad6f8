"""Both drivers against the simulated system: fake PYNQ, fake registers, and the golden integers come back."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np
import pytest

from edgeml.backends.verilog.manifest import VerilogManifest
from edgeml.ir import Graph, evaluate_codes
from edgeml.synth.dma import drivers, system
from edgeml.synth.vectors import Vectors
from edgeml.tools import run, verilator
from tests import zoo
from tests.backends.verilog.samples import emitted, small
from tests.synth.dma.bench import program

pytest.importorskip("da4ml", reason="da4ml is not installed")
pytestmark = [
    pytest.mark.tool,
    pytest.mark.slow,
    pytest.mark.skipif(bool(verilator.missing()), reason=verilator.missing() or "-"),
]

SAMPLES = 23


class Built:
    """A network, its system in Verilator, its drivers and vectors."""

    def __init__(self, graph: Graph, folder: Path, **settings: Any) -> None:
        self.manifest: VerilogManifest = emitted(graph, folder, **settings)
        self.folder = folder
        self.program = program(folder, self.manifest)
        self.inputs = zoo.codes(graph, SAMPLES)
        self.expected = evaluate_codes(graph, self.inputs)
        drivers.emit(self.manifest, Vectors(self.inputs, self.expected), 0x40400000).write(folder / "drivers")

    def through(self, data: bytes, due: int, seed: int = 1) -> bytes:
        """A transfer through the simulated system."""
        (self.folder / "dma.in").write_bytes(data)
        numbers = (len(data) // 8, due // 8, seed)
        run([self.program, "dma.in", "dma.out", *map(str, numbers)], self.folder, self.folder / "dma.log", 60)
        return (self.folder / "dma.out").read_bytes()


GRAPHS: dict[str, tuple[Callable[[], Graph], dict[str, Any]]] = {
    "narrow": (small, {}),  # a beat is less than a word on both sides
    "wide": (zoo.mlp, {}),  # two words in, several out
    "ports": (zoo.several_inputs_outputs, {}),
    "stream": (zoo.cnn_2d, {"mode": "stream"}),  # a sample is many beats
}


@pytest.fixture(scope="module", params=list(GRAPHS))
def built(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Built:
    make, settings = GRAPHS[request.param]
    return Built(make(), tmp_path_factory.mktemp(request.param), **settings)


def driver(folder: Path) -> ModuleType:
    """The driver as it lies beside the bitstream, imported from there."""
    spec = importlib.util.spec_from_file_location("edgeml_driver", folder / "edgeml_driver.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class FakeChannel:
    def __init__(self, dma: FakeDma, sends: bool) -> None:
        self.dma, self.sends = dma, sends

    def transfer(self, buffer: Any, start: int = 0, nbytes: int = 0) -> None:
        assert start == 0 and nbytes % 8 == 0
        if self.sends:
            assert self.dma.receiving is not None, "the receiver has to be ready first"
            target, due = self.dma.receiving
            found = self.dma.built.through(bytes(buffer[:nbytes]), due)
            target[:due] = np.frombuffer(found, np.uint8)
            self.dma.transfers += 1
        else:
            buffer[:] = 0xEE
            self.dma.receiving = (buffer, nbytes)

    def wait(self) -> None:
        pass


class FakeDma:
    def __init__(self, built: Built) -> None:
        self.built, self.transfers = built, 0
        self.receiving: tuple[Any, int] | None = None
        self.sendchannel, self.recvchannel = FakeChannel(self, True), FakeChannel(self, False)


def network(built: Built, batch: int = 4096) -> tuple[Any, FakeDma]:
    dma = FakeDma(built)
    folder = built.folder / "drivers/python"
    made = driver(folder).Network(
        str(folder / "edgeml.bit"),
        overlay=SimpleNamespace(axi_dma_0=dma),
        allocate=lambda shape, dtype: np.zeros(shape, dtype),
        batch=batch,
    )
    return made, dma


def test_python_driver_returns_the_golden_integers(built: Built, monkeypatch: pytest.MonkeyPatch) -> None:
    board, dma = network(built)
    golden = str(built.folder / "drivers/python/golden.npz")
    samples, _ = board.self_test(golden)
    assert (samples, dma.transfers) == (SAMPLES, 1)
    np.testing.assert_array_equal(
        board._send[: SAMPLES * system.bytes_of(built.manifest.input)],
        system.memory(built.manifest.input, built.inputs).reshape(-1),
    )
    # In batches, the last one short; and through the module that PYNQ is on a board.
    fake = SimpleNamespace(
        Overlay=lambda path: SimpleNamespace(axi_dma_0=FakeDma(built)),
        allocate=lambda shape, dtype: np.zeros(shape, dtype),
    )
    monkeypatch.setitem(sys.modules, "pynq", fake)
    folder = built.folder / "drivers/python"
    assert driver(folder).Network(str(folder / "edgeml.bit"), batch=10).self_test(golden)[0] == SAMPLES


def test_python_driver_finds_a_wrong_integer(built: Built, tmp_path: Path) -> None:
    board, _ = network(built)
    with np.load(built.folder / "drivers/python/golden.npz") as vectors:
        wrong = dict(vectors)
    name = next(key for key in wrong if key.startswith("expected."))
    wrong[name] = wrong[name].copy()
    wrong[name].reshape(-1)[-1] ^= 1
    np.savez(tmp_path / "golden.npz", **wrong)
    with pytest.raises(AssertionError, match=rf"1 integers differ; the first: {name[9:]}\["):
        board.self_test(str(tmp_path / "golden.npz"))


def test_python_driver_refuses_what_does_not_fit(built: Built) -> None:
    board, dma = network(built)
    lanes = built.manifest.input.values[0]
    codes = dict(built.inputs)
    codes[lanes.value] = codes[lanes.value] + (1 << lanes.width)
    with pytest.raises(ValueError, match=f"{lanes.value} has codes beyond"):
        board.run(codes)
    codes[lanes.value] = np.zeros((2, *lanes.shape, 1), np.int64)
    with pytest.raises(ValueError, match=f"{lanes.value} has shape"):
        board.run(codes)
    assert dma.transfers == 0


def test_python_driver_takes_floats(built: Built) -> None:
    board, _ = network(built)
    floats = {
        lanes.value: built.inputs[lanes.value] * 2.0 ** -np.reshape(lanes.frac, (-1,))[0]
        for lanes in built.manifest.input.values
    }
    found = board.predict(floats)
    found = found if isinstance(found, dict) else {board.outputs[0]: found}
    for lanes in built.manifest.output.values:
        scale = 2.0 ** -np.reshape(lanes.frac, (-1,))[0]
        np.testing.assert_array_equal(found[lanes.value], built.expected[lanes.value] * scale)


FAKE = r"""
/* A DMA of registers in memory, whose transfer runs the simulated system. */
#include "edgeml_dma.h"
#include "edgeml_network.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
static uint32_t registers[32];
static uint8_t in_memory[EDGEML_BYTES_IN], out_memory[EDGEML_BYTES_OUT];
int edgeml_platform_open(edgeml_buffer *in, edgeml_buffer *out) {
  *in = (edgeml_buffer){in_memory, 0x110000000u, sizeof in_memory};
  *out = (edgeml_buffer){out_memory, 0x120000000u, sizeof out_memory};
  registers[0x04 / 4] = registers[0x34 / 4] = 1; /* halted */
  return EDGEML_OK;
}
uint32_t edgeml_platform_read(uint32_t offset) { return registers[offset / 4]; }
static void transfer(void) {
  char line[1024];
  if (registers[0x48 / 4] != 0x20000000u || registers[0x4C / 4] != 1) exit(20);
  if (registers[0x18 / 4] != 0x10000000u || registers[0x1C / 4] != 1) exit(21);
  FILE *file = fopen("c.in", "wb");
  fwrite(in_memory, 1, registers[0x28 / 4], file);
  fclose(file);
  snprintf(line, sizeof line, "%s c.in c.out %u %u 7", getenv("SIMULATION"), registers[0x28 / 4] / 8,
           registers[0x58 / 4] / 8);
  if (system(line) != 0) exit(22);
  file = fopen("c.out", "rb");
  registers[0x58 / 4] = (uint32_t)fread(out_memory, 1, sizeof out_memory, file);
  fclose(file);
  if (getenv("SHORT")) registers[0x58 / 4] -= 8;
  if (getenv("FLIP")) out_memory[0] ^= 1;
  registers[0x04 / 4] |= 2;
  registers[0x34 / 4] |= 2;
  if (getenv("BROKEN")) registers[0x34 / 4] |= 0x10;
}
void edgeml_platform_write(uint32_t offset, uint32_t value) {
  if (offset == 0x00 || offset == 0x30) { /* control: reset ends at once, run clears halted */
    registers[offset / 4] = value & ~4u;
    registers[offset / 4 + 1] = value & 1 ? 0 : 1;
    return;
  }
  registers[offset / 4] = value;
  if (offset == 0x28) { /* the length starts the channel; the receiver has to run already */
    if (!(registers[0x30 / 4] & 1) || !registers[0x58 / 4]) exit(23);
    transfer();
  }
}
void edgeml_platform_sync(const edgeml_buffer *buffer, size_t bytes, int to_device) {
  (void)buffer, (void)bytes, (void)to_device;
}
"""


@pytest.fixture(scope="module")
def self_test(built: Built) -> Path:
    folder = built.folder / "drivers/c"
    (folder / "fake.c").write_text(FAKE, encoding="utf-8")
    names = ["edgeml_main.c", "edgeml_dma.c", "edgeml_network.c", "fake.c"]
    flags = ["-std=c99", "-Wall", "-Wextra", "-Werror", "-fsanitize=undefined", "-fno-sanitize-recover"]
    run(["gcc", *flags, "-o", "self_test", *names], folder, folder / "gcc.log", 60)
    return folder / "self_test"


def play(built: Built, self_test: Path, **environment: str) -> tuple[int, str]:
    done = run(
        [self_test],
        self_test.parent,
        self_test.parent / "run.log",
        60,
        {"SIMULATION": str(built.program), **environment},
        check=False,
    )
    return done.code, done.output.strip()


def test_c_driver_returns_the_golden_integers(built: Built, self_test: Path) -> None:
    assert play(built, self_test) == (0, f"PASS: {SAMPLES} samples, every integer as expected")
    packed = (self_test.parent / "c.in").read_bytes()
    assert packed == system.memory(built.manifest.input, built.inputs).tobytes()


def test_c_driver_tells_of_what_went_wrong(built: Built, self_test: Path) -> None:
    code, said = play(built, self_test, FLIP="1")
    assert code == 1 and said.endswith("FAIL: 1 integers differ")
    assert play(built, self_test, SHORT="1") == (2, "FAIL: error -4")
    assert play(built, self_test, BROKEN="1") == (2, "FAIL: error -4")


def test_c_driver_for_linux_compiles(built: Built) -> None:
    if sys.platform != "linux":
        pytest.skip("/dev/mem is Linux's")
    folder = built.folder / "drivers/c"
    run(["make", "CFLAGS=-std=c99 -Wall -Wextra -Werror"], folder, folder / "make.log", 60)
    assert (folder / "edgeml_self_test").is_file()
    done = subprocess.run([folder / "edgeml_self_test"], capture_output=True, timeout=30, check=False)
    assert done.returncode == 2  # no such devices here


def test_tlast_where_the_transfer_ends(built: Built) -> None:
    """Transfers of every length end with their last result; the program refuses TLAST anywhere else."""
    data = system.memory(built.manifest.input, built.inputs)
    size = system.bytes_of(built.manifest.output)
    whole = system.memory(built.manifest.output, built.expected)
    for samples, seed in ((1, 2), (2, 3), (7, 4), (SAMPLES, 5)):
        found = built.through(data[:samples].tobytes(), samples * size, seed)
        assert found == whole[:samples].tobytes()
