"""kill -9 of workers at random moments while jobs keep coming: each ends once, and its effect is there once."""

from __future__ import annotations

import asyncio
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from sqlalchemy import text
from tests.conftest import SECRET, opened
from tests.e2e.job_workers import KIND, jobs_in

from imagewell.accounts.service import Accounts
from imagewell.accounts.subject import Subject, system
from imagewell.db.database import Database
from imagewell.jobs.models import FINAL
from imagewell.jobs.service import Jobs

JOBS_A_KILL = 5
WAIT_S = 60.0
SLEEP_S = 1.5
"""Longer than `dead_after_s`."""
FINALS = "'succeeded', 'failed', 'cancelled'"
WATCH = {
    "sqlite": f"""CREATE TRIGGER note_final AFTER UPDATE OF state ON jobs WHEN new.state IN ({FINALS})
        BEGIN INSERT INTO finals (job_id) VALUES (new.id); END""",
    "postgresql": f"""CREATE FUNCTION note_final() RETURNS trigger AS $$
        BEGIN IF new.state IN ({FINALS}) THEN INSERT INTO finals (job_id) VALUES (new.id); END IF; RETURN new; END
        $$ LANGUAGE plpgsql;
        CREATE TRIGGER note_final AFTER UPDATE OF state ON jobs FOR EACH ROW EXECUTE FUNCTION note_final()""",
}


class Nursery:
    """Makes workers, and kills them."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process
        self.pids: list[int] = []
        assert self._said() == "ready"

    def make(self) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write("\n")
        self._process.stdin.flush()
        self.pids.append(int(self._said()))

    def kill(self, pid: int) -> None:
        self.pids.remove(pid)
        os.kill(pid, signal.SIGKILL)

    async def put_to_sleep(self, pid: int, seconds: float) -> None:
        """It does nothing for a while, and then goes on as if nothing had been."""
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGSTOP)
            await asyncio.sleep(seconds)
            os.kill(pid, signal.SIGCONT)

    def stop(self) -> None:
        """SIGTERM to all; returns when they have ended."""
        for pid in self.pids:
            os.kill(pid, signal.SIGTERM)
        ends = time.monotonic() + 30
        while any(Path(f"/proc/{pid}").exists() for pid in self.pids):
            assert time.monotonic() < ends, "a worker does not stop"
            time.sleep(0.02)

    def _said(self) -> str:
        assert self._process.stdout is not None
        return self._process.stdout.readline().strip()


@contextmanager
def nursery(database: str, engine: str, data_dir: Path) -> Iterator[Nursery]:
    """Its workers die with it, and it ends with its standard input."""
    command = [sys.executable, "-m", "tests.e2e.job_workers", database, engine, str(data_dir)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        made = Nursery(process)
        try:
            yield made
        finally:
            for pid in made.pids:
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            process.kill()


async def test_killed_workers_on_postgresql(new_postgres: Callable[[], str], tmp_path: Path) -> None:
    """Fifty kills among three workers. Some come back at once, some late; some only sleep until others took over."""
    url = new_postgres()
    with nursery(url, url, tmp_path) as workers:
        await kill_and_check(url, url, tmp_path, workers, kills=50, most=3)


async def test_killed_worker_on_sqlite(new_sqlite: Callable[[], str], tmp_path: Path) -> None:
    """Twenty kills of the one worker there is; started anew, it goes on with what it had begun."""
    url, engine = new_sqlite(), f"sqlite:///{tmp_path / 'jobs.db'}"
    with nursery(url, engine, tmp_path) as workers:
        await kill_and_check(url, engine, tmp_path, workers, kills=20, most=1)


async def kill_and_check(url: str, engine: str, data_dir: Path, workers: Nursery, *, kills: int, most: int) -> None:
    chance = random.Random(20_26)
    async with opened(url) as db:
        subject = system((await Accounts(db, SECRET).ensure_default()).id)
        await watch(db)
        jobs = jobs_in(db, engine, data_dir)
        asked: list[str] = []
        asleep: list[asyncio.Task[None]] = []
        for _ in range(most):
            workers.make()
        for _ in range(kills):
            asked += [(await jobs.ask(subject, KIND, {})).id for _ in range(JOBS_A_KILL)]
            await asyncio.sleep(chance.uniform(0, 0.4))
            if workers.pids:
                workers.kill(chance.choice(workers.pids))
            if not workers.pids or chance.random() < 0.6:
                while len(workers.pids) < most:
                    workers.make()
            if workers.pids and chance.random() < 0.2:
                asleep.append(asyncio.create_task(workers.put_to_sleep(chance.choice(workers.pids), SLEEP_S)))
        while len(workers.pids) < most:
            workers.make()
        await asyncio.gather(*asleep)
        await check(db, jobs, subject, asked)
        workers.stop()
        await jobs.close()


async def watch(db: Database) -> None:
    """Have the database itself note each time that a job gets a final state."""
    async with db.write() as session:
        await session.execute(text("CREATE TABLE effects (job_id VARCHAR)"))
        await session.execute(text("CREATE TABLE finals (job_id VARCHAR)"))
        await session.execute(text(WATCH[db.dialect]))


async def check(db: Database, jobs: Jobs, subject: Subject, asked: list[str]) -> None:
    ends = time.monotonic() + WAIT_S
    for job_id in asked:
        job = await jobs.wait(job_id, max(0.0, ends - time.monotonic()))
        assert (job.state in FINAL, job.error) == (True, None), job
    async with db.read() as session:
        effects = Counter((await session.scalars(text("SELECT job_id FROM effects"))).all())
        finals = Counter((await session.scalars(text("SELECT job_id FROM finals"))).all())
        again = (await session.scalars(text("SELECT count(*) FROM jobs WHERE attempts > 1"))).one()
    assert effects == Counter(asked)
    assert finals == Counter(asked)
    assert again > 0, "no kill hit a job"
