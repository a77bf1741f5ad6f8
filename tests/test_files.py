"""Writing: all or nothing, whatever goes wrong, and never outside of the folder."""

from __future__ import annotations

import errno
import os
import resource
import signal
import stat
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

import pytest

from edgeml import files
from edgeml.errors import EdgemlError
from edgeml.files import FileSet, heal, read_bytes, staged_path, write_atomic

OLD = {"a.txt": b"old a", "sub/b.bin": b"old b"}
NEW = {"a.txt": b"new a", "sub/b.bin": b"new b", "sub/deep/c": b"c"}


def tree(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()
    }


def listing(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


@pytest.fixture
def root(tmp_path):
    return FileSet(OLD).write(tmp_path / "root")


@contextmanager
def limited_files(size: int):
    """No file of this process may grow beyond `size` bytes: what a full disk looks like."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


class TestFileSet:
    @pytest.mark.parametrize(
        "path", ["", ".", "/a", "../a", "a/../b", "a/..", "./a", "a//b", "a/", "a\0b", "/"], ids=repr
    )
    def test_paths_outside_or_in_another_form(self, path):
        with pytest.raises(EdgemlError, match="not a relative path inside the folder"):
            FileSet({path: b""})

    @pytest.mark.parametrize("pair", [("a", "a/b"), ("a/b", "a/b/c/d")])
    def test_file_and_folder_at_once(self, pair):
        with pytest.raises(EdgemlError, match="is a file, and the folder of"):
            FileSet(dict.fromkeys(pair, b""))

    def test_is_a_mapping_of_its_own(self):
        source = {"b": b"2", "a": b"1"}
        made = FileSet(source)
        source["c"] = b"3"
        assert list(made) == ["a", "b"]
        assert len(made) == 2
        assert made["b"] == b"2"
        with pytest.raises(TypeError):
            made.files["a"] = b""  # pyright: ignore[reportIndexIssue]

    def test_digest(self):
        made = FileSet({"a": b"1", "b": b"2"})
        assert made.digest == FileSet({"b": b"2", "a": b"1"}).digest
        others = [
            {"a": b"1"},
            {"a": b"2", "b": b"1"},
            {"a": b"12", "b": b""},
            {"a": b"1", "b2": b""},
            {"ab": b"12"},
        ]
        assert len({made.digest, FileSet().digest, *(FileSet(other).digest for other in others)}) == 7

    def test_merged(self):
        both = FileSet({"a": b"1"}).merged(FileSet({"b": b"2", "a": b"1"}))
        assert dict(both.files) == {"a": b"1", "b": b"2"}
        with pytest.raises(EdgemlError, match="a: two back ends write the same file"):
            both.merged(FileSet({"a": b"3"}))

    def test_write(self, root):
        assert tree(root) == OLD
        FileSet(NEW).write(str(root))
        assert tree(root) == NEW

    def test_write_keeps_what_is_not_in_the_set(self, root):
        FileSet({"a.txt": b"x"}).write(root)
        assert tree(root) == {**OLD, "a.txt": b"x"}

    def test_replace(self, root):
        FileSet({"only": b"x"}).replace(root)
        assert tree(root) == {"only": b"x"}
        assert listing(root.parent) == [root.name]
        FileSet(NEW).replace(root.parent / "deep" / "new")
        assert tree(root.parent / "deep" / "new") == NEW


@pytest.mark.parametrize("method", ["write", "replace"])
class TestAllOrNothing:
    def new(self, size: int) -> FileSet:
        return FileSet({"a.txt": b"new a", "other/big": b"x" * size, "sub/b.bin": b"new b"})

    def test_full_disk(self, root, method):
        with limited_files(1000), pytest.raises(EdgemlError, match="cannot write") as caught:
            getattr(self.new(5000), method)(root)
        assert str(root) in str(caught.value)
        assert tree(root) == OLD
        assert listing(root) == ["a.txt", "sub"]
        assert listing(root.parent) == [root.name]

    def test_no_space_left(self, root, method, monkeypatch):
        def full(path):
            raise OSError(errno.ENOSPC, "No space left on device")

        monkeypatch.setattr(files, "_finish", full)
        with pytest.raises(EdgemlError, match=r"No space left on device \(free some space"):
            getattr(self.new(10), method)(root)
        assert tree(root) == OLD
        assert listing(root.parent) == [root.name]

    def test_interrupted(self, root, method, monkeypatch):
        calls = []

        def interrupted(path):
            calls.append(path)
            if len(calls) == 2:
                raise KeyboardInterrupt

        monkeypatch.setattr(files, "_finish", interrupted)
        with pytest.raises(KeyboardInterrupt):
            getattr(self.new(10), method)(root)
        assert tree(root) == OLD
        assert listing(root.parent) == [root.name]

    def test_the_folder_is_a_file(self, tmp_path, method):
        (tmp_path / "root").write_text("x")
        with pytest.raises(EdgemlError, match="cannot write"):
            getattr(self.new(10), method)(tmp_path / "root")
        assert tree(tmp_path) == {"root": b"x"}

    def test_a_linked_folder_stays_a_link(self, root, tmp_path, method):
        link = tmp_path / "link"
        link.symlink_to(root)
        getattr(FileSet(NEW), method)(link)
        assert link.is_symlink()
        assert tree(root) == NEW
        assert listing(tmp_path) == ["link", "root"]


class TestSwap:
    @pytest.mark.parametrize("error", [OSError(errno.EIO, "broken"), KeyboardInterrupt()])
    def test_second_rename_fails(self, root, monkeypatch, error):
        rename = Path.rename

        def failing(self, target):
            if Path(target) == root and not self.name.endswith(".old"):
                raise error
            return rename(self, target)

        monkeypatch.setattr(Path, "rename", failing)
        with pytest.raises((EdgemlError, KeyboardInterrupt)):
            FileSet(NEW).replace(root)
        assert tree(root) == OLD
        assert listing(root.parent) == [root.name]


def test_a_folder_stands_where_a_file_should_go(root):
    with pytest.raises(EdgemlError, match="there is a folder of that name"):
        FileSet({"a.txt": b"new", "sub": b"x"}).write(root)
    assert tree(root) == OLD


def test_linked_files_are_replaced_not_followed(root, tmp_path):
    outside = tmp_path / "outside"
    outside.write_text("precious")
    (root / "a.txt").unlink()
    (root / "a.txt").symlink_to(outside)
    FileSet(NEW).write(root)
    assert tree(root) == NEW
    assert not (root / "a.txt").is_symlink()
    write_atomic(tmp_path / "link", "x")
    (tmp_path / "link").unlink()
    (tmp_path / "link").symlink_to(outside)
    write_atomic(tmp_path / "link", "y")
    assert outside.read_text() == "precious"


class TestOneFile:
    def test_text_and_bytes(self, tmp_path):
        write_atomic(tmp_path / "new" / "a", "Ä\n")
        assert (tmp_path / "new" / "a").read_bytes() == "Ä\n".encode()
        write_atomic(str(tmp_path / "new" / "a"), b"\0")
        assert tree(tmp_path) == {"new/a": b"\0"}

    @pytest.mark.parametrize("mask", [0o022, 0o077, 0o002])
    def test_permissions_are_those_of_open(self, tmp_path, mask):
        before = os.umask(mask)
        try:
            write_atomic(tmp_path / "a", "x")
            FileSet({"b": b""}).write(tmp_path)
            FileSet({"c": b""}).replace(tmp_path / "folder")
        finally:
            os.umask(before)
        for name in ("a", "b", "folder/c"):
            assert stat.S_IMODE((tmp_path / name).stat().st_mode) == 0o666 & ~mask, name
        assert stat.S_IMODE((tmp_path / "folder").stat().st_mode) == 0o777 & ~mask

    def test_umask_without_proc(self, tmp_path, monkeypatch):
        def missing(self, *args, **kwargs):
            raise FileNotFoundError(self)

        monkeypatch.setattr(Path, "read_text", missing)
        write_atomic(tmp_path / "a", "x")
        assert stat.S_IMODE((tmp_path / "a").stat().st_mode) == 0o644

    def test_full_disk(self, tmp_path):
        write_atomic(tmp_path / "a", "old")
        with limited_files(100), pytest.raises(EdgemlError, match="cannot write"):
            write_atomic(tmp_path / "a", "x" * 1000)
        assert tree(tmp_path) == {"a": b"old"}

    def test_folder_that_cannot_be(self, tmp_path):
        write_atomic(tmp_path / "a", "old")
        with pytest.raises(EdgemlError, match="cannot write"):
            write_atomic(tmp_path / "a" / "b", "x")
        with pytest.raises(EdgemlError, match="cannot write"):
            write_atomic(tmp_path / ("n" * 300), "x")
        assert tree(tmp_path) == {"a": b"old"}

    @pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
    def test_read_only_folder(self, tmp_path):
        tmp_path.chmod(0o555)
        try:
            with pytest.raises(EdgemlError, match="Permission denied"):
                write_atomic(tmp_path / "a", "x")
        finally:
            tmp_path.chmod(0o755)

    def test_staged_path(self, tmp_path):
        with staged_path(tmp_path / "model.keras") as temporary:
            assert temporary.suffix == ".keras"
            assert temporary.parent == tmp_path
            temporary.write_bytes(b"model")
            assert not (tmp_path / "model.keras").exists()
        assert tree(tmp_path) == {"model.keras": b"model"}

    def test_staged_path_when_the_block_fails(self, tmp_path):
        write_atomic(tmp_path / "a", "old")

        def failing_library():
            with staged_path(tmp_path / "a") as temporary:
                temporary.write_bytes(b"half")
                raise RuntimeError("library")

        with pytest.raises(RuntimeError, match="library"):
            failing_library()
        with pytest.raises(EdgemlError, match="cannot write"), staged_path(tmp_path / "a") as temporary:
            temporary.unlink()  # the library wrote nothing
        assert tree(tmp_path) == {"a": b"old"}

    def test_read_bytes(self, tmp_path):
        write_atomic(tmp_path / "a", "x")
        assert read_bytes(tmp_path / "a", "board file") == b"x"
        with pytest.raises(EdgemlError, match="there is no such board file"):
            read_bytes(tmp_path / "b", "board file")
        with pytest.raises(EdgemlError, match="is a folder, not a board file"):
            read_bytes(tmp_path, "board file")


WRITER = """
import sys
from edgeml.files import FileSet, heal, read_bytes, staged_path, write_atomic
folder, size = sys.argv[1], int(sys.argv[2])
count = 0
while True:
    count += 1
    content = bytes([count % 256]) * size
    write_atomic(folder + "/one", content)
    FileSet({"x": content, "y": content}).write(folder + "/set")
    if count == 1:
        print("ready", flush=True)
"""


@pytest.mark.parametrize("after", [0.0, 0.003, 0.011, 0.029])
def test_killed_in_the_middle(tmp_path, after):
    """Whenever the kill comes, every file is whole: one byte, repeated to the full size."""
    size = 3_000_000
    process = subprocess.Popen(
        [sys.executable, "-c", WRITER, str(tmp_path), str(size)], stdout=subprocess.PIPE
    )
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == b"ready\n"
        time.sleep(after)
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()
        if process.stdout:
            process.stdout.close()
    for name in ("one", "set/x", "set/y"):
        content = (tmp_path / name).read_bytes()
        assert len(content) == size
        assert len(set(content)) == 1


class TestHeal:
    """A killed replacement is put right: the folder is whole, the new one where it was complete."""

    def test_temporaries_go_and_all_else_stays(self, tmp_path):
        keep = [".training.npz", ".lock", "a.tmp-b", "sub/.hidden/x", ".backup.20261128/x", "verilog/top.v"]
        for name in [*keep, ".tmp-abc-model.keras", "sub/.tmp-abc-x", ".tmp-verilog.abcd1234/top.v"]:
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / name).touch()
        heal(tmp_path)
        assert sorted(tree(tmp_path)) == sorted(keep)

    @pytest.mark.parametrize("prefix", [".tmp-verilog", ".verilog"])
    @pytest.mark.parametrize(
        ("there", "kept"),
        [
            (("verilog", "new"), "verilog"),
            (("verilog", "new", "new.old"), "verilog"),
            (("verilog", "new.old"), "verilog"),
            (("new", "new.old"), "new"),
            (("new.old",), "new.old"),
            (("new",), ""),
        ],
    )
    def test_every_state_of_a_swap(self, tmp_path, prefix, there, kept):
        for name in there:
            folder = tmp_path / "sub" / name.replace("new", f"{prefix}.abcd1234")
            write_atomic(folder / "x", name)
        heal(tmp_path)
        assert tree(tmp_path / "sub") == ({"verilog/x": kept.encode()} if kept else {})

    def test_links_are_not_followed(self, tmp_path):
        write_atomic(tmp_path / "precious" / ".tmp-x", "x")
        (tmp_path / "run").mkdir()
        (tmp_path / "run" / "linked").symlink_to(tmp_path / "precious")
        (tmp_path / "run" / ".tmp-v.abcd1234").symlink_to(tmp_path / "precious")
        heal(tmp_path / "run")
        assert tree(tmp_path / "precious") == {".tmp-x": b"x"}


SWAPPER = """
import os, pathlib, signal, sys
from edgeml.files import FileSet, heal, read_bytes, staged_path, write_atomic
folder, stop = sys.argv[1], int(sys.argv[2])
calls = 0
def counted(real):
    def call(*args, **more):
        global calls
        calls += 1
        if calls == stop:
            os.kill(os.getpid(), signal.SIGKILL)
        return real(*args, **more)
    return call
for name in ("rename", "replace", "unlink", "chmod"):
    setattr(pathlib.Path, name, counted(getattr(pathlib.Path, name)))
os.rmdir = counted(os.rmdir)
FileSet({"x": b"2", "sub/y": b"2"}).replace(folder)
"""


def test_killed_at_every_point_of_a_swap(tmp_path):
    """Before each rename and deletion: afterwards the old or the new folder is there, and nothing else."""
    seen: list[str] = []
    for stop in range(1, 40):
        folder = tmp_path / str(stop)
        FileSet({"x": b"1", "sub/y": b"1"}).replace(folder / "verilog")
        done = subprocess.run(
            [sys.executable, "-c", SWAPPER, str(folder / "verilog"), str(stop)], check=False
        )
        heal(folder)
        found = tree(folder)
        assert set(found) == {"verilog/x", "verilog/sub/y"}
        assert len(set(found.values())) == 1
        assert listing(folder) == ["verilog"]
        seen.append(found["verilog/x"].decode())
        if done.returncode == 0:
            break
        assert done.returncode == -signal.SIGKILL
    assert done.returncode == 0
    assert "".join(seen) == "1" * seen.count("1") + "2" * seen.count("2")
    assert seen.count("1") >= 5
    assert seen.count("2") >= 4
