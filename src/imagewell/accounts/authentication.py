"""Who is behind a key, fast: a small memory of keys just seen, and last use written now and then, never per request."""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime

from imagewell.accounts import keytext, limits, repository
from imagewell.accounts.models import ApiKey
from imagewell.accounts.scopes import ALL_SCOPES, Scope
from imagewell.accounts.settings import AccountsSettings
from imagewell.accounts.subject import Stage, Subject
from imagewell.clock import Clock
from imagewell.db.database import Database
from imagewell.errors import AddressNotAllowed, ExpiredKey, Unavailable, UnknownKey

MAX_REMEMBERED = 10_000


@dataclass(frozen=True, slots=True)
class KnownKey:
    """What a key opens and where, as read from its row at `read_at` (monotonic seconds)."""

    subject: Subject
    expires_at: datetime | None
    ip_allow: tuple[str, ...]
    domain_allow: tuple[str, ...]
    read_at: float

    def admit(self, now: datetime, ip: str | None, origin_host: str | None) -> None:
        """Raises: ExpiredKey, AddressNotAllowed."""
        if self.expires_at is not None and now >= self.expires_at:
            raise ExpiredKey
        if not limits.ip_allowed(self.ip_allow, ip):
            raise AddressNotAllowed("address")
        if not limits.domain_allowed(self.domain_allow, origin_host):
            raise AddressNotAllowed("domain")


class Authentication:
    """Looks keys up by their keyed hash. An attacker who can time the look-up learns nothing about any key from it."""

    def __init__(self, db: Database, secret: bytes, clock: Clock, settings: AccountsSettings) -> None:
        self._db = db
        self._secret = secret
        self._clock = clock
        self._settings = settings
        self._known: OrderedDict[str, KnownKey] = OrderedDict()
        self._forgotten = 0
        self._noted: dict[str, float] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    async def authenticate(self, key: str, ip: str | None, origin_host: str | None) -> Subject:
        """See `Accounts.authenticate`."""
        if keytext.stage_of(key) is None:
            raise UnknownKey
        digest = keytext.digest(self._secret, key)
        known = self._remembered(digest) or await self._read(digest)
        known.admit(self._clock.now(), ip, origin_host)
        self._note_use(known.subject.key_id or "")
        return known.subject

    def forget(self, digest: str) -> None:
        """Read this key again when it is next used."""
        self._known.pop(digest, None)
        self._forgotten += 1

    async def close(self) -> None:
        """Wait for what is still being written."""
        await asyncio.gather(*self._tasks)

    def _remembered(self, digest: str) -> KnownKey | None:
        known = self._known.get(digest)
        if known is None or time.monotonic() - known.read_at >= self._settings.cache_s:
            return None
        return known

    async def _read(self, digest: str) -> KnownKey:
        read_at, forgotten = time.monotonic(), self._forgotten
        async with self._db.read() as session:
            row = await repository.key_by_digest(session, digest)
        if row is None or row.revoked_at is not None:
            self.forget(digest)
            raise UnknownKey
        known = _known(row, read_at)
        if forgotten != self._forgotten:  # a key changed while we read; this may be what it was before
            return known
        self._known[digest] = known
        self._known.move_to_end(digest)
        if len(self._known) > MAX_REMEMBERED:
            self._known.popitem(last=False)
        return known

    def _note_use(self, key_id: str) -> None:
        now = time.monotonic()
        if now - self._noted.get(key_id, float("-inf")) < self._settings.last_used_every_s:
            return
        self._noted[key_id] = now
        task = asyncio.create_task(self._write_use(key_id, self._clock.now()))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _write_use(self, key_id: str, at: datetime) -> None:
        try:
            async with self._db.write() as session:
                await repository.note_use(session, key_id, at)
        except Unavailable:  # the time of use is a courtesy; the next use writes it
            self._noted.pop(key_id, None)


def _known(row: ApiKey, read_at: float) -> KnownKey:
    subject = Subject(
        account_id=row.account_id,
        kind="key",
        key_id=row.id,
        scopes=frozenset(Scope(name) for name in row.scopes if name in ALL_SCOPES),
        stage=Stage(row.stage),
        rate_per_minute=row.rate_per_minute,
        label=f"{row.stage}_…{row.last4}",
    )
    return KnownKey(subject, row.expires_at, tuple(row.ip_allow), tuple(row.domain_allow), read_at)
