"""Reports damaged at random: read, or refused with one error; no other exception leaves the reader."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from edgeml import vendor
from edgeml.errors import EdgemlError

REPORTS = Path(__file__).parent / "reports"
FILES = sorted(vendor.reports(REPORTS))
_TIMES = 12


def damaged(lines: list[str], rng: np.random.Generator) -> list[str]:
    """Lines lost, doubled, cut, the file's end lost, or a character changed."""
    done = list(lines)
    for _ in range(int(rng.integers(1, 4))):
        k = int(rng.integers(len(done)))
        at = int(rng.integers(len(done[k]) + 1))
        match int(rng.integers(5)):
            case 0:
                del done[k]
            case 1:
                done[k] = done[k][:at]
            case 2:
                done[k] = done[int(rng.integers(len(done)))]
            case 3:
                done = done[: k + 1]
            case _:
                done[k] = done[k][:at] + str(rng.choice(list('|;-+09x :{}"'))) + done[k][at + 1 :]
        done = done or [""]
    return done


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_only_one_kind_of_error(path: Path, tmp_path: Path) -> None:
    target = tmp_path / path.relative_to(REPORTS)
    target.parent.mkdir(parents=True)
    shutil.copy(path, target)
    lines = path.read_text(encoding="utf-8").split("\n")
    rng = np.random.default_rng([FILES.index(path), 7])
    wheres: list[str] = []
    for _ in range(_TIMES):
        target.write_text("\n".join(damaged(lines, rng)), encoding="utf-8")
        try:
            rows = vendor.read(target)
        except EdgemlError as error:
            wheres.append(error.where)
            continue
        assert all(figure.value >= 0 for row in rows for figure in row.total.present().values())
    assert all(where.startswith(str(target)) for where in wheres)
