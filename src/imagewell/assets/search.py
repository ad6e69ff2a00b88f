"""Lists of assets: from filters to SQL, and one page of the result."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, exists, false, select
from sqlalchemy.orm import InstrumentedAttribute, aliased

from imagewell.accounts.subject import Subject, readable
from imagewell.assets import paths
from imagewell.assets.models import Asset, AssetTag
from imagewell.assets.repository import visible
from imagewell.assets.values import AssetFilter
from imagewell.db.paging import NATURAL, keyset
from imagewell.db.session import ReadSession
from imagewell.db.text import is_clean, storable
from imagewell.errors import InvalidParameter
from imagewell.pages import Page, PageRequest

SORTS = {
    "created_at": Asset.created_at,
    "updated_at": Asset.updated_at,
    "name": Asset.name,
    "size": Asset.size,
    "width": Asset.width,
    "height": Asset.height,
}
MAX_QUERY_CHARS = 256
MAX_WORDS = 8
MAX_LISTED = 500
MANY = 5000
LAST_CHARACTER = "\U0010ffff"


async def page(
    session: ReadSession, subject: Subject, request: PageRequest, where: AssetFilter, total: bool
) -> Page[Asset]:
    """One page of the assets that match. Raises: InvalidParameter."""
    tags = _listed("tags_all", where.get("tags_all"))
    conditions = [*_by_name(where), *_by_place(where), *_by_facts(where)]
    if where.get("tags_any") is not None:
        conditions.append(await _tagged(session, subject, _listed("tags_any", where.get("tags_any"))))
    query, sorts, id_column = visible(subject), SORTS, Asset.id
    if tags and (request.sort or NATURAL).removeprefix("-") == NATURAL:
        first, *tags = tags
        query = query.join(AssetTag, AssetTag.asset_id == Asset.id).where(readable(AssetTag, subject))
        conditions += [AssetTag.tag == first, *_by_time(where, AssetTag.created_at)]
        sorts, id_column = {**SORTS, NATURAL: AssetTag.created_at}, AssetTag.asset_id
    else:
        conditions += _by_time(where, Asset.created_at)
    conditions += [await _tagged(session, subject, [tag]) for tag in tags]
    return await keyset(session, query.where(*conditions), request, id_column, sorts, total=total)


async def _tagged(session: ReadSession, subject: Subject, tags: Sequence[str]) -> ColumnElement[bool]:
    """Assets with any of these tags: found through the tags where these are few, else looked at one by one.

    Few assets with a tag, tested one by one, would mean walking through the whole library to find a page of them; many,
    collected first, would mean sorting them all. SQLite has no figures to choose by, so we choose.
    """
    tag = aliased(AssetTag)
    mine = readable(tag, subject) & tag.tag.in_(tags)
    few = list(await session.scalars(select(tag.asset_id).where(mine).limit(MANY)))
    if len(few) < MANY:
        return Asset.id.in_(few) if few else false()
    # By primary key alone: with account and stage in it, SQLite would take the other index, and walk through the tag.
    return exists(select(tag.asset_id).where(tag.asset_id == Asset.id, tag.tag.in_(tags)))


def _by_name(where: AssetFilter) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if (q := where.get("q")) is not None:
        words = paths.fold(storable("q", q, max_chars=MAX_QUERY_CHARS, empty=True)).split()
        if len(words) > MAX_WORDS:
            raise InvalidParameter("q", q, f"at most {MAX_WORDS} words")
        found += [Asset.name_folded.contains(word, autoescape=True) for word in words]
    if (prefix := where.get("name_prefix")) is not None:
        start = paths.fold(storable("name_prefix", prefix, max_chars=MAX_QUERY_CHARS, empty=True))
        # A range, so that the index is used.
        found += [Asset.name_folded >= start, Asset.name_folded <= start + LAST_CHARACTER]
    return found


def _by_place(where: AssetFilter) -> list[ColumnElement[bool]]:
    if (written := where.get("folder")) is None:
        return []
    folder = paths.clean_folder("folder", written)
    if not where.get("recursive"):
        return [Asset.folder == folder]
    return [] if folder == paths.ROOT else [paths.within(Asset.path, folder)]


def _by_facts(where: AssetFilter) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if where.get("formats") is not None:
        found.append(Asset.format.in_(_listed("formats", where.get("formats"))))
    if where.get("ids") is not None:
        found.append(Asset.id.in_(_listed("ids", where.get("ids"))))
    if (published := where.get("published")) is not None:
        found.append(Asset.published.is_(published))
    return found


def _by_time(where: AssetFilter, column: InstrumentedAttribute[datetime]) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if (start := where.get("created_from")) is not None:
        found.append(column >= start)
    if (end := where.get("created_until")) is not None:
        found.append(column < end)
    return found


def _listed(name: str, values: object) -> list[str]:
    listed = [] if values is None else list(values)  # type: ignore[call-overload]
    if len(listed) > MAX_LISTED or not all(isinstance(value, str) and is_clean(value) for value in listed):
        raise InvalidParameter(name, f"{len(listed)} values", f"at most {MAX_LISTED} texts without control characters")
    return listed
