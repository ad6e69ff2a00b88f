"""Assets: uploads, versions, changes, deletes, on SQLite and disk and on PostgreSQL and S3."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable, Iterator

import pytest
from sqlalchemy import Engine, create_engine, func, select
from tests.contract.library import Library, png

from imagewell.accounts.scopes import Scope
from imagewell.accounts.subject import Stage, Subject, system
from imagewell.assets.models import Asset, AssetVersion, Blob, Folder
from imagewell.assets.settings import AssetsSettings
from imagewell.clock import HeldClock
from imagewell.errors import (
    Conflict,
    InvalidParameter,
    NotFound,
    PermissionDenied,
    PreconditionFailed,
    StorageFull,
    UnreadableImage,
)
from imagewell.ids import new_id
from imagewell.imaging.work import Facts
from imagewell.pages import PageRequest
from imagewell.storage import keys


async def count(library: Library, table: type) -> int:
    async with library.db.read() as session:
        return await session.scalar(select(func.count()).select_from(table)) or 0


def temps(library: Library) -> list[str]:
    return [path.name for path in library.store.temp().parent.iterdir()]


async def test_upload_is_kept_whole(library: Library, clock: HeldClock) -> None:
    """What an upload answers is in the store and in the database, and no temporary file is left."""
    data = png(40, 30)
    asset = await library.put(
        "/a/b/photo.png", data, tags=["x", "y"], description="two\nlines", custom={"n": [1, None]}
    )
    assert await library.bytes_of(asset) == data
    found = await library.assets.get(library.subject, asset.id)
    assert (found.path, found.folder, found.name) == ("/a/b/photo.png", "/a/b", "photo.png")
    assert found.facts == Facts("png", 40, 30)
    assert (found.tags, found.description, found.custom) == (["x", "y"], "two\nlines", {"n": [1, None]})
    assert (found.size, found.sha256) == (len(data), hashlib.sha256(data).hexdigest())
    assert (found.created_at, found.version_id, found.version_number, found.revision) == (clock.now(), found.id, 1, 1)
    assert await library.assets.find(library.subject, "/a/b/photo.png")
    assert temps(library) == []
    assert library.changes == [(library.subject.account_id, "live", "/a/b/photo.png")]


async def test_path_can_be_said_in_two_ways(library: Library) -> None:
    """A whole path, or a name in a folder."""
    one = await library.assets.create(library.subject, library.upload(), folder="a/b/", name="ä.png")
    two = await library.assets.create(library.subject, library.upload(), name="ä.png")
    assert [one.path, two.path] == ["/a/b/ä.png", "/ä.png"]
    with pytest.raises(InvalidParameter):
        await library.assets.create(library.subject, library.upload())


@pytest.mark.parametrize(
    "path",
    [
        "",
        "a.png",
        "/",
        "//a",
        "/a//b",
        "/a/",
        "/../a",
        "/a/./b",
        "/a\0b",
        "/a\nb",
        "/\ud800",
        "/" + "x" * 256,
        "/x" * 600,
    ],
)
async def test_unusable_paths_are_refused(library: Library, path: str) -> None:
    """A path that means two things, or nothing, is refused; delivery simply finds nothing there."""
    with pytest.raises(InvalidParameter, match="path"):
        await library.put(path)
    assert await library.assets.identify(library.subject.account_id, "live", path) is None
    assert temps(library) == []


async def test_two_spellings_of_a_letter_are_one_path(library: Library) -> None:
    """A path is normalised (NFC) wherever it comes in."""
    await library.put("/cafe\u0301.png")
    assert await library.assets.identify(library.subject.account_id, "live", "/caf\u00e9.png")
    assert await library.assets.identify(library.subject.account_id, "live", "/cafe\u0301.png")
    with pytest.raises(Conflict):
        await library.put("/caf\u00e9.png")


@pytest.mark.parametrize("data", [b"", b"not a picture", png()[:-4]])
async def test_unreadable_upload_leaves_nothing(library: Library, data: bytes) -> None:
    """What is no picture is refused before anything is stored."""
    with pytest.raises(UnreadableImage):
        await library.put("/a.png", data, decode=True)
    assert [await count(library, table) for table in (Asset, Blob, Folder)] == [0, 0, 0]
    assert [key async for key, _, _ in library.store.list(keys.BLOBS)] == []
    assert temps(library) == []


async def test_equal_bytes_are_stored_once(library: Library) -> None:
    """The same picture under many paths, also at once, is one blob."""
    await asyncio.gather(*(library.put(f"/{number}.png") for number in range(8)))
    assert [await count(library, table) for table in (Asset, AssetVersion, Blob)] == [8, 8, 1]
    assert len([key async for key, _, _ in library.store.list(keys.BLOBS)]) == 1


async def test_one_of_many_gets_the_path(library: Library) -> None:
    """Uploads of one path at once: one wins, the others are told so."""
    tries = [library.put("/a.png", png(salt=bytes([number]))) for number in range(6)]
    answers = await asyncio.gather(*tries, return_exceptions=True)
    won = [answer for answer in answers if isinstance(answer, Asset)]
    assert len(won) == 1
    assert [type(answer) for answer in answers].count(Conflict) == 5
    assert (await library.assets.find(library.subject, "/a.png")).sha256 == won[0].sha256


async def test_unique_names_all_get_in(library: Library) -> None:
    """With unique names all of them are kept, the later ones with a suffix before the extension."""
    made = await asyncio.gather(*(library.put("/a/photo.png", png(salt=bytes([n])), unique=True) for n in range(6)))
    paths = sorted(asset.path for asset in made)
    assert len(set(paths)) == 6
    assert paths[0] == "/a/photo.png"
    assert all(path.startswith("/a/photo_") and path.endswith(".png") for path in paths[1:])


async def test_overwriting_at_once_makes_versions(library: Library) -> None:
    """Overwriting uploads at once are versions of one asset, and the current one is the last."""
    sent = [png(salt=bytes([n])) for n in range(6)]
    made = await asyncio.gather(*(library.put("/a.png", data, overwrite=True) for data in sent))
    assert [asset.sha256 for asset in made] == [hashlib.sha256(data).hexdigest() for data in sent]
    assert sorted(asset.version_number for asset in made) == [1, 2, 3, 4, 5, 6]
    assert len({asset.id for asset in made}) == 1
    versions = await library.assets.versions(library.subject, made[0].id)
    assert [version.number for version in versions] == [6, 5, 4, 3, 2, 1]
    current = await library.assets.get(library.subject, made[0].id)
    assert (current.version_id, current.sha256) == (versions[0].id, versions[0].sha256)
    assert current.revision == 6


async def test_new_version_keeps_what_was_said(library: Library, clock: HeldClock) -> None:
    """Overwriting keeps tags and details unless new ones come with it; id and creation stay."""
    first = await library.put("/a.png", tags=["old"], description="old", focus=(0.5, 0.25))
    clock.advance(10)
    second = await library.put("/a.png", png(9, 9), overwrite=True, description="new")
    assert (second.id, second.created_at, second.updated_at) == (first.id, first.created_at, clock.now())
    assert (second.tags, second.description, second.focus) == (["old"], "new", (0.5, 0.25))
    assert (second.width, second.version_number, second.revision, second.content_at) == (9, 2, 2, clock.now())


async def test_versions_have_a_ceiling(library: Library) -> None:
    """An asset does not grow for ever."""
    library.assets._settings = AssetsSettings(max_versions=2)
    asset = await library.put("/a.png")
    await library.assets.replace(library.subject, asset.id, library.upload(png(5, 5)))
    with pytest.raises(Conflict, match="2 versions"):
        await library.assets.replace(library.subject, asset.id, library.upload(png(6, 6)))
    assert temps(library) == []


async def test_restore_makes_a_version_current(library: Library, clock: HeldClock) -> None:
    """Restoring shows the older bytes again, without a copy; restoring the current version changes nothing."""
    old = png(4, 4)
    asset = await library.put("/a.png", old)
    await library.assets.replace(library.subject, asset.id, library.upload(png(5, 5)))
    clock.advance(1)
    assert library.changed == ["/a.png", "/a.png"]
    restored = await library.assets.restore(library.subject, asset.id, asset.id)
    assert (restored.version_id, restored.version_number, restored.width, restored.revision) == (asset.id, 1, 4, 3)
    assert await library.bytes_of(restored) == old
    assert restored.original().modified_at == clock.now()
    assert (await library.assets.restore(library.subject, asset.id, asset.id)).revision == 3
    assert library.changed == ["/a.png"]
    assert len(await library.assets.versions(library.subject, asset.id)) == 2


async def test_version_numbers_are_not_used_again(library: Library) -> None:
    """A version that is not current can be deleted; the next one gets a number of its own."""
    asset = await library.put("/a.png")
    second = await library.assets.replace(library.subject, asset.id, library.upload(png(5, 5)))
    with pytest.raises(Conflict, match="current"):
        await library.assets.delete_version(library.subject, asset.id, second.version_id)
    await library.assets.delete_version(library.subject, asset.id, asset.id)
    third = await library.assets.replace(library.subject, asset.id, library.upload(png(6, 6)))
    assert third.version_number == 3
    for call in (library.assets.restore, library.assets.delete_version):
        with pytest.raises(NotFound, match="version"):
            await call(library.subject, asset.id, asset.id)


async def test_update_changes_what_was_given(library: Library, clock: HeldClock) -> None:
    """Details change alone or together; what was left out stays; every change is a revision."""
    asset = await library.put("/a.png", tags=["x", "y"], custom={"k": 1})
    clock.advance(1)
    changed = await library.assets.update(library.subject, asset.id, tags=["y", "z", "y"], focus_box=(1, 2, 3, 4))
    assert (changed.tags, changed.custom, changed.focus_box, changed.revision) == (
        ["y", "z"],
        {"k": 1},
        [1, 2, 3, 4],
        2,
    )
    again = await library.assets.update(library.subject, asset.id, custom={}, focus=(0, 1), focus_box=None, tags=[])
    found = await library.assets.get(library.subject, asset.id)
    assert (found.tags, found.custom, found.focus_box, found.focus, found.revision) == ([], {}, None, (0.0, 1.0), 3)
    assert (again.revision, found.updated_at, found.created_at) == (3, clock.now(), asset.created_at)


@pytest.mark.parametrize(
    "wrong",
    [
        {"tags": ["x" * 201]},
        {"tags": ["a\0b"]},
        {"tags": [" "]},
        {"tags": [str(n) for n in range(101)]},
        {"tags": [1]},
        {"description": "a\0b"},
        {"description": "x" * 10_001},
        {"description": 5},
        {"custom": []},
        {"custom": {"k": "a\0b"}},
        {"custom": {"k": "\ud800"}},
        {"custom": {"k": float("nan")}},
        {"custom": {"k": 1 << 70}},
        {"custom": {"k": "x" * 70_000}},
        {"focus": (2, 0)},
        {"focus": (0.5,)},
        {"focus": ("a", "b")},
        {"focus_box": (0, 0, float("inf"), 1)},
        {"focus_box": 7},
    ],
)
async def test_unusable_details_are_refused(library: Library, wrong: dict[str, object]) -> None:
    """What cannot be stored, or makes no sense, is refused by name, at upload and at update."""
    asset = await library.put("/a.png")
    with pytest.raises(InvalidParameter) as refused:
        await library.assets.update(library.subject, asset.id, **wrong)  # type: ignore[arg-type]
    assert refused.value.name in wrong
    with pytest.raises(InvalidParameter):
        await library.put("/b.png", **wrong)
    assert await count(library, Asset) == 1


async def test_odd_text_comes_back_as_it_was(library: Library) -> None:
    """Every text that is taken comes back the same, from both databases."""
    odd = "' \" \\ % _ \u202e 😀 ﷺ ẞ"
    asset = await library.put(f"/{odd}/{odd}.png", tags=[odd], description=odd, custom={odd: [odd, 1.5, True, {}]})
    found = await library.assets.get(library.subject, asset.id)
    assert (found.name, found.tags, found.description) == (f"{odd}.png", [odd], odd)
    assert found.custom == {odd: [odd, 1.5, True, {}]}
    assert await library.assets.identify(library.subject.account_id, "live", f"/{odd}/{odd}.png")


async def test_move_and_rename(library: Library) -> None:
    """A new path, or a new name or folder alone; the old path is free and the bytes are untouched."""
    asset = await library.put("/a/b.png")
    library.changed  # noqa: B018
    await library.assets.update(library.subject, asset.id, name="c.png")
    await library.assets.update(library.subject, asset.id, folder="/x/y")
    moved = await library.assets.update(library.subject, asset.id, path="/d.png")
    assert library.changed == ["/a/b.png", "/a/c.png", "/a/c.png", "/x/y/c.png", "/x/y/c.png", "/d.png"]
    assert (moved.path, moved.folder, moved.name, moved.revision) == ("/d.png", "/", "d.png", 4)
    assert await library.bytes_of(moved) == png()
    await library.put("/a/b.png")
    with pytest.raises(Conflict, match=r"/a/b\.png"):
        await library.assets.update(library.subject, asset.id, path="/a/b.png")
    assert (await library.assets.update(library.subject, asset.id, path="/d.png")).path == "/d.png"


async def test_copy_shares_the_bytes(library: Library) -> None:
    """A copy has its own id and life; its bytes stay when the first is deleted."""
    asset = await library.put("/a.png", tags=["x"], description="d")
    copy = await library.assets.copy(library.subject, asset.id, folder="/b")
    assert (copy.path, copy.tags, copy.description, copy.sha256) == ("/b/a.png", ["x"], "d", asset.sha256)
    with pytest.raises(Conflict):
        await library.assets.copy(library.subject, asset.id, folder="/b")
    unique = await library.assets.copy(library.subject, asset.id, folder="/b", unique=True)
    with pytest.raises(Conflict, match="itself"):
        await library.assets.copy(library.subject, asset.id)
    await library.assets.delete(library.subject, asset.id)
    assert await library.bytes_of(unique) == png()
    assert await count(library, Blob) == 1


async def test_deleted_asset_is_gone_at_once(library: Library) -> None:
    """After a delete nothing finds it: not by id, not by path, not in lists, not for delivery; its path is free."""
    asset = await library.put("/a.png", tags=["x"])
    await library.assets.replace(library.subject, asset.id, library.upload(png(5, 5)))
    await library.assets.delete(library.subject, asset.id)
    for call in (
        library.assets.get(library.subject, asset.id),
        library.assets.find(library.subject, "/a.png"),
        library.assets.versions(library.subject, asset.id),
        library.assets.delete(library.subject, asset.id),
        library.assets.update(library.subject, asset.id, tags=[]),
        library.assets.copy(library.subject, asset.id, path="/b.png"),
        library.assets.replace(library.subject, asset.id, library.upload()),
        library.assets.restore(library.subject, asset.id, asset.id),
    ):
        with pytest.raises(NotFound, match="asset"):
            await call
    assert await library.assets.identify(library.subject.account_id, "live", "/a.png") is None
    assert await library.assets.shown(asset.id) is None
    assert (await library.assets.list(library.subject, PageRequest(), total=True)).total == 0
    assert await count(library, AssetVersion) == 0
    assert library.changed[-1] == "/a.png"
    assert temps(library) == []
    assert (await library.put("/a.png")).id != asset.id


async def test_delivery_sees_what_is_published(library: Library) -> None:
    """Delivery finds the current bytes of what is published; what is private says so; nothing else is found."""
    asset = await library.put("/a.png", focus=(0.25, 0.75))
    account = library.subject.account_id
    original = await library.assets.identify(account, "live", "/a.png")
    assert original is not None
    assert (original.identity, original.key) == (asset.sha256, keys.blob(asset.sha256))
    assert (original.facts, original.content_type, original.size) == (asset.facts, "image/png", asset.size)
    assert (original.focus, original.asset_id, original.private) == ((0.25, 0.75), asset.id, False)
    assert await library.assets.identify(account, "test", "/a.png") is None
    assert await library.assets.identify(new_id(), "live", "/a.png") is None
    assert await library.assets.shown(asset.id) == original
    await library.assets.update(library.subject, asset.id, private=True)
    private = await library.assets.identify(account, "live", "/a.png")
    assert private is not None
    assert private.private
    assert await library.assets.shown(asset.id) is None
    await library.assets.update(library.subject, asset.id, private=False, published=False)
    assert await library.assets.identify(account, "live", "/a.png") is None
    assert await library.assets.shown(asset.id) is None
    assert await library.assets.shown("x") is None


async def test_others_things_do_not_exist(library: Library) -> None:
    """Another account's asset, or one of the other stage, answers as one that is not there; its path is free."""
    mine = library.subject
    asset = await library.put("/a/a.png", tags=["x"])
    for stranger in (await library.other(), system(mine.account_id, Stage.test)):
        for call in (
            library.assets.get(stranger, asset.id),
            library.assets.find(stranger, "/a/a.png"),
            library.assets.update(stranger, asset.id, tags=[]),
            library.assets.delete(stranger, asset.id),
            library.assets.versions(stranger, asset.id),
            library.assets.restore(stranger, asset.id, asset.id),
            library.assets.delete_version(stranger, asset.id, asset.id),
            library.assets.copy(stranger, asset.id, path="/b.png"),
            library.assets.replace(stranger, asset.id, library.upload()),
            library.assets.folders.get(stranger, "/a"),
            library.assets.folders.delete(stranger, "/a"),
            library.assets.folders.move(stranger, "/a", "/b"),
        ):
            with pytest.raises(NotFound, match="No such"):
                await call
        assert (await library.assets.list(stranger, PageRequest(), total=True, tags_all=["x"])).total == 0
        assert (await library.put("/a/a.png", subject=stranger)).id != asset.id
        await library.assets.folders.delete(stranger, "/a")
    assert (await library.assets.get(mine, asset.id)).revision == 1


