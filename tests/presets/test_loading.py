from __future__ import annotations

import re
from pathlib import Path

import pytest

from edgeml import presets
from edgeml.errors import EdgemlError
from edgeml.presets import Bits, LayerBits, Quantizers
from edgeml.presets.spec import OtherBits
from edgeml.share import share_dir

GOOD = share_dir("models") / "iris_mlp.py"


def quantizers(**layers: LayerBits) -> Quantizers:
    return Quantizers(
        inputs=Bits(bits=8, integer=0, signed=False),
        weights=Bits(bits=6, integer=1),
        biases=Bits(bits=7),
        activations=Bits(bits=5, integer=-1),
        layers=layers,
    )


def test_the_folder_is_the_registry():
    assert presets.names() == tuple(sorted(path.stem for path in share_dir("models").glob("*.py")))
    assert {"digits_mlp", "digits_cnn", "mnist_mlp", "mnist_cnn", "fashion_cnn"} <= set(presets.names())


def test_an_unknown_name_gets_near_matches():
    with pytest.raises(EdgemlError, match=r"unknown preset 'digit_mlp' \(did you mean digits_mlp"):
        presets.load("digit_mlp")


def test_a_users_own_file_works_the_same_way(tmp_path):
    path = tmp_path / "my_net.py"
    path.write_text(GOOD.read_text())
    mine, shipped = presets.load(path), presets.load("iris_mlp")
    assert mine.name == "my_net"
    assert mine.file == path
    assert mine.digest == shipped.digest
    assert (mine.data, mine.quantizers, mine.training) == (shipped.data, shipped.quantizers, shipped.training)


@pytest.mark.parametrize(
    ("text", "what", "line"),
    [
        ("x = 1\n", "has no PRESET", ""),
        ("PRESET = 3\n", "has a PRESET that is a int", ""),
        ("x = 1\ny = = 2\n", "SyntaxError: invalid syntax", ":2"),
        ("import no_such_package_xyz\n", "ModuleNotFoundError: No module named 'no_such_package_xyz'", ":1"),
        ("\n\ndef f():\n    raise ValueError\n\nf()\n", "ValueError: no message", ":4"),
        ("\x00", "SyntaxError", ""),
    ],
)
def test_a_file_without_a_preset_is_one_error(tmp_path, text, what, line):
    path = tmp_path / "my_net.py"
    path.write_text(text)
    with pytest.raises(EdgemlError) as caught:
        presets.load(path)
    assert caught.value.what.startswith(what)
    assert caught.value.where.startswith(f"{path}{line}")


@pytest.mark.parametrize(
    ("name", "what"),
    [
        ("none.py", "no such preset file"),
        ("a-b.py", r"letters, digits and _ alone.*rename it a_b\.py"),
        ("a.txt", "not a preset file"),
        ("x/y", "no such"),
    ],
)
def test_a_path_that_is_no_preset_file(tmp_path, name, what):
    for file in ("a-b.py", "a.txt"):
        (tmp_path / file).write_text("")
    with pytest.raises(EdgemlError, match=what):
        presets.load(tmp_path / name)


def test_pydantic_errors_in_a_users_file_are_told(tmp_path):
    path = tmp_path / "my_net.py"
    path.write_text(GOOD.read_text().replace("patience=60", "patence=60"))
    with pytest.raises(EdgemlError, match=r"unknown key 'patence' \(did you mean patience\?") as caught:
        presets.load(path)
    assert re.search(r"my_net\.py:\d+, Training\(\.\.\.\)$", caught.value.where)
    path.write_text(GOOD.read_text().replace("bits=8, integer=2", "bits='8', intger=2"))
    with pytest.raises(EdgemlError) as caught:
        presets.load(path)
    assert "unknown key 'intger'; bits = '8': input should be a valid integer" in caught.value.what
    assert "pydantic" not in caught.value.what


def test_quantizers_are_written_as_qkeras_reads_them():
    q = quantizers(fc2=LayerBits(weights=OtherBits(bits=4), activations=OtherBits(integer=3)))
    assert q.input() == "quantized_bits(8, 0, keep_negative=False, alpha=1)"
    assert q.kernel("fc1") == "quantized_bits(6, 1, alpha=1)"
    assert q.kernel("fc2") == "quantized_bits(4, 1, alpha=1)"
    assert q.bias("fc2") == "quantized_bits(7, 0, alpha=1)"
    assert q.relu("act1") == "quantized_relu(5, -1)"
    assert q.relu("fc2") == "quantized_relu(5, 3)"
    assert q.linear("add") == "quantized_bits(5, -1, alpha=1)"


def test_choices_are_the_preset_with_the_changes_of_one_command():
    preset = presets.load("iris_mlp")
    assert presets.choose(preset).training == preset.training
    chosen = presets.choose(
        preset, ["quantizers.weights.bits=3", "targets.board=basys3", "training.epochs=7"], seed=5, epochs=2
    )
    assert chosen.quantizers.weights == Bits(bits=3, integer=preset.quantizers.weights.integer)
    assert chosen.targets.board == "basys3"
    assert (chosen.training.float_epochs, chosen.training.epochs) == (2, 7)
    assert chosen.seed == 5
    assert preset.quantizers.weights.bits == 8


@pytest.mark.parametrize(
    ("assignment", "what"),
    [
        ("training.epoch=1", "unknown key 'training.epoch'"),
        ("quantizers.weights.bits=0", "quantizers.weights.bits = 0"),
        ("quantizers.weights.bits=64", "quantizers.weights.bits = 64"),
        ("training.epochs=true", "training.epochs = True"),
        ("training.learning_rate=0", "training.learning_rate = 0"),
        ("data.scaling=logit", "data.scaling = 'logit'"),
        ("seed=-1", "seed = -1"),
        ("targets.io_type=stream", "targets.io_type = 'stream'"),
    ],
)
def test_a_bad_choice_is_one_error_that_names_the_key(assignment, what):
    with pytest.raises(EdgemlError) as caught:
        presets.choose(presets.load("iris_mlp"), [assignment])
    assert what in caught.value.what
    assert caught.value.where == "iris_mlp"


def test_loading_a_preset_imports_no_heavy_library(fresh_python):
    code = (
        "import sys; from edgeml import presets; [presets.load(n) for n in presets.names()];"
        "print(sorted({'tensorflow','keras','qkeras','sklearn'} & set(sys.modules)))"
    )
    assert fresh_python(code) == "[]"


@pytest.fixture
def fresh_python():
    """Runs code in a fresh interpreter and returns what it prints."""
    import subprocess
    import sys

    def run(code: str) -> str:
        root = Path(presets.__file__).parents[2]
        done = subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=root
        )
        return done.stdout.strip()

    return run


@pytest.mark.slow
def test_a_file_that_imports_keras_first_prints_nothing_and_gets_tensorflow(tmp_path):
    import os
    import subprocess
    import sys

    path = tmp_path / "my_net.py"
    text = GOOD.read_text().replace("if TYPE_CHECKING:\n    import keras", "import keras")
    assert "\nimport keras" in text
    path.write_text(text)
    code = (
        f"from edgeml.presets import load; load({str(path)!r}); import keras; print(keras.config.backend())"
    )
    clean = {
        name: value for name, value in os.environ.items() if not name.startswith(("TF_", "KERAS_", "CUDA_"))
    }
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=clean)
    assert (done.stdout, done.stderr) == ("tensorflow\n", "")
