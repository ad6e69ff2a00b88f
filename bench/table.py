"""One row of the table, and how it is printed."""

from __future__ import annotations

from dataclasses import dataclass

from rich.table import Table


@dataclass(frozen=True)
class Row:
    name: str
    goal: str
    result: str
    reached: bool
    note: str = ""


def table(rows: list[Row]) -> Table:
    drawn = Table("row", "goal", "result", "", "in this run", title="Imagewell: figures as ratios inside one run")
    for row in rows:
        mark = "[green]reached[/]" if row.reached else "[red]missed[/]"
        drawn.add_row(row.name, row.goal, row.result, mark, row.note)
    return drawn
