"""Which engines a transformation goes to."""

from __future__ import annotations

from typing import Any

import pytest

from imagewell.transform import spelling
from imagewell.transform.needs import engines_of

SQUARE = {"width": 9, "height": 9}


@pytest.mark.parametrize(
    ("document", "engines"),
    [
        ({}, set()),
        ({"stages": [{"resize": SQUARE | {"fit": "crop", "focus": ["entropy", "top"]}}]}, set()),
        ({"stages": [{"resize": SQUARE | {"fit": "crop", "focus": ["faces"]}}]}, {"faces"}),
        ({"stages": [{"resize": SQUARE | {"fit": "crop", "focus": ["entropy", "faces"]}}]}, {"faces"}),
        ({"stages": [{"resize": SQUARE | {"fit": "crop", "focus": ["top", "faces"]}}]}, set()),
        ({"stages": [{"resize": SQUARE | {"fit": "fill", "focus": ["faces"]}}]}, set()),
        ({"stages": [{"resize": SQUARE | {"fit": "facearea"}}]}, {"faces"}),
        ({"stages": [{"overlays": [SQUARE | {"image": "/a", "fit": "crop", "focus": ["faces"]}]}]}, {"faces"}),
        ({"stages": [{"overlays": [{"image": "/a"}, {"text": {"text": "faces"}}]}]}, set()),
        ({"output": {"format": "json", "faces": True}}, {"faces"}),
        ({"output": {"format": "png", "faces": True}}, set()),
        ({"stages": [{"cutout": {}}]}, {"background-removal"}),
        ({"stages": [{"cutout": {}}, {"resize": {"fit": "facearea"}}]}, {"background-removal", "faces"}),
    ],
)
def test_engines_of(document: dict[str, Any], engines: set[str]) -> None:
    """An engine is named only where something can come of it."""
    assert engines_of(spelling.read(document)) == engines
