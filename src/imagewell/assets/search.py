"""Lists of assets: from filters to SQL, and one page of the result."""

from __future__ import annotations

from sqlalchemy import ColumnElement

from imagewell.accounts.subject import Subject
from imagewell.assets import paths
from imagewell.assets.models import Asset
from imagewell.assets.repository import has_tag, visible
from imagewell.assets.values import AssetFilter
from imagewell.db.paging import keyset
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
LAST_CHARACTER = "\U0010ffff"


async def page(
    session: ReadSession, subject: Subject, request: PageRequest, where: AssetFilter, total: bool
) -> Page[Asset]:
    """One page of the assets that match. Raises: InvalidParameter."""
    query = visible(subject).where(*conditions(subject, where))
    return await keyset(session, query, request, Asset.id, SORTS, total=total)


def conditions(subject: Subject, where: AssetFilter) -> list[ColumnElement[bool]]:
    """The filters as SQL."""
    return [*_by_name(where), *_by_place(where), *_by_tags(subject, where), *_by_facts(where)]


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


def _by_tags(subject: Subject, where: AssetFilter) -> list[ColumnElement[bool]]:
    found = [has_tag(subject, [tag]) for tag in _listed("tags_all", where.get("tags_all"))]
    if where.get("tags_any") is not None:
        found.append(has_tag(subject, _listed("tags_any", where.get("tags_any"))))
    return found


def _by_facts(where: AssetFilter) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if where.get("formats") is not None:
        found.append(Asset.format.in_(_listed("formats", where.get("formats"))))
    if where.get("ids") is not None:
        found.append(Asset.id.in_(_listed("ids", where.get("ids"))))
    if (published := where.get("published")) is not None:
        found.append(Asset.published.is_(published))
    if (start := where.get("created_from")) is not None:
        found.append(Asset.created_at >= start)
    if (end := where.get("created_until")) is not None:
        found.append(Asset.created_at < end)
    return found


def _listed(name: str, values: object) -> list[str]:
    listed = [] if values is None else list(values)  # type: ignore[call-overload]
    if len(listed) > MAX_LISTED or not all(isinstance(value, str) and is_clean(value) for value in listed):
        raise InvalidParameter(name, f"{len(listed)} values", f"at most {MAX_LISTED} texts without control characters")
    return listed
