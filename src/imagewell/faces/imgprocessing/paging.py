"""Pages of the list: `take` and `from` in, `links` out. `from` names the first item of the page itself."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

from imagewell.faces.imgprocessing.errors import InvalidFields, invalid
from imagewell.faces.imgprocessing.links import public_id, stored_id

DEFAULT_TAKE = 10
MAX_TAKE = 100
ABSENT = ("", "undefined")
"""What clients of the first generation send for what was not said."""
WHOLE = re.compile(r"[+-]?[0-9]{1,20}")


@dataclass(frozen=True, slots=True)
class Wanted:
    """How many, and the asset's id that the page begins with; None is the newest."""

    take: int = DEFAULT_TAKE
    start: str | None = None


def read(query: Mapping[str, str]) -> Wanted:
    """What a query asks for. Raises: InvalidFields for both, where both are wrong."""
    errors: dict[str, list[str]] = {}
    take, start = query.get("take", ""), query.get("from", "")
    wanted = DEFAULT_TAKE
    if take not in ABSENT:
        if not WHOLE.fullmatch(take):
            errors["take"] = ["take must be an integer."]
        elif not 1 <= int(take) <= MAX_TAKE:
            errors["take"] = [f"take must be between 1 and {MAX_TAKE}."]
        else:
            wanted = int(take)
    found = None if start in ABSENT else stored_id(start)
    if found is None and start not in ABSENT:
        errors["from"] = [NO_IMAGE]
    if errors:
        raise InvalidFields(errors)
    return Wanted(wanted, found)


NO_IMAGE = "from must be the id of an image."


def unknown_start() -> InvalidFields:
    """The refusal of a `from` that no image of the caller has."""
    return invalid("from", NO_IMAGE)


def link(path_url: str, take: int, asset_id: str | None) -> str | None:
    """The address of the page that begins with an asset; None at the ends."""
    if asset_id is None:
        return None
    return f"{path_url}?{urlencode({'take': take, 'from': public_id(asset_id)})}"
