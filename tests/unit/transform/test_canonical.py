"""The normal form by example: which spellings are one picture, and which are not; and the key."""

from __future__ import annotations

import re

import pytest

from imagewell.transform.canonical import canonical, digest
from imagewell.transform.model import (
    IDENTITY,
    Adjust,
    Backdrop,
    Border,
    ColorOverlay,
    Denoise,
    Fill,
    Fit,
    FocalPoint,
    Focus,
    Format,
    Frames,
    Gradient,
    ImageOverlay,
    Mask,
    Modulate,
    Output,
    Pad,
    Palette,
    Place,
    Region,
    Resize,
    Rotate,
    Stage,
    Stamp,
    Stylize,
    Text,
    TextOverlay,
    Transformation,
    Trim,
)
from imagewell.transform.values import BLACK, CLEAR, WHITE, Color, Length, Ratio

JPEG = Output(format=Format.JPEG)
W100 = Length(100.0)
H50 = Length(50.0)
RED = Color(255, 0, 0)
ONE = ImageOverlay("/a.png")


def whole(share: float = 1.0) -> Length:
    return Length(share, True)


def at(place: Place, tile: str = "no") -> ImageOverlay:
    return ImageOverlay("/a.png", place=place, tile=tile)


def of(*stages: Stage, output: Output = JPEG, **more) -> Transformation:
    return Transformation(stages, output, **more)


def stage_of(stage: Stage) -> Stage:
    (only,) = canonical(of(stage)).stages
    return only


@pytest.mark.parametrize(
    "neutral",
    [
        Stage(),
        Stage(dpr=3.0),
        Stage(region=Region()),
        Stage(region=Region("center", "bottom", whole(), whole())),
        Stage(region=Region(Length(0.0), Length(0.0, True))),
        Stage(resize=Resize()),
        Stage(resize=Resize(fit=Fit.CROP, focus=(Focus.TOP,))),
        Stage(resize=Resize(fit=Fit.FILL, fill=Fill("blur"), max_width=10.0)),
        Stage(rotate=Rotate(0.0)),
        Stage(rotate=Rotate(-360.0, "pivot")),
        Stage(rotate=Rotate(-1e-20)),
        Stage(denoise=Denoise(0.0, 20.0)),
        Stage(denoise=Denoise(-5.0)),
        Stage(modulate=Modulate()),
        Stage(modulate=Modulate(hue=-360, space="lch")),
        Stage(stamp=Stamp(" ")),
        Stage(adjust=Adjust()),
        Stage(adjust=Adjust(hue=360.0, brightness=-0.0, unsharp_radius_px=9.0)),
        Stage(stylize=Stylize(duotone=(RED, BLACK), duotone_alpha=0.0)),
        Stage(stylize=Stylize(monochrome=CLEAR, pixelate_px=1.0, duotone_alpha=50.0)),
        Stage(backdrop=Backdrop()),
        Stage(pad=Pad()),
        Stage(pad=Pad(0.4, 0, -3)),
        Stage(border=Border(RED)),
        Stage(border=Border(CLEAR, 5, 5, 5, 5, stroke_px=3, stroke_color=CLEAR)),
        Stage(mask=Mask("corners", radii=(0.0, 0.0, 0.0, 0.0))),
        Stage(overlays=(ImageOverlay("/a.png", opacity=0.0), ColorOverlay(CLEAR), TextOverlay(Text("  \n")))),
    ],
)
def test_what_changes_nothing_is_dropped(neutral):
    """An operation at its neutral value leaves an empty stage."""
    assert canonical(of(neutral)) == of(Stage())


