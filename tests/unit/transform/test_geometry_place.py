"""`place` by example: the worked figures of imgix's own pages, and the corners that they leave open."""

from __future__ import annotations

import pytest

from imagewell.transform.geometry import place, settled_focus, sought, whole_pads
from imagewell.transform.model import Fit, FocalPoint, Focus, Pad, Resize
from imagewell.transform.values import Box, Length, Ratio, Size

ALL_ROUND = Pad(50, 50, 50, 50)


def asked(width: float | None = None, height: float | None = None, fit: Fit = Fit.CLIP, **more) -> Resize:
    sides = [None if side is None else Length(side) for side in (width, height)]
    return Resize(*sides, fit=fit, **more)


def sides(size: Size) -> tuple[int, int]:
    return size.width, size.height


@pytest.mark.parametrize(
    ("source", "resize", "canvas", "scaled"),
    [
        ((300, 200), asked(100, 100), (100, 67), (100, 67)),
        ((300, 200), asked(600, 600), (600, 400), (600, 400)),
        ((300, 200), asked(150), (150, 100), (150, 100)),
        ((300, 200), asked(None, 50), (75, 50), (75, 50)),
        ((300, 200), asked(), (300, 200), (300, 200)),
        ((300, 200), asked(600, 600, Fit.MAX), (300, 200), (300, 200)),
        ((300, 200), asked(100, 100, Fit.MAX), (100, 67), (100, 67)),
        ((300, 200), asked(None, 50, Fit.MAX), (75, 50), (75, 50)),
        ((300, 200), asked(100, 100, Fit.CROP), (100, 100), (100, 100)),
        ((300, 200), asked(100, None, Fit.CROP), (100, 67), (100, 67)),
        ((300, 200), asked(600, 600, Fit.FILL), (600, 600), (600, 400)),
        ((300, 200), asked(600, None, Fit.FILL), (600, 400), (600, 400)),
        ((300, 200), asked(600, 600, Fit.FILLMAX), (600, 600), (300, 200)),
        ((300, 200), asked(100, 100, Fit.FILLMAX), (100, 100), (100, 67)),
        ((300, 200), asked(600, None, Fit.FILLMAX), (300, 200), (300, 200)),
        ((300, 200), asked(600, 600, Fit.CLAMP), (600, 600), (600, 400)),
        ((300, 200), asked(None, 400, Fit.CLAMP), (600, 400), (600, 400)),
        ((300, 200), asked(50, 150, Fit.SCALE), (50, 150), (50, 150)),
        ((300, 200), asked(None, 100, Fit.SCALE), (150, 100), (150, 100)),
        ((300, 200), asked(500, 200, Fit.MIN), (300, 120), (300, 120)),
        ((300, 200), asked(200, 400, Fit.MIN), (100, 200), (100, 200)),
        ((300, 200), asked(600, 400, Fit.MIN), (300, 200), (300, 200)),
        ((300, 200), asked(600, None, Fit.MIN), (300, 200), (300, 200)),
        ((300, 200), asked(80, 40, Fit.FACEAREA), (80, 40), (80, 40)),
    ],
)
def test_every_fit_gives_its_documented_size(source, resize, canvas, scaled):
    """Each fit, with both sides, one side or none, gives the sizes that imgix documents."""
    placed = place(Size(*source), resize)
    assert (sides(placed.canvas), sides(placed.scaled)) == (canvas, scaled)


@pytest.mark.parametrize(
    ("clamps", "size"),
    [
        ({}, (300, 200)),
        ({"max_width": 200}, (200, 200)),
        ({"min_width": 400}, (400, 200)),
        ({"max_height": 100}, (300, 100)),
        ({"min_height": 250}, (300, 250)),
        ({"min_width": 400, "max_width": 200}, (400, 200)),
    ],
)
def test_clamps_cut_a_crop(clamps, size):
    """A minimum or maximum changes one side of a crop and leaves the other, so that the picture is cut, not scaled."""
    placed = place(Size(1200, 800), asked(None, 200, Fit.CROP, **clamps))
    assert sides(placed.canvas) == size
    assert placed.crop[2] / placed.crop[3] == pytest.approx(size[0] / size[1])


