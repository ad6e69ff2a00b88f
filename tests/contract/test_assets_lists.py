"""Lists, search, paging and folders, on both databases."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest
from tests.contract.library import Library, png

from imagewell.assets import search
from imagewell.assets.models import Asset
from imagewell.assets.values import AssetFilter
from imagewell.clock import HeldClock
from imagewell.errors import Conflict, InvalidParameter, NotFound
from imagewell.pages import PageRequest

SORTS = ("created_at", "updated_at", "name", "size", "width", "height")


async def names(library: Library, page: PageRequest | None = None, **where: object) -> list[str]:
    found = await library.assets.list(library.subject, page or PageRequest(100), **AssetFilter(**where))  # type: ignore[typeddict-item]
    return [asset.name for asset in found.items]


@pytest.fixture
async def pictures(library: Library, clock: HeldClock) -> Sequence[Asset]:
    """Twelve assets; widths, heights and times repeat, so that ties have to be broken."""
    made = []
    for number in range(12):
        clock.advance(number % 2)
        picture = png(2 + number % 3, 2 + number % 4, bytes(number % 5))
        made.append(await library.put(f"/{'ab'[number % 2]}/{number:02}.png", picture))
    return made


@pytest.mark.parametrize("sort", [*SORTS, *("-" + sort for sort in SORTS)])
async def test_pages_hold_everything_once_in_order(library: Library, pictures: Sequence[Asset], sort: str) -> None:
    """Pages by any sort, of any size, by cursor or by the last id or by offset, are the sorted list cut in pieces."""
    key, turned = sort.removeprefix("-"), sort.startswith("-")
    expected = [a.id for a in sorted(pictures, key=lambda a: (getattr(a, key), a.id), reverse=turned)]
    for way in ("cursor", "id", "offset"):
        found: list[str] = []
        position: int | str | None = 0 if way == "offset" else None
        while True:
            page = await library.assets.list(library.subject, PageRequest(5, position, sort), total=True)
            assert page.total == 12
            found += [asset.id for asset in page.items]
            if page.next is None:
                break
            position = page.items[-1].id if way == "id" else page.next
        assert found == expected


@pytest.mark.parametrize("many", [0, 5000])
@pytest.mark.parametrize("sort", ["created_at", "-created_at", "name", "-size"])
async def test_pages_of_tagged_assets(
    library: Library, pictures: Sequence[Asset], sort: str, many: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Pages of what has all tags, or any, are complete and in order, whether few assets have a tag or many."""
    monkeypatch.setattr(search, "MANY", many)
    for number, asset in enumerate(pictures):
        tags = [f"half{number % 2}", f"third{number % 3}", "all"]
        await library.assets.update(library.subject, asset.id, tags=tags)
    wanted = [asset for number, asset in enumerate(pictures) if number % 2 == 0 and number % 3 != 1]
    current = [await library.assets.get(library.subject, asset.id) for asset in wanted]
    key, turned = sort.removeprefix("-"), sort.startswith("-")
    expected = [a.name for a in sorted(current, key=lambda a: (getattr(a, key), a.id), reverse=turned)]
    said = {"tags_all": ["all", "half0"], "tags_any": ["third0", "third2"]}
    found: list[str] = []
    position: int | str | None = None
    while True:
        page = await library.assets.list(library.subject, PageRequest(2, position, sort), total=True, **said)  # type: ignore[arg-type]
        found += [asset.name for asset in page.items]
        assert page.total == 4
        if page.next is None:
            break
        position = page.next
    assert found == expected
    at = pictures[4].created_at
    later = await names(library, PageRequest(100, sort=sort), created_from=at, **said)
    assert sorted(later) == sorted(a.name for a in current if a.created_at >= at)


async def test_cursor_outlives_its_row(library: Library, pictures: Sequence[Asset]) -> None:
    """A cursor goes on where it was although the row before it is gone; new rows do not shift the pages."""
    page = await library.assets.list(library.subject, PageRequest(4, sort="name"))
    await library.assets.delete(library.subject, page.items[-1].id)
    await library.put("/00a.png")
    assert await names(library, PageRequest(3, page.next, "name")) == ["04.png", "05.png", "06.png"]
    with pytest.raises(InvalidParameter, match="after"):
        await names(library, PageRequest(3, page.items[-1].id, "name"))


async def test_offsets_know_their_neighbours(library: Library, pictures: Sequence[Asset]) -> None:
    """A page by offset says where the pages before and after it begin."""
    first = await library.assets.list(library.subject, PageRequest(5, 0))
    middle = await library.assets.list(library.subject, PageRequest(5, 3))
    last = await library.assets.list(library.subject, PageRequest(5, 10))
    assert [(page.previous, page.next) for page in (first, middle, last)] == [(None, 5), (0, 8), (5, None)]


