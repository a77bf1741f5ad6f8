"""The C of runs against LiteRT's int8, TensorFlow Lite Micro and emlearn, on the same models and samples.

    python -m benchmarks.mcus --peers PYTHON runs/digits_mlp runs/digits_cnn

PYTHON is that of an environment of its own with the packages `tflite-micro`, `emlearn` and `scikit-learn`.
Instructions are counted by callgrind on this machine, per inference: of edgeml and emlearn as the difference
of two numbers of inferences, of TensorFlow Lite Micro those inside of its Invoke. The kernels of the package
are its reference kernels, compiled for this machine as well. Its code is the functions of its library that
run in an inference and what goes before it, by the sizes of their symbols, so the least that it takes: no
package has the library for a microcontroller, or its sources.

"edgeml, 8 bits" is the float baseline in `edgeml quantize` with its defaults: 8 bits for input, weights and
results, as LiteRT has them, calibrated on the samples that LiteRT is calibrated on.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import re
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

import edgeml
from edgeml import pipeline, tasks, tools
from edgeml.backends.c.ports import MANIFEST, CManifest
from edgeml.backends.c.runner import packed
from edgeml.checks import golden
from edgeml.errors import EdgemlError
from edgeml.footprint import footprint
from edgeml.keras.backend import import_keras
from edgeml.presets import PostTraining
from edgeml.ptq.judge import parts
from edgeml.ptq.run import float_source, quantize_model
from edgeml.runs import Run
from edgeml.tasks import Truth
from edgeml.tools import run as run_tool
from edgeml.training.ending import ending, threshold_of

Reading = tuple[float, int, float]
"""Scale and zero of an int8 result, and the value above which a single number says yes."""

FEW, MANY = 5, 25
_SECONDS = 3600.0
_IR = re.compile(r"Collected : (\d+)")
_OBJECT = re.compile(r"^ob=\((\d+)\)(?: (.*))?$")
_FUNCTION = re.compile(r"^fn=\((\d+)\)(?: (.*))?$")
_INVOKE = "_ZN6tflite5micro16MicroInterpreter6InvokeEv"
_LIBRARY = re.compile(r"^_ZN?K?6tflite5micro|^_ZN6tflite\d+reference")
_REST = re.compile(r"Recording|MutableOpResolver|Register_|Print")
"""Functions of the package that a firmware has no need of: all ops are registered, allocations recorded."""

_TFLM = """\
import sys
import numpy as np
from tflite_micro.python.tflite_micro import runtime
interpreter = runtime.Interpreter.from_file(sys.argv[1])
x = np.load(sys.argv[2])
answers = []
for at in range(int(sys.argv[3])):
    interpreter.set_input(x[at % len(x)][None], 0)
    interpreter.invoke()
    answers.append(interpreter.get_output(0).copy())
np.save("answers.npy", np.concatenate(answers))
interpreter.print_allocations()
"""

_WHERE = "from tflite_micro.python.tflite_micro import _runtime; print(_runtime.__file__)"

_EMLEARN = """\
import os, sys, warnings
import emlearn
import numpy as np
from sklearn.neural_network import MLPClassifier, MLPRegressor
arrays = np.load(sys.argv[1])
n = len(arrays.files) // 2
weights, biases = ([arrays[f"{kind}{at}"] for at in range(n)] for kind in "wb")
hidden, outputs = [one.shape[1] for one in weights[:-1]], weights[-1].shape[1]
warnings.simplefilter("ignore")
classes = max(outputs, 2)
x, labels = np.zeros((2 * classes, len(weights[0]))), np.arange(2 * classes) % classes
if sys.argv[2] == "classes":
    net, kind = MLPClassifier(hidden, activation="relu", max_iter=1).fit(x, labels), "classifier"
else:
    net, kind = MLPRegressor(hidden_layer_sizes=hidden, max_iter=1), "regressor"
    net.fit(x, np.zeros((len(x), outputs)))
