"""All SQL about sources and their names."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Select, delete, select
from sqlalchemy.orm import selectinload

from imagewell.accounts.subject import Subject, readable
from imagewell.db.paging import keyset
from imagewell.db.session import ReadSession, WriteSession
from imagewell.db.upsert import insert_new
from imagewell.pages import Page, PageRequest
from imagewell.sources.models import Source, SourceHost

SORTS = {"created_at": Source.created_at, "name": Source.name, "updated_at": Source.updated_at}
DOMAIN = "domain"
LABEL = "label"


def _all() -> Select[Source]:
    return select(Source).options(selectinload(Source.host_rows))


async def by_name(session: ReadSession, name: str) -> Source | None:
    """The source with this name, whoever it belongs to: delivery asks before it knows an account."""
    return await session.scalar(_all().where(Source.name == name))


async def by_host(session: ReadSession, kind: str, value: str) -> Source | None:
    """The source that a custom domain (or a label below a delivery domain) leads to."""
    named = select(SourceHost.source_id).where(SourceHost.kind == kind, SourceHost.value == value)
    return await session.scalar(_all().where(Source.id == named.scalar_subquery()))


async def get(session: ReadSession, subject: Subject, source_id: str, lock: bool = False) -> Source | None:
    """One source of the subject's."""
    query = _all().where(readable(Source, subject), Source.id == source_id)
    return await session.scalar(query.with_for_update(of=Source) if lock else query)


async def page(session: ReadSession, subject: Subject, request: PageRequest, total: bool) -> Page[Source]:
    """The subject's sources."""
    return await keyset(session, _all().where(readable(Source, subject)), request, Source.id, SORTS, total=total)


async def add(session: WriteSession, row: dict[str, object]) -> bool:
    """A new source; False when the name is taken."""
    return bool(await insert_new(session, Source, [row]))


async def set_hosts(session: WriteSession, source_id: str, labels: Sequence[str], domains: Sequence[str]) -> bool:
    """Replace the names that lead to a source; False when another source has one of them."""
    await session.execute(delete(SourceHost).where(SourceHost.source_id == source_id))
    named = [(LABEL, value) for value in labels] + [(DOMAIN, value) for value in domains]
    rows = [
        {"kind": kind, "value": value, "source_id": source_id, "position": position}
        for position, (kind, value) in enumerate(named)
    ]
    return len(await insert_new(session, SourceHost, rows)) == len(rows)
