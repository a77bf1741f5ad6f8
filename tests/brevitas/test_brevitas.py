"""Files that Brevitas and PyTorch write, imported and compared with their own executor.

`make test-brevitas` writes them in an environment of their own (`networks.py`) and names the folder in
EDGEML_BREVITAS.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from edgeml import importers
from edgeml.presets import Lowering
from tests.importers.campaign import outcome

FOLDER = os.environ.get("EDGEML_BREVITAS", "")
NETWORKS = ("fully_connected", "fixed_point", "convolutional", "residual")
FORMS = ("qonnx", "qonnx_dynamo", "qcdq")

pytestmark = pytest.mark.skipif(
    not FOLDER, reason="EDGEML_BREVITAS is not set: make test-brevitas writes the files"
)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("network", NETWORKS)
def test_a_network_equals_its_executor(network: str, form: str) -> None:
    content = (Path(FOLDER) / f"{network}.{form}.onnx").read_bytes()
    found = outcome(content, f"{network}.onnx", samples=20)
    assert found.right and found.values >= 5, found
    if network == "fixed_point":
        assert found.float32 == 0, "powers of two are exact in float32"


def test_pytorch_s_own_export_equals_onnx_runtime() -> None:
    found = outcome((Path(FOLDER) / "torch.qdq.onnx").read_bytes(), "torch.onnx", samples=20)
    assert found.right and found.values >= 3, found


@pytest.mark.parametrize("network", NETWORKS)
def test_three_forms_of_one_network_have_the_same_weights(network: str) -> None:
    """The constants of the sums of products, whatever the exporter called them."""
    weights = []
    for form in FORMS:
        path = Path(FOLDER) / f"{network}.{form}.onnx"
        source = importers.SourceFile(path, path.read_bytes())
        graph = importers.read(source, importers.ImportOptions("net", Lowering())).graph
        weights.append(
            [
                graph.constants[node.inputs[1]].tolist()
                for node in graph.nodes
                if node.op.op_name() in ("conv", "mat_mul")
            ]
        )
    assert weights[0] == weights[1] == weights[2]
