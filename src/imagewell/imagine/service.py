"""Pictures from words: the engine that the settings mean, and the JPEG that comes of what it makes."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from imagewell.errors import Busy, EngineMissing, Unavailable, UnreadableImage, UnsupportedFormat
from imagewell.imagine.settings import ImagineSettings
from imagewell.imagine.wishes import Made, PictureMaker, PictureOrder, Progress, Wish, settle
from imagewell.imaging.work import BASE, RenderOrder, Rendition
from imagewell.logs import Log
from imagewell.transform import spelling

if TYPE_CHECKING:
    from imagewell.sources.fetch import Fetcher

log = Log(__name__)

RETRY_AFTER_S = 10
PACKAGES = ("torch", "diffusers", "transformers", "accelerate")
REMEDY = (
    "pip install 'imagewell[imagine]' and set IMAGEWELL_IMAGINE__ENGINE=diffusers; or set "
    "IMAGEWELL_IMAGINE__OPENAI__BASE_URL to a server with the OpenAI images API"
)


class Renders(Protocol):
    """What is needed of the render pool."""

    async def render(self, order: RenderOrder, deadline_s: float | None = None) -> Rendition:
        """As `RenderPool.render`."""
        ...


class Imagine:
    """Makes pictures. Close it at the end; nothing is started before the first wish.

    Args:
        pool: where what an engine made is read, as cautiously as a stranger's file, and written as a JPEG.
        fetcher: for servers that answer with the URL of a picture elsewhere.
    """

    def __init__(self, settings: ImagineSettings, pool: Renders, fetcher: Fetcher) -> None:
        self._settings = settings
        self._pool = pool
        self._fetcher = fetcher
        self._maker: PictureMaker | None = None

    @property
    def available(self) -> bool:
        """Whether there is an engine to ask: a server is set, or the packages of diffusers are here. Cheap."""
        chosen = self._settings.chosen
        if chosen == "openai":
            return self._settings.openai.address is not None
        return chosen == "diffusers" and all(find_spec(package) for package in PACKAGES)

    @property
    def models(self) -> tuple[str, ...]:
        """The names by which a wish may ask for a model."""
        return self._settings.names

    def require(self) -> PictureMaker:
        """The engine. Raises: EngineMissing, saying what to install or set."""
        if not self.available:
            raise EngineMissing("imagine", "A picture from words", REMEDY)
        if self._maker is None:
            self._maker = self._engine()
        return self._maker

    async def picture(self, wish: Wish, to: Path, deadline_s: float, progress: Progress | None = None) -> Made:
        """Make the picture and write it to `to`: a JPEG of exactly the size asked for.

        Args:
            to: in a folder that exists; not there when this raises.
            deadline_s: for all of it, waiting included.
            progress: awaited with steps done and in all, by engines that know them.
        Raises: EngineMissing, Busy, Unavailable, InvalidParameter (the wish, or a prompt that the engine refuses).
        """
        maker = self.require()
        order = settle(wish, self._settings)
        raw = to.with_name(f"{to.name}.raw")
        try:
            async with asyncio.timeout(deadline_s):
                await maker.make(order, raw, deadline_s, progress)
                await self._finish(raw, to, order)
        except TimeoutError:
            _remove(to)
            raise Busy(RETRY_AFTER_S) from None
        except BaseException:
            _remove(to)
            raise
        finally:
            _remove(raw)
        return Made(order.seed, order.model, order.width, order.height)

    async def close(self) -> None:
        """Let go of the engine and whatever it is at."""
        if self._maker is not None:
            await self._maker.close()

    def _engine(self) -> PictureMaker:
        """Imported now: a server without wishes needs none of it."""
        if self._settings.chosen == "openai":
            from imagewell.imagine.openai import OpenAIPictures

            return OpenAIPictures(self._settings, self._fetcher)
        from imagewell.imagine.diffusion import Diffusion

        return Diffusion(self._settings)

    async def _finish(self, raw: Path, to: Path, order: PictureOrder) -> None:
        """What the engine made as our JPEG, brought to size where the engine kept to sizes of its own."""
        document = {
            "stages": [{"resize": {"width": order.width, "height": order.height, "fit": "crop"}}],
            "output": {"format": "jpeg", "quality": self._settings.quality, "profile": "strip"},
        }
        try:
            await self._pool.render(RenderOrder({BASE: str(raw)}, spelling.read(document), str(to)))
        except (UnreadableImage, UnsupportedFormat) as refused:
            log.error("imagine_unreadable", model=order.model, why=str(refused))
            raise Unavailable("picture engine") from refused


def _remove(path: Path) -> None:
    with suppress(OSError):
        path.unlink(missing_ok=True)
