"""The rules of `place`, each for any picture and any request."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from imagewell.transform.geometry import MAX_SIDE_PX, at_device_pixels, place
from imagewell.transform.model import Fit, FocalPoint, Focus, Pad, Resize, Stage
from imagewell.transform.values import Length, Ratio, Size

side = st.integers(1, 20_000)
sizes = st.builds(Size, side, side)
ordinary = st.builds(Size, st.integers(1, 8192), st.integers(1, 8192))
pixels = st.one_of(st.integers(1, 8192), st.integers(1, 10_000)).map(float)
lengths = st.one_of(
    st.builds(Length, pixels),
    st.builds(Length, st.floats(0.3, 9000).map(lambda value: round(value, 3))),
    st.builds(Length, st.floats(0.001, 1).map(lambda value: round(value, 4)), st.just(True)),
)
sides = st.builds(Length, st.integers(1, 8192).map(float))
ratios = st.builds(Ratio, st.integers(1, 50).map(float), st.floats(0.1, 50).map(lambda value: round(value, 2)))
shares = st.floats(0, 1).map(lambda value: round(value, 4))
focal_points = st.builds(FocalPoint, shares, shares, st.floats(1, 100).map(lambda value: round(value, 2)))
clamps = st.none() | st.floats(1, 9000).map(lambda value: round(value, 1))
resizes = st.builds(
    Resize,
    width=st.none() | lengths,
    height=st.none() | lengths,
    fit=st.sampled_from(Fit),
    ratio=st.none() | ratios,
    focus=st.lists(st.sampled_from(Focus), max_size=3).map(tuple),
    focal=st.none() | focal_points,
    min_width=clamps,
    max_width=clamps,
    min_height=clamps,
    max_height=clamps,
)
pad_side = st.one_of(
    st.just(0.0), st.integers(0, 300).map(float), st.floats(0, 9000).map(lambda value: round(value, 1))
)
pads = st.none() | st.builds(Pad, pad_side, pad_side, pad_side, pad_side)
overrides = st.none() | st.tuples(shares, shares)
COVERING = (Fit.CROP, Fit.FACEAREA, Fit.FILL, Fit.FILLMAX, Fit.CLAMP, Fit.SCALE)


@given(sizes, st.none() | resizes, pads, st.sampled_from([1, 100, 8192]), overrides)
def test_every_placement_can_be_made(source, resize, pad, ceiling, override):
    """Whatever is asked: sides of at least 1 px, none past the ceiling, the window inside the source, the picture
    inside its canvas, no padding below zero."""
    placed = place(source, resize, pad, ceiling, override)
    left, top, width, height = placed.crop
    assert width >= 1
    assert height >= 1
    assert left >= 0
    assert top >= 0
    assert left + width <= source.width + 1e-6
    assert top + height <= source.height + 1e-6
    assert 1 <= placed.scaled.width <= placed.canvas.width <= placed.frame.width
    assert 1 <= placed.scaled.height <= placed.canvas.height <= placed.frame.height
    assert max(placed.frame.width, placed.frame.height) <= ceiling
    assert min(placed.pads) >= 0


@given(sizes, resizes, pads)
def test_the_ceiling_holds_with_padding_too(source, resize, pad):
    """No side of the frame, padding included, is longer than 8192."""
    frame = place(source, resize, pad).frame
    assert max(frame.width, frame.height) <= MAX_SIDE_PX


@given(sizes, resizes, overrides)
def test_the_window_in_whole_px_is_inside_the_source(source, resize, override):
    """Rounded to whole px, the window is never empty and never outside."""
    box = place(source, resize, focal_override=override).box(source)
    assert box.left >= 0
    assert box.top >= 0
    assert box.width >= 1
    assert box.height >= 1
    assert box.left + box.width <= source.width
    assert box.top + box.height <= source.height


@given(ordinary, sides, sides, st.sampled_from(COVERING))
def test_a_covering_fit_has_the_exact_size(source, width, height, fit):
    """crop, facearea, fill, fillmax, clamp and scale with both sides give just these sides."""
    assert place(source, Resize(width, height, fit)).canvas == Size(int(width.value), int(height.value))


@given(ordinary, sides, sides, pads, st.sampled_from(Fit))
def test_picture_and_padding_stay_inside_the_box(source, width, height, pad, fit):
    """With both sides asked for, no fit and no padding makes the frame larger than the box."""
    frame = place(source, Resize(width, height, fit), pad).frame
    assert frame.width <= width.value
    assert frame.height <= height.value
    if fit in COVERING:
        assert frame == Size(int(width.value), int(height.value))


@given(ordinary, st.none() | sides, st.none() | sides, st.sampled_from([Fit.MAX, Fit.MIN]))
def test_max_and_min_never_enlarge(source, width, height, fit):
    """Neither side of the result is longer than the source's, nor is anything in it enlarged."""
    placed = place(source, Resize(width, height, fit))
    assert placed.canvas.width <= source.width
    assert placed.canvas.height <= source.height
    assert placed.scaled.width <= placed.crop[2] + 1
    assert placed.scaled.height <= placed.crop[3] + 1


@given(ordinary, sides, sides)
def test_fillmax_never_enlarges_the_picture(source, width, height):
    """The canvas may be larger than the source, the picture on it may not."""
    scaled = place(source, Resize(width, height, Fit.FILLMAX)).scaled
    assert scaled.width <= source.width
    assert scaled.height <= source.height


@given(ordinary, sides, sides)
def test_clip_touches_the_box(source, width, height):
    """A clipped picture is as large as the box lets it be: one of its sides is the asked one."""
    canvas = place(source, Resize(width, height)).canvas
    assert canvas.width == width.value or canvas.height == height.value


