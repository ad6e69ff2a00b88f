"""API keys. The secret is in the answer that makes a key, and nowhere else."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import AwareDatetime, ConfigDict, Field

from imagewell.accounts.models import Account, ApiKey
from imagewell.accounts.scopes import Scope
from imagewell.accounts.subject import Subject
from imagewell.faces.own.wire.common import EXAMPLE_ID, EXAMPLE_TIME, Id, Order, Shape, Time

EXAMPLE_KEY: dict[str, Any] = {
    "id": EXAMPLE_ID,
    "name": "website",
    "stage": "live",
    "last4": "x7Qb",
    "public_key": "public_4nR8sLq0",
    "scopes": ["assets:read", "transform"],
    "ip_allow": [],
    "domain_allow": [],
    "rate_per_minute": None,
    "expires_at": None,
    "revoked_at": None,
    "created_at": EXAMPLE_TIME,
    "updated_at": EXAMPLE_TIME,
    "last_used_at": None,
}
Name = Annotated[str, Field(min_length=1, max_length=100)]
Entries = Annotated[list[Annotated[str, Field(max_length=255)]], Field(max_length=100)]
Rate = Annotated[int, Field(ge=1, le=1_000_000)]


class KeyOut(Shape):
    """An API key without its secret."""

    model_config = ConfigDict(json_schema_extra={"example": EXAMPLE_KEY})

    id: Id
    name: str
    stage: str
    last4: str
    public_key: str
    scopes: list[str]
    ip_allow: list[str]
    domain_allow: list[str]
    rate_per_minute: int | None
    expires_at: Time | None
    revoked_at: Time | None
    created_at: Time
    updated_at: Time
    last_used_at: Time | None


class NewKeyOut(KeyOut):
    """A key just made; `key` is shown this once."""

    model_config = ConfigDict(
        json_schema_extra={"example": {**EXAMPLE_KEY, "key": "live_0123456789abcdefghijABCDEFGHIJ01AbCdEf"}}
    )

    key: str


class NewKey(Order):
    """A key to be made; without `scopes` it gets all that its maker has."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"example": {"name": "website", "scopes": ["assets:read", "transform"]}}
    )

    name: Name
    scopes: list[Scope] | None = None
    stage: Literal["live", "test"] | None = None
    ip_allow: Entries = Field(default_factory=list)
    domain_allow: Entries = Field(default_factory=list)
    rate_per_minute: Rate | None = None
    expires_at: AwareDatetime | None = None


class KeyChange(Order):
    """PATCH of a key; what is left out stays, null lifts a limit."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"example": {"name": "website (old)"}})

    name: Name | None = None
    scopes: list[Scope] | None = None
    ip_allow: Entries | None = None
    domain_allow: Entries | None = None
    rate_per_minute: Rate | None = None
    expires_at: AwareDatetime | None = None

    def details(self) -> dict[str, Any]:
        """As the service takes them; null lifts a limit."""
        lifted = ("rate_per_minute", "expires_at")
        empty: dict[str, list[str]] = {"ip_allow": [], "domain_allow": []}
        said = {name: empty.get(name) if value is None else value for name, value in self.given().items()}
        return {name: value for name, value in said.items() if value is not None or name in lifted}


class CallerOut(Shape):
    """The key that makes this request, as far as it may know itself."""

    kind: str
    id: str | None
    stage: str
    scopes: list[str]


class AccountOut(Shape):
    """The caller's account, and who the caller is in it."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "id": EXAMPLE_ID,
                "name": "default",
                "created_at": EXAMPLE_TIME,
                "caller": {"kind": "key", "id": EXAMPLE_ID, "stage": "live", "scopes": ["assets:read"]},
            }
        }
    )

    id: Id
    name: str
    created_at: Time
    caller: CallerOut


def key_out(key: ApiKey) -> KeyOut:
    """A key's row as it is shown."""
    return KeyOut(**_fields(key))


def new_key_out(key: ApiKey, text: str) -> NewKeyOut:
    """A key's row with its secret."""
    return NewKeyOut(**_fields(key), key=text)


def account_out(account: Account, subject: Subject) -> AccountOut:
    """An account as its own callers see it."""
    caller = CallerOut(
        kind=subject.kind, id=subject.key_id, stage=str(subject.stage), scopes=sorted(str(s) for s in subject.scopes)
    )
    return AccountOut(id=account.id, name=account.name, created_at=account.created_at, caller=caller)


def _fields(key: ApiKey) -> dict[str, str | list[str] | int | datetime | None]:
    return {name: getattr(key, name) for name in KeyOut.model_fields}
