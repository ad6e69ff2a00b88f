"""Pictures of the test stage come to an end: on both databases, for every question, however late they are deleted."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import Any

import pytest
from sqlalchemy import func, select
from tests.conftest import opened
from tests.contract.library import HeaderProber, Library, png

from imagewell.accounts.subject import Stage, Subject
from imagewell.assets.gallery import Gallery
from imagewell.assets.models import Asset, AssetTag, AssetVersion
from imagewell.assets.service import Assets
from imagewell.assets.settings import AssetsSettings
from imagewell.clock import HeldClock
from imagewell.db.database import HIDDEN_TOO
from imagewell.errors import Conflict, NotFound, Refusal
from imagewell.pages import PageRequest

DAY_S = 24 * 3600.0
NINETY_S = 90 * DAY_S


@dataclass
class Case:
    """A library with one asset of the test stage that has just come to its end."""

    library: Library
    clock: HeldClock
    tester: Subject
    old: Asset

    @property
    def assets(self) -> Assets:
        return self.library.assets

    async def put(self, path: str, data: bytes | None = None, **options: Any) -> Asset:
        return await self.library.put(path, data, self.tester, **options)

    async def rows(self, table: Any = Asset) -> int:
        """How many there are, hidden ones included."""
        async with self.library.db.read() as session:
            query = select(func.count()).select_from(table).execution_options(**{HIDDEN_TOO: True})
            return (await session.scalar(query)) or 0


@pytest.fixture
async def case(library: Library, clock: HeldClock) -> Case:
    tester = replace(library.subject, stage=Stage.test)
    old = await library.put("/shop/old.png", png(3, 3), tester, tags=["summer"], custom={"a": 1})
    clock.advance(NINETY_S)
    library.changes.clear()
    return Case(library, clock, tester, old)


Ask = Callable[[Case], Awaitable[Any]]
REFUSED: dict[str, Ask] = {
    "get": lambda case: case.assets.get(case.tester, case.old.id),
    "find": lambda case: case.assets.find(case.tester, case.old.path),
    "versions": lambda case: case.assets.versions(case.tester, case.old.id),
    "update": lambda case: case.assets.update(case.tester, case.old.id, description="x"),
    "rename": lambda case: case.assets.update(case.tester, case.old.id, name="new.png"),
    "copy": lambda case: case.assets.copy(case.tester, case.old.id, path="/copy.png"),
    "replace": lambda case: case.assets.replace(case.tester, case.old.id, case.library.upload()),
    "restore": lambda case: case.assets.restore(case.tester, case.old.id, case.old.version_id),
    "delete_version": lambda case: case.assets.delete_version(case.tester, case.old.id, case.old.version_id),
    "delete": lambda case: case.assets.delete(case.tester, case.old.id),
}


@pytest.mark.parametrize("ask", REFUSED.values(), ids=REFUSED)
async def test_a_picture_past_its_end_does_not_exist(case: Case, ask: Ask) -> None:
    """Every operation on it is refused as one on an asset that never was."""
    nowhere = replace_id(case, "0123456789abcdef01234567")
    with pytest.raises(NotFound) as refused:
        await ask(case)
    with pytest.raises(Refusal) as unknown:
        await ask(nowhere)
    assert type(refused.value) is type(unknown.value)


def replace_id(case: Case, id: str) -> Case:
    """The same question about an asset that never was."""

    class Nobody:
        path = "/never/was.png"
        version_id = id

    nobody: Any = Nobody()
    nobody.id = id
    return replace(case, old=nobody)


async def test_no_list_has_it(case: Case) -> None:
    """Lists, searches, counts and the gallery leave it out; a younger one and a live one stay."""
    young = await case.put("/shop/young.png", tags=["summer"])
    live = await case.library.put("/shop/live.png", subject=case.library.subject)
    everything = PageRequest(50)
    for where in ({}, {"folder": "/shop"}, {"q": "png"}, {"tags_any": ["summer"]}, {"tags_all": ["summer"]}):
        page = await case.assets.list(case.tester, everything, total=True, **where)  # type: ignore[arg-type]
        assert ([asset.id for asset in page.items], page.total) == ([young.id], 1), where
    page = await case.assets.list(case.tester, everything, ids=[case.old.id], total=True)
    assert (list(page.items), page.total) == ([], 0)
    gallery = Gallery(case.library.db, case.clock, ["png"])
    assert [asset.id for asset in (await gallery.page(case.tester, 10)).items] == [young.id]
    assert await gallery.several(case.tester, [case.old.id]) == []
    assert [asset.id for asset in (await case.assets.list(case.library.subject, everything)).items] == [live.id]


async def test_nobody_is_handed_it(case: Case) -> None:
    """Neither by its path nor by its id, key or no key."""
    account_id = case.tester.account_id
    assert await case.assets.identify(account_id, "test", case.old.path) is None
    assert await case.assets.shown(case.old.id) is None
    assert await case.assets.published(case.old.id) is None


async def test_it_is_there_up_to_the_second(case: Case) -> None:
    """A second before its end all is as ever, and delivery knows when that end is."""
    case.clock.advance(-1)
    assert (await case.assets.get(case.tester, case.old.id)).tags == ["summer"]
    original = await case.assets.identify(case.tester.account_id, "test", case.old.path)
    assert original is not None
    assert original.gone_at is not None
    assert original.gone_at.timestamp() == case.clock.seconds() + 1


async def test_live_pictures_stay(library: Library, clock: HeldClock) -> None:
    """They have no end."""
    asset = await library.put("/a.png")
    clock.advance(1000 * NINETY_S / 90)
    assert (await library.assets.get(library.subject, asset.id)).id == asset.id
    original = await library.assets.identify(library.subject.account_id, "live", "/a.png")
    assert original is not None
    assert original.gone_at is None
    assert await library.assets.retention.run() == 0


@pytest.mark.parametrize("options", [{}, {"overwrite": True}, {"unique": True}], ids=str)
async def test_its_path_is_free(case: Case, options: dict[str, bool]) -> None:
    """An upload there makes a new asset under that very path, whatever it says of what might be there."""
    made = await case.put(case.old.path, png(5, 5), **options)
    assert (made.path, made.version_number) == (case.old.path, 1)
    assert made.id != case.old.id
    assert made.tags == []
    assert case.library.changed == [case.old.path]
    assert (await case.assets.find(case.tester, case.old.path)).id == made.id
    assert await case.rows() == 1
    assert await case.rows(AssetVersion) == 1


async def test_others_can_move_and_be_copied_there(case: Case) -> None:
    """A path that only an ended picture has is free for renames and copies too; one that is taken is not."""
    other = await case.put("/other.png")
    moved = await case.assets.update(case.tester, other.id, path=case.old.path)
    assert moved.path == case.old.path
    another = await case.put("/another.png")
    with pytest.raises(Conflict):
        await case.assets.update(case.tester, another.id, path=case.old.path)
    case.clock.advance(NINETY_S)
    fresh = await case.put("/fresh.png")
    copied = await case.assets.copy(case.tester, fresh.id, path=case.old.path)
    assert copied.path == case.old.path


async def test_its_folder_can_be_moved_and_deleted(case: Case) -> None:
    """What lies in a folder unseen is in nobody's way."""
    await case.assets.folders.move(case.tester, "/shop", "/store")
    await case.put("/shop/old.png")
    await case.assets.folders.delete(case.tester, "/store")
    assert (await case.assets.find(case.tester, "/shop/old.png")).version_number == 1


