"""Every promise of docs/extending.md, tried: a new file is found and tested, and a fault in it is named.

A copy of the tree gets one new file of each kind, from `house/`. The contract tests of the copy must find and
pass them all. Then each file gets one plausible fault, and a contract test must fail with its name.

To add a kind, put its file into `house/` and a line into `KINDS`. Only quick contract tests are run: no
artefact is compiled, and no random graphs are drawn.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import pytest

from edgeml.ir import Composite, ops
from tests.extending.copy import ROOT, Copy, Outcome


@dataclass(frozen=True)
class NewFile:
    """A new file of one kind.

    Args:
        kind: as docs/extending.md calls it.
        files: inside `house/`; the first is the one that is broken.
        name: part of the names of its tests.
        tests: its contract tests.
        fault: a text in the first file, and what a mistake makes of it.
        said: a regular expression for what a failing test says of the fault.
        keras: whether its tests need TensorFlow.
    """

    kind: str
    files: tuple[str, ...]
    name: str
    tests: tuple[str, ...]
    fault: tuple[str, str]
    said: str
    keras: bool = False


KINDS = (
    NewFile(
        "a knob of searches",
        ("edgeml/explore/knobs/novel_knob.py",),
        "novel_knob",
        ("tests/explore/test_parts.py",),
        ('"training.batch_size"', '"training.batchsize"'),
        r"unknown key 'training\.batchsize'",
    ),
    NewFile(
        "a metric of searches",
        ("edgeml/explore/metrics/novel_metric.py",),
        "novel_metric",
        ("tests/explore/test_parts.py",),
        ('"URAM"', '""'),
        r"novel_metric",
    ),
    NewFile(
        "a board",
        ("hw/boards/novel-board.toml",),
        "novel-board",
        ("tests/boards/test_contract.py", "tests/boards/test_target.py"),
        ("ff = 5280", "ff = 52800"),
        r"assert \(?52800",
    ),
    NewFile(
        "a microcontroller",
        ("hw/mcus/novel-mcu.toml",),
        "novel-mcu",
        ("tests/mcus/test_contract.py",),
        ("kib = 128", "kib = 12"),
        r"assert 36864 < 12288",
    ),
    NewFile(
        "a core",
        ("edgeml/mcus/cores/novel_core.py",),
        "novel-core",
        ("tests/mcus/test_contract.py",),
        ("            InstructionClass.DIVIDE: (4.0, 11.0),\n", ""),
        r"InstructionClass\.DIVIDE",
    ),
    NewFile(
        "a chip family",
        ("edgeml/families/novel_family.py",),
        "novel_family",
        ("tests/families/test_contract.py",),
        ('name="novel_family"', 'name="novel"'),
        r"'novel' == 'novel_family'",
    ),
    NewFile(
        "a data set",
        ("edgeml/datasets/novel_data.py",),
        "novel_data",
        ("tests/datasets/test_contract.py",),
        ("shape=(13,)", "shape=(12,)"),
        r"\(13,\) == \(12,\)",
    ),
    NewFile(
        "a task",
        ("edgeml/tasks/novel_task.py",),
        "novel_task",
        ("tests/tasks/test_contract.py",),
        ("if predictions.shape != truth.shape", "if predictions.ndim != truth.ndim"),
        r"could not be broadcast",
    ),
    NewFile(
        "a calibration method",
        ("edgeml/ptq/methods/novel_method.py",),
        "novel_method",
        ("tests/ptq/test_methods.py",),
        ("[histogram.low < histogram.high]", "[0] - 1"),
        r"<=",
    ),
    NewFile(
        "a correction after training",
        ("edgeml/ptq/corrections/novel_correction.py",),
        "novel_correction",
        ("tests/ptq/test_corrections.py",),
        ("layer=_same)", ")"),
        r"None is None",
    ),
    NewFile(
        "an op",
        ("edgeml/ir/ops/novel_op.py", "tests/ir/test_op_novel_op.py"),
        "novel_op",
        ("tests/ir/test_op_novel_op.py", "tests/ir/test_ops.py", "tests/ir/test_op_contract.py"),
        ("Scale(1)", "Scale(2)"),
        r"novel_op",
    ),
    NewFile(
        "a pass",
        ("edgeml/passes/novel_pass.py",),
        "novel_pass",
        ("tests/passes/test_contract.py",),
        (".lo >= 0", ".lo >= -(1 << 40)"),
        r"Mismatched elements",
    ),
    NewFile(
        "a command",
        ("edgeml/cli/commands/novel.py",),
        "novel",
        ("tests/cli/test_json_and_help.py", "tests/cli/test_manners.py", "tests/cli/test_width.py"),
        ("json: JsonOption = False", "plain: JsonOption = False"),
        r"edgeml novel lacks --json",
    ),
    NewFile(
        "a tool",
        ("edgeml/tools/novel_tool.py",),
        "novel_tool",
        ("tests/tools/test_contract.py",),
        ("TOOL = Tool(", "THE_TOOL = Tool("),
        r"novel_tool\.py: the file of a tool declares TOOL",
    ),
    NewFile(
        "a vendor's report",
        ("edgeml/vendor/formats/novel_report.py", "tests/vendor/reports/novel"),
        "novel_report",
        ("tests/vendor/test_formats.py", "tests/vendor/test_damaged.py"),
        ("^Novel synthesis report", "^Novel fitter report"),
        r"no report of edgeml/vendor/formats/novel_report\.py",
    ),
    NewFile(
        "a report section",
        ("edgeml/report/sections/novel_section",),
        "novel_section",
        ("tests/report/test_sections.py",),
        ("facts.graph_ops | amount }} ops {{", "facts.op_count | amount }} ops {{"),
        r"has no attribute 'op_count'",
    ),
    NewFile(
        "a verdict of the report",
        ("edgeml/report/verdicts/novel_verdict.py", "tests/report/verdicts/novel_verdict.py"),
        "novel_verdict",
        ("tests/report/test_verdicts.py",),
        ("seed == 7", "seed >= 7"),
        r"novel_verdict",
    ),
    NewFile(
        "a back end",
        ("edgeml/backends/novel_backend",),
        "novel_backend",
        ("tests/backends/test_contract.py",),
        ("return parse_settings(NovelOptions, settings, self.name)", "return NovelOptions()"),
        r"DID NOT RAISE",
    ),
    NewFile(
        "a format of imported models",
        ("edgeml/importers/formats/novel_format.py", "tests/importers/formats/novel_format.py"),
        "novel_format",
        ("tests/importers/test_contract.py",),
        ("codes @ self._weights", "codes @ abs(self._weights)"),
        r"row\.differing",
    ),
    NewFile(
        "estimates of a back end",
        ("edgeml/estimate/novel_design",),
        "novel_design",
        ("tests/estimate/test_contract.py",),
        ('name = "novel_design"', 'name = "verilog"'),
        r"'verilog' == 'novel_design'",
    ),
    NewFile(
        "a preset",
        ("models/novel_net.py",),
        "novel_net",
        ("tests/presets/test_models.py",),
        ('dataset="iris"', 'dataset="digits"'),
        r"\(4,\) == \(8, 8, 1\)",
        keras=True,
    ),
    NewFile(
        "a Keras layer",
        ("edgeml/keras/layers/zero_padding3d.py",),
        "zero_padding3d",
        ("tests/keras/test_contract.py",),
        ("(*pairs_of(layer.padding), (0, 0))", "((0, 0), *pairs_of(layer.padding))"),
        r"zero_padding3d",
        keras=True,
    ),
    NewFile(
        "an operation of `keras.ops`",
        ("edgeml/keras/operations/fliplr.py",),
        "fliplr",
        ("tests/keras/test_contract.py",),
        ("[::-1]", ""),
        r"fliplr",
        keras=True,
    ),
    NewFile(
        "a lint rule",
        ("edgeml/lint/rules/novel_rule.py", "tests/lint/rules/novel_rule.py"),
        "novel_rule",
        ("tests/lint/test_contract.py",),
        ('!= "fc"', '== "fc"'),
        r"novel_rule",
        keras=True,
    ),
    NewFile(
        "a quantizer",
        ("edgeml/keras/quantizers/quantized_ulaw.py",),
        "quantized_ulaw",
        ("tests/keras/test_contract.py",),
        ('"bits": 4', '"bites": 4'),
        r"unexpected keyword argument 'bites'",
        keras=True,
    ),
)

QUICK = tuple(new for new in KINDS if not new.keras)
KERAS = tuple(new for new in KINDS if new.keras)


def run(folder: Path, kinds: tuple[NewFile, ...], broken: bool) -> Outcome:
    """The contract tests of a copy with the new files."""
    copy = Copy.of(folder)
    for new in kinds:
        for file in new.files:
            copy.add(file, new.fault if broken and file == new.files[0] else ("", ""))
    if any(new.kind == "a back end" for new in kinds):  # it has a file for every op
        for name in ops.names():
            if not issubclass(ops.load(name), Composite):
                (copy.root / f"edgeml/backends/novel_backend/ops/{name}.py").write_text('"""Copied."""\n')
    tests = dict.fromkeys(test for new in kinds for test in new.tests)
    names = " or ".join(new.name for new in kinds)
    slow = "random or saved_form or every_back_end or (means_what_it_says and not zoo)"
    return copy.run(tests, f"({names}) and not ({slow})")


def of(new: NewFile, names: Iterable[str]) -> list[str]:
    """The tests of a kind among those that ran."""
    modules = tuple(test.removesuffix(".py").replace("/", ".") for test in new.tests)
    return [name for name in names if name.startswith(modules) and new.name in name]


def unfound(new: NewFile, outcome: Outcome) -> str:
    """The complaint of the contract tests about the new file, or that they did not see it; "" if all pass."""
    if failures := [f"{name}\n{outcome.failed[name][-1500:]}" for name in of(new, outcome.failed)]:
        return "\n".join(failures)
    return "" if of(new, outcome.passed) else f"no test of {new.name}\n{outcome.output[-3000:]}"


def unnamed(new: NewFile, outcome: Outcome) -> str:
    """The complaint if no contract test of the file fails and says why; "" if one does."""
    failures = [f"{name}\n{outcome.failed[name]}" for name in of(new, outcome.failed)]
    if any(re.search(new.said, text) for text in failures):
        return ""
    return "\n".join(failures)[-3000:] or f"no test of {new.name} failed\n{outcome.output[-3000:]}"


def assert_found(folder: Path, kinds: tuple[NewFile, ...]) -> None:
    outcome = run(folder, kinds, broken=False)
    reasons = {new.kind: unfound(new, outcome) for new in kinds}
    assert not any(reasons.values()), "\n".join(f"{kind}: {why}" for kind, why in reasons.items() if why)


def assert_named(folder: Path, kinds: tuple[NewFile, ...]) -> None:
    outcome = run(folder, kinds, broken=True)
    reasons = {new.kind: unnamed(new, outcome) for new in kinds}
    assert not any(reasons.values()), "\n".join(f"{kind}: {why}" for kind, why in reasons.items() if why)


@pytest.mark.slow
def test_a_new_file_of_each_kind_is_found_and_passes(tmp_path: Path) -> None:
    assert_found(tmp_path, QUICK)


@pytest.mark.slow
def test_a_fault_in_each_new_file_fails_by_name(tmp_path: Path) -> None:
    assert_named(tmp_path, QUICK)


@pytest.mark.slow
def test_a_new_file_of_each_kind_for_keras_is_found_and_passes(tmp_path: Path) -> None:
    assert_found(tmp_path, KERAS)


@pytest.mark.slow
def test_a_fault_in_each_new_file_for_keras_fails_by_name(tmp_path: Path) -> None:
    assert_named(tmp_path, KERAS)


def test_every_kind_of_the_page_is_tried() -> None:
    page = (ROOT / "docs" / "extending.md").read_text()
    rows = re.findall(r"^\| ([^|]+?) \|", page.partition("\n|---")[2], re.MULTILINE)
    assert rows
    assert set(rows) == {new.kind for new in KINDS}
