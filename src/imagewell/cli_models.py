"""`imagewell models …`: the weights of the engines, on this machine."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

    from imagewell.vision.catalogue import Model
    from imagewell.vision.download import Report

models = typer.Typer(
    help="The weights of the engines: background removal, classification, faces, text.", no_args_is_help=True
)

DataDir = Annotated[
    Path | None,
    typer.Option("--data-dir", help="The weights are in its folder `models`. [IMAGEWELL_DATA_DIR, default: data]"),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@models.command("list")
def list_models(as_json: AsJson = False, data_dir: DataDir = None) -> None:
    """Show every model: what it is for, its size and licence, and whether it is here."""
    from imagewell.vision.catalogue import MODELS

    folder = _folder(data_dir)
    rows = [_row(model, folder) for model in MODELS.values()]
    if as_json:
        print(json.dumps(rows, indent=2))
    else:
        _print_table(rows, folder)


@models.command()
def pull(
    names: Annotated[
        list[str] | None, typer.Argument(metavar="NAME…", help="As `imagewell models list` shows.")
    ] = None,
    everything: Annotated[bool, typer.Option("--all", help="Every model that is not here yet.")] = False,
    as_json: AsJson = False,
    data_dir: DataDir = None,
) -> None:
    """Fetch weights and check their sums. What was interrupted goes on where it stopped.

    Most come inside of Python packages, from whatever index or folder pip is configured with; nothing is installed.
    On a machine without a network: PIP_NO_INDEX=1 PIP_FIND_LINKS=/media/packages imagewell models pull u2net
    """
    from imagewell.cli import fail
    from imagewell.vision.catalogue import MODELS
    from imagewell.vision.download import PullError
    from imagewell.vision.pull import named

    if not names and not everything:
        fail("Say which models to pull, or --all. `imagewell models list` shows them.")
    try:
        chosen = list(MODELS.values()) if everything else named(names or [])
        _pull(chosen, _folder(data_dir), quiet=as_json)
    except PullError as error:
        fail(f"Not pulled: {error}.")
    if as_json:
        print(json.dumps([_row(model, _folder(data_dir)) for model in chosen], indent=2))


@models.command()
def rm(
    names: Annotated[list[str], typer.Argument(metavar="NAME…", help="As `imagewell models list` shows.")],
    data_dir: DataDir = None,
) -> None:
    """Delete weights. Running engines keep what they have loaded until they leave."""
    from imagewell.cli import fail
    from imagewell.vision.download import PullError
    from imagewell.vision.pull import named, remove

    try:
        for model in named(names):
            if model.packaged:
                fail(f"{model.name} is inside of the package {model.packaged}: pip uninstall {model.packaged}")
            print(f"{model.name}: {'deleted' if remove(model, _folder(data_dir)) else 'was not here'}")
    except PullError as error:
        fail(f"Not deleted: {error}.")


def _folder(data_dir: Path | None) -> Path:
    from imagewell.cli import settings_with

    return settings_with(data_dir).vision.folder.absolute()


def _row(model: Model, folder: Path) -> dict[str, Any]:
    from imagewell.vision.pull import state

    return {
        "name": model.name,
        "for": model.does,
        "size_bytes": model.size,
        "licence": model.licence,
        "state": state(model, folder),
    }


def _print_table(rows: list[dict[str, Any]], folder: Path) -> None:
    from rich.box import SIMPLE_HEAD
    from rich.console import Console
    from rich.table import Table

    table = Table(box=SIMPLE_HEAD)
    for title in ("name", "for", "size", "licence", "state"):
        table.add_column(title, no_wrap=title != "for")
    for row in rows:
        here = row["state"] in ("ready", "in the package")
        state = f"[{'green' if here else 'yellow'}]{row['state']}[/]"
        table.add_row(row["name"], row["for"], f"{row['size_bytes'] / 1e6:.0f} MB", row["licence"], state)
    console = Console()
    console.print(table)
    console.print(f"Folder: {folder}", highlight=False, soft_wrap=True)


def _pull(chosen: list[Model], folder: Path, *, quiet: bool) -> None:
    """Pull each, with a bar for each file on a terminal, and a line for each model."""
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn

    from imagewell.vision.pull import pull as pull_one

    console = Console(quiet=quiet)
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn())
    for model in chosen:
        if model.packaged:
            console.print(f"{model.name}: comes inside of the package {model.packaged}", highlight=False)
            continue
        with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
            fetched = pull_one(model, folder, _bars(progress))
        console.print(f"{model.name}: {'ready' if fetched else 'was here'}", highlight=False)


def _bars(progress: Progress) -> Report:
    """What shows a bar for each file."""
    tasks: dict[str, TaskID] = {}

    def report(name: str, done: int, total: int | None) -> None:
        if name not in tasks:
            tasks[name] = progress.add_task(name, total=None)
        progress.update(tasks[name], completed=done, total=total)

    return report