net.coefs_, net.intercepts_ = weights, biases
method = "inline" if kind == "classifier" else "loadable"
emlearn.convert(net, method=method, dtype="float", return_type=kind).save(name="m", file="m.h")
print(os.path.dirname(emlearn.__file__))
"""

_EMLEARN_MAIN = """\
#include <stdlib.h>
#include "m.h"
int main(int count, char **words)
{
    static float x[INPUTS];
    static float y[OUTPUTS];
    int sum = count;
    for (int i = 0; i < INPUTS; ++i) {
        x[i] = (float)(i % 17) / 16;
    }
    for (long n = atol(words[1]); n > 0; --n) {
        sum += CALL;
    }
    return sum == -1 || y[0] == 0.125f;
}
"""

_OURS = """\
#include <stdio.h>
#include <stdlib.h>
#include "model.h"
{buffers}
int main(int count, char **words)
{{
    FILE *in = fopen(words[1], "rb");
    (void)count;
    for (long i = atol(words[2]); i > 0; --i) {{
        rewind(in);
        if ({reads}) {{
            return 1;
        }}
        {call}
    }}
    return 0;
}}
"""


def instructions(command: list[Any], folder: Path, out: str = "/dev/null") -> int:
    """Instructions of a program, by callgrind; its profile goes to a file."""
    words = ["valgrind", "--tool=callgrind", "--demangle=no", f"--callgrind-out-file={out}", *command]
    same = {"PYTHONHASHSEED": "0"}  # the start of Python takes the same instructions every time
    done = run_tool(words, folder, folder / "callgrind.log", _SECONDS, same)
    match = _IR.search(done.output)
    if match is None:
        raise EdgemlError("counted nothing", "callgrind", str(folder / "callgrind.log"))
    return int(match[1])


def library_code(out: Path, library: Path, folder: Path) -> int:
    """Bytes of the functions of a library that callgrind saw run, in its file `out`."""
    names: dict[str, str] = {}
    objects: dict[str, str] = {}
    ran: set[str] = set()
    inside = False
    for line in out.read_text(errors="replace").splitlines():
        if found := _OBJECT.match(line):
            objects.setdefault(found[1], found[2] or "")
            inside = objects[found[1]].endswith(library.name)
        elif found := _FUNCTION.match(line):
            names.setdefault(found[1], found[2] or "")
            if inside:
                ran.add(re.sub(r"'\d+$", "", names[found[1]]))
        elif found := re.match(r"^c(fn|ob)=\((\d+)\) (.*)$", line):
            (names if found[1] == "fn" else objects).setdefault(found[2], found[3])
    listed = run_tool(["nm", "-S", library], folder, folder / "nm.log", _SECONDS).output
    sizes = {words[3]: int(words[1], 16) for line in listed.splitlines() if len(words := line.split()) == 4}
    needed = [name for name in ran if _LIBRARY.match(name) and not _REST.search(name)]
    return sum(sizes.get(name, 0) for name in needed)


def inside(out: Path, function: str) -> int:
    """Instructions inside of all calls of a function, in callgrind's file `out`."""
    names: dict[str, str] = {}
    total, lines = 0, iter(out.read_text(errors="replace").splitlines())
    called = ""
    for line in lines:
        if match := re.match(r"^c?fn=\((\d+)\)(?: (.*))?$", line):
            names.setdefault(match[1], match[2] or "")
            called = names[match[1]] if line.startswith("cfn") else ""
        elif line.startswith("calls=") and called == function:
            total += int(next(lines).split()[1])
    return total


def accuracy(run: Run, values: Any, threshold: float = 0.0) -> float:
    """The figure of the run's task on its first test samples, 1 at best; yes is above the threshold."""
    data = run.data()
    answers = np.reshape(values, (len(values), -1)).astype(np.float64)
    labels = data.y_test if data.y_test is None else data.y_test[: len(answers)]
    truth = data.truth_of(data.x_test[: len(answers)], labels)
    assert truth is not None
    return tasks.load(data.task).percent(answers, truth, threshold) / 100


def host_bytes(sources: list[Path], folder: Path) -> int:
    """Code and constants of some C on this machine."""
    total = 0
    for source in sources:
        words = ["gcc", "-O2", "-I", source.parent, "-c", source, "-o", "size.o"]
        run_tool(words, folder, folder / "gcc.log", _SECONDS)
        size = run_tool(["size", "size.o"], folder, folder / "size.log", _SECONDS)
        text, data = map(int, size.output.splitlines()[1].split()[:2])
        total += text + data
    return total


