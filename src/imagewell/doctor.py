"""`imagewell doctor`: checks the configuration against the running services, one finding a part."""

from __future__ import annotations

import shutil
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from imagewell.accounts.secret import server_secret
from imagewell.db.database import Database
from imagewell.errors import Refusal
from imagewell.imaging.pool import RenderPool
from imagewell.imaging.work import RenderOrder
from imagewell.runtime import database_url, open_store, shown_address
from imagewell.settings import Settings
from imagewell.transform.model import Format, Output, Text, Transformation
from imagewell.usage.rates import Rates
from imagewell.vision.catalogue import ENGINES
from imagewell.vision.engines import lacking

LOW_DISK_BYTES = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Finding:
    """One part, whether it is well, and a sentence."""

    part: str
    well: bool
    sentence: str


async def examine(settings: Settings) -> list[Finding]:
    """All findings, in the order in which to mend them."""
    parts: list[tuple[str, Callable[[Settings], Awaitable[str]]]] = [
        ("data folder", data_folder),
        ("database", database),
        ("store", store),
        ("rates", rates),
        ("render workers", render_workers),
        ("engines", engines),
    ]
    return [await _finding(part, check, settings) for part, check in parts]


async def _finding(part: str, check: Callable[[Settings], Awaitable[str]], settings: Settings) -> Finding:
    try:
        return Finding(part, True, await check(settings))
    except Wrong as wrong:
        return Finding(part, False, str(wrong))
    except (Refusal, ValueError, OSError) as error:
        return Finding(part, False, str(error))


class Wrong(Exception):
    """What is wrong and what to do."""


async def data_folder(settings: Settings) -> str:
    """Writable, with room, with a secret."""
    folder = settings.data_dir.absolute()
    folder.mkdir(parents=True, exist_ok=True)
    probe = folder / ".doctor"
    probe.write_bytes(b"")
    probe.unlink()
    server_secret(settings.secret_key.get_secret_value() if settings.secret_key else None, folder)
    free = shutil.disk_usage(folder).free
    if free < LOW_DISK_BYTES:
        raise Wrong(f"{folder} has only {free / 1e9:.1f} GB free. Make room, or set IMAGEWELL_DATA_DIR.")
    return f"{folder}, {free / 1e9:.0f} GB free"


async def database(settings: Settings) -> str:
    """Reachable, at the newest schema, whole."""
    url = database_url(settings)
    db = Database.open(url, settings.database)
    try:
        faults = await db.check()
    finally:
        await db.close()
    if faults:
        raise Wrong(" ".join(faults))
    return f"{shown_address(url)} is whole and at the newest schema"


async def store(settings: Settings) -> str:
    """A small object can be written, read and deleted."""
    opened = open_store(settings)
    await opened.check()
    return f"{shown_address(settings.storage_url or str(settings.data_dir / 'store'))} can be written and read"


async def rates(settings: Settings) -> str:
    """Valkey answers, where it is set."""
    if settings.valkey_url is None:
        return "counted in memory: right for one API process"
    if not await Rates(settings.valkey_url).check():
        raise Wrong(f"{shown_address(settings.valkey_url)} does not answer. Start it, or unset IMAGEWELL_VALKEY_URL.")
    return f"counted at {shown_address(settings.valkey_url)}"


async def render_workers(settings: Settings) -> str:
    """A worker starts and draws a line of text, which needs libvips and the fonts."""
    pool = RenderPool(settings.render.model_copy(update={"workers": 1}))
    await pool.start()
    try:
        with TemporaryDirectory() as folder:
            made = Path(folder) / "made"
            picture = Transformation(typeset=Text("Imagewell"), output=Output(format=Format.PNG))
            await pool.render(RenderOrder({}, picture, str(made)))
    finally:
        await pool.close()
    return f"{settings.render.worker_count} will be started; one drew a test picture"


async def engines(settings: Settings) -> str:
    """Which engines are ready, and what installs the others. None of them is needed to run."""
    lacks = {name: lacking(name, settings.vision) for name in ENGINES}
    ready = ", ".join(name for name, commands in lacks.items() if not commands) or "none"
    others = ", ".join(name for name, commands in lacks.items() if commands)
    how = " && ".join(dict.fromkeys(command for commands in lacks.values() for command in commands))
    return f"ready: {ready}" + (f"; to have {others}, too: {how}" if others else "")