@pytest.mark.parametrize(
    "acting",
    [
        Stage(trim=Trim()),
        Stage(orient=0),
        Stage(flip="h"),
        Stage(rotate=Rotate(180.0)),
        Stage(modulate=Modulate(contrast=0.5)),
        Stage(stamp=Stamp()),
        Stage(adjust=Adjust(invert=True)),
        Stage(adjust=Adjust(enhance=True)),
        Stage(stylize=Stylize(blur=1.0)),
        Stage(backdrop=Backdrop(WHITE)),
        Stage(pad=Pad(left=1.0)),
        Stage(border=Border(BLACK, radius=(5.0, 0.0, 0.0, 0.0))),
        Stage(mask=Mask("corners")),
        Stage(mask=Mask("ellipse")),
        Stage(overlays=(ONE,)),
        Stage(resize=Resize(fit=Fit.CROP, ratio=Ratio(1, 1))),
        Stage(resize=Resize(fit=Fit.CROP, max_width=10.0)),
        Stage(resize=Resize(fit=Fit.CROP, focus=(Focus.FOCALPOINT,), focal=FocalPoint(zoom=2.0))),
    ],
)
def test_what_can_be_seen_is_kept(acting):
    """An operation that changes the picture stays as it is."""
    assert canonical(of(acting)) == of(acting)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (Resize(W100, H50, ratio=Ratio(1, 1)), Resize(W100, H50)),
        (Resize(W100, fit=Fit.MAX, ratio=Ratio(1, 1)), Resize(W100, fit=Fit.MAX)),
        (Resize(W100, H50, fill=Fill(color=RED)), Resize(W100, H50)),
        (Resize(W100, H50, focus=(Focus.LEFT,), max_width=5.0), Resize(W100, H50)),
        (Resize(W100, H50, Fit.MIN, focus=(Focus.LEFT,)), Resize(W100, H50, Fit.MIN)),
        (Resize(W100, H50, Fit.FILL, fill=Fill(color=WHITE)), Resize(W100, H50, Fit.FILL)),
        (Resize(W100, H50, Fit.FILL, fill=Fill("blur", RED)), Resize(W100, H50, Fit.FILL, fill=Fill("blur"))),
        (Resize(W100, fit=Fit.FILL, fill=Fill(color=RED)), Resize(W100)),
        (Resize(W100, fit=Fit.CLAMP), Resize(W100)),
        (Resize(W100, fit=Fit.SCALE), Resize(W100)),
        (Resize(W100, fit=Fit.CROP, focus=(Focus.TOP,)), Resize(W100)),
        (Resize(W100, fit=Fit.FILLMAX), Resize(W100, fit=Fit.MAX)),
        (Resize(W100, fit=Fit.MIN), Resize(W100, fit=Fit.MAX)),
        (Resize(W100, fit=Fit.CROP, ratio=Ratio(32, 18)), Resize(W100, fit=Fit.CROP, ratio=Ratio(16, 9))),
        (Resize(W100, fit=Fit.CROP, ratio=Ratio(1.5, 1)), Resize(W100, fit=Fit.CROP, ratio=Ratio(3, 2))),
        (
            Resize(W100, H50, Fit.CROP, focus=(Focus.LEFT, Focus.TOP)),
            Resize(W100, H50, Fit.CROP, focus=(Focus.TOP, Focus.LEFT, Focus.RIGHT, Focus.FACES)),
        ),
        (
            Resize(W100, H50, Fit.CROP, focus=(Focus.FOCALPOINT,), focal=FocalPoint()),
            Resize(W100, H50, Fit.CROP, focus=(Focus.CENTER, Focus.LEFT), focal=FocalPoint(0.1, 0.1)),
        ),
        (Resize(Length(100), Length(50)), Resize(W100, H50)),
    ],
)
def test_two_spellings_of_one_resize(one, other):
    """Fields that cannot act with this fit and these sides do not tell two pictures apart."""
    assert stage_of(Stage(resize=one)) == stage_of(Stage(resize=other))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (Resize(W100, H50), Resize(W100, H50, Fit.MAX)),
        (Resize(W100), Resize(Length(1.0, True))),
        (Resize(W100, H50, Fit.CROP, focus=(Focus.FACES,)), Resize(W100, H50, Fit.CROP)),
        (Resize(W100, fit=Fit.CROP, max_height=9.0), Resize(W100, fit=Fit.CROP)),
        (Resize(W100, H50, Fit.FILL, fill=Fill(color=RED)), Resize(W100, H50, Fit.FILL)),
        (Resize(W100, fit=Fit.FILL, ratio=Ratio(1, 1)), Resize(W100, fit=Fit.FILL)),
    ],
)
def test_different_pictures_stay_different(one, other):
    """What can be seen tells two requests apart."""
    assert stage_of(Stage(resize=one)) != stage_of(Stage(resize=other))


