"""The picture model as JSON."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from imagewell.transform import spelling
from imagewell.transform.model import (
    IDENTITY,
    ColorOverlay,
    Fit,
    Format,
    ImageOverlay,
    Output,
    Resize,
    Stage,
    Text,
    TextOverlay,
    Transformation,
)
from imagewell.transform.values import BLACK, Length, Ratio


def test_defaults_are_left_out():
    """The document says only what is asked for."""
    asked = Transformation(
        (Stage(resize=Resize(Length(400), Length(0.5, True), Fit.CROP, Ratio(16, 9))),), Output(Format.WEBP, quality=80)
    )
    assert spelling.spell(asked) == {
        "stages": [{"resize": {"width": 400, "height": "50%", "fit": "crop", "ratio": "16:9"}}],
        "output": {"format": "webp", "quality": 80},
    }
    assert spelling.spell(IDENTITY) == {}
    assert spelling.read({}) == IDENTITY


def test_overlays_are_told_apart_by_what_they_hold():
    """An overlay is read as the kind whose field it has, and comes back as that kind."""
    overlays = (ImageOverlay("/a.png"), ColorOverlay(BLACK), TextOverlay(Text("Hello")))
    asked = Transformation((Stage(overlays=overlays),))
    assert spelling.read(spelling.spell(asked)) == asked


@pytest.mark.parametrize(
    ("document", "at"),
    [
        ({"stage": []}, ("stage",)),
        ({"stages": [{"resize": {"wide": 1}}]}, ("stages", 0, "resize", "wide")),
        ({"stages": [{"resize": {"fit": "stretch"}}]}, ("stages", 0, "resize", "fit")),
        ({"stages": [{"resize": {"width": "wide"}}]}, ("stages", 0, "resize", "width")),
        ({"stages": [{"dpr": 6}]}, ("stages", 0, "dpr")),
        ({"stages": [{"overlays": [{"opacity": 5}]}]}, ("stages", 0, "overlays", 0)),
        ({"output": {"quality": 101}}, ("output", "quality")),
        ({"output": {"format": "bmp"}}, ("output", "format")),
    ],
)
def test_faults_are_found_by_their_path(document, at):
    """Unknown names, values out of range and overlays of no kind are refused where they are."""
    with pytest.raises(ValidationError) as refused:
        spelling.read(document)
    assert refused.value.errors()[0]["loc"] == at
