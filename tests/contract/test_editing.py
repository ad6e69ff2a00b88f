"""Pictures kept plain and edited into new assets, on both databases and both stores, with real render workers."""

from __future__ import annotations

import io
from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest
import pytest_asyncio
from PIL import Image
from tests import pictures
from tests.contract.library import Library, library_in

from imagewell.clock import HeldClock
from imagewell.db.session import WriteSession
from imagewell.editing.service import Editing, Rules
from imagewell.errors import (
    Conflict,
    EngineMissing,
    InvalidParameter,
    NotFound,
    TooLarge,
    UnreadableImage,
    UnsupportedFormat,
)
from imagewell.ids import new_id
from imagewell.imaging.pool import RenderPool
from imagewell.imaging.pools import Pools
from imagewell.imaging.settings import RenderSettings
from imagewell.pages import PageRequest
from imagewell.transform import spelling
from imagewell.vision.settings import VisionSettings

RULES = Rules(formats=("jpeg", "png", "webp"), max_pixels=1_000_000)
FOLDER = "/edits"


@dataclass
class Desk:
    library: Library
    editing: Editing

    async def keep(self, data: bytes, title: str = "a photo", **options: object) -> object:
        upload = self.library.upload(data)
        made = await self.editing.keep(
            self.library.subject,
            upload,
            title=title,
            folder=FOLDER,
            rules=RULES,
            **options,  # type: ignore[arg-type]
        )
        assert not upload.temp.exists()
        return made

    async def picture(self, asset: object) -> Image.Image:
        data = await self.library.bytes_of(asset)  # type: ignore[arg-type]
        assert data is not None
        assert len(data) == asset.size  # type: ignore[attr-defined]
        opened = Image.open(io.BytesIO(data))
        opened.load()
        return opened


@pytest_asyncio.fixture
async def desk(library: Library, clock: HeldClock, tmp_path: object) -> AsyncIterator[Desk]:
    pool = RenderPool(RenderSettings(workers=1))
    await pool.start()
    workers = Pools(pool, RenderSettings(), VisionSettings(models_dir=tmp_path))  # type: ignore[arg-type]
    try:
        async with library_in(library.url, library.db, library.store, clock, workers) as made:
            yield Desk(made, Editing(made.assets, made.store, workers))
    finally:
        await workers.close()
        await pool.close()


async def test_a_plain_upload_is_kept_to_the_byte(desk: Desk) -> None:
    """Samples that need no change are not written anew; the title is kept, and the path is one of its own."""
    data = pictures.jpeg()
    first, second = await desk.keep(data, "A/B ☕"), await desk.keep(data, "A/B ☕")
    assert await desk.library.bytes_of(first) == data  # type: ignore[arg-type]
    assert (first.title, second.title) == ("A/B ☕", "A/B ☕")  # type: ignore[attr-defined]
    assert first.path != second.path  # type: ignore[attr-defined]
    assert first.path.startswith("/edits/A_B ☕-")  # type: ignore[attr-defined]


@pytest.mark.parametrize("orientation", [3, 6])
async def test_an_upload_comes_to_stand_upright(desk: Desk, orientation: int) -> None:
    """The turn that EXIF asks for is in the samples afterwards, and EXIF is gone."""
    asset = await desk.keep(pictures.oriented_jpeg(orientation))
    picture = await desk.picture(asset)
    assert (asset.orientation, asset.format) == (1, "jpeg")  # type: ignore[attr-defined]
    assert picture.size == (asset.width, asset.height)  # type: ignore[attr-defined]
    assert not picture.getexif()
    corners = [picture.getpixel((x, y)) for y in (3, picture.height - 4) for x in (3, picture.width - 4)]
    for found, wanted in zip(corners, pictures.CORNERS, strict=True):
        assert max(abs(a - b) for a, b in zip(found, wanted, strict=True)) < 20  # type: ignore[arg-type]


async def test_an_animation_keeps_its_first_frame(desk: Desk) -> None:
    """One frame of it is a picture."""
    frames = [Image.new("RGB", (40, 30), color) for color in ("red", "blue", "green")]
    asset = await desk.keep(pictures.saved(frames[0], "WEBP", save_all=True, append_images=frames[1:], lossless=True))
    assert (asset.frames, asset.format) == (1, "webp")  # type: ignore[attr-defined]
    picture = (await desk.picture(asset)).convert("RGB")
    assert getattr(picture, "n_frames", 1) == 1
    assert picture.getpixel((5, 5))[0] > 240  # type: ignore[index]


@pytest.mark.parametrize(
    ("data", "error"),
    [
        (pictures.saved(pictures.quarters(), "GIF"), UnsupportedFormat),
        (b"no picture at all", UnsupportedFormat),
        (pictures.jpeg()[:700], UnreadableImage),
        (pictures.saved(Image.new("1", (2000, 600)), "PNG"), TooLarge),
    ],
    ids=["gif", "text", "cut", "large"],
)
async def test_what_is_refused_leaves_nothing(desk: Desk, data: bytes, error: type[Exception]) -> None:
    """No asset, no file."""
    with pytest.raises(error):
        await desk.keep(data)
    assert not (await desk.library.assets.list(desk.library.subject, PageRequest())).items


