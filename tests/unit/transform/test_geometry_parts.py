"""The arithmetic around the resize: regions, trims, turns, overlays, corners, borders, device px."""

from __future__ import annotations

from math import cos, hypot, radians, sin

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imagewell.transform.geometry import (
    Tiles,
    at_device_pixels,
    color_size,
    corner_radii,
    inset,
    is_drawn,
    oriented,
    overlay_box,
    overlay_placement,
    pivot_size,
    region_box,
    repeated,
    straighten_zoom,
    tiles,
    trim_box,
)
from imagewell.transform.model import (
    Adjust,
    Backdrop,
    Border,
    ColorOverlay,
    Fill,
    Fit,
    Focus,
    Gradient,
    ImageOverlay,
    Mask,
    Pad,
    Place,
    Region,
    Resize,
    Stage,
    Stylize,
    Text,
    TextOverlay,
    Trim,
)
from imagewell.transform.values import BLACK, WHITE, Box, Length, Size

small = st.builds(Size, st.integers(1, 400), st.integers(1, 400))
HALF = Length(0.5, True)


def px(value: float) -> Length:
    return Length(value)


@pytest.mark.parametrize(("orientation", "size"), [(1, (3, 2)), (3, (3, 2)), (5, (2, 3)), (6, (2, 3)), (8, (2, 3))])
def test_orientations_past_four_lie_on_their_side(orientation, size):
    """EXIF's 5 to 8 swap width and height."""
    assert oriented(Size(3, 2), orientation) == Size(*size)


@pytest.mark.parametrize(
    ("region", "box"),
    [
        (Region(), (0, 0, 300, 200)),
        (Region(px(10), px(20), px(30), px(40)), (10, 20, 30, 40)),
        (Region(HALF, HALF, px(50), px(50)), (150, 100, 50, 50)),
        (Region("center", "middle", px(101), px(50)), (99, 75, 101, 50)),
        (Region("right", "bottom", px(100), HALF), (200, 100, 100, 100)),
        (Region(px(250), "top", px(100), px(10)), (250, 0, 50, 10)),
        (Region(px(-20), px(0), px(100), px(10)), (0, 0, 80, 10)),
        (Region("right", "top", px(900), None), (0, 0, 300, 200)),
    ],
)
def test_a_region_is_placed_and_cut_at_the_edges(region, box):
    """Pixels, shares and keywords place a region; what stands over the edge is cut off."""
    assert region_box(Size(300, 200), region) == Box(*box)


@pytest.mark.parametrize(
    "region",
    [Region(px(300)), Region(px(0), px(0), px(0), px(5)), Region(px(-9), px(0), px(9), px(9)), Region(Length(1, True))],
)
def test_an_empty_region_is_none(region):
    """A region outside the picture, or without area, is None, and so ignored."""
    assert region_box(Size(300, 200), region) is None


place_px = st.one_of(st.builds(Length, st.integers(-500, 900)), st.builds(Length, st.floats(0, 1), st.just(True)))


@given(small, place_px, place_px, st.none() | place_px, st.none() | place_px)
def test_a_region_is_inside_the_picture(source, x, y, width, height):
    """Whatever is asked for, the box is inside the picture and not empty, or there is none."""
    box = region_box(source, Region(x, y, width, height))
    if box is not None:
        assert 0 <= box.left < box.left + box.width <= source.width
        assert 0 <= box.top < box.top + box.height <= source.height


@given(small, st.data(), st.floats(-200, 200))
def test_a_trim_keeps_something(source, data, pad_px):
    """A margin of any size and sign leaves a box inside the picture with at least one px in it."""
    left = data.draw(st.integers(0, source.width - 1))
    top = data.draw(st.integers(0, source.height - 1))
    found = Box(
        left,
        top,
        data.draw(st.integers(1, source.width - left)),
        data.draw(st.integers(1, source.height - top)),
    )
    box = trim_box(source, found, pad_px)
    assert 0 <= box.left < box.left + box.width <= source.width
    assert 0 <= box.top < box.top + box.height <= source.height


@pytest.mark.parametrize(
    ("pad_px", "box"), [(0, (10, 20, 30, 5)), (15, (0, 5, 55, 35)), (-2, (12, 22, 26, 1)), (-99, (24, 22, 2, 1))]
)
def test_a_trim_margin(pad_px, box):
    """A margin grows what was found, up to the edges; below zero it cuts further in, down to the middle."""
    assert trim_box(Size(100, 100), Box(10, 20, 30, 5), pad_px) == Box(*box)


