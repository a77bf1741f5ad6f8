"""A set of files in memory, and the only way edgeml writes to disk.

Invariant: a file on disk is either the old one or the whole new one. Every write goes to a temporary
name in the same folder, is flushed to the disk and then renamed; a full disk, Ctrl-C or a kill leaves
the old file alone. (A kill that no program can answer may leave temporaries, .tmp-*, behind: see `heal`.)

A folder that is a symbolic link is written through; a file that is one is replaced, so that no write
ends outside of the folder the caller named.
"""

from __future__ import annotations

import errno
import hashlib
import os
import re
import shutil
import stat
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from types import MappingProxyType

from edgeml import limits
from edgeml.errors import EdgemlError

_TEMPORARY = ".tmp-"
_SWAPPED = re.compile(r"\.(tmp-(?P<name>.+)|(?P<earlier>c|hls4ml|verilog))\.[a-z0-9_]{8}(?P<old>\.old)?")
"""Names of the new and the old folder of a swap; those of edgeml up to 0.1 lack tmp-."""


_KINDS: tuple[tuple[Callable[[int], bool], str], ...] = (
    (stat.S_ISDIR, "a folder"),
    (stat.S_ISFIFO, "a pipe"),
    (stat.S_ISSOCK, "a socket"),
    (bool, "a device"),
)
"""File types other than a regular file, for messages."""


def _no_files() -> Mapping[str, bytes]:
    return MappingProxyType({})


@dataclass(frozen=True)
class FileSet:
    """Relative POSIX paths with their bytes; what every back end returns.

    Raises:
        EdgemlError: a path is absolute, leaves the folder, is not in its shortest form, or is a file and
            a folder at once.
    """

    files: Mapping[str, bytes] = field(default_factory=_no_files)

    def __post_init__(self) -> None:
        for path in self.files:
            pure = PurePosixPath(path)
            if pure.is_absolute() or ".." in pure.parts or str(pure) != path or path == "." or "\0" in path:
                raise EdgemlError(
                    "not a relative path inside the folder, or not its shortest form", repr(path)
                )
            if inside := next((str(parent) for parent in pure.parents if str(parent) in self.files), ""):
                raise EdgemlError(f"is a file, and the folder of {path!r} as well", repr(inside))
        object.__setattr__(self, "files", MappingProxyType(dict(self.files)))

    def __repr__(self) -> str:
        """Names and sizes; the contents may be megabytes.

        >>> FileSet({"a.v": b"module a; endmodule", "b.v": b""})
        FileSet('a.v': 19 bytes, 'b.v': 0 bytes)
        """
        return f"FileSet({', '.join(f'{path!r}: {len(self.files[path])} bytes' for path in self)})"

    def __getitem__(self, path: str) -> bytes:
        return self.files[path]

    def __iter__(self) -> Iterator[str]:
        return iter(sorted(self.files))

    def __len__(self) -> int:
        return len(self.files)

    @property
    def digest(self) -> str:
        """SHA-256 over names and contents; equal sets have equal digests."""
        total = hashlib.sha256()
        for path in self:
            total.update(f"{len(path)}:{path}:{len(self.files[path])}:".encode())
            total.update(self.files[path])
        return total.hexdigest()

    def merged(self, other: FileSet) -> FileSet:
        """Both sets together.

        Raises:
            EdgemlError: a path is in both with different contents.
        """
        for path in other:
            if path in self.files and self.files[path] != other.files[path]:
                raise EdgemlError("two back ends write the same file", path)
        return FileSet({**self.files, **other.files})

    def write(self, folder: str | os.PathLike[str]) -> Path:
        """Write all files below `folder`, each atomically, all or (but for a crash midway) none.

        All temporary files are written before the first is renamed, so a full disk loses nothing.

        Raises:
            EdgemlError: the folder cannot be written or the disk is full.
        """
        root = Path(folder)
        with _disk_errors(root):
            self._write(root)
        return root

    def _write(self, root: Path) -> None:
        folders: list[Path] = []
        staged: list[tuple[Path, Path]] = []
        done = False
        try:
            for path in self:
                target = root / path
                _make_folder(target.parent, folders)
                staged.append((_stage(target, self.files[path]), target))
            for _, target in staged:
                if target.is_dir() and not target.is_symlink():
                    raise IsADirectoryError(errno.EISDIR, "there is a folder of that name", str(target))
            for temporary, target in staged:
                temporary.replace(target)
            done = True
        finally:
            for temporary, _ in staged:
                with suppress(OSError):
                    temporary.unlink(missing_ok=True)
            for folder in () if done else reversed(folders):
                with suppress(OSError):  # not empty after all
                    folder.rmdir()

    def replace(self, folder: str | os.PathLike[str]) -> Path:
        """Make `folder` hold exactly these files: a whole new folder is built beside it and swapped in.

        Killed between the two renames of the swap, it leaves both beside, as .tmp-NAME.* and .tmp-NAME.*.old;
        `heal` ends the swap.

        Raises:
            EdgemlError: the folder is a file, cannot be written or the disk is full; the old folder is
                then still there.
        """
        named = Path(folder)
        root = named.resolve()  # of a link, what it points to
        with _disk_errors(named):
            if root.exists() and not root.is_dir():
                raise NotADirectoryError(errno.ENOTDIR, "it is not a folder", str(named))
            root.parent.mkdir(parents=True, exist_ok=True)
            fresh = Path(tempfile.mkdtemp(prefix=f"{_TEMPORARY}{root.name}.", dir=root.parent))
            old = fresh.with_name(f"{fresh.name}.old")
            try:
                fresh.chmod(0o777 & ~_umask())
                self._write(fresh)
                if root.exists():
                    root.rename(old)
                fresh.rename(root)
            finally:
                if old.exists() and not root.exists():
                    old.rename(root)
                shutil.rmtree(old, ignore_errors=True)
                shutil.rmtree(fresh, ignore_errors=True)
        return named


