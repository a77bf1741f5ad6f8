"""The fitted scaling in a run folder: its table in scaling.npz, offset and scale in config.toml.

Invariant: the table that is read has the checksum that config.toml states. Where there is no file, as after
an import, the table is fitted again to the same data and has to come out the same.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from edgeml.datasets import Scaling, read_arrays
from edgeml.errors import EdgemlError
from edgeml.files import staged_path
from edgeml.presets.prepare import prepare
from edgeml.presets.spec import DataSpec

TABLE_FILE = "scaling.npz"
_KEY = "table"


def read_scaling(folder: Path, numbers: Mapping[str, Any], spec: DataSpec, imported: bool) -> Scaling:
    """The scaling of a run.

    Args:
        folder: RUN.
        numbers: as `Scaling.to_dict` gave them, and the table's checksum as table_sha256.
        spec: the data, to fit a table again.
        imported: the run's model was trained elsewhere.

    Raises:
        EdgemlError: a number is damaged, or the table is another one than the model was trained with.
    """
    plain, path, table = dict(numbers), folder / TABLE_FILE, None
    digest = plain.pop("table_sha256", "")
    if digest and path.is_file():
        table = read_arrays(path, [_KEY])[_KEY]
    elif digest:
        table = prepare(spec, unlabelled=imported).scaling.table
    scaling = Scaling.from_dict(plain, f"{folder / 'config.toml'}: scaling", table)
    if scaling.table_digest != digest:
        hint = "delete the file, which is written anew, or train again with --overwrite"
        raise EdgemlError("is not the table that the model was trained with", str(path), hint)
    return scaling


def write_scaling(folder: Path, scaling: Scaling) -> None:
    """Write scaling.npz, if the scaling has a table."""
    if scaling.table is None:
        return
    with staged_path(folder / TABLE_FILE) as temporary, temporary.open("wb") as file:
        np.savez(file, allow_pickle=False, **{_KEY: scaling.table})
