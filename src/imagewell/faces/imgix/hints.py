"""Client hints: what the browser says of itself, where the URL opts in with `ch`.

`Width` takes the place of `w`, `DPR` of `dpr`, `Save-Data: on` brings quality down to 45. Whatever a URL opts in to
stands in Vary, whether or not the hint came.
"""

from __future__ import annotations

from typing import NamedTuple

from imagewell.faces.imgix.bag import Bag
from imagewell.faces.imgix.table import TABLE
from imagewell.transform.values import finite, plain

SAVING_QUALITY = 45
HEADERS = {"width": "Width, Sec-CH-Width", "dpr": "DPR, Sec-CH-DPR", "save-data": "Save-Data"}
"""Every header that is read for a hint: one that Vary does not name would reach others through a shared cache."""


class Hints(NamedTuple):
    """The headers as they came; empty where none did."""

    width: str = ""
    dpr: str = ""
    save_data: str = ""


NO_HINTS = Hints()


def wanted(bag: Bag) -> tuple[str, ...]:
    """Which hints the URL opts in to."""
    try:
        return tuple(dict.fromkeys(TABLE.by_name["ch"].read.read(bag["ch"])))
    except (KeyError, ValueError):
        return ()


def apply(bag: Bag, names: tuple[str, ...], hints: Hints) -> None:
    """Write the hints into the bag, over what the URL says itself. A hint that cannot be read is passed over."""
    width = _above_zero(hints.width)
    if "width" in names and width is not None:
        bag["w"] = plain(max(width, 2.0))
    dpr = _above_zero(hints.dpr)
    if "dpr" in names and dpr is not None:
        bag["dpr"] = plain(dpr)
    if "save-data" in names and hints.save_data.lower() == "on":
        bag["q"] = str(min(_quality(bag), SAVING_QUALITY))


def vary(names: tuple[str, ...]) -> str:
    """The part of Vary that the opted-in hints make."""
    return ", ".join(HEADERS[name] for name in names)


def _above_zero(text: str) -> float | None:
    try:
        found = finite(text)
    except ValueError:
        return None
    return found if found > 0 else None


def _quality(bag: Bag) -> int:
    try:
        quality: int = TABLE.by_name["q"].read.read(bag["q"])
    except (KeyError, ValueError):
        return SAVING_QUALITY
    return quality
