"""Steps run when they have to, are skipped when they need not, and a flow that was killed goes on."""

from __future__ import annotations

from pathlib import Path

import pytest

from edgeml.errors import EdgemlError
from edgeml.figures import Stage
from edgeml.synth.steps import NOTES, FlowStep, run_steps


class Table:
    """b = a + settings, c = b + b; counts what ran."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.ran, self.settings, self.broken = folder, [], "x", ""
        (folder / "a").write_text("1")

    def step(self, name: str, source: str, target: str, settings: str) -> FlowStep:
        def work() -> Stage:
            self.ran.append(name)
            if self.broken == name:
                raise KeyboardInterrupt
            if self.broken != f"no {target}":
                (self.folder / target).write_text((self.folder / source).read_text() + settings)
            return Stage(name=name, tool="cp", seconds=len(self.ran), log=f"{name}.log")

        return FlowStep(name, (self.folder / source,), (self.folder / target,), settings, work)

    def run(self) -> list[str]:
        """The steps that ran this time."""
        self.ran.clear()
        steps = [self.step("first", "a", "b", self.settings), self.step("second", "b", "c", "y")]
        self.stages = run_steps(steps, self.folder, lambda what: None, lambda stages: None)
        return list(self.ran)


@pytest.fixture
def table(tmp_path: Path) -> Table:
    return Table(tmp_path)


def test_nothing_is_run_twice(table: Table) -> None:
    assert table.run() == ["first", "second"]
    stages = table.stages
    assert table.run() == []
    assert table.stages == stages  # the seconds are those of the run that made the files
    (table.folder / "a").write_text("1")  # newer, with the same contents
    assert table.run() == []


def test_a_changed_input_runs_what_depends_on_it(table: Table) -> None:
    table.run()
    (table.folder / "a").write_text("2")
    assert table.run() == ["first", "second"]
    assert (table.folder / "c").read_text() == "2xy"


def test_changed_settings(table: Table) -> None:
    table.run()
    table.settings = "z"
    assert table.run() == ["first", "second"]


def test_a_lost_or_damaged_output_is_made_again_alone(table: Table) -> None:
    table.run()
    (table.folder / "c").unlink()
    assert table.run() == ["second"]
    (table.folder / "b").write_text("1x and more")
    assert table.run() == ["first"]  # what it makes is as before, so that nothing else runs


def test_a_killed_flow_goes_on(table: Table) -> None:
    table.broken = "second"
    with pytest.raises(KeyboardInterrupt):
        table.run()
    table.broken = ""
    assert table.run() == ["second"]


def test_a_step_without_its_output_is_an_error_and_not_noted(table: Table) -> None:
    table.broken = "no c"
    for _ in range(2):
        with pytest.raises(EdgemlError, match=r"second ended without .*/c"):
            table.run()


@pytest.mark.parametrize("damage", ["", "[]", "{"])
def test_damaged_notes_run_all(table: Table, damage: str) -> None:
    table.run()
    (table.folder / NOTES).write_text(damage)
    assert table.run() == ["first", "second"]


def test_a_folder_counts_with_its_names(tmp_path: Path) -> None:
    ran: list[str] = []

    def work() -> Stage:
        ran.append("x")
        (tmp_path / "out").write_text("")
        return Stage(name="x", tool="x", seconds=0)

    def go() -> int:
        step = FlowStep("x", (tmp_path / "in",), (tmp_path / "out",), "", work)
        run_steps([step], tmp_path, lambda what: None, lambda stages: None)
        return len(ran)

    (tmp_path / "in" / "deep").mkdir(parents=True)
    (tmp_path / "in" / "deep" / "a").write_text("1")
    assert (go(), go()) == (1, 1)
    (tmp_path / "in" / "deep" / "a").rename(tmp_path / "in" / "b")
    assert go() == 2


def test_after_is_told_of_skipped_steps_too(table: Table) -> None:
    table.run()
    seen: list[int] = []
    steps = [table.step("first", "a", "b", "x"), table.step("second", "b", "c", "y")]
    run_steps(steps, table.folder, lambda what: None, lambda stages: seen.append(len(stages)))
    assert seen == [1, 2]
