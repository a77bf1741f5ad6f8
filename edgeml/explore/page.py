"""explore.html and explore.md of a study, in the style of the report.

Invariant: a page adds nothing that does not follow from explore.json, and stays small however many trials
there are.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np

from edgeml._version import __version__
from edgeml.explore import metric as metrics
from edgeml.explore.chart import ChartInput, ChartPoint, study_chart
from edgeml.explore.differences import neighbour, sentence
from edgeml.explore.record import RowState, StudyRecord, TrialRow
from edgeml.files import FileSet
from edgeml.quoting import shell
from edgeml.report import layout
from edgeml.report.layout import marked, tidy
from edgeml.report.page import PagePart, page_html

FILES = ("explore.html", "explore.md")
_MOST_ROWS = 200


@dataclass(frozen=True)
class StudyCell:
    """A figure in a table.

    Attributes:
        value: for sorting; "" if it is not known.
        text: of the figure.
        between: its interval; "" without.
    """

    value: float | str
    text: str
    between: str


@dataclass(frozen=True)
class FrontRow:
    """A row of the table."""

    number: int
    cells: tuple[StudyCell, ...]
    test: str
    test_value: float | str
    effects: str
    choices: str
    line: str


@dataclass(frozen=True)
class StudyView:
    """The `view` of the templates.

    Attributes:
        title: of the page.
        sentence: what came out.
        counts: of trials.
        float: what the float baseline reaches.
        first: the objective that the front is sorted by.
        heads: of the columns with figures.
        rows: of the front.
        left_out: rows between these that are not shown.
        pick: the command that makes a trial a run.
        own: the preset as it is, in a line; "" if it is not known.
        charts: title and SVG.
        facts: of the study.
    """

    title: str
    sentence: str
    counts: str
    float: str
    first: str
    heads: tuple[str, ...]
    rows: tuple[FrontRow, ...]
    left_out: int
    pick: str
    own: str
    charts: tuple[tuple[str, Any], ...]
    facts: tuple[tuple[str, str], ...]


def write_pages(record: StudyRecord, folder: Path) -> tuple[Path, ...]:
    """Write explore.html and explore.md.

    Raises:
        EdgemlError: the folder cannot be written.
        MissingToolError: jinja2 is not installed.
    """
    view = view_of(record, folder)
    texts = (study_html(record, view), study_markdown(record, view))
    root = FileSet({name: text.encode() for name, text in zip(FILES, texts, strict=True)}).write(folder)
    return tuple(root / name for name in FILES)


def study_html(record: StudyRecord, view: StudyView) -> str:
    """The text of explore.html.

    Raises:
        MissingToolError: jinja2 is not installed.
    """
    environment = layout.html()

    def laid_out(name: str) -> Any:
        return marked(environment.from_string(_template(name)).render(record=record, view=view))

    parts = [
        PagePart("", "", laid_out("page.html.j2")),
        PagePart("front", "Front", laid_out("front.html.j2")),
        PagePart("study", "Study", laid_out("study.html.j2")),
    ]
    if view.charts:
        parts.insert(1, PagePart("charts", "Trade-offs", laid_out("charts.html.j2")))
    return page_html(view.title, __version__, parts)


def study_markdown(record: StudyRecord, view: StudyView) -> str:
    """The text of explore.md.

    Raises:
        MissingToolError: jinja2 is not installed.
    """
    page = layout.markdown().from_string(_template("page.md.j2"))
    return tidy(page.render(record=record, view=view)) + "\n"


def _template(name: str) -> str:
    return resources.files("edgeml.explore").joinpath("templates", name).read_text(encoding="utf-8")


def view_of(record: StudyRecord, folder: Path) -> StudyView:
    """Everything that is laid out.

    Args:
        record: of the study.
        folder: of it, for commands.
    """
    request, counts = record.request, record.counts
    names = shown_metrics(record)
    count = len(record.front)
    chosen = sorted({round(i * (count - 1) / (_MOST_ROWS - 1)) for i in range(_MOST_ROWS)}) if count else []
    chosen = list(range(count)) if count <= _MOST_ROWS else chosen
    repeated = [row for row in counts.items() if row[1]]
    total = ", ".join(f"{number:,} {state}" for state, number in repeated)
    return StudyView(
        title=f"{Path(request.preset).stem} on {request.place.title}",
        sentence=sentence(record),
        counts=f"{len(record.columns):,} of {record.trials:,} trials: {total}" if total else "No trials yet",
        float=f"{record.float_percent:.2f} %",
        first=metrics.load(request.objectives[0]).title,
        heads=tuple(_head(name) for name in names),
        rows=tuple(_front_rows(record, names, chosen)),
        left_out=count - len(chosen),
        pick=f"edgeml explore {shell(str(folder))} --pick N",
        own="" if record.own is None else own_text(record, record.own),
        charts=tuple(_charts(record, names)),
        facts=tuple(_facts(record)),
    )


def shown_metrics(record: StudyRecord) -> tuple[str, ...]:
    """The metrics of a table: objectives, limited ones, and whatever else is known of the front."""
    request = record.request
    named = [*request.objectives, *(limit.metric for limit in request.limits)]
    others = [name for name in request.metrics if any(row.figure(name) is not None for row in record.front)]
    return tuple(dict.fromkeys([*named, *others]))


def _head(name: str) -> str:
    title = metrics.load(name).title
    return title[0].upper() + title[1:]


def _front_rows(record: StudyRecord, names: tuple[str, ...], chosen: list[int]) -> Iterator[FrontRow]:
    before: TrialRow | None = None
    for index in chosen:
        row = record.front[index]
        beside = None if before is None else neighbour(record, before, row)
        yield FrontRow(
            number=row.number,
            cells=tuple(cell_of(row, name) for name in names),
            test="-" if row.test_percent is None else f"{row.test_percent:.2f} %",
            test_value="" if row.test_percent is None else row.test_percent,
            effects=", ".join(beside.effects) if beside else "",
            choices=", ".join(beside.choices) if beside else "",
            line=" ".join(row.lines + row.design_lines),
        )
        before = row


def cell_of(row: TrialRow, name: str) -> StudyCell:
    """A figure of a trial, with its interval or the tool that counted it."""
    figure, unit = row.figure(name), metrics.load(name).unit
    if figure is None:
        return StudyCell("", "-", "")
    between = ""
    if name in row.confirmed:
        between = row.tool
    elif figure.least != figure.most:
        between = f"{unit.text(figure.least)} to {unit.text(figure.most)}"
    return StudyCell(figure.value, unit.text(figure.value), between)


def own_text(record: StudyRecord, own: TrialRow) -> str:
    """The figures of the preset as it is, in a line."""
    if own.reason:
        return f"failed: {own.reason}"
    figures = [f"{metrics.load(name).title} {cell_of(own, name).text}" for name in shown_metrics(record)]
    above = [metrics.load(name).title for name in own.excess]
    return ", ".join(figures) + (f"; above the limit: {', '.join(above)}" if above else "")


def _charts(record: StudyRecord, names: tuple[str, ...]) -> Iterator[tuple[str, Any]]:
    """The first objective against every other metric that differs between trials."""
    up, *others = names
    limits = {limit.metric: limit.most for limit in record.request.limits}
    columns, on_front = record.columns, {row.number for row in record.front}
    left = [
        index
        for index, state in enumerate(columns.states)
        if state is RowState.TRAINED and index not in on_front
    ]
    for name in others:
        title = f"{_head(up)} against {metrics.load(name).title}"
        front = [point for row in record.front if (point := _chart_point(row, name, up)) is not None]
        pairs = [
            (across, height, columns.keeps[index])
            for index in left
            if (across := columns.values[name][index]) is not None
            and (height := columns.values[up][index]) is not None
        ]
        points = np.array([pair[:2] for pair in pairs], np.float64).reshape(-1, 2)
        values = {point.across for point in front} | set(points[:, 0].tolist())
        if len(values) < 2:
            continue
        own = None if record.own is None or not record.own.figures else _chart_point(record.own, name, up)
        word = metrics.load(name).unit.word
        drawing = study_chart(
            ChartInput(
                f"{metrics.load(name).title}{f' ({word})' if word else ''}",
                f"{metrics.load(up).title} ({metrics.load(up).unit.word})",
                front,
                own,
                points,
                np.array([pair[2] for pair in pairs], bool),
                limits.get(name),
                record.knee,
                set(record.request.objectives) == {up, name},
            )
        )
        if drawing:
            yield title, marked(drawing)


def _chart_point(row: TrialRow, across: str, up: str) -> ChartPoint | None:
    a, b = row.figure(across), row.figure(up)
    if a is None or b is None:
        return None
    shown = ((metrics.load(name), row.figure(name)) for name in (up, across))
    words = [f"{metric.title} {metric.text(figure)}" for metric, figure in shown]
    return ChartPoint(
        row.number, a.value, b.value, a.least, a.most, f"trial {row.number}: {', '.join(words)}"
    )


def _facts(record: StudyRecord) -> Iterator[tuple[str, str]]:
    request = record.request
    yield "preset", request.preset + (f", {' '.join(request.settings)}" if request.settings else "")
    yield "target", " ".join(filter(None, [request.place.title, request.design]))
    yield "objectives", ", ".join(metrics.load(name).title for name in request.objectives)
    limits = [f"{metrics.load(one.metric).title} at most {one.stated}" for one in request.limits]
    yield "limits", ", ".join(limits) or "none"
    yield "search", f"{request.sampler}, seed {request.seed}, {request.generation} trials at a time"
    yield "knobs", ", ".join(record.columns.points) or "-"
    yield "float baseline", f"{record.float_percent:.2f} % validation, {record.float_test_percent:.2f} % test"
    if record.no_sensitivity:
        yield "sensitivity of the layers", f"not known: {record.no_sensitivity}"
    busy = record.trial_seconds
    times = f"{record.wall_seconds:,.0f} s with {record.jobs} processes, {busy:,.0f} s of work on trials"
    yield "time", f"{times}; the search itself took {record.search_seconds:.1f} s"
