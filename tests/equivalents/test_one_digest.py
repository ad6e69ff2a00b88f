"""One picture, several spellings, one digest."""

from __future__ import annotations

import pytest

from imagewell.faces.imgix.dialect import parse
from imagewell.imaging.work import Facts
from imagewell.transform import negotiate, spelling
from imagewell.transform.canonical import canonical, digest
from imagewell.transform.model import Transformation

PHOTO = Facts("jpeg", 4000, 3000)

PICTURES: list[tuple[list[str], dict[str, object]]] = [
    (
        [
            "w=400&h=300&fit=crop",
            "h=300&f=crop&width=400",
            "w64=NDAw&height=300&fit=crop",
            "w=200&h=150&dpr=2&fit=crop",
        ],
        {"stages": [{"resize": {"width": 400, "height": 300, "fit": "crop"}}]},
    ),
    (
        ["w=50&sat=-100", "w=50&sat=-100&bri=0&blur=0&rot=0", "w=50&sat=-100&unknown=1&ixlib=js-3.8.0"],
        {"stages": [{"resize": {"width": 50}, "adjust": {"saturation": -100}}]},
    ),
    (
        ["w=0.5&fm=webp&q=60", "w=0.5&fm=webp&q=60&ar=2:1"],
        {"stages": [{"resize": {"width": "50%"}}], "output": {"format": "webp", "quality": 60}},
    ),
    (
        ["w=80&bg=f00", "w=80&bg=ff0000", "w=80&bg=ffff0000", "w=80&bg=red"],
        {"stages": [{"resize": {"width": 80}, "backdrop": {"color": "#f00"}}]},
    ),
    (
        ["txt=hi&w=90", "t=hi&w=90&txt-size=12&txt-align=bottom,right", "txt64=aGk&w=90"],
        {
            "stages": [
                {
                    "resize": {"width": 90},
                    "overlays": [
                        {"text": {"text": "hi"}, "place": {"horizontal": "right", "vertical": "bottom", "pad_px": 10}}
                    ],
                }
            ]
        },
    ),
]


def key(transformation: Transformation) -> str:
    """The digest that delivery would look under."""
    output = negotiate.settle(transformation.output, PHOTO, "")
    settled = Transformation(transformation.stages, output, transformation.frames, transformation.typeset)
    return digest("identity", {}, canonical(settled), "1")


@pytest.mark.parametrize(("queries", "document"), PICTURES, ids=[queries[0] for queries, _ in PICTURES])
def test_every_spelling_has_one_digest(queries: list[str], document: dict[str, object]) -> None:
    """imgix's aliases, base64 forms, neutral values and dpr, and the own API's JSON, all name the same derivative."""
    digests = {query: key(parse(query.encode()).transformation) for query in queries}
    digests["JSON"] = key(spelling.read(document))
    assert len(set(digests.values())) == 1, digests


def test_other_pictures_have_other_digests() -> None:
    """No two of the pictures above share a key."""
    assert len({key(spelling.read(document)) for _, document in PICTURES}) == len(PICTURES)
