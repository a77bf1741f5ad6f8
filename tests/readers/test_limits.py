"""A few bytes that ask for gigabytes: refused before memory is taken, and the remedy that is named works."""

from __future__ import annotations

import io
import json
import re
import struct
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from edgeml import archives, limits
from edgeml.errors import EdgemlError
from edgeml.files import read_bytes
from edgeml.fixed import FixedType
from edgeml.ir import Builder, saved
from edgeml.ir.ops.add import Add
from edgeml.ir.ops.concat import Concat
from edgeml.ir.ops.conv import Conv
from edgeml.ir.ops.mat_mul import MatMul
from edgeml.ir.ops.max_pool import MaxPool
from edgeml.ir.ops.pad import Pad
from edgeml.ir.ops.repeat import Repeat
from edgeml.ir.ops.sum_pool import SumPool
from tests.report.samples import sample_graph

TYPE = FixedType(True, 6, 3)
HUGE = 10**8


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """No limit lifted, and nobody takes the memory first."""
    monkeypatch.delenv(limits.VARIABLE, raising=False)
    start = time.monotonic()
    yield
    assert time.monotonic() - start < 10


def header(shape: tuple[int, ...], descr: str = "<i8") -> bytes:
    """An array's header without the array."""
    buffer = io.BytesIO()
    np.lib.format.write_array_header_1_0(buffer, {"descr": descr, "fortran_order": False, "shape": shape})
    return buffer.getvalue()


def zipped(path: Path, **members: bytes) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(f"{name}.npy", content)
    return path


