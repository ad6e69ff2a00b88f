"""People who sign in to the dashboard."""

from __future__ import annotations

import re
import unicodedata
from typing import Literal, get_args

from imagewell.accounts import repository
from imagewell.accounts.models import User
from imagewell.accounts.passwords import MAX_CHARS, Passwords
from imagewell.accounts.scopes import ALL_SCOPES, Scope
from imagewell.accounts.settings import AccountsSettings
from imagewell.accounts.subject import Stage, Subject
from imagewell.clock import Clock
from imagewell.db.database import Database
from imagewell.db.text import storable
from imagewell.db.upsert import insert_new
from imagewell.errors import Conflict, InvalidParameter, NotFound, PermissionDenied
from imagewell.ids import is_id, new_id
from imagewell.pages import Page, PageRequest

Role = Literal["owner", "editor", "viewer"]

READING = frozenset({Scope.assets_read, Scope.folders_read, Scope.sources_read, Scope.usage_read})
EDITING = READING | {Scope.assets_write, Scope.folders_write, Scope.transform, Scope.purge}
ROLE_SCOPES: dict[str, frozenset[Scope]] = {"owner": ALL_SCOPES, "editor": EDITING, "viewer": READING}

ADDRESS = re.compile(r"[^@\s]{1,64}@[^@\s]{1,253}")


class Users:
    """Making users and checking who signs in. Delays against guessing are the door's business."""

    def __init__(self, db: Database, clock: Clock, settings: AccountsSettings) -> None:
        self._db = db
        self._clock = clock
        self._settings = settings
        self._passwords = Passwords()

    async def create(
        self,
        account_id: str,
        *,
        email: str,
        password: str,
        name: str = "",
        role: str = "owner",
        maker: Subject | None = None,
    ) -> User:
        """A new user. Raises: InvalidParameter, Conflict when the address is taken, PermissionDenied."""
        address = normal_email(email)
        self._check(password, role, maker)
        now = self._clock.now()
        row = {
            "id": new_id(now.timestamp()),
            "account_id": account_id,
            "email": address,
            "name": storable("name", name, max_chars=200, empty=True),
            "password_hash": await self._passwords.hash(password),
            "role": role,
            "enabled": True,
            "created_at": now,
            "updated_at": now,
        }
        async with self._db.write() as session:
            if not await insert_new(session, User, [row]):
                raise Conflict("There is already a user with this address.")
            made = await repository.user_by_email(session, address)
        assert made is not None
        return made

    async def verify(self, email: str, password: str) -> User | None:
        """The user who signs in with these, or None; it takes equally long whichever is wrong."""
        address = _lenient_email(email)
        async with self._db.read() as session:
            found = await repository.user_by_email(session, address) if address else None
        usable = found if found and found.enabled else None
        fits = await self._passwords.verify(usable.password_hash if usable else None, password)
        if not fits or usable is None:
            return None
        await self._signed_in(usable, password)
        return usable

    async def list(self, subject: Subject, page: PageRequest) -> Page[User]:
        """The users of the subject's account."""
        subject.require(Scope.users_manage)
        async with self._db.read() as session:
            return await repository.page_of_users(session, subject, page)

    async def set_enabled(self, subject: Subject, user_id: str, enabled: bool) -> User:
        """Let a user in again, or keep them out. Raises: NotFound."""
        subject.require(Scope.users_manage)
        async with self._db.write() as session:
            found = await repository.user(session, subject, user_id, lock=True) if is_id(user_id) else None
            if found is None:
                raise NotFound("user", user_id)
            found.enabled, found.updated_at = enabled, self._clock.now()
        return found

    def subject_of(self, user: User, stage: Stage = Stage.live) -> Subject:
        """What a user may do, by role."""
        return Subject(user.account_id, "user", user.id, ROLE_SCOPES[user.role], stage, label=f"user {user.id}")

    def _check(self, password: str, role: str, maker: Subject | None) -> None:
        if role not in get_args(Role):
            raise InvalidParameter("role", role, "any of " + ", ".join(get_args(Role)))
        if maker:
            maker.require(Scope.users_manage)
            for scope in sorted(ROLE_SCOPES[role] - maker.scopes):
                raise PermissionDenied(scope)
        if not self._settings.min_password <= len(password) <= MAX_CHARS:
            raise InvalidParameter("password", "…", f"{self._settings.min_password} to {MAX_CHARS} characters")

    async def _signed_in(self, user: User, password: str) -> None:
        stronger = await self._passwords.hash(password) if self._passwords.outdated(user.password_hash) else None
        async with self._db.write() as session:
            await repository.note_sign_in(session, user.id, self._clock.now(), stronger)


def normal_email(text: str) -> str:
    """One spelling for an address: NFKC, lower case. Raises: InvalidParameter."""
    address = unicodedata.normalize("NFKC", storable("email", text, max_chars=320)).strip().casefold()
    if not ADDRESS.fullmatch(address):
        raise InvalidParameter("email", text, "an e-mail address")
    return address


def _lenient_email(text: str) -> str | None:
    try:
        return normal_email(text)
    except InvalidParameter:
        return None