async def test_scopes_are_asked_for(library: Library) -> None:
    """Reading needs the scope to read, changing the scope to write."""
    asset = await library.put("/a.png")
    reader = Subject(library.subject.account_id, scopes=frozenset({Scope.assets_read}))
    writer = Subject(library.subject.account_id, scopes=frozenset({Scope.assets_write}))
    assert await library.assets.get(reader, asset.id)
    await library.assets.update(writer, asset.id, description="x")
    await library.assets.replace(writer, asset.id, library.upload(png(5, 5)))
    await library.assets.copy(writer, asset.id, path="/copy.png")
    for call in (
        library.assets.get(writer, asset.id),
        library.assets.list(writer, PageRequest()),
        library.assets.find(writer, "/a.png"),
        library.assets.delete(reader, asset.id),
        library.assets.update(reader, asset.id, tags=[]),
        library.put("/b.png", subject=reader),
        library.assets.replace(reader, asset.id, library.upload()),
        library.assets.copy(reader, asset.id, path="/c.png"),
        library.assets.restore(reader, asset.id, asset.id),
        library.assets.folders.create(writer, "/f"),
        library.assets.folders.list(writer, PageRequest()),
    ):
        with pytest.raises(PermissionDenied):
            await call
    assert temps(library) == []


async def test_revision_guards_changes(library: Library) -> None:
    """A change of what was changed meanwhile is refused, and of two at once one is."""
    asset = await library.put("/a.png")
    tries = [library.assets.update(library.subject, asset.id, if_match=1, description=str(n)) for n in range(4)]
    answers = await asyncio.gather(*tries, return_exceptions=True)
    assert [type(answer) for answer in answers].count(PreconditionFailed) == 3
    for call in (
        library.assets.delete(library.subject, asset.id, if_match=1),
        library.assets.replace(library.subject, asset.id, library.upload(), if_match=1),
    ):
        with pytest.raises(PreconditionFailed):
            await call
    await library.assets.delete(library.subject, asset.id, if_match=2)


