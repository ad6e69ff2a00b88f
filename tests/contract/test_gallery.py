"""A stage as one list, newest first, and pictures that are shared by their id, on both databases."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from sqlalchemy import event, text
from tests.contract.library import Library, png

from imagewell.accounts.subject import Stage, system
from imagewell.assets.gallery import Gallery
from imagewell.assets.models import Asset
from imagewell.clock import HeldClock
from imagewell.errors import InvalidParameter, NotFound


@pytest.fixture
def gallery(library: Library, clock: HeldClock) -> Gallery:
    return Gallery(library.db, clock, {"png", "jpeg"})


@pytest.fixture
async def pictures(library: Library, clock: HeldClock) -> Sequence[str]:
    """Ids of eleven assets, newest first; times repeat, so that ties have to be broken."""
    made: list[Asset] = []
    for number in range(11):
        clock.advance(number % 3 == 0)
        made.append(await library.put(f"/{number}.png", png(2, 2, bytes(number))))
    return [asset.id for asset in sorted(made, key=lambda asset: (asset.created_at, asset.id), reverse=True)]


@pytest.mark.parametrize("limit", [1, 2, 3, 5, 11, 100])
async def test_pages_forwards_and_back(library: Library, gallery: Gallery, pictures: Sequence[str], limit: int) -> None:
    """Each begins with the id that it was asked for; next and previous are those of its neighbours."""
    seen: list[str] = []
    starts: list[str | None] = []
    start: str | None = None
    while True:
        page = await gallery.page(library.subject, limit, start)
        ids = [asset.id for asset in page.items]
        assert start is None or ids[0] == start
        assert page.previous == (starts[-1] if starts else None)
        seen += ids
        starts.append(ids[0])
        if page.next is None:
            break
        start = page.next
    assert seen == list(pictures)
    assert [page.next is None for page in [await gallery.page(library.subject, 11)]] == [True]


async def test_near_the_front_the_page_before_begins_with_the_first(
    library: Library, gallery: Gallery, pictures: Sequence[str]
) -> None:
    """Where fewer than a page are left before."""
    page = await gallery.page(library.subject, 5, pictures[2])
    assert (page.previous, page.next) == (pictures[0], pictures[7])
    assert (await gallery.page(library.subject, 5, pictures[0])).previous is None


async def test_a_page_begins_nowhere_else(library: Library, gallery: Gallery, pictures: Sequence[str]) -> None:
    """Unknown ids, those of another stage and of formats that are not listed are no place in the list."""
    tester = system(library.subject.account_id, Stage.test)
    for subject, start in ((library.subject, "0" * 24), (tester, pictures[0])):
        with pytest.raises(InvalidParameter):
            await gallery.page(subject, 5, start)
        assert await gallery.get(subject, start) is None
    assert (await gallery.page(tester, 5)).items == []
    async with library.db.write() as session:
        await session.execute(text("UPDATE assets SET format = 'gif' WHERE id = :id"), {"id": pictures[4]})
    assert pictures[4] not in [asset.id for asset in (await gallery.page(library.subject, 50)).items]
    with pytest.raises(InvalidParameter):
        await gallery.page(library.subject, 5, pictures[4])
    assert {asset.id for asset in await gallery.several(library.subject, pictures[3:6])} == {pictures[3], pictures[5]}


async def test_sharing(library: Library, gallery: Gallery, pictures: Sequence[str]) -> None:
    """Anyone finds what is shared, until it is not; the first time stays; whoever may not see it cannot share it."""
    id = pictures[3]
    assert await gallery.shared(id) is None
    first = (await gallery.share(library.subject, id, True)).shared_at
    assert first is not None
    assert (await gallery.share(library.subject, id, True)).shared_at == first
    found = await gallery.shared(id)
    assert found is not None
    assert found.id == id
    await gallery.share(library.subject, id, False)
    await gallery.share(library.subject, id, False)
    assert await gallery.shared(id) is None
    assert await gallery.shared("nope") is None
    with pytest.raises(NotFound):
        await gallery.share(system(library.subject.account_id, Stage.test), id, True)


async def test_what_is_written_along_is_written_or_not(
    library: Library, gallery: Gallery, pictures: Sequence[str]
) -> None:
    """In one transaction."""

    async def fail(session: object) -> None:
        raise RuntimeError

    with pytest.raises(RuntimeError):
        await gallery.share(library.subject, pictures[0], True, also=fail)
    assert await gallery.shared(pictures[0]) is None


async def test_pages_come_from_the_index(library: Library, gallery: Gallery, pictures: Sequence[str]) -> None:
    """Neither way does the database sort, nor look through the whole library. (PostgreSQL reads a table as small as
    this one whole, whatever the query.)"""
    asked: list[tuple[str, object]] = []
    engine = library.db._engines.reader.sync_engine

    def note(connection: object, cursor: object, statement: str, parameters: object, *more: object) -> None:
        asked.append((statement, parameters))

    event.listen(engine, "before_cursor_execute", note)
    await gallery.page(library.subject, 5, pictures[5])
    event.remove(engine, "before_cursor_execute", note)
    pages = [(statement, values) for statement, values in asked if "ORDER BY" in statement]
    assert len(pages) == 2
    if library.db.dialect == "sqlite":
        for statement, values in pages:
            async with library.db.read() as session:
                connection = await session.connection()
                plan = (await connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values)).all()
            assert "ix_assets_account_id_stage_created_at_id" in str(plan)
            assert "AND created_at" in str(plan) or "(created_at,id)" in str(plan), plan
            assert "TEMP B-TREE" not in str(plan)