def test_white_is_no_default_in_front_of_a_backdrop():
    """A white fill says the same as none only where no backdrop, and no inheriting overlay, would show instead."""
    filled = Resize(W100, H50, Fit.FILL, fill=Fill(color=WHITE))
    assert stage_of(Stage(resize=filled, backdrop=Backdrop(RED))).resize == filled
    assert stage_of(Stage(resize=filled, overlays=(ImageOverlay("a", inherit=True),))).resize == filled


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (Stage(adjust=Adjust(hue=-90.0)), Stage(adjust=Adjust(hue=270.0))),
        (Stage(adjust=Adjust(brightness=5)), Stage(adjust=Adjust(brightness=5.0))),
        (Stage(rotate=Rotate(-90.0)), Stage(rotate=Rotate(270.0))),
        (Stage(orient=1), Stage(orient=0)),
        (Stage(trim=Trim("alpha", color=RED, tolerance=5)), Stage(trim=Trim("alpha", mean_difference=3))),
        (Stage(trim=Trim("auto", alpha=9)), Stage(trim=Trim())),
        (Stage(backdrop=Backdrop(RED, grid_px=9)), Stage(backdrop=Backdrop(RED))),
        (Stage(pad=Pad(1.5, 2, 0.2, 0)), Stage(pad=Pad(2.0, 2.0))),
        (Stage(border=Border(RED, 3, stroke_px=2)), Stage(border=Border(RED, 3.0))),
        (Stage(mask=Mask("ellipse", radii=(1, 1, 1, 1))), Stage(mask=Mask("ellipse", image="x"))),
        (Stage(region=Region("right", "top", None, H50)), Stage(region=Region(height=H50))),
        (Stage(backdrop=Backdrop(Color(1, 2, 3, 0.5))), Stage(backdrop=Backdrop(Color(1, 2, 3, 128 / 255)))),
        (Stage(dpr=2.0, resize=Resize(W100)), Stage(resize=Resize(Length(200.0)))),
        (Stage(dpr=2.0, resize=Resize(H50), pad=Pad(1, 1)), Stage(dpr=1.0, resize=Resize(W100), pad=Pad(2, 2))),
        (
            Stage(resize=Resize(W100, H50, Fit.FILL, fill=Fill("gradient", gradient=Gradient(inner=W100)))),
            Stage(resize=Resize(W100, H50, Fit.FILL, fill=Fill("gradient", RED, Gradient()))),
        ),
    ],
)
def test_two_spellings_of_one_stage(one, other):
    """Angles, pads, alphas and dpr have one normal form; fields of another kind do not count."""
    assert canonical(of(one)) == canonical(of(other))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (ImageOverlay("a", scale=5.0, width=W100), ImageOverlay("a", width=W100)),
        (ImageOverlay("a", fit=Fit.CROP, focus=(Focus.TOP,)), ImageOverlay("a")),
        (ImageOverlay("a", rotate=-90), ImageOverlay("a", rotate=270.0)),
        (
            ImageOverlay("a", place=Place("left", "top", 5, x=W100, y=W100)),
            ImageOverlay("a", place=Place(x=W100, y=W100)),
        ),
        (at(Place(pad_px=5, anchor=(0.5, 0.5))), at(Place())),
        (at(Place("left", pad_px=5, anchor=(0.5, 0.5)), "x"), at(Place("left", pad_px=5), "x")),
        (
            ImageOverlay("a", width=W100, height=H50, fit=Fit.FILL, focus=(Focus.FACES, Focus.LEFT, Focus.TOP)),
            ImageOverlay("a", width=W100, height=H50, fit=Fit.FILL, focus=(Focus.TOP, Focus.LEFT)),
        ),
        (
            ImageOverlay("a", tile="grid", place=Place("left", pad_px=5)),
            ImageOverlay("a", tile="grid", place=Place(pad_px=5)),
        ),
        (TextOverlay(Text("t", outline_color=RED)), TextOverlay(Text("t", grow=True))),
        (TextOverlay(Text("t", wrap=True)), TextOverlay(Text("t", wrap=True, clip="start", ellipsis=True, grow=True))),
    ],
)
def test_two_spellings_of_one_overlay(one, other):
    """Alignment that coordinates win over, and sizes and boxes that are not there, do not count."""
    assert canonical(of(Stage(overlays=(one,)))) == canonical(of(Stage(overlays=(other,))))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (Output(Format.PNG, quality=50), Output(Format.PNG, progressive=False, chroma="444", colors=9)),
        (Output(Format.PNG, indexed=True, colors=9), Output(Format.PNG, indexed=True, colors=9, iptc=True)),
        (Output(Format.JPEG, lossless=True), Output(Format.JPEG, indexed=True, true_color=True)),
        (Output(Format.WEBP, quality=5, lossless=True), Output(Format.WEBP, lossless=True, dpi=72)),
        (Output(Format.GIF, quality=5), Output(Format.GIF, palette=Palette(3))),
        (Output(Format.JPEG, if_clear=Format.JPEG), Output(Format.JPEG)),
        (Output(Format.JSON, quality=3, dpi=9, profile="strip"), Output(Format.JSON, palette=Palette(9))),
        (Output(Format.PALETTE_JSON, palette=Palette(prefix="x")), Output(Format.PALETTE_JSON)),
    ],
)
def test_options_that_a_format_does_not_have(one, other):
    """Quality of a lossless format, chroma of a PNG and the like do not tell two files apart."""
    assert canonical(of(Stage(), output=one)) == canonical(of(Stage(), output=other))


