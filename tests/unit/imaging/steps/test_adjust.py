"""Light and colour: neutral at 0, the right direction elsewhere, alpha and sizes untouched."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.imaging.steps.step_material import SIZES, as_frame, context, flat, is_frame, mean, photo, pixel, same

from imagewell.imaging.steps import adjust
from imagewell.imaging.steps.planes import luminance
from imagewell.transform.model import Adjust

EACH = [
    Adjust(brightness=40),
    Adjust(contrast=-70),
    Adjust(contrast=70),
    Adjust(exposure=60),
    Adjust(gamma=-30),
    Adjust(highlights=-80),
    Adjust(shadows=80),
    Adjust(hue=120),
    Adjust(saturation=50),
    Adjust(saturation=-100),
    Adjust(vibrance=80),
    Adjust(vibrance=-80),
    Adjust(invert=True),
    Adjust(sharpen=100),
    Adjust(unsharp=100, unsharp_radius_px=2.5),
    Adjust(unsharp=-100, unsharp_radius_px=60),
    Adjust(enhance=True),
    Adjust(brightness=10, hue=20, saturation=30, vibrance=20, sharpen=20, unsharp=10, highlights=-20, enhance=True),
]


def done(frame, **values):
    return adjust.apply([frame], Adjust(**values), context())[0]


@pytest.mark.parametrize("alpha", [False, True])
def test_neutral_is_identity(alpha):
    """With everything at 0 the picture comes back bit for bit."""
    frame = photo(alpha=alpha)
    assert same(adjust.apply([frame], Adjust(), context())[0], frame)


@pytest.mark.parametrize("op", EACH, ids=str)
@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("alpha", [False, True])
def test_any_size_keeps_its_shape_and_alpha(op, size, alpha):
    """Every adjustment takes a picture of any size, and leaves its size and its alpha as they were."""
    frame = photo(*size, alpha=alpha)
    (result,) = adjust.apply([frame], op, context())
    assert is_frame(result, *size, 4 if alpha else 3)
    if alpha:
        assert same(result.extract_band(3), frame.extract_band(3))


@pytest.mark.parametrize("op", EACH, ids=str)
def test_every_adjustment_changes_something(op):
    """No adjustment is without effect on a photograph that is neither all dark nor all light."""
    frame = as_frame(photo() * 0.8 + 30) if op.enhance else photo()
    assert not same(adjust.apply([frame], op, context())[0], frame)


@pytest.mark.parametrize("name", ["brightness", "exposure", "gamma"])
@given(low=st.integers(-100, 100), high=st.integers(-100, 100))
@settings(max_examples=25, deadline=None)
def test_more_is_brighter(name, low, high):
    """Brightness, exposure and gamma: a larger value never gives a darker picture, and 0 lies between."""
    low, high = sorted((low, high))
    frame = flat(90, 120, 150, 2, 2)
    assert mean(done(frame, **{name: low})) <= mean(done(frame, **{name: high}))
    assert mean(done(frame, **{name: -50})) < 120 < mean(done(frame, **{name: 50}))


def test_brightness_moves_black_and_white():
    """Brightness lifts black and lowers white, so that even flat ends change."""
    assert pixel(done(flat(0, 0, 0), brightness=50))[0] > 20
    assert pixel(done(flat(255, 255, 255), brightness=-50))[0] < 235


def test_contrast_moves_tones_apart():
    """More contrast makes dark darker and light lighter; less draws them together; the middle stays."""
    dark, light = flat(70, 70, 70), flat(190, 190, 190)
    assert pixel(done(dark, contrast=50))[0] < 70
    assert pixel(done(light, contrast=50))[0] > 190
    assert pixel(done(dark, contrast=-50))[0] > 70
    assert pixel(done(light, contrast=-50))[0] < 190
    assert abs(pixel(done(flat(128, 128, 128), contrast=80))[0] - 128) <= 2


def test_contrast_keeps_black_and_white():
    """The curve of positive contrast runs through black and white: nothing is cut off."""
    assert pixel(done(flat(0, 0, 0), contrast=100)) == [0, 0, 0]
    assert pixel(done(flat(255, 255, 255), contrast=100)) == [255, 255, 255]


def test_exposure_is_in_stops_of_light():
    """Fifty points of exposure double the light: sRGB 118 (18 % grey) becomes about 161."""
    assert pixel(done(flat(118, 118, 118), exposure=50))[0] == pytest.approx(161, abs=2)


def test_highlights_pull_down_only_bright_tones():
    """White comes down, dark and middle tones stay exactly where they are."""
    assert pixel(done(flat(250, 250, 250), highlights=-100))[0] < 210
    assert pixel(done(flat(60, 60, 60), highlights=-100)) == [60, 60, 60]
    assert pixel(done(flat(110, 110, 110), highlights=-100)) == [110, 110, 110]


def test_shadows_lift_only_dark_tones():
    """Dark tones come up, middle and bright tones stay exactly where they are."""
    assert pixel(done(flat(30, 30, 30), shadows=100))[0] > 45
    assert pixel(done(flat(150, 150, 150), shadows=100)) == [150, 150, 150]
    assert pixel(done(flat(250, 250, 250), shadows=100)) == [250, 250, 250]


@pytest.mark.parametrize(
    "op", [Adjust(highlights=-100), Adjust(shadows=100), Adjust(highlights=-100, shadows=100)], ids=str
)
def test_brighter_stays_brighter(op):
    """Of two flat tones the brighter one stays the brighter one, however strong highlights and shadows are."""
    tones = [pixel(adjust.apply([flat(v, v, v, 3, 3)], op, context())[0])[0] for v in range(0, 256, 5)]
    assert tones == sorted(tones)


def test_full_desaturation_is_exactly_grey():
    """Saturation −100 makes all three channels equal in every pixel, with or without other adjustments."""
    for more in ({}, {"hue": 77}, {"vibrance": 100}, {"brightness": 13}):
        red, green, blue = done(photo(), saturation=-100, **more).bandsplit()
        assert same(red, green)
        assert same(green, blue)


@pytest.mark.parametrize("name", ["saturation", "vibrance"])
def test_saturation_and_vibrance_spread_colours(name):
    """A larger value pulls the channels of a muted colour apart, a smaller one draws them together."""

    def spread(frame):
        return max(pixel(frame)) - min(pixel(frame))

    muted = flat(110, 130, 150)
    assert spread(done(muted, **{name: 60})) > spread(muted) > spread(done(muted, **{name: -60}))


def test_vibrance_prefers_muted_colours_and_spares_skin():
    """A muted blue gains relatively more than a vivid blue, and more than skin of like saturation."""

    def gained(red, green, blue):
        result = pixel(done(flat(red, green, blue), vibrance=100))
        return (max(result) - min(result)) / (max(red, green, blue) - min(red, green, blue))

    assert gained(110, 120, 150) > gained(60, 90, 230) >= 1
    assert gained(110, 130, 160) > gained(205, 165, 145)


@given(level=st.integers(0, 255), amount=st.integers(-100, 100), degrees=st.integers(-360, 360))
@settings(max_examples=40, deadline=None)
def test_greys_stay_grey(level, amount, degrees):
    """Hue, saturation and vibrance do not touch a grey, whatever their values."""
    grey = flat(level, level, level, 2, 2)
    assert same(done(grey, saturation=amount, hue=degrees, vibrance=amount), grey)


def test_hue_turns_and_keeps_luminance():
    """A third of the circle takes a muted red towards green; luminance stays within two levels."""
    frame = flat(150, 110, 110)
    turned = done(frame, hue=120)
    red, green, blue = pixel(turned)
    assert green > red
    assert green > blue
    assert abs(luminance(turned).avg() - luminance(frame).avg()) < 2


def test_a_full_turn_is_none():
    """Hue of 360 or −360 degrees is the picture itself, bit for bit."""
    frame = photo()
    assert same(done(frame, hue=360), frame)
    assert same(done(frame, hue=-360), frame)


def test_invert_is_its_own_inverse():
    """Inverting gives 255 minus each channel, and inverting again the picture itself."""
    frame = photo(alpha=True)
    once = done(frame, invert=True)
    assert pixel(done(flat(10, 100, 255), invert=True)) == [245, 155, 0]
    assert same(done(once, invert=True), frame)


@pytest.mark.parametrize("values", [{"sharpen": 80}, {"unsharp": 80}], ids=str)
def test_sharpening_steepens_edges_without_colour(values):
    """The two sides of an edge move apart; a grey picture stays grey and a flat picture flat."""
    edge = flat(80, 80, 80, 20, 9).insert(flat(170, 170, 170, 10, 9), 10, 0).copy_memory()
    result = done(edge, **values)
    assert pixel(result, 10, 4)[0] - pixel(result, 9, 4)[0] > 90
    red, green, blue = result.bandsplit()
    assert same(red, green)
    assert same(green, blue)
    assert same(done(flat(90, 20, 200), **values), flat(90, 20, 200))


def test_negative_unsharp_softens():
    """A negative amount makes an edge less steep."""
    edge = flat(80, 80, 80, 20, 9).insert(flat(170, 170, 170, 10, 9), 10, 0).copy_memory()
    result = done(edge, unsharp=-80)
    assert 0 < pixel(result, 10, 4)[0] - pixel(result, 9, 4)[0] < 60


def test_sharpening_takes_nothing_from_clear_pixels():
    """The colour that clear pixels happen to hold does not reach those that are seen."""
    cover = (flat(0, 0, 0, 20, 9)[0] + 255).cast("uchar").insert(flat(0, 0, 0, 10, 9)[0], 0, 0)
    seen = flat(120, 120, 120, 20, 9).insert(flat(255, 0, 0, 10, 9), 0, 0)
    frame = as_frame(seen.bandjoin(cover))
    for values in ({"sharpen": 100}, {"unsharp": 100}, {"unsharp": -100}):
        assert pixel(done(frame, **values), 10, 4) == [120, 120, 120, 255]


def test_enhance_stretches_a_hazy_picture():
    """A picture of few tones gets more of them, and its order of tones stays."""
    hazy = as_frame(photo() * 0.4 + 80)
    clear = done(hazy, enhance=True)
    assert clear.max() - clear.min() > 1.4 * (hazy.max() - hazy.min())
    assert clear.deviate() > 1.2 * hazy.deviate()


def test_enhance_cuts_off_next_to_nothing():
    """At most 0.5 % of all samples become black or white that were not."""
    for frame in (photo(200, 150), as_frame(photo(200, 150) * 0.4 + 80), as_frame(photo(200, 150) * 1.3)):
        clear = done(frame, enhance=True)
        lost = ((clear == 0) & (frame > 0) | (clear == 255) & (frame < 255)).avg() / 255
        assert lost <= 0.005


def test_enhance_measures_all_frames_as_one():
    """A colour that two frames of an animation share stays one colour, however else they differ."""
    shared = flat(120, 120, 120, 10, 10)
    dark = shared.insert(flat(70, 60, 60, 10, 5), 0, 0).copy_memory()
    bright = shared.insert(flat(190, 180, 170, 10, 5), 0, 0).copy_memory()
    first, second = adjust.apply([dark, bright], Adjust(enhance=True), context())
    assert pixel(first, 0, 9) == pixel(second, 0, 9)


def test_enhance_leaves_a_flat_or_clear_picture_in_peace():
    """A single colour and an all clear picture are no reason to fail."""
    for frame in (flat(0, 0, 0), flat(255, 255, 255), flat(9, 9, 9, 1, 1), as_frame(flat(5, 6, 7).bandjoin(0))):
        assert is_frame(done(frame, enhance=True), frame.width, frame.height, frame.bands)
