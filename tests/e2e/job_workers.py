"""Worker processes for `test_job_kills.py`: a nursery reads the program once, and forks a worker for each line it gets.

A worker composes `Jobs` with one kind of its own. To start one from nothing would take most of a second of a core, and
the test starts many. Run as `python -m tests.e2e.job_workers DATABASE ENGINE DATA_DIR`.
"""

from __future__ import annotations

import asyncio
import ctypes
import os
import random
import signal
import sys
from pathlib import Path

import dbos  # noqa: F401  (so that each worker need not)
from sqlalchemy import text
from sqlalchemy.dialects.postgresql import psycopg as _psycopg  # noqa: F401
from sqlalchemy.dialects.sqlite import aiosqlite as _aiosqlite  # noqa: F401

from imagewell.db.database import Database
from imagewell.jobs.run import JobRun
from imagewell.jobs.service import Jobs
from imagewell.jobs.settings import JobsSettings

KIND = "note"
SETTINGS = JobsSettings(
    poll_s=0.1, heartbeat_s=0.2, dead_after_s=1, start_after_s=0, stop_timeout_s=5, max_losses=100, concurrency=4
)
PR_SET_PDEATHSIG = 1


def main(database: str, engine: str, data_dir: str) -> None:
    """Fork a worker for each line of standard input, and print its process id."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    print("ready", flush=True)
    for _ in sys.stdin:
        pid = os.fork()
        if pid == 0:
            ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            asyncio.run(work(database, engine, Path(data_dir)))
            os._exit(0)
        print(pid, flush=True)


async def work(database: str, engine: str, data_dir: Path) -> None:
    """Work until SIGTERM."""
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    db = Database.open(database)
    jobs = jobs_in(db, engine, data_dir)
    await jobs.join()
    await stop.wait()
    await jobs.close()
    await db.close()


def jobs_in(db: Database, engine: str, data_dir: Path) -> Jobs:
    """Jobs of one kind, each with one effect: a row, in a table that would take it twice."""

    async def note(run: JobRun) -> None:
        await asyncio.sleep(random.uniform(0, 0.05))
        await run.progress(1, 2)
        async with db.write() as session:
            await session.execute(text("INSERT INTO effects (job_id) VALUES (:id)"), {"id": run.id})
            await run.succeed(session, {"attempt": run.attempt})
        await asyncio.sleep(random.uniform(0, 0.01))

    jobs = Jobs(db, settings=SETTINGS, data_dir=data_dir, engine_url=engine)
    jobs.handle(KIND, note)
    return jobs


if __name__ == "__main__":
    main(*sys.argv[1:4])
