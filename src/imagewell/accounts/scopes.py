"""What a key may be allowed to do. A protocol's own permissions are sets of these, listed in its `auth.py`."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum

from imagewell.errors import InvalidParameter


class Scope(StrEnum):
    """One permission; its value is its spelling in JSON and on the command line."""

    assets_read = "assets:read"
    assets_write = "assets:write"
    folders_read = "folders:read"
    folders_write = "folders:write"
    transform = "transform"
    purge = "purge"
    sources_read = "sources:read"
    sources_write = "sources:write"
    usage_read = "usage:read"
    jobs_read = "jobs:read"
    jobs_write = "jobs:write"
    keys_manage = "keys:manage"
    users_manage = "users:manage"
    accounts_manage = "accounts:manage"


ALL_SCOPES = frozenset(Scope)


def read_scopes(names: Iterable[str]) -> frozenset[Scope]:
    """The scopes behind their spellings. Raises: InvalidParameter for a name that is none."""
    found = set()
    for name in names:
        try:
            found.add(Scope(name))
        except ValueError:
            raise InvalidParameter("scopes", name, "any of " + ", ".join(Scope)) from None
    return frozenset(found)
