"""The reference page: complete, and the one that is in the docs."""

from __future__ import annotations

import re
from pathlib import Path

from imagewell.faces.imgix.params_engines import ABSENT
from imagewell.faces.imgix.reference import page
from imagewell.faces.imgix.table import BEYOND, REGISTRY
from imagewell.faces.kit.dialect import Tier

PAGE = Path(__file__).parents[3] / "docs" / "imgix.md"


def test_page_is_current() -> None:
    """docs/imgix.md is what the table makes; run `python -m imagewell.faces.imgix.reference` when it is not."""
    assert PAGE.read_text("utf-8") == page()


def test_every_parameter_has_its_row() -> None:
    """Each name has one row, with every alias and what it means."""
    rows = {match[1]: match[0] for match in re.finditer(r"^\| `([a-z0-9-]+)` \|.*$", page(), re.MULTILINE)}
    assert set(rows) == {param.name for param in (*REGISTRY, *BEYOND)}
    for param in REGISTRY:
        assert all(f"`{alias}`" in rows[param.name] for alias in param.aliases)
        assert param.about in rows[param.name]
        assert param.value
        assert rows[param.name].endswith(" |")


def test_what_is_not_served_says_so() -> None:
    """Parameters that need an engine, and those of video, are marked."""
    lines = page().splitlines()
    for param in REGISTRY:
        (line,) = (line for line in lines if line.startswith(f"| `{param.name}` |"))
        assert ("| no engine yet |" in line) == (param.group == ABSENT)
        assert ("| with its engine |" in line) == (param.tier is Tier.AI and param.group != ABSENT)
        assert ("| no |" in line) == (param.tier is Tier.VIDEO)