class TestArchives:
    def test_a_header_that_declares_more_than_there_is(self, tmp_path: Path) -> None:
        for shape in ((10**12,), (10**6, 10**6), (2**40, 2**40, 2**40), (3,), (-1,), (10**30,)):
            path = zipped(tmp_path / "a.npz", x=header(shape) + bytes(8))
            with pytest.raises(EdgemlError, match="another size than its header|the shape"):
                archives.read_npz(path, "numbers")

    def test_zeros_packed_a_thousand_times(self, tmp_path: Path) -> None:
        path = zipped(tmp_path / "a.npz", x=header((10**8 // 8,)) + bytes(10**8))
        with pytest.raises(EdgemlError, match=r"unpacks to \d+ times its size") as caught:
            archives.read_npz(path, "numbers")
        assert path.stat().st_size < 200_000 and limits.VARIABLE in caught.value.hint

    def test_small_zeros_are_no_bomb(self, tmp_path: Path) -> None:
        np.savez_compressed(tmp_path / "a.npz", x=np.zeros(10**6, np.int64))
        assert archives.read_npz(tmp_path / "a.npz", "numbers")["x"].shape == (10**6,)

    def test_members_that_overlap(self, tmp_path: Path) -> None:
        path = zipped(tmp_path / "a.npz", x=header((2,)) + bytes(16), y=header((2,)) + bytes(16))
        content = bytearray(path.read_bytes())
        second = content.rindex(b"PK\x01\x02")
        content[second + 42 : second + 46] = struct.pack("<I", 0)  # y begins where x does
        path.write_bytes(bytes(content))
        with pytest.raises(EdgemlError, match=r"a\.npz"):
            archives.read_npz(path, "numbers")

    @pytest.mark.parametrize(
        ("offset", "value", "says"), [(8, 1, "encrypted"), (10, 12, "packed in a way"), (10, 99, "packed")]
    )
    def test_encrypted_or_packed_otherwise(self, offset: int, value: int, says: str, tmp_path: Path) -> None:
        path = zipped(tmp_path / "a.npz", x=header((2,)) + bytes(16))
        content = bytearray(path.read_bytes())
        place = content.rindex(b"PK\x01\x02")
        content[place + offset : place + offset + 2] = struct.pack("<H", value)
        path.write_bytes(bytes(content))
        with pytest.raises(EdgemlError, match=says):
            archives.read_npz(path, "numbers")

    def test_a_name_twice(self, tmp_path: Path) -> None:
        with zipfile.ZipFile(tmp_path / "a.npz", "w") as archive:
            archive.writestr("x.npy", header((0,)))
            with pytest.warns(UserWarning, match="Duplicate"):
                archive.writestr("x.npy", header((0,)))
        with pytest.raises(EdgemlError, match="there twice"):
            archives.read_npz(tmp_path / "a.npz", "numbers")

    def test_too_many_members(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv(limits.VARIABLE, "0.0001")
        zipped(tmp_path / "a.npz", **{f"x{n}": header((0,)) for n in range(3)})
        with pytest.raises(EdgemlError, match="the archive has 3 members, at most 2"):
            archives.read_npz(tmp_path / "a.npz", "numbers")

    @pytest.mark.parametrize("descr", ["|O", "<U4", "<c8", "<M8[s]", "|V3", [("a", "<i8")]])
    def test_texts_that_are_no_number(self, descr: Any, tmp_path: Path) -> None:
        path = zipped(tmp_path / "a.npz", x=header((2,), descr) + bytes(64))
        with pytest.raises(EdgemlError, match="not numbers"):
            archives.read_npz(path, "numbers")

    def test_any_array_of_numbers_comes_back(self, tmp_path: Path) -> None:
        rng = np.random.default_rng(0)
        orders: tuple[Any, ...] = ("C", "F")
        arrays = {
            f"{kind}{order}{shape}": np.asarray(rng.integers(0, 2, shape), kind, order=order)
            for kind in ("?", "i1", "<u2", ">i4", "i8", "f2", "f4", ">f8")
            for order in orders
            for shape in ((), (0,), (3,), (2, 3), (2, 0, 3), (2, 3, 4))
        }
        np.savez(tmp_path / "a.npz", **arrays)  # pyright: ignore[reportArgumentType]  # the stub takes names for its options
        found = archives.read_npz(tmp_path / "a.npz", "numbers")
        assert set(found) == set(arrays)
        for name, array in arrays.items():
            assert np.array_equal(found[name], array) and found[name].dtype == array.dtype.newbyteorder("=")
            assert found[name].flags.writeable


class TestFiles:
    def test_a_file_of_terabytes(self, tmp_path: Path) -> None:
        with (tmp_path / "a").open("wb") as file:
            file.truncate(1 << 42)  # takes no room on the disk
        with pytest.raises(EdgemlError, match=r"the board file has \d+ bytes, at most \d+ are taken"):
            read_bytes(tmp_path / "a", "board file")

    def test_the_remedy_works(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        tiny = limits.Limit(10, "bytes")
        (tmp_path / "a").write_bytes(bytes(101))
        with pytest.raises(EdgemlError) as caught:
            read_bytes(tmp_path / "a", "model", tiny)
        told = re.search(rf"{limits.VARIABLE}=(\d+)", caught.value.hint)
        assert told is not None
        monkeypatch.setenv(limits.VARIABLE, told[1])
        assert len(read_bytes(tmp_path / "a", "model", tiny)) == 101

    @pytest.mark.parametrize("text", ["many", "-1", "0", "nan", "inf", "1e", "x" * 1000])
    def test_a_limit_that_is_none(self, text: str, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv(limits.VARIABLE, text)
        with pytest.raises(EdgemlError, match=f"{limits.VARIABLE}: .* is no positive number"):
            limits.factor()

    def test_every_limit_is_named(self) -> None:
        made = {name for name, value in vars(limits).items() if isinstance(value, limits.Limit)}
        readme = (Path(__file__).parents[2] / "docs" / "limits.md").read_text(encoding="utf-8")
        assert len(made) == 9 and all(f"`{name}`" in readme for name in made)
        assert limits.VARIABLE in readme


def _grows(build: Builder, what: str) -> None:
    """Put an op behind a small input whose result would not fit into any memory."""
    if what == "input":
        build.input((2**20, 2**20, 2**24), TYPE, "x")
        return
    flat, image = build.input((64,), TYPE, "x"), build.input((8, 8, 2), TYPE, "image")
    around = ((HUGE, HUGE), (HUGE, 0))
    match what:
        case "repeat":
            build.add(Repeat(0, HUGE), flat, name="y")
        case "repeat twice":
            build.add(Repeat(0, 2**12), build.add(Repeat(0, 2**12), flat, name="a"), name="y")
        case "pad":
            build.add(Pad(((HUGE, HUGE),)), flat, name="y")
        case "concat":
            wide = build.add(Repeat(0, 2**17), flat, name="a")
            build.add(Concat(0), *[wide] * 100, name="y")
        case "conv":
            weights = build.const(np.ones((1, 1, 2, 3), int), TYPE, "w")
            build.add(Conv((1, 1), around, (1, 1)), image, weights, name="y")
        case "windows":
            large = build.add(Pad(((0, 2000), (0, 2000), (0, 0))), image, name="a")
            weights = build.const(np.ones((64, 64, 2, 1), int), TYPE, "w")
            build.add(Conv((1, 1), ((0, 0), (0, 0)), (1, 1)), large, weights, name="y")
        case "max_pool":
            build.add(MaxPool((HUGE + 1,) * 2, (1, 1), around), image, name="y")
        case "sum_pool":
            build.add(SumPool((2, 2), (1, 1), around), image, name="y")
        case "mat_mul":
            tall = build.input((2**18, 1), TYPE, "tall")
            weights = build.const(np.ones((1, 2**14), int), TYPE, "w")
            build.add(MatMul(), tall, weights, name="y")
        case "broadcast":
            rows, columns = build.input((2**16, 1), TYPE, "r"), build.input((1, 2**16), TYPE, "c")
            build.add(Add(), rows, columns, name="y")
        case _:
            raise AssertionError(what)


GROWING = (
    *("input", "repeat", "repeat twice", "pad", "concat", "conv", "windows", "max_pool", "sum_pool"),
    *("mat_mul", "broadcast"),
)


@pytest.mark.parametrize("what", GROWING)
def test_an_op_asks_before_it_makes_its_result(what: str) -> None:
    with pytest.raises(EdgemlError, match=r"\d elements, at most \d+ are taken") as caught:
        _grows(Builder("big"), what)
    assert limits.VARIABLE in caught.value.hint


def test_a_graph_of_many_large_values(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(limits.VARIABLE, "0.001")
    build = Builder("many")
    value = build.add(Repeat(0, 2**7), build.input((64,), TYPE, "x"), name="a")
    for index in range(20):
        value = build.add(Repeat(0, 1), value, name=f"b{index}")
    with pytest.raises(EdgemlError, match="its values have"):
        build.graph(value)


@pytest.mark.parametrize("times", [HUGE, 10**30, 2**31, -5, 0])
def test_a_number_in_graph_json(times: int, tmp_path: Path) -> None:
    build = Builder("sample")
    graph = build.graph(build.add(Repeat(0, 7), build.input((64,), TYPE, "x"), name="y"))
    saved.save(graph).write(tmp_path)
    path = tmp_path / "graph.json"
    document = json.loads(path.read_text())
    document["nodes"][1]["attributes"]["times"] = str(times)
    path.write_text(json.dumps(document))
    with pytest.raises(EdgemlError, match=r"graph\.json: (y|repeat)"):
        saved.load(tmp_path)


def test_written_files_are_within_their_own_limits(tmp_path: Path) -> None:
    saved.save(sample_graph()).write(tmp_path)
    assert saved.load(tmp_path) == sample_graph()