@pytest.mark.parametrize(
    ("degrees", "zoom"), [(0, 1), (180, 1), (90, 1.5), (270, 1.5), (45, (1 + 1.5) * 0.5**0.5), (-30, None)]
)
def test_straightening_zooms_until_the_frame_is_covered(degrees, zoom):
    """The zoom for 1200×800 is exact at whole quarters and the documented formula between."""
    wanted = zoom or (cos(radians(30)) + 1.5 * sin(radians(30)))
    assert straighten_zoom(Size(1200, 800), degrees) == pytest.approx(wanted, rel=1e-12)


@given(small, st.floats(-360, 360))
def test_a_straightened_picture_covers_every_corner(size, degrees):
    """Turned back, each corner of the frame is a point of the zoomed picture."""
    zoom = straighten_zoom(size, degrees)
    assert zoom >= 1 - 1e-12
    angle = radians(degrees)
    for x, y in ((size.width / 2, size.height / 2), (size.width / 2, -size.height / 2)):
        across = x * cos(angle) + y * sin(angle)
        down = -x * sin(angle) + y * cos(angle)
        assert abs(across) <= zoom * size.width / 2 + 1e-6
        assert abs(down) <= zoom * size.height / 2 + 1e-6


@given(small, st.floats(-360, 360))
def test_a_pivoted_picture_shows_every_corner(size, degrees):
    """The frame of a pivot holds all corners of the turned picture and is never larger than its diagonal."""
    whole = pivot_size(size, degrees)
    angle = radians(degrees)
    for x, y in ((size.width / 2, size.height / 2), (size.width / 2, -size.height / 2)):
        assert abs(x * cos(angle) + y * sin(angle)) <= whole.width / 2 + 1e-6
        assert abs(-x * sin(angle) + y * cos(angle)) <= whole.height / 2 + 1e-6
    assert max(whole.width, whole.height) <= hypot(size.width, size.height) + 1


def test_quarter_turns_are_exact():
    """90 degrees of a pivot swap the sides; 180 keep them."""
    assert pivot_size(Size(1200, 801), 90) == Size(801, 1200)
    assert pivot_size(Size(1200, 801), -180) == Size(1200, 801)


@pytest.mark.parametrize(
    ("overlay", "size"),
    [
        (ImageOverlay("a"), (300, 200)),
        (ImageOverlay("a", width=Length(0.5, True)), (500, 333)),
        (ImageOverlay("a", scale=20.0), (200, 133)),
        (ImageOverlay("a", scale=20.0, width=px(90)), (90, 60)),
        (ImageOverlay("a", width=px(100), height=px(100), fit=Fit.CROP), (100, 100)),
        (ImageOverlay("a", width=px(100), height=Length(0.5, True), fit=Fit.FILL), (100, 400)),
        (ImageOverlay("a", width=px(600), fit=Fit.MAX), (300, 200)),
        (ImageOverlay("a", width=px(60), height=px(60), fit=Fit.SCALE), (60, 60)),
        (ImageOverlay("a", width=Length(0.00001, True)), (1, 1)),
    ],
)
def test_an_overlay_is_sized_by_its_base(overlay, size):
    """Shares and scale are of the base's sides, 1000×800 here; the picture of 300×200 then fits as any other."""
    assert overlay_placement(Size(1000, 800), Size(300, 200), overlay).canvas == Size(*size)


def test_an_overlay_is_cut_at_the_side_it_names():
    """The focus of an overlay anchors its own crop."""
    overlay = ImageOverlay("a", width=px(50), height=px(50), fit=Fit.CROP, focus=(Focus.RIGHT,))
    assert overlay_placement(Size(1000, 800), Size(300, 200), overlay).crop == (100, 0, 200, 200)


@pytest.mark.parametrize(
    ("place", "at"),
    [
        (Place("right", "bottom", 5), (85, 70)),
        (Place("left", "top", 5), (5, 5)),
        (Place(), (45, 37)),
        (Place(pad_px=9), (45, 37)),
        (Place("right", "bottom", 5, x=px(3)), (3, 70)),
        (Place(x=px(-3), y=Length(0.5, True)), (-3, 50)),
        (Place(x=px(50), y=px(50), anchor=(0.5, 1)), (45, 25)),
    ],
)
def test_where_an_overlay_sits(place, at):
    """10×25 on 100×100: alignment and padding, or x and y for each axis on its own, with the anchor on them."""
    assert overlay_box(Size(100, 100), Size(10, 25), place) == at


