"""What the first start prints: where the server listens, a first key, a line that uploads, a URL that shows."""

from __future__ import annotations

import sys

from imagewell.accounts.service import DEFAULT_ACCOUNT
from imagewell.accounts.subject import system
from imagewell.errors import Conflict
from imagewell.pages import PageRequest
from imagewell.runtime import Runtime

EXAMPLE = "w=800&h=450&fit=crop&auto=format"


async def welcome(runtime: Runtime) -> None:
    """Say where the server listens; on the first start make a key and show it, this once."""
    url = runtime.settings.url
    lines = [f"Imagewell listens on {url}  ·  API: {url}/docs"]
    key = await first_key(runtime)
    if key is not None:
        lines += [
            "",
            "Your first key (it has every scope, and is shown only now):",
            f"    {key}",
            "",
            f"Upload a photograph (`{sys.argv[0]} sample photo.jpg` draws one):",
            f'    curl -H "Authorization: Bearer {key}" -F file=@photo.jpg {url}/v1/assets',
            "",
            "Then look at it, 800 × 450, in the best format your browser takes:",
            f"    {url}/i/library/photo.jpg?{EXAMPLE}",
            "",
        ]
    print("\n".join(lines), flush=True)


async def first_key(runtime: Runtime) -> str | None:
    """A key for the default account when it never had one."""
    account = await runtime.accounts.account_named(DEFAULT_ACCOUNT)
    had = await runtime.accounts.keys.list(system(account.id), PageRequest(limit=1), revoked=True)
    if had.items:
        return None
    try:
        _, key = await runtime.accounts.keys.make(account.id, name="first key")
    except Conflict:  # another process was first
        return None
    return key
