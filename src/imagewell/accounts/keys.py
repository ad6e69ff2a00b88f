"""API keys: making, listing, changing, revoking. Nobody makes or touches a key stronger than themselves."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import Any, Required, TypedDict, Unpack

from imagewell.accounts import keytext, limits, repository
from imagewell.accounts.models import ApiKey
from imagewell.accounts.scopes import ALL_SCOPES, Scope, read_scopes
from imagewell.accounts.settings import AccountsSettings
from imagewell.accounts.subject import Stage, Subject, read_stage
from imagewell.clock import Clock
from imagewell.db.database import Database
from imagewell.db.session import ReadSession, WriteSession
from imagewell.errors import Conflict, NotFound, PermissionDenied, PreconditionFailed
from imagewell.ids import is_id, new_id
from imagewell.pages import Page, PageRequest


class KeyLimits(TypedDict, total=False):
    """What bounds a key; what is left out stays. None or an empty list lifts a limit.

    ip_allow: addresses or networks (CIDR). domain_allow: host names, "*.example.com" for all below it.
    rate_per_minute: requests. expires_at: the first second at which the key no longer works.
    """

    scopes: Iterable[str] | None
    ip_allow: Sequence[str]
    domain_allow: Sequence[str]
    rate_per_minute: int | None
    expires_at: datetime | None


class KeyDetails(KeyLimits, total=False):
    """What can be changed about a key."""

    name: str


class NewKey(KeyLimits, total=False):
    """A key to be made: scopes None (or left out) are all that the maker has; stage "live" unless "test"."""

    name: Required[str]
    stage: Stage | str


class Keys:
    """The keys of an account. `forget` drops what authentication remembers of a digest."""

    def __init__(
        self, db: Database, secret: bytes, clock: Clock, settings: AccountsSettings, forget: Callable[[str], None]
    ) -> None:
        self._db = db
        self._secret = secret
        self._clock = clock
        self._settings = settings
        self._forget = forget

    async def create(
        self, session: WriteSession, account_id: str, *, maker: Subject | None = None, **new: Unpack[NewKey]
    ) -> tuple[ApiKey, str]:
        """A new key and its text, which cannot be shown again; it works once `session` is committed.

        Args:
            maker: who makes it; None is the operator at the command line, who may give anything.
        Raises: PermissionDenied for a scope or stage the maker lacks, Conflict when the account has all its keys,
        InvalidParameter.
        """
        if maker:
            maker.require(Scope.keys_manage)
        stage = _stage_for(maker, new)
        granted = _granted(new.get("scopes"), maker)
        said = limits.checked({**new, "scopes": sorted(granted)}, self._clock.now())
        said |= await self._bounded(session, said, maker, limits.BOUNDS)
        await self._make_room(session, account_id)
        text = keytext.make(stage)
        row = self._row(account_id, stage, text, maker)
        _change(row, said)
        session.add(row)
        await session.flush()
        return row, text

    async def make(self, account_id: str, *, maker: Subject | None = None, **new: Unpack[NewKey]) -> tuple[ApiKey, str]:
        """`create` in a transaction of its own."""
        async with self._db.write() as session:
            return await self.create(session, account_id, maker=maker, **new)

    async def list(self, subject: Subject, page: PageRequest, *, revoked: bool = False) -> Page[ApiKey]:
        """The keys of the subject's account and stage; with `revoked` also those that were revoked."""
        subject.require(Scope.keys_manage)
        async with self._db.read() as session:
            return await repository.page_of_keys(session, subject, page, revoked)

    async def get(self, subject: Subject, key_id: str) -> ApiKey:
        """One key. Raises: NotFound."""
        subject.require(Scope.keys_manage)
        async with self._db.read() as session:
            return await _one(session, subject, key_id)

    async def update(
        self, subject: Subject, key_id: str, *, if_match: int | None = None, **details: Unpack[KeyDetails]
    ) -> ApiKey:
        """Change a key. Raises: NotFound, PreconditionFailed, and as `create`."""
        subject.require(Scope.keys_manage)
        said = limits.checked(dict(details), self._clock.now())
        async with self._db.write() as session:
            row = await _one(session, subject, key_id, lock=True)
            _granted(row.scopes, subject)
            if "scopes" in details:
                said["scopes"] = sorted(_granted(details["scopes"], subject))
            said |= await self._bounded(session, said, subject, said.keys() & limits.BOUNDS)
            self._mark(row, if_match)
            _change(row, said)
        self._forget(row.digest)
        return row

    async def revoke(self, subject: Subject, key_id: str, *, if_match: int | None = None) -> ApiKey:
        """Stop a key for good: in this process at once, in others within `cache_s`. Twice is harmless."""
        subject.require(Scope.keys_manage)
        async with self._db.write() as session:
            row = await _one(session, subject, key_id, lock=True)
            self._mark(row, if_match)
            row.revoked_at = row.revoked_at or row.updated_at
        self._forget(row.digest)
        return row

    async def _bounded(
        self, session: WriteSession, said: dict[str, Any], maker: Subject | None, which: Iterable[str]
    ) -> dict[str, Any]:
        """These limits of a key, none of them wider than those of the key that makes or changes it.

        What is left out, or lifted, is the maker's own. Raises: PermissionDenied for more than that.
        """
        if maker is None or maker.kind != "key" or maker.key_id is None:
            return {}
        own = await repository.key(session, maker, maker.key_id)
        held = {} if own is None else {name: getattr(own, name) for name in which}
        return {name: limits.bounded(name, said.get(name), limit) for name, limit in held.items() if limit}

    async def _make_room(self, session: WriteSession, account_id: str) -> None:
        await repository.lock_account(session, account_id)
        if await repository.count_keys(session, account_id, self._clock.now()) >= self._settings.max_keys:
            raise Conflict(f"An account can have {self._settings.max_keys} keys; revoke one first.")

    def _row(self, account_id: str, stage: Stage, text: str, maker: Subject | None) -> ApiKey:
        now = self._clock.now()
        return ApiKey(
            id=new_id(now.timestamp()),
            account_id=account_id,
            stage=stage,
            digest=keytext.digest(self._secret, text),
            last4=text[-4:],
            public_key=keytext.make_public(),
            ip_allow=[],
            domain_allow=[],
            revision=1,
            created_by=maker.key_id if maker else None,
            created_at=now,
            updated_at=now,
        )

    def _mark(self, row: ApiKey, if_match: int | None) -> None:
        if if_match is not None and row.revision != if_match:
            raise PreconditionFailed
        row.updated_at, row.revision = self._clock.now(), row.revision + 1


def _granted(scopes: Iterable[str] | None, maker: Subject | None) -> frozenset[Scope]:
    held = maker.scopes if maker else ALL_SCOPES
    wanted = held if scopes is None else read_scopes(scopes)
    for scope in sorted(wanted - held):
        raise PermissionDenied(scope)
    return wanted


def _stage_for(maker: Subject | None, new: NewKey) -> Stage:
    """A test key makes only test keys: a live one would let it into live data."""
    default = maker.stage if maker else Stage.live
    stage = read_stage(new.get("stage", default))
    if maker and maker.kind == "key" and maker.stage is Stage.test and stage is Stage.live:
        raise PermissionDenied("stage:live")
    return stage


async def _one(session: ReadSession, subject: Subject, key_id: str, lock: bool = False) -> ApiKey:
    row = await repository.key(session, subject, key_id, lock) if is_id(key_id) else None
    if row is None:
        raise NotFound("API key", key_id)
    return row


def _change(row: ApiKey, said: dict[str, object]) -> None:
    for name, value in said.items():
        setattr(row, name, value)