@pytest.mark.parametrize("fit", [fit for fit in Fit if fit not in (Fit.CROP, Fit.FACEAREA)])
def test_clamps_act_with_crop_alone(fit):
    """No other fit looks at a minimum or maximum."""
    resize = asked(None, 200, fit)
    clamped = asked(None, 200, fit, max_width=50, min_height=500)
    assert place(Size(1200, 800), clamped) == place(Size(1200, 800), resize)


@pytest.mark.parametrize(
    ("source", "resize", "size"),
    [
        ((1000, 700), asked(280, None, Fit.CROP, ratio=Ratio(2, 1)), (280, 140)),
        ((1000, 700), asked(None, 140, Fit.CROP, ratio=Ratio(2, 1)), (280, 140)),
        ((900, 270), asked(None, None, Fit.CROP, ratio=Ratio(9, 1)), (900, 100)),
        ((270, 900), asked(None, None, Fit.CROP, ratio=Ratio(1, 9)), (100, 900)),
        ((900, 270), asked(300, 300, Fit.CROP, ratio=Ratio(9, 1)), (300, 300)),
        ((900, 270), asked(280, None, Fit.FILL, ratio=Ratio(2, 1)), (280, 140)),
        ((900, 270), asked(None, None, Fit.FILL, ratio=Ratio(1, 1)), (270, 270)),
        ((900, 270), asked(90, None, Fit.CLIP, ratio=Ratio(1, 1)), (90, 27)),
        ((900, 270), asked(None, None, Fit.MAX, ratio=Ratio(1, 1)), (900, 270)),
        ((1600, 900), asked(33, None, Fit.CROP, ratio=Ratio(1.5, 1)), (33, 22)),
    ],
)
def test_ratio_gives_the_open_sides(source, resize, size):
    """A ratio gives the side that is open, or the largest frame inside the source; only for crop and fill."""
    assert sides(place(Size(*source), resize).canvas) == size


def test_a_frame_of_a_ratio_alone_is_cut_from_the_middle():
    """900×270 at 9:1 is a strip of 900×100 from the middle, at its own scale."""
    assert place(Size(900, 270), asked(fit=Fit.CROP, ratio=Ratio(9, 1))).crop == (0, 85, 900, 100)


@pytest.mark.parametrize(
    ("resize", "frame", "canvas"),
    [
        (None, (1300, 900), (1200, 800)),
        (asked(fit=Fit.MAX), (1300, 900), (1200, 800)),
        (asked(700, 700, Fit.CROP), (700, 700), (600, 600)),
        (asked(700), (700, 500), (600, 400)),
        (asked(None, 500), (700, 500), (600, 400)),
        (asked(700, 700), (700, 500), (600, 400)),
        (asked(700, None, Fit.CROP), (700, 500), (600, 400)),
        (asked(700, None, Fit.CROP, ratio=Ratio(2, 1)), (700, 350), (600, 250)),
        (asked(fit=Fit.CROP, ratio=Ratio(1, 1)), (900, 900), (800, 800)),
        (asked(700, None, Fit.CROP, max_height=400), (700, 400), (600, 300)),
        (asked(2000, 2000, Fit.MAX), (1300, 900), (1200, 800)),
        (asked(700, 900, Fit.FILL), (700, 900), (600, 800)),
        (asked(700, 900, Fit.SCALE), (700, 900), (600, 800)),
    ],
)
def test_padding_adds_or_fits_inside(resize, frame, canvas):
    """Padding adds to the size; with a width or height asked for, picture and padding fit inside the box together."""
    placed = place(Size(1200, 800), resize, ALL_ROUND)
    assert (sides(placed.frame), sides(placed.canvas)) == (frame, canvas)
    assert placed.pads == (50, 50, 50, 50)


def test_padding_gives_way_to_the_picture():
    """Padding wider than the box leaves one px of picture and keeps its proportion."""
    placed = place(Size(100, 100), asked(31, 10, Fit.CROP), Pad(0, 20, 0, 40))
    assert (placed.pads, sides(placed.canvas), sides(placed.frame)) == ((0, 10, 0, 20), (1, 10), (31, 10))


def test_padding_is_rounded_half_up():
    """Pads are whole px; what is below zero is none."""
    assert whole_pads(Pad(0.5, 1.49, 7.5, -3)) == (1, 1, 8, 0)


