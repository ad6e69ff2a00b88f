"""The normal form for any transformation: it is settled at once, survives JSON, and makes the same picture."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imagewell.transform import spelling
from imagewell.transform.canonical import canonical, digest
from imagewell.transform.geometry import at_device_pixels, place, without_faces
from imagewell.transform.limits import Limits, check
from imagewell.transform.model import (
    Adjust,
    Backdrop,
    BlendMode,
    Border,
    ColorOverlay,
    CutOut,
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
from imagewell.transform.values import WHITE, Color, Length, Ratio, Size


def number(least: float, most: float) -> st.SearchStrategy[float]:
    """Neutral, whole (as int or float) or any number of a range."""
    edge = [bound for bound in (0, 1, least, most) if least <= bound <= most]
    return st.one_of(st.sampled_from(edge), st.integers(int(least), int(most)), decimal(least, most))


def decimal(least: float, most: float, digits: int = 3) -> st.SearchStrategy[float]:
    """What a client can write: a short decimal."""
    return st.floats(least, most).map(lambda value: min(max(round(value, digits), least), most))


def maybe(strategy: st.SearchStrategy) -> st.SearchStrategy:
    return st.none() | strategy


share = number(0, 1)
percent, signed = number(0, 100), number(-100, 100)
channel = st.integers(0, 255)
colors = st.sampled_from([WHITE, Color(0, 0, 0, 0.0)]) | st.builds(Color, channel, channel, channel, share)
size_lengths = st.builds(Length, number(1, 9000)) | st.builds(Length, decimal(0.01, 1), st.just(True))
lengths = st.builds(Length, number(-50, 9000)) | st.builds(Length, number(-1, 1), st.just(True))
ratios = st.builds(Ratio, number(1, 50), decimal(0.1, 50))
corners = st.sampled_from([(0, 0, 0, 0), (1, 2.5, 3, 4.0)])
focus = st.lists(st.sampled_from(Focus), max_size=3).map(tuple)
gradients = st.builds(
    Gradient,
    kind=st.sampled_from(["linear", "radial"]),
    colors=st.tuples(colors, colors),
    center_x=maybe(st.just(Length(0.5, True)) | lengths),
    inner=maybe(lengths),
)
fills = st.builds(Fill, st.sampled_from(["solid", "blur", "gradient"]), maybe(colors), maybe(gradients))
resizes = st.builds(
    Resize,
    width=maybe(size_lengths),
    height=maybe(size_lengths),
    fit=st.sampled_from(Fit),
    ratio=maybe(ratios),
    focus=focus,
    focal=maybe(st.builds(FocalPoint, share, share, number(1, 100), st.booleans())),
    fill=maybe(fills),
    min_width=maybe(number(1, 900)),
    max_width=maybe(number(1, 900)),
    min_height=maybe(number(1, 900)),
    max_height=maybe(number(1, 900)),
    face_index=maybe(st.integers(1, 9)),
    face_pad=number(1, 10),
    fallback=maybe(st.sampled_from(Fit)),
)
pads = st.builds(Pad, *[number(0, 300)] * 4)
places = st.builds(
    Place,
    st.sampled_from(["left", "center", "right"]),
    st.sampled_from(["top", "middle", "bottom"]),
    number(0, 50),
    maybe(lengths),
    maybe(lengths),
    st.tuples(share, share),
)
texts = st.builds(
    Text,
    st.sampled_from(["", " ", "Hello", "a\nb"]),
    size_px=number(1, 200),
    color=maybe(colors),
    outline_px=number(0, 20),
    outline_color=maybe(colors),
    width_px=maybe(number(1, 900)),
    ellipsis=st.booleans(),
    wrap=st.booleans(),
)
overlays = st.one_of(
    st.builds(
        ImageOverlay,
        st.sampled_from(["/a.png", "/b.png"]),
        st.sampled_from(BlendMode),
        percent,
        maybe(size_lengths),
        maybe(size_lengths),
        st.sampled_from(Fit),
        focus,
        maybe(percent),
        places,
        st.sampled_from(["no", "grid", "both", "x", "y"]),
        number(-360, 360),
        inherit=st.booleans(),
    ),
    st.builds(ColorOverlay, colors, opacity=percent, width=maybe(size_lengths), place=places),
    st.builds(TextOverlay, texts, places),
)
stages = st.builds(
    Stage,
    dpr=st.just(1.0) | decimal(0.1, 5, 2),
    orient=maybe(st.integers(0, 8)),
    region=maybe(
        st.builds(
            Region,
            lengths | st.sampled_from(["left", "center", "right"]),
            lengths | st.sampled_from(["top", "middle", "bottom"]),
            maybe(st.just(Length(1.0, True)) | size_lengths),
            maybe(size_lengths),
        )
    ),
    trim=maybe(
        st.builds(
            Trim,
            st.sampled_from(["auto", "color", "alpha", "colorunlessalpha"]),
            maybe(colors),
            number(0, 255),
            alpha=number(0, 255),
            pad_px=number(-200, 200),
        )
    ),
    cutout=maybe(st.builds(CutOut, st.booleans(), share, st.booleans())),
    resize=maybe(resizes),
    flip=maybe(st.sampled_from(["h", "v", "hv"])),
    rotate=maybe(st.builds(Rotate, number(-360, 360), st.sampled_from(["straighten", "pivot"]), maybe(colors))),
    denoise=maybe(st.builds(Denoise, signed, signed)),
    modulate=maybe(
        st.builds(
            Modulate,
            number(0, 8),
            number(0, 2),
            number(0, 2),
            number(-360, 360),
            signed,
            st.sampled_from(["srgb", "lch"]),
        )
    ),
    adjust=maybe(st.builds(Adjust, brightness=signed, hue=number(-360, 360), invert=st.booleans(), unsharp=signed)),
    stylize=maybe(
        st.builds(
            Stylize,
            blur=percent,
            pixelate_px=percent,
            monochrome=maybe(colors),
            duotone=maybe(st.tuples(colors, colors)),
            duotone_alpha=percent,
        )
    ),
    backdrop=maybe(st.builds(Backdrop, maybe(colors), maybe(st.tuples(colors, colors)), number(1, 50))),
    pad=maybe(pads),
    border=maybe(
        st.builds(Border, colors, *[number(0, 20)] * 4, radius=corners, stroke_color=maybe(colors), stroke_px=share)
    ),
    mask=maybe(st.builds(Mask, st.sampled_from(["ellipse", "corners", "image"]), maybe(corners), st.just("/m.png"))),
    overlays=st.lists(overlays, max_size=2).map(tuple),
    stamp=maybe(st.builds(Stamp, st.sampled_from(["TEST", " ", "not for sale"]))),
)
outputs = st.builds(
    Output,
    format=maybe(st.sampled_from(Format)),
    auto=st.sampled_from([frozenset(), frozenset({"format"})]),
    if_clear=maybe(st.sampled_from([Format.PNG, Format.WEBP, Format.JPEG])),
    quality=maybe(st.integers(0, 100)),
    lossless=st.booleans(),
    indexed=st.booleans(),
    colors=maybe(st.integers(2, 256)),
    chroma=maybe(st.sampled_from(["444", "420"])),
    progressive=st.booleans(),
    dpi=maybe(st.integers(0, 600)),
    iptc=st.booleans(),
    palette=st.builds(Palette, st.integers(0, 16), st.sampled_from(["image", "x"])),
    faces=st.booleans(),
)
transformations = st.builds(
    Transformation,
    st.lists(stages, max_size=3).map(tuple),
    outputs,
    maybe(st.builds(Frames, page=maybe(st.integers(1, 9)), keep_every=maybe(st.integers(1, 3)))),
    maybe(texts),
)
sources = st.builds(Size, st.integers(1, 9000), st.integers(1, 9000))


@pytest.mark.parametrize(
    "unseen",
    [{"backdrop": {}}, {"overlays": [{"image": "/a", "inherit": True, "opacity": 0}]}],
)
def test_what_is_not_seen_keeps_no_fill(unseen):
    """White is what room is filled with anyway, also beside what is left out itself."""
    asked = {"width": 9, "height": 9, "fit": "fill"}
    bare, white = ({"stages": [{"resize": asked | fill}]} for fill in ({}, {"fill": {"color": "#ffffff"}}))
    white["stages"][0] |= unseen
    assert canonical(spelling.read(white)) == canonical(spelling.read(bare))


@given(transformations)
def test_canonical_of_canonical_is_canonical(transformation):
    """Nothing is left to do for a second pass."""
    once = canonical(transformation)
    assert canonical(once) == once


@given(transformations)
def test_the_normal_form_survives_json(transformation):
    """Written as JSON and read back, with the model's checks, the normal form is the same value and spells alike."""
    once = canonical(transformation)
    written = json.dumps(spelling.spell(once), sort_keys=True)
    read = spelling.read(json.loads(written))
    assert read == once
    assert json.dumps(spelling.spell(read), sort_keys=True) == written


