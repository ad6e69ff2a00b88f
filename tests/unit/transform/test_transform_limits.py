"""What is refused before anything is rendered, and how the refusal says so."""

from __future__ import annotations

from math import inf, nan

import pytest
from pydantic import BaseModel

from imagewell.errors import InvalidParameter, TooLarge
from imagewell.transform.limits import Limits, check, check_picture, references
from imagewell.transform.model import (
    IDENTITY,
    Adjust,
    Backdrop,
    Border,
    ColorOverlay,
    Fill,
    FocalPoint,
    Frames,
    Gradient,
    ImageOverlay,
    Mask,
    Output,
    Pad,
    Place,
    Region,
    Resize,
    Stage,
    Text,
    TextOverlay,
    Transformation,
)
from imagewell.transform.values import BLACK, Color, Length, Ratio, Size

LIMITS = Limits()


def of(**operations) -> Transformation:
    return Transformation((Stage(**operations),))


def text(size_px: float = 12.0, letters: int = 1) -> TextOverlay:
    return TextOverlay(Text("x" * letters, size_px=size_px))


def gradient(center: float) -> Resize:
    return Resize(fill=Fill("gradient", gradient=Gradient("radial", center_x=Length(center))))


@pytest.mark.parametrize(
    "fine",
    [
        IDENTITY,
        of(resize=Resize(Length(8192), Length(0.001, True))),
        of(overlays=(ImageOverlay("/a.png", place=Place(x=Length(-900))), text(2000.0, 25))),
        Transformation((Stage(),) * 20, Output(quality=100)),
    ],
)
def test_what_can_be_rendered_is_let_through(fine):
    """The largest that is allowed is allowed."""
    check(fine, LIMITS)


@pytest.mark.parametrize(
    ("asked", "unit"),
    [
        (Transformation((Stage(),) * 21), "stages"),
        (Transformation((Stage(overlays=(ColorOverlay(BLACK),) * 21),) * 2), "overlays"),
        (of(overlays=tuple(ImageOverlay(f"/{index}.png") for index in range(11))), "other pictures"),
        (of(overlays=(text(letters=4001),) * 5), "characters of text"),
        (of(overlays=(text(2000.0, 26),)), "pixels of text"),
        (of(dpr=5.0, overlays=(text(500.0, 17),)), "pixels of text"),
        (Transformation((Stage(dpr=2.0),), typeset=Text("x" * 30, size_px=1000.0)), "pixels of text"),
    ],
)
def test_too_much_of_something(asked, unit):
    """More stages, overlays, pictures or text than the limits allow is too large, and the refusal says of what."""
    with pytest.raises(TooLarge) as refused:
        check(asked, LIMITS)
    assert refused.value.unit == unit


