"""A source as delivery and faces see it: a frozen snapshot with its tokens in the clear."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

Scalar = str | int | float | bool
ShortText = Annotated[str, Field(max_length=2048)]
TtlSeconds = Annotated[int, Field(ge=1, le=31_536_000)]


class SourceConfig(BaseModel):
    """How one source is set up.

    base_url: where a web folder's files lie; paths are put behind it. path_prefix: folder of the library that a local
    source shows, "" for all of it. default_params: put under the parameters of every request. image_missing,
    image_error: address of a picture to send instead; `…_append_qs` renders it with the request's own parameters.
    cache_ttl_value, cache_ttl_error: seconds. robots: what /robots.txt says.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    base_url: ShortText | None = None
    path_prefix: ShortText = ""
    annotation: ShortText = ""
    secure_url_enabled: bool = False
    default_params: dict[Annotated[str, Field(max_length=64)], Scalar] = Field(default_factory=dict, max_length=64)
    image_missing: ShortText | None = None
    image_missing_append_qs: bool = False
    image_error: ShortText | None = None
    image_error_append_qs: bool = False
    cache_ttl_behavior: Literal["respect_origin", "override_origin", "enforce_minimum"] = "respect_origin"
    cache_ttl_value: TtlSeconds = 31_536_000
    cache_ttl_error: TtlSeconds = 300
    crossdomain_xml_enabled: bool = False
    robots: Literal["origin", "allow-all", "disallow-all"] = "origin"


class SourceView(SourceConfig):
    """A source with its names and secrets. Compare tokens in constant time; neither they nor secrets are printed.

    custom_domains: whole host names. subdomains: labels below a delivery domain, the first being the name itself.
    tokens: signing tokens, newest first; a URL signed with any of them is good. stage: of the assets a local source
    shows.
    """

    id: str
    account_id: str
    stage: str
    name: str
    type: Literal["local", "webfolder"]
    enabled: bool
    custom_domains: tuple[str, ...] = ()
    subdomains: tuple[str, ...] = ()
    tokens: tuple[str, ...] = Field(default=(), repr=False)
    secrets: dict[str, str] = Field(default_factory=dict, repr=False)
    revision: int = 1
    created_at: datetime
    updated_at: datetime
