"""The command line: each command opens what it needs, says what it did, and fails in one sentence.

Imports are inside the commands: `imagewell serve` must listen soon, and the server itself runs in another process.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import Coroutine
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from imagewell.cli_models import models

if TYPE_CHECKING:
    from imagewell.settings import Settings

app = typer.Typer(
    name="imagewell",
    help="A self-hosted image platform that speaks the APIs people already use.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
)
keys = typer.Typer(help="API keys.", no_args_is_help=True)
app.add_typer(keys, name="keys")
app.add_typer(models, name="models")

DataDir = Annotated[
    Path | None,
    typer.Option("--data-dir", help="Where records, pictures and the secret live. [IMAGEWELL_DATA_DIR, default: data]"),
]


def main() -> None:
    """The `imagewell` command."""
    from imagewell.errors import Refusal

    # Nobody's pydantic plugin belongs in this program, and looking for one goes through every installed package.
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "1")
    try:
        app()
    except Refusal as refusal:
        fail(str(refusal))


def fail(sentence: str) -> None:
    """End with one sentence on standard error and status 1."""
    print(sentence, file=sys.stderr)
    raise SystemExit(1)


def say(data_dir: Path | None = None, **server: object) -> None:
    """Put what the command line says into the environment, from which every process of ours reads its settings."""
    if data_dir is not None:
        os.environ["IMAGEWELL_DATA_DIR"] = str(data_dir)
    for name, value in server.items():
        if value is not None:
            os.environ[f"IMAGEWELL_SERVER__{name.upper()}"] = str(value)


def settings_with(data_dir: Path | None) -> Settings:
    """The settings, with what the command line says on top; faults end the command."""
    from imagewell.settings import SettingsError, load

    say(data_dir)
    try:
        return load()
    except SettingsError as error:
        fail(str(error))
        raise


@app.command()
def serve(
    host: Annotated[
        str | None, typer.Option(help="Address to listen on. [IMAGEWELL_SERVER__HOST, default: 127.0.0.1]")
    ] = None,
    port: Annotated[
        int | None, typer.Option(help="Port; 0 picks a free one. [IMAGEWELL_SERVER__PORT, default: 8000]")
    ] = None,
    data_dir: DataDir = None,
) -> None:
    """Start the server."""
    from imagewell.server import run

    say(data_dir, host=host, port=port)
    run()


@app.command()
def worker(data_dir: DataDir = None) -> None:
    """Work on jobs in the background, beside the servers that use the same database."""
    from imagewell.worker import run

    run(settings_with(data_dir))


@keys.command("create")
def create_key(
    account: Annotated[str, typer.Option(help="The account's name.")] = "default",
    test: Annotated[bool, typer.Option("--test", help="A test key: sees test pictures only.")] = False,
    scope: Annotated[list[str] | None, typer.Option(help="Repeatable; without it the key has every scope.")] = None,
    name: Annotated[str, typer.Option(help="What the key is called in lists.")] = "made on the command line",
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    data_dir: DataDir = None,
) -> None:
    """Make an API key. The key itself is shown this once."""
    from imagewell.admin import make_key

    made = run_async(
        make_key(settings_with(data_dir), account, stage="test" if test else "live", scopes=scope, name=name)
    )
    if as_json:
        print(json.dumps(made))
    else:
        print(f"{made['key']}\n\nIt is shown only now. Account {made['account']}, id {made['id']}.")


@app.command()
def migrate(data_dir: DataDir = None) -> None:
    """Bring the database to the newest schema (the server does so at start, too)."""
    from imagewell.admin import migrate_database

    print(run_async(migrate_database(settings_with(data_dir))))


@app.command()
def doctor(data_dir: DataDir = None) -> None:
    """Check the configuration against the running services, and say what is wrong."""
    from rich.console import Console
    from rich.markup import escape

    from imagewell.doctor import examine

    console = Console()
    well = True
    for finding in run_async(examine(settings_with(data_dir))):
        well = well and finding.well
        console.print(f"[{'green]✓' if finding.well else 'red]✗'}[/] {finding.part}: {escape(finding.sentence)}")
    if not well:
        raise SystemExit(1)


@app.command()
def openapi(face: Annotated[str, typer.Argument(help="own or imager.")] = "own", data_dir: DataDir = None) -> None:
    """Print the OpenAPI document of a face."""
    from imagewell.facelist import FACES
    from imagewell.reference import openapi_document

    if face not in FACES:
        fail(f"No face is called {face}; there are: {', '.join(FACES)}.")
    print(run_async(openapi_document(settings_with(data_dir), face)))


@app.command()
def sample(file: Annotated[Path, typer.Argument(help="The JPEG to write.")] = Path("photo.jpg")) -> None:
    """Draw a 12-megapixel landscape to try things with."""
    from imagewell.imaging.sample import save

    save(file)
    print(f"{file}: 4000 × 3000 px, {file.stat().st_size / 1e6:.1f} MB")


def run_async(work: Coroutine[Any, Any, Any]) -> Any:
    """Run one coroutine to its end."""
    return asyncio.run(work)


if __name__ == "__main__":
    main()
