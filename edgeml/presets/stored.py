"""The files of a run about what was fitted to the training part: columns.json, scaling.npz, config.toml.

config.toml has offset and scale of the scaling, scaling.npz its table, columns.json the rules of a table's
columns; where a kind has no table, or the data no such columns, there is no file.

Invariant: what is read has the checksum that config.toml states. Where there is no file, as after an import,
it is fitted again to the same data and has to come out the same.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from edgeml.datasets import ColumnPlan, Scaling, read_arrays
from edgeml.errors import EdgemlError
from edgeml.files import staged_path, write_atomic
from edgeml.presets.prepare import Prepared, prepare
from edgeml.presets.prepare_code import prepare_files
from edgeml.presets.spec import DataSpec
from edgeml.reading import read_json

TABLE_FILE = "scaling.npz"
COLUMNS_FILE = "columns.json"
_KEY = "table"


def read_fitted(
    folder: Path, numbers: Mapping[str, Any], spec: DataSpec, imported: bool
) -> tuple[Scaling, ColumnPlan | None]:
    """The scaling of a run, and the rules of a table's columns.

    Args:
        folder: RUN.
        numbers: as `Scaling.to_dict` gave them, and the checksums as table_sha256 and columns_sha256.
        spec: the data, to fit again what is in no file.
        imported: the run's model was trained elsewhere.

    Raises:
        EdgemlError: a number is damaged, or others than the model was trained with.
    """
    plain, table, columns = dict(numbers), None, None
    of_table, of_columns = plain.pop("table_sha256", ""), plain.pop("columns_sha256", "")
    files = {folder / TABLE_FILE: of_table, folder / COLUMNS_FILE: of_columns}
    if any(digest and not path.is_file() for path, digest in files.items()):
        again = prepare(spec, unlabelled=imported)
        table, columns = again.scaling.table, again.columns
    elif of_table:
        table = read_arrays(folder / TABLE_FILE, [_KEY])[_KEY]
    path = folder / COLUMNS_FILE
    if of_columns and columns is None:
        columns = ColumnPlan.from_dict(read_json(path, "rules of columns"), str(path))
    scaling = Scaling.from_dict(plain, f"{folder / 'config.toml'}: scaling", table)
    digests = (scaling.table_digest, columns.digest if columns else "")
    for path, ours in zip(files, digests, strict=True):
        if ours != files[path]:
            hint = "delete the file, so that it is fitted again, or train again with --overwrite"
            raise EdgemlError("has other numbers than the model was trained with", str(path), hint)
    return scaling, columns


def write_fitted(folder: Path, data: Prepared) -> None:
    """Write the files of a run that is to be trained on these data.

    For tables the preparation of a sample is written as C and Python too, see `edgeml.presets.prepare_code`.
    """
    x = data.dataset.x_train
    if x.ndim == 2 and (data.columns is not None or data.scaling.kind != "none"):
        features = len(data.columns.features) if data.columns is not None else x.shape[1]
        prepare_files(data.scaling, data.columns, features).write(folder)
    if data.columns is not None:
        write_atomic(folder / COLUMNS_FILE, data.columns.to_json())
    if data.scaling.table is not None:
        with staged_path(folder / TABLE_FILE) as temporary, temporary.open("wb") as file:
            np.savez(file, allow_pickle=False, **{_KEY: data.scaling.table})