@pytest.mark.parametrize(
    "output",
    [
        Output(Format.JPEG, quality=50, chroma="444", progressive=False, dpi=72, iptc=True, profile="strip"),
        Output(Format.JPEG, if_clear=Format.PNG, quality=45, indexed=True, colors=16),
        Output(Format.WEBP, quality=45),
        Output(Format.GIF, colors=16),
        Output(Format.PALETTE_CSS, palette=Palette(3, "x")),
        Output(auto=frozenset({"format"}), quality=3, indexed=True),
    ],
)
def test_options_that_a_format_has(output):
    """What the encoder looks at stays."""
    assert canonical(of(Stage(), output=output)).output == output


def test_the_identity_stays_the_identity():
    """Nothing asked for is the original itself; an empty stage is not: it turns the picture upright and encodes it."""
    assert canonical(IDENTITY) is IDENTITY
    assert not canonical(Transformation((Stage(),))).is_identity


def test_an_output_alone_has_one_stage():
    """A format alone and a format with an empty stage are one picture."""
    assert canonical(of()) == canonical(of(Stage())) == canonical(of(Stage(), Stage()))


def test_empty_stages_of_a_chain_are_dropped():
    """Stages that do nothing go, wherever they are."""
    blur, flip = Stage(stylize=Stylize(blur=5.0)), Stage(flip="h")
    assert canonical(of(Stage(), blur, Stage(dpr=2.0), flip, Stage(orient=1))).stages == (blur, flip)


def test_the_first_stage_turns_the_original_upright():
    """An empty first stage stays where the next one turns what it has made upright."""
    turned = Stage(orient=3)
    assert canonical(of(Stage(), turned)).stages == (Stage(), turned)
    assert canonical(of(turned)).stages == (turned,)


def test_typeset_text_is_at_device_pixels():
    """dpr of the first stage multiplies typeset text, whose own size is what was asked for."""
    typeset = canonical(of(Stage(dpr=2.0, pad=Pad(1.0)), typeset=Text("t", size_px=20.0, width_px=100.0)))
    assert typeset == of(Stage(pad=Pad(2.0)), typeset=Text("t", size_px=40.0, width_px=200.0))


