"""From bodies to transformations, and what is refused before anything is rendered."""

from __future__ import annotations

import math
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imagewell.faces.imgprocessing.dialect import READERS, Rules, clockwise
from imagewell.faces.imgprocessing.errors import InvalidFields
from imagewell.faces.imgprocessing.fields import Fields
from imagewell.imaging.work import Facts
from imagewell.transform import spelling
from imagewell.transform.limits import Limits, check, references
from imagewell.transform.model import IDENTITY, Modulate, Output, Stage, Transformation

PHOTO = Facts("jpeg", 400, 300)
CUTOUT = Facts("png", 400, 300, has_alpha=True)
LOGO = Facts("webp", 400, 300, has_alpha=True)
ID = "image_66f2a1c09b3d5e7f00112233"


def read(name: str, body: dict[str, Any], facts: Facts = PHOTO, rules: Rules | None = None) -> Transformation:
    made = READERS[name](Fields(body), facts, rules or Rules())
    check(made, Limits())
    return made


def faults(name: str, body: dict[str, Any], facts: Facts = PHOTO, rules: Rules | None = None) -> dict[str, list[str]]:
    with pytest.raises(InvalidFields) as caught:
        read(name, body, facts, rules)
    return caught.value.errors


def stage(**operations: Any) -> Stage:
    return spelling.read({"stages": [operations]}).stages[0]


KEPT = Output("jpeg", quality=90)  # type: ignore[arg-type]

SAME: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
    ("resize", {"width": 200}, {"resize": {"width": 200}}),
    ("resize", {"height": 50, "fit": "cover"}, {"resize": {"height": 50}}),
    ("resize", {"width": 200, "fit": "contain", "position": "top"}, {"resize": {"width": 200}}),
    ("resize", {"width": 200, "height": 100}, {"resize": {"width": 200, "height": 100, "fit": "scale"}}),
    (
        "resize",
        {"width": 200, "height": 100, "fit": "cover", "position": "bottom-left"},
        {"resize": {"width": 200, "height": 100, "fit": "crop", "focus": ["bottom", "left"]}},
    ),
    (
        "resize",
        {"width": 200, "height": 100, "fit": "contain", "position": "right", "letterbox_color": "red"},
        {"resize": {"width": 200, "height": 100, "fit": "fill", "focus": ["right"], "fill": {"color": "#f00"}}},
    ),
    (
        "resize",
        {"width": 200, "height": 100, "fit": "contain"},
        {"resize": {"width": 200, "height": 100, "fit": "fill", "fill": {"color": "#000"}}},
    ),
    (
        "resize",
        {"width": 200, "height": 100, "fit": "contain", "letterbox_color": "transparent"},
        {"resize": {"width": 200, "height": 100, "fit": "fill", "fill": {"color": "#000"}}},
    ),
    (
        "crop",
        {"x1": 0, "y1": 10, "x2": 400, "y2": 300},
        {"region": {"x": 0, "y": 10, "width": 400, "height": 290}},
    ),
    ("mirror", {"mode": "horizontal"}, {"flip": "h"}),
    ("mirror", {"mode": "vertical"}, {"flip": "v"}),
    ("mirror", {"mode": "both"}, {"flip": "hv"}),
    ("rotate", {"angle": 90}, {"rotate": {"degrees": -90, "kind": "pivot", "corners": "#000"}}),
    ("rotate", {"angle": -90}, {"rotate": {"degrees": -270, "kind": "pivot", "corners": "#000"}}),
    (
        "rotate",
        {"angle": math.pi, "unit": "radians", "background_color": "#fff"},
        {"rotate": {"degrees": -180, "kind": "pivot", "corners": "#fff"}},
    ),
    ("blur", {}, {"stylize": {"blur": 200}}),
    ("blur", {"sigma": 1.5}, {"stylize": {"blur": 15}}),
    ("blur", {"sigma": 1000}, {"stylize": {"blur": 10_000}}),
    ("modulate", {"saturation": -100}, {"modulate": {"saturation": 0}}),
    ("modulate", {"brightness": 50, "contrast": -100}, {"modulate": {"gain": 1.5, "contrast": 0}}),
    ("modulate", {"exposure": 50, "brightness": -50}, {"modulate": {"gain": 1.0}}),
    ("modulate", {"hue": -90, "brightness": 1.5}, {"modulate": {"gain": 1.5, "hue": 270, "space": "lch"}}),
    ("modulate", {"lightness": 20}, {"modulate": {"lightness": 20, "space": "lch"}}),
    ("modulate", {"hue": 0, "saturation": 2}, {"modulate": {"saturation": 2, "space": "lch"}}),
    (
        "watermark",
        {"watermarks": [{"id": ID}]},
        {"overlays": [{"image": ID, "place": {"x": 0, "y": 0}}]},
    ),
    (
        "watermark",
        {"watermarks": [{"id": ID, "left": -5, "top": 7, "width": 30, "height": 20, "repetition_mode": "repeat_x"}]},
        {
            "overlays": [
                {"image": ID, "width": 30, "height": 20, "fit": "scale", "place": {"x": -5, "y": 7}, "tile": "x"}
            ]
        },
    ),
]