def write_atomic(path: str | os.PathLike[str], data: bytes | str) -> None:
    """Replace one file atomically; text is written as UTF-8.

    Raises:
        EdgemlError: the folder cannot be written or the disk is full; the old file is then still there.
    """
    content = data.encode() if isinstance(data, str) else data
    with staged_path(path) as temporary:
        temporary.write_bytes(content)


@contextmanager
def staged_path(path: str | os.PathLike[str]) -> Iterator[Path]:
    """A temporary name beside `path` (same suffix) for libraries that write files themselves.

    When the block ends without an exception the file is flushed and takes the name `path`;
    otherwise it is removed and the old file stays.

    Raises:
        EdgemlError: the folder cannot be written or the disk is full.
    """
    target = Path(path)
    with _disk_errors(target):
        target.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix=_TEMPORARY, suffix=f"-{target.name}", dir=target.parent)
        os.close(handle)
        temporary = Path(name)
        try:
            yield temporary
            _finish(temporary)
            temporary.replace(target)
        finally:
            temporary.unlink(missing_ok=True)


def heal(folder: Path) -> None:
    """Repair a folder after a killed command; no other process may write into it.

    A swap of folders that was caught between its two renames is ended; temporaries are deleted.

    Raises:
        EdgemlError: something cannot be renamed or deleted.
    """
    with _disk_errors(folder):
        for place, folders, files in os.walk(folder):
            for name in files:
                if name.startswith(_TEMPORARY):
                    Path(place, name).unlink(missing_ok=True)
            swapped = [match for name in folders if (match := _SWAPPED.fullmatch(name))]
            for match in sorted(swapped, key=lambda match: match["old"] is None):  # the old ones first
                beside = Path(place, match[0])
                target = beside.with_name(match["name"] or match["earlier"])
                if match["old"] and not target.exists():
                    fresh = beside.with_suffix("")  # it is complete: the old one is moved away only then
                    (fresh if fresh.is_dir() else beside).rename(target)
                shutil.rmtree(beside, ignore_errors=True)


def read_bytes(path: str | os.PathLike[str], what: str, limit: limits.Limit = limits.FILE) -> bytes:
    """The whole file.

    Args:
        path: the file.
        what: description of the file for messages ("board file", "golden vectors").
        limit: the most bytes that are taken.

    Raises:
        EdgemlError: there is no such file, it is a folder, a pipe or a device, it is too large, or it cannot
            be read.
    """
    where = str(path)
    try:
        # Without O_NONBLOCK, opening a pipe would block until a process writes into it.
        with os.fdopen(os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC), "rb") as file:
            state = os.fstat(file.fileno())
            if not stat.S_ISREG(state.st_mode):
                kind = next(name for test, name in _KINDS if test(state.st_mode))
                raise EdgemlError(f"is {kind}, not a {what}", where)
            limit.check(state.st_size, f"the {what} has", where)
            return file.read(state.st_size)  # bytes that are appended meanwhile are not read
    except FileNotFoundError:
        raise EdgemlError(f"there is no such {what}", where) from None
    except IsADirectoryError:
        raise EdgemlError(f"is a folder, not a {what}", where) from None
    except OSError as error:
        raise EdgemlError(f"cannot read the {what}: {error.strerror or error}", where) from error
    except ValueError as error:  # a NUL or half a surrogate in the name
        raise EdgemlError(f"is no name of a {what}: {error}", repr(where)) from None


def _make_folder(folder: Path, folders: list[Path]) -> None:
    """As mkdir -p; the folders that were not there go to `folders`, outermost first."""
    missing = [part for part in (folder, *folder.parents) if not part.exists()]
    for part in reversed(missing):
        part.mkdir(exist_ok=True)
        folders.append(part)


def _stage(target: Path, content: bytes) -> Path:
    handle, name = tempfile.mkstemp(prefix=_TEMPORARY, suffix=f"-{target.name}", dir=target.parent)
    temporary = Path(name)
    done = False
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        _finish(temporary)
        done = True
    finally:
        if not done:
            temporary.unlink(missing_ok=True)
    return temporary


def _finish(temporary: Path) -> None:
    """Give the file the permissions a plain open() would have, and flush it to the disk."""
    umask = _umask()
    temporary.chmod(0o666 & ~umask)
    with temporary.open("rb") as file:
        os.fsync(file.fileno())


def _umask() -> int:
    """The process's umask, read from /proc because os.umask() can only be read by changing it."""
    read: Callable[[], str] = Path("/proc/self/status").read_text
    with suppress(OSError, StopIteration):
        line = next(line for line in read().splitlines() if line.startswith("Umask:"))
        return int(line.split()[1], 8)
    return 0o022


@contextmanager
def _disk_errors(where: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        full = error.errno in (errno.ENOSPC, errno.EDQUOT)
        hint = "free some space and run the same command again" if full else ""
        raise EdgemlError(f"cannot write: {error.strerror or error}", str(where), hint) from error
