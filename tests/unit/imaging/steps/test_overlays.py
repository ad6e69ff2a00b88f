"""Pictures, colours and text laid over the picture."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.unit.imaging.steps.step_material import SIZES, as_frame, context, flat, is_frame, photo, pixel, same

from imagewell.errors import UnreadableImage
from imagewell.imaging import fonts
from imagewell.imaging.steps import overlays
from imagewell.imaging.steps.blend import blend
from imagewell.transform.model import (
    BlendMode,
    ColorOverlay,
    Fit,
    ImageOverlay,
    Place,
    Resize,
    Stage,
    Text,
    TextOverlay,
)
from imagewell.transform.values import BLACK, Color, Length

RED, BLUE = flat(255, 0, 0, 20, 10), flat(0, 0, 255, 10, 10)
TOP_LEFT = Place("left", "top")
PLAIN = flat(200, 200, 200, 64, 48)


@pytest.fixture(autouse=True, scope="module")
def _own_fonts():
    fonts.prepare()


def laid(base, *op, other=RED, stage=None):
    ctx = replace(context(stage), open=lambda reference: other)
    return overlays.apply([base], op, ctx)[0]


def mark(**options):
    return ImageOverlay(**{"image": "mark.png", "place": TOP_LEFT, **options})


def red_box(frame):
    """Left, top, width, height of what is red."""
    red = (frame[0] > 150) & (frame[1] < 100)
    return red.find_trim(threshold=1, background=[0])


@pytest.mark.parametrize(
    ("place", "left", "top"),
    [
        (Place("left", "top"), 0, 0),
        (Place("right", "bottom", pad_px=5), 39, 33),
        (Place("center", "middle"), 22, 19),
        (Place("left", "bottom", pad_px=3), 3, 35),
        (Place(x=Length(7), y=Length(9)), 7, 9),
        (Place(x=Length(0.5, share=True), y=Length(0.5, share=True), anchor=(0.5, 0.5)), 22, 19),
    ],
)
def test_an_overlay_sits_where_it_is_placed(place, left, top):
    """Alignment and pad, or x and y with an anchor; the size of the base does not change."""
    frame = laid(PLAIN, mark(place=place))
    assert is_frame(frame, 64, 48, 3)
    assert red_box(frame) == [left, top, 20, 10]
    assert same(as_frame(frame.crop(left, top, 20, 10)), RED)


def test_what_stands_over_the_edge_is_cut():
    """Negative places show the rest of the overlay; one that misses the base shows nothing."""
    assert red_box(laid(PLAIN, mark(place=Place(x=Length(-15), y=Length(-4))))) == [0, 0, 5, 6]
    assert red_box(laid(PLAIN, mark(place=Place(x=Length(60), y=Length(45))))) == [60, 45, 4, 3]
    assert same(laid(PLAIN, mark(place=Place(x=Length(64)))), PLAIN)
    assert same(laid(PLAIN, mark(place=Place(x=Length(-20)))), PLAIN)


@pytest.mark.parametrize(
    ("options", "width", "height"),
    [
        ({"width": Length(40)}, 40, 20),
        ({"width": Length(0.5, share=True)}, 32, 16),
        ({"height": Length(5)}, 10, 5),
        ({"width": Length(30), "height": Length(30)}, 30, 15),
        ({"width": Length(30), "height": Length(30), "fit": Fit.CROP}, 30, 30),
        ({"width": Length(30), "height": Length(40), "fit": Fit.SCALE}, 30, 40),
        ({"width": Length(30), "height": Length(40), "fit": Fit.CLAMP}, 30, 40),
        ({"width": Length(60), "height": Length(40), "fit": Fit.MAX}, 20, 10),
        ({"scale": 25}, 16, 8),
        ({}, 20, 10),
    ],
)
def test_an_overlay_is_fitted(options, width, height):
    """Sides in px or as shares of the base, a share of its width, and every fit."""
    assert red_box(laid(PLAIN, mark(**options)))[2:] == [width, height]


def test_room_around_a_filled_overlay_is_clear():
    """Fitted into a larger box, the overlay lies in its middle and the base shows around it."""
    frame = laid(PLAIN, mark(width=Length(20), height=Length(30), fit=Fit.FILL))
    assert red_box(frame) == [0, 10, 20, 10]
    assert pixel(frame, 5, 5) == [200, 200, 200]


def test_opacity_fades_the_overlay():
    """Half opaque is halfway; nothing at 0."""
    assert pixel(laid(PLAIN, mark(opacity=50))) == pytest.approx([227, 100, 100], abs=1)
    assert same(laid(PLAIN, mark(opacity=0)), PLAIN)


def test_small_bases_are_spared():
    """An overlay with a least base size is left out below it."""
    assert same(laid(PLAIN, mark(min_base_width=65)), PLAIN)
    assert same(laid(PLAIN, mark(min_base_height=49)), PLAIN)
    assert red_box(laid(PLAIN, mark(min_base_width=64, min_base_height=48)))[2:] == [20, 10]


def test_tiles_cover_the_base_with_gaps():
    """From one gap inside the corner to the far edges, where the last ones are cut."""
    frame = laid(PLAIN, mark(tile="grid", place=Place(pad_px=4)))
    for x in range(64):
        for y in range(48):
            on_tile = x >= 4 and y >= 4 and (x - 4) % 24 < 20 and (y - 4) % 14 < 10
            assert (pixel(frame, x, y) == [255, 0, 0]) == on_tile


@pytest.mark.parametrize("along", ["both", "x", "y"])
@pytest.mark.parametrize(("left", "top"), [(7, 9), (-47, 100)])
def test_copies_fill_their_directions(along, left, top):
    """From its place on, both ways and without gaps; across and down where that is asked for."""
    frame = laid(PLAIN, mark(tile=along, place=Place(x=Length(left), y=Length(top))))
    for x in range(64):
        for y in range(48):
            across = along != "y" or left <= x < left + 20
            down = along != "x" or top <= y < top + 10
            assert (pixel(frame, x, y) == [255, 0, 0]) == (across and down)


def test_copies_are_cut_where_they_stand_over():
    """The pattern of the copies goes on from one to the next, whatever of the first can be seen."""
    other = photo(13, 7)
    frame = laid(PLAIN, mark(tile="both", place=Place(x=Length(-5), y=Length(3))), other=other)
    for x, y in ((0, 0), (7, 2), (8, 3), (63, 47), (30, 20)):
        assert pixel(frame, x, y) == pixel(other, (x + 5) % 13, (y - 3) % 7)


def test_a_single_pixel_covers_a_large_base():
    """A million copies are laid as quickly as a few."""
    frame = laid(flat(9, 9, 9, 1000, 1000), mark(tile="both"), other=flat(255, 0, 0, 1, 1))
    assert same(frame, flat(255, 0, 0, 1000, 1000))


@pytest.mark.parametrize(("degrees", "size"), [(90, [10, 20]), (180, [20, 10]), (270, [10, 20])])
def test_quarter_turns_swap_sides(degrees, size):
    """Turned by quarters the overlay keeps every px."""
    assert red_box(laid(PLAIN, mark(rotate=degrees)))[2:] == size


def test_turning_is_counter_clockwise():
    """The right end goes up."""
    two = RED.join(flat(0, 0, 255, 20, 10), "horizontal")
    frame = laid(PLAIN, mark(rotate=90), other=two)
    assert (pixel(frame, 5, 5), pixel(frame, 5, 30)) == ([0, 0, 255], [255, 0, 0])


def test_any_angle_has_clear_corners_and_soft_edges():
    """Between the turned sides and the frame around them the base shows; no dark fringe lies between."""
    frame = laid(PLAIN, mark(rotate=30, place=Place()), other=flat(200, 200, 200, 30, 20))
    assert (frame - PLAIN).abs().max() <= 1


def test_inherited_size_is_the_bases_resize():
    """The overlay is cut and scaled as the base was, and its own size does not count."""
    stage = Stage(resize=Resize(Length(32), Length(32), fit=Fit.CROP))
    assert red_box(laid(PLAIN, mark(inherit=True, width=Length(3)), stage=stage)) == [0, 0, 32, 32]


def test_modes_blend_with_what_lies_below():
    """The overlay's part of the base is blended in its mode, the rest is untouched."""
    base = photo()
    frame = laid(base, mark(mode=BlendMode.DIFFERENCE, place=Place(x=Length(10), y=Length(12))))
    expected = blend(as_frame(base.crop(10, 12, 20, 10)), RED, BlendMode.DIFFERENCE)
    assert same(as_frame(frame.crop(10, 12, 20, 10)), as_frame(expected))
    assert same(as_frame(frame.crop(0, 0, 64, 12)), as_frame(base.crop(0, 0, 64, 12)))


