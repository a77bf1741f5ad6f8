"""Programs of the YoWASP packages are WebAssembly, compiled for the processor at their first start.

That takes a minute or two for Yosys, on a busy machine several, and has nothing to do with the time that a
caller gives a program. So it happens before the caller's time begins, once, whichever process comes first:
a second compilation at the same time would write the file that a third process has already mapped.
"""

from __future__ import annotations

import fcntl
import hashlib
import importlib.util
import os
import re
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from pathlib import Path

from edgeml.scratch import scratch_folder

_PREFIX = "yowasp-"
_SCRIPT = re.compile(r"^from (yowasp_\w+) import", re.MULTILINE)
_FOLDER = "YOWASP_CACHE_DIR"


def compile_once(program: Path, start: Callable[[Path], object]) -> None:
    """Compile a WebAssembly program, unless that was done or the program is none.

    Args:
        program: the executable.
        start: starts the program with an argument that makes it end at once, in the folder that it is given.

    Raises:
        EdgemlError: `start` says so.
    """
    compiled = compiled_file(program)
    if compiled is None or compiled.is_file():
        return
    try:
        compiled.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(compiled.parent / ".lock", os.O_RDWR | os.O_CREAT, 0o644)
    except OSError:  # a folder that cannot be written keeps no compiled program either
        return
    try:
        with suppress(OSError):  # a file system without locks
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        if not compiled.is_file():
            with scratch_folder() as folder:
                start(folder)
    finally:
        os.close(descriptor)


@cache
def compiled_file(program: Path) -> Path | None:
    """The file that the program is compiled into, as yowasp_runtime names it; None for others."""
    if not program.name.startswith(_PREFIX):
        return None
    try:
        package = _SCRIPT.search(program.read_text())
        spec = importlib.util.find_spec(package[1]) if package else None
        if spec is None or spec.origin is None:
            return None
        module = Path(spec.origin).parent / f"{program.name.removeprefix(_PREFIX)}.wasm"
        digest = hashlib.sha1(module.read_bytes(), usedforsecurity=False).hexdigest()
        import platformdirs  # yowasp_runtime needs it as well
    except (OSError, ValueError, ImportError):
        return None
    folder = os.environ.get(_FOLDER) or platformdirs.user_cache_dir("YoWASP", appauthor=False)
    return Path(folder) / spec.name / module.name / digest