@given(transformations)
def test_a_key_can_be_made_of_anything(transformation):
    """Every transformation has a key, and it is that of its normal form read back from JSON."""
    once = canonical(transformation)
    assert digest("o", {}, once, "1") == digest("o", {}, canonical(spelling.read(spelling.spell(once))), "1")


@given(sources, stages)
def test_the_normal_form_places_the_picture_alike(source, stage):
    """Dropping what cannot act moves no pixel: window, sizes, offset and padding are the same."""
    plain = at_device_pixels(stage)
    (normal,) = canonical(Transformation((stage,), Output(Format.PNG))).stages
    assert_placed_alike(source, plain, normal)


@given(sources, stages)
def test_the_normal_form_falls_back_alike(source, stage):
    """So it is where a picture shows no face, and `facearea` comes to something else."""
    plain = at_device_pixels(stage)
    (normal,) = canonical(Transformation((stage,), Output(Format.PNG))).stages
    assert_placed_alike(
        source, *(replace(one, resize=one.resize and without_faces(one.resize)) for one in (plain, normal))
    )


def assert_placed_alike(source: Size, one: Stage, other: Stage) -> None:
    before, after = place(source, one.resize, one.pad), place(source, other.resize, other.pad)
    assert (before.scaled, before.canvas, before.offset, before.pads) == (
        after.scaled,
        after.canvas,
        after.offset,
        after.pads,
    )
    assert all(abs(one - other) < 0.01 for one, other in zip(before.crop, after.crop, strict=True))


@given(transformations)
def test_what_the_limits_allow_they_allow_in_normal_form(transformation):
    """The normal form asks for no more: with dpr multiplied out no field leaves the range of the model."""
    generous = Limits(max_pixels=10**12)
    check(transformation, generous)
    check(canonical(transformation), generous)
