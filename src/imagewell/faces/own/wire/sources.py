"""Sources. Their signing tokens and passwords go in and are never shown again, but for a token just made."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field

from imagewell.faces.own.wire.common import EXAMPLE_ID, EXAMPLE_TIME, Id, Order, Shape, Time
from imagewell.sources.view import SourceConfig, SourceView

Label = Annotated[str, Field(pattern="^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$", examples=["shop"])]
Hosts = Annotated[list[Annotated[str, Field(min_length=1, max_length=253)]], Field(max_length=100)]

EXAMPLE_CONFIG = SourceConfig(base_url="https://origin.example.com/pictures").model_dump(mode="json")
EXAMPLE_SOURCE: dict[str, Any] = {
    "id": EXAMPLE_ID,
    "name": "shop",
    "type": "webfolder",
    "enabled": True,
    "url": "https://images.example.com/i/shop",
    "subdomains": ["shop"],
    "custom_domains": ["img.example.com"],
    "token_count": 1,
    "secrets": ["password", "username"],
    "config": EXAMPLE_CONFIG,
    "created_at": EXAMPLE_TIME,
    "updated_at": EXAMPLE_TIME,
}


class SourceOut(Shape):
    """A source. `token_count`: signing tokens that verify; `secrets`: names of those that are set."""

    model_config = ConfigDict(json_schema_extra={"example": EXAMPLE_SOURCE})

    id: Id
    name: str
    type: str
    enabled: bool
    url: str
    subdomains: list[str]
    custom_domains: list[str]
    token_count: int
    secrets: list[str]
    config: SourceConfig
    created_at: Time
    updated_at: Time


class SourceSecrets(Order):
    """What the origin asks for; null takes one away."""

    username: Annotated[str, Field(max_length=1024)] | None = None
    password: Annotated[str, Field(max_length=1024)] | None = None


class SourceChange(Order):
    """PATCH of a source; what is left out stays, fields of `config` one by one."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"example": {"config": {"secure_url_enabled": True, "robots": "disallow-all"}}},
    )

    name: Label | None = None
    enabled: bool | None = None
    subdomains: Hosts | None = None
    custom_domains: Hosts | None = None
    config: SourceConfig | None = None
    secrets: SourceSecrets | None = None

    def details(self) -> dict[str, Any]:
        """As the service takes them."""
        said = {name: value for name, value in self.given().items() if value is not None and name != "type"}
        if self.config is not None:
            said["config"] = self.config.model_dump(mode="json", exclude_unset=True)
        if self.secrets is not None:
            said["secrets"] = self.secrets.given()
        return said


class NewSource(SourceChange):
    """A source to be made."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "example": {
                "name": "shop",
                "type": "webfolder",
                "config": {"base_url": "https://origin.example.com/pictures"},
            }
        },
    )

    name: Label
    type: Literal["local", "webfolder"]


class NewToken(Order):
    """A new signing token. Without `keep_previous` the older ones stop at once."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"example": {"keep_previous": True}})

    keep_previous: bool = True


class TokenOut(Shape):
    """A signing token just made, shown this once."""

    model_config = ConfigDict(
        json_schema_extra={"example": {"token": "3f1c9a7b2d4e6f8091a2b3c4d5e6f708192a3b4c5d6e7f80", "token_count": 2}}
    )

    token: str
    token_count: int


def source_out(source: SourceView, public_url: str) -> SourceOut:
    """A source as it is shown."""
    return SourceOut(
        id=source.id,
        name=source.name,
        type=source.type,
        enabled=source.enabled,
        url=f"{public_url}/i/{source.name}",
        subdomains=list(source.subdomains),
        custom_domains=list(source.custom_domains),
        token_count=len(source.tokens),
        secrets=sorted(source.secrets),
        config=SourceConfig(**{name: getattr(source, name) for name in SourceConfig.model_fields}),
        created_at=source.created_at,
        updated_at=source.updated_at,
    )