@given(small, small, st.builds(Place, st.sampled_from(["left", "center", "right"]), st.just("middle"), st.just(0.0)))
def test_a_smaller_overlay_lies_inside(base, overlay, place):
    """Aligned without padding, an overlay no larger than its base does not stand over an edge."""
    left, top = overlay_box(base, overlay, place)
    if overlay.width <= base.width and overlay.height <= base.height:
        assert 0 <= left <= base.width - overlay.width
        assert 0 <= top <= base.height - overlay.height


def test_overlays_for_large_pictures_only():
    """An overlay with a smallest base is drawn on one of that size, and on none below."""
    overlay = ImageOverlay("a", min_base_width=100, min_base_height=50)
    assert [is_drawn(Size(*base), overlay) for base in ((100, 50), (99, 50), (100, 49))] == [True, False, False]


@pytest.mark.parametrize(
    ("overlay", "size"),
    [
        (ColorOverlay(BLACK), (100, 80)),
        (ColorOverlay(BLACK, width=HALF), (50, 80)),
        (ColorOverlay(BLACK, width=px(500), height=px(7)), (100, 7)),
    ],
)
def test_the_area_of_a_flat_colour(overlay, size):
    """A flat colour covers its base but for the sides it names."""
    assert color_size(Size(100, 80), overlay) == Size(*size)


def test_tiles_cover_the_base():
    """Tiles of 30×20 with 10 px between them, one gap from the corner, cover 100×100 up to both far edges."""
    assert tiles(Size(100, 100), Size(30, 20), Place(pad_px=10)) == Tiles(10, 10, Size(40, 30), 3, 3)


@given(small, small, st.integers(0, 50), st.integers(-100_000, 500), st.integers(-100_000, 500))
def test_a_grid_has_no_tile_that_cannot_be_seen(base, overlay, gap, x, y):
    """Wherever a grid begins, its first tile ends past the base's edge and its last begins before the other."""
    grid = tiles(base, overlay, Place(pad_px=float(gap), x=px(x), y=px(y)))
    assert grid.left > -grid.step.width
    assert grid.top > -grid.step.height
    assert grid.across * grid.step.width + grid.left >= min(base.width, x)
    if grid.across:
        assert grid.left + (grid.across - 1) * grid.step.width < base.width
    if grid.down:
        assert grid.top + (grid.down - 1) * grid.step.height < base.height


@pytest.mark.parametrize(
    ("along", "grid"),
    [
        ("both", Tiles(-25, -15, Size(30, 20), 5, 6)),
        ("x", Tiles(-25, 5, Size(30, 20), 5, 1)),
        ("y", Tiles(5, -15, Size(30, 20), 1, 6)),
    ],
)
def test_copies_go_both_ways_from_their_place(along, grid):
    """Copies of 30×20 from (5, 5) on cover 100×100, or a band of it, without gaps."""
    place = Place("right", "bottom", 9, px(5), px(5))
    assert repeated(Size(100, 100), Size(30, 20), place, along) == grid


@given(small, small, st.integers(-100_000, 500), st.integers(-100_000, 500))
def test_copies_cover_the_base_and_no_more(base, overlay, x, y):
    """Wherever it starts, a repeated overlay covers the base, one copy of it at its place, and none lies outside."""
    grid = repeated(base, overlay, Place(x=px(x), y=px(y)), "both")
    for start, step, count, side, at in (
        (grid.left, overlay.width, grid.across, base.width, x),
        (grid.top, overlay.height, grid.down, base.height, y),
    ):
        assert -step < start <= 0
        assert start + (count - 1) * step < side <= start + count * step
        assert (at - start) % step == 0


@pytest.mark.parametrize(
    ("radii", "expected"),
    [(None, (40, 40, 40, 40)), ((1, 2, 3, 4), (1, 2, 3, 4)), ((500, 0, -5, 99.5), (100, 0, 0, 99.5))],
)
def test_corner_radii(radii, expected):
    """A fifth of the shorter side unless given; never more than half of it, never below zero."""
    assert corner_radii(Size(300, 200), radii) == expected


