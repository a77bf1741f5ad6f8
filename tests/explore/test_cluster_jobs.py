"""Other work on a local Ray cluster of two nodes: boards, campaigns, shares of a GPU."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from edgeml.pipeline.cluster import WorkerNeeds
from edgeml.pipeline.cluster_pool import ClusterPool
from edgeml.pipeline.pool import PoolBounds
from tests.cli.command import Shell
from tests.explore.carried import SumJob
from tests.explore.test_cluster import ROOT, jobs, ray_cluster
from tests.fuzz import __main__ as fuzz

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(600),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),  # Ray's own sockets and files
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    pytest.mark.filterwarnings("ignore::FutureWarning"),
]


@pytest.fixture(scope="module")
def nodes() -> Iterator[Any]:
    """A head without processors, a node with one, and one with a processor and a GPU that is made up."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", str(ROOT))
        patch.setenv("CUDA_VISIBLE_DEVICES", "0")
        patch.setenv("RAY_ENABLE_UV_RUN_RUNTIME_ENV", "0")
        there = ray_cluster.Cluster(
            initialize_head=True, head_node_args={"num_cpus": 0, "include_dashboard": False}
        )
        there.add_node(num_cpus=1)
        there.add_node(num_cpus=1, num_gpus=1)
        try:
            yield there
        finally:
            there.shutdown()


def seen(folder: Path, pool: ClusterPool, count: int) -> list[str]:
    work: list[SumJob] = jobs(folder, *(["sees"] * count))
    with pool:
        assert sorted(dict(pool.results(work))) == list(range(count))
    return [(folder / f"root/own/{number}/gpu.txt").read_text() for number in range(count)]


@pytest.mark.parametrize(("share", "gpu"), [(0.5, "0"), (0.0, "-1")])
def test_a_share_of_a_gpu_is_taken_where_there_is_one(share, gpu, nodes, tmp_path) -> None:
    pool = ClusterPool(nodes.address, PoolBounds(attempts=2), WorkerNeeds(1, 100, share))
    assert seen(tmp_path, pool, 2) == [gpu, gpu]


def test_boards_are_synthesized_on_a_cluster(nodes, edgeml: Shell, tmp_path, monkeypatch) -> None:
    run = tmp_path / "iris"
    assert edgeml("train", "iris_mlp", "--epochs", "1", "--out", str(run)).code == 0
    monkeypatch.setenv("EDGEML_LEDGER", str(tmp_path / "ledger.jsonl"))
    words = ("synth", str(run), "--until", "synthesis", "--json", "--cluster", nodes.address)
    done = edgeml(*words, "--board", "icebreaker,de10-nano")
    rows = json.loads(done.out)
    assert done.code == 0, done.err
    by_board = {Path(row["folder"]).name: row for row in rows}
    assert set(by_board) == {"icebreaker", "de10-nano"} and by_board["icebreaker"]["result"]["total"]["lut"]
    for name, row in by_board.items():
        assert Path(row["folder"]) == run / "synth" / name
        assert list((run / "synth" / name / "verilog").iterdir())
    assert (run / "synth/icebreaker/result.json").is_file()
    assert (tmp_path / "ledger.jsonl").read_text().count("\n") >= 1


def test_a_campaign_runs_in_shares(nodes, tmp_path, monkeypatch, capsys) -> None:
    none = ("--models", "0", "--hls4ml", "0", "--verilog", "0", "--c", "0", "--imports", "0")
    words = ["fuzz", "--graphs", "20", *none, "--out", str(tmp_path / "failures"), "--parts", "2"]
    monkeypatch.setattr(sys, "argv", [*words, "--cluster", nodes.address])
    code, out = fuzz.main(), capsys.readouterr().out
    assert code == 0, out
    counted = [line.split(" exact")[0].split(": ")[1] for line in out.splitlines() if line.startswith("onnx")]
    assert sum(map(int, counted)) == 20 and len(counted) == 2


def test_shares_make_as_many_attempts_and_no_seed_twice() -> None:
    for kind in ("onnx", "qonnx_import"):
        whole = fuzz.FuzzShare(Path("f"), kind, 23, 7)
        shares = list(whole.shared_out(8))
        assert sum(one.count for one in shares) == 23 and len({one.seed for one in shares}) == 8
    imports = fuzz.FuzzShare(Path("f"), fuzz.KINDS[0], 23, 7)
    seeds = np.concatenate([np.arange(one.seed, one.seed + one.count) for one in imports.shared_out(8)])
    assert seeds.tolist() == list(range(7, 30))
