"""Where fonts are found: IMAGEWELL_RENDER__FONTS__FOLDER and so on."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

CHECKOUT = Path(__file__).resolve().parents[3] / "fonts"


class FontSettings(BaseModel):
    """Where fonts are found.

    folder: holds `families.json` and the packages that `npm ci` installs from the lock file beside it.
    extra: folders of TTF and OTF files whose families can be named too.
    cache: a folder for fontconfig's own files; by default a private one below the system's temporary folder.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    folder: Path = CHECKOUT
    extra: Annotated[tuple[Path, ...], Field(max_length=32)] = ()
    cache: Path | None = None
