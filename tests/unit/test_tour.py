"""The tour through the code names only what is there."""

from __future__ import annotations

import importlib
import re
from pathlib import Path

import pytest

TOUR = Path(__file__).parents[2] / "docs" / "tour.md"
NAMES = sorted(set(re.findall(r"`(imagewell\.[\w.]+)`", TOUR.read_text())))


@pytest.mark.parametrize("name", NAMES)
def test_name_in_the_tour_exists(name: str) -> None:
    """A module, class, function or method that the tour names can be found under that name."""
    parts = name.split(".")
    for length in range(len(parts), 0, -1):
        try:
            found: object = importlib.import_module(".".join(parts[:length]))
        except ModuleNotFoundError:
            continue
        for attribute in parts[length:]:
            found = getattr(found, attribute)
        return
    raise AssertionError(f"{name} is nowhere")
