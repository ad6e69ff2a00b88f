"""The job of kind `imagine`: a picture from words that becomes an asset.

The asset's id is the job's, a seed that was left open is drawn from it, and the job's success is written together with
the asset: a job that is run again after a crash makes the same picture, and never a second asset.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, Protocol

from imagewell.accounts.subject import Subject
from imagewell.assets.values import Upload
from imagewell.db.session import WriteSession
from imagewell.imagine.service import Imagine
from imagewell.imagine.wishes import SEEDS, Made, Wish

KIND = "imagine"
LOOK_EVERY_S = 0.5
"""How often it is told how far the picture is, and seen whether anybody still wants it."""


class Run(Protocol):
    """What is needed of `jobs.run.JobRun`, which it describes."""

    @property
    def id(self) -> str:
        """24 hex digits."""
        ...

    @property
    def subject(self) -> Subject:
        """The server, acting for whoever asked."""
        ...

    @property
    def document(self) -> dict[str, Any]:
        """What `document` made."""
        ...

    async def progress(self, done: int, total: int | None) -> None:
        """Tell how far it is; ends a job that nobody wants any more."""
        ...

    async def succeed(self, session: WriteSession, result: Any = None) -> None:
        """Write the success in the transaction of the job's effects."""
        ...


class Keep(Protocol):
    """Makes an asset of a file: `Editing.keep` with a folder and rules."""

    async def __call__(
        self,
        subject: Subject,
        upload: Upload,
        *,
        id: str,
        title: str | None,
        also: Callable[[WriteSession], Awaitable[None]],
    ) -> Any:
        """Keep it under this id. The file is taken, whatever happens. also: written in the same transaction."""
        ...


class ImagineTask:
    """Handles jobs of kind `imagine`.

    Args:
        temp: makes paths of temporary files, as `Store.temp`.
        deadline_s: for one picture, waiting for the engine included.
    """

    def __init__(self, imagine: Imagine, temp: Callable[[], Path], keep: Keep, deadline_s: float) -> None:
        self._imagine = imagine
        self._temp = temp
        self._keep = keep
        self._deadline_s = deadline_s

    async def __call__(self, run: Run) -> dict[str, Any]:
        """Make the picture and keep it; the job's result: the asset's id, and the seed that gives the picture again.

        Raises: as `Imagine.picture`, `keep` and `run.progress`.
        """
        to = self._temp()
        try:
            made = await self._picture(run, to)
            upload = await asyncio.to_thread(Upload.of, to)
            result = {"asset_id": run.id, "seed": made.seed, "model": made.model}
            title = run.document.get("title")
            await self._keep(
                run.subject, upload, id=run.id, title=title, also=lambda session: run.succeed(session, result)
            )
        finally:
            await asyncio.to_thread(to.unlink, missing_ok=True)
        return result

    async def _picture(self, run: Run, to: Path) -> Made:
        """The picture, with its progress told from here: the job is ended where it is told."""
        steps: list[tuple[int, int | None]] = [(0, None)]

        async def note(done: int, total: int) -> None:
            steps[0] = done, total

        making = asyncio.ensure_future(self._imagine.picture(wish(run), to, self._deadline_s, note))
        try:
            while not (await asyncio.wait({making}, timeout=LOOK_EVERY_S))[0]:
                await run.progress(*steps[0])
            return making.result()
        finally:
            making.cancel()
            with suppress(asyncio.CancelledError, Exception):
                await making


def document(wish: Wish, title: str | None = None) -> dict[str, Any]:
    """A wish as a job's document."""
    return {
        "prompt": wish.prompt,
        "negative_prompt": wish.negative_prompt,
        "seed": wish.seed,
        "model": wish.model,
        "width": wish.width,
        "height": wish.height,
        "title": title,
    }


def wish(run: Run) -> Wish:
    """The wish behind a job."""
    said = run.document
    seed = said.get("seed")
    return Wish(
        prompt=said["prompt"],
        negative_prompt=said.get("negative_prompt") or "",
        seed=int(run.id, 16) % SEEDS if seed is None else seed,
        model=said.get("model") or "",
        width=said.get("width"),
        height=said.get("height"),
    )
