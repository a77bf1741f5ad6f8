"""The sources of data files: $EDGEML_DATA, the caches of Keras and scikit-learn, then the publisher.

Invariant: a wrong file is an error, and no further source is tried; a download is checked before it gets its
name. Nothing is downloaded if a file exists. The folders' names appear in this file alone.

Keras keeps downloads in $KERAS_HOME/datasets (~/.keras/datasets), scikit-learn in $SCIKIT_LEARN_DATA
(~/scikit_learn_data); edgeml reads and writes the same files, so that no data set lies on a disk twice.
"""

from __future__ import annotations

import hashlib
import os
import urllib.request
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from http.client import HTTPException
from pathlib import Path
from urllib.error import HTTPError

from edgeml.errors import EdgemlError
from edgeml.files import staged_path

_TIMEOUT_SECONDS = 30
_BLOCK_BYTES = 1 << 20


@dataclass(frozen=True)
class Sources:
    """The folders that are searched, and whether files in none of them are downloaded.

    Args:
        data: the user's folder, $EDGEML_DATA; looked at first, never written.
        keras: the folder of Keras' downloads.
        scikit: the folder of scikit-learn's downloads.
        online: false: never download.
    """

    data: Path | None
    keras: Path
    scikit: Path
    online: bool = True

    @staticmethod
    def default() -> Sources:
        """The folders the environment names.

        Raises:
            EdgemlError: $EDGEML_DATA is set but no folder.
        """
        data = os.environ.get("EDGEML_DATA", "")
        if data and not Path(data).is_dir():
            raise EdgemlError("EDGEML_DATA does not name a folder", data, "create it or unset the variable")
        keras = Path(os.environ.get("KERAS_HOME") or Path.home() / ".keras") / "datasets"
        scikit = Path(os.environ.get("SCIKIT_LEARN_DATA") or Path.home() / "scikit_learn_data").expanduser()
        return Sources(Path(data) if data else None, keras, scikit)

    def find(self, names: Iterable[str]) -> Path | None:
        """The first of `names` (relative paths) that is a file in $EDGEML_DATA."""
        if self.data is None:
            return None
        return next((path for name in names if (path := self.data / name).is_file()), None)

    def own_file(self, name: str, url: str, arrays: str) -> Path:
        """A file of $EDGEML_DATA that its publisher has in another form only.

        Args:
            name: of the file.
            url: the publisher's page.
            arrays: the arrays that the file has to have, in words.

        Raises:
            EdgemlError: it is not there; says how to make it.
        """
        path = self.find([name])
        if path is not None:
            return path
        folder = self.data or "a folder that EDGEML_DATA names"
        raise EdgemlError(
            "data file not found and downloading is off for this data set",
            name,
            f"get the data from {url}, save {arrays} with numpy.savez as {name}, and put it into {folder}",
        )

    def keras_file(self, name: str, url: str, digest: str) -> Path:
        """A file of Keras' cache, downloaded if it is not there.

        Args:
            name: path below the cache folder, the one Keras itself uses.
            url: where to download it.
            digest: "sha256:HEX" or "md5:HEX" as published. A download is checked against it; what is read
                from any file is compared with the published values once it is loaded.

        Raises:
            EdgemlError: it cannot be downloaded, or what comes back is not the published file.
        """
        path = self.keras / name
        if path.is_file():
            return path
        if not self.online:
            raise EdgemlError("data file not found and downloading is off", str(path), self._hint(name, url))
        self._download(url, path, digest)
        return path

    def _download(self, url: str, path: Path, digest: str) -> None:
        algorithm, _, expected = digest.partition(":")
        total = hashlib.new(algorithm, usedforsecurity=False)
        hint = self._hint(path.name, url)
        with staged_path(path) as temporary, temporary.open("wb") as file:
            for block in _blocks(url, hint):
                total.update(block)
                file.write(block)
            if total.hexdigest() != expected:
                raise EdgemlError(f"the download is not the published file ({algorithm} differs)", url, hint)

    def _hint(self, name: str, url: str) -> str:
        folder = self.data or "a folder that EDGEML_DATA names"
        return f"download {url} elsewhere and put {name} into {folder} or {self.keras}"


def _blocks(url: str, hint: str) -> Iterator[bytes]:
    """The bytes behind `url`; network errors are OSErrors too and must not look like those of the disk."""
    try:
        with urllib.request.urlopen(url, timeout=_TIMEOUT_SECONDS) as reply:  # noqa: S310  a constant https address
            while block := reply.read(_BLOCK_BYTES):
                yield block
    except (OSError, HTTPException) as error:
        if isinstance(error, HTTPError):
            error.close()
        raise EdgemlError(f"cannot download: {error}", url, hint) from error
