"""Hardware: what the model takes on an FPGA and how fast it is there, design by design."""

from __future__ import annotations

from edgeml.report.section import Compared, Criterion, Section
from edgeml.report.sections.hardware import collect, view
from edgeml.report.sections.hardware.charts import critical_path, resources, timeline
from edgeml.report.sections.hardware.facts import HardwareFacts, HardwareRow
from edgeml.report.svg import in_both_widths

SECTION = Section(
    title="Hardware",
    place=40,
    facts=HardwareFacts,
    collect=collect.collect,
    digest=view.digest,
    view=view.view,
    charts=(in_both_widths(resources), in_both_widths(timeline), in_both_widths(critical_path)),
    compared=Compared(
        row=HardwareRow,
        take=view.row,
        columns=(),
        criteria=(
            Criterion(
                name="lut",
                best="Fewest LUTs",
                kind="amount",
                numbers=lambda run: [
                    (d.item.design, d.resources["lut"].count) for d in view.designs(run, None)
                ],
                against="LUTs",
                axis="LUTs",
            ),
            Criterion(
                name="latency",
                best="Fastest",
                kind="ns",
                numbers=lambda run: [(d.item.design, d.latency) for d in view.designs(run, None)],
                against="latency",
                axis="latency of a sample",
            ),
        ),
        title="On an FPGA",
        view=view.ComparedHardware,
    ),
)
