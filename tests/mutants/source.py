"""Break the arithmetic, the graph and the back ends on purpose, one small change at a time: do tests notice?

    python -m tests.mutants.source              all of them, a line each; exit 1 if one survives
    python -m tests.mutants.source tie wrap     those whose name contains one of the words

Each mutant is one piece of text replaced in a copy of the package; the tests named with it run there: the
quick ones, or those that compile C++ or Verilog where only a compiled artefact can tell (`compiled`).
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
OPS = "tests/ir/test_ops.py"
CAST = "tests/fixed/test_cast.py"
ONNX = "tests/backends/onnx/test_modes.py tests/backends/onnx/test_zoo.py"
QDQ = "tests/backends/qdq/test_qdq.py"
QONNX = "tests/backends/qonnx/test_qonnx.py"
PROJECT = "tests/backends/hls4ml/test_project.py"
CSIM = "tests/ir/test_ops.py"
VERILATOR = "tests/backends/verilog/test_simulation.py"
STREAM = "tests/backends/verilog/test_stream.py"
CAMPAIGN = "tests/passes/test_campaign.py tests/passes/test_contract.py"
C_ZOO = "tests/backends/c/test_zoo.py"


@dataclass(frozen=True)
class Mutant:
    """`old` becomes `new` in `file`; one of `tests` (paths, then what -k takes) must then fail.

    `compiled`: the tests are among the slow ones, which compile what was emitted.
    """

    name: str
    file: str
    old: str
    new: str
    tests: str = CAST
    only: str = ""
    compiled: bool = False


ARITHMETIC = (
    Mutant("tie-conv-to-odd", "fixed/rounding.py", "return odd", "return ~odd"),
    Mutant(
        "tie-inf-down", "fixed/rounding.py", "            return positive\n", "            return ~positive\n"
    ),
    Mutant("tie-included", "fixed/rounding.py", "up = (rest > half)", "up = (rest >= half)"),
    Mutant("trn-zero-floors", "fixed/rounding.py", "floor + ((codes < 0) & (rest > 0))", "floor"),
    Mutant(
        "far-shift", "fixed/rounding.py", "count = np.where(far, 2, count)", "count = np.where(far, 1, count)"
    ),
    Mutant("float-tie", "fixed/rounding.py", "np.fmod(whole, 2.0) != 0", "np.fmod(whole, 2.0) == 0"),
    Mutant("wrap-sign", "fixed/overflow.py", "return (low ^ sign) - sign", "return low"),
    Mutant(
        "sat-sym-as-sat",
        "fixed/overflow.py",
        "np.clip(codes, symmetric_lo(to), to.hi)",
        "np.clip(codes, to.lo, to.hi)",
    ),
    Mutant("sat-zero-high", "fixed/cast.py", "| (rounded > to.hi)", ""),
    Mutant("int64-edge", "fixed/cast.py", "(codes > limit) | (codes < -limit)", "(codes > limit)"),
    Mutant(
        "saturates-to-wrong-end",
        "fixed/cast.py",
        "np.where(codes > 0, _MOST, _LEAST), shifted",
        "_MOST, shifted",
    ),
    Mutant("quantize-underflow", "fixed/cast.py", ", -3, 1000)", ", -2000, 1000)"),
    Mutant(
        "hi-too-large",
        "fixed/types.py",
        "return (1 << (self.width - 1)) - 1 if self.signed",
        "return (1 << (self.width - 1)) if self.signed",
        "tests/fixed/test_types.py",
    ),
    Mutant(
        "cover-too-narrow",
        "fixed/types.py",
        "(-lo - 1).bit_length()",
        "(-lo - 2).bit_length()",
        "tests/fixed/test_types.py",
    ),
    Mutant("guard-late", "ir/info.py", "if peak >= 2.0**62", "if peak >= 2.0**64", "tests/ir/test_graph.py"),
    Mutant(
        "matmul-bounds",
        "ir/ops/mat_mul.py",
        "lo @ plus + hi @ minus",
        "lo @ plus + lo @ minus",
        OPS,
        "MatMul",
    ),
    Mutant(
        "matmul-loose-bounds",
        "ir/ops/mat_mul.py",
        "lo @ plus + hi @ minus",
        "lo @ plus + 2 * (hi @ minus)",
        OPS,
        "MatMul",
    ),
    Mutant(
        "conv-bounds",
        "ir/ops/conv.py",
        "self._convolve(hi, plus) + self._convolve(lo, minus)",
        "self._convolve(hi, plus)",
        OPS,
        "Conv",
    ),
    Mutant(
        "conv-tap-order",
        "ir/ops/conv.py",
        "taps = np.moveaxis(taps, rank + 1, -1)",
        "taps = np.moveaxis(taps, -1, rank + 1)",
        OPS,
        "Conv",
    ),
    Mutant(
        "dilation-ignored",
        "ir/ops/_window.py",
        "slice(None, None, d) for d in dilation",
        "slice(None, k) for k in kernel",
        OPS,
        "Conv",
    ),
    Mutant(
        "padding-wins",
        "ir/ops/max_pool.py",
        "= int(np.iinfo(np.int64).min)",
        "= 0",
        OPS,
        "MaxPool",
    ),
    Mutant(
        "last-tie",
        "ir/ops/arg_max.py",
        "return np.argmax(align(inputs[0], infos[0].type.frac, infos[0].frac), axis=-1)",
        "x = align(inputs[0], infos[0].type.frac, infos[0].frac)[..., ::-1]\n"
        "        return x.shape[-1] - 1 - np.argmax(x, axis=-1)",
        OPS,
        "ArgMax",
    ),
    Mutant(
        "add-unaligned",
        "ir/ops/_elementwise.py",
        "same_rank(align(codes, info.type.frac, frac), info, rank)",
        "same_rank(codes, info, rank)",
        OPS,
        "TestAdd",
    ),
    Mutant(
        "rank-and-batch",
        "ir/ops/_elementwise.py",
        "codes.reshape(codes.shape[0], *(1,) * (rank - len(info.shape)), *info.shape)",
        "codes",
        OPS,
        "TestAdd",
    ),
    Mutant(
        "mul-bounds",
        "ir/ops/mul.py",
        "for a in ends_a for b in ends_b",
        "for a, b in zip(ends_a, ends_b, strict=True)",
        OPS,
        "TestMul",
    ),
    Mutant(
        "cast-bounds",
        "ir/ops/cast.py",
        "fits = ~np.logical_or(*leaves)",
        "fits = ~np.logical_and(*leaves)",
        OPS,
        "Cast",
    ),
    Mutant(
        "lookup-offset", "ir/ops/lookup.py", "table[0][x - infos[0].scalar.lo]", "table[0][x]", OPS, "Lookup"
    ),
    Mutant(
        "scale-direction",
        "ir/ops/scale.py",
        "x.type.frac - self.shift)",
        "x.type.frac + self.shift)",
        OPS,
        "Scale",
    ),
    Mutant(
        "digest-unchecked",
        "ir/saved.py",
        "if graph.digest != file.digest:",
        "if False:",
        "tests/ir/test_saved.py",
    ),
    Mutant(
        "range-unchecked", "ir/evaluate.py", "np.any(codes < info.lo) or ", "", "tests/ir/test_evaluate.py"
    ),
    Mutant(
        "bias-shared-constant",
        "passes/fuse_bias.py",
        "if only_user(graph, constant) is not None",
        "if True",
        "tests/passes",
    ),
    Mutant(
        "bias-of-a-shared-product",
        "passes/fuse_bias.py",
        "if only_user(graph, product) is not node:",
        "if node not in graph.users[product]:",
        "tests/passes",
    ),
    Mutant(
        "bias-beyond-float32",
        "backends/onnx/plan.py",
        "limit = FLOAT64_BITS if step.double else FLOAT32_BITS\n",
        "limit = FLOAT64_BITS\n",
        "tests/backends/onnx",
    ),
    Mutant("expand-loses-name", "passes/expand.py", "renamed[last] = node.name", "pass", "tests/passes"),
    Mutant(
        "write-in-place",
        "files.py",
        "        temporary.write_bytes(content)\n",
        "        Path(path).write_bytes(content)\n        temporary.write_bytes(content)\n",
        "tests/test_files.py",
    ),
)


BACK_ENDS = (
    Mutant(
        "onnx-clip-bound",
        "backends/onnx/ops/_casting.py",
        'model.scaled(bound[0], 0, 0, cast.double, cast.name), "/bound"',
        'model.scaled(bound[0] + 1, 0, 0, cast.double, cast.name), "/bound"',
        ONNX,
    ),
    Mutant(
        "onnx-round-to-floor",
        "backends/onnx/ops/_casting.py",
        'return node("Round", [tensor], name)',
        'return node("Floor", [tensor], name)',
        ONNX,
    ),
    Mutant(
        "onnx-half",
        "backends/onnx/ops/_casting.py",
        "half = _constant(model, cast, np.int64(-1), power=True)",
        "half = _constant(model, cast, np.int64(-2), power=True)",
        ONNX,
    ),
    Mutant(
        "onnx-wrap-turns",
        "backends/onnx/ops/_casting.py",
        "_constant(model, cast, -width, power=True)",
        "_constant(model, cast, 1 - width, power=True)",
        ONNX,
    ),
    Mutant(
        "onnx-units-of-rows",
        "backends/onnx/ops/mat_mul.py",
        "column_units(step, columns)[np.newaxis] - rows[:, np.newaxis]",
        "column_units(step, columns)[np.newaxis] + rows[:, np.newaxis]",
        ONNX,
    ),
    Mutant(
        "onnx-table-not-turned",
        "backends/onnx/ops/lookup.py",
        "model.plan.constants[table], 0), info.scalar.lo)",
        "model.plan.constants[table], 0), 0)",
        ONNX,
    ),
    Mutant(
        "onnx-cast-of-relu",
        "passes/postpone_casts.py",
        "isinstance(source.op, Relu) and not op.to.signed and",
        "isinstance(source.op, Relu) and",
        "tests/backends/onnx tests/ir/test_ops.py",
    ),
    Mutant(
        "qonnx-scale",
        "backends/qonnx/ops/scale.py",
        "np.ldexp(np.float32(1), np.asarray(op.shift, np.int32))",
        "np.ldexp(np.float32(1), -np.asarray(op.shift, np.int32))",
        QONNX,
    ),
    Mutant(
        "qonnx-half",
        "backends/qonnx/ops/_casting.py",
        "np.copysign(to_float(np.ones_like(frac), frac + 1), half)",
        "np.copysign(to_float(np.ones_like(frac), frac), half)",
        QONNX,
    ),
    Mutant(
        "qonnx-clamp",
        "backends/qonnx/ops/_casting.py",
        "if np.any(leaves & (np.asarray(end) != reach)):",
        "if np.any(leaves & (np.asarray(end) != end)):",
        QONNX,
    ),
    Mutant(
        "qdq-zero-point",
        "backends/qdq/quantizing.py",
        "zero = np.zeros(frac.shape, type)",
        "zero = np.ones(frac.shape, type)",
        QDQ,
    ),
    Mutant(
        "qdq-clip-bound",
        "backends/qdq/quantizing.py",
        'np.array(bound, pair.type), "/bound"',
        'np.array(bound - (bound > 0), pair.type), "/bound"',
        QDQ,
    ),
    Mutant(
        "qdq-bias",
        "backends/qdq/quantizing.py",
        "shared_constant(codes.astype(np.int32)",
        "shared_constant((codes + 1).astype(np.int32)",
        QDQ,
    ),
    Mutant(
        "hls4ml-modes",
        "backends/hls4ml/ops/cast.py",
        '"linear", x, Precision(op.to, op.rounding, op.overflow))',
        '"linear", x, Precision(op.to))',
        PROJECT,
    ),
    Mutant(
        "hls4ml-accumulator",
        "backends/hls4ml/ops/_linear.py",
        'types={"accum": Precision(total)}',
        'types={"accum": Precision(FixedType(total.signed, total.width - 1, total.frac))}',
        PROJECT,
    ),
    Mutant(
        "hls4ml-table-offset",
        "backends/hls4ml/ops/lookup.py",
        "np.array(-index.lo, np.int64)",
        "np.array(-index.lo + 1, np.int64)",
        CSIM,
        "Lookup and back_end and hls4ml",
        compiled=True,
    ),
    Mutant(
        "hls4ml-padding-of-pools",
        "backends/hls4ml/ops/max_pool.py",
        "low, high = min(int(lo.min()), 0), int(hi.max())",
        "low, high = 0, int(hi.max())",
        CSIM,
        "MaxPool and back_end and hls4ml",
        compiled=True,
    ),
    Mutant(
        "hls4ml-wide-copy",
        "backends/hls4ml/ops/cast.py",
        "if drop < type.width or result.rounding is Round.TRN:",
        "if True:",
        "tests/backends/hls4ml/test_ops.py",
        "rare",
        compiled=True,
    ),
    Mutant(
        "hls4ml-shift-back",
        "backends/hls4ml/ops/cast.py",
        "planner.type(node.name), powers(-shift))",
        "planner.type(node.name), powers(-shift - 1))",
        "tests/backends/hls4ml/test_ops.py",
        "rare",
        compiled=True,
    ),
    Mutant(
        "verilog-ties",
        "backends/verilog/text.py",
        "ties = [*rest, odd]",
        "ties = [*rest, '1']",
        VERILATOR,
        "zoo and cast_modes",
        compiled=True,
    ),
    Mutant(
        "verilog-clip-top",
        "backends/verilog/text.py",
        "{_above(x, most)} ? {pattern(most, cell.width)}",
        "{_above(x, most)} ? {pattern(most - 1, cell.width)}",
        VERILATOR,
        "zoo and cast_modes",
        compiled=True,
    ),
    Mutant(
        "verilog-sat-sym",
        "backends/verilog/casting.py",
        "circuit.clip(circuit.shift(x, finer), int(symmetric_lo(to)), to.hi)",
        "circuit.clip(circuit.shift(x, finer), to.lo, to.hi)",
        VERILATOR,
        "zoo and cast_modes",
        compiled=True,
    ),
    Mutant(
        "verilog-wrap-bits",
        "backends/verilog/casting.py",
        "low = to.width - finer",
        "low = to.width - finer + 1",
        VERILATOR,
        "zoo and wrapped_inside",
        compiled=True,
    ),
    Mutant(
        "verilog-output-shift",
        "backends/verilog/module.py",
        "design, times, num.cell, out.frac[position] - num.frac, out.width, layout",
        "design, times, num.cell, 0, out.width, layout",
        VERILATOR,
        "zoo and (scale_per_channel or average_pool or mlp)",
        compiled=True,
    ),
    Mutant(
        "verilog-rom-word",
        "backends/verilog/stream/memory.py",
        "word |= (int(code) & ((1 << width) - 1))",
        "word |= (int(code) & ((1 << width) - 2))",
        STREAM,
        "small_cnn",
        compiled=True,
    ),
)

_ONE_COMPILER = "gcc"


def _c(name: str, file: str, old: str, new: str, only: str = _ONE_COMPILER) -> Mutant:
    """A mutant of the C back end that the zoo shows; packed weights take the other compiler."""
    return Mutant(name, f"backends/c/{file}", old, new, C_ZOO, only, compiled=True)


C_PROGRAMS = (
    _c("c-tie", "casting.py", ">> {drop}) & 1)", ">> {drop}) & 0)"),
    _c(
        "c-clip-top",
        "casting.py",
        "{literal(high)} ? {literal(most)}",
        "{literal(high)} ? {literal(most - 1)}",
    ),
    _c("c-sat-sym", "casting.py", "int(symmetric_lo(to)) if overflow", "to.lo if overflow"),
    _c("c-wrap-sign", "casting.py", "^ {sign}) - {sign}", "^ {sign}) - 0"),
    _c(
        "c-narrow-sums",
        "integers.py",
        "if all(kind.lo <= end <= kind.hi",
        "if all(4 * kind.lo <= end <= 4 * kind.hi",
    ),
    _c("c-narrow-memory", "integers.py", "and hi <= kind.hi", "and hi <= kind.hi + 1"),
    _c("c-row-end", "ops/conv.py", "{width} - left : {columns}", "{width} - left - 1 : {columns}"),
    _c("c-row-begin", "ops/conv.py", "left < 0 ? -left : 0", "left < 0 ? 0 : 0"),
    _c("c-group", "ops/conv.py", 'else f"{group} * {inside}"', "else group"),
    _c("c-broadcast", "place.py", "0 if size == 1 else stride", "stride"),
    _c(
        "c-concat-place",
        "ops/concat.py",
        "start += shape[node.op.axis]",
        "start += 1 + 0 * shape[node.op.axis]",
    ),
    Mutant(
        "c-variable-tie",
        "backends/c/helpers.py",
        "rest > half || (rest == half && (whole & 1) != 0)",
        "rest > half",
        "tests/backends/c/test_casting.py",
        "RND_CONV",
        compiled=True,
    ),
    _c("c-pool-start", "ops/max_pool.py", "lowest, _larger", "0, _larger"),
    _c("c-packed-order", "ops/_weights.py", 'bitorder="little"', 'bitorder="big"', "packed"),
    Mutant(
        "c-arena-overlap",
        "backends/c/arena.py",
        "self.first <= other.last and",
        "self.first < other.last and",
        "tests/backends/c/test_arena.py",
    ),
    Mutant(
        "c-overwrites-too-soon",
        "backends/c/steps.py",
        "self.last_reads[value] != at or",
        "self.last_reads[value] < at or",
        "tests/backends/c/test_arena.py",
    ),
    Mutant(
        "c-overwrites-a-padded-window",
        "backends/c/steps.py",
        "not any(n for pair in source.op.padding for n in pair)",
        "source.op.padding != ()",
        "tests/backends/c/test_arena.py",
    ),
    Mutant(
        "c-slot-without-its-first-value",
        "backends/c/steps.py",
        "(*result.get(slot, ()), one)",
        "(one,)",
        "tests/backends/c/test_arena.py",
    ),
    _c("c-group-of-four", "helpers.py", "shift=at * bits", "shift=at", "packed"),
    _c("c-sparse-gap", "ops/_sparse.py", "np.diff(own, prepend=0)", "np.diff(own, prepend=1)"),
)

PASSES = (
    Mutant(
        "dead-constants-lost",
        "passes/drop_dead.py",
        "total = rows @ columns",
        "total = rows @ columns * 0",
        CAMPAIGN,
    ),
    Mutant(
        "dead-rim",
        "passes/_channels.py",
        "return fixed & (codes == 0)  # at the rim, zeros would stand for the constant",
        "return fixed",
        "tests/passes/test_drop_dead.py",
    ),
    Mutant("dead-flattened", "passes/_channels.py", "rows[:] |= masks[source]", "del rows", CAMPAIGN),
    Mutant(
        "raised-although-read", "passes/raise_casts.py", "only_user(graph, source) is None or ", "", CAMPAIGN
    ),
    Mutant(
        "shared-by-name",
        "passes/share_equal.py",
        "return node.op, *(",
        "return node.op.op_name(), *(",
        CAMPAIGN,
    ),
    Mutant(
        "shortened-both",
        "passes/shorten_sums.py",
        "return max(own, lies_on[node.inputs[1 - position]])",
        "return own",
        CAMPAIGN,
    ),
    Mutant("shortened-half", "passes/shorten_sums.py", "return finest + 1", "return finest", CAMPAIGN),
    Mutant(
        "table-without-sign", "passes/tabulate.py", "np.clip(codes, kind.lo,", "np.clip(codes, 0,", CAMPAIGN
    ),
)
MUTANTS = (*ARITHMETIC, *BACK_ENDS, *C_PROGRAMS, *PASSES)


def survives(mutant: Mutant | None, tests: str, only: str, compiled: bool = False) -> bool:
    """True if the tests pass on a copy of the package with the mutant in it."""
    with tempfile.TemporaryDirectory(prefix="mutant-") as name:
        folder = Path(name)
        ignore = shutil.ignore_patterns("__pycache__", ".hypothesis")
        for part in ("edgeml", "tests", "hw", "models"):
            shutil.copytree(ROOT / part, folder / part, ignore=ignore)
        shutil.copy(ROOT / "pyproject.toml", folder)
        if mutant is not None:
            file = folder / "edgeml" / mutant.file
            text = file.read_text()
            if text.count(mutant.old) < 1:
                raise ValueError(f"{mutant.name}: {mutant.file} has no {mutant.old!r}")
            file.write_text(text.replace(mutant.old, mutant.new))
        quick = ["-m", "not slow and not tool"]
        chosen = ["-k", only if compiled else f"({only}) and not back_end"] if only else []
        chosen += [] if compiled else quick
        command = [sys.executable, "-m", "pytest", *tests.split(), *chosen, "-x", "-q"]
        # CI: the same hypothesis examples every time, so that the verdict is the mutant's.
        environment = {**os.environ, "CI": "1", "PYTHONDONTWRITEBYTECODE": "1"}
        done = subprocess.run(
            [*command, "-p", "no:cacheprovider"],
            cwd=folder,
            env=environment,
            capture_output=True,
            timeout=1200,
        )
        if done.returncode not in (0, 1):
            raise RuntimeError(done.stdout.decode()[-2000:])
        return done.returncode == 0


def main(words: list[str]) -> int:
    """Try the mutants whose name has one of the words, or all; 1 if one survives."""
    chosen = [mutant for mutant in MUTANTS if not words or any(word in mutant.name for word in words)]
    survivors = 0
    for mutant in chosen:
        alive = survives(mutant, mutant.tests, mutant.only, mutant.compiled)
        survivors += alive
        sys.stdout.write(f"{'SURVIVED' if alive else 'caught  '} {mutant.name}\n")
        sys.stdout.flush()
    sys.stdout.write(f"{len(chosen) - survivors} of {len(chosen)} caught\n")
    return int(survivors > 0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
