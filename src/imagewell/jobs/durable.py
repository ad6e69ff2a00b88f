"""DBOS, the only file that imports it: durable workflows, one for each job, under the job's own id.

A workflow here does one thing: it has our event loop run the job. The engine's part is that the one process which
enters a workflow first runs it, that it knows what every process had begun, and that it gives what a dead one had begun
to a live one. How a job stands is in our own row, always; see docs/decisions/0501-jobs.md.

Importing DBOS takes a third of a second and 25 MB, so that happens when there is a job. All of it blocks: call it from
a thread.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Collection
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

from imagewell.errors import Unavailable, shorten
from imagewell.logs import Log

log = Log(__name__)

APPLICATION = "imagewell"
VERSION = "1"
"""The same for every build: a new one goes on with what an old one began. It may change with the workflow below."""
SCHEMA = "imagewell_jobs"
FORGET_AFTER_S = 3600
FORGET_AT_ONCE = 500
SAY_AGAIN_S = 60.0
MAX_SAID_CHARS = 300
NEVER_ENDED = ("PENDING", "ENQUEUED", "DELAYED")

_this_process = threading.Lock()
_wanted = threading.Event()
_entered: Callable[[str], bool] | None = None


class Left(BaseException):
    """Raised inside a workflow to leave it unfinished: the engine writes nothing down, and it is begun again later.

    Not an Exception, since those count as the workflow's outcome.
    """


class Durable:
    """The engine of this process. There is one at a time."""

    def __init__(self, url: str, worker_id: str) -> None:
        """url: where the engine keeps its tables, `sqlite:///…` or `postgresql://…`."""
        self._url = url
        self._worker_id = worker_id
        self._workflow: Any = None

    def launch(self, enter: Callable[[str], bool]) -> bool:
        """Begin, and go on with what this worker had begun before; False while another engine of this process runs.

        Args:
            enter: does one job, called in a thread of the engine; False leaves the job to be begun again.
        Raises: Unavailable.
        """
        global _entered
        if not _this_process.acquire(blocking=False):
            _wanted.set()
            return False
        try:
            _wanted.clear()
            _entered = enter
            self._workflow = _workflow()
            _quieten()
            from dbos import DBOS

            DBOS(config=self._config())
            DBOS.launch()
        except Exception as error:
            log.exception("jobs_engine")
            self.close()
            raise Unavailable("engine of the jobs") from error
        return True

    @staticmethod
    def wanted() -> bool:
        """Whether somebody else in this process would launch an engine, had this one ended."""
        return _wanted.is_set()

    def start(self, job_id: str, others: Collection[str]) -> bool:
        """Begin a job that this process is not at, unless another is; whether it was begun here.

        Whatever none of `others`, the workers that live, had begun is put up to be begun by any worker: so is what this
        one had begun and lost hold of. What the engine took for ended, and our row did not, is begun again.
        """
        from dbos import error

        try:
            self._start(job_id)
        except error.DBOSWorkflowIDInUseError as known:
            with suppress(error.DBOSException):  # another worker did the same a moment before
                return self._again(job_id, known.workflow_status, others)
            return False
        return True

    def forget(self, ended_before_s: float = FORGET_AFTER_S) -> int:
        """Drop what ended so long ago; how many, not more than some hundreds. Our own rows tell of it."""
        from dbos import DBOS

        ended = DBOS.list_workflows(
            status=["SUCCESS", "ERROR", "CANCELLED", "MAX_RECOVERY_ATTEMPTS_EXCEEDED"],
            completed_before=datetime.fromtimestamp(time.time() - ended_before_s, UTC).isoformat(),
            limit=FORGET_AT_ONCE,
            load_input=False,
            load_output=False,
        )
        if ended:
            DBOS.delete_workflows([each.workflow_id for each in ended])
        return len(ended)

    def close(self) -> None:
        """End; what is unfinished stays so. Nothing may be running."""
        global _entered
        from dbos import DBOS

        try:
            DBOS.destroy()
        finally:
            _entered = None
            _this_process.release()

    def _start(self, job_id: str) -> None:
        from dbos import DBOS, SetWorkflowID

        with SetWorkflowID(job_id, workflow_id_reuse_policy="reject"):
            DBOS.start_workflow(self._workflow, job_id)

    def _again(self, job_id: str, state: str, others: Collection[str]) -> bool:
        from dbos import DBOS

        if state not in NEVER_ENDED:
            DBOS.delete_workflow(job_id)
            self._start(job_id)
            return True
        if state == "PENDING":
            known = DBOS.get_workflow_status(job_id)
            if known is not None and known.status == state and known.executor_id not in others:
                log.info("job_recovered", job=job_id)
                DBOS.resume_workflow(job_id)
        return False

    def _config(self) -> Any:
        return {
            "name": APPLICATION,
            "system_database_url": self._url,
            "dbos_system_schema": SCHEMA,
            "application_version": VERSION,
            "executor_id": self._worker_id,
            "sys_db_pool_size": 4,
            "db_engine_kwargs": {"hide_parameters": True},
            "use_listen_notify": False,  # we wait for rows of our own, so nobody need listen
            "notification_listener_polling_interval_sec": 0.2,  # nobody sends messages: it looks whether to end
            "scheduler_polling_interval_sec": 3600.0,  # we have no schedules of its kind
            "enable_otlp": False,
            "log_level": "WARNING",
        }


def _workflow() -> Any:
    """The workflow; DBOS keeps a registry for the process, and to enter it twice under a name is a mistake to it."""
    global _registered
    if _registered is None:
        from dbos import DBOS

        # Our own row counts how often a job lost its worker.
        _registered = DBOS.workflow(name="imagewell.job", max_recovery_attempts=None)(_run)
    return _registered


_registered: Any = None


def _run(job_id: str) -> None:
    enter = _entered
    try:
        done = enter is not None and enter(job_id)
    except BaseException as error:
        raise Left from error
    if not done:
        raise Left


class _Notes(logging.Handler):
    """The engine's warnings as lines of our own: what it says, and each thing once a minute.

    It would set up a console, and tell each second in a hundred lines that its database cannot be reached.
    """

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self._said_at: dict[tuple[str, int], float] = {}

    def emit(self, record: logging.LogRecord) -> None:
        """One record."""
        place = record.pathname, record.lineno
        now = time.monotonic()
        if now - self._said_at.get(place, float("-inf")) >= SAY_AGAIN_S:
            self._said_at[place] = now
            log.warning("jobs_engine", said=shorten(record.getMessage().partition("\n")[0], MAX_SAID_CHARS))


def _quieten() -> None:
    logger = logging.getLogger("dbos")
    logger.propagate = False
    if not logger.handlers:
        logger.addHandler(_Notes())