@pytest.mark.parametrize(
    "position",
    ["", "x", "e30", "W10", "WyJuYW1lIiwxLDJd", "=", "ä", "\0", "A" * 5000, "W1tbW1tbW1tbW1tbW1tbW1tb", "0" * 24],
)
@pytest.mark.parametrize("sort", ["name", "size", "created_at"])
async def test_bent_cursors_are_refused(library: Library, position: str, sort: str) -> None:
    """A cursor that nobody made is refused as what it is."""
    with pytest.raises(InvalidParameter, match="after"):
        await names(library, PageRequest(5, position, sort))


async def test_cursor_belongs_to_its_sort(library: Library, pictures: Sequence[Asset]) -> None:
    """A cursor of one order is refused in another, and an unknown order says which there are."""
    page = await library.assets.list(library.subject, PageRequest(4, sort="name"))
    with pytest.raises(InvalidParameter, match="after"):
        await names(library, PageRequest(5, page.next, "size"))
    with pytest.raises(InvalidParameter, match="one of created_at"):
        await names(library, PageRequest(5, sort="sha256; DROP TABLE assets"))


@pytest.fixture
async def shop(library: Library) -> Library:
    for path, tags in (
        ("/shoes/Red Shoe.png", ["red", "sale"]),
        ("/shoes/blue_shoe.png", ["blue"]),
        ("/shoes/kids/RED-boot.png", ["red"]),
        ("/shoes%/100%.png", ["Red", "sale"]),
        ("/Straße.png", []),
    ):
        await library.put(path, tags=tags)
    return library


@pytest.mark.parametrize(
    ("where", "found"),
    [
        ({"q": "shoe"}, ["Red Shoe.png", "blue_shoe.png"]),
        ({"q": "red"}, ["RED-boot.png", "Red Shoe.png"]),
        ({"q": "RED shoe"}, ["Red Shoe.png"]),
        ({"q": "%"}, ["100%.png"]),
        ({"q": "_"}, ["blue_shoe.png"]),
        ({"q": "STRASSE"}, ["Straße.png"]),
        ({"q": ""}, ["100%.png", "RED-boot.png", "Red Shoe.png", "Straße.png", "blue_shoe.png"]),
        ({"q": "nothing"}, []),
        ({"name_prefix": "re"}, ["RED-boot.png", "Red Shoe.png"]),
        ({"name_prefix": "100%"}, ["100%.png"]),
        ({"tags_all": ["red"]}, ["RED-boot.png", "Red Shoe.png"]),
        ({"tags_all": ["red", "sale"]}, ["Red Shoe.png"]),
        ({"tags_any": ["blue", "Red"]}, ["100%.png", "blue_shoe.png"]),
        ({"tags_any": []}, []),
        ({"tags_all": []}, ["100%.png", "RED-boot.png", "Red Shoe.png", "Straße.png", "blue_shoe.png"]),
        ({"folder": "/shoes"}, ["Red Shoe.png", "blue_shoe.png"]),
        ({"folder": "shoes/", "recursive": True}, ["RED-boot.png", "Red Shoe.png", "blue_shoe.png"]),
        ({"folder": "/"}, ["Straße.png"]),
        ({"folder": "/", "recursive": True, "q": "boot"}, ["RED-boot.png"]),
        ({"folder": "/none"}, []),
        ({"formats": ["png", "gif"], "q": "boot"}, ["RED-boot.png"]),
        ({"formats": ["gif"]}, []),
        ({"published": False}, []),
        ({"q": None, "folder": None, "tags_all": None, "formats": ["gif"]}, []),
    ],
)
async def test_filters(shop: Library, where: dict[str, object], found: list[str]) -> None:
    """Each filter finds what it says, and together they all hold."""
    assert await names(shop, PageRequest(100, sort="name"), **where) == found
    page = await shop.assets.list(shop.subject, PageRequest(1), total=True, **where)  # type: ignore[arg-type]
    assert page.total == len(found)


@pytest.mark.parametrize(
    "where",
    [
        {"q": "a\0"},
        {"q": "x" * 257},
        {"q": " ".join("abcdefghi")},
        {"name_prefix": "\ud800"},
        {"folder": "/../x"},
        {"tags_all": ["a\0b"]},
        {"tags_any": ["x"] * 501},
        {"formats": [1]},
        {"ids": ["\ud800"]},
    ],
)
async def test_unusable_filters_are_refused(library: Library, where: dict[str, object]) -> None:
    """A filter that no database could take is refused by name."""
    with pytest.raises(InvalidParameter) as refused:
        await names(library, **where)
    assert refused.value.name in where


async def test_filter_by_time_and_ids(library: Library, pictures: Sequence[Asset]) -> None:
    """Times are a range that includes its start and not its end."""
    at = pictures[4].created_at
    expected = [a.name for a in pictures if a.created_at == at]
    later = min(a.created_at for a in pictures if a.created_at > at)
    assert sorted(await names(library, created_from=at, created_until=later)) == expected
    assert await names(library, ids=[pictures[3].id, "0" * 24]) == ["03.png"]


