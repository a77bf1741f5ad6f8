"""report.md: the same facts but for charts and the confusion matrix, short enough for a pull request.

Invariant: cells are escaped, so a name cannot end a cell, a row, or start HTML. What is about hardware is in
`markdown_hardware`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from edgeml.report import markdown_hardware
from edgeml.report.facts import Facts, verdict
from edgeml.report.mdtext import one_line, safe, table
from edgeml.report.numbers import Number
from edgeml.report.ways import models
from edgeml.report.words import amount, exact, index, interval, number, percent

_SIGNS = {"exact": "**EXACT**", "mismatch": "**MISMATCH**", "unknown": "**UNKNOWN**"}
_STATUS = {
    "exact": "exact",
    "mismatch": "MISMATCH",
    "announced": "differs as announced",
    "not-run": "NOT RUN",
    "failed": "FAILED",
}


def to_markdown(facts: Facts) -> str:
    """The text of report.md."""
    found = verdict(facts)
    parts = [
        f"# {safe(facts.model)}",
        f"{_SIGNS[found.status]}: {safe(found.text)}{f' ({safe(found.detail)})' if found.detail else ''}",
        f"Data: {safe(facts.data.name)}, {amount(facts.samples)} test samples, {safe(facts.data.source)}, "
        f"licence: {safe(facts.data.licence)}.",
    ]
    if facts.data.note:
        parts.append(f"> {safe(facts.data.note)}")
    if facts.changed:
        parts.append(f"> {safe(facts.changed)}. Everything here is of what was trained.")
    if facts.lowering:
        parts.append("\n".join(f"> - {safe(sentence)}" for sentence in facts.lowering))
    parts += ["## Exactness", *_exactness(facts)]
    parts += ["## Accuracy (measured)", *_accuracy(facts)]
    parts += ["## Size", *_size(facts)]
    parts += ["## Ways to run it", *markdown_hardware.ways_table(facts)]
    parts += ["### Trained for its types, or rounded after training"]
    parts += (
        markdown_hardware.roundings_table(facts) if facts.post_training else [_gone(facts, "post_training")]
    )
    parts += ["## Hardware", *markdown_hardware.hardware(facts)]
    parts += ["## Boards", *markdown_hardware.boards(facts)]
    parts += ["## Classes (fixed-point, measured)", *_classes(facts)]
    parts += ["## Layers", *_layers(facts)]
    parts += ["## Weights (proven)", *_weights(facts)]
    parts += ["## Training (measured)", *_training(facts)]
    parts += ["## Emulation speed (measured)", *_speed(facts)]
    parts += ["## Precision certificate (proven)", *_certificate(facts)]
    parts += ["## Repeat it", *_provenance(facts)]
    return "\n\n".join(parts) + "\n"


def _exactness(facts: Facts) -> Iterable[str]:
    if facts.exactness is None:
        return [_gone(facts, "exactness")]
    rows: list[Sequence[str]] = []
    for r in facts.exactness.results:
        first = r.first
        part = " of the synthetic vectors" if first and first.synthetic else ""
        where = (
            f"{first.op} {index(first.index)}{part}: expected {first.expected}, got {first.got}"
            if first
            else ""
        )
        told = "; ".join(part for part in (where, r.remark) if part)
        ran = r.status != "not-run"
        counts = [amount(r.samples), amount(r.synthetic)]
        numbers = [*counts, amount(r.mismatches), f"{r.max_abs_lsb} LSB"] if ran else ["-"] * 4
        rows.append([r.backend, _STATUS[r.state], *numbers, told, r.checked[:10] or "-"])
    told = ["differ", "largest", "first difference or reason", "checked"]
    head = ["executor", "verdict", "real samples", "synthetic", *told]
    shown = facts.exactness.coverage
    covered = [f"- {safe(line)}" for line in shown.lines] if shown is not None else []
    title = "What these vectors would show (up to 1,000 real samples and all synthetic ones):"
    return [table(head, rows), *([title, "\n".join(covered)] if covered else [])]


def _accuracy(facts: Facts) -> Iterable[str]:
    rows = [
        [
            *(model.name, number(model.accuracy, "percent"), interval(model.accuracy)),
            "" if model.agreement is None else number(model.agreement, "percent"),
        ]
        for model in models(facts)
    ]
    shown = table(["model", "accuracy", "95 % interval", "fixed-point agrees on"], rows)
    return [shown, facts.trained] if facts.trained else [shown]


def _size(facts: Facts) -> Iterable[str]:
    s = facts.sizes
    rows = [
        ["parameters", number(s.parameters), _source(s.parameters)],
        ["stored at their types", number(s.weight_bits, "size"), _source(s.weight_bits)],
        ["multiply-accumulates per sample", number(s.macs), _source(s.macs)],
        ["of these with a non-zero weight", number(s.nonzero_macs), _source(s.nonzero_macs)],
        ["bit operations per sample (energy proxy)", number(s.bops), _source(s.bops)],
        ["int8 model, constants", number(s.int8_bits, "size"), _source(s.int8_bits)],
        ["float32 parameters", number(s.float_parameters), _source(s.float_parameters)],
    ]
    return [table(["", "value", "source"], rows)]


def _classes(facts: Facts) -> Iterable[str]:
    if not facts.per_class:
        return [_gone(facts, "per_class")]
    rows = [
        [c.name, *(number(n, "percent1") for n in (c.precision, c.recall, c.f1)), amount(c.support)]
        for c in facts.per_class
    ]
    return [table(["class", "precision", "recall", "F1", "support"], rows)]


def _layers(facts: Facts) -> Iterable[str]:
    if not facts.layers:
        return [_gone(facts, "layers")]
    rows = [
        [
            *(f"`{layer.name}`", layer.op.replace("_", " "), f"`{layer.type}`"),
            f"{exact(layer.used.lo)} to {exact(layer.used.hi)}",
            f"{exact(layer.possible.lo)} to {exact(layer.possible.hi)}",
            number(layer.saturated, "percent") if layer.saturated else "lossless",
            number(layer.sqnr_db, "db") if layer.sqnr_db else "lossless",
            str(layer.bits_wasted),
        ]
        for layer in facts.layers
    ]
    samples = amount(facts.layer_samples)
    note = f"Used, saturated, SQNR and wasted are measured on {samples} test samples; possible is proven."
    head = ["value", "op", "type", "used", "possible", "saturated", "SQNR", "bits wasted"]
    return [note, table(head, rows)]


def _weights(facts: Facts) -> Iterable[str]:
    if not facts.weights:
        return [_gone(facts, "weights")]
    rows = [
        [
            *(f"`{w.name}`", f"`{w.type}`", "x".join(map(str, w.shape))),
            *(percent(w.zeros, 1), "" if w.powers is None else percent(w.powers, 1)),
        ]
        for w in facts.weights
    ]
    return [table(["constant", "type", "shape", "zero", "±2^k"], rows)]


def _training(facts: Facts) -> Iterable[str]:
    if not facts.history:
        return [_gone(facts, "history")]
    rows: list[Sequence[str]] = []
    for phase in dict.fromkeys(row.phase for row in facts.history):
        epochs = [row for row in facts.history if row.phase == phase]
        best = max((row.val_accuracy for row in epochs if row.val_accuracy is not None), default=None)
        told = "not available: no val_accuracy" if best is None else percent(best)
        rows.append([phase, str(len(epochs)), told])
    return [table(["phase", "epochs", "best validation accuracy"], rows)]


def _speed(facts: Facts) -> Iterable[str]:
    speed = facts.speed
    if speed is None:
        return [_gone(facts, "speed")]
    models = (("exact fixed-point", speed.exact), ("float32", speed.float_), ("int8 QDQ", speed.int8))
    batch = f"one batch of {amount(speed.samples)} samples"
    how = f"ONNX Runtime, {speed.threads} threads, {batch}, {safe(facts.machine)}."
    return [
        how,
        table(["model", "time per sample"], [[name, number(item, "micro")] for name, item in models]),
    ]


def _certificate(facts: Facts) -> Iterable[str]:
    if not facts.certificate:
        return [_gone(facts, "certificate")]
    rows = [
        [
            *(f"`{c.node}`", f"`{c.type}`", f"{amount(c.lo)} to {amount(c.hi)}", str(c.headroom)),
            *(str(c.bits), c.carrier, "" if c.carrier == "none" else str(c.margin)),
        ]
        for c in facts.certificate
    ]
    return [table(["value", "type", "codes", "headroom", "sums need", "carrier", "margin"], rows)]


def _provenance(facts: Facts) -> Iterable[str]:
    if facts.commands:
        yield "\n".join(f"    {one_line(command)}" for command in facts.commands)
    rows = [
        ["graph", f"`{facts.graph}`"],
        ["data", f"`{facts.data.checksum}`"],
        ["seed", str(facts.seed)],
        ["machine", facts.machine],
        *([name, version] for name, version in sorted(facts.versions.items())),
    ]
    yield table(["", ""], rows)


def _gone(facts: Facts, section: str) -> str:
    return f"Not available: {safe(facts.missing[section])}"


def _source(item: Number) -> str:
    return item.source if item.value is not None else ""
