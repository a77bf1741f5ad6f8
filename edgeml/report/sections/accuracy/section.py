"""Accuracy of every model on all test samples, with 95 % intervals."""

from __future__ import annotations

from edgeml.report.section import Compared, Criterion, Section, TableCell, TableColumn
from edgeml.report.sections.accuracy import collect, view
from edgeml.report.sections.accuracy.charts import accuracy_chart
from edgeml.report.sections.accuracy.facts import AccuracyFacts, AccuracyRow
from edgeml.report.words import interval

SECTION = Section(
    title="Accuracy",
    place=20,
    facts=AccuracyFacts,
    collect=collect.collect,
    digest=view.digest,
    view=view.view,
    charts=(accuracy_chart,),
    headline=view.headline,
    applies=view.has_accuracy,
    compared=Compared(
        row=AccuracyRow,
        take=lambda facts, _: view.row(facts),
        columns=(
            TableColumn(
                "Fixed-point",
                lambda run: TableCell(
                    run.part(AccuracyRow).accuracy.fixed,
                    "percent",
                    interval(run.part(AccuracyRow).accuracy.fixed),
                ),
                "accuracy of what is deployed, with its 95 % Wilson interval",
            ),
            TableColumn("QAT", lambda run: TableCell(run.part(AccuracyRow).accuracy.qat, "percent")),
            TableColumn("float32", lambda run: TableCell(run.part(AccuracyRow).accuracy.float_, "percent")),
            TableColumn(
                "int8",
                lambda run: TableCell(run.part(AccuracyRow).accuracy.int8, "percent"),
                "quantized after training",
            ),
        ),
        criteria=(
            Criterion(
                name="accuracy",
                best="Most accurate",
                kind="percent",
                numbers=lambda run: [("", run.part(AccuracyRow).accuracy.fixed)],
                largest=True,
            ),
        ),
    ),
)