@pytest.mark.parametrize(
    ("width", "height", "size"),
    [(Length(1, True), None, (300, 200)), (Length(0.5, True), None, (150, 100)), (None, Length(0.1, True), (30, 20))],
)
def test_shares_are_of_the_source(width, height, size):
    """A share asks for that part of the source's own side."""
    assert sides(place(Size(300, 200), Resize(width, height)).canvas) == size


@pytest.mark.parametrize(
    ("source", "width", "height"),
    [((29, 1000), 100, 3448), ((200, 145), 100, 73), ((1000, 1001), 500, 501), ((3, 2), 0.1, 1)],
)
def test_sides_are_rounded_half_up_and_never_zero(source, width, height):
    """A side ending in .5 is rounded up, and no side is less than 1 px."""
    placed = place(Size(*source), asked(width))
    assert placed.canvas.height == height


def test_a_share_is_the_decimal_that_was_written():
    """0.29 of 50 is 14.5 and so 15, although 0.29 * 50 is 14.499… in floating point."""
    assert 0.29 * 50 < 14.5
    assert place(Size(50, 50), Resize(Length(0.29, True))).canvas == Size(15, 15)


@pytest.mark.parametrize(
    ("source", "resize", "pad", "frame"),
    [
        ((10_000, 5_000), None, None, (8192, 4096)),
        ((300, 200), asked(9000), None, (8192, 5461)),
        ((100, 100), asked(16_384, 8_192, Fit.FILL), None, (8192, 4096)),
        ((100, 100), asked(20_000, 10_000, Fit.CROP), None, (8192, 4096)),
        ((8192, 4096), None, Pad(0, 4096, 0, 4096), (8192, 2048)),
        ((20_000, 1), None, None, (8192, 1)),
        ((1, 65_000), asked(8192), None, (1, 8192)),
    ],
)
def test_no_side_passes_the_ceiling(source, resize, pad, frame):
    """A larger result is scaled down with all its parts, keeping its shape."""
    assert sides(place(Size(*source), resize, pad).frame) == frame


def test_the_ceiling_scales_picture_and_canvas_alike():
    """At half scale under the ceiling, a picture that was not enlarged is half its size too."""
    placed = place(Size(4000, 4000), asked(16_384, 8_192, Fit.FILLMAX))
    assert (placed.scaled, placed.canvas, placed.offset) == (Size(2000, 2000), Size(8192, 4096), (3096, 1048))


def test_the_ceiling_is_a_parameter():
    """Another ceiling than imgix's own holds as well."""
    assert place(Size(300, 200), None, None, 100).canvas == Size(100, 67)


def test_a_filled_picture_lies_in_the_middle():
    """300×200 in 101×101: 101×67 with 17 px above it."""
    placed = place(Size(300, 200), asked(101, 101, Fit.FILL))
    assert (placed.scaled, placed.offset, placed.leaves_room) == (Size(101, 67), (0, 17), True)


@pytest.mark.parametrize(
    ("source", "focus", "offset"),
    [
        ((300, 200), (Focus.TOP,), (0, 0)),
        ((300, 200), (Focus.BOTTOM, Focus.LEFT), (0, 100)),
        ((300, 200), (Focus.LEFT,), (0, 50)),
        ((200, 300), (Focus.RIGHT,), (100, 0)),
        ((200, 300), (Focus.ENTROPY, Focus.TOP), (50, 0)),
        ((200, 300), (Focus.FOCALPOINT, Focus.RIGHT), (50, 0)),
        ((200, 300), (Focus.CENTER, Focus.RIGHT), (50, 0)),
    ],
)
@pytest.mark.parametrize("fit", [Fit.FILL, Fit.FILLMAX])
def test_sides_say_where_a_filled_picture_lies(source, focus, offset, fit):
    """A side of an axis that has room holds the picture there; nothing but sides does."""
    asked_for = Resize(Length(300.0), Length(300.0), fit, focus=focus)
    assert place(Size(*source), asked_for).offset == offset


def test_clamp_stays_in_the_middle():
    """Where edges are drawn out in all directions, sides mean nothing."""
    assert place(Size(10, 20), Resize(Length(30.0), Length(20.0), Fit.CLAMP, focus=(Focus.LEFT,))).offset == (10, 0)


