"""One picture in the words of IMG Processing, of imgix and of our own API: one digest."""

from __future__ import annotations

from typing import Any

import pytest
from tests.equivalents.test_one_digest import PHOTO, key

from imagewell.faces.imgix.dialect import parse
from imagewell.faces.imgprocessing.dialect import READERS, Rules
from imagewell.faces.imgprocessing.fields import Fields
from imagewell.transform import spelling

KEPT = {"format": "jpeg", "quality": 90}

PICTURES: list[tuple[str, dict[str, Any], str, dict[str, Any]]] = [
    ("resize", {"width": 400}, "w=400", {"resize": {"width": 400}}),
    ("resize", {"height": 300, "fit": "cover"}, "h=300", {"resize": {"height": 300}}),
    (
        "resize",
        {"width": 400, "height": 400},
        "w=400&h=400&fit=scale",
        {"resize": {"width": 400, "height": 400, "fit": "scale"}},
    ),
    (
        "resize",
        {"width": 400, "height": 400, "fit": "cover"},
        "w=400&h=400&fit=crop",
        {"resize": {"width": 400, "height": 400, "fit": "crop"}},
    ),
    (
        "resize",
        {"width": 100, "height": 400, "fit": "cover", "position": "top-left"},
        "w=100&h=400&fit=crop&crop=top,left",
        {"resize": {"width": 100, "height": 400, "fit": "crop", "focus": ["top", "left"]}},
    ),
    (
        "resize",
        {"width": 400, "height": 400, "fit": "contain", "letterbox_color": "orange"},
        "w=400&h=400&fit=fill&fill=solid&fill-color=ffa500",
        {"resize": {"width": 400, "height": 400, "fit": "fill", "fill": {"color": "#ffa500"}}},
    ),
    (
        "crop",
        {"x1": 10, "y1": 20, "x2": 310, "y2": 220},
        "rect=10,20,300,200",
        {"region": {"x": 10, "y": 20, "width": 300, "height": 200}},
    ),
    ("mirror", {"mode": "horizontal"}, "flip=h", {"flip": "h"}),
    ("mirror", {"mode": "vertical"}, "flip=v", {"flip": "v"}),
    ("mirror", {"mode": "both"}, "flip=hv", {"flip": "hv"}),
    ("blur", {"sigma": 12}, "blur=120", {"stylize": {"blur": 120}}),
    ("convert", {"format": "jpg"}, "", {}),
]


@pytest.mark.parametrize(
    ("operation", "body", "query", "stage"), PICTURES, ids=[f"{each[0]} {each[1]}" for each in PICTURES]
)
def test_three_languages_name_one_picture(
    operation: str, body: dict[str, Any], query: str, stage: dict[str, Any]
) -> None:
    """Whoever asked first, the others are served what was made."""
    digests = {
        "IMG Processing": key(READERS[operation](Fields(body), PHOTO, Rules())),
        "imgix": key(parse(f"{query}&fm=jpg&q=90".lstrip("&").encode()).transformation),
        "JSON": key(spelling.read({"stages": [stage] if stage else [], "output": KEPT})),
    }
    assert len(set(digests.values())) == 1, digests
