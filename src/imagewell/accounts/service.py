"""Accounts: making them, and saying who is behind a key. Keys are managed by `Accounts.keys`, people by `.users`."""

from __future__ import annotations

from typing import Unpack

from imagewell.accounts import repository
from imagewell.accounts.authentication import Authentication
from imagewell.accounts.keys import Keys, NewKey
from imagewell.accounts.models import Account, ApiKey
from imagewell.accounts.settings import AccountsSettings
from imagewell.accounts.subject import Subject
from imagewell.accounts.users import Users
from imagewell.clock import Clock
from imagewell.db.database import Database
from imagewell.db.session import WriteSession
from imagewell.db.text import storable
from imagewell.errors import NotFound
from imagewell.ids import is_id

DEFAULT_ACCOUNT = "default"


class Accounts:
    """Who may come in. `secret` is the server's own secret; key hashes depend on it."""

    def __init__(
        self, db: Database, secret: bytes, clock: Clock | None = None, settings: AccountsSettings | None = None
    ) -> None:
        self._db = db
        self._clock = clock or Clock()
        settings = settings or AccountsSettings()
        self._authentication = Authentication(db, secret, self._clock, settings)
        self.keys = Keys(db, secret, self._clock, settings, self._authentication.forget)
        self.users = Users(db, self._clock, settings)

    async def ensure_default(self) -> Account:
        """The account "default", made when the server has none."""
        return await self.ensure_account(DEFAULT_ACCOUNT)

    async def ensure_account(self, name: str) -> Account:
        """The account of this name, made when there is none. Safe when several processes start at once."""
        name = storable("name", name, max_chars=100)
        async with self._db.write() as session:
            await repository.add_account(session, name, self._clock.now())
            return await repository.account_named(session, name)

    async def account(self, account_id: str) -> Account:
        """One account. Raises: NotFound."""
        async with self._db.read() as session:
            found = await session.get(Account, account_id) if is_id(account_id) else None
        if found is None:
            raise NotFound("account", account_id)
        return found

    async def account_named(self, name: str) -> Account:
        """The account with this name, for the command line and for URLs that carry it. Raises: NotFound."""
        async with self._db.read() as session:
            return await repository.account_named(session, storable("name", name, max_chars=100))

    async def create_key(
        self, session: WriteSession, account_id: str, *, maker: Subject | None = None, **new: Unpack[NewKey]
    ) -> tuple[ApiKey, str]:
        """A new key and its text, which cannot be shown again; see `Keys.create`. It works once `session` commits."""
        return await self.keys.create(session, account_id, maker=maker, **new)

    async def authenticate(self, key: str, *, ip: str | None = None, origin_host: str | None = None) -> Subject:
        """The subject behind a key.

        Args:
            ip: the caller's address. origin_host: host of the page that asked (Origin or Referer), if there is one.
        Raises: UnknownKey (mistyped, unknown or revoked), ExpiredKey, AddressNotAllowed.
        """
        return await self._authentication.authenticate(key, ip, origin_host)

    async def close(self) -> None:
        """Wait for what is still being written in the background."""
        await self._authentication.close()