async def test_it_goes_where_its_folder_goes(case: Case) -> None:
    """Along with a folder that is moved, away with one that is deleted: it is never in the way of what comes later, nor
    there again when the setting is changed."""
    await case.assets.folders.move(case.tester, "/shop", "/store")
    await case.put("/new/old.png")
    await case.assets.folders.move(case.tester, "/new", "/shop")
    assert (await case.assets.find(case.tester, "/shop/old.png")).version_number == 1
    assert await case.rows() == 2
    await case.assets.folders.delete(case.tester, "/store")
    assert await case.rows() == 1


async def test_the_rows_are_deleted_and_it_is_told(case: Case) -> None:
    """A round deletes, in batches, all that have ended, of every account, and says which paths changed."""
    case.clock.advance(-NINETY_S)
    other = await case.library.other("another", Stage.test)
    theirs = await case.library.put("/theirs.png", subject=other)
    for number in range(4):
        await case.put(f"/many/{number}.png", png(2, 2, b"%d" % number))
    case.clock.advance(NINETY_S)
    young = await case.put("/young.png")
    case.library.changes.clear()
    assert await case.assets.retention.run(batch=2) == 6
    assert sorted(case.library.changes) == sorted(
        [
            (other.account_id, "test", theirs.path),
            *[
                (case.tester.account_id, "test", path)
                for path in (case.old.path, *(f"/many/{n}.png" for n in range(4)))
            ],
        ]
    )
    assert (await case.rows(), await case.rows(AssetVersion), await case.rows(AssetTag)) == (1, 1, 0)
    assert (await case.assets.get(case.tester, young.id)).id == young.id
    assert await case.assets.retention.run() == 0


async def test_a_switch_turns_it_off(case: Case) -> None:
    """Nothing ends where the setting is 0."""
    settings = AssetsSettings(test_retention_days=0)
    async with opened(case.library.url) as db:
        keeping = Assets(db, case.library.store, HeaderProber(), case.clock, settings=settings)
        assert (await keeping.get(case.tester, case.old.id)).id == case.old.id
        assert await keeping.retention.run() == 0
    assert await case.rows() == 1
