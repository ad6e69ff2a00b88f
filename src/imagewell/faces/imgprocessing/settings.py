"""IMAGEWELL_IMGPROCESSING__*."""

from __future__ import annotations

import re
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field
from pydantic_settings import NoDecode

from imagewell.transform.values import Color

PATTERN = re.compile(r"https?://(\*\.)?[a-z0-9_-]+(\.(\*|[a-z0-9_-]+))*(:[0-9]{1,5})?/\*")
SITE = re.compile(r"https?://[^/?#\s@]+(/[^?#\s]*)?")


def _listed(value: Any) -> Any:
    return [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value


def _pattern(value: str) -> str:
    if not PATTERN.fullmatch(value.lower()):
        raise ValueError("a pattern is scheme, host and /*, such as https://*.example.com/* or http://minio:9000/*")
    return value.lower()


def _site(value: str | None) -> str | None:
    if value is not None and not SITE.fullmatch(value):
        raise ValueError("an absolute http or https URL without a query")
    return None if value is None else value.rstrip("/")


def _folder(value: str | None) -> str | None:
    site = _site(value)
    if site is not None and "/" not in site.partition("://")[2]:
        raise ValueError("a URL with a path, such as https://files.example.com/images")
    return site


def _color(value: str) -> str:
    Color.parse(value)
    return value


Patterns = Annotated[tuple[Annotated[str, AfterValidator(_pattern)], ...], NoDecode, BeforeValidator(_listed)]
"""Comma-separated in the environment."""
Names = Annotated[tuple[str, ...], NoDecode, BeforeValidator(_listed)]
Site = Annotated[str | None, AfterValidator(_site)]


class ImgProcessingSettings(BaseModel):
    """The IMG Processing face: its ceilings, where it may import from, and what its sources leave open."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    public_url: Site = None
    """How its clients reach it, without `/v1`: what links of a list begin with. The server's own public URL and the
    face's prefix when unset; on a host of the face's own, that host."""
    files_url: Annotated[str | None, AfterValidator(_folder)] = None
    """What the addresses of published pictures begin with; `<public URL>/images` when unset."""
    errors_url: Site = None
    """What the `type` of an error begins with; the face's own pages when unset."""
    max_pixels: Annotated[int, Field(ge=1)] = 50_000_000
    """Of a picture that comes in, and of the result of a resize or a rotation."""
    max_file_bytes: Annotated[int, Field(ge=1)] = 20 * 1024 * 1024
    """Of a file that comes in, uploaded or fetched."""
    add_import_patterns: Patterns = ()
    """Places that pictures may be imported from by URL besides the built-in ones, such as `https://*.example.com/*`."""
    remove_import_patterns: Patterns = ()
    """Built-in places that they may not be imported from."""
    flatten_color: Annotated[str, AfterValidator(_color)] = "#ffffff"
    """What lies under clear pixels when a picture becomes a JPEG."""
    modulate_first_generation: bool = False
    """`modulate` always means the multipliers of the API's first clients, also without `hue` or `lightness`."""
    allow_text_for_test_keys: bool = False
    """Test keys may extract text too."""
    deadline_s: Annotated[float, Field(gt=0, le=600)] = 9.0
    """Longest that a call with a model behind it may take; clients of the first generation give up after 10 s."""
    patient_deadline_s: Annotated[float, Field(gt=0, le=600)] = 55.0
    """The same for clients of the second generation, which wait for 60 s."""
    import_s: Annotated[float, Field(gt=0, le=600)] = 10.0
    """Longest that the download of an imported picture may take; never longer than the deadline above."""
    cors_origins: Names = ()
    """Origins of web pages that may call this API, or `*`; none when empty."""
