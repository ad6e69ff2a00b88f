"""IMAGEWELL_FACES__*, IMAGEWELL_RATES__*, IMAGEWELL_UPLOADS__*."""

from __future__ import annotations

from ipaddress import IPv4Network, IPv6Network
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

Network = IPv4Network | IPv6Network


class FaceSettings(BaseModel):
    """One face: the host names it owns besides its built-in ones, and whether it answers at all."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    enabled: bool = True
    hosts: tuple[str, ...] = ()


class FacesSettings(BaseModel):
    """IMAGEWELL_FACES__*."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    imager: FaceSettings = FaceSettings()
    imgix: FaceSettings = FaceSettings()
    imgprocessing: FaceSettings = FaceSettings()
    imagekit: FaceSettings = FaceSettings()
    imagior: FaceSettings = FaceSettings()
    own: FaceSettings = FaceSettings()
    trusted_proxies: tuple[Network, ...] = ()
    """Peers whose `X-Forwarded-For` is believed; the last address in it that is not one of them is the client's."""
    metrics_networks: tuple[Network, ...] = (IPv4Network("127.0.0.0/8"), IPv6Network("::1/128"))
    """Who may read `/metrics`."""

    def each(self) -> tuple[FaceSettings, ...]:
        """The settings of every face."""
        return self.imager, self.imgix, self.imgprocessing, self.imagekit, self.imagior, self.own


class RatesSettings(BaseModel):
    """IMAGEWELL_RATES__*. A figure of 0 is no limit; `enabled` false switches all of them off."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    enabled: bool = True
    own_per_minute: Annotated[int, Field(ge=0)] = 1_200
    """Requests a minute with one key on the own API."""
    imager_per_hour: Annotated[int, Field(ge=0)] = 1_000
    """Requests an hour with one key on the Imager face."""
    imgprocessing_live_per_minute: Annotated[int, Field(ge=0)] = 100
    """Requests a minute with one live key on the IMG Processing face."""
    imgprocessing_test_per_minute: Annotated[int, Field(ge=0)] = 10
    """The same with a test key."""
    unauthenticated_per_minute: Annotated[int, Field(ge=0)] = 60
    """Requests a minute without a valid key, from one address."""


class UploadSettings(BaseModel):
    """IMAGEWELL_UPLOADS__*: what a request with a body may be."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    max_bytes: Annotated[int, Field(ge=1)] = 100 * 1024 * 1024
    """Largest file of one upload."""
    max_json_bytes: Annotated[int, Field(ge=1024)] = 1024 * 1024
    """Largest JSON body."""
    max_parts: Annotated[int, Field(ge=1, le=10_000)] = 100
    max_field_bytes: Annotated[int, Field(ge=1)] = 64 * 1024
    """Largest text field of a form."""
    max_part_header_bytes: Annotated[int, Field(ge=128)] = 4096
    stall_timeout_s: Annotated[float, Field(gt=0, le=30)] = 20.0
    """A body of which nothing arrives for so long is cut."""
    min_bytes_per_s: Annotated[int, Field(ge=1)] = 1024
    """After the first `stall_timeout_s` a body must have arrived at this speed on average, or it is cut."""
    max_seconds: Annotated[float, Field(gt=0)] = 3_600.0
    """No body may take longer."""
