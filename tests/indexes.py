"""A folder of made-up wheels that pip takes for an index, and a lock of them."""

from __future__ import annotations

import base64
import hashlib
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path


def wheel(
    folder: Path,
    name: str,
    version: str,
    requires: Sequence[str] = (),
    extras: Sequence[str] = (),
    files: Mapping[str, str] | None = None,
    about: Mapping[str, str] | None = None,
) -> Path:
    """A wheel of one small module, or of `files`; `about` are more files of its dist-info."""
    plain = name.replace("-", "_").replace(".", "_")
    record = f"{plain}-{version}.dist-info"
    metadata = ["Metadata-Version: 2.1", f"Name: {name}", f"Version: {version}"]
    metadata += [f"Requires-Dist: {line}" for line in requires]
    metadata += [f"Provides-Extra: {extra}" for extra in extras]
    content = {
        **(files if files is not None else {f"made_up_{plain}.py": f"version = {version!r}\n"}),
        f"{record}/METADATA": "\n".join(metadata) + "\n",
        f"{record}/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        **{f"{record}/{key}": text for key, text in (about or {}).items()},
    }
    rows = [f"{path},sha256={_digest(text)},{len(text.encode())}" for path, text in content.items()]
    content[f"{record}/RECORD"] = "\n".join([*rows, f"{record}/RECORD,,"]) + "\n"
    made = folder / f"{plain}-{version}-py3-none-any.whl"
    with zipfile.ZipFile(made, "w") as archive:
        for path, text in content.items():
            archive.writestr(zipfile.ZipInfo(path), text)
    return made


def pin(name: str, version: str, made: Path, marker: str = "") -> str:
    """The line of a lock for this wheel."""
    digest = hashlib.sha256(made.read_bytes()).hexdigest()
    return f"{name}=={version}{f' ; {marker}' if marker else ''} \\\n    --hash=sha256:{digest}\n"


def _digest(text: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=").decode()