def test_what_a_border_leaves_free():
    """Border widths are whole px; a border as wide as the frame leaves nothing."""
    assert inset(Size(100, 50), Border(BLACK, 1, 2.5, 3, 4)) == Box(4, 1, 93, 46)
    assert inset(Size(100, 50), Pad(25, 0, 25, 0)) is None


@given(small, st.builds(Pad, *[st.floats(-5, 300)] * 4))
def test_what_a_border_leaves_is_inside_the_frame(size, widths):
    """What is left is never empty and never outside, and there is something left of every frame without a border."""
    hole = inset(size, widths)
    if hole is not None:
        assert 0 <= hole.left < hole.left + hole.width <= size.width
        assert 0 <= hole.top < hole.top + hole.height <= size.height
    assert inset(size, Pad()) == Box(0, 0, size.width, size.height)


def test_dpr_multiplies_every_css_px():
    """At dpr 2 every length in CSS px doubles; shares of what is doubled, and px of the source, stay."""
    stage = Stage(
        dpr=2.0,
        region=Region(px(10), px(10), px(50), px(50)),
        trim=Trim(pad_px=4),
        resize=Resize(
            px(100), HALF, Fit.FILL, max_width=300.0, fill=Fill("gradient", gradient=Gradient("radial", center_x=px(5)))
        ),
        adjust=Adjust(unsharp_radius_px=1.5),
        stylize=Stylize(blur=20, pixelate_px=3),
        backdrop=Backdrop(grid=(BLACK, WHITE), grid_px=4),
        pad=Pad(1, 2, 3, 4.5),
        border=Border(BLACK, 1, 2, 3, 4, radius=(1, 2, 3, 4), stroke_px=2),
        mask=Mask("corners", radii=(1, 2, 3, 4)),
        overlays=(
            ImageOverlay("a", width=px(10), height=HALF, place=Place(pad_px=5, x=px(7), y=HALF), min_base_width=15),
            ColorOverlay(BLACK, width=px(3)),
            TextOverlay(Text("t", size_px=12, width_px=100, outline_px=1, lead_px=2, track_px=-1), Place(pad_px=10)),
        ),
    )
    assert at_device_pixels(stage) == Stage(
        region=Region(px(10), px(10), px(50), px(50)),
        trim=Trim(pad_px=4),
        resize=Resize(
            px(200),
            Length(1.0, True),
            Fit.FILL,
            max_width=600.0,
            fill=Fill("gradient", gradient=Gradient("radial", center_x=px(10))),
        ),
        adjust=Adjust(unsharp_radius_px=3),
        stylize=Stylize(blur=40, pixelate_px=6),
        backdrop=Backdrop(grid=(BLACK, WHITE), grid_px=8),
        pad=Pad(2, 4, 6, 9),
        border=Border(BLACK, 2, 4, 6, 8, radius=(2, 4, 6, 8), stroke_px=4),
        mask=Mask("corners", radii=(2, 4, 6, 8)),
        overlays=(
            ImageOverlay("a", width=px(20), height=HALF, place=Place(pad_px=10, x=px(14), y=HALF), min_base_width=30),
            ColorOverlay(BLACK, width=px(6)),
            TextOverlay(Text("t", size_px=24, width_px=200, outline_px=2, lead_px=4, track_px=-2), Place(pad_px=20)),
        ),
    )


def test_dpr_stays_within_the_range_of_the_model():
    """What dpr multiplies is never more than could have been asked for at dpr 1."""
    text = TextOverlay(Text("t", size_px=1500.0, width_px=8000.0))
    stage = at_device_pixels(Stage(dpr=5.0, resize=Resize(px(9)), stylize=Stylize(blur=4500.0), overlays=(text,)))
    assert stage.stylize == Stylize(blur=10_000.0)
    assert stage.overlays == (TextOverlay(Text("t", size_px=2000.0, width_px=8192.0)),)


def test_dpr_without_a_size_does_nothing():
    """Without width or height dpr leaves even the padding as it is."""
    assert at_device_pixels(Stage(dpr=3.0, pad=Pad(1, 1, 1, 1))) == Stage(pad=Pad(1, 1, 1, 1))


def test_dpr_products_are_exact():
    """35 px at dpr 1.1 are 38.5 and so 39, not 38.500000000000004 of floating point or less."""
    resize = at_device_pixels(Stage(dpr=1.1, resize=Resize(px(35)))).resize
    assert resize == Resize(px(38.5))