@pytest.mark.parametrize(("name", "body", "operations"), SAME)
def test_a_body_in_the_models_words(name: str, body: dict[str, Any], operations: dict[str, Any]) -> None:
    """Each body is one stage, and the picture keeps its format."""
    assert read(name, body) == Transformation((stage(**operations),), KEPT)


@pytest.mark.parametrize("name", ["resize", "modulate"])
def test_nothing_asked_is_a_copy(name: str) -> None:
    """A resize without sides and a modulation without figures leave the bytes alone."""
    assert read(name, {}) is IDENTITY
    assert read(name, {"fit": "cover", "name": "x"}) is IDENTITY


def test_formats_are_kept_and_quality_is_where_it_means_something() -> None:
    """JPEG and WebP at 90, PNG as it is."""
    assert read("blur", {}, PHOTO).output == KEPT
    assert read("blur", {}, LOGO).output == Output("webp", quality=90)  # type: ignore[arg-type]
    assert read("blur", {}, CUTOUT).output == Output("png")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("body", "output"),
    [
        ({"format": "jpg"}, Output("jpeg", quality=90)),  # type: ignore[arg-type]
        ({"format": "jpeg", "quality": 1}, Output("jpeg", quality=1)),  # type: ignore[arg-type]
        ({"format": "webp", "quality": 100}, Output("webp", quality=100)),  # type: ignore[arg-type]
        ({"format": "png", "quality": 5}, Output("png")),  # type: ignore[arg-type]
    ],
)
def test_conversion(body: dict[str, Any], output: Output) -> None:
    """`jpg` is JPEG; a PNG has no quality."""
    assert read("convert", body) == Transformation((), output)


def test_clear_pixels_lie_on_the_operators_colour_as_jpeg() -> None:
    """White unless it is set; only where there is something clear, and a JPEG to be made."""
    assert read("convert", {"format": "jpeg"}, CUTOUT).stages == (stage(backdrop={"color": "#fff"}),)
    assert read("convert", {"format": "webp"}, CUTOUT).stages == ()
    assert read("convert", {"format": "jpeg"}, PHOTO).stages == ()


def test_bars_and_corners_are_clear_where_the_format_can_be() -> None:
    """PNG and WebP get clear bars; corners are clear only in a picture that has alpha already."""
    bars = read("resize", {"width": 9, "height": 9, "fit": "contain"}, Facts("png", 40, 30)).stages[0].resize
    assert bars is not None
    assert bars.fill is not None
    assert bars.fill.color is not None
    assert bars.fill.color.alpha == 0
    for facts, corners in ((CUTOUT, None), (Facts("png", 40, 30), "#000000")):
        turned = read("rotate", {"angle": 10}, facts).stages[0].rotate
        assert turned is not None
        assert (turned.corners and str(turned.corners)) == corners


@pytest.mark.parametrize(
    ("angle", "radians", "turn"),
    [
        (0, False, 0), (90, False, 90), (-90, False, 270), (450, False, 90), (360, False, 0), (45.5, False, 45.5),
        (90.0000005, False, 90), (90.00001, False, 90.00001), (-1e-9, False, 0), (359.9999999, False, 0),
        (math.pi, True, 180), (math.pi / 2, True, 90), (-math.pi / 2, True, 270), (2 * math.pi, True, 0),
        (1e15, False, 1e15 % 360),
    ],
)  # fmt: skip
def test_angles(angle: float, radians: bool, turn: float) -> None:
    """Whole turns go, and what is nearly a quarter turn is one."""
    assert clockwise(angle, radians) == turn


@given(st.floats(-1e15, 1e15), st.booleans())
def test_every_angle_is_less_than_a_turn(angle: float, radians: bool) -> None:
    """From 0 up to 360."""
    assert 0 <= clockwise(angle, radians) < 360


