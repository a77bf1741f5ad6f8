"""Each message of docs/troubleshooting.md is what edgeml says, and each remedy that is a command works."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.docs import workshop

PAGE = (Path(__file__).parents[2] / "docs" / "troubleshooting.md").read_text(encoding="utf-8")
ENTRIES = dict(re.findall(r"^### `([^\n]+)`\n(.*?)(?=^##|\Z)", PAGE, re.MULTILINE | re.DOTALL))
"""Message of each entry -> its text."""

TRAIN = "edgeml train iris_mlp --epochs 1 --out runs/never"


def _damaged() -> str:
    """Check a run whose ONNX file has one weight more."""
    import onnx
    from onnx import numpy_helper

    path = next(Path("runs/iris/onnx").glob("exact.onnx"))
    model = onnx.load(path)
    largest = max(model.graph.initializer, key=lambda one: numpy_helper.to_array(one).size)
    values = numpy_helper.to_array(largest).copy()
    values.flat[0] += 1
    largest.CopyFrom(numpy_helper.from_array(values, largest.name))
    onnx.save(model, path)
    return said("edgeml check runs/iris --with onnx", 1)


def said(line: str, code: int = 2) -> str:
    """The output of a command that has to end with this code, on one line."""
    ended, text = workshop.command(line)
    assert ended == code, f"{line}\nexit code {ended}\n{text}"
    return " ".join(text.split())


PROVOKED: dict[str, str | Callable[[], str]] = {
    "is a float model: it has no quantized layer, ...": "edgeml import float.keras --data data.npz",
    "reads the unquantized input '...'": "edgeml import noinput.keras --data data.npz",
    "the layer LayerNormalization is not covered ...": "edgeml import norm.keras --data data.npz",
    "the class Lambda runs code that is stored in the file ...": "edgeml import lambda.keras --data data.npz",
    "is quantized already: its layers state their types ...": "edgeml quantize quant.keras --data data.npz",
    "there is no such model file": "edgeml import nofile.onnx",
    "the model takes samples of shape (4,), five.npz has (5,) ...": (
        "edgeml import quant.keras --data five.npz"
    ),
    "column 'b' has no number in line 3 but '' ...": f"{TRAIN} --set data.dataset=gap.csv",
    "column 'b' holds 'red' in line 2, not a number; ...": f"{TRAIN} --set data.dataset=text.csv",
    "which column has the labels? ...": f"{TRAIN} --set data.dataset=nolabel.csv",
    "the labels are ... different whole numbers from ... to ..., which looks like a quantity ...": (
        f"{TRAIN} --set data.dataset=quantity.csv"
    ),
    "data file not found and downloading is off for this data set ...": f"{TRAIN} --set data.dataset=magic04",
    "cannot download: ...": f"{TRAIN} --set data.dataset=mnist",
    "unknown key 'quantizers.wieghts' (did you mean weights?)": f"{TRAIN} --set quantizers.wieghts.bits=4",
    "is not KEY=VALUE ...": f"{TRAIN} --set training.epochs",
    "quantizers.weights.bits = 100: input should be less than or equal to 63": (
        f"{TRAIN} --set quantizers.weights.bits=100"
    ),
    "unknown preset 'iris_mlpp' (did you mean iris_mlp?)": "edgeml run iris_mlpp",
    "unknown optimizer 'adamm' (did you mean Adam or AdamW or Adamax?)": (
        f"{TRAIN} --set training.optimizer=adamm"
    ),
    "holds a run of another configuration: quantizers.weights.bits is 8 there, 4 now ...": (
        "edgeml train iris_mlp --epochs 1 --out runs/iris --set quantizers.weights.bits=4"
    ),
    "is not a run folder ...": "edgeml check runs/nothing",
    "hls4ml's Quartus back end cannot target PYNQ-Z2, ...": (
        "edgeml export runs/iris --to hls4ml --hls-backend Quartus"
    ),
    "unknown board 'pynq' (did you mean pynq-z1 or pynq-z2?)": "edgeml estimate runs/iris --board pynq",
    "no valid reuse factors meet a latency of 1 clocks ...": lambda: said(
        "edgeml estimate runs/iris --board icebreaker --max-latency 1", 0
    ),
    "needs ... bits for two products in one multiplier ...": (
        "edgeml export runs/iris --to verilog --set verilog.reuse_factor=4 --set verilog.pair_bits.fc1=8"
    ),
    "nothing was run, so nothing is proven": lambda: said("edgeml check runs/iris --with verilog", 0),
    "differs from a fresh emission: ...": _damaged,
}
"""Message -> a command that provokes it and ends with 2, or a function."""


def test_each_entry_is_provoked() -> None:
    assert list(ENTRIES) == list(PROVOKED)


def pattern(message: str) -> str:
    """A regular expression of a message, `...` standing for anything."""
    return ".*".join(re.escape(part.strip()) for part in message.split("...")).removesuffix(".*")


def test_a_pattern_tells_messages_apart() -> None:
    assert re.search(pattern("column '...' is odd ..."), "x.csv: column 'b' is odd (remove it)")
    assert not re.search(pattern("column '...' is odd ..."), "x.csv: column 'b' is even")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder with the models and data that the messages are about, and a run with an ONNX file."""
    import keras
    from qkeras import QActivation, QDense

    place = tmp_path_factory.mktemp("troubles")
    with workshop.inside(place):
        x, y = workshop.data()
        np.savez("data.npz", x=x, y=y)
        np.savez("five.npz", x=np.zeros((30, 5)), y=np.arange(30) % 3)
        kinds = ("x", "y", "z")
        whole = "".join(f"{k},{k % 3},3,4,{kinds[k % 3]}\n" for k in range(60))
        Path("gap.csv").write_text(f"a,b,c,d,class\n1,2,3,4,x\n3,,5,6,y\n{whole}")
        colours = "".join(f"{k},{('red', 'blue')[k % 2]},{k % 3},{kinds[k % 3]}\n" for k in range(60))
        Path("text.csv").write_text(f"a,b,c,class\n{colours}")
        Path("nolabel.csv").write_text("a,c,d,e,b\n" + whole)
        Path("quantity.csv").write_text("a,target\n" + "".join(f"{k},{k * 7}\n" for k in range(60)))
        layers = keras.layers
        typed: Any = dict.fromkeys(("kernel_quantizer", "bias_quantizer"), "quantized_bits(6, 1, alpha=1)")
        keras.Sequential([keras.Input((4,)), layers.Dense(3, name="logits")]).save("float.keras")
        value = keras.Input((4,))
        keras.Model(value, QDense(3, name="logits", **typed)(value)).save("noinput.keras")
        value = keras.Input((4,))
        mine = layers.Lambda(lambda t: t * 2, name="mine")(value)
        keras.Model(value, layers.Dense(3)(mine)).save("lambda.keras")
        value = keras.Input((4,))
        quantized = QActivation("quantized_bits(8,2,alpha=1)", name="quantize")(value)
        keras.Model(value, QDense(3, name="logits", **typed)(quantized)).save("quant.keras")
        normal = layers.LayerNormalization(name="norm")(quantized)
        keras.Model(value, QDense(3, name="logits", **typed)(normal)).save("norm.keras")
        assert workshop.command("edgeml train iris_mlp --epochs 1 --out runs/iris")[0] == 0
        assert workshop.command("edgeml export runs/iris --to onnx")[0] == 0
        yield place


@pytest.mark.slow
@pytest.mark.parametrize("message", PROVOKED)
def test_it_is_what_edgeml_says(message: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("EDGEML_DATA", raising=False)
    monkeypatch.setenv("HOME", str(folder))
    provoke = PROVOKED[message]
    text = said(provoke) if isinstance(provoke, str) else provoke()
    assert re.search(pattern(message), text), text


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_remedies_that_are_commands_work(folder: Path) -> None:
    lines = [
        line for text in ENTRIES.values() for line in re.findall(r"^    (edgeml .*)$", text, re.MULTILINE)
    ]
    assert len(lines) >= 10
    for line in lines:
        code, text = workshop.command(line)
        assert code == 0, f"{line}\nexit code {code}\n{text}"
