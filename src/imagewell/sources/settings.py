"""The knobs of fetching: IMAGEWELL_FETCH__ALLOW_NETWORKS, IMAGEWELL_FETCH__MAX_BYTES and so on."""

from __future__ import annotations

from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field
from pydantic_settings import NoDecode


def _networks(value: Any) -> Any:
    """`127.0.0.0/8,fd00::/8` as a list; anything but text is left to pydantic."""
    if not isinstance(value, str):
        return value
    return [ip_network(part.strip()) for part in value.split(",") if part.strip()]


Networks = Annotated[tuple[IPv4Network | IPv6Network, ...], NoDecode, BeforeValidator(_networks)]
"""Comma-separated in the environment (hence `NoDecode`: it is not JSON)."""


class FetchSettings(BaseModel):
    """How the server fetches from elsewhere.

    allow_networks: networks that may be reached although they are not public: tests, origins inside.
    max_bytes: of one file, after decompression.
    connect_timeout_s, read_timeout_s: for one connection, and for the next piece of an answer to arrive.
    total_s: for one fetch, name look-up and redirects included.
    max_connections: to all origins together; a fetch that finds none free within `connect_timeout_s` is Busy.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    allow_networks: Networks = ()
    max_bytes: Annotated[int, Field(ge=1)] = 500 * 1024 * 1024
    max_redirects: Annotated[int, Field(ge=0, le=20)] = 4
    connect_timeout_s: Annotated[float, Field(gt=0, le=60)] = 4.0
    read_timeout_s: Annotated[float, Field(gt=0, le=60)] = 5.0
    total_s: Annotated[float, Field(gt=0, le=600)] = 20.0
    max_connections: Annotated[int, Field(ge=1, le=10_000)] = 64
    user_agent: Annotated[str, Field(min_length=1, max_length=200, pattern=r"^[ -~]+$")] = "imgix/3.0 (Imagewell)"
    """Hosted origins know their caller by `imgix/`; configurations that filter on it keep working."""
