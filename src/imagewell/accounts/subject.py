"""Who is asking: what `Accounts.authenticate` returns and everything below a face works with."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Literal

from sqlalchemy import ColumnElement, and_

from imagewell.accounts.scopes import ALL_SCOPES, Scope
from imagewell.errors import InvalidParameter, PermissionDenied


class Stage(StrEnum):
    """Test and live data never see each other."""

    live = "live"
    test = "test"


def read_stage(text: str) -> Stage:
    """The stage behind its spelling. Raises: InvalidParameter."""
    try:
        return Stage(text)
    except ValueError:
        raise InvalidParameter("stage", text, '"live" or "test"') from None


@dataclass(frozen=True, slots=True)
class Subject:
    """One caller, already authenticated.

    kind: an API key, a person in the dashboard, or the server itself (command line, background work).
    key_id: id of the key or user; None for the system. rate_per_minute: the key's own ceiling; None is the face's.
    label: what a log line may show of a key: its stage and last four characters.
    """

    account_id: str
    kind: Literal["key", "user", "system"] = "key"
    key_id: str | None = None
    scopes: frozenset[Scope] = frozenset()
    stage: Stage = Stage.live
    rate_per_minute: int | None = None
    label: str = ""

    def allows(self, scope: Scope) -> bool:
        """Whether this caller has `scope`."""
        return scope in self.scopes

    def require(self, *scopes: Scope) -> None:
        """Raises PermissionDenied for the first scope that is missing."""
        for scope in scopes:
            if scope not in self.scopes:
                raise PermissionDenied(scope)


def system(account_id: str, stage: Stage = Stage.live) -> Subject:
    """The server itself, acting for an account: the command line, background work."""
    return Subject(account_id, "system", None, ALL_SCOPES, stage, label="system")


def readable(row: Any, subject: Subject) -> ColumnElement[bool]:
    """The filter that keeps a query to what `subject` may know of; `row` has account_id and perhaps stage.

    The only place that filters by account. What lies outside answers exactly as what does not exist.
    """
    own: ColumnElement[bool] = row.account_id == subject.account_id
    return and_(own, row.stage == subject.stage) if hasattr(row, "stage") else own