def ours(run: Run, folder: Path, samples: int) -> dict[str, Any]:
    """The emitted C: sizes on a Cortex-M4, accuracy, instructions there and here."""
    graph = run.graph()
    vectors = golden.read(run.golden_file, graph)
    core = footprint(run.folder, graph, lambda: vectors.inputs, ["cortex-m4"]).core("cortex-m4")
    manifest = CManifest.read(run.folder / "c" / MANIFEST)
    ports = (*manifest.inputs, *manifest.outputs)
    text = _OURS.format(
        buffers="\n".join(f"static {manifest.prefix}_{p.name}_t {p.name}[{p.size}];" for p in ports),
        reads=" || ".join(f"fread({p.name}, sizeof {p.name}, 1, in) != 1" for p in manifest.inputs),
        call="{}",
    )
    call = f"if ({manifest.prefix}_run({', '.join(p.name for p in ports)}) != 0) {{ return 2; }}"
    (folder / "in").write_bytes(packed(manifest.inputs, {k: v[:1] for k, v in vectors.inputs.items()}))
    counts: dict[str, int] = {}
    for name, body in (("with", call), ("without", "")):
        (folder / f"{name}.c").write_text(text.replace("{}", body))
        sources = [run.folder.resolve() / "c" / source for source in manifest.sources]
        words = ["gcc", "-O2", "-I", sources[0].parent, f"{name}.c", *sources, "-o", name]
        run_tool(words, folder, folder / "gcc.log", _SECONDS)
        few, many = (instructions([f"./{name}", "in", str(n)], folder) for n in (FEW, MANY))
        counts[name] = many - few
    codes = edgeml.evaluate(graph, run.data().x_test[:samples])
    sources = [run.folder.resolve() / "c" / source for source in manifest.sources]
    row: dict[str, Any] = {
        "samples": len(codes),
        "accuracy": accuracy(run, codes),
        "host_instructions": (counts["with"] - counts["without"]) / (MANY - FEW),
        "host_flash": host_bytes(sources, folder),
    }
    if core is not None:
        row |= {"flash": core.flash, "ram": core.ram, "m4_instructions": core.instructions}
    return row


def eight_bits(run: Run, folder: Path, samples: int) -> dict[str, Any]:
    """The emitted C of the float baseline, quantized to 8 bits after training."""
    same = quantize_model(float_source(run.folder), folder / "eight_bits", {})
    pipeline.lower(same)
    pipeline.export(same, ["c"], {})
    return ours(same, folder, samples)


def lite(run: Run, folder: Path, samples: int) -> dict[str, Any]:
    """LiteRT's int8 model of the float baseline: size and accuracy."""
    import tensorflow as tf
    from tensorflow.lite.python.convert_phase import ConverterError

    data = run.data()
    model = import_keras().models.load_model(run.float_file, compile=False)
    converter = tf.lite.TFLiteConverter.from_keras_model(model)
    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    chosen = PostTraining()
    rows = parts(data, chosen.samples, chosen.seed).calibration
    converter.representative_dataset = lambda: ([row[None].astype(np.float32)] for row in rows)
    converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
    converter.inference_input_type = converter.inference_output_type = tf.int8
    try:
        with contextlib.redirect_stdout(sys.stderr):  # it prints what it saved
            content = converter.convert()
    except ConverterError as error:
        return {"reason": f"LiteRT does not convert it to int8: {str(error).splitlines()[-1]}"}
    (folder / "model.tflite").write_bytes(content)
    interpreter = tf.lite.Interpreter(model_content=content)
    interpreter.allocate_tensors()
    scale, zero = interpreter.get_input_details()[0]["quantization"]
    x = np.clip(np.rint(data.x_test[:samples] / scale) + zero, -128, 127).astype(np.int8)
    np.save(folder / "x.npy", x)
    answers = []
    for row in x:
        interpreter.set_tensor(interpreter.get_input_details()[0]["index"], row[None])
        interpreter.invoke()
        answers.append(interpreter.get_tensor(interpreter.get_output_details()[0]["index"])[0])
    reading = (*interpreter.get_output_details()[0]["quantization"], threshold_of(ending(model)))
    return {
        "accuracy": judged(run, answers, reading),
        "reading": reading,
        "model_bytes": len(content),
        "version": tf.__version__,
    }


def judged(run: Run, codes: Any, reading: Reading) -> float:
    """The figure of the task of an int8 model's results."""
    scale, zero, threshold = reading
    return accuracy(run, (np.asarray(codes, np.float64) - zero) * scale, threshold)


