"""All SQL about accounts, users, keys and first answers."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import delete, func, or_, select, update

from imagewell.accounts.models import Account, ApiKey, FirstAnswer, User
from imagewell.accounts.subject import Subject, readable
from imagewell.db.paging import keyset
from imagewell.db.session import ReadSession, WriteSession
from imagewell.db.upsert import insert_new
from imagewell.errors import NotFound
from imagewell.ids import new_id
from imagewell.pages import Page, PageRequest

KEY_SORTS = {"created_at": ApiKey.created_at, "name": ApiKey.name}
USER_SORTS = {"created_at": User.created_at, "email": User.email}


async def account_named(session: ReadSession, name: str) -> Account:
    """Raises: NotFound."""
    found = await session.scalar(select(Account).where(Account.name == name))
    if found is None:
        raise NotFound("account", name)
    return found


async def add_account(session: WriteSession, name: str, now: datetime) -> None:
    """Make an account unless one has the name."""
    row = {"id": new_id(now.timestamp()), "name": name, "created_at": now, "updated_at": now}
    await insert_new(session, Account, [row])


async def lock_account(session: WriteSession, account_id: str) -> None:
    """Have others wait who count what this account has. Raises: NotFound."""
    if await session.scalar(select(Account.id).where(Account.id == account_id).with_for_update()) is None:
        raise NotFound("account", account_id)


async def count_keys(session: ReadSession, account_id: str, now: datetime) -> int:
    """Keys that still work."""
    works = ApiKey.revoked_at.is_(None) & or_(ApiKey.expires_at.is_(None), ApiKey.expires_at > now)
    count = select(func.count()).select_from(ApiKey).where(ApiKey.account_id == account_id, works)
    return await session.scalar(count) or 0


async def key(session: ReadSession, subject: Subject, key_id: str, lock: bool = False) -> ApiKey | None:
    """One key that the subject may know of."""
    query = select(ApiKey).where(readable(ApiKey, subject), ApiKey.id == key_id)
    return await session.scalar(query.with_for_update() if lock else query)


async def key_by_digest(session: ReadSession, digest: str) -> ApiKey | None:
    """The key with this hash, whoever it belongs to: this is how we learn who is asking."""
    return await session.scalar(select(ApiKey).where(ApiKey.digest == digest))


async def page_of_keys(session: ReadSession, subject: Subject, page: PageRequest, revoked: bool) -> Page[ApiKey]:
    """Keys in the order they were made, or by name."""
    query = select(ApiKey).where(readable(ApiKey, subject))
    if not revoked:
        query = query.where(ApiKey.revoked_at.is_(None))
    return await keyset(session, query, page, ApiKey.id, KEY_SORTS)


async def note_use(session: WriteSession, key_id: str, at: datetime) -> None:
    """When a key was last used; never backwards."""
    earlier = or_(ApiKey.last_used_at.is_(None), ApiKey.last_used_at < at)
    await session.execute(update(ApiKey).where(ApiKey.id == key_id, earlier).values(last_used_at=at))


async def user_by_email(session: ReadSession, email: str) -> User | None:
    """The user with this (normalised) address, in any account."""
    return await session.scalar(select(User).where(User.email == email))


async def user(session: ReadSession, subject: Subject, user_id: str, lock: bool = False) -> User | None:
    """One user that the subject may know of."""
    query = select(User).where(readable(User, subject), User.id == user_id)
    return await session.scalar(query.with_for_update() if lock else query)


async def note_sign_in(session: WriteSession, user_id: str, at: datetime, password_hash: str | None) -> None:
    """When a user last signed in, and perhaps a stronger hash of the same password."""
    values: dict[str, object] = {"last_sign_in_at": at}
    if password_hash is not None:
        values["password_hash"] = password_hash
    await session.execute(update(User).where(User.id == user_id).values(values))


async def page_of_users(session: ReadSession, subject: Subject, page: PageRequest) -> Page[User]:
    """Users in the order they were made, or by address."""
    return await keyset(session, select(User).where(readable(User, subject)), page, User.id, USER_SORTS)


async def hold_answer(session: WriteSession, row: dict[str, object]) -> bool:
    """Begin a request under its key; False when it was begun before."""
    return bool(await insert_new(session, FirstAnswer, [row]))


async def first_answer(session: WriteSession, account_id: str, route: str, key: str) -> FirstAnswer | None:
    """The row of a request begun before, locked."""
    mine = (FirstAnswer.account_id == account_id) & (FirstAnswer.route == route) & (FirstAnswer.key == key)
    return await session.scalar(select(FirstAnswer).where(mine).with_for_update())


async def write_answer(
    session: WriteSession, hold_id: str, held_until: datetime, status: int, headers: dict[str, str], body: bytes
) -> None:
    """Keep the answer of a request, unless somebody else took it over in the meantime."""
    mine = (FirstAnswer.id == hold_id) & (FirstAnswer.held_until == held_until)
    await session.execute(update(FirstAnswer).where(mine).values(status=status, headers=headers, body=body))


async def drop_answer(session: WriteSession, hold_id: str, held_until: datetime) -> None:
    """Forget a request that came to nothing, so that it can be sent again."""
    mine = (FirstAnswer.id == hold_id) & (FirstAnswer.held_until == held_until)
    await session.execute(delete(FirstAnswer).where(mine))


async def drop_expired_answers(session: WriteSession, now: datetime) -> None:
    """Forget what was kept long enough."""
    await session.execute(delete(FirstAnswer).where(FirstAnswer.expires_at <= now))