async def test_full_store_refuses_and_leaves_no_row(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    """When the store is full the upload says so, no row is there, and the next one works."""

    async def full(*_: object, **__: object) -> None:
        raise StorageFull

    with monkeypatch.context() as broken:
        broken.setattr(library.store, "put_file", full)
        with pytest.raises(StorageFull):
            await library.put("/a.png")
    assert await count(library, Asset) == 0
    assert temps(library) == []
    assert await library.bytes_of(await library.put("/a.png")) == png()


async def test_watchers_hear_of_what_is_committed(library: Library, database_of: Callable[[Library], Engine]) -> None:
    """When a change is told, everybody else can already read it."""
    seen: list[int] = []
    engine = database_of(library)

    def look(account_id: str, stage: str, path: str) -> None:
        with engine.connect() as connection:
            seen.append(connection.scalar(select(func.count()).select_from(Asset)) or 0)

    library.assets.watch(look)
    asset = await library.put("/a.png")
    await library.assets.update(library.subject, asset.id, description="x")
    await library.assets.delete(library.subject, asset.id)
    assert seen == [1, 1, 0]


@pytest.fixture
def database_of() -> Iterator[Callable[[Library], Engine]]:
    """An engine of its own to the library's database, for code that cannot wait."""
    engines: list[Engine] = []

    def open(library: Library) -> Engine:
        url = library.url
        engines.append(create_engine(url.replace("postgresql://", "postgresql+psycopg://")))
        return engines[-1]

    yield open
    for engine in engines:
        engine.dispose()