async def test_uploads_make_their_folders(library: Library) -> None:
    """Uploads at once into a new deep folder make each folder once; they are listed by parent."""
    await asyncio.gather(*(library.put(f"/a/b/c/{number}.png") for number in range(6)))
    folders = library.assets.folders
    for parent, expected in (("/", ["/a"]), ("/a", ["/a/b"]), ("/a/b/", ["/a/b/c"]), ("/a/b/c", [])):
        page = await folders.list(library.subject, PageRequest(sort="name"), parent=parent, total=True)
        assert [folder.path for folder in page.items] == expected
        assert page.total == len(expected)


async def test_making_a_folder(library: Library) -> None:
    """A folder is made with those above it; a second time is a conflict, or nothing."""
    folders = library.assets.folders
    made = await folders.create(library.subject, "/a/b")
    assert (made.path, made.parent, made.name) == ("/a/b", "/a", "b")
    assert (await folders.get(library.subject, "a")).path == "/a"
    with pytest.raises(Conflict):
        await folders.create(library.subject, "/a/b")
    assert (await folders.create(library.subject, "/a/b", exist_ok=True)).id == made.id
    for wrong in ("/", "", "/a/../b", "/" + "/".join("x" * 51)):
        with pytest.raises(InvalidParameter):
            await folders.create(library.subject, wrong)


async def test_deleting_a_folder_takes_all_below(library: Library) -> None:
    """A folder goes with everything in it, and with nothing beside it."""
    for path in ("/a/1.png", "/a/b/2.png", "/a-b/3.png", "/a0/4.png", "/a.png"):
        await library.put(path)
    library.changes.clear()
    await library.assets.folders.delete(library.subject, "/a")
    assert library.changed == ["/a/"]
    assert await names(library, PageRequest(sort="name")) == ["3.png", "4.png", "a.png"]
    for gone in ("/a", "/a/b"):
        with pytest.raises(NotFound):
            await library.assets.folders.get(library.subject, gone)
    with pytest.raises(NotFound):
        await library.assets.folders.delete(library.subject, "/a")
    with pytest.raises(InvalidParameter):
        await library.assets.folders.delete(library.subject, "/")


async def test_moving_a_folder_takes_all_along(library: Library) -> None:
    """A folder moves with all below it; ids and bytes stay; nothing beside it moves."""
    inside = [await library.put(path) for path in ("/a/1.png", "/a/ä_%/2.png")]
    beside = await library.put("/a-b/3.png")
    library.changes.clear()
    moved = await library.assets.folders.move(library.subject, "/a", "/x/y")
    assert (moved.path, moved.parent, moved.name) == ("/x/y", "/x", "y")
    assert library.changed == ["/a/", "/x/y/"]
    found = [await library.assets.get(library.subject, asset.id) for asset in (*inside, beside)]
    assert [(a.path, a.folder) for a in found] == [
        ("/x/y/1.png", "/x/y"), ("/x/y/ä_%/2.png", "/x/y/ä_%"), ("/a-b/3.png", "/a-b"),
    ]  # fmt: skip
    assert [a.revision for a in found] == [2, 2, 1]
    page = await library.assets.folders.list(library.subject, PageRequest(), parent="/x/y")
    assert [(folder.path, folder.parent) for folder in page.items] == [("/x/y/ä_%", "/x/y")]
    assert (await library.put("/a/1.png")).id != inside[0].id


async def test_impossible_moves_are_refused(library: Library) -> None:
    """A folder cannot move into itself, onto another, or to where a path below it would be too long."""
    await library.put(f"/a/{'x' * 200}/{'y' * 200}.png")
    await library.put("/b/1.png")
    folders = library.assets.folders
    for to, kind in (("/a", InvalidParameter), ("/a/c", InvalidParameter), ("/b", Conflict), ("/", InvalidParameter)):
        with pytest.raises(kind):
            await folders.move(library.subject, "/a", to)
    long, deep = "/" + "/".join(["z" * 200] * 4), "/" + "/".join(["z"] * 50)
    for to in (long, deep):
        with pytest.raises(InvalidParameter, match="to"):
            await folders.move(library.subject, "/a", to)
    with pytest.raises(NotFound):
        await folders.move(library.subject, "/none", "/c")
    assert (await names(library, folder="/a", recursive=True)) == ["y" * 200 + ".png"]


async def test_no_asset_is_left_without_its_folder(library: Library) -> None:
    """Uploads into a folder that is deleted and moved at the same moment end up in a folder that is there."""

    async def upload(number: int) -> None:
        await library.put(f"/a/b/{number}.png")

    async def shake() -> None:
        for _ in range(5):
            for call in (
                library.assets.folders.delete(library.subject, "/a/b"),
                library.assets.folders.move(library.subject, "/a", "/c"),
                library.assets.folders.delete(library.subject, "/c"),
            ):
                try:
                    await call
                except NotFound:
                    await asyncio.sleep(0)

    await asyncio.gather(shake(), *(upload(number) for number in range(20)))
    for asset in (await library.assets.list(library.subject, PageRequest(100))).items:
        assert (await library.assets.folders.get(library.subject, asset.folder)).path == asset.folder
