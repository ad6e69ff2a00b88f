"""What the command line does with records."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from imagewell.accounts.subject import Stage
from imagewell.db.database import Database
from imagewell.runtime import database_url, open_records, shown_address
from imagewell.settings import Settings


async def make_key(
    settings: Settings, account: str, *, stage: str, scopes: Sequence[str] | None, name: str
) -> dict[str, Any]:
    """A new key of an existing account (or of "default"), with its text.

    Raises: NotFound for an account, InvalidParameter for a scope, Conflict when the account has all its keys.
    """
    async with open_records(settings) as (_, accounts, _):
        found = await accounts.account_named(account)
        row, text = await accounts.keys.make(found.id, name=name, stage=Stage(stage), scopes=scopes)
    return {
        "key": text,
        "public_key": row.public_key,
        "id": row.id,
        "account": found.name,
        "stage": row.stage,
        "scopes": sorted(row.scopes),
    }


async def migrate_database(settings: Settings) -> str:
    """Bring the schema up to date; a sentence that says where."""
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    url = database_url(settings)
    db = Database.open(url, settings.database)
    try:
        await db.migrate()
    finally:
        await db.close()
    return f"The database at {shown_address(url)} has the newest schema."