def test_alpha_of_the_base_is_kept_around_and_joined_below():
    """Where the overlay lies a clear base becomes visible; elsewhere it stays clear."""
    clear = PLAIN.bandjoin(0).copy(interpretation="srgb")
    frame = laid(clear, mark(opacity=50))
    assert is_frame(frame, 64, 48, 4)
    assert pixel(frame) == pytest.approx([255, 0, 0, 128], abs=1)
    assert pixel(frame, 40, 40)[3] == 0


def test_overlays_are_stacked_in_order():
    """A later one lies over an earlier one."""
    frame = laid(PLAIN, mark(), ColorOverlay(Color(0, 0, 255), width=Length(10), height=Length(10), place=TOP_LEFT))
    assert (pixel(frame, 5, 5), pixel(frame, 15, 5)) == ([0, 0, 255], [255, 0, 0])


@pytest.mark.parametrize(
    ("options", "box"),
    [({}, [0, 0, 64, 48]), ({"width": Length(0.5, share=True)}, [16, 0, 32, 48]), ({"height": Length(9e9)}, None)],
)
def test_a_color_covers_the_base_or_a_part(options, box):
    """Without sizes all of the base; never more than it."""
    frame = laid(PLAIN, ColorOverlay(Color(255, 0, 0), **options))
    assert red_box(frame) == (box or [0, 0, 64, 48])