@pytest.mark.parametrize(
    ("focus", "left_top"),
    [
        ((), (200, 0)),
        ((Focus.LEFT,), (0, 0)),
        ((Focus.RIGHT,), (400, 0)),
        ((Focus.TOP,), (200, 0)),
        ((Focus.TOP, Focus.LEFT), (0, 0)),
        ((Focus.CENTER, Focus.LEFT), (200, 0)),
        ((Focus.FACES, Focus.TOP, Focus.RIGHT), (400, 0)),
        ((Focus.FACES,), (200, 0)),
        ((Focus.LEFT, Focus.RIGHT), (0, 0)),
    ],
)
def test_sides_anchor_the_axis_that_is_cut(focus, left_top):
    """Of 1200×800 cut to a square only left and right matter; what the engine has not found counts for nothing."""
    placed = place(Size(1200, 800), asked(300, 300, Fit.CROP, focus=focus))
    assert placed.crop == (*left_top, 800, 800)


@pytest.mark.parametrize(
    ("focal", "crop"),
    [
        (FocalPoint(0.5, 0.5), (200, 0, 800, 800)),
        (FocalPoint(0, 0.5), (0, 0, 800, 800)),
        (FocalPoint(1, 1), (400, 0, 800, 800)),
        (FocalPoint(0.5, 0.5, 2), (400, 200, 400, 400)),
        (FocalPoint(0.1, 0.9, 4), (20, 600, 200, 200)),
        (FocalPoint(1, 0, 2), (800, 0, 400, 400)),
    ],
)
def test_a_focal_point_is_centred_and_pushed_back_inside(focal, crop):
    """The window is divided by the zoom, centred on the point, and moved back where it would leave the picture."""
    resize = asked(300, 300, Fit.CROP, focus=(Focus.FOCALPOINT,), focal=focal)
    assert place(Size(1200, 800), resize).crop == crop


def test_a_focal_point_needs_its_word():
    """A focal point that `focus` does not name does nothing."""
    resize = asked(300, 300, Fit.CROP, focus=(Focus.LEFT,), focal=FocalPoint(1, 1, 3))
    assert place(Size(1200, 800), resize).crop == (0, 0, 800, 800)


def test_zoom_without_a_size_keeps_the_size():
    """A crop with zoom alone shows a part of the picture at the picture's own size."""
    placed = place(Size(400, 200), asked(fit=Fit.CROP, focus=(Focus.FOCALPOINT,), focal=FocalPoint(0, 0, 4)))
    assert (placed.crop, placed.canvas) == ((0, 0, 100, 50), Size(400, 200))


def test_what_the_engine_found_wins_for_a_crop_alone():
    """A point found in the picture moves the window of a crop, and no other fit."""
    found = (0.9, 0.5)
    crop = place(Size(1200, 800), asked(300, 300, Fit.CROP, focus=(Focus.ENTROPY,)), focal_override=found)
    least = place(Size(1200, 800), asked(300, 300, Fit.MIN, focus=(Focus.ENTROPY,)), focal_override=found)
    assert (crop.crop, least.crop) == ((400, 0, 800, 800), (200, 0, 800, 800))


def test_the_chain_of_focus_words():
    """What has to be looked for comes before the first word that always succeeds."""
    chain = (Focus.FACES, Focus.ENTROPY, Focus.FACES, Focus.LEFT, Focus.EDGES, Focus.TOP)
    assert sought(chain) == (Focus.FACES, Focus.ENTROPY)
    assert settled_focus(chain) == (Focus.TOP, Focus.LEFT)
    assert settled_focus((Focus.FOCALPOINT, Focus.TOP)) == (Focus.FOCALPOINT,)


def test_a_window_never_gets_thinner_than_one_px():
    """Zoom into a tiny picture, or an extreme frame, still leaves the engine a pixel to read."""
    zoomed = asked(300, 300, Fit.CROP, focus=(Focus.FOCALPOINT,), focal=FocalPoint(1, 1, 100))
    assert place(Size(10, 10), zoomed).crop == (9, 9, 1, 1)
    assert place(Size(100, 100), asked(8192, 2, Fit.CROP)).crop[3] >= 1


def test_the_window_in_whole_px():
    """A window with fractions comes to the nearest px, inside the source."""
    placed = place(Size(301, 200), asked(100, 100, Fit.CROP))
    assert placed.crop == (50.5, 0, 200, 200)
    assert placed.box(Size(301, 200)) == Box(51, 0, 200, 200)
