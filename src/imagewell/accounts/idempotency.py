"""Idempotency keys: a POST that is sent twice is done once, and answered twice with the first answer."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from imagewell.accounts import repository
from imagewell.accounts.models import FirstAnswer
from imagewell.accounts.settings import AccountsSettings
from imagewell.accounts.vault import Vault
from imagewell.clock import Clock
from imagewell.db.database import Database
from imagewell.db.session import WriteSession
from imagewell.db.text import is_clean, storable
from imagewell.errors import Conflict
from imagewell.ids import new_id

MAX_CHARS = 255
MAX_ROUTE_CHARS = 200


@dataclass(frozen=True, slots=True)
class StoredAnswer:
    """What the first request was answered."""

    status: int
    headers: dict[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Hold:
    """The right to do a request now. End it with `Idempotency.finish` or `release`."""

    id: str
    until: datetime


class Idempotency:
    """Keeps the first answer to a request for a day (setting); encrypted, since a new key's text may be in it."""

    def __init__(
        self, db: Database, vault: Vault, clock: Clock | None = None, settings: AccountsSettings | None = None
    ) -> None:
        self._db = db
        self._vault = vault
        self._clock = clock or Clock()
        self._settings = settings or AccountsSettings()

    async def begin(self, account_id: str, route: str, key: str, fingerprint: str) -> Hold | StoredAnswer:
        """Either the right to go on, or what was answered before.

        Args:
            route: who asks, method and path of the operation. key: as the client sent it. fingerprint: digest of the
            request, so that the same key with another request is noticed.
        Raises: Conflict when the first request is still running or was a different one, InvalidParameter.
        """
        key = storable("Idempotency-Key", key, max_chars=MAX_CHARS)
        if len(route) > MAX_ROUTE_CHARS or not is_clean(route):  # an index has no room for a long path, or for NUL
            route = hashlib.sha256(route.encode(errors="surrogatepass")).hexdigest()
        now = self._clock.now()
        row = self._new_row(account_id, route, key, fingerprint, now)
        async with self._db.write() as session:
            if await repository.hold_answer(session, row):
                return Hold(row["id"], row["held_until"])
            there = await repository.first_answer(session, account_id, route, key)
            if there is None:  # it ended between the two statements
                raise _running()
            return await self._again(session, there, row, now)

    async def finish(self, hold: Hold, status: int, headers: dict[str, str], body: bytes) -> None:
        """Keep the answer; from now on it is what the key is answered with."""
        sealed = self._vault.seal(body)
        async with self._db.write() as session:
            await repository.write_answer(session, hold.id, hold.until, status, headers, sealed)

    async def release(self, hold: Hold) -> None:
        """Nothing was done (the request was refused, or failed); the key may be used again."""
        async with self._db.write() as session:
            await repository.drop_answer(session, hold.id, hold.until)

    async def drop_expired(self) -> None:
        """For the sweep: forget answers kept long enough."""
        async with self._db.write() as session:
            await repository.drop_expired_answers(session, self._clock.now())

    async def _again(
        self, session: WriteSession, there: FirstAnswer, row: dict[str, Any], now: datetime
    ) -> Hold | StoredAnswer:
        abandoned = there.status is None and there.held_until <= now
        if there.expires_at <= now or abandoned:
            for name, value in row.items():
                setattr(there, name, value)
            there.status = there.headers = there.body = None
            return Hold(there.id, there.held_until)
        if there.fingerprint != row["fingerprint"]:
            raise Conflict("This Idempotency-Key was used before with a different request.")
        if there.status is None:
            raise _running()
        return StoredAnswer(there.status, there.headers or {}, self._vault.unseal(there.body or b""))

    def _new_row(self, account_id: str, route: str, key: str, fingerprint: str, now: datetime) -> dict[str, Any]:
        return {
            "id": new_id(now.timestamp()),
            "account_id": account_id,
            "route": route,
            "key": key,
            "fingerprint": fingerprint,
            "held_until": now + timedelta(seconds=self._settings.idempotency_hold_s),
            "expires_at": now + timedelta(seconds=self._settings.idempotency_s),
            "created_at": now,
        }


def _running() -> Conflict:
    return Conflict("A request with this Idempotency-Key is still running; try again shortly.")