def test_frames_that_choose_nothing():
    """Keeping every frame is no choice."""
    assert canonical(of(Stage(), frames=Frames(keep_every=1))).frames is None
    assert canonical(of(Stage(), frames=Frames(page=1))).frames == Frames(page=1)


def test_the_key_is_forty_hex_digits():
    """The key is short, lower-case hex, and the same every time."""
    key = digest("ab" * 32, {}, canonical(of(Stage())), "1")
    assert re.fullmatch("[0-9a-f]{40}", key)
    assert key == digest("ab" * 32, {}, canonical(of(Stage())), "1")


def test_everything_that_makes_the_picture_is_in_the_key():
    """Another original, overlay, engine or transformation is another key; the order of overlays' names is not."""
    asked = canonical(of(Stage(overlays=(ONE,))))
    keys = {
        digest("o", {"/a.png": "1"}, asked, "1"),
        digest("p", {"/a.png": "1"}, asked, "1"),
        digest("o", {"/a.png": "2"}, asked, "1"),
        digest("o", {"/a.png": "1"}, asked, "2"),
        digest("o", {"/a.png": "1"}, canonical(of(Stage())), "1"),
        digest("o", {"/a.png": "1"}, canonical(of(Stage(overlays=(ONE, ONE)))), "1"),
    }
    assert len(keys) == 6
    assert digest("o", {"a": "1", "b": "2"}, asked, "1") == digest("o", {"b": "2", "a": "1"}, asked, "1")


def test_whole_numbers_have_one_spelling_in_the_key():
    """5, 5.0 and a minus zero beside them are one key."""
    keys = {
        digest("o", {}, canonical(of(Stage(adjust=Adjust(brightness=five, contrast=zero)))), "1")
        for five, zero in ((5, 0), (5.0, -0.0), (5.0, 0.0))
    }
    assert len(keys) == 1


@pytest.mark.parametrize(
    ("rotate", "resize", "kept"),
    [
        (Rotate(45.0, "pivot", RED), None, True),
        (Rotate(45.0, "pivot", CLEAR), None, False),
        (Rotate(45.0, "straighten", RED), None, False),
        (Rotate(90.0, "pivot", RED), None, False),
        (Rotate(90.0, "pivot", RED), Resize(W100), True),
        (Rotate(180.0, "pivot", RED), Resize(W100), False),
    ],
)
def test_corners_only_where_there_are_any(rotate, resize, kept):
    """The colour of the corners counts where a turn leaves some: a pivot that is no half turn, nor a free quarter."""
    found = stage_of(Stage(rotate=rotate, resize=resize)).rotate
    assert (found.corners == RED) == kept


@pytest.mark.parametrize(
    ("resize", "kept"),
    [
        (Resize(W100, H50, Fit.FILL, focus=(Focus.LEFT,)), (Focus.LEFT,)),
        (Resize(W100, H50, Fit.FILLMAX, focus=(Focus.RIGHT, Focus.BOTTOM)), (Focus.BOTTOM, Focus.RIGHT)),
        (Resize(W100, H50, Fit.FILL, focus=(Focus.ENTROPY, Focus.LEFT, Focus.RIGHT)), (Focus.LEFT,)),
        (Resize(W100, None, Fit.FILL, ratio=Ratio(1, 1), focus=(Focus.TOP,)), (Focus.TOP,)),
        (Resize(W100, H50, Fit.FILL, focus=(Focus.FOCALPOINT,)), ()),
        (Resize(W100, H50, Fit.FILL, focus=(Focus.CENTER, Focus.TOP)), ()),
        (Resize(W100, H50, Fit.SCALE, focus=(Focus.LEFT,)), ()),
        (Resize(W100, None, Fit.FILL, focus=(Focus.LEFT,)), ()),
    ],
)
def test_sides_that_place_a_filled_picture(resize, kept):
    """Side words stay where there may be room to place the picture in, and only they do."""
    assert stage_of(Stage(resize=resize)).resize.focus == kept
