"""A set of files in memory, and the only way edgeml writes to disk.

Invariant: a file on disk is either the old one or the whole new one. Every write goes to a temporary
name in the same folder, is flushed to the disk and then renamed; a full disk, Ctrl-C or a kill leaves
the old file alone.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from types import MappingProxyType

from edgeml.errors import EdgemlError


def _no_files() -> Mapping[str, bytes]:
    return MappingProxyType({})


@dataclass(frozen=True)
class FileSet:
    """Relative POSIX paths with their bytes; what every back end returns.

    Raises:
        EdgemlError: a path is absolute or leaves the folder.
    """

    files: Mapping[str, bytes] = field(default_factory=_no_files)

    def __post_init__(self) -> None:
        for path in self.files:
            pure = PurePosixPath(path)
            if pure.is_absolute() or ".." in pure.parts or not pure.parts:
                raise EdgemlError("not a relative path inside the folder", repr(path))
        object.__setattr__(self, "files", MappingProxyType(dict(self.files)))

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
        staged: list[tuple[Path, Path]] = []
        try:
            with _disk_errors(root):
                for path in self:
                    target = root / path
                    target.parent.mkdir(parents=True, exist_ok=True)
                    staged.append((_stage(target, self.files[path]), target))
                for temporary, target in staged:
                    temporary.replace(target)
        finally:
            for temporary, _ in staged:
                with suppress(OSError):
                    temporary.unlink(missing_ok=True)
        return root

    def replace(self, folder: str | os.PathLike[str]) -> Path:
        """Make `folder` hold exactly these files: a whole new folder is built beside it and swapped in.

        Raises:
            EdgemlError: the folder cannot be written or the disk is full; the old folder is then still there.
        """
        root = Path(folder)
        with _disk_errors(root):
            root.parent.mkdir(parents=True, exist_ok=True)
            fresh = Path(tempfile.mkdtemp(prefix=f".{root.name}.", dir=root.parent))
            old = fresh.with_name(f"{fresh.name}.old")
            try:
                fresh.chmod(0o755)
                self.write(fresh)
                if root.exists():
                    root.rename(old)
                try:
                    fresh.rename(root)
                except OSError:
                    if old.exists():
                        old.rename(root)
                    raise
            finally:
                shutil.rmtree(old, ignore_errors=True)
                shutil.rmtree(fresh, ignore_errors=True)
        return root


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
        handle, name = tempfile.mkstemp(prefix=".tmp-", suffix=f"-{target.name}", dir=target.parent)
        os.close(handle)
        temporary = Path(name)
        try:
            yield temporary
            _finish(temporary)
            temporary.replace(target)
        finally:
            temporary.unlink(missing_ok=True)


def read_bytes(path: str | os.PathLike[str], what: str) -> bytes:
    """The whole file.

    Args:
        path: the file.
        what: what the file is, for the message ("board file", "golden vectors").

    Raises:
        EdgemlError: there is no such file or it cannot be read.
    """
    try:
        return Path(path).read_bytes()
    except FileNotFoundError:
        raise EdgemlError(f"there is no such {what}", str(path)) from None
    except OSError as error:
        raise EdgemlError(f"cannot read the {what}: {error.strerror}", str(path)) from error


def _stage(target: Path, content: bytes) -> Path:
    handle, name = tempfile.mkstemp(prefix=".tmp-", suffix=f"-{target.name}", dir=target.parent)
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
        hint = "free some space and run the same command again" if error.errno == 28 else ""
        raise EdgemlError(f"cannot write: {error.strerror or error}", str(where), hint) from error