def test_a_color_has_opacity_and_alpha():
    """The colour's own alpha and the overlay's opacity multiply."""
    frame = laid(PLAIN, ColorOverlay(Color(0, 0, 0, 0.5), opacity=50))
    assert pixel(frame) == pytest.approx([150, 150, 150], abs=2)


def test_every_frame_of_an_animation_gets_the_same():
    """The overlay is opened once and laid over all frames alike."""
    opened = []

    def open_once(reference):
        opened.append(reference)
        return RED

    first, second = PLAIN, flat(0, 200, 0, 64, 48)
    frames = overlays.apply([first, second], (mark(),), replace(context(), open=open_once))
    assert [red_box(frame) for frame in frames] == [[0, 0, 20, 10]] * 2
    assert pixel(frames[1], 40, 40) == [0, 200, 0]
    assert opened == ["mark.png"]


@pytest.mark.parametrize(("width", "height"), SIZES)
@pytest.mark.parametrize("alpha", [False, True])
def test_overlays_larger_than_any_base(width, height, alpha):
    """A frame of any size takes a picture, a colour and text, each larger than itself."""
    op = (
        mark(width=Length(300), tile="grid", rotate=12, mode=BlendMode.HUE),
        ColorOverlay(Color(1, 2, 3), mode=BlendMode.BURN, opacity=30),
        TextOverlay(Text("Ågj", size_px=90, outline_px=3, shadow=4)),
    )
    assert is_frame(laid(photo(width, height, alpha), *op), width, height, 4 if alpha else 3)


def test_a_broken_overlay_is_refused():
    """What the overlay's decoding refuses is passed on."""

    def broken(reference):
        raise UnreadableImage

    with pytest.raises(UnreadableImage):
        overlays.apply([PLAIN], (mark(),), replace(context(), open=broken))


def test_text_is_placed_by_its_box():
    """Text at the bottom right keeps its pad from the right edge and its line from the bottom."""
    overlay = TextOverlay(Text("HHH", size_px=20, color=BLACK), Place("right", "bottom", pad_px=4))
    frame = laid(PLAIN, overlay)
    left, top, width, height = (frame[0] < 100).find_trim(threshold=1, background=[0])
    # Soft edges are not counted, nor is what the trim's own smoothing takes off.
    assert 64 - left - width == pytest.approx(4, abs=1.5)
    assert 48 - top - height == pytest.approx(4 + 4, abs=2)  # below the letters 20 px Arimo has 4 px of room
    assert height == pytest.approx(13, abs=1.5)


def test_text_that_has_nothing_to_show_changes_nothing():
    """Blank or invisible text leaves the picture as it is."""
    for words in ("", "   ", "\u200b\u200b", "\n\t"):
        assert same(laid(PLAIN, TextOverlay(Text(words))), PLAIN)
