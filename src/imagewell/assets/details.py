"""Checking what is said about an asset."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, cast

from imagewell.assets.settings import AssetsSettings
from imagewell.assets.values import Details
from imagewell.db.text import storable, storable_json
from imagewell.errors import InvalidParameter

MAX_TITLE_CHARS = 255
MAX_TAG_CHARS = 200
MAX_DESCRIPTION_CHARS = 10_000
MAX_COORDINATE_PX = 1_000_000


def checked(details: Mapping[str, Any], settings: AssetsSettings) -> Details:
    """The same details in their stored form. Raises: InvalidParameter."""
    said: dict[str, Any] = dict(details)
    if said.get("title") is not None:
        said["title"] = storable("title", said["title"], max_chars=MAX_TITLE_CHARS)
    if "tags" in said:
        said["tags"] = clean_tags("tags", said["tags"] or (), settings.max_tags)
    if "description" in said:
        text = said["description"] or ""
        # Line breaks are part of a description; nothing else that is invisible is.
        lines = text.splitlines() if isinstance(text, str) else [text]
        parts = [storable("description", line, max_chars=MAX_DESCRIPTION_CHARS, empty=True) for line in lines]
        said["description"] = storable_length("description", "\n".join(parts), MAX_DESCRIPTION_CHARS)
    if "custom" in said:
        said["custom"] = _custom(said["custom"], settings.max_custom_bytes)
    if said.get("focus") is not None:
        said["focus"] = _numbers("focus", said["focus"], 2, 1.0)
    if said.get("focus_box") is not None:
        said["focus_box"] = list(_numbers("focus_box", said["focus_box"], 4, MAX_COORDINATE_PX))
    return cast(Details, said)


def clean_tags(name: str, tags: Iterable[object], most: int) -> list[str]:
    """Tags without blanks at their ends and without repeats, in their order."""
    found = list(dict.fromkeys(storable(name, tag, max_chars=MAX_TAG_CHARS).strip() for tag in tags))
    if len(found) > most:
        raise InvalidParameter(name, f"{len(found)} tags", f"at most {most}")
    return found


def storable_length(name: str, text: str, max_chars: int) -> str:
    """`text`, if it is not too long."""
    if len(text) > max_chars:
        raise InvalidParameter(name, text, f"at most {max_chars} characters")
    return text


def _custom(value: object, max_bytes: int) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise InvalidParameter("custom", value, "a JSON object")
    return dict(storable_json("custom", value, max_bytes=max_bytes))


def _numbers(name: str, value: Any, count: int, most: float) -> tuple[float, ...]:
    try:
        numbers = tuple(float(number) for number in value)
    except (TypeError, ValueError):
        numbers = ()
    if len(numbers) != count or not all(0 <= number <= most for number in numbers):
        raise InvalidParameter(name, value, f"{count} numbers from 0 to {most:g}, or null")
    return numbers