@given(ordinary, st.none() | sides, st.none() | sides, st.sampled_from([Fit.CLIP, Fit.MAX, Fit.FILL, Fit.FILLMAX]))
def test_the_whole_picture_keeps_its_shape(source, width, height, fit):
    """Where nothing is cut, the ratio of the sides is the source's, but for rounding to whole px."""
    placed = place(source, Resize(width, height, fit))
    assert placed.crop == (0, 0, source.width, source.height)
    across, down = (
        _scales_that_round_to(made, side)
        for made, side in ((placed.scaled.width, source.width), (placed.scaled.height, source.height))
    )
    assert max(across[0], down[0]) <= min(across[1], down[1])


def _scales_that_round_to(made: int, side: int) -> tuple[Fraction, Fraction]:
    """From and to which scale a side comes out as `made`; 1 px is also what anything smaller comes out as."""
    return Fraction(0 if made == 1 else 2 * made - 1, 2 * side), Fraction(2 * made + 1, 2 * side)


@given(ordinary, st.integers(8, 8192), st.integers(8, 8192), st.lists(st.sampled_from(Focus), max_size=2).map(tuple))
def test_a_crop_cuts_and_never_squeezes(source, width, height, focus):
    """The window has the shape of the frame, and is as wide or as high as the source."""
    placed = place(source, Resize(Length(width), Length(height), Fit.CROP, focus=focus))
    assume(min(placed.crop[2:]) > 1)
    assert placed.crop[2] * height == pytest.approx(placed.crop[3] * width)
    assert placed.crop[2] == pytest.approx(source.width) or placed.crop[3] == pytest.approx(source.height)


@given(ordinary, sides, sides, focal_points)
def test_a_focal_point_stays_in_sight(source, width, height, focal):
    """Wherever the window is pushed to, the point is inside it."""
    resize = Resize(width, height, Fit.CROP, focus=(Focus.FOCALPOINT,), focal=focal)
    left, top, across, down = place(source, resize).crop
    assert left - 1e-6 <= focal.x * source.width <= left + across + 1e-6
    assert top - 1e-6 <= focal.y * source.height <= top + down + 1e-6


@given(ordinary, sides, sides, focal_points)
def test_zoom_shows_less(source, width, height, focal):
    """The window at a zoom is never larger than without, and has the same shape, until it is a single px wide."""
    resize = Resize(width, height, Fit.CROP, focus=(Focus.FOCALPOINT,), focal=focal)
    zoomed = place(source, resize).crop
    plain = place(source, replace(resize, focal=replace(focal, zoom=1.0))).crop
    assert zoomed[2] <= plain[2]
    assert zoomed[3] <= plain[3]
    assume(min(zoomed[2:]) > 1)
    assert zoomed[2] * plain[3] == pytest.approx(zoomed[3] * plain[2])


@given(ordinary, st.integers(1, 8191), st.sampled_from(Fit))
def test_asking_for_more_never_gives_less(source, width, fit):
    """A larger width never makes any side of the result smaller."""
    smaller = place(source, Resize(Length(width), None, fit)).canvas
    larger = place(source, Resize(Length(width + 1), None, fit)).canvas
    before, after = (min(size.width, size.height) for size in (smaller, larger))
    assert after >= before
    if max(larger.width, larger.height) < MAX_SIDE_PX:
        assert larger.width >= smaller.width
        assert larger.height >= smaller.height


@given(ordinary, st.none() | st.integers(1, 4000), st.none() | st.integers(1, 4000), st.sampled_from(Fit))
def test_a_clamped_crop_is_within_its_clamps(source, low, more, fit):
    """A maximum and a minimum hold for every crop that is asked for; without them nothing else changes."""
    high = None if more is None else (low or 1) + more
    resize = Resize(Length(500), None, fit, min_width=low, max_width=high, min_height=low, max_height=high)
    canvas = place(source, resize).canvas
    if fit not in (Fit.CROP, Fit.FACEAREA):
        assert canvas == place(source, Resize(Length(500), None, fit)).canvas
        return
    assume(max(canvas.width, canvas.height) < MAX_SIDE_PX)
    assert canvas.width >= (low or 1)
    assert canvas.height >= (low or 1)
    assert high is None or max(canvas.width, canvas.height) <= high


@given(ordinary, ratios, st.sampled_from([Fit.CROP, Fit.FILL]))
def test_a_ratio_alone_stays_inside_the_source(source, ratio, fit):
    """The frame of a ratio without a side is inside the source, touches it, and has that shape."""
    canvas = place(source, Resize(fit=fit, ratio=ratio)).canvas
    assert canvas.width <= source.width
    assert canvas.height <= source.height
    assert canvas.width == source.width or canvas.height == source.height
    assert abs(canvas.width - canvas.height * ratio.value) <= 0.5 + 0.5 * ratio.value + 1e-6 or 1 in (
        canvas.width,
        canvas.height,
    )


@given(ordinary, resizes, st.floats(0.1, 5).map(lambda value: round(value, 2)))
def test_dpr_is_the_same_as_asking_for_more_px(source, resize, dpr):
    """A width at a dpr is the exact product, multiplied once; without width and height dpr does nothing."""
    stage = Stage(dpr=dpr, resize=resize)
    once = at_device_pixels(stage)
    assert once.dpr == 1
    assert at_device_pixels(once) == once
    if resize.width is None and resize.height is None:
        assert once.resize == resize
        return
    for asked, made in ((resize.width, once.resize.width), (resize.height, once.resize.height)):
        if asked is not None and made is not None:
            assert Fraction(str(made.value)) == pytest.approx(
                Fraction(str(asked.value)) * Fraction(str(dpr)), rel=1e-12
            )