@pytest.mark.parametrize(
    ("asked", "field"),
    [
        (of(resize=Resize(Length(0))), "stages[0].resize.width"),
        (of(resize=Resize(None, Length(-0.5, True))), "stages[0].resize.height"),
        (of(resize=Resize(Length(inf))), "stages[0].resize.width"),
        (of(resize=Resize(Length(nan))), "stages[0].resize.width"),
        (of(resize=Resize(Length(2e6))), "stages[0].resize.width"),
        (of(resize=Resize(min_width=0.0)), "stages[0].resize.min_width"),
        (of(resize=Resize(max_width=nan)), "stages[0].resize.max_width"),
        (of(resize=Resize(ratio=Ratio(0, 1))), "stages[0].resize.ratio"),
        (of(resize=Resize(ratio=Ratio(1, nan))), "stages[0].resize.ratio"),
        (of(resize=Resize(focal=FocalPoint(zoom=0.5))), "stages[0].resize.focal.zoom"),
        (of(resize=gradient(inf)), "stages[0].resize.fill.gradient.center_x"),
        (of(region=Region(Length(nan))), "stages[0].region.x"),
        (of(dpr=0.0), "stages[0].dpr"),
        (of(dpr=5.1), "stages[0].dpr"),
        (of(orient=9), "stages[0].orient"),
        (of(adjust=Adjust(brightness=101)), "stages[0].adjust.brightness"),
        (of(pad=Pad(left=inf)), "stages[0].pad.left"),
        (of(border=Border(BLACK, radius=(0, 0, nan, 0))), "stages[0].border.radius[2]"),
        (of(backdrop=Backdrop(Color(0, 0, 256))), "stages[0].backdrop.color"),
        (of(backdrop=Backdrop(grid=(BLACK, Color(0, 0, 0, nan)))), "stages[0].backdrop.grid[1]"),
        (of(mask=Mask("image")), "stages[0].mask.image"),
        (of(overlays=(text(), ImageOverlay(""))), "stages[0].overlays[1].image"),
        (of(overlays=(ImageOverlay("x" * 8001),)), "stages[0].overlays[0].image"),
        (of(overlays=(ImageOverlay("a", width=Length(0)),)), "stages[0].overlays[0].width"),
        (of(overlays=(ColorOverlay(BLACK, height=Length(-3)),)), "stages[0].overlays[0].height"),
        (of(overlays=(ImageOverlay("a", rotate=nan),)), "stages[0].overlays[0].rotate"),
        (of(overlays=(ImageOverlay("a", place=Place(anchor=(0, inf))),)), "stages[0].overlays[0].place.anchor[1]"),
        (of(overlays=(text(letters=5001),)), "stages[0].overlays[0].text.text"),
        (of(overlays=(text(0.5),)), "stages[0].overlays[0].text.size_px"),
        (Transformation(output=Output(quality=101)), "output.quality"),
        (Transformation(frames=Frames(first=5, last=4)), "frames.last"),
        (Transformation(typeset=Text("t", family="f" * 201)), "typeset.family"),
    ],
)
def test_numbers_outside_their_range(asked, field):
    """A value that no client could send as JSON is refused just so when code built it, by the path of its field."""
    with pytest.raises(InvalidParameter) as refused:
        check(asked, LIMITS)
    assert refused.value.name == field
    assert refused.value.expected


def test_a_refusal_says_what_is_allowed():
    """The sentence names the field, what came and the range."""
    with pytest.raises(InvalidParameter, match=r"stages\[0\].dpr: got 6.0; expected a number, more than 0 to 5"):
        check(of(dpr=6.0), LIMITS)


@pytest.mark.parametrize(
    ("size", "frames", "unit"),
    [
        (Size(65_536, 1), 1, "px a side"),
        (Size(1, 1), 1001, "frames"),
        (Size(10_001, 10_000), 1, "pixels"),
        (Size(1000, 1000), 101, "pixels"),
    ],
)
def test_a_picture_that_is_too_large(size, frames, unit):
    """Sides, frames and pixels of all frames together have ceilings."""
    with pytest.raises(TooLarge) as refused:
        check_picture(size, frames, LIMITS)
    assert refused.value.unit == unit


def test_the_largest_picture_is_let_through():
    """Exactly 100 megapixels are fine, in one frame or in a hundred."""
    check_picture(Size(10_000, 10_000), 1, LIMITS)
    check_picture(Size(1000, 1000), 100, LIMITS)


def test_the_pictures_that_are_opened():
    """Each other picture is named once, in the order of use; a mask's picture counts only where it is the mask."""
    overlays = (ImageOverlay("/b"), ColorOverlay(BLACK), ImageOverlay("/a"), ImageOverlay("/b"))
    asked = Transformation(
        (Stage(mask=Mask("image", image="/m"), overlays=overlays), Stage(mask=Mask("ellipse", image="/unused")))
    )
    assert references(asked) == ("/m", "/b", "/a")


def test_limits_are_settings():
    """The figures can be a part of the settings tree, and a wrong one is refused there."""

    class Section(BaseModel):
        limits: Limits = Limits()

    assert Section.model_validate({"limits": {"max_stages": 3}}).limits == Limits(max_stages=3)
    with pytest.raises(ValueError, match="max_stages"):
        Section.model_validate({"limits": {"max_stages": 0}})
