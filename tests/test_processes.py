"""The memory that a process may take: the least of machine, control groups and limit of address space."""

from __future__ import annotations

from pathlib import Path

import pytest

from edgeml import processes

_GB = 2**30


@pytest.mark.parametrize(("limit", "used", "prefix"), [files[1:] for files in processes._GROUPS])
def test_a_control_group_leaves_its_limit_without_what_it_uses(limit, used, prefix, tmp_path: Path) -> None:
    (tmp_path / limit).write_text(f"{2 * _GB}\n")
    (tmp_path / used).write_text(f"{_GB}\n")
    (tmp_path / "memory.stat").write_text(f"anon 5\n{prefix}inactive_file 7\n{prefix}active_file 3\n")
    assert list(processes._left_by_group(tmp_path, limit, used, prefix)) == [_GB + 10]
    (tmp_path / limit).write_text("max\n")
    assert not list(processes._left_by_group(tmp_path, limit, used, prefix))
    assert not list(processes._left_by_group(tmp_path / "none", limit, used, prefix))


def test_the_least_room_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("machine", "groups", "process"):
        monkeypatch.setattr(processes, f"_left_by_{name}", lambda: iter(()))
    assert processes.available_mb() == 0
    monkeypatch.setattr(processes, "_left_by_machine", lambda: iter([8 * _GB]))
    monkeypatch.setattr(processes, "_left_by_groups", lambda: iter([4 * _GB, 3 * _GB]))
    assert processes.available_mb() == 3072
    monkeypatch.setattr(processes, "_left_by_process", lambda: iter([-1]))
    assert processes.available_mb() == 1
