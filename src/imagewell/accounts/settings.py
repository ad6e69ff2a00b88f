"""Knobs of accounts, keys and users; variables `IMAGEWELL_ACCOUNTS__*`."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field


class AccountsSettings(BaseModel):
    """Ceilings and lifetimes."""

    model_config = ConfigDict(frozen=True)

    max_keys: Annotated[int, Field(ge=1)] = Field(
        20, description="Keys of one account that are neither revoked nor expired."
    )
    cache_s: Annotated[float, Field(ge=0, le=5)] = Field(
        5, description="How long a process trusts what it knows of a key; revoking in another process takes this long."
    )
    last_used_every_s: Annotated[float, Field(ge=1)] = Field(60, description="A key's last use is written this often.")
    idempotency_s: Annotated[int, Field(ge=60)] = Field(86_400, description="How long first answers are kept.")
    idempotency_hold_s: Annotated[int, Field(ge=5)] = Field(
        120, description="After this time without an answer a request under an idempotency key may be tried again."
    )
    min_password: Annotated[int, Field(ge=8)] = Field(12, description="Shortest password, in characters.")