def micro(run: Run, folder: Path, python: str, reading: Reading) -> dict[str, Any]:
    """TensorFlow Lite Micro's interpreter on that model: accuracy, arena, instructions."""
    (folder / "tflm.py").write_text(_TFLM)
    words = [python, "tflm.py", "model.tflite", "x.npy"]
    samples = len(np.load(folder / "x.npy"))
    done = run_tool([*words, str(samples)], folder, folder / "tflm.log", _SECONDS)
    answers = np.load(folder / "answers.npy").reshape(samples, -1)
    arena = re.search(r"Arena allocation total (\d+)", done.output)
    instructions([*words, str(FEW)], folder, "profile.out")
    library = Path(run_tool([python, "-c", _WHERE], folder, folder / "where.log", _SECONDS).output.strip())
    return {
        "accuracy": judged(run, answers, reading),
        "host_code": library_code(folder / "profile.out", library, folder),
        "arena": int(arena[1]) if arena else None,
        "host_instructions": inside(folder / "profile.out", _INVOKE) / FEW,
    }


def emlearn(run: Run, folder: Path, python: str) -> dict[str, Any]:
    """emlearn's C of the float baseline, in float32; of dense layers only."""
    model = import_keras().models.load_model(run.float_file, compile=False)
    layers = [weights for layer in model.layers if (weights := layer.get_weights())]
    if any(len(one) != 2 or one[0].ndim != 2 for one in layers):
        return {"reason": "emlearn has dense layers only"}
    arrays = {f"{kind}{at}": one[place] for at, one in enumerate(layers) for place, kind in enumerate("wb")}
    np.savez(folder / "weights.npz", **arrays)
    (folder / "convert.py").write_text(_EMLEARN)
    kind = "classes" if tasks.load(run.data().task).truth is Truth.CLASSES else "numbers"
    done = run_tool([python, "convert.py", "weights.npz", kind], folder, folder / "emlearn.log", _SECONDS)
    include = done.output.strip().splitlines()[-1]
    call = "m_predict(x, INPUTS)" if kind == "classes" else "m_regress(x, INPUTS, y, OUTPUTS)"
    main = _EMLEARN_MAIN.replace("CALL", call).replace("INPUTS", str(layers[0][0].shape[0]))
    (folder / "m.c").write_text(main.replace("OUTPUTS", str(layers[-1][0].shape[1])))
    gcc = ["-O2", "-I", include, "m.c"]
    run_tool(["gcc", *gcc, "-lm", "-o", "m"], folder, folder / "gcc.log", _SECONDS)
    few, many = (instructions(["./m", str(n)], folder) for n in (FEW, MANY))
    arm = ["arm-none-eabi-gcc", "-mcpu=cortex-m4", "-mthumb", "-mfpu=fpv4-sp-d16", "-mfloat-abi=hard"]
    run_tool([*arm, *gcc, "-c", "-o", "m.o"], folder, folder / "gcc.log", _SECONDS)
    size = run_tool(["arm-none-eabi-size", "m.o"], folder, folder / "size.log", _SECONDS)
    text, data, bss = map(int, size.output.splitlines()[1].split()[:3])
    return {"host_instructions": (many - few) / (MANY - FEW), "flash": text + data, "ram": data + bss}


def main() -> None:
    """Print one JSON document."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("runs", nargs="+")
    parser.add_argument("--peers", required=True, help="Python with tflite-micro")
    parser.add_argument("--samples", type=int, default=2000, help="first test samples of accuracies")
    args = parser.parse_args()
    rows: dict[str, Any] = {}
    for name in args.runs:
        run = Run.find(name)
        with tempfile.TemporaryDirectory() as scratch:
            folder = Path(scratch)
            rows[run.name] = {"edgeml": ours(run, folder, args.samples)}
            rows[run.name]["8 bits"] = eight_bits(run, folder, args.samples)
            rows[run.name]["litert"] = lite(run, folder, args.samples)
            reading = rows[run.name]["litert"].pop("reading", None)
            if reading is not None:
                rows[run.name]["tflm"] = micro(run, folder, args.peers, reading)
            rows[run.name]["emlearn"] = emlearn(run, folder, args.peers)
    gcc = tools.need("gcc").version
    print(json.dumps({"gcc": gcc, "models": rows}, indent=2))


if __name__ == "__main__":
    main()
