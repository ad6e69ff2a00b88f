"""What the drivers raise, in our words. Used around every session."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import DBAPIError, IntegrityError, InterfaceError, OperationalError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from imagewell.errors import Conflict, Refusal, StorageFull, Unavailable

PART = "database"
DISK_FULL = "53100"
"""PostgreSQL's code. Its driver is not imported for it: most servers run on SQLite."""


@contextmanager
def translated() -> Iterator[None]:
    """Turn what can happen to a healthy program (no room, no connection, a lost race) into refusals."""
    try:
        yield
    except SQLAlchemyError as error:
        refusal = refusal_for(error)
        if refusal is None:
            raise
        raise refusal from error


def refusal_for(error: SQLAlchemyError) -> Refusal | None:
    """The refusal behind a driver's error, or None when it is a mistake of ours."""
    if isinstance(error, IntegrityError):
        return Conflict("The thing was changed by someone else at the same moment; try again.")
    if isinstance(error, PoolTimeout):
        return Unavailable(PART)
    if not isinstance(error, DBAPIError):
        return None
    if error.connection_invalidated or isinstance(error, OperationalError | InterfaceError):
        return refusal_for_driver(error.orig)
    return None


def refusal_for_driver(cause: BaseException | None) -> Refusal:
    """No room, or not to be reached."""
    return StorageFull() if _is_full(cause) else Unavailable(PART)


def _is_full(cause: object) -> bool:
    if isinstance(cause, sqlite3.Error):
        return getattr(cause, "sqlite_errorcode", None) == sqlite3.SQLITE_FULL
    return getattr(cause, "sqlstate", None) == DISK_FULL
