"""An original as delivery knows it: which bytes, what they are, where they came from."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from imagewell.imaging.work import Facts


@dataclass(frozen=True, slots=True)
class Original:
    """Bytes as they came in, managed by us or fetched from an origin.

    identity: sha256 of the bytes, 64 hex digits; what a derivative's digest is made from. key: of the blob in the
    store. size: bytes. modified_at: when these bytes became the current ones. path: absolute, "/a/b.jpg". focus: focal
    point as shares of width and height. private: only to be handed out under a valid signature. max_age_s: freshness
    the origin asked for, if any. gone_at: the moment from which on it is not there any more, if there is one.
    """

    identity: str
    key: str
    size: int
    facts: Facts
    content_type: str
    modified_at: datetime
    path: str
    asset_id: str | None = None
    focus: tuple[float, float] | None = None
    private: bool = False
    max_age_s: int | None = None
    gone_at: datetime | None = None
