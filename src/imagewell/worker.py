"""The worker's door: a process that works on jobs and answers nobody. Any number of them share a database."""

from __future__ import annotations

import asyncio
import os
import signal
import sys

from imagewell.errors import Refusal
from imagewell.imaging.pool import RenderPool
from imagewell.logs import configure
from imagewell.runtime import Runtime, database_url, open_runtime, shown_address
from imagewell.settings import Settings


def run(settings: Settings) -> None:
    """Work until SIGTERM or SIGINT; what is in flight ends or is given back within the settings' time.

    Raises: SystemExit with one sentence when it cannot start.
    """
    configure(settings.log)
    try:
        asyncio.run(_work(settings))
    except (Refusal, ValueError, OSError) as error:
        raise SystemExit(f"imagewell worker cannot start: {error}") from None


async def _work(settings: Settings) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    # It begins when the engine runs, not in the background of a server.
    settings = settings.model_copy(update={"jobs": settings.jobs.model_copy(update={"run_in_server": False})})
    pool = RenderPool(settings.render)
    await pool.start()
    try:
        async with open_runtime(settings, pool) as runtime:
            await runtime.jobs.join()
            print(greeting(runtime), flush=True)
            await stop.wait()
    finally:
        await pool.close()
    # Everything is closed. Threads of the engine that wait for a database which is gone must not hold the process.
    sys.stdout.flush()
    os._exit(0)


def greeting(runtime: Runtime) -> str:
    """Who it is, what it works on and where."""
    kinds = ", ".join(runtime.jobs.kinds) or "upkeep only"
    where = shown_address(database_url(runtime.settings))
    return f"imagewell worker {runtime.jobs.worker} works on: {kinds}. Database: {where}. Ctrl-C ends it."