async def test_an_edit_is_a_new_asset(desk: Desk) -> None:
    """The source stays; the new one has its own id, facts that are true, and the source's format."""
    source = await desk.keep(pictures.saved(pictures.quarters(), "PNG"))
    wanted = spelling.read({"stages": [{"resize": {"width": 60, "height": 60, "fit": "scale"}, "flip": "h"}]})
    made = await desk.editing.edit(
        desk.library.subject,
        source,
        wanted,
        title="small",
        folder=FOLDER,
        rules=RULES,
        private=True,  # type: ignore[arg-type]
    )
    picture = await desk.picture(made)
    assert (picture.format, picture.size, made.width, made.height) == ("PNG", (60, 60), 60, 60)
    assert picture.convert("RGB").getpixel((3, 3)) == pictures.GREEN
    assert (made.title, made.private, made.has_alpha) == ("small", True, False)
    assert (await desk.picture(source)).size == (120, 80)


async def test_an_edit_may_show_other_assets(desk: Desk) -> None:
    """References stand for the assets that are given with them."""
    source, mark = await desk.keep(pictures.jpeg()), await desk.keep(pictures.saved(Image.new("RGB", (10, 10)), "PNG"))
    wanted = spelling.read({"stages": [{"overlays": [{"image": "mark", "place": {"x": 100, "y": 60}}]}]})
    made = await desk.editing.edit(
        desk.library.subject,
        source,
        wanted,
        title="x",
        folder=FOLDER,
        rules=RULES,
        others={"mark": mark},  # type: ignore[arg-type, dict-item]
    )
    picture = (await desk.picture(made)).convert("RGB")
    assert max(picture.getpixel((105, 65))) < 40  # type: ignore[type-var]
    assert min(picture.getpixel((90, 75))) > 200  # type: ignore[type-var]


async def test_results_may_be_longer_than_a_delivered_picture(desk: Desk) -> None:
    """The ceiling of an edit is its own."""
    source = await desk.keep(pictures.saved(pictures.quarters(), "PNG"))
    wanted = spelling.read({"stages": [{"resize": {"width": 9500, "height": 2, "fit": "scale"}}]})
    made = await desk.editing.edit(desk.library.subject, source, wanted, title="x", folder=FOLDER, rules=RULES)  # type: ignore[arg-type]
    assert (made.width, made.height) == (9500, 2)


async def test_what_else_is_written_is_written_with_it(desk: Desk) -> None:
    """When the other write fails, there is no asset."""

    async def fail(session: WriteSession) -> None:
        raise InvalidParameter("x", "y", "z")

    with pytest.raises(InvalidParameter):
        await desk.keep(pictures.jpeg(), also=fail)
    assert not (await desk.library.assets.list(desk.library.subject, PageRequest())).items


async def test_an_id_is_given_once(desk: Desk) -> None:
    """A second asset of the same id is refused, whatever its path."""
    id = new_id()
    assert (await desk.keep(pictures.jpeg(), id=id)).id == id  # type: ignore[attr-defined]
    with pytest.raises(Conflict):
        await desk.keep(pictures.jpeg(), id=id)


async def test_a_source_whose_bytes_are_gone_is_not_found(desk: Desk) -> None:
    """And not a fault of the picture."""
    source = await desk.keep(pictures.jpeg())
    await desk.library.store.delete([source.original().key])  # type: ignore[attr-defined]
    wanted = spelling.read({"stages": [{"flip": "h"}]})
    with pytest.raises(NotFound):
        await desk.editing.edit(desk.library.subject, source, wanted, title="x", folder=FOLDER, rules=RULES)  # type: ignore[arg-type]
    with pytest.raises(NotFound):
        await desk.editing.copy(desk.library.subject, source, title="x", folder=FOLDER)  # type: ignore[arg-type]


async def test_a_copy_has_the_same_bytes(desk: Desk) -> None:
    """Nothing is rendered for it."""
    source = await desk.keep(pictures.jpeg())
    made = await desk.editing.copy(desk.library.subject, source, title="again", folder=FOLDER)  # type: ignore[arg-type]
    assert made.id != source.id  # type: ignore[attr-defined]
    assert made.sha256 == source.sha256  # type: ignore[attr-defined]


async def test_a_preview_is_a_small_jpeg(desk: Desk) -> None:
    """Never larger than the picture itself."""
    source = await desk.keep(pictures.saved(pictures.quarters(), "PNG"))
    for asked, wanted in ((60, (60, 40)), (1000, (120, 80))):
        picture = Image.open(io.BytesIO(await desk.editing.preview(source, asked)))  # type: ignore[arg-type]
        assert (picture.format, picture.size) == ("JPEG", wanted)


async def test_without_its_weights_an_engine_names_what_installs_it(desk: Desk) -> None:
    """The refusal can be acted on."""
    source = await desk.keep(pictures.jpeg())
    with pytest.raises(EngineMissing, match="imagewell models pull"):
        await desk.editing.look(source, "classification")  # type: ignore[arg-type]
