"""Where the account's pictures are delivered: the address of an asset, the source behind a name."""

from __future__ import annotations

from urllib.parse import quote

from imagewell.accounts.subject import Subject, system
from imagewell.errors import NotFound
from imagewell.faces.kit.services import Services
from imagewell.pages import PageRequest
from imagewell.sources.view import SourceView

LIBRARY = "library"


class Locator:
    """Makes the delivery URLs of one caller's assets; asks for the sources once."""

    def __init__(self, public_url: str, sources: list[SourceView]) -> None:
        self._public_url = public_url
        self._sources = sources

    def url(self, path: str) -> str | None:
        """The unsigned address of a path of the library; None when no source shows it."""
        for source in self._sources:
            prefix = source.path_prefix.rstrip("/")
            if path.startswith(prefix + "/"):
                return f"{self._public_url}/i/{source.name}{quote(path[len(prefix) :], safe='/')}"
        return None


async def locator(services: Services, subject: Subject) -> Locator:
    """For the sources that show the subject's library: most often the one named "library", which is remembered."""
    usual = await services.sources.by_name(LIBRARY)
    if usual is not None and _shows(usual, subject) and not usual.path_prefix:
        return Locator(services.settings.url, [usual])
    # The caller need not be allowed to read sources to be told where its own pictures are.
    page = await services.sources.list(system(subject.account_id, subject.stage), PageRequest(limit=200))
    return Locator(services.settings.url, [source for source in page.items if _shows(source, subject)])


async def own_source(services: Services, subject: Subject, name: str) -> SourceView:
    """A source by name. Raises: NotFound, also for another account's or stage's."""
    source = await services.sources.by_name(name)
    if source is None or source.account_id != subject.account_id or source.stage != subject.stage:
        raise NotFound("source", name)
    return source


def _shows(source: SourceView, subject: Subject) -> bool:
    own = source.account_id == subject.account_id and source.stage == subject.stage
    return own and source.type == "local" and source.enabled