WRONG: list[tuple[str, dict[str, Any], dict[str, str]]] = [
    ("resize", {"width": 0}, {"width": "must be between 1 and 10000"}),
    ("resize", {"width": "200"}, {"width": "must be an integer"}),
    ("resize", {"width": 10, "fit": "inside"}, {"fit": "must be one of fill, contain, cover"}),
    ("resize", {"letterbox_color": "nope", "height": 10_001},
     {"letterbox_color": "must be a colour name, a hexadecimal colour such as #ff8800, or transparent",
      "height": "must be between 1 and 10000"}),
    ("resize", {"width": 10_000, "height": 5001},
     {"width": "would give a picture of 10000 x 5001 pixels; at most 50000000 pixels are possible"}),
    ("resize", {"height": 10_000},
     {"height": "would give a picture of 13333 x 10000 pixels; at most 50000000 pixels are possible"}),
    ("crop", {}, dict.fromkeys(("x1", "y1", "x2", "y2"), "is required")),
    ("crop", {"x1": 0.5, "y1": 0, "x2": 10, "y2": 10}, {"x1": "must be an integer"}),
    ("crop", {"x1": 10, "y1": 5, "x2": 10, "y2": 4},
     {"x2": "must be greater than x1", "y2": "must be greater than y1"}),
    ("crop", {"x1": 0, "y1": 0, "x2": 401, "y2": 301},
     {"x2": "must be between 0 and 400", "y2": "must be between 0 and 300"}),
    ("crop", {"x1": -1, "y1": 0, "x2": 1, "y2": 1}, {"x1": "must be between 0 and 400"}),
    ("mirror", {}, {"mode": "is required"}),
    ("mirror", {"mode": "diagonal"}, {"mode": "must be one of horizontal, vertical, both"}),
    ("rotate", {}, {"angle": "is required"}),
    ("rotate", {"angle": "90"}, {"angle": "must be a number"}),
    ("rotate", {"angle": 90, "unit": "turns"}, {"unit": "must be one of degrees, radians"}),
    ("convert", {}, {"format": "is required"}),
    ("convert", {"format": "gif"}, {"format": "must be one of jpeg, png, webp, jpg"}),
    ("convert", {"format": "png", "quality": 0}, {"quality": "must be between 1 and 100"}),
    ("blur", {"sigma": 0.9}, {"sigma": "must be between 1 and 1000"}),
    ("modulate", {"brightness": 101}, {"brightness": "must be between -100 and 100"}),
    ("modulate", {"hue": 1, "brightness": -1}, {"brightness": "must be between 0 and 1000"}),
    ("modulate", {"hue": 1.5}, {"hue": "must be an integer"}),
    ("watermark", {}, {"watermarks": "is required"}),
    ("watermark", {"watermarks": []}, {"watermarks": "must have between 1 and 5 items"}),
    ("watermark", {"watermarks": [{"id": 5, "width": 0}]},
     {"watermarks[0].id": "must be a string", "watermarks[0].width": "must be between 1 and 10000"}),
]  # fmt: skip


@pytest.mark.parametrize(("name", "body", "told"), WRONG)
def test_what_is_wrong_is_told_by_field(name: str, body: dict[str, Any], told: dict[str, str]) -> None:
    """Every fault of a body at once, each in a sentence that begins with the field."""
    assert faults(name, body) == {field: [f"{field} {rule}."] for field, rule in told.items()}


def test_a_turned_picture_may_be_too_large() -> None:
    """The canvas is computed before anything is rendered."""
    large = Facts("jpeg", 10_000, 5_000)
    assert "at most 50000000" in faults("rotate", {"angle": 45}, large)["angle"][0]
    assert read("rotate", {"angle": 90}, large)


def test_a_side_may_be_too_long_for_its_format() -> None:
    """A WebP has at most 16,383 px a side."""
    banner = Facts("png", 20_000, 10)
    assert "16383 a side" in faults("convert", {"format": "webp"}, banner)["format"][0]
    assert "16383 a side" in faults("rotate", {"angle": 90}, Facts("webp", 10, 16_384))["angle"][0]
    assert read("convert", {"format": "jpeg"}, banner)


def test_the_operators_pixels_and_generation() -> None:
    """A lower ceiling holds; a switch makes every modulation the first generation's."""
    assert faults("resize", {"width": 20, "height": 6}, PHOTO, Rules(max_pixels=100))
    first = read("modulate", {"brightness": 1.5}, PHOTO, Rules(first_modulation=True))
    assert first.stages[0].modulate == Modulate(gain=1.5, space="lch")


def test_the_marks_of_a_watermark_are_its_references() -> None:
    """As they were written, each once."""
    body = {"watermarks": [{"id": ID}, {"id": "whatever"}, {"id": ID}]}
    assert references(read("watermark", body)) == (ID, "whatever")


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=40) | st.sampled_from(["red", ID]),
    lambda inner: st.lists(inner, max_size=6) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=8,
)
NAMES = st.sampled_from(
    ["width", "height", "fit", "position", "letterbox_color", "x1", "y1", "x2", "y2", "mode", "angle", "unit",
     "background_color", "format", "quality", "sigma", "brightness", "saturation", "contrast", "exposure", "hue",
     "lightness", "watermarks", "id", "left", "top", "repetition_mode", "name"]
)  # fmt: skip
FACTS = st.sampled_from([PHOTO, CUTOUT, LOGO, Facts("png", 1, 1), Facts("jpeg", 50_000, 1000)])


@given(st.sampled_from(sorted(READERS)), st.dictionaries(NAMES, VALUES, max_size=6), FACTS)
def test_any_body_is_a_transformation_or_told_off(name: str, body: dict[str, Any], facts: Facts) -> None:
    """No body is anything else than a transformation within the limits, or InvalidFields."""
    with suppress(InvalidFields):
        made = READERS[name](Fields(body), facts, Rules())
        if name != "watermark":  # whose marks are looked up by the face, impossible ones too
            check(made, Limits())
