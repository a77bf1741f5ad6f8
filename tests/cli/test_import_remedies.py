"""Every remedy that a refused import names is followed: none is refused again for the same reason."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import edgeml as api
from edgeml.errors import EdgemlError
from edgeml.onnx_model import OnnxPort, OnnxWriter
from tests.cli.command import Outcome, Shell
from tests.cli.test_import import data, saved
from tests.cli.test_import_types import no_input_type
from tests.importers.look_alikes import zoo
from tests.keras.old_files import hdf5_of, network
from tests.ptq import nets

pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")

_OPTION = r"--(?:input|float|layer)-type '[^']+'"
_OPTIONS = re.compile(f"{_OPTION}(?: {_OPTION})*")  # those beside each other are given together
_OTHER_TYPE = re.compile(r"'(u?fixed<[0-9,]+>)' (?:for|from)")
_SETTING = re.compile(r"--set ('[^']+'|[a-z_.]+=[^ ,;:]+)")
_PLAIN = re.compile(r"--(?:overwrite|task (?!out)[a-z_]+)")
_PYTHON = re.compile(r"edgeml\.lower\(model, ([^()]*)\)")
_QUANTIZE = re.compile(r"edgeml (quantize \S+ --data) ")
_ROUNDS = 4


@dataclass(frozen=True)
class Refused:
    """An import that is refused.

    Args:
        make: writes the files into the current folder; gives the words behind `edgeml import`.
        files: what stands for a placeholder in a remedy.
    """

    make: Callable[[], list[str]]
    files: Mapping[str, str]


def _unquantized() -> list[str]:
    """QONNX whose first product reads the input as it is."""
    writer = OnnxWriter()
    scale = [
        writer.constant(np.asarray(value, np.float32), name)
        for name, value in (("s", 0.25), ("z", 0), ("b", 4))
    ]
    weights = writer.constant(np.eye(6, dtype=np.float32), "w")
    codes = writer.node("Quant", [weights, *scale], "wq", "qonnx.custom_op.general", signed=1, narrow=0)
    writer.node("MatMul", ["x", codes], "y")
    ports = [OnnxPort("x", ("n", 6))], [OnnxPort("y", ("n", 6))]
    model = writer.finish("net", *ports, nets.VERSION)
    model.opset_import.add(domain="qonnx.custom_op.general", version=1)
    Path("net.onnx").write_bytes(model.SerializeToString())
    return ["net.onnx"]


def _zoo() -> list[str]:
    """A network whose input is moved in front of its first quantizer."""
    Path("net.onnx").write_bytes(zoo.NETWORKS["tfc_w1a1"]())
    return ["net.onnx"]


def _float_onnx() -> list[str]:
    Path("net.onnx").write_bytes(nets.mlp_model())
    np.savez("data.npz", x=nets.draw(40, 60, 6))
    return ["net.onnx"]


def _float_keras() -> list[str]:
    data(Path("data.npz"))
    return [str(saved(Path("net.keras"), plain=True).name)]


def _architecture() -> list[str]:
    _apart()
    return ["model.json", "--input-type", "ufixed<8,2>", "--float-type", "fixed<16,6>"]


def _weights_alone() -> list[str]:
    _apart()
    return ["w.h5"]


def _apart() -> None:
    old = network()
    Path("model.json").write_text(json.dumps(old.config))
    Path("w.h5").write_bytes(hdf5_of(old, whole=False))


def _other_classes() -> list[str]:
    return [saved(Path("net.keras")).name, "--data", data(Path("five.npz"), classes=5).name]


def _images() -> list[str]:
    np.savez("images.npz", x=np.zeros((20, 2, 2), np.float32), y=np.arange(20) % 3)
    return [saved(Path("net.keras")).name, "--data", "images.npz"]


def _no_labels() -> list[str]:
    np.savez("x.npz", x=nets.draw(1, 30, 4))
    return [saved(Path("net.keras")).name, "--data", "x.npz", "--task", "classification"]


CASES = {
    "a QKeras model without an input type, its head in float": Refused(
        lambda: [no_input_type(Path("net.h5")).name], {}
    ),
    "QONNX that reads its input as it is": Refused(_unquantized, {}),
    "a network of the QONNX zoo": Refused(_zoo, {}),
    "a float ONNX model": Refused(_float_onnx, {"NAME|FILE": "data.npz"}),
    "a float Keras model": Refused(_float_keras, {"NAME|FILE": "data.npz"}),
    "an architecture alone": Refused(_architecture, {"--weights FILE": "--weights w.h5"}),
    "weights alone": Refused(_weights_alone, {"--weights FILE": "--weights w.h5"}),
    "data of other classes": Refused(_other_classes, {}),
    "images for a model of features": Refused(_images, {}),
    "a task without labels": Refused(_no_labels, {}),
}


SLOW = ("a network of the QONNX zoo", "a QKeras model", "weights alone")


@pytest.mark.parametrize(
    "name",
    [pytest.param(name, marks=pytest.mark.slow) if name.startswith(SLOW) else name for name in CASES],
)
def test_every_remedy_leads_on(
    edgeml: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.chdir(tmp_path)
    case = CASES[name]
    words, arguments = case.make(), dict[str, Any]()
    refusal = _refusal(edgeml("import", *words, "--out", "run"))
    for turn in range(_ROUNDS):
        ways = list(_ways(refusal, case, words))
        assert ways, f"no remedy to follow in: {refusal}"
        results: list[Outcome] = []
        for number, way in enumerate(ways):
            out = ["--out", f"run_{turn}_{number}"]
            results.append(edgeml(*way, *out) if way[0] == "quantize" else edgeml("import", *way, *out))
            left = "" if results[-1].code == 0 else _refusal(results[-1])
            assert left != refusal, f"{way} is refused for the same reason: {left}"
        arguments |= _called(refusal)
        _need_python_leads_on(words, arguments, refusal)
        if results[0].code == 0:
            return
        words, refusal = ways[0], _refusal(results[0])
    pytest.fail(f"still refused: {refusal}")


def _refusal(outcome: Outcome) -> str:
    """The error with its hint, on one line."""
    assert outcome.code == 2 and "Traceback" not in outcome.err, outcome
    text = " ".join(outcome.err.split())
    assert "error: " in text and " hint: " in text, text
    return text[text.index("error: ") :]


def _ways(refusal: str, case: Refused, words: list[str]) -> Iterator[list[str]]:
    """The commands that a hint names, one each, placeholders filled in."""
    hint = refusal.partition(" hint: ")[2]
    for placeholder, value in case.files.items():
        if placeholder.startswith("--") and placeholder in hint:
            source = ["model.json"] if "model.json" in hint else words
            yield [*source, *shlex.split(value)]
    yield from ([*words, *shlex.split(options)] for options in _OPTIONS.findall(hint))
    yield from ([*words, "--input-type", kind] for kind in _OTHER_TYPE.findall(hint))
    yield from ([*words, "--set", *shlex.split(setting)] for setting in _SETTING.findall(hint))
    yield from ([*_without(words, plain), *plain.split()] for plain in _PLAIN.findall(hint))
    for command in _QUANTIZE.findall(hint):
        yield [*shlex.split(command), case.files["NAME|FILE"], "--set", "quantize.samples=20"]


def _without(words: list[str], plain: str) -> list[str]:
    """The words without an option that is stated anew."""
    option = plain.split()[0]
    if option not in words:
        return words
    place = words.index(option)
    return words[:place] + words[place + 2 :]


def _called(refusal: str) -> dict[str, Any]:
    """The arguments of edgeml.lower that a hint names."""
    found = _PYTHON.search(refusal)
    return {} if found is None else eval(f"dict({found[1]})", {"dict": dict})


def _need_python_leads_on(words: list[str], arguments: dict[str, Any], refusal: str) -> None:
    """The same in Python, with all that was named so far."""
    if not _called(refusal):
        return
    from edgeml.keras.load import load_model

    left = ""
    try:
        api.lower(load_model(Path(words[0])), **arguments)
    except EdgemlError as error:
        left = error.what
    assert not left or left not in refusal, f"{arguments}: {left}"
